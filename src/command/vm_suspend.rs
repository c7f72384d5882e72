//! `xe vm-suspend`: the guest stands still, its memory goes to a disk of its own, and its domain goes (6.0 xapi_vm.ml and vmops.ml,
//! suspend).

use super::args::Args;
use super::batch::{Batch, Deed, Outcome};
use super::objects::{Class, Object};
use super::reach::{Refusal, gate, home};
use super::stages::{Stage, Staged};
use super::vm_place::{idle, in_state};
use super::vm_shutdown::{ASKED, Asked, Shutdown};
use super::{CommandDoc, Seat};
use crate::base::ids::{MachineId, SrId, VmId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::{Image, PowerState};
use crate::world::effects::Effects;
use crate::world::errors::{ApiError, Param};
use crate::world::event::Ending;
use crate::world::truth::Io;

/// `xe vm-suspend`.
pub type VmSuspend = Batch<Suspend>;

/// A suspension under way.
#[derive(Clone, Debug, Default)]
pub struct Suspend {
    /// The guest that is asked, and does not answer.
    asked: Asked,
    /// It stands still, and its memory is being written: which VM, where, and to which SR.
    still: Option<(VmId, MachineId, SrId)>,
    /// Its domain is gone, and its record does not say so yet.
    gone: Option<(VmId, MachineId, Image)>,
    /// How its disks are closed.
    closing: Shutdown,
    /// How far it has come.
    staged: Staged,
}

const IMAGE: &str = "image";
const RECORD: &str = "record";

/// What has to hold: the VM runs, its host answers, and has an SR for the image (helpers.ml, choose_suspend_sr).
fn ready(world: &World, seat: Seat, object: Object) -> Result<(VmId, MachineId, SrId), Refusal> {
    let (vm, resident) = in_state(world, seat.executor, object, PowerState::Running, "running")?;
    let Some(host) = resident else { return Err(ApiError::new("INTERNAL_ERROR").text("the VM is resident on no host").into()) };
    let machine = gate(world, seat.executor, host)?;
    let db = world.db(seat.executor);
    let Some(sr) = db.suspend_image_sr() else { return Err(ApiError::new("VM_NO_SUSPEND_SR").with(Param::Vm(vm)).into()) };
    // The image is attached to domain 0 of that host (storage_access.ml, assert_pbd_is_plugged).
    if !db.plugged(host, sr) {
        return Err(ApiError::new("SR_HAS_NO_PBDS").with(Param::Sr(sr)).into());
    }
    if world.path_fault(machine, sr) == Some(Io::Error) {
        let text = "VDI Creation failed [opterr=error 5]";
        return Err(ApiError::new("SR_BACKEND_FAILURE_78").text("").text(text).text("").into());
    }
    Ok((vm, machine, sr))
}

impl Deed for Suspend {
    const DOC: CommandDoc = CommandDoc {
        name: "vm-suspend",
        synopsis: "xe vm-suspend vm=VM | FIELD=VALUE… [--multiple]",
        doc: "Suspends a VM: its memory is written to a disk of its own, the image, and its domain goes. Checks: the VM runs in the database (VM_BAD_POWER_STATE) and nobody works on it (OTHER_OPERATION_IN_PROGRESS); the host of its record carries it out (HOST_OFFLINE, CANNOT_CONTACT_HOST); there is an SR for the image (VM_NO_SUSPEND_SR), plugged on that host (SR_HAS_NO_PBDS) and in its reach (SR_BACKEND_FAILURE_78). That SR is the pool's `suspend-image-SR`, which is taken to be the default SR, as XenCenter sets the two together. A guest that hangs does not suspend itself (VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT, after a minute). HA lets the VM be from then on. The guest stands still while its memory is written; where that fails (VDI_IO_ERROR), or its host dies, the memory is lost and the VM is as after a crash. Its disks are closed and their locks removed; its VBDs count as attached still, to itself alone, so that `vm-resume` opens the same ones on whichever host. **The image fits the disks as they are now**: `vm-reset-powerstate`, or an older database, lets the VM be started from its disks while its image is there, and whoever resumes it afterwards writes old memory over new data (hazard `outdated-memory`).",
        example: "xe vm-suspend vm=db",
        stages: &[
            Stage {
                name: ASKED,
                doc: "The image has been made, empty, and the guest is asked to suspend itself; it runs on meanwhile (vmops.ml, suspend: phase 0 of 4).",
            },
            Stage {
                name: IMAGE,
                doc: "The guest stands still, and its memory is being written (vmops.ml, suspend: phase 3 of 4). There is no way back to the running guest: who dies now takes its memory along.",
            },
            Stage {
                name: RECORD,
                doc: "The image is whole, the domain is gone and its disks are closed, and the database still has the VM as running (vmops.ml, destroy: between `destroy_domain` and `set_power_state`).",
            },
        ],
        ..CommandDoc::ALWAYS
    };
    const CLASS: Class = Class::Vm;
    const OWN: &'static [&'static str] = &["progress"];
    const CLAIMS: bool = true;

    fn check(&mut self, _args: &Args, world: &World, seat: Seat, object: Object) -> Result<Span, Refusal> {
        if let Object::Vm(vm) = object {
            idle(world, seat.executor, vm)?;
        }
        ready(world, seat, object)?;
        self.staged.begins(ASKED);
        Ok(world.settings.command)
    }

    fn commit(&mut self, _args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, object: Object) -> Outcome {
        if let Some((vm, machine, image)) = self.gone {
            return recorded(world, fx, seat, vm, machine, image);
        }
        if let Some((vm, machine, sr)) = self.still {
            return self.written(world, fx, seat, vm, machine, sr);
        }
        let (vm, machine, sr) = match ready(world, seat, object) {
            Ok(found) => found,
            Err(refusal) => return Outcome::Failed(refusal),
        };
        let Some(home) = home(world, machine) else { return Outcome::Hangs };
        if world.path_fault(machine, sr).is_some() {
            return Outcome::Hangs;
        }
        world.set_always_run(fx, home, vm, false);
        if world.guest_hangs(machine, vm) {
            return match self.asked.again(Span::ZERO) {
                Some(span) => Outcome::Again(span),
                None => Outcome::Failed(ApiError::new("VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT").into()),
            };
        }
        world.pause_domain(fx, vm, machine, true);
        self.still = Some((vm, machine, sr));
        self.staged.comes_to(IMAGE, fx);
        Outcome::Again(world.settings.vm_suspend)
    }

    fn stage(&self) -> Option<&'static str> {
        self.staged.now()
    }

    /// The master is gone. What the host has begun it goes on with, and records when the master is back.
    fn orphaned(&mut self, world: &mut World, fx: &mut Effects, _seat: Seat, _target: Object) {
        if let Some((vm, machine, image)) = self.gone.take() {
            world.record_suspension_later(fx, machine, vm, image);
        } else if let Some((vm, machine, sr)) = self.still.take() {
            world.suspend_alone(fx, machine, vm, sr);
        }
    }
}

impl Suspend {
    /// The image has been written, or can't be.
    fn written(&mut self, world: &mut World, fx: &mut Effects, seat: Seat, vm: VmId, machine: MachineId, sr: SrId) -> Outcome {
        if let Err(refusal) = gate(world, seat.executor, world.host_on(machine)) {
            // Whoever asked hears no more of it; the host goes on with it, if it is there.
            world.suspend_alone(fx, machine, vm, sr);
            return Outcome::Failed(refusal);
        }
        if !world.has_domain(machine, vm) {
            return Outcome::Failed(ApiError::new("INTERNAL_ERROR").text("the domain does not exist on its host").into());
        }
        match world.path_fault(machine, sr) {
            Some(Io::Hang) => return Outcome::Hangs,
            Some(Io::Error) => {
                world.end_abandoned(fx, machine, vm, Ending::SuspendFailed);
                return Outcome::Failed(ApiError::new("VDI_IO_ERROR").text("I/O error saving VM suspend image").into());
            }
            None => {}
        }
        let Some(home) = home(world, machine) else { return Outcome::Hangs };
        let disks = world.disks_written_by(machine, vm);
        if let Err(outcome) = self.closing.closes(true, world, fx, home, vm, machine) {
            return outcome;
        }
        let image = Image { sr, number: world.write_image(fx, vm, machine, sr, disks) };
        world.set_image(home, vm, Some(image));
        world.end_domain(fx, vm, machine, Ending::Suspended);
        if self.staged.comes_to(RECORD, fx) {
            self.gone = Some((vm, machine, image));
            return Outcome::Again(Span::ZERO);
        }
        world.set_vm(fx, home, vm, PowerState::Suspended, None);
        Outcome::Done
    }
}

/// The host records what it has suspended, as soon as it reaches its master; where its own xapi is gone, that finds nothing running
/// there as it starts again, and takes the VM for halted.
fn recorded(world: &mut World, fx: &mut Effects, seat: Seat, vm: VmId, machine: MachineId, image: Image) -> Outcome {
    match gate(world, seat.executor, world.host_on(machine)) {
        Err(refusal) => {
            world.record_suspension_later(fx, machine, vm, image);
            Outcome::Failed(refusal)
        }
        Ok(_) => {
            let Some(home) = home(world, machine) else { return Outcome::Hangs };
            world.set_vm(fx, home, vm, PowerState::Suspended, None);
            Outcome::Done
        }
    }
}
