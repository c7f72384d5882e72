//! Everything that a report or a diagnostic can name, with its doc: for `poolsim explain`, the manual and the tests.
//! Gathers what other rooms say of themselves; only the rules and the words of reports are written here.

mod keys;
mod releases;
pub mod rules;
mod sentence;
pub mod words;

use crate::base::near::{distance, turned};
use crate::command::{COMMANDS, COMPLAINTS, CommandDoc};
use crate::fault::{ACTS, FAULTS};
use crate::hazard;
use crate::scenario::diagnostics::DIAGNOSTICS;
use crate::world::errors::ERRORS;
use crate::world::settings::SETTINGS;
use sentence::first_sentence;
use std::fmt::Write as _;

/// What kind of thing an entry is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum Kind {
    Hazard,
    Severity,
    Rule,
    Command,
    Fault,
    Act,
    Key,
    Setting,
    Release,
    Difference,
    Error,
    Diagnostic,
    Warning,
    Verdict,
    Status,
    Code,
}

impl Kind {
    /// In the order of the table of contents.
    pub const ALL: [Kind; 16] = [
        Kind::Hazard,
        Kind::Severity,
        Kind::Rule,
        Kind::Command,
        Kind::Fault,
        Kind::Act,
        Kind::Key,
        Kind::Setting,
        Kind::Release,
        Kind::Difference,
        Kind::Error,
        Kind::Diagnostic,
        Kind::Warning,
        Kind::Verdict,
        Kind::Status,
        Kind::Code,
    ];

    /// One of it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Hazard => "hazard",
            Kind::Severity => "severity",
            Kind::Rule => "rule",
            Kind::Command => "command",
            Kind::Fault => "fault",
            Kind::Act => "act",
            Kind::Key => "key",
            Kind::Setting => "setting",
            Kind::Release => "release",
            Kind::Difference => "difference",
            Kind::Error => "error",
            Kind::Diagnostic => "diagnostic",
            Kind::Warning => "warning",
            Kind::Verdict => "verdict",
            Kind::Status => "status",
            Kind::Code => "code",
        }
    }

    /// Several of it, as `explain` takes it.
    pub fn plural(self) -> &'static str {
        match self {
            Kind::Hazard => "hazards",
            Kind::Severity => "severities",
            Kind::Rule => "rules",
            Kind::Command => "commands",
            Kind::Fault => "faults",
            Kind::Act => "acts",
            Kind::Key => "keys",
            Kind::Setting => "settings",
            Kind::Release => "releases",
            Kind::Difference => "differences",
            Kind::Error => "errors",
            Kind::Diagnostic => "diagnostics",
            Kind::Warning => "warnings",
            Kind::Verdict => "verdicts",
            Kind::Status => "statuses",
            Kind::Code => "codes",
        }
    }

    /// The kind of this name, one or several.
    pub fn named(topic: &str) -> Option<Kind> {
        let topic = topic.trim().to_lowercase();
        Kind::ALL.into_iter().find(|kind| kind.name() == topic || kind.plural() == topic)
    }

    /// The heading over all of it.
    pub fn title(self) -> &'static str {
        match self {
            Kind::Hazard => "Hazards: what must never be",
            Kind::Severity => "Severities of hazards",
            Kind::Rule => "Rules of the manual",
            Kind::Command => "Commands that can be typed",
            Kind::Fault => "Faults: what breaks, and what mends it",
            Kind::Act => "Acts: what hands do",
            Kind::Key => "Keys of a scenario file",
            Kind::Setting => "Settings",
            Kind::Release => "Releases",
            Kind::Difference => "Differences between releases",
            Kind::Error => "Errors that the pool answers",
            Kind::Diagnostic => "Mistakes in scenario files",
            Kind::Warning => "Warnings about scenarios",
            Kind::Verdict => "Verdicts",
            Kind::Status => "How steps end",
            Kind::Code => "Refusals of the program itself",
        }
    }
}

/// One topic of `poolsim explain`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// What kind of thing it is.
    pub kind: Kind,
    /// As reports, scenarios and diagnostics write it.
    pub name: String,
    /// One line.
    pub summary: String,
    /// Everything there is to say, paragraphs parted by empty lines; a line that begins with blanks stays as it is.
    pub text: String,
}

/// Every entry, by kind and then in the order of its room.
pub fn entries() -> Vec<Entry> {
    let mut all = Vec::new();
    for doc in hazard::ALL {
        let holds = sentence(doc.holds);
        let text = format!("Severity: {}.\n\nHolds when {holds}\n\n{}", doc.severity.name(), doc.doc);
        all.push(Entry { kind: Kind::Hazard, name: doc.name.into(), summary: format!("{}: {}", doc.severity.name(), doc.holds), text });
    }
    let of_words = |kind, words: &[words::Word], all: &mut Vec<Entry>| {
        for (name, doc) in words {
            all.push(entry(kind, name, doc));
        }
    };
    of_words(Kind::Severity, words::SEVERITIES, &mut all);
    for doc in rules::RULES {
        let mut text = format!("{}\n\nKept: {}", doc.rule, doc.kept);
        if !doc.broken.is_empty() {
            let _ = write!(text, "\n\nBroken: {}", doc.broken);
        }
        let _ = write!(text, "\n\nSee also: {}.", doc.see.join(", "));
        all.push(Entry { kind: Kind::Rule, name: doc.name.into(), summary: doc.rule.into(), text });
    }
    for doc in COMMANDS {
        let life = releases::of_command(doc);
        let stages = stages(doc);
        let text = format!("    {}\n\n{}{life}{stages}\n\nFor example:\n\n    {}", doc.synopsis, doc.doc, doc.example);
        all.push(Entry { kind: Kind::Command, name: doc.name.into(), summary: first_sentence(doc.doc).into(), text });
    }
    for doc in ERRORS {
        let mut text = String::new();
        if !doc.text.is_empty() {
            let _ = write!(text, "    {}\n\n", doc.text);
        }
        text.push_str(doc.doc);
        if !doc.params.is_empty() {
            let _ = write!(text, "\n\nParameters: {}.", doc.params.join(", "));
        }
        all.push(Entry { kind: Kind::Error, name: doc.code.into(), summary: first_sentence(doc.doc).into(), text });
    }
    for (kind, key, docs) in [(Kind::Fault, "fault", FAULTS), (Kind::Act, "act", ACTS)] {
        for doc in docs {
            let undone = if doc.undone_by.is_empty() { String::new() } else { format!("\n\nUndone by: {}.", doc.undone_by) };
            let text = format!("{}{undone}\n\nFor example:\n\n    - {{at: 5m, {key}: {}}}", doc.doc, doc.example);
            all.push(Entry { kind, name: doc.name.into(), summary: first_sentence(doc.doc).into(), text });
        }
    }
    all.extend(keys::entries());
    for doc in SETTINGS {
        let own = releases::of_setting(doc);
        let text = format!("{}\n\nDefault: {}{own}\n\n    settings: {{{}: {}}}", doc.doc, doc.default, doc.key, doc.default);
        all.push(Entry {
            kind: Kind::Setting,
            name: doc.key.into(),
            summary: format!("{} ({})", first_sentence(doc.doc), doc.default),
            text,
        });
    }
    all.extend(releases::entries());
    for doc in DIAGNOSTICS {
        let mut text = doc.doc.to_string();
        // What it means of a word that is typed, where that is something else.
        if let Some(typed) = COMPLAINTS.iter().find(|typed| typed.code == doc.code) {
            let _ = write!(text, "\n\nOf what is typed: {}", typed.doc);
        }
        if !doc.example.trim().is_empty() {
            text.push_str("\n\nFor example, this has the mistake:\n\n");
            for line in doc.example.lines() {
                let _ = writeln!(text, "    {line}");
            }
        }
        all.push(Entry { kind: Kind::Diagnostic, name: doc.code.into(), summary: first_sentence(doc.doc).into(), text });
    }
    for doc in COMPLAINTS.iter().filter(|doc| !DIAGNOSTICS.iter().any(|known| known.code == doc.code)) {
        all.push(entry(Kind::Diagnostic, doc.code, doc.doc));
    }
    of_words(Kind::Warning, words::WARNINGS, &mut all);
    of_words(Kind::Verdict, words::VERDICTS, &mut all);
    of_words(Kind::Status, words::STATUSES, &mut all);
    of_words(Kind::Code, words::CODES, &mut all);
    all.iter_mut().for_each(releases::add_to);
    all.sort_by_key(|entry| entry.kind);
    all
}

/// What a command goes through.
fn stages(doc: &CommandDoc) -> String {
    if doc.stages.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = doc.stages.iter().map(|stage| format!("    {}: {}", stage.name, stage.doc)).collect();
    format!("\n\nIts stages; `after: STEP.{}` begins a step then:\n\n{}", doc.stages[0].name, lines.join("\n"))
}

fn entry(kind: Kind, name: &str, doc: &str) -> Entry {
    Entry { kind, name: name.into(), summary: first_sentence(doc).into(), text: doc.into() }
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with('.') { text.to_string() } else { format!("{text}.") }
}

/// How a topic is looked up: `xe host-forget`, `/opt/xensource/sm/resetvdis.py`, `m5` and `start-delay:` find what they mean.
fn plain(topic: &str) -> String {
    let topic = topic.trim().trim_end_matches(':').to_lowercase();
    let topic = topic.strip_prefix("xe ").unwrap_or(&topic).trim();
    let topic = topic.rsplit('/').next().unwrap_or(topic);
    topic.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The entries of a name; several kinds may share one.
pub fn find(topic: &str) -> Vec<Entry> {
    let wanted = plain(topic);
    let dashed = wanted.replace([' ', '_'], "-");
    let is = |entry: &Entry| {
        let name = plain(&entry.name);
        name == wanted || name.replace([' ', '_'], "-") == dashed
    };
    let found: Vec<Entry> = entries().into_iter().filter(is).collect();
    match wanted.rsplit_once('.') {
        // A path such as `pool.ha.timeout` is its last key.
        Some((_, key)) if found.is_empty() => find(key).into_iter().filter(|entry| entry.kind == Kind::Key).collect(),
        _ => found,
    }
}

/// The entries of whose names a topic is a part: `forget` of `host-forget`, `resetvdis` of `resetvdis.py`.
pub fn with_part(topic: &str) -> Vec<Entry> {
    let wanted = plain(topic).replace([' ', '_'], "-");
    let held = |entry: &Entry| {
        let name = plain(&entry.name).replace(['_', '.', ' '], "-");
        !wanted.is_empty() && format!("-{name}-").contains(&format!("-{wanted}-"))
    };
    entries().into_iter().filter(held).collect()
}

/// The keys of each kind of map in a scenario file: what the map is, and the names that `find` knows.
pub fn keys_by_map() -> Vec<(&'static str, Vec<&'static str>)> {
    keys::by_map()
}

/// The names that come nearest to a topic that is none, nearest first; empty where nothing is near.
pub fn nearest(topic: &str) -> Vec<String> {
    let wanted = plain(topic);
    let names: Vec<String> = entries().into_iter().map(|entry| entry.name).collect();
    nearest_of(&wanted, names.iter().map(String::as_str))
}

/// The names, of those given, that come nearest to `wanted`: at most three.
pub fn nearest_of<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let wanted: Vec<char> = wanted.to_lowercase().chars().take(64).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let part: String = wanted.iter().collect();
    let mut near: Vec<(usize, String)> = names
        .filter_map(|name| {
            let lower: Vec<char> = name.to_lowercase().chars().take(64).collect();
            let distance = distance(&wanted, &lower);
            let holds = wanted.len() >= 3 && lower.iter().collect::<String>().contains(&part);
            let far = wanted.len().max(lower.len()) / 3;
            (distance <= far.max(1) || holds || turned(&part, name))
                .then(|| (if holds { distance.min(far) } else { distance }, name.to_string()))
        })
        .collect();
    near.sort();
    near.dedup();
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_of_a_diagnostic_is_explained() {
        let entries = entries();
        for code in DIAGNOSTICS.iter().map(|doc| doc.code).chain(COMPLAINTS.iter().map(|doc| doc.code)) {
            let found = entries.iter().filter(|entry| entry.kind == Kind::Diagnostic && entry.name == code).count();
            assert_eq!(found, 1, "{code}");
        }
        for doc in COMPLAINTS {
            let told = entries.iter().find(|entry| entry.kind == Kind::Diagnostic && entry.name == doc.code).unwrap();
            assert!(told.text.contains(doc.doc), "{}", doc.code);
        }
    }

    #[test]
    fn every_entry_says_something_in_sentences() {
        for entry in entries() {
            assert!(!entry.name.is_empty() && entry.name.trim() == entry.name, "{entry:?}");
            assert!(entry.text.trim().len() >= 20, "{}: {:?}", entry.name, entry.text);
            // A synopsis or the tool's own words may stand before, set in.
            let said = entry.text.split("\n\n").find(|paragraph| !paragraph.starts_with(' ')).unwrap();
            let start = said.chars().next().unwrap();
            // Programs keep their small letters, also where a sentence begins.
            let program = ["xapi ", "xe ", "resetvdis.py ", "pool.conf "].iter().any(|name| said.starts_with(name));
            assert!(program || start.is_uppercase() || !start.is_alphabetic(), "{} begins with no sentence: {}", entry.name, entry.text);
            assert!(!entry.summary.contains('\n'), "{}", entry.name);
        }
    }

    #[test]
    fn a_name_is_once_in_its_kind() {
        let mut seen = BTreeSet::new();
        for entry in entries() {
            assert!(seen.insert((entry.kind, entry.name.clone())), "{} twice", entry.name);
        }
    }

    #[test]
    fn the_rules_are_m1_to_m22() {
        let names: Vec<&str> = rules::RULES.iter().map(|rule| rule.name).collect();
        let expected: Vec<String> = (1..=22).map(|n| format!("M{n}")).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn topics_are_found_as_people_type_them() {
        for topic in ["M5", "m5", "start-delay:", "pool.vms", "Heartbeat-Interval", "heartbeat interval", "not-yet", "as_expected"] {
            assert_eq!(find(topic).len(), 1, "{topic}");
        }
        assert!(find("nothing of the kind").is_empty() && find("pool.xyzzy").is_empty() && find("...").is_empty());
    }

    #[test]
    fn a_slip_of_the_finger_is_forgiven() {
        assert_eq!(nearest("hearbeat-interval")[0], "heartbeat-interval");
        assert_eq!(nearest("corrupton")[0], "corruption");
        assert!(nearest("xyzzyxyzzyxyzzy").is_empty());
        assert!(nearest("").is_empty());
        assert!(nearest(&"a".repeat(1_000_000)).is_empty());
    }
}
