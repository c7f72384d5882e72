//! A suite for people: a line a case, what failed below it, and the closing line.

use super::{Failure, Outcome, Result, Tally};
use crate::report::text::layout::{Page, Tint, clean, clean_line, pad_left, width};

/// The columns of an instant or a length of time.
const INSTANT: usize = 13;

/// How a case came out, on one line. `real` is how long it took on the real clock, where that is to be told; `note` ends
/// the line.
pub fn line(page: &mut Page, outcome: &Outcome, real: Option<&str>, note: &str) {
    let (word, tint) = match outcome.result {
        Result::Passed => ("pass", Tint::Green),
        Result::Failed => ("FAIL", Tint::Alarm),
        Result::Skipped(_) => ("skip", Tint::Yellow),
        Result::Wrong => ("WRONG", Tint::Alarm),
    };
    let ran = matches!(outcome.result, Result::Passed | Result::Failed);
    let lasted = if ran { outcome.lasted.to_string() } else { String::new() };
    let mut text = format!("{}{}", page.tint(tint, word), " ".repeat(6 - width(word)));
    text.push_str(&format!("{}  ", pad_left(&lasted, INSTANT)));
    if let Some(real) = real {
        text.push_str(&page.tint(Tint::Dim, &format!("{}  ", pad_left(if ran { real } else { "" }, 8))));
    }
    text.push_str(&clean_line(&outcome.title()));
    if let Result::Skipped(reason) = &outcome.result {
        text.push_str(&format!(" ({})", clean_line(reason)));
    }
    text.push_str(note);
    page.line(&text);
}

/// What is odd about a case, below its line.
pub fn warnings(page: &mut Page, outcome: &Outcome) {
    for warning in &outcome.warnings {
        let place = clean_line(&format!("{}:{}", outcome.file, warning.line));
        page.hanging("      warning", 18, Tint::Yellow, &clean(&format!("{place}  {}", warning.text)));
    }
}

/// What failed in a case, and how to run it again.
pub fn failures(page: &mut Page, outcome: &Outcome) {
    for (at, failure) in outcome.failures.iter().enumerate() {
        let told = at > 0 && outcome.failures[at - 1].before == failure.before;
        self::failure(page, &outcome.file, failure, !told);
    }
    if !outcome.replay.is_empty() {
        // On one line however long it is, so that it can be pasted.
        page.line(&format!("      replay    {}", page.tint(Tint::Cyan, &clean(&outcome.replay))));
    }
}

fn failure(page: &mut Page, file: &str, failure: &Failure, with_events: bool) {
    let at = failure.at.map_or_else(String::new, |at| format!("  at {at}"));
    page.line(&format!("      {}{at}", page.tint(Tint::Bold, &clean_line(&format!("{file}:{}", failure.line)))));
    page.hanging("        expected", 18, Tint::Plain, &clean(&failure.expected));
    page.hanging("        got", 18, Tint::Alarm, &clean(&failure.got));
    if with_events && !failure.before.is_empty() {
        page.line(&page.tint(Tint::Dim, "        before it"));
        for event in &failure.before {
            page.hanging(&format!("      {}", pad_left(&event.at.to_string(), INSTANT)), 21, Tint::Dim, &clean(&event.what));
        }
    }
}

/// The closing line, and before it what it does not count.
pub fn closing(page: &mut Page, tally: &Tally) {
    if tally.wrong > 0 {
        let n = tally.wrong;
        let said = if n == 1 {
            "1 file is no scenario, or cannot be read".into()
        } else {
            format!("{n} files are no scenarios, or cannot be read")
        };
        page.line(&page.tint(Tint::Alarm, &said));
    }
    let tint = if tally.failed + tally.wrong > 0 { Tint::Alarm } else { Tint::Green };
    page.line(&page.tint(tint, &tally.to_string()));
}

/// What failed in a case as plain text, for reports that hold a text.
pub fn plain(outcome: &Outcome) -> String {
    let mut page = Page::new(false);
    failures(&mut page, outcome);
    page.into_text()
}
