//! What should have been done about each finding of a run: what its hazard says, looking back. It is tried before it is told;
//! where it does not help, or harms, what is more roundabout is tried, and told instead.

use super::because::Link;
use super::history::hindsight;
use super::trial::{Trial, Trials};
use crate::engine::Options;
use crate::hazard::remedy::{Advice, Aim};
use crate::run::Run;
use crate::scenario::model::Scenario;
use crate::world::event::StepIx;
use std::collections::BTreeMap;

/// So many advices of one kind are tried: about one hazard, of one cause, and for the same.
const ALIKE_MOST: u64 = 8;
/// Fewer where a run is much work by itself: so much together, and one in any case.
const ALIKE_WORK: u64 = 2_000_000;

/// The advice for each finding of a run, by its place. `options` are those of the run; `causes` are the findings' causes, by
/// place too. The gravest findings' advice is tried first; beyond the bounds of [`Trials`], and of many that are alike, it is told untried.
pub fn advice(scenario: &Scenario, options: &Options, run: &Run, causes: &[Vec<Link>]) -> Vec<Advice> {
    let past = hindsight(scenario, run);
    let steps = |at: usize| -> Vec<StepIx> {
        let links = causes.get(at).into_iter().flatten();
        let steps = links.filter_map(|link| match link {
            Link::Step(step) => Some(*step),
            Link::Belief(_) => None,
        });
        steps.collect()
    };
    let mut all: Vec<Advice> = run.found.iter().enumerate().map(|(at, found)| found.advice(&past, &steps(at))).collect();
    let mut order: Vec<usize> = (0..run.found.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(run.found[*at].hazard.severity()));
    let mut trials = Trials::new(scenario, options, run);
    let mut tried_of = BTreeMap::new();
    let most = (ALIKE_WORK / run.engine.work().max(1)).clamp(1, ALIKE_MOST);
    for at in order {
        let found = &run.found[at];
        // Hundreds of one kind, one a host, come of one thing, and the first few speak for all.
        let alike = tried_of.entry((found.hazard, steps(at), all[at].aim, all[at].ways.len())).or_insert(0);
        *alike += 1;
        if *alike > most {
            continue;
        }
        let Some(tried) = trials.of(found, &all[at]) else { break };
        if tried.iter().all(Trial::good) {
            continue;
        }
        // Of several ways that the words offer one may do, but the words offer them all.
        let mut instead = None;
        for resort in found.resorts(&past, &steps(at), &all[at]) {
            let Some(tried) = trials.of(found, &resort) else { return all };
            if tried.iter().all(Trial::good) {
                instead = Some(resort);
                break;
            }
        }
        all[at] = instead.unwrap_or_else(|| no_way_out(run, &all[at], &tried));
    }
    all
}

/// What is usually done, and what comes of it here.
fn no_way_out(run: &Run, usual: &Advice, tried: &[Trial]) -> Advice {
    let world = &run.engine.world;
    let Some(failed) = tried.iter().find(|trial| !trial.good()) else { return usual.clone() };
    let outcome = match (failed.harm.first(), failed.refused.first()) {
        (Some((hazard, place)), _) => format!("tried in this run, it brings {} of {}", hazard.doc().name, place.name(&world.names)),
        (None, Some((line, _, output))) => {
            let said = output.lines().next().unwrap_or("").trim_end_matches('.');
            format!("tried in this run, `{line}` ends with \"{said}\"")
        }
        (None, None) => "tried in this run, it is not enough".to_owned(),
    };
    debug_assert!(!matches!(usual.aim, Aim::Nothing | Aim::ByHand), "there is nothing to try");
    Advice::no_way_out(format!("no ordinary way out was found: usual is to {}; {outcome}", usual.text))
}
