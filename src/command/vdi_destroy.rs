//! `xe vdi-destroy`: destroys a disk and what lies on it (xapi_vdi.ml, destroy; LVHDSR.py, FileSR.py: `delete`).

use super::args::Args;
use super::reach::Refusal;
use super::simple::{Act, Simple, Simply};
use super::sr_scan::on_sr_master;
use super::vdi_forget::{unused, vdi};
use super::{CommandDoc, Grammar, Seat};
use crate::base::ids::{MachineId, VdiId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;
use crate::world::truth::Io;

/// `xe vdi-destroy`.
pub type VdiDestroy = Simply<Destroy>;

#[derive(Clone, Debug, Default)]
pub struct Destroy;

/// The SR's master destroys a disk; `None` where it does, else what becomes of the command.
pub fn destroy(world: &mut World, fx: &mut Effects, by: MachineId, machine: MachineId, vdi: VdiId) -> Option<Act> {
    match world.path_fault(machine, world.names.vdis[vdi.at()].sr) {
        Some(Io::Hang) => return Some(Act::Hangs),
        Some(Io::Error) => {
            let text = "Failed to mark VDI hidden [opterr=Input/output error]";
            return Some(Act::Failed(ApiError::new("SR_BACKEND_FAILURE_80").text("").text(text).text("").into()));
        }
        None => {}
    }
    if world.at_work(machine, vdi) {
        return Some(Act::Again(Span::secs(1)));
    }
    world.destroy_disk(fx, by, machine, vdi);
    None
}

impl Simple for Destroy {
    const DOC: CommandDoc = CommandDoc {
        name: "vdi-destroy",
        synopsis: "xe vdi-destroy uuid=VDI-UUID",
        doc: "Destroys a disk and what lies on it; there is no way back. Nobody is asked anything, not even to type yes. Checks: the UUID (UUID_INVALID); VDI_IN_USE while the database has the disk attached to a VM; the SR's master has it plugged (SR_HAS_NO_PBDS) and carries it out (HOST_OFFLINE, CANNOT_CONTACT_HOST), over a path that works (SR_BACKEND_FAILURE_80). **Whether anybody has it open the database alone says**: where a VM was reset and runs on, its disk is destroyed under it. Up to g3 the disk is only marked, and the collector of garbage asks every host that it knows before it removes it; g4 removes it at once and asks nobody. Then the collector begins: where a snapshot is gone, its base is merged into the disk that is left.",
        example: "xe vdi-destroy uuid=${db-root}",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&["uuid"], &[]);
    type Found = (VdiId, MachineId);

    fn checks(args: &Args, world: &World, seat: Seat) -> Result<(VdiId, MachineId), Refusal> {
        let by = seat.executor;
        let vdi = vdi(args, world, by)?;
        unused(world, by, vdi)?;
        Ok((vdi, on_sr_master(world, by, world.names.vdis[vdi.at()].sr)?))
    }
    fn act(&mut self, _args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, (vdi, machine): (VdiId, MachineId)) -> Act {
        destroy(world, fx, seat.executor, machine, vdi).unwrap_or(Act::SILENT)
    }
}
