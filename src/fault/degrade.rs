//! Bad links: heartbeats get lost, calls are late.

use super::FaultDoc;
use crate::base::ids::MachineId;
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::truth::Degraded;

pub const DEGRADE_NETWORK: FaultDoc = FaultDoc {
    name: "degrade-network",
    undone_by: "heal-network",
    doc: "The machine's management links turn bad: a heartbeat is lost with the chance `loss`, and every packet takes `latency` instead of the setting `network-latency`. Calls are repeated until they get through, and so are only late.",
    example: "{degrade-network: {hosts: [beta], latency: 200ms..900ms, loss: 30%}}",
};

/// Makes a machine's links bad.
pub fn degrade(world: &mut World, fx: &mut Effects, machine: MachineId, latency: Option<(Span, Span)>, loss: u32) -> bool {
    world.hw.degrade(fx, machine, Degraded { latency, loss })
}

/// Makes them good again.
pub fn heal(world: &mut World, fx: &mut Effects, machine: MachineId) -> bool {
    world.hw.mend_links(fx, machine)
}
