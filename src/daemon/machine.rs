//! Machines that boot, go down, and come out of the installer.

use crate::base::ids::{HostId, MachineId, PoolId, SrId};
use crate::world::World;
use crate::world::database::{Database, HostRecord};
use crate::world::effects::Effects;
use crate::world::event::Event;
use crate::world::ha::PoolHa;
use crate::world::hardware::Power;
use crate::world::memory::{PoolConf, Toolstack, Xapi};
use crate::world::names::{HostName, Kind, Names};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Domain 0 of a booting machine answers; its toolstack starts.
pub fn boot_done(world: &mut World, fx: &mut Effects, machine: MachineId, boot: u32) {
    let hardware = &mut world.hw.machines[machine.at()];
    if hardware.boot != boot || hardware.power != Power::Booting {
        return;
    }
    hardware.power = Power::On;
    fx.tell(Event::Dom0Up { machine });
    world.start_xapi(fx, machine);
}

/// A commanded shutdown or reboot is carried out. A hung domain 0 carries out nothing.
pub fn go_down(world: &mut World, fx: &mut Effects, machine: MachineId, boot: u32, reboot: bool) {
    if world.hw.machines[machine.at()].boot != boot || !world.dom0_answers(machine) {
        return;
    }
    world.go_down(fx, machine);
    if reboot {
        world.power_on(fx, machine);
    }
}

/// The installer is done: a new host with the machine's old name, alone in a pool of its own.
pub fn install_done(world: &mut World, fx: &mut Effects, machine: MachineId, boot: u32) {
    let hardware = &world.hw.machines[machine.at()];
    if hardware.boot != boot || !hardware.installing {
        return;
    }
    let old = hardware.host;
    world.clear_fallen_sr_master(old);
    let names = Arc::make_mut(&mut world.names);
    let host = HostId(names.hosts.len() as u16);
    let pool = PoolId(names.pools.len() as u16);
    names.hosts.push(HostName { machine, uuid: Names::uuid(Kind::Host, host.at()) });
    names.pools.push(Names::uuid(Kind::Pool, pool.at()));
    let now = world.now;
    let hardware = &mut world.hw.machines[machine.at()];
    hardware.host = host;
    hardware.installing = false;
    hardware.fenced = false;
    hardware.power = Power::On;
    world.hw.reinstalled.insert(machine, now);
    let stack = &mut world.stacks[machine.at()];
    *stack = Toolstack {
        epoch: stack.epoch + 1,
        ha_runs: stack.ha_runs,
        up_since: now,
        copy_as_of: now,
        ..Toolstack::fresh(fresh_database(&world.names, host, pool))
    };
    fx.tell(Event::Installed { machine, host, pool });
    super::xapi::master_duties(world, fx, machine);
}

/// The database of a fresh installation: itself, and nothing else.
pub fn fresh_database(names: &Names, host: HostId, pool: PoolId) -> Database {
    Database {
        generation: 0,
        pool,
        master: host,
        default_sr: None,
        hosts: BTreeMap::from([(host, HostRecord { enabled: true, live: true })]),
        srs: vec![false; names.srs.len()],
        pbds: BTreeMap::<(HostId, SrId), bool>::new(),
        vms: vec![None; names.vms.len()],
        vdis: vec![None; names.vdis.len()],
        attached: vec![false; names.vbds.len()],
        always_run: vec![false; names.vms.len()],
        ha: PoolHa::default(),
    }
}

/// A toolstack as it is when a scenario begins or an installation ends: up as master of what its database says.
impl Toolstack {
    /// A running master of `db`.
    pub fn fresh(db: Database) -> Toolstack {
        Toolstack {
            conf: PoolConf::Master,
            db: Arc::new(db),
            copy_as_of: crate::base::time::Time::ZERO,
            copy_age: crate::base::time::Span::ZERO,
            incoming: None,
            disabled_until_reboot: false,
            promotion: None,
            taking_over: None,
            forsaken: None,
            ha: Default::default(),
            xhad: None,
            ha_beat: None,
            ha_runs: 0,
            xapi: Xapi::Up,
            role: PoolConf::Master,
            epoch: 0,
            up_since: crate::base::time::Time::ZERO,
            booted: false,
            fuse: false,
            stashed: None,
            user_disabled: false,
            heard: Default::default(),
            watched: Default::default(),
            shutting_down: Default::default(),
            copy_turn: None,
            restarts: Default::default(),
            busy: Default::default(),
            ha_ready: false,
            joined: None,
            proposal: None,
        }
    }
}
