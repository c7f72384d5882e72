//! What HA does for VMs, over whole runs: which are restarted, when, in what order, and what keeps it from doing so. The
//! bands are those of a plain death at T = 60 s: the liveset shrinks 81 to 100 s after it, the master looks every 20 s, a
//! start takes 5 s.

use super::{Engine, Options};
use crate::base::ids::VmId;
use crate::base::time::{Span, Time};
use crate::scenario::load;
use crate::world::event::Event;

/// Runs a pool of alpha, beta and gamma, 3 GiB each, with the rest of the pool and the file as given; all events.
fn run(ha: &str, vms: &str, rest: &str) -> (Engine, Vec<(Time, Event)>) {
    let text = format!(
        "settings: {{memory-overhead: none}}\npool:\n  hosts: {{alpha: {{memory: 3GiB}}, beta: {{memory: 3GiB}}, gamma: {{memory: 3GiB}}}}\n  storage: [nfs1]\n  ha: {{heartbeat-sr: nfs1{ha}}}\n  vms: {{{vms}}}\n{rest}\nuntil: 40m\n"
    );
    let loaded = load("ha.yaml", &text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
    let case = loaded.scenario.cases()[0];
    let mut engine = Engine::new(&loaded.scenario, case, Options::default());
    let mut events = Vec::new();
    while let Some((at, told)) = engine.turn() {
        events.extend(told.iter().map(|event| (at, event.clone())));
    }
    engine.finish();
    (engine, events)
}

/// When HA restarted each VM, in that order.
fn restarted(events: &[(Time, Event)]) -> Vec<(u16, Time)> {
    let of = |(at, event): &(Time, Event)| match event {
        Event::VmRestarted { vm, .. } => Some((vm.0, *at)),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

const CRASH: &str = "timeline: [{at: 10m, fault: {crash: gamma}}]";

fn minutes(n: u64) -> Time {
    Time::ZERO + Span::mins(n)
}

#[test]
fn protected_ones_first_in_their_order_then_best_effort_and_nobody_else() {
    let (_, events) = run(
        "",
        "last: {running-on: gamma, ha: best-effort}, b: {running-on: gamma, ha: restart}, a: {running-on: gamma, ha: restart, order: 1}",
        CRASH,
    );
    let restarted = restarted(&events);
    assert_eq!(restarted.iter().map(|(vm, _)| *vm).collect::<Vec<_>>(), [2, 1, 0]);
    let first = restarted[0].1.since(minutes(10));
    assert!(first >= Span::secs(86) && first <= Span::secs(125), "{first}");
    // 6.1 starts them one by one.
    assert!(restarted.windows(2).all(|pair| pair[1].1.since(pair[0].1) >= Span::secs(5)), "{restarted:?}");
}

#[test]
fn locks_go_before_the_restart_and_records_of_others_stay() {
    let (engine, events) = run("", "db: {running-on: gamma, ha: restart}, web: {running-on: beta, ha: restart}", CRASH);
    let place = |wanted: &dyn Fn(&Event) -> bool| events.iter().position(|(_, event)| wanted(event)).expect("it happens");
    let dead = place(&|event| matches!(event, Event::HostMarkedDead { .. }));
    let unlocked = place(&|event| matches!(event, Event::LockRemoved { .. }));
    let halted = place(&|event| matches!(event, Event::VmRecorded { vm: VmId(0), resident_on: None, .. }));
    let runs = place(&|event| matches!(event, Event::VmRestarted { .. }));
    assert!(dead < unlocked && unlocked < halted && halted < runs);
    assert_eq!(restarted(&events).len(), 1, "web ran on");
    assert_eq!(engine.world.runs_on(VmId(1)).count(), 1);
}

/// xapi_ha_vm_failover.ml: a best-effort VM that nobody has room for is tried once, today twice more, and then let be.
#[test]
fn best_effort_is_tried_again_in_later_releases() {
    let vms = "big: {running-on: gamma, memory: 3GiB, ha: best-effort}, a: {running-on: alpha}, b: {running-on: beta}";
    for (release, tries) in [("manual-6", 1), ("xenserver-6.0", 1), ("xenserver-6.2", 1), ("xcp-ng-8.3", 3)] {
        let (_, events) = run("", vms, &format!("{CRASH}\nrelease: {release}"));
        let failed = events.iter().filter(|(_, event)| matches!(event, Event::VmRestartFailed { vm: VmId(0), .. }));
        assert_eq!((failed.count(), restarted(&events).len()), (tries, 0), "{release}");
    }
    // A VM that finds room meanwhile is started by the retry: alpha shuts its own down as soon as the first try has failed.
    for (release, starts) in [("xenserver-6.2", 0), ("xcp-ng-8.3", 1)] {
        let (_, events) = run("", vms, &format!("{CRASH}\nrelease: {release}"));
        let failed = events.iter().find(|(_, event)| matches!(event, Event::VmRestartFailed { .. }));
        let after = failed.expect("there is no room").0.0 / 1000 + 1;
        let stop = format!("timeline: [{{at: 10m, fault: {{crash: gamma}}}}, {{at: {after}ms, run: xe vm-shutdown vm=a --force}}]");
        let (_, events) = run("", vms, &format!("{stop}\nrelease: {release}"));
        let failed = events.iter().filter(|(_, event)| matches!(event, Event::VmRestartFailed { .. })).count();
        assert!(failed >= 1, "{release}: the first try came too late");
        assert_eq!(restarted(&events).len(), starts, "{release}");
    }
}

#[test]
fn best_effort_is_tried_once_and_a_protected_vm_every_two_minutes() {
    // 2 GiB are free on each host that is left: neither of 3 GiB fits until one is shut down, at 20m.
    let vms = "big: {running-on: gamma, memory: 3GiB, ha: restart}, a: {running-on: alpha}, b: {running-on: beta}";
    let stop = "timeline: [{at: 10m, fault: {crash: gamma}}, {at: 20m, run: xe vm-shutdown vm=a}]";
    let (_, events) = run("", vms, stop);
    let restarted_at = restarted(&events);
    assert_eq!(restarted_at.len(), 1);
    let (vm, at) = restarted_at[0];
    // 120 s between two attempts, seen at a look every 20 s.
    assert!(vm == 0 && at > minutes(20) && at <= minutes(20) + Span::secs(10 + 140 + 5), "{at}");
    let failures = events.iter().filter(|(_, event)| matches!(event, Event::VmRestartFailed { vm: VmId(0), .. })).count();
    assert_eq!(failures, 1, "its failure is told once");

    let (_, events) = run("", &vms.replace("restart", "best-effort"), stop);
    assert_eq!(restarted(&events), []);
}

#[test]
fn where_not_all_fit_the_order_decides() {
    // Three of 1 GiB were on gamma; alpha and beta have room for one each.
    let vms = "x: {running-on: alpha, memory: 2GiB}, y: {running-on: beta, memory: 2GiB}, c: {running-on: gamma, ha: restart, order: 3}, a: {running-on: gamma, ha: restart, order: 1}, b: {running-on: gamma, ha: restart, order: 2}";
    let (engine, events) = run("", vms, CRASH);
    assert_eq!(restarted(&events).iter().map(|(vm, _)| *vm).collect::<Vec<_>>(), [3, 4]);
    assert!(engine.world.db(engine.world.ruler()).ha.overcommitted);
    assert!(events.iter().any(|(_, event)| matches!(event, Event::VmRestartFailed { vm: VmId(2), code: "NO_HOSTS_AVAILABLE", .. })));
}

#[test]
fn nothing_is_done_while_restarts_are_held_off() {
    let held = "timeline: [{at: 9m, run: xe pool-ha-prevent-restarts-for seconds=600}, {at: 10m, fault: {crash: gamma}}]";
    let (_, events) = run("", "db: {running-on: gamma, ha: restart}", held);
    let (_, at) = restarted(&events)[0];
    assert!(at >= minutes(19) && at <= minutes(19) + Span::secs(1 + 20 + 5), "{at}");
    let dead = events.iter().find(|(_, event)| matches!(event, Event::HostMarkedDead { .. })).expect("at last").0;
    assert!(dead >= minutes(19), "hosts are let alone too: {dead}");
}

#[test]
fn what_the_operator_shut_down_stays_down() {
    let (_, events) = run("", "db: {running-on: gamma, ha: restart}", "timeline: [{at: 10m, run: xe vm-shutdown vm=db}]");
    assert_eq!(restarted(&events), []);
    // Halted at 0, it was never meant to run.
    let (_, events) = run("", "db: {ha: restart}", CRASH);
    assert_eq!(restarted(&events), []);
}

#[test]
fn a_host_that_is_shut_down_in_order_keeps_its_guests_locks_until_they_are_closed() {
    // Its guests are shut down with it; nobody fenced it, and nothing runs twice on the way.
    let down = "timeline: [{at: 10m, run: xe host-disable host=gamma}, {at: 11m, run: xe host-shutdown host=gamma}]";
    let (engine, events) = run("", "db: {running-on: gamma, ha: restart}", down);
    let mut running = 0i32;
    for (at, event) in &events {
        match event {
            Event::DomainStarted { .. } => running += 1,
            Event::DomainEnded { .. } => running -= 1,
            _ => {}
        }
        assert!(running <= 0, "a second domain at {at}");
    }
    assert_eq!(engine.world.runs_on(VmId(0)).count(), 1, "and it is up again elsewhere");
}
