//! Expectations as they are written.

use super::super::draft::power_word;
use super::super::model::{Expect, Fact, HazardExpect, Scope, StateExpect, StateWhen, Worst};
use super::super::plain::{self, Map};
use super::super::tree::Node;
use crate::base::ids::{MachineId, SrId, VmId};
use crate::base::time::{Span, Time};
use crate::world::inventory::Inventory;

/// What is expected of a file or of a recovery.
pub fn node(names: &Inventory, expect: &Expect) -> Node {
    let mut map = Map::default();
    if expect.worst_by_world.is_empty() {
        map.may("worst", expect.worst.map(|(_, worst)| severity(worst)));
    } else {
        let mut worlds = Map::default();
        for (world, (_, worst)) in &expect.worst_by_world {
            worlds.say(world, severity(*worst));
        }
        map.say("worst", worlds.node());
    }
    map.may("left", expect.left.map(|(_, worst)| severity(worst)));
    let some = |items: Vec<Node>| (!items.is_empty()).then(|| plain::list(items));
    map.may("hazards", some(expect.hazards.iter().map(|item| hazard(names, item)).collect()));
    map.may("never", some(expect.never.iter().map(|(_, name)| plain::text(name.doc().name)).collect()));
    map.may("states", some(expect.states.iter().map(|item| state(names, item)).collect()));
    map.may("downtime", downtime(names, &expect.downtime));
    map.may("events", expect.events_at_most.map(|(_, most)| plain::named(vec![("at-most".to_string(), plain::number(most))])));
    map.may("effects", some(expect.effects.iter().map(|(_, id)| plain::text(id)).collect()));
    map.node()
}

fn severity(worst: Worst) -> Node {
    plain::text(worst.map_or("none", |severity| severity.name()))
}

/// From the beginning to the end, both included.
fn times(from: Time, to: Time) -> Node {
    plain::text(format!("{from}..{to}"))
}

fn scope(map: &mut Map, scope: &Scope) {
    map.may("world", scope.world.as_ref().map(plain::text));
    map.may("recovery", scope.recovery.as_ref().map(plain::text));
}

fn machine(names: &Inventory, machine: MachineId) -> Node {
    plain::text(names.machine(machine))
}
fn machines(names: &Inventory, machines: &[MachineId]) -> Node {
    plain::texts(machines.iter().map(|machine| names.machine(*machine)))
}

fn hazard(names: &Inventory, item: &HazardExpect) -> Node {
    let mut map = Map::default();
    map.say("hazard", plain::text(item.hazard.doc().name));
    map.may("vdi", item.vdi.map(|vdi| plain::text(names.vdi(vdi))));
    map.may("vm", item.vm.map(|vm| plain::text(names.vm(vm))));
    map.may("sr", item.sr.map(|sr: SrId| plain::text(names.sr(sr))));
    map.may("hosts", item.hosts.as_ref().map(|hosts| machines(names, hosts)));
    map.may("host", item.host.map(|host| machine(names, host)));
    map.may("by", item.by.map(|host| machine(names, host)));
    map.may("during", item.begins.map(|(from, to)| times(from, to)));
    map.may(
        "in",
        item.share.map(|(least, most)| {
            let (least, most) = (plain::percent(least), plain::percent(most));
            plain::text(if least == most { least } else { format!("{least}..{most}") })
        }),
    );
    scope(&mut map, &item.scope);
    map.node()
}

fn state(names: &Inventory, item: &StateExpect) -> Node {
    let mut map = Map::default();
    match item.when {
        StateWhen::At(at) => map.say("at", plain::span(at.since(Time::ZERO))),
        StateWhen::End => map.say("at", plain::text("end")),
        StateWhen::By(at) => map.say("by", plain::span(at.since(Time::ZERO))),
        StateWhen::During(from, to) => map.say("during", times(from, to)),
    }
    stands(names, item, &mut map);
    map.node()
}

/// What a recovery is for.
pub fn goal(names: &Inventory, goal: &[StateExpect]) -> Node {
    let one = |item: &StateExpect| {
        let mut map = Map::default();
        stands(names, item, &mut map);
        map.node()
    };
    plain::list(goal.iter().map(one))
}

/// A state without its time.
fn stands(names: &Inventory, item: &StateExpect, map: &mut Map) {
    scope(map, &item.scope);
    map.may("seen-by", item.seen_by.map(|host| machine(names, host)));
    facts(names, &item.facts, map);
}

/// The facts of an item. Of several hosts, VMs or VDIs the same is said: what is said of the first is written.
fn facts(names: &Inventory, facts: &[Fact], map: &mut Map) {
    let mut subjects: [Vec<&str>; 3] = Default::default();
    let mut said: Vec<(&str, Node)> = Vec::new();
    for fact in facts {
        let (key, node) = fact_node(names, fact);
        if let Some((kind, name)) = subject(names, fact)
            && !subjects[kind].contains(&name)
        {
            subjects[kind].push(name);
        }
        if !said.iter().any(|(known, _)| *known == key) {
            said.push((key, node));
        }
    }
    for (key, names) in ["host", "vm", "vdi"].into_iter().zip(subjects) {
        map.may(key, (!names.is_empty()).then(|| plain::one_or_more(names)));
    }
    said.into_iter().for_each(|(key, node)| map.say(key, node));
}

/// Which of hosts, VMs and VDIs a fact is about, and its name.
fn subject<'n>(names: &'n Inventory, fact: &Fact) -> Option<(usize, &'n str)> {
    Some(match fact {
        Fact::Powered(host, _)
        | Fact::Live(host, _)
        | Fact::Enabled(host, _)
        | Fact::Known(host, _)
        | Fact::Role(host, _)
        | Fact::Running(host, _)
        | Fact::Fenced(host, _) => (0, names.machine(*host)),
        Fact::PowerState(vm, _) | Fact::ResidentOn(vm, _) | Fact::RunningOn(vm, _) => (1, names.vm(*vm)),
        Fact::Locks(vdi, _)
        | Fact::OpenOn(vdi, _)
        | Fact::Damaged(vdi, _)
        | Fact::Paused(vdi, _)
        | Fact::Activating(vdi, _)
        | Fact::Relinking(vdi, _) => (2, names.vdi(*vdi)),
        Fact::Masters(_) | Fact::DefaultSr(_) => return None,
    })
}

fn fact_node(names: &Inventory, fact: &Fact) -> (&'static str, Node) {
    match fact {
        Fact::Powered(_, value) => ("powered", plain::truth(*value)),
        Fact::Live(_, value) => ("live", plain::truth(*value)),
        Fact::Enabled(_, value) => ("enabled", plain::truth(*value)),
        Fact::Known(_, value) => ("known", plain::truth(*value)),
        Fact::Role(_, role) => ("role", plain::text(role.name())),
        Fact::Running(_, vms) => ("running", plain::texts(vms.iter().map(|vm| names.vm(*vm)))),
        Fact::Fenced(_, value) => ("fenced", plain::truth(*value)),
        Fact::PowerState(_, state) => ("power-state", plain::text(power_word(*state))),
        Fact::ResidentOn(_, host) => ("resident-on", host.map_or_else(plain::null, |host| machine(names, host))),
        Fact::RunningOn(_, hosts) => ("running-on", machines(names, hosts)),
        Fact::Locks(_, hosts) => ("locks", machines(names, hosts)),
        Fact::OpenOn(_, hosts) => ("open-on", machines(names, hosts)),
        Fact::Damaged(_, value) => ("damaged", plain::truth(*value)),
        Fact::Paused(_, value) => ("paused", plain::truth(*value)),
        Fact::Activating(_, value) => ("activating", plain::truth(*value)),
        Fact::Relinking(_, value) => ("relinking", plain::truth(*value)),
        Fact::Masters(hosts) => ("masters", machines(names, hosts)),
        Fact::DefaultSr(sr) => ("default-sr", sr.map_or_else(plain::null, |sr| plain::text(names.sr(sr)))),
    }
}

/// The bounds by VM. A VM that has two of them, by its name and by a row of names, has the second as a row of one; of more,
/// the strictest counts.
fn downtime(names: &Inventory, bounds: &[(u32, VmId, Span)]) -> Option<Node> {
    let mut said: Vec<(String, Span)> = Vec::new();
    for (_, vm, most) in bounds {
        let name = names.vm(*vm);
        let row = format!("{name}..{name}");
        if !said.iter().any(|(key, _)| key == name) {
            said.push((name.to_string(), *most));
        } else if let Some((_, least)) = said.iter_mut().find(|(key, _)| *key == row) {
            *least = (*least).min(*most);
        } else {
            said.push((row, *most));
        }
    }
    let mut map = Map::default();
    said.into_iter().for_each(|(key, most)| map.say(&key, plain::span(most)));
    (!map.is_empty()).then(|| map.node())
}
