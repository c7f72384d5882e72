//! Copies of the database (pool_db_backup.ml): the master sends one every 300 s, to one member after the other, so a
//! member's copy is as old as its last turn. An unreachable member's turn is spent.

use crate::base::ids::MachineId;
use crate::base::time::{Span, Time};
use crate::world::World;
use crate::world::effects::{Due, Effects};
use crate::world::memory::{PoolConf, Xapi};
use crate::world::roles::Contact;
use std::sync::Arc;

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
    let Some(machine) = members(world, master).next() else { return };
    world.stacks[master.at()].copy_turn = Some(machine);
    if reaches(world, master, machine) {
        world.take_copy(fx, machine, master);
    }
}

// ---- what turns come to while nothing else happens

/// What comes of the master's turn that is due, and of those after it, while nothing else happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turns {
    /// Nothing, and none follows: it is one of a process that is no more.
    Over,
    /// Each is as good as none: whoever has its turn has what it gets.
    Alike,
    /// Something may come of it: it has to be made.
    Stirs,
}

/// Whether a copy reaches a member in its turn.
fn reaches(world: &World, master: MachineId, machine: MachineId) -> bool {
    let member = &world.stacks[machine.at()];
    member.xapi == Xapi::Up && member.role == PoolConf::Slave(master) && world.contact(master, machine) == Contact::Answered
}

/// What comes of a master's turns: [`turn`] without doing it.
pub fn turns(world: &World, master: MachineId, epoch: u32) -> Turns {
    let stack = &world.stacks[master.at()];
    if stack.epoch != epoch || stack.xapi == Xapi::Stopped {
        return Turns::Over;
    }
    if !world.is_master(master) {
        return Turns::Alike;
    }
    let has_another = |machine: MachineId| !Arc::ptr_eq(&world.stacks[machine.at()].db, &stack.db) && reaches(world, master, machine);
    let some = members(world, master).any(has_another);
    if some { Turns::Stirs } else { Turns::Alike }
}

/// The machines whose turn comes, beginning with the next.
fn members(world: &World, master: MachineId) -> impl Iterator<Item = MachineId> + '_ {
    let count = world.hw.machines().len();
    let from = world.stacks[master.at()].copy_turn.map_or(count - 1, |last| last.at());
    let all = (1..=count).map(move |step| MachineId(((from + step) % count) as u16));
    all.filter(move |machine| *machine != master && world.db(master).host(world.host_on(*machine)).is_some())
}

/// So many turns are made, the first at an instant, and each is as good as none ([`Turns::Alike`]).
pub fn pass(world: &mut World, master: MachineId, first: Time, turns: u64) {
    if turns == 0 || !world.is_master(master) {
        return;
    }
    let members: Vec<MachineId> = members(world, master).collect();
    let count = members.len() as u64;
    for (machine, place) in members.into_iter().zip(0..turns) {
        // Its last turn; whoever had the very last is the one that the next comes after.
        let last = place + (turns - 1 - place) / count * count;
        if last == turns - 1 {
            world.stacks[master.at()].copy_turn = Some(machine);
        }
        if reaches(world, master, machine) {
            let member = &mut world.stacks[machine.at()];
            (member.copy_as_of, member.copy_age) = (first + world.settings.database_sync.times(last), Span::ZERO);
        }
    }
}
