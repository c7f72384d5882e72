//! What is due, in order: by instant, then by rank, then first come, first served. The order of equal moments is part of
//! the result. A heap of four children a place, with (instant, rank, number) packed into one key.

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

/// The queue.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    heap: Vec<Entry>,
    pushed: u64,
    /// What stood first was taken and nothing has taken its place: nearly always the next thing put in is the next of its
    /// kind (a host's next heartbeat), and it takes that place, with one way down the heap instead of a way down and a way up.
    vacant: bool,
}

const ARITY: usize = 4;

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
        self.heap.len() - usize::from(self.vacant)
    }
    /// Whether nothing is due.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The next instant at which anything is due.
    pub fn next_at(&self) -> Option<Time> {
        if !self.vacant {
            return self.heap.first().map(Entry::at);
        }
        let below = self.heap.get(1..(1 + ARITY).min(self.heap.len()))?;
        below.get(least_of(below)).map(Entry::at)
    }

    /// All that is due, in its order: when, its rank, and what.
    pub fn pending(&self) -> Vec<(Time, u8, Due)> {
        let mut entries: Vec<&Entry> = self.heap.iter().skip(usize::from(self.vacant)).collect();
        entries.sort_unstable_by_key(|entry| entry.key);
        entries.into_iter().map(|entry| (entry.at(), (entry.key >> 56) as u8, entry.due)).collect()
    }

    /// Puts something in.
    pub fn push(&mut self, at: Time, rank: u8, due: Due, origin: u16) {
        let key = u128::from(at.0) << 64 | u128::from(rank) << 56 | u128::from(self.pushed);
        self.pushed += 1;
        let entry = Entry { key, due, origin };
        if self.vacant {
            self.vacant = false;
            self.sink(entry);
            return;
        }
        let mut hole = self.heap.len();
        self.heap.push(entry);
        while hole > 0 {
            let parent = (hole - 1) / ARITY;
            if self.heap[parent].key <= key {
                break;
            }
            self.heap[hole] = self.heap[parent];
            hole = parent;
        }
        self.heap[hole] = entry;
    }

    /// Takes out the first, if it is due at this instant.
    pub fn pop_at(&mut self, at: Time) -> Option<Entry> {
        if self.vacant {
            self.vacant = false;
            let last = self.heap.pop()?;
            if !self.heap.is_empty() {
                self.sink(last);
            }
        }
        let first = *self.heap.first()?;
        if first.at() != at {
            return None;
        }
        self.vacant = true;
        Some(first)
    }

    /// Takes out the first.
    pub fn pop(&mut self) -> Option<Entry> {
        self.pop_at(self.next_at()?)
    }

    /// Lets an entry sink from the first place, which is free, to where it belongs.
    fn sink(&mut self, entry: Entry) {
        let heap = self.heap.as_mut_slice();
        let count = heap.len();
        let mut hole = 0;
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
