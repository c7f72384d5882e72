//! When a recovery begins, and what is said of one that never does (docs/scenarios.md; docs/report.md).

mod common;

use poolsim::base::time::{Span, Time};
use poolsim::report::{Report, Verdict};

const POOL: &str = "
pool: {hosts: [a, b, c], storage: {n: {type: nfs}}, vms: {v: {running-on: b}}}
timeline:
  - {at: 10m, fault: {crash: b}}
  - {id: back, at: 2h, fault: {boot: b}}
";

fn run(rest: &str) -> Report {
    let scenario = common::load("beginnings.yaml", &format!("{POOL}{rest}"));
    common::run(&scenario, false).remove(0)
}

fn mins(n: u64) -> Option<Time> {
    Some(Time::ZERO + Span::mins(n))
}

/// When the recovery's first step began.
fn began(rest: &str) -> Option<Time> {
    let report = run(rest);
    let late: Vec<_> = report.warnings.iter().filter(|warning| warning.code == "late-step").collect();
    assert!(late.is_empty(), "{late:?}");
    report.steps.iter().find(|step| step.from == "recovery").and_then(|step| step.at)
}

#[test]
fn a_first_step_that_says_when_is_believed() {
    assert_eq!(began("recovery: {steps: [{at: 30m, run: xe vm-list}]}\n"), mins(30));
    // Ten minutes of silence after a beat no later than the crash, and looked for every half minute: not before 20m, and by 21m.
    let waited = began("recovery: {steps: [{wait-for: {host: b, live: false}, run: xe vm-list}]}\n");
    assert!(waited >= mins(19) && waited <= mins(21), "{waited:?}");
    assert_eq!(began("recovery: {steps: [{after: back+5m, run: xe vm-list}]}\n"), mins(125));
    let worlds = "worlds: {w: [{id: look, at: 40m, note: looked}]}\n";
    assert_eq!(began(&format!("{worlds}recovery: {{steps: [{{after: look, run: xe vm-list}}]}}\n")), mins(40));
}

#[test]
fn else_it_begins_when_the_timeline_is_over() {
    assert_eq!(began("recovery: {steps: [{run: xe vm-list}]}\n"), mins(120));
    assert_eq!(began("recovery: {steps: [{after: 5m, run: xe vm-list}]}\n"), mins(125));
    assert_eq!(began("recovery: {pace: 1m, steps: [{run: xe vm-list}]}\n"), mins(120), "the pace stands between steps");
}

#[test]
fn its_own_beginning_goes_before_its_first_steps() {
    assert_eq!(began("recovery: {at: 15m, steps: [{at: 30m, run: xe vm-list}]}\n"), mins(30));
    let report = run("recovery: {at: 40m, steps: [{at: 30m, run: xe vm-list}, {at: 35m, run: xe host-list}]}\n");
    let late: Vec<&str> = report.warnings.iter().filter(|w| w.code == "late-step").map(|w| w.text.as_str()).collect();
    assert_eq!(
        late,
        [
            "`xe vm-list` began 10m after its `at`: the recovery itself began only then",
            "`xe host-list` began 5m1s after its `at`: the step before it had not ended"
        ]
    );
}

const NEVER: &str = "recovery: {wait-for: {host: c, live: false}, within: 20m, steps: [{run: xe vm-list}]}\n";

#[test]
fn a_recovery_that_never_begins_is_not_as_expected() {
    let report = run(&format!("{NEVER}expect: {{worst: outage}}\n"));
    assert_eq!(report.verdict, Verdict::NotAsExpected);
    let failed: Vec<_> = report.expectations.iter().filter(|expectation| !expectation.passed).collect();
    let [failed] = failed[..] else { panic!("{failed:?}") };
    assert_eq!(failed.what, "the recovery begins: wait-for {host: c, live: false}, within 20m");
    assert_eq!(failed.got, "given up at 20m: c is live");
}

#[test]
fn without_an_expectation_it_shows_nothing() {
    let report = run(NEVER);
    assert_eq!(report.verdict, Verdict::Inconclusive);
    let warning = report.warnings.iter().find(|warning| warning.code == "recovery-not-begun").expect("it is told");
    assert_eq!(warning.text, "the recovery never began (wait-for {host: c, live: false}, within 20m): given up at 20m: c is live");
}

#[test]
fn a_run_that_ends_too_early_is_told_too() {
    let text = format!("until: 130m\n{NEVER}expect: {{worst: outage}}\n").replace("within: 20m", "within: 3h");
    let report = run(&text);
    let failed = report.expectations.iter().find(|expectation| !expectation.passed).expect("it is judged");
    assert_eq!(failed.got, "the run ended at 2h10m: c is live");
}

/// A fault that changes nothing shows nothing, whether or not anything is expected.
#[test]
fn a_fault_without_effect_is_inconclusive() {
    let idle = "recovery: {at: 1m, steps: [{run: xe vm-list}]}\n";
    for expect in ["", "expect: {worst: outage}\n"] {
        let text = format!("{POOL}{idle}{expect}").replace("crash: b", "heal-network: b");
        let scenario = common::load("idle.yaml", &text);
        assert_eq!(common::run(&scenario, false)[0].verdict, Verdict::Inconclusive, "{expect:?}");
    }
}

/// Each condition that does not hold says what is so instead.
#[test]
fn what_is_so_instead_is_said() {
    let cases = [
        ("host: [a, c], enabled: false", "a is enabled, c is enabled"),
        ("host: a, known: false", "a is known"),
        ("vm: v, power-state: paused", "v is running"),
        ("vm: v, power-state: crashed", ""),
        ("vm: v, resident-on: c", "v is resident on b"),
        ("vm: v, power-state: halted", "v is running"),
        ("xe: hangs", "xe answers on a"),
        ("step: back, status: error", "back has not ended"),
    ];
    for (condition, instead) in cases {
        let text = format!("{POOL}until: 9m\nrecovery: {{wait-for: {{{condition}}}, within: 5m, steps: [{{run: xe vm-list}}]}}\n");
        let Ok(loaded) = poolsim::scenario::load("instead.yaml", &text.replace("at: 10m", "at: 8m").replace("at: 2h", "at: 8m30s")) else {
            assert_eq!(instead, "", "{condition} does not load");
            continue;
        };
        let report = common::run(&loaded.scenario, false).remove(0);
        let warning = report.warnings.iter().find(|warning| warning.code == "recovery-not-begun").expect("it is told");
        assert!(warning.text.ends_with(&format!("given up at 5m: {instead}")), "{condition}: {}", warning.text);
    }
}
