//! The keys of a scenario file for `explain`, from the tables that the readers and the schema use.

use super::sentence::first_sentence;
use super::{Entry, Kind};
use crate::fault::{ACTS, FAULTS};
use crate::scenario::keys::{FILE, Key, Shape, TABLES, Table};
use crate::world::release::Release;
use crate::world::sm::StorageManager;
use std::collections::BTreeMap;

/// Every map with its keys, the whole file first. Faults and acts are left out: they have entries of their own.
fn maps() -> impl Iterator<Item = (&'static Table, Vec<&'static Key>)> {
    let tables = std::iter::once(&FILE).chain(TABLES.iter().map(|(_, table)| *table));
    let told = |key: &&Key| FAULTS.iter().chain(ACTS).any(|doc| doc.name == key.name);
    let keys = move |table: &'static Table| table.keys.iter().filter(|key| !told(key)).collect::<Vec<_>>();
    tables.map(move |table| (table, keys(table))).filter(|(_, keys)| !keys.is_empty())
}

/// What each map is, and its keys.
pub(super) fn by_map() -> Vec<(&'static str, Vec<&'static str>)> {
    maps().map(|(table, keys)| (table.what, keys.into_iter().map(|key| key.name).collect())).collect()
}

/// One entry a name, with a paragraph for each map that has such a key.
pub(super) fn entries() -> Vec<Entry> {
    let mut order: Vec<&str> = Vec::new();
    let mut said: BTreeMap<&str, Vec<(String, &str)>> = BTreeMap::new();
    for (table, keys) in maps() {
        for key in keys {
            let told = said.entry(key.name).or_insert_with(|| {
                order.push(key.name);
                Vec::new()
            });
            told.push((paragraph(table, key), key.doc));
        }
    }
    let entry = |name: &str| {
        let told = &said[name];
        let text = told.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join("\n\n");
        let doc = told.iter().map(|(_, doc)| *doc).find(|doc| !doc.is_empty()).unwrap_or_default();
        Entry { kind: Kind::Key, name: name.into(), summary: first_sentence(doc).into(), text }
    };
    order.into_iter().map(entry).collect()
}

fn paragraph(table: &Table, key: &Key) -> String {
    let must = if table.required.contains(&key.name) { ", where it must stand" } else { "" };
    let head = format!("In {}{must}", table.what);
    format!("{head}: {}\n\n    {}: {}", key.doc, key.name, value(&key.shape))
}

/// What a value looks like, in words.
fn value(shape: &Shape) -> String {
    let either = |words: &[&str]| words.join(" | ");
    match shape {
        Shape::Text => "a text".into(),
        Shape::Bool => "true | false".into(),
        Shape::Whole(least, u64::MAX) => format!("a whole number from {least}"),
        Shape::Whole(least, most) => format!("a whole number from {least} to {most}"),
        Shape::Span => "a duration, such as 90s".into(),
        Shape::Jump => "a duration, such as 20m, or -20m for back".into(),
        Shape::SpanRange => "a duration, such as 90s, or a range, such as 5m..9m".into(),
        Shape::Size => "a size, such as 4GiB".into(),
        Shape::Uuid => "a UUID".into(),
        Shape::Chance => "a chance, such as 0.5%".into(),
        Shape::Name => "a name".into(),
        Shape::Names => "a name, or a list of names".into(),
        Shape::NameList => "a list of names".into(),
        Shape::Words(words) => either(words),
        Shape::Map(table) => format!("{{{}}}", table.keys.iter().map(|key| key.name).collect::<Vec<_>>().join(", ")),
        Shape::MapOf(inner) => format!("a map from names to: {}", value(inner)),
        Shape::List(inner) => format!("a list of: {}", value(inner)),
        Shape::Any(shapes) => shapes.iter().map(value).collect::<Vec<_>>().join("; or "),
        Shape::Null => "nothing".into(),
        Shape::Hazard => "a hazard, such as double-writer".into(),
        Shape::Release => Release::all().map(Release::name).collect::<Vec<_>>().join(" | "),
        Shape::StorageManager => StorageManager::ALL.iter().map(|manager| manager.name()).collect::<Vec<_>>().join(" | "),
        Shape::Settings => "a map from settings to their values".into(),
        Shape::SettingsLists => "a map from settings to lists of values".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::find;
    use super::*;

    fn text(name: &str) -> String {
        find(name).into_iter().find(|entry| entry.kind == Kind::Key).unwrap_or_else(|| panic!("{name}")).text
    }

    #[test]
    fn every_key_of_every_table_is_explained_by_the_words_of_its_table() {
        let mut count = 0;
        for table in std::iter::once(&FILE).chain(TABLES.iter().map(|(_, table)| *table)) {
            for key in table.keys {
                let found = find(key.name);
                assert!(!found.is_empty(), "{}: {}", table.what, key.name);
                let own = found.iter().filter(|entry| entry.kind == Kind::Key);
                let told = own.map(|entry| &entry.text).find(|text| text.contains(&format!("In {}", table.what)));
                match told {
                    Some(text) => assert!(text.contains(key.doc), "{}: {}", table.what, key.name),
                    None => assert!(found.iter().any(|entry| matches!(entry.kind, Kind::Fault | Kind::Act)), "{}", key.name),
                }
                count += 1;
            }
        }
        assert!(count > 150, "only {count}");
    }

    #[test]
    fn a_key_of_several_maps_is_told_for_each() {
        let at = text("at");
        for what in ["In a step: ", "In a recovery: ", "In a state expected: "] {
            assert_eq!(at.matches(what).count(), 1, "{what} in {at}");
        }
        assert!(text("hosts").contains("In `pool`, where it must stand: "));
        assert!(text("ha").contains("heartbeat-sr, timeout") && text("ha").contains("restart | best-effort"));
        assert!(text("chaos").contains("crash") && text("back-after").contains("undone"));
    }
}
