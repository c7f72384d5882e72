//! `xe host-forget`: takes a host out of the database (xapi_host.ml, destroy).

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
use crate::world::guards::Guard;

/// `xe host-forget`.
#[derive(Clone, Debug)]
pub struct HostForget(DeadHost);

impl Command for HostForget {
    const DOC: CommandDoc = CommandDoc {
        name: "host-forget",
        synopsis: "xe host-forget uuid=HOST-UUID [--force]",
        doc: "Takes a host out of the pool's database without asking it. Meant for a host that is off for good. Checks, in order: the UUID (UUID_INVALID); the question `Type 'yes' to continue`, which `--force` skips, and nothing else; HOST_IS_LIVE if the database holds the host for alive and it answers; HOST_CANNOT_DESTROY_SELF for the master; HA_IS_ENABLED, which so shows on a dead host alone. A host that is only cut off, hung, or whose xapi is stopped passes for dead at once, with no 600 s to wait. What becomes of its VMs and of their disk locks differs between releases. Nobody tells the host: if it still runs, so do its VMs, and it may serve again only after a fresh installation.",
        example: "xe host-forget uuid=$beta --force",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar { asks: true, ..Grammar::keys(&["uuid"], &["force"]) };
    fn new(args: Args) -> Self {
        HostForget(DeadHost::new(args))
    }
}

/// The checks of the API, after the question.
fn checks(world: &World, seat: Seat, host: HostId) -> Result<Span, Refusal> {
    let after = match dead_after(world, seat.executor, host) {
        Some(after) => after,
        None if !world.guarded(Guard::ForgetLive) => Span::ZERO,
        None => return Err(ApiError::new("HOST_IS_LIVE").with(Param::Host(host)).into()),
    };
    if world.guarded(Guard::ForgetSelf) && world.host_on(seat.executor) == host {
        let code = if world.release.hosts.forget_self_is_live { "HOST_IS_LIVE" } else { "HOST_CANNOT_DESTROY_SELF" };
        return Err(ApiError::new(code).with(Param::Host(host)).into());
    }
    if world.guarded(Guard::ForgetHa) && world.ha_on(seat.executor) {
        return Err(Refusal::from(ApiError::new("HA_IS_ENABLED")).after(after));
    }
    if !world.release.hosts.forget_halts_vms && world.db(seat.executor).residents(host).next().is_some() {
        return Err(Refusal::from(ApiError::new("HOST_HAS_RESIDENT_VMS").with(Param::Host(host))).after(after));
    }
    Ok(after)
}

impl Operation for HostForget {
    fn target(&self, world: &World) -> Target {
        self.0.target(world)
    }

    fn check(&mut self, world: &World, seat: Seat) -> Check {
        self.0.check(world, seat, |host| checks(world, seat, host))
    }

    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let by = seat.executor;
        let host = match self.0.still_dead(world, seat, |host| checks(world, seat, host)) {
            Ok(host) => host,
            Err(output) => return Progress::Ended(output),
        };
        if world.release.hosts.forget_halts_vms {
            for vm in world.db(by).residents(host).collect::<Vec<_>>() {
                world.set_vm(fx, by, vm, PowerState::Halted, None);
            }
        }
        if world.release.locks.forget_clears_locks {
            for vdi in world.names.vdi_ids() {
                world.remove_lock(fx, by, vdi, host);
            }
        }
        world.forget_host(fx, by, host);
        self.0.done()
    }
}
