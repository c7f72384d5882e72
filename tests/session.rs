//! A run is a value: it can be stepped, branched, given further steps, and run in another order.

mod common;

use poolsim::base::time::{Span, Time};
use poolsim::engine::{Engine, Options, Program};
use poolsim::run::{self, Session};
use poolsim::scenario::model::{Case, Scenario, Sequence, Step};
use poolsim::world::event::{Status, StepIx};
use std::sync::Arc;

fn mins(n: u64) -> Time {
    Time::ZERO + Span::mins(n)
}

fn options() -> Options {
    Options { seed: 3, ..Options::default() }
}

fn digest(run: &run::Run) -> (String, usize, Time) {
    (run.engine.trace.digest(), run.found.len(), run.end)
}

/// Wherever a run is branched, each branch ends as a run that was never branched.
#[test]
fn a_clone_goes_on_as_the_original_would_have() {
    let mut branched = 0;
    for path in common::shipped().iter().step_by(5) {
        let scenario = common::load_file(path);
        let case = scenario.cases()[0];
        let whole = run::run(&scenario, case, options(), &[]);
        let mut session = Session::new(&scenario, case, options(), &[]);
        let mut turns = 0u32;
        let mut clones = Vec::new();
        while session.step().is_some() {
            turns += 1;
            if turns.is_power_of_two() {
                clones.push(session.clone());
            }
        }
        for clone in clones {
            branched += 1;
            assert_eq!(digest(&clone.finish()), digest(&whole), "{}", path.display());
        }
        assert_eq!(digest(&session.finish()), digest(&whole), "{}", path.display());
    }
    assert!(branched > 100, "{branched} branches");
}

/// To stand still somewhere on the way changes nothing.
#[test]
fn a_run_can_stop_anywhere_and_go_on() {
    let scenario = common::load_file(&common::root().join("scenarios/forget/forgotten-while-it-runs.yaml"));
    let case = scenario.cases()[0];
    let whole = run::run(&scenario, case, options(), &[mins(7)]);
    let mut session = Session::new(&scenario, case, options(), &[mins(7)]);
    for minute in 0..20 {
        assert!(session.until(mins(minute)));
        assert_eq!(session.engine.world.now, mins(minute));
    }
    let stopped = session.finish();
    assert_eq!(digest(&stopped), digest(&whole));
    assert_eq!(stopped.states, whole.states);
    let [(at, then)] = &stopped.instants[..] else { panic!("one instant was asked for") };
    assert!(*at == mins(7) && *then == whole.instants[0].1 && then.now == *at);
}

const BESIDE: &str = "
until: 30m
pool:
  hosts: [alpha, beta, gamma]
  storage: {nfs1: {type: nfs}}
  vms: {db: {running-on: beta}}
timeline:
  - {at: 1m, fault: {crash: beta}}
recovery:
  at: 11m30s
  steps:
";

fn beside(steps: &str) -> Scenario {
    common::load("beside.yaml", &format!("{BESIDE}{steps}"))
}

fn recovery_steps(scenario: &Scenario) -> Vec<Step> {
    scenario.recoveries[0].steps.clone()
}

const STEPS: [&str; 3] = [
    "    - {id: reset, run: \"xe vm-reset-powerstate vm=db --force\"}\n",
    "    - {after: 10s..5m, run: \"/opt/xensource/sm/resetvdis.py $beta $nfs1\"}\n",
    "    - {id: start, after: 1m..9m, run: \"xe vm-start vm=db on=gamma\"}\n",
];

/// A program in another order runs as a file would that has the steps in that order: each step draws what it draws, wherever
/// it stands.
#[test]
fn another_order_has_the_same_luck() {
    let scenario = beside(&STEPS.concat());
    let case = scenario.cases()[0];
    let program = Program::new(&scenario, case);
    let own = program.order(Sequence::Recovery).to_vec();
    assert_eq!(own.len(), 3);
    let mut digests = std::collections::BTreeSet::new();
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let other = Arc::new(program.in_order(order.iter().map(|at| own[*at]).collect()));
        let ordered = Session::unjudged(Engine::with_program(&scenario, other, options())).finish();
        let written = beside(&order.map(|at| STEPS[at]).concat());
        let written = run::run(&written, case, options(), &[]);
        // Steps are told by their number, which is their place in the file: all else must agree.
        let told =
            |run: &run::Run, at: usize| (run.engine.records[at].began, run.engine.records[at].ended, run.engine.records[at].code.clone());
        for (place, at) in order.iter().enumerate() {
            let (mine, theirs) = (usize::from(own[*at].0), usize::from(own[place].0));
            assert_eq!(told(&ordered, mine), told(&written, theirs), "{order:?}");
        }
        assert_eq!((ordered.end, &ordered.found), (written.end, &written.found), "{order:?}");
        digests.insert(ordered.engine.trace.digest());
    }
    assert_eq!(digests.len(), 6, "six orders, six stories");
    let left_out = Arc::new(program.in_order(vec![own[0], own[2]]));
    let left_out = Session::unjudged(Engine::with_program(&scenario, left_out, options())).finish();
    let statuses: Vec<Status> = left_out.engine.records[1..].iter().map(|record| record.status).collect();
    assert_eq!(statuses, [Status::Ok, Status::NotBegun, Status::Error]);
}

/// Steps that are added while the run goes on come out as if they had stood in the file.
#[test]
fn steps_can_be_added_while_it_runs() {
    let whole = beside(&STEPS.concat());
    let case = whole.cases()[0];
    let expected = run::run(&whole, case, options(), &[]);
    let first = beside(STEPS[0]);
    let mut session = Session::new(&first, case, options(), &[]);
    let later = &recovery_steps(&whole)[1..];
    for step in later {
        // The sequence is over by then, and opens again.
        session.engine.append(Sequence::Recovery, step.clone());
    }
    assert_eq!(digest(&session.finish()), digest(&expected));

    let mut session = Session::new(&first, case, options(), &[]);
    assert!(session.until(mins(20)));
    let reset_ended = session.engine.records[1].ended;
    assert!(reset_ended.is_some_and(|ended| ended < mins(12)));
    let added = session.engine.append(Sequence::Recovery, Step { when: poolsim::scenario::model::When::Next, ..later[0].clone() });
    assert_eq!(added, StepIx(2));
    let run = session.finish();
    assert_eq!((run.engine.records[2].began, run.engine.records[2].status), (Some(mins(20)), Status::Ok));
}

/// Without an `until` the run ends half an hour after its last step, also after one that was added when all were over.
#[test]
fn the_end_moves_with_what_is_added() {
    let text = format!("{BESIDE}{}", STEPS[0]).replace("until: 30m\n", "");
    let scenario = common::load("open-end.yaml", &text);
    let mut session = Session::new(&scenario, scenario.cases()[0], options(), &[]);
    assert!(session.until(mins(40)));
    session.engine.append(Sequence::Recovery, Step { when: poolsim::scenario::model::When::Next, ..recovery_steps(&scenario)[0].clone() });
    assert_eq!(session.finish().end, mins(70) + Span::secs(1), "a command takes a second");
}

/// Any number of people type at once, each at a console of his own.
#[test]
fn many_consoles_work_side_by_side() {
    let scenario = beside(STEPS[0]);
    let mut session = Session::new(&scenario, scenario.cases()[0], options(), &[]);
    let look = Step { when: poolsim::scenario::model::When::Next, ..recovery_steps(&beside("    - {run: xe host-list}\n"))[0].clone() };
    let added: Vec<StepIx> = (0..20).map(|who| session.engine.append(Sequence::Operator(who), look.clone())).collect();
    let run = session.finish();
    for step in added {
        let record = &run.engine.records[usize::from(step.0)];
        assert_eq!((record.began, record.ended), (Some(Time::ZERO), Some(Time::ZERO + Span::secs(1))));
        assert_eq!(record.status, Status::Ok);
        assert!(record.output.contains("name-label"), "{}", record.output);
    }
}

#[test]
fn a_case_without_steps_takes_some_too() {
    let scenario = common::load("empty.yaml", "until: 10m\npool: {hosts: [alpha]}\n");
    let mut session = Session::new(&scenario, Case::default(), options(), &[]);
    assert!(session.until(mins(3)));
    let look = Step { when: poolsim::scenario::model::When::Next, ..recovery_steps(&beside("    - {run: xe host-list}\n"))[0].clone() };
    session.engine.append(Sequence::Recovery, look);
    let run = session.finish();
    assert_eq!(run.engine.recovery_began, Some(mins(3)));
    assert_eq!(run.engine.records[0].status, Status::Ok);
}

/// Work is a thread of the process of xapi that carries it out: a restart ends it, also while it hangs, and whoever still
/// waits for it is told so.
#[test]
fn a_restarted_toolstack_ends_the_commands_that_hang_in_it() {
    let text = include_str!("../scenarios/toolstack/hung-start.yaml");
    let scenario = common::load("hung-start.yaml", text);
    let mut seen = 0;
    for case in scenario.cases() {
        let (world, recovery) = (scenario.world_name(case), scenario.recovery_name(case));
        if recovery != Some("patient") {
            continue;
        }
        let run = run::run(&scenario, case, options(), &[]);
        let at = run.program.steps.iter().position(|(_, step)| step.id.as_deref() == Some("start")).unwrap();
        let record = &run.engine.records[at];
        let got = (record.status, record.exit, record.output.as_str());
        match world {
            Some("left-alone") => assert_eq!(got, (Status::Ok, Some(0), "")),
            Some("restarted") => {
                assert_eq!(got, (Status::Error, Some(1), "Lost connection to the server.\n"));
                assert!(record.ended.is_some_and(|ended| ended < mins(16)), "when the process went, not when the path came back");
            }
            other => panic!("{other:?}"),
        }
        seen += 1;
    }
    assert_eq!(seen, 2);
}
