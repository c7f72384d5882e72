//! How fast the engine is: workload W1 event by event (a pool whose members beat every 30 s, with crashes), years in which
//! nothing happens, the hold model of the queue, and one shipped scenario. Prints times and rates; asserts nothing.

mod workloads;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use poolsim::base::draw::Stream;
use poolsim::base::time::{Span, Time};
use poolsim::engine::queue::{NO_STEP, Queue, RANK_POOL};
use poolsim::engine::{Engine, Options};
use poolsim::report;
use poolsim::scenario::load;
use poolsim::scenario::model::Case;
use poolsim::search::study;
use poolsim::world::effects::Due;
use std::path::Path;
use workloads::{ANY_ORDER, all_orders, beats, event_by_event, large, later, orders_of_the_manual, scenario, w1};

const HA: &str = "  ha: {timeout: 60s}\n";

fn workload(c: &mut Criterion) {
    let mut group = c.benchmark_group("w1-event-by-event");
    group.sample_size(10);
    for (hosts, length) in [(64, Span::days(5)), (1_000, Span::mins(480)), (10_000, Span::mins(48))] {
        let scenario = w1(hosts, length);
        // A heartbeat a host every 30 s: the events of this workload as every engine counts them.
        group.throughput(Throughput::Elements(beats(hosts, length)));
        group.bench_with_input(BenchmarkId::from_parameter(hosts), &scenario, |b, scenario| {
            b.iter_batched(|| event_by_event(scenario), |mut engine| while engine.turn().is_some() {}, BatchSize::LargeInput);
        });
    }
    group.finish();
}

/// What is passed in one step: W1 over a year, and ten years in which nothing happens at all, or one host is dead.
fn quiet_years(c: &mut Criterion) {
    let mut group = c.benchmark_group("quiet-years");
    group.sample_size(10);
    let crash = "timeline: [{at: 1h, fault: {crash: xs07}}]\n";
    for (name, days, ha, story) in [("10-years", 3650, "", ""), ("10-years-one-dead", 3650, "", crash), ("1-year-with-ha", 365, HA, "")] {
        let text = format!("until: {days}d\npool:\n  hosts: [xs01..xs64]\n  storage: {{nfs1: {{type: nfs}}}}\n{ha}{story}");
        let scenario = load("quiet.yaml", &text).expect("a valid scenario").scenario;
        group.bench_function(name, |b| {
            let start = || Engine::new(&scenario, Case::default(), Options { silent: true, ..Options::default() });
            b.iter_batched(start, |mut engine| while engine.turn().is_some() {}, BatchSize::LargeInput);
        });
    }
    let scenario = w1(64, Span::days(365));
    group.bench_function("w1-1-year", |b| {
        let start = || Engine::new(&scenario, Case::default(), Options { silent: true, ..Options::default() });
        b.iter_batched(start, |mut engine| while engine.turn().is_some() {}, BatchSize::LargeInput);
    });
    group.finish();
}

fn hold(c: &mut Criterion) {
    let mut group = c.benchmark_group("hold-model");
    group.sample_size(10);
    for pending in [1_000u64, 1_000_000] {
        let stream = Stream::new(1, "hold", "");
        let mut queue = Queue::new();
        for k in 0..pending {
            queue.push(Time(stream.below(k, 1_000_000_000)), RANK_POOL, Due::GiveUp { sequence: 0, serial: 0 }, NO_STEP);
        }
        const HOLDS: u64 = 100_000;
        group.throughput(Throughput::Elements(HOLDS));
        let mut k = pending;
        group.bench_function(BenchmarkId::from_parameter(pending), |b| {
            b.iter(|| {
                for _ in 0..HOLDS {
                    let Some(entry) = queue.pop() else { return };
                    k += 1;
                    queue.push(entry.at() + Span(stream.below(k, 2_000_000_000)), RANK_POOL, entry.due, NO_STEP);
                }
            });
        });
    }
    group.finish();
}

fn shipped(c: &mut Criterion) {
    let text = include_str!("../scenarios/forget/forgotten-while-it-runs.yaml");
    let scenario = load("forgotten-while-it-runs.yaml", text).expect("a valid scenario").scenario;
    let options = study::Options { max_events: 1_000_000, because: false, ..study::Options::default() };
    c.bench_function("shipped/load", |b| b.iter(|| load("forgotten-while-it-runs.yaml", text).is_ok()));
    c.bench_function("shipped/run-and-report", |b| b.iter(|| report::of(&scenario, Case::default(), &options)));
    let options = study::Options { because: true, ..options };
    c.bench_function("shipped/with-causes", |b| b.iter(|| report::of(&scenario, Case::default(), &options)));
}

/// Every shipped scenario: loaded, each case run and judged, as `poolsim test scenarios` does with one thread.
fn corpus(c: &mut Criterion) {
    fn walk(folder: &Path, files: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|end| end == "yaml") {
                files.push(std::fs::read_to_string(&path).expect("text"));
            }
        }
    }
    let mut files = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios"), &mut files);
    let options = study::Options { max_events: 1_000_000, because: false, ..study::Options::default() };
    let all = || {
        let mut cases = 0;
        for text in &files {
            let scenario = load("shipped.yaml", text).expect("a valid scenario").scenario;
            for case in scenario.cases() {
                std::hint::black_box(report::brief(&scenario, case, &options));
                cases += 1;
            }
        }
        cases
    };
    let mut group = c.benchmark_group("corpus");
    group.sample_size(10);
    group.throughput(Throughput::Elements(all() as u64));
    group.bench_function("load-run-judge", |b| b.iter(all));
    group.finish();
}

/// A quiet pool of 64 hosts, with HA and without, event by event, a heartbeat an element: a host tells its peers and its slot of the
/// statefile that it lives every 7 s, or the master every 30 s.
fn ha(c: &mut Criterion) {
    let mut group = c.benchmark_group("64-hosts-quiet");
    group.sample_size(10);
    for (name, ha, days, beats) in [("without-ha", "", 5, 63 * 5 * 86_400 / 30), ("with-ha", HA, 1, 64 * 2 * 86_400 / 7)] {
        let text = format!("until: {days}d\npool:\n  hosts: [xs01..xs64]\n  storage: {{nfs1: {{type: nfs}}}}\n{ha}");
        let scenario = load("quiet.yaml", &text).expect("a valid scenario").scenario;
        group.throughput(Throughput::Elements(beats));
        group.bench_function(name, |b| {
            b.iter_batched(|| event_by_event(&scenario), |mut engine| while engine.turn().is_some() {}, BatchSize::LargeInput);
        });
    }
    group.finish();
}

/// What it costs to branch: a session of three hosts in the middle of a story, with all who look on, and a silent engine of a
/// pool of 64 hosts with 200 VMs.
fn clone(c: &mut Criterion) {
    let mut group = c.benchmark_group("clone-and-drop");
    let text = include_str!("../scenarios/forget/forgotten-while-it-runs.yaml");
    let story = load("forgotten-while-it-runs.yaml", text).expect("a valid scenario").scenario;
    let sessions = [
        ("3-hosts-silent", later(&story, true)),
        ("3-hosts-told", later(&story, false)),
        ("64-hosts-200-vms", large("")),
        ("64-hosts-200-vms-ha", large(HA)),
    ];
    for (name, session) in sessions {
        group.bench_function(name, |b| b.iter(|| session.clone()));
    }
    group.finish();
}

/// All orders of the manual's four steps in three worlds: 72 runs that share what they have in common.
fn orders(c: &mut Criterion) {
    let scenario = scenario(ANY_ORDER);
    let all = || orders_of_the_manual(&scenario);
    assert_eq!(all(), 2, "what is measured is what is meant");
    let mut group = c.benchmark_group("orders");
    group.throughput(Throughput::Elements(72));
    group.bench_function("manual-4-steps-3-worlds", |b| b.iter(all));
    // Every order of seven steps in three worlds: the manual's four, and three looks that stand anywhere between them.
    let looks: String = ["host-list", "vm-list", "sr-list"].iter().map(|look| format!("    - {{id: {look}, run: xe {look}}}\n")).collect();
    let last = "on=gamma\", expect: ok}\n";
    assert!(ANY_ORDER.contains(last), "the looks stand behind the last step");
    let text = ANY_ORDER.replacen(last, &format!("{last}{looks}"), 1);
    let scenario = load("seven.yaml", &text).expect("a valid scenario").scenario;
    group.sample_size(10).throughput(Throughput::Elements(15_120));
    for (name, brute) in [("seven-steps-3-worlds", false), ("seven-steps-3-worlds-every-run", true)] {
        let all = || all_orders(&scenario, brute);
        assert_eq!(all().judged.len(), 5_040, "what is measured is what is meant");
        eprintln!("{name}: {} of 15,120 runs were spared", all().merged);
        group.bench_function(name, |b| b.iter(all));
    }
    group.finish();
}

criterion_group!(benches, workload, quiet_years, hold, shipped, corpus, ha, clone, orders);
criterion_main!(benches);
