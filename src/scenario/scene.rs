//! What expectations are read against: the names that they may speak of.

use super::index::Index;
use crate::base::time::Time;
use std::collections::{BTreeMap, BTreeSet};

/// What expectations are read against.
pub struct Scene<'c> {
    /// The names of the pool.
    pub index: &'c Index,
    /// The worlds' names.
    pub worlds: BTreeSet<String>,
    /// The recoveries' names.
    pub recoveries: BTreeSet<String>,
    /// When the run ends, if the file says.
    pub until: Option<Time>,
    /// Whether the file has `seeds`.
    pub seeds: bool,
    /// The ids of steps, each with where it stands: in a recovery (its place), or before all of them.
    pub steps: BTreeMap<String, Vec<StepIs>>,
    /// The recovery whose `expect` is read.
    pub recovery: Option<usize>,
}

/// What expectations know of a step.
#[derive(Clone, Copy, Debug)]
pub struct StepIs {
    /// The recovery that it stands in; `None` for timeline and worlds.
    pub recovery: Option<usize>,
    /// Whether it can change anything: a note can't, nor can looking.
    pub changes: bool,
}
