//! What `run --report` writes beside text and JSON: the page, and the story of the worst case in other forms.

use super::args::Common;
use super::load::File;
use super::reports::RunKind;
use super::shared::with_jobs;
use crate::report::page::{self, Film, Shot};
use crate::report::{Report, md, mermaid, perfetto, text};
use crate::scenario::model::Case;
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
    let render = |events: usize| {
        let one = |at: &usize| Shot { case: *at, film: film(*at, events / pictured.len()) };
        let shots: Vec<Shot> = with_jobs(common, || pictured.par_iter().map(one).collect());
        page::render(reports, &shots)
    };
    let mut text = String::new();
    for events in page::EVENTS {
        text = render(events);
        if text.len() <= page::MOST_BYTES {
            break;
        }
    }
    text
}
