//! The catalogue of the handbook: a page a hazard, rule and command, from what `poolsim explain` tells of them.

use super::common;
use poolsim::catalog::{Entry, Kind, entries};
use poolsim::scenario::model::Scenario;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The kinds that have pages, with what their list says first.
const KINDS: [(Kind, &str); 3] = [
    (
        Kind::Hazard,
        "What the simulator finds in a run, in the order in which reports have it. Each is a state of the pool that must never be, or must not last.",
    ),
    (Kind::Rule, "What the chapters of the XenServer 6 manual on failing members and masters ask for."),
    (Kind::Command, "What an operator can type, in a scenario and in a drill."),
];
/// Stands at the head of each page.
const WRITTEN: &str = "<!-- Written by the test `handbook` from what `poolsim explain` tells; POOLSIM_BLESS=1 writes it anew. -->";

/// A page that leads to others: its path below `src`, its title, its text.
pub struct Lesson {
    /// Below `src`.
    pub path: String,
    /// Its heading.
    pub title: String,
    /// All of it.
    pub text: String,
}

/// A generated page.
pub struct Page {
    /// Below `src`.
    pub path: String,
    /// As the table of contents has it.
    pub title: String,
    /// Whether it is the list of a kind.
    pub list: bool,
    /// All of it.
    pub text: String,
}

/// The name of an entry's file: `cat /etc/xensource/pool.conf` has blanks and slashes.
fn file(entry: &Entry) -> String {
    let plain: String = entry.name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    format!("catalogue/{}/{}.md", entry.kind.plural(), plain.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-"))
}

/// Every page of the catalogue, in the order of the table of contents.
pub fn pages(lessons: &[Lesson]) -> Vec<Page> {
    let all: Vec<Entry> = entries().into_iter().filter(|entry| KINDS.iter().any(|(kind, _)| *kind == entry.kind)).collect();
    // A name may be of several kinds; the first has it.
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for entry in &all {
        known.entry(entry.name.clone()).or_insert(file(entry));
    }
    let stories: Vec<(String, Scenario, String)> = common::shipped()
        .iter()
        .map(|path| (common::relative(path), common::load_file(path), std::fs::read_to_string(path).expect("text")))
        .collect();
    let mut pages = Vec::new();
    for (kind, says) in KINDS {
        let mut text = format!("{WRITTEN}\n\n# {}\n\n{says}\n\n| | |\n|---|---|\n", kind.title());
        let of_kind: Vec<&Entry> = all.iter().filter(|entry| entry.kind == kind).collect();
        for entry in &of_kind {
            let below = file(entry).replacen("catalogue/", "", 1);
            let _ = writeln!(text, "| [{}]({below}) | {} |", entry.name, entry.summary.replace('|', "\\|"));
        }
        pages.push(Page { path: format!("catalogue/{}.md", kind.plural()), title: kind.title().into(), list: true, text });
        pages.extend(of_kind.into_iter().map(|entry| page(entry, &known, lessons, &stories)));
    }
    pages
}

fn page(entry: &Entry, known: &BTreeMap<String, String>, lessons: &[Lesson], stories: &[(String, Scenario, String)]) -> Page {
    let path = file(entry);
    let mut text = format!("{WRITTEN}\n\n# {}\n\n*{}*\n", entry.name, entry.kind.name());
    for paragraph in entry.text.trim_end().split("\n\n") {
        text.push('\n');
        if paragraph.starts_with(' ') {
            let block: Vec<&str> = paragraph.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
            let _ = writeln!(text, "```text\n{}\n```", block.join("\n"));
        } else {
            let _ = writeln!(text, "{}", linked(paragraph, entry, known));
        }
    }
    let told: Vec<&Lesson> = lessons.iter().filter(|lesson| lesson.text.contains(&format!("../{path}"))).collect();
    if !told.is_empty() {
        text.push_str("\n## In the lessons\n\n");
        for lesson in told {
            let _ = writeln!(text, "- [{}](../../{})", lesson.title, lesson.path);
        }
    }
    let shown: Vec<(&String, &Scenario)> =
        stories.iter().filter(|(_, story, yaml)| shows(entry, story, yaml)).map(|(path, story, _)| (path, story)).collect();
    if !shown.is_empty() && entry.kind != Kind::Command {
        text.push_str("\n## Scenarios\n\n");
        for (path, story) in shown {
            let kept = story.shows_kept.contains(&entry.name);
            let how = match (entry.kind, kept, story.shows_broken.contains(&entry.name)) {
                (Kind::Rule, true, true) => " (kept and broken)",
                (Kind::Rule, true, false) => " (kept)",
                (Kind::Rule, false, true) => " (broken)",
                _ => "",
            };
            let _ = writeln!(text, "- `{path}`: {}{how}", story.title);
        }
    }
    Page { path, title: entry.name.clone(), list: false, text }
}

/// Whether a scenario is about a hazard or a rule.
fn shows(entry: &Entry, story: &Scenario, yaml: &str) -> bool {
    match entry.kind {
        Kind::Rule => story.shows_kept.contains(&entry.name) || story.shows_broken.contains(&entry.name),
        Kind::Hazard => yaml.split("hazard: ").skip(1).any(|rest| rest.split([',', '}', '\n', ' ']).next() == Some(entry.name.as_str())),
        _ => false,
    }
}

/// The paragraph with each word that has a page of its own linked, the first time that it stands there.
fn linked(paragraph: &str, entry: &Entry, known: &BTreeMap<String, String>) -> String {
    let mut said = vec![entry.name.as_str()];
    let mut out = String::new();
    for (number, piece) in paragraph.split('`').enumerate() {
        if number % 2 == 1 {
            match known.get_key_value(piece.trim_start_matches("xe ")) {
                Some((name, path)) if !said.contains(&name.as_str()) => {
                    said.push(name);
                    let _ = write!(out, "[`{piece}`](../../{path})");
                }
                _ => out.push_str(&format!("`{piece}`")),
            }
            continue;
        }
        for (number, word) in piece.split(' ').enumerate() {
            if number > 0 {
                out.push(' ');
            }
            let plain = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
            match known
                .get_key_value(plain)
                .filter(|(name, _)| !said.contains(&name.as_str()) && (name.contains(['-', '.']) || name.starts_with('M')))
            {
                Some((name, path)) => {
                    said.push(name);
                    out.push_str(&word.replacen(plain, &format!("[{plain}](../../{path})"), 1));
                }
                None => out.push_str(word),
            }
        }
    }
    out
}
