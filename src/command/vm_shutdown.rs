//! `xe vm-shutdown`: on the host where the record says that the VM runs.

use super::args::Args;
use super::batch::{Batch, Deed, Outcome};
use super::objects::{Class, Object, hosts};
use super::reach::{Refusal, gate, home};
use super::stages::{Stage, Staged};
use super::vm_place::{idle, in_states};
use super::{CommandDoc, Seat};
use crate::base::ids::{HostId, MachineId, SrId, VdiId, VmId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;
use crate::world::event::Ending;
use crate::world::inventory::Mode;
use crate::world::sm::{ACTIVATION_TRIES, Closing};
use crate::world::truth::Io;

/// `xe vm-shutdown`.
pub type VmShutdown = Batch<Shutdown>;

/// A shutdown under way.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    /// How often a disk was found paused.
    tries: u32,
    /// The guest that hangs.
    asked: Asked,
    /// How far it has come.
    staged: Staged,
    /// What runs no more, and where, and is still recorded there.
    ended: Option<(VmId, MachineId)>,
}

/// The stage in which a guest is asked.
pub(super) const ASKED: &str = "asked";
const RECORD: &str = "record";

/// How long a guest is asked to shut down before it is taken for one that does not hear (vmops.ml, clean_shutdown_with_reason).
const ACKNOWLEDGMENT: Span = Span::secs(60);

/// A guest that does not answer, and is asked again and again.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked(Option<Span>);

impl Asked {
    /// It does not answer: when it is asked again; `None` once that was given up. `spent` is how long it had been asked before.
    pub fn again(&mut self, spent: Span) -> Option<Span> {
        let spent = self.0.unwrap_or(spent);
        let next = Span::secs(1).min(Span(ACKNOWLEDGMENT.0.saturating_sub(spent.0)));
        self.0 = Some(spent + next);
        (next > Span::ZERO).then_some(next)
    }
    /// It goes on: whether it has only heard now, and needs its time for what it was asked.
    pub fn heard(&mut self) -> bool {
        self.0.take().is_some()
    }
}

/// What a shutdown that is forced may be done to, and one that asks the guest (xapi_vm_lifecycle.ml, allowed_power_states).
fn states(force: bool) -> (&'static [PowerState], &'static str) {
    match force {
        true => (&[PowerState::Paused, PowerState::Suspended, PowerState::Running], "paused, suspended, running"),
        false => (&[PowerState::Running], "running"),
    }
}

/// The VM and the machine that its record names; the states that it may have, and how the tool lists them.
///
/// # Errors
/// VM_BAD_POWER_STATE, and what keeps the machine from being asked.
pub(super) fn target(
    world: &World,
    seat: Seat,
    target: Object,
    (states, expected): (&[PowerState], &str),
) -> Result<(VmId, Option<MachineId>), Refusal> {
    let (vm, resident) = in_states(world, seat.executor, target, states, expected)?;
    if world.db(seat.executor).vm(vm).is_some_and(|record| record.power_state == PowerState::Suspended) {
        return Ok((vm, Some(keeper(world, seat, vm)?)));
    }
    let machine = resident.map(|host| gate(world, seat.executor, host)).transpose()?;
    Ok((vm, machine))
}

/// The machine that destroys the image of a suspended VM: the first that counts as alive and has all disks of the VM plugged
/// (message_forwarding.ml, hard_shutdown).
///
/// # Errors
/// NO_HOSTS_AVAILABLE, and what keeps the machine from being asked.
fn keeper(world: &World, seat: Seat, vm: VmId) -> Result<MachineId, Refusal> {
    let db = world.db(seat.executor);
    let srs: Vec<SrId> = world.known_disks_of(seat.executor, vm).iter().map(|(vdi, _)| world.names.vdis[vdi.at()].sr).collect();
    let sees = |host: &HostId| db.live(*host) && srs.iter().all(|sr| db.plugged(*host, *sr));
    match hosts(world, seat.executor).into_iter().find(sees) {
        Some(host) => gate(world, seat.executor, host),
        None => Err(ApiError::new("NO_HOSTS_AVAILABLE").into()),
    }
}

impl Deed for Shutdown {
    const DOC: CommandDoc = CommandDoc {
        name: "vm-shutdown",
        synopsis: "xe vm-shutdown vm=VM [--force] | FIELD=VALUE… [--multiple]",
        doc: "Shuts a VM down, with `--force` without asking the guest. Checks: the VM runs in the database (VM_BAD_POWER_STATE) and nobody works on it (OTHER_OPERATION_IN_PROGRESS); the host of its record carries it out (HOST_OFFLINE, CANNOT_CONTACT_HOST): for a VM on a dead host `--force` does not help either. A paused VM needs `--force`, and so does a suspended one: its image is destroyed then, by a host that sees its disks (NO_HOSTS_AVAILABLE), and what was in its memory is lost. A guest that hangs does not answer when it is asked, and after a minute that is given up (VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT); with `--force` nobody asks it. Closes the disks and removes their locks. Where a path to a disk is lost, a guest that is asked waits for it, and so does the command; with `--force` it ends at once if requests fail (on an LVM SR the lock stays then), and hangs if they hang. Without a selector and with `--multiple` it stops every VM of the pool.",
        example: "xe vm-shutdown vm=db",
        stages: &[
            Stage {
                name: ASKED,
                doc: "The guest is asked to shut down, unless it is forced, and runs on meanwhile (xapi_vm.ml, clean_shutdown).",
            },
            Stage {
                name: RECORD,
                doc: "The domain is gone and its disks are closed, and the database still has the VM as running (vmops.ml, destroy: between `destroy_domain` and `set_power_state`).",
            },
        ],
        ..CommandDoc::ALWAYS
    };
    const CLASS: Class = Class::Vm;
    const OWN: &'static [&'static str] = &["progress"];
    const CLAIMS: bool = true;

    fn check(&mut self, args: &Args, world: &World, seat: Seat, object: Object) -> Result<Span, Refusal> {
        args.flag("force").map_err(Refusal::tool)?;
        if let Object::Vm(vm) = object {
            idle(world, seat.executor, vm)?;
        }
        // Nobody is asked whether he is ready.
        let force = args.flag("force").map_err(Refusal::tool)?;
        target(world, seat, object, states(force))?;
        self.begins();
        Ok(if force { world.settings.command } else { world.settings.vm_shutdown })
    }

    fn commit(&mut self, args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, object: Object) -> Outcome {
        if let Some((vm, machine)) = self.ended {
            return recorded(world, fx, seat, vm, machine);
        }
        let force = args.flag("force").unwrap_or_default();
        let (vm, machine) = match target(world, seat, object, states(force)) {
            Ok(found) => found,
            Err(refusal) => return Outcome::Failed(refusal),
        };
        let Some(machine) = machine else {
            // A record that runs nowhere: there is nothing to shut down but the record.
            world.set_vm(fx, seat.executor, vm, PowerState::Halted, None);
            world.set_always_run(fx, seat.executor, vm, false);
            return Outcome::Done;
        };
        let Some(home) = home(world, machine) else { return Outcome::Hangs };
        if world.db(home).vm(vm).is_some_and(|record| record.power_state == PowerState::Suspended) {
            return forgotten(world, fx, home, machine, vm);
        }
        if let Err(outcome) = self.closes(force, world, fx, home, vm, machine) {
            return outcome;
        }
        // HA lets it be from now on, else it would be back at the next pass.
        world.set_always_run(fx, home, vm, false);
        world.end_domain(fx, vm, machine, Ending::Shutdown);
        if self.staged.comes_to(RECORD, fx) {
            self.ended = Some((vm, machine));
            return Outcome::Again(Span::ZERO);
        }
        world.set_vm(fx, home, vm, PowerState::Halted, None);
        Outcome::Done
    }

    fn stage(&self) -> Option<&'static str> {
        self.staged.now()
    }

    /// The master is gone: the host, whose work it is, records it when the master is back.
    fn orphaned(&mut self, world: &mut World, fx: &mut Effects, _seat: Seat, _target: Object) {
        if let Some((vm, machine)) = self.ended.take() {
            world.record_end_later(fx, machine, vm);
        }
    }
}

impl Shutdown {
    /// Its checks have passed.
    pub(super) fn begins(&mut self) {
        self.staged.begins(ASKED);
    }

    /// The guest is down and its disks are closed; or what it waits for, or why it can't be.
    pub(super) fn closes(
        &mut self,
        force: bool,
        world: &mut World,
        fx: &mut Effects,
        home: MachineId,
        vm: VmId,
        machine: MachineId,
    ) -> Result<(), Outcome> {
        if !force && world.guest_hangs(machine, vm) {
            return Err(match self.asked.again(world.settings.vm_shutdown) {
                Some(span) => Outcome::Again(span),
                None => Outcome::Failed(ApiError::new("VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT").into()),
            });
        }
        if self.asked.heard() {
            return Err(Outcome::Again(world.settings.vm_shutdown));
        }
        let disks = world.held_disks_of(home, machine, vm);
        let paused = disks.iter().find(|(vdi, _)| world.db(home).vdi(*vdi).is_some_and(|record| record.paused));
        if let Some((vdi, _)) = paused {
            if self.tries < ACTIVATION_TRIES {
                self.tries += 1;
                return Err(Outcome::Again(Span::secs(1)));
            }
            let uuid = &world.names.vdis[vdi.at()].uuid;
            return Err(Outcome::Failed(ApiError::vdi_unavailable(format_args!("VDI {uuid} locked")).into()));
        }
        // A guest that is asked waits for its own disks first, unless it has given them up; whoever does not ask it still has to close them.
        let waits = |(vdi, mode): &(VdiId, Mode)| match world.closing(machine, *vdi) {
            Closing::Hangs => true,
            _ if force || *mode == Mode::Ro => false,
            _ => world.has_open(machine, *vdi) && !world.reaches_vdi(machine, *vdi) && !world.hw.has_given_up(machine, vm, *vdi),
        };
        if disks.iter().any(waits) {
            return Err(Outcome::Hangs);
        }
        for (vdi, _) in disks.into_iter().rev() {
            world.deactivate(fx, Some(home), machine, vdi, Some(vm));
        }
        Ok(())
    }
}

/// A suspended VM has no domain: its image is destroyed, if that can be, and its record set halted (xapi_vm.ml, Shutdown: whether
/// or not that worked, the image is forgotten).
fn forgotten(world: &mut World, fx: &mut Effects, home: MachineId, machine: MachineId, vm: VmId) -> Outcome {
    if let Some(image) = world.db(home).vm(vm).and_then(|record| record.image) {
        match world.path_fault(machine, image.sr) {
            Some(Io::Hang) => return Outcome::Hangs,
            Some(Io::Error) => {}
            None => world.destroy_image(fx, vm, machine, image.number),
        }
        world.set_image(home, vm, None);
    }
    world.set_always_run(fx, home, vm, false);
    world.set_vm(fx, home, vm, PowerState::Halted, None);
    Outcome::Done
}

/// The host sets the record of what it has shut down: it does so when it reaches its master, and where its own xapi is gone, that does
/// it as it starts again.
fn recorded(world: &mut World, fx: &mut Effects, seat: Seat, vm: VmId, machine: MachineId) -> Outcome {
    if !world.dom0_answers(machine) || !world.xapi_runs(machine) {
        return gate(world, seat.executor, world.host_on(machine)).map_or_else(Outcome::Failed, |_| Outcome::Done);
    }
    let Some(home) = home(world, machine) else { return Outcome::Hangs };
    world.set_vm(fx, home, vm, PowerState::Halted, None);
    Outcome::Done
}
