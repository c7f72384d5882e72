//! What is judged when a run is over: its steps, its hazards, the worst of it, and what is left.

use super::applies::{applies, matches, parts};
use super::unbegun::{self, name_of, never_began};
use super::words::{found_text, hazard_text, worst_name};
use super::{Expectation, Measured, bounds};
use crate::engine::{Engine, StepRecord};
use crate::hazard::watch::Found;
use crate::hazard::{HazardId, Severity};
use crate::scenario::model::{Case, Expect, HazardExpect, Scenario, Sequence, Step, StepExpect, Worst};
use crate::world::World;
use crate::world::event::Status;

/// All that was expected of a case but states: steps, hazards, the worst, what is left.
pub fn expectations(scenario: &Scenario, case: Case, engine: &Engine, found: &[Found], measured: &Measured<'_>) -> Vec<Expectation> {
    let (program, records, world) = (engine.program(), &engine.records, &engine.world);
    let mut list = steps(scenario, case, engine);
    let parts: Vec<&Expect> = parts(scenario, case).collect();
    if parts.is_empty() {
        return list;
    }
    for expect in &parts {
        // A share of seeds is judged over the seeds, not on one run.
        for item in expect.hazards.iter().filter(|item| item.share.is_none() && applies(scenario, case, &item.scope)) {
            list.push(occurs(world, item, found));
        }
        list.extend(expect.never.iter().map(|(line, hazard)| never(*line, *hazard, found)));
        list.extend(bounds::judge(expect, program, records, world, measured));
    }
    let never_began = never_began(scenario, case, engine);
    list.extend(never_began.map(|(line, what, got)| Expectation { line, what, passed: false, got }));
    list.push(worst(scenario, case, &parts, found));
    list.extend(left(&parts, found));
    list
}

/// How each step that expects something ended. One that was skipped was not tried.
fn steps(scenario: &Scenario, case: Case, engine: &Engine) -> Vec<Expectation> {
    let tried = engine.program().steps.iter().zip(&engine.records).enumerate();
    let tried = tried.filter(|(_, (_, record))| record.status != Status::Skipped);
    let one = |(at, ((_, step), record)): (usize, (&(Sequence, Step), &StepRecord))| {
        let mut judged = ended(step, step.expect.as_ref()?, record, &engine.world);
        if record.began.is_none() {
            judged.got = format!("{}: {}", judged.got, unbegun::why(scenario, case, engine, at));
        }
        Some(judged)
    };
    tried.filter_map(one).collect()
}

/// How much of what a console showed stands beside an expectation, in characters.
const SHOWN: usize = 200;

/// What a console showed, in quotes and short enough to be read beside an expectation: its beginning, and how long it is.
fn shown(output: &str) -> String {
    let output = output.trim_end();
    match output.char_indices().nth(SHOWN) {
        None => format!("{output:?}"),
        Some((at, _)) => format!("{:?}… ({} bytes in all)", &output[..at], output.len()),
    }
}

/// How one step ended.
fn ended(step: &Step, expect: &StepExpect, record: &StepRecord, world: &World) -> Expectation {
    let mut what = Vec::new();
    what.extend(expect.status.map(|status| status.name().to_owned()));
    what.extend(expect.code.as_ref().map(|code| format!("code {code}")));
    what.extend(expect.prints.as_ref().map(|prints| format!("prints {prints:?}")));
    what.extend(expect.exit.map(|exit| format!("exit {exit}")));
    let mut got = record.status.name().to_owned();
    if let Some(code) = &record.code {
        got.push_str(&format!(", code {code}"));
    }
    if let Some(exit) = record.exit.filter(|_| expect.exit.is_some()) {
        got.push_str(&format!(", exit {exit}"));
    }
    if expect.prints.is_some() {
        got.push_str(&format!(", printed {}", shown(&record.output)));
    } else if record.code.is_none() && !record.output.trim().is_empty() && matches!(record.status, Status::Error | Status::Hung) {
        // An error that has no code has only its words.
        got.push_str(&format!(": {}", shown(&record.output)));
    }
    let name = name_of(step, world);
    Expectation { line: expect.line, what: format!("{name}: {}", what.join(", ")), passed: expect.met_by(&record.outcome()), got }
}

/// Whether a hazard that must never occur did not.
fn never(line: u32, hazard: HazardId, found: &[Found]) -> Expectation {
    let first = found.iter().find(|found| found.hazard == hazard);
    Expectation {
        line,
        what: format!("never {}", hazard.doc().name),
        passed: first.is_none(),
        got: first.map_or("never".into(), |found| format!("since {}", found.since)),
    }
}

/// Whether nothing worse was found than the case may show.
fn worst(scenario: &Scenario, case: Case, parts: &[&Expect], found: &[Found]) -> Expectation {
    let (line, allowed, said) = worst_allowed(scenario, case, parts);
    let worst = found.iter().map(|found| found.hazard.doc().severity).max();
    let unsaid = if said { "" } else { " (not said; the worst that `hazards` names, else outage)" };
    Expectation {
        line,
        what: format!("nothing worse than {}{unsaid}", worst_name(allowed)),
        passed: worst <= allowed,
        got: worst_name(worst).into(),
    }
}

/// Whether nothing worse still holds at the end than the last `left` allows.
fn left(parts: &[&Expect], found: &[Found]) -> Option<Expectation> {
    let (line, allowed) = parts.iter().rev().find_map(|expect| expect.left)?;
    let left = found.iter().filter(|found| found.until.is_none()).map(|found| found.hazard.doc().severity).max();
    Some(Expectation {
        line,
        what: format!("at the end nothing worse than {} holds", worst_name(allowed)),
        passed: left <= allowed,
        got: worst_name(left).into(),
    })
}

/// The worst that a case may show: the recovery's explicit one, else the file's, else what the applying items name, else
/// an outage. With its line and whether it was said.
fn worst_allowed(scenario: &Scenario, case: Case, parts: &[&Expect]) -> (u32, Worst, bool) {
    for expect in parts.iter().rev() {
        let by_world = scenario.world_name(case).and_then(|world| expect.worst_by_world.get(world));
        if let Some((line, worst)) = by_world.copied().or(expect.worst) {
            return (line, worst, true);
        }
    }
    let items = parts.iter().flat_map(|expect| &expect.hazards).filter(|item| applies(scenario, case, &item.scope));
    // What must occur in no seed is named to be kept out.
    let items = items.filter(|item| item.share.is_none_or(|(_, most)| most > 0));
    let named = items.map(|item| item.hazard.doc().severity).max();
    (parts[0].line, Some(named.unwrap_or(Severity::Outage)), false)
}

/// Whether a hazard occurs as it is expected, and what comes near it where it doesn't.
fn occurs(world: &World, item: &HazardExpect, found: &[Found]) -> Expectation {
    let same = |found: &&Found| found.hazard == item.hazard;
    let passed = found.iter().filter(same).any(|found| matches(world, item, found));
    let name = item.hazard.doc().name;
    let near: Vec<String> = found.iter().filter(same).take(4).map(|found| found_text(world, found)).collect();
    let got = if passed {
        "it occurs".into()
    } else if near.is_empty() {
        format!("no {name} at all")
    } else {
        near.join("; ")
    };
    Expectation { line: item.line, what: hazard_text(world, item), passed, got }
}
