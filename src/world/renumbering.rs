//! A machine gets another address (docs/model/members-and-masters.md §19): whoever had the old one written down reaches nobody there.

use crate::base::ids::{HostId, MachineId};
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::event::Event;
use crate::world::memory::{PoolConf, Xapi};
use std::sync::Arc;

impl World {
    /// Gives a machine another address. Members have their master's in pool.conf, and reach nobody there any more; whoever points to
    /// the new one already, by chance or in good time, reaches it now. A running xapi writes its own into the database of the master
    /// that it reaches, at its next greeting where it reaches none.
    ///
    /// # Errors
    /// Why that is not simulated: HA's daemons have the addresses of all hosts in a file of their own.
    pub fn re_address(&mut self, fx: &mut Effects, machine: MachineId) -> Result<(), String> {
        let pool = self.pool_of(machine);
        if self.machines().any(|other| self.pool_of(other) == pool && self.stacks[other.at()].ha.armed) {
            let name = self.names.machine(machine);
            return Err(format!(
                "{name} keeps its address: what HA's daemons make of another one is not simulated; switch HA off before\n"
            ));
        }
        let (old, new) = Arc::make_mut(&mut self.names).renumber(machine);
        let stray = |address: &str| address.parse().ok().map(PoolConf::Stray);
        for other in self.machines().collect::<Vec<_>>() {
            let stack = &mut self.stacks[other.at()];
            for role in [&mut stack.conf, &mut stack.role] {
                if *role == PoolConf::Slave(machine) {
                    *role = stray(&old).unwrap_or(*role);
                } else if Some(*role) == stray(&new) {
                    *role = PoolConf::Slave(machine);
                }
            }
        }
        fx.tell(Event::ReAddressed { machine });
        if self.stacks[machine.at()].xapi == Xapi::Up
            && let Some(master) = self.reached_master(machine)
        {
            self.record_address(master, self.host_on(machine));
        }
        Ok(())
    }

    /// Writes down the address that a host's machine has now.
    pub fn record_address(&mut self, by: MachineId, host: HostId) {
        let now = self.names.machines[self.names.hosts[host.at()].machine.at()].renumbered;
        if self.db(by).host(host).is_some_and(|record| record.renumbered != now)
            && let Some(record) = self.db_mut(by).hosts.get_mut(&host)
        {
            record.renumbered = now;
        }
    }

    /// Whether the address of a host that a machine's database has is the one that its machine has now. Where the host is not written
    /// down nobody is misled.
    pub fn knows_address(&self, by: MachineId, host: HostId) -> bool {
        let now = self.names.machines[self.names.hosts[host.at()].machine.at()].renumbered;
        self.db(by).host(host).is_none_or(|record| record.renumbered == now)
    }
}
