//! One run, as a value: the engine with all who look at it. A [`Session`] is stepped to wherever somebody wants it, cloned
//! where a search branches, given further steps where somebody types, and finished into a [`Run`]. Knows no file, no
//! layout, and of a scenario nothing once it has begun.

use crate::base::digest::Digest;
use crate::base::ids::VmId;
use crate::base::time::{Span, Time};
use crate::base::work::LOOKS;
use crate::engine::{Engine, Options, Program, standing};
use crate::hazard::Severity;
use crate::hazard::watch::{Found, Watch};
use crate::judge::{Expectation, States};
use crate::scenario::model::{Case, Scenario};
use crate::world::World;
use crate::world::event::Event;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A run under way: cloning it branches the run, with all that was found, judged and recorded so far.
#[derive(Clone, Debug)]
pub struct Session {
    /// The engine: world, trace, steps. Whoever tells the trace while it runs may take its entries away.
    pub engine: Engine,
    watch: Watch,
    states: States,
    downtime: Downtime,
    recorder: Recorder,
}

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
    pub instants: Vec<(Time, Arc<World>)>,
}

impl Session {
    /// A case at its beginning: nothing has happened yet. `instants` are those at which the world is kept.
    pub fn new(scenario: &Scenario, case: Case, options: Options, instants: &[Time]) -> Session {
        Session::of(Engine::new(scenario.of(case), case, options), States::new(scenario.of(case), case), instants)
    }

    /// The same for a program that is run again and again: that of the case in this scenario.
    pub fn with_program(scenario: &Scenario, case: Case, program: Arc<Program>, options: Options) -> Session {
        Session::of(Engine::with_program(scenario, program, options), States::new(scenario, case), &[])
    }

    /// A run of which nothing is expected and nothing kept: for whoever asks only what happens and what is found.
    pub fn unjudged(engine: Engine) -> Session {
        Session::of(engine, States::default(), &[])
    }

    fn of(engine: Engine, states: States, instants: &[Time]) -> Session {
        Session { engine, watch: Watch::new(), states, downtime: Downtime::default(), recorder: Recorder::new(instants) }
    }

    /// One turn of the virtual clock: all that is due at the next instant, and everybody has looked at it. `None` when the
    /// run is over. What it told is [`Session::told`].
    pub fn step(&mut self) -> Option<Time> {
        // Most runs ask for no instant: what is due next need not be looked up twice.
        if self.states.waits() || self.recorder.waits() {
            self.stands_until(self.engine.next_at()?);
        }
        let (at, _) = self.engine.turn()?;
        // The turn at 0 is judged even if nothing happens in it: a scenario may begin in the middle of a disaster.
        if !self.engine.told().is_empty() || at == Time::ZERO {
            let mut work = self.watch.observe(&self.engine.world, self.engine.told());
            work += self.downtime.look(&self.engine.world);
            work += self.states.changed(&self.engine.world);
            self.engine.charge(work);
        }
        Some(at)
    }

    /// What the last turn told.
    pub fn told(&self) -> &[Event] {
        self.engine.told()
    }

    /// All turns up to an instant, that included; the clock then stands there. Whether it came so far: the run may end before.
    pub fn until(&mut self, at: Time) -> bool {
        while self.engine.next_at().is_some_and(|next| next <= at) {
            self.step();
        }
        let there = self.engine.end().is_none_or(|end| at <= end) && self.engine.cut_short.is_none();
        if there {
            self.stands_until(at);
            self.engine.stand_at(at);
        }
        there
    }

    /// All turns before an instant; the clock then stands there, and nothing of that instant has happened. Whether it came so
    /// far: the run may end before.
    pub fn before(&mut self, at: Time) -> bool {
        while self.engine.next_at().is_some_and(|next| next < at) {
            self.step();
        }
        let there = self.engine.end().is_none_or(|end| at <= end) && self.engine.cut_short.is_none();
        if there {
            self.engine.stand_at(at);
        }
        there
    }

    /// What has been found so far, as if the run ended now.
    pub fn found(&self) -> Vec<Found> {
        self.watch.finish(self.engine.world.now)
    }

    /// Adds to a digest all that what follows hangs on, and what is found, and for how long VMs are down: two sessions of one case
    /// that add the same go on alike, find the same of danger and corruption, and end with the same downtime. Findings that are
    /// less than a danger are left out.
    pub fn add_standing(&self, digest: &mut Digest) {
        self.engine.add_standing(digest);
        self.watch.add_grave(digest);
        standing::add(digest, &self.downtime);
    }

    /// Adds to a digest all that it hangs on what of danger and corruption begins from here on and how the world ends, and nothing that
    /// is over: two sessions of one case that add the same go on alike in this. `asked` are the ids of steps that somebody asks for.
    /// Whether something holds that may yet become a finding.
    pub fn add_onward(&self, asked: &BTreeSet<String>, digest: &mut Digest) -> bool {
        self.engine.add_onward(asked, digest);
        self.watch.add_onward(digest)
    }

    /// The run goes to its end.
    pub fn finish(mut self) -> Run {
        while self.step().is_some() {}
        self.cut()
    }

    /// The run ends as far as it has come: at its end if nothing more is due, else here.
    pub fn cut(mut self) -> Run {
        let end = if self.engine.next_at().is_none() { self.engine.finish() } else { self.engine.world.now };
        self.states.stands(&self.engine.world, Time(end.0.saturating_add(1)));
        self.recorder.stands(&mut self.engine, Time(end.0.saturating_add(1)));
        let world = &self.engine.world;
        self.downtime.look(world);
        Run {
            program: self.engine.program_shared(),
            end,
            found: self.watch.finish(end),
            states: self.states.finish(world),
            downtime: self.downtime.finish(world),
            instants: self.recorder.kept,
            engine: self.engine,
        }
    }

    /// The world stands as it is until just before an instant: whoever asks for one in between is shown it.
    fn stands_until(&mut self, next: Time) {
        let work = self.states.stands(&self.engine.world, next);
        self.engine.charge(work);
        self.recorder.stands(&mut self.engine, next);
    }
}

/// Runs a case to its end. `instants` are those at which the world is kept.
pub fn run(scenario: &Scenario, case: Case, options: Options, instants: &[Time]) -> Run {
    Session::new(scenario, case, options, instants).finish()
}

impl Run {
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

/// Keeps the world at the instants that were asked for.
#[derive(Clone, Debug)]
struct Recorder {
    /// What is still to come, the next one last.
    wanted: Vec<Time>,
    kept: Vec<(Time, Arc<World>)>,
}

impl Recorder {
    fn new(instants: &[Time]) -> Recorder {
        let mut wanted = instants.to_vec();
        wanted.sort_unstable_by(|a, b| b.cmp(a));
        wanted.dedup();
        Recorder { wanted, kept: Vec::new() }
    }

    fn waits(&self) -> bool {
        !self.wanted.is_empty()
    }

    /// The world stands as it is until just before `next`.
    fn stands(&mut self, engine: &mut Engine, next: Time) {
        while let Some(at) = self.wanted.pop_if(|at| *at < next) {
            engine.pass_through(at);
            self.kept.push((at, Arc::new(World { now: at, ..engine.world.clone() })));
        }
    }
}

/// How long VMs were down.
#[derive(Clone, Debug, Default)]
struct Downtime {
    lost: BTreeMap<VmId, Time>,
    total: BTreeMap<VmId, Span>,
}

impl Downtime {
    /// The world has changed. How much work it was to look.
    fn look(&mut self, world: &World) -> u64 {
        let work = self.lost.len() as u64 / LOOKS;
        if self.lost == *world.hw.lost_vms() {
            return work;
        }
        for (vm, since) in &self.lost {
            if world.hw.lost_vms().get(vm) != Some(since) {
                let total = self.total.entry(*vm).or_default();
                *total = *total + world.now.since(*since);
            }
        }
        self.lost = world.hw.lost_vms().clone();
        work
    }

    fn finish(mut self, world: &World) -> BTreeMap<VmId, Span> {
        for (vm, since) in &self.lost {
            let total = self.total.entry(*vm).or_default();
            *total = *total + world.now.since(*since);
        }
        world.names.vm_ids().map(|vm| (vm, self.total.get(&vm).copied().unwrap_or_default())).collect()
    }
}
