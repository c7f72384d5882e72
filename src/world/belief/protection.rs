//! What the pool's database says of HA: whether it is on, for how many failures it plans, which VMs it protects.

use crate::base::ids::{SrId, VmId};
use crate::base::time::{Span, Time};
use std::collections::BTreeMap;

/// `ha_restart_priority` of a VM.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Protection {
    /// `restart`: started again whenever it is down, by the failover plan.
    Restart,
    /// `best-effort`: one try when its host was lost.
    BestEffort,
}

impl Protection {
    /// The priorities as scenarios and `xe` write them.
    pub const ALL: [(&'static str, Protection); 2] = [("restart", Protection::Restart), ("best-effort", Protection::BestEffort)];

    /// The priority as scenarios and `xe` write it.
    pub fn name(self) -> &'static str {
        Protection::ALL.iter().find(|(_, one)| *one == self).map_or("", |(word, _)| word)
    }
}

/// What a VM's record says of HA.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VmHa {
    /// `ha-restart-priority`; `None` is the empty one: unprotected.
    pub priority: Option<Protection>,
    /// `order`: ascending; `None` is last.
    pub order: Option<u64>,
    /// `start-delay`.
    pub start_delay: Span,
}

/// What the pool's database says of HA.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PoolHa {
    /// `pool.ha-enabled`.
    pub enabled: bool,
    /// `pool.ha-statefiles`: the SR that the statefile lies on.
    pub statefile: Option<SrId>,
    /// `pool.ha-host-failures-to-tolerate`.
    pub failures_to_tolerate: u32,
    /// `pool.ha-plan-exists-for`.
    pub plan_exists_for: u32,
    /// `pool.ha-allow-overcommit`.
    pub allow_overcommit: bool,
    /// `pool.ha-overcommitted`.
    pub overcommitted: bool,
    /// Until when restarts are held off (`pool-ha-prevent-restarts-for`).
    pub restarts_held_until: Option<Time>,
    /// VMs whose fields were set since the start; all others have what [`crate::world::inventory::VmName`] says.
    pub vms: BTreeMap<VmId, VmHa>,
}
