//! Machines that begin anew, after an installation or after their pool has ejected them: what boots is a pool of one host
//! that knows of no other. Knows neither how it came to that nor when.

use crate::base::ids::{HostId, MachineId, PoolId, SrId};
use crate::world::World;
use crate::world::belief::PoolHa;
use crate::world::belief::{Database, HostRecord};
use crate::world::inventory::{HostName, Inventory, Kind};
use crate::world::memory::Toolstack;
use std::collections::BTreeMap;
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
        fresh_database(&self.names, host, pool)
    }

    /// The machine is the host of this database from now on, and nothing else is left of what its toolstack knew. Its local
    /// storage is made anew: what lay there can't be opened any more, whatever a database says.
    pub fn begin_afresh(&mut self, machine: MachineId, db: Database) {
        let old = self.host_on(machine);
        self.clear_fallen_sr_master(old);
        let now = self.now;
        let hardware = &mut self.hw.machines[machine.at()];
        hardware.host = db.master;
        hardware.fenced = false;
        let local: Vec<SrId> = self.names.sr_ids().filter(|sr| self.names.srs[sr.at()].machine == Some(machine)).collect();
        self.hw.wiped.extend(local);
        let stack = &mut self.stacks[machine.at()];
        *stack = Toolstack { epoch: stack.epoch, ha_runs: stack.ha_runs, up_since: now, copy_as_of: now, ..Toolstack::fresh(db) };
    }
}

/// The database of a fresh installation: itself, and nothing else.
pub fn fresh_database(names: &Inventory, host: HostId, pool: PoolId) -> Database {
    Database {
        generation: 0,
        pool,
        master: host,
        default_sr: None,
        hosts: BTreeMap::from([(host, HostRecord { enabled: true, live: true })]),
        srs: vec![false; names.srs.len()],
        pbds: BTreeMap::<(HostId, SrId), bool>::new(),
        vms: vec![None; names.vms.len()],
        vdis: vec![None; names.vdis.len()],
        attached: vec![false; names.vbds.len()],
        always_run: vec![false; names.vms.len()],
        ha: PoolHa::default(),
    }
}
