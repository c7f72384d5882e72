//! What a daemon makes of silence (xha, sm.c, fault_handler): it waits until all that it sees have begun too and nobody is
//! between alive and silent, compares views, decides by the survival rules, fences itself or waits until the losers must
//! have been reset, and then takes them out of the liveset.
//!
//! Nobody is let back into the views until the handler ends: an outage that ends too late saves nobody.

use super::{daemon_mut, heard, hears, moved, moved_on, say, sees};
use crate::base::ids::MachineId;
use crate::base::time::{Span, Time};
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::event::Event;
use crate::world::ha::{Saying, Slot, Slots, Stage};
use crate::world::survival::{Rule, View, survivors};
use crate::world::xhad::{FenceCause, Phase, Xhad};

/// The pause between two looks while a fault is handled (xha, sm.c).
const ROUND: Span = Span::millis(400);

/// The shortest wait before a liveset shrinks.
const SHORTEST_WAIT: Span = Span::secs(10);

/// A daemon's timer: what it does depends on what it is at.
pub fn timer(world: &mut World, fx: &mut Effects, machine: MachineId, timer: u32) {
    let Some(xhad) = world.stacks[machine.at()].xhad.as_deref().filter(|xhad| xhad.timer == timer) else { return };
    if !world.dom0_answers(machine) {
        // Hung: it goes on when domain 0 is back, or never.
        world.ha_rearm(machine, Span::secs(1), fx);
        return;
    }
    match xhad.phase {
        Phase::Starting => super::join::look(world, fx, machine),
        Phase::Settled => look(world, fx, machine),
        Phase::Gathering | Phase::Comparing { .. } => round(world, fx, machine),
        Phase::Shrinking => shrink(world, fx, machine),
    }
}

/// The first instant at which a silence could be too long.
fn first_silence(world: &World, xhad: &Xhad) -> Time {
    let (silence, standstill) = (xhad.times.silence, xhad.times.standstill);
    let file = world.hw.statefiles.get(&xhad.config.sr).filter(|_| !xhad.no_statefile);
    let mut first = Time::NEVER;
    for slot in xhad.says.liveset.without(xhad.me).iter() {
        first = first.min(heard(world, xhad, slot).unwrap_or(Time::ZERO) + silence);
        if let Some(file) = file {
            first = first.min(moved(file, xhad, slot) + standstill);
        }
    }
    if !xhad.no_statefile {
        first = first.min(xhad.read + standstill);
    }
    if first == Time::NEVER { world.now + silence } else { first }
}

/// A daemon at rest waits for the first silence that there could be.
pub fn wait_for_silence(world: &mut World, fx: &mut Effects, machine: MachineId) {
    let Some(xhad) = world.stacks[machine.at()].xhad.as_deref() else { return };
    let after = Span(first_silence(world, xhad).since(world.now).0.max(1));
    world.ha_rearm(machine, after, fx);
}

/// A daemon at rest looks whether anybody in its liveset is silent, or handles a fault that it does not know of.
fn look(world: &mut World, fx: &mut Effects, machine: MachineId) {
    let Some(xhad) = world.stacks[machine.at()].xhad.as_deref() else { return };
    let liveset = xhad.says.liveset;
    let first = first_silence(world, xhad);
    let silent = first <= world.now;
    let called = liveset.without(xhad.me).iter().map(|slot| xhad.views[slot].fault).max().unwrap_or(0);
    let number = if silent { called.max(xhad.says.fault + 1) } else { called };
    if number > xhad.says.fault {
        begin(world, fx, machine, number);
    } else {
        world.ha_rearm(machine, first.since(world.now), fx);
    }
}

/// A daemon begins to handle a fault.
pub fn begin(world: &mut World, fx: &mut Effects, machine: MachineId, number: u32) {
    let now = world.now;
    let Some(xhad) = world.stacks[machine.at()].xhad.as_deref() else { return };
    let (hears, sees) = (hears(world, xhad), sees(world, xhad));
    let (config, liveset, me) = (xhad.config.clone(), xhad.says.liveset, xhad.me);
    let (unheard, stopped) = (liveset.minus(hears), if sees.is_empty() { Slots::NONE } else { liveset.minus(sees) });
    let since_heard = unheard.iter().filter_map(|slot| heard(world, xhad, slot)).min();
    let since_moved = stopped.iter().map(|slot| moved_on(world, xhad, slot)).min();
    let own = sees.is_empty().then_some(xhad.read).filter(|_| !xhad.no_statefile);
    let since = [since_heard, since_moved, own].into_iter().flatten().min().unwrap_or(now);
    fx.tell(Event::HaFaultBegan {
        machine,
        unheard: World::ha_hosts(&config, unheard),
        stopped: World::ha_hosts(&config, stopped),
        own_statefile: !sees.is_empty(),
        silent: now.since(since),
    });
    let Some(xhad) = daemon_mut(world, machine) else { return };
    xhad.phase = Phase::Gathering;
    xhad.fault_since = now;
    xhad.says = Saying {
        liveset,
        proposed: liveset,
        hears: hears.and(liveset),
        sees: sees.and(liveset),
        fault: number,
        stage: Stage::Gathering,
        statefile: sees.has(me),
        fence: false,
    };
    // Peers hear of it at the next beat and read of it after the next round on the disk, as of everything.
    if let Some(xhad) = daemon_mut(world, machine) {
        xhad.said = false;
    }
    world.ha_rearm(machine, ROUND, fx);
}

/// While views are compared and after, what a daemon says is written at once, and not at its next round.
fn publish(world: &mut World, machine: MachineId) {
    let Some(xhad) = world.stacks[machine.at()].xhad.as_deref() else { return };
    if world.path_fault(machine, xhad.config.sr).is_some() {
        return;
    }
    let (sr, generation, me, says) = (xhad.config.sr, xhad.config.generation, xhad.me, xhad.says);
    if let Some(file) = world.hw.statefiles.get_mut(&sr).filter(|file| file.generation == generation) {
        file.slots[me].write(says, world.now);
    }
}

/// One look of the handler: views only shrink, and are said again.
fn round(world: &mut World, fx: &mut Effects, machine: MachineId) {
    let Some(xhad) = world.stacks[machine.at()].xhad.as_deref() else { return };
    let mut hearing = xhad.says.hears.and(hears(world, xhad));
    for slot in hearing.without(xhad.me).iter() {
        // Whoever handles this fault and does not hear me is not heard either.
        let view = &xhad.views[slot];
        if view.fault >= xhad.says.fault && !view.hears.has(xhad.me) {
            hearing = hearing.without(slot);
        }
    }
    let seeing = xhad.says.sees.and(sees(world, xhad));
    let me = xhad.me;
    let phase = xhad.phase;
    if let Some(xhad) = daemon_mut(world, machine) {
        xhad.says.hears = hearing;
        xhad.says.sees = seeing;
        xhad.says.statefile = seeing.has(me);
    }
    let Some(xhad) = world.stacks[machine.at()].xhad.as_deref() else { return };
    match phase {
        Phase::Gathering => {
            let late = xhad.fault_since + xhad.patience().times(2) <= world.now;
            if late || gathered(world, xhad) {
                let until = world.now + xhad.patience();
                if let Some(xhad) = daemon_mut(world, machine) {
                    xhad.phase = Phase::Comparing { until };
                    xhad.says.stage = Stage::Comparing;
                }
                publish(world, machine);
                say(world, fx, machine);
            }
        }
        Phase::Comparing { until } => {
            publish(world, machine);
            say(world, fx, machine);
            let Some(xhad) = world.stacks[machine.at()].xhad.as_deref() else { return };
            let agreed = compared(world, xhad);
            if agreed || world.now >= until {
                decide(world, fx, machine, agreed);
                return;
            }
        }
        Phase::Starting | Phase::Settled | Phase::Shrinking => {}
    }
    world.ha_rearm(machine, ROUND, fx);
}

/// Whether all that are seen have begun, and nobody is between alive and silent.
fn gathered(world: &World, xhad: &Xhad) -> bool {
    let between = |at: Time, limit: Span| {
        let age = world.now.since(at);
        age >= Span(limit.0 / 4) && age < limit
    };
    let says = &xhad.says;
    // By each way that a peer is seen on: its heartbeats say so, and its slot said so when it was last read.
    let file = world.hw.statefiles.get(&xhad.config.sr);
    let wrote = |slot: &Slot| slot.says.fault >= says.fault && slot.fault_at <= xhad.read;
    let begun = |slot: usize| {
        (!says.hears.has(slot) || xhad.views[slot].fault >= says.fault)
            && (!says.sees.has(slot) || file.is_some_and(|file| wrote(&file.slots[slot])))
    };
    let steady_network = |slot: usize| !between(heard(world, xhad, slot).unwrap_or(Time::ZERO), xhad.times.silence);
    let steady_disk = |slot: usize| says.sees.is_empty() || !between(moved_on(world, xhad, slot), xhad.times.standstill);
    let own = says.sees.is_empty() || !between(xhad.read, xhad.times.standstill);
    own && says.liveset.without(xhad.me).iter().all(|slot| begun(slot) && steady_network(slot) && steady_disk(slot))
}

/// Whether all that are seen have the same view.
fn compared(world: &World, xhad: &Xhad) -> bool {
    let says = &xhad.says;
    let same = |peer: &Saying| {
        (peer.fault > says.fault || peer.fault == says.fault && peer.stage >= Stage::Comparing)
            && peer.hears == says.hears
            && peer.sees == says.sees
    };
    let by_network = says.hears.without(xhad.me).iter().all(|slot| same(&xhad.views[slot]));
    let file = world.hw.statefiles.get(&xhad.config.sr);
    let by_disk = says.sees.without(xhad.me).iter().all(|slot| file.is_some_and(|file| same(&file.slots[slot].says)));
    by_network && by_disk
}

/// The survival test.
fn decide(world: &mut World, fx: &mut Effects, machine: MachineId, agreed: bool) {
    let now = world.now;
    let Some(xhad) = world.stacks[machine.at()].xhad.as_deref() else { return };
    let (says, me, config, times) = (xhad.says, xhad.me, xhad.config.clone(), xhad.times);
    let Some(file) = world.hw.statefiles.get(&config.sr) else { return };
    let on_disk = says.sees.has(me);
    let disk = if on_disk {
        says.sees
    } else {
        says.hears.iter().filter(|slot| !xhad.views[*slot].sees.is_empty() && *slot != me).fold(Slots::NONE, Slots::with)
    };
    let mut told: Vec<Slots> = (0..config.members.len())
        .map(|slot| if on_disk && disk.has(slot) { file.slots[slot].says.hears } else { xhad.views[slot].hears })
        .collect();
    told[me] = says.hears;
    let excluded = file.excluded;
    let view = View { configured: config.all(), live: says.hears.or(disk), hears: &told, disk, excluded };
    let (alive, rule) = survivors(&view);
    let survives = alive.has(me);
    let removed = says.liveset.minus(alive);
    let mut wait = Span::ZERO;
    if survives && !removed.is_empty() {
        let shorter = times.silence.min(times.standstill);
        let watchdog = times.beat_watchdog.max(times.disk_watchdog);
        wait = Span((watchdog + times.beat.max(times.round)).0.saturating_sub(shorter.0));
        // Whoever was seen a moment ago may live on for as long as a loser needs to find out that it has lost.
        if !removed.and(says.hears.or(says.sees)).is_empty() {
            wait = wait + shorter;
        }
        wait = wait.max(SHORTEST_WAIT);
    }
    let took = now.since(xhad.fault_since);
    fx.tell(Event::HaFaultEnded { machine, survives, rule, agreed, took, wait });
    if !survives {
        world.fence(fx, machine, FenceCause::Lost);
        return;
    }
    if let Some(xhad) = daemon_mut(world, machine) {
        xhad.no_statefile = rule == Rule::NoStatefile;
        xhad.says.stage = Stage::Done;
        xhad.says.proposed = alive.and(says.liveset);
        xhad.says.fence = !removed.is_empty();
        xhad.phase = if removed.is_empty() { Phase::Settled } else { Phase::Shrinking };
    }
    publish(world, machine);
    say(world, fx, machine);
    if removed.is_empty() {
        look(world, fx, machine);
    } else {
        world.ha_rearm(machine, wait, fx);
    }
}

/// The losers must have been reset by now: they leave the liveset.
fn shrink(world: &mut World, fx: &mut Effects, machine: MachineId) {
    let now = world.now;
    let Some(xhad) = daemon_mut(world, machine) else { return };
    let gone = xhad.says.liveset.minus(xhad.says.proposed);
    xhad.says.liveset = xhad.says.proposed;
    xhad.says.fence = false;
    xhad.said = false;
    xhad.phase = Phase::Settled;
    let (config, took) = (xhad.config.clone(), now.since(xhad.fault_since));
    fx.tell(Event::HaShrunk { machine, gone: World::ha_hosts(&config, gone), took });
    publish(world, machine);
    look(world, fx, machine);
}
