//! What is so: power, links, storage paths, running domains, VDIs held open, what lies on the disks. Knows nothing of any
//! database: nothing here has to be believed.

use crate::base::chunks::Chunks;
use crate::base::few::Few;
use crate::base::ids::{HostId, MachineId, SrId, VdiId, VmId};
use crate::base::shared::Shared;
use crate::base::time::{Span, Time};
use crate::world::inventory::Mode;
use crate::world::truth::chains::Chains;
use crate::world::truth::statefile::Statefile;
use std::collections::{BTreeMap, BTreeSet};

/// What a machine's power switch and firmware say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
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
    /// When domain 0 of this boot was up; at the start of a scenario 0.
    pub up_at: Time,
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
    /// The guest stands still: it writes nothing and answers nothing.
    pub hung: bool,
    /// The hypervisor gives it no time: it was paused, or is being suspended.
    pub paused: bool,
}

impl Domain {
    /// Whether it writes nothing and waits for nothing, for whichever reason.
    pub fn stands_still(&self) -> bool {
        self.hung || self.paused
    }
}

/// What lies in a suspend image: the memory of a guest, at the instant in which it stood still.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImageTruth {
    /// On which SR it lies.
    pub sr: SrId,
    /// The disks that the guest writes to, and whether each was given to a running domain since. Its memory knows nothing of what that
    /// wrote.
    pub disks: BTreeMap<VdiId, bool>,
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
    /// As of which change of chains it has the disk's chain open.
    pub(super) chain: u64,
}

impl Opener {
    /// An opener that has just read what lies there, in this version.
    pub(super) fn new(machine: MachineId, vm: Option<VmId>, mode: Mode, opened: Time, seen: u64) -> Opener {
        Opener { machine, vm, mode, opened, seen, wrote: None, held_since: None, write_due: false, chain: 0 }
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
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct VdiTruth {
    /// Who has it open, oldest first.
    pub openers: Few<Opener>,
    /// Counts the writes that another opener could have missed.
    pub version: u64,
    /// Who wrote the present version.
    pub writer: Option<MachineId>,
    /// The first damage.
    pub damage: Option<Damage>,
    /// When each machine last opened it for writing, by machine (hazard `late-write`).
    pub opened_rw: Few<(MachineId, Time)>,
}

impl VdiTruth {
    /// A machine opens it for writing.
    pub(super) fn opens_rw(&mut self, machine: MachineId, at: Time) {
        match self.opened_rw.binary_search_by_key(&machine, |(other, _)| *other) {
            Ok(place) => self.opened_rw[place].1 = at,
            Err(place) => self.opened_rw.insert(place, (machine, at)),
        }
    }
    /// Whether more than one machine has it open.
    pub fn is_shared(&self) -> bool {
        self.openers.iter().any(|opener| opener.machine != self.openers[0].machine)
    }
    /// Whether a machine has it open.
    pub fn open_on(&self, machine: MachineId) -> bool {
        self.openers.iter().any(|opener| opener.machine == machine)
    }
}

/// How a machine's management links are degraded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Degraded {
    /// Latency instead of the setting's.
    pub latency: Option<(Span, Span)>,
    /// Chance in millionths that a heartbeat is lost.
    pub loss: u32,
}

/// The physical half of the world. Its fields are this wing's own: whoever changes one does it by a move of this wing, which
/// tells its event, so that nothing is cut, opened or switched off in silence.
#[derive(Clone, PartialEq, Debug)]
pub struct Hardware {
    /// By machine.
    pub(super) machines: Vec<Machine>,
    /// Machines whose management links to all others are cut.
    pub(super) isolated: Vec<bool>,
    /// The group of each machine while the management network is partitioned.
    pub(super) partition: Option<Vec<u16>>,
    /// Machines with bad links.
    pub(super) degraded: BTreeMap<MachineId, Degraded>,
    /// Lost paths.
    pub(super) lost_paths: BTreeMap<(MachineId, SrId), Io>,
    /// SRs that nobody reaches.
    pub(super) lost_srs: BTreeMap<SrId, Io>,
    /// Running domains, by VM; more than one is a double run.
    pub(super) domains: Chunks<Few<Domain>>,
    /// VDIs, by id.
    pub(super) vdis: Chunks<VdiTruth>,
    /// Which VDIs each machine has open: follows from the openers, and is kept so that nobody need look through all disks.
    pub(super) open_on: Pairs<VdiId>,
    /// Which VDIs several machines have open: follows likewise.
    pub(super) shared: BTreeSet<VdiId>,
    /// Domains that ended from inside and that xapi has not cleared away yet: their disks are still open. Whether each
    /// is to be started again in its place.
    pub(super) dead: BTreeMap<(MachineId, VmId), bool>,
    /// Which VMs have a domain on each machine: follows from the domains.
    pub(super) runs_on: Pairs<VmId>,
    /// Disks that a guest has given up on a machine: it has them read-only until it is started anew.
    pub(super) given_up: BTreeSet<(MachineId, VmId, VdiId)>,
    /// VMs that ran and lost their last domain without being shut down: since when.
    pub(super) lost_vms: BTreeMap<VmId, Time>,
    /// Management links that lose every packet of one direction: from, to.
    pub(super) one_way: BTreeSet<(MachineId, MachineId)>,
    /// The statefiles and redo logs of HA, by the SR that they lie on.
    pub(super) statefiles: BTreeMap<SrId, Shared<Statefile>>,
    /// The memory images of suspended VMs, by VM and number.
    pub(super) images: BTreeMap<(VmId, u32), ImageTruth>,
    /// How many images were ever written.
    pub(super) images_made: u32,
    /// Local SRs whose disks were reinitialised by a fresh installation or after an ejection: what lay on them is gone.
    pub(super) wiped: BTreeSet<SrId>,
    /// The chains of disks that snapshots were taken of, and who is at work on them.
    pub(super) chains: Chains,
}

/// What is so, to be read by whoever likes.
impl Hardware {
    /// A machine.
    pub fn machine(&self, machine: MachineId) -> &Machine {
        &self.machines[machine.at()]
    }
    /// All machines, by id.
    pub fn machines(&self) -> &[Machine] {
        &self.machines
    }
    /// Whether a machine's management links to all others are cut.
    pub fn is_isolated(&self, machine: MachineId) -> bool {
        self.isolated[machine.at()]
    }
    /// The group of each machine while the management network is partitioned.
    pub fn partition(&self) -> Option<&[u16]> {
        self.partition.as_deref()
    }
    /// How a machine's links are bad, if they are.
    pub fn degraded(&self, machine: MachineId) -> Option<&Degraded> {
        self.degraded.get(&machine)
    }
    /// Management links that lose every packet of one direction: from, to.
    pub fn one_way(&self) -> &BTreeSet<(MachineId, MachineId)> {
        &self.one_way
    }
    /// The domains of a VM, in the order of their starts; more than one is a double run.
    pub fn domains_of(&self, vm: VmId) -> &[Domain] {
        &self.domains[vm.at()]
    }
    /// The VMs with a domain on a machine, in order.
    pub fn guests(&self, machine: MachineId) -> impl Iterator<Item = VmId> + '_ {
        self.runs_on.of(machine)
    }
    /// The VDIs that a machine has open, in order.
    pub fn open_vdis(&self, machine: MachineId) -> impl Iterator<Item = VdiId> + '_ {
        self.open_on.of(machine)
    }
    /// All running domains, by VM.
    pub fn domains(&self) -> impl Iterator<Item = &Domain> {
        self.domains.iter().flatten()
    }
    /// Whether a VM's domain on a machine ended from inside and was not cleared away, and then whether it is to be started again.
    pub fn dead_domain(&self, machine: MachineId, vm: VmId) -> Option<bool> {
        self.dead.get(&(machine, vm)).copied()
    }
    /// A VDI.
    pub fn vdi(&self, vdi: VdiId) -> &VdiTruth {
        &self.vdis[vdi.at()]
    }
    /// VMs that ran and lost their last domain without being shut down: since when.
    pub fn lost_vms(&self) -> &BTreeMap<VmId, Time> {
        &self.lost_vms
    }
    /// Whether a guest on a machine has given a disk up, and has it read-only until it is started anew.
    pub fn has_given_up(&self, machine: MachineId, vm: VmId, vdi: VdiId) -> bool {
        self.given_up.contains(&(machine, vm, vdi))
    }
    /// Whether every machine reaches every SR, as far as paths go, and no guest has given a disk up.
    pub fn disks_are_in_reach(&self) -> bool {
        self.lost_paths.is_empty() && self.lost_srs.is_empty() && self.given_up.is_empty()
    }
    /// The statefile on an SR, whoever reaches it.
    pub fn statefile(&self, sr: SrId) -> Option<&Statefile> {
        self.statefiles.get(&sr).map(|file| &**file)
    }
    /// Whether all is as elsewhere but what lies on heartbeat SRs, where daemons write all the time.
    pub fn is_but_for_statefiles(&self, other: &Hardware) -> bool {
        *self == Hardware { statefiles: self.statefiles.clone(), ..other.clone() }
    }
    /// What lies in a suspend image of a VM, if it is there.
    pub fn image(&self, vm: VmId, number: u32) -> Option<&ImageTruth> {
        self.images.get(&(vm, number)).filter(|image| !self.is_wiped(image.sr))
    }
    /// Whether the disks of a local SR were reinitialised.
    pub fn is_wiped(&self, sr: SrId) -> bool {
        self.wiped.contains(&sr)
    }
}

/// Who has what, by machine and then by the other's id: a sorted list, since it is cloned more often than changed.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Pairs<T>(Vec<(MachineId, T)>);

impl<T: Copy + Ord> Pairs<T> {
    /// A list of pairs in any order.
    pub fn new(pairs: impl Iterator<Item = (MachineId, T)>) -> Pairs<T> {
        let mut all: Vec<_> = pairs.collect();
        all.sort_unstable();
        all.dedup();
        Pairs(all)
    }
    /// One more.
    pub fn insert(&mut self, machine: MachineId, what: T) {
        if let Err(at) = self.0.binary_search(&(machine, what)) {
            self.0.insert(at, (machine, what));
        }
    }
    /// One less.
    pub fn remove(&mut self, machine: MachineId, what: T) {
        if let Ok(at) = self.0.binary_search(&(machine, what)) {
            self.0.remove(at);
        }
    }
    /// What a machine has, in order.
    pub fn of(&self, machine: MachineId) -> impl Iterator<Item = T> + '_ {
        let first = self.0.partition_point(|(other, _)| *other < machine);
        self.0[first..].iter().take_while(move |(other, _)| *other == machine).map(|(_, what)| *what)
    }
}
