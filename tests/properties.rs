//! What holds of every run, over thousands of random scenarios: see `generate` for what is drawn.

mod common;
mod generate;

use generate::Taste;
use poolsim::engine::{Engine, Options};
use poolsim::hazard::Severity;
use poolsim::report::{self, Finding, Report, StoryLine};
use poolsim::scenario::model::Scenario;
use poolsim::world::World;
use poolsim::world::event::Event;
use std::collections::BTreeSet;

/// How many scenarios of each taste. All of them run in the time of some seconds.
const WILD: u64 = 3_000;
const GUARDED: u64 = 2_000;

/// Refusals of commands that no random scenario types; scenarios and the commands' own tests meet them. Whoever finds a VM busy
/// waits for two hours before he is told so: a story does.
const NOT_DRAWN: [&str; 26] = [
    "VM_MIGRATE_FAILED",
    "OTHER_OPERATION_IN_PROGRESS",
    "HOST_POWER_ON_MODE_DISABLED",
    "HOST_IN_USE",
    "HOST_EVACUATE_VM_NOT_HA_PROTECTED",
    "SR_HAS_NO_PBDS",
    "SR_HAS_PBD",
    "SR_NOT_SHARABLE",
    "SR_UNKNOWN_DRIVER",
    "SR_UUID_EXISTS",
    "PBD_EXISTS",
    "DEVICE_ALREADY_ATTACHED",
    "DEVICE_ALREADY_DETACHED",
    "DEVICE_ALREADY_EXISTS",
    "INVALID_DEVICE",
    "DEVICE_DETACH_REJECTED",
    "DEVICE_DETACH_TIMEOUT",
    "SR_BACKEND_FAILURE_40",
    "MAP_DUPLICATE_KEY",
    "SR_BACKEND_FAILURE_80",
    "SR_BACKEND_FAILURE_82",
    "SR_BACKEND_FAILURE_109",
    "VM_NO_SUSPEND_SR",
    "VDI_IO_ERROR",
    "SR_BACKEND_FAILURE_78",
    "HANDLE_INVALID",
];

/// Hazards of commands that the generator does not draw: snapshots, destroyed disks, suspension. tests/chains.rs draws the first.
const NOT_SHOWN: [&str; 4] = ["leaf-not-refreshed", "removed-while-open", "metadata-race", "outdated-memory"];

#[test]
fn random_scenarios_run_to_their_end_and_show_everything() {
    let (mut with_findings, mut hazards, mut codes) = (0, BTreeSet::new(), BTreeSet::new());
    for n in 0..WILD {
        let text = generate::scenario(n, Taste::Wild);
        let scenario = common::load("generated.yaml", &text);
        let report = report::of(&scenario, scenario.cases()[0], &common::options(n % 50 == 0));
        with_findings += u64::from(!report.hazards.is_empty());
        hazards.extend(report.hazards.iter().map(|finding| finding.hazard));
        codes.extend(report.steps.iter().filter_map(|step| step.code.clone()));
        // Corruption is a fact: two openers, or a write that came late, or a disk that went with a machine's own storage.
        for finding in report.hazards.iter().filter(|finding| finding.severity == Severity::Corruption) {
            let moments = ["wrote-late", "disk-wiped"];
            let late = report.story.iter().any(|line| moments.contains(&line.event) && line.at == finding.since);
            assert!(
                late || two_openers(&scenario, &report, finding),
                "scenario {n}: {finding:?} without two openers or a late write\n{text}"
            );
        }
    }
    assert!(with_findings * 10 >= WILD * 3, "only {with_findings} of {WILD} show a finding: the generator is too tame");
    let never: Vec<&str> = poolsim::hazard::ALL.iter().map(|doc| doc.name).filter(|name| !hazards.contains(name)).collect();
    assert_eq!(never, NOT_SHOWN, "left what no generated scenario shows");
    let never: Vec<&&str> =
        poolsim::command::REFUSALS.iter().filter(|code| !codes.contains(**code) && !NOT_DRAWN.contains(*code)).collect();
    assert!(never.is_empty(), "no generated scenario is refused with {never:?}; seen: {codes:?}");
    let drawn: Vec<&&str> = NOT_DRAWN.iter().filter(|code| codes.contains(**code)).collect();
    assert!(drawn.is_empty(), "these are drawn by now: {drawn:?}");
}

/// Whether at least two of a finding's hosts had opened its VDI by then: at the start, or in the trace.
fn two_openers(scenario: &Scenario, report: &Report, finding: &Finding) -> bool {
    let names = &scenario.pool.names;
    let vdi = names.vdi_ids().find(|vdi| Some(names.vdi(*vdi)) == finding.vdi.as_deref()).expect("a known VDI");
    let mut opened: BTreeSet<String> =
        scenario.pool.vdis[vdi.at()].open_on.iter().map(|(machine, _, _)| names.machine(*machine).to_owned()).collect();
    let part =
        |line: &StoryLine, key: &str| line.parts.iter().find(|(k, _)| *k == key).and_then(|(_, value)| value.as_str().map(str::to_owned));
    let before = report.story.iter().take_while(|line| line.at <= finding.since);
    opened.extend(
        before.filter(|line| line.event == "disk-opened" && part(line, "vdi") == finding.vdi).filter_map(|line| part(line, "host")),
    );
    finding.hosts.iter().filter(|host| opened.contains(*host)).count() >= 2
}

#[test]
fn a_refusal_changes_nothing() {
    let mut refusals = 0;
    for n in 0..WILD / 3 {
        let text = generate::scenario(n, Taste::Wild);
        let scenario = common::load("generated.yaml", &text);
        let mut engine = Engine::new(&scenario, scenario.cases()[0], Options { seed: n, ..Options::default() });
        let mut before: World = engine.world.clone();
        loop {
            let only_refused = match engine.turn() {
                None => break,
                Some((_, events)) => {
                    let of_steps =
                        |event: &Event| matches!(event, Event::StepBegan { .. } | Event::StepEnded { .. } | Event::Refused { .. });
                    events.iter().any(|event| matches!(event, Event::Refused { .. })) && events.iter().all(of_steps)
                }
            };
            if only_refused {
                refusals += 1;
                before.now = engine.world.now;
                // Heartbeats go on, and a command that has ended works on no VM any more.
                before.heard.clone_from(&engine.world.heard);
                for (before, after) in before.stacks.iter_mut().zip(engine.world.stacks.iter()) {
                    before.busy = after.busy.clone();
                    // The check of a host that is gone from the database finds so at its time, and is not made again.
                    before.watched = after.watched.clone();
                    // So do HA's daemons, their rounds on the statefile, and the master's looks at its plan.
                    (before.xhad, before.ha_beat, before.restarts) = (after.xhad.clone(), after.ha_beat, after.restarts.clone());
                    // And whoever starts VMs after a boot tries a paused disk again.
                    before.autostarts = after.autostarts.clone();
                    // A synchronisation that one host spoils still renews the others' copies, where they say the same.
                    (before.copy_as_of, before.copy_age, before.copy_turn) = (after.copy_as_of, after.copy_age, after.copy_turn);
                }
                assert!(
                    before.hw.is_but_for_statefiles(&engine.world.hw),
                    "scenario {n}: a refusal at {} changed what is so\n{text}",
                    before.now
                );
                before.hw = engine.world.hw.clone();
                assert!(before == engine.world, "scenario {n}: a refusal at {} changed the world\n{text}", before.now);
            }
            before = engine.world.clone();
        }
    }
    assert!(refusals > 500, "only {refusals} refusals: nothing was tested");
}

/// In pools that start healthy, faults of any kind corrupt nothing as long as nobody sets the pool's guards aside.
#[test]
fn faults_alone_corrupt_nothing() {
    let mut struck = 0;
    for n in 0..GUARDED {
        let text = generate::scenario(n, Taste::Guarded);
        let scenario = common::load("generated.yaml", &text);
        let report = report::of(&scenario, scenario.cases()[0], &common::options(false));
        struck += usize::from(report.worst.is_some());
        assert!(report.worst < Some(Severity::Corruption), "scenario {n}: {:?}\n{text}", report.hazards);
    }
    assert!(struck > 500, "only {struck} scenarios show anything: the faults are too tame");
}
