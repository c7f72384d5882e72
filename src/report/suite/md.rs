//! A suite as Markdown: a step summary, a comment on a change.

use super::{Outcome, Result, Tally, text};
use crate::base::inert::clean;
use std::fmt::Write as _;

/// So many failures are told in full: a summary that is too long is refused as a whole.
const TOLD: usize = 50;

/// The tally, a table of what failed, and each failure in full.
pub fn render(outcomes: &[Outcome]) -> String {
    let tally = Tally::of(outcomes);
    let mut out = format!("## poolsim test: {tally}\n");
    if tally.wrong > 0 {
        let _ = writeln!(out, "\nFiles that are no scenarios, or cannot be read: {}", tally.wrong);
    }
    let failed: Vec<&Outcome> = outcomes.iter().filter(|o| matches!(o.result, Result::Failed | Result::Wrong)).collect();
    if !failed.is_empty() {
        out.push_str("\n| file | case | what |\n|---|---|---|\n");
        for outcome in failed.iter().take(TOLD) {
            let line = outcome.failures.first().map_or(1, |failure| failure.line);
            let what = outcome.failures.first().map_or_else(|| "cannot be read".into(), super::Failure::sentence);
            let _ = writeln!(out, "| {}:{line} | {} | {} |", cell(&outcome.file), cell(&outcome.case()), cell(&what));
        }
        for outcome in failed.iter().take(TOLD) {
            let _ = write!(out, "\n<details><summary>{}</summary>\n\n", cell(&outcome.title()));
            // Indented text ends with its indentation, whatever stands in it; a fence could be closed from inside.
            for line in text::plain(outcome).lines() {
                let _ = writeln!(out, "    {line}");
            }
            out.push_str("\n</details>\n");
        }
        if failed.len() > TOLD {
            let _ = writeln!(out, "\n{} more failed.", failed.len() - TOLD);
        }
    }
    let warned: Vec<&Outcome> = outcomes.iter().filter(|o| !o.warnings.is_empty()).collect();
    if !warned.is_empty() {
        out.push_str("\n| file | case | warning |\n|---|---|---|\n");
        for outcome in warned.iter().take(TOLD) {
            for warning in &outcome.warnings {
                let (file, case, text) = (cell(&outcome.file), cell(&outcome.case()), cell(&warning.text));
                let _ = writeln!(out, "| {file}:{} | {case} | {text} |", warning.line);
            }
        }
        if warned.len() > TOLD {
            let _ = writeln!(out, "\n{} more have warnings.", warned.len() - TOLD);
        }
    }
    let skipped: Vec<&Outcome> = outcomes.iter().filter(|o| matches!(o.result, Result::Skipped(_))).collect();
    if !skipped.is_empty() {
        out.push_str("\n| skipped | why |\n|---|---|\n");
        for outcome in skipped.iter().take(TOLD) {
            if let Result::Skipped(reason) = &outcome.result {
                let _ = writeln!(out, "| {} | {} |", cell(&outcome.title()), cell(reason));
            }
        }
        if skipped.len() > TOLD {
            let _ = writeln!(out, "\n{} more were skipped.", skipped.len() - TOLD);
        }
    }
    out
}

/// Text within a table: nothing in it is markup.
pub(crate) fn cell(text: &str) -> String {
    let mut out = String::new();
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '#' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
