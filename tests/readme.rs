//! The README and the pages of `docs/` do not lie: the files and reports that they show are what stands in the repository
//! and what the program prints. A fenced block below `<!-- file: PATH -->` is that file, one below
//! `<!-- prints: poolsim … -->` that command's output, one below `<!-- scenario -->` a scenario that loads. To write the
//! blocks anew after a change that is meant, run `POOLSIM_BLESS=1 cargo test --test readme`.

mod common;

use common::root;
use std::fs;

#[test]
fn what_the_readme_shows_is_so() {
    let (blocks, _) = common::pages::hold_page(&root().join("README.md"));
    assert!(blocks >= 3, "only {blocks} blocks are held to the truth: are the comments still read?");
}

#[test]
fn the_scenarios_of_the_pages_load() {
    let mut scenarios = 0;
    let entries = ["docs", "docs/model"].map(|folder| fs::read_dir(root().join(folder)).expect("a folder"));
    for path in entries.into_iter().flatten().map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file()) {
        let text = fs::read_to_string(&path).expect("a page");
        for block in text.split("<!-- scenario -->\n```yaml\n").skip(1) {
            let block = block.split("```").next().unwrap_or_default();
            if let Err(wrong) = poolsim::scenario::load("page", block) {
                panic!("{}: {wrong:?}", path.display());
            }
            scenarios += 1;
        }
        let left: Vec<&str> = text.lines().filter(|line| line.starts_with("<!-- ") && *line != "<!-- scenario -->").collect();
        assert_eq!(left, [""; 0], "{}: only the README's blocks are held to files and output", path.display());
    }
    assert!(scenarios >= 1, "no page shows a scenario: are the comments still read?");
}

#[test]
fn the_two_commands_are_those_that_are_checked() {
    let text = fs::read_to_string(root().join("README.md")).expect("a README");
    let main = text.lines().find_map(|line| line.strip_prefix("cargo run --release -- run ")).expect("the README's first command");
    let file = main.split_whitespace().next().expect("a scenario");
    assert!(root().join(file).is_file(), "the README runs {file}, which is not there");
    let tests = text.lines().find(|line| line.starts_with("cargo test")).expect("the README's second command");
    let command: Vec<&str> = tests.split('#').next().unwrap_or_default().split_whitespace().collect();
    let checked = fs::read_to_string(root().join(".ci/run")).expect(".ci/run");
    let runs_it = checked.lines().any(|line| {
        let words: Vec<&str> = line.split_whitespace().filter(|word| *word != "--locked").collect();
        words == command
    });
    assert!(runs_it, "`{}` is not what .ci/run runs", command.join(" "));
}
