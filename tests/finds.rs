//! What shows harm is kept: a folder of finds that `test` replays, and the small case of each unexpected corruption beside a report.

mod folder;

use folder::Folder;
use serde_json::Value;
use std::process::{Command, Output, Stdio};

fn poolsim(folder: &Folder, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_poolsim"));
    command.args(args).current_dir(&folder.0).stdin(Stdio::null());
    for name in ["NO_COLOR", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"] {
        command.env_remove(name);
    }
    command.output().unwrap()
}

#[track_caller]
fn exits(folder: &Folder, args: &[&str], status: i32) -> (String, String) {
    let output = poolsim(folder, args);
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(status), "{args:?}\n{out}\n{err}");
    (out, err)
}

/// Beta is cut off in one of about two runs: who then forgets it and starts its VM elsewhere has two writers. In the others it has
/// crashed, and all is well.
const COIN: &str = "
title: A coin
pool: {hosts: [alpha, beta, gamma], storage: {nfs1: {type: nfs}}, vms: {db: {running-on: beta}, web: {running-on: gamma}}}
timeline:
  - {at: 1m..2m, fault: {toolstack-stop: gamma}, for: 1m}
  - {at: 5m..9m, fault: {isolate: beta}}
  - {at: 7m, fault: {crash: beta}, if: {host: beta, live: true}}
recovery:
  wait-for: {host: beta, live: false}
  steps:
    - {run: 'xe host-forget uuid=$beta --force'}
    - {run: '/opt/xensource/sm/resetvdis.py $beta $nfs1'}
    - {run: 'xe vm-start vm=db on=gamma'}
";

/// With the forgotten host alive and writing: that is a double-writer by the rule, whatever the seed.
const CUT: &str = "
title: Cut off
pool: {hosts: [alpha, beta, gamma], storage: {nfs1: {type: nfs}}, vms: {db: {running-on: beta}, web: {running-on: gamma}}}
timeline:
  - {at: 1m..2m, fault: {toolstack-stop: gamma}, for: 1m}
  - {at: 5m..9m, fault: {isolate: beta}}
recovery:
  wait-for: {host: beta, live: false}
  steps:
    - {run: 'xe host-forget uuid=$beta --force'}
    - {run: '/opt/xensource/sm/resetvdis.py $beta $nfs1'}
    - {run: 'xe vm-start vm=db on=gamma'}
";

fn index(folder: &Folder) -> Value {
    serde_json::from_str(&folder.read("finds/finds.json")).unwrap()
}

#[test]
fn a_sweep_keeps_what_it_finds_and_test_replays_it() {
    let folder = Folder::new("sweep").with("cut.yaml", CUT).with("coin.yaml", COIN);
    let (report, said) = exits(&folder, &["sweep", "cut.yaml", "--seeds", "3..6", "--finds", "finds"], 0);
    assert_eq!(report, exits(&folder, &["sweep", "cut.yaml", "--seeds", "3..6"], 0).0, "the report is the same");
    let first = index(&folder);
    let finds = first["finds"].as_object().unwrap();
    assert!(said.contains(&format!("{} finds in finds, {} of them new", finds.len(), finds.len())), "{said}");
    let (name, writer) = finds.iter().find(|(_, find)| find["hazard"] == "double-writer").expect("kept");
    assert!(name.starts_with("double-writer-db-root-"), "{name}");
    assert_eq!((&writer["seed"], &writer["kind"], &writer["place"]), (&3.into(), &"vdi".into(), &"db-root".into()), "the first seed");
    assert_eq!((&writer["shown_by"], &writer["scenario"]), (&env!("CARGO_PKG_VERSION").into(), &"cut".into()));
    // Whole, it is the run with that seed, to the digest; small, it has nothing that has no part in it.
    let digest = |args: &[&str]| -> Value {
        let out = exits(&folder, &[args, &["--format", "json", "--fail-on", "danger"]].concat(), if args.len() > 2 { 1 } else { 0 }).0;
        serde_json::from_str::<Value>(&out).unwrap()[0]["digest"].clone()
    };
    assert_eq!(digest(&["run", &format!("finds/{name}.whole.yaml")]), digest(&["run", "cut.yaml", "--seed", "3"]));
    assert!(!folder.read(&format!("finds/{name}.yaml")).contains("web"), "small");
    let (tested, _) = exits(&folder, &["test", "finds"], 0);
    assert!(tested.contains(&format!("{} passed", 2 * finds.len())), "{tested}");

    // The same again is the same, whatever the number of threads; and another file's finds are kept beside them.
    exits(&folder, &["sweep", "cut.yaml", "--seeds", "3..6", "--finds", "finds", "-j1"], 0);
    assert_eq!(index(&folder), first);
    exits(&folder, &["sweep", "coin.yaml", "--seeds", "0..9", "--finds", "finds"], 0);
    for (name, find) in finds {
        assert_eq!(&index(&folder)["finds"][name], find);
    }

    // What shows no longer what it was kept for is said, and keeps the version by which it did.
    let mut old = index(&folder);
    old["finds"][name.as_str()]["shown_by"] = "0.0.1".into();
    folder.file("finds/finds.json", &old.to_string());
    folder.file(&format!("finds/{name}.yaml"), "pool: {hosts: [alpha]}\nuntil: 1m\n");
    let (_, said) = exits(&folder, &["sweep", "coin.yaml", "--seeds", "0..1", "--finds", "finds"], 0);
    assert!(said.contains(&format!("{name} shows no longer what it was kept for (it did in version 0.0.1)")), "{said}");
    let now = index(&folder);
    assert_eq!((&now["finds"][name.as_str()]["shows"], &now["finds"][name.as_str()]["shown_by"]), (&false.into(), &"0.0.1".into()));
}

#[test]
fn an_exploration_keeps_what_it_finds() {
    let quiet = "pool: {hosts: [alpha, beta], storage: {nfs1: {type: nfs}}, vms: {db: {running-on: beta}}}
timeline: [{at: 12m, note: noon}]
recovery:
  wait-for: {host: beta, live: false}
  steps: [{run: 'xe host-forget uuid=$beta --force'}]
until: 30m
";
    let folder = Folder::new("explore").with("quiet.yaml", quiet);
    let args = ["sweep", "quiet.yaml", "--explore", "--faults", "1", "--finds", "finds"];
    let (report, _) = exits(&folder, &args, 0);
    assert!(report.contains("DANGER forgotten-host-alive on beta") && report.contains("isolate: beta"), "{report}");
    assert!(report.lines().all(|line| line.chars().count() <= 80), "{report}");
    let kept = report.lines().filter(|line| line.trim_start().starts_with("kept")).count();
    assert!(kept > 1, "{report}");
    exits(&folder, &["test", "finds"], 0);
    assert_eq!(exits(&folder, &[&args[..], &["-j", "1"]].concat(), 0).0, report, "-j changes no byte");
    let json: Value = serde_json::from_str(&exits(&folder, &[&args[..5], &["--format", "json"]].concat(), 0).0).unwrap();
    let case = &json["cases"][0];
    assert_eq!((case["complete"].as_bool(), case["tried"].as_u64()), (Some(true), case["levels"][0]["combinations"].as_u64()));
    // None later than was said: then nothing of what strikes at 0 is left out, and all of what strikes later.
    let early: Value = serde_json::from_str(&exits(&folder, &[&args[..5], &["--format", "json", "--within", "0s"]].concat(), 0).0).unwrap();
    let instants = |json: &Value| json["cases"][0]["instants"].as_u64().unwrap();
    assert!(instants(&early) == 1 && instants(&json) > 2, "at 0, and around 12m");
    let all = early["cases"][0]["findings"].as_array().unwrap();
    assert!(!all.is_empty() && all.iter().flat_map(|found| found["faults"].as_array().unwrap()).all(|fault| fault["us"] == 0), "{early}");
}

#[test]
fn what_is_no_folder_of_finds_is_refused_and_not_touched() {
    let folder = Folder::new("foreign").with("cut.yaml", CUT);
    for (text, why) in [
        ("{", "is no index"),
        ("{\"format\": 7, \"finds\": {}}", "of another version"),
        ("{\"format\": 1, \"finds\": {\"../up\": {\"hazard\": \"late-write\"}}}", "no find"),
    ] {
        folder.file("finds/finds.json", text);
        let (_, said) = exits(&folder, &["sweep", "cut.yaml", "--seeds", "0..1", "--finds", "finds"], 2);
        assert!(said.contains(why), "{said}");
        assert_eq!(folder.read("finds/finds.json"), text);
    }
    for args in [
        &["--faults", "2"][..],
        &["--within", "5m"],
        &["--budget", "9"],
        &["--explore", "--seeds", "0..3"],
        &["--explore", "--faults", "0"],
        &["--explore", "--within", "5"],
    ] {
        exits(&folder, &[&["sweep", "cut.yaml"], args].concat(), 2);
    }
}

#[test]
fn test_writes_the_small_case_of_an_unexpected_corruption_beside_the_report() {
    let expecting = |text: &str| format!("{CUT}expect: {text}\n");
    let folder = Folder::new("shrink")
        .with("surprise.yaml", &expecting("{worst: danger}"))
        .with("known.yaml", &expecting("{hazards: [{hazard: double-writer, vdi: db-root}], never: [vm-down]}"))
        .with("fails.yaml", &expecting("{hazards: [{hazard: double-writer}, {hazard: data-destroyed}]}"));
    let (_, said) = exits(&folder, &["test", "surprise.yaml", "known.yaml", "fails.yaml", "--shrink", "--report", "junit=out.xml"], 1);
    let small: Vec<String> = folder.names().into_iter().filter(|name| name.contains("double-writer")).collect();
    assert_eq!(small.len(), 1, "the others expect it: {said}");
    assert!(small[0].starts_with("surprise-double-writer-db-root-") && said.contains(&small[0]), "{said}");
    exits(&folder, &["test", &small[0]], 0);
    assert!(!folder.read(&small[0]).contains("web"));
    exits(&folder, &["test", "surprise.yaml", "--shrink"], 2);
}
