//! Reads `expect`, of the file and of a recovery, and `goal`, which stands in a `drill`, too.

use super::clash;
use super::deeds::required;
use super::diagnostic::Place;
use super::facts::read_facts;
use super::keys;
use super::lint;
use super::model::{Expect, HazardExpect, Scope, StateExpect, StateWhen, Worst};
use super::read::{Fields, Reader, shorten};
use super::scene::{Scene, StepIs};
use super::tree::{Node, Value};
use crate::base::ids::{MachineId, VdiId, VmId};
use crate::base::time::{Span, Time};
use crate::hazard::{self, HazardId, Severity};
use std::collections::BTreeSet;

const WORSTS: [(&str, Worst); 5] = [
    ("none", None),
    ("notice", Some(Severity::Notice)),
    ("outage", Some(Severity::Outage)),
    ("danger", Some(Severity::Danger)),
    ("corruption", Some(Severity::Corruption)),
];

/// Reads an `expect`; `line` is that of its key.
pub fn read_expect(reader: &mut Reader<'_>, scene: &Scene<'_>, node: &Node, line: u32) -> Option<Expect> {
    let fields = reader.fields(node, &keys::EXPECT)?;
    let mut expect = Expect { line, ..Expect::default() };
    if let Some((key, node)) = fields.entry("worst") {
        if let Value::Map(entries) = &node.value {
            for (world, node) in entries {
                known(reader, &scene.worlds, "world", world.place, &world.text);
                if let Some(worst) = reader.choice(node, "a severity", &WORSTS) {
                    expect.worst_by_world.insert(world.text.clone(), (reader.line(world.place), worst));
                }
            }
        } else {
            let line = reader.line(key.place);
            expect.worst = reader.choice(node, "a severity", &WORSTS).map(|worst| (line, worst));
        }
    }
    if let Some((key, node)) = fields.entry("left") {
        let line = reader.line(key.place);
        expect.left = reader.choice(node, "a severity", &WORSTS).map(|worst| (line, worst));
    }
    if let Some(node) = fields.get("hazards") {
        for item in reader.items(node, "a list of hazards, like `- {hazard: double-writer, vdi: db-root}`") {
            expect.hazards.extend(read_hazard(reader, scene, item));
        }
    }
    if let Some(node) = fields.get("never") {
        for item in reader.items(node, "a list of hazards' names") {
            let line = reader.line(item.mark());
            expect.never.extend(hazard_name(reader, item).map(|name| (line, name)));
        }
    }
    if let Some(node) = fields.get("states") {
        for item in reader.items(node, "a list of states, like `- {at: end, vm: db, power-state: running}`") {
            expect.states.extend(read_state(reader, scene, item));
        }
    }
    read_bounds(reader, scene, &fields, &mut expect);
    lint::expect(reader, scene, &fields, &expect);
    Some(expect)
}

/// `downtime`, `events` and `effects`.
fn read_bounds(reader: &mut Reader<'_>, scene: &Scene<'_>, fields: &Fields<'_>, expect: &mut Expect) {
    if let Some(node) = fields.get("downtime") {
        for (key, node) in reader.entries(node, "a map from VMs to durations, like `{db: 10m}`") {
            let line = reader.line(key.place);
            let vms = scene.index.all(reader, super::index::Kind::Vm, key.place, &key.text);
            if let Some(most) = reader.span(node) {
                expect.downtime.extend(vms.into_iter().map(|vm| (line, VmId(vm), most)));
            }
        }
    }
    if let Some((key, node)) = fields.entry("events")
        && let Some(bounds) = reader.fields(node, &keys::EVENTS)
    {
        let line = reader.line(key.place);
        let most = required(reader, &bounds, "at-most").and_then(|node| reader.whole(node, 0, u64::MAX));
        expect.events_at_most = most.map(|most| (line, most));
    }
    if let Some(node) = fields.get("effects") {
        for item in reader.items(node, "a list of steps' ids, like `[cut, unlock]`") {
            let Some(id) = reader.text(item, "the id of a step") else { continue };
            if known_step(reader, scene, item.place, id) {
                expect.effects.push((reader.line(item.place), id.to_string()));
            }
        }
    }
}

/// Whether an expectation may name a step: it is there, where it is judged, and it can change something.
fn known_step(reader: &mut Reader<'_>, scene: &Scene<'_>, place: Place, id: &str) -> bool {
    let here = |step: &&StepIs| scene.recovery.is_none() || step.recovery.is_none() || step.recovery == scene.recovery;
    let found: Vec<StepIs> = scene.steps.get(id).into_iter().flatten().filter(here).copied().collect();
    if found.is_empty() {
        let help = match reader.guess(id, scene.steps.keys().map(String::as_str)) {
            Some(guess) if guess != id => format!("did you mean `{guess}`?"),
            Some(_) => "it is a step of another recovery, and this `expect` judges its own".to_string(),
            None => "give the step that you mean an `id:`".to_string(),
        };
        reader.error(place, "unknown-step", format!("no step has the id `{}`", shorten(id)), help);
    } else if found.iter().any(|step| !step.changes) {
        reader.error(
            place,
            "contradiction",
            format!("`{}` can't have an effect: a `note` and a `check-off` change nothing", shorten(id)),
            "expect an effect of a `fault`, an `act` that changes something, or a `run`",
        );
        return false;
    }
    !found.is_empty()
}

/// The share of seeds, in millionths.
fn read_share(reader: &mut Reader<'_>, scene: &Scene<'_>, fields: &Fields<'_>) -> Option<(u32, u32)> {
    let (key, node) = fields.entry("in")?;
    if !scene.seeds {
        let message = "`in` is a share of seeds, and the file names none";
        reader.error(key.place, "misplaced-key", message, "add `seeds: 1..200` at the top of the file");
    }
    reader.chance_range(node)
}

/// The instants between which a hazard must begin, or the host whose deed it is: `by` says either.
fn read_begins(reader: &mut Reader<'_>, scene: &Scene<'_>, fields: &Fields<'_>) -> (Option<(Time, Time)>, Option<MachineId>) {
    let by = fields.entry("by");
    // A host may be called `5m`: where there is one, that is what is meant.
    let digits = |node: &Node| match &node.value {
        Value::Number { .. } => true,
        Value::Text(text) => text.starts_with(|c: char| c.is_ascii_digit()) && !scene.index.of(super::index::Kind::Host).contains_key(text),
        _ => false,
    };
    let (mut begins, mut host) = (None, None);
    if let Some((_, node)) = by {
        if digits(node) {
            let span = reader.span(node);
            begins = span.and_then(|span| instant(reader, scene, node, span)).map(|last| (Time::ZERO, last));
        } else {
            host = scene.index.one(reader, super::index::Kind::Host, node).map(MachineId);
        }
    }
    if let Some((key, node)) = fields.entry("during") {
        if by.is_some_and(|(_, node)| digits(node)) {
            reader.error(key.place, "contradiction", "`by` and `during` in one item", "`during: 0s..14m` says both");
        }
        begins = during(reader, scene, node);
    }
    (begins, host)
}

/// A time with a beginning and an end.
fn during(reader: &mut Reader<'_>, scene: &Scene<'_>, node: &Node) -> Option<(Time, Time)> {
    let (from, to) = reader.span_range(node)?;
    if from == to && !matches!(&node.value, Value::Text(text) if text.contains("..")) {
        reader.error(
            node.place,
            "wrong-range",
            "`during` has a beginning and an end",
            "write `during: 5m..14m`; for one instant say `at:`, or `5m..5m`",
        );
        return None;
    }
    let to = instant(reader, scene, node, to)?;
    Some((Time::ZERO + from, to))
}

fn known(reader: &mut Reader<'_>, names: &BTreeSet<String>, what: &str, place: Place, name: &str) -> bool {
    let found = names.contains(name);
    if !found {
        let help = match reader.guess(name, names.iter().map(String::as_str)) {
            Some(guess) => format!("did you mean `{guess}`?"),
            None if names.is_empty() && what == "world" => "the file has no `worlds:`".to_string(),
            None if names.is_empty() => "the file has no `recoveries:`".to_string(),
            None => format!("there are {}", names.iter().take(8).cloned().collect::<Vec<_>>().join(", ")),
        };
        reader.error(place, "unknown-name", format!("there is no {what} `{}`", shorten(name)), help);
        if let Some(meant) = reader.sure(name, names.iter().map(String::as_str)) {
            reader.mend(place, name, meant);
        }
    }
    found
}

fn read_scope(reader: &mut Reader<'_>, scene: &Scene<'_>, fields: &Fields<'_>) -> Scope {
    let mut one = |key: &str, names: &BTreeSet<String>| {
        let node = fields.get(key)?;
        let text = reader.text(node, &format!("the name of a {key}"))?;
        known(reader, names, key, node.place, text).then(|| text.to_string())
    };
    Scope { world: one("world", &scene.worlds), recovery: one("recovery", &scene.recoveries) }
}

fn hazard_name(reader: &mut Reader<'_>, node: &Node) -> Option<HazardId> {
    let text = reader.text(node, "the name of a hazard")?;
    let found = HazardId::find(text);
    if found.is_none() {
        let help = match reader.guess(text, hazard::ALL.iter().map(|doc| doc.name)) {
            Some(guess) => format!("did you mean `{guess}`?"),
            None => format!("the hazards are {}", hazard::ALL.iter().map(|doc| doc.name).collect::<Vec<_>>().join(", ")),
        };
        reader.error(node.place, "unknown-hazard", format!("there is no hazard `{}`", shorten(text)), help);
        if let Some(meant) = reader.sure(text, hazard::ALL.iter().map(|doc| doc.name)) {
            reader.mend(node.place, text, meant);
        }
    }
    found
}

fn read_hazard(reader: &mut Reader<'_>, scene: &Scene<'_>, node: &Node) -> Option<HazardExpect> {
    let fields = reader.fields(node, &keys::HAZARD)?;
    let name = required(reader, &fields, "hazard").and_then(|node| hazard_name(reader, node));
    use super::index::Kind;
    let mut one = |key: &str, kind: Kind| fields.get(key).and_then(|node| scene.index.one(reader, kind, node));
    let (vdi, vm, sr) = (one("vdi", Kind::Vdi), one("vm", Kind::Vm), one("sr", Kind::Sr));
    let host = one("host", Kind::Host);
    let (begins, by) = read_begins(reader, scene, &fields);
    Some(HazardExpect {
        line: reader.line(fields.place()),
        scope: read_scope(reader, scene, &fields),
        vdi: vdi.map(VdiId),
        vm: vm.map(VmId),
        sr: sr.map(crate::base::ids::SrId),
        hosts: fields.get("hosts").map(|node| scene.index.hosts(reader, node)),
        host: host.map(MachineId),
        by,
        begins,
        share: read_share(reader, scene, &fields),
        hazard: name?,
    })
}

/// An instant of the run.
fn instant(reader: &mut Reader<'_>, scene: &Scene<'_>, node: &Node, span: Span) -> Option<Time> {
    let at = Time::ZERO + span;
    if let Some(until) = scene.until.filter(|until| at > *until) {
        reader.error(
            node.place,
            "after-end",
            format!("{at} is after the run has ended"),
            format!("the file says `until: {until}`; `at: end` is the last instant"),
        );
        return None;
    }
    Some(at)
}

fn read_when(reader: &mut Reader<'_>, scene: &Scene<'_>, fields: &Fields<'_>) -> Option<StateWhen> {
    let found = fields.among(&["at", "by", "during"]);
    if let [first, second, ..] = found[..] {
        reader.error(second.place, "contradiction", format!("`{}` and `{}` in one item", first.text, second.text), "make two items of it");
    }
    let Some(first) = found.first() else {
        reader.error(
            fields.place(),
            "missing-key",
            "nothing says when this must hold",
            "add `at: 14m`, `at: end`, `by: 14m` or `during: 5m..14m`",
        );
        return None;
    };
    let node = fields.get(&first.text)?;
    match first.text.as_str() {
        "at" if matches!(&node.value, Value::Text(text) if text == "end") => Some(StateWhen::End),
        "at" => {
            let span = reader.span(node)?;
            instant(reader, scene, node, span).map(StateWhen::At)
        }
        "by" => {
            let span = reader.span(node)?;
            instant(reader, scene, node, span).map(StateWhen::By)
        }
        _ => during(reader, scene, node).map(|(from, to)| StateWhen::During(from, to)),
    }
}

fn read_state(reader: &mut Reader<'_>, scene: &Scene<'_>, node: &Node) -> Option<StateExpect> {
    let fields = reader.fields(node, &keys::STATE)?;
    let when = read_when(reader, scene, &fields);
    let state = state(reader, scene, &fields);
    Some(StateExpect { when: when?, ..state })
}

/// A state without its time: at the end.
fn state(reader: &mut Reader<'_>, scene: &Scene<'_>, fields: &Fields<'_>) -> StateExpect {
    let scope = read_scope(reader, scene, fields);
    let seen_by = fields.get("seen-by").and_then(|node| scene.index.host(reader, node));
    let facts = read_facts(reader, scene.index, fields);
    StateExpect { line: reader.line(fields.place()), scope, when: StateWhen::End, seen_by, facts }
}

/// Reads a `goal`, whose key stands at `place`.
pub fn read_goal(reader: &mut Reader<'_>, scene: &Scene<'_>, node: &Node, place: Place) -> Vec<StateExpect> {
    let items = reader.items(node, "a list of states, like `- {vm: db, power-state: running}`");
    if items.is_empty() && matches!(&node.value, Value::List(_) | Value::Null) {
        let help = "name a state that must hold at the end, or take the key out: every VM that ran at 0 is then to run, on one host";
        reader.error(place, "wrong-value", "this goal names nothing, so nothing could miss it", help);
    }
    let mut goal = Vec::new();
    for item in items {
        let Some(fields) = reader.fields(item, &keys::GOAL) else { continue };
        let state = state(reader, scene, &fields);
        clash::goal(reader, &fields, &goal, &state);
        goal.push(state);
    }
    goal
}
