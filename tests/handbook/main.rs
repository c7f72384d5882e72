//! The handbook tells the truth: every block of a lesson is what the program prints or what stands in a file, every session
//! was played, every picture is drawn by the program, and every figure of a sentence is that of a run or of the model. Every
//! link leads somewhere, every page stands in the table of contents, and the catalogue is what `poolsim explain` tells. After a
//! change that is meant, `POOLSIM_BLESS=1 cargo test --test handbook` writes blocks, figures, pictures and catalogue anew.

mod catalogue;
#[path = "../common/mod.rs"]
mod common;
mod prose;

use catalogue::Lesson;
use common::pages::{bless, hold, hold_page};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The pages beside the lessons that are written by hand.
const OTHERS: [&str; 2] = ["docs/handbook/src/README.md", "docs/handbook/src/plan.md"];
/// The table of contents.
const SUMMARY: &str = "docs/handbook/src/SUMMARY.md";

/// The folder of the book's pages.
fn src() -> PathBuf {
    common::root().join("docs/handbook/src")
}

/// The pages that are written by hand, by their paths below `src`.
fn by_hand() -> Vec<Lesson> {
    let lessons = fs::read_dir(src().join("lessons")).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<PathBuf> = lessons.chain(OTHERS.map(|page| common::root().join(page))).collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let title =
                text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_else(|| panic!("{} has no heading", path.display()));
            Lesson { path: below(&path), title: title.into(), text: text.clone() }
        })
        .collect()
}

/// A path below `src`, with slashes.
fn below(path: &Path) -> String {
    path.strip_prefix(src()).expect("a page").display().to_string().replace('\\', "/")
}

/// What must be true of a lesson, beside its blocks: it has all its parts.
const PARTS: [&str; 8] = [
    "## What you learn",
    "## What happens",
    "## What to type, and what to see",
    "## Belief and truth",
    "## The picture",
    "## Questions",
    "## Your turn",
    "## Sources",
];

fn lesson(name: &str) {
    let path = src().join("lessons").join(format!("{name}.md"));
    let (blocks, figures) = hold_page(&path);
    let text = fs::read_to_string(&path).expect("a page");
    assert!(blocks >= 4 && figures >= 2, "{name}: {blocks} blocks and {figures} figures are held: are the marks still read?");
    for part in PARTS {
        assert!(text.lines().any(|line| line == part), "{name} has no part `{part}`");
    }
    let goals = text.split(PARTS[0]).nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap_or_default();
    assert_eq!(goals.lines().filter(|line| line.starts_with("- ")).count(), 3, "{name}: three lines say what is learned");
    for (kind, wanted) in [("<!-- plays: ", 1), ("<!-- picture: ", 1), ("--at ", 1), ("<details>", 4)] {
        assert!(text.matches(kind).count() >= wanted, "{name} has no `{kind}`, or too few");
    }
    assert_eq!(text.matches("<details>").count(), text.matches("</details>").count(), "{name}");
    // Markdown is not read there.
    let literal = text.lines().find(|line| line.starts_with("<summary>") && line.contains(['`', '*', '[']));
    assert_eq!(literal, None, "{name}: a question in HTML");
    assert_eq!(text.matches("<summary>").count(), text.matches("</summary>").count(), "{name}");
}

/// Each lesson is a test of its own, so that they run side by side.
macro_rules! lessons {
    ($($test:ident: $name:literal,)*) => {
        const LESSONS: &[&str] = &[$($name),*];
        $(#[test] fn $test() { lesson($name); })*
    };
}

lessons! {
    a_dead_member: "1-a-dead-member",
    cut_off_not_dead: "2-cut-off-not-dead",
    locks: "3-locks",
    the_master_is_gone: "4-the-master-is-gone",
    two_masters: "5-two-masters",
    late_writes: "6-late-writes",
    high_availability: "7-high-availability",
    the_split_pool: "8-the-split-pool",
}

#[test]
fn every_lesson_is_tested() {
    let files: Vec<String> = by_hand().into_iter().map(|page| page.path).filter(|path| path.starts_with("lessons/")).collect();
    let tested: Vec<String> = LESSONS.iter().map(|name| format!("lessons/{name}.md")).collect();
    assert_eq!(files, tested);
}

#[test]
fn the_other_pages_are_true() {
    for page in OTHERS {
        hold_page(&common::root().join(page));
    }
}

/// The table of contents has every page, in order, and the catalogue is what `poolsim explain` tells.
#[test]
fn the_catalogue_is_what_explain_tells() {
    const PART: &str = "# Catalogue\n";
    let pages = catalogue::pages(&by_hand());
    let mut contents = String::new();
    for page in &pages {
        let indent = if page.list { "" } else { "  " };
        contents.push_str(&format!("{indent}- [{}]({})\n", page.title, page.path));
        hold(&src().join(&page.path), &page.text);
    }
    let path = common::root().join(SUMMARY);
    let summary = fs::read_to_string(&path).expect("a table of contents");
    let (head, _) = summary.split_once(PART).expect("a part for the catalogue");
    hold(&path, &format!("{head}{PART}\n{contents}"));
    for page in by_hand() {
        let heading = page.title.replace('`', "");
        assert!(head.contains(&format!("[{heading}]({})", page.path)), "{SUMMARY} lists no [{heading}]({})", page.path);
    }
    // No page of what is no more.
    let wanted: BTreeSet<String> = pages.iter().map(|page| page.path.clone()).collect();
    for folder in ["catalogue", "catalogue/hazards", "catalogue/rules", "catalogue/commands"] {
        for path in
            fs::read_dir(src().join(folder)).expect("a folder").map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file())
        {
            if wanted.contains(&below(&path)) {
                continue;
            }
            assert!(bless(), "{} is of nothing that there is", path.display());
            fs::remove_file(path).expect("it can be removed");
        }
    }
}

#[test]
fn the_lessons_own_scenarios_do_as_they_expect() {
    let (output, errors, status) = common::program(&["test", "docs/handbook/scenarios", "--color", "never"], "");
    assert_eq!(status, 0, "{output}{errors}");
}
