//! What a file says of its pool, as it is read: what is not said stays open until the state at 0 is derived.

use super::diagnostic::Place;
use super::index::Index;
use super::model::Role;
use crate::base::ids::{HostId, MachineId};
use crate::base::time::Span;
use crate::world::belief::PowerState;
use crate::world::inventory::{Inventory, Mode};

/// What a pool is made of while it is read.
#[derive(Default)]
pub(super) struct Draft {
    pub names: Inventory,
    pub index: Index,
    pub hosts: Vec<HostSaid>,
    pub vms: Vec<VmSaid>,
    pub vdis: Vec<VdiSaid>,
    pub uuids: Vec<(String, Place)>,
    pub refs: Vec<Reference>,
    /// There are too many disks; it has been told.
    pub full: bool,
}

/// A VBD whose VDI is declared elsewhere.
pub(super) struct Reference {
    pub vbd: usize,
    pub place: Place,
    pub name: String,
}

/// What is said of a host.
#[derive(Default)]
pub(super) struct HostSaid {
    pub place: Place,
    pub spare: bool,
    pub powered: Option<bool>,
    pub known: Option<bool>,
    pub live: Option<(bool, Place)>,
    pub enabled: Option<bool>,
    pub role: Option<Role>,
    pub copy_age: Option<Span>,
}

/// What `running-on` says.
#[derive(Default)]
pub(super) enum Running {
    #[default]
    Unsaid,
    /// A host: the record, and the domain if it has power.
    Host(MachineId, Place),
    /// A list: the domains alone.
    Domains(Vec<(MachineId, Place)>),
}

/// What is said of a VM.
#[derive(Default)]
pub(super) struct VmSaid {
    pub place: Place,
    pub running: Running,
    pub power_state: Option<(PowerState, Place)>,
    pub resident_on: Option<(Option<MachineId>, Place)>,
}

/// What is said of a VDI.
#[derive(Default)]
pub(super) struct VdiSaid {
    pub place: Place,
    pub locks: Option<Vec<(MachineId, Mode, Place)>>,
    pub open_on: Option<Vec<(MachineId, Mode, Place)>>,
    pub paused: bool,
    pub activating: bool,
    pub relinking: bool,
}

/// The host that is installed on a machine at the start.
pub(super) fn host_of(machine: MachineId) -> HostId {
    HostId(machine.0)
}
