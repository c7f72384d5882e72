//! Scenarios that load and test nothing, and mistakes that have one mend only.

use super::{POOL, bad, codes};
use crate::scenario::load;

/// The warnings of a file that is right.
fn warned(rest: &str) -> Vec<(&'static str, u32)> {
    let loaded = load("test.yaml", &format!("{POOL}{rest}\n")).unwrap_or_else(|wrong| panic!("{}", wrong[0].render(false)));
    loaded.warnings.iter().map(|warning| (warning.code, warning.line)).collect()
}

fn quiet(rest: &str) {
    assert_eq!(warned(rest), [], "{rest}");
}

#[test]
fn expectations_that_can_not_fail_are_told() {
    for trivial in
        ["{worst: corruption}", "{worst: corruption, left: corruption, hazards: []}", "{left: corruption}", "{worst: none, left: danger}"]
    {
        let told = warned(&format!("expect: {trivial}"));
        assert!(!told.is_empty() && told.iter().all(|(code, line)| (*code, *line) == ("cannot-fail", 2)), "{trivial}: {told:?}");
    }
    // `worst` left out is an outage: an empty `expect` fails where data is in danger.
    for sound in [
        "{}",
        "{worst: danger, left: none}",
        "{worst: none, left: none}",
        "{worst: corruption, left: danger}",
        "{worst: corruption, never: [two-masters]}",
        "{worst: corruption, events: {at-most: 3}}",
        "{left: danger}",
    ] {
        quiet(&format!("expect: {sound}"));
    }
    let worlds = |worst: &str| format!("worlds: {{a: [], b: []}}\nexpect: {{worst: {worst}}}");
    assert_eq!(warned(&worlds("{a: corruption, b: corruption}")), [("cannot-fail", 3)]);
    quiet(&worlds("{a: corruption, b: danger}"));
    quiet(&worlds("{a: corruption}"));
    assert_eq!(warned("until: 10m\nexpect: {downtime: {db: 10m}}"), [("cannot-fail", 3)]);
    quiet("until: 10m\nexpect: {downtime: {db: 9m}}");
    assert_eq!(warned("seeds: 1..9\nexpect: {hazards: [{hazard: two-masters, in: 0%..100%}]}"), [("cannot-fail", 3)]);
    quiet("seeds: 1..9\nexpect: {hazards: [{hazard: two-masters, in: 1%..100%}]}");
    assert_eq!(warned("timeline: [{run: xe vm-list, expect: {prints: ''}}]"), [("cannot-fail", 2)]);
    quiet("timeline: [{run: xe vm-list, expect: {prints: '', exit: 0}}]");
    assert_eq!(warned("expect: {never: [two-masters], hazards: [{hazard: two-masters}]}"), [("cannot-hold", 2)]);
    quiet("worlds: {a: []}\nexpect: {never: [two-masters], hazards: [{hazard: two-masters, world: a}]}");
}

#[test]
fn faults_and_acts_that_can_not_change_anything_are_told() {
    for (idle, mended) in [
        ("fault: {boot: beta}", "fault: {crash: beta}"),
        ("fault: {boot: beta}", "fault: {hang: beta}"),
        ("act: {power-on: beta}", "act: {power-off: beta}"),
        ("act: {power-on: beta}", "run: xe host-shutdown host=beta"),
        ("fault: {unhang: beta}", "fault: {hang: beta}"),
        ("fault: heal-network", "fault: {partition: [[alpha], [beta]]}"),
        ("fault: {heal-network: beta}", "fault: {isolate: [alpha, beta]}"),
        ("fault: {storage-return: {host: beta, sr: nfs1}}", "fault: {storage-loss: {host: beta, sr: nfs1}}"),
        ("fault: {sr-return: nfs1}", "fault: {sr-outage: nfs1}"),
        ("fault: {toolstack-start: beta}", "fault: {toolstack-stop: beta}"),
        ("fault: {toolstack-start: beta}", "run: service xapi stop"),
        ("fault: {xhad-crash: beta}", "run: xe pool-ha-enable"),
    ] {
        assert_eq!(warned(&format!("timeline: [{{at: 5m, {idle}}}]")), [("changes-nothing", 2)], "{idle}");
        // Wherever the other stands and whenever it comes, no more is sure.
        quiet(&format!("timeline: [{{at: 5m, {idle}}}]\nworlds: {{a: [{{at: 9m, {mended}}}]}}"));
    }
    // The same of another host, SR or path does not help.
    assert_eq!(warned("timeline: [{fault: {crash: gamma}}, {fault: {boot: beta}}]"), [("changes-nothing", 2)]);
    assert_eq!(warned("timeline: [{fault: {sr-outage: san}}, {fault: {sr-return: nfs1}}]"), [("changes-nothing", 2)]);
    // One of two is enough.
    quiet("timeline: [{fault: {crash: gamma}}, {fault: {boot: [beta, gamma]}}]");
    let off = "pool: {hosts: {alpha: , beta: {powered: false}}}\n";
    let of = |step: &str| load("t.yaml", &format!("{off}timeline: [{step}]\n")).unwrap().warnings.len();
    assert_eq!((of("{fault: {boot: beta}}"), of("{act: {power-on: beta}}")), (0, 0));
    assert_eq!((of("{fault: {crash: beta}}"), of("{act: {power-off: beta}}")), (1, 1));
}

#[test]
fn a_mistake_with_one_mend_carries_it() {
    let mend = |rest: &str| {
        let text = format!("{POOL}{rest}\n");
        let wrong = bad(&text);
        assert_eq!(wrong.len(), 1, "{rest}: {wrong:?}");
        wrong[0]
            .mend
            .clone()
            .map(|mend| format!("{}{}{}", &text[POOL.len()..mend.span.start], mend.text, &text[mend.span.end..]).trim().to_string())
    };
    for (wrong, right) in [
        ("timelin: []", "timeline: []"),
        ("until: 40M # a comment", "until: 40m # a comment"),
        ("until: '40 min'", "until: '40m'"),
        ("timeline: [{at: 5m..9M, note: x}]", "timeline: [{at: 5m..9m, note: x}]"),
        ("timeline: [{at: 5m, fault: {crash: betta}}]", "timeline: [{at: 5m, fault: {crash: beta}}]"),
        ("timeline: [{at: 5m, fault: {crash: \"betta\"}}]", "timeline: [{at: 5m, fault: {crash: \"beta\"}}]"),
        ("expect: {never: [double-writter]}", "expect: {never: [double-writer]}"),
        ("expect: {worst: corruptoin}", "expect: {worst: corruption}"),
        ("settings: {host-dead-aftre: 60s}", "settings: {host-dead-after: 60s}"),
        ("settings: {network-loss: 0.5}", "settings: {network-loss: 0.5%}"),
        ("expect: {states: [{at: end, host: beta, live: yes}]}", "expect: {states: [{at: end, host: beta, live: true}]}"),
        ("worlds: {dead: []}\nexpect: {worst: {daed: none}}", "worlds: {dead: []}\nexpect: {worst: {dead: none}}"),
    ] {
        assert_eq!(mend(wrong).as_deref(), Some(right), "{wrong}");
    }
    // Seconds or minutes; two keys as near; a key that stands here already; a word in a range that stands for many.
    for doubtful in [
        "until: 40",
        "until: 1y",
        "timeline: [{at: 5m, fault: {crash: delta}}]",
        "until: 1h\nuntill: 2h",
        "timeline: [{at: 5m, fault: {crash: betta1..betta3}}]",
    ] {
        assert_eq!(mend(doubtful), None, "{doubtful}");
    }
    let sized =
        |memory: &str| bad(&format!("pool: {{hosts: {{a: {{memory: {memory}}}}}}}\n"))[0].mend.as_ref().map(|mend| mend.text.clone());
    assert_eq!(
        [sized("4G"), sized("512 mb"), sized("4"), sized("0G"), sized("4X")],
        [Some("4GiB".into()), Some("512MiB".into()), None, None, None]
    );
}

#[test]
fn a_goal_that_no_run_can_reach_is_told_where_its_second_half_stands() {
    let goal =
        |items: &str| format!("worlds: {{a: [], b: []}}\ngoal:\n{}", items.lines().map(|item| format!("  - {item}\n")).collect::<String>());
    for torn in [
        "{vm: db, power-state: running}\n{vm: db, power-state: halted}",
        "{vm: db, running-on: beta}\n{host: beta, powered: false}",
        "{host: beta, powered: false}\n{vm: db, running-on: [alpha, beta]}",
        "{host: beta, running: []}\n{vm: db, running-on: beta}",
        "{host: beta, running: [db]}\n{vm: db, running-on: alpha}",
        "{host: beta, running: [db]}\n{host: [alpha, beta], powered: false}",
        "{masters: [alpha, beta]}\n{masters: beta}",
        "{default-sr: nfs1}\n{default-sr: , world: b}",
        "{vdi: db-root, locks: [alpha], world: a}\n{vdi: db-root, locks: []}",
        "{seen-by: beta, masters: [alpha]}\n{seen-by: alpha, masters: [beta]}",
    ] {
        assert_eq!(warned(&goal(torn)), [("cannot-hold", 5)], "{torn}");
    }
    // In one item, too.
    assert_eq!(warned(&goal("{host: beta, powered: false, vm: db, running-on: beta}")), [("cannot-hold", 4)]);
    for whole in [
        "{vm: db, power-state: running}\n{vm: db, running-on: []}",
        "{vm: db, running-on: [alpha, beta]}\n{vm: db, running-on: [beta, alpha, beta]}",
        "{vm: db, power-state: running, world: a}\n{vm: db, power-state: halted, world: b}",
        "{seen-by: beta, host: beta, live: true}\n{host: beta, live: false}",
        "{host: beta, powered: false}\n{vm: db, running-on: alpha}",
        "{host: beta, running: []}\n{vm: db, running-on: alpha}",
        "{host: beta, powered: false}\n{host: beta, running: []}",
    ] {
        quiet(&goal(whole));
    }
}

#[test]
fn a_goal_that_says_nothing_or_when_is_refused() {
    assert_eq!(codes(&format!("{POOL}goal: []\n")), [("wrong-value", 2)]);
    assert_eq!(codes(&format!("{POOL}goal:\n")), [("wrong-value", 2)]);
    assert_eq!(codes(&format!("{POOL}goal: [{{vm: db}}]\n")), [("missing-key", 2)]);
    assert_eq!(codes(&format!("{POOL}goal: [{{vm: db, power-state: running, world: a}}]\n")), [("unknown-name", 2)]);
    let told = load("test.yaml", &format!("{POOL}goal: [{{at: end, vm: db, power-state: running}}]\n")).expect_err("a goal with a time");
    assert_eq!((told.len(), told[0].code), (1, "unknown-key"));
    assert!(told[0].help.contains("judged when the run is over"), "{}", told[0].help);
}
