//! The reader: takes a tree apart and collects every diagnostic on the way. Knows what a duration, a size or a list of
//! names looks like, and nothing of what they are for.

use super::diagnostic::{Diagnostic, Mend, Place, Source};
use super::keys::Table;
use super::range::{self, NameRange};
use super::tree::{self, Node, Value};
use crate::base::typography::{Odd, plain};
use std::collections::BTreeSet;

mod guess;
mod units;

use guess::{elsewhere, home, timeless};

pub use super::diagnostic::shorten;
pub use units::INTERVAL_LEAST;

/// The most diagnostics that are told of one file.
const DIAGNOSTICS_MOST: usize = 500;
/// The most comparisons of characters for "did you mean".
const GUESSES_MOST: u64 = 50_000_000;
/// The most names that ranges and lists may stand for, all in all.
const WORK_MOST: u64 = 5_000_000;
/// The most names that the examination of commands may go through, all in all.
const LOOKS_MOST: u64 = 1_000_000_000;

/// Collects diagnostics.
pub struct Reader<'a> {
    /// The file.
    pub source: &'a Source<'a>,
    errors: Vec<(Place, Diagnostic)>,
    warnings: Vec<(Place, Diagnostic)>,
    told: BTreeSet<(usize, &'static str)>,
    /// The keys of maps in which a key is wrong that was meant for another: what is missing there follows from that.
    strayed: BTreeSet<usize>,
    untold: usize,
    guesses: u64,
    work: u64,
    looks: u64,
}

/// The entries of a map, looked up by key.
#[derive(Clone, Copy)]
pub struct Fields<'n> {
    /// The map.
    pub node: &'n Node,
    entries: &'n [(tree::Key, Node)],
}

impl<'n> Fields<'n> {
    /// How many keys stand here.
    pub fn count(&self) -> usize {
        self.entries.len()
    }
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|(_, value)| value)
    }
    /// The value of a key unless nothing stands there.
    pub fn some(&self, key: &str) -> Option<&'n Node> {
        self.get(key).filter(|node| !node.is_null())
    }
    /// A key with its value.
    pub fn entry(&self, key: &str) -> Option<(&'n tree::Key, &'n Node)> {
        self.entries.iter().find(|(found, _)| found.text == key).map(|(found, value)| (found, value))
    }
    /// Where a key stands.
    pub fn key_place(&self, key: &str) -> Place {
        self.entry(key).map_or_else(|| self.node.mark(), |(key, _)| key.place)
    }
    /// The place of the first key.
    pub fn place(&self) -> Place {
        self.node.mark()
    }
    /// Those of some keys that stand here, in the file's order.
    pub fn among(&self, keys: &[&str]) -> Vec<&'n tree::Key> {
        self.entries.iter().map(|(key, _)| key).filter(|key| keys.contains(&key.text.as_str())).collect()
    }
}

impl<'a> Reader<'a> {
    /// A reader of a file.
    pub fn new(source: &'a Source<'a>) -> Reader<'a> {
        Reader {
            source,
            errors: Vec::new(),
            warnings: Vec::new(),
            told: BTreeSet::new(),
            strayed: BTreeSet::new(),
            untold: 0,
            guesses: 0,
            work: 0,
            looks: 0,
        }
    }

    /// Whether no more errors are taken.
    pub fn full(&self) -> bool {
        self.untold > 0
    }

    /// Everything found, in the file's order: errors and warnings.
    pub fn finish(mut self) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        self.errors.sort_by_key(|(place, _)| *place);
        self.warnings.sort_by_key(|(place, _)| *place);
        if self.untold > 0 {
            let place = self.errors.last().map_or(Place::default(), |(place, _)| *place);
            let message = format!("{} more mistakes are not shown", self.untold);
            self.errors.push((place, self.source.error(place, "too-many", message, "mend those above first")));
        }
        let bare = |told: Vec<(Place, Diagnostic)>| told.into_iter().map(|(_, diagnostic)| diagnostic).collect();
        (bare(self.errors), bare(self.warnings))
    }

    /// Errors and warnings in the order of the file.
    pub fn finish_together(mut self, keep: impl Fn(&Diagnostic) -> bool) -> Vec<Diagnostic> {
        let warnings = std::mem::take(&mut self.warnings);
        let last = self.errors.iter().map(|(place, _)| *place).max();
        // What lies behind the errors that are shown is found again when those are mended.
        let shown = |place: Place| self.untold == 0 || last.is_some_and(|last| place <= last);
        let kept: Vec<_> = warnings.into_iter().filter(|(place, told)| shown(*place) && keep(told)).collect();
        self.errors.extend(kept);
        self.finish().0
    }

    /// How many errors and warnings there are so far.
    pub fn count(&self) -> (usize, usize) {
        (self.errors.len(), self.warnings.len())
    }

    /// Where errors have come since a count, the warnings that have come since are taken back.
    pub fn errors_alone(&mut self, (errors, warnings): (usize, usize)) {
        if self.errors.len() > errors {
            self.warnings.truncate(warnings);
        }
    }

    /// Whether anything is wrong so far.
    pub fn is_sound(&self) -> bool {
        self.errors.is_empty()
    }

    /// Whether this place has not yet been told of under this code. What a name such as `xs01..xs16` stands for is read
    /// sixteen times, and told once.
    pub fn fresh(&self, place: Place, code: &'static str) -> bool {
        !self.told.contains(&(place.start, code))
    }

    /// Tells of an error.
    pub fn error(&mut self, place: Place, code: &'static str, message: impl Into<String>, help: impl Into<String>) {
        if matches!(code, "missing-key" | "misplaced-key") && self.strayed.contains(&place.start) {
            return;
        }
        if self.errors.len() >= DIAGNOSTICS_MOST {
            self.untold += usize::from(self.fresh(place, code));
        } else if self.told.insert((place.start, code)) {
            let diagnostic = self.source.error(place, code, message, help);
            self.errors.push((place, diagnostic));
        }
    }

    /// Tells of a warning.
    pub fn warning(&mut self, place: Place, code: &'static str, message: impl Into<String>, help: impl Into<String>) {
        if self.warnings.len() < DIAGNOSTICS_MOST && self.told.insert((place.start, code)) {
            let diagnostic = self.source.warning(place, code, message, help);
            self.warnings.push((place, diagnostic));
        }
    }

    /// Notes the one mend of the error that was told last, at this place: `word`, which stands there once, becomes `with`. The
    /// help says it, too.
    pub fn mend(&mut self, place: Place, word: &str, with: &str) {
        let written = self.source.slice(place);
        let mut found = written.match_indices(word);
        let (Some((at, _)), None, false) = (found.next(), found.next(), word.is_empty() || word == with) else { return };
        let start = self.source.within(place).start + at;
        if let Some((_, last)) = self.errors.last_mut().filter(|(told, last)| *told == place && last.mend.is_none()) {
            last.mend = Some(Mend { span: start..start + word.len(), text: with.to_string() });
            if !last.help.contains(&format!("`{with}`")) && !with.starts_with(' ') {
                last.help = format!("write `{}`", shorten(with));
            }
        }
    }

    /// Notes the one mend of the error that was told last, at `told`: what stands at `place` becomes `with`.
    fn mend_at(&mut self, told: Place, place: Place, with: String) {
        let within = self.source.within(place);
        if let Some((_, last)) = self.errors.last_mut().filter(|(at, last)| *at == told && last.mend.is_none()) {
            last.mend = Some(Mend { span: within.start..within.end, text: with });
        }
    }

    /// Counts names that are read; false once the file stands for more than can be held.
    pub fn spend(&mut self, place: Place, names: usize) -> bool {
        self.work = self.work.saturating_add(names as u64);
        if self.work > WORK_MOST {
            self.error(place, "too-large", "the names here stand for more than a scenario may hold", "use fewer or shorter ranges");
        }
        self.work <= WORK_MOST
    }

    /// Counts a look at a command line, which goes through the names of the pool; false once that takes too long.
    pub fn examine(&mut self, place: Place, names: usize) -> bool {
        self.looks = self.looks.saturating_add(names as u64 + 100);
        if self.looks > LOOKS_MOST {
            self.error(place, "too-large", "too many commands for so many names", "split the story into several files");
        }
        self.looks <= LOOKS_MOST
    }

    /// The line of a place; what an included file says is told at the line of the first file that brought it.
    pub fn line(&self, place: Place) -> u32 {
        self.source.line_of_file(place.start)
    }

    /// Tells that a value is of the wrong type.
    pub fn wrong_type(&mut self, node: &Node, expected: &str, help: impl Into<String>) {
        self.error(node.mark(), "wrong-type", format!("expected {expected}, found {}", node.kind()), help);
    }

    /// The entries of a map; unknown keys are told of, and those that are not built.
    pub fn fields<'n>(&mut self, node: &'n Node, table: &'static Table) -> Option<Fields<'n>> {
        let Value::Map(entries) = &node.value else {
            let keys: Vec<&str> = table.keys.iter().map(|key| key.name).take(8).collect();
            self.wrong_type(
                node,
                &format!("a map: {}", table.what),
                format!("its keys are {}{}", keys.join(", "), if table.keys.len() > 8 { ", …" } else { "" }),
            );
            return None;
        };
        for (key, value) in entries {
            if !table.keys.iter().any(|known| known.name == key.text) {
                self.unknown_key(table, entries, key, value);
            }
        }
        Some(Fields { node, entries })
    }

    /// Tells of a key that a map does not have, and of what was meant.
    fn unknown_key(&mut self, table: &'static Table, entries: &[(tree::Key, Node)], key: &tree::Key, value: &Node) {
        if key.text.starts_with(|c| Odd::of(c) == Some(Odd::Blank)) {
            // YAML takes it for a letter of the key, which then stands at the beginning of its line.
            self.strayed.extend(entries.iter().map(|(key, _)| key.place.start));
            let message = format!("{} stands before the key `{}`", Odd::Blank.name(), shorten(plain(&key.text).trim()));
            self.error(key.place, "unknown-key", message, "indent with plain spaces");
            return self.mend(key.place, &key.text, &plain(&key.text));
        }
        let names: Vec<&str> = table.keys.iter().map(|key| key.name).collect();
        // A key that stands here already is not what was meant.
        let absent = |name: &&str| !entries.iter().any(|(other, _)| other.text == *name);
        let clean = plain(&key.text);
        let clean = clean.trim().trim_matches(['"', '\'']);
        let meant = names.iter().copied().find(|name| *name == clean && clean != key.text);
        let meant = meant.or_else(|| self.sure(&key.text, names.iter().copied()));
        let meant = meant.filter(absent);
        let home = home(table, &key.text).filter(absent);
        let guess = self.guess(&key.text, names.iter().copied());
        let one_line = !matches!(value.value, Value::Map(_) | Value::List(_)) && !self.source.slice(value.place).contains('\n');
        let written = if one_line { self.source.slice(value.place).trim() } else { "…" };
        let help = match (meant, home, elsewhere(&key.text), guess) {
            _ if timeless(table, &key.text) => "a goal has no time: it is judged when the run is over. Take the key out".to_string(),
            (Some(meant), ..) => format!("did you mean `{meant}`?"),
            (_, Some(home), ..) => format!("write `{home}: {{{}: {}}}`", key.text, shorten(written)),
            (_, _, Some(there), _) => there,
            (.., Some(guess)) => format!("did you mean `{guess}`?"),
            _ => format!("the keys here are {}", names.join(", ")),
        };
        // What is missing here is what this key was meant to be.
        if meant.is_some() || home.is_some() || guess.is_some() || elsewhere(&key.text).is_some() {
            self.strayed.extend(entries.iter().map(|(key, _)| key.place.start));
        }
        let message = match Odd::first(&key.text) {
            Some((_, odd)) => format!("{} in the key `{}` of {}", odd.name(), shorten(clean), table.what),
            None => format!("unknown key `{}` in {}", shorten(&key.text), table.what),
        };
        self.error(key.place, "unknown-key", message, help);
        match (meant, home) {
            _ if timeless(table, &key.text) => {}
            (Some(meant), _) => self.mend(key.place, &key.text, meant),
            (None, Some(home)) if one_line => {
                let place = Place { start: key.place.start, end: value.place.end };
                let written = self.source.slice(place);
                let place = Place { end: place.start + written.trim_end().len(), ..place };
                self.mend_at(key.place, place, format!("{home}: {{{}}}", written.trim_end()));
            }
            _ => {}
        }
    }

    /// The entries of a map whose keys are names.
    pub fn entries<'n>(&mut self, node: &'n Node, what: &str) -> &'n [(tree::Key, Node)] {
        match &node.value {
            Value::Map(entries) => entries,
            Value::Null => &[],
            _ => {
                self.wrong_type(node, what, "write `name: value`, one a line");
                &[]
            }
        }
    }

    /// The items of a list.
    pub fn items<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        match &node.value {
            Value::List(items) => items,
            Value::Null => &[],
            _ => {
                self.wrong_type(node, what, "begin each item with `- ` on its own line, or write `[a, b]`");
                &[]
            }
        }
    }

    /// The items of a list, or the value alone.
    pub fn one_or_more<'n>(&mut self, node: &'n Node) -> &'n [Node] {
        match &node.value {
            Value::List(items) => items,
            _ => std::slice::from_ref(node),
        }
    }

    /// A text.
    pub fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        let help = match &node.value {
            Value::Text(text) => return Some(text),
            Value::Null => {
                if self.source.slice(node.place).trim().is_empty() {
                    "nothing stands here: write it, or take the key out".to_string()
                } else {
                    "`null` and `~` mean nothing to YAML: quote it if it is meant as a text".to_string()
                }
            }
            Value::Bool(value) => format!("`{value}` is a truth value to YAML: quote it, `\"{value}\"`"),
            Value::Number { text, .. } => format!("this looks like a number to YAML: quote it, `\"{}\"`", shorten(text)),
            Value::List(_) => "write one text".to_string(),
            Value::Map(_) => "a text with `: ` in it is a map to YAML: quote it".to_string(),
        };
        self.wrong_type(node, what, help);
        None
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, node: &Node) -> Option<bool> {
        match &node.value {
            Value::Bool(value) => Some(*value),
            Value::Text(text) if matches!(text.to_lowercase().as_str(), "yes" | "no" | "on" | "off" | "true" | "false" | "y" | "n") => {
                let meant = matches!(text.to_lowercase().as_str(), "yes" | "on" | "true" | "y");
                self.wrong_type(node, "true or false", format!("write `{meant}`, without quotes"));
                if self.source.slice(node.place).trim() == text {
                    self.mend(node.place, text, &meant.to_string());
                }
                None
            }
            _ => {
                self.wrong_type(node, "true or false", "write `true` or `false`");
                None
            }
        }
    }

    /// A whole number from 0.
    pub fn whole(&mut self, node: &Node, least: u64, most: u64) -> Option<u64> {
        match &node.value {
            Value::Number { whole: Some(n), .. } if (least..=most).contains(n) => Some(*n),
            Value::Number { .. } => {
                self.error(
                    node.place,
                    "wrong-value",
                    format!("expected a whole number from {least} to {most}"),
                    format!("write a number such as `{}`", least.max(1)),
                );
                None
            }
            _ => {
                self.wrong_type(node, "a whole number", "write it in digits, without quotes or a unit");
                None
            }
        }
    }

    /// One of some words.
    pub fn choice<T: Copy>(&mut self, node: &Node, what: &str, choices: &[(&str, T)]) -> Option<T> {
        let list = || choices.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        let Value::Text(text) = &node.value else {
            self.wrong_type(node, what, format!("one of {}", list()));
            return None;
        };
        let found = choices.iter().find(|(word, _)| word == text).map(|(_, value)| *value);
        if found.is_none() {
            let help = match self.guess(text, choices.iter().map(|(word, _)| *word)) {
                Some(guess) => format!("did you mean `{guess}`? The choice is {}", list()),
                None => format!("the choice is {}", list()),
            };
            self.error(node.place, "wrong-value", format!("`{}` is not {what}", shorten(text)), help);
            if let Some(meant) = self.sure(text, choices.iter().map(|(word, _)| *word)) {
                self.mend(node.place, text, meant);
            }
        }
        found
    }

    /// A name in a list or as a value, which may be a range of names.
    pub fn name_range(&mut self, place: Place, text: &str) -> Option<NameRange> {
        match range::parse(text) {
            Ok(range) => Some(range),
            Err(help) => {
                self.error(place, "wrong-range", format!("`{}` is no range of names", shorten(text)), help);
                None
            }
        }
    }
}
