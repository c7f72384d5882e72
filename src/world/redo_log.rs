//! The redo log: where the master's changes of the database go while HA is on, and where the next master reads them.

use crate::base::ids::{MachineId, SrId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::event::Event;
use crate::world::truth::Redo;
use std::sync::Arc;

impl World {
    /// The master begins to write the redo log: from now on its database is what lies there.
    pub fn ha_write_redo_log(&mut self, machine: MachineId) {
        let Some(config) = self.stacks[machine.at()].ha.config.clone() else { return };
        let sr_lost = self.path_fault(machine, config.sr).is_some();
        let db = Arc::clone(&self.stacks[machine.at()].db);
        self.hw.write_redo(config.sr, config.generation, Redo { by: machine, frozen: sr_lost.then_some(db) });
    }

    /// A new master reads the database from the redo log, if another wrote it, and goes on writing it itself.
    pub fn ha_read_redo_log(&mut self, machine: MachineId, fx: &mut Effects) {
        if self.ha_lost_statefile(machine) {
            return;
        }
        if let Some(Redo { by, frozen }) = self.ha_statefile(machine).and_then(|file| file.redo.clone())
            && by != machine
        {
            let now = self.now;
            let db = frozen.unwrap_or_else(|| Arc::clone(&self.stacks[by.at()].db));
            let stack = &mut self.stacks[machine.at()];
            stack.db = db;
            stack.copy_as_of = now;
            stack.copy_age = Span::ZERO;
            fx.tell(Event::RedoLogRead { machine });
        }
        self.ha_write_redo_log(machine);
    }

    /// Somebody's path to an SR changed: a master that lost it writes no redo log there, one that has it back goes on.
    pub(crate) fn redo_log_follows(&mut self, sr: SrId) {
        let Some(Redo { by, frozen }) = self.hw.statefile(sr).and_then(|file| file.redo.as_ref()) else { return };
        let (by, frozen) = (*by, frozen.is_some());
        let (lost, rules) = (self.path_fault(by, sr).is_some(), self.is_master(by));
        if lost && !frozen {
            let db = Arc::clone(&self.stacks[by.at()].db);
            self.hw.freeze_redo(sr, Some(db));
        } else if !lost && rules {
            self.hw.freeze_redo(sr, None);
        }
    }
}
