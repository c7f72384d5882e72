//! `xe vm-reboot`: the domain is destroyed and made anew on the same host, under a record that says running all the while
//! (6.0 xapi_vm.ml, Reboot).

use super::args::Args;
use super::batch::{Batch, Deed, Outcome};
use super::objects::{Class, Object};
use super::reach::{Refusal, gate, home};
use super::stages::Stage;
use super::vm_place::idle;
use super::vm_shutdown::{ASKED, Shutdown, target};
use super::{CommandDoc, Seat};
use crate::base::ids::{MachineId, VmId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;
use crate::world::event::Ending;
use crate::world::sm::{ACTIVATION_TRIES, Inactive};

/// `xe vm-reboot`.
pub type VmReboot = Batch<Reboot>;

/// A reboot under way.
#[derive(Clone, Debug, Default)]
pub struct Reboot {
    /// Its first half.
    down: Shutdown,
    /// The domain is gone: which VM, and where it comes again.
    gone: Option<(VmId, MachineId)>,
    /// How many disks are open again.
    taken: usize,
    /// How often the next one was found paused.
    tries: u32,
    /// The disks could not be opened without the master, and the record can't be set without it.
    failed: bool,
}

const GONE: &str = "gone";

/// What a reboot that is forced may be done to, and one that asks the guest (xapi_vm_lifecycle.ml, allowed_power_states).
fn states(force: bool) -> (&'static [PowerState], &'static str) {
    match force {
        true => (&[PowerState::Paused, PowerState::Running], "paused, running"),
        false => (&[PowerState::Running], "running"),
    }
}

impl Deed for Reboot {
    const DOC: CommandDoc = CommandDoc {
        name: "vm-reboot",
        synopsis: "xe vm-reboot vm=VM [--force] | FIELD=VALUE… [--multiple]",
        doc: "Reboots a VM, with `--force` without asking the guest. Checks: the VM runs in the database (VM_BAD_POWER_STATE) and nobody works on it (OTHER_OPERATION_IN_PROGRESS); the host of its record carries it out (HOST_OFFLINE, CANNOT_CONTACT_HOST). A guest that hangs does not answer (VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT, after a minute); with `--force` nobody asks it. First as `vm-shutdown`: the domain goes and its disks are closed; then as `vm-start`, on the same host: the disks are opened again and a new domain starts. The record says running all the while, so between the two a VM whose host dies is a record of what runs nowhere. Where a disk can't be opened again the VM is recorded halted, with the storage manager's error.",
        example: "xe vm-reboot vm=db",
        stages: &[
            Stage {
                name: ASKED,
                doc: "The guest is asked to shut down, unless it is forced, and runs on meanwhile (xapi_vm.ml, clean_reboot).",
            },
            Stage {
                name: GONE,
                doc: "The old domain is destroyed and its disks are closed, the new one is not there yet, and the database has the VM as running (xapi_vm.ml, Reboot: phase 2 of 3).",
            },
        ],
        ..CommandDoc::ALWAYS
    };
    const CLASS: Class = Class::Vm;
    const OWN: &'static [&'static str] = &[];
    const CLAIMS: bool = true;

    fn check(&mut self, args: &Args, world: &World, seat: Seat, object: Object) -> Result<Span, Refusal> {
        let force = args.flag("force").map_err(Refusal::tool)?;
        if let Object::Vm(vm) = object {
            idle(world, seat.executor, vm)?;
        }
        target(world, seat, object, states(force))?;
        self.down.begins();
        Ok(if force { world.settings.command } else { world.settings.vm_shutdown })
    }

    fn commit(&mut self, args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, object: Object) -> Outcome {
        if let Some((vm, machine)) = self.gone {
            return self.comes(world, fx, seat, vm, machine);
        }
        let force = args.flag("force").unwrap_or_default();
        let (vm, machine) = match target(world, seat, object, states(force)) {
            Ok((vm, Some(machine))) => (vm, machine),
            Ok((_, None)) => return Outcome::Failed(ApiError::new("INTERNAL_ERROR").text("the VM is resident on no host").into()),
            Err(refusal) => return Outcome::Failed(refusal),
        };
        let Some(home) = home(world, machine) else { return Outcome::Hangs };
        if let Err(outcome) = self.down.closes(force, world, fx, home, vm, machine) {
            return outcome;
        }
        world.end_domain(fx, vm, machine, Ending::Shutdown);
        self.gone = Some((vm, machine));
        Outcome::Again(world.settings.vm_start)
    }

    fn stage(&self) -> Option<&'static str> {
        if self.gone.is_some() { Some(GONE) } else { self.down.stage() }
    }

    /// The master is gone: the host can't open the disks without it, and records the VM as halted when it is back.
    fn orphaned(&mut self, world: &mut World, fx: &mut Effects, _seat: Seat, _target: Object) {
        if let Some((vm, machine)) = self.gone.take() {
            world.record_end_later(fx, machine, vm);
        }
    }
}

impl Reboot {
    /// The new domain, over the disks opened again.
    fn comes(&mut self, world: &mut World, fx: &mut Effects, seat: Seat, vm: VmId, machine: MachineId) -> Outcome {
        let host = world.host_on(machine);
        if !world.dom0_answers(machine) || !world.xapi_runs(machine) {
            // Its xapi sees as it starts again that nothing runs there.
            return gate(world, seat.executor, host).map_or_else(Outcome::Failed, |_| Outcome::Done);
        }
        let Some(home) = home(world, machine) else {
            // The storage manager asks the master for the keys; xapi then waits with the record until it is back.
            self.failed = true;
            return Outcome::Hangs;
        };
        if self.failed {
            world.set_vm(fx, home, vm, PowerState::Halted, None);
            return Outcome::Failed(ApiError::vdi_unavailable("the master did not answer").into());
        }
        let why = match world.take_disks(fx, home, machine, vm, &mut self.taken) {
            Ok(()) => {
                world.begin_domain(fx, machine, vm);
                world.set_vm(fx, home, vm, PowerState::Running, Some(host));
                return Outcome::Done;
            }
            Err((Inactive::Hangs, _)) => return Outcome::Hangs,
            Err((Inactive::Paused, _)) if self.tries < ACTIVATION_TRIES => {
                self.tries += 1;
                return Outcome::Again(Span::secs(1));
            }
            Err((Inactive::Paused, vdi)) => ApiError::vdi_unavailable(format_args!("VDI {} locked", world.names.vdis[vdi.at()].uuid)),
            Err((Inactive::Failed(error), _)) => error,
        };
        world.give_disks_back(fx, Some(home), machine, vm, self.taken);
        world.set_vm(fx, home, vm, PowerState::Halted, None);
        Outcome::Failed(why.into())
    }
}
