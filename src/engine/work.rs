//! How much work a run is: counted, not measured, so that a bound on it ends the run at the same instant on every machine.
//! What takes longer than a unit (`base::work`) counts for more. Knows no clock, and not what the work is for.

use super::Engine;
use crate::base::work::LOOKS;
use crate::world::effects::Due;

/// As much work a scenario's file may be without a word from whoever runs it: a minute or two on one core.
pub const WORK_MOST: u64 = 600_000_000;

/// What an event takes: it is told, digested and kept, and whoever waits looks up.
pub(super) const EVENT: u64 = 8;
/// So many bytes of what consoles show are a unit.
pub(super) const BYTES: u64 = 8;

/// What it takes to begin a run, and for each thing in its pool.
const BEGIN: u64 = 200;
const BEGIN_EACH: u64 = 10;

/// The bound at which a run ended before its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bound {
    /// It had as many events as it may have.
    Events,
    /// It was as much work as it may be.
    Work,
}

impl Bound {
    /// The option of the command line that moves it.
    pub fn option(self) -> &'static str {
        match self {
            Bound::Events => "--max-events",
            Bound::Work => "--max-work",
        }
    }
}

/// What something due takes at the least.
pub(super) fn of(due: Due) -> u64 {
    match due {
        // A daemon goes through the slots of its peers.
        Due::HaBeat { .. } | Due::HaDisk { .. } | Due::HaTimer { .. } | Due::HaHealth { .. } | Due::HaMonitor { .. } => 5,
        _ => 1,
    }
}

/// What it takes to look how far nothing comes of so many things that are quiet.
pub(super) fn look_ahead(quiet: usize) -> u64 {
    1 + quiet as u64 / 4
}

/// What it takes to pass them, with so many looks of masters that had to be gone through for it: each is three or four draws.
pub(super) fn passed(quiet: usize, looks: u64) -> u64 {
    1 + quiet as u64 + looks / 64 / LOOKS
}

impl Engine {
    /// Counts work that was done on the run, by whoever looks on too. At its bound the run is over.
    pub fn charge(&mut self, units: u64) {
        self.work = self.work.saturating_add(units);
        if self.cut_short.is_none() {
            self.cut_short = if self.trace.count >= self.options.max_events {
                Some(Bound::Events)
            } else if self.work >= self.options.max_work {
                Some(Bound::Work)
            } else {
                None
            };
        }
    }

    /// How much work it is to begin the run: its pool is built, and its daemons are started.
    pub fn begun_with(&self) -> u64 {
        let names = &self.world.names;
        BEGIN + (names.machines.len() + names.pbds.len() + names.vms.len() + names.vdis.len()) as u64 * BEGIN_EACH
    }

    /// How much work the run has been so far: what it has cost, on any machine.
    pub fn work(&self) -> u64 {
        self.work
    }
}
