//! What is measured, for all who measure it: `benches/engine.rs` its time, `benches/instructions.rs` its instructions, `benches/peers`
//! ours beside others.

#![allow(dead_code, reason = "none of them measures all")]

use poolsim::base::draw::Stream;
use poolsim::base::ids::MachineId;
use poolsim::base::time::{Span, Time};
use poolsim::engine::{Engine, Options};
use poolsim::fault::Fault;
use poolsim::run::Session;
use poolsim::scenario::load;
use poolsim::scenario::model::{Case, Deed, Scenario, Step, When};
use poolsim::search::orders;

/// A scenario from its text.
pub fn scenario(text: &str) -> Scenario {
    load("measured.yaml", text).expect("a valid scenario").scenario
}

/// W1: `hosts` members beat to a master; each crashes every 30 days on average, and is down for 20 minutes.
pub fn w1(hosts: u16, length: Span) -> Scenario {
    let yaml = format!("until: {length}\npool:\n  hosts: [h00001..h{hosts:05}]\n");
    let mut scenario = scenario(&yaml);
    let mut faults: Vec<(Time, Fault)> = Vec::new();
    for machine in 1..hosts {
        let stream = Stream::new(1, "crash", &machine.to_string());
        let mut at = Time::ZERO;
        for k in 0.. {
            // A mean of 30 days; how gaps are spread does not matter here.
            at += stream.span(k, (Span::days(5), Span::days(55)));
            if at.since(Time::ZERO) >= length {
                break;
            }
            faults.push((at, Fault::Crash(vec![MachineId(machine)])));
            at += Span::mins(20);
            faults.push((at, Fault::Boot(vec![MachineId(machine)])));
        }
    }
    faults.sort_by_key(|(at, _)| *at);
    scenario.timeline = faults
        .into_iter()
        .enumerate()
        .map(|(place, (at, fault))| Step {
            id: None,
            line: 1,
            key: format!("timeline.{place}"),
            when: When::At((at.since(Time::ZERO), at.since(Time::ZERO))),
            guard: None,
            deed: Deed::Fault { fault, lasts: None, every: None, times: 1, mean: None },
            host: MachineId(0),
            stdin: None,
            timeout: Span::mins(2),
            capture: None,
            expect: None,
        })
        .collect();
    scenario
}

/// How many heartbeats that is: one a member every 30 s.
pub fn beats(hosts: u16, length: Span) -> u64 {
    u64::from(hosts - 1) * length.0 / 30_000_000
}

/// An engine that tells nothing and sends every heartbeat.
pub fn event_by_event(scenario: &Scenario) -> Engine {
    Engine::new(scenario, Case::default(), Options { silent: true, every_heartbeat: true, ..Options::default() })
}

/// The small run: three hosts, an hour, a crash and a repair.
pub const SMALL: &str = "until: 1h\npool: {hosts: [alpha, beta, gamma]}\ntimeline: [{at: 10m..25m, fault: {crash: beta}, for: 20m}]\n";

/// A pool of 64 hosts with 200 VMs, 16 minutes after its beginning, as a silent session.
pub fn large(more: &str) -> Session {
    let pool = "pool:\n  hosts: [xs01..xs64]\n  storage: {nfs1: {type: nfs}}\n  vms: {vm001..vm200: {running-on: xs01..xs64}}\n";
    later(&scenario(&format!("{pool}{more}")), true)
}

/// A session of a scenario, 16 minutes after its beginning.
pub fn later(scenario: &Scenario, silent: bool) -> Session {
    let mut session = Session::new(scenario, Case::default(), Options { silent, ..Options::default() }, &[]);
    session.until(Time::ZERO + Span::mins(16));
    session
}

/// Every order of a recovery's steps in every world; `brute`: each by a run of its own.
pub fn all_orders(scenario: &Scenario, brute: bool) -> orders::Answer {
    let options = orders::Options { subsets: false, seed: None, max_events: 1_000_000, max_work: 600_000_000, brute };
    let hooks = orders::Hooks { done: &|_| (), stopped: &|| false };
    let choice = orders::Choice::new(scenario, 0).expect("a recovery with steps");
    orders::orders(scenario, choice, &options, &hooks)
}

/// Every order of the manual's four steps in three worlds: how many are safe.
pub fn orders_of_the_manual(scenario: &Scenario) -> usize {
    all_orders(scenario, false).count(orders::Class::Safe)
}

/// The file of that.
pub const ANY_ORDER: &str = include_str!("../../scenarios/forget/any-order.yaml");
