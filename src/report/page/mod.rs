//! The page: one file with the picture of a run, a slider through its instants, and all that happened. It asks for nothing from
//! anywhere, and without its script it is a picture with tables. The script shows what it is given and works nothing out: what
//! the pool was at each instant, and in which words that is told, stands in the page's data.
//!
//! The page is XML as well as HTML, so that a strict reader can say whether it is well-formed. So the script and the styles do
//! without the characters that XML would want escaped.

mod axis;
mod data;
mod film;
mod html;
mod lanes;
mod picture;
mod sheet;

pub use data::decoded;
pub use film::{Film, Frame, Head, Name, Value, film};
pub(super) use html::{figure, still};
pub use lanes::{Lane, Piece};
pub(super) use sheet::whole;
pub use sheet::{allowed, base64, in_policy};

use super::Report;

/// A page is no larger, whatever the run.
pub const MOST_BYTES: usize = 5_000_000;

/// So many events are tried, one after the other, until a page is small enough.
pub const EVENTS: [usize; 4] = [4_000, 1_000, 250, 60];

/// So many cases of a file have a picture: the worst of them.
pub const PICTURES: usize = 12;

/// A case with its film.
#[derive(Clone, Debug)]
pub struct Shot {
    /// The place of its report.
    pub case: usize,
    /// The film.
    pub film: Film,
}

/// The cases that have a picture, in order: the worst, where there are too many.
pub fn pictured(reports: &[Report]) -> Vec<usize> {
    let mut cases: Vec<usize> = (0..reports.len()).collect();
    cases.sort_by_key(|at| (std::cmp::Reverse(reports[*at].worst), *at));
    cases.truncate(PICTURES);
    cases.sort_unstable();
    cases
}

/// The page of a file's cases.
pub fn render(reports: &[Report], shots: &[Shot]) -> String {
    html::page(reports, shots, None).into_string()
}

/// The page of a case with a text before it, under a heading of its own.
pub fn render_with(report: &Report, film: Film, aside: Option<(&str, &str)>) -> String {
    html::page(std::slice::from_ref(report), &[Shot { case: 0, film }], aside).into_string()
}

/// The picture of a case, in a file of its own.
pub fn svg(report: &Report, film: &Film) -> String {
    let picture = picture::draw(report, film, 0, true, None);
    let mut text = picture.svg.into_string();
    text.push('\n');
    text
}
