//! What nobody can see is not gone through: a run that passes quiet stretches in one step against the same run, heartbeat by
//! heartbeat. They are compared at every instant at which anything may happen (the whole world, what is due, the digest),
//! and as whole reports. `POOLSIM_SCENARIOS=30000` tries more of them than an ordinary test run does.

mod common;
mod generate;

use generate::Taste;
use poolsim::base::digest::Digest;
use poolsim::base::draw::Stream;
use poolsim::base::time::{Span, Time};
use poolsim::engine::{Engine, Options};
use poolsim::report;
use poolsim::scenario::model::{Case, Scenario};
use poolsim::search::study;
use std::fmt::Write;

/// How many random scenarios are tried of a kind.
fn count(ordinary: u64) -> u64 {
    std::env::var("POOLSIM_SCENARIOS").ok().and_then(|count| count.parse().ok()).unwrap_or(ordinary)
}

fn engine(scenario: &Scenario, case: Case, every_heartbeat: bool) -> Engine {
    Engine::new(scenario, case, Options { seed: scenario.seed, silent: true, every_heartbeat, ..Options::default() })
}

fn standing(engine: &Engine) -> String {
    let mut digest = Digest::default();
    engine.add_standing(&mut digest);
    digest.hex()
}

/// How much a comparison has seen.
#[derive(Default, Debug)]
struct Seen {
    /// Turns of the run that passes stretches.
    turns: u64,
    /// Turns of the other.
    plain: u64,
    /// Runs in which at least half of all turns were passed.
    quiet: u64,
}

/// One run beside the other. `closely`: what is due is compared too.
fn side_by_side(scenario: &Scenario, case: Case, closely: bool, name: &str, seen: &mut Seen) {
    let (mut quick, mut plain) = (engine(scenario, case, false), engine(scenario, case, true));
    let (mut turns, mut all) = (0, 0);
    loop {
        let at = quick.turn().map(|(at, _)| at);
        let until = at.unwrap_or(Time::NEVER);
        while plain.next_at().is_some_and(|next| next <= until) {
            plain.turn();
            all += 1;
        }
        match at {
            // An instant up to which something might have come, and nothing did.
            Some(at) if plain.world.now < at => plain.stand_at(at),
            Some(_) => turns += 1,
            None => assert_eq!(quick.finish(), plain.finish(), "{name}: the end"),
        }
        let now = quick.world.now;
        assert_eq!(quick.trace.count, plain.trace.count, "{name}: the events up to {now}");
        if quick.world != plain.world {
            for (quick, plain) in quick.world.stacks.iter().zip(plain.world.stacks.iter()) {
                assert_eq!(quick, plain, "{name}: what a machine remembers at {now}");
            }
            panic!("{name}: the world at {now}");
        }
        if closely {
            assert_eq!(standing(&quick), standing(&plain), "{name}: what is due at {now}");
        }
        if at.is_none() {
            break;
        }
    }
    assert_eq!(quick.trace.digest(), plain.trace.digest(), "{name}: the digest");
    seen.turns += turns;
    seen.plain += all;
    seen.quiet += u64::from(turns * 2 <= all);
}

/// A random scenario that is drawn out: days between some of its faults, clocks that jump, links of one direction, other
/// settings of heartbeats, checks and copies.
fn drawn_out(n: u64) -> String {
    let stream = Stream::new(n, "every-heartbeat", "");
    let mut k = 0;
    let mut below = |bound: u64| {
        k += 1;
        stream.below(k, bound)
    };
    let text = generate::scenario(n, if n.is_multiple_of(3) { Taste::Guarded } else { Taste::Wild });
    let hosts: Vec<&str> = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta"]
        .into_iter()
        .filter(|host| text.contains(&format!("\n    {host}:")))
        .collect();
    let mut out = String::new();
    let mut settings = Vec::new();
    let mut may = |chance: u64, words: String| {
        if below(chance) == 0 {
            settings.push(words);
        }
    };
    may(4, "heartbeat-interval: 20s".into());
    may(4, "heartbeat-jitter: 7s".into());
    may(5, "heartbeat-jitter: 0s".into());
    may(4, "liveness-check: 45s".into());
    may(4, "host-dead-after: 95s".into());
    may(8, "host-dead-after: 31s".into());
    may(8, "network-loss: 20%".into());
    may(3, "database-sync: 70s".into());
    may(6, "network-latency: 1us..2s".into());
    // Of two words on one setting the first counts.
    let mut kept: Vec<String> = Vec::new();
    for words in settings {
        let key = words.split(':').next().unwrap_or_default().to_owned();
        if !kept.iter().any(|other| other.starts_with(&format!("{key}:"))) {
            kept.push(words);
        }
    }
    let settings = kept.join(", ");
    let mut said = false;
    for line in text.lines() {
        if let Some(minutes) = line.strip_prefix("until: ") {
            let _ = writeln!(out, "until: {}m", minutes.trim_end_matches('m').parse::<u64>().unwrap_or(60) + below(6) * below(400));
        } else if let Some(rest) = line.strip_prefix("settings: {") {
            said = true;
            let comma = if settings.is_empty() { "" } else { ", " };
            let _ = writeln!(out, "settings: {{{settings}{comma}{rest}");
        } else if line == "timeline:" {
            if !said && !settings.is_empty() {
                let _ = writeln!(out, "settings: {{{settings}}}");
            }
            let _ = writeln!(out, "{line}");
            for _ in 0..below(4) {
                let (host, other) = (hosts[below(hosts.len() as u64) as usize], hosts[below(hosts.len() as u64) as usize]);
                let fault = match below(9) {
                    0 | 1 => format!("clock-jump: {{host: {host}, by: {}s}}", 30 + below(1500)),
                    2 | 3 => format!("clock-jump: {{host: {host}, by: -{}s}}", 30 + below(1500)),
                    4 if host != other => format!("one-way: {{from: {host}, to: {other}}}"),
                    5 => format!("hang: {host}"),
                    6 => format!("toolstack-stop: {host}"),
                    7 => format!("isolate: {host}"),
                    _ => format!("crash: {host}"),
                };
                // A clock that has jumped does not jump back by itself.
                let lasts =
                    if below(2) == 0 && !fault.starts_with("clock") { format!(", for: {}s", 5 + below(4000)) } else { String::new() };
                let _ = writeln!(out, "  - {{after: {}s, fault: {{{fault}}}{lasts}}}", below(5000));
            }
        } else {
            let _ = writeln!(out, "{line}");
        }
    }
    out
}

#[test]
fn worlds_are_the_same_in_random_scenarios() {
    let mut seen = Seen::default();
    for n in 0..count(300) {
        for (taste, name) in [(Taste::Wild, "wild"), (Taste::Guarded, "guarded")] {
            let text = generate::scenario(n, taste);
            let scenario = common::load("generated.yaml", &text);
            side_by_side(&scenario, scenario.cases()[0], n.is_multiple_of(10), &format!("{name} {n}"), &mut seen);
        }
    }
    assert!(seen.quiet > count(300) / 2, "too little was quiet: {seen:?}");
}

#[test]
fn worlds_are_the_same_in_scenarios_that_are_drawn_out() {
    let mut seen = Seen::default();
    for n in 0..count(300) {
        let text = drawn_out(n);
        let scenario = common::load("generated.yaml", &text);
        side_by_side(&scenario, scenario.cases()[0], n.is_multiple_of(10), &format!("drawn out {n}\n{text}"), &mut seen);
    }
    assert!(seen.quiet > count(300) / 2, "too little was quiet: {seen:?}");
}

#[test]
fn whole_reports_are_the_same() {
    for n in 0..count(100) {
        let text = if n.is_multiple_of(2) { drawn_out(n) } else { generate::scenario(n, Taste::Wild) };
        let scenario = common::load("generated.yaml", &text);
        let of = |every_heartbeat| {
            let at = vec![Time::ZERO + Span::mins(7), Time::ZERO + Span::mins(31)];
            let options = study::Options { because: false, at, every_heartbeat, ..study::Options::default() };
            let report = report::of(&scenario, scenario.cases()[0], &options);
            report::json::render(&[report])
        };
        let (quick, plain) = (of(false), of(true));
        assert!(quick == plain, "scenario {n}: the reports differ\n{text}");
    }
}

#[test]
fn shipped_scenarios_are_the_same() {
    let mut seen = Seen::default();
    for path in common::shipped() {
        let scenario = common::load_file(&path);
        for case in scenario.cases() {
            side_by_side(scenario.of(case), case, true, &common::relative(&path), &mut seen);
        }
    }
}
