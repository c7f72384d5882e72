//! The world as a judge sees it at one instant: what several hazards ask for is looked up once. Knows no hazard.

use crate::base::ids::{MachineId, PoolId, VdiId};
use crate::world::World;
pub use crate::world::event::Reads;
use std::cell::OnceCell;

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
