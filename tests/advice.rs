//! Every advice is tried: the case is run again with it followed, and it must do what it is for, and no harm.

mod common;
#[allow(dead_code)]
mod generate;

use generate::Taste;
use poolsim::engine;
use poolsim::hazard::remedy::{Advice, Aim, Remedy, Work};
use poolsim::hazard::watch::Found;
use poolsim::scenario::model::Scenario;
use poolsim::scenario::{Asked, load_with};
use poolsim::search::study::{self, Options};
use poolsim::search::{each, trial};
use poolsim::world::event::StepIx;
use poolsim::world::release::Release;
use std::collections::BTreeMap;

/// How many random scenarios.
const WILD: usize = 2_000;

/// For how many of a thousand findings in random scenarios no way out is found that is ordinary, at most.
const LOST_MOST: usize = 16;

/// What no run can try, each looked at by hand: what it asks for is not simulated.
const BY_HAND: [(&str, &str); 12] = [
    // No host is without a lock on that SR: whose VMs go down, or whose PBD is unplugged, is for somebody to say.
    ("left-paused", "the word `master` can be said of none"),
    // First HA wants a liveset, for which its own advice is by hand.
    ("left-paused", "bring back a liveset"),
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
    lost: bool,
}

fn try_all(name: &str, scenario: &Scenario) -> Vec<Tried> {
    let mut all = Vec::new();
    for case in scenario.cases() {
        let options = Options { max_events: 5_000_000, ..Options::default() };
        let study = study::study(scenario, case, &options);
        let options = engine::Options { seed: study.seed, max_events: 5_000_000, silent: true, ..engine::Options::default() };
        for (found, advice) in study.run.found.iter().zip(&study.advice) {
            let trials =
                trial::Trials::new(study.scenario, &options, &study.run).of(found, advice).expect("one advice is within the bounds");
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
                lost: advice.aim == Aim::NoWayOut,
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
        Aim::NoWayOut => advice.ways.is_empty() && advice.text.contains("tried in this run"),
        Aim::ByHand => advice.ways.is_empty() && by_hand(),
        _ => !advice.ways.is_empty() && advice.ways.iter().all(|way| !way.is_empty()),
    }
}

/// Each advice does what it is for, and no harm; for at most so many of a thousand findings there is none.
fn judge(all: Vec<Tried>, lost_most: usize) {
    let count = all.len();
    assert!(count > 500, "{count} advices are too few to say anything");
    let lost = all.iter().filter(|tried| tried.lost).count();
    assert!(lost * 1_000 <= lost_most * count, "{lost} of {count} findings have no way out");
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
    assert!(bad.is_empty() && harm == 0, "{}\n{by_words:#?}\n{} of {count} advices do not help, {harm} harm", told.join("\n"), bad.len());
}

#[test]
fn every_advice_in_the_shipped_scenarios_does_what_it_is_for() {
    let paths = common::shipped();
    let all = each::map(paths.len(), |at| try_all(&common::relative(&paths[at]), &common::load_file(&paths[at])));
    judge(all.into_iter().flatten().collect(), 0);
}

/// The same where the code of a release speaks: a file that has not all of its commands there is passed over.
fn on_a_release(name: &str) {
    let release = Release::named(name).expect("a release");
    let paths = common::shipped();
    let all = each::map(paths.len(), |at| {
        let text = std::fs::read_to_string(&paths[at]).expect("a readable file");
        let mut include = |_: &str| Err("nothing is included in a shipped file".to_owned());
        let asked = &mut Asked { include: &mut include, set: &[], release: Some(release) };
        let file = common::relative(&paths[at]);
        load_with(&file, text.as_bytes(), asked).map_or_else(|_| Vec::new(), |loaded| try_all(&file, &loaded.scenario))
    });
    judge(all.into_iter().flatten().collect(), 0);
}

#[test]
fn every_advice_on_xcp_ng_8_3_does_what_it_is_for() {
    on_a_release("xcp-ng-8.3");
}

/// Random scenarios pile up faults and commands as no pool sees them: two masters in two pools, hosts forgotten, installed
/// afresh and hung, all within an hour. What one sentence says is then not always enough, and where it is not, that is told;
/// how often may only fall.
#[test]
fn every_advice_in_random_scenarios_does_what_it_is_for() {
    let all =
        each::map(WILD, |n| try_all(&format!("scenario {n}"), &common::load("generated.yaml", &generate::scenario(n as u64, Taste::Wild))));
    judge(all.into_iter().flatten().collect(), LOST_MOST);
}

/// The master is cut off and switched off, a member is promoted: whatever is found, the host that runs the guest is well, and
/// nobody should switch it off.
#[test]
fn no_advice_switches_off_the_host_that_is_well() {
    let text = "\
pool: {hosts: [a, b, c], storage: {n: {type: nfs}}, vms: {v: {running-on: c}}}
timeline:
  - {at: 5m, fault: {isolate: a}}
recovery:
  at: 20m
  host: b
  steps:
    - {act: {power-off: a}}
    - {run: xe pool-emergency-transition-to-master}
    - {after: 1m, run: xe pool-recover-slaves}
";
    let scenario = common::load("cut-off-master.yaml", text);
    let study = study::study(&scenario, scenario.cases()[0], &Options::default());
    assert!(!study.advice.is_empty(), "the master was cut off for a quarter of an hour: something is found");
    for advice in &study.advice {
        assert!(!advice.text.contains("power off c"), "{}", advice.text);
        let off = advice.ways.iter().flatten().any(|remedy| matches!(remedy, Remedy::Do(_, Work::PowerOff(machine)) if machine.0 == 2));
        assert!(!off, "{advice:?}");
    }
}

/// beta is cut off, and whoever switches it off does the one thing that makes all that follows safe. One lock is released before the
/// other, so that a start in between is refused; for that nobody is told to leave the power button alone.
#[test]
fn no_advice_leaves_out_that_a_silent_host_was_switched_off() {
    let text = "\
pool: {hosts: [a, b, c], storage: {m: {type: nfs}, n: {type: nfs}}, vms: {v: {running-on: b, disks: {sys: {sr: m}, data: {sr: n}}}}}
timeline:
  - {at: 5m, fault: {isolate: b}}
recovery:
  at: 15m10s
  pace: 2s
  steps:
    - {act: {power-off: b}}
    - {run: xe vm-reset-powerstate vm=v --force}
    - {run: xe vm-start vm=v on=c}
    - {run: /opt/xensource/sm/resetvdis.py $b $m}
    - {run: xe vm-start vm=v on=c}
    - {run: /opt/xensource/sm/resetvdis.py $b $n}
    - {run: xe vm-start vm=v on=c}
";
    let scenario = common::load("two-locks.yaml", text);
    let study = study::study(&scenario, scenario.cases()[0], &Options::default());
    let off = StepIx(1);
    assert!(study.advice.len() > 2, "locks stood, a record was a ghost");
    // What helps is to release both before the start.
    let locks = study.advice.iter().find(|advice| advice.text.contains("release the locks")).expect("advice about the locks");
    assert!(locks.text.starts_with("release the locks of b on m and n before line 10"), "{}", locks.text);
    for advice in &study.advice {
        let left = advice.ways.iter().flatten().any(|remedy| matches!(remedy, Remedy::LeaveOut(step) if *step == off));
        assert!(!left, "{advice:?}");
    }
}
