//! Peace: all daemons of the liveset run, hear each other, see each other's slots move, and nothing else happens. Then no beat, no round,
//! no look of a daemon and none of xapi changes what anybody could ask, and what they come to after a time is known from the last few
//! of them. When the rounds on the statefile are made is drawn from one to the next ([`round_after`]).
//!
//! What is asked here is what the handlers ask beside this file, taken together; who finds any of it otherwise is not at peace, and is
//! simulated.

use super::{HEALTH, JITTER, daemon, heard};
use crate::base::draw::Stream;
use crate::base::ids::MachineId;
use crate::base::time::{Span, Time};
use crate::daemon::protect;
use crate::world::World;
use crate::world::effects::Due;
use crate::world::memory::daemon::MONITOR;
use crate::world::memory::xhad::{Phase, Xhad};
use crate::world::memory::{PoolConf, Xapi};
use crate::world::truth::{PoolState, Slots};

/// Whether all daemons that run are at peace with each other. How long it takes until all that is remembered of beats and rounds was
/// noted since; `None` where it is no peace.
pub fn reigns(world: &World) -> Option<Span> {
    if !world.network_is_whole() {
        return None;
    }
    let mut settled = Span::ZERO;
    for machine in world.machines() {
        if let Some(xhad) = world.stacks[machine.at()].xhad.as_deref() {
            if !rests(world, machine, xhad) {
                return None;
            }
            // All have written after one round, read what was written then after two, and found after four whether it has moved since.
            settled = settled.max((xhad.times.round + JITTER).times(5)).max(xhad.times.beat.times(3));
        }
    }
    Some(settled)
}

/// Whether a daemon is at rest, and hears and sees lately all whom it has in its liveset, and they it.
fn rests(world: &World, machine: MachineId, xhad: &Xhad) -> bool {
    let (says, times) = (&xhad.says, &xhad.times);
    let round = times.round + JITTER;
    if xhad.phase != Phase::Settled
        || !xhad.said
        || xhad.no_statefile
        || !xhad.reads
        || !xhad.access
        || xhad.hurried
        || xhad.watched
        || xhad.given_up
        || xhad.failed.is_some()
        || xhad.stalled.is_some()
        || !xhad.blind.is_empty()
        || !xhad.lingering.is_empty()
        || says.sees != says.liveset
        || xhad.hurried_at > Time::ZERO && xhad.hurried_at + round > world.now
    {
        return false;
    }
    // Nobody falls silent between two beats, nor stands still between two rounds.
    if times.round <= JITTER.times(2) || times.silence <= times.beat.times(4) || times.standstill <= round.times(4) {
        return false;
    }
    if !world.dom0_answers(machine) || world.path_fault(machine, xhad.config.sr).is_some() {
        return false;
    }
    let Some(file) = world.hw.statefile(xhad.config.sr) else { return false };
    if file.generation != xhad.config.generation || file.state == PoolState::Invalid {
        return false;
    }
    if !says.liveset.without(xhad.me).and(file.excluded).is_empty() || file.slots[xhad.me].says != *says {
        return false;
    }
    let lately = |at: Time, span: Span| at + span >= world.now;
    let in_peace = |slot: usize| {
        let Some(peer) = world.ha_machine(&xhad.config, slot) else { return false };
        let Some(other) = world.stacks[peer.at()].xhad.as_deref() else { return false };
        other.config.generation == xhad.config.generation
            && xhad.views[slot].fault <= says.fault
            && lately(xhad.moved[slot], round.times(2))
            && (slot == xhad.me || heard(world, xhad, slot).is_some_and(|at| lately(at, times.beat.times(2))))
    };
    says.liveset.has(xhad.me) && says.liveset.iter().all(in_peace) && others_rest(xhad, file.slots.len())
}

/// Whether nobody is configured beyond the slots that there are.
fn others_rest(xhad: &Xhad, slots: usize) -> bool {
    xhad.config.members.len() <= slots && xhad.says.liveset.within(Slots::first(slots))
}

/// What becomes of something that is due of HA's while there is peace, and nothing else happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Course {
    /// Nothing, and none follows: it is one of a process that is no more.
    Over,
    /// Nothing: it is done again after this time.
    Again(Span),
    /// A daemon's beat: it leaves a note of when it was, and the next follows after this time.
    Beat(Span),
    /// A daemon's round, which leaves notes; and the next is drawn.
    Round(Span),
    /// A daemon's look for silence.
    Look,
    /// Something may come of it: it has to be done.
    Stirs,
}

/// What becomes of something of HA's that is due, if there is peace; `None` where it is not of HA.
pub fn course(world: &World, due: Due) -> Option<Course> {
    let over = |stands: bool, course: Course| Some(if stands { course } else { Course::Over });
    match due {
        Due::HaBeat { machine, run } => Some(daemon(world, machine, run).map_or(Course::Over, |xhad| Course::Beat(xhad.times.beat))),
        Due::HaDisk { machine, run } => Some(daemon(world, machine, run).map_or(Course::Over, |xhad| Course::Round(xhad.times.round))),
        Due::HaSilence { machine, timer } => {
            over(world.stacks[machine.at()].xhad.as_deref().is_some_and(|xhad| xhad.timer == timer), Course::Look)
        }
        Due::HaHealth { machine, run } => {
            let well = world.stacks[machine.at()].xapi != Xapi::Stopped;
            over(daemon(world, machine, run).is_some(), if well { Course::Again(HEALTH) } else { Course::Stirs })
        }
        Due::HaMonitor { machine, epoch } => Some(monitored(world, machine, epoch)),
        _ => None,
    }
}

/// What becomes of xapi's question for the liveset: `master::monitor` without doing it.
fn monitored(world: &World, machine: MachineId, epoch: u32) -> Course {
    let stack = &world.stacks[machine.at()];
    if stack.epoch != epoch || !stack.ha.armed || stack.xapi == Xapi::Stopped {
        return Course::Over;
    }
    if stack.xhad.is_none() && world.ha_statefile(machine).is_some_and(|file| file.state == PoolState::Invalid) {
        return Course::Stirs;
    }
    let asks = world.dom0_answers(machine) && world.ha_joined(machine) && !stack.fuse;
    let rests = match stack.role {
        _ if !asks => true,
        PoolConf::Master if stack.xapi == Xapi::Up => stack.ha_ready && protect::rests(world, machine),
        PoolConf::Slave(master) => super::master::lock_holder(world, machine) == Some(master),
        _ => true,
    };
    if rests { Course::Again(MONITOR) } else { Course::Stirs }
}

/// The stream that a machine's rounds on the statefile are drawn from.
pub(super) fn rounds(world: &World, machine: MachineId) -> Stream {
    world.names.machines[machine.at()].stream.derived(0x4d)
}

/// The time from a round at an instant to the next.
pub(super) fn pause(stream: Stream, round: Span, at: Time) -> Span {
    (round - JITTER) + stream.span(at.0, (Span::ZERO, JITTER.times(2)))
}

/// So many rounds are gone through one by one; what lies further off is found from behind.
const STEPS: u64 = 60_000;

/// The first round of a daemon at an instant or after it, of those that follow from one at `at`; and how many were gone through.
pub fn round_after(world: &World, machine: MachineId, round: Span, at: Time, until: Time) -> (Time, u64) {
    first_after(rounds(world, machine), round, at, until)
}

fn first_after(stream: Stream, round: Span, at: Time, until: Time) -> (Time, u64) {
    let far = round.times(STEPS);
    let (mut at, mut steps) = (at, 0);
    if until.since(at) > far.times(2) {
        let (met, gone) = meeting(stream, round, at, Time(until.0 - far.0), until);
        (at, steps) = (met.unwrap_or(at), gone);
    }
    while at < until {
        let next = pause(stream, round, at);
        at += next;
        steps += 1;
    }
    (at, steps)
}

/// A round that a series comes to which began long before `from`, found without going through those before: rounds lie whole
/// milliseconds apart, and wherever the series stood some way before, it is drawn on by the same numbers; as soon as two series
/// meet they are one. So all that there can be are followed until one is left. `None` where more are left at `until`.
fn meeting(stream: Stream, round: Span, at: Time, from: Time, until: Time) -> (Option<Time>, u64) {
    const MILLI: u64 = 1_000;
    if !(round - JITTER).0.is_multiple_of(MILLI) {
        return (None, 0);
    }
    let first = from.0 + (at.0 % MILLI + MILLI - from.0 % MILLI) % MILLI;
    // One bit a millisecond, going round: a series has a round in every stretch as long as the longest pause.
    let width = (round + JITTER).0 / MILLI + 1;
    let words = width.div_ceil(64) + 1;
    let slot = |place: u64| ((place / 64 % words) as usize, place % 64);
    let mut there = vec![0u64; words as usize];
    for place in 0..width {
        let (word, bit) = slot(place);
        there[word] |= 1 << bit;
    }
    let (mut place, mut left, mut steps) = (0, width, 0);
    loop {
        let (word, bit) = slot(place);
        let rest = there[word] >> bit;
        if rest == 0 {
            place += 64 - bit;
            continue;
        }
        place += u64::from(rest.trailing_zeros());
        let now = Time(first + place * MILLI);
        if left == 1 || now >= until {
            return ((left == 1).then_some(now), steps);
        }
        let (word, bit) = slot(place);
        there[word] &= !(1 << bit);
        let (word, bit) = slot(place + pause(stream, round, now).0 / MILLI);
        left -= there[word] >> bit & 1;
        there[word] |= 1 << bit;
        steps += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found from behind is what going through all of them comes to, from wherever they began.
    #[test]
    fn rounds_are_found_from_behind() {
        let mut met = 0;
        for (seed, round) in [(1, 7), (2, 3), (3, 4), (4, 2), (5, 7)] {
            let stream = Stream::new(seed, "test", "rounds");
            let (round, at) = (Span::secs(round), Time(1_234_567 + seed * 777));
            let until = at + round.times(STEPS).times(3) + Span(seed * 12_345);
            let mut plain = at;
            while plain < until {
                let next = pause(stream, round, plain);
                plain += next;
            }
            assert_eq!(first_after(stream, round, at, until).0, plain);
            // Had it not found one, it would have gone through all.
            let (found, steps) = meeting(stream, round, at, Time(until.0 - round.times(STEPS).0), until);
            met += u32::from(found.is_some());
            assert!(steps < 500_000, "{steps}");
        }
        assert!(met >= 4, "{met} of 5");
    }

    /// Where rounds do not lie whole milliseconds apart there is nothing to find.
    #[test]
    fn odd_rounds_are_gone_through() {
        let stream = Stream::new(1, "test", "rounds");
        assert_eq!(meeting(stream, Span(7_000_001), Time(5), Time(10), Time(u64::MAX / 2)), (None, 0));
    }
}
