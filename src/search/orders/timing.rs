//! An order that is safe while who is away stays away: what comes of it where a host comes back meanwhile, second by second.
//!
//! A host comes back with all that it lacked: its links, its domain 0 where that hung, its power where somebody switches it on again.
//! What it then does takes its time, as ever (`host-boot`, `xapi-start`).

use super::branch::class;
use super::choice::{Choice, Order};
use super::story::told;
use super::{Class, Hooks};
use crate::base::ids::MachineId;
use crate::base::time::{Span, Time};
use crate::engine::{self, Engine};
use crate::fault::{Act, Fault};
use crate::hazard::HazardId;
use crate::run::Session;
use crate::scenario::model::{Deed, NamedSteps, Scenario, Step, When};
use crate::search::each;
use std::sync::Arc;

/// So many instants are tried at most for one host in one world: of more every second, or third, or tenth, and between two that differ
/// each until it is found where.
const INSTANTS_MOST: u64 = 1_800;
/// So many hosts are tried in one world.
const HOSTS_MOST: usize = 4;
/// So long after the order's last step a host may still come back.
pub const AFTERWARDS: Span = Span::mins(10);
/// What the sequence is called in which it comes back.
const NAME: &str = "comes-back";

/// What comes of an order where a host comes back at one instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Came {
    /// Its class.
    pub class: Class,
    /// The first of the worst that begins, where anything harmful does.
    pub hazard: Option<HazardId>,
}

/// Instants of a return with what comes of it, from the first to the last, both whole seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// The first.
    pub from: Time,
    /// The last.
    pub until: Time,
    /// What comes of each.
    pub came: Came,
}

/// A host that is away when the recovery begins, in one world.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Return {
    /// The world, by its place in [`Choice::cases`].
    pub world: usize,
    /// The host's machine.
    pub host: MachineId,
    /// Without a gap, from the recovery's first second to [`AFTERWARDS`].
    pub stretches: Vec<Stretch>,
    /// Every so many seconds were tried: 1 is each.
    pub every: u64,
}

/// What was found out of an order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Timing {
    /// The order.
    pub order: Order,
    /// By world, then by host.
    pub returns: Vec<Return>,
    /// How many more hosts are away than were tried.
    pub untried: usize,
    /// It was stopped before its end.
    pub stopped: bool,
}

/// Tries an order with each host that is away coming back at each second.
pub fn timing(scenario: &Scenario, choice: &Choice, order: &Order, options: &engine::Options, hooks: &Hooks<'_>) -> Timing {
    let mut found = Timing { order: order.clone(), returns: Vec::new(), untried: 0, stopped: false };
    for world in 0..choice.cases.len() {
        let run = told(scenario, choice, order, world, options).run;
        let Some(began) = run.engine.recovery_began else { continue };
        let ends = choice.numbers(scenario, choice.cases[world], order).into_iter();
        let last = ends.filter_map(|step| run.engine.records[usize::from(step.0)].ended).max().unwrap_or(began);
        let from = Time(began.0.div_ceil(SECOND) * SECOND);
        let until = Time((last + AFTERWARDS).0.min(run.engine.world.now.0) / SECOND * SECOND);
        let away = away(scenario, choice, order, world, began, options);
        found.untried += away.len().saturating_sub(HOSTS_MOST);
        for host in away.into_iter().take(HOSTS_MOST).filter(|_| from <= until) {
            if (hooks.stopped)() {
                found.stopped = true;
                return found;
            }
            let at = |at: Time| came(scenario, choice, order, world, (host, at), options);
            let (stretches, every) = stretches(from, until, &at);
            found.returns.push(Return { world, host, stretches, every });
        }
    }
    found
}

/// A second, as times have it.
const SECOND: u64 = Span::secs(1).0;

/// The stretches of an answer over whole seconds, and every how many were asked.
fn stretches(from: Time, until: Time, at: &(dyn Fn(Time) -> Came + Sync)) -> (Vec<Stretch>, u64) {
    let seconds = (until.0 - from.0) / SECOND;
    let every = (seconds / INSTANTS_MOST + 1).max(1);
    let instant = |n: u64| Time(from.0 + n.min(seconds) * SECOND);
    let places = seconds.div_ceil(every) + 1;
    let answers = each::map(places as usize, |n| at(instant(n as u64 * every)));
    let mut all = vec![Stretch { from, until: from, came: answers[0] }];
    for (n, answer) in answers.iter().enumerate().skip(1) {
        let (mut low, mut high) = ((n as u64 - 1) * every, (n as u64 * every).min(seconds));
        let last = all.len() - 1;
        if all[last].came == *answer {
            all[last].until = instant(high);
            continue;
        }
        // Between the two is where it changes.
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if at(instant(middle)) == all[last].came { low = middle } else { high = middle }
        }
        all[last].until = instant(low);
        let came = at(instant(high));
        all.push(Stretch { from: instant(high), until: instant((n as u64 * every).min(seconds)), came });
    }
    (all, every)
}

/// The hosts that are away just before the recovery begins: no power, a hung domain 0, or no link to the recovery's console.
fn away(scenario: &Scenario, choice: &Choice, order: &Order, world: usize, began: Time, options: &engine::Options) -> Vec<MachineId> {
    let case = choice.cases[world];
    let first = order.first().map(|step| usize::from(*step));
    let program = choice.program(scenario, case, first).in_order(choice.numbers(scenario, case, order));
    let mut session = Session::unjudged(Engine::with_program(scenario, Arc::new(program), options.clone()));
    session.before(began);
    let (world, console) = (&session.engine.world, scenario.recoveries[choice.recovery].host);
    let is_away = |host: &MachineId| !world.dom0_answers(*host) || *host != console && !world.linked(*host, console);
    world.machines().filter(is_away).collect()
}

/// What comes of an order where a host comes back at an instant.
pub fn came(
    scenario: &Scenario,
    choice: &Choice,
    order: &Order,
    world: usize,
    (host, at): (MachineId, Time),
    options: &engine::Options,
) -> Came {
    let whole = with_return(scenario, host, at);
    let told = told(&whole, choice, order, world, options);
    match told.harm {
        Some((found, _)) => Came { class: class(&found), hazard: Some(found.hazard) },
        None if told.missed.is_empty() => Came { class: Class::Safe, hazard: None },
        None => Came { class: Class::Futile, hazard: None },
    }
}

/// A scenario in which a host comes back at an instant, beside all else.
pub fn with_return(scenario: &Scenario, host: MachineId, at: Time) -> Scenario {
    let span = at.since(Time::ZERO);
    let mend = |fault| Deed::Fault { fault, lasts: None, every: None, times: 1, mean: None };
    let deeds = [mend(Fault::HealNetwork(Some(vec![host]))), mend(Fault::Unhang(vec![host])), Deed::Act(Act::PowerOn(vec![host]))];
    let step = |(n, deed)| Step::made(format!("{NAME}: {n}"), When::At((span, span)), deed, scenario.pool.master);
    let mut name = NAME.to_owned();
    while scenario.operators.iter().any(|operator| operator.name == name) {
        name.push_str("-too");
    }
    let mut whole = scenario.clone();
    whole.operators.push(NamedSteps { name, line: 0, steps: deeds.into_iter().enumerate().map(step).collect() });
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against an answer that is known: every change is found, to the second, where changes are further apart than what is asked.
    #[test]
    fn changes_are_found_to_the_second() {
        let of = |class| Came { class, hazard: None };
        for (seconds, changes) in [(0, vec![]), (100, vec![0]), (1_000, vec![1, 17, 18, 999]), (90_000, vec![61, 5_000, 89_939])] {
            let answer = |at: Time| {
                let second = (at.0 - 7 * SECOND) / SECOND;
                of(Class::ALL[changes.iter().filter(|change| **change < second).count() % 4])
            };
            let (all, every) = stretches(Time(7 * SECOND), Time((7 + seconds) * SECOND), &answer);
            assert_eq!(every, seconds / INSTANTS_MOST + 1);
            let ends: Vec<u64> = all.iter().map(|stretch| stretch.until.0 / SECOND - 7).collect();
            let expected: Vec<u64> = changes.iter().copied().chain([seconds]).collect();
            assert_eq!(ends, expected, "{seconds}");
            for (one, next) in all.iter().zip(&all[1..]) {
                assert_eq!(next.from.0 - one.until.0, SECOND);
            }
            assert!(all.iter().all(|stretch| stretch.came == answer(stretch.from) && stretch.came == answer(stretch.until)));
        }
    }
}
