//! A case as a trace in the JSON of Chrome's trace viewer, which ui.perfetto.dev and `chrome://tracing` open: a group a host and
//! one for the disks, each with what is so, what the ruling database has, and where the two part; the steps, one track a sequence;
//! the findings, with arrows from the steps that led to them. Times are whole microseconds of virtual time.

use super::page::{Film, Lane, Piece};
use super::{Because, Finding, NoReturnReport, Realm, Report};
use crate::base::inert::clean_line;
use crate::base::time::Time;
use crate::report::json::compact;
use serde_json::{Value, json};

/// The groups, from top to bottom; hosts follow.
const STEPS: u64 = 1;
const FINDINGS: u64 = 2;
const DISKS: u64 = 3;
const HOSTS: u64 = 10;

/// The trace, an event a line.
pub fn render(report: &Report, film: &Film) -> String {
    let mut events = Vec::new();
    let arrows = arrows(report);
    steps(&mut events, report, &arrows);
    findings(&mut events, report, &arrows);
    lanes(&mut events, report, film);
    happened(&mut events, film);
    let of = json!({
        "poolsim": env!("CARGO_PKG_VERSION"), "scenario": report.scenario, "title": report.title, "release": report.release,
        "seed": report.seed, "world": report.world, "recovery": report.recovery, "sha256": report.sha256, "replay": report.replay,
        "verdict": report.verdict.name(), "worst": report.worst.map(|worst| worst.name()), "events_left_out": film.left_out,
    });
    let lines: Vec<String> = events.iter().map(compact).collect();
    format!("{{\"displayTimeUnit\": \"ms\", \"otherData\": {},\n\"traceEvents\": [\n{}\n]}}\n", compact(&of), lines.join(",\n"))
}

/// A group with its place from above.
fn group(events: &mut Vec<Value>, pid: u64, name: &str) {
    events.push(json!({"ph": "M", "name": "process_name", "pid": pid, "tid": 0, "args": {"name": name}}));
    events.push(json!({"ph": "M", "name": "process_sort_index", "pid": pid, "tid": 0, "args": {"sort_index": pid}}));
}

/// A track in a group.
fn track(events: &mut Vec<Value>, (pid, tid): (u64, u64), name: &str) {
    events.push(json!({"ph": "M", "name": "thread_name", "pid": pid, "tid": tid, "args": {"name": name}}));
    events.push(json!({"ph": "M", "name": "thread_sort_index", "pid": pid, "tid": tid, "args": {"sort_index": tid}}));
}

/// What lasts.
fn slice((pid, tid): (u64, u64), kind: &str, name: &str, (from, to): (Time, Time), args: &Value) -> Value {
    json!({"ph": "X", "cat": kind, "name": clean_line(name), "pid": pid, "tid": tid, "ts": from.0, "dur": to.since(from).0, "args": args})
}

/// The sequences that have steps, in the order in which they begin: within one, no step begins before the one before it has ended.
fn sequences(report: &Report) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    for step in report.steps.iter().filter(|step| step.at.is_some()) {
        if !all.contains(&step.from.as_str()) {
            all.push(&step.from);
        }
    }
    all
}

/// An arrow from a step to a finding that it led to, by their places; its own place is its id.
struct Arrow {
    step: usize,
    finding: usize,
}

fn arrows(report: &Report) -> Vec<Arrow> {
    let of = |(finding, found): (usize, &Finding)| {
        found.because.iter().filter_map(|cause| step_of(report, cause)).map(|step| Arrow { step, finding }).collect::<Vec<_>>()
    };
    report.hazards.iter().enumerate().flat_map(of).collect()
}

/// One end of an arrow: it belongs to the slice of its track that stands before it.
fn end(ph: &str, id: usize, (pid, tid): (u64, u64), at: Time) -> Value {
    json!({"ph": ph, "cat": "because", "name": "because", "id": id, "pid": pid, "tid": tid, "ts": at.0})
}

fn steps(events: &mut Vec<Value>, report: &Report, arrows: &[Arrow]) {
    group(events, STEPS, "what breaks and what is done");
    for (tid, from) in sequences(report).into_iter().enumerate() {
        let place = (STEPS, tid as u64 + 1);
        track(events, place, &clean_line(from));
        for (number, step) in report.steps.iter().enumerate().filter(|(_, step)| step.from == from) {
            let Some(at) = step.at else { continue };
            let args = json!({
                "id": step.id, "kind": step.kind, "line": step.line, "host": step.host, "ran": step.ran, "status": step.status.name(),
                "code": step.code, "exit": step.exit, "output": step.output,
            });
            events.push(slice(place, step.kind, &step.text, (at, step.end.unwrap_or(report.end).max(at)), &args));
            // Several steps may begin and end at one instant: only the order tells from which an arrow comes.
            events.extend(arrows.iter().enumerate().filter(|(_, arrow)| arrow.step == number).map(|(id, _)| end("s", id, place, at)));
        }
    }
}

/// Each finding in the first track that is free, since what overlaps in one track is read as being one within the other.
fn findings(events: &mut Vec<Value>, report: &Report, arrows: &[Arrow]) {
    if report.hazards.is_empty() {
        return;
    }
    group(events, FINDINGS, "what was found");
    let mut free: Vec<Time> = Vec::new();
    for (number, finding) in report.hazards.iter().enumerate() {
        let until = finding.until.unwrap_or(report.end).max(finding.since);
        let at = free.iter().position(|free| *free < finding.since).unwrap_or(free.len());
        if at == free.len() {
            track(events, (FINDINGS, at as u64 + 1), &format!("findings {}", at + 1));
            free.push(until);
        }
        free[at] = until;
        let place = (FINDINGS, at as u64 + 1);
        events.push(slice(place, finding.severity.name(), &named(finding), (finding.since, until), &about(finding)));
        for (id, _) in arrows.iter().enumerate().filter(|(_, arrow)| arrow.finding == number) {
            let mut tip = end("f", id, place, finding.since);
            tip["bp"] = json!("e");
            events.push(tip);
        }
    }
    if let Some((finding, NoReturnReport::Until(at, _))) = report.no_return() {
        let name = format!("too late for {}", finding.hazard);
        events.push(json!({"ph": "i", "s": "g", "cat": "too-late", "name": name, "pid": FINDINGS, "tid": 1, "ts": at.0}));
    }
}

fn named(finding: &Finding) -> String {
    let names: Vec<&str> = finding.vdi.iter().chain(&finding.vm).chain(&finding.hosts).map(String::as_str).collect();
    format!("{} {}", finding.hazard, names.join(" "))
}

fn about(finding: &Finding) -> Value {
    let because: Vec<String> = finding.because.iter().map(|cause| format!("{} {}", cause.at, clean_line(&cause.what))).collect();
    json!({
        "severity": finding.severity.name(), "what": finding.sentence, "hosts": finding.hosts, "vdi": finding.vdi, "vm": finding.vm,
        "sr": finding.sr, "because": because, "advice": finding.advice, "open_at_the_end": finding.until.is_none(),
    })
}

/// The step of a cause, by its place.
fn step_of(report: &Report, cause: &Because) -> Option<usize> {
    report.steps.iter().position(|step| Some(step.line) == cause.line && step.at == Some(cause.at))
}

fn lanes(events: &mut Vec<Value>, report: &Report, film: &Film) {
    if !film.disks.is_empty() {
        group(events, DISKS, "disks");
    }
    for (at, disk) in film.disks.iter().enumerate() {
        lane(events, report, film, disk, (DISKS, 4 * at as u64 + 1), Some(&disk.name));
    }
    for (at, host) in film.hosts.iter().enumerate() {
        let pid = HOSTS + at as u64;
        group(events, pid, &format!("host {}", host.name));
        lane(events, report, film, host, (pid, 1), None);
    }
}

/// Truth, belief, the gap and what runs; `name` is said with each where a group has several.
fn lane(events: &mut Vec<Value>, report: &Report, film: &Film, lane: &Lane, (pid, tid): (u64, u64), name: Option<&String>) {
    let parts = [("is so", &lane.truth), ("believed", &lane.belief), ("they part", &lane.gap), ("runs", &lane.runs)];
    for (at, (what, pieces)) in parts.into_iter().enumerate() {
        let shown: Vec<&Piece> = pieces.iter().filter(|piece| !piece.words.is_empty()).collect();
        if shown.is_empty() {
            continue;
        }
        let place = (pid, tid + at as u64);
        track(events, place, &name.map_or_else(|| what.to_owned(), |name| format!("{name} {what}")));
        for piece in shown {
            let from = film.frames.get(piece.from).map_or(report.end, |frame| frame.at);
            let to = film.frames.get(piece.to).map_or(report.end, |frame| frame.at);
            events.push(slice(place, piece.class, &piece.words, (from, to.max(from)), &json!({})));
        }
    }
}

/// The track of a host that has its events: behind those of its lane.
const HAPPENED: u64 = 9;

/// What happened to each host, as moments; what happened to none of them stands behind the hosts. Steps and findings are slices
/// already.
fn happened(events: &mut Vec<Value>, film: &Film) {
    let elsewhere = film.hosts.len();
    let mut named = vec![false; elsewhere + 1];
    for line in film.lines.iter().filter(|line| matches!(line.realm, Realm::Truth | Realm::Belief)) {
        let host = film.hosts.iter().position(|host| host.name == clean_line(&line.actor)).unwrap_or(elsewhere);
        let pid = HOSTS + host as u64;
        if !std::mem::replace(&mut named[host], true) {
            if host == elsewhere {
                group(events, pid, "elsewhere");
            }
            track(events, (pid, HAPPENED), "what happened");
        }
        let half = if line.realm == Realm::Truth { "so" } else { "held" };
        let args = json!({"actor": line.actor, "event": line.event, "cause_line": line.cause_line, "cause": line.cause_due});
        let name = clean_line(&line.what);
        events.push(json!({"ph": "i", "s": "t", "cat": half, "name": name, "pid": pid, "tid": HAPPENED, "ts": line.at.0, "args": args}));
    }
}
