//! `poolsim plan`: the shortest recovery that is safe in every world.

use super::args::{Common, Format, Plan};
use super::exit::Status;
use super::load::{self, File, did_you_mean};
use super::out::Out;
use super::progress::Progress;
use super::reports::of_formats;
use super::shared::{only, style, with_jobs};
use super::{bug, interrupt, targets};
use crate::base::inert::clean_line;
use crate::catalog;
use crate::report::plan as report;
use crate::scenario::write;
use crate::search::plan::{self, Options};

/// The formats that it writes.
const FORMATS: [Format; 4] = [Format::Text, Format::Json, Format::Md, Format::Html];

/// Looks for a plan and tells it, or why there is none.
pub fn plan(out: Out, common: &Common, args: &Plan) -> Status {
    match planned(out, common, args) {
        Ok(status) | Err(status) => status,
    }
}

fn planned(out: Out, common: &Common, args: &Plan) -> Result<Status, Status> {
    only(out, common, "plan", &FORMATS)?;
    let reports = of_formats(out, common, "plan", &FORMATS)?;
    let release = load::release(out, common)?;
    let file = load::load(out, &args.file, &args.set, release)?;
    let scenario = &file.scenario;
    args.without.iter().try_for_each(|word| is_move(out, word))?;
    let recovery = recovery(out, args.recovery.as_deref(), &file)?;
    let saved = args.save.iter().map(|path| (None, path.clone()));
    let wanted = reports.into_iter().map(|(format, path)| (Some(format), path)).chain(saved).collect();
    let targets = targets::begin(out, wanted, std::slice::from_ref(&args.file))?;
    let Common { seed, max_events, max_work, .. } = *common;
    let (depth, tries) = (usize::from(args.depth), args.tries);
    let options = Options {
        seed,
        max_events,
        max_work,
        depth,
        tries,
        recovery,
        without: args.without.clone(),
        brute: false,
        wide: false,
        anew: true,
        despite: true,
    };
    bug::recipe(&format!(
        "plan of scenario {} (sha256 {}), seed {}, release {}",
        scenario.name,
        scenario.sha256,
        seed.unwrap_or(scenario.seed),
        scenario.release.name()
    ));
    interrupt::listen();
    let progress = Progress::begin(format!("looking for a plan for {}", clean_line(&scenario.name)));
    let answer = with_jobs(common, || plan::plan(scenario, &options, &interrupt::wanted));
    drop(progress);
    let told = report::build(scenario, &answer, &options);
    let laid_out = |format: Format, colour: bool| match format {
        Format::Json => report::json::render(&told),
        Format::Md => report::md::render(&told),
        Format::Html => report::html::render(&told),
        _ => report::text::render(&told, style(common, colour)),
    };
    let mut status = out.result(&laid_out(common.format, out.colour));
    for target in targets {
        match (target.kind, &answer.plan) {
            (Some(format), _) => {
                let text = laid_out(format, false);
                status = status.and(target.put(out, &text));
            }
            (None, Some(plan)) => status = status.and(save(out, target, plan)),
            (None, None) => out.say("nothing is saved, since there is no plan\n"),
        }
    }
    if answer.plan.is_none() {
        status = status.and(Status::Unexpected);
    }
    Ok(if interrupt::wanted() { status.and(Status::Interrupted) } else { status })
}

/// Whether a word of `--without` names an act or a command.
fn is_move(out: Out, word: &str) -> Result<(), Status> {
    let acts = crate::fault::ACTS.iter().map(|act| act.name);
    let names: Vec<&str> = acts.chain(crate::command::COMMANDS.iter().flat_map(|command| command.name.split(' '))).collect();
    if names.contains(&word) {
        return Ok(());
    }
    let near = catalog::nearest_of(word, names.into_iter());
    let help = did_you_mean(&near, "an act such as power-off, or a command such as host-forget");
    Err(out.refuse("usage", &format!("`--without {word}` names no act and no command"), &help, Status::Wrong))
}

/// The recovery whose beginning is kept, by its place: the first, where none is named.
fn recovery(out: Out, wanted: Option<&str>, file: &File) -> Result<usize, Status> {
    let Some(wanted) = wanted else { return Ok(0) };
    let names: Vec<&str> = file.scenario.recoveries.iter().filter_map(|recovery| recovery.name.as_deref()).collect();
    names.iter().position(|name| *name == wanted).ok_or_else(|| {
        let near = catalog::nearest_of(wanted, names.iter().copied());
        let all = if names.is_empty() { "leave `--recovery` out".into() } else { format!("it has {}", names.join(", ")) };
        out.refuse("usage", &format!("{} has no recovery `{wanted}`", file.name), &did_you_mean(&near, &all), Status::Wrong)
    })
}

/// `--save`: the scenario with the plan as its recovery, as far as it loads again.
fn save(out: Out, output: targets::Target<Option<Format>>, plan: &plan::Plan) -> Status {
    let text = write::yaml(&plan.scenario);
    if crate::scenario::load("plan.yaml", &text).is_err() {
        let help = ["a step of the timeline may name a step of the recovery that the plan replaces".to_string()];
        return out.refuse("usage", "the plan cannot be written as a scenario of its own", &help, Status::Wrong);
    }
    output.put(out, &text)
}
