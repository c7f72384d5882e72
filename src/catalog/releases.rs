//! What `explain` says of releases: each one, what tells them apart, and beneath other topics what of that concerns them.
//! Knows no release by name: all is read from the rows.

use super::sentence::first_sentence;
use super::{Entry, Kind};
use crate::command::{COMMANDS, CommandDoc};
use crate::world::release::{DIFFERENCES, Difference, Release, SUBJECTS};
use crate::world::settings::{SettingDoc, SettingKind, Settings};
use crate::world::sm::StorageManager;
use std::fmt::Write as _;

/// The releases in the order of their rows, the table of all of them, and each difference.
pub(super) fn entries() -> Vec<Entry> {
    let mut all: Vec<Entry> = Release::all().map(release).collect();
    all.push(table());
    all.extend(DIFFERENCES.iter().map(difference));
    all
}

fn release(release: Release) -> Entry {
    let row = release.row();
    let mut text = row.doc.to_string();
    if release == Release::default() {
        text.push_str(" The default.");
    }
    let _ = write!(text, "\n\nCode: {}. Storage manager: {}.", row.code, row.settings.storage_manager.name());
    let _ = write!(text, "\n\nWhat it answers where releases differ:\n");
    for difference in DIFFERENCES {
        let _ = write!(text, "\n    {}: {}", difference.name(), (difference.shown)(&row.answers));
    }
    Entry { kind: Kind::Release, name: row.name.into(), summary: first_sentence(row.doc).into(), text }
}

/// The topic `releases`.
fn table() -> Entry {
    let names = |names: Vec<&str>| names.join(", ");
    let summary = "Every difference between the releases, with its source.";
    let there: Vec<&str> = Release::all().map(Release::name).collect();
    let mut text = format!("{summary} There {} {}.", if there.len() == 1 { "is" } else { "are" }, names(there));
    for subject in SUBJECTS {
        let _ = write!(text, "\n\n{}", subject.doc.trim());
        for difference in DIFFERENCES.iter().filter(|difference| difference.subject == subject.name) {
            let _ = write!(text, "\n\n    {}: {}", difference.name(), answers(difference));
            let _ = write!(text, "\n      {}", difference.doc.trim());
            let _ = write!(text, "\n      Source: {}.", difference.source);
        }
    }
    text.push_str(&beside_the_questions());
    Entry { kind: Kind::Release, name: "releases".into(), summary: summary.into(), text }
}

/// What tells releases apart and is no question: which commands there are, and whose storage manager it is.
fn beside_the_questions() -> String {
    let mut text = String::from("\n\nCommands: those that not every release has.");
    for doc in COMMANDS.iter().filter(|doc| doc.since.is_some() || doc.until.is_some()) {
        let with: Vec<&str> = Release::all().filter(|release| doc.exists_in(*release)).map(Release::name).collect();
        let life = of_command(doc);
        let _ = write!(
            text,
            "\n\n    {}: in {}\n      {}\n      Source: cli_frontend.ml, the table of commands.",
            doc.name,
            with.join(", "),
            life.trim()
        );
    }
    text.push_str("\n\nThe storage manager: whose check of a disk's locks, and whose `resetvdis.py`.");
    let managers = Release::all().map(|release| format!("{} in {}", release.row().settings.storage_manager.name(), release.name()));
    let managers: Vec<String> = managers.collect();
    let _ = write!(text, "\n\n    storage-manager: {}", managers.join("; "));
    text.push_str("\n      Any generation can be set in any release; `poolsim explain storage-manager` tells what each does.");
    text.push_str("\n      Source: blktap2.py and resetvdis.py at five commits, docs/model/locks.md §11.");
    text
}

fn difference(difference: &Difference) -> Entry {
    let doc = difference.doc.trim();
    let mut text = format!("{doc}\n\n    {}\n\nSource: {}.", answers(difference), difference.source);
    if !difference.topics.is_empty() {
        let _ = write!(text, "\n\nSee also: {}.", difference.topics.join(", "));
    }
    Entry { kind: Kind::Difference, name: difference.name(), summary: first_sentence(doc).into(), text }
}

/// Who answers what: `yes in NAME, NAME; no in NAME`.
fn answers(difference: &Difference) -> String {
    let mut said: Vec<(String, Vec<&str>)> = Vec::new();
    for release in Release::all() {
        let answer = (difference.shown)(&release.row().answers);
        match said.iter_mut().find(|(known, _)| *known == answer) {
            Some((_, names)) => names.push(release.name()),
            None => said.push((answer, vec![release.name()])),
        }
    }
    said.iter().map(|(answer, names)| format!("{answer} in {}", names.join(", "))).collect::<Vec<_>>().join("; ")
}

/// What is said of a command that not every release has.
pub(super) fn of_command(doc: &CommandDoc) -> String {
    let since = doc.since.map(|version| format!("since {version}"));
    let until = doc.until.map(|version| format!("up to {version}"));
    let life: Vec<String> = since.into_iter().chain(until).collect();
    if life.is_empty() {
        return String::new();
    }
    let without: Vec<&str> = Release::all().filter(|release| !doc.exists_in(*release)).map(Release::name).collect();
    let without = if without.is_empty() { String::new() } else { format!("; not in {}", without.join(", ")) };
    format!("\n\nThere is such a command {}{without}.", life.join(", "))
}

/// What is said of a setting behind its default: where the default is another, and which generations there are.
pub(super) fn of_setting(doc: &SettingDoc) -> String {
    let own = |release: Release| Settings::of(release).shown(doc.key).unwrap_or_default();
    let usual = own(Release::default());
    let mut text = String::new();
    for release in Release::all().filter(|release| own(*release) != usual) {
        let _ = write!(text, "; in {}: {}", release.name(), own(release));
    }
    if doc.kind == SettingKind::StorageManager {
        let docs: Vec<&str> = StorageManager::ALL.iter().map(|manager| manager.doc()).collect();
        let _ = write!(text, "\n\n{}", docs.join(" "));
    }
    text
}

/// What is added to every entry that a difference belongs to.
pub(super) fn add_to(entry: &mut Entry) {
    if matches!(entry.kind, Kind::Difference | Kind::Release) {
        return;
    }
    for difference in DIFFERENCES.iter().filter(|difference| difference.topics.contains(&entry.name.as_str())) {
        let (name, doc) = (difference.name(), difference.doc.trim());
        let _ = write!(entry.text, "\n\nReleases differ in {name}. {doc}\n\n    {}", answers(difference));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;

    #[test]
    fn what_a_difference_belongs_to_tells_it() {
        for difference in DIFFERENCES {
            assert!(!difference.topics.is_empty() && !difference.source.is_empty(), "{}", difference.name());
            for topic in difference.topics {
                let found = catalog::find(topic);
                assert!(!found.is_empty(), "{}: there is no {topic}", difference.name());
                assert!(found.iter().all(|entry| entry.text.contains(&difference.name())), "{topic}");
            }
        }
    }

    #[test]
    fn the_table_has_every_difference_under_its_subject() {
        let table = catalog::find("releases").remove(0).text;
        let mut last = 0;
        for subject in SUBJECTS {
            let at = table.find(subject.doc.trim()).expect("the subject");
            assert!(at > last, "{}", subject.name);
            last = at;
            assert!(DIFFERENCES.iter().any(|difference| difference.subject == subject.name), "{} is about nothing", subject.name);
        }
        for difference in DIFFERENCES {
            assert!(table.contains(&format!("    {}: ", difference.name())) && table.contains(difference.source), "{}", difference.name());
        }
        // Beside the questions: commands that came, and the storage managers.
        let came: Vec<&CommandDoc> = COMMANDS.iter().filter(|doc| Release::all().any(|release| !doc.exists_in(release))).collect();
        assert!(!came.is_empty() && came.iter().all(|doc| table.contains(&format!("    {}: in ", doc.name))));
        for release in Release::all() {
            let manager = format!("{} in {}", release.row().settings.storage_manager.name(), release.name());
            assert!(table.contains(&manager), "{manager}");
        }
    }
}
