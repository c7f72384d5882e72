//! What the daemons of one machine remember, and what they keep on the machine's own disk: the role, the copy of the
//! database, who was heard when. Knows no other machine's mind.

use super::database::Database;
use super::errors::ApiError;
use crate::base::ids::{HostId, MachineId, VmId};
use crate::base::time::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// `/etc/xensource/pool.conf`, which survives everything but a fresh installation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PoolConf {
    /// `master`
    Master,
    /// `slave:ADDRESS`
    Slave(MachineId),
    /// `broken`: a change of master failed half-way.
    Broken,
}

/// The xapi process of a machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Xapi {
    /// Not running.
    Stopped,
    /// Starting; it answers nothing yet.
    Starting,
    /// A member that waits for its master's welcome, or a broken host: emergency mode.
    Emergency,
    /// Running in its role.
    Up,
}

/// The mark of a machine that must not serve again as it is: its pool forgot it, or its mastership was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Forsaken {
    /// Since when.
    pub since: Time,
    /// Whether it was forgotten (else another took its mastership).
    pub forgotten: bool,
}

/// How the database of a master came to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Promotion {
    /// When it was up as master.
    pub at: Time,
    /// Whose mastership it took.
    pub over: Option<MachineId>,
    /// Whether its copy differed from that one's database at that instant.
    pub stale: bool,
}

/// One machine's toolstack: process, memory, files.
#[derive(Clone, PartialEq, Debug)]
pub struct Toolstack {
    // On disk.
    /// pool.conf.
    pub conf: PoolConf,
    /// The copy of the database: the pool's own on its master, a backup on a member.
    pub db: Arc<Database>,
    /// The state of the master's database that the copy shows.
    pub copy_as_of: Time,
    /// How it last became master, if it did since the start.
    pub promotion: Option<Promotion>,
    /// A promotion by `pool-emergency-transition-to-master` that the next start of xapi will carry out, and over whom.
    pub taking_over: Option<Option<MachineId>>,
    /// Whether it must not serve again without a fresh installation.
    pub forsaken: Option<Forsaken>,

    // The process.
    /// The xapi process.
    pub xapi: Xapi,
    /// The role that the process read from pool.conf when it started; changing it takes a restart.
    pub role: PoolConf,
    /// Counts starts and stops of xapi; dues of an earlier process count no more.
    pub epoch: u32,
    /// When the process was up in its role.
    pub up_since: Time,
    /// The next start is the first since the machine booted: PBDs are plugged again.
    pub booted: bool,
    /// The role change is decided; xapi restarts when the fuse has burnt.
    pub fuse: bool,
    /// Emergency mode: the error that every ordinary command gets.
    pub stashed: Option<ApiError>,
    /// The operator disabled this host: it does not enable itself again before a reboot (user_requested_host_disable).
    pub user_disabled: bool,
    /// Since when its xapi has not reached a running master (hazard `no-master`).
    pub lonely_since: Option<Time>,

    // A master's memory.
    /// When each host was last heard since this process started.
    pub heard: BTreeMap<HostId, Time>,
    /// Hosts that said they shut down, until their next hello.
    pub shutting_down: BTreeSet<HostId>,
    /// Whose turn it is to get a copy of the database: a place in the file's order of machines.
    pub copy_turn: u16,
    /// VMs with an operation under way.
    pub busy: BTreeSet<VmId>,

    // A member's memory.
    /// The last process of the master that accepted it: machine and epoch.
    pub joined: Option<(MachineId, u32)>,
    /// The candidate that it has promised itself to (pool-designate-new-master), and until when.
    pub proposal: Option<(MachineId, Time)>,
}
