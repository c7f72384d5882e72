//! `xe pbd-create`: the record of a host's connection to an SR (xapi_pbd.ml, create; docs/model/storage.md §3).

use super::args::Args;
use super::objects::{Class, Object};
use super::reach::{Refusal, uuid_invalid};
use super::simple::{Act, Simple, Simply};
use super::{CommandDoc, Grammar, Seat, Target};
use crate::base::ids::{HostId, SrId};
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::{ApiError, Param};

/// `xe pbd-create`.
pub type PbdCreate = Simply<Create>;

#[derive(Clone, Debug, Default)]
pub struct Create;

impl Simple for Create {
    const DOC: CommandDoc = CommandDoc {
        name: "pbd-create",
        synopsis: "xe pbd-create host-uuid=HOST-UUID sr-uuid=SR-UUID [device-config:KEY=VALUE…]",
        doc: "Makes the PBD of a host and an SR, unplugged, and prints its UUID. Checks: the host's UUID, then the SR's (UUID_INVALID); PBD_EXISTS where the host has one already. Where the storage is, `device-config:` says in life; here the SR's UUID says it, and `device-config:` is not looked at. Other keys are ignored. `${beta/nfs1}` is the new one from then on.",
        example: "xe pbd-create host-uuid=$beta sr-uuid=$nfs1",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&["host-uuid", "sr-uuid"], &["device-config:"]);
    type Found = (HostId, SrId);

    fn checks(args: &Args, world: &World, seat: Seat) -> Result<(HostId, SrId), Refusal> {
        let by = seat.executor;
        let (host, sr) = (args.required("host-uuid"), args.required("sr-uuid"));
        let Some(Object::Host(host)) = Class::Host.by_uuid(world, by, host) else { return Err(uuid_invalid("host", host)) };
        let Some(Object::Sr(sr)) = Class::Sr.by_uuid(world, by, sr) else { return Err(uuid_invalid("SR", sr)) };
        if world.db(by).pbds.contains_key(&(host, sr)) {
            let pbd = Object::Pbd(host, sr).uuid(world, by);
            return Err(ApiError::new("PBD_EXISTS").with(Param::Sr(sr)).with(Param::Host(host)).text(pbd).into());
        }
        Ok((host, sr))
    }
    fn act(&mut self, _args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, (host, sr): (HostId, SrId)) -> Act {
        world.create_pbd(fx, seat.executor, host, sr);
        Act::Done(vec![Object::Pbd(host, sr).uuid(world, seat.executor)])
    }
    fn target(args: &Args, world: &World) -> Target {
        let machine = world.names.machine_by_uuid(args.required("host-uuid"));
        match (machine, world.names.sr_by_uuid(args.required("sr-uuid"))) {
            (Some(machine), Some(sr)) => Target::Pbd(machine, sr),
            _ => Target::None,
        }
    }
}
