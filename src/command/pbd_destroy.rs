//! `xe pbd-destroy`: the record of a host's connection to an SR goes (xapi_pbd.ml, destroy; docs/model/storage.md §3).

use super::args::Args;
use super::objects::{Class, Object};
use super::pbd::meant;
use super::reach::{Refusal, uuid_invalid};
use super::simple::{Act, Simple, Simply};
use super::{CommandDoc, Grammar, Seat, Target};
use crate::base::ids::{HostId, SrId};
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;

/// `xe pbd-destroy`.
pub type PbdDestroy = Simply<Destroy>;

#[derive(Clone, Debug, Default)]
pub struct Destroy;

impl Simple for Destroy {
    const DOC: CommandDoc = CommandDoc {
        name: "pbd-destroy",
        synopsis: "xe pbd-destroy uuid=PBD-UUID",
        doc: "Takes the PBD of a host and an SR out of the database. Checks: the UUID (UUID_INVALID); OPERATION_NOT_ALLOWED while the database has it plugged (`xe pbd-unplug` first, which a dead host can't do). The host is not asked.",
        example: "xe pbd-destroy uuid=${beta/nfs1}",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&["uuid"], &[]);
    type Found = (HostId, SrId);

    fn checks(args: &Args, world: &World, seat: Seat) -> Result<(HostId, SrId), Refusal> {
        let uuid = args.required("uuid");
        let Some(Object::Pbd(host, sr)) = Class::Pbd.by_uuid(world, seat.executor, uuid) else { return Err(uuid_invalid("PBD", uuid)) };
        if world.db(seat.executor).plugged(host, sr) {
            return Err(ApiError::new("OPERATION_NOT_ALLOWED").text("PBD is currently attached").into());
        }
        Ok((host, sr))
    }
    fn act(&mut self, _args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, (host, sr): (HostId, SrId)) -> Act {
        world.destroy_pbd(fx, seat.executor, host, sr);
        Act::SILENT
    }
    fn target(args: &Args, world: &World) -> Target {
        meant(args, world)
    }
}
