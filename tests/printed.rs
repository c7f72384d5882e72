//! `import --xe`: what `xe` lists, pasted, is the pool that printed it.

mod believed;
mod common;
mod folder;

use believed::shown;
use folder::Folder;
use poolsim::scenario::model::Scenario;

use common::program;

/// A pool with a host that is held for dead, a lock that nobody needs, a shared disk, and a local one.
const POOL: &str = "
name: lists
pool:
  name: lists
  hosts:
    alpha: {uuid: 0a000000-0000-4000-8000-000000000003, memory: 64GiB}
    beta: {uuid: 0b000000-0000-4000-8000-000000000002, powered: false}
    gamma: {uuid: 0c000000-0000-4000-8000-000000000001, enabled: false}
  storage:
    nfs1: {type: nfs, uuid: 1a000000-0000-4000-8000-000000000001}
    lun: {type: lvmoiscsi}
    disk of beta: {type: ext, host: beta}
  default-sr: nfs1
  vms:
    app:
      running-on: alpha
      ha: restart
      order: 2
      start-delay: 30s
      memory: 3GiB
      disks: {root: {sr: nfs1}, data: {sr: lun, uuid: 2a000000-0000-4000-8000-00000000000a}}
    db: {running-on: beta, disks: {root: {sr: disk of beta}}}
    reader: {running-on: alpha, disks: {root: {sr: nfs1}}}
    spare: {disks: {root: {sr: nfs1, locks: {gamma: ro, beta: rw}, paused: true}}}
    two: {running-on: alpha, ha: best-effort, disks: {root: {sr: nfs1, mode: ro}}}
    watch: {running-on: alpha, disks: {other: {vdi: two-root, mode: ro}}}
";
const LISTS: [&str; 7] = ["pool", "host", "sr", "vm", "vdi", "vbd", "pbd"];

/// What a console shows of each list, as a session: prompts, typed lines, records.
fn session(folder: &Folder, lists: &[&str]) -> String {
    session_of(folder, POOL, lists)
}

fn session_of(folder: &Folder, pool: &str, lists: &[&str]) -> String {
    let file = folder.file("pool.yaml", pool);
    let lines: String = lists.iter().map(|list| format!("xe {list}-list params=all\n")).collect();
    let (text, err, status) = program(&["play", &file], &lines);
    assert_eq!((status, err.as_str()), (0, ""), "{text}");
    assert!(text.contains("uuid ( RO)"), "{text}");
    text
}

fn own() -> Scenario {
    own_of(POOL)
}

fn own_of(pool: &str) -> Scenario {
    poolsim::scenario::load("pool.yaml", pool).unwrap_or_else(|told| panic!("{told:?}")).scenario
}

fn read(text: &str) -> (String, Scenario) {
    printed(&[text.as_bytes()]).unwrap_or_else(|told| panic!("{told}"))
}

fn printed(texts: &[&[u8]]) -> Result<(String, Scenario), String> {
    let files: Vec<(String, Vec<u8>)> = texts.iter().enumerate().map(|(n, text)| (format!("paste-{n}.txt"), text.to_vec())).collect();
    let text = poolsim::dump::import_printed(&files, false).map_err(|told| told.iter().map(|one| one.render(false)).collect::<String>())?;
    let loaded = poolsim::scenario::load("printed.yaml", &text).unwrap_or_else(|told| panic!("{told:?}\n{text}"));
    assert!(loaded.warnings.is_empty(), "{:?}\n{text}", loaded.warnings);
    Ok((text, loaded.scenario))
}

/// Two ways to one pool: the file that says it, and what its own console lists of it.
#[test]
fn a_session_is_the_pool_that_printed_it() {
    let folder = Folder::new("printed");
    let (text, scenario) = read(&session(&folder, &LISTS));
    assert_eq!(shown(&scenario), shown(&own()), "{text}");
    assert!(!text.contains("is not known") && !text.contains("does not show `resident-on`"), "{text}");
    assert!(text.contains("# Made by `poolsim import` from what `xe` printed."), "{text}");
    assert_eq!(scenario.worlds.iter().map(|world| world.name.as_str()).collect::<Vec<_>>(), ["dead", "isolated", "hung"]);
}

/// The same where HA is on, and all are alive.
#[test]
fn ha_is_read_as_it_is_listed() {
    let folder = Folder::new("printed-ha");
    let pool = POOL
        .replace(", powered: false", "")
        .replace("  vms:\n", "  ha: {heartbeat-sr: nfs1, failures-to-tolerate: 1, allow-overcommit: true}\n  vms:\n");
    let (text, scenario) = read(&session_of(&folder, &pool, &LISTS));
    let (got, wanted) = (shown(&scenario), shown(&own_of(&pool)));
    assert!(wanted.iter().any(|line| line == "ha nfs1 1m 1 true"), "{wanted:?}");
    assert_eq!(got, wanted, "{text}");
}

/// The order of lists, how many files they are in, and what a terminal, a mail or an editor does to lines changes nothing.
#[test]
fn order_files_and_line_ends_change_nothing() {
    let folder = Folder::new("shuffled");
    let straight = session(&folder, &LISTS);
    let wanted = shown(&own());
    let mut backwards = LISTS;
    backwards.reverse();
    let parts: Vec<String> = backwards.iter().map(|list| session(&folder, &[list])).collect();
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
    assert_eq!(shown(&printed(&parts).unwrap().1), wanted);
    for (what, changed) in [
        ("CR LF", straight.replace('\n', "\r\n")),
        ("a byte-order mark", format!("\u{feff}{straight}")),
        ("blanks that do not break", straight.replace(" ( RO)", "\u{a0}(\u{a0}RO)")),
        ("no blanks in front", straight.lines().map(|line| format!("{}\n", line.trim_start())).collect()),
        ("a quotation", straight.lines().map(|line| format!("> {line}\n")).collect()),
        ("tabs", straight.replace("    ", "\t")),
        ("no empty lines", straight.lines().filter(|line| !line.trim().is_empty()).map(|line| format!("{line}\n")).collect()),
        ("twice", format!("{straight}\n{straight}")),
    ] {
        let (text, scenario) = printed(&[changed.as_bytes()]).unwrap_or_else(|told| panic!("{what}: {told}"));
        assert_eq!(shown(&scenario), wanted, "{what}: {text}");
    }
}

/// On a real pool the key of a lock is a reference that `xe` prints nowhere else. Which host it is follows from disks whose
/// only lock it is and whose VM runs; a reference that no such disk shows is told, and not guessed.
#[test]
fn whose_a_lock_is_follows_from_the_vms_that_run() {
    let folder = Folder::new("references");
    let references = session(&folder, &LISTS)
        .replace("OpaqueRef:0a000000-0000-4000-8000-000000000003", "OpaqueRef:5d1e9b54")
        .replace("OpaqueRef:0b000000-0000-4000-8000-000000000002", "OpaqueRef:77c2")
        .replace("OpaqueRef:0c000000-0000-4000-8000-000000000001", "OpaqueRef:e001");
    let (text, scenario) = read(&references);
    // gamma runs nothing, so its one lock, on the halted spare's disk, says nothing of itself.
    let wanted: Vec<String> =
        shown(&own()).into_iter().map(|line| line.replace(r#"("gamma", Ro), "#, "").replace(r#", ("gamma", Ro)"#, "")).collect();
    assert_ne!(wanted, shown(&own()));
    assert_eq!(shown(&scenario), wanted, "{text}");
    // app has two disks and reader one; the read-only one has two users on one host, and the lock is that host's all the same.
    assert!(text.contains("locks of OpaqueRef:5d1e9b54 are taken for those of alpha: 4 disks say so"), "{text}");
    assert!(text.contains("locks of OpaqueRef:77c2 are taken for those of beta: 1 disks say so"), "{text}");
    assert!(
        text.contains("which host OpaqueRef:e001 is, is not known: no disk of a running VM shows it; its 1 locks are left out"),
        "{text}"
    );
    // Where disks tell different things none of them is believed.
    let torn = references.replace("OpaqueRef:77c2", "OpaqueRef:5d1e9b54");
    let (text, _) = read(&torn);
    assert!(text.contains("which host OpaqueRef:5d1e9b54 is, is not known: disks say different things"), "{text}");
}

/// What was not printed is said, and what it is taken for.
#[test]
fn what_is_not_known_is_said() {
    let folder = Folder::new("silent");
    let (text, scenario) = read(&session(&folder, &["host", "vm"]));
    for said in ["no pool-list was pasted", "no sr-list was pasted", "no vbd-list was pasted"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert_eq!(scenario.pool.vms.len(), 6);
    // A host that was printed without its liveness is not held for dead.
    let hosts = "[root@alpha ~]# xe host-list\nuuid ( RO)                : 0a000000-0000-4000-8000-000000000003\n          name-label ( RW): alpha\n    name-description ( RW): Default\nsecond line of it\n\n\nuuid ( RO)                : 0b000000-0000-4000-8000-000000000002\n          name-label ( RW): beta\n    name-description ( RW): \n\n\n[root@alpha ~]# \n";
    let (text, scenario) = read(hosts);
    assert!(scenario.pool.hosts.iter().all(|host| host.live), "{text}");
    for said in
        ["host-list does not show `host-metrics-live`", "paste-0.txt: 1 lines within records", "paste-0.txt: 1 lines between records"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    // Without the typed line nobody can tell what such a record is.
    let told = printed(&[hosts.replace("[root@alpha ~]# xe host-list\n", "").as_bytes()]).unwrap_err();
    assert!(told.contains("there is no host among what was printed") && told.contains("paste-0.txt:1:1"), "{told}");
}

/// What is damaged is told with its place, all of it in one go.
#[test]
fn what_is_damaged_is_told_with_its_place() {
    let folder = Folder::new("damaged-lists");
    let whole = session(&folder, &LISTS);
    let line = |text: &str, wanted: &str| text.lines().position(|line| line.trim_start().starts_with(wanted)).unwrap() + 1;
    let damaged = whole.replacen("memory-total ( RO): ", "memory-total ( RO): 6x", 1).replacen(
        "host-metrics-live ( RO): true",
        "host-metrics-live ( RO): tr",
        1,
    );
    let told = printed(&[damaged.as_bytes()]).unwrap_err();
    for (field, what) in [("memory-total", "is no number"), ("host-metrics-live", "is neither true nor false")] {
        assert!(told.contains(&format!("`{field}` {what}")) && told.contains(&format!("paste-0.txt:{}:", line(&damaged, field))), "{told}");
    }
    for (text, what) in [
        (&b"nothing of the kind\n"[..], "nothing that `xe` prints of a record stands in here"),
        (b"", "nothing that `xe` prints of a record stands in here"),
        (b"<?xml version=\"1.0\"?><database/>", "leave `--xe` out"),
        (b"uuid ( RO) : \xff\xfe", "these bytes are no UTF-8"),
        (b"uuid ( RO) : a\0b", "a zero byte"),
    ] {
        let told = printed(&[text]).unwrap_err();
        assert!(told.contains(what) && told.contains("paste-0.txt:1:"), "{told}");
    }
}

/// Names and UUIDs are gone with `--anonymous`, also from what is said beside, and the program reads several files.
#[test]
fn several_files_and_no_names() {
    let folder = Folder::new("several");
    let lists = folder.file("lists.txt", &session(&folder, &["host", "vm", "pool", "sr"]));
    let disks = folder.file(
        "disks.txt",
        &session(&folder, &["vdi", "vbd", "pbd"]).replace("OpaqueRef:0a000000-0000-4000-8000-000000000003", "OpaqueRef:5d1e9b54"),
    );
    let (text, err, status) = program(&["import", "--xe", &lists, &disks, "--anonymous"], "");
    assert_eq!((status, err.as_str()), (0, ""));
    for word in ["alpha", "beta", "gamma", "reader", "nfs1", "0a000000", "2a000000", "5d1e9b54", "lists.txt"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    assert!(text.contains("remarks are left out that would name something"), "{text}");
    let (_, err, status) = program(&["import", "--xe", &lists, "--", "x.xml"], "");
    assert_eq!(status, 2, "{err}");
    let (_, err, status) = program(&["import"], "");
    assert_eq!(status, 2, "{err}");
}

/// Whatever becomes of a paste, it is read or refused, and never a panic.
#[test]
fn damaged_pastes_are_read_or_refused() {
    let folder = Folder::new("fuzzed");
    let whole = session(&folder, &LISTS).into_bytes();
    let draw = poolsim::base::draw::Stream::new(11, "test", "lists");
    let (mut taken, mut refused) = (0, 0);
    for round in 0..200u64 {
        let bytes = common::damaged(&draw, &whole, round, b"\n");
        match printed(&[&bytes]) {
            Ok(_) => taken += 1,
            Err(told) => {
                refused += 1;
                assert!(told.contains("paste-0.txt:"), "{told}");
            }
        }
    }
    assert!(taken > 20 && refused > 5, "{taken} {refused}");
}
