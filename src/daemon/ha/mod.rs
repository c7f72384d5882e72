//! The membership daemon of high availability (xhad): heartbeats on the network and on the statefile, watchdogs, xapi's
//! health. What it makes of silence stands in [`fault`], how a daemon gets into a liveset in [`join`], what xapi does with
//! the liveset in [`master`] and [`boot`].
//!
//! A heartbeat that all peers hear and that says nothing new costs the same however many peers there are: the sender
//! notes when it was, and whoever wants to know asks then. Only what could be lost, or is news, is noted peer by peer.

pub mod boot;
pub mod fault;
pub mod join;
pub mod master;

use crate::base::ids::MachineId;
use crate::base::time::{Span, Time};
use crate::world::World;
use crate::world::effects::{Due, Effects};
use crate::world::event::Event;
use crate::world::memory::Xapi;
use crate::world::memory::xhad::{Exit, FenceCause, Phase, Xhad};
use crate::world::truth::Io;
use crate::world::truth::{PoolState, Slots};

/// The statefile's thread sleeps so long between two looks at the clock (xha, statefile.c, SLEEP_INTERVAL).
const NAP: Span = Span::millis(500);

/// How often the daemon looks whether xapi is well (ha_xapi_healthcheck_interval).
const HEALTH: Span = Span::secs(60);

/// After how long a restart of xapi no longer counts against it.
const XAPI_FORGIVEN: Span = Span::days(1);

/// The daemon of a machine, if this is still the run that was meant.
fn daemon(world: &World, machine: MachineId, run: u32) -> Option<&Xhad> {
    world.stacks[machine.at()].xhad.as_deref().filter(|xhad| xhad.run == run)
}

/// The daemon of a machine, to change it.
fn daemon_mut(world: &mut World, machine: MachineId) -> Option<&mut Xhad> {
    world.stacks[machine.at()].xhad.as_deref_mut()
}

/// The clocks of a daemon that is in a liveset as the engine starts.
pub fn begin(world: &mut World, fx: &mut Effects, machine: MachineId) {
    let Some(xhad) = &world.stacks[machine.at()].xhad else { return };
    let run = xhad.run;
    world.ha_clocks(machine, run, fx);
    settle(world, fx, machine);
    if world.stacks[machine.at()].ha.armed {
        world.ha_watch_liveset(machine, fx);
    }
}

/// A daemon has come into a liveset: its timer waits for the first silence that there could be, and xapi's health is looked
/// after.
pub fn settle(world: &mut World, fx: &mut Effects, machine: MachineId) {
    fault::wait_for_silence(world, fx, machine);
    if let Some(xhad) = &world.stacks[machine.at()].xhad {
        fx.due(HEALTH, Due::HaHealth { machine, run: xhad.run });
    }
}

// ---- the network

/// A daemon's heartbeat to all peers.
pub fn beat(world: &mut World, fx: &mut Effects, machine: MachineId, run: u32) {
    let Some(xhad) = daemon(world, machine, run) else { return };
    fx.due(xhad.times.beat, Due::HaBeat { machine, run });
    beat_now(world, fx, machine, run);
    fault::take_back(world, fx, machine);
}

/// The threads of a daemon that stood still run again: what they missed they do at once.
pub fn resume(world: &mut World, fx: &mut Effects, machine: MachineId, run: u32) {
    beat_now(world, fx, machine, run);
    disk_now(world, fx, machine, run);
}

fn beat_now(world: &mut World, fx: &mut Effects, machine: MachineId, run: u32) {
    let Some(xhad) = daemon(world, machine, run) else { return };
    let answers = world.dom0_answers(machine);
    let (starting, said, beaten, watchdog) = (xhad.phase == Phase::Starting, xhad.said, xhad.beaten, xhad.times.beat_watchdog);
    if starting {
        // Its heartbeat thread feeds the watchdog from its first round on, in a liveset or not (xha, heartbeat.c).
        let now = world.now;
        if let Some(xhad) = daemon_mut(world, machine).filter(|_| answers) {
            xhad.beaten = now;
        }
        return;
    }
    if !answers {
        watch(world, fx, machine, beaten + watchdog);
        return;
    }
    let now = world.now;
    if said && world.network_is_whole() {
        let stack = &mut world.stacks[machine.at()];
        stack.ha_beat = Some(now);
        if let Some(xhad) = stack.xhad.as_deref_mut() {
            xhad.beaten = now;
        }
        return;
    }
    say(world, fx, machine);
}

/// A daemon says to every peer that it reaches how it is. Peers may fence themselves, or begin to handle a fault.
pub fn say(world: &mut World, fx: &mut Effects, machine: MachineId) {
    let now = world.now;
    let whole = world.network_is_whole();
    let stack = &mut world.stacks[machine.at()];
    let Some(xhad) = stack.xhad.as_deref_mut() else { return };
    xhad.beaten = now;
    xhad.said = whole;
    if whole {
        stack.ha_beat = Some(now);
    }
    let (config, says, me) = (xhad.config.clone(), xhad.says, xhad.me);
    for slot in config.all().without(me).iter() {
        let Some(peer) = world.ha_machine(&config, slot) else { continue };
        if !whole && !arrives(world, machine, peer) {
            continue;
        }
        if !world.dom0_answers(peer) {
            // Should it come back it has to hear this from a later beat.
            if let Some(xhad) = daemon_mut(world, machine) {
                xhad.said = false;
            }
            continue;
        }
        let Some(other) = daemon_mut(world, peer) else { continue };
        if other.config.generation != config.generation || !other.joined() {
            continue;
        }
        other.heard[me] = Some(now);
        other.views[me] = says;
        // Whoever spoke last decides how often the statefile is gone round (xha, heartbeat.c, receive_hb).
        other.hurried = says.hurry && other.access;
        let (mine, phase) = (other.says, other.phase);
        fault::take_back(world, fx, peer);
        if !mine.liveset.has(me) {
            continue;
        }
        if says.fence && !says.proposed.has(slot) || !says.liveset.has(slot) {
            world.fence(fx, peer, FenceCause::Asked);
        } else if says.fault > mine.fault && phase == Phase::Settled {
            fault::begin(world, fx, peer, says.fault);
        }
    }
}

/// The loss of heartbeats from one machine to another, in millionths.
fn loss(world: &World, from: MachineId, to: MachineId) -> u32 {
    let of = |machine: MachineId| world.hw.degraded(machine).map_or(0, |degraded| degraded.loss);
    of(from).max(of(to)).max(world.settings.network_loss)
}

/// Whether heartbeats of one machine can reach another at all.
fn can_hear(world: &World, to: MachineId, from: MachineId) -> bool {
    world.carries(from, to) && loss(world, from, to) < 1_000_000
}

/// Whether a heartbeat gets through where the network is not whole.
fn arrives(world: &World, from: MachineId, to: MachineId) -> bool {
    if !world.carries(from, to) {
        return false;
    }
    let loss = loss(world, from, to);
    loss == 0 || !world.names.machines[from.at()].stream.derived(0x4c).derived(u64::from(to.0)).chance(world.now.0, loss)
}

/// When a daemon last heard a peer.
pub fn heard(world: &World, xhad: &Xhad, slot: usize) -> Option<Time> {
    let noted = xhad.heard[slot];
    let Some(peer) = world.ha_machine(&xhad.config, slot) else { return noted };
    let stack = &world.stacks[peer.at()];
    let in_peace = stack.ha_beat.filter(|at| *at >= xhad.started && noted.is_some());
    noted.max(in_peace)
}

/// Whom a daemon hears now.
pub fn hears(world: &World, xhad: &Xhad) -> Slots {
    let alive = |slot: usize| slot == xhad.me || heard(world, xhad, slot).is_some_and(|at| at + xhad.times.silence > world.now);
    xhad.config.all().iter().filter(|slot| alive(*slot)).fold(Slots::NONE, Slots::with)
}

// ---- the statefile

/// A daemon's round on the statefile: it writes its slot and reads all.
pub fn disk(world: &mut World, fx: &mut Effects, machine: MachineId, run: u32) {
    let Some(xhad) = daemon(world, machine, run) else { return };
    // At each look the thread draws anew by how much, up to half a second, t2 shall be longer or shorter this time (sf_rand): at
    // t2 less a nap that is never enough, at t2 it is every other time, and a nap later always.
    let naps = world.names.machines[machine.at()].stream.derived(0x4d).chance(world.now.0, 500_000);
    let round = xhad.times.round + if naps { NAP } else { Span::ZERO };
    // A round is counted from the one before, also from one that was made in a hurry.
    let lately = xhad.hurried_at > Time::ZERO && xhad.hurried_at + xhad.times.round > world.now;
    if lately {
        fx.due_at(xhad.hurried_at + round, Due::HaDisk { machine, run });
        return;
    }
    fx.due(round, Due::HaDisk { machine, run });
    disk_now(world, fx, machine, run);
}

fn disk_now(world: &mut World, fx: &mut Effects, machine: MachineId, run: u32) {
    let Some(xhad) = daemon(world, machine, run) else { return };
    if !xhad.joined() || !world.dom0_answers(machine) {
        return;
    }
    let now = world.now;
    let watchdog = xhad.times.disk_watchdog;
    match world.path_fault(machine, xhad.config.sr) {
        Some(Io::Error) => {
            let Some(xhad) = daemon_mut(world, machine) else { return };
            xhad.stalled = None;
            (xhad.reads, xhad.access, xhad.hurried, xhad.failed) = (false, false, false, Some(now));
            news_of_statefile(xhad, false);
        }
        Some(Io::Hang) => {
            let Some(xhad) = daemon_mut(world, machine) else { return };
            news_of_statefile(xhad, false);
            let since = *xhad.stalled.get_or_insert(now);
            watch(world, fx, machine, since + watchdog);
        }
        None => {
            if let Some(xhad) = daemon_mut(world, machine) {
                xhad.stalled = None;
            }
            write_and_read(world, fx, machine);
        }
    }
}

/// What a daemon in rule-2 mode tells its peers of its statefile.
fn news_of_statefile(xhad: &mut Xhad, works: bool) {
    if xhad.no_statefile && xhad.says.statefile != works {
        xhad.says.statefile = works;
        xhad.said = false;
    }
}

/// A daemon writes its slot and then reads all, and notes who has moved. It writes only what it could read before: in the
/// first round after one that failed it only reads (xha, statefile.c, sfthread).
fn go_round(world: &mut World, machine: MachineId) {
    let now = world.now;
    let Some(xhad) = world.stacks[machine.at()].xhad.as_deref_mut() else { return };
    let (sr, generation) = (xhad.config.sr, xhad.config.generation);
    if world.hw.statefile(sr).is_none_or(|file| file.generation != generation) {
        return;
    }
    (xhad.read, xhad.access, xhad.failed) = (now, true, None);
    if std::mem::replace(&mut xhad.reads, true) {
        world.hw.write_slot(sr, generation, xhad.me, xhad.says, Some(now));
    }
    let Some(file) = world.hw.statefile(sr) else { return };
    for (slot, read) in file.slots.iter().take(xhad.config.members.len()).enumerate() {
        if xhad.versions[slot] != read.version {
            xhad.versions[slot] = read.version;
            xhad.moved[slot] = now;
            xhad.slots[slot] = read.says;
        }
    }
}

fn write_and_read(world: &mut World, fx: &mut Effects, machine: MachineId) {
    let now = world.now;
    let Some(xhad) = daemon_mut(world, machine) else { return };
    let (sr, generation, me, says, no_statefile) = (xhad.config.sr, xhad.config.generation, xhad.me, xhad.says, xhad.no_statefile);
    let Some(file) = world.hw.statefile(sr) else { return };
    if file.generation != generation || file.state == PoolState::Invalid {
        let why = if file.generation == generation { Exit::Invalid } else { Exit::Generation };
        world.ha_end_daemon(machine, why, fx);
        return;
    }
    go_round(world, machine);
    if let Some(xhad) = daemon_mut(world, machine) {
        // It has it again once it has seen its own slot move.
        let moves = xhad.moved[me] + xhad.times.standstill > now;
        news_of_statefile(xhad, moves);
    }
    let Some(file) = world.hw.statefile(sr) else { return };
    // Who went down in order leaves the liveset without a fault.
    let gone = says.liveset.without(me).and(file.excluded);
    if !gone.is_empty() {
        let_go(world, fx, machine, gone);
    }
    if no_statefile {
        leave_rule_two(world, fx, machine);
    }
    see_again(world, machine);
}

/// Excluded hosts whose daemons have ended leave the liveset.
fn let_go(world: &mut World, fx: &mut Effects, machine: MachineId, excluded: Slots) {
    let Some(xhad) = world.stacks[machine.at()].xhad.as_deref() else { return };
    let config = xhad.config.clone();
    let runs = |slot: usize| world.ha_machine(&config, slot).is_some_and(|peer| world.ha_joined(peer));
    let gone = excluded.iter().filter(|slot| !runs(*slot)).fold(Slots::NONE, Slots::with);
    let Some(xhad) = daemon_mut(world, machine) else { return };
    if gone.is_empty() || xhad.phase != Phase::Settled {
        return;
    }
    xhad.says.liveset = xhad.says.liveset.minus(gone);
    xhad.says.proposed = xhad.says.liveset;
    xhad.said = false;
    fx.tell(Event::HaExcluded { machine, gone: World::ha_hosts(&config, gone) });
}

/// Rule-2 mode ends when every configured host is heard with statefile, or is not heard and excluded.
fn leave_rule_two(world: &mut World, fx: &mut Effects, machine: MachineId) {
    let Some(xhad) = world.stacks[machine.at()].xhad.as_deref() else { return };
    let Some(file) = world.hw.statefile(xhad.config.sr) else { return };
    let hears = hears(world, xhad);
    let well = |slot: usize| match hears.has(slot) {
        true if slot == xhad.me => xhad.access,
        true => xhad.views[slot].statefile,
        false => file.slots[slot].excluded,
    };
    if xhad.config.all().iter().all(well) {
        let seen = sees(world, xhad);
        if let Some(xhad) = daemon_mut(world, machine) {
            xhad.no_statefile = false;
            // Whom it has not seen move since the statefile is back it has not lost a second time.
            xhad.blind = xhad.blind.or(xhad.says.liveset.minus(seen));
        }
        fx.tell(Event::HaStatefileBack { machine });
        fault::wait_for_silence(world, fx, machine);
    }
}

/// A daemon at rest sees slots move again that it had lost: it says so, and what it did not notice to be lost it would notice
/// the next time.
fn see_again(world: &mut World, machine: MachineId) {
    let lost = |xhad: &&Xhad| !xhad.blind.is_empty() || xhad.phase == Phase::Settled && xhad.says.sees != xhad.says.liveset;
    let Some(xhad) = world.stacks[machine.at()].xhad.as_deref().filter(lost) else { return };
    let seen = sees(world, xhad);
    let Some(xhad) = daemon_mut(world, machine) else { return };
    xhad.blind = xhad.blind.minus(seen);
    let seen = seen.and(xhad.says.liveset);
    if xhad.phase == Phase::Settled && xhad.says.sees != seen {
        xhad.says.sees = seen;
        xhad.said = false;
        let (sr, generation, me) = (xhad.config.sr, xhad.config.generation, xhad.me);
        world.hw.write_sees(sr, generation, me, seen);
    }
}

/// Whose slots a daemon sees moving now, its own among them: those that it found to have moved when it last read, or not
/// long before. What was written since then it does not know.
pub fn sees(world: &World, xhad: &Xhad) -> Slots {
    let moving = |slot: usize| xhad.moved[slot] + xhad.times.standstill > world.now;
    xhad.config.all().iter().filter(|slot| moving(*slot)).fold(Slots::NONE, Slots::with)
}

// ---- what watches the daemon, and what it watches

/// The watchdog will look at an instant; one look at a time is under way.
fn watch(world: &mut World, fx: &mut Effects, machine: MachineId, at: Time) {
    if let Some(xhad) = daemon_mut(world, machine)
        && !xhad.watched
    {
        xhad.watched = true;
        fx.due_at(at, Due::HaWatchdog { machine, run: xhad.run });
    }
}

/// The hypervisor resets the machine if a thread of the daemon has stood still for too long.
pub fn watchdog(world: &mut World, fx: &mut Effects, machine: MachineId, run: u32) {
    let Some(xhad) = daemon(world, machine, run) else { return };
    let hung = !world.dom0_answers(machine);
    let beats_until = xhad.beaten + xhad.times.beat_watchdog;
    // In rule-2 mode another thread feeds the statefile's watchdog.
    let disk_until = xhad.stalled.filter(|_| !xhad.no_statefile && !hung).map(|since| since + xhad.times.disk_watchdog);
    let now = world.now;
    if let Some(xhad) = daemon_mut(world, machine) {
        xhad.watched = false;
    }
    if hung {
        if now >= beats_until {
            world.fence(fx, machine, FenceCause::HeartbeatWatchdog);
        } else {
            watch(world, fx, machine, beats_until);
        }
    } else if let Some(until) = disk_until {
        if now >= until {
            world.fence(fx, machine, FenceCause::StatefileWatchdog);
        } else {
            watch(world, fx, machine, until);
        }
    }
}

/// The daemon looks whether xapi is well. It starts it again once; if it is down a second time within a day, the host is
/// given up, 2 t1 later and whatever xapi does then (xha, xapi_mon.c; ha_xapi_restart_attempts).
pub fn health(world: &mut World, fx: &mut Effects, machine: MachineId, run: u32) {
    let Some(xhad) = daemon(world, machine, run) else { return };
    let (beat, given_up) = (xhad.times.beat, xhad.given_up);
    let lately = xhad.xapi_restarted.is_some_and(|at| world.now < at + XAPI_FORGIVEN);
    let mut next = HEALTH;
    if !world.dom0_answers(machine) {
        // A hung domain 0 runs no daemon either: the watchdog's business.
    } else if given_up {
        world.fence(fx, machine, FenceCause::Xapi);
        return;
    } else if world.stacks[machine.at()].xapi == Xapi::Stopped {
        let now = world.now;
        if let Some(xhad) = daemon_mut(world, machine) {
            xhad.given_up = lately;
            xhad.xapi_restarted = Some(now);
        }
        if lately {
            next = beat.times(2);
        } else {
            fx.tell(Event::HaXapiRestarted { machine });
            world.start_xapi(fx, machine);
        }
    }
    fx.due(next, Due::HaHealth { machine, run });
}
