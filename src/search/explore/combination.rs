//! A case with further faults in it: as a scenario, so that what is tried is what can be written down.

use crate::base::time::{Span, Time};
use crate::engine::Program;
use crate::fault::Fault;
use crate::hazard::Severity;
use crate::hazard::watch::Found;
use crate::scenario::model::{Case, Deed, NamedSteps, Scenario, Sequence, Step, When};
use crate::scenario::words;
use crate::world::event::StepIx;
use crate::world::inventory::Inventory;

/// A fault that strikes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Strike {
    /// The fault.
    pub fault: Fault,
    /// When it strikes.
    pub at: Time,
    /// How long it lasts; `None`: for the rest of the run.
    pub lasts: Option<Span>,
}

impl Strike {
    fn deed(&self) -> Deed {
        Deed::Fault { fault: self.fault.clone(), lasts: self.lasts.map(|lasts| (lasts, lasts)), every: None, times: 1, mean: None }
    }

    /// As a scenario writes it: `isolate: beta, for: 5m`.
    pub fn words(&self, names: &Inventory) -> String {
        words::text(&self.deed(), names)
    }

    /// The same without how long it lasts.
    pub fn bare_words(&self, names: &Inventory) -> String {
        words::text(&Strike { lasts: None, ..self.clone() }.deed(), names)
    }
}

/// What the sequence of further faults is called.
const NAME: &str = "explored";
/// What the keys of its steps begin with.
const KEY: &str = "explored: ";

/// A case with further faults, which strike beside all that the file says: as a world of its own where the file has none, else as
/// one more sequence. In the timeline they would move a recovery that begins after it.
pub fn with_faults(scenario: &Scenario, case: Case, strikes: &[Strike]) -> (Scenario, Case) {
    let mut whole = scenario.clone();
    let step = |(at, strike): (usize, &Strike)| {
        let span = strike.at.since(Time::ZERO);
        Step::made(format!("{KEY}{at}"), When::At((span, span)), strike.deed(), scenario.pool.master)
    };
    let mut strikes: Vec<&Strike> = strikes.iter().collect();
    strikes.sort_by_key(|strike| strike.at);
    if strikes.is_empty() {
        return (whole, case);
    }
    let steps = strikes.into_iter().enumerate().map(step).collect();
    if case.world.is_none() {
        whole.worlds = vec![NamedSteps { name: NAME.into(), line: 0, steps }];
        return (whole, Case { world: Some(0), ..case });
    }
    let mut name = NAME.to_owned();
    while whole.operators.iter().any(|operator| operator.name == name) {
        name.push_str("-too");
    }
    whole.operators.push(NamedSteps { name, line: 0, steps });
    (whole, case)
}

/// The numbers of the further faults' steps, in their order.
pub(super) fn numbers(program: &Program) -> Vec<StepIx> {
    let own = |(_, (sequence, step)): &(usize, &(Sequence, Step))| {
        matches!(sequence, Sequence::World | Sequence::Operator(_)) && step.line == 0 && step.key.starts_with(KEY)
    };
    program.steps.iter().enumerate().filter(own).map(|(at, _)| StepIx(at as u16)).collect()
}

/// The findings that are dangers or worse.
pub(super) fn grave(found: &[Found]) -> impl Iterator<Item = &Found> {
    found.iter().filter(|found| found.hazard.severity() >= Severity::Danger)
}
