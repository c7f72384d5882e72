//! Arenas and maps by small numbers, in chunks that copies share: a copy costs a count, and the first change of it a count a chunk and
//! a copy of the chunk that it changes. So thousands of copies of one thing, each a little different, cost no more than one and the differences.

use crate::base::ids::{HostId, SrId};
use std::fmt;
use std::ops::{Index, IndexMut};
use std::sync::{Arc, OnceLock};

/// How many places of an arena, or numbers of keys, a chunk has.
const CHUNK: usize = 64;

/// An arena.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Chunks<T>(Arc<Vec<Arc<Chunk<T>>>>);

/// So many places of an arena, and which hosts they name, once somebody has asked for it.
struct Chunk<T> {
    places: Vec<T>,
    named: OnceLock<Vec<HostId>>,
}

/// What names hosts, so that of a long arena only those chunks are gone through that name one.
pub trait Naming {
    /// All hosts that it names, in any order.
    fn hosts(&self) -> impl Iterator<Item = HostId>;
}

/// An arena of no more chunks than these is gone through: that takes less than to know who is named where.
const FEW: usize = 2;

impl<T> Chunk<T> {
    fn of(places: Vec<T>) -> Arc<Chunk<T>> {
        Arc::new(Chunk { places, named: OnceLock::new() })
    }
}

impl<T: Clone> Chunk<T> {
    /// The places, to change them: a chunk of its own, of which nobody knows whom it names.
    fn changed(chunk: &mut Arc<Chunk<T>>) -> &mut Vec<T> {
        let chunk = Arc::make_mut(chunk);
        chunk.named.take();
        &mut chunk.places
    }
}

impl<T: Naming> Chunk<T> {
    fn names(&self, host: HostId) -> bool {
        let named = self.named.get_or_init(|| {
            let mut named: Vec<HostId> = self.places.iter().flat_map(Naming::hosts).collect();
            named.sort_unstable();
            named.dedup();
            named
        });
        named.binary_search(&host).is_ok()
    }
}

/// Who is cloned is about to be changed.
impl<T: Clone> Clone for Chunk<T> {
    fn clone(&self) -> Chunk<T> {
        Chunk { places: self.places.clone(), named: OnceLock::new() }
    }
}

impl<T: PartialEq> PartialEq for Chunk<T> {
    fn eq(&self, other: &Chunk<T>) -> bool {
        self.places == other.places
    }
}

impl<T: Eq> Eq for Chunk<T> {}

impl<T: fmt::Debug> fmt::Debug for Chunks<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|chunk| &chunk.places)).finish()
    }
}

impl<T: Clone> Chunks<T> {
    /// So many places with the same in each.
    pub fn of(what: T, count: usize) -> Chunks<T> {
        std::iter::repeat_n(what, count).collect()
    }
    /// What is at a place.
    pub fn get(&self, at: usize) -> Option<&T> {
        self.0.get(at / CHUNK)?.places.get(at % CHUNK)
    }
    /// The same, to change it.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        Chunk::changed(Arc::make_mut(&mut self.0).get_mut(at / CHUNK)?).get_mut(at % CHUNK)
    }
    /// Puts something at a place; places before it that there were not have `filler`.
    pub fn put(&mut self, at: usize, what: T, filler: &T) {
        while self.len() <= at {
            self.push(filler.clone());
        }
        self[at] = what;
    }
    /// One more place.
    pub fn push(&mut self, what: T) {
        let chunks = Arc::make_mut(&mut self.0);
        match chunks.last_mut() {
            Some(last) if last.places.len() < CHUNK => Chunk::changed(last).push(what),
            _ => chunks.push(Chunk::of(vec![what])),
        }
    }
    /// All, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.0.iter().flat_map(|chunk| chunk.places.iter())
    }
    /// The same, to change them: no chunk is shared any more.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        Arc::make_mut(&mut self.0).iter_mut().flat_map(|chunk| Chunk::changed(chunk).iter_mut())
    }
    /// How many places there are.
    pub fn len(&self) -> usize {
        self.0.last().map_or(0, |last| (self.0.len() - 1) * CHUNK + last.places.len())
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Naming> Chunks<T> {
    /// The places that may name a host, in order, each with what is there: all that do, and others near them.
    pub fn near(&self, host: HostId) -> impl Iterator<Item = (usize, &T)> {
        let all = self.0.len() <= FEW;
        let chunks = self.0.iter().enumerate().filter(move |(_, chunk)| all || chunk.names(host));
        chunks.flat_map(|(at, chunk)| chunk.places.iter().enumerate().map(move |(place, what)| (at * CHUNK + place, what)))
    }
}

impl<T> Index<usize> for Chunks<T> {
    type Output = T;
    fn index(&self, at: usize) -> &T {
        &self.0[at / CHUNK].places[at % CHUNK]
    }
}

impl<T: Clone> IndexMut<usize> for Chunks<T> {
    fn index_mut(&mut self, at: usize) -> &mut T {
        &mut Chunk::changed(&mut Arc::make_mut(&mut self.0)[at / CHUNK])[at % CHUNK]
    }
}

impl<T> FromIterator<T> for Chunks<T> {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Chunks<T> {
        let mut all = all.into_iter();
        let mut chunks = Vec::new();
        loop {
            let chunk: Vec<T> = all.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                return Chunks(Arc::new(chunks));
            }
            chunks.push(Chunk::of(chunk));
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

/// A map, in the order of its keys; so is each chunk.
#[derive(Clone)]
pub struct ChunkMap<K, V>(Arc<Vec<Arc<Pairs<K, V>>>>);

/// What a chunk has, in the order of its keys.
type Pairs<K, V> = Vec<(K, V)>;

/// Where a key is in a chunk, or would be.
fn place_of<K: Numbered, V>(chunk: &[(K, V)], key: &K) -> Result<usize, usize> {
    // Where every number has one key, as hosts have, each is where its number says.
    let place = key.number() % CHUNK;
    if chunk.get(place).is_some_and(|(at, _)| at == key) {
        return Ok(place);
    }
    chunk.binary_search_by(|(at, _)| at.cmp(key))
}

impl<K: Numbered, V: Clone> ChunkMap<K, V> {
    /// What a key has.
    pub fn get(&self, key: &K) -> Option<&V> {
        let chunk = self.0.get(key.number() / CHUNK)?;
        place_of(chunk, key).ok().map(|place| &chunk[place].1)
    }
    /// The same, to change it.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let at = key.number() / CHUNK;
        let place = place_of(self.0.get(at)?, key).ok()?;
        Some(&mut Arc::make_mut(&mut Arc::make_mut(&mut self.0)[at])[place].1)
    }
    /// Whether a key has anything.
    pub fn contains_key(&self, key: &K) -> bool {
        self.get(key).is_some()
    }
    /// A key has this from now on.
    pub fn insert(&mut self, key: K, value: V) {
        let at = key.number() / CHUNK;
        let chunks = Arc::make_mut(&mut self.0);
        if chunks.len() <= at {
            chunks.resize_with(at + 1, Arc::default);
        }
        let chunk = Arc::make_mut(&mut chunks[at]);
        match place_of(chunk, &key) {
            Ok(place) => chunk[place].1 = value,
            Err(place) => chunk.insert(place, (key, value)),
        }
    }
    /// A key has nothing from now on; what it had.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let at = key.number() / CHUNK;
        let place = place_of(self.0.get(at)?, key).ok()?;
        Some(Arc::make_mut(&mut Arc::make_mut(&mut self.0)[at]).remove(place).1)
    }
    /// Only those stay of which this is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        let goes = self.0.iter().any(|chunk| chunk.iter().any(|(key, value)| !keep(key, value)));
        if !goes {
            return;
        }
        for chunk in Arc::make_mut(&mut self.0) {
            if chunk.iter().any(|(key, value)| !keep(key, value)) {
                Arc::make_mut(chunk).retain(|(key, value)| keep(key, value));
            }
        }
    }
    /// All, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.0.iter().flat_map(|chunk| chunk.iter()).map(|(key, value)| (key, value))
    }
    /// All whose keys have one number, in order.
    pub fn numbered(&self, number: usize) -> impl Iterator<Item = (&K, &V)> {
        let chunk = self.0.get(number / CHUNK).map_or(&[][..], |chunk| chunk.as_slice());
        let first = chunk.partition_point(|(key, _)| key.number() < number);
        chunk[first..].iter().take_while(move |(key, _)| key.number() == number).map(|(key, value)| (key, value))
    }
    /// All keys, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }
    /// All that keys have, in the keys' order.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.iter().map(|(_, value)| value)
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

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for ChunkMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().flat_map(|chunk| chunk.iter()).map(|(key, value)| (key, value))).finish()
    }
}

impl<K, V> Default for ChunkMap<K, V> {
    fn default() -> ChunkMap<K, V> {
        ChunkMap(Arc::default())
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
    use std::collections::BTreeMap;

    impl Numbered for u16 {
        fn number(&self) -> usize {
            usize::from(*self)
        }
    }

    impl Naming for Option<u16> {
        fn hosts(&self) -> impl Iterator<Item = HostId> {
            self.iter().map(|host| HostId(*host))
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

        /// What names a host is near it: all of it, in order, after any changes, in a copy and in what it was copied from.
        #[test]
        fn what_names_a_host_is_found(
            mut plain in prop::collection::vec(prop::option::of(0u16..400), 0..400),
            changes in prop::collection::vec((0usize..400, prop::option::of(0u16..400)), 0..12),
        ) {
            let holds = |chunks: &Chunks<Option<u16>>, plain: &[Option<u16>], host: u16| {
                let found = chunks.near(HostId(host)).filter(|(_, what)| **what == Some(host)).map(|(at, _)| at);
                found.eq((0..plain.len()).filter(|at| plain[*at] == Some(host)))
            };
            let mut chunks: Chunks<Option<u16>> = plain.iter().copied().collect();
            let mut tried = 0;
            for (at, what) in changes {
                let (before, copy) = (plain.clone(), chunks.clone());
                let was = plain.get(at).copied().flatten();
                chunks.put(at, what, &None);
                plain.resize(plain.len().max(at + 1), None);
                plain[at] = what;
                for host in what.into_iter().chain(was).chain(plain.iter().copied().flatten().take(3)) {
                    prop_assert!(holds(&chunks, &plain, host) && holds(&copy, &before, host), "host {host}");
                    tried += 1;
                }
            }
            prop_assert!(tried > 0 || plain.iter().all(Option::is_none) || !chunks.is_empty());
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
