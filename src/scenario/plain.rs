//! Trees that nobody has written down: what a draft becomes before it is read, and a scenario before it is written. They
//! are those of [`tree`](super::tree), without places.

use super::diagnostic::Place;
use super::tree::{Key, Node, Value};
use crate::base::time::Span;

fn bare(value: Value) -> Node {
    Node { place: Place::default(), value }
}

/// Nothing.
pub(super) fn null() -> Node {
    bare(Value::Null)
}
/// `true` or `false`.
pub(super) fn truth(value: bool) -> Node {
    bare(Value::Bool(value))
}
/// A whole number.
pub(super) fn number(value: u64) -> Node {
    bare(Value::Number { text: value.to_string(), whole: Some(value) })
}
/// A text.
pub(super) fn text(text: impl Into<String>) -> Node {
    bare(Value::Text(text.into()))
}
/// A list.
pub(super) fn list(items: impl IntoIterator<Item = Node>) -> Node {
    bare(Value::List(items.into_iter().collect()))
}
/// A list of texts.
pub(super) fn texts(items: impl IntoIterator<Item = impl Into<String>>) -> Node {
    list(items.into_iter().map(text))
}
/// A text where there is one, else a list of them.
pub(super) fn one_or_more(items: impl IntoIterator<Item = impl Into<String>>) -> Node {
    let mut items: Vec<String> = items.into_iter().map(Into::into).collect();
    if items.len() == 1 { text(items.remove(0)) } else { texts(items) }
}
/// A duration.
pub(super) fn span(span: Span) -> Node {
    text(span.to_string())
}
/// A duration, or a range of them.
pub(super) fn spans(range: (Span, Span)) -> Node {
    text(if range.0 == range.1 { range.0.to_string() } else { format!("{}..{}", range.0, range.1) })
}
/// A chance or a share in millionths, as text.
pub(super) fn percent(millionths: u32) -> String {
    let (whole, part) = (millionths / 10_000, millionths % 10_000);
    if part == 0 { format!("{whole}%") } else { format!("{whole}.{}%", format!("{part:04}").trim_end_matches('0')) }
}
/// A size in bytes, in the largest unit that leaves nothing over.
pub(super) fn size(bytes: u64) -> Node {
    let units = [("TiB", 1u64 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];
    let (unit, factor) = units.into_iter().find(|(_, factor)| bytes.is_multiple_of(*factor)).unwrap_or(("B", 1));
    text(format!("{}{unit}", bytes / factor))
}

/// A map in the making: keys in the order in which they are said.
#[derive(Default)]
pub(super) struct Map(Vec<(Key, Node)>);

impl Map {
    /// Says a key.
    pub(super) fn say(&mut self, key: &str, node: Node) {
        self.0.push((Key { place: Place::default(), text: key.to_string(), is_text: true }, node));
    }
    /// Says a key where there is something to say.
    pub(super) fn may(&mut self, key: &str, node: Option<Node>) {
        if let Some(node) = node {
            self.say(key, node);
        }
    }
    /// Whether nothing has been said.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The map.
    pub(super) fn node(self) -> Node {
        bare(Value::Map(self.0))
    }
    /// The map, or nothing where nothing has been said.
    pub(super) fn or_null(self) -> Node {
        if self.is_empty() { null() } else { self.node() }
    }
}

/// Names with what is said of each: a list where nothing is said of any.
pub(super) fn named(entries: Vec<(String, Node)>) -> Node {
    if entries.iter().all(|(_, details)| details.is_null()) {
        return texts(entries.into_iter().map(|(name, _)| name));
    }
    let mut map = Map::default();
    for (name, details) in entries {
        map.say(&name, details);
    }
    map.node()
}
