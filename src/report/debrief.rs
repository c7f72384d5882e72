//! A debriefing as text.

use super::plan::{self, Item};
use super::text::layout::{Page, Tint, count, pad_left};
use crate::base::inert::clean_line;
use crate::hazard::Severity;
use crate::search::debrief::{Debriefing, Harm, Line, Said, TRIED_MOST};

/// Where what is said of a heading begins.
const INDENT: usize = 12;

/// The debriefing.
/// `revealed`: the truth was asked for before the end, so no points are counted.
pub fn render(debriefing: &Debriefing, revealed: bool, colour: bool) -> String {
    let mut page = Page::new(colour);
    page.line(&page.tint(Tint::Bold, "DEBRIEFING"));
    goal(&mut page, debriefing);
    downtime(&mut page, debriefing);
    page.gap();
    harm(&mut page, debriefing);
    steps(&mut page, debriefing);
    page.gap();
    way(&mut page, debriefing);
    page.gap();
    if revealed {
        page.line(&page.tint(Tint::Bold, "SCORE"));
        page.line("  not counted: what is so was told before the end");
    } else {
        score(&mut page, debriefing);
    }
    page.into_text()
}

fn said(page: &mut Page, lead: &str, tint: Tint, text: &str) {
    page.hanging(&format!("  {lead}"), INDENT, tint, &clean_line(text));
}

fn goal(page: &mut Page, debriefing: &Debriefing) {
    if debriefing.missed.is_empty() {
        said(page, "goal", Tint::Green, "reached");
    } else {
        said(page, "goal", Tint::Red, &format!("missed: {}", debriefing.missed.join("; ")));
    }
    let (tint, words) = if debriefing.damaged { (Tint::Alarm, "damaged") } else { (Tint::Green, "whole") };
    said(page, "data", tint, words);
}

fn downtime(page: &mut Page, debriefing: &Debriefing) {
    if debriefing.downtime.is_empty() {
        said(page, "downtime", Tint::Plain, "nothing was down");
    }
    for (at, (vm, own, best)) in debriefing.downtime.iter().enumerate() {
        let best = match best {
            Some(best) if best.0 == 0 => "; it need not have been down at all".to_owned(),
            Some(best) if best == own => ", which is the best there was".to_owned(),
            Some(best) if best > own => format!("; the safe way below: {best}"),
            Some(best) => format!("; the best there was: {best}"),
            None => String::new(),
        };
        let down = if own.0 == 0 { format!("{vm} was not down") } else { format!("{vm} was down for {own}") };
        said(page, if at == 0 { "downtime" } else { "" }, Tint::Plain, &format!("{down}{best}"));
    }
}

fn harm(page: &mut Page, debriefing: &Debriefing) {
    if debriefing.harm.is_empty() {
        said(page, "harm", Tint::Green, "none was done");
    }
    for (at, harm) in debriefing.harm.iter().enumerate() {
        let text = format!("from {} on: {}", harm.since, of(harm));
        said(page, if at == 0 { "harm" } else { "" }, tint(harm), &text);
    }
}

fn of(harm: &Harm) -> String {
    let doc = harm.hazard.doc();
    format!("{} ({}, {})", harm.sentence, doc.name, doc.severity.name())
}

fn tint(harm: &Harm) -> Tint {
    if harm.hazard.doc().severity == Severity::Corruption { Tint::Alarm } else { Tint::Red }
}

/// The hazards of a step, each once: of two disks alike it is the same.
fn named(all: &[Harm]) -> Vec<&'static str> {
    let mut names: Vec<&str> = Vec::new();
    for name in all.iter().map(|harm| harm.hazard.doc().name) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn steps(page: &mut Page, debriefing: &Debriefing) {
    for (at, step) in debriefing.steps.iter().enumerate() {
        let lead = if at == 0 { "steps" } else { "" };
        let typed = step.text.lines().next().unwrap_or_default();
        said(page, lead, Tint::Cyan, &format!("{}  {typed}", step.at));
        match &step.kind {
            Said::Did(all) => {
                said(page, "", Tint::Plain, &format!("did harm: without it there would be no {}", named(all).join(", ")));
            }
            Said::Might(world, harm) => {
                said(
                    page,
                    "",
                    Tint::Plain,
                    &format!("was a gamble: all that had been seen fitted world {world}, too, and there {}", of(harm)),
                );
            }
            Said::Nothing => said(page, "", Tint::Plain, "was for nothing: without it all would have come out as well"),
        }
    }
    if debriefing.untried > 0 {
        let text = format!("only the first {TRIED_MOST} lines were tried by leaving them out, not the {} after them", debriefing.untried);
        said(page, "", Tint::Dim, &text);
    }
}

fn way(page: &mut Page, debriefing: &Debriefing) {
    let options = crate::search::plan::Options {
        seed: Some(debriefing.stage.seed),
        max_events: 0,
        max_work: 0,
        depth: 0,
        tries: 0,
        recovery: 0,
        without: Vec::new(),
        brute: false,
        wide: false,
        anew: false,
        despite: false,
    };
    let report = plan::build(&debriefing.stage, &debriefing.way, &options);
    page.line(&page.tint(Tint::Bold, "A SAFE WAY"));
    let Some(items) = &report.plan else {
        page.hanging("  ", 2, Tint::Plain, &clean_line(&report.sentence()));
        return;
    };
    if let Some((first, last)) = report.begins {
        let when = if first == last { format!("at {first}") } else { format!("between {first} and {last}") };
        page.hanging("  ", 2, Tint::Plain, &format!("Safe in every world, begun {when}, typed on {}:", clean_line(&report.host)));
    }
    if items.is_empty() {
        page.line("  nothing need be done");
    }
    listed(page, items, 2);
}

fn listed(page: &mut Page, items: &[Item], indent: usize) {
    for (at, item) in items.iter().enumerate() {
        let host = item.host.as_ref().map_or_else(String::new, |host| format!("   (on {})", clean_line(host)));
        let lead = format!("{}{}. {:<4}  ", " ".repeat(indent), pad_left(&(at + 1).to_string(), 2), item.kind.name());
        page.hanging(&lead, indent + 10, Tint::Cyan, &format!("{}{host}", clean_line(&item.text)));
        for way in &item.ways {
            let worlds = clean_line(&way.worlds.join(", "));
            let text = format!("if it shows \"{}\" [{worlds}]:", clean_line(&way.sees));
            page.hanging(&" ".repeat(indent + 4), indent + 4, Tint::Plain, &text);
            if way.then.is_empty() {
                page.line(&format!("{}nothing here", " ".repeat(indent + 8)));
            }
            listed(page, &way.then, indent + 6);
        }
    }
}

fn score(page: &mut Page, debriefing: &Debriefing) {
    page.line(&page.tint(Tint::Bold, "SCORE"));
    for line in debriefing.sum.iter().filter(|line| line.points > 0) {
        let given = line.part == "goal";
        let sign = if given { ' ' } else { '-' };
        let lead = format!("  {sign}{}", pad_left(&(line.times * line.points).to_string(), 5));
        let each = if given { String::new() } else { format!(", {} each", line.points) };
        let tint = if line.times == 0 { Tint::Dim } else { Tint::Plain };
        page.hanging(&lead, INDENT, tint, &format!("{}{each}", words(line)));
    }
    let lead = format!("  ={}", pad_left(&debriefing.points().to_string(), 5));
    page.hanging(&lead, INDENT, Tint::Bold, "points; never less than 0");
}

fn words(line: &Line) -> String {
    let of = |what: &str| count(usize::try_from(line.times).unwrap_or(usize::MAX), what);
    match line.part {
        "goal" if line.times > 0 => "the goal was reached".into(),
        "goal" => format!("the goal was missed: {} if it is reached", line.points),
        "corruption" => format!("{} of corruption", of("finding")),
        "danger" => format!("{} of danger", of("finding")),
        "gamble" => of("gamble"),
        "downtime" => format!("{} of downtime more than there need have been", of("minute")),
        "needless" => of("needless step"),
        _ => format!("{}, or lines that were taken back", of("hint")),
    }
}
