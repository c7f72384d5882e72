//! What came of many seeds, case by case, as plain data, and one file a format. Knows no file, no terminal and no clock: the
//! report is the same on every machine and for any number of threads, and whether it was run at once or in parts.

pub mod grid;
pub mod html;
pub mod json;
pub mod lines;
pub mod svg;
pub mod text;

use crate::base::interval::Interval;
use crate::hazard::{HazardId, Severity};
use crate::scenario::model::{Case, Scenario};
use crate::search::sweep::{Comparison, Paired, Tally, compare};

/// What is swept: all that is needed to make a report of what came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    /// The version of the program.
    pub poolsim: String,
    /// The scenario's name.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// The release that its pool runs.
    pub release: String,
    /// The hash of the file's bytes.
    pub sha256: String,
    /// A digest over all that was read, parts that the file includes too.
    pub read: String,
    /// The bound of events a run.
    pub max_events: u64,
    /// The bound of work for all cases of the file together, as a single run of it has.
    pub max_work: u64,
    /// The first seed and the last.
    pub seeds: (u64, u64),
    /// The width in millionths that every interval is to have, where the sweep may end before its last seed.
    pub precision: Option<u32>,
    /// The share that is run, as it was asked for; `None` for all.
    pub partition: Option<String>,
    /// The settings that are varied, at most two.
    pub axes: Vec<String>,
    /// What the two sides are called, where two are compared: the first half of the cases is the left one.
    pub compare: Option<(String, String)>,
    /// The cases, in order.
    pub cases: Vec<CaseHead>,
    /// The VMs, in the file's order.
    pub vms: Vec<String>,
}

/// Which case it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseHead {
    /// The world, where the file has any.
    pub world: Option<String>,
    /// The recovery, where it has a name.
    pub recovery: Option<String>,
    /// What is set beside the file.
    pub set: Vec<(String, String)>,
    /// Whether anything is expected of it.
    pub judged: bool,
    /// The command that runs it with a seed, which is to follow.
    pub replay: String,
}

/// A digest over all that was read of a scenario, parts that the file includes too: what it means is all in its text for debugging,
/// and any key that a part brings changes it.
pub fn read(scenario: &Scenario) -> String {
    let mut read = crate::base::digest::Digest::default();
    read.add(&format!("{scenario:?}"));
    read.hex()
}

impl Head {
    /// The head of a sweep over cases: at least one, each with its scenario, which differ at most in what is set beside the
    /// file. `replay` gives the command of a case up to its seed. Seeds and bounds are still to be said.
    pub fn new(cases: &[(&Scenario, Case)], replay: &dyn Fn(&Scenario, Case) -> String) -> Head {
        let (scenario, _) = cases[0];
        let of = |(scenario, case): &(&Scenario, Case)| CaseHead {
            world: scenario.world_name(*case).map(str::to_owned),
            recovery: scenario.recovery_name(*case).map(str::to_owned),
            set: scenario.of(*case).set.clone(),
            judged: crate::judge::judges(scenario.of(*case), *case),
            replay: replay(scenario, *case),
        };
        Head {
            poolsim: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: scenario.name.clone(),
            title: scenario.title.clone(),
            release: scenario.release.name().to_owned(),
            sha256: scenario.sha256.clone(),
            read: read(scenario),
            max_events: 0,
            max_work: 0,
            seeds: (0, 0),
            precision: None,
            partition: None,
            axes: Vec::new(),
            compare: None,
            cases: cases.iter().map(of).collect(),
            vms: scenario.pool.names.vm_ids().map(|vm| scenario.pool.names.vm(vm).to_owned()).collect(),
        }
    }
}

impl CaseHead {
    /// Which case of its file it is, in words; empty where there is but one.
    pub fn name(&self) -> String {
        let mut words = Vec::new();
        words.extend(self.world.iter().map(|world| format!("world {world}")));
        words.extend(self.recovery.iter().map(|recovery| format!("recovery {recovery}")));
        words.extend(self.set.iter().map(|(key, value)| format!("{key}={value}")));
        words.join(", ")
    }
}

/// A sweep as it came out.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct Swept {
    pub head: Head,
    /// In the order of the head's.
    pub cases: Vec<CaseSwept>,
    /// Where two sides are compared, each pair of cases: the n-th of the left with the n-th of the right.
    pub compared: Vec<Comparison>,
}

/// One case over its seeds.
#[derive(Clone, PartialEq, Debug)]
pub struct CaseSwept {
    /// Which case.
    pub case: CaseHead,
    /// The first seed and the last that were run.
    pub seeds: (u64, u64),
    /// How many runs there were.
    pub runs: u64,
    /// How many were to be: more where the sweep was interrupted, or was precise enough before.
    pub wanted: u64,
    /// How many had none at worst, then a notice, an outage, danger, corruption.
    pub worst: [u64; 5],
    /// How many were as expected.
    pub expected: u64,
    /// What was found, gravest first.
    pub hazards: Vec<HazardSwept>,
    /// How long each VM was down: p50, p90 and the longest, in microseconds.
    pub downtime: Vec<(String, [u64; 3])>,
    /// How many runs were ended by the bound of events.
    pub cut_short: u64,
    /// Whether every interval is as narrow as was asked; `None` where nothing was asked.
    pub precise: Option<bool>,
}

/// How often a hazard was found.
#[derive(Clone, PartialEq, Debug)]
pub struct HazardSwept {
    /// Which.
    pub hazard: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// In how many runs.
    pub runs: u64,
    /// The share of runs with its 95 % interval.
    pub share: Interval,
    /// The smallest seeds that show it.
    pub first_seeds: Vec<u64>,
    /// When it first began, over the runs that have it: p10, p50, p90, in microseconds.
    pub since: [u64; 3],
}

/// The words for the worst of a run, from mild to grave.
pub const WORST: [&str; 5] = ["none", "notice", "outage", "danger", "corruption"];

/// The hazards of a comparison, gravest first.
fn in_order(came: &Comparison) -> impl Iterator<Item = (&HazardId, &Paired)> {
    let mut all: Vec<_> = came.hazards.iter().collect();
    all.sort_by_key(|(hazard, _)| (std::cmp::Reverse(hazard.severity()), **hazard));
    all.into_iter()
}

/// Makes a report of what was counted, case by case.
pub fn build(head: &Head, tallies: &[Tally]) -> Swept {
    let cases = head.cases.iter().zip(tallies).map(|(case, tally)| of_case(head, case, tally)).collect();
    let (left, right) = tallies.split_at(if head.compare.is_some() { tallies.len() / 2 } else { 0 });
    let compared = left.iter().zip(right).map(|(left, right)| compare(left, right)).collect();
    Swept { head: head.clone(), cases, compared }
}

fn of_case(head: &Head, case: &CaseHead, tally: &Tally) -> CaseSwept {
    let mut found: Vec<HazardId> = tally.hazards.keys().copied().collect();
    found.sort_by_key(|hazard| (std::cmp::Reverse(hazard.severity()), *hazard));
    let of_hazard = |hazard: HazardId| {
        let hits = &tally.hazards[&hazard];
        HazardSwept {
            hazard: hazard.doc().name,
            severity: hazard.severity(),
            runs: hits.runs,
            share: tally.share(hazard),
            first_seeds: hits.first.clone(),
            since: hits.since.quantiles([10, 50, 90]),
        }
    };
    let none = Default::default();
    let downtime = head.vms.iter().enumerate().map(|(at, vm)| {
        let figures = tally.downtime.get(at).unwrap_or(&none);
        (vm.clone(), figures.quantiles([50, 90, 100]))
    });
    CaseSwept {
        case: case.clone(),
        seeds: tally.seeds.unwrap_or(head.seeds),
        runs: tally.runs,
        wanted: head.seeds.1 - head.seeds.0 + 1,
        worst: tally.worst,
        expected: tally.expected,
        hazards: found.into_iter().map(of_hazard).collect(),
        downtime: downtime.collect(),
        cut_short: tally.cut_short,
        precise: head.precision.map(|width| tally.precise(width)),
    }
}
