//! `export`, `import` and `import --check` hold each other: what the simulator dumps and reads again is the pool.

mod believed;
mod common;
mod folder;
mod generate;

use believed::shown;
use folder::Folder;
use poolsim::engine::{Engine, Options};
use poolsim::scenario::model::Scenario;
use std::fmt::Write as _;
use std::process::Command;

fn load(yaml: &str) -> Scenario {
    poolsim::scenario::load("pool.yaml", yaml).unwrap_or_else(|told| panic!("{told:?}\n{yaml}")).scenario
}

fn dump(scenario: &Scenario) -> String {
    let engine = Engine::new(scenario, scenario.cases()[0], Options::default());
    poolsim::dump::write::xml(scenario, &engine.world, engine.world.ruler())
}

/// A dump that was read again; the text that `import` makes of it.
fn again(xml: &str) -> (String, Scenario) {
    let text = poolsim::dump::import("pool.xml", xml.as_bytes(), false).unwrap_or_else(|told| panic!("{told:?}\n{xml}"));
    let loaded = poolsim::scenario::load("again.yaml", &text).unwrap_or_else(|told| panic!("{told:?}\n{text}"));
    (text, loaded.scenario)
}

/// Nothing of it is lost, but what no database holds: shipped and random pools.
#[test]
fn what_is_dumped_and_read_is_the_pool() {
    let shipped = common::shipped().into_iter().map(|path| std::fs::read_to_string(path).unwrap());
    let random = (0..150).map(|n| generate::scenario(n, if n % 2 == 0 { generate::Taste::Wild } else { generate::Taste::Guarded }));
    let mut tried = 0;
    for yaml in shipped.chain(random) {
        let Ok(loaded) = poolsim::scenario::load("pool.yaml", &yaml) else { continue };
        let scenario = loaded.scenario.of(loaded.scenario.cases()[0]).clone();
        // A host that was forgotten is in no database, and its own SR then has no home.
        if scenario.pool.hosts.iter().zip(&scenario.pool.names.machines).any(|(start, name)| !start.known && !name.spare) {
            continue;
        }
        tried += 1;
        let (text, read) = again(&dump(&scenario));
        assert_eq!(shown(&read), shown(&scenario), "{yaml}\n{text}");
        let drift = poolsim::dump::drift::drift(&read.pool, &scenario.pool);
        assert!(drift.is_empty(), "{drift:?}\n{yaml}\n{text}");
        // Releases that no default stands for are known again.
        assert_eq!(read.release.name(), scenario.release.name());
    }
    assert!(tried > 200, "{tried}");
}

/// 64 hosts and 2,000 VMs.
#[test]
fn a_large_pool_comes_back() {
    let mut yaml = String::from("release: xenserver-6.0\npool:\n  name: large\n  hosts:\n");
    for host in 1..=64 {
        let _ = writeln!(yaml, "    h{host:02}: {{memory: 256GiB, uuid: 00000000-0000-4000-8000-0000000a{host:04}}}");
    }
    yaml.push_str("  storage: {nfs1: {type: nfs}, lun1: {type: lvmoiscsi}, own: {type: lvm, host: h07}}\n");
    yaml.push_str("  ha: {failures-to-tolerate: 2}\n  vms:\n");
    for vm in 0..2000 {
        let _ = writeln!(
            yaml,
            "    vm{vm:04}: {{running-on: h{:02}, memory: {}GiB, ha: restart, order: {}, disks: {{root: {{sr: nfs1}}, data: {{sr: lun1}}}}}}",
            vm % 64 + 1,
            1 + vm % 5,
            vm % 3
        );
    }
    let scenario = load(&yaml);
    let (_, read) = again(&dump(&scenario));
    assert_eq!(shown(&read), shown(&scenario));
}

/// Signs that XML, sets and maps have for themselves.
#[test]
fn names_with_signs_of_their_own_come_back() {
    let yaml = "pool:\n  name: \"R&D <1> \\\"x\\\" 'y' 100%  %_ %n\"\n  hosts: [alpha]\n  storage: {\"a & b < c  d\": {type: nfs}}\n  vms:\n    \"50%% of  it > 3\": {running-on: alpha}\n    \"ümläut 漢字\": {}\n";
    let scenario = load(yaml);
    let (text, read) = again(&dump(&scenario));
    assert_eq!(shown(&read), shown(&scenario), "{text}");
}

fn poolsim(args: &[&str]) -> (String, String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_poolsim")).args(args).current_dir(common::root()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

/// It has one form, whether that is asked for by its name or not; others are refused with what there is.
#[test]
fn the_form_can_be_named() {
    let file = "scenarios/forget/three-worlds.yaml";
    let plain = poolsim(&["export", file]);
    assert!(plain.0.starts_with("<?xml") && plain.2 == 0, "{plain:?}");
    assert_eq!(poolsim(&["export", file, "--format", "xml"]), plain);
    let (_, err, status) = poolsim(&["export", file, "--format", "json"]);
    assert!(status == 2 && err.contains("it writes xml"), "{err}");
    let (_, err, status) = poolsim(&["run", file, "--format", "xml"]);
    assert!(status == 2 && err.contains("does not write xml"), "{err}");
}

const POOL: &str = "
pool:
  hosts: [alpha, beta, gamma]
  storage: {nfs1: {type: nfs}, lun: {type: lvmoiscsi}}
  vms:
    db: {running-on: beta, memory: 4GiB, ha: restart, order: 1}
    web: {running-on: alpha}
    old: {}
timeline:
  - {at: 5m, fault: {crash: beta}}
";

/// Each change to a file is told as what it is, and nothing else is.
#[test]
fn drift_is_told() {
    let folder = Folder::new("drift");
    let file = folder.file("pool.yaml", POOL);
    let dump = folder.path("pool.xml");
    assert_eq!(poolsim(&["export", &file, "-o", &dump]), (String::new(), String::new(), 0));
    let (out, err, status) = poolsim(&["import", &dump, "--check", &file]);
    assert_eq!((out.as_str(), err.as_str(), status), ("the pool is as pool.yaml has it\n", "", 0));
    for (from, to, wanted) in [
        ("memory: 4GiB", "memory: 2GiB", "VM db, its memory: 4GiB; in the file 2GiB"),
        ("running-on: beta", "running-on: gamma", "VM db: on beta; in the file on gamma"),
        ("    old: {}\n", "", "VM old is new: the file does not have it"),
        ("    old: {}\n", "    old: {}\n    older: {}\n", "VM older is gone: only the file has it"),
        (", ha: restart, order: 1", "", "VM db, its protection: restart; in the file unprotected"),
        ("type: lvmoiscsi", "type: lvmohba", "SR lun, its type: lvmoiscsi; in the file lvmohba"),
        (
            "  hosts: [alpha, beta, gamma]\n",
            "  hosts: [alpha, beta, gamma]\n  master: beta\n",
            "the pool, its master: alpha; in the file beta",
        ),
        (
            "pool:\n  hosts",
            "pool:\n  ha: {failures-to-tolerate: 1}\n  hosts",
            "the pool, HA: off; in the file on (statefile on nfs1, timeout 1m, 1 failures to tolerate)",
        ),
        ("    web: {running-on: alpha}", "    www: {running-on: alpha}", "VM web is called www in the file"),
        (
            "web: {running-on: alpha}",
            "web: {running-on: alpha, disks: {root: {sr: lun}}}",
            "VM web, its disks: one on nfs1; in the file one on lun",
        ),
    ] {
        let other = folder.file("other.yaml", &POOL.replacen(from, to, 1));
        let (out, err, status) = poolsim(&["import", &dump, "--check", &other]);
        assert_eq!((err.as_str(), status), ("", 1), "{to}: {out}");
        let flat = out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(wanted), "{wanted}: {out}");
    }
    // The order of things means nothing.
    let turned = POOL.replace(
        "    web: {running-on: alpha}\n    old: {}\n",
        "    old: {uuid: 00000003-0003-4000-8000-00706f6f6c03}\n    web: {running-on: alpha, uuid: 00000002-0003-4000-8000-00706f6f6c02}\n",
    );
    let other = folder.file("turned.yaml", &turned);
    let (out, ..) = poolsim(&["import", &dump, "--check", &other]);
    assert!(!out.contains("VM"), "{out}");
    // Locks and liveness after something has happened are drift, too.
    let later = folder.path("later.xml");
    assert_eq!(poolsim(&["export", &file, "--at", "20m", "-o", &later]).2, 0);
    let (out, _, status) = poolsim(&["import", &later, "--check", &file]);
    assert!(
        status == 1 && out.contains("STANDS OTHERWISE") && out.contains("host beta: not live, enabled; in the file live, enabled"),
        "{out}"
    );
    assert_eq!(poolsim(&["export", &file, "--at", "9d"]).2, 2, "the run ends before");
    assert_eq!(poolsim(&["import", &dump, "--check", "no-such.yaml"]).2, 3);
    assert_eq!(poolsim(&["import", &dump, "--check", &file, "--anonymous"]).2, 2);
}
