//! The runs of a search: one for each world that still fits what was seen, all of them with the same steps behind them.
//!
//! As with orders, a run is branched before the instant in which its recovery runs out of steps: until then nothing hangs on
//! what comes next. What a step shows is read from a run that went on through that instant without a further step.

use super::moves::Move;
use super::seen::Seen;
use crate::base::ids::MachineId;
use crate::base::time::{Span, Time};
use crate::engine::{Engine, Options, Program};
use crate::hazard::HazardId;
use crate::hazard::watch::Found;
use crate::run::{Run, Session};
use crate::scenario::model::{Case, Scenario, Sequence, Step, When};
use crate::world::event::Status;
use std::sync::Arc;

/// What it takes to clone a run and to digest where it stands, in units of work.
const CLONE: u64 = 4_000;

/// Why a search ends before its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Enough {
    /// Somebody stopped it.
    Stopped,
    /// More would have been too much work.
    Work,
    /// More steps would have been tried than are allowed.
    Tries,
}

/// What is left to be spent.
pub(super) struct Purse<'h> {
    pub work: u64,
    pub tries: u64,
    pub stopped: &'h (dyn Fn() -> bool + Sync),
    /// What counts as harm.
    pub harm: Harm,
}

/// The first of the worst findings that count against a plan, of all of a run and when its recovery began.
pub(super) type Harm = for<'f> fn(&'f [Found], Option<Time>) -> Option<&'f Found>;

impl Purse<'_> {
    pub fn spend(&mut self, work: u64) -> Result<(), Enough> {
        if (self.stopped)() {
            return Err(Enough::Stopped);
        }
        self.work = self.work.checked_sub(work).ok_or(Enough::Work)?;
        Ok(())
    }
}

/// A run that has run out of steps.
#[derive(Clone)]
pub(super) struct Ahead {
    /// The world, by its place.
    pub world: usize,
    /// When it ran out.
    pub at: Time,
    pub session: Session,
}

/// A run that stands before the instant in which it runs out of steps.
#[derive(Clone)]
pub(super) struct Before {
    pub world: usize,
    /// That instant.
    pub at: Time,
    pub session: Session,
}

/// What comes of a further step in one world.
pub(super) struct Tried {
    pub ahead: Ahead,
    pub seen: Seen,
    /// Whether it did anything: changed what is so or believed, or waited for what came.
    pub told: bool,
}

/// A step that can't be taken.
pub(super) enum Refused {
    /// A danger or a corruption begins in this world.
    Harm(usize, Box<Found>),
    /// The run ends in this world before the step does.
    Over,
}

/// A case's run up to where its plan begins: before that instant, and behind it; or the whole run, where a plan never begins.
pub(super) fn begin(
    scenario: &Scenario,
    world: usize,
    case: Case,
    options: &Options,
    purse: &mut Purse<'_>,
) -> Result<Result<(Before, Ahead), Box<Run>>, Enough> {
    let session = Session::unjudged(Engine::with_program(scenario, Arc::new(Program::new(scenario, case)), options.clone()));
    let mut ahead = session.clone();
    let Some(at) = run_out(&mut ahead, purse)? else { return Ok(Err(Box::new(ahead.finish()))) };
    let before = Before { world, at, session: up_to(session, at, purse)? };
    Ok(Ok((before, Ahead { world, at, session: ahead })))
}

/// Turns until the recovery has run out of steps, and when that was; `None` where the run ends first.
fn run_out(session: &mut Session, purse: &mut Purse<'_>) -> Result<Option<Time>, Enough> {
    let before = session.engine.work();
    let mut at = None;
    while let Some(now) = session.step() {
        if session.engine.ran_out(Sequence::Recovery) {
            at = Some(now);
            break;
        }
        if session.engine.work() - before > purse.work {
            return Err(Enough::Work);
        }
    }
    purse.spend(CLONE + session.engine.work() - before)?;
    Ok(at)
}

/// The same run just before an instant.
fn up_to(mut session: Session, at: Time, purse: &mut Purse<'_>) -> Result<Session, Enough> {
    let before = session.engine.work();
    session.before(at);
    purse.spend(CLONE + session.engine.work() - before)?;
    Ok(session)
}

/// A move as the step that it is behind others: what is done a second time has another id.
pub(super) fn step(moves: &[Move], path: &[usize], at: usize) -> Step {
    let mut step = moves[at].step.clone();
    let times = path.iter().filter(|before| **before == at).count();
    if times > 0 {
        let id = format!("{}-{}", step.key, times + 1);
        (step.key, step.id) = (id.clone(), Some(id));
    }
    step
}

/// What a master that has just been made does as long as it has not heard the others: it holds them for dead.
pub(super) fn is_doubt(hazard: HazardId) -> bool {
    hazard.doc().name == "presumed-dead-alive"
}

/// The harm that has begun since the plan did, as `harm` tells it. `doubt`: what a master that the plan has made does in doubt is let pass, if it
/// lasts no longer.
pub(super) fn harm_of(found: &[Found], engine: &Engine, doubt: Option<Span>, harm: Harm) -> Option<Found> {
    let began = engine.recovery_began?;
    let made = |master: MachineId| engine.world.stacks[master.at()].promotion.is_some_and(|promotion| promotion.at >= began);
    let passes = |one: &Found| {
        let lasts = one.until.unwrap_or(engine.world.now).since(one.since);
        doubt.is_some_and(|most| lasts <= most) && is_doubt(one.hazard) && one.by.is_some_and(made)
    };
    let left: Vec<Found> = found.iter().filter(|one| !passes(one)).cloned().collect();
    harm(&left, Some(began)).cloned()
}

/// What comes of a further step in every world.
pub(super) fn try_step(
    before: &[Before],
    step: &Step,
    doubt: Option<Span>,
    purse: &mut Purse<'_>,
) -> Result<Result<Vec<Tried>, Refused>, Enough> {
    purse.tries = purse.tries.checked_sub(1).ok_or(Enough::Tries)?;
    let mut tried = Vec::with_capacity(before.len());
    for Before { world, at: since, session } in before {
        let mut session = session.clone();
        let number = session.engine.extend_with(Sequence::Recovery, step.clone());
        let Some(at) = run_out(&mut session, purse)? else {
            return Ok(Err(Refused::Over));
        };
        if let Some(found) = harm_of(&session.found(), &session.engine, doubt, purse.harm) {
            return Ok(Err(Refused::Harm(*world, Box::new(found))));
        }
        let record = &session.engine.records[usize::from(number.0)];
        let seen = Seen { status: record.status, code: record.code.clone(), output: record.output.clone(), whole: record.cut == 0 };
        // Work that was given up goes on by itself.
        let told = record.told || record.status == Status::Hung;
        let waited = matches!(step.when, When::WaitFor { .. } | When::AfterPrevious(_)) && at > *since && record.status == Status::Ok;
        tried.push(Tried { ahead: Ahead { world: *world, at, session }, seen, told: told || waited });
    }
    Ok(Ok(tried))
}

/// The runs of some worlds with a further step, before they run out of it.
pub(super) fn further(before: &[Before], step: &Step, aheads: &[Ahead], purse: &mut Purse<'_>) -> Result<Vec<Before>, Enough> {
    let mut all = Vec::with_capacity(aheads.len());
    for Ahead { world, at, .. } in aheads {
        let Some(own) = before.iter().find(|before| before.world == *world) else { continue };
        let mut session = own.session.clone();
        session.engine.extend_with(Sequence::Recovery, step.clone());
        all.push(Before { world: *world, at: *at, session: up_to(session, *at, purse)? });
    }
    Ok(all)
}
