//! The shortest list of commands, acts and looks, with branches on what is seen, that reaches the goal in every world, and in
//! none of them begins a danger or a corruption.
//!
//! It is searched over what the operator knows, a set of worlds that still fit what was seen ([`solve`]), with the model itself
//! saying what comes of each step ([`field`]). What is found is laid out as a scenario and run from the beginning in every world:
//! only what that shows counts.

mod against;
mod field;
mod lay;
mod moves;
mod seen;
mod solve;
mod why;

pub use against::Against;
pub use field::Enough;
pub use lay::{Line, Way, all, condition};
pub use moves::{Kind, Move};
pub(in crate::search) use moves::{quoted, variable};
pub use seen::Seen;
pub use solve::Cost;
pub(super) use why::words as missed_words;
pub use why::{Outcome, Why};

use super::orders::{fresh_harm, harm};
use super::study;
use super::trial::DOUBT;
use crate::base::ids::VmId;
use crate::base::time::{Span, Time};
use crate::engine;
use crate::run::{self, Run};
use crate::scenario::model::{Begin, Case, Expect, Fact, Recovery, Scenario, Scope, StateExpect, StateWhen, Step, When};
use crate::world::World;
use field::{Ahead, Before, Harm, Purse};
use solve::Search;
use std::collections::BTreeMap;

/// How many steps a plan has at most, where nothing else is said.
pub const DEPTH: usize = 8;
/// How many further steps are tried at most, where nothing else is said.
pub const TRIES: u64 = 400_000;

/// So long a new master may doubt, where a plan is looked for that is safe but for that: he waits for the old one, which is dead, and
/// then asks the others.
const DOUBT_SHORT: Span = Span::mins(2);

/// What is asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// The seed of all draws; `None`: the scenario's own.
    pub seed: Option<u64>,
    /// The bound of events of each run.
    pub max_events: u64,
    /// How much work all of it may be.
    pub max_work: u64,
    /// The most steps on any way.
    pub depth: usize,
    /// How many further steps are tried at most.
    pub tries: u64,
    /// The recovery whose beginning, pace and console are kept, by its place.
    pub recovery: usize,
    /// Moves of these names are not made.
    pub without: Vec<String>,
    /// Every state is looked at, also one that goes on as another does, and every step is tried, also one that does nothing: slow,
    /// to prove the rest.
    pub brute: bool,
    /// Moves with no regard to what can bear on the goal: slow, to prove the rest.
    pub wide: bool,
    /// Whether a danger counts that was met at its place already before the plan began. Who sits down at the desk of a drill finds
    /// what others did: what stood, and ended, and is there again, is not held against him, nor against what he is told to do.
    pub anew: bool,
    /// Whether, where there is none, one is looked for that is safe but for the doubt of a new master.
    pub despite: bool,
}

impl Options {
    fn harm(&self) -> Harm {
        if self.anew { harm } else { fresh_harm }
    }
}

/// A plan that was found.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its steps.
    pub lines: Vec<Line>,
    /// What it costs.
    pub cost: Cost,
    /// By the ids of its steps, what comes of it where one is left out; none where nothing does.
    pub why: BTreeMap<String, Why>,
    /// What comes of it, by world.
    pub worlds: Vec<Outcome>,
    /// The scenario with the plan as its recovery.
    pub scenario: Scenario,
}

/// What would do, and is safe but for one danger that comes with every new master and passes: it holds those for dead that it has not heard yet.
#[derive(Clone, Debug)]
pub struct Despite {
    /// Its steps.
    pub lines: Vec<Line>,
    /// By world, by its place: what is held for dead, as a sentence.
    pub what: Vec<(usize, String)>,
}

/// What was found out.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The plan, where there is one.
    pub plan: Option<Plan>,
    /// All plans of at most so many steps were looked at.
    pub depth: usize,
    /// How many further steps were tried, all in all.
    pub explored: u64,
    /// What ended it before all up to the asked depth was looked at.
    pub ended: Option<Enough>,
    /// What stands against a plan, by world; empty where there is one.
    pub against: Vec<Against>,
    /// What would do but for a danger that passes; only where there is no plan and it was asked for.
    pub despite: Option<Despite>,
    /// The moves that there were.
    pub moves: Vec<Move>,
    /// When the plan begins, the first and the last of all worlds; `None` where it begins in none.
    pub begins: Option<(Time, Time)>,
    /// A plan was found that, written down and run from the beginning, does not show the same.
    pub lost: bool,
}

/// Looks for a plan. `stopped` is asked again and again whether to end.
pub fn plan(scenario: &Scenario, options: &Options, stopped: &(dyn Fn() -> bool + Sync)) -> Answer {
    let seed = options.seed.unwrap_or(scenario.seed);
    let (max_events, max_work) = (options.max_events, study::share_of_work(scenario, options.max_work));
    let engine = engine::Options { seed, max_events, max_work, silent: true, ..engine::Options::default() };
    let stage = stage(scenario, options.recovery, &engine);
    let cases: Vec<Case> = stage.cases();
    let mut purse = Purse { work: options.max_work, tries: options.tries, stopped, harm: options.harm() };
    let mut answer = Answer {
        plan: None,
        depth: 0,
        explored: 0,
        ended: None,
        against: Vec::new(),
        despite: None,
        moves: Vec::new(),
        begins: None,
        lost: false,
    };
    let mut field: Vec<(Before, Ahead)> = Vec::new();
    let mut never: Vec<(usize, Box<Run>)> = Vec::new();
    for (world, case) in cases.iter().enumerate() {
        match field::begin(&stage, world, *case, &engine, &mut purse) {
            Ok(Ok(begun)) => field.push(begun),
            Ok(Err(run)) => never.push((world, run)),
            Err(enough) => {
                answer.ended = Some(enough);
                return answer;
            }
        }
    }
    let began = || field.iter().map(|(_, ahead)| ahead.at);
    answer.begins = began().min().zip(began().max());
    let worlds: Vec<_> = field.iter().map(|(_, ahead)| &ahead.session.engine.world).collect();
    let console = moves::console(&stage, &worlds, stage.recoveries[0].host);
    let known = |id: &str| {
        stage.steps(Case::default()).chain(cases.iter().flat_map(|case| stage.steps(*case))).any(|(_, step)| step.id.as_deref() == Some(id))
    };
    answer.moves = moves::moves(&stage, &worlds, console, options.wide);
    answer.moves.retain(|what| !options.without.iter().any(|word| what.text.split([' ', '/']).any(|part| part == word)));
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for what in &mut answer.moves {
        let mut id = what.step.key.clone();
        while known(&id) || seen.contains_key(&id) {
            id.push_str("-plan");
        }
        seen.insert(id.clone(), 0);
        (what.step.key, what.step.id) = (id.clone(), Some(id));
    }
    let (before, aheads): (Vec<Before>, Vec<Ahead>) = field.into_iter().unzip();
    let missed = |(world, run): &(usize, Box<Run>)| !crate::judge::goal(&stage, cases[*world], &run.engine.world).is_empty();
    let moves = answer.moves.clone();
    let mut doubted = false;
    if !never.iter().any(missed) {
        let mut search = Search::new(&stage, &cases, &moves, &mut purse);
        (search.merge, search.prune) = (!options.brute, !options.brute);
        for depth in 0..=options.depth {
            match search.best(&before, &aheads, depth) {
                Ok(None) => answer.depth = depth,
                Ok(Some((cost, tree))) => {
                    answer.depth = cost.depth;
                    let lines = lay::lines(&tree, &moves);
                    let laid = laid(&stage, &lines, scenario);
                    let worlds = why::outcomes(&laid, &engine, options.harm());
                    if worlds.iter().all(|outcome| outcome.good()) {
                        let why = why::why(&stage, &lines, &engine, options.harm());
                        let scenario = expecting(laid, &worlds);
                        answer.plan = Some(Plan { lines, cost, why, worlds, scenario });
                    } else {
                        answer.lost = true;
                    }
                    break;
                }
                Err(enough) => {
                    answer.ended = Some(enough);
                    break;
                }
            }
        }
        answer.explored = search.explored;
        doubted = search.harms.keys().any(|(_, hazard)| field::is_doubt(*hazard));
    }
    if answer.plan.is_none() {
        purse.tries = options.tries;
        purse.work = options.max_work;
        if options.despite && doubted && !answer.lost {
            // Rather one in which it is soon over.
            for doubt in [DOUBT_SHORT, DOUBT] {
                let mut search = Search::new(&stage, &cases, &moves, &mut purse);
                (search.merge, search.prune, search.doubt) = (!options.brute, !options.brute, Some(doubt));
                let found = (0..=options.depth).map(|depth| search.best(&before, &aheads, depth)).find(|found| !matches!(found, Ok(None)));
                answer.despite =
                    found.and_then(|found| despite(&stage, scenario, &lay::lines(&found.ok()??.1, &moves), &engine, options.harm()));
                (purse.tries, purse.work) = (options.tries, options.max_work);
                if answer.despite.is_some() {
                    break;
                }
            }
        }
        answer.against = against::against(&stage, &cases, &moves, (&before, &aheads), (options.depth, options.brute), &engine, &mut purse);
    }
    answer
}

/// What a plan comes to that is safe but for the doubt of a new master, if that is so when it is run from the beginning.
fn despite(stage: &Scenario, scenario: &Scenario, lines: &[Line], engine: &engine::Options, harm: Harm) -> Option<Despite> {
    let worlds = why::outcomes(&laid(stage, lines, scenario), engine, harm);
    let what = worlds.iter().enumerate().filter_map(|(world, outcome)| Some((world, outcome.harm.as_ref()?.1.clone()))).collect();
    worlds.iter().all(Outcome::good_but_for_doubt).then(|| Despite { lines: lines.to_vec(), what })
}

/// The moves that there are where the pool may stand as in any of some worlds, whatever recovery is under way. The first is the one
/// whose master's console is used, if it answers in all.
pub fn moves_at(scenario: &Scenario, worlds: &[&World]) -> Vec<Move> {
    let own = worlds.first().map_or(scenario.pool.master, |world| world.ruler());
    let console = moves::console(scenario, worlds, own);
    moves::moves(scenario, worlds, console, false)
}

/// The scenario with a recovery that does nothing: what a file's own says of its beginning, pace and console stays.
fn stage(scenario: &Scenario, recovery: usize, engine: &engine::Options) -> Scenario {
    let mut stage = scenario.clone();
    stage.variants.clear();
    (stage.expect, stage.seeds, stage.skip, stage.drill) = (None, None, None, None);
    for step in stage.timeline.iter_mut().chain(stage.worlds.iter_mut().chain(&mut stage.operators).flat_map(|named| &mut named.steps)) {
        step.expect = step.expect.take().filter(|expect| expect.must);
    }
    // Who waits for a step of a recovery that is left out waits for ever, and so does whoever comes behind in its list.
    let stays = |id: &str| {
        let lists = scenario.worlds.iter().chain(&scenario.operators).flat_map(|named| &named.steps).chain(&scenario.timeline);
        lists.into_iter().any(|step| step.id.as_deref() == Some(id))
    };
    let lists = stage.worlds.iter_mut().chain(&mut stage.operators).map(|named| &mut named.steps).chain([&mut stage.timeline]);
    for steps in lists {
        let waits = |step: &Step| matches!(&step.when, When::AfterStep { id, .. } if !stays(id));
        steps.truncate(steps.iter().position(waits).unwrap_or(steps.len()));
    }
    let own = scenario.recoveries.get(recovery);
    if let Some(goal) = &mut stage.goal {
        let is_own = |scope: &Scope| scope.recovery.is_none() || own.is_some_and(|own| own.name == scope.recovery);
        goal.retain(|item| is_own(&item.scope));
        goal.iter_mut().for_each(|item| item.scope.recovery = None);
    }
    let recovery = match own {
        Some(own) => Recovery { name: None, line: 0, steps: Vec::new(), expect: None, ..own.clone() },
        None => {
            stage.recoveries.clear();
            let at = happened(&stage, engine).since(Time::ZERO);
            let (begin, host) = (Begin::At((at, at)), stage.pool.master);
            Recovery { name: None, line: 0, begin, says_begin: true, pace: Span::ZERO, host, steps: Vec::new(), expect: None }
        }
    };
    stage.recoveries = vec![recovery];
    stage
}

/// When the last step of timeline and worlds has ended, in any world: a plan that no file gives a beginning begins then.
fn happened(stage: &Scenario, engine: &engine::Options) -> Time {
    let ended = |case: Case| {
        let run = run::run(stage, case, engine.clone(), &[]);
        run.engine.records.iter().filter_map(|record| record.ended).max().unwrap_or(Time::ZERO)
    };
    stage.cases().into_iter().map(ended).max().unwrap_or(Time::ZERO)
}

/// The scenario with a plan as its recovery.
fn laid(stage: &Scenario, lines: &[Line], scenario: &Scenario) -> Scenario {
    let mut laid = lay::with_steps(stage, lines);
    laid.name = format!("{}-plan", scenario.name);
    laid.title = format!("A plan for: {}", if scenario.title.is_empty() { &scenario.name } else { &scenario.title });
    laid.about = format!("The shortest recovery of {} that is safe in every world, as `poolsim plan` found it.\n", scenario.name);
    (laid.shows_kept, laid.shows_broken, laid.tags) = (Vec::new(), Vec::new(), Vec::new());
    laid
}

/// The same with what must come of it.
fn expecting(mut laid: Scenario, worlds: &[Outcome]) -> Scenario {
    let states = match &laid.goal {
        Some(goal) => goal.clone(),
        None => {
            let runs = |vm: &(VmId, Vec<crate::base::ids::MachineId>), world: Option<&String>| StateExpect {
                line: 0,
                scope: Scope { world: world.cloned(), recovery: None },
                when: StateWhen::End,
                seen_by: None,
                facts: vec![Fact::RunningOn(vm.0, vm.1.clone())],
            };
            let names: Vec<String> = laid.worlds.iter().map(|world| world.name.clone()).collect();
            worlds
                .iter()
                .enumerate()
                .flat_map(|(at, outcome)| outcome.runs.iter().map(|vm| runs(vm, names.get(at))).collect::<Vec<_>>())
                .collect()
        }
    };
    let mut expect = Expect { states, ..Expect::default() };
    match &laid.worlds[..] {
        [] => expect.worst = worlds.first().map(|outcome| (0, outcome.worst_of_run)),
        named => {
            expect.worst_by_world =
                named.iter().zip(worlds).map(|(world, outcome)| (world.name.clone(), (0, outcome.worst_of_run))).collect()
        }
    }
    laid.expect = Some(expect);
    laid
}
