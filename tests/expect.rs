//! What `expect` can say beyond hazards and states: when a hazard begins, how long a VM is down, how many events there
//! are, that steps had an effect, in what share of seeds a hazard occurs.

mod common;

use poolsim::report;
use poolsim::report::{Report, Verdict};
use poolsim::search::study;

/// Beta loses power at 5m and nobody does anything: the VM `db` is down from then on, which is found after its grace and
/// counts from its first instant (docs/scenarios.md).
const STORY: &str = "
pool: {hosts: [alpha, beta, gamma], storage: [nfs1], vms: {db: {running-on: beta}, web: {running-on: alpha}, spare: }}
until: 40m
timeline:
  - {id: crash, at: 5m, fault: {crash: beta}}
  - {id: again, at: 6m, fault: {crash: beta}}
  - {id: look, at: 7m, run: xe vm-list}
  - {id: start, at: 8m, run: xe vm-start vm=spare on=gamma}
  - {id: refused, at: 9m, run: xe vm-start vm=spare on=gamma}
";

fn only(expect: &str) -> Report {
    let scenario = common::load("story.yaml", &format!("{STORY}expect: {{worst: corruption, {expect}}}\n"));
    common::run(&scenario, false).remove(0)
}

/// Whether the expectations that `expect` adds hold, and what came.
fn judged(expect: &str) -> Vec<(bool, String)> {
    let report = only(expect);
    let own = report.expectations.iter().filter(|e| !e.what.starts_with("nothing worse than"));
    own.map(|e| (e.passed, e.got.clone())).collect()
}

fn holds(expect: &str) -> bool {
    let all = judged(expect);
    assert!(!all.is_empty(), "{expect} judges nothing");
    all.iter().all(|(passed, _)| *passed)
}

#[test]
fn a_hazard_begins_in_its_time_or_not_as_expected() {
    for right in ["by: 5m", "by: 40m", "during: 5m..5m", "during: 0s..5m", "during: 5m..40m", "by: beta, during: 0s..5m"] {
        // `vm-down` is nobody's belief: with `by: HOST` the item must fail whatever the time.
        assert_eq!(holds(&format!("hazards: [{{hazard: vm-down, vm: db, {right}}}]")), !right.contains("beta"), "{right}");
    }
    for wrong in ["by: 4m59s", "during: 5m1s..40m", "during: 0s..4m59s999ms"] {
        assert!(!holds(&format!("hazards: [{{hazard: vm-down, vm: db, {wrong}}}]")), "{wrong}");
    }
}

/// `db` is down from 5m until the run's end at 40m, `web` never was, `spare` was halted by nobody's fault.
#[test]
fn downtime_is_bounded_to_the_instant() {
    assert!(holds("downtime: {db: 35m, web: 0s, spare: 0s}"));
    assert_eq!(judged("downtime: {db: 34m59s}"), [(false, "35m".to_string())]);
}

#[test]
fn events_are_those_that_the_report_counts() {
    let events = only("never: [double-writer]").events;
    assert!(events > 4, "a crash and a start are several events");
    assert!(holds(&format!("events: {{at-most: {events}}}")));
    assert_eq!(judged(&format!("events: {{at-most: {}}}", events - 1)), [(false, events.to_string())]);
}

/// A crash and a start change something; a crash of what is off, a list and a refused start change nothing.
#[test]
fn steps_have_an_effect_if_they_changed_something() {
    assert!(holds("effects: [crash, start]"));
    for (step, got) in [("again", "it changed nothing"), ("look", "it changed nothing"), ("refused", "error")] {
        assert_eq!(judged(&format!("effects: [{step}]")), [(false, got.to_string())]);
    }
}

/// The crash comes at an instant drawn from 4m..6m: in some seeds by 5m, in others later.
const DRAWN: &str = "
pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}
until: 40m
seeds: 1..40
timeline: [{at: 4m..6m, fault: {crash: beta}}]
expect:
  hazards:
    - {hazard: vm-down, vm: db, by: 5m, in: SHARE}
";

#[test]
fn a_share_is_counted_over_all_seeds() {
    let text = |share: &str| DRAWN.replace("SHARE", share);
    // Counted by hand, run by run.
    let plain = common::load("drawn.yaml", &text("0%..100%"));
    let hit = |seed: u64| {
        let options = study::Options { seed: Some(seed), ..common::options(false) };
        let scenario = poolsim::scenario::model::Scenario { seeds: None, ..plain.clone() };
        let report = report::of(&scenario, scenario.cases()[0], &options);
        assert!(!report.expectations.iter().any(|e| e.what.contains("seeds")), "without seeds no share is judged");
        report.hazards.iter().any(|found| found.hazard == "vm-down" && found.since.0 <= 300_000_000)
    };
    let hits: Vec<u64> = (1..=40).filter(|seed| hit(*seed)).collect();
    assert!((5..=35).contains(&hits.len()), "half of them, more or less: {hits:?}");
    let judged = |share: &str| {
        let scenario = common::load("drawn.yaml", &text(share));
        let report = common::run(&scenario, false).remove(0);
        let item = report.expectations.iter().find(|e| e.what.contains("seeds")).expect("the share is judged").clone();
        assert_eq!(report.verdict == Verdict::AsExpected, item.passed);
        item
    };
    // 40 seeds: each is 2.5%. The bounds are exact.
    let tenths = |n: usize| format!("{}.{}%", n * 25 / 10, n * 25 % 10);
    let (below, exact, above) = (tenths(hits.len() - 1), tenths(hits.len()), tenths(hits.len() + 1));
    assert!(judged(&exact).passed && judged(&format!("{exact}..100%")).passed && judged(&format!("0%..{exact}")).passed);
    assert!(!judged(&format!("0%..{below}")).passed && !judged(&format!("{above}..100%")).passed);
    let item = judged("0%");
    assert!(!item.passed);
    assert!(item.got.starts_with(&format!("in {} of 40, ", hits.len())), "{}", item.got);
    assert!(item.got.ends_with(&format!("the first is {}, the last {}", hits[0], hits[hits.len() - 1])), "{}", item.got);
}

/// What must occur in no seed is kept out, and so does not raise the worst that is allowed.
#[test]
fn a_share_of_nothing_allows_nothing() {
    let story = |share: &str| {
        let isolated = "timeline: [{at: 5m, fault: {isolate: beta}}]\nrecovery: {wait-for: {host: beta, live: false}, steps: [{run: \"xe host-forget uuid=$beta --force\"}]}\n";
        let pool = "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\nseeds: 1..2\n";
        common::load("s.yaml", &format!("{pool}{isolated}expect: {{hazards: [{{hazard: forgotten-host-alive, in: {share}}}]}}\n"))
    };
    let worst = |share: &str| {
        let report = common::run(&story(share), false).remove(0);
        report.expectations.iter().find(|e| e.what.starts_with("nothing worse than")).expect("the worst is judged").passed
    };
    assert!(worst("0%..100%"), "a danger that is named is allowed");
    assert!(!worst("0%"));
}
