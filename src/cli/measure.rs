//! `poolsim test --coverage` and `--mutants`: what a suite shows, and which guards of the model it would miss.

use super::args::{Common, Format, Test};
use super::bug;
use super::exit::Status;
use super::out::Out;
use super::progress::Progress;
use super::shared::with_jobs;
use super::suite::{File, Plan, shown};
use crate::report;
use crate::report::coverage::{self, Coverage};
use crate::report::json::pretty;
use crate::report::text::layout::{Page, Tint, count, pad};
use crate::scenario::model::{Case, Scenario};
use crate::search::mutants::mutants;
use crate::search::study::Options;
use rayon::prelude::*;
use serde_json::json;

/// The cases of a suite that can be run.
struct Suite {
    scenarios: Vec<(String, Scenario, Vec<Case>)>,
}

impl Suite {
    fn cases(&self) -> Vec<(&Scenario, Case)> {
        self.scenarios.iter().flat_map(|(_, scenario, cases)| cases.iter().map(move |case| (scenario, *case))).collect()
    }
    fn name(&self, place: usize) -> String {
        let all = self.scenarios.iter().flat_map(|(path, scenario, cases)| cases.iter().map(move |case| (path, scenario, *case)));
        let Some((path, scenario, case)) = all.into_iter().nth(place) else { return String::new() };
        let parts = [("world", scenario.world_name(case)), ("recovery", scenario.recovery_name(case))];
        let parts: Vec<String> = parts.iter().filter_map(|(kind, name)| name.map(|name| format!("{kind} {name}"))).collect();
        if parts.is_empty() { path.clone() } else { format!("{path}: {}", parts.join(", ")) }
    }
}

fn open(out: Out, plan: &Plan) -> (Suite, Status) {
    let (mut suite, mut status) = (Suite { scenarios: Vec::new() }, Status::Fine);
    for path in &plan.files {
        match bug::guard(out, || Ok(plan.open(path))) {
            Ok(File::Good(good)) => {
                let (scenario, cases) = good.into_cases();
                if scenario.skip.is_none() {
                    suite.scenarios.push((shown(path), scenario, cases));
                }
            }
            Ok(File::Wrong(_, said, came_out)) => {
                out.say(&said);
                status = status.and(came_out);
            }
            Err(came_out) => status = status.and(came_out),
        }
    }
    (suite, status)
}

/// `--coverage`, with `--min`.
pub fn coverage(out: Out, common: &Common, args: &Test, plan: &Plan) -> Status {
    let (suite, mut status) = open(out, plan);
    let options =
        Options { seed: common.seed, max_events: common.max_events, max_work: common.max_work, because: false, ..Options::default() };
    let progress = Progress::begin(format!("running {}", count(suite.cases().len(), "case")));
    let ran: Vec<Coverage> = with_jobs(common, || {
        let one = |(scenario, case): &(&Scenario, Case)| {
            let mut coverage = Coverage::new();
            coverage.add(&report::brief(scenario, *case, &options), &scenario.shows_kept, &scenario.shows_broken);
            coverage
        };
        suite.cases().par_iter().map(one).collect()
    });
    drop(progress);
    let mut all = Coverage::new();
    for one in ran {
        all.cases += one.cases;
        for (sum, kind) in all.kinds.iter_mut().zip(one.kinds) {
            for (name, cases) in kind {
                *sum.entry(name).or_default() += cases;
            }
        }
    }
    let text = match common.format {
        Format::Json => pretty(&coverage::value(&all)),
        _ => coverage::text(&all, out.colour, common.verbose),
    };
    status = status.and(out.result(&text));
    match args.min.map(usize::from) {
        Some(min) if all.percent() < min => {
            out.say(&format!("{} % are shown, and --min wants {min} %\n", all.percent()));
            status.and(Status::Unexpected)
        }
        _ => status,
    }
}

/// `--mutants`.
pub fn mutant(out: Out, common: &Common, plan: &Plan) -> Status {
    let (suite, status) = open(out, plan);
    let cases = suite.cases();
    let progress = Progress::begin(format!("taking guards away from {}", count(cases.len(), "case")));
    let all = with_jobs(common, || mutants(&cases, common.seed, common.max_events));
    drop(progress);
    let noticed = all.iter().filter(|mutant| mutant.noticed_by.is_some()).count();
    let text = if common.format == Format::Json {
        let one = |mutant: &crate::search::mutants::Mutant| {
            json!({
                "guard": mutant.guard.name, "doc": mutant.guard.doc, "source": mutant.guard.source,
                "noticed_by": mutant.noticed_by.map(|place| suite.name(place)),
            })
        };
        pretty(&json!({"mutants": all.iter().map(one).collect::<Vec<_>>(), "noticed": noticed, "of": all.len()}))
    } else {
        let mut page = Page::new(out.colour);
        page.heading("GUARDS", "taken away one at a time: which case is then no longer as expected?");
        for mutant in &all {
            let lead = format!("  {} ", pad(mutant.guard.name, 14));
            match mutant.noticed_by {
                Some(place) => page.hanging(&lead, 17, Tint::Plain, &format!("missed by {}", suite.name(place))),
                None => page.hanging(&lead, 17, Tint::Yellow, &format!("NOBODY MISSES IT: {}", mutant.guard.doc)),
            }
        }
        page.line(&format!("{noticed} of {} would be noticed", count(all.len(), "guard")));
        page.into_text()
    };
    let status = status.and(out.result(&text));
    if noticed < all.len() { status.and(Status::Unexpected) } else { status }
}
