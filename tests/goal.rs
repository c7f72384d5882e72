//! What a recovery is for: the states that a file names, or that what ran at the start runs at the end.

mod common;

use poolsim::engine::Options;
use poolsim::judge::{self, Missed};
use poolsim::run;

const POOL: &str = "
pool:
  hosts: [alpha, beta, gamma]
  storage: [nfs1]
  vms: {db: {running-on: beta}, web: {running-on: alpha}, spare: , torn: {running-on: [alpha, gamma]}}
until: 20m
";

/// What is missing in each case at its end.
fn missed(rest: &str) -> Vec<Vec<Missed>> {
    let scenario = common::load("goal.yaml", &format!("{POOL}{rest}"));
    let one = |case| {
        let run = run::run(&scenario, case, Options::default(), &[]);
        judge::goal(&scenario, case, &run.engine.world)
    };
    scenario.cases().into_iter().map(one).collect()
}

/// The names of what is missing: VMs, or states as they were wanted.
fn names(rest: &str) -> Vec<Vec<String>> {
    let scenario = common::load("goal.yaml", &format!("{POOL}{rest}"));
    let name = |missed: Missed| match missed {
        Missed::Vm(vm) => scenario.pool.names.vm(vm).to_string(),
        Missed::State { what, .. } => what,
    };
    missed(rest).into_iter().map(|all| all.into_iter().map(name).collect()).collect()
}

/// `torn` runs on two hosts from the start, which is no goal reached; `spare` never ran, and need not.
#[test]
fn without_a_goal_what_ran_is_to_run_on_one_host() {
    assert_eq!(names(""), [["torn"]]);
    assert_eq!(names("timeline: [{at: 5m, fault: {crash: beta}}]"), [["db", "torn"]]);
    // The second domain goes with its host.
    assert_eq!(names("timeline: [{at: 5m, fault: {crash: gamma}}]"), [[] as [&str; 0]]);
    assert_eq!(names("worlds: {a: [{at: 5m, fault: {crash: gamma}}], b: []}"), [vec![], vec!["torn".to_string()]]);
}

#[test]
fn a_goal_that_is_named_is_judged_when_the_run_is_over_and_by_itself() {
    // What is missing is told as it was wanted, with its line and what is so instead.
    let told = missed("goal:\n  - {vm: [db, web], running-on: gamma}\n  - {host: alpha, powered: true}\n");
    let [[Missed::State { line, what, got }]] = &told.iter().map(Vec::as_slice).collect::<Vec<_>>()[..] else { panic!("{told:?}") };
    assert_eq!(*line, 8, "the item's line");
    // Of a list the wish stands once, and where its parts stand apart each says so by its name.
    assert_eq!(what, "db, web: running-on: [gamma]");
    assert_eq!(got, "db: running-on: [beta]; web: running-on: [alpha]");
    let alike = missed("goal: [{vdi: [db-root, web-root], paused: true, damaged: false}]");
    let [[Missed::State { what, got, .. }]] = &alike.iter().map(Vec::as_slice).collect::<Vec<_>>()[..] else { panic!("{alike:?}") };
    assert_eq!((what.as_str(), got.as_str()), ("db-root, web-root: damaged: false, paused: true", "damaged: false, paused: false"));
    // What was so for a while is not so at the end, and the other way round.
    let crash = "timeline: [{at: 5m, fault: {crash: beta}, for: 5m}]\n";
    assert_eq!(names(&format!("{crash}goal: [{{host: beta, powered: true}}]")), [[] as [&str; 0]]);
    assert_eq!(names(&format!("{crash}goal: [{{vm: db, running-on: []}}]")), [[] as [&str; 0]]);
    assert_eq!(names(&format!("{crash}goal: [{{host: beta, powered: false}}]")), [["beta: powered: false"]]);
    // Beliefs are the ruling database's, or those of the host that is named.
    // A host that boots again has its VMs recorded as halted.
    assert_eq!(names(&format!("{crash}goal: [{{vm: db, power-state: running}}]")), [["db: power-state: running"]]);
    assert_eq!(names("goal: [{masters: alpha}, {default-sr: nfs1, seen-by: beta}]"), [[] as [&str; 0]]);
}

#[test]
fn an_item_of_a_goal_may_be_meant_for_some_cases() {
    let rest = "worlds: {a: [], b: []}\nrecoveries: {x: {steps: []}, y: {steps: []}}\ngoal:
  - {vm: db, running-on: beta}
  - {world: a, host: gamma, powered: false}
  - {recovery: y, host: alpha, powered: false}
";
    let (gamma, alpha) = ("gamma: powered: false".to_string(), "alpha: powered: false".to_string());
    assert_eq!(names(rest), [vec![gamma.clone()], vec![gamma, alpha.clone()], vec![], vec![alpha]]);
}
