//! `xe host-forget`: takes a host out of the database (xapi_host.ml, destroy).

use super::args::Args;
use super::objects::{Class, Object};
use super::reach::{Refusal, ask_first, dead_after, uuid_invalid};
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Seat, Target};
use crate::base::ids::HostId;
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::effects::Effects;
use crate::world::errors::{ApiError, Param};
use crate::world::guards::Guard;

/// `xe host-forget`.
#[derive(Clone, Debug)]
pub struct HostForget {
    args: Args,
    /// What was printed before the question was answered.
    asked: String,
    /// A connection to the host is being tried: if it is answered before that is given up, the host lives.
    connecting: bool,
}

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
        HostForget { args, asked: String::new(), connecting: false }
    }
}

/// What is said before the question.
pub(super) const WARNINGS: &str = "WARNING: A host should only be forgotten if it is physically unrecoverable;\nWARNING: if possible, Hosts should be 'ejected' from the Pool instead.\nWARNING: Once a host has been forgotten it will have to be re-installed.\nWARNING: This operation is irreversible.\n";

impl HostForget {
    fn host(&self, world: &World, seat: Seat) -> Result<HostId, Refusal> {
        let uuid = self.args.required("uuid");
        match Class::Host.by_uuid(world, seat.executor, uuid) {
            Some(Object::Host(host)) => Ok(host),
            _ => Err(uuid_invalid("host", uuid)),
        }
    }

    /// The checks of the API, after the question.
    fn checks(&self, world: &World, seat: Seat, host: HostId) -> Result<Span, Refusal> {
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

    fn refused(&self, world: &World, seat: Seat, mut refusal: Refusal) -> Output {
        refusal.before = self.asked.clone();
        refusal.output(world, seat.executor)
    }
}

impl Operation for HostForget {
    fn target(&self, world: &World) -> Target {
        world.names.machine_by_uuid(self.args.required("uuid")).into()
    }

    fn check(&mut self, world: &World, seat: Seat) -> Check {
        let found = self.host(world, seat);
        let (host, asked) = match ask_first(&self.args, world, seat.executor, found, |_| WARNINGS.into()) {
            Ok(asked) => asked,
            Err(output) => return Check::Refuse { output, after: Span::ZERO },
        };
        self.asked = asked;
        match self.checks(world, seat, host) {
            Ok(after) => {
                self.connecting = after > Span::ZERO;
                Check::Go(after + world.settings.command)
            }
            Err(refusal) => Check::Refuse { after: refusal.after, output: self.refused(world, seat, refusal) },
        }
    }

    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let by = seat.executor;
        // Whether the host lives was asked when the command began, and is not asked again (xapi_host.ml, destroy).
        let still_dead = |host| if self.connecting { self.checks(world, seat, host).map(|_| host) } else { Ok(host) };
        let host = match self.host(world, seat).and_then(still_dead) {
            Ok(host) => host,
            Err(refusal) => return Progress::Ended(self.refused(world, seat, refusal)),
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
        let end = if self.args.minimal { "\n" } else { "" };
        Progress::Ended(Output { text: format!("{}{end}", self.asked), exit: 0, error: None })
    }
}
