//! The keys of a disk as an activation meets them, and their holders.

use super::{Activation, Inactive};
use crate::base::ids::{HostId, MachineId, VdiId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::errors::ApiError;
use crate::world::inventory::Mode;

/// A `host_…` key: whose, and with which value.
pub type Key = (HostId, Mode);

/// The keys that an activation meets, the newest first; the key of who lets go of the disk for it is gone by then.
pub fn keys_of(world: &World, ask: &Activation) -> Vec<Key> {
    let record = world.db(ask.master).vdi(ask.vdi);
    let keys = record.map_or(&[][..], |record| record.locks.as_slice());
    keys.iter().rev().filter(|(host, _)| ask.leaving != Some(*host)).copied().collect()
}

/// Any RW key refuses, whoever holds it, at once and without asking; a RO key never does (blktap2.py, `_add_tag`).
///
/// # Errors
/// SR_BACKEND_FAILURE_46, already attached RW.
pub fn refuses_rw(world: &World, vdi: VdiId, keys: &[Key]) -> Result<(), Inactive> {
    if keys.iter().all(|(_, mode)| *mode == Mode::Ro) {
        return Ok(());
    }
    let uuid = &world.names.vdis[vdi.at()].uuid;
    Err(Inactive::Failed(ApiError::vdi_unavailable(format_args!("VDI {uuid} already attached RW"))))
}

/// Whether a holder has a disk open, by its own word: the question goes through the master (on-slave, is_open).
///
/// # Errors
/// What keeps the master from asking, and how long it took to find out.
pub fn opened(world: &World, master: MachineId, vdi: VdiId, holder: HostId) -> Result<bool, (ApiError, Span)> {
    world.forwards_to(master, holder).map(|machine| world.has_open(machine, vdi))
}
