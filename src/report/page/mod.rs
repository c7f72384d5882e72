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

pub use data::decoded;
pub use film::{Film, Frame, Head, Name, Value, film};
pub use lanes::{Lane, Piece};

use super::Report;
use maud::{Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

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
    html::page(reports, shots).into_string()
}

/// The picture of a case, in a file of its own.
pub fn svg(report: &Report, film: &Film) -> String {
    let picture = picture::draw(report, film, 0, true);
    let mut text = picture.svg.into_string();
    text.push('\n');
    text
}

/// A whole page around its body. It may ask for nothing, and run no script but its own.
pub(super) fn whole(title: &str, body: &Markup) -> Markup {
    let style = format!("{}{}", picture::COLOURS, include_str!("page.css"));
    let script = include_str!("page.js");
    let policy = format!(
        "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'",
        base64(&Sha256::digest(&style)),
        base64(&Sha256::digest(script))
    );
    // These elements have no end in HTML, and must have one in XML.
    let empty = |attributes: &str| PreEscaped(format!("<meta {attributes}/>"));
    html! {
        (maud::DOCTYPE)
        html xmlns="http://www.w3.org/1999/xhtml" lang="en" {
            head {
                (empty("charset=\"utf-8\""))
                (empty(&format!("http-equiv=\"Content-Security-Policy\" content=\"{policy}\"")))
                (empty("name=\"viewport\" content=\"width=device-width, initial-scale=1\""))
                (empty("name=\"color-scheme\" content=\"light dark\""))
                title { (title) }
                style { (PreEscaped(&style)) }
            }
            body {
                (body)
                script { (PreEscaped(script)) }
            }
        }
    }
}

/// Bytes as a policy writes a digest.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let of = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let word = of(0) << 16 | of(1) << 8 | of(2);
        for at in 0..4usize {
            let letter = LETTERS[(word >> (18 - 6 * at)) as usize & 63];
            out.push(if at <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::base64;

    /// The examples of RFC 4648, section 10.
    #[test]
    fn base64_is_that_of_the_standard() {
        let of =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")];
        for (text, coded) in of {
            assert_eq!(base64(text.as_bytes()), coded);
        }
    }
}
