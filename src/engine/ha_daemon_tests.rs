//! The HA daemon that dies, and the one that gives xapi up. T = 60 s, t1 = t2 = 7 s: the heartbeat thread was last well at
//! most 7 s ago, and its watchdog runs for 60 s; the statefile's runs for 75 s.

use super::ha_tests::{ALPHA, BETA, GAMMA, Run, STRIKE, within};
use super::{Engine, Options};
use crate::base::ids::{HostId, MachineId};
use crate::base::time::{Span, Time};
use crate::scenario::load;
use crate::world::event::{Event, Status};
use crate::world::memory::Xapi;
use crate::world::memory::xhad::FenceCause;
use crate::world::release::{HaTimes, Release};

fn times() -> HaTimes {
    Release::default().ha_times(Span::secs(60))
}

const CRASH: &str = "- {at: 10m, fault: {xhad-crash: gamma}}";

#[test]
fn a_host_whose_daemon_dies_is_reset_before_the_others_take_it_for_dead() {
    let (watchdog, beat) = (times().beat_watchdog, times().beat);
    for seed in 0..100 {
        let run = Run::of(3, CRASH, seed);
        let fenced = run.fenced();
        assert_eq!(fenced.keys().copied().collect::<Vec<_>>(), [GAMMA], "seed {seed}");
        assert!(fenced[&GAMMA] + beat >= watchdog && fenced[&GAMMA] <= watchdog, "seed {seed}: {fenced:?}");
        assert_eq!(run.causes(), [FenceCause::Unfed]);
        // To the others it is a plain death: 75 to 100 s.
        let shrunk = run.shrunk();
        assert!(shrunk.len() == 2 && shrunk.values().all(|span| within(*span, 75, 100)), "seed {seed}: {shrunk:?}");
        let place = |wanted: &dyn Fn(&Event) -> bool| run.events.iter().position(|(_, event)| wanted(event));
        let reset = place(&|event| matches!(event, Event::Fenced { machine: GAMMA, .. }));
        let dead = place(&|event| matches!(event, Event::HostMarkedDead { host: HostId(2), .. }));
        assert!(reset < dead && reset.is_some(), "seed {seed}");
        assert!(!run.tells(|event| matches!(event, Event::DiskDamaged { .. })), "seed {seed}");
        // It boots, and a new daemon is let in.
        assert_eq!(run.engine.world.ha_liveset(GAMMA).count(), 3, "seed {seed}");
    }
}

#[test]
fn a_master_whose_daemon_dies_is_followed_by_another() {
    let run = Run::of(3, "- {at: 10m, fault: {xhad-crash: alpha}}", 1);
    assert!(run.fenced().contains_key(&ALPHA));
    let elected: Vec<_> = run.events.iter().filter(|(_, event)| matches!(event, Event::HaMasterElected { .. })).collect();
    assert_eq!(elected.len(), 1);
    // The lock is taken from whoever has left the liveset, and so after the reset.
    assert!(elected[0].0.since(STRIKE) > run.fenced()[&ALPHA]);
}

#[test]
fn all_daemons_at_once() {
    let run = Run::of(3, "- {at: 10m, fault: {xhad-crash: [alpha, beta, gamma]}}", 2);
    assert_eq!(run.fenced().len(), 3);
    let world = &run.engine.world;
    // All boot, and form a liveset by themselves.
    assert!([ALPHA, BETA, GAMMA].iter().all(|machine| world.ha_liveset(*machine).count() == 3));
}

#[test]
fn the_statefile_watchdog_may_run_out_first() {
    // Its thread hangs in a request since 10m or at most a round (7.5 s) later, and its watchdog strikes 75 s after that; the
    // heartbeat's, last fed at 10m43s at the earliest, would strike 103 s after the strike.
    let both = "- {at: 10m, fault: {storage-loss: {host: gamma, sr: nfs1, io: hang}}}\n- {at: 10m50s, fault: {xhad-crash: gamma}}";
    for seed in 0..25 {
        let run = Run::of(3, both, seed);
        assert!(within(run.fenced()[&GAMMA], 75, 83), "seed {seed}: {:?}", run.fenced());
        assert_eq!(run.causes()[0], FenceCause::Unfed, "seed {seed}");
    }
}

#[test]
fn nothing_saves_the_host_but_its_power_switch() {
    let watchdog = times().beat_watchdog;
    // xapi starts again, and starts a new daemon; that has watchdogs of its own.
    let restarted = "- {at: 10m, fault: {xhad-crash: gamma}}\n- {at: 10m5s, fault: {toolstack-stop: gamma}, for: 2s}";
    let run = Run::of(3, restarted, 1);
    let started = run.events.iter().any(|(at, event)| {
        matches!(event, Event::HaDaemonStarted { machine: GAMMA }) && at.since(STRIKE) > Span::ZERO && at.since(STRIKE) < Span::secs(40)
    });
    assert!(started && run.fenced()[&GAMMA] <= watchdog);
    // Nobody is left to disarm the old ones: the host leaves HA, and is reset.
    let mut left = false;
    let run = Run::with(3, CRASH, 1, &mut |now, world, fx| {
        if now >= STRIKE + Span::secs(10) && !std::mem::replace(&mut left, true) {
            assert!(!world.ha_stop_daemon(GAMMA, fx), "there is none");
            assert!(world.ha_disarm(GAMMA, fx));
        }
    });
    assert!(run.fenced()[&GAMMA] <= watchdog);
    assert!(!run.engine.world.stacks[GAMMA.at()].ha.armed);
    // A domain 0 that hangs after the crash changes nothing either.
    let run = Run::of(3, &format!("{CRASH}\n- {{at: 10m1s, fault: {{hang: gamma}}}}"), 1);
    assert!(run.fenced()[&GAMMA] <= watchdog);
    // Switched off and on again, it is not reset by what was armed before.
    let run = Run::of(3, &format!("{CRASH}\n- {{at: 10m10s, fault: {{crash: gamma}}, for: 5s}}"), 1);
    assert!(run.fenced().is_empty());
}

#[test]
fn where_no_daemon_runs_nothing_happens() {
    // Domain 0 hangs, the machine is off, the daemon has crashed before.
    for fault in ["{hang: gamma}", "{crash: gamma}", "{xhad-crash: gamma}"] {
        let run = Run::of(3, &format!("- {{at: 9m50s, fault: {fault}}}\n{CRASH}"), 1);
        let crashed = run.events.iter().filter(|(_, event)| matches!(event, Event::HaDaemonCrashed { .. })).count();
        assert_eq!(crashed, usize::from(fault.contains("xhad")), "{fault}");
    }
}

/// A pool without HA gets it at 5m; the daemons of these abort at an instant. How the command ended, and who was reset.
fn enable(aborts: &str, at: &str) -> (Engine, Status, Option<String>, Vec<MachineId>) {
    let text = format!(
        "pool: {{hosts: [alpha, beta, gamma], storage: [nfs1]}}\ntimeline: [{{at: {at}, fault: {{xhad-crash: {aborts}}}}}]\nrecovery: {{at: 5m, steps: [{{run: xe pool-ha-enable, timeout: 5m}}]}}\nuntil: 10m\n"
    );
    let scenario = load("enable.yaml", &text).unwrap_or_else(|errors| panic!("{text}: {errors:?}")).scenario;
    let mut engine = Engine::new(&scenario, scenario.cases()[0], Options::default());
    let mut reset = Vec::new();
    while let Some((_, told)) = engine.turn() {
        reset.extend(told.iter().filter_map(|event| if let Event::Fenced { machine, .. } = event { Some(*machine) } else { None }));
    }
    engine.finish();
    let record = &engine.records[1];
    let (status, code) = (record.status, record.code.clone());
    (engine, status, code, reset)
}

#[test]
fn an_enable_whose_daemons_abort_fails_and_their_hosts_alone_are_reset() {
    // The daemons start at 5m1s, join at 5m9s, and the command looks every 5 s: HA is on at 5m11s.
    for at in ["5m2s", "5m8s", "5m10s"] {
        let (engine, status, code, mut reset) = enable("[beta, gamma]", at);
        assert_eq!((status, code.as_deref()), (Status::Error, Some("INTERNAL_ERROR")), "{at}");
        reset.sort();
        assert_eq!(reset, [BETA, GAMMA], "{at}: the daemon of alpha was stopped in order");
        // In part is not at all.
        assert!(!engine.world.ha_on(ALPHA) && engine.world.stacks.iter().all(|stack| !stack.ha.armed), "{at}");
        assert!([BETA, GAMMA].iter().all(|machine| engine.world.stacks[machine.at()].xapi == Xapi::Up), "{at}: without HA");
    }
    // Before they have started there is nothing to crash; once HA is on the command has ended.
    for (at, resets) in [("5m500ms", 0), ("5m12s", 1)] {
        let (engine, status, _, reset) = enable("gamma", at);
        assert_eq!((status, reset.len()), (Status::Ok, resets), "{at}");
        assert!(engine.world.ha_on(ALPHA), "{at}");
    }
}

// ---- xapi's health

/// The daemon's looks at xapi (ha_xapi_healthcheck_interval).
const HEALTH: Span = Span::secs(60);

fn first(run: &Run, after: Time, wanted: impl Fn(&Event) -> bool) -> Option<Time> {
    run.events.iter().find(|(at, event)| *at >= after && wanted(event)).map(|(at, _)| *at)
}

#[test]
fn a_host_whose_xapi_stops_again_after_its_restart_is_fenced() {
    for (seed, offset) in (0..10).zip((0..60).step_by(6)) {
        // It stops, is found and started again within a look, is up 15 s later, and stops again before the next look.
        let stop = STRIKE + Span::secs(offset);
        let (mut stopped, mut again) = (false, None);
        let run = Run::with(3, "- {note: nothing}", seed, &mut |now, world, fx| {
            if now >= stop && !std::mem::replace(&mut stopped, true) {
                assert!(world.stop_xapi(fx, BETA));
            } else if stopped && again.is_none() && world.stacks[BETA.at()].xapi == Xapi::Up {
                assert!(world.stop_xapi(fx, BETA));
                again = Some(now);
            }
        });
        let restarted = first(&run, STRIKE, |event| matches!(event, Event::HaXapiRestarted { machine: BETA })).expect("once");
        let fenced = first(&run, STRIKE, |event| matches!(event, Event::Fenced { machine: BETA, why: FenceCause::Xapi })).expect("then");
        assert!(restarted.since(stop) <= HEALTH, "seed {seed}");
        assert!(again.is_some_and(|again| again > restarted && again < restarted + HEALTH), "seed {seed}: {again:?}");
        // The next look finds it stopped: no second restart, but 2 t1 for the others to hear of it, and the fence.
        assert_eq!(fenced.since(restarted), HEALTH + times().beat.times(2), "seed {seed}");
        let restarts = run.events.iter().filter(|(at, event)| *at <= fenced && matches!(event, Event::HaXapiRestarted { .. })).count();
        assert_eq!(restarts, 1, "seed {seed}");
        // It is reset like any other, boots, and is let in.
        assert_eq!(run.causes(), [FenceCause::Xapi], "seed {seed}");
        assert_eq!(run.engine.world.ha_liveset(BETA).count(), 3, "seed {seed}");
    }
}

#[test]
fn xapi_is_started_again_once_a_day() {
    let stops = |again: &str| format!("- {{at: 10m, fault: {{toolstack-stop: beta}}}}\n- {{at: {again}, fault: {{toolstack-stop: beta}}}}");
    let restarts = |run: &Run| run.events.iter().filter(|(_, event)| matches!(event, Event::HaXapiRestarted { machine: BETA })).count();
    // Started again at 11m at the latest, and well for nine minutes: that is forgiven only after a day (xha, xapi_mon.c).
    let run = Run::of(3, &stops("20m"), 1);
    assert_eq!((run.causes(), restarts(&run)), (vec![FenceCause::Xapi], 1));
    let fenced = first(&run, STRIKE, |event| matches!(event, Event::Fenced { .. })).expect("told");
    assert!(fenced.since(STRIKE) >= Span::mins(10) + times().beat.times(2), "{fenced}");
    assert!(fenced.since(STRIKE) <= Span::mins(10) + HEALTH + times().beat.times(2), "{fenced}");
    // It is given up at 21m: that xapi is back before the fence does not help.
    let back = format!("{}\n- {{at: 21m5s, fault: {{toolstack-start: beta}}}}", stops("20m"));
    assert_eq!(Run::of(3, &back, 1).causes(), [FenceCause::Xapi]);
    // A day later it is long forgotten.
    let run = Run::until("25h", 3, &stops("24h30m"), 1, &mut |_, _, _| {});
    assert!(run.fenced().is_empty() && restarts(&run) == 2 && run.engine.world.xapi_runs(BETA));
}
