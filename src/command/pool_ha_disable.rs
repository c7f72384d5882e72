//! `xe pool-ha-disable`: by the statefile where the master reaches it, else by asking every host (xapi_ha.ml,
//! disable_internal).

use super::args::Args;
use super::reach::Refusal;
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Seat, objects};
use crate::base::ids::{HostId, MachineId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;
use crate::world::roles::Contact;

/// `xe pool-ha-disable`.
#[derive(Clone, Debug)]
pub struct HaDisable {
    args: Args,
    /// HA is off in the database; it is waited for the daemons of the others.
    waiting: bool,
}

impl Command for HaDisable {
    const DOC: CommandDoc = CommandDoc {
        name: "pool-ha-disable",
        synopsis: "xe pool-ha-disable",
        doc: "Switches HA off. HA_NOT_ENABLED where it is off. With the statefile in reach the master writes into it that HA is off, and every daemon that reads that exits; the command waits for those that it can reach. Without the statefile every host of the pool has to answer; if one does not, the command tries again every 30 s, for ever. A host that was down stays armed, and finds out at its next boot.",
        example: "xe pool-ha-disable",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&[], &[]);
    fn new(args: Args) -> Self {
        HaDisable { args, waiting: false }
    }
}

/// The pause between two attempts.
const RETRY: Span = Span::secs(30);
/// How often the master looks whether a daemon has exited.
const LOOK: Span = Span::secs(5);

/// What a command prints that has nothing to say.
pub fn silence(args: &Args) -> Output {
    let text = if args.minimal { "\n".to_string() } else { String::new() };
    Output { text, exit: 0, error: None }
}

/// HA_NOT_ENABLED where the pool has it off.
///
/// # Errors
/// That.
pub fn enabled(world: &World, by: MachineId) -> Result<(), Refusal> {
    if world.ha_on(by) { Ok(()) } else { Err(ApiError::new("HA_NOT_ENABLED").into()) }
}

/// The hosts of the pool, each with its machine if that answers.
fn hosts(world: &World, by: MachineId) -> Vec<(HostId, Option<MachineId>)> {
    let answers = |machine: &MachineId| *machine == by || world.contact(by, *machine) == Contact::Answered;
    objects::hosts(world, by).into_iter().map(|host| (host, world.machine_of(host).filter(answers))).collect()
}

impl HaDisable {
    /// By the statefile; whether it could be written.
    fn by_statefile(&mut self, world: &mut World, fx: &mut Effects, by: MachineId) -> bool {
        if world.ha_lost_statefile(by) || !world.ha_invalidate(by) {
            return false;
        }
        world.ha_stop_daemon(by, fx);
        world.set_ha_off(fx, by);
        true
    }

    /// By asking everybody; whether all answered. Nobody elects a master from then on.
    fn by_asking(&mut self, world: &mut World, fx: &mut Effects, by: MachineId) -> bool {
        let hosts = hosts(world, by);
        for (_, machine) in &hosts {
            if let Some(machine) = machine {
                world.stacks[machine.at()].ha.no_failover = true;
            }
        }
        let machines: Option<Vec<MachineId>> = hosts.into_iter().map(|(_, machine)| machine).collect();
        let Some(machines) = machines else { return false };
        world.set_ha_off(fx, by);
        for machine in machines {
            world.ha_stop_daemon(machine, fx);
        }
        true
    }
}

impl Operation for HaDisable {
    fn check(&mut self, world: &World, seat: Seat) -> Check {
        match enabled(world, seat.executor) {
            Ok(()) => Check::Go(world.settings.command),
            Err(refusal) => Check::Refuse { output: refusal.output(world, seat.executor), after: Span::ZERO },
        }
    }

    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let by = seat.executor;
        if !self.waiting {
            if let Err(refusal) = enabled(world, by) {
                return Progress::Ended(refusal.output(world, by));
            }
            if !self.by_statefile(world, fx, by) && !self.by_asking(world, fx, by) {
                return Progress::Retries(RETRY);
            }
            self.waiting = true;
        }
        // A daemon that has lost the statefile does not see that HA is off: it is not waited for, and fences.
        let hosts = hosts(world, by);
        let exits = |machine: &MachineId| world.stacks[machine.at()].xhad.is_some() && !world.ha_lost_statefile(*machine);
        if hosts.iter().filter_map(|(_, machine)| *machine).any(|machine| exits(&machine)) {
            return Progress::Again(LOOK);
        }
        for (_, machine) in hosts {
            if let Some(machine) = machine {
                world.ha_disarm(machine, fx);
            }
        }
        Progress::Ended(silence(&self.args))
    }
}
