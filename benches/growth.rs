//! How the time of a whole run, report and causes included, grows with the pool: hosts that each run a guest, through what touches
//! them all. Prints the time at each size and the exponent between the sizes: 1.00 is linear.
//!
//! `cargo bench --bench growth`; a number behind it is the largest size (`-- 4096`).

#![allow(clippy::disallowed_types, reason = "a bench measures real time")]

use poolsim::report;
use poolsim::scenario::load;
use poolsim::scenario::model::Case;
use poolsim::search::study;
use std::time::{Duration, Instant};

const SIZES: [usize; 4] = [256, 1024, 4096, 10_000];

/// What happens to the pool, by name.
const STORIES: [(&str, &str); 5] = [
    ("nothing", ""),
    ("the master crashes and returns", "timeline:\n  - {at: 1m, fault: {crash: h00001}}\n  - {at: 20m, fault: {boot: h00001}}\n"),
    (
        "a member is promoted",
        "timeline:\n  - {at: 1m, fault: {crash: h00001}}\n  - {at: 2m, host: h00002, run: xe pool-emergency-transition-to-master}\n  - {at: 5m, host: h00002, run: xe pool-recover-slaves}\n",
    ),
    ("the SR is lost and back", "timeline:\n  - {at: 1m, fault: {sr-outage: nfs1}}\n  - {at: 5m, fault: {sr-return: nfs1}}\n"),
    (
        "every path is lost and back",
        "timeline:\n  - {at: 1m, fault: {storage-loss: {host: [h00001..HOSTS], sr: nfs1}}}\n  - {at: 5m, fault: {storage-return: {host: [h00001..HOSTS], sr: nfs1}}}\n",
    ),
];

fn main() {
    let largest = std::env::args().filter_map(|word| word.parse().ok()).next().unwrap_or(10_000);
    let sizes: Vec<usize> = SIZES.into_iter().filter(|size| *size <= largest).collect();
    let heads: String = sizes.iter().map(|size| format!("{size:>12}")).collect();
    println!("{:<32}{heads}   exponents", "");
    for (name, story) in STORIES {
        let times: Vec<Duration> = sizes.iter().map(|size| fastest(story, *size)).collect();
        let shown: String = times.iter().map(|time| format!("{:>10.1}ms", time.as_secs_f64() * 1000.0)).collect();
        let pairs = sizes.windows(2).zip(times.windows(2));
        let exponent = |(n, t): (&[usize], &[Duration])| (t[1].as_secs_f64() / t[0].as_secs_f64()).ln() / (n[1] as f64 / n[0] as f64).ln();
        let exponents: Vec<String> = pairs.map(|pair| format!("{:.2}", exponent(pair))).collect();
        println!("{name:<32}{shown}   {}", exponents.join(" "));
    }
}

/// The fastest of a few runs of a story among so many hosts.
fn fastest(story: &str, hosts: usize) -> Duration {
    let last = format!("h{hosts:05}");
    let text = format!(
        "until: 1h\npool:\n  hosts: [h00001..{last}]\n  storage: {{nfs1: {{type: nfs}}}}\n  vms: {{v00001..v{hosts:05}: {{running-on: h00001..{last}}}}}\n{}",
        story.replace("HOSTS", &last)
    );
    let scenario = load("growth.yaml", &text).expect("a valid scenario").scenario;
    let once = || {
        let begun = Instant::now();
        let options = study::Options { because: true, ..study::Options::default() };
        let study = study::study(&scenario, Case::default(), &options);
        let report = report::build(&study);
        assert!(!report.hazards.is_empty() || story.is_empty());
        begun.elapsed()
    };
    (0..if hosts > 5000 { 2 } else { 5 }).map(|_| once()).min().expect("a run")
}
