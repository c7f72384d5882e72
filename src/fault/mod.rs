//! What breaks, and what hands do: one file a fault or act. Knows no scenario and no clock but the world's.

use crate::base::ids::{MachineId, SrId};
use crate::base::time::Span;
use crate::world::hardware::Io;

/// A fault. Lists hold at least one machine or SR, each once.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
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
    /// Loss in millionths.
    DegradeNetwork {
        hosts: Vec<MachineId>,
        latency: Option<(Span, Span)>,
        loss: u32,
    },
}

/// What hands do.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Act {
    PowerOff(Vec<MachineId>),
    PowerOn(Vec<MachineId>),
    Reinstall(Vec<MachineId>),
    CheckOff(Vec<MachineId>),
}
