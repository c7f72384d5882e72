//! States that are expected, judged while the clock runs: when something changes, and when an instant passes that somebody
//! asked for. Quiet turns cost nothing, and an item costs nothing before its time and after it is decided.

use super::Expectation;
use super::applies::{applies, parts};
use super::facts::{holds, stands};
use super::words::state_text;
use crate::base::time::Time;
use crate::scenario::model::{Case, Scenario, StateExpect, StateWhen};
use crate::world::World;
use std::sync::Arc;

/// The states of a case, judged while the clock runs. They own what is expected, so that a run that is under way is a value
/// of its own.
#[derive(Clone, Debug, Default)]
pub struct States {
    expected: Arc<[StateExpect]>,
    /// How far each has been judged, by its place.
    judged: Vec<Judged>,
    /// Since when the world stands as it is.
    since: Time,
    /// The instants at which items begin to be looked at, the next one last.
    begins: Vec<(Time, usize)>,
    /// The instants that decide items by passing, the next one last.
    ends: Vec<(Time, usize)>,
    /// The items that are looked at whenever something changes.
    watched: Vec<usize>,
}

/// A judgement, once it is made.
#[derive(Clone, Debug, Default)]
struct Judged {
    passed: Option<bool>,
    got: String,
}

impl States {
    /// The states that apply to a case.
    pub fn new(scenario: &Scenario, case: Case) -> States {
        let states = parts(scenario, case).flat_map(|expect| &expect.states).filter(|state| applies(scenario, case, &state.scope));
        let expected: Arc<[StateExpect]> = states.cloned().collect();
        let (mut begins, mut ends) = (Vec::new(), Vec::new());
        for (place, expect) in expected.iter().enumerate() {
            let (first, last) = match expect.when {
                StateWhen::At(at) => (at, None),
                StateWhen::By(by) => (Time::ZERO, Some(by)),
                StateWhen::During(first, last) => (first, Some(last)),
                StateWhen::End => continue,
            };
            begins.push((first, place));
            ends.extend(last.map(|last| (last, place)));
        }
        begins.sort_unstable_by(|a, b| b.cmp(a));
        ends.sort_unstable_by(|a, b| b.cmp(a));
        States { judged: vec![Judged::default(); expected.len()], expected, since: Time::ZERO, begins, ends, watched: Vec::new() }
    }

    /// Whether any instant is still to come that begins or decides something by passing.
    pub fn waits(&self) -> bool {
        !self.begins.is_empty() || !self.ends.is_empty()
    }

    /// The world has changed, at the instant that its clock shows. How many items were looked at.
    pub fn changed(&mut self, world: &World) -> u64 {
        self.since = world.now;
        let watched = std::mem::take(&mut self.watched);
        let looked = watched.len() as u64;
        for place in watched {
            if self.judged[place].passed.is_none() && !self.look(world, place, world.now) {
                self.watched.push(place);
            }
        }
        looked
    }

    /// The world stands as it is until just before `until`. How many items were looked at.
    pub fn stands(&mut self, world: &World, until: Time) -> u64 {
        let mut looked = 0;
        while let Some((first, place)) = self.begins.pop_if(|(first, _)| *first < until) {
            looked += 1;
            if matches!(self.expected[place].when, StateWhen::At(_)) {
                self.decide(world, place, holds(world, &self.expected[place]));
            } else if !self.look(world, place, self.since.max(first)) {
                self.watched.push(place);
            }
        }
        while let Some((_, place)) = self.ends.pop_if(|(last, _)| *last < until) {
            looked += 1;
            if self.judged[place].passed.is_none() {
                // What was awaited has not come, and what was to last has lasted.
                self.decide(world, place, matches!(self.expected[place].when, StateWhen::During(..)));
            }
        }
        looked
    }

    /// Looks at an item that is watched, the world being so since an instant. Whether that decides it.
    fn look(&mut self, world: &World, place: usize, since: Time) -> bool {
        let expect = &self.expected[place];
        let awaited = matches!(expect.when, StateWhen::By(_));
        if holds(world, expect) != awaited {
            return false;
        }
        self.decide(world, place, awaited);
        if !awaited {
            self.judged[place].got.push_str(&format!(" at {since}"));
        }
        true
    }

    fn decide(&mut self, world: &World, place: usize, passed: bool) {
        self.judged[place] = Judged { passed: Some(passed), got: stands(world, &self.expected[place]) };
    }

    /// The run is over.
    pub fn finish(mut self, world: &World) -> Vec<Expectation> {
        let judge = |(expect, mut judged): (&StateExpect, Judged)| {
            match (judged.passed, expect.when) {
                (Some(_), _) => {}
                (None, StateWhen::End) => judged = Judged { passed: Some(holds(world, expect)), got: stands(world, expect) },
                // The run ended before its time, at one of its bounds: what was not seen is not so.
                (None, _) => judged.got = format!("the run ended at {}, before that instant", world.now),
            }
            let (what, passed) = (state_text(world, expect), judged.passed.unwrap_or(false));
            Expectation { line: expect.line, what, passed, got: judged.got }
        };
        let judged = std::mem::take(&mut self.judged);
        self.expected.iter().zip(judged).map(judge).collect()
    }
}
