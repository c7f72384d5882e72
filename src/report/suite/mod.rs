//! What came of a suite, case by case, as plain data, and one file a format. Knows no file, no terminal and no clock: a
//! suite's report is the same on every machine and for any number of threads.

pub mod github;
pub mod golden;
pub mod html;
pub mod json;
#[cfg(feature = "program")]
pub mod junit;
pub mod md;
pub mod sarif;
pub mod tap;
pub mod text;

#[cfg(test)]
mod tests;

use super::{Expectation, Report, StoryLine, Verdict, Warning};
use crate::base::time::{Span, Time};
use crate::hazard::Severity;
use crate::scenario::diagnostic::{Diagnostic, Gravity};
use crate::scenario::model::{Case, Scenario, StateWhen};

/// How a case came out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Result {
    /// All that was expected came.
    Passed,
    /// Something did not come as expected.
    Failed,
    /// Not run, for this reason.
    Skipped(String),
    /// The file is no scenario: nothing of it was run.
    Wrong,
}

impl Result {
    /// As reports for machines write it.
    pub fn name(&self) -> &'static str {
        match self {
            Result::Passed => "passed",
            Result::Failed => "failed",
            Result::Skipped(_) => "skipped",
            Result::Wrong => "wrong",
        }
    }
}

/// One case with one seed, as it came out.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
    /// The file as it was named, with slashes.
    pub file: String,
    /// The scenario's name; empty where the file is no scenario.
    pub scenario: String,
    /// The world, where the file has several.
    pub world: Option<String>,
    /// The recovery, where the file has several.
    pub recovery: Option<String>,
    /// The seed, where it is told apart from the scenario's own.
    pub seed: Option<u64>,
    /// How it came out.
    pub result: Result,
    /// The verdict of its report, or `skipped`, `wrong-file`, `golden-differs`, `not-repeatable`, `warned`, `bug`.
    pub verdict: &'static str,
    /// The worst finding, `none` where nothing was found or nothing was run.
    pub worst: &'static str,
    /// How long it took, in virtual time.
    pub lasted: Span,
    /// What was not as it should be; empty unless it failed or the file is wrong.
    pub failures: Vec<Failure>,
    /// What is odd about the scenario itself, and makes it fail only where that is asked for.
    pub warnings: Vec<Warning>,
    /// How long it took on the real clock, where that is to be told.
    pub real: Option<Span>,
    /// The command that runs it again, its file with its folder.
    pub replay: String,
}

/// One thing that was not as it should be.
#[derive(Clone, PartialEq, Debug)]
pub struct Failure {
    /// Where it stands in the file.
    pub line: u32,
    /// When it was so in virtual time.
    pub at: Option<Time>,
    /// What was expected, in words.
    pub expected: String,
    /// What came, in words.
    pub got: String,
    /// The last events before it.
    pub before: Vec<Before>,
}

/// An event that led up to a failure.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct Before {
    pub at: Time,
    pub what: String,
}

/// How many of each there were.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct Tally {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
    /// Files that are no scenarios.
    pub wrong: u64,
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, result: &Result) {
        match result {
            Result::Passed => self.passed += 1,
            Result::Failed => self.failed += 1,
            Result::Skipped(_) => self.skipped += 1,
            Result::Wrong => self.wrong += 1,
        }
    }
    /// Counts all.
    pub fn of(outcomes: &[Outcome]) -> Tally {
        let mut tally = Tally::default();
        for outcome in outcomes {
            tally.add(&outcome.result);
        }
        tally
    }
}

/// The last line of every suite.
impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// As many events before a failure are told.
pub const BEFORE: usize = 6;

impl Outcome {
    /// A case that was run. `report` has its story, if the case may have failed: the events before a failure are read in it.
    pub fn new(file: &str, scenario: &Scenario, case: Case, report: &Report, replay: String) -> Outcome {
        let failures = failures(scenario, case, report);
        Outcome {
            file: file.to_owned(),
            scenario: report.scenario.clone(),
            world: report.world.clone(),
            recovery: report.recovery.clone(),
            seed: None,
            result: if failures.is_empty() { Result::Passed } else { Result::Failed },
            verdict: report.verdict.name(),
            worst: report.worst.map_or("none", Severity::name),
            lasted: report.end.since(Time::ZERO),
            failures,
            warnings: warnings(report),
            real: None,
            replay,
        }
    }

    /// A warning counts as a failure.
    pub fn strictly(&mut self) {
        if self.result == Result::Passed && !self.warnings.is_empty() {
            (self.result, self.verdict) = (Result::Failed, "warned");
            let failure = |w: &Warning| {
                let expected = "no warning, since --strict is asked for".into();
                Failure { line: w.line, at: None, expected, got: format!("{}: {}", w.code, w.text), before: Vec::new() }
            };
            self.failures = self.warnings.drain(..).map(|warning| failure(&warning)).collect();
        }
    }

    /// A case that was not run, for a reason.
    pub fn skipped(file: &str, scenario: &Scenario, case: Case, reason: String) -> Outcome {
        Outcome {
            scenario: scenario.name.clone(),
            world: scenario.world_name(case).map(str::to_owned),
            recovery: scenario.recovery_name(case).map(str::to_owned),
            result: Result::Skipped(reason),
            verdict: "skipped",
            ..Outcome::blank(file)
        }
    }

    /// A file that is no scenario, or could not be read.
    pub fn wrong(file: &str, diagnostics: &[Diagnostic]) -> Outcome {
        let errors = diagnostics.iter().filter(|diagnostic| diagnostic.gravity == Gravity::Error);
        let failures = errors.map(|diagnostic| {
            // What is wrong may stand in a part that the file includes.
            let (line, place) = match diagnostic.file.as_str() {
                own if own == file => (diagnostic.line, String::new()),
                part => (1, format!("{part}:{}: ", diagnostic.line)),
            };
            let help = if diagnostic.help.is_empty() { String::new() } else { format!(" ({})", diagnostic.help) };
            let got = format!("{place}{}: {}{help}", diagnostic.code, diagnostic.message);
            Failure { line, at: None, expected: "a scenario".into(), got, before: Vec::new() }
        });
        Outcome { failures: failures.collect(), ..Outcome::blank(file) }
    }

    fn blank(file: &str) -> Outcome {
        Outcome {
            file: file.to_owned(),
            scenario: String::new(),
            world: None,
            recovery: None,
            seed: None,
            result: Result::Wrong,
            verdict: "wrong-file",
            worst: "none",
            lasted: Span::ZERO,
            failures: Vec::new(),
            warnings: Vec::new(),
            real: None,
            replay: String::new(),
        }
    }

    /// Which case of its file it is, in words; empty where there is but one.
    pub fn case(&self) -> String {
        let mut words = Vec::new();
        words.extend(self.world.iter().map(|world| format!("world {world}")));
        words.extend(self.recovery.iter().map(|recovery| format!("recovery {recovery}")));
        words.extend(self.seed.iter().map(|seed| format!("seed {seed}")));
        words.join(", ")
    }

    /// The file and which of its cases.
    pub fn title(&self) -> String {
        let case = self.case();
        if case.is_empty() { self.file.clone() } else { format!("{}: {case}", self.file) }
    }

    /// Whether two are one case, seeds aside.
    pub fn same_case(&self, other: &Outcome) -> bool {
        (&self.file, &self.world, &self.recovery) == (&other.file, &other.world, &other.recovery)
    }
}

impl Failure {
    /// Place, instant, expected and got on one line.
    pub fn sentence(&self) -> String {
        let at = self.at.map_or_else(String::new, |at| format!("at {at} "));
        format!("{at}expected {}; got {}", self.expected, self.got)
    }
}

/// What was not as it should be.
fn failures(scenario: &Scenario, case: Case, report: &Report) -> Vec<Failure> {
    let of = |line: u32, at: Time, expected: String, got: String| Failure { line, at: Some(at), expected, got, before: before(report, at) };
    match report.verdict {
        Verdict::AsExpected => Vec::new(),
        Verdict::NotAsExpected => {
            let failed = report.expectations.iter().filter(|expectation| !expectation.passed);
            failed.map(|e| of(e.line, instant(scenario, case, report, e), e.what.clone(), e.got.clone())).collect()
        }
        Verdict::NoExpectation => {
            let worst = report.hazards.iter().filter(|finding| finding.severity == Severity::Corruption);
            worst
                .take(1)
                .map(|f| {
                    let line = f.because.iter().find_map(|part| part.line).unwrap_or(1);
                    let got = format!("{} since {}: {}", f.hazard, f.since, f.sentence);
                    of(line, f.since, "no corruption, since the file has no `expect`".into(), got)
                })
                .collect()
        }
        Verdict::Inconclusive => {
            let of_warning = |w: &Warning| {
                let expected = match w.code {
                    "fault-without-effect" => "the fault to have an effect, else the case shows nothing",
                    "recovery-not-begun" => "the recovery to begin, else the case shows nothing",
                    _ => return None,
                };
                let at = report.steps.iter().find(|step| step.line == w.line).and_then(|step| step.at).unwrap_or(report.end);
                Some(of(w.line, at, expected.into(), w.text.clone()))
            };
            let mut failures: Vec<Failure> = report.warnings.iter().filter_map(of_warning).collect();
            if failures.is_empty() {
                failures.push(of(1, report.end, "a case that shows something".into(), "a fault had no effect".into()));
            }
            failures
        }
    }
}

/// The warnings of a case that are no failures anyway.
fn warnings(report: &Report) -> Vec<Warning> {
    let fails = |w: &&Warning| match w.code {
        "fault-without-effect" => report.verdict == Verdict::Inconclusive,
        "recovery-not-begun" => true,
        _ => false,
    };
    report.warnings.iter().filter(|warning| !fails(warning)).cloned().collect()
}

/// When a failed expectation was decided: its step's end, its state's instant, the hazard's beginning, else the end.
fn instant(scenario: &Scenario, case: Case, report: &Report, expectation: &Expectation) -> Time {
    let recovery = case.recovery.map(|at| &scenario.recoveries[at]);
    let world = case.world.map(|at| scenario.worlds[at].steps.as_slice()).unwrap_or_default();
    let steps = scenario.timeline.iter().chain(world).chain(recovery.map(|r| r.steps.as_slice()).unwrap_or_default());
    let judged = |line: &u32| report.steps.iter().find(|step| step.line == *line).and_then(|step| step.end.or(step.at));
    let of_step = steps.filter(|step| step.expect.as_ref().is_some_and(|e| e.line == expectation.line)).map(|step| step.line);
    if let Some(at) = of_step.into_iter().find_map(|line| judged(&line)) {
        return at;
    }
    let expects = || scenario.expect.iter().chain(recovery.and_then(|recovery| recovery.expect.as_ref()));
    // `expect: {worst: none, states: […]}` may stand on one line.
    let of_worst = expectation.what.starts_with("nothing worse");
    let state = expects().flat_map(|expect| &expect.states).find(|state| state.line == expectation.line && !of_worst);
    if let Some(state) = state {
        return match state.when {
            StateWhen::At(at) | StateWhen::By(at) => at,
            StateWhen::End => report.end,
            // It says itself when it ceased to hold.
            StateWhen::During(_, last) => {
                let said = expectation.got.rsplit_once(" at ").and_then(|(_, at)| Span::parse(at).ok());
                said.map_or(last, |at| Time(at.0))
            }
        };
    }
    let never = expects().flat_map(|expect| &expect.never).find(|(line, _)| *line == expectation.line).map(|(_, name)| name.doc().name);
    if let Some(name) = never
        && expectation.what.ends_with(name)
    {
        return report.hazards.iter().find(|finding| finding.hazard == name).map_or(report.end, |finding| finding.since);
    }
    let worst = expects().any(|expect| expect.worst.is_some_and(|(line, _)| line == expectation.line) || expect.line == expectation.line);
    let first = report.hazards.iter().find(|finding| Some(finding.severity) == report.worst);
    if worst && let Some(first) = first { first.since } else { report.end }
}

/// The last events that matter, not later than an instant.
fn before(report: &Report, at: Time) -> Vec<Before> {
    let told = report.story.iter().filter(|line| line.matters && line.at <= at);
    let mut last: Vec<Before> = told.rev().take(BEFORE).map(Before::new).collect();
    last.reverse();
    last
}

impl Before {
    /// A line of the story, on one line.
    fn new(line: &StoryLine) -> Before {
        let colon = if line.finding.is_some() { ":" } else { "" };
        let actor = if line.actor.is_empty() { String::new() } else { format!("{}{colon} ", line.actor) };
        Before { at: line.at, what: format!("{actor}{}", line.what.lines().next().unwrap_or_default()) }
    }
}
