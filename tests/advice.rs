//! Every advice is tried: the case is run again with it followed, and it must do what it is for, and no harm.

mod common;
#[allow(dead_code)]
mod generate;

use generate::Taste;
use poolsim::engine;
use poolsim::hazard::remedy::{Advice, Aim};
use poolsim::hazard::watch::Found;
use poolsim::scenario::model::Scenario;
use poolsim::search::study::{self, Options};
use poolsim::search::{each, trial};
use std::collections::BTreeMap;

/// How many random scenarios.
const WILD: usize = 2_000;

/// How many of a thousand advices in random scenarios do not help yet, and how many bring another danger, at most.
const BAD_MOST: usize = 90;
const HARM_MOST: usize = 33;

/// What no run can try, each looked at by hand: what it asks for is not simulated.
const BY_HAND: [(&str, &str); 10] = [
    // A disk is copied, or the machine's own disks are read.
    ("data-destroyed", "copy "),
    // The disk is gone with the storage that it lay on.
    ("vm-down", " from a backup: "),
    ("protected-vm-down", " from a backup: "),
    // Two VMs want one disk: which of them runs is for somebody to say.
    ("vm-down", " is shut down: it has "),
    // A dump that somebody has is brought back.
    ("vm-down", "restore the database of the pool "),
    // The ruling database knows no host.
    ("vm-down", "bring back a host that reaches the disks of "),
    // A VM's memory is set smaller, or a host gets more.
    ("vm-down", "make room for "),
    ("protected-vm-down", "make room for "),
    // A disk is moved to another SR.
    ("overcommitted", "put the disks of "),
    // What HA met says where to look; what is wrong there can be anything.
    ("protected-vm-down", "see "),
];

/// What came of the advice about one finding.
struct Tried {
    told: String,
    good: bool,
    harms: bool,
}

fn try_all(name: &str, scenario: &Scenario) -> Vec<Tried> {
    let mut all = Vec::new();
    for case in scenario.cases() {
        let options = Options { max_events: 5_000_000, ..Options::default() };
        let study = study::study(scenario, case, &options);
        let options = engine::Options { seed: study.seed, max_events: 5_000_000, silent: true, ..engine::Options::default() };
        for (found, advice) in study.run.found.iter().zip(&study.advice) {
            let trials = trial::tries(study.scenario, &options, &study.run, found, advice);
            let hazard = found.hazard.doc().name;
            let mut told =
                format!("{name} {case:?}: {hazard} {:?} since {}\n  {:?}: {}", found.place, found.since, advice.aim, advice.text);
            for trial in &trials {
                let harm: Vec<String> = trial.harm.iter().map(|(hazard, place)| format!("{} {place:?}", hazard.doc().name)).collect();
                let way = &advice.ways[trial.way];
                told.push_str(&format!("\n  helped {}, harm {harm:?}, not done {:?}: {way:?}", trial.helped, trial.refused));
            }
            all.push(Tried {
                told,
                harms: trials.iter().any(|trial| !trial.harm.is_empty()),
                good: can_be_followed(found, advice) && trials.iter().all(trial::Trial::good),
            });
        }
    }
    all
}

/// Whether there is something to follow, or a reason why there is not.
fn can_be_followed(found: &Found, advice: &Advice) -> bool {
    let by_hand = || BY_HAND.iter().any(|(hazard, words)| *hazard == found.hazard.doc().name && advice.text.contains(words));
    match advice.aim {
        Aim::Nothing => found.until.is_some() && advice.ways.is_empty() && !advice.text.is_empty(),
        Aim::ByHand => advice.ways.is_empty() && by_hand(),
        _ => !advice.ways.is_empty() && advice.ways.iter().all(|way| !way.is_empty()),
    }
}

/// At most so many of a thousand advices do not do what they are for, and at most so many harm.
fn judge(all: Vec<Tried>, bad_most: usize, harm_most: usize) {
    let count = all.len();
    let harm = all.iter().filter(|tried| tried.harms).count();
    let bad: Vec<Tried> = all.into_iter().filter(|tried| !tried.good).collect();
    let mut by_words: BTreeMap<String, usize> = BTreeMap::new();
    for tried in &bad {
        let words = |line: Option<&str>| line.unwrap_or("").split_whitespace().take(5).collect::<Vec<_>>().join(" ");
        let mut lines = tried.told.lines();
        let hazard = lines.next().and_then(|line| line.split(": ").last()).and_then(|rest| rest.split_whitespace().next()).unwrap_or("");
        *by_words.entry(format!("{hazard}: {}", words(lines.next()))).or_default() += 1;
    }
    let told: Vec<&str> = bad.iter().map(|tried| tried.told.as_str()).collect();
    let within = bad.len() * 1_000 <= bad_most * count && harm * 1_000 <= harm_most * count;
    assert!(within, "{}\n{by_words:#?}\n{} of {count} advices do not help, {harm} harm", told.join("\n"), bad.len());
}

#[test]
fn every_advice_in_the_shipped_scenarios_does_what_it_is_for() {
    let paths = common::shipped();
    let all = each::map(paths.len(), |at| try_all(&common::relative(&paths[at]), &common::load_file(&paths[at])));
    judge(all.into_iter().flatten().collect(), 0, 0);
}

/// Random scenarios pile up faults and commands as no pool sees them: two masters in two pools, hosts forgotten, installed
/// afresh and hung, all within an hour. What one sentence says is then not always enough; how often it is not may only fall.
#[test]
fn nearly_every_advice_in_random_scenarios_does_what_it_is_for() {
    let all =
        each::map(WILD, |n| try_all(&format!("scenario {n}"), &common::load("generated.yaml", &generate::scenario(n as u64, Taste::Wild))));
    judge(all.into_iter().flatten().collect(), BAD_MOST, HARM_MOST);
}
