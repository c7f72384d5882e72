//! The trace for machines: one event a line, each with its cause. Knows no layout of text.
//!
//! A line holds `us`, `event`, `cause` (`{"line": n}` for a step of the file, `{"due": "…"}` for what the pool does by
//! itself, `null` for neither) and the event's own parts by name. Where a file has several cases, `world` and
//! `recovery` tell them apart; where there are several files, `scenario` does.

use super::{Realm, Report, StoryLine};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// The traces of all cases, one after the other.
pub fn render(reports: &[Report]) -> String {
    let mut text = String::new();
    let several = reports.iter().any(|report| report.scenario != reports[0].scenario);
    for report in reports {
        for line in &report.story {
            // A finding is no event of the world, but its beginning and end stand where they arise.
            let _ = writeln!(text, "{}", super::json::compact(&event(report, line, several)));
        }
    }
    text
}

fn event(report: &Report, line: &StoryLine, several: bool) -> Value {
    // The event's own parts first: the keys that every line has win over a part of the same name.
    let mut object: Map<String, Value> = line.parts.iter().map(|(name, value)| ((*name).to_string(), value.clone())).collect();
    let cause = match (line.cause_line, line.cause_due) {
        (Some(at), _) => json!({"line": at}),
        (None, Some(due)) => json!({"due": due}),
        (None, None) => Value::Null,
    };
    object.insert("us".into(), json!(line.at.0));
    object.insert("event".into(), json!(line.event));
    object.insert("cause".into(), cause);
    if several {
        object.insert("scenario".into(), json!(report.scenario));
    }
    if let Some(world) = &report.world {
        object.insert("world".into(), json!(world));
    }
    if let Some(recovery) = &report.recovery {
        object.insert("recovery".into(), json!(recovery));
    }
    if let (Realm::Hazard, Some(finding)) = (line.realm, line.finding.and_then(|at| report.hazards.get(at))) {
        object.insert("hazard".into(), json!(finding.hazard));
        object.insert("severity".into(), json!(finding.severity.name()));
    }
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::{case, forgotten};

    #[test]
    fn an_event_a_line_with_its_cause() {
        let text = render(&[forgotten()]);
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), forgotten().story.len());
        assert_eq!(lines[1], json!({"us": 300_000_000, "event": "isolated", "cause": {"line": 20}, "machine": "beta"}));
        assert_eq!(lines[2]["cause"], json!({"due": "liveness-check"}));
        assert_eq!([&lines[11]["hazard"], &lines[11]["severity"]], [&json!("double-writer"), &json!("corruption")]);
    }

    #[test]
    fn cases_are_told_apart() {
        let text = render(&[case("dead", "hasty", true), case("isolated", "hasty", false)]);
        let of = |at: usize| serde_json::from_str::<Value>(text.lines().nth(at).unwrap()).unwrap();
        assert_eq!([&of(0)["world"], &of(0)["recovery"]], [&json!("dead"), &json!("hasty")]);
        assert_eq!(of(text.lines().count() - 1)["world"], json!("isolated"));
        assert!(of(0).get("scenario").is_none());
    }
}
