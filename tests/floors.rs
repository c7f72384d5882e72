//! The house keeps its floors: a room imports only from rooms below it, and the rooms of one floor never import each other.
//! Inside a room, modules import each other in no circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// From the ground up.
const FLOORS: &[&[&str]] = &[
    &["base"],
    &["world"],
    &["daemon", "command", "fault", "hazard"],
    &["scenario"],
    &["engine", "catalog", "dump"],
    &["judge"],
    &["run"],
    &["search"],
    &["report"],
    &["play"],
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

/// A module's path from the crate on, without `crate`.
type Module = Vec<String>;

/// The modules of the library, by their paths: what a program is built of, without its tests.
fn modules() -> BTreeMap<Module, String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut modules = BTreeMap::new();
    for file in files(&src) {
        let inside = file.strip_prefix(&src).expect("below src").with_extension("");
        let mut module: Module = inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        module.pop_if(|last| last == "mod");
        if !module.iter().any(|part| part == "tests" || part.ends_with("_tests")) {
            modules.insert(module, code(&fs::read_to_string(&file).expect("text")));
        }
    }
    modules
}

/// A file's code: without comments, what stands in quotes, and the tests at its end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut code = String::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        let mut escaped = false;
        let mut quoted = false;
        for c in line.chars() {
            if c == '"' && !escaped {
                quoted = !quoted;
            } else if !quoted {
                code.push(c);
            }
            escaped = c == '\\' && !escaped;
        }
        code.push('\n');
    }
    code
}

/// The words and signs of code, as far as paths are made of them.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let long = if rest.starts_with("::") { 2 } else { word.max(first.len_utf8()) };
        if !first.is_whitespace() {
            tokens.push(&rest[..long]);
        }
        rest = &rest[long..];
    }
    tokens
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

/// Puts all paths that begin at `at` on a list, `{…}` written out, and says where they end.
fn paths(tokens: &[&str], mut at: usize, before: &[String], list: &mut Vec<Vec<String>>) -> usize {
    let mut path = before.to_vec();
    while let Some(token) = tokens.get(at) {
        if *token == "{" && !path.is_empty() {
            at += 1;
            while tokens.get(at).is_some_and(|token| *token != "}") {
                at = paths(tokens, at, &path, list);
                while tokens.get(at).is_some_and(|token| !["}", ","].contains(token)) {
                    at += 1;
                }
                at += usize::from(tokens.get(at) == Some(&","));
            }
            return at + 1;
        }
        if !is_word(token) {
            break;
        }
        path.push((*token).to_string());
        at += 1;
        if tokens.get(at) != Some(&"::") {
            break;
        }
        at += 1;
    }
    list.push(path);
    at
}

/// The paths in a module that lead to another of the library, from the crate on.
fn named(module: &Module, code: &str, modules: &BTreeMap<Module, String>) -> BTreeSet<Vec<String>> {
    let tokens = tokens(code);
    let mut list = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let begins = at == 0 || tokens[at - 1] != "::";
        if begins && is_word(token) && tokens.get(at + 1) == Some(&"::") {
            paths(&tokens, at, &[], &mut list);
        }
    }
    let mut named = BTreeSet::new();
    for path in list {
        let above = path.iter().take_while(|part| *part == "super").count();
        let (from, skip) = match path[0].as_str() {
            "crate" => (&module[..0], 1),
            "self" => (&module[..], 1),
            "super" => (&module[..module.len() - above], above),
            _ => (&module[..], 0),
        };
        let mut whole = [from, &path[skip..]].concat();
        whole.pop_if(|last| last == "self");
        if skip > 0 || modules.contains_key(&whole[..module.len() + 1]) {
            named.insert(whole);
        }
    }
    named
}

/// The module that a path leads to, and what it names there. What a module hands on from a child counts as the child's.
fn leads_to(
    path: &[String],
    modules: &BTreeMap<Module, String>,
    handed_on: &BTreeMap<Vec<String>, Vec<String>>,
) -> (Module, Option<String>) {
    let mut path = path.to_vec();
    for _ in 0..4 {
        let Some(source) = (1..=path.len()).find_map(|long| Some([handed_on.get(&path[..long])?, &path[long..]].concat())) else { break };
        path = source;
    }
    let long = (0..=path.len()).rev().find(|long| modules.contains_key(&path[..*long])).unwrap_or(0);
    (path[..long].to_vec(), path.get(long).cloned())
}

/// Who imports whom within its room, and what. Not counted is what a module takes from the one that it stands in where that
/// is no function: the types, traits and tables of a room stand at its front, and its modules are written for them.
fn imports_within_rooms() -> BTreeMap<Module, BTreeMap<Module, BTreeSet<String>>> {
    let modules = modules();
    let mut handed_on = BTreeMap::new();
    for (module, code) in &modules {
        for part in code.split("pub use ").skip(1) {
            let part = part.split(';').next().unwrap_or_default();
            let mut list = Vec::new();
            paths(&tokens(part), 0, &[], &mut list);
            for path in list.into_iter().filter(|path| modules.contains_key(&[&module[..], &path[..1]].concat())) {
                let name = path.last().expect("a path").clone();
                handed_on.insert([&module[..], &[name]].concat(), [&module[..], &path].concat());
            }
        }
    }
    let mut imports: BTreeMap<Module, BTreeMap<Module, BTreeSet<String>>> = BTreeMap::new();
    for (module, code) in &modules {
        for path in named(module, code, &modules) {
            let (other, what) = leads_to(&path, &modules, &handed_on);
            let what = what.unwrap_or_else(|| "itself".into());
            let from_its_front = module.starts_with(&other) && what.starts_with(|c: char| c.is_ascii_uppercase());
            if other.first() == module.first() && other != *module && !from_its_front {
                imports.entry(module.clone()).or_default().entry(other).or_default().insert(what);
            }
        }
    }
    imports
}

/// Everybody that a module imports from, over however many others.
fn reached(from: &Module, imports: &BTreeMap<Module, BTreeMap<Module, BTreeSet<String>>>) -> BTreeSet<Module> {
    let mut reached = BTreeSet::new();
    let mut left = vec![from.clone()];
    while let Some(module) = left.pop() {
        for other in imports.get(&module).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(other.clone()) {
                left.push(other.clone());
            }
        }
    }
    reached
}

/// Modules below one that may go round in a circle, and why they must.
const KNOTS: &[(&str, &str)] =
    &[("daemon::ha", "whoever hears that a fault is handled handles it too, and says so at once, so that others hear it: one recursion")];

#[test]
fn the_modules_of_a_room_import_in_no_circle() {
    let imports = imports_within_rooms();
    let reach: BTreeMap<&Module, BTreeSet<Module>> = imports.keys().map(|module| (module, reached(module, &imports))).collect();
    let knot = |module: &Module| KNOTS.iter().position(|(knot, _)| module.join("::").starts_with(knot));
    let (mut wrong, mut tied) = (Vec::new(), BTreeSet::new());
    for (module, others) in &imports {
        for (other, what) in others {
            if reach.get(other).is_some_and(|reach| reach.contains(module)) {
                if let Some(knot) = knot(module).filter(|at| knot(other) == Some(*at)) {
                    tied.insert(knot);
                    continue;
                }
                let what: Vec<&str> = what.iter().map(String::as_str).collect();
                wrong.push(format!("{} imports {} from {}", module.join("::"), what.join(", "), other.join("::")));
            }
        }
    }
    assert!(wrong.is_empty(), "these go round in circles:\n{}", wrong.join("\n"));
    assert_eq!(tied.len(), KNOTS.len(), "a knot is untied: strike it from the list");
    let seen: usize = imports.values().flat_map(BTreeMap::values).map(BTreeSet::len).sum();
    assert!(seen > 300, "only {seen} imports within rooms were seen: does this test still read them?");
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
