//! How releases differ, and nowhere else: one named question a difference, each with its source.

use crate::base::time::Span;

/// What follows from HA's base timeout T.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HaTimes {
    /// The pause between two heartbeats on the network (t1).
    pub beat: Span,
    /// The pause between two rounds on the statefile (t2).
    pub round: Span,
    /// The silence after which a peer is no longer heard (T1).
    pub silence: Span,
    /// The standstill after which a peer's slot, or the own statefile, counts as lost (T2).
    pub standstill: Span,
    /// How long the heartbeat thread may stall before the watchdog resets the machine (Wh).
    pub beat_watchdog: Span,
    /// The same for the statefile thread (Ws).
    pub disk_watchdog: Span,
    /// How long a starting daemon waits for a liveset.
    pub join: Span,
}

/// A release of XenServer, as a scenario names it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Release {
    /// The XenServer 6 administrator's manual taken at its word; where it is silent, the code of XenServer 6.0 speaks.
    #[default]
    Manual6,
}

/// The releases that are named and not built.
pub const RELEASES_NOT_YET: &[&str] = &["xenserver-6.0", "xenserver-6.2", "xcp-ng-8.3"];

impl Release {
    /// Every release that is there.
    pub const ALL: [Release; 1] = [Release::Manual6];

    /// The name in a scenario file.
    pub fn name(self) -> &'static str {
        match self {
            Release::Manual6 => "manual-6",
        }
    }

    /// Whether `host-forget` marks the host's VMs halted instead of refusing while there are any. The manual says so
    /// ("Once forgotten, VMs which were running there will be marked as offline"); the code since 6.0 answers
    /// HOST_HAS_RESIDENT_VMS (xapi_host.ml, destroy).
    pub fn forget_halts_vms(self) -> bool {
        match self {
            Release::Manual6 => true,
        }
    }

    /// Whether `host-forget` clears the disk locks of the host. Only since 6.2 (hook 10resetvdis, reason dbdestroy).
    pub fn forget_clears_locks(self) -> bool {
        match self {
            Release::Manual6 => false,
        }
    }

    /// Whether `resetvdis.py HOST SR` works for a host that the pool has forgotten. The manual gives forget before the
    /// release of the locks; in the code `host.get_by_uuid` answers UUID_INVALID.
    pub fn resetvdis_knows_forgotten_hosts(self) -> bool {
        match self {
            Release::Manual6 => true,
        }
    }

    /// Whether `resetvdis.py` without the word `master` removes nothing of a host that was the SR's master (M13).
    pub fn resetvdis_needs_master_word(self) -> bool {
        match self {
            Release::Manual6 => true,
        }
    }

    /// What forgetting oneself answers, should the liveness check ever let it pass (6.0, 6.1: HOST_CANNOT_DESTROY_SELF).
    pub fn forget_self_is_live(self) -> bool {
        match self {
            Release::Manual6 => false,
        }
    }

    /// Whether a master that has just started holds every member for dead until its next heartbeat (db_gc.ml: the
    /// heartbeat table is empty; today an absent entry starts a fresh 600 s).
    pub fn fresh_master_doubts_members(self) -> bool {
        match self {
            Release::Manual6 => true,
        }
    }

    /// Whether a clean shutdown or reboot of a host makes the master hold it for dead when the command returns (6.0,
    /// message_forwarding.ml); later xapi itself says so when it stops, toolstack restarts included.
    pub fn shutdown_command_marks_dead(self) -> bool {
        match self {
            Release::Manual6 => true,
        }
    }

    /// Whether a host whose xapi starts takes over the record of a VM that it runs and that the database has elsewhere
    /// (6.0 dbsync_slave.ml, update_vms); today it terminates its own copy instead.
    pub fn resync_steals_record(self) -> bool {
        match self {
            Release::Manual6 => true,
        }
    }

    /// How the delay before a role change is printed: 6.0 whole seconds, later three decimals.
    pub fn delay_in_whole_seconds(self) -> bool {
        match self {
            Release::Manual6 => true,
        }
    }

    /// Whether the failover planner, where it can't try every way to fail, counts the places on the hosts that are left
    /// against the VMs that fall (binpack.ml, simulate_failure_approximation, since January 2018: CA-270622). Before, it
    /// took every host for as full as the fullest, anew after each failure (approximate_config), and so found plans for
    /// fewer failures.
    pub fn plans_by_counting_places(self) -> bool {
        match self {
            Release::Manual6 => false,
        }
    }

    /// What follows from HA's base timeout (xapi_ha.ml, Timeouts.derive): 6.0 beats every (T + 10) / 10 on both channels;
    /// today at most every 3 s.
    pub fn ha_times(self, timeout: Span) -> HaTimes {
        match self {
            Release::Manual6 => {
                let often = Span((timeout + Span::secs(10)).0 / 10);
                HaTimes {
                    beat: often,
                    round: often,
                    silence: timeout,
                    standstill: timeout,
                    beat_watchdog: timeout,
                    disk_watchdog: timeout + Span::secs(15),
                    join: timeout + Span::secs(60),
                }
            }
        }
    }
}
