//! Expected against got: a scenario's expectations, judged on a run. States are read while the clock runs, after all that
//! is due at their instant; the rest at the end. Knows no file and no layout.

use crate::engine::Engine;
use crate::scenario::model::{Case, Deed, Scenario, Sequence};

mod applies;
mod at_end;
mod bounds;
mod facts;
mod goal;
mod states;
mod unbegun;
mod warnings;
mod words;

pub use applies::{PlaceNames, judges};
pub use at_end::expectations;
pub use bounds::{Measured, judge_share, occurs, share, unjudged_share};
pub use facts::role;
pub use goal::{Missed, goal, wanted};
pub use states::States;
pub use warnings::{Warning, warnings};

/// The judgement of a case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum Verdict {
    AsExpected,
    NotAsExpected,
    Inconclusive,
    NoExpectation,
}

impl Verdict {
    /// As reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::AsExpected => "as-expected",
            Verdict::NotAsExpected => "not-as-expected",
            Verdict::Inconclusive => "inconclusive",
            Verdict::NoExpectation => "no-expectation",
        }
    }
}

/// An expectation, judged.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct Expectation {
    pub line: u32,
    pub what: String,
    pub passed: bool,
    pub got: String,
}

/// The verdict of a case (docs/report.md).
pub fn verdict(scenario: &Scenario, case: Case, engine: &Engine, expectations: &[Expectation]) -> Verdict {
    if expectations.iter().any(|expectation| !expectation.passed) {
        return Verdict::NotAsExpected;
    }
    let never_began = case.recovery.is_some() && engine.recovery_began.is_none() && engine.cut_short.is_none();
    let without_effect = engine.program().steps.iter().zip(&engine.records).any(|((sequence, step), record)| {
        *sequence != Sequence::Recovery && matches!(step.deed, Deed::Fault { .. }) && record.effect == Some(false)
    });
    if without_effect || never_began {
        Verdict::Inconclusive
    } else if applies::parts(scenario, case).next().is_none() {
        Verdict::NoExpectation
    } else {
        Verdict::AsExpected
    }
}
