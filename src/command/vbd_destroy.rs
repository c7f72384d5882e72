//! `xe vbd-destroy`: takes a disk from a VM; the disk stays (xapi_vbd_helpers.ml, destroy; docs/model/storage.md §4).

use super::args::Args;
use super::fields::object;
use super::objects::{Class, Object};
use super::reach::{Refusal, uuid_invalid};
use super::simple::{Act, Simple, Simply};
use super::{CommandDoc, Grammar, Seat, Target};
use crate::base::ids::{MachineId, VbdId};
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;

/// `xe vbd-destroy`.
pub type VbdDestroy = Simply<Destroy>;

#[derive(Clone, Debug, Default)]
pub struct Destroy;

/// The VBD of `uuid=`.
///
/// # Errors
/// UUID_INVALID.
pub fn vbd(args: &Args, world: &World, by: MachineId) -> Result<VbdId, Refusal> {
    match object(Class::Vbd, args, world, by)? {
        Object::Vbd(vbd) => Ok(vbd),
        _ => Err(uuid_invalid(Class::Vbd.table(), args.required("uuid"))),
    }
}

/// Whose disk is meant, whether or not a database knows the VBD.
pub fn meant(args: &Args, world: &World) -> Target {
    let uuid = args.required("uuid");
    world.names.vbds.iter().find(|vbd| vbd.uuid == uuid).map_or(Target::None, |vbd| Target::Vm(vbd.vm))
}

impl Simple for Destroy {
    const DOC: CommandDoc = CommandDoc {
        name: "vbd-destroy",
        synopsis: "xe vbd-destroy uuid=VBD-UUID",
        doc: "Takes a disk from a VM; the disk itself stays. Checks: the UUID (UUID_INVALID); OPERATION_NOT_ALLOWED while the database has it attached.",
        example: "xe vbd-destroy uuid=${db/root}",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&["uuid"], &[]);
    type Found = VbdId;

    fn checks(args: &Args, world: &World, seat: Seat) -> Result<VbdId, Refusal> {
        let vbd = vbd(args, world, seat.executor)?;
        if world.db(seat.executor).attached(vbd) {
            let name = &world.names.vbds[vbd.at()];
            let reason = format!("VBD '{}' still attached to '{}'", name.uuid, world.names.vms[name.vm.at()].uuid);
            return Err(ApiError::new("OPERATION_NOT_ALLOWED").text(reason).into());
        }
        Ok(vbd)
    }
    fn act(&mut self, _args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, vbd: VbdId) -> Act {
        world.destroy_vbd(fx, seat.executor, vbd);
        Act::SILENT
    }
    fn target(args: &Args, world: &World) -> Target {
        meant(args, world)
    }
}
