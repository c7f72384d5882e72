//! What the master does for hosts that have left the liveset (xapi_ha_vm_failover.ml): they are dead, and since HA has
//! fenced them, their locks are released and their VMs are down.

use crate::base::ids::{HostId, MachineId};
use crate::world::World;
use crate::world::database::PowerState;
use crate::world::effects::Effects;

/// One look of a master at its liveset, every 20 s.
pub fn pass(world: &mut World, master: MachineId, fx: &mut Effects) {
    let hosts: Vec<(HostId, bool)> = world.db(master).hosts.iter().map(|(host, record)| (*host, record.live)).collect();
    for (host, live) in hosts {
        let inside = world.ha_in_liveset(master, host);
        if live && !inside {
            host_left_liveset(world, master, host, fx);
        } else if inside && !live && !world.stacks[master.at()].shutting_down.contains(&host) {
            world.set_live(fx, master, host, true);
        }
    }
}

/// A host that the database holds for alive is not in the liveset. Its locks are released, unless it was shut down in
/// order: then nothing has fenced it.
pub fn host_left_liveset(world: &mut World, master: MachineId, host: HostId, fx: &mut Effects) {
    let excluded = {
        let slot = world.stacks[master.at()].ha.config.as_ref().and_then(|config| config.slot_of(host));
        slot.zip(world.ha_statefile(master)).is_some_and(|(slot, file)| file.slots[slot].excluded)
    };
    world.set_live(fx, master, host, false);
    if !excluded {
        for vdi in world.names.vdi_ids() {
            world.remove_lock(fx, master, vdi, host);
        }
    }
    let residents: Vec<_> = world.db(master).residents(host).collect();
    for vm in residents {
        world.set_vm(fx, master, vm, PowerState::Halted, None);
    }
}
