//! An advice, tried: the case is run again with each of its ways followed, and held against the run as it was. A way helps
//! where it does what the advice is for; it harms where a danger or a corruption is found that was not there before.

use super::follow::{Followed, Past, TIMES, follow};
use crate::base::ids::VmId;
use crate::base::time::{Span, Time};
use crate::engine::{Engine, Options};
use crate::hazard::remedy::{Advice, Aim, At, Remedy, Way, Work};
use crate::hazard::watch::Found;
use crate::hazard::{HazardId, Place, Severity};
use crate::run::{Run, Session};
use crate::scenario::model::Scenario;
use crate::world::event::{Status, StepIx};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How a way came out.
#[derive(Clone, PartialEq, Debug)]
pub struct Trial {
    /// The way, by its place in the advice.
    pub way: usize,
    /// Whether it does what the advice is for.
    pub helped: bool,
    /// What is found of danger and corruption that was not found without it.
    pub harm: Vec<(HazardId, Place)>,
    /// The lines that were typed and not done: as typed, how they ended, what the console showed.
    pub refused: Vec<(String, Status, String)>,
}

impl Trial {
    /// It helps, all of it can be done, and nothing comes of it.
    pub fn good(&self) -> bool {
        self.helped && self.harm.is_empty() && self.refused.is_empty()
    }
}

/// Tries all ways of an advice about a finding of a run. Where a way leaves the time open ("sooner"), the first time that is
/// good is told, else the best of all.
///
/// What was done after the finding was not done by whoever followed the advice, who would have been somewhere else: those
/// steps are left out, in the run that it is held against too.
pub fn tries(scenario: &Scenario, options: &Options, run: &Run, found: &Found, advice: &Advice) -> Vec<Trial> {
    let past = Past { program: &run.program, records: &run.engine.records, end: run.end };
    let ways = advice.ways.iter().enumerate();
    ways.map(|(at, way)| {
        let over = match advice.aim {
            Aim::Less | Aim::Passes(_) => found.until.unwrap_or(Time::NEVER),
            _ => found.since,
        };
        let later = later(past, over, way);
        let mut program = run.program.as_ref().clone();
        program.end_at(past.horizon(way));
        let unfollowed = Followed { program, left_out: BTreeMap::new(), typed: Vec::new() };
        let before = outcome(scenario, options, unfollowed, &later);
        let open = |remedy: &Remedy| matches!(remedy, Remedy::Do(At::Within(..), _) | Remedy::Sooner(..));
        let parts = if way.iter().any(open) { 0..TIMES } else { 0..1 };
        let mut best: Option<Trial> = None;
        for part in parts {
            let after = outcome(scenario, options, follow(past, way, part), &later);
            let trial = Trial {
                way: at,
                helped: helps(advice.aim, found, &before, &after),
                harm: after.grave.iter().copied().filter(|grave| !before.had(*grave) && !is_price(way, *grave, &after)).collect(),
                refused: after.refused,
            };
            if trial.good() {
                return trial;
            }
            let worse = |one: &Trial| (one.harm.len(), !one.helped, one.refused.len());
            if best.as_ref().is_none_or(|best| worse(&trial) < worse(best)) {
                best = Some(trial);
            }
        }
        best.expect("each way is tried once at least")
    })
    .collect()
}

/// How long a master that was just made one may doubt members that it tells of itself: it waits for each that does not answer.
const DOUBT: Span = Span::mins(5);

/// Where somebody is made the master because the old one can't be brought back, the copy that he has rules, the newest there
/// is and a danger all the same; and for as long as `pool-recover-slaves` takes he holds the others for dead.
fn is_price(way: &Way, (hazard, place): (HazardId, Place), after: &Outcome) -> bool {
    let promotes = |remedy: &Remedy| match remedy {
        Remedy::Do(_, Work::Type(machine, line)) => (line == "xe pool-emergency-transition-to-master").then_some(*machine),
        _ => None,
    };
    let Some(master) = way.iter().find_map(promotes) else { return false };
    let here = || after.found.iter().filter(|found| (found.hazard, found.place) == (hazard, place));
    match hazard.doc().name {
        "stale-database" => place == Place::Host(master),
        "presumed-dead-alive" => here().all(|found| found.until.is_some_and(|until| until.since(found.since) <= DOUBT)),
        _ => false,
    }
}

/// The steps that began after an instant, and where something is done when the run is over, those that never did.
fn later(past: Past<'_>, over: Time, way: &Way) -> BTreeMap<StepIx, Span> {
    let at_end = way.iter().any(|remedy| matches!(remedy, Remedy::Do(At::End, _)));
    let own: BTreeSet<StepIx> = way
        .iter()
        .filter_map(|remedy| match remedy {
            Remedy::LeaveOut(step) | Remedy::Spare(step, _) | Remedy::Retype { step, .. } | Remedy::Sooner(step, _) => Some(*step),
            Remedy::Do(..) => None,
        })
        .collect();
    let all = (0..past.records.len()).map(|at| StepIx(at as u16));
    let is_later = |step: &StepIx| match past.records[usize::from(step.0)].began {
        Some(began) => began > over,
        None => at_end,
    };
    all.filter(|step| is_later(step) && !own.contains(step)).map(|step| (step, past.took(step))).collect()
}

/// What is asked of a run.
struct Outcome {
    steps: Vec<(Option<Time>, Option<String>)>,
    end: Time,
    found: Vec<Found>,
    grave: BTreeSet<(HazardId, Place)>,
    downtime: BTreeMap<VmId, Span>,
    refused: Vec<(String, Status, String)>,
}

fn outcome(scenario: &Scenario, options: &Options, followed: Followed, later: &BTreeMap<StepIx, Span>) -> Outcome {
    let Followed { program, mut left_out, typed } = followed;
    left_out.extend(later.iter().map(|(step, took)| (*step, *took)));
    let options = Options { masked: left_out, silent: true, ..options.clone() };
    let run = Session::unjudged(Engine::with_program(scenario, Arc::new(program), options)).finish();
    let grave = run.found.iter().filter(|found| found.hazard.severity() >= Severity::Danger).map(|found| (found.hazard, found.place));
    let records = &run.engine.records;
    let refused = typed.into_iter().filter(|step| records[usize::from(step.0)].status != Status::Ok).map(|step| {
        let record = &records[usize::from(step.0)];
        let text = match &run.program.steps[usize::from(step.0)].1.deed {
            crate::scenario::model::Deed::Run(script) => script.text.clone(),
            _ => String::new(),
        };
        (text, record.status, record.output.clone())
    });
    let steps = records.iter().map(|record| (record.began, record.code.clone())).collect();
    Outcome { steps, end: run.end, grave: grave.collect(), downtime: run.downtime.clone(), refused: refused.collect(), found: run.found }
}

impl Outcome {
    /// Whether a danger was there. Who was forgotten while he lived would have been held for dead, had he not been forgotten.
    fn had(&self, (hazard, place): (HazardId, Place)) -> bool {
        let forgotten = HazardId::find("forgotten-host-alive").filter(|_| hazard.doc().name == "presumed-dead-alive");
        self.grave.contains(&(hazard, place)) || forgotten.is_some_and(|forgotten| self.grave.contains(&(forgotten, place)))
    }
}

fn helps(aim: Aim, finding: &Found, before: &Outcome, after: &Outcome) -> bool {
    let here = |outcome: &Outcome| -> Vec<Found> {
        outcome.found.iter().filter(|found| (found.hazard, found.place) == (finding.hazard, finding.place)).cloned().collect()
    };
    let long = |outcome: &Outcome| here(outcome).iter().map(|found| found.until.unwrap_or(outcome.end).since(found.since).0).sum::<u64>();
    match aim {
        Aim::Never => here(after).len() < here(before).len(),
        Aim::Less => {
            let down = |outcome: &Outcome| match finding.place {
                Place::Vm(vm) => outcome.downtime.get(&vm).map_or(0, |span| span.0),
                _ => 0,
            };
            let stays_open = finding.until.is_none() && here(after).iter().any(|found| found.until.is_none());
            (long(after) < long(before) || down(after) < down(before)) && !stays_open
        }
        Aim::Passes(step) => after.steps[usize::from(step.0)].1 != before.steps[usize::from(step.0)].1,
        Aim::NotWhen(step) => after.steps[usize::from(step.0)]
            .0
            .is_none_or(|began| !here(after).iter().any(|found| found.since <= began && found.until.is_none_or(|until| began < until))),
        Aim::Nothing | Aim::NoWorse | Aim::ByHand => true,
    }
}
