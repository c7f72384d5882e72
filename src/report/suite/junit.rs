//! A suite as JUnit XML, for the many readers of it: a `testsuite` a file, a `testcase` a case and seed. No host name
//! stands in it, and no clock unless it is asked for: two runs of one suite write the same bytes.

use super::{Outcome, Result, text};
use crate::base::inert::{clean, clean_line, inert};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// All outcomes, in order.
pub fn render(outcomes: &[Outcome]) -> String {
    let mut report = Report::new("poolsim");
    for file in outcomes.chunk_by(|a, b| a.file == b.file) {
        let mut suite = TestSuite::new(word(&file[0].file));
        suite.add_test_cases(file.iter().map(case));
        if let Some(real) = file.iter().map(|outcome| outcome.real.map(|real| real.0)).sum::<Option<u64>>() {
            suite.set_time(Duration::from_micros(real));
        }
        report.add_test_suite(suite);
    }
    // It fails only where the writer does, and a string takes all.
    report.to_string().unwrap_or_default()
}

fn case(outcome: &Outcome) -> TestCase {
    let status = match &outcome.result {
        Result::Passed => TestCaseStatus::success(),
        Result::Skipped(reason) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(word(reason));
            status
        }
        Result::Failed | Result::Wrong => {
            let kind = if outcome.result == Result::Failed { NonSuccessKind::Failure } else { NonSuccessKind::Error };
            let mut status = TestCaseStatus::non_success(kind);
            let first = outcome.failures.first().map(|f| format!("line {}: {}", f.line, f.sentence()));
            status.set_message(word(&first.unwrap_or_else(|| "the file cannot be read".into())));
            status.set_type(outcome.verdict);
            status.set_description(valid(&text::plain(outcome)));
            status
        }
    };
    let name = match (outcome.scenario.as_str(), outcome.case()) {
        ("", _) => outcome.file.clone(),
        (scenario, case) if case.is_empty() => scenario.to_owned(),
        (scenario, case) => format!("{scenario}: {case}"),
    };
    let mut test = TestCase::new(word(&name), status);
    test.set_classname(word(&outcome.file));
    // Where readers of GitLab and GitHub look for the place.
    let line = outcome.failures.first().map(|f| f.line).or(outcome.warnings.first().map(|w| w.line)).unwrap_or(1);
    test.extra.insert("file".into(), word(&outcome.file).into());
    test.extra.insert("line".into(), line.max(1).to_string().into());
    if let Some(real) = outcome.real {
        test.set_time(Duration::from_micros(real.0));
    }
    let mut said = String::new();
    if !outcome.replay.is_empty() {
        said.push_str(&format!("virtual time {}\nreplay: {}\n", outcome.lasted, outcome.replay));
    }
    for warning in &outcome.warnings {
        said.push_str(&format!("warning: line {}: {}: {}\n", warning.line, warning.code, warning.text));
    }
    if !said.is_empty() {
        test.set_system_out(valid(&said));
    }
    test
}

/// XML has no way to write these two, which UTF-8 has; what a terminal would obey is written out.
fn valid(text: &str) -> String {
    inert(&clean(text)).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

/// A name or message, which XML keeps on one line.
fn word(text: &str) -> String {
    valid(&clean_line(text))
}
