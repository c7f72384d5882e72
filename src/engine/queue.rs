//! What is due, in order: by instant, then by rank, then first come, first served. The order of equal moments is part of
//! the result. Heaps of four children a place, with (instant, rank, order) packed into one key.
//!
//! What the pool does again and again while nothing happens (heartbeats, liveness checks, copies of the database) lies in a heap of its
//! own. Among what else is due at its instant each has the place that it was put in at; of such things alone that were put in between the same
//! two others the order is fixed, by what they are and whose. So the order does not hang on how often each has been done before, and
//! a stretch in which nothing else is put in can be passed in one step.

use crate::base::time::Time;
use crate::world::effects::Due;

/// Who acts first at one instant: what the pool does by itself, then timeline, world, recovery, and who else types.
pub const RANK_POOL: u8 = 0;

/// Something due, and the step that it goes back to.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    key: u128,
    /// What.
    pub due: Due,
    /// The step that began it, or [`NO_STEP`].
    pub origin: u16,
}

/// The origin of what no step began.
pub const NO_STEP: u16 = u16::MAX;

impl Entry {
    /// When.
    pub fn at(&self) -> Time {
        Time((self.key >> 64) as u64)
    }
}

/// Bits of a key behind its place in the order of putting in: they tell quiet things apart that were put in at the same place.
const BITS: u32 = 22;

/// The bits of that place: after so many it begins anew, which no run lives to see.
const PLACES: u64 = (1 << 33) - 1;

/// What is quiet, told apart by its kind, then by whose it is; `None` for what comes first come, first served.
fn quiet_kind(due: Due) -> Option<u64> {
    let (kind, whose, which) = match due {
        Due::LivenessCheck { master, host, .. } => (0, host.0, master.0),
        Due::DatabaseCopy { master, epoch } => (1, master.0, epoch as u16),
        Due::Heartbeat { machine, epoch, .. } => (2, machine.0, epoch),
        _ => return None,
    };
    Some(kind << 19 | u64::from(whose) << 3 | u64::from(which) & 7)
}

/// The queue.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    /// What comes first come, first served.
    ordinary: Heap,
    /// What is done again and again while nothing happens.
    quiet: Heap,
    /// How many have come that come first come, first served.
    pushed: u64,
}

/// A heap of what is due.
#[derive(Clone, Debug, Default)]
struct Heap {
    heap: Vec<Entry>,
    /// What stood first was taken and nothing has taken its place: nearly always the next thing put in is the next of its
    /// kind (a host's next heartbeat), and it takes that place, with one way down the heap instead of a way down and a way up.
    vacant: bool,
}

const ARITY: usize = 4;

/// Later than anything due.
const LATEST: u128 = u128::MAX;

/// The place of the least of some siblings. Nearly always there are four: two comparisons, and one between the winners.
fn least_of(siblings: &[Entry]) -> usize {
    if let [a, b, c, d] = siblings {
        let left = usize::from(b.key < a.key);
        let right = 2 + usize::from(d.key < c.key);
        let (of_left, of_right) = (if left == 1 { b.key } else { a.key }, if right == 3 { d.key } else { c.key });
        return if of_right < of_left { right } else { left };
    }
    let mut least = 0;
    for (at, entry) in siblings.iter().enumerate() {
        if entry.key < siblings[least].key {
            least = at;
        }
    }
    least
}

impl Queue {
    /// An empty queue.
    pub fn new() -> Queue {
        Queue::default()
    }
    /// How much is due.
    pub fn len(&self) -> usize {
        self.ordinary.len() + self.quiet.len()
    }
    /// Whether nothing is due.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The next instant at which anything is due.
    pub fn next_at(&self) -> Option<Time> {
        let first = self.ordinary.first().min(self.quiet.first());
        (first != LATEST).then_some(Time((first >> 64) as u64))
    }
    /// The next instant at which anything is due that is not quiet.
    pub fn next_ordinary(&self) -> Option<Time> {
        let first = self.ordinary.first();
        (first != LATEST).then_some(Time((first >> 64) as u64))
    }

    /// All that is due, in its order: when, its rank, and what.
    pub fn pending(&self) -> Vec<(Time, u8, Due)> {
        let mut entries: Vec<&Entry> = self.ordinary.entries().iter().chain(self.quiet.entries()).collect();
        entries.sort_unstable_by_key(|entry| entry.key);
        entries.into_iter().map(|entry| (entry.at(), (entry.key >> 56) as u8, entry.due)).collect()
    }

    /// What is quiet, in no order.
    pub fn quiet(&self) -> &[Entry] {
        self.quiet.entries()
    }

    /// Time passes for all that is quiet: `next` says when what was due is due again and as what, or that it is over. It is asked in
    /// no order, for nothing that is quiet hangs on what else is.
    pub fn pass(&mut self, mut next: impl FnMut(Time, Due) -> Option<(Time, Due)>) {
        let heap = &mut self.quiet;
        if std::mem::take(&mut heap.vacant) {
            heap.heap.swap_remove(0);
        }
        let place = (self.pushed & PLACES) << (BITS + 1);
        heap.heap.retain_mut(|entry| {
            let Some(kind) = quiet_kind(entry.due) else { return true };
            let Some((at, due)) = next(entry.at(), entry.due) else { return false };
            if at != entry.at() {
                // Since what is due then was put in, nothing else was.
                (entry.key, entry.due) = (u128::from(at.0) << 64 | u128::from(place | kind), due);
            }
            true
        });
        heap.restore();
    }

    /// Puts something in.
    pub fn push(&mut self, at: Time, rank: u8, due: Due, origin: u16) {
        let place = (self.pushed & PLACES) << (BITS + 1);
        let (heap, place) = match quiet_kind(due) {
            Some(kind) => (&mut self.quiet, place | kind),
            None => {
                self.pushed += 1;
                (&mut self.ordinary, place | 1 << BITS)
            }
        };
        heap.push(Entry { key: u128::from(at.0) << 64 | u128::from(rank) << 56 | u128::from(place), due, origin });
    }

    /// Takes out the first, if it is due at this instant.
    pub fn pop_at(&mut self, at: Time) -> Option<Entry> {
        let (ordinary, quiet) = (self.ordinary.first(), self.quiet.first());
        if ordinary.min(quiet) >> 64 != u128::from(at.0) {
            return None;
        }
        if quiet < ordinary { self.quiet.pop() } else { self.ordinary.pop() }
    }

    /// Takes out the first.
    pub fn pop(&mut self) -> Option<Entry> {
        self.pop_at(self.next_at()?)
    }
}

impl Heap {
    fn len(&self) -> usize {
        self.heap.len() - usize::from(self.vacant)
    }

    fn entries(&self) -> &[Entry] {
        &self.heap[usize::from(self.vacant)..]
    }

    /// Makes a heap of entries in any order: from the last that has others below it to the first, each sinks to where it belongs.
    fn restore(&mut self) {
        if let Some(last) = self.heap.len().checked_sub(2) {
            for hole in (0..=last / ARITY).rev() {
                self.sink_from(hole, self.heap[hole]);
            }
        }
    }

    /// The key of the first; [`LATEST`] where there is none.
    fn first(&self) -> u128 {
        if !self.vacant {
            return self.heap.first().map_or(LATEST, |entry| entry.key);
        }
        let below = &self.heap[1..(1 + ARITY).min(self.heap.len())];
        if below.is_empty() { LATEST } else { below[least_of(below)].key }
    }

    fn push(&mut self, entry: Entry) {
        if self.vacant {
            self.vacant = false;
            self.sink(entry);
            return;
        }
        let mut hole = self.heap.len();
        self.heap.push(entry);
        while hole > 0 {
            let parent = (hole - 1) / ARITY;
            if self.heap[parent].key <= entry.key {
                break;
            }
            self.heap[hole] = self.heap[parent];
            hole = parent;
        }
        self.heap[hole] = entry;
    }

    fn pop(&mut self) -> Option<Entry> {
        if self.vacant {
            self.vacant = false;
            let last = self.heap.pop()?;
            if !self.heap.is_empty() {
                self.sink(last);
            }
        }
        let first = *self.heap.first()?;
        self.vacant = true;
        Some(first)
    }

    /// Lets an entry sink from the first place, which is free, to where it belongs.
    fn sink(&mut self, entry: Entry) {
        self.sink_from(0, entry);
    }

    /// The same from any place; all below it are heaps.
    fn sink_from(&mut self, mut hole: usize, entry: Entry) {
        let heap = self.heap.as_mut_slice();
        let count = heap.len();
        loop {
            let child = hole * ARITY + 1;
            if child >= count {
                break;
            }
            let least = child + least_of(&heap[child..(child + ARITY).min(count)]);
            if heap[least].key >= entry.key {
                break;
            }
            heap[hole] = heap[least];
            hole = least;
        }
        heap[hole] = entry;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::Span;

    fn step(sequence: u8) -> Due {
        Due::Step { sequence }
    }

    #[test]
    fn equal_moments_are_first_come_first_served_within_a_rank() {
        let mut queue = Queue::new();
        for (at, rank, sequence) in [(5, 1, 0), (5, 0, 1), (3, 2, 2), (5, 0, 3), (5, 1, 4)] {
            queue.push(Time(at), rank, step(sequence), NO_STEP);
        }
        let order: Vec<Due> = std::iter::from_fn(|| queue.pop()).map(|entry| entry.due).collect();
        assert_eq!(order, [2, 1, 3, 0, 4].map(step));
    }

    /// What is quiet has its place among what else is due then by when it was put in, and among its own by what it is.
    #[test]
    fn what_is_quiet_has_its_own_order() {
        use crate::base::ids::{HostId, MachineId};
        let beat = |machine| Due::Heartbeat { machine: MachineId(machine), epoch: 0, k: 7 };
        let check = |host| Due::LivenessCheck { master: MachineId(0), host: HostId(host), epoch: 0 };
        let copy = Due::DatabaseCopy { master: MachineId(0), epoch: 0 };
        let quiet = [beat(2), check(2), beat(1), copy, check(1)];
        for turned in 0..quiet.len() {
            let mut queue = Queue::new();
            queue.push(Time(5), RANK_POOL, step(0), NO_STEP);
            for due in quiet[turned..].iter().chain(&quiet[..turned]) {
                queue.push(Time(if *due == beat(2) { 4 } else { 5 }), RANK_POOL, *due, NO_STEP);
            }
            queue.push(Time(5), RANK_POOL, step(1), NO_STEP);
            queue.push(Time(5), RANK_POOL, beat(0), NO_STEP);
            assert_eq!((queue.next_at(), queue.next_ordinary()), (Some(Time(4)), Some(Time(5))));
            let order: Vec<Due> = std::iter::from_fn(|| queue.pop()).map(|entry| entry.due).collect();
            assert_eq!(order, [beat(2), step(0), check(1), check(2), copy, beat(1), step(1), beat(0)]);
        }
    }

    proptest::proptest! {
        /// Whatever time passes for what is quiet, it comes out in order after it: by when, and by whose it is.
        #[test]
        fn what_time_has_passed_for_comes_in_order(times in proptest::collection::vec((0u64..40, 0u64..40), 1..300)) {
            use crate::base::ids::MachineId;
            let beat = |machine: usize| Due::Heartbeat { machine: MachineId(machine as u16), epoch: 0, k: 0 };
            let mut queue = Queue::new();
            for (machine, (at, _)) in times.iter().enumerate() {
                queue.push(Time(100 + at), RANK_POOL, beat(machine), NO_STEP);
            }
            queue.pass(|at, due| match due {
                Due::Heartbeat { machine, .. } => Some((at + Span(1 + times[machine.at()].1), due)),
                other => panic!("{other:?}"),
            });
            let mut expected: Vec<(u64, usize)> = times.iter().enumerate().map(|(m, (at, later))| (101 + at + later, m)).collect();
            expected.sort_unstable();
            let expected: Vec<(Time, Due)> = expected.into_iter().map(|(at, machine)| (Time(at), beat(machine))).collect();
            let got: Vec<(Time, Due)> = std::iter::from_fn(|| queue.pop()).map(|entry| (entry.at(), entry.due)).collect();
            proptest::prop_assert_eq!(got, expected);
        }
    }

    /// Time passes for what is quiet and for nothing else, also when one of them has just been taken out.
    #[test]
    fn time_passes_for_what_is_quiet() {
        use crate::base::ids::MachineId;
        let beat = |machine, k| Due::Heartbeat { machine: MachineId(machine), epoch: 0, k };
        let mut queue = Queue::new();
        for machine in 0..9 {
            queue.push(Time(u64::from(machine) + 1), RANK_POOL, beat(machine, 0), NO_STEP);
        }
        queue.push(Time(50), RANK_POOL, step(3), NO_STEP);
        assert_eq!(queue.pop().map(|entry| entry.due), Some(beat(0, 0)));
        assert_eq!(queue.quiet().len(), 8);
        queue.pass(|at, due| match due {
            Due::Heartbeat { machine: MachineId(machine), .. } if machine != 4 => Some((Time(100 - at.0), beat(machine, 1))),
            _ => None,
        });
        let order: Vec<(u64, Due)> = std::iter::from_fn(|| queue.pop()).map(|entry| (entry.at().0, entry.due)).collect();
        let beats = [8, 7, 6, 5, 3, 2, 1].map(|machine| (99 - u64::from(machine), beat(machine, 1)));
        assert_eq!((order[0], &order[1..]), ((50, step(3)), &beats[..]));
    }

    proptest::proptest! {
        #[test]
        fn putting_in_and_taking_out_by_turns_loses_nothing(moves in proptest::collection::vec(proptest::option::of(0u64..20), 0..300)) {
            let (mut queue, mut plain) = (Queue::new(), std::collections::BTreeSet::new());
            for (number, what) in moves.iter().enumerate() {
                match what {
                    Some(at) => {
                        queue.push(Time(*at), 0, Due::GiveUp { sequence: 0, serial: number as u32 }, NO_STEP);
                        plain.insert((*at, number));
                    }
                    None => proptest::prop_assert_eq!(queue.pop().map(|entry| entry.at().0), plain.pop_first().map(|(at, _)| at)),
                }
                proptest::prop_assert_eq!(queue.next_at().map(|at| at.0), plain.first().map(|(at, _)| *at));
                proptest::prop_assert_eq!(queue.len(), plain.len());
            }
        }

        #[test]
        fn comes_out_as_a_stable_sort_would_have_it(times in proptest::collection::vec((0u64..20, 0u8..4), 0..200)) {
            let mut queue = Queue::new();
            for (number, (at, rank)) in times.iter().enumerate() {
                queue.push(Time(*at), *rank, Due::GiveUp { sequence: 0, serial: number as u32 }, NO_STEP);
            }
            let mut expected: Vec<(u64, u8, u32)> = times.iter().enumerate().map(|(n, (at, rank))| (*at, *rank, n as u32)).collect();
            expected.sort();
            let got: Vec<(u64, u32)> = std::iter::from_fn(|| queue.pop())
                .map(|entry| match entry.due {
                    Due::GiveUp { serial, .. } => (entry.at().0, serial),
                    other => panic!("{other:?}"),
                })
                .collect();
            proptest::prop_assert_eq!(got, expected.iter().map(|(at, _, n)| (*at, *n)).collect::<Vec<_>>());
        }
    }
}
