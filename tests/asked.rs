//! Scenarios as the program meets them: put together from files, varied by their matrix, set from outside.

mod folder;

use folder::Folder;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Runs the program within a folder: status, standard output, standard error.
#[track_caller]
fn poolsim(folder: &Folder, args: &[&str], status: i32) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_poolsim"));
    let output: Output = command.args(args).current_dir(&folder.0).stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(status), "{args:?}\n{out}\n{err}");
    (out, err)
}

fn cases(text: &str) -> Vec<serde_json::Value> {
    serde_json::from_str(text).unwrap()
}

const POOL: &str = "pool:\n  hosts: [alpha, beta]\n  storage: [nfs1]\n  vms: {db: {running-on: beta}}\nuntil: 20m\n";

#[test]
fn a_scenario_includes_what_stands_beside_and_above_it() {
    let folder = Folder::new("include");
    folder.file("shared/pool.part.yaml", POOL);
    folder.file("chapter/story.yaml", "includes: [../shared/pool.part.yaml]\ntimeline: [{at: 5m, fault: {crash: beta}}]\n");
    let (out, _) = poolsim(&folder, &["run", "--format", "json", "chapter/story.yaml"], 0);
    assert_eq!(cases(&out)[0]["downtime_us"]["db"], 900_000_000u64, "from the crash at 5m until the end at 20m");
    // A folder's parts are no scenarios of their own.
    let (out, _) = poolsim(&folder, &["check", "."], 0);
    assert_eq!(out.lines().count(), 1, "{out}");
    folder.file("shared/pool.part.yaml", "pool: {hosts: [alpha, beta], master: btea}\n");
    let (_, err) = poolsim(&folder, &["run", "chapter/story.yaml"], 2);
    assert!(err.contains("--> shared/pool.part.yaml:1:38"), "{err}");
    folder.file("chapter/story.yaml", "includes: [gone.part.yaml]\n");
    let (_, err) = poolsim(&folder, &["check", "chapter/story.yaml"], 2);
    assert!(err.contains("error[wrong-include]") && err.contains("chapter/story.yaml:1:12"), "{err}");
}

/// With `host-dead-after` at 60s the master gives beta up within the run, at 30m it does not.
#[test]
fn each_variant_of_a_matrix_is_a_case_that_can_be_run_again() {
    let folder = Folder::new("matrix");
    folder.file(
        "story.yaml",
        &format!("{POOL}matrix: {{settings: {{host-dead-after: [60s, 30m]}}}}\ntimeline: [{{at: 5m, fault: {{crash: beta}}}}]\n"),
    );
    let (out, _) = poolsim(&folder, &["run", "--format", "json", "story.yaml"], 0);
    let all = cases(&out);
    let live: Vec<_> = all.iter().map(|case| case["final"]["hosts"]["beta"]["live"].clone()).collect();
    assert_eq!(live, [false, true]);
    assert_eq!(all[1]["set"], serde_json::json!({"host-dead-after": "30m"}));
    for case in &all {
        let replay = case["replay"].as_str().unwrap();
        let words: Vec<&str> = replay.split(' ').skip(1).chain(["--format", "json"]).collect();
        let (out, _) = poolsim(&folder, &words, 0);
        let again = cases(&out);
        assert_eq!((again.len(), &again[0]["digest"], &again[0]["set"]), (1, &case["digest"], &case["set"]), "{replay}");
    }
    let (out, _) = poolsim(&folder, &["run", "story.yaml"], 0);
    assert!(out.contains("host-dead-after=60s") && out.contains("host-dead-after=30m"), "{out}");
    let (out, _) = poolsim(&folder, &["run", "--format", "ndjson", "--set", "host-dead-after=30m", "story.yaml"], 0);
    assert!(out.lines().all(|line| line.contains("\"set\":{\"host-dead-after\":\"30m\"}")), "{out}");
    let (_, err) = poolsim(&folder, &["run", "--set", "host-dead-after=60", "story.yaml"], 2);
    assert!(err.contains("error[wrong-duration]") && err.contains("--set:1:17"), "{err}");
}

/// Misspelt words and units are mended in place; comments, quotes and all else stay, byte for byte.
#[test]
fn check_mends_what_has_one_mend_and_nothing_else() {
    let folder = Folder::new("mend");
    let wrong = "# kept\r\npool:\n  hosts: [alpha, 'beta']   # kept too\n  storage: [nfs1]\nuntl: 20M\ntimeline:\n  - {at: 5m, fault: {crash: \"betta\"}}\n  - {at: 6, note: \"seconds or minutes?\"}\n";
    let right = wrong.replace("untl: 20M", "until: 20m").replace("betta", "beta");
    folder.file("a.yaml", &format!("\u{feff}{wrong}"));
    let text = |name: &str| std::fs::read_to_string(folder.0.join(name)).unwrap();
    let (out, _) = poolsim(&folder, &["check", "--diff", "a.yaml"], 2);
    assert_eq!(text("a.yaml"), format!("\u{feff}{wrong}"), "--diff changes nothing");
    // The unit comes to light once the key is known: the difference shows both.
    let shown = "--- a.yaml\n+++ a.yaml\n@@ -5 +5 @@\n-untl: 20M\n+until: 20m\n@@ -7 +7 @@\n-  - {at: 5m, fault: {crash: \"betta\"}}\n+  - {at: 5m, fault: {crash: \"beta\"}}\n";
    assert!(out.starts_with(shown), "{out}");
    let (out, err) = poolsim(&folder, &["check", "--fix", "a.yaml"], 2);
    assert_eq!(text("a.yaml"), format!("\u{feff}{right}"));
    assert!(err.contains("a.yaml: 3 places mended") && err.contains("a number alone is no duration"), "{err}");
    assert_eq!(out, "a.yaml: 1 error\n");
    folder.file("a.yaml", &right.replace("at: 6,", "at: 6m,"));
    let before = text("a.yaml");
    poolsim(&folder, &["check", "--fix", "a.yaml"], 0);
    assert_eq!(text("a.yaml"), before, "a file that is right is left alone");
    // What an included file has wrong is not mended through the file that includes it.
    folder.file("pool.part.yaml", "pool: {hosts: [alpha, beta], master: btea}\n");
    folder.file("b.yaml", "includes: [pool.part.yaml]\n");
    poolsim(&folder, &["check", "--fix", "b.yaml"], 2);
    assert_eq!((text("b.yaml"), text("pool.part.yaml").contains("btea")), ("includes: [pool.part.yaml]\n".to_string(), true));
    poolsim(&folder, &["check", "--fix", "-"], 2);
}

/// What the program ships tests something, in all its parts.
#[test]
fn shipped_scenarios_test_something() {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let folder = Folder::new("shipped");
    let (out, err) = poolsim(&folder, &["check", &scenarios.display().to_string()], 0);
    assert!(out.lines().count() > 40, "{out}");
    for code in ["cannot-fail", "cannot-hold", "changes-nothing"] {
        assert!(!err.contains(code), "{err}");
    }
}
