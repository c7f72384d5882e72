//! The matrix of cases: what may be so down the side, what the operator does across the top.

use super::layout::{COLUMNS, Page, Tint, clean, pad, width};
use super::{severity_tint, severity_word};
use crate::report::{Report, Verdict};

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

/// The worst of a case, and whether its recovery is safe, in words.
fn cell(report: &Report) -> String {
    let safe = match (report.recovery_safe, report.steps.iter().any(|step| step.from == "recovery")) {
        (Some(true), _) => ", safe",
        (Some(false), _) => ", NOT SAFE",
        (None, true) => ", not begun",
        (None, false) => "",
    };
    let judged = match report.verdict {
        Verdict::NotAsExpected => " *",
        Verdict::Inconclusive => " ?",
        Verdict::AsExpected | Verdict::NoExpectation => "",
    };
    format!("{}{safe}{judged}", severity_word(report.worst))
}

/// Lays the cases out; more columns than fit are set in blocks one below the other.
pub fn render(page: &mut Page, reports: &[Report], told: usize) {
    let mut rows: Vec<String> = Vec::new();
    let mut columns: Vec<String> = Vec::new();
    for report in reports {
        let (row, column) = (row_name(report), column_name(report));
        if !rows.contains(&row) {
            rows.push(row);
        }
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    page.heading("CASES", "what may be so (down) x what the operator does (across): the worst, and whether the recovery is safe");
    page.gap();
    // Names that are too long for a column are given a letter, and a line of their own.
    let mut legend = Vec::new();
    let mut shorten = |names: &[String], most: usize, prefix: &str| -> Vec<String> {
        let short = |(at, name): (usize, &String)| {
            if width(name) <= most {
                return name.clone();
            }
            let short = format!("[{prefix}{}]", at + 1);
            legend.push(format!("{short} {name}"));
            short
        };
        names.iter().enumerate().map(short).collect()
    };
    let row_names = shorten(&rows, 24, "world ");
    let column_names = shorten(&columns, 30, "recovery ");
    let side = row_names.iter().map(|name| width(name)).max().unwrap_or(0) + 2;
    let cells: Vec<(usize, usize, usize)> = reports
        .iter()
        .enumerate()
        .filter_map(|(at, report)| {
            let row = rows.iter().position(|name| *name == row_name(report))?;
            let column = columns.iter().position(|name| *name == column_name(report))?;
            Some((row, column, at))
        })
        .collect();
    let wide = |column: usize| {
        let body = cells.iter().filter(|(_, c, _)| *c == column).map(|(_, _, at)| width(&cell(&reports[*at])) + 2).max();
        body.unwrap_or(0).max(width(&column_names[column])) + 2
    };
    let mut first = 0;
    while first < columns.len() {
        let mut last = first + 1;
        let mut used = 2 + side + wide(first);
        while last < columns.len() && used + wide(last) <= COLUMNS {
            used += wide(last);
            last += 1;
        }
        let mut head = pad("", 2 + side);
        for (at, name) in column_names.iter().enumerate().take(last).skip(first) {
            head.push_str(&pad(&page.tint(Tint::Bold, &format!("  {name}")), wide(at)));
        }
        page.line(&head);
        for (row, name) in row_names.iter().enumerate() {
            let mut line = format!("  {}", pad(&page.tint(Tint::Bold, name), side));
            for column in first..last {
                let found = cells.iter().find(|(r, c, _)| *r == row && *c == column).map(|(_, _, at)| *at);
                let text = match found {
                    Some(at) => {
                        let mark = if at == told { "> " } else { "  " };
                        format!("{mark}{}", page.tint(severity_tint(reports[at].worst), &cell(&reports[at])))
                    }
                    None => "  -".to_string(),
                };
                line.push_str(&pad(&text, wide(column)));
            }
            page.line(&line);
        }
        page.gap();
        first = last;
    }
    for line in legend {
        page.hanging("  ", 2, Tint::Plain, &line);
    }
    let mut keys = vec!["> told below"];
    if reports.iter().any(|report| report.verdict == Verdict::NotAsExpected) {
        keys.push("* not as expected");
    }
    if reports.iter().any(|report| report.verdict == Verdict::Inconclusive) {
        keys.push("? inconclusive");
    }
    page.hanging(
        "  ",
        2,
        Tint::Dim,
        &format!("{}; safe: nothing of danger or corruption begins after the recovery began", keys.join(", ")),
    );
}
