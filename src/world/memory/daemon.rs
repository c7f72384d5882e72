//! The membership daemon of a machine as daemons and commands both move it: it starts and ends, its clocks run, xapi watches
//! it. And what they ask of it.

use crate::base::ids::{HostId, MachineId, SrId};
use crate::base::shared::Shared;
use crate::base::time::{Span, Time};
use crate::world::World;
use crate::world::effects::{Due, Effects};
use crate::world::event::Event;
use crate::world::memory::HaConfig;
use crate::world::memory::xhad::{Exit, Phase, Xhad};
use crate::world::truth::{Saying, Slots};
use std::sync::Arc;

impl World {
    // ---- questions

    /// Whether a machine's daemon runs and is in a liveset.
    pub fn ha_joined(&self, machine: MachineId) -> bool {
        self.stacks[machine.at()].xhad.as_ref().is_some_and(|xhad| xhad.joined())
    }
    /// The liveset that a machine's daemon is in; nobody while it is in none.
    pub fn ha_liveset(&self, machine: MachineId) -> Slots {
        self.stacks[machine.at()].xhad.as_ref().filter(|xhad| xhad.joined()).map_or(Slots::NONE, |xhad| xhad.says.liveset)
    }
    /// Whether a machine's daemon has a host in its liveset.
    pub fn ha_in_liveset(&self, machine: MachineId, host: HostId) -> bool {
        let Some(xhad) = &self.stacks[machine.at()].xhad else { return false };
        xhad.joined() && xhad.config.slot_of(host).is_some_and(|slot| xhad.says.liveset.has(slot))
    }
    /// The machine of a configured host, while it is that host.
    pub fn ha_machine(&self, config: &HaConfig, slot: usize) -> Option<MachineId> {
        config.members.get(slot).and_then(|host| self.machine_of(*host))
    }
    /// The hosts of some slots.
    pub fn ha_hosts(config: &HaConfig, slots: Slots) -> Vec<HostId> {
        slots.iter().filter_map(|slot| config.members.get(slot).copied()).collect()
    }

    // ---- moves

    /// Starts the daemon of a machine: it looks for a liveset to join or to form, which takes it T + 60 s at most.
    /// `false` if it runs already, if domain 0 does not answer, or if the machine is configured for no statefile.
    pub fn ha_start_daemon(&mut self, machine: MachineId, fx: &mut Effects) -> bool {
        if self.stacks[machine.at()].xhad.is_some() || !self.dom0_answers(machine) {
            return false;
        }
        let Some(xhad) = self.new_daemon(machine) else { return false };
        let run = xhad.run;
        self.stacks[machine.at()].xhad = Some(Shared::new(xhad));
        fx.tell(Event::HaDaemonStarted { machine });
        self.ha_clocks(machine, run, fx);
        self.ha_rearm(machine, Span::secs(1), fx);
        true
    }

    /// The clocks of a daemon that has just started.
    pub fn ha_clocks(&self, machine: MachineId, run: u32, fx: &mut Effects) {
        let Some(xhad) = &self.stacks[machine.at()].xhad else { return };
        let stream = self.names.machines[machine.at()].stream.derived(0x4a).derived(u64::from(run));
        fx.due(stream.span(0, (Span::millis(1), xhad.times.beat)), Due::HaBeat { machine, run });
        fx.due(stream.span(1, (Span::millis(1), xhad.times.round)), Due::HaDisk { machine, run });
    }

    /// A daemon's timer is set anew; the one that was under way counts no more.
    pub fn ha_rearm(&mut self, machine: MachineId, after: Span, fx: &mut Effects) {
        let Some(xhad) = self.stacks[machine.at()].xhad.as_deref_mut() else { return };
        xhad.timer = xhad.timer.wrapping_add(1);
        fx.due(after, Due::HaTimer { machine, timer: xhad.timer });
    }

    /// What held a daemon's threads up is over: domain 0 runs again, or a request to the statefile comes back.
    pub fn ha_resume(&self, machine: MachineId, fx: &mut Effects) {
        if let Some(xhad) = &self.stacks[machine.at()].xhad {
            fx.due(Span::ZERO, Due::HaResume { machine, run: xhad.run });
        }
    }

    /// A path to an SR is back: requests of daemons that hung there come back.
    pub fn ha_resume_stalled(&mut self, sr: SrId, fx: &mut Effects) {
        if self.hw.statefile(sr).is_none() {
            return;
        }
        for machine in self.machines() {
            self.ha_tries_again(machine, sr, fx);
            let stalled = self.stacks[machine.at()].xhad.as_ref().is_some_and(|xhad| xhad.config.sr == sr && xhad.stalled.is_some());
            if stalled && self.reaches(machine, sr) {
                // It was stuck in its write; all these come back before anybody reads.
                self.ha_write_comes_back(machine);
                self.ha_resume(machine, fx);
            }
        }
    }

    /// A round that fails tries to read three times, a second apart (SF_IOATTEMPTS): the path may be back in time.
    fn ha_tries_again(&self, machine: MachineId, sr: SrId, fx: &mut Effects) {
        let Some(xhad) = self.stacks[machine.at()].xhad.as_deref().filter(|xhad| xhad.config.sr == sr) else { return };
        let Some(failed) = xhad.failed else { return };
        let next = [failed + Span::secs(1), failed + Span::secs(2)].into_iter().find(|at| *at >= self.now);
        if let Some(at) = next.filter(|_| self.reaches(machine, sr)) {
            fx.due_at(at, Due::HaResume { machine, run: xhad.run });
        }
    }

    fn ha_write_comes_back(&mut self, machine: MachineId) {
        let Some(xhad) = self.stacks[machine.at()].xhad.as_deref().filter(|xhad| xhad.reads && xhad.joined()) else { return };
        self.hw.write_slot(xhad.config.sr, xhad.config.generation, xhad.me, xhad.says, Some(self.now));
    }

    pub(in crate::world) fn new_daemon(&mut self, machine: MachineId) -> Option<Xhad> {
        let config = Arc::clone(self.stacks[machine.at()].ha.config.as_ref()?);
        let me = config.slot_of(self.host_on(machine))?;
        let stack = &mut self.stacks[machine.at()];
        stack.ha_runs += 1;
        let run = stack.ha_runs;
        let count = config.members.len();
        Some(Xhad {
            run,
            times: self.release.ha_times(config.timeout),
            config,
            me,
            started: self.now,
            phase: Phase::Starting,
            fault_since: self.now,
            busy_until: self.now,
            says: Saying::default(),
            said: false,
            heard: vec![None; count],
            views: vec![Saying::default(); count],
            beaten: self.now,
            read: self.now,
            versions: vec![0; count],
            moved: vec![self.now; count],
            slots: vec![Saying::default(); count],
            reads: true,
            access: true,
            failed: None,
            hurried: false,
            hurried_at: Time::ZERO,
            stalled: None,
            no_statefile: false,
            lingering: Slots::NONE,
            blind: Slots::NONE,
            watched: false,
            // Timers of an earlier run must not count for this one.
            timer: run << 20,
            xapi_restarted: None,
            given_up: false,
        })
    }

    /// The daemon of a machine ends in order: its fencing is disarmed. To the others it falls silent like a dead one,
    /// unless it was excluded before. `false` if it did not run.
    pub fn ha_stop_daemon(&mut self, machine: MachineId, fx: &mut Effects) -> bool {
        self.ha_end_daemon(machine, Exit::Ordered, fx)
    }

    /// A daemon ends.
    pub fn ha_end_daemon(&mut self, machine: MachineId, why: Exit, fx: &mut Effects) -> bool {
        let ran = self.stacks[machine.at()].xhad.take().is_some();
        if ran {
            fx.tell(Event::HaDaemonStopped { machine, why });
        }
        ran
    }

    /// From now on xapi starts on this machine only after the daemon has joined, and watches the liveset.
    pub fn ha_arm(&mut self, machine: MachineId, fx: &mut Effects) {
        self.stacks[machine.at()].ha.armed = true;
        self.ha_watch_liveset(machine, fx);
    }

    /// xapi of a machine begins to ask its daemon for the liveset.
    pub fn ha_watch_liveset(&self, machine: MachineId, fx: &mut Effects) {
        let epoch = self.stacks[machine.at()].epoch;
        let stream = self.names.machines[machine.at()].stream.derived(0x4b).derived(u64::from(epoch));
        fx.due(stream.span(0, (Span::millis(1), MONITOR)), Due::HaMonitor { machine, epoch });
    }

    /// Clears `ha.armed` on a machine. `false` if it was not armed.
    pub fn ha_disarm(&mut self, machine: MachineId, fx: &mut Effects) -> bool {
        let local = &mut self.stacks[machine.at()].ha;
        local.no_failover = false;
        let armed = std::mem::take(&mut local.armed);
        if armed {
            fx.tell(Event::HaDisarmed { machine });
        }
        armed
    }
}

/// How often xapi asks the daemon for the liveset (ha_monitor_interval).
pub const MONITOR: Span = Span::secs(20);
