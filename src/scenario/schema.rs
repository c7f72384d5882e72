//! The JSON Schema (draft-07) of a scenario file, for editors. Built from the tables that the readers use.
//!
//! It knows shapes and words, and not what needs the whole file: whether a name exists, whether times contradict each
//! other.

use super::keys::{self, Shape, TABLES, Table};
use super::options;
use crate::hazard;
use crate::world::release::Release;
use crate::world::settings::SETTINGS;
use crate::world::sm::StorageManager;
use serde_json::{Map, Value, json};

/// A duration; the units run from large to small, and a number alone is none.
const SPAN: &str = "(?=[0-9])([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?([0-9]+us)?";

/// The schema as plain data.
pub fn schema() -> Value {
    let mut root = object(&keys::FILE);
    let definitions: Map<String, Value> = TABLES.iter().map(|(name, table)| ((*name).to_string(), Value::Object(object(table)))).collect();
    root.insert("$schema".into(), json!("http://json-schema.org/draft-07/schema#"));
    root.insert("title".into(), json!("A poolsim scenario"));
    // What must stand may stand in a file that is included, which a schema can't see.
    let (all, hosts) = (root.remove("required"), keys::POOL.required);
    root.insert("if".into(), json!({"required": ["includes"]}));
    root.insert("then".into(), json!({}));
    root.insert("else".into(), json!({"required": all, "properties": {"pool": {"required": hosts}}}));
    root.insert("definitions".into(), Value::Object(definitions));
    Value::Object(root)
}

/// The schema as text, with its final newline.
pub fn text() -> String {
    // A value of plain maps and texts can always be written.
    let text = serde_json::to_string_pretty(&schema()).unwrap_or_default();
    format!("{text}\n")
}

fn object(table: &Table) -> Map<String, Value> {
    let mut properties = Map::new();
    for key in table.keys {
        let mut value = shape(&key.shape);
        if let (Value::Object(map), false) = (&mut value, key.doc.is_empty()) {
            // Beside `$ref` draft-07 ignores everything, so the description goes around it.
            if map.contains_key("$ref") {
                let inner = std::mem::take(map);
                map.insert("allOf".into(), json!([inner]));
            }
            map.insert("description".into(), json!(key.doc));
        }
        properties.insert(key.name.to_string(), value);
    }
    let mut object = Map::new();
    let rules: Vec<Value> =
        keys::EXCLUSIVE.iter().filter(|(of, ..)| std::ptr::eq(*of, table)).map(|(_, keys, one)| exclusive(keys, *one)).collect();
    if !rules.is_empty() {
        object.insert("allOf".into(), json!(rules));
    }
    let snippets: Vec<Value> = SNIPPETS
        .iter()
        .filter(|(of, ..)| std::ptr::eq(*of, table))
        .map(|(_, label, body)| json!({"label": label, "bodyText": body}))
        .collect();
    if !snippets.is_empty() {
        object.insert("defaultSnippets".into(), json!(snippets));
    }
    object.insert("type".into(), json!("object"));
    object.insert("additionalProperties".into(), json!(false));
    object.insert("properties".into(), Value::Object(properties));
    if !table.required.is_empty() && !std::ptr::eq(table, &keys::POOL) {
        object.insert("required".into(), json!(table.required));
    }
    object
}

/// What editors offer to write in a map, with places to fill in.
static SNIPPETS: &[(&Table, &str, &str)] = &[
    (
        &keys::FILE,
        "a story",
        "pool:\n  hosts: [${1:alpha, beta, gamma}]\n  storage:\n    ${2:nfs1}: {type: nfs}\n  vms:\n    ${3:db}: {running-on: ${4:beta}}\ntimeline:\n  - {at: 5m, fault: {${5:crash}: ${4:beta}}}\nrecovery:\n  steps:\n    - {run: \"xe ${6:host-list}\", expect: ok}\nexpect:\n  worst: ${7:outage}\n",
    ),
    (&keys::STEP, "something breaks", "{at: ${1:5m}, fault: {${2:crash}: ${3:beta}}}"),
    (&keys::STEP, "a command is typed", "{run: \"xe ${1:host-list}\", expect: ${2:ok}}"),
    (&keys::STEP, "hands do something", "{act: {${1:power-off}: ${2:beta}}}"),
    (&keys::STEP, "wait, then type", "{wait-for: {host: ${1:beta}, live: ${2:false}}, run: \"xe ${3:host-list}\"}"),
    (
        &keys::RECOVERY,
        "wait until a host is dead",
        "wait-for: {host: ${1:beta}, live: false}\npace: ${2:1m}\nsteps:\n  - {run: \"xe ${3:host-list}\", expect: ok}\n",
    ),
    (&keys::HAZARD, "a disk has two writers", "{hazard: double-writer, vdi: ${1:db-root}}"),
    (&keys::STATE, "a VM runs at the end", "{at: end, vm: ${1:db}, power-state: running, resident-on: ${2:gamma}}"),
    (&keys::STATE, "a host is alive at an instant", "{at: ${1:14m}, host: ${2:beta}, live: ${3:true}}"),
];

/// Of some keys at most one may stand, or exactly one.
fn exclusive(keys: &[&str], one: bool) -> Value {
    let stands = |key: &&str| json!({"required": [key]});
    if one {
        return json!({"oneOf": keys.iter().map(stands).collect::<Vec<_>>()});
    }
    let pairs = keys.iter().enumerate().flat_map(|(at, key)| keys[at + 1..].iter().map(move |other| json!({"required": [key, other]})));
    json!({"not": {"anyOf": pairs.collect::<Vec<_>>()}})
}

/// A map of settings, each with its value or what `each` makes of that.
fn settings(each: fn(Value) -> Value) -> Value {
    let settings = SETTINGS.iter().map(|doc| {
        let mut value = each(self::shape(&options::shape(doc.kind)));
        if let Value::Object(map) = &mut value {
            map.insert("description".into(), json!(doc.doc));
            if !map.contains_key("items") {
                map.insert("default".into(), json!(doc.default));
            }
        }
        (doc.key.to_string(), value)
    });
    json!({"type": "object", "additionalProperties": false, "properties": settings.collect::<Map<_, _>>()})
}

fn one_or_more(item: Value) -> Value {
    json!({"anyOf": [item.clone(), {"type": "array", "items": item}]})
}

fn name() -> Value {
    json!({"type": "string"})
}

fn shape(shape: &Shape) -> Value {
    match shape {
        Shape::Text => json!({"type": "string"}),
        Shape::Bool => json!({"type": "boolean"}),
        Shape::Whole(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
        Shape::Span => json!({"type": "string", "pattern": format!("^\\s*{SPAN}\\s*$")}),
        Shape::Jump => json!({"type": "string", "pattern": format!("^\\s*-?\\s*{SPAN}\\s*$")}),
        Shape::SpanRange => json!({"type": "string", "pattern": format!("^\\s*{SPAN}\\s*(\\.\\.\\s*{SPAN}\\s*)?$")}),
        Shape::Size => json!({"type": "string", "pattern": "^\\s*[0-9]+\\s*(B|KiB|MiB|GiB|TiB)\\s*$"}),
        Shape::Uuid => {
            json!({"type": "string", "pattern": "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"})
        }
        Shape::Chance => json!({"type": "string", "pattern": "^\\s*[0-9]{1,3}(\\.[0-9]{1,4})?\\s*%\\s*$"}),
        Shape::Name => name(),
        Shape::Names => one_or_more(name()),
        Shape::NameList => json!({"type": "array", "items": name()}),
        Shape::Words(words) => json!({"enum": words}),
        Shape::Map(table) => {
            let found = TABLES.iter().find(|(_, known)| std::ptr::eq(*known, *table));
            match found {
                Some((name, _)) => json!({"$ref": format!("#/definitions/{name}")}),
                None => Value::Object(object(table)),
            }
        }
        Shape::MapOf(inner) => json!({"type": "object", "additionalProperties": self::shape(inner)}),
        Shape::List(inner) => json!({"type": "array", "items": self::shape(inner)}),
        Shape::Any(shapes) => json!({"anyOf": shapes.iter().map(self::shape).collect::<Vec<_>>()}),
        Shape::Null => json!({"type": "null"}),
        Shape::Hazard => {
            let each =
                hazard::ALL.iter().map(|doc| json!({"const": doc.name, "description": format!("{}: {}.", doc.severity.name(), doc.holds)}));
            json!({"oneOf": each.collect::<Vec<_>>()})
        }
        Shape::Release => json!({"enum": Release::all().map(Release::name).collect::<Vec<_>>()}),
        Shape::StorageManager => json!({"enum": StorageManager::ALL.iter().map(|manager| manager.name()).collect::<Vec<_>>()}),
        Shape::Settings => settings(|value| value),
        Shape::SettingsLists => settings(|value| json!({"type": "array", "minItems": 1, "items": value})),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an editor shows of a key that the pointer rests on.
    #[test]
    fn every_key_has_words_for_an_editor_to_show() {
        let schema = schema();
        let Some(definitions) = schema["definitions"].as_object() else { panic!("no definitions") };
        let mut seen = 0;
        for (name, table) in definitions.iter().chain([(&"file".to_string(), &schema)]) {
            for (key, value) in table["properties"].as_object().into_iter().flatten() {
                let words = value["description"].as_str().unwrap_or_default();
                assert!(words.len() > 4 && words.ends_with('.'), "{name}: {key}: {words:?}");
                for (setting, value) in value["properties"].as_object().into_iter().flatten() {
                    assert!(value["description"].is_string(), "{name}: {key}: {setting}");
                    seen += 1;
                }
                seen += 1;
            }
        }
        assert!(seen > 150, "only {seen} keys were found");
    }
}
