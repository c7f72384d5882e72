//! What is expected and what was found, in the words of a report's lines. Judges nothing.

use crate::base::ids::{MachineId, VdiId, VmId};
use crate::base::time::Time;
use crate::hazard::Severity;
use crate::hazard::watch::Found;
use crate::scenario::model::{Fact, HazardExpect, StateExpect, StateWhen, Worst};
use crate::world::World;

/// Machines as a set: sorted, each once.
pub(super) fn machines(world: &World, machines: &[MachineId]) -> String {
    let mut machines = machines.to_vec();
    machines.sort();
    machines.dedup();
    format!("[{}]", machines.iter().map(|m| world.names.machine(*m)).collect::<Vec<_>>().join(", "))
}

/// VMs as a list.
pub(super) fn vms(world: &World, vms: &[VmId]) -> String {
    format!("[{}]", vms.iter().map(|vm| world.names.vm(*vm)).collect::<Vec<_>>().join(", "))
}

/// Whether two lists are the same set.
pub(super) fn same_set<T: Ord + Clone>(a: &[T], b: &[T]) -> bool {
    let sorted = |list: &[T]| {
        let mut list = list.to_vec();
        list.sort();
        list.dedup();
        list
    };
    sorted(a) == sorted(b)
}

/// The key of a fact, as scenarios write it.
pub(super) fn fact_key(fact: &Fact) -> &'static str {
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
        Fact::Activating(..) => "activating",
        Fact::Relinking(..) => "relinking",
        Fact::Masters(..) => "masters",
        Fact::DefaultSr(..) => "default-sr",
    }
}

pub(super) fn fact_wanted(world: &World, fact: &Fact) -> (Option<String>, String) {
    let machine = |m: &MachineId| Some(world.names.machine(*m).to_owned());
    let vm = |vm: &VmId| Some(world.names.vm(*vm).to_owned());
    let vdi = |vdi: &VdiId| Some(world.names.vdi(*vdi).to_owned());
    match fact {
        Fact::Powered(m, is) | Fact::Live(m, is) | Fact::Enabled(m, is) | Fact::Known(m, is) | Fact::Fenced(m, is) => {
            (machine(m), is.to_string())
        }
        Fact::Role(m, is) => (machine(m), is.name().into()),
        Fact::Running(m, is) => (machine(m), vms(world, is)),
        Fact::PowerState(v, is) => (vm(v), is.name().into()),
        Fact::ResidentOn(v, is) => (vm(v), is.map_or("null".into(), |m| world.names.machine(m).to_owned())),
        Fact::RunningOn(v, is) => (vm(v), machines(world, is)),
        Fact::Locks(v, is) | Fact::OpenOn(v, is) => (vdi(v), machines(world, is)),
        Fact::Damaged(v, is) | Fact::Paused(v, is) | Fact::Activating(v, is) | Fact::Relinking(v, is) => (vdi(v), is.to_string()),
        Fact::Masters(is) => (None, machines(world, is)),
        Fact::DefaultSr(is) => (None, is.map_or("null".into(), |sr| world.names.sr(sr).to_owned())),
    }
}

/// A state as a sentence: `at 14m, beta: live true`.
pub(super) fn state_text(world: &World, expect: &StateExpect) -> String {
    let when = match expect.when {
        StateWhen::At(at) => format!("at {at}"),
        StateWhen::End => "at the end".into(),
        StateWhen::By(by) => format!("by {by}"),
        StateWhen::During(first, last) => format!("during {first}..{last}"),
    };
    let (subject, facts) = stands(world, expect);
    let subject = subject.map_or_else(String::new, |of| format!(", {of}"));
    format!("{when}{subject}: {facts}")
}

/// The same without its time: `beta: live: true`.
pub(super) fn stands_text(world: &World, expect: &StateExpect) -> String {
    match stands(world, expect) {
        (Some(subject), facts) => format!("{subject}: {facts}"),
        (None, facts) => facts,
    }
}

/// What a state is about, and its facts: `db-root, app-root` and `damaged: false`, where it is about several.
fn stands(world: &World, expect: &StateExpect) -> (Option<String>, String) {
    let said = |facts: &[&Fact]| {
        facts.iter().map(|fact| format!("{}: {}", fact_key(fact), fact_wanted(world, fact).1)).collect::<Vec<_>>().join(", ")
    };
    // Of all that a list names the same is wanted.
    let groups = by_subject(world, expect);
    let subjects: Vec<String> = groups.iter().filter_map(|(subject, _)| subject.clone()).collect();
    let facts = groups.first().map_or_else(String::new, |(_, facts)| said(facts));
    let seen = expect.seen_by.map_or_else(String::new, |m| format!(" (seen by {})", world.names.machine(m)));
    ((!subjects.is_empty()).then(|| subjects.join(", ")), format!("{facts}{seen}"))
}

/// The facts of a state by what they are about, as the file lists it.
pub(super) fn by_subject<'a>(world: &World, expect: &'a StateExpect) -> Vec<(Option<String>, Vec<&'a Fact>)> {
    let mut groups: Vec<(Option<String>, Vec<&Fact>)> = Vec::new();
    for fact in &expect.facts {
        let (subject, _) = fact_wanted(world, fact);
        match groups.iter_mut().find(|(of, _)| *of == subject) {
            Some((_, facts)) => facts.push(fact),
            None => groups.push((subject, vec![fact])),
        }
    }
    groups
}

/// A worst severity, or none.
pub(super) fn worst_name(worst: Worst) -> &'static str {
    worst.map_or("none", Severity::name)
}

/// An expected hazard in words: `double-writer, vdi db-root, begun by 14m`.
pub(super) fn hazard_text(world: &World, item: &HazardExpect) -> String {
    let mut what = vec![item.hazard.doc().name.to_owned()];
    what.extend(item.vdi.map(|vdi| format!("vdi {}", world.names.vdi(vdi))));
    what.extend(item.vm.map(|vm| format!("vm {}", world.names.vm(vm))));
    what.extend(item.sr.map(|sr| format!("sr {}", world.names.sr(sr))));
    what.extend(item.hosts.as_ref().map(|hosts| format!("hosts {}", machines(world, hosts))));
    what.extend(item.host.map(|host| format!("host {}", world.names.machine(host))));
    what.extend(item.by.map(|by| format!("by {}", world.names.machine(by))));
    what.extend(item.begins.map(|(first, last)| match first {
        Time::ZERO => format!("begun by {last}"),
        first => format!("begun during {first}..{last}"),
    }));
    what.join(", ")
}

pub(super) fn found_text(world: &World, found: &Found) -> String {
    format!("{} since {} with hosts {}", found.hazard.doc().name, found.since, machines(world, &found.hosts))
}
