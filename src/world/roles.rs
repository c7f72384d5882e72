//! Who is master of whom, and whose database rules: what machines remember of their roles, where they are up to it.

use crate::base::ids::{HostId, MachineId, PoolId};
use crate::base::time::Span;
use crate::world::errors::{ApiError, Param};
use crate::world::memory::{PoolConf, Xapi};
use crate::world::{MAIN_POOL, World};

/// What becomes of a connection to another machine's xapi.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Contact {
    /// It is answered.
    Answered,
    /// It is refused at once: the machine is there, xapi is not.
    Refused,
    /// Nothing answers: off, cut off, hung. It takes the setting `connect-timeout` to find out.
    Silent,
}

impl World {
    /// What becomes of a connection from one machine's toolstack to another's.
    pub fn contact(&self, from: MachineId, to: MachineId) -> Contact {
        if !self.dom0_answers(to) || !self.linked(from, to) {
            Contact::Silent
        } else if matches!(self.stacks[to.at()].xapi, Xapi::Stopped | Xapi::Starting) {
            Contact::Refused
        } else {
            Contact::Answered
        }
    }

    /// What becomes of a connection to a host, at the address that the caller's database has: it has to be that host still, for it
    /// has the pool's secret.
    pub fn contact_host(&self, from: MachineId, host: HostId) -> Contact {
        if !self.knows_address(from, host) {
            return Contact::Silent;
        }
        match self.machine_of(host) {
            Some(machine) => self.contact(from, machine),
            // Something else is installed there now: it answers, and the secret is wrong.
            None => match self.contact(from, self.names.hosts[host.at()].machine) {
                Contact::Silent => Contact::Silent,
                _ => Contact::Refused,
            },
        }
    }

    /// The error of a host in emergency mode.
    pub fn stashed(&self, machine: MachineId) -> ApiError {
        self.stacks[machine.at()].stashed.clone().unwrap_or_else(|| ApiError::new("HOST_STILL_BOOTING"))
    }

    /// The gate of every call that a master has carried out on a certain host (message_forwarding.ml, do_op_on): the machine.
    ///
    /// # Errors
    /// HOST_OFFLINE if the database holds it for dead, CANNOT_CONTACT_HOST if it does not answer, its own error if it is in
    /// emergency mode; and how long it took to find out.
    pub fn forwards_to(&self, master: MachineId, host: HostId) -> Result<MachineId, (ApiError, Span)> {
        if self.host_on(master) == host {
            return Ok(master);
        }
        if !self.db(master).live(host) {
            return Err((ApiError::new("HOST_OFFLINE").with(Param::Host(host)), Span::ZERO));
        }
        let cannot = |after| Err((ApiError::new("CANNOT_CONTACT_HOST").with(Param::Host(host)), after));
        match (self.contact_host(master, host), self.machine_of(host)) {
            (Contact::Answered, Some(machine)) => match &self.stacks[machine.at()] {
                stack if stack.xapi == Xapi::Emergency => Err((self.stashed(machine), Span::ZERO)),
                _ => Ok(machine),
            },
            (Contact::Silent, _) => cannot(self.settings.connect_timeout),
            _ => cannot(Span::ZERO),
        }
    }

    /// Whether a machine's xapi runs: power, domain 0 and process. A member that waits in emergency mode runs too.
    pub fn xapi_runs(&self, machine: MachineId) -> bool {
        self.dom0_answers(machine) && matches!(self.stacks[machine.at()].xapi, Xapi::Up | Xapi::Emergency)
    }
    /// Whether a machine runs and holds itself for the master of a pool.
    pub fn is_master(&self, machine: MachineId) -> bool {
        let stack = &self.stacks[machine.at()];
        stack.xapi == Xapi::Up && stack.role == PoolConf::Master && self.dom0_answers(machine)
    }
    /// The running masters of a pool, in the file's order.
    pub fn masters(&self, pool: PoolId) -> impl Iterator<Item = MachineId> + '_ {
        self.machines().filter(move |m| self.is_master(*m) && self.db(*m).pool == pool)
    }
    /// The pool that a machine belongs to, as its own files say.
    pub fn pool_of(&self, machine: MachineId) -> PoolId {
        self.db(machine).pool
    }
    /// The running master that a machine reaches as its own: itself, or the one that it points to.
    pub fn reached_master(&self, machine: MachineId) -> Option<MachineId> {
        let master = match self.stacks[machine.at()].role {
            PoolConf::Master => machine,
            PoolConf::Slave(master) => master,
            PoolConf::Stray(_) | PoolConf::Broken => return None,
        };
        // Another pool's secret opens no door.
        (self.is_master(master) && self.linked(machine, master) && self.pool_of(machine) == self.pool_of(master)).then_some(master)
    }
    /// The machine whose database rules the main pool: the master of the start while it runs and holds itself master,
    /// else the running master promoted last, else the one that ruled last (docs/scenarios.md).
    pub fn ruler(&self) -> MachineId {
        let first = self.first_master;
        if self.is_master(first) && self.pool_of(first) == MAIN_POOL {
            return first;
        }
        self.ruler_among(self.masters(MAIN_POOL))
    }
    /// The same, by who knows all running masters.
    pub fn ruler_among(&self, masters: impl Iterator<Item = MachineId>) -> MachineId {
        let of_main_pool = masters.filter(|m| self.pool_of(*m) == MAIN_POOL);
        // The master of the start rules while it holds itself master.
        let rank = |m: &MachineId| (*m == self.first_master, self.stacks[m.at()].up_since, std::cmp::Reverse(*m));
        of_main_pool.max_by_key(rank).unwrap_or(self.ruled_last)
    }
}
