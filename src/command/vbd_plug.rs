//! `xe vbd-plug`: attaches a disk to a VM that runs (xapi_vbd.ml, plug; docs/model/storage.md §4).

use super::args::Args;
use super::reach::{Refusal, gate, home};
use super::simple::{Act, Simple, Simply};
use super::vbd_destroy::{meant, vbd};
use super::{CommandDoc, Grammar, Seat, Target};
use crate::base::ids::{HostId, MachineId, VbdId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::effects::Effects;
use crate::world::errors::{ApiError, Param};
use crate::world::sm::{ACTIVATION_TRIES, Activation, Inactive};

/// `xe vbd-plug`.
pub type VbdPlug = Simply<Plug>;

/// A plug under way.
#[derive(Clone, Debug, Default)]
pub struct Plug {
    /// How often the disk was found paused.
    tries: u32,
}

/// The state that plugging and unplugging need: the VM runs, and the disk is attached or not (xapi_vbd_helpers.ml,
/// valid_operations). The host of the VM's record.
///
/// # Errors
/// VM_BAD_POWER_STATE, DEVICE_ALREADY_ATTACHED, DEVICE_ALREADY_DETACHED.
pub fn resident(world: &World, by: MachineId, vbd: VbdId, attached: bool) -> Result<Option<HostId>, Refusal> {
    let name = &world.names.vbds[vbd.at()];
    let device = |code| Refusal::from(ApiError::new(code).text(name.uuid.clone()));
    match world.db(by).vm(name.vm) {
        Some(record) if record.power_state == PowerState::Running => match (world.db(by).attached(vbd), attached) {
            (true, false) => Err(device("DEVICE_ALREADY_ATTACHED")),
            (false, true) => Err(device("DEVICE_ALREADY_DETACHED")),
            _ => Ok(record.resident_on),
        },
        record => {
            let actual = record.map_or("halted", |record| record.power_state.name());
            Err(ApiError::new("VM_BAD_POWER_STATE").with(Param::Vm(name.vm)).text("running").text(actual).into())
        }
    }
}

impl Simple for Plug {
    const DOC: CommandDoc = CommandDoc {
        name: "vbd-plug",
        synopsis: "xe vbd-plug uuid=VBD-UUID",
        doc: "Attaches a disk to a VM that runs. Checks: the UUID (UUID_INVALID); the VM runs in the database (VM_BAD_POWER_STATE) and does not have the disk attached (DEVICE_ALREADY_ATTACHED); no other VBD of the disk is attached while either writes (VDI_IN_USE); the VM's host carries it out (HOST_OFFLINE, CANNOT_CONTACT_HOST). Then the storage manager of that host opens the disk, over the same check of locks as at a start (SR_BACKEND_FAILURE_46).",
        example: "xe vbd-plug uuid=${db/1}",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&["uuid"], &[]);
    type Found = (VbdId, Option<MachineId>);

    fn checks(args: &Args, world: &World, seat: Seat) -> Result<Self::Found, Refusal> {
        let by = seat.executor;
        let vbd = vbd(args, world, by)?;
        let host = resident(world, by, vbd, false)?;
        if world.disk_taken(by, vbd) {
            return Err(ApiError::new("VDI_IN_USE").with(Param::Vdi(world.names.vbds[vbd.at()].vdi)).into());
        }
        Ok((vbd, host.map(|host| gate(world, by, host)).transpose()?))
    }

    fn act(&mut self, _args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, (vbd, machine): Self::Found) -> Act {
        let (vm, vdi, mode) = (world.names.vbds[vbd.at()].vm, world.names.vbds[vbd.at()].vdi, world.names.vbds[vbd.at()].mode);
        let Some(machine) = machine.filter(|machine| world.has_domain(*machine, vm)) else {
            return Act::Failed(ApiError::new("INTERNAL_ERROR").text("the domain does not exist on its host").into());
        };
        let Some(home) = home(world, machine) else { return Act::Hangs };
        match world.activate(fx, Activation::new(home, machine, vdi, mode), Some(vm)) {
            Ok(()) => {
                world.set_attached(fx, seat.executor, vbd, true);
                Act::SILENT
            }
            Err(Inactive::Failed(error)) => Act::Failed(error.into()),
            Err(Inactive::Paused) if self.tries < ACTIVATION_TRIES => {
                self.tries += 1;
                Act::Again(Span::secs(1))
            }
            Err(Inactive::Paused) => {
                let uuid = &world.names.vdis[vdi.at()].uuid;
                Act::Failed(ApiError::vdi_unavailable(format_args!("VDI {uuid} locked")).into())
            }
            Err(Inactive::Hangs) => Act::Hangs,
        }
    }

    fn target(args: &Args, world: &World) -> Target {
        meant(args, world)
    }
}
