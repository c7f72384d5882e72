//! A plan as Markdown: a runbook, with the reason for each step and what is done where a look shows another thing.

use super::{Item, PlanReport};
use crate::base::inert::clean_line;
use crate::report::suite::md::cell;
use std::fmt::Write as _;

/// The report.
pub fn render(report: &PlanReport) -> String {
    let mut out = format!("## {}\n\n", cell(&report.sentence()));
    let named: Vec<String> = report.worlds.iter().filter(|world| !world.is_empty()).map(|world| cell(world)).collect();
    let _ = writeln!(out, "{}, release {}, seed {}.", cell(&report.scenario), report.release, report.seed);
    if !named.is_empty() {
        let _ = writeln!(out, "Which of these worlds it is nobody knows: {}.", named.join(", "));
    }
    if let Some((first, last)) = report.begins {
        let when = if first == last { format!("at {first}") } else { format!("between {first} and {last}") };
        let _ = writeln!(out, "It begins {when}. Commands are typed on {}, where nothing else is said.", cell(&report.host));
    }
    if let Some(plan) = &report.plan {
        out.push('\n');
        items(&mut out, plan, 0);
        out.push_str("\n| world | at worst, once it has begun | down |\n|---|---|---|\n");
        for (world, outcome) in report.worlds.iter().zip(&report.outcomes) {
            let down: Vec<String> =
                outcome.downtime.iter().filter(|(_, span)| span.0 > 0).map(|(vm, span)| format!("{vm} {span}")).collect();
            let _ = writeln!(out, "| {} | {} | {} |", cell(world), outcome.worst, cell(&down.join(", ")));
        }
    }
    for (world, against) in report.worlds.iter().zip(&report.against) {
        let name = if world.is_empty() { "What stands against it".to_owned() } else { format!("World {}", cell(world)) };
        let _ = writeln!(out, "\n### {name}\n");
        if let Some(alone) = &against.alone {
            out.push_str(if alone.is_empty() {
                "Nothing need be done here.\n\n"
            } else {
                "If it were known to be this world, this would do:\n\n"
            });
            items(&mut out, alone, 0);
            out.push('\n');
        }
        for what in &against.what {
            let _ = writeln!(out, "- {}", cell(what));
        }
    }
    if let Some((plan, what)) = &report.despite {
        out.push_str("\n### With a danger that passes, this would do\n\n");
        items(&mut out, plan, 0);
        out.push('\n');
        for what in what {
            let _ = writeln!(out, "- {}", cell(what));
        }
    }
    for note in &report.notes {
        let _ = writeln!(out, "\nNote: {}.", cell(note));
    }
    out
}

fn items(out: &mut String, all: &[Item], indent: usize) {
    let pad = " ".repeat(indent);
    for (at, item) in all.iter().enumerate() {
        let host = item.host.as_ref().map_or_else(String::new, |host| format!(" on {}", cell(host)));
        let _ = writeln!(out, "{pad}{}. {} {}{host}", at + 1, verb(item), code(&item.text));
        if let Some(why) = &item.why {
            let _ = writeln!(out, "{pad}   <br>{}.", cell(&capital(&why.text)));
        }
        for way in &item.ways {
            let worlds =
                if way.worlds.iter().all(String::is_empty) { String::new() } else { format!(" (world {})", cell(&way.worlds.join(", "))) };
            let nothing = if way.then.is_empty() { " nothing more here." } else { "" };
            let _ = writeln!(out, "{pad}   - If it shows {}{worlds}:{nothing}", code(&way.sees));
            items(out, &way.then, indent + 5);
        }
    }
}

/// What is done with a step, before what is typed or written.
pub(super) fn verb(item: &Item) -> &'static str {
    use crate::search::plan::Kind;
    match item.kind {
        Kind::Act => "Go there:",
        Kind::Look => "Look:",
        Kind::Run => "Type",
        Kind::Wait => "Wait until",
    }
}

/// A text as code, whatever it holds.
fn code(text: &str) -> String {
    let text = clean_line(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
