//! `xe pool-ha-enable`: a statefile, xhad.conf on every host, daemons that form a liveset, and only then HA is on
//! (xapi_ha.ml, enable).

use super::args::Args;
use super::objects::{self, Class, Object};
use super::pool_ha_disable::silence;
use super::reach::{Refusal, gate, uuid_invalid};
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Seat};
use crate::base::ids::{MachineId, SrId};
use crate::base::time::{Span, Time};
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::{ApiError, Param};
use crate::world::truth::SLOTS_MAX;

/// `xe pool-ha-enable`.
#[derive(Clone, Debug)]
pub struct HaEnable {
    args: Args,
    /// The hosts whose daemons are about to form a liveset, and since when.
    joining: Option<(Vec<MachineId>, Time)>,
}

impl Command for HaEnable {
    const DOC: CommandDoc = CommandDoc {
        name: "pool-ha-enable",
        synopsis: "xe pool-ha-enable [heartbeat-sr-uuids=SR-UUID,…] [ha-config:timeout=SECONDS]",
        doc: "Switches HA on. Checks, in order: the SRs' UUIDs (UUID_INVALID); HA is off (HA_IS_ENABLED); no host is dead in the database (HOST_OFFLINE); an SR is shared and plugged on every host (CANNOT_CREATE_STATE_FILE). Then every host gets its configuration and starts its daemon; they have the timeout and a minute more to form a liveset (HA_FAILED_TO_FORM_LIVESET, HA_HOST_CANNOT_ACCESS_STATEFILE; all is undone then). A daemon that aborts on the way makes it INTERNAL_ERROR, `Unrecognised MTC exit code: 134`, and its host is reset within a minute. Only the first SR named is used. The key is plural: `heartbeat-sr-uuid=`, as the manual prints it, is not read, and an SR is picked without a word.",
        example: "xe pool-ha-enable heartbeat-sr-uuids=$nfs1",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&[], &["heartbeat-sr-uuids", "ha-config:timeout"]);
    fn new(args: Args) -> Self {
        HaEnable { args, joining: None }
    }
}

/// The base timeout where none is given (xapi_globs.ml, ha_default_timeout_base).
const TIMEOUT: Span = Span::secs(60);
/// The longest timeout that the simulator takes, in seconds.
const TIMEOUT_MOST: u64 = 3600;
/// The shortest that xapi takes (xapi_ha.ml, Timeouts).
const TIMEOUT_LEAST: u64 = 10;
/// How often the master looks whether all daemons have joined.
const LOOK: Span = Span::secs(5);

impl HaEnable {
    fn timeout(&self) -> Result<Span, Refusal> {
        let Some(text) = self.args.get("ha-config:timeout") else { return Ok(TIMEOUT) };
        match text.parse::<u64>() {
            Ok(seconds) if (TIMEOUT_LEAST..=TIMEOUT_MOST).contains(&seconds) => Ok(Span::secs(seconds)),
            _ => Err(ApiError::new("INTERNAL_ERROR").text("Failure(\"int_of_string\")").into()),
        }
    }

    /// The SR of the statefile and the hosts, if nothing is against it.
    fn checks(&self, world: &World, by: MachineId) -> Result<(SrId, Span, Vec<MachineId>), Refusal> {
        let mut named = Vec::new();
        if let Some(uuids) = self.args.get("heartbeat-sr-uuids") {
            for uuid in uuids.split(',') {
                match Class::Sr.by_uuid(world, by, uuid) {
                    Some(Object::Sr(sr)) => named.push(sr),
                    _ => return Err(uuid_invalid("SR", uuid)),
                }
            }
        }
        let timeout = self.timeout()?;
        let db = world.db(by);
        if db.ha.enabled {
            return Err(ApiError::new("HA_IS_ENABLED").into());
        }
        let hosts = objects::hosts(world, by);
        if let Some(dead) = hosts.iter().find(|host| !db.live(**host)) {
            return Err(ApiError::new("HOST_OFFLINE").with(Param::Host(*dead)).into());
        }
        let usable = |sr: &SrId| db.shares(*sr) && hosts.iter().all(|host| db.plugged(*host, *sr));
        let sr = match named.first() {
            Some(sr) => Some(*sr).filter(usable),
            None => world.names.sr_ids().filter(|sr| objects::knows_sr(world, by, *sr)).find(usable),
        };
        let Some(sr) = sr else { return Err(ApiError::new("CANNOT_CREATE_STATE_FILE").into()) };
        if hosts.len() > SLOTS_MAX {
            // The statefile has no room for them: their daemons do not start (xha, lib/config.c).
            return Err(ApiError::new("HA_FAILED_TO_FORM_LIVESET").into());
        }
        let mut machines = Vec::new();
        for host in hosts {
            machines.push(gate(world, by, host)?);
        }
        match world.path_fault(by, sr) {
            None => Ok((sr, timeout, machines)),
            Some(_) => Err(ApiError::new("CANNOT_CREATE_STATE_FILE").into()),
        }
    }

    /// The daemons have been started: are they all in a liveset?
    fn look(&self, world: &mut World, fx: &mut Effects, by: MachineId, machines: &[MachineId], since: Time) -> Progress {
        if machines.iter().all(|machine| world.ha_joined(*machine)) && world.ha_propose_master(by) {
            return self.switch_on(world, fx, by, machines);
        }
        let join = world.stacks[by.at()].ha.config.as_ref().map(|config| world.release.ha_times(config.timeout).join);
        let waiting = join.is_some_and(|join| world.now.since(since) < join);
        let started = |machine: &&MachineId| world.stacks[machine.at()].xhad.is_some();
        if waiting && machines.iter().filter(started).count() == machines.len() {
            return Progress::Again(LOOK);
        }
        // In part is not at all: what was begun is undone, and a daemon that is out of reach finds the statefile invalid.
        let blind = machines.iter().any(|machine| world.ha_lost_statefile(*machine));
        let error = if machines.iter().any(|machine| world.ha_crashed(*machine)) {
            // ha_start_daemon hands on the exit status of a daemon that aborts, and xapi knows none such (xha_errno.ml).
            ApiError::new("INTERNAL_ERROR").text("(Failure \"Unrecognised MTC exit code: 134\")")
        } else {
            ApiError::new(if blind { "HA_HOST_CANNOT_ACCESS_STATEFILE" } else { "HA_FAILED_TO_FORM_LIVESET" })
        };
        world.ha_invalidate(by);
        for machine in machines {
            world.ha_stop_daemon(*machine, fx);
            world.ha_disarm(*machine, fx);
        }
        Progress::Ended(Refusal::from(error).output(world, by))
    }

    fn switch_on(&self, world: &mut World, fx: &mut Effects, by: MachineId, machines: &[MachineId]) -> Progress {
        let Some(config) = world.stacks[by.at()].ha.config.clone() else { return Progress::Ended(Output::default()) };
        for machine in machines {
            world.ha_arm(*machine, fx);
        }
        world.stacks[by.at()].ha_ready = true;
        world.set_ha_on(fx, by, config.sr);
        world.ha_write_redo_log(by);
        for machine in machines {
            if super::reach::is_member(world, by, *machine) {
                world.take_copy(fx, *machine, by);
            }
        }
        Progress::Ended(silence(&self.args))
    }
}

impl Operation for HaEnable {
    fn check(&mut self, world: &World, seat: Seat) -> Check {
        match self.checks(world, seat.executor) {
            Ok(_) => Check::Go(world.settings.command),
            Err(refusal) => Check::Refuse { output: refusal.output(world, seat.executor), after: refusal.after },
        }
    }

    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let by = seat.executor;
        if let Some((machines, since)) = self.joining.clone() {
            return self.look(world, fx, by, &machines, since);
        }
        let (sr, timeout, machines) = match self.checks(world, by) {
            Ok(found) => found,
            Err(refusal) => return Progress::Ended(refusal.output(world, by)),
        };
        world.ha_configure(sr, timeout, &machines);
        for machine in &machines {
            world.ha_start_daemon(*machine, fx);
        }
        self.joining = Some((machines, world.now));
        Progress::Again(LOOK)
    }
}
