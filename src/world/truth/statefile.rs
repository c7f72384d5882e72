//! The statefile and the redo log as they lie on the heartbeat SR's disk, whoever is alive: what each host's daemon has
//! written there, and the master's changes of the database. Knows no daemon's mind.
//!
//! Hosts are told apart by their slot: the place of a host among the configured ones, which are sorted by UUID (xha,
//! lib/config.c). So the lowest UUID is slot 0, and ties go to it.

use crate::base::ids::{MachineId, SrId};
use crate::base::time::Time;
use crate::world::belief::Database;
use crate::world::truth::Hardware;
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
}

/// How far a daemon is with a fault (xha, sm.c, the phases FHREADY to FH4). All that see each other go from one to the
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
    /// It has decided.
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

impl Statefile {
    fn set_excluded(&mut self, slot: usize, excluded: bool) {
        if let Some(own) = self.slots.get_mut(slot) {
            own.excluded = excluded;
            self.excluded = if excluded { self.excluded.with(slot) } else { self.excluded.without(slot) };
        }
    }
}

/// Writes to the statefile. No event tells them: they are what daemons do all the time, and what comes of them is told. Each
/// names the generation that it is meant for, and changes nothing where another one lies on the disk; whether the writer
/// reaches the disk is its own question.
impl Hardware {
    fn statefile_mut(&mut self, sr: SrId, generation: u32) -> Option<&mut Statefile> {
        self.statefiles.get_mut(&sr).filter(|file| file.generation == generation)
    }

    /// A statefile of a new generation, in state init, for so many hosts.
    pub fn lay_statefile(&mut self, sr: SrId, generation: u32, hosts: usize) {
        // Daemons of the generation before read their own places until they find out.
        let room = self.statefiles.get(&sr).map_or(0, |file| file.slots.len());
        let slots = vec![Slot::default(); hosts.max(room)];
        let state = PoolState::Init;
        self.statefiles.insert(sr, Statefile { generation, state, master: None, slots, excluded: Slots::NONE, redo: None });
    }

    /// The newest generation of all statefiles; 0 where there is none.
    pub fn newest_generation(&self) -> u32 {
        self.statefiles.values().map(|file| file.generation).max().unwrap_or(0)
    }

    /// The pool's state. `false` if it can't be written.
    pub fn write_pool_state(&mut self, sr: SrId, generation: u32, state: PoolState) -> bool {
        self.statefile_mut(sr, generation).map(|file| file.state = state).is_some()
    }

    /// Who holds the master lock.
    pub fn write_master_lock(&mut self, sr: SrId, generation: u32, slot: Option<usize>) {
        if let Some(file) = self.statefile_mut(sr, generation) {
            file.master = slot;
        }
    }

    /// Whether a host is excluded. `false` if it can't be written.
    pub fn write_excluded(&mut self, sr: SrId, generation: u32, slot: usize, excluded: bool) -> bool {
        self.statefile_mut(sr, generation).map(|file| file.set_excluded(slot, excluded)).is_some()
    }

    /// What a daemon says of itself; with an instant its slot moves then, so that others see it alive.
    pub fn write_slot(&mut self, sr: SrId, generation: u32, slot: usize, says: Saying, moves: Option<Time>) {
        let Some(own) = self.statefile_mut(sr, generation).and_then(|file| file.slots.get_mut(slot)) else { return };
        own.says = says;
        if let Some(now) = moves {
            own.version += 1;
            own.written = now;
        }
    }

    /// Whose slots a daemon sees moving.
    pub fn write_sees(&mut self, sr: SrId, generation: u32, slot: usize, sees: Slots) {
        if let Some(own) = self.statefile_mut(sr, generation).and_then(|file| file.slots.get_mut(slot)) {
            own.says.sees = sees;
        }
    }

    /// A daemon is in a liveset: its incarnation, and that nobody excludes it. A newcomer's slot moves.
    pub fn write_membership(&mut self, sr: SrId, generation: u32, slot: usize, incarnation: u32, says: Saying, newcomer: Option<Time>) {
        let Some(file) = self.statefile_mut(sr, generation) else { return };
        file.set_excluded(slot, false);
        let Some(own) = file.slots.get_mut(slot) else { return };
        let written = newcomer.unwrap_or(own.written);
        *own = Slot { version: own.version + 1, written, incarnation, says, excluded: false };
    }

    /// Who writes the redo log from now on.
    pub fn write_redo(&mut self, sr: SrId, generation: u32, redo: Redo) {
        if let Some(file) = self.statefile_mut(sr, generation) {
            file.redo = Some(redo);
        }
    }

    /// The redo log stays as its writer left it, or goes on.
    pub fn freeze_redo(&mut self, sr: SrId, frozen: Option<Arc<Database>>) {
        if let Some(redo) = self.statefiles.get_mut(&sr).and_then(|file| file.redo.as_mut()) {
            redo.frozen = frozen;
        }
    }
}
