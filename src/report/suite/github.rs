//! What failed as GitHub's workflow commands: an annotation at file and line.

use super::{Failure, Outcome, Result, Tally};
use crate::base::inert::clean;
use crate::scenario::diagnostic::{Diagnostic, Gravity};

/// An annotation for each failure, and a notice with the tally.
pub fn render(outcomes: &[Outcome]) -> String {
    let mut text: String = outcomes.iter().map(outcome).collect();
    text.push_str(&format!("::notice title=poolsim test::{}\n", data(&Tally::of(outcomes).to_string())));
    text
}

/// The annotations of one case.
pub fn outcome(outcome: &Outcome) -> String {
    if !matches!(outcome.result, Result::Failed | Result::Wrong) {
        return String::new();
    }
    let case = outcome.case();
    let title = match (outcome.scenario.as_str(), case.as_str()) {
        ("", _) => "no scenario".to_owned(),
        (scenario, "") => scenario.to_owned(),
        (scenario, case) => format!("{scenario}: {case}"),
    };
    let one = |failure: &Failure| {
        let replay = if outcome.replay.is_empty() { String::new() } else { format!("\nreplay: {}", outcome.replay) };
        command("error", &outcome.file, failure.line, None, &title, &(failure.sentence() + &replay))
    };
    if outcome.failures.is_empty() {
        return command("error", &outcome.file, 1, None, &title, "the file cannot be read");
    }
    outcome.failures.iter().map(one).collect()
}

/// What is wrong with scenario files.
pub fn diagnostics(diagnostics: &[Diagnostic]) -> String {
    let one = |d: &Diagnostic| {
        let level = if d.gravity == Gravity::Error { "error" } else { "warning" };
        let help = if d.help.is_empty() { String::new() } else { format!("\n{}", d.help) };
        // An annotation is put where the path from the repository's root says.
        let file = d.file.replace('\\', "/");
        command(level, file.strip_prefix("./").unwrap_or(&file), d.line, Some(d.column), d.code, &format!("{}{help}", d.message))
    };
    diagnostics.iter().map(one).collect()
}

fn command(level: &str, file: &str, line: u32, column: Option<u32>, title: &str, message: &str) -> String {
    let column = column.map_or_else(String::new, |column| format!(",col={column}"));
    format!("::{level} file={},line={}{column},title={}::{}\n", property(file), line.max(1), property(title), data(message))
}

/// A message as a workflow command takes it.
fn data(text: &str) -> String {
    clean(text).replace('%', "%25").replace('\n', "%0A")
}

/// A property as a workflow command takes it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
