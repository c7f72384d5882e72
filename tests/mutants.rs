//! The shipped scenarios miss every guard of the model that is taken away.

mod common;

use poolsim::scenario::model::{Case, Scenario};
use poolsim::search::mutants::{mutants, verdict};
use poolsim::{engine::Options, judge::Verdict, world::guards::Guard};

#[test]
fn the_shipped_scenarios_notice_every_guard_that_is_gone() {
    let scenarios: Vec<Scenario> = common::shipped().iter().map(|path| common::load_file(path)).collect();
    let cases: Vec<(&Scenario, Case)> =
        scenarios.iter().flat_map(|scenario| scenario.cases().into_iter().map(move |case| (scenario, case))).collect();
    let missed: Vec<&str> =
        mutants(&cases, None, 5_000_000).iter().filter(|mutant| mutant.noticed_by.is_none()).map(|mutant| mutant.guard.name).collect();
    assert!(missed.is_empty(), "no shipped scenario notices that these are gone: {missed:?}");
}

/// A suite without a single start on a locked disk can't miss the lock; one with a start that must be refused does.
#[test]
fn a_guard_is_noticed_only_by_who_meets_it() {
    let pool = "pool:\n  hosts: [alpha, beta]\n  storage: {nfs1: {type: nfs}}\n  vms: {db: {running-on: beta}}\n";
    let quiet = common::load("quiet", &format!("{pool}until: 5m\nexpect: {{worst: none}}\n"));
    let refused = common::load(
        "refused",
        &format!(
            "{pool}recovery: {{steps: [{{run: 'xe vm-start vm=db on=alpha', expect: {{code: VM_BAD_POWER_STATE}}}}]}}\nexpect: {{worst: none}}\n"
        ),
    );
    let of = |scenario: &Scenario, guard| verdict(scenario, scenario.cases()[0], &Options::default(), guard);
    assert_eq!([None, Some(Guard::Halted)].map(|guard| of(&quiet, guard)), [Verdict::AsExpected; 2]);
    assert_eq!([None, Some(Guard::Halted)].map(|guard| of(&refused, guard)), [Verdict::AsExpected, Verdict::NotAsExpected]);
}
