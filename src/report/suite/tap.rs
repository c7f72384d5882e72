//! A suite in the Test Anything Protocol, version 13, with a YAML block below what failed.

use super::{Outcome, Result};
use crate::base::inert::clean;
use crate::report::json::compact;
use serde_json::json;
use std::fmt::Write as _;

/// All outcomes, in order.
pub fn render(outcomes: &[Outcome]) -> String {
    let mut out = format!("TAP version 13\n1..{}\n", outcomes.len());
    for (at, outcome) in outcomes.iter().enumerate() {
        let ok = if matches!(outcome.result, Result::Passed | Result::Skipped(_)) { "ok" } else { "not ok" };
        let _ = write!(out, "{ok} {} - {}", at + 1, words(&outcome.title()));
        if let Result::Skipped(reason) = &outcome.result {
            let _ = write!(out, " # SKIP {}", words(reason));
        }
        out.push('\n');
        if ok == "ok" {
            warnings(&mut out, outcome);
            continue;
        }
        // A value in JSON is one in YAML too.
        out.push_str("  ---\n");
        let mut key = |name: &str, value: serde_json::Value| {
            let _ = writeln!(out, "  {name}: {}", compact(&value));
        };
        key("severity", json!("fail"));
        key("verdict", json!(outcome.verdict));
        key("file", json!(outcome.file));
        if !outcome.replay.is_empty() {
            key("replay", json!(outcome.replay));
        }
        out.push_str(if outcome.failures.is_empty() { "  failures: []\n" } else { "  failures:\n" });
        for failure in &outcome.failures {
            let value = json!({
                "line": failure.line,
                "at": failure.at.map(|at| at.to_string()),
                "expected": failure.expected,
                "got": failure.got,
            });
            let _ = writeln!(out, "    - {}", compact(&value));
        }
        out.push_str("  ...\n");
        warnings(&mut out, outcome);
    }
    out
}

/// Warnings are remarks, which stand behind what is told of a case.
fn warnings(out: &mut String, outcome: &Outcome) {
    for warning in &outcome.warnings {
        let _ = writeln!(out, "# warning: line {}: {}", warning.line, words(&warning.text));
    }
}

/// One line in which nothing looks like a directive.
fn words(text: &str) -> String {
    clean(&text.replace('\n', " ")).replace('\\', "\\\\").replace('#', "\\#")
}
