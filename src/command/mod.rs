//! What the operator types: the shell's grammar, then one file a command.
//!
//! A line is read ([`shell`]), its words are resolved to a [`Typed`] command, the command is admitted (is there an xapi,
//! a master, an answer?), checked when it begins and committed when it ends. Knows no scenario, no engine, no hazard.

mod args;
mod batch;
mod complaints;
mod dead_host;
mod examine;
mod frame;
mod known;
mod names;
mod objects;
mod params;
mod print;
mod reach;
pub mod shell;
pub mod stages;
mod values;
mod words;

mod beside;
mod fields;
mod help;
mod host_declare_dead;
mod host_emergency;
mod host_emergency_ha_disable;
mod host_evacuate;
mod host_forget;
mod host_power;
mod host_power_on;
mod host_switch;
mod list;
mod pbd;
mod pbd_create;
mod pbd_destroy;
mod pool_database;
mod pool_designate;
mod pool_eject;
mod pool_emergency;
mod pool_ha_compute;
mod pool_ha_disable;
mod pool_ha_enable;
mod pool_ha_prevent;
mod pool_join;
mod pool_param_set;
mod pool_recover;
mod resetvdis;
pub mod script;
mod simple;
mod snapshot_uninstall;
mod sr_forget;
mod sr_introduce;
mod sr_scan;
mod toolstack;
mod vbd_create;
mod vbd_destroy;
mod vbd_plug;
mod vbd_unplug;
mod vdi_destroy;
mod vdi_forget;
mod vm_destroy;
mod vm_disk_list;
mod vm_migrate;
mod vm_param_set;
mod vm_pause;
mod vm_place;
mod vm_reboot;
mod vm_reset;
mod vm_resume;
mod vm_shutdown;
mod vm_snapshot;
mod vm_start;
mod vm_suspend;

#[cfg(test)]
mod tests;

pub use complaints::{COMPLAINTS, ComplaintDoc};
pub use examine::{Complaint, Ground, examine};
pub use frame::{Typed, typed};
pub use known::{is_command, reads, stands_alone};
pub use names::is_device;
pub use names::{known as names_an_object, value as uuid_of};

use crate::base::ids::{MachineId, SrId, VmId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;
use crate::world::release::{Release, Version};
use stages::Stage;

/// Where a command acts: whose console it was typed on, and whose xapi (and database) carries it out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seat {
    /// The machine of the console.
    pub console: MachineId,
    /// The machine whose xapi executes it: the console's own, or its master.
    pub executor: MachineId,
}

/// What the console shows of a command that has ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Output {
    /// Standard output and error as the console shows them, with their final newline.
    pub text: String,
    /// The exit status.
    pub exit: i32,
    /// The API error, if the pool refused.
    pub error: Option<ApiError>,
}

/// A line as it was run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ran {
    /// The command's name as in [`COMMANDS`]; `None` where the words were none, or lacked what it can't be without.
    pub command: Option<&'static str>,
    /// What it was for.
    pub target: Target,
    /// The line with the names put in.
    pub text: String,
}

/// What a command was for, where that is an object: who was meant when it was typed, whether or not a database knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Target {
    /// Nothing in particular, or something that does not exist.
    #[default]
    None,
    /// A host: the machine that it is, or was, installed on.
    Host(MachineId),
    /// A VM.
    Vm(VmId),
    /// The connection of a host to an SR.
    Pbd(MachineId, SrId),
    /// The locks of a host on an SR, and whether it was said to have been the SR's master.
    Locks {
        /// Whose locks.
        host: Option<MachineId>,
        /// On which SR.
        sr: Option<SrId>,
        /// Whether the word `master` was said.
        master: bool,
    },
}

impl From<Option<MachineId>> for Target {
    fn from(host: Option<MachineId>) -> Target {
        host.map_or(Target::None, Target::Host)
    }
}

/// Whether a command gets anybody to talk to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Admission {
    /// Yes.
    Go(Seat),
    /// It ends at once with this output.
    Refuse(Output),
    /// Its master does not answer: it waits, and is asked for again later.
    Wait,
}

/// What a command's check says when it begins. A check sees `&World`: a refusal cannot have changed anything.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Check {
    /// It will be committed after this span.
    Go(Span),
    /// It is refused; `after` is how long it took to find out (a connection that nobody answers).
    Refuse {
        /// What it shows.
        output: Output,
        /// How long it takes.
        after: Span,
    },
}

/// How a commit went. What no longer holds since the check makes it fail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Progress {
    /// It ended, well or not; on a failure everything taken was let go of again.
    Ended(Output),
    /// It asks again after this span (a paused disk).
    Again(Span),
    /// It asks again after this span, and for ever: to whoever waits for it, it hangs (`pool-ha-disable`).
    Retries(Span),
    /// It hangs (storage that does not answer); it is tried again when something changes.
    Hangs,
    /// It waits for its turn; it is tried again when something changes, and after this span at the latest.
    Waits(Span),
}

/// A command: checked with `&`, committed with `&mut`.
pub trait Operation {
    /// Its checks, in the real order. What it finds (the objects that were selected) it remembers for the commit.
    fn check(&mut self, world: &World, seat: Seat) -> Check;
    /// Its effects, at its end; begins by checking again what may have changed.
    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress;
    /// What it is for, by its words.
    fn target(&self, _world: &World) -> Target {
        Target::None
    }
    /// The VM that it is working on, which others then find busy (OTHER_OPERATION_IN_PROGRESS).
    fn claim(&self) -> Option<VmId> {
        None
    }
    /// The stage that it is in, where it has any and has begun.
    fn stage(&self) -> Option<&'static str> {
        None
    }
    /// Whoever carries it out is gone in the middle of it: what other machines make of what they have of it.
    fn orphaned(&mut self, _world: &mut World, _fx: &mut Effects, _seat: Seat) {}
}

/// What `explain` says of a command.
#[derive(Clone, Copy, Debug)]
pub struct CommandDoc {
    /// Its name: behind `xe`, or as it is typed beside it.
    pub name: &'static str,
    /// How it is typed.
    pub synopsis: &'static str,
    /// What it does, its checks in order, its dangers.
    pub doc: &'static str,
    /// A line that a scenario can have.
    pub example: &'static str,
    /// The release of the code that it came with; `None` where it is as old as all that is simulated.
    pub since: Option<Version>,
    /// The last release that had it.
    pub until: Option<Version>,
    /// What it goes through, in order, where it takes long.
    pub stages: &'static [Stage],
}

impl CommandDoc {
    /// The rest of a doc: a command that every release has.
    const ALWAYS: CommandDoc = CommandDoc { name: "", synopsis: "", doc: "", example: "", since: None, until: None, stages: &[] };
}

/// What becomes of keys that a command does not name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Rest {
    /// They are ignored without a word.
    Ignored,
    /// They filter VMs, and select them so.
    Vms,
    /// They filter hosts, and select them so.
    Hosts,
    /// They filter a list.
    List(objects::Class),
    /// They name fields to set.
    Set(objects::Class),
    /// They are keys for a map, with their values.
    Entries,
}

/// How a command reads its keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Grammar {
    /// Keys that it can't be without, in the order in which they are missed.
    required: &'static [&'static str],
    /// Keys that it reads besides.
    optional: &'static [&'static str],
    /// All other keys.
    rest: Rest,
    /// Carried out by the contacted host without a login: works on members and in emergency mode.
    local: bool,
    /// Asks to type yes unless it is forced.
    asks: bool,
}

impl Grammar {
    /// These keys and no others.
    const fn keys(required: &'static [&'static str], optional: &'static [&'static str]) -> Grammar {
        Grammar { required, optional, rest: Rest::Ignored, local: false, asks: false }
    }
}

/// A command's header, and how it is made from its keys.
trait Command: Operation + Sized {
    const DOC: CommandDoc;
    const GRAMMAR: Grammar;
    /// How a release reads its keys, where releases differ.
    fn grammar(_release: Release) -> Grammar {
        Self::GRAMMAR
    }
    fn new(args: args::Args) -> Self;
}

macro_rules! commands {
    ($($variant:ident: $command:ty,)*) => {
        /// One of all commands.
        #[derive(Clone, Debug)]
        enum Entry {
            $($variant($command),)*
        }

        /// Every command that is built.
        pub const COMMANDS: &[CommandDoc] = &[$(<$command as Command>::DOC,)*];

        /// The grammars, in the same order, as a release has them.
        const GRAMMARS: &[fn(Release) -> Grammar] = &[$(<$command as Command>::grammar,)*];

        impl Entry {
            /// The command that its arguments name.
            fn read(args: args::Args) -> Option<Entry> {
                $(if args.command == <$command as Command>::DOC.name {
                    return Some(Entry::$variant(<$command as Command>::new(args)));
                })*
                None
            }

            /// Its name, as in [`COMMANDS`].
            fn name(&self) -> &'static str {
                match self {
                    $(Entry::$variant(_) => <$command as Command>::DOC.name,)*
                }
            }
        }

        impl Operation for Entry {
            fn check(&mut self, world: &World, seat: Seat) -> Check {
                match self {
                    $(Entry::$variant(command) => command.check(world, seat),)*
                }
            }
            fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
                match self {
                    $(Entry::$variant(command) => command.commit(world, fx, seat),)*
                }
            }
            fn target(&self, world: &World) -> Target {
                match self {
                    $(Entry::$variant(command) => command.target(world),)*
                }
            }
            fn claim(&self) -> Option<VmId> {
                match self {
                    $(Entry::$variant(command) => command.claim(),)*
                }
            }
            fn stage(&self) -> Option<&'static str> {
                match self {
                    $(Entry::$variant(command) => command.stage(),)*
                }
            }
            fn orphaned(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) {
                match self {
                    $(Entry::$variant(command) => command.orphaned(world, fx, seat),)*
                }
            }
        }
    };
}

// One line a command.
commands! {
    HostList: list::List<fields::Host>,
    HostParamGet: fields::ParamGet<fields::Host>,
    HostParamList: fields::ParamList<fields::Host>,
    HostParamSet: params::ParamSet<fields::Host>,
    HostParamAdd: params::ParamAdd<fields::Host>,
    HostParamRemove: params::ParamRemove<fields::Host>,
    HostParamClear: params::ParamClear<fields::Host>,
    HostForget: host_forget::HostForget,
    HostDeclareDead: host_declare_dead::HostDeclareDead,
    HostDisable: host_switch::HostDisable,
    HostEnable: host_switch::HostEnable,
    HostEvacuate: host_evacuate::HostEvacuate,
    HostPreventEvacuation: host_evacuate::PreventEvacuation,
    HostShutdown: host_power::HostShutdown,
    HostReboot: host_power::HostReboot,
    HostPowerOn: host_power_on::HostPowerOn,
    HostSetPowerOnMode: host_power_on::HostSetPowerOnMode,
    HostShutdownAgent: toolstack::HostShutdownAgent,
    HostIsInEmergencyMode: host_emergency::HostIsInEmergencyMode,
    HostEmergencyHaDisable: host_emergency_ha_disable::EmergencyHaDisable,
    PoolList: list::List<fields::Pool>,
    PoolParamGet: fields::ParamGet<fields::Pool>,
    PoolParamList: fields::ParamList<fields::Pool>,
    PoolParamSet: pool_param_set::PoolParamSet,
    PoolParamAdd: params::ParamAdd<fields::Pool>,
    PoolParamRemove: params::ParamRemove<fields::Pool>,
    PoolParamClear: params::ParamClear<fields::Pool>,
    PoolEmergencyTransitionToMaster: pool_emergency::TransitionToMaster,
    PoolEmergencyResetMaster: pool_emergency::ResetMaster,
    PoolRecoverSlaves: pool_recover::RecoverSlaves,
    PoolDesignateNewMaster: pool_designate::DesignateNewMaster,
    PoolHaEnable: pool_ha_enable::HaEnable,
    PoolHaDisable: pool_ha_disable::HaDisable,
    PoolHaPreventRestartsFor: pool_ha_prevent::PreventRestartsFor,
    PoolHaComputeMax: pool_ha_compute::ComputeMax,
    PoolHaComputeHypothetical: pool_ha_compute::ComputeHypothetical,
    PoolHaComputeFailoverPlan: pool_ha_compute::ComputeFailoverPlan,
    PoolJoin: pool_join::PoolJoin,
    PoolEject: pool_eject::PoolEject,
    PoolSyncDatabase: pool_database::SyncDatabase,
    PoolDumpDatabase: pool_database::DumpDatabase,
    PoolRestoreDatabase: pool_database::RestoreDatabase,
    VmList: list::List<fields::Vm>,
    VmParamGet: fields::ParamGet<fields::Vm>,
    VmParamList: fields::ParamList<fields::Vm>,
    VmParamSet: vm_param_set::VmParamSet,
    VmParamAdd: params::ParamAdd<fields::Vm>,
    VmParamRemove: params::ParamRemove<fields::Vm>,
    VmParamClear: params::ParamClear<fields::Vm>,
    VmStart: vm_start::VmStart,
    VmShutdown: vm_shutdown::VmShutdown,
    VmReboot: vm_reboot::VmReboot,
    VmSuspend: vm_suspend::VmSuspend,
    VmResume: vm_resume::VmResume,
    VmPause: vm_pause::VmPause,
    VmUnpause: vm_pause::VmUnpause,
    VmMigrate: vm_migrate::VmMigrate,
    VmResetPowerstate: vm_reset::VmResetPowerstate,
    VmDestroy: vm_destroy::VmDestroy,
    VmDiskList: vm_disk_list::VmDiskList,
    VmSnapshot: vm_snapshot::VmSnapshot,
    SnapshotList: list::List<fields::Snapshot>,
    SnapshotParamGet: fields::ParamGet<fields::Snapshot>,
    SnapshotParamList: fields::ParamList<fields::Snapshot>,
    SnapshotUninstall: snapshot_uninstall::SnapshotUninstall,
    VdiList: list::List<fields::Vdi>,
    VdiParamGet: fields::ParamGet<fields::Vdi>,
    VdiParamList: fields::ParamList<fields::Vdi>,
    VdiParamSet: params::ParamSet<fields::Vdi>,
    VdiParamAdd: params::ParamAdd<fields::Vdi>,
    VdiParamRemove: params::ParamRemove<fields::Vdi>,
    VdiParamClear: params::ParamClear<fields::Vdi>,
    VdiForget: vdi_forget::VdiForget,
    VdiDestroy: vdi_destroy::VdiDestroy,
    SrList: list::List<fields::Sr>,
    SrParamGet: fields::ParamGet<fields::Sr>,
    SrParamList: fields::ParamList<fields::Sr>,
    SrParamSet: params::ParamSet<fields::Sr>,
    SrParamAdd: params::ParamAdd<fields::Sr>,
    SrParamRemove: params::ParamRemove<fields::Sr>,
    SrParamClear: params::ParamClear<fields::Sr>,
    SrScan: sr_scan::SrScan,
    SrIntroduce: sr_introduce::SrIntroduce,
    SrForget: sr_forget::SrForget,
    PbdList: list::List<fields::Pbd>,
    PbdParamGet: fields::ParamGet<fields::Pbd>,
    PbdParamList: fields::ParamList<fields::Pbd>,
    PbdParamSet: params::ParamSet<fields::Pbd>,
    PbdParamAdd: params::ParamAdd<fields::Pbd>,
    PbdParamRemove: params::ParamRemove<fields::Pbd>,
    PbdParamClear: params::ParamClear<fields::Pbd>,
    PbdCreate: pbd_create::PbdCreate,
    PbdDestroy: pbd_destroy::PbdDestroy,
    PbdPlug: pbd::PbdPlug,
    PbdUnplug: pbd::PbdUnplug,
    VbdList: list::List<fields::Vbd>,
    VbdParamGet: fields::ParamGet<fields::Vbd>,
    VbdParamList: fields::ParamList<fields::Vbd>,
    VbdParamSet: params::ParamSet<fields::Vbd>,
    VbdParamAdd: params::ParamAdd<fields::Vbd>,
    VbdParamRemove: params::ParamRemove<fields::Vbd>,
    VbdParamClear: params::ParamClear<fields::Vbd>,
    VbdCreate: vbd_create::VbdCreate,
    VbdDestroy: vbd_destroy::VbdDestroy,
    VbdPlug: vbd_plug::VbdPlug,
    VbdUnplug: vbd_unplug::VbdUnplug,
    Help: help::Help,
    Resetvdis: resetvdis::Resetvdis,
    ToolstackRestart: toolstack::ToolstackRestart,
    ServiceXapi: toolstack::ServiceXapi,
    ListDomains: beside::ListDomains,
    TapCtlList: beside::TapCtlList,
    CatPoolConf: beside::CatPoolConf,
}

/// Every API error that a command can answer with.
#[rustfmt::skip]
pub const REFUSALS: &[&str] = &[
    "HOST_IS_LIVE", "HOST_CANNOT_DESTROY_SELF", "HOST_OFFLINE", "CANNOT_CONTACT_HOST", "HOST_NOT_LIVE", "HOST_DISABLED",
    "HOST_NOT_DISABLED", "HOST_POWER_ON_MODE_DISABLED", "HOST_IN_USE", "HOST_EVACUATE_VM_NOT_HA_PROTECTED", "HOST_IS_SLAVE", "HOST_STILL_BOOTING", "HOST_UNKNOWN_TO_MASTER", "HOST_ITS_OWN_SLAVE", "HA_ABORT_NEW_MASTER",
    "VM_BAD_POWER_STATE", "CANNOT_RESET_CONTROL_DOMAIN", "DOMAIN_EXISTS", "NO_HOSTS_AVAILABLE", "VM_REQUIRES_SR",
    "HOST_NOT_ENOUGH_FREE_MEMORY", "OTHER_OPERATION_IN_PROGRESS", "OPERATION_NOT_ALLOWED", "UUID_INVALID", "INTERNAL_ERROR",
    "VDI_IN_USE", "SR_DEVICE_IN_USE", "SESSION_AUTHENTICATION_FAILED", "JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS",
    "JOINING_HOST_CANNOT_BE_MASTER_OF_OTHER_HOSTS", "JOINING_HOST_CANNOT_HAVE_RUNNING_VMS", "SR_BACKEND_FAILURE",
    "SR_BACKEND_FAILURE_46", "SR_BACKEND_FAILURE_47", "SR_BACKEND_FAILURE_73", "SR_BACKEND_FAILURE_74",
    "HA_IS_ENABLED", "HA_NOT_ENABLED", "HA_LOST_STATEFILE", "HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN", "HA_FAILED_TO_FORM_LIVESET",
    "SR_HAS_NO_PBDS", "SR_HAS_PBD", "SR_NOT_SHARABLE", "SR_UNKNOWN_DRIVER", "SR_UUID_EXISTS", "PBD_EXISTS", "DEVICE_ALREADY_ATTACHED",
    "DEVICE_ALREADY_DETACHED", "DEVICE_ALREADY_EXISTS", "INVALID_DEVICE", "DEVICE_DETACH_REJECTED", "DEVICE_DETACH_TIMEOUT",
    "SR_BACKEND_FAILURE_40", "SR_BACKEND_FAILURE_80", "SR_BACKEND_FAILURE_82", "SR_BACKEND_FAILURE_109",
    "HA_HOST_CANNOT_ACCESS_STATEFILE", "CANNOT_CREATE_STATE_FILE", "INVALID_VALUE", "MAP_DUPLICATE_KEY", "VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT", "VM_MIGRATE_FAILED",
    "VM_NO_SUSPEND_SR", "VDI_IO_ERROR", "SR_BACKEND_FAILURE_78", "HANDLE_INVALID",
];
