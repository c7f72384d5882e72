//! Runs of a scenario: its story and its page, its digests, and the orders of its recovery.

use crate::ask::{Asked, wrong};
use poolsim::engine;
use poolsim::hazard::Severity;
use poolsim::report::page::{self, Shot};
use poolsim::report::text::{self, Style};
use poolsim::report::{self, Report};
use poolsim::scenario::model::{Case, Scenario};
use poolsim::search::orders::{self, Choice, Hooks, Impossible, STEPS_MOST};
use poolsim::search::study::Options;
use serde_json::{Value, json};

/// A tenth of what the program lets a file's runs be: a browser is slower, and whoever sits before it does not wait for minutes.
const WORK_MOST: u64 = engine::WORK_MOST / 10;

/// The options of a run.
fn options(asked: &Asked) -> Options {
    Options { seed: asked.number("seed"), max_work: WORK_MOST, ..Options::default() }
}

/// The bounds and the seed of a session at the desk: all that the program lets it be, since whoever sits there can stop it, and a
/// search for a hint or a safe way is to find what it finds there.
pub fn of_session(asked: &Asked, scenario: &Scenario) -> engine::Options {
    engine::Options { seed: asked.number("seed").unwrap_or(scenario.seed), ..engine::Options::default() }
}

/// Every case: the story of the worst as `poolsim run` tells it, and all of them as a page.
pub fn run(asked: &Asked) -> Result<Value, Value> {
    let scenario = asked.load()?.scenario;
    let (cases, options) = (scenario.cases(), options(asked));
    let mut reports: Vec<Report> = cases.iter().map(|case| report::of(&scenario, *case, &options)).collect();
    let told = text::worst_case(&reports);
    if let Some(told) = told.filter(|told| reports[*told].worst >= Some(Severity::Danger)) {
        report::seek_no_return(&mut reports[told], &scenario, cases[told], &options, asked.is("page"));
    }
    for report in &mut reports {
        report.replay = report::again::again(asked.file(), report);
    }
    let story = text::render(&reports, Style { colour: asked.is("colour"), ..Style::default() });
    let worst = reports.iter().filter_map(|report| report.worst).max().map_or("none", Severity::name);
    let page = if asked.is("page") { page_of(&scenario, &cases, &options, &reports) } else { String::new() };
    Ok(json!({ "story": story, "page": page, "worst": worst, "cases": reports.len() }))
}

/// As `run --report html` draws it.
fn page_of(scenario: &Scenario, cases: &[Case], options: &Options, reports: &[Report]) -> String {
    let pictured = page::pictured(reports);
    let mut text = String::new();
    for events in page::EVENTS {
        let shot = |at: &usize| Shot { case: *at, film: page::film(scenario, cases[*at], options, events / pictured.len().max(1)) };
        text = page::render(reports, &pictured.iter().map(shot).collect::<Vec<_>>());
        if text.len() <= page::MOST_BYTES {
            break;
        }
    }
    text
}

/// World, recovery, events and digest of each case.
pub fn digests(asked: &Asked) -> Result<Value, Value> {
    let scenario = asked.load()?.scenario;
    // Nothing is cut short here that the program would not cut short.
    let options = Options { max_work: engine::WORK_MOST, ..options(asked) };
    let of = |case: Case| {
        let report = report::brief(&scenario, case, &options);
        json!([report.world, report.recovery, report.events, report.digest])
    };
    Ok(json!({ "cases": scenario.cases().into_iter().map(of).collect::<Vec<_>>() }))
}

/// Every order of a recovery's steps, as `poolsim orders` tells it. How far it is is told as it goes.
pub fn orders(asked: &Asked) -> Result<Value, Value> {
    let scenario = asked.load()?.scenario;
    let recovery = match (asked.text("recovery"), scenario.recoveries.as_slice()) {
        (_, []) => return Err(wrong("the scenario has no recovery whose steps could be put in order")),
        ("", _) => 0,
        (name, all) => match all.iter().position(|recovery| recovery.name.as_deref() == Some(name)) {
            Some(at) => at,
            None => return Err(wrong("the scenario has no recovery of that name")),
        },
    };
    let choice = Choice::new(&scenario, recovery).map_err(|why| match why {
        Impossible::Nothing => wrong("the recovery has no steps to put in order: a `note` is none"),
        Impossible::TooMany(steps) => wrong(&format!("the recovery has {steps} steps: at most {STEPS_MOST} can be put in order")),
    })?;
    let options = orders::Options {
        subsets: asked.is("subsets"),
        seed: asked.number("seed"),
        max_events: engine::Options::default().max_events,
        max_work: WORK_MOST,
        brute: false,
    };
    if asked.is("count") {
        return Ok(json!({ "runs": orders::runs(&choice, &options), "steps": choice.len() }));
    }
    let hooks = Hooks { done: &crate::forward, stopped: &|| false };
    let answer = orders::orders(&scenario, choice, &options, &hooks);
    let (told, _) = report::orders::build(&scenario, &answer, &options, false, &[]);
    Ok(json!({ "told": report::orders::text::render(&told, Style { colour: asked.is("colour"), ..Style::default() }) }))
}
