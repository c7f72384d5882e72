//! What else may break: faults, their places and their times are chosen here, and what a case then shows that it does not show without
//! them is told by its cause.
//!
//! First every single fault, at every instant that matters ([`space`]), then every pair, and so on, as far as each such level can be
//! run whole; what is left of the budget goes to rounds of chance ([`swarm`]), each with a random part of the faults. Combinations
//! that show the same for the same reason are one finding ([`cause`]), and each is shrunk to the smallest scenario that shows it and
//! does not show it without its faults.

mod cause;
mod combination;
mod small;
mod space;
mod swarm;

pub use cause::{Phase, Shape};
pub use combination::{Strike, with_faults};
pub use space::{Instants, Space, faults};
pub use swarm::Round;

use super::orders::{End, Hooks};
use super::shrink::{Shrunk, Target};
use super::{each, study};
use crate::base::time::{Span, Time};
use crate::engine::{self, Engine, Program};
use crate::hazard::{HazardId, Place, Severity};
use crate::run::{Run, Session};
use crate::scenario::model::{Case, Scenario};
use crate::world::event::StepIx;
use cause::{Causes, Key};
use combination::grave;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many combinations are tried, where nothing else is said.
pub const BUDGET: u64 = 20_000;
/// How many findings are shrunk and told, where nothing else is said.
pub const FINDINGS: usize = 20;
/// How many faults a combination has at most.
pub const FAULTS_MOST: usize = 6;

/// As many combinations are run between two looks at what they came to.
const CHUNK: usize = 256;
/// As much may be done for one question, in units of a run's work: minutes, on machines of today.
const WORK_MOST: u64 = 20_000_000_000;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// The seed of all draws; `None`: the scenario's own. Rounds of chance count on from it.
    pub seed: Option<u64>,
    /// The bound of events of each run.
    pub max_events: u64,
    /// How much work all cases of the scenario may be together, where each is run once: a combination's run may be a case's share.
    pub max_work: u64,
    /// The most faults at once.
    pub faults: usize,
    /// No fault strikes later; `None`: until the run's end.
    pub within: Option<Span>,
    /// How many combinations are tried at most, in each case.
    pub budget: u64,
    /// How many findings of a case are shrunk and told at most, the gravest first.
    pub findings: usize,
}

/// All combinations of so many faults.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Level {
    /// How many faults.
    pub faults: usize,
    /// How many combinations there are.
    pub combinations: u64,
    /// Whether they were run: all of them, or none.
    pub run: bool,
}

/// What is shown by one cause, and not without it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The hazard at its place.
    pub target: Target,
    /// How bad it is.
    pub severity: Severity,
    /// What it is, in a sentence.
    pub what: String,
    /// The faults that it takes, in the order in which they struck where it was seen first.
    pub strikes: Vec<Strike>,
    /// The file's own steps that it takes as well, by their numbers in the case.
    pub steps: Vec<StepIx>,
    /// What it is an instance of.
    pub shapes: Vec<Shape>,
    /// How many of the combinations that were tried show it.
    pub shows: u64,
    /// The seed of the run that showed it first.
    pub seed: u64,
    /// The round of chance in which it was seen first, by its number; `None`: it is of a level that was run whole.
    pub round: Option<u64>,
    /// The scenario that shows it, as it was seen first: the case with the faults in it.
    pub scenario: Scenario,
    /// Its one case.
    pub case: Case,
    /// The smallest scenario that shows it; `None` where the search was stopped before.
    pub small: Option<Shrunk>,
}

/// What was found out of a case.
#[derive(Clone, Debug)]
pub struct Explored {
    /// The case.
    pub case: Case,
    /// How many things can break, and at how many instants in the run without a fault.
    pub places: (usize, usize),
    /// There were more instants than are looked at.
    pub thinned: bool,
    /// The levels that were looked at.
    pub levels: Vec<Level>,
    /// The rounds of chance, in order.
    pub rounds: Vec<Round>,
    /// How many combinations were tried.
    pub tried: u64,
    /// How many of them were ended by a bound, before their time.
    pub cut_short: u64,
    /// The findings, the gravest first.
    pub findings: Vec<Finding>,
    /// How many more there are that are not told.
    pub more: usize,
    /// In how many combinations something was shown whose cause was not looked for, since that would have been too much.
    pub uncaused: u64,
    /// How it ended.
    pub end: End,
}

/// A combination of faults, by their places in the space.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Combination(Vec<(u16, Time, Option<Span>)>);

/// A combination with its run's seed, and where it comes from.
#[derive(Clone, Debug)]
struct Tried {
    combination: Combination,
    seed: u64,
    round: Option<u64>,
}

impl Tried {
    /// What is tried first comes first.
    fn order(&self) -> (Option<u64>, &Combination) {
        (self.round, &self.combination)
    }
}

/// A place where a hazard holds.
type Site = (HazardId, Place);

/// What came of a combination.
struct Came {
    work: u64,
    cut_short: bool,
    /// Whether its last fault changed anything.
    effect: bool,
    /// What it shows that is not there without it.
    shows: Vec<Key>,
    /// The instants of its run that matter, where a further fault may be added.
    instants: space::Instants,
}

/// Explores a case.
pub fn explore(scenario: &Scenario, case: Case, options: &Options, hooks: &Hooks<'_>) -> Explored {
    let mut explorer = Explorer::new(scenario, case, options, hooks);
    explorer.levels();
    if explorer.end == End::All && explorer.levels.iter().any(|level| !level.run) {
        explorer.swarm();
    }
    explorer.tell()
}

/// A case that is explored.
struct Explorer<'s> {
    scenario: Scenario,
    case: Case,
    options: &'s Options,
    hooks: &'s Hooks<'s>,
    engine: engine::Options,
    space: Space,
    /// What is there without a fault, and the instants that matter then.
    quiet: (BTreeSet<Site>, space::Instants),
    levels: Vec<Level>,
    rounds: Vec<Round>,
    tried: u64,
    cut_short: u64,
    work: u64,
    end: End,
    /// What was shown, in how many combinations, and the first of them.
    shown: BTreeMap<Key, (u64, Tried)>,
}

impl<'s> Explorer<'s> {
    fn new(scenario: &Scenario, case: Case, options: &'s Options, hooks: &'s Hooks<'s>) -> Explorer<'s> {
        let max_work = study::share_of_work(scenario, options.max_work);
        let mut own = scenario.of(case).clone();
        own.variants.clear();
        (own.expect, own.seeds, own.skip, own.goal) = (None, None, None, None);
        let seed = options.seed.unwrap_or(own.seed);
        own.seed = seed;
        let case = Case { variant: None, ..case };
        let engine = engine::Options { seed, max_events: options.max_events, max_work, ..engine::Options::default() };
        let space = Space::new(&own);
        let mut explorer = Explorer {
            scenario: own,
            case,
            options,
            hooks,
            engine,
            space,
            quiet: Default::default(),
            levels: Vec::new(),
            rounds: Vec::new(),
            tried: 0,
            cut_short: 0,
            work: 0,
            end: End::All,
            shown: BTreeMap::new(),
        };
        explorer.quiet = explorer.quiet(seed);
        explorer
    }

    /// What a seed shows without a fault.
    fn quiet(&mut self, seed: u64) -> (BTreeSet<Site>, space::Instants) {
        let run = self.run(&Combination(Vec::new()), seed, &BTreeMap::new()).0;
        self.work += run.engine.work();
        (grave(&run.found).map(|found| (found.hazard, found.place)).collect(), self.instants(&run))
    }

    fn instants(&self, run: &Run) -> space::Instants {
        let until = self.options.within.map_or(run.end, |within| Time(within.0).min(run.end));
        space::Instants::of(run, until)
    }

    /// The strikes of a combination.
    fn strikes(&self, combination: &Combination) -> Vec<Strike> {
        let one = |(fault, at, lasts): &(u16, Time, Option<Span>)| {
            let fault = self.space.faults[usize::from(*fault)].clone();
            Strike { fault, at: *at, lasts: *lasts }
        };
        combination.0.iter().map(one).collect()
    }

    /// Runs a combination, with some of the file's own steps left out; and by their numbers the strikes' steps.
    fn run(&self, combination: &Combination, seed: u64, masked: &BTreeMap<StepIx, Span>) -> (Run, Vec<StepIx>) {
        let (scenario, case) = with_faults(&self.scenario, self.case, &self.strikes(combination));
        let program = Arc::new(Program::new(&scenario, case));
        let own: Vec<StepIx> = combination::numbers(&program);
        let options = engine::Options { seed, masked: masked.clone(), ..self.engine.clone() };
        (Session::unjudged(Engine::with_program(&scenario, program, options)).finish(), own)
    }

    /// Runs some combinations side by side, and counts what they show. `go_on`: whether their instants are asked for.
    fn try_all(&mut self, all: &[Tried], quiet: &BTreeSet<Site>, go_on: bool) -> Vec<Came> {
        let mut came = Vec::new();
        for chunk in all.chunks(CHUNK) {
            if (self.hooks.stopped)() {
                self.end = End::Stopped;
            } else if self.work > WORK_MOST {
                self.end = End::Bound;
            }
            if self.end != End::All {
                break;
            }
            let this = &*self;
            let of = each::map(chunk.len(), |at| this.come(&chunk[at], quiet, go_on));
            for (tried, one) in chunk.iter().zip(of) {
                self.tried += 1;
                self.work += one.work;
                self.cut_short += u64::from(one.cut_short);
                for key in &one.shows {
                    self.shown.entry(key.clone()).or_insert_with(|| (0, tried.clone())).0 += 1;
                }
                came.push(one);
            }
            (self.hooks.done)(chunk.len() as u64);
        }
        came
    }

    fn come(&self, tried: &Tried, quiet: &BTreeSet<Site>, go_on: bool) -> Came {
        let (run, own) = self.run(&tried.combination, tried.seed, &BTreeMap::new());
        let sites: BTreeSet<Site> = grave(&run.found).map(|found| (found.hazard, found.place)).collect();
        let faults: Vec<(u16, Phase)> = tried.combination.0.iter().map(|(fault, at, _)| (*fault, Phase::of(&run, &own, *at))).collect();
        Came {
            work: run.engine.work(),
            cut_short: run.engine.cut_short.is_some(),
            effect: own.last().is_none_or(|step| run.engine.records[usize::from(step.0)].effect != Some(false)),
            shows: sites.difference(quiet).map(|site| Key::new(*site, &faults)).collect(),
            instants: if go_on { self.instants(&run) } else { space::Instants::default() },
        }
    }

    /// Every combination of one fault, of two, and so on, as far as each of these is within the budget.
    fn levels(&mut self) {
        let mut parents = vec![(Combination(Vec::new()), self.quiet.1.clone())];
        let mut left = self.options.budget;
        for faults in 1..=self.options.faults {
            let combinations = parents.iter().map(|(parent, instants)| self.space.count_after(&parent.0, instants)).sum::<u64>();
            let run = combinations <= left;
            self.levels.push(Level { faults, combinations, run });
            if !run {
                return;
            }
            left -= combinations;
            let further = parents.iter().flat_map(|(parent, instants)| self.space.after(&parent.0, instants));
            let seed = self.engine.seed;
            let all: Vec<Tried> = further.map(|combination| Tried { combination: Combination(combination), seed, round: None }).collect();
            let quiet = self.quiet.0.clone();
            let go_on = faults < self.options.faults;
            let came = self.try_all(&all, &quiet, go_on);
            if self.end != End::All {
                return;
            }
            // What changed nothing, and brings nothing back later, is as if it had not been.
            let idle =
                |(tried, came): &(Tried, Came)| !came.effect && tried.combination.0.last().is_some_and(|(.., lasts)| lasts.is_none());
            parents = all.into_iter().zip(came).filter(|one| !idle(one)).map(|(tried, came)| (tried.combination, came.instants)).collect();
        }
    }

    /// Rounds of chance, for what is left of the budget.
    fn swarm(&mut self) {
        let mut number = 0;
        while self.end == End::All && self.tried < self.options.budget {
            let seed = self.engine.seed.wrapping_add(number);
            let (quiet, instants) = if number == 0 { self.quiet.clone() } else { self.quiet(seed) };
            let until = self.options.within.map_or(instants.end, |within| Time(within.0).min(instants.end));
            let round = Round::new(number, seed, self.engine.seed, &self.space, until);
            let runs = (self.options.budget - self.tried).min(swarm::RUNS);
            let of = (0..runs).map(|n| Combination(round.combination(n, &self.space, &instants, until, self.options.faults)));
            let all: Vec<Tried> = of.map(|combination| Tried { combination, seed, round: Some(number) }).collect();
            self.try_all(&all, &quiet, false);
            self.rounds.push(round);
            number += 1;
        }
    }

    /// What was shown, by its causes, each shrunk.
    fn tell(self) -> Explored {
        let Causes { found, uncaused } = Causes::of(&self);
        let more = found.len().saturating_sub(self.options.findings);
        let told = &found[..found.len() - more];
        let findings = each::map(told.len(), |at| small::finding(&self, &told[at]));
        Explored {
            case: self.case,
            places: (self.space.faults.len(), self.quiet.1.all.len()),
            thinned: self.quiet.1.thinned,
            levels: self.levels,
            rounds: self.rounds,
            tried: self.tried,
            cut_short: self.cut_short,
            findings,
            more,
            uncaused,
            end: self.end,
        }
    }
}
