//! The smallest scenario that still shows a hazard: it shows it, nothing in it can go, and it says so itself.

mod common;

use poolsim::hazard::{HazardId, Severity};
use poolsim::judge::Verdict;
use poolsim::scenario::load;
use poolsim::scenario::model::{Case, Scenario};
use poolsim::search::shrink::{Shrunk, Target, gravest, shrink};
use poolsim::search::study::{self, Options};
use std::ops::ControlFlow;

fn options(seed: u64) -> Options {
    // A scenario that was cut by hand may have become another: it need not be run to its end.
    Options { seed: Some(seed), max_events: 300_000, because: false, ..Options::default() }
}

fn target(scenario: &Scenario, case: Case, seed: u64, hazard: Option<HazardId>) -> Option<Target> {
    let run = study::brief(scenario, case, &options(seed)).run;
    gravest(&run, hazard).map(|found| Target::of(found, &run.engine.world.names))
}

/// Whether a text is a scenario that shows a target.
fn shows(text: &str, target: &Target) -> bool {
    let Ok(loaded) = load("small.yaml", text) else { return false };
    let scenario = loaded.scenario;
    let run = study::brief(&scenario, scenario.cases()[0], &options(scenario.seed)).run;
    target.found_in(&run).is_some()
}

fn shrunk(scenario: &Scenario, case: Case, target: &Target, seed: u64, tries: u64) -> Shrunk {
    let mut go_on = |tried: u64| if tried < tries { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
    shrink(scenario, case, (target, seed), "Shrunk.", &mut go_on).expect("it shows it")
}

/// The lines of `timeline`, `worlds` and `recovery`.
fn story(text: &str) -> usize {
    let mut within = false;
    text.lines()
        .filter(|line| {
            if !line.starts_with(' ') {
                within = ["timeline", "worlds", "recovery"].iter().any(|key| line.starts_with(key));
            }
            within && line.trim_start().starts_with('-')
        })
        .count()
}

#[test]
fn a_hazard_among_twelve_hosts_and_forty_steps_is_told_in_four() {
    let mut steps = String::new();
    for n in 0..36 {
        let host = 2 + n % 11;
        let noise = match n % 4 {
            0 => format!("fault: {{isolate: h{host:02}}}, for: 40s"),
            1 => "run: xe vm-list".to_owned(),
            2 => format!("fault: {{toolstack-stop: h{host:02}}}, for: 1m3s"),
            _ => "note: somebody looks".to_owned(),
        };
        steps += &format!("  - {{at: {}m7s, {noise}}}\n", n + 1);
        if n == 17 {
            steps += "  - {at: 18m13s, fault: {isolate: h07}}\n";
        }
    }
    let text = format!(
        "seed: 7\npool:\n  hosts: [h01..h12]\n  storage: {{nfs1: {{type: nfs}}, nfs2: {{type: nfs}}}}\n  vms: {{v01..v24: {{running-on: h01..h12}}}}\ntimeline:\n{steps}recovery:\n  at: 50m\n  pace: 41s\n  steps:\n    - {{run: xe host-forget uuid=$h07 --force}}\n    - {{run: /opt/xensource/sm/resetvdis.py $h07 $nfs1}}\n    - {{run: xe vm-start vm=v07 on=h03}}\n"
    );
    let scenario = load("planted.yaml", &text).expect("a scenario").scenario;
    let case = scenario.cases()[0];
    let target = target(&scenario, case, 7, None).expect("a finding");
    assert_eq!(target.words(), "double-writer on v07-root");
    let small = shrunk(&scenario, case, &target, 7, u64::MAX);
    assert_eq!((small.steps, small.seed, small.untried), ((40, 4), 0, 0), "{}", small.text);
    assert_eq!(story(&small.text), 4, "the host is cut off, forgotten, its lock is released, and the VM starts again: {}", small.text);
    let left = load("small.yaml", &small.text).expect("a scenario").scenario;
    let names = &left.pool.names;
    assert_eq!(
        (left.pool.hosts.len(), names.vms.len(), names.srs.len()),
        (2, 1, 1),
        "the old host, and a master that starts the VM itself"
    );
}

/// Every shipped scenario's first case that shows a danger: what comes of it shows it, is as it says it expects, and no line of its
/// pool and story can be taken out by hand.
#[test]
fn of_what_is_left_no_line_can_go() {
    let mut looked_at = 0;
    for path in common::shipped() {
        let scenario = common::load_file(&path);
        let seed = scenario.seed;
        let Some((case, target)) = scenario.cases().into_iter().find_map(|case| Some((case, target(&scenario, case, seed, None)?))) else {
            continue;
        };
        if target.hazard.severity() < Severity::Danger || looked_at >= 40 {
            continue;
        }
        looked_at += 1;
        let small = shrunk(&scenario, case, &target, seed, 4_000);
        let name = path.display();
        assert!(small.parts.1 <= small.parts.0 && small.steps.1 <= small.steps.0, "{name}");
        let left = load("small.yaml", &small.text).unwrap_or_else(|_| panic!("{name}: no scenario:\n{}", small.text)).scenario;
        assert_eq!(left.seed, small.seed);
        assert_eq!(study::study(&left, left.cases()[0], &options(left.seed)).verdict, Verdict::AsExpected, "{name}:\n{}", small.text);
        if small.untried > 0 {
            continue;
        }
        let lines: Vec<&str> = small.text.lines().take_while(|line| !line.starts_with("expect:")).collect();
        for at in 1..lines.len() {
            let cut: Vec<&str> = lines.iter().enumerate().filter(|(of, _)| *of != at).map(|(_, line)| *line).collect();
            assert!(!shows(&cut.join("\n"), &target), "{name}: line {} can go:\n{}", at + 1, small.text);
        }
    }
    assert!(looked_at > 20, "{looked_at}");
}

/// Shrinking again what was cut short goes on from there, and comes to the same size.
#[test]
fn what_was_cut_short_goes_on_from_there() {
    let path = common::root().join("scenarios/forget/three-worlds.yaml");
    let scenario = common::load_file(&path);
    let case =
        *scenario.cases().iter().find(|case| target(&scenario, **case, 0, HazardId::find("double-writer")).is_some()).expect("a case");
    let target = target(&scenario, case, 0, HazardId::find("double-writer")).expect("it shows it");
    let whole = shrunk(&scenario, case, &target, 0, u64::MAX);
    let part = shrunk(&scenario, case, &target, 0, 10);
    assert!(part.untried > 0 && part.parts.1 > whole.parts.1, "{part:?}");
    let half_way = load("part.yaml", &part.text).expect("a scenario").scenario;
    let rest = shrunk(&half_way, half_way.cases()[0], &target, part.seed, u64::MAX);
    assert_eq!(rest.parts.1, whole.parts.1, "{}", rest.text);
}
