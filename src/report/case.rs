//! A case, the whole way: run, its findings' causes looked for, reported.

use super::build::{self, Explained};
use super::tell::Teller;
use super::{Because, Realm, Report};
use crate::base::time::Time;
use crate::engine;
use crate::run::{self, Run};
use crate::scenario::model::{Case, Deed, Scenario};
use crate::scenario::words;
use crate::search::because::{self, Link};
use crate::world::event::StepIx;
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
    let engine_options = engine::Options { seed, max_events: options.max_events, ..engine::Options::default() };
    let run = run::run(scenario, case, engine_options.clone(), &instants);
    let (explained, cut_short) = if options.because { explain(scenario, case, &engine_options, &run) } else { (Vec::new(), false) };
    build::report(scenario, case, seed, String::new(), &run, &explained, cut_short)
}

fn explain(scenario: &Scenario, _case: Case, options: &engine::Options, run: &Run) -> (Vec<Explained>, bool) {
    let causes = because::causes(scenario, &run.program, options, &run.engine, &run.found);
    let explained = causes
        .by_finding
        .iter()
        .map(|links| Explained { because: links.iter().map(|link| told(run, *link)).collect(), advice: String::new() });
    (explained.collect(), causes.cut_short)
}

/// A part of a cause in words.
fn told(run: &Run, link: Link) -> Because {
    let engine = &run.engine;
    let teller = Teller { names: &engine.world.names, steps: &run.program.steps };
    match link {
        Link::Belief(at) => {
            let entry = &engine.trace.entries[at];
            let told = teller.tell(&entry.event);
            Because { at: entry.at, line: None, event: told.event, what: format!("{} {}", told.actor, told.what) }
        }
        Link::Step(step) => {
            let (_, what) = &run.program.steps[usize::from(step.0)];
            let at = engine.records[usize::from(step.0)].began.unwrap_or_default();
            let first = first_effect(run, step);
            let event = first.as_ref().map_or("step-began", |told| told.event);
            let what = match (&what.deed, first) {
                // What broke says more than the fault's name; a command is best told as it was typed.
                (Deed::Fault { .. } | Deed::Act(_), Some(told)) => format!("{} {}", told.actor, told.what),
                (deed, _) => words::text(deed, &engine.world.names),
            };
            Because { at, line: Some(run.program.steps[usize::from(step.0)].1.line), event, what }
        }
    }
}

/// The first thing that a step changed, in words.
fn first_effect(run: &Run, step: StepIx) -> Option<super::tell::Told> {
    let teller = Teller { names: &run.engine.world.names, steps: &run.program.steps };
    let of_step = run.engine.trace.entries.iter().filter(|entry| entry.cause.step == Some(step));
    of_step.map(|entry| teller.tell(&entry.event)).find(|told| told.realm != Realm::Step)
}
