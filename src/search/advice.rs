//! What should have been done about each finding of a run: what its hazard says, looking back.

use super::because::Link;
use super::history::hindsight;
use crate::hazard::remedy::Advice;
use crate::run::Run;
use crate::scenario::model::Scenario;
use crate::world::event::StepIx;

/// The advice for each finding of a run, by its place. `causes` are the findings' causes, by place too.
pub fn advice(scenario: &Scenario, run: &Run, causes: &[Vec<Link>]) -> Vec<Advice> {
    let past = hindsight(scenario, run);
    let steps = |at: usize| -> Vec<StepIx> {
        let links = causes.get(at).into_iter().flatten();
        let steps = links.filter_map(|link| match link {
            Link::Step(step) => Some(*step),
            Link::Belief(_) => None,
        });
        steps.collect()
    };
    run.found.iter().enumerate().map(|(at, found)| found.advice(&past, &steps(at))).collect()
}
