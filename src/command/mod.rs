//! What the operator types: the shell's grammar, then one file a command.
//!
//! A line is read ([`shell`]), its words are resolved to a [`Typed`] command, the command is admitted (is there an xapi,
//! a master, an answer?), checked when it begins and committed when it ends. Knows no scenario, no engine, no hazard.

pub mod shell;

use crate::base::ids::MachineId;
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;

/// Where a command acts: whose console it was typed on, and whose xapi (and database) carries it out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seat {
    /// The machine of the console.
    pub console: MachineId,
    /// The machine whose xapi executes it: the console's own, or its master.
    pub executor: MachineId,
}

/// What the console shows of a command that has ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Output {
    /// Standard output and error as the console shows them, with their final newline.
    pub text: String,
    /// The exit status.
    pub exit: i32,
    /// The API error, if the pool refused.
    pub error: Option<ApiError>,
}

/// Whether a command gets anybody to talk to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Admission {
    /// Yes.
    Go(Seat),
    /// It ends at once with this output.
    Refuse(Output),
    /// Its master does not answer: it waits, and is asked for again later.
    Wait,
}

/// What a command's check says when it begins. A check sees `&World`: a refusal cannot have changed anything.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Check {
    /// It will be committed after this span.
    Go(Span),
    /// It is refused; `after` is how long it took to find out (a connection that nobody answers).
    Refuse {
        #[allow(missing_docs)]
        output: Output,
        #[allow(missing_docs)]
        after: Span,
    },
}

/// How a commit went. What no longer holds since the check makes it fail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Progress {
    /// It ended, well or not; on a failure everything taken was let go of again.
    Ended(Output),
    /// It asks again after this span (a paused disk).
    Again(Span),
    /// It hangs (storage that does not answer); it is tried again when something changes.
    Hangs,
}

/// A command: checked with `&`, committed with `&mut`.
pub trait Operation {
    /// Its checks, in the real order.
    fn check(&self, world: &World, seat: Seat) -> Check;
    /// Its effects, at its end; begins by checking again what may have changed.
    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress;
}

/// Temporary.
#[derive(Clone, Debug)]
pub struct Typed;
impl Typed {
    pub fn admit(&self, _world: &World, console: MachineId) -> Admission {
        Admission::Go(Seat { console, executor: console })
    }
    pub fn needs_xapi(&self) -> bool {
        true
    }
}
impl Operation for Typed {
    fn check(&self, _world: &World, _seat: Seat) -> Check {
        Check::Go(Span(0))
    }
    fn commit(&mut self, _world: &mut World, _fx: &mut Effects, _seat: Seat) -> Progress {
        Progress::Hangs
    }
}
pub fn typed(_line: &shell::Line, _world: &World, _stdin: Option<&str>) -> (String, Result<Typed, Output>) {
    (String::new(), Ok(Typed))
}
