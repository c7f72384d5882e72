//! Words from files reach terminals, logs of CI and readers of many formats. Every shipped scenario is run with hostile names,
//! and sent through every format: each is read with its own reader, and obeyed by none.

mod common;

use poolsim::base::inert::{hidden, marked};
use poolsim::command::shell::Piece;
use poolsim::report::suite::golden::{self, Golden};
use poolsim::report::suite::{
    Before, Failure, Outcome, Result as Came, github, json as suite_json, junit, md, sarif, tap, text as suite_text,
};
use poolsim::report::text::layout::Page;
use poolsim::report::text::{Detail, Style};
use poolsim::report::{self, Report, json, ndjson, text};
use poolsim::scenario::model::{Deed, Scenario, Step};

/// Moves the cursor, rings, turns the direction of writing, hides, parts lines, and looks like commands and markup.
const EVIL: &str =
    "x\u{1b}[2J\u{7}\u{202e}\u{200b}\u{9b}31m\u{2028}\u{61c}\u{feff}\n::error file=a::b\n##[error]c\r\n##vso[d]e|`f`</details>]]><g>&%25";
/// What no loader would let a host be called.
const EVIL_NAME: &str = "\u{1b}[31m\u{202e}\u{200b}\u{9d}";
const FILE: &str = "a\u{1b}[2J\u{202e}b\n::warning::c.yaml";

/// No terminal and no log obeys a line of this.
fn harmless(text: &str, of: &str) {
    for line in text.split('\n') {
        assert!(!line.chars().any(hidden), "{of}: a hidden character: {line:?}");
        assert!(!line.trim_start().starts_with("::") && marked(line).is_none(), "{of}: a command to CI: {line:?}");
    }
}

/// The scenario with hostile names and words wherever its author has a say.
fn made_hostile(mut scenario: Scenario) -> Scenario {
    let names = &mut scenario.pool.names;
    let mut renamed: Vec<String> = Vec::new();
    let mut rename = |name: &mut String| {
        renamed.push(name.clone());
        name.push_str(EVIL_NAME);
    };
    names.machines.iter_mut().for_each(|machine| rename(&mut machine.name));
    names.srs.iter_mut().for_each(|sr| rename(&mut sr.name));
    names.vms.iter_mut().for_each(|vm| rename(&mut vm.name));
    names.vdis.iter_mut().for_each(|vdi| rename(&mut vdi.name));
    let new = |word: &str| {
        let part = |part: &str| if renamed.iter().any(|old| old == part) { format!("{part}{EVIL_NAME}") } else { part.to_string() };
        word.split('/').map(part).collect::<Vec<_>>().join("/")
    };
    let hostile = |step: &mut Step| match &mut step.deed {
        Deed::Note(note) => note.push_str(EVIL),
        Deed::Run(script) => {
            script.text.push_str(&format!(" # {EVIL}"));
            for piece in script.lines.iter_mut().flat_map(|line| &mut line.words).flat_map(|word| &mut word.0) {
                *piece = match piece {
                    Piece::Variable(name) => Piece::Variable(new(name)),
                    Piece::Text(text) => match text.split_once('=') {
                        Some((key, value)) => Piece::Text(format!("{key}={}", new(value))),
                        None => Piece::Text(text.clone()),
                    },
                };
            }
        }
        _ => {}
    };
    (scenario.name, scenario.title, scenario.about) = (format!("{}{EVIL}", scenario.name), EVIL.into(), EVIL.into());
    scenario.tags.push(EVIL.into());
    // A variant is a scenario of its own: what holds of the file's holds of it.
    scenario.variants.clear();
    scenario.timeline.iter_mut().for_each(hostile);
    for world in &mut scenario.worlds {
        world.name.push_str(EVIL);
        world.steps.iter_mut().for_each(hostile);
    }
    for recovery in &mut scenario.recoveries {
        recovery.name.iter_mut().for_each(|name| name.push_str(EVIL));
        recovery.steps.iter_mut().for_each(hostile);
    }
    scenario
}

fn reports_for_people(reports: &[Report]) {
    for detail in [Detail::Quiet, Detail::Story, Detail::Every] {
        harmless(&text::render(reports, Style { colour: false, detail }), "text");
    }
}

fn reports_for_machines(reports: &[Report]) {
    let told = json::render(reports);
    harmless(&told, "json");
    let read: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!((read[0]["title"].as_str(), read[0]["scenario"].as_str()), (Some(EVIL), Some(reports[0].scenario.as_str())));
    let told = ndjson::render(reports, true);
    harmless(&told, "ndjson");
    for line in told.lines() {
        let read: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(read["scenario"].as_str(), Some(reports[0].scenario.as_str()));
    }
}

fn golden_traces(reports: &[Report]) {
    let mut file = "# poolsim golden 1\n".to_string();
    for report in reports {
        file.push_str(&golden::header(&report.set, report.world.as_deref(), report.recovery.as_deref()));
        file.push('\n');
        golden::lines(report).iter().for_each(|line| file.push_str(&format!("{line}\n")));
    }
    harmless(&file, "golden");
    Golden::parse(&file).expect("a golden file");
}

/// The outcome of a case with a failure that says hostile things.
fn outcome(scenario: &Scenario, report: &Report, case: poolsim::scenario::model::Case) -> Outcome {
    let mut outcome = Outcome::new(FILE, scenario, case, report, format!("poolsim run {EVIL}"));
    let before = vec![Before { at: report.end, what: EVIL.into() }];
    outcome.failures.push(Failure { line: 3, at: Some(report.end), expected: EVIL.into(), got: EVIL.into(), before });
    outcome.result = Came::Failed;
    outcome
}

/// As a runner reads workflow commands: level, properties, message.
fn workflow_command(line: &str) -> (String, Vec<(String, String)>, String) {
    let unescaped = |text: &str| text.replace("%3A", ":").replace("%2C", ",").replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    let (head, message) = line.strip_prefix("::").and_then(|rest| rest.split_once("::")).unwrap_or_else(|| panic!("no command: {line:?}"));
    let (level, properties) = head.split_once(' ').unwrap_or((head, ""));
    let pair = |text: &str| text.split_once('=').map(|(key, value)| (key.to_string(), unescaped(value))).expect("key=value");
    (level.to_string(), properties.split(',').map(pair).collect(), unescaped(message))
}

fn suites(outcomes: &[Outcome], reports: &[Report]) {
    let mut page = Page::new(false);
    for outcome in outcomes {
        suite_text::line(&mut page, outcome, None, "");
        suite_text::failures(&mut page, outcome);
    }
    harmless(&page.into_text(), "suite");

    let told = junit::render(outcomes);
    harmless(&told, "junit");
    let read = quick_junit::Report::deserialize_from_str(&told).expect("JUnit");
    assert_eq!((read.tests, read.failures), (outcomes.len(), outcomes.len()));

    let told = tap::render(outcomes);
    harmless(&told, "tap");
    let mut lines = told.lines();
    assert_eq!((lines.next(), lines.next()), (Some("TAP version 13"), Some(format!("1..{}", outcomes.len()).as_str())));
    let mut seen = 0;
    while let Some(line) = lines.next() {
        if line.starts_with("# warning: ") {
            continue;
        }
        seen += 1;
        assert!(line.starts_with(&format!("not ok {seen} - ")) && !line.contains(" # "), "{line}");
        assert_eq!(lines.next(), Some("  ---"));
        let block: String = lines.by_ref().take_while(|line| *line != "  ...").map(|line| format!("{line}\n")).collect();
        let block: serde_json::Value = serde_yaml::from_str(&block).expect("YAML");
        assert_eq!(block["file"].as_str(), Some(FILE));
    }
    assert_eq!(seen, outcomes.len());

    let told = md::render(outcomes);
    harmless(&told, "md");
    let mut open = 0i32;
    for line in told.lines().filter(|line| !line.starts_with("    ")) {
        open += line.matches("<details>").count() as i32 - line.matches("</details>").count() as i32;
        assert!((0..=1).contains(&open), "{line}");
        if line.starts_with('|') {
            let bars = line.match_indices('|').filter(|(at, _)| line[..*at].chars().rev().take_while(|c| *c == '\\').count() % 2 == 0);
            assert_eq!(bars.count(), 4, "three columns: {line}");
        }
    }
    assert_eq!(open, 0);

    let told = github::render(outcomes, &str::to_owned);
    let failed = outcomes.iter().filter(|outcome| !outcome.failures.is_empty()).count();
    let warned = outcomes.iter().filter(|outcome| !outcome.warnings.is_empty()).count();
    assert_eq!(told.lines().count(), failed + warned + 1);
    for line in told.lines() {
        assert!(!line.chars().any(hidden), "github: {line:?}");
        let (level, properties, message) = workflow_command(line);
        assert!(["error", "warning", "notice"].contains(&level.as_str()), "{line}");
        let keys: Vec<&str> = properties.iter().map(|(key, _)| key.as_str()).collect();
        assert!(keys == ["title"] || keys == ["file", "line", "title"], "{line}");
        assert!(!message.is_empty());
    }

    let cases: String = outcomes.iter().zip(reports).enumerate().map(|(at, (o, r))| suite_json::case(o, Some(r), at == 0)).collect();
    let told = format!("{}{cases}{}", suite_json::BEGIN, suite_json::end(outcomes.is_empty()));
    harmless(&told, "suite json");
    let read: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(read[0]["test"]["file"].as_str(), Some(FILE));
}

#[test]
fn every_shipped_scenario_with_hostile_names_is_read_by_the_readers_of_each_format_and_obeyed_by_none() {
    let mut seen = 0;
    for path in common::shipped() {
        let scenario = made_hostile(common::load_file(&path));
        let cases = scenario.cases();
        let of = |(at, case): (usize, &poolsim::scenario::model::Case)| report::of(&scenario, *case, &common::options(at == 0));
        let reports: Vec<Report> = cases.iter().enumerate().map(of).collect();
        let outcomes: Vec<Outcome> = cases.iter().zip(&reports).map(|(case, report)| outcome(&scenario, report, *case)).collect();
        reports_for_people(&reports);
        reports_for_machines(&reports);
        golden_traces(&reports);
        suites(&outcomes, &reports);
        seen += 1;
    }
    assert!(seen > 90, "{seen} scenarios");
}

/// What is wrong with a file quotes it: its name, the line, a key.
#[test]
fn diagnostics_are_harmless_in_every_format() {
    let file = "a\u{1b}[2J\u{202e}b\n::warning::c.yaml";
    let text =
        "pool: {hosts: [alpha]}\n\"::error::\\e[2J\\u202E##[error]\": 1\ntimeline: [{fault: {crash: \"\u{202e}::x\\x9b\\u200b\"}}]\n";
    let diagnostics = poolsim::scenario::load(file, text).expect_err("mistakes");
    assert!(diagnostics.len() >= 2, "{diagnostics:?}");
    let shown: String = diagnostics.iter().map(|d| d.render(false) + "\n\n").collect();
    assert!(!shown.chars().any(|c| hidden(c) && c != '\n'), "{shown:?}");
    harmless(&poolsim::base::inert::inert(&shown), "check");
    let told = sarif::render(&diagnostics, &|code| code.to_string());
    harmless(&told, "sarif");
    let read: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(read["runs"][0]["results"].as_array().map(Vec::len), Some(diagnostics.len()));
    for line in github::diagnostics(&diagnostics, &str::to_owned).lines() {
        assert!(!line.chars().any(hidden), "{line:?}");
        assert_eq!(workflow_command(line).0, "error");
    }
}
