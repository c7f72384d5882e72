//! The shipped scenarios: each is as it expects itself to be, and together they show every rule, both ways where the
//! manual's table has two.

mod common;

use poolsim::report::Verdict;
use poolsim::report::coverage::{Coverage, KINDS};
use std::collections::BTreeSet;

#[test]
fn every_shipped_scenario_is_as_expected() {
    let mut wrong = Vec::new();
    let mut cases = 0;
    for path in common::shipped() {
        let scenario = common::load_file(&path);
        for report in common::run(&scenario, false) {
            cases += 1;
            if report.verdict != Verdict::AsExpected {
                let which = format!("{} {:?} {:?}", common::relative(&path), report.world, report.recovery);
                let failed: Vec<String> = report
                    .expectations
                    .iter()
                    .filter(|expectation| !expectation.passed)
                    .map(|expectation| format!("  line {}: expected {}; got {}", expectation.line, expectation.what, expectation.got))
                    .collect();
                wrong.push(format!("{which}: {}\n{}", report.verdict.name(), failed.join("\n")));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cases} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases >= 40, "only {cases} cases: are the scenarios still found?");
}

/// What a story says comes from its rules and bounds, and not from what its seed happened to draw.
#[test]
fn no_shipped_scenario_hangs_on_its_seed() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_poolsim"));
    let output = command.args(["test", "-q", "--seeds", "1..20"]).arg(folder).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains(" passed, 0 failed"), "{text}");
}

/// Rules whose table row has something in the column "kept", and in the column "broken".
const KEPT: [u32; 17] = [1, 2, 3, 4, 7, 8, 9, 12, 13, 15, 16, 17, 18, 19, 20, 21, 22];
const BROKEN: [u32; 14] = [5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 19, 20, 21, 22];

#[test]
fn every_rule_is_shown_both_ways() {
    let (mut kept, mut broken) = (BTreeSet::new(), BTreeSet::new());
    for path in common::shipped() {
        let scenario = common::load_file(&path);
        kept.extend(scenario.shows_kept);
        broken.extend(scenario.shows_broken);
    }
    let missing = |rules: &[u32], shown: &BTreeSet<String>| -> Vec<String> {
        rules.iter().map(|rule| format!("M{rule}")).filter(|rule| !shown.contains(rule)).collect()
    };
    assert_eq!((missing(&KEPT, &kept), missing(&BROKEN, &broken)), (vec![], vec![]), "rules that no scenario shows kept, and broken");
}

#[test]
fn every_hazard_is_found_somewhere() {
    let mut found = BTreeSet::new();
    for path in common::shipped() {
        for report in common::run(&common::load_file(&path), false) {
            found.extend(report.hazards.iter().map(|finding| finding.hazard));
        }
    }
    let never: Vec<&str> = poolsim::hazard::ALL.iter().map(|doc| doc.name).filter(|name| !found.contains(name)).collect();
    assert!(never.is_empty(), "no shipped scenario shows {never:?}");
}

#[test]
fn every_fault_act_and_command_is_used_somewhere() {
    let mut coverage = Coverage::new();
    for path in common::shipped() {
        for report in common::run(&common::load_file(&path), false) {
            coverage.add(&report, &[], &[]);
        }
    }
    for kind in ["fault", "act", "command"] {
        let things = &coverage.kinds[KINDS.iter().position(|name| *name == kind).unwrap()];
        let never: Vec<&str> = things.iter().filter(|(_, cases)| **cases == 0).map(|(name, _)| *name).collect();
        assert!(things.len() >= 4 && never.is_empty(), "no shipped scenario uses the {kind}s {never:?}");
    }
}
