//! `poolsim` without a command: what it says works in the folder where it is said.

mod common;
mod folder;

use folder::Folder;
use std::process::{Command, Stdio};

fn poolsim(folder: &str, args: &[&str]) -> (String, String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_poolsim")).args(args).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

/// The commands of a page, in order.
fn commands(page: &str) -> Vec<Vec<String>> {
    let command = |line: &str| {
        let line = line.strip_prefix("  poolsim ")?;
        let typed = line.split("  ").next().unwrap().trim();
        let mut words = vec![String::new()];
        let mut quoted = false;
        for c in typed.chars() {
            match c {
                '\'' => quoted = !quoted,
                ' ' if !quoted => words.push(String::new()),
                c => words.last_mut().unwrap().push(c),
            }
        }
        Some(words)
    };
    page.lines().filter_map(command).collect()
}

fn all_work(folder: &Folder, wanted: &[&str]) {
    let place = folder.path(".");
    let (page, err, status) = poolsim(&place, &[]);
    assert_eq!((status, err.as_str()), (0, ""), "{page}");
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
    for part in ["YOUR POOL IS IN TROUBLE", "YOU TEST", "YOU TRAIN PEOPLE", "YOUR CI"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let commands = commands(&page);
    for wanted in wanted {
        assert!(commands.iter().any(|words| words.join(" ").contains(wanted)), "{wanted}: {page}");
    }
    assert!(commands.len() >= 8, "{page}");
    for words in commands {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (out, err, status) = poolsim(&place, &words);
        // 1 is a finding, and no mistake of whoever typed it.
        assert!(status == 0 || status == 1, "{words:?}: {status} {out} {err}");
    }
}

#[test]
fn an_empty_folder_begins_with_a_story() {
    all_work(&Folder::new("begin-empty"), &["new story.yaml", "run story.yaml", "risk story.yaml", "test ."]);
}

#[test]
fn what_lies_there_is_named() {
    let folder = Folder::new("begin-full");
    let dump = std::fs::read_to_string(common::root().join("tests/dumps/pool-61.xml")).unwrap();
    folder.file("my pool.xml", &dump);
    folder.file("wiki.txt", "# When a host dies\n\n    xe host-list params=name-label,host-metrics-live\n");
    folder.file("notes.txt", "nothing of it\n");
    std::fs::create_dir_all(folder.path("drills")).unwrap();
    let story = std::fs::read_to_string(common::root().join("scenarios/forget/forgotten-while-it-runs.yaml")).unwrap();
    folder.file("drills/story.yaml", &story);
    folder.file("first.yaml", &story);
    all_work(
        &folder,
        &[
            "import my pool.xml -o my-pool.yaml",
            "risk my-pool.yaml",
            "rehearse wiki.txt --pool my-pool.yaml",
            "run first.yaml",
            "play first.yaml",
            "test drills/",
        ],
    );
}

/// Lists of `xe` are named together.
#[test]
fn pasted_lists_are_named() {
    let folder = Folder::new("begin-lists");
    let hosts = "uuid ( RO)                 : 0a000000-0000-4000-8000-000000000003\n          name-label ( RW): alpha\n    host-metrics-live ( RO): true\n";
    folder.file("hosts.txt", hosts);
    folder.file(
        "vms.txt",
        "uuid ( RO)           : 0b000000-0000-4000-8000-000000000003\n     name-label ( RW): db\n    power-state ( RO): halted\n",
    );
    all_work(&folder, &["import --xe hosts.txt vms.txt -o my-pool.yaml"]);
}
