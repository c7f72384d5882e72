//! A finding: the scenario that shows it, and the smallest that does so by its faults.

use super::cause::Caused;
use super::combination::{grave, with_faults};
use super::{Explorer, Finding};
use crate::base::time::Span;
use crate::engine::{self, Engine, Program};
use crate::run::{Run, Session};
use crate::scenario::model::{Case, Deed, Scenario};
use crate::scenario::words;
use crate::search::shrink::{Target, shrink_kept};
use crate::world::event::StepIx;
use crate::world::inventory::Inventory;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

/// So many scenarios are tried at most for each finding.
const TRIES: u64 = 1_500;

/// A cause, told and shrunk.
pub(super) fn finding(explorer: &Explorer<'_>, caused: &Caused) -> Finding {
    let strikes = explorer.strikes(&caused.first.combination);
    let (mut scenario, case) = with_faults(&explorer.scenario, explorer.case, &strikes);
    scenario.seed = caused.first.seed;
    let (run, own) = explorer.run(&caused.first.combination, caused.first.seed, &BTreeMap::new());
    let world = &run.engine.world;
    let site = caused.cause.site;
    let found = grave(&run.found).find(|found| (found.hazard, found.place) == site).expect("what was found is found again");
    let target = Target::of(found, &world.names);
    // The faults' steps stand in one row.
    let moved = |step: &u16| match own.first() {
        Some(first) if first.0 <= *step => StepIx(step + own.len() as u16),
        _ => StepIx(*step),
    };
    let wanted: Vec<String> = strikes.iter().map(|strike| strike.bare_words(&world.names)).collect();
    let keep = |small: &Scenario, case: Case, _: &Run| takes_all(small, case, &wanted, &target);
    let mut go_on =
        |tried: u64| if tried >= TRIES || (explorer.hooks.stopped)() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let told: Vec<String> = strikes.iter().map(|strike| strike.words(&world.names)).collect();
    let about = format!("What breaks beside {}: {} shows {}.", scenario.name, told.join(" and "), target.words());
    let small = shrink_kept(&scenario, case, (&target, caused.first.seed), &about, &keep, &mut go_on);
    Finding {
        severity: site.0.severity(),
        what: found.sentence(world),
        steps: caused.cause.steps.iter().map(moved).collect(),
        shapes: caused.shapes.clone(),
        shows: caused.shows,
        seed: caused.first.seed,
        round: caused.first.round,
        target,
        strikes,
        scenario,
        case,
        small,
    }
}

/// Whether a scenario still has all of some faults, and does not show a target without them.
fn takes_all(scenario: &Scenario, case: Case, wanted: &[String], target: &Target) -> bool {
    let program = Program::new(scenario, case);
    let mut left: Vec<&String> = wanted.iter().collect();
    let mut masked: BTreeMap<StepIx, Span> = BTreeMap::new();
    for (at, (_, step)) in program.steps.iter().enumerate() {
        let Some(words) = fault_words(&step.deed, &scenario.pool.names) else { continue };
        if let Some(place) = left.iter().position(|wanted| **wanted == words) {
            left.remove(place);
            masked.insert(StepIx(at as u16), Span::ZERO);
        }
    }
    if !left.is_empty() {
        return false;
    }
    let options = engine::Options { seed: scenario.seed, masked, silent: true, max_events: 2_000_000, ..engine::Options::default() };
    let without = Session::unjudged(Engine::with_program(scenario, Arc::new(program), options)).finish();
    target.found_in(&without).is_none()
}

/// A fault in words, however long it lasts.
fn fault_words(deed: &Deed, names: &Inventory) -> Option<String> {
    match deed {
        Deed::Fault { fault, .. } => {
            Some(words::text(&Deed::Fault { fault: fault.clone(), lasts: None, every: None, times: 1, mean: None }, names))
        }
        _ => None,
    }
}
