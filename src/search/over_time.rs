//! The risk over time: for each instant that matters, in how many worlds and seeds a danger or a corruption still comes if from then
//! on nobody does anything more, and if somebody does the best.
//!
//! Whoever stands there knows neither which world it is nor what will be drawn, so the best is one way for all of them: that which
//! leaves the fewest runs with harm. Tried are the same ways as for the point of no return ([`super::no_return`]), which is the last
//! instant at which the line stands at none, where it is asked of one world and one seed.
//!
//! A run counts where the hazard comes at its place, or another danger or corruption that this world and seed did not have.
//! The instants are the beginning, that of each step of the run that is told up to the harm, each also right before, right before the harm
//! and right after it, and the point of no return.
//!
//! What it costs is bounded by runs and by work: first all ways of one step are tried at all instants, then those of two, from the harm
//! back to the beginning. Where a bound is met the line says how far it was looked.

use super::each;
use super::no_return::{BESIDE, STEPS_MOST, Site, before, moves, numbered, sites, stands};
use crate::base::time::{Span, Time};
use crate::engine::{Engine, Options, Program};
use crate::hazard::watch::Found;
use crate::run::{Run, Session};
use crate::scenario::model::{Case, Scenario, Sequence, Step};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is asked, and what it may cost.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Of so many worlds at most: the one that is told, then the others in the file's order.
    pub worlds: usize,
    /// Of so many seeds: that of the run, and those that follow it.
    pub seeds: u64,
    /// At so many instants at most: the last before the harm.
    pub instants: usize,
    /// So many runs.
    pub tries: usize,
    /// So much work.
    pub work: u64,
}

/// A second or two, on machines of today.
impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { worlds: 6, seeds: 4, instants: 24, tries: 4_000, work: super::no_return::WORK_MOST }
    }
}

/// So many ways are tried between two looks at what they came to.
const CHUNK: usize = 32;

/// The line.
#[derive(Clone, PartialEq, Debug)]
pub struct OverTime {
    /// The worlds, by their places; `None` where the scenario has none.
    pub worlds: Vec<Option<usize>>,
    /// The first and the last seed.
    pub seeds: (u64, u64),
    /// In the order of time.
    pub line: Vec<Instant>,
}

impl OverTime {
    /// How many runs each figure is of.
    pub fn runs(&self) -> usize {
        self.worlds.len() * (self.seeds.1 - self.seeds.0 + 1) as usize
    }

    /// Whether every way was tried at every instant.
    pub fn whole(&self) -> bool {
        self.line.iter().all(|instant| instant.whole)
    }
}

/// How it stands at an instant.
#[derive(Clone, PartialEq, Debug)]
pub struct Instant {
    /// When.
    pub at: Time,
    /// In so many runs harm comes if nobody does anything more: what was begun by then goes on.
    pub nothing: usize,
    /// In so many if this way is gone at once.
    pub best: usize,
    /// The way, the first of those with the fewest steps that leave so many; no step: nothing more.
    pub way: Vec<Step>,
    /// Whether every way was tried that might leave fewer.
    pub whole: bool,
}

/// A run as it was, in one world and with one seed.
struct Lane {
    options: Options,
    past: Run,
    /// What is there of danger and corruption.
    there: BTreeSet<Site>,
}

/// The same, right before an instant, ready to go on.
struct Ready {
    session: Session,
    sequence: Sequence,
}

struct Search<'a> {
    scenario: &'a Scenario,
    lanes: Vec<Lane>,
    harm: Site,
    tries: usize,
    work: u64,
}

/// Looks for the line of a finding of a run; `until` is its point of no return, if it has one. `None` where not even doing nothing is
/// to be had for so little work. `scenario` is the case's variant, `options` are those of the run.
pub fn over_time(
    scenario: &Scenario,
    case: Case,
    options: &Options,
    (run, finding, until): (&Run, &Found, Option<Time>),
    bounds: &Bounds,
) -> Option<OverTime> {
    let others = (0..scenario.worlds.len()).map(Some).filter(|world| *world != case.world);
    let mut worlds: Vec<Option<usize>> = std::iter::once(case.world).chain(others).take(bounds.worlds).collect();
    worlds.sort_unstable();
    let seeds = (options.seed, options.seed.saturating_add(bounds.seeds.saturating_sub(1)));
    let at = instants(run, finding, until, bounds.instants);
    let lanes = worlds.len() as u64 * (seeds.1 - seeds.0 + 1);
    let work = options.max_work.min(bounds.work);
    // Each run once, once more up to each instant, and from each on.
    if run.engine.work().saturating_mul(lanes).saturating_mul(1 + 2 * at.len() as u64) > work {
        return None;
    }
    let mut search = Search { scenario, lanes: Vec::new(), harm: (finding.hazard, finding.place), tries: bounds.tries, work };
    for world in &worlds {
        let program = Arc::new(Program::new(scenario, Case { world: *world, ..case }));
        for seed in seeds.0..=seeds.1 {
            let options = Options { seed, silent: true, ..options.clone() };
            let past = Session::unjudged(Engine::with_program(scenario, Arc::clone(&program), options.clone())).finish();
            search.work = search.work.checked_sub(past.engine.work())?;
            search.lanes.push(Lane { options, there: sites(&past.found), past });
        }
    }
    let mut line: Vec<Instant> = Vec::with_capacity(at.len());
    for at in at {
        let ready = search.ready(at);
        let all: Vec<usize> = (0..ready.len()).collect();
        let harmed = search.harmed(&ready, &[], &[], &all, usize::MAX);
        search.spend(harmed.1, harmed.2)?;
        line.push(Instant { at, nothing: harmed.0, best: harmed.0, way: Vec::new(), whole: harmed.0 == 0 });
    }
    for steps in 1..=STEPS_MOST {
        for instant in line.iter_mut().rev().filter(|instant| instant.best > 0) {
            instant.whole = search.better(instant, steps).is_some();
        }
    }
    Some(OverTime { worlds, seeds, line })
}

/// The instants that matter, in the order of time.
fn instants(run: &Run, finding: &Found, until: Option<Time>, most: usize) -> Vec<Time> {
    let began = run.engine.records.iter().filter_map(|record| record.began).filter(|at| *at < finding.since);
    let beside = |at: Time| [at.0.checked_sub(BESIDE.0).map(Time), Some(at)];
    let mut all: Vec<Time> = began.flat_map(beside).flatten().collect();
    all.extend(finding.since.0.checked_sub(BESIDE.0).map(Time));
    all.extend(until);
    all.push(finding.since + Span(1));
    all.sort_unstable();
    all.dedup();
    let over = (all.len() + 1).saturating_sub(most.max(1));
    all.drain(..over.min(all.len()));
    if all.first() != Some(&Time::ZERO) {
        all.insert(0, Time::ZERO);
    }
    all
}

impl Search<'_> {
    /// Every run right before an instant.
    fn ready(&self, at: Time) -> Vec<Ready> {
        let one = |lane: usize| {
            let Lane { options, past, .. } = &self.lanes[lane];
            let (session, sequence) = before(self.scenario, options, past, at);
            Ready { session, sequence }
        };
        each::map(self.lanes.len(), one)
    }

    /// In how many runs harm comes on a way of these moves, in how many runs that was looked at, and how much work it was. Ends when there are
    /// as many as `enough`: they are looked at in this order.
    fn harmed(&self, ready: &[Ready], way: &[usize], moves: &[Step], order: &[usize], enough: usize) -> (usize, usize, u64) {
        let (mut harmed, mut looked, mut work) = (0, 0, 0);
        for lane in order {
            if harmed >= enough {
                break;
            }
            let Ready { session, sequence } = &ready[*lane];
            let mut session = session.clone();
            let before = session.engine.work();
            for (nth, next) in way.iter().enumerate() {
                session.engine.extend_with(*sequence, numbered(nth, &moves[*next]));
            }
            let run = session.finish();
            looked += 1;
            work += run.engine.work() - before;
            let after = sites(&run.found);
            harmed += usize::from(after.contains(&self.harm) || !after.is_subset(&self.lanes[*lane].there));
        }
        (harmed, looked, work)
    }

    /// Takes what was done from what may be; `None` where that was all.
    fn spend(&mut self, tries: usize, work: u64) -> Option<()> {
        (self.tries, self.work) = (self.tries.saturating_sub(tries), self.work.saturating_sub(work));
        (self.tries > 0 && self.work > 0).then_some(())
    }

    /// Tries all ways of so many steps at an instant; `None` where a bound is met before all were.
    fn better(&mut self, instant: &mut Instant, steps: usize) -> Option<()> {
        if self.tries == 0 || self.work == 0 {
            return None;
        }
        let ready = self.ready(instant.at);
        let up_to: u64 = ready.iter().map(|ready| ready.session.engine.work()).sum();
        self.spend(0, up_to)?;
        let worlds = each::map(ready.len(), |at| stands(ready[at].session.clone(), instant.at));
        let moves = moves(self.scenario, &worlds.iter().collect::<Vec<_>>());
        let count = moves.len();
        let ways = count.saturating_pow(steps as u32);
        let way = |nth: usize| -> Vec<usize> { (0..steps).rev().map(|place| nth / count.pow(place as u32) % count).collect() };
        // Those in which doing nothing does harm are looked at first: most ways leave it there.
        let mut order: Vec<usize> = (0..ready.len()).collect();
        let idle = each::map(ready.len(), |lane| self.harmed(&ready, &[], &moves, &[lane], usize::MAX).0);
        order.sort_by_key(|lane| std::cmp::Reverse(idle[*lane]));
        for from in (0..ways).step_by(CHUNK) {
            let enough = instant.best;
            let chunk: Vec<Vec<usize>> = (from..ways.min(from + CHUNK)).map(&way).collect();
            let came = each::map(chunk.len(), |nth| self.harmed(&ready, &chunk[nth], &moves, &order, enough));
            let mut spent = (0, 0);
            for (way, (harmed, looked, work)) in chunk.iter().zip(came) {
                spent = (spent.0 + looked, spent.1 + work);
                if harmed < instant.best {
                    instant.best = harmed;
                    instant.way = way.iter().map(|next| moves[*next].clone()).collect();
                }
            }
            let left = self.spend(spent.0, spent.1);
            if instant.best == 0 {
                return Some(());
            }
            left?;
        }
        Some(())
    }
}
