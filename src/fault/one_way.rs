//! One direction of a management link loses every packet. Calls need both directions; a heartbeat needs one.

use super::FaultDoc;
use crate::base::ids::MachineId;
use crate::world::World;
use crate::world::effects::Effects;

pub const ONE_WAY: FaultDoc = FaultDoc {
    name: "one-way",
    undone_by: "heal-network",
    doc: "Every packet from one host to another is lost, while those of the other direction arrive (a bad transceiver, an asymmetric firewall rule). A call needs both directions, and so none succeeds between the two; a heartbeat of HA needs one, and so one of them hears the other and is not heard.",
    example: "{one-way: {from: beta, to: alpha}}",
};

/// Packets of one direction are lost.
pub fn lose(world: &mut World, fx: &mut Effects, from: MachineId, to: MachineId) -> bool {
    world.hw.lose_direction(fx, from, to)
}

/// They arrive again: one direction, or all that begin or end at one of some machines.
pub fn heal(world: &mut World, fx: &mut Effects, heals: impl Fn(MachineId, MachineId) -> bool) -> bool {
    let healed: Vec<(MachineId, MachineId)> = world.hw.one_way().iter().copied().filter(|(from, to)| heals(*from, *to)).collect();
    for (from, to) in &healed {
        world.hw.restore_direction(fx, *from, *to);
    }
    for (from, to) in &healed {
        world.recheck_fallen_sr_master(*from);
        world.recheck_fallen_sr_master(*to);
    }
    !healed.is_empty()
}
