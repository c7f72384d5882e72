//! The world at time 0, from a scenario.

use crate::scenario::model::Scenario;
use crate::world::World;
use std::sync::Arc;

/// The world as it is at 0 under a seed.
pub fn world(scenario: &Scenario, seed: u64) -> World {
    scenario.pool.world(Arc::clone(&scenario.settings), scenario.release, seed)
}
