//! A whole SR is gone for everybody, and comes back.

use super::FaultDoc;
use crate::base::ids::SrId;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::event::Event;
use crate::world::truth::Io;

pub const SR_OUTAGE: FaultDoc = FaultDoc {
    name: "sr-outage",
    undone_by: "sr-return",
    doc: "All paths to the SR are lost at once, as when a filer or an array fails. Like `storage-loss` on every machine.",
    example: "{sr-outage: nfs1, io: hang}",
};

pub const SR_RETURN: FaultDoc =
    FaultDoc { name: "sr-return", undone_by: "", doc: "The SR is back for all whose own path works.", example: "{sr-return: nfs1}" };

/// The SR is gone.
pub fn lose(world: &mut World, fx: &mut Effects, sr: SrId, io: Io) -> bool {
    if world.hw.lost_srs.insert(sr, io) == Some(io) {
        return false;
    }
    fx.tell(Event::SrLost { sr, io });
    world.paths_changed(fx, sr);
    true
}

/// The SR is back.
pub fn give_back(world: &mut World, fx: &mut Effects, sr: SrId) -> bool {
    if world.hw.lost_srs.remove(&sr).is_none() {
        return false;
    }
    fx.tell(Event::SrBack { sr });
    world.flush_held_writes(fx, sr);
    world.ha_resume_stalled(sr, fx);
    true
}
