//! `poolsim sweep`: what it counts against every seed run by itself, on the ordinary path; against a coin whose chance is
//! known; and the same bytes for any number of threads.

mod common;

use poolsim::base::interval;
use poolsim::hazard::HazardId;
use poolsim::judge::Verdict;
use poolsim::report::{self, Report};
use poolsim::scenario::model::Scenario;
use poolsim::search::study::Options;
use poolsim::search::sweep::Prepared;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder of a test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sweep-{name}"));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
    fn with(self, name: &str, text: &str) -> Folder {
        std::fs::write(self.0.join(name), text).unwrap();
        self
    }
    fn start(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_poolsim"));
        command.args(["sweep", "--color", "never"]).args(args).current_dir(&self.0).env_remove("NO_COLOR").stdin(Stdio::null());
        command
    }
    /// What is printed, where it ends with a status.
    #[track_caller]
    fn prints(&self, args: &[&str], status: i32) -> String {
        let output = self.start(args).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{args:?}\n{}\n{}", out(&output), err(&output));
        out(&output)
    }
    #[track_caller]
    fn says(&self, args: &[&str], status: i32) -> String {
        let output = self.start(args).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{args:?}\n{}\n{}", out(&output), err(&output));
        err(&output)
    }
    #[track_caller]
    fn json(&self, args: &[&str]) -> Vec<Value> {
        let text = self.prints(&[args, &["--format", "json"]].concat(), 0);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// beta dies at some whole millisecond of ten minutes. `vm-down` is found where db has then been down for longer than a
/// minute at 6m: in 300000 of 600001 cases.
const COIN: &str = "pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}}
  vms: {db: {running-on: beta, grace: 1m}, web: {running-on: alpha}}
timeline: [{at: 0s..10m, fault: {crash: beta}}]
until: 6m
expect: {states: [{at: end, host: beta, powered: true}]}
";

/// Two worlds, two recoveries, two settings, chances in all of them, and something expected of a share of seeds.
const MANY: &str = "name: many
title: Eight cases
seeds: 0..9
pool:
  hosts: [alpha, beta, gamma]
  storage: {nfs1: {type: nfs}}
  vms: {db: {running-on: beta, grace: 1m}, web: {running-on: gamma, grace: 1m}}
matrix: {settings: {host-dead-after: [60s, 600s]}}
worlds:
  dead: [{at: 1m..5m, fault: {crash: beta}}]
  isolated: [{at: 1m..5m, fault: {isolate: beta}, for: 1m..9m}]
recoveries:
  hasty:
    at: 4m..12m
    steps:
      - {run: \"xe host-forget uuid=$beta --force\"}
      - {run: \"/opt/xensource/sm/resetvdis.py $beta $nfs1\"}
      - {run: \"xe vm-start vm=db on=gamma\", timeout: 10s}
  careful:
    at: 4m..12m
    steps:
      - {act: {power-off: beta}}
      - {run: \"xe host-forget uuid=$beta --force\"}
      - {run: \"/opt/xensource/sm/resetvdis.py $beta $nfs1\"}
      - {run: \"xe vm-start vm=db on=gamma\"}
    expect: {worst: outage, hazards: [{hazard: vm-down, in: 0%..100%}]}
";

/// The nearest rank: the smallest figure that `share` of a hundred are not above.
fn quantile(figures: &[u64], share: usize) -> u64 {
    let mut sorted = figures.to_vec();
    sorted.sort_unstable();
    // Counted, not reckoned: the first figure with enough of them at or below it.
    sorted
        .iter()
        .copied()
        .find(|figure| figures.iter().filter(|other| *other <= figure).count() * 100 >= share * figures.len())
        .unwrap_or(0)
}

/// What a sweep must say of a case, from the reports of its seeds.
fn counted(scenario: &Scenario, runs: &[Report]) -> Value {
    let seeds: Vec<u64> = runs.iter().map(|run| run.seed).collect();
    let mut worst: BTreeMap<&str, u64> = ["none", "notice", "outage", "danger", "corruption"].map(|name| (name, 0)).into();
    for run in runs {
        *worst.get_mut(run.worst.map_or("none", |worst| worst.name())).unwrap() += 1;
    }
    let mut hazards = Vec::new();
    let mut all: Vec<HazardId> = HazardId::all().collect();
    all.sort_by_key(|hazard| std::cmp::Reverse(hazard.severity()));
    for hazard in all {
        let name = hazard.doc().name;
        let first = |run: &Report| run.hazards.iter().filter(|found| found.hazard == name).map(|found| found.since.0).min();
        let hits: Vec<(u64, u64)> = runs.iter().filter_map(|run| Some((run.seed, first(run)?))).collect();
        if hits.is_empty() {
            continue;
        }
        let since: Vec<u64> = hits.iter().map(|(_, since)| *since).collect();
        let share = interval::share(hits.len() as u64, runs.len() as u64);
        hazards.push(json!({
            "hazard": name,
            "runs": hits.len(),
            "share": ([share.lower, share.estimate, share.upper].map(interval::decimal)),
            "first_seeds": hits.iter().map(|(seed, _)| *seed).take(3).collect::<Vec<_>>(),
            "since_us": {"p10": quantile(&since, 10), "p50": quantile(&since, 50), "p90": quantile(&since, 90)},
        }));
    }
    let mut downtime = serde_json::Map::new();
    for vm in runs[0].downtime.keys() {
        let figures: Vec<u64> = runs.iter().map(|run| run.downtime[vm].0).collect();
        let max = figures.iter().max().copied();
        downtime.insert(vm.clone(), json!({"p50": quantile(&figures, 50), "p90": quantile(&figures, 90), "max": max}));
    }
    json!({
        "format": 1,
        "scenario": scenario.name,
        "world": runs[0].world,
        "recovery": runs[0].recovery,
        "set": runs[0].set.iter().cloned().collect::<BTreeMap<String, String>>(),
        "seeds": [seeds.first(), seeds.last()],
        "runs": runs.len(),
        "worst": worst,
        "expected": runs.iter().filter(|run| run.verdict == Verdict::AsExpected).count(),
        "hazards": hazards,
        "downtime_us": downtime,
    })
}

/// Every seed of every case by itself, on the ordinary path.
fn by_hand(scenario: &Scenario, seeds: std::ops::RangeInclusive<u64>) -> Vec<Vec<Report>> {
    let of = |case| {
        let run = |seed| report::brief(scenario, case, &Options { seed: Some(seed), because: false, ..Options::default() });
        seeds.clone().map(run).collect()
    };
    scenario.cases().into_iter().map(of).collect()
}

#[test]
fn what_is_counted_is_what_each_seed_shows() {
    let mut told = 0;
    let shipped = |path: &str| std::fs::read_to_string(common::root().join("scenarios").join(path)).unwrap();
    let three = shipped("forget/three-worlds.yaml");
    let texts = [("many.yaml", MANY, 7..=36), ("coin.yaml", COIN, 0..=60), ("three.yaml", three.as_str(), 3..=12)];
    for (name, text, seeds) in texts {
        let folder = Folder::new(&format!("hand-{name}")).with(name, text);
        let scenario = common::load(name, text);
        let runs = by_hand(&scenario, seeds.clone());
        let range = format!("{}..{}", seeds.start(), seeds.end());
        let expected: Vec<Value> = runs.iter().map(|runs| counted(&scenario, runs)).collect();
        let got = folder.json(&[name, "--seeds", &range]);
        assert_eq!(got.len(), expected.len(), "{name}");
        for (got, expected) in got.iter().zip(&expected) {
            assert_eq!(got, expected, "{name}");
            told += got["hazards"].as_array().unwrap().len();
        }
        // Run by run, to the digest.
        let lines = folder.prints(&[name, "--seeds", &range, "--format", "ndjson"], 0);
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of_runs: Vec<(u64, &str, u64)> = lines[1..lines.len() - 1]
            .iter()
            .map(|line| (line["seed"].as_u64().unwrap(), line["digest"].as_str().unwrap(), line["events"].as_u64().unwrap()))
            .collect();
        let by_hand: Vec<(u64, &str, u64)> = runs.iter().flatten().map(|run| (run.seed, run.digest.as_str(), run.events)).collect();
        assert_eq!(of_runs, by_hand, "{name}");
        assert_eq!(lines.last().unwrap(), &json!({"kind": "foot", "runs": by_hand.len(), "complete": true}));
    }
    assert!(told > 20, "only {told} hazards were compared");
}

/// The command that a report names shows the hazard, and so does each of the seeds.
#[test]
fn a_seed_shows_what_the_sweep_says_of_it() {
    let folder = Folder::new("seed").with("many.yaml", MANY);
    let text = folder.prints(&["many.yaml", "--world", "isolated", "--recovery", "hasty", "--seeds", "0..30"], 0);
    let (_, after) = text.split_once("to see double-writer:").unwrap_or_else(|| panic!("{text}"));
    let command = after.split("\n\n").next().unwrap_or_default().replace("\\\n", " ");
    let command = command.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(command.starts_with("poolsim run many.yaml --world isolated --recovery hasty --set host-dead-after=60s --seed "), "{text}");
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    let output = Command::new(env!("CARGO_BIN_EXE_poolsim")).args(words).current_dir(&folder.0).output().unwrap();
    assert!(out(&output).contains("double-writer"), "{}", out(&output));
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn any_number_of_threads_prints_the_same() {
    let folder = Folder::new("jobs").with("many.yaml", MANY);
    for format in ["text", "json", "ndjson"] {
        let print = |jobs| folder.prints(&["many.yaml", "--seeds", "0..40", "--format", format, "-j", jobs], 0);
        let one = print("1");
        assert!(one.len() > 500 && ["2", "5"].into_iter().all(|jobs| print(jobs) == one), "{format}");
    }
    let print = |jobs| folder.prints(&["many.yaml", "--precision", "12%", "-j", jobs], 0);
    assert_eq!(print("1"), print("3"));
}

/// The share of a coin lies in the interval as often as it must: of 500 sweeps of 100 seeds, as many as the binomial
/// distribution says, give or take four standard deviations.
#[test]
fn the_interval_covers_a_known_chance_as_often_as_it_says() {
    let scenario = common::load("coin", COIN);
    let prepared = Prepared::new(&scenario, scenario.cases()[0], 1_000_000);
    let down = HazardId::find("vm-down").unwrap();
    let (sweeps, runs) = (500_u64, 100_u64);
    let chance = 300_000.0 / 600_001.0_f64;
    let covers = |hits: u64| {
        let got = interval::share(hits, runs);
        (f64::from(got.lower)..=f64::from(got.upper)).contains(&(chance * 1e6))
    };
    let hits = |sweep: u64| {
        let shown = |seed: &u64| prepared.sample(*seed).hazards.iter().any(|(hazard, _)| *hazard == down);
        (sweep * runs..(sweep + 1) * runs).filter(shown).count() as u64
    };
    let covered = (0..sweeps).filter(|sweep| covers(hits(*sweep))).count() as f64;
    // How often it covers if the coin is fair to its chance: the sum over all counts of hits that it covers at.
    let mut weight = (1.0 - chance).powi(runs as i32);
    let mut covers_at = 0.0;
    for hits in 0..=runs {
        covers_at += if covers(hits) { weight } else { 0.0 };
        weight *= (runs - hits) as f64 / (hits + 1) as f64 * chance / (1.0 - chance);
    }
    assert!((0.93..0.97).contains(&covers_at), "{covers_at}");
    let expected = sweeps as f64 * covers_at;
    let spread = (expected * (1.0 - covers_at)).sqrt();
    assert!((covered - expected).abs() < 4.0 * spread, "{covered} of {sweeps} are covered, {expected} expected, give or take {spread}");
}

#[test]
fn a_sweep_ends_when_it_is_as_precise_as_was_asked() {
    let folder = Folder::new("precise").with("coin.yaml", COIN);
    let [case] = &folder.json(&["coin.yaml", "--precision", "10%"])[..] else { panic!("one case") };
    let width = |case: &Value, at: usize| {
        let share = &case["hazards"][at]["share"];
        let end = |at: usize| share[at].as_str().unwrap().parse::<f64>().unwrap();
        end(2) - end(0)
    };
    let runs = case["runs"].as_u64().unwrap();
    assert_eq!((&case["precise"], &case["seeds"]), (&json!(true), &json!([0, runs - 1])));
    let hazards = case["hazards"].as_array().unwrap().len();
    assert!(hazards >= 2 && (0..hazards).all(|at| width(case, at) <= 0.1 + 1e-9));
    // Not a run too many.
    let less = folder.json(&["coin.yaml", "--seeds", &format!("0..{}", runs - 2)]);
    assert!((0..hazards).any(|at| width(&less[0], at) > 0.1), "{less:?}");
    // Where the seeds end before, it says so.
    let [case] = &folder.json(&["coin.yaml", "--precision", "1%", "--seeds", "5..9"])[..] else { panic!("one case") };
    assert_eq!((&case["precise"], &case["runs"]), (&json!(false), &json!(5)));
    assert!(folder.prints(&["coin.yaml", "--precision", "1%", "--seeds", "5..9"], 0).contains("not every interval is as narrow"));
}

#[test]
fn without_words_a_thousand_and_one_seeds_are_run() {
    let folder = Folder::new("default").with("coin.yaml", COIN);
    let [case] = &folder.json(&["coin.yaml"])[..] else { panic!("one case") };
    assert_eq!((&case["seeds"], &case["runs"]), (&json!([0, 1000]), &json!(1001)));
    // Half of them, give or take four standard deviations, and as many are as expected as keep power until 6m.
    let down = case["hazards"].as_array().unwrap().iter().find(|hazard| hazard["hazard"] == "vm-down").unwrap();
    assert!((437..565).contains(&down["runs"].as_u64().unwrap()), "{down}");
    let dead = case["hazards"].as_array().unwrap().iter().find(|hazard| hazard["hazard"] == "ghost-record").unwrap();
    assert_eq!(case["expected"].as_u64().unwrap() + dead["runs"].as_u64().unwrap(), 1001);
}

#[test]
fn wrong_words_are_refused() {
    let folder = Folder::new("wrong").with("coin.yaml", COIN).with("broken.yaml", "pool: {hosts: []}\n");
    for (args, status, says) in [
        (&["coin.yaml", "--seed", "3"][..], 2, "many seeds"),
        (&["coin.yaml", "--seeds", "9..3"], 2, "3..9"),
        (&["coin.yaml", "--seeds", "0..99999999"], 2, "more than"),
        (&["coin.yaml", "--world", "dead"], 2, "no world `dead`"),
        (&["coin.yaml", "--precision", "1"], 2, "percent"),
        (&["coin.yaml", "--set", "nonsense=1s"], 2, "unknown-key"),
        (&["coin.yaml", "--format", "sarif"], 2, "does not write sarif"),
        (&["coin.yaml", "--report", "json=a.json"], 2, "usage"),
        (&["broken.yaml"], 2, "host"),
        (&["nothing.yaml"], 3, "nothing.yaml"),
        (&[], 2, "FILE"),
    ] {
        let said = folder.says(args, status);
        assert!(said.contains(says), "{args:?}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_shows_what_was_done() {
    use std::io::{BufRead, BufReader, Read};
    let folder = Folder::new("interrupt").with("coin.yaml", COIN);
    for jobs in ["1", "3"] {
        let args = ["coin.yaml", "--seeds", "0..999999", "--format", "ndjson", "-j", jobs];
        let mut child = folder.start(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        for _ in 0..20 {
            stdout.read_line(&mut text).unwrap();
        }
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        stdout.read_to_string(&mut text).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130));
        let runs = text.lines().count() - 2;
        assert_eq!(text.lines().last().unwrap(), format!("{{\"complete\":false,\"kind\":\"foot\",\"runs\":{runs}}}"));
        assert!(err(&output).contains(&format!("interrupted: {runs} runs")), "{}", err(&output));
    }
}

/// Nobody reads on: nothing more is run.
#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_ends_it() {
    use std::io::{BufRead, BufReader};
    let folder = Folder::new("gone").with("coin.yaml", COIN);
    let args = ["coin.yaml", "--seeds", "0..999999", "--format", "ndjson"];
    let mut child = folder.start(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut String::new()).unwrap();
    drop(stdout);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
