//! What an armed host's xapi does before it reads its database (xapi_ha.ml, on_server_restart): it starts the daemon and
//! waits for it to join; without the statefile for ever.

use crate::base::ids::MachineId;
use crate::base::time::Span;
use crate::daemon::xapi;
use crate::world::World;
use crate::world::effects::{Due, Effects};
use crate::world::errors::ApiError;
use crate::world::memory::{PoolConf, Xapi};
use crate::world::roles::Contact;
use crate::world::truth::PoolState;

/// How often a starting xapi looks whether the daemon has joined.
const LOOK: Span = Span::secs(1);

/// The pause before the daemon is started again (xapi_ha.ml, on_server_restart).
const RETRY: Span = Span::secs(10);

/// xapi has started on a host: whether it may go on. If not, [`Due::HaBoot`] follows.
pub fn ready(world: &mut World, fx: &mut Effects, machine: MachineId, epoch: u32) -> bool {
    if !world.stacks[machine.at()].ha.armed || world.ha_joined(machine) {
        return true;
    }
    if world.stacks[machine.at()].xhad.is_some() {
        fx.due(LOOK, Due::HaBoot { machine, epoch });
        return false;
    }
    if world.ha_lost_statefile(machine) {
        if master_has_it_off(world, machine) {
            world.ha_disarm(machine, fx);
            return true;
        }
        fail(world, fx, machine, epoch, "HA_HOST_CANNOT_ACCESS_STATEFILE");
        return false;
    }
    match world.ha_statefile(machine).map(|file| file.state) {
        Some(PoolState::Invalid) => {
            world.ha_disarm(machine, fx);
            true
        }
        Some(_) if world.ha_start_daemon(machine, fx) => {
            fx.due(LOOK, Due::HaBoot { machine, epoch });
            false
        }
        // Another generation's statefile, or none: the daemon exits at once.
        _ => {
            fail(world, fx, machine, epoch, "HA_HEARTBEAT_DAEMON_STARTUP_FAILED");
            false
        }
    }
}

/// Whether the master answers that HA is off.
fn master_has_it_off(world: &World, machine: MachineId) -> bool {
    let PoolConf::Slave(master) = world.stacks[machine.at()].conf else { return false };
    world.contact(machine, master) == Contact::Answered && world.is_master(master) && !world.ha_on(master)
}

/// The host waits in emergency mode, and tries again.
fn fail(world: &mut World, fx: &mut Effects, machine: MachineId, epoch: u32, code: &'static str) {
    world.stacks[machine.at()].xapi = Xapi::Emergency;
    xapi::stash(world, fx, machine, ApiError::new(code));
    fx.due(RETRY, Due::HaBoot { machine, epoch });
}

/// A starting xapi looks again whether it may go on.
pub fn look(world: &mut World, fx: &mut Effects, machine: MachineId, epoch: u32) {
    let stack = &world.stacks[machine.at()];
    if stack.epoch != epoch || !matches!(stack.xapi, Xapi::Starting | Xapi::Emergency) {
        return;
    }
    if !world.dom0_answers(machine) {
        fx.due(world.settings.emergency_retry, Due::HaBoot { machine, epoch });
        return;
    }
    // The daemon that it waited for has ended without a liveset.
    let stack = &world.stacks[machine.at()];
    if stack.xapi == Xapi::Starting && stack.ha.armed && stack.xhad.is_none() && !world.ha_lost_statefile(machine) {
        let invalid = world.ha_statefile(machine).is_some_and(|file| file.state == PoolState::Invalid);
        if !invalid {
            fail(world, fx, machine, epoch, "HA_HEARTBEAT_DAEMON_STARTUP_FAILED");
            return;
        }
    }
    if ready(world, fx, machine, epoch) {
        let stack = &mut world.stacks[machine.at()];
        stack.xapi = Xapi::Starting;
        stack.stashed = None;
        xapi::go_on(world, fx, machine, epoch);
    }
}

/// A host with role master has to win the lock again before it rules: whether it has. Else it becomes a member of the one
/// that holds it, or asks again.
pub fn wins_lock(world: &mut World, fx: &mut Effects, machine: MachineId, epoch: u32) -> bool {
    if !world.stacks[machine.at()].ha.armed {
        return true;
    }
    if world.ha_propose_master(machine) {
        world.ha_read_redo_log(machine, fx);
        return true;
    }
    if let Some(holder) = super::master::lock_holder(world, machine).filter(|holder| *holder != machine) {
        world.write_conf(fx, machine, PoolConf::Slave(holder));
        world.restart_xapi(fx, machine);
    } else {
        fx.due(world.settings.emergency_retry, Due::HaBoot { machine, epoch });
    }
    false
}
