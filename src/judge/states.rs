//! States that are expected, judged while the clock runs: when something changes, and when an instant passes that somebody
//! asked for. Quiet turns cost nothing.

use super::Expectation;
use super::applies::{applies, parts};
use super::facts::holds;
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
    /// The next instant that decides anything by passing.
    next: Option<Time>,
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
        let mut states = States { judged: vec![Judged::default(); expected.len()], expected, since: Time::ZERO, next: None };
        states.next = states.next_from(Time::ZERO);
        states
    }

    /// Whether any instant is still to come that decides something by passing.
    pub fn waits(&self) -> bool {
        self.next.is_some()
    }

    /// The world has changed, at the instant that its clock shows.
    pub fn changed(&mut self, world: &World) {
        self.since = world.now;
        if self.next.is_some() {
            self.look(world, world.now, world.now);
        }
    }

    /// The world stands as it is until just before `until`.
    pub fn stands(&mut self, world: &World, until: Time) {
        if self.next.is_some_and(|next| next < until) {
            self.look(world, self.since, until);
            self.next = self.next_from(until);
        }
    }

    /// Judges what falls between two instants, the second excluded; where they are one, what holds there and is not over.
    fn look(&mut self, world: &World, from: Time, until: Time) {
        let within = |at: Time| from <= at && at < until;
        for (expect, judged) in self.expected.iter().zip(&mut self.judged).filter(|(_, judged)| judged.passed.is_none()) {
            match expect.when {
                StateWhen::At(at) if within(at) => judged.judge(world, expect),
                StateWhen::By(by) if from <= by => {
                    let (holds, got) = holds(world, expect);
                    judged.got = got;
                    if holds {
                        judged.passed = Some(true);
                    } else if within(by) {
                        judged.passed = Some(false);
                    }
                }
                StateWhen::During(first, last) if from <= last && first < until.max(Time(from.0.saturating_add(1))) => {
                    let (holds, got) = holds(world, expect);
                    if !holds {
                        judged.got = format!("{got} at {}", from.max(first));
                        judged.passed = Some(false);
                    } else if within(last) {
                        judged.got = got;
                        judged.passed = Some(true);
                    }
                }
                _ => {}
            }
        }
    }

    /// The first instant from one on that decides anything that is not decided.
    fn next_from(&self, from: Time) -> Option<Time> {
        let open = self.expected.iter().zip(&self.judged).filter(|(_, judged)| judged.passed.is_none());
        let instants = open.flat_map(|(expect, _)| match expect.when {
            StateWhen::At(at) | StateWhen::By(at) => [Some(at), None],
            StateWhen::During(first, last) => [Some(first), Some(last)],
            StateWhen::End => [None, None],
        });
        instants.flatten().filter(|at| *at >= from).min()
    }

    /// The run is over.
    pub fn finish(mut self, world: &World) -> Vec<Expectation> {
        let judge = |(expect, mut judged): (&StateExpect, Judged)| {
            match (judged.passed, expect.when) {
                (Some(_), _) => {}
                (None, StateWhen::End) => judged.judge(world, expect),
                // The run ended before its time, at its bound of events: what was not seen is not so.
                (None, _) => judged.got = format!("the run ended at {}, before that instant", world.now),
            }
            let (what, passed) = (state_text(world, expect), judged.passed.unwrap_or(false));
            Expectation { line: expect.line, what, passed, got: judged.got }
        };
        let judged = std::mem::take(&mut self.judged);
        self.expected.iter().zip(judged).map(judge).collect()
    }
}

impl Judged {
    fn judge(&mut self, world: &World, expect: &StateExpect) {
        let (holds, got) = holds(world, expect);
        self.passed = Some(holds);
        self.got = got;
    }
}
