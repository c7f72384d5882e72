//! A sweep for people: how the runs of each case ended, how often each hazard came and when, and the command that shows one.
//! Knows no file and no terminal.

use super::grid::{Grid, grids};
use super::{CaseSwept, HazardSwept, Swept, WORST, in_order};
use crate::base::interval::{self, Interval};
use crate::base::time::Span;
use crate::hazard::Severity;
use crate::report::text::layout::{COLUMNS, Page, Tint, clean_line, count, cut, pad, pad_left, width, wrap_command};
use crate::report::text::{severity_tint, severity_word};

/// The report.
pub fn render(swept: &Swept, colour: bool) -> String {
    let mut page = Page::new(colour);
    recipe(&mut page, swept);
    page.gap();
    if !swept.compared.is_empty() {
        compared(&mut page, swept);
        return page.into_text();
    }
    if !swept.head.axes.is_empty() {
        varied(&mut page, swept);
        return page.into_text();
    }
    overview(&mut page, swept);
    for case in &swept.cases {
        page.gap();
        told(&mut page, case, swept.cases.len() > 1);
    }
    page.into_text()
}

fn recipe(page: &mut Page, swept: &Swept) {
    let head = &swept.head;
    let mut row = |name: &str, tint: Tint, text: &str| {
        let lead = page.tint(Tint::Dim, name);
        page.hanging(&lead, 10, tint, text);
    };
    row("scenario", Tint::Bold, &head.scenario);
    if !head.title.is_empty() && head.title != head.scenario {
        row("", Tint::Plain, &head.title);
    }
    row("poolsim", Tint::Plain, &format!("{}, release {}, seeds {}..{}", head.poolsim, head.release, head.seeds.0, head.seeds.1));
    let cut_short: u64 = swept.cases.iter().map(|case| case.cut_short).sum();
    if cut_short > 0 {
        let runs = count(usize::try_from(cut_short).unwrap_or(usize::MAX), "run");
        row(
            "",
            Tint::Alarm,
            &format!("{runs} ended by --max-events or --max-work before their time: what came later in them is not known."),
        );
    }
}

/// A share in percent with two digits behind the point.
pub fn percent(millionths: i32) -> String {
    let hundredths = (i64::from(millionths.unsigned_abs()) + 50) / 100;
    let sign = if millionths < 0 && hundredths > 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", hundredths / 100, hundredths % 100)
}

/// So many of all in percent, for a table: `-` for none, so that what there is stands out.
fn part(of: u64, all: u64) -> String {
    if of == 0 || all == 0 {
        return "-".into();
    }
    let thousandths = (u128::from(of) * 1000 + u128::from(all) / 2) / u128::from(all);
    match (of == all, thousandths) {
        (true, _) => "100 %".into(),
        (false, 0) => "<0.1 %".into(),
        (false, 1000) => ">99.9 %".into(),
        (false, n) => format!("{}.{} %", n / 10, n % 10),
    }
}

/// A span as tables show it: no finer than a reader compares.
pub fn rounded(us: u64) -> Span {
    let unit = match us {
        0..1_000_000 => 1_000,
        1_000_000..86_400_000_000 => 1_000_000,
        86_400_000_000..864_000_000_000 => 60_000_000,
        _ => 3_600_000_000,
    };
    Span((us + unit / 2) / unit * unit)
}

fn case_name(case: &CaseSwept) -> String {
    let name = clean_line(&case.case.name());
    if name.is_empty() { "all runs".into() } else { name }
}

fn overview(page: &mut Page, swept: &Swept) {
    const WIDE: [usize; 5] = [8, 8, 8, 8, 11];
    page.heading("RUNS", "the share of each worst");
    page.gap();
    let names: Vec<String> = swept.cases.iter().map(case_name).collect();
    let fixed = 2 + 9 + WIDE.iter().sum::<usize>();
    let room = COLUMNS - fixed;
    let side = names.iter().map(|name| width(name)).max().unwrap_or(0).clamp(8, room);
    let mut line = format!("  {}{}", pad("", side), pad_left("runs", 9));
    for (at, wide) in WIDE.iter().enumerate() {
        line.push_str(&pad_left(WORST[at], *wide));
    }
    let line = page.tint(Tint::Dim, &line);
    page.line(&line);
    for (case, name) in swept.cases.iter().zip(&names) {
        let mut cells = pad_left(&case.runs.to_string(), 9);
        for (at, wide) in WIDE.iter().enumerate() {
            let severity = at.checked_sub(1).map(|at| Severity::ALL[at]);
            let cell = part(case.worst[at], case.runs);
            let tint = if case.worst[at] == 0 { Tint::Dim } else { severity_tint(severity) };
            cells.push_str(&pad_left(&page.tint(tint, &cell), *wide));
        }
        // A name that is too long has a line of its own, whole: cut, two cases could look alike.
        if width(name) > room {
            page.hanging("  ", 2, Tint::Plain, name);
            page.line(&format!("  {}{cells}", pad("", side)));
        } else {
            page.line(&format!("  {}{cells}", pad(name, side)));
        }
    }
}

/// Where settings are varied: a table for each case, hazards or values down the side, values across the top.
fn varied(page: &mut Page, swept: &Swept) {
    let grids = grids(swept);
    let [axes @ .., across] = &swept.head.axes[..] else { return };
    if grids.is_empty() {
        page.line("no hazard in any run");
    }
    let mut case = None;
    for grid in &grids {
        // With one setting the hazards of a case share a table; with two each has its own.
        if case != Some(&grid.case) {
            page.heading(
                "BY",
                &format!(
                    "{}{across}{}",
                    axes.iter().map(|down| format!("{down} (down) and ")).collect::<String>(),
                    if axes.is_empty() { "" } else { " (across)" }
                ),
            );
            if !grid.case.is_empty() {
                page.hanging("  ", 2, Tint::Bold, &clean_line(&grid.case));
            }
            case = Some(&grid.case);
            page.gap();
        }
        let of_case: Vec<&Grid> = grids.iter().filter(|other| other.case == grid.case).collect();
        if axes.is_empty() {
            if of_case.first().is_some_and(|first| *first == grid) {
                let rows: Vec<(String, &[Option<Interval>])> =
                    of_case.iter().map(|grid| (page.tint(severity_tint(Some(grid.severity)), grid.hazard), &grid.cells[0][..])).collect();
                table(page, "", &grid.columns, &rows);
            }
        } else {
            let name = page.tint(severity_tint(Some(grid.severity)), grid.hazard);
            let rows: Vec<(String, &[Option<Interval>])> =
                grid.rows.iter().zip(&grid.cells).map(|(row, cells)| (row.clone(), &cells[..])).collect();
            table(page, &name, &grid.columns, &rows);
        }
    }
    let runs: u64 = swept.cases.iter().map(|case| case.runs).sum();
    let runs = count(usize::try_from(runs).unwrap_or(usize::MAX), "run");
    page.hanging(
        "",
        0,
        Tint::Dim,
        &format!("The share in percent, of {runs}. `--format json` has the intervals, `--report svg=FILE` a picture."),
    );
}

/// A table of shares; more columns than fit are set in blocks one below the other.
fn table(page: &mut Page, name: &str, columns: &[String], rows: &[(String, &[Option<Interval>])]) {
    let side = rows.iter().map(|(name, _)| width(name)).chain([width(name)]).max().unwrap_or(0) + 2;
    let wide = columns.iter().map(|name| width(name)).max().unwrap_or(0).max(6) + 2;
    let fit = ((COLUMNS - 2).saturating_sub(side) / wide).max(1);
    for block in 0..columns.len().div_ceil(fit) {
        let these = block * fit..((block + 1) * fit).min(columns.len());
        let mut head = format!("  {}", pad(name, side));
        columns[these.clone()].iter().for_each(|name| head.push_str(&pad_left(&page.tint(Tint::Dim, name), wide)));
        page.line(&head);
        for (name, cells) in rows {
            let mut line = format!("  {}", pad(name, side));
            for cell in &cells[these.clone()] {
                let text = cell.map_or_else(|| "not run".into(), |share| percent(share.estimate));
                line.push_str(&pad_left(&text, wide));
            }
            page.line(&line);
        }
        page.gap();
    }
}

/// Two sides with the same draws: how often each hazard comes on either, and the difference.
fn compared(page: &mut Page, swept: &Swept) {
    let Some((left, right)) = &swept.head.compare else { return };
    page.heading("LEFT ", left);
    page.heading("RIGHT", right);
    let (lefts, rights) = swept.cases.split_at(swept.cases.len() / 2);
    for (at, came) in swept.compared.iter().enumerate() {
        let (one, other) = (&lefts[at], &rights[at]);
        page.gap();
        if lefts.len() > 1 {
            page.heading("CASE", &format!("{} / {}", case_name(one), case_name(other)));
        }
        let pairs = count(usize::try_from(came.pairs).unwrap_or(usize::MAX), "pair");
        page.hanging("  ", 2, Tint::Plain, &format!("{pairs} of runs, each with one seed on both sides"));
        page.gap();
        if came.hazards.is_empty() {
            page.line("  no hazard on either side");
        } else {
            let head = ["left %", "right %", "only l", "only r"].map(|name| pad_left(name, 8)).concat();
            let head = page.tint(Tint::Dim, &format!("  {}{head}{}", pad("hazard", 25), pad_left("right - left, 95 %", 21)));
            page.line(&head);
        }
        for (hazard, paired) in in_order(came) {
            let share = |only: u64| interval::share(only + paired.both, came.pairs).estimate;
            let of = paired.difference();
            let name = page.tint(severity_tint(Some(hazard.severity())), hazard.doc().name);
            let cells = [
                percent(share(paired.left_only)),
                percent(share(paired.right_only)),
                paired.left_only.to_string(),
                paired.right_only.to_string(),
            ];
            let ends = format!("{} .. {}", percent(of.lower), percent(of.upper));
            page.line(&format!("  {}{}{}", pad(&name, 25), cells.map(|cell| pad_left(&cell, 8)).concat(), pad_left(&ends, 21)));
        }
        let [low, middle, high] = came.downtime.map(|us| {
            let span = rounded(us.unsigned_abs());
            if us < 0 { format!("-{span}") } else { span.to_string() }
        });
        if came.downtime != [0; 3] {
            page.gap();
            page.hanging(
                "  ",
                2,
                Tint::Plain,
                &format!("all VMs together are down longer on the right by {low}, {middle}, {high} (p10, p50, p90)"),
            );
        }
    }
}

fn told(page: &mut Page, case: &CaseSwept, several: bool) {
    let title = if several { "CASE" } else { "HAZARDS" };
    let rest = if several { case_name(case) } else { String::new() };
    page.heading(title, &rest);
    let runs = |n: u64| count(usize::try_from(n).unwrap_or(usize::MAX), "run");
    if case.runs < case.wanted {
        let why = match case.precise {
            Some(true) => "every interval is as narrow as was asked",
            _ => "it was ended before the others",
        };
        page.hanging("  ", 2, Tint::Plain, &format!("{} of {}: {why}", case.runs, runs(case.wanted)));
    }
    if case.precise == Some(false) {
        page.hanging("  ", 2, Tint::Yellow, "not every interval is as narrow as was asked: more seeds make them narrower");
    }
    if case.case.judged {
        let tint = if case.expected == case.runs { Tint::Green } else { Tint::Alarm };
        page.hanging("  ", 2, tint, &format!("{} of {} as expected", case.expected, runs(case.runs)));
    }
    page.gap();
    if case.hazards.is_empty() {
        page.line("  no hazard in any run");
    } else {
        hazards(page, case);
    }
    downtime(page, case);
}

fn hazards(page: &mut Page, case: &CaseSwept) {
    let head = format!(
        "  {}{}{}{}",
        pad("hazard", 25),
        pad_left("runs", 10),
        pad_left("95 % interval", 18),
        pad_left("begins p10    p50    p90", 25)
    );
    let head = page.tint(Tint::Dim, &head);
    page.line(&head);
    for found in &case.hazards {
        let HazardSwept { share, since, .. } = found;
        let name = page.tint(severity_tint(Some(found.severity)), found.hazard);
        let interval = format!("{} .. {} %", percent(share.lower), percent(share.upper));
        let mut line =
            format!("  {}{}{}", pad(&name, 25), pad_left(&format!("{} %", percent(share.estimate)), 10), pad_left(&interval, 18));
        for us in since {
            line.push_str(&format!(" {}", pad_left(&rounded(*us).to_string(), 7)));
        }
        page.line(&line);
        let seeds: Vec<String> = found.first_seeds.iter().map(u64::to_string).collect();
        let more = if found.runs > found.first_seeds.len() as u64 { ", …" } else { "" };
        let text = format!("{}: seed {}{more}", severity_word(Some(found.severity)), seeds.join(", "));
        page.hanging("    ", 4, Tint::Dim, &text);
    }
    page.gap();
    if let Some((found, seed)) = case.hazards.first().and_then(|found| found.first_seeds.first().map(|seed| (found, seed))) {
        let lead = format!("  to see {}: ", found.hazard);
        let lines = wrap_command(&format!("{} {seed}", case.case.replay), COLUMNS - 6);
        if let [line] = &lines[..]
            && width(&lead) + width(line) <= COLUMNS
        {
            page.line(&(lead + line));
        } else {
            page.line(&lead);
            lines.iter().for_each(|line| page.line(&format!("    {line}")));
        }
    }
}

fn downtime(page: &mut Page, case: &CaseSwept) {
    let down: Vec<&(String, [u64; 3])> = case.downtime.iter().filter(|(_, [.., most])| *most > 0).collect();
    if down.is_empty() {
        return;
    }
    page.gap();
    let head = format!("  {}{}", pad("down", 43), ["p50", "p90", "longest"].map(|name| pad_left(name, 11)).concat());
    let head = page.tint(Tint::Dim, &head);
    page.line(&head);
    for (vm, figures) in &down {
        let name = cut(&clean_line(vm), 42);
        page.line(&format!("  {}{}", pad(&name, 43), figures.map(|us| pad_left(&rounded(us).to_string(), 11)).concat()));
    }
    let never = case.downtime.len() - down.len();
    if never > 0 {
        page.hanging("  ", 2, Tint::Dim, &format!("{} never", count(never, "other VM")));
    }
}
