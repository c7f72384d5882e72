//! The trace for machines: one event a line, each with its cause. Knows no layout of text.
//!
//! A line holds `us`, `event`, `cause` (`{"line": n}` for a step of the file, `{"due": "…"}` for what the pool does by
//! itself, `null` for neither) and the event's own parts by name. Where a file has several cases, `world` and
//! `recovery` tell them apart; where there are several files, `scenario` does.

use super::build::story_line;
use super::tell::Teller;
use super::{Report, StoryLine};
use crate::engine::trace::Entry;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// What tells the lines of one case from those of another.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The scenario's name, where there are several files.
    pub scenario: Option<&'a str>,
    /// The world, where the file has any.
    pub world: Option<&'a str>,
    /// The recovery, where it has a name.
    pub recovery: Option<&'a str>,
    /// What is set beside the file.
    pub set: &'a [(String, String)],
}

/// The traces of all cases, one after the other; `several` files, or one.
pub fn render(reports: &[Report], several: bool) -> String {
    let mut text = String::new();
    for report in reports {
        let scope = Scope {
            scenario: several.then_some(report.scenario.as_str()),
            world: report.world.as_deref(),
            recovery: report.recovery.as_deref(),
            set: &report.set,
        };
        // Findings are judgements and no events: the lines are as many as the report's `events`.
        for line in report.story.iter().filter(|line| line.finding.is_none()) {
            let _ = writeln!(text, "{}", super::json::compact(&event(line, scope)));
        }
    }
    text
}

/// The lines of some events, while the run goes on.
pub fn lines<'a>(entries: impl Iterator<Item = &'a Entry>, teller: Teller<'_>, scope: Scope<'_>) -> String {
    let mut text = String::new();
    for entry in entries {
        let _ = writeln!(text, "{}", super::json::compact(&event(&story_line(teller, entry), scope)));
    }
    text
}

fn event(line: &StoryLine, scope: Scope<'_>) -> Value {
    // The event's own parts first: the keys that every line has win over a part of the same name.
    let mut object: Map<String, Value> = line.parts.iter().map(|(name, value)| ((*name).to_string(), value.clone())).collect();
    let cause = match (line.cause_line, line.cause_due) {
        (Some(at), _) => json!({"line": at}),
        (None, Some(due)) => json!({"due": due}),
        (None, None) => Value::Null,
    };
    if !scope.set.is_empty() {
        object.insert("set".into(), super::json::set(scope.set));
    }
    object.insert("us".into(), json!(line.at.0));
    object.insert("event".into(), json!(line.event));
    object.insert("cause".into(), cause);
    for (key, value) in [("scenario", scope.scenario), ("world", scope.world), ("recovery", scope.recovery)] {
        if let Some(value) = value {
            object.insert(key.into(), json!(value));
        }
    }
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::{case, forgotten};

    #[test]
    fn an_event_a_line_with_its_cause() {
        let text = render(&[forgotten()], false);
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let findings = forgotten().story.iter().filter(|line| line.finding.is_some()).count();
        assert_eq!((lines.len(), findings), (forgotten().story.len() - 2, 2));
        assert_eq!(lines[1], json!({"us": 300_000_000, "event": "isolated", "cause": {"line": 20}, "machine": "beta"}));
        assert_eq!(lines[2]["cause"], json!({"due": "liveness-check"}));
    }

    #[test]
    fn cases_are_told_apart() {
        let text = render(&[case("dead", "hasty", true), case("isolated", "hasty", false)], false);
        let of = |at: usize| serde_json::from_str::<Value>(text.lines().nth(at).unwrap()).unwrap();
        assert_eq!([&of(0)["world"], &of(0)["recovery"]], [&json!("dead"), &json!("hasty")]);
        assert_eq!(of(text.lines().count() - 1)["world"], json!("isolated"));
        assert!(of(0).get("scenario").is_none());
    }
}
