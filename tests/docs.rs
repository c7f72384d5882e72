//! What stands in the documentation can be pasted: the examples for GitHub and GitLab are YAML, and their commands run.

mod common;

use std::path::Path;
use std::process::Command;

/// The blocks of a page that are marked as this language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    page.split(&format!("```{language}\n")).skip(1).filter_map(|rest| rest.split("\n```").next()).map(str::to_owned).collect()
}

/// Every text below a value that is a command of ours.
fn commands(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) if text.starts_with("poolsim ") => found.push(text.clone()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| commands(item, found)),
        serde_json::Value::Object(map) => map.values().for_each(|item| commands(item, found)),
        _ => {}
    }
}

#[test]
fn the_examples_for_ci_run() {
    let page = std::fs::read_to_string(common::root().join("docs/testing.md")).unwrap();
    let of_ci: Vec<String> = blocks(&page, "yaml").into_iter().filter(|block| block.starts_with("# .git")).collect();
    assert_eq!(of_ci.len(), 2, "one for GitHub, one for GitLab");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("docs-ci");
    for block in of_ci {
        let value: serde_json::Value = serde_yaml::from_str(&block).expect("YAML");
        let mut found = Vec::new();
        commands(&value, &mut found);
        assert!(!found.is_empty(), "{block}");
        for command in found {
            let _ = std::fs::remove_dir_all(&folder);
            std::fs::create_dir_all(folder.join("scenarios")).unwrap();
            let story = common::root().join("scenarios/forget/forgotten-while-it-runs.yaml");
            std::fs::copy(story, folder.join("scenarios/story.yaml")).unwrap();
            let words: Vec<&str> = command.split(' ').skip(1).collect();
            let status = Command::new(env!("CARGO_BIN_EXE_poolsim")).args(words).current_dir(&folder).output().unwrap().status;
            assert_eq!(status.code(), Some(0), "{command}");
            let report = std::fs::read_to_string(folder.join("scenarios.xml")).expect("the report that the example keeps");
            assert!(report.contains("tests=\"1\"") && report.contains("failures=\"0\""), "{report}");
        }
    }
    let _ = std::fs::remove_dir_all(&folder);
}
