//! What the formats do with names that are hard to write.

use super::*;

fn hard() -> Outcome {
    let failure = Failure {
        line: 3,
        at: Some(Time(60_000_000)),
        expected: "a % b, c: <d> & \"e\" ]]> \u{ffff}".into(),
        got: "two\nlines | `tick` # hash".into(),
        before: vec![Before { at: Time::ZERO, what: "</details>\u{1b}[31m".into() }],
    };
    Outcome {
        scenario: "s # t".into(),
        result: Result::Failed,
        verdict: "not-as-expected",
        failures: vec![failure],
        replay: "poolsim run 'f.yaml'".into(),
        ..Outcome::blank("f\\#,.yaml")
    }
}

fn skipped() -> Outcome {
    Outcome { scenario: "s".into(), result: Result::Skipped("broken # since\nMay".into()), verdict: "skipped", ..Outcome::blank("g.yaml") }
}

#[test]
fn tap_has_one_line_a_case_and_no_stray_directive() {
    let text = tap::render(&[hard(), skipped()]);
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(lines, ["TAP version 13", "1..2", "not ok 1 - f\\\\\\#,.yaml", "ok 2 - g.yaml # SKIP broken \\# since May"]);
}

#[test]
fn a_workflow_command_stays_on_its_line() {
    let text = github::render(&[hard()]);
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.starts_with("::error file=f\\#%2C.yaml,line=3,title=s # t::at 1m expected a %25 b, c: "), "{text}");
    assert!(text.contains("two%0Alines"), "{text}");
}

#[cfg(feature = "program")]
#[test]
fn junit_holds_nothing_that_xml_forbids() {
    let text = junit::render(&[hard(), skipped()]);
    assert!(!text.contains(['\u{1b}', '\u{ffff}']), "{text}");
    assert!(text.contains("<testsuites name=\"poolsim\" tests=\"2\" failures=\"1\" errors=\"0\">"), "{text}");
    for clock in ["timestamp", "time=", "hostname", "uuid"] {
        assert!(!text.contains(clock), "{clock}: {text}");
    }
}

#[test]
fn markdown_is_no_way_out_of_its_table() {
    let text = md::render(&[hard(), skipped()]);
    let row = text.lines().find(|line| line.starts_with("| f")).expect("a row");
    assert_eq!(row.replace("\\|", "").matches('|').count(), 4, "{row}");
    assert!(text.lines().filter(|line| line.contains("</details>")).all(|line| line == "</details>" || line.starts_with("    ")), "{text}");
}

#[test]
fn golden_values_are_read_back() {
    let mut golden = golden::Golden::default();
    let header = golden::header(&[], Some("a\nb \"c\""), None);
    golden.set(header.clone(), vec!["1m isolated host=beta".into()]);
    let text = golden.render(std::slice::from_ref(&header));
    assert_eq!(golden::Golden::parse(&text).as_ref(), Ok(&golden));
    assert!(golden::Golden::parse(&text.replace("case", "1s x\ncase")).is_err());
    assert!(golden::Golden::parse(&format!("{text}{header}\n")).is_err(), "a case twice");
}

/// What is judged without its story is what is judged with it.
#[test]
fn brief_is_the_report_without_its_story() {
    let text = include_str!("../../../scenarios/forget/forgotten-while-it-runs.yaml");
    let scenario = crate::scenario::load("a.yaml", text).expect("a scenario").scenario;
    let options = crate::search::study::Options { seed: None, max_events: 1_000_000, at: Vec::new(), because: false };
    let case = scenario.cases()[0];
    let mut full = crate::report::of(&scenario, case, &options);
    let brief = crate::report::brief(&scenario, case, &options);
    assert!(!full.story.is_empty());
    full.story.clear();
    assert_eq!(full, brief);
}
