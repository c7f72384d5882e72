//! Runs the seeds of a sweep side by side, takes what comes in order, counts it, and writes it where it is kept.

use super::super::args::Common;
use super::super::exit::Status;
use super::super::out::{Out, Stream};
use super::super::progress::Bar;
use super::super::{bug, interrupt};
use super::parts::Partition;
use super::shards::Journal;
use crate::report::sweep::{Head, lines};
use crate::scenario::model::{Case, Scenario};
use crate::search::suite::{Ended, Suite, in_order};
use crate::search::sweep::{Prepared, Sample, Tally};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

/// The seeds of one case, but for those that were run before.
struct Work {
    prepared: Prepared,
    seeds: Arc<Vec<u64>>,
    done: usize,
}

impl Suite for Work {
    type File = ();
    /// What came of a seed; what was said where that was a mistake of ours.
    type Item = (u64, Result<Sample, String>);

    fn files(&self) -> usize {
        1
    }

    fn load(&self, _: usize) -> ((), u64) {
        ((), (self.seeds.len() - self.done) as u64)
    }

    fn run(&self, _: usize, (): &(), unit: u64) -> Self::Item {
        let seed = self.seeds[self.done + unit as usize];
        (seed, bug::caught(|| self.prepared.sample(seed)))
    }
}

/// A sweep under way.
pub struct Drive<'a> {
    out: Out,
    head: &'a Head,
    jobs: usize,
    seeds: Arc<Vec<u64>>,
    /// Whether each run is printed as it comes.
    lines: bool,
    stream: Stream,
    journal: Option<Journal>,
    tallies: Vec<Tally>,
    bar: Bar,
    status: Status,
}

/// Where runs go beside the count, and which are run.
pub struct Wanted<'a> {
    /// The share that is run here.
    pub partition: Option<Partition>,
    /// The file that keeps every run, and may have some already.
    pub resume: Option<&'a Path>,
    /// Whether each run is printed as it comes.
    pub lines: bool,
}

impl<'a> Drive<'a> {
    /// Begins: what the journal has is counted, and nothing else has been run.
    pub fn begin(out: Out, common: &Common, head: &'a Head, wanted: &Wanted<'_>) -> Result<Drive<'a>, Status> {
        let here = |(n, seed): &(u64, u64)| wanted.partition.is_none_or(|partition| partition.takes(*n, *seed));
        let seeds: Vec<u64> = (0..).zip(head.seeds.0..=head.seeds.1).filter(here).map(|(_, seed)| seed).collect();
        let mut drive = Drive {
            out,
            head,
            jobs: common.jobs.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from),
            lines: wanted.lines,
            stream: Stream::Open,
            journal: None,
            tallies: vec![Tally::new(head.compare.is_some()); head.cases.len()],
            bar: Bar::runs((seeds.len() as u64).saturating_mul(head.cases.len() as u64)),
            seeds: Arc::new(seeds),
            status: Status::Fine,
        };
        drive.line(lines::head);
        if let Some(path) = wanted.resume {
            let mut at = 0;
            let mut take = |case: usize, sample: Sample| {
                if case == at + 1 && drive.finished(at) {
                    at = case;
                }
                let next = drive.seeds.get(drive.tallies[at].runs as usize);
                if case != at || drive.finished(at) || next != Some(&sample.seed) {
                    return Err("is not the run that comes next".to_owned());
                }
                drive.bar.forward(1);
                drive.take(case, &sample);
                Ok(())
            };
            let journal = Journal::open(path, head, &mut take).map_err(|why| why.tell(out))?;
            drive.journal = Some(journal);
        }
        Ok(drive)
    }

    /// Whether nothing more is to be run of a case.
    fn finished(&self, at: usize) -> bool {
        let tally = &self.tallies[at];
        tally.runs as usize == self.seeds.len() || self.precise(at)
    }

    fn precise(&self, at: usize) -> bool {
        let tally = &self.tallies[at];
        tally.runs > 0 && self.head.precision.is_some_and(|width| tally.precise(width))
    }

    /// All seeds of the case at a place; whether to go on with the next.
    pub fn case(&mut self, at: usize, scenario: &Scenario, case: Case) -> ControlFlow<()> {
        if self.finished(at) {
            return ControlFlow::Continue(());
        }
        let (out, head, jobs) = (self.out, self.head, self.jobs);
        let done = self.tallies[at].runs as usize;
        let work = Arc::new(Work {
            prepared: Prepared::new(scenario, case, (head.max_events, head.max_work)),
            seeds: Arc::clone(&self.seeds),
            done,
        });
        let mut take = |(seed, came): (u64, Result<Sample, String>)| {
            self.bar.forward(1);
            match came {
                Ok(sample) => {
                    self.take(at, &sample);
                    self.keep(at, &sample);
                    let enough = self.precise(at) || self.stream != Stream::Open || self.status != Status::Fine;
                    if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                }
                Err(said) => {
                    let name = head.cases[at].name();
                    let recipe = format!("{} (sha256 {}), {name}, seed {seed}, release {}", head.scenario, head.sha256, head.release);
                    self.status = self.status.and(self.bar.aside(|| bug::tell(out, &said, &recipe)));
                    ControlFlow::Break(())
                }
            }
        };
        match in_order(work, jobs, &mut take, &interrupt::wanted) {
            Ended::Stopped => self.status = self.status.and(Status::Interrupted),
            Ended::Died => self.status = self.status.and(bug::tell(out, "the threads that run seeds have ended", "")),
            Ended::Enough | Ended::All => {}
        }
        let go_on = self.status == Status::Fine && self.stream == Stream::Open;
        if go_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    fn take(&mut self, at: usize, sample: &Sample) {
        self.tallies[at].add(sample);
        self.line(|head| lines::run(head, at, sample));
    }

    /// Writes a run into the journal.
    fn keep(&mut self, at: usize, sample: &Sample) {
        self.note(|head| lines::run(head, at, sample));
    }

    fn note(&mut self, line: impl FnOnce(&Head) -> String) {
        let Some(journal) = &mut self.journal else { return };
        if let Err(why) = journal.write(&line(self.head)) {
            let out = self.out;
            self.status = self.status.and(self.bar.aside(|| why.tell(out)));
            self.journal = None;
        }
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
        let complete = self.status == Status::Fine && self.stream == Stream::Open;
        self.line(|_| lines::foot(runs, complete));
        self.note(|_| lines::foot(runs, complete));
        self.bar.end();
        if self.status == Status::Interrupted {
            let kept = if self.journal.is_some() { "kept" } else { "shown" };
            self.out.say(&format!("interrupted: {runs} runs were done, and are {kept}\n"));
        }
        (self.tallies, self.status)
    }
}
