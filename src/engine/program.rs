//! The steps of one case, ready to run: timeline, world, recovery and who else types, side by side.

use crate::base::ids::MachineId;
use crate::base::time::{Span, Time};
use crate::scenario::model::{Begin, Case, Scenario, Sequence, Step, When};
use crate::world::event::StepIx;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The steps of one case, ready to run. A step keeps its number whatever order it is run in, and draws are keyed by what it
/// is: a recovery in another order has the same luck.
#[derive(Clone, Debug)]
pub struct Program {
    /// Every step with the sequence that it belongs to; a place is a [`StepIx`]. The file's own come first: timeline, world,
    /// recovery, operators.
    pub steps: Arc<Vec<(Sequence, Step)>>,
    /// The steps of each sequence in the order in which they are run, by [`Sequence::lane`].
    lanes: Vec<Vec<StepIx>>,
    /// The steps that have an id, by it.
    ids: Arc<BTreeMap<String, StepIx>>,
    /// The stages that are waited for, by the id of the step whose command has them.
    stages: Arc<BTreeMap<String, BTreeSet<&'static str>>>,
    /// The names under which steps keep what is printed.
    pub(super) kept: Arc<BTreeSet<String>>,
    /// When and how the recovery begins; `None` where there is none.
    pub begin: Option<Begin>,
    /// What is waited between two steps of the recovery.
    pub(super) pace: Span,
    /// What draws of the recovery's own beginning are keyed by.
    pub(super) recovery_key: String,
    /// Whose console the recovery's own `wait-for` looks at.
    pub recovery_host: MachineId,
    /// What the operators beside the recovery are called.
    operators: Vec<String>,
    /// The scenario's `until`.
    pub(super) until: Option<Time>,
}

impl Program {
    /// The program of a case.
    pub fn new(scenario: &Scenario, case: Case) -> Program {
        let steps: Vec<(Sequence, Step)> = scenario.steps(case).map(|(sequence, step)| (sequence, step.clone())).collect();
        let mut lanes = vec![Vec::new(); Sequence::Recovery.lane() + 1];
        for (at, (sequence, _)) in steps.iter().enumerate() {
            if lanes.len() <= sequence.lane() {
                lanes.resize(sequence.lane() + 1, Vec::new());
            }
            lanes[sequence.lane()].push(StepIx(at as u16));
        }
        let recovery = case.recovery.map(|at| &scenario.recoveries[at]);
        let ids = steps.iter().enumerate().filter_map(|(at, (_, step))| Some((step.id.clone()?, StepIx(at as u16))));
        Program {
            ids: Arc::new(ids.collect()),
            stages: Arc::new(stages_of(steps.iter().map(|(_, step)| step))),
            kept: Arc::new(steps.iter().filter_map(|(_, step)| step.capture.clone()).collect()),
            lanes,
            begin: recovery.map(|recovery| recovery.begin.clone()),
            pace: recovery.map_or(Span::ZERO, |recovery| recovery.pace),
            recovery_key: recovery.and_then(|recovery| recovery.name.clone()).unwrap_or_else(|| "recovery".into()),
            recovery_host: recovery.map_or(scenario.pool.master, |recovery| recovery.host),
            operators: scenario.operators.iter().map(|operator| operator.name.clone()).collect(),
            until: scenario.until,
            steps: Arc::new(steps),
        }
    }

    /// The same program with the recovery's steps in another order. Steps that the order leaves out never begin.
    #[must_use]
    pub fn in_order(&self, recovery: Vec<StepIx>) -> Program {
        let mut program = self.clone();
        program.lanes[Sequence::Recovery.lane()] = recovery;
        program
    }

    /// Adds one of its own steps at the end of a sequence's order.
    pub(super) fn extend(&mut self, sequence: Sequence, step: StepIx) {
        self.lanes[sequence.lane()].push(step);
    }

    /// Puts a further step into the sequence of another, next before or after it.
    pub fn insert(&mut self, beside: StepIx, after: bool, step: Step) -> StepIx {
        let sequence = self.steps[usize::from(beside.0)].0;
        let at = self.append(sequence, step);
        let lane = &mut self.lanes[sequence.lane()];
        lane.pop();
        let place = lane.iter().position(|step| *step == beside).map_or(lane.len(), |place| place + usize::from(after));
        lane.insert(place, at);
        at
    }

    /// Puts further steps beside all others, as one more sequence.
    pub fn beside(&mut self, steps: Vec<Step>) -> Vec<StepIx> {
        let sequence = Sequence::Operator((self.lanes() - Sequence::Operator(0).lane()) as u8);
        steps.into_iter().map(|step| self.append(sequence, step)).collect()
    }

    /// A step by its number, to be changed.
    pub fn step_mut(&mut self, at: StepIx) -> &mut Step {
        &mut Arc::make_mut(&mut self.steps)[usize::from(at.0)].1
    }

    /// The run ends at an instant, whatever the scenario says.
    pub fn end_at(&mut self, until: Time) {
        self.until = Some(until);
    }

    /// The steps of a sequence in the order in which they are run.
    pub fn order(&self, sequence: Sequence) -> &[StepIx] {
        self.lanes.get(sequence.lane()).map_or(&[], Vec::as_slice)
    }

    /// A sequence as reports write it: `timeline`, `recovery`, `operators.anna`.
    pub fn name_of(&self, sequence: Sequence) -> String {
        match sequence {
            Sequence::Operator(at) => match self.operators.get(usize::from(at)) {
                Some(name) => format!("operators.{name}"),
                None => format!("operators.{}", usize::from(at) + 1),
            },
            other => other.name().to_owned(),
        }
    }

    /// How many sequences there are.
    pub(super) fn lanes(&self) -> usize {
        self.lanes.len()
    }

    /// The `at`-th step of a sequence, if it has so many.
    pub(super) fn step_of(&self, lane: usize, at: usize) -> Option<StepIx> {
        self.lanes[lane].get(at).copied()
    }

    /// A step by its number.
    pub(super) fn step(&self, at: StepIx) -> &Step {
        &self.steps[usize::from(at.0)].1
    }

    /// The step of an id.
    pub(super) fn find(&self, id: &str) -> Option<StepIx> {
        self.ids.get(id).copied()
    }

    /// The stages of a step's command at which somebody waits for it.
    pub(super) fn waited_for(&self, at: StepIx) -> Vec<&'static str> {
        if self.stages.is_empty() {
            return Vec::new();
        }
        let waited = self.step(at).id.as_ref().and_then(|id| self.stages.get(id));
        waited.into_iter().flatten().copied().collect()
    }

    /// Adds a step at the end of a sequence.
    pub(super) fn append(&mut self, sequence: Sequence, step: Step) -> StepIx {
        let at = StepIx(u16::try_from(self.steps.len()).expect("a run has fewer steps than numbers"));
        if let Some(id) = &step.id {
            Arc::make_mut(&mut self.ids).entry(id.clone()).or_insert(at);
        }
        for (id, stages) in stages_of(std::iter::once(&step)) {
            Arc::make_mut(&mut self.stages).entry(id).or_default().extend(stages);
        }
        Arc::make_mut(&mut self.steps).push((sequence, step));
        if self.lanes.len() <= sequence.lane() {
            self.lanes.resize(sequence.lane() + 1, Vec::new());
        }
        self.lanes[sequence.lane()].push(at);
        at
    }
}

/// The stages that steps wait for, by the id of the step whose command has them.
fn stages_of<'s>(steps: impl Iterator<Item = &'s Step>) -> BTreeMap<String, BTreeSet<&'static str>> {
    let mut stages: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
    for step in steps {
        if let When::AfterStep { id, stage: Some(stage), .. } = &step.when {
            stages.entry(id.clone()).or_default().insert(stage);
        }
    }
    stages
}
