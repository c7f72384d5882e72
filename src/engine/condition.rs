//! What `xe` would show on a console: the conditions of `wait-for` and `if`.

use super::Engine;
use crate::base::ids::MachineId;
use crate::scenario::model::{Condition, ConditionPart};
use crate::world::belief::{Database, HostRecord};
use crate::world::memory::Xapi;

/// What a command would get on a console.
enum Xe {
    /// Nothing: it hangs.
    Hangs,
    /// An error, which is an answer but shows nothing.
    Error,
    /// The database of this machine.
    Shows(MachineId),
}

impl Engine {
    fn xe(&self, console: MachineId) -> Xe {
        if !self.console_answers(console) {
            return Xe::Error;
        }
        match self.world.stacks[console.at()].xapi {
            Xapi::Stopped | Xapi::Starting | Xapi::Emergency => Xe::Error,
            Xapi::Up => self.world.reached_master(console).map_or(Xe::Hangs, Xe::Shows),
        }
    }

    /// Whether every part of a condition holds now.
    pub(super) fn holds(&self, condition: &Condition, console: MachineId) -> bool {
        let xe = self.xe(console);
        let shown = match &xe {
            Xe::Shows(master) => Some(self.world.db(*master)),
            _ => None,
        };
        condition.parts.iter().all(|part| match part {
            ConditionPart::XeAnswers(answers) => *answers != matches!(xe, Xe::Hangs),
            ConditionPart::StepStatus(id, status) => {
                self.record_of(id).is_some_and(|record| record.ended.is_some() && record.status == *status)
            }
            ConditionPart::StepCode(id, code) => {
                self.record_of(id).is_some_and(|record| record.ended.is_some() && record.code.as_deref() == Some(code))
            }
            ConditionPart::StepPrints(id, text, wanted) => {
                self.record_of(id).is_some_and(|record| record.printed_on_console() && record.output.contains(text) == *wanted)
            }
            part => shown.is_some_and(|db| self.shows(db, part)),
        })
    }

    /// What is so instead, where a condition does not hold: "beta is live", "xe hangs on gamma".
    pub fn instead(&self, condition: &Condition, console: MachineId) -> String {
        let names = &self.world.names;
        let xe = self.xe(console);
        let shown = match &xe {
            Xe::Shows(master) => Some(self.world.db(*master)),
            _ => None,
        };
        let not = |is: bool| if is { "" } else { "not " };
        let mut said = Vec::new();
        let no_database = match xe {
            Xe::Hangs => Some(format!("xe hangs on {}", names.machine(console))),
            Xe::Error => Some(format!("xe gives an error on {}", names.machine(console))),
            Xe::Shows(_) => None,
        };
        for part in &condition.parts {
            let mut hosts = |of: &[MachineId], stands: &dyn Fn(Option<&HostRecord>) -> Option<String>| {
                let Some(db) = shown else { return };
                let each = of.iter().filter_map(|machine| {
                    let what = stands(db.host(self.world.host_on(*machine)))?;
                    Some(format!("{} is {what}", names.machine(*machine)))
                });
                said.extend(each);
            };
            let record = |wanted: bool, word: &'static str, is: fn(&HostRecord) -> bool| {
                move |record: Option<&HostRecord>| match record {
                    None => Some("unknown".to_owned()),
                    Some(record) if is(record) != wanted => Some(format!("{}{word}", not(!wanted))),
                    Some(_) => None,
                }
            };
            match part {
                ConditionPart::Live(of, wanted) => hosts(of, &record(*wanted, "live", |host| host.live)),
                ConditionPart::Enabled(of, wanted) => hosts(of, &record(*wanted, "enabled", |host| host.enabled)),
                ConditionPart::Known(of, wanted) => {
                    hosts(of, &|record| (record.is_some() != *wanted).then(|| format!("{}known", not(!wanted))));
                }
                ConditionPart::PowerState(of, wanted) => {
                    let Some(db) = shown else { continue };
                    for vm in of {
                        let is = db.vm(*vm).map(|record| record.power_state);
                        if is != Some(*wanted) {
                            said.push(format!("{} is {}", names.vm(*vm), is.map_or("unknown", |is| is.name())));
                        }
                    }
                }
                ConditionPart::ResidentOn(of, wanted) => {
                    let Some(db) = shown else { continue };
                    let wanted = wanted.map(|machine| self.world.host_on(machine));
                    for vm in of {
                        let is = db.vm(*vm).map(|record| record.resident_on);
                        if is != Some(wanted) {
                            let place = is.flatten().map_or("nowhere".to_owned(), |host| format!("on {}", names.host(host)));
                            said.push(format!("{} is resident {place}", names.vm(*vm)));
                        }
                    }
                }
                ConditionPart::XeAnswers(wanted) => {
                    let answers = !matches!(xe, Xe::Hangs);
                    if answers != *wanted {
                        said.push(format!("xe {} on {}", if answers { "answers" } else { "hangs" }, names.machine(console)));
                    }
                }
                ConditionPart::StepStatus(id, _) | ConditionPart::StepCode(id, _) | ConditionPart::StepPrints(id, ..) => {
                    match self.record_of(id) {
                        Some(record) if record.ended.is_some() => {
                            let code = record.code.as_ref().map_or_else(String::new, |code| format!(" {code}"));
                            said.push(format!("{id} ended {}{code}", record.status.name()));
                        }
                        _ => said.push(format!("{id} has not ended")),
                    }
                }
            }
        }
        said.extend(no_database.filter(|_| said.is_empty()));
        said.join(", ")
    }

    fn shows(&self, db: &Database, part: &ConditionPart) -> bool {
        let host = |machine: &MachineId| db.host(self.world.host_on(*machine));
        match part {
            ConditionPart::Live(hosts, live) => hosts.iter().all(|m| host(m).is_some_and(|record| record.live == *live)),
            ConditionPart::Enabled(hosts, enabled) => hosts.iter().all(|m| host(m).is_some_and(|record| record.enabled == *enabled)),
            ConditionPart::Known(hosts, known) => hosts.iter().all(|m| host(m).is_some() == *known),
            ConditionPart::PowerState(vms, state) => vms.iter().all(|vm| db.vm(*vm).is_some_and(|record| record.power_state == *state)),
            ConditionPart::ResidentOn(vms, resident) => {
                let resident = resident.map(|machine| self.world.host_on(machine));
                vms.iter().all(|vm| db.vm(*vm).is_some_and(|record| record.resident_on == resident))
            }
            ConditionPart::XeAnswers(_) | ConditionPart::StepStatus(..) | ConditionPart::StepCode(..) | ConditionPart::StepPrints(..) => {
                true
            }
        }
    }

    /// A step, by its id.
    fn record_of(&self, id: &str) -> Option<&super::StepRecord> {
        self.program.find(id).map(|step| &self.records[usize::from(step.0)])
    }
}
