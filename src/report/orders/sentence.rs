//! The one sentence: how many orders are safe, and what they have in common.

use super::OrdersReport;
use crate::base::ids::MachineId;
use crate::command::Target;
use crate::engine;
use crate::fault::Act;
use crate::scenario::model::{Deed, Scenario};
use crate::search::orders::{self, Answer, Class, Extent, Order};

/// "2 of 24 orders are safe; both switch beta off first".
pub(super) fn sentence(scenario: &Scenario, answer: &Answer, report: &OrdersReport, options: &engine::Options) -> String {
    let safe: Vec<&Order> = answer.judged.iter().filter(|(_, verdict)| verdict.class == Class::Safe).map(|(order, _)| order).collect();
    let all = answer.judged.len();
    let tried = match answer.extent {
        Extent::All => String::new(),
        Extent::Sample(_) => " that were run".into(),
        Extent::Stopped(of) | Extent::Bound(of) => format!(" that were run, of {of},"),
    };
    let noun = if report.subsets { "orders, with steps left out or not," } else { "orders" };
    if all == 0 {
        return match answer.extent {
            Extent::All => "no order of these steps can be run: each waits for what comes after it".into(),
            _ => "no order was run to its end".into(),
        };
    }
    if safe.is_empty() {
        return format!("none of {all} {noun}{tried} is safe: {}", harms(report));
    }
    if safe.len() == all {
        let only = if all == 1 { "the one order that there is" } else { "it does not matter which" };
        return format!("{} of {all} {noun}{tried} {} safe: {only}", safe.len(), are(safe.len()));
    }
    let who = match safe.len() {
        1 => "it".to_string(),
        2 => "both".to_string(),
        many => format!("all {many}"),
    };
    let head = format!("{} of {all} {noun}{tried} {} safe", safe.len(), are(safe.len()));
    let first = safe[0].first().filter(|first| safe.iter().all(|order| order.first() == Some(first)));
    match (first, report.rules.first()) {
        (Some(first), _) => {
            let place = answer.choice.places[usize::from(*first)];
            let deed = &scenario.recoveries[answer.choice.recovery].steps[place].deed;
            let verb = verb(scenario, answer, deed, *first, safe[0], options)
                .unwrap_or_else(|| ("do", "does", format!(" {}", report.steps[usize::from(*first)].name)));
            format!("{head}; {who} {}{} first", if safe.len() == 1 { verb.1 } else { verb.0 }, verb.2)
        }
        (None, Some(rule)) => {
            let more = report.rules.len() - 1;
            let more = match more {
                0 => String::new(),
                1 => ", and keep one more rule".into(),
                more => format!(", and keep {more} more rules"),
            };
            format!(
                "{head}; {who} {} {}{more}",
                if safe.len() == 1 { "has" } else { "have" },
                report.rule(rule.kind).replace(" is needed", "")
            )
        }
        (None, None) => head,
    }
}

fn are(n: usize) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

/// "4 corrupt data, 8 endanger it, 12 miss the goal".
fn harms(report: &OrdersReport) -> String {
    let [_, futile, dangerous, corrupting] = report.classes;
    let one = |n: usize, alone: &str, many: &str| (n > 0).then(|| format!("{n} {}", if n == 1 { alone } else { many }));
    let parts = [
        one(corrupting, "corrupts data", "corrupt data"),
        one(dangerous, "endangers it", "endanger it").map(|text| if corrupting == 0 { text.replace("it", "data") } else { text }),
        one(futile, "misses the goal", "miss the goal"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What a step does as a verb, of several and of one, with what follows it: `switch`, `switches`, ` beta off`.
fn verb(
    scenario: &Scenario,
    answer: &Answer,
    deed: &Deed,
    step: u8,
    order: &Order,
    options: &engine::Options,
) -> Option<(&'static str, &'static str, String)> {
    let names = &scenario.pool.names;
    let machines = |of: &[MachineId]| of.iter().map(|machine| names.machine(*machine)).collect::<Vec<_>>().join(", ");
    match deed {
        Deed::Act(Act::PowerOff(of)) => Some(("switch", "switches", format!(" {} off", machines(of)))),
        Deed::Act(Act::PowerOn(of)) => Some(("switch", "switches", format!(" {} on", machines(of)))),
        Deed::Act(Act::Reinstall(of)) => Some(("install", "installs", format!(" {} afresh", machines(of)))),
        Deed::Act(Act::CheckOff(of)) => Some(("look", "looks", format!(" whether {} is off", machines(of)))),
        Deed::Act(Act::ReAddress(of)) => Some(("give", "gives", format!(" {} another address", machines(of)))),
        Deed::Run(script) if script.single().is_some() => {
            // What a line is for, the console finds out when it is typed.
            let told = orders::told(scenario, &answer.choice, order, 0, options);
            let number = answer.choice.number(scenario, answer.choice.cases[0], step);
            let ran = told.run.engine.records[usize::from(number.0)].ran.first()?.clone();
            Some(match (ran.command?, ran.target) {
                ("host-forget", Target::Host(host)) => ("forget", "forgets", format!(" {}", names.machine(host))),
                ("resetvdis.py", Target::Locks { host: Some(host), .. }) => {
                    ("release", "releases", format!(" the locks of {}", names.machine(host)))
                }
                ("vm-start", Target::Vm(vm)) => ("start", "starts", format!(" {}", names.vm(vm))),
                ("vm-reset-powerstate", Target::Vm(vm)) => ("reset", "resets", format!(" the power state of {}", names.vm(vm))),
                _ => return None,
            })
        }
        _ => None,
    }
}
