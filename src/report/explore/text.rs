//! What else may break, for people: what was tried in each case, and what is shown by which faults.

use super::{CaseLine, ExploreReport, FindingLine};
use crate::hazard::Severity;
use crate::report::text::layout::{Page, Tint, clean_line, count};
use crate::report::text::{Detail, Style, severity_tint, severity_word};
use crate::search::orders::End;

/// The report as a page.
pub fn render(report: &ExploreReport, style: Style) -> String {
    let mut page = Page::new(style.colour);
    page.hanging("", 0, Tint::Bold, &sentence(report));
    page.gap();
    let within = report.within.map_or_else(String::new, |within| format!(", none later than {within}"));
    let at_once = if report.faults == 1 { "one fault".to_owned() } else { format!("up to {} faults", report.faults) };
    let cases = count(report.cases.len(), "case");
    let what = format!("{}: {at_once} more than the file has{within}, in {cases}; seed {}", clean_line(&report.scenario), report.seed);
    page.heading("EXPLORE", &what);
    for case in &report.cases {
        tried(&mut page, case, style.detail);
    }
    for case in report.cases.iter().filter(|case| !case.findings.is_empty()) {
        page.gap();
        let name = name(case);
        page.heading("FOUND", if name.is_empty() { "and not there without these faults" } else { &name });
        // What is shown by one fault as well as by another, with the same steps, is told once.
        let mut told: Vec<&FindingLine> = Vec::new();
        for found in &case.findings {
            if told.iter().any(|other| other.same_but_for_faults(found)) {
                continue;
            }
            told.push(found);
            let others: Vec<&FindingLine> = case.findings.iter().filter(|other| other.same_but_for_faults(found)).skip(1).collect();
            finding(&mut page, told.len(), (found, &others), case, style.detail);
        }
        if case.more > 0 {
            page.gap();
            page.hanging("  ", 2, Tint::Dim, &format!("{} more of less weight, or of more faults, left out (--max tells more)", case.more));
        }
    }
    page.into_text()
}

/// What was found, in one sentence.
fn sentence(report: &ExploreReport) -> String {
    let of = |severity: Severity| report.cases.iter().flat_map(|case| &case.findings).filter(|found| found.severity == severity).count();
    let more: usize = report.cases.iter().map(|case| case.more).sum();
    let tried: u64 = report.cases.iter().map(|case| case.tried).sum();
    let tried = count(usize::try_from(tried).unwrap_or(usize::MAX), "combination");
    match (of(Severity::Corruption), of(Severity::Danger)) {
        (0, 0) => format!("nothing of danger is shown by any of {tried} that is not there without a fault"),
        (corruption, danger) => {
            let parts: Vec<String> = [(corruption, "of corruption"), (danger, "of danger")]
                .into_iter()
                .filter(|(n, _)| *n > 0)
                .map(|(n, what)| format!("{} {what}", if n == 1 { "1 cause".to_owned() } else { format!("{n} causes") }))
                .collect();
            let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
            format!("{}{more} in {tried} of faults", parts.join(" and "))
        }
    }
}

/// A case's name: its world and its recovery.
fn name(case: &CaseLine) -> String {
    let of = |what: &str, name: &Option<String>| name.as_ref().map(|name| format!("{what} {}", clean_line(name)));
    [of("world", &case.world), of("recovery", &case.recovery)].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn tried(page: &mut Page, case: &CaseLine, detail: Detail) {
    let name = name(case);
    let indent = if name.is_empty() { 2 } else { 4 };
    if !name.is_empty() {
        page.line(&format!("  {name}"));
    }
    let mut say = |text: &str| page.hanging(&" ".repeat(indent), indent, Tint::Plain, text);
    let thinned = if case.thinned { ", of more that matter" } else { "" };
    say(&format!("{} can break, at {}{thinned}", count(case.things, "thing"), count(case.instants, "instant")));
    for level in &case.levels {
        let faults = if level.faults == 1 { "of one fault".to_owned() } else { format!("of {} faults", level.faults) };
        let how = if !level.run {
            "too many to try each"
        } else if case.end == End::All {
            "all tried"
        } else {
            "not all tried"
        };
        say(&format!("{} {faults}: {how}", count(usize::try_from(level.combinations).unwrap_or(usize::MAX), "combination")));
    }
    let chance = case.tried - case.levels.iter().filter(|level| level.run).map(|level| level.combinations).sum::<u64>().min(case.tried);
    if !case.rounds.is_empty() {
        let rounds = count(case.rounds.len(), "round");
        say(&format!("{} by chance in {rounds}, each with a part of the kinds of fault", count(chance as usize, "combination")));
    }
    if detail == Detail::Every {
        for round in &case.rounds {
            say(&format!("round {}, seed {}: {}; one each {} or so", round.number, round.seed, round.kinds.join(", "), round.mean));
        }
    }
    match case.end {
        End::All => {}
        End::Stopped => say("stopped before its end"),
        End::Bound => say("ended by the bound of work before its end"),
    }
    if case.cut_short > 0 {
        say(&format!(
            "{} ended by --max-events or --max-work: what would have come after is not known",
            count(case.cut_short as usize, "run")
        ));
    }
    if case.uncaused > 0 {
        say(&format!("of what {} more show, the cause was not looked for", count(case.uncaused as usize, "combination")));
    }
}

fn finding(page: &mut Page, number: usize, (found, others): (&FindingLine, &[&FindingLine]), case: &CaseLine, detail: Detail) {
    page.gap();
    let word = page.tint(severity_tint(Some(found.severity)), severity_word(Some(found.severity)));
    let place = found.place.as_ref().map_or_else(String::new, |(_, name)| format!(" on {}", clean_line(name)));
    let title = format!("{word} {}{place}: in {} of {}", found.hazard, found.shows, case.tried);
    page.hanging(&format!("{number:>3}. "), 5, Tint::Plain, &title);
    let field = |page: &mut Page, name: &str, tint: Tint, text: &str| page.hanging(&format!("     {name:<8} "), 14, tint, text);
    if detail != Detail::Quiet {
        field(page, "what", Tint::Plain, &clean_line(&found.what));
    }
    for (at, strike) in found.strikes.iter().enumerate() {
        field(page, if at == 0 { "takes" } else { "" }, Tint::Plain, &format!("{} at {}", clean_line(&strike.words), strike.at));
    }
    for other in others {
        let strikes: Vec<String> = other.strikes.iter().map(|strike| format!("{} at {}", clean_line(&strike.words), strike.at)).collect();
        field(page, "or", Tint::Plain, &format!("{} (in {})", strikes.join(", and "), other.shows));
    }
    if detail == Detail::Quiet {
        return;
    }
    for (at, step) in found.steps.iter().enumerate() {
        let line = if step.line > 0 { format!(" (line {})", step.line) } else { String::new() };
        field(page, if at == 0 { "with" } else { "" }, Tint::Cyan, &format!("{}{line}", clean_line(&step.text)));
    }
    for (at, (_, words)) in found.shapes.iter().enumerate() {
        field(page, if at == 0 { "a case" } else { "" }, Tint::Plain, &format!("of {words}"));
    }
    if let Some(round) = found.round {
        field(page, "seen", Tint::Plain, &format!("first in round {round}, seed {}", found.seed));
    }
    if let Some(small) = &found.small {
        for (at, step) in small.steps.iter().enumerate() {
            field(page, if at == 0 { "small" } else { "" }, Tint::Plain, &clean_line(step));
        }
        if let Some(file) = &small.file {
            field(page, "kept", Tint::Plain, &clean_line(file));
        }
        if detail == Detail::Every {
            for line in small.yaml.lines() {
                page.line(&format!("     | {}", clean_line(line)));
            }
        }
    }
}
