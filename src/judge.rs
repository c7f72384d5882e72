//! Expected against got: a scenario's expectations, judged on a run. States are read while the clock runs, after all that
//! is due at their instant; the rest at the end. Knows no file and no layout.

use crate::base::ids::{MachineId, SrId, VdiId, VmId};
use crate::base::time::Time;
use crate::engine::{Engine, Program};
use crate::hazard::watch::Found;
use crate::hazard::{Place, Severity};
use crate::scenario::model::{
    Begin, Case, Deed, Expect, Fact, HazardExpect, Role, Scenario, Scope, Sequence, StateExpect, StateWhen, Worst,
};
use crate::scenario::words;
use crate::world::World;
use crate::world::event::Status;
use crate::world::memory::{PoolConf, Xapi};

mod bounds;
mod states;

pub use bounds::{Measured, judge_share, occurs, share};
pub use states::States;

/// The judgement of a case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Verdict {
    AsExpected,
    NotAsExpected,
    Inconclusive,
    NoExpectation,
}

impl Verdict {
    /// As reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::AsExpected => "as-expected",
            Verdict::NotAsExpected => "not-as-expected",
            Verdict::Inconclusive => "inconclusive",
            Verdict::NoExpectation => "no-expectation",
        }
    }
}

/// A warning about the scenario itself.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs)]
pub struct Warning {
    pub code: &'static str,
    pub line: u32,
    pub text: String,
}

/// An expectation, judged.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs)]
pub struct Expectation {
    pub line: u32,
    pub what: String,
    pub passed: bool,
    pub got: String,
}

/// What a finding is about: its place, and what follows from it (a VDI's SR, the VM that it was made for).
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct PlaceNames {
    pub vdi: Option<VdiId>,
    pub vm: Option<VmId>,
    pub sr: Option<SrId>,
}

impl PlaceNames {
    /// The places of a finding.
    pub fn new(world: &World, found: &Found) -> PlaceNames {
        match found.place {
            Place::Vdi(vdi) => {
                PlaceNames { vdi: Some(vdi), vm: Some(world.names.vdis[vdi.at()].vm), sr: Some(world.names.vdis[vdi.at()].sr) }
            }
            Place::Vm(vm) => PlaceNames { vdi: None, vm: Some(vm), sr: None },
            Place::Sr(sr) => PlaceNames { vdi: None, vm: None, sr: Some(sr) },
            Place::Host(_) | Place::Pool(_) => PlaceNames { vdi: None, vm: None, sr: None },
        }
    }
}

/// What a machine thinks itself: its process where one runs, else its pool.conf.
pub fn role(world: &World, machine: MachineId) -> Role {
    let stack = &world.stacks[machine.at()];
    let conf = match stack.xapi {
        Xapi::Emergency => return Role::Emergency,
        Xapi::Up => stack.role,
        Xapi::Stopped | Xapi::Starting => stack.conf,
    };
    match conf {
        PoolConf::Master => Role::Master,
        PoolConf::Slave(_) => Role::Member,
        PoolConf::Broken => Role::Emergency,
    }
}

/// The expectations that judge a case: the file's and its recovery's.
fn parts(scenario: &Scenario, case: Case) -> impl Iterator<Item = &Expect> {
    let own = case.recovery.and_then(|at| scenario.recoveries[at].expect.as_ref());
    scenario.expect.iter().chain(own)
}

/// Whether a case has an `expect`.
pub fn judges(scenario: &Scenario, case: Case) -> bool {
    parts(scenario, case).next().is_some()
}

fn applies(scenario: &Scenario, case: Case, scope: &Scope) -> bool {
    let fits = |wanted: &Option<String>, got: Option<&str>| wanted.as_deref().is_none_or(|wanted| got == Some(wanted));
    fits(&scope.world, scenario.world_name(case)) && fits(&scope.recovery, scenario.recovery_name(case))
}

/// Whether all facts hold, and how each stands.
fn holds(world: &World, expect: &StateExpect) -> (bool, String) {
    let mut all = true;
    let mut got = Vec::new();
    for fact in &expect.facts {
        let (holds, is) = read(world, expect.seen_by, fact);
        all &= holds;
        got.push(format!("{}: {is}", fact_key(fact)));
    }
    (all, got.join(", "))
}

fn names(world: &World, machines: &[MachineId]) -> String {
    let mut machines = machines.to_vec();
    machines.sort();
    machines.dedup();
    format!("[{}]", machines.iter().map(|m| world.names.machine(*m)).collect::<Vec<_>>().join(", "))
}

fn same_set<T: Ord + Clone>(a: &[T], b: &[T]) -> bool {
    let sorted = |list: &[T]| {
        let mut list = list.to_vec();
        list.sort();
        list.dedup();
        list
    };
    sorted(a) == sorted(b)
}

/// One fact: whether it holds, and how it stands.
fn read(world: &World, seen_by: Option<MachineId>, fact: &Fact) -> (bool, String) {
    let db = world.db(seen_by.unwrap_or_else(|| world.ruler()));
    let flag = |wanted: bool, is: bool| (wanted == is, is.to_string());
    let record = |machine: MachineId| db.host(world.host_on(machine));
    let of_record = |wanted: bool, is: Option<bool>| (is == Some(wanted), is.map_or_else(|| "unknown host".into(), |is| is.to_string()));
    let machine_of = |host| world.names.hosts[crate::base::ids::HostId::at(host)].machine;
    match fact {
        Fact::Powered(machine, wanted) => flag(*wanted, world.powered(*machine)),
        Fact::Live(machine, wanted) => of_record(*wanted, record(*machine).map(|r| r.live)),
        Fact::Enabled(machine, wanted) => of_record(*wanted, record(*machine).map(|r| r.enabled)),
        Fact::Known(machine, wanted) => flag(*wanted, record(*machine).is_some()),
        Fact::Role(machine, wanted) => {
            let is = role(world, *machine);
            (is == *wanted, is.name().into())
        }
        Fact::Running(machine, wanted) => {
            let is = world.guests(*machine);
            (same_set(&is, wanted), format!("[{}]", is.iter().map(|vm| world.names.vm(*vm)).collect::<Vec<_>>().join(", ")))
        }
        Fact::Fenced(machine, wanted) => flag(*wanted, world.hw.machine(*machine).fenced),
        Fact::PowerState(vm, wanted) => {
            let is = db.vm(*vm).map(|r| r.power_state);
            (is == Some(*wanted), is.map_or("no such VM", |is| is.name()).into())
        }
        Fact::ResidentOn(vm, wanted) => {
            let is = db.vm(*vm).map(|r| r.resident_on.map(machine_of));
            (is == Some(*wanted), is.map_or("no such VM".into(), |is| is.map_or("null".into(), |m| world.names.machine(m).to_owned())))
        }
        Fact::RunningOn(vm, wanted) => {
            let is: Vec<MachineId> = world.runs_on(*vm).collect();
            (same_set(&is, wanted), names(world, &is))
        }
        Fact::Locks(vdi, wanted) => match db.vdi(*vdi) {
            Some(record) => {
                let is: Vec<MachineId> = record.locks.iter().map(|(host, _)| machine_of(*host)).collect();
                (same_set(&is, wanted), names(world, &is))
            }
            None => (false, "no such VDI".into()),
        },
        Fact::OpenOn(vdi, wanted) => {
            let is: Vec<MachineId> = world.hw.vdi(*vdi).openers.iter().map(|o| o.machine).collect();
            (same_set(&is, wanted), names(world, &is))
        }
        Fact::Damaged(vdi, wanted) => flag(*wanted, world.hw.vdi(*vdi).damage.is_some()),
        Fact::Paused(vdi, wanted) => {
            let is = db.vdi(*vdi).map(|record| record.paused);
            (is == Some(*wanted), is.map_or("no such VDI".into(), |is| is.to_string()))
        }
        Fact::Masters(wanted) => {
            let is: Vec<MachineId> = world.masters(crate::world::MAIN_POOL).collect();
            (same_set(&is, wanted), names(world, &is))
        }
        Fact::DefaultSr(wanted) => (db.default_sr == *wanted, db.default_sr.map_or("null".into(), |sr| world.names.sr(sr).to_owned())),
    }
}

fn fact_key(fact: &Fact) -> &'static str {
    match fact {
        Fact::Powered(..) => "powered",
        Fact::Live(..) => "live",
        Fact::Enabled(..) => "enabled",
        Fact::Known(..) => "known",
        Fact::Role(..) => "role",
        Fact::Running(..) => "running",
        Fact::Fenced(..) => "fenced",
        Fact::PowerState(..) => "power-state",
        Fact::ResidentOn(..) => "resident-on",
        Fact::RunningOn(..) => "running-on",
        Fact::Locks(..) => "locks",
        Fact::OpenOn(..) => "open-on",
        Fact::Damaged(..) => "damaged",
        Fact::Paused(..) => "paused",
        Fact::Masters(..) => "masters",
        Fact::DefaultSr(..) => "default-sr",
    }
}

fn fact_wanted(world: &World, fact: &Fact) -> (Option<String>, String) {
    let machine = |m: &MachineId| Some(world.names.machine(*m).to_owned());
    let vm = |vm: &crate::base::ids::VmId| Some(world.names.vm(*vm).to_owned());
    let vdi = |vdi: &crate::base::ids::VdiId| Some(world.names.vdi(*vdi).to_owned());
    match fact {
        Fact::Powered(m, is) | Fact::Live(m, is) | Fact::Enabled(m, is) | Fact::Known(m, is) | Fact::Fenced(m, is) => {
            (machine(m), is.to_string())
        }
        Fact::Role(m, is) => (machine(m), is.name().into()),
        Fact::Running(m, vms) => (machine(m), format!("[{}]", vms.iter().map(|vm| world.names.vm(*vm)).collect::<Vec<_>>().join(", "))),
        Fact::PowerState(v, is) => (vm(v), is.name().into()),
        Fact::ResidentOn(v, is) => (vm(v), is.map_or("null".into(), |m| world.names.machine(m).to_owned())),
        Fact::RunningOn(v, is) => (vm(v), names(world, is)),
        Fact::Locks(v, is) | Fact::OpenOn(v, is) => (vdi(v), names(world, is)),
        Fact::Damaged(v, is) | Fact::Paused(v, is) => (vdi(v), is.to_string()),
        Fact::Masters(is) => (None, names(world, is)),
        Fact::DefaultSr(is) => (None, is.map_or("null".into(), |sr| world.names.sr(sr).to_owned())),
    }
}

/// A state as a sentence: `at 14m, beta: live true`.
fn state_text(world: &World, expect: &StateExpect) -> String {
    let when = match expect.when {
        StateWhen::At(at) => format!("at {at}"),
        StateWhen::End => "at the end".into(),
        StateWhen::By(by) => format!("by {by}"),
        StateWhen::During(first, last) => format!("during {first}..{last}"),
    };
    let mut subject = None;
    let mut facts = Vec::new();
    for fact in &expect.facts {
        let (of, wanted) = fact_wanted(world, fact);
        subject = subject.or(of);
        facts.push(format!("{}: {wanted}", fact_key(fact)));
    }
    let subject = subject.map_or_else(String::new, |of| format!(", {of}"));
    let seen = expect.seen_by.map_or_else(String::new, |m| format!(" (seen by {})", world.names.machine(m)));
    format!("{when}{subject}: {}{seen}", facts.join(", "))
}

// ---- at the end

/// All that was expected of a case but states: steps, hazards, the worst, what is left.
pub fn expectations(scenario: &Scenario, case: Case, engine: &Engine, found: &[Found], measured: &Measured<'_>) -> Vec<Expectation> {
    let (program, records, world) = (engine.program(), &engine.records, &engine.world);
    let mut list = Vec::new();
    for ((_, step), record) in program.steps.iter().zip(records) {
        let Some(expect) = &step.expect else { continue };
        if record.status == Status::Skipped {
            continue;
        }
        let mut what = Vec::new();
        what.extend(expect.status.map(|status| status.name().to_owned()));
        what.extend(expect.code.as_ref().map(|code| format!("code {code}")));
        what.extend(expect.prints.as_ref().map(|prints| format!("prints {prints:?}")));
        what.extend(expect.exit.map(|exit| format!("exit {exit}")));
        let mut got = record.status.name().to_owned();
        if let Some(code) = &record.code {
            got.push_str(&format!(", code {code}"));
        }
        if let Some(exit) = record.exit.filter(|_| expect.exit.is_some()) {
            got.push_str(&format!(", exit {exit}"));
        }
        if expect.prints.is_some() {
            got.push_str(&format!(", printed {:?}", record.output));
        }
        let name = step.id.clone().unwrap_or_else(|| words::text(&step.deed, &world.names).lines().next().unwrap_or_default().to_owned());
        list.push(Expectation {
            line: expect.line,
            what: format!("{name}: {}", what.join(", ")),
            passed: expect.met_by(&record.outcome()),
            got,
        });
    }
    let parts: Vec<&Expect> = parts(scenario, case).collect();
    if parts.is_empty() {
        return list;
    }
    for expect in &parts {
        // A share of seeds is judged over the seeds, not on one run.
        for item in expect.hazards.iter().filter(|item| item.share.is_none() && applies(scenario, case, &item.scope)) {
            list.push(hazard_expectation(world, item, found));
        }
        for (line, never) in &expect.never {
            let name = never.doc().name;
            let first = found.iter().find(|found| found.hazard == *never);
            list.push(Expectation {
                line: *line,
                what: format!("never {name}"),
                passed: first.is_none(),
                got: first.map_or("never".into(), |found| format!("since {}", found.since)),
            });
        }
        list.extend(bounds::judge(expect, program, records, world, measured));
    }
    let never_began = never_began(scenario, case, engine);
    list.extend(never_began.map(|(line, what, got)| Expectation { line, what, passed: false, got }));
    let (line, allowed, said) = worst_allowed(scenario, case, &parts);
    let worst = found.iter().map(|found| found.hazard.doc().severity).max();
    list.push(Expectation {
        line,
        what: format!(
            "nothing worse than {}{}",
            worst_name(allowed),
            if said { "" } else { " (not said; the worst that `hazards` names, else outage)" }
        ),
        passed: worst <= allowed,
        got: worst_name(worst).into(),
    });
    if let Some((line, allowed)) = parts.iter().rev().find_map(|expect| expect.left) {
        let left = found.iter().filter(|found| found.until.is_none()).map(|found| found.hazard.doc().severity).max();
        list.push(Expectation {
            line,
            what: format!("at the end nothing worse than {} holds", worst_name(allowed)),
            passed: left <= allowed,
            got: worst_name(left).into(),
        });
    }
    list
}

/// A recovery that is judged has to begin; where it did not, which wait ran out, and what was so instead.
fn never_began(scenario: &Scenario, case: Case, engine: &Engine) -> Option<(u32, String, String)> {
    let recovery = &scenario.recoveries[case.recovery?];
    if engine.recovery_began.is_some() || engine.cut_short {
        return None;
    }
    let names = &engine.world.names;
    let (what, instead) = match (&recovery.begin, engine.recovery_given_up.as_deref()) {
        (Begin::WaitFor { condition, within }, given_up) => {
            let what = format!("the recovery begins: wait-for {{{}}}, within {within}", words::condition(condition, names));
            let (at, instead) = match given_up {
                Some((at, instead)) => (*at, instead.clone()),
                None => (engine.world.now, engine.instead(condition, recovery.host)),
            };
            let ran_out = if given_up.is_some() { "given up" } else { "the run ended" };
            (what, format!("{ran_out} at {at}: {instead}"))
        }
        (_, _) => ("the recovery begins".to_owned(), format!("the run ended at {} before it did", engine.world.now)),
    };
    Some((recovery.line, what, instead))
}

fn worst_name(worst: Worst) -> &'static str {
    worst.map_or("none", Severity::name)
}

/// The worst that a case may show: the recovery's explicit one, else the file's, else what the applying items name, else
/// an outage. With its line and whether it was said.
fn worst_allowed(scenario: &Scenario, case: Case, parts: &[&Expect]) -> (u32, Worst, bool) {
    for expect in parts.iter().rev() {
        let by_world = scenario.world_name(case).and_then(|world| expect.worst_by_world.get(world));
        if let Some((line, worst)) = by_world.copied().or(expect.worst) {
            return (line, worst, true);
        }
    }
    let items = parts.iter().flat_map(|expect| &expect.hazards).filter(|item| applies(scenario, case, &item.scope));
    // What must occur in no seed is named to be kept out.
    let items = items.filter(|item| item.share.is_none_or(|(_, most)| most > 0));
    let named = items.map(|item| item.hazard.doc().severity).max();
    (parts[0].line, Some(named.unwrap_or(Severity::Outage)), false)
}

fn hazard_expectation(world: &World, item: &HazardExpect, found: &[Found]) -> Expectation {
    let same = |found: &&Found| found.hazard == item.hazard;
    let passed = found.iter().filter(same).any(|found| matches(world, item, found));
    let name = item.hazard.doc().name;
    let near: Vec<String> = found.iter().filter(same).take(4).map(|found| found_text(world, found)).collect();
    let got = if passed {
        "it occurs".into()
    } else if near.is_empty() {
        format!("no {name} at all")
    } else {
        near.join("; ")
    };
    Expectation { line: item.line, what: hazard_text(world, item), passed, got }
}

/// An expected hazard in words: `double-writer, vdi db-root, begun by 14m`.
fn hazard_text(world: &World, item: &HazardExpect) -> String {
    let mut what = vec![item.hazard.doc().name.to_owned()];
    what.extend(item.vdi.map(|vdi| format!("vdi {}", world.names.vdi(vdi))));
    what.extend(item.vm.map(|vm| format!("vm {}", world.names.vm(vm))));
    what.extend(item.sr.map(|sr| format!("sr {}", world.names.sr(sr))));
    what.extend(item.hosts.as_ref().map(|hosts| format!("hosts {}", names(world, hosts))));
    what.extend(item.host.map(|host| format!("host {}", world.names.machine(host))));
    what.extend(item.by.map(|by| format!("by {}", world.names.machine(by))));
    what.extend(item.begins.map(|(first, last)| match first {
        Time::ZERO => format!("begun by {last}"),
        first => format!("begun during {first}..{last}"),
    }));
    what.join(", ")
}

fn found_text(world: &World, found: &Found) -> String {
    format!("{} since {} with hosts {}", found.hazard.doc().name, found.since, names(world, &found.hosts))
}

fn matches(world: &World, item: &HazardExpect, found: &Found) -> bool {
    fn fits<T: PartialEq>(wanted: Option<T>, got: Option<T>) -> bool {
        wanted.is_none() || wanted == got
    }
    let place = PlaceNames::new(world, found);
    fits(item.vdi, place.vdi)
        && fits(item.vm, place.vm)
        && fits(item.sr, place.sr)
        && fits(item.by, found.by)
        && item.begins.is_none_or(|(first, last)| (first..=last).contains(&found.since))
        && item.host.is_none_or(|host| found.hosts.contains(&host))
        && item.hosts.as_ref().is_none_or(|hosts| same_set(hosts, &found.hosts))
}

/// What kept a step that is late: the one before it, or the recovery's own beginning.
fn why_late(program: &Program, at: usize) -> &'static str {
    let (sequence, _) = program.steps[at];
    let first = program.order(sequence).first().is_some_and(|first| usize::from(first.0) == at);
    if first { "the recovery itself began only then" } else { "the step before it had not ended" }
}

/// Warnings about the scenario itself.
pub fn warnings(scenario: &Scenario, case: Case, engine: &Engine) -> Vec<Warning> {
    let (program, records, world) = (engine.program(), &engine.records, &engine.world);
    let mut list = Vec::new();
    if let Some((line, what, instead)) = never_began(scenario, case, engine) {
        let what = what.trim_start_matches("the recovery begins").trim_start_matches(": ");
        let text = format!("the recovery never began ({}): {instead}", if what.is_empty() { "its time never came" } else { what });
        list.push(Warning { code: "recovery-not-begun", line, text });
    }
    for (at, ((_, step), record)) in program.steps.iter().zip(records).enumerate() {
        let text = || words::text(&step.deed, &world.names);
        if record.effect == Some(false) {
            list.push(Warning {
                code: "fault-without-effect",
                line: step.line,
                text: format!("`{}` changed nothing: it was so already", text()),
            });
        }
        if let Some(late) = record.late {
            let text = text();
            let first = text.lines().next().unwrap_or_default();
            list.push(Warning {
                code: "late-step",
                line: step.line,
                text: format!("`{first}` began {late} after its `at`: {}", why_late(program, at)),
            });
        }
    }
    for expect in parts(scenario, case) {
        let judges_nothing = expect.hazards.is_empty()
            && expect.never.is_empty()
            && expect.states.is_empty()
            && expect.downtime.is_empty()
            && expect.events_at_most.is_none()
            && expect.effects.is_empty();
        let allows_all = |worst: &(u32, Worst)| worst.1 == Some(Severity::Corruption);
        if let Some((line, _)) = expect.worst.filter(allows_all).filter(|_| judges_nothing && expect.left.is_none()) {
            list.push(Warning {
                code: "expectation-trivial",
                line,
                text: "`worst: corruption` allows everything, and nothing else is expected".into(),
            });
        }
        if let Some((line, _)) = expect.left.filter(allows_all) {
            list.push(Warning { code: "expectation-trivial", line, text: "`left: corruption` allows everything".into() });
        }
    }
    list
}

/// The verdict of a case (contract §2).
pub fn verdict(scenario: &Scenario, case: Case, engine: &Engine, expectations: &[Expectation]) -> Verdict {
    if expectations.iter().any(|expectation| !expectation.passed) {
        return Verdict::NotAsExpected;
    }
    let never_began = case.recovery.is_some() && engine.recovery_began.is_none() && !engine.cut_short;
    let without_effect = engine.program().steps.iter().zip(&engine.records).any(|((sequence, step), record)| {
        *sequence != Sequence::Recovery && matches!(step.deed, Deed::Fault { .. }) && record.effect == Some(false)
    });
    if without_effect || never_began {
        Verdict::Inconclusive
    } else if parts(scenario, case).next().is_none() {
        Verdict::NoExpectation
    } else {
        Verdict::AsExpected
    }
}
