//! Runs many orders, each beginning that some of them share but once: where a recovery is about to have no further step, the
//! run is cloned for every step that may be the next.
//!
//! A run is branched between two instants, before the one in which the recovery would begin or wait for its next step: until
//! then nothing hangs on which that is. That instant is found by going ahead once with what is there.
//!
//! Runs with equally many steps behind them are a layer. Of those that go on alike from there ([`Session::add_onward`]) one goes on for
//! all. Where a layer is too wide to be held, for want of such, each of its runs is followed to its end by itself.

use super::choice::{Choice, Order};
use super::{Class, Verdict};
use crate::base::digest::Digest;
use crate::base::time::Time;
use crate::engine::{self, Engine};
use crate::hazard::Severity;
use crate::hazard::watch::Found;
use crate::judge;
use crate::run::Session;
use crate::scenario::model::{Begin, Case, Condition, ConditionPart, Scenario, Sequence, Step, When};
use crate::search::each;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// As much may be done for one question, in things that were due: minutes, on machines of today.
const WORK_MOST: u64 = 4_000_000_000;
/// So many turns are made between two looks at whether to stop.
const TURNS: u32 = 1_024;

/// Of more orders, those that begin with one step are run in all worlds before the next: whoever stops it has these.
const BLOCK: usize = 1_000;
/// A layer of so many runs is held, and of so many things in all their pools together.
const LAYER_MOST: usize = 128;
const LAYER_THINGS: usize = 4_000;

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
    /// How many events it had, and how much work it was, to where that was known.
    cost: Cost,
}

/// Events and work of a run.
#[derive(Clone, Copy, Debug)]
struct Cost {
    events: u64,
    work: u64,
}

impl Cost {
    fn of(engine: &Engine) -> Cost {
        Cost { events: engine.trace.count, work: engine.work() }
    }
}

/// A run that stands before the instant in which its recovery runs out of steps, and the orders that begin with those.
struct Node {
    session: Session,
    among: Vec<usize>,
}

/// What comes of a run with each next step.
#[derive(Default)]
struct Grown {
    outcomes: Vec<(usize, Outcome)>,
    /// With what the rest hangs on, and what it has cost by then.
    nodes: Vec<(Node, String, Cost)>,
    spent: u64,
}

/// What comes of an order comes of another, too, from where both go on alike.
struct Twin {
    of: usize,
    to: usize,
    /// What they had cost by then.
    cost: [Cost; 2],
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
    /// The ids of steps that anybody asks for.
    asked: BTreeSet<String>,
    /// Whether of runs that go on alike one goes on for all.
    merge: bool,
    /// How many runs were spared since another goes on alike.
    merged: AtomicU64,
}

impl<'s> Tree<'s> {
    /// The common beginning of all orders, in every world.
    pub fn new(scenario: &'s Scenario, choice: &'s Choice, options: &'s engine::Options, hooks: &'s Hooks<'s>, merge: bool) -> Tree<'s> {
        let mut begins: Vec<(Begin, Option<usize>)> = Vec::new();
        for first in (0..choice.len()).map(Some).chain([None]) {
            let begin = choice.begin(first);
            if !begins.iter().any(|(known, _)| *known == begin) {
                begins.push((begin, first));
            }
        }
        let mut tree = Tree {
            scenario,
            choice,
            options,
            hooks,
            begins,
            roots: Vec::new(),
            asked: asked(scenario, choice),
            merge,
            merged: AtomicU64::new(0),
        };
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
            Ok(Ok((session, _))) => Root::Open(Box::new(session)),
            Ok(Err(outcome)) => Root::Over(outcome),
            Err(Enough) => Root::Unknown,
        }
    }

    /// How many runs were spared since another goes on alike.
    pub fn merged(&self) -> u64 {
        self.merged.load(Ordering::Relaxed)
    }

    /// The verdict of each of some orders, which stand in lexicographic order; `None` where it was not come to.
    pub fn judge(&self, orders: &[Order]) -> (Vec<Option<Verdict>>, End) {
        let blocks: Vec<&[Order]> = match orders.len() {
            0..=BLOCK => vec![orders],
            _ => orders.chunk_by(|a, b| a.first() == b.first()).collect(),
        };
        let work = WORK_MOST / blocks.len().max(1) as u64;
        let judged: Vec<Option<Verdict>> = blocks.into_iter().flat_map(|block| self.block(block, work)).collect();
        let end = match () {
            () if judged.iter().all(Option::is_some) => End::All,
            () if (self.hooks.stopped)() => End::Stopped,
            () => End::Bound,
        };
        (judged, end)
    }

    /// Some orders, in all worlds.
    fn block(&self, orders: &[Order], work: u64) -> Vec<Option<Verdict>> {
        let worlds = self.choice.cases.len();
        let mut verdicts: Vec<Option<Verdict>> = vec![None; orders.len()];
        let mut open: Vec<usize> = (0..orders.len()).collect();
        for world in 0..worlds {
            let outcomes = self.world(world, orders, &open, work / worlds as u64);
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
            let left = worlds - world - 1;
            let before = open.len();
            open.retain(|at| verdicts[*at].is_some_and(|verdict| verdict.class != Class::Corrupting));
            (self.hooks.done)((left * (before - open.len())) as u64);
        }
        verdicts
    }

    /// When the recovery begins of an order, by its place.
    fn begin_of(&self, order: &Order) -> Option<usize> {
        let begin = self.choice.begin(order.first().map(|step| usize::from(*step)));
        self.begins.iter().position(|(known, _)| *known == begin)
    }

    /// Calls with the common beginning of all orders in a world.
    fn with_root<R>(&self, begin: usize, world: usize, take: impl FnOnce(&Root) -> R) -> R {
        match self.roots.get(begin) {
            Some(roots) => take(&roots[world]),
            None => take(&self.root(begin, world)),
        }
    }

    /// Those of some orders that are open, in one world.
    fn world(&self, world: usize, orders: &[Order], open: &[usize], mut work: u64) -> Vec<Option<Outcome>> {
        let case = self.choice.cases[world];
        let mut outcomes: Vec<Option<Outcome>> = vec![None; orders.len()];
        let mut nodes: Vec<Node> = Vec::new();
        for begin in 0..self.begins.len() {
            let among: Vec<usize> = open.iter().copied().filter(|at| self.begin_of(&orders[*at]) == Some(begin)).collect();
            if among.is_empty() {
                continue;
            }
            self.with_root(begin, world, |root| match root {
                Root::Open(session) => nodes.push(Node { session: Session::clone(session), among }),
                Root::Over(outcome) => among.iter().for_each(|at| outcomes[*at] = Some(*outcome)),
                Root::Unknown => {}
            });
        }
        let names = &self.scenario.pool.names;
        let things = names.machines.len() + names.srs.len() + names.vms.len() + names.vdis.len();
        let most = LAYER_MOST.min(LAYER_THINGS / things.max(1)).max(1);
        let mut twins: Vec<Twin> = Vec::new();
        for depth in 0.. {
            if nodes.is_empty() {
                break;
            }
            let (held, share) = (nodes.len() <= most, work / nodes.len() as u64);
            let grown = each::map(nodes.len(), |at| self.grow(case, &nodes[at], orders, depth, held, share));
            nodes.clear();
            let mut known: BTreeMap<String, Vec<(usize, Cost)>> = BTreeMap::new();
            for grown in grown {
                work = work.saturating_sub(grown.spent);
                grown.outcomes.into_iter().for_each(|(at, outcome)| outcomes[at] = Some(outcome));
                for (node, key, cost) in grown.nodes {
                    if !self.merge {
                        nodes.push(node);
                        continue;
                    }
                    let alike = known.entry(key).or_default();
                    let found = alike
                        .iter()
                        .find_map(|(other, theirs)| Some((pairs(orders, depth + 1, &nodes[*other].among, &node.among)?, *theirs)));
                    match found {
                        Some((pairs, theirs)) => twins.extend(pairs.into_iter().map(|(of, to)| Twin { of, to, cost: [theirs, cost] })),
                        None => {
                            alike.push((nodes.len(), cost));
                            nodes.push(node);
                        }
                    }
                }
            }
        }
        // Whoever goes on for others may himself have met with one, later.
        for twin in twins.iter().rev() {
            outcomes[twin.to] = outcomes[twin.of]
                .and_then(|outcome| self.as_twin(outcome, twin).or_else(|| self.alone(world, &orders[twin.to], &mut work)));
        }
        outcomes
    }

    /// What comes of a twin; `None` where a bound of its own might be met.
    fn as_twin(&self, outcome: Outcome, twin: &Twin) -> Option<Outcome> {
        let [theirs, own] = twin.cost;
        let onward = |end: u64, theirs: u64, own: u64| own.saturating_add(end.saturating_sub(theirs));
        let cost =
            Cost { events: onward(outcome.cost.events, theirs.events, own.events), work: onward(outcome.cost.work, theirs.work, own.work) };
        if outcome.cut_short || cost.events >= self.options.max_events || cost.work >= self.options.max_work {
            return None;
        }
        self.merged.fetch_add(1, Ordering::Relaxed);
        Some(Outcome { cost, ..outcome })
    }

    /// An order by itself, from the common beginning on.
    fn alone(&self, world: usize, order: &Order, work: &mut u64) -> Option<Outcome> {
        let (begin, case) = (self.begin_of(order)?, self.choice.cases[world]);
        self.with_root(begin, world, |root| match root {
            Root::Open(session) => self.to_the_end(case, Session::clone(session), order, work).ok(),
            Root::Over(outcome) => Some(*outcome),
            Root::Unknown => None,
        })
    }

    /// A run goes on with these steps to its end.
    fn to_the_end(&self, case: Case, mut session: Session, steps: &[u8], work: &mut u64) -> Result<Outcome, Enough> {
        for step in steps {
            session.engine.extend(Sequence::Recovery, self.choice.number(self.scenario, case, *step));
        }
        self.go(&mut session, work, |_| false)?;
        Ok(self.outcome(case, session))
    }

    /// Every next step of a run whose recovery has `depth` of them; `held`: to where it runs out of steps again, else to the end.
    fn grow(&self, case: Case, node: &Node, orders: &[Order], depth: usize, held: bool, share: u64) -> Grown {
        let mut grown = Grown::default();
        let mut work = share;
        // What was come to before the bound or a stop stays.
        let _ = self.next_steps(case, node, orders, depth, held, &mut work, &mut grown);
        grown.spent = share - work;
        grown
    }

    #[allow(clippy::too_many_arguments, reason = "what a walk down a tree carries along")]
    fn next_steps(
        &self,
        case: Case,
        Node { session, among }: &Node,
        orders: &[Order],
        depth: usize,
        held: bool,
        work: &mut u64,
        grown: &mut Grown,
    ) -> Result<(), Enough> {
        for group in among.chunk_by(|a, b| orders[*a].get(depth) == orders[*b].get(depth)) {
            let first = &orders[group[0]];
            let mut next = session.clone();
            // Alone on its way, or at its end: to the end of the run.
            if group.len() == 1 {
                grown.outcomes.push((group[0], self.to_the_end(case, next, &first[depth..], work)?));
                continue;
            }
            next.engine.extend(Sequence::Recovery, self.choice.number(self.scenario, case, first[depth]));
            match self.come_to_choice(case, next, work)? {
                Ok((session, ahead)) => {
                    let node = Node { session, among: group.to_vec() };
                    if held {
                        let rest = if self.merge { self.rest_of(&ahead) } else { String::new() };
                        grown.nodes.push((node, rest, Cost::of(&ahead.engine)));
                    } else {
                        drop(ahead);
                        self.next_steps(case, &node, orders, depth + 1, false, work, grown)?;
                    }
                }
                Err(outcome) => grown.outcomes.extend(group.iter().map(|at| (*at, outcome))),
            }
        }
        Ok(())
    }

    /// What the class of a run hangs on that has run out of steps, whatever comes next.
    fn rest_of(&self, ahead: &Session) -> String {
        let mut digest = Digest::default();
        let pending = ahead.add_onward(&self.asked, &mut digest);
        let found = ahead.found();
        let harm = harm(&found, ahead.engine.recovery_began);
        // What was there first may yet be a finding, and then goes before.
        digest.add(&format!("{:?}", harm.map(|found| (found.hazard, pending.then_some(found.since)))));
        digest.hex()
    }

    /// The run goes on to just before the instant in which its recovery runs out of steps; or to what comes of it, whatever
    /// steps were to follow.
    /// Beside it, the run that has gone through that instant.
    fn come_to_choice(&self, case: Case, session: Session, work: &mut u64) -> Result<Result<(Session, Session), Outcome>, Enough> {
        let mut ahead = session.clone();
        let Some(at) = self.go(&mut ahead, work, |engine| engine.ran_out(Sequence::Recovery))? else {
            return Ok(Err(self.outcome(case, ahead)));
        };
        let mut session = session;
        session.before(at);
        // Nothing is worse, and nothing that follows takes it back.
        match harm(&session.found(), session.engine.recovery_began).filter(|found| severity(found) == Severity::Corruption) {
            Some(found) => {
                let cost = Cost::of(&session.engine);
                Ok(Err(Outcome { class: Class::Corrupting, hazard: Some(found.hazard), cut_short: false, cost }))
            }
            None => Ok(Ok((session, ahead))),
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
        let (class, hazard) = match harm(&run.found, run.engine.recovery_began) {
            Some(found) => (class(found), Some(found.hazard)),
            None if judge::goal(self.scenario, case, &run.engine.world).is_empty() => (Class::Safe, None),
            None => (Class::Futile, None),
        };
        Outcome { class, hazard, cut_short, cost: Cost::of(&run.engine) }
    }
}

/// Orders that end alike behind their first `depth` steps, each of the second group with one of the first; `None` where one has none.
fn pairs(orders: &[Order], depth: usize, first: &[usize], second: &[usize]) -> Option<Vec<(usize, usize)>> {
    let ends: BTreeMap<&[u8], usize> = first.iter().map(|at| (&orders[*at][depth..], *at)).collect();
    second.iter().map(|at| Some((*ends.get(&orders[*at][depth..])?, *at))).collect()
}

/// The ids of steps that somebody waits for, or asks how they went.
fn asked(scenario: &Scenario, choice: &Choice) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    let mut condition = |condition: &Condition| {
        for part in &condition.parts {
            match part {
                ConditionPart::StepStatus(id, _) | ConditionPart::StepCode(id, _) | ConditionPart::StepPrints(id, ..) => {
                    ids.insert(id.clone());
                }
                _ => {}
            }
        }
    };
    let lists = scenario.worlds.iter().chain(&scenario.operators).map(|named| &named.steps);
    let all: Vec<&Step> = lists.chain([&scenario.timeline, &scenario.recoveries[choice.recovery].steps]).flatten().collect();
    for step in &all {
        step.guard.iter().for_each(&mut condition);
        if let When::WaitFor { condition: waited, .. } = &step.when {
            condition(waited);
        }
    }
    ids.extend(all.iter().filter_map(|step| match &step.when {
        When::AfterStep { id, .. } => Some(id.clone()),
        _ => None,
    }));
    ids
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
