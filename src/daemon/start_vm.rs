//! A start of a VM that nobody types: what HA's restarts and the starts after a boot do alike, with the checks of a start that
//! is typed (docs/model/guests-and-disks.md §1).

use crate::base::ids::{HostId, MachineId, VmId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::effects::Effects;
use crate::world::errors::{ApiError, Param};
use crate::world::memory::Xapi;
use crate::world::roles::Contact;
use crate::world::sm::{ACTIVATION_TRIES, Activation, Inactive};

/// How long the master waits before it looks again at a storage path that hangs.
const HANGING: Span = Span::secs(5);

/// How far a start has come at its end.
pub enum Turn {
    /// The VM runs.
    Started,
    /// A disk keeps it waiting: again after this.
    Later(Span),
    /// It can't be started; what it had opened is closed again.
    Failed(ApiError),
}

/// Whether the records of a VM and the locks on its disks let it start on a host now.
///
/// # Errors
/// The first check that fails.
pub fn check(world: &World, master: MachineId, vm: VmId, host: HostId) -> Result<(), ApiError> {
    let machine = called(world, master, vm, host)?;
    // A lock that is there already refuses at once.
    for (vdi, mode) in world.known_disks_of(master, vm) {
        let found = world.activation_finds(Activation::new(master, machine, vdi, mode));
        if let Some((error, _)) = found.clone().refusal() {
            return Err(error);
        }
        if found.then.is_err() {
            break;
        }
    }
    Ok(())
}

/// The records of the VM allow a start.
///
/// # Errors
/// VM_BAD_POWER_STATE, VDI_IN_USE, HANDLE_INVALID.
pub fn startable(world: &World, master: MachineId, vm: VmId) -> Result<(), ApiError> {
    match world.db(master).vm(vm) {
        Some(record) if record.power_state == PowerState::Halted => world.disks_free(master, vm),
        Some(record) => Err(ApiError::new("VM_BAD_POWER_STATE").with(Param::Vm(vm)).text("halted").text(record.power_state.name())),
        None => Err(ApiError::new("HANDLE_INVALID").text("VM").with(Param::Vm(vm))),
    }
}

/// The machine of a host that can take the VM and that answers its master.
fn called(world: &World, master: MachineId, vm: VmId, host: HostId) -> Result<MachineId, ApiError> {
    world.can_take(master, vm, host)?;
    let machine = world.machine_of(host);
    let answers = |machine: &MachineId| {
        *machine == master || world.contact(master, *machine) == Contact::Answered && world.stacks[machine.at()].xapi == Xapi::Up
    };
    machine.filter(answers).ok_or_else(|| ApiError::new("CANNOT_CONTACT_HOST").with(Param::Host(host)))
}

/// A start comes to its end, or goes on waiting for a disk. `taken` and `tries` say how many disks are open, and how often the
/// next was found paused.
pub fn turn(
    world: &mut World,
    fx: &mut Effects,
    master: MachineId,
    (vm, host): (VmId, HostId),
    (taken, tries): (&mut usize, &mut u32),
) -> Turn {
    let machine = match startable(world, master, vm).and_then(|()| called(world, master, vm, host)) {
        Ok(machine) => machine,
        Err(error) => {
            let machine = world.names.hosts[host.at()].machine;
            world.give_disks_back(fx, Some(master), machine, vm, *taken);
            return Turn::Failed(error);
        }
    };
    let error = if world.domain_exists(machine, vm) {
        ApiError::new("DOMAIN_EXISTS").with(Param::Vm(vm)).text("1")
    } else {
        let before = *taken;
        let outcome = world.take_disks(fx, master, machine, vm, taken);
        if *taken != before {
            *tries = 0;
        }
        match outcome {
            Ok(()) => {
                world.run_domain(fx, master, machine, vm, host);
                return Turn::Started;
            }
            Err((Inactive::Hangs, _)) => return Turn::Later(HANGING),
            Err((Inactive::Paused, _)) if *tries < ACTIVATION_TRIES => {
                *tries += 1;
                return Turn::Later(Span::secs(1));
            }
            Err((Inactive::Paused, vdi)) => ApiError::vdi_unavailable(format_args!("VDI {} locked", world.names.vdis[vdi.at()].uuid)),
            Err((Inactive::Failed(error), _)) => error,
        }
    };
    world.give_disks_back(fx, Some(master), machine, vm, *taken);
    Turn::Failed(error)
}
