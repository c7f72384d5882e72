//! `poolsim check --fix` and `--diff`: what has only one mend is mended, and nothing else of the file changes.

use super::args::{Common, Format};
use super::exit::Status;
use super::out::Out;
use super::{bug, files};
use crate::base::inert::{clean, clean_line};
use crate::report::text::layout::count;
use crate::scenario::diagnostic::Mend;
use crate::scenario::{self, Asked};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// A mend may bring to light what was hidden: so often is a file looked at again.
const ROUNDS: usize = 10;

/// Mends all files, or shows how. Diagnostics are left to who checks the files next.
pub fn all(out: Out, common: &Common, paths: &[PathBuf], show: bool) -> Status {
    if show && common.format != Format::Text {
        return out.refuse("usage", "`--diff` is for people: it goes with `--format text` alone", &[], Status::Wrong);
    }
    let mut status = Status::Fine;
    for path in paths {
        let done = bug::guard(out, || one(out, path, show));
        status = status.and(done.unwrap_or_else(|came_out| came_out));
    }
    status
}

fn one(out: Out, path: &Path, show: bool) -> Result<Status, Status> {
    if path.as_os_str() == "-" {
        let help = ["name a file, or use an editor with the schema".to_string()];
        return Err(out.refuse("usage", "standard input cannot be mended", &help, Status::Wrong));
    }
    // Who checks the file next tells why it can't be read, or that it is no text.
    let Ok(bytes) = files::read_or(path) else { return Ok(Status::Fine) };
    let Ok(before) = String::from_utf8(bytes) else { return Ok(Status::Fine) };
    bug::recipe(&format!("mending {}", files::shown(path)));
    let (mut text, mut mended) = (before.clone(), 0);
    for _ in 0..ROUNDS {
        let mends = mends(path, &text);
        if mends.is_empty() {
            break;
        }
        mended += mends.len();
        text = applied(&text, mends);
    }
    if mended == 0 || text == before {
        return Ok(Status::Fine);
    }
    if show {
        let shown = diff(&clean_line(&files::shown(path)), &before, &text);
        // A file or `patch` gets the lines as they are, a terminal none that it would obey.
        return Ok(out.result(&if std::io::stdout().is_terminal() { clean(&shown) } else { shown }));
    }
    let status = out.file(path, &text);
    if status == Status::Fine {
        out.say(&format!("{}: {} mended\n", clean_line(&files::shown(path)), count(mended, "place")));
    }
    Ok(status)
}

/// The mends of a file itself; those of files that it includes are for whoever mends those.
fn mends(path: &Path, text: &str) -> Vec<Mend> {
    let shown = files::shown(path);
    let loaded = scenario::load_with(&shown, text.as_bytes(), &mut Asked { include: &mut files::beside(path), set: &[], release: None });
    let told = loaded.map_or_else(|errors| errors, |loaded| loaded.warnings);
    told.into_iter().filter(|diagnostic| diagnostic.file == shown).filter_map(|diagnostic| diagnostic.mend).collect()
}

/// A text with its mends, each at its place; of two at one place the first counts.
fn applied(text: &str, mut mends: Vec<Mend>) -> String {
    // Places are counted without a byte-order mark.
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    mends.sort_by_key(|mend| (mend.span.start, mend.span.end));
    let (mut mended, mut done) = (String::with_capacity(text.len()), 0);
    for mend in mends {
        let (start, end) = (mend.span.start + mark, mend.span.end + mark);
        if let Some(kept) = text.get(done..start).filter(|_| start <= end && text.is_char_boundary(end) && end <= text.len()) {
            mended.push_str(kept);
            mended.push_str(&mend.text);
            done = end;
        }
    }
    mended.push_str(&text[done..]);
    mended
}

/// The lines that differ, as `patch` reads them. A mend stays within its line, so both texts have the same lines.
fn diff(file: &str, before: &str, after: &str) -> String {
    let mut text = format!("--- {file}\n+++ {file}\n");
    for (at, (old, new)) in before.lines().zip(after.lines()).enumerate() {
        if old != new {
            text.push_str(&format!("@@ -{n} +{n} @@\n-{old}\n+{new}\n", n = at + 1));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mends_keep_everything_else() {
        let mend = |start: usize, end: usize, text: &str| Mend { span: start..end, text: text.into() };
        assert_eq!(applied("until: 1M # ä\n", vec![mend(7, 9, "1m")]), "until: 1m # ä\n");
        assert_eq!(applied("\u{feff}a: b\r\n", vec![mend(3, 4, "cc"), mend(0, 1, "d"), mend(0, 1, "e")]), "\u{feff}d: cc\r\n");
        assert_eq!(applied("ä", vec![mend(1, 2, "x"), mend(0, 9, "y")]), "ä", "a place that is none changes nothing");
    }
}
