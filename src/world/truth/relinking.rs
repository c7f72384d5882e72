//! What is done to the chains of disks, and what is asked of them: snapshots, destructions, merges, and work that is cut short.

use crate::base::ids::{MachineId, SrId, VdiId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::{Due, Effects};
use crate::world::event::Event;
use crate::world::inventory::{Inventory, Mode};
use crate::world::truth::chains::{Journal, Leaf, Node, NodeIx};
use crate::world::truth::{Hardware, Opener, Pass, Pick};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Hardware {
    /// The disks of an SR that were destroyed.
    pub fn garbage_on(&self, names: &Inventory, sr: SrId) -> Vec<VdiId> {
        let chains = &self.chains;
        chains.leaves.keys().copied().filter(|vdi| names.vdis[vdi.at()].sr == sr && chains.is_garbage(*vdi)).collect()
    }

    /// Whether a disk is on its SR no more.
    pub fn is_removed(&self, vdi: VdiId) -> bool {
        self.chains.leaves.get(&vdi).is_some_and(|leaf| leaf.gone)
    }

    /// Whether work on a disk was begun on its SR, and stands there for whoever finds it.
    pub fn has_journal(&self, vdi: VdiId) -> bool {
        self.chains.journals.contains_key(&vdi)
    }

    /// How many links the chain of a disk has, itself counted (vhdutil.py, getDepth).
    pub fn depth(&self, vdi: VdiId) -> usize {
        let mut parent = self.chains.leaves.get(&vdi).and_then(|leaf| leaf.parent);
        let mut depth = 1;
        while let Some(node) = parent {
            depth += 1;
            parent = self.chains.nodes[usize::from(node)].parent;
        }
        depth
    }

    /// What a collector finds to do on an SR, in its order: garbage, bases, then leaves (cleanup.py, `_gcLoop`). It does not look at keys.
    pub fn picks(&self, names: &Inventory, sr: SrId) -> Vec<Pick> {
        let chains = &self.chains;
        let here = |vdi: &&VdiId| names.vdis[vdi.at()].sr == sr;
        let hidden = chains.leaves.iter().filter(|(_, leaf)| leaf.hidden && !leaf.gone).map(|(vdi, _)| vdi).filter(here);
        let mut picks: Vec<Pick> = hidden.map(|vdi| Pick::Disk(*vdi)).collect();
        let mut standing: Vec<(Vec<NodeIx>, Vec<VdiId>)> = vec![(Vec::new(), Vec::new()); chains.nodes.len()];
        for (node, at) in chains.nodes.iter().zip(0..).filter(|(node, _)| !node.gone && node.unlinked == 0) {
            node.parent.into_iter().for_each(|parent| standing[usize::from(parent)].0.push(at));
        }
        for (vdi, leaf) in chains.leaves.iter().filter(|(_, leaf)| !leaf.gone) {
            leaf.parent.into_iter().for_each(|parent| standing[usize::from(parent)].1.push(*vdi));
        }
        let (mut inner, mut leaves) = (Vec::new(), Vec::new());
        for ((node, at), (nodes, disks)) in chains.nodes.iter().zip(0..).zip(&standing).filter(|((node, _), _)| node.sr == sr && !node.gone)
        {
            match (&nodes[..], &disks[..]) {
                ([], []) => picks.push(Pick::Node(at)),
                ([only], []) if node.unlinked == 0 => inner.push(Pick::Inner(*only)),
                ([], [only]) if !chains.is_garbage(*only) => leaves.push(Pick::Leaf(*only)),
                _ => {}
            }
        }
        picks.extend(inner);
        picks.extend(leaves);
        picks
    }

    /// The disks whose chain it is.
    pub fn disks_of(&self, pick: Pick) -> Vec<VdiId> {
        match pick {
            Pick::Disk(vdi) | Pick::Leaf(vdi) => vec![vdi],
            Pick::Inner(node) => self.chains.leaves_on(node),
            Pick::Node(node) => self.chains.nodes[usize::from(node)].under.clone(),
        }
    }

    /// The machines that have open what would be removed.
    pub fn holders(&self, pick: Pick) -> Vec<MachineId> {
        let since = match pick {
            Pick::Node(node) => self.chains.nodes[usize::from(node)].unlinked,
            _ => u64::MAX,
        };
        let disks = self.disks_of(pick);
        let open = disks.iter().flat_map(|vdi| &self.vdis[vdi.at()].openers).filter(|opener| opener.chain < since);
        let machines: BTreeSet<MachineId> = open.map(|opener| opener.machine).collect();
        machines.into_iter().collect()
    }

    /// The machines that write to a disk where it was before its snapshot.
    pub fn write_into_base(&self, vdi: VdiId) -> Vec<MachineId> {
        let since = self.chains.leaves.get(&vdi).map_or(0, |leaf| leaf.copied);
        self.behind(vdi, |opener| opener.mode == Mode::Rw && opener.chain < since)
    }

    /// The machines that have a link of a disk's chain open which is there no more.
    pub fn cut_off(&self, vdi: VdiId) -> Vec<MachineId> {
        let since = self.chains.leaves.get(&vdi).map_or(0, |leaf| leaf.cut);
        self.behind(vdi, |opener| opener.chain < since)
    }

    fn behind(&self, vdi: VdiId, is: impl Fn(&Opener) -> bool) -> Vec<MachineId> {
        let machines: BTreeSet<MachineId> = self.vdis[vdi.at()].openers.iter().filter(|o| is(o)).map(|o| o.machine).collect();
        machines.into_iter().collect()
    }

    /// These machines open the chain of a disk anew (tapdisk-pause, unpause: `_pathRefresh`).
    fn refresh(&mut self, vdi: VdiId, machines: &[MachineId]) {
        let now = self.chains.clock;
        let openers = self.vdis[vdi.at()].openers.iter_mut().filter(|opener| machines.contains(&opener.machine));
        openers.for_each(|opener| opener.chain = now);
    }

    /// The collector at work on an SR by a machine, which then goes on with it, or ends.
    pub fn take_pass(&mut self, machine: MachineId, sr: SrId) -> Option<Pass> {
        self.chains.passes.remove(&(sr, machine))
    }

    /// A collector goes on.
    pub fn keep_pass(&mut self, machine: MachineId, sr: SrId, pass: Pass) {
        self.chains.passes.insert((sr, machine), pass);
    }
}

impl World {
    /// Whether somebody is at work on the chain of a disk.
    pub fn at_work_on(&self, vdi: VdiId) -> bool {
        self.hw.chains.work.iter().any(|(_, _, on)| *on == vdi)
    }

    /// Whether a machine is at work on the chain of a disk: it holds the SR's lock, which other machines know nothing of.
    pub fn at_work(&self, machine: MachineId, vdi: VdiId) -> bool {
        self.hw.chains.work.contains(&(self.names.vdis[vdi.at()].sr, machine, vdi))
    }

    /// A machine changes the volumes of an SR: on LVM, where another does so too, the later writes back a list that lacks what the
    /// other made (docs/model/storage.md §7).
    fn changes_volumes(&mut self, fx: &mut Effects, machine: MachineId, sr: SrId) {
        if self.names.srs[sr.at()].kind.file() {
            return;
        }
        let other = self.hw.chains.work.iter().find(|(of, other, _)| *of == sr && *other != machine).map(|(_, other, _)| *other);
        if let Some(other) = other {
            fx.tell(Event::VolumesRaced { machine, sr, other });
        }
    }

    /// A machine is at work on the chain of a disk.
    pub fn begin_work(&mut self, fx: &mut Effects, machine: MachineId, vdi: VdiId) {
        let sr = self.names.vdis[vdi.at()].sr;
        self.changes_volumes(fx, machine, sr);
        self.hw.chains.work.insert((sr, machine, vdi));
    }

    /// It is done.
    pub fn end_work(&mut self, machine: MachineId, vdi: VdiId) {
        self.hw.chains.work.remove(&(self.names.vdis[vdi.at()].sr, machine, vdi));
        self.hw.chains.journals.remove(&vdi);
    }

    /// Whatever a machine was at on the chains of SRs is cut short: what stands on the SRs stays there.
    pub fn cut_short_work(&mut self, fx: &mut Effects, machine: MachineId) {
        self.hw.chains.passes.retain(|(_, at), _| *at != machine);
        let its: Vec<VdiId> = self.hw.chains.work.iter().filter(|(_, at, _)| *at == machine).map(|(_, _, vdi)| *vdi).collect();
        its.into_iter().for_each(|vdi| self.cut_short_work_on(fx, machine, vdi));
    }

    /// The same of one disk.
    pub fn cut_short_work_on(&mut self, fx: &mut Effects, machine: MachineId, vdi: VdiId) {
        if self.hw.chains.work.remove(&(self.names.vdis[vdi.at()].sr, machine, vdi)) {
            fx.tell(Event::WorkCutShort { machine, vdi });
        }
    }

    /// What lies on the SR becomes of a snapshot of a disk: a base, and two leaves. `fresh` are the machines that were told to stop and
    /// that open it anew; whoever else has it open writes on into the base. The snapshot; `None` where there are as many disks as can be.
    pub fn snapshot_disk(&mut self, fx: &mut Effects, machine: MachineId, vdi: VdiId, fresh: &[MachineId]) -> Option<VdiId> {
        let sr = self.names.vdis[vdi.at()].sr;
        let base = NodeIx::try_from(self.hw.chains.nodes.len()).ok().filter(|base| *base < NodeIx::MAX)?;
        let snapshot = Arc::make_mut(&mut self.names).add_snapshot_disk(vdi)?;
        self.changes_volumes(fx, machine, sr);
        self.hw.vdis.push(Default::default());
        let lvm = !self.names.srs[sr.at()].kind.file();
        let chains = &mut self.hw.chains;
        let now = chains.tick();
        let leaf = chains.leaves.entry(vdi).or_default();
        let parent = leaf.parent.replace(base);
        leaf.copied = now;
        chains.nodes.push(Node { sr, parent, under: Vec::new(), unlinked: 0, gone: false });
        chains.leaves.insert(snapshot, Leaf { parent: Some(base), ..Leaf::default() });
        if lvm {
            chains.journals.insert(vdi, Journal::Clone);
        }
        self.hw.refresh(vdi, fresh);
        fx.tell(Event::DiskSnapshotted { machine, vdi, snapshot });
        Some(snapshot)
    }

    /// VDI.destroy, in the database of `by` and on the SR, by its master: the record goes, and the disk is removed, or left to the
    /// collector (LVHDSR.py, FileSR.py: `delete`).
    pub fn destroy_disk(&mut self, fx: &mut Effects, by: MachineId, machine: MachineId, vdi: VdiId) {
        let sr = self.names.vdis[vdi.at()].sr;
        self.changes_volumes(fx, machine, sr);
        self.forget_vdi(fx, by, vdi);
        if !self.hw.chains.is_garbage(vdi) {
            self.hw.chains.journals.remove(&vdi);
            if self.settings.storage_manager.removes_at_once() {
                self.remove_disk(fx, machine, vdi);
            } else {
                self.hw.chains.leaves.entry(vdi).or_default().hidden = true;
                fx.tell(Event::DiskHidden { machine, vdi });
            }
        }
        self.kick_collector(fx, machine, sr);
    }

    /// A disk is removed from its SR, whoever has it open.
    pub fn remove_disk(&mut self, fx: &mut Effects, machine: MachineId, vdi: VdiId) {
        let now = self.hw.chains.tick();
        let leaf = self.hw.chains.leaves.entry(vdi).or_default();
        (leaf.gone, leaf.cut) = (true, now);
        fx.tell(Event::DiskRemoved { machine, vdi });
    }

    /// A base that nothing stands on is removed from its SR.
    pub fn remove_node(&mut self, fx: &mut Effects, machine: MachineId, node: u16) {
        self.hw.chains.tick();
        let Node { under, unlinked, gone, .. } = &mut self.hw.chains.nodes[usize::from(node)];
        *gone = true;
        let (under, unlinked) = (std::mem::take(under), *unlinked);
        for vdi in under {
            let leaf = self.hw.chains.leaves.entry(vdi).or_default();
            leaf.cut = leaf.cut.max(unlinked);
            if !self.hw.cut_off(vdi).is_empty() {
                fx.tell(Event::ChainCut { machine, vdi });
            }
        }
    }

    /// The collector begins to merge a link of the chain of a disk.
    pub fn begin_merge(&mut self, fx: &mut Effects, machine: MachineId, pick: Pick, vdi: VdiId) {
        self.begin_work(fx, machine, vdi);
        if matches!(pick, Pick::Leaf(_)) && !self.names.srs[self.names.vdis[vdi.at()].sr.at()].kind.file() {
            self.hw.chains.journals.insert(vdi, Journal::Leaf);
        }
        fx.tell(Event::MergeBegan { machine, vdi });
    }

    /// A link is merged into its parent. `fresh` are the machines that open the chain anew.
    pub fn end_merge(&mut self, fx: &mut Effects, machine: MachineId, pick: Pick, fresh: &[MachineId]) {
        let disks = self.hw.disks_of(pick);
        let Some(first) = disks.first().copied() else { return };
        self.changes_volumes(fx, machine, self.names.vdis[first.at()].sr);
        let chains = &mut self.hw.chains;
        let now = chains.tick();
        match pick {
            Pick::Inner(node) => {
                let (nodes, leaves) = chains.children(node);
                let parent = chains.nodes[usize::from(node)].parent;
                nodes.into_iter().for_each(|child| chains.nodes[usize::from(child)].parent = parent);
                leaves.iter().for_each(|vdi| chains.leaves.entry(*vdi).or_default().parent = parent);
                let merged = &mut chains.nodes[usize::from(node)];
                (merged.unlinked, merged.under) = (now, disks.clone());
            }
            Pick::Leaf(vdi) => {
                let leaf = chains.leaves.entry(vdi).or_default();
                leaf.cut = now;
                if let Some(parent) = leaf.parent {
                    let base = &mut chains.nodes[usize::from(parent)];
                    (base.gone, base.unlinked) = (true, now);
                    leaf.parent = base.parent;
                }
            }
            Pick::Disk(_) | Pick::Node(_) => {}
        }
        disks.iter().for_each(|vdi| self.hw.refresh(*vdi, fresh));
        fx.tell(Event::DiskMerged { machine, vdi: first });
    }

    /// What was begun on an SR and not ended is set right by the next that is its master and does anything there but open and close
    /// disks (LVHDSR.py, `load`, `_undoAllJournals`): a snapshot that is whole stays, a leaf is as it was. Work that another host is at it
    /// takes for abandoned all the same.
    pub fn undo_journals(&mut self, fx: &mut Effects, by: MachineId, machine: MachineId, sr: SrId) {
        let here = |vdi: &VdiId| self.names.vdis[vdi.at()].sr == sr;
        let found: Vec<(VdiId, Journal)> = self.hw.chains.journals.iter().filter(|(vdi, _)| here(vdi)).map(|(vdi, j)| (*vdi, *j)).collect();
        for (vdi, journal) in found {
            // Its own is under way, behind a lock of this machine's.
            if self.at_work(machine, vdi) {
                continue;
            }
            self.changes_volumes(fx, machine, sr);
            self.hw.chains.journals.remove(&vdi);
            fx.tell(Event::JournalPlayed { machine, vdi });
            if journal == Journal::Leaf || self.settings.storage_manager.undo_unpauses() {
                self.clear_paused(fx, by, vdi);
            }
        }
    }

    /// The collector of an SR is started on its master, if there is anything for it to do (cleanup.py, `gc`).
    pub fn kick_collector(&mut self, fx: &mut Effects, machine: MachineId, sr: SrId) {
        if self.hw.chains.passes.contains_key(&(sr, machine)) || self.hw.picks(&self.names, sr).is_empty() {
            return;
        }
        self.hw.keep_pass(machine, sr, Pass::default());
        let boot = self.hw.machine(machine).boot;
        // It lets an SR come to rest first, but for the first time after a boot.
        let quiet = if boot == 0 { self.settings.storage_manager.collector_waits() } else { Span::ZERO };
        fx.due(quiet, Due::Collect { machine, sr, boot });
    }
}
