//! One story on every release: what each answers, worked out from the pages of the model and the sources that they name.

mod common;

use poolsim::report::{self, Report, Verdict};
use poolsim::scenario::model::Scenario;
use poolsim::scenario::{Asked, load_with};
use poolsim::world::release::Release;

/// All but the default.
const CODE: [&str; 3] = ["xenserver-6.0", "xenserver-6.2", "xcp-ng-8.3"];

/// A text as a release has it; `None` where it has not all of its commands.
fn on(release: &str, name: &str, text: &str) -> Option<Scenario> {
    let mut include = |_: &str| Err("nothing is included here".to_owned());
    let release = Some(Release::named(release).expect("a release"));
    load_with(name, text.as_bytes(), &mut Asked { include: &mut include, set: &[], release }).ok().map(|loaded| loaded.scenario)
}

fn runs(scenario: &Scenario) -> Vec<Report> {
    scenario.cases().into_iter().map(|case| report::of(scenario, case, &common::options(false))).collect()
}

/// What came of each `run` step: `ok`, the code of its refusal, or the name of its status.
fn ends(report: &Report) -> Vec<String> {
    let steps = report.steps.iter().filter(|step| step.kind == "run");
    steps.map(|step| step.code.clone().unwrap_or_else(|| step.status.name().to_owned())).collect()
}

const POOL: &str = "pool:\n  hosts: [alpha, beta, gamma]\n  storage: {nfs1: {type: nfs}}\n  vms: {db: {running-on: beta}}\n";

/// Beta is gone since 1m, in one of two ways, and held for dead; the lines are typed one after the other.
fn after(fault: &str, lines: &[&str]) -> String {
    let steps: String = lines.iter().map(|line| format!("    - {{run: '{line}'}}\n")).collect();
    format!(
        "{POOL}timeline: [{{at: 1m, fault: {{{fault}: beta}}}}]\nrecovery:\n  wait-for: {{host: beta, live: false}}\n  pace: 5s\n  steps:\n{steps}"
    )
}

const RESET: &str = "xe vm-reset-powerstate vm=db --force";
const FORGET: &str = "xe host-forget uuid=$beta --force";
const UNLOCK: &str = "/opt/xensource/sm/resetvdis.py $beta $nfs1";
const START: &str = "xe vm-start vm=db on=gamma";

/// docs/model/locks.md §9, docs/model/guests-and-disks.md: what a start answers after the host that had the disk is gone.
#[test]
fn a_start_after_its_host_is_gone() {
    let locked = "SR_BACKEND_FAILURE_46";
    for (lines, ends_on) in [
        (&[START][..], [&["VM_BAD_POWER_STATE"][..]; 3]),
        (&[RESET, START], [&["ok", locked]; 3]),
        (&[RESET, UNLOCK, START], [&["ok", "ok", "ok"]; 3]),
        (&[FORGET, START], [&["HOST_HAS_RESIDENT_VMS", "VM_BAD_POWER_STATE"]; 3]),
        (&[RESET, FORGET, START], [&["ok", "ok", locked], &["ok", "ok", "ok"], &["ok", "ok", "ok"]]),
        // The code does not find a forgotten host any more, whatever the manual's order says.
        (
            &[RESET, FORGET, UNLOCK, START],
            [&["ok", "ok", "UUID_INVALID", locked], &["ok", "ok", "UUID_INVALID", "ok"], &["ok", "ok", "UUID_INVALID", "ok"]],
        ),
    ] {
        for fault in ["crash", "isolate"] {
            for (release, expected) in CODE.iter().zip(ends_on) {
                let text = after(fault, lines);
                let reports = runs(&on(release, "story.yaml", &text).expect("a good file"));
                assert_eq!(ends(&reports[0]), expected, "{release}, {fault}: {lines:?}");
                // Of a host that is only cut off every such start makes a second writer.
                let twice = fault == "isolate" && expected.last() == Some(&"ok");
                let writers = reports[0].hazards.iter().any(|finding| finding.hazard == "double-writer");
                assert_eq!(writers, twice, "{release}, {fault}: {lines:?}");
            }
        }
    }
    // Manual: the forget halts the VM, and the script still knows the host.
    let manual = on("manual-6", "story.yaml", &after("crash", &[FORGET, UNLOCK, START])).expect("a good file");
    assert_eq!(ends(&runs(&manual)[0]), ["ok", "ok", "ok"]);
}

#[test]
fn a_host_that_is_declared_dead() {
    let lines = ["xe host-declare-dead uuid=$beta --force", START, "xe host-list uuid=$beta params=enabled,host-metrics-live --minimal"];
    for release in ["manual-6", "xenserver-6.0"] {
        assert!(on(release, "story.yaml", &after("crash", &lines)).is_none(), "{release} has no such command");
    }
    for release in ["xenserver-6.2", "xcp-ng-8.3"] {
        let report = &runs(&on(release, "story.yaml", &after("crash", &lines)).expect("a good file"))[0];
        assert_eq!(ends(report), ["ok", "ok", "ok"], "{release}");
        assert_eq!((report.final_known("beta"), report.final_locks("db-root")), (Some(true), vec!["gamma".to_owned()]), "{release}");
    }
    // It answers: refused; and the master itself is never dead.
    let live = "recovery:\n  at: 1m\n  steps:\n    - {run: xe host-declare-dead uuid=$beta --force}\n    - {run: xe host-declare-dead uuid=$alpha --force}\n    - {run: xe host-declare-dead uuid=$db --force}\n";
    let report = &runs(&on("xenserver-6.2", "story.yaml", &format!("{POOL}{live}")).expect("a good file"))[0];
    assert_eq!(ends(report), ["HOST_IS_LIVE", "HOST_IS_LIVE", "UUID_INVALID"]);
}

trait Final {
    fn final_known(&self, host: &str) -> Option<bool>;
    fn final_locks(&self, vdi: &str) -> Vec<String>;
}

impl Final for Report {
    fn final_known(&self, host: &str) -> Option<bool> {
        self.end_state.hosts.get(host).map(|host| host.known)
    }
    fn final_locks(&self, vdi: &str) -> Vec<String> {
        self.end_state.vdis[vdi].locks.iter().flatten().map(|(host, _)| host.clone()).collect()
    }
}

/// What holds at instants of a story, for the releases that are named.
fn holds(text: &str, expected: &[(&[&str], &str)]) {
    for (releases, states) in expected {
        for release in *releases {
            let text = format!("{text}expect:\n  worst: corruption\n  states:\n{states}");
            for report in runs(&on(release, "story.yaml", &text).unwrap_or_else(|| panic!("{release}: {text}"))) {
                let failed: Vec<String> =
                    report.expectations.iter().filter(|one| !one.passed).map(|one| format!("{}; got {}", one.what, one.got)).collect();
                assert_eq!(report.verdict, Verdict::AsExpected, "{release}: {failed:?}\n{text}");
            }
        }
    }
}

const OLD: &[&str] = &["manual-6", "xenserver-6.0"];
const SIX: &[&str] = &["manual-6", "xenserver-6.0", "xenserver-6.2"];
const LATER: &[&str] = &["xenserver-6.2", "xcp-ng-8.3"];
const TODAY: &[&str] = &["xcp-ng-8.3"];

/// docs/model/members-and-masters.md: beta has been dead for long when the master's xapi restarts.
#[test]
fn what_a_fresh_master_holds_of_its_members() {
    // The restart ends at 20m, xapi is up by 20m20s.
    let text = format!("{POOL}until: 40m\ntimeline:\n  - {{at: 1m, fault: {{crash: beta}}}}\n  - {{at: 20m, run: xe-toolstack-restart}}\n");
    let before = "    - {at: 19m, host: beta, live: false}\n";
    let dead = format!("{before}    - {{during: 19m..40m, host: beta, live: false}}\n");
    // 600 s from the start of its xapi, and at most 30 s more until the next look.
    let alive = format!("{before}    - {{during: 20m20s..30m, host: beta, live: true}}\n    - {{by: 31m, host: beta, live: false}}\n");
    holds(&text, &[(SIX, &dead), (TODAY, &alive)]);
}

/// A member's toolstack restarts, or is stopped in order: its VMs run on.
#[test]
fn what_a_toolstack_that_stops_says() {
    let text = format!(
        "{POOL}until: 9m\ntimeline:\n  - {{at: 1m, host: beta, run: service xapi stop}}\n  - {{at: 5m, host: beta, run: service xapi start}}\n"
    );
    let unheard = "    - {during: 1m..9m, host: beta, live: true, enabled: true}\n";
    let said = "    - {during: 1m2s..5m, host: beta, live: false, enabled: false}\n    - {at: 5m, vm: db, running-on: beta}\n    - {by: 5m30s, host: beta, live: true, enabled: true}\n";
    holds(&text, &[(OLD, unheard), (LATER, said)]);
}

/// A host is shut down in order, ten seconds after the command.
#[test]
fn when_a_host_that_goes_down_counts_as_dead() {
    let text = format!(
        "{POOL}until: 5m\ntimeline:\n  - {{at: 1m, run: xe host-disable host=beta}}\n  - {{at: 1m30s, run: xe vm-shutdown vm=db}}\n  - {{at: 2m, run: xe host-shutdown host=beta}}\n"
    );
    let at_once = "    - {at: 2m1s, host: beta, live: false, powered: true}\n    - {at: end, host: beta, powered: false}\n";
    let going = "    - {during: 1m..2m10s, host: beta, live: true, powered: true}\n    - {at: 2m12s, host: beta, live: false, powered: false}\n    - {at: end, vm: db, power-state: halted}\n";
    holds(&text, &[(OLD, at_once), (LATER, going)]);
}

/// db runs twice when beta's toolstack restarts: whose is the record, and does either copy end?
#[test]
fn a_second_domain_and_the_record() {
    let text = format!(
        "{POOL}timeline: [{{at: 1m, fault: {{isolate: beta}}}}]\nrecovery:\n  at: 2m\n  pace: 1m\n  steps:\n    - run: {RESET}\n    - run: {UNLOCK}\n    - run: {START}\n    - fault: heal-network\n    - {{host: beta, run: xe-toolstack-restart}}\n"
    );
    let stolen = "    - {at: end, vm: db, resident-on: beta, running-on: [beta, gamma]}\n    - {at: end, vdi: db-root, locks: [beta, gamma], open-on: [beta, gamma]}\n";
    let ended = "    - {at: end, vm: db, resident-on: gamma, running-on: [gamma]}\n    - {at: end, vdi: db-root, locks: [gamma], open-on: [gamma], damaged: true}\n";
    holds(&text, &[(SIX, stolen), (TODAY, ended)]);
}

/// docs/model/locks.md §8: a lock of a host that the pool has forgotten, and one of beta's own beside gamma's.
#[test]
fn which_locks_a_starting_xapi_clears() {
    let pool = "pool:\n  hosts: {alpha: , beta: , gamma: , gone: {known: false, powered: false}}\n  storage: {nfs1: {type: nfs}}\n  vms:\n    leaked: {disks: {root: {locks: {gone: rw}}}}\n    both: {disks: {root: {locks: {beta: ro, gamma: ro}, open-on: {gamma: ro}}}}\n    others: {disks: {root: {locks: {gone: ro, gamma: ro}}}}\n";
    let text = format!("{pool}until: 5m\ntimeline: [{{at: 1m, host: beta, run: xe-toolstack-restart}}]\n");
    let own = "    - {at: end, vdi: leaked-root, locks: [gone]}\n    - {at: end, vdi: both-root, locks: [gamma]}\n    - {at: end, vdi: others-root, locks: [gone, gamma]}\n";
    let all = "    - {at: end, vdi: leaked-root, locks: []}\n    - {at: end, vdi: both-root, locks: []}\n    - {at: end, vdi: others-root, locks: [gone, gamma]}\n";
    holds(&text, &[(OLD, own), (LATER, all)]);
}

/// A master is told to become what it is.
#[test]
fn a_promotion_of_a_master() {
    let words = "Host agent will restart and transition to master in";
    for (release, force, says) in [
        ("manual-6", "", format!("{words} 10 seconds...\n")),
        ("xenserver-6.0", "", format!("{words} 10 seconds...\n")),
        ("xenserver-6.2", "", format!("{words} 10.000 seconds...\n")),
        ("xcp-ng-8.3", "", "Host agent is already master. Use '--force' to execute the operation anyway.\n".to_owned()),
        ("xcp-ng-8.3", " --force", format!("{words} 10.000 seconds...\n")),
    ] {
        let text = format!("{POOL}timeline: [{{at: 1m, run: xe pool-emergency-transition-to-master{force}}}]\n");
        let report = &runs(&on(release, "story.yaml", &text).expect("a good file"))[0];
        assert_eq!((report.steps[0].output.as_str(), report.steps[0].exit), (says.as_str(), Some(0)), "{release}");
    }
}

/// A host that leaves HA by itself: in the times of 6 it is taken for fenced, today it has said that it goes.
#[test]
fn a_host_that_leaves_ha_by_itself() {
    let text = "pool:\n  hosts: [alpha, beta, gamma]\n  storage: {nfs1: {type: nfs}}\n  ha: {heartbeat-sr: nfs1}\n  vms: {db: {running-on: beta, ha: restart}}\nuntil: 20m\ntimeline: [{at: 1m, host: gamma, run: xe host-emergency-ha-disable --force}]\n";
    for (releases, excluded) in [(SIX, false), (TODAY, true)] {
        for release in releases {
            let report = &runs(&on(release, "story.yaml", text).expect("a good file"))[0];
            let told = report.story.iter().any(|event| event.event == "ha-excluded");
            assert_eq!(told, excluded, "{release}");
        }
    }
}

/// Every difference tells two releases apart, or it is none.
#[test]
fn no_difference_is_idle() {
    use poolsim::world::release::DIFFERENCES;
    for difference in DIFFERENCES {
        let answers: std::collections::BTreeSet<String> =
            Release::all().map(|release| (difference.shown)(&release.row().answers)).collect();
        assert!(answers.len() > 1, "all releases answer {} alike", difference.name());
    }
}
