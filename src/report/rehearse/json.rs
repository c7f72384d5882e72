//! A rehearsal as JSON.

use super::Rehearsal;
use crate::report::json::pretty;
use crate::search::rehearse::kind_name;
use serde_json::{Map, Value, json};

/// One object.
pub fn render(rehearsal: &Rehearsal) -> String {
    let matrix: Map<String, Value> =
        rehearsal.matrix.iter().map(|(world, worst)| (world.clone(), worst.map_or("none", |worst| worst.name()).into())).collect();
    let items: Vec<Value> = rehearsal
        .items
        .iter()
        .map(|told| json!({"line": told.line, "kind": kind_name(told.kind), "what": told.what, "worlds": told.worlds, "mend": told.mend}))
        .collect();
    let not_followed: Vec<Value> = rehearsal.not_followed.iter().map(|(line, what)| json!({"line": line, "what": what})).collect();
    let missed: Map<String, Value> = rehearsal.missed.iter().map(|(world, missed)| (world.clone(), missed.clone().into())).collect();
    let mut object = json!({
        "format": 1,
        "runbook": rehearsal.runbook,
        "pool": rehearsal.pool,
        "commands": rehearsal.commands,
        "matrix": matrix,
        "missed": missed,
        "items": items,
        "not_followed": not_followed,
        "first": rehearsal.first.map(|at| rehearsal.items[at].line),
    });
    if let Some(fixed) = &rehearsal.fixed {
        let put: Vec<Value> = fixed.put.iter().map(|put| json!({"line": put.line, "text": put.text, "why": put.why})).collect();
        let matrix: Map<String, Value> =
            fixed.matrix.iter().map(|(world, worst)| (world.clone(), worst.map_or("none", |worst| worst.name()).into())).collect();
        object["fixed"] = json!({"lines": put, "matrix": matrix, "safe": fixed.safe, "unsafe": fixed.unsafe_in, "text": fixed.text});
    }
    pretty(&object)
}
