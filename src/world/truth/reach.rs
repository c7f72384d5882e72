//! Questions to what is so: who has power, who reaches whom, what runs where.

use crate::base::ids::{HostId, MachineId, SrId, VdiId, VmId};
use crate::world::World;
use crate::world::truth::{Io, Power};

impl World {
    // ---- machines and wires

    /// All machines.
    pub fn machines(&self) -> impl Iterator<Item = MachineId> + use<> {
        (0..self.hw.machines.len() as u16).map(MachineId)
    }
    /// The host that is installed on a machine now.
    pub fn host_on(&self, machine: MachineId) -> HostId {
        self.hw.machines[machine.at()].host
    }
    /// The machine of a host, while it is that host: a reinstalled machine is another.
    pub fn machine_of(&self, host: HostId) -> Option<MachineId> {
        let machine = self.names.hosts[host.at()].machine;
        (self.host_on(machine) == host).then_some(machine)
    }
    /// Whether the machine has power (guests may run).
    pub fn powered(&self, machine: MachineId) -> bool {
        self.hw.machines[machine.at()].power != Power::Off
    }
    /// Whether domain 0 answers: the console works.
    pub fn dom0_answers(&self, machine: MachineId) -> bool {
        let machine = &self.hw.machines[machine.at()];
        machine.power == Power::On && !machine.hung
    }
    /// Whether the management network carries packets between two machines, both ways.
    pub fn linked(&self, a: MachineId, b: MachineId) -> bool {
        self.hw.linked(a, b)
    }
    /// Whether the management network carries packets from one machine to another.
    pub fn carries(&self, from: MachineId, to: MachineId) -> bool {
        self.hw.carries(from, to)
    }
    /// Whether nothing is wrong with the management network.
    pub fn network_is_whole(&self) -> bool {
        self.hw.network_is_whole() && self.settings.network_loss == 0
    }
    /// Why a machine does not reach an SR; `None` where it does. Power is not asked.
    pub fn path_fault(&self, machine: MachineId, sr: SrId) -> Option<Io> {
        let name = &self.names.srs[sr.at()];
        if name.nowhere || name.machine.is_some_and(|owner| owner != machine) || self.hw.wiped.contains(&sr) {
            return Some(Io::Error);
        }
        self.hw.lost_srs.get(&sr).or_else(|| self.hw.lost_paths.get(&(machine, sr))).copied()
    }
    /// Whether a machine is on and reaches an SR.
    pub fn reaches(&self, machine: MachineId, sr: SrId) -> bool {
        self.powered(machine) && self.path_fault(machine, sr).is_none()
    }
    /// Whether a machine is on and reaches the SR of a VDI.
    pub fn reaches_vdi(&self, machine: MachineId, vdi: VdiId) -> bool {
        self.reaches(machine, self.names.vdis[vdi.at()].sr)
    }
    // ---- guests and disks

    /// The machines that run a domain of a VM, in the order of their starts.
    pub fn runs_on(&self, vm: VmId) -> impl Iterator<Item = MachineId> + '_ {
        self.hw.domains[vm.at()].iter().map(|domain| domain.machine)
    }
    /// Whether a machine runs a domain of a VM.
    pub fn has_domain(&self, machine: MachineId, vm: VmId) -> bool {
        self.runs_on(vm).any(|m| m == machine)
    }
    /// Whether a machine has a domain of a VM, be it one that ended from inside and was not cleared away.
    pub fn domain_exists(&self, machine: MachineId, vm: VmId) -> bool {
        self.has_domain(machine, vm) || self.hw.dead_domain(machine, vm).is_some()
    }
    /// Whether a machine runs any guest.
    pub fn runs_guests(&self, machine: MachineId) -> bool {
        self.hw.runs_on.of(machine).next().is_some()
    }
    /// The VMs with a domain on a machine, in order.
    pub fn guests(&self, machine: MachineId) -> Vec<VmId> {
        self.hw.runs_on.of(machine).collect()
    }
    /// Whether a machine has a VDI open.
    pub fn has_open(&self, machine: MachineId, vdi: VdiId) -> bool {
        self.hw.vdis[vdi.at()].open_on(machine)
    }
}
