//! `xe sr-forget`: the records of an SR go; what lies on it stays (xapi_sr.ml, forget; docs/model/storage.md §2).

use super::args::Args;
use super::reach::Refusal;
use super::simple::{Act, Simple, Simply};
use super::sr_scan::sr;
use super::{CommandDoc, Grammar, Seat};
use crate::base::ids::SrId;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::{ApiError, Param};

/// `xe sr-forget`.
pub type SrForget = Simply<Forget>;

#[derive(Clone, Debug, Default)]
pub struct Forget;

impl Simple for Forget {
    const DOC: CommandDoc = CommandDoc {
        name: "sr-forget",
        synopsis: "xe sr-forget uuid=SR-UUID",
        doc: "Takes an SR out of the database with its PBDs, the records of its disks and their locks, and the VBDs of those; what lies on the SR stays. Checks: the UUID (UUID_INVALID); SR_HAS_PBD while the database has any host plugged, a dead one too: a PBD of a dead host can't be unplugged. The VMs keep their records, and have those disks no more. After `xe sr-introduce`, `xe pbd-create` and `xe pbd-plug` the disks are back, without locks.",
        example: "xe sr-forget uuid=$nfs1",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&["uuid"], &[]);
    type Found = SrId;

    fn checks(args: &Args, world: &World, seat: Seat) -> Result<SrId, Refusal> {
        let sr = sr(args, world, seat.executor)?;
        if world.db(seat.executor).pbds.iter().any(|((_, of), plugged)| *of == sr && *plugged) {
            return Err(ApiError::new("SR_HAS_PBD").with(Param::Sr(sr)).into());
        }
        Ok(sr)
    }
    fn act(&mut self, _args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, sr: SrId) -> Act {
        world.forget_sr(fx, seat.executor, sr);
        Act::SILENT
    }
}
