//! Logs of an incident: their instants, and the scenario that plays it again.

mod common;
mod folder;

use folder::Folder;
use poolsim::dump::trace::Reader;
use poolsim::hazard::Severity;
use poolsim::scenario::model::Scenario;
use std::process::Command;

const POOL: &str = "
pool:
  hosts:
    alpha: {uuid: 0a000000-0000-4000-8000-000000000001}
    beta: {uuid: 5491fe8d-0000-4000-8000-000000000002}
    gamma: {uuid: 0c000000-0000-4000-8000-000000000003}
  storage: {nfs1: {type: nfs, uuid: 1a000000-0000-4000-8000-000000000001}}
  vms:
    db: {running-on: beta, uuid: 7b000000-0000-4000-8000-000000000001, disks: {root: {uuid: 9142c31d-f30f-45f5-a296-c0b700329e85}}}
";

/// An invented incident with the words of xapi 6.1: beta is silent, is forgotten, its VM is started, refused, its locks are released, and
/// it is started again. Nobody switched beta off.
const XAPI: &str = "\
Nov  6 14:20:01 alpha xapi: [ info|alpha|1021|sm_exec D:1234|xapi] nothing of it
Nov  6 14:31:17 alpha xapi: [debug|alpha|12|DB GC D:8f2|db_gc] Assuming host is offline since the heartbeat/metrics haven't been updated for 612.34 seconds; setting live to false
Nov  6 14:36:00 alpha xapi: [ info|alpha|1532 UNIX /var/xapi/xapi|session.login|cli] xe host-forget uuid=5491fe8d-0000-4000-8000-000000000002 force=true username=root password=(omitted)
Nov  6 14:36:01 alpha xapi: [ info|alpha|1532|host.destroy R:1|audit] Host.destroy: host = '5491fe8d-0000-4000-8000-000000000002 (beta)'
Nov  6 14:38:00 alpha xapi: [ info|alpha|1588|VM.start R:2|audit] VM.start: VM = '7b000000-0000-4000-8000-000000000001 (db)'
Nov  6 14:38:02 alpha xapi: [error|alpha|1588|VM.start R:2|backtrace] SR_BACKEND_FAILURE_46: [ ; The VDI is not available [opterr=VDI 9142c31d-f30f-45f5-a296-c0b700329e85 already attached RW];  ]
Nov  6 14:45:00 alpha xapi: [ info|alpha|1790|VM.start_on R:3|audit] VM.start_on: VM = '7b000000-0000-4000-8000-000000000001 (db)'; host '0c000000-0000-4000-8000-000000000003 (gamma)'
Nov  6 14:46:00 alpha xapi: [ info|alpha|1790|VM.start_on R:3|audit] VM.start: VM = 'ffffffff-0000-4000-8000-000000000001 (other)'
";
const SM: &str = "Nov  6 14:41:30 alpha SM: [20410] RESET for SR 1a000000-0000-4000-8000-000000000001 (master: False)\n";

fn traced(files: &[(&str, &[u8])]) -> poolsim::dump::trace::Traced {
    let mut reader = Reader::new();
    for (name, bytes) in files {
        reader.file(name);
        bytes.split(|byte| *byte == b'\n').for_each(|line| reader.line(line));
    }
    reader.finish()
}

fn pool() -> Scenario {
    common::load("pool.yaml", POOL)
}

/// Worked out by hand: 0 is a minute before beta was last heard of, 14:21:04.66.
#[test]
fn an_incident_becomes_a_scenario() {
    let traced = traced(&[("xensource.log", XAPI.as_bytes()), ("SMlog", SM.as_bytes())]);
    let text = traced.scenario(&pool()).unwrap();
    let scenario = common::load("incident.yaml", &text);
    assert_eq!(scenario.worlds.iter().map(|world| world.name.as_str()).collect::<Vec<_>>(), ["dead", "isolated", "hung"]);
    for line in [
        "    - {at: 1m, fault: {crash: \"beta\"}}",
        "  # What was so is not in the log: dead, cut off or hung?",
        "run: \"xe host-forget uuid=5491fe8d-0000-4000-8000-000000000002 --force\"}   # xensource.log:4: beta",
        "run: \"/opt/xensource/sm/resetvdis.py 5491fe8d-0000-4000-8000-000000000002 1a000000-0000-4000-8000-000000000001\"}   # SMlog:1: ",
        "expect: {status: error}}   # xensource.log:5: db; refused (xensource.log:6)",
        " on='gamma'\"}",
        "    - {by: 12m42s, host: \"beta\", live: false}   # xensource.log:2",
        "xensource.log:8: the pool does not have what it names",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    // Played again, the pool does what the log says, whatever was so: held for dead in time, the first start refused, the second not.
    for case in scenario.cases() {
        let world = scenario.world_name(case).unwrap();
        let run = poolsim::run::run(&scenario, case, poolsim::engine::Options::default(), &[]);
        assert!(run.states.iter().all(|state| state.passed), "{world}: {:?}\n{text}", run.states);
        let codes: Vec<Option<&str>> = run
            .program
            .steps
            .iter()
            .zip(&run.engine.records)
            .filter(|((sequence, _), _)| *sequence == poolsim::scenario::model::Sequence::Recovery)
            .map(|(_, record)| record.code.as_deref())
            .collect();
        assert_eq!(codes, [None, Some("SR_BACKEND_FAILURE_46"), None, None], "{world}\n{text}");
        // Nobody went to see whether beta is off.
        assert_eq!(run.worst() == Some(Severity::Corruption), world != "dead", "{world}: {:?}", run.worst());
    }
}

/// What HA does is what the pool did by itself: nothing is typed for it.
#[test]
fn what_ha_did_is_expected_and_not_typed() {
    let log = "\
[20121106T14:31:17.100Z|debug|alpha|12 ha_monitor|HA D:1|xapi] Setting host beta to dead
[20121106T14:31:18.000Z| info|alpha|12 ha_monitor|HA D:1|audit] VM.start_on: VM = '7b000000-0000-4000-8000-000000000001 (db)'; host '0c000000-0000-4000-8000-000000000003 (gamma)'
";
    let text = traced(&[("xensource.log", log.as_bytes())]).scenario(&with_ha()).unwrap();
    let scenario = common::load("incident.yaml", &text);
    assert!(scenario.recoveries.is_empty(), "{text}");
    assert!(text.contains("live: false") && text.contains("resident-on: \"gamma\"") && text.contains("HA takes 55s to 1m40s"), "{text}");
}

/// The pool with HA on, and its VM protected.
fn with_ha() -> Scenario {
    let text = POOL
        .replace("  vms:\n", "  ha: {failures-to-tolerate: 1}\n  vms:\n")
        .replace("{running-on: beta,", "{running-on: beta, ha: restart,");
    common::load("pool.yaml", &text)
}

/// The membership daemon's own file (log.c), on alpha. By UUID the places are alpha 0, gamma 1, beta 2.
const XHA: &str = "\
Nov 06 14:20:00 CET 2012 [info] CONF: my_index=0 num_host=3 t1=4 T1=60 t2=4 T2=60 Wh=60 Ws=75 Tboot=180 Tenable=120\n\
Nov 06 14:31:00 CET 2012 [debug] HB: HB domain is updated [hbdomain = (11_)].\n\
Nov 06 14:31:02 CET 2012 [debug] SM: SF domain is updated [sfdomain = (11_)].\n\
Nov 06 14:31:03 CET 2012 [debug] FH: Start fault handler.\n\
Nov 06 14:31:26 CET 2012 [notice] Liveset has been updated.  new liveset = (110)\n\
Nov 06 14:31:27 CET 2012 [debug] FH: End fault handler.\n";

/// Heard last 60 s before it was held for unheard (14:30:00), which is a minute after 0. What xapi and another daemon tell of the same
/// stands once. Both hosts that are left have as much room: the VM goes to the one with the lowest UUID.
#[test]
fn the_daemon_s_own_log_says_which_host_and_when() {
    let xapi = "\
Nov  6 14:31:40 alpha xapi: [debug|alpha|12 ha_monitor|HA D:1|xapi_ha_vm_failover] Setting host beta to dead
Nov  6 14:31:41 alpha xapi: [ info|alpha|12 ha_monitor|HA D:1|audit] VM.start_on: VM = '7b000000-0000-4000-8000-000000000001 (db)'; host '0a000000-0000-4000-8000-000000000001 (alpha)'
Nov  6 14:31:50 alpha xapi: [ warn|alpha|12 ha_monitor|HA D:1|xapi_ha_vm_failover] Some protected VMs could not be restarted: [ 7b (web) ]
";
    let read = traced(&[("xensource.log", xapi.as_bytes()), ("xha.log", XHA.as_bytes()), ("SMlog", b"nothing\n")]);
    let told = read.text();
    for line in [
        "2012-11-06 14:31:00  the host with place 2 by UUID, from 0, is no longer heard by HA's heartbeat  (xha.log:2)",
        "2012-11-06 14:31:26  the host with place 2 by UUID, from 0, is out of HA's liveset  (xha.log:5)",
        "2012-11-06 14:31:40  HA holds host beta for dead  (xensource.log:1)",
        "note: stamps that say no year are taken for 2012",
        "note: none of the 2 lines of SMlog tells of the pool",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    let text = read.scenario(&with_ha()).unwrap();
    let scenario = common::load("incident.yaml", &text);
    for line in [
        "its heartbeat had not been heard for 1m (xha.log:2)",
        "    - {at: 1m, fault: {crash: \"beta\"}}",
        "    - {by: 6m26s, host: \"beta\", live: false}   # xha.log:5",
        "#   2m  beta is no longer heard by HA's heartbeat (xha.log:2)",
        "#   2m50s  not started again: 7b (web) (xensource.log:3)",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert_eq!(text.matches("live: false").count(), 1, "{text}");
    assert_eq!(scenario.cases().len(), 3, "{text}");
    for case in scenario.cases() {
        let run = poolsim::run::run(&scenario, case, poolsim::engine::Options::default(), &[]);
        assert!(run.states.iter().all(|state| state.passed), "{:?}: {:?}\n{text}", scenario.world_name(case), run.states);
    }
}

/// A host that resets itself was up: one world is left, and in it HA resets the host in the simulator, too.
#[test]
fn who_fences_itself_was_not_dead() {
    let log = "\
Nov 06 14:20:00 CET 2012 [info] CONF: my_index=2 num_host=3 t1=4 T1=60 t2=4 T2=60
Nov 06 14:31:05 CET 2012 [err] FH: Survival Rule is not met for the local host.  - Self-Fence (1905).
";
    // In syslog the line says whose it is.
    let syslog = "Nov  6 14:31:05 beta xha[2342]: FH: Survival Rule is not met for the local host.  - Self-Fence (1905).\n";
    for log in [log, syslog] {
        let text = traced(&[("xha.log", log.as_bytes())]).scenario(&with_ha()).unwrap();
        let scenario = common::load("incident.yaml", &text);
        assert_eq!(scenario.worlds.iter().map(|world| world.name.as_str()).collect::<Vec<_>>(), ["isolated"], "{text}");
        assert!(text.contains("isolate: \"beta\"") && text.contains("beta reset itself, so it was up until then"), "{text}");
        assert!(text.contains("host: \"beta\", fenced: true}"), "{text}");
        let run = poolsim::run::run(&scenario, scenario.cases()[0], poolsim::engine::Options::default(), &[]);
        assert!(run.states.iter().all(|state| state.passed), "{:?}\n{text}", run.states);
    }
    // A pool without HA does nothing of the kind, and the file says so.
    let text = traced(&[("xha.log", log.as_bytes())]).scenario(&pool()).unwrap();
    assert!(text.contains("in the pool of the file it is off") && !text.contains("fenced: true"), "{text}");
}

/// xapi asks its daemon every 20 s: only what changes counts.
#[test]
fn what_xapi_hears_of_the_liveset_is_told_once() {
    let line = |at: &str, beta: &str| {
        format!(
            "Nov  6 14:31:{at} alpha xapi: [debug|alpha|12 ha_monitor|HA D:1|xapi_ha] Liveset: Online \
             5491fe8d-0000-4000-8000-000000000002 [{beta}]; 0a000000-0000-4000-8000-000000000001 [*LM A ]; \n"
        )
    };
    let log = [line("00", " L  A "), line("20", " L  A "), line("40", "    A "), line("59", "    A ")].concat();
    let text = traced(&[("xensource.log", log.as_bytes())]).text();
    assert!(text.starts_with("1 of 5 lines tell of the pool\n"), "{text}");
    assert!(text.contains("14:31:40  host 5491fe8d-0000-4000-8000-000000000002 is out of HA's liveset  (xensource.log:3)"), "{text}");
}

/// Without a name a host is held for dead that nobody can tell in a pool of three, and can in one of two.
#[test]
fn a_host_without_a_name_is_told_where_it_follows() {
    let only = XAPI.lines().nth(1).unwrap();
    let text = traced(&[("x.log", only.as_bytes())]).scenario(&pool()).unwrap();
    assert!(text.contains("x.log:1: a host is held for dead, and which one is not in the log") && !text.contains("worlds:"), "{text}");
    let two = common::load("two.yaml", "pool: {hosts: [alpha, beta], storage: {nfs1: {type: nfs}}}");
    let text = traced(&[("x.log", only.as_bytes())]).scenario(&two).unwrap();
    assert!(text.contains("crash: \"beta\"") && text.contains("last heard of 10m12s before"), "{text}");
    assert!(traced(&[("x.log", b"nothing\n")]).scenario(&two).unwrap_err().contains("none of"));
}

/// Whatever stands in a log, it is read, and what comes of it is a scenario.
#[test]
fn damaged_logs_are_read() {
    let draw = poolsim::base::draw::Stream::new(3, "test", "logs");
    let (pool, whole) = (pool(), format!("{XAPI}{SM}{XHA}").into_bytes());
    let mut made = 0;
    for round in 0..300u64 {
        let bytes = common::damaged(&draw, &whole, round, b"'\n\\\"#{");
        let traced = traced(&[("x.log", &bytes)]);
        let _ = traced.text();
        if let Ok(text) = traced.scenario(&pool) {
            made += 1;
            assert!(poolsim::scenario::load("x.yaml", &text).is_ok(), "round {round}: {text}");
        }
    }
    assert!(made > 250, "{made}");
}

/// The program reads files as they are, long lines too, and writes where it is told.
#[test]
fn the_program_reads_logs() {
    let folder = Folder::new("trace");
    let (log, sm) = (folder.file("xensource.log", &format!("{}\n{XAPI}", "x".repeat(300_000))), folder.file("SMlog", SM));
    let pool = folder.file("pool.yaml", POOL);
    let run = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_poolsim")).arg("trace").args(args).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap(), output.status.code().unwrap())
    };
    let (text, err, status) = run(&[&log, &sm]);
    assert_eq!((status, err.as_str()), (0, ""), "{text}");
    let wanted = "11-06 14:36:01  host 5491fe8d-0000-4000-8000-000000000002 (beta) is forgotten  (xensource.log:5)";
    assert!(text.starts_with("7 of 10 lines tell of the pool\n") && text.contains(wanted), "{text}");
    let incident = folder.path("incident.yaml");
    assert_eq!(run(&[&log, &sm, "--pool", &pool, "-o", &incident]).2, 0);
    assert!(folder.read("incident.yaml").contains("worlds:"));
    assert_eq!(run(&["no-such.log"]).2, 3);
    assert_eq!(run(&[&sm, "--pool", "no-such.yaml"]).2, 3);
    assert_eq!(run(&[&folder.file("empty.log", ""), "--pool", &pool]).2, 2);
    assert_eq!(run(&[]).2, 2);
}

/// xapi's own stamps are UTC, those of syslog the machine's: a line of an audit has both, and so says how they lie to each other. What it
/// tells again when a call has ended stands once.
#[test]
fn an_audit_says_what_the_others_leave_open() {
    let xapi = "[20121106T14:36:01.000Z| info|alpha|1532|host.destroy R:1|audit] Host.destroy: host = '5491fe8d-0000-4000-8000-000000000002 (beta)'\n";
    let audit = "\
Nov  6 15:36:02 alpha xapi: [20121106T14:36:02.500Z|audit|alpha|1532 INET 0.0.0.0:80|dispatch:host.destroy D:1|audit] ('trackid=5' 'LOCAL_SUPERUSER' 'root' 'ALLOWED' 'OK' 'API' 'host.destroy' (('self' 'beta' '5491fe8d-0000-4000-8000-000000000002' 'OpaqueRef:7')))
Nov  6 15:40:00 alpha xapi: [20121106T14:40:00.000Z|audit|alpha|1532 INET 0.0.0.0:80|dispatch:VM.start D:2|audit] ('trackid=5' 'LOCAL_SUPERUSER' 'root' 'ALLOWED' 'ERROR:SR_BACKEND_FAILURE_46: [ x ]' 'API' 'VM.start' (('vm' 'db' '7b000000-0000-4000-8000-000000000001' 'OpaqueRef:1')))
";
    let sm = "Nov  6 15:41:30 beta SM: [20410] RESET for SR 1a000000-0000-4000-8000-000000000001 (master: False)\n";
    let read = traced(&[("SMlog", sm.as_bytes()), ("xensource.log", xapi.as_bytes()), ("audit.log", audit.as_bytes())]);
    let text = read.text();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[1..4],
        [
            "2012-11-06 14:36:01  host 5491fe8d-0000-4000-8000-000000000002 (beta) is forgotten  (xensource.log:1, by alpha)",
            "2012-11-06 14:40:00  refused, or failed: VM.start of 7b000000-0000-4000-8000-000000000001 (db): SR_BACKEND_FAILURE_46  (audit.log:2, by alpha)",
            "2012-11-06 14:41:30  locks on SR 1a000000-0000-4000-8000-000000000001 are released by resetvdis.py  (SMlog:1, by beta)",
        ],
        "{text}"
    );
    assert!(text.contains("stamps that say no zone are taken for +01:00"), "{text}");
    let text = read.scenario(&pool()).unwrap();
    common::load("incident.yaml", &text);
    assert!(text.matches("xe host-forget").count() == 1 && text.contains("VM.start of 7b000000"), "{text}");
}

/// What a bug report packs is named with what unpacks it.
#[test]
fn packed_logs_are_refused_with_a_way() {
    let folder = Folder::new("packed");
    let path = folder.path("xensource.log.1.gz");
    std::fs::write(&path, b"\x1f\x8b\x08\0rest").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_poolsim")).args(["trace", &path]).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]), "{err}");
    assert!(err.contains("compressed with gzip") && err.contains("zcat"), "{err}");
}
