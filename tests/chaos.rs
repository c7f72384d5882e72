//! What breaks at random: when it strikes is what its draws say, reckoned here a second time; what it breaks comes back; and
//! nobody's luck hangs on who else is there.

mod common;

use poolsim::base::draw::Stream;
use poolsim::base::time::{Span, Time};
use poolsim::report::Report;
use poolsim::scenario::write;
use poolsim::search::study::Options;

const POOL: &str = "until: 3d
pool: {hosts: [alpha, beta, gamma], storage: {nfs1: {type: nfs}}, vms: {db: {running-on: beta}}}
";

fn run(text: &str, seed: u64) -> Report {
    let scenario = common::load("chaos", text);
    poolsim::report::of(&scenario, scenario.cases()[0], &Options { seed: Some(seed), ..Options::default() })
}

/// When a machine lost its power.
fn losses(report: &Report, host: &str) -> Vec<Time> {
    report.story.iter().filter(|line| line.actor == host && line.what.contains("has no power")).map(|line| line.at).collect()
}

/// The instants at which power is lost: sums of exponential gaps, but for those that find the machine off.
#[test]
fn faults_strike_when_their_draws_say() {
    let (mean, off) = (Span::mins(360), Span::mins(60));
    let text = format!("{POOL}chaos: {{crash: {{hosts: [beta, gamma], every: 6h, back-after: 1h}}}}\n");
    let mut seen = 0;
    for seed in 0..20 {
        let report = run(&text, seed);
        for host in ["beta", "gamma"] {
            let stream = Stream::new(seed, "chaos", &format!("chaos: crash: {host}"));
            let (mut at, mut back, mut expected) = (Time::ZERO, Time::ZERO, Vec::new());
            for k in 0.. {
                at += stream.exponential(k, mean);
                if at > Time::ZERO + Span::days(3) {
                    break;
                }
                if at >= back {
                    expected.push(at);
                    back = at + off;
                }
            }
            assert_eq!(losses(&report, host), expected, "seed {seed}, {host}");
            seen += expected.len();
        }
    }
    // Twelve in three days, less what falls into the hours without power: one in seven.
    assert!((350..480).contains(&seen), "{seen}");
}

#[test]
fn nobodys_luck_hangs_on_the_others() {
    let both = run(
        &format!(
            "{POOL}chaos: {{crash: {{hosts: [gamma, beta], every: 6h, back-after: 1h}}, hang: {{hosts: alpha, every: 1d, back-after: 1m}}}}\n"
        ),
        7,
    );
    let one = run(&format!("{POOL}chaos: {{crash: {{hosts: beta, every: 6h, back-after: 1h}}}}\n"), 7);
    assert!(losses(&both, "beta").len() > 5);
    assert_eq!(losses(&both, "beta"), losses(&one, "beta"));
    // Half as often: each gap is twice as long.
    let half = run(&format!("{POOL}chaos: {{crash: {{hosts: beta, every: 12h, back-after: 1s}}}}\n"), 7);
    let (first, twice) = (losses(&one, "beta")[0], losses(&half, "beta")[0]);
    assert!(twice.0.abs_diff(first.0 * 2) <= 1, "{first} {twice}");
}

/// What hands switched off is not switched on by a power cut that found nothing to cut.
#[test]
fn what_was_broken_otherwise_stays_broken() {
    let report = run(
        &format!("{POOL}timeline: [{{at: 1us, fault: {{crash: beta}}}}]\nchaos: {{crash: {{hosts: beta, every: 1h, back-after: 1m}}}}\n"),
        3,
    );
    assert_eq!(losses(&report, "beta"), [Time(1)]);
    assert!(!report.end_state.hosts["beta"].powered);
}

/// A random fault is a cause like any other, and without it nothing happens.
#[test]
fn a_random_fault_is_a_cause() {
    let report = run(&format!("{POOL}chaos:\n  crash: {{hosts: beta, every: 6h, back-after: 1h}}\n"), 1);
    let down = report.hazards.iter().find(|found| found.hazard == "vm-down").expect("db dies with beta");
    assert_eq!(down.because.iter().filter_map(|because| because.line).collect::<Vec<_>>(), [4]);
    let first = &report.steps[0];
    assert_eq!((first.kind, first.line, first.text.as_str()), ("fault", 4, "chaos: {crash: beta, every: 6h, back-after: 1h}"));
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
}

/// A fault that never came, since its mean is long, is none without effect.
#[test]
fn a_quiet_while_is_no_warning() {
    let report = run(&format!("{POOL}chaos: {{crash: {{hosts: beta, every: 3650d, back-after: 1h}}}}\nexpect: {{worst: none}}\n"), 1);
    assert_eq!((report.verdict.name(), report.warnings.len(), report.hazards.len()), ("as-expected", 0, 0));
}

/// Each kind, with all its keys: it is read, strikes, is undone, and is written as it was read.
#[test]
fn each_fault_with_an_undoing_may_come_at_random() {
    for (kind, effect) in [
        ("crash: {hosts: beta, every: 2h, back-after: 5m..20m}", "has no power"),
        ("hang: {hosts: [beta, gamma], every: 2h, back-after: 5m}", "domain 0"),
        ("isolate: {hosts: beta, every: 2h, back-after: 5m}", "cut"),
        ("partition: {groups: [[alpha], [beta]], every: 2h, back-after: 5m}", ""),
        ("one-way: {from: [beta, gamma], to: alpha, every: 2h, back-after: 5m}", ""),
        ("storage-loss: {hosts: [beta, gamma], sr: nfs1, io: hang, every: 2h, back-after: 5m}", "nfs1"),
        ("sr-outage: {sr: nfs1, every: 2h, back-after: 5m}", "nfs1"),
        ("toolstack-stop: {hosts: [alpha, beta], every: 2h, back-after: 5m}", "xapi"),
        ("vm-hang: {vms: db, every: 2h, back-after: 5m}", "db"),
        ("degrade-network: {hosts: beta, latency: 100ms..2s, loss: 20%, every: 2h, back-after: 5m}", ""),
    ] {
        let text = format!("{POOL}chaos: {{{kind}}}\n");
        let scenario = common::load("chaos", &text);
        let written = write::yaml(&scenario);
        assert!(common::load("chaos", &written).same_as(&scenario), "{written}");
        let report = run(&text, 1);
        // Of 36 times in three days some are seen, and each is undone before the next as a rule.
        let struck: Vec<_> = report
            .story
            .iter()
            .filter(|line| line.cause_line == Some(3) && format!("{} {}", line.actor, line.what).contains(effect))
            .collect();
        assert!(struck.len() > 20, "{kind}: {}", struck.len());
    }
}

#[test]
fn wrong_chaos_is_refused_with_its_place() {
    let pool = "pool: {hosts: [alpha, beta], storage: {nfs1: {type: nfs}}}\n";
    let good = "{hosts: beta, every: 1h, back-after: 5m}";
    for (text, code, line) in [
        (format!("until: 1d\n{pool}chaos: {{}}\n"), "wrong-value", 3),
        (format!("until: 1d\n{pool}chaos:\n"), "wrong-type", 3),
        (format!("{pool}chaos: {{crash: {good}}}\n"), "missing-key", 2),
        (format!("until: 1d\n{pool}chaos: {{crash: beta}}\n"), "wrong-type", 3),
        (format!("until: 1d\n{pool}chaos: {{boot: {good}}}\n"), "unknown-key", 3),
        (format!("until: 1d\n{pool}chaos: {{xhad-crash: {good}}}\n"), "unknown-key", 3),
        (format!("until: 1d\n{pool}chaos: {{crash: {{hosts: beta, every: 1h}}}}\n"), "missing-key", 3),
        (format!("until: 1d\n{pool}chaos: {{crash: {{hosts: beta, back-after: 1h}}}}\n"), "missing-key", 3),
        (format!("until: 1d\n{pool}chaos: {{crash: {{every: 1h, back-after: 1h}}}}\n"), "missing-key", 3),
        (format!("until: 1d\n{pool}chaos: {{crash: {{hosts: bta, every: 1h, back-after: 1h}}}}\n"), "unknown-name", 3),
        (format!("until: 1d\n{pool}chaos: {{crash: {{hosts: beta, every: 1h..2h, back-after: 1h}}}}\n"), "wrong-duration", 3),
        (format!("until: 1d\n{pool}chaos: {{crash: {{hosts: beta, every: 99ms, back-after: 1h}}}}\n"), "wrong-duration", 3),
        (format!("until: 1d\n{pool}chaos: {{one-way: {{from: beta, to: beta, every: 1h, back-after: 1h}}}}\n"), "contradiction", 3),
        (format!("until: 1d\n{pool}chaos: {{degrade-network: {good}}}\n"), "missing-key", 3),
    ] {
        let wrong = poolsim::scenario::load("chaos", &text).expect_err(&text);
        let codes: Vec<(&str, u32)> = wrong.iter().map(|diagnostic| (diagnostic.code, diagnostic.line)).collect();
        assert!(codes.contains(&(code, line)), "{text}{codes:?}");
    }
}

/// As often as it may be: the run is bounded all the same.
#[test]
fn faults_without_end_are_bounded() {
    let text = "until: 3650d\npool: {hosts: [alpha, beta]}\nchaos: {crash: {hosts: beta, every: 100ms, back-after: 0s}}\n";
    let scenario = common::load("chaos", text);
    let report =
        poolsim::report::brief(&scenario, scenario.cases()[0], &Options { max_events: 10_000, because: false, ..Options::default() });
    assert!(report.cut_short.is_some() && report.events < 20_000);
}
