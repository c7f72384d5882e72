//! What was: every event in order, each with its cause, and the digest over all of them. Knows no names.
//!
//! Entries are kept in chunks that clones share: a search that branches a run by the thousand copies none of its past.

use crate::base::digest::Digest;
use crate::base::time::Time;
use crate::world::event::{Event, StepIx};
use std::sync::Arc;

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

/// How many entries clones share at a time: what a clone that goes on has to copy at the most.
const CHUNK: usize = 64;

/// The entries that are kept, in order.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Entries {
    /// All but the last are full.
    chunks: Vec<Arc<Vec<Entry>>>,
}

impl Entries {
    fn push(&mut self, entry: Entry) {
        match self.chunks.last_mut() {
            Some(last) if last.len() < CHUNK => Arc::make_mut(last).push(entry),
            _ => {
                let mut chunk = Vec::with_capacity(CHUNK);
                chunk.push(entry);
                self.chunks.push(Arc::new(chunk));
            }
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.chunks.last().map_or(0, |last| (self.chunks.len() - 1) * CHUNK + last.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The entry at a place.
    pub fn get(&self, at: usize) -> Option<&Entry> {
        self.chunks.get(at / CHUNK)?.get(at % CHUNK)
    }

    /// All of them, in order.
    pub fn iter(&self) -> Iter<'_> {
        self.chunks.iter().flat_map(chunk_entries as fn(&Arc<Vec<Entry>>) -> std::slice::Iter<'_, Entry>)
    }

    /// Those from a place on, in order.
    pub fn from(&self, first: usize) -> impl Iterator<Item = &Entry> {
        self.chunks.iter().skip(first / CHUNK).flat_map(|chunk| chunk.iter()).skip(first % CHUNK)
    }

    /// How many stand before the first that is not before an instant.
    pub fn before(&self, at: Time) -> usize {
        self.partition_point(|entry| entry.at < at)
    }

    /// How many stand before the first that is after an instant.
    pub fn until(&self, at: Time) -> usize {
        self.partition_point(|entry| entry.at <= at)
    }

    fn partition_point(&self, holds: impl Fn(&Entry) -> bool) -> usize {
        let full = self.chunks.partition_point(|chunk| chunk.last().is_some_and(&holds));
        full * CHUNK + self.chunks.get(full).map_or(0, |chunk| chunk.partition_point(&holds))
    }

    /// Takes them away: whoever has told them needs them no more.
    pub fn clear(&mut self) {
        self.chunks.clear();
    }
}

/// All entries, in order.
pub type Iter<'a> = std::iter::FlatMap<
    std::slice::Iter<'a, Arc<Vec<Entry>>>,
    std::slice::Iter<'a, Entry>,
    fn(&'a Arc<Vec<Entry>>) -> std::slice::Iter<'a, Entry>,
>;

fn chunk_entries(chunk: &Arc<Vec<Entry>>) -> std::slice::Iter<'_, Entry> {
    chunk.iter()
}

impl<'a> IntoIterator for &'a Entries {
    type Item = &'a Entry;
    type IntoIter = Iter<'a>;
    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl std::ops::Index<usize> for Entries {
    type Output = Entry;
    fn index(&self, at: usize) -> &Entry {
        &self.chunks[at / CHUNK][at % CHUNK]
    }
}

/// The trace of a run.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// The first [`KEPT`] events.
    pub entries: Entries,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(events: u16) -> Trace {
        let mut trace = Trace::new(false);
        for n in 0..events {
            // Three events an instant.
            trace.add(Time(u64::from(n / 3)), Cause { step: None, due: "start" }, Event::StepBegan { step: StepIx(n) });
        }
        trace
    }

    fn number(entry: &Entry) -> u16 {
        match entry.event {
            Event::StepBegan { step } => step.0,
            _ => u16::MAX,
        }
    }

    #[test]
    fn chunks_read_as_one_list() {
        for events in [0, 1, 63, 64, 65, 200] {
            let trace = trace(events);
            let entries = &trace.entries;
            assert_eq!((entries.len(), entries.is_empty()), (usize::from(events), events == 0));
            assert_eq!(entries.iter().map(number).collect::<Vec<_>>(), (0..events).collect::<Vec<_>>());
            for at in 0..events {
                assert_eq!(number(&entries[usize::from(at)]), at);
                assert_eq!(entries.from(usize::from(at)).map(number).collect::<Vec<_>>(), (at..events).collect::<Vec<_>>());
            }
            assert_eq!(entries.get(usize::from(events)), None);
            for at in 0..80 {
                assert_eq!(entries.before(Time(at)), entries.iter().filter(|entry| entry.at < Time(at)).count());
                assert_eq!(entries.until(Time(at)), entries.iter().filter(|entry| entry.at <= Time(at)).count());
            }
        }
    }

    #[test]
    fn a_clone_goes_its_own_way() {
        let mut left = trace(70);
        let mut right = left.clone();
        left.add(Time(100), Cause { step: None, due: "start" }, Event::PartitionHealed);
        assert_eq!((left.entries.len(), right.entries.len()), (71, 70));
        assert_ne!(left.digest(), right.digest());
        right.add(Time(100), Cause { step: None, due: "start" }, Event::PartitionHealed);
        assert_eq!(left.digest(), right.digest());
        assert_eq!(left.entries, right.entries);
    }
}
