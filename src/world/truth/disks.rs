//! Tapdisks, and what guests write.
//!
//! A guest that has its disk to itself writes unseen: nothing that a hazard could ask depends on it. Writes are
//! simulated where they can matter: while a second machine has the VDI open, or while the path is lost. Then each
//! opener for writing is asked for one write after every change of who has the VDI open or reaches it, since a second
//! write by the same opener in the same company changes nothing more.

use crate::base::ids::{MachineId, SrId, VdiId, VmId};
use crate::base::time::{Span, Time};
use crate::world::World;
use crate::world::effects::{Due, Effects};
use crate::world::event::Event;
use crate::world::inventory::Mode;
use crate::world::truth::{Damage, Hardware, Opener};

impl World {
    /// The VDIs on an SR.
    pub fn vdis_on(&self, sr: SrId) -> Vec<VdiId> {
        self.names.vdi_ids().filter(|vdi| self.names.vdis[vdi.at()].sr == sr).collect()
    }

    /// Opens a VDI on a machine: the opener believes to have read what lies there now.
    pub fn open_disk(&mut self, fx: &mut Effects, machine: MachineId, vdi: VdiId, mode: Mode, vm: Option<VmId>) {
        let now = self.now;
        let truth = &mut self.hw.vdis[vdi.at()];
        truth.openers.push(Opener::new(machine, vm, mode, now, truth.version));
        if mode == Mode::Rw {
            truth.opens_rw(machine, now);
        }
        self.hw.openers_changed(vdi, machine);
        fx.tell(Event::DiskOpened { vdi, machine, mode });
        self.ask_for_writes(fx, vdi);
    }

    /// A domain takes what it holds back along to where it moves: since when, and it is held back here no more.
    pub fn take_held_write(&mut self, machine: MachineId, vdi: VdiId, vm: VmId) -> Option<Time> {
        let opener = self.hw.vdis[vdi.at()].openers.iter_mut().find(|o| o.machine == machine && o.vm == Some(vm))?;
        opener.held_since.take()
    }

    /// What a domain held back where it came from is written from here, if the path is there.
    pub fn bring_held_write(&mut self, fx: &mut Effects, machine: MachineId, vdi: VdiId, vm: VmId, held_since: Time) {
        if let Some(opener) = self.hw.vdis[vdi.at()].openers.iter_mut().find(|o| o.machine == machine && o.vm == Some(vm)) {
            opener.held_since = Some(held_since);
        }
        self.flush_held_writes(fx, self.names.vdis[vdi.at()].sr, Some(machine));
        self.guest_waits(fx, vdi, machine);
    }

    /// Closes a VDI on a machine; what it held back is lost with it.
    pub fn close_disk(&mut self, fx: &mut Effects, machine: MachineId, vdi: VdiId, vm: Option<VmId>) {
        let truth = &mut self.hw.vdis[vdi.at()];
        let before = truth.openers.len();
        let closes = |o: &Opener| o.machine == machine && o.vm == vm;
        let held = truth.openers.iter().any(|o| closes(o) && o.held_since.is_some());
        truth.openers.retain(|o| !closes(o));
        if truth.openers.len() < before {
            self.hw.openers_changed(vdi, machine);
            fx.tell(Event::DiskClosed { vdi, machine });
            if held {
                fx.tell(Event::HeldWritesLost { vdi, machine });
            }
            self.ask_for_writes(fx, vdi);
        }
    }

    /// After a change of who has a VDI open or reaches it: asks each opener for writing for one write, where it can
    /// matter.
    pub fn ask_for_writes(&mut self, fx: &mut Effects, vdi: VdiId) {
        let truth = &self.hw.vdis[vdi.at()];
        let Some(first) = truth.openers.first() else { return };
        let shared = truth.openers.iter().any(|o| o.machine != first.machine);
        for at in 0..truth.openers.len() {
            let opener = self.hw.vdis[vdi.at()].openers[at];
            if opener.mode != Mode::Rw
                || opener.write_due
                || opener.held_since.is_some()
                || !shared && self.reaches_vdi(opener.machine, vdi)
            {
                continue;
            }
            let Some(vm) = opener.vm.filter(|vm| !self.hw.has_given_up(opener.machine, *vm, vdi)) else { continue };
            let Some(next) = self.next_write(vm, opener.machine) else { continue };
            self.hw.vdis[vdi.at()].openers[at].write_due = true;
            fx.due_at(next, Due::Write { vdi, machine: opener.machine });
        }
    }

    /// When the domain of a VM on a machine writes next, strictly after now: once a period, first at its phase.
    fn next_write(&self, vm: VmId, machine: MachineId) -> Option<Time> {
        let name = &self.names.vms[vm.at()];
        let period = name.writes?;
        let domain = self.hw.domains[vm.at()].iter().find(|domain| domain.machine == machine && !domain.hung)?;
        let first = domain.started + name.phase;
        if self.now < first {
            return Some(first);
        }
        Some(first + period.times(self.now.since(first).0 / period.0 + 1))
    }

    /// The guest on a machine writes to a VDI that it has open for writing, whenever its next write would be due.
    #[cfg(test)]
    pub fn write_now(&mut self, fx: &mut Effects, vdi: VdiId, machine: MachineId) {
        for opener in self.hw.vdis[vdi.at()].openers.iter_mut() {
            opener.write_due |= opener.machine == machine && opener.mode == Mode::Rw;
        }
        self.write(fx, vdi, machine);
    }

    /// A guest's write is due: it lands, or is held back where the path is lost.
    pub fn write(&mut self, fx: &mut Effects, vdi: VdiId, machine: MachineId) {
        let reaches = self.reaches_vdi(machine, vdi);
        let now = self.now;
        let Some(at) = self.hw.vdis[vdi.at()].openers.iter().position(|o| o.machine == machine && o.write_due) else { return };
        let opener = &mut self.hw.vdis[vdi.at()].openers[at];
        opener.write_due = false;
        let of = opener.vm;
        // It may have given the disk up since it was asked, stand still, or be no more.
        if of.is_some_and(|vm| {
            self.hw.has_given_up(machine, vm, vdi) || self.hw.dead_domain(machine, vm).is_some() || self.guest_hangs(machine, vm)
        }) {
            return;
        }
        let opener = &mut self.hw.vdis[vdi.at()].openers[at];
        if reaches {
            // Whoever was the other may be gone by now: alone again, it writes unseen.
            if self.hw.vdis[vdi.at()].openers.iter().any(|o| o.machine != machine) {
                fx.tell(Event::DiskWritten { vdi, machine });
                self.land_write(fx, vdi, at);
            }
        } else if opener.held_since.is_none() {
            opener.held_since = Some(now);
            fx.tell(Event::WriteHeld { vdi, machine });
            self.guest_waits(fx, vdi, machine);
        }
    }

    /// A guest's write is held back: it is not waited for longer than the setting `guest-gives-up-after`.
    pub(super) fn guest_waits(&self, fx: &mut Effects, vdi: VdiId, machine: MachineId) {
        let Some(patience) = self.settings.guest_gives_up_after else { return };
        let waits = self.hw.vdis[vdi.at()].openers.iter().filter(|o| o.machine == machine);
        for held_since in waits.filter_map(|opener| opener.held_since) {
            fx.due_at(held_since + patience, Due::GuestGivesUp { vdi, machine });
        }
    }

    /// Guests on a machine that have waited for a write for too long give the disk up: the write fails, what was held back is
    /// lost, and the disk is read-only until the guest is started anew.
    pub fn give_up_disk(&mut self, fx: &mut Effects, vdi: VdiId, machine: MachineId) {
        let Some(patience) = self.settings.guest_gives_up_after else { return };
        let now = self.now;
        for at in 0..self.hw.vdis[vdi.at()].openers.len() {
            let opener = &mut self.hw.vdis[vdi.at()].openers[at];
            let Some(vm) = opener.vm.filter(|_| opener.machine == machine) else { continue };
            // A guest that stands still waits for nothing, and neither does one that is no more.
            let waits = self.hw.domains[vm.at()].iter().any(|domain| domain.machine == machine && !domain.hung);
            if !waits || opener.held_since.is_none_or(|since| since + patience > now) {
                continue;
            }
            opener.held_since = None;
            self.hw.given_up.insert((machine, vm, vdi));
            fx.tell(Event::GuestGaveUp { vm, vdi, machine });
            fx.tell(Event::HeldWritesLost { vdi, machine });
        }
    }

    /// A write reaches the disk: a version of its own, and damage if it lies over one that its writer never saw.
    pub(super) fn land_write(&mut self, fx: &mut Effects, vdi: VdiId, at: usize) {
        let now = self.now;
        let truth = &mut self.hw.vdis[vdi.at()];
        let opener = &mut truth.openers[at];
        let machine = opener.machine;
        let unseen = truth.version != opener.seen;
        truth.version += 1;
        let over = truth.writer.replace(machine);
        opener.seen = truth.version;
        opener.wrote = Some(now);
        opener.held_since = None;
        if unseen
            && truth.damage.is_none()
            && let Some(over) = over
            && over != machine
        {
            truth.damage = Some(Damage { at: now, by: machine, over });
            fx.tell(Event::DiskDamaged { vdi, by: machine, over });
        }
    }

    /// The span between two writes of a VM, for reports.
    pub fn write_period(&self, vm: VmId) -> Option<Span> {
        self.names.vms[vm.at()].writes
    }
}

impl Hardware {
    /// A machine opened or closed a VDI: what follows from it follows.
    fn openers_changed(&mut self, vdi: VdiId, machine: MachineId) {
        let truth = &self.vdis[vdi.at()];
        if truth.open_on(machine) {
            self.open_on.insert(machine, vdi);
        } else {
            self.open_on.remove(machine, vdi);
        }
        if truth.is_shared() {
            self.shared.insert(vdi);
        } else {
            self.shared.remove(&vdi);
        }
    }
}
