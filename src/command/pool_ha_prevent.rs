//! `xe pool-ha-prevent-restarts-for`: the master leaves hosts and VMs alone for a while (xapi_ha.ml, prevent_restarts_for).

use super::args::Args;
use super::pool_ha_disable::{enabled, silence};
use super::reach::Refusal;
use super::{Check, Command, CommandDoc, Grammar, Operation, Progress, Seat};
use crate::base::ids::MachineId;
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;

/// `xe pool-ha-prevent-restarts-for`.
#[derive(Clone, Debug)]
pub struct PreventRestartsFor {
    args: Args,
}

impl Command for PreventRestartsFor {
    const DOC: CommandDoc = CommandDoc {
        name: "pool-ha-prevent-restarts-for",
        synopsis: "xe pool-ha-prevent-restarts-for seconds=SECONDS",
        doc: "Holds the master off for so many seconds: hosts that leave the liveset are not taken for dead, and no VM is restarted. 0 lets it go on. It is kept in the memory of the master's xapi: a new master has never heard of it. HA_NOT_ENABLED where HA is off. Fencing goes on as ever.",
        example: "xe pool-ha-prevent-restarts-for seconds=300",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&["seconds"], &[]);
    fn new(args: Args) -> Self {
        PreventRestartsFor { args }
    }
}

/// The longest time, in seconds: longer than any run.
const MOST: u64 = 3650 * 86_400;

impl PreventRestartsFor {
    fn span(&self, world: &World, by: MachineId) -> Result<Span, Refusal> {
        let text = self.args.required("seconds");
        let seconds = match text.parse::<i64>() {
            Ok(seconds) => u64::try_from(seconds).unwrap_or(0).min(MOST),
            Err(_) => return Err(ApiError::new("INTERNAL_ERROR").text("Failure(\"int_of_string\")").into()),
        };
        enabled(world, by)?;
        Ok(Span::secs(seconds))
    }
}

impl Operation for PreventRestartsFor {
    fn check(&mut self, world: &World, seat: Seat) -> Check {
        match self.span(world, seat.executor) {
            Ok(_) => Check::Go(world.settings.command),
            Err(refusal) => Check::Refuse { output: refusal.output(world, seat.executor), after: Span::ZERO },
        }
    }
    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        match self.span(world, seat.executor) {
            Ok(span) => {
                world.hold_restarts(fx, seat.executor, span);
                Progress::Ended(silence(&self.args))
            }
            Err(refusal) => Progress::Ended(refusal.output(world, seat.executor)),
        }
    }
}
