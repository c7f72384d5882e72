//! What becomes of machines and their toolstacks: power, xapi's process, role changes. Commands, faults and daemons all
//! move them, so the moves stand here; what a starting xapi then does is the daemons' business.

use crate::base::ids::MachineId;
use crate::world::World;
use crate::world::effects::{Due, Effects};
use crate::world::event::{Ending, Event};
use crate::world::memory::{PoolConf, Xapi};
use crate::world::truth::Power;

impl World {
    /// xapi stops; domains run on. `false` if it did not run.
    pub fn stop_xapi(&mut self, fx: &mut Effects, machine: MachineId) -> bool {
        self.note_fallen_sr_master(machine);
        let ran = self.stop_xapi_silently(machine);
        if ran {
            fx.tell(Event::XapiStopped { machine });
        }
        ran
    }

    /// xapi begins to start; [`Due::XapiUp`] follows. `false` if it runs or starts already, or domain 0 does not answer.
    pub fn start_xapi(&mut self, fx: &mut Effects, machine: MachineId) -> bool {
        if self.stacks[machine.at()].xapi != Xapi::Stopped || !self.dom0_answers(machine) {
            return false;
        }
        let stack = &mut self.stacks[machine.at()];
        stack.epoch += 1;
        stack.xapi = Xapi::Starting;
        let epoch = stack.epoch;
        self.read_incoming(fx, machine);
        fx.tell(Event::XapiStarting { machine });
        fx.due(self.settings.xapi_start, Due::XapiUp { machine, epoch });
        true
    }

    /// xapi stops and starts again at once (exit 123 and its watchdog, `xe-toolstack-restart`).
    pub fn restart_xapi(&mut self, fx: &mut Effects, machine: MachineId) {
        self.stop_xapi(fx, machine);
        self.start_xapi(fx, machine);
    }

    /// Writes a role to pool.conf and lights the fuse: xapi restarts in the new role after the setting `role-change`
    /// (xapi_fuse.ml). Until then the old process goes on in its old role.
    pub fn change_role(&mut self, fx: &mut Effects, machine: MachineId, conf: PoolConf) {
        self.write_conf(fx, machine, conf);
        let stack = &mut self.stacks[machine.at()];
        stack.fuse = true;
        let epoch = stack.epoch;
        fx.due(self.settings.role_change, Due::XapiRestart { machine, epoch });
    }

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

    /// The operating system goes down in order: guests are shut down first, as the init script does, and their records
    /// follow where the master can be reached.
    pub fn go_down(&mut self, fx: &mut Effects, machine: MachineId) {
        let master = self.reached_master(machine);
        let host = self.host_on(machine);
        for vm in self.guests(machine) {
            let disks: Vec<_> = self.names.vms[vm.at()].vbds.iter().map(|vbd| self.names.vbds[vbd.at()].vdi).collect();
            for vdi in disks {
                self.deactivate(fx, master, machine, vdi, Some(vm));
            }
            self.end_domain(fx, vm, machine, Ending::Shutdown);
            if let Some(master) = master
                && self.db(master).vm(vm).is_some_and(|record| record.resident_on == Some(host))
            {
                self.set_vm(fx, master, vm, crate::world::belief::PowerState::Halted, None);
            }
        }
        self.lose_power(fx, machine);
    }

    /// A member takes a copy of its master's database, if its own is another. Copying what changes nothing is no event.
    pub fn take_copy(&mut self, fx: &mut Effects, machine: MachineId, from: MachineId) {
        let now = self.now;
        let db = std::sync::Arc::clone(&self.stacks[from.at()].db);
        let stack = &mut self.stacks[machine.at()];
        let same = std::sync::Arc::ptr_eq(&stack.db, &db) || *stack.db == *db;
        stack.db = db;
        stack.copy_as_of = now;
        stack.copy_age = crate::base::time::Span::ZERO;
        if !same {
            fx.tell(Event::CopyTaken { machine, from });
        }
    }
}
