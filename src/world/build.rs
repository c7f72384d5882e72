//! The one way to a world: the pool as it stands at 0, as plain data that is put together with plain calls, and the world
//! that it makes. Scenarios and the stages of tests alike go through here; each wing makes its own half of it. Knows no
//! file, and nothing that happens later.

use crate::base::draw::Stream;
use crate::base::ids::{HostId, MachineId, PoolId, SrId, VbdId, VdiId, VmId};
use crate::base::time::{Span, Time};
use crate::world::belief::{Database, PowerState};
use crate::world::inventory::{Inventory, Kind, Mode, SrName, SrType, VbdName, VdiName, VmName};
use crate::world::memory::xhad::KnownFaults;
use crate::world::memory::{Heard, Toolstack};
use crate::world::release::Release;
use crate::world::settings::Settings;
use crate::world::truth::Hardware;
use crate::world::{MAIN_POOL, World};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A role that a host may have at the start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum Role {
    Master,
    Member,
    Emergency,
}

impl Role {
    /// As scenarios and reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Role::Master => "master",
            Role::Member => "member",
            Role::Emergency => "emergency",
        }
    }
}

/// A machine at the start.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct HostStart {
    pub powered: bool,
    /// Whether the master's database has it.
    pub known: bool,
    pub live: bool,
    pub enabled: bool,
    pub role: Role,
    /// How old its copy of the database counts as: how long before 0 it was made.
    pub copy_age: Span,
}

/// A VM at the start.
#[derive(Clone, PartialEq, Debug)]
pub struct VmStart {
    /// In the database.
    pub power_state: PowerState,
    /// In the database.
    pub resident_on: Option<HostId>,
    /// Where domains of it run in truth.
    pub running_on: Vec<MachineId>,
}

impl VmStart {
    /// The SR on which the memory image of a VM lies that is suspended at 0: the pool's own.
    pub fn image_on(&self, pool: &Pool) -> Option<SrId> {
        pool.default_sr.filter(|_| self.power_state == PowerState::Suspended)
    }
}

/// A VDI at the start.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct VdiStart {
    /// Locks, the newest last.
    pub locks: Vec<(HostId, Mode)>,
    /// Believed: whether it is marked as paused.
    pub paused: bool,
    /// Believed: whether it is marked as being opened.
    pub activating: bool,
    /// Believed: whether its chain is marked as being changed.
    pub relinking: bool,
    /// Who has it open in truth, and for which VM if one of its domains there does.
    pub open_on: Vec<(MachineId, Mode, Option<VmId>)>,
}

/// High availability at the start: it has been on for long, and every live host is in the liveset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HaStart {
    /// The SR with the statefile.
    pub heartbeat_sr: SrId,
    /// The base timeout T, whole seconds.
    pub timeout: Span,
    /// How many failures are to be tolerated.
    pub failures_to_tolerate: u32,
    /// Whether operations may break the failover plan.
    pub allow_overcommit: bool,
    /// Which known faults the daemons have.
    pub known_faults: KnownFaults,
}

/// The pool at the start: every state is said here, derived ones included.
///
/// `Inventory::vms[..].phase` and `Inventory::machines[..].stream` depend on the seed and are put in when the world is made.
#[derive(Clone, PartialEq, Debug)]
pub struct Pool {
    /// What things are called. Host ids equal machine ids at the start.
    pub names: Inventory,
    /// The master of the start.
    pub master: MachineId,
    /// The pool's default SR, where it has one.
    pub default_sr: Option<SrId>,
    /// By machine.
    pub hosts: Vec<HostStart>,
    /// By VM.
    pub vms: Vec<VmStart>,
    /// By VDI.
    pub vdis: Vec<VdiStart>,
    /// Inventory of database dumps of the state at 0.
    pub dumps: Vec<String>,
    /// High availability, where it is on.
    pub ha: Option<HaStart>,
}

/// Putting a pool together by hand, where all is as it should be: the first host is the master, the first shared SR the
/// default one.
impl Pool {
    /// A pool without anything in it.
    pub fn empty(name: &str) -> Pool {
        Pool {
            names: Inventory { pool_name: name.into(), ..Inventory::default() },
            master: MachineId(0),
            default_sr: None,
            hosts: Vec::new(),
            vms: Vec::new(),
            vdis: Vec::new(),
            dumps: Vec::new(),
            ha: None,
        }
    }

    /// A host with power, live and enabled: the master if it is the first, else a member.
    pub fn add_host(&mut self, name: &str) -> MachineId {
        self.add_machine(name, false)
    }

    /// A machine that is installed and in no pool but its own.
    pub fn add_spare(&mut self, name: &str) -> MachineId {
        self.add_machine(name, true)
    }

    fn add_machine(&mut self, name: &str, spare: bool) -> MachineId {
        let at = self.hosts.len();
        let role = if spare || at == self.master.at() { Role::Master } else { Role::Member };
        self.hosts.push(HostStart { powered: true, known: !spare, live: !spare, enabled: true, role, copy_age: Span::ZERO });
        self.names.add_machine(name.into(), Inventory::uuid(Kind::Host, at), None, spare)
    }

    /// An SR: a shared one, or one in a machine.
    pub fn add_sr(&mut self, name: &str, kind: SrType, machine: Option<MachineId>) -> SrId {
        let sr = SrId(self.names.srs.len() as u16);
        self.names.srs.push(SrName { name: name.into(), uuid: Inventory::uuid(Kind::Sr, sr.at()), kind, machine, nowhere: false });
        if kind.shared() {
            self.default_sr.get_or_insert(sr);
        }
        sr
    }

    /// A halted VM without disks. Without `writes` it never writes.
    pub fn add_vm(&mut self, name: &str, writes: Option<Span>) -> VmId {
        let vm = VmId(self.names.vms.len() as u16);
        let uuid = Inventory::uuid(Kind::Vm, vm.at());
        self.names.vms.push(VmName { writes, ..VmName::plain(name.into(), uuid, Settings::default().vm_grace) });
        self.vms.push(VmStart { power_state: PowerState::Halted, resident_on: None, running_on: Vec::new() });
        vm
    }

    /// A disk of a VM, which attaches it for writing.
    pub fn add_disk(&mut self, vm: VmId, disk: &str, sr: SrId) -> VdiId {
        let vdi = VdiId(self.names.vdis.len() as u16);
        let name = format!("{}-{disk}", self.names.vm(vm));
        self.names.vdis.push(VdiName { name, uuid: Inventory::uuid(Kind::Vdi, vdi.at()), sr, vm });
        self.vdis.push(VdiStart::default());
        self.attach(vm, vdi, disk, Mode::Rw);
        vdi
    }

    /// A VM attaches a disk that is there, perhaps another's.
    pub fn attach(&mut self, vm: VmId, vdi: VdiId, disk: &str, mode: Mode) -> VbdId {
        let vbd = VbdId(self.names.vbds.len() as u16);
        self.names.vbds.push(VbdName { vm, vdi, disk: disk.into(), mode, uuid: Inventory::uuid(Kind::Vbd, vbd.at()), device: None });
        self.names.vms[vm.at()].vbds.push(vbd);
        vbd
    }

    /// A VM runs on a machine, by the database and in truth, with its disks open and locked. Its disks are declared before.
    pub fn run(&mut self, vm: VmId, machine: MachineId) {
        let host = HostId(machine.0);
        self.vms[vm.at()] = VmStart { power_state: PowerState::Running, resident_on: Some(host), running_on: vec![machine] };
        for vbd in &self.names.vms[vm.at()].vbds {
            let VbdName { vdi, mode, .. } = self.names.vbds[vbd.at()];
            self.vdis[vdi.at()].locks.push((host, mode));
            self.vdis[vdi.at()].open_on.push((machine, mode, Some(vm)));
        }
    }
}

impl Pool {
    /// The world as it is at 0: masters have been up for long, every copy of the database is alike, every host that is live
    /// counts as heard. The seed decides what is drawn.
    pub fn world(&self, settings: Arc<Settings>, release: Release, seed: u64) -> World {
        let mut names = self.names.clone();
        names.draw(seed);
        for vm in &mut names.vms {
            vm.overhead = if settings.memory_overhead { release.memory_overhead(vm.memory) } else { 0 };
        }
        if names.pools.is_empty() {
            names.pools.push(Inventory::uuid(Kind::Pool, MAIN_POOL.at()));
        }
        // A spare machine is a pool of its own.
        let spares = names.machine_ids().filter(|machine| names.machines[machine.at()].spare);
        let own_pools: BTreeMap<MachineId, PoolId> = spares.zip((1..).map(PoolId)).collect();
        names.pools.extend(own_pools.values().map(|pool| Inventory::uuid(Kind::Pool, pool.at())));
        names.connect();

        let db = Arc::new(Database::at_start(self, &names, release));
        let mut world = World {
            now: Time::ZERO,
            settings,
            release,
            hw: Hardware::at_start(self),
            stacks: Toolstack::at_start(self, &names, &db, &own_pools),
            heard: names.machine_ids().map(|machine| Heard::at_start(self, &db, machine)).collect(),
            names: Arc::new(names),
            dumps: self.dumps.iter().map(|name| (name.clone(), Arc::clone(&db))).collect(),
            first_master: self.master,
            ruled_last: self.master,
            fallen_sr_masters: self.fallen_sr_masters(),
            xhad_faults: self.ha.as_ref().map(|ha| ha.known_faults).unwrap_or_default(),
            without: None,
        };
        if let Some(ha) = &self.ha {
            world.ha_at_start(self.master, ha.heartbeat_sr, ha.timeout);
        }
        world
    }

    /// A machine that is off at 0 ruled its SRs when it stopped: the master the shared ones, each its own (M13).
    fn fallen_sr_masters(&self) -> BTreeSet<(SrId, HostId)> {
        let off = self.hosts.iter().zip(self.names.machine_ids());
        let off = off.filter(|(host, machine)| !host.powered && !self.names.machines[machine.at()].spare);
        off.flat_map(|(host, machine)| {
            let rules = move |sr: &SrId| match self.names.srs[sr.at()].machine {
                Some(owner) => owner == machine,
                None => host.role == Role::Master,
            };
            self.names.sr_ids().filter(rules).map(move |sr| (sr, HostId(machine.0)))
        })
        .collect()
    }
}

impl Inventory {
    /// Puts in what depends on the seed: where machines' draws come from, and when within its period each VM writes.
    fn draw(&mut self, seed: u64) {
        for machine in &mut self.machines {
            machine.stream = Stream::new(seed, "machine", &machine.name);
        }
        for vm in &mut self.vms {
            vm.phase = vm.writes.map_or(Span::ZERO, |period| Stream::new(seed, "writes", &vm.name).span(0, (Span::ZERO, period)));
        }
    }
}
