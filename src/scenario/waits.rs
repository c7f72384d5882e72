//! What steps say of each other: ids unique within each case, steps that exist in every case that names them, and no
//! circle in which each waits for the other.

use super::model::{Begin, Deed, When};
use super::read::{Reader, shorten};
use super::steps::{ReadRecovery, ReadStep, StepName};
use crate::command::stages::{self, Stage};
use std::collections::{BTreeMap, BTreeSet};

/// The most cases (worlds times recoveries), and the most steps of all cases together.
pub const CASES_MOST: usize = 10_000;
const CASE_STEPS_MOST: usize = 20_000_000;

/// A sequence with a name: a world, or an operator.
pub type ReadNamed = (String, Vec<ReadStep>);

/// Where an id stands: the timeline, or these worlds, or these recoveries.
#[derive(Default)]
struct Stands {
    timeline: bool,
    worlds: BTreeSet<usize>,
    recoveries: BTreeSet<usize>,
}

/// All the steps of a file.
pub struct ReadSteps<'s> {
    /// Those of every case.
    pub timeline: &'s [ReadStep],
    /// Those of one world.
    pub worlds: &'s [ReadNamed],
    /// Those of one recovery.
    pub recoveries: &'s [ReadRecovery<'s>],
    /// Those of who else types, in every case.
    pub operators: &'s [ReadNamed],
}

/// Checks the steps of a file against each other.
pub fn check(reader: &mut Reader<'_>, read: &ReadSteps<'_>, named: &[StepName]) {
    let ids = ids(reader, read);
    let ReadSteps { timeline, worlds, recoveries, operators } = *read;
    let count = |n: usize| n.max(1);
    let cases = count(worlds.len()) * count(recoveries.len());
    let steps = (timeline.len() + operators.iter().map(|(_, steps)| steps.len()).sum::<usize>()) * cases
        + worlds.iter().map(|(_, steps)| steps.len()).sum::<usize>() * count(recoveries.len())
        + recoveries.iter().map(|recovery| recovery.steps.len()).sum::<usize>() * count(worlds.len());
    if cases > CASES_MOST || steps > CASE_STEPS_MOST {
        let place = recoveries.last().map_or_else(Default::default, |recovery| recovery.place);
        reader.error(
            place,
            "too-many",
            format!("{cases} cases with {steps} steps in all"),
            format!("at most {CASES_MOST} cases (worlds times recoveries) with {CASE_STEPS_MOST} steps"),
        );
        return;
    }
    let sound = exist(reader, &ids, worlds, recoveries, named) && have_stages(reader, read, named);
    let waits = |step: &ReadStep| matches!(step.step.when, When::AfterStep { .. });
    let any = timeline.iter().any(waits)
        || operators.iter().any(|(_, steps)| steps.iter().any(waits))
        || worlds.iter().any(|(_, steps)| steps.iter().any(waits))
        || recoveries.iter().any(|recovery| recovery.steps.iter().any(waits));
    if sound && any {
        for world in 0..count(worlds.len()) {
            for recovery in 0..count(recoveries.len()) {
                let world = worlds.get(world).map_or(&[][..], |(_, steps)| steps);
                circle(reader, timeline, world, recoveries.get(recovery), operators);
            }
        }
    }
}

fn ids<'s>(reader: &mut Reader<'_>, read: &ReadSteps<'s>) -> BTreeMap<&'s str, Stands> {
    let mut ids: BTreeMap<&str, Stands> = BTreeMap::new();
    let twice = |reader: &mut Reader<'_>, step: &ReadStep| {
        let id = shorten(step.step.id.as_deref().unwrap_or_default());
        reader.error(
            step.place,
            "duplicate-step",
            format!("a second step with the id `{id}` in one case"),
            "ids are unique within each case: take another",
        );
    };
    for step in read.timeline.iter().chain(read.operators.iter().flat_map(|(_, steps)| steps)) {
        if let Some(id) = &step.step.id
            && std::mem::replace(&mut ids.entry(id).or_default().timeline, true)
        {
            twice(reader, step);
        }
    }
    for (at, (_, steps)) in read.worlds.iter().enumerate() {
        for step in steps {
            let Some(id) = &step.step.id else { continue };
            let stands = ids.entry(id).or_default();
            if stands.timeline || !stands.worlds.insert(at) {
                twice(reader, step);
            }
        }
    }
    for (at, recovery) in read.recoveries.iter().enumerate() {
        for step in &recovery.steps {
            let Some(id) = &step.step.id else { continue };
            let stands = ids.entry(id).or_default();
            if stands.timeline || !stands.worlds.is_empty() || !stands.recoveries.insert(at) {
                twice(reader, step);
            }
        }
    }
    ids
}

/// Whether every step that is named exists in each case that names it.
fn exist(
    reader: &mut Reader<'_>,
    ids: &BTreeMap<&str, Stands>,
    worlds: &[ReadNamed],
    recoveries: &[ReadRecovery<'_>],
    named: &[StepName],
) -> bool {
    let world_names: BTreeMap<&str, usize> = worlds.iter().enumerate().map(|(at, (name, _))| (name.as_str(), at)).collect();
    let recovery_names: BTreeMap<&str, usize> =
        recoveries.iter().enumerate().filter_map(|(at, recovery)| Some((recovery.recovery.name.as_deref()?, at))).collect();
    let mut sound = true;
    for StepName { id, place, from, .. } in named {
        let own_world = from.strip_prefix("worlds.").and_then(|name| world_names.get(name).copied());
        let own_recovery = match from.strip_prefix("recoveries.") {
            Some(name) => recovery_names.get(name).copied(),
            None => (from == "recovery").then_some(0),
        };
        let help = match ids.get(id.as_str()) {
            None => match reader.guess(id, ids.keys().copied()) {
                Some(guess) => format!("did you mean `{guess}`?"),
                None => "name the `id:` of a step, or a duration such as `30s`".to_string(),
            },
            Some(stands) => {
                let in_world = match own_world {
                    Some(own) => stands.worlds.contains(&own),
                    None => !worlds.is_empty() && stands.worlds.len() == worlds.len(),
                };
                let in_recovery = match own_recovery {
                    Some(own) => stands.recoveries.contains(&own),
                    None => !recoveries.is_empty() && stands.recoveries.len() == recoveries.len(),
                };
                if stands.timeline || in_world || in_recovery {
                    continue;
                }
                "the step with this id is not in every case that this one is in: each world and each recovery needs one".to_string()
            }
        };
        sound = false;
        reader.error(*place, "unknown-step", format!("there is no step `{}`", shorten(id)), help);
    }
    sound
}

/// Whether every stage that is named is one of what the step with that id types, wherever it stands.
fn have_stages(reader: &mut Reader<'_>, read: &ReadSteps<'_>, named: &[StepName]) -> bool {
    let mut sound = true;
    let all = || {
        let worlds = read.worlds.iter().flat_map(|(_, steps)| steps);
        let recoveries = read.recoveries.iter().flat_map(|recovery| &recovery.steps);
        let operators = read.operators.iter().flat_map(|(_, steps)| steps);
        read.timeline.iter().chain(worlds).chain(recoveries).chain(operators)
    };
    for StepName { id, stage, place, .. } in named {
        let Some(stage) = stage else { continue };
        for step in all().filter(|step| step.step.id.as_deref() == Some(id)) {
            let text = match &step.step.deed {
                Deed::Run(script) => script.text.as_str(),
                Deed::Fault { .. } | Deed::Act(_) | Deed::Note(_) => "",
            };
            let typed = stages::typed_in(text);
            if typed.iter().flat_map(|(_, stages)| *stages).any(|there| there.name == stage) {
                continue;
            }
            let list = |(name, stages): &(&str, &[Stage])| {
                format!("`{name}` has {}", stages.iter().map(|stage| stage.name).collect::<Vec<_>>().join(", "))
            };
            let names = typed.iter().flat_map(|(_, stages)| *stages).map(|stage| stage.name);
            let help = match (reader.guess(stage, names), typed.as_slice()) {
                (Some(guess), _) => format!("did you mean `{}.{guess}`?", shorten(id)),
                (None, []) if text.is_empty() => format!("what it does has no stages: write `after: {}`", shorten(id)),
                // A command that nobody knows has none either, and where an error is expected nothing else tells of it.
                (None, []) => format!(
                    "`{}` has no stages, but {}: write `after: {}`, or mend the command",
                    shorten(text.lines().next().unwrap_or_default()),
                    stages::commands().join(", "),
                    shorten(id)
                ),
                (None, typed) => typed.iter().map(list).collect::<Vec<_>>().join("; "),
            };
            sound = false;
            reader.error(*place, "unknown-stage", format!("the step `{}` has no stage `{}`", shorten(id), shorten(stage)), help);
            break;
        }
    }
    sound
}

/// Tells of a circle of waits in one case. Each step waits for the one before it in its sequence, and for the step that
/// its `after:` names; a recovery without a beginning of its own waits for the timeline's last step.
fn circle(
    reader: &mut Reader<'_>,
    timeline: &[ReadStep],
    world: &[ReadStep],
    recovery: Option<&ReadRecovery<'_>>,
    operators: &[ReadNamed],
) {
    let recovered = recovery.map_or(&[][..], |recovery| &recovery.steps);
    let mut firsts = vec![0, timeline.len(), timeline.len() + world.len()];
    let mut steps: Vec<&ReadStep> = timeline.iter().chain(world).chain(recovered).collect();
    for (_, operator) in operators {
        firsts.push(steps.len());
        steps.extend(operator);
    }
    let ids: BTreeMap<&str, usize> = steps.iter().enumerate().filter_map(|(at, step)| Some((step.step.id.as_deref()?, at))).collect();
    let waits_for = |at: usize| -> [Option<usize>; 2] {
        let before = if !firsts.contains(&at) {
            Some(at - 1)
        } else if at == firsts[2] && !recovered.is_empty() && recovery.is_some_and(|r| r.recovery.begin == Begin::AfterTimeline) {
            timeline.len().checked_sub(1)
        } else {
            None
        };
        let after = match &steps[at].step.when {
            When::AfterStep { id, .. } => ids.get(id.as_str()).copied(),
            _ => None,
        };
        [before, after]
    };
    // A step is done once all that it waits for is; what is never done stands in a circle or behind one.
    let mut waiting = vec![0u8; steps.len()];
    let mut behind: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
    #[allow(clippy::needless_range_loop)] // The place is a step's number in several tables.
    for at in 0..steps.len() {
        for other in waits_for(at).into_iter().flatten() {
            waiting[at] += 1;
            behind[other].push(at);
        }
    }
    let mut ready: Vec<usize> = (0..steps.len()).filter(|at| waiting[*at] == 0).collect();
    while let Some(at) = ready.pop() {
        for other in std::mem::take(&mut behind[at]) {
            waiting[other] -= 1;
            if waiting[other] == 0 {
                ready.push(other);
            }
        }
    }
    // From any step that is never done, going to what it waits for leads into the circle.
    let Some(mut at) = (0..steps.len()).find(|at| waiting[*at] > 0) else { return };
    let mut seen = vec![false; steps.len()];
    while !std::mem::replace(&mut seen[at], true) {
        let Some(next) = waits_for(at).into_iter().flatten().find(|other| waiting[*other] > 0) else { return };
        at = next;
    }
    // Within the circle, the first `after:` of a step is where to mend it.
    let start = at;
    while !matches!(steps[at].step.when, When::AfterStep { .. }) {
        let Some(next) = waits_for(at).into_iter().flatten().find(|other| waiting[*other] > 0) else { return };
        at = next;
        if at == start {
            break;
        }
    }
    let help =
        "a step waits for the one before it and for the step of its `after:`, a recovery without `at` or `wait-for` for the whole timeline";
    reader.error(steps[at].when, "circle", "this step waits for a step that itself waits for this one", help);
}
