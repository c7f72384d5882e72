//! Runs the seeds of a sweep side by side, takes what comes in order, and counts it.

use super::super::args::{Common, Format};
use super::super::exit::Status;
use super::super::out::{Out, Stream};
use super::super::progress::Bar;
use super::super::{bug, interrupt};
use crate::report::sweep::{Head, lines};
use crate::scenario::model::{Case, Scenario};
use crate::search::suite::{Ended, Suite, in_order};
use crate::search::sweep::{Prepared, Sample, Tally};
use std::ops::ControlFlow;
use std::sync::Arc;

/// The seeds of one case.
struct Work {
    prepared: Prepared,
    seeds: Vec<u64>,
}

impl Suite for Work {
    type File = ();
    /// What came of a seed; what was said where that was a mistake of ours.
    type Item = (u64, Result<Sample, String>);

    fn files(&self) -> usize {
        1
    }

    fn load(&self, _: usize) -> ((), u64) {
        ((), self.seeds.len() as u64)
    }

    fn run(&self, _: usize, (): &(), unit: u64) -> Self::Item {
        let seed = self.seeds[unit as usize];
        (seed, bug::caught(|| self.prepared.sample(seed)))
    }
}

/// A sweep under way.
pub struct Drive<'a> {
    out: Out,
    head: &'a Head,
    max_events: u64,
    jobs: usize,
    /// Whether each run is printed as it comes.
    lines: bool,
    stream: Stream,
    tallies: Vec<Tally>,
    bar: Bar,
    status: Status,
}

impl<'a> Drive<'a> {
    /// Begins: no seed has been run.
    pub fn begin(out: Out, common: &Common, head: &'a Head) -> Drive<'a> {
        let each = head.seeds.1 - head.seeds.0 + 1;
        let mut drive = Drive {
            out,
            head,
            max_events: common.max_events,
            jobs: common.jobs.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from),
            lines: common.format == Format::Ndjson,
            stream: Stream::Open,
            tallies: vec![Tally::default(); head.cases.len()],
            bar: Bar::runs(each.saturating_mul(head.cases.len() as u64)),
            status: Status::Fine,
        };
        drive.line(lines::head);
        drive
    }

    /// All seeds of the case at a place; whether to go on with the next.
    pub fn case(&mut self, at: usize, scenario: &Scenario, case: Case) -> ControlFlow<()> {
        let (out, head, jobs) = (self.out, self.head, self.jobs);
        let seeds = (head.seeds.0..=head.seeds.1).collect();
        let work = Arc::new(Work { prepared: Prepared::new(scenario, case, self.max_events), seeds });
        let mut broken = false;
        let mut take = |(seed, came): (u64, Result<Sample, String>)| {
            self.bar.forward(1);
            match came {
                Ok(sample) => self.take(at, &sample),
                Err(said) => {
                    broken = true;
                    let name = &head.cases[at];
                    let recipe =
                        format!("{} (sha256 {}), {}, seed {seed}, release {}", head.scenario, head.sha256, name.name(), head.release);
                    self.status = self.status.and(self.bar.aside(|| bug::tell(out, &said, &recipe)));
                    ControlFlow::Break(())
                }
            }
        };
        let ended = in_order(work, jobs, &mut take, &interrupt::wanted);
        match ended {
            Ended::Stopped => self.status = self.status.and(Status::Interrupted),
            Ended::Died => self.status = self.status.and(bug::tell(out, "the threads that run seeds have ended", "")),
            Ended::Enough | Ended::All => {}
        }
        let go_on = self.status == Status::Fine && !broken && self.stream == Stream::Open;
        if go_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    fn take(&mut self, at: usize, sample: &Sample) -> ControlFlow<()> {
        let tally = &mut self.tallies[at];
        tally.add(sample);
        let enough = self.head.precision.is_some_and(|width| tally.precise(width));
        self.line(|head| lines::run(head, at, sample));
        if enough || self.stream != Stream::Open { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Prints a line, where lines are wanted and somebody reads them.
    fn line(&mut self, line: impl FnOnce(&Head) -> String) {
        if !self.lines || self.stream != Stream::Open {
            return;
        }
        let text = line(self.head);
        self.stream = self.bar.aside(|| self.out.stream(&text));
        if self.stream == Stream::Failed {
            self.status = self.status.and(Status::Unreadable);
        }
    }

    /// Ends: what was counted.
    pub fn end(mut self) -> (Vec<Tally>, Status) {
        let runs = self.tallies.iter().map(|tally| tally.runs).sum();
        let complete = self.status == Status::Fine;
        self.line(|_| lines::foot(runs, complete));
        self.bar.end();
        if self.status == Status::Interrupted {
            self.out.say(&format!("interrupted: {runs} runs were done, and are shown\n"));
        }
        (self.tallies, self.status)
    }
}
