//! What `run --report` writes beside text and JSON: the page, and the picture in a file of its own.

use super::args::Common;
use super::load::File;
use super::reports::RunKind;
use super::shared::with_jobs;
use crate::report::page::{self, Film, Shot};
use crate::report::{Report, text};
use crate::scenario::model::Case;
use crate::search::study::Options;
use rayon::prelude::*;

/// The report of a kind: a page of all cases, or the worst of them. `None` where it is none of these kinds.
pub fn picture(kind: RunKind, common: &Common, options: &Options, file: &File, cases: &[Case], reports: &[Report]) -> Option<String> {
    let film = |at: usize, events: usize| -> Film { page::film(&file.scenario, cases[at], options, events) };
    let Some(told) = text::worst_case(reports) else { return kind.is_picture().then(|| page::render(reports, &[])) };
    match kind {
        RunKind::Text | RunKind::Json | RunKind::Ndjson => None,
        RunKind::Html => {
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
            Some(text)
        }
        RunKind::Svg => Some(page::svg(&reports[told], &film(told, page::EVENTS[0]))),
    }
}
