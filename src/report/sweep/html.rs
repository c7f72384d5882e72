//! A sweep as a page: how often each hazard comes, with its interval as a bar, when it begins, and the commands that show it; the
//! heat map where settings are varied; both sides where two are compared.

use super::text::{percent, rounded};
use super::{CaseSwept, HazardSwept, Swept, WORST, in_order, svg};
use crate::base::inert::clean_line;
use crate::base::interval::{self, Interval};
use crate::report::page::whole;
use crate::report::text::layout::count;
use maud::{Markup, PreEscaped, html};

/// So many cases are told in full, and so many are rows.
const CASES: usize = 200;
const ROWS: usize = 4_000;
/// So many VMs of a case, those that were down longest.
const VMS: usize = 60;
/// As many cases are unfolded.
const UNFOLDED: usize = 4;

/// The page.
pub fn render(swept: &Swept) -> String {
    let head = &swept.head;
    let cut_short: u64 = swept.cases.iter().map(|case| case.cut_short).sum();
    let title = if head.title.is_empty() { clean_line(&head.scenario) } else { clean_line(&head.title) };
    let body = html! {
        header {
            h1 { (title) }
            p class="recipe" {
                (clean_line(&head.scenario)) ", poolsim " (head.poolsim) ", release " (head.release) ", seeds " (head.seeds.0) ".." (head.seeds.1) ": "
                (runs(swept.cases.iter().map(|case| case.runs).sum())) "."
            }
            @if cut_short > 0 {
                p class="wrong" { (runs(cut_short)) " ended by --max-events or --max-work before their time: what came later in them is not known." }
            }
        }
        main {
            @if !swept.compared.is_empty() { (compared(swept)) } @else {
                @if !head.axes.is_empty() {
                    figure {
                        div class="scroll" tabindex="0" role="region" aria-label="Heat map" { (PreEscaped(svg::render(swept))) }
                        figcaption { "The share of runs in percent, and its 95 % interval; the darker, the more often." }
                    }
                }
                (overview(swept))
                @for (at, case) in swept.cases.iter().enumerate().take(CASES) { (told(at, case, swept.cases.len())) }
                @if swept.cases.len() > CASES { p class="note" { "The first " (CASES) " of " (swept.cases.len()) " cases are told in full." } }
            }
        }
        footer { p { "Scenario " code { (head.sha256.get(..12).unwrap_or_default()) } ". A share is of runs with seeds that are drawn; its bar is its 95 % interval (Wilson)." } }
    };
    whole(&format!("{title}: sweep"), &body).into_string()
}

fn runs(n: u64) -> String {
    count(usize::try_from(n).unwrap_or(usize::MAX), "run")
}

fn name(case: &CaseSwept) -> String {
    let name = clean_line(&case.case.name());
    if name.is_empty() { "all runs".into() } else { name }
}

fn overview(swept: &Swept) -> Markup {
    html! {
        section {
            h2 { "How the runs ended" }
            @if swept.cases.len() > ROWS { p class="note" { "The first " (ROWS) " of " (swept.cases.len()) " cases." } }
            div class="wide" {
                table {
                    thead { tr {
                        th scope="col" { "Case" } th scope="col" class="number" { "Runs" }
                        @for worst in WORST { th scope="col" class="number" { (worst) } }
                        th scope="col" class="number" { "As expected" }
                    } }
                    tbody {
                        @for (at, case) in swept.cases.iter().enumerate().take(ROWS) {
                            tr {
                                th scope="row" { @if at < CASES { a href={ "#case-" (at + 1) } { (name(case)) } } @else { (name(case)) } }
                                td class="number" { (case.runs) }
                                @for (worst, n) in WORST.iter().zip(case.worst) { td class={ "number " @if n > 0 { (worst) } } { @if n == 0 { "-" } @else { (n) } } }
                                td class="number" { @if case.case.judged { (case.expected) } @else { "-" } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn told(at: usize, case: &CaseSwept, cases: usize) -> Markup {
    html! {
        details open=[(cases <= UNFOLDED).then_some("")] {
            summary id={ "case-" (at + 1) } {
                strong { (name(case)) }
                @if let Some(worst) = case.hazards.first() { ": " span class=(worst.severity.name()) { (worst.hazard) } " in " (percent(worst.share.estimate)) " %" } @else { ": no hazard in any run" }
            }
            @if case.runs < case.wanted {
                p class="note" {
                    (case.runs) " of " (runs(case.wanted)) ": "
                    @if case.precise == Some(true) { "every interval is as narrow as was asked." } @else { "it was ended before the others." }
                }
            }
            @if case.precise == Some(false) { p class="wrong" { "Not every interval is as narrow as was asked: more seeds make them narrower." } }
            @if !case.hazards.is_empty() { (hazards(case)) }
            (downtime(case))
        }
    }
}

fn hazards(case: &CaseSwept) -> Markup {
    html! {
        div class="wide" {
            table {
                thead { tr {
                    th scope="col" { "Hazard" } th scope="col" class="number" { "Share" } th scope="col" { "95 % interval" }
                    th scope="col" { "Begins: p10, p50, p90" } th scope="col" { "To see it" }
                } }
                tbody { @for found in &case.hazards { (hazard(case, found)) } }
            }
        }
    }
}

fn hazard(case: &CaseSwept, found: &HazardSwept) -> Markup {
    let since: Vec<String> = found.since.iter().map(|us| rounded(*us).to_string()).collect();
    html! {
        tr {
            th scope="row" { (found.hazard) " " span class={ "note " (found.severity.name()) } { (found.severity.name()) } }
            td class="number" { (percent(found.share.estimate)) " %" }
            td { (bar(found.share, found.severity.name())) " " span class="note" { (percent(found.share.lower)) " .. " (percent(found.share.upper)) " %" } }
            td { (since.join(", ")) }
            td {
                @for seed in &found.first_seeds { div { code { (clean_line(&case.case.replay)) " " (seed) } } }
                @if found.runs > found.first_seeds.len() as u64 { div class="note" { (runs(found.runs)) " show it." } }
            }
        }
    }
}

/// The width of a bar; in millionths it goes from 0 to all.
const BAR: u64 = 160;

/// An interval on a line from 0 to 100 %, with the estimate.
fn bar(of: Interval, class: &str) -> Markup {
    let x = |millionths: i32| u64::from(millionths.clamp(0, 1_000_000).unsigned_abs()) * BAR / 1_000_000 + 4;
    let (from, to, middle) = (x(of.lower), x(of.upper), x(of.estimate));
    let words = format!("{} %, between {} and {} %", percent(of.estimate), percent(of.lower), percent(of.upper));
    html! {
        svg class={ "interval " (class) } viewBox={ "0 0 " (BAR + 8) " 14" } width=(BAR + 8) height="14" role="img" aria-label=(words) {
            title { (words) }
            line class="axis" x1="4" x2=(BAR + 4) y1="7" y2="7" {}
            rect class="bar" x=(from) y="3" width=((to - from).max(1)) height="8" {}
            circle class="dot" cx=(middle) cy="7" r="3" {}
        }
    }
}

fn downtime(case: &CaseSwept) -> Markup {
    let mut down: Vec<&(String, [u64; 3])> = case.downtime.iter().filter(|(_, [.., most])| *most > 0).collect();
    down.sort_by_key(|(_, [.., most])| std::cmp::Reverse(*most));
    html! {
        @if !down.is_empty() {
            h3 { "How long VMs were down" }
            div class="wide" {
                table {
                    thead { tr { th scope="col" { "VM" } @for of in ["p50", "p90", "longest"] { th scope="col" class="number" { (of) } } } }
                    tbody {
                        @for (vm, figures) in down.iter().take(VMS) {
                            tr { th scope="row" { (clean_line(vm)) } @for us in figures { td class="number" { (rounded(*us)) } } }
                        }
                    }
                }
            }
            @if down.len() > VMS { p class="note" { "The " (VMS) " that were down longest, of " (down.len()) "." } }
        }
    }
}

fn compared(swept: &Swept) -> Markup {
    let (left, right) = swept.head.compare.as_ref().map(|(left, right)| (clean_line(left), clean_line(right))).unwrap_or_default();
    let (lefts, rights) = swept.cases.split_at(swept.cases.len() / 2);
    html! {
        p { "Left: " strong { (left) } ". Right: " strong { (right) } ". Each pair of runs has one seed on both sides." }
        @for (at, came) in swept.compared.iter().enumerate().take(CASES) {
            section {
                h2 { @if lefts.len() > 1 { (name(&lefts[at])) " beside " (name(&rights[at])) ": " } (count(usize::try_from(came.pairs).unwrap_or(usize::MAX), "pair")) " of runs" }
                @if came.hazards.is_empty() { p { "No hazard on either side." } } @else {
                    div class="wide" {
                        table {
                            thead { tr {
                                th scope="col" { "Hazard" }
                                @for of in ["Left %", "Right %", "Only left", "Only right", "Right - left, 95 %"] { th scope="col" class="number" { (of) } }
                                th scope="col" { "To see it" }
                            } }
                            tbody {
                                @for (hazard, paired) in in_order(came) {
                                    @let share = |only: u64| percent(interval::share(only + paired.both, came.pairs).estimate);
                                    @let of = paired.difference();
                                    @let doc = hazard.doc();
                                    tr {
                                        th scope="row" { (doc.name) " " span class={ "note " (doc.severity.name()) } { (doc.severity.name()) } }
                                        td class="number" { (share(paired.left_only)) } td class="number" { (share(paired.right_only)) }
                                        td class="number" { (paired.left_only) } td class="number" { (paired.right_only) }
                                        td class="number" { (percent(of.lower)) " .. " (percent(of.upper)) }
                                        td { (first(&lefts[at], doc.name)) (first(&rights[at], doc.name)) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if swept.compared.len() > CASES { p class="note" { "The first " (CASES) " of " (swept.compared.len()) " pairs of cases." } }
    }
}

/// The command that shows a hazard on a side, where it came there.
fn first(case: &CaseSwept, hazard: &str) -> Markup {
    let seed = case.hazards.iter().find(|found| found.hazard == hazard).and_then(|found| found.first_seeds.first());
    html! { @if let Some(seed) = seed { div { code { (clean_line(&case.case.replay)) " " (seed) } } } }
}
