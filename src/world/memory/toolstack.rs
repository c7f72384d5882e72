//! What the daemons of one machine remember, and what they keep on the machine's own disk: the role, the copy of the
//! database, who was heard when. Knows no other machine's mind.

use crate::base::ids::{HostId, MachineId, VmId};
use crate::base::shared::Shared;
use crate::base::time::{Span, Time};
use crate::world::belief::{Database, Image, Protection};
use crate::world::errors::ApiError;
use crate::world::memory::HaLocal;
use crate::world::memory::xhad::Xhad;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::Ipv4Addr;
use std::sync::Arc;

/// `/etc/xensource/pool.conf`, which survives everything but a fresh installation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PoolConf {
    /// `master`
    Master,
    /// `slave:ADDRESS`
    Slave(MachineId),
    /// `slave:ADDRESS`, an address that no machine has.
    Stray(Ipv4Addr),
    /// `broken`: a change of master failed half-way.
    Broken,
}

/// The xapi process of a machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Xapi {
    /// Not running.
    Stopped,
    /// Starting; it answers nothing yet.
    Starting,
    /// A member that waits for its master's welcome, or a broken host: emergency mode.
    Emergency,
    /// Running in its role.
    Up,
}

/// The mark of a machine that must not serve again as it is: its pool forgot it, or its mastership was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Forsaken {
    /// Since when.
    pub since: Time,
    /// Whether it was forgotten (else another took its mastership).
    pub forgotten: bool,
}

/// How the database of a master came to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Promotion {
    /// When it was up as master.
    pub at: Time,
    /// Whose mastership it took.
    pub over: Option<MachineId>,
    /// Whether its copy differed from that one's database at that instant.
    pub stale: bool,
}

/// When hosts were last heard, by host, and under which generation of the database each was found to be known and alive. A
/// plain arena: this is read and written at every heartbeat; nothing at all for a machine that hears nobody, as most do. Instants
/// are wall time, and lie [`Heard::AHEAD`] ahead of the virtual clock: a clock that jumps may make them lie before its beginning.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Heard(Option<Box<Slots>>);

/// By host.
#[derive(Clone, PartialEq, Debug, Default)]
struct Slots(Vec<(Time, u64)>);

impl Heard {
    const NEVER: (Time, u64) = (Time::NEVER, u64::MAX);

    /// More than all jumps of a run come to; what goes beyond it stays at its bound.
    const AHEAD: Span = Span(1 << 60);

    fn of(&self, host: HostId) -> Option<&(Time, u64)> {
        self.0.as_ref()?.0.get(host.at())
    }
    fn of_mut(&mut self, host: HostId) -> Option<&mut (Time, u64)> {
        self.0.as_mut()?.0.get_mut(host.at())
    }

    /// When a host will have been silent for so long; at the beginning of time where that was before. `None` if it was never
    /// heard.
    pub fn silent_at(&self, host: HostId, span: Span) -> Option<Time> {
        let at = self.of(host).map(|(at, _)| *at).filter(|at| *at != Time::NEVER)?;
        Some(Time((at + span).0.saturating_sub(Heard::AHEAD.0)))
    }
    /// The wall clock jumps: all that was heard seems older by so much, or newer.
    pub fn shift(&mut self, by: Span, back: bool) {
        for (at, _) in self.0.iter_mut().flat_map(|slots| &mut slots.0).filter(|(at, _)| *at != Time::NEVER) {
            *at = Time(if back { at.0.saturating_add(by.0).min(Heard::AHEAD.0 << 1) } else { at.0.saturating_sub(by.0) });
        }
    }
    /// A host is heard.
    pub fn set(&mut self, host: HostId, at: Time) {
        let slots = &mut self.0.get_or_insert_default().0;
        if slots.len() <= host.at() {
            slots.resize(host.at() + 1, Heard::NEVER);
        }
        slots[host.at()].0 = at + Heard::AHEAD;
    }
    /// Whether a host was found alive in this generation of the database before, so that nobody need look again.
    pub fn is_known_alive(&self, host: HostId, generation: u64) -> bool {
        self.of(host).is_some_and(|slot| slot.1 == generation)
    }
    /// A host was found alive in this generation of the database.
    pub fn found_alive(&mut self, host: HostId, generation: u64) {
        if let Some(slot) = self.of_mut(host) {
            slot.1 = generation;
        }
    }
    /// A host is forgotten.
    pub fn remove(&mut self, host: HostId) {
        if let Some(slot) = self.of_mut(host) {
            *slot = Heard::NEVER;
        }
    }
    /// All are forgotten: the process ended.
    pub fn clear(&mut self) {
        self.0 = None;
    }
}

/// Which hosts a master watches, and when it looks at each next. A plain arena: each look is a change.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Watched(Vec<Time>);

impl Watched {
    /// When it looks at a host next; `None` if it does not watch it.
    pub fn of(&self, host: HostId) -> Option<Time> {
        self.0.get(host.at()).copied().filter(|at| *at != Time::NEVER)
    }
    /// It looks at a host at an instant, and when it would have before.
    pub fn set(&mut self, host: HostId, at: Time) -> Option<Time> {
        let before = self.of(host);
        if self.0.len() <= host.at() {
            self.0.resize(host.at() + 1, Time::NEVER);
        }
        self.0[host.at()] = at;
        before
    }
    /// It watches a host no more.
    pub fn remove(&mut self, host: HostId) {
        if let Some(slot) = self.0.get_mut(host.at()) {
            *slot = Time::NEVER;
        }
        // Whoever watches nobody is as if it had never watched anybody.
        while self.0.last() == Some(&Time::NEVER) {
            self.0.pop();
        }
    }
    /// It watches nobody any more.
    pub fn clear(&mut self) {
        self.0.clear();
    }
    /// Who is watched, in order.
    pub fn hosts(&self) -> impl Iterator<Item = HostId> + '_ {
        (0..self.0.len() as u16).map(HostId).filter(|host| self.of(*host).is_some())
    }
}

/// Where a database comes from that the next start of xapi reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Incoming {
    /// From a dump, by `pool-restore-database` (restore_db.db).
    Dump(String),
    /// From the master of the pool that the host joins, by `pool-join`.
    Pool(MachineId),
    /// From nowhere: the pool has ejected the host, and its own files are gone (`pool-eject`).
    Nothing,
}

/// A VM that HA is to start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Restart {
    /// The VM.
    pub vm: VmId,
    /// The host that the plan has for it; `None`: wherever it fits.
    pub planned: Option<HostId>,
    /// Why it is started.
    pub protection: Protection,
    /// Where it is being started now.
    pub host: Option<HostId>,
}

/// What a master has in hand of HA's restarts: it works on them one after the other (xapi_ha_vm_failover.ml).
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Restarts {
    /// What is to be started, in order; the first is being worked on.
    pub queue: VecDeque<Restart>,
    /// How many disks of the first are open.
    pub taken: usize,
    /// How often a disk of the first was found paused.
    pub tries: u32,
    /// When each protected VM that is still down was last tried.
    pub tried: BTreeMap<VmId, Time>,
    /// Those whose failure was told.
    pub failed: BTreeSet<VmId>,
    /// The best-effort VMs whose start failed, and how often it was tried again.
    pub efforts: BTreeMap<VmId, u8>,
    /// What the last plan was made of: the database's generation and the liveset.
    pub planned: Option<(u64, BTreeSet<HostId>)>,
}

/// A VM that is marked to be started when a host has booted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Autostart {
    /// The VM.
    pub vm: VmId,
    /// The machine that has booted, and whose script starts it.
    pub from: MachineId,
    /// In which boot of it.
    pub boot: u32,
    /// Where it is being started now.
    pub host: Option<HostId>,
}

/// What a master has in hand for hosts that have booted: one start after the other.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Autostarts {
    /// What is to be started, in order; the first is being worked on.
    pub queue: VecDeque<Autostart>,
    /// How many disks of the first are open.
    pub taken: usize,
    /// How often a disk of the first was found paused.
    pub tries: u32,
}

/// One machine's toolstack: process, memory, files.
#[derive(Clone, PartialEq, Debug)]
pub struct Toolstack {
    // On disk.
    /// pool.conf.
    pub conf: PoolConf,
    /// The copy of the database: the pool's own on its master, a backup on a member.
    pub db: Arc<Database>,
    /// When the copy was made, or last changed.
    pub copy_as_of: Time,
    /// How much older than that it counts, because the scenario says so (`copy-age`); nothing once it is renewed.
    pub copy_age: Span,
    /// A database that takes the place of its own at the next start of xapi.
    pub incoming: Option<(Incoming, Arc<Database>)>,
    /// A shutdown or reboot of this host was ordered: it can't be enabled before it has booted (host_disabled_until_reboot).
    pub disabled_until_reboot: bool,
    /// The operator disabled this host for good: it does not enable itself again, whatever restarts (localdb, host_auto_enable).
    pub stays_disabled: bool,
    /// How it last became master, if it did since the start.
    pub promotion: Option<Promotion>,
    /// A promotion by `pool-emergency-transition-to-master` that the next start of xapi will carry out, and over whom.
    pub taking_over: Option<Option<MachineId>>,
    /// Whether it must not serve again without a fresh installation.
    pub forsaken: Option<Forsaken>,
    /// What it keeps of HA (localdb, xhad.conf).
    pub ha: HaLocal,

    // The membership daemon.
    /// xhad's memory while it runs.
    pub xhad: Option<Shared<Xhad>>,
    /// When its last heartbeat left that every other daemon heard: the ordinary case, in which nobody has to note anything.
    pub ha_beat: Option<Time>,
    /// How often xhad was started on this machine.
    pub ha_runs: u32,

    // The process.
    /// The xapi process.
    pub xapi: Xapi,
    /// The role that the process read from pool.conf when it started; changing it takes a restart.
    pub role: PoolConf,
    /// Counts starts and stops of xapi; dues of an earlier process count no more.
    pub epoch: u32,
    /// When the process was up in its role.
    pub up_since: Time,
    /// The next start is the first since the machine booted: PBDs are plugged again.
    pub booted: bool,
    /// The role change is decided; xapi restarts when the fuse has burnt.
    pub fuse: bool,
    /// Emergency mode: the error that every ordinary command gets.
    pub stashed: Option<ApiError>,
    /// The operator disabled this host: it does not enable itself again before a reboot (user_requested_host_disable).
    pub user_disabled: bool,

    // A master's memory.
    /// Hosts with a liveness check under way, and when that is due; others that are due count no more.
    pub watched: Watched,
    /// Hosts that said they shut down, until their next hello.
    pub shutting_down: BTreeSet<HostId>,
    /// Who had the last turn to get a copy of the database; the next is the next in the file's order.
    pub copy_turn: Option<MachineId>,
    /// Guests that this host has suspended, and has not recorded yet: their images.
    pub suspended: BTreeMap<VmId, Image>,
    /// VMs with an operation under way.
    pub busy: BTreeSet<VmId>,
    /// The VMs that HA restarts.
    pub restarts: Restarts,
    /// The VMs that hosts which have booted start.
    pub autostarts: Autostarts,
    /// Under HA: the hosts of the liveset have enabled themselves, and it looks after those that are gone.
    pub ha_ready: bool,

    // A member's memory.
    /// The last process of the master that accepted it: machine and epoch.
    pub joined: Option<(MachineId, u32)>,
    /// The candidate that it has promised itself to (pool-designate-new-master), and until when.
    pub proposal: Option<(MachineId, Time)>,
}
