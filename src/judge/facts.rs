//! Whether a fact holds of the world, and how it stands instead. What is so is read from the machines; what is believed from
//! the database of the ruling master, or of whoever an expectation names.

use super::words::{fact_key, machines, same_set, vms};
use crate::base::ids::{HostId, MachineId};
use crate::scenario::model::{Fact, Role, StateExpect};
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
        PoolConf::Slave(_) => Role::Member,
        PoolConf::Broken => Role::Emergency,
    }
}

/// Whether all facts hold, and how each stands.
pub(super) fn holds(world: &World, expect: &StateExpect) -> (bool, String) {
    let mut all = true;
    let mut got = Vec::new();
    for fact in &expect.facts {
        let (holds, is) = read(world, expect.seen_by, fact);
        all &= holds;
        got.push(format!("{}: {is}", fact_key(fact)));
    }
    (all, got.join(", "))
}

/// One fact: whether it holds, and how it stands.
fn read(world: &World, seen_by: Option<MachineId>, fact: &Fact) -> (bool, String) {
    let db = world.db(seen_by.unwrap_or_else(|| world.ruler()));
    let flag = |wanted: bool, is: bool| (wanted == is, is.to_string());
    let record = |machine: MachineId| db.host(world.host_on(machine));
    let of_record = |wanted: bool, is: Option<bool>| (is == Some(wanted), is.map_or_else(|| "unknown host".into(), |is| is.to_string()));
    let machine_of = |host| world.names.hosts[HostId::at(host)].machine;
    match fact {
        Fact::Powered(machine, wanted) => flag(*wanted, world.powered(*machine)),
        Fact::Live(machine, wanted) => of_record(*wanted, record(*machine).map(|r| r.live)),
        Fact::Enabled(machine, wanted) => of_record(*wanted, record(*machine).map(|r| r.enabled)),
        Fact::Known(machine, wanted) => flag(*wanted, record(*machine).is_some()),
        Fact::Role(machine, wanted) => {
            let is = role(world, *machine);
            (is == *wanted, is.name().into())
        }
        Fact::Running(machine, wanted) => {
            let is = world.guests(*machine);
            (same_set(&is, wanted), vms(world, &is))
        }
        Fact::Fenced(machine, wanted) => flag(*wanted, world.hw.machine(*machine).fenced),
        Fact::PowerState(vm, wanted) => {
            let is = db.vm(*vm).map(|r| r.power_state);
            (is == Some(*wanted), is.map_or("no such VM", |is| is.name()).into())
        }
        Fact::ResidentOn(vm, wanted) => {
            let is = db.vm(*vm).map(|r| r.resident_on.map(machine_of));
            (is == Some(*wanted), is.map_or("no such VM".into(), |is| is.map_or("null".into(), |m| world.names.machine(m).to_owned())))
        }
        Fact::RunningOn(vm, wanted) => {
            let is: Vec<MachineId> = world.runs_on(*vm).collect();
            (same_set(&is, wanted), machines(world, &is))
        }
        Fact::Locks(vdi, wanted) => match db.vdi(*vdi) {
            Some(record) => {
                let is: Vec<MachineId> = record.locks.iter().map(|(host, _)| machine_of(*host)).collect();
                (same_set(&is, wanted), machines(world, &is))
            }
            None => (false, "no such VDI".into()),
        },
        Fact::OpenOn(vdi, wanted) => {
            let is: Vec<MachineId> = world.hw.vdi(*vdi).openers.iter().map(|o| o.machine).collect();
            (same_set(&is, wanted), machines(world, &is))
        }
        Fact::Damaged(vdi, wanted) => flag(*wanted, world.hw.vdi(*vdi).damage.is_some()),
        Fact::Paused(vdi, wanted) => {
            let is = db.vdi(*vdi).map(|record| record.paused);
            (is == Some(*wanted), is.map_or("no such VDI".into(), |is| is.to_string()))
        }
        Fact::Masters(wanted) => {
            let is: Vec<MachineId> = world.masters(MAIN_POOL).collect();
            (same_set(&is, wanted), machines(world, &is))
        }
        Fact::DefaultSr(wanted) => (db.default_sr == *wanted, db.default_sr.map_or("null".into(), |sr| world.names.sr(sr).to_owned())),
    }
}
