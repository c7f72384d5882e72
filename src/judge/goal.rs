//! What a recovery is for, and whether it was reached: read when a run is over.

use super::applies::applies;
use super::facts::{holds, stands};
use super::words::stands_text;
use crate::base::ids::VmId;
use crate::scenario::model::{Case, Scenario, StateExpect};
use crate::world::World;

/// A part of the goal that was missed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Missed {
    /// A VM that ran at the start, and does not run now on exactly one host: the file names no goal.
    Vm(VmId),
    /// A state that the file's `goal` names.
    State {
        /// Its line.
        line: u32,
        /// What was wanted: `db: power-state: running`.
        what: String,
        /// What is so instead.
        got: String,
    },
}

/// What is missing of a case's goal, in the file's order; empty where it is reached. The goal is what the scenario names, as far
/// as it is meant for this case; where it has none, that every VM that ran at the start runs, on exactly one host.
pub fn goal(scenario: &Scenario, case: Case, world: &World) -> Vec<Missed> {
    let Some(items) = &scenario.of(case).goal else { return down(scenario.of(case), world).map(Missed::Vm).collect() };
    let items = items.iter().filter(|item| applies(scenario, case, &item.scope));
    let missed = items.filter(|item| !holds(world, item));
    missed.map(|item| Missed::State { line: item.line, what: stands_text(world, item), got: stands(world, item) }).collect()
}

/// A state that is wanted, in words: `db: power-state: running`.
pub fn wanted(world: &World, item: &StateExpect) -> String {
    stands_text(world, item)
}

/// The VMs that ran at the start and do not run now, on one host each.
fn down<'a>(scenario: &'a Scenario, world: &'a World) -> impl Iterator<Item = VmId> + 'a {
    let ran = scenario.pool.vms.iter().zip(world.names.vm_ids()).filter(|(start, _)| !start.running_on.is_empty());
    ran.map(|(_, vm)| vm).filter(|vm| world.runs_on(*vm).count() != 1)
}
