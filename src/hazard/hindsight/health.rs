//! How machines were, as far as the pool's other hosts could have told: followed through the events of a run.

use super::Happened;
use crate::base::ids::MachineId;
use crate::base::time::Time;
use crate::world::event::Event;

/// How a machine was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum Health {
    Off,
    Hung,
    CutOff,
    ToolstackStopped,
    /// Up, but its heartbeats get lost or are late.
    Degraded,
    Well,
}

/// How each machine was, from when on. `powered` says which were on at the start.
pub fn by_machine(powered: &[bool], events: &[Happened<'_>]) -> Vec<Vec<(Time, Health)>> {
    let mut tracker = Tracker::new(powered);
    for happened in events {
        tracker.see(happened.at, happened.event);
    }
    tracker.health
}

/// Follows how machines are.
struct Tracker {
    on: Vec<bool>,
    hung: Vec<bool>,
    cut: Vec<bool>,
    split: bool,
    stopped: Vec<bool>,
    degraded: Vec<bool>,
    health: Vec<Vec<(Time, Health)>>,
}

impl Tracker {
    fn new(powered: &[bool]) -> Tracker {
        let none = vec![false; powered.len()];
        let health = powered.iter().map(|on| vec![(Time::ZERO, if *on { Health::Well } else { Health::Off })]).collect();
        Tracker { on: powered.to_vec(), hung: none.clone(), cut: none.clone(), split: false, stopped: none.clone(), degraded: none, health }
    }

    fn see(&mut self, now: Time, event: &Event) {
        let set = |flags: &mut Vec<bool>, machine: &MachineId, value| flags[machine.at()] = value;
        match event {
            Event::PowerLost { machine } => {
                set(&mut self.on, machine, false);
                set(&mut self.hung, machine, false);
                self.note(now, *machine);
            }
            Event::PoweredOn { machine } | Event::Installed { machine, .. } => {
                set(&mut self.on, machine, true);
                set(&mut self.stopped, machine, false);
                self.note(now, *machine);
            }
            Event::Dom0Hung { machine } | Event::Dom0Back { machine } => {
                set(&mut self.hung, machine, matches!(event, Event::Dom0Hung { .. }));
                self.note(now, *machine);
            }
            Event::Isolated { machine } | Event::Reconnected { machine } => {
                set(&mut self.cut, machine, matches!(event, Event::Isolated { .. }));
                self.note(now, *machine);
            }
            Event::XapiStopped { machine } | Event::XapiStarting { machine } => {
                set(&mut self.stopped, machine, matches!(event, Event::XapiStopped { .. }));
                self.note(now, *machine);
            }
            Event::Degraded { machine, .. } | Event::DegradedHealed { machine } => {
                set(&mut self.degraded, machine, matches!(event, Event::Degraded { .. }));
                self.note(now, *machine);
            }
            Event::Partitioned { .. } | Event::PartitionHealed => {
                self.split = matches!(event, Event::Partitioned { .. });
                for at in 0..self.on.len() {
                    self.note(now, MachineId(at as u16));
                }
            }
            _ => {}
        }
    }

    fn note(&mut self, now: Time, machine: MachineId) {
        let at = machine.at();
        let health = match () {
            () if !self.on[at] => Health::Off,
            () if self.hung[at] => Health::Hung,
            () if self.cut[at] || self.split => Health::CutOff,
            () if self.stopped[at] => Health::ToolstackStopped,
            () if self.degraded[at] => Health::Degraded,
            () => Health::Well,
        };
        let known = &mut self.health[at];
        if known.last().is_none_or(|(_, last)| *last != health) {
            known.push((now, health));
        }
    }
}
