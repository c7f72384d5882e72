//! What if it happens tonight: each host, SR and pair of hosts (and each link, if asked) is lost in a run of its own, and what
//! comes of it is read from the run. Then the shortest safe plan is looked for ([`pattern`]), laid out for all VMs that nobody
//! starts again, and run in every world that the operator can't tell apart; only what that shows is told.
//!
//! Nothing of what happens in a scenario happens here: only its pool counts, as it stands at 0.

mod pattern;

pub use pattern::Line;

use crate::base::ids::{MachineId, SrId, VdiId, VmId};
use crate::base::time::{Span, Time};
use crate::engine;
use crate::fault::Fault;
use crate::hazard::watch::Found;
use crate::hazard::{HazardId, Severity};
use crate::run::{self, Run, Session};
use crate::scenario::model::{Begin, Case, Deed, NamedSteps, Recovery, Scenario, Sequence, Step, When};
use crate::search::each;
use crate::search::orders::harm;
use crate::world::World;
use crate::world::event::{Event, Status};
use crate::world::inventory::{Inventory, Mode};
use crate::world::truth::Io;
use pattern::{Pattern, Patterns};
use std::collections::{BTreeMap, BTreeSet};

/// When it happens.
pub const HAPPENS: Time = Time(60_000_000);

/// How many pairs of hosts are run where nobody says it: all of up to twelve hosts, which take a second or two on machines of today.
pub fn pairs_usual(hosts: usize) -> usize {
    if hosts <= 12 { 66 } else { 32 }
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// The seed of all draws; `None`: the scenario's own.
    pub seed: Option<u64>,
    /// The bound of events of each run.
    pub max_events: u64,
    /// The bound of work of each run.
    pub max_work: u64,
    /// How many pairs of hosts are run at most: those with the least room for what they leave behind.
    pub pairs_most: usize,
    /// Whether links are lost, too.
    pub links: bool,
    /// How many further steps each search for a plan tries at most.
    pub tries: u64,
}

/// What is lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// A host dies.
    Host(MachineId),
    /// Two hosts die at once.
    Pair(MachineId, MachineId),
    /// All paths to an SR are gone.
    Sr(SrId),
    /// A host's management links are cut.
    Link(MachineId),
    /// A host's path to a shared SR is gone.
    Path(MachineId, SrId),
}

impl Subject {
    /// The hosts that die.
    pub fn lost(self) -> Vec<MachineId> {
        match self {
            Subject::Host(host) => vec![host],
            Subject::Pair(one, other) => vec![one, other],
            _ => Vec::new(),
        }
    }

    fn fault(self) -> Fault {
        match self {
            Subject::Host(_) | Subject::Pair(..) => Fault::Crash(self.lost()),
            Subject::Sr(sr) => Fault::SrOutage { srs: vec![sr], io: Io::Error },
            Subject::Link(host) => Fault::Isolate(vec![host]),
            Subject::Path(host, sr) => Fault::StorageLoss { hosts: vec![host], srs: vec![sr], io: Io::Error },
        }
    }
}

/// Why a VM can be started on no host that is left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Nowhere {
    /// One of its disks lies on this SR, which is gone.
    Disk(SrId),
    /// The start was tried, and refused with this code.
    Refused(String),
    /// No host is left.
    NoHost,
}

/// A VM that the pool starts again by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Restart {
    /// The VM.
    pub vm: VmId,
    /// Where.
    pub on: MachineId,
    /// How long after the loss.
    pub after: Span,
}

/// A plan that was run in every world.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    /// Its lines, in order.
    pub lines: Vec<Line>,
    /// How long its lines take, in the slowest world.
    pub takes: Span,
    /// How long after the loss it begins: when the pool has noticed what it notices.
    pub begins: Span,
    /// Whether a search has shown that none is shorter; else it is the manual's.
    pub shortest: bool,
    /// Hosts that are well and that the new master holds for dead until it has called them.
    pub meanwhile: Vec<MachineId>,
}

/// The wrong step that does most harm.
#[derive(Clone, PartialEq, Debug)]
pub struct Wrong {
    /// What was done wrong, in words.
    pub what: String,
    /// In which world.
    pub world: &'static str,
    /// What begins there.
    pub hazard: HazardId,
    /// As a sentence.
    pub comes: String,
}

/// What comes of a loss.
#[derive(Clone, PartialEq, Debug)]
pub struct Loss {
    /// What is lost.
    pub subject: Subject,
    /// It is lost already at 0: nothing happens tonight.
    pub already: bool,
    /// VMs that ran, or were recorded as running, and go down.
    pub down: Vec<VmId>,
    /// VMs that run on and can't write.
    pub stuck: Vec<VmId>,
    /// What the pool starts again by itself, in its order.
    pub restarted: Vec<Restart>,
    /// VMs that are down, and nobody starts.
    pub left: Vec<VmId>,
    /// Those of them, or of those that are stuck, that no host can run.
    pub nowhere: Vec<(VmId, Nowhere)>,
    /// Hosts that HA resets.
    pub fenced: Vec<MachineId>,
    /// Disks whose locks name what was lost, after the pool has noticed.
    pub locks: Vec<VdiId>,
    /// The master is among what is lost.
    pub master: bool,
    /// Who is master then, if anybody is.
    pub masters: Vec<MachineId>,
    /// SRs that are lost with it.
    pub srs: Vec<SrId>,
    /// What begins and is of danger or worse, though nobody typed anything, how often.
    pub begins: BTreeMap<HazardId, usize>,
    /// A plan, where something is to be done and one is known.
    pub plan: Option<Plan>,
    /// Why there is none, though something is to be done.
    pub against: Option<String>,
    /// The wrong step that does most harm.
    pub wrong: Option<Wrong>,
    /// The run was cut short by a bound: what is said may not be all.
    pub cut: bool,
}

/// What comes of all of them.
#[derive(Clone, PartialEq, Debug)]
pub struct Risk {
    /// Hosts, then SRs, then pairs, then links, each in the file's order.
    pub losses: Vec<Loss>,
    /// How many pairs there are.
    pub pairs: usize,
    /// It was stopped before its end.
    pub stopped: bool,
}

/// So long is looked on when the last line has been typed: whatever writes to a disk has written, and whoever is called has answered.
const AFTER: Span = Span::mins(3);

/// What may be so, where a host does not answer.
const WORLDS: [&str; 3] = ["dead", "isolated", "hung"];

/// Loses one thing after the other. `stopped` is asked again and again whether to end.
pub fn risk(scenario: &Scenario, options: &Options, stopped: &(dyn Fn() -> bool + Sync)) -> Risk {
    let night = Night::new(scenario, options);
    let (subjects, pairs) = night.subjects(options);
    let patterns = Patterns::found(&night, options, stopped);
    let losses = each::map(subjects.len(), |at| (!stopped()).then(|| night.lose(subjects[at], &patterns)));
    let stopped = losses.iter().any(Option::is_none);
    Risk { losses: losses.into_iter().flatten().collect(), pairs, stopped }
}

/// A pool on the evening before.
struct Night {
    /// The scenario without anything that happens in it.
    stage: Scenario,
    engine: engine::Options,
    /// Members, in the file's order.
    members: Vec<MachineId>,
    /// When all has been noticed that ever will be.
    noticed: Time,
}

impl Night {
    fn new(scenario: &Scenario, options: &Options) -> Night {
        Night::of(scenario.clone(), options)
    }

    fn of(mut stage: Scenario, options: &Options) -> Night {
        (stage.variants, stage.chaos, stage.timeline, stage.worlds) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        (stage.operators, stage.recoveries, stage.goal, stage.expect) = (Vec::new(), Vec::new(), None, None);
        (stage.seeds, stage.skip, stage.until) = (None, None, None);
        let settings = &stage.settings;
        // The last that a pool does by itself: a host is held for dead; with HA, one that was fenced has booted and joined.
        let mut span = settings.host_dead_after + settings.liveness_check + settings.liveness_check + Span::mins(1);
        if stage.pool.ha.is_some() {
            span = span + settings.host_boot + Span::mins(5);
        }
        let names = &stage.pool.names;
        let members = names.machine_ids().filter(|machine| !names.machines[machine.at()].spare).collect();
        let engine = engine::Options {
            seed: options.seed.unwrap_or(stage.seed),
            max_events: options.max_events,
            max_work: options.max_work,
            ..engine::Options::default()
        };
        Night { noticed: HAPPENS + span, members, engine, stage }
    }

    fn names(&self) -> &Inventory {
        &self.stage.pool.names
    }

    /// All that may be lost, and how many pairs there are.
    fn subjects(&self, options: &Options) -> (Vec<Subject>, usize) {
        let names = self.names();
        let shared: Vec<SrId> = names.sr_ids().filter(|sr| names.srs[sr.at()].kind.shared()).collect();
        let mut all: Vec<Subject> = self.members.iter().map(|host| Subject::Host(*host)).collect();
        all.extend(names.sr_ids().map(Subject::Sr));
        let mut pairs: Vec<(MachineId, MachineId)> = Vec::new();
        for (at, one) in self.members.iter().enumerate() {
            pairs.extend(self.members[at + 1..].iter().map(|other| (*one, *other)));
        }
        let count = pairs.len();
        // Those with the least room first; their order among what is told is the file's.
        let mut tightest = pairs.clone();
        tightest.sort_by_cached_key(|(one, other)| (self.room_without(*one, *other), *one, *other));
        tightest.truncate(options.pairs_most);
        pairs.retain(|pair| tightest.contains(pair));
        all.extend(pairs.into_iter().map(|(one, other)| Subject::Pair(one, other)));
        if options.links {
            all.extend(self.members.iter().map(|host| Subject::Link(*host)));
            all.extend(self.members.iter().flat_map(|host| shared.iter().map(|sr| Subject::Path(*host, *sr))));
        }
        (all, count)
    }

    /// What memory is left on the other hosts once the VMs of two are started there, in bytes; below 0 where they do not fit.
    fn room_without(&self, one: MachineId, other: MachineId) -> i128 {
        let names = self.names();
        let mut room: i128 = 0;
        for host in self.members.iter().filter(|host| **host != one && **host != other) {
            room += names.machines[host.at()].memory.map_or(1 << 80, i128::from);
        }
        let runs = self.stage.pool.vms.iter().zip(&names.vms).filter(|(start, _)| start.resident_on.is_some());
        room - runs.map(|(_, vm)| i128::from(vm.memory)).sum::<i128>()
    }

    /// What is lost at its time, and nobody types anything.
    fn watched(&self, subject: Subject) -> Run {
        let mut stage = self.stage.clone();
        stage.timeline =
            vec![self.step("loss", Deed::Fault { fault: subject.fault(), lasts: None, every: None, times: 1, mean: None }, happens())];
        stage.until = Some(self.noticed);
        run::run(&stage, Case::default(), self.engine.clone(), &[])
    }

    fn step(&self, id: &str, deed: Deed, when: When) -> Step {
        Step::named(id, when, deed, self.stage.pool.master)
    }

    fn lose(&self, subject: Subject, patterns: &Patterns) -> Loss {
        let lost = subject.lost();
        let pool = &self.stage.pool;
        let run = self.watched(subject);
        let world = &run.engine.world;
        let names = self.names();
        let on_lost = |vm: &VmId| {
            let start = &pool.vms[vm.at()];
            let resident = start.resident_on.map(|host| MachineId(host.0));
            lost.iter().any(|host| resident == Some(*host) || start.running_on.contains(host))
        };
        let was_down = |vm: &VmId| run.downtime.get(vm).is_some_and(|span| *span > Span::ZERO);
        let down: Vec<VmId> = names.vm_ids().filter(|vm| on_lost(vm) || was_down(vm) && ran(&self.stage, *vm)).collect();
        let stuck: Vec<VmId> = names.vm_ids().filter(|vm| is_stuck(world, &self.stage, *vm)).collect();
        let restarted = self.restarted(&run, &down);
        let left: Vec<VmId> = down.iter().copied().filter(|vm| world.runs_on(*vm).next().is_none()).collect();
        let ruler = world.ruler();
        let mut locks: BTreeSet<VdiId> = BTreeSet::new();
        for host in &lost {
            locks.extend(world.db(ruler).locked_for(world.host_on(*host)));
        }
        let gone: Vec<SrId> = match subject {
            Subject::Sr(sr) => vec![sr],
            _ => names.sr_ids().filter(|sr| names.srs[sr.at()].machine.is_some_and(|home| lost.contains(&home))).collect(),
        };
        let mut begins = BTreeMap::new();
        for found in run.found.iter().filter(|found| found.since >= HAPPENS && found.hazard.doc().severity >= Severity::Danger) {
            *begins.entry(found.hazard).or_insert(0) += 1;
        }
        let masters: Vec<MachineId> =
            self.members.iter().copied().filter(|host| !lost.contains(host) && world.powered(*host) && world.is_master(*host)).collect();
        let mut loss = Loss {
            subject,
            already: !lost.is_empty() && lost.iter().all(|host| !pool.hosts[host.at()].powered),
            stuck,
            restarted,
            nowhere: Vec::new(),
            fenced: self.fenced(&run),
            locks: locks.into_iter().collect(),
            master: lost.contains(&pool.master),
            masters,
            srs: gone,
            begins,
            plan: None,
            against: None,
            wrong: None,
            cut: run.engine.cut_short.is_some(),
            down,
            left,
        };
        drop(run);
        self.placed(&mut loss, patterns);
        loss
    }

    /// Which VMs can run nowhere, and the plan for all others.
    fn placed(&self, loss: &mut Loss, patterns: &Patterns) {
        let lost = loss.subject.lost();
        for vm in loss.left.iter().chain(loss.stuck.iter().filter(|_| matches!(loss.subject, Subject::Sr(_)))) {
            if let Some(sr) = self.srs_of(*vm).into_iter().find(|sr| loss.srs.contains(sr)) {
                loss.nowhere.push((*vm, Nowhere::Disk(sr)));
            }
        }
        let headless = loss.master && loss.masters.is_empty();
        let to_start: Vec<VmId> = loss.left.iter().copied().filter(|vm| loss.nowhere.iter().all(|(one, _)| one != vm)).collect();
        if lost.is_empty() || to_start.is_empty() && !headless {
            return;
        }
        let powered = |host: &&MachineId| !lost.contains(host) && self.stage.pool.hosts[host.at()].powered;
        let Some(next) = self.members.iter().find(powered).copied() else {
            loss.nowhere.extend(to_start.into_iter().map(|vm| (vm, Nowhere::NoHost)));
            loss.against = Some("no host is left".into());
            return;
        };
        let own = self.stage.pool.master;
        let console = if lost.contains(&own) { next } else { own };
        let mut hosts = lost.clone();
        // The master's place is taken before anything is asked of the pool.
        hosts.sort_by_key(|host| (*host != own, *host));
        let mut lines = Vec::new();
        let mut shortest = true;
        let mut done = BTreeSet::new();
        for host in &hosts {
            let Some(pattern) = patterns.of(self, *host) else { continue };
            let own_vms: Vec<VmId> = to_start.iter().copied().filter(|vm| self.home_of(*vm, &hosts) == *host && done.insert(*vm)).collect();
            shortest &= pattern.shortest && hosts.len() == 1;
            lines.extend(self.laid(pattern, *host, console, &own_vms));
        }
        // Nobody who is lost runs on unseen while the others' VMs are seen to.
        lines.sort_by_key(|line| !line.makes_sure());
        let mut tried = self.tried(&lost, console, &lines, &to_start);
        // Asked too early, a new master finds no place on hosts that it has not heard yet.
        if headless && (tried.harm.is_some() || !tried.refused.is_empty()) {
            let waiting = self.waiting(&lines, &lost, console);
            let later = self.tried(&lost, console, &waiting, &to_start);
            if (later.harm.is_some(), later.refused.len()) < (tried.harm.is_some(), tried.refused.len()) {
                (lines, tried, shortest) = (waiting, later, false);
            }
        }
        loss.nowhere.extend(tried.refused.iter().map(|(vm, code)| (*vm, Nowhere::Refused(code.clone()))));
        loss.nowhere.sort_by_key(|(vm, _)| *vm);
        let none_starts = to_start.len() == tried.refused.len();
        if tried.harm.is_none() && none_starts && headless {
            // Only a master is wanted: what follows is for VMs that nobody can start.
            let called = lines.iter().rposition(|line| line.text == "xe pool-recover-slaves" || line.text.contains("agent is up"));
            lines.truncate(called.map_or(lines.len(), |called| called + 1));
            tried = self.tried(&lost, console, &lines, &[]);
            shortest = false;
        }
        lines.retain(|line| line.starts.is_none_or(|vm| tried.refused.iter().all(|(one, _)| *one != vm)));
        match tried.harm {
            Some(why) => loss.against = Some(why),
            // With nothing to start nothing need be done.
            None if !headless && none_starts => {}
            None => {
                let meanwhile = tried.meanwhile.into_iter().collect();
                loss.plan = Some(Plan { lines, takes: tried.takes, begins: self.noticed.since(HAPPENS), shortest, meanwhile });
            }
        }
        if let [host] = hosts[..] {
            loss.wrong = patterns.of(self, host).and_then(|pattern| self.wrong(pattern, host, console, &to_start));
        }
    }

    /// The same lines, with a wait before the first that starts a VM, until all hosts that are left are held for alive.
    fn waiting(&self, lines: &[Line], lost: &[MachineId], console: MachineId) -> Vec<Line> {
        let host = |machine: &MachineId| &self.stage.pool.hosts[machine.at()];
        let left = self.members.iter().copied().filter(|machine| !lost.contains(machine) && host(machine).powered && host(machine).live);
        let mut lines = lines.to_vec();
        if let Some(first) = lines.iter().position(|line| line.starts.is_some()) {
            lines.insert(first, Line::until_they_live(left.collect(), console));
        }
        lines
    }

    /// Which of some hosts a VM was on.
    fn home_of(&self, vm: VmId, hosts: &[MachineId]) -> MachineId {
        let start = &self.stage.pool.vms[vm.at()];
        let resident = start.resident_on.map(|host| MachineId(host.0));
        hosts.iter().copied().find(|host| resident == Some(*host) || start.running_on.contains(host)).unwrap_or(hosts[0])
    }

    fn srs_of(&self, vm: VmId) -> BTreeSet<SrId> {
        let names = self.names();
        self.stage.vbds(vm).iter().map(|vbd| names.vdis[names.vbds[vbd.at()].vdi.at()].sr).collect()
    }

    /// The largest first, as xapi packs.
    fn laid(&self, pattern: &Pattern, host: MachineId, console: MachineId, vms: &[VmId]) -> Vec<Line> {
        let names = self.names();
        let mut vms = vms.to_vec();
        vms.sort_by_key(|vm| (std::cmp::Reverse(names.vms[vm.at()].memory), *vm));
        let srs: BTreeSet<SrId> = vms.iter().flat_map(|vm| self.srs_of(*vm)).filter(|sr| names.srs[sr.at()].kind.shared()).collect();
        pattern.lines.iter().flat_map(|line| line.filled(names, host, console, &vms, &srs)).collect()
    }

    /// The stage in which hosts are lost, dead or cut off or hung, and these lines are typed when that was noticed.
    fn scene(&self, lost: &[MachineId], console: MachineId, lines: &[Line]) -> Scenario {
        let mut stage = self.stage.clone();
        let faults = [Fault::Crash(lost.to_vec()), Fault::Isolate(lost.to_vec()), Fault::Hang(lost.to_vec())];
        let world = |(name, fault): (&&str, Fault)| {
            let deed = Deed::Fault { fault, lasts: None, every: None, times: 1, mean: None };
            NamedSteps { name: (*name).to_string(), line: 0, steps: vec![self.step("loss", deed, happens())] }
        };
        stage.worlds = WORLDS.iter().zip(faults).map(world).collect();
        let begin = self.noticed.since(Time::ZERO);
        let steps = lines.iter().enumerate().map(|(at, line)| line.step(&format!("s{at}"))).collect();
        let begin = Begin::At((begin, begin));
        stage.recoveries =
            vec![Recovery { name: None, line: 0, begin, says_begin: true, pace: Span::ZERO, host: console, steps, expect: None }];
        stage
    }

    /// A case of a scene, up to a little after its last line.
    fn played(&self, scene: &Scenario, case: Case) -> Run {
        let options = engine::Options { silent: true, ..self.engine.clone() };
        let mut session = Session::new(scene, case, options, &[]);
        let steps = &session.engine.program().steps;
        let last = steps.iter().rposition(|(sequence, _)| *sequence == Sequence::Recovery);
        let ended = |session: &Session| match last {
            Some(last) => session.engine.records[last].ended,
            None => Some(self.noticed),
        };
        while ended(&session).is_none() && session.step().is_some() {}
        if let Some(at) = ended(&session) {
            session.until(at + AFTER);
        }
        session.cut()
    }

    /// A plan in every world.
    fn tried(&self, lost: &[MachineId], console: MachineId, lines: &[Line], vms: &[VmId]) -> Tried {
        let scene = self.scene(lost, console, lines);
        let mut tried = Tried { harm: None, refused: Vec::new(), takes: Span::ZERO, meanwhile: BTreeSet::new() };
        for (world, case) in WORLDS.iter().zip(scene.cases()) {
            let run = self.played(&scene, case);
            let state = &run.engine.world;
            if run.engine.cut_short.is_some() {
                tried.harm.get_or_insert_with(|| format!("in world {world} the run is cut short by its bound"));
            }
            let (passing, grave): (Vec<&Found>, Vec<&Found>) = run.found.iter().partition(|found| is_passing(found, lost));
            let grave: Vec<Found> = grave.into_iter().cloned().collect();
            let began = run.engine.recovery_began;
            let meanwhile = passing.into_iter().filter(|found| began.is_some_and(|began| found.since > began));
            tried.meanwhile.extend(meanwhile.flat_map(|found| found.hosts.iter().copied()));
            if let Some(found) = harm(&grave, began) {
                tried.harm.get_or_insert_with(|| format!("in world {world}: {}", found.sentence(state)));
            }
            let steps = run.program.steps.iter().zip(&run.engine.records);
            let own: Vec<_> = steps.filter(|((sequence, _), _)| *sequence == Sequence::Recovery).map(|(_, record)| record).collect();
            let mut vain = Span::ZERO;
            for (line, record) in lines.iter().zip(own) {
                let took = record.began.zip(record.ended).map_or(Span::ZERO, |(began, ended)| ended.since(began));
                match (record.status, line.starts) {
                    (Status::Ok, _) => {}
                    // A VM that no host takes changes nothing for the others.
                    (_, Some(vm)) => {
                        vain = vain + took;
                        let code =
                            record.code.clone().unwrap_or_else(|| record.output.trim().lines().last().unwrap_or_default().to_string());
                        if tried.refused.iter().all(|(one, _)| *one != vm) {
                            tried.refused.push((vm, code));
                        }
                    }
                    (Status::Skipped | Status::NotBegun, None) => {}
                    (_, None) if line.may_fail => {}
                    (_, None) => {
                        let how = record.code.clone().unwrap_or_else(|| "it does not end well".into());
                        tried.harm.get_or_insert_with(|| format!("in world {world} `{}` fails: {how}", line.text));
                    }
                }
            }
            let last = run.engine.records.iter().filter_map(|record| record.ended).max();
            let takes = run.engine.recovery_began.zip(last).map_or(Span::ZERO, |(began, last)| Span(last.0.saturating_sub(began.0)));
            tried.takes = tried.takes.max(Span(takes.0.saturating_sub(vain.0)));
            let stays = |host: &&MachineId| !lost.contains(host) && self.stage.pool.hosts[host.at()].live && state.powered(**host);
            if let Some(host) = self.members.iter().filter(stays).find(|host| state.reached_master(**host).is_none()) {
                let name = state.names.machine(*host);
                tried.harm.get_or_insert_with(|| format!("in world {world} {name} has no master at the end"));
            }
            for vm in vms.iter().filter(|vm| tried.refused.iter().all(|(one, _)| one != *vm)) {
                if state.runs_on(*vm).count() != 1 {
                    let name = state.names.vm(*vm);
                    tried.harm.get_or_insert_with(|| format!("in world {world} {name} does not run once at the end"));
                }
            }
        }
        tried
    }

    /// The wrong step that does most harm where a host of this kind is lost, tried with this one.
    fn wrong(&self, pattern: &Pattern, host: MachineId, console: MachineId, vms: &[VmId]) -> Option<Wrong> {
        let wrong = pattern.wrong.as_ref()?;
        let lines = self.laid(&Pattern { lines: wrong.lines.clone(), shortest: false, wrong: None }, host, console, vms);
        let mut scene = self.scene(&[host], console, &lines);
        scene.worlds = vec![scene.worlds.swap_remove(wrong.world)];
        let case = scene.cases()[0];
        let run = self.played(&scene, case);
        let found = harm(&run.found, run.engine.recovery_began)?;
        let what = wrong.what.filled_words(self.names(), host, console, vms);
        Some(Wrong { what, world: WORLDS[wrong.world], hazard: found.hazard, comes: found.sentence(&run.engine.world) })
    }

    /// What the pool starts by itself, in order: what runs at the end.
    fn restarted(&self, run: &Run, down: &[VmId]) -> Vec<Restart> {
        let world = &run.engine.world;
        let mut restarted: Vec<Restart> = Vec::new();
        for entry in run.engine.trace.entries.iter().filter(|entry| entry.at > HAPPENS) {
            if let Event::DomainStarted { vm, machine } = entry.event
                && down.contains(&vm)
                && world.has_domain(machine, vm)
            {
                restarted.retain(|one| one.vm != vm);
                restarted.push(Restart { vm, on: machine, after: entry.at.since(HAPPENS) });
            }
        }
        restarted
    }

    fn fenced(&self, run: &Run) -> Vec<MachineId> {
        let mut fenced = BTreeSet::new();
        for entry in run.engine.trace.entries.iter() {
            if let Event::Fenced { machine, .. } = entry.event {
                fenced.insert(machine);
            }
        }
        fenced.into_iter().collect()
    }
}

/// What came of a plan.
struct Tried {
    harm: Option<String>,
    /// VMs that no host took, with the first code.
    refused: Vec<(VmId, String)>,
    takes: Span,
    /// Hosts that a new master holds for dead until it has called them.
    meanwhile: BTreeSet<MachineId>,
}

/// Whether it is what every new master begins with: it holds for dead whom it has not heard yet, and is over when it has called them.
/// No plan can do without, and nothing is typed meanwhile that it makes dangerous.
fn is_passing(found: &Found, lost: &[MachineId]) -> bool {
    found.hazard.doc().name == "presumed-dead-alive" && found.until.is_some() && !found.hosts.iter().any(|host| lost.contains(host))
}

fn happens() -> When {
    let at = HAPPENS.since(Time::ZERO);
    When::At((at, at))
}

/// Whether a VM ran at the start, in truth or by its record.
fn ran(stage: &Scenario, vm: VmId) -> bool {
    let start = &stage.pool.vms[vm.at()];
    start.resident_on.is_some() || !start.running_on.is_empty()
}

/// Whether a VM runs and can't write: a disk of it that it writes to is out of its host's reach.
fn is_stuck(world: &World, stage: &Scenario, vm: VmId) -> bool {
    let names = &world.names;
    let written = || stage.vbds(vm).iter().map(|vbd| &names.vbds[vbd.at()]).filter(|vbd| vbd.mode == Mode::Rw);
    world.runs_on(vm).any(|machine| written().any(|vbd| world.path_fault(machine, names.vdis[vbd.vdi.at()].sr).is_some()))
}
