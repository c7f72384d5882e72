//! Which steps of a recovery are put in order, and which orders its own words rule out: a step that begins `after:` another
//! can't come before it, whoever else stands between them.

use crate::engine::Program;
use crate::scenario::model::{Begin, Case, Deed, Scenario, Sequence, Step, When};
use crate::scenario::usual_begin;
use crate::world::event::StepIx;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Steps in the order in which they are done, by their places in a [`Choice`]; those that are not in it are left out.
pub type Order = Vec<u8>;

/// The most steps that can be put in order.
pub const STEPS_MOST: usize = 40;

/// The steps of a recovery that are put in order.
#[derive(Clone, PartialEq, Debug)]
pub struct Choice {
    /// The recovery, by its place.
    pub recovery: usize,
    /// The cases that each order is run in: one a world, in the file's order.
    pub cases: Vec<Case>,
    /// The steps by their places in the recovery. Notes are left out.
    pub places: Vec<usize>,
    /// The places of steps whose own `at:` is dropped.
    pub without_at: Vec<usize>,
    /// The places of steps whose `after:` named a note, and is dropped with it.
    pub without_after: Vec<usize>,
    /// The steps as they are run, all of the recovery.
    steps: Vec<Step>,
    /// When the recovery begins, if it says so itself.
    begin: Option<Begin>,
    /// By step, which steps must have ended before it can begin, as bits.
    before: Vec<u64>,
    /// Steps that wait for what can't come: for somebody who waits for a note of this recovery.
    never: u64,
    /// Something of the timeline waits for this recovery, which then can't wait for the timeline.
    timeline_waits: bool,
}

/// Why a recovery's steps can't be put in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Impossible {
    /// It has no steps, or notes alone.
    Nothing,
    /// It has so many.
    TooMany(usize),
}

impl Choice {
    /// The steps of a recovery.
    ///
    /// # Errors
    /// Where there is nothing to put in order, or more than can be.
    pub fn new(scenario: &Scenario, recovery: usize) -> Result<Choice, Impossible> {
        let own = &scenario.recoveries[recovery];
        let is_note = |step: &Step| matches!(step.deed, Deed::Note(_));
        let places: Vec<usize> = (0..own.steps.len()).filter(|at| !is_note(&own.steps[*at])).collect();
        match places.len() {
            0 => return Err(Impossible::Nothing),
            many if many > STEPS_MOST => return Err(Impossible::TooMany(many)),
            _ => {}
        }
        let noted = |id: &str| own.steps.iter().any(|step| is_note(step) && step.id.as_deref() == Some(id));
        let mut steps = own.steps.clone();
        let (mut without_at, mut without_after) = (Vec::new(), Vec::new());
        for at in &places {
            match &steps[*at].when {
                When::At(_) => without_at.push(*at),
                When::AfterStep { id, .. } if noted(id) => without_after.push(*at),
                _ => continue,
            }
            steps[*at].when = When::Next;
        }
        let worlds = if scenario.worlds.is_empty() { vec![None] } else { (0..scenario.worlds.len()).map(Some).collect() };
        let cases: Vec<Case> = worlds.into_iter().map(|world| Case { world, recovery: Some(recovery), variant: None }).collect();
        let begin = own.says_begin.then(|| own.begin.clone());
        let mut choice = Choice {
            recovery,
            places,
            without_at,
            without_after,
            steps,
            begin,
            before: Vec::new(),
            never: 0,
            timeline_waits: false,
            cases,
        };
        choice.before = vec![0; choice.places.len()];
        for case in choice.cases.clone() {
            choice.waits(scenario, case);
        }
        Ok(choice)
    }

    /// How many steps there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Never: a choice has steps.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The steps that must have ended before a step can begin, as bits.
    pub fn before(&self, step: usize) -> u64 {
        self.before[step]
    }

    /// Whether a step may come next after those of a set of bits.
    pub fn may_follow(&self, taken: u64, step: usize) -> bool {
        let bit = 1 << step;
        taken & bit == 0
            && self.never & bit == 0
            && self.before[step] & !taken == 0
            && (taken != 0 || !self.timeline_waits || self.begin(Some(step)) != Begin::AfterTimeline)
    }

    /// Whether nothing may be done at all.
    pub fn may_rest(&self) -> bool {
        !self.timeline_waits || self.begin(None) != Begin::AfterTimeline
    }

    /// Whether an order contradicts nothing that the steps say.
    pub fn allows(&self, order: &[u8]) -> bool {
        let mut taken = 0;
        let follows = order.iter().all(|step| {
            let may = self.may_follow(taken, usize::from(*step));
            taken |= 1 << step;
            may
        });
        follows && (!order.is_empty() || self.may_rest())
    }

    /// When the recovery begins, with this step first: as it says itself, else by that step.
    pub fn begin(&self, first: Option<usize>) -> Begin {
        let first = first.map(|step| &self.steps[self.places[step]]);
        self.begin.clone().unwrap_or_else(|| usual_begin(first))
    }

    /// The recovery's steps in an order, as they are run.
    pub fn steps<'s>(&'s self, order: &'s [u8]) -> impl Iterator<Item = &'s Step> {
        order.iter().map(|step| &self.steps[self.places[usize::from(*step)]])
    }

    /// The program of a case with the recovery's steps free to be put in any order, and none of them in it yet. `first` is the
    /// step that will come first.
    pub fn program(&self, scenario: &Scenario, case: Case, first: Option<usize>) -> Program {
        let mut program = Program::new(scenario, case);
        let own = self.steps.iter();
        let freed = Arc::make_mut(&mut program.steps).iter_mut().filter(|(sequence, _)| *sequence == Sequence::Recovery);
        for ((_, step), own) in freed.zip(own) {
            step.when.clone_from(&own.when);
        }
        program.begin = Some(self.begin(first));
        program.in_order(Vec::new())
    }

    /// A step's number in a case.
    pub fn number(&self, scenario: &Scenario, case: Case, step: u8) -> StepIx {
        let world = case.world.map_or(0, |at| scenario.worlds[at].steps.len());
        StepIx((scenario.timeline.len() + world + self.places[usize::from(step)]) as u16)
    }

    /// An order's steps by their numbers in a case.
    pub fn numbers(&self, scenario: &Scenario, case: Case, order: &Order) -> Vec<StepIx> {
        order.iter().map(|step| self.number(scenario, case, *step)).collect()
    }

    /// Notes who waits for whom in a case, through whatever stands between.
    fn waits(&mut self, scenario: &Scenario, case: Case) {
        let all: Vec<(Sequence, &Step)> = scenario.steps(case).collect();
        let ids: BTreeMap<&str, usize> = all.iter().enumerate().filter_map(|(at, (_, step))| Some((step.id.as_deref()?, at))).collect();
        let first = usize::from(self.number(scenario, case, 0).0) - self.places[0];
        let own = |at: usize| all[at].0 == Sequence::Recovery;
        // The step before it, but in the recovery, whose order is open; and the step that it names.
        let waits_for = |at: usize| {
            let when = if own(at) { &self.steps[at - first].when } else { &all[at].1.when };
            let named = match when {
                When::AfterStep { id, .. } => ids.get(id.as_str()).copied(),
                _ => None,
            };
            let previous = at.checked_sub(1).filter(|previous| !own(at) && all[*previous].0 == all[at].0);
            [named, previous].into_iter().flatten()
        };
        let reached = |from: &[usize]| {
            let mut seen = vec![false; all.len()];
            let mut open: Vec<usize> = from.iter().flat_map(|at| waits_for(*at)).collect();
            while let Some(at) = open.pop() {
                if !std::mem::replace(&mut seen[at], true) {
                    open.extend(waits_for(at));
                }
            }
            seen
        };
        let (mut before, mut never, mut timeline_waits) = (self.before.clone(), self.never, self.timeline_waits);
        for (step, place) in self.places.iter().enumerate() {
            if !matches!(self.steps[*place].when, When::AfterStep { .. }) {
                continue;
            }
            let seen = reached(&[first + place]);
            for at in (0..all.len()).filter(|at| seen[*at] && own(*at)) {
                match self.places.iter().position(|place| first + place == at) {
                    Some(other) => before[step] |= 1 << other,
                    None => never |= 1 << step,
                }
            }
        }
        let named = |at: &usize| all[*at].0 == Sequence::Timeline && matches!(all[*at].1.when, When::AfterStep { .. });
        let timeline: Vec<usize> = (0..all.len()).filter(named).collect();
        let seen = reached(&timeline);
        timeline_waits |= (0..all.len()).any(|at| seen[at] && own(at));
        (self.before, self.never, self.timeline_waits) = (before, never, timeline_waits);
    }
}
