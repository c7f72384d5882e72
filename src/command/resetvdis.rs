//! `/opt/xensource/sm/resetvdis.py`: removes a host's disk locks on an SR. How it takes its words and what it prints is the
//! storage manager's ([`crate::world::sm`]).

use super::args::{Args, says};
use super::objects::{Class, Object};
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Seat, Target};
use crate::base::ids::{HostId, MachineId, SrId, VdiId};
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
pub fn failure(world: &World, error: ApiError) -> Output {
    let text = world.settings.storage_manager.traceback(&format!("XenAPI.Failure: {}", world.as_python(&error)));
    Output { error: Some(error), ..says(text, 1) }
}

impl Command for Resetvdis {
    const DOC: CommandDoc = CommandDoc {
        name: "resetvdis.py",
        synopsis: "/opt/xensource/sm/resetvdis.py HOST-UUID SR-UUID [master]",
        doc: "Removes a host's locks from all disks of one SR in the master's database, so that their VMs can start elsewhere: once for each SR with disks of those VMs. The word `master` also removes every `paused` mark on the SR; it belongs there only if the host was the SR's master when it failed (the pool master for shared SRs, the owner for local ones). Checks: the SR's UUID, then the host's (UUID_INVALID as a traceback). Nobody looks whether the host is off: while it runs its disks are then unprotected, and the next start elsewhere makes two writers. Any other third word, `--master` too, counts as none. Nothing is printed, whether anything was removed or not. That is the script of the storage manager g1; later ones (the setting `storage-manager`) take `all HOST-UUID SR-UUID [--master]`, the same without `all`, and `single VDI-UUID [--force]`, which asks each holder of a lock of that one disk, removes the lock where the disk is not open there, and says so; with `--force` it asks nobody. They know no word `master`: they print their usage then, and reset nothing.",
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
    /// The locks of a disk; `true` if nobody is to be asked.
    Vdi(VdiId, bool),
}

impl Resetvdis {
    /// The words with their objects looked up, the SR's before the host's.
    fn asked(&self, world: &World, by: MachineId) -> Result<Asked, ApiError> {
        let invalid = |table: &str, uuid: &str| ApiError::new("UUID_INVALID").text(table).text(uuid);
        let (host, sr, master) = match world.settings.storage_manager.resetvdis(&self.words) {
            Reset::Usage(text) => return Ok(Asked::Usage(text)),
            Reset::Vdi { vdi, force, .. } => {
                return match Class::Vdi.by_uuid(world, by, &vdi) {
                    Some(Object::Vdi(found)) => Ok(Asked::Vdi(found, force)),
                    _ => Err(invalid("VDI", &vdi)),
                };
            }
            Reset::Host { host, sr, master, .. } => (host, sr, master),
        };
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
            Reset::Host { host, sr, master, .. } => Target::Locks { host: names.machine_by_uuid(&host), sr: names.sr_by_uuid(&sr), master },
            Reset::Usage(_) | Reset::Vdi { .. } => Target::default(),
        }
    }

    fn check(&mut self, world: &World, seat: Seat) -> Check {
        match self.asked(world, seat.executor) {
            Ok(Asked::Host(..)) => Check::Go(world.settings.command),
            Ok(Asked::Vdi(vdi, force)) => Check::Go(world.settings.command + world.reset_vdi_takes(seat.executor, vdi, force)),
            Ok(Asked::Usage(text)) => Check::Refuse { output: says(text, 1), after: Span::ZERO },
            Err(error) => Check::Refuse { output: failure(world, error), after: Span::ZERO },
        }
    }

    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let by = seat.executor;
        Progress::Ended(match self.asked(world, by) {
            Ok(Asked::Host(host, sr, master)) => {
                world.reset_locks(fx, by, sr, host, master);
                Output::default()
            }
            Ok(Asked::Vdi(vdi, force)) => {
                let (text, died) = world.reset_vdi_locks(fx, by, vdi, force);
                let end = died.map_or_else(Output::default, |error| failure(world, error));
                Output { text: format!("{text}{}", end.text), ..end }
            }
            Ok(Asked::Usage(text)) => says(text, 1),
            Err(error) => failure(world, error),
        })
    }
}
