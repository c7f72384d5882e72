//! Records of SRs, PBDs, VDIs and VBDs that come and go by hand: what operators introduce, create, forget and destroy, and what
//! a scan finds. A record may be about storage that is not there, and storage may be there without one (docs/model/storage.md).

use crate::base::ids::{HostId, MachineId, SnapshotId, SrId, VbdId, VdiId, VmId};
use crate::world::World;
use crate::world::belief::notes::Noted;
use crate::world::belief::{SrRecord, VbdRecord, VdiRecord};
use crate::world::effects::Effects;
use crate::world::event::Event;
use crate::world::inventory::{Mode, SrType};
use std::sync::Arc;

impl World {
    /// Takes a VDI out of a database, and with it its locks, its marks and its VBDs (xapi_vdi.ml, forget). The disk stays as it is,
    /// and so does whoever has it open. (In life the VBDs go within 30 s, db_gc.ml.)
    pub fn forget_vdi(&mut self, fx: &mut Effects, by: MachineId, vdi: VdiId) {
        if self.db(by).vdi(vdi).is_none() {
            return;
        }
        let vbds: Vec<usize> = (0..self.names.vbds.len()).filter(|at| self.names.vbds[*at].vdi == vdi).collect();
        let db = self.db_mut(by);
        db.vdis[vdi.at()] = None;
        db.notes.forget(Noted::Vdi(vdi));
        for vbd in vbds {
            if let Some(slot) = db.vbds.get_mut(vbd) {
                *slot = None;
            }
            db.notes.forget(Noted::Vbd(VbdId(vbd as u16)));
        }
        fx.tell(Event::VdiForgotten { by, vdi });
    }

    /// What a scan of an SR by its master makes of a database: a record for each disk that lies there and has none, and none for
    /// those that do not (SR.py, ScanRecord.synchronise). A new record has no locks and no VBDs. It has the disk's name only where
    /// the SR keeps names on the disk: LVM does (LVHDSR.py, scan), files have none (FileSR.py).
    ///
    /// First of all its master sets right what another has left half done there (LVHDSR.py, `_undoAllJournals`). A scan ends by starting
    /// the collector of garbage (FileSR.py, LVHDSR.py, `_kickGC`), and that begins with what another collector left half done: each leaf
    /// below is reloaded, and loses its `relinking` (cleanup.py, `_coalesce`, `_reload`). It ends well or not, the mark goes. `at` is the
    /// SR's master.
    pub fn scan_sr(&mut self, fx: &mut Effects, by: MachineId, at: MachineId, sr: SrId) {
        if self.db(by).sr(sr).is_none() {
            return;
        }
        self.undo_journals(fx, by, at, sr);
        if self.settings.storage_manager.marks() {
            for vdi in self.vdis_on(sr) {
                if !self.at_work_on(vdi) {
                    self.clear_relinking(fx, by, vdi);
                }
            }
        }
        for vdi in self.hw.garbage_on(&self.names, sr) {
            self.forget_vdi(fx, by, vdi);
        }
        let label = self.names.srs[sr.at()].kind.file().then(|| Arc::from(""));
        for vdi in self.vdis_on(sr) {
            if self.db(by).vdi(vdi).is_none() {
                let record = VdiRecord { label: label.clone(), ..VdiRecord::default() };
                self.db_mut(by).vdis.put(vdi.at(), Some(record), &None);
                fx.tell(Event::VdiIntroduced { by, vdi });
            }
        }
        self.kick_collector(fx, at, sr);
    }

    /// Puts the record of a disk's snapshot into a database, under the disk's name (VDI.py, snapshot: `_db_introduce`).
    pub fn record_disk_snapshot(&mut self, fx: &mut Effects, by: MachineId, of: VdiId, snapshot: VdiId) {
        let label = Some(Arc::from(self.db(by).vdi_label(&self.names, of)));
        let record = VdiRecord { label, snapshot_of: Some(of), ..VdiRecord::default() };
        self.db_mut(by).vdis.put(snapshot.at(), Some(record), &None);
        fx.tell(Event::DiskSnapshotRecorded { by, vdi: snapshot, of });
    }

    /// Puts the record of a VM's snapshot into a database (xapi_vm_clone.ml); `None` where there are as many as can be.
    pub fn record_snapshot(
        &mut self,
        fx: &mut Effects,
        by: MachineId,
        of: VmId,
        (label, description): (&str, &str),
        disks: Vec<(VdiId, Mode)>,
    ) -> Option<SnapshotId> {
        let snapshot = Arc::make_mut(&mut self.names).add_snapshot(of, label, description, disks)?;
        self.db_mut(by).snapshots.push(snapshot);
        fx.tell(Event::SnapshotRecorded { by, vm: of, label: label.to_owned() });
        Some(snapshot)
    }

    /// Takes the record of a VM's snapshot out of a database; its disks stay.
    pub fn forget_snapshot(&mut self, fx: &mut Effects, by: MachineId, snapshot: SnapshotId) {
        if self.db(by).snapshots.contains(&snapshot) {
            self.db_mut(by).snapshots.retain(|other| *other != snapshot);
            let name = &self.names.snapshots[snapshot.at()];
            fx.tell(Event::SnapshotDestroyed { by, vm: name.of, label: name.label.clone() });
        }
    }

    /// Puts the record of an SR into a database; nobody is connected to it (xapi_sr.ml, introduce). What was the default SR before
    /// it was forgotten is not any more: that was another record.
    pub fn introduce_sr(&mut self, fx: &mut Effects, by: MachineId, sr: SrId, record: SrRecord) {
        if self.db(by).sr(sr).is_some() {
            return;
        }
        let srs = &mut self.db_mut(by).srs;
        if srs.len() <= sr.at() {
            srs.resize(sr.at() + 1, None);
        }
        srs[sr.at()] = Some(record);
        fx.tell(Event::SrIntroduced { by, sr });
        if self.db(by).default_sr == Some(sr) {
            self.set_default_sr(fx, by, None);
        }
    }

    /// Sets the name-label of an SR.
    pub fn label_sr(&mut self, by: MachineId, sr: SrId, name: &str) {
        if self.db(by).sr(sr).is_some() && self.db(by).sr_label(&self.names, sr) != name {
            self.db_mut(by).srs[sr.at()].iter_mut().for_each(|record| record.label = Some(Arc::from(name)));
        }
    }

    /// Sets the name-label of a VDI.
    pub fn label_vdi(&mut self, by: MachineId, vdi: VdiId, name: &str) {
        if self.db(by).vdi(vdi).is_some() && self.db(by).vdi_label(&self.names, vdi) != name {
            self.db_mut(by).vdis[vdi.at()].iter_mut().for_each(|record| record.label = Some(Arc::from(name)));
        }
    }

    /// One more SR that only records have, by a UUID of which there is no storage; `None` where there are as many as can be.
    pub fn sr_of_records(&mut self, uuid: &str, label: &str, kind: SrType) -> Option<SrId> {
        Arc::make_mut(&mut self.names).add_sr_of_records(uuid.to_string(), label.to_string(), kind)
    }

    /// Makes the PBD of a host and an SR, unplugged (xapi_pbd.ml, create).
    pub fn create_pbd(&mut self, fx: &mut Effects, by: MachineId, host: HostId, sr: SrId) {
        let machine = self.names.hosts[host.at()].machine;
        Arc::make_mut(&mut self.names).renew_pbd(machine, sr);
        self.set_pbd(fx, by, host, sr, false);
    }

    /// Takes a PBD out of a database (xapi_pbd.ml, destroy).
    pub fn destroy_pbd(&mut self, fx: &mut Effects, by: MachineId, host: HostId, sr: SrId) {
        if self.db_mut(by).pbds.remove(&(host, sr)).is_some() {
            self.db_mut(by).notes.forget(Noted::Pbd(host, sr));
            fx.tell(Event::PbdGone { by, host, sr });
        }
    }

    /// Makes a VBD, unplugged (xapi_vbd_helpers.ml, create); `None` where there are as many as can be.
    pub fn create_vbd(&mut self, fx: &mut Effects, by: MachineId, vm: VmId, vdi: VdiId, mode: Mode, device: String) -> Option<VbdId> {
        let vbd = Arc::make_mut(&mut self.names).add_vbd(vm, vdi, mode, device)?;
        self.db_mut(by).vbds.put(vbd.at(), Some(VbdRecord { attached: false, had_device: false }), &None);
        fx.tell(Event::VbdCreated { by, vm, vdi, mode });
        Some(vbd)
    }

    /// Takes a VBD out of a database (xapi_vbd_helpers.ml, destroy).
    pub fn destroy_vbd(&mut self, fx: &mut Effects, by: MachineId, vbd: VbdId) {
        if self.db(by).vbd(vbd).is_some() {
            let db = self.db_mut(by);
            db.vbds.put(vbd.at(), None, &None);
            db.notes.forget(Noted::Vbd(vbd));
            let (vm, vdi) = (self.names.vbds[vbd.at()].vm, self.names.vbds[vbd.at()].vdi);
            fx.tell(Event::VbdDestroyed { by, vm, vdi });
        }
    }

    /// Takes a VM out of a database, with its VBDs and all that was said of it (xapi_vm_helpers.ml, destroy). Its disks stay, and so does
    /// whatever runs of it. A VM that is taken out is missed by nobody.
    pub fn destroy_vm(&mut self, fx: &mut Effects, by: MachineId, vm: VmId) {
        if self.db(by).vm(vm).is_none() {
            return;
        }
        for vbd in self.db(by).vbds_of(&self.names, vm).collect::<Vec<_>>() {
            self.destroy_vbd(fx, by, vbd);
        }
        let db = self.db_mut(by);
        db.vms[vm.at()] = None;
        db.ha.vms.remove(&vm);
        db.notes.forget(Noted::Vm(vm));
        if db.always_run.get(vm.at()).copied().unwrap_or(false) {
            db.always_run[vm.at()] = false;
        }
        self.hw.miss_no_more(vm);
        fx.tell(Event::VmDestroyed { by, vm });
    }

    /// Sets whether one VBD is attached.
    pub fn set_attached(&mut self, fx: &mut Effects, by: MachineId, vbd: VbdId, attached: bool) {
        if self.db(by).vbd(vbd).is_some_and(|record| record.attached != attached) {
            self.write_attached(by, vbd, attached);
            let (vm, vdi) = (self.names.vbds[vbd.at()].vm, self.names.vbds[vbd.at()].vdi);
            fx.tell(Event::VbdRecorded { by, vm, vdi, attached });
        }
    }

    /// The same without telling it.
    pub(super) fn write_attached(&mut self, by: MachineId, vbd: VbdId, attached: bool) {
        if let Some(Some(record)) = self.db_mut(by).vbds.get_mut(vbd.at()) {
            record.attached = attached;
            record.had_device |= attached;
        }
    }
}
