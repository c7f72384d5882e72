//! Timeline, world, recovery and who else types, side by side: when a step begins, what it does, when it ends. In each a step begins when
//! its time has come and the one before it has ended.

use super::queue::NO_STEP;
use super::{Engine, StepRecord};
use crate::base::draw::Stream;
use crate::base::time::{Span, Time};
use crate::base::work::LOOKS;
use crate::fault::{Act, Done, Fault};
use crate::scenario::model::{Begin, Deed, Sequence, SpanRange, Step, When};
use crate::world::effects::Due;
use crate::world::event::{Event, Status, StepIx};
use crate::world::truth::Power;

/// What a sequence waits for.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) enum Waiting {
    /// For [`Engine::advance`].
    #[default]
    Nothing,
    /// For an instant that is due.
    Instant,
    /// For the instant in which a step was added to what was over.
    Appended,
    /// For a condition; given up under this serial.
    Condition(u32),
    /// For the end of a step, or for a stage of its command.
    StepEnd { id: String, stage: Option<&'static str> },
    /// For its running step to end.
    Running,
    /// For machines to come out of the installer.
    Installing(Vec<crate::base::ids::MachineId>),
    /// For a masked step to take its time.
    Masked(u32),
}

/// Whether that came which a step waits for.
enum Came {
    At(Time),
    Never,
    NotYet,
}

/// How far a sequence has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Progression {
    /// How many of its steps have ended.
    next: usize,
    /// Whether its steps may begin: a recovery waits for its own beginning.
    open: bool,
    pub(super) ended: bool,
    /// It was ended before its time: given up before it began, or by a `must:`. What it still had never begins.
    closed: bool,
    /// When the step before ended, or the sequence began.
    since: Time,
    pub(super) waiting: Waiting,
    /// It is being advanced: a step that ends in the instant in which it begins is no recursion.
    advancing: bool,
}

const RECOVERY: usize = 2;

impl Engine {
    pub(super) fn begin_sequences(&mut self) {
        for at in [0, 1] {
            self.open(at);
        }
        match self.program.begin.clone() {
            None => self.progressions[RECOVERY].ended = true,
            Some(Begin::AfterTimeline) => self.begin_recovery_after_timeline(),
            Some(Begin::At(range)) => {
                let at = Time::ZERO + self.draw(&self.program.recovery_key, "at", range);
                self.progressions[RECOVERY].waiting = Waiting::Instant;
                self.fx.due_at(at, Due::Step { sequence: RECOVERY as u8 });
            }
            Some(Begin::WaitFor { within, .. }) => {
                let serial = self.new_serial();
                self.progressions[RECOVERY].waiting = Waiting::Condition(serial);
                self.fx.due(within, Due::GiveUp { sequence: RECOVERY as u8, serial });
            }
        }
        for at in RECOVERY + 1..self.progressions.len() {
            self.open(at);
        }
        self.drain();
        self.wake_waiting();
        self.drain();
    }

    fn open(&mut self, sequence: usize) {
        self.progressions[sequence].open = true;
        self.advance(sequence);
    }

    /// Adds a step to a sequence while the run is under way, to begin when its time has come and those before it have ended.
    /// A sequence that was over, or had not been there, opens again, and the end of the run moves.
    pub fn append(&mut self, sequence: Sequence, step: Step) -> StepIx {
        let at = std::sync::Arc::make_mut(&mut self.program).append(sequence, step);
        self.records.push(StepRecord::default());
        self.progressions.resize_with(self.program.lanes(), Progression::default);
        self.consoles.resize_with(self.program.lanes(), || None);
        let lane = sequence.lane();
        let progression = &mut self.progressions[lane];
        let waits_for_its_beginning = lane == RECOVERY && !progression.open && !progression.ended && self.program.begin.is_some();
        if !waits_for_its_beginning && progression.waiting == Waiting::Nothing {
            progression.ended = false;
            progression.waiting = Waiting::Appended;
            self.fx.due(Span::ZERO, Due::Step { sequence: lane as u8 });
            self.drain();
        }
        at
    }

    /// Whether a sequence has come to the end of its steps: one more would have begun, or would be waited for, since the last
    /// turn. Nothing that came before that turn hangs on whether there is one more ([`Engine::extend`]).
    pub fn ran_out(&self, sequence: Sequence) -> bool {
        self.progressions.get(sequence.lane()).is_some_and(|progression| progression.ended && !progression.closed)
    }

    /// Adds a step of the program at the end of a sequence that has not run out yet: from here on, the run is the one that had
    /// it there from the beginning.
    pub fn extend(&mut self, sequence: Sequence, step: StepIx) {
        debug_assert!(!self.ran_out(sequence), "what a sequence had come to its end without is another run");
        std::sync::Arc::make_mut(&mut self.program).extend(sequence, step);
    }

    /// The same for a step that the program does not have yet.
    pub fn extend_with(&mut self, sequence: Sequence, step: Step) -> StepIx {
        debug_assert!(!self.ran_out(sequence), "what a sequence had come to its end without is another run");
        let at = std::sync::Arc::make_mut(&mut self.program).append(sequence, step);
        self.records.push(StepRecord::default());
        at
    }

    /// The step of a sequence that runs or is the next to run.
    fn current(&self, sequence: usize) -> Option<StepIx> {
        self.program.step_of(sequence, self.progressions[sequence].next)
    }

    fn begin_recovery_after_timeline(&mut self) {
        let recovery = &self.progressions[RECOVERY];
        if !recovery.open && !recovery.ended && self.progressions[0].ended && self.program.begin == Some(Begin::AfterTimeline) {
            self.begin_recovery();
        }
    }

    fn begin_recovery(&mut self) {
        let now = self.world.now;
        let recovery = &mut self.progressions[RECOVERY];
        recovery.open = true;
        recovery.since = now;
        recovery.waiting = Waiting::Nothing;
        self.recovery_began = self.recovery_began.or(Some(now));
        self.advance(RECOVERY);
    }

    pub(super) fn new_serial(&mut self) -> u32 {
        self.serial += 1;
        self.serial
    }

    /// A drawn span: keyed by the step's id, else its place, so that a step that is added shifts no other's draws.
    fn draw(&self, key: &str, what: &str, range: SpanRange) -> Span {
        Stream::new(self.options.seed, what, key).span(0, range)
    }

    fn step_draw(&self, step: StepIx, what: &str, round: u32, range: SpanRange) -> Span {
        Stream::new(self.options.seed, what, &self.program.step(step).key).span(u64::from(round), range)
    }

    /// Looks when the next step of a sequence begins, and begins it if that is now.
    pub(super) fn advance(&mut self, sequence: usize) {
        // A loop, not a recursion: ten thousand notes end in the instant in which they begin.
        if !std::mem::replace(&mut self.progressions[sequence].advancing, true) {
            self.advance_loop(sequence);
            self.progressions[sequence].advancing = false;
        }
    }

    fn advance_loop(&mut self, sequence: usize) {
        while self.progressions[sequence].open
            && !self.progressions[sequence].ended
            && self.progressions[sequence].waiting == Waiting::Nothing
        {
            let progression = &self.progressions[sequence];
            let Some(step) = self.current(sequence) else {
                self.progressions[sequence].ended = true;
                self.last_ended = self.last_ended.max(self.progressions[sequence].since);
                if sequence == 0 {
                    self.begin_recovery_after_timeline();
                }
                return;
            };
            let now = self.world.now;
            let since = progression.since;
            let program = std::sync::Arc::clone(&self.program);
            let at = match &program.step(step).when {
                When::Next if sequence == RECOVERY && progression.next > 0 => since + program.pace,
                When::Next => now,
                When::At(range) => {
                    let at = Time::ZERO + self.step_draw(step, "at", 0, *range);
                    if at < now {
                        self.records[usize::from(step.0)].late = Some(now.since(at));
                    }
                    at
                }
                When::AfterPrevious(range) => since + self.step_draw(step, "after", 0, *range),
                When::AfterStep { id, stage, plus } => match self.came(id, *stage) {
                    Came::At(at) => at + self.step_draw(step, "after", 0, *plus),
                    Came::Never => {
                        self.mark_begun(step);
                        self.end_step(sequence, Status::GivenUp);
                        self.drain();
                        continue;
                    }
                    Came::NotYet => {
                        self.progressions[sequence].waiting = Waiting::StepEnd { id: id.clone(), stage: *stage };
                        return;
                    }
                },
                When::WaitFor { condition, within } => {
                    if self.holds(condition, program.step(step).host) {
                        now
                    } else {
                        let serial = self.new_serial();
                        self.progressions[sequence].waiting = Waiting::Condition(serial);
                        self.fx.due(*within, Due::GiveUp { sequence: sequence as u8, serial });
                        return;
                    }
                }
            };
            if at > now {
                self.progressions[sequence].waiting = Waiting::Instant;
                self.fx.due_at(at, Due::Step { sequence: sequence as u8 });
                return;
            }
            self.begin_step(sequence);
        }
    }

    /// When a step ended, by its id; a step that will never begin counts as ended when its sequence did.
    fn step_end(&self, id: &str) -> Option<Time> {
        let at = usize::from(self.program.find(id)?.0);
        let sequence = self.program.steps[at].0.lane();
        self.records[at].ended.or_else(|| self.progressions[sequence].ended.then_some(self.progressions[sequence].since))
    }

    /// When that came which a step waits for: the end of another, or a stage of its command. A step that ended without having come
    /// to that stage never will; one that is replaced by a note has none, and its end stands for all.
    fn came(&self, id: &str, stage: Option<&'static str>) -> Came {
        let ended = self.step_end(id);
        let Some(stage) = stage else { return ended.map_or(Came::NotYet, Came::At) };
        let Some(step) = self.program.find(id) else { return Came::NotYet };
        let stages = &self.records[usize::from(step.0)].stages;
        match (stages.iter().find(|(name, _)| *name == stage), ended) {
            (Some((_, at)), _) => Came::At(*at),
            (None, Some(at)) if self.options.masked.contains_key(&step) => Came::At(at),
            (None, Some(_)) => Came::Never,
            (None, None) => Came::NotYet,
        }
    }

    /// A command has come to a stage: who waits for it goes on at once, before the command does.
    pub(super) fn wake_for_stage(&mut self, step: StepIx) {
        let program = std::sync::Arc::clone(&self.program);
        let Some(id) = program.step(step).id.as_deref() else { return };
        self.drain();
        for sequence in 0..self.progressions.len() {
            let waits = matches!(&self.progressions[sequence].waiting, Waiting::StepEnd { id: of, stage: Some(_) } if of == id);
            if waits && self.woken(sequence) {
                self.drain();
            }
        }
    }

    /// A sequence that waits for another's step or stage advances, if that came. Whether it did.
    fn woken(&mut self, sequence: usize) -> bool {
        let Waiting::StepEnd { id, stage } = &self.progressions[sequence].waiting else { return false };
        if matches!(self.came(id, *stage), Came::NotYet) {
            return false;
        }
        self.progressions[sequence].waiting = Waiting::Nothing;
        self.advance(sequence);
        true
    }

    /// The instant of a waiting step, or of the recovery's beginning, has come.
    pub(super) fn step_due(&mut self, sequence: usize) {
        match std::mem::take(&mut self.progressions[sequence].waiting) {
            Waiting::Instant if self.progressions[sequence].open => {
                self.begin_step(sequence);
                self.advance(sequence);
            }
            Waiting::Instant => self.begin_recovery(),
            Waiting::Appended if self.progressions[sequence].open => self.advance(sequence),
            Waiting::Appended if sequence == RECOVERY => self.begin_recovery(),
            Waiting::Appended => self.open(sequence),
            other => self.progressions[sequence].waiting = other,
        }
    }

    /// A `wait-for` has waited long enough: the step does nothing; a recovery does not begin.
    pub(super) fn give_up(&mut self, sequence: usize, serial: u32) {
        if self.progressions[sequence].waiting != Waiting::Condition(serial) {
            return;
        }
        self.progressions[sequence].waiting = Waiting::Nothing;
        if !self.progressions[sequence].open {
            if let Some(Begin::WaitFor { condition, .. }) = &self.program.begin {
                let instead = self.instead(condition, self.program.recovery_host);
                self.recovery_given_up = Some(Box::new((self.world.now, instead)));
            }
            self.progressions[sequence].since = self.world.now;
            self.close(sequence);
            return;
        }
        let Some(step) = self.current(sequence) else { return };
        self.mark_begun(step);
        self.end_step(sequence, Status::GivenUp);
        self.advance(sequence);
    }

    /// Ends a sequence: its remaining steps never begin.
    fn close(&mut self, sequence: usize) {
        self.progressions[sequence].ended = true;
        self.progressions[sequence].closed = true;
        self.progressions[sequence].waiting = Waiting::Nothing;
        self.last_ended = self.last_ended.max(self.world.now);
        self.stirred = true;
        if sequence == 0 {
            self.begin_recovery_after_timeline();
        }
    }

    /// After an instant in which anything changed: whoever waits for a condition, a step's end, an installation or hanging
    /// storage looks again. Whether anybody went on.
    pub(super) fn wake_waiting(&mut self) -> bool {
        let mut woke = self.retry_hanging();
        for sequence in 0..self.progressions.len() {
            let program = std::sync::Arc::clone(&self.program);
            let progression = &self.progressions[sequence];
            match &progression.waiting {
                Waiting::Condition(_) => {
                    let (condition, host) = if progression.open {
                        match self.current(sequence).map(|step| program.step(step)) {
                            Some(waiting @ Step { when: When::WaitFor { condition, .. }, .. }) => (condition, waiting.host),
                            _ => continue,
                        }
                    } else {
                        match &program.begin {
                            Some(Begin::WaitFor { condition, .. }) => (condition, program.recovery_host),
                            _ => continue,
                        }
                    };
                    self.work += condition.size() / LOOKS;
                    if !self.holds(condition, host) {
                        continue;
                    }
                    self.progressions[sequence].waiting = Waiting::Nothing;
                    self.origin = NO_STEP;
                    if self.progressions[sequence].open {
                        self.begin_step(sequence);
                        self.advance(sequence);
                    } else {
                        self.begin_recovery();
                    }
                }
                Waiting::StepEnd { .. } => {
                    if !self.woken(sequence) {
                        continue;
                    }
                }
                Waiting::Installing(machines) if machines.iter().all(|m| !self.world.hw.machine(*m).installing) => {
                    self.end_step(sequence, Status::Ok);
                    self.advance(sequence);
                }
                _ => continue,
            }
            self.drain();
            woke = true;
        }
        woke
    }

    fn mark_begun(&mut self, step: StepIx) {
        let now = self.world.now;
        let order = self.begun;
        self.begun += 1;
        let record: &mut StepRecord = &mut self.records[usize::from(step.0)];
        record.began = Some(now);
        record.order = order;
        // What a step does and begins goes back to it.
        self.drain();
        self.origin = step.0;
        self.due = None;
        self.fx.tell(Event::StepBegan { step });
    }

    /// Begins the next step of a sequence.
    fn begin_step(&mut self, sequence: usize) {
        let Some(step) = self.current(sequence) else { return };
        let program = std::sync::Arc::clone(&self.program);
        let what = program.step(step);
        self.mark_begun(step);
        if let Some(guard) = &what.guard
            && !self.holds(guard, what.host)
        {
            self.end_step(sequence, Status::Skipped);
            return;
        }
        if let Some(span) = self.options.masked.get(&step).copied() {
            if span == Span::ZERO {
                self.end_step(sequence, Status::Ok);
            } else {
                let serial = self.new_serial();
                self.progressions[sequence].waiting = Waiting::Masked(serial);
                self.fx.due(span, Due::ActDone { sequence: sequence as u8, serial });
            }
            return;
        }
        match &what.deed {
            Deed::Note(_) => self.end_step(sequence, Status::Ok),
            Deed::Fault { mean: Some(mean), .. } => {
                self.fx.due(self.gap(step, 0, *mean), Due::FaultAgain { step: step.0, round: 0 });
                self.end_step(sequence, Status::Ok);
            }
            Deed::Fault { fault, .. } => {
                self.strike(step, fault, 0);
                self.end_step(sequence, Status::Ok);
            }
            Deed::Act(act) => self.perform(sequence, step, act),
            Deed::Run(_) => {
                self.progressions[sequence].waiting = Waiting::Running;
                self.open_console(sequence, step);
            }
        }
    }

    fn perform(&mut self, sequence: usize, step: StepIx, act: &Act) {
        let at = usize::from(step.0);
        match act.perform(&mut self.world, &mut self.fx) {
            Done::Now(changed) => {
                self.records[at].effect = Some(changed);
                self.end_step(sequence, Status::Ok);
            }
            Done::Installing(machines) => {
                self.records[at].effect = Some(true);
                self.progressions[sequence].waiting = Waiting::Installing(machines);
            }
            Done::Failed(words) => {
                self.records[at].output = words;
                self.end_step(sequence, Status::Error);
            }
        }
    }

    pub(super) fn masked_done(&mut self, sequence: usize, serial: u32) {
        if self.progressions[sequence].waiting == Waiting::Masked(serial) {
            self.end_step(sequence, Status::Ok);
            self.advance(sequence);
        }
    }

    /// The step of a sequence ends. The caller advances.
    pub(super) fn end_step(&mut self, sequence: usize, status: Status) {
        let now = self.world.now;
        let Some(step) = self.current(sequence) else { return };
        let record = &mut self.records[usize::from(step.0)];
        record.ended = Some(now);
        record.status = status;
        self.fx.tell(Event::StepEnded { step, status });
        let progression = &mut self.progressions[sequence];
        progression.waiting = Waiting::Nothing;
        progression.since = now;
        progression.next += 1;
        self.last_ended = self.last_ended.max(now);
        let masked = self.options.masked.contains_key(&step);
        let must = self.program.step(step).expect.as_ref().filter(|expect| expect.must);
        if status != Status::Skipped && !masked && must.is_some_and(|expect| !expect.met_by(&self.records[usize::from(step.0)].outcome())) {
            self.close(sequence);
        }
    }

    // ---- faults that end or strike again

    fn strike(&mut self, step: StepIx, fault: &Fault, round: u32) {
        let program = std::sync::Arc::clone(&self.program);
        // It goes over the machines, also where it changes nothing.
        self.work += self.world.names.machines.len() as u64 / LOOKS;
        let changed = fault.strike(&mut self.world, &mut self.fx);
        let effect = &mut self.records[usize::from(step.0)].effect;
        *effect = Some(effect.unwrap_or(false) | changed);
        if let Deed::Fault { lasts, every, times, .. } = &program.step(step).deed {
            if let Some(lasts) = lasts {
                self.fx.due(self.step_draw(step, "for", round, *lasts), Due::FaultEnds { step: step.0, round });
            }
            if let Some(every) = every
                && round + 1 < *times
            {
                self.fx.due(self.step_draw(step, "every", round, *every), Due::FaultAgain { step: step.0, round: round + 1 });
            }
        }
    }

    pub(super) fn fault_again(&mut self, step: u16, round: u32) {
        let program = std::sync::Arc::clone(&self.program);
        match &program.step(StepIx(step)).deed {
            Deed::Fault { fault, lasts, mean: Some(mean), .. } => self.strike_at_random(StepIx(step), (fault, *lasts), round, *mean),
            Deed::Fault { fault, .. } => self.strike(StepIx(step), fault, round),
            Deed::Act(_) | Deed::Run(_) | Deed::Note(_) => {}
        }
    }

    /// What strikes at random may find nothing to break: then there is nothing to undo either, and what somebody else broke
    /// stays broken.
    fn strike_at_random(&mut self, step: StepIx, (fault, lasts): (&Fault, Option<SpanRange>), round: u32, mean: Span) {
        if fault.strike(&mut self.world, &mut self.fx) {
            self.records[usize::from(step.0)].effect = Some(true);
            if let Some(lasts) = lasts {
                self.fx.due(self.step_draw(step, "for", round, lasts), Due::FaultEnds { step: step.0, round });
            }
        }
        self.fx.due(self.gap(step, round + 1, mean), Due::FaultAgain { step: step.0, round: round + 1 });
    }

    /// The time from one random fault to the next.
    fn gap(&self, step: StepIx, round: u32, mean: Span) -> Span {
        Stream::new(self.options.seed, "chaos", &self.program.step(step).key).exponential(u64::from(round), mean)
    }

    pub(super) fn fault_ends(&mut self, step: u16, _round: u32) {
        let program = std::sync::Arc::clone(&self.program);
        if let Deed::Fault { fault, .. } = &program.step(StepIx(step)).deed {
            self.work += self.world.names.machines.len() as u64 / LOOKS;
            fault.undo(&mut self.world, &mut self.fx);
        }
    }

    /// Whether a machine is switched on and past its boot, for consoles.
    pub(super) fn console_answers(&self, machine: crate::base::ids::MachineId) -> bool {
        self.world.hw.machine(machine).power == Power::On && self.world.dom0_answers(machine)
    }
}

impl StepRecord {
    /// Whether it ran and has ended, so that its console shows something or nothing.
    pub(super) fn printed_on_console(&self) -> bool {
        self.ended.is_some() && !matches!(self.status, Status::Skipped | Status::GivenUp | Status::NotBegun)
    }

    /// How the step came out, as expectations judge it.
    pub fn outcome(&self) -> crate::scenario::model::Outcome<'_> {
        crate::scenario::model::Outcome {
            status: self.status,
            code: self.code.as_deref(),
            exit: self.exit,
            output: &self.output,
            printed: self.printed,
        }
    }
}
