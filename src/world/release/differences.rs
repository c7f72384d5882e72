//! How releases differ: one named question a difference, asked here once, with its source. Every row of
//! [`super::rows`] answers all of them, or does not compile. Knows no release.
//!
//! A doc comment below is what `poolsim explain` says, too, and so stands in plain words.

/// A question that releases answer differently.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// Its field, with `_` between the words.
    field: &'static str,
    /// What it is about: a field of [`Answers`].
    pub subject: &'static str,
    /// What it asks, in a sentence or two.
    pub doc: &'static str,
    /// Where the answers are read.
    pub source: &'static str,
    /// The topics of `poolsim explain` that it belongs to.
    pub topics: &'static [&'static str],
    /// What a release answers, in words.
    pub shown: fn(&Answers) -> String,
    /// Takes the answer of another release.
    #[cfg(test)]
    pub(super) take: fn(&mut Answers, &Answers),
}

impl Difference {
    /// Its name: `forget-halts-vms`.
    pub fn name(&self) -> String {
        self.field.replace('_', "-")
    }
}

/// A group of differences.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// The field of [`Answers`].
    pub name: &'static str,
    /// What its questions are about.
    pub doc: &'static str,
}

/// What a release can answer.
trait Answer {
    /// In words.
    fn shown(&self) -> String;
}

impl Answer for u8 {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Answer for bool {
    fn shown(&self) -> String {
        if *self { "yes".into() } else { "no".into() }
    }
}

/// How often HA's daemons write to each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HaBeat {
    /// Every (T + 10 s) / 10, on the network as on the statefile.
    TenthOfTimeout,
    /// On the network the same, but at most 3 s; on the statefile T / 20, but at least 2 s.
    ThreeSeconds,
}

impl Answer for HaBeat {
    fn shown(&self) -> String {
        match self {
            HaBeat::TenthOfTimeout => "every (T + 10 s) / 10".into(),
            HaBeat::ThreeSeconds => "at most every 3 s on the network; every T / 20, at least 2 s, on the statefile".into(),
        }
    }
}

/// What the domain of a VM takes beside the memory of the VM, with one virtual processor and full virtualisation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MemoryOverhead {
    /// 1 MiB inside and 1 MiB outside, and the shadow pages: 256 of 4 KiB for the processor and two for each MiB of the VM,
    /// rounded up to whole MiB.
    ShadowPages,
    /// A MiB more.
    ShadowPagesAndMore,
}

impl Answer for MemoryOverhead {
    fn shown(&self) -> String {
        match self {
            MemoryOverhead::ShadowPages => "3 MiB, and 1 MiB for each 128 MiB of the VM".into(),
            MemoryOverhead::ShadowPagesAndMore => "4 MiB, and 1 MiB for each 128 MiB of the VM".into(),
        }
    }
}

macro_rules! differences {
    ($(
        $(#[doc = $about:literal])+
        $subject:ident: $group:ident {
            $($(#[doc = $doc:literal])+ $field:ident: $kind:ty, $source:literal, [$($topic:literal),*];)+
        }
    )+) => {
        $(
            $(#[doc = $about])+
            #[derive(Clone, Copy, PartialEq, Eq, Debug)]
            pub struct $group {
                $($(#[doc = $doc])+ #[doc = concat!("\n\nSource: ", $source, ".")] pub $field: $kind,)+
            }
        )+

        /// What a release answers to every question.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct Answers {
            $($(#[doc = $about])+ pub $subject: $group,)+
        }

        /// What the questions are about, in the order in which they are told.
        pub static SUBJECTS: &[Subject] = &[$(Subject { name: stringify!($subject), doc: concat!($($about),+) },)+];

        /// Every question, by subject.
        pub static DIFFERENCES: &[Difference] = &[$($(Difference {
            field: stringify!($field),
            subject: stringify!($subject),
            doc: concat!($($doc),+),
            source: $source,
            topics: &[$($topic),*],
            shown: |answers| answers.$subject.$field.shown(),
            #[cfg(test)]
            take: |answers, other| answers.$subject.$field = other.$subject.$field,
        },)+)+];
    };
}

differences! {
    /// Hosts: who counts as dead, and what a forget asks and does.
    hosts: Hosts {
        /// Whether `host-forget` marks the host's VMs halted, as the manual says ("Once forgotten, VMs which were running
        /// there will be marked as offline"), instead of refusing with HOST_HAS_RESIDENT_VMS while there are any.
        forget_halts_vms: bool, "xapi_host.ml, destroy, since 6.0; the manual", ["host-forget", "HOST_HAS_RESIDENT_VMS"];
        /// Whether forgetting oneself is refused with HOST_IS_LIVE, should the liveness check ever let it pass; else it is
        /// with HOST_CANNOT_DESTROY_SELF.
        forget_self_is_live: bool, "xapi_host.ml, destroy: since 6.2", ["host-forget"];
        /// Whether a master that has just started holds every member for dead until its next heartbeat. Its table of
        /// heartbeats is empty then; later an absent entry begins a fresh 600 s, and until they are over it holds every host
        /// for alive, dead ones too.
        fresh_master_doubts_members: bool, "db_gc.ml", ["M18", "presumed-dead-alive"];
        /// Whether a clean shutdown or reboot of a host makes the master hold it for dead when the command returns; later
        /// xapi itself says so when it stops, at a restart of the toolstack, too.
        shutdown_command_marks_dead: bool, "message_forwarding.ml, 6.0", ["host-shutdown", "host-reboot"];
        /// Whether an xapi that is stopped in order, by `service xapi stop`, `xe-toolstack-restart` or on the way down, disables
        /// its host and tells its master, which holds it for dead until its next greeting, while its VMs run on.
        stopping_xapi_marks_dead: bool, "xapi_fuse.ml, light_fuse_and_dont_restart; scripts/init.d-xapi: since 6.1",
            ["service xapi", "xe-toolstack-restart", "host-shutdown", "host-reboot", "presumed-dead-alive"];
        /// Whether `pool-emergency-transition-to-master` on a host that is master already restarts its xapi all the same; later
        /// it only says so, unless it is forced.
        promotes_masters: bool, "xapi_pool.ml; cli_operations.ml, since 2016", ["pool-emergency-transition-to-master"];
        /// Whether `host-shutdown` and `host-reboot` refuse with HOST_IN_USE while the database has a VM that runs on the host.
        /// The manual names one condition, that the host is disabled; later code asks for no more than that either, and shuts the
        /// guests down with the host.
        going_down_refuses_guests: bool, "xapi_host.ml, assert_bacon_mode, called by shutdown_and_reboot_common in 6.0 alone",
            ["host-shutdown", "host-reboot", "HOST_IN_USE"];
        /// Whether `host-disable` reads `auto-enable=false`: the host then stays disabled over restarts and reboots, until
        /// `host-enable`. Before, the key names no field, and a disabled host enables itself when its xapi starts again.
        disable_may_last: bool, "xapi_host.ml, disable and consider_enabling_host: since September 2025", ["host-disable", "host-enable"];
    }

    /// Evacuation: which VMs keep `host-evacuate` from its work, and what it says of them.
    evacuation: Evacuation {
        /// Whether `host-evacuate` takes host selectors (`host=`); before it takes `uuid=` and nothing else.
        evacuate_takes_selectors: bool, "cli_operations.ml, host_evacuate: since 6.1", ["host-evacuate"];
        /// Whether a VM that may not move for a reason of its own, such as a disk on a local SR, is counted once more among
        /// those that find no memory, so that `host-evacuate` answers HOST_NOT_ENOUGH_FREE_MEMORY, and
        /// `host-get-vms-which-prevent-evacuation` has two reasons for it. The manual promises a reason for each.
        evacuate_hides_reasons: bool,
            "xapi_host.ml, compute_evacuation_plan_no_wlb: vms_missing is counted from protected_vms in 6.0 to 6.2, later from migratable_vms",
            ["host-evacuate", "host-get-vms-which-prevent-evacuation"];
        /// Whether a VM that HA does not protect is named as that (HOST_EVACUATE_VM_NOT_HA_PROTECTED) where it stops an evacuation
        /// while HA is on; before it is HOST_NOT_ENOUGH_FREE_MEMORY, however much memory there is.
        evacuate_names_unprotected: bool, "xapi_host.ml, compute_evacuation_plan_no_wlb, of 2026",
            ["host-evacuate", "host-get-vms-which-prevent-evacuation", "HOST_EVACUATE_VM_NOT_HA_PROTECTED"];
        /// Whether a VM that another operation works on stops an evacuation before it begins (OTHER_OPERATION_IN_PROGRESS); before, it is
        /// waited for when its turn comes.
        evacuate_minds_operations: bool, "xapi_host.ml, compute_evacuation_plan_no_wlb, get_operation_error: since 2016",
            ["host-evacuate", "host-get-vms-which-prevent-evacuation"];
        /// Whether an evacuation passes over a VM that somebody has shut down before its turn came; before it ends there, with
        /// VM_BAD_POWER_STATE.
        evacuate_passes_over_stopped: bool, "xapi_host.ml, evacuate, assert_success, of 2026", ["host-evacuate"];
    }

    /// Disk locks: what a forget and the script that releases them do to those of a host.
    locks: Locks {
        /// Whether `host-forget` clears the disk locks of the host, by the hook 10resetvdis with the reason dbdestroy.
        forget_clears_locks: bool, "xapi_host.ml, destroy: since 6.2", ["host-forget", "stale-lock"];
        /// Whether `resetvdis.py` finds a host that the pool has forgotten. The manual gives the forget before the release
        /// of the locks; in the code `host.get_by_uuid` answers UUID_INVALID.
        resetvdis_knows_forgotten_hosts: bool, "resetvdis.py; the manual", ["resetvdis.py"];
        /// Whether an xapi that starts clears, beside its own stale locks, those of disks on which no known host has one, and all
        /// locks of a disk on which its own is stale, another host's too. Before, it only removed its own.
        start_clears_leaked_locks: bool, "storage_access.ml, refresh_local_vdi_activations: since 6.1", ["xe-toolstack-restart", "stale-lock"];
        /// Whether `resetvdis.py` removes nothing, in silence, of a host that was the SR's master, unless the word `master`
        /// is given.
        resetvdis_needs_master_word: bool, "the manual, M13", ["resetvdis.py", "M13"];
    }

    /// VMs: whose record holds when a host's xapi starts.
    vms: Vms {
        /// Whether a host whose xapi starts takes over the record of a VM that it runs and that the database has elsewhere;
        /// later it ends its own copy instead.
        resync_steals_record: bool,
            "dbsync_slave.ml, update_vms, 6.0; xapi_xenops.ml, on_xapi_restart, 6.1 and 6.2; resync_resident_on, since March 2017", ["xe-toolstack-restart", "vm-runs-twice"];
        /// Whether a host that has booted waits 300 s for its xapi before it starts the VMs that are marked for that; before, 240 s.
        autostart_waits_longer: bool,
            "scripts/xapi-autostart-vms; since April 2019 (CA-315107) xapi-wait-init-complete.service", ["host-reboot"];
        /// What a VM takes of a host's memory beside its own, where the setting `memory-overhead` says `release`.
        memory_overhead: MemoryOverhead, "xenops memory.ml", ["memory-overhead", "HOST_NOT_ENOUGH_FREE_MEMORY"];
    }

    /// High availability: how often its daemons beat, and how its planner counts.
    ha: Ha {
        /// How often HA's daemons beat, on the network and on the statefile; T is HA's base timeout.
        ha_beat: HaBeat, "xapi_ha.ml, Timeouts.derive", ["ha"];
        /// Whether the failover planner, where it can't try every way to fail, counts the places on the hosts that are left
        /// against the VMs that fall. Before, it took every host for as full as the fullest, anew after each failure, and so
        /// found plans for fewer failures.
        plans_by_counting_places: bool,
            "binpack.ml: approximate_config, and simulate_failure_approximation since January 2018 (CA-270622)",
            ["pool-ha-compute-max-host-failures-to-tolerate", "overcommitted"];
    }

    /// High availability in the hands of operators, and of the master that restarts VMs.
    failover: Failover {
        /// Whether `host-emergency-ha-disable` writes into the statefile, where it reaches it, that the host leaves in order. Nobody
        /// then takes it for fenced; its guests run on.
        emergency_disable_excludes: bool, "xapi_ha.ml, emergency_ha_disable", ["host-emergency-ha-disable"];
        /// Whether `host-emergency-ha-disable` reads `soft=true`: the host leaves as else, and stays armed, so that it comes back at
        /// the next start of its xapi; and where it is not armed nothing is said. Systemd stops a host so, when it goes down.
        emergency_disable_may_be_soft: bool, "xapi_ha.ml, emergency_ha_disable; scripts/xapi-domains.service",
            ["host-emergency-ha-disable"];
        /// How often the start of a best-effort VM is tried again after it failed.
        best_effort_retries: u8, "xapi_ha_vm_failover.ml", ["ha"];
    }

    /// Storage: what an SR's record is asked.
    storage: Storage {
        /// Whether `sr-introduce` refuses a type that the host has no driver for (SR_UNKNOWN_DRIVER); later any word is taken.
        introduce_asks_for_driver: bool, "xapi_sr.ml, introduce: until 6.0", ["sr-introduce", "SR_UNKNOWN_DRIVER"];
        /// Whether `sr-introduce` answers SR_UUID_EXISTS for a UUID that an SR has already; before it is INTERNAL_ERROR with the
        /// database's own words.
        introduce_names_the_uuid: bool, "xapi_sr.ml, introduce: since February 2013 (CA-98633), not yet in 6.2",
            ["sr-introduce", "SR_UUID_EXISTS"];
    }

    /// Words: what the tools print.
    words: Words {
        /// Whether the delay before a role change is printed in whole seconds; later with three decimals.
        delay_in_whole_seconds: bool, "cli_operations.ml, since 6.1", ["pool-emergency-transition-to-master", "pool-emergency-reset-master"];
        /// Whether `-param-remove` says which key is not there, and of what only the pool writes that it is read-only. Before, it says
        /// neither.
        remove_names_the_key: bool, "cli_operations.ml, p_remove: not yet in 6.2", ["host-param-remove", "vdi-param-remove"];
    }
}
