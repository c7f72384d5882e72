//! An advice, followed: a run's program with what a way of it says. Knows how steps are put into a program; whether that helps,
//! [`trial`](super::trial) finds out.

use crate::base::ids::MachineId;
use crate::base::time::{Span, Time};
use crate::command::shell;
use crate::engine::{Program, StepRecord};
use crate::fault::{Act, Fault};
use crate::hazard::remedy::{At, Remedy, Way, Work};
use crate::scenario::model::{Begin, Condition, ConditionPart, Deed, Sequence, Step, StepExpect, When};
use crate::world::event::{Status, StepIx};
use std::collections::BTreeMap;

/// In how many parts the time is cut that an advice leaves open: "sooner", "before".
const PARTS: u64 = 8;

/// How many times are tried where an advice leaves it open: so many parts, each step with what it waits for, and each as long
/// after the one before as it was.
pub const TIMES: u64 = 2 * PARTS;

/// How long whoever follows an advice after the run leaves between two things that he does.
const PACE: Span = Span::secs(10);

/// How long he waits for an answer, or for a host.
const PATIENCE: Span = Span::mins(60);

/// How long the run goes on for what is done after it.
const AFTERWARDS: Span = Span::mins(240);

/// A program in which a way is followed.
#[derive(Clone, Debug)]
pub struct Followed {
    /// The program.
    pub program: Program,
    /// The steps that are left out, with the time that they took.
    pub left_out: BTreeMap<StepIx, Span>,
    /// The lines that are typed.
    pub typed: Vec<StepIx>,
}

/// A run that is looked back upon.
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    /// Its steps.
    pub program: &'a Program,
    /// How they went.
    pub records: &'a [StepRecord],
    /// When it ended.
    pub end: Time,
}

impl Past<'_> {
    /// When a step began.
    fn began(&self, step: StepIx) -> Time {
        self.records[usize::from(step.0)].began.unwrap_or(Time::NEVER)
    }

    /// How long a step took.
    pub fn took(&self, step: StepIx) -> Span {
        let record = &self.records[usize::from(step.0)];
        record.began.map_or(Span::ZERO, |began| record.ended.unwrap_or(self.end).since(began))
    }

    /// The end of a run in which a way is followed, and of the run that it is held against.
    pub fn horizon(&self, way: &Way) -> Time {
        if way.iter().any(|remedy| matches!(remedy, Remedy::Do(At::End, _))) { self.end + AFTERWARDS } else { self.end }
    }
}

/// Follows a way. Of [`TIMES`] `part` says when, where it leaves that open: 0 is as soon as can be.
pub fn follow(past: Past<'_>, way: &Way, part: u64) -> Followed {
    let mut followed = Followed { program: past.program.clone(), left_out: BTreeMap::new(), typed: Vec::new() };
    followed.program.end_at(past.horizon(way));
    let mut follower = Follower { past, followed, part, behind: BTreeMap::new(), beside: Vec::new(), at_end: Vec::new() };
    for remedy in way {
        follower.follow(remedy);
    }
    let Follower { mut followed, beside, at_end, .. } = follower;
    for steps in [beside, at_end] {
        let typed = steps.iter().map(|step| matches!(step.deed, Deed::Run(_))).collect::<Vec<_>>();
        let placed = followed.program.beside(steps);
        followed.typed.extend(placed.into_iter().zip(typed).filter(|(_, typed)| *typed).map(|(at, _)| at));
    }
    followed
}

struct Follower<'a> {
    past: Past<'a>,
    followed: Followed,
    part: u64,
    /// By step: what was put behind it last.
    behind: BTreeMap<StepIx, StepIx>,
    /// What is done at instants, beside all sequences.
    beside: Vec<Step>,
    /// What is done after the run.
    at_end: Vec<Step>,
}

impl Follower<'_> {
    /// A part of the time between two instants.
    fn between(&self, from: Time, until: Time) -> Time {
        Time(from.0 + until.since(from).0 / PARTS * (self.part % PARTS))
    }

    fn follow(&mut self, remedy: &Remedy) {
        match remedy {
            Remedy::Do(at, work) => {
                let works = self.steps(work);
                for step in works {
                    self.place(*at, step);
                }
            }
            Remedy::LeaveOut(step) => {
                self.followed.left_out.insert(*step, self.past.took(*step));
            }
            Remedy::Spare(step, machine) => {
                if !spare(&mut self.followed.program.step_mut(*step).deed, *machine) {
                    self.followed.left_out.insert(*step, self.past.took(*step));
                }
            }
            Remedy::Retype { step, line, instead, console } => {
                let step = self.followed.program.step_mut(*step);
                // What a shell works out is not typed anew line by line.
                if let Deed::Run(script) = &mut step.deed
                    && !script.scripted
                {
                    let text = script.lines.iter().map(|of| if of.text.trim() == line { instead } else { &of.text });
                    if let Ok(retyped) = shell::parse(&text.map(String::as_str).collect::<Vec<_>>().join("\n")) {
                        *script = retyped;
                    }
                }
                step.host = console.unwrap_or(step.host);
            }
            Remedy::Sooner(step, from) => self.sooner(*step, *from),
        }
    }

    /// The steps of a sequence from an instant to a step come sooner; what waits for something still does.
    fn sooner(&mut self, last: StepIx, from: Time) {
        let sequence = self.past.program.steps[usize::from(last.0)].0;
        let order = self.past.program.order(sequence).to_vec();
        let mut all = order.into_iter().take_while(|step| *step != last).collect::<Vec<_>>();
        all.push(last);
        let first = all.first().map_or(Time::NEVER, |first| self.past.began(*first));
        let waits = self.part < PARTS;
        let sooner = |at: Time| {
            match waits {
                true => self.between(from, at),
                false => Time(at.0 - first.max(from).min(at).since(self.between(from, first.max(from).min(at))).0),
            }
            .since(Time::ZERO)
        };
        let began: Vec<Time> = all.iter().map(|step| self.past.began(*step)).collect();
        let instants: Vec<Span> = began.iter().map(|began| sooner(*began)).collect();
        if sequence == Sequence::Recovery && first >= from && !(waits && matches!(self.followed.program.begin, Some(Begin::WaitFor { .. })))
        {
            let at = instants[0];
            self.followed.program.begin = Some(Begin::At((at, at)));
        }
        for ((step, began), at) in all.into_iter().zip(began).zip(instants) {
            let when = &mut self.followed.program.step_mut(step).when;
            if began >= from && !(waits && matches!(when, When::WaitFor { .. })) {
                *when = When::At((at, at));
            }
        }
    }

    fn place(&mut self, at: At, mut step: Step) {
        match at {
            At::Before(next) => {
                let follows = self.followed.program.step_mut(next);
                let own = std::mem::replace(&mut follows.when, AT_ONCE);
                let (host, key) = (follows.host, follows.key.clone());
                if step.when == AT_ONCE {
                    // It stands for the step that it comes before, with that one's luck.
                    (step.when, step.key) = (own, key);
                } else {
                    let instant = Step { when: own, key, ..self.blank(host) };
                    self.followed.program.insert(next, false, instant);
                }
                self.insert(next, false, step);
            }
            At::After(before) => {
                let behind = self.behind.get(&before).copied().unwrap_or(before);
                let placed = self.insert(behind, true, step);
                self.behind.insert(before, placed);
            }
            At::Within(from, until) => {
                let at = self.between(from, until).since(Time::ZERO);
                self.beside.push(Step { when: When::At((at, at)), ..self.blank(step.host) });
                self.beside.push(step);
            }
            At::End => {
                let at = if self.at_end.is_empty() {
                    When::At((self.past.end.since(Time::ZERO), self.past.end.since(Time::ZERO)))
                } else {
                    When::AfterPrevious((PACE, PACE))
                };
                self.at_end.push(Step { when: at, ..self.blank(step.host) });
                self.at_end.push(step);
            }
        }
    }

    fn insert(&mut self, beside: StepIx, after: bool, step: Step) -> StepIx {
        let typed = matches!(step.deed, Deed::Run(_));
        let placed = self.followed.program.insert(beside, after, step);
        if typed {
            self.followed.typed.push(placed);
        }
        placed
    }

    /// A note that says nothing, at once.
    fn blank(&self, host: MachineId) -> Step {
        let number = self.followed.program.steps.len() + self.beside.len() + self.at_end.len();
        Step::made(format!("advice: {number}"), AT_ONCE, Deed::Note(String::new()), host)
    }

    /// A work as steps.
    fn steps(&self, work: &Work) -> Vec<Step> {
        let step = |host: MachineId, deed: Deed| Step { deed, ..self.blank(host) };
        let by_hand = |machine: MachineId, act: Act| vec![step(machine, Deed::Act(act))];
        let mend = |fault: Fault| vec![step(MachineId(0), Deed::Fault { fault, lasts: None, every: None, times: 1, mean: None })];
        match work {
            Work::PowerOff(machine) => by_hand(*machine, Act::PowerOff(vec![*machine])),
            Work::PowerOn(machine) => by_hand(*machine, Act::PowerOn(vec![*machine])),
            Work::Reinstall(machine) => by_hand(*machine, Act::Reinstall(vec![*machine])),
            Work::CheckOff(machine) => {
                let must = StepExpect { must: true, status: Some(Status::Ok), ..StepExpect::default() };
                vec![Step { expect: Some(must), ..step(*machine, Deed::Act(Act::CheckOff(vec![*machine]))) }]
            }
            Work::MendNetwork(machines) => mend(Fault::HealNetwork((!machines.is_empty()).then(|| machines.clone()))),
            Work::MendPath(machine, sr) => {
                let mut both = mend(Fault::SrReturn { srs: vec![*sr] });
                both.extend(mend(Fault::StorageReturn { hosts: vec![*machine], srs: vec![*sr] }));
                both
            }
            Work::MendSr(sr) => mend(Fault::SrReturn { srs: vec![*sr] }),
            Work::Undo(broke) => undoing(&self.past.program.steps[usize::from(broke.0)].1.deed).map_or_else(Vec::new, mend),
            Work::Type(console, line) => {
                let Ok(script) = shell::parse(line) else { return Vec::new() };
                // What is for hosts without a master has nobody to wait for.
                let alone = ["service", "xe pool-emergency", "xe host-emergency"].iter().any(|word| line.starts_with(word));
                let when = if alone { AT_ONCE } else { until(ConditionPart::Known(vec![*console], true)) };
                vec![Step { when, ..step(*console, Deed::Run(script)) }]
            }
            Work::Look(console, line) => match shell::parse(line) {
                Ok(script) => vec![step(*console, Deed::Run(script))],
                Err(_) => Vec::new(),
            },
            Work::Joined(master, machine) => vec![Step { when: until(ConditionPart::Live(vec![*machine], true)), ..self.blank(*master) }],
        }
    }
}

const AT_ONCE: When = When::AfterPrevious((Span::ZERO, Span::ZERO));

/// When a console shows a database, and it says this.
fn until(part: ConditionPart) -> When {
    let parts = vec![part];
    When::WaitFor { condition: Condition { line: 0, parts }, within: PATIENCE }
}

/// Takes a machine out of a deed. `false` where nothing is left of it.
fn spare(deed: &mut Deed, machine: MachineId) -> bool {
    let of = match deed {
        Deed::Act(Act::PowerOff(of) | Act::PowerOn(of) | Act::Reinstall(of) | Act::CheckOff(of) | Act::ReAddress(of)) => of,
        Deed::Fault { fault: Fault::Boot(of) | Fault::ToolstackStart(of) | Fault::Unhang(of), .. } => of,
        Deed::Fault { fault: Fault::HealNetwork(Some(of)), .. } => of,
        // A crash that ends by itself: it does not end.
        Deed::Fault { fault: Fault::Crash(of), lasts, .. } if of.len() == 1 => {
            *lasts = None;
            return true;
        }
        _ => return false,
    };
    of.retain(|other| *other != machine);
    !of.is_empty()
}

/// The fault that mends what a deed broke, if it can be mended.
pub fn undoing(deed: &Deed) -> Option<Fault> {
    match deed {
        Deed::Fault { fault, .. } => fault.undoing(),
        Deed::Act(Act::PowerOff(of)) => Some(Fault::Boot(of.clone())),
        _ => None,
    }
}
