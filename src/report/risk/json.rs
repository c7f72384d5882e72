//! Risks as JSON, for scripts.

use super::{LossLine, RiskReport, What};
use crate::report::json::pretty;
use serde_json::{Value, json};

/// The whole report.
pub fn render(report: &RiskReport) -> String {
    pretty(&value(report))
}

/// The report as plain data.
pub fn value(report: &RiskReport) -> Value {
    let of = |what: What| report.of(what).map(loss).collect::<Vec<_>>();
    json!({
        "format": 1,
        "scenario": report.scenario,
        "release": report.release,
        "seed": report.seed,
        "summary": report.sentence(),
        "hosts": of(What::Host),
        "srs": of(What::Sr),
        "pairs": of(What::Pair),
        "pairs_in_all": report.pairs,
        "links": of(What::Link),
        "interrupted": report.stopped,
    })
}

fn loss(loss: &LossLine) -> Value {
    let restarted: Vec<Value> = loss.restarted.iter().map(|one| json!({"vm": one.vm, "on": one.on, "after_us": one.after.0})).collect();
    let nowhere: Vec<Value> =
        loss.nowhere.iter().map(|one| json!({"vm": one.vm, "kind": one.kind, "why": one.why, "code": one.code})).collect();
    let begins: Vec<Value> = loss.begins.iter().map(|(hazard, times)| json!({"hazard": hazard, "times": times})).collect();
    let plan = loss.plan.as_ref().map(|plan| {
        let lines: Vec<Value> = plan
            .lines
            .iter()
            .map(|(kind, text, host)| {
                let mut line = serde_json::Map::new();
                line.insert((*kind).into(), json!(text));
                line.insert("host".into(), json!(host));
                Value::Object(line)
            })
            .collect();
        json!({"lines": lines, "takes_us": plan.takes.0, "begins_us": plan.begins.0, "shortest": plan.shortest, "held_for_dead_meanwhile": plan.meanwhile})
    });
    let wrong = loss.wrong.as_ref().map(|wrong| {
        json!({"step": wrong.what, "world": wrong.world, "hazard": wrong.hazard, "severity": wrong.severity.name(), "what": wrong.comes})
    });
    json!({
        "label": loss.label,
        "hosts": loss.hosts,
        "sr": loss.sr,
        "already": loss.already,
        "down": loss.down,
        "cannot_write": loss.stuck,
        "restarted": restarted,
        "left": loss.left,
        "nowhere": nowhere,
        "fenced": loss.fenced,
        "locks": loss.locks,
        "master": loss.master,
        "masters_then": loss.masters,
        "srs": loss.srs,
        "begins": begins,
        "plan": plan,
        "no_plan": loss.against,
        "wrong": wrong,
        "cut_short": loss.cut,
    })
}
