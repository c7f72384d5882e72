//! The program from outside: exit statuses, streams, files. Every expectation is what the README, docs/ and the help
//! promise.

mod folder;

use folder::Folder;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn start(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_poolsim"));
    command.args(args).env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

fn poolsim(args: &[&str]) -> Output {
    start(args).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
fn exits(args: &[&str], status: i32) -> Output {
    let output = poolsim(args);
    assert_eq!(output.status.code(), Some(status), "{args:?}\n{}\n{}", out(&output), err(&output));
    output
}

/// A quiet pool without expectations.
const QUIET: &str = "pool:\n  hosts: [alpha, beta]\n  storage: {nfs1: {type: nfs}}\n  vms: {db: {running-on: beta}}\nuntil: 5m\n";
/// One that expects what cannot be.
const WRONGLY_EXPECTED: &str =
    "pool:\n  hosts: [alpha, beta]\nuntil: 5m\nexpect:\n  states:\n    - {at: end, host: beta, powered: false}\n";
/// Two hosts have one disk open for writing, and both write.
const CORRUPT: &str = "pool:
  hosts: [alpha, beta, gamma]
  storage: {nfs1: {type: nfs}}
  vms:
    db: {running-on: [beta, gamma], power-state: running, resident-on: gamma}
until: 5m
";

#[test]
fn help_names_every_command_and_exits_with_0() {
    let help = out(&exits(&["--help"], 0));
    for name in [
        "new", "run", "check", "test", "explain", "play", "sweep", "orders", "plan", "shrink", "diff", "rehearse", "import", "export",
        "risk", "schema",
    ] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(&format!("{name} "))), "{name}\n{help}");
    }
    for hidden in ["completions", "man ", "help "] {
        assert!(!help.lines().any(|line| line.trim_start().starts_with(hidden)), "{hidden}");
    }
    assert!(help.lines().all(|line| line.len() <= 80), "{help}");
    assert!(out(&exits(&["--version"], 0)).contains(env!("CARGO_PKG_VERSION")));
}

/// A suite is measured by what it shows, and by which guards of the model it would miss.
#[test]
fn a_suite_is_measured() {
    let folder = Folder::new("measure");
    let path = folder.file(
        "second-start.yaml",
        &(QUIET.to_string()
            + "shows: {kept: [M11]}\nrecovery: {steps: [{run: 'xe vm-start vm=db on=alpha', expect: {code: VM_BAD_POWER_STATE}}]}\nexpect: {worst: none}\n"),
    );
    let value = |args: &[&str], status| -> serde_json::Value { serde_json::from_str(&out(&exits(args, status))).unwrap() };
    let shown = value(&["test", &path, "--coverage", "--format", "json"], 0);
    let kinds = &shown["kinds"];
    assert_eq!((&kinds["command"]["cases"]["vm-start"], &kinds["command"]["cases"]["pool-join"]), (&1.into(), &0.into()));
    assert_eq!(
        (&kinds["error-code"]["shown"], &kinds["rule-kept"]["cases"]["M11"], &kinds["fault"]["shown"]),
        (&1.into(), &1.into(), &0.into())
    );
    exits(&["test", &path, "--coverage", "--min", "1"], 0);
    assert!(err(&exits(&["test", &path, "--coverage", "--min", "90"], 1)).contains("--min wants 90 %"));
    // Its one refusal misses the one guard that it meets.
    let missed = value(&["test", &path, "--mutants", "--format", "json"], 1);
    let guards: Vec<&serde_json::Value> = missed["mutants"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|mutant| !mutant["noticed_by"].is_null())
        .map(|mutant| &mutant["guard"])
        .collect();
    assert_eq!(guards, ["halted"]);
}

/// Two runs agree in every event or they do not, and the digests of `run` say the same.
#[test]
fn two_runs_are_put_side_by_side() {
    let folder = Folder::new("diff");
    let story = |fault: &str| {
        format!("{QUIET}worlds:\n  dead: [{{at: 1m, fault: {{crash: beta}}}}]\n  other: [{{at: 1m, fault: {{{fault}: beta}}}}]\n")
    };
    let (one, two) = (folder.file("one.yaml", &story("isolate")), folder.file("two.yaml", &story("hang")));
    let value = |args: &[&str], status| -> serde_json::Value { serde_json::from_str(&out(&exits(args, status))).unwrap() };

    let runs = value(&["run", &one, "--format", "json"], 0);
    let pairs = value(&["diff", &one, "--format", "json"], 0);
    assert_eq!(pairs.as_array().unwrap().len(), 2);
    for (run, pair) in runs.as_array().unwrap().iter().zip(pairs.as_array().unwrap()) {
        assert_eq!((&pair["agree"], &pair["left"]["digest"], &pair["right"]["digest"]), (&true.into(), &run["digest"], &run["digest"]));
    }
    // The first world is the same in both files, the second is not: they part at the fault.
    let pairs = value(&["diff", &one, &two, "--format", "json"], 1);
    assert_eq!([&pairs[0]["agree"], &pairs[1]["agree"]], [true, false]);
    assert_eq!((&pairs[1]["parting"]["after"], &pairs[1]["parting"]["left"]["us"]), (&0.into(), &60_000_000.into()));
    // Dead beside cut off: the domain is gone in one, and runs on in the other.
    let pairs = value(&["diff", &one, "--left", "world=dead", "--right", "world=other", "--format", "json"], 1);
    let ends = pairs[0]["ends"].as_array().unwrap();
    let of = |at: &str| ends.iter().find(|end| end["at"] == at).map(|end| (end["left"].clone(), end["right"].clone()));
    assert_eq!(of("vms.db.running_on"), Some(("none".into(), "beta".into())));
    assert_eq!(of("hosts.beta.powered"), Some(("false".into(), "true".into())));

    exits(&["diff", &one, "--left", "world=dead"], 2);
    assert!(err(&exits(&["diff", &one, "--world", "daed"], 2)).contains("did you mean `dead`?"));
    assert!(err(&exits(&["diff", &one, "--left", "sead=1"], 2)).contains("--left seed=2"));
    // Each other release beside the file's own.
    let matrix = out(&exits(&["diff", &one, "--release-matrix"], 0));
    assert!(["xenserver-6.0", "xenserver-6.2", "xcp-ng-8.3"].iter().all(|release| matrix.contains(release)), "{matrix}");
    exits(&["diff", &one, &two, "--release-matrix"], 2);
}

#[test]
fn wrong_usage_exits_with_2_and_says_what_to_try() {
    assert!(err(&exits(&["run"], 2)).contains("poolsim new --list"));
    assert!(err(&exits(&["rnu"], 2)).contains("--help"));
    exits(&["run", "--format", "xml", "a.yaml"], 2);
    exits(&["run", "-q", "-v", "a.yaml"], 2);
    assert!(err(&exits(&["run", "--at", "15", "a.yaml"], 2)).contains("15s"));
    assert!(err(&exits(&["run", "--report", "pdf=x", "a.yaml"], 2)).contains("text, json, ndjson, html, svg, mermaid, perfetto, md"));
    assert!(err(&exits(&["run", "--report", "json", "a.yaml"], 2)).contains("KIND=FILE"));
    assert!(err(&exits(&["run", "--release", "xcp-ng-8.2", "a.yaml"], 2)).contains("xcp-ng-8.3"));
    assert!(err(&exits(&["run", "--release", "manual-5", "a.yaml"], 2)).contains("manual-6"));
}

#[test]
fn a_file_that_cannot_be_read_exits_with_3() {
    let folder = Folder::new("unreadable");
    for command in ["run", "check"] {
        let output = exits(&[command, &folder.path("none.yaml")], 3);
        assert!(err(&output).contains("none.yaml"), "{}", err(&output));
    }
    assert!(err(&exits(&["run", &folder.path("")], 3)).contains("poolsim check"));
}

#[test]
fn a_wrong_file_exits_with_2() {
    let folder = Folder::new("wrong");
    let wrong = folder.file("wrong.yaml", "pool: {hosts: [alpha]}\ncolour: red\nspeed: 3\n");
    for command in ["run", "check"] {
        let told = err(&exits(&[command, &wrong], 2));
        assert!(told.contains("colour") && told.contains("speed"), "both mistakes in one go: {told}");
        assert!(told.contains("wrong.yaml:2:1"), "{told}");
    }
    for text in [&b""[..], b"\xff\xfe", b"pool: [", b"\0"] {
        let path = folder.path("odd.yaml");
        std::fs::write(&path, text).unwrap();
        exits(&["check", &path], 2);
        exits(&["run", &path], 2);
    }
}

#[test]
fn check_walks_folders_in_order_and_counts() {
    let folder = Folder::new("walk");
    folder.file("b/two.yml", QUIET);
    folder.file("a/one.yaml", QUIET);
    folder.file("a/readme.txt", "no scenario");
    folder.file(".hidden/three.yaml", "nonsense");
    let told = out(&exits(&["check", &folder.path("")], 0));
    let at = |name: &str| told.find(name).unwrap_or_else(|| panic!("{name} in {told}"));
    assert!(at("one.yaml") < at("two.yml"));
    assert!(told.contains("2 files checked, 0 wrong") && !told.contains("three"), "{told}");
    folder.file("c/bad.yaml", "pool: 3\n");
    assert!(out(&exits(&["check", &folder.path("")], 2)).contains("1 wrong"));
    std::fs::create_dir_all(folder.0.join("empty")).unwrap();
    exits(&["check", &folder.path("empty")], 4);
    let listed = exits(&["check", "--format", "json", &folder.path("c")], 2);
    let value: serde_json::Value = serde_json::from_str(&out(&listed)).unwrap();
    for key in ["code", "column", "file", "help", "line", "message", "severity"] {
        assert!(value[0].get(key).is_some(), "{key} in {value}");
    }
}

#[test]
fn without_expectations_only_corruption_fails() {
    let folder = Folder::new("verdict");
    let (quiet, corrupt) = (folder.file("quiet.yaml", QUIET), folder.file("corrupt.yaml", CORRUPT));
    exits(&["run", &quiet], 0);
    exits(&["run", &quiet, "--fail-on", "notice"], 0);
    let output = exits(&["run", &corrupt], 1);
    assert!(out(&output).contains("double-writer"));
    let expected = folder.file("expected.yaml", &(CORRUPT.to_string() + "expect: {hazards: [{hazard: double-writer}]}\n"));
    exits(&["run", &expected, "--fail-on", "notice"], 0);
    exits(&["run", &folder.file("not.yaml", WRONGLY_EXPECTED)], 1);
}

#[test]
fn of_several_files_all_run_and_the_worst_status_counts() {
    let folder = Folder::new("several");
    let (quiet, corrupt) = (folder.file("quiet.yaml", QUIET), folder.file("corrupt.yaml", CORRUPT));
    let (wrong, none) = (folder.file("wrong.yaml", "pool: 3\n"), folder.path("none.yaml"));
    let output = exits(&["run", &none, &wrong, &corrupt, &quiet], 3);
    assert!(out(&output).contains("quiet") && out(&output).contains("corrupt"));
    exits(&["run", &wrong, &corrupt, &quiet], 2);
    exits(&["run", &quiet, &corrupt], 1);
    let output = exits(&["run", "--format", "json", &quiet, &wrong, &corrupt], 2);
    let value: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
    let names: Vec<&str> = value.as_array().unwrap().iter().map(|case| case["scenario"].as_str().unwrap()).collect();
    assert_eq!(names, ["quiet", "corrupt"], "one array of all that ran");
}

#[test]
fn the_replay_of_a_report_gives_the_same_digest() {
    let folder = Folder::new("replay");
    let worlds = "timeline: [{at: 1m, fault: {crash: beta}}]\nworlds: {a: [{at: 2m, fault: {boot: beta}}], b: []}\nuntil: 30m";
    let file = folder.file("a story.yaml", &QUIET.replace("until: 5m", worlds));
    let all: serde_json::Value = serde_json::from_str(&out(&exits(&["run", "--format", "json", "--seed", "7", &file], 0))).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 2);
    for case in all.as_array().unwrap() {
        let line = format!("{} --format json", case["replay"].as_str().unwrap());
        let line = line.replacen("poolsim", env!("CARGO_BIN_EXE_poolsim"), 1);
        let output = Command::new("sh").arg("-c").arg(line).current_dir(&folder.0).output().unwrap();
        let again: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
        assert_eq!(again.as_array().unwrap().len(), 1);
        assert_eq!(again[0]["digest"], case["digest"]);
    }
    assert_ne!(all[0]["digest"], all[1]["digest"]);
}

#[test]
fn threads_change_nothing() {
    let folder = Folder::new("threads");
    let worlds = "worlds: {a: [], b: [{at: 1m, fault: {crash: beta}}], c: [{at: 2m, fault: {hang: beta}}]}\n";
    let file = folder.file("corrupt.yaml", &(CORRUPT.to_string() + worlds));
    let of = |jobs: &str| out(&poolsim(&["run", "--format", "json", "-j", jobs, &file]));
    let one = of("1");
    assert!(one.contains("\"digest\"") && one == of("4"));
}

#[test]
fn unknown_worlds_are_refused_with_those_there_are() {
    let folder = Folder::new("worlds");
    let file = folder.file("w.yaml", &(QUIET.to_string() + "worlds: {dead: [], isolated: []}\n"));
    let told = err(&exits(&["run", &file, "--world", "isolatd"], 2));
    assert!(told.contains("did you mean `isolated`"), "{told}");
    assert!(err(&exits(&["run", &file, "--recovery", "x"], 2)).contains("no `recovery`"));
    assert!(!out(&exits(&["run", &file, "--world", "dead"], 0)).contains("CASES"));
    assert!(out(&exits(&["run", &file], 0)).contains("CASES"));
}

#[test]
fn standard_input_is_a_file_too() {
    let mut child = start(&["run", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(QUIET.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).contains("poolsim run - "));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    for args in [&["explain"][..], &["new"], &["schema"], &["--help"]] {
        let mut child = start(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", err(&output));
        assert!(err(&output).is_empty(), "{args:?}: {}", err(&output));
    }
}

#[test]
fn colours_come_only_when_they_are_wanted() {
    let escapes = |output: &Output| out(output).contains('\u{1b}');
    assert!(!escapes(&exits(&["explain", "M5"], 0)), "no terminal, no colours");
    assert!(escapes(&exits(&["explain", "M5", "--color", "always"], 0)));
    assert!(!escapes(&exits(&["explain", "M5", "--color", "never"], 0)));
    let asked = start(&["explain", "M5", "--color", "always"]).env("NO_COLOR", "1").output().unwrap();
    assert!(escapes(&asked), "who says always means it");
}

#[test]
fn reports_go_to_files_too() {
    let folder = Folder::new("reports");
    let file = folder.file("quiet.yaml", QUIET);
    let (json, text, trace) = (folder.path("r.json"), folder.path("r.txt"), folder.path("r.ndjson"));
    let of = |kind: &str, path: &str| format!("--report={kind}={path}");
    let shown = exits(&["run", &file, &of("json", &json), &of("text", &text), &of("ndjson", &trace)], 0);
    assert_eq!(std::fs::read_to_string(&text).unwrap(), out(&shown));
    assert_eq!(std::fs::read_to_string(&json).unwrap(), out(&exits(&["run", &file, "--format", "json"], 0)));
    assert_eq!(std::fs::read_to_string(&trace).unwrap(), out(&exits(&["run", &file, "--format", "ndjson"], 0)));
    exits(&["run", &file, &of("json", &folder.path("no/such/folder.json"))], 3);
}

#[test]
fn the_trace_has_as_many_lines_as_events() {
    let folder = Folder::new("trace");
    let file = folder.file("corrupt.yaml", CORRUPT);
    let trace = out(&exits(&["run", &file, "--format", "ndjson"], 1));
    let value: serde_json::Value = serde_json::from_str(&out(&exits(&["run", &file, "--format", "json"], 1))).unwrap();
    assert_eq!(value[0]["events"].as_u64().unwrap(), trace.lines().count() as u64);
    let mut last = 0;
    for line in trace.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        let us = event["us"].as_u64().unwrap();
        assert!(us >= last && event["event"].is_string() && event["cause"].is_object(), "{line}");
        last = us;
    }
}

/// The run goes on for ten years of events; who reads its first line and goes away must not have to wait for them.
#[test]
fn the_trace_is_printed_while_it_comes_about() {
    use std::io::BufRead;
    let folder = Folder::new("stream");
    let cuts: String =
        (1..40).map(|n| format!("  - {{at: {n}s, fault: {{isolate: beta}}, for: 300ms, every: 50s, times: 1000000}}\n")).collect();
    let file = folder.file("long.yaml", &(QUIET.replace("until: 5m", "until: 3650d") + "timeline:\n" + &cuts));
    let mut child = start(&["run", &file, "--format", "ndjson", "--max-events", "4000000000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let first: serde_json::Value = serde_json::from_str(&first).unwrap();
    assert_eq!((&first["us"], &first["event"]), (&serde_json::json!(1_000_000), &serde_json::json!("step-began")));
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""));
}

#[test]
fn quiet_is_short_and_verbose_is_long() {
    let folder = Folder::new("detail");
    // A boot brings events that the story leaves out.
    let file =
        folder.file("boot.yaml", &(QUIET.to_string() + "timeline: [{at: 10s, fault: {crash: beta}}, {at: 20s, fault: {boot: beta}}]\n"));
    let lines = |flag: &str| out(&exits(&["run", &file, flag], 0)).lines().count();
    assert!(lines("-q") < lines("--color=never") && lines("--color=never") < lines("-v"));
}

#[test]
fn an_instant_is_shown_on_request() {
    let folder = Folder::new("instant");
    let file = folder.file("quiet.yaml", QUIET);
    let told = out(&exits(&["run", &file, "--at", "2m", "--at", "1m30s"], 0));
    assert!(told.find("AT 1m30s").unwrap() < told.find("AT 2m").unwrap(), "{told}");
    assert!(err(&exits(&["run", &file, "--at", "6m"], 2)).contains("after the end"));
}

#[test]
fn a_run_without_bound_is_ended_and_says_so() {
    let folder = Folder::new("bound");
    let file = folder.file("corrupt.yaml", CORRUPT);
    let output = exits(&["run", &file, "--max-events", "2"], 1);
    assert!(out(&output).contains("--max-events") && err(&output).contains("--max-events"), "{}", out(&output));
}

#[test]
fn new_prints_a_scenario_that_runs_as_it_says() {
    let folder = Folder::new("new");
    let file = folder.path("story.yaml");
    exits(&["new", &file], 0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), out(&exits(&["new"], 0)));
    exits(&["check", &file], 0);
    exits(&["run", &file], 0);
    assert!(err(&exits(&["new", &file], 3)).contains("not overwritten"));
}

fn count_scenarios(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let of =
        |path: PathBuf| if path.is_dir() { count_scenarios(&path) } else { usize::from(path.extension().is_some_and(|end| end == "yaml")) };
    entries.map(|entry| of(entry.unwrap().path())).sum()
}

#[test]
fn shipped_scenarios_are_listed_and_printed() {
    let listed = out(&exits(&["new", "--list"], 0));
    let names: Vec<&str> = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")).collect();
    assert_eq!(names.len(), count_scenarios(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")), "{listed}");
    for line in names {
        let name = line.split_whitespace().next().unwrap();
        assert!(out(&exits(&["new", "--from", name], 0)).contains("pool:"), "{name}");
    }
    exits(&["new", "--from", "no-such-story-anywhere"], 2);
}

#[test]
fn explain_knows_what_it_lists() {
    let listed = exits(&["explain", "--format", "json"], 0);
    let value: serde_json::Value = serde_json::from_str(&out(&listed)).unwrap();
    for entry in value.as_array().unwrap() {
        let name = entry["name"].as_str().unwrap();
        let told = out(&exits(&["explain", name], 0));
        assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
    }
    assert!(err(&exits(&["explain", "doubel-writer"], 2)).contains("double-writer"));
    exits(&["explain", "xe", "host-forget"], 0);
}

#[test]
fn schema_completions_and_manual_are_printed() {
    let schema = exits(&["schema"], 0);
    assert!(serde_json::from_str::<serde_json::Value>(&out(&schema)).unwrap().is_object());
    for shell in ["bash", "zsh", "fish"] {
        assert!(out(&exits(&["completions", shell], 0)).contains("poolsim"));
    }
    assert!(out(&exits(&["man"], 0)).contains(".TH"));
}

#[test]
fn help_and_manual_pages_are_there_for_every_command_that_they_name() {
    assert_eq!(out(&exits(&["help", "run"], 0)), out(&exits(&["run", "--help"], 0)));
    assert_eq!(out(&exits(&["help"], 0)), out(&exits(&["--help"], 0)));
    assert!(err(&exits(&["help", "rnu"], 2)).contains("did you mean `run`?"));
    let front = out(&exits(&["man"], 0));
    let named: Vec<&str> = front.split("poolsim\\-").skip(1).map(|rest| rest.split('(').next().unwrap()).collect();
    assert!(named.len() >= 13, "{front}");
    for name in named {
        let page = out(&exits(&["man", name], 0));
        assert!(page.contains(&format!(".TH poolsim-{name} 1")), "{name}: {page}");
        assert_eq!(page, out(&exits(&["man", &format!("poolsim-{name}")], 0)));
    }
}

#[test]
fn completions_know_topics_scenarios_kinds_and_filters() {
    for shell in ["bash", "zsh", "fish"] {
        let text = out(&exits(&["completions", shell], 0));
        for word in ["double-writer", "forgotten-while-it-runs", "junit=", "hazard\\:stale-lock"] {
            let plain = word.replace("\\:", ":");
            assert!(text.contains(word) || text.contains(&plain), "{shell}: {word}");
        }
    }
}

#[test]
fn a_topic_is_found_by_its_kind_and_by_a_part_of_its_name() {
    let front = out(&exits(&["explain"], 0));
    assert!(front.lines().count() < 45 && front.contains("`poolsim explain hazards`"), "{front}");
    assert!(out(&exits(&["explain", "-v"], 0)).lines().count() > 300);
    for (topic, told) in [
        ("forget", "host-forget"),
        ("resetvdis", "resetvdis.py"),
        ("commands", "vm-reset-powerstate"),
        ("faults", "sr-outage"),
        ("safe", "nothing of danger or corruption begins"),
        ("verdict", "as-expected"),
        ("left-paused", "marked as paused"),
    ] {
        let text = out(&exits(&["explain", topic], 0));
        assert!(text.contains(told), "{topic}: {text}");
    }
    assert!(err(&exits(&["explain", "doubel-writer"], 2)).contains("did you mean `double-writer`?"));
}

/// Wherever it is written, the first line leads an editor to the schema.
#[test]
fn a_new_scenario_finds_its_schema() {
    let folder = Folder::new("schema");
    for (name, args) in [("plain", &["new"][..]), ("shipped", &["new", "--from", "three-worlds"])] {
        let file = folder.0.join(format!("{name}.yaml"));
        exits(&[args, &[file.to_str().unwrap()]].concat(), 0);
        let text = std::fs::read_to_string(&file).unwrap();
        let schema = text.lines().next().unwrap().strip_prefix("# yaml-language-server: $schema=").unwrap();
        let schema = std::fs::read_to_string(file.with_file_name(schema)).unwrap();
        assert_eq!(schema, out(&exits(&["schema"], 0)), "{name}");
        assert_eq!(text.matches("$schema").count(), 1);
        exits(&["check", file.to_str().unwrap()], 0);
    }
}

/// What a file is called reaches terminals and the logs of CI: none of them obeys it.
#[test]
fn a_hostile_file_name_is_only_shown() {
    let folder = Folder::new("hostile");
    let name = "a\u{1b}[2J\u{202e}\n::error::b ##[error].yaml";
    let right = "pool: {hosts: [alpha]}\nexpect: {worst: none}\n";
    for text in [right, "pool: {hosts: [alpha]}\ntitel: \u{1b}[2J\n", "nothing: {}\n"] {
        let file = folder.file(name, text);
        for args in [&["check"][..], &["check", "--diff"], &["check", "--fix"], &["run"], &["test"], &["run", "-q"], &["test", "--list"]] {
            let output = start(&[args, &[&file]].concat()).output().unwrap();
            for (stream, text) in [("out", String::from_utf8(output.stdout).unwrap()), ("err", String::from_utf8(output.stderr).unwrap())] {
                // The lines of a `--diff` are the file's own, for `patch`.
                for line in
                    text.lines().filter(|line| !(args.contains(&"--diff") && line.starts_with(['+', '-']) && !line.starts_with("---")))
                {
                    assert!(!line.chars().any(poolsim::base::inert::hidden), "{args:?} {stream}: {line:?}");
                    assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{args:?} {stream}: {line:?}");
                }
            }
        }
    }
}

/// Orders go to every format, say what is wrong, and write what they found as scenarios that show it.
#[test]
fn the_smallest_scenario_is_printed_or_written_and_runs() {
    let folder = Folder::new("shrink");
    let (file, small) = ("scenarios/forget/forgotten-while-it-runs.yaml", folder.path("small.yaml"));
    let printed = out(&exits(&["shrink", file], 0));
    assert!(printed.ends_with("# poolsim run SAVED.yaml\n") && printed.contains("hazard: double-writer, vdi: db-root"), "{printed}");
    exits(&["shrink", file, "-o", &small], 0);
    let written = std::fs::read_to_string(&small).unwrap();
    assert_eq!(written, printed.replace("SAVED.yaml", "small.yaml"));
    exits(&["run", &small, "-q"], 0);
    let json: serde_json::Value = serde_json::from_str(&out(&exits(&["shrink", file, "--format", "json"], 0))).unwrap();
    assert_eq!((&json["format"], &json["minimal"], &json["yaml"]), (&1.into(), &true.into(), &printed.into()));
    for (args, status, says) in [
        (&["shrink", &small, "-o", &small][..], 2, "which is read"),
        (&["shrink", file, "--hazard", "dubble-writer"], 2, "did you mean `double-writer`"),
        (&["shrink", file, "--hazard", "whole-pool-fenced"], 1, "shows whole-pool-fenced with seed"),
        (&["shrink", "scenarios/basics/quiet-pool.yaml"], 1, "there is nothing to shrink"),
        (&["shrink", file, "--within", "0s"], 0, "goes on"),
    ] {
        let said = err(&exits(args, status));
        assert!(said.contains(says), "{args:?}: {said}");
    }
    assert_eq!(std::fs::read_to_string(&small).unwrap(), written, "a refusal loses nothing");
}

#[test]
fn orders_are_told_in_every_format() {
    let file = "scenarios/forget/any-order.yaml";
    let text = out(&exits(&["orders", file], 0));
    assert!(text.starts_with("2 of 24 orders are safe; both switch beta off first\n"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&out(&exits(&["orders", file, "--format", "json"], 0))).unwrap();
    assert_eq!(json["steps"], serde_json::json!(["power-off", "forget", "release", "start"]));
    assert_eq!(json["worlds"], serde_json::json!(["dead", "isolated", "hung"]));
    assert_eq!((&json["orders"], &json["runs"], &json["exact"], &json["all"]), (&24.into(), &72.into(), &true.into(), &().into()));
    assert_eq!(json["classes"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum::<u64>(), 24);
    assert_eq!((&json["rules_exact"], &json["rules"][0]["than"]), (&true.into(), &"forget".into()));
    assert_eq!(json["shortest_safe"], json["steps"]);
    let all: serde_json::Value = serde_json::from_str(&out(&exits(&["orders", file, "--format", "json", "--all"], 0))).unwrap();
    assert_eq!(all["all"].as_array().unwrap().len(), 24);
    let classes = |class: &str| all["all"].as_array().unwrap().iter().filter(|judged| judged["class"] == class).count();
    for (class, n) in all["classes"].as_object().unwrap() {
        assert_eq!(classes(class) as u64, n.as_u64().unwrap(), "{class}");
    }
    assert!(out(&exits(&["orders", file, "--format", "dot"], 0)).contains("s0 -> s1;"));
    assert!(out(&exits(&["orders", file, "--format", "md"], 0)).contains("  s0 --> s1\n"));
    let svg = out(&exits(&["orders", file, "--format", "svg", "--subsets"], 0));
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && !svg.contains("href"), "{svg}");
    for jobs in ["1", "2", "7"] {
        let same = out(&exits(&["orders", file, "--format", "json", "--all", "-j", jobs], 0));
        assert_eq!(same, out(&exits(&["orders", file, "--format", "json", "--all"], 0)), "-j {jobs}");
    }
    for (args, words) in [
        (&["orders", file, "--format", "ndjson"][..], "does not write ndjson"),
        (&["orders", file, "--recovery", "x"], "leave `--recovery` out"),
        (&["orders", "scenarios/forget/three-worlds.yaml"], "which recovery of three-worlds.yaml? it has careful, hasty"),
        (&["orders", "scenarios/forget/three-worlds.yaml", "--recovery", "hsty"], "did you mean `hasty`"),
        (&["orders", "scenarios/basics/quiet-pool.yaml"], "has no recovery"),
        (&["orders", file, "--report", "pdf=x"], "the kinds that `orders` writes: text, json, md, dot, svg, html"),
        (&["orders", file, "--ask", "forget before start"], "STEP preceded-by STEP"),
        (&["orders", file, "--ask", "forgt preceded-by start"], "did you mean `forget`"),
    ] {
        let output = exits(args, 2);
        assert!(err(&output).contains(words), "{args:?}: {}", err(&output));
        assert!(out(&output).is_empty(), "{args:?}");
    }
}

/// How orders come out by whether one step came before another: all that release before the power is off are dangerous or worse,
/// and of the other twelve two are safe.
#[test]
fn orders_are_asked_about_two_steps() {
    let file = "scenarios/forget/any-order.yaml";
    let asked = |ask: &str, more: &[&str]| {
        let args = [&["orders", file, "--format", "json", "--ask", ask][..], more].concat();
        serde_json::from_str::<serde_json::Value>(&out(&exits(&args, 0))).unwrap()["asked"][0].clone()
    };
    let told = asked("release not-preceded-by power-off", &[]);
    let sum = |side: &str| told[side].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("so"), sum("else"), &told["without"]), (12, 12, &0.into()), "{told}");
    assert_eq!((&told["so"]["safe"], &told["so"]["futile"], &told["else"]["safe"]), (&0.into(), &0.into(), &2.into()), "{told}");
    let turned = asked("release preceded-by power-off", &[]);
    assert_eq!((&turned["so"], &turned["else"]), (&told["else"], &told["so"]));
    // With steps left out: of 65 orders 16 lack one of four.
    assert_eq!(asked("release preceded-by power-off", &["--subsets"])["without"], 16);
    let text = out(&exits(&["orders", file, "--ask", "release not-preceded-by power-off"], 0));
    assert!(text.contains("ASKED  release not-preceded-by power-off\n"), "{text}");
}

/// Where a recovery never begins, no order does anything, and that is said.
#[test]
fn orders_of_a_recovery_that_never_begins_say_so() {
    let folder = Folder::new("orders-never");
    let worlds = "worlds: {dead: [{at: 1m, fault: {crash: beta}}], well: []}\nrecovery:\n  wait-for: {host: beta, live: false}\n  steps: [{id: list, run: xe host-list}, {id: look, run: xe vm-list}]\n";
    let file = folder.file("never.yaml", &format!("pool: {{hosts: [alpha, beta], storage: [nfs1]}}\n{worlds}"));
    let json: serde_json::Value = serde_json::from_str(&out(&exits(&["orders", &file, "--format", "json"], 0))).unwrap();
    let notes = json["notes"].as_array().unwrap();
    assert!(notes.iter().any(|note| note.as_str().unwrap().ends_with("does anything there: well")), "{json}");
    assert_eq!((&json["classes"]["safe"], &json["exact"]), (&2.into(), &true.into()));
}

/// Parts, put together in any order, are byte for byte what one run tells; and what is no part of it is refused, and said why.
#[test]
fn orders_in_parts_are_put_together() {
    let folder = Folder::new("order-parts");
    let file = "scenarios/forget/any-order.yaml";
    let part = |name: &str, args: &[&str]| {
        let text = out(&exits(&[&["orders", file], args].concat(), 0));
        folder.file(name, &text)
    };
    for (how, of, more) in [("", 3, &[][..]), ("hash:", 4, &[]), ("", 5, &["--subsets"]), ("", 30, &["--seed", "7"])] {
        let whole = |format: &str| out(&exits(&[&["orders", file, "--format", format, "--all"], more].concat(), 0));
        let names: Vec<String> =
            (1..=of).rev().map(|n| part(&format!("p{n}"), &[more, &["--partition", &format!("{how}{n}/{of}")]].concat())).collect();
        for format in ["text", "json", "md", "svg"] {
            let mut args = [&["orders", file, "--format", format, "--all"], more, &["--merge"]].concat();
            args.extend(names.iter().map(String::as_str));
            assert_eq!(out(&exits(&args, 0)), whole(format), "{how}{of} {more:?} as {format}");
        }
    }
    let mut auto = start(&["orders", file, "--partition", "auto"]);
    let auto = auto.env("SLURM_ARRAY_TASK_ID", "5").env("SLURM_ARRAY_TASK_MIN", "4").env("SLURM_ARRAY_TASK_COUNT", "2").output().unwrap();
    folder.file("second", &out(&auto));
    let (one, two) = (part("one", &["--partition", "1/2"]), part("two", &["--partition", "2/2"]));
    assert_eq!(folder.read("second"), folder.read("two"), "{}", err(&auto));
    part("other-seed", &["--partition", "2/2", "--seed", "9"]);
    part("subsets", &["--partition", "2/2", "--subsets"]);
    part("of-three", &["--partition", "2/3"]);
    part("hashed", &["--partition", "hash:2/2"]);
    part("set", &["--partition", "2/2", "--set", "command=2s"]);
    let text = folder.read("two");
    folder.file("version", &text.replace("\"poolsim\":\"", "\"poolsim\":\"9."));
    folder.file("cut", &text[..text.len() - 30]);
    folder.file("less", &(text.lines().take(3).collect::<Vec<_>>().join("\n") + "\n{\"complete\":true,\"kind\":\"foot\"}\n"));
    folder.file("stopped", &text.replace("\"complete\":true", "\"complete\":false"));
    folder.file("strange", "pool: {hosts: [alpha]}\n");
    folder.file("bytes", "\u{0}\u{1b}[31m\n");
    folder.file("empty", "");
    for (second, says) in [
        ("one", "are both part 1 of 2"),
        ("other-seed", "it has the seed 9"),
        ("subsets", "with steps left out true, the other false"),
        ("of-three", "parted in two ways: 1/2 and 2/3"),
        ("hashed", "parted in two ways"),
        ("set", "what was read"),
        ("version", "the version of poolsim 9."),
        ("cut", "line"),
        ("less", "has not the orders of part 2"),
        ("stopped", "ended before all its orders"),
        ("strange", "line 1 is no line"),
        ("bytes", "line 1 is no line"),
        ("empty", "is empty"),
    ] {
        let said = err(&exits(&["orders", file, "--merge", &one, &folder.path(second)], 2));
        assert!(said.contains(says) && !said.contains('\u{1b}'), "{second}: {said}");
    }
    assert!(err(&exits(&["orders", file, "--merge", &two], 2)).contains("a part is missing: 1/2"));
    assert!(
        err(&exits(&["orders", "scenarios/forget/three-worlds.yaml", "--recovery", "hasty", "--merge", &one, &two], 2))
            .contains("the scenario any-order")
    );
    assert!(err(&exits(&["orders", file, "--partition", "3/2"], 2)).contains("no part 3 of 2"));
    exits(&["orders", file, "--merge", &folder.path("nothing")], 3);
    // Which orders are drawn, of more than can all be run, hangs on what others came to.
    let looks: String = (0..6).map(|n| format!("    - {{id: look{n}, run: xe host-list}}\n")).collect();
    let many = format!(
        "pool: {{hosts: [alpha, beta], storage: [nfs1]}}\nrecovery:\n  at: 5m\n  steps:\n{looks}{}",
        looks.replace("look", "again")
    );
    let many = folder.file("many.yaml", &many);
    assert!(err(&exits(&["orders", &many, "--partition", "1/2"], 2)).contains("12 steps"));
}

/// What `--save` writes shows by itself what it was written for.
#[test]
fn a_saved_order_runs_as_it_was_judged() {
    let folder = Folder::new("orders");
    let saved = folder.path("saved");
    let mut shown = 0;
    for (file, recovery) in [
        ("scenarios/forget/any-order.yaml", None),
        ("scenarios/forget/three-worlds.yaml", Some("careful")),
        ("scenarios/master-failure/promotion.yaml", None),
    ] {
        let _ = std::fs::remove_dir_all(&saved);
        let mut args = vec!["orders", file, "--format", "json", "--save", &saved];
        args.extend(recovery.iter().flat_map(|name| ["--recovery", name]));
        let output = poolsim(&args);
        if !output.status.success() {
            continue;
        }
        let json: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
        let mut files: Vec<_> = std::fs::read_dir(&saved).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert_eq!(files.len(), json["rules"].as_array().unwrap().len(), "{file}");
        for (path, rule) in files.iter().zip(json["rules"].as_array().unwrap()) {
            let ran = out(&exits(&["run", &path.to_string_lossy(), "--format", "json"], 0));
            let case = &serde_json::from_str::<serde_json::Value>(&ran).unwrap()[0];
            assert_eq!((&case["verdict"], &case["world"]), (&"as-expected".into(), &rule["counterexample"]["world"]), "{}", path.display());
            let of_recovery = case["steps"].as_array().unwrap().iter().filter(|step| step["from"] == "recovery");
            let ids: Vec<&serde_json::Value> = of_recovery.map(|step| &step["id"]).collect();
            assert_eq!(ids, rule["counterexample"]["order"].as_array().unwrap().iter().collect::<Vec<_>>(), "{}", path.display());
            let hazard = &rule["counterexample"]["hazard"];
            let there = case["hazards"].as_array().unwrap().iter().any(|finding| finding["hazard"] == *hazard);
            assert!(hazard.is_null() || there, "{}: no {hazard}", path.display());
            shown += 1;
        }
    }
    assert!(shown >= 4, "only {shown} orders were saved");
}

/// Names of steps come from files: none of them is markup, a label's end or a command.
#[test]
fn no_name_of_a_step_is_markup() {
    let folder = Folder::new("orders-hostile");
    let file = folder.file(
        "hostile.yaml",
        r#"
pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta, disks: {}}}}
worlds: {"<b>|*": [{at: 1m, fault: {isolate: beta}}], "::error::x": [{at: 1m, fault: {crash: beta}}]}
recovery:
  at: 20m
  pace: 1m
  steps:
    - {id: "];x<script>&|%", act: {power-off: beta}}
    - {id: "::error::y", run: xe vm-reset-powerstate vm=db --force}
    - {run: "/opt/xensource/sm/resetvdis.py 'x\"<script>&' ::error::z"}
    - {run: xe vm-start vm=db on=alpha}
"#,
    );
    for format in ["text", "md", "dot", "svg", "json"] {
        let text = out(&exits(&["orders", &file, "--format", format, "--all", "--subsets"], 0));
        assert!(text.lines().all(|line| !line.trim_start().starts_with("::")), "{format}: {text}");
        match format {
            "svg" => assert!(!text.contains("<script") && !text.contains("x<"), "{text}"),
            "dot" => assert!(text.contains("'x\\\"<script>&'"), "{text}"),
            "md" => assert!(!text.contains("<script") && text.matches("```").count() == 2, "{text}"),
            _ => {}
        }
    }
}

/// The module is carried or named; the page is one file, and takes no other file's place.
#[test]
fn a_playground_is_one_page_and_takes_no_other_files_place() {
    let folder = Folder::new("playground");
    if !cfg!(feature = "playground") {
        let told = err(&exits(&["playground", &folder.path("none")], 2));
        assert!(told.contains("--module") && told.contains("--features playground"), "{told}");
        assert!(!Path::new(&folder.path("none")).exists(), "nothing is written without a module");
    }
    let module = folder.path("module.gz");
    std::fs::write(&module, [0x1f, 0x8b, 8, 0]).unwrap();
    let page = |name: &str, status: i32| exits(&["playground", &folder.path(name), "--module", &module], status);
    assert!(out(&page("new", 0)).contains("index.html"));
    let text = folder.read("new/index.html");
    assert!(text.contains("<script type=\"text/plain\" id=\"module\">H4sIAA==</script>"), "the module, in base64");
    // Its own page is written anew; another file is left as it is.
    page("new", 0);
    folder.file("taken/index.html", "<h1>mine</h1>");
    assert!(err(&page("taken", 3)).contains("is not overwritten"));
    assert_eq!(folder.read("taken/index.html"), "<h1>mine</h1>");
    folder.file("raw.wasm", "\0asm");
    assert!(err(&exits(&["playground", &folder.path("x"), "--module", &folder.path("raw.wasm")], 2)).contains(".ci/wasm"));
    exits(&["playground", &folder.path("x"), "--module", &folder.path("missing")], 3);
}
