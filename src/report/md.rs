//! A case as Markdown, for a wiki or the review of an incident: what happened, what was believed beside what was so, what was found
//! and by what, up to when it could have been kept off, and what to do next time. Names are text and never markup.

use super::page::{Film, decoded};
use super::suite::md::cell;
use super::text::layout::{count, cut};
use super::text::{case_name, severity_word, tally, verdict_of_all, worst_case};
use super::{Because, Finding, Realm, Report, StepReport, StoryLine, Verdict, mermaid, thin};
use crate::world::event::Status;
use std::fmt::Write as _;

/// So many rows of what happened: a wiki shows no page of any length.
const EVENTS: usize = 200;
/// So many findings in full, cases, rows of the pool, and expectations.
const FINDINGS: usize = 40;
const CASES: usize = 200;
const ROWS: usize = 60;
/// So many letters of a cell.
const LETTERS: usize = 400;

/// The page of a file's cases: the worst in full, as it has its story. `film` is that of the worst.
pub fn render(reports: &[Report], film: &Film) -> String {
    let Some(told) = worst_case(reports) else { return "No case was run.\n".into() };
    let report = &reports[told];
    let mut out = format!("# {}\n\n", said(&report.title));
    head(&mut out, reports, report);
    if reports.len() > 1 {
        cases(&mut out, reports);
    }
    happened(&mut out, report);
    pool(&mut out, report, film);
    found(&mut out, report);
    next_time(&mut out, report);
    expected(&mut out, reports);
    out.push_str("\n## To see it again\n\n");
    let _ = writeln!(out, "<code>{}</code>\n", said(&report.replay));
    let _ = writeln!(out, "poolsim {}, scenario {} (sha256 {}).", env!("CARGO_PKG_VERSION"), said(&report.scenario), report.sha256);
    out
}

/// A text in a cell or a paragraph: cut where it is long, on one line, no markup.
fn said(text: &str) -> String {
    cell(&cut(&crate::base::inert::clean_line(text.trim()), LETTERS))
}

/// What is typed.
fn code(text: &str) -> String {
    format!("<code>{}</code>", said(text))
}

/// How a case came out, with the tally of what was found.
fn came_out(report: &Report) -> String {
    let verdict = match report.verdict {
        Verdict::NotAsExpected => "**not as expected**",
        Verdict::AsExpected => "as expected",
        Verdict::Inconclusive => "inconclusive",
        Verdict::NoExpectation => "nothing is expected",
    };
    let tally = tally(&report.counts);
    let found = if tally.is_empty() { "no hazard".into() } else { format!("worst {} ({tally})", severity_word(report.worst)) };
    format!("{verdict}, {found}")
}

fn head(out: &mut String, reports: &[Report], report: &Report) {
    out.push_str("| | |\n|---|---|\n");
    let mut row = |name: &str, text: &str| {
        let _ = writeln!(out, "| {name} | {text} |");
    };
    row("run", &format!("{}, release {}, seed {}", said(&report.scenario), report.release, report.seed));
    if reports.len() > 1 {
        row("told here", &format!("the worst of {} cases: {}", reports.len(), said(&case_name(report))));
        row("all cases", verdict_of_all(reports).name());
    }
    row("result", &came_out(report));
    if let Some(bound) = report.cut_short {
        row("cut short", &format!("by {} at {}: what came later is not known", bound.option(), report.end));
    }
    if let Some(wrong) = &report.first_wrong {
        let line = wrong.line.map_or_else(String::new, |line| format!(" (line {line})"));
        row(if wrong.deed { "what did the harm" } else { "it began with" }, &format!("{}: {}{line}", wrong.at, said(&wrong.what)));
        if !wrong.mend.is_empty() {
            row("to do", &said(&wrong.mend));
        }
    }
    if let Some((finding, point)) = report.no_return() {
        row("too late", &said(&point.words(finding.hazard)));
    }
    let down = report.downtime.iter().filter(|(_, span)| span.0 > 0);
    let down: Vec<String> = down.map(|(vm, span)| format!("{} for {span}", said(vm))).collect();
    if !down.is_empty() {
        row("down", &few(&down));
    }
}

/// The first of many, and how many more there are.
fn few(all: &[String]) -> String {
    let more = all.len().saturating_sub(12);
    let told = all.iter().take(12).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{told}, and {more} more") } else { told }
}

fn cases(out: &mut String, reports: &[Report]) {
    out.push_str("\n## The cases\n\n| case | result | begins with |\n|---|---|---|\n");
    for report in reports.iter().take(CASES) {
        let wrong = report.first_wrong.as_ref().map_or_else(String::new, |wrong| format!("{}: {}", wrong.at, said(&wrong.what)));
        let _ = writeln!(out, "| {} | {} | {wrong} |", said(&case_name(report)), came_out(report));
    }
    if reports.len() > CASES {
        let _ = writeln!(out, "\n{} more are left out.", reports.len() - CASES);
    }
}

fn happened(out: &mut String, report: &Report) {
    // Its text has no fence: backquotes are written by their numbers.
    let _ = writeln!(out, "\n## What happened\n\n```mermaid\n{}```\n", mermaid::render(report));
    let told: Vec<StoryLine> = report.story.iter().filter(|line| line.event != "refused" && shown(report, line)).cloned().collect();
    let all = told.len();
    let lines = thin::chosen(told, EVENTS);
    out.push_str("| when | | who | what |\n|---|---|---|---|\n");
    for line in &lines {
        let (half, who, what) = row(report, line);
        let _ = writeln!(out, "| {} | {half} | {} | {what} |", line.at, said(&who));
    }
    if lines.len() < all {
        let _ = writeln!(out, "\n{} are left out, those that weigh least.", count(all - lines.len(), "event"));
    }
    let never: Vec<&StepReport> = report.steps.iter().filter(|step| step.at.is_none()).collect();
    if !never.is_empty() {
        let _ = writeln!(out, "\n{} never had a turn:\n", count(never.len(), "step"));
        for step in never.into_iter().take(ROWS) {
            let _ = writeln!(out, "- line {}, {}: {}", step.line, step.status.name(), code(&step.text));
        }
    }
}

fn shown(report: &Report, line: &StoryLine) -> bool {
    let step = line.step.and_then(|at| report.steps.get(at));
    match line.event {
        "step-ended" => step.is_some_and(|step| step.kind == "run" || step.status != Status::Ok),
        _ => line.matters,
    }
}

/// Of what half of the world a line is, who acts, and what happens.
fn row(report: &Report, line: &StoryLine) -> (String, String, String) {
    let step = line.step.and_then(|at| report.steps.get(at));
    let finding = line.finding.and_then(|at| report.hazards.get(at));
    match (line.realm, step, finding) {
        (Realm::Step, Some(step), _) if line.event == "step-ended" => {
            let code = step.code.as_deref().map_or_else(String::new, |code| format!(" {}", said(code)));
            let printed = step.output.trim();
            let printed = if printed.is_empty() { String::new() } else { format!(": {}", self::code(printed)) };
            ("ended".into(), step.host.clone().unwrap_or_default(), format!("{}{code}{printed}", step.status.name()))
        }
        (Realm::Step, Some(step), _) => {
            let half = match step.kind {
                "run" => "typed",
                "fault" => "**fault**",
                "act" => "by hand",
                _ => "note",
            };
            let what = if step.kind == "note" { said(&step.text) } else { code(&step.text) };
            (half.into(), step.host.clone().unwrap_or_default(), format!("{what} (line {})", step.line))
        }
        (Realm::Hazard, _, Some(finding)) => {
            let half = if line.event == "hazard-ended" { "over".into() } else { format!("**{}**", severity_word(Some(finding.severity))) };
            let what = if line.event == "hazard-ended" { place(finding) } else { said(&line.what) };
            (half, String::new(), format!("{}: {what}", finding.hazard))
        }
        (Realm::Truth, ..) => ("so".into(), line.actor.clone(), said(&line.what)),
        (Realm::Belief, ..) => ("believed".into(), line.actor.clone(), said(&line.what)),
        _ => (String::new(), line.actor.clone(), said(&line.what)),
    }
}

/// Where a finding is.
fn place(finding: &Finding) -> String {
    let names = finding.vdi.iter().chain(&finding.vm).chain(&finding.sr).chain(&finding.hosts);
    said(&names.map(String::as_str).collect::<Vec<_>>().join(" "))
}

/// The pool when the gravest finding began, and at the end: only what differs, since the rest is as everybody thought.
fn pool(out: &mut String, report: &Report, film: &Film) {
    out.push_str("\n## What was believed, and what was so\n");
    let gravest = report.hazards.iter().max_by_key(|finding| (finding.severity, std::cmp::Reverse(finding.since)));
    let end = film.frames.len().saturating_sub(1);
    let first = gravest.map(|finding| film.frames.partition_point(|frame| frame.at <= finding.since).saturating_sub(1));
    if let (Some(frame), Some(finding)) = (first.filter(|frame| *frame != end), gravest) {
        instant(out, film, frame, &format!(", when {} began", finding.hazard));
    }
    instant(out, film, end, ", at the end");
}

fn instant(out: &mut String, film: &Film, at: usize, when: &str) {
    let Some(frame) = film.frames.get(at) else { return };
    let head = film.heads.get(frame.head);
    let ruler = head.map_or_else(String::new, |head| said(&head.ruler));
    let masters = head.map_or_else(String::new, |head| said(&head.masters));
    let _ = writeln!(out, "\nAt {}{when} ({masters}):\n", frame.at);
    let now = decoded(film, at);
    let all = film.rows.iter().zip(now).filter_map(|(row, value)| Some((row, value?)));
    let apart: Vec<_> = all.filter(|(_, value)| value.differs || value.alarm || value.others.iter().any(|other| other.2)).collect();
    if apart.is_empty() {
        let _ = writeln!(out, "All hosts, VMs and disks are as the database of {ruler} has them.");
        return;
    }
    let _ = writeln!(out, "| | in truth | in the database of {ruler} |\n|---|---|---|");
    for (row, value) in apart.iter().take(ROWS) {
        let others = value.others.iter().map(|(whose, belief, _)| format!("; {}: {}", said(whose), said(belief)));
        let belief = format!("{}{}", said(&value.belief), others.collect::<String>());
        let _ = writeln!(out, "| {} {} | {} | {belief} |", row.kind, said(&row.name), said(&value.truth));
    }
    let left = film.rows.len() - apart.len();
    let more = apart.len().saturating_sub(ROWS);
    if more > 0 {
        let _ = writeln!(out, "\n{more} more differ.");
    }
    if left > 0 {
        let _ = writeln!(out, "\nThe other {left} of the hosts, VMs and disks are as the database has them.");
    }
}

fn found(out: &mut String, report: &Report) {
    let _ = writeln!(out, "\n## What was found\n");
    if report.hazards.is_empty() {
        out.push_str("No hazard.\n");
        return;
    }
    let mut by_weight: Vec<&Finding> = report.hazards.iter().collect();
    by_weight.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.since));
    for (at, finding) in by_weight.iter().take(FINDINGS).enumerate() {
        // What was said of an earlier one is pointed to, and not said again.
        let earlier = |same: &dyn Fn(&Finding) -> bool| by_weight[..at].iter().position(|other| same(other)).map(|at| at + 1);
        let until = finding.until.map_or_else(|| "to the end".to_owned(), |until| format!("to {until}"));
        let word = severity_word(Some(finding.severity));
        let _ = writeln!(out, "### {}. {word} {}: {}, {} {until}\n", at + 1, finding.hazard, place(finding), finding.since);
        let _ = writeln!(out, "{}\n", said(&finding.sentence));
        if let Some(damage) = &finding.damage {
            let _ = writeln!(out, "At {} {} wrote over what {} had written.\n", damage.at, said(&damage.by), said(&damage.over));
        }
        let any = !finding.because.is_empty() || !finding.alternatives.is_empty();
        match earlier(&|other| (&other.because, &other.alternatives) == (&finding.because, &finding.alternatives)).filter(|_| any) {
            Some(number) => {
                let _ = writeln!(out, "Because: as for {number}.\n");
            }
            None => {
                causes(out, "Because:", &finding.because);
                causes(out, "With that, any one of these would have done:", &finding.alternatives);
            }
        }
        if let Some(point) = &finding.no_return {
            let _ = writeln!(out, "Too late {}.\n", said(&point.words(finding.hazard)));
        }
        if !finding.advice.is_empty() {
            let advice = earlier(&|other| other.advice == finding.advice).map(|number| format!("as for {number}."));
            let _ = writeln!(out, "**To do:** {}\n", advice.unwrap_or_else(|| said(&finding.advice)));
        }
    }
    let more = report.hazards.len().saturating_sub(FINDINGS);
    if more > 0 {
        let _ = writeln!(out, "{} left out here, of those that weigh least.\n", count(more, "finding"));
    }
    if report.because_cut_short {
        out.push_str("Not of every finding the causes were looked for.\n");
    }
}

fn causes(out: &mut String, head: &str, causes: &[Because]) {
    if causes.is_empty() {
        return;
    }
    let _ = writeln!(out, "{head}\n");
    for cause in causes {
        let line = cause.line.map_or_else(String::new, |line| format!(" (line {line})"));
        let _ = writeln!(out, "- {}: {}{line}", cause.at, said(&cause.what));
    }
    out.push('\n');
}

/// Each advice once, the gravest first, with what it is for.
fn next_time(out: &mut String, report: &Report) {
    let mut by_weight: Vec<&Finding> = report.hazards.iter().filter(|finding| !finding.advice.is_empty()).collect();
    by_weight.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.since));
    let mut told: Vec<(&str, Vec<&str>)> = Vec::new();
    for finding in by_weight {
        match told.iter_mut().find(|(advice, _)| *advice == finding.advice) {
            Some((_, hazards)) if hazards.contains(&finding.hazard) => {}
            Some((_, hazards)) => hazards.push(finding.hazard),
            None => told.push((&finding.advice, vec![finding.hazard])),
        }
    }
    if told.is_empty() {
        return;
    }
    out.push_str("## What to do next time\n\n");
    for (at, (advice, hazards)) in told.iter().take(FINDINGS).enumerate() {
        let _ = writeln!(out, "{}. {} ({})", at + 1, said(advice), hazards.join(", "));
    }
}

fn expected(out: &mut String, reports: &[Report]) {
    let all: Vec<_> = reports.iter().flat_map(|report| report.expectations.iter().map(move |expected| (report, expected))).collect();
    if all.is_empty() {
        return;
    }
    let failed: Vec<_> = all.iter().filter(|(_, expected)| !expected.passed).collect();
    out.push_str("\n## What was expected\n\n");
    if failed.is_empty() {
        let _ = writeln!(out, "{}, and all of it came.", count(all.len(), "expectation"));
        return;
    }
    let _ = writeln!(out, "{} of {} did not come.\n\n| line | case | expected | got |\n|---|---|---|---|", failed.len(), all.len());
    for (report, expected) in failed.iter().take(ROWS) {
        let _ = writeln!(out, "| {} | {} | {} | {} |", expected.line, said(&case_name(report)), said(&expected.what), said(&expected.got));
    }
}
