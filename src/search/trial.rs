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

/// How many runs the trials of a case may be.
const RUNS_MAX: usize = 2_000;

/// How much work they may be, together: so many times that of the run itself, and in any case this much.
const TIMES_THE_RUN: u64 = 10;
const WORK_LEAST: u64 = 40_000_000;

/// Tries advice about the findings of one run, as far as its bounds go.
pub struct Trials<'a> {
    scenario: &'a Scenario,
    options: &'a Options,
    run: &'a Run,
    /// Runs in which nothing is followed, by what is left out in them and by their end.
    before: BTreeMap<(BTreeMap<StepIx, Span>, Time), Outcome>,
    runs: usize,
    work: u64,
}

impl<'a> Trials<'a> {
    /// Of a run, with the options that it was made with.
    pub fn new(scenario: &'a Scenario, options: &'a Options, run: &'a Run) -> Trials<'a> {
        let work = (run.engine.work().saturating_mul(TIMES_THE_RUN)).saturating_add(WORK_LEAST).min(options.max_work);
        Trials { scenario, options, run, before: BTreeMap::new(), runs: RUNS_MAX, work }
    }

    /// Tries all ways of an advice about a finding. Where a way leaves the time open ("sooner"), the first time that is good is
    /// told, else the best of all. `None` where no more runs are to be had.
    ///
    /// What was done after the finding was not done by whoever followed the advice, who would have been somewhere else: those
    /// steps are left out, in the run that it is held against too.
    pub fn of(&mut self, found: &Found, advice: &Advice) -> Option<Vec<Trial>> {
        advice.ways.iter().enumerate().map(|(at, way)| self.way(found, advice.aim, at, way)).collect()
    }

    fn way(&mut self, found: &Found, aim: Aim, at: usize, way: &Way) -> Option<Trial> {
        let past = Past { program: &self.run.program, records: &self.run.engine.records, end: self.run.end };
        let over = match aim {
            Aim::Less | Aim::Passes(_) => found.until.unwrap_or(Time::NEVER),
            _ => found.since,
        };
        let later = later(past, over, way);
        let end = past.horizon(way);
        let key = (later.clone(), end);
        if !self.before.contains_key(&key) {
            let mut program = self.run.program.as_ref().clone();
            program.end_at(end);
            let unfollowed = Followed { program, left_out: BTreeMap::new(), typed: Vec::new() };
            let outcome = self.outcome(unfollowed, &later)?;
            self.before.insert(key.clone(), outcome);
        }
        let open = |remedy: &Remedy| matches!(remedy, Remedy::Do(At::Within(..), _) | Remedy::Sooner(..));
        let parts = if way.iter().any(open) { 0..TIMES } else { 0..1 };
        let mut best: Option<Trial> = None;
        for part in parts {
            let after = self.outcome(follow(past, way, part), &later)?;
            let before = &self.before[&key];
            let trial = Trial {
                way: at,
                helped: helps(aim, found, before, &after),
                harm: after.grave.iter().copied().filter(|grave| !before.had(*grave) && !is_price(way, *grave, &after)).collect(),
                refused: after.refused,
            };
            if trial.good() {
                return Some(trial);
            }
            let worse = |one: &Trial| (one.harm.len(), !one.helped, one.refused.len());
            if best.as_ref().is_none_or(|best| worse(&trial) < worse(best)) {
                best = Some(trial);
            }
        }
        best
    }

    fn outcome(&mut self, followed: Followed, later: &BTreeMap<StepIx, Span>) -> Option<Outcome> {
        if self.runs == 0 || self.work == 0 {
            return None;
        }
        let options = Options { max_work: self.work, ..self.options.clone() };
        let (outcome, work) = outcome(self.scenario, &options, followed, later);
        self.runs -= 1;
        self.work = self.work.saturating_sub(work);
        Some(outcome)
    }
}

/// How long a master that was just made one may doubt members that it tells of itself: it waits for each that does not answer.
pub(super) const DOUBT: Span = Span::mins(5);

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

fn outcome(scenario: &Scenario, options: &Options, followed: Followed, later: &BTreeMap<StepIx, Span>) -> (Outcome, u64) {
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
    let work = run.engine.work();
    let outcome = Outcome {
        steps,
        end: run.end,
        grave: grave.collect(),
        downtime: run.downtime.clone(),
        refused: refused.collect(),
        found: run.found,
    };
    (outcome, work)
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
        Aim::Nothing | Aim::NoWorse | Aim::ByHand | Aim::NoWayOut => true,
    }
}
