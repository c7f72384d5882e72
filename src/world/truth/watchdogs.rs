//! What becomes of a host whose membership daemon dies without disarming its watchdogs: they are the hypervisor's, run on
//! without it, and reset the machine when the first of them runs out (xha, watchdog.c).

use crate::base::ids::MachineId;
use crate::world::World;
use crate::world::effects::{Due, Effects};
use crate::world::event::Event;
use crate::world::memory::xhad::FenceCause;

impl World {
    /// The daemon of a machine aborts. Its watchdogs run out by themselves, counted from when each was last fed; a daemon
    /// that is started later has watchdogs of its own. `false` if none ran, or if domain 0 hangs and so runs nothing.
    pub fn ha_crash_daemon(&mut self, machine: MachineId, fx: &mut Effects) -> bool {
        if !self.dom0_answers(machine) {
            return false;
        }
        let Some(xhad) = self.stacks[machine.at()].xhad.take() else { return false };
        let now = self.now;
        let beats_until = xhad.beaten + xhad.times.beat_watchdog;
        // A thread that goes round feeds its watchdog as it begins a round, even if the round then fails; one that is stuck
        // in a request does not. By rule 2 another thread does it.
        let goes_round = xhad.joined() && self.path_fault(machine, xhad.config.sr).is_none();
        let fed = xhad.stalled.filter(|_| !xhad.no_statefile).unwrap_or(if goes_round { xhad.read } else { now });
        let until = beats_until.min(fed + xhad.times.disk_watchdog).max(now);
        let hardware = &mut self.hw.machines[machine.at()];
        // Watchdogs of a daemon that crashed before run on beside these.
        hardware.unfed = Some(hardware.unfed.map_or(until, |earlier| earlier.min(until)));
        let boot = hardware.boot;
        fx.tell(Event::HaDaemonCrashed { machine, reset_in: until.since(now) });
        fx.due_at(until, Due::HaUnfed { machine, boot });
        true
    }

    /// Whether the daemon of a machine has crashed, and nothing runs in its place; until the machine is reset for it.
    pub fn ha_crashed(&self, machine: MachineId) -> bool {
        self.hw.machines[machine.at()].unfed.is_some() && self.stacks[machine.at()].xhad.is_none()
    }

    /// Watchdogs that nobody fed have run out: the hypervisor resets the machine, whatever its domain 0 does.
    pub fn ha_unfed_too_long(&mut self, fx: &mut Effects, machine: MachineId, boot: u32) {
        let hardware = &self.hw.machines[machine.at()];
        if hardware.boot == boot && hardware.unfed.is_some_and(|until| until <= self.now) {
            self.fence(fx, machine, FenceCause::Unfed);
        }
    }
}
