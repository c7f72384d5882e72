//! Reads the steps of timeline, worlds and recoveries: when, what, and what must come of it. Whether the steps they name
//! exist is asked in [`waits`](super::waits), once all have been read.

use super::deeds;
use super::diagnostic::Place;
use super::index::{Index, good_name};
use super::keys;
use super::model::{Begin, Condition, ConditionPart, Deed, Recovery, SpanRange, Step, StepExpect, TIMEOUT, When};
use super::pool::POWER_STATES;
use super::read::{Fields, Reader, shorten};
use super::run_lines;
use super::tree::{Node, Value};
use super::words;
use crate::base::ids::MachineId;
use crate::base::time::{Span, Time};
use crate::command::Ground;
use crate::world::event::Status;
use crate::world::inventory::Inventory;
use std::collections::{BTreeMap, BTreeSet};

/// The most steps of a file.
pub const STEPS_MOST: usize = 60_000;
/// How long `wait-for` waits unless `within:` says another.
pub(super) const WITHIN: Span = Span::mins(60);

/// How a step may end.
pub const STATUSES: [(&str, Status); 3] = [("ok", Status::Ok), ("error", Status::Error), ("hung", Status::Hung)];

/// What the steps of a file are read against.
pub struct Around<'c> {
    /// The names of the pool.
    pub index: &'c Index,
    /// The names and UUIDs of the pool, its release and its storage manager.
    pub ground: Ground<'c>,
    /// The master of the start: whose console it is where nobody says.
    pub master: MachineId,
    /// When the run ends, if the file says.
    pub until: Option<Time>,
    /// How many steps have been read.
    pub steps: usize,
    /// The ids of steps that are wrong: others may name them all the same.
    pub lost: Vec<String>,
    /// What steps keep of what is printed (`capture:`), anywhere in the file.
    pub kept: BTreeSet<String>,
    /// The steps that are named by others, with their place and what they are named in.
    pub named: Vec<StepName>,
}

/// A step's id where another step names it.
pub struct StepName {
    /// The id.
    pub id: String,
    /// Where it stands.
    pub place: Place,
    /// The sequence that names it, as its steps' keys begin: `timeline`, `worlds.dead`.
    pub from: String,
}

/// A step with the places that later checks point at.
pub struct ReadStep {
    /// The step.
    pub step: Step,
    /// Where its id stands, else its first key.
    pub place: Place,
    /// Where its `at:` or `after:` stands, else its first key.
    pub when: Place,
}

/// Reads a list of steps. `from` is the sequence's name, which keys of draws begin with.
pub fn read_steps(reader: &mut Reader<'_>, around: &mut Around<'_>, node: &Node, from: &str, host: MachineId) -> Vec<ReadStep> {
    let mut steps: Vec<ReadStep> = Vec::new();
    let mut alike: BTreeMap<String, u32> = BTreeMap::new();
    for item in reader.items(node, "a list of steps") {
        around.steps += 1;
        if around.steps > STEPS_MOST {
            reader.error(
                item.mark(),
                "too-many",
                format!("too many steps: at most {STEPS_MOST}"),
                "split the story, or repeat a fault with `every:` and `times:`",
            );
            break;
        }
        let Some(mut read) = read_step(reader, around, item, from, host) else { continue };
        if read.step.id.is_none() {
            read.step.key = what_it_is(&read.step.deed, around.ground.names, from, &mut alike);
        }
        steps.push(read);
    }
    steps
}

/// What the draws of a step without an id are keyed by: what it is and whose, and which of those that are alike. So it has the
/// same luck wherever it stands among others.
fn what_it_is(deed: &Deed, names: &Inventory, from: &str, alike: &mut BTreeMap<String, u32>) -> String {
    let text = words::text(deed, names);
    let count = alike.entry(text.clone()).or_default();
    *count += 1;
    match count {
        1 => format!("{from}: {text}"),
        count => format!("{from}: {text} #{count}"),
    }
}

fn read_step(reader: &mut Reader<'_>, around: &mut Around<'_>, node: &Node, from: &str, host: MachineId) -> Option<ReadStep> {
    let fields = reader.fields(node, &keys::STEP)?;
    let id = fields.get("id").and_then(|node| step_id(reader, node));
    let host = fields.get("host").and_then(|node| around.index.host(reader, node)).unwrap_or(host);
    let when = read_when(reader, around, &fields, from);
    let guard = fields.get("if").and_then(|node| read_condition(reader, around, node, from));
    let expect = read_outcome(reader, &fields);
    let forgiving = expect.as_ref().is_some_and(|expect| {
        expect.status.is_some_and(|status| status != Status::Ok) || expect.code.is_some() || expect.exit.is_some_and(|exit| exit != 0)
    });
    let stdin = fields.get("stdin").and_then(|node| reader.text(node, "what is typed into the command")).map(str::to_string);
    let deed = read_deed(reader, around, &fields, forgiving, stdin.as_deref());
    let capture = fields.get("capture").and_then(|node| captured_name(reader, around, node));
    let timeout = fields.get("timeout").and_then(|node| reader.span(node)).unwrap_or(TIMEOUT);
    misplaced(reader, &fields);
    if when.is_none() || deed.is_none() {
        around.lost.extend(id);
        return None;
    }
    let step = Step {
        line: reader.line(fields.place()),
        key: id.clone().unwrap_or_default(),
        id,
        when: when?,
        guard,
        deed: deed?,
        host,
        stdin,
        timeout,
        capture,
        expect,
    };
    let place = fields.get("id").map_or(fields.place(), |node| node.place);
    let when = fields.get("at").or(fields.get("after")).map_or(fields.place(), |node| node.place);
    Some(ReadStep { step, place, when })
}

/// The name that a step keeps what is printed under.
fn captured_name(reader: &mut Reader<'_>, around: &Around<'_>, node: &Node) -> Option<String> {
    let text = reader.text(node, "the name of what is kept")?;
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    if !text.starts_with(letter) || !text.chars().all(|c| letter(c) || c.is_ascii_digit()) || text.len() > 64 {
        let help = "use letters, digits and `_`, as for a shell's variable: `capture: HOST`, then `$HOST`";
        reader.error(node.place, "wrong-name", format!("`{}` is no name of a variable", shorten(text)), help);
        return None;
    }
    if crate::command::names_an_object(around.ground.names, text) {
        let message = format!("`${text}` is an object of the pool already");
        reader.error(node.place, "duplicate-name", message, "give what is kept another name: `capture: FOUND`");
        return None;
    }
    Some(text.to_string())
}

fn step_id(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let text = reader.text(node, "a step's id")?;
    if text.contains(['.', '+']) || text.contains(char::is_whitespace) || Span::parse(text).is_ok() {
        let why = if Span::parse(text).is_ok() { "reads like a duration" } else { "holds a dot, a `+` or a blank" };
        reader.error(
            node.place,
            "wrong-name",
            format!("the id `{}` {why}", shorten(text)),
            "use letters, digits, `-` and `_`, like `forget-beta`",
        );
        return None;
    }
    good_name(reader, node.place, text, "step").then(|| text.to_string())
}

/// Keys that mean something only beside another.
fn misplaced(reader: &mut Reader<'_>, fields: &Fields<'_>) {
    let has = |key: &str| fields.get(key).is_some();
    let needs: [(&str, &[&str], &str); 9] = [
        ("within", &["wait-for"], "belongs to `wait-for:`"),
        ("for", &["fault"], "undoes a `fault:`"),
        ("every", &["fault"], "repeats a `fault:`"),
        ("times", &["every"], "says how often `every:` repeats"),
        ("every", &["times"], "needs `times:`, how often"),
        ("stdin", &["run"], "belongs to `run:`"),
        ("capture", &["run"], "keeps what a `run:` prints"),
        ("timeout", &["run", "wait-for", "if"], "belongs to `run:` or to a condition"),
        ("expect", &["run", "act"], "judges a `run:` or an `act:`"),
    ];
    for (key, beside, why) in needs.into_iter().chain([("must", &["run", "act"][..], "judges a `run:` or an `act:`")]) {
        if has(key) && !beside.iter().any(|other| has(other)) {
            reader.error(
                fields.key_place(key),
                "misplaced-key",
                format!("`{key}` {why}"),
                format!("add `{}:`, or take `{key}:` out", beside.join(":` or `")),
            );
        }
    }
    if has("expect") && has("must") {
        reader.error(
            fields.key_place("must"),
            "contradiction",
            "`expect` and `must` in one step",
            "`must` judges like `expect` and also ends its sequence: keep one",
        );
    }
}

/// Tells of all but the first of keys that exclude each other; the first one that stands.
fn only_one<'n>(reader: &mut Reader<'_>, fields: &Fields<'n>, keys: &[&str], help: &str) -> Option<&'n str> {
    let found = fields.among(keys);
    if let [first, second, ..] = found[..] {
        reader.error(second.place, "contradiction", format!("`{}` and `{}` in one place", first.text, second.text), help);
    }
    found.first().map(|key| key.text.as_str())
}

fn read_when(reader: &mut Reader<'_>, around: &mut Around<'_>, fields: &Fields<'_>, from: &str) -> Option<When> {
    let key = only_one(reader, fields, keys::TIMES, "a step begins at one time: keep one of `at`, `after`, `wait-for`");
    // Each is read, also one that another excludes: all mistakes are told in one go.
    let at = fields.get("at").map(|node| read_at(reader, around, node).map(When::At));
    let after = fields.get("after").map(|node| read_after(reader, around, node, from));
    let wait = read_wait(reader, around, fields, from);
    match key {
        None => Some(When::Next),
        Some("at") => at?,
        Some("after") => after?,
        Some(_) => wait.map(|(condition, within)| When::WaitFor { condition, within }),
    }
}

/// `wait-for:` with its `within:`.
fn read_wait(reader: &mut Reader<'_>, around: &mut Around<'_>, fields: &Fields<'_>, from: &str) -> Option<(Condition, Span)> {
    let condition = read_condition(reader, around, fields.get("wait-for")?, from);
    let within = within(reader, fields);
    Some((condition?, within))
}

fn within(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Span {
    fields.get("within").and_then(|node| reader.span(node)).unwrap_or(WITHIN)
}

fn read_at(reader: &mut Reader<'_>, around: &Around<'_>, node: &Node) -> Option<SpanRange> {
    let at = reader.span_range(node)?;
    if let Some(until) = around.until
        && at.0 > until.since(Time::ZERO)
    {
        reader.error(node.place, "after-end", format!("{} is after the run has ended", at.0), format!("the file says `until: {until}`"));
        return None;
    }
    Some(at)
}

fn read_after(reader: &mut Reader<'_>, around: &mut Around<'_>, node: &Node, from: &str) -> Option<When> {
    let text = match &node.value {
        Value::Text(text) | Value::Number { text, .. } => text.trim(),
        _ => {
            reader.wrong_type(node, "a duration or a step", "write `30s`, `STEP` or `STEP+20s`");
            return None;
        }
    };
    let (id, plus) = match text.split_once('+') {
        Some((id, plus)) => (id.trim(), reader.span_range_text(node.place, plus)?),
        // What begins with a digit and ends with a letter could be both; ids never read like durations.
        None if text.starts_with(|c: char| c.is_ascii_digit())
            && (text.contains("..") || Span::parse(text).is_ok() || looks_like_a_span(text)) =>
        {
            return reader.span_range_text(node.place, text).map(When::AfterPrevious);
        }
        None => (text, (Span::ZERO, Span::ZERO)),
    };
    around.named.push(StepName { id: id.to_string(), place: node.place, from: from.to_string() });
    Some(When::AfterStep { id: id.to_string(), plus })
}

/// Digits, perhaps with one unit behind: a mistyped duration rather than the id of a step.
fn looks_like_a_span(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    rest.len() <= 1
        || ["sec", "secs", "min", "mins", "hour", "hours", "day", "days", "hr", "hrs", "second", "seconds", "minute", "minutes"]
            .contains(&rest.trim())
}

/// Reads a condition.
pub fn read_condition(reader: &mut Reader<'_>, around: &mut Around<'_>, node: &Node, from: &str) -> Option<Condition> {
    let fields = reader.fields(node, &keys::CONDITION)?;
    let mut parts = Vec::new();
    let subject =
        only_one(reader, &fields, keys::SUBJECTS, "a condition asks about one kind of thing; wait for the other in a step of its own");
    let place = fields.place();
    let Some(subject) = subject else {
        reader.error(place, "missing-key", "this condition asks about nothing", "say `host:`, `vm:`, `xe:` or `step:`");
        return None;
    };
    let asked: &[&str] = match subject {
        "host" => &["live", "enabled", "known"],
        "vm" => &["power-state", "resident-on"],
        "step" => &["status", "code", "prints", "prints-not"],
        _ => &[],
    };
    for key in fields.among(&["live", "enabled", "known", "power-state", "resident-on", "status", "code", "prints", "prints-not"]) {
        if !asked.contains(&key.text.as_str()) {
            reader.error(
                key.place,
                "misplaced-key",
                format!("`{}` asks nothing of `{subject}:`", key.text),
                match asked {
                    [] => "`{xe: answers}` and `{xe: hangs}` stand alone".to_string(),
                    _ => format!("beside `{subject}:` stand {}", asked.join(", ")),
                },
            );
        }
    }
    if !asked.is_empty() && fields.among(asked).is_empty() {
        reader.error(place, "missing-key", format!("nothing is asked of this {subject}"), format!("add one of {}", asked.join(", ")));
    }
    match subject {
        "host" => {
            let hosts = fields.get("host").and_then(|node| around.index.some_hosts(reader, node))?;
            let mut ask = |key: &str, part: fn(Vec<MachineId>, bool) -> ConditionPart| {
                if let Some(value) = fields.get(key).and_then(|node| reader.boolean(node)) {
                    parts.push(part(hosts.clone(), value));
                }
            };
            ask("live", ConditionPart::Live);
            ask("enabled", ConditionPart::Enabled);
            ask("known", ConditionPart::Known);
        }
        "vm" => {
            let vms = fields.get("vm").and_then(|node| around.index.some_vms(reader, node))?;
            if let Some(state) = fields.get("power-state").and_then(|node| reader.choice(node, "a power state", &POWER_STATES)) {
                parts.push(ConditionPart::PowerState(vms.clone(), state));
            }
            if let Some(node) = fields.get("resident-on") {
                let host = if node.is_null() { None } else { Some(around.index.host(reader, node)?) };
                parts.push(ConditionPart::ResidentOn(vms, host));
            }
        }
        "xe" => {
            let answers = reader.choice(fields.get("xe")?, "what `xe` does", &[("answers", true), ("hangs", false)])?;
            parts.push(ConditionPart::XeAnswers(answers));
        }
        _ => {
            let node = fields.get("step")?;
            let id = reader.text(node, "the id of a step")?.to_string();
            around.named.push(StepName { id: id.clone(), place: node.place, from: from.to_string() });
            if let Some(status) = fields.get("status").and_then(|node| reader.choice(node, "a status", &STATUSES)) {
                parts.push(ConditionPart::StepStatus(id.clone(), status));
            }
            if let Some(code) = fields.get("code").and_then(|node| error_code(reader, node)) {
                parts.push(ConditionPart::StepCode(id.clone(), code));
            }
            for (key, wanted) in [("prints", true), ("prints-not", false)] {
                if let Some(text) = fields.get(key).and_then(|node| reader.text(node, "a part of what the console shows")) {
                    parts.push(ConditionPart::StepPrints(id.clone(), text.to_string(), wanted));
                }
            }
        }
    }
    Some(Condition { line: reader.line(place), parts })
}

/// An error code of the API.
fn error_code(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let text = reader.text(node, "an error code")?;
    let good = !text.is_empty() && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    if !good {
        reader.error(
            node.place,
            "wrong-value",
            format!("`{}` is no error code", shorten(text)),
            "codes are capital letters, digits and `_`: `HOST_IS_LIVE`, `SR_BACKEND_FAILURE_46`; for words use `prints:`",
        );
    }
    good.then(|| text.to_string())
}

fn read_outcome(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<StepExpect> {
    let key = if fields.get("must").is_some() { "must" } else { "expect" };
    let node = fields.get(key)?;
    let mut expect = StepExpect { line: reader.line(fields.key_place(key)), must: key == "must", ..StepExpect::default() };
    if let Value::Map(_) = node.value {
        let fields = reader.fields(node, &keys::OUTCOME)?;
        expect.status = fields.get("status").and_then(|node| reader.choice(node, "a status", &STATUSES));
        expect.code = fields.get("code").and_then(|node| error_code(reader, node));
        expect.prints = fields.get("prints").and_then(|node| reader.text(node, "a part of what is printed")).map(str::to_string);
        expect.exit = fields.get("exit").and_then(|node| reader.whole(node, 0, 255)).map(|exit| exit as i32);
        if expect.status == Some(Status::Ok) && expect.code.is_some() {
            reader.error(fields.key_place("code"), "contradiction", "what ends `ok` has no error code", "take `status: ok` or `code:` out");
        }
        if let Value::Map(entries) = &node.value
            && entries.is_empty()
        {
            reader.error(node.mark(), "wrong-value", "nothing is expected here", "say `ok`, `error`, `hung`, or `{code: HOST_IS_LIVE}`");
        }
    } else {
        expect.status = Some(reader.choice(node, "what a step comes to", &STATUSES)?);
    }
    Some(expect)
}

fn read_deed(reader: &mut Reader<'_>, around: &mut Around<'_>, fields: &Fields<'_>, forgiving: bool, stdin: Option<&str>) -> Option<Deed> {
    let deed = only_one(reader, fields, keys::DEEDS, "a step does one thing: make two steps of it");
    let Some(deed) = deed else {
        reader.error(
            fields.place(),
            "missing-key",
            "this step does nothing",
            "say `fault:`, `run:`, `act:`, or `note:` for a step that only waits",
        );
        return None;
    };
    let node = fields.get(deed)?;
    match deed {
        "fault" => {
            let fault = deeds::read_fault(reader, around.index, node);
            let lasts = fields.get("for").and_then(|node| reader.span_range(node));
            let every = fields.get("every").and_then(|node| reader.interval_range(node));
            let times = fields.get("times").and_then(|node| reader.whole(node, 1, 1_000_000)).unwrap_or(1) as u32;
            let fault = fault?;
            if fields.get("for").is_some() && fault.undoing().is_none() {
                let help = "`for` stands beside crash, hang, isolate, partition, storage-loss, sr-outage, toolstack-stop, degrade-network";
                reader.error(fields.key_place("for"), "misplaced-key", "this fault has nothing that undoes it", help);
            }
            Some(Deed::Fault { fault, lasts, every, times, mean: None })
        }
        "act" => deeds::read_act(reader, around.index, node).map(Deed::Act),
        "note" => reader.text(node, "words for the reader").map(|text| Deed::Note(text.to_string())),
        _ => run_lines::read_run(reader, around.index, around.ground, &around.kept, node, forgiving, stdin).map(Deed::Run),
    }
}

/// A recovery with its steps still apart.
pub struct ReadRecovery<'n> {
    /// The recovery, without its steps.
    pub recovery: Recovery,
    /// Its steps.
    pub steps: Vec<ReadStep>,
    /// Its `expect`, read when all worlds and recoveries are known.
    pub expect: Option<(&'n Node, Place)>,
    /// Where it stands.
    pub place: Place,
}

/// When a recovery begins that does not say, by its first step: who says when his first step begins need not say it of the whole.
pub fn usual_begin(first: Option<&Step>) -> Begin {
    match first.map(|step| &step.when) {
        Some(When::At(_) | When::AfterStep { .. } | When::WaitFor { .. }) => Begin::At((Span::ZERO, Span::ZERO)),
        Some(When::Next | When::AfterPrevious(_)) | None => Begin::AfterTimeline,
    }
}

/// Reads a recovery.
pub fn read_recovery<'n>(
    reader: &mut Reader<'_>,
    around: &mut Around<'_>,
    node: &'n Node,
    name: Option<(&str, Place)>,
) -> Option<ReadRecovery<'n>> {
    let from = name.map_or("recovery".to_string(), |(name, _)| format!("recoveries.{name}"));
    if let Value::List(_) = node.value {
        let help = "put the steps below `steps:`: `recovery: {steps: [{run: …}]}`";
        reader.error(node.mark(), "wrong-type", "a recovery is a map, and its steps are one key of it", help);
        return None;
    }
    let fields = reader.fields(node, &keys::RECOVERY)?;
    let host = fields.get("host").and_then(|node| around.index.host(reader, node)).unwrap_or(around.master);
    let key = only_one(reader, &fields, keys::BEGINS, "a recovery begins at one time: keep one of `at`, `wait-for`");
    let at = fields.get("at").and_then(|node| read_at(reader, around, node)).map(Begin::At);
    let wait = read_wait(reader, around, &fields, &from);
    let steps = fields.get("steps").map_or_else(Vec::new, |node| read_steps(reader, around, node, &from, host));
    let begin = match key {
        None => Some(usual_begin(steps.first().map(|read| &read.step))),
        Some("at") => at,
        Some(_) => wait.map(|(condition, within)| Begin::WaitFor { condition, within }),
    };
    if fields.get("within").is_some() && fields.get("wait-for").is_none() {
        reader.error(fields.key_place("within"), "misplaced-key", "`within` belongs to `wait-for:`", "add it, or take `within:` out");
    }
    let pace = fields.get("pace").and_then(|node| reader.span(node)).unwrap_or(Span::ZERO);
    let place = name.map_or(fields.place(), |(_, place)| place);
    let recovery = Recovery {
        name: name.map(|(name, _)| name.to_string()),
        line: reader.line(place),
        begin: begin.unwrap_or(Begin::AfterTimeline),
        says_begin: key.is_some(),
        pace,
        host,
        steps: Vec::new(),
        expect: None,
    };
    Some(ReadRecovery { recovery, steps, expect: fields.entry("expect").map(|(key, node)| (node, key.place)), place })
}
