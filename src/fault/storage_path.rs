//! One machine's path to one SR is lost. A guest's writes are held back and written when the path returns, late.

use super::FaultDoc;
use crate::base::ids::{MachineId, SrId};
use crate::world::World;
use crate::world::effects::Effects;

pub const STORAGE_LOSS: FaultDoc = FaultDoc {
    name: "storage-loss",
    undone_by: "storage-return",
    doc: "The machine loses its path to the SR. A guest there goes on; what it writes is held back and written when the path returns, over whatever lies there by then, or is lost with the power. With `io: error` (default) what the storage manager tries fails at once, with `io: hang` it waits for ever.",
    example: "{storage-loss: {host: beta, sr: nfs1, io: hang}}",
};

pub const STORAGE_RETURN: FaultDoc = FaultDoc {
    name: "storage-return",
    undone_by: "",
    doc: "The path is back, and what was held back is written at once.",
    example: "{storage-return: {host: beta, sr: nfs1}}",
};

/// The path is back.
pub fn give_back(world: &mut World, fx: &mut Effects, machine: MachineId, sr: SrId) -> bool {
    let changes = world.restore_path(fx, machine, sr);
    if changes {
        world.ha_resume_stalled(sr, fx);
    }
    changes
}
