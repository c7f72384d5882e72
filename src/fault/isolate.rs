//! A machine's management links are cut, and all kinds of network faults are healed. Storage stays.

use super::{FaultDoc, degrade, one_way, partition};
use crate::base::ids::MachineId;
use crate::world::World;
use crate::world::effects::Effects;

pub const ISOLATE: FaultDoc = FaultDoc {
    name: "isolate",
    undone_by: "heal-network",
    doc: "The machine's management links to all others are cut (a switch port dies); its storage and its guests stay. The master hears nothing more of it and takes it for dead after 600 s; it is not.",
    example: "{isolate: beta}",
};

pub const HEAL_NETWORK: FaultDoc = FaultDoc {
    name: "heal-network",
    undone_by: "",
    doc: "All management links work again, or with a host or a list of hosts only theirs: isolation, partition, one-way loss and degradation end. What the pool believes does not heal by that.",
    example: "{heal-network: beta}",
};

/// Cuts all links of a machine.
pub fn isolate(world: &mut World, fx: &mut Effects, machine: MachineId) -> bool {
    if world.hw.is_isolated(machine) {
        return false;
    }
    world.note_fallen_sr_master(machine);
    world.hw.isolate(fx, machine)
}

/// Ends the isolation of a machine.
pub fn reconnect(world: &mut World, fx: &mut Effects, machine: MachineId) -> bool {
    if !world.hw.reconnect(fx, machine) {
        return false;
    }
    world.recheck_fallen_sr_master(machine);
    true
}

/// Heals all links, or those of some machines.
pub fn heal_network(world: &mut World, fx: &mut Effects, hosts: Option<&[MachineId]>) -> bool {
    let Some(hosts) = hosts else {
        let mut changed = partition::heal(world, fx) | one_way::heal(world, fx, |_, _| true);
        for machine in world.machines() {
            changed |= reconnect(world, fx, machine) | degrade::heal(world, fx, machine);
        }
        return changed;
    };
    let mut changed = one_way::heal(world, fx, |from, to| hosts.contains(&from) || hosts.contains(&to));
    for machine in hosts {
        changed |= reconnect(world, fx, *machine) | degrade::heal(world, fx, *machine);
        if world.hw.reach_every_side(fx, *machine) {
            world.recheck_fallen_sr_master(*machine);
            changed = true;
        }
    }
    changed
}
