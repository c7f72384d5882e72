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
    let text = github::render(&[hard()], &str::to_owned);
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.starts_with("::error file=f\\#%2C.yaml,line=3,title=s # t::at 1m expected a %25 b, c: "), "{text}");
    assert!(text.contains("two%0Alines"), "{text}");
}

#[cfg(feature = "program")]
#[test]
fn junit_holds_nothing_that_xml_forbids() {
    let text = junit::render(&[hard(), skipped()]);
    assert!(!text.contains(['\u{1b}', '\u{ffff}']), "{text}");
    let root = text.lines().find(|line| line.starts_with("<testsuites ")).expect("a root");
    for attribute in ["name=\"poolsim\"", "tests=\"2\"", "skipped=\"1\"", "failures=\"1\"", "errors=\"0\""] {
        assert!(root.contains(attribute), "{attribute}: {root}");
    }
    assert!(text.contains("file=\"f\\#,.yaml\" line=\"3\""), "{text}");
    for clock in ["timestamp", "time=", "hostname", "uuid"] {
        assert!(!text.contains(clock), "{clock}: {text}");
    }
}

/// How long a case took stands there only where somebody asked for it.
#[cfg(feature = "program")]
#[test]
fn junit_has_the_real_clock_on_request() {
    let timed = |micros| Outcome { real: Some(Span(micros)), ..hard() };
    let text = junit::render(&[timed(1_500_000), timed(250_000)]);
    for time in ["time=\"1.500\"", "time=\"0.250\"", "time=\"1.750\""] {
        assert!(text.contains(time), "{time}: {text}");
    }
}

/// Eleven failures of one case are one annotation: of a step GitHub shows but ten.
#[test]
fn a_case_is_one_annotation() {
    let failures: Vec<Failure> = (1..=11).map(|line| Failure { line, ..hard().failures.remove(0) }).collect();
    let warning = Warning { code: "late-step", line: 7, text: "`x` began 5m after its `at`".into() };
    let outcome = Outcome { failures, warnings: vec![warning], ..hard() };
    let text = github::outcome(&outcome, &|file| format!("sub/{file}"));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].starts_with(r"::error file=sub/f\#%2C.yaml,line=1,") && lines[0].contains("%0Aline 11: "), "{text}");
    assert!(lines[1].starts_with(r"::warning file=sub/f\#%2C.yaml,line=7,title=s # t::line 7: `x` began 5m after"), "{text}");
}

/// A warning is told in every format, and fails a case only where that is asked for.
#[test]
fn warnings_stand_beside_the_case() {
    let warning = Warning { code: "late-step", line: 7, text: "it began late".into() };
    let mut outcome = Outcome { scenario: "s".into(), result: Result::Passed, verdict: "as-expected", ..Outcome::blank("a.yaml") };
    outcome.warnings.push(warning);
    let all = std::slice::from_ref(&outcome);
    let mut page = crate::report::text::layout::Page::new(false);
    text::warnings(&mut page, &outcome);
    let mut texts = vec![page.into_text(), tap::render(all), md::render(all), github::render(all, &str::to_owned)];
    #[cfg(feature = "program")]
    texts.push(junit::render(all));
    for text in texts {
        assert!(text.contains("it began late") && text.contains('7'), "{text}");
    }
    outcome.strictly();
    assert_eq!((&outcome.result, outcome.verdict, outcome.failures[0].line), (&Result::Failed, "warned", 7));
    let mut fine = Outcome { warnings: Vec::new(), result: Result::Passed, failures: Vec::new(), ..outcome };
    fine.strictly();
    assert_eq!(fine.result, Result::Passed);
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
    let options = crate::search::study::Options { seed: None, max_events: 1_000_000, because: false, ..Default::default() };
    let case = scenario.cases()[0];
    let mut full = crate::report::of(&scenario, case, &options);
    let brief = crate::report::brief(&scenario, case, &options);
    assert!(!full.story.is_empty());
    full.story.clear();
    assert_eq!(full, brief);
}
