//! The shipped scenarios on every release. Where one ends otherwise than on the default release, `tests/releases.txt` says so, and
//! which questions of `world::release` that comes of; a run of the release with the default's answers to those, and to no others,
//! has to end as on the default. To write the list anew after a change that is meant: `POOLSIM_BLESS=1 cargo test --lib corpus_tests`.

use super::shipped;
use crate::report;
use crate::scenario::model::Scenario;
use crate::scenario::{Asked, load_with};
use crate::search::study::Options;
use crate::world::release::{Release, trial};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// How a case ends: its verdict, its worst finding, and the kinds of findings; `None` where the release lacks a command of its.
type End = Option<(&'static str, &'static str, BTreeSet<&'static str>)>;

fn loaded(path: &str, text: &str, release: Release) -> Option<Scenario> {
    let mut include = |_: &str| Err("nothing is included here".to_owned());
    let asked = &mut Asked { include: &mut include, set: &[], release: Some(release) };
    load_with(path, text.as_bytes(), asked).ok().map(|loaded| loaded.scenario)
}

/// The cases of a file and how each ends.
fn ends(path: &str, text: &str, release: Release) -> Vec<(String, End)> {
    let Some(scenario) = loaded(path, text, release) else {
        // Named as on the default release, which has all of its commands.
        let default = loaded(path, text, Release::default()).expect("a good file");
        return default.cases().into_iter().map(|which| (named(path, &default, which), None)).collect();
    };
    let options = Options { seed: None, max_events: 5_000_000, because: false, ..Default::default() };
    let end = |which| {
        let report = report::of(&scenario, which, &options);
        let kinds = report.hazards.iter().map(|finding| finding.hazard).collect();
        (named(path, &scenario, which), Some((report.verdict.name(), report.worst.map_or("none", |worst| worst.name()), kinds)))
    };
    scenario.cases().into_iter().map(end).collect()
}

fn named(path: &str, scenario: &Scenario, which: crate::scenario::model::Case) -> String {
    let name = |names: Option<&str>| names.unwrap_or("-").to_owned();
    format!("{path} {} {}", name(scenario.world_name(which)), name(scenario.recovery_name(which)))
}

/// What changes from one end to the other.
fn told(from: &End, to: &End) -> String {
    let (Some(from), Some(to)) = (from, to) else { return "a command that it has not".to_owned() };
    let mut told = Vec::new();
    if from.0 != to.0 {
        told.push(to.0.to_owned());
    }
    if from.1 != to.1 {
        told.push(format!("{} for {}", to.1, from.1));
    }
    told.extend(to.2.difference(&from.2).map(|kind| format!("+{kind}")));
    told.extend(from.2.difference(&to.2).map(|kind| format!("-{kind}")));
    told.join(" ")
}

/// How the case ends on a release that answers as the default does where `names` says so.
fn end_with(path: &str, text: &str, case: &str, release: Release, names: &[&str]) -> End {
    trial::make(release, Release::default(), names.iter().copied());
    ends(path, text, trial::RELEASE).into_iter().find(|(name, _)| name == case).expect("the same cases").1
}

/// The questions without which the difference is gone, none of them idle: all, less one after the other while it stays gone.
fn reasons(path: &str, text: &str, case: &str, release: Release, aim: &End) -> Vec<String> {
    let mut names = trial::apart(release, Release::default());
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(end_with(path, text, case, release, &all), *aim, "{case}: rows differ in more than answers");
    for name in names.clone() {
        let without: Vec<&str> = names.iter().filter(|other| **other != name).map(String::as_str).collect();
        if end_with(path, text, case, release, &without) == *aim {
            names.retain(|other| *other != name);
        }
    }
    names
}

/// The files that leave the release open.
fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    let open = |text: &str| !text.lines().any(|line| ["release:", "matrix:"].iter().any(|key| line.starts_with(key)));
    shipped::ALL.iter().filter(move |shipped| open(shipped.text)).map(|shipped| (shipped.path, shipped.text))
}

#[test]
fn the_corpus_on_every_release() {
    let list = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/releases.txt");
    let written = std::fs::read_to_string(&list).unwrap_or_default();
    let bless = std::env::var_os("POOLSIM_BLESS").is_some();
    let mut given: BTreeMap<String, (&str, Vec<&str>)> = BTreeMap::new();
    let mut release = "";
    for line in written.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(name) => release = name,
            None => {
                let parts: Vec<&str> = line.split(" | ").collect();
                let [case, what, why] = parts[..] else { panic!("{line}") };
                given.insert(format!("{release} {case}"), (what, why.split(", ").collect()));
            }
        }
    }
    let releases: Vec<Release> = Release::all().filter(|release| *release != Release::default() && release.name() != "toy-1").collect();
    let mut found: BTreeMap<&str, String> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut cases = 0;
    for (path, text) in files() {
        let default = ends(path, text, Release::default());
        for &release in &releases {
            for ((case, from), (_, to)) in default.iter().zip(ends(path, text, release)) {
                cases += 1;
                let key = format!("{} {case}", release.name());
                if *from == to {
                    assert!(bless || !given.contains_key(&key), "{key} is listed and ends as on {}", Release::default().name());
                    continue;
                }
                let what = told(from, &to);
                if bless {
                    let why = reasons(path, text, case, release, from).join(", ");
                    let _ = writeln!(found.entry(release.name()).or_default(), "{case} | {what} | {why}");
                    continue;
                }
                let Some((said, names)) = given.remove(&key) else {
                    wrong.push(format!("{key}: {what}; not listed"));
                    continue;
                };
                if said != what {
                    wrong.push(format!("{key}: {what}; listed is {said}"));
                }
                if end_with(path, text, case, release, &names) != *from {
                    wrong.push(format!("{key}: {what}; it does not come of {names:?}"));
                }
                for name in names.iter().filter(|_| names.len() > 1) {
                    let others: Vec<&str> = names.iter().filter(|other| *other != name).copied().collect();
                    if end_with(path, text, case, release, &others) == *from {
                        wrong.push(format!("{key}: {what}; it comes without {name}, too"));
                    }
                }
            }
        }
    }
    if bless {
        let mut text = String::from(HEAD);
        for &release in &releases {
            let _ = write!(text, "\n[{}]\n{}", release.name(), found.get(release.name()).map_or("", String::as_str));
        }
        std::fs::write(&list, text).expect("the list can be written");
        return;
    }
    assert!(wrong.is_empty(), "{} of {cases} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(given.is_empty(), "listed, and no such case: {:?}", given.keys());
    assert!(cases > 600, "only {cases} cases: are the scenarios still found?");
}

const HEAD: &str = "\
# Where a shipped scenario that leaves its release open ends otherwise than on the default release: the case (file, world,
# recovery), what is other (verdict, worst finding, kinds of findings that come or go), and what that comes of: questions as
# `poolsim explain releases` tells them, each with its source, or `storage-manager`, or `code` (which commands there are).
# A test runs each again with these answers as the default release gives them, and the difference has to be gone.
# Made by POOLSIM_BLESS=1 cargo test --lib corpus_tests
";
