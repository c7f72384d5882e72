//! Running domains come and go, whatever any database says.

use crate::base::ids::{MachineId, VmId};
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::event::{Ending, Event};
use crate::world::truth::Domain;

impl World {
    /// Starts a domain; its disks are opened by whoever calls.
    pub fn start_domain(&mut self, fx: &mut Effects, vm: VmId, machine: MachineId) {
        let started = self.now;
        self.hw.domains[vm.at()].push(Domain { vm, machine, started });
        self.hw.runs_on.insert(machine, vm);
        self.hw.lost_vms.remove(&vm);
        fx.tell(Event::DomainStarted { vm, machine });
    }

    /// A live migration: a VM's domain goes on elsewhere. Its disks are closed and opened by whoever calls.
    pub fn move_domain(&mut self, fx: &mut Effects, vm: VmId, from: MachineId, to: MachineId) {
        for domain in self.hw.domains[vm.at()].iter_mut().filter(|domain| domain.machine == from) {
            domain.machine = to;
        }
        self.hw.runs_on.remove(from, vm);
        self.hw.runs_on.insert(to, vm);
        // It is the same guest over there, with what it has given up.
        let given_up = std::mem::take(&mut self.hw.given_up);
        let moved = |(machine, of, vdi)| (if machine == from && of == vm { to } else { machine }, of, vdi);
        self.hw.given_up = given_up.into_iter().map(moved).collect();
        fx.tell(Event::DomainMoved { vm, from, to });
    }

    /// Ends a VM's domain on a machine and closes its disks there. Locks in databases are not touched.
    pub fn end_domain(&mut self, fx: &mut Effects, vm: VmId, machine: MachineId, ending: Ending) {
        let domains = &mut self.hw.domains[vm.at()];
        let before = domains.len();
        domains.retain(|domain| domain.machine != machine);
        if domains.len() == before {
            return;
        }
        let gone = domains.is_empty();
        self.hw.runs_on.remove(machine, vm);
        self.hw.given_up.retain(|(at, of, _)| (*at, *of) != (machine, vm));
        fx.tell(Event::DomainEnded { vm, machine, ending });
        match ending {
            Ending::Power | Ending::Destroyed | Ending::MigrationFailed if gone => {
                self.hw.lost_vms.insert(vm, self.now);
            }
            Ending::Shutdown => {
                self.hw.lost_vms.remove(&vm);
            }
            _ => {}
        }
        for at in 0..self.names.vms[vm.at()].vbds.len() {
            let vdi = self.names.vbds[self.names.vms[vm.at()].vbds[at].at()].vdi;
            self.close_disk(fx, machine, vdi, Some(vm));
        }
    }
}
