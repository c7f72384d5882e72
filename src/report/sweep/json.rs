//! A sweep for machines, to the letter of docs/sweep.md. Knows no layout of text.

use super::{CaseSwept, HazardSwept, Swept, WORST};
use crate::base::interval::{Interval, decimal};
use crate::report::json::{FORMAT, pretty, set};
use serde_json::{Map, Value, json};

/// All cases as one array, pretty-printed, with a line's end.
pub fn render(swept: &Swept) -> String {
    pretty(&Value::Array(swept.cases.iter().map(|case| of_case(&swept.head.scenario, case)).collect()))
}

/// One case.
pub fn of_case(scenario: &str, case: &CaseSwept) -> Value {
    let worst: Map<String, Value> = WORST.iter().zip(case.worst).map(|(name, runs)| ((*name).to_owned(), json!(runs))).collect();
    let downtime = case.downtime.iter().map(|(vm, [p50, p90, max])| (vm.clone(), json!({"p50": p50, "p90": p90, "max": max})));
    let mut value = json!({
        "format": FORMAT,
        "scenario": scenario,
        "world": case.case.world,
        "recovery": case.case.recovery,
        "set": set(&case.case.set),
        "seeds": [case.seeds.0, case.seeds.1],
        "runs": case.runs,
        "worst": worst,
        "expected": case.expected,
        "hazards": case.hazards.iter().map(hazard).collect::<Vec<_>>(),
        "downtime_us": downtime.collect::<Map<_, _>>(),
    });
    if let (Value::Object(map), Some(precise)) = (&mut value, case.precise) {
        map.insert("precise".into(), json!(precise));
    }
    value
}

fn hazard(found: &HazardSwept) -> Value {
    let [p10, p50, p90] = found.since;
    json!({
        "hazard": found.hazard,
        "runs": found.runs,
        "share": interval(found.share),
        "first_seeds": found.first_seeds,
        "since_us": {"p10": p10, "p50": p50, "p90": p90},
    })
}

/// An interval as three decimals: lower end, estimate, upper end.
pub fn interval(of: Interval) -> Value {
    json!([decimal(of.lower), decimal(of.estimate), decimal(of.upper)])
}
