//! The house keeps its floors: a room imports only from rooms below it, and the rooms of one floor never import each other.

use std::fs;
use std::path::{Path, PathBuf};

/// From the ground up.
const FLOORS: &[&[&str]] = &[
    &["base"],
    &["world"],
    &["daemon", "command", "fault", "hazard"],
    &["scenario"],
    &["engine", "catalog"],
    &["judge"],
    &["run"],
    &["search"],
    &["report"],
    &["cli"],
];

fn floor(room: &str) -> usize {
    FLOORS
        .iter()
        .position(|rooms| rooms.contains(&room))
        .unwrap_or_else(|| panic!("the room `{room}` is on no floor: say in tests/floors.rs where it belongs"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            files.extend(self::files(&entry));
        } else if entry.extension().is_some_and(|ending| ending == "rs") {
            files.push(entry);
        }
    }
    files
}

#[test]
fn rooms_import_only_from_below() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut imports = 0;
    for file in files(&src) {
        let inside = file.strip_prefix(&src).expect("below src");
        let room = inside.components().next().expect("a part").as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned();
        if ["lib", "main"].contains(&room.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&file).expect("text");
        for (number, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for part in line.split("crate::").skip(1) {
                let other: String = part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                if other.is_empty() || other == room {
                    continue;
                }
                imports += 1;
                if floor(&other) >= floor(&room) {
                    wrong.push(format!("{}:{}: {room} imports {other}", inside.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(imports > 100, "only {imports} imports were seen: does this test still read them?");
}

/// Who asks a release or a storage manager a question knows none by name, so that a new one is a row, or a file.
#[test]
fn no_other_room_names_a_release_or_a_generation() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for file in files(&src) {
        let inside = file.strip_prefix(&src).expect("below src").to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&file).expect("text");
        let names = ["manual-6", "MANUAL_6", "StorageManager::G"].iter().filter(|name| text.contains(**name)).count();
        if inside.starts_with("world/release/") || inside.starts_with("world/sm/") {
            seen += names;
        } else if names > 0 && !inside.contains("tests/") && !inside.ends_with("tests.rs") {
            wrong.push(inside);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(seen >= 3, "only {seen} are named at home: does this test still read them?");
}
