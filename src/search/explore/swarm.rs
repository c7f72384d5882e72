//! Rounds of chance: each has a random part of the kinds of fault, and its own rate and seed. A search that draws from everything at
//! once hardly ever draws what needs two of a kind; one in which most kinds are left out does.

use super::space::{Instants, Space};
use crate::base::draw::Stream;
use crate::base::time::{Span, Time};

/// How many combinations a round has.
pub const RUNS: u64 = 100;

/// A round.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Round {
    /// Its number, from 0 on.
    pub number: u64,
    /// The seed of its runs.
    pub seed: u64,
    /// The kinds of fault that strike in it, by name.
    pub kinds: Vec<&'static str>,
    /// The mean between one fault and the next.
    pub mean: Span,
    faults: Vec<u16>,
    stream: Stream,
}

impl Round {
    /// A round by its number. `seed` is that of its runs, `of` that of the draws of all rounds.
    pub fn new(number: u64, seed: u64, of: u64, space: &Space, until: Time) -> Round {
        let stream = Stream::new(of, "explore", "").derived(number);
        let mut kinds: Vec<&'static str> = Vec::new();
        for fault in &space.faults {
            if !kinds.contains(&fault.name()) {
                kinds.push(fault.name());
            }
        }
        let sure = stream.below(0, kinds.len() as u64) as usize;
        let mut at = 0;
        kinds.retain(|_| {
            at += 1;
            at - 1 == sure || stream.below(at as u64, 2) == 0
        });
        // From one fault a run to all of them within seconds.
        let mean = Span((until.since(Time::ZERO).0 >> (1 + 2 * stream.below(100, 4))).max(1_000_000));
        let faults = (0..).zip(&space.faults).filter(|(_, fault)| kinds.contains(&fault.name())).map(|(at, _)| at).collect();
        Round { number, seed, kinds, mean, faults, stream }
    }

    /// Its n-th combination, of so many faults at most, none later than `until`.
    pub fn combination(&self, n: u64, space: &Space, instants: &Instants, until: Time, most: usize) -> Vec<(u16, Time, Option<Span>)> {
        let stream = self.stream.derived(n);
        let faults = 1 + stream.below(0, most as u64);
        let mut all: Vec<(u16, Time, Option<Span>)> = Vec::new();
        let mut at = Time::ZERO;
        for nth in 0..faults {
            let draw = |what: u64, bound: u64| stream.below(1 + nth * 8 + what, bound);
            let gap = if nth == 0 { until.since(Time::ZERO) } else { Span(self.mean.0.saturating_mul(2)) };
            at = (at + Span(draw(0, gap.0.saturating_add(1)))).min(until);
            // One in two at an instant that matters, the others at a whole second.
            let next = instants.all.partition_point(|instant| *instant < at);
            at = match instants.all.get(next) {
                Some(instant) if draw(1, 2) == 0 => *instant,
                _ => Time(at.0 / 1_000_000 * 1_000_000),
            };
            let fault = self.faults[draw(2, self.faults.len() as u64) as usize];
            let lengths = space.lengths(fault, at, instants);
            let some = || Some(Span::secs(1 + draw(4, self.mean.0 / 500_000)));
            let lasts = match draw(3, 4) {
                3 if lengths.len() > 1 => some(),
                way => lengths.get(way as usize).copied().flatten(),
            };
            all.push((fault, at, lasts));
        }
        all.sort_by_key(|(fault, at, _)| (*at, *fault));
        all
    }
}
