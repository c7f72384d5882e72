//! What else may break, as plain data: what was tried, and what is shown by which faults.

pub mod json;
pub mod text;

use crate::base::time::{Span, Time};
use crate::engine::Program;
use crate::hazard::Severity;
use crate::scenario::model::Scenario;
use crate::scenario::words;
use crate::search::explore::{Explored, Finding, Level, Options, Round};
use crate::search::orders::End;

/// The report over all cases of a file.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct ExploreReport {
    pub scenario: String,
    pub release: &'static str,
    pub seed: u64,
    /// The most faults at once.
    pub faults: usize,
    /// No fault strikes later.
    pub within: Option<Span>,
    pub cases: Vec<CaseLine>,
}

/// A case.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct CaseLine {
    pub world: Option<String>,
    pub recovery: Option<String>,
    /// What the matrix sets in it, as one text.
    pub set: String,
    /// How many things can break, and at how many instants in the run without a fault.
    pub things: usize,
    pub instants: usize,
    pub thinned: bool,
    pub levels: Vec<Level>,
    pub rounds: Vec<Round>,
    pub tried: u64,
    pub cut_short: u64,
    pub findings: Vec<FindingLine>,
    pub more: usize,
    pub uncaused: u64,
    pub end: End,
}

/// A finding.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct FindingLine {
    pub hazard: &'static str,
    pub severity: Severity,
    /// The kind of its place and its name; `None` for the pool.
    pub place: Option<(&'static str, String)>,
    pub what: String,
    pub strikes: Vec<StrikeLine>,
    pub steps: Vec<StepLine>,
    /// What it is an instance of: the name, and the words.
    pub shapes: Vec<(&'static str, &'static str)>,
    pub shows: u64,
    pub seed: u64,
    pub round: Option<u64>,
    pub small: Option<Small>,
}

impl FindingLine {
    /// Whether two are the same at the same place, with the same steps of the file, by as many faults.
    fn same_but_for_faults(&self, other: &FindingLine) -> bool {
        let steps = |of: &FindingLine| of.steps.iter().map(|step| (step.line, step.text.clone())).collect::<Vec<_>>();
        (self.hazard, &self.place, self.strikes.len()) == (other.hazard, &other.place, other.strikes.len()) && steps(self) == steps(other)
    }
}

/// A fault as it struck.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct StrikeLine {
    pub at: Time,
    /// As a scenario writes it, with how long it lasts.
    pub words: String,
    pub fault: String,
    pub lasts: Option<Span>,
}

/// A step of the file that it takes as well.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct StepLine {
    pub id: Option<String>,
    pub text: String,
    pub line: u32,
}

/// The smallest scenario that shows it.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct Small {
    pub yaml: String,
    /// Its steps, as the file has them.
    pub steps: Vec<String>,
    pub tried: u64,
    pub minimal: bool,
    /// Where it was written.
    pub file: Option<String>,
}

/// The report of the cases of a scenario. `files` are the names of the files in which the finds of each case were kept.
pub fn build(scenario: &Scenario, cases: &[Explored], options: &Options, files: &[Vec<Option<String>>]) -> ExploreReport {
    let none = Vec::new();
    let case = |(at, explored): (usize, &Explored)| {
        let files = files.get(at).unwrap_or(&none);
        let findings = explored.findings.iter().enumerate().map(|(n, found)| finding(found, files.get(n).cloned().flatten()));
        CaseLine {
            world: scenario.world_name(explored.case).map(str::to_owned),
            recovery: scenario.recovery_name(explored.case).map(str::to_owned),
            set: String::new(),
            things: explored.places.0,
            instants: explored.places.1,
            thinned: explored.thinned,
            levels: explored.levels.clone(),
            rounds: explored.rounds.clone(),
            tried: explored.tried,
            cut_short: explored.cut_short,
            findings: findings.collect(),
            more: explored.more,
            uncaused: explored.uncaused,
            end: explored.end,
        }
    };
    ExploreReport {
        scenario: scenario.name.clone(),
        release: scenario.release.name(),
        seed: options.seed.unwrap_or(scenario.seed),
        faults: options.faults,
        within: options.within,
        cases: cases.iter().enumerate().map(case).collect(),
    }
}

fn finding(found: &Finding, file: Option<String>) -> FindingLine {
    let names = &found.scenario.pool.names;
    let program = Program::new(&found.scenario, found.case);
    let strike = |strike: &crate::search::explore::Strike| StrikeLine {
        at: strike.at,
        words: strike.words(names),
        fault: strike.bare_words(names),
        lasts: strike.lasts,
    };
    let step = |at: &crate::world::event::StepIx| {
        let (_, step) = &program.steps[usize::from(at.0)];
        StepLine { id: step.id.clone(), text: words::text(&step.deed, names), line: step.line }
    };
    FindingLine {
        hazard: found.target.hazard.doc().name,
        severity: found.severity,
        place: found.target.place.clone(),
        what: found.what.clone(),
        strikes: found.strikes.iter().map(strike).collect(),
        steps: found.steps.iter().map(step).collect(),
        shapes: found.shapes.iter().map(|shape| (shape.name(), shape.words())).collect(),
        shows: found.shows,
        seed: found.seed,
        round: found.round,
        small: found.small.as_ref().map(|small| Small {
            yaml: small.text.clone(),
            steps: story(&small.text),
            tried: small.tried,
            minimal: small.untried == 0,
            file,
        }),
    }
}

/// The lines of a scenario that are steps.
fn story(text: &str) -> Vec<String> {
    let mut within = false;
    let mut steps = Vec::new();
    for line in text.lines() {
        if !line.starts_with(' ') {
            within = ["timeline:", "worlds:", "operators:", "recovery:"].iter().any(|key| line.starts_with(key));
        }
        if let Some(step) = line.trim_start().strip_prefix("- ").filter(|_| within) {
            steps.push(step.to_owned());
        }
    }
    steps
}
