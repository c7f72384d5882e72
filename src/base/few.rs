//! Lists of which nearly all are empty or have one place: those need no memory of their own, so thousands of them are copied
//! like numbers.

use std::fmt;
use std::ops::{Deref, DerefMut};

/// A list, mostly of no place or one.
#[derive(Clone)]
pub struct Few<T>(Places<T>);

#[derive(Clone)]
enum Places<T> {
    None,
    One(T),
    /// Two or more.
    Many(Vec<T>),
}

impl<T> Few<T> {
    /// An empty list.
    pub const fn new() -> Few<T> {
        Few(Places::None)
    }
    /// One more, behind all others.
    pub fn push(&mut self, what: T) {
        self.insert(self.len(), what);
    }
    /// One more at a place, before what stood there. The place is at most the list's length.
    pub fn insert(&mut self, at: usize, what: T) {
        self.0 = match std::mem::replace(&mut self.0, Places::None) {
            Places::None => Places::One(what),
            Places::One(first) => Places::Many(if at == 0 { vec![what, first] } else { vec![first, what] }),
            Places::Many(mut all) => {
                all.insert(at, what);
                Places::Many(all)
            }
        };
    }
    /// Only those stay of which this is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        match &mut self.0 {
            Places::None => {}
            Places::One(only) => {
                if !keep(only) {
                    self.0 = Places::None;
                }
            }
            Places::Many(all) => {
                all.retain(keep);
                // What has become short again is copied like what always was.
                if all.len() < 2 {
                    self.0 = all.pop().map_or(Places::None, Places::One);
                }
            }
        }
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        match &self.0 {
            Places::None => &[],
            Places::One(only) => std::slice::from_ref(only),
            Places::Many(all) => all,
        }
    }
}

impl<T> DerefMut for Few<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match &mut self.0 {
            Places::None => &mut [],
            Places::One(only) => std::slice::from_mut(only),
            Places::Many(all) => all,
        }
    }
}

impl<T> Default for Few<T> {
    fn default() -> Few<T> {
        Few::new()
    }
}

impl<T: PartialEq> PartialEq for Few<T> {
    fn eq(&self, other: &Few<T>) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for Few<T> {}

impl<T: fmt::Debug> fmt::Debug for Few<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T> FromIterator<T> for Few<T> {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Few<T> {
        let mut list = Few::new();
        for what in all {
            list.push(what);
        }
        list
    }
}

impl<'l, T> IntoIterator for &'l Few<T> {
    type Item = &'l T;
    type IntoIter = std::slice::Iter<'l, T>;
    fn into_iter(self) -> std::slice::Iter<'l, T> {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// A short list is a list: after any moves it has what an ordinary one has, however long either was in between.
        #[test]
        fn a_few_are_a_list(moves in prop::collection::vec((0u8..4, 0u8..6, 0usize..4), 0..40)) {
            let (mut plain, mut few) = (Vec::new(), Few::new());
            for (what, value, at) in moves {
                match what {
                    0 => {
                        plain.push(value);
                        few.push(value);
                    }
                    1 => {
                        let at = at.min(plain.len());
                        plain.insert(at, value);
                        few.insert(at, value);
                    }
                    2 => {
                        plain.retain(|other| *other != value);
                        few.retain(|other| *other != value);
                    }
                    _ => {
                        plain.iter_mut().for_each(|place| *place = (*place + value) % 6);
                        few.iter_mut().for_each(|place| *place = (*place + value) % 6);
                    }
                }
                prop_assert_eq!(&*few, &*plain);
                prop_assert_eq!(format!("{few:?}"), format!("{plain:?}"));
                // However it came about, it is equal to one that was collected.
                prop_assert_eq!(&few, &plain.iter().copied().collect::<Few<u8>>());
                prop_assert_eq!(few.len() < 2, !matches!(few.0, Places::Many(_)));
            }
        }
    }
}
