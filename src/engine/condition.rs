//! What `xe` would show on a console: the conditions of `wait-for` and `if`.

use super::Engine;
use crate::base::ids::MachineId;
use crate::scenario::model::{Condition, ConditionPart};
use crate::world::belief::Database;
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
            part => shown.is_some_and(|db| self.shows(db, part)),
        })
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
            ConditionPart::XeAnswers(_) | ConditionPart::StepStatus(..) | ConditionPart::StepCode(..) => true,
        }
    }

    fn record_of(&self, id: &str) -> Option<&super::StepRecord> {
        self.program.steps.iter().position(|(_, step)| step.id.as_deref() == Some(id)).map(|at| &self.records[at])
    }
}
