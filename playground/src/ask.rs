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

    /// The scenario with what it includes of `parts`, texts by the names of their files; or what is wrong with it.
    pub fn load(&self) -> Result<Loaded, Value> {
        let text = self.text("text");
        let mut include = |path: &str| self.part(path);
        let asked = &mut scenario::Asked { include: &mut include, set: &[], release: None };
        scenario::load_with(self.file(), text.as_bytes(), asked)
            .map_err(|wrong| json!({ "diagnostics": diagnostics(self.file(), text, &wrong) }))
    }

    /// A part that was handed in. A page knows no folders: it is known by its name alone.
    fn part(&self, path: &str) -> Result<Vec<u8>, String> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let held = self.0.get("parts").and_then(|parts| parts.get(name)).and_then(Value::as_str);
        held.map(|text| text.as_bytes().to_vec()).ok_or_else(|| {
            "a page reads no files by itself; open it here (\"Open\" takes a scenario and its parts together), or write what it holds into the scenario".to_owned()
        })
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
        Ok(Loaded { scenario, warnings }) => {
            json!({ "diagnostics": diagnostics(asked.file(), text, &warnings), "holds": holds(&scenario) })
        }
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

/// Diagnostics with their places, counted as JavaScript counts a text: in units of UTF-16. What is wrong with a part is told where
/// the scenario names it.
fn diagnostics(file: &str, text: &str, all: &[Diagnostic]) -> Vec<Value> {
    // A byte-order mark is no part of the text that places count in, but one unit of what the page holds.
    let mark = text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len();
    let mut counter = Units { text, byte: 0, unit: 0 };
    let mut told: Vec<(usize, Value)> = Vec::new();
    let mut by_place: Vec<(std::ops::Range<usize>, usize, &Diagnostic)> = all
        .iter()
        .enumerate()
        .map(|(at, one)| {
            let own = one.span.start + mark..one.span.end + mark;
            (if one.file == file { own } else { named(text, &one.file) }, at, one)
        })
        .collect();
    by_place.sort_by_key(|(place, at, _)| (place.start, *at));
    for (place, at, one) in by_place {
        let start = counter.at(place.start);
        let end = Units { ..counter }.at(place.end).max(start);
        let (line, column, within) = if one.file == file {
            (one.line, one.column, String::new())
        } else {
            let before = &text[..place.start];
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            (before.matches('\n').count() as u32 + 1, column as u32, format!("{}, line {}: ", one.file, one.line))
        };
        told.push((
            at,
            json!({
                "code": one.code,
                "severity": one.gravity.name(),
                "line": line,
                "column": column,
                "from": start,
                "to": end,
                "message": clean_line(&format!("{within}{}", one.message)),
                "help": clean(&one.help),
                "shown": one.render(false),
            }),
        ));
    }
    told.sort_by_key(|(at, _)| *at);
    told.into_iter().map(|(_, value)| value).collect()
}

/// Where a text names a file, as far as it does.
fn named(text: &str, file: &str) -> std::ops::Range<usize> {
    let name = file.rsplit('/').next().unwrap_or(file);
    text.find(name).map_or(0..0, |at| at..at + name.len())
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
