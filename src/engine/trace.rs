//! What was: every event in order, each with its cause, and the digest over all of them. Knows no names.

use crate::base::digest::Digest;
use crate::base::time::Time;
use crate::world::event::{Event, StepIx};

/// What made an event happen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Cause {
    /// The step that it goes back to, if any.
    pub step: Option<StepIx>,
    /// The kind of what was due (`liveness-check`).
    pub due: &'static str,
}

/// An event with its instant and cause.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// When.
    pub at: Time,
    /// Why.
    pub cause: Cause,
    /// What.
    pub event: Event,
}

/// How many events are kept for the story; all of them are counted and digested.
pub const KEPT: usize = 1_000_000;

/// The trace of a run.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// The first [`KEPT`] events.
    pub entries: Vec<Entry>,
    /// How many there were.
    pub count: u64,
    digest: Digest,
    /// Whether entries are kept at all: searches over many runs need none.
    pub silent: bool,
}

impl Trace {
    /// A trace that counts and digests, and keeps entries unless it is silent.
    pub fn new(silent: bool) -> Trace {
        Trace { silent, ..Trace::default() }
    }

    /// An event happened.
    pub fn add(&mut self, at: Time, cause: Cause, event: Event) {
        self.count += 1;
        self.digest.add(&(at, &event));
        if !self.silent && self.entries.len() < KEPT {
            self.entries.push(Entry { at, cause, event });
        }
    }

    /// The digest over all events: two runs agree in every one, or their digests differ.
    pub fn digest(&self) -> String {
        self.digest.hex()
    }
}
