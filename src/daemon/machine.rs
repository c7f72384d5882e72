//! Machines that boot, go down, and come out of the installer.

use crate::base::ids::MachineId;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::event::Event;
use crate::world::truth::Power;

/// Domain 0 of a booting machine answers; its toolstack starts.
pub fn boot_done(world: &mut World, fx: &mut Effects, machine: MachineId, boot: u32) {
    let hardware = &mut world.hw.machines[machine.at()];
    if hardware.boot != boot || hardware.power != Power::Booting {
        return;
    }
    hardware.power = Power::On;
    fx.tell(Event::Dom0Up { machine });
    world.start_xapi(fx, machine);
}

/// A commanded shutdown or reboot is carried out. A hung domain 0 carries out nothing.
pub fn go_down(world: &mut World, fx: &mut Effects, machine: MachineId, boot: u32, reboot: bool) {
    if world.hw.machines[machine.at()].boot != boot || !world.dom0_answers(machine) {
        return;
    }
    world.go_down(fx, machine);
    if reboot {
        world.power_on(fx, machine);
    }
}

/// The installer is done: a new host with the machine's old name and a UUID of its own, alone in a pool of its own.
pub fn install_done(world: &mut World, fx: &mut Effects, machine: MachineId, boot: u32) {
    let hardware = &world.hw.machines[machine.at()];
    if hardware.boot != boot || !hardware.installing {
        return;
    }
    let db = world.pool_of_one(machine, None);
    let (host, pool) = (db.master, db.pool);
    let hardware = &mut world.hw.machines[machine.at()];
    hardware.installing = false;
    hardware.power = Power::On;
    world.begin_afresh(machine, db);
    world.stacks[machine.at()].epoch += 1;
    fx.tell(Event::Installed { machine, host, pool });
    super::xapi::master_duties(world, fx, machine);
}
