//! A whole SR is gone for everybody, and comes back.

use super::FaultDoc;
use crate::base::ids::SrId;
use crate::world::World;
use crate::world::effects::Effects;

pub const SR_OUTAGE: FaultDoc = FaultDoc {
    name: "sr-outage",
    undone_by: "sr-return",
    doc: "All paths to the SR are lost at once, as when a filer or an array fails. Like `storage-loss` on every machine.",
    example: "{sr-outage: nfs1, io: hang}",
};

pub const SR_RETURN: FaultDoc =
    FaultDoc { name: "sr-return", undone_by: "", doc: "The SR is back for all whose own path works.", example: "{sr-return: nfs1}" };

/// The SR is back.
pub fn give_back(world: &mut World, fx: &mut Effects, sr: SrId) -> bool {
    let changes = world.restore_sr(fx, sr);
    if changes {
        world.ha_resume_stalled(sr, fx);
    }
    changes
}
