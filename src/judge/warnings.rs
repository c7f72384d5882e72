//! What will surprise the author of a scenario, seen on a run: steps that changed nothing or came late, expectations that
//! nothing can miss.

use super::applies::parts;
use super::unbegun::never_began;
use crate::engine::{Engine, Program};
use crate::hazard::Severity;
use crate::scenario::model::{Case, Scenario, Worst};
use crate::scenario::words;

/// A warning about the scenario itself.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct Warning {
    pub code: &'static str,
    pub line: u32,
    pub text: String,
}

/// What kept a step that is late: the one before it, or the recovery's own beginning.
fn why_late(program: &Program, at: usize) -> &'static str {
    let (sequence, _) = program.steps[at];
    let first = program.order(sequence).first().is_some_and(|first| usize::from(first.0) == at);
    if first { "the recovery itself began only then" } else { "the step before it had not ended" }
}

/// Warnings about the scenario itself.
pub fn warnings(scenario: &Scenario, case: Case, engine: &Engine) -> Vec<Warning> {
    let (program, records, world) = (engine.program(), &engine.records, &engine.world);
    let mut list = Vec::new();
    if let Some((line, what, instead)) = never_began(scenario, case, engine) {
        let what = what.trim_start_matches("the recovery begins").trim_start_matches(": ");
        let text = format!("the recovery never began ({}): {instead}", if what.is_empty() { "its time never came" } else { what });
        list.push(Warning { code: "recovery-not-begun", line, text });
    }
    for (at, ((_, step), record)) in program.steps.iter().zip(records).enumerate() {
        let text = || words::text(&step.deed, &world.names);
        if record.effect == Some(false) {
            list.push(Warning {
                code: "fault-without-effect",
                line: step.line,
                text: format!("`{}` changed nothing: it was so already", text()),
            });
        }
        if let Some(late) = record.late {
            let text = text();
            let first = text.lines().next().unwrap_or_default();
            list.push(Warning {
                code: "late-step",
                line: step.line,
                text: format!("`{first}` began {late} after its `at`: {}", why_late(program, at)),
            });
        }
    }
    for expect in parts(scenario, case) {
        let judges_nothing = expect.hazards.is_empty()
            && expect.never.is_empty()
            && expect.states.is_empty()
            && expect.downtime.is_empty()
            && expect.events_at_most.is_none()
            && expect.effects.is_empty();
        let allows_all = |worst: &(u32, Worst)| worst.1 == Some(Severity::Corruption);
        if let Some((line, _)) = expect.worst.filter(allows_all).filter(|_| judges_nothing && expect.left.is_none()) {
            list.push(Warning {
                code: "expectation-trivial",
                line,
                text: "`worst: corruption` allows everything, and nothing else is expected".into(),
            });
        }
        if let Some((line, _)) = expect.left.filter(allows_all) {
            list.push(Warning { code: "expectation-trivial", line, text: "`left: corruption` allows everything".into() });
        }
    }
    list
}
