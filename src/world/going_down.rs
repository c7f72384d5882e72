//! A host goes down in order: guests, their disks, their records, then power.

use crate::base::ids::MachineId;
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::effects::Effects;
use crate::world::event::Ending;

impl World {
    /// The operating system goes down in order: guests are shut down first, as the init script does, and their records
    /// follow where the master can be reached.
    pub fn go_down(&mut self, fx: &mut Effects, machine: MachineId) {
        self.say_goodbye(fx, machine);
        let master = self.reached_master(machine);
        let host = self.host_on(machine);
        for vm in self.guests(machine).into_iter().chain(self.dead_guests(machine)) {
            let disks: Vec<_> = self.names.vms[vm.at()].vbds.iter().map(|vbd| self.names.vbds[vbd.at()].vdi).collect();
            for vdi in disks {
                self.deactivate(fx, master, machine, vdi, Some(vm));
            }
            self.end_domain(fx, vm, machine, Ending::Shutdown);
            if let Some(master) = master
                && self.db(master).vm(vm).is_some_and(|record| record.resident_on == Some(host))
            {
                self.set_vm(fx, master, vm, PowerState::Halted, None);
            }
        }
        self.lose_power(fx, machine);
    }
}
