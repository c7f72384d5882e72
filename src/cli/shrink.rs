//! `poolsim shrink`: the smallest scenario that still shows a hazard at its place.

use super::args::{Common, Format, Shrink};
use super::cases::{narrowed, quoted};
use super::exit::Status;
use super::files;
use super::load::{self, File};
use super::out::Out;
use super::progress::Progress;
use super::shared::only;
use super::targets::{self, Target as Written};
use super::{bug, interrupt};
use crate::base::inert::clean_line;
use crate::hazard::{HazardId, Severity};
use crate::report::json::pretty;
use crate::report::text::layout::count;
use crate::scenario::model::Case;
use crate::search::shrink::{Shrunk, Target, gravest, shrink as search};
use crate::search::study::{self, Options};
use std::ops::ControlFlow;
use std::time::Duration;

/// Shrinks.
pub fn shrink(out: Out, common: &Common, args: &Shrink) -> Status {
    match shrunk(out, common, args) {
        Ok(status) | Err(status) => status,
    }
}

fn shrunk(out: Out, common: &Common, args: &Shrink) -> Result<Status, Status> {
    only(out, common, "shrink", &[Format::Text, Format::Json])?;
    let wrong = |what: &str, help: String| out.refuse("usage", what, &[help], Status::Wrong);
    if !common.reports.is_empty() {
        return Err(wrong("`shrink` writes no report beside its scenario", "`-o FILE` writes the scenario".into()));
    }
    let release = load::release(out, common)?;
    let file = load::load(out, &args.file, &args.only.set, release)?;
    let hazard = args.hazard.as_deref().map(|name| hazard(out, name)).transpose()?;
    let cases = narrowed(out, &args.only.worlds, &args.only.recoveries, &file)?;
    let outputs = args.output.iter().map(|path| ((), path.clone())).collect();
    let output = targets::begin(out, outputs, std::slice::from_ref(&args.file))?.pop();
    interrupt::listen();
    let seed = common.seed.unwrap_or(file.scenario.seed);
    bug::recipe(&format!("shrink of scenario {} (sha256 {}), seed {seed}", file.scenario.name, file.scenario.sha256));
    let Some((case, target)) = wanted(&file, &cases, hazard, seed, common.max_events) else {
        let what = hazard.map_or_else(|| "no hazard".to_owned(), |hazard| hazard.doc().name.to_owned());
        out.say(&format!("{} shows {what} with seed {seed}: there is nothing to shrink\n", clean_line(&file.name)));
        return Ok(Status::Unexpected);
    };
    let began = now();
    let mut out_of_time = false;
    let mut go_on = |_: u64| {
        out_of_time |= began.elapsed() >= Duration::from_micros(args.within.0);
        if out_of_time || interrupt::wanted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let about = format!("The smallest that shows {}: shrunk from {}.", target.words(), file.name);
    let progress = Progress::begin(format!("shrinking to {}", target.words()));
    let shrunk = search(&file.scenario, case, (&target, seed), &about, &mut go_on);
    drop(progress);
    let Some(shrunk) = shrunk else {
        let help = "please report it with the scenario: what it is written as shows another thing than itself".to_owned();
        return Err(out.refuse("bug", &format!("{} can't be written anew", clean_line(&file.name)), &[help], Status::Bug));
    };
    let status = told(out, common, (args, output), &file, &target, &shrunk);
    out.say(&summary(&target, &shrunk, out_of_time, args));
    Ok(if interrupt::wanted() { status.and(Status::Interrupted) } else { status })
}

/// The hazard of this name.
fn hazard(out: Out, name: &str) -> Result<HazardId, Status> {
    HazardId::find(name).ok_or_else(|| {
        let near = crate::catalog::nearest_of(name, crate::hazard::ALL.iter().map(|doc| doc.name));
        let help = load::did_you_mean(&near, "`poolsim explain hazards` lists them");
        out.refuse("usage", &format!("no hazard is called `{}`", clean_line(name)), &help, Status::Wrong)
    })
}

/// The case with the gravest finding, the first of them, and what it found.
fn wanted(file: &File, cases: &[Case], hazard: Option<HazardId>, seed: u64, max_events: u64) -> Option<(Case, Target)> {
    let options = Options { seed: Some(seed), max_events, because: false, ..Options::default() };
    let mut best: Option<(Severity, Case, Target)> = None;
    for case in cases {
        let run = study::brief(&file.scenario, *case, &options).run;
        if let Some(found) = gravest(&run, hazard)
            && best.as_ref().is_none_or(|(worst, ..)| found.hazard.severity() > *worst)
        {
            best = Some((found.hazard.severity(), *case, Target::of(found, &run.engine.world.names)));
        }
    }
    best.map(|(_, case, target)| (case, target))
}

fn told(
    out: Out,
    common: &Common,
    (args, output): (&Shrink, Option<Written<()>>),
    file: &File,
    target: &Target,
    shrunk: &Shrunk,
) -> Status {
    let name = args.output.as_deref().map_or_else(|| "SAVED.yaml".to_owned(), files::name);
    let command = format!("poolsim run {}", if args.output.is_some() { quoted(&name) } else { name });
    let text = format!("{}# {command}\n", shrunk.text);
    if common.format == Format::Json {
        let (kind, place) = target.place.as_ref().map_or((None, None), |(kind, place)| (Some(*kind), Some(place)));
        let json = serde_json::json!({
            "format": 1, "scenario": file.scenario.name, "hazard": target.hazard.doc().name, "kind": kind, "place": place,
            "seed": shrunk.seed, "minimal": shrunk.untried == 0, "tried": shrunk.tried, "untried": shrunk.untried,
            "steps": [shrunk.steps.0, shrunk.steps.1], "parts": [shrunk.parts.0, shrunk.parts.1], "yaml": text,
        });
        let written = output.map_or(Status::Fine, |output| output.put(out, &text));
        return written.and(out.result(&pretty(&json)));
    }
    match output {
        Some(output) => output.put(out, &text),
        None => out.result(&text),
    }
}

/// What was done, for standard error.
fn summary(target: &Target, shrunk: &Shrunk, out_of_time: bool, args: &Shrink) -> String {
    let from = |(before, after): (usize, usize), what: &str| format!("{before} -> {after} {what}");
    let whole = match (shrunk.untried, out_of_time) {
        (0, _) => "no single part can be left out".to_owned(),
        (left, true) => {
            format!("{} not tried again within {}: `poolsim shrink` of what is written goes on", count(left, "way"), args.within)
        }
        (left, false) => format!("{} not tried again: `poolsim shrink` of what is written goes on", count(left, "way")),
    };
    let tried = count(usize::try_from(shrunk.tried).unwrap_or(usize::MAX), "scenario");
    format!("{}: {}, {}; {tried} tried, {whole}\n", target.words(), from(shrunk.steps, "steps"), from(shrunk.parts, "parts"))
}

#[allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "how long the user waits is real time")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}
