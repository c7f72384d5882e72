//! What a pool's hosts do to each other's files: copies of the database, roles told from one host to another. Commands
//! and daemons share it.

use crate::base::ids::MachineId;
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::event::Event;
use crate::world::memory::{Incoming, PoolConf, Xapi};

impl World {
    /// Pool.emergency_reset_master on `machine`: it becomes a member of `master` when its fuse has burnt, whatever it was
    /// before; a master too. `false` if it is a member of that one already (xapi_pool.ml, emergency_reset_master).
    pub fn reset_master(&mut self, fx: &mut Effects, machine: MachineId, master: MachineId) -> bool {
        let conf = PoolConf::Slave(master);
        let stack = &mut self.stacks[machine.at()];
        if stack.conf == conf && stack.role == conf {
            return false;
        }
        stack.taking_over = None;
        self.change_role(fx, machine, conf);
        true
    }

    /// Pool.emergency_transition_to_master on `machine`. Nothing is checked, and the old master hears nothing of it. On a
    /// master xapi only restarts.
    pub fn transition_to_master(&mut self, fx: &mut Effects, machine: MachineId) {
        let stack = &mut self.stacks[machine.at()];
        match stack.role {
            PoolConf::Slave(old) => stack.taking_over = Some(Some(old)),
            PoolConf::Broken => stack.taking_over = Some(None),
            PoolConf::Master => {}
        }
        self.change_role(fx, machine, PoolConf::Master);
    }

    /// A starting xapi reads the database that was laid ready for it, if there is one.
    pub fn read_incoming(&mut self, fx: &mut Effects, machine: MachineId) {
        let now = self.now;
        let stack = &mut self.stacks[machine.at()];
        let Some((source, db)) = stack.incoming.take() else { return };
        if source == Incoming::Nothing {
            let (conf, booted) = (stack.conf, stack.booted);
            let (host, pool) = (db.master, db.pool);
            self.begin_afresh(machine, std::sync::Arc::unwrap_or_clone(db));
            let stack = &mut self.stacks[machine.at()];
            (stack.conf, stack.booted, stack.xapi) = (conf, booted, Xapi::Starting);
            fx.tell(Event::BeganAfresh { machine, host, pool });
            return;
        }
        stack.db = db;
        stack.copy_as_of = now;
        stack.copy_age = Span::ZERO;
        fx.tell(match source {
            Incoming::Dump(file) => Event::DumpRestored { machine, file },
            Incoming::Pool(from) => Event::CopyTaken { machine, from },
            Incoming::Nothing => return,
        });
    }
}
