//! What a pool's hosts do to each other's files: copies of the database, roles told from one host to another. Commands
//! and daemons share it.

use crate::base::ids::{HostId, MachineId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::event::Event;
use crate::world::memory::{Forsaken, Incoming, PoolConf, Xapi};
use std::sync::Arc;

impl World {
    /// Pool.emergency_reset_master on `machine`: it becomes a member of `master` when its fuse has burnt, whatever it was
    /// before; a master too. `false` if it is a member of that one already (xapi_pool.ml, emergency_reset_master).
    pub fn reset_master(&mut self, fx: &mut Effects, machine: MachineId, master: MachineId) -> bool {
        self.point_to(fx, machine, PoolConf::Slave(master))
    }

    /// The same for a master that may be nowhere: `slave:` with any address.
    pub fn point_to(&mut self, fx: &mut Effects, machine: MachineId, conf: PoolConf) -> bool {
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
            // Its master has got another address since it let it in.
            PoolConf::Stray(_) if stack.xapi == Xapi::Up => stack.taking_over = Some(stack.joined.map(|(old, _)| old)),
            PoolConf::Stray(_) | PoolConf::Broken => stack.taking_over = Some(None),
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
            self.begin_afresh(fx, machine, Arc::unwrap_or_clone(db), |host, pool| Event::BeganAfresh { machine, host, pool });
            let stack = &mut self.stacks[machine.at()];
            (stack.conf, stack.booted, stack.xapi) = (conf, booted, Xapi::Starting);
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

    /// A member takes a copy of its master's database, if its own is another. Copying what changes nothing is no event.
    pub fn take_copy(&mut self, fx: &mut Effects, machine: MachineId, from: MachineId) {
        let now = self.now;
        let db = Arc::clone(&self.stacks[from.at()].db);
        let stack = &mut self.stacks[machine.at()];
        let same = Arc::ptr_eq(&stack.db, &db) || *stack.db == *db;
        stack.db = db;
        stack.copy_as_of = now;
        stack.copy_age = Span::ZERO;
        if !same {
            fx.tell(Event::CopyTaken { machine, from });
        }
    }

    /// Marks the machine of a forgotten host: it may serve again only after a fresh installation (M7).
    pub(in crate::world) fn note_forgotten(&mut self, host: HostId) {
        let now = self.now;
        if let Some(machine) = self.machine_of(host) {
            let forsaken = &mut self.stacks[machine.at()].forsaken;
            if forsaken.is_none() {
                *forsaken = Some(Forsaken { since: now, forgotten: true });
            }
        }
    }
}
