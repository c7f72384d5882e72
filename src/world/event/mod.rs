//! What was: everything that changed in what is so or in what is believed. Heartbeats, checks and copies that change
//! nothing are not events. Knows no names but where an event is told: whoever tells it puts them in.
//!
//! All that is known of a kind of event stands in one entry of one table, with its family: to add an event, write its entry
//! there, and tell it where it happens. How an entry reads stands in `table.rs`.

mod reads;
mod told;
mod touch;

// Each family is a macro that hands its entries on; `events!` is given them all.
#[macro_use]
mod table;
#[macro_use]
mod chains;
#[macro_use]
mod guests;
#[macro_use]
mod liveset;
#[macro_use]
mod machines;
#[macro_use]
mod protection;
#[macro_use]
mod records;
#[macro_use]
mod steps;
#[macro_use]
mod wires;

#[cfg(test)]
mod tests;

pub use reads::Reads;
pub use told::{Part, Steps, Told};
pub use touch::Touched;

use crate::base::ids::{HostId, MachineId, PoolId, SrId, VdiId, VmId};
use crate::base::share::percent;
use crate::base::time::Span;
use crate::world::belief::PowerState;
use crate::world::belief::Protection;
use crate::world::errors::ApiError;
use crate::world::inventory::{Inventory, Mode};
use crate::world::memory::PoolConf;
use crate::world::memory::survival::Rule;
use crate::world::memory::xhad::{Exit, FenceCause};
use crate::world::truth::Io;
use std::hash::{Hash, Hasher};
use told::{Said, Telling, count, io_words, seconds};
use touch::{Field, Subject};

gather! { [steps machines wires guests records liveset protection chains] }

/// Of what half an event is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Half {
    /// A step begins, ends or is refused.
    Step,
    /// What is so changed.
    Truth,
    /// What is believed changed.
    Belief,
}

/// Who did it, believes it, or whom it happened to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum Actor {
    Machine(MachineId),
    Sr(SrId),
    Network,
    Step(StepIx),
}

/// What a change of belief is about: it may stand between the cause and a finding that is about the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum About {
    /// It is no change of belief, or one that bears on no finding.
    Nothing,
    /// Whether a host is known, and held for alive.
    Host(HostId),
    /// Whom a machine has as the pool's master.
    Master(MachineId, HostId),
    /// By which database a machine goes: its `pool.conf`, a copy that it took, a dump.
    Database(MachineId),
    /// What a database says of a VM.
    Vm(VmId),
    /// What a database says of a VDI: its locks, and whether it is paused.
    Vdi(VdiId),
    /// A host's connection to an SR.
    Pbd(HostId, SrId),
    /// An SR with all that lies on it.
    Sr(SrId),
    /// Which SR is the default.
    DefaultSr,
    /// What a machine's database says of HA and its plan.
    Ha(MachineId),
}

/// How a step came out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
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
    /// It was suspended for the last moments of a migration, and that failed (6.0 xapi_vm_migrate.ml).
    MigrationFailed,
    /// Its guest crashed.
    Crashed,
    /// Somebody shut it down from inside.
    ShutItselfDown,
    /// Somebody rebooted it from inside: xapi makes it a new one.
    RebootedItself,
    /// xapi destroyed it at its start, since the database has the VM on another host (xapi_xenops.ml, resync_resident_on).
    RunsElsewhere,
    /// Its memory is on a disk, from which it goes on later (vmops.ml, suspend).
    Suspended,
    /// It was suspended, and its memory is not whole on any disk (events.ml: hard_shutdown of what stands suspended).
    SuspendFailed,
    /// Its memory could not be brought back: it stays suspended (vmops.ml, restore).
    ResumeFailed,
}

/// The number of a step within a case: the timeline's first, then the world's, then the recovery's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StepIx(pub u16);
