//! Machines that begin anew, after an installation or after their pool has ejected them: what boots is a pool of one host
//! that knows of no other. Knows neither how it came to that nor when.

use crate::base::ids::{HostId, MachineId, PoolId};
use crate::world::World;
use crate::world::belief::Database;
use crate::world::effects::Effects;
use crate::world::event::Event;
use crate::world::inventory::{HostName, Inventory, Kind};
use crate::world::memory::Toolstack;
use std::sync::Arc;

impl World {
    /// The database of the pool that a machine will be when it begins anew, for a host and a pool that nobody was before.
    /// Without `uuid` the host has a new UUID; it is another host in any case, since no database knows its record.
    pub fn pool_of_one(&mut self, machine: MachineId, uuid: Option<String>) -> Database {
        let names = Arc::make_mut(&mut self.names);
        let host = HostId(names.hosts.len() as u16);
        let pool = PoolId(names.pools.len() as u16);
        names.hosts.push(HostName { machine, uuid: uuid.unwrap_or_else(|| Inventory::uuid(Kind::Host, host.at())) });
        names.pools.push(Inventory::uuid(Kind::Pool, pool.at()));
        Database::fresh(&self.names, host, pool)
    }

    /// The machine is the host of this database from now on, and nothing else is left of what its toolstack knew. Its local
    /// storage is made anew: what lay there can't be opened any more, whatever a database says. `told` is the event that says
    /// how it came to that.
    pub fn begin_afresh(&mut self, fx: &mut Effects, machine: MachineId, db: Database, told: impl Fn(HostId, PoolId) -> Event) {
        let old = self.host_on(machine);
        self.clear_fallen_sr_master(old);
        let now = self.now;
        let local = self.names.sr_ids().filter(|sr| self.names.srs[sr.at()].machine == Some(machine));
        let wiped = self.hw.become_host(machine, db.master, local);
        for vdi in wiped.into_iter().flat_map(|sr| self.vdis_on(sr)) {
            fx.tell(Event::DiskWiped { vdi, machine });
        }
        fx.tell(told(db.master, db.pool));
        let stack = &mut self.stacks[machine.at()];
        *stack = Toolstack { epoch: stack.epoch, ha_runs: stack.ha_runs, up_since: now, copy_as_of: now, ..Toolstack::fresh(db) };
        self.heard[machine.at()].clear();
    }
}
