//! What xapi does when it starts (xapi.ml, server_init): a master looks for other masters and takes its database in hand; a
//! member greets its master, and waits in emergency mode until it is let in. Then each makes records and locks fit what
//! it finds on its machine.

#[cfg(test)]
#[path = "xapi_table_tests.rs"]
mod table_tests;

use super::{autostart, copies, ha, heartbeat};
use crate::base::ids::{HostId, MachineId, VdiId, VmId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::effects::{Due, Effects};
use crate::world::errors::{ApiError, Param};
use crate::world::event::{Ending, Event};
use crate::world::guards::Guard;
use crate::world::inventory::Mode;
use crate::world::memory::{Forsaken, PoolConf, Promotion, Xapi};
use crate::world::roles::Contact;

/// The pause between two greetings where the answer was final (xapi.ml, Pool.hello, permanent errors).
const PERMANENT_RETRY: Span = Span::secs(60);

/// xapi has started.
pub fn up(world: &mut World, fx: &mut Effects, machine: MachineId, epoch: u32) {
    let stack = &mut world.stacks[machine.at()];
    if stack.epoch != epoch || stack.xapi != Xapi::Starting {
        return;
    }
    if !world.dom0_answers(machine) {
        // Hung in the middle of its start: it goes on when domain 0 is back.
        fx.due(world.settings.emergency_retry, Due::XapiUp { machine, epoch });
        return;
    }
    let stack = &mut world.stacks[machine.at()];
    stack.role = stack.conf;
    if ha::boot::ready(world, fx, machine, epoch) {
        go_on(world, fx, machine, epoch);
    }
}

/// xapi goes on with its start: HA does not hold it back.
pub fn go_on(world: &mut World, fx: &mut Effects, machine: MachineId, epoch: u32) {
    if world.stacks[machine.at()].ha.armed {
        world.ha_watch_liveset(machine, fx);
    }
    let stack = &mut world.stacks[machine.at()];
    stack.role = stack.conf;
    match stack.conf {
        PoolConf::Master => {
            if ha::boot::wins_lock(world, fx, machine, epoch) {
                start_master(world, fx, machine);
            }
        }
        PoolConf::Slave(_) | PoolConf::Stray(_) => {
            stack.xapi = Xapi::Emergency;
            first_hello(world, fx, machine, epoch);
        }
        PoolConf::Broken => {
            stack.xapi = Xapi::Emergency;
            stash(world, fx, machine, ApiError::new("HOST_BROKEN"));
            let stream = world.names.machines[machine.at()].stream.derived(0xb40c).derived(u64::from(epoch));
            fx.due(stream.span(0, world.settings.emergency_restart), Due::XapiRestart { machine, epoch });
        }
    }
}

/// Emergency mode with this error, told when it is a new one.
pub fn stash(world: &mut World, fx: &mut Effects, machine: MachineId, error: ApiError) {
    let code = error.code;
    let stack = &mut world.stacks[machine.at()];
    if stack.stashed.as_ref().map(|old| old.code) != Some(code) {
        fx.tell(Event::EmergencyMode { machine, code });
    }
    stack.stashed = Some(error);
}

// ---- the master

fn start_master(world: &mut World, fx: &mut Effects, machine: MachineId) {
    // The promotion is judged against the former master's database as it is now, before this start changes anything.
    let taking_over = world.stacks[machine.at()].taking_over.take();
    let stale = taking_over.flatten().is_some_and(|old| !world.db(machine).agrees_with(world.db(old)));
    // Under HA the lock in the statefile has said who is master.
    if let Some(other) = other_master(world, machine).filter(|_| world.guarded(Guard::OtherMaster) && !world.ha_holds_lock(machine)) {
        // "Just a sanity check": whoever starts yields to the master that it finds (check_no_other_masters).
        fx.tell(Event::Yielded { machine, to: other });
        world.write_conf(fx, machine, PoolConf::Slave(other));
        world.restart_xapi(fx, machine);
        return;
    }
    let now = world.now;
    let host = world.host_on(machine);
    let stack = &mut world.stacks[machine.at()];
    stack.xapi = Xapi::Up;
    stack.stashed = None;
    stack.up_since = now;
    if let Some(over) = taking_over {
        stack.promotion = Some(Promotion { at: now, over, stale });
    }
    fx.tell(Event::XapiUp { machine, master: true });
    if let Some(old) = taking_over.flatten()
        && world.stacks[old.at()].forsaken.is_none()
        && world.db(machine).host(world.host_on(old)).is_some()
    {
        world.stacks[old.at()].forsaken = Some(Forsaken { since: now, forgotten: false });
    }
    if world.db(machine).master != host {
        world.db_mut(machine).master = host;
        fx.tell(Event::MasterRecorded { by: machine, host });
    }
    // What `pool-ha-prevent-restarts-for` holds off stood in the memory of the xapi that is gone (xapi_ha.ml, Monitor).
    if world.db(machine).ha.restarts_held_until.is_some() {
        world.db_mut(machine).ha.restarts_held_until = None;
    }
    ha_mismatch(world, fx, machine);
    let ha_on = world.ha_on(machine);
    // The heartbeat table is empty, and so the first pass takes every other host for dead until its next beat, or, in later
    // releases, for alive.
    let others: Vec<HostId> = world.db(machine).hosts.keys().copied().filter(|other| *other != host).collect();
    for other in &others {
        // Under HA the liveset says who is alive.
        if !ha_on {
            let doubts = world.release.hosts.fresh_master_doubts_members;
            if !doubts {
                // An entry that is not there begins its time anew.
                world.heard[machine.at()].set(*other, now);
            }
            world.set_live(fx, machine, *other, !doubts);
        }
        world.set_enabled(fx, machine, *other, false);
    }
    world.record_address(machine, host);
    world.set_live(fx, machine, host, true);
    // dbsync_master.ml: running on a host that is gone is running nowhere.
    for vm in world.names.vm_ids() {
        let dangling = world.db(machine).vm(vm).is_some_and(|record| {
            record.power_state.has_domain() && record.resident_on.is_none_or(|resident| world.db(machine).host(resident).is_none())
        });
        if dangling {
            world.set_vm(fx, machine, vm, PowerState::Halted, None);
        }
    }
    settle(world, fx, machine, machine);
    master_duties(world, fx, machine);
}

/// A master's own word about HA against its database's: armed where the pool has it off, it is disarmed; not armed where
/// the pool has it on, HA is off for the whole pool from now on, and nobody is told (xapi_ha.ml, on_server_restart).
fn ha_mismatch(world: &mut World, fx: &mut Effects, machine: MachineId) {
    let armed = world.stacks[machine.at()].ha.armed;
    if armed && !world.ha_on(machine) {
        world.ha_disarm(machine, fx);
        world.ha_stop_daemon(machine, fx);
    } else if !armed && world.ha_on(machine) {
        world.db_mut(machine).ha.enabled = false;
        fx.tell(Event::HaSwitchedOff { by: machine });
    }
}

/// The clockwork of a master that is up: copies, and a watch on every host that it holds for alive.
pub fn master_duties(world: &mut World, fx: &mut Effects, machine: MachineId) {
    copies::begin(world, fx, machine);
    let host = world.host_on(machine);
    let live: Vec<HostId> =
        world.db(machine).hosts.iter().filter(|(other, record)| **other != host && record.live).map(|(other, _)| *other).collect();
    for other in live {
        heartbeat::watch(world, fx, machine, other);
    }
}

/// The first other host of the database that answers and says that it is a master.
fn other_master(world: &World, machine: MachineId) -> Option<MachineId> {
    let host = world.host_on(machine);
    let called = |other: &&HostId| **other != host && world.knows_address(machine, **other);
    let others = world.db(machine).hosts.keys().filter(called).filter_map(|other| world.machine_of(*other));
    others
        .filter(|other| world.contact(machine, *other) == Contact::Answered)
        .find(|other| world.is_master(*other) && world.pool_of(*other) == world.pool_of(machine))
}

// ---- the member

/// The first greeting: where nobody answers it takes a connection's time-out to find that out, and until then the host is
/// still booting.
fn first_hello(world: &mut World, fx: &mut Effects, machine: MachineId, epoch: u32) {
    let silent = match world.stacks[machine.at()].role {
        PoolConf::Slave(master) => master != machine && world.contact(machine, master) == Contact::Silent,
        PoolConf::Stray(_) => true,
        _ => false,
    };
    if silent {
        stash(world, fx, machine, ApiError::new("HOST_STILL_BOOTING"));
        fx.due(world.settings.connect_timeout, Due::Hello { machine, epoch });
    } else {
        hello(world, fx, machine, epoch);
    }
}

/// A member greets its master (Pool.hello), and tries again until it is let in.
pub fn hello(world: &mut World, fx: &mut Effects, machine: MachineId, epoch: u32) {
    let stack = &world.stacks[machine.at()];
    if stack.epoch != epoch || stack.xapi != Xapi::Emergency {
        return;
    }
    let role = stack.role;
    if !world.dom0_answers(machine) {
        fx.due(world.settings.emergency_retry, Due::Hello { machine, epoch });
        return;
    }
    let unreachable = || ApiError::new("INTERNAL_ERROR").text("the master can't be reached");
    let master = match role {
        PoolConf::Slave(master) => master,
        PoolConf::Stray(_) => {
            stash(world, fx, machine, unreachable());
            fx.due(world.settings.emergency_retry, Due::Hello { machine, epoch });
            return;
        }
        PoolConf::Master | PoolConf::Broken => return,
    };
    let host = world.host_on(machine);
    let unknown = || ApiError::new("HOST_UNKNOWN_TO_MASTER").with(Param::HostUuid(host));
    let (error, retry) = if master == machine {
        (ApiError::new("HOST_ITS_OWN_SLAVE"), world.settings.emergency_retry)
    } else if world.contact(machine, master) != Contact::Answered {
        (unreachable(), world.settings.emergency_retry)
    } else if !world.is_master(master) {
        let address = world.names.machines[master.at()].address.clone();
        (ApiError::new("HOST_IS_SLAVE").text(address), world.settings.emergency_retry)
    } else if world.db(master).host(host).is_none() || world.pool_of(master) != world.pool_of(machine) {
        // Another pool's secret is answered in the same way as a host that was forgotten.
        (unknown(), PERMANENT_RETRY)
    } else if world.ha_on(master) && !world.stacks[machine.at()].ha.armed {
        // It stays out until somebody arms it or switches HA off: xapi restarts itself again and again.
        stash(world, fx, machine, ApiError::new("HA_POOL_IS_ENABLED_BUT_HOST_IS_DISABLED"));
        let stream = world.names.machines[machine.at()].stream.derived(0xb40c).derived(u64::from(epoch));
        fx.due(stream.span(0, world.settings.emergency_restart), Due::XapiRestart { machine, epoch });
        return;
    } else {
        if world.stacks[machine.at()].ha.armed && !world.ha_on(master) {
            world.ha_disarm(machine, fx);
            world.ha_stop_daemon(machine, fx);
        }
        join(world, fx, machine, master);
        return;
    };
    stash(world, fx, machine, error);
    fx.due(retry, Due::Hello { machine, epoch });
}

/// The master knows the host and lets it in.
fn join(world: &mut World, fx: &mut Effects, machine: MachineId, master: MachineId) {
    let now = world.now;
    let host = world.host_on(machine);
    let master_epoch = world.stacks[master.at()].epoch;
    let stack = &mut world.stacks[machine.at()];
    stack.xapi = Xapi::Up;
    stack.stashed = None;
    stack.up_since = now;
    stack.joined = Some((master, master_epoch));
    stack.promotion = None;
    fx.tell(Event::JoinedMaster { machine, master });
    let ruling = &mut world.stacks[master.at()];
    ruling.shutting_down.remove(&host);
    world.heard[master.at()].set(host, now);
    world.record_address(master, host);
    world.set_live(fx, master, host, true);
    heartbeat::watch(world, fx, master, host);
    settle(world, fx, machine, master);
    world.take_copy(fx, machine, master);
    world.recheck_fallen_sr_master(machine);
    heartbeat::begin(world, fx, machine);
}

// ---- both

/// A starting xapi makes the database of `master` fit what it finds on its own machine: PBDs after a boot, VM records,
/// disk locks. Then the host enables itself.
fn settle(world: &mut World, fx: &mut Effects, machine: MachineId, master: MachineId) {
    let host = world.host_on(machine);
    let booted = std::mem::take(&mut world.stacks[machine.at()].booted);
    if booted {
        let pbds: Vec<_> = world.db(master).pbds.numbered(host.at()).map(|((_, sr), _)| *sr).collect();
        for sr in pbds {
            let reaches = world.reaches(machine, sr);
            world.set_pbd(fx, master, host, sr, reaches);
            if reaches {
                world.sr_attach(fx, master, machine, sr);
                if world.masters_sr(master, machine, sr) {
                    world.scan_sr(fx, master, machine, sr);
                }
            }
        }
    }
    // Of those that neither run here nor are recorded here it changes nothing.
    let mut vms: Vec<VmId> = world.db(master).residents(host).chain(world.hw.guests(machine)).collect();
    vms.sort_unstable();
    vms.dedup();
    for vm in vms {
        resync_vm(world, fx, machine, master, vm);
    }
    // What ended from inside while nobody looked (dbsync_slave.ml: callback_release for every domain that is shut down).
    for vm in world.dead_guests(machine) {
        world.clear_away(fx, machine, vm, 0);
    }
    refresh_locks(world, fx, machine, master);
    world.recheck_fallen_sr_master(machine);
    if !world.stacks[machine.at()].user_disabled && !world.stacks[machine.at()].stays_disabled {
        world.set_enabled(fx, master, host, true);
    }
    if booted {
        autostart::begin(world, fx, machine);
    }
}

/// dbsync_slave.ml, update_vms (6.0): the host's own domains win over the database; but where another host has the VM by the
/// record, a later release ends the domain here (xapi_xenops.ml, resync_resident_on).
fn resync_vm(world: &mut World, fx: &mut Effects, machine: MachineId, master: MachineId, vm: VmId) {
    let host = world.host_on(machine);
    let runs_here = world.has_domain(machine, vm);
    let Some(record) = world.db(master).vm(vm) else {
        if runs_here {
            world.end_domain(fx, vm, machine, Ending::Destroyed);
        }
        return;
    };
    let recorded_here = record.power_state.has_domain() && record.resident_on == Some(host);
    let recorded_elsewhere = record.power_state.has_domain() && !recorded_here;
    let state = if world.domain_paused(machine, vm) { PowerState::Paused } else { PowerState::Running };
    if recorded_here && world.hw.dead_domain(machine, vm).is_some() {
        // It is cleared away in a moment.
    } else if recorded_here && !runs_here {
        world.set_vm(fx, master, vm, PowerState::Halted, None);
    } else if runs_here && (!recorded_elsewhere || world.release.vms.resync_steals_record) {
        world.set_vm(fx, master, vm, state, Some(host));
    } else if runs_here && recorded_elsewhere {
        for (vdi, _) in world.disks_of(vm).into_iter().rev() {
            world.deactivate(fx, Some(master), machine, vdi, Some(vm));
        }
        world.end_domain(fx, vm, machine, Ending::RunsElsewhere);
    }
}

/// storage_access.ml, refresh_local_vdi_activations: adds the host's own missing keys and removes its own stale ones. In 6.0
/// keys of others, also of hosts that are gone, stay; later all keys go of a disk on which its own is stale, and of one on
/// which no host that is known has any.
fn refresh_locks(world: &mut World, fx: &mut Effects, machine: MachineId, master: MachineId) {
    let host = world.host_on(machine);
    let leaked = world.release.locks.start_clears_leaked_locks;
    let locked = world.db(master).locked_for(host);
    let mut vdis: Vec<VdiId> = locked.chain(world.hw.open_vdis(machine)).collect();
    if leaked {
        vdis.extend(world.names.vdi_ids());
    }
    vdis.sort_unstable();
    vdis.dedup();
    for vdi in vdis {
        let openers = &world.hw.vdi(vdi).openers;
        let open = openers.iter().filter(|o| o.machine == machine).map(|o| o.mode).max();
        let lock: Option<Mode> = world.db(master).vdi(vdi).and_then(|record| record.lock_of(host));
        match (open, lock) {
            (Some(mode), None) => world.set_lock(fx, master, vdi, host, mode),
            (None, Some(_)) if !leaked => world.remove_lock(fx, master, vdi, host),
            (None, own) if leaked => {
                let db = world.db(master);
                let holders: Vec<HostId> = db.vdi(vdi).map_or(Vec::new(), |record| record.locks.iter().map(|(host, _)| *host).collect());
                if own.is_some() || holders.iter().all(|holder| db.host(*holder).is_none()) {
                    for holder in holders {
                        world.remove_lock(fx, master, vdi, holder);
                    }
                }
            }
            _ => {}
        }
    }
}

/// xapi ends by itself, as `host-shutdown-agent` has told it to (xapi_fuse.ml, light_fuse_and_dont_restart). One whose domain 0 hangs
/// ends when that is back.
pub fn ends(world: &mut World, fx: &mut Effects, machine: MachineId, epoch: u32) {
    if world.stacks[machine.at()].epoch != epoch {
        return;
    }
    if world.dom0_answers(machine) {
        world.stop_xapi_in_order(fx, machine);
    } else {
        fx.due(world.settings.emergency_retry, Due::XapiEnds { machine, epoch });
    }
}

/// The fuse of a role change has burnt, or a broken host tries again.
pub fn restart(world: &mut World, fx: &mut Effects, machine: MachineId, epoch: u32) {
    if world.stacks[machine.at()].epoch != epoch {
        return;
    }
    if world.dom0_answers(machine) {
        world.restart_xapi(fx, machine);
    } else {
        // Hung: the fuse burns on when domain 0 is back.
        fx.due(world.settings.emergency_retry, Due::XapiRestart { machine, epoch });
    }
}
