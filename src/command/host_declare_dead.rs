//! `xe host-declare-dead`: holds a host for dead without asking it (xapi_host.ml, declare_dead).

use super::args::Args;
use super::host_forget::WARNINGS;
use super::objects::{Class, Object};
use super::reach::{Refusal, ask_first, dead_after, uuid_invalid};
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Seat, Target};
use crate::base::ids::HostId;
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::effects::Effects;
use crate::world::errors::{ApiError, Param};
use crate::world::release::Version;

/// `xe host-declare-dead`.
#[derive(Clone, Debug)]
pub struct HostDeclareDead {
    args: Args,
    /// What was printed before the question was answered. The words are those of `host-forget` (newcli.ml).
    asked: String,
    /// A connection to the host is being tried: if it is answered before that is given up, the host lives.
    connecting: bool,
}

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
        HostDeclareDead { args, asked: String::new(), connecting: false }
    }
}

impl HostDeclareDead {
    fn host(&self, world: &World, seat: Seat) -> Result<HostId, Refusal> {
        let uuid = self.args.required("uuid");
        match Class::Host.by_uuid(world, seat.executor, uuid) {
            Some(Object::Host(host)) => Ok(host),
            _ => Err(uuid_invalid("host", uuid)),
        }
    }

    fn dead(&self, world: &World, seat: Seat, host: HostId) -> Result<Span, Refusal> {
        let live = || ApiError::new("HOST_IS_LIVE").with(Param::Host(host)).into();
        dead_after(world, seat.executor, host).filter(|_| world.host_on(seat.executor) != host).ok_or_else(live)
    }

    fn refused(&self, world: &World, seat: Seat, mut refusal: Refusal) -> Output {
        refusal.before = self.asked.clone();
        refusal.output(world, seat.executor)
    }
}

impl Operation for HostDeclareDead {
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
        match self.dead(world, seat, host) {
            Ok(after) => {
                self.connecting = after > Span::ZERO;
                Check::Go(after + world.settings.command)
            }
            Err(refusal) => Check::Refuse { after: refusal.after, output: self.refused(world, seat, refusal) },
        }
    }

    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let by = seat.executor;
        let still_dead = |host| if self.connecting { self.dead(world, seat, host).map(|_| host) } else { Ok(host) };
        let host = match self.host(world, seat).and_then(still_dead) {
            Ok(host) => host,
            Err(refusal) => return Progress::Ended(self.refused(world, seat, refusal)),
        };
        for vm in world.db(by).residents(host).collect::<Vec<_>>() {
            world.set_vm(fx, by, vm, PowerState::Halted, None);
        }
        world.set_enabled(fx, by, host, false);
        // The hook host-post-declare-dead with the reason `user`, without a look at what is open.
        for vdi in world.names.vdi_ids() {
            world.remove_lock(fx, by, vdi, host);
        }
        let end = if self.args.minimal { "\n" } else { "" };
        Progress::Ended(Output { text: format!("{}{end}", self.asked), exit: 0, error: None })
    }
}
