//! A console at work: the lines of a `run`, one after the other, each waiting for its master, checked when it begins,
//! committed when it ends, given up when it hangs.

use super::{Engine, sequence};
use crate::base::draw::Stream;
use crate::base::ids::MachineId;
use crate::base::time::{Span, Time};
use crate::command::script::Came;
use crate::command::script::replay::{self, Answer, Next};
use crate::command::shell::Line;
use crate::command::{self, Admission, Check, Output, Progress, Seat, Typed};
use crate::scenario::model::{Deed, Step};
use crate::world::effects::Due;
use crate::world::event::{Event, Status, StepIx};
use std::sync::Arc;

/// What the line at work is doing.
#[derive(Clone, Debug)]
enum Phase {
    /// Its master does not answer; asked again after twice as long each time (master_connection.ml: 2 s to 256 s).
    Waiting { next: Span },
    /// Its check is over; the refusal shows when the connection that nobody answered is given up.
    Refused(Output),
    /// It will be committed.
    Working(Work),
    /// It can't be done now, and is tried again and again.
    Retrying(Work),
    /// Its storage hangs, or it waits for its turn.
    Hanging(Work),
    /// A script sleeps.
    Sleeping,
    /// A script types its next line.
    Next,
}

/// Work under way: where, and in which process of xapi there. It is a thread of that process and ends with it, whether or not
/// it hangs, and whether or not anybody still waits for it.
#[derive(Clone, Copy, Debug)]
struct Work {
    seat: Seat,
    epoch: u32,
}

/// A step's console.
#[derive(Clone, Debug)]
pub(super) struct Console {
    step: StepIx,
    sequence: usize,
    machine: MachineId,
    line: usize,
    /// What a script has learnt so far, and how much of what it printed has been shown.
    answers: Vec<Answer>,
    shown: usize,
    /// What was printed, where the step keeps it.
    printed: String,
    typed: Option<Typed>,
    phase: Phase,
    serial: u32,
    began: Time,
    /// It was given up with Ctrl-C, and its work goes on by itself.
    detached: bool,
}

const BACKOFF_LEAST: Span = Span::secs(2);
const BACKOFF_MOST: Span = Span::secs(256);
/// How much a step keeps of what is printed, in bytes: more than the UUIDs of all VMs of a pool.
const CAPTURED_MOST: usize = 1 << 18;

impl Engine {
    fn step_of(&self, console: &Console) -> (Arc<super::Program>, usize) {
        (Arc::clone(&self.program), usize::from(console.step.0))
    }

    /// A `run` begins on its console.
    pub(super) fn open_console(&mut self, sequence: usize, step: StepIx) {
        let machine = self.program.step(step).host;
        let console = Console {
            step,
            sequence,
            machine,
            line: 0,
            answers: Vec::new(),
            shown: 0,
            printed: String::new(),
            typed: None,
            phase: Phase::Waiting { next: BACKOFF_LEAST },
            serial: 0,
            began: self.world.now,
            detached: false,
        };
        self.type_line(Box::new(console));
    }

    /// Types the console's present line.
    fn type_line(&mut self, mut console: Box<Console>) {
        let (program, at) = self.step_of(&console);
        let Step { deed: Deed::Run(script), stdin, host, .. } = &program.steps[at].1 else { return };
        if !self.console_answers(*host) {
            let output = self.no_answer(*host);
            self.line_ended(console, output);
            return;
        }
        if !script.scripted {
            let line = &script.lines[console.line];
            match replay::with_kept(line, &program.kept, &self.captured) {
                Some(line) => self.type_this(console, &line),
                None => self.type_this(console, line),
            }
            return;
        }
        let (next, shown) = replay::next(&script.text, &self.world, *host, &self.captured, stdin.as_deref(), &mut console.answers);
        self.work += console.answers.len() as u64 + script.text.len() as u64 / super::work::BYTES;
        let fresh = shown.get(console.shown..).unwrap_or_default().to_owned();
        console.shown = shown.len();
        self.show(&mut console, &fresh);
        match next {
            Next::Types(machine, line) => {
                console.machine = machine;
                self.type_this(console, &line);
            }
            Next::Sleeps(span) => {
                console.machine = *host;
                console.serial = self.new_serial();
                console.phase = Phase::Sleeping;
                self.again(console, span);
            }
            Next::Ended(exit) => {
                let record = &mut self.records[at];
                record.exit = Some(exit);
                if exit == 0 {
                    record.code = None;
                }
                self.finish_run(console, if exit == 0 { Status::Ok } else { Status::Error });
            }
        }
    }

    /// Types a line at the console.
    fn type_this(&mut self, mut console: Box<Console>, line: &Line) {
        let (program, at) = self.step_of(&console);
        let Step { stdin, timeout, .. } = &program.steps[at].1;
        if !self.console_answers(console.machine) {
            let output = self.no_answer(console.machine);
            self.line_ended(console, output);
            return;
        }
        let (ran, typed) = command::typed(line, &self.world, stdin.as_deref());
        self.records[at].ran.push(ran);
        console.began = self.world.now;
        console.serial = self.new_serial();
        match typed {
            Err(output) if output.exit != 0 => self.line_ended(console, output),
            Err(output) => {
                console.phase = Phase::Refused(output);
                self.again(console, self.world.settings.command);
            }
            Ok(typed) => {
                console.typed = Some(typed);
                self.fx.due(*timeout, Due::CtrlC { slot: console.sequence as u8, serial: console.serial });
                self.admit(console);
            }
        }
    }

    fn no_answer(&self, machine: MachineId) -> Output {
        Output { text: format!("no answer from the console of {}\n", self.world.names.machine(machine)), exit: 255, error: None }
    }

    /// Looks whether the line gets anybody to talk to, and has it checked.
    fn admit(&mut self, mut console: Box<Console>) {
        let Some(typed) = &mut console.typed else { return };
        match typed.admit(&self.world, console.machine) {
            Admission::Refuse(output) => self.line_ended(console, output),
            Admission::Wait => {
                let next = match console.phase {
                    Phase::Waiting { next } => next,
                    _ => BACKOFF_LEAST,
                };
                console.phase = Phase::Waiting { next: next.times(2).min(BACKOFF_MOST) };
                self.again(console, next);
            }
            Admission::Go(seat) => match typed.check(&self.world, seat) {
                Check::Go(span) => {
                    typed.begin(&mut self.world, seat);
                    let stage = typed.stage();
                    let epoch = self.world.stacks[seat.executor.at()].epoch;
                    console.phase = Phase::Working(Work { seat, epoch });
                    let late = self.lateness(&console, seat);
                    let step = console.step;
                    self.again(console, span + late);
                    self.comes_to_stage(step, stage);
                }
                Check::Refuse { output, after } if after == Span::ZERO => self.line_ended(console, output),
                Check::Refuse { output, after } => {
                    console.phase = Phase::Refused(output);
                    self.again(console, after);
                }
            },
        }
    }

    /// How late a call over bad links is: there and back. Over good links it takes no time worth telling.
    fn lateness(&self, console: &Console, seat: Seat) -> Span {
        let ends = [seat.console, seat.executor];
        if seat.console == seat.executor {
            return Span::ZERO;
        }
        let latencies = ends.iter().filter_map(|end| self.world.hw.degraded(*end)?.latency);
        let stream = Stream::new(self.options.seed, "call", &self.program.step(console.step).key);
        latencies.map(|latency| stream.span(console.line as u64, latency).times(2)).max().unwrap_or(Span::ZERO)
    }

    /// The console goes on after a span.
    fn again(&mut self, console: Box<Console>, span: Span) {
        self.fx.due(span, Due::Command { slot: console.sequence as u8, serial: console.serial });
        self.keep(console);
    }

    /// The console waits where it was.
    fn keep(&mut self, console: Box<Console>) {
        if console.detached {
            self.detached.push(*console);
        } else {
            let sequence = console.sequence;
            self.consoles[sequence] = Some(console);
        }
    }

    /// The time of the line at work is up.
    pub(super) fn command_due(&mut self, slot: u8, serial: u32) {
        let attached = self.consoles[usize::from(slot)].take_if(|console| console.serial == serial);
        let Some(console) = attached.or_else(|| {
            let at = self.detached.iter().position(|console| console.serial == serial)?;
            Some(Box::new(self.detached.remove(at)))
        }) else {
            return;
        };
        self.origin = console.step.0;
        if !console.detached && !self.console_answers(console.machine) {
            // Nobody sees any more what comes of it; whoever carries it out goes on with it, or is gone himself.
            if let Phase::Hanging(work) | Phase::Working(work) | Phase::Retrying(work) = console.phase {
                self.carry_out(Box::new(Console { detached: true, ..(*console).clone() }), work);
                self.drain();
                self.origin = console.step.0;
            }
            let output = self.no_answer(console.machine);
            self.line_ended(console, output);
            return;
        }
        match console.phase.clone() {
            Phase::Next => self.type_line(console),
            Phase::Sleeping => {
                let mut console = console;
                console.answers.push(Answer::Slept);
                self.type_line(console);
            }
            Phase::Waiting { .. } => self.admit(console),
            Phase::Refused(output) => self.line_ended(console, output),
            Phase::Hanging(work) | Phase::Working(work) | Phase::Retrying(work) => {
                self.carry_out(console, work);
            }
        }
    }

    /// Has work done, and says what becomes of it: the one place for consoles that somebody waits at and those that nobody
    /// does, for what is due and for what hung. Whether it went on.
    fn carry_out(&mut self, mut console: Box<Console>, work: Work) -> bool {
        let (sequence, serial) = (console.sequence, console.serial);
        let patient = console.detached || self.world.now < console.began + self.patience(&console);
        let progress = self.commit(&mut console, work);
        let stage = console.typed.as_ref().and_then(Typed::stage);
        self.comes_to_stage(console.step, stage);
        match progress {
            Progress::Ended(_) if console.detached => return true,
            Progress::Ended(output) => {
                self.line_ended(console, output);
                return true;
            }
            Progress::Again(span) => {
                console.phase = Phase::Working(work);
                self.again(console, span);
                return true;
            }
            Progress::Retries(span) => {
                console.phase = Phase::Retrying(work);
                self.again(console, span);
            }
            Progress::Hangs => {
                console.phase = Phase::Hanging(work);
                self.keep(console);
            }
            Progress::Waits(span) => {
                console.phase = Phase::Hanging(work);
                self.again(console, span);
            }
        }
        // Whoever has waited long enough for it to begin to hang waits no longer.
        if !patient {
            self.ctrl_c(sequence as u8, serial);
        }
        false
    }

    /// Commits, unless whoever carries the command out has gone meanwhile: its machine, or the process that it is a thread of.
    fn commit(&mut self, console: &mut Console, Work { seat, epoch }: Work) -> Progress {
        let stops = self.program.waited_for(console.step);
        let Some(typed) = &mut console.typed else { return Progress::Ended(Output::default()) };
        let gone = !self.world.dom0_answers(seat.executor) || typed.needs_xapi() && self.world.stacks[seat.executor.at()].epoch != epoch;
        if gone {
            typed.orphaned(&mut self.world, &mut self.fx, seat);
            return Progress::Ended(Output { text: "Lost connection to the server.\n".into(), exit: 1, error: None });
        }
        self.fx.stops.extend(stops);
        let progress = typed.commit(&mut self.world, &mut self.fx, seat);
        self.fx.stops.clear();
        progress
    }

    /// A command is in a stage: who waits for it is told when it is the first time, and begins before the command goes on.
    fn comes_to_stage(&mut self, step: StepIx, stage: Option<&'static str>) {
        let Some(stage) = stage else { return };
        let record = &mut self.records[usize::from(step.0)];
        if record.stages.iter().any(|(name, _)| *name == stage) {
            return;
        }
        record.stages.push((stage, self.world.now));
        self.wake_for_stage(step);
        self.origin = step.0;
    }

    /// Somebody presses Ctrl-C: a line that still waits for its master is dropped, work under way goes on by itself.
    pub(super) fn ctrl_c(&mut self, slot: u8, serial: u32) {
        let slot = usize::from(slot);
        let hangs = |console: &mut Box<Console>| {
            console.serial == serial && matches!(console.phase, Phase::Waiting { .. } | Phase::Hanging(_) | Phase::Retrying(_))
        };
        let Some(console) = self.consoles[slot].take_if(hangs) else { return };
        self.origin = console.step.0;
        if !matches!(console.phase, Phase::Waiting { .. }) {
            self.detached.push(Console { detached: true, ..(*console).clone() });
        }
        self.finish_run(console, Status::Hung);
    }

    /// How long the operator waits for a line before Ctrl-C.
    fn patience(&self, console: &Console) -> Span {
        self.program.step(console.step).timeout
    }

    /// Storage may answer again, or whoever did the work may be gone: whatever hangs is looked at once more.
    pub(super) fn retry_hanging(&mut self) -> bool {
        let mut woke = false;
        for slot in 0..self.consoles.len() {
            if let Some(console) = self.consoles[slot].take() {
                woke |= self.retry(console);
            }
        }
        for console in std::mem::take(&mut self.detached) {
            woke |= self.retry(Box::new(console));
        }
        woke
    }

    fn retry(&mut self, console: Box<Console>) -> bool {
        let Phase::Hanging(work) = console.phase else {
            self.keep(console);
            return false;
        };
        self.origin = console.step.0;
        let went_on = self.carry_out(console, work);
        self.drain();
        went_on
    }

    /// The present line has ended: the next is typed, or the step ends with the first that fails.
    fn line_ended(&mut self, mut console: Box<Console>, output: Output) {
        let (program, at) = self.step_of(&console);
        let Step { deed: Deed::Run(script), host, .. } = &program.steps[at].1 else { return };
        // What a script does with what a command prints, the script knows; when its own machine is gone, so is it.
        let goes_on = script.scripted && self.console_answers(*host);
        if goes_on {
            console.answers.push(Answer::Came(Came { output: output.text.clone(), exit: output.exit }));
        } else {
            self.show(&mut console, if output.exit == 0 || !script.scripted { &output.text } else { "" });
            if script.scripted {
                let gone = self.no_answer(*host);
                self.show(&mut console, &gone.text);
            }
        }
        let record = &mut self.records[at];
        record.exit = Some(output.exit);
        record.code = output.error.as_ref().map(|error| error.code.to_owned());
        if let Some(error) = output.error {
            self.fx.tell(Event::Refused { step: console.step, error });
        }
        if goes_on {
            console.phase = Phase::Waiting { next: BACKOFF_LEAST };
            console.typed = None;
            // Commands that take no time are no reason for a stack without end.
            if console.answers.len().is_multiple_of(32) {
                console.phase = Phase::Next;
                self.again(console, Span::ZERO);
            } else {
                self.type_line(console);
            }
            return;
        }
        if output.exit != 0 || script.scripted {
            self.finish_run(console, Status::Error);
            return;
        }
        console.line += 1;
        if console.line < script.lines.len() {
            console.phase = Phase::Waiting { next: BACKOFF_LEAST };
            console.typed = None;
            self.type_line(console);
        } else {
            self.finish_run(console, Status::Ok);
        }
    }

    /// Shows what was printed, and keeps it where the step says so.
    fn show(&mut self, console: &mut Console, text: &str) {
        let (program, at) = self.step_of(console);
        let step = &program.steps[at].1;
        self.kept.show(&mut self.records[at], step.expect.as_ref(), text);
        self.work += text.len() as u64 / super::work::BYTES;
        if step.capture.is_some() && console.printed.len() + text.len() <= CAPTURED_MOST {
            console.printed.push_str(text);
        }
    }

    fn finish_run(&mut self, console: Box<Console>, status: Status) {
        let (program, at) = self.step_of(&console);
        if let Some(name) = &program.steps[at].1.capture {
            self.captured.insert(name.clone(), console.printed.trim_end_matches('\n').to_owned());
        }
        debug_assert!(matches!(self.progressions[console.sequence].waiting, sequence::Waiting::Running));
        self.end_step(console.sequence, status);
        // A step may end in the instant in which it begins; then whoever began it advances.
        self.drain();
        self.advance(console.sequence);
        self.drain();
    }
}
