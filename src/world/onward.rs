//! What nothing that is still to come can see of a world, left out: two worlds that differ in it alone go on alike, and the same of
//! danger and corruption comes of them.
//!
//! - When a copy of the database was made: it is written down and never looked at; whether a member needs a new one hangs on the
//!   generation.
//! - Since when a host must not serve as it is: asked is only whether a domain was started since, so of all instants between two starts
//!   the first does.
//! - Since when a VM that was lost is down: outages and downtime hang on it, and an event tells it.
//! - Of each disk, all that lies behind: see `Hardware::leave_out_the_past`.
//!
//! Whoever adds a field that is read later adds it to no list here: what is not named stays.

use super::World;
use crate::base::time::Time;

impl World {
    /// The world without what is over. `idle`: no console has a command under way, which might carry something of the past along.
    #[must_use]
    pub fn onward(&self, idle: bool) -> World {
        let mut world = self.clone();
        let now = world.now;
        let started: Vec<Time> = world.hw.domains().map(|domain| domain.started).collect();
        for stack in world.stacks.iter_mut() {
            stack.copy_as_of = Time::ZERO;
            if let Some(forsaken) = stack.forsaken.as_mut().filter(|forsaken| forsaken.since < now) {
                let before = started.iter().copied().filter(|started| *started <= forsaken.since);
                forsaken.since = before.max().unwrap_or(Time::ZERO);
            }
        }
        if idle {
            world.hw.leave_out_the_past(now);
        }
        world
    }
}
