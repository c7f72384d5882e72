//! What a daemon makes of silence (xha, sm.c, fault_handler): it waits until all that it hears have begun too and nobody is
//! between alive and silent, compares views, decides by the survival rules, fences itself or waits until the losers must
//! have been reset, and then takes them out of the liveset.
//!
//! All that see each other go through this together, stage by stage; before views are compared they wait for those too
//! whom they see on the disk alone. So the two sides of a split compare, and give up comparing, at the same time.
//!
//! What a peer has in view is known as it last said it: in a beat, or in its slot when that was last read. While views are
//! compared both go out no more often than in peace.
//!
//! Nobody is let back into the views until the handler ends: an outage that ends too late saves nobody.

use super::{can_hear, daemon_mut, go_round, heard, hears, say, sees};
use crate::base::ids::MachineId;
use crate::base::time::{Span, Time};
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::event::Event;
use crate::world::memory::survival::{Rule, View, survivors};
use crate::world::memory::xhad::{FenceCause, Haste, Phase, Xhad};
use crate::world::truth::{Saying, Slots, Stage};

/// The pause between two looks at whether the others have come as far (xha, sm.c, SM_WORKER_INTERVAL).
const LOOK: Span = Span::millis(100);

/// The pause between two looks at views, or at whether all is steady (sm.c, wait_until_all_hosts_have_consistent_view).
const SLOW_LOOK: Span = Span::millis(200);

/// Beats with news go out three times, 100 ms apart, and the handler stands still for as long (heartbeat.c, hb_send_hb_now).
const SAYING: Span = Span::millis(200);

/// The pause between two beats with the same news.
const AGAIN: Span = Span::millis(100);

/// The pause between two rounds on the statefile in a hurry: the thread's own nap (statefile.c, SLEEP_INTERVAL).
const HURRIED: Span = Span::millis(500);

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
        Phase::Shrinking => shrink(world, fx, machine),
        _ => round(world, fx, machine),
    }
}

/// The first instant at which a silence could be too long, and be noticed.
fn first_silence(world: &World, xhad: &Xhad) -> Time {
    let standstill = xhad.times.standstill;
    let (mut unheard, mut unseen) = (Time::NEVER, Time::NEVER);
    for slot in xhad.says.liveset.iter() {
        if slot != xhad.me {
            unheard = unheard.min(heard(world, xhad, slot).unwrap_or(Time::ZERO) + xhad.times.silence);
        }
        if !xhad.no_statefile && !xhad.blind.has(slot) {
            unseen = unseen.min(xhad.moved[slot] + standstill);
        }
    }
    // In peace the clock comes here long before anybody has been silent for long enough, and looks again.
    let noticed = if unheard > world.now { unheard } else { beat_after(world, xhad, unheard) };
    let first = noticed.min(unseen);
    if first == Time::NEVER { world.now + xhad.times.silence } else { first }
}

/// When the heartbeat thread next runs, which alone notices that a peer is not heard: when it sends its own beat, or just
/// after a beat of another has come in (xha, heartbeat.c, hb).
fn beat_after(world: &World, xhad: &Xhad, at: Time) -> Time {
    let every = xhad.times.beat.0.max(1);
    let next = |last: Time| Time(last.0 + at.since(last).0.div_ceil(every) * every);
    let mut first = next(xhad.beaten);
    let me = xhad.config.members[xhad.me];
    let comes_in = |peer: &MachineId| world.machine_of(me).is_some_and(|me| can_hear(world, me, *peer)) && world.dom0_answers(*peer);
    for slot in xhad.says.liveset.without(xhad.me).iter() {
        let peer = world.ha_machine(&xhad.config, slot).filter(comes_in);
        if let Some(other) = peer.and_then(|peer| world.stacks[peer.at()].xhad.as_deref()) {
            first = first.min(next(other.beaten) + Span(1));
        }
    }
    first
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
        if called > xhad.says.fault || !goes_unseen(world, fx, machine) {
            begin(world, fx, machine, number);
        }
    } else {
        world.ha_rearm(machine, first.since(world.now), fx);
    }
}

/// A known fault of the daemon: what has stopped on the statefile is gone through slot by slot, and what is found of the
/// last replaces what was found before. Where that is a host which is no longer in the liveset, the loss counts as none.
fn goes_unseen(world: &mut World, fx: &mut Effects, machine: MachineId) -> bool {
    let Some(xhad) = world.stacks[machine.at()].xhad.as_deref() else { return false };
    if !world.xhad_faults.late_loss_unseen || xhad.lingering.is_empty() {
        return false;
    }
    let (config, liveset, sees) = (xhad.config.clone(), xhad.says.liveset, sees(world, xhad));
    let still_gone = |slot: &usize| world.ha_machine(&config, *slot).is_none_or(|peer| world.stacks[peer.at()].xhad.is_none());
    let lingering = xhad.lingering.minus(liveset).iter().filter(still_gone).last();
    let stopped = liveset.minus(sees).minus(xhad.blind);
    let unseen = liveset.within(hears(world, xhad)) && lingering > stopped.iter().last();
    let own_statefile = sees.is_empty();
    if let Some(xhad) = daemon_mut(world, machine) {
        xhad.lingering = Slots::NONE;
        if unseen {
            xhad.blind = xhad.blind.or(stopped);
        }
    }
    if unseen {
        let stopped = World::ha_hosts(&config, stopped);
        fx.tell(Event::HaLossUnseen { machine, stopped, own_statefile });
        wait_for_silence(world, fx, machine);
    }
    unseen
}

/// A known fault of the daemon: at rest, it lets in again whom it hears and who counts itself in. The heartbeat thread finds
/// that out when it runs: when it sends its own beat, or another's has come in.
pub fn take_back(world: &mut World, fx: &mut Effects, machine: MachineId) {
    let Some(xhad) = world.stacks[machine.at()].xhad.as_deref() else { return };
    if !world.xhad_faults.fenced_taken_back {
        return;
    }
    let outside = xhad.config.all().minus(xhad.says.liveset).and(hears(world, xhad));
    let back = outside.iter().filter(|slot| xhad.views[*slot].liveset.has(*slot)).fold(Slots::NONE, Slots::with);
    if back.is_empty() || xhad.phase != Phase::Settled {
        return;
    }
    let (config, seen) = (xhad.config.clone(), sees(world, xhad));
    if let Some(xhad) = daemon_mut(world, machine) {
        xhad.says.liveset = xhad.says.liveset.or(back);
        xhad.says.proposed = xhad.says.liveset;
        xhad.said = false;
        // That its slot stands still is no news, and so no fault.
        xhad.blind = xhad.blind.or(back.minus(seen));
    }
    fx.tell(Event::HaTakenBack { machine, back: World::ha_hosts(&config, back) });
    wait_for_silence(world, fx, machine);
}

/// A daemon begins to handle a fault.
pub fn begin(world: &mut World, fx: &mut Effects, machine: MachineId, number: u32) {
    let now = world.now;
    let Some(xhad) = world.stacks[machine.at()].xhad.as_deref() else { return };
    let (hears, sees) = (hears(world, xhad), sees(world, xhad));
    let (config, liveset, me) = (xhad.config.clone(), xhad.says.liveset, xhad.me);
    let (unheard, stopped) = (liveset.minus(hears), if sees.is_empty() { Slots::NONE } else { liveset.minus(sees) });
    let since_heard = unheard.iter().filter_map(|slot| heard(world, xhad, slot)).min();
    let since_moved = stopped.iter().map(|slot| xhad.moved[slot]).min();
    let own = sees.is_empty().then_some(xhad.moved[me]).filter(|_| !xhad.no_statefile);
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
    xhad.busy_until = now + SAYING;
    xhad.access &= sees.has(me);
    xhad.says = Saying {
        liveset,
        proposed: liveset,
        hears: hears.and(liveset),
        sees: sees.and(liveset),
        fault: number,
        stage: Stage::Ready,
        statefile: sees.has(me),
        fence: false,
        hurry: false,
    };
    world.ha_rearm(machine, AGAIN, fx);
    // The beats that say so go out at once (hb_send_hb_now).
    say(world, fx, machine);
}

/// While the hosts wait for each other on the statefile they go round it many times a second (hb_SF_accelerate). Whoever is
/// through calls that off for all who hear it, also for those who are not: these find out at their next ordinary round.
fn hurry(world: &mut World, machine: MachineId) {
    let now = world.now;
    let Some(xhad) = world.stacks[machine.at()].xhad.as_deref() else { return };
    if !xhad.hurried || now < xhad.hurried_at + HURRIED || world.path_fault(machine, xhad.config.sr).is_some() {
        return;
    }
    go_round(world, machine);
    if let Some(xhad) = daemon_mut(world, machine) {
        xhad.hurried_at = now;
    }
}

/// What a daemon has decided stands in its slot at once.
fn publish(world: &mut World, machine: MachineId) {
    let Some(xhad) = world.stacks[machine.at()].xhad.as_deref() else { return };
    if world.path_fault(machine, xhad.config.sr).is_some() {
        return;
    }
    let (sr, generation, me, says) = (xhad.config.sr, xhad.config.generation, xhad.me, xhad.says);
    world.hw.write_slot(sr, generation, me, says, None);
}

/// One look of the handler: views only shrink; then all steps that can be taken now. What a step has to say goes out at once,
/// and twice more before the next.
fn round(world: &mut World, fx: &mut Effects, machine: MachineId) {
    look_again(world, machine);
    hurry(world, machine);
    let busy = world.stacks[machine.at()].xhad.as_deref().is_some_and(|xhad| xhad.busy_until >= world.now);
    if busy && !world.network_is_whole() {
        say(world, fx, machine);
    }
    while step(world, fx, machine) {
        say(world, fx, machine);
    }
    let Some(xhad) = world.stacks[machine.at()].xhad.as_deref() else { return };
    let after = match xhad.phase {
        _ if xhad.busy_until > world.now => AGAIN.min(xhad.busy_until.since(world.now)),
        Phase::Settling { .. } | Phase::Comparing { .. } => SLOW_LOOK,
        Phase::Gathering | Phase::Meeting(_) | Phase::Concluding { .. } | Phase::Parting { .. } | Phase::Closing => LOOK,
        Phase::Starting | Phase::Settled | Phase::Shrinking => return,
    };
    world.ha_rearm(machine, after, fx);
}

/// Those of its view that a daemon hears still. Whoever handles this fault and does not hear it is not heard either.
fn still_heard(world: &World, xhad: &Xhad) -> Slots {
    let deaf = |slot: usize| slot != xhad.me && xhad.views[slot].fault >= xhad.says.fault && !xhad.views[slot].hears.has(xhad.me);
    let heard = xhad.says.hears.and(hears(world, xhad));
    heard.iter().filter(|slot| !deaf(*slot)).fold(Slots::NONE, Slots::with)
}

/// Who is no longer heard or seen goes from the view; what was decided by stays.
fn look_again(world: &mut World, machine: MachineId) {
    let Some(xhad) = world.stacks[machine.at()].xhad.as_deref() else { return };
    if matches!(xhad.phase, Phase::Concluding { .. } | Phase::Parting { .. } | Phase::Closing) {
        return;
    }
    let hearing = still_heard(world, xhad);
    let seeing = xhad.says.sees.and(sees(world, xhad));
    let me = xhad.me;
    if let Some(xhad) = daemon_mut(world, machine) {
        xhad.access &= seeing.has(me) || !xhad.says.sees.has(me);
        // The next ordinary beat says so.
        xhad.said &= xhad.says.hears == hearing && xhad.says.sees == seeing;
        xhad.says.hears = hearing;
        xhad.says.sees = seeing;
        xhad.says.statefile = seeing.has(me);
    }
}

/// Takes the next step of the handler, if it can be taken now, and answers whether it has something to say.
fn step(world: &mut World, fx: &mut Effects, machine: MachineId) -> bool {
    let now = world.now;
    let Some(xhad) = world.stacks[machine.at()].xhad.as_deref() else { return false };
    if now < xhad.busy_until {
        return false;
    }
    let (phase, stage) = (xhad.phase, xhad.says.stage);
    let together = met(world, xhad, stage, matches!(phase, Phase::Meeting(_)));
    let (phase, stage) = match phase {
        Phase::Gathering if !together => return false,
        Phase::Gathering if stage == Stage::Ready => (phase, Stage::Settling),
        Phase::Gathering => return enters(world, machine, Phase::Settling { since: now }) && step(world, fx, machine),
        Phase::Settling { since } if !steady(world, xhad, since) => return false,
        Phase::Settling { .. } => (Phase::Meeting(Haste::Before), Stage::Steady),
        Phase::Meeting(Haste::Before) => (Phase::Meeting(Haste::Asked), stage),
        Phase::Meeting(Haste::Asked) if !together => return false,
        Phase::Meeting(Haste::Asked) => (Phase::Meeting(Haste::Over), stage),
        Phase::Meeting(Haste::Over) if stage == Stage::Steady => (Phase::Meeting(Haste::Before), Stage::Comparing),
        Phase::Meeting(Haste::Over) => {
            let until = now + xhad.patience();
            return enters(world, machine, Phase::Comparing { until }) && step(world, fx, machine);
        }
        Phase::Comparing { until } => {
            let agreed = compared(world, xhad);
            if !agreed && now < until {
                return false;
            }
            let (alive, rule) = verdict(world, xhad);
            (Phase::Concluding { alive, rule, agreed }, Stage::Compared)
        }
        Phase::Concluding { .. } if !together => return false,
        Phase::Concluding { .. } if stage == Stage::Compared => (phase, Stage::Deciding),
        Phase::Concluding { alive, rule, agreed } => return conclude(world, fx, machine, alive, rule, agreed),
        Phase::Parting { .. } | Phase::Closing if !together => return false,
        Phase::Parting { .. } if stage == Stage::Decided => (phase, Stage::Shrinking),
        Phase::Parting { .. } if xhad.says.proposed == xhad.says.liveset => (Phase::Closing, Stage::Shrunk),
        Phase::Parting { until } => {
            wait_for_the_losers(world, fx, machine, until);
            return false;
        }
        Phase::Closing if stage == Stage::Shrunk => (phase, Stage::Done),
        Phase::Closing => {
            enters(world, machine, Phase::Settled);
            look(world, fx, machine);
            return false;
        }
        Phase::Starting | Phase::Settled | Phase::Shrinking => return false,
    };
    if let Some(xhad) = daemon_mut(world, machine) {
        xhad.phase = phase;
        xhad.says.stage = stage;
        xhad.busy_until = now + SAYING;
        let asks = phase == Phase::Meeting(Haste::Asked);
        if xhad.says.hurry != asks {
            xhad.says.hurry = asks;
            xhad.hurried = asks && xhad.access;
        }
    }
    true
}

/// A daemon is at something else now, which it tells nobody. `true` if it still runs.
fn enters(world: &mut World, machine: MachineId, phase: Phase) -> bool {
    let Some(xhad) = daemon_mut(world, machine) else { return false };
    xhad.phase = phase;
    true
}

/// Whether all that a daemon hears have come as far as it has; and all that it sees on the disk, where that counts.
fn met(world: &World, xhad: &Xhad, stage: Stage, on_disk: bool) -> bool {
    let came = |peer: &Saying| (peer.fault, peer.stage) >= (xhad.says.fault, stage);
    let hearing = still_heard(world, xhad).without(xhad.me);
    let seeing = if on_disk { xhad.says.sees.without(xhad.me) } else { Slots::NONE };
    hearing.iter().all(|slot| came(&xhad.views[slot])) && seeing.iter().all(|slot| came(&xhad.slots[slot]))
}

/// Whether nobody is between alive and silent: whoever was not heard, or seen, for a quarter of the time that makes it
/// silent has to be heard again, or to fall silent.
fn steady(world: &World, xhad: &Xhad, since: Time) -> bool {
    let sure = |at: Time, limit: Span| at >= since || world.now.since(at) <= Span(limit.0 / 4);
    let says = &xhad.says;
    let by_network = |slot: usize| sure(heard(world, xhad, slot).unwrap_or(Time::ZERO), xhad.times.silence);
    let by_disk = |slot: usize| sure(xhad.moved[slot], xhad.times.standstill);
    says.hears.without(xhad.me).iter().all(by_network) && says.sees.iter().all(by_disk)
}

/// Whether all that are seen have the same view.
fn compared(world: &World, xhad: &Xhad) -> bool {
    let says = &xhad.says;
    let same = |peer: &Saying| peer.fault >= says.fault && peer.hears == says.hears && peer.sees == says.sees;
    let by_network = still_heard(world, xhad).without(xhad.me).iter().all(|slot| same(&xhad.views[slot]));
    by_network && says.sees.without(xhad.me).iter().all(|slot| same(&xhad.slots[slot]))
}

/// The survival test: who lives, and by which rule.
fn verdict(world: &World, xhad: &Xhad) -> (Slots, Rule) {
    let (says, me) = (&xhad.says, xhad.me);
    let file = world.hw.statefile(xhad.config.sr);
    let on_disk = says.sees.has(me);
    let disk = if on_disk {
        // Not who says, by its slot or in beats that are still heard, that it has lost the statefile.
        let has_it = |slot: usize| {
            let by_slot = !xhad.slots[slot].sees.is_empty();
            let by_beat = !world.xhad_faults.last_beat_counts && !says.hears.has(slot) || !xhad.views[slot].sees.is_empty();
            slot == me || by_slot && by_beat
        };
        says.sees.iter().filter(|slot| has_it(*slot)).fold(Slots::NONE, Slots::with)
    } else {
        says.hears.iter().filter(|slot| !xhad.views[*slot].sees.is_empty() && *slot != me).fold(Slots::NONE, Slots::with)
    };
    if disk.is_empty() && xhad.access {
        // It has the statefile again, too late for this view and too soon for rule 2 (sm.c, test_Survival_Rule).
        return (Slots::NONE, Rule::NoStatefile);
    }
    let by_slot = |slot: usize| (on_disk && disk.has(slot)).then(|| xhad.slots[slot].hears);
    let mut told: Vec<Slots> = (0..xhad.config.members.len()).map(|slot| by_slot(slot).unwrap_or(xhad.views[slot].hears)).collect();
    told[me] = says.hears;
    let excluded = file.map_or(Slots::NONE, |file| file.excluded);
    survivors(&View { configured: xhad.config.all(), live: says.hears.or(disk), hears: &told, disk, excluded })
}

/// What a daemon does by its verdict: it fences itself, or it goes on with those who live. `true` if it lives.
fn conclude(world: &mut World, fx: &mut Effects, machine: MachineId, alive: Slots, rule: Rule, agreed: bool) -> bool {
    let Some(xhad) = world.stacks[machine.at()].xhad.as_deref() else { return false };
    let (says, me, times) = (xhad.says, xhad.me, xhad.times);
    let survives = alive.has(me);
    let removed = says.liveset.minus(alive);
    let mut wait = Span::ZERO;
    if survives && !removed.is_empty() {
        let shorter = times.silence.min(times.standstill);
        let watchdog = times.beat_watchdog.max(times.disk_watchdog);
        wait = Span((watchdog + times.beat.max(times.round)).0.saturating_sub(shorter.0));
        // Whoever is heard or seen to this moment may live on for as long as a loser needs to find out that it has lost; not
        // whoever has fallen silent since the views were compared: its watchdog has struck (sm.c, test_Survival_Rule).
        let shows_life = still_heard(world, xhad).or(says.sees.and(sees(world, xhad)));
        if !removed.and(shows_life).is_empty() {
            wait = wait + shorter;
        }
        wait = wait.max(SHORTEST_WAIT);
    }
    // Who had lost the statefile itself was not seen any more when views were merged.
    let had_it = |slot: &usize| !xhad.slots[*slot].sees.is_empty();
    let lingering = removed.and(says.sees).iter().filter(had_it).fold(Slots::NONE, Slots::with);
    let now = world.now;
    let took = now.since(xhad.fault_since);
    fx.tell(Event::HaFaultEnded { machine, survives, rule, agreed, took, wait });
    if !survives {
        world.fence(fx, machine, FenceCause::Lost);
        return false;
    }
    if let Some(xhad) = daemon_mut(world, machine) {
        xhad.no_statefile = rule == Rule::NoStatefile;
        xhad.says.stage = Stage::Decided;
        xhad.says.proposed = alive.and(says.liveset);
        // Losers are neither heard nor seen any more, and so not waited for.
        xhad.says.hears = says.hears.minus(removed);
        xhad.says.sees = says.sees.minus(removed);
        xhad.lingering = lingering;
        xhad.phase = Phase::Parting { until: now + wait };
        xhad.busy_until = now + SAYING;
    }
    publish(world, machine);
    true
}

/// A daemon asks the losers that it reaches to fence themselves, and waits until they must have been reset. The wait counts
/// from its verdict, and is ten seconds at least from now.
fn wait_for_the_losers(world: &mut World, fx: &mut Effects, machine: MachineId, until: Time) {
    let now = world.now;
    let Some(xhad) = daemon_mut(world, machine) else { return };
    // The next ordinary beat says so.
    xhad.says.fence = true;
    xhad.said = false;
    xhad.phase = Phase::Shrinking;
    world.ha_rearm(machine, until.since(now).max(SHORTEST_WAIT), fx);
}

/// The losers must have been reset by now: they leave the liveset.
fn shrink(world: &mut World, fx: &mut Effects, machine: MachineId) {
    let now = world.now;
    let Some(xhad) = daemon_mut(world, machine) else { return };
    let gone = xhad.says.liveset.minus(xhad.says.proposed);
    xhad.says.liveset = xhad.says.proposed;
    xhad.says.fence = false;
    xhad.says.stage = Stage::Shrunk;
    xhad.phase = Phase::Closing;
    xhad.busy_until = now + SAYING;
    let (config, took) = (xhad.config.clone(), now.since(xhad.fault_since));
    fx.tell(Event::HaShrunk { machine, gone: World::ha_hosts(&config, gone), took });
    publish(world, machine);
    say(world, fx, machine);
    round(world, fx, machine);
}
