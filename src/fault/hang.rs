//! Domain 0 hangs while the guests go on: the failure that looks most like death and is none.

use super::FaultDoc;
use crate::base::ids::MachineId;
use crate::world::World;
use crate::world::effects::Effects;

pub const HANG: FaultDoc = FaultDoc {
    name: "hang",
    undone_by: "unhang",
    doc: "Domain 0 answers nothing and sends no heartbeat; guests and their disks go on. From outside it looks like a crash, and whoever acts as if it were one gets two writers. Ended by `unhang`, or by power-off and boot.",
    example: "{hang: beta}",
};

pub const UNHANG: FaultDoc = FaultDoc {
    name: "unhang",
    undone_by: "",
    doc: "Domain 0 answers again, with the memory and the role that it had.",
    example: "{unhang: beta}",
};

/// Domain 0 hangs.
pub fn hang(world: &mut World, fx: &mut Effects, machine: MachineId) -> bool {
    if !world.dom0_answers(machine) {
        return false;
    }
    world.note_fallen_sr_master(machine);
    world.hw.set_hung(fx, machine, true)
}

/// Domain 0 is back.
pub fn unhang(world: &mut World, fx: &mut Effects, machine: MachineId) -> bool {
    if !world.hw.set_hung(fx, machine, false) {
        return false;
    }
    world.ha_resume(machine, fx);
    world.recheck_fallen_sr_master(machine);
    true
}
