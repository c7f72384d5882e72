//! `xe vdi-forget`: takes the record of a disk out of the database, and with it its locks (xapi_vdi.ml, forget; docs/model/storage.md §1).

use super::args::Args;
use super::fields::object;
use super::objects::{Class, Object};
use super::reach::{Refusal, uuid_invalid};
use super::simple::{Act, Simple, Simply};
use super::{CommandDoc, Grammar, Seat};
use crate::base::ids::{MachineId, VbdId, VdiId};
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::{ApiError, Param};

/// `xe vdi-forget`.
pub type VdiForget = Simply<Forget>;

#[derive(Clone, Debug, Default)]
pub struct Forget;

/// The VDI of `uuid=`.
///
/// # Errors
/// UUID_INVALID.
pub fn vdi(args: &Args, world: &World, by: MachineId) -> Result<VdiId, Refusal> {
    match object(Class::Vdi, args, world, by)? {
        Object::Vdi(vdi) => Ok(vdi),
        _ => Err(uuid_invalid(Class::Vdi.table(), args.required("uuid"))),
    }
}

/// No VBD of a disk is attached by the database: what only a live operation may pass over (xapi_vdi.ml, check_operation_error).
///
/// # Errors
/// VDI_IN_USE.
pub fn unused(world: &World, by: MachineId, vdi: VdiId) -> Result<(), Refusal> {
    let mut vbds = (0..world.names.vbds.len() as u16).map(VbdId);
    if vbds.any(|vbd| world.names.vbds[vbd.at()].vdi == vdi && world.db(by).attached(vbd)) {
        return Err(ApiError::new("VDI_IN_USE").with(Param::Vdi(vdi)).into());
    }
    Ok(())
}

impl Simple for Forget {
    const DOC: CommandDoc = CommandDoc {
        name: "vdi-forget",
        synopsis: "xe vdi-forget uuid=VDI-UUID",
        doc: "Takes the record of a disk out of the database; the disk itself stays. Nobody is asked anything, not even to type yes. Checks: the UUID (UUID_INVALID); VDI_IN_USE while the database has the disk attached to a VM. **The record's locks go with it, whoever holds them**, and so do its VBDs: after `xe sr-scan` the disk is back under its UUID without a lock, and no VM has it any more until `xe vbd-create`. Where the holder of the lock still runs, the next VM that starts with the disk makes two writers.",
        example: "xe vdi-forget uuid=${db-root}",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&["uuid"], &[]);
    type Found = VdiId;

    fn checks(args: &Args, world: &World, seat: Seat) -> Result<VdiId, Refusal> {
        let vdi = vdi(args, world, seat.executor)?;
        unused(world, seat.executor, vdi)?;
        Ok(vdi)
    }
    fn act(&mut self, _args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, vdi: VdiId) -> Act {
        world.forget_vdi(fx, seat.executor, vdi);
        Act::SILENT
    }
}
