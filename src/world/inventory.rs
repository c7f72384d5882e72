//! What there is: machines, hosts, SRs, VMs, disks with their names, UUIDs and what else of them never changes. Fixed but for
//! reinstallations, each of which adds a host. Knows nothing of what state anything is in.

use crate::base::draw::Stream;
use crate::base::ids::{HostId, MachineId, PoolId, SnapshotId, SrId, VbdId, VdiId, VmId};
use crate::base::time::Span;
use crate::world::belief::Protection;
use std::collections::BTreeMap;

/// A machine: its name is its network name.
#[derive(Clone, PartialEq, Debug)]
pub struct MachineName {
    /// The network name, which is also the name-label of whatever host is installed on it.
    pub name: String,
    /// The management address, `10.0.0.1` and on in the file's order.
    pub address: String,
    /// How often it was given another address.
    pub renumbered: u8,
    /// Memory in bytes; `None` is no limit.
    pub memory: Option<u64>,
    /// Installed, but in no pool at the start.
    pub spare: bool,
    /// Where its draws come from.
    pub stream: Stream,
}

/// A host: one installation of a machine.
#[derive(Clone, PartialEq, Debug)]
pub struct HostName {
    /// The machine that it was installed on.
    pub machine: MachineId,
    /// Its UUID.
    pub uuid: String,
}

/// The types of storage repositories.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum SrType {
    Nfs,
    LvmoIscsi,
    LvmoHba,
    Lvm,
    Ext,
}

impl SrType {
    /// The types as scenarios and `xe sr-list` write them.
    pub const ALL: [(&'static str, SrType); 5] =
        [("nfs", SrType::Nfs), ("lvmoiscsi", SrType::LvmoIscsi), ("lvmohba", SrType::LvmoHba), ("lvm", SrType::Lvm), ("ext", SrType::Ext)];

    /// Its name.
    pub fn name(self) -> &'static str {
        SrType::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
    /// Whether all hosts of a pool share it.
    pub fn shared(self) -> bool {
        matches!(self, SrType::Nfs | SrType::LvmoIscsi | SrType::LvmoHba)
    }
    /// Whether its disks are files, not logical volumes.
    pub fn file(self) -> bool {
        matches!(self, SrType::Nfs | SrType::Ext)
    }
}

/// A storage repository.
#[derive(Clone, PartialEq, Debug)]
pub struct SrName {
    /// Its name-label.
    pub name: String,
    /// Its UUID.
    pub uuid: String,
    /// Its type.
    pub kind: SrType,
    /// The machine that a local SR is in; `None` for shared ones.
    pub machine: Option<MachineId>,
    /// There is no such storage: a UUID that was typed, and that only records have.
    pub nowhere: bool,
}

/// How a disk is attached or open.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Mode {
    /// Read only.
    Ro,
    /// Read and write.
    Rw,
}

impl Mode {
    /// As scenarios and reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Ro => "ro",
            Mode::Rw => "rw",
        }
    }
    /// As `xe` and the lock keys write it.
    pub fn upper(self) -> &'static str {
        match self {
            Mode::Ro => "RO",
            Mode::Rw => "RW",
        }
    }
}

/// A virtual disk.
#[derive(Clone, PartialEq, Debug)]
pub struct VdiName {
    /// `VM-DISK`, for instance `db-root`.
    pub name: String,
    /// Its UUID.
    pub uuid: String,
    /// The SR that it lies on.
    pub sr: SrId,
    /// The VM in whose `disks` it was declared.
    pub vm: VmId,
}

/// The connection of a VM to a VDI.
#[derive(Clone, PartialEq, Debug)]
pub struct VbdName {
    /// The VM.
    pub vm: VmId,
    /// The VDI.
    pub vdi: VdiId,
    /// The disk's local name within the VM.
    pub disk: String,
    /// How the VM attaches it.
    pub mode: Mode,
    /// Its UUID.
    pub uuid: String,
    /// The device that was asked for when it was created (`userdevice`); `None` for one of the start, whose place among the VM's
    /// is its device.
    pub device: Option<String>,
}

/// A VM.
#[derive(Clone, PartialEq, Debug)]
pub struct VmName {
    /// Its name-label.
    pub name: String,
    /// Its UUID.
    pub uuid: String,
    /// Memory in bytes.
    pub memory: u64,
    /// What its domain takes beside that, in bytes (setting `memory-overhead`).
    pub overhead: u64,
    /// How often it writes each RW disk; `None` is never.
    pub writes: Option<Span>,
    /// When within the period it writes first, drawn by VM.
    pub phase: Span,
    /// How long it may be down before `vm-down` is found.
    pub grace: Span,
    /// It is marked to be started when a host has booted (`other-config:auto_poweron`).
    pub autostart: bool,
    /// `ha_restart_priority` at the start; `None` is unprotected. What it is later a database says: [`crate::world::belief::VmHa`].
    pub protection: Option<Protection>,
    /// `order` at the start: protected VMs start in ascending order; `None` is last.
    pub order: Option<u32>,
    /// `start_delay` at the start: how long the next start waits after this one.
    pub start_delay: Span,
    /// Its disks, RW ones first as xapi attaches them (vbd_attach_order), else in the file's order; behind them those that were
    /// created later.
    pub vbds: Vec<VbdId>,
}

impl VmName {
    /// What it takes of a host's memory, in bytes.
    pub fn takes(&self) -> u64 {
        self.memory.saturating_add(self.overhead)
    }
    /// A VM as scenarios have it that say nothing of it: 1 GiB, a write every 5 s, unprotected, no disks.
    pub fn plain(name: String, uuid: String, grace: Span) -> VmName {
        VmName {
            name,
            uuid,
            memory: 1 << 30,
            overhead: 0,
            writes: Some(Span::secs(5)),
            phase: Span::ZERO,
            grace,
            autostart: false,
            protection: None,
            order: None,
            start_delay: Span::ZERO,
            vbds: Vec::new(),
        }
    }
}

/// A snapshot of a VM, as it was taken.
#[derive(Clone, PartialEq, Debug)]
pub struct SnapshotName {
    /// Its UUID.
    pub uuid: String,
    /// The VM that it was taken of.
    pub of: VmId,
    /// Its name-label.
    pub label: String,
    /// Its name-description.
    pub description: String,
    /// The disks that were made for it, and how the VM attaches those that they were made of.
    pub disks: Vec<(VdiId, Mode)>,
}

/// All names, by id.
#[derive(Clone, PartialEq, Debug, Default)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct Inventory {
    pub pool_name: String,
    /// UUIDs of pools, the main one first.
    pub pools: Vec<String>,
    pub machines: Vec<MachineName>,
    pub hosts: Vec<HostName>,
    pub srs: Vec<SrName>,
    pub vms: Vec<VmName>,
    pub vdis: Vec<VdiName>,
    pub vbds: Vec<VbdName>,
    /// Snapshots of VMs, in the order in which they were taken.
    pub snapshots: Vec<SnapshotName>,
    /// UUIDs of PBDs by machine and SR.
    pub pbds: BTreeMap<(MachineId, SrId), String>,
    /// How many PBDs there ever were, where some were made anew.
    pub pbds_made: usize,
}

/// The kinds of objects that have UUIDs, with the group of digits that tells them apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum Kind {
    Host = 0x4057,
    Sr = 0x0057,
    Vm = 0x0003,
    Vdi = 0x0d15,
    Vbd = 0x0bd0,
    Pbd = 0x0b0d,
    Pool = 0x0901,
}

impl Inventory {
    /// The UUID of the n-th object of a kind: UUIDs sort as the file lists the objects.
    pub fn uuid(kind: Kind, n: usize) -> String {
        let n = n + 1;
        format!("{n:08x}-{:04x}-4000-8000-{:012x}", kind as u16, 0x0070_6f6f_6c00_u64 + n as u64 % 0x100)
    }

    /// One more machine, with the next address, and the host that is installed on it at the start.
    pub fn add_machine(&mut self, name: String, uuid: String, memory: Option<u64>, spare: bool) -> MachineId {
        let at = self.machines.len();
        let machine = MachineId(at as u16);
        self.hosts.push(HostName { machine, uuid });
        let address = Inventory::address_of(machine, 0);
        self.machines.push(MachineName { address, renumbered: 0, stream: Stream::new(0, "machine", &name), name, memory, spare });
        machine
    }
    /// Inventory the PBDs, where they have no names yet: each shared SR with each machine, each local one with its own.
    pub fn connect(&mut self) {
        if !self.pbds.is_empty() {
            return;
        }
        for machine in self.machine_ids() {
            for sr in self.sr_ids() {
                let name = &self.srs[sr.at()];
                if name.kind.shared() || name.machine == Some(machine) {
                    self.pbds.insert((machine, sr), Inventory::uuid(Kind::Pbd, self.pbds.len()));
                }
            }
        }
    }

    /// A machine's name.
    pub fn machine(&self, machine: MachineId) -> &str {
        &self.machines[machine.at()].name
    }
    /// The name of the machine that a host is installed on.
    pub fn host(&self, host: HostId) -> &str {
        self.machine(self.hosts[host.at()].machine)
    }
    /// An SR's name.
    pub fn sr(&self, sr: SrId) -> &str {
        &self.srs[sr.at()].name
    }
    /// A VM's name.
    pub fn vm(&self, vm: VmId) -> &str {
        &self.vms[vm.at()].name
    }
    /// A VDI's name.
    pub fn vdi(&self, vdi: VdiId) -> &str {
        &self.vdis[vdi.at()].name
    }
    /// A pool's UUID.
    pub fn pool(&self, pool: PoolId) -> &str {
        &self.pools[pool.at()]
    }
    /// All machines.
    pub fn machine_ids(&self) -> impl Iterator<Item = MachineId> + use<> {
        (0..self.machines.len() as u16).map(MachineId)
    }
    /// All SRs.
    pub fn sr_ids(&self) -> impl Iterator<Item = SrId> + use<> {
        (0..self.srs.len() as u16).map(SrId)
    }
    /// All VMs.
    pub fn vm_ids(&self) -> impl Iterator<Item = VmId> + use<> {
        (0..self.vms.len() as u16).map(VmId)
    }
    /// All VDIs.
    pub fn vdi_ids(&self) -> impl Iterator<Item = VdiId> + use<> {
        (0..self.vdis.len() as u16).map(VdiId)
    }
    /// The machine that answers to a network name or an address.
    pub fn machine_by_address(&self, word: &str) -> Option<MachineId> {
        self.machine_ids().find(|m| self.machine(*m) == word || self.machines[m.at()].address == word)
    }
    /// Gives a machine an address that no other has: `10.1.0.3`, the next time `10.2.0.3`. The old one, and the new one.
    pub fn renumber(&mut self, machine: MachineId) -> (String, String) {
        let name = &mut self.machines[machine.at()];
        name.renumbered = name.renumbered.saturating_add(1);
        let new = Inventory::address_of(machine, name.renumbered);
        (std::mem::replace(&mut name.address, new.clone()), new)
    }
    /// The address that a machine has once it was renumbered so often. 254 to a row: none ends in 0 or 255.
    pub fn address_of(machine: MachineId, renumbered: u8) -> String {
        format!("10.{renumbered}.{}.{}", machine.at() / 254, machine.at() % 254 + 1)
    }
    /// The machine that a host of this UUID is, or was, installed on.
    pub fn machine_by_uuid(&self, uuid: &str) -> Option<MachineId> {
        self.hosts.iter().find(|host| host.uuid == uuid).map(|host| host.machine)
    }
    /// The machine of a host's UUID or name-label.
    pub fn machine_by_word(&self, word: &str) -> Option<MachineId> {
        self.machine_by_uuid(word).or_else(|| self.machine_ids().find(|m| self.machine(*m) == word))
    }
    /// The SR of this UUID.
    pub fn sr_by_uuid(&self, uuid: &str) -> Option<SrId> {
        self.sr_ids().find(|sr| self.srs[sr.at()].uuid == uuid)
    }
    /// The VM of a UUID or name-label.
    pub fn vm_by_word(&self, word: &str) -> Option<VmId> {
        self.vm_ids().find(|vm| self.vms[vm.at()].uuid == word || self.vm(*vm) == word)
    }
    /// What a VBD was asked to be called in its VM: a number, or a name such as `xvdb` (`userdevice`).
    pub fn userdevice(&self, vbd: VbdId) -> String {
        let name = &self.vbds[vbd.at()];
        let place = || self.vms[name.vm.at()].vbds.iter().position(|other| *other == vbd).unwrap_or(0);
        name.device.clone().unwrap_or_else(|| place().to_string())
    }
    /// One more VBD; `None` where there are as many as can be.
    pub fn add_vbd(&mut self, vm: VmId, vdi: VdiId, mode: Mode, device: String) -> Option<VbdId> {
        let vbd = VbdId(u16::try_from(self.vbds.len()).ok()?);
        let uuid = Inventory::uuid(Kind::Vbd, vbd.at());
        self.vbds.push(VbdName { vm, vdi, disk: device.clone(), mode, uuid, device: Some(device) });
        self.vms[vm.at()].vbds.push(vbd);
        Some(vbd)
    }
    /// One more disk, a snapshot of another: `db-root@1`; `None` where there are as many as can be.
    pub fn add_snapshot_disk(&mut self, of: VdiId) -> Option<VdiId> {
        let vdi = VdiId(u16::try_from(self.vdis.len()).ok().filter(|at| *at < u16::MAX)?);
        let VdiName { name, sr, vm, .. } = self.vdis[of.at()].clone();
        let before = format!("{name}@");
        let earlier = self.vdis.iter().filter(|other| other.name.strip_prefix(&before).is_some_and(|rest| !rest.contains('@'))).count();
        self.vdis.push(VdiName { name: format!("{before}{}", earlier + 1), uuid: Inventory::uuid(Kind::Vdi, vdi.at()), sr, vm });
        Some(vdi)
    }
    /// One more snapshot of a VM; `None` where there are as many as can be.
    pub fn add_snapshot(&mut self, of: VmId, label: &str, description: &str, disks: Vec<(VdiId, Mode)>) -> Option<SnapshotId> {
        let snapshot = SnapshotId(u16::try_from(self.snapshots.len()).ok()?);
        let uuid = Inventory::uuid(Kind::Vm, self.vms.len() + snapshot.at());
        self.snapshots.push(SnapshotName { uuid, of, label: label.to_owned(), description: description.to_owned(), disks });
        Some(snapshot)
    }
    /// One more SR that only records have; `None` where there are as many as can be.
    pub fn add_sr_of_records(&mut self, uuid: String, name: String, kind: SrType) -> Option<SrId> {
        let sr = SrId(u16::try_from(self.srs.len()).ok()?);
        self.srs.push(SrName { name, uuid, kind, machine: None, nowhere: true });
        Some(sr)
    }
    /// A PBD is made anew: it has a UUID that none had before.
    pub fn renew_pbd(&mut self, machine: MachineId, sr: SrId) {
        let uuid = Inventory::uuid(Kind::Pbd, self.pbds_made.max(self.pbds.len()));
        self.pbds_made = self.pbds_made.max(self.pbds.len()) + 1;
        self.pbds.insert((machine, sr), uuid);
    }
    /// The UUID of the PBD that connects a host to an SR: it goes with the machine.
    pub fn pbd(&self, machine: MachineId, sr: SrId) -> &str {
        self.pbds.get(&(machine, sr)).map_or("", String::as_str)
    }
}
