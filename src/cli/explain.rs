//! `poolsim explain`: what a word means that a report or a diagnostic names.

use super::args::{Common, Explain, Format};
use super::exit::Status;
use super::load::did_you_mean;
use super::out::Out;
use crate::catalog::{self, Entry, Kind};
use crate::report::json::{compact, pretty};
use crate::report::text::layout::{COLUMNS, Page, Tint, width};
use serde_json::json;

/// Explains a topic, or lists all of them.
pub fn explain(out: Out, common: &Common, args: &Explain) -> Status {
    if let Err(status) = super::shared::only(out, common, "explain", &[Format::Text, Format::Json, Format::Ndjson]) {
        return status;
    }
    let topic = args.topic.join(" ");
    let asked = if topic.trim().is_empty() { Asked::Everything } else { Asked::about(&topic) };
    let entries = match &asked {
        Asked::Everything => catalog::entries(),
        Asked::Kind(kind) => catalog::entries().into_iter().filter(|entry| entry.kind == *kind).collect(),
        Asked::These(entries) | Asked::Near(entries) => entries.clone(),
    };
    if entries.is_empty() {
        let near = catalog::nearest(&topic);
        let help = did_you_mean(&near, "`poolsim explain` without a topic says what there is");
        return out.refuse("usage", &format!("there is nothing about `{topic}`"), &help, Status::Wrong);
    }
    let value = |entry: &Entry| json!({"kind": entry.kind.name(), "name": entry.name, "summary": entry.summary, "text": entry.text});
    let text = match common.format {
        Format::Json => pretty(&entries.iter().map(value).collect()),
        Format::Ndjson => entries.iter().map(|entry| compact(&value(entry)) + "\n").collect(),
        Format::Text | Format::Sarif | Format::Github | Format::Md | Format::Dot | Format::Svg | Format::Html | Format::Xml => {
            let mut page = Page::new(out.colour);
            match asked {
                Asked::Everything if common.verbose => {
                    page.heading("poolsim explain TOPIC", "explains one of these:");
                    contents(&mut page, &entries);
                }
                Asked::Everything => front(&mut page, &entries),
                Asked::Kind(_) => contents(&mut page, &entries),
                Asked::These(_) => entries.iter().for_each(|entry| tell(&mut page, entry)),
                Asked::Near(_) => {
                    page.heading(&topic, "stands in each of these:");
                    contents(&mut page, &entries);
                }
            }
            page.into_text()
        }
    };
    out.result(text.trim_start_matches('\n'))
}

/// What a topic asks for.
enum Asked {
    Everything,
    /// All of a kind: `hazards`, `verdict`.
    Kind(Kind),
    /// What bears the name.
    These(Vec<Entry>),
    /// Several of whose names it is a part.
    Near(Vec<Entry>),
}

impl Asked {
    fn about(topic: &str) -> Asked {
        let found = catalog::find(topic);
        if !found.is_empty() {
            return Asked::These(found);
        }
        if let Some(kind) = Kind::named(topic) {
            return Asked::Kind(kind);
        }
        let parts = catalog::with_part(topic);
        let several = parts.iter().any(|entry| entry.name != parts[0].name);
        if several { Asked::Near(parts) } else { Asked::These(parts) }
    }
}

/// What there is to explain: a line a kind.
fn front(page: &mut Page, entries: &[Entry]) {
    page.heading("poolsim explain TOPIC", "explains a word of a report, a scenario, a command line or a message:");
    page.gap();
    let column = Kind::ALL.iter().map(|kind| kind.plural().len()).max().unwrap_or(0) + 4;
    for kind in Kind::ALL {
        let of_kind: Vec<&str> = entries.iter().filter(|entry| entry.kind == kind).map(|entry| entry.name.as_str()).collect();
        let Some(first) = of_kind.first() else { continue };
        let lead = format!("  {}", page.tint(Tint::Bold, kind.plural()));
        page.hanging(&lead, column, Tint::Plain, &format!("{} of them, such as {first}: {}", of_kind.len(), kind.title()));
    }
    page.gap();
    page.hanging("", 0, Tint::Plain, "`poolsim explain hazards` lists the hazards, and so for each kind; `poolsim explain -v` lists all.");
}

fn tell(page: &mut Page, entry: &Entry) {
    page.gap();
    page.heading(&entry.name, &format!("({})", entry.kind.name()));
    for paragraph in entry.text.trim_end().split("\n\n") {
        page.gap();
        for line in paragraph.lines() {
            // What is set in by blanks is an example, and is not refilled.
            let blanks = line.len() - line.trim_start().len();
            page.hanging("", 2 + blanks.min(COLUMNS / 2), if blanks > 0 { Tint::Cyan } else { Tint::Plain }, line.trim_start());
        }
    }
}

/// A line an entry, by kind.
fn contents(page: &mut Page, entries: &[Entry]) {
    for kind in Kind::ALL {
        let of_kind: Vec<&Entry> = entries.iter().filter(|entry| entry.kind == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        page.gap();
        page.heading(kind.title(), "");
        if kind == Kind::Key && of_kind.len() > 20 {
            let maps = catalog::keys_by_map();
            let column = maps.iter().map(|(what, _)| width(what)).max().unwrap_or(0) + 4;
            for (what, keys) in maps {
                page.hanging(&format!("  {}", page.tint(Tint::Bold, what)), column, Tint::Plain, &keys.join(", "));
            }
            continue;
        }
        let names = of_kind.iter().map(|entry| width(&entry.name)).max().unwrap_or(0).min(26) + 2;
        for entry in of_kind {
            let lead = format!("  {}", page.tint(Tint::Bold, &entry.name));
            if width(&entry.name) + 2 > names {
                page.line(&lead);
                page.hanging("", 2 + names, Tint::Plain, &entry.summary);
            } else {
                page.hanging(&lead, 2 + names, Tint::Plain, &entry.summary);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the types can say has an entry.
    #[test]
    fn every_severity_verdict_and_status_is_explained() {
        use crate::report::Verdict;
        let verdicts = [Verdict::AsExpected, Verdict::NotAsExpected, Verdict::Inconclusive, Verdict::NoExpectation];
        let severities = crate::hazard::Severity::ALL.iter().map(|s| s.name());
        let statuses = crate::world::event::Status::ALL.iter().map(|s| s.name());
        let releases = crate::world::release::Release::all().map(|release| release.name());
        for name in verdicts.iter().map(|v| v.name()).chain(severities).chain(statuses).chain(releases) {
            assert!(!catalog::find(name).is_empty(), "{name}");
        }
    }
}
