//! A suite for machines: the array of cases of docs/testing.md, written case by case, so that it may be of any length. Each case has
//! its keys as `run` has them, and `test` beside: file, result, what failed.

use super::{Failure, Outcome, Result};
use crate::report::{self, Report};
use serde_json::{Value, json};

pub use crate::report::json::{BEGIN, end};

/// A case. `first` is whether none stands before it. A case that was skipped has no run, and so only its names.
pub fn case(outcome: &Outcome, report: Option<&Report>, first: bool) -> String {
    let mut value = match report {
        Some(report) => report::json::case(report),
        None => json!({
            "format": report::json::FORMAT,
            "poolsim": env!("CARGO_PKG_VERSION"),
            "scenario": outcome.scenario,
            "world": outcome.world,
            "recovery": outcome.recovery,
            "verdict": outcome.verdict,
        }),
    };
    let reason = if let Result::Skipped(reason) = &outcome.result { json!(reason) } else { Value::Null };
    let test = json!({
        "file": outcome.file,
        "result": outcome.result.name(),
        "why": if matches!(outcome.result, Result::Failed) { json!(outcome.verdict) } else { Value::Null },
        "skip": reason,
        "failures": outcome.failures.iter().map(failure).collect::<Vec<_>>(),
    });
    if let Value::Object(map) = &mut value {
        map.insert("test".into(), test);
    }
    report::json::item(&value, first)
}

fn failure(failure: &Failure) -> Value {
    json!({
        "line": failure.line,
        "at_us": failure.at.map(|at| at.0),
        "expected": failure.expected,
        "got": failure.got,
        "before": failure.before.iter().map(|event| json!({"us": event.at.0, "what": event.what})).collect::<Vec<_>>(),
    })
}
