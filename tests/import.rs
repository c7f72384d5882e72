//! A pool's database becomes a scenario: every fact of a dump, and nothing of what is no dump.

mod common;
mod folder;

use folder::Folder;
use poolsim::engine::{Engine, Options};
use poolsim::report::EndState;
use poolsim::scenario::model::Scenario;
use std::process::Command;

/// Invented data in the form of schema 5.66: three hosts, of which one is dead and its VMs are still recorded as running.
const DUMP: &str = "tests/dumps/pool-61.xml";

fn import(args: &[&str]) -> (String, String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_poolsim")).arg("import").args(args).current_dir(common::root()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

fn imported(args: &[&str]) -> (String, Scenario) {
    let (text, err, status) = import(args);
    assert_eq!((status, err.as_str()), (0, ""));
    let loaded = poolsim::scenario::load("dump.yaml", &text).unwrap_or_else(|told| panic!("{told:?}\n{text}"));
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    (text, loaded.scenario)
}

/// What stands in the dump, counted by hand in its rows.
#[test]
fn every_fact_of_the_dump_is_there() {
    let (text, scenario) = imported(&[DUMP]);
    let names = &scenario.pool.names;
    let state = state(&scenario);
    assert_eq!(names.machine_ids().map(|machine| names.machine(machine)).collect::<Vec<_>>(), ["bkf-xs01", "bkf-xs02", "bkf-xs03"]);
    assert_eq!(names.machine(scenario.pool.master), "bkf-xs01");
    for (host, live) in [("bkf-xs01", true), ("bkf-xs02", true), ("bkf-xs03", false)] {
        assert_eq!((state.hosts[host].live, state.hosts[host].enabled), (Some(live), Some(true)), "{host}");
    }
    assert_eq!(state.default_sr.as_deref(), Some("NFS VM store"));
    let vms = [
        ("app-staging", None),
        ("build-slave-3", Some("bkf-xs03")),
        ("db-sql01", Some("bkf-xs02")),
        ("dc01", Some("bkf-xs01")),
        ("exch01", Some("bkf-xs03")),
        ("file01", Some("bkf-xs03")),
        ("mon01", Some("bkf-xs01")),
        ("old-crm", None),
        ("test-win7", None),
        ("vdi-pilot", None),
        ("web01", Some("bkf-xs01")),
        ("web02", Some("bkf-xs02")),
    ];
    assert_eq!(names.vm_ids().map(|vm| names.vm(vm)).collect::<Vec<_>>(), vms.map(|(vm, _)| vm));
    for (vm, on) in vms {
        let down = if vm == "vdi-pilot" { "suspended" } else { "halted" };
        assert_eq!(state.vms[vm].power_state, Some(if on.is_some() { "running" } else { down }), "{vm}");
        assert_eq!(state.vms[vm].resident_on.as_deref(), on, "{vm}");
    }
    // Eleven keys of disks that can be written; the two of CDs in drives are left out with the CDs.
    let locks: Vec<(String, &str)> = state.vdis.values().flat_map(|disk| disk.locks.clone().unwrap_or_default()).collect();
    let by = |host: &str| locks.iter().filter(|(holder, mode)| holder == host && *mode == "rw").count();
    assert_eq!((locks.len(), by("bkf-xs01"), by("bkf-xs02"), by("bkf-xs03")), (11, 3, 3, 5), "{locks:?}");
    for uuid in ["9142c31d-f30f-45f5-a296-c0b700329e85", "f49b47c0-f9ab-420f-85f0-06d02f2199b5", "ce1154dc-15db-4fce-8307-363016629215"] {
        assert!(text.contains(uuid), "{uuid}");
    }
    for counted in [
        "Schema 5.66, generation 1488317; 45 tables (13 empty), 352 rows",
        "3 control domains",
        "21 default templates",
        "1 custom template",
        "3 snapshots of VMs",
        "5 base copies",
        "4 snapshots of VDIs",
        "10 empty drives",
        "build-slave-3 has a disk on a local SR of bkf-xs03",
        "exch01 is recorded as running on bkf-xs03, which is not live",
        "vdi-pilot is suspended",
    ] {
        assert!(text.contains(counted), "{counted}: {text}");
    }
    assert!(!text.contains("lead nowhere"), "those of the metrics tables mean no harm");
}

/// The pool before anything happens, as reports have it.
fn state(scenario: &Scenario) -> EndState {
    let engine = Engine::new(scenario, scenario.cases()[0], Options::default());
    poolsim::report::build::state(&engine.world, scenario.pool.master)
}

/// What the dead host may be is asked: in the one world its guests can be had back, in the others they run.
#[test]
fn it_names_the_worlds_to_ask_about() {
    let (_, scenario) = imported(&[DUMP]);
    assert_eq!(scenario.worlds.iter().map(|world| world.name.as_str()).collect::<Vec<_>>(), ["dead", "isolated", "hung"]);
    for case in scenario.cases() {
        let run = poolsim::run::run(&scenario, case, Options::default(), &[]);
        let world = scenario.world_name(case).unwrap();
        let running = run.engine.world.names.vm_ids().filter(|vm| run.engine.world.runs_on(*vm).next().is_some()).count();
        // Eight are recorded as running, three of them on the dead host.
        assert_eq!(running, if world == "dead" { 5 } else { 8 }, "{world}");
        assert_eq!(run.worst().is_some_and(|worst| worst.name() == "danger"), world != "dead", "{world}: it is held for dead, and lives");
    }
}

/// Nothing of anybody stays, and the pool is the same.
#[test]
fn anonymous_keeps_nothing_of_anybody() {
    let (text, scenario) = imported(&[DUMP, "--anonymous"]);
    assert_eq!(text, imported(&[DUMP, "--anonymous"]).0, "the same each time");
    let (plain, own) = imported(&[DUMP]);
    let dump = std::fs::read_to_string(common::root().join(DUMP)).unwrap();
    let uuids = plain.split(|c: char| !c.is_ascii_hexdigit() && c != '-').filter(|word| word.len() == 36);
    assert!(uuids.clone().count() > 20);
    for uuid in uuids {
        assert!(dump.contains(uuid) && !text.contains(uuid), "{uuid}");
    }
    let names = |scenario: &Scenario| {
        let names = &scenario.pool.names;
        let vms = names.vm_ids().map(|vm| names.vm(vm).to_owned());
        vms.chain(names.machine_ids().map(|machine| names.machine(machine).to_owned()))
            .chain(names.sr_ids().map(|sr| names.sr(sr).to_owned()))
            .collect::<Vec<_>>()
    };
    for name in names(&own) {
        assert!(!text.contains(&name), "{name}");
    }
    for word in ["Brackenfield", "10.20.4."] {
        assert!(dump.contains(word) && !text.contains(word), "{word}");
    }
    assert_eq!(names(&scenario).len(), names(&own).len());
    // Every UUID has another in its place, none twice, in the order of the true ones.
    let uuids = |scenario: &Scenario| scenario.pool.names.hosts.iter().map(|host| host.uuid.clone()).collect::<Vec<_>>();
    let sorted = |mut uuids: Vec<String>| {
        uuids.sort();
        uuids
    };
    assert_eq!(uuids(&scenario), sorted(uuids(&scenario)), "hosts stand in the order of their UUIDs");
    let order = |uuids: Vec<String>, masters: usize| sorted(uuids.clone()).iter().position(|uuid| *uuid == uuids[masters]).unwrap();
    let place = |scenario: &Scenario| order(uuids(scenario), scenario.pool.master.at());
    assert_eq!(place(&scenario), place(&own), "the master's place among the UUIDs is what it was");
    let others: Vec<&str> = text.split(|c: char| !c.is_ascii_hexdigit() && c != '-').filter(|word| word.len() == 36).collect();
    let distinct: std::collections::BTreeSet<&&str> = others.iter().collect();
    // 3 hosts, 5 SRs, 12 VMs and their disks.
    assert!(others.len() == distinct.len() && others.len() > 20 + 12, "{}", others.len());
}

/// A file that is no dump is refused, with a place, and nothing is written.
#[test]
fn what_is_no_dump_is_refused() {
    let folder = Folder::new("foreign");
    let dump = std::fs::read_to_string(common::root().join(DUMP)).unwrap();
    let target = folder.path("out.yaml");
    let bomb =
        "<?xml version=\"1.0\"?><!DOCTYPE d [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><database>&b;</database>";
    for (name, text) in [
        ("empty.xml", String::new()),
        ("foreign.xml", "<html><body/></html>".to_owned()),
        ("half.xml", dump[..dump.len() / 2].to_owned()),
        ("bomb.xml", bomb.to_owned()),
        ("words.xml", "uuid ( RO) : abc\n".to_owned()),
        ("gz.xml", "\u{1f}\u{8b}rest".to_owned()),
    ] {
        let path = folder.file(name, &text);
        let (out, err, status) = import(&[&path, "-o", &target]);
        assert_eq!((status, out.as_str()), (2, ""), "{name}: {err}");
        assert!(err.contains(name) && err.contains("error["), "{name}: {err}");
        assert!(!std::path::Path::new(&target).exists(), "{name}");
    }
    let (_, err, _) = import(&[&folder.path("half.xml")]);
    let place = err.lines().find(|line| line.contains("half.xml:")).unwrap_or_else(|| panic!("{err}"));
    assert!(place.split(':').nth_back(1).unwrap().trim().parse::<u32>().is_ok(), "{place}");
}

/// Whatever becomes of a file on its way, it is read or refused.
#[test]
fn damaged_dumps_are_read_or_refused() {
    let dump = std::fs::read(common::root().join(DUMP)).unwrap();
    let draw = poolsim::base::draw::Stream::new(7, "test", "dump");
    let mut read = 0;
    for round in 0..120u64 {
        let mut bytes = dump.clone();
        let at = draw.below(round * 3, bytes.len() as u64) as usize;
        match round % 3 {
            0 => bytes.truncate(at),
            1 => bytes[at] = draw.below(round * 3 + 1, 256) as u8,
            _ => {
                let end = (at + draw.below(round * 3 + 1, 400) as usize).min(bytes.len());
                bytes.drain(at..end);
            }
        }
        if let Ok(text) = poolsim::dump::import("damaged.xml", &bytes, round % 2 == 0) {
            read += 1;
            assert!(poolsim::scenario::load("damaged.yaml", &text).is_ok(), "round {round}: {text}");
        }
    }
    assert!(read > 10, "{read}");
}

/// What people send in the place of a dump is named for what it is.
#[test]
fn what_is_no_dump_is_named() {
    let folder = Folder::new("no-dump");
    let xml = std::fs::read_to_string(common::root().join(DUMP)).unwrap();
    let utf16: Vec<u8> = [0xfeff].into_iter().chain(xml.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for (bytes, said) in [
        (utf16, "UTF-16"),
        (b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head></html>".to_vec(), "a page of a web server"),
        (b"\xef\xbb\xbf\r\n<HTML><body>login</body></HTML>".to_vec(), "a page of a web server"),
    ] {
        let path = folder.path("x.xml");
        std::fs::write(&path, bytes).unwrap();
        let (out, err, status) = import(&[&path]);
        assert_eq!((out.as_str(), status), ("", 2), "{err}");
        assert!(err.contains(said), "{said}: {err}");
    }
}

/// A host's metrics say whether it is live. The master wrote the dump, so it is; of the others nobody knows, and they are asked about.
#[test]
fn hosts_without_metrics_are_asked_about() {
    let xml = std::fs::read_to_string(common::root().join(DUMP)).unwrap();
    let (head, rest) = xml.split_once("<table name=\"host_metrics\">").unwrap();
    let (_, tail) = rest.split_once("</table>").unwrap();
    let folder = Folder::new("no-metrics");
    let (text, scenario) = imported(&[&folder.file("x.xml", &format!("{head}<table name=\"host_metrics\"/>{tail}"))]);
    assert!(text.contains("#   3 hosts have no metrics: whether they are live is not recorded"), "{text}");
    let state = state(&scenario);
    for (host, live) in [("bkf-xs01", true), ("bkf-xs02", false), ("bkf-xs03", false)] {
        assert_eq!(state.hosts[host].live, Some(live), "{host}");
    }
    // What may be so is asked of each of the two, and of no other.
    let worlds = &text[text.find("\nworlds:").unwrap()..];
    assert!(!worlds.contains("bkf-xs01") && worlds.contains("bkf-xs02") && worlds.contains("bkf-xs03"), "{worlds}");
}

/// What XML, editors and terminals make of a dump that says the same.
#[test]
fn odd_dumps_are_the_pool_that_they_hold() {
    let xml = std::fs::read_to_string(common::root().join(DUMP)).unwrap();
    // The pool, without the counts at the top.
    let pool = |xml: &str| {
        let text = poolsim::dump::import("x.xml", xml.as_bytes(), false).unwrap_or_else(|told| panic!("{told:?}"));
        let begins = text.find("\ntitle:").unwrap();
        text[begins..].to_owned()
    };
    let plain = pool(&xml);
    // What stands in double quotes, in single ones: each second piece is a value.
    let pieces: Vec<String> =
        xml.split('"').enumerate().map(|(at, piece)| if at % 2 == 1 { piece.replace('\'', "&apos;") } else { piece.to_owned() }).collect();
    for (name, odd) in [
        ("a namespace", xml.replace("<database>", "<database xmlns=\"urn:x\">")),
        ("a prefix", xml.replace("<database>", "<x:database xmlns:x=\"urn:x\">").replace("</database>", "</x:database>")),
        ("single quotes", pieces.join("'")),
        ("comments", xml.replace("<row ", "<!-- <row/> --><row ")),
        ("a section", xml.replace("<table name=\"VM\">", "<table name=\"VM\"><![CDATA[<row/>]]>")),
        ("further columns", xml.replace("<row ", "<row further=\"(())\" ")),
        ("lines of Windows", xml.replace("><", ">\r\n<")),
        ("a mark", format!("\u{feff}{xml}")),
        ("empty lines", format!("\n\n  {xml}\n\n")),
        ("prompts", format!("[root@xs1 ~]# xe pool-dump-database file-name=/dev/stdout\n{xml}\n[root@xs1 ~]# \n")),
        ("a schema to come", xml.replace("schema_minor_vsn\" value=\"66\"", "schema_minor_vsn\" value=\"999\"")),
    ] {
        assert_ne!(odd, xml, "{name}");
        assert!(pool(&odd) == plain, "{name}:\n{}", pool(&odd));
    }
}

/// What can't be a pool, or not the whole one, is said with its place, or in the head.
#[test]
fn damage_of_a_dump_is_named() {
    let xml = std::fs::read_to_string(common::root().join(DUMP)).unwrap();
    let utf16: Vec<u8> = xml.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let western = xml.replace("UTF-8", "ISO-8859-1").replace("name__label=\"dc01\"", "name__label=\"dc\u{1}\"").into_bytes();
    let western: Vec<u8> = western.into_iter().map(|byte| if byte == 1 { 0xfc } else { byte }).collect();
    for (bytes, said) in [
        (format!("{xml}{xml}").into_bytes(), "a second database begins here"),
        (utf16, "UTF-16"),
        (western, "iconv"),
        (xml.replace("<table name=\"VM\">", "<table name=\"VM\"><row/>").into_bytes(), "has no `ref`"),
        (xml.replace("<database>", "<!DOCTYPE database><database>").into_bytes(), "document type"),
    ] {
        let told = poolsim::dump::import("x.xml", &bytes, false).expect_err(said);
        assert!(told.iter().any(|told| told.message.contains(said) || told.help.contains(said)), "{said}: {told:?}");
    }
    // A table that somebody cut out.
    let without = |table: &str| {
        let begins = xml.find(&format!("<table name=\"{table}\">")).unwrap();
        let ends = begins + xml[begins..].find("</table>").unwrap() + "</table>".len();
        poolsim::dump::import("x.xml", format!("{}{}", &xml[..begins], &xml[ends..]).as_bytes(), false).unwrap()
    };
    for table in ["VM", "VBD", "VDI", "SR", "PBD"] {
        assert!(without(table).contains(&format!("#   the file has no table {table}, which every database has: ")), "{table}");
    }
}

/// A key holds, whoever knows its host: it stays on the disk, and the start is refused for it.
#[test]
fn locks_of_nobody_are_kept() {
    let xml = std::fs::read_to_string(common::root().join(DUMP)).unwrap();
    let keyed: Vec<&str> = xml.split("host_OpaqueRef:").collect();
    let gone: String = keyed[0].to_owned()
        + &keyed[1..].iter().map(|rest| format!("host_OpaqueRef:00000000-0000-0000-0000-000000000000{}", &rest[36..])).collect::<String>();
    let text = poolsim::dump::import("x.xml", gone.as_bytes(), false).unwrap();
    assert!(text.contains("#   11 locks are of a host that the database does not know: it is called gone here"), "{text}");
    let scenario = poolsim::scenario::load("x.yaml", &text).unwrap_or_else(|told| panic!("{told:?}\n{text}")).scenario;
    let state = state(&scenario);
    let holders: Vec<String> =
        state.vdis.values().flat_map(|disk| disk.locks.clone().unwrap_or_default()).map(|(holder, _)| holder).collect();
    assert_eq!(holders, vec!["gone"; 11]);
    assert!(!state.hosts["gone"].known);
    // Three VMs are on record on the host that is not live: reset and started elsewhere, each is refused for the key.
    let steps = "recovery:\n  at: 20m\n  steps:\n    - {run: \"xe vm-reset-powerstate vm=file01 --force\", expect: ok}\n    - {run: \"xe vm-start vm=file01 on=bkf-xs01\", expect: {code: SR_BACKEND_FAILURE_46}}\n";
    let played = poolsim::scenario::load("y.yaml", &format!("{text}{steps}")).unwrap_or_else(|told| panic!("{told:?}\n{text}")).scenario;
    let run = poolsim::run::run(&played, played.cases()[0], Options::default(), &[]);
    let codes: Vec<Option<&str>> = run.engine.records.iter().map(|record| record.code.as_deref()).collect();
    assert_eq!(codes.last(), Some(&Some("SR_BACKEND_FAILURE_46")), "{codes:?}");
}
