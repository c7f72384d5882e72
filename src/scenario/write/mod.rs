//! A scenario as the YAML of one file that loads to the same scenario. What a file need not say, since it would be derived
//! all the same, is left out; what it included is in it.

mod drill;
pub(super) mod emit;
mod expect;
mod steps;

use super::draft::PoolDraft;
use super::model::{Case, NamedSteps, Pool, Recovery, Scenario};
use super::plain::{self, Map};
use super::range;
use super::tree::{Node, Value};
use crate::base::ids::VmId;
use crate::base::time::Time;
use crate::world::release::Release;
use crate::world::settings::{SETTINGS, Settings};

/// The scenario as YAML. What the text loads to is [the same](Scenario::same_as), places apart; comments, the layout and
/// the order of keys of the file that it was loaded from are nobody's.
///
/// A `matrix` is written as one, with every value that its variants have. What was set from outside when the scenario was
/// loaded is written as the file's own: the text alone then says it, and nothing is set beside it any more.
pub fn yaml(scenario: &Scenario) -> String {
    emit::yaml(&file(scenario))
}

/// The beginning of a scenario as YAML: a pool, and worlds in which some hosts are something from 0 on: the name of a fault, and
/// its hosts.
#[allow(clippy::type_complexity, reason = "a world by name: each fault with its hosts")]
pub fn beginning(
    title: &str,
    release: Option<Release>,
    pool: &Pool,
    settings: &Settings,
    worlds: &[(String, Vec<(&str, Vec<String>)>)],
) -> String {
    let mut map = Map::default();
    map.say("title", plain::text(title));
    map.may("release", release.map(|release| plain::text(release.name())));
    let mut node = PoolDraft::of(pool, settings).node();
    in_rows(&mut node);
    map.say("pool", node);
    let mut all = Map::default();
    for (name, faults) in worlds {
        let step = |(fault, hosts): &(&str, Vec<String>)| {
            let mut deed = Map::default();
            deed.say(fault, plain::one_or_more(hosts));
            let mut step = Map::default();
            step.say("at", plain::text("0s"));
            step.say("fault", deed.node());
            step.node()
        };
        all.say(name, plain::list(faults.iter().map(step)));
    }
    if !all.is_empty() {
        map.say("worlds", all.node());
    }
    emit::yaml(&map.node())
}

/// A text in double quotes, as YAML and JSON alike have it.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A scenario of one case as a tree: its world and its recovery alone, without what is only judged or only said of it, and every
/// host and VM on its own. The seed is the scenario's.
pub(super) fn bare(scenario: &Scenario, case: Case) -> Node {
    let mut scenario = scenario.of(case).clone();
    scenario.worlds = case.world.map(|at| scenario.worlds[at].clone()).into_iter().collect();
    scenario.recoveries = case.recovery.map(|at| scenario.recoveries[at].clone()).into_iter().collect();
    for recovery in &mut scenario.recoveries {
        (recovery.name, recovery.expect) = (None, None);
    }
    (scenario.title, scenario.about, scenario.source) = Default::default();
    (scenario.shows_kept, scenario.shows_broken, scenario.tags) = Default::default();
    (scenario.seeds, scenario.skip, scenario.goal, scenario.expect) = Default::default();
    scenario.drill = None;
    scenario.variants.clear();
    let mut node = file(&scenario);
    if let Value::Map(entries) = &mut node.value {
        entries.retain(|(key, _)| key.text != "name");
        for (key, node) in entries {
            if key.text == "pool" {
                *node = PoolDraft::of(&scenario.pool, &scenario.settings).node();
            }
        }
    }
    node
}

fn file(scenario: &Scenario) -> Node {
    let mut map = Map::default();
    let some = |text: &String| (!text.is_empty()).then(|| plain::text(text));
    let texts = |list: &Vec<String>| (!list.is_empty()).then(|| plain::texts(list));
    map.say("name", plain::text(&scenario.name));
    map.may("title", some(&scenario.title));
    map.may("about", some(&scenario.about));
    map.may("source", some(&scenario.source));
    let mut shows = Map::default();
    shows.may("kept", texts(&scenario.shows_kept));
    shows.may("broken", texts(&scenario.shows_broken));
    if !shows.is_empty() {
        map.say("shows", shows.node());
    }
    map.may("tags", texts(&scenario.tags));
    map.may("release", (scenario.release != Default::default()).then(|| plain::text(scenario.release.name())));
    map.may("seed", (scenario.seed != 0).then(|| plain::number(scenario.seed)));
    map.may("seeds", scenario.seeds.map(|(first, last)| plain::text(format!("{first}..{last}"))));
    map.may("skip", scenario.skip.as_ref().map(plain::text));
    map.may("until", scenario.until.map(|until| plain::span(until.since(Time::ZERO))));
    map.may("settings", settings(scenario));
    map.may("matrix", matrix(scenario));
    map.say("pool", pool(scenario));
    let around = steps::Around { names: &scenario.pool.names, host: scenario.pool.master };
    map.may("chaos", around.chaos(&scenario.chaos));
    map.may("timeline", (!scenario.timeline.is_empty()).then(|| around.steps(&scenario.timeline)));
    let mut named = |key: &str, sequences: &[NamedSteps]| {
        if !sequences.is_empty() {
            let mut all = Map::default();
            for NamedSteps { name, steps, .. } in sequences {
                all.say(name, around.steps(steps));
            }
            map.say(key, all.node());
        }
    };
    named("worlds", &scenario.worlds);
    named("operators", &scenario.operators);
    recoveries(scenario, &around, &mut map);
    map.may("goal", scenario.goal.as_ref().map(|goal| expect::goal(&scenario.pool.names, goal)));
    map.may("drill", scenario.drill.as_ref().map(|drill| drill::node(&scenario.pool.names, drill)));
    map.may("expect", scenario.expect.as_ref().map(|expect| expect::node(&scenario.pool.names, expect)));
    map.node()
}

/// `recovery` where it has no name, else `recoveries`.
fn recoveries(scenario: &Scenario, around: &steps::Around<'_>, map: &mut Map) {
    let node = |recovery: &Recovery| {
        let mut map = around.recovery(recovery);
        map.may("expect", recovery.expect.as_ref().map(|expect| expect::node(&scenario.pool.names, expect)));
        map.node()
    };
    let mut named = Map::default();
    for recovery in &scenario.recoveries {
        match &recovery.name {
            Some(name) => named.say(name, node(recovery)),
            None => map.say("recovery", node(recovery)),
        }
    }
    if !named.is_empty() {
        map.say("recoveries", named.node());
    }
}

/// The settings that are not the release's own. What a variant of another release has otherwise than that release was said.
fn settings(scenario: &Scenario) -> Option<Node> {
    let mut map = Map::default();
    for doc in SETTINGS {
        let usual = |scenario: &Scenario| scenario.settings.shown(doc.key) == Settings::of(scenario.release).shown(doc.key);
        let set = |scenario: &Scenario| scenario.set.iter().any(|(key, _)| key == doc.key);
        if !usual(scenario) || scenario.variants.iter().any(|variant| !set(variant) && !usual(variant)) {
            map.may(doc.key, scenario.settings.shown(doc.key).map(plain::text));
        }
    }
    (!map.is_empty()).then(|| map.node())
}

/// The keys that the variants set, each with its values in the order in which they come.
fn matrix(scenario: &Scenario) -> Option<Node> {
    let mut axes: Vec<(&str, Vec<&str>)> = Vec::new();
    let outside = |key: &str| scenario.set.iter().any(|(set, _)| set == key);
    for (key, value) in scenario.variants.iter().flat_map(|variant| &variant.set).filter(|(key, _)| !outside(key)) {
        match axes.iter_mut().find(|(axis, _)| axis == key) {
            Some((_, values)) if !values.contains(&value.as_str()) => values.push(value),
            Some(_) => {}
            None => axes.push((key, vec![value])),
        }
    }
    let mut map = Map::default();
    let mut settings = Map::default();
    for (key, values) in axes {
        if key == "release" { map.say(key, plain::texts(values)) } else { settings.say(key, plain::texts(values)) }
    }
    if !settings.is_empty() {
        map.say("settings", settings.node());
    }
    (!map.is_empty()).then(|| map.node())
}

fn pool(scenario: &Scenario) -> Node {
    let mut draft = PoolDraft::of(&scenario.pool, &scenario.settings);
    // A grace that does not follow the setting where a variant has another one was said.
    let usual = |scenario: &Scenario, vm: VmId| scenario.pool.names.vms[vm.at()].grace == scenario.settings.vm_grace;
    for (vm, said) in scenario.pool.names.vm_ids().zip(&mut draft.vms) {
        if scenario.variants.iter().any(|variant| !usual(variant, vm)) {
            said.grace = Some(scenario.pool.names.vms[vm.at()].grace);
        }
    }
    let mut node = draft.node();
    in_rows(&mut node);
    node
}

/// Puts the hosts and VMs of a pool into rows.
fn in_rows(pool: &mut Node) {
    if let Value::Map(entries) = &mut pool.value {
        for (key, node) in entries {
            if ["hosts", "spare-hosts", "vms"].contains(&key.text.as_str()) {
                rows(node);
            }
        }
    }
}

/// The fewest names that are written as a row.
const ROW_LEAST: usize = 3;

/// Puts names that differ in a number alone, and of which the same is said, into rows: `xs01..xs16`.
fn rows(node: &mut Node) {
    let all: Vec<(String, Node)> = match &node.value {
        Value::List(items) => {
            let names = items.iter().filter_map(|item| if let Value::Text(text) = &item.value { Some(text.clone()) } else { None });
            names.map(|name| (name, plain::null())).collect()
        }
        Value::Map(entries) => entries.iter().map(|(key, value)| (key.text.clone(), value.clone())).collect(),
        _ => return,
    };
    let mut found: Vec<(String, Node)> = Vec::new();
    let mut rest = &all[..];
    while let Some((first, details)) = rest.first() {
        let alike = rest.iter().take_while(|(_, other)| other == details).count();
        let names: Vec<&str> = rest[..alike].iter().map(|(name, _)| name.as_str()).collect();
        let row = range::row(&names);
        if row >= ROW_LEAST {
            found.push((format!("{first}..{}", names[row - 1]), details.clone()));
            rest = &rest[row..];
        } else {
            found.push((first.clone(), details.clone()));
            rest = &rest[1..];
        }
    }
    *node = plain::named(found);
}
