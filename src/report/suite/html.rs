//! A suite as a page: how each case came out, a filter over them, and what is not as expected told in full, each one click away.

use super::{Failure, Outcome, Result, Tally};
use crate::base::inert::clean_line;
use crate::report::Report;
use crate::report::page::{Film, still, whole};
use crate::report::text::layout::{count, cut};
use maud::{Markup, PreEscaped, html};

/// So many of those that are not as expected have their picture and findings.
pub const TOLD: usize = 20;
/// So many of them are told at all, and so many failures of each.
const FAILED: usize = 200;
const FAILURES: usize = 20;
/// So many cases are rows.
const ROWS: usize = 4_000;
/// So many letters of what was expected, and of what came.
const LETTERS: usize = 600;

/// A case that did not come out as expected, as it went.
#[derive(Clone, Debug)]
pub struct Told {
    /// The place of its outcome.
    pub outcome: usize,
    /// Its report.
    pub report: Report,
    /// As a film.
    pub film: Film,
}

/// The page.
pub fn render(outcomes: &[Outcome], told: &[Told]) -> String {
    let tally = Tally::of(outcomes);
    let failed: Vec<(usize, &Outcome)> = outcomes.iter().enumerate().filter(|(_, outcome)| is_ill(outcome)).collect();
    let body = html! {
        header {
            h1 { "poolsim test: " (tally) }
            @if tally.wrong > 0 { p class="wrong" { (count(usize::try_from(tally.wrong).unwrap_or(usize::MAX), "file")) " no scenarios, or cannot be read." } }
        }
        main {
            @if !failed.is_empty() {
                section {
                    h2 { "Not as expected" }
                    @if failed.len() > FAILED { p class="note" { "The first " (FAILED) " of " (failed.len()) "." } }
                    @if failed.len() > told.len() { p class="note" { "The first " (told.len()) " have their pictures; `poolsim run` shows the others, as it is told with each." } }
                    @for (at, outcome) in failed.iter().take(FAILED) { (ill(*at, outcome, told.iter().find(|told| told.outcome == *at))) }
                }
            }
            (all(outcomes))
            (warned(outcomes))
        }
        footer { p { "poolsim " (env!("CARGO_PKG_VERSION")) } }
    };
    whole(&format!("poolsim test: {tally}"), &body).into_string()
}

fn is_ill(outcome: &Outcome) -> bool {
    matches!(outcome.result, Result::Failed | Result::Wrong)
}

/// A case that is not as expected, folded.
fn ill(at: usize, outcome: &Outcome, told: Option<&Told>) -> Markup {
    html! {
        details {
            summary id={ "case-" (at + 1) } {
                strong { (clean_line(&outcome.title())) } " " span class="status" { (outcome.verdict) }
                @if let Some(first) = outcome.failures.first() { span class="note" { (cut(&clean_line(&first.sentence()), 200)) } }
            }
            @for (number, failure) in outcome.failures.iter().enumerate().take(FAILURES) {
                @let same = number > 0 && outcome.failures[number - 1].before == failure.before;
                (failed(outcome, failure, !same))
            }
            @if outcome.failures.len() > FAILURES { p class="note" { "And " (outcome.failures.len() - FAILURES) " more." } }
            @if !outcome.replay.is_empty() { p class="again" { "Again: " code { (clean_line(&outcome.replay)) } } }
            @if let Some(told) = told { (still(&told.report, &told.film, at)) }
        }
    }
}

fn failed(outcome: &Outcome, failure: &Failure, with_events: bool) -> Markup {
    html! {
        article {
            h3 { (clean_line(&outcome.file)) ":" (failure.line) @if let Some(at) = failure.at { ", at " (at) } }
            p { strong { "Expected: " } (cut(&clean_line(&failure.expected), LETTERS)) }
            p { strong { "Got: " } (cut(&clean_line(&failure.got), LETTERS)) }
            @if with_events && !failure.before.is_empty() {
                p { "Before it:" }
                ul { @for event in &failure.before { li { span class="when" { (event.at) } " " (cut(&clean_line(&event.what), LETTERS)) } } }
            }
        }
    }
}

/// A row a case. Where there are too many, those that came as expected are left out first.
fn all(outcomes: &[Outcome]) -> Markup {
    let ill = outcomes.iter().filter(|outcome| is_ill(outcome)).count();
    let mut room = ROWS.saturating_sub(ill);
    let mut shown: Vec<(usize, &Outcome)> = Vec::new();
    for (at, outcome) in outcomes.iter().enumerate() {
        if is_ill(outcome) || room > 0 {
            room -= usize::from(!is_ill(outcome));
            shown.push((at, outcome));
        }
    }
    shown.truncate(ROWS);
    let filter = "<input type=\"search\" class=\"filter\" aria-label=\"Show only cases with these words\" placeholder=\"filter\"/>";
    let only = "<label><input type=\"checkbox\" class=\"only-ill\"/> only what is not as expected</label>";
    let mut failed = 0;
    let rows: Vec<Markup> = (shown.iter())
        .map(|(at, outcome)| {
            failed += usize::from(is_ill(outcome));
            row(*at, outcome, failed <= FAILED)
        })
        .collect();
    html! {
        section class="listing" {
            h2 { (count(outcomes.len(), "case")) }
            @if shown.len() < outcomes.len() { p class="note" { (outcomes.len() - shown.len()) " are left out, of those that came as expected first." } }
            div class="filtering" { (PreEscaped(filter)) " " (PreEscaped(only)) " " span class="matching" {} }
            div class="wide" {
                table {
                    thead { tr { th scope="col" { "Result" } th scope="col" { "Case" } th scope="col" { "Verdict" } th scope="col" { "Worst" } th scope="col" class="number" { "Lasted" } } }
                    tbody { @for row in rows { (row) } }
                }
            }
        }
    }
}

/// `told`: whether it is told above, where it is not as expected.
fn row(at: usize, outcome: &Outcome, told: bool) -> Markup {
    let ill = is_ill(outcome);
    html! {
        tr class=[ill.then_some("ill")] {
            td { (outcome.result.name()) }
            th scope="row" {
                @if ill && told { a href={ "#case-" (at + 1) } { (clean_line(&outcome.title())) } } @else { (clean_line(&outcome.title())) }
            }
            td { @if let Result::Skipped(reason) = &outcome.result { (cut(&clean_line(reason), LETTERS)) } @else { (outcome.verdict) } }
            td class=(outcome.worst) { (outcome.worst) }
            td class="number" { (outcome.lasted) }
        }
    }
}

/// So many warnings.
const WARNINGS: usize = 500;

fn warned(outcomes: &[Outcome]) -> Markup {
    let all = || outcomes.iter().flat_map(|outcome| outcome.warnings.iter().map(move |warning| (outcome, warning)));
    html! {
        @if all().next().is_some() {
            section {
                h2 { (count(all().count(), "warning")) }
                @if all().count() > WARNINGS { p class="note" { "The first " (WARNINGS) "." } }
                div class="wide" {
                    table {
                        thead { tr { th scope="col" { "Where" } th scope="col" { "Case" } th scope="col" { "Warning" } } }
                        tbody {
                            @for (outcome, warning) in all().take(WARNINGS) {
                                tr {
                                    th scope="row" { (clean_line(&outcome.file)) ":" (warning.line) }
                                    td { (clean_line(&outcome.case())) }
                                    td { (warning.code) ": " (cut(&clean_line(&warning.text), LETTERS)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
