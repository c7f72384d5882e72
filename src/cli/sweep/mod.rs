//! `poolsim sweep`: every case of a file with many seeds, counted.

mod drive;

use super::args::{Common, Format, Seeds, Sweep};
use super::cases::{narrowed, replay_with_seed};
use super::exit::Status;
use super::out::Out;
use super::shared::only;
use super::{bug, interrupt, load};
use crate::report::sweep::{Head, Swept, build, json, text};
use crate::scenario::model::{Case, Scenario};
use drive::Drive;

/// The seeds where none are named.
const SEEDS: Seeds = Seeds { first: 0, last: 1000 };
/// As many seeds where none are named and `--precision` says when to end.
const UNTIL_PRECISE: u64 = 1_000_000;
/// As many runs at most, over all cases.
const RUNS_MOST: u64 = 10_000_000;
/// As many figures at most are kept for quantiles.
const FIGURES_MOST: u64 = 200_000_000;

/// Sweeps.
pub fn sweep(out: Out, common: &Common, args: &Sweep) -> Status {
    match swept(out, common, args) {
        Ok(status) | Err(status) => status,
    }
}

fn swept(out: Out, common: &Common, args: &Sweep) -> Result<Status, Status> {
    only(out, common, "sweep", &[Format::Text, Format::Json, Format::Ndjson])?;
    let wrong = |what: &str, help: String| Err(out.refuse("usage", what, &[help], Status::Wrong));
    if let Some(seed) = common.seed {
        return wrong(
            "a sweep has many seeds, not one",
            format!("write `--seeds {seed}..{}`; `poolsim run` takes `--seed {seed}`", seed.saturating_add(999)),
        );
    }
    if !common.reports.is_empty() {
        return wrong("`sweep` writes no report beside standard output", "`--format json` or ndjson, and `> FILE`".into());
    }
    let release = load::release(out, common)?;
    let file = load::load(out, &args.file, &args.set, release)?;
    let cases: Vec<(&Scenario, Case)> =
        narrowed(out, &args.worlds, &args.recoveries, &file)?.into_iter().map(|case| (&file.scenario, case)).collect();
    if cases.is_empty() {
        return wrong("no case is left", "`--world` and `--recovery` together name none".into());
    }
    let most = seeds_most(&cases);
    let seeds = match (args.seeds, args.precision) {
        (Some(seeds), _) => seeds,
        (None, None) => SEEDS,
        (None, Some(_)) => Seeds { first: 0, last: UNTIL_PRECISE.min(most).saturating_sub(1) },
    };
    if seeds.last - seeds.first >= most {
        let what = format!("{} seeds in {} cases are more than one sweep holds", seeds.last - seeds.first + 1, cases.len());
        return wrong(&what, format!("at most {most} in a file of this size: name fewer, or narrow with `--world` and `--recovery`"));
    }
    let replay = |scenario: &Scenario, case: Case| {
        let set = &scenario.of(case).set;
        replay_with_seed(&file.name, (scenario.world_name(case), scenario.recovery_name(case), set), scenario.release.name(), common)
    };
    let head =
        Head { max_events: common.max_events, seeds: (seeds.first, seeds.last), precision: args.precision, ..Head::new(&cases, &replay) };
    bug::recipe(&format!(
        "scenario {} (sha256 {}), seeds {}..{}, release {}",
        head.scenario, head.sha256, seeds.first, seeds.last, head.release
    ));
    interrupt::listen();
    let mut drive = Drive::begin(out, common, &head);
    for (at, (scenario, case)) in cases.iter().enumerate() {
        if drive.case(at, scenario, *case).is_break() {
            break;
        }
    }
    let (tallies, status) = drive.end();
    Ok(status.and(told(out, common, &build(&head, &tallies))))
}

/// As many seeds may be run in so many cases: more would take more memory, or time, than anybody has.
fn seeds_most(cases: &[(&Scenario, Case)]) -> u64 {
    let figures = cases.first().map_or(0, |(scenario, _)| scenario.pool.vms.len()) + crate::hazard::ALL.len();
    let cases = cases.len().max(1) as u64;
    (RUNS_MOST / cases).min(FIGURES_MOST / (cases * figures as u64)).max(1)
}

/// Prints the report; lines were printed as they came.
fn told(out: Out, common: &Common, swept: &Swept) -> Status {
    match common.format {
        Format::Json => out.result(&json::render(swept)),
        Format::Text => out.result(&text::render(swept, out.colour)),
        Format::Ndjson | Format::Sarif | Format::Github | Format::Md | Format::Dot | Format::Svg => Status::Fine,
    }
}
