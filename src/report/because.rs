//! Causes in words: each step with its line, each belief as it changed.

use super::Because;
use super::tell::Teller;
use crate::run::Run;
use crate::scenario::model::Deed;
use crate::scenario::words;
use crate::search::because::{Causes, Link};
use crate::world::event::{Half, StepIx, Told};
use std::collections::BTreeMap;

/// The cause of each finding of a run in words, by its place, and the alternatives to it.
pub(super) fn in_words(run: &Run, causes: &Causes) -> Vec<(Vec<Because>, Vec<Because>)> {
    if causes.by_finding.is_empty() {
        return Vec::new();
    }
    let words = Words::new(run);
    let in_words = |links: &[Link]| links.iter().map(|link| words.link(*link)).collect();
    let alternatives = causes.alternatives.iter().map(|steps| steps.iter().copied().map(Link::Step).collect::<Vec<_>>());
    causes.by_finding.iter().zip(alternatives).map(|(links, steps)| (in_words(links), in_words(&steps))).collect()
}

struct Words<'a> {
    run: &'a Run,
    teller: Teller<'a>,
    /// The first thing that a step changed.
    first_effect: BTreeMap<StepIx, Told>,
}

impl<'a> Words<'a> {
    fn new(run: &'a Run) -> Words<'a> {
        let teller = Teller { names: &run.engine.world.names, steps: &run.program.steps };
        let mut first_effect = BTreeMap::new();
        for entry in &run.engine.trace.entries {
            let Some(step) = entry.cause.step else { continue };
            if first_effect.contains_key(&step) {
                continue;
            }
            let told = teller.tell(&entry.event);
            if told.half != Half::Step {
                first_effect.insert(step, told);
            }
        }
        Words { run, teller, first_effect }
    }

    fn link(&self, link: Link) -> Because {
        match link {
            Link::Step(step) => {
                let what = &self.run.program.steps[usize::from(step.0)].1;
                let first = self.first_effect.get(&step);
                let text = match (&what.deed, first) {
                    // What broke says more than the fault's name; a command is best told as it was typed.
                    (Deed::Fault { .. } | Deed::Act(_), Some(told)) => format!("{} {}", told.actor, told.what),
                    (deed, _) => words::text(deed, self.teller.names),
                };
                Because {
                    at: self.run.engine.records[usize::from(step.0)].began.unwrap_or_default(),
                    line: Some(what.line),
                    event: first.map_or("step-began", |told| told.event),
                    what: text,
                }
            }
            Link::Belief(at) => {
                let entry = &self.run.engine.trace.entries[at];
                let told = self.teller.tell(&entry.event);
                Because { at: entry.at, line: None, event: told.event, what: format!("{} {}", told.actor, told.what) }
            }
        }
    }
}
