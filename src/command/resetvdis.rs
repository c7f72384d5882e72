//! `/opt/xensource/sm/resetvdis.py`: removes a host's disk locks on an SR. How it takes its words and what it prints is the
//! storage manager's ([`crate::world::sm`]).

use super::args::{Args, says};
use super::objects::{Class, Object};
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Seat, Target, print};
use crate::base::ids::{HostId, MachineId, SrId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;
use crate::world::sm::Reset;

/// `resetvdis.py` with its words.
#[derive(Clone, Debug)]
pub struct Resetvdis {
    words: Vec<String>,
}

/// An API error as the script dies of it.
pub fn failure(world: &World, by: MachineId, error: ApiError) -> Output {
    let code = format!("'{}'", error.code);
    let params = error.params.iter().map(|p| format!("'{}'", print::param(world, Some(by), p)));
    let values: Vec<String> = std::iter::once(code).chain(params).collect();
    Output { error: Some(error), ..says(world.settings.storage_manager.traceback(&format!("XenAPI.Failure: [{}]", values.join(", "))), 1) }
}

impl Command for Resetvdis {
    const DOC: CommandDoc = CommandDoc {
        name: "resetvdis.py",
        synopsis: "/opt/xensource/sm/resetvdis.py HOST-UUID SR-UUID [master]",
        doc: "Removes a host's locks from all disks of one SR in the master's database, so that their VMs can start elsewhere: once for each SR with disks of those VMs. The word `master` also removes every `paused` mark on the SR; it belongs there only if the host was the SR's master when it failed (the pool master for shared SRs, the owner for local ones). Checks: the SR's UUID, then the host's (UUID_INVALID as a traceback). Nobody looks whether the host is off: while it runs its disks are then unprotected, and the next start elsewhere makes two writers. Any other third word, `--master` too, counts as none. Nothing is printed, whether anything was removed or not.",
        example: "/opt/xensource/sm/resetvdis.py $beta $nfs1",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&[], &[]);
    fn new(args: Args) -> Self {
        Resetvdis { words: args.pairs.into_iter().map(|(word, _)| word).collect() }
    }
}

/// What it was asked for, and of what.
enum Asked {
    /// Nothing that it knows.
    Usage(&'static str),
    /// The locks of a host on an SR; `true` if the host is said to have been the SR's master.
    Host(HostId, SrId, bool),
}

impl Resetvdis {
    /// The words with their objects looked up, the SR's before the host's.
    fn asked(&self, world: &World, by: MachineId) -> Result<Asked, ApiError> {
        let (host, sr, master) = match world.settings.storage_manager.resetvdis(&self.words) {
            Reset::Usage(text) => return Ok(Asked::Usage(text)),
            Reset::Host { host, sr, master } => (host, sr, master),
        };
        let invalid = |table: &str, uuid: &str| ApiError::new("UUID_INVALID").text(table).text(uuid);
        let Some(Object::Sr(of)) = Class::Sr.by_uuid(world, by, &sr) else { return Err(invalid("SR", &sr)) };
        // An ejected host that was joined again has its old UUID: the one that the database has is meant.
        let named = (0..world.names.hosts.len() as u16)
            .map(HostId)
            .filter(|id| world.names.hosts[id.at()].uuid == host)
            .max_by_key(|id| (world.db(by).host(*id).is_some(), *id));
        let known = |host: &HostId| world.release.locks.resetvdis_knows_forgotten_hosts || world.db(by).host(*host).is_some();
        match named.filter(known) {
            Some(found) => Ok(Asked::Host(found, of, master)),
            None => Err(invalid("host", &host)),
        }
    }
}

impl Operation for Resetvdis {
    fn target(&self, world: &World) -> Target {
        let names = &world.names;
        match world.settings.storage_manager.resetvdis(&self.words) {
            Reset::Host { host, sr, master } => Target::Locks { host: names.machine_by_uuid(&host), sr: names.sr_by_uuid(&sr), master },
            Reset::Usage(_) => Target::default(),
        }
    }

    fn check(&mut self, world: &World, seat: Seat) -> Check {
        match self.asked(world, seat.executor) {
            Ok(Asked::Host(..)) => Check::Go(world.settings.command),
            Ok(Asked::Usage(text)) => Check::Refuse { output: says(text, 1), after: Span::ZERO },
            Err(error) => Check::Refuse { output: failure(world, seat.executor, error), after: Span::ZERO },
        }
    }

    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let by = seat.executor;
        Progress::Ended(match self.asked(world, by) {
            Ok(Asked::Host(host, sr, master)) => {
                world.reset_locks(fx, by, sr, host, master);
                Output::default()
            }
            Ok(Asked::Usage(text)) => says(text, 1),
            Err(error) => failure(world, by, error),
        })
    }
}
