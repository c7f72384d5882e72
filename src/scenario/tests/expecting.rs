//! What `expect`, `seeds` and `skip` may say.

use super::{POOL, codes, good};
use crate::base::time::{Span, Time};

fn one(rest: &str) -> Vec<(&'static str, u32)> {
    codes(&format!("{POOL}{rest}\n"))
}

#[test]
fn by_is_a_host_or_an_instant() {
    let read = |by: &str| {
        let item = good(&format!("{POOL}expect: {{hazards: [{{hazard: double-writer, by: {by}}}]}}\n")).expect.unwrap().hazards.remove(0);
        (item.by.map(|m| m.0), item.begins.map(|(first, last)| (first.0, last.0)))
    };
    assert_eq!(read("gamma"), (Some(2), None));
    assert_eq!(read("14m"), (None, Some((0, Time::ZERO.0 + Span::mins(14).0))));
    // A host that is called like a duration is what the file means: such files were right before durations were.
    let text = "pool: {hosts: [5m, 6m]}\nexpect: {hazards: [{hazard: two-masters, by: 6m}]}\n";
    assert_eq!(good(text).expect.unwrap().hazards[0].by.map(|m| m.0), Some(1));
    assert_eq!(one("expect: {hazards: [{hazard: double-writer, by: 14}]}"), [("wrong-duration", 2)]);
    assert_eq!(one("expect: {hazards: [{hazard: double-writer, by: delta}]}"), [("unknown-name", 2)]);
    assert_eq!(one("expect: {hazards: [{hazard: double-writer, by: 1m, during: 1m..2m}]}"), [("contradiction", 2)]);
    assert_eq!(one("until: 10m\nexpect: {hazards: [{hazard: double-writer, by: 14m}]}"), [("after-end", 3)]);
}

#[test]
fn downtime_names_vms_and_events_a_number() {
    let expect = good(&format!("{POOL}expect: {{downtime: {{db: 10m, web: 0s}}, events: {{at-most: 7}}}}\n")).expect.unwrap();
    assert_eq!(expect.downtime.iter().map(|(line, vm, most)| (*line, vm.0, most.0)).collect::<Vec<_>>(), [(2, 0, 600_000_000), (2, 1, 0)]);
    assert_eq!(expect.events_at_most, Some((2, 7)));
    assert_eq!(one("expect: {downtime: {dbb: 10m, web: 10}}"), [("unknown-name", 2), ("wrong-duration", 2)]);
    assert_eq!(one("expect: {events: {}}"), [("missing-key", 2)]);
    assert_eq!(one("expect: {events: 7}"), [("wrong-type", 2)]);
}

#[test]
fn effects_name_steps_that_can_have_one_and_are_judged_with_them() {
    let steps = "timeline: [{id: cut, at: 1m, fault: {isolate: beta}}, {id: word, note: hm}, {id: see, act: {check-off: beta}}]\n\
                 recoveries: {a: {steps: [{id: one, run: xe vm-list}]}, b: {steps: [{id: two, run: xe vm-list}], expect: {effects: [EFFECT]}}}\n";
    let with = |effect: &str| format!("{POOL}{}", steps.replace("EFFECT", effect));
    for right in ["cut", "two"] {
        assert_eq!(good(&with(right)).recoveries[1].expect.as_ref().unwrap().effects, [(3, right.to_string())]);
    }
    assert_eq!(codes(&with("one")), [("unknown-step", 3)], "the step of another recovery would never be judged");
    assert_eq!(codes(&with("cutt")), [("unknown-step", 3)]);
    assert_eq!(codes(&with("word")), [("contradiction", 3)]);
    assert_eq!(codes(&with("see")), [("contradiction", 3)]);
    // The file's own `expect` may name any: it is judged in the cases that have the step.
    assert!(good(&format!("{}expect: {{effects: [one, two]}}\n", with("cut"))).expect.is_some());
}

#[test]
fn shares_need_seeds_and_seeds_are_bounded() {
    let with = |seeds: &str, share: &str| format!("{seeds}\nexpect: {{hazards: [{{hazard: double-writer, in: {share}}}]}}");
    let scenario = good(&format!("{POOL}{}\n", with("seeds: 1..200", "1%..30%")));
    assert_eq!((scenario.seeds, scenario.expect.unwrap().hazards[0].share), (Some((1, 200)), Some((10_000, 300_000))));
    assert_eq!(one(&with("seed: 1", "5%")), [("misplaced-key", 3)]);
    assert_eq!(one(&with("seeds: 1..10001", "5%")), [("too-many", 2)]);
    assert_eq!(good(&format!("{POOL}seeds: 1..10000\n")).seeds, Some((1, 10_000)));
    let end = u64::MAX;
    assert_eq!(good(&format!("{POOL}seeds: {end}..{end}\n")).seeds, Some((end, end)));
    for wrong in ["200..1", "1..", "..", "7", "-1..3", "a..b", "18446744073709551616..18446744073709551617"] {
        assert_eq!(one(&with(&format!("seeds: {wrong}"), "5%")), [("wrong-range", 2)], "{wrong}");
    }
    assert_eq!(one(&with("seeds: 1..9", "30%..1%")), [("wrong-range", 3)]);
    assert_eq!(one(&with("seeds: 1..9", "30")), [("wrong-chance", 3)]);
    assert_eq!(one(&with("seeds: 1..9", "30%..101%")), [("wrong-chance", 3)]);
}

#[test]
fn a_scenario_that_is_skipped_says_why() {
    assert_eq!(good(&format!("{POOL}skip: waits for the spring\n")).skip.as_deref(), Some("waits for the spring"));
    assert_eq!(good(POOL).skip, None);
    assert_eq!(one("skip: true"), [("wrong-type", 2)]);
    assert_eq!(one("skip: \" \""), [("wrong-value", 2)]);
}
