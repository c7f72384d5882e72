//! Risks as a page: the tables, and what is behind each row.

use super::{LossLine, RiskReport, What, by_reason, few, folded};
use crate::base::inert::clean_line;
use crate::report::page::whole;
use crate::report::text::layout::count;
use maud::{Markup, html};

/// So many names of a row are told.
const NAMES: usize = 60;

/// The page.
pub fn render(report: &RiskReport) -> String {
    let body = html! {
        header {
            h1 { (clean_line(&report.sentence())) }
            p class="recipe" {
                (clean_line(&report.scenario)) ": " (count(report.hosts, "host")) ", " (count(report.vms, "VM")) ", release " (report.release) ", seed " (report.seed)
                ". Each is lost in a run of its own, while nobody types."
            }
            @if report.stopped { p class="wrong" { "It was interrupted: what stands here is not all." } }
        }
        main {
            @for what in What::ALL { @if report.of(what).next().is_some() { (table(report, what)) } }
            @if let Some(left) = report.pairs_left() { p class="note" { (clean_line(&left)) "." } }
            @if let Some(note) = report.names_note() { p class="note" { (note) "." } }
            @for (at, loss) in report.losses.iter().enumerate() { @if behind(loss) { (told(at, loss)) } }
        }
        footer { p { "poolsim " (env!("CARGO_PKG_VERSION")) } }
    };
    whole(&format!("{}: what if it happens tonight", clean_line(&report.scenario)), &body).into_string()
}

/// Whether more is told of a loss than its row.
fn behind(loss: &LossLine) -> bool {
    loss.speaks() && loss.what != Some(What::Pair)
}

fn table(report: &RiskReport, what: What) -> Markup {
    html! {
        section {
            h2 { "If " (what.heading()) }
            div class="wide" {
                table {
                    thead { tr {
                        @for head in ["Lost", "Down or can't write", "Again by the pool", "Left", "Nowhere", "Locks", "Plan", "Wrong step that hurts most"] {
                            th scope="col" { (head) }
                        }
                    } }
                    tbody {
                        @for (at, loss) in report.losses.iter().enumerate().filter(|(_, loss)| loss.what == Some(what)) {
                            tr class=[(!loss.nowhere.is_empty() || loss.against.is_some()).then_some("alarm")] {
                                th scope="row" {
                                    @if behind(loss) { a href={ "#loss-" (at) } { (clean_line(&loss.label)) } } @else { (clean_line(&loss.label)) }
                                    @if loss.master { " (master)" }
                                }
                                td { (loss.down.len() + loss.stuck.len()) }
                                td { (loss.restarted.len()) }
                                td { (loss.left.len()) }
                                td { (loss.nowhere.len()) }
                                td { (loss.locks.len()) }
                                td { (loss.plan_word()) }
                                td class=[loss.wrong.as_ref().map(|wrong| wrong.severity.name())] { (loss.wrong_word()) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn told(at: usize, loss: &LossLine) -> Markup {
    let again: Vec<String> = loss.restarted.iter().map(|one| format!("{} on {} after {}", one.vm, one.on, one.after)).collect();
    let nowhere = by_reason(&loss.nowhere, NAMES);
    let rows = [
        ("Down", few(&loss.down, NAMES), !loss.down.is_empty()),
        ("Can't write", few(&loss.stuck, NAMES), !loss.stuck.is_empty()),
        ("Master then", few(&loss.masters, NAMES), loss.master),
        ("Reset by HA", few(&loss.fenced, NAMES), !loss.fenced.is_empty()),
        ("Again, in this order", few(&again, NAMES), !again.is_empty()),
        ("Nobody starts", few(&loss.left, NAMES), !loss.left.is_empty()),
        ("Nowhere to run", few(&nowhere, NAMES), !nowhere.is_empty()),
        ("Locks", few(&loss.locks, NAMES), !loss.locks.is_empty()),
    ];
    html! {
        section id={ "loss-" (at) } {
            h3 { (clean_line(&loss.label)) }
            ul { @for (word, text, there) in rows { @if there { li { strong { (word) ": " } (clean_line(&text)) } } } }
            @if let Some(against) = &loss.against { p class="wrong" { strong { "No safe plan is known: " } (clean_line(against)) } }
            @if let Some(plan) = &loss.plan {
                h4 { "Plan: " (plan.takes) ", from " (plan.begins) " after the loss on" @if plan.shortest { "; none that is shorter is safe" } }
                ol { @for (kind, text) in folded(plan, false) { li { (kind) " " code { (clean_line(&text)) } } } }
            }
            @if let Some(wrong) = &loss.wrong {
                p class="wrong" { strong { "The wrong step that hurts most: " } (clean_line(&wrong.what)) ". If it is " (wrong.world) ": " (clean_line(&wrong.comes)) " (" (wrong.hazard) ")." }
            }
        }
    }
}
