//! The point of no return, in a second way: what is said to keep harm away is written into the scenario as a file would have it and run
//! from the beginning; and at each later instant none of the ways that there were does.

mod common;
mod generate;

use poolsim::base::time::{Span, Time};
use poolsim::engine::Options;
use poolsim::hazard::watch::Found;
use poolsim::hazard::{HazardId, Place, Severity};
use poolsim::run::{Run, run};
use poolsim::scenario::model::{Case, Deed, NamedSteps, Scenario, Step, When};
use poolsim::scenario::write;
use poolsim::search::no_return::{NoReturn, STEPS_MOST, no_return, ways};
use poolsim::search::over_time::{self, Bounds, over_time};
use std::collections::BTreeSet;

fn options(scenario: &Scenario) -> Options {
    Options { seed: scenario.seed, max_events: 200_000, max_work: 40_000_000, ..Options::default() }
}

fn grave(found: &[Found]) -> BTreeSet<(HazardId, Place)> {
    found.iter().filter(|found| found.hazard.severity() >= Severity::Danger).map(|found| (found.hazard, found.place)).collect()
}

/// The scenario in which the operator stops with what he has begun by an instant, and somebody does something else at once, as
/// a file.
fn written(scenario: &Scenario, case: Case, past: &Run, at: Time, way: &[Step]) -> Scenario {
    let mut other = scenario.clone();
    (other.expect, other.seeds, other.goal) = (None, None, None);
    other.until = Some(past.end);
    let sequence = scenario.timeline.len() + scenario.chaos.len() + case.world.map_or(0, |at| scenario.worlds[at].steps.len());
    if let Some(own) = case.recovery {
        let recovery = &mut other.recoveries[own];
        recovery.expect = None;
        let begun = |nth: usize| past.engine.records[sequence + nth].began.is_some_and(|began| began <= at);
        let steps = (0..recovery.steps.len()).take_while(|nth| begun(*nth)).count();
        recovery.steps.truncate(steps);
    }
    let span = at.since(Time::ZERO);
    let note = Step::made("", When::At((span, span)), Deed::Note("now".into()), scenario.pool.master);
    // A recovery without a step is none that a file can have.
    for recovery in other.recoveries.iter_mut().filter(|recovery| recovery.steps.is_empty()) {
        recovery.steps.push(Step { when: When::Next, host: recovery.host, ..note.clone() });
    }
    let steps = std::iter::once(note).chain(way.iter().cloned()).collect();
    other.operators.push(NamedSteps { name: "somebody-else".into(), line: 0, steps });
    // What waits for a step that was left out can't be said in a file; else it is read from one.
    match poolsim::scenario::load("instead.yaml", &write::yaml(&other)) {
        Ok(loaded) => loaded.scenario,
        Err(_) => other,
    }
}

/// Whether a way keeps a finding away, run from a file.
fn keeps_away(scenario: &Scenario, case: Case, past: &Run, finding: &Found, at: Time, way: &[Step]) -> bool {
    let read = written(scenario, case, past, at, way);
    let after = run(&read, case, options(scenario), &[]);
    let there = grave(&past.found);
    grave(&after.found).is_subset(&there)
        && !after.found.iter().any(|found| (found.hazard, found.place) == (finding.hazard, finding.place) && found.since > at)
}

/// Holds what is said of a case's findings; how many had a point, and how many ways were tried after one.
fn holds(scenario: &Scenario, case: Case, brute: bool) -> (usize, usize) {
    let past = run(scenario, case, options(scenario), &[]);
    let points = no_return(scenario, &options(scenario), &past);
    let (mut with_point, mut tried) = (0, 0);
    for (finding, point) in past.found.iter().zip(points) {
        let what = format!("{} {:?}: {}, since {}", scenario.name, case, finding.hazard.doc().name, finding.since);
        let at = match &point {
            NoReturn::NotSought => {
                assert!(finding.hazard.severity() < Severity::Danger, "{what}");
                continue;
            }
            NoReturn::Bound => continue,
            NoReturn::Never => None,
            NoReturn::Until(at, way) => {
                assert!(*at < finding.since, "{what}");
                let said: Vec<String> = way.iter().map(|step| poolsim::scenario::words::text(&step.deed, &scenario.pool.names)).collect();
                assert!(keeps_away(scenario, case, &past, finding, *at, way), "{what}: {said:?} at {at}");
                // Nothing shorter does at that instant.
                if brute && !way.is_empty() {
                    for shorter in ways(scenario, &options(scenario), &past, *at, way.len() - 1) {
                        assert!(!keeps_away(scenario, case, &past, finding, *at, &shorter), "{what}: {shorter:?} is shorter");
                    }
                }
                with_point += 1;
                Some(*at)
            }
        };
        if !brute {
            continue;
        }
        let mut later: Vec<Time> = past.engine.trace.entries.iter().map(|entry| entry.at).collect();
        later.insert(0, Time::ZERO);
        later.push(finding.since);
        later.sort();
        later.dedup();
        let before: Vec<Time> =
            later.windows(2).filter(|pair| pair[1].since(pair[0]) > Span::millis(1)).map(|pair| Time(pair[1].0 - 1_000)).collect();
        later.extend(before);
        later.sort();
        later.retain(|instant| at.is_none_or(|at| *instant > at) && *instant < finding.since);
        later.dedup();
        for instant in later {
            for way in ways(scenario, &options(scenario), &past, instant, STEPS_MOST) {
                assert!(!keeps_away(scenario, case, &past, finding, instant, &way), "{what}: {way:?} at {instant}, after {at:?}");
                tried += 1;
            }
        }
    }
    (with_point, tried)
}

/// By the rules: gamma has the disk open from 17m7s on and beta never let go of it; the first of them to write after that does so at
/// 17m8s963ms. Until right before one writer is left if beta loses its power; then the other has written.
#[test]
fn the_readmes_story_by_hand() {
    let scenario = common::load_file(&common::root().join("scenarios/forget/forgotten-while-it-runs.yaml"));
    let case = scenario.cases()[0];
    let past = run(&scenario, case, options(&scenario), &[]);
    let points = no_return(&scenario, &options(&scenario), &past);
    let of = |name: &str| past.found.iter().position(|found| found.hazard.doc().name == name).map(|at| points[at].clone()).unwrap();
    let NoReturn::Until(at, way) = of("double-writer") else { panic!("{:?}", of("double-writer")) };
    let words: Vec<String> = way.iter().map(|step| poolsim::scenario::words::text(&step.deed, &scenario.pool.names)).collect();
    assert_eq!((at.to_string().as_str(), &words[..]), ("17m8s962ms", &["power-off: beta".to_owned()][..]));
    // The forget is typed at 15m and done at 15m1s: what is under way can't be called back, but beta can be switched off before.
    let NoReturn::Until(at, way) = of("forgotten-host-alive") else { panic!() };
    let words: Vec<String> = way.iter().map(|step| poolsim::scenario::words::text(&step.deed, &scenario.pool.names)).collect();
    assert_eq!((at, &words[..]), (Time::ZERO + Span::millis(15 * 60_000 + 999), &["power-off: beta".to_owned()][..]));
    // The lock goes at 16m2s with `resetvdis.py`, which was typed at 16m1s.
    let NoReturn::Until(at, _) = of("unprotected-disk") else { panic!() };
    assert_eq!(at, Time::ZERO + Span::millis(16 * 60_000 + 1_999));
    assert_eq!(of("no-master"), NoReturn::NotSought, "an outage");
}

/// The same story as a line, of one run. Nothing comes of the double writer unless the start on gamma is typed, so up to the instant in
/// which it is, doing nothing more is enough; from then on beta's power is, until the point of no return; and then nothing.
#[test]
fn the_readmes_story_as_a_line() {
    let scenario = common::load_file(&common::root().join("scenarios/forget/forgotten-while-it-runs.yaml"));
    let case = scenario.cases()[0];
    let past = run(&scenario, case, options(&scenario), &[]);
    let place = past.found.iter().position(|found| found.hazard.doc().name == "double-writer").expect("it comes");
    let points = no_return(&scenario, &options(&scenario), &past);
    let NoReturn::Until(until, _) = points[place] else { panic!("{:?}", points[place]) };
    let of = (&past, &past.found[place], Some(until));
    let bounds = Bounds { worlds: 1, seeds: 1, ..Bounds::default() };
    let line = over_time(&scenario, case, &options(&scenario), of, &bounds).expect("a short run");
    let typed = past.program.steps.iter().position(|(_, step)| step.id.as_deref() == Some("start")).expect("a step");
    let typed = past.engine.records[typed].began.expect("it began");
    assert!(line.whole() && line.runs() == 1 && line.line.len() > 8, "{line:?}");
    assert!(line.line.is_sorted_by_key(|instant| instant.at));
    for over_time::Instant { at, nothing, best, way, .. } in &line.line {
        assert_eq!((*nothing, *best), (usize::from(*at >= typed), usize::from(*at > until)), "{at}: {way:?}");
        assert_eq!(way.is_empty(), *at < typed || *at > until, "{at}: {way:?}");
    }
    let stands = |wanted: (usize, usize)| line.line.iter().any(|instant| (instant.nothing, instant.best) == wanted);
    assert!(stands((0, 0)) && stands((1, 0)) && stands((1, 1)));
}

/// Three worlds and two seeds, each run by itself from a file: as many come to harm as the line says, of doing nothing and of its way, and
/// no single move leaves fewer.
#[test]
fn a_line_over_worlds_and_seeds_counts_what_files_show() {
    let (mut instants, mut runs, mut parted) = (0, 0, 0);
    for (file, recovery, seeds) in [("forget/three-worlds.yaml", 1, 2), ("forget/forgotten-while-it-runs.yaml", 0, 3)] {
        let scenario = common::load_file(&common::root().join("scenarios").join(file));
        let told = scenario.cases().into_iter().filter(|case| case.recovery == Some(recovery));
        let worst = |case: &Case| run(&scenario, *case, options(&scenario), &[]).worst();
        let case = told.max_by_key(worst).expect("a case");
        let past = run(&scenario, case, options(&scenario), &[]);
        let gravest = past.found.iter().max_by_key(|found| (found.hazard.severity(), std::cmp::Reverse(found.since))).expect("harm");
        let bounds = Bounds { seeds, instants: 7, ..Bounds::default() };
        let line = over_time(&scenario, case, &options(&scenario), (&past, gravest, None), &bounds).expect("a short run");
        let lanes: Vec<(Scenario, Case, Run)> = (line.worlds.iter())
            .flat_map(|world| (line.seeds.0..=line.seeds.1).map(|seed| (Case { world: *world, ..case }, seed)))
            .map(|(case, seed)| {
                let own = Scenario { seed, ..scenario.clone() };
                let past = run(&own, case, options(&own), &[]);
                (own, case, past)
            })
            .collect();
        assert_eq!(lanes.len(), line.runs());
        let mut harmed = |at: Time, way: &[Step]| {
            runs += lanes.len();
            let comes = |(own, case, past): &&(Scenario, Case, Run)| {
                let after = run(&written(own, *case, past, at, way), *case, options(own), &[]);
                let sites = grave(&after.found);
                sites.contains(&(gravest.hazard, gravest.place)) || !sites.is_subset(&grave(&past.found))
            };
            lanes.iter().filter(comes).count()
        };
        for instant in &line.line {
            assert_eq!(harmed(instant.at, &[]), instant.nothing, "{file} at {}: nothing", instant.at);
            assert_eq!(harmed(instant.at, &instant.way), instant.best, "{file} at {}: {:?}", instant.at, instant.way);
            for way in ways(&scenario, &options(&scenario), &past, instant.at, 1).iter().take(6) {
                assert!(harmed(instant.at, way) >= instant.best || !instant.whole, "{file} at {}: {way:?} leaves fewer", instant.at);
            }
            instants += 1;
            parted += usize::from(instant.best < instant.nothing);
        }
    }
    assert!(instants >= 14 && runs > 300 && parted > 0, "{instants} instants, {runs} runs, {parted} at which it pays to do something");
}

/// Each shipped story of a few hosts with harm in it.
#[test]
fn on_shipped_scenarios_what_is_said_is_so() {
    let (mut points, mut tried) = (0, 0);
    for path in common::shipped() {
        let text = std::fs::read_to_string(&path).expect("text");
        let name = common::relative(&path);
        if text.contains("\nincludes:") || text.contains("\nmatrix:") || name.contains("/ha/") {
            continue;
        }
        let scenario = common::load_file(&path);
        if scenario.pool.names.machines.len() > 4 || scenario.pool.vms.len() > 3 {
            continue;
        }
        for case in scenario.cases() {
            // All ways at all later instants are many: of these, some.
            let (with_point, ways) = holds(&scenario, case, tried < 6_000);
            points += with_point;
            tried += ways;
        }
    }
    assert!(points > 150 && tried > 0, "{points} points, {tried} ways");
}

/// Random ones.
#[test]
fn on_random_scenarios_what_is_said_is_so() {
    let (mut points, mut tried) = (0, 0);
    for n in 0..400 {
        let scenario = common::load(
            "generated.yaml",
            &generate::scenario(n, if n % 4 == 1 { generate::Taste::Guarded } else { generate::Taste::Wild }),
        );
        if scenario.pool.names.machines.len() > 4 || scenario.pool.ha.is_some() {
            continue;
        }
        let case = scenario.cases()[0];
        let (with_point, ways) = holds(&scenario, case, tried < 3_000);
        points += with_point;
        tried += ways;
    }
    assert!(points > 20, "{points} points, {tried} ways");
}
