//! Until when harm could be kept away, and what the risk was over time: both of one case.

use super::no_return::{NoReturn, WORK_MOST, grave, no_return};
use super::over_time::{self, OverTime, over_time};
use super::study;
use crate::engine::{Engine, Options, Program};
use crate::hazard::watch::Found;
use crate::run::Session;
use crate::scenario::model::{Case, Scenario};
use std::sync::Arc;

/// The point of no return of each finding of a case, which is run as a study of it is. `line`: whether the risk over time is asked for, too, of the gravest
/// finding; it comes with the place of that finding.
pub fn of_case(scenario: &Scenario, case: Case, options: &study::Options, line: bool) -> (Vec<NoReturn>, Option<(usize, OverTime)>) {
    let (seed, max_work) = (options.seed.unwrap_or(scenario.of(case).seed), study::share_of_work(scenario, options.max_work));
    let options = Options { seed, max_events: options.max_events, max_work, ..Options::default() };
    let scenario = scenario.of(case);
    let program = Arc::new(Program::new(scenario, case));
    // A run that is too much work by itself would be run in vain.
    let once = Options { max_work: max_work.min(WORK_MOST), ..options.clone() };
    let run = Session::unjudged(Engine::with_program(scenario, program, once)).finish();
    if run.engine.cut_short.is_some() {
        let bound = |found: &Found| if grave(found) { NoReturn::Bound } else { NoReturn::NotSought };
        return (run.found.iter().map(bound).collect(), None);
    }
    let points = no_return(scenario, &options, &run);
    let told = (0..run.found.len()).filter(|at| grave(&run.found[*at]));
    let told = told.min_by_key(|at| (std::cmp::Reverse(run.found[*at].hazard.severity()), run.found[*at].since));
    let line = told.filter(|_| line).and_then(|told| {
        let until = match points[told] {
            NoReturn::Until(at, _) => Some(at),
            _ => None,
        };
        Some((told, over_time(scenario, case, &options, (&run, &run.found[told], until), &over_time::Bounds::default())?))
    });
    (points, line)
}
