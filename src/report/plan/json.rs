//! A plan as JSON, for scripts.

use super::{AgainstLine, Item, PlanReport};
use crate::report::json::pretty;
use crate::search::plan::Kind;
use serde_json::{Map, Value, json};

/// The whole report.
pub fn render(report: &PlanReport) -> String {
    pretty(&value(report))
}

/// The report as plain data.
pub fn value(report: &PlanReport) -> Value {
    let by_world = |each: Vec<Value>| Value::Object(report.worlds.iter().cloned().zip(each).collect());
    let outcomes = report.outcomes.iter().map(|outcome| {
        let downtime: Map<String, Value> = outcome.downtime.iter().map(|(vm, span)| (vm.clone(), json!(span.0))).collect();
        json!({"worst": outcome.worst, "worst_of_run": outcome.worst_of_run, "downtime_us": downtime})
    });
    let against =
        |line: &AgainstLine| json!({"alone": line.alone.as_ref().map(|all| items(all)), "hazard": line.hazard, "what": line.what});
    json!({
        "format": 1,
        "scenario": report.scenario,
        "release": report.release,
        "seed": report.seed,
        "found": report.plan.is_some(),
        "depth": report.depth,
        "explored": report.explored,
        "ended": report.ended,
        "begins_us": report.begins.map(|(first, last)| [first.0, last.0]),
        "host": report.host,
        "plan": report.plan.as_ref().map(|plan| items(plan)),
        "worlds": by_world(outcomes.collect()),
        "against": by_world(report.against.iter().map(against).collect()),
        "despite": report.despite.as_ref().map(|(plan, what)| json!({"plan": items(plan), "what": what})),
        "notes": report.notes,
    })
}

fn items(all: &[Item]) -> Vec<Value> {
    all.iter().map(item).collect()
}

fn item(item: &Item) -> Value {
    let mut map = Map::new();
    // What somebody goes and looks at is typed nowhere, and what hands do neither.
    map.insert(item.kind.name().into(), json!(item.text));
    map.insert("id".into(), json!(item.id));
    if item.kind != Kind::Wait {
        map.insert("host".into(), json!(item.host));
    }
    map.insert("why".into(), json!(item.why.as_ref().map(|why| why.text.clone())));
    if let Some(why) = &item.why {
        map.insert("guards".into(), json!({"world": why.world, "hazard": why.hazard}));
    }
    if !item.ways.is_empty() {
        let ways = item
            .ways
            .iter()
            .map(|way| json!({"sees": way.sees, "condition": way.condition, "worlds": way.worlds, "then": items(&way.then)}));
        map.insert("if".into(), Value::Array(ways.collect()));
    }
    Value::Object(map)
}
