//! `xe pool-designate-new-master`: an orderly change of master in two phases (xapi_pool_transition.ml).

use super::args::Args;
use super::objects::{self, Class, Object};
use super::reach::{Refusal, gate, is_member, uuid_invalid};
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Seat, Target};
use crate::base::ids::MachineId;
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::{ApiError, Param};
use crate::world::guards::Guard;
use crate::world::memory::PoolConf;
use crate::world::roles::Contact;

/// `xe pool-designate-new-master`.
#[derive(Clone, Debug)]
pub struct DesignateNewMaster {
    args: Args,
}

impl Command for DesignateNewMaster {
    const DOC: CommandDoc = CommandDoc {
        name: "pool-designate-new-master",
        synopsis: "xe pool-designate-new-master host-uuid=HOST-UUID",
        doc: "Hands the role of master over in order. Needs a master that works and every host of the pool: checks the UUID (UUID_INVALID), then that the candidate can be reached (HOST_OFFLINE, CANNOT_CONTACT_HOST) and that HA is off (HA_IS_ENABLED), copies the database to all hosts (HOST_OFFLINE for one that is dead), and has all promise themselves to the candidate (HA_ABORT_NEW_MASTER if one is promised to another). Then all change roles after the setting `role-change`. For the master itself it does nothing.",
        example: "xe pool-designate-new-master host-uuid=$beta",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&["host-uuid"], &[]);
    fn new(args: Args) -> Self {
        DesignateNewMaster { args }
    }
}

/// How long a host remembers the candidate that it is promised to (xapi_ha.ml, propose_new_master_internal).
const PROMISE: Span = Span::secs(600);

impl DesignateNewMaster {
    /// The candidate and all others, once every one can be called; `None` if the candidate is the master.
    fn hosts(&self, world: &World, seat: Seat) -> Result<Option<(MachineId, Vec<MachineId>)>, Refusal> {
        let by = seat.executor;
        let uuid = self.args.required("host-uuid");
        let Some(Object::Host(host)) = Class::Host.by_uuid(world, by, uuid) else { return Err(uuid_invalid("host", uuid)) };
        let candidate = gate(world, by, host)?;
        if candidate == by {
            return Ok(None);
        }
        if world.ha_on(by) {
            return Err(ApiError::new("HA_IS_ENABLED").into());
        }
        let mut peers = Vec::new();
        for other in objects::hosts(world, by) {
            let machine = match gate(world, by, other) {
                Ok(machine) => machine,
                Err(_) if !world.guarded(Guard::DesignateAll) => continue,
                Err(refusal) => return Err(refusal),
            };
            if machine != candidate {
                peers.push(machine);
            }
        }
        for machine in &peers {
            let contact = world.contact(candidate, *machine);
            if contact != Contact::Answered && world.guarded(Guard::DesignateAll) {
                let error = ApiError::new("CANNOT_CONTACT_HOST").with(Param::Host(world.host_on(*machine)));
                let silent = contact == Contact::Silent;
                return Err(Refusal::from(error).after(if silent { world.settings.connect_timeout } else { Span::ZERO }));
            }
        }
        let promised = |machine: &&MachineId| {
            world.stacks[machine.at()].proposal.is_some_and(|(other, until)| other != candidate && until > world.now)
        };
        if peers.iter().chain([&candidate]).find(promised).is_some() {
            return Err(ApiError::new("HA_ABORT_NEW_MASTER").text("Already promised to another candidate").into());
        }
        Ok(Some((candidate, peers)))
    }
}

impl Operation for DesignateNewMaster {
    fn target(&self, world: &World) -> Target {
        world.names.machine_by_uuid(self.args.required("host-uuid")).into()
    }

    fn check(&mut self, world: &World, seat: Seat) -> Check {
        match self.hosts(world, seat) {
            Ok(_) => Check::Go(world.settings.command),
            Err(refusal) => Check::Refuse { output: refusal.output(world, seat.executor), after: refusal.after },
        }
    }
    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let (candidate, peers) = match self.hosts(world, seat) {
            Ok(Some(hosts)) => hosts,
            Ok(None) => return Progress::Ended(Output::default()),
            Err(refusal) => return Progress::Ended(refusal.output(world, seat.executor)),
        };
        for machine in peers.iter().chain([&candidate]) {
            if is_member(world, seat.executor, *machine) {
                world.take_copy(fx, *machine, seat.executor);
            }
            world.stacks[machine.at()].proposal = Some((candidate, world.now + PROMISE));
        }
        for machine in &peers {
            world.reset_master(fx, *machine, candidate);
        }
        world.change_role(fx, candidate, PoolConf::Master);
        let text = if self.args.minimal { "\n".to_string() } else { String::new() };
        Progress::Ended(Output { text, exit: 0, error: None })
    }
}
