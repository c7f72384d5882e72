//! Where a VM may run, by the records of a database: what commands and HA's restarts ask alike.

use crate::base::ids::{HostId, MachineId, VbdId, VdiId, VmId};
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::errors::{ApiError, Param};
use crate::world::guards::Guard;
use crate::world::inventory::Mode;

impl World {
    /// The memory that a host has free by the records of a database, in bytes; `None` where it has no limit.
    pub fn memory_free(&self, by: MachineId, host: HostId) -> Option<u64> {
        let total = self.names.machines[self.names.hosts[host.at()].machine.at()].memory?;
        let used = self.db(by).residents(host).fold(0u64, |sum, vm| sum.saturating_add(self.names.vms[vm.at()].takes()));
        Some(total.saturating_sub(used))
    }

    /// Whether a host can take a VM, by the records of a database (xapi_vm_helpers.ml, assert_can_boot_here).
    ///
    /// # Errors
    /// The first that fails of HOST_NOT_LIVE, HOST_DISABLED, VM_REQUIRES_SR, HOST_NOT_ENOUGH_FREE_MEMORY.
    pub fn can_take(&self, by: MachineId, vm: VmId, host: HostId) -> Result<(), ApiError> {
        self.can_take_but_for_memory(by, vm, host)?;
        let needed = self.names.vms[vm.at()].takes();
        match self.memory_free(by, host) {
            Some(free) if free < needed && self.guarded(Guard::StartMemory) => {
                Err(ApiError::new("HOST_NOT_ENOUGH_FREE_MEMORY").text(needed.to_string()).text(free.to_string()))
            }
            _ => Ok(()),
        }
    }

    /// The same without a look at the memory (assert_can_boot_here with do_memory_check false).
    ///
    /// # Errors
    /// The first that fails of HOST_NOT_LIVE, HOST_DISABLED, VM_REQUIRES_SR.
    pub fn can_take_but_for_memory(&self, by: MachineId, vm: VmId, host: HostId) -> Result<(), ApiError> {
        let db = self.db(by);
        let Some(record) = db.host(host) else { return Err(ApiError::new("HANDLE_INVALID").text("host").with(Param::Host(host))) };
        if !record.live && self.guarded(Guard::StartLive) {
            return Err(ApiError::new("HOST_NOT_LIVE"));
        }
        if !record.enabled && self.guarded(Guard::StartEnabled) {
            return Err(ApiError::new("HOST_DISABLED").with(Param::Host(host)));
        }
        let disks = db.vbds_of(&self.names, vm).map(|vbd| self.names.vdis[self.names.vbds[vbd.at()].vdi.at()].sr);
        let record = db.vm(vm).filter(|record| record.power_state == PowerState::Suspended);
        for sr in disks.chain(record.and_then(|record| record.image).map(|image| image.sr)) {
            if !db.plugged(host, sr) && self.guarded(Guard::StartPlugged) {
                return Err(ApiError::new("VM_REQUIRES_SR").with(Param::Vm(vm)).with(Param::Sr(sr)));
            }
        }
        Ok(())
    }

    /// The database's own guard: no disk is attached to another VM while either writes (xapi_vbd_helpers.ml).
    ///
    /// # Errors
    /// VDI_IN_USE.
    pub fn disks_free(&self, by: MachineId, vm: VmId) -> Result<(), ApiError> {
        match self.db(by).vbds_of(&self.names, vm).find(|vbd| self.disk_taken(by, *vbd)) {
            Some(vbd) => Err(ApiError::new("VDI_IN_USE").with(Param::Vdi(self.names.vbds[vbd.at()].vdi)).text("attach")),
            None => Ok(()),
        }
    }
    /// The same for one VBD: whether another of its disk is attached while either writes.
    pub fn disk_taken(&self, by: MachineId, vbd: VbdId) -> bool {
        let names = &self.names;
        let own = &names.vbds[vbd.at()];
        // A suspended VM does not count (xapi_vbd_helpers.ml, valid_operations).
        let suspended = |vm| self.db(by).vm(vm).is_some_and(|record| record.power_state == PowerState::Suspended);
        let taken = names.vbds.iter().enumerate().any(|(at, other)| {
            other.vdi == own.vdi
                && at != vbd.at()
                && self.db(by).attached(VbdId(at as u16))
                && !suspended(other.vm)
                && (own.mode == Mode::Rw || other.mode == Mode::Rw)
        });
        taken && self.guarded(Guard::DiskInUse)
    }

    /// A VM's disks as a database knows them, in the order in which they are attached.
    pub fn known_disks_of(&self, by: MachineId, vm: VmId) -> Vec<(VdiId, Mode)> {
        let names = &self.names;
        self.db(by).vbds_of(names, vm).map(|vbd| (names.vbds[vbd.at()].vdi, names.vbds[vbd.at()].mode)).collect()
    }

    /// Those of them that a database has attached to the VM: all of a VM that runs, but what was unplugged.
    pub fn attached_disks_of(&self, by: MachineId, vm: VmId) -> Vec<(VdiId, Mode)> {
        let names = &self.names;
        let attached = self.db(by).vbds_of(names, vm).filter(|vbd| self.db(by).attached(*vbd));
        attached.map(|vbd| (names.vbds[vbd.at()].vdi, names.vbds[vbd.at()].mode)).collect()
    }
    /// The disks that a VM has on a machine, or should have: those that a database has attached, and those that it has open
    /// there.
    pub fn held_disks_of(&self, by: MachineId, machine: MachineId, vm: VmId) -> Vec<(VdiId, Mode)> {
        let names = &self.names;
        let opened = |vdi: VdiId| self.hw.vdi(vdi).openers.iter().any(|o| o.machine == machine && o.vm == Some(vm));
        let held = names.vms[vm.at()].vbds.iter().filter(|vbd| self.db(by).attached(**vbd) || opened(names.vbds[vbd.at()].vdi));
        held.map(|vbd| (names.vbds[vbd.at()].vdi, names.vbds[vbd.at()].mode)).collect()
    }
    /// All disks that a VM ever had, in the order in which they are attached.
    pub fn disks_of(&self, vm: VmId) -> Vec<(VdiId, Mode)> {
        let names = &self.names;
        names.vms[vm.at()].vbds.iter().map(|vbd| (names.vbds[vbd.at()].vdi, names.vbds[vbd.at()].mode)).collect()
    }
}
