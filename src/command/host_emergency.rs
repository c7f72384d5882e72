//! `xe host-is-in-emergency-mode`: asks the contacted host alone.

use super::args::Args;
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Seat};
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::memory::Xapi;

/// `xe host-is-in-emergency-mode`.
#[derive(Clone, Debug)]
pub struct HostIsInEmergencyMode {
    args: Args,
}

impl Command for HostIsInEmergencyMode {
    const DOC: CommandDoc = CommandDoc {
        name: "host-is-in-emergency-mode",
        synopsis: "xe host-is-in-emergency-mode",
        doc: "Prints `true` or `false` for the host it is typed on, without asking the master. `false` does not mean that the pool is well: a member whose master died while its xapi ran on is not in emergency mode, and every other command hangs there.",
        example: "xe host-is-in-emergency-mode",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar { local: true, ..Grammar::keys(&[], &[]) };
    fn new(args: Args) -> Self {
        HostIsInEmergencyMode { args }
    }
}

impl Operation for HostIsInEmergencyMode {
    fn check(&mut self, world: &World, _seat: Seat) -> Check {
        Check::Go(world.settings.command)
    }
    fn commit(&mut self, world: &mut World, _fx: &mut Effects, seat: Seat) -> Progress {
        let emergency = world.stacks[seat.executor.at()].xapi == Xapi::Emergency;
        // With `--minimal` the answer itself is lost.
        let text = if self.args.minimal { "\n".to_string() } else { format!("{emergency}\n") };
        Progress::Ended(Output { text, exit: 0, error: None })
    }
}
