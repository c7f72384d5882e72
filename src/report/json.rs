//! The report for machines, to the letter of docs/report.md. Knows no layout of text.

use super::{Because, EndState, Finding, NoReturnReport, Report, StepReport};
use crate::base::inert::{hidden, marked};
use crate::world::event::Status;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The version of this format; it changes only when a reader has to change.
pub const FORMAT: u32 = 1;

/// What stands before the first item of an array that is written item by item, so that it may be of any length.
pub const BEGIN: &str = "[";

/// An item of such an array. `first` is whether none stands before it.
pub fn item(value: &Value, first: bool) -> String {
    let text = pretty(value);
    let indented: Vec<String> = text.lines().map(|line| format!("  {line}")).collect();
    format!("{}\n{}", if first { "" } else { "," }, indented.join("\n"))
}

/// What stands behind its last item; `none` is whether there was none.
pub fn end(none: bool) -> &'static str {
    if none { "]\n" } else { "\n]\n" }
}

/// All cases as one array, pretty-printed, with a line's end.
pub fn render(reports: &[Report]) -> String {
    let cases: String = reports.iter().enumerate().map(|(at, report)| item(&case(report), at == 0)).collect();
    format!("{BEGIN}{cases}{}", end(reports.is_empty()))
}

/// A text, number or word as JSON. What a terminal or CI would obey is escaped: hidden characters, and the `##` of `##[error]`.
pub fn plain(value: &Value) -> String {
    let text = value.to_string();
    if text.is_ascii() && !text.contains(['\u{7f}', '#']) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        if marked(rest).is_some_and(|(at, _)| at == 0) || hidden(c) {
            let mut units = [0; 2];
            out.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
    out
}

/// A value, indented, keys sorted, with a line's end.
pub fn pretty(value: &Value) -> String {
    let mut text = String::new();
    write_sorted(value, 0, &mut text);
    text.push('\n');
    text
}

/// A value on one line, keys sorted.
pub fn compact(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(compact).collect::<Vec<_>>().join(",")),
        Value::Object(map) => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            let pairs = sorted.into_iter().map(|(key, value)| format!("{}:{}", plain(&Value::String(key.clone())), compact(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
        }
        other => plain(other),
    }
}

/// Keys are sorted here and not left to the map: another crate could switch on `serde_json`'s `preserve_order`.
fn write_sorted(value: &Value, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth + 1);
    let (open, close, entries): (char, char, Vec<(Option<&String>, &Value)>) = match value {
        Value::Array(items) if !items.is_empty() => ('[', ']', items.iter().map(|item| (None, item)).collect()),
        Value::Object(map) if !map.is_empty() => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            ('{', '}', sorted.into_iter().map(|(key, value)| (Some(key), value)).collect())
        }
        other => return text.push_str(&plain(other)),
    };
    text.push(open);
    for (at, (key, value)) in entries.into_iter().enumerate() {
        text.push_str(if at == 0 { "\n" } else { ",\n" });
        text.push_str(&indent);
        if let Some(key) = key {
            text.push_str(&plain(&Value::String(key.clone())));
            text.push_str(": ");
        }
        write_sorted(value, depth + 1, text);
    }
    text.push('\n');
    text.push_str(&indent[2..]);
    text.push(close);
}

/// One case.
pub fn case(report: &Report) -> Value {
    let counts: BTreeMap<&str, u64> = report.counts.iter().filter(|(_, n)| **n > 0).map(|(severity, n)| (severity.name(), *n)).collect();
    let warnings: Vec<Value> = report.warnings.iter().map(|w| json!({"code": w.code, "line": w.line, "text": w.text})).collect();
    let expectations: Vec<Value> =
        report.expectations.iter().map(|e| json!({"line": e.line, "what": e.what, "passed": e.passed, "got": e.got})).collect();
    let downtime: BTreeMap<&String, u64> = report.downtime.iter().map(|(vm, span)| (vm, span.0)).collect();
    let mut value = json!({
        "format": FORMAT,
        "poolsim": env!("CARGO_PKG_VERSION"),
        "scenario": report.scenario,
        "title": report.title,
        "tags": report.tags,
        "sha256": report.sha256,
        "release": report.release,
        "seed": report.seed,
        "world": report.world,
        "recovery": report.recovery,
        "end_us": report.end.0,
        "events": report.events,
        "digest": report.digest,
        "replay": report.replay,
        "verdict": report.verdict.name(),
        "worst": report.worst.map_or("none", |severity| severity.name()),
        "counts": counts,
        "hazards": report.hazards.iter().map(finding).collect::<Vec<_>>(),
        "warnings": warnings,
        "steps": report.steps.iter().map(step).collect::<Vec<_>>(),
        "expectations": expectations,
        "downtime_us": downtime,
        "final": end_state(&report.end_state),
    });
    if let (Value::Object(map), false) = (&mut value, report.set.is_empty()) {
        map.insert("set".into(), set(&report.set));
    }
    if let (Value::Object(map), Some(bound)) = (&mut value, report.cut_short) {
        map.insert("cut_short".into(), bound.option().trim_start_matches('-').into());
    }
    value
}

/// What is set beside a file, by key.
pub fn set(set: &[(String, String)]) -> Value {
    Value::Object(set.iter().map(|(key, value)| (key.clone(), json!(value))).collect())
}

fn finding(finding: &Finding) -> Value {
    let because = |parts: &[Because]| -> Vec<Value> {
        parts.iter().map(|b| json!({"us": b.at.0, "line": b.line, "event": b.event, "what": b.what})).collect()
    };
    json!({
        "hazard": finding.hazard,
        "severity": finding.severity.name(),
        "since_us": finding.since.0,
        "until_us": finding.until.map(|until| until.0),
        "open": finding.until.is_none(),
        "vdi": finding.vdi,
        "vm": finding.vm,
        "sr": finding.sr,
        "hosts": finding.hosts,
        "by": finding.by,
        "damage": finding.damage.as_ref().map(|d| json!({"us": d.at.0, "by": d.by, "over": d.over})),
        "because": because(&finding.because),
        "alternatives": because(&finding.alternatives),
        "advice": finding.advice,
        "point_of_no_return": match &finding.no_return {
            Some(NoReturnReport::Until(at, steps)) => json!({"us": at.0, "steps": steps}),
            Some(NoReturnReport::Never) => json!({"us": null, "steps": []}),
            Some(NoReturnReport::Bound) | None => Value::Null,
        },
        "point_of_no_return_is": match &finding.no_return {
            Some(NoReturnReport::Until(..)) => "found",
            Some(NoReturnReport::Never) => "none",
            Some(NoReturnReport::Bound) => "bound-met",
            None => "not-sought",
        },
        "risk_over_time": finding.risk.as_ref().map(|risk| json!({
            "worlds": risk.worlds,
            "seeds": [risk.seeds.0, risk.seeds.1],
            "runs": risk.runs,
            "whole": risk.whole,
            "line": risk.line.iter().map(|at| json!({
                "us": at.at.0, "if_nothing": at.nothing, "if_best": at.best, "steps": at.steps, "whole": at.whole,
            })).collect::<Vec<_>>(),
        })),
    })
}

fn step(step: &StepReport) -> Value {
    // A step that did nothing printed nothing and has no exit status.
    let did = !matches!(step.status, Status::Skipped | Status::NotBegun | Status::GivenUp);
    json!({
        "id": step.id,
        "kind": step.kind,
        "from": step.from,
        "at_us": step.at.map(|at| at.0),
        "end_us": step.end.map(|end| end.0),
        "host": step.host,
        "line": step.line,
        "text": step.text,
        "ran": step.ran,
        "status": step.status.name(),
        "code": step.code,
        "exit": step.exit.filter(|_| did),
        "output": step.output,
    })
}

fn modes(of: &[(String, &'static str)]) -> BTreeMap<String, &'static str> {
    of.iter().cloned().collect()
}

fn end_state(state: &EndState) -> Value {
    let hosts: BTreeMap<&String, Value> = state
        .hosts
        .iter()
        .map(|(name, host)| {
            let value = json!({
                "powered": host.powered, "role": host.role, "fenced": host.fenced, "running": host.running,
                "known": host.known, "live": host.live, "enabled": host.enabled,
            });
            (name, value)
        })
        .collect();
    let vms: BTreeMap<&String, Value> = state
        .vms
        .iter()
        .map(|(name, vm)| (name, json!({"running_on": vm.running_on, "power_state": vm.power_state, "resident_on": vm.resident_on})))
        .collect();
    let vdis: BTreeMap<&String, Value> = state
        .vdis
        .iter()
        .map(|(name, vdi)| {
            let value = json!({
                "open_on": modes(&vdi.open_on), "damaged": vdi.damaged,
                "locks": vdi.locks.as_ref().map(|locks| modes(locks)), "paused": vdi.paused,
                "activating": vdi.activating, "relinking": vdi.relinking,
            });
            (name, value)
        })
        .collect();
    json!({"masters": state.masters, "hosts": hosts, "vms": vms, "vdis": vdis})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::{case as sample_case, forgotten};

    fn keys(value: &Value) -> Vec<String> {
        value.as_object().unwrap().keys().cloned().collect()
    }

    /// The keys that readers rely on, level by level, sorted.
    #[test]
    fn the_keys_are_these_and_no_others() {
        let rendered: Value = serde_json::from_str(&render(&[forgotten()])).unwrap();
        let of = |path: &str| keys(rendered.pointer(path).unwrap());
        let sorted = |keys: &str| {
            let mut keys: Vec<String> = keys.split_whitespace().map(String::from).collect();
            keys.sort();
            keys
        };
        assert_eq!(
            of("/0"),
            sorted(
                "format poolsim scenario title tags sha256 release seed world recovery end_us events digest replay verdict worst \
                 counts hazards warnings steps expectations downtime_us final"
            )
        );
        assert_eq!(
            of("/0/hazards/1"),
            sorted(
                "hazard severity since_us until_us open vdi vm sr hosts by damage because alternatives advice point_of_no_return point_of_no_return_is risk_over_time"
            )
        );
        assert_eq!(of("/0/hazards/0"), of("/0/hazards/1"));
        assert_eq!(of("/0/hazards/1/damage"), sorted("us by over"));
        assert_eq!(of("/0/hazards/1/because/0"), sorted("us line event what"));
        assert_eq!(of("/0/warnings/0"), sorted("code line text"));
        for step in 0..4 {
            let expected = sorted("id kind from at_us end_us host line text ran status code exit output");
            assert_eq!(of(&format!("/0/steps/{step}")), expected);
        }
        assert_eq!(of("/0/expectations/0"), sorted("line what passed got"));
        assert_eq!(of("/0/final"), sorted("masters hosts vms vdis"));
        assert_eq!(of("/0/final/hosts/beta"), sorted("powered role fenced running known live enabled"));
        assert_eq!(of("/0/final/vms/db"), sorted("running_on power_state resident_on"));
        assert_eq!(of("/0/final/vdis/db-root"), sorted("open_on damaged locks paused activating relinking"));
    }

    #[test]
    fn values_are_written_as_readers_expect_them() {
        let rendered: Value = serde_json::from_str(&render(&[forgotten()])).unwrap();
        let at = |path: &str| rendered.pointer(path).unwrap().clone();
        assert_eq!(at("/0/end_us"), json!(2_400_000_000u64));
        assert_eq!(at("/0/counts"), json!({"corruption": 1, "danger": 1}));
        assert_eq!(at("/0/world"), Value::Null);
        assert_eq!(at("/0/hazards/1/damage"), json!({"us": 1_082_000_000u64, "by": "beta", "over": "gamma"}));
        assert_eq!(at("/0/hazards/1/open"), json!(true));
        assert_eq!(at("/0/steps/2/code"), json!("SR_BACKEND_FAILURE_46"));
        assert_eq!(at("/0/steps/3/status"), json!("not-begun"));
        assert_eq!(at("/0/final/vdis/db-root/open_on"), json!({"beta": "rw", "gamma": "rw"}));
        let mut unknown = forgotten();
        unknown.end_state.vdis.get_mut("db-root").unwrap().locks = None;
        let gone = unknown.end_state.vdis.get_mut("db-root").unwrap();
        (gone.paused, gone.activating, gone.relinking) = (None, None, None);
        let vdi = case(&unknown)["final"]["vdis"]["db-root"].clone();
        assert_eq!([&vdi["locks"], &vdi["paused"], &vdi["activating"]], [&Value::Null; 3], "the database has no such disk");
    }

    /// Read by eye, not by a parser that would sort: the keys of each level come in bytewise order.
    #[test]
    fn keys_are_sorted_in_the_text_itself() {
        let text = render(&[forgotten(), sample_case("dead", "careful", true)]);
        let mut levels: Vec<Option<String>> = Vec::new();
        for line in text.lines() {
            let line = line.trim();
            if line.starts_with(['}', ']']) {
                levels.pop();
            }
            if let Some((key, _)) = line.strip_prefix('"').and_then(|rest| rest.split_once("\": ")) {
                let last = levels.last_mut().unwrap();
                assert!(last.as_deref() < Some(key), "{key} after {last:?}");
                *last = Some(key.to_string());
            }
            if line.ends_with(['{', '[']) {
                levels.push(None);
            }
        }
        assert!(levels.is_empty() && text.ends_with("]\n"));
    }

    #[test]
    fn compact_values_are_sorted_too() {
        assert_eq!(compact(&json!({"b": [1, {"d": 1, "c": "\n"}], "a": null})), r#"{"a":null,"b":[1,{"c":"\n","d":1}]}"#);
    }
}
