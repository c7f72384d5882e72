//! What comes of a plan, and what would come of it without one of its steps: that is why the step is there.

use super::field::{Harm, is_doubt};
use super::lay::{self, Line, with_steps};
use crate::base::ids::{MachineId, VmId};
use crate::base::time::Span;
use crate::engine;
use crate::hazard::watch::Found;
use crate::hazard::{HazardId, Severity};
use crate::judge::{self, Missed};
use crate::run::{self, Run};
use crate::scenario::model::{Case, Scenario, Sequence};
use crate::world::event::Status;
use std::collections::BTreeMap;

/// What comes of a recovery in one world.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
    /// The first of the worst that began after the recovery began, as a sentence.
    pub harm: Option<(HazardId, String)>,
    /// What was missed of the goal.
    pub missed: Vec<String>,
    /// Steps that did not end well, and how.
    pub refused: Vec<(String, String)>,
    /// The gravest of what began after the recovery began.
    pub worst: Option<Severity>,
    /// The gravest of the whole run.
    pub worst_of_run: Option<Severity>,
    /// How long each VM was down.
    pub downtime: BTreeMap<VmId, Span>,
    /// Where the VMs that ran at the start run at the end.
    pub runs: Vec<(VmId, Vec<MachineId>)>,
    /// The recovery began.
    pub began: bool,
    /// The run came to its own end.
    whole: bool,
}

impl Outcome {
    /// Safe, and the goal is reached.
    pub fn good(&self) -> bool {
        self.harm.is_none() && self.missed.is_empty() && self.whole
    }

    /// The same, but for the doubt of a new master.
    pub(super) fn good_but_for_doubt(&self) -> bool {
        self.harm.as_ref().is_none_or(|(hazard, _)| is_doubt(*hazard)) && self.missed.is_empty() && self.whole
    }

    pub(super) fn of(scenario: &Scenario, case: Case, run: &Run, harm: Harm) -> Outcome {
        let world = &run.engine.world;
        let began = run.engine.recovery_began;
        let harm = harm(&run.found, began);
        let refused = run.program.steps.iter().zip(&run.engine.records).filter(|((sequence, _), _)| *sequence == Sequence::Recovery);
        let refused = refused.filter_map(|((_, step), record)| {
            let how = match (record.status, &record.code) {
                (Status::Ok | Status::Skipped | Status::NotBegun, _) => return None,
                (Status::Error, Some(code)) => format!("ends with {code}"),
                (Status::Error, None) => format!("fails: {}", record.output.trim_end().lines().last().unwrap_or("nothing is shown")),
                (Status::Hung, _) => "hangs".into(),
                (Status::GivenUp, _) => "is waited for in vain".into(),
            };
            Some((step.key.clone(), how))
        });
        let ran = |vm: &VmId| !scenario.pool.vms[vm.at()].running_on.is_empty();
        Outcome {
            harm: harm.map(|found| (found.hazard, found.sentence(world))),
            missed: judge::goal(scenario, case, world).iter().map(|missed| words(missed, run)).collect(),
            refused: refused.collect(),
            worst: worst(run.found.iter().filter(|found| began.is_some_and(|began| found.since > began))),
            worst_of_run: run.worst(),
            downtime: run.downtime.clone(),
            runs: world.names.vm_ids().filter(ran).map(|vm| (vm, world.runs_on(vm).collect())).collect(),
            began: began.is_some(),
            whole: run.engine.cut_short.is_none(),
        }
    }
}

/// What was missed, and what is so instead.
pub fn words(missed: &Missed, run: &Run) -> String {
    let world = &run.engine.world;
    match missed {
        Missed::Vm(vm) => {
            let on: Vec<&str> = world.runs_on(*vm).map(|machine| world.names.machine(machine)).collect();
            let name = world.names.vm(*vm);
            if on.is_empty() { format!("{name} runs nowhere") } else { format!("{name} runs on {}", on.join(" and ")) }
        }
        Missed::State { what, got, .. } => format!("{what} is missed (it is {got})"),
    }
}

/// A scenario's one recovery in every world.
pub(super) fn outcomes(scenario: &Scenario, options: &engine::Options, harm: Harm) -> Vec<Outcome> {
    let cases = scenario.cases();
    crate::search::each::map(cases.len(), |at| Outcome::of(scenario, cases[at], &run::run(scenario, cases[at], options.clone(), &[]), harm))
}

/// What comes of a plan without one of its steps.
#[derive(Clone, PartialEq, Debug)]
pub struct Why {
    /// In which world, by its place.
    pub world: usize,
    /// What begins there.
    pub hazard: Option<HazardId>,
    /// What comes of it, as a sentence.
    pub what: String,
    /// What whoever did not look took for seen, where the step decides what is done next.
    pub taken_for: Option<usize>,
}

/// Every step of a plan left out by itself: what comes of that, in the first world in which it is worst.
pub(super) fn why(stage: &Scenario, lines: &[Line], options: &engine::Options, harm: Harm) -> BTreeMap<String, Why> {
    let mut all = BTreeMap::new();
    let whole = outcomes(&with_steps(stage, lines), options, harm);
    for line in lay::all(lines) {
        let mut found: Option<(u8, Why)> = None;
        for (way, left) in lay::without(lines, &line.id).iter().enumerate() {
            for (world, outcome) in outcomes(&with_steps(stage, left), options, harm).iter().enumerate() {
                let Some((rank, hazard, what)) = told(outcome, &whole[world]) else { continue };
                if found.as_ref().is_none_or(|(worst, _)| rank > *worst) {
                    let taken_for = (!line.ways.is_empty()).then_some(way);
                    found = Some((rank, Why { world, hazard, what, taken_for }));
                }
            }
        }
        all.extend(found.map(|(_, why)| (line.id.clone(), why)));
    }
    all
}

/// What is wrong with an outcome, and how grave that is; `None` where nothing is. What is refused in the whole plan, too, such as
/// a look that finds nobody, is no reason.
fn told(outcome: &Outcome, whole: &Outcome) -> Option<(u8, Option<HazardId>, String)> {
    if let Some((hazard, sentence)) = &outcome.harm {
        let rank = if hazard.doc().severity == Severity::Corruption { 3 } else { 2 };
        return Some((rank, Some(*hazard), format!("{} ({})", sentence, hazard.doc().name)));
    }
    let missed = outcome.missed.first()?;
    let refused = outcome
        .refused
        .iter()
        .find(|refused| !whole.refused.contains(refused))
        .map_or_else(String::new, |(step, how)| format!("{step} {how}, and "));
    Some((1, None, format!("{refused}{missed}")))
}

/// The gravest of some findings.
fn worst<'f>(found: impl Iterator<Item = &'f Found>) -> Option<Severity> {
    found.map(|found| found.hazard.doc().severity).max()
}
