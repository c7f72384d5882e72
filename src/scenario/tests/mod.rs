//! Stories of the loader, by what a file says: its pool, its steps, what must come of it.

mod expecting;
mod fuzz;
mod include;
mod lint;
mod matrix;
mod mistakes;
mod start;
mod story;
mod together;

use super::diagnostic::Diagnostic;
use super::model::Scenario;
use super::{Loaded, load};

/// The scenario of a file that must be right.
pub fn good(text: &str) -> Scenario {
    match load("stories/test.yaml", text) {
        Ok(Loaded { scenario, .. }) => scenario,
        Err(errors) => panic!("{}", errors.iter().map(|error| error.render(false)).collect::<Vec<_>>().join("\n\n")),
    }
}

/// The diagnostics of a file that must be wrong.
pub fn bad(text: &str) -> Vec<Diagnostic> {
    match load("stories/test.yaml", text) {
        Ok(_) => panic!("this was taken for right:\n{text}"),
        Err(errors) => errors,
    }
}

/// The codes and lines of a wrong file.
pub fn codes(text: &str) -> Vec<(&'static str, u32)> {
    bad(text).iter().map(|error| (error.code, error.line)).collect()
}

/// A scenario that uses most of what there is.
pub const EXAMPLE: &str = r#"
name: forget-isolated-host            # default: the file's stem
title: Forgetting a host that is only cut off
about: |
  The master stops hearing beta because a switch port died. Beta itself runs on, and so does its VM.
source: XenServer 6 manual, member failures
shows: {kept: [M2], broken: [M5, M14]}   # rules; for coverage
tags: [member-failure]
release: manual-6                     # manual-6 (default)
seed: 1                               # default 0
until: 40m                            # default: 30m after the last step ended

pool:
  hosts: [alpha, beta, gamma]         # or a map with details; the first is the master unless `master:` says
  storage:
    nfs1: {type: nfs}                 # nfs, lvmoiscsi, lvmohba: shared by all hosts; lvm, ext: {type: lvm, host: beta}
  vms:
    db: {running-on: beta}            # one RW disk, db-root, on the default SR, since nothing else is said

timeline:
  - {at: 5m, fault: {isolate: beta}}

recovery:
  wait-for: {host: beta, live: false}
  pace: 1m
  steps:
    - {id: forget, run: "xe host-forget uuid=$beta --force"}
    - {id: unlock, run: "/opt/xensource/sm/resetvdis.py $beta $nfs1"}
    - {id: start,  run: "xe vm-start vm=db on=gamma", expect: ok}

expect:
  hazards:
    - {hazard: double-writer, vdi: db-root, hosts: [beta, gamma]}
    - {hazard: forgotten-host-alive, host: beta}
  states:
    - {at: 14m, host: beta, live: true}
    - {at: end, vm: db, power-state: running, resident-on: gamma, running-on: [beta, gamma]}
"#;

/// A pool for short stories, one line long.
pub const POOL: &str = "pool: {hosts: [alpha, beta, gamma], storage: [nfs1, san], vms: {db: {running-on: beta}, web: }}\n";
