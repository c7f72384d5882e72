//! Runs many orders, each beginning that some of them share but once: where a recovery is about to have no further step, the
//! run is cloned for every step that may be the next.
//!
//! A run is branched between two instants, before the one in which the recovery would begin or wait for its next step: until
//! then nothing hangs on which that is. That instant is found by going ahead once with what is there.

use super::choice::{Choice, Order};
use super::{Class, Verdict};
use crate::base::time::Time;
use crate::engine::{self, Engine};
use crate::hazard::Severity;
use crate::hazard::watch::Found;
use crate::judge;
use crate::run::Session;
use crate::scenario::model::{Begin, Case, Scenario, Sequence};
use crate::search::each;
use std::sync::Arc;

/// As much may be done for one question, in things that were due: minutes, on machines of today.
const WORK_MOST: u64 = 4_000_000_000;
/// So many turns are made between two looks at whether to stop.
const TURNS: u32 = 1_024;

/// Of so many worlds the common beginning is kept; of more it is run anew for each part of the orders, which takes no room.
const KEPT_MOST: usize = 64;

/// Who looks on: is told how far it came, and asked whether it goes on.
#[derive(Clone, Copy)]
pub struct Hooks<'h> {
    /// So many more runs are judged.
    pub done: &'h (dyn Fn(u64) + Sync),
    /// Whether to end before its time.
    pub stopped: &'h (dyn Fn() -> bool + Sync),
}

/// How it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// All was run.
    All,
    /// Somebody stopped it.
    Stopped,
    /// More would have been too much work.
    Bound,
}

/// What comes of an order in one world.
#[derive(Clone, Copy, Debug)]
struct Outcome {
    class: Class,
    hazard: Option<crate::hazard::HazardId>,
    cut_short: bool,
}

/// A run is not to go on.
struct Enough;

/// A run up to where its recovery is about to begin its first step.
enum Root {
    /// Any step may be the next.
    Open(Box<Session>),
    /// It never came to that.
    Over(Outcome),
    /// Its work was too much, or it was stopped.
    Unknown,
}

/// The runs of all orders.
pub struct Tree<'s> {
    scenario: &'s Scenario,
    choice: &'s Choice,
    options: &'s engine::Options,
    hooks: &'s Hooks<'s>,
    /// When the recovery begins, of all that its steps make of it, each with a step that makes it so where it comes first.
    begins: Vec<(Begin, Option<usize>)>,
    /// The common beginning of all orders, by when the recovery begins and by case; empty where there are too many to be kept.
    roots: Vec<Vec<Root>>,
}

impl<'s> Tree<'s> {
    /// The common beginning of all orders, in every world.
    pub fn new(scenario: &'s Scenario, choice: &'s Choice, options: &'s engine::Options, hooks: &'s Hooks<'s>) -> Tree<'s> {
        let mut begins: Vec<(Begin, Option<usize>)> = Vec::new();
        for first in (0..choice.len()).map(Some).chain([None]) {
            let begin = choice.begin(first);
            if !begins.iter().any(|(known, _)| *known == begin) {
                begins.push((begin, first));
            }
        }
        let mut tree = Tree { scenario, choice, options, hooks, begins, roots: Vec::new() };
        if choice.cases.len() <= KEPT_MOST {
            tree.roots = (0..tree.begins.len()).map(|begin| each::map(choice.cases.len(), |case| tree.root(begin, case))).collect();
        }
        tree
    }

    /// A case's run up to where its recovery is about to begin its first step.
    fn root(&self, begin: usize, case: usize) -> Root {
        let case = self.choice.cases[case];
        let program = Arc::new(self.choice.program(self.scenario, case, self.begins[begin].1));
        let session = Session::unjudged(Engine::with_program(self.scenario, program, self.options.clone()));
        let mut work = WORK_MOST / self.choice.cases.len() as u64;
        match self.come_to_choice(case, session, &mut work) {
            Ok(Ok(session)) => Root::Open(Box::new(session)),
            Ok(Err(outcome)) => Root::Over(outcome),
            Err(Enough) => Root::Unknown,
        }
    }

    /// The verdict of each of some orders, which stand in lexicographic order; `None` where it was not come to.
    pub fn judge(&self, orders: &[Order]) -> (Vec<Option<Verdict>>, End) {
        // Those that share their first two steps are one task.
        let tasks: Vec<&[Order]> = orders.chunk_by(|a, b| a.iter().take(2).eq(b.iter().take(2))).collect();
        let work = WORK_MOST / tasks.len().max(1) as u64;
        let judged = each::map(tasks.len(), |at| self.task(tasks[at], work));
        let end = match () {
            () if judged.iter().flatten().all(Option::is_some) => End::All,
            () if (self.hooks.stopped)() => End::Stopped,
            () => End::Bound,
        };
        (judged.into_iter().flatten().collect(), end)
    }

    /// Some orders, in all worlds.
    fn task(&self, orders: &[Order], mut work: u64) -> Vec<Option<Verdict>> {
        let mut verdicts: Vec<Option<Verdict>> = vec![None; orders.len()];
        let mut open: Vec<usize> = (0..orders.len()).collect();
        for (world, case) in self.choice.cases.iter().enumerate() {
            let mut outcomes: Vec<Option<Outcome>> = vec![None; orders.len()];
            self.world(world, *case, orders, &open, &mut work, &mut outcomes);
            (self.hooks.done)(open.len() as u64);
            for at in &open {
                let known = verdicts[*at];
                verdicts[*at] = outcomes[*at].map(|outcome| {
                    let cut_short = outcome.cut_short || known.is_some_and(|known| known.cut_short);
                    match known {
                        Some(known) if known.class >= outcome.class => Verdict { cut_short, ..known },
                        _ => Verdict { class: outcome.class, world, hazard: outcome.hazard, cut_short },
                    }
                });
            }
            // Nothing is worse: in which further worlds it is as bad is not asked.
            let left = self.choice.cases.len() - world - 1;
            let before = open.len();
            open.retain(|at| verdicts[*at].is_some_and(|verdict| verdict.class != Class::Corrupting));
            (self.hooks.done)((left * (before - open.len())) as u64);
        }
        verdicts
    }

    /// Those of some orders that are open, in one world.
    fn world(&self, world: usize, case: Case, orders: &[Order], open: &[usize], work: &mut u64, outcomes: &mut [Option<Outcome>]) {
        // A task's orders begin with the same step, but for the one that has none.
        for group in open.chunk_by(|a, b| orders[*a].first() == orders[*b].first()) {
            let begin = self.choice.begin(orders[group[0]].first().map(|step| usize::from(*step)));
            let Some(begin) = self.begins.iter().position(|(known, _)| *known == begin) else { continue };
            let made;
            let root = match self.roots.get(begin) {
                Some(roots) => &roots[world],
                None => {
                    made = self.root(begin, world);
                    &made
                }
            };
            match root {
                Root::Open(session) => {
                    // What was come to before the bound or a stop stays.
                    let _ = self.branch(case, session, orders, group, 0, work, outcomes);
                }
                Root::Over(outcome) => group.iter().for_each(|at| outcomes[*at] = Some(*outcome)),
                Root::Unknown => {}
            }
        }
    }

    /// All that goes on from one run: `session` stands before the instant in which the recovery runs out of its steps, which
    /// are the first `depth` of each of these orders.
    #[allow(clippy::too_many_arguments, reason = "what a walk down a tree carries along")]
    fn branch(
        &self,
        case: Case,
        session: &Session,
        orders: &[Order],
        among: &[usize],
        depth: usize,
        work: &mut u64,
        outcomes: &mut [Option<Outcome>],
    ) -> Result<(), Enough> {
        for group in among.chunk_by(|a, b| orders[*a].get(depth) == orders[*b].get(depth)) {
            let first = &orders[group[0]];
            let mut next = session.clone();
            // Alone on its way, or at its end: to the end of the run.
            if group.len() == 1 {
                for step in &first[depth..] {
                    next.engine.extend(Sequence::Recovery, self.choice.number(self.scenario, case, *step));
                }
                self.go(&mut next, work, |_| false)?;
                outcomes[group[0]] = Some(self.outcome(case, next));
                continue;
            }
            next.engine.extend(Sequence::Recovery, self.choice.number(self.scenario, case, first[depth]));
            match self.come_to_choice(case, next, work)? {
                Ok(next) => self.branch(case, &next, orders, group, depth + 1, work, outcomes)?,
                Err(outcome) => group.iter().for_each(|at| outcomes[*at] = Some(outcome)),
            }
        }
        Ok(())
    }

    /// The run goes on to just before the instant in which its recovery runs out of steps; or to what comes of it, whatever
    /// steps were to follow.
    fn come_to_choice(&self, case: Case, session: Session, work: &mut u64) -> Result<Result<Session, Outcome>, Enough> {
        let mut ahead = session.clone();
        let Some(at) = self.go(&mut ahead, work, |engine| engine.ran_out(Sequence::Recovery))? else {
            return Ok(Err(self.outcome(case, ahead)));
        };
        let mut session = session;
        session.before(at);
        // Nothing is worse, and nothing that follows takes it back.
        match harm(&session.found(), session.engine.recovery_began).filter(|found| severity(found) == Severity::Corruption) {
            Some(found) => Ok(Err(Outcome { class: Class::Corrupting, hazard: Some(found.hazard), cut_short: false })),
            None => Ok(Ok(session)),
        }
    }

    /// Turns until one after which `there` holds, and its instant; `None` where the run ends before.
    fn go(&self, session: &mut Session, work: &mut u64, there: impl Fn(&Engine) -> bool) -> Result<Option<Time>, Enough> {
        let mut before = session.engine.work();
        let mut turns = 0;
        while let Some(at) = session.step() {
            let now = session.engine.work();
            let cost = now - before;
            before = now;
            if *work < cost {
                return Err(Enough);
            }
            *work -= cost;
            if there(&session.engine) {
                return Ok(Some(at));
            }
            turns += 1;
            if turns % TURNS == 0 && (self.hooks.stopped)() {
                return Err(Enough);
            }
        }
        if (self.hooks.stopped)() { Err(Enough) } else { Ok(None) }
    }

    /// What comes of a run that is over.
    fn outcome(&self, case: Case, session: Session) -> Outcome {
        let run = session.finish();
        let cut_short = run.engine.cut_short.is_some();
        match harm(&run.found, run.engine.recovery_began) {
            Some(found) => Outcome { class: class(found), hazard: Some(found.hazard), cut_short },
            None if judge::goal(self.scenario, case, &run.engine.world).is_empty() => {
                Outcome { class: Class::Safe, hazard: None, cut_short }
            }
            None => Outcome { class: Class::Futile, hazard: None, cut_short },
        }
    }
}

fn severity(found: &Found) -> Severity {
    found.hazard.doc().severity
}

/// The class of a run with this finding as its first of the worst.
pub(super) fn class(found: &Found) -> Class {
    if severity(found) == Severity::Corruption { Class::Corrupting } else { Class::Dangerous }
}

/// The first of the worst findings of danger or corruption that began after the recovery did.
pub(in crate::search) fn harm(found: &[Found], began: Option<Time>) -> Option<&Found> {
    gravest(found, began?, &|_| true)
}

/// The same for whoever came to what others had done: a danger that was met at a place before the recovery began is none of its
/// making where it is there again. Damage is, each time.
pub(in crate::search) fn fresh_harm(found: &[Found], began: Option<Time>) -> Option<&Found> {
    let began = began?;
    let stood = |of: &Found| found.iter().any(|old| (old.hazard, old.place) == (of.hazard, of.place) && old.since <= began);
    gravest(found, began, &|found| severity(found) == Severity::Corruption || !stood(found))
}

fn gravest<'f>(found: &'f [Found], began: Time, counts: &dyn Fn(&Found) -> bool) -> Option<&'f Found> {
    let after = found.iter().filter(|found| found.since > began && severity(found) >= Severity::Danger && counts(found));
    // Of several that are equal the last is the greatest: the order is turned, so that the first is.
    after.rev().max_by_key(|found| (severity(found), std::cmp::Reverse(found.since)))
}
