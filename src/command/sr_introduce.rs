//! `xe sr-introduce`: the record of an SR that is there already, and nothing else (xapi_sr.ml, introduce; docs/model/storage.md §2).

use super::args::Args;
use super::reach::Refusal;
use super::simple::{Act, Simple, Simply};
use super::{CommandDoc, Grammar, Seat};
use crate::world::World;
use crate::world::belief::SrRecord;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;
use crate::world::inventory::SrType;
use std::sync::Arc;

/// `xe sr-introduce`.
pub type SrIntroduce = Simply<Introduce>;

#[derive(Clone, Debug, Default)]
pub struct Introduce;

/// Drivers that there are and that no SR of a scenario has (XenServer 6.0, /opt/xensource/sm).
const OTHER_DRIVERS: &[&str] = &["cslg", "dummy", "equal", "file", "hba", "iscsi", "iso", "netapp", "shm", "udev"];

impl Simple for Introduce {
    const DOC: CommandDoc = CommandDoc {
        name: "sr-introduce",
        synopsis: "xe sr-introduce uuid=SR-UUID type=TYPE name-label=NAME [shared=true]",
        doc: "Puts the record of an SR that is there already into the database: nothing is connected, no disk is read, and **no other pool that uses the SR is noticed**. Checks: `shared` is a boolean; in 6.0 the type is one that the host has a driver for (SR_UNKNOWN_DRIVER); no SR of the pool has this UUID (INTERNAL_ERROR; today SR_UUID_EXISTS). A UUID of no storage is taken as well; nothing can be plugged then. Without `shared=true` it is not shared, and the second host that plugs it is refused. `device-config:` belongs to `xe pbd-create` and is ignored. It prints the UUID.",
        example: "xe sr-introduce uuid=$nfs1 type=nfs name-label=nfs1 shared=true",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&["name-label", "type", "uuid"], &["shared", "content-type"]);
    type Found = (SrType, bool);

    fn checks(args: &Args, world: &World, seat: Seat) -> Result<(SrType, bool), Refusal> {
        let shared = args.flag("shared").map_err(Refusal::tool)?;
        let wanted = args.required("type").to_lowercase();
        let kind = SrType::ALL.iter().find(|(name, _)| *name == wanted).map(|(_, kind)| *kind);
        let other = OTHER_DRIVERS.contains(&wanted.as_str());
        if kind.is_none() && !other && world.release.storage.introduce_asks_for_driver {
            return Err(ApiError::new("SR_UNKNOWN_DRIVER").text(wanted).into());
        }
        let uuid = args.required("uuid");
        let db = world.db(seat.executor);
        if world.names.sr_ids().any(|sr| world.names.srs[sr.at()].uuid == uuid && db.sr(sr).is_some()) {
            return Err(if world.release.storage.introduce_names_the_uuid {
                ApiError::new("SR_UUID_EXISTS").text(uuid).into()
            } else {
                let message = format!("Db_exn.Uniqueness_constraint_violation(\"SR\", \"uuid\", \"{uuid}\")");
                ApiError::new("INTERNAL_ERROR").text(message).into()
            });
        }
        let Some(kind) = kind else { return Err(Refusal::words(format!("SRs of the type `{wanted}` are outside the model"))) };
        Ok((kind, shared))
    }

    fn act(&mut self, args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, (kind, shared): (SrType, bool)) -> Act {
        let (uuid, label) = (args.required("uuid"), args.required("name-label"));
        // A driver that is not the SR's finds nothing of its own under the UUID: that is another SR, and nowhere.
        let there = (world.names.sr_ids()).find(|sr| world.names.srs[sr.at()].uuid == uuid && world.names.srs[sr.at()].kind == kind);
        let Some(sr) = there.or_else(|| world.sr_of_records(uuid, label, kind)) else {
            return Act::Failed(ApiError::new("INTERNAL_ERROR").text("too many SRs").into());
        };
        let label = (world.names.sr(sr) != label).then(|| Arc::from(label));
        world.introduce_sr(fx, seat.executor, sr, SrRecord { shared, label });
        Act::Done(vec![uuid.to_string()])
    }
}
