//! `run: |` as a shell's script, and `capture:`: what is typed, what the console shows, and what can't be followed.

mod common;

use poolsim::engine::{Options, StepRecord};
use poolsim::run;
use poolsim::scenario;
use poolsim::world::event::Status;

const POOL: &str = "pool:
  hosts: [alpha, beta, gamma]
  storage: {nfs1: {type: nfs}}
  vms: {db: {running-on: beta}, web: {running-on: beta}, idle: }
timeline: [{at: 5m, fault: {crash: beta}}]
";

/// The records of the recovery's steps; each step's script is indented by the caller as a block.
fn ran(steps: &str) -> Vec<StepRecord> {
    let text = format!("{POOL}recovery:\n  at: 20m\n  steps:\n{steps}");
    let scenario = scenario::load("script.yaml", &text).unwrap_or_else(|told| panic!("{told:#?}\n{text}")).scenario;
    let run = run::run(&scenario, scenario.cases()[0], Options::default(), &[]);
    run.engine.records[1..].to_vec()
}

/// A step whose script these lines are.
fn script(lines: &str) -> String {
    let block: String = lines.lines().map(|line| format!("        {line}\n")).collect();
    format!("    - run: |\n{block}")
}

/// The command lines that a step typed.
fn typed(record: &StepRecord) -> Vec<&str> {
    record.ran.iter().map(|ran| ran.text.as_str()).collect()
}

fn wrong(lines: &str) -> Vec<(u32, &'static str, String)> {
    let text = format!("{POOL}recovery:\n  at: 20m\n  steps:\n{}", script(lines));
    let told = scenario::load("script.yaml", &text).expect_err("it can't be followed");
    told.into_iter().map(|told| (told.line, told.code, told.message)).collect()
}

/// The line of the first line of a script in these files.
const FIRST: u32 = 10;

/// The whole recovery of a dead member, as a wiki page has it: each command is typed with what the ones before it printed.
#[test]
fn a_script_types_what_it_works_out() {
    let records = ran(&script(
        "# beta is off: somebody looked\nHOST=$(xe host-list name-label=beta --minimal)\n[ -n \"$HOST\" ] || exit 1\nxe host-forget uuid=$HOST --force\nsleep 30\n/opt/xensource/sm/resetvdis.py $HOST $nfs1\nfor v in db web; do\n  xe vm-start vm=$v on=gamma\ndone",
    ));
    let [record] = &records[..] else { panic!("{records:#?}") };
    let host = "00000002-0000-4000-8000-000000000002";
    let beta = record.ran[1].text.strip_prefix("xe host-forget uuid=").unwrap().strip_suffix(" --force").unwrap().to_owned();
    assert_eq!(beta.len(), host.len());
    assert_eq!(
        typed(record)[2..],
        [
            format!("/opt/xensource/sm/resetvdis.py {beta} {}", record.ran[2].text.rsplit(' ').next().unwrap()).as_str(),
            "xe vm-start vm=db on=gamma",
            "xe vm-start vm=web on=gamma"
        ]
    );
    assert_eq!((record.status, record.exit, &record.code), (Status::Ok, Some(0), &None), "{record:#?}");
    // The list takes 1 s, forget 1 s, the sleep 30 s, the release 1 s, and each start 5 s.
    let took = record.ended.unwrap().since(record.began.unwrap());
    assert_eq!(took.to_string(), "43s");
}

/// As several lines end at the first that fails, so does a script; a condition and `||` look at a refusal and go on.
#[test]
fn a_refusal_ends_a_script_unless_it_is_looked_at() {
    let records = ran(&[
        script("X=1\nxe vm-start vm=db\nxe vm-start vm=idle"),
        script(
            "xe vm-start vm=db 2>/dev/null || echo still registered\nif xe vm-start vm=db > /dev/null; then xe vm-list; else echo no; fi",
        ),
    ]
    .concat());
    assert_eq!((records[0].status, records[0].exit, records[0].code.as_deref()), (Status::Error, Some(1), Some("VM_BAD_POWER_STATE")));
    assert_eq!(typed(&records[0]), ["xe vm-start vm=db"]);
    assert_eq!((records[1].status, &records[1].code), (Status::Ok, &None));
    assert!(records[1].output.starts_with("still registered\n"), "{}", records[1].output);
    assert!(
        records[1].output.ends_with("no\n") && records[1].output.contains("expected: halted"),
        "standard error goes to the console: {}",
        records[1].output
    );
}

/// The console shows what is printed, and not what went into a variable or a filter.
#[test]
fn the_console_shows_what_is_printed() {
    let records = ran(&script(
        "ALL=$(xe vm-list is-control-domain=false params=name-label --minimal)\necho \"all: $ALL\"\nfor v in ${ALL//,/ }; do echo \"- ${v%b}\"; done\nxe vm-list power-state=halted --minimal | wc -l\nN=$((2 * 3 + 1)); echo $N\nf() { echo \"f $1\"; }\nY=$(f x)\necho \"$Y ${#Y}\"\ncat <<EOF\nhere $N\nEOF",
    ));
    assert_eq!(records[0].output, "all: db,web,idle\n- d\n- we\n- idle\n1\n7\nf x 3\nhere 7\n", "{records:#?}");
    assert_eq!(records[0].status, Status::Ok);
}

/// What a step keeps is a variable of later steps, of plain lines as of scripts; before that it is empty, as in a shell.
#[test]
fn what_is_printed_is_kept() {
    let records = ran(
        "    - {run: xe vm-param-get uuid=$FOUND param-name=power-state}\n    - {run: 'xe vm-list name-label=db --minimal', capture: FOUND}\n    - {run: 'xe vm-param-get uuid=$FOUND param-name=name-label'}\n    - run: |\n        X=$FOUND\n        echo \"$X\" | wc -l\n",
    );
    assert_eq!(records[0].status, Status::Error);
    assert!(records[0].ran[0].text.starts_with("xe vm-param-get uuid= "), "{:?}", records[0].ran);
    assert_eq!((records[2].status, records[2].output.as_str()), (Status::Ok, "db\n"), "{:?}", records[2]);
    assert_eq!(records[3].output, "1\n");
}

/// A machine that does not answer is not reached, and whoever types there is gone with his console.
#[test]
fn other_machines_are_reached_over_the_network() {
    let records = ran(&script(
        "ping -c 1 gamma > /dev/null && echo yes\nping -c 1 beta > /dev/null || echo no\nssh root@gamma 'hostname() { :; }; xe host-list --minimal | tr , \"\\n\" | wc -l'\nssh beta xe vm-list || echo $?",
    ));
    assert_eq!(records[0].output, "yes\nno\n3\nssh: connect to host beta port 22: No route to host\n255\n", "{records:#?}");
}

/// All that can't be followed is named, with its line, before anything runs.
#[test]
fn what_cannot_be_followed_is_an_error_of_the_file() {
    let told = wrong(
        "X=1\nwhile true; do xe vm-list; done\nxe vm-list &\nfrobnicate $X\n. ./settings\nipmitool -H beta-ilo chassis power off\nxe vm-list | perl -e 1\nxe vm-start vm=$nobody\nxe vm-lst\nread X",
    );
    let lines: Vec<(u32, &str)> = told.iter().map(|(line, code, _)| (*line, *code)).collect();
    let expected: Vec<(u32, &str)> = [1, 2, 3, 4, 5, 6, 9].map(|at| (FIRST + at, "shell")).to_vec();
    assert_eq!(lines, expected, "{told:#?}");
    for (word, at) in ["`while`", "`&`", "`frobnicate`", "`.`", "by hand", "`perl`", "`read`"].iter().zip(&told) {
        assert!(at.2.contains(word), "{word}: {at:?}");
    }
    // Where the shell is followed, the names and the commands are looked at.
    let told = wrong("X=1\nxe vm-start vm=$nobody\nif true; then xe vm-lst; fi\nxe vm-start vm=$X \u{2013}force");
    let lines: Vec<(u32, &str)> = told.iter().map(|(line, code, _)| (*line, *code)).collect();
    assert!(lines.contains(&(FIRST + 1, "unknown-name")) && lines.contains(&(FIRST + 2, "unknown-command")), "{told:#?}");
    assert!(lines.contains(&(FIRST + 3, "typographic")), "{told:#?}");
}

/// A script that would grow or go on without end is ended, with a word why.
#[test]
fn a_script_has_its_bounds() {
    let doubled = "A=xxxxxxxxxxxxxxxx\nfor i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do A=$A$A; done\necho $A";
    let records = ran(&script(doubled));
    assert_eq!((records[0].status, records[0].exit), (Status::Error, Some(2)), "{:?}", records[0].output.len());
    assert!(records[0].output.contains("can't be followed"), "{}", records[0].output);
    let records = ran(&script("f() { f; }\nf"));
    assert!(records[0].output.contains("can't be followed"), "{records:#?}");
}

/// A run that is cloned in the middle of a script goes on in both, and comes to the same.
#[test]
fn a_script_is_cloned_in_the_middle() {
    let text = format!(
        "{POOL}recovery:\n  at: 20m\n  steps:\n{}",
        script("H=$(xe host-list name-label=beta --minimal)\nsleep 5\nxe host-forget uuid=$H --force\nsleep 5\necho $H | wc -c")
    );
    let scenario = scenario::load("script.yaml", &text).unwrap().scenario;
    let whole = run::run(&scenario, scenario.cases()[0], Options::default(), &[]);
    let mut session = run::Session::unjudged(poolsim::engine::Engine::new(&scenario, scenario.cases()[0], Options::default()));
    let mut clones = 0;
    loop {
        if session.engine.records[1].began.is_some() && session.engine.records[1].ended.is_none() {
            let mut clone = session.clone();
            while clone.step().is_some() {}
            assert_eq!(clone.engine.records, whole.engine.records);
            clones += 1;
        }
        if session.step().is_none() {
            break;
        }
    }
    assert!(clones > 3, "{clones}");
}
