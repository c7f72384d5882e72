//! What several test programs share: the shipped scenarios, and running them.
#![allow(dead_code)]

use poolsim::report::{self, Report};
use poolsim::scenario::model::Scenario;
use poolsim::search::study::Options;
use std::fs;
use std::path::{Path, PathBuf};

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All scenario files below `scenarios/`, sorted.
pub fn shipped() -> Vec<PathBuf> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|ending| ending == "yaml") {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    walk(&root().join("scenarios"), &mut files);
    files.sort();
    files
}

/// A path below the project's folder, with slashes.
pub fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string().replace('\\', "/")
}

/// Loads text, or panics with the diagnostics.
pub fn load(name: &str, text: &str) -> Scenario {
    match poolsim::scenario::load(name, text) {
        Ok(loaded) => loaded.scenario,
        Err(diagnostics) => panic!("{name} does not load: {diagnostics:#?}\n{text}"),
    }
}

/// Loads a file.
pub fn load_file(path: &Path) -> Scenario {
    load(&relative(path), &fs::read_to_string(path).expect("text"))
}

/// How tests run: the scenario's own seed and release.
pub fn options(because: bool) -> Options {
    Options { max_events: 5_000_000, because, ..Options::default() }
}

/// Every case of a scenario.
pub fn run(scenario: &Scenario, because: bool) -> Vec<Report> {
    scenario.cases().into_iter().map(|case| report::of(scenario, case, &options(because))).collect()
}

/// Runs the program in the project's folder with lines typed into it: what it printed, its errors, its exit status. It may end before
/// it has read them all.
pub fn program<S: AsRef<std::ffi::OsStr>>(args: &[S], lines: &str) -> (String, String, i32) {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_poolsim"))
        .args(args)
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    let _ = child.stdin.take().expect("a pipe").write_all(lines.as_bytes());
    let output = child.wait_with_output().expect("an end");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (text(output.stdout), text(output.stderr), output.status.code().expect("a status"))
}

/// Lines typed at the trainee's console.
pub fn play(args: &[&str], lines: &str) -> (String, String, i32) {
    program(&[&["play"], args].concat(), lines)
}

/// Bytes damaged by chance: the `round`-th of many, in so many places; a piece is cut out, a byte replaced, a piece doubled, or something put in.
pub fn damaged(draw: &poolsim::base::draw::Stream, whole: &[u8], round: u64, inserts: &[u8]) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for part in 0..1 + round % 5 {
        let k = round * 64 + part * 8;
        let at = draw.below(k, bytes.len().max(1) as u64) as usize;
        let end = (at + draw.below(k + 1, 400) as usize).min(bytes.len());
        match (round + part) % 4 {
            0 => drop(bytes.drain(at..end)),
            1 if at < bytes.len() => bytes[at] = draw.below(k + 2, 256) as u8,
            2 => {
                let piece = bytes[at..end].to_vec();
                let to = draw.below(k + 3, bytes.len() as u64 + 1) as usize;
                bytes.splice(to..to, piece);
            }
            _ => bytes.insert(at, inserts[draw.below(k + 3, inserts.len() as u64) as usize]),
        }
    }
    bytes
}
