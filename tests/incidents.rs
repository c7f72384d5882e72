//! The page of incidents: every row runs and says what it says, and every scenario of incidents has a row.

mod common;

use poolsim::report::{Report, Verdict};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A row of the two tables of incidents.
struct Row {
    story: String,
    went: String,
    should: String,
    command: String,
    advice: String,
}

fn page() -> String {
    std::fs::read_to_string(common::root().join("docs/incidents.md")).expect("the page")
}

/// The texts between two signs.
fn between(text: &str, open: char, close: char) -> Vec<&str> {
    text.split(open).skip(1).filter_map(|rest| rest.split_once(close).map(|(inside, _)| inside)).collect()
}

fn rows() -> Vec<Row> {
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let of = |line: &str| {
        let cells = cells(line);
        let [_, went, should, command, mended, advice] = &cells[..] else { panic!("{} cells: {line}", cells.len()) };
        assert!(!mended.is_empty(), "{line}");
        let command = command.trim_matches('`').to_owned();
        let story = command.strip_prefix("poolsim run ").unwrap_or_else(|| panic!("{command}")).to_owned();
        Row { story, went: went.clone(), should: should.clone(), command, advice: advice.clone() }
    };
    page().lines().filter(|line| line.starts_with('|') && line.contains("`poolsim run ")).map(of).collect()
}

fn stories() -> BTreeSet<String> {
    common::shipped().iter().map(|path| common::relative(path)).filter(|path| path.starts_with("scenarios/incidents/")).collect()
}

#[test]
fn every_incident_has_a_row() {
    let rows: Vec<String> = rows().into_iter().map(|row| row.story).collect();
    let of_rows: BTreeSet<String> = rows.iter().cloned().collect();
    assert_eq!(of_rows.len(), rows.len(), "a story has two rows");
    assert_eq!(of_rows, stories());
    assert!(rows.len() >= 20, "only {} rows", rows.len());
}

#[test]
fn every_incident_says_where_and_when_it_was() {
    for path in stories() {
        let scenario = common::load_file(&common::root().join(&path));
        assert!(!scenario.source.is_empty() && scenario.tags.iter().any(|tag| tag == "incident"), "{path}: no source, or no tag");
        let text = std::fs::read_to_string(common::root().join(&path)).expect("text");
        assert!(text.lines().any(|line| line.starts_with("release: ")), "{path}: no release");
        let names: Vec<&str> = scenario.recoveries.iter().filter_map(|recovery| recovery.name.as_deref()).collect();
        for name in ["as-it-went", "as-it-should"] {
            assert!(names.contains(&name), "{path}: no recovery `{name}`, only {names:?}");
        }
    }
}

/// The worst of one recovery over all worlds, as the page tells it, and its reports.
fn side<'a>(reports: &'a [Report], recovery: &str) -> (String, Vec<&'a Report>) {
    let of: Vec<&Report> = reports.iter().filter(|report| report.recovery.as_deref() == Some(recovery)).collect();
    let worst = of.iter().filter_map(|report| report.worst).max().map_or("none", |worst| worst.name());
    let missed = of.iter().any(|report| !report.missed.is_empty());
    (if missed { format!("{worst}, missed") } else { worst.to_owned() }, of)
}

#[test]
fn every_row_says_what_comes_of_it() {
    let mut wrong = Vec::new();
    for Row { story, went, should, command, advice } in rows() {
        let scenario = common::load_file(&common::root().join(&story));
        let reports = common::run(&scenario, true);
        assert!(reports.iter().all(|report| report.verdict == Verdict::AsExpected), "{story}");
        let (as_it_went, of) = side(&reports, "as-it-went");
        let (worst, named) = went.split_once(": ").unwrap_or((went.as_str(), ""));
        if worst != as_it_went {
            wrong.push(format!("{command}: it went {as_it_went}, not {worst}"));
        }
        let found: BTreeSet<&str> = of.iter().flat_map(|report| &report.hazards).map(|finding| finding.hazard).collect();
        for named in between(named, '`', '`').iter().step_by(2).filter(|named| !found.contains(*named)) {
            wrong.push(format!("{command}: no {named}, but {found:?}"));
        }
        let as_it_should = side(&reports, "as-it-should").0;
        if should != as_it_should {
            wrong.push(format!("{command}: it should be {as_it_should}, not {should}"));
        }
        let advices: BTreeSet<&str> = of.iter().flat_map(|report| &report.hazards).map(|finding| finding.advice.as_str()).collect();
        let quoted = between(&advice, '“', '”');
        if quoted.is_empty() != found.is_empty() {
            wrong.push(format!("{command}: advice for nothing, or none for a finding"));
        }
        for quote in quoted.into_iter().filter(|quote| !advices.contains(quote)) {
            wrong.push(format!("{command}: no such advice as {quote:?}, but {advices:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_other_stories_tell_is_there() {
    let page = page();
    let links: Vec<&str> = between(&page, '(', ')').into_iter().filter(|link| link.ends_with(".yaml")).collect();
    assert!(links.len() >= 8, "only {} links", links.len());
    for link in links {
        let path: PathBuf = common::root().join("docs").join(link);
        assert!(path.exists(), "{link} is not there");
    }
}
