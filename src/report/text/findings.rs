//! What was found and what was expected: hazards with cause and advice, expectations, warnings.

use super::Detail;
use super::layout::{Page, Tint, clean, pad, pad_left, width};
use super::words::{case_name, severity_tint, severity_word, tally};
use crate::report::{Expectation, Finding, Report, Warning};
use std::collections::{BTreeMap, BTreeSet};

/// Findings of one kind that have one cause, told together: the first in full, the others by name.
struct Group<'a> {
    first: &'a Finding,
    others: Vec<&'a Finding>,
}

/// What findings of one kind must be alike in to be told together: their causes, and the advice without the names of their
/// places. Beliefs that are part of a cause come at an instant of their own for each.
type Shape = (&'static str, Vec<(Option<u32>, &'static str)>, String);

fn shape(finding: &Finding) -> Shape {
    let parts = finding.because.iter().chain(&finding.alternatives);
    let because = parts.map(|part| (part.line, if part.line.is_some() { "" } else { part.event })).collect();
    (finding.hazard, because, nameless(&finding.advice, finding))
}

/// `text` with the names of the finding's own place left out.
fn nameless(text: &str, finding: &Finding) -> String {
    let names = [&finding.vdi, &finding.vm, &finding.sr].into_iter().flatten().chain(&finding.hosts);
    let names: BTreeSet<&str> = names.map(String::as_str).collect();
    let is_name = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let mut bare = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        bare.push_str(if names.contains(word) { "*" } else { word });
        let between = after.find(is_name).unwrap_or(after.len());
        bare.push_str(&after[..between]);
        rest = &after[between..];
    }
    bare
}

/// The gravest first, and those of one gravity in the order in which they began.
fn by_weight(report: &Report) -> Vec<&Finding> {
    let mut findings: Vec<&Finding> = report.hazards.iter().collect();
    findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.since));
    findings
}

fn grouped(report: &Report) -> Vec<Group<'_>> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places: BTreeMap<Shape, usize> = BTreeMap::new();
    // Where causes were not looked for, the advice alone says what is alike.
    let mut by_advice: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for finding in by_weight(report) {
        let shape = shape(finding);
        let advice = (finding.hazard, shape.2.clone());
        let known = if finding.because.is_empty() { by_advice.get(&advice) } else { places.get(&shape) }.copied();
        match known {
            Some(at) => groups[at].others.push(finding),
            None => {
                places.insert(shape, groups.len());
                by_advice.entry(advice).or_insert(groups.len());
                groups.push(Group { first: finding, others: Vec::new() });
            }
        }
    }
    groups
}

/// What sets a finding apart from another of its kind: the names that the other does not have.
fn apart(finding: &Finding, first: &Finding) -> String {
    let pairs = [(&finding.vdi, &first.vdi), (&finding.vm, &first.vm), (&finding.sr, &first.sr)];
    let mut names: Vec<String> = pairs.into_iter().filter(|(this, other)| this != other).filter_map(|(this, _)| this.clone()).collect();
    if finding.hosts != first.hosts {
        names.extend(finding.hosts.iter().cloned());
    }
    if names.is_empty() || finding.since != first.since {
        names.push(format!("{} {}", if finding.until == Some(finding.since) { "at" } else { "since" }, finding.since));
    }
    if let Some(damage) = finding.damage.as_ref().filter(|damage| first.damage.as_ref() != Some(*damage)) {
        names.push(format!("damaged at {}", damage.at));
    }
    clean(&names.join(" "))
}

/// The one thing that a finding is about, for a line that has no room for more.
pub fn subject(finding: &Finding) -> String {
    let thing = finding.vdi.as_ref().or(finding.vm.as_ref()).cloned();
    clean(
        &thing.unwrap_or_else(|| if finding.hosts.is_empty() { finding.sr.clone().unwrap_or_default() } else { finding.hosts.join(", ") }),
    )
}

/// Where a finding is: "db-root, VM db, SR nfs1, hosts beta and gamma".
fn place(finding: &Finding) -> String {
    let mut parts = Vec::new();
    if let Some(vdi) = &finding.vdi {
        parts.push(format!("disk {}", clean(vdi)));
    }
    if let Some(vm) = &finding.vm {
        parts.push(format!("VM {}", clean(vm)));
    }
    if let Some(sr) = &finding.sr {
        parts.push(format!("SR {}", clean(sr)));
    }
    match finding.hosts.as_slice() {
        [] => {}
        [host] => parts.push(format!("host {}", clean(host))),
        hosts => parts.push(format!("hosts {}", clean(&hosts.join(", ")))),
    }
    if let Some(by) = &finding.by {
        parts.push(format!("by {}", clean(by)));
    }
    parts.join("; ")
}

fn lasted(finding: &Finding) -> String {
    match finding.until {
        Some(until) if until == finding.since => format!("at {}", finding.since),
        Some(until) => format!("{} to {until}", finding.since),
        None => format!("since {}, still so at the end", finding.since),
    }
}

/// All findings of a case, with cause and advice.
pub fn hazards(page: &mut Page, report: &Report) {
    let tally = tally(&report.counts);
    if report.hazards.is_empty() {
        page.heading("HAZARDS", "none");
        return;
    }
    page.heading("HAZARDS", &tally);
    let groups = grouped(report);
    for (at, group) in groups.iter().enumerate() {
        page.gap();
        let finding = group.first;
        let tint = severity_tint(Some(finding.severity));
        let number = format!("{:>3}. ", at + 1);
        let title = format!("{} {}, {}", severity_word(Some(finding.severity)), finding.hazard, lasted(finding));
        page.hanging(&number, 5, tint, &title);
        let mut row = |name: &str, text: &str| {
            if !text.is_empty() {
                page.hanging(&format!("     {name}"), 14, Tint::Plain, text);
            }
        };
        row("where", &place(finding));
        row("what", &finding.sentence);
        if let Some(damage) = &finding.damage {
            row("damage", &format!("at {} {} wrote over what {} had written", damage.at, damage.by, damage.over));
        }
        if !group.others.is_empty() {
            let names: Vec<String> = group.others.iter().map(|other| apart(other, finding)).collect();
            row("also", &format!("{} more of this cause: {}", group.others.len(), names.join("; ")));
        }
        // What was said of an earlier one is pointed to, and not said again.
        let earlier = |same: &dyn Fn(&Finding) -> bool| groups[..at].iter().position(|group| same(group.first)).map(|at| at + 1);
        let same_cause = earlier(&|other| {
            let any = !finding.because.is_empty() || !finding.alternatives.is_empty();
            any && (&other.because, &other.alternatives) == (&finding.because, &finding.alternatives)
        });
        match same_cause {
            Some(number) => page.hanging("     because", 14, Tint::Plain, &format!("the same as for {number}")),
            None => because(page, finding),
        }
        let advice = match earlier(&|other| other.advice == finding.advice) {
            Some(number) if !finding.advice.is_empty() => format!("as for {number}"),
            _ => finding.advice.clone(),
        };
        page.hanging(&format!("     {}", page.tint(Tint::Bold, "advice")), 14, Tint::Plain, &advice);
    }
    if report.because_cut_short {
        page.gap();
        page.hanging(
            "  ",
            2,
            Tint::Dim,
            "Not every cause was looked for: the search ends at 20 findings or 200 runs of a case. The findings themselves are complete.",
        );
    }
}

fn because(page: &mut Page, finding: &Finding) {
    let all = || finding.because.iter().chain(&finding.alternatives);
    let instants = all().map(|part| width(&part.at.to_string())).max().unwrap_or(0);
    let either = match finding.alternatives.len() {
        1 => "and",
        2 => "either",
        _ => "any of",
    };
    let causes = finding.because.len();
    for (at, part) in all().enumerate() {
        let word = match at {
            _ if at == causes => either,
            0 => "because",
            _ => "",
        };
        let lead = format!("     {}{}", pad(word, 9), pad_left(&part.at.to_string(), instants));
        let what = match part.line {
            Some(line) => format!("{} (line {line})", part.what),
            None => format!("~ {}", part.what),
        };
        page.hanging(&lead, 14 + instants + 2, if part.line.is_some() { Tint::Plain } else { Tint::Blue }, &what);
    }
}

/// `-q`: a line for the findings of one cause.
pub fn brief(page: &mut Page, report: &Report) {
    for group in grouped(report) {
        let finding = group.first;
        let more = if group.others.is_empty() { String::new() } else { format!(" (and {} more)", group.others.len()) };
        let word = severity_word(Some(finding.severity));
        let title = format!("{word} {}, {}: {}{more}", finding.hazard, lasted(finding), finding.sentence);
        page.hanging("  ", 2, severity_tint(Some(finding.severity)), &title);
    }
}

/// Those that failed, of every case; those that passed are counted, and shown with `-v`.
pub fn expectations(page: &mut Page, reports: &[Report], detail: Detail) {
    let all: Vec<(&Report, &Expectation)> = reports.iter().flat_map(|r| r.expectations.iter().map(move |e| (r, e))).collect();
    page.gap();
    if all.is_empty() {
        return page.heading("EXPECTATIONS", "none in the file: there was nothing to judge by");
    }
    let failed = all.iter().filter(|(_, e)| !e.passed).count();
    let passed = all.len() - failed;
    let mut says = if failed == 0 { format!("all {passed} passed") } else { format!("{failed} of {} FAILED, {passed} passed", all.len()) };
    if passed > 0 && detail != Detail::Every {
        says.push_str(" (-v shows those that passed)");
    }
    page.heading("EXPECTATIONS", &says);
    for (report, expectation) in all {
        if expectation.passed && detail != Detail::Every {
            continue;
        }
        let (word, tint) = if expectation.passed { ("passed", Tint::Green) } else { ("FAILED", Tint::Alarm) };
        let case = case_name(report);
        let case = if case.is_empty() || reports.len() == 1 { String::new() } else { format!(", {case}") };
        let lead = format!("  {}", page.tint(tint, word));
        page.hanging(&lead, 10, Tint::Plain, &format!("line {}{case}", expectation.line));
        page.hanging("          expected", 20, Tint::Plain, &expectation.what);
        page.hanging("          got", 20, if expectation.passed { Tint::Plain } else { tint }, &expectation.got);
    }
}

/// Warnings about the scenario; the same one in several cases stands once.
pub fn warnings(page: &mut Page, reports: &[Report]) {
    let mut seen: Vec<(&Warning, Vec<String>)> = Vec::new();
    for report in reports {
        for warning in &report.warnings {
            match seen.iter_mut().find(|(other, _)| *other == warning) {
                Some((_, cases)) => cases.push(case_name(report)),
                None => seen.push((warning, vec![case_name(report)])),
            }
        }
    }
    if seen.is_empty() {
        return;
    }
    page.gap();
    page.heading("WARNINGS", "about the scenario itself");
    for (warning, cases) in seen {
        let only = if cases.len() == reports.len() { String::new() } else { format!(" (only in {})", cases.join("; ")) };
        page.hanging(&format!("  {}", warning.code), 2, Tint::Plain, "");
        page.hanging("", 4, Tint::Yellow, &format!("line {}: {}{only}", warning.line, warning.text));
    }
}
