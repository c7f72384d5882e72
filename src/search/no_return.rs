//! The point of no return: the last instant at which some ordinary steps would still have kept a danger or a corruption away, and which.
//!
//! From the finding back to the beginning each event of the run is an instant, and so is the millisecond before it: in between nothing
//! changes that anybody tells. There the run is made again: what the operator has begun
//! by then goes on, and instead of what he did next he does nothing more, or one or two of the moves that `poolsim plan` has for
//! the pool as it stands then (acts, and commands; no looks), at once. It is prevented where the hazard does not come at its place
//! any more and no other danger or corruption comes that was not there. Timeline, world and other operators are as they were.
//!
//! Shorter ways are tried before longer ones, and one run serves all findings. What it may cost is bounded by tries and by work.

use super::{each, plan};
use crate::base::ids::MachineId;
use crate::base::time::{Span, Time};
use crate::engine::{Engine, Options};
use crate::hazard::watch::Found;
use crate::hazard::{HazardId, Place, Severity};
use crate::run::{Run, Session};
use crate::scenario::model::{Deed, Scenario, Sequence, Step, When};
use crate::search::plan::{Kind, Move};
use crate::world::World;
use crate::world::event::StepIx;
use std::collections::BTreeSet;
use std::sync::Arc;

/// For how many findings it is looked for: the gravest, of these the first.
pub const FINDINGS_MOST: usize = 20;
/// How many ways are tried at most, for all findings together.
pub const TRIES_MOST: usize = 600;
/// The most steps of a way.
pub const STEPS_MOST: usize = 2;
/// Right before.
pub const BESIDE: Span = Span::millis(1);
/// So many ways are tried between two looks at what they came to.
const CHUNK: usize = 32;
/// As much work may all of it be: a second or two, on machines of today.
pub const WORK_MOST: u64 = 10_000_000;

/// So many runs like the one that is asked about must be to be had, or none is begun.
const RUNS_LEAST: u64 = 50;

/// Up to when harm could be kept away.
#[derive(Clone, PartialEq, Debug)]
pub enum NoReturn {
    /// It was not asked, or the finding is no danger and no corruption.
    NotSought,
    /// Until this instant, that included, and by what: the last of the ways with the fewest steps. No step: by doing nothing more.
    Until(Time, Vec<Step>),
    /// No way of so few steps keeps it away, at no instant of the run.
    Never,
    /// A bound was met before it was found.
    Bound,
}

/// A place where a hazard holds.
pub(super) type Site = (HazardId, Place);

/// Looks for it, for each finding of a run; `options` are those of the run.
pub fn no_return(scenario: &Scenario, options: &Options, run: &Run) -> Vec<NoReturn> {
    let mut came = vec![NoReturn::NotSought; run.found.len()];
    let mut order: Vec<usize> = (0..run.found.len()).filter(|at| grave(&run.found[*at])).collect();
    order.sort_by_key(|at| std::cmp::Reverse(run.found[*at].hazard.severity()));
    order.truncate(FINDINGS_MOST);
    let work = options.max_work.min(WORK_MOST);
    // Of a run that is so much work by itself no search comes to an end.
    if run.engine.work().saturating_mul(RUNS_LEAST) > work {
        order.into_iter().for_each(|at| came[at] = NoReturn::Bound);
        return came;
    }
    let Some(last) = order.iter().map(|at| run.found[*at].since).max() else { return came };
    let mut search = Search { scenario, options, run, there: sites(&run.found), tries: TRIES_MOST, work };
    let mut instants: Vec<Time> = run.engine.trace.entries.iter().map(|entry| entry.at).filter(|at| *at <= last).collect();
    instants.insert(0, Time::ZERO);
    instants.dedup();
    // Right before an event as well, since until then what kept harm away after the one before may still do.
    let right_before = |pair: &[Time]| Some(pair[1].0.checked_sub(BESIDE.0).map(Time)?).filter(|before| *before > pair[0]);
    let before: Vec<Time> = instants.windows(2).filter_map(right_before).collect();
    instants.extend(before);
    instants.sort_unstable_by(|a, b| b.cmp(a));
    let mut open: Vec<usize> = order;
    for at in instants {
        let asked: Vec<usize> = open.iter().copied().filter(|place| run.found[*place].since > at).collect();
        if asked.is_empty() {
            continue;
        }
        let found: Vec<&Found> = asked.iter().map(|place| &run.found[*place]).collect();
        let Some(ways) = search.at(at, &found) else { break };
        for (place, way) in asked.into_iter().zip(ways) {
            if let Some(way) = way {
                came[place] = NoReturn::Until(at, way);
                open.retain(|other| *other != place);
            }
        }
        if open.is_empty() {
            return came;
        }
    }
    let ended = if search.tries == 0 || search.work == 0 { NoReturn::Bound } else { NoReturn::Never };
    open.into_iter().for_each(|place| came[place] = ended.clone());
    came
}

/// Whether it is looked for at all.
pub(super) fn grave(found: &Found) -> bool {
    found.hazard.severity() >= Severity::Danger
}

/// What is done at an instant instead of what was done, and whether it keeps something away: for tests, and whoever wants to see it.
/// The run with that.
pub fn instead(scenario: &Scenario, options: &Options, run: &Run, at: Time, way: &[Step]) -> Run {
    let (mut session, lane) = before(scenario, options, run, at);
    for (nth, next) in way.iter().enumerate() {
        session.engine.extend_with(lane, numbered(nth, next));
    }
    session.finish()
}

/// All ways of so many steps at most that are tried at an instant.
pub fn ways(scenario: &Scenario, options: &Options, run: &Run, at: Time, steps: usize) -> Vec<Vec<Step>> {
    let (session, _) = before(scenario, options, run, at);
    let moves = moves(scenario, &[&stands(session, at)]);
    let mut all: Vec<Vec<Step>> = vec![Vec::new()];
    let mut ends: Vec<Vec<Step>> = vec![Vec::new()];
    for _ in 0..steps {
        ends = ends.iter().flat_map(|end| moves.iter().map(|more| [&end[..], std::slice::from_ref(more)].concat())).collect();
        all.extend(ends.iter().cloned());
    }
    all
}

/// The dangers and corruptions that are there.
pub(super) fn sites(found: &[Found]) -> BTreeSet<Site> {
    found.iter().filter(|found| found.hazard.severity() >= Severity::Danger).map(|found| (found.hazard, found.place)).collect()
}

/// The number of one more sequence beside those of a run.
fn beside(run: &Run) -> u8 {
    let operators = run.program.steps.iter().filter_map(|(sequence, _)| match sequence {
        Sequence::Operator(at) => Some(*at + 1),
        _ => None,
    });
    operators.max().unwrap_or(0)
}

/// The run without what the recovery had not begun at an instant, just before it; and the number of the sequence in which more may
/// be done from that instant on.
pub(super) fn before(scenario: &Scenario, options: &Options, run: &Run, at: Time) -> (Session, Sequence) {
    let records = &run.engine.records;
    let begun: Vec<StepIx> = run
        .program
        .order(Sequence::Recovery)
        .iter()
        .copied()
        .filter(|step| records[usize::from(step.0)].began.is_some_and(|began| began <= at))
        .collect();
    let mut program = run.program.in_order(begun);
    program.end_at(run.end);
    let since = at.since(Time::ZERO);
    let first = Step { when: When::At((since, since)), ..step(Deed::Note(String::new()), scenario.pool.master) };
    program.beside(vec![first]);
    let options = Options { silent: true, ..options.clone() };
    let mut session = Session::unjudged(Engine::with_program(scenario, Arc::new(program), options));
    while session.engine.next_at().is_some_and(|next| next < at) {
        session.step();
    }
    (session, Sequence::Operator(beside(run)))
}

/// The world as it stands when all that is due at an instant has been done.
pub(super) fn stands(mut session: Session, at: Time) -> World {
    while session.engine.next_at().is_some_and(|next| next <= at) {
        session.step();
    }
    session.engine.world
}

/// What an ordinary operator may do where the pool stands as in one of some worlds: acts and commands.
pub(super) fn moves(scenario: &Scenario, worlds: &[&World]) -> Vec<Step> {
    let acts = |one: &Move| matches!(one.kind, Kind::Act | Kind::Run);
    plan::moves_at(scenario, worlds).into_iter().filter(acts).map(|one| step(one.step.deed, one.step.host)).collect()
}

/// A deed as a step that is done at once.
fn step(deed: Deed, host: MachineId) -> Step {
    let when = When::AfterPrevious((Span::ZERO, Span::ZERO));
    Step::made("instead", when, deed, host)
}

/// The same as the n-th of a way.
pub(super) fn numbered(nth: usize, step: &Step) -> Step {
    Step { key: format!("instead: {}", nth + 1), ..step.clone() }
}

struct Search<'a> {
    scenario: &'a Scenario,
    options: &'a Options,
    run: &'a Run,
    /// What is there of danger and corruption.
    there: BTreeSet<Site>,
    tries: usize,
    work: u64,
}

impl Search<'_> {
    /// What would keep each of some findings away at an instant; `None` where a bound is met.
    fn at(&mut self, at: Time, found: &[&Found]) -> Option<Vec<Option<Vec<Step>>>> {
        let (session, lane) = before(self.scenario, self.options, self.run, at);
        self.work = self.work.saturating_sub(session.engine.work());
        let moves = moves(self.scenario, &[&stands(session.clone(), at)]);
        let mut ways: Vec<Option<Vec<Step>>> = vec![None; found.len()];
        let mut level: Vec<Vec<usize>> = vec![Vec::new()];
        for steps in 0..=STEPS_MOST {
            if ways.iter().all(Option::is_some) {
                break;
            }
            if steps > 0 {
                let longer = level.iter().flat_map(|way| (0..moves.len()).map(|next| [&way[..], &[next]].concat()));
                // More than may be tried need not be listed.
                level = longer.take(self.tries + CHUNK).collect();
            }
            for chunk in level.chunks(CHUNK) {
                if self.tries < chunk.len() || self.work == 0 {
                    (self.tries, self.work) = (0, 0);
                    // What was found is found.
                    return if ways.iter().any(Option::is_some) { Some(ways) } else { None };
                }
                self.tries -= chunk.len();
                let one = |nth: usize| {
                    let mut session = session.clone();
                    let before = session.engine.work();
                    for (nth, next) in chunk[nth].iter().enumerate() {
                        session.engine.extend_with(lane, numbered(nth, &moves[*next]));
                    }
                    let run = session.finish();
                    (run.engine.work() - before, run.found)
                };
                for (way, (work, after)) in chunk.iter().zip(each::map(chunk.len(), one)) {
                    self.work = self.work.saturating_sub(work);
                    let harmless = sites(&after).is_subset(&self.there);
                    for (finding, prevented) in found.iter().zip(&mut ways) {
                        if prevented.is_none() && harmless && !comes(&after, finding, at) {
                            *prevented = Some(way.iter().map(|next| moves[*next].clone()).collect());
                        }
                    }
                }
            }
        }
        Some(ways)
    }
}

/// Whether a finding comes after an instant.
fn comes(after: &[Found], finding: &Found, at: Time) -> bool {
    after.iter().any(|found| (found.hazard, found.place) == (finding.hazard, finding.place) && found.since > at)
}
