//! A scenario that is written down as YAML loads to the same scenario, and a pool that is described by a program is the pool
//! that a file would describe.

mod common;
mod generate;

use generate::Taste;
use poolsim::scenario::draft::{DiskDraft, HostDraft, Mistake, PoolDraft, RunningDraft, SrDraft, VmDraft};
use poolsim::scenario::model::Scenario;
use poolsim::scenario::{Asked, load_with, write};
use poolsim::world::settings::Settings;

/// Writes a scenario and reads it again.
fn again(scenario: &Scenario) -> (String, Scenario) {
    let text = write::yaml(scenario);
    // The name stands in the text: the file's plays no part.
    let read = common::load("somewhere/else.yaml", &text);
    (text, read)
}

fn holds(what: &str, scenario: &Scenario) {
    let (text, read) = again(scenario);
    assert!(read.same_as(scenario), "{what}: what was written says something else\n{text}\n{scenario:#?}\n{read:#?}");
    assert_eq!(write::yaml(&read), text, "{what}: written twice, it is not the same text");
    let draft = PoolDraft::of(&scenario.pool, &scenario.settings);
    assert_eq!(draft.build(&scenario.settings).as_ref(), Ok(&scenario.pool), "{what}: the draft of the pool is of another pool");
}

#[test]
fn shipped_scenarios_are_written_and_read_back() {
    for path in common::shipped() {
        if poolsim::scenario::is_part(&path.to_string_lossy()) {
            continue;
        }
        let folder = path.parent().expect("a folder");
        let bytes = std::fs::read(&path).expect("a file");
        let mut include = |name: &str| std::fs::read(folder.join(name)).map_err(|error| error.to_string());
        let loaded = load_with(&common::relative(&path), &bytes, &mut Asked { release: None, include: &mut include, set: &[] });
        let scenario = loaded.unwrap_or_else(|wrong| panic!("{}: {wrong:?}", path.display())).scenario;
        holds(&path.display().to_string(), &scenario);
    }
}

#[test]
fn random_scenarios_are_written_and_read_back() {
    for n in 0..1_000 {
        for taste in [Taste::Wild, Taste::Guarded] {
            holds(&format!("{taste:?} {n}"), &common::load("generated.yaml", &generate::scenario(n, taste)));
        }
    }
}

/// Every key that a file may have, in a shape that is easily lost on the way.
const EVERYTHING: &str = r##"
name: "007"
title: "yes"
about: |
  First: the # story.

    Then a deeper line.
source: "it's \"quoted\"\tonce"
shows: {kept: [M2], broken: ["5"]}
tags: ["true", member failure]
seed: 18446744073709551615
seeds: 1..200
skip: "waits for: nothing"
until: 1d2h3m4s5ms6us
settings: {host-dead-after: 60s, network-latency: 2ms..3ms, network-loss: 0.0501%, emergency-restart: 70s}
matrix:
  release: [manual-6]
  settings: {vm-grace: [10m, 5m], command: [600ms, 2s]}
pool:
  name: "null"
  hosts:
    xs01..xs05: {memory: 3GiB}
    "null": {powered: false, live: true, copy-age: 3m, uuid: 0a0b0c0d-0000-4000-8000-000000000001}
    lost: {known: false, role: emergency}
    "12": {enabled: false}
  spare-hosts: {spare1: {memory: 512MiB}, spare2: {powered: false}}
  master: xs02
  storage: {local: {type: ext, host: xs01}, nfs1: {type: nfs}, san: {type: lvmohba, uuid: 0a0b0c0d-0000-4000-8000-000000000002}}
  default-sr:
  dumps: {nightly: start, "a..b": start}
  ha: {heartbeat-sr: san, timeout: 30s, failures-to-tolerate: 1, allow-overcommit: true, known-faults: [fenced-taken-back, late-loss-unseen]}
  vms:
    db: {running-on: "null", ha: restart, order: 0, start-delay: 20s, disks: {root: {sr: nfs1}, "ro": {sr: san, mode: ro, uuid: 0a0b0c0d-0000-4000-8000-000000000003}}}
    "on 1..on 4": {disks: {}, grace: 10m, memory: 1537KiB}
    two: {running-on: [xs03, xs01], writes: never, disks: {own: {sr: san, locks: {xs05: ro, xs01: rw}, open-on: {xs03: rw, xs04: ro}}, peek: {vdi: db-ro, mode: ro}}}
    gone: {running-on: [], resident-on: xs03, writes: 250ms, disks: {root: {sr: nfs1, paused: true, locks: {}}}}
    half: {running-on: [xs02], resident-on: lost, ha: best-effort, disks: {a: {sr: nfs1}}}
    near: {running-on: xs01, disks: {root: {sr: local}}}
chaos:
  degrade-network: {hosts: [xs01, xs02], loss: 1%, every: 1d, back-after: 5m}
  crash: {hosts: [xs03, "null"], every: 30d, back-after: 5m..20m}
  one-way: {from: [xs01, xs02], to: xs03, every: 2h, back-after: 1m}
  storage-loss: {hosts: [xs02, xs01], sr: [nfs1, san], io: hang, every: 40d, back-after: 0s}
  sr-outage: {sr: [nfs1, san], every: 100ms, back-after: 1s}
  partition: {groups: [[xs01, xs02], ["null"]], every: 90d, back-after: 1h}
timeline:
  - {id: 7x, at: 5m..9m, fault: {crash: xs01..xs03}, for: 1m..2m, every: 10m, times: 3}
  - {after: 7x+0s, fault: {partition: [[xs01, xs02], ["null"]]}}
  - {after: 7x+1s..2s, fault: {partition: [["12"]]}, for: 5s}
  - {after: 0s, fault: heal-network}
  - {fault: {heal-network: [xs01, lost]}}
  - {fault: {storage-loss: {host: [xs01, xs02], sr: [nfs1, san], io: hang}}}
  - {fault: {storage-return: {host: xs01, sr: nfs1}}}
  - {fault: {sr-outage: [nfs1, san]}, for: 3s}
  - {fault: {sr-outage: {sr: nfs1, io: hang}}}
  - {fault: {sr-return: nfs1}}
  - {fault: {one-way: {from: xs01, to: [xs02, xs03]}}}
  - {fault: {degrade-network: {hosts: xs04, loss: 0%}}}
  - {fault: {degrade-network: {hosts: xs04, latency: 1s..2s, loss: 12.5%}}}
  - {fault: {xhad-crash: xs05}}
worlds:
  "no": [{note: "one: two"}, {act: {power-off: xs01}}]
  dead: []
operators:
  anna: [{at: 16m, run: xe host-list, host: xs01}, {after: 7x+0s, note: "5"}, {id: move, run: xe vm-migrate vm=db host=xs02, host: xs01}]
  ben: [{after: move.switch-over, note: x}, {after: move.record+1s..2s, note: x}]
  "on": []
recoveries:
  first:
    wait-for: {host: [xs01, xs02], live: false, known: true}
    within: 2h
    pace: 90s
    host: xs03
    steps:
      - {id: look, run: "xe host-list", expect: ok, host: xs02}
      - {wait-for: {step: look, status: ok, code: HOST_IS_LIVE}, if: {xe: hangs}, note: "#1"}
      - {wait-for: {vm: [db, two], power-state: running, resident-on: }, within: 5m, run: 'xe vm-list', host: xs03, timeout: 5m}
      - {if: {vm: db, resident-on: xs01}, run: "xe vm-start vm=db\n# a remark\n\nxe vm-list", stdin: "yes\n", must: {status: error, code: VM_BAD_POWER_STATE, prints: "a: b", exit: 1}}
      - {run: 'xe vm-list', must: {exit: 0}}
      - {act: {check-off: [xs01, "null"]}, must: ok}
      - {act: {re-address: [xs01, "null"]}}
    expect: {worst: danger, effects: [7x]}
  "2":
    at: 1h..2h
    steps: [{act: {reinstall: lost}}, {act: {power-on: xs01}}]
    expect: {}
goal:
  - {vm: [db, two], power-state: running, running-on: [xs01, xs02], world: dead}
  - {seen-by: xs03, host: lost, known: false, recovery: "2"}
  - {default-sr: }
drill:
  briefing: "a: b"
  grade: 3
  goal: [{vm: db, power-state: running, world: dead}]
  within: 20h
  allow: [vm-start, resetvdis.py, power-on, host-list]
  score: {goal: 50, corruption: 49, danger: 7, gamble: 6, downtime: 0, needless: 5, hint: 4}
expect:
  worst: {"no": none, dead: corruption}
  left: outage
  never: [two-masters, ghost-record]
  hazards:
    - {hazard: vm-down, vm: db, hosts: [xs01, xs03], host: xs01, by: xs02, during: 5m..5m, world: "no", recovery: "2"}
    - {hazard: vm-down, by: 14m, in: 1%..30.25%}
    - {hazard: double-writer, vdi: db-ro, hosts: []}
    - {hazard: bad-default-sr, sr: local, in: 5%}
  states:
    - {at: end, seen-by: xs03, host: [xs01, lost], powered: true, live: false, enabled: true, known: false, role: member, running: [db], fenced: false, vm: [db, two], power-state: halted, resident-on: , running-on: [], vdi: db-root, locks: [xs01], open-on: [], damaged: false, paused: true, masters: [xs02, xs03], default-sr: }
    - {during: 1m..2m, default-sr: local, world: dead}
    - {by: 3m, masters: xs02}
  downtime: {"on 1..on 4": 10m, "on 2": 5m, db: 1h}
  events: {at-most: 100}
  effects: [7x]
"##;

#[test]
fn a_file_with_every_key_is_written_and_read_back() {
    let scenario = common::load("everything.yaml", EVERYTHING);
    assert_eq!(scenario.variants.len(), 4, "the matrix is there");
    holds("everything", &scenario);
    let (text, _) = again(&scenario);
    for row in ["xs01..xs05: {memory: 3GiB}", "on 1..on 4: {memory: 1537KiB", "network-loss: 0.0501%", "command: [600ms, 2s]"] {
        assert!(text.contains(row), "{row:?} is not in\n{text}");
    }
}

#[test]
fn a_draft_is_the_pool_that_a_file_would_describe() {
    let file = common::load(
        "file.yaml",
        "pool: {hosts: {alpha: , beta: {live: false}}, storage: {nfs1: {type: nfs}}, vms: {db: {running-on: beta}, web: {running-on: [alpha], disks: {root: , peek: {vdi: db-root, mode: ro}}}}}",
    );
    let mut draft = PoolDraft {
        hosts: vec![HostDraft::new("alpha"), HostDraft { live: Some(false), ..HostDraft::new("beta") }],
        srs: vec![SrDraft::new("nfs1")],
        vms: vec![VmDraft::running("db", "beta"), VmDraft::new("web")],
        ..PoolDraft::default()
    };
    draft.vms[1].running = RunningDraft::Domains(vec!["alpha".into()]);
    let peek = DiskDraft { vdi: Some("db-root".into()), mode: Some(poolsim::world::inventory::Mode::Ro), ..DiskDraft::new("peek") };
    draft.vms[1].disks = Some(vec![DiskDraft::new("root"), peek]);
    let pool = draft.build(&Settings::default()).expect("a pool");
    assert_eq!(pool, file.pool);
    assert!(Scenario::still("file", pool).same_as(&file));
}

/// The places and codes of what is wrong with a draft.
fn wrong(draft: &PoolDraft) -> Vec<(String, &'static str)> {
    let mistakes: Vec<Mistake> = draft.build(&Settings::default()).expect_err("a wrong draft");
    mistakes.into_iter().map(|mistake| (mistake.at, mistake.code)).collect()
}

#[test]
fn what_is_wrong_with_a_draft_is_told_by_where_a_file_would_have_it() {
    assert_eq!(wrong(&PoolDraft::default()), [("hosts".to_string(), "missing-key")]);
    let good =
        PoolDraft { hosts: vec![HostDraft::new("alpha"), HostDraft::new("beta")], srs: vec![SrDraft::new("nfs1")], ..PoolDraft::default() };
    assert!(good.build(&Settings::default()).is_ok());
    let with = |change: &dyn Fn(&mut PoolDraft)| {
        let mut draft = good.clone();
        change(&mut draft);
        wrong(&draft)
    };
    let is = |at: &str, code: &'static str| vec![(at.to_string(), code)];
    // A second of the name; a name that a file would take for a row; a name that no console could be told.
    assert_eq!(with(&|draft| draft.hosts.push(HostDraft::new("beta"))), is("hosts.beta", "duplicate-name"));
    assert_eq!(with(&|draft| draft.hosts.push(HostDraft::new("xs1..xs3"))), is("hosts.xs1..xs3", "wrong-name"));
    assert_eq!(with(&|draft| draft.hosts.push(HostDraft::new("a b"))), is("hosts.a b", "wrong-name"));
    // A local SR is in a host, and a record names hosts of the pool.
    let local = || SrDraft { kind: Some(poolsim::world::inventory::SrType::Ext), ..SrDraft::new("local") };
    assert_eq!(with(&|draft| draft.srs.push(local())), is("storage.local.type", "missing-key"));
    assert_eq!(with(&|draft| draft.vms.push(VmDraft::running("db", "gamma"))), is("vms.db.running-on", "unknown-name"));
    // Two mistakes of one kind are two, each at its own place.
    let both = with(&|draft| draft.vms = vec![VmDraft::running("db", "gamma"), VmDraft::running("web", "gamma")]);
    assert_eq!(both.iter().map(|(at, _)| at.as_str()).collect::<Vec<_>>(), ["vms.db.running-on", "vms.web.running-on"]);
}
