//! Storage paths break and come back: what guests wanted to write meanwhile is held back, and lands late.

use crate::base::ids::{MachineId, SrId, VdiId};
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::event::Event;
use crate::world::truth::Io;

impl World {
    /// A machine's path to an SR is lost, or fails in another way. `false` if it fails so already.
    pub fn lose_path(&mut self, fx: &mut Effects, machine: MachineId, sr: SrId, io: Io) -> bool {
        if self.hw.lost_paths.insert((machine, sr), io) == Some(io) {
            return false;
        }
        fx.tell(Event::PathLost { machine, sr, io });
        self.redo_log_follows(sr);
        self.paths_changed(fx, sr, Some(machine));
        true
    }

    /// A machine's path to an SR is back. `false` if it was not lost.
    pub fn restore_path(&mut self, fx: &mut Effects, machine: MachineId, sr: SrId) -> bool {
        if self.hw.lost_paths.remove(&(machine, sr)).is_none() {
            return false;
        }
        fx.tell(Event::PathBack { machine, sr });
        self.redo_log_follows(sr);
        self.flush_held_writes(fx, sr, Some(machine));
        true
    }

    /// An SR is gone for everybody, or fails in another way. `false` if it fails so already.
    pub fn lose_sr(&mut self, fx: &mut Effects, sr: SrId, io: Io) -> bool {
        if self.hw.lost_srs.insert(sr, io) == Some(io) {
            return false;
        }
        fx.tell(Event::SrLost { sr, io });
        self.redo_log_follows(sr);
        self.paths_changed(fx, sr, None);
        true
    }

    /// An SR is back for all whose own path works. `false` if it was there.
    pub fn restore_sr(&mut self, fx: &mut Effects, sr: SrId) -> bool {
        if self.hw.lost_srs.remove(&sr).is_none() {
            return false;
        }
        fx.tell(Event::SrBack { sr });
        self.redo_log_follows(sr);
        self.flush_held_writes(fx, sr, None);
        true
    }

    /// Paths to an SR were lost, one machine's or all: whoever has disks open there may now have writes to hold back.
    fn paths_changed(&mut self, fx: &mut Effects, sr: SrId, machine: Option<MachineId>) {
        for vdi in self.open_vdis_on(sr, machine) {
            self.ask_for_writes(fx, vdi);
        }
    }

    /// A path or an SR came back: what was held back is written now, late (docs/model/guests-and-disks.md §9).
    pub(super) fn flush_held_writes(&mut self, fx: &mut Effects, sr: SrId, machine: Option<MachineId>) {
        for vdi in self.open_vdis_on(sr, machine) {
            for at in 0..self.hw.vdis[vdi.at()].openers.len() {
                let truth = &self.hw.vdis[vdi.at()];
                let opener = truth.openers[at];
                let Some(held_since) = opener.held_since else { continue };
                if !self.reaches_vdi(opener.machine, vdi) {
                    continue;
                }
                let over = truth
                    .opened_rw
                    .iter()
                    .filter(|(other, opened)| *other != opener.machine && *opened >= held_since)
                    .max_by_key(|(_, opened)| *opened)
                    .map(|(other, _)| *other);
                fx.tell(Event::WroteLate { vdi, machine: opener.machine, over });
                self.land_write(fx, vdi, at);
            }
            self.ask_for_writes(fx, vdi);
        }
    }

    /// The VDIs on an SR that somebody may have open, in order; those that matter where only one machine's path changed: what
    /// that machine has open, and what several have, who are asked for a write again whenever anybody comes, goes or is cut
    /// off. A VDI that one other machine has open is as it was.
    fn open_vdis_on(&self, sr: SrId, machine: Option<MachineId>) -> Vec<VdiId> {
        let Some(machine) = machine else { return self.vdis_on(sr) };
        let mut vdis: Vec<VdiId> = self.hw.open_on.of(machine).chain(self.hw.shared.iter().copied()).collect();
        vdis.retain(|vdi| self.names.vdis[vdi.at()].sr == sr);
        vdis.sort_unstable();
        vdis.dedup();
        vdis
    }
}
