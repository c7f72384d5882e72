//! Questions to the world: who reaches whom, who is master, which database rules.

use crate::base::ids::{HostId, MachineId, PoolId, SrId, VdiId};
use crate::world::belief::Database;
use crate::world::memory::{PoolConf, Xapi};
use crate::world::truth::{Io, Power};
use crate::world::{MAIN_POOL, World};
use std::sync::Arc;

/// What becomes of a connection to another machine's xapi.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Contact {
    /// It is answered.
    Answered,
    /// It is refused at once: the machine is there, xapi is not.
    Refused,
    /// Nothing answers: off, cut off, hung. It takes the setting `connect-timeout` to find out.
    Silent,
}

/// The side of a partition that reaches all others: a machine whose own links were healed.
pub const EVERY_SIDE: u16 = u16::MAX;

fn same_side(a: u16, b: u16) -> bool {
    a == b || a == EVERY_SIDE || b == EVERY_SIDE
}

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
        self.carries(a, b) && (self.hw.one_way.is_empty() || !self.hw.one_way.contains(&(b, a)))
    }
    /// Whether the management network carries packets from one machine to another.
    pub fn carries(&self, from: MachineId, to: MachineId) -> bool {
        from == to
            || !self.hw.isolated[from.at()]
                && !self.hw.isolated[to.at()]
                && self.hw.partition.as_ref().is_none_or(|groups| same_side(groups[from.at()], groups[to.at()]))
                && (self.hw.one_way.is_empty() || !self.hw.one_way.contains(&(from, to)))
    }
    /// Whether nothing is wrong with the management network.
    pub fn network_is_whole(&self) -> bool {
        self.hw.partition.is_none()
            && self.hw.degraded.is_empty()
            && self.hw.one_way.is_empty()
            && self.settings.network_loss == 0
            && !self.hw.isolated.contains(&true)
    }
    /// Why a machine does not reach an SR; `None` where it does. Power is not asked.
    pub fn path_fault(&self, machine: MachineId, sr: SrId) -> Option<Io> {
        if self.names.srs[sr.at()].machine.is_some_and(|owner| owner != machine) || self.hw.wiped.contains(&sr) {
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
    /// What becomes of a connection from one machine's toolstack to another's.
    pub fn contact(&self, from: MachineId, to: MachineId) -> Contact {
        if !self.dom0_answers(to) || !self.linked(from, to) {
            Contact::Silent
        } else if matches!(self.stacks[to.at()].xapi, Xapi::Stopped | Xapi::Starting) {
            Contact::Refused
        } else {
            Contact::Answered
        }
    }

    // ---- roles

    /// Whether a machine's xapi runs: power, domain 0 and process. A member that waits in emergency mode runs too.
    pub fn xapi_runs(&self, machine: MachineId) -> bool {
        self.dom0_answers(machine) && matches!(self.stacks[machine.at()].xapi, Xapi::Up | Xapi::Emergency)
    }
    /// Whether a machine runs and holds itself for the master of a pool.
    pub fn is_master(&self, machine: MachineId) -> bool {
        let stack = &self.stacks[machine.at()];
        stack.xapi == Xapi::Up && stack.role == PoolConf::Master && self.dom0_answers(machine)
    }
    /// The running masters of a pool, in the file's order.
    pub fn masters(&self, pool: PoolId) -> impl Iterator<Item = MachineId> + '_ {
        self.machines().filter(move |m| self.is_master(*m) && self.db(*m).pool == pool)
    }
    /// The pool that a machine belongs to, as its own files say.
    pub fn pool_of(&self, machine: MachineId) -> PoolId {
        self.db(machine).pool
    }
    /// The running master that a machine reaches as its own: itself, or the one that it points to.
    pub fn reached_master(&self, machine: MachineId) -> Option<MachineId> {
        let master = match self.stacks[machine.at()].role {
            PoolConf::Master => machine,
            PoolConf::Slave(master) => master,
            PoolConf::Broken => return None,
        };
        // Another pool's secret opens no door.
        (self.is_master(master) && self.linked(machine, master) && self.pool_of(machine) == self.pool_of(master)).then_some(master)
    }
    /// The machine whose database rules the main pool: the master of the start while it runs and holds itself master,
    /// else the running master promoted last, else the one that ruled last (docs/scenarios.md).
    pub fn ruler(&self) -> MachineId {
        let first = self.first_master;
        if self.is_master(first) && self.pool_of(first) == MAIN_POOL {
            return first;
        }
        self.masters(MAIN_POOL).max_by_key(|m| (self.stacks[m.at()].up_since, std::cmp::Reverse(*m))).unwrap_or(self.ruled_last)
    }

    // ---- databases

    /// A machine's copy of the database.
    pub fn db(&self, machine: MachineId) -> &Database {
        &self.stacks[machine.at()].db
    }
    /// A machine's copy of the database, to change it: counts a generation.
    pub fn db_mut(&mut self, machine: MachineId) -> &mut Database {
        let now = self.now;
        let stack = &mut self.stacks[machine.at()];
        stack.copy_as_of = now;
        let db = Arc::make_mut(&mut stack.db);
        db.generation += 1;
        db
    }

    // ---- guests and disks

    /// The machines that run a domain of a VM, in the order of their starts.
    pub fn runs_on(&self, vm: crate::base::ids::VmId) -> impl Iterator<Item = MachineId> + '_ {
        self.hw.domains[vm.at()].iter().map(|domain| domain.machine)
    }
    /// Whether a machine runs a domain of a VM.
    pub fn has_domain(&self, machine: MachineId, vm: crate::base::ids::VmId) -> bool {
        self.runs_on(vm).any(|m| m == machine)
    }
    /// Whether a machine runs any guest.
    pub fn runs_guests(&self, machine: MachineId) -> bool {
        self.hw.domains.iter().flatten().any(|domain| domain.machine == machine)
    }
    /// The VMs with a domain on a machine.
    pub fn guests(&self, machine: MachineId) -> Vec<crate::base::ids::VmId> {
        self.names.vm_ids().filter(|vm| self.has_domain(machine, *vm)).collect()
    }
    /// Whether a machine has a VDI open.
    pub fn has_open(&self, machine: MachineId, vdi: VdiId) -> bool {
        self.hw.vdis[vdi.at()].openers.iter().any(|o| o.machine == machine)
    }
}
