//! Every fault, act and hazard has a header that begins with a sentence and an example that loads.

mod common;

use poolsim::fault::{ACTS, FAULTS, FaultDoc};

const POOL: &str = "pool:\n  hosts: [alpha, beta, gamma]\n  storage: {nfs1: {type: nfs}}\n  vms: {db: {running-on: beta}, web: }\n";

fn is_sentence(text: &str) -> bool {
    let first = text.split(['.', ':', ';']).next().unwrap_or_default();
    text.starts_with(char::is_uppercase) && first.split_whitespace().count() >= 3
}

#[test]
fn faults_and_acts_have_examples_that_load() {
    let all = FAULTS.iter().map(|doc| ("fault", doc)).chain(ACTS.iter().map(|doc| ("act", doc)));
    let mut count = 0;
    for (kind, FaultDoc { name, undone_by, doc, example }) in all {
        count += 1;
        assert!(is_sentence(doc), "{name}: {doc}");
        assert!(example.contains(name), "{name}: its example is of another: {example}");
        common::load("example.yaml", &format!("{POOL}timeline:\n  - {{at: 5m, {kind}: {example}}}\n"));
        let known = |other: &&FaultDoc| other.name == *undone_by;
        assert!(
            undone_by.is_empty() || FAULTS.iter().chain(ACTS).any(|other| known(&other)),
            "{name} is undone by `{undone_by}`, which is nothing"
        );
    }
    assert!(count >= 18, "only {count} faults and acts: are they still listed?");
}

#[test]
fn hazards_have_examples_that_load() {
    for doc in poolsim::hazard::ALL {
        assert!(is_sentence(doc.doc), "{}: {}", doc.name, doc.doc);
        assert!(doc.example.contains(doc.name), "{}: its example is of another: {}", doc.name, doc.example);
        let scenario = common::load("example.yaml", &format!("{POOL}expect:\n  hazards:\n    - {}\n", doc.example));
        assert_eq!(scenario.expect.expect("an expect").hazards[0].hazard.doc().name, doc.name);
    }
}

/// The words in quotes behind one of some beginnings, such as `.get("timeout")`.
fn quoted(source: &str, beginnings: &[&str]) -> Vec<String> {
    let ends = |start: &str| source.match_indices(start).map(|(at, _)| at + start.len()).collect::<Vec<_>>();
    let word = |at: usize| source[at..].split('"').next().unwrap_or_default().to_owned();
    beginnings.iter().flat_map(|start| ends(start)).map(word).collect()
}

/// `explain` and the schema tell the tables of keys; this holds the tables against the readers themselves.
#[test]
fn the_readers_ask_for_the_keys_of_their_tables_and_for_no_others() {
    use poolsim::scenario::keys::{FILE, TABLES};
    use std::collections::BTreeSet;
    let mut source = String::new();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scenario");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // The tables themselves prove nothing.
        if path.extension().is_some_and(|ext| ext == "rs") && path.file_stem().is_some_and(|stem| stem != "keys" && stem != "diagnostics") {
            source.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
    let tables = std::iter::once(&FILE).chain(TABLES.iter().map(|(_, table)| *table));
    let keys: Vec<_> = tables.flat_map(|table| table.keys).collect();
    let known: BTreeSet<&str> = keys.iter().map(|key| key.name).collect();
    let asked = quoted(&source, &[".get(\"", ".some(\"", ".entry(\"", ".key_place(\""]);
    assert!(asked.len() > 80, "only {} keys are asked for: are these still the readers' words?", asked.len());
    for key in asked {
        assert!(known.contains(key.as_str()), "the readers ask for `{key}`, which no table has");
    }
    // Faults and acts are gone through by name; what is not built is refused by its table.
    let by_name = |name: &str| FAULTS.iter().chain(ACTS).any(|doc| doc.name == name);
    for key in keys.iter().filter(|key| !by_name(key.name)) {
        assert!(source.contains(&format!("\"{}\"", key.name)), "no reader asks for `{}`", key.name);
        assert!(key.doc.len() > 4 && key.doc.ends_with('.'), "`{}` says too little: {:?}", key.name, key.doc);
    }
}
