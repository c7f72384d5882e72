//! The words and tints that every part of a report has in common.

use super::layout::{Tint, clean};
use crate::hazard::Severity;
use crate::report::Report;
use std::collections::BTreeMap;

/// What a case is called among those of its file; empty where there is but one.
pub(crate) fn case_name(report: &Report) -> String {
    let mut parts = Vec::new();
    parts.extend(report.world.as_ref().map(|world| format!("world {}", clean(world))));
    parts.extend(report.recovery.as_ref().map(|recovery| format!("recovery {}", clean(recovery))));
    parts.extend(report.set.iter().map(|(key, value)| clean(&format!("{key}={value}"))));
    parts.join(", ")
}

/// The word for a severity; those that destroy data are shouted, so that no colour is needed to see them.
pub(crate) fn severity_word(severity: Option<Severity>) -> &'static str {
    match severity {
        None => "none",
        Some(Severity::Notice) => "notice",
        Some(Severity::Outage) => "outage",
        Some(Severity::Danger) => "DANGER",
        Some(Severity::Corruption) => "CORRUPTION",
    }
}

/// The tint for a severity.
pub(crate) fn severity_tint(severity: Option<Severity>) -> Tint {
    match severity {
        None => Tint::Green,
        Some(Severity::Notice) => Tint::Blue,
        Some(Severity::Outage) => Tint::Yellow,
        Some(Severity::Danger) => Tint::Red,
        Some(Severity::Corruption) => Tint::Alarm,
    }
}

/// "1 corruption, 6 danger", gravest first; empty where nothing was found.
pub(crate) fn tally(counts: &BTreeMap<Severity, u64>) -> String {
    let parts: Vec<String> = counts.iter().rev().filter(|(_, n)| **n > 0).map(|(severity, n)| format!("{n} {}", severity.name())).collect();
    parts.join(", ")
}
