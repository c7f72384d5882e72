//! How long the default of `--max-work` lasts: files that would run for ever, or nearly, each of a kind of its own, run to a part
//! of that bound on one core. Prints the time of that part, and what the whole default takes at that pace. The aim is a minute
//! or two, whatever the file.
//!
//! `cargo bench --bench work`; a number behind it is the part: 20 is a twentieth, 1 the whole.

#![allow(clippy::disallowed_types, reason = "a bench measures real time")]

use poolsim::engine::{Bound, WORK_MOST};
use poolsim::report;
use poolsim::scenario::load;
use poolsim::search::study;
use std::time::Instant;

/// A pool of three, or of many, for ten years.
const FEW: &str = "until: 3650d\npool: {hosts: [alpha, beta, gamma], storage: {nfs1: {type: nfs}}, vms: {db: {running-on: beta}}}\n";
const MANY: &str =
    "until: 3650d\npool: {hosts: [xs01..xs64], storage: {nfs1: {type: nfs}}, vms: {vm0001..vm0640: {running-on: xs01..xs64}}}\n";

/// The files, by what they do without end.
fn files() -> Vec<(&'static str, String)> {
    let few = |more: &str| format!("{FEW}{more}");
    let many = |more: &str| format!("{MANY}{more}");
    let ha = |text: String| text.replace("type: nfs}}, ", "type: nfs}}, ha: {heartbeat-sr: nfs1}, ");
    let flap = "timeline: [{at: 1m, fault: {crash: HOST}, for: 20s, every: 10m, times: 1000000}]\n";
    let split = "timeline: [{at: 1m, fault: {isolate: HOST}, for: 4m, every: 20m, times: 1000000}]\n";
    let outage = "timeline: [{at: 1m, fault: {sr-outage: nfs1}, for: 5m, every: 20m, times: 1000000}]\n";
    let shows: String = (0..5000).map(|_| "  - {after: 1m, host: xs01, run: xe vm-list params=all}\n").collect();
    let lasting: String = (0..1000).map(|k| format!("  - {{during: {k}m..3650d, vm: db, running-on: [beta]}}\n")).collect();
    vec![
        ("a host crashes again and again", few(&flap.replace("HOST", "beta"))),
        ("one of 64 crashes again and again", many(&flap.replace("HOST", "xs02"))),
        ("one of 64 is cut off again and again", many(&split.replace("HOST", "xs02"))),
        ("64 hosts lose the SR again and again", many(outage)),
        ("a lossy network of 64", many("settings: {network-loss: 20%}\n")),
        ("HA of three in peace", ha(few(""))),
        ("HA of 64 in peace", ha(many(""))),
        ("HA of three, split again and again", ha(few(&split.replace("HOST", "beta")))),
        ("HA of 64, split again and again", ha(many(&split.replace("HOST", "xs02")))),
        ("640 VMs are listed again and again", many(&format!("timeline:\n{shows}"))),
        ("a thousand states over ten years", few(&format!("{}expect:\n  states:\n{lasting}", flap.replace("HOST", "beta")))),
    ]
}

fn main() {
    let part: u64 = std::env::args().filter_map(|word| word.parse().ok()).next().unwrap_or(100);
    println!("{:<40}{:>10}{:>16}{:>12}  ended by", "", "time", "virtual time", "default");
    for (name, text) in files() {
        let scenario = load("work.yaml", &text).unwrap_or_else(|wrong| panic!("{name}: {wrong:?}")).scenario;
        let options = study::Options { because: false, max_work: WORK_MOST / part, ..study::Options::default() };
        let begun = Instant::now();
        let report = report::of(&scenario, scenario.cases()[0], &options);
        let took = begun.elapsed().as_secs_f64();
        let ended = report.cut_short.map_or("its own end", Bound::option);
        println!("{name:<40}{took:>9.2}s{:>16}{:>11.0}s  {ended}", report.end.to_string(), took * part as f64);
    }
}
