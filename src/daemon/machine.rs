//! Machines that boot, go down, and come out of the installer.

use crate::base::ids::{MachineId, VmId};
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::event::Event;

/// Domain 0 of a booting machine answers; its toolstack starts.
pub fn boot_done(world: &mut World, fx: &mut Effects, machine: MachineId, boot: u32) {
    if world.hw.finish_boot(fx, machine, boot) {
        world.start_xapi(fx, machine);
    }
}

/// A commanded shutdown or reboot is carried out. A hung domain 0 carries out nothing.
pub fn go_down(world: &mut World, fx: &mut Effects, machine: MachineId, boot: u32, reboot: bool) {
    if world.hw.machine(machine).boot != boot || !world.dom0_answers(machine) {
        return;
    }
    world.go_down(fx, machine);
    if reboot {
        world.power_on(fx, machine);
    }
}

/// xapi tries again to clear away a domain that ended from inside, in the boot in which that happened.
pub fn guest_gone(world: &mut World, fx: &mut Effects, machine: MachineId, vm: VmId, boot: u32, tries: u8) {
    if world.hw.machine(machine).boot == boot {
        world.clear_away(fx, machine, vm, tries);
    }
}

/// The installer is done: a new host with the machine's old name and a UUID of its own, alone in a pool of its own.
pub fn install_done(world: &mut World, fx: &mut Effects, machine: MachineId, boot: u32) {
    if !world.hw.finish_install(machine, boot) {
        return;
    }
    let db = world.pool_of_one(machine, None);
    world.begin_afresh(fx, machine, db, |host, pool| Event::Installed { machine, host, pool });
    world.stacks[machine.at()].epoch += 1;
    super::xapi::master_duties(world, fx, machine);
}
