//! What commands about a dead host share, `host-forget` and `host-declare-dead`: the host by its UUID, the question, the checks
//! behind it, and the second look while a connection to the host is being tried (newcli.ml; xapi_host.ml).

use super::args::Args;
use super::objects::{Class, Object};
use super::reach::{Refusal, ask_first, uuid_invalid};
use super::{Check, Output, Progress, Seat, Target};
use crate::base::ids::HostId;
use crate::base::time::Span;
use crate::world::World;

/// What is said before the question, by both (newcli.ml).
const WARNINGS: &str = "WARNING: A host should only be forgotten if it is physically unrecoverable;\nWARNING: if possible, Hosts should be 'ejected' from the Pool instead.\nWARNING: Once a host has been forgotten it will have to be re-installed.\nWARNING: This operation is irreversible.\n";

/// The command as it was typed, and how far it has come.
#[derive(Clone, Debug)]
pub struct DeadHost {
    args: Args,
    /// What was printed before the question was answered.
    asked: String,
    /// A connection to the host is being tried: if it is answered before that is given up, the host lives.
    connecting: bool,
}

impl DeadHost {
    /// As it was typed.
    pub fn new(args: Args) -> DeadHost {
        DeadHost { args, asked: String::new(), connecting: false }
    }

    /// Which machine it is about.
    pub fn target(&self, world: &World) -> Target {
        world.names.machine_by_uuid(self.args.required("uuid")).into()
    }

    fn host(&self, world: &World, seat: Seat) -> Result<HostId, Refusal> {
        let uuid = self.args.required("uuid");
        match Class::Host.by_uuid(world, seat.executor, uuid) {
            Some(Object::Host(host)) => Ok(host),
            _ => Err(uuid_invalid("host", uuid)),
        }
    }

    fn refused(&self, world: &World, seat: Seat, mut refusal: Refusal) -> Output {
        refusal.before = self.asked.clone();
        refusal.output(world, seat.executor)
    }

    /// Asks, then checks what the API asks of the host: how long it took to find it dead.
    pub fn check(&mut self, world: &World, seat: Seat, checks: impl Fn(HostId) -> Result<Span, Refusal>) -> Check {
        let found = self.host(world, seat);
        let (host, asked) = match ask_first(&self.args, world, seat.executor, found, |_| WARNINGS.into()) {
            Ok(asked) => asked,
            Err(output) => return Check::Refuse { output, after: Span::ZERO },
        };
        self.asked = asked;
        match checks(host) {
            Ok(after) => {
                self.connecting = after > Span::ZERO;
                Check::Go(after + world.settings.command)
            }
            Err(refusal) => Check::Refuse { after: refusal.after, output: self.refused(world, seat, refusal) },
        }
    }

    /// The host when the command is carried out. Whether it lives was asked when the command began, and is asked again only
    /// where a connection had to be tried (xapi_host.ml, destroy).
    ///
    /// # Errors
    /// What is printed where it is not there any more, or has answered meanwhile.
    pub fn still_dead(&self, world: &World, seat: Seat, checks: impl Fn(HostId) -> Result<Span, Refusal>) -> Result<HostId, Output> {
        let again = |host| if self.connecting { checks(host).map(|_| host) } else { Ok(host) };
        self.host(world, seat).and_then(again).map_err(|refusal| self.refused(world, seat, refusal))
    }

    /// It is done: nothing more is printed.
    pub fn done(&self) -> Progress {
        let end = if self.args.minimal { "\n" } else { "" };
        Progress::Ended(Output { text: format!("{}{end}", self.asked), exit: 0, error: None })
    }
}
