//! What a suite of scenarios shows, and what it never does: rules, hazards, commands, refusals, faults, acts, releases. A
//! case shows what came about while it ran, and not what its file mentions; only rules are shown by the file's own word.

use super::Report;
use super::text::layout::{Page, Tint, count, pad, pad_left};
use crate::catalog::rules::RULES;
use crate::command::{COMMANDS, REFUSALS};
use crate::fault::{ACTS, FAULTS};
use crate::hazard;
use crate::world::release::Release;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The kinds, in the order in which they are told.
pub const KINDS: [&str; 8] = ["rule kept", "rule broken", "hazard", "command", "error code", "fault", "act", "release"];

/// How many cases show each thing, by kind and name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Coverage {
    /// By kind, as in [`KINDS`].
    pub kinds: Vec<BTreeMap<&'static str, u64>>,
    /// How many cases were looked at.
    pub cases: u64,
}

impl Default for Coverage {
    fn default() -> Coverage {
        Coverage::new()
    }
}

impl Coverage {
    /// Everything there is, shown by none.
    pub fn new() -> Coverage {
        let of = |names: &mut dyn Iterator<Item = &'static str>| names.map(|name| (name, 0)).collect();
        let kinds = vec![
            of(&mut RULES.iter().map(|rule| rule.name)),
            of(&mut RULES.iter().filter(|rule| !rule.broken.is_empty()).map(|rule| rule.name)),
            of(&mut hazard::ALL.iter().map(|doc| doc.name)),
            of(&mut COMMANDS.iter().map(|doc| doc.name)),
            of(&mut REFUSALS.iter().copied()),
            of(&mut FAULTS.iter().map(|doc| doc.name)),
            of(&mut ACTS.iter().map(|doc| doc.name)),
            of(&mut Release::all().map(Release::name)),
        ];
        Coverage { kinds, cases: 0 }
    }

    /// Adds what a case shows; `kept` and `broken` are the rules that its file says it shows.
    pub fn add(&mut self, report: &Report, kept: &[String], broken: &[String]) {
        self.cases += 1;
        let took: Vec<&super::StepReport> = report.steps.iter().filter(|step| step.at.is_some()).collect();
        let did = |kind: &str, name: &str| took.iter().any(|step| step.kind == kind && step.did.contains(&name));
        for (kind, things) in KINDS.iter().zip(&mut self.kinds) {
            for (name, cases) in things {
                let shows = match *kind {
                    "rule kept" => kept.iter().any(|rule| rule == name),
                    "rule broken" => broken.iter().any(|rule| rule == name),
                    "hazard" => report.hazards.iter().any(|finding| finding.hazard == *name),
                    "command" => did("run", name),
                    "error code" => took.iter().any(|step| step.code.as_deref() == Some(*name)),
                    "fault" | "act" => did(kind, name),
                    _ => report.release == *name,
                };
                *cases += u64::from(shows);
            }
        }
    }

    /// How many things are shown, and how many there are.
    pub fn total(&self) -> (usize, usize) {
        self.kinds.iter().map(shown).fold((0, 0), |(a, b), (c, d)| (a + c, b + d))
    }

    /// The share that is shown, in whole percent, rounded down.
    pub fn percent(&self) -> usize {
        let (shown, all) = self.total();
        shown * 100 / all.max(1)
    }
}

fn shown(things: &BTreeMap<&'static str, u64>) -> (usize, usize) {
    (things.values().filter(|cases| **cases > 0).count(), things.len())
}

/// The table for people; `every` tells what is shown too, with the number of cases.
pub fn text(coverage: &Coverage, colour: bool, every: bool) -> String {
    let mut page = Page::new(colour);
    page.heading("SHOWN", &format!("by {}", count(usize::try_from(coverage.cases).unwrap_or(usize::MAX), "case")));
    for (kind, things) in KINDS.iter().zip(&coverage.kinds) {
        let (some, all) = shown(things);
        let never: Vec<&str> = things.iter().filter(|(_, cases)| **cases == 0).map(|(name, _)| *name).collect();
        let lead = format!("  {} {} of {}  ", pad(kind, 11), pad_left(&some.to_string(), 3), pad(&all.to_string(), 3));
        if never.is_empty() {
            page.line(lead.trim_end());
        } else {
            let indent = super::text::layout::width(&lead);
            page.hanging(&lead, indent, Tint::Yellow, &format!("never {}", never.join(", ")));
        }
        if every {
            for (name, cases) in things.iter().filter(|(_, cases)| **cases > 0) {
                page.line(&format!("    {} {name}", pad_left(&cases.to_string(), 5)));
            }
        }
    }
    let (some, all) = coverage.total();
    page.line(&format!("{some} of {all} are shown: {} %", coverage.percent()));
    page.into_text()
}

/// The same for machines.
pub fn value(coverage: &Coverage) -> Value {
    let mut kinds = Map::new();
    for (kind, things) in KINDS.iter().zip(&coverage.kinds) {
        let never: Vec<&str> = things.iter().filter(|(_, cases)| **cases == 0).map(|(name, _)| *name).collect();
        let (some, all) = shown(things);
        kinds.insert(kind.replace(' ', "-"), json!({"cases": things, "never": never, "of": all, "shown": some}));
    }
    let (some, all) = coverage.total();
    json!({"cases": coverage.cases, "kinds": kinds, "of": all, "percent": coverage.percent(), "shown": some})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::forgotten;

    #[test]
    fn a_case_shows_what_came_about() {
        let mut coverage = Coverage::new();
        assert_eq!(coverage.percent(), 0);
        coverage.add(&forgotten(), &[], &["M5".into()]);
        let of = |kind: &str, name: &str| coverage.kinds[KINDS.iter().position(|k| *k == kind).unwrap()][name];
        assert_eq!(
            [of("rule broken", "M5"), of("rule kept", "M5"), of("hazard", "double-writer"), of("hazard", "late-write")],
            [1, 0, 1, 0]
        );
        assert_eq!(of("release", Release::default().name()), 1);
        assert_eq!(
            [of("command", "resetvdis.py"), of("command", "vm-start"), of("command", "vm-list"), of("command", "pool-join")],
            [1, 1, 0, 0],
            "a step that never began shows no command"
        );
    }
}
