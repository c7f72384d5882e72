//! What can break, for how long, and at which instants it matters when it does.
//!
//! Between two events of a run nothing changes that anybody tells: a fault that strikes there strikes the same pool. So it is tried
//! right after each event, right before the next, and where a command is under way in between, in its middle. A fault lasts for
//! ever, or ends before anybody can have taken note of it (what nobody saw), or ends right after the next change of a database
//! (what comes back then has an old copy).

use crate::base::ids::{MachineId, SrId, VmId};
use crate::base::time::{Span, Time};
use crate::fault::Fault;
use crate::run::Run;
use crate::scenario::model::Scenario;
use crate::world::event::About;
use crate::world::truth::Io;

/// As many instants of a run at most; of more, these are taken evenly.
const INSTANTS_MOST: usize = 240;
/// Right before, and right after.
const BESIDE: Span = Span::millis(1);
/// A guest, or a path to storage, that is gone for so long is missed by nobody.
const UNSEEN: Span = Span::secs(30);
/// How far a clock jumps.
const JUMP: Span = Span::mins(20);

/// The instants of a run that matter.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Instants {
    /// In order.
    pub all: Vec<Time>,
    /// When a database changed, in order.
    pub changes: Vec<Time>,
    /// There were more.
    pub thinned: bool,
    /// The end of the run.
    pub end: Time,
}

impl Instants {
    /// Those of a run, up to one that is included.
    pub fn of(run: &Run, until: Time) -> Instants {
        let mut events: Vec<Time> = run.engine.trace.entries.iter().map(|entry| entry.at).collect();
        events.dedup();
        let under_way = |from: Time, to: Time| {
            let of = |record: &crate::engine::StepRecord| {
                record.began.is_some_and(|began| began <= from) && record.ended.is_some_and(|ended| to <= ended)
            };
            run.engine.records.iter().any(of)
        };
        let mut all = vec![Time::ZERO];
        if let Some(first) = events.first().filter(|first| **first > Time::ZERO + BESIDE) {
            all.push(Time(first.0 - BESIDE.0));
        }
        for (at, from) in events.iter().enumerate() {
            match events.get(at + 1) {
                None => all.push(*from + BESIDE),
                Some(to) if to.since(*from) > BESIDE + BESIDE => {
                    let gap = to.since(*from);
                    all.push(*from + BESIDE);
                    if gap >= Span::secs(1) && under_way(*from, *to) {
                        all.push(*from + Span(gap.0 / 2_000 * 1_000));
                    }
                    all.push(*from + Span(gap.0 - BESIDE.0));
                }
                Some(to) => all.push(*from + Span(to.since(*from).0 / 2)),
            }
        }
        all.retain(|at| *at <= until);
        all.sort_unstable();
        all.dedup();
        let thinned = all.len() > INSTANTS_MOST;
        if thinned {
            let step = all.len().div_ceil(INSTANTS_MOST);
            all = all.into_iter().step_by(step).collect();
        }
        let mut changes: Vec<Time> =
            run.engine.trace.entries.iter().filter(|entry| entry.event.about() != About::Nothing).map(|entry| entry.at).collect();
        changes.dedup();
        Instants { all, changes, thinned, end: run.end }
    }

    /// How long something lasts that begins at an instant, so that it ends right after the next change of a database.
    pub fn over_the_next_change(&self, at: Time) -> Option<Span> {
        let next = self.changes.partition_point(|change| *change <= at);
        self.changes.get(next).map(|change| change.since(at) + BESIDE)
    }
}

/// All that can break in a pool.
#[derive(Clone, Debug)]
pub struct Space {
    /// The faults.
    pub faults: Vec<Fault>,
    /// A host that is gone for so long is missed by nobody.
    unseen: Span,
}

/// A fault by its place, when it strikes, how long it lasts.
type Struck = (u16, Time, Option<Span>);

impl Space {
    /// That of a scenario.
    pub fn new(scenario: &Scenario) -> Space {
        let dead_after = scenario.settings.host_dead_after;
        let noticed = scenario.pool.ha.as_ref().map_or(dead_after, |ha| ha.timeout.min(dead_after));
        Space { faults: faults(scenario), unseen: Span(noticed.0 / 2) }
    }

    /// How long a fault that strikes at an instant may last: for ever, unseen, over the next change.
    pub fn lengths(&self, fault: u16, at: Time, instants: &Instants) -> Vec<Option<Span>> {
        let fault = &self.faults[usize::from(fault)];
        let mut lengths = vec![None];
        if fault.undoing().is_none() || matches!(fault, Fault::ClockJump { .. }) {
            return lengths;
        }
        let unseen = match fault {
            Fault::StorageLoss { .. } | Fault::SrOutage { .. } | Fault::VmHang(_) => UNSEEN,
            _ => self.unseen,
        };
        for length in [Some(unseen).filter(|unseen| *unseen > Span::ZERO), instants.over_the_next_change(at)].into_iter().flatten() {
            if !lengths.contains(&Some(length)) {
                lengths.push(Some(length));
            }
        }
        lengths
    }

    /// All combinations that have one fault more, which does not strike before the others.
    pub fn after<'a>(&'a self, parent: &'a [Struck], instants: &'a Instants) -> impl Iterator<Item = Vec<Struck>> + 'a {
        let last = parent.last().map(|(fault, at, _)| (*at, *fault));
        let later = instants.all.iter().filter(move |at| last.is_none_or(|(last, _)| **at >= last));
        later.flat_map(move |at| {
            // Of those that strike at one instant, each set is tried once.
            let from = last.filter(|(last, _)| last == at).map_or(0, |(_, fault)| fault + 1);
            (from..self.faults.len() as u16).flat_map(move |fault| {
                self.lengths(fault, *at, instants).into_iter().map(move |lasts| {
                    let mut more = parent.to_vec();
                    more.push((fault, *at, lasts));
                    more
                })
            })
        })
    }

    /// How many these are.
    pub fn count_after(&self, parent: &[Struck], instants: &Instants) -> u64 {
        let last = parent.last().map(|(fault, at, _)| (*at, *fault));
        let mut count = 0;
        for at in instants.all.iter().filter(|at| last.is_none_or(|(last, _)| **at >= last)) {
            let from = last.filter(|(last, _)| last == at).map_or(0, |(_, fault)| fault + 1);
            count += (from..self.faults.len() as u16).map(|fault| self.lengths(fault, *at, instants).len() as u64).sum::<u64>();
        }
        count
    }
}

/// Every fault that can strike a pool, each at one place: machines of the pool, its shared storage, its VMs. The links that are
/// lost one way are those between the master and a member, and a network that parts, parts between one half and the other.
pub fn faults(scenario: &Scenario) -> Vec<Fault> {
    let names = &scenario.pool.names;
    let hosts: Vec<MachineId> = names.machine_ids().filter(|machine| !names.machines[machine.at()].spare).collect();
    let srs: Vec<SrId> = names.sr_ids().filter(|sr| names.srs[sr.at()].kind.shared()).collect();
    let vms: Vec<VmId> = names.vm_ids().collect();
    let master = scenario.pool.master;
    let mut all = Vec::new();
    let each = |all: &mut Vec<Fault>, fault: &dyn Fn(MachineId) -> Fault| all.extend(hosts.iter().map(|host| fault(*host)));
    each(&mut all, &|host| Fault::Crash(vec![host]));
    each(&mut all, &|host| Fault::Hang(vec![host]));
    each(&mut all, &|host| Fault::ToolstackStop(vec![host]));
    if hosts.len() > 1 {
        each(&mut all, &|host| Fault::Isolate(vec![host]));
        for host in hosts.iter().filter(|host| **host != master) {
            all.push(Fault::OneWay { from: vec![*host], to: vec![master] });
            all.push(Fault::OneWay { from: vec![master], to: vec![*host] });
        }
        each(&mut all, &|host| Fault::DegradeNetwork { hosts: vec![host], latency: None, loss: 1_000_000 });
    }
    if hosts.len() > 3 {
        let half = |machine: MachineId| u16::from(hosts.iter().position(|host| *host == machine).is_none_or(|at| at >= hosts.len() / 2));
        all.push(Fault::Partition(names.machine_ids().map(half).collect()));
    }
    for io in [Io::Error, Io::Hang] {
        for sr in &srs {
            all.push(Fault::SrOutage { srs: vec![*sr], io });
            all.extend(hosts.iter().map(|host| Fault::StorageLoss { hosts: vec![*host], srs: vec![*sr], io }));
        }
    }
    if scenario.pool.ha.is_some() {
        each(&mut all, &|host| Fault::XhadCrash(vec![host]));
    }
    all.extend(vms.iter().flat_map(|vm| [Fault::VmCrash(vec![*vm]), Fault::VmHang(vec![*vm])]));
    for back in [false, true] {
        each(&mut all, &|host| Fault::ClockJump { hosts: vec![host], by: JUMP, back });
    }
    all.truncate(usize::from(u16::MAX));
    all
}
