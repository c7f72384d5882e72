//! Power is gone, and comes back.

use super::FaultDoc;
use crate::base::ids::MachineId;
use crate::world::World;
use crate::world::effects::Effects;

pub const CRASH: FaultDoc = FaultDoc {
    name: "crash",
    undone_by: "boot",
    doc: "Power is gone at once: guests, open disks, writes that were held back and the toolstack go with it. The pool is not told: the master marks the host dead after 600 s of silence, at its next check; records and locks stay as they were.",
    example: "{crash: beta}",
};

pub const BOOT: FaultDoc = FaultDoc {
    name: "boot",
    undone_by: "",
    doc: "Power is switched on. After `host-boot` domain 0 answers, after `xapi-start` the toolstack is up: a member greets its master, plugs its PBDs (which clears its own locks) and sets records of VMs that it does not run to halted. No VM starts by itself but those that are marked for it (`autostart`).",
    example: "{boot: beta}",
};

/// Power fails. A machine without power can't lose it.
pub fn crash(world: &mut World, fx: &mut Effects, machine: MachineId) -> bool {
    let had = world.powered(machine);
    world.lose_power(fx, machine);
    had
}
