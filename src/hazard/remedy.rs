//! An advice, in words and as deeds. The deeds say the same as the words, so that whoever has the run can try them: an advice
//! that does not help, or that harms, is found by following it. Plain data; knows no scenario and no engine.

use crate::base::ids::{MachineId, SrId};
use crate::base::time::Time;
use crate::world::event::StepIx;

/// What should have been done about a finding.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Advice {
    /// In words.
    pub text: String,
    /// What comes of it for whoever follows it.
    pub aim: Aim,
    /// The ways that the words offer: each does it alone. None where `aim` says that there is nothing to follow.
    pub ways: Vec<Way>,
}

/// One way to follow an advice: all of it, in this order.
pub type Way = Vec<Remedy>;

/// What comes of an advice that is followed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Aim {
    /// The finding does not begin.
    Never,
    /// The finding is not there any more at the end, or lasts less long, or its VM is down for less long.
    Less,
    /// The finding is over by itself, and nothing was missed.
    #[default]
    Nothing,
    /// The finding is not there when this step begins, or the step does not begin.
    NotWhen(StepIx),
    /// This step, which was refused, is not refused with that code.
    Passes(StepIx),
    /// The finding stays, and what is worse does not come of it.
    NoWorse,
    /// What it asks for is outside what is simulated: a copy of a disk, more memory, a look at what failed.
    ByHand,
    /// What is usually done was tried, and none of it does what it is for without harm: the words say what came of it.
    NoWayOut,
}

/// A part of a way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Remedy {
    /// Something more is done.
    Do(At, Work),
    /// A step is left out.
    LeaveOut(StepIx),
    /// A step spares one of its machines.
    Spare(StepIx, MachineId),
    /// A line of a step is typed otherwise.
    Retype {
        /// The step.
        step: StepIx,
        /// The line as it was typed.
        line: String,
        /// Instead of it.
        instead: String,
        /// On another console.
        console: Option<MachineId>,
    },
    /// A step, and those before it in its sequence that began after an instant, come sooner.
    Sooner(StepIx, Time),
}

/// When something more is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    /// In the place of a step in its sequence, which comes next.
    Before(StepIx),
    /// In its sequence, next after a step.
    After(StepIx),
    /// At some instant between these, both included.
    Within(Time, Time),
    /// When the run is over, one after the other.
    End,
}

/// Something more that is done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Work {
    /// A machine is switched off.
    PowerOff(MachineId),
    /// A machine is switched on.
    PowerOn(MachineId),
    /// A machine is installed afresh.
    Reinstall(MachineId),
    /// Somebody looks whether a machine is off; where it is on, nothing more of this sequence is done.
    CheckOff(MachineId),
    /// The links of some machines are mended; of all, where none are named.
    MendNetwork(Vec<MachineId>),
    /// A machine's path to an SR is mended.
    MendPath(MachineId, SrId),
    /// An SR and all paths to it are mended.
    MendSr(SrId),
    /// What a step broke is mended.
    Undo(StepIx),
    /// A line is typed on a machine's console, as soon as what it needs answers there.
    Type(MachineId, String),
    /// A line is typed on a machine's console to look; nothing is done by it.
    Look(MachineId, String),
    /// It is waited until the database of a master, the first, holds a machine, the second, for alive.
    Joined(MachineId, MachineId),
}

/// A part of an advice: words, and what they say as deeds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Part {
    /// In words.
    pub text: String,
    /// As deeds.
    pub way: Way,
}

impl Advice {
    fn new(aim: Aim, text: impl Into<String>, ways: Vec<Way>) -> Advice {
        Advice { text: text.into(), aim, ways }
    }
    /// Whoever follows it does not see the finding begin.
    pub fn never(text: impl Into<String>, way: Way) -> Advice {
        Advice::new(Aim::Never, text, vec![way])
    }
    /// Whoever follows it sees the finding end, or sooner.
    pub fn less(text: impl Into<String>, way: Way) -> Advice {
        Advice::new(Aim::Less, text, vec![way])
    }
    /// Whoever follows it keeps the finding from becoming worse.
    pub fn no_worse(text: impl Into<String>, way: Way) -> Advice {
        Advice::new(Aim::NoWorse, text, vec![way])
    }
    /// There is nothing to follow.
    pub fn nothing(text: impl Into<String>) -> Advice {
        Advice::new(Aim::Nothing, text, Vec::new())
    }
    /// What is simulated can't follow it.
    pub fn by_hand(text: impl Into<String>) -> Advice {
        Advice::new(Aim::ByHand, text, Vec::new())
    }
    /// What is usually done was tried, and is no way out.
    pub fn no_way_out(text: impl Into<String>) -> Advice {
        Advice::new(Aim::NoWayOut, text, Vec::new())
    }
    /// The same, with another aim.
    #[must_use]
    pub fn aiming(self, aim: Aim) -> Advice {
        Advice { aim, ..self }
    }
    /// Another way that the words offer.
    #[must_use]
    pub fn or(mut self, way: Way) -> Advice {
        self.ways.push(way);
        self
    }
    /// The steps that it would have otherwise: left out, typed in other words, sparing a machine, or with something done first.
    pub fn wrong_steps(&self) -> impl Iterator<Item = StepIx> {
        self.ways.iter().flatten().filter_map(|remedy| match remedy {
            Remedy::Do(At::Before(step), _) | Remedy::LeaveOut(step) | Remedy::Spare(step, _) | Remedy::Retype { step, .. } => Some(*step),
            Remedy::Do(..) | Remedy::Sooner(..) => None,
        })
    }
    /// The same in other words.
    #[must_use]
    pub fn in_words(self, text: impl Into<String>) -> Advice {
        Advice { text: text.into(), ..self }
    }
}

impl Part {
    /// Words with their deeds.
    pub fn new(text: impl Into<String>, way: Way) -> Part {
        Part { text: text.into(), way }
    }
    /// This, and behind it what else is said.
    #[must_use]
    pub fn and(mut self, words: &str, then: Part) -> Part {
        self.text.push_str(words);
        self.text.push_str(&then.text);
        self.way.extend(then.way);
        self
    }
}
