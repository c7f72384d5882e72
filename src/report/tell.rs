//! Events in a report: the words stand with the events; this puts in what the scenario says of its steps, and makes the parts
//! JSON.

use super::Realm;
use crate::scenario::model::{Sequence, Step};
use crate::scenario::words;
use crate::world::event::{Event, Half, Part, StepIx, Steps, Told};
use crate::world::inventory::Inventory;
use serde_json::Value;

/// Puts names to events.
#[derive(Clone, Copy)]
pub struct Teller<'a> {
    /// The names at the end of the run.
    pub names: &'a Inventory,
    /// The steps of the case.
    pub steps: &'a [(Sequence, Step)],
}

impl Teller<'_> {
    /// An event in words.
    pub fn tell(&self, event: &Event) -> Told {
        event.tell(self.names, self)
    }

    fn step(&self, step: StepIx) -> Option<&(Sequence, Step)> {
        self.steps.get(usize::from(step.0))
    }
}

impl Steps for Teller<'_> {
    fn actor(&self, step: StepIx) -> String {
        self.step(step).map_or_else(String::new, |(_, step)| words::actor(step, self.names))
    }
    fn text(&self, step: StepIx) -> String {
        self.step(step).map_or_else(String::new, |(_, step)| words::text(&step.deed, self.names))
    }
    fn line(&self, step: StepIx) -> Option<u32> {
        self.step(step).map(|(_, step)| step.line)
    }
    fn sequence(&self, step: StepIx) -> &'static str {
        self.step(step).map_or("step", |(sequence, _)| sequence.name())
    }
}

impl From<Half> for Realm {
    fn from(half: Half) -> Realm {
        match half {
            Half::Step => Realm::Step,
            Half::Truth => Realm::Truth,
            Half::Belief => Realm::Belief,
        }
    }
}

/// A part of an event as JSON.
pub(super) fn json(part: Part) -> Value {
    match part {
        Part::Nothing => Value::Null,
        Part::Flag(flag) => flag.into(),
        Part::Number(number) => number.into(),
        Part::Text(text) => text.into(),
    }
}
