//! Chains of disks: what a snapshot makes of a disk, and what the collector of garbage merges and removes again.
//!
//! A snapshot makes the disk's node a base that nobody writes to any more, and two leaves on it: the disk, and its snapshot. The base
//! stays for as long as it has leaves; with a single one left it is merged (cleanup.py, `_coalesce`, `_liveLeafCoalesce`). A disk that
//! no snapshot was ever taken of is a leaf of its own, and stands in no table here.
//!
//! Whoever has a disk open has its chain open as it was then. The SR's master tells those who hold a key in its database to open it
//! anew; nobody else. All that happens to chains is counted, and an opener knows as of which change it has its chain.
//! What changes them stands in `relinking.rs`.
//!
//! Not simulated: what lies in the nodes, and how large they are.

use crate::base::ids::{MachineId, SrId, VdiId};
use std::collections::{BTreeMap, BTreeSet};

/// An inner node, by its place among all that ever were.
pub(super) type NodeIx = u16;

/// A base that leaves or other bases stand on.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Node {
    pub(super) sr: SrId,
    pub(super) parent: Option<NodeIx>,
    /// The leaves that had it in their chain when it was taken out, and as of which change that was.
    pub(super) under: Vec<VdiId>,
    pub(super) unlinked: u64,
    pub(super) gone: bool,
}

/// The end of a chain: a disk.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Leaf {
    pub(super) parent: Option<NodeIx>,
    /// It was destroyed, and the collector has not removed it yet.
    pub(super) hidden: bool,
    /// It is not on the SR any more.
    pub(super) gone: bool,
    /// As of which change an opener must have its chain to write where the disk is now, and not into its base.
    pub(super) copied: u64,
    /// As of which change an opener must have its chain for all of it to be there.
    pub(super) cut: u64,
}

/// What stands on an LVM SR while a chain is changed, for whoever finds it half done (journaler.py).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Journal {
    /// A snapshot.
    Clone,
    /// A leaf is merged into its parent.
    Leaf,
}

/// Something for the collector to do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Pick {
    /// A disk that was destroyed is removed.
    Disk(VdiId),
    /// A base that nothing stands on is removed.
    Node(u16),
    /// A base that alone stands on another is merged into it.
    Inner(u16),
    /// A disk that alone stands on a base is merged into it.
    Leaf(VdiId),
}

/// What a collector is at.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Doing {
    /// What is merged.
    pub pick: Pick,
    /// A disk whose chain that is.
    pub vdi: VdiId,
    /// The data has been copied, and the chain is being changed.
    pub relinking: bool,
}

/// A collector at work on an SR: a process of a machine's domain 0 (cleanup.py, `gc`).
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Pass {
    /// What it has tried in vain, and leaves alone.
    pub skip: BTreeSet<Pick>,
    /// What it is at.
    pub doing: Option<Doing>,
}

/// All chains, and who is at work on them.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Chains {
    /// Counts the changes.
    pub(super) clock: u64,
    pub(super) nodes: Vec<Node>,
    pub(super) leaves: BTreeMap<VdiId, Leaf>,
    /// Who is at work on the chain of which disk.
    pub(super) work: BTreeSet<(SrId, MachineId, VdiId)>,
    pub(super) journals: BTreeMap<VdiId, Journal>,
    pub(super) passes: BTreeMap<(SrId, MachineId), Pass>,
}

impl Chains {
    /// How many changes there were.
    pub fn clock(&self) -> u64 {
        self.clock
    }

    /// Whether a disk was destroyed, be it still there or not.
    pub fn is_garbage(&self, vdi: VdiId) -> bool {
        self.leaves.get(&vdi).is_some_and(|leaf| leaf.hidden || leaf.gone)
    }

    pub(super) fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    pub(super) fn children(&self, parent: NodeIx) -> (Vec<NodeIx>, Vec<VdiId>) {
        let nodes = self.nodes.iter().zip(0..).filter(|(node, _)| !node.gone && node.unlinked == 0 && node.parent == Some(parent));
        let leaves = self.leaves.iter().filter(|(_, leaf)| !leaf.gone && leaf.parent == Some(parent));
        (nodes.map(|(_, at)| at).collect(), leaves.map(|(vdi, _)| *vdi).collect())
    }

    /// The leaves that stand on a node, directly or not.
    pub(super) fn leaves_on(&self, node: NodeIx) -> Vec<VdiId> {
        let (mut open, mut found) = (vec![node], Vec::new());
        while let Some(node) = open.pop() {
            let (nodes, leaves) = self.children(node);
            open.extend(nodes);
            found.extend(leaves);
        }
        found.sort_unstable();
        found
    }
}
