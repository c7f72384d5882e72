//! What is set beside a file: by its `matrix`, which tries several values, or from outside, which says one.

use super::diagnostic::{Diagnostic, Place, Source};
use super::keys;
use super::options::read_settings;
use super::read::{Reader, shorten};
use super::tree::{Key, NODES_MOST, Node, Value};
use super::waits::CASES_MOST;
use crate::world::release::Release;
use crate::world::settings::SETTINGS;

/// The most values that are set from outside.
const SET_MOST: usize = 100;

/// A key, `release` or a setting, with its value. Each has the place where it is said.
#[derive(Clone)]
pub struct Set {
    key: Key,
    value: Node,
    /// As written.
    text: String,
    /// Whether reports tell it: a release of the command line's own option stands there already.
    told: bool,
}

/// One key of a matrix with the values to be tried.
pub struct Axis {
    key: Key,
    values: Vec<(Node, String)>,
}

/// Reads what is set from outside; the later of two counts, and the release before what `typed` says of it.
///
/// # Errors
/// Every mistake, shown in what was typed.
pub fn read_set(typed: &[String], release: Option<Release>) -> Result<Vec<Set>, Vec<Diagnostic>> {
    let mut read: Vec<Set> = Vec::new();
    let mut wrong = Vec::new();
    for text in typed.iter().take(SET_MOST) {
        let source = Source::new("--set", text);
        let mut reader = Reader::new(&source);
        let whole = Place { start: 0, end: source.text().len() };
        if let Some((key, value)) = source.text().split_once('=') {
            let key_place = Place { start: 0, end: key.len() };
            let value_place = Place { start: key.len() + 1, end: whole.end };
            let value = value.trim().to_string();
            let node = Node { place: value_place, value: Value::Text(value.clone()) };
            let key = Key { place: key_place, text: key.trim().to_string(), is_text: true };
            if key.text == "release" {
                read_release(&mut reader, &node);
            } else {
                let map = Value::Map(vec![(key.clone(), node.clone())]);
                read_settings(&mut reader, release.unwrap_or_default(), &Node { place: key_place, value: map });
            }
            read.retain(|set| set.key.text != key.text);
            // What it says is right here; where it meets the file's own words, the file's beginning is pointed at.
            let place = Place::default();
            read.push(Set { key: Key { place, ..key }, value: Node { place, ..node }, text: value, told: true });
        } else {
            reader.error(whole, "wrong-value", format!("`{}` sets nothing", shorten(text)), "write KEY=VALUE: `host-dead-after=60s`");
        }
        wrong.extend(reader.finish().0);
    }
    if let Some(release) = release {
        let (place, text) = (Place::default(), release.name().to_string());
        read.retain(|set| set.key.text != "release");
        let key = Key { place, text: "release".into(), is_text: true };
        read.push(Set { key, value: Node { place, value: Value::Text(text.clone()) }, text, told: false });
    }
    if wrong.is_empty() { Ok(read) } else { Err(wrong) }
}

/// The release that a value names.
pub fn read_release(reader: &mut Reader<'_>, node: &Node) -> Option<Release> {
    let there: Vec<(&str, Release)> = Release::all().map(|release| (release.name(), release)).collect();
    reader.choice(node, "a release", &there)
}

/// Reads a file's `matrix`. What is set from outside leaves its own value alone of those of its key.
pub fn read(reader: &mut Reader<'_>, file: &Node, set: &[Set]) -> Vec<Axis> {
    let mut axes = Vec::new();
    let Some((key, node)) = entry(file, "matrix") else { return axes };
    let Some(fields) = reader.fields(node, &keys::MATRIX) else { return axes };
    if fields.count() == 0 {
        reader.error(key.place, "wrong-value", "`matrix` tries nothing", "name a `release:` or `settings:`, or take it out");
    }
    if let Some((key, node)) = fields.entry("release") {
        axes.extend(axis(reader, key, node, set));
    }
    if let Some(node) = fields.get("settings") {
        for (key, node) in reader.entries(node, "a map from settings to lists of values") {
            if let Some(doc) = SETTINGS.iter().find(|doc| doc.key == key.text) {
                axes.extend(axis(reader, key, node, set).filter(|axis| axis.key.text == doc.key));
            } else {
                // Tells that there is no such setting.
                let map = Value::Map(vec![(key.clone(), node.clone())]);
                read_settings(reader, Release::default(), &Node { place: node.place, value: map });
            }
        }
    }
    axes
}

fn axis(reader: &mut Reader<'_>, key: &Key, node: &Node, set: &[Set]) -> Option<Axis> {
    let items = reader.items(node, "a list of values, like `[60s, 600s]`");
    let mut values: Vec<(Node, String)> = Vec::new();
    for item in items {
        let text = match &item.value {
            Value::Text(text) | Value::Number { text, .. } => text.trim().to_string(),
            _ => {
                reader.wrong_type(item, "a value to be tried", "write one like `60s`");
                continue;
            }
        };
        if values.iter().any(|(_, known)| *known == text) {
            reader.error(item.place, "duplicate-name", format!("`{}` is tried twice", shorten(&text)), "take one out");
            continue;
        }
        if values.len() >= CASES_MOST {
            reader.error(item.place, "too-many", format!("more than {CASES_MOST} cases"), "try fewer values");
            return None;
        }
        values.push((item.clone(), text));
    }
    if values.is_empty() {
        if items.is_empty() && matches!(node.value, Value::Null | Value::List(_)) {
            reader.error(key.place, "wrong-value", format!("no value of `{}` is to be tried", key.text), "name some, or take the key out");
        }
        return None;
    }
    if let Some(said) = set.iter().find(|set| set.key.text == key.text) {
        values = vec![(said.value.clone(), said.text.clone())];
    }
    Some(Axis { key: key.clone(), values })
}

/// Every combination of the values, the last key's changing first, each with what is set from outside. None where there is
/// no matrix, or where it makes too many cases of the `cases` that the file has without it.
pub fn combinations(reader: &mut Reader<'_>, file: &Node, axes: Vec<Axis>, set: &[Set], cases: usize) -> Vec<Vec<Set>> {
    let Some((key, _)) = entry(file, "matrix").filter(|_| !axes.is_empty()) else { return Vec::new() };
    let all = axes.iter().fold(1usize, |all, axis| all.saturating_mul(axis.values.len()));
    // The file is read once for each: what that takes is bounded as the file itself is.
    if all.saturating_mul(cases.max(1)) > CASES_MOST || all.saturating_mul(file.count()) > NODES_MOST {
        let message = format!("the matrix makes {all} variants of a file with {} cases and {} values", cases, file.count());
        let help = format!("at most {CASES_MOST} cases, and {NODES_MOST} values in all variants: try fewer values, or in a smaller file");
        reader.error(key.place, "too-many", message, help);
        return Vec::new();
    }
    let outside: Vec<Set> = set.iter().filter(|set| axes.iter().all(|axis| axis.key.text != set.key.text)).cloned().collect();
    let mut combined = vec![outside];
    for axis in &axes {
        let longer = |before: &Vec<Set>| {
            let before = before.clone();
            axis.values.iter().map(move |(value, text)| {
                let mut all = before.clone();
                all.push(Set { key: axis.key.clone(), value: value.clone(), text: text.clone(), told: true });
                all
            })
        };
        combined = combined.iter().flat_map(longer).collect();
    }
    combined
}

fn entry<'n>(file: &'n Node, name: &str) -> Option<(&'n Key, &'n Node)> {
    let Value::Map(entries) = &file.value else { return None };
    entries.iter().find(|(key, _)| key.text == name).map(|(key, node)| (key, node))
}

/// The value that is set of a key.
pub fn value<'s>(set: &'s [Set], key: &str) -> Option<&'s Node> {
    set.iter().find(|set| set.key.text == key).map(|set| &set.value)
}

/// The file's settings with what is set put in; `None` where nothing is, or where they are no map.
pub fn settings(set: &[Set], own: Option<&Node>, place: Place) -> Option<Node> {
    let set: Vec<&Set> = set.iter().filter(|set| set.key.text != "release").collect();
    let (place, mut entries) = match own {
        _ if set.is_empty() => return None,
        None => (place, Vec::new()),
        Some(Node { place, value: Value::Map(entries) }) => (*place, entries.clone()),
        Some(_) => return None,
    };
    for said in set {
        match entries.iter_mut().find(|(key, _)| key.text == said.key.text) {
            Some(entry) => *entry = (said.key.clone(), said.value.clone()),
            None => entries.push((said.key.clone(), said.value.clone())),
        }
    }
    Some(Node { place, value: Value::Map(entries) })
}

/// What is set and told, as it was written.
pub fn written(set: &[Set]) -> Vec<(String, String)> {
    set.iter().filter(|set| set.told).map(|set| (set.key.text.clone(), set.text.clone())).collect()
}
