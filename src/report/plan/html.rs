//! A plan as a page: a runbook to print and to tick off, with the reason for each step and what is done where a look shows
//! another thing.

use super::{Item, PlanReport, md};
use crate::base::inert::clean_line;
use crate::base::time::Span;
use crate::report::page::whole;
use maud::{Markup, html};

/// The page.
pub fn render(report: &PlanReport) -> String {
    let named: Vec<&str> = report.worlds.iter().map(String::as_str).filter(|world| !world.is_empty()).collect();
    let body = html! {
        header {
            h1 { (clean_line(&report.sentence())) }
            p class="recipe" { (clean_line(&report.scenario)) ", release " (report.release) ", seed " (report.seed) "." }
            @if !named.is_empty() { p { "Which of these worlds it is nobody knows: " (clean_line(&named.join(", "))) "." } }
            @if let Some((first, last)) = report.begins {
                p {
                    "It begins " @if first == last { "at " (first) } @else { "between " (first) " and " (last) }
                    ". Commands are typed on " (clean_line(&report.host)) ", where nothing else is said."
                }
            }
        }
        main {
            @if let Some(plan) = &report.plan {
                @if !plan.is_empty() { section { h2 { "What is done" } (items(plan)) } }
                (outcomes(report))
            }
            @for (world, against) in report.worlds.iter().zip(&report.against) {
                section {
                    h2 { @if world.is_empty() { "What stands against it" } @else { "World " (clean_line(world)) } }
                    @match &against.alone {
                        Some(alone) if alone.is_empty() => { p { "Nothing need be done here." } }
                        Some(alone) => { p { "If it were known to be this world, this would do:" } (items(alone)) }
                        None => {}
                    }
                    ul { @for what in &against.what { li { (clean_line(what)) } } }
                }
            }
            @for note in &report.notes { p class="note" { "Note: " (clean_line(note)) "." } }
        }
        footer { p { "poolsim " (env!("CARGO_PKG_VERSION")) } }
    };
    whole(&format!("{}: plan", clean_line(&report.scenario)), &body).into_string()
}

fn items(all: &[Item]) -> Markup {
    html! {
        ol {
            @for item in all {
                li {
                    (md::verb(item)) " " code { (clean_line(&item.text)) }
                    @if let Some(host) = &item.host { " on " (clean_line(host)) }
                    @if let Some(why) = &item.why { p class="note" { (clean_line(&why.text)) "." } }
                    @if !item.ways.is_empty() {
                        ul {
                            @for way in &item.ways {
                                @let worlds = way.worlds.join(", ");
                                li {
                                    "If it shows " code { (clean_line(&way.sees)) }
                                    @if !worlds.is_empty() { " (world " (clean_line(&worlds)) ")" } ": "
                                    @if way.then.is_empty() { "nothing more here." } @else { (items(&way.then)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn outcomes(report: &PlanReport) -> Markup {
    let down = |downtime: &[(String, Span)]| {
        let all = downtime.iter().filter(|(_, span)| span.0 > 0).map(|(vm, span)| format!("{} {span}", clean_line(vm)));
        all.collect::<Vec<_>>().join(", ")
    };
    html! {
        section {
            h2 { "What comes of it" }
            div class="wide" {
                table {
                    thead { tr { th scope="col" { "World" } th scope="col" { "At worst, once it has begun" } th scope="col" { "Down" } } }
                    tbody {
                        @for (world, outcome) in report.worlds.iter().zip(&report.outcomes) {
                            tr {
                                th scope="row" { @if world.is_empty() { "the only one" } @else { (clean_line(world)) } }
                                td class=(outcome.worst) { (outcome.worst) }
                                td { (down(&outcome.downtime)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
