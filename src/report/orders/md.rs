//! The orders of a recovery as Markdown, for a page or a comment: the sentence, the partial order as a picture that GitHub and
//! GitLab draw, the rules and the classes as tables.

use super::OrdersReport;
use super::layers::Layers;
use crate::base::inert::clean_line;
use crate::report::suite::md::cell;
use crate::search::orders::Class;
use std::fmt::Write as _;

/// The report.
pub fn render(report: &OrdersReport) -> String {
    let mut out = format!("## {}\n\n", cell(&report.sentence));
    let recovery = report.recovery.as_ref().map_or_else(String::new, |name| format!(", recovery {}", cell(name)));
    let worlds = if report.worlds.is_empty() { String::new() } else { format!(" in the worlds {}", cell(&report.worlds.join(", "))) };
    let _ = writeln!(
        out,
        "{}{recovery}: {} of the steps below{worlds}; {} runs.\n",
        cell(&report.scenario),
        if report.exact { "every order" } else { "some orders" },
        report.runs
    );
    out.push_str("| step | what it does |\n|---|---|\n");
    for step in &report.steps {
        let _ = writeln!(out, "| {} | {} |", cell(&step.name), cell(&step.text));
    }
    if !report.rules.is_empty() {
        picture(&mut out, report);
        out.push_str("\n| rule | else | by this order | what comes of it |\n|---|---|---|---|\n");
        for rule in &report.rules {
            let words = cell(&report.rule(rule.kind));
            let Some(example) = &rule.counterexample else {
                let _ = writeln!(out, "| {words} |  |  |  |");
                continue;
            };
            let judged = &example.judged;
            let world = judged.world.as_ref().map_or_else(String::new, |world| format!(" in world {}", cell(world)));
            let class = judged.class.name();
            let _ = writeln!(out, "| {words} | {class}{world} | {} | {} |", cell(&report.order(&judged.order)), cell(&example.what));
        }
        let told = match (report.rules_exact, report.exceptions_all) {
            (true, _) => "Every order that keeps these rules is safe.".to_string(),
            (false, n) => format!("Not every order that keeps these rules is safe: {n} are not."),
        };
        let _ = writeln!(out, "\n{told}");
    }
    if let Some(order) = &report.shortest_safe {
        let _ = writeln!(out, "\nA safe order: {}.", cell(&report.order(order)));
    }
    if let Some(timing) = &report.timing {
        out.push_str("\nThe safe order where a host that is away comes back meanwhile:\n\n| host | world | from | to | class | hazard |\n|---|---|---|---|---|---|\n");
        for back in &timing.returns {
            let (host, world) = (cell(&back.host), back.world.as_deref().map_or_else(String::new, cell));
            for at in &back.stretches {
                let (class, hazard) = (at.class.name(), at.hazard.unwrap_or_default());
                let _ = writeln!(out, "| {host} | {world} | {} | {} | {class} | {hazard} |", at.from, at.until);
            }
        }
        for note in &timing.notes {
            let _ = writeln!(out, "\nNote: {}.", cell(note));
        }
    }
    out.push_str("\n| class | orders |\n|---|---:|\n");
    for (class, n) in Class::ALL.into_iter().zip(report.classes) {
        let _ = writeln!(out, "| {} | {n} |", class.name());
    }
    for asked in &report.asked {
        let _ = writeln!(out, "\n| {} | so | else |\n|---|---:|---:|", cell(&asked.ask));
        for (at, class) in Class::ALL.into_iter().enumerate() {
            let _ = writeln!(out, "| {} | {} | {} |", class.name(), asked.asked.so[at], asked.asked.else_[at]);
        }
    }
    if let Some(all) = &report.all {
        out.push_str("\n| order | class | world | hazard |\n|---|---|---|---|\n");
        for judged in all {
            let world = judged.world.as_deref().map_or_else(String::new, cell);
            let hazard = judged.hazard.unwrap_or_default();
            let _ = writeln!(out, "| {} | {} | {world} | {hazard} |", cell(&report.order(&judged.order)), judged.class.name());
        }
    }
    for note in report.how.iter().chain(&report.notes) {
        let _ = writeln!(out, "\nNote: {}.", cell(note));
    }
    out
}

/// The partial order as a Mermaid flowchart.
fn picture(out: &mut String, report: &OrdersReport) {
    out.push_str("\n```mermaid\nflowchart LR\n");
    for (at, step) in report.steps.iter().enumerate() {
        let _ = writeln!(out, "  s{at}[\"{}\"]", mermaid(&step.name));
    }
    for (from, to) in Layers::new(report).arrows {
        let _ = writeln!(out, "  s{from} --> s{to}");
    }
    out.push_str("```\n");
}

/// A text within quotes of Mermaid, which takes signs by their numbers. A backquote could end the block.
fn mermaid(text: &str) -> String {
    let mut out = String::new();
    for c in clean_line(text).chars() {
        match c {
            '"' | '#' | '&' | '<' | '>' | '`' | ';' | '\\' | '%' => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}
