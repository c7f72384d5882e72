//! What xapi does with the liveset (xapi_ha.ml, Monitor): a member whose master is gone proposes itself or follows the
//! one that holds the lock; a master waits for its hosts to enable themselves, and then looks after hosts that are gone.

use super::heard;
use crate::base::ids::MachineId;
use crate::base::time::Span;
use crate::daemon::protect;
use crate::world::World;
use crate::world::effects::{Due, Effects};
use crate::world::event::Event;
use crate::world::memory::daemon::MONITOR;
use crate::world::memory::{PoolConf, Xapi};
use crate::world::truth::PoolState;

/// The pause before a member without a master asks again.
const ELECTION_RETRY: Span = Span::secs(5);

/// How long a new master waits for the hosts of the liveset to enable themselves (ha_monitor_startup_timeout).
const STARTUP: Span = Span::secs(1800);

/// The machine that holds the master lock and is in the liveset of `machine`.
pub fn lock_holder(world: &World, machine: MachineId) -> Option<MachineId> {
    let xhad = world.stacks[machine.at()].xhad.as_deref().filter(|xhad| xhad.joined())?;
    // The lock is read from the statefile, or heard of from peers who do.
    let slot = world.ha_statefile(machine)?.master.filter(|slot| xhad.says.liveset.has(*slot))?;
    world.ha_machine(&xhad.config, slot)
}

/// xapi asks the daemon for the liveset.
pub fn monitor(world: &mut World, fx: &mut Effects, machine: MachineId, epoch: u32) {
    let stack = &world.stacks[machine.at()];
    if stack.epoch != epoch || !stack.ha.armed || stack.xapi == Xapi::Stopped {
        return;
    }
    let mut next = MONITOR;
    if stack.xhad.is_none() && world.ha_statefile(machine).is_some_and(|file| file.state == PoolState::Invalid) {
        // The daemon read that HA is off, and so it is for this host.
        world.ha_disarm(machine, fx);
        return;
    }
    let (role, fuse, up) = (stack.role, stack.fuse, stack.xapi == Xapi::Up);
    if world.dom0_answers(machine) && world.ha_joined(machine) && !fuse {
        match role {
            PoolConf::Master if up => rule(world, fx, machine),
            // Nobody holds the lock yet: it asks again soon.
            PoolConf::Slave(master) if !serves(world, machine, master) && !follow(world, fx, machine) => next = ELECTION_RETRY,
            _ => {}
        }
    }
    fx.due(next, Due::HaMonitor { machine, epoch });
}

/// Whether a member's master is in the liveset and holds the lock.
fn serves(world: &World, machine: MachineId, master: MachineId) -> bool {
    lock_holder(world, machine) == Some(master)
}

/// A member without a master: it proposes itself, else it follows whoever holds the lock. `false` if there is nobody yet.
fn follow(world: &mut World, fx: &mut Effects, machine: MachineId) -> bool {
    let before = world.ha_statefile(machine).and_then(|file| file.master);
    let config = world.stacks[machine.at()].ha.config.clone();
    if !world.stacks[machine.at()].ha.no_failover && world.ha_propose_master(machine) {
        let over = before.zip(config).and_then(|(slot, config)| config.members.get(slot).copied());
        let xhad = world.stacks[machine.at()].xhad.as_deref();
        let last = before.zip(xhad).filter(|(slot, xhad)| *slot != xhad.me).and_then(|(slot, xhad)| heard(world, xhad, slot));
        let unheard = last.map(|at| world.now.since(at));
        fx.tell(Event::HaMasterElected { machine, over, unheard });
        world.change_role(fx, machine, PoolConf::Master);
        return true;
    }
    match lock_holder(world, machine) {
        Some(holder) if holder != machine => {
            fx.tell(Event::HaFollows { machine, master: holder });
            world.change_role(fx, machine, PoolConf::Slave(holder));
            true
        }
        _ => false,
    }
}

/// A master's look at the liveset.
fn rule(world: &mut World, fx: &mut Effects, machine: MachineId) {
    if !world.stacks[machine.at()].ha_ready {
        let stack = &world.stacks[machine.at()];
        let waited = world.now.since(stack.up_since);
        let waiting = world.db(machine).hosts.iter().any(|(host, record)| world.ha_in_liveset(machine, *host) && !record.enabled);
        if waiting && waited < STARTUP {
            return;
        }
        world.stacks[machine.at()].ha_ready = true;
        fx.tell(Event::HaMasterReady { machine, waited });
    }
    protect::pass(world, machine, fx);
}
