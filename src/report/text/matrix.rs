//! The matrix of cases: what may be so down the side, what the operator does across the top.

use super::layout::{COLUMNS, Page, Tint, clean, pad, width};
use super::words::{case_name, severity_tint, severity_word};
use crate::base::time::Span;
use crate::hazard::Severity;
use crate::report::{Finding, Report, Verdict};
use crate::world::event::Status;
use std::collections::BTreeMap;

/// The word for a case whose recovery name is absent, in the head of a column.
fn column_name(report: &Report) -> String {
    match &report.recovery {
        Some(name) => clean(name),
        None if report.steps.iter().any(|step| step.from == "recovery") => "the recovery".to_string(),
        None => "no recovery".to_string(),
    }
}

fn row_name(report: &Report) -> String {
    let mut name = report.world.as_deref().map_or_else(|| "the timeline".to_string(), clean);
    for (key, value) in &report.set {
        name.push_str(&clean(&format!(", {key}={value}")));
    }
    name
}

/// What a cell says: what the recovery made of it, and what was there before it.
struct Cell {
    /// The worst that the recovery began; without a recovery the worst of all.
    worst: Option<Severity>,
    told: String,
    /// In grey.
    before: String,
}

/// A case in the words of somebody who teaches: what the recovery began, whether all that ran runs again, what was refused, how
/// long the longest stood still; and what was bad before the recovery began.
fn cell(report: &Report) -> Cell {
    let judged = match report.verdict {
        Verdict::NotAsExpected => " *",
        Verdict::Inconclusive => " ?",
        Verdict::AsExpected | Verdict::NoExpectation => "",
    };
    let recovery = || report.steps.iter().filter(|step| step.from == "recovery");
    let Some(began) = report.recovery_began else {
        let never = if recovery().next().is_some() { ", not begun" } else { "" };
        let told = format!("{}{never}{judged}", severity_word(report.worst));
        return Cell { worst: report.worst, told, before: String::new() };
    };
    let (after, before): (Vec<&Finding>, Vec<&Finding>) = report.hazards.iter().partition(|finding| finding.since > began);
    let worst = |findings: &[&Finding]| findings.iter().map(|finding| finding.severity).max();
    let harm = worst(&after).filter(|worst| *worst >= Severity::Danger);
    let mut told = vec![harm.map_or("safe", |harm| severity_word(Some(harm))).to_string()];
    told.push(match &report.missed[..] {
        [] => "goal reached".into(),
        [_] if report.own_goal => "goal missed".into(),
        several if report.own_goal => format!("{} states of the goal missed", several.len()),
        [one] if report.end_state.vms.get(one).is_some_and(|vm| vm.running_on.len() > 1) => format!("{} runs twice", clean(one)),
        [one] => format!("{} not up", clean(one)),
        several => format!("{} VMs not as they were", several.len()),
    });
    let refused = recovery().filter(|step| matches!(step.status, Status::Error | Status::Hung | Status::GivenUp)).count();
    told.extend((refused > 0).then(|| format!("{refused} refused")));
    let longest = report.downtime.values().max().copied().unwrap_or_default();
    told.extend((longest > Span::ZERO).then(|| format!("down {}", rounded(longest))));
    let before = worst(&before).map_or_else(String::new, |before| format!(" (before: {})", severity_word(Some(before))));
    Cell { worst: harm, told: format!("{}{judged}", told.join(", ")), before }
}

/// A span in whole minutes where it has any, else in whole seconds: nobody compares recoveries by the second.
fn rounded(span: Span) -> Span {
    let unit = if span >= Span::mins(1) { Span::mins(1).0 } else { Span::secs(1).0 };
    Span((span.0 + unit / 2) / unit * unit)
}

/// The cases as a table: names down the side and across the top, and which case stands where.
struct Table<'r> {
    reports: &'r [Report],
    rows: Vec<String>,
    columns: Vec<String>,
    /// Row, column and place of each case.
    cells: Vec<(usize, usize, usize)>,
}

impl<'r> Table<'r> {
    fn new(reports: &'r [Report]) -> Table<'r> {
        let mut table = Table { reports, rows: Vec::new(), columns: Vec::new(), cells: Vec::new() };
        for (at, report) in reports.iter().enumerate() {
            let row = place(&mut table.rows, row_name(report));
            let column = place(&mut table.columns, column_name(report));
            table.cells.push((row, column, at));
        }
        table
    }

    /// The case of a cell.
    fn case(&self, row: usize, column: usize) -> Option<usize> {
        self.cells.iter().find(|(r, c, _)| *r == row && *c == column).map(|(_, _, at)| *at)
    }

    /// How wide a column must be under a head of this name.
    fn wide(&self, column: usize, name: &str) -> usize {
        let cells = self.cells.iter().filter(|(_, c, _)| *c == column);
        let wide = |cell: Cell| width(&cell.told) + width(&cell.before) + 2;
        let body = cells.map(|(_, _, at)| wide(cell(&self.reports[*at]))).max();
        body.unwrap_or(0).max(width(name)) + 2
    }
}

/// Where a name stands in a list; it is put at its end if it does not stand there yet.
fn place(names: &mut Vec<String>, name: String) -> usize {
    names.iter().position(|known| *known == name).unwrap_or_else(|| {
        names.push(name);
        names.len() - 1
    })
}

/// Names that are too long for the table are given a letter, and a line of their own in the legend.
fn shortened(names: &[String], most: usize, prefix: &str, legend: &mut Vec<String>) -> Vec<String> {
    let short = |(at, name): (usize, &String)| {
        if width(name) <= most {
            return name.clone();
        }
        let short = format!("[{prefix}{}]", at + 1);
        legend.push(format!("{short} {name}"));
        short
    };
    names.iter().enumerate().map(short).collect()
}

/// Lays the cases out; more columns than fit are set in blocks one below the other.
pub fn render(page: &mut Page, reports: &[Report], told: usize) {
    let table = Table::new(reports);
    page.heading("CASES", "what may be so (down) x what the operator does (across): what comes of it");
    page.gap();
    let mut legend = Vec::new();
    let row_names = shortened(&table.rows, 24, "world ", &mut legend);
    let column_names = shortened(&table.columns, 30, "recovery ", &mut legend);
    let side = row_names.iter().map(|name| width(name)).max().unwrap_or(0) + 2;
    let wide: Vec<usize> = column_names.iter().enumerate().map(|(column, name)| table.wide(column, name)).collect();
    let mut first = 0;
    while first < wide.len() {
        let mut last = first + 1;
        while last < wide.len() && 2 + side + wide[first..=last].iter().sum::<usize>() <= COLUMNS {
            last += 1;
        }
        let mut head = pad("", 2 + side);
        for (name, wide) in column_names.iter().zip(&wide).take(last).skip(first) {
            head.push_str(&pad(&page.tint(Tint::Bold, &format!("  {name}")), *wide));
        }
        page.line(&head);
        for (row, name) in row_names.iter().enumerate() {
            let mut line = format!("  {}", pad(&page.tint(Tint::Bold, name), side));
            for (column, wide) in wide.iter().enumerate().take(last).skip(first) {
                let text = table.case(row, column).map_or("  -".to_string(), |at| {
                    let mark = if at == told { "> " } else { "  " };
                    let Cell { worst, told, before } = cell(&reports[at]);
                    format!("{mark}{}{}", page.tint(severity_tint(worst), &told), page.tint(Tint::Dim, &before))
                });
                line.push_str(&pad(&text, *wide));
            }
            page.line(&line);
        }
        page.gap();
        first = last;
    }
    for line in legend {
        page.hanging("  ", 2, Tint::Plain, &line);
    }
    key(page, reports);
}

/// Cases that are too many for a table, counted: how bad each was, and the first of each kind.
pub fn counted(page: &mut Page, reports: &[Report]) {
    page.heading("CASES", "too many for a table here: how many came out how, and the first of each");
    page.gap();
    let mut kinds: BTreeMap<(Option<Severity>, u8), (usize, usize)> = BTreeMap::new();
    for (at, report) in reports.iter().enumerate() {
        let judged = match report.verdict {
            Verdict::NotAsExpected => 2,
            Verdict::Inconclusive => 1,
            Verdict::AsExpected | Verdict::NoExpectation => 0,
        };
        kinds.entry((report.worst, judged)).or_insert((0, at)).0 += 1;
    }
    for ((worst, judged), (count, first)) in kinds.into_iter().rev() {
        let judged = ["", ", inconclusive", ", not as expected"][usize::from(judged)];
        let what = format!("{count:>7}  {}{judged}: {}", severity_word(worst), case_name(&reports[first]));
        page.hanging("", 9, severity_tint(worst), &what);
    }
}

/// What the marks in the table mean.
fn key(page: &mut Page, reports: &[Report]) {
    let mut keys = vec!["> told below"];
    if reports.iter().any(|report| report.verdict == Verdict::NotAsExpected) {
        keys.push("* not as expected");
    }
    if reports.iter().any(|report| report.verdict == Verdict::Inconclusive) {
        keys.push("? inconclusive");
    }
    let safe = "safe: nothing of danger or corruption begins after the recovery began";
    let own = reports.iter().any(|report| report.own_goal);
    let goal = if own {
        "goal: what the file names; down: the longest that a VM stood still"
    } else {
        "goal: every VM that ran at the start runs at the end, on one host; down: the longest that one stood still"
    };
    let text = format!("{}; {safe}; {goal}", keys.join(", "));
    page.hanging("  ", 2, Tint::Dim, &text);
}
