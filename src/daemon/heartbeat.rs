//! Liveness without HA (db_gc.ml): a member tells its master every 30 s that it lives; the master looks every 30 s whom it
//! has not heard for 600 s. Nothing else follows from silence: nothing is halted, released or fenced.
//!
//! The k-th heartbeat of a boot is due at a place that is a function of (host, boot, k): grid, phase, lateness. Nothing is
//! drawn from a running stream, so a heartbeat that nobody needs to see is known without being sent: [`course`] says what a
//! member's beats come to while nothing else happens, [`looks`] what a master's checks of it come to, and [`Beats`]
//! which beat was the last before an instant. A beat and what is reckoned of beats stand here side by side, so that the two stay one.

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
    let mut k = world.now.since(Time::ZERO + phase).0.saturating_sub(jitter.0) / interval.0;
    let at = loop {
        // Draws begin anew after so many beats as nobody counts.
        let at = Time::ZERO + phase + interval.times(k) + lateness(world, stream, k as u32);
        if at > world.now {
            break at;
        }
        k += 1;
    };
    let epoch = world.stacks[machine.at()].epoch as u16;
    fx.due_at(at, Due::Heartbeat { machine, epoch, k: k as u32 });
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
    let next = place + world.settings.heartbeat_interval + lateness(world, stream, k.wrapping_add(1));
    fx.due_at(next, Due::Heartbeat { machine, epoch: epoch as u16, k: k.wrapping_add(1) });
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
    let (loss, latency) = way(world, machine, master);
    if loss > 0 && stream.chance(draw(k, Draw::Loss), loss) {
        return;
    }
    let latency = stream.span(draw(k, Draw::Latency), latency);
    let host = world.host_on(machine);
    let (ruling, heard) = (&world.stacks[master.at()], &mut world.heard[master.at()]);
    // A host that was forgotten is heard too, and ignored: its reference is dead.
    let generation = ruling.db.generation;
    heard.set(host, world.now + latency);
    if heard.is_known_alive(host, generation) {
        return;
    }
    match ruling.db.host(host) {
        Some(record) if record.live && joined == Some((master, ruling.epoch)) => heard.found_alive(host, generation),
        Some(_) => fx.due(latency, Due::HeartbeatArrives { machine, epoch }),
        None => {}
    }
}

/// How heartbeats from one machine to another fare: the chance in millionths that one is lost, and how long one takes.
fn way(world: &World, from: MachineId, to: MachineId) -> (u32, (Span, Span)) {
    let degraded = world.hw.degraded(from).or_else(|| world.hw.degraded(to));
    let loss = degraded.map_or(world.settings.network_loss, |d| d.loss.max(world.settings.network_loss));
    (loss, degraded.and_then(|d| d.latency).unwrap_or(world.settings.network_latency))
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
    if again && !world.stacks[machine.at()].user_disabled && !world.stacks[machine.at()].stays_disabled {
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
    if world.stacks[master.at()].watched.of(host).is_none() {
        world.watch_liveness(fx, master, host);
    }
}

/// A master's liveness check of a host: 600 s of silence, and not before, make it dead in the master's book.
pub fn check(world: &mut World, fx: &mut Effects, master: MachineId, host: HostId, epoch: u16) {
    let stack = &world.stacks[master.at()];
    if stack.epoch as u16 != epoch || stack.watched.of(host) != Some(world.now) {
        return;
    }
    if stack.xapi == Xapi::Stopped || !world.db(master).live(host) {
        world.stacks[master.at()].watched.remove(host);
        return;
    }
    let silent = world.heard[master.at()].silent_at(host, world.settings.host_dead_after).is_none_or(|at| at <= world.now);
    // A hung master checks nothing; its book is as it was when it is back.
    if silent && world.dom0_answers(master) && !world.ha_on(master) {
        world.stacks[master.at()].watched.remove(host);
        world.set_live(fx, master, host, false);
        return;
    }
    world.watch_liveness(fx, master, host);
}

// ---- what beats and checks come to while nothing else happens

/// A member's beats, from one that is due on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Beats {
    stream: Stream,
    /// The place on the grid of the one that is due.
    first: Time,
    /// Its number.
    k: u32,
    interval: Span,
    jitter: Span,
    latency: (Span, Span),
}

impl Beats {
    /// The number of the n-th from the one that is due.
    pub fn number(&self, n: u64) -> u32 {
        self.k.wrapping_add(n as u32)
    }
    /// When the n-th is sent.
    pub fn at(&self, n: u64) -> Time {
        self.first + self.interval.times(n) + self.stream.span(draw(self.number(n), Draw::Lateness), (Span::ZERO, self.jitter))
    }
    /// When the n-th is heard.
    fn heard(&self, n: u64) -> Time {
        self.at(n) + self.stream.span(draw(self.number(n), Draw::Latency), self.latency)
    }
    /// How many are sent before an instant.
    pub fn before(&self, until: Time) -> u64 {
        if until <= self.first {
            return 0;
        }
        // The last whose place comes before that may be late; the one before it is not so late (the jitter is shorter than the
        // interval).
        let n = (until.0 - 1 - self.first.0) / self.interval.0;
        n + u64::from(self.at(n) < until)
    }
}

/// What becomes of a heartbeat that is due, and of those after it, while nothing else happens.
#[derive(Clone, Copy, Debug)]
pub enum Course {
    /// Nothing, and none follows: it is one of a process that is no more.
    Over,
    /// Nobody hears it, and nothing comes of that.
    Unheard(Beats),
    /// The master hears it, and has nothing to do.
    Heard(Beats, MachineId),
    /// Something may come of it: it has to be sent.
    Stirs,
}

/// What becomes of a heartbeat that is due at an instant, and of those after it: [`beat`] without doing it.
pub fn course(world: &World, machine: MachineId, epoch: u16, k: u32, at: Time) -> Course {
    let stack = &world.stacks[machine.at()];
    let PoolConf::Slave(master) = stack.role else { return Course::Over };
    if stack.epoch as u16 != epoch || stack.xapi != Xapi::Up {
        return Course::Over;
    }
    let (interval, jitter) = (world.settings.heartbeat_interval, world.settings.heartbeat_jitter);
    if jitter >= interval {
        return Course::Stirs;
    }
    let stream = stream(world, machine);
    let (loss, latency) = way(world, machine, master);
    let beats = Beats { stream, first: Time(at.0 - lateness(world, stream, k).0), k, interval, jitter, latency };
    if !world.dom0_answers(machine) || world.contact(machine, master) != Contact::Answered {
        return Course::Unheard(beats);
    }
    if !world.is_master(master) || world.pool_of(master) != world.pool_of(machine) {
        // Once the fuse burns, more errors change nothing.
        return if stack.fuse { Course::Unheard(beats) } else { Course::Stirs };
    }
    if loss > 0 {
        return Course::Stirs;
    }
    let host = world.host_on(machine);
    let ruling = &world.stacks[master.at()];
    if world.heard[master.at()].is_known_alive(host, ruling.db.generation) {
        return Course::Heard(beats, master);
    }
    match ruling.db.host(host) {
        Some(record) if record.live && stack.joined == Some((master, ruling.epoch)) => Course::Heard(beats, master),
        Some(_) => Course::Stirs,
        None => Course::Heard(beats, master),
    }
}

/// A member's master has heard its beats up to the n-th: [`beat`] for all of them.
pub fn hear(world: &mut World, machine: MachineId, master: MachineId, beats: &Beats, n: u64) {
    let host = world.host_on(machine);
    let joined = world.stacks[machine.at()].joined;
    let (ruling, heard) = (&world.stacks[master.at()], &mut world.heard[master.at()]);
    let generation = ruling.db.generation;
    heard.set(host, beats.heard(n));
    if !heard.is_known_alive(host, generation)
        && ruling.db.host(host).is_some_and(|record| record.live)
        && joined == Some((master, ruling.epoch))
    {
        heard.found_alive(host, generation);
    }
}

/// What comes of a master's liveness check of a host, and of those after it, while nothing else happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Looks {
    /// Nothing, and none follows: it is one of a process that is no more.
    Over,
    /// The next is due at this instant, and nothing came of those before; so many of them were gone through to know it.
    Next(Time, u64),
    /// Something may come of the one at this instant: it has to be made.
    Stirs(Time),
}

/// The liveness checks of a host from the one that is due at `at` to an instant: [`check`] without doing it. `beats` are the host's, if
/// its master hears them.
pub fn looks(world: &World, (master, host, epoch): (MachineId, HostId, u16), at: Time, beats: Option<&Beats>, until: Time) -> Looks {
    let stack = &world.stacks[master.at()];
    if stack.epoch as u16 != epoch {
        return Looks::Over;
    }
    if stack.watched.of(host) != Some(at) || stack.xapi == Xapi::Stopped || !world.db(master).live(host) {
        return Looks::Stirs(at);
    }
    let (pause, dead_after) = (world.settings.liveness_check, world.settings.host_dead_after);
    // Else silence is seen, and nothing comes of it.
    let acts = world.dom0_answers(master) && !world.ha_on(master);
    let (mut at, mut made) = (at, 0);
    // So long there is between two beats at the most: who is heard like that is never found silent.
    let gap = world.settings.heartbeat_interval + world.settings.heartbeat_jitter;
    if acts && beats.is_some() && dead_after <= gap {
        return Looks::Stirs(at);
    }
    let even = beats.and_then(|beats| even_looks(world, master, beats));
    while at < until {
        let sent = beats.map_or(0, |beats| beats.before(at));
        let dead = match beats.filter(|_| sent > 0) {
            Some(beats) => Some(beats.heard(sent - 1) + dead_after),
            None => world.heard[master.at()].silent_at(host, dead_after),
        };
        let silent = dead.is_none_or(|dead| dead <= at);
        if silent && acts {
            return Looks::Stirs(at);
        }
        let next = world.check_after(master, dead, at);
        // From here on each look follows the last after the same time.
        let same = if sent > 0 { even } else { Some(pause).filter(|_| silent && beats.is_none()) };
        if let Some(pause) = same.filter(|pause| next == at + *pause) {
            let times = (until.0 - at.0).div_ceil(pause.0);
            return Looks::Next(at + pause.times(times), made);
        }
        (at, made) = (next, made + 1);
    }
    Looks::Next(at, made)
}

/// The time from one look at a host that beats to the next, where that is always the same: the beats lie on the grid of
/// the looks, and so that no lateness brings one to the other side of a look, nor the end of its silence.
fn even_looks(world: &World, master: MachineId, beats: &Beats) -> Option<Span> {
    let (pause, dead_after) = (world.settings.liveness_check.0, world.settings.host_dead_after.0);
    let (first, up_since) = (beats.first, world.stacks[master.at()].up_since);
    let offset = (first.since(up_since).0 + (pause - up_since.since(first).0 % pause)) % pause;
    if beats.interval.0 != pause || offset + beats.jitter.0 >= pause {
        return None;
    }
    // The last beat before a look lies `pause - offset` before it, less its lateness.
    let ends = |late: u64, latency: Span| (offset + late + latency.0 + dead_after).checked_sub(pause).map(|end| end.div_ceil(pause));
    let (first, last) = (ends(0, beats.latency.0)?, ends(beats.jitter.0, beats.latency.1)?);
    (first == last && first > 0).then_some(Span(first * pause))
}
