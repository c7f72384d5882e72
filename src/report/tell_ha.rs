//! The events of high availability in words, with the seconds that each phase took, as a trainer would explain them.

use super::Realm;
use super::tell::{Teller, Told, seconds};
use crate::base::ids::{HostId, MachineId};
use crate::base::time::Span;
use crate::world::event::Event;
use crate::world::memory::survival::Rule;
use crate::world::memory::xhad::{Exit, FenceCause};
use serde_json::{Value, json};

impl Teller<'_> {
    fn hosts(&self, hosts: &[HostId]) -> String {
        hosts.iter().map(|host| self.names.host(*host)).collect::<Vec<_>>().join(", ")
    }

    fn of(&self, machine: MachineId, realm: Realm, event: &'static str, what: String, more: Vec<(&'static str, Value)>) -> Told {
        let name = self.names.machine(machine).to_owned();
        let key = if realm == Realm::Belief { "by" } else { "host" };
        let mut parts = vec![(key, json!(name.clone()))];
        parts.extend(more);
        Told { realm, actor: name, what, matters: true, event, parts }
    }

    /// An event of HA, or of a link's one direction, in words.
    pub(super) fn tell_ha(&self, event: &Event) -> Told {
        let truth = |machine: &MachineId, event, what: String, more| self.of(*machine, Realm::Truth, event, what, more);
        let belief = |machine: &MachineId, event, what: String, more| self.of(*machine, Realm::Belief, event, what, more);
        let quiet = |told: Told| Told { matters: false, ..told };
        match event {
            Event::OneWay { from, to } => {
                let to = self.names.machine(*to);
                truth(from, "one-way", format!("its packets to {to} are lost; those of {to} arrive"), vec![("to", json!(to))])
            }
            Event::OneWayHealed { from, to } => {
                let to = self.names.machine(*to);
                truth(from, "one-way-healed", format!("its packets reach {to} again"), vec![("to", json!(to))])
            }
            Event::HaDaemonStarted { machine } => {
                quiet(truth(machine, "ha-daemon-started", "starts the HA daemon, which looks for a liveset".into(), vec![]))
            }
            Event::HaDaemonStopped { machine, why } => {
                let (name, words) = match why {
                    Exit::Ordered => ("ordered", "its HA daemon is stopped, and its fencing is disarmed"),
                    Exit::Invalid => ("invalid", "its HA daemon reads in the statefile that HA is off, and ends"),
                    Exit::Generation => ("generation", "its HA daemon ends: the statefile belongs to a later enable of HA"),
                    Exit::NoLiveset => ("no-liveset", "its HA daemon ends: no liveset to join or to form in time"),
                };
                truth(machine, "ha-daemon-stopped", words.into(), vec![("why", json!(name))])
            }
            Event::HaDaemonCrashed { machine, reset_in } => truth(
                machine,
                "ha-daemon-crashed",
                format!("its HA daemon aborts and disarms nothing: the watchdog resets the machine in {}", seconds(*reset_in)),
                vec![("reset-in", json!(reset_in.to_string()))],
            ),
            Event::HaJoined { machine, liveset, took } => truth(
                machine,
                "ha-joined",
                format!("is in the liveset ({}) after {}", self.hosts(liveset), seconds(*took)),
                vec![("liveset", json!(self.hosts(liveset))), ("took", json!(took.to_string()))],
            ),
            Event::HaFaultBegan { machine, unheard, stopped, own_statefile, silent } => {
                let mut found = Vec::new();
                if !unheard.is_empty() {
                    found.push(format!("has not heard {}", self.hosts(unheard)));
                }
                if !own_statefile {
                    found.push("has not reached the statefile".to_owned());
                } else if !stopped.is_empty() {
                    found.push(format!("has not seen the statefile slot of {} move", self.hosts(stopped)));
                }
                let what = if found.is_empty() {
                    "begins to handle a fault, since another host does".to_owned()
                } else {
                    format!("{} for {}: begins to handle a fault", found.join(" and "), seconds(*silent))
                };
                belief(
                    machine,
                    "ha-fault-began",
                    what,
                    vec![
                        ("unheard", json!(self.hosts(unheard))),
                        ("stopped", json!(self.hosts(stopped))),
                        ("statefile", json!(own_statefile)),
                        ("silent", json!(silent.to_string())),
                    ],
                )
            }
            Event::HaFaultEnded { machine, survives, rule, agreed, took, wait } => {
                let why = match (survives, rule) {
                    (true, Rule::Statefile) => "it has the statefile and is in the partition that lives",
                    (true, Rule::NoStatefile) => "nobody has the statefile, but all hear each other and nobody else can be alive",
                    (false, Rule::Statefile) => "others with the statefile live, and it is not among them",
                    (false, Rule::NoStatefile) => "no statefile, and it can't be sure that nobody else lives",
                };
                let views = if *agreed { "all agreed" } else { "the views never agreed" };
                let end = match (survives, *wait == Span::ZERO) {
                    (true, true) => "lives on".to_owned(),
                    (true, false) => format!("lives on, and waits {} until the losers must have been reset", seconds(*wait)),
                    (false, _) => "must fence itself".to_owned(),
                };
                belief(
                    machine,
                    "ha-fault-ended",
                    format!("decides after {} ({views}): {why}; {end}", seconds(*took)),
                    vec![
                        ("survives", json!(survives)),
                        ("agreed", json!(agreed)),
                        ("took", json!(took.to_string())),
                        ("wait", json!(wait.to_string())),
                    ],
                )
            }
            Event::Fenced { machine, why } => {
                let (name, words) = match why {
                    FenceCause::Lost => ("lost", "fences itself: the machine is reset, its guests die"),
                    FenceCause::Asked => ("asked", "is told that others live without it, and fences itself; its guests die"),
                    FenceCause::HeartbeatWatchdog => {
                        ("heartbeat-watchdog", "the watchdog resets the machine: domain 0 stood still; its guests die")
                    }
                    FenceCause::StatefileWatchdog => {
                        ("statefile-watchdog", "the watchdog resets the machine: the statefile stood still; its guests die")
                    }
                    FenceCause::Unfed => ("unfed", "the watchdog resets the machine: no HA daemon was left to feed it; its guests die"),
                    FenceCause::Xapi => ("xapi", "xapi did not come back: HA fences the host; its guests die"),
                };
                truth(machine, "fenced", words.into(), vec![("why", json!(name))])
            }
            Event::HaShrunk { machine, gone, took } => belief(
                machine,
                "ha-shrunk",
                format!("takes {} out of the liveset, {} after it began to handle the fault", self.hosts(gone), seconds(*took)),
                vec![("gone", json!(self.hosts(gone))), ("took", json!(took.to_string()))],
            ),
            Event::HaExcluded { machine, gone } => quiet(belief(
                machine,
                "ha-excluded",
                format!("lets {} go out of the liveset: shut down in order", self.hosts(gone)),
                vec![("gone", json!(self.hosts(gone)))],
            )),
            Event::HaLossUnseen { machine, stopped, own_statefile } => {
                let what = if *own_statefile {
                    "that it has lost the statefile".to_owned()
                } else {
                    format!("that the statefile slot of {} stands still", self.hosts(stopped))
                };
                let words = format!("does not notice {what} (a known fault of the daemon): it neither fences itself nor asks who lives");
                belief(machine, "ha-loss-unseen", words, vec![("stopped", json!(self.hosts(stopped)))])
            }
            Event::HaTakenBack { machine, back } => {
                let hosts = self.hosts(back);
                let words = format!(
                    "takes {hosts} into the liveset again, which it heard a moment ago (a known fault of the daemon): nothing of it is restarted until it is silent for long enough once more"
                );
                belief(machine, "ha-taken-back", words, vec![("back", json!(hosts))])
            }
            Event::HaStatefileBack { machine } => {
                belief(machine, "ha-statefile-back", "has the statefile again, and so have all others".into(), vec![])
            }
            Event::HaMasterElected { machine, over, unheard } => {
                let over = over.map(|host| self.names.host(host).to_owned());
                let what = match (&over, unheard) {
                    (Some(over), Some(unheard)) => {
                        format!(
                            "takes the master lock in the statefile, which {over} held; it has not heard {over} for {}",
                            seconds(*unheard)
                        )
                    }
                    (Some(over), None) => format!("takes the master lock in the statefile, which {over} held"),
                    (None, _) => "takes the master lock in the statefile".to_owned(),
                };
                truth(
                    machine,
                    "ha-master-elected",
                    what,
                    vec![("over", json!(over)), ("unheard", json!(unheard.map(|span| span.to_string())))],
                )
            }
            Event::HaFollows { machine, master } => {
                let master = self.names.machine(*master);
                truth(machine, "ha-follows", format!("follows {master}, which holds the master lock"), vec![("master", json!(master))])
            }
            Event::HaMasterReady { machine, waited } => belief(
                machine,
                "ha-master-ready",
                format!("as master has waited {} for the hosts of the liveset, and looks after those that are gone", seconds(*waited)),
                vec![("waited", json!(waited.to_string()))],
            ),
            Event::HaDisarmed { machine } => truth(machine, "ha-disarmed", "is armed for HA no more".into(), vec![]),
            Event::HaSwitchedOff { by } => belief(
                by,
                "ha-switched-off",
                "is not armed and finds HA on in its database: HA is off for the whole pool now, and nobody is told".into(),
                vec![],
            ),
            Event::HaXapiRestarted { machine } => {
                truth(machine, "ha-xapi-restarted", "its HA daemon finds xapi stopped and starts it again".into(), vec![])
            }
            Event::RedoLogRead { machine } => {
                truth(machine, "redo-log-read", "reads the database from the redo log: nothing is lost".into(), vec![])
            }
            // All others are told by [`Teller::tell`], which names them; what is left would be shown as it is.
            other => Told {
                realm: Realm::Truth,
                actor: String::new(),
                what: format!("{other:?}"),
                matters: false,
                event: "other",
                parts: vec![],
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phase_is_told_with_the_seconds_that_it_took() {
        let names = crate::scenario::load("pool.yaml", "pool:\n  hosts: [alpha, beta]\n").expect("a scenario").scenario.pool.names;
        let teller = Teller { names: &names, steps: &[] };
        let (alpha, beta) = (MachineId(0), MachineId(1));
        let name = |machine: MachineId| names.machine(machine).to_owned();
        let host = |machine: MachineId| crate::base::ids::HostId(machine.0);
        let what = |event: &Event| teller.tell(event).what;
        let began = Event::HaFaultBegan {
            machine: alpha,
            unheard: vec![host(beta)],
            stopped: vec![host(beta)],
            own_statefile: true,
            silent: Span::millis(60_200),
        };
        assert_eq!(
            what(&began),
            format!("has not heard {0} and has not seen the statefile slot of {0} move for 60 s: begins to handle a fault", name(beta))
        );
        let ended = Event::HaFaultEnded {
            machine: alpha,
            survives: true,
            rule: Rule::Statefile,
            agreed: false,
            took: Span::secs(64),
            wait: Span::secs(82),
        };
        let told = what(&ended);
        assert!(told.contains("after 64 s") && told.contains("never agreed") && told.contains("waits 82 s"), "{told}");
        let shrunk = Event::HaShrunk { machine: alpha, gone: vec![host(beta)], took: Span::secs(146) };
        assert_eq!(what(&shrunk), format!("takes {} out of the liveset, 146 s after it began to handle the fault", name(beta)));
        let fenced = teller.tell(&Event::Fenced { machine: beta, why: FenceCause::Lost });
        assert_eq!((fenced.event, fenced.actor, fenced.matters), ("fenced", name(beta), true));
        assert!(matches!(fenced.realm, Realm::Truth));
        // Whoever decides only believes.
        assert!(matches!(teller.tell(&ended).realm, Realm::Belief));
    }
}
