//! Arenas and maps by small numbers, in chunks that copies share: a copy costs a pointer a chunk, and a change copies the chunk
//! that it changes. So thousands of copies of one thing, each a little different, cost no more than one and the differences.

use crate::base::ids::{HostId, SrId};
use std::collections::BTreeMap;
use std::ops::{Index, IndexMut};
use std::sync::Arc;

/// How many places of an arena, or numbers of keys, a chunk has.
const CHUNK: usize = 64;

/// An arena.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Chunks<T>(Vec<Arc<Vec<T>>>);

impl<T: Clone> Chunks<T> {
    /// So many places with the same in each.
    pub fn of(what: T, count: usize) -> Chunks<T> {
        std::iter::repeat_n(what, count).collect()
    }
    /// What is at a place.
    pub fn get(&self, at: usize) -> Option<&T> {
        self.0.get(at / CHUNK)?.get(at % CHUNK)
    }
    /// The same, to change it.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        Arc::make_mut(self.0.get_mut(at / CHUNK)?).get_mut(at % CHUNK)
    }
    /// Puts something at a place; places before it that there were not have `filler`.
    pub fn put(&mut self, at: usize, what: T, filler: &T) {
        while self.len() <= at {
            match self.0.last_mut() {
                Some(last) if last.len() < CHUNK => Arc::make_mut(last).push(filler.clone()),
                _ => self.0.push(Arc::new(vec![filler.clone()])),
            }
        }
        self[at] = what;
    }
    /// All, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.0.iter().flat_map(|chunk| chunk.iter())
    }
    /// The same, to change them: no chunk is shared any more.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().flat_map(|chunk| Arc::make_mut(chunk).iter_mut())
    }
    /// How many places there are.
    pub fn len(&self) -> usize {
        self.0.last().map_or(0, |last| (self.0.len() - 1) * CHUNK + last.len())
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Index<usize> for Chunks<T> {
    type Output = T;
    fn index(&self, at: usize) -> &T {
        &self.0[at / CHUNK][at % CHUNK]
    }
}

impl<T: Clone> IndexMut<usize> for Chunks<T> {
    fn index_mut(&mut self, at: usize) -> &mut T {
        &mut Arc::make_mut(&mut self.0[at / CHUNK])[at % CHUNK]
    }
}

impl<T> FromIterator<T> for Chunks<T> {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Chunks<T> {
        let mut all = all.into_iter();
        let mut chunks = Vec::new();
        loop {
            let chunk: Vec<T> = all.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                return Chunks(chunks);
            }
            chunks.push(Arc::new(chunk));
        }
    }
}

impl<T> From<Vec<T>> for Chunks<T> {
    fn from(all: Vec<T>) -> Chunks<T> {
        all.into_iter().collect()
    }
}

/// A key that begins with a small number, by which it is sorted first.
pub trait Numbered: Copy + Ord {
    /// The number.
    fn number(&self) -> usize;
}

impl Numbered for HostId {
    fn number(&self) -> usize {
        self.at()
    }
}

impl Numbered for (HostId, SrId) {
    fn number(&self) -> usize {
        self.0.at()
    }
}

/// A map, in the order of its keys.
#[derive(Clone, Debug)]
pub struct ChunkMap<K, V>(Vec<Arc<BTreeMap<K, V>>>);

impl<K: Numbered, V: Clone> ChunkMap<K, V> {
    /// What a key has.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.0.get(key.number() / CHUNK)?.get(key)
    }
    /// The same, to change it.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        Arc::make_mut(self.0.get_mut(key.number() / CHUNK)?).get_mut(key)
    }
    /// Whether a key has anything.
    pub fn contains_key(&self, key: &K) -> bool {
        self.get(key).is_some()
    }
    /// A key has this from now on.
    pub fn insert(&mut self, key: K, value: V) {
        let at = key.number() / CHUNK;
        if self.0.len() <= at {
            self.0.resize_with(at + 1, Arc::default);
        }
        Arc::make_mut(&mut self.0[at]).insert(key, value);
    }
    /// A key has nothing from now on; what it had.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        if self.contains_key(key) { Arc::make_mut(&mut self.0[key.number() / CHUNK]).remove(key) } else { None }
    }
    /// Only those stay of which this is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        for chunk in &mut self.0 {
            if chunk.iter().any(|(key, value)| !keep(key, value)) {
                Arc::make_mut(chunk).retain(|key, value| keep(key, value));
            }
        }
    }
    /// All, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.0.iter().flat_map(|chunk| chunk.iter())
    }
    /// All whose keys have one number, in order.
    pub fn numbered(&self, number: usize) -> impl Iterator<Item = (&K, &V)> {
        self.0.get(number / CHUNK).into_iter().flat_map(|chunk| chunk.iter()).filter(move |(key, _)| key.number() == number)
    }
    /// All keys, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.0.iter().flat_map(|chunk| chunk.keys())
    }
    /// All that keys have, in the keys' order.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.0.iter().flat_map(|chunk| chunk.values())
    }
    /// How many keys have something.
    pub fn len(&self) -> usize {
        self.0.iter().map(|chunk| chunk.len()).sum()
    }
    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|chunk| chunk.is_empty())
    }
}

impl<K, V> Default for ChunkMap<K, V> {
    fn default() -> ChunkMap<K, V> {
        ChunkMap(Vec::new())
    }
}

/// What was and is gone leaves an empty chunk: that is no difference.
impl<K: Eq, V: Eq> PartialEq for ChunkMap<K, V> {
    fn eq(&self, other: &ChunkMap<K, V>) -> bool {
        let both = self.0.len().min(other.0.len());
        self.0[..both] == other.0[..both] && self.0[both..].iter().chain(&other.0[both..]).all(|chunk| chunk.is_empty())
    }
}

impl<K: Eq, V: Eq> Eq for ChunkMap<K, V> {}

impl<K: Numbered, V: Clone> Extend<(K, V)> for ChunkMap<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, all: I) {
        for (key, value) in all {
            self.insert(key, value);
        }
    }
}

impl<K: Numbered, V: Clone> FromIterator<(K, V)> for ChunkMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(all: I) -> ChunkMap<K, V> {
        let mut map = ChunkMap::default();
        map.extend(all);
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    impl Numbered for u16 {
        fn number(&self) -> usize {
            usize::from(*self)
        }
    }

    proptest! {
        /// A chunked map is a map: after any insertions and removals it has what an ordinary one has, in the same order, and a
        /// copy that was made before knows nothing of them.
        #[test]
        fn a_map_in_chunks_is_a_map(moves in prop::collection::vec((0u16..200, prop::option::of(0u8..4)), 0..60)) {
            let (mut plain, mut chunks) = (BTreeMap::new(), ChunkMap::<u16, u8>::default());
            for (key, value) in moves {
                let (before, copy) = (plain.clone(), chunks.clone());
                match value {
                    Some(value) => {
                        plain.insert(key, value);
                        chunks.insert(key, value);
                    }
                    None => {
                        plain.remove(&key);
                        chunks.remove(&key);
                    }
                }
                prop_assert!(chunks.iter().eq(&plain) && copy.iter().eq(&before));
                prop_assert_eq!(chunks == copy, plain == before);
                prop_assert_eq!((chunks.get(&key), chunks.len(), chunks.is_empty()), (plain.get(&key), plain.len(), plain.is_empty()));
            }
            chunks.retain(|key, _| key % 3 == 0);
            prop_assert!(chunks.keys().eq(plain.keys().filter(|key| *key % 3 == 0)));
        }

        /// A chunked arena is a list, and a change of a copy is none of the other.
        #[test]
        fn an_arena_in_chunks_is_a_list(mut plain in prop::collection::vec(0u8..4, 0..200), at in 0usize..220) {
            let chunks: Chunks<u8> = plain.iter().copied().collect();
            prop_assert!(chunks.iter().eq(&plain) && chunks.len() == plain.len() && chunks.get(at) == plain.get(at));
            let mut changed = chunks.clone();
            if let Some(place) = changed.get_mut(at) {
                *place = 9;
                prop_assert!(chunks != changed && chunks.iter().eq(&plain));
                plain[at] = 9;
            }
            prop_assert!(changed.iter().eq(&plain));
        }
    }
}
