//! A run, looked back upon: what was done where and when, and how a machine was at an instant. Plain data, and the questions
//! that advice asks of it. Knows the world, its events and its names; not how a run is made, nor what commands and faults
//! there are: who has the run fills it in.

mod health;

pub use health::Health;

use super::Place;
use crate::base::ids::{MachineId, SrId, VdiId, VmId};
use crate::base::time::Time;
use crate::world::World;
use crate::world::event::{Event, Status, StepIx};

/// What a command is to advice, with what it was for where that is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum Kind {
    Forget(Option<MachineId>),
    DeclareDead(Option<MachineId>),
    Reset(Option<VmId>),
    Release { host: Option<MachineId>, sr: Option<SrId>, master: bool },
    Transition,
    Recover,
    Restore,
    Start(Option<VmId>),
    LeaveHa,
    HoldRestarts,
    Other,
}

impl Kind {
    /// Whether it takes away what keeps a second user from a disk or a VM.
    pub fn lets_go(self) -> bool {
        matches!(self, Kind::Forget(_) | Kind::DeclareDead(_) | Kind::Reset(_) | Kind::Release { .. } | Kind::Transition | Kind::Restore)
    }
}

/// A command as it was typed.
#[derive(Clone, PartialEq, Debug)]
pub struct Command {
    /// The step.
    pub step: StepIx,
    /// Its line in the file.
    pub line: u32,
    /// As typed.
    pub text: String,
    /// What it is.
    pub kind: Kind,
    /// Whose console.
    pub console: MachineId,
    /// When its step began.
    pub began: Time,
    /// How its step ended.
    pub status: Status,
    /// The error code that its step ended with.
    pub code: Option<String>,
}

impl Command {
    /// `line 24 (…)`.
    pub fn mention(&self) -> String {
        format!("line {} (`{}`)", self.line, self.text)
    }
}

/// What hands did at machines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum Hands {
    PowerOff,
    PowerOn,
    Reinstall,
    CheckOff,
}

/// A step of the run.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// Its line in the file.
    pub line: u32,
    /// `line 24 (…)` of a step with one command, `line 24` of any other.
    pub mention: String,
    /// Whether it is one of commands.
    pub typed: bool,
    /// When it began, if it did.
    pub began: Option<Time>,
    /// How it ended.
    pub status: Status,
    /// What hands did, and at which machines.
    pub hands: Option<(Hands, Vec<MachineId>)>,
    /// Whether it broke something that can be mended.
    pub breaks: bool,
    /// The machines that it gives back to the pool: their power or their links.
    pub brings_back: Vec<MachineId>,
}

/// Something that happened.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Happened<'a> {
    /// When.
    pub at: Time,
    /// What.
    pub event: &'a Event,
    /// The step that it goes back to, if any.
    pub step: Option<StepIx>,
    /// The kind of what was due (`liveness-check`).
    pub due: &'static str,
}

/// How the run began, as far as no event tells it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Beginning {
    /// By machine: whether it was on.
    pub powered: Vec<bool>,
    /// By VDI: which machines had it open.
    pub open_on: Vec<Vec<MachineId>>,
    /// By VM: which machines it ran on.
    pub running_on: Vec<Vec<MachineId>>,
}

/// The instants of something, each with its machine, in order.
type Instants = Vec<(Time, MachineId)>;

/// A run, looked back upon.
#[derive(Clone, PartialEq, Debug)]
pub struct Hindsight<'a> {
    /// The world at the end of the run.
    pub world: &'a World,
    /// The steps, by [`StepIx`].
    pub steps: Vec<Step>,
    /// The commands that were typed, in the order of their beginning.
    pub commands: Vec<Command>,
    /// All that happened, in order.
    pub events: Vec<Happened<'a>>,
    /// How each machine was, from when on.
    health: Vec<Vec<(Time, Health)>>,
    /// Who opened each VDI when.
    opened: Vec<Instants>,
    /// Who started each VM when; a migration takes the time of its start along.
    started: Vec<Instants>,
    /// When a liveset first shrank.
    shrunk: Option<Time>,
    /// When each machine's copy of the database became another.
    copied: Vec<Vec<Time>>,
    /// By machine: which master came to hold it for dead, and what made it so.
    buried: Vec<Vec<(MachineId, Happened<'a>)>>,
}

impl<'a> Hindsight<'a> {
    /// Looks back: `world` is that of the run's end.
    pub fn new(
        world: &'a World,
        beginning: &Beginning,
        steps: Vec<Step>,
        commands: Vec<Command>,
        events: Vec<Happened<'a>>,
    ) -> Hindsight<'a> {
        let from_the_start = |places: &[Vec<MachineId>]| -> Vec<Instants> {
            places.iter().map(|machines| machines.iter().map(|machine| (Time::ZERO, *machine)).collect()).collect()
        };
        let (mut opened, mut started) = (from_the_start(&beginning.open_on), from_the_start(&beginning.running_on));
        let mut shrunk = None;
        let mut copied = vec![Vec::new(); beginning.powered.len()];
        let mut buried = vec![Vec::new(); beginning.powered.len()];
        for happened in &events {
            let at = happened.at;
            match happened.event {
                Event::DiskOpened { vdi, machine, .. } => opened[vdi.at()].push((at, *machine)),
                Event::DomainStarted { vm, machine } => started[vm.at()].push((at, *machine)),
                Event::DomainMoved { vm, from, to } => {
                    let since = last(&started[vm.at()], *from, at).unwrap_or(at);
                    started[vm.at()].push((since, *to));
                }
                Event::HostMarkedDead { by, host } => buried[world.names.hosts[host.at()].machine.at()].push((*by, *happened)),
                Event::CopyTaken { machine, .. } => copied[machine.at()].push(at),
                Event::HaShrunk { .. } => shrunk = shrunk.or(Some(at)),
                _ => {}
            }
        }
        let health = health::by_machine(&beginning.powered, &events);
        Hindsight { world, steps, commands, events, health, opened, started, shrunk, copied, buried }
    }

    /// How a machine was at an instant.
    pub fn health(&self, machine: MachineId, at: Time) -> Health {
        let health = &self.health[machine.at()];
        health[..health.partition_point(|(since, _)| *since <= at)].last().map_or(Health::Well, |(_, health)| *health)
    }

    /// When a machine came to use what a place is about, no later than an instant; of what is no VDI or VM the start.
    pub fn came(&self, place: Place, machine: MachineId, until: Time) -> Option<Time> {
        match place {
            Place::Vdi(vdi) => self.last_opened(vdi, machine, until),
            Place::Vm(vm) => last(&self.started[vm.at()], machine, until),
            Place::Sr(_) | Place::Host(_) | Place::Pool(_) => Some(Time::ZERO),
        }
    }

    /// When a machine last opened a VDI, no later than an instant.
    pub fn last_opened(&self, vdi: VdiId, machine: MachineId, until: Time) -> Option<Time> {
        last(&self.opened[vdi.at()], machine, until)
    }

    /// When a machine's copy of the database last became another, no later than an instant.
    pub fn last_copied(&self, machine: MachineId, until: Time) -> Option<Time> {
        self.copied[machine.at()].iter().rev().find(|at| **at <= until).copied()
    }

    /// What last made a master hold a machine for dead, no later than an instant.
    pub fn why_buried(&self, machine: MachineId, by: MachineId, until: Time) -> Option<Happened<'a>> {
        self.buried[machine.at()].iter().rev().find(|(who, why)| *who == by && why.at <= until).map(|(_, why)| *why)
    }

    /// Whether a liveset had shrunk by an instant.
    pub fn shrunk_by(&self, at: Time) -> bool {
        self.shrunk.is_some_and(|shrunk| shrunk <= at)
    }

    /// What happened at one instant.
    pub fn at(&self, at: Time) -> &[Happened<'a>] {
        let from = self.events.partition_point(|happened| happened.at < at);
        &self.events[from..from + self.events[from..].partition_point(|happened| happened.at <= at)]
    }

    /// What happened up to an instant, it included.
    pub fn until(&self, at: Time) -> &[Happened<'a>] {
        &self.events[..self.events.partition_point(|happened| happened.at <= at)]
    }

    /// A step.
    pub fn step(&self, step: StepIx) -> &Step {
        &self.steps[usize::from(step.0)]
    }

    /// `line 24 (…)` of a step with one command, `line 24` of any other.
    pub fn mention(&self, step: StepIx) -> String {
        self.step(step).mention.clone()
    }

    /// When a step began; never, if it did not.
    pub fn began(&self, step: StepIx) -> Time {
        self.step(step).began.unwrap_or(Time::NEVER)
    }

    /// The first command of some kind that began within two instants.
    pub fn first(&self, from: Time, until: Time, fits: impl Fn(&Command) -> bool) -> Option<&Command> {
        self.commands.iter().find(|command| from <= command.began && command.began <= until && fits(command))
    }

    /// What hands did of one kind at a machine: the steps, each with when it began.
    pub fn hands(&self, machine: MachineId, what: Hands) -> impl Iterator<Item = (Time, &Step)> {
        let did = move |step: &&Step| step.hands.as_ref().is_some_and(|(hands, of)| *hands == what && of.contains(&machine));
        self.steps.iter().filter(did).filter_map(|step| Some((step.began?, step)))
    }

    /// Whether a step gives a machine back to the pool: its power or its links.
    pub fn brings_back(&self, step: StepIx, machine: MachineId) -> bool {
        self.step(step).brings_back.contains(&machine)
    }
}

/// The last of a machine's instants that is no later than one.
fn last(instants: &[(Time, MachineId)], machine: MachineId, until: Time) -> Option<Time> {
    instants.iter().rev().find(|(at, who)| *who == machine && *at <= until).map(|(at, _)| *at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::Span;
    use crate::hazard::stage::{BETA, DB, GAMMA, ROOT, pool};
    use crate::world::inventory::Mode;

    fn seconds(n: u64) -> Time {
        Time::ZERO + Span::secs(n)
    }

    /// db runs on beta and has its disk open there, and at some instants something happens.
    fn looked_back(events: &[(u64, Event)], ask: impl FnOnce(&Hindsight<'_>)) {
        let stage = pool(3);
        let beginning = Beginning { powered: vec![true; 3], open_on: vec![vec![BETA]], running_on: vec![vec![BETA], vec![]] };
        let happened = |(at, event)| Happened { at: seconds(at), event, step: None, due: "" };
        let events = events.iter().map(|(at, event)| happened((*at, event))).collect();
        ask(&Hindsight::new(&stage.world, &beginning, Vec::new(), Vec::new(), events));
    }

    #[test]
    fn how_a_machine_was_changes_with_what_happens_to_it() {
        let machine = BETA;
        let events = [
            (10, Event::Isolated { machine }),
            (20, Event::PowerLost { machine }),
            (30, Event::PoweredOn { machine }),
            (40, Event::Reconnected { machine }),
        ];
        looked_back(&events, |past| {
            let health = |at| past.health(BETA, seconds(at));
            assert_eq!([health(9), health(10), health(20)], [Health::Well, Health::CutOff, Health::Off]);
            assert_eq!([health(30), health(40)], [Health::CutOff, Health::Well], "its link is still cut when it is on again");
            assert_eq!(past.health(GAMMA, seconds(20)), Health::Well);
        });
    }

    #[test]
    fn who_came_when_is_known_from_the_start_and_from_what_happened() {
        let (vdi, vm, mode) = (ROOT, DB, Mode::Rw);
        let events = [(50, Event::DiskOpened { vdi, machine: GAMMA, mode }), (60, Event::DomainMoved { vm, from: BETA, to: GAMMA })];
        looked_back(&events, |past| {
            let opened = |machine, until| past.came(Place::Vdi(ROOT), machine, seconds(until));
            assert_eq!([opened(BETA, 0), opened(GAMMA, 49), opened(GAMMA, 50)], [Some(Time::ZERO), None, Some(seconds(50))]);
            let runs = past.came(Place::Vm(DB), GAMMA, seconds(60));
            assert_eq!(runs, Some(Time::ZERO), "a migration takes the time of its start along");
            assert_eq!((past.at(seconds(50)).len(), past.until(seconds(60)).len()), (1, 2));
        });
    }
}
