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
