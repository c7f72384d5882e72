//! What failed as GitHub's workflow commands: an annotation at file and line.

use super::{Failure, Outcome, Result, Tally};
use crate::base::inert::clean;
use crate::scenario::diagnostic::{Diagnostic, Gravity};

/// Where a file stands from the root of the repository: there annotations are put.
pub type Rooted<'a> = &'a dyn Fn(&str) -> String;

/// An annotation for each case that failed or has warnings, and a notice with the tally.
pub fn render(outcomes: &[Outcome], rooted: Rooted<'_>) -> String {
    let mut text: String = outcomes.iter().map(|of| outcome(of, rooted)).collect();
    text.push_str(&format!("::notice title=poolsim test::{}\n", data(&Tally::of(outcomes).to_string())));
    text
}

/// The annotations of one case: one for all that failed, since GitHub shows but ten of a step, and one for its warnings.
pub fn outcome(outcome: &Outcome, rooted: Rooted<'_>) -> String {
    let case = outcome.case();
    let title = match (outcome.scenario.as_str(), case.as_str()) {
        ("", _) => "no scenario".to_owned(),
        (scenario, "") => scenario.to_owned(),
        (scenario, case) => format!("{scenario}: {case}"),
    };
    let file = rooted(&outcome.file);
    let mut text = String::new();
    if matches!(outcome.result, Result::Failed | Result::Wrong) {
        let several = outcome.failures.len() > 1;
        let one = |failure: &Failure| match several {
            true => format!("line {}: {}", failure.line, failure.sentence()),
            false => failure.sentence(),
        };
        let mut lines: Vec<String> = outcome.failures.iter().map(one).collect();
        if lines.is_empty() {
            lines.push("the file cannot be read".into());
        }
        lines.extend((!outcome.replay.is_empty()).then(|| format!("replay: {}", outcome.replay)));
        let line = outcome.failures.first().map_or(1, |failure| failure.line);
        text.push_str(&command("error", &file, line, None, &title, &lines.join("\n")));
    }
    if let Some(first) = outcome.warnings.first() {
        let lines: Vec<String> = outcome.warnings.iter().map(|w| format!("line {}: {}", w.line, w.text)).collect();
        text.push_str(&command("warning", &file, first.line, None, &title, &lines.join("\n")));
    }
    text
}

/// What is wrong with scenario files.
pub fn diagnostics(diagnostics: &[Diagnostic], rooted: Rooted<'_>) -> String {
    let one = |d: &Diagnostic| {
        let level = if d.gravity == Gravity::Error { "error" } else { "warning" };
        let help = if d.help.is_empty() { String::new() } else { format!("\n{}", d.help) };
        command(level, &rooted(&d.file), d.line, Some(d.column), d.code, &format!("{}{help}", d.message))
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
