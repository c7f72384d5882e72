//! Golden traces: every event of every case of a scenario, one a line: instant, kind, and what it is about. No words of
//! messages stand in them and no lines of the file, so a message may change and a comment be added; a changed event shows.
//!
//! ```text
//! # poolsim golden 1
//! case world="dead"
//! 5m power-lost host=beta
//! ```

use super::{BEFORE, Before, Failure, Outcome, Result};
use crate::report::json::plain;
use crate::report::{Report, StoryLine};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The first line of every golden file.
const HEAD: &str = "# poolsim golden 1";

/// The line that a case begins with; `set` is what a matrix sets in it.
pub fn header(set: &[(String, String)], world: Option<&str>, recovery: Option<&str>) -> String {
    let mut line = "case".to_owned();
    let mut add = |key: &str, name: &str| {
        let _ = write!(line, " {key}={}", plain(&Value::String(name.to_owned())));
    };
    set.iter().for_each(|(key, value)| add(key, value));
    world.into_iter().for_each(|name| add("world", name));
    recovery.into_iter().for_each(|name| add("recovery", name));
    line
}

/// The events of a run, one a line.
pub fn lines(report: &Report) -> Vec<String> {
    events(report).map(|event| line(report, event)).collect()
}

/// Findings are judgements and no events.
fn events(report: &Report) -> impl Iterator<Item = &StoryLine> {
    report.story.iter().filter(|line| line.finding.is_none())
}

fn line(report: &Report, event: &StoryLine) -> String {
    let mut text = format!("{} {}", event.at, event.event);
    if let Some((at, step)) = event.step.and_then(|at| report.steps.get(at).map(|step| (at, step))) {
        // A step without a name is the so-and-so-many-th that began.
        let step = step.id.clone().unwrap_or_else(|| format!("{}-{}", step.kind, at + 1));
        let _ = write!(text, " step={}", word(&Value::String(step)));
    }
    for (name, value) in event.parts.iter().filter(|(name, _)| *name != "line") {
        let _ = write!(text, " {name}={}", word(value));
    }
    text
}

/// A value, in quotes only where it could be misread.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) if !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "-_.:/%".contains(c)) => text.clone(),
        other => plain(other),
    }
}

/// A golden file: by the header of its cases.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Golden {
    cases: BTreeMap<String, Vec<String>>,
}

impl Golden {
    /// Reads a golden file. The error is a sentence.
    pub fn parse(text: &str) -> std::result::Result<Golden, String> {
        let mut lines = text.lines();
        if lines.next() != Some(HEAD) {
            return Err(format!("it does not begin with `{HEAD}`"));
        }
        let mut golden = Golden::default();
        let mut case: Option<String> = None;
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if line == "case" || line.starts_with("case ") {
                if golden.cases.insert(line.to_owned(), Vec::new()).is_some() {
                    return Err(format!("it has `{line}` twice"));
                }
                case = Some(line.to_owned());
            } else {
                let events = case.as_ref().and_then(|case| golden.cases.get_mut(case));
                events.ok_or("an event stands before the first case")?.push(line.to_owned());
            }
        }
        Ok(golden)
    }

    /// The events of a case.
    pub fn case(&self, header: &str) -> Option<&[String]> {
        self.cases.get(header).map(Vec::as_slice)
    }

    /// Sets the events of a case.
    pub fn set(&mut self, header: String, events: Vec<String>) {
        self.cases.insert(header, events);
    }

    /// The file's text: the cases in the order of `headers`, which are those that there are.
    pub fn render(&self, headers: &[String]) -> String {
        let mut text = format!("{HEAD}\n# One line an event. `poolsim test --bless` writes it, `poolsim test` compares.\n");
        for header in headers {
            if let Some(events) = self.cases.get(header) {
                let _ = writeln!(text, "{header}");
                for event in events {
                    let _ = writeln!(text, "{event}");
                }
            }
        }
        text
    }
}

/// The first event in which a run differs from its golden trace, if any; `None` for a case that the file does not have.
pub fn compare(golden: Option<&[String]>, report: &Report) -> Option<Failure> {
    let Some(golden) = golden else {
        return Some(Failure {
            line: 1,
            at: None,
            expected: "a golden trace of this case".into(),
            got: "the golden file has none: `--bless` writes it".into(),
            before: Vec::new(),
        });
    };
    let got = lines(report);
    let at = (0..golden.len().max(got.len())).find(|at| golden.get(*at) != got.get(*at))?;
    let told: Vec<&StoryLine> = events(report).collect();
    let here = told.get(at);
    let said = |line: Option<&String>| line.map_or_else(|| "no further event".to_owned(), |line| format!("`{line}`"));
    let before = told[at.min(told.len()).saturating_sub(BEFORE)..at.min(told.len())].iter().map(|line| Before::new(line));
    Some(Failure {
        line: here.and_then(|line| line.cause_line).unwrap_or(1),
        at: Some(here.map_or(report.end, |line| line.at)),
        expected: format!("event {} of the golden trace: {}", at + 1, said(golden.get(at))),
        got: said(got.get(at)),
        before: before.collect(),
    })
}

/// A golden trace that differs makes a case fail.
pub fn judge(outcome: &mut Outcome, golden: Option<&[String]>, report: &Report) {
    if let Some(failure) = compare(golden, report) {
        outcome.failures.push(failure);
        if outcome.result == Result::Passed {
            outcome.result = Result::Failed;
            outcome.verdict = "golden-differs";
        }
    }
}
