//! What xapi keeps in wall time, and what becomes of it when the wall clock of its machine jumps.

use crate::base::ids::{HostId, MachineId};
use crate::base::time::{Span, Time};
use crate::world::World;
use crate::world::effects::{Due, Effects};
use crate::world::event::Event;
use std::sync::Arc;

impl World {
    /// The wall clock of a machine jumps: what its xapi has noted in wall time seems so much older, or newer. `false` if the
    /// machine has no power, or the jump is none.
    pub fn jump_clock(&mut self, fx: &mut Effects, machine: MachineId, by: Span, back: bool) -> bool {
        if !self.powered(machine) || by == Span::ZERO {
            return false;
        }
        fx.tell(Event::ClockJumped { machine, by, back });
        // An instant on the wall, seen from here: after a jump forward it comes sooner.
        let shifted = |at: Time| Time(if back { at.0.saturating_add(by.0) } else { at.0.saturating_sub(by.0) });
        let stack = &mut self.stacks[machine.at()];
        self.heard[machine.at()].shift(by, back);
        if let Some((_, until)) = &mut stack.proposal {
            *until = shifted(*until);
        }
        // It stands in the memory of xapi, though a database holds it here: no copy gets older by that.
        if let Some(until) = stack.db.ha.restarts_held_until {
            Arc::make_mut(&mut stack.db).ha.restarts_held_until = Some(shifted(until));
        }
        let watched: Vec<HostId> = stack.watched.hosts().collect();
        for host in watched {
            let silent = self.heard[machine.at()].silent_at(host, self.settings.host_dead_after);
            if silent.is_some_and(|at| at <= self.now) {
                // In life the next look comes within 30 s, and catches those that have not beaten since. Nobody can aim at that: here
                // it comes at once and catches all.
                self.look_at(fx, machine, host, self.now);
            } else {
                self.watch_liveness(fx, machine, host);
            }
        }
        true
    }

    /// The look at a host that a master has under way is that of this instant: nothing came of those before.
    pub fn has_looked(&mut self, master: MachineId, host: HostId, next: Time) {
        self.stacks[master.at()].watched.set(host, next);
    }

    /// A master's next check of a host is that of its passes which could first find the host silent for too long. One that was
    /// set before counts no more, unless it is the same.
    pub fn watch_liveness(&mut self, fx: &mut Effects, master: MachineId, host: HostId) {
        self.look_at(fx, master, host, self.next_check(master, host));
    }

    fn look_at(&mut self, fx: &mut Effects, master: MachineId, host: HostId, at: Time) {
        let stack = &mut self.stacks[master.at()];
        if stack.watched.set(host, at) != Some(at) {
            let epoch = stack.epoch as u16;
            fx.due_at(at, Due::LivenessCheck { master, host, epoch });
        }
    }

    /// The first of the master's checks, every 30 s since it was up, that could find the host silent for too long.
    fn next_check(&self, master: MachineId, host: HostId) -> Time {
        self.check_after(master, self.heard[master.at()].silent_at(host, self.settings.host_dead_after), self.now)
    }

    /// The first of a master's checks after an instant that could find a host silent for too long, which it will have been then;
    /// `None` where it was never heard.
    pub fn check_after(&self, master: MachineId, silent: Option<Time>, now: Time) -> Time {
        let (up_since, interval) = (self.stacks[master.at()].up_since, self.settings.liveness_check);
        let silent = silent.unwrap_or(up_since + self.settings.host_dead_after);
        let after = silent.max(now + Span(1)).since(up_since);
        up_since + interval.times(after.0.div_ceil(interval.0))
    }
}
