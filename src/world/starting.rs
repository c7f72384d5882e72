//! How a VM is started: its disks are taken one after the other, then record and domain. What commands and HA's restarts do
//! alike.

use crate::base::ids::{HostId, MachineId, VbdId, VdiId, VmId};
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::effects::Effects;
use crate::world::inventory::Mode;
use crate::world::sm::{Activation, Inactive};

impl World {
    /// Opens the disks of a VM on a machine one after the other, from the `taken`-th on.
    ///
    /// # Errors
    /// Why the next one can't be opened, and which it is; those before stay open.
    pub fn take_disks(
        &mut self,
        fx: &mut Effects,
        home: MachineId,
        machine: MachineId,
        vm: VmId,
        taken: &mut usize,
    ) -> Result<(), (Inactive, VdiId)> {
        let vbds = self.names.vms[vm.at()].vbds.clone();
        while let Some(vbd) = vbds.get(*taken) {
            if !self.is_asked_for(home, vm, *vbd) {
                *taken += 1;
                continue;
            }
            let (vdi, mode) = (self.names.vbds[vbd.at()].vdi, self.names.vbds[vbd.at()].mode);
            self.activate(fx, Activation::new(home, machine, vdi, mode), Some(vm)).map_err(|why| (why, vdi))?;
            *taken += 1;
        }
        Ok(())
    }

    /// Whether a disk is opened when a VM starts: not one that the database knows no more, nor one that a suspended guest did not have.
    pub fn is_asked_for(&self, home: MachineId, vm: VmId, vbd: VbdId) -> bool {
        let resumes = self.db(home).vm(vm).is_some_and(|record| record.power_state == PowerState::Suspended);
        self.db(home).vbd(vbd).is_some_and(|record| record.attached || !resumes)
    }

    /// Closes in reverse the first `taken` disks of a VM, and removes the keys as far as the database is in reach.
    pub fn give_disks_back(&mut self, fx: &mut Effects, home: Option<MachineId>, machine: MachineId, vm: VmId, taken: usize) {
        for (vdi, _) in self.disks_of(vm).into_iter().take(taken).rev() {
            // A machine that lost power meanwhile closes nothing in order: its keys stay.
            if self.dom0_answers(machine) {
                self.deactivate(fx, home, machine, vdi, Some(vm));
            }
        }
    }

    /// The disks are open: the record, then the domain, which begins to write.
    pub fn run_domain(&mut self, fx: &mut Effects, home: MachineId, machine: MachineId, vm: VmId, host: HostId) {
        self.set_vm(fx, home, vm, PowerState::Running, Some(host));
        self.set_always_run(fx, home, vm, true);
        self.begin_domain(fx, machine, vm);
    }

    /// The domain starts over its open disks, and begins to write.
    pub fn begin_domain(&mut self, fx: &mut Effects, machine: MachineId, vm: VmId) {
        self.start_domain(fx, vm, machine);
        for (vdi, mode) in self.disks_of(vm) {
            if mode == Mode::Rw {
                self.ask_for_writes(fx, vdi);
            }
        }
    }
}
