//! One order in one world, by itself: what came of it in words, and as a scenario that shows it again.

use super::branch::harm;
use super::choice::{Choice, Order};
use crate::engine::{self, Engine, StepRecord};
use crate::hazard::Place;
use crate::hazard::watch::Found;
use crate::judge::{self, Missed, PlaceNames};
use crate::run::{Run, Session};
use crate::scenario::model::{Begin, Expect, Fact, HazardExpect, NamedSteps, Recovery, Scenario, Scope, StateExpect, StateWhen, Step};
use crate::world::World;
use crate::world::event::Status;
use std::sync::Arc;

/// What came of an order in a world.
#[derive(Clone, Debug)]
pub struct Told {
    /// The first of the worst that began after the recovery began, with its sentence.
    pub harm: Option<(Found, String)>,
    /// What was missed of the goal.
    pub missed: Vec<Missed>,
    /// The steps of the order that did not end well, and how, as the end of a sentence.
    pub refused: Vec<(u8, String)>,
    /// The run.
    pub run: Run,
}

/// Runs an order in a world, by its place in [`Choice::cases`], from its beginning.
pub fn told(scenario: &Scenario, choice: &Choice, order: &Order, world: usize, options: &engine::Options) -> Told {
    let case = choice.cases[world];
    let first = order.first().map(|step| usize::from(*step));
    let program = choice.program(scenario, case, first).in_order(choice.numbers(scenario, case, order));
    let run = Session::unjudged(Engine::with_program(scenario, Arc::new(program), options.clone())).finish();
    let refused = order.iter().filter_map(|step| {
        let record = &run.engine.records[usize::from(choice.number(scenario, case, *step).0)];
        failed(record).map(|how| (*step, how))
    });
    Told {
        refused: refused.collect(),
        harm: harm(&run.found, run.engine.recovery_began).map(|found| (found.clone(), found.sentence(&run.engine.world))),
        missed: judge::goal(scenario, case, &run.engine.world),
        run,
    }
}

/// How a step ended, where it did not end well.
fn failed(record: &StepRecord) -> Option<String> {
    Some(match (record.status, &record.code) {
        (Status::Ok | Status::Skipped, _) => return None,
        (Status::NotBegun, _) => "never begins".into(),
        (Status::GivenUp, _) => "is given up".into(),
        (Status::Hung, _) => "hangs".into(),
        (Status::Error, Some(code)) => format!("ends with {code}"),
        (Status::Error, None) => "fails".into(),
    })
}

/// An order in one world as a scenario of its own, which shows what came of it: `name` is what it is called, `title` and `about`
/// what it says of itself.
pub fn saved(scenario: &Scenario, choice: &Choice, order: &Order, world: usize, told: &Told, words: [String; 3]) -> Scenario {
    let [name, title, about] = words;
    let case = choice.cases[world];
    let own = &scenario.recoveries[choice.recovery];
    let kept = |scope: &Scope| {
        let is = |wanted: &Option<String>, is: Option<&str>| wanted.as_deref().is_none_or(|wanted| is == Some(wanted));
        is(&scope.world, scenario.world_name(case)) && is(&scope.recovery, own.name.as_deref())
    };
    let unjudged = |step: &Step| Step { expect: step.expect.clone().filter(|expect| expect.must), ..step.clone() };
    let sequence = |named: &NamedSteps| NamedSteps { steps: named.steps.iter().map(unjudged).collect(), ..named.clone() };
    let goal: Option<Vec<StateExpect>> = scenario.goal.as_ref().map(|goal| goal.iter().filter(|item| kept(&item.scope)).cloned().collect());
    let first = order.first().map(|step| usize::from(*step));
    let begin = choice.begin(first);
    Scenario {
        name,
        title,
        about,
        shows_kept: Vec::new(),
        shows_broken: Vec::new(),
        tags: Vec::new(),
        seeds: None,
        skip: None,
        variants: Vec::new(),
        timeline: scenario.timeline.iter().map(unjudged).collect(),
        worlds: case.world.map(|at| sequence(&scenario.worlds[at])).into_iter().collect(),
        operators: scenario.operators.iter().map(sequence).collect(),
        recoveries: vec![Recovery {
            says_begin: own.says_begin && begin != Begin::AfterTimeline,
            begin,
            steps: choice.steps(order).map(unjudged).collect(),
            expect: None,
            ..own.clone()
        }],
        goal: goal.filter(|goal| !goal.is_empty()),
        drill: None,
        expect: Some(expect(&told.run, told)),
        ..scenario.clone()
    }
}

/// What must come of it again.
fn expect(run: &Run, told: &Told) -> Expect {
    let world = &run.engine.world;
    let hazards = told.harm.iter().map(|(found, _)| hazard(world, found));
    let running = told.missed.iter().filter_map(|missed| match missed {
        Missed::Vm(vm) => Some(StateExpect {
            line: 0,
            scope: Scope::default(),
            when: StateWhen::End,
            seen_by: None,
            facts: vec![Fact::RunningOn(*vm, world.runs_on(*vm).collect())],
        }),
        Missed::State { .. } => None,
    });
    Expect { worst: Some((0, run.worst())), hazards: hazards.collect(), states: running.collect(), ..Expect::default() }
}

fn hazard(world: &World, found: &Found) -> HazardExpect {
    let place = PlaceNames::new(world, found);
    let host = match found.place {
        Place::Host(host) => Some(world.names.hosts[host.at()].machine),
        _ => None,
    };
    HazardExpect {
        line: 0,
        scope: Scope::default(),
        hazard: found.hazard,
        vdi: place.vdi,
        // What follows from a disk need not be said.
        vm: place.vm.filter(|_| place.vdi.is_none()),
        sr: place.sr.filter(|_| place.vdi.is_none()),
        hosts: None,
        host,
        by: None,
        begins: None,
        share: None,
    }
}
