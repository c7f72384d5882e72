//! What breaks, and what hands do: one file a pair of fault and undoing. Each says whether it changed anything. Knows no
//! scenario, no hazard, and no clock but the world's.

mod clock;
mod degrade;
mod each;
mod guest;
mod hands;
mod hang;
mod isolate;
mod one_way;
mod partition;
mod power;
mod sr_outage;
mod storage_path;
mod toolstack;
mod xhad;

use crate::base::ids::{MachineId, SrId, VmId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::event::Ending;
use crate::world::truth::Io;
use each::each;

pub use hands::{Act, Done};

/// A fault. Lists hold at least one machine, SR or VM, each once.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "FAULTS says what each does, in the words that users see")]
pub enum Fault {
    Crash(Vec<MachineId>),
    Boot(Vec<MachineId>),
    Hang(Vec<MachineId>),
    Unhang(Vec<MachineId>),
    Isolate(Vec<MachineId>),
    /// All links, or only those of these machines.
    HealNetwork(Option<Vec<MachineId>>),
    /// The group of every machine: hosts not named are the last group.
    Partition(Vec<u16>),
    StorageLoss {
        hosts: Vec<MachineId>,
        srs: Vec<SrId>,
        io: Io,
    },
    StorageReturn {
        hosts: Vec<MachineId>,
        srs: Vec<SrId>,
    },
    SrOutage {
        srs: Vec<SrId>,
        io: Io,
    },
    SrReturn {
        srs: Vec<SrId>,
    },
    ToolstackStop(Vec<MachineId>),
    ToolstackStart(Vec<MachineId>),
    XhadCrash(Vec<MachineId>),
    VmCrash(Vec<VmId>),
    VmHang(Vec<VmId>),
    VmUnhang(Vec<VmId>),
    /// Packets of one direction are lost, from each of some hosts to each of others.
    OneWay {
        from: Vec<MachineId>,
        to: Vec<MachineId>,
    },
    /// Wall clocks jump, forward or back.
    ClockJump {
        hosts: Vec<MachineId>,
        by: Span,
        back: bool,
    },
    /// Loss in millionths.
    DegradeNetwork {
        hosts: Vec<MachineId>,
        latency: Option<(Span, Span)>,
        loss: u32,
    },
}

/// A fault's or act's header: what `explain` says of it.
#[derive(Clone, Copy, Debug)]
pub struct FaultDoc {
    /// As scenarios write it.
    pub name: &'static str,
    /// The fault that undoes it; empty where it undoes or is final.
    pub undone_by: &'static str,
    /// What it does, and what the pool makes of it.
    pub doc: &'static str,
    /// As it stands after `fault:` or `act:` in a pool of alpha, beta, gamma with the SR nfs1.
    pub example: &'static str,
}

/// Every fault.
pub const FAULTS: &[FaultDoc] = &[
    power::CRASH,
    power::BOOT,
    hang::HANG,
    hang::UNHANG,
    isolate::ISOLATE,
    partition::PARTITION,
    one_way::ONE_WAY,
    isolate::HEAL_NETWORK,
    storage_path::STORAGE_LOSS,
    storage_path::STORAGE_RETURN,
    sr_outage::SR_OUTAGE,
    sr_outage::SR_RETURN,
    toolstack::TOOLSTACK_STOP,
    toolstack::TOOLSTACK_START,
    guest::VM_CRASH,
    guest::VM_HANG,
    guest::VM_UNHANG,
    clock::CLOCK_JUMP,
    xhad::XHAD_CRASH,
    degrade::DEGRADE_NETWORK,
];

/// Every act.
pub const ACTS: &[FaultDoc] =
    &[hands::POWER_OFF, hands::POWER_ON, hands::REINSTALL, hands::CHECK_OFF, hands::RE_ADDRESS, guest::GUEST_SHUTDOWN, guest::GUEST_REBOOT];

impl Fault {
    /// As scenarios write it.
    pub fn name(&self) -> &'static str {
        match self {
            Fault::Crash(_) => power::CRASH.name,
            Fault::Boot(_) => power::BOOT.name,
            Fault::Hang(_) => hang::HANG.name,
            Fault::Unhang(_) => hang::UNHANG.name,
            Fault::Isolate(_) => isolate::ISOLATE.name,
            Fault::HealNetwork(_) => isolate::HEAL_NETWORK.name,
            Fault::Partition(_) => partition::PARTITION.name,
            Fault::OneWay { .. } => one_way::ONE_WAY.name,
            Fault::StorageLoss { .. } => storage_path::STORAGE_LOSS.name,
            Fault::StorageReturn { .. } => storage_path::STORAGE_RETURN.name,
            Fault::SrOutage { .. } => sr_outage::SR_OUTAGE.name,
            Fault::SrReturn { .. } => sr_outage::SR_RETURN.name,
            Fault::ToolstackStop(_) => toolstack::TOOLSTACK_STOP.name,
            Fault::ToolstackStart(_) => toolstack::TOOLSTACK_START.name,
            Fault::XhadCrash(_) => xhad::XHAD_CRASH.name,
            Fault::VmCrash(_) => guest::VM_CRASH.name,
            Fault::VmHang(_) => guest::VM_HANG.name,
            Fault::VmUnhang(_) => guest::VM_UNHANG.name,
            Fault::ClockJump { .. } => clock::CLOCK_JUMP.name,
            Fault::DegradeNetwork { .. } => degrade::DEGRADE_NETWORK.name,
        }
    }

    /// Strikes. `false` if it changed nothing.
    pub fn strike(&self, world: &mut World, fx: &mut Effects) -> bool {
        match self {
            Fault::Crash(hosts) => each(hosts, |m| power::crash(world, fx, m)),
            Fault::Boot(hosts) => each(hosts, |m| world.power_on(fx, m)),
            Fault::Hang(hosts) => each(hosts, |m| hang::hang(world, fx, m)),
            Fault::Unhang(hosts) => each(hosts, |m| hang::unhang(world, fx, m)),
            Fault::Isolate(hosts) => each(hosts, |m| isolate::isolate(world, fx, m)),
            Fault::HealNetwork(hosts) => isolate::heal_network(world, fx, hosts.as_deref()),
            Fault::Partition(groups) => partition::partition(world, fx, groups),
            Fault::OneWay { from, to } => each(from, |a| each(to, |b| one_way::lose(world, fx, a, b))),
            Fault::StorageLoss { hosts, srs, io } => each(hosts, |m| each(srs, |sr| world.lose_path(fx, m, sr, *io))),
            Fault::StorageReturn { hosts, srs } => each(hosts, |m| each(srs, |sr| storage_path::give_back(world, fx, m, sr))),
            Fault::SrOutage { srs, io } => each(srs, |sr| world.lose_sr(fx, sr, *io)),
            Fault::SrReturn { srs } => each(srs, |sr| sr_outage::give_back(world, fx, sr)),
            Fault::ToolstackStop(hosts) => each(hosts, |m| world.stop_xapi(fx, m)),
            Fault::ToolstackStart(hosts) => each(hosts, |m| world.start_xapi(fx, m)),
            Fault::XhadCrash(hosts) => each(hosts, |m| world.ha_crash_daemon(m, fx)),
            Fault::VmCrash(vms) => each(vms, |vm| world.end_from_inside(fx, vm, Ending::Crashed)),
            Fault::VmHang(vms) => each(vms, |vm| world.hang_guest(fx, vm, true)),
            Fault::VmUnhang(vms) => each(vms, |vm| world.hang_guest(fx, vm, false)),
            Fault::ClockJump { hosts, by, back } => each(hosts, |m| world.jump_clock(fx, m, *by, *back)),
            Fault::DegradeNetwork { hosts, latency, loss } => each(hosts, |m| degrade::degrade(world, fx, m, *latency, *loss)),
        }
    }

    /// The fault that undoes it, whoever strikes then; `None` for one that undoes others, and for what nothing brings back.
    pub fn undoing(&self) -> Option<Fault> {
        Some(match self {
            Fault::Crash(of) => Fault::Boot(of.clone()),
            Fault::Hang(of) => Fault::Unhang(of.clone()),
            Fault::Isolate(of) => Fault::HealNetwork(Some(of.clone())),
            Fault::Partition(_) | Fault::OneWay { .. } => Fault::HealNetwork(None),
            Fault::DegradeNetwork { hosts, .. } => Fault::HealNetwork(Some(hosts.clone())),
            Fault::StorageLoss { hosts, srs, .. } => Fault::StorageReturn { hosts: hosts.clone(), srs: srs.clone() },
            Fault::SrOutage { srs, .. } => Fault::SrReturn { srs: srs.clone() },
            Fault::ToolstackStop(of) => Fault::ToolstackStart(of.clone()),
            Fault::VmHang(of) => Fault::VmUnhang(of.clone()),
            Fault::ClockJump { hosts, by, back } => Fault::ClockJump { hosts: hosts.clone(), by: *by, back: !back },
            Fault::Boot(_)
            | Fault::Unhang(_)
            | Fault::HealNetwork(_)
            | Fault::StorageReturn { .. }
            | Fault::SrReturn { .. }
            | Fault::ToolstackStart(_)
            | Fault::VmCrash(_)
            | Fault::VmUnhang(_)
            | Fault::XhadCrash(_) => return None,
        })
    }

    /// Undoes what it did (`for:`). `false` if that changed nothing. Faults that undo others have nothing to undo.
    pub fn undo(&self, world: &mut World, fx: &mut Effects) -> bool {
        match self {
            Fault::Crash(hosts) => each(hosts, |m| world.power_on(fx, m)),
            Fault::Hang(hosts) => each(hosts, |m| hang::unhang(world, fx, m)),
            Fault::VmHang(vms) => each(vms, |vm| world.hang_guest(fx, vm, false)),
            Fault::Isolate(hosts) => each(hosts, |m| isolate::reconnect(world, fx, m)),
            Fault::Partition(_) => partition::heal(world, fx),
            Fault::OneWay { from, to } => one_way::heal(world, fx, |a, b| from.contains(&a) && to.contains(&b)),
            Fault::StorageLoss { hosts, srs, .. } => each(hosts, |m| each(srs, |sr| storage_path::give_back(world, fx, m, sr))),
            Fault::SrOutage { srs, .. } => each(srs, |sr| sr_outage::give_back(world, fx, sr)),
            Fault::ToolstackStop(hosts) => each(hosts, |m| world.start_xapi(fx, m)),
            Fault::ClockJump { hosts, by, back } => each(hosts, |m| world.jump_clock(fx, m, *by, !*back)),
            Fault::DegradeNetwork { hosts, .. } => each(hosts, |m| degrade::heal(world, fx, m)),
            Fault::Boot(_)
            | Fault::Unhang(_)
            | Fault::HealNetwork(_)
            | Fault::StorageReturn { .. }
            | Fault::SrReturn { .. }
            | Fault::ToolstackStart(_)
            | Fault::VmCrash(_)
            | Fault::VmUnhang(_)
            | Fault::XhadCrash(_) => false,
        }
    }
}
