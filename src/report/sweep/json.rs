//! A sweep for machines, to the letter of docs/sweep.md. Knows no layout of text.

use super::{CaseSwept, HazardSwept, Swept, WORST, in_order};
use crate::base::interval::{Interval, decimal};
use crate::hazard::HazardId;
use crate::report::json::{FORMAT, pretty, set};
use crate::search::sweep::Paired;
use serde_json::{Map, Value, json};

/// All cases as one array, or all pairs of them where two sides are compared; pretty-printed, with a line's end.
pub fn render(swept: &Swept) -> String {
    let cases: Vec<Value> = swept.cases.iter().map(|case| of_case(&swept.head.scenario, case)).collect();
    let Some((left, right)) = &swept.head.compare else { return pretty(&Value::Array(cases)) };
    let (lefts, rights) = cases.split_at(cases.len() / 2);
    let pairs = lefts.iter().zip(rights).zip(&swept.compared).map(|((a, b), came)| {
        let of_hazard = |(hazard, of): (&HazardId, &Paired)| {
            let mut value = paired(of);
            value["hazard"] = json!(hazard.doc().name);
            value
        };
        let [p10, p50, p90] = came.downtime;
        json!({
            "format": FORMAT,
            "scenario": swept.head.scenario,
            "sides": [left, right],
            "left": a,
            "right": b,
            "pairs": came.pairs,
            "expected": paired(&came.expected),
            "hazards": in_order(came).map(of_hazard).collect::<Vec<_>>(),
            "downtime_us": {"p10": p10, "p50": p50, "p90": p90},
        })
    });
    pretty(&Value::Array(pairs.collect()))
}

/// In how many pairs something came, and the share on the right less that on the left.
fn paired(of: &Paired) -> Value {
    json!({
        "left_only": of.left_only,
        "right_only": of.right_only,
        "both": of.both,
        "neither": of.neither,
        "difference": interval(of.difference()),
    })
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
