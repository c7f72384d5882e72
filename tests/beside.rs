//! What `test` tells beside pass and fail: warnings, why a step never began, what a tool said; and which cases it runs again.

mod folder;

use folder::Folder;
use serde_json::Value;
use std::process::{Command, Stdio};

impl Folder {
    fn start(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_poolsim"));
        command.arg("test").args(args).current_dir(&self.0).stdin(Stdio::null());
        for name in ["NO_COLOR", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"] {
            command.env_remove(name);
        }
        command
    }
    /// What stands on standard output.
    #[track_caller]
    fn exits(&self, args: &[&str], status: i32) -> String {
        let output = self.start(args).output().unwrap();
        let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert_eq!(output.status.code(), Some(status), "{args:?}\n{out}\n{err}");
        out
    }
    fn json(&self, args: &[&str], status: i32) -> Vec<Value> {
        let args: Vec<&str> = ["--format", "json"].iter().chain(args).copied().collect();
        serde_json::from_str(&self.exits(&args, status)).unwrap()
    }
}

const POOL: &str = "pool: {hosts: [alpha, beta, gamma], storage: {nfs1: {type: nfs}}, vms: {db: {running-on: beta}}}\n";

fn got(case: &Value) -> Vec<String> {
    case["test"]["failures"].as_array().unwrap().iter().map(|failure| failure["got"].as_str().unwrap().to_owned()).collect()
}

/// A step whose `at` has gone by when the one before it ends: `xe vm-shutdown` takes longer than the second between them.
const LATE: &str =
    "until: 20m\nrecovery:\n  steps:\n    - {at: 1m, run: xe vm-shutdown vm=db}\n    - {at: 61s, run: xe vm-list}\nexpect: {worst: none}\n";

#[test]
fn a_late_step_is_a_warning_and_fails_where_that_is_asked_for() {
    let folder = Folder::new("late");
    folder.file("late.yaml", &format!("{POOL}{LATE}"));
    let reports = ["junit=j.xml", "tap=t.tap", "md=m.out", "github=g.txt", "json=r.json"];
    let args: Vec<&str> = ["."].into_iter().chain(reports.iter().flat_map(|report| ["--report", report])).collect();
    let told = folder.exits(&args, 0);
    let line = told.lines().position(|line| line.starts_with("pass") && line.ends_with("late.yaml")).unwrap();
    assert!(told.lines().nth(line + 1).unwrap().trim_start().starts_with("warning"), "{told}");
    assert!(told.ends_with("1 passed, 0 failed, 0 skipped\n"));
    for name in ["j.xml", "t.tap", "m.out", "g.txt", "r.json"] {
        let text = folder.read(name);
        assert!(text.contains("began 9s after its") && text.contains('6'), "{name}: {text}");
    }
    assert!(folder.read("g.txt").starts_with("::warning file=late.yaml,line=6,title=late::"), "{}", folder.read("g.txt"));
    assert!(folder.read("j.xml").contains("file=\"late.yaml\" line=\"6\"") && !folder.read("j.xml").contains("time=\""));
    folder.exits(&["--report", "junit=j.xml", "--real-time", "."], 0);
    assert!(folder.read("j.xml").contains(" time=\""));
    let [case] = &folder.json(&["--strict", "."], 1)[..] else { panic!("one case") };
    assert_eq!((&case["test"]["why"], &case["test"]["failures"][0]["line"]), (&"warned".into(), &6.into()));
    // What has none is as it was.
    folder.file("late.yaml", &format!("{POOL}{}", LATE.replace("61s", "10m")));
    folder.exits(&["--strict", "."], 0);
}

#[test]
fn what_never_began_says_why() {
    let folder = Folder::new("unbegun");
    let steps = |steps: &str| format!("{POOL}until: 10m\nrecovery:\n  at: 1m\n  steps:\n{steps}");
    let list = "    - {id: last, run: xe vm-list, expect: ok}\n";
    for (text, parts) in [
        (
            format!("{POOL}until: 10m\nrecovery:\n  wait-for: {{host: beta, live: false}}\n  within: 5m\n  steps:\n{list}"),
            &["the recovery never began", "given up at 5m", "beta is live"][..],
        ),
        (
            steps(&format!("    - {{id: first, run: \"xe host-forget uuid=$beta --force\", must: ok}}\n{list}")),
            &["`first` did not go as it must, and ended the sequence"],
        ),
        (
            steps(&format!("    - {{id: first, wait-for: {{host: beta, live: false}}, run: xe vm-list}}\n{list}")),
            &["`first` before it never began", "the run ended at 10m", "beta is live"],
        ),
        (steps("    - {id: last, at: 20m, run: xe vm-list, expect: ok}\n").replace("until: 10m\n", "until: 15m\n"), &["time"]),
    ] {
        folder.file("a.yaml", &text);
        let cases = folder.json(&["a.yaml"], if text.contains("at: 20m") { 2 } else { 1 });
        let Some(case) = cases.first() else { continue };
        let said = got(case).into_iter().find(|got| got.starts_with("not-begun")).unwrap_or_else(|| panic!("{case}"));
        for part in parts {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}

/// An error of a tool that has no code is told in its own words; what is long is shortened.
#[test]
fn what_a_tool_said_stands_beside_what_was_expected() {
    let folder = Folder::new("words");
    let step =
        |run: &str, expect: &str| format!("{POOL}until: 5m\nrecovery:\n  at: 1m\n  steps:\n    - {{run: \"{run}\", expect: {expect}}}\n");
    folder.file("a.yaml", &step("cat /etc/xensource/no.such", "ok"));
    folder.file("b.yaml", &step("xe vm-list params=all", "{prints: no such words}").replace("db: {", "v001..v200: {"));
    folder.file("c.yaml", &step("xe host-forget uuid=$beta --force", "ok"));
    let cases = folder.json(&["b.yaml", "c.yaml"], 1);
    let long = &got(&cases[0])[0];
    assert!(long.contains("printed \"uuid") && long.contains("bytes in all") && long.len() < 600, "{long}");
    assert_eq!(got(&cases[1])[0], "error, code HOST_IS_LIVE");
    // No machine answers that has no power.
    let off = step("xe vm-list", "ok").replace("    - {run", "    - {act: {power-off: alpha}}\n    - {run");
    folder.file("d.yaml", &off);
    assert_eq!(got(&folder.json(&["d.yaml"], 1)[0])[0], "error: \"no answer from the console of alpha\"");
}

#[test]
fn did_you_mean_stands_in_every_report() {
    let folder = Folder::new("meant");
    folder.file("a.yaml", "pool: {hosts: [alpha]}\nuntill: 5m\n");
    folder.exits(&["a.yaml", "--report", "junit=j", "--report", "md=m", "--report", "github=g", "--report", "tap=t"], 2);
    for name in ["j", "m", "g", "t"] {
        assert!(folder.read(name).contains("did you mean"), "{name}: {}", folder.read(name));
    }
}

/// Three cases of nine fail: they are run again, and no others, each with the seeds that it failed with.
#[test]
fn what_failed_is_run_again() {
    let folder = Folder::new("rerun");
    let worlds =
        "until: 5m\nworlds:\n  dead: [{at: 1m, fault: {crash: beta}}]\n  cut: [{at: 1m, fault: {isolate: beta}}]\n  well: [{note: x}]\n";
    let expect = "expect:\n  states: [{at: end, host: beta, powered: true}]\n";
    for name in ["a", "b", "sub/c"] {
        folder.file(&format!("{name}.yaml"), &format!("{POOL}{worlds}{expect}"));
    }
    let all = folder.exits(&["--report", "json=failed.json", "."], 1);
    assert!(all.ends_with("6 passed, 3 failed, 0 skipped\n"), "{all}");
    for args in [&["--rerun", "failed.json"][..], &["--rerun", "failed.json", "."]] {
        let again = folder.exits(args, 1);
        assert!(again.ends_with("0 passed, 3 failed, 0 skipped\n"), "{again}");
        assert_eq!(again.matches(": world dead\n").count(), 3, "{again}");
    }
    assert_eq!(folder.exits(&["--list", "--rerun", "failed.json"], 0).lines().count(), 3);
    // Mended, they pass, and then there is nothing left to do.
    for name in ["a", "b", "sub/c"] {
        folder.file(&format!("{name}.yaml"), &format!("{POOL}{worlds}"));
    }
    let again = folder.exits(&["--rerun", "failed.json", "--report", "json=now.json"], 0);
    assert!(again.ends_with("3 passed, 0 failed, 0 skipped\n"), "{again}");
    assert_eq!(folder.exits(&["--rerun", "now.json"], 0), "");
    folder.exits(&["--rerun", "a.yaml"], 2);
    folder.exits(&["--rerun", "none.json"], 3);
    // Seeds: the crash is drawn from 1m..3m, and at 2m the host is off with some seeds.
    let drawn = format!(
        "{POOL}until: 5m\ntimeline: [{{at: 1m..3m, fault: {{crash: beta}}}}]\nexpect: {{states: [{{at: 2m, host: beta, powered: true}}]}}\n"
    );
    folder.file("drawn.yaml", &drawn);
    let failed = |cases: &[Value]| -> Vec<u64> {
        cases.iter().filter(|case| case["test"]["result"] == "failed").map(|case| case["seed"].as_u64().unwrap()).collect()
    };
    let first = folder.json(&["--seeds", "0..19", "drawn.yaml", "--report", "json=drawn.json"], 1);
    let again = folder.json(&["--rerun", "drawn.json"], 1);
    assert_eq!((failed(&again), again.len()), (failed(&first), failed(&first).len()));
    assert!((1..20).contains(&again.len()));
}

/// Every case is in exactly one share, and shares are what they are whatever else is there.
#[test]
fn shares_are_all_and_apart() {
    let folder = Folder::new("share");
    for n in 0..12 {
        folder.file(&format!("{n:02}.yaml"), &format!("{POOL}until: 1m\nworlds: {{a: [{{note: x}}], b: [{{note: x}}]}}\n"));
    }
    let list = |args: &[&str], status| -> Vec<String> {
        let args: Vec<&str> = ["--list"].iter().chain(args).copied().collect();
        folder.exits(&args, status).lines().map(str::to_owned).collect()
    };
    let all = list(&["."], 0);
    let shares = ["hash:1/3", "hash:2/3", "hash:3/3"];
    let of: Vec<Vec<String>> = shares.iter().map(|share| list(&["--partition", share, "."], 0)).collect();
    let mut joined: Vec<String> = of.concat();
    joined.sort();
    assert_eq!((joined, all.len()), (all, 24));
    let alone = list(&["--partition", "hash:1/3", "00.yaml", "01.yaml", "02.yaml", "03.yaml"], 0);
    assert_eq!(alone, of[0].iter().filter(|name| name.as_str() < "04").cloned().collect::<Vec<_>>());
    for wrong in ["3/8", "hash:0/3", "hash:4/3"] {
        folder.exits(&["--partition", wrong, "."], 2);
    }
}

#[test]
fn a_case_can_be_named_as_it_is_printed() {
    let folder = Folder::new("named");
    let recoveries = "recoveries: {hasty: {steps: [{run: xe vm-list}]}, careful: {steps: [{run: xe vm-list}]}}\n";
    let worlds = "worlds: {dead: [{at: 1m, fault: {crash: beta}}], well: [{note: x}]}\n";
    folder.file("a b.yaml", &format!("{POOL}until: 5m\n{worlds}{recoveries}"));
    let printed = folder.exits(&["--list", "."], 0);
    assert_eq!(printed.lines().count(), 4);
    for line in printed.lines() {
        assert_eq!(folder.exits(&["--list", "-E", &format!("'{line}'"), "."], 0), format!("{line}\n"));
    }
    assert_eq!(folder.exits(&["--list", "-E", "world:dead and not recovery:has*", "."], 0), "a b.yaml: world dead, recovery careful\n");
}

/// Annotations are put where the path from the root of the workspace says, whatever folder the program is started in.
#[test]
fn annotations_begin_at_the_root_of_the_workspace() {
    let folder = Folder::new("workspace");
    folder.file("deep/er/bad.yaml", &format!("{POOL}until: 5m\nexpect: {{states: [{{at: end, host: beta, powered: false}}]}}\n"));
    let run = |command: &str, args: &[&str], below: &str| {
        let mut child = folder.start(&[]);
        child = {
            let mut other = Command::new(child.get_program());
            other.arg(command).args(args).current_dir(folder.0.join(below)).env("GITHUB_WORKSPACE", &folder.0).env_remove("GITHUB_ACTIONS");
            other
        };
        String::from_utf8(child.output().unwrap().stdout).unwrap()
    };
    run("test", &["er", "--report", "github=out.txt"], "deep");
    assert!(folder.read("deep/out.txt").starts_with("::error file=deep/er/bad.yaml,line=3,"), "{}", folder.read("deep/out.txt"));
    folder.file("deep/er/bad.yaml", "pool: {hosts: [alpha]}\nuntill: 5m\n");
    assert!(run("check", &["er", "--format", "github"], "deep").starts_with("::error file=deep/er/bad.yaml,line=2,"));
}
