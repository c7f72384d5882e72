//! What we depend on, as `deny.toml` allows it: licences, and versions that stand twice. `cargo-deny` looks closer, where it
//! can be had; this needs nothing but cargo and what it has fetched anyway.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Every crate that is built into the program or helps to build it, on whatever platform.
fn crates() -> Vec<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let args = ["metadata", "--format-version", "1", "--locked", "--all-features"];
    let metadata = |more: &[&str]| Command::new(&cargo).args(args).args(more).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    // What only other platforms need has not been fetched for a build: where it is missing, it is fetched now.
    let mut output = metadata(&["--offline"]);
    if !output.status.success() {
        output = metadata(&[]);
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap();
    let (mut reached, mut next) = (BTreeSet::new(), vec![&metadata["resolve"]["root"]]);
    while let Some(id) = next.pop() {
        if !reached.insert(id.as_str().unwrap()) {
            continue;
        }
        let node = nodes.iter().find(|node| node["id"] == *id).unwrap();
        let given_away = |dep: &&Value| dep["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"] != "dev");
        next.extend(node["deps"].as_array().unwrap().iter().filter(given_away).map(|dep| &dep["pkg"]));
    }
    packages.iter().filter(|package| reached.contains(package["id"].as_str().unwrap())).cloned().collect()
}

fn deny() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml")).unwrap()
}

/// What stands in quotes in a line.
fn quoted(line: &str) -> Vec<String> {
    line.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The licences that any crate may have, and those that one crate may have beside.
fn allowed() -> (BTreeSet<String>, BTreeMap<String, BTreeSet<String>>) {
    let deny = deny();
    let list = deny.lines().find(|line| line.starts_with("allow = [")).expect("a list of licences");
    let mut beside = BTreeMap::new();
    for line in deny.lines().filter(|line| line.contains("{ crate = ") && line.contains("allow = [")) {
        let mut words = quoted(line).into_iter();
        beside.insert(words.next().unwrap(), words.collect());
    }
    (quoted(list).into_iter().collect(), beside)
}

/// Whether an expression of SPDX is satisfied: `OR` binds less than `AND`, brackets group.
fn satisfied(expression: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
    fn any(words: &[String], at: &mut usize, allowed: &dyn Fn(&str) -> bool) -> bool {
        let mut holds = all(words, at, allowed);
        while words.get(*at).is_some_and(|word| word == "OR") {
            *at += 1;
            holds |= all(words, at, allowed);
        }
        holds
    }
    fn all(words: &[String], at: &mut usize, allowed: &dyn Fn(&str) -> bool) -> bool {
        let mut holds = one(words, at, allowed);
        while words.get(*at).is_some_and(|word| word == "AND") {
            *at += 1;
            holds &= one(words, at, allowed);
        }
        holds
    }
    fn one(words: &[String], at: &mut usize, allowed: &dyn Fn(&str) -> bool) -> bool {
        let word = words.get(*at).cloned().unwrap_or_default();
        *at += 1;
        if word == "(" {
            let holds = any(words, at, allowed);
            *at += 1;
            return holds;
        }
        // An exception only takes away from what a licence asks for.
        if words.get(*at).is_some_and(|word| word == "WITH") {
            *at += 2;
        }
        allowed(&word)
    }
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<String> = spaced.split_whitespace().map(str::to_owned).collect();
    any(&words, &mut 0, allowed)
}

#[test]
fn licences_are_read_as_they_are_written() {
    let allowed = |word: &str| ["MIT", "Zlib"].contains(&word);
    for (expression, holds) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("MIT OR GPL-3.0", true),
        ("MIT/GPL-3.0", true),
        ("GPL-3.0 AND MIT", false),
        ("(GPL-3.0 OR MIT) AND Zlib", true),
        ("GPL-3.0 OR MIT AND GPL-2.0", false),
        ("GPL-3.0 WITH LLVM-exception OR Zlib", true),
        ("", false),
    ] {
        assert_eq!(satisfied(expression, &allowed), holds, "{expression}");
    }
}

#[test]
fn every_licence_is_one_that_we_may_live_with() {
    let (allowed, beside) = allowed();
    assert!(allowed.contains("MIT") && allowed.len() < 8, "{allowed:?}");
    let crates = crates();
    assert!(crates.len() > 50, "{} crates: are they still found?", crates.len());
    let mut used = BTreeSet::new();
    for package in &crates {
        let (name, licence) = (package["name"].as_str().unwrap(), package["license"].as_str().unwrap_or(""));
        let own = beside.get(name);
        let allows = |word: &str| allowed.contains(word) || own.is_some_and(|own| own.contains(word));
        assert!(satisfied(licence, &allows), "{name}: {licence:?}");
        if !satisfied(licence, &|word| allowed.contains(word)) {
            used.insert(name);
        }
    }
    assert_eq!(used.len(), beside.len(), "an exception that nothing needs any more: {beside:?}");
}

#[test]
fn no_crate_stands_in_two_versions_but_those_that_are_named() {
    let deny = deny();
    let skipped: BTreeSet<String> =
        deny.lines().filter(|line| line.contains("{ crate = ") && line.contains('@')).flat_map(quoted).collect();
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in crates() {
        versions.entry(package["name"].as_str().unwrap().into()).or_default().push(package["version"].as_str().unwrap().into());
    }
    let mut used = BTreeSet::new();
    for (name, versions) in versions.iter().filter(|(_, versions)| versions.len() > 1) {
        let skips = |version: &str| {
            skipped.iter().find(|skip| skip.split_once('@').is_some_and(|(of, begins)| of == name && version.starts_with(begins)))
        };
        let named: Vec<&String> = versions.iter().filter_map(|version| skips(version)).collect();
        assert!(named.len() + 1 >= versions.len(), "{name} stands in {versions:?}");
        used.extend(named);
    }
    assert_eq!(used.len(), skipped.len(), "named, and not there twice any more: {skipped:?}");
}
