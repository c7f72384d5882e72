//! What can be asked, and how it is answered: `{"do": WORD, …}` in, an object out, or `{"wrong": text}` where it can't be.

use crate::{desk, runs};
use poolsim::base::inert::{clean, clean_line};
use poolsim::catalog;
use poolsim::scenario::diagnostic::Diagnostic;
use poolsim::scenario::model::Scenario;
use poolsim::scenario::{self, Loaded};
use serde_json::{Value, json};

/// What was asked.
pub struct Asked(Value);

impl Asked {
    /// A text; empty where it is not given.
    pub fn text(&self, key: &str) -> &str {
        self.0.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    /// A whole number, written as a text, since JavaScript's numbers are none; `None` where it is not given.
    pub fn number(&self, key: &str) -> Option<u64> {
        self.text(key).parse().ok()
    }

    /// Whether something is asked for.
    pub fn is(&self, key: &str) -> bool {
        self.0.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The name of the scenario's file.
    pub fn file(&self) -> &str {
        match self.text("file") {
            "" => "scenario.yaml",
            file => file,
        }
    }

    /// The scenario, or what is wrong with it.
    pub fn load(&self) -> Result<Loaded, Value> {
        let text = self.text("text");
        scenario::load_bytes(self.file(), text.as_bytes()).map_err(|wrong| json!({ "diagnostics": diagnostics(text, &wrong) }))
    }
}

/// Answers in JSON.
pub fn answer(bytes: &[u8]) -> String {
    let answer = match serde_json::from_slice(bytes) {
        Ok(value) => answered(&Asked(value)).unwrap_or_else(|wrong| wrong),
        Err(error) => wrong(&format!("what was asked is no JSON: {error}")),
    };
    answer.to_string()
}

fn answered(asked: &Asked) -> Result<Value, Value> {
    match asked.text("do") {
        "about" => Ok(json!({ "version": env!("CARGO_PKG_VERSION") })),
        "check" => Ok(check(asked)),
        "explain" => Ok(explain(asked.text("topic"))),
        "run" => runs::run(asked),
        "digests" => runs::digests(asked),
        "orders" => runs::orders(asked),
        "play" => desk::play(asked),
        "type" => desk::typed(asked),
        "answer" => desk::answered(asked),
        "look" => desk::look(asked),
        other => Err(wrong(&format!("nothing is known of `{other}`"))),
    }
}

/// An answer that says why there is none.
pub fn wrong(why: &str) -> Value {
    json!({ "wrong": why })
}

/// All that is wrong with a scenario, and what it holds where nothing is.
fn check(asked: &Asked) -> Value {
    let text = asked.text("text");
    match asked.load() {
        Ok(Loaded { scenario, warnings }) => json!({ "diagnostics": diagnostics(text, &warnings), "holds": holds(&scenario) }),
        Err(wrong) => wrong,
    }
}

fn holds(scenario: &Scenario) -> Value {
    let worlds: Vec<&str> = scenario.worlds.iter().map(|world| world.name.as_str()).collect();
    let recoveries: Vec<Option<&str>> = scenario.recoveries.iter().map(|recovery| recovery.name.as_deref()).collect();
    json!({
        "name": scenario.name,
        "title": scenario.title,
        "seed": scenario.seed.to_string(),
        "worlds": worlds,
        "recoveries": recoveries,
        "drill": scenario.drill.is_some(),
    })
}

/// Diagnostics with their places, counted as JavaScript counts a text: in units of UTF-16.
fn diagnostics(text: &str, all: &[Diagnostic]) -> Vec<Value> {
    // A byte-order mark is no part of the text that places count in, but one unit of what the page holds.
    let mark = text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len();
    let mut counter = Units { text, byte: 0, unit: 0 };
    let mut told: Vec<(usize, Value)> = Vec::new();
    let mut by_place: Vec<(usize, &Diagnostic)> = all.iter().enumerate().collect();
    by_place.sort_by_key(|(_, told)| told.span.start);
    for (at, one) in by_place {
        let start = counter.at(one.span.start + mark);
        let end = Units { ..counter }.at(one.span.end + mark).max(start);
        told.push((
            at,
            json!({
                "code": one.code,
                "severity": one.gravity.name(),
                "line": one.line,
                "column": one.column,
                "from": start,
                "to": end,
                "message": clean_line(&one.message),
                "help": clean(&one.help),
                "shown": one.render(false),
            }),
        ));
    }
    told.sort_by_key(|(at, _)| *at);
    told.into_iter().map(|(_, value)| value).collect()
}

/// Counts from one place of a text to a later one.
struct Units<'t> {
    text: &'t str,
    byte: usize,
    unit: usize,
}

impl Units<'_> {
    fn at(&mut self, byte: usize) -> usize {
        let mut byte = byte.clamp(self.byte, self.text.len());
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        self.unit += self.text[self.byte..byte].encode_utf16().count();
        self.byte = byte;
        self.unit
    }
}

/// What `poolsim explain` says.
fn explain(topic: &str) -> Value {
    let entries = catalog::find(topic);
    let told: Vec<Value> = entries.iter().map(|entry| json!({ "name": entry.name, "text": clean(entry.text.trim_end()) })).collect();
    json!({ "entries": told })
}
