//! Puts the missing lines into a runbook: what its findings' advice says to do before a line, and what a refused command asks
//! for. A line stays only where the runbook with it is rehearsed to less harm, or to fewer refusals; all else is kept byte for byte.

use super::sheet::{self, Form};
use super::typist::Typist;
use super::{Gone, rehearse};
use crate::base::inert::clean_line;
use crate::command::{Target, shell, uuid_of};
use crate::engine;
use crate::hazard::Severity;
use crate::hazard::remedy::{At, Remedy, Work};
use crate::judge;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::model::{Case, Scenario, Sequence};
use crate::search::study::{self, Options};
use crate::world::World;
use crate::world::event::Status;
use std::collections::{BTreeMap, BTreeSet};

/// At most so many lines are put in.
const LINES_MOST: usize = 12;
/// At most so many ways are tried for all of them.
const TRIES_MOST: usize = 60;

/// A line that was put in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Put {
    /// Its line in the runbook as it is then, from 1.
    pub line: u32,
    /// As it stands there.
    pub text: String,
    /// What it is for.
    pub why: String,
}

/// A runbook with its missing lines.
#[derive(Clone, Debug)]
pub struct Fixed {
    /// All of it.
    pub text: String,
    /// What was put in, by line.
    pub put: Vec<Put>,
    /// The fixed one, gone through.
    pub gone: Vec<Gone>,
}

/// What is so wrong with a rehearsal: less is better, what stands first outweighs the rest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Wrong {
    corruption: usize,
    danger: usize,
    /// Worlds without a verdict.
    lost: usize,
    fails: usize,
    missed: usize,
    /// How far the refused commands are from being carried out: one refusal stands behind another.
    far: usize,
}

/// A line that may be missing before one of the runbook.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Missing {
    line: u32,
    text: String,
    /// It is typed, and no comment.
    typed: bool,
    why: String,
}

/// Puts the missing lines into a runbook. `name`, `text` and `filled` are as for [`rehearse`].
///
/// # Errors
/// What is wrong where the scenario can't do without the steps of a recovery of its own.
pub fn fix(
    scenario: &Scenario,
    cases: &[Case],
    (name, text): (&str, &str),
    filled: &BTreeMap<String, String>,
    options: &engine::Options,
) -> Result<Fixed, Vec<Diagnostic>> {
    let gone_through = |text: &str| rehearse(scenario, cases, &sheet::read(name, text), filled, options);
    let gone = gone_through(text)?;
    let (mut wrong, mut missing) = weigh(&gone, options, true);
    let mut fixed = Fixed { text: text.to_owned(), put: Vec::new(), gone };
    let mut tried: BTreeSet<(String, u32)> = BTreeSet::new();
    let mut tries = 0;
    while fixed.put.len() < LINES_MOST {
        let mut better = None;
        for of in &missing {
            if tries >= TRIES_MOST || !tried.insert((of.text.clone(), of.line)) {
                continue;
            }
            tries += 1;
            let Some((text, put)) = put_in(name, &fixed.text, of) else { continue };
            let gone = gone_through(&text)?;
            let (after, _) = weigh(&gone, options, false);
            if after < wrong {
                better = Some((text, put, gone));
                break;
            }
        }
        let Some((text, put, gone)) = better else { break };
        for known in fixed.put.iter_mut().filter(|known| known.line >= put.line) {
            known.line += 1;
        }
        fixed.put.push(put);
        (wrong, missing) = weigh(&gone, options, true);
        (fixed.text, fixed.gone) = (text, gone);
        tried.clear();
    }
    fixed.put.sort_by_key(|put| put.line);
    Ok(fixed)
}

/// How wrong a rehearsal is, and, where that is asked, what may be missing: by line, what findings ask for before what refusals do.
fn weigh(gone: &[Gone], options: &engine::Options, asks: bool) -> (Wrong, Vec<Missing>) {
    let mut wrong = Wrong { corruption: 0, danger: 0, lost: 0, fails: 0, missed: 0, far: 0 };
    let (mut advised, mut refused) = (Vec::new(), Vec::new());
    for gone in gone {
        let Some(played) = (!gone.lost).then(|| gone.typist.scenario().ok()).flatten() else {
            wrong.lost += 1;
            continue;
        };
        let case = played.cases()[0];
        let of = Options {
            seed: Some(played.seed),
            max_events: options.max_events,
            max_work: options.max_work,
            because: asks,
            ..Options::default()
        };
        let study = study::study(&played, case, &of);
        let began = study.run.engine.recovery_began;
        let mut harmed = false;
        for (at, found) in study.run.found.iter().enumerate() {
            if began.is_none_or(|began| found.since <= began) {
                continue;
            }
            match found.hazard.severity() {
                Severity::Corruption => wrong.corruption += 1,
                Severity::Danger => wrong.danger += 1,
                _ => continue,
            }
            harmed = true;
            if let Some(advice) = study.advice.get(at) {
                let why = format!("else {} in {}", found.hazard.doc().name, world_name(&played, case));
                advised.extend(advice.ways.iter().flat_map(|way| lines_of(way, &study.run.engine.world, &gone.typist, &study, &why)));
            }
        }
        let order = study.run.program.order(Sequence::Recovery);
        for (typed, step) in order.iter().enumerate() {
            let record = &study.run.engine.records[usize::from(step.0)];
            if matches!(record.status, Status::Error | Status::Hung) && gone.typist.typed.get(typed).is_some_and(|typed| !typed.decides) {
                wrong.fails += 1;
                wrong.far += match record.code.as_deref() {
                    Some("HA_IS_ENABLED" | "HOST_IS_LIVE") => 3,
                    Some("VM_BAD_POWER_STATE" | "HOST_NOT_DISABLED") => 2,
                    Some(code) if code.starts_with("SR_BACKEND_FAILURE") => 1,
                    _ => 0,
                };
                if asks && !harmed {
                    refused.extend(asked_for(record, &gone.typist, typed, &study.run.engine.world));
                }
            }
        }
        wrong.missed += judge::goal(&played, case, &study.run.engine.world).len();
    }
    advised.sort();
    advised.dedup_by(|a, b| (a.line, &a.text) == (b.line, &b.text));
    refused.sort();
    refused.dedup_by(|a, b| (a.line, &a.text) == (b.line, &b.text));
    advised.extend(refused);
    (wrong, advised)
}

fn world_name(scenario: &Scenario, case: Case) -> String {
    scenario.world_name(case).map_or_else(|| "the pool".to_owned(), |name| format!("the world {name}"))
}

/// What a way of an advice puts in before a line of the runbook; nothing where it asks for something else too.
fn lines_of(way: &[Remedy], world: &World, typist: &Typist, study: &study::Study<'_>, why: &str) -> Vec<Missing> {
    let order = study.run.program.order(Sequence::Recovery);
    let mut missing = Vec::new();
    for remedy in way {
        let Remedy::Do(At::Before(step), work) = remedy else { return Vec::new() };
        let Some(typed) = order.iter().position(|of| of == step).and_then(|at| typist.typed.get(at)) else { return Vec::new() };
        let hand = |words: String| Missing { line: typed.line, text: format!("{BY_HAND} {words}"), typed: false, why: why.to_owned() };
        let machine = |of| world.names.machine(of).to_owned();
        missing.push(match work {
            Work::PowerOff(of) => hand(format!("power off {}", machine(*of))),
            Work::PowerOn(of) => hand(format!("power on {}", machine(*of))),
            Work::Reinstall(of) => hand(format!("install {} afresh", machine(*of))),
            Work::CheckOff(of) => hand(format!("see that {} is off, else stop", machine(*of))),
            Work::Type(console, line) => {
                let Some(text) = as_typed(line, world) else { return Vec::new() };
                let elsewhere = machine(*console) != typed.host;
                let text = if elsewhere { format!("ssh root@{} '{text}'", machine(*console)) } else { text };
                Missing { line: typed.line, text, typed: true, why: why.to_owned() }
            }
            _ => return Vec::new(),
        });
    }
    missing
}

/// What a comment of a runbook begins with that says what is done by hand.
pub const BY_HAND: &str = "# by hand:";

/// A line with the UUIDs put in for its names, as a shell of the pool can run it.
fn as_typed(line: &str, world: &World) -> Option<String> {
    let script = shell::parse(line).ok()?;
    let words = &script.single()?.words;
    let text = |piece: &shell::Piece| match piece {
        shell::Piece::Text(text) => text.clone(),
        shell::Piece::Variable(name) => uuid_of(world, name),
    };
    let typed: Vec<String> = words.iter().map(|word| word.0.iter().map(text).collect()).collect();
    Some(crate::command::script::words::command(&typed))
}

/// What a refused command asks for, by its error's code.
fn asked_for(record: &engine::StepRecord, typist: &Typist, typed: usize, world: &World) -> Vec<Missing> {
    let (Some(code), Some(ran)) = (record.code.as_deref(), record.ran.first()) else { return Vec::new() };
    let line = typist.typed[typed].line;
    let of = |text: String| Missing { line, text, typed: true, why: format!("else {code}") };
    let names = &world.names;
    match (code, ran.target) {
        ("HA_IS_ENABLED", _) => vec![of("xe pool-ha-disable".into())],
        ("HOST_NOT_DISABLED", Target::Host(machine)) => {
            vec![of(format!("xe host-disable uuid={}", uuid_of(world, names.machine(machine))))]
        }
        ("VM_BAD_POWER_STATE", Target::Vm(vm)) => vec![of(format!("xe vm-reset-powerstate uuid={} --force", names.vms[vm.at()].uuid))],
        // The release before the start: of each host that the disks are locked by, on each SR that they lie on.
        (code, Target::Vm(vm)) if code.starts_with("SR_BACKEND_FAILURE_46") => {
            let script = "/opt/xensource/sm/resetvdis.py";
            let srs: BTreeSet<_> = names.vbds.iter().filter(|vbd| vbd.vm == vm).map(|vbd| names.vdis[vbd.vdi.at()].sr).collect();
            let mut ways = Vec::new();
            for sr in srs {
                let sr = uuid_of(world, names.sr(sr));
                for machine in world.machines() {
                    let host = uuid_of(world, names.machine(machine));
                    ways.push(of(format!("{script} {host} {sr}")));
                    ways.push(of(format!("{script} {host} {sr} master")));
                }
            }
            ways
        }
        _ => Vec::new(),
    }
}

/// A runbook with a line put in before another: in the same block, behind the same prompt. `None` where it can't stand there.
fn put_in(name: &str, text: &str, missing: &Missing) -> Option<(String, Put)> {
    let sheet = sheet::read(name, text);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let at = (missing.line as usize).checked_sub(1).filter(|at| *at < lines.len())?;
    let target = lines[at];
    let end = if target.ends_with("\r\n") { "\r\n" } else { "\n" };
    let new = clean_line(&missing.text);
    let mut out: String = lines[..at].concat();
    let put;
    if sheet.form == Form::Html {
        let begins = command_at(target)?;
        out.push_str(&target[..begins]);
        let open = |tag: &str, end: &str| out.rfind(tag).is_some_and(|open| out.rfind(end).is_none_or(|close| close < open));
        // What a wiki keeps as it was typed knows neither entities nor breaks.
        let raw = open("<![CDATA[", "]]>");
        let within = raw || open("<pre", "</pre");
        put = if raw { new } else { new.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;") };
        out.push_str(&put);
        out.push_str(if within { end } else { "<br>" });
        if !within {
            out.push_str(end);
        }
        out.push_str(&target[begins..]);
    } else {
        let begins = if sheet.form == Form::Script {
            target.len() - target.trim_start().len()
        } else {
            command_at(target).unwrap_or(target.len() - target.trim_start().len())
        };
        let lead = &target[..begins];
        // In the middle of a sentence there is no room for a line.
        if lead.contains('`') {
            return None;
        }
        let prompt = lead.contains(['#', '$', '@']);
        let lead = match (prompt, missing.typed) {
            (true, true) => lead.to_owned(),
            (true, false) => lead.chars().take_while(|c| c.is_whitespace() || *c == '>').collect(),
            // The number of a list is the line's own.
            (false, _) => lead.chars().map(|c| if c == '>' || c == '\t' { c } else { ' ' }).collect(),
        };
        put = format!("{lead}{new}");
        out.push_str(&put);
        out.push_str(end);
        out.push_str(target);
    }
    out.push_str(&lines[at + 1..].concat());
    Some((out, Put { line: missing.line, text: put, why: missing.why.clone() }))
}

/// Where in a line its command begins: behind a prompt, the number of a list, a mark of a wiki.
fn command_at(line: &str) -> Option<usize> {
    let begins = |at: usize| {
        let before = &line[..at];
        at == 0 || before.ends_with([' ', '\t', '>', '#', '$', '`', '\u{a0}']) || before.ends_with("<![CDATA[")
    };
    let words = sheet::PROGRAMS.iter().chain(&["/opt/xensource/sm/resetvdis.py", "/opt/xensource/bin/xe"]);
    words.flat_map(|word| line.match_indices(word).map(|(at, _)| at).filter(|at| begins(*at)).collect::<Vec<_>>()).min()
}
