//! The report for people: the story at a glance, for an operator who has never seen it. Knows no file and no terminal;
//! whether there are colours is said to it.
//!
//! From top to bottom: the recipe with the result and what to do, the matrix of cases, the story of the worst case, hazards with cause and advice,
//! expectations, warnings, the end state, and a last line that says it all.

pub mod layout;

mod findings;
mod matrix;
pub(crate) mod state;
mod story;
mod words;

use super::{Report, Verdict};
use crate::hazard::Severity;
use layout::{COLUMNS, Page, Tint, clean, clean_line, count, cut, pad, width, wrap_command};

pub(crate) use words::{case_name, severity_tint, severity_word, tally};

/// How much is told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Detail {
    /// `-q`: only the verdict and the hazards.
    Quiet,
    /// The story.
    #[default]
    Story,
    /// `-v`: every event, nothing folded.
    Every,
}

/// How a report is laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Style {
    /// Whether ANSI colours are used.
    pub colour: bool,
    /// How much is told.
    pub detail: Detail,
}

/// The report of one scenario: all of its cases, in order.
pub fn render(reports: &[Report], style: Style) -> String {
    let mut page = Page::new(style.colour);
    let Some(told) = worst_case(reports) else {
        return page.into_text();
    };
    if style.detail == Detail::Quiet {
        quiet(&mut page, reports, told);
        return page.into_text();
    }
    let worst = &reports[told];
    recipe(&mut page, worst, reports.len(), style.detail);
    if reports.len() > 1 {
        page.gap();
        matrix::render(&mut page, reports, told);
    }
    page.gap();
    story::render(&mut page, worst, style.detail);
    for (at, state) in &worst.instants {
        page.gap();
        state::render(&mut page, &format!("AT {at}"), state, style.detail);
    }
    page.gap();
    findings::hazards(&mut page, worst);
    findings::expectations(&mut page, reports, style.detail);
    findings::warnings(&mut page, reports);
    page.gap();
    state::render(&mut page, &format!("AT THE END ({})", worst.end), &worst.end_state, style.detail);
    for other in &worst.other_masters {
        page.gap();
        state::render(&mut page, &format!("AT THE END ({}), BY THE OTHER MASTER", worst.end), other, style.detail);
    }
    page.gap();
    first_wrong(&mut page, worst);
    last_line(&mut page, reports, worst);
    page.into_text()
}

/// The case that is told in full: the most severe worst, then the most findings of that severity, then the first.
pub fn worst_case(reports: &[Report]) -> Option<usize> {
    (0..reports.len()).min_by_key(|at| {
        let report = &reports[*at];
        let most = report.worst.map_or(0, |severity| found(report, severity));
        (std::cmp::Reverse(report.worst), std::cmp::Reverse(most), *at)
    })
}

fn found(report: &Report, severity: Severity) -> u64 {
    report.counts.get(&severity).copied().unwrap_or(0)
}

/// The verdict that counts for the whole file: the gravest of its cases.
pub fn verdict_of_all(reports: &[Report]) -> Verdict {
    let order = [Verdict::NotAsExpected, Verdict::Inconclusive, Verdict::AsExpected, Verdict::NoExpectation];
    order.into_iter().find(|verdict| reports.iter().any(|r| r.verdict == *verdict)).unwrap_or(Verdict::NoExpectation)
}

fn verdict_words(verdict: Verdict) -> (&'static str, Tint) {
    match verdict {
        Verdict::AsExpected => ("as expected", Tint::Green),
        Verdict::NotAsExpected => ("NOT AS EXPECTED", Tint::Alarm),
        Verdict::Inconclusive => ("inconclusive", Tint::Yellow),
        Verdict::NoExpectation => ("no expectation", Tint::Plain),
    }
}

fn found_words(report: &Report) -> String {
    let tally = tally(&report.counts);
    if tally.is_empty() { "no hazard".to_string() } else { format!("worst {} ({tally})", severity_word(report.worst)) }
}

fn recipe(page: &mut Page, report: &Report, cases: usize, detail: Detail) {
    let mut row = |name: &str, tint: Tint, text: &str| {
        let lead = page.tint(Tint::Dim, name);
        page.hanging(&lead, 10, tint, text);
    };
    row("scenario", Tint::Bold, &report.scenario);
    if !report.title.is_empty() && report.title != report.scenario {
        row("", Tint::Plain, &report.title);
    }
    row("poolsim", Tint::Plain, &format!("{}, release {}, seed {}", env!("CARGO_PKG_VERSION"), report.release, report.seed));
    if detail == Detail::Every {
        row("sha256", Tint::Plain, &report.sha256);
        row("digest", Tint::Plain, &format!("{} ({})", report.digest, count(report.events as usize, "event")));
    }
    let (words, tint) = verdict_words(report.verdict);
    if cases > 1 {
        row("cases", Tint::Plain, &format!("{cases}, told below: the worst, {}", case_name(report)));
    }
    row("result", if report.verdict == Verdict::NotAsExpected { tint } else { severity_tint(report.worst) }, &{
        format!("{words}, {}", found_words(report))
    });
    if let Some(bound) = report.cut_short {
        let ended = format!("The run was ended by {} at {}, before its time: what came later is not known.", bound.option(), report.end);
        row("", Tint::Alarm, &ended);
    }
    first_wrong(page, report);
    no_return(page, report);
}

/// Up to when the gravest finding for which that was sought could have been kept away.
fn no_return(page: &mut Page, report: &Report) {
    let Some((finding, point)) = report.no_return() else { return };
    let lead = page.tint(Tint::Dim, "too late");
    page.hanging(&lead, 10, Tint::Plain, &point.words(finding.hazard));
}

/// What went wrong first and what to do about it, a line each: they stand in full with the first of the hazards.
fn first_wrong(page: &mut Page, report: &Report) {
    let Some(wrong) = &report.first_wrong else { return };
    let line = wrong.line.map_or_else(String::new, |line| format!(" (line {line})"));
    let what = format!("{}  {}", wrong.at, clean_line(&wrong.what));
    let mut row = |name: &str, tint: Tint, text: &str, end: &str| {
        let text = format!("{}{end}", cut(text, COLUMNS - 10 - width(end)));
        page.line(&format!("{}{}", pad(&page.tint(Tint::Dim, name), 10), page.tint(tint, &text)));
    };
    let tint = severity_tint(report.worst);
    row(if wrong.deed { "wrong" } else { "cause" }, tint, &what, &line);
    if !wrong.mend.is_empty() {
        row("mend", Tint::Bold, &clean_line(&wrong.mend), "");
    }
}

/// So many cases are a table where few words are wanted; more of them are counted.
const QUIET_MOST: usize = 60;

/// `-q`: the verdict, the table of cases, and the hazards of the worst case, folded as in the report.
fn quiet(page: &mut Page, reports: &[Report], told: usize) {
    let report = &reports[told];
    let cut = cut_short(report);
    if reports.len() == 1 {
        let (words, _) = verdict_words(report.verdict);
        page.hanging("", 0, severity_tint(report.worst), &format!("{}: {words}, {}{cut}", report.scenario, found_words(report)));
    } else {
        page.hanging("", 0, severity_tint(report.worst), &summary(reports, report));
        page.gap();
        if reports.len() > QUIET_MOST {
            matrix::counted(page, reports);
        } else {
            matrix::render(page, reports, told);
        }
        page.gap();
        page.hanging("", 0, Tint::Plain, &format!("{}{cut}:", case_name(report)));
    }
    first_wrong(page, report);
    findings::brief(page, report);
}

/// Whether the run was ended before its time, to follow what is said of it.
fn cut_short(report: &Report) -> String {
    report.cut_short.map_or_else(String::new, |bound| format!(", cut short by {}", bound.option()))
}

/// The last line: verdict, worst, and the command that shows it again.
fn last_line(page: &mut Page, reports: &[Report], told: &Report) {
    let mut says = summary(reports, told);
    says.push_str(&cut_short(told));
    says.push('.');
    let replay = clean(&told.replay);
    let tint = if reports.iter().any(|r| r.verdict == Verdict::NotAsExpected) { Tint::Alarm } else { severity_tint(told.worst) };
    // Where nobody can say how it is run again, as in the middle of a session, nothing is promised.
    if replay.is_empty() {
        return page.hanging("", 0, tint, &says);
    }
    let on_one = format!("{} Replay: {replay}", page.tint(tint, &says));
    if width(&on_one) <= COLUMNS {
        return page.line(&on_one);
    }
    page.hanging("", 0, tint, &says);
    for (at, line) in wrap_command(&replay, COLUMNS - 8).into_iter().enumerate() {
        page.line(&format!("{}{line}", if at == 0 { "Replay: " } else { "        " }));
    }
}

/// What came of all cases.
fn summary(reports: &[Report], told: &Report) -> String {
    let (words, _) = verdict_words(verdict_of_all(reports));
    if reports.len() == 1 {
        return format!("{}: {words}, {}", clean_line(&told.scenario), found_words(told));
    }
    let failed = reports.iter().filter(|r| r.verdict == Verdict::NotAsExpected).count();
    let failed = if failed > 0 { format!(" ({failed} of {})", reports.len()) } else { String::new() };
    let scenario = clean_line(&told.scenario);
    format!("{scenario}: {} run, {words}{failed}, {} in {}", count(reports.len(), "case"), found_words(told), case_name(told))
}

#[cfg(test)]
mod tests;
