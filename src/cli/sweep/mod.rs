//! `poolsim sweep`: every case of a file with many seeds, counted; in parts, if that is wished, and put together again.

mod drive;
mod explore;
pub(super) mod parts;
mod shards;
mod sides;
mod vary;

use super::args::{Common, Format, Seeds, Sweep};
use super::cases::{narrowed, replay_with_seed};
use super::exit::Status;
use super::finds::{Finds, Kept};
use super::load::{self, File};
use super::out::Out;
use super::reports::of_formats;
use super::shared::{only, with_jobs};
use super::targets;
use super::{bug, files, interrupt};
use crate::hazard::Severity;
use crate::report::sweep::{Head, Swept, build, html, json, lines, svg, text};
use crate::scenario::model::{Case, Scenario};
use crate::search::finds::find;
use crate::search::shrink::{Target, gravest};
use crate::search::sweep::Tally;
use crate::search::{each, study};
use drive::{Drive, Wanted};
use parts::Partition;
use shards::Parts;
use std::path::PathBuf;
use vary::Axis;

/// The seeds where none are named.
const SEEDS: Seeds = Seeds { first: 0, last: 1000 };
/// As many seeds where none are named and `--precision` says when to end.
const UNTIL_PRECISE: u64 = 1_000_000;
/// As many runs at most, over all cases.
const RUNS_MOST: u64 = 10_000_000;
/// As many figures at most are kept for quantiles.
const FIGURES_MOST: u64 = 200_000_000;
/// As many cases at most, where settings are varied.
const CASES_MOST: usize = 10_000;
/// As many bytes of scenarios at most are read, where a file is read for each value of a setting.
const BYTES_MOST: usize = 256 << 20;

/// Sweeps.
pub fn sweep(out: Out, common: &Common, args: &Sweep) -> Status {
    let done = match () {
        () if args.explore => explore::explored(out, common, args),
        () if args.merge.is_empty() => swept(out, common, args),
        () => merged(out, common, args),
    };
    done.unwrap_or_else(|status| status)
}

fn usage<T>(out: Out, what: &str, help: impl Into<String>) -> Result<T, Status> {
    Err(out.refuse("usage", what, &[help.into()], Status::Wrong))
}

fn swept(out: Out, common: &Common, args: &Sweep) -> Result<Status, Status> {
    only(out, common, "sweep", &[Format::Text, Format::Json, Format::Ndjson])?;
    if let Some(seed) = common.seed {
        let help = format!("write `--seeds {seed}..{}`; `poolsim run` takes `--seed {seed}`", seed.saturating_add(999));
        return usage(out, "a sweep has many seeds, not one", help);
    }
    let inputs: Vec<PathBuf> = args.file.iter().cloned().collect();
    let targets = begun(out, common, &inputs)?;
    let told = |name: &str| std::env::var(name).ok();
    let partition = args.partition.as_deref().map(|text| Partition::read(text, &told)).transpose();
    let partition = partition.or_else(|what| usage(out, &what, "`--partition 3/8` runs the third of eight parts"))?;
    let (files, axes) = loaded(out, common, args)?;
    let cases = all_cases(out, args, &files)?;
    let most = seeds_most(&cases);
    let seeds = match (args.seeds, args.precision) {
        (Some(seeds), _) => seeds,
        (None, None) => SEEDS,
        (None, Some(_)) => Seeds { first: 0, last: UNTIL_PRECISE.min(most).saturating_sub(1) },
    };
    if seeds.last - seeds.first >= most {
        let what = format!("{} seeds in {} cases are more than one sweep holds", seeds.last - seeds.first + 1, cases.len());
        return usage(out, &what, format!("at most {most} in a file of this size: name fewer, or narrow with `--world` and `--recovery`"));
    }
    let name = &files[0].name;
    let replay = |scenario: &Scenario, case: Case| {
        let set = &scenario.of(case).set;
        replay_with_seed(name, (scenario.world_name(case), scenario.recovery_name(case), set), scenario.release.name(), common)
    };
    let head = Head {
        max_events: common.max_events,
        max_work: common.max_work,
        seeds: (seeds.first, seeds.last),
        precision: args.precision,
        partition: partition.map(|partition| partition.to_string()),
        axes: axes.iter().map(|axis| axis.key.to_owned()).collect(),
        compare: args.compare.as_deref().and_then(|sides| Some((sides.first()?.clone(), sides.get(1)?.clone()))),
        ..Head::new(&cases, &replay)
    };
    bug::recipe(&format!("{} (sha256 {}), seeds {}..{}, release {}", head.scenario, head.sha256, seeds.first, seeds.last, head.release));
    let finds = args.finds.as_deref().map(|folder| Finds::open(out, folder)).transpose()?;
    interrupt::listen();
    let shard = partition.is_some() && args.resume.is_none();
    let wanted = Wanted { partition, resume: args.resume.as_deref(), lines: shard || common.format == Format::Ndjson };
    let mut drive = Drive::begin(out, common, &head, &wanted)?;
    for (at, (scenario, case)) in cases.iter().enumerate() {
        if drive.case(at, scenario, *case).is_break() {
            break;
        }
    }
    let (tallies, status) = drive.end();
    // A part has no report of its own: what it would say is not so of the whole.
    if partition.is_some() {
        return Ok(status);
    }
    let status = status.and(report(out, common, &head, &tallies, targets));
    Ok(match finds {
        Some(finds) => status.and(keep(finds, common, &cases, &tallies)),
        None => status,
    })
}

/// Keeps what shows a danger or a corruption: of each case, hazard and place the first seed.
fn keep(mut finds: Finds, common: &Common, cases: &[(&Scenario, Case)], tallies: &[Tally]) -> Status {
    let mut wanted = Vec::new();
    for ((scenario, case), tally) in cases.iter().zip(tallies) {
        for (hazard, hits) in tally.hazards.iter().filter(|(hazard, _)| hazard.severity() >= Severity::Danger) {
            wanted.extend(hits.first.first().map(|seed| (*scenario, *case, *hazard, *seed)));
        }
    }
    let one = |at: usize| {
        let (scenario, case, hazard, seed) = wanted[at];
        let Common { max_events, max_work, .. } = *common;
        let options = study::Options { seed: Some(seed), max_events, max_work, because: false, ..study::Options::default() };
        let run = study::brief(scenario, case, &options).run;
        let target = Target::of(gravest(&run, Some(hazard))?, &run.engine.world.names);
        let find = find(scenario, case, (&target, seed), &interrupt::wanted)?;
        let of = |name: Option<&str>| name.map(str::to_owned);
        let of_case = (scenario.name.clone(), scenario.sha256.clone(), of(scenario.world_name(case)), of(scenario.recovery_name(case)));
        Some(Kept { target, scenario: of_case, seed, whole: find.whole, small: find.small.text })
    };
    for kept in with_jobs(common, || each::map(wanted.len(), one)).into_iter().flatten() {
        finds.keep(&kept);
    }
    finds.end()
}

/// `--merge`: the report that one run would have given.
fn merged(out: Out, common: &Common, args: &Sweep) -> Result<Status, Status> {
    only(out, common, "sweep", &[Format::Text, Format::Json, Format::Ndjson])?;
    let targets = begun(out, common, &args.merge)?;
    let parts = Parts::open(&args.merge).map_err(|why| why.tell(out))?;
    let head = parts.head.clone();
    let figures = (head.vms.len() + crate::hazard::ALL.len()) as u64;
    let runs = (head.seeds.1 - head.seeds.0).saturating_add(1).saturating_mul(head.cases.len() as u64);
    if runs > RUNS_MOST || runs.saturating_mul(figures) > FIGURES_MOST {
        return usage(out, "these parts are of a sweep with more runs than one holds", "no `poolsim sweep` wrote them");
    }
    let lines_too = common.format == Format::Ndjson;
    let mut tallies = vec![Tally::new(head.compare.is_some()); head.cases.len()];
    let mut status = Status::Fine;
    let mut print = |text: String| {
        if lines_too && status == Status::Fine {
            status = out.result(&text);
        }
    };
    print(lines::head(&head));
    let each = parts.each(&mut |case, sample| {
        tallies[case].add(sample);
        print(lines::run(&head, case, sample));
    });
    each.map_err(|why| why.tell(out))?;
    print(lines::foot(tallies.iter().map(|tally| tally.runs).sum(), true));
    Ok(status.and(report(out, common, &head, &tallies, targets)))
}

/// The files: one, or one for each combination of the values that settings take, or one for each side.
fn loaded(out: Out, common: &Common, args: &Sweep) -> Result<(Vec<File>, Vec<Axis>), Status> {
    let Some(path) = &args.file else { return usage(out, "which scenario? `poolsim sweep` wants a file", "poolsim sweep FILE") };
    let release = load::release(out, common)?;
    let mut axes = Vec::new();
    for text in &args.vary {
        axes.push(Axis::read(text).or_else(|what| usage(out, &what, "`poolsim help sweep` shows how settings are varied"))?);
    }
    if axes.len() > 2 {
        return usage(out, &format!("{} settings are varied: at most two", axes.len()), "`matrix:` in a scenario tries more");
    }
    if axes.len() == 2 && axes[0].key == axes[1].key {
        return usage(out, &format!("`{}` is varied twice", axes[0].key), "vary two different settings");
    }
    let sides = match &args.compare {
        Some(sides) => sides::read(sides).or_else(|what| usage(out, &what, sides::HELP))?,
        None => vec![sides::Side::default()],
    };
    let bytes = files::read(out, path)?;
    let combined: usize = axes.iter().map(|axis| axis.values.len()).product();
    if combined > CASES_MOST || combined.saturating_mul(bytes.len()) > BYTES_MOST {
        return usage(out, &format!("{combined} combinations of values are too many"), "try fewer values, or in a smaller file");
    }
    let mut files = Vec::new();
    for side in &sides {
        for at in 0..combined {
            let mut set = args.only.set.clone();
            set.extend(side.set.iter().cloned());
            let (mut rest, mut chosen) = (at, Vec::new());
            for axis in axes.iter().rev() {
                chosen.push(format!("{}={}", axis.key, axis.values[rest % axis.values.len()]));
                rest /= axis.values.len();
            }
            set.extend(chosen.into_iter().rev());
            // What will surprise the author is the same for each, and told once.
            files.push(load::from_bytes(out, path, &bytes, (&set, release), files.is_empty())?);
        }
    }
    Ok((files, axes))
}

/// The cases of all files, narrowed; those of the left side before those of the right.
fn all_cases<'f>(out: Out, args: &Sweep, files: &'f [File]) -> Result<Vec<(&'f Scenario, Case)>, Status> {
    let mut all = Vec::new();
    if let Some(words) = &args.compare {
        let sides = sides::read(words).or_else(|what| usage(out, &what, sides::HELP))?;
        let mut of_sides = Vec::new();
        for (side, file) in sides.iter().zip(files) {
            let worlds = side.world.as_ref().map_or(&args.only.worlds[..], std::slice::from_ref);
            let recoveries = side.recovery.as_ref().map_or(&args.only.recoveries[..], std::slice::from_ref);
            of_sides.push(narrowed(out, worlds, recoveries, file)?.into_iter().map(|case| (&file.scenario, case)).collect::<Vec<_>>());
        }
        sides::fit(&of_sides).or_else(|what| usage(out, &what, sides::HELP))?;
        all.extend(of_sides.into_iter().flatten());
    } else {
        for file in files {
            all.extend(narrowed(out, &args.only.worlds, &args.only.recoveries, file)?.into_iter().map(|case| (&file.scenario, case)));
        }
    }
    match all.len() {
        0 => usage(out, "no case is left", "`--world` and `--recovery` together name none"),
        n if n > CASES_MOST => {
            usage(out, &format!("{n} cases are too many: at most {CASES_MOST}"), "narrow with `--world` and `--recovery`")
        }
        _ => Ok(all),
    }
}

/// As many seeds may be run in so many cases: more would take more memory, or time, than anybody has.
fn seeds_most(cases: &[(&Scenario, Case)]) -> u64 {
    let figures = cases.first().map_or(0, |(scenario, _)| scenario.pool.vms.len()) + crate::hazard::ALL.len();
    let cases = cases.len().max(1) as u64;
    (RUNS_MOST / cases).min(FIGURES_MOST / (cases * figures as u64)).max(1)
}

/// The reports that are wanted beside what is printed, begun. A sweep in parts reads what it merges.
fn begun(out: Out, common: &Common, inputs: &[PathBuf]) -> Result<Vec<targets::Target<Format>>, Status> {
    const FORMATS: [Format; 4] = [Format::Text, Format::Json, Format::Svg, Format::Html];
    targets::begin(out, of_formats(out, common, "sweep", &FORMATS)?, inputs)
}

/// Prints the report; lines were printed as they came.
fn report(out: Out, common: &Common, head: &Head, tallies: &[Tally], targets: Vec<targets::Target<Format>>) -> Status {
    let swept: Swept = build(head, tallies);
    let laid_out = |format: Format, colour: bool| match format {
        Format::Json => json::render(&swept),
        Format::Text => text::render(&swept, colour),
        Format::Svg => svg::render(&swept),
        Format::Html => html::render(&swept),
        Format::Ndjson | Format::Sarif | Format::Github | Format::Md | Format::Dot | Format::Xml => String::new(),
    };
    let status = out.result(&laid_out(common.format, out.colour));
    targets.into_iter().fold(status, |status, target| {
        let text = laid_out(target.kind, false);
        status.and(target.put(out, &text))
    })
}
