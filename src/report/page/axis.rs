//! The axis of time of a picture: instants at which much happens lie close together, with long waits between. A gap is as wide
//! as the number of binary digits of its length, so that a second can be seen beside half an hour.

use super::film::Frame;
use crate::base::time::Time;

/// Where instants stand, from left to right.
#[derive(Clone, Debug)]
pub struct Axis {
    times: Vec<Time>,
    /// By frame.
    pub x: Vec<u32>,
    right: u32,
}

/// A time that is written at the axis.
pub struct Tick {
    /// Where.
    pub x: u32,
    /// What is written.
    pub text: String,
    /// Whether it ends at its place, and does not begin there.
    pub last: bool,
}

/// A letter of a tick is about as wide.
const LETTER: u32 = 6;

impl Axis {
    /// The axis of these frames between two sides.
    pub fn new(frames: &[Frame], left: u32, right: u32) -> Axis {
        let times: Vec<Time> = frames.iter().map(|frame| frame.at).collect();
        let mut sums = vec![0u64];
        for pair in times.windows(2) {
            let gap = pair[1].since(pair[0]).0 / 1_000 + 1;
            let last = sums.last().copied().unwrap_or_default();
            sums.push(last + 4 + 3 * u64::from(u64::BITS - gap.leading_zeros()));
        }
        let all = sums.last().copied().unwrap_or_default().max(1);
        let x = sums.iter().take(times.len()).map(|sum| left + (sum * u64::from(right - left) / all) as u32).collect();
        Axis { times, x, right }
    }

    /// Where a frame begins; behind the last one is the right side.
    pub fn frame(&self, at: usize) -> u32 {
        self.x.get(at).copied().unwrap_or(self.right)
    }

    /// Where an instant stands.
    pub fn at(&self, time: Time) -> u32 {
        let after = self.times.partition_point(|at| *at <= time);
        let Some(before) = after.checked_sub(1) else { return self.frame(0) };
        let (left, right) = (self.frame(before), self.frame(after));
        let Some(end) = self.times.get(after) else { return left };
        let (done, whole) = (time.since(self.times[before]).0, end.since(self.times[before]).0.max(1));
        left + (u128::from(right - left) * u128::from(done) / u128::from(whole)) as u32
    }

    /// The times that are written, as many as have room: those of the story go first.
    pub fn ticks(&self, frames: &[Frame]) -> Vec<Tick> {
        let wide = |text: &str| text.len() as u32 * LETTER + 12;
        let Some(last) = frames.len().checked_sub(1) else { return Vec::new() };
        let end = frames[last].at.to_string();
        let room = self.frame(last).saturating_sub(wide(&end));
        let mut ticks: Vec<Tick> = Vec::new();
        let mut free = 0;
        for (at, frame) in frames.iter().enumerate().take(last).filter(|(at, frame)| *at == 0 || frame.matters) {
            let text = frame.at.to_string();
            let x = self.frame(at);
            if x >= free && x + wide(&text) <= room {
                free = x + wide(&text);
                ticks.push(Tick { x, text, last: false });
            }
        }
        ticks.push(Tick { x: self.frame(last), text: end, last: true });
        ticks
    }
}
