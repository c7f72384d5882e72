//! VMs that are marked to be started when a host has booted (`other-config:auto_poweron`): a script of the host waits until its
//! xapi is up, and then starts all of the pool's that are halted, one after the other, and asks for nobody's opinion
//! (scripts/init.d-xapi-domains, scripts/xapi-autostart-vms).
//!
//! It types `xe vm-start`, and so what is started comes where it fits: here on the host that has booted, where it fits, since
//! that is the emptiest (inferred).

use super::start_vm::{self, Turn};
use crate::base::ids::{HostId, MachineId, VmId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::belief::plan::Change;
use crate::world::effects::{Due, Effects};
use crate::world::errors::ApiError;
use crate::world::event::Event;
use crate::world::memory::Autostart;

/// How long the script waits for xapi (xapi-autostart-vms, XAPI_START_TIMEOUT_SECONDS; later xapi-wait-init-complete.service).
fn patience(world: &World) -> Span {
    Span::secs(if world.release.vms.autostart_waits_longer { 300 } else { 240 })
}

/// xapi of a machine that has booted is up in its role.
pub fn begin(world: &mut World, fx: &mut Effects, machine: MachineId) {
    let hardware = world.hw.machine(machine);
    if world.now.since(hardware.up_at) > patience(world) {
        return;
    }
    let Some(master) = world.reached_master(machine) else { return };
    let boot = hardware.boot;
    let marked = |vm: &VmId| world.names.vms[vm.at()].autostart && halted(world, master, *vm);
    let marked: Vec<VmId> = world.names.vm_ids().filter(marked).collect();
    let queue = &mut world.stacks[master.at()].autostarts.queue;
    let idle = queue.is_empty();
    queue.extend(marked.into_iter().map(|vm| Autostart { vm, from: machine, boot, host: None }));
    if idle {
        next(world, fx, master);
    }
}

fn halted(world: &World, master: MachineId, vm: VmId) -> bool {
    world.db(master).vm(vm).is_some_and(|record| record.power_state == PowerState::Halted)
}

/// Begins the starts at the head of the queue until one is under way.
fn next(world: &mut World, fx: &mut Effects, master: MachineId) {
    while let Some(head) = world.stacks[master.at()].autostarts.queue.front().copied() {
        // The script is gone with its host; and who works on a VM knows what he does with it.
        let script_runs = world.hw.machine(head.from).boot == head.boot;
        if !script_runs || !halted(world, master, head.vm) || world.stacks[master.at()].busy.contains(&head.vm) {
            pop(world, master);
            continue;
        }
        match host_for(world, master, head) {
            Ok(host) => {
                let stack = &mut world.stacks[master.at()];
                stack.busy.insert(head.vm);
                let epoch = stack.epoch;
                if let Some(head) = stack.autostarts.queue.front_mut() {
                    head.host = Some(host);
                }
                fx.tell(Event::AutostartBegan { vm: head.vm, machine: head.from, host });
                fx.due(world.settings.vm_start, Due::Autostart { machine: master, epoch });
                return;
            }
            Err(error) => failed(world, fx, master, head, &error),
        }
    }
}

/// Where a VM is started: on the host that has booted, if that can take it, else on the first that can.
fn host_for(world: &World, master: MachineId, head: Autostart) -> Result<HostId, ApiError> {
    start_vm::startable(world, master, head.vm)?;
    let own = world.host_on(head.from);
    let hosts = std::iter::once(own).chain(world.db(master).hosts.keys().copied().filter(|host| *host != own));
    let host = { hosts }.find(|host| world.can_take(master, head.vm, *host).is_ok()).ok_or_else(|| ApiError::new("NO_HOSTS_AVAILABLE"))?;
    if world.breaks_plan(master, &Change { arriving: vec![(host, head.vm)], ..Change::default() }) {
        return Err(ApiError::new("HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN"));
    }
    start_vm::check(world, master, head.vm, host)?;
    Ok(host)
}

/// The start at the head of the queue comes to its end, or goes on waiting for a disk.
pub fn go_on(world: &mut World, fx: &mut Effects, master: MachineId, epoch: u32) {
    if world.stacks[master.at()].epoch != epoch {
        return;
    }
    let autostarts = &world.stacks[master.at()].autostarts;
    let Some(head) = autostarts.queue.front().copied() else { return };
    let (Some(host), mut taken, mut tries) = (head.host, autostarts.taken, autostarts.tries) else { return };
    let turn = start_vm::turn(world, fx, master, (head.vm, host), (&mut taken, &mut tries));
    let autostarts = &mut world.stacks[master.at()].autostarts;
    (autostarts.taken, autostarts.tries) = (taken, tries);
    match turn {
        Turn::Later(span) => {
            fx.due(span, Due::Autostart { machine: master, epoch });
            return;
        }
        Turn::Started => pop(world, master),
        Turn::Failed(error) => failed(world, fx, master, head, &error),
    }
    next(world, fx, master);
}

/// The head of the queue is done with.
fn pop(world: &mut World, master: MachineId) {
    let stack = &mut world.stacks[master.at()];
    if let Some(head) = stack.autostarts.queue.pop_front().filter(|head| head.host.is_some()) {
        stack.busy.remove(&head.vm);
    }
    stack.autostarts.taken = 0;
    stack.autostarts.tries = 0;
}

/// The script does not look whether a start succeeded.
fn failed(world: &mut World, fx: &mut Effects, master: MachineId, head: Autostart, error: &ApiError) {
    pop(world, master);
    fx.tell(Event::AutostartFailed { vm: head.vm, machine: head.from, code: error.code });
}
