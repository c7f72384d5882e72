//! What is so: power, links, storage paths, running domains, VDIs held open, what lies on the disks. Knows nothing of any
//! database: nothing here has to be believed.

use crate::base::ids::{HostId, MachineId, SrId, VmId};
use crate::base::time::{Span, Time};
use crate::world::inventory::Mode;
use crate::world::truth::Statefile;
use std::collections::{BTreeMap, BTreeSet};

/// What a machine's power switch and firmware say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Power {
    Off,
    /// Switched on; domain 0 does not answer yet.
    Booting,
    On,
}

/// How a storage path fails.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Io {
    /// Requests fail at once.
    Error,
    /// Requests wait for ever.
    Hang,
}

/// A physical machine.
#[derive(Clone, PartialEq, Debug)]
pub struct Machine {
    /// Its power.
    pub power: Power,
    /// Domain 0 answers nothing; guests and their disks go on.
    pub hung: bool,
    /// The host that is installed on it now.
    pub host: HostId,
    /// How often it was switched on; draws and dues of earlier boots count no more.
    pub boot: u32,
    /// A fresh installation is under way.
    pub installing: bool,
    /// HA has reset it, and it has not been in a liveset since.
    pub fenced: bool,
    /// When the hypervisor resets it, since the daemon that fed its watchdogs is gone and did not disarm them.
    pub unfed: Option<Time>,
}

/// A running domain of a VM.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Domain {
    /// The VM.
    pub vm: VmId,
    /// Where it runs.
    pub machine: MachineId,
    /// When it was started. A live migration does not change it.
    pub started: Time,
}

/// A VDI held open on a machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Opener {
    /// Where.
    pub machine: MachineId,
    /// For which VM; `None` for one that a scenario declares without a domain.
    pub vm: Option<VmId>,
    /// How.
    pub mode: Mode,
    /// Since when.
    pub opened: Time,
    /// The version of the contents that it last read or wrote: what it believes to lie on the disk.
    pub seen: u64,
    /// When it last wrote while another had the VDI open (alone, its writes need no simulation).
    pub wrote: Option<Time>,
    /// Since when a write is held back because the path is lost.
    pub held_since: Option<Time>,
    /// Whether a write of it is due; it then says in which round it was asked for.
    pub write_due: bool,
}

impl Opener {
    /// An opener that has just read what lies there, in this version.
    pub(in crate::world::truth) fn new(machine: MachineId, vm: Option<VmId>, mode: Mode, opened: Time, seen: u64) -> Opener {
        Opener { machine, vm, mode, opened, seen, wrote: None, held_since: None, write_due: false }
    }
}

/// The first write by a host over a version that another had written since this one opened the VDI or last wrote it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Damage {
    /// When.
    pub at: Time,
    /// Who wrote.
    pub by: MachineId,
    /// Whose version was overwritten.
    pub over: MachineId,
}

/// What lies on a virtual disk, and who has it open.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct VdiTruth {
    /// Who has it open, oldest first.
    pub openers: Vec<Opener>,
    /// Counts the writes that another opener could have missed.
    pub version: u64,
    /// Who wrote the present version.
    pub writer: Option<MachineId>,
    /// The first damage.
    pub damage: Option<Damage>,
    /// When each machine last opened it for writing (hazard `late-write`).
    pub opened_rw: BTreeMap<MachineId, Time>,
}

/// How a machine's management links are degraded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Degraded {
    /// Latency instead of the setting's.
    pub latency: Option<(Span, Span)>,
    /// Chance in millionths that a heartbeat is lost.
    pub loss: u32,
}

/// The physical half of the world.
#[derive(Clone, PartialEq, Debug)]
pub struct Hardware {
    /// By machine.
    pub machines: Vec<Machine>,
    /// Machines whose management links to all others are cut.
    pub isolated: Vec<bool>,
    /// The group of each machine while the management network is partitioned.
    pub partition: Option<Vec<u16>>,
    /// Machines with bad links.
    pub degraded: BTreeMap<MachineId, Degraded>,
    /// Lost paths.
    pub lost_paths: BTreeMap<(MachineId, SrId), Io>,
    /// SRs that nobody reaches.
    pub lost_srs: BTreeMap<SrId, Io>,
    /// Running domains, by VM; more than one is a double run.
    pub domains: Vec<Vec<Domain>>,
    /// VDIs, by id.
    pub vdis: Vec<VdiTruth>,
    /// VMs that ran and lost their last domain without being shut down: since when.
    pub lost_vms: BTreeMap<VmId, Time>,
    /// Management links that lose every packet of one direction: from, to.
    pub one_way: BTreeSet<(MachineId, MachineId)>,
    /// The statefiles and redo logs of HA, by the SR that they lie on.
    pub statefiles: BTreeMap<SrId, Statefile>,
    /// Local SRs whose disks were reinitialised by a fresh installation or after an ejection: what lay on them is gone.
    pub wiped: BTreeSet<SrId>,
}
