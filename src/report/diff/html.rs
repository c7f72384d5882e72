//! Two runs side by side as a page: what each came to, where they part, both pictures with that instant marked, and the events of
//! both in rows.

use super::{Beside, Difference, Line, Parting, Side, Summary, beside};
use crate::base::inert::clean_line;
use crate::base::time::Time;
use crate::report::Report;
use crate::report::page::{Film, figure, whole};
use crate::report::text::case_name;
use crate::report::text::layout::{count, cut};
use maud::{Markup, html};

/// So many pairs that differ have pictures and rows; of more it is told what came of them.
pub const PICTURED: usize = 6;
/// So many pairs stand on a page.
const PAIRS: usize = 500;
/// So many letters of an event, and so many rows of findings and of what is not alike at the end.
const LETTERS: usize = 300;
const ROWS: usize = 200;

/// Two runs with what is not alike in them, and their films where they are drawn.
#[derive(Clone, Debug)]
pub struct Pair<'a> {
    /// The left run.
    pub left: &'a Report,
    /// The right run.
    pub right: &'a Report,
    /// What is not alike.
    pub difference: &'a Difference,
    /// Both as films.
    pub films: Option<(Film, Film)>,
}

/// The page of all pairs.
pub fn render(pairs: &[Pair<'_>]) -> String {
    let apart = pairs.iter().filter(|pair| !pair.difference.agree()).count();
    let sentence = match (pairs.len(), apart) {
        (1, 0) => "The two runs agree in every event".to_owned(),
        (1, _) => "The two runs part".to_owned(),
        (all, 0) => format!("All {all} pairs of runs agree in every event"),
        (all, n) => format!("{n} of {} part", count(all, "pair")),
    };
    let title = pairs.first().map_or_else(String::new, |pair| clean_line(&pair.left.title));
    let body = html! {
        header { h1 { (title) } p class="recipe" { strong { (sentence) } "." } }
        main {
            @if pairs.len() > 1 { (list(pairs)) }
            @for (at, pair) in pairs.iter().enumerate().filter(|(_, pair)| pairs.len() == 1 || pair.films.is_some()) { (one(at, pair, pairs.len() > 1)) }
        }
        footer { p { "poolsim " (env!("CARGO_PKG_VERSION")) } }
    };
    whole(&format!("{title}: two runs"), &body).into_string()
}

/// What a pair is called: the case, and what is not the same on both sides.
fn name(pair: &Pair<'_>) -> String {
    let side = |report: &Report| {
        let case = case_name(report);
        let case = if case.is_empty() { clean_line(&report.scenario) } else { case };
        let release = if pair.left.release == pair.right.release { String::new() } else { format!(", {}", report.release) };
        let seed = if pair.left.seed == pair.right.seed { String::new() } else { format!(", seed {}", report.seed) };
        format!("{case}{release}{seed}")
    };
    let (left, right) = (side(pair.left), side(pair.right));
    if left == right { left } else { format!("{left} beside {right}") }
}

/// Where a pair parts, in words.
fn parts(difference: &Difference) -> String {
    match (&difference.parting, difference.agree()) {
        (None, true) => "They agree in every event".into(),
        (None, false) => "They agree in every event that was kept; their digests differ in what came later".into(),
        (Some(parting), _) => {
            let at = |line: &Option<Line>| line.as_ref().map_or_else(|| "nothing more".to_owned(), |line| line.at.to_string());
            format!("They part after {}: {} beside {}", count(parting.after, "event"), at(&parting.left), at(&parting.right))
        }
    }
}

fn list(pairs: &[Pair<'_>]) -> Markup {
    html! {
        section {
            h2 { (count(pairs.len(), "pair")) }
            @if pairs.len() > PAIRS { p class="note" { "The first " (PAIRS) " are listed." } }
            @if pairs.iter().filter(|pair| !pair.difference.agree()).count() > PICTURED {
                p class="note" { "The first " (PICTURED) " that part are shown in full: choose one by `--world`, `--recovery`, `--left` and `--right`." }
            }
            div class="wide" {
                table {
                    thead { tr { th scope="col" { "Runs" } th scope="col" { "Left" } th scope="col" { "Right" } th scope="col" { "Where they part" } } }
                    tbody {
                        @for (at, pair) in pairs.iter().enumerate().take(PAIRS) {
                            tr {
                                th scope="row" { @if pair.films.is_some() { a href={ "#pair-" (at + 1) } { (name(pair)) } } @else { (name(pair)) } }
                                td class=(pair.difference.left.worst) { (pair.difference.left.worst) }
                                td class=(pair.difference.right.worst) { (pair.difference.right.worst) }
                                td { (parts(pair.difference)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn one(at: usize, pair: &Pair<'_>, several: bool) -> Markup {
    let difference = pair.difference;
    let number = at + 1;
    html! {
        section id={ "pair-" (number) } {
            @if several { h2 { (name(pair)) } } @else { h2 class="unseen" { "How the two part" } }
            p class="wrong" {
                @if difference.parting.is_some() { a href={ "#parting-" (number) } { (parts(difference)) } "." } @else { (parts(difference)) "." }
            }
            div class="wide" {
                table class="sides" {
                    thead { tr { th scope="col" { "Left" } th scope="col" { "Right" } } }
                    tbody { tr { td { (summary(&difference.left)) } td { (summary(&difference.right)) } } }
                }
            }
            @if let Some(parting) = &difference.parting { (first(parting)) }
            @if let Some((left, right)) = &pair.films {
                @let at = |line: &Option<Line>| line.as_ref().map(|line| line.at);
                @let parting = difference.parting.as_ref();
                @let (a, b): (Option<Time>, Option<Time>) = (parting.and_then(|p| at(&p.left)), parting.and_then(|p| at(&p.right)));
                h3 { (headed("Left", pair.left)) } (figure(pair.left, left, 2 * number, a.or(b)))
                h3 { (headed("Right", pair.right)) } (figure(pair.right, right, 2 * number + 1, b.or(a)))
            }
            (findings(difference))
            @if difference.parting.is_some() { (rows(&beside(pair.left, pair.right), difference, number)) }
            (ends(difference))
        }
    }
}

fn headed(side: &str, report: &Report) -> String {
    let case = case_name(report);
    if case.is_empty() { side.to_owned() } else { format!("{side}: {case}") }
}

fn summary(of: &Summary) -> Markup {
    html! {
        p { code { (clean_line(&of.replay)) } }
        p { (of.verdict) ", worst " span class=(of.worst) { (of.worst) } ", " (of.events) " events" }
        p class="note" { "digest " (of.digest) }
    }
}

fn findings(difference: &Difference) -> Markup {
    let of = |side: Side| difference.findings.iter().filter(move |(own, _)| *own == side).map(|(_, sentence)| sentence);
    let side = |side: Side| {
        html! {
            @if of(side).next().is_none() { "none" } @else {
                ul { @for sentence in of(side).take(ROWS) { li { (clean_line(sentence)) } } }
                @if of(side).count() > ROWS { p class="note" { "And " (of(side).count() - ROWS) " more." } }
            }
        }
    };
    html! {
        h3 { "What was found in one of them alone" }
        div class="wide" {
            table class="sides" {
                thead { tr { th scope="col" { "Left" } th scope="col" { "Right" } } }
                tbody { tr { td { (side(Side::Left)) } td { (side(Side::Right)) } } }
            }
        }
    }
}

/// An event on one side, or that there is none.
fn cell(line: Option<&Line>) -> Markup {
    html! {
        @match line {
            Some(line) => {
                td { span class="when" { (line.at) } " " strong { (clean_line(&line.actor)) } " " (cut(&clean_line(&line.what), LETTERS)) }
            }
            None => { td class="lacks" {} }
        }
    }
}

/// What both have last, and what each has next.
fn first(parting: &Parting) -> Markup {
    html! {
        h3 { "The first difference" }
        div class="wide" {
            table class="sides" {
                thead { tr { th scope="col" { "Left" } th scope="col" { "Right" } } }
                tbody {
                    @for line in &parting.before { tr { (cell(Some(line))) (cell(Some(line))) } }
                    tr class="parting" {
                        @for line in [&parting.left, &parting.right] {
                            @if line.is_some() { (cell(line.as_ref())) } @else { td class="lacks" { "Nothing more happens." } }
                        }
                    }
                }
            }
        }
    }
}

fn rows(beside: &Beside, difference: &Difference, number: usize) -> Markup {
    html! {
        h3 { "What happened" }
        @if beside.before > 0 { p class="note" { (count(beside.before, "event")) " before these are the same in both." } }
        p class="note" { "Framed is the first difference. Shaded is what one of them lacks. Of what is alike in both, and of what weighs little, nothing stands here but what belongs into the story." }
        div class="wide" {
            table class="sides" {
                thead { tr { th scope="col" { "Left" } th scope="col" { "Right" } } }
                tbody {
                    @for (at, (left, right)) in beside.rows.iter().enumerate() {
                        @let apart = left.is_none() || right.is_none();
                        @if at == beside.same {
                            tr class={ "parting" @if apart { " apart" } } id={ "parting-" (number) } { (cell(left.as_ref())) (cell(right.as_ref())) }
                        } @else {
                            tr class=[apart.then_some("apart")] { (cell(left.as_ref())) (cell(right.as_ref())) }
                        }
                    }
                }
            }
        }
        @if beside.behind > 0 { p class="note" { (count(beside.behind, "row")) " more are left out." } }
        @if difference.shifted > 0 {
            p class="note" { (count(difference.shifted, "event")) " both have, at instants up to " (difference.shifted_most) " apart." }
        }
        @if difference.cut { p class="note" { "Only the first " (super::COMPARED) " events behind the first difference were compared." } }
    }
}

fn ends(difference: &Difference) -> Markup {
    let value = |text: &str| if text.is_empty() { "no such object".to_owned() } else { cut(&clean_line(text), LETTERS) };
    html! {
        h3 { "At the end" }
        @if difference.ends.is_empty() { p { "Hosts, VMs and disks are alike." } } @else {
            div class="wide" {
                table {
                    thead { tr { th scope="col" { "What" } th scope="col" { "Left" } th scope="col" { "Right" } } }
                    tbody {
                        @for (place, left, right) in difference.ends.iter().take(ROWS) {
                            tr { th scope="row" { (clean_line(place)) } td { (value(left)) } td { (value(right)) } }
                        }
                    }
                }
            }
            @if difference.ends.len() > ROWS { p class="note" { "And " (difference.ends.len() - ROWS) " more." } }
        }
    }
}
