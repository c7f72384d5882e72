//! The world as a judge sees it at one instant: what several hazards ask for is looked up once. And what of it an event
//! may have changed, so that a hazard is asked again only then. Knows no hazard.

use crate::base::ids::{MachineId, PoolId, VdiId};
use crate::world::World;
use crate::world::event::Event;
use std::cell::OnceCell;

/// Parts of the world that a hazard reads or an event changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reads(u16);

impl Reads {
    /// Nothing that a hazard reads.
    pub const NOTHING: Reads = Reads(0);
    /// Who has a VDI open, and who wrote to it.
    pub const DISKS: Reads = Reads(1);
    /// Who reaches an SR: paths and power.
    pub const PATHS: Reads = Reads(1 << 1);
    /// Domains, and VMs that lost theirs.
    pub const GUESTS: Reads = Reads(1 << 2);
    /// Which toolstacks run, in what role, in which pool, on which installation; which database rules.
    pub const ROLES: Reads = Reads(1 << 3);
    /// Management links.
    pub const LINKS: Reads = Reads(1 << 4);
    /// Which hosts a master knows, and which it holds for alive.
    pub const HOSTS: Reads = Reads(1 << 5);
    /// VM records.
    pub const RECORDS: Reads = Reads(1 << 6);
    /// Locks.
    pub const LOCKS: Reads = Reads(1 << 7);
    /// PBDs and the default SR.
    pub const STORAGE: Reads = Reads(1 << 8);
    /// What the pool's record says of HA.
    pub const HA: Reads = Reads(1 << 9);
    /// All of it.
    pub const ALL: Reads = Reads(u16::MAX);

    /// Both.
    pub const fn and(self, other: Reads) -> Reads {
        Reads(self.0 | other.0)
    }
    /// Whether the two have a part in common.
    pub const fn meets(self, other: Reads) -> bool {
        self.0 & other.0 != 0
    }

    /// What an event may have changed. Every event is named, so that a new one has to be thought about.
    pub fn changed_by(event: &Event) -> Reads {
        match event {
            Event::StepBegan { .. }
            | Event::StepEnded { .. }
            | Event::Refused { .. }
            | Event::Degraded { .. }
            | Event::DegradedHealed { .. }
            | Event::WriteHeld { .. }
            | Event::DiskDamaged { .. }
            | Event::VbdsRecorded { .. }
            | Event::PausedCleared { .. }
            | Event::DumpWritten { .. }
            | Event::NeedlessMasterWord { .. }
            | Event::HaXapiRestarted { .. }
            | Event::RestartsHeld { .. } => Reads::NOTHING,
            Event::PowerLost { .. }
            | Event::PoweredOn { .. }
            | Event::Dom0Up { .. }
            | Event::Dom0Hung { .. }
            | Event::Dom0Back { .. }
            | Event::InstallBegan { .. }
            | Event::Installed { .. }
            | Event::XapiStopped { .. }
            | Event::XapiStarting { .. }
            | Event::XapiUp { .. }
            | Event::EmergencyMode { .. }
            | Event::ConfWritten { .. }
            | Event::Yielded { .. }
            | Event::JoinedMaster { .. }
            | Event::MasterRecorded { .. }
            | Event::CopyTaken { .. }
            | Event::DumpRestored { .. }
            | Event::HaDaemonStarted { .. }
            | Event::HaDaemonStopped { .. }
            | Event::HaDaemonCrashed { .. }
            | Event::HaJoined { .. }
            | Event::HaFaultBegan { .. }
            | Event::HaFaultEnded { .. }
            | Event::Fenced { .. }
            | Event::HaShrunk { .. }
            | Event::HaExcluded { .. }
            | Event::HaStatefileBack { .. }
            | Event::HaLossUnseen { .. }
            | Event::HaTakenBack { .. }
            | Event::HaMasterElected { .. }
            | Event::HaFollows { .. }
            | Event::HaMasterReady { .. }
            | Event::HaDisarmed { .. }
            | Event::HaSwitchedOff { .. }
            | Event::HaSwitchedOn { .. }
            | Event::HaDisabled { .. }
            | Event::BeganAfresh { .. }
            | Event::RedoLogRead { .. } => Reads::ALL,
            Event::Isolated { .. }
            | Event::Reconnected { .. }
            | Event::Partitioned { .. }
            | Event::PartitionHealed
            | Event::OneWay { .. }
            | Event::OneWayHealed { .. } => Reads::LINKS,
            Event::PathLost { .. } | Event::PathBack { .. } | Event::SrLost { .. } | Event::SrBack { .. } => Reads::PATHS,
            Event::DomainStarted { .. } | Event::DomainEnded { .. } | Event::DomainMoved { .. } => Reads::GUESTS.and(Reads::DISKS),
            Event::DiskOpened { .. } | Event::DiskClosed { .. } | Event::DiskWritten { .. } | Event::WroteLate { .. } => Reads::DISKS,
            // A member that its restarted master lets in again is enabled again.
            Event::HostMarkedDead { .. }
            | Event::HostMarkedAlive { .. }
            | Event::HostEnabled { .. }
            | Event::HostDisabled { .. }
            | Event::HostForgotten { .. }
            | Event::HostEjected { .. }
            | Event::HostJoined { .. } => Reads::HOSTS,
            Event::VmRecorded { .. } | Event::VmProtected { .. } | Event::VmReleased { .. } => Reads::RECORDS,
            Event::VmHaSet { .. } => Reads::RECORDS.and(Reads::HA),
            Event::ToleranceSet { .. }
            | Event::PlanRecorded { .. }
            | Event::VmRestarting { .. }
            | Event::VmRestarted { .. }
            | Event::VmRestartFailed { .. } => Reads::HA,
            Event::LockSet { .. } | Event::LockRemoved { .. } => Reads::LOCKS,
            Event::SrForgotten { .. } => Reads::STORAGE.and(Reads::LOCKS),
            Event::PbdRecorded { .. } | Event::PbdGone { .. } | Event::DefaultSrSet { .. } => Reads::STORAGE,
        }
    }
}

/// The world at one instant, with what was looked up in it.
pub struct Sight<'a> {
    /// The world.
    pub world: &'a World,
    masters: OnceCell<Vec<Vec<MachineId>>>,
    serving: OnceCell<Vec<MachineId>>,
    ruler: OnceCell<MachineId>,
}

impl<'a> Sight<'a> {
    /// Nothing is looked up yet.
    pub fn new(world: &'a World) -> Sight<'a> {
        Sight { world, masters: OnceCell::new(), serving: OnceCell::new(), ruler: OnceCell::new() }
    }

    /// The running masters of each pool, by pool, in the file's order.
    pub fn masters_by_pool(&self) -> &[Vec<MachineId>] {
        self.masters.get_or_init(|| {
            let mut by_pool = vec![Vec::new(); self.world.names.pools.len()];
            for machine in self.world.machines().filter(|m| self.world.is_master(*m)) {
                let pool: &mut Vec<MachineId> = &mut by_pool[self.world.pool_of(machine).at()];
                pool.push(machine);
            }
            by_pool
        })
    }

    /// The running masters of a machine's pool.
    pub fn masters_over(&self, machine: MachineId) -> &[MachineId] {
        let PoolId(pool) = self.world.pool_of(machine);
        &self.masters_by_pool()[usize::from(pool)]
    }

    /// The machines that run guests and reach a shared SR, in the file's order.
    pub fn serving(&self) -> &[MachineId] {
        self.serving.get_or_init(|| {
            let world = self.world;
            let mut runs_guests = vec![false; world.hw.machines().len()];
            for domain in world.hw.domains() {
                runs_guests[domain.machine.at()] = true;
            }
            let shared: Vec<_> = world.names.sr_ids().filter(|sr| world.names.srs[sr.at()].kind.shared()).collect();
            world.machines().filter(|m| runs_guests[m.at()] && shared.iter().any(|sr| world.reaches(*m, *sr))).collect()
        })
    }

    /// The machine whose database rules.
    pub fn ruler(&self) -> MachineId {
        *self.ruler.get_or_init(|| self.world.ruler())
    }
}

/// The machines that have a VDI open, sorted, each once.
pub fn openers(world: &World, vdi: VdiId) -> Vec<MachineId> {
    let mut machines: Vec<_> = world.hw.vdi(vdi).openers.iter().map(|opener| opener.machine).collect();
    machines.sort_unstable();
    machines.dedup();
    machines
}
