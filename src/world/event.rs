//! What was: everything that changed in what is so or in what is believed. Heartbeats, checks and copies that change
//! nothing are not events. Knows no names: reports put them in.

use crate::base::ids::{HostId, MachineId, PoolId, SrId, VdiId, VmId};
use crate::base::time::Span;
use crate::world::belief::PowerState;
use crate::world::belief::Protection;
use crate::world::errors::ApiError;
use crate::world::inventory::Mode;
use crate::world::memory::PoolConf;
use crate::world::memory::survival::Rule;
use crate::world::memory::xhad::{Exit, FenceCause};
use crate::world::truth::Io;

/// How a step came out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Status {
    Ok,
    Error,
    Hung,
    GivenUp,
    Skipped,
    NotBegun,
}

impl Status {
    /// All of them.
    pub const ALL: [Status; 6] = [Status::Ok, Status::Error, Status::Hung, Status::GivenUp, Status::Skipped, Status::NotBegun];

    /// As scenarios and reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Error => "error",
            Status::Hung => "hung",
            Status::GivenUp => "given-up",
            Status::Skipped => "skipped",
            Status::NotBegun => "not-begun",
        }
    }
}

/// Why a domain or an open disk ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ending {
    /// Its machine lost power.
    Power,
    /// Somebody shut it down.
    Shutdown,
    /// xapi destroyed it at its start, since the database has no such VM (dbsync_slave.ml).
    Destroyed,
}

/// The number of a step within a case: the timeline's first, then the world's, then the recovery's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StepIx(pub u16);

/// Something that changed. `by` is the machine whose copy of the database changed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Event {
    // Steps.
    StepBegan { step: StepIx },
    StepEnded { step: StepIx, status: Status },
    Refused { step: StepIx, error: ApiError },

    // What is so: machines and wires.
    PowerLost { machine: MachineId },
    PoweredOn { machine: MachineId },
    Dom0Up { machine: MachineId },
    Dom0Hung { machine: MachineId },
    Dom0Back { machine: MachineId },
    Isolated { machine: MachineId },
    Reconnected { machine: MachineId },
    Partitioned { groups: Vec<u16> },
    PartitionHealed,
    Degraded { machine: MachineId, loss: u32 },
    DegradedHealed { machine: MachineId },
    PathLost { machine: MachineId, sr: SrId, io: Io },
    PathBack { machine: MachineId, sr: SrId },
    SrLost { sr: SrId, io: Io },
    SrBack { sr: SrId },
    InstallBegan { machine: MachineId },
    Installed { machine: MachineId, host: HostId, pool: PoolId },

    // What is so: toolstacks.
    XapiStopped { machine: MachineId },
    XapiStarting { machine: MachineId },
    XapiUp { machine: MachineId, master: bool },
    EmergencyMode { machine: MachineId, code: &'static str },
    ConfWritten { machine: MachineId, conf: PoolConf },
    Yielded { machine: MachineId, to: MachineId },
    JoinedMaster { machine: MachineId, master: MachineId },

    // What is so: guests and disks.
    DomainStarted { vm: VmId, machine: MachineId },
    DomainEnded { vm: VmId, machine: MachineId, ending: Ending },
    DomainMoved { vm: VmId, from: MachineId, to: MachineId },
    DiskOpened { vdi: VdiId, machine: MachineId, mode: Mode },
    DiskClosed { vdi: VdiId, machine: MachineId },
    DiskWritten { vdi: VdiId, machine: MachineId },
    WriteHeld { vdi: VdiId, machine: MachineId },
    WroteLate { vdi: VdiId, machine: MachineId, over: Option<MachineId> },
    DiskDamaged { vdi: VdiId, by: MachineId, over: MachineId },

    // What is believed.
    HostMarkedDead { by: MachineId, host: HostId },
    HostMarkedAlive { by: MachineId, host: HostId },
    HostEnabled { by: MachineId, host: HostId },
    HostDisabled { by: MachineId, host: HostId },
    HostForgotten { by: MachineId, host: HostId },
    HostJoined { by: MachineId, host: HostId },
    MasterRecorded { by: MachineId, host: HostId },
    VmRecorded { by: MachineId, vm: VmId, power_state: PowerState, resident_on: Option<HostId> },
    VbdsRecorded { by: MachineId, vm: VmId, attached: bool },
    LockSet { by: MachineId, vdi: VdiId, host: HostId, mode: Mode },
    LockRemoved { by: MachineId, vdi: VdiId, host: HostId },
    PausedCleared { by: MachineId, vdi: VdiId },
    PbdRecorded { by: MachineId, host: HostId, sr: SrId, plugged: bool },
    PbdGone { by: MachineId, host: HostId, sr: SrId },
    DefaultSrSet { by: MachineId, sr: Option<SrId> },
    CopyTaken { machine: MachineId, from: MachineId },
    DumpWritten { by: MachineId, file: String },
    DumpRestored { machine: MachineId, file: String },
    NeedlessMasterWord { by: MachineId, sr: SrId, host: HostId },

    // What is so: one direction of a link.
    OneWay { from: MachineId, to: MachineId },
    OneWayHealed { from: MachineId, to: MachineId },

    // What is so: high availability.
    HaDaemonStarted { machine: MachineId },
    HaDaemonStopped { machine: MachineId, why: Exit },
    HaJoined { machine: MachineId, liveset: Vec<HostId>, took: Span },
    HaFaultBegan { machine: MachineId, unheard: Vec<HostId>, stopped: Vec<HostId>, own_statefile: bool, silent: Span },
    HaFaultEnded { machine: MachineId, survives: bool, rule: Rule, agreed: bool, took: Span, wait: Span },
    Fenced { machine: MachineId, why: FenceCause },
    HaShrunk { machine: MachineId, gone: Vec<HostId>, took: Span },
    HaExcluded { machine: MachineId, gone: Vec<HostId> },
    HaStatefileBack { machine: MachineId },
    HaLossUnseen { machine: MachineId, stopped: Vec<HostId>, own_statefile: bool },
    HaTakenBack { machine: MachineId, back: Vec<HostId> },
    HaMasterElected { machine: MachineId, over: Option<HostId>, unheard: Option<Span> },
    HaFollows { machine: MachineId, master: MachineId },
    HaMasterReady { machine: MachineId, waited: Span },
    HaDisarmed { machine: MachineId },
    HaSwitchedOff { by: MachineId },
    HaXapiRestarted { machine: MachineId },
    RedoLogRead { machine: MachineId },

    // What is believed of HA: protection, the plan, restarts.
    HaSwitchedOn { by: MachineId, sr: SrId },
    HaDisabled { by: MachineId },
    VmProtected { by: MachineId, vm: VmId },
    VmReleased { by: MachineId, vm: VmId },
    ToleranceSet { by: MachineId, failures: u32, allow_overcommit: bool },
    PlanRecorded { by: MachineId, exists_for: u32, overcommitted: bool },
    RestartsHeld { by: MachineId, span: Span },
    VmRestarting { by: MachineId, vm: VmId, host: HostId, protection: Protection },
    VmRestarted { by: MachineId, vm: VmId, host: HostId, down: Option<Span> },
    VmRestartFailed { by: MachineId, vm: VmId, code: &'static str },

    // An ejection: two beliefs, then what is so.
    HostEjected { by: MachineId, host: HostId },
    SrForgotten { by: MachineId, sr: SrId },
    BeganAfresh { machine: MachineId, host: HostId, pool: PoolId },

    // What is believed of a VM and HA.
    VmHaSet { by: MachineId, vm: VmId, priority: Option<Protection>, order: Option<u64>, start_delay: Span },

    // What is so: the membership daemon dies.
    HaDaemonCrashed { machine: MachineId, reset_in: Span },
}
