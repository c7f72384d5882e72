//! A [`Report`] from a run: names in, everything computed, so that renderers only lay it out.

use super::because;
use super::tell::Teller;
use super::{Because, DamageReport, EndState, Finding, HostState, Realm, Report, StepReport, StoryLine, VdiState, VmState, Wrong};
use crate::base::ids::{HostId, MachineId};
use crate::base::time::Time;
use crate::engine::StepRecord;
use crate::engine::trace::{Entry, KEPT};
use crate::hazard::Severity;
use crate::hazard::remedy::Advice;
use crate::hazard::watch::Found;
use crate::judge::{self, PlaceNames};
use crate::run::Run;
use crate::scenario::model::Deed;
use crate::scenario::words;
use crate::search::study::Study;
use crate::world::event::{Event, Status};
use crate::world::{MAIN_POOL, World};
use std::collections::BTreeMap;

/// Builds the report of a case. `replay` is left empty: only who knows the file can say how it is run again.
pub fn build(study: &Study<'_>) -> Report {
    // What a silent run tells is findings alone; a half story would be read as the whole.
    assembled(study, !study.run.engine.trace.silent)
}

/// The same without the story: of many cases no more is kept.
pub fn without_story(study: &Study<'_>) -> Report {
    assembled(study, false)
}

fn assembled(study: &Study<'_>, with_story: bool) -> Report {
    let Study { scenario, case, run, .. } = study;
    let (engine, case) = (&run.engine, *case);
    let world = &engine.world;
    let mut counts = BTreeMap::new();
    for found in &run.found {
        *counts.entry(found.hazard.doc().severity).or_insert(0) += 1;
    }
    let mut because = because::in_words(run, &study.causes);
    because.resize_with(run.found.len(), Default::default);
    let advice = study.advice.iter().map(|advice| advice.text.clone()).chain(std::iter::repeat(String::new()));
    let found = run.found.iter().zip(because).zip(advice);
    let hazards: Vec<Finding> = found.map(|((found, because), advice)| finding(world, found, because, advice)).collect();
    let (steps, places) = steps(run);
    let story = if with_story { story(run, &hazards, &places) } else { Vec::new() };
    Report {
        scenario: scenario.name.clone(),
        title: scenario.title.clone(),
        tags: scenario.tags.clone(),
        sha256: scenario.sha256.clone(),
        release: world.release.name(),
        seed: study.seed,
        set: scenario.set.clone(),
        world: scenario.world_name(case).map(str::to_owned),
        recovery: scenario.recovery_name(case).map(str::to_owned),
        end: run.end,
        cut_short: engine.cut_short,
        events: engine.trace.count,
        digest: engine.trace.digest(),
        replay: String::new(),
        verdict: study.verdict,
        judged: judge::judges(scenario, case),
        worst: run.worst(),
        recovery_began: engine.recovery_began,
        recovery_safe: run.recovery_safe(),
        missed: judge::goal(scenario, case, world).iter().map(|missed| self::missed(world, missed)).collect(),
        own_goal: scenario.goal.is_some(),
        counts,
        story,
        first_wrong: first_wrong(&hazards, &steps, |hazard| {
            let advice = study.advice.get(hazard);
            advice.into_iter().flat_map(Advice::wrong_steps).filter_map(|step| places.get(usize::from(step.0)).copied()).collect()
        }),
        hazards,
        because_cut_short: study.causes.cut_short,
        warnings: study.warnings.clone(),
        steps,
        expectations: study.expectations.clone(),
        downtime: run.downtime.iter().map(|(vm, span)| (world.names.vm(*vm).to_owned(), *span)).collect(),
        end_state: state(world, world.ruler()),
        other_masters: world.masters(MAIN_POOL).filter(|machine| *machine != world.ruler()).map(|machine| state(world, machine)).collect(),
        instants: run.instants.iter().map(|(at, world)| (*at, state(world, world.ruler()))).collect(),
    }
}

/// A part of the goal that was missed, by its name.
fn missed(world: &World, missed: &judge::Missed) -> String {
    match missed {
        judge::Missed::Vm(vm) => world.names.vm(*vm).to_owned(),
        judge::Missed::State { what, .. } => what.clone(),
    }
}

fn names(world: &World, machines: &[MachineId]) -> Vec<String> {
    machines.iter().map(|m| world.names.machine(*m).to_owned()).collect()
}

fn finding(world: &World, found: &Found, (because, alternatives): (Vec<Because>, Vec<Because>), advice: String) -> Finding {
    let doc = found.hazard.doc();
    let place = PlaceNames::new(world, found);
    Finding {
        hazard: doc.name,
        severity: doc.severity,
        since: found.since,
        until: found.until,
        vdi: place.vdi.map(|vdi| world.names.vdi(vdi).to_owned()),
        vm: place.vm.map(|vm| world.names.vm(vm).to_owned()),
        sr: place.sr.map(|sr| world.names.sr(sr).to_owned()),
        hosts: names(world, &found.hosts),
        by: found.by.map(|by| world.names.machine(by).to_owned()),
        damage: found.damage.map(|damage| DamageReport {
            at: damage.at,
            by: world.names.machine(damage.by).to_owned(),
            over: world.names.machine(damage.over).to_owned(),
        }),
        because,
        alternatives,
        advice,
        no_return: None,
        risk: None,
        sentence: found.sentence(world),
    }
}

/// What the gravest finding began with: the operator's first step among its causes that the advice would have otherwise, else
/// such a step of anybody, else the operator's first among them, else the first that somebody did, else the first of them all. `advised` gives the steps that a
/// finding's advice would have otherwise, by their places.
fn first_wrong(hazards: &[Finding], steps: &[StepReport], advised: impl Fn(usize) -> Vec<usize>) -> Option<Wrong> {
    let gravest = hazards.iter().enumerate().filter(|(_, finding)| finding.severity > Severity::Notice);
    // What came and went by itself is no news where something as grave is left; but harm that was done is harm.
    let over = |finding: &Finding| finding.severity < Severity::Danger && finding.until.is_some();
    let (index, gravest) = gravest.min_by_key(|(_, finding)| (std::cmp::Reverse(finding.severity), over(finding), finding.since))?;
    let place = |part: &Because| part.line.and_then(|line| steps.iter().position(|step| step.line == line && step.at == Some(part.at)));
    let is = |part: &Because, wanted: &dyn Fn(usize) -> bool| place(part).is_some_and(wanted);
    let done = |part: &Because| is(part, &|place| matches!(steps[place].kind, "run" | "act"));
    let operators = |part: &Because| done(part) && is(part, &|place| steps[place].from == "recovery");
    let causes = &gravest.because;
    let advised = advised(index);
    let otherwise = |part: &&Because| is(part, &|place| advised.contains(&place));
    let first =
        causes.iter().filter(otherwise).find(|part| operators(part)).or_else(|| causes.iter().filter(otherwise).find(|part| done(part)));
    let first = first.or_else(|| causes.iter().find(|part| operators(part))).or_else(|| causes.iter().find(|part| done(part)));
    let deed = first.is_some() && gravest.severity >= Severity::Danger;
    let one_line = |text: &str| text.lines().next().unwrap_or_default().to_string();
    Some(match first.or(causes.first()) {
        Some(part) => Wrong { at: part.at, line: part.line, what: one_line(&part.what), deed, mend: gravest.advice.clone() },
        None => Wrong { at: gravest.since, line: None, what: one_line(&gravest.sentence), deed, mend: gravest.advice.clone() },
    })
}

/// The steps in the order of their beginning, then those that never began; and the place of each there.
fn steps(run: &Run) -> (Vec<StepReport>, Vec<usize>) {
    let engine = &run.engine;
    let names = &engine.world.names;
    let mut order: Vec<usize> = (0..engine.records.len()).collect();
    order.sort_by_key(|at| (engine.records[*at].order, *at));
    let mut places = vec![0; order.len()];
    for (place, at) in order.iter().enumerate() {
        places[*at] = place;
    }
    let steps = order
        .into_iter()
        .map(|at| {
            let (sequence, step) = &run.program.steps[at];
            let record = &engine.records[at];
            StepReport {
                id: step.id.clone(),
                kind: words::kind(&step.deed),
                from: run.program.name_of(*sequence),
                at: record.began,
                end: record.ended,
                host: matches!(step.deed, Deed::Run(_)).then(|| names.machine(step.host).to_owned()),
                line: step.line,
                text: words::text(&step.deed, names),
                ran: ran(record),
                did: did(&step.deed, record),
                status: record.status,
                code: record.code.clone(),
                exit: record.exit,
                output: record.shown(),
            }
        })
        .collect();
    (steps, places)
}

/// The command lines that were typed, as one text.
fn ran(record: &StepRecord) -> Option<String> {
    let lines: Vec<&str> = record.ran.iter().map(|ran| ran.text.as_str()).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// What a step did, by the names that `explain` knows.
fn did(deed: &Deed, record: &StepRecord) -> Vec<&'static str> {
    if record.began.is_none() || matches!(record.status, Status::Skipped | Status::GivenUp) {
        return Vec::new();
    }
    match deed {
        Deed::Fault { fault, .. } => vec![fault.name()],
        Deed::Act(act) => vec![act.name()],
        Deed::Run(_) => record.ran.iter().filter_map(|ran| ran.command).collect(),
        Deed::Note(_) => Vec::new(),
    }
}

/// Every event that was kept, and where findings begin and end, in order.
fn story(run: &Run, hazards: &[Finding], places: &[usize]) -> Vec<StoryLine> {
    let engine = &run.engine;
    let teller = Teller { names: &engine.world.names, steps: &run.program.steps };
    let mut lines: Vec<StoryLine> = engine
        .trace
        .entries
        .iter()
        .map(|entry| {
            let step = match &entry.event {
                Event::StepBegan { step } | Event::StepEnded { step, .. } | Event::Refused { step, .. } => {
                    places.get(usize::from(step.0)).copied()
                }
                _ => None,
            };
            StoryLine { step, ..story_line(teller, entry) }
        })
        .collect();
    quiet_repeats(&mut lines);
    if engine.trace.count > KEPT as u64 {
        let at = lines.last().map_or(Time::ZERO, |line| line.at);
        let what = format!("{} more events follow; the story keeps the first {KEPT}", engine.trace.count - KEPT as u64);
        lines.push(StoryLine { at, actor: "poolsim".into(), what, event: "story-cut", ..blank() });
    }
    for (at, finding) in hazards.iter().enumerate() {
        let begins = StoryLine {
            at: finding.since,
            actor: finding.severity.name().into(),
            // What held then, not what came of it: a story is read from its beginning.
            what: run.found[at].at_first().sentence(&engine.world),
            event: "hazard-began",
            finding: Some(at),
            ..blank()
        };
        lines.push(begins);
        for (when, machine) in &run.found[at].joined {
            lines.push(StoryLine {
                at: *when,
                actor: finding.severity.name().into(),
                what: format!("now {} too", engine.world.names.machine(*machine)),
                event: "hazard-grew",
                finding: Some(at),
                ..blank()
            });
        }
        if let Some(until) = finding.until.filter(|until| *until > finding.since) {
            let what = format!("{} is over", finding.hazard);
            lines.push(StoryLine {
                at: until,
                actor: finding.severity.name().into(),
                what,
                event: "hazard-ended",
                finding: Some(at),
                ..blank()
            });
        }
    }
    // Stable: within an instant events come first, as they were, then what was found after them.
    lines.sort_by_key(|line| line.at);
    lines
}

/// A host outside of every liveset starts its HA daemon anew every two minutes. The first failure is the story; the like of
/// it, with nothing else from that host between, weighs less.
fn quiet_repeats(lines: &mut [StoryLine]) {
    let mut last: BTreeMap<String, String> = BTreeMap::new();
    for line in lines.iter_mut().filter(|line| line.matters) {
        let before = last.insert(line.actor.clone(), line.what.clone());
        line.matters = line.event != "ha-daemon-stopped" || before.as_ref() != Some(&line.what);
    }
}

/// An event as a line of the story; which of the report's steps it belongs to is left open.
pub fn story_line(teller: Teller<'_>, entry: &Entry) -> StoryLine {
    let told = teller.tell(&entry.event);
    StoryLine {
        at: entry.at,
        realm: told.half.into(),
        actor: told.actor,
        what: told.what,
        matters: told.matters,
        event: told.event,
        parts: told.parts.into_iter().map(|(name, part)| (name, super::tell::json(part))).collect(),
        cause_line: entry.cause.step.and_then(|step| teller.steps.get(usize::from(step.0))).map(|(_, step)| step.line),
        cause_due: Some(entry.cause.due),
        step: None,
        finding: None,
    }
}

fn blank() -> StoryLine {
    StoryLine {
        at: Time::ZERO,
        realm: Realm::Hazard,
        actor: String::new(),
        what: String::new(),
        matters: true,
        event: "",
        parts: Vec::new(),
        cause_line: None,
        cause_due: None,
        step: None,
        finding: None,
    }
}

/// The pool as it stands: what is so, and what the database of a machine has.
pub fn state(world: &World, ruler: MachineId) -> EndState {
    let db = world.db(ruler);
    let names = &world.names;
    let host_name = |host: HostId| names.host(host).to_owned();
    let host = |machine: MachineId| {
        let record = db.host(world.host_on(machine));
        HostState {
            powered: world.powered(machine),
            hung: world.hw.machine(machine).hung,
            isolated: world.hw.is_isolated(machine),
            xapi_runs: world.xapi_runs(machine),
            role: judge::role(world, machine).name(),
            fenced: world.hw.machine(machine).fenced,
            running: world.guests(machine).into_iter().map(|vm| names.vm(vm).to_owned()).collect(),
            known: record.is_some(),
            live: record.map(|record| record.live),
            enabled: record.map(|record| record.enabled),
        }
    };
    let vms = names.vm_ids().map(|vm| {
        let record = db.vm(vm);
        let mut running_on: Vec<MachineId> = world.runs_on(vm).collect();
        running_on.sort();
        let state = VmState {
            running_on: running_on.into_iter().map(|m| names.machine(m).to_owned()).collect(),
            power_state: record.map(|record| record.power_state.name()),
            resident_on: record.and_then(|record| record.resident_on).map(host_name),
        };
        (names.vm(vm).to_owned(), state)
    });
    let vdis = names.vdi_ids().map(|vdi| {
        let truth = world.hw.vdi(vdi);
        let record = db.vdi(vdi);
        let mut open_on: BTreeMap<MachineId, _> = BTreeMap::new();
        for opener in &truth.openers {
            let mode = open_on.entry(opener.machine).or_insert(opener.mode);
            *mode = (*mode).max(opener.mode);
        }
        let state = VdiState {
            open_on: open_on.into_iter().map(|(m, mode)| (names.machine(m).to_owned(), mode.name())).collect(),
            damaged: truth.damage.is_some(),
            locks: record.map(|record| record.locks.iter().map(|(host, mode)| (host_name(*host), mode.name())).collect()),
            paused: record.map(|record| record.paused),
            activating: record.map(|record| record.activating),
            relinking: record.map(|record| record.relinking),
        };
        (names.vdi(vdi).to_owned(), state)
    });
    EndState {
        ruler: names.machine(ruler).to_owned(),
        masters: world.masters(MAIN_POOL).map(|m| names.machine(m).to_owned()).collect(),
        default_sr: db.default_sr.map(|sr| names.sr(sr).to_owned()),
        hosts: world.machines().map(|m| (names.machine(m).to_owned(), host(m))).collect(),
        vms: vms.collect(),
        vdis: vdis.collect(),
        host_order: names.machine_ids().map(|m| names.machine(m).to_owned()).collect(),
        vm_order: names.vm_ids().map(|vm| names.vm(vm).to_owned()).collect(),
        vdi_order: names.vdi_ids().map(|vdi| names.vdi(vdi).to_owned()).collect(),
    }
}
