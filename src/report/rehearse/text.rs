//! A rehearsal for people: the matrix, the one line to change first, then the runbook's lines.

use super::{Fixed, Rehearsal};
use crate::report::text::layout::{Page, Tint, clean_line, count, pad, width};
use crate::report::text::{Style, severity_tint, severity_word};
use crate::search::rehearse::{Kind, kind_name};

/// The whole text.
pub fn render(rehearsal: &Rehearsal, style: Style) -> String {
    let mut page = Page::new(style.colour);
    let lead = |page: &Page, word: &str| page.tint(Tint::Bold, &pad(word, 10));
    let typed =
        format!("{}: {} tried on {}", clean_line(&rehearsal.runbook), count(rehearsal.commands, "command"), clean_line(&rehearsal.pool));
    let head = lead(&page, "runbook");
    page.hanging(&head, 10, Tint::Plain, &typed);
    let column = rehearsal.worlds.iter().map(|world| width(&clean_line(world))).max().unwrap_or(0) + 2;
    for (at, world) in rehearsal.worlds.iter().enumerate() {
        let head = if at == 0 { lead(&page, "worlds") } else { " ".repeat(10) };
        let verdict = match rehearsal.matrix.iter().find(|(known, _)| known == world) {
            Some((_, Some(worst))) => page.tint(severity_tint(Some(*worst)), severity_word(Some(*worst))),
            Some((_, None)) => "nothing wrong".to_owned(),
            None => page.tint(Tint::Dim, "no verdict: something was not followed"),
        };
        let missed = rehearsal.missed.iter().find(|(known, _)| known == world).map(|(_, missed)| missed.join("; "));
        page.line(&format!("{head}{}{verdict}", pad(&clean_line(world), column)));
        if let Some(missed) = missed {
            page.hanging(&" ".repeat(10 + column), 10 + column, Tint::Dim, &format!("missed: {}", clean_line(&missed)));
        }
    }
    if let Some(at) = rehearsal.first {
        let told = &rehearsal.items[at];
        let what = if told.mend.is_empty() { &told.what } else { &told.mend };
        let head = lead(&page, "first");
        page.hanging(&head, 10, Tint::Plain, &format!("change line {}: {}", told.line, clean_line(what)));
    }
    if !rehearsal.items.is_empty() {
        page.gap();
        page.heading("LINES", "of the runbook, and the worlds in which it is so");
    }
    let mut last = 0;
    for told in &rehearsal.items {
        if told.line != last {
            page.gap();
            last = told.line;
        }
        let tint = match told.kind {
            Kind::Fails | Kind::Harms | Kind::MissingBefore => Tint::Red,
            Kind::Typo | Kind::IgnoredKey | Kind::Placeholder => Tint::Yellow,
            Kind::NotFollowed | Kind::Notice => Tint::Dim,
        };
        let all = told.worlds.len() == rehearsal.worlds.len();
        let worlds = if all { String::new() } else { format!(" [{}]", clean_line(&told.worlds.join(", "))) };
        let lead = format!("  {:>4}  {}", told.line, page.tint(tint, &pad(kind_name(told.kind), 15)));
        page.hanging(&lead, 23, Tint::Plain, &format!("{}{worlds}", clean_line(&told.what)));
        if !told.mend.is_empty() {
            page.hanging(&" ".repeat(23), 25, Tint::Green, &format!("> {}", clean_line(&told.mend)));
        }
    }
    if !rehearsal.not_followed.is_empty() {
        page.gap();
        page.heading("NOT FOLLOWED", "what comes after it was looked at, and not run");
        page.gap();
        for (line, what) in &rehearsal.not_followed {
            page.hanging(&format!("  {line:>4}  "), 8, Tint::Plain, &clean_line(what));
        }
    }
    if let Some(fixed) = &rehearsal.fixed {
        page.gap();
        told(&mut page, rehearsal, fixed);
    }
    page.into_text()
}

/// What was put into a runbook, by itself.
pub fn fixed(rehearsal: &Rehearsal, fixed: &Fixed, style: Style) -> String {
    let mut page = Page::new(style.colour);
    told(&mut page, rehearsal, fixed);
    page.into_text()
}

fn told(page: &mut Page, rehearsal: &Rehearsal, fixed: &Fixed) {
    page.heading("FIXED", "the lines that were put in, and what comes of the runbook with them");
    page.gap();
    if fixed.put.is_empty() {
        page.line("  nothing: no line that was tried before one of its own makes it better");
    }
    for put in &fixed.put {
        page.hanging(&format!("  {:>4}  ", put.line), 8, Tint::Green, &format!("+ {}", clean_line(put.text.trim())));
        page.hanging(&" ".repeat(8), 10, Tint::Dim, &format!("> {}", clean_line(&put.why)));
    }
    page.gap();
    let list = |worlds: &[String]| clean_line(&worlds.join(", "));
    if fixed.unsafe_in.is_empty() {
        let all = if rehearsal.worlds.len() == 1 { "its world" } else { "every world" };
        page.hanging("  ", 2, Tint::Green, &format!("It is safe in {all}, and no command of it fails there, if what is by hand is done."));
    } else {
        let safe = if fixed.safe.is_empty() { "no world".to_owned() } else { list(&fixed.safe) };
        page.hanging(
            "  ",
            2,
            Tint::Red,
            &format!("It is safe in {safe}, and not in {}: what is wrong there stands in its own rehearsal.", list(&fixed.unsafe_in)),
        );
    }
}
