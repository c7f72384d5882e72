//! Whether a fact holds of the world, and how it stands instead. What is so is read from the machines; what is believed from
//! the database of the ruling master, or of whoever an expectation names.

use super::words::{by_subject, fact_key, machines, same_set, vms};
use crate::base::ids::{HostId, MachineId, SrId, VmId};
use crate::scenario::model::{Fact, Role, StateExpect};
use crate::world::belief::VdiRecord;
use crate::world::memory::{PoolConf, Xapi};
use crate::world::{MAIN_POOL, World};

/// What a machine thinks itself: its process where one runs, else its pool.conf.
pub fn role(world: &World, machine: MachineId) -> Role {
    let stack = &world.stacks[machine.at()];
    let conf = match stack.xapi {
        Xapi::Emergency => return Role::Emergency,
        Xapi::Up => stack.role,
        Xapi::Stopped | Xapi::Starting => stack.conf,
    };
    match conf {
        PoolConf::Master => Role::Master,
        PoolConf::Slave(_) | PoolConf::Stray(_) => Role::Member,
        PoolConf::Broken => Role::Emergency,
    }
}

/// How a fact stands. It is looked up whenever anything changes, and put in words only where those are told.
enum Is {
    Flag(bool),
    Word(&'static str),
    Machine(Option<MachineId>),
    Machines(Vec<MachineId>),
    Vms(Vec<VmId>),
    Sr(Option<SrId>),
    /// The database has no such object.
    Missing(&'static str),
}

/// Whether all facts hold.
pub(super) fn holds(world: &World, expect: &StateExpect) -> bool {
    expect.facts.iter().all(|fact| meets(fact, &read(world, expect.seen_by, fact)))
}

/// How each fact stands, in words; of several that it is about each by its name, unless all stand alike.
pub(super) fn stands(world: &World, expect: &StateExpect) -> String {
    let one = |fact: &&Fact| format!("{}: {}", fact_key(fact), words(world, &read(world, expect.seen_by, fact)));
    let said: Vec<(Option<String>, String)> = by_subject(world, expect)
        .into_iter()
        .map(|(subject, facts)| (subject, facts.iter().map(one).collect::<Vec<_>>().join(", ")))
        .collect();
    match said.as_slice() {
        [] => String::new(),
        [(_, first), rest @ ..] if rest.iter().all(|(_, other)| other == first) => first.clone(),
        _ => said.iter().map(|(of, is)| format!("{}: {is}", of.as_deref().unwrap_or("the pool"))).collect::<Vec<_>>().join("; "),
    }
}

fn read(world: &World, seen_by: Option<MachineId>, fact: &Fact) -> Is {
    let db = world.db(seen_by.unwrap_or_else(|| world.ruler()));
    let record = |machine: MachineId| db.host(world.host_on(machine));
    let machine_of = |host| world.names.hosts[HostId::at(host)].machine;
    let host_flag = |is: Option<bool>| is.map_or(Is::Missing("unknown host"), Is::Flag);
    let mark = |vdi, is: fn(&VdiRecord) -> bool| db.vdi(vdi).map_or(Is::Missing("no such VDI"), |record| Is::Flag(is(record)));
    match fact {
        Fact::Powered(machine, _) => Is::Flag(world.powered(*machine)),
        Fact::Live(machine, _) => host_flag(record(*machine).map(|r| r.live)),
        Fact::Enabled(machine, _) => host_flag(record(*machine).map(|r| r.enabled)),
        Fact::Known(machine, _) => Is::Flag(record(*machine).is_some()),
        Fact::Role(machine, _) => Is::Word(role(world, *machine).name()),
        Fact::Running(machine, _) => Is::Vms(world.guests(*machine)),
        Fact::Fenced(machine, _) => Is::Flag(world.hw.machine(*machine).fenced),
        Fact::PowerState(vm, _) => db.vm(*vm).map_or(Is::Missing("no such VM"), |r| Is::Word(r.power_state.name())),
        Fact::ResidentOn(vm, _) => db.vm(*vm).map_or(Is::Missing("no such VM"), |r| Is::Machine(r.resident_on.map(machine_of))),
        Fact::RunningOn(vm, _) => Is::Machines(world.runs_on(*vm).collect()),
        Fact::Locks(vdi, _) => match db.vdi(*vdi) {
            Some(record) => Is::Machines(record.locks.iter().map(|(host, _)| machine_of(*host)).collect()),
            None => Is::Missing("no such VDI"),
        },
        Fact::OpenOn(vdi, _) => Is::Machines(world.hw.vdi(*vdi).openers.iter().map(|o| o.machine).collect()),
        Fact::Damaged(vdi, _) => Is::Flag(world.hw.vdi(*vdi).damage.is_some()),
        Fact::Paused(vdi, _) => mark(*vdi, |record| record.paused),
        Fact::Activating(vdi, _) => mark(*vdi, |record| record.activating),
        Fact::Relinking(vdi, _) => mark(*vdi, |record| record.relinking),
        Fact::Masters(_) => Is::Machines(world.masters(MAIN_POOL).collect()),
        Fact::DefaultSr(_) => Is::Sr(db.default_sr),
    }
}

/// Whether a fact holds, as it stands.
fn meets(fact: &Fact, is: &Is) -> bool {
    match (fact, is) {
        (
            Fact::Powered(_, wanted)
            | Fact::Live(_, wanted)
            | Fact::Enabled(_, wanted)
            | Fact::Known(_, wanted)
            | Fact::Fenced(_, wanted)
            | Fact::Damaged(_, wanted)
            | Fact::Paused(_, wanted)
            | Fact::Activating(_, wanted)
            | Fact::Relinking(_, wanted),
            Is::Flag(is),
        ) => is == wanted,
        (Fact::Role(_, wanted), Is::Word(is)) => *is == wanted.name(),
        (Fact::PowerState(_, wanted), Is::Word(is)) => *is == wanted.name(),
        (Fact::ResidentOn(_, wanted), Is::Machine(is)) => is == wanted,
        (Fact::RunningOn(_, wanted) | Fact::Locks(_, wanted) | Fact::OpenOn(_, wanted) | Fact::Masters(wanted), Is::Machines(is)) => {
            same_set(is, wanted)
        }
        (Fact::Running(_, wanted), Is::Vms(is)) => same_set(is, wanted),
        (Fact::DefaultSr(wanted), Is::Sr(is)) => is == wanted,
        // What the database does not have is as nobody wants it.
        _ => false,
    }
}

fn words(world: &World, is: &Is) -> String {
    let names = &world.names;
    match is {
        Is::Flag(is) => is.to_string(),
        Is::Word(word) => (*word).to_owned(),
        Is::Machine(is) => is.map_or("null", |machine| names.machine(machine)).to_owned(),
        Is::Machines(is) => machines(world, is),
        Is::Vms(is) => vms(world, is),
        Is::Sr(is) => is.map_or("null", |sr| names.sr(sr)).to_owned(),
        Is::Missing(what) => (*what).to_owned(),
    }
}
