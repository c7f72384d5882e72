//! YAML text as a small tree with a place on every node. The parser stays behind this module: nothing else knows which
//! one it is. Only broken syntax, a key that stands twice and the bounds on size stop at the first mistake.

use super::diagnostic::{Diagnostic, Place, Source};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_yaml::Spanned;
use std::fmt;

mod broken;
mod opened;

use broken::{broken, place_of};

/// The longest file that is read, in bytes.
pub const BYTES_MOST: usize = 16 << 20;
/// The most values that a file may hold, aliases counted as often as they are used.
pub const NODES_MOST: usize = 3_000_000;
/// How deep lists and maps may lie within each other; a scenario needs 8.
pub const DEPTH_MOST: usize = 32;

/// A value of the file with its place.
#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    /// Where it stands; for a map or list where it begins.
    pub place: Place,
    /// What it is.
    pub value: Value,
}

/// What YAML's core schema makes of a value.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// Nothing, `null` or `~`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Anything that looks like a number.
    Number {
        /// As written.
        text: String,
        /// Its value if it is a whole number that is not negative.
        whole: Option<u64>,
    },
    /// A text, quoted or not.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map in the file's order.
    Map(Vec<(Key, Node)>),
}

/// A key of a map.
#[derive(Clone, PartialEq, Debug)]
pub struct Key {
    /// Where it stands.
    pub place: Place,
    /// Its text.
    pub text: String,
    /// Whether it is a text; `null`, `true` and numbers are not.
    pub is_text: bool,
}

impl Node {
    /// Where to point at: a map's first key, else the value itself.
    pub fn mark(&self) -> Place {
        match &self.value {
            Value::Map(entries) => entries.first().map_or(self.place, |(key, _)| key.place),
            Value::List(items) if self.place.is_empty() => items.first().map_or(self.place, Node::mark),
            _ => self.place,
        }
    }

    /// What it is, in words.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number { .. } => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// Moves all places behind `base`.
    pub fn shift(&mut self, base: usize) {
        let moved = |place: &mut Place| *place = Place { start: place.start + base, end: place.end + base };
        moved(&mut self.place);
        match &mut self.value {
            Value::List(items) => items.iter_mut().for_each(|item| item.shift(base)),
            Value::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
                moved(&mut key.place);
                value.shift(base);
            }),
            _ => {}
        }
    }

    /// How many values it holds, itself included.
    pub fn count(&self) -> usize {
        1 + match &self.value {
            Value::List(items) => items.iter().map(Node::count).sum(),
            Value::Map(entries) => entries.iter().map(|(_, value)| value.count()).sum(),
            _ => 0,
        }
    }

    /// Whether nothing is said.
    pub fn is_null(&self) -> bool {
        self.value == Value::Null
    }
}

/// Reads a text into a tree.
///
/// # Errors
/// One diagnostic: broken syntax, a key that stands twice, a file without bounds.
#[allow(clippy::result_large_err)] // One syntax error a file: its size does not matter.
pub fn parse(source: &Source<'_>) -> Result<Node, Diagnostic> {
    let text = source.text();
    if text.len() > BYTES_MOST {
        return Err(source.error(
            Place::default(),
            "too-large",
            format!("the file has {} bytes; at most {BYTES_MOST} are read", text.len()),
            "split the story into several files",
        ));
    }
    // Every value takes an event, lists and maps two; the limits on aliases keep what they repeat within the same bounds.
    let options = serde_yaml::options! {
        strict_booleans: true,
        with_snippet: false,
        emit_comments: false,
        non_finite_float_policy: serde_yaml::options::NonFiniteFloatPolicy::PassThrough,
        budget: serde_yaml::budget! {
            max_nodes: NODES_MOST,
            max_events: 3 * NODES_MOST,
            max_depth: DEPTH_MOST,
            flow_nesting_limit: DEPTH_MOST,
            max_recorded_anchor_events: 300_000,
            max_aliases: 100_000,
            max_anchors: 100_000,
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_yaml::alias_limits! { max_total_replayed_events: 300_000 },
    };
    match serde_yaml::from_str_with_options::<Spanned<Raw>>(text, options) {
        Ok(spanned) => {
            let mut node = into_node(spanned);
            put_numbers_in(&mut node, text);
            Ok(node)
        }
        Err(error) => Err(broken(source, error.without_snippet())),
    }
}

/// A value before its place is known. Numbers keep the place where they are written, which for an alias is the anchor's.
struct Raw(Value);

fn into_node(spanned: Spanned<Raw>) -> Node {
    let mut value = spanned.value.0;
    if let Value::Number { text, .. } = &mut value
        && let Some(place) = place_of(spanned.defined)
    {
        // The place travels in the text until the source is at hand.
        *text = format!("{} {} {text}", place.start, place.end);
    }
    Node { place: place_of(spanned.referenced).unwrap_or_default(), value }
}

/// Puts numbers back as they are written: `007` and `1e3` are names to somebody.
fn put_numbers_in(node: &mut Node, source: &str) {
    match &mut node.value {
        Value::Number { text, .. } => {
            let mut parts = text.splitn(3, ' ');
            let place = (parts.next().and_then(|p| p.parse().ok()), parts.next().and_then(|p| p.parse().ok()));
            let shown = parts.next().unwrap_or(text).to_string();
            let written = match place {
                (Some(start), Some(end)) => source.get(start..end).map(str::trim).filter(|text| !text.is_empty() && !text.contains(' ')),
                _ => None,
            };
            *text = written.map_or(shown, str::to_string);
        }
        Value::List(items) => items.iter_mut().for_each(|item| put_numbers_in(item, source)),
        Value::Map(entries) => entries.iter_mut().for_each(|(_, value)| put_numbers_in(value, source)),
        _ => {}
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(RawVisitor).map(Raw)
    }
}

struct RawVisitor;

fn number(text: String, whole: Option<u64>) -> Value {
    Value::Number { text, whole }
}

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(number(value.to_string(), u64::try_from(value).ok()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(number(value.to_string(), Some(value)))
    }
    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(number(value.to_string(), u64::try_from(value).ok()))
    }
    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(number(value.to_string(), u64::try_from(value).ok()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(number(value.to_string(), None))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_string()))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element::<Spanned<Raw>>()? {
            items.push(into_node(item));
        }
        items.shrink_to_fit();
        Ok(Value::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Spanned<Raw>>()? {
            let key = into_node(key);
            let place = key.place;
            let (text, is_text) = match key.value {
                Value::Text(text) => (text, true),
                Value::Number { text, .. } => (text.rsplit(' ').next().unwrap_or_default().to_string(), false),
                Value::Bool(value) => (value.to_string(), false),
                Value::Null => ("null".to_string(), false),
                Value::List(_) | Value::Map(_) => return Err(A::Error::custom(KEY_NO_NAME)),
            };
            let value = into_node(map.next_value::<Spanned<Raw>>()?);
            entries.push((Key { place, text, is_text }, value));
        }
        entries.shrink_to_fit();
        Ok(Value::Map(entries))
    }
}

/// What this module says of a key such as `[a, b]: c`.
const KEY_NO_NAME: &str = "a key is a name, not a list or a map";
