//! Which orders of a recovery's steps are safe in every world, and what must come before what. All orders are run, as far as
//! they can be; an order is judged by its worst run, since whoever types can't tell the worlds apart.

mod ask;
mod branch;
mod choice;
mod list;
mod rules;
mod sample;
mod story;
mod timing;

pub use ask::{Ask, Asked, asked};
pub use branch::{End, Hooks};
pub(super) use branch::{fresh_harm, harm};
pub use choice::{Choice, Impossible, Order, STEPS_MOST};
pub use rules::{Kind, Rule, Rules};
pub use sample::Sample;
pub use story::{Told, saved, told};
pub use timing::{AFTERWARDS, Return, Stretch, Timing, came, timing, with_return};

use super::study;
use crate::engine;
use crate::hazard::HazardId;
use crate::scenario::model::Scenario;
use std::collections::BTreeMap;

/// Up to so many steps every order is run.
pub const STEPS_ALL: usize = 8;
/// Up to so many where steps may also be left out.
pub const STEPS_ALL_SUBSETS: usize = 6;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether every choice of steps that are left out is run, too.
    pub subsets: bool,
    /// The seed of all draws; `None`: the scenario's own.
    pub seed: Option<u64>,
    /// The bound of events of each run.
    pub max_events: u64,
    /// How much work all cases of the scenario may be together, where each is run once: an order's run may be a case's share.
    pub max_work: u64,
    /// Whether every run is made, also one that goes on as another does: slow, to prove the rest.
    pub brute: bool,
}

/// What an order is, by its worst run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Class {
    /// In every world nothing of danger or corruption begins after the recovery began, and the goal is reached.
    Safe,
    /// Nothing of danger or corruption begins either, but in some world the goal is missed.
    Futile,
    /// In some world a finding of danger begins after the recovery began, and none of corruption in any.
    Dangerous,
    /// In some world a finding of corruption begins after the recovery began.
    Corrupting,
}

impl Class {
    /// All of them, the best first.
    pub const ALL: [Class; 4] = [Class::Safe, Class::Futile, Class::Dangerous, Class::Corrupting];

    /// As reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Class::Safe => "safe",
            Class::Futile => "futile",
            Class::Dangerous => "dangerous",
            Class::Corrupting => "corrupting",
        }
    }
}

/// How an order was judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// Its class.
    pub class: Class,
    /// The first world, by its place in [`Choice::cases`], in which it is of this class.
    pub world: usize,
    /// What begins there, the first of its severity; `None` where nothing harmful does.
    pub hazard: Option<HazardId>,
    /// A run ended at its bound of events: what would have come after is not known.
    pub cut_short: bool,
}

/// How much of what there is was run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Extent {
    /// Every order.
    All,
    /// Some of them, since there are too many steps.
    Sample(Sample),
    /// What had been run when somebody stopped it, of so many.
    Stopped(usize),
    /// What could be run within the bound of work, of so many orders.
    Bound(usize),
}

/// What was found out.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The steps that are put in order.
    pub choice: Choice,
    /// Each order with its verdict, in lexicographic order of the file's steps.
    pub judged: Vec<(Order, Verdict)>,
    /// How much was run.
    pub extent: Extent,
    /// What every safe order keeps.
    pub rules: Rules,
    /// How many of the runs were spared since another went on alike.
    pub merged: u64,
}

impl Answer {
    /// How many orders are of a class.
    pub fn count(&self, class: Class) -> usize {
        self.judged.iter().filter(|(_, verdict)| verdict.class == class).count()
    }

    /// The safe order of the fewest steps, of several the first.
    pub fn shortest_safe(&self) -> Option<&Order> {
        let safe = self.judged.iter().filter(|(_, verdict)| verdict.class == Class::Safe);
        safe.map(|(order, _)| order).min_by_key(|order| order.len())
    }
}

/// Runs the orders of a recovery and says what they have in common. `choice` says which steps are put in order.
pub fn orders(scenario: &Scenario, choice: Choice, options: &Options, hooks: &Hooks<'_>) -> Answer {
    let engine = engine_options(scenario, options);
    let tree = branch::Tree::new(scenario, &choice, &engine, hooks, !options.brute);
    let (judged, extent) = if let Some(all) = every(&choice, options) {
        let (count, (tried, end)) = (all.len(), tree.judge(&all));
        let extent = match end {
            branch::End::All => Extent::All,
            branch::End::Stopped => Extent::Stopped(count),
            branch::End::Bound => Extent::Bound(count),
        };
        (all.into_iter().zip(tried).filter_map(|(order, verdict)| Some((order, verdict?))).collect(), extent)
    } else {
        let (tried, extent) = sample::sample(&choice, options.subsets, engine.seed, &tree);
        (tried.into_iter().collect::<Vec<_>>(), extent)
    };
    let merged = tree.merged();
    drop(tree);
    let rules = rules::rules(&choice, &judged, options.subsets, extent == Extent::All);
    Answer { choice, judged, extent, rules, merged }
}

/// All orders, in the order of the file's steps, where every one of them is run; `None` where there are too many steps for that.
pub fn every(choice: &Choice, options: &Options) -> Option<Vec<Order>> {
    let most = if options.subsets { STEPS_ALL_SUBSETS } else { STEPS_ALL };
    (choice.len() <= most).then(|| list::all(choice, options.subsets))
}

/// The verdicts of some of them, which stand in their order; `None` where one was not come to.
pub fn verdicts(scenario: &Scenario, choice: &Choice, options: &Options, some: &[Order], hooks: &Hooks<'_>) -> Vec<Option<Verdict>> {
    let engine = engine_options(scenario, options);
    branch::Tree::new(scenario, choice, &engine, hooks, !options.brute).judge(some).0
}

/// The answer that all of these have together, as [`orders`] would have given it.
pub fn of_verdicts(choice: Choice, judged: Vec<(Order, Verdict)>, options: &Options) -> Answer {
    let rules = rules::rules(&choice, &judged, options.subsets, true);
    Answer { choice, judged, extent: Extent::All, rules, merged: 0 }
}

fn engine_options(scenario: &Scenario, options: &Options) -> engine::Options {
    let seed = options.seed.unwrap_or(scenario.seed);
    let (max_events, max_work) = (options.max_events, study::share_of_work(scenario, options.max_work));
    engine::Options { seed, max_events, max_work, silent: true, ..engine::Options::default() }
}

/// How many runs there will be, at most.
pub fn runs(choice: &Choice, options: &Options) -> u64 {
    let orders = every(choice, options).map_or(sample::TRIED_MOST, |all| all.len());
    (orders * choice.cases.len()) as u64
}

/// Orders with their verdicts, as they come.
type Tried = BTreeMap<Order, Verdict>;
