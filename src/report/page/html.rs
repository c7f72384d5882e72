//! The page's text: what was run and how it came out, the cases, and of each its picture, the pool, what was found, what was
//! done, and what happened.

use super::film::{Film, Value};
use super::picture::{self, Picture, cause_words, place};
use super::sheet::whole;
use super::{PICTURES, Shot, data, decoded};
use crate::base::inert::{clean, clean_line};
use crate::base::time::Time;
use crate::report::text::layout::{count, cut};
use crate::report::text::{case_name, verdict_of_all, worst_case};
use crate::report::{Realm, Report, Verdict};
use maud::{Markup, PreEscaped, html};

/// So many findings and steps are told; of more, it says how many.
const FINDINGS: usize = 200;
const STEPS: usize = 300;
/// So many letters of what a step printed.
const PRINTED: usize = 1_500;

/// The page. `aside` is a text that stands before the cases, with its heading.
pub fn page(reports: &[Report], shots: &[Shot], aside: Option<(&str, &str)>) -> Markup {
    let Some(told) = worst_case(reports) else { return whole("poolsim", &html! { p { "No case was run." } }) };
    let first = &reports[told];
    let title = clean_line(&first.title);
    let body = html! {
        header {
            h1 { (title) }
            p class="recipe" {
                (clean_line(&first.scenario)) ", release " (first.release) ", seed " (first.seed) ": "
                strong class="verdict" { (verdict_of_all(reports).name()) }
                ", worst " (first.worst.map_or("none", |worst| worst.name())) "."
            }
            p class="hidden-if-idle" id="keys" {
                "Keys: ← → one instant, Home End, "
                kbd { "p" } " presenter's view, " kbd { "t" } " show the truth there, " kbd { "/" } " filter."
            }
        }
        main {
            @if let Some((heading, text)) = aside { section class="aside" { h2 { (heading) } pre { (clean(text.trim_end())) } } }
            @if reports.len() > 1 { (matrix(reports, shots)) }
            @for (number, shot) in shots.iter().enumerate() {
                @if let Some(report) = reports.get(shot.case) { (case(report, &shot.film, number, reports.len() > 1, shot.case == told)) }
            }
        }
        footer { p { "poolsim " (env!("CARGO_PKG_VERSION")) ", scenario " code { (first.sha256.get(..12).unwrap_or_default()) } "." } }
    };
    whole(&format!("{title}: poolsim"), &body)
}

fn matrix(reports: &[Report], shots: &[Shot]) -> Markup {
    html! {
        section class="cases" {
            h2 { "The cases" }
            @if reports.len() > shots.len() { p class="note" { "The worst " (PICTURES) " of " (reports.len()) " have a picture." } }
            div class="wide" {
                @if let Some((worlds, recoveries)) = sides(reports) { (cells(reports, shots, &worlds, &recoveries)) } @else { table {
                    thead { tr { th scope="col" { "Case" } th scope="col" { "Verdict" } th scope="col" { "Worst" } th scope="col" { "Begins with" } } }
                    tbody {
                        @for (at, report) in reports.iter().enumerate() {
                            tr {
                                th scope="row" {
                                    @match shots.iter().position(|shot| shot.case == at) {
                                        Some(number) => { a href={ "#case=" (number + 1) } data-case=(number) { (name(report)) } }
                                        None => { (name(report)) }
                                    }
                                }
                                td { (report.verdict.name()) }
                                td class=(report.worst.map_or("none", |worst| worst.name())) { (report.worst.map_or("none", |worst| worst.name())) }
                                td { @if let Some(wrong) = &report.first_wrong { (wrong.at) ": " (clean_line(&wrong.what)) } }
                            }
                        }
                    }
                } }
            }
        }
    }
}

/// The worlds and the recoveries, where the cases are each world with each recovery and nothing else tells them apart.
fn sides(reports: &[Report]) -> Option<(Vec<&str>, Vec<&str>)> {
    let (mut worlds, mut recoveries): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for report in reports {
        let (world, recovery) = (report.world.as_deref()?, report.recovery.as_deref()?);
        if !worlds.contains(&world) {
            worlds.push(world);
        }
        if !recoveries.contains(&recovery) {
            recoveries.push(recovery);
        }
    }
    let whole = worlds.len() * recoveries.len() == reports.len() && reports.iter().all(|report| report.set == reports[0].set);
    (whole && worlds.len() > 1 && (2..=8).contains(&recoveries.len())).then_some((worlds, recoveries))
}

/// What may be so down the side, what is done about it across the top: each cell opens its case.
fn cells(reports: &[Report], shots: &[Shot], worlds: &[&str], recoveries: &[&str]) -> Markup {
    let of = |world: &str, recovery: &str| {
        reports.iter().position(|report| report.world.as_deref() == Some(world) && report.recovery.as_deref() == Some(recovery))
    };
    html! {
        table class="matrix" {
            thead { tr { th scope="col" { "If it is" } @for recovery in recoveries { th scope="col" { (clean_line(recovery)) } } } }
            tbody {
                @for world in worlds {
                    tr {
                        th scope="row" { (clean_line(world)) }
                        @for recovery in recoveries { td { @if let Some(at) = of(world, recovery) { (cell(reports, shots, at)) } } }
                    }
                }
            }
        }
    }
}

fn cell(reports: &[Report], shots: &[Shot], at: usize) -> Markup {
    let report = &reports[at];
    let worst = report.worst.map_or("no hazard", |worst| worst.name());
    html! {
        @match shots.iter().position(|shot| shot.case == at) {
            Some(number) => { a href={ "#case=" (number + 1) } data-case=(number) class=(worst) { (worst) } }
            None => { span class=(worst) { (worst) } }
        }
        @if report.verdict != Verdict::NoExpectation { " " span class="note" { "(" (report.verdict.name()) ")" } }
        @if let Some(wrong) = &report.first_wrong { div class="note" { (wrong.at) ": " (cut(&clean_line(&wrong.what), 120)) } }
    }
}

fn name(report: &Report) -> String {
    clean_line(&case_name(report))
}

fn case(report: &Report, film: &Film, number: usize, several: bool, told: bool) -> Markup {
    let picture = picture::draw(report, film, number, false, None);
    let gravest = report.hazards.iter().max_by_key(|finding| (finding.severity, std::cmp::Reverse(finding.since)));
    let end = film.frames.len().saturating_sub(1);
    let start = gravest.map_or(end, |finding| film.frames.partition_point(|frame| frame.at <= finding.since).saturating_sub(1));
    let class = if told { "case told" } else { "case" };
    html! {
        section class=(class) data-number=(number) aria-label=(format!("Case {}", number + 1)) {
            @if several { h2 class="truth" id={ "case-" (number + 1) } { (name(report)) } } @else { h2 class="unseen" { "What happened" } }
            @if let Some(wrong) = &report.first_wrong {
                p class="wrong" { strong { @if wrong.deed { "What did the harm: " } @else { "It began with: " } } (wrong.at) ", " (clean_line(&wrong.what)) ". " (clean_line(&wrong.mend)) }
            }
            @if let Some((finding, point)) = report.no_return() {
                p class="too-late" { strong { "Too late " } (point.words(finding.hazard)) "." }
            }
            (film_figure(film, &picture, number))
            div class="beside" {
                (pool(film, end))
                section class="now" aria-live="polite" {
                    h3 { "At this instant" }
                    ul class="here" {}
                    h3 { "Pointed at" }
                    p class="info" { "Point at a flag, a bar or a hatched gap, or go to it with Tab." }
                }
            }
            (findings(report, true))
            (steps(report, true))
            (events(film))
            p class="again" { "Again: " code { (clean_line(&report.replay)) } }
            script type="application/json" class="data" { (PreEscaped(data::of(film, &picture.x, start))) }
        }
    }
}

/// The story of a case on a page about something else: its picture without a slider, what was found, and what was done.
pub fn still(report: &Report, film: &Film, number: usize) -> Markup {
    html! {
        @if let Some(wrong) = &report.first_wrong {
            p class="wrong" { strong { @if wrong.deed { "What did the harm: " } @else { "It began with: " } } (wrong.at) ", " (clean_line(&wrong.what)) ". " (clean_line(&wrong.mend)) }
        }
        (figure(report, film, number, None))
        div class="beside" { (steps(report, false)) (findings(report, false)) }
    }
}

/// The picture of a case without a slider. `parting` is where it parts from the run that it stands beside.
pub fn figure(report: &Report, film: &Film, number: usize, parting: Option<Time>) -> Markup {
    let picture = picture::draw(report, film, number, false, parting);
    html! {
        figure class={ "still" @if picture.upright { " upright" } } {
            div class="scroll lanes" tabindex="0" role="region" aria-label={ "Picture " (number + 1) } { (picture.svg) (picture.names) }
            (caption(&picture))
        }
    }
}

fn film_figure(film: &Film, picture: &Picture, number: usize) -> Markup {
    // An input has no end in HTML, and must have one in XML.
    let slider = format!(
        "<input type=\"range\" class=\"slider\" min=\"0\" max=\"{}\" value=\"0\" aria-label=\"Instant\"/>",
        film.frames.len().saturating_sub(1)
    );
    html! {
        figure class=[picture.upright.then_some("upright")] {
            div class="scroll lanes" tabindex="0" role="region" aria-label={ "Picture " (number + 1) } { (picture.svg) (picture.names) }
            div class="controls" {
                button type="button" class="back" aria-label="One instant back" { "◀" }
                button type="button" class="on" aria-label="One instant on" { "▶" }
                (PreEscaped(slider))
                output {}
            }
            (caption(picture))
        }
    }
}

/// What is above and what below, and what is left out.
fn caption(picture: &Picture) -> Markup {
    html! {
        figcaption {
            "Above what the database has, below what is so; hatched where they part. Gaps of time are drawn shorter than they are."
            @for note in &picture.notes { " " span class="note" { (note) "." } }
        }
    }
}

fn pool(film: &Film, end: usize) -> Markup {
    let now = decoded(film, end);
    let head = film.frames.get(end).and_then(|frame| film.heads.get(frame.head));
    let at = film.frames.get(end).map(|frame| frame.at).unwrap_or_default();
    let kinds = ["host", "VM", "disk"].map(|kind| (kind, film.rows.iter().enumerate().filter(move |(_, row)| row.kind == kind)));
    let only = "<label class=\"only\"><input type=\"checkbox\" class=\"differing\"/> only where they differ</label>";
    html! {
        section class="pool" {
            h3 { "The pool at " span class="when" { (at) } }
            p class="masters" { @if let Some(head) = head { (head.masters) } }
            @if film.rows.len() > 12 { (PreEscaped(only)) }
            div class="wide" {
                table {
                    thead { tr {
                        td {}
                        th scope="col" class="truth" { "In truth" }
                        th scope="col" { "In the database of " span class="ruler" { @if let Some(head) = head { (head.ruler) } } }
                    } }
                    @for (kind, rows) in kinds {
                        tbody {
                            @for (at, row) in rows { (pool_row(kind, at, &row.name, now.get(at).copied().flatten())) }
                        }
                    }
                }
            }
        }
    }
}

fn pool_row(kind: &str, at: usize, name: &str, value: Option<&Value>) -> Markup {
    let class = match value {
        Some(Value { alarm: true, .. }) => "alarm differs",
        Some(Value { differs: true, .. }) => "differs",
        _ => "agrees",
    };
    html! {
        tr data-row=(at) class=(class) {
            th scope="row" { span class="kind" { (kind) " " } (name) }
            td class="truth" { @if let Some(value) = value { (value.truth) } }
            td {
                @if let Some(value) = value {
                    (value.belief)
                    @for (whose, belief, _) in &value.others { "; " (whose) ": " (belief) }
                }
            }
        }
    }
}

/// `linked`: whether an instant can be gone to.
fn findings(report: &Report, linked: bool) -> Markup {
    html! {
        section class="findings truth" {
            h3 { (count(report.hazards.len(), "finding")) }
            @if report.hazards.len() > FINDINGS { p class="note" { "The first " (FINDINGS) " are told." } }
            @if report.because_cut_short { p class="note" { "Not of every finding the causes were looked for." } }
            @for finding in report.hazards.iter().take(FINDINGS) {
                article class=(finding.severity.name()) {
                    h4 {
                        span class="badge" { (finding.severity.name()) } " " (finding.hazard) ": " (place(finding)) ", "
                        (instant(finding.since, linked))
                        " " @if let Some(until) = finding.until { "to " (until) } @else { "to the end" }
                    }
                    p { (clean_line(&finding.sentence)) }
                    @if !finding.because.is_empty() {
                        p { "Because:" }
                        ul { @for cause in &finding.because { li { (cause_words(cause)) } } }
                    }
                    @if let Some(point) = &finding.no_return { p { "Too late " (point.words(finding.hazard)) "." } }
                    @if !finding.advice.is_empty() { p { strong { "Mend: " } (clean_line(&finding.advice)) } }
                }
            }
        }
    }
}

fn steps(report: &Report, linked: bool) -> Markup {
    html! {
        section class="steps" {
            h3 { "What broke, and what was done" }
            @if report.steps.len() > STEPS { p class="note" { "The first " (STEPS) " of " (report.steps.len()) " steps are told." } }
            ol {
                @for step in report.steps.iter().take(STEPS) {
                    li class={ (step.kind) " " (step.status.name()) } {
                        @match step.at {
                            Some(at) => { (instant(at, linked)) }
                            None => { "never" }
                        }
                        " " @if let Some(host) = &step.host { (clean_line(host)) ": " }
                        code { (cut(&clean_line(step.ran.as_deref().unwrap_or(&step.text)), 400)) }
                        " " span class="status" { (step.status.name()) @if let Some(code) = &step.code { " " (clean_line(code)) } }
                        " " span class="note" { "(" (clean_line(&step.from)) ", line " (step.line) ")" }
                        @if !step.output.trim().is_empty() { pre { (printed(&step.output)) } }
                    }
                }
            }
        }
    }
}

fn instant(at: Time, linked: bool) -> Markup {
    html! { @if linked { a href={ "#t=" (at) } class="at" data-us=(at.0) { (at) } } @else { (at) } }
}

fn printed(output: &str) -> String {
    let text = clean(output.trim_end());
    let mut short: String = text.chars().take(PRINTED).collect();
    if short.len() < text.len() {
        short.push_str(" …");
    }
    short
}

fn events(film: &Film) -> Markup {
    let filter = "<input type=\"search\" class=\"filter\" aria-label=\"Show only events with these words\" placeholder=\"filter\"/>";
    let mut frame = 0;
    let rows = film.lines.iter().map(|line| {
        while film.frames.get(frame + 1).is_some_and(|next| next.at <= line.at) {
            frame += 1;
        }
        let (half, class) = match line.realm {
            Realm::Step => ("step", "step"),
            Realm::Truth => ("so", "so truth"),
            Realm::Belief => ("held", "held"),
            Realm::Hazard => ("found", "found truth"),
        };
        let why = match (line.cause_line, line.cause_due) {
            (Some(line), _) => format!("line {line}"),
            (None, Some(due)) => due.to_string(),
            (None, None) => String::new(),
        };
        html! {
            tr class=(class) data-f=(frame) {
                td { (line.at) } td { (half) } td { (clean_line(&line.actor)) } td { (cut(&clean_line(&line.what), 400)) } td { (why) }
            }
        }
    });
    let rows: Vec<Markup> = rows.collect();
    html! {
        section class="events" {
            h3 { (count(film.lines.len(), "event")) }
            @if film.left_out > 0 { p class="note" { (count(film.left_out, "event")) " more are left out, those that weigh least; at an instant that is left out the pool is shown as at the last one before it that is not." } }
            div class="filtering" { (PreEscaped(filter)) " " span class="matching" {} }
            div class="wide tall" tabindex="0" role="region" aria-label="Events" {
                table {
                    thead { tr { th scope="col" { "When" } th scope="col" { "Half" } th scope="col" { "Who" } th scope="col" { "What" } th scope="col" { "Why" } } }
                    tbody { @for row in rows { (row) } }
                }
            }
        }
    }
}
