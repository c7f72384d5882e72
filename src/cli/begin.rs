//! How to begin: what `poolsim` says where no command is typed. It asks nothing, looks at what lies in the folder, and prints
//! commands that work there, for each of the four who use it.

use super::exit::Status;
use super::out::Out;
use super::plain::open;
use crate::base::inert::hidden;
use crate::report::text::layout::{Page, Tint};
use std::io::Read as _;
use std::path::Path;

/// As many entries of a folder are looked at.
const LOOKED_AT: usize = 400;
/// As much of a file is read to see what it is.
const HEAD: u64 = 16 << 10;
/// As many lists of `xe` are named in one command.
const LISTS: usize = 8;

/// What lies in a folder, the first of each by name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct There {
    scenario: Option<String>,
    /// A folder with scenarios in it.
    suite: Option<String>,
    dump: Option<String>,
    lists: Vec<String>,
    runbook: Option<String>,
}

/// Prints it.
pub fn begin(out: Out) -> Status {
    out.result(&text(out.colour, &there(Path::new("."))))
}

/// The same beside a result, where somebody may read it.
pub fn begin_beside(out: Out) {
    out.say(&text(out.colour_err, &there(Path::new("."))));
}

fn there(folder: &Path) -> There {
    let mut found = There::default();
    let Ok(entries) = std::fs::read_dir(folder) else { return found };
    let mut names: Vec<(String, bool)> = entries
        .take(LOOKED_AT)
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let kind = entry.file_type().ok()?;
            // A name that can't be typed is left for whoever gave it.
            (!name.starts_with('.') && !name.starts_with('-') && !name.chars().any(hidden)).then_some((name, kind.is_dir()))
        })
        .collect();
    names.sort();
    for (name, is_folder) in names {
        let path = folder.join(&name);
        if is_folder {
            if found.suite.is_none() && has_scenarios(&path) {
                found.suite = Some(format!("{}/", typed(&name)));
            }
            continue;
        }
        let head = head(&path);
        let lower = name.to_lowercase();
        if lower.ends_with(".yaml") || lower.ends_with(".yml") {
            if is_scenario(&head) {
                found.scenario.get_or_insert_with(|| typed(&name));
            }
        } else if head.contains("<database>") && head.contains("<manifest>") {
            found.dump.get_or_insert_with(|| typed(&name));
        } else if head.lines().any(|line| line.starts_with("uuid") && line.contains("( RO)")) {
            if found.lists.len() < LISTS {
                found.lists.push(typed(&name));
            }
        } else if is_runbook(&head) {
            found.runbook.get_or_insert_with(|| typed(&name));
        }
    }
    found
}

fn has_scenarios(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.take(LOOKED_AT).filter_map(Result::ok).any(|entry| {
        let name = entry.file_name().to_string_lossy().to_lowercase();
        let part = name.ends_with(".part.yaml") || name.ends_with(".part.yml");
        !part && (name.ends_with(".yaml") || name.ends_with(".yml")) && is_scenario(&head(&entry.path()))
    })
}

fn head(path: &Path) -> String {
    let mut bytes = Vec::new();
    let _ = open(path).map(|file| file.take(HEAD).read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

fn is_scenario(head: &str) -> bool {
    head.lines().any(|line| line.starts_with("pool:") || line.starts_with("includes:"))
}

fn is_runbook(head: &str) -> bool {
    const WORDS: [&str; 6] = ["xe host-", "xe vm-", "xe pool-", "xe sr-", "xe pbd-", "resetvdis"];
    WORDS.iter().any(|word| head.contains(word))
}

/// A name as a shell reads it.
fn typed(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.,:@%+=".contains(c);
    if name.chars().all(plain) { name.to_string() } else { format!("'{}'", name.replace('\'', r"'\''")) }
}

fn text(colour: bool, there: &There) -> String {
    let mut page = Page::new(colour);
    page.line("poolsim: what happens to a XenServer pool when something fails, and what not to");
    page.line("type then. With what lies in this folder:");
    let scenario = there.scenario.clone();
    let story = scenario.clone().unwrap_or_else(|| "story.yaml".to_string());
    let mut part = |title: &str, lines: Vec<(String, &str)>| {
        page.gap();
        let title = page.tint(Tint::Bold, title);
        page.line(&title);
        for (command, what) in lines {
            let lead = format!("  {}", page.tint(Tint::Cyan, &command));
            if command.chars().count() > 46 {
                page.line(&lead);
                page.hanging("", 50, Tint::Plain, what);
            } else {
                page.hanging(&lead, 50, Tint::Plain, what);
            }
        }
    };
    // Whoever has a pool comes first: he has the least time.
    let (mut lines, pool) = match (&there.dump, &there.lists[..]) {
        (Some(dump), _) => {
            (vec![(format!("poolsim import {dump} -o my-pool.yaml"), "your pool, from its database")], "my-pool.yaml".to_string())
        }
        (None, [_, ..]) => (
            vec![(format!("poolsim import --xe {} -o my-pool.yaml", there.lists.join(" ")), "your pool, from what `xe` listed")],
            "my-pool.yaml".to_string(),
        ),
        (None, []) if scenario.is_some() => (Vec::new(), story.clone()),
        (None, []) => (
            vec![(
                "poolsim new story.yaml".to_string(),
                "a pool to change into yours; with a dump of yours here (xe pool-dump-database) this would name it",
            )],
            story.clone(),
        ),
    };
    lines.push((format!("poolsim risk {pool}"), "what goes down tonight, what to do then"));
    match &there.runbook {
        Some(runbook) => lines.push((format!("poolsim rehearse {runbook} --pool {pool}"), "your runbook, tried before it is typed")),
        None => lines.push((format!("poolsim plan {pool}"), "the shortest safe way, if it has worlds and a goal")),
    }
    part("YOUR POOL IS IN TROUBLE", lines);
    let made = scenario.is_some() || pool == story;
    let mut lines = if made { Vec::new() } else { vec![("poolsim new story.yaml".to_string(), "a story to change")] };
    lines.push((format!("poolsim run {story}"), "what happens, what is in danger, and why"));
    lines.push((format!("poolsim run {story} --report html=story.html"), "the same as a page with a slider"));
    part("YOU TEST", lines);
    part(
        "YOU TRAIN PEOPLE",
        vec![
            (format!("poolsim play {story}"), "a console: type the recovery yourself"),
            ("poolsim new --list".to_string(), "the stories that it carries"),
        ],
    );
    let suite = there.suite.clone().unwrap_or_else(|| ".".to_string());
    part(
        "YOUR CI",
        vec![
            (format!("poolsim check {suite}"), "what is wrong with scenario files"),
            (format!("poolsim test {suite} --report junit=poolsim.xml"), "all of them, judged by what they expect"),
        ],
    );
    page.gap();
    page.line("`poolsim --help` lists all commands, `poolsim explain` what its words mean.");
    page.into_text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_typed_as_a_shell_reads_them() {
        for (name, wanted) in [("a.yaml", "a.yaml"), ("my pool.xml", "'my pool.xml'"), ("it's.txt", r"'it'\''s.txt'"), ("$x", "'$x'")] {
            assert_eq!(typed(name), wanted);
        }
    }
}
