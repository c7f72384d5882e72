//! A plan as text: a short runbook.

use super::{Item, PlanReport};
use crate::base::inert::clean_line;
use crate::report::text::{Detail, Style};
use std::fmt::Write as _;

/// The report.
pub fn render(report: &PlanReport, style: Style) -> String {
    let mut out = format!("{}\n", clean_line(&report.sentence()));
    let named: Vec<&str> = report.worlds.iter().map(String::as_str).filter(|world| !world.is_empty()).collect();
    if style.detail == Detail::Quiet {
        if let Some(plan) = &report.plan {
            out.push('\n');
            items(&mut out, plan, 0, false);
        }
        return out;
    }
    if !named.is_empty() {
        let _ = writeln!(out, "Worlds: {}.", clean_line(&named.join(", ")));
    }
    if let Some((first, last)) = report.begins {
        let when = if first == last { format!("at {first}") } else { format!("between {first} and {last}") };
        let _ =
            writeln!(out, "It begins {when}; commands are typed on {}. {} steps were tried.", clean_line(&report.host), report.explored);
    }
    if let Some(plan) = &report.plan {
        if !plan.is_empty() {
            out.push('\n');
            items(&mut out, plan, 0, true);
        }
        out.push('\n');
        for (world, outcome) in report.worlds.iter().zip(&report.outcomes) {
            let down: Vec<String> = outcome
                .downtime
                .iter()
                .filter(|(_, span)| span.0 > 0)
                .map(|(vm, span)| format!("{} is down for {span}", clean_line(vm)))
                .collect();
            let down = if down.is_empty() { "nothing is down".into() } else { down.join(", ") };
            let name = if world.is_empty() { "Then".to_owned() } else { format!("In world {}", clean_line(world)) };
            let before =
                if outcome.worst_of_run == outcome.worst { String::new() } else { format!(" ({} before it began)", outcome.worst_of_run) };
            let _ = writeln!(out, "{name}: at worst {}{before}; {down}.", outcome.worst);
        }
    }
    for (world, against) in report.worlds.iter().zip(&report.against) {
        let name = if world.is_empty() { "What stands against it".to_owned() } else { format!("World {}", clean_line(world)) };
        let _ = writeln!(out, "\n{name}:");
        if let Some(alone) = &against.alone {
            let known = if world.is_empty() { "this would do" } else { "if it were known to be this world, this would do" };
            let _ = writeln!(out, "  {}", if alone.is_empty() { "nothing need be done here" } else { known });
            items(&mut out, alone, 2, false);
        }
        for what in &against.what {
            let _ = writeln!(out, "  {}", clean_line(what));
        }
    }
    if let Some((plan, what)) = &report.despite {
        let _ = writeln!(out, "\nWith a danger that passes, this would do:");
        items(&mut out, plan, 2, false);
        for what in what {
            let _ = writeln!(out, "  {}", clean_line(what));
        }
    }
    for note in &report.notes {
        let _ = writeln!(out, "\nNote: {}.", clean_line(note));
    }
    out
}

fn items(out: &mut String, all: &[Item], indent: usize, why: bool) {
    let pad = " ".repeat(indent);
    for (at, item) in all.iter().enumerate() {
        let host = item.host.as_ref().map_or_else(String::new, |host| format!("   (on {})", clean_line(host)));
        let _ = writeln!(out, "{pad}{:>2}. {:<4}  {}{host}", at + 1, item.kind.name(), clean_line(&item.text));
        if let Some(why) = item.why.as_ref().filter(|_| why) {
            let _ = writeln!(out, "{pad}          {}", clean_line(&why.text));
        }
        for way in &item.ways {
            let worlds = way.worlds.join(", ");
            let worlds = if worlds.is_empty() { String::new() } else { format!("   [{}]", clean_line(&worlds)) };
            let _ = writeln!(out, "{pad}      if it shows \"{}\"{worlds}:", clean_line(&way.sees));
            if way.then.is_empty() {
                let _ = writeln!(out, "{pad}          nothing here");
            }
            items(out, &way.then, indent + 8, why);
        }
    }
}
