//! Bounds on a whole run: how long VMs were down, how many events there were, whether steps changed anything, and in how
//! many of the scenario's seeds a hazard occurred.

use super::Expectation;
use super::applies::{applies, matches, parts};
use super::words::hazard_text;
use crate::base::ids::VmId;
use crate::base::share::percent;
use crate::base::time::Span;
use crate::engine::{Program, StepRecord};
use crate::hazard::watch::Found;
use crate::scenario::model::{Case, Deed, Expect, HazardExpect, Scenario};
use crate::world::World;
use crate::world::event::Status;
use std::collections::BTreeMap;

/// What was measured over a run: the figures of its report.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    /// How long each VM was down without having been shut down.
    pub downtime: &'a BTreeMap<VmId, Span>,
    /// How many events there were.
    pub events: u64,
}

/// The bounds of one `expect`.
pub(super) fn judge(
    expect: &Expect,
    program: &Program,
    records: &[StepRecord],
    world: &World,
    measured: &Measured<'_>,
) -> Vec<Expectation> {
    let mut list = Vec::new();
    for (line, vm, most) in &expect.downtime {
        let down = measured.downtime.get(vm).copied().unwrap_or_default();
        let what = format!("{} is down for at most {most}", world.names.vm(*vm));
        list.push(Expectation { line: *line, what, passed: down <= *most, got: format!("{down}") });
    }
    if let Some((line, most)) = expect.events_at_most {
        let got = measured.events;
        list.push(Expectation { line, what: format!("at most {most} events"), passed: got <= most, got: format!("{got}") });
    }
    for (line, id) in &expect.effects {
        for ((_, step), record) in program.steps.iter().zip(records) {
            if step.id.as_ref() == Some(id) {
                let (passed, got) = effect(&step.deed, record);
                list.push(Expectation { line: *line, what: format!("{id} has an effect"), passed, got });
            }
        }
    }
    list
}

/// Whether a step changed anything, and what it did instead.
fn effect(deed: &Deed, record: &StepRecord) -> (bool, String) {
    let changed = match deed {
        Deed::Run(_) => record.told,
        Deed::Fault { .. } | Deed::Act(_) | Deed::Note(_) => record.effect == Some(true),
    };
    match (record.status, changed) {
        (Status::Ok, true) => (true, "it changed something".into()),
        (Status::Ok, false) => (false, "it changed nothing".into()),
        (status, _) => (false, status.name().into()),
    }
}

/// The items of a case that are judged over seeds.
pub fn share(scenario: &Scenario, case: Case) -> Vec<&HazardExpect> {
    let items = parts(scenario, case).flat_map(|expect| &expect.hazards);
    items.filter(|item| item.share.is_some() && applies(scenario, case, &item.scope)).collect()
}

/// Whether an item occurred in a run.
pub fn occurs(world: &World, item: &HazardExpect, found: &[Found]) -> bool {
    found.iter().any(|found| found.hazard == item.hazard && matches(world, item, found))
}

/// An item over seeds that was not judged, and why.
pub fn unjudged_share(world: &World, item: &HazardExpect, seeds: (u64, u64), why: &str) -> Expectation {
    Expectation { line: item.line, what: share_text(world, item, seeds), passed: false, got: why.to_owned() }
}

/// Judges an item over seeds. `hits` are the seeds in which it occurred, in their order.
pub fn judge_share(world: &World, item: &HazardExpect, (first, last): (u64, u64), hits: &[u64]) -> Expectation {
    let (least, most) = item.share.unwrap_or_default();
    let runs = u128::from(last.abs_diff(first)) + 1;
    let scaled = hits.len() as u128 * 1_000_000;
    let passed = (u128::from(least) * runs..=u128::from(most) * runs).contains(&scaled);
    // Shown to a hundredth of a percent, cut off; judged exactly.
    let shown = percent((scaled / runs / 100 * 100) as u32);
    let mut got = format!("in {} of {runs}, {shown}%", hits.len());
    if let (Some(first), Some(last)) = (hits.first(), hits.last()) {
        got.push_str(&format!("; the first is {first}, the last {last}"));
    }
    Expectation { line: item.line, what: share_text(world, item, (first, last)), passed, got }
}

/// What is expected of an item over seeds, in words.
fn share_text(world: &World, item: &HazardExpect, (first, last): (u64, u64)) -> String {
    let (least, most) = item.share.unwrap_or_default();
    let wanted = if least == most { format!("{}%", percent(least)) } else { format!("{}%..{}%", percent(least), percent(most)) };
    format!("{}, in {wanted} of the seeds {first}..{last}", hazard_text(world, item))
}
