//! What else may break: planted hazards are found, what is found is there when its scenario is read and run again and is not there
//! without its faults, and trying times and faults one by one, written down and loaded, finds nothing that was missed.

mod common;

use poolsim::base::time::{Span, Time};
use poolsim::engine::Options as Engine;
use poolsim::hazard::Severity;
use poolsim::judge::Verdict;
use poolsim::run::{Run, run};
use poolsim::scenario::model::{Case, Scenario};
use poolsim::scenario::write;
use poolsim::search::explore::{Explored, Finding, Options, Shape, Strike, explore, faults, with_faults};
use poolsim::search::orders::Hooks;
use poolsim::search::shrink::Target;
use poolsim::search::study;
use std::collections::{BTreeMap, BTreeSet};

fn options(faults: usize, budget: u64) -> Options {
    Options { seed: None, max_events: 200_000, max_work: 4_000_000, faults, within: None, budget, findings: 200 }
}

fn explored(scenario: &Scenario, options: &Options) -> Explored {
    explore(scenario, scenario.cases()[0], options, &Hooks { done: &|_| (), stopped: &|| false })
}

fn whole(scenario: &Scenario, case: Case) -> Run {
    let options = Engine { seed: scenario.seed, max_events: 200_000, max_work: 4_000_000, ..Engine::default() };
    run(scenario, case, options, &[])
}

/// The dangers and corruptions of a run, by name.
fn grave(run: &Run) -> BTreeSet<String> {
    let found = run.found.iter().filter(|found| found.hazard.severity() >= Severity::Danger);
    found.map(|found| Target::of(found, &run.engine.world.names).words()).collect()
}

fn words(finding: &Finding) -> Vec<String> {
    finding.strikes.iter().map(|strike| strike.bare_words(&finding.scenario.pool.names)).collect()
}

/// Whoever follows it forgets a host that he does not see any more, and starts its VM elsewhere.
const HASTY: &str = "
pool: {hosts: [alpha, beta], storage: {nfs1: {type: nfs}}, vms: {db: {running-on: beta}}}
recovery:
  wait-for: {host: beta, live: false}
  steps:
    - {id: forget, run: 'xe host-forget uuid=$beta --force'}
    - {id: release, run: '/opt/xensource/sm/resetvdis.py $beta $nfs1'}
    - {id: start, run: 'xe vm-start vm=db on=alpha'}
until: 40m
";

/// Everything that is told of a finding is so: its scenario, written down and read, shows it; without its faults it does not, and
/// without any one of its steps; and the smallest one shows it, passes as a test, and has all of its faults.
fn is_so(found: &Finding) {
    let text = write::yaml(&found.scenario);
    let read = common::load("found.yaml", &text);
    let case = read.cases()[0];
    let what = format!("{}\n{text}", found.target.words());
    assert!(found.target.found_in(&whole(&read, case)).is_some(), "{what}");
    let mut bare = read.clone();
    bare.worlds
        .iter_mut()
        .chain(&mut bare.operators)
        .filter(|named| named.name.starts_with("explored"))
        .for_each(|named| named.steps.clear());
    assert!(found.target.found_in(&whole(&bare, case)).is_none(), "{what}");
    for left_out in 0..found.strikes.len() {
        let mut fewer = read.clone();
        let named =
            fewer.worlds.iter_mut().chain(&mut fewer.operators).find(|named| named.name.starts_with("explored")).expect("its faults");
        named.steps.remove(left_out);
        assert!(found.target.found_in(&whole(&fewer, case)).is_none(), "fault {left_out} is not needed: {what}");
    }
    let small = found.small.as_ref().expect("shrunk");
    let read = common::load("small.yaml", &small.text);
    let judged = study::brief(&read, read.cases()[0], &study::Options { because: false, ..study::Options::default() });
    assert_eq!(judged.verdict, Verdict::AsExpected, "{}", small.text);
    assert!(found.target.found_in(&judged.run).is_some(), "{}", small.text);
    let names = &read.pool.names;
    let said: Vec<String> = read.steps(read.cases()[0]).map(|(_, step)| poolsim::scenario::words::text(&step.deed, names)).collect();
    for fault in words(found) {
        assert!(said.iter().any(|said| said.starts_with(fault.trim_end_matches('}'))), "{fault} in {}", small.text);
    }
}

/// Two faults at once: a host that nobody sees is forgotten and its VM starts elsewhere, and what it had held back for want of its
/// storage it writes when the path returns (late-write). A host that reaches its storage writes at once, a double-writer: one fault.
#[test]
fn a_hazard_that_takes_two_faults_is_found_and_one_that_takes_one_is_not_told_of_two() {
    let scenario = common::load("hasty.yaml", HASTY);
    let all = explored(&scenario, &options(2, 100_000));
    assert!(all.levels.iter().all(|level| level.run), "{:?}", all.levels);
    assert_eq!(all.tried, all.levels.iter().map(|level| level.combinations).sum::<u64>());
    let of = |name: &str| all.findings.iter().filter(|found| found.target.hazard.doc().name == name).collect::<Vec<_>>();
    let late = of("late-write");
    assert!(!late.is_empty());
    for found in &late {
        let words = words(found);
        assert_eq!(words.len(), 2, "{words:?}");
        assert!(words.iter().any(|fault| fault.starts_with("storage-loss: {host: beta") || fault.starts_with("sr-outage")), "{words:?}");
        let steps: Vec<&str> = found
            .steps
            .iter()
            .map(|step| found.scenario.steps(found.case).nth(usize::from(step.0)).unwrap().1.id.as_deref().unwrap())
            .collect();
        assert_eq!(steps, ["forget", "release", "start"], "it takes all three");
    }
    let double = of("double-writer");
    assert!(double.iter().any(|found| words(found) == ["isolate: beta"]), "one fault is enough");
    assert!(double.iter().filter(|found| found.strikes.len() == 1).all(|found| found.shows > 1), "and shows in many pairs");
    for found in &all.findings {
        is_so(found);
    }
}

/// The second way: each fault at each of many instants, for several spans, written down as a file of its own. None shows what
/// the search does not tell; and of the search's own combinations, as many show each thing as it says.
#[test]
fn trying_one_by_one_finds_nothing_more() {
    let scenario = common::load("hasty.yaml", HASTY);
    let quiet = grave(&whole(&scenario, scenario.cases()[0]));
    let text = |strikes: &[Strike]| {
        let names = &scenario.pool.names;
        let lines: String = strikes
            .iter()
            .map(|strike| {
                let lasts = strike.lasts.map_or_else(String::new, |lasts| format!(", for: {lasts}"));
                format!("    - {{at: {}, fault: {{{}}}{lasts}}}\n", strike.at, strike.bare_words(names))
            })
            .collect();
        format!("{HASTY}worlds:\n  one-by-one:\n{lines}")
    };
    let shown = |strikes: &[Strike]| {
        let written = common::load("hasty.yaml", &text(strikes));
        grave(&whole(&written, written.cases()[0])).difference(&quiet).cloned().collect::<BTreeSet<String>>()
    };
    let told = |all: &Explored| all.findings.iter().map(|found| found.target.words()).collect::<BTreeSet<String>>();

    let single = explored(&scenario, &options(1, 100_000));
    let mut brute: BTreeSet<String> = BTreeSet::new();
    let mut tried = 0;
    for fault in faults(&scenario) {
        for minute in 0..36 {
            for lasts in [None, Some(Span::secs(20)), Some(Span::mins(4)), Some(Span::mins(11)), Some(Span::mins(25))] {
                if lasts.is_some() && fault.undoing().is_none() {
                    continue;
                }
                brute.extend(shown(&[Strike { fault: fault.clone(), at: Time::ZERO + Span::mins(minute), lasts }]));
                tried += 1;
            }
        }
    }
    assert!(tried > 3_000 && brute.len() > 3, "{tried}: {brute:?}");
    assert!(brute.is_subset(&told(&single)), "one fault shows {:?}", brute.difference(&told(&single)).collect::<Vec<_>>());

    let pairs = explored(&scenario, &options(2, 100_000));
    let all = faults(&scenario);
    let times = [2, 9, 13, 21];
    let mut brute: BTreeSet<String> = BTreeSet::new();
    for (n, one) in all.iter().enumerate() {
        for (m, other) in all.iter().enumerate() {
            let at = times[(n + m) % times.len()];
            let later = times[(n * 3 + m) % times.len()].max(at);
            let lasts = [None, Some(Span::mins(20))][(n + m / 2) % 2].filter(|_| other.undoing().is_some());
            let strike = |fault: &poolsim::fault::Fault, minute: u64, lasts| Strike {
                fault: fault.clone(),
                at: Time::ZERO + Span::mins(minute),
                lasts,
            };
            brute.extend(shown(&[strike(one, at, None), strike(other, later, lasts)]));
        }
    }
    assert!(brute.contains("late-write on db-root"), "{brute:?}");
    assert!(brute.is_subset(&told(&pairs)), "two faults show {:?}", brute.difference(&told(&pairs)).collect::<Vec<_>>());

    // The search's own combinations, counted one by one.
    let space = poolsim::search::explore::Space::new(&scenario);
    let instants = poolsim::search::explore::Instants::of(&whole(&scenario, scenario.cases()[0]), Time::NEVER);
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    let mut combinations = 0;
    for combination in space.after(&[], &instants) {
        let strikes: Vec<Strike> = combination
            .iter()
            .map(|(fault, at, lasts)| Strike { fault: space.faults[usize::from(*fault)].clone(), at: *at, lasts: *lasts })
            .collect();
        combinations += 1;
        for what in shown(&strikes) {
            *counted.entry(what).or_default() += 1;
        }
    }
    let mut said: BTreeMap<String, u64> = BTreeMap::new();
    for found in &single.findings {
        *said.entry(found.target.words()).or_default() += found.shows;
    }
    assert_eq!((single.tried, said), (combinations, counted));
}

/// A member that is cut off while the database changes has an old copy; made master, it rules by it.
#[test]
fn somebody_who_goes_by_an_old_copy_is_found() {
    let text = "
pool: {hosts: [alpha, beta], storage: {nfs1: {type: nfs}}, vms: {db: {running-on: alpha}, web: {}}}
timeline:
  - {at: 50m, fault: {crash: alpha}}
operators:
  anna: [{at: 10m, run: 'xe vm-start vm=web on=alpha'}]
recovery:
  at: 55m
  host: beta
  steps:
    - {run: 'xe pool-emergency-transition-to-master'}
until: 1h10m
";
    let scenario = common::load("stale.yaml", text);
    let quiet = whole(&scenario, scenario.cases()[0]);
    assert!(!grave(&quiet).iter().any(|what| what.starts_with("stale-database")), "copied long before: {:?}", grave(&quiet));
    let all = explored(&scenario, &options(1, 20_000));
    let stale: Vec<&Finding> = all.findings.iter().filter(|found| found.target.hazard.doc().name == "stale-database").collect();
    assert!(
        stale.iter().any(|found| words(found) == ["isolate: beta"]),
        "{:?}",
        stale.iter().map(|found| words(found)).collect::<Vec<_>>()
    );
    assert!(stale.iter().all(|found| found.shapes.contains(&Shape::Stale)));
    stale.into_iter().for_each(is_so);
}

/// Instants lie within commands, and right before and after each event.
#[test]
fn faults_strike_within_commands_and_around_events() {
    let text = "
pool: {hosts: [alpha, beta], storage: {nfs1: {type: nfs}}, vms: {db: {running-on: beta}}}
recovery: {at: 10m, steps: [{run: 'xe vm-migrate vm=db host=alpha'}]}
";
    let scenario = common::load("within.yaml", text);
    let run = whole(&scenario, scenario.cases()[0]);
    let record = &run.engine.records[0];
    let (began, ended) = (record.began.unwrap(), record.ended.unwrap());
    assert!(ended.since(began) >= Span::secs(30), "a migration takes its time");
    let instants = poolsim::search::explore::Instants::of(&run, Time::NEVER);
    let within = instants.all.iter().filter(|at| **at > began && **at < ended).count();
    assert!(within >= 3, "{:?}", instants.all);
    for entry in &run.engine.trace.entries {
        assert!(instants.all.iter().any(|at| *at < entry.at && entry.at.since(*at) <= Span::millis(1)), "right before {}", entry.at);
        assert!(instants.all.iter().any(|at| *at > entry.at && at.since(entry.at) <= Span::millis(1)), "right after {}", entry.at);
    }
    let early = poolsim::search::explore::Instants::of(&run, Time::ZERO + Span::mins(5));
    assert_eq!(early.all, [Time::ZERO], "none later than was asked");
}

/// Where pairs are too many, chance finds the planted one as well; each round has a part of the kinds and a seed of its own; and
/// the same question gets the same answer.
#[test]
fn rounds_of_chance_find_it_too() {
    let scenario = common::load("hasty.yaml", HASTY);
    let some = options(2, 12_000);
    let all = explored(&scenario, &some);
    assert!(all.levels[0].run && !all.levels[1].run, "{:?}", all.levels);
    assert_eq!(all.tried, 12_000);
    assert!(all.findings.iter().any(|found| found.target.words() == "late-write on db-root"), "{} rounds", all.rounds.len());
    let kinds: BTreeSet<&str> = faults(&scenario).iter().map(poolsim::fault::Fault::name).collect();
    assert!(all.rounds.iter().all(|round| !round.kinds.is_empty() && round.kinds.iter().all(|kind| kinds.contains(kind))));
    assert!(all.rounds.iter().filter(|round| round.kinds.len() < kinds.len()).count() > all.rounds.len() / 2);
    assert!(all.rounds.iter().enumerate().all(|(at, round)| (round.number, round.seed) == (at as u64, at as u64)));
    for found in all.findings.iter().filter(|found| found.round.is_some()).take(20) {
        is_so(found);
    }
    let again = explored(&scenario, &some);
    let told = |all: &Explored| {
        all.findings
            .iter()
            .map(|found| (found.target.words(), found.shows, found.small.clone().map(|small| small.text)))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(&all), told(&again));
}

/// In a case that has a world of its own the faults stand beside it, and nothing else of it changes.
#[test]
fn faults_beside_a_world_change_nothing_else() {
    for path in common::shipped().into_iter().filter(|path| path.display().to_string().contains("forget")) {
        if std::fs::read_to_string(&path).expect("text").contains("\nincludes:") {
            continue;
        }
        let scenario = common::load_file(&path);
        for case in scenario.cases() {
            let strike = Strike { fault: faults(&scenario)[0].clone(), at: Time::ZERO + Span::days(300), lasts: None };
            let (more, more_case) = with_faults(&scenario, case, &[strike]);
            let until = |run: &Run| {
                run.engine
                    .trace
                    .entries
                    .iter()
                    .filter(|entry| entry.at < Time::ZERO + Span::days(299))
                    .map(|entry| (entry.at, entry.event.name()))
                    .collect::<Vec<_>>()
            };
            let (one, mut other) = (whole(&scenario, case), more.clone());
            other.until = Some(one.end);
            assert_eq!(until(&one), until(&whole(&other, more_case)), "{}", path.display());
        }
    }
}
