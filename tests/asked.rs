//! Scenarios as the program meets them: put together from files, varied by their matrix, set from outside.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("asked-{name}"));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
    fn file(&self, name: &str, text: &str) -> &Folder {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        self
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

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
