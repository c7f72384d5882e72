//! What a host does by itself with a guest that it was asked to suspend, when whoever asked is gone.

use crate::base::ids::{MachineId, SrId, VmId};
use crate::world::World;
use crate::world::belief::Image;
use crate::world::effects::Effects;
use crate::world::event::Ending;
use crate::world::memory::Xapi;

impl World {
    /// A guest stands still, its memory is being written, and nobody waits for the end of it. The host's xapi goes on alone:
    /// with a whole image it lets the domain go, and records the VM as suspended when it reaches its master. Where xapi is gone, or
    /// the image can't be written, the guest counts as crashed (events.ml: "domain has suspended unexpectedly").
    pub fn suspend_alone(&mut self, fx: &mut Effects, machine: MachineId, vm: VmId, sr: SrId) {
        if !self.has_domain(machine, vm) {
            return;
        }
        let goes_on = self.dom0_answers(machine) && self.stacks[machine.at()].xapi == Xapi::Up;
        if !goes_on || self.path_fault(machine, sr).is_some() {
            self.end_abandoned(fx, machine, vm, Ending::SuspendFailed);
            return;
        }
        let disks = self.disks_written_by(machine, vm);
        let image = Image { sr, number: self.write_image(fx, vm, machine, sr, disks) };
        self.stacks[machine.at()].suspended.insert(vm, image);
        self.end_abandoned(fx, machine, vm, Ending::Suspended);
    }

    /// A guest is suspended and its disks are closed, and its record could not be set: xapi of its machine does that when it can.
    pub fn record_suspension_later(&mut self, fx: &mut Effects, machine: MachineId, vm: VmId, image: Image) {
        if self.dom0_answers(machine) {
            if self.stacks[machine.at()].xapi == Xapi::Up {
                self.stacks[machine.at()].suspended.insert(vm, image);
            }
            self.record_end_later(fx, machine, vm);
        }
    }
}
