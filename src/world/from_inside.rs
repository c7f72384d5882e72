//! What guests do themselves: they shut down, reboot and crash. xapi hears of it from the hypervisor and clears the domain
//! away, if it can (events.ml, Resync.vm): its disks, its record. Until then the record says that it runs.

use crate::base::ids::{MachineId, VmId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::effects::{Due, Effects};
use crate::world::event::Ending;
use crate::world::memory::Xapi;
use crate::world::sm::Closing;

/// How long xapi waits before it tries again what its master or its storage kept it from: 2 s, and twice as long each time,
/// 256 s at most (master_connection.ml).
const RETRY: Span = Span::secs(2);
const DOUBLINGS: u8 = 7;

impl World {
    /// The domains of a VM end from inside, wherever it runs; xapi clears them away at once where it can. `false` if it runs
    /// nowhere.
    pub fn end_from_inside(&mut self, fx: &mut Effects, vm: VmId, ending: Ending) -> bool {
        let mut ended = false;
        for machine in self.runs_on(vm).collect::<Vec<_>>() {
            if self.die_from_inside(fx, vm, machine, ending) {
                ended = true;
                self.clear_away(fx, machine, vm, 0);
            }
        }
        ended
    }

    /// A domain is gone and its disks are closed, and its record could not be set: xapi of its machine does that when it can.
    pub fn record_end_later(&mut self, fx: &mut Effects, machine: MachineId, vm: VmId) {
        if self.dom0_answers(machine) {
            self.leave_to_clear(vm, machine);
            self.clear_away(fx, machine, vm, 0);
        }
    }

    /// A domain stands suspended, and whoever was to go on with it is gone: xapi of its machine takes it for ended from inside
    /// (6.0 xapi_vm_migrate.ml: "the event thread will perform a hard_shutdown").
    pub fn end_abandoned(&mut self, fx: &mut Effects, machine: MachineId, vm: VmId, ending: Ending) {
        if self.die_from_inside(fx, vm, machine, ending) {
            self.clear_away(fx, machine, vm, 0);
        }
    }

    /// xapi of a machine clears away a domain that ended from inside: closes its disks, and sets its record halted, or starts
    /// it again where it was rebooted. It does so for a VM that its master has as running here, and for no other: the second
    /// domain of a VM is nobody's. `tries` says how often it was kept from it.
    pub fn clear_away(&mut self, fx: &mut Effects, machine: MachineId, vm: VmId, tries: u8) {
        let Some(reboots) = self.hw.dead_domain(machine, vm) else { return };
        // An xapi that starts looks for itself.
        if self.powered(machine) && self.stacks[machine.at()].xapi != Xapi::Up {
            return;
        }
        let host = self.host_on(machine);
        let master = self.reached_master(machine).filter(|_| self.dom0_answers(machine));
        let Some(master) = master else {
            self.clear_away_later(fx, machine, vm, tries);
            return;
        };
        let here = self.db(master).vm(vm).is_some_and(|record| record.resident_on == Some(host));
        if !here {
            return;
        }
        let disks = self.held_disks_of(master, machine, vm);
        let paused = disks.iter().any(|(vdi, _)| self.db(master).vdi(*vdi).is_some_and(|record| record.paused));
        let hangs = disks.iter().any(|(vdi, _)| self.closing(machine, *vdi) == Closing::Hangs);
        if paused || hangs || self.stacks[master.at()].busy.contains(&vm) {
            self.clear_away_later(fx, machine, vm, tries);
            return;
        }
        for (vdi, _) in disks.into_iter().rev() {
            self.deactivate(fx, Some(master), machine, vdi, Some(vm));
        }
        self.end_domain(fx, vm, machine, Ending::Shutdown);
        if reboots {
            let mut taken = 0;
            if self.take_disks(fx, master, machine, vm, &mut taken).is_ok() {
                self.begin_domain(fx, machine, vm);
                return;
            }
            // "Failed to reboot VM; halting instead" (events.ml, perform_restart).
            self.give_disks_back(fx, Some(master), machine, vm, taken);
        }
        if let Some(image) = self.stacks[machine.at()].suspended.remove(&vm) {
            self.set_image(master, vm, Some(image));
            self.set_vm(fx, master, vm, PowerState::Suspended, None);
            return;
        }
        // Whether HA keeps it running is as it was: a protected VM that stops from inside is started again.
        self.set_vm(fx, master, vm, PowerState::Halted, None);
    }

    fn clear_away_later(&self, fx: &mut Effects, machine: MachineId, vm: VmId, tries: u8) {
        let wait = Span(RETRY.0 << tries.min(DOUBLINGS));
        let boot = self.hw.machine(machine).boot;
        fx.due(wait, Due::GuestGone { machine, vm, boot, tries: tries.saturating_add(1) });
    }
}
