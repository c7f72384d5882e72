//! `/opt/xensource/sm/resetvdis.py`, generation G1: removes a host's disk locks on an SR (resetvdis.py, reset_sr).

use super::args::{Args, says};
use super::objects::{Class, Object};
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Seat, Target, print};
use crate::base::ids::{HostId, MachineId, SrId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;
use crate::world::event::Event;
use crate::world::guards::Guard;

/// `resetvdis.py HOST SR [master]`.
#[derive(Clone, Debug)]
pub struct Resetvdis {
    host: String,
    sr: String,
    master: bool,
}

/// What the script says of a wrong number of words.
pub const USAGE: &str = "Params: <HOST UUID> <SR UUID> [master]\n*WARNING!* CALLING ON AN ATTACHED SR MAY CAUSE DATA CORRUPTION!";

/// A Python traceback that ends in this line.
pub fn traceback(last: &str) -> String {
    format!("Traceback (most recent call last):\n  File \"/opt/xensource/sm/resetvdis.py\", line 76, in ?\n{last}")
}

/// An API error as the script dies of it.
pub fn failure(world: &World, by: MachineId, error: ApiError) -> Output {
    let code = format!("'{}'", error.code);
    let params = error.params.iter().map(|p| format!("'{}'", print::param(world, Some(by), p)));
    let values: Vec<String> = std::iter::once(code).chain(params).collect();
    Output { error: Some(error), ..says(traceback(&format!("XenAPI.Failure: [{}]", values.join(", "))), 1) }
}

impl Command for Resetvdis {
    const DOC: CommandDoc = CommandDoc {
        name: "resetvdis.py",
        synopsis: "/opt/xensource/sm/resetvdis.py HOST-UUID SR-UUID [master]",
        doc: "Removes a host's locks from all disks of one SR in the master's database, so that their VMs can start elsewhere: once for each SR with disks of those VMs. The word `master` also removes every `paused` mark on the SR; it belongs there only if the host was the SR's master when it failed (the pool master for shared SRs, the owner for local ones). Checks: the SR's UUID, then the host's (UUID_INVALID as a traceback); in `manual-6` a host that was forgotten is still known. Nobody looks whether the host is off: while it runs its disks are then unprotected, and the next start elsewhere makes two writers. In `manual-6` it removes nothing, in silence, of a host that was the SR's master unless `master` is given; any other third word, `--master` too, counts as none. Nothing is printed, whether anything was removed or not.",
        example: "/opt/xensource/sm/resetvdis.py $beta $nfs1",
    };
    const GRAMMAR: Grammar = Grammar::keys(&[], &[]);
    fn new(args: Args) -> Self {
        let mut words = args.pairs.into_iter().map(|(word, _)| word);
        Resetvdis {
            host: words.next().unwrap_or_default(),
            sr: words.next().unwrap_or_default(),
            master: words.next().as_deref() == Some("master"),
        }
    }
}

impl Resetvdis {
    fn targets(&self, world: &World, by: MachineId) -> Result<(HostId, SrId), ApiError> {
        let invalid = |table: &str, uuid: &str| ApiError::new("UUID_INVALID").text(table).text(uuid);
        let Some(Object::Sr(sr)) = Class::Sr.by_uuid(world, by, &self.sr) else { return Err(invalid("SR", &self.sr)) };
        // An ejected host that was joined again has its old UUID: the one that the database has is meant.
        let named = (0..world.names.hosts.len() as u16)
            .map(HostId)
            .filter(|host| world.names.hosts[host.at()].uuid == self.host)
            .max_by_key(|host| (world.db(by).host(*host).is_some(), *host));
        let known = |host: &HostId| world.release.resetvdis_knows_forgotten_hosts() || world.db(by).host(*host).is_some();
        match named.filter(known) {
            Some(host) => Ok((host, sr)),
            None => Err(invalid("host", &self.host)),
        }
    }
}

impl Operation for Resetvdis {
    fn target(&self, world: &World) -> Target {
        let names = &world.names;
        Target::Locks { host: names.machine_by_uuid(&self.host), sr: names.sr_by_uuid(&self.sr), master: self.master }
    }

    fn check(&mut self, world: &World, seat: Seat) -> Check {
        match self.targets(world, seat.executor) {
            Ok(_) => Check::Go(world.settings.command),
            Err(error) => Check::Refuse { output: failure(world, seat.executor, error), after: Span::ZERO },
        }
    }

    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let by = seat.executor;
        let (host, sr) = match self.targets(world, by) {
            Ok(targets) => targets,
            Err(error) => return Progress::Ended(failure(world, by, error)),
        };
        let was_master = world.fallen_sr_masters.contains(&(sr, host));
        if self.master && !was_master {
            fx.tell(Event::NeedlessMasterWord { by, sr, host });
        }
        if self.master || !was_master || !world.release.resetvdis_needs_master_word() || !world.guarded(Guard::MasterWord) {
            for vdi in world.vdis_on(sr) {
                world.remove_lock(fx, by, vdi, host);
                if self.master {
                    world.clear_paused(fx, by, vdi);
                }
            }
        }
        Progress::Ended(Output::default())
    }
}
