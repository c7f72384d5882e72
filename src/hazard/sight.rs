//! The world as a judge sees it at one instant: what several hazards ask for is looked up once. Knows no hazard.

use super::standing::Standing;
use crate::base::ids::{MachineId, SrId, VdiId};
use crate::world::World;
pub use crate::world::event::Reads;
use std::cell::OnceCell;

/// The world at one instant, with what was looked up in it.
pub struct Sight<'a> {
    /// The world.
    pub world: &'a World,
    /// Who is master, and whose database rules.
    pub standing: &'a Standing,
    shared: OnceCell<Vec<SrId>>,
}

impl<'a> Sight<'a> {
    /// Nothing else is looked up yet.
    pub fn new(world: &'a World, standing: &'a Standing) -> Sight<'a> {
        Sight { world, standing, shared: OnceCell::new() }
    }

    /// The running masters of a machine's pool.
    pub fn masters_over(&self, machine: MachineId) -> &[MachineId] {
        self.standing.masters_by_pool().get(self.world.pool_of(machine).at()).map_or(&[], Vec::as_slice)
    }

    /// Whether a machine runs guests and reaches a shared SR.
    pub fn serves(&self, machine: MachineId) -> bool {
        let (world, srs) = (self.world, &self.world.names.srs);
        let shared = || self.shared.get_or_init(|| world.names.sr_ids().filter(|sr| srs[sr.at()].kind.shared()).collect());
        world.runs_guests(machine) && shared().iter().any(|sr| world.reaches(machine, *sr))
    }

    /// The machine whose database rules.
    pub fn ruler(&self) -> MachineId {
        self.standing.ruler
    }
}

/// The machines that have a VDI open, sorted, each once.
pub fn openers(world: &World, vdi: VdiId) -> Vec<MachineId> {
    let mut machines: Vec<_> = world.hw.vdi(vdi).openers.iter().map(|opener| opener.machine).collect();
    machines.sort_unstable();
    machines.dedup();
    machines
}
