use super::*;
use crate::base::digest::Digest;
use std::collections::BTreeMap;

/// The kinds that had numbers when they were first written down, by number: digests that stand somewhere hang on them.
const FIRST: [&str; 90] = [
    "step-began",
    "step-ended",
    "refused",
    "power-lost",
    "powered-on",
    "dom0-up",
    "dom0-hung",
    "dom0-back",
    "isolated",
    "reconnected",
    "partitioned",
    "partition-healed",
    "network-degraded",
    "network-restored",
    "path-lost",
    "path-back",
    "sr-lost",
    "sr-back",
    "install-began",
    "installed",
    "xapi-stopped",
    "xapi-starting",
    "xapi-up",
    "emergency-mode",
    "conf-written",
    "yielded",
    "joined-master",
    "domain-started",
    "domain-ended",
    "domain-moved",
    "disk-opened",
    "disk-closed",
    "disk-written",
    "write-held",
    "wrote-late",
    "disk-damaged",
    "host-marked-dead",
    "host-marked-alive",
    "host-enabled",
    "host-disabled",
    "host-forgotten",
    "host-joined",
    "master-recorded",
    "vm-recorded",
    "vbds-recorded",
    "lock-set",
    "lock-removed",
    "paused-cleared",
    "pbd-recorded",
    "pbd-gone",
    "default-sr-set",
    "copy-taken",
    "dump-written",
    "dump-restored",
    "needless-master-word",
    "one-way",
    "one-way-healed",
    "ha-daemon-started",
    "ha-daemon-stopped",
    "ha-joined",
    "ha-fault-began",
    "ha-fault-ended",
    "fenced",
    "ha-shrunk",
    "ha-excluded",
    "ha-statefile-back",
    "ha-loss-unseen",
    "ha-taken-back",
    "ha-master-elected",
    "ha-follows",
    "ha-master-ready",
    "ha-disarmed",
    "ha-switched-off",
    "ha-xapi-restarted",
    "redo-log-read",
    "ha-switched-on",
    "ha-disabled",
    "vm-protected",
    "vm-released",
    "tolerance-set",
    "plan-recorded",
    "restarts-held",
    "vm-restarting",
    "vm-restarted",
    "vm-restart-failed",
    "host-ejected",
    "sr-forgotten",
    "began-afresh",
    "vm-ha-set",
    "ha-daemon-crashed",
];

#[test]
fn numbers_and_names_are_given_once_and_for_ever() {
    let mut by_number = BTreeMap::new();
    let next = Event::KINDS.iter().map(|(number, _)| number + 1).max().unwrap();
    for (number, name) in Event::KINDS {
        let other = by_number.insert(*number, *name);
        assert_eq!(other, None, "{name} has the number {number}, which is taken; {next} is free");
        assert!(*number >= 0 && *number < 1 << 15, "{name}: {number} is no number to count with");
        let kebab = name.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        assert!(kebab, "{name} is not written in kebab-case");
    }
    let mut names: Vec<_> = by_number.values().collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), by_number.len(), "two kinds have one name");
    for (number, name) in (0..).zip(FIRST) {
        assert_eq!(by_number.get(&number), Some(&name), "the kind of number {number} has changed, and with it what digests mean");
    }
}

#[test]
fn the_digest_takes_the_number_and_then_the_fields_in_their_order() {
    let of = |words: &[u64]| {
        let mut digest = Digest::default();
        words.iter().for_each(|word| digest.add(word));
        digest.hex()
    };
    let event = |event: Event| {
        let mut digest = Digest::default();
        digest.add(&event);
        digest.hex()
    };
    assert_eq!(event(Event::PartitionHealed), of(&[11]));
    // An enum without fields, such as the mode, is one word: its place.
    let lock = Event::LockSet { by: MachineId(7), vdi: VdiId(3), host: HostId(9), mode: Mode::Rw };
    assert_eq!(event(lock), of(&[45, 7, 3, 9, 1]));
    let fault = Event::HaShrunk { machine: MachineId(2), gone: vec![HostId(5), HostId(6)], took: Span(8) };
    assert_eq!(event(fault), of(&[63, 2, 2, 5, 6, 8]), "a list is its length, then its items");
}

/// Steps as a scenario might tell them.
struct Script;

impl Steps for Script {
    fn actor(&self, step: StepIx) -> String {
        format!("actor {}", step.0)
    }
    fn text(&self, step: StepIx) -> String {
        format!("text {}", step.0)
    }
    fn line(&self, step: StepIx) -> Option<u32> {
        (step.0 < 9).then(|| u32::from(step.0) * 10)
    }
    fn sequence(&self, _: StepIx) -> &'static str {
        "recovery"
    }
}

fn names() -> Inventory {
    let machine = |at: usize| crate::world::inventory::MachineName {
        name: ["alpha", "beta", "gamma"][at].into(),
        address: format!("10.0.0.{}", at + 1),
        renumbered: 0,
        memory: None,
        spare: false,
        stream: crate::base::draw::Stream::new(0, "machine", "name"),
    };
    let host = |machine: u16| crate::world::inventory::HostName { machine: MachineId(machine), uuid: format!("uuid-{machine}") };
    Inventory { machines: (0..3).map(machine).collect(), hosts: (0..3).map(host).collect(), ..Inventory::default() }
}

#[test]
fn steps_are_told_by_what_the_scenario_says_of_them() {
    let told = Event::StepBegan { step: StepIx(4) }.tell(&names(), &Script);
    assert_eq!((told.half, told.actor.as_str(), told.what.as_str()), (Half::Step, "actor 4", "text 4"));
    assert_eq!(told.parts, [("from", Part::Text("recovery".into())), ("line", Part::Number(40))]);
    let ended = |status| Event::StepEnded { step: StepIx(9), status }.tell(&names(), &Script);
    assert!(!ended(Status::Ok).matters, "that all went well is no news");
    assert!(ended(Status::Hung).matters);
    assert_eq!(ended(Status::Hung).parts, [("line", Part::Nothing), ("status", Part::Text("hung".into()))]);
}

#[test]
fn the_actor_is_the_first_part_under_the_name_of_its_half() {
    let told = |event: Event| event.tell(&names(), &Script);
    let lost = told(Event::PowerLost { machine: MachineId(1) });
    assert_eq!((lost.half, lost.actor.as_str()), (Half::Truth, "beta"));
    assert_eq!(lost.parts, [("host", Part::Text("beta".into()))]);
    let dead = told(Event::HostMarkedDead { by: MachineId(0), host: HostId(1) });
    assert_eq!((dead.half, dead.what.as_str()), (Half::Belief, "holds beta for dead"));
    assert_eq!(dead.parts, [("by", Part::Text("alpha".into())), ("host", Part::Text("beta".into()))]);
    let split = told(Event::Partitioned { groups: vec![1, 0, 1] });
    assert_eq!((split.actor.as_str(), split.what.as_str()), ("network", "splits: beta | alpha, gamma"));
    assert_eq!(split.parts, [("groups", Part::Text("beta | alpha, gamma".into()))]);
}

#[test]
fn every_phase_of_ha_is_told_with_the_seconds_that_it_took() {
    let (alpha, beta) = (MachineId(0), MachineId(1));
    let told = |event: Event| event.tell(&names(), &Script);
    let began = Event::HaFaultBegan {
        machine: alpha,
        unheard: vec![HostId(1)],
        stopped: vec![HostId(1)],
        own_statefile: true,
        silent: Span::millis(60_200),
    };
    assert_eq!(told(began).what, "has not heard beta and has not seen the statefile slot of beta move for 60 s: begins to handle a fault");
    let ended = told(Event::HaFaultEnded {
        machine: alpha,
        survives: true,
        rule: Rule::Statefile,
        agreed: false,
        took: Span::secs(64),
        wait: Span::secs(82),
    });
    let what = &ended.what;
    assert!(what.contains("after 64 s") && what.contains("never agreed") && what.contains("waits 82 s"), "{what}");
    assert_eq!(ended.half, Half::Belief, "whoever decides only believes");
    let shrunk = told(Event::HaShrunk { machine: alpha, gone: vec![HostId(1)], took: Span::secs(146) });
    assert_eq!(shrunk.what, "takes beta out of the liveset, 146 s after it began to handle the fault");
    let fenced = told(Event::Fenced { machine: beta, why: FenceCause::Lost });
    assert_eq!((fenced.event, fenced.actor.as_str(), fenced.matters, fenced.half), ("fenced", "beta", true, Half::Truth));
}
