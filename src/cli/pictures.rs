//! What `run --report` writes beside text and JSON: the page, and the story of the worst case in other forms.

use super::args::Common;
use super::load::File;
use super::reports::RunKind;
use super::shared::with_jobs;
use super::suite::{self, Plan};
use super::{bug, interrupt};
use crate::report::page::{self, Film, Shot};
use crate::report::suite::{Outcome, html};
use crate::report::{self, Report, md, mermaid, perfetto, text};
use crate::scenario::model::{Case, Scenario};
use crate::search::study::Options;
use rayon::prelude::*;
use std::cell::OnceCell;
use std::collections::BTreeSet;

/// The reports of these kinds, each with its kind: the page is of all cases, the others of the worst of them.
pub fn pictures(
    kinds: &BTreeSet<RunKind>,
    common: &Common,
    options: &Options,
    file: &File,
    cases: &[Case],
    reports: &[Report],
) -> Vec<(RunKind, String)> {
    let film = |at: usize, events: usize| -> Film { page::film(&file.scenario, cases[at], options, events) };
    // Several kinds may show the same film.
    let worst: OnceCell<Film> = OnceCell::new();
    let one = |kind: RunKind| {
        let Some(told) = text::worst_case(reports) else { return page::render(reports, &[]) };
        let worst = || worst.get_or_init(|| film(told, page::EVENTS[0]));
        match kind {
            RunKind::Text | RunKind::Json | RunKind::Ndjson => String::new(),
            RunKind::Html => whole_page(common, reports, &film),
            RunKind::Svg => page::svg(&reports[told], worst()),
            RunKind::Mermaid => mermaid::render(&reports[told]),
            RunKind::Perfetto => perfetto::render(&reports[told], worst()),
            RunKind::Md => md::render(reports, worst()),
        }
    };
    kinds.iter().map(|kind| (*kind, one(*kind))).collect()
}

/// The page, with as many events as a page has room for.
fn whole_page(common: &Common, reports: &[Report], film: &(dyn Fn(usize, usize) -> Film + Sync)) -> String {
    let pictured = page::pictured(reports);
    fitting(&|events| {
        let one = |at: &usize| Shot { case: *at, film: film(*at, events / pictured.len()) };
        let shots: Vec<Shot> = with_jobs(common, || pictured.par_iter().map(one).collect());
        page::render(reports, &shots)
    })
}

/// The page of a suite: of those that failed the first, by the places of their outcomes and files, are run once more for their
/// stories, with as many events as there is room for.
pub fn of_suite(plan: &Plan, common: &Common, outcomes: &[Outcome], ill: &[(usize, usize, Case, u64)]) -> String {
    let mut ready: Vec<(usize, Scenario, Case, Options, Report)> = Vec::new();
    for (outcome, file, case, seed) in ill {
        if interrupt::wanted() {
            break;
        }
        let Ok(suite::File::Good(good)) = bug::caught(|| plan.open(&plan.files[*file])) else { continue };
        let (scenario, _) = good.into_cases();
        let Common { max_events, max_work, .. } = *common;
        let options = Options { seed: Some(*seed), max_events, max_work, because: true, ..Options::default() };
        let report = report::of(&scenario, *case, &options);
        ready.push((*outcome, scenario, *case, options, report));
    }
    fitting(&|events| {
        let each = events / ready.len().max(1);
        let one = |(outcome, scenario, case, options, report): &(usize, Scenario, Case, Options, Report)| html::Told {
            outcome: *outcome,
            report: report.clone(),
            film: page::film(scenario, *case, options, each),
        };
        html::render(outcomes, &ready.iter().map(one).collect::<Vec<_>>())
    })
}

/// A page with as many events as it has room for.
pub fn fitting(render: &dyn Fn(usize) -> String) -> String {
    let mut text = String::new();
    for events in page::EVENTS {
        text = render(events);
        if text.len() <= page::MOST_BYTES {
            break;
        }
    }
    text
}
