//! What comments, scenarios and pages cite stands in the repository: every page (`….md`) is there, every `§` is a section of
//! the page before it, and nothing leans on papers that a reader can't open. And the table of rules says what the program and
//! the stories say.

mod common;

use poolsim::catalog::rules::RULES;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Pages that tests let the program write: names, no citations.
const WRITTEN: [&str; 2] = ["new.md", "summary.md"];
/// The sign before a section's number.
const SECTION: char = '\u{a7}';

/// The text files below a folder, by their paths.
fn texts(folder: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|ending| ["rs", "yaml", "md", "txt"].iter().any(|known| ending == *known)) {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    walk(&common::root().join(folder), &mut files);
    files.sort();
    // Runbooks of the tests are of any encoding.
    let text = |path: &std::path::PathBuf| String::from_utf8_lossy(&fs::read(path).expect("a file")).into_owned();
    files.iter().map(|path| (common::relative(path), text(path))).collect()
}

/// The numbers of a page's sections, as its headings have them.
fn sections(page: &str) -> Vec<u32> {
    let number = |line: &str| line.strip_prefix("## ")?.strip_prefix(SECTION)?.split(' ').next()?.parse().ok();
    page.lines().filter_map(number).collect()
}

/// What stands in a text that could be a citation, in order.
enum Mark {
    /// A page, as it is written.
    Page(String),
    /// The number of a section.
    Section(u32),
}

/// The marks of a text, each with where it begins and ends.
fn marks(text: &str) -> Vec<(Mark, usize, usize)> {
    let mut found = Vec::new();
    for (dot, _) in text.match_indices(".md") {
        let end = dot + 3;
        let in_path = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
        let begin = text[..dot].rfind(|c| !in_path(c)).map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
        if begin < dot && !text[end..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
            found.push((Mark::Page(text[begin..end].into()), begin, end));
        }
    }
    for (at, sign) in text.match_indices(SECTION) {
        let digits: String = text[at + sign.len()..].chars().take_while(char::is_ascii_digit).collect();
        if let Ok(number) = digits.parse() {
            found.push((Mark::Section(number), at, at + sign.len() + digits.len()));
        }
    }
    found.sort_by_key(|(_, begin, _)| *begin);
    found
}

/// Whether only this stands between a page and a section of it, or between two sections: blanks, line ends, the marks of a
/// comment, commas, `and` and `to`.
fn chained(between: &str) -> bool {
    between.split(|c: char| c.is_whitespace() || ",/!#".contains(c)).all(|word| ["", "and", "to"].contains(&word))
}

/// What is wrong with the citations of a text. A page's path counts from the page's own folder or from the repository; a
/// section without a page before it is the page's own, and in all other files a mistake.
fn faults(path: &str, text: &str, root: &Path) -> Vec<String> {
    let (own, line) = (path.ends_with(".md"), |at: usize| text[..at].matches('\n').count() + 1);
    let mut faults = Vec::new();
    let mut last: Option<(PathBuf, usize)> = None;
    for (mark, begin, end) in marks(text) {
        let place = format!("{path}:{}", line(begin));
        match mark {
            Mark::Page(page) => {
                let beside = root.join(path).parent().map(|folder| folder.join(&page)).filter(|_| own);
                let file = [beside, Some(root.join(&page))].into_iter().flatten().find(|file| file.is_file());
                let written = path.starts_with("tests/") && WRITTEN.contains(&page.as_str());
                if file.is_none() && !written {
                    faults.push(format!("{place}: {page} does not stand in the repository"));
                }
                last = file.map(|file| (file, end));
            }
            Mark::Section(number) => {
                let before = last.take().filter(|(_, end)| chained(&text[*end..begin]));
                let page = match before {
                    Some((file, _)) => file,
                    None if own => root.join(path),
                    None => {
                        faults.push(format!("{place}: section {number} of which page?"));
                        continue;
                    }
                };
                if !sections(&fs::read_to_string(&page).expect("a page")).contains(&number) {
                    faults.push(format!("{place}: {} has no section {number}", page.display()));
                }
                last = Some((page, end));
            }
        }
    }
    for (at, _) in text.to_ascii_lowercase().match_indices("contract") {
        faults.push(format!("{path}:{}: a contract is no page of the repository: cite one of docs/", line(at)));
    }
    faults
}

#[test]
fn what_is_cited_is_there() {
    let mut citations = 0;
    let mut wrong = Vec::new();
    let pages = ["README.md", "ARCHITECTURE.md"].map(|page| (page.into(), fs::read_to_string(common::root().join(page)).expect("a page")));
    let folders = ["src", "tests", "scenarios", "benches", "docs"].into_iter().flat_map(texts);
    for (path, text) in folders.chain(pages).filter(|(path, _): &(String, String)| path != "tests/citations.rs") {
        citations += marks(&text).iter().filter(|(mark, ..)| matches!(mark, Mark::Section(_))).count();
        wrong.extend(faults(&path, &text, common::root()));
    }
    assert_eq!(wrong, [""; 0]);
    assert!(citations > 100, "only {citations} sections are cited: are they still found?");
}

/// Each mistake is found, and only that one.
#[test]
fn a_wrong_citation_is_a_fault() {
    let of = |path: &str, text: &str| faults(path, text, common::root());
    for right in [
        "// docs/model/locks.md §2.",
        "/// (docs/model/locks.md §2, §5 and\n    /// §6)",
        "//! docs/model/ha.md §16 to §20; docs/scenarios.md",
        "fn a() {} // no citation",
    ] {
        assert_eq!(of("src/a.rs", right), [""; 0], "{right}");
    }
    for (wrong, says) in [
        ("// locks.md §2", "locks.md does not stand"),
        ("// storage.md, the lock", "storage.md does not stand"),
        ("// docs/model/gone.md", "docs/model/gone.md does not stand"),
        ("// docs/model/locks.md §99", "has no section 99"),
        ("// docs/model/locks.md §2, §99", "has no section 99"),
        ("// docs/model/locks.md §2. As it stands in §5", "section 5 of which page?"),
        ("// (§2)", "section 2 of which page?"),
        ("// as the contract has it", "a contract is no page"),
    ] {
        let found = of("src/a.rs", wrong);
        assert!(found[0].contains(says), "{wrong}: {found:?}");
    }
    assert_eq!(of("docs/model/ha.md", "By §2, and [locks.md §2](locks.md); [a](../scenarios.md)"), [""; 0]);
    assert_eq!(of("docs/model/ha.md", "§99").len(), 1);
    assert_eq!(of("docs/model/ha.md", "[a](../gone.md)").len(), 1);
}

#[test]
fn the_sections_of_the_model_are_counted() {
    for (path, text) in texts("docs/model") {
        let (found, headings) = (sections(&text), text.lines().filter(|line| line.starts_with("## ")).count());
        assert_eq!(found, (1..=headings as u32).collect::<Vec<_>>(), "{path}: a heading without its number, or out of order");
    }
}

#[test]
fn the_table_of_rules_is_that_of_the_program_and_the_stories() {
    let page = fs::read_to_string(common::root().join("docs/model/rules.md")).expect("the page");
    let rows: BTreeMap<&str, Vec<&str>> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| M").map(|_| line.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>()))
        .map(|cells| (cells[0], cells))
        .collect();
    assert_eq!(rows.len(), RULES.len(), "a row a rule");
    for rule in RULES {
        let row = &rows[rule.name];
        assert_eq!(row[1], rule.rule, "{}", rule.name);
        assert!(row[2].contains(SECTION), "{} has no place in the model", rule.name);
        // A rule that can be broken is shown so.
        let shown = [(3, true), (4, !rule.broken.is_empty())];
        for (cell, wanted) in shown {
            let link = row.get(cell).and_then(|cell| cell.split("](../../").nth(1)).map(|rest| rest.trim_end_matches(')'));
            assert_eq!(link.is_some(), wanted, "{}: {row:?}", rule.name);
            let Some(link) = link else { continue };
            let story = common::load_file(&common::root().join(link));
            let shows = if cell == 3 { story.shows_kept } else { story.shows_broken };
            assert!(shows.iter().any(|name| name == rule.name), "{link} does not show {}", rule.name);
        }
    }
}
