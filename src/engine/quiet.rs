//! Stretches in which nothing happens are passed in one step. A quiet pool does the same again and again: members beat, a master
//! looks who is silent and hands copies round, and none of it changes what anybody could ask. What it comes to by some
//! instant is known without doing it (`heartbeat::course`, `heartbeat::looks`, `copies::turns`), so the clock goes on to the next
//! instant at which anything may come of anything.
//!
//! After a turn it is looked how far that is; before the next, all that is quiet is brought to where it would stand: so
//! whoever handles what is due, and whoever looks at a run, finds the world as it would be, heartbeat by heartbeat. Between
//! two turns only what is due could change it, and that makes a turn. `Options::every_heartbeat` passes nothing, and comes to the same world,
//! the same queue and the same digest (tests/every_heartbeat.rs). Knows no rule of a daemon.

use super::Engine;
use super::work;
use crate::base::ids::MachineId;
use crate::base::time::{Span, Time};
use crate::daemon::copies::{self, Turns};
use crate::daemon::heartbeat::{self, Beats, Course, Looks};
use crate::world::World;
use crate::world::effects::Due;

/// A stretch shorter than so many heartbeats of a host is gone through event by event, which costs no more.
const BEATS_LEAST: u64 = 4;

/// How far the quiet is known to last.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Quiet {
    /// Up to this instant nothing comes of what is quiet.
    until: Option<Time>,
    /// Before this instant nobody looks again: something is near.
    not_before: Time,
}

/// The beats of a machine of which nothing comes.
#[derive(Clone, Copy)]
struct Sent {
    /// From which on.
    first: (u16, u32),
    beats: Beats,
    /// The master that hears them, if one does.
    by: Option<MachineId>,
}

/// The beats of which nothing comes, by the machine that sends them.
type Heard = Vec<Option<Sent>>;

/// Why a beat is none of those.
enum Moves {
    /// It is one of a process that is no more.
    Over,
    /// Something may come of it.
    Stirs,
}

/// The beats of a machine from one that is due at an instant on, if nothing comes of them.
fn sent(world: &World, machine: MachineId, first: (u16, u32), at: Time) -> Result<Sent, Moves> {
    match heartbeat::course(world, machine, first.0, first.1, at) {
        Course::Heard(beats, master) => Ok(Sent { first, beats, by: Some(master) }),
        Course::Unheard(beats) => Ok(Sent { first, beats, by: None }),
        Course::Stirs => Err(Moves::Stirs),
        Course::Over => Err(Moves::Over),
    }
}

/// What becomes of all beats that are due. Those that stir are told by their instants.
fn heard(world: &World, pending: &[super::queue::Entry], mut stirs: impl FnMut(Time)) -> Heard {
    let mut heard: Heard = vec![None; world.stacks.len()];
    for entry in pending {
        if let Due::Heartbeat { machine, epoch, k } = entry.due {
            match sent(world, machine, (epoch, k), entry.at()) {
                Ok(sent) => heard[machine.at()] = Some(sent),
                Err(Moves::Stirs) => stirs(entry.at()),
                Err(Moves::Over) => {}
            }
        }
    }
    heard
}

/// The beats of a host that a master hears.
fn of(world: &World, heard: &Heard, master: MachineId, host: crate::base::ids::HostId) -> Option<Beats> {
    let sent = heard[world.machine_of(host)?.at()]?;
    (sent.by == Some(master)).then_some(sent.beats)
}

impl Engine {
    /// The next instant at which anything may happen.
    pub(super) fn next_stir(&self) -> Option<Time> {
        match self.quiet.until {
            Some(until) => Some(self.queue.next_ordinary().map_or(until, |next| next.min(until))),
            None => self.queue.next_at(),
        }
    }

    /// Looks, after a turn, how far nothing comes of what is quiet.
    pub(super) fn look_ahead(&mut self) {
        let now = self.world.now;
        if self.options.every_heartbeat || now < self.quiet.not_before {
            return;
        }
        // Where neither anything is due nor an end is set, it is the bound of work that ends the run.
        let end = self.end().map(|end| end + Span(1));
        let Some(limit) = self.queue.next_ordinary().into_iter().chain(end).min() else { return };
        let least = now + self.world.settings.heartbeat_interval.times(BEATS_LEAST);
        if limit < least || self.queue.quiet().is_empty() {
            return;
        }
        let until = self.first_stir(limit);
        self.work += work::look_ahead(self.queue.quiet().len());
        if until < least {
            self.quiet.not_before = until;
        } else {
            self.quiet.until = Some(until);
        }
    }

    /// The first instant before `limit` at which something may come of what is quiet; else that.
    fn first_stir(&self, limit: Time) -> Time {
        let (world, pending) = (&self.world, self.queue.quiet());
        let mut until = limit;
        let heard = heard(world, pending, |at| until = until.min(at));
        for entry in pending {
            let at = entry.at();
            match entry.due {
                Due::LivenessCheck { master, host, epoch } if at < until => {
                    let beats = of(world, &heard, master, host);
                    // Whoever beats is never silent from its next beat on.
                    let known = beats.map_or(until, |beats| until.min(beats.at(0) + Span(1)));
                    if let Looks::Stirs(at) = heartbeat::looks(world, (master, host, epoch), at, beats.as_ref(), known.max(at + Span(1))) {
                        until = until.min(at);
                    }
                }
                Due::DatabaseCopy { master, epoch } if at < until && copies::turns(world, master, epoch) == Turns::Stirs => until = at,
                _ => {}
            }
        }
        until
    }

    /// Whatever is quiet and due before an instant has been done. Nothing may come of it before.
    pub(super) fn pass(&mut self, until: Time) {
        if self.quiet.until.is_none() {
            return;
        }
        debug_assert!(self.next_stir().is_none_or(|next| until <= next), "what happens before that comes first");
        let world = &mut self.world;
        let heard = heard(world, self.queue.quiet(), |_| ());
        let mut last_heard: Vec<(MachineId, u64)> = Vec::new();
        let mut looked = 0;
        self.queue.pass(|at, due| {
            if at >= until {
                return Some((at, due));
            }
            match due {
                Due::Heartbeat { machine, epoch, k } => {
                    let known = heard[machine.at()].filter(|sent| sent.first == (epoch, k));
                    let (beats, by) = match known.map_or_else(|| sent(world, machine, (epoch, k), at), Ok) {
                        Ok(Sent { beats, by, .. }) => (beats, by),
                        Err(Moves::Over) => return None,
                        Err(Moves::Stirs) => return Some((at, due)),
                    };
                    let count = beats.before(until);
                    if by.is_some() && count > 0 {
                        last_heard.push((machine, count - 1));
                    }
                    Some((beats.at(count), Due::Heartbeat { machine, epoch, k: beats.number(count) }))
                }
                Due::LivenessCheck { master, host, epoch } => {
                    let beats = of(world, &heard, master, host);
                    match heartbeat::looks(world, (master, host, epoch), at, beats.as_ref(), until) {
                        // Of two that were set for one instant the first has been made, and the second counts no more.
                        Looks::Over | Looks::Stirs(_) => None,
                        Looks::Next(next, made) => {
                            looked += made;
                            world.has_looked(master, host, next);
                            Some((next, due))
                        }
                    }
                }
                Due::DatabaseCopy { master, epoch } => match copies::turns(world, master, epoch) {
                    Turns::Over => None,
                    Turns::Stirs => Some((at, due)),
                    Turns::Alike => {
                        let pause = world.settings.database_sync;
                        let turns = (until.0 - at.0).div_ceil(pause.0);
                        copies::pass(world, master, at, turns);
                        Some((at + pause.times(turns), due))
                    }
                },
                _ => Some((at, due)),
            }
        });
        // What the looks went by is what had been heard before.
        for (machine, last) in last_heard {
            if let Some(Sent { beats, by: Some(master), .. }) = &heard[machine.at()] {
                heartbeat::hear(world, machine, *master, beats, last);
            }
        }
        self.work += work::passed(self.queue.quiet().len(), looked);
    }

    /// Whatever is quiet and due up to an instant has been done, that included if nothing else is due then.
    pub fn pass_through(&mut self, at: Time) {
        let stirs = self.next_stir().is_some_and(|next| next <= at);
        self.pass(if stirs { at } else { at + Span(1) });
    }

    /// The quiet is over: what is due is handled one by one.
    pub(super) fn end_quiet(&mut self, at: Time) {
        self.pass(at);
        self.quiet.until = None;
    }
}
