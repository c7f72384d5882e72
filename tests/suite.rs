//! `poolsim test` from outside: what it must notice, in which order it tells it, and how it ends. Every expectation is a
//! promise of docs/testing.md, or follows from the rules as the scenario's own comment says.

mod folder;

#[allow(dead_code)]
mod generate;

use folder::Folder;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Output, Stdio};

impl Folder {
    fn start(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_poolsim"));
        command.arg("test").args(args).current_dir(&self.0).stdin(Stdio::null());
        for name in ["NO_COLOR", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"] {
            command.env_remove(name);
        }
        command
    }
    #[track_caller]
    fn exits(&self, args: &[&str], status: i32) -> Said {
        let said = Said::of(self.start(args).output().unwrap());
        assert_eq!(said.status, Some(status), "{args:?}\n{}\n{}", said.out, said.err);
        said
    }
}

struct Said {
    out: String,
    err: String,
    status: Option<i32>,
}

impl Said {
    fn of(output: Output) -> Said {
        Said {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            status: output.status.code(),
        }
    }
    fn last(&self) -> &str {
        self.out.lines().last().unwrap_or_default()
    }
    fn json(&self) -> Vec<Value> {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n{}", self.out))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A quiet pool, and one thing that is expected of it.
fn quiet(expect: &str) -> String {
    format!("pool:\n  hosts: [alpha, beta]\n  storage: {{nfs1: {{type: nfs}}}}\n  vms: {{db: {{running-on: beta}}}}\nuntil: 5m\n{expect}")
}

fn good() -> String {
    quiet("expect:\n  states:\n    - {at: end, host: beta, powered: true}\n")
}

/// Nothing ever takes beta's power.
fn bad() -> String {
    quiet("expect:\n  states:\n    - {at: end, host: beta, powered: false}\n")
}

const CORRUPT: &str = "pool:
  hosts: [alpha, beta, gamma]
  storage: {nfs1: {type: nfs}}
  vms: {db: {running-on: [beta, gamma], power-state: running, resident-on: gamma}}
until: 5m
";

// ---- what it must notice

#[test]
fn every_scenario_that_is_wrong_in_one_way_fails_on_that_line() {
    let folder = root().join("tests/must-fail");
    let mut expected = BTreeMap::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "yaml") {
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.starts_with("# Wrong in one way: "), "{}: it does not say why", path.display());
            let lines: BTreeSet<u64> = (1..).zip(text.lines()).filter(|(_, line)| line.ends_with("  # fails")).map(|(n, _)| n).collect();
            assert_eq!(lines.len(), 1, "{}: one line is marked", path.display());
            expected.insert(path.file_name().unwrap().to_str().unwrap().to_owned(), lines);
        }
    }
    assert!(expected.len() >= 20, "only {} scenarios: are they still found?", expected.len());
    let output = Command::new(env!("CARGO_BIN_EXE_poolsim"))
        .args(["test", "--format", "json", "."])
        .env_remove("GITHUB_ACTIONS")
        .current_dir(&folder)
        .output()
        .unwrap();
    let said = Said::of(output);
    assert_eq!(said.status, Some(1), "{}", said.err);
    let mut got: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for case in said.json() {
        let lines = got.entry(case["test"]["file"].as_str().unwrap().to_owned()).or_default();
        let failures = case["test"]["failures"].as_array().unwrap();
        assert_eq!(case["test"]["result"] == "failed", !failures.is_empty(), "{case}");
        lines.extend(failures.iter().map(|failure| failure["line"].as_u64().unwrap()));
        for failure in failures {
            assert!(failure["expected"] != failure["got"], "{failure}");
        }
    }
    assert_eq!(got, expected);
}

#[test]
fn every_shipped_scenario_passes() {
    let output = Command::new(env!("CARGO_BIN_EXE_poolsim")).args(["test", "--twice", "scenarios"]).current_dir(root()).output().unwrap();
    let said = Said::of(output);
    assert_eq!(said.status, Some(0), "{}", said.out);
    let passed: usize = said.last().split(' ').next().unwrap().parse().unwrap();
    assert!(passed >= 100 && said.last().ends_with(" passed, 0 failed, 0 skipped"), "{}", said.last());
}

#[test]
fn a_failure_says_where_when_what_and_how_to_see_it_again() {
    let folder = Folder::new("failure");
    folder.file(
        "cut.yaml",
        &quiet(
            "worlds:\n  cut: [{at: 1m, fault: {isolate: beta}}]\n  whole: [{note: nothing}]\nexpect:\n  states:\n    - {at: 2m, host: beta, powered: false, world: cut}\n",
        ),
    );
    let said = folder.exits(&["."], 1);
    for part in ["cut.yaml:11  at 2m", "expected  at 2m, beta: powered: false", "got       powered: true", "is cut off from all others"] {
        assert!(said.out.contains(part), "{part}\n{}", said.out);
    }
    assert!(!said.out.contains("0.0"), "the real clock is for terminals: {}", said.out);
    // The replay is one line, and gives the same run.
    let replay = said.out.lines().find_map(|line| line.trim().strip_prefix("replay")).unwrap().trim();
    let words: Vec<&str> = replay.split(' ').skip(1).collect();
    assert_eq!(words, ["run", "cut.yaml", "--world", "cut", "--seed", "0"]);
    let again = Command::new(env!("CARGO_BIN_EXE_poolsim")).args(&words).current_dir(&folder.0).output().unwrap();
    assert_eq!(again.status.code(), Some(1));
    assert_eq!(said.last(), "1 passed, 1 failed, 0 skipped");
}

// ---- how it ends

#[test]
fn statuses_are_those_of_the_page() {
    let folder = Folder::new("statuses");
    folder.file("good/a.yaml", &good());
    folder.file("bad/a.yaml", &bad());
    folder.file("corrupt/a.yaml", CORRUPT);
    folder.file("silent/a.yaml", &quiet(""));
    folder.file("wrong/a.yaml", "pool: {hosts: [alpha], no: 1}\n");
    folder.file("empty/readme.txt", "no scenario");
    folder.file("inconclusive/a.yaml", &quiet("timeline: [{at: 1m, fault: {boot: beta}}]\nexpect: {worst: none}\n"));
    assert_eq!(folder.exits(&["good"], 0).last(), "1 passed, 0 failed, 0 skipped");
    assert_eq!(folder.exits(&["bad"], 1).last(), "0 passed, 1 failed, 0 skipped");
    assert!(folder.exits(&["corrupt"], 1).out.contains("no corruption"));
    // No expectation, and no corruption: nothing is wrong with it.
    assert_eq!(folder.exits(&["silent"], 0).last(), "1 passed, 0 failed, 0 skipped");
    assert!(folder.exits(&["inconclusive"], 1).out.contains("a.yaml:6"));
    assert_eq!(folder.exits(&["empty"], 4).out, "");
    assert!(folder.exits(&["wrong"], 2).err.contains("unknown-key"));
    folder.exits(&["missing.yaml"], 3);
    folder.exits(&["good", "--report", "svg=x"], 2);
    folder.exits(&["good", "--format", "ndjson"], 2);
    folder.exits(&[], 2);
    // Of several, the first of 70, 3, 2, 1, 4, 0; and whatever is wrong, the others still run.
    folder.exits(&["good", "empty"], 4);
    folder.exits(&["bad", "empty"], 1);
    let said = folder.exits(&["wrong", "bad", "good"], 2);
    assert_eq!(said.last(), "1 passed, 1 failed, 0 skipped");
    let said = folder.exits(&["wrong", "missing.yaml", "bad", "good"], 3);
    assert_eq!(said.last(), "1 passed, 1 failed, 0 skipped");
}

#[test]
fn files_come_once_in_the_order_of_their_bytes_and_parts_are_none() {
    let folder = Folder::new("order");
    for name in ["b/x.yaml", "b-c.yaml", "b/a.yml", "Z.yaml", ".hidden/x.yaml"] {
        folder.file(name, &good());
    }
    folder.file("b/shared.part.yaml", "hosts: [alpha]\n");
    folder.file("b/notes.txt", "");
    let said = folder.exits(&["--list", "b", ".", "b/x.yaml"], 0);
    assert_eq!(said.out.lines().collect::<Vec<_>>(), ["Z.yaml", "b-c.yaml", "b/a.yml", "b/x.yaml"]);
}

#[test]
fn filters_choose_cases() {
    let folder = Folder::new("filter");
    folder.file("one.yaml", &format!("tags: [slow]\nshows: {{kept: [M2]}}\n{}", quiet("expect: {never: [double-writer]}\n")));
    folder.file("sub/two.yaml", &quiet("worlds:\n  dead: [{at: 1m, fault: {crash: beta}}]\n  cut: [{at: 1m, fault: {isolate: beta}}]\n"));
    let list = |filter: &str| folder.exits(&["--list", "-E", filter, "."], 0).out.lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(list("tag:slow"), ["one.yaml"]);
    assert_eq!(list("rule:m2"), ["one.yaml"]);
    assert_eq!(list("hazard:double-*"), ["one.yaml"]);
    assert_eq!(list("dead"), ["sub/two.yaml: world dead"]);
    assert_eq!(list("path:sub and not name:*dead"), ["sub/two.yaml: world cut"]);
    assert_eq!(list("name:one or cut"), ["one.yaml", "sub/two.yaml: world cut"]);
    assert_eq!(folder.exits(&["-E", "dead", "."], 0).last(), "1 passed, 0 failed, 0 skipped");
    assert!(folder.exits(&["-E", "name:nobody", "."], 4).err.contains("nothing-found"));
    assert!(folder.exits(&["-E", "colour:red", "."], 2).err.contains("the keys are"));
    let listed = folder.exits(&["--list", "--format", "json", "."], 0).json();
    assert_eq!(listed.len(), 3);
    assert_eq!((&listed[1]["file"], &listed[1]["world"], &listed[1]["scenario"]), (&"sub/two.yaml".into(), &"dead".into(), &"two".into()));
}

#[test]
fn fail_fast_ends_at_the_first() {
    let folder = Folder::new("fast");
    for at in 0..40 {
        folder.file(&format!("{at:02}.yaml"), &if at == 5 || at == 7 { bad() } else { good() });
    }
    for jobs in ["1", "2", "5"] {
        assert_eq!(folder.exits(&["--fail-fast", "-j", jobs, "."], 1).last(), "5 passed, 1 failed, 0 skipped");
    }
}

#[test]
fn of_many_seeds_the_first_that_fails_is_named() {
    let folder = Folder::new("seeds");
    // The crash is drawn from 1m..3m; at 2m the host is off with some seeds and on with others.
    folder.file(
        "drawn.yaml",
        &quiet("timeline:\n  - {at: 1m..3m, fault: {crash: beta}}\nexpect:\n  states:\n    - {at: 2m, host: beta, powered: true}\n"),
    );
    let said = folder.exits(&["--seeds", "0..19", "--format", "json", "."], 1);
    let cases = said.json();
    assert_eq!(cases.iter().map(|case| case["seed"].as_u64().unwrap()).collect::<Vec<_>>(), (0..=19).collect::<Vec<_>>());
    let failed: Vec<u64> =
        cases.iter().filter(|case| case["test"]["result"] == "failed").map(|case| case["seed"].as_u64().unwrap()).collect();
    assert!((1..20).contains(&failed.len()), "twenty draws of one half: {failed:?}");
    let said = folder.exits(&["--seeds", "0..19", "."], 1);
    assert!(said.out.contains(&format!("seed {}  ({} of 20 seeds failed; this is the first)", failed[0], failed.len())), "{}", said.out);
    assert!(said.out.contains(&format!("--seed {}\n", failed[0])), "{}", said.out);
    assert_eq!(said.out.matches("replay").count(), 1);
    assert_eq!(said.last(), format!("{} passed, {} failed, 0 skipped", 20 - failed.len(), failed.len()));
    for wrong in ["5..1", "1", "a..b", "0..1000000"] {
        folder.exits(&["--seeds", wrong, "."], 2);
    }
}

#[test]
fn what_is_skipped_is_not_run_and_says_why() {
    let folder = Folder::new("skip");
    folder.file("a.yaml", &good());
    folder.file("b.yaml", &format!("skip: 'waits for # 7'\n{}", bad()));
    folder.file("c.yaml", "includes: [shared.part.yaml]\nuntil: 5m\nexpect: {worst: none}\n");
    folder.file("shared.part.yaml", "pool: {hosts: [alpha, beta]}\n");
    let said = folder.exits(&[".", "--report", "junit=j.xml", "--report", "tap=t.tap"], 0);
    assert_eq!(said.last(), "2 passed, 0 failed, 1 skipped");
    assert!(said.out.contains("b.yaml (waits for # 7)"), "{}", said.out);
    assert!(folder.read("t.tap").contains("ok 2 - b.yaml # SKIP waits for \\# 7\n"));
    assert!(folder.read("j.xml").contains("<skipped message=\"waits for # 7\"/>"));
    let cases = folder.exits(&["--format", "json", "."], 0).json();
    assert_eq!((&cases[1]["test"]["skip"], &cases[1]["verdict"]), (&"waits for # 7".into(), &"skipped".into()));
    // A reason is one for all seeds.
    assert_eq!(folder.exits(&["--seeds", "1..5", "."], 0).last(), "10 passed, 0 failed, 1 skipped");
}

// ---- the same bytes

#[test]
fn threads_change_nothing_in_any_report() {
    let folder = Folder::new("threads");
    for n in 0..120 {
        folder.file(&format!("{n:03}.yaml"), &generate::scenario(n, generate::Taste::Wild));
    }
    folder.file("050b.yaml", "pool: {}\n");
    folder.file("051b.yaml", &bad());
    const KINDS: [&str; 5] = ["junit", "tap", "github", "json", "md"];
    let all = |jobs: &str| {
        let reports: Vec<String> = KINDS.iter().map(|kind| format!("--report={kind}=out.{kind}")).collect();
        let mut args: Vec<&str> = vec!["-j", jobs, "."];
        args.extend(reports.iter().map(String::as_str));
        let text = folder.exits(&args, 2).out;
        args.extend(["--format", "json"]);
        let json = folder.exits(&args, 2).out;
        let mut all = vec![text, json];
        all.extend(KINDS.iter().map(|kind| folder.read(&format!("out.{kind}"))));
        all
    };
    let one = all("1");
    assert_eq!(one, all("2"));
    assert_eq!(one, all("5"));
    assert_eq!(one[1], one[5], "what stands in the file is what is printed");
    for (text, has) in one[2..].iter().zip(["<testsuites", "TAP version", "::error file=051b.yaml,line=8", "[\n", "## poolsim test:"]) {
        assert!(text.contains(has), "{has}\n{text}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn ten_thousand_scenarios_take_little_memory() {
    let folder = Folder::new("thousands");
    const FILES: u64 = 10_000;
    for n in 0..FILES {
        folder.file(&format!("{:02}/{n:05}.yaml", n % 100), &if n % 1000 == 999 { bad() } else { good() });
    }
    let file = std::fs::File::create(folder.0.join("out.txt")).unwrap();
    let mut child = folder.start(&[".", "-j2", "--report", "junit=out.xml"]).stdout(file).spawn().unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib: Option<u64> = line.and_then(|line| line.split_whitespace().next()).and_then(|n| n.parse().ok());
        peak = peak.max(kib.unwrap_or(0));
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let out = folder.read("out.txt");
    assert_eq!(out.lines().last(), Some("9990 passed, 10 failed, 0 skipped"));
    let files: Vec<&str> = out.lines().filter(|line| line.starts_with(['p', 'F'])).map(|line| line.rsplit(' ').next().unwrap()).collect();
    assert!(files.is_sorted() && files.len() == FILES as usize, "in order, each once");
    assert!(peak > 0 && peak < 200 * 1024, "{peak} KiB at the most");
}

// ---- files that are written

#[test]
fn a_report_is_written_whole_or_not_at_all() {
    let folder = Folder::new("whole");
    folder.file("a.yaml", &good());
    folder.file("old.xml", "old");
    folder.exits(&["a.yaml", "--report", "junit=old.xml", "--report", "md=new.md"], 0);
    assert!(folder.read("old.xml").starts_with("<?xml"));
    assert_eq!(folder.names(), ["a.yaml", "new.md", "old.xml"]);
    // One that cannot be begun is told before anything runs.
    let said = folder.exits(&["a.yaml", "--report", "junit=none/such.xml"], 3);
    assert!(said.err.contains("none/such.xml cannot be written") && said.out.is_empty(), "{}", said.err);
    folder.exits(&["a.yaml", "--report", "tap=."], 3);
    assert_eq!(folder.names(), ["a.yaml", "new.md", "old.xml"]);
    assert!(folder.read("old.xml").contains("replay: poolsim run a.yaml --seed 0"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let folder = Folder::new("full");
    folder.file("a.yaml", &good());
    for kind in ["junit", "tap", "github", "json", "md"] {
        let said = folder.exits(&["a.yaml", "--report", &format!("{kind}=/dev/full")], 3);
        assert!(said.err.contains("/dev/full cannot be written"), "{kind}: {}", said.err);
        assert_eq!(said.last(), "1 passed, 0 failed, 0 skipped");
    }
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let said = Said::of(folder.start(&["a.yaml"]).stdout(full).output().unwrap());
    assert_eq!(said.status, Some(3));
    assert!(said.err.contains("standard output cannot be written") && !said.err.contains("panic"), "{}", said.err);
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let folder = Folder::new("pipe");
    for n in 0..400 {
        folder.file(&format!("{n:03}.yaml"), &good());
    }
    let mut child = folder.start(&["."]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
}

/// Fifteen hosts that crash a million times each: many seconds of work.
#[cfg(unix)]
const ENDLESS: &str = "until: 3650d
pool: {hosts: [xs01..xs16]}
timeline: [{at: 1m, fault: {crash: [xs02..xs16]}, for: 20s, every: 5m, times: 1000000}]
";

#[cfg(unix)]
#[test]
fn ctrl_c_says_what_was_done_and_leaves_no_half_report() {
    let folder = Folder::new("interrupt");
    folder.file("a.yaml", &good());
    folder.file("b.yaml", ENDLESS);
    for jobs in ["1", "3"] {
        let mut child = folder
            .start(&[".", "-j", jobs, "--report", "junit=out.xml", "--report", "json=out.json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The first case is told at once; then there is only the endless one.
        let mut first = String::new();
        let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut stdout, &mut first).unwrap();
        assert!(first.starts_with("pass"), "{first}");
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut stdout, &mut rest).unwrap();
        let said = Said::of(child.wait_with_output().unwrap());
        assert_eq!(said.status, Some(130), "{}", said.err);
        assert_eq!(rest, "1 passed, 0 failed, 0 skipped\n");
        assert_eq!(said.err, "interrupted: 1 passed, 0 failed, 0 skipped so far; no report was written\n");
        assert_eq!(folder.names(), ["a.yaml", "b.yaml"]);
    }
}

#[cfg(unix)]
#[test]
fn a_run_that_is_interrupted_says_what_was_done() {
    let folder = Folder::new("interrupted-run");
    folder.file("a.yaml", &good());
    folder.file("b.yaml", ENDLESS);
    let mut child = Command::new(env!("CARGO_BIN_EXE_poolsim"))
        .args(["run", "-q", "a.yaml", "b.yaml", "--report", "json=out.json"])
        .current_dir(&folder.0)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut stdout, &mut String::new()).unwrap();
    // The first file is told; a moment later the second is under way.
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let said = Said::of(child.wait_with_output().unwrap());
    assert_eq!(said.status, Some(130), "{}", said.err);
    assert_eq!(said.err, "interrupted: 1 of 2 files had been run; no report was written\n");
    assert_eq!(folder.names(), ["a.yaml", "b.yaml"]);
}

// ---- GitHub

#[test]
fn on_github_failures_are_annotated_by_themselves() {
    let folder = Folder::new("github");
    folder.file("a,b/bad.yaml", &bad());
    folder.file("summary.md", "before\n");
    let run = |args: &[&str]| {
        let mut command = folder.start(args);
        command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", folder.0.join("summary.md"));
        Said::of(command.output().unwrap())
    };
    let said = run(&["."]);
    let annotation =
        "::error file=a%2Cb/bad.yaml,line=8,title=bad::at 5m expected at the end, beta: powered: false; got powered: true%0Areplay: ";
    assert!(said.out.lines().any(|line| line.starts_with(annotation)), "{}", said.out);
    assert_eq!(said.last(), "0 passed, 1 failed, 0 skipped");
    let summary = folder.read("summary.md");
    assert!(
        summary.starts_with("before\n## poolsim test: 0 passed, 1 failed, 0 skipped\n") && summary.contains("a,b/bad.yaml:8"),
        "{summary}"
    );
    // JSON stays JSON.
    let said = run(&["--format", "json", "."]);
    assert_eq!(said.json().len(), 1);
    assert!(said.err.contains("::error file="));
    assert!(!folder.exits(&["."], 1).out.contains("::error"));
}

// ---- golden traces

const CRASH: &str = "pool:
  hosts: [alpha, beta]
  vms: {db: {running-on: beta}}
  storage: {nfs1: {type: nfs}}
worlds:
  dead:
    - {at: 1m, fault: {crash: beta}}
  cut:
    - {at: 1m, fault: {isolate: beta}}
until: 20m
";

/// The variants of a matrix are cases of their own: each is compared with its own trace.
#[test]
fn golden_traces_tell_the_variants_of_a_matrix() {
    let folder = Folder::new("golden-matrix");
    folder.file("a.yaml", &format!("{CRASH}matrix: {{settings: {{host-dead-after: [60s, 600s]}}}}\n"));
    folder.exits(&["--bless", "."], 0);
    let golden = folder.read("a.golden");
    assert_eq!(golden.lines().filter(|line| line.starts_with("case ")).count(), 4, "{golden}");
    for set in ["60s", "600s"] {
        assert!(golden.contains(&format!("case host-dead-after=\"{set}\" world=\"dead\"\n")), "{golden}");
    }
    assert_eq!(folder.exits(&["."], 0).last(), "4 passed, 0 failed, 0 skipped");
}

#[test]
fn a_golden_trace_shows_the_first_event_that_changed() {
    let folder = Folder::new("golden");
    folder.file("a.yaml", CRASH);
    assert!(folder.exits(&["--bless", "."], 0).out.contains("1 golden trace written"));
    let golden = folder.read("a.golden");
    assert!(golden.contains("case world=\"dead\"\n1m step-began") && golden.contains("\n1m power-lost host=beta\n"), "{golden}");
    assert!(folder.exits(&["--bless", "."], 0).out.contains("0 golden traces written"));
    folder.exits(&["."], 0);
    // What is said, and where it stands, are no events.
    folder.file("a.yaml", &format!("# A comment.\ntitle: Another title\n{CRASH}"));
    folder.exits(&["."], 0);
    // Another fault in one world is another event, there and nowhere else.
    folder.file("a.yaml", &CRASH.replace("isolate: beta", "hang: beta"));
    let said = folder.exits(&["."], 1);
    assert_eq!(said.last(), "1 passed, 1 failed, 0 skipped");
    for part in ["expected  event 2 of the golden trace: `1m isolated host=beta`", "got       `1m dom0-hung host=beta`", "a.yaml:9  at 1m"]
    {
        assert!(said.out.contains(part), "{part}\n{}", said.out);
    }
    assert!(said.out.lines().count() < 20, "no wall of text: {}", said.out);
    // Other seeds and releases are other runs.
    folder.exits(&["--seed", "7", "."], 0);
    folder.exits(&["--bless", "--seed", "7", "."], 2);
    // Blessing one case leaves the other as it is.
    folder.exits(&["--bless", "-E", "cut", "."], 0);
    let again = folder.read("a.golden");
    assert!(again.contains("1m dom0-hung host=beta") && again.contains("1m power-lost host=beta"), "{again}");
    folder.exits(&["."], 0);
    // An event less, one more, no such case, no golden file at all.
    let cut = |text: &str| folder.file("a.golden", text);
    let lines: Vec<&str> = again.lines().collect();
    cut(&lines[..lines.len() - 1].join("\n"));
    assert!(folder.exits(&["."], 1).out.contains("of the golden trace: no further event"));
    cut(&format!("{again}20m power-lost host=alpha\n"));
    assert!(folder.exits(&["."], 1).out.contains("got       no further event"));
    cut(again.split("case world=\"cut\"").next().unwrap());
    assert!(folder.exits(&["."], 1).out.contains("`--bless` writes it"));
    cut("something else");
    assert!(folder.exits(&["."], 1).out.contains("does not begin with"));
}

// ---- check

#[test]
fn check_writes_what_code_scanning_reads() {
    let folder = Folder::new("check");
    folder.file("a b.yaml", "pool: {hosts: [alpha], no: 1}\n");
    let run = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_poolsim")).arg("check").args(args).current_dir(&folder.0).output().unwrap();
        let said = Said::of(output);
        assert_eq!(said.status, Some(2), "{}", said.err);
        said
    };
    let sarif: Value = serde_json::from_str(&run(&["--format", "sarif", "--report", "github=g.txt", "."]).out).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!((&result["ruleId"], &result["level"]), (&"unknown-key".into(), &"error".into()));
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!((&place["artifactLocation"]["uri"], &place["region"]["startLine"]), (&"a%20b.yaml".into(), &1.into()));
    assert_eq!(place["region"]["startColumn"], 24);
    // Behind the last character of `no`.
    assert_eq!(place["region"]["endColumn"], 26);
    let github = run(&["--format", "github", "."]).out;
    assert!(github.starts_with("::error file=a b.yaml,line=1,col=24,title=unknown-key::"), "{github}");
    assert_eq!(folder.read("g.txt"), github);
}

/// Each rule of SARIF has the text that `explain` tells of the code, begins with a whole sentence of it, and stands once; each result
/// names one of them, and its columns hold what is wrong.
#[test]
fn code_scanning_reads_what_explain_tells() {
    let folder = Folder::new("sarif");
    folder.file("one.yaml", "pool: {hosts: [alpha], no: 1}\n");
    folder.file("two.yaml", "pool: {hosts: [alpha], nö: 1}\ntimeline: [{at: 5, fault: {crash: aplha}}, {run: xe vm-strat}]\n");
    let program =
        |args: &[&str]| Said::of(Command::new(env!("CARGO_BIN_EXE_poolsim")).args(args).current_dir(&folder.0).output().unwrap()).out;
    let sarif: Value = serde_json::from_str(&program(&["check", "--format", "sarif", "."])).unwrap();
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["unknown-command", "unknown-key", "unknown-name", "wrong-duration"]);
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for rule in rules {
        let code = rule["id"].as_str().unwrap();
        let explained = words(&program(&["explain", code]));
        let explained = explained.strip_prefix(&format!("{code} (diagnostic) ")).unwrap_or_else(|| panic!("{explained}")).to_owned();
        let text = |key: &str| words(rule[key]["text"].as_str().unwrap());
        assert_eq!((text("fullDescription"), text("help")), (explained.clone(), explained.clone()), "{code}");
        let short = text("shortDescription");
        assert!(explained.contains(&short) && short.len() > 15 && short != code, "{code}: {short}");
    }
    let lines = |file: &str| std::fs::read_to_string(folder.0.join(file)).unwrap().lines().map(str::to_owned).collect::<Vec<_>>();
    let marked: Vec<(String, String)> = (run["results"].as_array().unwrap().iter())
        .map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            let number = |key: &str| place["region"][key].as_u64().unwrap() as usize;
            let line = &lines(place["artifactLocation"]["uri"].as_str().unwrap())[number("startLine") - 1];
            let (from, behind) = (number("startColumn") - 1, number("endColumn") - 1);
            assert!(ids.contains(&result["ruleId"].as_str().unwrap()), "{result}");
            (result["ruleId"].as_str().unwrap().to_owned(), line.chars().skip(from).take(behind - from).collect())
        })
        .collect();
    let expected =
        [("unknown-key", "no"), ("unknown-key", "nö"), ("wrong-duration", "5"), ("unknown-name", "aplha"), ("unknown-command", "vm-strat")];
    assert_eq!(marked, expected.map(|(code, word)| (code.to_owned(), word.to_owned())));
}
