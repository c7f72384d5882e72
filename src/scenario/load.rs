//! The way from a file's text to a scenario, in one function.

use super::diagnostic::{Diagnostic, Place, Source};
use super::expect::{Scene, StepIs, read_expect};
use super::include::{self, Whole};
use super::index::good_name;
use super::keys;
use super::lint;
use super::matrix::{self, Set};
use super::model::{Deed, NamedSteps, Recovery, Scenario};
use super::options::read_settings;
use super::pool;
use super::read::{Fields, Reader};
use super::steps::{Around, ReadRecovery, ReadStep, read_recovery, read_steps};
use super::tree::{self, Node, Value};
use super::waits;
use crate::base::time::Time;
use crate::fault::Act;
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
        &mut Asked { include: &mut |_| Err("only a scenario that is a file of its own can include others".into()), set: &[] },
    )
}

/// Reads the text of a scenario file that includes no other, as [`load_bytes`] does.
///
/// # Errors
/// As [`load_bytes`] has them.
pub fn load(file: &str, text: &str) -> Result<Loaded, Vec<Diagnostic>> {
    load_bytes(file, text.as_bytes())
}

/// The text of a file.
pub(super) fn utf8<'b>(file: &str, bytes: &'b [u8]) -> Result<&'b str, Box<Diagnostic>> {
    std::str::from_utf8(bytes).map_err(|error| {
        let good = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
        let source = Source::new(file, good);
        let end = source.text().len();
        let place = Place { start: end, end };
        let (message, help) = if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            ("the file is UTF-16, not UTF-8", "save it as UTF-8")
        } else {
            ("here stands a byte that is not UTF-8", "save the file as UTF-8")
        };
        Box::new(source.error(place, "not-utf8", message, help))
    })
}

/// Reads the bytes of a scenario file and of those that it includes. `file` is its name: diagnostics show it, and its stem
/// names the scenario.
///
/// Takes time and memory in proportion to the text and to what its ranges of names stand for, which is bounded.
///
/// # Errors
/// Every mistake of the file in its order; at least one. Broken YAML, a key that stands twice and a file beyond all bounds
/// stop at the first; a file that can't be included is told before what the whole would say.
pub fn load_with(file: &str, bytes: &[u8], asked: &mut Asked<'_>) -> Result<Loaded, Vec<Diagnostic>> {
    let set = matrix::read_set(asked.set)?;
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
    let (errors, warnings) = reader.finish();
    match scenario {
        Some(scenario) if errors.is_empty() => Ok(Loaded { scenario, warnings }),
        _ if errors.is_empty() => {
            // Every reader that gives nothing has told why; should one not, the file is still refused.
            Err(vec![source.error(
                node.mark(),
                "wrong-value",
                "this file can't be read as a scenario",
                "compare it with one of `poolsim new --list`",
            )])
        }
        _ => Err(errors),
    }
}

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
    let mut string = |key: &str| fields.get(key).and_then(|node| reader.text(node, "a text")).map(str::to_string);
    let (name, title, about, source) = (string("name"), string("title"), string("about"), string("source"));
    let name = match (name, fields.get("name")) {
        (Some(name), Some(node)) if name.trim().is_empty() || name.contains(char::is_control) => {
            reader.error(
                node.place,
                "wrong-name",
                "the scenario's name is empty or holds control characters",
                "take the key out: the name is then the file's",
            );
            name
        }
        (Some(name), _) => name,
        (None, _) => stem(reader.source.file()).to_string(),
    };
    let (shows_kept, shows_broken) = match fields.some("shows").and_then(|node| reader.fields(node, &keys::SHOWS)) {
        Some(shows) => (texts(reader, &shows, "kept"), texts(reader, &shows, "broken")),
        None => (Vec::new(), Vec::new()),
    };
    let tags = texts(reader, &fields, "tags");
    let release = matrix::value(set, "release").or_else(|| fields.get("release")).and_then(|node| matrix::read_release(reader, node));
    let seed = fields.get("seed").and_then(|node| reader.whole(node, 0, u64::MAX)).unwrap_or(0);
    let seeds = fields.get("seeds").and_then(|node| reader.whole_range(node, SEEDS_MOST));
    let skip = fields.get("skip").and_then(|node| read_skip(reader, node));
    let until = fields.get("until").and_then(|node| reader.span(node)).map(|span| Time::ZERO + span);
    let settings = match matrix::settings(set, fields.some("settings"), node.place) {
        Some(node) => read_settings(reader, &node),
        None => fields.some("settings").map(|node| read_settings(reader, node)).unwrap_or_default(),
    };

    let Some(pool_node) = fields.some("pool") else {
        let place = if fields.get("pool").is_some() { fields.key_place("pool") } else { fields.place() };
        reader.error(
            place,
            "missing-key",
            "the scenario has no pool",
            "add `pool:` with at least one host: `pool: {hosts: [alpha, beta]}`",
        );
        return None;
    };
    let pool::ReadPool { pool, index } = pool::read(reader, pool_node, &settings)?;

    let mut around =
        Around { index: &index, names: &pool.names, master: pool.master, until, steps: 0, lost: Vec::new(), named: Vec::new() };
    let timeline = fields.get("timeline").map_or_else(Vec::new, |node| read_steps(reader, &mut around, node, "timeline", pool.master));
    let mut worlds: Vec<(String, Vec<ReadStep>, u32)> = Vec::new();
    if let Some(node) = fields.get("worlds") {
        for (key, node) in reader.entries(node, "a map from the name of each world to its steps") {
            good_name(reader, key.place, &key.text, "world");
            let steps = read_steps(reader, &mut around, node, &format!("worlds.{}", key.text), pool.master);
            worlds.push((key.text.clone(), steps, reader.line(key.place)));
        }
        not_empty(reader, &fields, "worlds", worlds.is_empty());
    }
    let mut operators: Vec<(String, Vec<ReadStep>, u32)> = Vec::new();
    if let Some(node) = fields.get("operators") {
        for (key, node) in reader.entries(node, "a map from the name of each operator to his steps") {
            good_name(reader, key.place, &key.text, "operator");
            let steps = read_steps(reader, &mut around, node, &format!("operators.{}", key.text), pool.master);
            operators.push((key.text.clone(), steps, reader.line(key.place)));
            if operators.len() == OPERATORS_MOST + 1 {
                let help = "let some of them share a sequence of steps";
                reader.error(key.place, "too-many", format!("too many operators: at most {OPERATORS_MOST}"), help);
            }
        }
        not_empty(reader, &fields, "operators", operators.is_empty());
    }
    let mut recoveries: Vec<ReadRecovery<'_>> = Vec::new();
    if let Some(node) = fields.get("recoveries") {
        for (key, node) in reader.entries(node, "a map from the name of each recovery to its steps") {
            good_name(reader, key.place, &key.text, "recovery");
            recoveries.extend(read_recovery(reader, &mut around, node, Some((&key.text, key.place))));
        }
        not_empty(reader, &fields, "recoveries", recoveries.is_empty());
        if fields.get("recovery").is_some() {
            let place = fields.key_place("recovery");
            reader.error(place, "contradiction", "`recovery` and `recoveries` in one file", "give this one a name among `recoveries:`");
        }
    } else if let Some(node) = fields.some("recovery") {
        recoveries.extend(read_recovery(reader, &mut around, node, None));
    }
    let lost: BTreeSet<String> = std::mem::take(&mut around.lost).into_iter().collect();
    let mut named = std::mem::take(&mut around.named);
    named.retain(|step| !lost.contains(&step.id));
    let (world_steps, world_lines): (Vec<waits::ReadNamed>, Vec<u32>) =
        worlds.into_iter().map(|(name, steps, line)| ((name, steps), line)).unzip();
    let (operator_steps, operator_lines): (Vec<waits::ReadNamed>, Vec<u32>) =
        operators.into_iter().map(|(name, steps, line)| ((name, steps), line)).unzip();
    let read_steps = waits::ReadSteps { timeline: &timeline, worlds: &world_steps, recoveries: &recoveries, operators: &operator_steps };
    waits::check(reader, &read_steps, &named);
    lint::steps(reader, &pool, &read_steps);
    let mut scene = Scene {
        index: &index,
        seeds: fields.get("seeds").is_some(),
        steps: steps_by_id(&read_steps, &lost),
        recovery: None,
        worlds: world_steps.iter().map(|(name, _)| name.clone()).collect(),
        recoveries: recoveries.iter().filter_map(|recovery| recovery.recovery.name.clone()).collect::<BTreeSet<_>>(),
        until,
    };
    let mut read = Vec::new();
    for (at, ReadRecovery { mut recovery, steps, expect, .. }) in recoveries.into_iter().enumerate() {
        recovery.steps = bare(steps);
        scene.recovery = Some(at);
        recovery.expect = expect.filter(|(node, _)| !node.is_null()).and_then(|(node, place)| {
            let line = reader.line(place);
            read_expect(reader, &scene, node, line)
        });
        read.push(recovery);
    }
    let recoveries: Vec<Recovery> = read;
    scene.recovery = None;
    let expect = fields.some("expect").and_then(|node| {
        let line = reader.line(fields.key_place("expect"));
        read_expect(reader, &scene, node, line)
    });

    Some(Scenario {
        name,
        title: title.unwrap_or_default(),
        about: about.unwrap_or_default(),
        source: source.unwrap_or_default(),
        shows_kept,
        shows_broken,
        tags,
        release: release.unwrap_or_default(),
        seed,
        seeds,
        skip,
        until,
        settings: Arc::new(settings),
        set: matrix::written(set),
        variants: Vec::new(),
        sha256: sha256.to_string(),
        pool,
        timeline: bare(timeline),
        worlds: world_steps
            .into_iter()
            .zip(world_lines)
            .map(|((name, steps), line)| NamedSteps { name, line, steps: bare(steps) })
            .collect(),
        operators: operator_steps
            .into_iter()
            .zip(operator_lines)
            .map(|((name, steps), line)| NamedSteps { name, line, steps: bare(steps) })
            .collect(),
        recoveries,
        expect,
    })
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
fn steps_by_id(read: &waits::ReadSteps<'_>, lost: &BTreeSet<String>) -> BTreeMap<String, Vec<StepIs>> {
    let mut found: BTreeMap<String, Vec<StepIs>> = BTreeMap::new();
    let mut add = |steps: &[ReadStep], recovery: Option<usize>| {
        for step in steps.iter().map(|read| &read.step) {
            if let Some(id) = &step.id {
                let changes = !matches!(step.deed, Deed::Note(_) | Deed::Act(Act::CheckOff(_)));
                found.entry(id.clone()).or_default().push(StepIs { recovery, changes });
            }
        }
    };
    add(read.timeline, None);
    read.worlds.iter().chain(read.operators).for_each(|(_, steps)| add(steps, None));
    read.recoveries.iter().enumerate().for_each(|(at, recovery)| add(&recovery.steps, Some(at)));
    for id in lost {
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
