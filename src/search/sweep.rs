//! Many seeds of one case: what is kept of each run, and what all of them come to. Which seeds, how many side by side and
//! when it is enough is said by whoever asks. The order in which runs are counted makes no difference.

use crate::base::interval::{self, Interval};
use crate::base::time::{Span, Time};
use crate::engine::{self, Program};
use crate::hazard::{HazardId, Severity};
use crate::judge::Verdict;
use crate::run::Session;
use crate::scenario::model::{Case, Scenario};
use crate::search::{shares, study};
use std::collections::BTreeMap;
use std::sync::Arc;

/// As many of the first seeds that show a hazard are told.
pub const FIRST: usize = 3;

/// A case that is run with many seeds. Nothing of a run is kept but its [`Sample`].
#[derive(Clone, Debug)]
pub struct Prepared {
    scenario: Arc<Scenario>,
    case: Case,
    program: Arc<Program>,
    options: engine::Options,
    /// What is expected of a share of the scenario's own seeds came; judged once, since it is the same for every seed.
    shares: bool,
}

/// What is kept of one run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sample {
    /// Its seed.
    pub seed: u64,
    /// The worst that was found.
    pub worst: Option<Severity>,
    /// Whether its verdict is that it is as expected.
    pub expected: bool,
    /// The hazards that were found, in their order, each with the first instant of its first finding.
    pub hazards: Vec<(HazardId, Time)>,
    /// How long each VM was down, in the file's order.
    pub downtime: Vec<Span>,
    /// How many events there were.
    pub events: u64,
    /// The digest over all of them.
    pub digest: String,
    /// Whether the run was ended by a bound, before its time.
    pub cut_short: bool,
}

impl Prepared {
    /// A case, made ready. Where something is expected of a share of the scenario's own seeds, those are run here.
    /// `max_work` is what all cases of the scenario may be together.
    pub fn new(scenario: &Scenario, case: Case, (max_events, max_work): (u64, u64)) -> Prepared {
        let whole = scenario.of(case);
        let max_work = study::share_of_work(scenario, max_work);
        let options = engine::Options { max_events, max_work, silent: true, ..engine::Options::default() };
        let shares = whole.seeds.is_none() || {
            let first = crate::run::run(whole, case, options.clone(), &[]);
            shares::judge(whole, case, &options, &first).iter().all(|expectation| expectation.passed)
        };
        let scenario = Arc::new(Scenario { seeds: None, variants: Vec::new(), ..whole.clone() });
        let program = Arc::new(Program::new(&scenario, case));
        Prepared { scenario, case, program, options, shares }
    }

    /// The run with a seed: what a run of the case with that seed shows, to the digest.
    pub fn sample(&self, seed: u64) -> Sample {
        let options = engine::Options { seed, ..self.options.clone() };
        let run = Session::with_program(&self.scenario, self.case, Arc::clone(&self.program), options.clone()).finish();
        let (_, verdict) = study::judged(&self.scenario, self.case, &options, &run);
        let mut hazards: BTreeMap<HazardId, Time> = BTreeMap::new();
        for found in &run.found {
            let first = hazards.entry(found.hazard).or_insert(found.since);
            *first = (*first).min(found.since);
        }
        Sample {
            seed,
            worst: run.worst(),
            expected: self.shares && verdict == Verdict::AsExpected,
            hazards: hazards.into_iter().collect(),
            downtime: run.downtime.values().copied().collect(),
            events: run.engine.trace.count,
            digest: run.engine.trace.digest(),
            cut_short: run.engine.cut_short.is_some(),
        }
    }
}

/// Figures of which quantiles are asked. Most are zero as a rule, and those take no room.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Figures {
    zeros: u64,
    others: Vec<u64>,
}

impl Figures {
    /// One more.
    pub fn add(&mut self, figure: u64) {
        if figure == 0 {
            self.zeros += 1;
        } else {
            self.others.push(figure);
        }
    }

    /// For each share in hundredths, the smallest figure that as many are not above; 0 where there are none.
    pub fn quantiles<const N: usize>(&self, hundredths: [u64; N]) -> [u64; N] {
        let mut sorted = self.others.clone();
        sorted.sort_unstable();
        let all = self.zeros + sorted.len() as u64;
        hundredths.map(|share| {
            let place = (all * share).div_ceil(100).max(1);
            place.checked_sub(self.zeros + 1).and_then(|at| sorted.get(at as usize)).copied().unwrap_or(0)
        })
    }
}

/// What all runs of a case come to so far.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// How many there were.
    pub runs: u64,
    /// The first seed and the last; `None` without runs.
    pub seeds: Option<(u64, u64)>,
    /// How many had none at worst, and each severity, from mild to grave.
    pub worst: [u64; 5],
    /// How many were as expected.
    pub expected: u64,
    /// What was found, by hazard.
    pub hazards: BTreeMap<HazardId, Hits>,
    /// How long VMs were down, in the file's order.
    pub downtime: Vec<Figures>,
    /// How many were ended by the bound of events.
    pub cut_short: u64,
    /// What each run showed, in the order of its coming; only where two sides are compared run by run.
    marks: Option<Vec<Mark>>,
}

/// What a run showed, for a comparison with the run of the same seed on the other side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Mark {
    seed: u64,
    expected: bool,
    /// A bit for each hazard, by its place.
    hazards: u64,
    /// How long all VMs together were down.
    down: u64,
}

/// In how many pairs of runs with the same seed something came.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct Paired {
    pub left_only: u64,
    pub right_only: u64,
    pub both: u64,
    pub neither: u64,
}

impl Paired {
    fn count(&mut self, left: bool, right: bool) {
        match (left, right) {
            (true, false) => self.left_only += 1,
            (false, true) => self.right_only += 1,
            (true, true) => self.both += 1,
            (false, false) => self.neither += 1,
        }
    }

    /// The share on the right less that on the left.
    pub fn difference(&self) -> Interval {
        interval::difference(self.left_only, self.right_only, self.left_only + self.right_only + self.both + self.neither)
    }
}

/// Two sides with the same draws, run by run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Comparison {
    /// How many pairs there are.
    pub pairs: u64,
    /// Runs that are as expected.
    pub expected: Paired,
    /// By hazard that came on either side.
    pub hazards: BTreeMap<HazardId, Paired>,
    /// How much longer all VMs together were down on the right: p10, p50, p90, in microseconds.
    pub downtime: [i64; 3],
}

/// Compares two sides. Seeds that one of them does not have are left out.
pub fn compare(left: &Tally, right: &Tally) -> Comparison {
    let by_seed = |tally: &Tally| -> BTreeMap<u64, Mark> { tally.marks.iter().flatten().map(|mark| (mark.seed, *mark)).collect() };
    let (left_marks, right_marks) = (by_seed(left), by_seed(right));
    let mut came = Comparison::default();
    let either = left.hazards.keys().chain(right.hazards.keys());
    came.hazards = either.map(|hazard| (*hazard, Paired::default())).collect();
    let mut down: Vec<i64> = Vec::new();
    for (seed, one) in &left_marks {
        let Some(other) = right_marks.get(seed) else { continue };
        came.pairs += 1;
        came.expected.count(one.expected, other.expected);
        for (hazard, paired) in &mut came.hazards {
            let has = |mark: &Mark| mark.hazards >> hazard.at() & 1 == 1;
            paired.count(has(one), has(other));
        }
        down.push(other.down as i64 - one.down as i64);
    }
    down.sort_unstable();
    came.downtime = [10, 50, 90].map(|share| {
        let place = (down.len() * share).div_ceil(100).max(1);
        down.get(place - 1).copied().unwrap_or(0)
    });
    came
}

/// The runs in which a hazard occurred.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Hits {
    /// How many.
    pub runs: u64,
    /// The smallest seeds among them.
    pub first: Vec<u64>,
    /// When it first began in each, in microseconds.
    pub since: Figures,
}

impl Tally {
    /// Nothing counted yet; `paired`: whether what each run showed is kept, for [`compare`].
    pub fn new(paired: bool) -> Tally {
        Tally { marks: paired.then(Vec::new), ..Tally::default() }
    }

    /// Counts one more run.
    pub fn add(&mut self, sample: &Sample) {
        self.runs += 1;
        let (first, last) = self.seeds.unwrap_or((sample.seed, sample.seed));
        self.seeds = Some((first.min(sample.seed), last.max(sample.seed)));
        self.worst[sample.worst.map_or(0, |worst| worst as usize + 1)] += 1;
        self.expected += u64::from(sample.expected);
        self.cut_short += u64::from(sample.cut_short);
        for (hazard, since) in &sample.hazards {
            let hits = self.hazards.entry(*hazard).or_default();
            hits.runs += 1;
            hits.since.add(since.0);
            let place = hits.first.partition_point(|seed| *seed < sample.seed);
            if place < FIRST {
                hits.first.insert(place, sample.seed);
                hits.first.truncate(FIRST);
            }
        }
        if let Some(marks) = &mut self.marks {
            let hazards = sample.hazards.iter().fold(0, |bits, (hazard, _)| bits | 1 << hazard.at());
            let down = sample.downtime.iter().fold(Span::ZERO, |sum, span| sum + *span).0;
            marks.push(Mark { seed: sample.seed, expected: sample.expected, hazards, down });
        }
        self.downtime.resize_with(self.downtime.len().max(sample.downtime.len()), Figures::default);
        for (figures, span) in self.downtime.iter_mut().zip(&sample.downtime) {
            figures.add(span.0);
        }
    }

    /// The share of runs in which a hazard occurred.
    pub fn share(&self, hazard: HazardId) -> Interval {
        interval::share(self.hazards.get(&hazard).map_or(0, |hits| hits.runs), self.runs)
    }

    /// Whether every interval is at most so many millionths wide: those of the hazards that occurred, and that of one that
    /// never did, since it may still come.
    pub fn precise(&self, width: u32) -> bool {
        let hits = self.hazards.values().map(|hits| hits.runs).chain([0]);
        hits.into_iter().all(|hits| interval::share(hits, self.runs).width() <= width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(seed: u64, hazards: &[(HazardId, u64)], down: u64) -> Sample {
        Sample {
            seed,
            worst: hazards.iter().map(|(hazard, _)| hazard.severity()).max(),
            expected: seed.is_multiple_of(2),
            hazards: hazards.iter().map(|(hazard, since)| (*hazard, Time(*since))).collect(),
            downtime: vec![Span(down)],
            events: 1,
            digest: String::new(),
            cut_short: false,
        }
    }

    /// By hand: of ten figures the p10 is the first, the p50 the fifth, the p90 the ninth.
    #[test]
    fn quantiles_are_figures_that_were_seen() {
        let mut figures = Figures::default();
        assert_eq!(figures.quantiles([10, 50]), [0, 0]);
        for figure in [9, 0, 3, 7, 1, 0, 4, 2, 6, 5] {
            figures.add(figure);
        }
        assert_eq!(figures.quantiles([1, 10, 20, 30, 50, 90, 100]), [0, 0, 0, 1, 3, 7, 9]);
        let mut one = Figures::default();
        one.add(5);
        assert_eq!(one.quantiles([10, 50, 90, 100]), [5; 4]);
    }

    #[test]
    fn counting_in_any_order_gives_the_same() {
        let writer = HazardId::DOUBLE_WRITER;
        let found = [(writer, 100)];
        let of = |seed: u64| sample(seed, &found[..usize::from(seed % 7 == 3)], seed % 5);
        let all: Vec<Sample> = (0..40).map(of).collect();
        let (mut one, mut other) = (Tally::default(), Tally::default());
        all.iter().for_each(|sample| one.add(sample));
        all.iter().rev().for_each(|sample| other.add(sample));
        assert_eq!((one.runs, one.expected, one.worst), (40, 20, [34, 0, 0, 0, 6]));
        assert_eq!(one.hazards[&writer].first, [3, 10, 17]);
        assert_eq!(one.downtime[0].quantiles([50, 90, 100]), [2, 4, 4]);
        assert_eq!((one.worst, one.hazards[&writer].first.clone()), (other.worst, other.hazards[&writer].first.clone()));
        assert_eq!(one.downtime[0].quantiles([10, 50, 90]), other.downtime[0].quantiles([10, 50, 90]));
    }

    /// By hand: of ten seeds the left has the hazard in 0 to 3, the right in 2 to 6, and is down for ten longer.
    #[test]
    fn pairs_are_counted_seed_by_seed() {
        let (mut left, mut right) = (Tally::new(true), Tally::new(true));
        let found = [(HazardId::LATE_WRITE, 100)];
        for seed in 0..10 {
            left.add(&sample(seed, &found[..usize::from(seed < 4)], seed));
            right.add(&sample(seed, &found[..usize::from((2..7).contains(&seed))], seed + 10));
        }
        let came = compare(&left, &right);
        let paired = came.hazards[&HazardId::LATE_WRITE];
        assert_eq!(paired, Paired { left_only: 2, right_only: 3, both: 2, neither: 3 });
        assert_eq!((came.pairs, came.hazards.len(), came.downtime), (10, 1, [10; 3]));
        assert_eq!(came.expected, Paired { left_only: 0, right_only: 0, both: 5, neither: 5 });
        assert_eq!(paired.difference().estimate, 100_000);
    }

    /// Where nothing ever occurs the interval still has a width: 3.8415 / (n + 3.8415), below 1 % from 381 runs on.
    #[test]
    fn nothing_is_precise_before_enough_was_seen() {
        let mut tally = Tally::default();
        let mut enough = None;
        for seed in 0..1000 {
            tally.add(&sample(seed, &[], 0));
            if tally.precise(10_000) && enough.is_none() {
                enough = Some(tally.runs);
            }
        }
        assert_eq!(enough, Some(381));
    }
}
