//! What is believed: a pool database as xapi keeps it. A plain value; every host has a copy of its own, as in life. Knows
//! nothing of hardware: nothing here has to be so.

use crate::base::chunks::{ChunkMap, Chunks, Naming};
use crate::base::ids::{HostId, PoolId, SnapshotId, SrId, VbdId, VdiId, VmId};
use crate::world::belief::notes::Notes;
use crate::world::belief::{PoolHa, VmHa};
use crate::world::inventory::{Inventory, Mode};
use std::sync::Arc;

/// How a host can be switched on from afar (`host.power_on_mode`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PowerOn {
    /// Not at all, as after the installation.
    #[default]
    Disabled,
    /// By a packet over the management network.
    WakeOnLan,
    /// By the machine's own controller, with its name.
    Controller(&'static str),
    /// By a script of the operator's.
    Custom,
}

impl PowerOn {
    const CONTROLLERS: [&'static str; 3] = ["iLO", "DRAC", "IPMI"];

    /// The mode of this word.
    pub fn named(word: &str) -> PowerOn {
        match (word, PowerOn::CONTROLLERS.into_iter().find(|name| *name == word)) {
            ("", _) => PowerOn::Disabled,
            ("wake-on-lan", _) => PowerOn::WakeOnLan,
            (_, Some(name)) => PowerOn::Controller(name),
            _ => PowerOn::Custom,
        }
    }
    /// As `xe` shows it.
    pub fn name(self) -> &'static str {
        match self {
            PowerOn::Disabled => "",
            PowerOn::WakeOnLan => "wake-on-lan",
            PowerOn::Controller(name) => name,
            PowerOn::Custom => "custom",
        }
    }
}

/// A host's record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostRecord {
    /// `host.enabled`: VMs may be placed there.
    pub enabled: bool,
    /// `host_metrics.live`: the master holds it for alive.
    pub live: bool,
    /// `host.power_on_mode`.
    pub power_on: PowerOn,
    /// `host.address`: which of its machine's addresses is written down, by how often that was renumbered.
    pub renumbered: u8,
}

impl HostRecord {
    /// A host as it is written down first.
    pub fn new(enabled: bool, live: bool) -> HostRecord {
        HostRecord { enabled, live, power_on: PowerOn::Disabled, renumbered: 0 }
    }
}

/// A VM's power state as the database has it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum PowerState {
    Halted,
    Running,
    /// Its domain is there, and does not run.
    Paused,
    /// Its memory lies on a disk, and it has no domain.
    Suspended,
}

impl PowerState {
    /// As `xe` shows it.
    pub fn name(self) -> &'static str {
        match self {
            PowerState::Halted => "halted",
            PowerState::Running => "running",
            PowerState::Paused => "paused",
            PowerState::Suspended => "suspended",
        }
    }
    /// Whether such a VM has a domain somewhere, and a host to ask for it (dbsync_slave.ml, power_states_where_domain_exists).
    pub fn has_domain(self) -> bool {
        matches!(self, PowerState::Running | PowerState::Paused)
    }
    /// Whether its VBDs count as attached: those of a suspended VM do, for it must have them again (vmops.ml, destroy with
    /// clear_currently_attached false).
    pub fn keeps_disks(self) -> bool {
        self != PowerState::Halted
    }
}

/// The memory of a suspended VM, as its record names it (`VM.suspend_VDI`): a VDI of its own, which only that VM needs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Image {
    /// The SR on which it lies.
    pub sr: SrId,
    /// Which of all images that were ever written it is.
    pub number: u32,
}

/// A VM's record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VmRecord {
    /// Whether it is believed to run.
    pub power_state: PowerState,
    /// Where it is believed to run.
    pub resident_on: Option<HostId>,
    /// Its memory image, from its suspension until it is resumed or shut down.
    pub image: Option<Image>,
}

/// Where it is believed to run.
impl Naming for Option<VmRecord> {
    fn hosts(&self) -> impl Iterator<Item = HostId> {
        self.iter().filter_map(|vm| vm.resident_on)
    }
}

/// A VDI's record.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct VdiRecord {
    /// The `host_…` keys of its sm-config: who is believed to have it open. The newest stands last and is met first.
    pub locks: Vec<(HostId, Mode)>,
    /// The `paused` key of its sm-config.
    pub paused: bool,
    /// Its `activating` key, of later storage managers: a host is opening it.
    pub activating: bool,
    /// Its `relinking` key, of later storage managers: its chain is being changed.
    pub relinking: bool,
    /// `VDI.snapshot_of`: what it is a snapshot of.
    pub snapshot_of: Option<VdiId>,
    /// Its name-label, where it is not the one that the pool began with.
    pub label: Option<Arc<str>>,
}

impl VdiRecord {
    /// The lock of one host.
    pub fn lock_of(&self, host: HostId) -> Option<Mode> {
        self.locks.iter().find(|(holder, _)| *holder == host).map(|(_, mode)| *mode)
    }
}

/// Who is believed to have it open.
impl Naming for Option<VdiRecord> {
    fn hosts(&self) -> impl Iterator<Item = HostId> {
        self.iter().flat_map(|vdi| vdi.locks.iter().map(|(host, _)| *host))
    }
}

/// An SR's record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SrRecord {
    /// `SR.shared`: every host may plug it at once.
    pub shared: bool,
    /// Its name-label, where it is not the one that the pool began with.
    pub label: Option<Arc<str>>,
}

/// A VBD's record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VbdRecord {
    /// `VBD.currently_attached`.
    pub attached: bool,
    /// Whether it was ever attached, and so has a `device`.
    pub had_device: bool,
}

/// One copy of a pool database. Records of VMs, VDIs and VBDs are arenas by id; `None` is "no such record". What grows with the
/// pool lies in chunks that copies share: each member that joins is a change of the master's and a copy of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Database {
    /// Counts changes; a member whose copy has the same generation needs no new one (slave_backup.ml).
    pub generation: u64,
    /// The pool's UUID.
    pub pool: PoolId,
    /// `pool.master`.
    pub master: HostId,
    /// `pool.default-SR`.
    pub default_sr: Option<SrId>,
    /// Hosts, by id.
    pub hosts: ChunkMap<HostId, HostRecord>,
    /// SRs, by id.
    pub srs: Vec<Option<SrRecord>>,
    /// PBDs: whether the database has them plugged.
    pub pbds: ChunkMap<(HostId, SrId), bool>,
    /// VMs, by id.
    pub vms: Chunks<Option<VmRecord>>,
    /// VDIs, by id.
    pub vdis: Chunks<Option<VdiRecord>>,
    /// VBDs, by id.
    pub vbds: Chunks<Option<VbdRecord>>,
    /// `VM.ha_always_run`, by id: the operator wants it to run (set by a start, cleared by a shutdown).
    pub always_run: Chunks<bool>,
    /// What the pool's record says of HA.
    pub ha: PoolHa,
    /// The snapshots of VMs, in order.
    pub snapshots: Vec<SnapshotId>,
    /// Fields that were set and that nothing hangs on.
    pub notes: Notes,
}

impl Database {
    /// A host's record.
    pub fn host(&self, host: HostId) -> Option<&HostRecord> {
        self.hosts.get(&host)
    }
    /// Whether the database knows the host and holds it for alive.
    pub fn live(&self, host: HostId) -> bool {
        self.host(host).is_some_and(|record| record.live)
    }
    /// A VM's record.
    pub fn vm(&self, vm: VmId) -> Option<&VmRecord> {
        self.vms.get(vm.at()).and_then(Option::as_ref)
    }
    /// A VDI's record.
    pub fn vdi(&self, vdi: VdiId) -> Option<&VdiRecord> {
        self.vdis.get(vdi.at()).and_then(Option::as_ref)
    }
    /// Whether the database has this PBD plugged.
    pub fn plugged(&self, host: HostId, sr: SrId) -> bool {
        self.pbds.get(&(host, sr)).copied().unwrap_or(false)
    }
    /// An SR's record.
    pub fn sr(&self, sr: SrId) -> Option<&SrRecord> {
        self.srs.get(sr.at()).and_then(Option::as_ref)
    }
    /// A VBD's record.
    pub fn vbd(&self, vbd: VbdId) -> Option<VbdRecord> {
        self.vbds.get(vbd.at()).copied().flatten()
    }
    /// The SR for memory images, if the database has it: the pool's `suspend-image-SR`, which XenCenter sets together with the
    /// default SR (helpers.ml, choose_suspend_sr).
    pub fn suspend_image_sr(&self) -> Option<SrId> {
        self.default_sr.filter(|sr| self.sr(*sr).is_some())
    }
    /// Whether the database has this VBD attached.
    pub fn attached(&self, vbd: VbdId) -> bool {
        self.vbd(vbd).is_some_and(|record| record.attached)
    }
    /// The VBDs of a VM, in the order in which they are attached.
    pub fn vbds_of<'a>(&'a self, names: &'a Inventory, vm: VmId) -> impl Iterator<Item = VbdId> + 'a {
        names.vms[vm.at()].vbds.iter().copied().filter(|vbd| self.vbd(*vbd).is_some())
    }
    /// What a VDI is called.
    pub fn vdi_label<'a>(&'a self, names: &'a Inventory, vdi: VdiId) -> &'a str {
        self.vdi(vdi).and_then(|record| record.label.as_deref()).unwrap_or_else(|| names.vdi(vdi))
    }
    /// What an SR is called.
    pub fn sr_label<'a>(&'a self, names: &'a Inventory, sr: SrId) -> &'a str {
        self.sr(sr).and_then(|record| record.label.as_deref()).unwrap_or_else(|| names.sr(sr))
    }
    /// Whether the database has an SR, and has it as shared.
    pub fn shares(&self, sr: SrId) -> bool {
        self.sr(sr).is_some_and(|record| record.shared)
    }
    /// What a VM's record says of HA.
    pub fn vm_ha(&self, names: &Inventory, vm: VmId) -> VmHa {
        let name = &names.vms[vm.at()];
        let at_start = VmHa { priority: name.protection, order: name.order.map(u64::from), start_delay: name.start_delay };
        self.ha.vms.get(&vm).copied().unwrap_or(at_start)
    }
    /// The VMs whose record says that they run on a host.
    pub fn residents(&self, host: HostId) -> impl Iterator<Item = VmId> + '_ {
        let resident = move |vm: &Option<VmRecord>| vm.as_ref().is_some_and(|vm| vm.resident_on == Some(host));
        self.vms.near(host).filter(move |(_, vm)| resident(vm)).map(|(at, _)| VmId(at as u16))
    }
    /// The VDIs with a lock of a host, in order.
    pub fn locked_for(&self, host: HostId) -> impl Iterator<Item = VdiId> + '_ {
        let locked = move |vdi: &Option<VdiRecord>| vdi.as_ref().is_some_and(|vdi| vdi.lock_of(host).is_some());
        self.vdis.near(host).filter(move |(_, vdi)| locked(vdi)).map(|(at, _)| VdiId(at as u16))
    }
    /// Whether two copies agree in all that a promotion may lose: which hosts exist, VMs' power-state and resident-on,
    /// VBDs, locks, PBDs, the default SR (hazard `stale-database`).
    pub fn agrees_with(&self, other: &Database) -> bool {
        self.hosts.keys().eq(other.hosts.keys())
            && self.vms == other.vms
            && (0..self.vbds.len().max(other.vbds.len()) as u16).map(VbdId).all(|vbd| {
                let attached = |db: &Database| db.vbd(vbd).map(|record| record.attached);
                attached(self) == attached(other)
            })
            && self.pbds == other.pbds
            && self.default_sr == other.default_sr
            && (0..self.vdis.len().max(other.vdis.len()) as u16).map(VdiId).all(|vdi| {
                // A snapshot that only one of them knows has no locks to lose.
                let locks = |db: &Database| db.vdi(vdi).filter(|record| record.snapshot_of.is_none()).map(|record| record.locks.clone());
                locks(self) == locks(other)
            })
    }
}
