//! A case, the whole way: run, its findings' causes looked for, reported.

use super::{Report, because, build};
use crate::base::time::Time;
use crate::engine;
use crate::run;
use crate::scenario::model::{Case, Scenario};
use crate::world::release::Release;

/// What is asked of a run beyond the scenario.
#[derive(Clone, Debug)]
pub struct Options {
    /// Instead of the scenario's seed.
    pub seed: Option<u64>,
    /// Instead of the scenario's release.
    pub release: Option<Release>,
    /// The bound of events.
    pub max_events: u64,
    /// Instants at which the pool is shown.
    pub at: Vec<Time>,
    /// Whether causes and advice are looked for.
    pub because: bool,
}

/// Runs a case and reports it. `replay` is left empty: only who knows the file can say how it is run again.
pub fn report(scenario: &Scenario, case: Case, options: &Options) -> Report {
    of(scenario, case, options, false)
}

/// The same without a story and without causes: what a judgement needs, for many cases in little time.
pub fn brief(scenario: &Scenario, case: Case, options: &Options) -> Report {
    let mut report = of(scenario, case, &Options { because: false, ..options.clone() }, true);
    // What a silent run tells is findings alone; a half story would be read as the whole.
    report.story.clear();
    report
}

fn of(scenario: &Scenario, case: Case, options: &Options, silent: bool) -> Report {
    let seed = options.seed.unwrap_or(scenario.seed);
    let release = options.release.unwrap_or(scenario.release);
    let changed;
    let scenario = if release == scenario.release {
        scenario
    } else {
        changed = Scenario { release, ..scenario.clone() };
        &changed
    };
    let mut instants = options.at.clone();
    instants.sort_unstable();
    instants.dedup();
    let engine_options = engine::Options { seed, max_events: options.max_events, silent, ..engine::Options::default() };
    let run = run::run(scenario, case, engine_options.clone(), &instants);
    let (explained, cut_short) = if options.because { because::explain(scenario, &engine_options, &run) } else { (Vec::new(), false) };
    build::report(scenario, case, seed, String::new(), &run, &explained, cut_short)
}
