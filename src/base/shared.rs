//! Values that copies share until one of them changes one: a copy costs a count, and the first change of a copy copies the value.

use std::fmt;
use std::ops::{Deref, DerefMut, Index, IndexMut};
use std::sync::Arc;

/// A value of its own for whoever changes it, and one for all who don't.
#[derive(Clone, PartialEq, Eq)]
pub struct Shared<T>(Arc<T>);

impl<T> Shared<T> {
    /// A value that nobody shares yet.
    pub fn new(what: T) -> Shared<T> {
        Shared(Arc::new(what))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// An arena of large things, each shared by itself: a change of one copies no other.
#[derive(Clone, PartialEq)]
pub struct Singly<T>(Vec<Arc<T>>);

impl<T: Clone> Singly<T> {
    /// All, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.0.iter().map(|one| &**one)
    }
    /// The same, to change them: none is shared any more.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().map(Arc::make_mut)
    }
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Index<usize> for Singly<T> {
    type Output = T;
    fn index(&self, at: usize) -> &T {
        &self.0[at]
    }
}

impl<T: Clone> IndexMut<usize> for Singly<T> {
    fn index_mut(&mut self, at: usize) -> &mut T {
        Arc::make_mut(&mut self.0[at])
    }
}

impl<T> FromIterator<T> for Singly<T> {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Singly<T> {
        Singly(all.into_iter().map(Arc::new).collect())
    }
}

impl<T: fmt::Debug> fmt::Debug for Singly<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of an arena only what is changed is copied.
    #[test]
    fn a_change_of_one_copies_no_other() {
        let first: Singly<String> = ["alpha", "beta"].map(String::from).into_iter().collect();
        let mut second = first.clone();
        second[1].push('!');
        assert!(std::ptr::eq(&first[0], &second[0]) && !std::ptr::eq(&first[1], &second[1]));
        assert!(first.iter().eq(["alpha", "beta"]) && second.iter().eq(["alpha", "beta!"]));
        second.iter_mut().for_each(|one| one.push('?'));
        assert_eq!(format!("{first:?} {second:?}"), r#"["alpha", "beta"] ["alpha?", "beta!?"]"#);
        assert_eq!((second.len(), first == second), (2, false));
    }

    /// Two copies lie in one place until one is changed; then the other is as it was.
    #[test]
    fn a_change_of_a_copy_is_none_of_the_other() {
        let first = Shared::new(vec![1, 2]);
        let mut second = first.clone();
        assert!(std::ptr::eq(&*first, &*second));
        second.push(3);
        assert_eq!((first.as_slice(), second.as_slice()), (&[1, 2][..], &[1, 2, 3][..]));
        assert_eq!(format!("{first:?}"), "[1, 2]");
    }
}
