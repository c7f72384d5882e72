//! Would a suite of scenarios notice if a guard of the model were gone? One guard at a time is taken away, and the cases
//! are run until one is no longer as expected. A guard that nobody misses is a rule that the suite does not test.

use super::{each, study};
use crate::engine::Options;
use crate::judge::Verdict;
use crate::run;
use crate::scenario::model::{Case, Scenario};
use crate::world::guards::{GUARDS, Guard, GuardDoc};

/// A guard, and the first case that missed it.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    /// The guard that was taken away.
    pub guard: &'static GuardDoc,
    /// The place of the case among those that were given; `None` if none noticed.
    pub noticed_by: Option<usize>,
}

/// A case's verdict, with a guard taken away or with all of them.
pub fn verdict(scenario: &Scenario, case: Case, options: &Options, without: Option<Guard>) -> Verdict {
    let options = Options { without, silent: true, ..options.clone() };
    let run = run::run(scenario, case, options.clone(), &[]);
    study::judged(scenario, case, &options, &run).1
}

/// Every guard with the first case that notices that it is gone. Only cases that are as expected while all guards stand
/// can notice anything; `seed` stands for the scenarios' own.
pub fn mutants(cases: &[(&Scenario, Case)], seed: Option<u64>, max_events: u64) -> Vec<Mutant> {
    let options = |scenario: &Scenario| Options { seed: seed.unwrap_or(scenario.seed), max_events, ..Options::default() };
    let as_expected =
        |(scenario, case): (&Scenario, Case), without| verdict(scenario, case, &options(scenario), without) == Verdict::AsExpected;
    let sound: Vec<bool> = each::map(cases.len(), |at| as_expected(cases[at], None));
    let notices = |guard: Guard| each::first(cases.len(), |at| sound[at] && !as_expected(cases[at], Some(guard)));
    GUARDS.iter().map(|guard| Mutant { guard, noticed_by: notices(guard.guard) }).collect()
}
