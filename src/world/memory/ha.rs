//! What a host keeps of HA on its own disk: the configuration that the last enable gave it, and its own switches.

use crate::base::ids::{HostId, SrId};
use crate::base::time::Span;
use crate::world::truth::Slots;
use std::sync::Arc;

/// What `pool-ha-enable` gives every host (xhad.conf): it stays until the next enable, whatever becomes of the pool.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HaConfig {
    /// Counts enables: the generation UUID. A daemon with another one than the statefile's exits.
    pub generation: u32,
    /// The SR with the statefile and the redo log.
    pub sr: SrId,
    /// The configured hosts, by UUID: a host's place is its slot.
    pub members: Vec<HostId>,
    /// The base timeout T.
    pub timeout: Span,
}

impl HaConfig {
    /// The slot of a host.
    pub fn slot_of(&self, host: HostId) -> Option<usize> {
        self.members.iter().position(|member| *member == host)
    }
    /// All configured hosts.
    pub fn all(&self) -> Slots {
        Slots::first(self.members.len())
    }
}

/// What a host keeps about HA on its own disk (localdb).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HaLocal {
    /// xhad.conf; `None` where HA was never enabled.
    pub config: Option<Arc<HaConfig>>,
    /// `ha.armed`: xapi starts only after xhad has joined.
    pub armed: bool,
    /// `ha.disable_failover_decisions`: this host elects no master any more.
    pub no_failover: bool,
}
