//! What is written to the statefiles: by a generation that is no longer the file's, nothing.

use super::hardware::Hardware;
use super::statefile::{PoolState, Redo, Saying, Slot, Slots, Statefile};
use crate::base::ids::SrId;
use crate::base::shared::Shared;
use crate::base::time::Time;
use crate::world::belief::Database;
use std::sync::Arc;

/// Writes to the statefile. No event tells them: they are what daemons do all the time, and what comes of them is told. Each
/// names the generation that it is meant for, and changes nothing where another one lies on the disk; whether the writer
/// reaches the disk is its own question.
impl Hardware {
    fn statefile_mut(&mut self, sr: SrId, generation: u32) -> Option<&mut Statefile> {
        self.statefiles.get_mut(&sr).map(|file| &mut **file).filter(|file| file.generation == generation)
    }

    /// A statefile of a new generation, in state init, for so many hosts.
    pub fn lay_statefile(&mut self, sr: SrId, generation: u32, hosts: usize) {
        // Daemons of the generation before read their own places until they find out.
        let room = self.statefiles.get(&sr).map_or(0, |file| file.slots.len());
        let slots = vec![Slot::default(); hosts.max(room)];
        let state = PoolState::Init;
        self.statefiles.insert(sr, Shared::new(Statefile { generation, state, master: None, slots, excluded: Slots::NONE, redo: None }));
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
        match moves {
            Some(now) => own.write(says, now),
            None => own.says = says,
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
        *own = Slot { version: own.version + u64::from(newcomer.is_some()), written, incarnation, says, ..Slot::default() };
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
