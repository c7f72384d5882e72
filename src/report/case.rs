//! A case, the whole way: run, its findings' causes looked for, reported.

use super::{Report, because, build};
use crate::base::time::Time;
use crate::engine::{self, Engine};
use crate::run;
use crate::scenario::model::{Case, Scenario};
use crate::search::shares;
use std::ops::ControlFlow;

/// What is asked of a run beyond the scenario.
#[derive(Clone, Debug)]
pub struct Options {
    /// Instead of the scenario's seed.
    pub seed: Option<u64>,
    /// The bound of events.
    pub max_events: u64,
    /// Instants at which the pool is shown.
    pub at: Vec<Time>,
    /// Whether causes and advice are looked for.
    pub because: bool,
}

/// Runs a case and reports it. `replay` is left empty: only who knows the file can say how it is run again.
pub fn report(scenario: &Scenario, case: Case, options: &Options) -> Report {
    watched(scenario, case, options, &mut |_| ControlFlow::Continue(()))
}

/// The same, with somebody who looks on while it runs (see [`run::watched`]).
pub fn watched(scenario: &Scenario, case: Case, options: &Options, each: &mut dyn FnMut(&mut Engine) -> ControlFlow<()>) -> Report {
    of(scenario, case, options, false, each)
}

/// The same without a story and without causes: what a judgement needs, for many cases in little time.
pub fn brief(scenario: &Scenario, case: Case, options: &Options) -> Report {
    let mut report = of(scenario, case, &Options { because: false, ..options.clone() }, true, &mut |_| ControlFlow::Continue(()));
    // What a silent run tells is findings alone; a half story would be read as the whole.
    report.story.clear();
    report
}

fn of(scenario: &Scenario, case: Case, options: &Options, silent: bool, each: &mut dyn FnMut(&mut Engine) -> ControlFlow<()>) -> Report {
    let scenario = scenario.of(case);
    let seed = options.seed.unwrap_or(scenario.seed);
    let mut instants = options.at.clone();
    instants.sort_unstable();
    instants.dedup();
    let engine_options = engine::Options { seed, max_events: options.max_events, silent, ..engine::Options::default() };
    let mut run = run::watched(scenario, case, engine_options.clone(), &instants, each);
    run.states.extend(shares::judge(scenario, case, &engine_options, &run));
    let (explained, cut_short) = if options.because { because::explain(scenario, &engine_options, &run) } else { (Vec::new(), false) };
    build::report(scenario, case, seed, String::new(), &run, &explained, cut_short)
}
