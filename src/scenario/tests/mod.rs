//! Stories of the loader, by section of the contract.

mod start;

use super::diagnostic::Diagnostic;
use super::model::Scenario;
use super::{Loaded, load};

/// The scenario of a file that must be right.
pub fn good(text: &str) -> Scenario {
    match load("stories/test.yaml", text) {
        Ok(Loaded { scenario, .. }) => scenario,
        Err(errors) => panic!("{}", errors.iter().map(|error| error.render(false)).collect::<Vec<_>>().join("\n\n")),
    }
}

/// The diagnostics of a file that must be wrong.
pub fn bad(text: &str) -> Vec<Diagnostic> {
    match load("stories/test.yaml", text) {
        Ok(_) => panic!("this was taken for right:\n{text}"),
        Err(errors) => errors,
    }
}

/// The codes and lines of a wrong file.
pub fn codes(text: &str) -> Vec<(&'static str, u32)> {
    bad(text).iter().map(|error| (error.code, error.line)).collect()
}
