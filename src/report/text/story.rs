//! The story of one case: one aligned line an event that matters, in the order of virtual time.
//!
//! What is so, what is believed, what was typed and what is dangerous bear a mark and a word each, so that no colour is
//! needed to tell them apart. What happens to many at one instant is folded into one line that says how many.

use super::layout::{COLUMNS, Page, Tint, clean, count, pad, pad_left, width, wrap};
use super::words::{case_name, severity_tint, severity_word};
use super::{Detail, findings};
use crate::base::time::Time;
use crate::hazard::Severity;
use crate::report::{Realm, Report, StepReport, StoryLine};
use crate::world::event::Status;
use std::collections::{BTreeMap, BTreeSet};

/// As many alike at one instant are folded.
const FOLD_FROM: usize = 4;
/// Events that may come again and again for as long as a run lasts.
const REPEATING: [&str; 3] = ["disk-written", "emergency-mode", "xapi-stopped"];
/// So many lines of what a command printed are shown, and how many more there are.
const PRINTED: usize = 6;
/// The widest column of actors; a longer name stands in the text instead.
const ACTOR_MAX: usize = 14;
/// The column of marks and words.
const KIND: usize = 12;

/// A row as it will be laid out.
struct Row {
    at: Time,
    /// A mark and a word: `= is so`.
    kind: String,
    tint: Tint,
    actor: String,
    what: String,
    /// Set below, with a margin, as a console shows it.
    below: Vec<(&'static str, String)>,
    /// What may be folded with what: the kind of the event, `None` where it stands alone.
    alike: Option<(Realm, &'static str, Option<&'static str>)>,
}

/// Tells the story of `report`.
pub fn render(page: &mut Page, report: &Report, detail: Detail) {
    let case = case_name(report);
    let case = if case.is_empty() { case } else { format!("{case}; ") };
    page.heading("STORY", &format!("{case}every instant can be pasted into `at:`"));
    page.hanging("  ", 2, Tint::Dim, "= what is so       ~ what that host's database believes    ! hazard");
    page.hanging("  ", 2, Tint::Dim, "$ typed, as run    | what it printed    > how it ended       x fault, act");
    page.gap();
    let mut rows = Vec::new();
    let mut hidden = 0;
    for line in &report.story {
        if detail == Detail::Every || line.matters || ends_a_command(report, line) {
            rows.extend(row(report, line, detail));
        } else if line.realm != Realm::Step {
            hidden += 1;
        }
    }
    let rows = if detail == Detail::Every { rows } else { fold(once(rows)) };
    lay_out(page, &rows);
    if rows.is_empty() {
        page.line("  Nothing happened that matters (-v shows every event).");
    }
    if detail != Detail::Every && hidden > 0 {
        page.hanging("  ", 2, Tint::Dim, &format!("{} of less weight left out (-v shows them)", count(hidden, "event")));
    }
    never_begun(page, report);
}

/// What a command printed is part of the story even where it went well.
fn ends_a_command(report: &Report, line: &StoryLine) -> bool {
    line.event == "step-ended" && line.step.and_then(|at| report.steps.get(at)).is_some_and(|step| step.kind == "run")
}

fn is_end(report: &Report, line: &StoryLine) -> bool {
    let Some(finding) = line.finding.and_then(|at| report.hazards.get(at)) else { return false };
    finding.until == Some(line.at) && line.event == "hazard-ended"
}

/// The row of an event; `None` where another row says it already.
fn row(report: &Report, line: &StoryLine, detail: Detail) -> Option<Row> {
    let mut row = Row {
        at: line.at,
        kind: String::new(),
        tint: Tint::Plain,
        actor: clean(&line.actor),
        what: clean(&line.what),
        below: Vec::new(),
        alike: None,
    };
    match line.realm {
        Realm::Truth => {
            row.kind = "= is so".into();
            row.alike = Some((Realm::Truth, line.event, None));
        }
        Realm::Belief => {
            row.kind = "~ believed".into();
            row.tint = Tint::Blue;
            row.alike = Some((Realm::Belief, line.event, None));
        }
        Realm::Hazard => {
            let finding = line.finding.and_then(|at| report.hazards.get(at));
            let severity = finding.map(|finding| finding.severity);
            // The kind says how bad it is; the sentence names the place.
            row.actor = String::new();
            let Some(finding) = finding else {
                row.kind = "# note".into();
                return Some(row);
            };
            if is_end(report, line) {
                row.kind = "! over".into();
                row.what = format!("{}: {}", finding.hazard, findings::subject(finding));
            } else {
                row.kind = format!("! {}", severity_word(severity));
                row.tint = severity_tint(severity);
                row.what = format!("{}: {}", finding.hazard, clean(&line.what));
            }
            // Corruption is never folded: each disk that is lost has its line.
            row.alike = (severity != Some(Severity::Corruption)).then_some((Realm::Hazard, line.event, Some(finding.hazard)));
        }
        Realm::Step => return step_row(row, report, line, detail),
    }
    Some(row)
}

fn step_row(mut row: Row, report: &Report, line: &StoryLine, detail: Detail) -> Option<Row> {
    let Some(step) = line.step.and_then(|at| report.steps.get(at)) else {
        row.kind = "> step".into();
        return Some(row);
    };
    match line.event {
        // The end of the command says it again, with the output.
        "refused" if detail != Detail::Every => return None,
        "refused" => {
            row.kind = "> refused".into();
            row.tint = Tint::Yellow;
        }
        "step-ended" => return ended_row(row, step, detail),
        _ => began(&mut row, step, detail),
    }
    Some(row)
}

fn began(row: &mut Row, step: &StepReport, detail: Detail) {
    let id = step.id.as_deref().map_or_else(String::new, |id| format!(", {}", clean(id)));
    let who = step.from.strip_prefix("operators.").map_or_else(String::new, |name| format!(", by {}", clean(name)));
    let place = format!("(line {}{id}{who})", step.line);
    match step.kind {
        "run" => {
            row.kind = "$ typed".into();
            row.tint = Tint::Cyan;
            row.actor = step.host.as_deref().map_or_else(|| row.actor.clone(), clean);
            let text = clean(&step.text);
            row.what = place;
            row.below.extend(text.lines().map(|line| ("$ ", line.to_string())));
            if let Some(ran) = &step.ran
                && detail == Detail::Every
                && ran.trim() != step.text.trim()
            {
                row.below.extend(clean(ran).lines().map(|line| ("as ", line.to_string())));
            }
        }
        kind => {
            (row.kind, row.tint) = match kind {
                "fault" => ("x FAULT".into(), Tint::Bold),
                "act" => ("x by hand".into(), Tint::Bold),
                _ => ("# note".into(), Tint::Dim),
            };
            // The kind says whose doing it is.
            row.actor = String::new();
            row.what = format!("{} {place}", clean(&step.text));
        }
    }
}

/// How a step ended. A fault or act that simply took place needs no second line.
fn ended_row(mut row: Row, step: &StepReport, detail: Detail) -> Option<Row> {
    if step.status == Status::Ok && step.kind != "run" {
        return None;
    }
    row.kind = "> ended".into();
    if step.kind == "run" {
        row.actor = step.host.as_deref().map_or_else(|| row.actor.clone(), clean);
    } else {
        row.actor = String::new();
    }
    row.what = ending(step);
    row.tint = match step.status {
        Status::Ok => Tint::Green,
        Status::Error | Status::Hung | Status::GivenUp => Tint::Yellow,
        Status::Skipped | Status::NotBegun => Tint::Dim,
    };
    let printed = clean(&step.output);
    let lines = printed.lines().count();
    // One line more takes no more room than to say that there is one.
    let shown = if detail == Detail::Every || lines <= PRINTED + 1 { lines } else { PRINTED };
    row.below = printed.lines().take(shown).map(|line| ("| ", line.to_string())).collect();
    if shown < lines {
        row.below.push(("| ", format!("… {} more (-v)", lines - shown)));
    }
    Some(row)
}

fn ending(step: &StepReport) -> String {
    let place = step.id.as_deref().map_or_else(|| format!("line {}", step.line), clean);
    let code = step.code.as_deref().map_or(String::new(), |code| format!(" {}", clean(code)));
    let exit = step.exit.map_or(String::new(), |exit| format!(", exit {exit}"));
    match step.status {
        Status::Ok => format!("{place}: ok"),
        Status::Error => format!("{place}: error{code}{exit}"),
        Status::Hung => format!("{place}: hung, given up with Ctrl-C"),
        Status::GivenUp => format!("{place}: given up, what it waited for did not come"),
        Status::Skipped => format!("{place}: skipped, its `if:` was false"),
        Status::NotBegun => format!("{place}: not begun"),
    }
}

/// Steps that never had their turn stand after the story, since they have no instant.
fn never_begun(page: &mut Page, report: &Report) {
    let missing: Vec<&StepReport> = report.steps.iter().filter(|step| step.at.is_none()).collect();
    if missing.is_empty() {
        return;
    }
    page.gap();
    page.hanging("  ", 2, Tint::Yellow, &format!("{} never had a turn:", count(missing.len(), "step")));
    for step in missing {
        let lead = format!("    line {}", step.line);
        let what = format!("{}, {}", step.status.name(), clean(&step.text).replace('\n', "; "));
        page.hanging(&pad(&lead, 14), 14, Tint::Plain, &what);
    }
}

/// What goes on and on (two writers, a host that restarts for ever) is told once, with how often and until when.
fn once(rows: Vec<Row>) -> Vec<Row> {
    let name = |row: &Row| match row.alike {
        Some((_, event, _)) if REPEATING.contains(&event) => Some((event, row.actor.clone(), row.what.clone())),
        _ => None,
    };
    let mut often: BTreeMap<_, (usize, Time)> = BTreeMap::new();
    for row in &rows {
        if let Some(name) = name(row) {
            let (n, last) = often.entry(name).or_insert((0, row.at));
            (*n, *last) = (*n + 1, row.at);
        }
    }
    let mut told = BTreeSet::new();
    let keep = |mut row: Row| {
        let Some(name) = name(&row) else { return Some(row) };
        let (n, last) = often.get(&name).copied().unwrap_or((0, row.at));
        if n < FOLD_FROM {
            return Some(row);
        }
        told.insert(name).then(|| {
            row.what.push_str(&format!(" (and {} more times until {last}; -v shows them)", n - 1));
            row
        })
    };
    rows.into_iter().filter_map(keep).collect()
}

/// Rows alike at one instant, with no step between them, become one where there are many.
fn fold(rows: Vec<Row>) -> Vec<Row> {
    let mut folded: Vec<Row> = Vec::with_capacity(rows.len());
    let mut rows = rows.into_iter().peekable();
    while let Some(first) = rows.next() {
        if first.alike.is_none() {
            folded.push(first);
            continue;
        }
        // A stretch: one instant, nothing between that stands alone.
        let at = first.at;
        let mut stretch = vec![first];
        while let Some(row) = rows.next_if(|row| row.at == at && row.alike.is_some()) {
            stretch.push(row);
        }
        let mut counts = BTreeMap::new();
        for row in &stretch {
            *counts.entry(key(row)).or_insert(0usize) += 1;
        }
        let mut told = BTreeMap::new();
        for row in stretch {
            let key = key(&row);
            let n = counts[&key];
            if n < FOLD_FROM {
                folded.push(row);
            } else if let Some(place) = told.get(&key) {
                // Further ones only tell whether all have one actor.
                let first: &mut Row = &mut folded[*place];
                if first.actor != row.actor {
                    first.actor = String::new();
                }
            } else {
                let mut row = row;
                let named = if row.actor.is_empty() { row.what.clone() } else { format!("{}: {}", row.actor, row.what) };
                row.what = format!("{n} alike, the first: {named} (-v shows them)");
                told.insert(key, folded.len());
                folded.push(row);
            }
        }
    }
    folded
}

/// A name for what a row may be folded with.
fn key(row: &Row) -> (u8, &'static str, &'static str, String) {
    let (realm, event, hazard) = row.alike.unwrap_or((Realm::Step, "", None));
    (realm as u8, event, hazard.unwrap_or(""), row.kind.clone())
}

fn lay_out(page: &mut Page, rows: &[Row]) {
    let instants = rows.iter().map(|row| width(&row.at.to_string())).max().unwrap_or(0).max(6);
    let actors = rows.iter().map(|row| width(&row.actor)).filter(|n| *n <= ACTOR_MAX).max().unwrap_or(0);
    let kinds = rows.iter().map(|row| width(&row.kind)).max().unwrap_or(0).min(KIND);
    let margin = 1 + instants + 2;
    let indent = margin + kinds + 2 + if actors > 0 { actors + 2 } else { 0 };
    for row in rows {
        // A command that fits stands on the line itself.
        let inline = match row.below.iter().filter(|(mark, _)| *mark == "$ ").collect::<Vec<_>>().as_slice() {
            [(_, command)] if width(command) <= COLUMNS - indent => Some(command),
            _ => None,
        };
        let long = width(&row.actor) > actors;
        let actor = if long { "" } else { &row.actor };
        let what = if long && !row.what.starts_with(&row.actor) { format!("{}: {}", row.actor, row.what) } else { row.what.clone() };
        let what = inline.map_or(what.clone(), |command| format!("{command} {what}"));
        let mut lead = format!(" {}  {}", pad_left(&row.at.to_string(), instants), pad(&page.tint(row.tint, &row.kind), kinds + 2));
        if actors > 0 {
            lead.push_str(&pad(actor, actors + 2));
        }
        page.hanging(&lead, indent, row.tint, &what);
        for (mark, text) in row.below.iter().filter(|(mark, _)| inline.is_none() || *mark != "$ ") {
            let tint = if *mark == "$ " { row.tint } else { Tint::Dim };
            let inner = margin + mark.len();
            let pieces = wrap(text, COLUMNS - inner);
            // An empty line of output is a line of output.
            let pieces = if pieces.is_empty() { vec![String::new()] } else { pieces };
            for (at, piece) in pieces.iter().enumerate() {
                let lead = if at == 0 { (*mark).to_string() } else { " ".repeat(mark.len()) };
                page.line(&format!("{}{lead}{}", " ".repeat(margin), page.tint(tint, piece)));
            }
        }
    }
}
