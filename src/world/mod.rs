//! All that is simulated, in three wings: [`truth`], what is so, and [`belief`], what is believed, which never mix; between
//! them, for each machine, what its daemons remember: [`memory`]. In each wing the moves stand beside what they move; what
//! spans wings stands here, in a file that is called after what happens. A world is made by [`build`].
//!
//! Knows no file, no scenario and no hazard. What two of the rooms above share (daemons, commands, faults, hazards) is a
//! method here.

mod afresh;
pub mod belief;
pub mod build;
pub mod effects;
pub mod errors;
pub mod event;
mod fallen_sr_masters;
mod from_inside;
mod going_down;
pub mod guards;
pub mod inventory;
mod liveset;
pub mod memory;
mod onward;
mod redo_log;
pub mod release;
mod renumbering;
pub mod roles;
pub mod settings;
pub mod sm;
mod starting;
mod suspending;
pub mod truth;

use crate::base::ids::{HostId, MachineId, PoolId, SrId};
use crate::base::shared::Singly;
use crate::base::time::Time;
use belief::Database;
use inventory::Inventory;
use memory::xhad::KnownFaults;
use memory::{Heard, Toolstack};
use release::Release;
use settings::Settings;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use truth::Hardware;

/// The pool that the scenario is about; spare and reinstalled machines are pools of their own.
pub const MAIN_POOL: PoolId = PoolId(0);

/// The whole simulated world at one instant. Cloning it branches the simulation.
#[derive(Clone, PartialEq, Debug)]
pub struct World {
    /// The virtual clock.
    pub now: Time,
    /// Durations and switches.
    pub settings: Arc<Settings>,
    /// How this release of XenServer behaves.
    pub release: Release,
    /// Which known faults HA's daemons have.
    pub xhad_faults: KnownFaults,
    /// What there is and what it is called; grows when a machine is reinstalled.
    pub names: Arc<Inventory>,
    /// What is so.
    pub hw: Hardware,
    /// What the daemons of each machine remember and have on their disks, by machine.
    pub stacks: Singly<Toolstack>,
    /// Whom the xapi process of each machine has heard when, by machine: beside the rest of its memory, since each heartbeat changes it.
    pub heard: Vec<Heard>,
    /// The files that `xe pool-dump-database` wrote, and those that the scenario declares.
    pub dumps: BTreeMap<String, Arc<Database>>,
    /// Which machine was master at the start.
    pub first_master: MachineId,
    /// The machine whose database ruled the main pool last.
    pub ruled_last: MachineId,
    /// For each SR the hosts that ruled it when they stopped or were cut off, until they are members again (M13).
    pub fallen_sr_masters: BTreeSet<(SrId, HostId)>,
    /// The guard that is taken away, in runs that ask whether it would be missed.
    pub without: Option<guards::Guard>,
}
