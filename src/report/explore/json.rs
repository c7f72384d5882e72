//! What else may break as JSON, for scripts.

use super::{CaseLine, ExploreReport, FindingLine};
use crate::report::json::pretty;
use crate::search::orders::End;
use serde_json::{Value, json};

/// The whole report.
pub fn render(report: &ExploreReport) -> String {
    pretty(&json!({
        "format": 1,
        "poolsim": env!("CARGO_PKG_VERSION"),
        "scenario": report.scenario,
        "release": report.release,
        "seed": report.seed,
        "faults": report.faults,
        "within_us": report.within.map(|within| within.0),
        "cases": report.cases.iter().map(case).collect::<Vec<_>>(),
    }))
}

fn case(case: &CaseLine) -> Value {
    let level =
        |level: &crate::search::explore::Level| json!({"faults": level.faults, "combinations": level.combinations, "run": level.run});
    let round = |round: &crate::search::explore::Round| json!({"round": round.number, "seed": round.seed, "kinds": round.kinds, "mean_us": round.mean.0});
    json!({
        "world": case.world,
        "recovery": case.recovery,
        "things": case.things,
        "instants": case.instants,
        "thinned": case.thinned,
        "levels": case.levels.iter().map(level).collect::<Vec<_>>(),
        "rounds": case.rounds.iter().map(round).collect::<Vec<_>>(),
        "tried": case.tried,
        "cut_short": case.cut_short,
        "complete": case.end == End::All,
        "findings": case.findings.iter().map(finding).collect::<Vec<_>>(),
        "more": case.more,
        "uncaused": case.uncaused,
    })
}

fn finding(found: &FindingLine) -> Value {
    let strikes =
        found.strikes.iter().map(|strike| json!({"us": strike.at.0, "fault": strike.fault, "for_us": strike.lasts.map(|lasts| lasts.0)}));
    let steps = found.steps.iter().map(|step| json!({"id": step.id, "text": step.text, "line": step.line}));
    json!({
        "hazard": found.hazard,
        "severity": found.severity.name(),
        "kind": found.place.as_ref().map(|(kind, _)| *kind),
        "place": found.place.as_ref().map(|(_, name)| name.clone()),
        "what": found.what,
        "faults": strikes.collect::<Vec<_>>(),
        "steps": steps.collect::<Vec<_>>(),
        "shapes": found.shapes.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        "shows": found.shows,
        "seed": found.seed,
        "round": found.round,
        "small": found.small.as_ref().map(|small| json!({
            "yaml": small.yaml, "tried": small.tried, "minimal": small.minimal, "file": small.file,
        })),
    })
}
