//! What becomes of a disk that beta has open, for everybody who may change its chain: written from the rules of snapshots, destruction and
//! the collector (docs/model/storage.md §5, §6), for every kind of SR, storage manager, and standing of beta.

mod common;

use poolsim::report::Report;
use poolsim::report::json::case;

/// What alpha, the SR's master, is asked to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asked {
    /// To take a snapshot.
    Snapshot,
    /// To destroy a snapshot, so that the disk is merged into its base.
    Merge,
    /// To destroy the disk.
    Destroy,
}

/// How beta stands to alpha then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Beta {
    Well,
    /// It does not answer, and is held for alive.
    CutOff,
    /// It does not answer, and is held for dead.
    HeldForDead,
    /// It does not answer, and was forgotten.
    Forgotten,
}

#[derive(Clone, Copy, Debug)]
struct Case {
    file: bool,
    manager: &'static str,
    asked: Asked,
    locked: bool,
    beta: Beta,
}

/// Whether it is done, and the hazard that then holds of beta.
fn must(Case { file, manager, asked, locked, beta }: Case) -> (&'static str, Option<&'static str>) {
    // Before anything is removed every host is asked that has the SR plugged by the database. One that has it open keeps it; one that does
    // not answer ends the run, but for one that is held for dead, on LVM. A forgotten host has no PBD any more.
    let passes_over = match beta {
        Beta::Well | Beta::CutOff => false,
        Beta::HeldForDead => !file,
        Beta::Forgotten => true,
    };
    match asked {
        // Whoever holds a key must be told; who holds none is not.
        Asked::Snapshot if locked && beta != Beta::Well => ("error", None),
        Asked::Snapshot if locked => ("ok", None),
        Asked::Snapshot => ("ok", Some("leaf-not-refreshed")),
        // A key that nobody answers for keeps the disk as it is; who answers opens it anew.
        Asked::Merge if locked => ("ok", None),
        // In 8.x the disk goes at once.
        Asked::Destroy if manager == "g4" => ("ok", Some("removed-while-open")),
        Asked::Merge | Asked::Destroy => ("ok", passes_over.then_some("removed-while-open")),
    }
}

fn came(Case { file, manager, asked, locked, beta }: Case) -> (String, Option<String>) {
    let kind = if file { "nfs" } else { "lvmoiscsi" };
    let mut steps = Vec::new();
    if asked == Asked::Merge {
        steps.push("{at: 1m, run: xe vm-snapshot vm=db new-name-label=x, must: ok}".to_owned());
    }
    if !locked {
        steps.push("{at: 2m, run: /opt/xensource/sm/resetvdis.py $beta $san, must: ok}".to_owned());
    }
    if beta != Beta::Well {
        steps.push("{at: 3m, fault: {isolate: beta}}".to_owned());
    }
    if beta == Beta::Forgotten {
        steps.push("{at: 4m, run: xe host-forget uuid=$beta --force, must: ok}".to_owned());
    }
    let line = match asked {
        Asked::Snapshot => "xe vm-snapshot vm=db new-name-label=x",
        Asked::Merge => "xe vdi-destroy uuid=$(xe vdi-list is-a-snapshot=true --minimal)",
        Asked::Destroy => "xe vdi-destroy uuid=${db-root}",
    };
    let at = if beta == Beta::HeldForDead { "20m" } else { "6m" };
    steps.push(format!("{{id: it, at: {at}, run: '{line}'}}"));
    let text = format!(
        "settings: {{storage-manager: {manager}}}
pool:
  hosts: [alpha, beta, gamma]
  storage: {{san: {{type: {kind}}}}}
  vms: {{db: {{disks: {{root: {{locks: {{beta: rw}}, open-on: {{beta: rw}}}}}}}}}}
recovery:
  at: 0s
  steps:
    - {}
until: 40m
",
        steps.join("\n    - ")
    );
    let mut reports: Vec<Report> = common::run(&common::load("chains.yaml", &text), false);
    let json: serde_json::Value = case(&reports.remove(0));
    let steps = json["steps"].as_array().expect("steps");
    let it = steps.iter().find(|step| step["id"] == "it").expect("the step");
    let hazards = json["hazards"].as_array().expect("hazards").iter();
    let of_chains = |name: &&str| ["leaf-not-refreshed", "removed-while-open", "metadata-race"].contains(name);
    let mut found: Vec<&str> = hazards.filter_map(|finding| finding["hazard"].as_str()).filter(of_chains).collect();
    found.dedup();
    assert!(found.len() < 2, "{text}\n{found:?}");
    (it["status"].as_str().expect("a status").to_owned(), found.first().map(|name| (*name).to_owned()))
}

#[test]
fn a_disk_that_beta_has_open() {
    let (mut tried, mut wrong) = (0, Vec::new());
    for file in [false, true] {
        for manager in ["g1", "g4"] {
            for asked in [Asked::Snapshot, Asked::Merge, Asked::Destroy] {
                for locked in [true, false] {
                    for beta in [Beta::Well, Beta::CutOff, Beta::HeldForDead, Beta::Forgotten] {
                        let case = Case { file, manager, asked, locked, beta };
                        let (status, hazard) = came(case);
                        if (status.as_str(), hazard.as_deref()) != must(case) {
                            wrong.push(format!("{case:?}: must {:?}, came {:?}", must(case), (status, hazard)));
                        }
                        tried += 1;
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(tried, 96);
}
