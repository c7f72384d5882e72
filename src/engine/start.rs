//! The world at time 0, from a scenario's pool.

use crate::base::draw::Stream;
use crate::base::ids::{HostId, MachineId, PoolId, SrId};
use crate::base::time::{Span, Time};
use crate::scenario::model::{Role, Scenario};
use crate::world::belief::afresh::fresh_database;
use crate::world::belief::plan::Planner;
use crate::world::belief::{Database, HostRecord, PowerState, VdiRecord, VmRecord};
use crate::world::belief::{PoolHa, Protection};
use crate::world::errors::ApiError;
use crate::world::inventory::{Inventory, Kind, Mode};
use crate::world::memory::{Forsaken, PoolConf, Toolstack, Xapi};
use crate::world::truth::{Domain, Hardware, Machine, Opener, Power, VdiTruth};
use crate::world::{MAIN_POOL, World};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The world as it is at 0: masters have been up for long, every copy of the database is alike, every host that is live
/// counts as heard.
pub fn world(scenario: &Scenario, seed: u64) -> World {
    let pool = &scenario.pool;
    let mut names = pool.names.clone();
    if names.pools.is_empty() {
        names.pools.push(Inventory::uuid(Kind::Pool, 0));
    }
    for machine in &mut names.machines {
        machine.stream = Stream::new(seed, "machine", &machine.name);
    }
    for vm in &mut names.vms {
        vm.phase = vm.writes.map_or(Span::ZERO, |period| Stream::new(seed, "writes", &vm.name).span(0, (Span::ZERO, period)));
    }
    // A spare machine is a pool of its own.
    let spare_pools: BTreeMap<usize, PoolId> =
        names.machines.iter().enumerate().filter(|(_, m)| m.spare).zip(1..).map(|((at, _), n)| (at, PoolId(n))).collect();
    for pool in spare_pools.values() {
        names.pools.push(Inventory::uuid(Kind::Pool, pool.at()));
    }

    let db = Arc::new(database(scenario));
    let mut stacks = Vec::new();
    for (at, host) in pool.hosts.iter().enumerate() {
        let machine = MachineId(at as u16);
        let id = HostId(at as u16);
        if let Some(own) = spare_pools.get(&at) {
            let mut stack = Toolstack::fresh(fresh_database(&names, id, *own));
            if !host.powered {
                stack.xapi = Xapi::Stopped;
            }
            stacks.push(stack);
            continue;
        }
        let mut stack = Toolstack { db: Arc::clone(&db), copy_age: host.copy_age, ..Toolstack::fresh((*db).clone()) };
        if !host.known {
            // It was not told: its own copy still has it.
            stack.db = Arc::new(with_itself(&db, &names, machine));
            stack.forsaken = Some(Forsaken { since: Time::ZERO, forgotten: true });
        }
        if host.role != Role::Master {
            stack.conf = PoolConf::Slave(pool.master);
            stack.role = stack.conf;
            stack.joined = host.known.then_some((pool.master, 0));
        } else {
            stack.db = Arc::new(Database { master: id, ..(*stack.db).clone() });
            for (other, record) in &db.hosts {
                if record.live && *other != id {
                    stack.heard.set(*other, Time::ZERO);
                }
            }
        }
        if host.role == Role::Emergency {
            stack.xapi = Xapi::Emergency;
            stack.joined = None;
            stack.stashed = Some(ApiError::new("HOST_STILL_BOOTING"));
        }
        if !host.powered {
            stack.xapi = Xapi::Stopped;
            stack.joined = None;
        }
        stacks.push(stack);
    }

    let machines = pool
        .hosts
        .iter()
        .enumerate()
        .map(|(at, host)| Machine {
            power: if host.powered { Power::On } else { Power::Off },
            hung: false,
            host: HostId(at as u16),
            boot: 0,
            installing: false,
            fenced: false,
            unfed: None,
        })
        .collect::<Vec<_>>();
    let count = machines.len();
    let domains = pool
        .vms
        .iter()
        .zip(names.vm_ids())
        .map(|(start, vm)| start.running_on.iter().map(|machine| Domain { vm, machine: *machine, started: Time::ZERO }).collect())
        .collect();
    let vdis = pool
        .vdis
        .iter()
        .map(|start| VdiTruth {
            openers: start
                .open_on
                .iter()
                .map(|(machine, mode, vm)| Opener {
                    machine: *machine,
                    vm: *vm,
                    mode: *mode,
                    opened: Time::ZERO,
                    seen: 0,
                    wrote: None,
                    held_since: None,
                    write_due: false,
                })
                .collect(),
            opened_rw: start
                .open_on
                .iter()
                .filter(|(_, mode, _)| *mode == Mode::Rw)
                .map(|(machine, _, _)| (*machine, Time::ZERO))
                .collect(),
            ..VdiTruth::default()
        })
        .collect();
    let dumps = pool.dumps.iter().map(|name| (name.clone(), Arc::clone(&db))).collect();
    let mut world = World {
        now: Time::ZERO,
        settings: Arc::clone(&scenario.settings),
        release: scenario.release,
        names: Arc::new(names),
        hw: Hardware {
            machines,
            isolated: vec![false; count],
            partition: None,
            degraded: BTreeMap::new(),
            lost_paths: BTreeMap::new(),
            lost_srs: BTreeMap::new(),
            domains,
            vdis,
            // On record as running, and running nowhere: it ran, and is down.
            lost_vms: pool
                .vms
                .iter()
                .zip(scenario.pool.names.vm_ids())
                .filter(|(start, _)| start.power_state == PowerState::Running && start.running_on.is_empty())
                .map(|(_, vm)| (vm, Time::ZERO))
                .collect(),
            one_way: BTreeSet::new(),
            statefiles: BTreeMap::new(),
            wiped: Default::default(),
        },
        stacks,
        dumps,
        first_master: pool.master,
        ruled_last: pool.master,
        fallen_sr_masters: fallen_sr_masters(scenario),
        xhad_faults: pool.ha.as_ref().map(|ha| ha.known_faults).unwrap_or_default(),
        without: None,
    };
    if let Some(ha) = &pool.ha {
        world.ha_at_start(pool.master, ha.heartbeat_sr, ha.timeout);
    }
    world
}

/// A machine that is off at 0 ruled its SRs when it stopped: the master the shared ones, each its own (M13).
fn fallen_sr_masters(scenario: &Scenario) -> BTreeSet<(SrId, HostId)> {
    let pool = &scenario.pool;
    let off = pool.hosts.iter().enumerate().filter(|(at, host)| !host.powered && !pool.names.machines[*at].spare);
    off.flat_map(|(at, host)| {
        let machine = MachineId(at as u16);
        let rules = move |sr: &SrId| match pool.names.srs[sr.at()].machine {
            Some(owner) => owner == machine,
            None => host.role == Role::Master,
        };
        pool.names.sr_ids().filter(rules).map(move |sr| (sr, HostId(at as u16)))
    })
    .collect()
}

/// The main pool's database at 0.
fn database(scenario: &Scenario) -> Database {
    let pool = &scenario.pool;
    let names = &pool.names;
    let hosts: BTreeMap<HostId, HostRecord> = pool
        .hosts
        .iter()
        .enumerate()
        .filter(|(at, host)| host.known && !names.machines[*at].spare)
        .map(|(at, host)| (HostId(at as u16), HostRecord { enabled: host.enabled, live: host.live }))
        .collect();
    let pbds = hosts.keys().flat_map(|host| pbds_of(names, MachineId(host.0)).map(|sr| ((*host, sr), true))).collect();
    let vms: Vec<Option<VmRecord>> =
        pool.vms.iter().map(|start| Some(VmRecord { power_state: start.power_state, resident_on: start.resident_on })).collect();
    let attached = names.vbds.iter().map(|vbd| pool.vms[vbd.vm.at()].power_state == PowerState::Running).collect();
    let vdis = pool.vdis.iter().map(|start| Some(VdiRecord { locks: start.locks.clone(), paused: start.paused })).collect();
    let mut db = Database {
        generation: 1,
        pool: MAIN_POOL,
        master: HostId(pool.master.0),
        default_sr: pool.default_sr,
        hosts,
        srs: vec![true; names.srs.len()],
        pbds,
        vms,
        vdis,
        attached,
        // Who runs was started, and so is meant to run.
        always_run: (pool.vms.iter().zip(&names.vms))
            .map(|(start, vm)| vm.protection == Some(Protection::Restart) && start.power_state == PowerState::Running)
            .collect(),
        ha: pool.ha.as_ref().map_or_else(PoolHa::default, |ha| PoolHa {
            enabled: true,
            statefile: Some(ha.heartbeat_sr),
            failures_to_tolerate: ha.failures_to_tolerate,
            allow_overcommit: ha.allow_overcommit,
            ..PoolHa::default()
        }),
    };
    if db.ha.enabled {
        let (exists_for, overcommitted) = Planner::new(&db, names, &db.live_set(), scenario.release).status();
        (db.ha.plan_exists_for, db.ha.overcommitted) = (exists_for, overcommitted);
    }
    db
}

/// The SRs that a known machine has PBDs for: the shared ones and its own.
fn pbds_of(names: &Inventory, machine: MachineId) -> impl Iterator<Item = SrId> + '_ {
    names.sr_ids().filter(move |sr| names.srs[sr.at()].machine.is_none_or(|owner| owner == machine))
}

/// The database as a host that the pool has forgotten still has it.
fn with_itself(db: &Database, names: &Inventory, machine: MachineId) -> Database {
    let mut own = db.clone();
    let host = HostId(machine.0);
    own.hosts.insert(host, HostRecord { enabled: true, live: true });
    own.pbds.extend(pbds_of(names, machine).map(|sr| ((host, sr), true)));
    own
}
