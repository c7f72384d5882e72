//! The management network splits into groups that hear nothing of each other.

use super::FaultDoc;
use crate::world::World;
use crate::world::effects::Effects;

pub const PARTITION: FaultDoc = FaultDoc {
    name: "partition",
    undone_by: "heal-network",
    doc: "The management network splits into groups; hosts that are not named form one more. A new partition replaces the last. Storage stays, and so each group may go on by itself, with a master that it makes.",
    example: "{partition: [[alpha], [beta, gamma]]}",
};

/// Splits the network; `groups` names each machine's side.
pub fn partition(world: &mut World, fx: &mut Effects, groups: &[u16]) -> bool {
    if world.hw.partition() == Some(groups) {
        return false;
    }
    for machine in world.machines() {
        if groups.iter().any(|group| *group != groups[machine.at()]) {
            world.note_fallen_sr_master(machine);
        }
    }
    world.hw.split(fx, groups)
}

/// Ends the partition.
pub fn heal(world: &mut World, fx: &mut Effects) -> bool {
    if !world.hw.unite(fx) {
        return false;
    }
    for machine in world.machines() {
        world.recheck_fallen_sr_master(machine);
    }
    true
}
