//! The way from a file's text to a scenario, in one function.

use super::chaos::read_chaos;
use super::diagnostic::{Diagnostic, Source};
use super::drill::read_drill;
use super::expect::{read_expect, read_goal};
use super::include::{self, Whole, utf8};
use super::index::{Index, good_name};
use super::keys;
use super::lint;
use super::matrix::{self, Set};
use super::model::{Deed, Drill, Expect, NamedSteps, Recovery, Scenario, StateExpect};
use super::options::read_settings;
use super::pool;
use super::read::{Fields, Reader};
use super::scene::{Scene, StepIs};
use super::steps::{Around, ReadRecovery, ReadStep, read_recovery, read_steps};
use super::tree::{self, Node, Value};
use super::waits;
use crate::base::inert::hidden;
use crate::base::time::Time;
use crate::command::Ground;
use crate::fault::Act;
use crate::world::release::Release;
use crate::world::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A scenario that can run.
#[derive(Clone, PartialEq, Debug)]
pub struct Loaded {
    /// It.
    pub scenario: Scenario,
    /// What will surprise its author.
    pub warnings: Vec<Diagnostic>,
}

/// What a file is loaded with, beside its own text.
pub struct Asked<'a> {
    /// Gives the bytes of a file that is included, by its path relative to the first file's folder, with `/`; or says why
    /// it can't.
    pub include: &'a mut dyn FnMut(&str) -> Result<Vec<u8>, String>,
    /// What is set instead of what the file says, each as `KEY=VALUE`: a setting, or `release`. A `matrix` is tried with this
    /// value of the key alone.
    pub set: &'a [String],
    /// Instead of the file's release, and of all but this one of its `matrix`.
    pub release: Option<Release>,
}

/// Reads the bytes of a scenario file that includes no other. `file` is its name: diagnostics show it, and its stem names
/// the scenario.
///
/// # Errors
/// Every mistake of the file in its order; at least one.
pub fn load_bytes(file: &str, bytes: &[u8]) -> Result<Loaded, Vec<Diagnostic>> {
    load_with(
        file,
        bytes,
        &mut Asked {
            include: &mut |_| Err("only a scenario that is a file of its own can include others".into()),
            set: &[],
            release: None,
        },
    )
}

/// Reads the text of a scenario file that includes no other, as [`load_bytes`] does.
///
/// # Errors
/// As [`load_bytes`] has them.
pub fn load(file: &str, text: &str) -> Result<Loaded, Vec<Diagnostic>> {
    load_bytes(file, text.as_bytes())
}

/// Reads the bytes of a scenario file and of those that it includes. `file` is its name: diagnostics show it, and its stem
/// names the scenario.
///
/// Takes time and memory in proportion to the text and to what its ranges of names stand for, which is bounded.
///
/// # Errors
/// Every mistake of the file in its order, and what else is odd about it; at least one error. Broken YAML, a key that stands twice and a file beyond all bounds
/// stop at the first; a file that can't be included is told before what the whole would say.
pub fn load_with(file: &str, bytes: &[u8], asked: &mut Asked<'_>) -> Result<Loaded, Vec<Diagnostic>> {
    let set = matrix::read_set(asked.set, asked.release)?;
    let text = utf8(file, bytes).map_err(|wrong| vec![*wrong])?;
    let own = tree::parse(&Source::new(file, text)).map_err(|broken| vec![broken])?;
    let Whole { node, parts, sha256 } = include::whole(file, text, own, asked.include)?;
    let mut source = Source::new(file, text);
    for part in &parts {
        source.add(&part.file, &part.text, part.base, part.line);
    }
    let mut reader = Reader::new(&source);
    let axes = matrix::read(&mut reader, &node, &set);
    let mut scenario = read_file(&mut reader, &node, &sha256, &set);
    if let Some(scenario) = &mut scenario {
        // A mistake that all variants share is told once: each is at the same place.
        for varied in matrix::combinations(&mut reader, &node, axes, &set, scenario.cases().len()) {
            scenario.variants.extend(read_file(&mut reader, &node, &sha256, &varied).map(Arc::new));
        }
    }
    if let Some(scenario) = &scenario {
        let names = &scenario.pool.names;
        let things = (names.machines.len() + names.srs.len() + names.vms.len() + names.vdis.len()) as u64;
        let cases = scenario.case_count();
        if cases.saturating_mul(things) > CASE_THINGS_MOST {
            let message = format!("{cases} cases of a pool with {things} hosts, SRs, VMs and disks");
            let help = "take fewer worlds, recoveries or values of the matrix, or a smaller pool: cases times things may be 50 million";
            reader.error(node.mark(), "too-many", message, help);
        }
    }
    if !reader.is_sound() {
        // A mistake may make a sound expectation look odd: that is told when it is mended.
        return Err(reader.finish_together(|told| !lint::OF_THE_WHOLE.contains(&told.code)));
    }
    let (errors, warnings) = reader.finish();
    match scenario {
        Some(scenario) if errors.is_empty() => Ok(Loaded { scenario, warnings }),
        _ => {
            // Every reader that gives nothing has told why; should one not, the file is still refused.
            Err(vec![source.error(
                node.mark(),
                "wrong-value",
                "this file can't be read as a scenario",
                "compare it with one of `poolsim new --list`",
            )])
        }
    }
}

/// What cases may build together: each of them begins with a pool of its own.
const CASE_THINGS_MOST: u64 = 50_000_000;

/// The stem of a file's name.
fn stem(file: &str) -> &str {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

fn read_file(reader: &mut Reader<'_>, node: &Node, sha256: &str, set: &[Set]) -> Option<Scenario> {
    if node.is_null() {
        reader.error(node.place, "empty-file", "the file holds no scenario", "`poolsim new` writes one with comments to begin with");
        return None;
    }
    let fields = reader.fields(node, &keys::FILE)?;
    let head = read_head(reader, &fields);
    let release = matrix::value(set, "release").or_else(|| fields.get("release"));
    let release = release.and_then(|node| matrix::read_release(reader, node)).unwrap_or_default();
    let seed = fields.get("seed").and_then(|node| reader.whole(node, 0, u64::MAX)).unwrap_or(0);
    let seeds = fields.get("seeds").and_then(|node| reader.whole_range(node, SEEDS_MOST));
    let skip = fields.get("skip").and_then(|node| read_skip(reader, node));
    let until = fields.get("until").and_then(|node| reader.span(node)).map(|span| Time::ZERO + span);
    let settings = match matrix::settings(set, fields.some("settings"), node.place) {
        Some(node) => read_settings(reader, release, &node),
        None => fields.some("settings").map_or_else(|| Settings::of(release), |node| read_settings(reader, release, node)),
    };
    let Some(pool_node) = fields.some("pool") else {
        let place = if fields.get("pool").is_some() { fields.key_place("pool") } else { fields.place() };
        let help = "add `pool:` with at least one host: `pool: {hosts: [alpha, beta]}`";
        reader.error(place, "missing-key", "the scenario has no pool", help);
        return None;
    };
    let pool::ReadPool { pool, index } = pool::read(reader, pool_node, &settings)?;

    let ground = Ground { names: &pool.names, release, manager: settings.storage_manager };
    let kept = captures(&fields);
    let mut around = Around { index: &index, ground, master: pool.master, until, steps: 0, lost: Vec::new(), kept, named: Vec::new() };
    let sequences = read_sequences(reader, &mut around, &fields);
    let chaos = fields.entry("chaos").map_or_else(Vec::new, |(key, node)| read_chaos(reader, &mut around, key, node));
    lint::steps(reader, &pool, &chaos, &sequences.read());
    let Expectations { of_recoveries, goal, drill, expect } = read_expectations(reader, &fields, &index, until, &sequences);
    let Sequences { timeline, worlds, world_lines, recoveries, operators, operator_lines, .. } = sequences;
    let named = |(read, line): (waits::ReadNamed, u32)| NamedSteps { name: read.0, line, steps: bare(read.1) };
    let whole = |(read, expect): (ReadRecovery<'_>, _)| Recovery { steps: bare(read.steps), expect, ..read.recovery };

    Some(Scenario {
        name: head.name,
        title: head.title,
        about: head.about,
        source: head.source,
        shows_kept: head.shows_kept,
        shows_broken: head.shows_broken,
        tags: head.tags,
        release,
        seed,
        seeds,
        skip,
        until,
        settings: Arc::new(settings),
        set: matrix::written(set),
        variants: Vec::new(),
        sha256: sha256.to_string(),
        pool,
        chaos,
        timeline: bare(timeline),
        worlds: worlds.into_iter().zip(world_lines).map(named).collect(),
        operators: operators.into_iter().zip(operator_lines).map(named).collect(),
        recoveries: recoveries.into_iter().zip(of_recoveries).map(whole).collect(),
        goal,
        drill,
        expect,
    })
}

/// What a file says of itself.
struct Head {
    name: String,
    title: String,
    about: String,
    source: String,
    shows_kept: Vec<String>,
    shows_broken: Vec<String>,
    tags: Vec<String>,
}

fn read_head(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Head {
    let mut string = |key: &str| fields.get(key).and_then(|node| reader.text(node, "a text")).map(str::to_string);
    let (name, title, about, source) = (string("name"), string("title"), string("about"), string("source"));
    let name = match (name, fields.get("name")) {
        (Some(name), Some(node)) if name.trim().is_empty() || name.contains(hidden) => {
            let message = "the scenario's name is empty or holds control characters";
            reader.error(node.place, "wrong-name", message, "take the key out: the name is then the file's");
            name
        }
        (Some(name), _) => name,
        (None, _) => stem(reader.source.file()).to_string(),
    };
    let (shows_kept, shows_broken) = match fields.some("shows").and_then(|node| reader.fields(node, &keys::SHOWS)) {
        Some(shows) => (texts(reader, &shows, "kept"), texts(reader, &shows, "broken")),
        None => (Vec::new(), Vec::new()),
    };
    Head {
        name,
        title: title.unwrap_or_default(),
        about: about.unwrap_or_default(),
        source: source.unwrap_or_default(),
        shows_kept,
        shows_broken,
        tags: texts(reader, fields, "tags"),
    }
}

/// The steps of a file.
struct Sequences<'n> {
    timeline: Vec<ReadStep>,
    worlds: Vec<waits::ReadNamed>,
    /// Where each world stands.
    world_lines: Vec<u32>,
    recoveries: Vec<ReadRecovery<'n>>,
    operators: Vec<waits::ReadNamed>,
    /// Where each operator stands.
    operator_lines: Vec<u32>,
    /// The ids of steps that were wrong.
    lost: BTreeSet<String>,
}

impl Sequences<'_> {
    fn read(&self) -> waits::ReadSteps<'_> {
        waits::ReadSteps { timeline: &self.timeline, worlds: &self.worlds, recoveries: &self.recoveries, operators: &self.operators }
    }
}

/// The names under which steps keep what is printed: a step may use them wherever it stands.
fn captures(fields: &Fields<'_>) -> BTreeSet<String> {
    fn find(node: &Node, found: &mut BTreeSet<String>) {
        match &node.value {
            Value::Map(entries) => {
                for (key, node) in entries {
                    match &node.value {
                        Value::Text(name) if key.text == "capture" => {
                            found.insert(name.clone());
                        }
                        _ => find(node, found),
                    }
                }
            }
            Value::List(items) => items.iter().for_each(|item| find(item, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    for key in ["timeline", "worlds", "recovery", "recoveries", "operators"] {
        if let Some(node) = fields.get(key) {
            find(node, &mut found);
        }
    }
    found
}

fn read_sequences<'n>(reader: &mut Reader<'_>, around: &mut Around<'_>, fields: &Fields<'n>) -> Sequences<'n> {
    let master = around.master;
    let timeline = fields.get("timeline").map_or_else(Vec::new, |node| read_steps(reader, around, node, "timeline", master));
    let (worlds, world_lines) = read_named(reader, around, fields, "worlds", "world");
    let recoveries = read_recoveries(reader, around, fields);
    let (operators, operator_lines) = read_named(reader, around, fields, "operators", "operator");
    if let Some(line) = fields.get("operators").filter(|_| operators.len() > OPERATORS_MOST) {
        let message = format!("{} operators: at most {OPERATORS_MOST}", operators.len());
        reader.error(line.mark(), "too-many", message, "let some of them share a sequence of steps");
    }
    let lost: BTreeSet<String> = std::mem::take(&mut around.lost).into_iter().collect();
    let mut named = std::mem::take(&mut around.named);
    named.retain(|step| !lost.contains(&step.id));
    let sequences = Sequences { timeline, worlds, world_lines, recoveries, operators, operator_lines, lost };
    waits::check(reader, &sequences.read(), &named);
    sequences
}

/// A map from names to lists of steps, with the line of each name.
fn read_named(
    reader: &mut Reader<'_>,
    around: &mut Around<'_>,
    fields: &Fields<'_>,
    key: &str,
    kind: &str,
) -> (Vec<waits::ReadNamed>, Vec<u32>) {
    let (mut named, mut lines) = (Vec::new(), Vec::new());
    if let Some(node) = fields.get(key) {
        let master = around.master;
        for (name, node) in reader.entries(node, &format!("a map from the name of each {kind} to its steps")) {
            good_name(reader, name.place, &name.text, kind);
            let steps = read_steps(reader, around, node, &format!("{key}.{}", name.text), master);
            named.push((name.text.clone(), steps));
            lines.push(reader.line(name.place));
        }
        not_empty(reader, fields, key, named.is_empty());
    }
    (named, lines)
}

fn read_recoveries<'n>(reader: &mut Reader<'_>, around: &mut Around<'_>, fields: &Fields<'n>) -> Vec<ReadRecovery<'n>> {
    let mut recoveries = Vec::new();
    if let Some(node) = fields.get("recoveries") {
        for (key, node) in reader.entries(node, "a map from the name of each recovery to its steps") {
            good_name(reader, key.place, &key.text, "recovery");
            recoveries.extend(read_recovery(reader, around, node, Some((&key.text, key.place))));
        }
        not_empty(reader, fields, "recoveries", recoveries.is_empty());
        if fields.get("recovery").is_some() {
            let place = fields.key_place("recovery");
            reader.error(place, "contradiction", "`recovery` and `recoveries` in one file", "give this one a name among `recoveries:`");
        }
    } else if let Some(node) = fields.some("recovery") {
        recoveries.extend(read_recovery(reader, around, node, None));
    }
    recoveries
}

/// What each recovery expects, what all of them are for, what it is as a task, and what the file expects.
struct Expectations {
    of_recoveries: Vec<Option<Expect>>,
    goal: Option<Vec<StateExpect>>,
    drill: Option<Drill>,
    expect: Option<Expect>,
}

/// Read last, since expectations name worlds, recoveries and steps.
fn read_expectations(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    index: &Index,
    until: Option<Time>,
    sequences: &Sequences<'_>,
) -> Expectations {
    let mut scene = Scene {
        index,
        seeds: fields.get("seeds").is_some(),
        steps: steps_by_id(sequences),
        recovery: None,
        worlds: sequences.worlds.iter().map(|(name, _)| name.clone()).collect(),
        recoveries: sequences.recoveries.iter().filter_map(|read| read.recovery.name.clone()).collect(),
        until,
    };
    let mut of_recoveries = Vec::new();
    for (at, read) in sequences.recoveries.iter().enumerate() {
        scene.recovery = Some(at);
        of_recoveries.push(read.expect.filter(|(node, _)| !node.is_null()).and_then(|(node, place)| {
            let line = reader.line(place);
            read_expect(reader, &scene, node, line)
        }));
    }
    scene.recovery = None;
    let goal = fields.entry("goal").map(|(key, node)| read_goal(reader, &scene, node, key.place));
    let drill = fields.entry("drill").and_then(|(key, node)| read_drill(reader, &scene, node, key.place));
    let expect = fields.some("expect").and_then(|node| {
        let line = reader.line(fields.key_place("expect"));
        read_expect(reader, &scene, node, line)
    });
    Expectations { of_recoveries, goal, drill, expect }
}

/// The most people who type beside the recovery.
pub const OPERATORS_MOST: usize = 32;

/// The most seeds that a scenario may be judged over.
pub const SEEDS_MOST: u64 = 10_000;

fn read_skip(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let text = reader.text(node, "a reason")?;
    if text.trim().is_empty() {
        reader.error(node.place, "wrong-value", "`skip` gives no reason", "say why, or take the key out: `skip: waits for issue 12`");
        return None;
    }
    Some(text.to_string())
}

/// The steps that have ids, for the expectations that name them. Those that are wrong count: they have been told of.
fn steps_by_id(sequences: &Sequences<'_>) -> BTreeMap<String, Vec<StepIs>> {
    let mut found: BTreeMap<String, Vec<StepIs>> = BTreeMap::new();
    let mut add = |steps: &[ReadStep], recovery: Option<usize>| {
        for step in steps.iter().map(|read| &read.step) {
            if let Some(id) = &step.id {
                let changes = !matches!(step.deed, Deed::Note(_) | Deed::Act(Act::CheckOff(_)));
                found.entry(id.clone()).or_default().push(StepIs { recovery, changes });
            }
        }
    };
    add(&sequences.timeline, None);
    sequences.worlds.iter().chain(&sequences.operators).for_each(|(_, steps)| add(steps, None));
    sequences.recoveries.iter().enumerate().for_each(|(at, read)| add(&read.steps, Some(at)));
    for id in &sequences.lost {
        found.entry(id.clone()).or_default().push(StepIs { recovery: None, changes: true });
    }
    found
}

fn bare(steps: Vec<ReadStep>) -> Vec<super::model::Step> {
    steps.into_iter().map(|read| read.step).collect()
}

fn not_empty(reader: &mut Reader<'_>, fields: &Fields<'_>, key: &str, empty: bool) {
    if empty && fields.get(key).is_some_and(|node| node.is_null() || matches!(&node.value, Value::Map(entries) if entries.is_empty())) {
        reader.error(fields.key_place(key), "wrong-value", format!("`{key}` names none"), "name one, or take the key out");
    }
}

fn texts(reader: &mut Reader<'_>, fields: &Fields<'_>, key: &str) -> Vec<String> {
    let Some(node) = fields.get(key) else { return Vec::new() };
    let items = reader.items(node, "a list of texts, like `[M2, M5]`");
    items.iter().filter_map(|item| reader.text(item, "a text")).map(str::to_string).collect()
}
