//! Who is master, and whose database rules: what nearly every hazard asks for. The watch keeps it from one instant to the next,
//! since in a large pool it is long to look up and seldom changes.

use crate::base::ids::{MachineId, PoolId};
use crate::world::World;

/// The running masters and the ruler.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// The running masters, each with its pool, in the file's order.
    masters: Vec<(MachineId, PoolId)>,
    /// The same, by pool.
    by_pool: Vec<Vec<MachineId>>,
    /// The machine whose database rules.
    pub ruler: MachineId,
}

impl Standing {
    /// How it stands, looked up among all machines.
    pub fn of(world: &World) -> Standing {
        let masters = world.machines().filter(|m| world.is_master(*m)).map(|m| (m, world.pool_of(m))).collect();
        let mut standing = Standing { masters, by_pool: Vec::new(), ruler: world.first_master };
        standing.settle(world);
        standing
    }

    /// How it stands after something happened to some machines and to no other. Whether it is another than before.
    pub fn renew(&mut self, world: &World, machines: &[MachineId]) -> bool {
        let mut changed = world.names.pools.len() != self.by_pool.len();
        for machine in machines {
            let place = self.masters.binary_search_by_key(machine, |(master, _)| *master);
            let pool = world.is_master(*machine).then(|| world.pool_of(*machine));
            match (place, pool) {
                (Ok(at), Some(pool)) if self.masters[at].1 == pool => continue,
                (Ok(at), Some(pool)) => self.masters[at].1 = pool,
                (Ok(at), None) => _ = self.masters.remove(at),
                (Err(at), Some(pool)) => self.masters.insert(at, (*machine, pool)),
                (Err(_), None) => continue,
            }
            changed = true;
        }
        let before = self.ruler;
        if changed {
            self.settle(world);
        }
        // Who was promoted last may change without anybody's becoming master: a master that restarts within an instant.
        self.ruler = world.ruler_among(self.masters.iter().map(|(master, _)| *master));
        changed || self.ruler != before
    }

    fn settle(&mut self, world: &World) {
        self.by_pool = vec![Vec::new(); world.names.pools.len()];
        for (machine, pool) in &self.masters {
            self.by_pool[pool.at()].push(*machine);
        }
        self.ruler = world.ruler_among(self.masters.iter().map(|(master, _)| *master));
    }

    /// The running masters of each pool, by pool, in the file's order.
    pub fn masters_by_pool(&self) -> &[Vec<MachineId>] {
        &self.by_pool
    }

    /// The running masters, in the file's order.
    pub fn masters(&self) -> impl Iterator<Item = MachineId> + '_ {
        self.masters.iter().map(|(master, _)| *master)
    }

    /// Whether a machine's database is one that hazards read: a running master's, or the one that rules.
    pub fn reads(&self, machine: MachineId) -> bool {
        self.ruler == machine || self.masters.binary_search_by_key(&machine, |(master, _)| *master).is_ok()
    }
}
