//! Running domains come and go, whatever any database says.

use crate::base::ids::{MachineId, VmId};
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::event::{Ending, Event};
use crate::world::truth::{Domain, Hardware};

impl World {
    /// Starts a domain; its disks are opened by whoever calls.
    pub fn start_domain(&mut self, fx: &mut Effects, vm: VmId, machine: MachineId) {
        let started = self.now;
        self.hw.domains[vm.at()].push(Domain { vm, machine, started, hung: false });
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
        let was_dead = self.hw.dead.remove(&(machine, vm)).is_some();
        if self.take_domain(fx, vm, machine, ending) || was_dead {
            self.close_disks(fx, vm, machine);
        }
    }

    /// A VM's domain on a machine ends from inside. Its disks are left open until xapi clears it away
    /// ([`World::clear_away`]). `false` if there is none.
    pub(in crate::world) fn die_from_inside(&mut self, fx: &mut Effects, vm: VmId, machine: MachineId, ending: Ending) -> bool {
        let died = self.take_domain(fx, vm, machine, ending);
        if died {
            self.hw.dead.insert((machine, vm), ending == Ending::RebootedItself);
        }
        died
    }

    /// xapi of a machine still has to clear a domain away that is gone.
    pub(in crate::world) fn leave_to_clear(&mut self, vm: VmId, machine: MachineId) {
        self.hw.dead.insert((machine, vm), false);
    }

    /// The VMs whose domain on a machine ended from inside and that nobody has cleared away, in order.
    pub fn dead_guests(&self, machine: MachineId) -> Vec<VmId> {
        self.hw.dead.range((machine, VmId(0))..=(machine, VmId(u16::MAX))).map(|((_, vm), _)| *vm).collect()
    }

    /// A VM's domain on a machine is gone, its disks as they were. `false` if there is none.
    fn take_domain(&mut self, fx: &mut Effects, vm: VmId, machine: MachineId, ending: Ending) -> bool {
        let domains = &mut self.hw.domains[vm.at()];
        let before = domains.len();
        domains.retain(|domain| domain.machine != machine);
        if domains.len() == before {
            return false;
        }
        let gone = domains.is_empty();
        self.hw.runs_on.remove(machine, vm);
        self.hw.given_up.retain(|(at, of, _)| (*at, *of) != (machine, vm));
        fx.tell(Event::DomainEnded { vm, machine, ending });
        match ending {
            Ending::Shutdown | Ending::ShutItselfDown => {
                self.hw.lost_vms.remove(&vm);
            }
            _ if gone => {
                self.hw.lost_vms.insert(vm, self.now);
            }
            _ => {}
        }
        true
    }

    /// A VM's disks are closed on a machine.
    fn close_disks(&mut self, fx: &mut Effects, vm: VmId, machine: MachineId) {
        for at in 0..self.names.vms[vm.at()].vbds.len() {
            let vdi = self.names.vbds[self.names.vms[vm.at()].vbds[at].at()].vdi;
            self.close_disk(fx, machine, vdi, Some(vm));
        }
    }

    /// The guests of a VM stand still, or go on. `false` if there is none, or it is so already.
    pub fn hang_guest(&mut self, fx: &mut Effects, vm: VmId, hung: bool) -> bool {
        let mut changed = false;
        for at in 0..self.hw.domains[vm.at()].len() {
            let domain = &mut self.hw.domains[vm.at()][at];
            let machine = domain.machine;
            if std::mem::replace(&mut domain.hung, hung) != hung {
                changed = true;
                fx.tell(if hung { Event::GuestHung { vm, machine } } else { Event::GuestBack { vm, machine } });
            }
        }
        if changed && !hung {
            for (vdi, _) in self.disks_of(vm) {
                self.ask_for_writes(fx, vdi);
                for machine in self.runs_on(vm).collect::<Vec<_>>() {
                    self.guest_waits(fx, vdi, machine);
                }
            }
        }
        changed
    }

    /// Whether the guest of a VM on a machine stands still.
    pub fn guest_hangs(&self, machine: MachineId, vm: VmId) -> bool {
        self.hw.domains[vm.at()].iter().any(|domain| domain.machine == machine && domain.hung)
    }
}

impl Hardware {
    /// A VM that was lost is missed by nobody any more.
    pub(in crate::world) fn miss_no_more(&mut self, vm: VmId) {
        self.lost_vms.remove(&vm);
    }
}
