//! `poolsim diff`: two runs side by side.

use super::args::{Common, Diff, Format};
use super::cases::{narrowed, replay};
use super::exit::Status;
use super::load;
use super::out::Out;
use super::pictures;
use super::reports::of_formats;
use super::shared::{only, with_jobs};
use super::targets::{self, Target};
use crate::report::json::pretty;
use crate::report::page::{self, Film};
use crate::report::{self, Report, diff};
use crate::scenario::model::{Case, Scenario};
use crate::search::study::Options;
use crate::world::release::Release;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The formats that it writes.
const FORMATS: [Format; 3] = [Format::Text, Format::Json, Format::Html];

/// A run, and how it is run again for its picture.
#[derive(Clone)]
struct Ran {
    scenario: Arc<Scenario>,
    case: Case,
    options: Options,
    report: Report,
}

/// What is chosen of one side.
#[derive(Clone, Default)]
struct Choice {
    seed: Option<u64>,
    world: Option<String>,
    recovery: Option<String>,
}

/// Compares the runs of two files, or two runs of one.
pub fn diff(out: Out, common: &Common, args: &Diff) -> Status {
    match compared(out, common, args) {
        Ok(status) | Err(status) => status,
    }
}

fn compared(out: Out, common: &Common, args: &Diff) -> Result<Status, Status> {
    only(out, common, "diff", &FORMATS)?;
    let reports = of_formats(out, common, "diff", &FORMATS)?;
    let inputs: Vec<PathBuf> = std::iter::once(&args.a).chain(&args.b).cloned().collect();
    let targets = targets::begin(out, reports, &inputs)?;
    let release = load::release(out, common)?;
    if args.release_matrix {
        return releases(out, common, args, targets);
    }
    let choice = Choice { seed: common.seed, world: args.world.clone(), recovery: args.recovery.clone() };
    let (left, right) = (chosen(out, "left", &args.left, choice.clone())?, chosen(out, "right", &args.right, choice)?);
    let second = args.b.as_ref().unwrap_or(&args.a);
    let (a, b) = (side(out, common, &args.a, &left, release)?, side(out, common, second, &right, release)?);
    let pairs = paired(out, a, b)?;
    shown(out, common, &pairs, targets)
}

/// `--release-matrix`: the first release beside each other one.
fn releases(out: Out, common: &Common, args: &Diff, targets: Vec<Target<Format>>) -> Result<Status, Status> {
    let choice = Choice { seed: common.seed, world: args.world.clone(), recovery: args.recovery.clone() };
    let first = Release::default();
    let base = side(out, common, &args.a, &choice, Some(first))?;
    let mut pairs = Vec::new();
    for other in Release::all().filter(|other| *other != first) {
        pairs.extend(base.iter().cloned().zip(side(out, common, &args.a, &choice, Some(other))?));
    }
    if pairs.is_empty() {
        out.say(&format!("{} is the only release there is: it is put beside itself\n", first.name()));
        pairs = base.iter().cloned().zip(base.iter().cloned()).collect();
    }
    shown(out, common, &pairs, targets)
}

fn shown(out: Out, common: &Common, pairs: &[(Ran, Ran)], targets: Vec<Target<Format>>) -> Result<Status, Status> {
    let differences: Vec<diff::Difference> = pairs.iter().map(|(a, b)| diff::compare(&a.report, &b.report)).collect();
    let text = |format: Format, colour: bool| match format {
        Format::Json => pretty(&differences.iter().map(diff::value).collect()),
        Format::Html => page(common, pairs, &differences),
        _ => differences.iter().map(|difference| diff::text(difference, colour, common.verbose)).collect::<Vec<_>>().join("\n"),
    };
    let status = if differences.iter().all(diff::Difference::agree) { Status::Fine } else { Status::Unexpected };
    let status = status.and(out.result(&text(common.format, out.colour)));
    Ok(targets.into_iter().fold(status, |status, target| {
        let text = text(target.kind, false);
        status.and(target.put(out, &text))
    }))
}

/// The page: of those that part the first have pictures, with as many events as there is room for.
fn page(common: &Common, pairs: &[(Ran, Ran)], differences: &[diff::Difference]) -> String {
    let apart = differences.iter().enumerate().filter(|(_, difference)| !difference.agree() || pairs.len() == 1);
    let drawn: Vec<usize> = apart.map(|(at, _)| at).take(diff::html::PICTURED).collect();
    pictures::fitting(&|events| {
        let each = events / (2 * drawn.len().max(1));
        let film = |ran: &Ran| page::film(&ran.scenario, ran.case, &ran.options, each);
        let films: Vec<(Film, Film)> =
            with_jobs(common, || drawn.par_iter().map(|at| (film(&pairs[*at].0), film(&pairs[*at].1))).collect());
        let one = |(at, ((left, right), difference))| {
            let films = drawn.iter().position(|drawn| *drawn == at).map(|place| films[place].clone());
            let (left, right): (&Ran, &Ran) = (left, right);
            diff::html::Pair { left: &left.report, right: &right.report, difference, films }
        };
        let all: Vec<diff::html::Pair<'_>> = pairs.iter().map(|(a, b)| (a, b)).zip(differences).enumerate().map(one).collect();
        diff::html::render(&all)
    })
}

/// `--left seed=2` and the like.
fn chosen(out: Out, side: &str, words: &[String], mut choice: Choice) -> Result<Choice, Status> {
    for word in words {
        let wrong = |what: String| {
            let help = [format!("write `--{side} seed=2`, `--{side} world=NAME` or `--{side} recovery=NAME`")];
            Err(out.refuse("usage", &what, &help, Status::Wrong))
        };
        match word.split_once('=') {
            Some(("seed", seed)) => match seed.parse() {
                Ok(seed) => choice.seed = Some(seed),
                Err(_) => return wrong(format!("`{seed}` is no seed: a whole number from 0 on")),
            },
            Some(("world", name)) => choice.world = Some(name.to_string()),
            Some(("recovery", name)) => choice.recovery = Some(name.to_string()),
            _ => return wrong(format!("`--{side} {word}` chooses nothing")),
        }
    }
    Ok(choice)
}

/// The runs of one side.
fn side(out: Out, common: &Common, path: &Path, choice: &Choice, release: Option<Release>) -> Result<Vec<Ran>, Status> {
    let file = load::load(out, path, &[], release)?;
    let scenario = Arc::new(file.scenario.clone());
    let options =
        Options { seed: choice.seed, max_events: common.max_events, max_work: common.max_work, because: false, ..Options::default() };
    let cases = narrowed(out, choice.world.as_slice(), choice.recovery.as_slice(), &file)?;
    Ok(cases
        .into_iter()
        .map(|which| {
            let mut report = report::of(&file.scenario, which, &options);
            // Each side's own release, where it was chosen for it.
            let asked = release.map(|release| release.name().to_owned());
            report.replay = replay(&file.name, &report, &Common { release: asked, ..common.clone() });
            Ran { scenario: Arc::clone(&scenario), case: which, options: options.clone(), report }
        })
        .collect())
}

/// One with one, or by the names of worlds and recoveries.
fn paired(out: Out, left: Vec<Ran>, right: Vec<Ran>) -> Result<Vec<(Ran, Ran)>, Status> {
    let one = |ran: &[Ran], of: fn(&Report) -> &Option<String>| ran.iter().all(|one| of(&one.report) == of(&ran[0].report));
    let both_one = |of: fn(&Report) -> &Option<String>| one(&left, of) && one(&right, of);
    // What is the same for all of a side was chosen there, and tells nothing apart.
    let (world, recovery) = (both_one(|report| &report.world), both_one(|report| &report.recovery));
    let name = |Ran { report, .. }: &Ran| {
        (report.set.clone(), report.world.clone().filter(|_| !world), report.recovery.clone().filter(|_| !recovery))
    };
    if left.iter().map(name).eq(right.iter().map(name)) {
        return Ok(left.into_iter().zip(right).collect());
    }
    let what = format!("{} cases on the left and {} on the right, and not of the same names", left.len(), right.len());
    let help = ["choose one of each: `--left world=NAME --right world=NAME`, and recovery=NAME likewise".to_string()];
    Err(out.refuse("usage", &what, &help, Status::Wrong))
}
