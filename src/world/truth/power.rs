//! Machines get power and lose it, boot, hang, are reset and installed anew.

use crate::base::ids::{HostId, MachineId, SrId};
use crate::world::World;
use crate::world::effects::{Due, Effects};
use crate::world::event::{Ending, Event};
use crate::world::guards::Guard;
use crate::world::memory::xhad::FenceCause;
use crate::world::truth::{Hardware, Power};

impl World {
    /// Power is switched on; [`Due::BootDone`] follows. `false` if it was on.
    pub fn power_on(&mut self, fx: &mut Effects, machine: MachineId) -> bool {
        let hardware = &mut self.hw.machines[machine.at()];
        if hardware.power != Power::Off || hardware.installing {
            return false;
        }
        hardware.power = Power::Booting;
        hardware.boot += 1;
        let boot = hardware.boot;
        self.stacks[machine.at()].booted = true;
        self.stacks[machine.at()].disabled_until_reboot = false;
        fx.tell(Event::PoweredOn { machine });
        fx.due(self.settings.host_boot, Due::BootDone { machine, boot });
        true
    }

    /// A machine loses power: guests, open disks, held-back writes and the toolstack go with it.
    pub fn lose_power(&mut self, fx: &mut Effects, machine: MachineId) {
        if !self.powered(machine) {
            return;
        }
        self.note_fallen_sr_master(machine);
        let hardware = &mut self.hw.machines[machine.at()];
        hardware.power = Power::Off;
        hardware.hung = false;
        hardware.unfed = None;
        hardware.boot += 1;
        fx.tell(Event::PowerLost { machine });
        self.stop_xapi_silently(machine);
        self.cut_short_work(fx, machine);
        self.stacks[machine.at()].xhad = None;
        for vm in self.guests(machine).into_iter().chain(self.dead_guests(machine)) {
            self.end_domain(fx, vm, machine, Ending::Power);
        }
        // What is open without a guest goes too: a scenario says so, or a start that was under way.
        let open: Vec<_> = self.hw.open_on.of(machine).collect();
        for vdi in open {
            let users: Vec<_> = self.hw.vdis[vdi.at()].openers.iter().filter(|o| o.machine == machine).map(|o| o.vm).collect();
            for vm in users {
                self.close_disk(fx, machine, vdi, vm);
            }
        }
    }

    /// HA resets a machine: everything on it dies at once, and it boots by itself.
    pub fn fence(&mut self, fx: &mut Effects, machine: MachineId, why: FenceCause) {
        if !self.powered(machine) || !self.guarded(Guard::Fence) {
            return;
        }
        fx.tell(Event::Fenced { machine, why });
        self.lose_power(fx, machine);
        self.hw.machines[machine.at()].fenced = true;
        self.power_on(fx, machine);
    }
}

impl Hardware {
    /// Domain 0 of a booting machine answers. `false` if it was not this boot's turn.
    pub fn finish_boot(&mut self, fx: &mut Effects, machine: MachineId, boot: u32) -> bool {
        let hardware = &mut self.machines[machine.at()];
        if hardware.boot != boot || hardware.power != Power::Booting {
            return false;
        }
        hardware.power = Power::On;
        hardware.up_at = fx.now;
        fx.tell(Event::Dom0Up { machine });
        true
    }

    /// Domain 0 hangs, or answers again. `false` if it was so.
    pub fn set_hung(&mut self, fx: &mut Effects, machine: MachineId, hung: bool) -> bool {
        let changes = std::mem::replace(&mut self.machines[machine.at()].hung, hung) != hung;
        if changes {
            fx.tell(if hung { Event::Dom0Hung { machine } } else { Event::Dom0Back { machine } });
        }
        changes
    }

    /// The installer boots on a machine that has just lost power; which boot it is.
    pub fn begin_install(&mut self, fx: &mut Effects, machine: MachineId) -> u32 {
        let hardware = &mut self.machines[machine.at()];
        hardware.installing = true;
        hardware.boot += 1;
        fx.tell(Event::InstallBegan { machine });
        hardware.boot
    }

    /// The installer is done, and domain 0 answers; who the machine is now [`World::begin_afresh`] says and tells. `false` if
    /// it was not this boot's turn.
    pub fn finish_install(&mut self, machine: MachineId, boot: u32) -> bool {
        let hardware = &mut self.machines[machine.at()];
        if hardware.boot != boot || !hardware.installing {
            return false;
        }
        hardware.installing = false;
        hardware.power = Power::On;
        true
    }

    /// The machine is another host from now on, and its local SRs are made anew: what lay there is gone. Those that had not been
    /// before; what was gone is not lost again.
    pub(in crate::world) fn become_host(&mut self, machine: MachineId, host: HostId, local: impl Iterator<Item = SrId>) -> Vec<SrId> {
        let hardware = &mut self.machines[machine.at()];
        hardware.host = host;
        hardware.fenced = false;
        local.filter(|sr| self.wiped.insert(*sr)).collect()
    }

    /// The daemon of a machine is in a liveset again, as [`Event::HaJoined`] tells: nobody need ask why it was reset.
    pub(in crate::world) fn is_taken_in(&mut self, machine: MachineId) {
        self.machines[machine.at()].fenced = false;
    }
}
