//! Each command that has stages, interrupted at each of them by each kind of fault: what it ends with and what is left behind. What
//! must come is written here from the sources (6.0 xapi_vm_migrate.ml, xapi_vm.ml, vmops.ml, xapi_pool.ml; blktap2.py), with
//! the reason, and not from what came.

mod common;

use poolsim::report::Report;
use poolsim::report::json::case;

/// What is left behind: how the command ends (its code, `ok`, `hung`, or `lost` where nobody is left to tell), where the record has
/// the VM, where it runs, and whose lock is on the disk and who has it open.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Left {
    ends: String,
    record: Option<&'static str>,
    runs: Vec<&'static str>,
    locks: Vec<&'static str>,
    open: Vec<&'static str>,
}

const HOSTS: [&str; 3] = ["alpha", "beta", "gamma"];

fn left(ends: &str, record: Option<&'static str>, runs: &[&'static str], locks: &[&'static str], open: &[&'static str]) -> Left {
    Left { ends: ends.to_owned(), record, runs: runs.to_vec(), locks: locks.to_vec(), open: open.to_vec() }
}

fn known(name: &str) -> &'static str {
    HOSTS.into_iter().find(|host| *host == name).expect("a host of the pool")
}

fn run(text: &str) -> Report {
    let mut reports = common::run(&common::load("stages.yaml", text), false);
    assert_eq!(reports.len(), 1);
    reports.remove(0)
}

/// What a run left behind; `step` is the command's.
fn found(report: &Report, step: &str) -> Left {
    let json: serde_json::Value = case(report);
    let steps = json["steps"].as_array().expect("steps").clone();
    let command = steps.iter().find(|entry| entry["id"] == step).expect("the command's step");
    let ends = match (command["status"].as_str(), command["code"].as_str()) {
        (Some("error"), Some(code)) => code.to_owned(),
        (Some("error"), None) => "lost".to_owned(),
        (status, _) => status.expect("a status").to_owned(),
    };
    let last = &json["final"];
    let hosts = |value: &serde_json::Value| -> Vec<&'static str> {
        let names = value.as_object().expect("a map").keys().map(|name| known(name));
        names.collect()
    };
    let runs = last["vms"]["db"]["running_on"].as_array().expect("a list");
    Left {
        ends,
        record: last["vms"]["db"]["resident_on"].as_str().map(known),
        runs: runs.iter().map(|name| known(name.as_str().expect("a name"))).collect(),
        locks: hosts(&last["vdis"]["db-root"]["locks"]),
        open: hosts(&last["vdis"]["db-root"]["open_on"]),
    }
}

/// alpha is the master, db runs on beta, or is halted or suspended, and the command is typed on alpha.
fn interrupted(db: &str, command: &str, stage: &str, fault: &str) -> Left {
    let text = format!(
        "pool:
  hosts: [alpha, beta, gamma]
  storage: {{san: {{type: nfs}}}}
  vms: {{db: {{{db}}}}}
timeline:
  - {{after: it.{stage}, fault: {fault}}}
recovery:
  at: 1m
  steps: [{{id: it, run: '{command}', timeout: 2m}}]
until: 6m
"
    );
    found(&run(&text), "it")
}

/// How db is before it.
const RUNNING: &str = "running-on: beta";
const HALTED: &str = "";
const SUSPENDED: &str = "power-state: suspended";

const SOURCE: &str = "beta";
const TARGET: &str = "gamma";

/// The faults, of whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    Crash,
    Isolate,
    Toolstack,
    Path,
}

const WHATS: [What; 4] = [What::Crash, What::Isolate, What::Toolstack, What::Path];

fn fault(what: What, host: &str) -> String {
    match what {
        What::Crash => format!("{{crash: {host}}}"),
        What::Isolate => format!("{{isolate: {host}}}"),
        What::Toolstack => format!("{{toolstack-stop: {host}}}"),
        What::Path => format!("{{storage-loss: {{host: {host}, sr: san}}, io: error}}"),
    }
}

/// Interrupts a command at each of its stages by each kind of fault of each host, and holds what is left to what must be.
fn each_leaves(stages: &[&str], db: &str, command: &str, must: impl Fn(&str, What, &str) -> Left) {
    let mut wrong = Vec::new();
    for stage in stages {
        for host in HOSTS {
            for what in WHATS {
                let (came, must) = (interrupted(db, command, stage, &fault(what, host)), must(stage, what, host));
                if came != must {
                    wrong.push(format!("{stage}, {what:?} of {host}:\n  must {must:?}\n  came {came:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a migration of db from beta to gamma leaves behind.
fn of_a_migration(stage: &str, what: What, host: &str) -> Left {
    let contact = "CANNOT_CONTACT_HOST";
    let (stays, moved) = ([SOURCE], [TARGET]);
    match (stage, what, host) {
        // The master's own path to the SR has no part in it. A file is let go of also over a path that fails, and the guest writes
        // over there what it held back.
        (_, What::Path, "alpha" | SOURCE) => left("ok", Some(TARGET), &moved, &moved, &moved),
        // It is open over there already: the guest waits for its disk.
        ("record", What::Path, TARGET) => left("ok", Some(TARGET), &moved, &moved, &moved),
        // The destination finds out as it opens the disk: after the point of no return, so the guest is lost.
        (_, What::Path, TARGET) => left("SR_BACKEND_FAILURE_46", None, &[], &[], &[]),

        // Synchronisation point 1: the healthy domain has not been touched. With the source it goes, and its lock stays.
        ("copy", What::Crash, SOURCE) => left(contact, Some(SOURCE), &[], &stays, &[]),
        ("copy", What::Crash | What::Toolstack, "alpha") => left("lost", Some(SOURCE), &stays, &stays, &stays),
        ("copy", ..) => left(contact, Some(SOURCE), &stays, &stays, &stays),

        // Point 2: "we assume that we cannot recover this domain". The source sets the record halted, if it reaches its master.
        ("suspended", What::Crash, SOURCE) => left(contact, Some(SOURCE), &[], &stays, &[]),
        ("suspended", _, TARGET) => left(contact, None, &[], &[], &[]),
        // It can't deactivate the disks without the master: they stay open under a domain that is shut down, until it can.
        ("suspended", What::Crash | What::Toolstack, "alpha") => left("lost", Some(SOURCE), &[], &stays, &stays),
        ("suspended", ..) => left(contact, Some(SOURCE), &[], &stays, &stays),

        // Point 3: "if the sender dies at this point then we can still recover the domain here".
        ("switch-over", _, SOURCE) => left(contact, Some(TARGET), &moved, &moved, &moved),
        ("switch-over", _, TARGET) => left("VM_MIGRATE_FAILED", None, &[], &[], &[]),
        // The destination can't activate without the master, and the source can't set the record.
        ("switch-over", What::Crash | What::Toolstack, _) => left("lost", Some(SOURCE), &[], &[], &[]),
        ("switch-over", ..) => left(contact, Some(SOURCE), &[], &[], &[]),

        // The guest runs over there; what is left is the record.
        ("record", _, SOURCE) => left(contact, Some(TARGET), &moved, &moved, &moved),
        // The source hears no all-clear, and has the record halted.
        ("record", What::Crash, TARGET) => left("VM_MIGRATE_FAILED", None, &[], &moved, &[]),
        ("record", What::Toolstack, TARGET) => left("VM_MIGRATE_FAILED", None, &moved, &moved, &moved),
        // The destination waits for its master, and the source for the destination.
        ("record", What::Isolate, _) => left("hung", Some(SOURCE), &moved, &moved, &moved),
        ("record", ..) => left("lost", Some(SOURCE), &moved, &moved, &moved),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_migration() {
    each_leaves(&["copy", "suspended", "switch-over", "record"], RUNNING, "xe vm-migrate vm=db host=gamma --live", of_a_migration);
}

/// What a start of db on gamma leaves behind.
fn of_a_start(stage: &str, what: What, host: &str) -> Left {
    let contact = "CANNOT_CONTACT_HOST";
    let there = [TARGET];
    match (stage, what, host) {
        // Neither beta nor the path of another host has a part in it.
        (_, _, SOURCE) | (_, What::Path, "alpha") => left("ok", Some(TARGET), &there, &there, &there),
        // It is open already, and stays so: the guest waits for its disk.
        ("record", What::Path, _) => left("ok", Some(TARGET), &there, &there, &there),
        // Where the path fails, what was begun is taken back.
        (_, What::Path, _) => left("SR_BACKEND_FAILURE_46", None, &[], &[], &[]),
        // Nothing has been done yet.
        ("placed", What::Crash | What::Toolstack, "alpha") => left("lost", None, &[], &[], &[]),
        ("placed", ..) => left(contact, None, &[], &[], &[]),
        // The lock is set, and whoever set it can't take it back: he is dead, or reaches no master. Where xapi alone is gone, the storage
        // manager goes on and opens the disk, and nobody closes it.
        ("disks", What::Crash | What::Toolstack, "alpha") => left("lost", None, &[], &there, &[]),
        ("disks", What::Toolstack, TARGET) => left(contact, None, &[], &there, &there),
        ("disks", ..) => left(contact, None, &[], &there, &[]),
        ("record", What::Crash, TARGET) => left(contact, None, &[], &there, &[]),
        // The domain is made, and the call that would record it fails or never comes: nobody takes it down.
        ("record", What::Crash | What::Toolstack, "alpha") => left("lost", None, &[], &there, &there),
        ("record", ..) => left(contact, None, &[], &there, &there),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_start() {
    each_leaves(&["placed", "disks", "record"], HALTED, "xe vm-start vm=db on=gamma", of_a_start);
}

/// What a shutdown of db, which runs on beta, leaves behind.
fn of_a_shutdown(stage: &str, what: What, host: &str) -> Left {
    let contact = "CANNOT_CONTACT_HOST";
    let here = [SOURCE];
    match (stage, what, host) {
        (_, _, TARGET) | (_, What::Path, "alpha") | ("record", What::Path, _) => left("ok", None, &[], &[], &[]),
        // The guest waits for its disk before it is down.
        ("asked", What::Path, _) => left("hung", Some(SOURCE), &here, &here, &here),
        ("asked", What::Crash, SOURCE) => left(contact, Some(SOURCE), &[], &here, &[]),
        ("asked", What::Crash | What::Toolstack, "alpha") => left("lost", Some(SOURCE), &here, &here, &here),
        ("asked", ..) => left(contact, Some(SOURCE), &here, &here, &here),
        // Nothing runs there and nothing is locked any more: what is left is the record, which the host sets when it can.
        ("record", What::Isolate, _) => left("hung", Some(SOURCE), &[], &[], &[]),
        ("record", What::Crash | What::Toolstack, "alpha") => left("lost", Some(SOURCE), &[], &[], &[]),
        ("record", ..) => left(contact, Some(SOURCE), &[], &[], &[]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_shutdown() {
    each_leaves(&["asked", "record"], RUNNING, "xe vm-shutdown vm=db", of_a_shutdown);
}

/// What a reboot of db, which runs on beta, leaves behind.
fn of_a_reboot(stage: &str, what: What, host: &str) -> Left {
    let contact = "CANNOT_CONTACT_HOST";
    let here = [SOURCE];
    match (stage, what, host) {
        (_, _, TARGET) | (_, What::Path, "alpha") => left("ok", Some(SOURCE), &here, &here, &here),
        ("asked", ..) => of_a_shutdown(stage, what, host),
        // The disk can't be opened again: halted, with nothing left.
        ("gone", What::Path, _) => left("SR_BACKEND_FAILURE_46", None, &[], &[], &[]),
        // The host opens its disks when it reaches its master.
        ("gone", What::Isolate, _) => left("hung", Some(SOURCE), &[], &[], &[]),
        ("gone", What::Crash | What::Toolstack, "alpha") => left("lost", Some(SOURCE), &[], &[], &[]),
        ("gone", ..) => left(contact, Some(SOURCE), &[], &[], &[]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reboot() {
    each_leaves(&["asked", "gone"], RUNNING, "xe vm-reboot vm=db", of_a_reboot);
}

/// What a suspension of db, which runs on beta, leaves behind; its image goes to the SR of its disk.
fn of_a_suspension(stage: &str, what: What, host: &str) -> Left {
    let contact = "CANNOT_CONTACT_HOST";
    let here = [SOURCE];
    match (stage, what, host) {
        // Suspended: it runs nowhere, and nothing is locked or open. The path is of no use any more when the image is whole.
        (_, _, TARGET) | (_, What::Path, "alpha") | ("record", What::Path, _) => left("ok", None, &[], &[], &[]),
        // No image can be made, and the guest runs on.
        ("asked", What::Path, _) => left("SR_BACKEND_FAILURE_78", Some(SOURCE), &here, &here, &here),
        ("asked", What::Crash, SOURCE) => left(contact, Some(SOURCE), &[], &here, &[]),
        ("asked", What::Crash | What::Toolstack, "alpha") => left("lost", Some(SOURCE), &here, &here, &here),
        ("asked", ..) => left(contact, Some(SOURCE), &here, &here, &here),
        // It stands still and can't be written: xapi takes it for crashed, and clears it away.
        ("image", What::Path, _) => left("VDI_IO_ERROR", None, &[], &[], &[]),
        ("image", What::Crash, SOURCE) => left(contact, Some(SOURCE), &[], &here, &[]),
        // The host goes on by itself; without the master it can't close the disk in order, nor record anything. Where its own xapi is
        // gone the guest is lost, and waits to be cleared away.
        ("image", What::Crash | What::Toolstack, "alpha") => left("lost", Some(SOURCE), &[], &here, &here),
        ("image", ..) => left(contact, Some(SOURCE), &[], &here, &here),
        // What is left is the record.
        ("record", What::Crash | What::Toolstack, "alpha") => left("lost", Some(SOURCE), &[], &[], &[]),
        ("record", ..) => left(contact, Some(SOURCE), &[], &[], &[]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_suspension() {
    each_leaves(&["asked", "image", "record"], RUNNING, "xe vm-suspend vm=db", of_a_suspension);
}

/// What a resumption of db on gamma leaves behind: as a start, but that the guest goes on before anything says so.
fn of_a_resumption(stage: &str, what: What, host: &str) -> Left {
    let there = [TARGET];
    match (stage, what, host) {
        ("record", What::Toolstack | What::Isolate, TARGET) | ("record", What::Isolate, "alpha") => {
            left("CANNOT_CONTACT_HOST", None, &there, &there, &there)
        }
        ("record", What::Crash | What::Toolstack, "alpha") => left("lost", None, &there, &there, &there),
        _ => of_a_start(stage, what, host),
    }
}

#[test]
fn a_resumption() {
    each_leaves(&["placed", "disks", "record"], SUSPENDED, "xe vm-resume vm=db on=gamma", of_a_resumption);
}

/// A host that is cut off while it suspends a guest goes on with it: when it is back the VM is suspended, and can be resumed elsewhere. One
/// whose xapi was restarted meanwhile has lost it, and the VM is halted.
#[test]
fn a_suspension_goes_on_alone() {
    let ends = |stage: &str, fault: &str| {
        let text = format!(
            "pool:
  hosts: [alpha, beta, gamma]
  storage: {{san: {{type: nfs}}}}
  vms: {{db: {{running-on: beta}}}}
timeline:
  - {{after: it.{stage}, fault: {fault}}}
recovery:
  at: 1m
  steps:
    - {{id: it, run: 'xe vm-suspend vm=db', timeout: 2m}}
    - {{id: look, at: 6m, run: 'xe vm-param-get uuid=$db param-name=power-state'}}
    - {{id: up, run: 'xe vm-resume vm=db on=gamma'}}
until: 8m
"
        );
        let json: serde_json::Value = case(&run(&text));
        let steps = json["steps"].as_array().expect("steps").clone();
        let of = |id: &str| steps.iter().find(|entry| entry["id"] == id).expect("a step").clone();
        let words = |value: &serde_json::Value| value.as_str().unwrap_or_default().trim().to_owned();
        (words(&of("it")["code"]), words(&of("up")["status"]), words(&of("up")["code"]))
    };
    let (contact, bad) = ("CANNOT_CONTACT_HOST".to_owned(), "VM_BAD_POWER_STATE".to_owned());
    for stage in ["image", "record"] {
        let cut_off = ends(stage, "{isolate: beta}, for: 90s");
        assert_eq!(cut_off, (contact.clone(), "ok".to_owned(), String::new()), "{stage}");
        let restarted = ends(stage, "{toolstack-stop: beta}, for: 30s");
        assert_eq!(restarted, (contact.clone(), "error".to_owned(), bad.clone()), "{stage}");
    }
}

/// The mark that a host leaves which dies as it opens a disk (xapi-project/sm, issue 803): in g4 alone, and in that moment alone.
#[test]
fn a_mark_is_left_by_who_dies_as_a_disk_is_opened() {
    let marked = |manager: &str, stage: &str, fault: &str| {
        let text = format!(
            "settings: {{storage-manager: {manager}}}
pool:
  hosts: [alpha, beta, gamma]
  storage: {{san: {{type: nfs}}}}
  vms: {{db: }}
timeline:
  - {{after: it.{stage}, fault: {fault}}}
recovery:
  at: 1m
  steps: [{{id: it, run: 'xe vm-start vm=db on=gamma'}}]
"
        );
        let json: serde_json::Value = case(&run(&text));
        let disk = &json["final"]["vdis"]["db-root"];
        (disk["activating"].as_bool().expect("a truth"), !disk["locks"].as_object().expect("a map").is_empty())
    };
    for manager in ["g1", "g1b", "g2", "g3"] {
        assert_eq!(marked(manager, "disks", "{crash: gamma}"), (false, true), "{manager}: the lock, and no mark");
    }
    assert_eq!(marked("g4", "disks", "{crash: gamma}"), (true, true));
    assert_eq!(marked("g4", "disks", "{toolstack-stop: gamma}"), (true, true), "who can't reach his own xapi can't take it away");
    assert_eq!(marked("g4", "disks", "{crash: beta}"), (false, true), "nobody of this is interrupted");
    assert_eq!(marked("g4", "placed", "{crash: gamma}"), (false, false));
    assert_eq!(marked("g4", "record", "{crash: gamma}"), (false, true));
}

/// What a snapshot leaves behind that is cut short: whether the disk is marked as paused, whether the snapshot's disk lies on the SR, and
/// what a start and a scan of whoever then rules say of it. By the sources (LVHDSR.py, `_snapshot`, `_undoAllJournals`; blktap2.py,
/// `tap_pause`): the mark is in the database of the master that set it; on LVM a journal stands from when base and leaves are written until
/// they are opened; files have none.
#[test]
fn a_snapshot() {
    let mut tried = 0;
    for (manager, unpauses) in [("g1", false), ("g3", true)] {
        for (kind, journals) in [("lvmoiscsi", true), ("nfs", false)] {
            for stage in ["paused", "written"] {
                for (fault, back) in [("crash", "act: {power-on: alpha}"), ("toolstack-stop", "fault: {toolstack-start: alpha}")] {
                    a_snapshot_cut_short((manager, unpauses), (kind, journals), stage, fault, back);
                    tried += 1;
                }
            }
        }
    }
    assert_eq!(tried, 16);
}

fn a_snapshot_cut_short((manager, unpauses): (&str, bool), (kind, journals): (&str, bool), stage: &str, fault: &str, back: &str) {
    let text = format!(
        "settings: {{storage-manager: {manager}}}
pool:
  hosts: [alpha, beta]
  storage: {{san: {{type: {kind}}}}}
  vms: {{db: }}
timeline:
  - {{after: it.{stage}, fault: {{{fault}: alpha}}}}
  - {{id: back, after: 2m, {back}}}
recovery:
  at: 1m
  steps:
    - {{id: it, run: 'xe vm-snapshot vm=db new-name-label=x'}}
    - {{id: start, after: back+5m, run: 'xe vm-start vm=db on=beta', timeout: 5m}}
    - {{id: scan, run: 'xe sr-scan uuid=$san'}}
    - {{id: again, run: 'xe vm-start vm=db on=beta', timeout: 5m}}
until: 30m
"
    );
    let json: serde_json::Value = case(&run(&text));
    let steps = json["steps"].as_array().expect("steps").clone();
    let ends = |id: &str| {
        let entry = steps.iter().find(|entry| entry["id"] == id).expect("a step");
        let said = entry["output"].as_str().unwrap_or_default();
        let why = ["Interrupted operation", "locked"].into_iter().find(|why| said.contains(why));
        (entry["status"].as_str().expect("a status").to_owned(), why)
    };
    let (ok, locked) = (|| ("ok".to_owned(), None), || ("error".to_owned(), Some("locked")));
    // A VM that runs is not started again.
    let runs = || ("error".to_owned(), None);
    let written = stage == "written";
    // A host that boots as the SR's master plugs it: every mark goes, and what stands on the SR is set right (SRCommand.py, sr_attach;
    // SR.scan). A toolstack that starts again plugs nothing. The mark is met before the journal is. Whoever sets a snapshot right takes
    // its mark away since CA-127463.
    let unpaused = unpauses && journals && written;
    let (start, again) = match fault {
        "crash" => (ok(), runs()),
        _ if unpaused => (locked(), ok()),
        _ => (locked(), locked()),
    };
    let what = format!("{manager}, {kind}, {stage}, {fault}");
    assert_eq!(ends("it").0, "error", "{what}");
    assert_eq!((ends("start"), ends("scan"), ends("again")), (start, ok(), again), "{what}");
    let last = &json["final"]["vdis"];
    assert_eq!(last["db-root"]["paused"], fault != "crash" && !unpaused, "{what}");
    // Nobody recorded it; a scan finds what lies there.
    assert_eq!(last["db-root@1"].is_object(), written, "{what}");
    assert!(!written || last["db-root@1"]["locks"].is_object(), "{what}: it has a record");
}

/// A member that dies between its record's end and its own part does not know that it was ejected; one whose master dies then does.
#[test]
fn an_ejection() {
    let role = |fault: &str, then: &str| {
        let text = format!(
            "pool: {{hosts: [alpha, beta, gamma], storage: [nfs1], vms: {{}}}}
timeline:
  - {{after: it.forgotten, fault: {fault}}}
  - {{after: 1m, {then}}}
recovery:
  at: 1m
  steps: [{{id: it, run: 'xe pool-eject host-uuid=$gamma --force'}}]
until: 20m
"
        );
        let json: serde_json::Value = case(&run(&text));
        let gamma = &json["final"]["hosts"]["gamma"];
        (gamma["role"].as_str().expect("a role").to_owned(), gamma["known"].as_bool())
    };
    // Its pool.conf still names the master, which does not know it: emergency mode, for ever.
    assert_eq!(role("{crash: gamma}", "act: {power-on: gamma}"), ("emergency".to_owned(), Some(false)));
    // The rest is its own: it reboots into a pool of one.
    assert_eq!(role("{crash: alpha}", "note: nobody asks the master again"), ("master".to_owned(), Some(false)));
    assert_eq!(role("{isolate: gamma}", "note: nor can it be told"), ("master".to_owned(), Some(false)));
}

/// A joiner that dies between its record and its role is a member that never came, and a master of itself.
#[test]
fn a_join() {
    let role = |fault: &str, then: &str| {
        let text = format!(
            "pool: {{hosts: [alpha, beta], spare-hosts: [delta], storage: [nfs1], vms: {{}}}}
timeline:
  - {{after: it.recorded, {fault}}}
  - {{after: 1m, {then}}}
recovery:
  at: 1m
  host: delta
  steps: [{{id: it, run: 'xe pool-join master-address=alpha master-username=root master-password=x'}}]
until: 20m
"
        );
        let json: serde_json::Value = case(&run(&text));
        let delta = &json["final"]["hosts"]["delta"];
        let of = |key: &str| delta[key].as_bool();
        (delta["role"].as_str().expect("a role").to_owned(), of("known"), of("live"))
    };
    let came = role("fault: {crash: delta}", "act: {power-on: delta}");
    assert_eq!(came, ("master".to_owned(), Some(true), Some(false)), "the pool has a member that is dead; the host is a pool of one");
    let came = role("fault: {isolate: delta}", "fault: {toolstack-stop: beta}");
    assert_eq!(came, ("emergency".to_owned(), Some(true), Some(false)), "it is a member by its own files, and reaches no master");
    let came = role("fault: {isolate: delta}, for: 30s", "note: it goes on");
    assert_eq!(came, ("member".to_owned(), Some(true), Some(true)), "the link was back before it asked again");
}

/// A step that waits for a stage which never comes is given up, and what stands behind it goes on; `+` counts from the stage.
#[test]
fn who_waits_for_a_stage() {
    let of = |run_line: &str| {
        let text = format!(
            "pool: {{hosts: [alpha, beta, gamma], storage: [nfs1], vms: {{db: {{running-on: beta}}}}}}
timeline:
  - {{id: first, after: it.switch-over+20s, note: x}}
  - {{id: second, note: y}}
recovery:
  at: 1m
  steps: [{{id: it, run: '{run_line}'}}]
"
        );
        let report = run(&text);
        let json: serde_json::Value = case(&report);
        let steps = json["steps"].as_array().expect("steps").clone();
        let of = |id: &str| {
            let entry = steps.iter().find(|entry| entry["id"] == id).expect("a step");
            (entry["status"].as_str().expect("a status").to_owned(), entry["at_us"].as_u64().expect("an instant"))
        };
        [of("first"), of("second")]
    };
    let came = of("xe vm-migrate vm=db host=gamma --live");
    assert_eq!(came, [("ok".to_owned(), 110_000_000), ("ok".to_owned(), 110_000_000)], "1m, 30 s of migration, 20 s");
    let came = of("xe vm-migrate vm=db host=beta --live");
    assert_eq!(came[0].0, "given-up", "a VM that stays where it is never comes to the stage: {came:?}");
    assert_eq!(came[1].0, "ok");
}

/// Where nobody acts at a stage, the run is the one without it.
#[test]
fn a_look_at_a_stage_changes_nothing() {
    let of = |timeline: &str| {
        let text = format!(
            "pool: {{hosts: [alpha, beta, gamma], storage: [nfs1], vms: {{db: {{running-on: beta}}}}}}
timeline: [{timeline}]
recovery:
  at: 1m
  steps:
    - {{id: it, run: 'xe vm-migrate vm=db host=gamma --live'}}
    - {{id: stop, run: 'xe vm-shutdown vm=db'}}
    - {{id: start, run: 'xe vm-start vm=db on=beta'}}
until: 10m
"
        );
        let json: serde_json::Value = case(&run(&text));
        let steps = json["steps"].as_array().expect("steps").clone();
        let own: Vec<_> =
            steps.into_iter().filter(|entry| entry["from"] == "recovery").map(|s| (s["id"].clone(), s["end_us"].clone())).collect();
        (own, json["final"].clone(), json["hazards"].clone())
    };
    let plain = of("");
    for stage in [
        "it.copy",
        "it.suspended",
        "it.switch-over",
        "it.record",
        "stop.asked",
        "stop.record",
        "start.placed",
        "start.disks",
        "start.record",
    ] {
        assert_eq!(of(&format!("{{after: {stage}, note: look}}")), plain, "{stage}");
    }
}

/// A stage that is none is told with those that there are, and where the command is none either, with the commands that have any.
#[test]
fn a_stage_that_is_none_is_told_with_what_there_is() {
    let told = |typed: &str| {
        let text = format!(
            "pool: {{hosts: [alpha, beta], storage: [nfs1], vms: {{db: {{running-on: beta}}}}}}
timeline: [{{after: it.gon, fault: {{crash: beta}}}}]
recovery: {{at: 1m, steps: [{{id: it, run: '{typed}', expect: error}}]}}
"
        );
        let told = poolsim::scenario::load("x.yaml", &text).expect_err("no such stage");
        let wrong = told.into_iter().find(|told| told.code == "unknown-stage").expect("the stage");
        (wrong.line, wrong.help)
    };
    assert_eq!(told("xe vm-reboot vm=db"), (2, "did you mean `it.gone`?".into()));
    let (line, help) = told("xe vm reboot vm=db");
    assert!(
        line == 2 && help.contains("`xe vm reboot vm=db` has no stages") && help.contains("vm-start, ") && help.contains("vm-migrate"),
        "{help}"
    );
    assert!(help.ends_with("write `after: it`, or mend the command"), "{help}");
}
