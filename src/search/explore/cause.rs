//! Why a combination shows what it shows: which of its faults it takes, and which of the file's own steps. Combinations that show the same
//! in the same phases of the run (after the same step, or within it) count for one cause; it is looked for in the first of them, and
//! a combination that holds a smaller one which shows the same counts for that.

use super::combination::{Strike, grave};
use super::{Combination, Explorer, Site, Tried};
use crate::base::ids::{MachineId, VmId};
use crate::base::time::{Span, Time};
use crate::fault::Fault;
use crate::hazard::Severity;
use crate::run::Run;
use crate::scenario::model::{Deed, Sequence};
use crate::search::each;
use crate::world::World;
use crate::world::event::{About, Status, StepIx};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// So many runs are made at most to look for causes.
const RUNS_MOST: usize = 60_000;

/// When a fault strikes, told by the file's own steps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Phase {
    /// The last of them that had begun, by its number in the case without faults.
    pub after: Option<u16>,
    /// It was still at work.
    pub within: bool,
}

impl Phase {
    /// That of an instant of a run; `own` are the numbers of the faults' own steps.
    pub(super) fn of(run: &Run, own: &[StepIx], at: Time) -> Phase {
        let records = run.engine.records.iter().enumerate();
        let begun = records.filter(|(step, record)| !is_own(own, *step) && record.began.is_some_and(|began| began <= at));
        let last = begun.max_by_key(|(_, record)| record.order);
        let within = last.is_some_and(|(step, record)| {
            let typed = matches!(run.program.steps[step].1.deed, Deed::Run(_));
            typed && record.began.is_some_and(|began| began < at) && record.ended.is_none_or(|ended| at < ended)
        });
        Phase { after: last.map(|(step, _)| number(own, step)), within }
    }
}

/// Whether a step is one of the faults' own.
fn is_own(own: &[StepIx], step: usize) -> bool {
    own.iter().any(|of| usize::from(of.0) == step)
}

/// A step's number in the case without the faults' steps, which stand in one row.
fn number(own: &[StepIx], step: usize) -> u16 {
    (step - own.iter().filter(|of| usize::from(of.0) < step).count()) as u16
}

/// What a combination shows, and in which phases its faults strike.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Key {
    severity: Reverse<Severity>,
    site: Site,
    faults: Vec<(u16, Phase)>,
}

impl Key {
    pub fn new(site: Site, faults: &[(u16, Phase)]) -> Key {
        let mut faults = faults.to_vec();
        faults.sort_unstable();
        Key { severity: Reverse(site.0.severity()), site, faults }
    }

    /// The same for each smaller set of its faults, the smallest first.
    fn parts(&self) -> Vec<Key> {
        let all = self.faults.len();
        let mut sets: Vec<u32> = (1..(1u32 << all) - 1).collect();
        sets.sort_by_key(|set| (set.count_ones(), *set));
        let of = |set: u32| (0..all).filter(|at| set >> at & 1 == 1).map(|at| self.faults[at]).collect();
        sets.into_iter().map(|set| Key { faults: of(set), ..self.clone() }).collect()
    }
}

/// What a finding is an instance of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Shape {
    /// A fault struck in the middle of a command.
    MidCommand,
    /// A fault was over before any database had taken note of it.
    Unobserved,
    /// Somebody came back with a copy, or went by one, that was no longer so.
    Stale,
}

impl Shape {
    /// As reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Shape::MidCommand => "mid-command",
            Shape::Unobserved => "unobserved",
            Shape::Stale => "stale",
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Shape::MidCommand => "a fault in the middle of a command",
            Shape::Unobserved => "a fault that is over before any database takes note of it",
            Shape::Stale => "somebody goes by a copy that is no longer so",
        }
    }

    /// Those of a run with these faults.
    fn of(run: &Run, own: &[StepIx], strikes: &[Strike], site: Site) -> Vec<Shape> {
        let entries = &run.engine.trace.entries;
        let during = |strike: &Strike| strike.lasts.map(|lasts| (strike.at, strike.at + lasts));
        let noted = |strike: &Strike, (from, to): (Time, Time)| {
            entries
                .iter()
                .any(|entry| entry.at >= from && entry.at <= to && concerns(entry.event.about(), &strike.fault, &run.engine.world))
        };
        let changed = |(from, to): (Time, Time)| {
            entries.iter().any(|entry| entry.at > from && entry.at < to && entry.event.about() != About::Nothing)
        };
        let mut shapes = Vec::new();
        if strikes.iter().any(|strike| Phase::of(run, own, strike.at).within) {
            shapes.push(Shape::MidCommand);
        }
        if strikes.iter().any(|strike| during(strike).is_some_and(|during| !noted(strike, during))) {
            shapes.push(Shape::Unobserved);
        }
        let old = |strike: &Strike| parts_from_master(&strike.fault) && during(strike).is_some_and(changed);
        if site.0.doc().name == "stale-database" || strikes.iter().any(old) {
            shapes.push(Shape::Stale);
        }
        shapes
    }
}

/// Whether a machine that a fault strikes gets no copies of the database meanwhile.
fn parts_from_master(fault: &Fault) -> bool {
    use Fault::{Crash, Hang, Isolate, OneWay, Partition, ToolstackStop};
    matches!(fault, Crash(_) | Hang(_) | Isolate(_) | OneWay { .. } | Partition(_) | ToolstackStop(_))
}

/// Whether a change of belief is about what a fault struck.
fn concerns(about: About, fault: &Fault, world: &World) -> bool {
    let (hosts, vms): (&[MachineId], &[VmId]) = match fault {
        Fault::Crash(hosts) | Fault::Hang(hosts) | Fault::Isolate(hosts) | Fault::ToolstackStop(hosts) | Fault::XhadCrash(hosts) => {
            (hosts, &[])
        }
        Fault::DegradeNetwork { hosts, .. } | Fault::StorageLoss { hosts, .. } | Fault::OneWay { from: hosts, .. } => (hosts, &[]),
        Fault::VmCrash(vms) | Fault::VmHang(vms) => (&[], vms),
        _ => (&[], &[]),
    };
    match about {
        About::Host(host) => hosts.contains(&world.names.hosts[host.at()].machine),
        About::Vm(vm) => vms.contains(&vm),
        _ => false,
    }
}

/// What something is shown by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Cause {
    severity: Reverse<Severity>,
    /// How many faults it takes.
    count: usize,
    pub site: Site,
    /// The faults, without when and how long.
    faults: Vec<u16>,
    /// The file's own steps, by their numbers without the faults'.
    pub steps: BTreeSet<u16>,
}

/// A cause with what shows it.
#[derive(Clone, Debug)]
pub(super) struct Caused {
    pub cause: Cause,
    /// How many combinations show it.
    pub shows: u64,
    /// The first that does, with no fault that it does not take.
    pub first: Tried,
    pub shapes: Vec<Shape>,
}

/// All causes, the gravest first, and those of fewer faults before others.
pub(super) struct Causes {
    pub found: Vec<Caused>,
    /// In how many combinations something was shown whose cause was not looked for.
    pub uncaused: u64,
}

impl Causes {
    pub fn of(explorer: &Explorer<'_>) -> Causes {
        let mut by_cause: BTreeMap<Cause, Caused> = BTreeMap::new();
        let mut known: BTreeMap<Key, Cause> = BTreeMap::new();
        let (mut uncaused, mut runs) = (0, 0);
        for faults in 1..=explorer.options.faults {
            let of_level = explorer.shown.iter().filter(|(key, _)| key.faults.len() == faults);
            let mut open: Vec<(&Key, &(u64, Tried))> = Vec::new();
            for (key, shown) in of_level {
                match key.parts().into_iter().find_map(|part| known.get(&part)) {
                    Some(cause) => {
                        let cause = cause.clone();
                        if let Some(caused) = by_cause.get_mut(&cause) {
                            caused.shows += shown.0;
                        }
                    }
                    None => open.push((key, shown)),
                }
            }
            for chunk in open.chunks(super::CHUNK) {
                if runs > RUNS_MOST || (explorer.hooks.stopped)() {
                    uncaused += chunk.iter().map(|(_, (shows, _))| shows).sum::<u64>();
                    continue;
                }
                let looked = each::map(chunk.len(), |at| explorer.cause(chunk[at].0.site, &chunk[at].1.1));
                for ((key, (shows, _)), (caused, made)) in chunk.iter().zip(looked) {
                    runs += made;
                    known.insert((*key).clone(), caused.cause.clone());
                    let known = by_cause.entry(caused.cause.clone()).or_insert_with(|| caused.clone());
                    known.shows += shows;
                    // Told is the first that was tried.
                    if caused.first.order() < known.first.order() {
                        (known.first, known.shapes) = (caused.first, caused.shapes);
                    }
                }
            }
        }
        Causes { found: by_cause.into_values().collect(), uncaused }
    }
}

impl Explorer<'_> {
    /// The cause of what a combination shows, and how many runs it took.
    fn cause(&self, site: Site, tried: &Tried) -> (Caused, usize) {
        let mut runs = 0;
        let mut shows = |combination: &Combination, masked: &BTreeMap<StepIx, Span>| {
            runs += 1;
            let (run, own) = self.run(combination, tried.seed, masked);
            let since = grave(&run.found).find(|found| (found.hazard, found.place) == site).map(|found| found.since);
            since.map(|since| (run, own, since))
        };
        let mut least = tried.combination.clone();
        loop {
            let before = least.0.len();
            for at in (0..least.0.len()).rev().filter(|_| before > 1) {
                let mut fewer = least.clone();
                fewer.0.remove(at);
                if !fewer.0.is_empty() && shows(&fewer, &BTreeMap::new()).is_some() {
                    least = fewer;
                }
            }
            if least.0.len() == before {
                break;
            }
        }
        let mut faults: Vec<u16> = least.0.iter().map(|(fault, ..)| *fault).collect();
        faults.sort_unstable();
        let (mut steps, mut shapes) = (BTreeSet::new(), Vec::new());
        if let Some((run, own, since)) = shows(&least, &BTreeMap::new()) {
            shapes = Shape::of(&run, &own, &self.strikes(&least), site);
            for (at, record) in run.engine.records.iter().enumerate() {
                let (sequence, step) = &run.program.steps[at];
                let idle = matches!(step.deed, Deed::Note(_)) || matches!(record.status, Status::Skipped | Status::GivenUp);
                let Some(began) = record.began.filter(|began| *began <= since && !idle && !is_own(&own, at)) else { continue };
                let took = match sequence {
                    Sequence::Timeline | Sequence::World if !matches!(step.deed, Deed::Run(_)) => Span::ZERO,
                    _ => record.ended.unwrap_or(run.end).since(began),
                };
                if shows(&least, &BTreeMap::from([(StepIx(at as u16), took)])).is_none() {
                    steps.insert(number(&own, at));
                }
            }
        }
        let cause = Cause { severity: Reverse(site.0.severity()), count: faults.len(), site, faults, steps };
        (Caused { cause, shows: 0, first: Tried { combination: least, ..tried.clone() }, shapes }, runs)
    }
}
