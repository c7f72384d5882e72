//! What is counted in instructions, which are steady where times are not: `counted WORKLOAD TIMES` does it so many times and
//! nothing else. `.ci/instructions` runs it under callgrind, twice with different numbers, so that what it takes to begin
//! drops out. Prints nothing, and measures nothing by itself.

use poolsim::base::time::{Span, Time};
use poolsim::engine::{Engine, Options};
use poolsim::run::Session;
use poolsim::scenario::load;
use poolsim::scenario::model::{Case, Scenario};
use poolsim::search::orders;
use std::hint::black_box;

fn scenario(text: &str) -> Scenario {
    load("counted.yaml", text).expect("a valid scenario").scenario
}

/// 64 hosts without HA, heartbeat by heartbeat: `times` hours of them. A year of crashes changes the number of instructions a
/// heartbeat by less than a hundredth, and so nobody crashes.
fn heartbeats(times: u64) {
    let scenario = scenario(&format!("until: {times}h\npool: {{hosts: [h01..h64]}}\n"));
    let options = Options { silent: true, every_heartbeat: true, ..Options::default() };
    let mut engine = Engine::new(&scenario, Case::default(), options);
    while engine.turn().is_some() {}
}

/// Three hosts for an hour, one of which crashes and comes back: the whole way, as a sweep does it.
fn small(times: u64) {
    let scenario = scenario(
        "until: 1h\npool: {hosts: [alpha, beta, gamma], storage: {nfs1: {type: nfs}}, vms: {db: {running-on: beta}}}
timeline: [{at: 5m, fault: {crash: beta}, for: 20m}]\n",
    );
    for seed in 0..times {
        let options = Options { seed, silent: true, ..Options::default() };
        black_box(Session::new(&scenario, Case::default(), options, &[]).finish());
    }
}

/// A clone of 64 hosts with 200 VMs, and its end.
fn clone(times: u64) {
    let scenario =
        scenario("pool:\n  hosts: [xs01..xs64]\n  storage: {nfs1: {type: nfs}}\n  vms: {vm001..vm200: {running-on: xs01..xs64}}\n");
    let mut session = Session::new(&scenario, Case::default(), Options { silent: true, ..Options::default() }, &[]);
    session.until(Time::ZERO + Span::mins(16));
    for _ in 0..times {
        black_box(session.clone());
    }
}

/// All orders of the manual's recovery in three worlds.
fn all_orders(times: u64) {
    let scenario = scenario(include_str!("../scenarios/forget/any-order.yaml"));
    let options = orders::Options { subsets: false, seed: None, max_events: 1_000_000, max_work: 600_000_000 };
    let hooks = orders::Hooks { done: &|_| (), stopped: &|| false };
    for _ in 0..times {
        let choice = orders::Choice::new(&scenario, 0).expect("a recovery with steps");
        black_box(orders::orders(&scenario, choice, &options, &hooks));
    }
}

/// 64 hosts in which nothing happens for so many years.
fn quiet(times: u64) {
    let scenario = scenario(&format!("until: {}d\npool: {{hosts: [h01..h64]}}\n", times * 365));
    let mut engine = Engine::new(&scenario, Case::default(), Options { silent: true, ..Options::default() });
    while engine.turn().is_some() {}
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, times] = &args[..] else { return };
    let Ok(times) = times.parse() else { return };
    match name.as_str() {
        "heartbeats" => heartbeats(times),
        "small-run" => small(times),
        "clone" => clone(times),
        "orders" => all_orders(times),
        "quiet-year" => quiet(times),
        other => eprintln!("there is no workload `{other}`"),
    }
}
