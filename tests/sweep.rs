//! `poolsim sweep`: what it counts against every seed run by itself, on the ordinary path; against a coin whose chance is
//! known; and the same bytes for any number of threads.

mod folder;

mod common;

use folder::Folder;
use poolsim::base::interval;
use poolsim::hazard::HazardId;
use poolsim::judge::Verdict;
use poolsim::report::{self, Report};
use poolsim::scenario::model::Scenario;
use poolsim::search::study::Options;
use poolsim::search::sweep::Prepared;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::{Command, Output, Stdio};

impl Folder {
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
    let prepared = Prepared::new(&scenario, scenario.cases()[0], (1_000_000, u64::MAX));
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
        (&["coin.yaml", "--report", "junit=a.xml"], 2, "usage"),
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

// ---- in parts

impl Folder {
    /// Writes what a sweep prints.
    fn keep(&self, name: &str, args: &[&str]) {
        std::fs::write(self.0.join(name), self.prints(args, 0)).unwrap();
    }
}

const FORMATS: [&str; 3] = ["text", "json", "ndjson"];

#[test]
fn parts_put_together_are_one_sweep() {
    let folder = Folder::new("parts").with("many.yaml", MANY);
    // More parts than seeds, too: some are empty.
    for (seeds, parts) in [("5..34", 4), ("0..2", 5)] {
        let whole: Vec<String> =
            FORMATS.iter().map(|format| folder.prints(&["many.yaml", "--seeds", seeds, "--format", format], 0)).collect();
        for how in ["", "hash:"] {
            for part in 1..=parts {
                folder.keep(&format!("p{part}"), &["many.yaml", "--seeds", seeds, "--partition", &format!("{how}{part}/{parts}")]);
            }
            let mut names: Vec<String> = (1..=parts).map(|part| format!("p{part}")).collect();
            for (format, whole) in FORMATS.iter().zip(&whole) {
                names.rotate_left(1);
                let mut args = vec!["--format", format, "--merge"];
                args.extend(names.iter().map(String::as_str));
                assert_eq!(&folder.prints(&args, 0), whole, "{how}{parts} as {format}");
            }
        }
    }
}

#[test]
fn what_does_not_fit_is_not_put_together() {
    let folder = Folder::new("misfits").with("coin.yaml", COIN).with("other.yaml", &COIN.replace("until: 6m", "until: 7m"));
    let part = |name: &str, args: &[&str]| folder.keep(name, &[&["coin.yaml", "--seeds", "0..9"], args].concat());
    part("one", &["--partition", "1/3"]);
    part("two", &["--partition", "2/3"]);
    part("three", &["--partition", "3/3"]);
    part("two-of-two", &["--partition", "2/2"]);
    part("hashed", &["--partition", "hash:3/3"]);
    part("slow", &["--partition", "3/3", "--set", "command=2s"]);
    part("bounded", &["--partition", "3/3", "--max-events", "7"]);
    folder.keep("seeds", &["coin.yaml", "--seeds", "0..10", "--partition", "3/3"]);
    folder.keep("other", &["other.yaml", "--seeds", "0..9", "--partition", "3/3"]);
    let three = folder.read("three");
    let write = |name: &str, text: &str| std::fs::write(folder.0.join(name), text).unwrap();
    write("version", &three.replace("\"poolsim\":\"", "\"poolsim\":\"9."));
    write("cut", &three[..three.len() - 30]);
    write("endless", &three[..three[..three.len() - 1].rfind('\n').unwrap() + 1]);
    write("less", &(three.lines().take(2).collect::<Vec<_>>().join("\n") + "\n{\"complete\":true,\"kind\":\"foot\",\"runs\":1}\n"));
    write("strange", "pool: {hosts: [alpha]}\n");
    write("empty", "");
    write("bytes", "\u{0}\u{1b}[31m\n");
    write("twice", &(three.clone() + &three));
    for (third, status, says) in [
        ("two", 2, "two and two are both part 2 of 3"),
        ("two-of-two", 2, "two ways"),
        ("hashed", 2, "two ways"),
        ("slow", 2, "the cases"),
        ("bounded", 2, "the bound of events 50000000, the other 7"),
        ("seeds", 2, "the seeds 0..9, the other 0..10"),
        ("other", 2, "the scenario coin, the other other"),
        ("version", 2, "the version of poolsim"),
        ("cut", 2, "cut is not finished"),
        ("endless", 2, "endless is not finished"),
        ("less", 2, "no part has seed 5 of the case"),
        ("strange", 2, "strange: line 1 is no line of a sweep"),
        ("empty", 2, "does not begin"),
        ("bytes", 2, "bytes: line 1"),
        ("twice", 2, "behind its end"),
        ("nothing", 3, "nothing cannot be read"),
    ] {
        let said = folder.says(&["--merge", "one", "two", third], status);
        assert!(said.contains(says) && !said.contains('\u{1b}'), "{third}: {said}");
    }
    assert!(folder.says(&["--merge", "one", "three"], 2).contains("a part is missing: 2/3"));
    assert!(folder.says(&["--merge", "two"], 2).contains("1/3, 3/3"));
    assert!(folder.says(&["coin.yaml", "--merge", "one"], 2).contains("--merge"));
    assert!(folder.says(&["coin.yaml", "--partition", "4/3"], 2).contains("no part 4 of 3"));
    // A whole sweep is the one part of itself.
    folder.keep("all", &["coin.yaml", "--seeds", "0..9", "--format", "ndjson"]);
    assert_eq!(folder.prints(&["--merge", "all"], 0), folder.prints(&["coin.yaml", "--seeds", "0..9"], 0));
}

#[test]
fn a_batch_system_says_which_part_is_run() {
    let folder = Folder::new("auto").with("coin.yaml", COIN);
    for (n, name) in [(0, "a"), (1, "b")] {
        let mut command = folder.start(&["coin.yaml", "--seeds", "0..20", "--partition", "auto/2"]);
        let output = command.env("JOB_COMPLETION_INDEX", n.to_string()).env_remove("SLURM_ARRAY_TASK_ID").output().unwrap();
        std::fs::write(folder.0.join(name), output.stdout).unwrap();
    }
    assert_eq!(folder.prints(&["--merge", "b", "a"], 0), folder.prints(&["coin.yaml", "--seeds", "0..20"], 0));
}

// ---- again and again

#[test]
fn an_interrupted_sweep_goes_on_where_it_was() {
    let folder = Folder::new("resume").with("many.yaml", MANY);
    let args = ["many.yaml", "--seeds", "0..19", "--recovery", "hasty"];
    let resume = |format: &str| folder.prints(&[&args[..], &["--resume", "kept", "--format", format]].concat(), 0);
    let whole: Vec<String> = FORMATS.iter().map(|format| folder.prints(&[&args[..], &["--format", format]].concat(), 0)).collect();
    let lines = &whole[2];
    // Begun by it, and gone on with: wherever it was cut off, in the middle of a line too.
    let ends =
        [0, 1, lines.find('\n').unwrap(), lines.find('\n').unwrap() + 1, lines.len() / 3, lines.len() / 2, lines.len() - 1, lines.len()];
    for (at, end) in ends.into_iter().enumerate() {
        std::fs::write(folder.0.join("kept"), &lines[..end]).unwrap();
        assert_eq!(resume(FORMATS[at % 3]), whole[at % 3], "cut off at {end}");
        assert_eq!(&folder.read("kept"), lines, "cut off at {end}");
    }
    // One that is finished runs nothing, and says the same.
    assert_eq!(resume("json"), whole[1]);
    // The end of one that was interrupted is no end.
    let some: Vec<&str> = lines.lines().take(6).collect();
    std::fs::write(folder.0.join("kept"), some.join("\n") + "\n{\"complete\":false,\"kind\":\"foot\",\"runs\":5}\n").unwrap();
    assert_eq!(resume("text"), whole[0]);
    assert_eq!(&folder.read("kept"), lines);
}

#[test]
fn a_file_of_another_kind_is_never_touched() {
    let folder = Folder::new("untouched").with("coin.yaml", COIN).with("notes", "what I must not lose").with("list", "one\ntwo\n");
    folder.keep("kept", &["coin.yaml", "--seeds", "0..9", "--format", "ndjson"]);
    let swapped: Vec<String> = folder.read("kept").lines().map(str::to_owned).collect();
    let swapped = [&swapped[0], &swapped[2], &swapped[1]].map(|line| format!("{line}\n")).concat();
    std::fs::write(folder.0.join("swapped"), swapped).unwrap();
    for (name, args, says) in [
        ("notes", &["--seeds", "0..9"][..], "does not begin as a sweep does"),
        ("list", &["--seeds", "0..9"], "line 1 is no line"),
        ("coin.yaml", &["--seeds", "0..9"], "line 1 is no line"),
        ("kept", &["--seeds", "0..10"], "of another sweep: it has the seeds 0..9"),
        ("kept", &["--seeds", "0..9", "--partition", "1/2"], "the part none"),
        ("swapped", &["--seeds", "0..9"], "line 2 is not the run that comes next"),
    ] {
        let before = folder.read(name);
        let said = folder.says(&[&["coin.yaml", "--resume", name], args].concat(), 2);
        assert!(said.contains(says), "{name}: {said}");
        assert_eq!(folder.read(name), before);
    }
}

#[test]
fn a_part_goes_on_too_and_so_does_one_that_ends_when_precise() {
    let folder = Folder::new("resume-part").with("coin.yaml", COIN);
    let cut = |name: &str| {
        let text = folder.read(name);
        std::fs::write(folder.0.join(name), &text[..text.len() * 2 / 5]).unwrap();
    };
    for part in ["1/2", "2/2"] {
        let name = &part[..1];
        let args = ["coin.yaml", "--seeds", "0..30", "--partition", part, "--resume", name];
        assert_eq!(folder.prints(&args, 0), "", "the part stands in its file");
        cut(name);
        folder.prints(&args, 0);
    }
    assert_eq!(folder.prints(&["--merge", "1", "2"], 0), folder.prints(&["coin.yaml", "--seeds", "0..30"], 0));
    let args = ["coin.yaml", "--precision", "20%", "--resume", "precise"];
    let whole = folder.prints(&args, 0);
    assert_eq!(folder.prints(&args, 0), whole);
    cut("precise");
    assert_eq!(folder.prints(&args, 0), whole);
    assert_eq!(folder.prints(&["--merge", "precise"], 0), whole);
}

// ---- settings that are varied, sides that are compared

#[test]
fn a_setting_that_is_varied_is_set() {
    let folder = Folder::new("vary").with("many.yaml", MANY);
    let base = ["many.yaml", "--seeds", "0..15", "--world", "isolated"];
    let got = folder.json(&[&base[..], &["--vary", "settings.host-dead-after=60s..8m/3", "--vary", "command=1s..5s/2"]].concat());
    let mut expected = Vec::new();
    for dead in ["1m", "4m30s", "8m"] {
        for command in ["1s", "5s"] {
            let (dead, command) = (format!("host-dead-after={dead}"), format!("command={command}"));
            expected.extend(folder.json(&[&base[..], &["--set", &dead, "--set", &command]].concat()));
        }
    }
    assert_eq!(got, expected);
    let text = folder.prints(&[&base[..], &["--vary", "settings.host-dead-after=60s..8m/3"]].concat(), 0);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    let head = lines.iter().position(|line| line.split_whitespace().eq(["1m", "4m30s", "8m"])).unwrap_or_else(|| panic!("{text}"));
    assert!(lines[head + 1].trim_start().starts_with("double-writer"), "{text}");
    for (args, says) in [
        (&["--vary", "command=1s..2s/2", "--vary", "settings.command=1s..2s/2"][..], "varied twice"),
        (&["--vary", "comand=1s..2s/2"], "did you mean `command`"),
        (&["--vary", "command=1s..2s/2", "--vary", "vm-start=1s..2s/2", "--vary", "reinstall=1s..2s/2"], "two"),
        (&["--vary", "command=1s..1000s/1000", "--vary", "vm-start=1s..1000s/1000"], "too many"),
        (&["--vary", "heartbeat-jitter=1s..40s/2"], "jitter"),
    ] {
        let said = folder.says(&[&base[..], args].concat(), 2);
        assert!(said.contains(says), "{args:?}: {said}");
    }
}

/// The picture is a tree of tags, all of it closed and nothing of a name taken for a tag.
#[test]
fn the_heat_map_is_a_picture() {
    let folder = Folder::new("svg").with("many.yaml", &MANY.replace("name: many", "name: '<b>&\"many'").replace("hasty:", "'<hasty>':"));
    let args =
        ["many.yaml", "--seeds", "0..9", "--vary", "host-dead-after=60s..8m/3", "--vary", "command=1s..5s/2", "--report", "svg=a.svg"];
    folder.prints(&args, 0);
    let svg = folder.read("a.svg");
    let (mut open, mut cells) = (Vec::new(), 0);
    for tag in svg.split('<').skip(1).map(|rest| rest.split_once('>').expect("a tag ends").0) {
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        assert!(["svg", "title", "rect", "text"].contains(&name), "{tag}");
        cells += usize::from(name == "rect");
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty() && svg.contains("&lt;b&gt;&amp;&quot;many") && !svg.contains("http://www.w3.org/1999/xlink"));
    assert!(cells > 6 && (cells - 1).is_multiple_of(6), "{cells}");
    assert!(folder.says(&["many.yaml", "--report", "dot=a"], 2).contains("text, json, svg, html"));
}

/// Two recoveries with the same draws, seed by seed, against the runs by themselves.
#[test]
fn sides_are_compared_seed_by_seed() {
    let folder = Folder::new("compare").with("many.yaml", MANY);
    let scenario = common::load("many.yaml", MANY);
    let runs = by_hand(&scenario, 0..=24);
    let base = ["many.yaml", "--seeds", "0..24", "--set", "host-dead-after=60s"];
    let got = folder.json(&[&base[..], &["--compare", "recovery=hasty", "recovery=careful"]].concat());
    assert_eq!(got.len(), 2, "one pair for each world");
    let mut told = 0;
    for (pair, world) in got.iter().zip(["dead", "isolated"]) {
        let of = |recovery: &str| {
            runs.iter().find(|runs| {
                let run = &runs[0];
                run.world.as_deref() == Some(world) && run.recovery.as_deref() == Some(recovery) && run.set[0].1 == "60s"
            })
        };
        let (left, right) = (of("hasty").unwrap(), of("careful").unwrap());
        assert_eq!(
            (&pair["left"]["recovery"], &pair["right"]["recovery"], &pair["pairs"]),
            (&json!("hasty"), &json!("careful"), &json!(25))
        );
        assert_eq!(pair["left"]["world"], json!(world));
        for hazard in pair["hazards"].as_array().unwrap() {
            let has = |run: &Report| run.hazards.iter().any(|found| hazard["hazard"] == found.hazard);
            let count = |l: bool, r: bool| left.iter().zip(right).filter(|(a, b)| has(a) == l && has(b) == r).count();
            assert_eq!(hazard["left_only"], json!(count(true, false)));
            assert_eq!(hazard["right_only"], json!(count(false, true)));
            assert_eq!((&hazard["both"], &hazard["neither"]), (&json!(count(true, true)), &json!(count(false, false))));
            told += 1;
        }
        let down = |run: &Report| run.downtime.values().map(|span| span.0 as i64).sum::<i64>();
        let mut more: Vec<i64> = left.iter().zip(right).map(|(a, b)| down(b) - down(a)).collect();
        more.sort_unstable();
        assert_eq!(pair["downtime_us"], json!({"p10": more[2], "p50": more[12], "p90": more[22]}));
    }
    assert!(told >= 6, "{told}");
    // Parts of a comparison are put together, too.
    let sides = ["--compare", "world=dead,recovery=hasty", "world=isolated,recovery=hasty,settings.command=3s"];
    for part in ["1/2", "2/2"] {
        folder.keep(&part[..1], &[&base[..], &sides, &["--partition", part]].concat());
    }
    let whole = folder.prints(&[&base[..], &sides].concat(), 0);
    assert_eq!(folder.prints(&["--merge", "1", "2"], 0), whole);
    assert!(whole.lines().all(|line| line.chars().count() <= 80), "{whole}");
    for (args, says) in [
        (&["--compare", "recovery=hasty", "recovery=hasty"][..], "the same"),
        (&["--compare", "seed=1", "seed=2"], "--seeds"),
        (&["--compare", "world=dead", "recovery=hasty"], "not of the same names"),
        (&["--compare", "world=dead", "world=nowhere"], "no world `nowhere`"),
    ] {
        let said = folder.says(&[&base[..], args].concat(), 2);
        assert!(said.contains(says), "{args:?}: {said}");
    }
}
