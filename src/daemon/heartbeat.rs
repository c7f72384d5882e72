//! Liveness without HA (db_gc.ml): a member tells its master every 30 s that it lives; the master looks every 30 s whom it
//! has not heard for 600 s. Nothing else follows from silence: nothing is halted, released or fenced.
//!
//! The k-th heartbeat of a boot is due at a place that is a function of (host, boot, k): grid, phase, lateness. Nothing is
//! drawn from a running stream, so a heartbeat that nobody needs to see could be known without being sent.

use crate::base::draw::Stream;
use crate::base::ids::{HostId, MachineId};
use crate::base::time::{Span, Time};
use crate::world::World;
use crate::world::effects::{Due, Effects};
use crate::world::memory::{PoolConf, Xapi};
use crate::world::roles::Contact;

/// Which draw of a heartbeat is meant.
#[derive(Clone, Copy)]
enum Draw {
    Lateness = 0,
    Latency = 1,
    Loss = 2,
}

fn stream(world: &World, machine: MachineId) -> Stream {
    world.names.machines[machine.at()].stream.derived(u64::from(world.hw.machine(machine).boot))
}

fn draw(k: u32, which: Draw) -> u64 {
    1 + u64::from(k) * 4 + which as u64
}

/// How late the k-th heartbeat is, behind its place on the grid.
fn lateness(world: &World, stream: Stream, k: u32) -> Span {
    stream.span(draw(k, Draw::Lateness), (Span::ZERO, world.settings.heartbeat_jitter))
}

/// A member's xapi is up: its heartbeats begin with the first whose instant is yet to come.
pub fn begin(world: &World, fx: &mut Effects, machine: MachineId) {
    let (interval, jitter) = (world.settings.heartbeat_interval, world.settings.heartbeat_jitter);
    let stream = stream(world, machine);
    // Never exactly 0, so that what a scenario does at 0 acts before the first beat.
    let phase = stream.span(0, (Span::millis(1), interval));
    // A beat is late by less than an interval: the one that is due now has this number or the one before.
    let mut k = (world.now.since(Time::ZERO + phase).0.saturating_sub(jitter.0) / interval.0) as u32;
    let at = loop {
        let at = Time::ZERO + phase + interval.times(u64::from(k)) + lateness(world, stream, k);
        if at > world.now {
            break at;
        }
        k += 1;
    };
    let epoch = world.stacks[machine.at()].epoch as u16;
    fx.due_at(at, Due::Heartbeat { machine, epoch, k });
}

/// A member sends its k-th heartbeat. This is the hottest way through the whole program: one division less counts here.
pub fn beat(world: &mut World, fx: &mut Effects, machine: MachineId, epoch: u16, k: u32) {
    let stack = &world.stacks[machine.at()];
    let PoolConf::Slave(master) = stack.role else { return };
    if stack.epoch as u16 != epoch || stack.xapi != Xapi::Up {
        return;
    }
    let (epoch, joined, pool) = (stack.epoch, stack.joined, stack.db.pool);
    let stream = stream(world, machine);
    let place = Time(world.now.0 - lateness(world, stream, k).0);
    let next = place + world.settings.heartbeat_interval + lateness(world, stream, k + 1);
    fx.due_at(next, Due::Heartbeat { machine, epoch: epoch as u16, k: k + 1 });
    if !world.dom0_answers(machine) || world.contact(machine, master) != Contact::Answered {
        return;
    }
    if !world.is_master(master) {
        refused(world, fx, machine, ERRORS_BEFORE_RESTART);
        return;
    }
    if world.pool_of(master) != pool {
        // The master was installed afresh: it rejects the pool's secret, and xapi restarts at once.
        refused(world, fx, machine, Span::ZERO);
        return;
    }
    let degraded = world.hw.degraded(machine).or_else(|| world.hw.degraded(master));
    let loss = degraded.map_or(world.settings.network_loss, |d| d.loss.max(world.settings.network_loss));
    if loss > 0 && stream.chance(draw(k, Draw::Loss), loss) {
        return;
    }
    let latency = stream.span(draw(k, Draw::Latency), degraded.and_then(|d| d.latency).unwrap_or(world.settings.network_latency));
    let host = world.host_on(machine);
    let ruling = &mut world.stacks[master.at()];
    // A host that was forgotten is heard too, and ignored: its reference is dead.
    let generation = ruling.db.generation;
    ruling.heard.set(host, world.now + latency);
    if ruling.heard.is_known_alive(host, generation) {
        return;
    }
    match ruling.db.host(host) {
        Some(record) if record.live && joined == Some((master, ruling.epoch)) => ruling.heard.found_alive(host, generation),
        Some(_) => fx.due(latency, Due::HeartbeatArrives { machine, epoch }),
        None => {}
    }
}

/// A heartbeat reaches a master that did not hold the host for alive, or that has restarted since it last heard it: the
/// member is alive again and enables itself (xapi.ml, on_master_restart).
pub fn arrive(world: &mut World, fx: &mut Effects, machine: MachineId, epoch: u32) {
    let Some(master) = world.reached_master(machine).filter(|master| *master != machine) else { return };
    if world.stacks[machine.at()].epoch != epoch {
        return;
    }
    let host = world.host_on(machine);
    if world.db(master).host(host).is_none() || world.stacks[master.at()].shutting_down.contains(&host) {
        return;
    }
    // Under HA it is the liveset that says who is alive.
    if world.ha_on(master) && world.ha_joined(master) && !world.ha_in_liveset(master, host) {
        return;
    }
    let joined = (master, world.stacks[master.at()].epoch);
    let again = world.stacks[machine.at()].joined.replace(joined) != Some(joined);
    world.set_live(fx, master, host, true);
    if again && !world.stacks[machine.at()].user_disabled {
        world.set_enabled(fx, master, host, true);
    }
    watch(world, fx, master, host);
}

/// How long a member bears with a master that answers with errors (master_connection.ml,
/// permanent_master_failure_retry_interval).
const ERRORS_BEFORE_RESTART: Span = Span::secs(60);

/// The member's master answers, but is no master of its: the member's xapi restarts, and then waits in emergency mode.
fn refused(world: &mut World, fx: &mut Effects, machine: MachineId, after: Span) {
    let stack = &mut world.stacks[machine.at()];
    if !stack.fuse {
        stack.fuse = true;
        let epoch = stack.epoch;
        fx.due(after, Due::XapiRestart { machine, epoch });
    }
}

/// A master begins to watch a host: one timer a host, re-armed when it fires early.
pub fn watch(world: &mut World, fx: &mut Effects, master: MachineId, host: HostId) {
    if !world.stacks[master.at()].watched.contains_key(&host) {
        world.watch_liveness(fx, master, host);
    }
}

/// A master's liveness check of a host: 600 s of silence, and not before, make it dead in the master's book.
pub fn check(world: &mut World, fx: &mut Effects, master: MachineId, host: HostId, epoch: u16) {
    let stack = &world.stacks[master.at()];
    if stack.epoch as u16 != epoch || stack.watched.get(&host) != Some(&world.now) {
        return;
    }
    if stack.xapi == Xapi::Stopped || !world.db(master).live(host) {
        world.stacks[master.at()].watched.remove(&host);
        return;
    }
    let silent = stack.heard.silent_at(host, world.settings.host_dead_after).is_none_or(|at| at <= world.now);
    // A hung master checks nothing; its book is as it was when it is back.
    if silent && world.dom0_answers(master) && !world.ha_on(master) {
        world.stacks[master.at()].watched.remove(&host);
        world.set_live(fx, master, host, false);
        return;
    }
    world.watch_liveness(fx, master, host);
}
