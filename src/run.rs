//! One run, the whole way in one function: a scenario's case in, a [`Run`] out. Knows no file and no layout.

use crate::base::ids::VmId;
use crate::base::time::{Span, Time};
use crate::engine::{self, Engine, Program};
use crate::hazard::Severity;
use crate::hazard::watch::{Found, Watch};
use crate::judge::{self, Expectation, Measured, States, Verdict};
use crate::scenario::model::{Case, Scenario};
use crate::world::World;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

/// A case, run to its end.
#[derive(Clone, Debug)]
pub struct Run {
    /// The engine at its end: world, trace, how each step went.
    pub engine: Engine,
    /// The steps.
    pub program: Arc<Program>,
    /// When the run ended.
    pub end: Time,
    /// What was found, in the order of `since`.
    pub found: Vec<Found>,
    /// The states that were expected, judged.
    pub states: Vec<Expectation>,
    /// How long each VM was down without having been shut down.
    pub downtime: BTreeMap<VmId, Span>,
    /// The world at the instants that were asked for.
    pub instants: Vec<(Time, World)>,
}

/// Runs a case to its end. `instants` are those at which the world is kept, sorted.
pub fn run(scenario: &Scenario, case: Case, options: engine::Options, instants: &[Time]) -> Run {
    watched(scenario, case, options, instants, &mut |_| ControlFlow::Continue(()))
}

/// The same, with somebody who looks on: `each` is called after every turn in which anything happened, and may take the
/// trace's entries away. Where it breaks, the run ends there.
pub fn watched(
    scenario: &Scenario,
    case: Case,
    options: engine::Options,
    instants: &[Time],
    each: &mut dyn FnMut(&mut Engine) -> ControlFlow<()>,
) -> Run {
    let scenario = scenario.of(case);
    let program = Arc::new(Program::new(scenario, case));
    let mut engine = Engine::with_program(scenario, Arc::clone(&program), options);
    let mut watch = Watch::new();
    let mut states = States::new(scenario, case);
    let mut downtime = Downtime::default();
    let mut kept = Vec::new();
    // The world stands still between turns: whoever asks for an instant in between is shown the turn before it.
    let mut since = Time::ZERO;
    let asked = !states.is_empty() || !instants.is_empty();
    loop {
        if asked {
            let Some(next) = engine.next_at() else { break };
            if next > since {
                stand(&engine.world, &mut states, since, next, instants, &mut kept);
            }
        }
        let Some((at, events)) = engine.turn() else { break };
        since = at;
        // The turn at 0 is judged even if nothing happens in it: a scenario may begin in the middle of a disaster.
        if !events.is_empty() || at == Time::ZERO {
            let events = events.to_vec();
            watch.observe(&engine.world, &events);
            downtime.look(&engine.world);
            if each(&mut engine).is_break() {
                break;
            }
        }
    }
    let end = engine.finish();
    stand(&engine.world, &mut states, since, Time(end.0.saturating_add(1)), instants, &mut kept);
    downtime.look(&engine.world);
    let states = states.finish(&engine.world);
    let downtime = downtime.finish(&engine.world);
    Run { program, end, found: watch.finish(end), states, downtime, instants: kept, engine }
}

fn stand(world: &World, states: &mut States<'_>, from: Time, until: Time, instants: &[Time], kept: &mut Vec<(Time, World)>) {
    if !states.is_empty() {
        states.stands(world, from, until);
    }
    for at in instants.iter().filter(|at| from <= **at && **at < until) {
        kept.push((*at, world.clone()));
    }
}

impl Run {
    /// All that was expected of the case, judged, in the file's order.
    pub fn expectations(&self, scenario: &Scenario, case: Case) -> Vec<Expectation> {
        let measured = Measured { downtime: &self.downtime, events: self.engine.trace.count };
        let (records, world) = (&self.engine.records, &self.engine.world);
        let mut all = judge::expectations(scenario, case, &self.program, records, &self.found, world, &measured);
        all.extend(self.states.iter().cloned());
        all.sort_by_key(|expectation| expectation.line);
        all
    }

    /// The verdict over them.
    pub fn verdict(&self, scenario: &Scenario, case: Case, expectations: &[Expectation]) -> Verdict {
        judge::verdict(scenario, case, &self.program, &self.engine.records, expectations)
    }

    /// The worst that was found.
    pub fn worst(&self) -> Option<Severity> {
        self.found.iter().map(|found| found.hazard.doc().severity).max()
    }

    /// Whether no finding of danger or corruption began after the recovery began; `None` where none began.
    pub fn recovery_safe(&self) -> Option<bool> {
        let began = self.engine.recovery_began?;
        Some(!self.found.iter().any(|found| found.since > began && found.hazard.doc().severity >= Severity::Danger))
    }
}

/// How long VMs were down.
#[derive(Clone, Debug, Default)]
struct Downtime {
    lost: BTreeMap<VmId, Time>,
    total: BTreeMap<VmId, Span>,
}

impl Downtime {
    fn look(&mut self, world: &World) {
        if self.lost == *world.hw.lost_vms() {
            return;
        }
        for (vm, since) in &self.lost {
            if world.hw.lost_vms().get(vm) != Some(since) {
                let total = self.total.entry(*vm).or_default();
                *total = *total + world.now.since(*since);
            }
        }
        self.lost = world.hw.lost_vms().clone();
    }

    fn finish(mut self, world: &World) -> BTreeMap<VmId, Span> {
        for (vm, since) in &self.lost {
            let total = self.total.entry(*vm).or_default();
            *total = *total + world.now.since(*since);
        }
        world.names.vm_ids().map(|vm| (vm, self.total.get(&vm).copied().unwrap_or_default())).collect()
    }
}
