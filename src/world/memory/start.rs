//! What the daemons of each machine remember at 0, as a pool says it, and when a machine begins anew.

use crate::base::ids::{HostId, MachineId, PoolId};
use crate::base::shared::Singly;
use crate::base::time::{Span, Time};
use crate::world::belief::Database;
use crate::world::build::{Pool, Role};
use crate::world::errors::ApiError;
use crate::world::inventory::Inventory;
use crate::world::memory::{Forsaken, Heard, PoolConf, Toolstack, Xapi};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A toolstack as it is when a scenario begins or an installation ends: up as master of what its database says.
impl Toolstack {
    /// A running master of `db`.
    pub fn fresh(db: impl Into<Arc<Database>>) -> Toolstack {
        Toolstack {
            conf: PoolConf::Master,
            db: db.into(),
            copy_as_of: Time::ZERO,
            copy_age: Span::ZERO,
            incoming: None,
            disabled_until_reboot: false,
            stays_disabled: false,
            promotion: None,
            taking_over: None,
            forsaken: None,
            ha: Default::default(),
            xhad: None,
            ha_beat: None,
            ha_runs: 0,
            xapi: Xapi::Up,
            role: PoolConf::Master,
            epoch: 0,
            up_since: Time::ZERO,
            booted: false,
            fuse: false,
            stashed: None,
            user_disabled: false,
            watched: Default::default(),
            shutting_down: Default::default(),
            copy_turn: None,
            restarts: Default::default(),
            autostarts: Default::default(),
            suspended: Default::default(),
            busy: Default::default(),
            ha_ready: false,
            joined: None,
            proposal: None,
        }
    }

    /// The toolstacks of all machines at 0. All share one copy of the database but those that have reason for another.
    pub(in crate::world) fn at_start(
        pool: &Pool,
        names: &Inventory,
        db: &Arc<Database>,
        own_pools: &BTreeMap<MachineId, PoolId>,
    ) -> Singly<Toolstack> {
        let stack = |machine: MachineId| match own_pools.get(&machine) {
            Some(own) => {
                let stack = Toolstack::fresh(Database::fresh(names, HostId(machine.0), *own));
                let xapi = if pool.hosts[machine.at()].powered { stack.xapi } else { Xapi::Stopped };
                Toolstack { xapi, ..stack }
            }
            None => Toolstack::in_pool(pool, names, db, machine),
        };
        names.machine_ids().map(stack).collect()
    }

    /// The toolstack of a machine of the pool, or of one that it has forgotten.
    fn in_pool(pool: &Pool, names: &Inventory, db: &Arc<Database>, machine: MachineId) -> Toolstack {
        let start = &pool.hosts[machine.at()];
        let host = HostId(machine.0);
        let mut stack = Toolstack { copy_age: start.copy_age, ..Toolstack::fresh(Arc::clone(db)) };
        if !start.known {
            // It was not told: its own copy still has it.
            stack.db = Arc::new(db.with_itself(names, host));
            stack.forsaken = Some(Forsaken { since: Time::ZERO, forgotten: true });
        }
        if start.role != Role::Master {
            stack.conf = PoolConf::Slave(pool.master);
            stack.role = stack.conf;
            stack.joined = start.known.then_some((pool.master, 0));
        } else {
            if stack.db.master != host {
                Arc::make_mut(&mut stack.db).master = host;
            }
        }
        if start.role == Role::Emergency {
            stack.xapi = Xapi::Emergency;
            stack.joined = None;
            stack.stashed = Some(ApiError::new("HOST_STILL_BOOTING"));
        }
        if !start.powered {
            stack.xapi = Xapi::Stopped;
            stack.joined = None;
        }
        stack
    }
}

impl Heard {
    /// Whom a machine's xapi has heard at 0: a master of the pool all that its database holds for alive.
    pub(in crate::world) fn at_start(pool: &Pool, db: &Database, machine: MachineId) -> Heard {
        let mut heard = Heard::default();
        if pool.hosts[machine.at()].role == Role::Master && !pool.names.machines[machine.at()].spare {
            for (other, record) in db.hosts.iter() {
                if record.live && *other != HostId(machine.0) {
                    heard.set(*other, Time::ZERO);
                }
            }
        }
        heard
    }
}
