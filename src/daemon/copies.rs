//! Copies of the database (pool_db_backup.ml): the master sends one every 300 s, to one member after the other, so a
//! member's copy is as old as its last turn. An unreachable member's turn is spent.

use crate::base::ids::MachineId;
use crate::world::World;
use crate::world::effects::{Due, Effects};
use crate::world::memory::{PoolConf, Xapi};
use crate::world::roles::Contact;

/// A master is up: its turns begin.
pub fn begin(world: &World, fx: &mut Effects, master: MachineId) {
    let epoch = world.stacks[master.at()].epoch;
    fx.due(world.settings.database_sync, Due::DatabaseCopy { master, epoch });
}

/// The next member's turn.
pub fn turn(world: &mut World, fx: &mut Effects, master: MachineId, epoch: u32) {
    let stack = &world.stacks[master.at()];
    if stack.epoch != epoch || stack.xapi == Xapi::Stopped {
        return;
    }
    fx.due(world.settings.database_sync, Due::DatabaseCopy { master, epoch });
    if !world.is_master(master) {
        return;
    }
    let count = world.hw.machines().len();
    let from = stack.copy_turn.map_or(count - 1, |last| last.at());
    let next = (1..=count)
        .map(|step| MachineId(((from + step) % count) as u16))
        .find(|m| *m != master && world.db(master).host(world.host_on(*m)).is_some());
    let Some(machine) = next else { return };
    world.stacks[master.at()].copy_turn = Some(machine);
    let member = &world.stacks[machine.at()];
    if member.xapi == Xapi::Up && member.role == PoolConf::Slave(master) && world.contact(master, machine) == Contact::Answered {
        world.take_copy(fx, machine, master);
    }
}
