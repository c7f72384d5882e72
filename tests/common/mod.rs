//! What several test programs share: the shipped scenarios, and running them.
#![allow(dead_code)]

pub mod pages;

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
