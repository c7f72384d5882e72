//! The orders of a recovery as JSON, for scripts.

use super::{AskedLine, Judged, OrdersReport, ReturnLine, RuleLine, StretchLine, TimingLine};
use crate::report::json::pretty;
use crate::search::orders::{Class, Kind};
use serde_json::{Value, json};

/// The whole report.
pub fn render(report: &OrdersReport) -> String {
    pretty(&value(report))
}

/// The report as plain data.
pub fn value(report: &OrdersReport) -> Value {
    let names = |order: &[usize]| order.iter().map(|step| report.steps[*step].name.clone()).collect::<Vec<_>>();
    let judged = |judged: &Judged| {
        json!({
            "order": names(&judged.order), "class": judged.class.name(), "world": judged.world, "hazard": judged.hazard,
        })
    };
    let rule = |rule: &RuleLine| {
        let example = rule.counterexample.as_ref().map(|example| {
            json!({
                "order": names(&example.judged.order), "world": example.judged.world, "hazard": example.judged.hazard,
                "what": example.what,
            })
        });
        let why = rule.counterexample.as_ref().map(|example| example.judged.class.name());
        let name = |step: u8| report.steps[usize::from(step)].name.clone();
        match rule.kind {
            Kind::Before { step, than } => {
                json!({"kind": "before", "step": name(step), "than": name(than), "why": why, "counterexample": example})
            }
            Kind::Needed { step } => json!({"kind": "needed", "step": name(step), "why": why, "counterexample": example}),
        }
    };
    let counts = |classes: [usize; 4]| {
        let classes = Class::ALL.iter().zip(classes).map(|(class, n)| (class.name().to_string(), json!(n)));
        Value::Object(classes.collect())
    };
    let asked = |asked: &AskedLine| json!({"ask": asked.ask, "so": counts(asked.asked.so), "else": counts(asked.asked.else_), "without": asked.asked.without});
    json!({
        "format": 1,
        "scenario": report.scenario,
        "release": report.release,
        "seed": report.seed,
        "recovery": report.recovery,
        "steps": report.steps.iter().map(|step| step.name.clone()).collect::<Vec<_>>(),
        "worlds": report.worlds,
        "orders": report.orders,
        "runs": report.runs,
        "exact": report.exact,
        "of": report.of,
        "how": report.how,
        "sentence": report.sentence,
        "classes": counts(report.classes),
        "rules": report.rules.iter().map(rule).collect::<Vec<_>>(),
        "rules_exact": report.rules_exact,
        "exceptions": report.exceptions.iter().map(judged).collect::<Vec<_>>(),
        "exceptions_all": report.exceptions_all,
        "shortest_safe": report.shortest_safe.as_ref().map(|order| names(order)),
        "asked": report.asked.iter().map(asked).collect::<Vec<_>>(),
        "all": report.all.as_ref().map(|all| all.iter().map(judged).collect::<Vec<_>>()),
        "timing": report.timing.as_ref().map(timing),
        "notes": report.notes,
    })
}

/// When hosts may come back.
fn timing(timing: &TimingLine) -> Value {
    let stretch = |stretch: &StretchLine| json!({"from_us": stretch.from.0, "until_us": stretch.until.0, "class": stretch.class.name(), "hazard": stretch.hazard});
    let one = |back: &ReturnLine| {
        let stretches: Vec<Value> = back.stretches.iter().map(stretch).collect();
        json!({"world": back.world, "host": back.host, "stretches": stretches})
    };
    json!({"returns": timing.returns.iter().map(one).collect::<Vec<_>>(), "notes": timing.notes})
}
