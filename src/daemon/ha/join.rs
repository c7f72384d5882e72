//! How a daemon gets into a liveset (xha, sm.c, test_Start_Criteria): it joins one by consent of all its members, or
//! forms a new one with all configured hosts; when its time is up, with the largest partition that has the statefile.

use super::{can_hear, daemon_mut, settle};
use crate::base::ids::MachineId;
use crate::base::time::{Span, Time};
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::event::Event;
use crate::world::memory::HaConfig;
use crate::world::memory::survival::{View, mesh};
use crate::world::memory::xhad::{Exit, Phase, Xhad};
use crate::world::truth::{PoolState, Slots};
use std::sync::Arc;

/// The pause between two looks of a daemon that starts.
const LOOK: Span = Span::secs(1);

/// Whether the daemon of a configured host runs, and hears and reaches what it must to be reckoned with.
fn runs(world: &World, config: &HaConfig, slot: usize) -> Option<MachineId> {
    let machine = world.ha_machine(config, slot).filter(|machine| world.dom0_answers(*machine))?;
    let xhad = world.stacks[machine.at()].xhad.as_deref()?;
    (xhad.config.generation == config.generation).then_some(machine)
}

/// Whether the daemon of a slot is in a liveset.
fn is_in(world: &World, config: &HaConfig, slot: usize) -> bool {
    runs(world, config, slot).is_some_and(|machine| world.ha_joined(machine))
}

/// A starting daemon looks whether it can join or form a liveset.
pub fn look(world: &mut World, fx: &mut Effects, machine: MachineId) {
    let Some(xhad) = world.stacks[machine.at()].xhad.as_deref() else { return };
    let (config, me, age) = (Arc::clone(&xhad.config), xhad.me, world.now.since(xhad.started));
    let (join, warm) = (xhad.times.join, xhad.times.beat.max(xhad.times.round));
    let late = age >= join;
    let reaches = world.reaches(machine, config.sr);
    let state = world.hw.statefile(config.sr).map(|file| (file.generation, file.state));
    if reaches && state.is_none_or(|(generation, _)| generation != config.generation) {
        world.ha_end_daemon(machine, Exit::Generation, fx);
        return;
    }
    if reaches && state.is_some_and(|(_, state)| state == PoolState::Invalid) {
        world.ha_end_daemon(machine, Exit::Invalid, fx);
        return;
    }
    // It has to hear and see the others for one round before it knows anything of them.
    if reaches && age > warm && enter(world, fx, machine, &config, me, late) {
        return;
    }
    if late {
        world.ha_end_daemon(machine, Exit::NoLiveset, fx);
    } else {
        world.ha_rearm(machine, LOOK.min(Span((join - age).0.max(1))), fx);
    }
}

/// Joins or forms a liveset, if that can be done now.
fn enter(world: &mut World, fx: &mut Effects, machine: MachineId, config: &Arc<HaConfig>, me: usize, late: bool) -> bool {
    // Who is in a liveset and can be heard, or seen on the disk.
    let seen = config.all().without(me).iter().find(|slot| {
        let Some(peer) = runs(world, config, *slot) else { return false };
        world.ha_joined(peer) && (can_hear(world, machine, peer) || world.reaches(peer, config.sr))
    });
    if let Some(member) = seen {
        return join(world, fx, machine, config, me, member);
    }
    // Where a member's slot moved a moment ago there is a liveset: its host may hang or be dead, and will be found out.
    if moves(world, config, me, world.stacks[machine.at()].xhad.as_deref()) {
        return false;
    }
    form(world, fx, machine, config, me, late)
}

/// Whether a starting daemon has seen the slot move of a host that counts itself in a liveset.
fn moves(world: &World, config: &HaConfig, me: usize, xhad: Option<&Xhad>) -> bool {
    let (Some(xhad), Some(file)) = (xhad, world.hw.statefile(config.sr)) else { return false };
    let member = |slot: usize| file.slots[slot].says.liveset.has(slot) && !file.excluded.has(slot);
    let lately = |at: Time| at > xhad.started && at + xhad.times.standstill > world.now;
    config.all().without(me).iter().any(|slot| member(slot) && lately(file.slots[slot].written))
}

/// Whether heartbeats go both ways between two machines.
fn hear_each_other(world: &World, a: MachineId, b: MachineId) -> bool {
    can_hear(world, a, b) && can_hear(world, b, a)
}

/// Joins the liveset of a member: all members have to hear it, to see it, and to be at rest; and they must have dropped an
/// earlier incarnation of it.
fn join(world: &mut World, fx: &mut Effects, machine: MachineId, config: &Arc<HaConfig>, me: usize, member: usize) -> bool {
    let Some(liveset) = runs(world, config, member).map(|member| world.ha_liveset(member)) else { return false };
    if liveset.has(me) {
        return false;
    }
    let mut fault = 0;
    for slot in liveset.iter() {
        let Some(peer) = runs(world, config, slot) else { return false };
        let Some(xhad) = world.stacks[peer.at()].xhad.as_deref() else { return false };
        let consents = xhad.phase == Phase::Settled && xhad.says.liveset == liveset;
        if !consents || !hear_each_other(world, machine, peer) || !world.reaches(peer, config.sr) {
            return false;
        }
        fault = fault.max(xhad.says.fault);
    }
    come_in(world, fx, config, liveset.with(me), Slots::one(me), fault);
    true
}

/// Forms a liveset with the starting daemons.
fn form(world: &mut World, fx: &mut Effects, machine: MachineId, config: &Arc<HaConfig>, me: usize, late: bool) -> bool {
    let Some(file) = world.hw.statefile(config.sr) else { return false };
    let excluded = file.excluded;
    let first = file.state == PoolState::Init;
    let ready = |slot: usize| runs(world, config, slot).filter(|peer| !is_in(world, config, slot) && world.reaches(*peer, config.sr));
    let starting = config.all().iter().filter(|slot| ready(*slot).is_some()).fold(Slots::NONE, Slots::with);
    let hears: Vec<Slots> = (0..config.members.len())
        .map(|from| {
            let Some(a) = ready(from) else { return Slots::NONE };
            starting.iter().filter(|to| ready(*to).is_some_and(|b| a == b || can_hear(world, a, b))).fold(Slots::NONE, Slots::with)
        })
        .collect();
    let view = View { configured: config.all(), live: starting, hears: &hears, disk: starting, excluded };
    let partition = mesh(&view, starting);
    let missing = config.all().minus(partition);
    // The first liveset needs everybody; a later one waits for all who were not shut down in order, until the time is up.
    // Whoever was shut down in order forms none while others are missing.
    let allowed = if missing.is_empty() {
        true
    } else if first {
        false
    } else if missing.within(excluded) {
        true
    } else {
        late && !excluded.has(me)
    };
    if !allowed || !partition.has(me) || !world.reaches(machine, config.sr) {
        return false;
    }
    world.hw.write_pool_state(config.sr, config.generation, PoolState::Active);
    come_in(world, fx, config, partition, partition, 0);
    true
}

/// A liveset has newcomers.
fn come_in(world: &mut World, fx: &mut Effects, config: &Arc<HaConfig>, liveset: Slots, newcomers: Slots, fault: u32) {
    world.ha_enter(config, liveset, newcomers, fault);
    let now = world.now;
    for slot in newcomers.iter() {
        let Some(machine) = world.ha_machine(config, slot) else { continue };
        let Some(xhad) = daemon_mut(world, machine) else { continue };
        let took = now.since(xhad.started);
        fx.tell(Event::HaJoined { machine, liveset: World::ha_hosts(config, liveset), took });
        settle(world, fx, machine);
    }
}
