//! The statefile and the redo log as they lie on the heartbeat SR's disk, whoever is alive: what each host's daemon has
//! written there, and the master's changes of the database. Knows no daemon's mind.
//!
//! Hosts are told apart by their slot: the place of a host among the configured ones, which are sorted by UUID (xha,
//! lib/config.c). So the lowest UUID is slot 0, and ties go to it.

use crate::base::ids::MachineId;
use crate::base::time::Time;
use crate::world::belief::Database;
use std::sync::Arc;

/// The most hosts of a statefile (xha, statefile.h).
pub const SLOTS_MAX: usize = 64;

/// A set of configured hosts, by slot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Slots(pub u64);

impl Slots {
    /// Nobody.
    pub const NONE: Slots = Slots(0);

    /// The first `count` slots.
    pub fn first(count: usize) -> Slots {
        Slots(if count >= SLOTS_MAX { u64::MAX } else { (1 << count) - 1 })
    }
    /// One host.
    pub fn one(slot: usize) -> Slots {
        Slots(1 << slot)
    }
    /// Whether a host is in the set.
    pub fn has(self, slot: usize) -> bool {
        self.0 & (1 << slot) != 0
    }
    /// The set with a host.
    #[must_use]
    pub fn with(self, slot: usize) -> Slots {
        Slots(self.0 | 1 << slot)
    }
    /// The set without a host.
    #[must_use]
    pub fn without(self, slot: usize) -> Slots {
        Slots(self.0 & !(1 << slot))
    }
    /// Who is in both.
    #[must_use]
    pub fn and(self, other: Slots) -> Slots {
        Slots(self.0 & other.0)
    }
    /// Who is in either.
    #[must_use]
    pub fn or(self, other: Slots) -> Slots {
        Slots(self.0 | other.0)
    }
    /// Who is here and not there.
    #[must_use]
    pub fn minus(self, other: Slots) -> Slots {
        Slots(self.0 & !other.0)
    }
    /// Whether all of these are in `other` too.
    pub fn within(self, other: Slots) -> bool {
        self.0 & !other.0 == 0
    }
    /// Whether nobody is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// How many.
    pub fn count(self) -> u32 {
        self.0.count_ones()
    }
    /// The slots, in order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            (rest != 0).then(|| {
                let slot = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                slot
            })
        })
    }
}

/// The state of the pool in the statefile's global section.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PoolState {
    /// Hosts are to form the first liveset.
    Init,
    /// There is, or was, a liveset.
    Active,
    /// HA was switched off: every daemon that reads it exits.
    Invalid,
}

/// What a daemon says of itself in heartbeats and in its slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Saying {
    /// Whom it has in its liveset.
    pub liveset: Slots,
    /// Whom it wants to have in it.
    pub proposed: Slots,
    /// Whom it hears; as of its last fault handling.
    pub hears: Slots,
    /// Whose slot it sees moving; as of its last fault handling.
    pub sees: Slots,
    /// The number of the last fault that it handles or has handled.
    pub fault: u32,
    /// How far it is with that fault.
    pub stage: Stage,
    /// Whether it has the statefile now.
    pub statefile: bool,
    /// Whoever is in its liveset and not in the proposed one shall fence itself.
    pub fence: bool,
    /// Whoever hears it shall go round the statefile many times a second; who says otherwise calls that off.
    pub hurry: bool,
}

/// How far a daemon is with a fault (xha, sm.c, the phases FHREADY to FH4DONE and STARTED). All that see each other go from one to the
/// next together: whoever has come to a stage waits there for the others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Stage {
    /// It has begun, and waits until all that it hears have (FHREADY).
    Ready,
    /// It waits until nobody is between alive and silent (FH1).
    Settling,
    /// Nobody is, as far as it sees; all that it hears or sees on the disk have to come so far (FH1DONE).
    Steady,
    /// It waits until all it sees have the same view (FH2).
    Comparing,
    /// It has the view that it will decide by (FH2DONE).
    Compared,
    /// It is about to decide (FH3).
    Deciding,
    /// It has decided, and lives (FH3DONE).
    Decided,
    /// It waits until the losers' watchdogs must have struck, where there are losers (FH4).
    Shrinking,
    /// Its liveset is what it decided on (FH4DONE).
    Shrunk,
    /// It is at rest (STARTED).
    #[default]
    Done,
}

/// What one host has written to its slot of the statefile.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Slot {
    /// Counts the writes; a host is alive on the disk while this moves.
    pub version: u64,
    /// When it was last written.
    pub written: Time,
    /// Counts the daemon's starts on that host: an old incarnation must be dropped before a new one may join.
    pub incarnation: u32,
    /// What it says of itself, here as in its heartbeats.
    pub says: Saying,
    /// It was shut down in order: nobody need fear it (host-shutdown, host-reboot).
    pub excluded: bool,
}

/// Where the master's changes of the database go while HA is on.
#[derive(Clone, PartialEq, Debug)]
pub struct Redo {
    /// The machine that writes the log: the last master.
    pub by: MachineId,
    /// The database as it was when that machine lost the SR; `None` while its own copy is what lies in the log.
    pub frozen: Option<Arc<Database>>,
}

/// The statefile and the redo log on the heartbeat SR: they lie on the disk, whoever is alive.
#[derive(Clone, PartialEq, Debug)]
pub struct Statefile {
    /// The generation that it belongs to.
    pub generation: u32,
    /// The pool's state.
    pub state: PoolState,
    /// Who holds the master lock, by slot.
    pub master: Option<usize>,
    /// One a configured host.
    pub slots: Vec<Slot>,
    /// Whose slots say `excluded`, kept so that nobody need look through all of them every round.
    pub excluded: Slots,
    /// The redo log.
    pub redo: Option<Redo>,
}

impl Slot {
    /// The host writes what it has to say.
    pub fn write(&mut self, says: Saying, now: Time) {
        self.version += 1;
        self.written = now;
        self.says = says;
    }
}

impl Statefile {
    pub(super) fn set_excluded(&mut self, slot: usize, excluded: bool) {
        if let Some(own) = self.slots.get_mut(slot) {
            own.excluded = excluded;
            self.excluded = if excluded { self.excluded.with(slot) } else { self.excluded.without(slot) };
        }
    }
}
