//! Reader and schema: what one accepts the other accepts, and both refuse what a schema can know.

use super::{EXAMPLE, POOL};
use crate::scenario::diagnostic::Source;
use crate::scenario::diagnostics::DIAGNOSTICS;
use crate::scenario::tree::{self, Node, Value};
use crate::scenario::{load, schema};
use serde_json::json;

/// A tree as an editor's YAML reader sees it.
fn json_of(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => json!(value),
        Value::Number { whole: Some(whole), .. } => json!(whole),
        Value::Number { text, .. } => json!(text.parse::<f64>().unwrap_or(0.5)),
        Value::Text(text) => json!(text),
        Value::List(items) => items.iter().map(json_of).collect(),
        Value::Map(entries) => {
            entries.iter().map(|(key, value)| (key.text.clone(), json_of(value))).collect::<serde_json::Map<_, _>>().into()
        }
    }
}

fn accepted(validator: &jsonschema::Validator, text: &str) -> (bool, bool) {
    let source = Source::new("", text);
    let node = tree::parse(&source).expect("YAML");
    (load("", text).is_ok(), validator.is_valid(&json_of(&node)))
}

#[test]
fn both_accept_what_is_right() {
    let validator = jsonschema::draft7::new(&schema::schema()).expect("a schema");
    let right = [
        "pool: {hosts: [alpha]}",
        "pool: {hosts: {a1..a3: {memory: 4GiB, live: true, copy-age: 5m}}, spare-hosts: [x], dumps: {nightly: start}, master: a2}",
        "pool: {hosts: [a, b], storage: {l: {type: lvm, host: b}}, default-sr: , vms: {v: {disks: {}}, w: {writes: never, disks: {d: {sr: l}}}}}",
    ];
    let steps = [
        "timeline: [{at: 5m..9m, fault: {crash: [beta, gamma]}, for: 40s, every: 3m, times: 8}]",
        "timeline: [{fault: heal-network}, {fault: {heal-network: }}, {fault: {heal-network: beta}}, {fault: {partition: [[alpha], [beta, gamma]]}}]",
        "timeline: [{fault: {storage-loss: {host: beta, sr: nfs1}, io: hang}}, {fault: {storage-return: {host: [beta], sr: [nfs1, san]}}}]",
        "timeline: [{fault: {sr-outage: nfs1, io: error}}, {fault: {sr-outage: {sr: nfs1, io: hang}}}, {fault: {sr-return: nfs1}}]",
        "timeline: [{fault: {degrade-network: {hosts: beta, latency: 100ms..2s, loss: 12.5%}}, for: 1h}]",
        "timeline: [{id: a, act: {power-off: beta}, must: ok}, {after: a+20s, note: x}, {after: 30s, note: y}, {after: a, note: z}]",
        "timeline: [{wait-for: {xe: hangs}, within: 5m, run: xe vm-list, expect: {code: HOST_IS_LIVE, exit: 1, prints: x, status: error}}]",
        "timeline: [{if: {host: [alpha, beta], live: true, known: true}, act: {check-off: beta}, expect: error}]",
        "worlds: {dead: [{at: 5m, fault: {crash: beta}}], quiet: }",
        "recoveries: {a: {at: 5m, pace: 1s, host: gamma, steps: []}, b: {expect: {worst: danger, left: none}}}",
        "worlds: {w: }\nexpect: {worst: {w: outage}, never: [double-writer], hazards: [{hazard: vm-down, vm: db, world: w}]}",
        "expect: {states: [{at: end, masters: [alpha], default-sr: nfs1}, {by: 5m, vdi: db-root, locks: beta, open-on: [], damaged: false}]}",
        "expect: {states: [{during: 5m..14m, host: beta, running: [db], role: member, fenced: false, seen-by: gamma}, {at: 0s, vm: web, resident-on: }]}",
        "settings: {heartbeat-interval: 10s, network-latency: 1ms..10ms, network-loss: 0.5%, storage-manager: g1}",
        "until: 3650d\nseed: 18446744073709551615\nshows: {kept: [M1]}\ntags: []",
    ];
    let steps = steps.iter().map(|steps| format!("{POOL}{steps}"));
    for text in right.iter().map(|text| (*text).to_string()).chain(steps).chain([EXAMPLE.to_string()]) {
        assert_eq!(accepted(&validator, &text), (true, true), "{text}\n{:?}", load("", &text).err());
    }
}

#[test]
fn both_refuse_what_a_schema_can_know() {
    let validator = jsonschema::draft7::new(&schema::schema()).expect("a schema");
    let wrong = [
        "[]",
        "title: x",
        "pool: {storage: [nfs1]}",
        "pool: {hosts: [1, 2]}",
        "pool: {hosts: [alpha], ha: {timeout: 60}}",
        "pool: {hosts: [alpha], vms: {x: {disks: {}, ha: always}}}",
        "pool: {hosts: {alpha: {memory: 4G}}}",
        "pool: {hosts: {alpha: {role: slave}}}",
        "pool: {hosts: [alpha], dumps: {x: end}}",
    ];
    let steps = [
        "until: 40",
        "until: 1M",
        "until: 30s1m",
        "seed: -1",
        "release: xenserver-6.5",
        "chaos: {crash: {hosts: beta}}",
        "chaos: {boot: {hosts: beta, every: 1h, back-after: 1m}}",
        "timeline: {}",
        "timeline: [crash]",
        "timeline: [{fault: crash beta}]",
        "timeline: [{fault: {one-way: {from: alpha}}}]",
        "timeline: [{fault: {storage-loss: {host: beta}}}]",
        "timeline: [{run: 5}]",
        "timeline: [{note: x, tiems: 3}]",
        "timeline: [{run: xe vm-list, expect: okay}]",
        "timeline: [{fault: {crash: beta}, every: 3m, times: 0}]",
        "timeline: [{if: {host: beta, live: 'yes'}, note: x}]",
        "expect: {never: [left-handed]}",
        "expect: {never: [no-such]}",
        "goal: {vm: db}",
        "goal: [{at: end, vm: db, power-state: running}]",
        "goal: [{during: 1m..2m, masters: alpha}]",
        "goal: [{vm: db, power-state: up}]",
        "expect: {hazards: [{vdi: db-root}]}",
        "expect: {worst: bad}",
        "settings: {host-dead-after: 10}",
        "settings: {network-loss: 0.5}",
        "settings: {storage-manager: g5}",
        "settings: {nothing: 1s}",
        "timeline: [{run: xe vm-list, act: {power-off: beta}}]",
        "timeline: [{fault: {crash: beta}, note: x}]",
        "timeline: [{at: 5m}]",
        "timeline: [{at: 5m, after: 3s, note: x}]",
        "timeline: [{run: xe vm-list, expect: ok, must: ok}]",
        "timeline: [{wait-for: {host: beta, live: false, xe: hangs}, note: x}]",
        "recovery: {steps: []}\nrecoveries: {a: {steps: []}}",
        "recovery: {at: 5m, wait-for: {xe: hangs}, steps: []}",
    ];
    for text in wrong.iter().map(|text| (*text).to_string()).chain(steps.iter().map(|steps| format!("{POOL}{steps}"))) {
        assert_eq!(accepted(&validator, &text), (false, false), "{text}");
    }
}

/// Where the reader accepts, the schema may not refuse, whatever else is wrong with the table's examples.
#[test]
fn the_schema_refuses_nothing_that_the_reader_accepts() {
    let validator = jsonschema::draft7::new(&schema::schema()).expect("a schema");
    for doc in DIAGNOSTICS {
        let source = Source::new("", doc.example);
        if let Ok(node) = tree::parse(&source)
            && load("", doc.example).is_ok()
        {
            assert!(validator.is_valid(&json_of(&node)), "{}", doc.code);
        }
    }
}

/// What an editor writes, with what stands in its places, is right.
#[test]
fn what_editors_offer_loads() {
    let schema = schema::schema();
    let filled = |text: &str| {
        let mut out = String::new();
        for (at, part) in text.split("${").enumerate() {
            let part = if at == 0 { part.to_string() } else { part.split_once(':').expect("a number").1.replacen('}', "", 1) };
            out.push_str(&part);
        }
        out
    };
    let indented = |text: &str| text.trim_end().replace('\n', "\n  ");
    let mut seen = 0;
    for (table, value) in schema["definitions"].as_object().expect("tables").iter().chain([(&"file".to_string(), &schema)]) {
        for snippet in value["defaultSnippets"].as_array().into_iter().flatten() {
            let text = filled(snippet["bodyText"].as_str().expect("a text"));
            let whole = match table.as_str() {
                "file" => text,
                "step" => format!("{POOL}timeline:\n  - {{at: 4m, fault: {{crash: beta}}}}\n  - {}\n", indented(&text)),
                "recovery" => format!("{POOL}recovery:\n  {}\n", indented(&text)),
                "hazard" => format!("{POOL}expect: {{worst: corruption, hazards: [{text}]}}\n"),
                _ => format!("{POOL}expect: {{states: [{text}]}}\n"),
            };
            assert!(load("", &whole).is_ok(), "{table}: {whole}\n{:?}", load("", &whole).err());
            seen += 1;
        }
    }
    assert!(seen >= 9, "{seen} snippets");
}
