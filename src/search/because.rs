//! Why: the case is run again, each time with one earlier step less, to see which of them a finding hangs on.
//!
//! A step, fault or act that began no later than the finding is replaced by a note that takes the same time, with the same
//! draws. It belongs to the cause if the hazard then never occurs at that place. Where none does alone, they are removed
//! greedily from the last to the first, and what cannot be removed is the cause. Where that leaves nothing, because a later
//! step would bring the same hazard again (a host that crashes twice), the same is asked with the later steps left out.
//!
//! What no step does alone, any of several may do: two restarts, each enough, and the guest that was there for both. Where the
//! cause alone, with nothing else of what came before the finding, does not bring it about, a smallest set is looked for
//! without which it does not occur, and of which any one with the cause brings it about: its alternatives. What is not needed
//! in it is dropped in the order of time, so that what stood before the trouble began goes first.
//!
//! Between them stand the beliefs that changed. A change of belief is told when all of this is so:
//! - it happened between the beginning of the first cause and the finding's `since`, both included;
//! - it is about the finding's own VDI (its locks), VM (its record), SR (PBDs, the default SR) or hosts (known, dead or
//!   alive, master, whose copy they took). Whether a host may be given VMs (`enabled`) bears on no hazard and is left out;
//! - it goes back to one of the causes, or to no step at all (a liveness check), and it does not come about in a run in
//!   which a cause is left out.
//!
//! Of equal changes the last before the finding is told. One run serves all findings, since it is asked for everything
//! that occurs in it; that is how 200 runs go far.

use crate::base::digest::Digest;
use crate::base::ids::{HostId, MachineId, SrId, VdiId, VmId};
use crate::base::time::{Span, Time};
use crate::engine::{Engine, Options, Program};
use crate::hazard::watch::Found;
use crate::hazard::{HazardId, Place};
use crate::run::{Run, Session};
use crate::scenario::model::{Deed, Scenario};
use crate::world::World;
use crate::world::event::{About, Event, Status, StepIx};
use crate::world::inventory::Inventory;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hasher;
use std::sync::Arc;

/// For how many findings a cause is looked for: the gravest, of these the first.
pub const FINDINGS_MAX: usize = 20;

/// How many runs a case is worth.
pub const RUNS_MAX: usize = 200;

/// How many different changes of belief are followed.
const BELIEFS_MAX: usize = 20_000;

/// A part of a finding's cause.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Link {
    /// A step.
    Step(StepIx),
    /// A change of belief: its place in the trace.
    Belief(usize),
}

/// The causes of a case's findings.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Causes {
    /// By the place of the finding; in the order of time. Empty where none was found, or none looked for.
    pub by_finding: Vec<Vec<Link>>,
    /// By the place of the finding: the steps of which any one would have done, with its cause; in the order of time.
    pub alternatives: Vec<Vec<StepIx>>,
    /// A bound was met: not all findings had their cause looked for, or not to the end.
    pub cut_short: bool,
    /// How many runs it took.
    pub runs: usize,
}

/// Looks for the causes of what a run found. `options` are those of that run.
pub fn causes(scenario: &Scenario, options: &Options, run: &Run) -> Causes {
    let found = &run.found;
    let mut search = Search::new(scenario, &run.program, options, &run.engine);
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(found[*at].hazard.severity()));
    let mut by_finding = vec![Vec::new(); found.len()];
    let mut needed = vec![None; found.len()];
    for at in order.iter().copied().take(FINDINGS_MAX) {
        (by_finding[at], needed[at]) = search.cause_of(&found[at]);
    }
    // What is left of the runs goes to alternatives: no cause is lost for them.
    let mut alternatives = vec![Vec::new(); found.len()];
    for at in order.iter().copied().take(FINDINGS_MAX) {
        if let Some(needed) = needed[at].take() {
            alternatives[at] = search.alternatives(&needed, &found[at]);
        }
    }
    Causes { by_finding, alternatives, cut_short: search.cut_short || found.len() > FINDINGS_MAX, runs: search.runs.len() }
}

/// What occurred in a run.
struct Outcome {
    /// Where hazards were found.
    sites: BTreeSet<(HazardId, Place)>,
    /// Which of the first run's changes of belief came about, by their number.
    beliefs: Vec<bool>,
}

/// What a finding hangs on.
#[derive(Default)]
struct Reasons {
    causes: BTreeSet<StepIx>,
    /// Whether it does not occur without any one of them.
    each_needed: bool,
    /// The runs without causes: what comes about in all of them is no link between the causes and the finding.
    tests: Vec<BTreeSet<StepIx>>,
}

struct Search<'a> {
    scenario: &'a Scenario,
    program: &'a Arc<Program>,
    options: &'a Options,
    engine: &'a Engine,
    /// The steps that did something, in the order of their beginning.
    candidates: Vec<StepIx>,
    /// The changes of belief of the first run: number by fingerprint.
    beliefs: BTreeMap<u64, usize>,
    /// Runs by what was left out.
    runs: BTreeMap<BTreeSet<StepIx>, Outcome>,
    /// How much work all those runs may still be: together as much as the run itself may be.
    work: u64,
    cut_short: bool,
}

impl<'a> Search<'a> {
    fn new(scenario: &'a Scenario, program: &'a Arc<Program>, options: &'a Options, engine: &'a Engine) -> Search<'a> {
        let did_something = |at: &usize| {
            let record = &engine.records[*at];
            let idle = matches!(program.steps[*at].1.deed, Deed::Note(_)) || matches!(record.status, Status::Skipped | Status::GivenUp);
            record.began.is_some() && !idle
        };
        let mut candidates: Vec<usize> = (0..engine.records.len()).filter(did_something).collect();
        candidates.sort_by_key(|at| engine.records[*at].order);
        let mut beliefs = BTreeMap::new();
        for entry in &engine.trace.entries {
            if beliefs.len() < BELIEFS_MAX && is_belief(&entry.event) {
                let number = beliefs.len();
                beliefs.entry(fingerprint(&entry.event)).or_insert(number);
            }
        }
        Search {
            scenario,
            program,
            options,
            engine,
            candidates: candidates.into_iter().map(|at| StepIx(at as u16)).collect(),
            beliefs,
            runs: BTreeMap::new(),
            work: options.max_work,
            cut_short: false,
        }
    }

    /// What occurs without some steps; `None` where no more runs are to be had.
    fn without(&mut self, left_out: &BTreeSet<StepIx>) -> Option<&Outcome> {
        if !self.runs.contains_key(left_out) {
            if self.runs.len() >= RUNS_MAX || self.work == 0 {
                self.cut_short = true;
                return None;
            }
            let outcome = self.run(left_out);
            self.runs.insert(left_out.clone(), outcome);
        }
        self.runs.get(left_out)
    }

    fn run(&mut self, left_out: &BTreeSet<StepIx>) -> Outcome {
        let end = self.engine.world.now;
        let took = |step: &StepIx| {
            let record = &self.engine.records[usize::from(step.0)];
            record.began.map_or(Span::ZERO, |began| record.ended.unwrap_or(end).since(began))
        };
        let masked = left_out.iter().map(|step| (*step, took(step))).collect();
        let options = Options { masked, silent: true, max_work: self.work, ..self.options.clone() };
        let mut session = Session::unjudged(Engine::with_program(self.scenario, Arc::clone(self.program), options));
        let mut beliefs = vec![false; self.beliefs.len()];
        while session.step().is_some() {
            for event in session.told().iter().filter(|event| is_belief(event)) {
                if let Some(number) = self.beliefs.get(&fingerprint(event)) {
                    beliefs[*number] = true;
                }
            }
        }
        let run = session.finish();
        self.work = self.work.saturating_sub(run.engine.work());
        let found = run.found;
        Outcome { sites: found.into_iter().map(|found| (found.hazard, found.place)).collect(), beliefs }
    }

    /// Whether a finding's hazard occurs at its place without some steps.
    fn occurs_without(&mut self, left_out: &BTreeSet<StepIx>, found: &Found) -> Option<bool> {
        self.without(left_out).map(|outcome| outcome.sites.contains(&(found.hazard, found.place)))
    }

    /// The steps that began no later than a finding, and those that began later.
    fn split(&self, found: &Found) -> (Vec<StepIx>, Vec<StepIx>) {
        let records = &self.engine.records;
        let is_earlier = |step: &StepIx| records[usize::from(step.0)].began.is_some_and(|began| began <= found.since);
        self.candidates.iter().copied().partition(is_earlier)
    }

    /// The steps of which any one would have done, beside those that are needed: a smallest set without which the finding does
    /// not occur. None where what is needed is enough, or where the runs do not go so far.
    fn alternatives(&mut self, needed: &BTreeSet<StepIx>, found: &Found) -> Vec<StepIx> {
        let (earlier, later) = self.split(found);
        let mut left_out: BTreeSet<StepIx> = later.into_iter().collect();
        let mut set: Vec<StepIx> = earlier.into_iter().filter(|step| !needed.contains(step)).collect();
        left_out.extend(&set);
        if set.is_empty() || self.occurs_without(&left_out, found) != Some(false) {
            return Vec::new();
        }
        // Again until nothing goes: what was needed beside a step that is gone by now may not be needed any more.
        loop {
            let before = set.len();
            for step in set.clone() {
                left_out.remove(&step);
                match self.occurs_without(&left_out, found) {
                    Some(false) => set.retain(|other| *other != step),
                    Some(true) => {
                        left_out.insert(step);
                    }
                    None => return Vec::new(),
                }
            }
            if set.len() == before {
                return set;
            }
        }
    }

    /// The cause of a finding, and which steps it is without when looking for alternatives: those without any one of which
    /// it does not occur.
    fn cause_of(&mut self, found: &Found) -> (Vec<Link>, Option<BTreeSet<StepIx>>) {
        let (earlier, later) = self.split(found);
        let mut reasons = self.reasons(&earlier, &BTreeSet::new(), found);
        if reasons.causes.is_empty() && !later.is_empty() && !self.cut_short {
            reasons = self.reasons(&earlier, &later.into_iter().collect(), found);
        }
        let mut links: Vec<Link> = reasons.causes.iter().copied().map(Link::Step).collect();
        links.extend(self.beliefs_between(&reasons, found));
        self.sort(&mut links);
        let needed = if reasons.each_needed { reasons.causes } else { BTreeSet::new() };
        (links, (!self.cut_short).then_some(needed))
    }

    /// Which of the earlier steps a finding hangs on, in runs in which `always` are left out anyway.
    fn reasons(&mut self, earlier: &[StepIx], always: &BTreeSet<StepIx>, found: &Found) -> Reasons {
        let mut reasons = Reasons::default();
        for step in earlier {
            let mut left_out = always.clone();
            left_out.insert(*step);
            match self.occurs_without(&left_out, found) {
                Some(false) => {
                    reasons.causes.insert(*step);
                    reasons.tests.push(left_out);
                }
                Some(true) => {}
                None => return reasons,
            }
        }
        reasons.each_needed = !reasons.causes.is_empty();
        if reasons.causes.is_empty() {
            reasons.causes = self.remove_greedily(earlier, always, found);
            reasons.tests = vec![always.iter().chain(earlier).copied().collect()];
        }
        reasons
    }

    /// Removes steps from the last to the first, as long as the hazard still occurs. What is left is the cause.
    fn remove_greedily(&mut self, earlier: &[StepIx], always: &BTreeSet<StepIx>, found: &Found) -> BTreeSet<StepIx> {
        let mut removed = always.clone();
        for step in earlier.iter().rev() {
            removed.insert(*step);
            match self.occurs_without(&removed, found) {
                Some(true) => {}
                Some(false) => {
                    removed.remove(step);
                }
                None => {
                    removed.remove(step);
                    break;
                }
            }
        }
        earlier.iter().copied().filter(|step| !removed.contains(step)).collect()
    }

    /// The beliefs that changed between the causes and the finding.
    fn beliefs_between(&mut self, Reasons { causes, tests, .. }: &Reasons, found: &Found) -> Vec<Link> {
        let engine = self.engine;
        let Some(first) = causes.iter().filter_map(|step| engine.records[usize::from(step.0)].began).min() else { return Vec::new() };
        let subject = Subject::new(found, &engine.world);
        let entries = &engine.trace.entries;
        let (from, until) = (entries.before(first), entries.until(found.since));
        let mut links: BTreeMap<usize, usize> = BTreeMap::new();
        for (at, entry) in (from..until).zip(entries.from(from)) {
            let goes_back = entry.cause.step.is_none_or(|step| causes.contains(&step));
            if is_belief(&entry.event)
                && goes_back
                && subject.concerns(&entry.event, &engine.world.names)
                && let Some(number) = self.beliefs.get(&fingerprint(&entry.event)).copied()
            {
                links.insert(number, at);
            }
        }
        links.retain(|number, _| tests.iter().any(|test| self.without(test).is_some_and(|outcome| !outcome.beliefs[*number])));
        links.into_values().map(Link::Belief).collect()
    }

    /// In the order of time; within an instant as the trace has it.
    fn sort(&self, links: &mut [Link]) {
        let entries = &self.engine.trace.entries;
        let began = |step: StepIx| {
            let at = self.engine.records[usize::from(step.0)].began.unwrap_or(Time::NEVER);
            let from = entries.before(at);
            let place = entries.from(from).position(|entry| entry.event == Event::StepBegan { step });
            (at, place.map_or(usize::MAX, |place| from + place))
        };
        links.sort_by_cached_key(|link| match link {
            Link::Step(step) => began(*step),
            Link::Belief(at) => (entries[*at].at, *at),
        });
    }
}

fn fingerprint(event: &Event) -> u64 {
    let mut digest = Digest::default();
    digest.add(event);
    digest.finish()
}

/// Whether an event is a change of belief that may stand between causes.
fn is_belief(event: &Event) -> bool {
    event.about() != About::Nothing
}

/// What a finding is about.
struct Subject {
    hosts: Vec<MachineId>,
    vms: Vec<VmId>,
    vdis: Vec<VdiId>,
    sr: Option<SrId>,
    /// The finding is about hosts themselves, not about a VM or disk that they share.
    about_hosts: bool,
}

impl Subject {
    fn new(found: &Found, world: &World) -> Subject {
        let names = &world.names;
        let mut subject = Subject { hosts: found.hosts.clone(), vms: Vec::new(), vdis: Vec::new(), sr: None, about_hosts: false };
        match found.place {
            Place::Vdi(vdi) => {
                subject.vdis.push(vdi);
                subject.vms.extend(names.vbds.iter().filter(|vbd| vbd.vdi == vdi).map(|vbd| vbd.vm));
            }
            Place::Vm(vm) => {
                subject.vms.push(vm);
                subject.vdis.extend(names.vms[vm.at()].vbds.iter().map(|vbd| names.vbds[vbd.at()].vdi));
            }
            Place::Sr(sr) => subject.sr = Some(sr),
            Place::Host(_) | Place::Pool(_) => subject.about_hosts = true,
        }
        subject
    }

    fn concerns(&self, event: &Event, names: &Inventory) -> bool {
        let machine = |machine: MachineId| self.hosts.binary_search(&machine).is_ok();
        let host = |host: HostId| machine(names.hosts[host.at()].machine);
        let rules = self.about_hosts || self.sr.is_some();
        match event.about() {
            About::Nothing => false,
            About::Host(of) => host(of),
            About::Master(by, of) => machine(by) || host(of),
            About::Database(of) => rules && machine(of),
            About::Vm(vm) => self.vms.contains(&vm),
            About::Vdi(vdi) => self.vdis.contains(&vdi),
            About::Pbd(of, sr) => self.sr == Some(sr) && host(of),
            About::Sr(sr) => self.sr == Some(sr),
            About::DefaultSr => self.sr.is_some(),
            About::Ha(by) => self.about_hosts && machine(by),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;
    use crate::hazard::stage::{ALPHA, BETA, GAMMA, NFS1, draft, host};
    use crate::run::run;
    use crate::scenario::model::{Case, Step, When};
    use crate::world::settings::Settings;

    /// alpha, beta, gamma; db runs on beta. Faults at minutes.
    fn scenario(faults: &[(u64, Fault)]) -> Scenario {
        let step = |(place, (minute, fault)): (usize, &(u64, Fault))| {
            let deed = Deed::Fault { fault: fault.clone(), lasts: None, every: None, times: 1, mean: None };
            let when = When::At((Span::mins(*minute), Span::mins(*minute)));
            Step { line: place as u32 + 1, ..Step::made(format!("timeline.{place}"), when, deed, ALPHA) }
        };
        Scenario {
            name: "by-hand".into(),
            title: String::new(),
            about: String::new(),
            source: String::new(),
            shows_kept: Vec::new(),
            shows_broken: Vec::new(),
            tags: Vec::new(),
            release: Default::default(),
            seeds: None,
            set: Vec::new(),
            variants: Vec::new(),
            skip: None,
            seed: 0,
            until: None,
            settings: Arc::new(Settings::default()),
            sha256: String::new(),
            pool: draft(3),
            chaos: Vec::new(),
            timeline: faults.iter().enumerate().map(step).collect(),
            worlds: Vec::new(),
            operators: Vec::new(),
            recoveries: Vec::new(),
            goal: None,
            drill: None,
            expect: None,
        }
    }

    /// The causes of a hazard's findings in a scenario: steps by their place, beliefs as events.
    fn why(scenario: &Scenario, hazard: &str) -> Vec<(Vec<u16>, Vec<Event>)> {
        let options = Options::default();
        let run = run(scenario, Case::default(), options.clone(), &[]);
        let causes = causes(scenario, &options, &run);
        assert!(!causes.cut_short && causes.runs <= RUNS_MAX);
        let of = |links: &Vec<Link>| {
            let steps = links.iter().filter_map(|link| match link {
                Link::Step(step) => Some(step.0),
                Link::Belief(_) => None,
            });
            let beliefs = links.iter().filter_map(|link| match link {
                Link::Belief(at) => Some(run.engine.trace.entries[*at].event.clone()),
                Link::Step(_) => None,
            });
            (steps.collect(), beliefs.collect())
        };
        let wanted = HazardId::find(hazard).unwrap();
        run.found.iter().zip(&causes.by_finding).filter(|(found, _)| found.hazard == wanted).map(|(_, links)| of(links)).collect()
    }

    fn isolate(machine: MachineId) -> Fault {
        Fault::Isolate(vec![machine])
    }

    #[test]
    fn what_has_nothing_to_do_with_it_is_no_cause() {
        let scenario = scenario(&[(3, isolate(GAMMA)), (5, Fault::Crash(vec![BETA])), (6, Fault::ToolstackStop(vec![GAMMA]))]);
        assert_eq!(why(&scenario, "ghost-record"), [(vec![1], vec![])]);
        assert_eq!(why(&scenario, "stale-lock"), [(vec![1], vec![])]);
        assert_eq!(why(&scenario, "vm-down"), [(vec![1], vec![])]);
    }

    #[test]
    fn the_beliefs_that_changed_stand_between() {
        let scenario = scenario(&[(3, isolate(GAMMA)), (5, isolate(BETA))]);
        let dead = Event::HostMarkedDead { by: ALPHA, host: host(BETA) };
        assert_eq!(why(&scenario, "presumed-dead-alive"), [(vec![1], vec![dead])], "that gamma is taken for dead too is another story");
    }

    #[test]
    fn where_each_alone_is_enough_the_first_is_left() {
        let partition = Fault::Partition(vec![0, 1, 0]);
        let scenario = scenario(&[(5, isolate(BETA)), (5, partition), (6, isolate(BETA))]);
        let dead = Event::HostMarkedDead { by: ALPHA, host: host(BETA) };
        assert_eq!(why(&scenario, "presumed-dead-alive"), [(vec![0], vec![dead])], "removed from the last to the first");
    }

    #[test]
    fn two_that_need_each_other_are_both_the_cause() {
        let lost = Fault::StorageLoss { hosts: vec![ALPHA, BETA], srs: vec![NFS1], io: crate::world::truth::Io::Error };
        let scenario = scenario(&[(5, lost), (6, isolate(BETA)), (7, Fault::Crash(vec![GAMMA]))]);
        assert_eq!(why(&scenario, "bad-default-sr"), [(vec![0, 2], vec![])]);
    }

    #[test]
    fn later_steps_are_no_cause() {
        let crash = || Fault::Crash(vec![BETA]);
        let scenario = scenario(&[(5, crash()), (10, Fault::Boot(vec![BETA])), (20, crash()), (21, isolate(GAMMA))]);
        assert_eq!(why(&scenario, "stale-lock"), [(vec![0], vec![])], "the boot ends it, and the lock is released by then");
        assert_eq!(why(&scenario, "vm-down"), [(vec![0], vec![])]);
    }

    #[test]
    fn what_is_so_from_the_start_has_no_cause() {
        let mut scenario = scenario(&[(5, isolate(GAMMA))]);
        scenario.pool.vdis[0].locks = vec![];
        assert_eq!(why(&scenario, "unprotected-disk"), [(vec![], vec![])]);
    }

    #[test]
    fn findings_beyond_the_bound_are_said_to_have_no_cause_looked_for() {
        let mut faults = Vec::new();
        for round in 0..u64::try_from(FINDINGS_MAX).unwrap() + 1 {
            faults.push((round * 40 + 1, isolate(BETA)));
            faults.push((round * 40 + 20, Fault::HealNetwork(None)));
        }
        let scenario = scenario(&faults);
        let options = Options::default();
        let run = run(&scenario, Case::default(), options.clone(), &[]);
        assert!(run.found.len() > FINDINGS_MAX);
        let causes = causes(&scenario, &options, &run);
        assert!(causes.cut_short);
        assert_eq!(causes.by_finding.len(), run.found.len());
        assert!(causes.runs <= RUNS_MAX);
    }
}
