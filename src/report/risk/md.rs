//! Risks as Markdown: the tables, and of each host what to do.

use super::{LossLine, RiskReport, What, by_reason, few, folded};
use crate::report::suite::md::cell;
use crate::report::text::layout::count;
use std::fmt::Write as _;

/// So many names of a row are told.
const NAMES: usize = 20;

/// The report.
pub fn render(report: &RiskReport) -> String {
    let mut out = format!("## {}\n\n", cell(&report.sentence()));
    let _ = writeln!(
        out,
        "{}: {}, {}, release {}, seed {}. Each is lost in a run of its own, while nobody types.",
        cell(&report.scenario),
        count(report.hosts, "host"),
        count(report.vms, "VM"),
        report.release,
        report.seed
    );
    for what in What::ALL {
        table(&mut out, report, what);
    }
    if let Some(left) = report.pairs_left() {
        let _ = writeln!(out, "\n{}.", cell(&left));
    }
    if let Some(note) = report.names_note() {
        // It holds code: none of a file's words are in it.
        let _ = writeln!(out, "\n{note}.");
    }
    if report.stopped {
        out.push_str("\n**It was interrupted: what stands here is not all.**\n");
    }
    for loss in report.losses.iter().filter(|loss| loss.speaks() && loss.what != Some(What::Pair)) {
        told(&mut out, loss);
    }
    out
}

fn table(out: &mut String, report: &RiskReport, what: What) {
    if report.of(what).next().is_none() {
        return;
    }
    let _ = writeln!(
        out,
        "\n| If {} | down or can't write | again by the pool | left | nowhere | locks | plan | wrong step |\n|---|---:|---:|---:|---:|---:|---:|---|",
        what.heading()
    );
    for loss in report.of(what) {
        let master = if loss.master { " (master)" } else { "" };
        let _ = writeln!(
            out,
            "| {}{master} | {} | {} | {} | {} | {} | {} | {} |",
            cell(&loss.label),
            loss.down.len() + loss.stuck.len(),
            loss.restarted.len(),
            loss.left.len(),
            loss.nowhere.len(),
            loss.locks.len(),
            loss.plan_word(),
            loss.wrong_word()
        );
    }
}

fn told(out: &mut String, loss: &LossLine) {
    let _ = writeln!(out, "\n### {}\n", cell(&loss.label));
    let mut say = |word: &str, text: &str| {
        let _ = writeln!(out, "- **{word}**: {}", cell(text));
    };
    if !loss.down.is_empty() {
        say("down", &few(&loss.down, NAMES));
    }
    if !loss.stuck.is_empty() {
        say("can't write", &few(&loss.stuck, NAMES));
    }
    if loss.master {
        say("master then", &few(&loss.masters, NAMES));
    }
    if !loss.fenced.is_empty() {
        say("reset by HA", &few(&loss.fenced, NAMES));
    }
    if !loss.restarted.is_empty() {
        let each: Vec<String> = loss.restarted.iter().map(|one| format!("{} on {} after {}", one.vm, one.on, one.after)).collect();
        say("again, in this order", &few(&each, NAMES));
    }
    if !loss.nowhere.is_empty() {
        let each = by_reason(&loss.nowhere, NAMES);
        say("nowhere to run", &few(&each, NAMES));
    }
    if !loss.locks.is_empty() {
        say("locks", &few(&loss.locks, NAMES));
    }
    if let Some(against) = &loss.against {
        say("no safe plan", against);
    }
    if let Some(wrong) = &loss.wrong {
        say("the wrong step that hurts most", &format!("{}; if it is {}: {} ({})", wrong.what, wrong.world, wrong.comes, wrong.hazard));
    }
    if let Some(plan) = &loss.plan {
        let _ = writeln!(out, "- **plan**, {} from {} after the loss on:\n", plan.takes, plan.begins);
        for (at, (kind, text)) in folded(plan, false).into_iter().enumerate() {
            let _ = writeln!(out, "  {}. {kind} {}", at + 1, code(&text));
        }
    }
}

/// A text as code, whatever signs it has.
fn code(text: &str) -> String {
    let text = crate::base::inert::clean_line(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    if longest == 0 { format!("`{text}`") } else { format!("{fence} {text} {fence}") }
}
