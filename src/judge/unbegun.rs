//! Why a step, or a whole recovery, never began: what kept it, or the step before it that something kept. Read from how the others went; the run
//! itself keeps no reasons.

use crate::engine::Engine;
use crate::scenario::model::{Begin, Case, Scenario, Sequence, Step, When};
use crate::scenario::words;
use crate::world::World;

/// Why the step at this place of the program never began.
pub(super) fn why(scenario: &Scenario, case: Case, engine: &Engine, at: usize) -> String {
    let (program, records, world) = (engine.program(), &engine.records, &engine.world);
    let (sequence, _) = program.steps[at];
    if sequence == Sequence::Recovery
        && let Some((_, what, instead)) = never_began(scenario, case, engine)
    {
        let what = what.trim_start_matches("the recovery begins").trim_start_matches(": ");
        let what = if what.is_empty() { String::new() } else { format!(" ({what})") };
        return format!("the recovery never began{what}: {instead}");
    }
    let ended = match engine.cut_short {
        Some(bound) => format!("the run was ended by {} at {}", bound.option(), world.now),
        None => format!("the run ended at {}", world.now),
    };
    // The steps of a sequence begin one after the other: the first that did not keeps those behind it.
    let order = program.order(sequence);
    let step = |place: usize| &program.steps[usize::from(order[place].0)].1;
    let record = |place: usize| &records[usize::from(order[place].0)];
    let Some(first) = (0..order.len()).find(|place| record(*place).began.is_none()) else { return ended };
    if let Some(before) = first.checked_sub(1) {
        let name = name_of(step(before), world);
        if record(before).ended.is_none() {
            return format!("{ended} before `{name}` had");
        }
        let must = step(before).expect.as_ref().filter(|expect| expect.must);
        if must.is_some_and(|expect| !expect.met_by(&record(before).outcome())) {
            return format!("`{name}` did not go as it must, and ended the sequence");
        }
    }
    let waits = match &step(first).when {
        When::WaitFor { condition, .. } => {
            let host = step(first).host;
            let wanted = words::condition(condition, &world.names);
            format!(" while it waited for {{{wanted}}}: {}", engine.instead(condition, host))
        }
        When::AfterStep { id, stage: Some(stage), .. } => format!(" while it waited for `{stage}` of `{id}`"),
        When::AfterStep { id, .. } => format!(" while it waited for the end of `{id}`"),
        When::At(_) | When::AfterPrevious(_) | When::Next => " before its time had come".into(),
    };
    match usize::from(order[first].0) == at {
        true => format!("{ended}{waits}"),
        false => format!("`{}` before it never began: {ended}{}", name_of(step(first), world), waits),
    }
}

/// What a step is called: its id, else the first line of what it does.
pub(super) fn name_of(step: &Step, world: &World) -> String {
    step.id.clone().unwrap_or_else(|| words::text(&step.deed, &world.names).lines().next().unwrap_or_default().to_owned())
}

/// A recovery that is judged has to begin; where it did not, which wait ran out, and what was so instead.
pub(super) fn never_began(scenario: &Scenario, case: Case, engine: &Engine) -> Option<(u32, String, String)> {
    let recovery = &scenario.recoveries[case.recovery?];
    if engine.recovery_began.is_some() || engine.cut_short.is_some() {
        return None;
    }
    let names = &engine.world.names;
    let (what, instead) = match (&recovery.begin, engine.recovery_given_up.as_deref()) {
        (Begin::WaitFor { condition, within }, given_up) => {
            let what = format!("the recovery begins: wait-for {{{}}}, within {within}", words::condition(condition, names));
            let (at, instead) = match given_up {
                Some((at, instead)) => (*at, instead.clone()),
                None => (engine.world.now, engine.instead(condition, recovery.host)),
            };
            let ran_out = if given_up.is_some() { "given up" } else { "the run ended" };
            (what, format!("{ran_out} at {at}: {instead}"))
        }
        (_, _) => ("the recovery begins".to_owned(), format!("the run ended at {} before it did", engine.world.now)),
    };
    Some((recovery.line, what, instead))
}
