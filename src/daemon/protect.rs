//! What the master does for VMs while HA is on (xapi_ha.ml, process_liveset_on_master; xapi_ha_vm_failover.ml,
//! restart_auto_run_vms): hosts that left the liveset are taken as fenced, their locks released and their VMs marked
//! halted; protected VMs that are down are started by the plan, whatever brought them down; best-effort ones once, when
//! their host was lost.

use super::start_vm::{self, Turn};
use crate::base::ids::{HostId, MachineId, VmId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::belief::Protection;
use crate::world::belief::plan::{Change, Planner};
use crate::world::effects::{Due, Effects};
use crate::world::errors::{ApiError, Param};
use crate::world::event::Event;
use crate::world::memory::Restart;
use std::collections::BTreeSet;

/// How long a VM whose start failed is let alone (xapi_ha_vm_failover.ml, last_start_attempt).
const RETRY: Span = Span::secs(120);

/// One pass of the master over its daemon's liveset, every 20 s.
///
/// Nothing is looked at while restarts are held off (`pool-ha-prevent-restarts-for`), nor while the starts of an earlier
/// pass are still under way: 6.1 does them one by one in the thread that makes the passes.
pub fn pass(world: &mut World, master: MachineId, fx: &mut Effects) {
    let liveset: BTreeSet<HostId> = world.db(master).hosts.keys().copied().filter(|host| world.ha_in_liveset(master, *host)).collect();
    look_after(world, fx, master, &liveset);
}

fn look_after(world: &mut World, fx: &mut Effects, master: MachineId, liveset: &BTreeSet<HostId>) {
    let held = world.db(master).ha.restarts_held_until.is_some_and(|until| world.now < until);
    if held || !world.stacks[master.at()].restarts.queue.is_empty() {
        return;
    }
    if !world.stacks[master.at()].ha.no_failover {
        let lost = bury(world, fx, master, liveset);
        restart(world, fx, master, liveset, &lost);
    }
    // Who is dead was dealt with; now for those who are back.
    let back: Vec<HostId> =
        world.db(master).hosts.iter().filter(|(host, record)| !record.live && liveset.contains(host)).map(|(h, _)| *h).collect();
    for host in back {
        if !world.stacks[master.at()].shutting_down.contains(&host) {
            world.set_live(fx, master, host, true);
        }
    }
    replan(world, fx, master, liveset);
}

/// Hosts that are not in the liveset are taken as fenced. Returns the VMs that ran on them by the records.
fn bury(world: &mut World, fx: &mut Effects, master: MachineId, liveset: &BTreeSet<HostId>) -> Vec<VmId> {
    let gone: Vec<HostId> = world.db(master).hosts.keys().copied().filter(|host| !liveset.contains(host)).collect();
    let mut lost = Vec::new();
    for host in &gone {
        lost.extend(world.db(master).residents(*host));
        // Only on the change is the hook called that releases the locks (host-post-declare-dead, reason fenced).
        if world.db(master).live(*host) {
            world.set_live(fx, master, *host, false);
            // Nothing has fenced one that was shut down in order: its guests close their disks themselves.
            if excluded(world, master, *host) {
                continue;
            }
            for vdi in world.names.vdi_ids() {
                world.remove_lock(fx, master, vdi, *host);
            }
        }
    }
    for vm in &lost {
        world.set_vm(fx, master, *vm, PowerState::Halted, None);
    }
    lost
}

/// Whether a host has written into the statefile that it goes down in order.
fn excluded(world: &World, master: MachineId, host: HostId) -> bool {
    let slot = world.stacks[master.at()].ha.config.as_ref().and_then(|config| config.slot_of(host));
    slot.zip(world.ha_statefile(master)).is_some_and(|(slot, file)| file.slots.get(slot).is_some_and(|slot| slot.excluded))
}

/// The order in which VMs are started: `order` ascending, those without one last; within it as the records lie.
fn in_order(world: &World, master: MachineId, vms: &mut [VmId]) {
    let db = world.db(master);
    vms.sort_by_key(|vm| (db.vm_ha(&world.names, *vm).order.unwrap_or(u64::MAX), *vm));
}

/// Puts what is to be started into the queue.
fn restart(world: &mut World, fx: &mut Effects, master: MachineId, liveset: &BTreeSet<HostId>, lost: &[VmId]) {
    let db = world.db(master);
    let halted = |vm: &VmId| db.vm(*vm).is_some_and(|record| record.power_state == PowerState::Halted);
    let planner = Planner::new(db, &world.names, liveset, world.release);
    let protected = planner.protected();
    let mut queue = Vec::new();
    let mut down: Vec<VmId> = protected.iter().copied().filter(halted).collect();
    if !down.is_empty() {
        let plan = planner.restart(&protected, &Change::default(), db.ha.failures_to_tolerate);
        in_order(world, master, &mut down);
        let now = world.now;
        let tried = &world.stacks[master.at()].restarts.tried;
        for vm in &down {
            // An incomplete plan is thrown away: each is started wherever it fits.
            let planned = if plan.complete { plan.starts.get(vm).copied() } else { None };
            if tried.get(vm).is_none_or(|at| now.since(*at) > RETRY) {
                queue.push(Restart { vm: *vm, planned, protection: Protection::Restart, host: None });
            }
        }
    }
    let tried_once = |vm: &VmId| db.vm_ha(&world.names, *vm).priority == Some(Protection::BestEffort);
    let again = world.stacks[master.at()].restarts.efforts.keys().filter(|vm| !lost.contains(vm));
    let mut efforts: Vec<VmId> = lost.iter().chain(again).copied().filter(|vm| halted(vm) && tried_once(vm)).collect();
    in_order(world, master, &mut efforts);
    queue.extend(efforts.iter().map(|vm| Restart { vm: *vm, planned: None, protection: Protection::BestEffort, host: None }));

    // What is up again, or no longer protected, is forgotten.
    let restarts = &mut world.stacks[master.at()].restarts;
    restarts.efforts.retain(|vm, _| efforts.contains(vm));
    restarts.tried.retain(|vm, _| down.contains(vm));
    restarts.failed.retain(|vm| down.contains(vm));
    restarts.queue.extend(queue);
    begin(world, fx, master);
}

/// Begins the starts at the head of the queue until one is under way.
fn begin(world: &mut World, fx: &mut Effects, master: MachineId) {
    while let Some(next) = world.stacks[master.at()].restarts.queue.front().copied() {
        if next.protection == Protection::Restart {
            let now = world.now;
            world.stacks[master.at()].restarts.tried.insert(next.vm, now);
        }
        match host_for(world, master, next) {
            Ok(host) => {
                let stack = &mut world.stacks[master.at()];
                stack.busy.insert(next.vm);
                let epoch = stack.epoch;
                if let Some(head) = stack.restarts.queue.front_mut() {
                    head.host = Some(host);
                }
                fx.tell(Event::VmRestarting { by: master, vm: next.vm, host, protection: next.protection });
                fx.due(world.settings.vm_start, Due::HaRestart { machine: master, epoch });
                return;
            }
            Err(error) => failed(world, fx, master, next, &error),
        }
    }
}

/// Where a VM is started: on the host that the plan has for it, else on the first that can take it.
fn host_for(world: &World, master: MachineId, next: Restart) -> Result<HostId, ApiError> {
    let vm = next.vm;
    if world.stacks[master.at()].busy.contains(&vm) {
        return Err(ApiError::new("OTHER_OPERATION_IN_PROGRESS").text("VM").with(Param::Vm(vm)));
    }
    start_vm::startable(world, master, vm)?;
    let host = match next.planned {
        Some(host) => host,
        None => world
            .db(master)
            .hosts
            .keys()
            .copied()
            .find(|host| world.can_take(master, vm, *host).is_ok())
            .ok_or_else(|| ApiError::new("NO_HOSTS_AVAILABLE"))?,
    };
    start_vm::check(world, master, vm, host)?;
    Ok(host)
}

/// The start at the head of the queue comes to its end, or goes on waiting for a disk.
pub fn go_on(world: &mut World, fx: &mut Effects, master: MachineId, epoch: u32) {
    if world.stacks[master.at()].epoch != epoch {
        return;
    }
    let Some(next) = world.stacks[master.at()].restarts.queue.front().copied() else { return };
    let Some(host) = next.host else {
        // The pause after the last one's start is over.
        begin(world, fx, master);
        return;
    };
    let vm = next.vm;
    let down = world.hw.lost_vms().get(&vm).map(|lost| world.now.since(*lost));
    let restarts = &world.stacks[master.at()].restarts;
    let (mut taken, mut tries) = (restarts.taken, restarts.tries);
    let turn = start_vm::turn(world, fx, master, (vm, host), (&mut taken, &mut tries));
    let restarts = &mut world.stacks[master.at()].restarts;
    (restarts.taken, restarts.tries) = (taken, tries);
    match turn {
        Turn::Later(span) => fx.due(span, Due::HaRestart { machine: master, epoch }),
        Turn::Started => {
            fx.tell(Event::VmRestarted { by: master, vm, host, down });
            pop(world, master, vm);
            // The delay sleeps inside the start: the next one waits for it.
            let delay = world.db(master).vm_ha(&world.names, vm).start_delay;
            if delay == Span::ZERO {
                begin(world, fx, master);
            } else if !world.stacks[master.at()].restarts.queue.is_empty() {
                fx.due(delay, Due::HaRestart { machine: master, epoch });
            }
        }
        Turn::Failed(error) => {
            failed(world, fx, master, next, &error);
            begin(world, fx, master);
        }
    }
}

/// The head of the queue is done with.
fn pop(world: &mut World, master: MachineId, vm: VmId) {
    let stack = &mut world.stacks[master.at()];
    if stack.restarts.queue.pop_front().is_some_and(|head| head.host.is_some()) {
        stack.busy.remove(&vm);
    }
    stack.restarts.taken = 0;
    stack.restarts.tries = 0;
}

/// A VM could not be started; for a protected one that is told once, until it has come up.
fn failed(world: &mut World, fx: &mut Effects, master: MachineId, next: Restart, error: &ApiError) {
    pop(world, master, next.vm);
    if next.protection == Protection::BestEffort {
        let retries = world.release.failover.best_effort_retries;
        let efforts = &mut world.stacks[master.at()].restarts.efforts;
        let tried = efforts.entry(next.vm).or_default();
        if *tried < retries {
            *tried += 1;
        } else {
            efforts.remove(&next.vm);
        }
    }
    let first = next.protection == Protection::BestEffort || world.stacks[master.at()].restarts.failed.insert(next.vm);
    if first {
        fx.tell(Event::VmRestartFailed { by: master, vm: next.vm, code: error.code });
    }
}

/// Writes down how many failures the plan reaches for now, where anything has changed since it was last asked.
pub fn replan(world: &mut World, fx: &mut Effects, master: MachineId, liveset: &BTreeSet<HostId>) {
    let generation = world.db(master).generation;
    let same = |planned: &(u64, BTreeSet<HostId>)| planned.0 == generation && planned.1 == *liveset;
    if world.stacks[master.at()].restarts.planned.as_ref().is_some_and(same) {
        return;
    }
    let (exists_for, overcommitted) = Planner::new(world.db(master), &world.names, liveset, world.release).status();
    world.set_plan(fx, master, exists_for, overcommitted);
    let generation = world.db(master).generation;
    world.stacks[master.at()].restarts.planned = Some((generation, liveset.clone()));
}
