//! An event in words, with the names put in. In the words of the table a field stands twice: `*vm` is what it is, and
//! `{vm}` what it is called. Knows no step but by its number: who tells brings what the scenario says of them.

use super::{Actor, Half, Status, StepIx};
use crate::base::ids::{HostId, MachineId, SrId, VdiId, VmId};
use crate::base::time::Span;
use crate::world::belief::PowerState;
use crate::world::errors::ApiError;
use crate::world::inventory::{Inventory, Mode};
use crate::world::memory::PoolConf;
use crate::world::memory::xhad::{Exit, FenceCause};
use crate::world::truth::Io;
use std::fmt;
use std::ops::Deref;

/// An event in words.
#[derive(Clone, PartialEq, Debug)]
pub struct Told {
    /// Of what half it is.
    pub half: Half,
    /// Who did it, believes it, or whom it happened to.
    pub actor: String,
    /// What happened: with the actor before it, a sentence.
    pub what: String,
    /// Whether it belongs into the story that an operator reads.
    pub matters: bool,
    /// The kind of the event in kebab-case.
    pub event: &'static str,
    /// The parts by name, the actor's own first.
    pub parts: Vec<(&'static str, Part)>,
}

/// A part of an event, for machines.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum Part {
    Nothing,
    Flag(bool),
    Number(u64),
    Text(String),
}

/// What a scenario says of its steps.
pub trait Steps {
    /// Whose doing a step is.
    fn actor(&self, step: StepIx) -> String;
    /// The step as the scenario has it.
    fn text(&self, step: StepIx) -> String;
    /// The line that it stands on.
    fn line(&self, step: StepIx) -> Option<u32>;
    /// The sequence that it belongs to: `timeline`, `world`, `recovery`.
    fn sequence(&self, step: StepIx) -> &'static str;
}

/// What whoever tells an event knows.
#[derive(Clone, Copy)]
pub(super) struct Telling<'a> {
    pub names: &'a Inventory,
    pub steps: &'a dyn Steps,
}

impl Telling<'_> {
    /// What an actor is called, and the part of the event that it is.
    pub fn actor(self, half: Half, actor: Actor) -> (String, Option<&'static str>) {
        match actor {
            Actor::Machine(machine) => (machine.called(self.names), Some(if half == Half::Belief { "by" } else { "host" })),
            Actor::Sr(sr) => (sr.called(self.names), Some("sr")),
            Actor::Network => ("network".into(), None),
            Actor::Step(step) => (self.steps.actor(step), None),
        }
    }
}

/// A field of an event that is told: it is what it is, and displays as what it is called.
pub(super) struct Said<'a, T> {
    pub it: &'a T,
    pub telling: Telling<'a>,
}

impl<T> Clone for Said<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Said<'_, T> {}

impl<T> Deref for Said<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.it
    }
}

impl<T: Word> fmt::Display for Said<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.it.called(self.telling.names))
    }
}

impl Said<'_, HostId> {
    /// Its UUID, which tells an installation of a machine from the one before.
    pub fn uuid(self) -> String {
        self.telling.names.hosts[self.it.at()].uuid.clone()
    }
}

impl Said<'_, StepIx> {
    /// The step as the scenario has it.
    pub fn text(self) -> String {
        self.telling.steps.text(*self.it)
    }
    /// The line that it stands on.
    pub fn line(self) -> Option<u32> {
        self.telling.steps.line(*self.it)
    }
    /// The sequence that it belongs to.
    pub fn sequence(self) -> &'static str {
        self.telling.steps.sequence(*self.it)
    }
}

/// What has a word for people and for machines.
pub(super) trait Word {
    /// What it is called.
    fn called(&self, names: &Inventory) -> String;
    /// It as a part of an event.
    fn part(&self, names: &Inventory) -> Part {
        Part::Text(self.called(names))
    }
}

impl<T: Word> From<Said<'_, T>> for Part {
    fn from(said: Said<'_, T>) -> Part {
        said.it.part(said.telling.names)
    }
}

impl From<String> for Part {
    fn from(text: String) -> Part {
        Part::Text(text)
    }
}

impl From<&str> for Part {
    fn from(text: &str) -> Part {
        Part::Text(text.to_owned())
    }
}

impl From<bool> for Part {
    fn from(flag: bool) -> Part {
        Part::Flag(flag)
    }
}

impl From<u64> for Part {
    fn from(number: u64) -> Part {
        Part::Number(number)
    }
}

impl From<Option<u32>> for Part {
    fn from(number: Option<u32>) -> Part {
        number.map_or(Part::Nothing, |number| Part::Number(number.into()))
    }
}

/// What is called something by itself, or by the names.
macro_rules! words {
    ($($type:ty: |$it:ident, $names:ident| $called:expr;)*) => {$(
        impl Word for $type {
            fn called(&self, $names: &Inventory) -> String {
                let $it = self;
                ($called).into()
            }
        }
    )*};
}

words! {
    MachineId: |it, names| names.machine(*it);
    HostId: |it, names| names.host(*it);
    VmId: |it, names| names.vm(*it);
    VdiId: |it, names| names.vdi(*it);
    SrId: |it, names| names.sr(*it);
    Vec<HostId>: |it, names| it.iter().map(|host| names.host(*host)).collect::<Vec<_>>().join(", ");
    // A side of a partition for each machine: `alpha | beta, gamma`.
    Vec<u16>: |it, names| sides(it, names);
    PoolConf: |it, names| match it {
        PoolConf::Master => "master".to_owned(),
        PoolConf::Slave(master) => format!("slave:{}", names.machines[master.at()].address),
        PoolConf::Stray(address) => format!("slave:{address}"),
        PoolConf::Broken => "broken".to_owned(),
    };
    &'static str: |it, _names| *it;
    String: |it, _names| it.as_str();
    Span: |it, _names| it.to_string();
    Mode: |it, _names| it.name();
    PowerState: |it, _names| it.name();
    Status: |it, _names| it.name();
    ApiError: |it, _names| it.code;
    Io: |it, _names| match it {
        Io::Error => "error",
        Io::Hang => "hang",
    };
    Exit: |it, _names| match it {
        Exit::Ordered => "ordered",
        Exit::Invalid => "invalid",
        Exit::Generation => "generation",
        Exit::NoLiveset => "no-liveset",
    };
    FenceCause: |it, _names| match it {
        FenceCause::Lost => "lost",
        FenceCause::Asked => "asked",
        FenceCause::HeartbeatWatchdog => "heartbeat-watchdog",
        FenceCause::StatefileWatchdog => "statefile-watchdog",
        FenceCause::Unfed => "unfed",
        FenceCause::Xapi => "xapi",
    };
}

impl Word for bool {
    fn called(&self, _: &Inventory) -> String {
        self.to_string()
    }
    fn part(&self, _: &Inventory) -> Part {
        Part::Flag(*self)
    }
}

impl Word for u32 {
    fn called(&self, _: &Inventory) -> String {
        self.to_string()
    }
    fn part(&self, _: &Inventory) -> Part {
        Part::Number((*self).into())
    }
}

impl Word for u64 {
    fn called(&self, _: &Inventory) -> String {
        self.to_string()
    }
    fn part(&self, _: &Inventory) -> Part {
        Part::Number(*self)
    }
}

/// What is not there has no name.
impl<T: Word> Word for Option<T> {
    fn called(&self, names: &Inventory) -> String {
        self.as_ref().map_or_else(String::new, |it| it.called(names))
    }
    fn part(&self, names: &Inventory) -> Part {
        self.as_ref().map_or(Part::Nothing, |it| it.part(names))
    }
}

/// A partition as `alpha | beta, gamma`.
fn sides(groups: &[u16], names: &Inventory) -> String {
    let mut sides: Vec<u16> = groups.to_vec();
    sides.sort_unstable();
    sides.dedup();
    let members = |side: u16| {
        let members = groups.iter().zip(names.machine_ids()).filter(|(group, _)| **group == side);
        members.map(|(_, machine)| names.machine(machine)).collect::<Vec<_>>().join(", ")
    };
    sides.into_iter().map(members).collect::<Vec<_>>().join(" | ")
}

/// `1 failure`, `2 failures`.
pub(super) fn count(n: u32, word: &str) -> String {
    if n == 1 { format!("{n} {word}") } else { format!("{n} {word}s") }
}

/// What becomes of requests on a path that fails.
pub(super) fn io_words(io: Io) -> &'static str {
    match io {
        Io::Error => "requests fail",
        Io::Hang => "requests hang",
    }
}

/// A span in whole seconds, as people say it.
pub(super) fn seconds(span: Span) -> String {
    format!("{} s", (span.0 + 500_000) / 1_000_000)
}
