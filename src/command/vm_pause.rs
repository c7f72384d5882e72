//! `xe vm-pause` and `xe vm-unpause`: the hypervisor gives a domain no more time, or again (6.0 xapi_vm.ml, pause and unpause).

use super::args::Args;
use super::batch::{Batch, Deed, Outcome};
use super::objects::{Class, Object};
use super::reach::{Refusal, gate, home};
use super::vm_place::{idle, in_state};
use super::{CommandDoc, Seat};
use crate::base::ids::{MachineId, VmId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;

/// `xe vm-pause`.
pub type VmPause = Batch<Pause>;
/// `xe vm-unpause`.
pub type VmUnpause = Batch<Unpause>;

#[derive(Clone, Debug, Default)]
pub struct Pause;
#[derive(Clone, Debug, Default)]
pub struct Unpause;

/// The VM in the state that it must have, and the machine of its record.
fn target(world: &World, seat: Seat, object: Object, state: PowerState) -> Result<(VmId, MachineId), Refusal> {
    let (vm, resident) = in_state(world, seat.executor, object, state, state.name())?;
    let Some(host) = resident else { return Err(ApiError::new("INTERNAL_ERROR").text("the VM is resident on no host").into()) };
    Ok((vm, gate(world, seat.executor, host)?))
}

fn check(world: &World, seat: Seat, object: Object, state: PowerState) -> Result<Span, Refusal> {
    if let Object::Vm(vm) = object {
        idle(world, seat.executor, vm)?;
    }
    target(world, seat, object, state)?;
    Ok(world.settings.command)
}

fn commit(world: &mut World, fx: &mut Effects, seat: Seat, object: Object, from: PowerState, to: PowerState) -> Outcome {
    let (vm, machine) = match target(world, seat, object, from) {
        Ok(found) => found,
        Err(refusal) => return Outcome::Failed(refusal),
    };
    if !world.has_domain(machine, vm) {
        return Outcome::Failed(ApiError::new("INTERNAL_ERROR").text("the domain does not exist on its host").into());
    }
    let Some(home) = home(world, machine) else { return Outcome::Hangs };
    world.pause_domain(fx, vm, machine, to == PowerState::Paused);
    world.set_vm(fx, home, vm, to, Some(world.host_on(machine)));
    Outcome::Done
}

impl Deed for Pause {
    const DOC: CommandDoc = CommandDoc {
        name: "vm-pause",
        synopsis: "xe vm-pause uuid=VM-UUID",
        doc: "Pauses a VM: its domain stays, with its memory and its open disks, and gets no more time, so it writes nothing. Checks: the key `uuid` (`vm=` is not enough); the VM runs in the database (VM_BAD_POWER_STATE) and nobody works on it (OTHER_OPERATION_IN_PROGRESS); the host of its record carries it out (HOST_OFFLINE, CANNOT_CONTACT_HOST). A paused VM still holds its disks and their locks, and its host its memory: to the pool it is resident there, and it is lost with its host. It can be unpaused, shut down with `--force` and rebooted with `--force`; it can't be moved, so a host with one is not evacuated. HA does not start it elsewhere while its host lives.",
        example: "xe vm-pause uuid=$db",
        ..CommandDoc::ALWAYS
    };
    const CLASS: Class = Class::Vm;
    const OWN: &'static [&'static str] = &[];
    const REQUIRED: &'static [&'static str] = &["uuid"];
    const CLAIMS: bool = true;

    fn check(&mut self, _args: &Args, world: &World, seat: Seat, object: Object) -> Result<Span, Refusal> {
        check(world, seat, object, PowerState::Running)
    }
    fn commit(&mut self, _args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, object: Object) -> Outcome {
        commit(world, fx, seat, object, PowerState::Running, PowerState::Paused)
    }
}

impl Deed for Unpause {
    const DOC: CommandDoc = CommandDoc {
        name: "vm-unpause",
        synopsis: "xe vm-unpause uuid=VM-UUID",
        doc: "Lets a paused VM go on where it stood. Checks: the key `uuid`; the VM is paused in the database (VM_BAD_POWER_STATE) and nobody works on it (OTHER_OPERATION_IN_PROGRESS); the host of its record carries it out (HOST_OFFLINE, CANNOT_CONTACT_HOST).",
        example: "xe vm-unpause uuid=$db",
        ..CommandDoc::ALWAYS
    };
    const CLASS: Class = Class::Vm;
    const OWN: &'static [&'static str] = &[];
    const REQUIRED: &'static [&'static str] = &["uuid"];
    const CLAIMS: bool = true;

    fn check(&mut self, _args: &Args, world: &World, seat: Seat, object: Object) -> Result<Span, Refusal> {
        check(world, seat, object, PowerState::Paused)
    }
    fn commit(&mut self, _args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, object: Object) -> Outcome {
        commit(world, fx, seat, object, PowerState::Paused, PowerState::Running)
    }
}
