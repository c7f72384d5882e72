//! What keeps any file from running for ever: the bound of work, where it ends a run and how that is said; and states that
//! are looked at only when something changes, against the plain way of looking at every instant.

mod common;

use poolsim::base::time::{Span, Time};
use poolsim::engine::Bound;
use poolsim::report::{self, Report};
use poolsim::scenario::model::Scenario;
use poolsim::search::study::Options;

fn load(text: &str) -> Scenario {
    poolsim::scenario::load("bounds.yaml", text).unwrap_or_else(|wrong| panic!("{wrong:?}\n{text}")).scenario
}

fn reports(text: &str, max_work: u64) -> Vec<Report> {
    let scenario = load(text);
    // A quiet pool is no work: here it is gone through heartbeat by heartbeat.
    let options = Options { max_work, every_heartbeat: true, ..Options::default() };
    scenario.cases().into_iter().map(|case| report::of(&scenario, case, &options)).collect()
}

/// Nothing but heartbeats, for ten years.
const QUIET: &str = "until: 3650d
pool: {hosts: [alpha, beta, gamma], storage: {nfs1: {type: nfs}}, vms: {db: {running-on: beta}}}
";

/// A host that crashes and boots a million times.
const FLAP: &str = "until: 3650d
pool: {hosts: [alpha, beta, gamma], storage: {nfs1: {type: nfs}}, vms: {db: {running-on: beta}}}
timeline: [{at: 1m, fault: {crash: beta}, for: 20s, every: 10m, times: 1000000}]
";

#[test]
fn a_run_ends_where_its_work_does_every_time() {
    for text in [QUIET, FLAP] {
        let [first] = &reports(text, 300_000)[..] else { panic!("one case") };
        let [again] = &reports(text, 300_000)[..] else { panic!("one case") };
        assert_eq!(first.cut_short, Some(Bound::Work));
        assert!(first.end > Time::ZERO + Span::mins(60) && first.end < Time::ZERO + Span::days(3650), "{}", first.end);
        assert_eq!((first.end, &first.digest, first.events), (again.end, &again.digest, again.events));
        // Twice the work goes about twice as far.
        let [further] = &reports(text, 600_000)[..] else { panic!("one case") };
        let times = |report: &Report| report.end.0 as f64 / first.end.0 as f64;
        assert!((1.5..2.5).contains(&times(further)), "{}", times(further));
    }
}

/// What nobody can see costs nothing: ten years of 64 hosts end by themselves within less work than a day of theirs is event by
/// event; and so does a pool of which a host is dead all the time, or hears nobody.
#[test]
fn ten_quiet_years_are_next_to_no_work() {
    let pool = "until: 3650d\npool: {hosts: [xs01..xs64], storage: {nfs1: {type: nfs}}";
    let text = format!("{pool}, vms: {{vm01..vm50: {{running-on: xs01..xs50}}}}}}\n");
    let faults = ["", "timeline: [{at: 1h, fault: {crash: xs07}}]\n", "timeline: [{at: 1h, fault: {hang: xs01}}]\n"];
    for fault in faults {
        let scenario = load(&format!("{text}{fault}"));
        let run = |every_heartbeat, max_work| {
            let options = Options { max_work, every_heartbeat, because: false, ..Options::default() };
            report::of(&scenario, scenario.cases()[0], &options)
        };
        let quick = run(false, 30_000);
        assert_eq!((quick.cut_short, quick.end), (None, Time::ZERO + Span::days(3650)), "{fault}");
        let plain = run(true, 30_000);
        assert!(plain.cut_short == Some(Bound::Work) && plain.end < Time::ZERO + Span::days(1), "{fault}");
    }
    // And without a fault less than it is to begin.
    let scenario = load(&format!("{pool}}}\n"));
    let engine = |max_work| poolsim::engine::Options { max_work, silent: true, ..poolsim::engine::Options::default() };
    let run = poolsim::run::run(&scenario, scenario.cases()[0], engine(u64::MAX), &[]);
    assert!(run.engine.work() < 2 * run.engine.begun_with() && run.engine.work() < 3_000, "{}", run.engine.work());
}

#[test]
fn what_ends_by_itself_is_not_cut_short() {
    let [report] = &reports(&QUIET.replace("3650d", "1h"), 300_000)[..] else { panic!("one case") };
    assert_eq!((report.cut_short, report.end), (None, Time::ZERO + Span::mins(60)));
}

/// Cases share the work of their file equally, whichever of them are run: four worlds in which nothing is different go a
/// quarter as far as one alone.
#[test]
fn cases_share_the_work_of_their_file() {
    let worlds = "worlds: {a: [{at: 1m, note: x}], b: [{at: 1m, note: x}], c: [{at: 1m, note: x}], d: [{at: 1m, note: x}]}\n";
    let four = reports(&format!("{FLAP}{worlds}"), 1_200_000);
    let one = reports(&format!("{FLAP}worlds: {{a: [{{at: 1m, note: x}}]}}\n"), 300_000);
    assert_eq!(four.len(), 4);
    for case in &four {
        assert_eq!((case.cut_short, case.end, &case.digest), (Some(Bound::Work), one[0].end, &one[0].digest));
    }
    // So do the values of a matrix.
    let varied = reports(&format!("{FLAP}matrix: {{settings: {{command: [1s, 2s, 3s, 4s]}}}}\n"), 1_200_000);
    let plain = reports(FLAP, 300_000);
    assert_eq!((varied.len(), varied[0].end), (4, plain[0].end));
}

#[test]
fn seeds_that_are_too_much_work_are_not_judged_and_say_so() {
    let text = format!("{}seeds: 0..9999\nexpect:\n  hazards:\n    - {{hazard: vm-down, in: 0%}}\n", FLAP.replace("3650d", "1h"));
    let [report] = &reports(&text, 1_000_000)[..] else { panic!("one case") };
    let said = report.expectations.iter().find(|expectation| expectation.what.contains("seeds 0..9999")).unwrap();
    assert!(!said.passed && said.got.contains("--max-work"), "{}", said.got);
}

/// Every run pays for what it keeps: a flap of findings ends before they fill the memory.
#[test]
fn findings_are_work() {
    let loss = "timeline: [{at: 1m, fault: {crash: beta}, for: 5m, every: 20m, times: 1000000}]\n";
    let text = format!("{}{loss}", QUIET.replace("vms: {db: {running-on: beta}}", "vms: {v01..v40: {running-on: beta}}"));
    let [report] = &reports(&text, 3_000_000)[..] else { panic!("one case") };
    let found: u64 = report.counts.values().sum();
    assert_eq!(report.cut_short, Some(Bound::Work));
    assert!(found > 0 && found <= 3_000_000 / 4_000, "{found} findings");
}

/// What lasts, and what is awaited, looked at the plain way: at every instant at which anything happened, and at both ends.
#[test]
fn states_over_time_are_as_looking_all_the_time_would_find_them() {
    let story = "until: 3h
pool: {hosts: [alpha, beta, gamma], storage: {nfs1: {type: nfs}}, vms: {db: {running-on: beta}, web: {running-on: gamma}}}
timeline:
  - {at: 5m, fault: {isolate: beta}}
  - {at: 30m, fault: {heal-network: beta}}
  - {at: 50m, fault: {crash: gamma}, for: 10m, every: 40m, times: 3}
recovery: {at: 1h, steps: [{run: xe vm-start vm=web on=alpha}, {run: xe vm-shutdown vm=db}]}
";
    let facts = [
        "host: beta, live: true",
        "host: beta, live: false",
        "host: gamma, powered: true",
        "vm: web, running-on: [gamma]",
        "vm: web, power-state: running",
        "vdi: db-root, open-on: [beta]",
        "masters: [alpha]",
    ];
    // Where anything happened, and between.
    let told = &reports(story, u64::MAX)[0];
    let mut instants: Vec<u64> = told.story.iter().map(|line| line.at.0).chain((0..=180).map(|minute| minute * 60_000_000)).collect();
    instants.sort_unstable();
    instants.dedup();
    let looks: Vec<String> =
        facts.iter().flat_map(|fact| instants.iter().map(move |at| format!("    - {{at: {at}us, {fact}}}\n"))).collect();
    let passed = |items: &[String]| -> Vec<bool> {
        let text = format!("{story}expect:\n  worst: corruption\n  states:\n{}", items.concat());
        let report = &reports(&text, u64::MAX)[0];
        let of_items =
            report.expectations.iter().filter(|e| e.what.starts_with("at ") || e.what.starts_with("by ") || e.what.starts_with("during "));
        of_items.filter(|e| !e.what.starts_with("at the end")).map(|e| e.passed).collect()
    };
    let seen = passed(&looks);
    assert_eq!(seen.len(), looks.len());
    let (mut items, mut expected) = (Vec::new(), Vec::new());
    for (number, fact) in facts.iter().enumerate() {
        let seen = &seen[number * instants.len()..(number + 1) * instants.len()];
        for (first, last) in
            [(0, 4), (0, 180), (6, 29), (13, 16), (14, 16), (17, 28), (49, 51), (50, 50), (52, 59), (55, 140), (100, 180), (61, 62)]
        {
            let (first, last) = (first * 60_000_000, last * 60_000_000);
            let within = |from: u64| instants.iter().zip(seen).filter(move |(at, _)| (from..=last).contains(*at)).map(|(_, holds)| *holds);
            items.push(format!("    - {{during: {first}us..{last}us, {fact}}}\n"));
            expected.push(within(first).all(|holds| holds));
            items.push(format!("    - {{by: {last}us, {fact}}}\n"));
            expected.push(within(0).any(|holds| holds));
        }
    }
    assert!(expected.iter().filter(|holds| **holds).count() > 20 && expected.iter().filter(|holds| !**holds).count() > 20);
    let got = passed(&items);
    for ((item, expected), got) in items.iter().zip(&expected).zip(&got) {
        assert_eq!(got, expected, "{item}");
    }
    assert_eq!(got.len(), expected.len());
}
