//! `xe host-declare-dead`: holds a host for dead without asking it (xapi_host.ml, declare_dead).

use super::args::Args;
use super::dead_host::DeadHost;
use super::reach::{Refusal, dead_after};
use super::{Check, Command, CommandDoc, Grammar, Operation, Progress, Seat, Target};
use crate::base::ids::HostId;
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::effects::Effects;
use crate::world::errors::{ApiError, Param};
use crate::world::release::Version;

/// `xe host-declare-dead`.
#[derive(Clone, Debug)]
pub struct HostDeclareDead(DeadHost);

impl Command for HostDeclareDead {
    const DOC: CommandDoc = CommandDoc {
        name: "host-declare-dead",
        synopsis: "xe host-declare-dead uuid=HOST-UUID [--force]",
        doc: "Resets the VMs of a host, disables it and clears its disk locks, without asking it. Checks: the UUID (UUID_INVALID); the question `Type 'yes' to continue`, which `--force` skips; HOST_IS_LIVE if the database holds the host for alive and it answers, and for the master itself. HA is not asked. The host's record stays, and it may come back. If it still runs, its disks are unprotected.",
        example: "xe host-declare-dead uuid=$beta --force",
        since: Some(Version(6, 2)),
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar { asks: true, ..Grammar::keys(&["uuid"], &["force"]) };
    fn new(args: Args) -> Self {
        HostDeclareDead(DeadHost::new(args))
    }
}

/// The database, and where it holds the host for alive the host itself; never the master.
fn dead(world: &World, seat: Seat, host: HostId) -> Result<Span, Refusal> {
    let live = || ApiError::new("HOST_IS_LIVE").with(Param::Host(host)).into();
    dead_after(world, seat.executor, host).filter(|_| world.host_on(seat.executor) != host).ok_or_else(live)
}

impl Operation for HostDeclareDead {
    fn target(&self, world: &World) -> Target {
        self.0.target(world)
    }

    fn check(&mut self, world: &World, seat: Seat) -> Check {
        self.0.check(world, seat, |host| dead(world, seat, host))
    }

    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let by = seat.executor;
        let host = match self.0.still_dead(world, seat, |host| dead(world, seat, host)) {
            Ok(host) => host,
            Err(output) => return Progress::Ended(output),
        };
        for vm in world.db(by).residents(host).collect::<Vec<_>>() {
            world.set_vm(fx, by, vm, PowerState::Halted, None);
        }
        world.set_enabled(fx, by, host, false);
        // The hook host-post-declare-dead with the reason `user`, without a look at what is open.
        for vdi in world.names.vdi_ids() {
            world.remove_lock(fx, by, vdi, host);
        }
        self.0.done()
    }
}
