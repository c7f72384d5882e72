//! Steps, recoveries and expectations that are right.

use super::{EXAMPLE, POOL, good};
use crate::base::ids::{MachineId, VdiId, VmId};
use crate::base::time::{Span, Time};
use crate::fault::{Act, Fault};
use crate::hazard::{HazardId, Severity};
use crate::scenario::model::{Begin, ConditionPart, Deed, Fact, StateWhen, When};
use crate::world::event::Status;
use crate::world::truth::Io;

const BETA: MachineId = MachineId(1);

#[test]
fn the_example_is_read_whole() {
    let scenario = good(EXAMPLE);
    assert_eq!((scenario.name.as_str(), scenario.seed, scenario.until), ("forget-isolated-host", 1, Some(Time::ZERO + Span::mins(40))));
    assert_eq!(
        (&scenario.shows_kept[..], &scenario.shows_broken[..]),
        (&["M2".to_string()][..], &["M5".to_string(), "M14".to_string()][..])
    );
    assert_eq!(scenario.sha256.len(), 64);
    let fault = &scenario.timeline[0];
    assert_eq!((fault.line, fault.key.as_str()), (21, "timeline: isolate: beta"));
    assert_eq!(fault.when, When::At((Span::mins(5), Span::mins(5))));
    let Deed::Fault { fault, lasts: None, every: None, .. } = &fault.deed else { panic!("no fault") };
    assert_eq!(*fault, Fault::Isolate(vec![BETA]));
    let recovery = &scenario.recoveries[0];
    assert_eq!((recovery.name.as_deref(), recovery.pace, recovery.host), (None, Span::mins(1), MachineId(0)));
    let Begin::WaitFor { condition, within } = &recovery.begin else { panic!("no wait") };
    assert_eq!((&condition.parts[..], *within), (&[ConditionPart::Live(vec![BETA], false)][..], Span::mins(60)));
    let start = &recovery.steps[2];
    assert_eq!((start.id.as_deref(), start.key.as_str(), start.timeout), (Some("start"), "start", Span::mins(2)));
    assert_eq!(start.expect.as_ref().map(|expect| (expect.status, expect.must)), Some((Some(Status::Ok), false)));
    let expect = scenario.expect.as_ref().unwrap();
    assert_eq!(expect.hazards[0].hazard, HazardId::find("double-writer").unwrap());
    assert_eq!((expect.hazards[0].vdi, expect.hazards[0].hosts.as_deref()), (Some(VdiId(0)), Some(&[BETA, MachineId(2)][..])));
    assert_eq!(expect.hazards[1].host, Some(BETA));
    assert_eq!(
        (expect.states[0].when, &expect.states[0].facts[..]),
        (StateWhen::At(Time::ZERO + Span::mins(14)), &[Fact::Live(BETA, true)][..])
    );
    assert_eq!(expect.states[1].when, StateWhen::End);
    assert_eq!(expect.states[1].facts.len(), 3);
    assert_eq!(scenario.cases().len(), 1);
}

fn fault(text: &str) -> Fault {
    let scenario = good(&format!("{POOL}timeline: [{{fault: {text}}}]\n"));
    match &scenario.timeline[0].deed {
        Deed::Fault { fault, .. } => fault.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_fault_in_its_shapes() {
    assert_eq!(fault("{crash: [beta, gamma]}"), Fault::Crash(vec![BETA, MachineId(2)]));
    assert_eq!(fault("heal-network"), Fault::HealNetwork(None));
    assert_eq!(fault("{heal-network: }"), Fault::HealNetwork(None));
    assert_eq!(fault("{heal-network: beta}"), Fault::HealNetwork(Some(vec![BETA])));
    // Hosts that are not named are the last group.
    assert_eq!(fault("{partition: [[beta]]}"), Fault::Partition(vec![1, 0, 1]));
    assert_eq!(fault("{partition: [[alpha], [beta, gamma]]}"), Fault::Partition(vec![0, 1, 1]));
    let lost = |io| Fault::StorageLoss { hosts: vec![BETA], srs: vec![crate::base::ids::SrId(0)], io };
    assert_eq!(fault("{storage-loss: {host: beta, sr: nfs1}}"), lost(Io::Error));
    assert_eq!(fault("{storage-loss: {host: beta, sr: nfs1, io: hang}}"), lost(Io::Hang));
    assert_eq!(fault("{storage-loss: {host: beta, sr: nfs1}, io: hang}"), lost(Io::Hang));
    assert_eq!(fault("{sr-outage: nfs1, io: hang}"), Fault::SrOutage { srs: vec![crate::base::ids::SrId(0)], io: Io::Hang });
    let degraded = Fault::DegradeNetwork { hosts: vec![BETA], latency: Some((Span::millis(100), Span::secs(2))), loss: 125_000 };
    assert_eq!(fault("{degrade-network: {hosts: [beta], latency: 100ms..2s, loss: 12.5%}}"), degraded);
}

#[test]
fn steps_begin_when_they_say() {
    let scenario = good(&format!(
        "{POOL}timeline:
  - {{id: forget, at: 5m..9m, act: {{power-off: beta}}}}
  - {{after: 30s, note: a}}
  - {{after: forget, note: b}}
  - {{after: forget+20s, note: c}}
  - {{wait-for: {{step: forget, status: ok}}, within: 3m, note: d}}
  - {{note: e, if: {{vm: [db, web], power-state: halted, resident-on: }}}}
  - {{fault: {{crash: beta}}, for: 40s, every: 3m, times: 8}}
"
    ));
    let at = |n: u64| (Span::secs(n), Span::secs(n));
    let whens: Vec<&When> = scenario.timeline.iter().map(|step| &step.when).collect();
    assert_eq!(*whens[0], When::At((Span::mins(5), Span::mins(9))));
    assert_eq!(*whens[1], When::AfterPrevious(at(30)));
    assert_eq!(*whens[2], When::AfterStep { id: "forget".into(), stage: None, plus: at(0) });
    assert_eq!(*whens[3], When::AfterStep { id: "forget".into(), stage: None, plus: at(20) });
    assert!(matches!(whens[4], When::WaitFor { within, .. } if *within == Span::mins(3)));
    assert_eq!(*whens[5], When::Next);
    let vms = vec![VmId(0), VmId(1)];
    assert_eq!(
        scenario.timeline[5].guard.as_ref().unwrap().parts,
        [ConditionPart::PowerState(vms.clone(), crate::world::belief::PowerState::Halted), ConditionPart::ResidentOn(vms, None)]
    );
    assert_eq!(scenario.timeline[0].deed, Deed::Act(Act::PowerOff(vec![BETA])));
    assert!(matches!(&scenario.timeline[6].deed, Deed::Fault { lasts: Some(_), every: Some(_), times: 8, .. }));
}

#[test]
fn worlds_and_recoveries_make_cases_and_steps_know_whose_console_they_are_on() {
    let scenario = good(&format!(
        "{POOL}worlds: {{dead: [{{at: 5m, fault: {{crash: beta}}}}], quiet: }}
recoveries:
  careful: {{host: gamma, steps: [{{run: xe host-list, must: ok}}, {{host: beta, run: xe vm-list}}]}}
  hasty: {{at: 10m, expect: {{worst: corruption, left: none}}}}
expect: {{worst: {{dead: danger}}, hazards: [{{hazard: vm-down, world: dead, recovery: hasty}}]}}
"
    ));
    assert_eq!(scenario.cases().len(), 4);
    assert_eq!(scenario.worlds[0].steps[0].key, "worlds.dead: crash: beta");
    let careful = &scenario.recoveries[0];
    assert_eq!((careful.steps[0].host, careful.steps[1].host, &careful.begin), (MachineId(2), BETA, &Begin::AfterTimeline));
    assert_eq!(careful.steps[0].key, "recoveries.careful: xe host-list");
    assert!(careful.steps[0].expect.as_ref().unwrap().must);
    let own = scenario.recoveries[1].expect.as_ref().unwrap();
    assert_eq!((own.worst.unwrap().1, own.left.unwrap().1), (Some(Severity::Corruption), None));
    let expect = scenario.expect.as_ref().unwrap();
    assert_eq!(expect.worst_by_world["dead"].1, Some(Severity::Danger));
    assert_eq!((expect.hazards[0].scope.world.as_deref(), expect.hazards[0].scope.recovery.as_deref()), (Some("dead"), Some("hasty")));
}
