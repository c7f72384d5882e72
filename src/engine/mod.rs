//! The virtual clock: takes what is due in order, hands it to whoever handles it, and keeps the trace. Knows no file and
//! no hazard; `Engine` is `Clone`, so a search branches by cloning.

mod condition;
mod console;
#[cfg(test)]
mod ha_boot_tests;
#[cfg(test)]
mod ha_daemon_tests;
#[cfg(test)]
mod ha_known_tests;
#[cfg(test)]
mod ha_storage_tests;
#[cfg(test)]
mod ha_tests;
mod output;
mod program;
#[cfg(test)]
mod protect_tests;
pub mod queue;
mod quiet;
mod sequence;
pub mod standing;
pub mod start;
pub mod trace;
mod work;

use crate::base::time::{Span, Time};
use crate::command::Ran;
use crate::daemon::{autostart, collector, copies, ha, heartbeat, machine, protect, xapi};
use crate::scenario::model::{Case, Scenario};
use crate::world::World;
use crate::world::effects::{Due, Effects};
use crate::world::event::{Event, Status, StepIx};
use crate::world::guards::Guard;
use crate::world::memory::{PoolConf, Xapi};
use console::Console;
pub use program::Program;
use queue::{NO_STEP, Queue, RANK_POOL};
use quiet::Quiet;
use sequence::Progression;
use std::collections::BTreeMap;
use std::sync::Arc;
use trace::{Cause, Trace};
pub use work::{Bound, WORK_MOST};

/// How long a run goes on after its last step has ended, where the scenario names no `until`.
pub const AFTERMATH: Span = Span::mins(30);

/// The number of no sequence: at 0 all of them begin.
const ALL_SEQUENCES: u8 = u8::MAX;

/// What may be varied from run to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The seed of all draws.
    pub seed: u64,
    /// The run ends when there have been so many events.
    pub max_events: u64,
    /// The run ends when it has been so much work.
    pub max_work: u64,
    /// Steps that are replaced by a note which takes this long.
    pub masked: BTreeMap<StepIx, Span>,
    /// Whether the trace is counted and digested only.
    pub silent: bool,
    /// A guard of the model that is taken away.
    pub without: Option<Guard>,
    /// Whether what changes nothing is gone through event by event, as the hosts do it. It comes to the same.
    pub every_heartbeat: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            seed: 0,
            max_events: 50_000_000,
            max_work: WORK_MOST,
            masked: BTreeMap::new(),
            silent: false,
            without: None,
            every_heartbeat: false,
        }
    }
}

/// How a step went.
#[derive(Clone, PartialEq, Debug)]
pub struct StepRecord {
    /// When it began; `None` if it never did.
    pub began: Option<Time>,
    /// When it ended.
    pub ended: Option<Time>,
    /// How; [`Status::NotBegun`] until it ends.
    pub status: Status,
    /// The command lines that were typed, in order.
    pub ran: Vec<Ran>,
    /// The API's error code.
    pub code: Option<String>,
    /// The exit status of the last command.
    pub exit: Option<i32>,
    /// What the console showed, as far as it is kept ([`StepRecord::shown`] says that there was more).
    pub output: String,
    /// How many bytes of it are not.
    pub cut: u64,
    /// What was expected to be printed was, where that was cut.
    pub printed: bool,
    /// How late it began against its `at:`.
    pub late: Option<Span>,
    /// Whether its fault or act ever changed anything; `None` for other steps and those that did not run.
    pub effect: Option<bool>,
    /// Whether anything that goes back to it changed what is so or what is believed, or will: a machine goes down for it.
    pub told: bool,
    /// What it was before this step began, in the order of beginning.
    pub order: u32,
    /// Which stages its command came to, and when.
    pub stages: Vec<(&'static str, Time)>,
}

impl Default for StepRecord {
    fn default() -> StepRecord {
        StepRecord {
            began: None,
            ended: None,
            status: Status::NotBegun,
            ran: Vec::new(),
            code: None,
            exit: None,
            output: String::new(),
            cut: 0,
            printed: false,
            late: None,
            effect: None,
            told: false,
            order: u32::MAX,
            stages: Vec::new(),
        }
    }
}

/// A run under way.
#[derive(Clone, Debug)]
pub struct Engine {
    /// The world now.
    pub world: World,
    /// What was.
    pub trace: Trace,
    /// By [`StepIx`].
    pub records: Vec<StepRecord>,
    /// When the recovery began, if it did.
    pub recovery_began: Option<Time>,
    /// The recovery's own `wait-for` was given up, then; and what was so instead of the condition.
    pub recovery_given_up: Option<Box<(Time, String)>>,
    /// The bound at which the run ended, before its time.
    pub cut_short: Option<Bound>,
    program: Arc<Program>,
    options: Options,
    queue: Queue,
    quiet: Quiet,
    fx: Effects,
    instant: Vec<Event>,
    /// How far each sequence has come, by its lane.
    progressions: Vec<Progression>,
    /// The console of each, while a command is at work there.
    consoles: Vec<Option<Box<Console>>>,
    /// Commands that were given up while their work went on.
    detached: Vec<Console>,
    /// How much of what consoles showed is kept.
    kept: output::Kept,
    /// What steps keep of what was printed (`capture:`), by its name.
    captured: BTreeMap<String, String>,
    serial: u32,
    begun: u32,
    /// How much work the run has been.
    work: u64,
    last_ended: Time,
    origin: u16,
    /// What is being handled; `None` at the start.
    due: Option<Due>,
    /// A sequence was closed: whoever waits for its steps looks again.
    stirred: bool,
}

impl Engine {
    /// A run at its beginning: nothing has happened yet.
    pub fn new(scenario: &Scenario, case: Case, options: Options) -> Engine {
        Engine::with_program(scenario, Arc::new(Program::new(scenario, case)), options)
    }

    /// The same, for a program that is run more than once.
    pub fn with_program(scenario: &Scenario, program: Arc<Program>, options: Options) -> Engine {
        Engine::with_world(start::world(scenario, options.seed), program, options)
    }

    /// The same, for a world that stands ready.
    fn with_world(mut world: World, program: Arc<Program>, options: Options) -> Engine {
        world.without = options.without;
        let mut engine = Engine {
            world,
            trace: Trace::new(options.silent),
            records: vec![StepRecord::default(); program.steps.len()],
            recovery_began: None,
            recovery_given_up: None,
            cut_short: None,
            progressions: vec![Progression::default(); program.lanes()],
            consoles: vec![None; program.lanes()],
            program,
            options,
            queue: Queue::new(),
            quiet: Quiet::default(),
            fx: Effects::default(),
            instant: Vec::new(),
            detached: Vec::new(),
            kept: output::Kept::default(),
            captured: BTreeMap::new(),
            serial: 0,
            begun: 0,
            work: 0,
            last_ended: Time::ZERO,
            origin: NO_STEP,
            due: None,
            stirred: false,
        };
        engine.begin_daemons();
        engine.charge(engine.begun_with());
        engine.queue.push(Time::ZERO, RANK_POOL, Due::Step { sequence: ALL_SEQUENCES }, NO_STEP);
        engine
    }

    /// The clockwork of the pool as it stands at 0.
    fn begin_daemons(&mut self) {
        for machine in self.world.machines().collect::<Vec<_>>() {
            let stack = &self.world.stacks[machine.at()];
            match (stack.xapi, stack.role) {
                (Xapi::Up, PoolConf::Master) => xapi::master_duties(&mut self.world, &mut self.fx, machine),
                (Xapi::Up, _) => heartbeat::begin(&self.world, &mut self.fx, machine),
                (Xapi::Emergency, _) => {
                    let epoch = stack.epoch;
                    self.fx.due(self.world.settings.emergency_retry, Due::Hello { machine, epoch });
                }
                _ => {}
            }
            if self.world.stacks[machine.at()].xhad.is_some() {
                self.world.stacks[machine.at()].ha_ready = true;
                ha::begin(&mut self.world, &mut self.fx, machine);
            }
        }
        for vdi in self.world.names.vdi_ids() {
            self.world.ask_for_writes(&mut self.fx, vdi);
        }
        self.drain();
    }

    /// When the run ends: at its `until`, else half an hour after the last step ended. `None` while steps are to come.
    pub fn end(&self) -> Option<Time> {
        self.program.until.or_else(|| self.progressions.iter().all(|p| p.ended).then_some(self.last_ended + AFTERMATH))
    }

    /// The next instant at which anything is due of which something may come, within the run.
    pub fn next_at(&self) -> Option<Time> {
        if self.cut_short.is_some() {
            return None;
        }
        let next = self.next_stir()?;
        self.end().is_none_or(|end| next <= end).then_some(next)
    }

    /// The steps that are run.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The same, to be kept.
    pub fn program_shared(&self) -> Arc<Program> {
        Arc::clone(&self.program)
    }

    /// The events of the last turn.
    pub fn told(&self) -> &[Event] {
        &self.instant
    }

    /// Between two turns the world stands as it is: the clock goes on to an instant before which nothing more is due. What is
    /// due at that instant is still to come, if anything may come of it.
    pub fn stand_at(&mut self, at: Time) {
        debug_assert!(self.next_at().is_none_or(|next| at <= next), "what is due before that comes first");
        self.pass_through(at);
        self.world.now = self.world.now.max(at);
        self.fx.now = self.world.now;
    }

    /// One turn of the virtual clock: all that is due at the next instant. `None` when the run is over. The events of the
    /// turn are lent until the next.
    pub fn turn(&mut self) -> Option<(Time, &[Event])> {
        let at = self.next_at()?;
        self.instant.clear();
        assert!(at >= self.world.now, "time never runs back");
        self.end_quiet(at);
        self.world.now = at;
        self.fx.now = at;
        loop {
            while let Some(entry) = self.queue.pop_at(at) {
                self.origin = entry.origin;
                self.due = Some(entry.due);
                self.work += work::of(entry.due);
                self.handle(entry.due);
                self.drain();
            }
            // Conditions are looked at when all that was due has been; what then begins, begins at this same instant.
            if self.instant.is_empty() && !std::mem::take(&mut self.stirred) || !self.wake_waiting() {
                break;
            }
        }
        if !self.instant.is_empty() {
            self.world.ruled_last = self.world.ruler();
        }
        self.look_ahead();
        self.charge(work::EVENT * self.instant.len() as u64);
        Some((at, &self.instant))
    }

    /// The run is over: the clock stands at its end.
    pub fn finish(&mut self) -> Time {
        if self.cut_short.is_none()
            && let Some(end) = self.end()
        {
            self.pass_through(end);
            self.world.now = end.max(self.world.now);
        }
        self.world.now
    }

    /// The one place that says who handles what.
    fn handle(&mut self, due: Due) {
        let (world, fx) = (&mut self.world, &mut self.fx);
        match due {
            Due::Heartbeat { machine, epoch, k } => heartbeat::beat(world, fx, machine, epoch, k),
            Due::HeartbeatArrives { machine, epoch } => heartbeat::arrive(world, fx, machine, epoch),
            Due::LivenessCheck { master, host, epoch } => heartbeat::check(world, fx, master, host, epoch),
            Due::DatabaseCopy { master, epoch } => copies::turn(world, fx, master, epoch),
            Due::XapiUp { machine, epoch } => xapi::up(world, fx, machine, epoch),
            Due::Hello { machine, epoch } => xapi::hello(world, fx, machine, epoch),
            Due::XapiRestart { machine, epoch } => xapi::restart(world, fx, machine, epoch),
            Due::XapiEnds { machine, epoch } => xapi::ends(world, fx, machine, epoch),
            Due::BootDone { machine, boot } => machine::boot_done(world, fx, machine, boot),
            Due::GoDown { machine, boot } => machine::go_down(world, fx, machine, boot, false),
            Due::GoDownForReboot { machine, boot } => machine::go_down(world, fx, machine, boot, true),
            Due::InstallDone { machine, boot } => machine::install_done(world, fx, machine, boot),
            Due::Write { vdi, machine } => world.write(fx, vdi, machine),
            Due::GuestGone { machine, vm, boot, tries } => machine::guest_gone(world, fx, machine, vm, boot, tries),
            Due::Autostart { machine, epoch } => autostart::go_on(world, fx, machine, epoch),
            Due::GuestGivesUp { vdi, machine } => world.give_up_disk(fx, vdi, machine),
            Due::Step { sequence: ALL_SEQUENCES } => self.begin_sequences(),
            Due::Step { sequence } => self.step_due(sequence.into()),
            Due::GiveUp { sequence, serial } => self.give_up(sequence.into(), serial),
            Due::Command { slot, serial } => self.command_due(slot, serial),
            Due::CtrlC { slot, serial } => self.ctrl_c(slot, serial),
            Due::FaultEnds { step, round } => self.fault_ends(step, round),
            Due::FaultAgain { step, round } => self.fault_again(step, round),
            Due::HaBeat { machine, run } => ha::beat(world, fx, machine, run),
            Due::HaDisk { machine, run } => ha::disk(world, fx, machine, run),
            Due::HaResume { machine, run } => ha::resume(world, fx, machine, run),
            Due::HaTimer { machine, timer } => ha::fault::timer(world, fx, machine, timer),
            Due::HaWatchdog { machine, run } => ha::watchdog(world, fx, machine, run),
            Due::HaUnfed { machine, boot } => world.ha_unfed_too_long(fx, machine, boot),
            Due::HaHealth { machine, run } => ha::health(world, fx, machine, run),
            Due::HaBoot { machine, epoch } => ha::boot::look(world, fx, machine, epoch),
            Due::HaMonitor { machine, epoch } => ha::master::monitor(world, fx, machine, epoch),
            Due::ActDone { sequence, serial } => self.masked_done(sequence.into(), serial),
            Due::HaRestart { machine, epoch } => protect::go_on(world, fx, machine, epoch),
            Due::Collect { machine, sr, boot } => collector::go_on(world, fx, machine, sr, boot),
        }
    }

    /// Takes over what a move told and made due.
    fn drain(&mut self) {
        // Most dues tell nothing: a heartbeat that arrives where one was expected is no event.
        if !self.fx.events.is_empty() {
            let cause = Cause { step: (self.origin != NO_STEP).then_some(StepIx(self.origin)), due: self.due.map_or("start", name_of) };
            let now = self.world.now;
            let mut told = false;
            for event in self.fx.events.drain(..) {
                told |= !matches!(event, Event::StepBegan { .. } | Event::StepEnded { .. } | Event::Refused { .. });
                self.instant.push(event.clone());
                self.trace.add(now, cause, event);
            }
            if let Some(step) = cause.step.filter(|_| told) {
                self.records[usize::from(step.0)].told = true;
            }
        }
        for place in 0..self.fx.dues.len() {
            let (at, due) = self.fx.dues[place];
            // What will go down has not changed yet, and will.
            if matches!(due, Due::GoDown { .. } | Due::GoDownForReboot { .. }) && self.origin != NO_STEP {
                self.records[usize::from(self.origin)].told = true;
            }
            let rank = match due {
                Due::Step { sequence } | Due::GiveUp { sequence, .. } | Due::ActDone { sequence, .. } => sequence + 1,
                Due::Command { slot, .. } | Due::CtrlC { slot, .. } => slot + 1,
                _ => RANK_POOL,
            };
            self.queue.push(at, rank, due, self.origin);
        }
        self.fx.dues.clear();
    }
}

/// The kind of what is due, as traces tell it.
fn name_of(due: Due) -> &'static str {
    match due {
        Due::Heartbeat { .. } | Due::HeartbeatArrives { .. } => "heartbeat",
        Due::LivenessCheck { .. } => "liveness-check",
        Due::DatabaseCopy { .. } => "database-copy",
        Due::XapiUp { .. } => "xapi-start",
        Due::Hello { .. } => "hello",
        Due::XapiRestart { .. } => "xapi-restart",
        Due::XapiEnds { .. } => "xapi-ends",
        Due::BootDone { .. } => "boot",
        Due::GoDown { .. } | Due::GoDownForReboot { .. } => "go-down",
        Due::InstallDone { .. } => "install",
        Due::Write { .. } => "write",
        Due::GuestGivesUp { .. } | Due::GuestGone { .. } => "guest",
        Due::Autostart { .. } => "autostart",
        Due::Step { .. } | Due::GiveUp { .. } | Due::ActDone { .. } => "step",
        Due::Command { .. } | Due::CtrlC { .. } => "command",
        Due::FaultEnds { .. } | Due::FaultAgain { .. } => "fault",
        Due::HaBeat { .. } => "ha-heartbeat",
        Due::HaDisk { .. } => "ha-statefile",
        Due::HaResume { .. } => "ha-resume",
        Due::HaTimer { .. } => "ha-timer",
        Due::HaWatchdog { .. } | Due::HaUnfed { .. } => "ha-watchdog",
        Due::HaHealth { .. } => "ha-health",
        Due::HaBoot { .. } => "ha-start",
        Due::HaMonitor { .. } => "ha-monitor",
        Due::HaRestart { .. } => "ha-restart",
        Due::Collect { .. } => "collector",
    }
}
