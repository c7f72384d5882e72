//! `matrix` and what is set from outside: which cases come of them, and what each is run with.

use super::{POOL, codes, good};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::model::Scenario;
use crate::scenario::{Asked, Loaded, load_with};

fn set(text: &str, set: &[&str]) -> Result<Scenario, Vec<Diagnostic>> {
    let set: Vec<String> = set.iter().map(|text| text.to_string()).collect();
    let mut include = |_: &str| Err(String::new());
    load_with("stories/test.yaml", text.as_bytes(), &mut Asked { include: &mut include, set: &set, release: None })
        .map(|Loaded { scenario, .. }| scenario)
}

/// The cases: what is set, world, recovery; and how long a host is silent before it is held for dead.
fn cases(scenario: &Scenario) -> Vec<(String, Option<&str>, Option<&str>, u64)> {
    let all = scenario.cases().into_iter();
    all.map(|case| {
        let own = scenario.of(case);
        let dead_after = own.settings.host_dead_after.0 / 1_000_000;
        (scenario.variant_name(case), scenario.world_name(case), scenario.recovery_name(case), dead_after)
    })
    .collect()
}

#[test]
fn a_matrix_tries_every_combination_in_every_case() {
    let text = format!(
        "{POOL}matrix: {{settings: {{host-dead-after: [60s, 600s], command: [1s, 2s]}}}}\nworlds: {{a: [], b: []}}\nsettings: {{host-dead-after: 5m}}\n"
    );
    let scenario = good(&text);
    let mut expected = Vec::new();
    for dead_after in [60, 600] {
        for command in [1, 2] {
            for world in ["a", "b"] {
                expected.push((format!("host-dead-after={dead_after}s, command={command}s"), Some(world), None, dead_after));
            }
        }
    }
    assert_eq!(cases(&scenario), expected);
    assert_eq!((scenario.settings.host_dead_after.0, scenario.set.len()), (300_000_000, 0), "the file's own setting stays the file's");
    let seconds = |n: usize| scenario.variants[n].settings.command.0 / 1_000_000;
    assert_eq!([0, 1, 2, 3].map(seconds), [1, 2, 1, 2]);
    // What the pool takes from the settings is taken from the variant's.
    let graces = good(&format!("{POOL}matrix: {{settings: {{vm-grace: [1m, 2m]}}}}\n"));
    assert_eq!([0, 1].map(|n| graces.variants[n].pool.names.vms[0].grace.0 / 60_000_000), [1, 2]);
    assert_eq!(
        good(&format!("{POOL}matrix: {{release: [manual-6]}}\n"))
            .variant_name(good(&format!("{POOL}matrix: {{release: [manual-6]}}\n")).cases()[0]),
        "release=manual-6"
    );
}

#[test]
fn what_is_set_from_outside_counts_instead_of_what_the_file_says() {
    let text = format!("{POOL}settings: {{host-dead-after: 5m}}\n");
    let scenario = set(&text, &["host-dead-after=60s", "command = 2s", "host-dead-after=90s"]).unwrap();
    assert_eq!(cases(&scenario), [("command=2s, host-dead-after=90s".to_string(), None, None, 90)]);
    // A matrix is tried with that value alone; its other keys are tried as before.
    let matrix = format!("{POOL}matrix: {{settings: {{host-dead-after: [60s, 600s], command: [1s, 2s]}}}}\n");
    let names: Vec<String> = cases(&set(&matrix, &["host-dead-after=7m"]).unwrap()).into_iter().map(|case| case.0).collect();
    assert_eq!(names, ["host-dead-after=7m, command=1s", "host-dead-after=7m, command=2s"]);
    // One that the matrix does not name is set in every variant.
    let names: Vec<String> = cases(&set(&matrix, &["command=1s", "vm-start=9s"]).unwrap()).into_iter().map(|case| case.0).collect();
    assert_eq!(names, ["vm-start=9s, host-dead-after=60s, command=1s", "vm-start=9s, host-dead-after=600s, command=1s"]);
    assert!(set(POOL, &["release=manual-6"]).is_ok());
}

#[test]
fn what_is_set_wrongly_is_shown_as_it_was_typed() {
    for (typed, code) in [
        ("host-dead-after", "wrong-value"),
        ("host-dead-afer=60s", "unknown-key"),
        ("host-dead-after=60", "wrong-duration"),
        ("release=xenserver-6.5", "wrong-value"),
        ("release=manual-7", "wrong-value"),
        ("storage-manager=g5", "wrong-value"),
        ("", "wrong-value"),
    ] {
        let told = set(POOL, &[typed]).unwrap_err();
        assert_eq!((told.len(), told[0].code, told[0].file.as_str(), told[0].line), (1, code, "--set", 1), "{typed}");
    }
}

#[test]
fn a_wrong_matrix_is_told_once_however_many_variants_there_are() {
    let one = |matrix: &str| codes(&format!("{POOL}matrix: {matrix}\n"));
    assert_eq!(one("{settings: {host-dead-after: [60, 600s], command: [1s, 2s, 3s]}}"), [("wrong-duration", 2)]);
    assert_eq!(one("{settings: {host-dead-afer: [60s]}}"), [("unknown-key", 2)]);
    assert_eq!(one("{settings: {command: [1s, 1s]}}"), [("duplicate-name", 2)]);
    assert_eq!(one("{settings: {command: []}}"), [("wrong-value", 2)]);
    assert_eq!(one("{settings: {command: 1s}}"), [("wrong-type", 2)]);
    assert_eq!(one("{settings: {command: [[1s]]}}"), [("wrong-type", 2)]);
    assert_eq!(one("{}"), [("wrong-value", 2)]);
    assert_eq!(good(&format!("{POOL}matrix: {{release: [manual-6, xenserver-6.2]}}\n")).cases().len(), 2);
    assert_eq!(one("{release: [manual-7]}"), [("wrong-value", 2)]);
    // A contradiction that only one combination has.
    assert_eq!(one("{settings: {heartbeat-jitter: [1s, 40s], heartbeat-interval: [30s, 60s]}}"), [("contradiction", 2)]);
    let many = |n: usize| (1..=n).map(|n| format!("{n}s")).collect::<Vec<_>>().join(", ");
    assert_eq!(one(&format!("{{settings: {{command: [{}], vm-start: [{}]}}}}", many(101), many(100))), [("too-many", 2)]);
    assert_eq!(good(&format!("{POOL}matrix: {{settings: {{command: [{}]}}}}\n", many(300))).cases().len(), 300);
    assert_eq!(one(&format!("{{settings: {{command: [{}]}}}}", many(20_000))), [("too-many", 2)]);
}
