//! Running domains come and go, whatever any database says.

use crate::base::ids::{MachineId, SrId, VdiId, VmId};
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::event::{Ending, Event};
use crate::world::inventory::Mode;
use crate::world::truth::{Damage, Domain, Hardware, ImageTruth};

impl World {
    /// Starts a domain; its disks are opened by whoever calls.
    pub fn start_domain(&mut self, fx: &mut Effects, vm: VmId, machine: MachineId) {
        let started = self.now;
        self.hw.domains[vm.at()].push(Domain { vm, machine, started, hung: false, paused: false });
        self.overtake_images(vm);
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
            Ending::Shutdown | Ending::ShutItselfDown | Ending::Suspended | Ending::ResumeFailed => {
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

    /// The hypervisor of a machine gives a VM's domain no more time, or again. `false` if there is none, or it is so already.
    pub fn pause_domain(&mut self, fx: &mut Effects, vm: VmId, machine: MachineId, paused: bool) -> bool {
        let mut own = self.hw.domains[vm.at()].iter_mut().filter(|domain| domain.machine == machine);
        let Some(domain) = own.next().filter(|domain| domain.paused != paused) else { return false };
        domain.paused = paused;
        if paused {
            fx.tell(Event::DomainPaused { vm, machine });
            return true;
        }
        fx.tell(Event::DomainUnpaused { vm, machine });
        for (vdi, _) in self.disks_of(vm) {
            self.ask_for_writes(fx, vdi);
            self.guest_waits(fx, vdi, machine);
        }
        true
    }

    /// Whether the hypervisor of a machine gives a VM's domain no time.
    pub fn domain_paused(&self, machine: MachineId, vm: VmId) -> bool {
        self.hw.domains[vm.at()].iter().any(|domain| domain.machine == machine && domain.paused)
    }

    /// The disks that a VM has open for writing on a machine.
    pub fn disks_written_by(&self, machine: MachineId, vm: VmId) -> Vec<VdiId> {
        let writes = |vdi: VdiId| self.hw.vdi(vdi).openers.iter().any(|o| (o.machine, o.vm, o.mode) == (machine, Some(vm), Mode::Rw));
        self.disks_of(vm).into_iter().map(|(vdi, _)| vdi).filter(|vdi| writes(*vdi)).collect()
    }

    /// The memory of a VM that had these disks is written out to an SR: the number of its image.
    pub fn write_image(&mut self, fx: &mut Effects, vm: VmId, machine: MachineId, sr: SrId, disks: Vec<VdiId>) -> u32 {
        let number = self.hw.images_made;
        self.hw.images_made += 1;
        self.hw.images.insert((vm, number), ImageTruth { sr, disks: disks.into_iter().map(|vdi| (vdi, false)).collect() });
        fx.tell(Event::ImageWritten { vm, machine, sr });
        number
    }

    /// A memory image is destroyed, if it is there.
    pub fn destroy_image(&mut self, fx: &mut Effects, vm: VmId, machine: MachineId, number: u32) {
        if let Some(image) = self.hw.images.remove(&(vm, number)) {
            fx.tell(Event::ImageDestroyed { vm, machine, sr: image.sr });
        }
    }

    /// A VM's domain begins to write: images of guests that write to the same disks know nothing of that.
    fn overtake_images(&mut self, vm: VmId) {
        if self.hw.images.is_empty() {
            return;
        }
        for (vdi, mode) in self.disks_of(vm) {
            if mode == Mode::Rw {
                self.hw.overtake_images_of(vdi);
            }
        }
    }

    /// The guest of a VM goes on from an image. Where others wrote to its disks since, it writes what it had in its memory over
    /// that, and what lies there is damaged.
    pub fn go_on_from(&mut self, fx: &mut Effects, vm: VmId, machine: MachineId, number: u32) {
        let now = self.now;
        let outdated = self.hw.images.get(&(vm, number)).map(|image| image.disks.clone()).unwrap_or_default();
        for (vdi, _) in outdated.into_iter().filter(|(_, outdated)| *outdated) {
            fx.tell(Event::ImageOutdated { vm, vdi, machine });
            let truth = &mut self.hw.vdis[vdi.at()];
            truth.version += 1;
            let over = truth.writer.replace(machine).unwrap_or(machine);
            truth.damage = truth.damage.or(Some(Damage { at: now, by: machine, over }));
        }
    }

    /// Whether the guest of a VM on a machine stands still.
    pub fn guest_hangs(&self, machine: MachineId, vm: VmId) -> bool {
        self.hw.domains[vm.at()].iter().any(|domain| domain.machine == machine && domain.hung)
    }
}

impl Hardware {
    /// A disk is given to a domain that writes to it.
    pub(super) fn overtake_images_of(&mut self, vdi: VdiId) {
        for image in self.images.values_mut() {
            if let Some(outdated) = image.disks.get_mut(&vdi) {
                *outdated = true;
            }
        }
    }

    /// A VM that was lost is missed by nobody any more.
    pub(in crate::world) fn miss_no_more(&mut self, vm: VmId) {
        self.lost_vms.remove(&vm);
    }
}
