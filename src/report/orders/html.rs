//! The orders of a recovery as a page: the partial order as a picture, the rules, each with the order that breaks it told in full
//! one click away, and how many orders are of which class.

use super::{AskedLine, Judged, OrdersReport, RuleLine, svg};
use crate::base::inert::clean_line;
use crate::report::Report;
use crate::report::page::{Film, still, whole};
use crate::report::text::layout::{count, cut};
use crate::search::orders::Class;
use maud::{Markup, PreEscaped, html};

/// So many orders of `--all` stand on a page.
const ORDERS: usize = 5_000;
/// So many counterexamples are told in full; of more, only what comes of them.
pub const EXAMPLES: usize = 24;

/// The order that breaks a rule, as it went.
#[derive(Clone, Debug)]
pub struct Example {
    /// The place of the rule.
    pub rule: usize,
    /// What came of it.
    pub report: Report,
    /// As a film.
    pub film: Film,
}

/// The page.
pub fn render(report: &OrdersReport, examples: &[Example]) -> String {
    let title = clean_line(&report.sentence);
    let recovery = report.recovery.as_ref().map_or_else(String::new, |name| format!(", recovery {}", clean_line(name)));
    let body = html! {
        header {
            h1 { (title) }
            p class="recipe" {
                (clean_line(&report.scenario)) (recovery) ", release " (report.release) ", seed " (report.seed) ": "
                @if report.exact { "every order of " } @else { "some orders of " } (count(report.steps.len(), "step"))
                @if report.subsets { ", with every choice of them left out" }
                @if !report.worlds.is_empty() { ", each in the worlds " (clean_line(&report.worlds.join(", "))) }
                "; " (count(report.orders, "order")) ", " (count(report.runs, "run")) "."
            }
        }
        main {
            figure { div class="scroll" tabindex="0" role="region" aria-label="The partial order" { (PreEscaped(svg::render(report))) } }
            (steps(report))
            (rules(report, examples))
            @if let Some(order) = &report.shortest_safe {
                section { h2 { @if report.subsets { "The shortest safe order" } @else { "A safe order" } } p { (clean_line(&report.order(order))) } }
            }
            (classes(report))
            @for asked in &report.asked { (answered(asked)) }
            @if let Some(all) = &report.all { (every(report, all)) }
            @for note in report.how.iter().chain(&report.notes) { p class="note" { "Note: " (clean_line(note)) "." } }
        }
        footer { p { "poolsim " (env!("CARGO_PKG_VERSION")) } }
    };
    whole(&format!("{}: orders", clean_line(&report.scenario)), &body).into_string()
}

fn steps(report: &OrdersReport) -> Markup {
    html! {
        section {
            h2 { "The steps" }
            div class="wide" {
                table {
                    thead { tr { th scope="col" { "Step" } th scope="col" { "What it does" } } }
                    tbody { @for step in &report.steps { tr { th scope="row" { (clean_line(&step.name)) } td { code { (cut(&clean_line(&step.text), 400)) } } } } }
                }
            }
        }
    }
}

fn rules(report: &OrdersReport, examples: &[Example]) -> Markup {
    let said = match (report.rules.is_empty(), report.classes[0], report.rules_exact) {
        (_, 0, _) => "None, since no order is safe.".to_owned(),
        (true, _, true) => "None: every order is safe.".to_owned(),
        (true, ..) => "None: no step comes before another in all safe orders.".to_owned(),
        (false, _, true) if report.exact => "Every safe order keeps them, and every order that keeps them is safe.".to_owned(),
        (false, _, true) => "Every safe order that was run keeps them, and every one that keeps them is safe.".to_owned(),
        (false, _, false) => {
            format!("Every safe order keeps them, but {} that keep them are not safe.", count(report.exceptions_all, "order"))
        }
    };
    html! {
        section {
            h2 { "The rules" }
            p { (said) }
            @for (at, rule) in report.rules.iter().enumerate() { (told(report, rule, at, examples.iter().find(|example| example.rule == at))) }
            @if !report.exceptions.is_empty() {
                h3 { "Orders that keep all rules and are not safe" }
                ul { @for judged in &report.exceptions { li { (line(report, judged)) } } }
                @if report.exceptions_all > report.exceptions.len() { p class="note" { "And " (report.exceptions_all - report.exceptions.len()) " more." } }
            }
        }
    }
}

/// A rule with what becomes of who breaks it, folded.
fn told(report: &OrdersReport, rule: &RuleLine, at: usize, example: Option<&Example>) -> Markup {
    let words = clean_line(&report.rule(rule.kind));
    let Some(counter) = &rule.counterexample else { return html! { p { strong { (words) } } } };
    let judged = &counter.judged;
    html! {
        details {
            summary {
                strong { (words) } ", else " span class=(judged.class.name()) { (judged.class.name()) }
                @if let Some(hazard) = judged.hazard { ": " (hazard) }
                @if let Some(world) = &judged.world { " in world " (clean_line(world)) }
            }
            p { "By this order: " strong { (clean_line(&report.order(&judged.order))) } "." }
            p { (clean_line(&counter.what)) "." }
            @if !counter.refused.is_empty() {
                ul { @for (step, how) in &counter.refused { li { (clean_line(&report.steps[*step].name)) " " (clean_line(how)) } } }
            }
            @match example {
                Some(example) => { (still(&example.report, &example.film, at)) }
                None => { p class="note" { "Its story is left out for want of room: `--save DIR` writes it as a scenario." } }
            }
        }
    }
}

fn line(report: &OrdersReport, judged: &Judged) -> Markup {
    html! {
        span class=(judged.class.name()) { (judged.class.name()) } ": " (clean_line(&report.order(&judged.order)))
        @if let Some(hazard) = judged.hazard { " (" (hazard) @if let Some(world) = &judged.world { " in world " (clean_line(world)) } ")" }
    }
}

fn classes(report: &OrdersReport) -> Markup {
    let what = |class: Class| match class {
        Class::Safe => "nothing of danger begins, and the goal is reached, in every world",
        Class::Futile => "nothing of danger begins, but in some world the goal is missed",
        Class::Dangerous => "in some world one more ordinary step damages data",
        Class::Corrupting => "in some world data is damaged",
    };
    html! {
        section {
            h2 { "How the orders come out" }
            p class="note" { "Each by its worst run; what was there before the recovery began does not count." }
            div class="wide" {
                table {
                    thead { tr { th scope="col" { "Class" } th scope="col" class="number" { "Orders" } th scope="col" { "What it means" } } }
                    tbody {
                        @for (class, n) in Class::ALL.into_iter().zip(report.classes) {
                            tr { th scope="row" class=(class.name()) { (class.name()) } td class="number" { (n) } td { (what(class)) } }
                        }
                    }
                }
            }
        }
    }
}

fn answered(asked: &AskedLine) -> Markup {
    html! {
        section {
            h3 { (clean_line(&asked.ask)) }
            table {
                thead { tr { th scope="col" { "Class" } th scope="col" class="number" { "so" } th scope="col" class="number" { "else" } } }
                tbody {
                    @for (at, class) in Class::ALL.into_iter().enumerate() {
                        tr { th scope="row" class=(class.name()) { (class.name()) } td class="number" { (asked.asked.so[at]) } td class="number" { (asked.asked.else_[at]) } }
                    }
                }
            }
            @if asked.asked.without > 0 { p class="note" { (count(asked.asked.without, "order")) " without the step." } }
        }
    }
}

fn every(report: &OrdersReport, all: &[Judged]) -> Markup {
    html! {
        section {
            h2 { "All orders" }
            @if all.len() > ORDERS { p class="note" { "The first " (ORDERS) " of " (all.len()) "." } }
            div class="wide tall" tabindex="0" role="region" aria-label="All orders" {
                table {
                    thead { tr { th scope="col" { "Order" } th scope="col" { "Class" } th scope="col" { "World" } th scope="col" { "Hazard" } } }
                    tbody {
                        @for judged in all.iter().take(ORDERS) {
                            tr {
                                td { (clean_line(&report.order(&judged.order))) }
                                td class=(judged.class.name()) { (judged.class.name()) }
                                td { (judged.world.as_deref().map(clean_line).unwrap_or_default()) }
                                td { (judged.hazard.unwrap_or_default()) }
                            }
                        }
                    }
                }
            }
        }
    }
}
