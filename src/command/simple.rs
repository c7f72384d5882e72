//! Commands on the one object that their `uuid=` names: what they have in common. Each checks when it begins, and again when it
//! acts, a second later unless it says otherwise.

use super::args::Args;
use super::reach::Refusal;
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Seat, Target, print};
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;
use std::fmt::Debug;

/// What such a command does.
pub trait Simple: Clone + Default + Debug {
    /// Its doc.
    const DOC: CommandDoc;
    /// Its grammar.
    const GRAMMAR: Grammar;
    /// What its checks find.
    type Found;

    /// Its checks, in the real order.
    ///
    /// # Errors
    /// Why it is refused.
    fn checks(args: &Args, world: &World, seat: Seat) -> Result<Self::Found, Refusal>;
    /// What it does, and the lines that it prints.
    fn act(&mut self, args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, found: Self::Found) -> Act;
    /// See [`Operation::target`].
    fn target(_args: &Args, _world: &World) -> Target {
        Target::None
    }
}

/// How the work went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Act {
    /// It is done, and prints these lines.
    Done(Vec<String>),
    /// It failed, and nothing was done.
    Failed(Refusal),
    /// It asks again after this span.
    Again(Span),
    /// It hangs on its storage.
    Hangs,
}

impl Act {
    /// Done, and nothing to say.
    pub const SILENT: Act = Act::Done(Vec::new());
}

/// A command on one object.
#[derive(Clone, Debug)]
pub struct Simply<D> {
    args: Args,
    deed: D,
}

impl<D: Simple> Command for Simply<D> {
    const DOC: CommandDoc = D::DOC;
    const GRAMMAR: Grammar = D::GRAMMAR;
    fn new(args: Args) -> Self {
        Simply { args, deed: D::default() }
    }
}

impl<D: Simple> Operation for Simply<D> {
    fn target(&self, world: &World) -> Target {
        D::target(&self.args, world)
    }
    fn check(&mut self, world: &World, seat: Seat) -> Check {
        match D::checks(&self.args, world, seat) {
            Ok(_) => Check::Go(world.settings.command),
            Err(refusal) => Check::Refuse { output: refusal.output(world, seat.executor), after: refusal.after },
        }
    }
    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let found = match D::checks(&self.args, world, seat) {
            Ok(found) => found,
            Err(refusal) => return Progress::Ended(refusal.output(world, seat.executor)),
        };
        match self.deed.act(&self.args, world, fx, seat, found) {
            Act::Done(lines) if lines.is_empty() => {
                let text = if self.args.minimal { "\n".to_string() } else { String::new() };
                Progress::Ended(Output { text, exit: 0, error: None })
            }
            Act::Done(lines) => Progress::Ended(Output { text: print::lines(&lines, self.args.minimal), exit: 0, error: None }),
            Act::Failed(refusal) => Progress::Ended(refusal.output(world, seat.executor)),
            Act::Again(span) => Progress::Again(span),
            Act::Hangs => Progress::Hangs,
        }
    }
}
