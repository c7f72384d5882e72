//! What must be true of every text report: nothing lost, nothing wider than 80 columns, nothing said by colour alone.

use super::layout::width;
use super::*;
use crate::report::samples::{burst, case, forgotten};
use crate::report::{Bound, Wrong};
use crate::world::release::Release;
use std::collections::BTreeMap;

const PLAIN: Style = Style { colour: false, detail: Detail::Story };

fn plain(report: Report) -> String {
    render(&[report], PLAIN)
}

fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing from:\n{text}");
    }
}

/// Without its blanks and line ends: a sentence is there, wherever it was wrapped.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

#[test]
fn the_recipe_stands_on_top() {
    let top = |detail| render(&[forgotten()], Style { colour: false, detail }).lines().take(8).collect::<Vec<_>>().join("\n");
    for detail in [Detail::Story, Detail::Every] {
        has(&top(detail), &["forget-isolated-host", Release::default().name(), "seed 1", env!("CARGO_PKG_VERSION")]);
    }
    // What two runs are compared by is for those who ask for everything.
    has(&top(Detail::Every), &[&forgotten().digest, &forgotten().sha256]);
    assert!(!plain(forgotten()).contains(&forgotten().sha256) && !plain(forgotten()).contains(&forgotten().digest));
}

/// A line for what went wrong and one for what to do, on top and again at the end; cut where they are longer.
#[test]
fn what_to_do_stands_on_top_and_again_at_the_end() {
    let mut report = forgotten();
    let what = "xe host-forget uuid=$beta --force".to_string();
    let mend = "power off beta and see that it is off, before line 24; a host that is only cut off goes on to write".to_string();
    let at = crate::base::time::Time(840_000_000);
    report.first_wrong = Some(Wrong { at, line: Some(22), what, deed: true, mend });
    let text = plain(report.clone());
    let (first, second) = (
        "wrong     14m  xe host-forget uuid=$beta --force (line 22)\n",
        "mend      power off beta and see that it is off, before line 24; a host that …\n",
    );
    assert_eq!(text.matches(&format!("{first}{second}")).count(), 2, "{text}");
    let result = text.find("result  ").unwrap();
    assert!(text[result..].lines().nth(1).unwrap().starts_with("wrong "), "{text}");
    assert!(text[text.find("AT THE END").unwrap()..].contains(first));
    // What broke by itself is nobody's mistake.
    report.first_wrong.as_mut().unwrap().deed = false;
    assert!(plain(report).contains("cause     14m  "));
}

/// Six disks of one forgotten SR are one entry, whenever each began; what has another cause is another.
#[test]
fn findings_of_one_cause_are_one_block() {
    let mut report = forgotten();
    let writer = report.hazards.iter().find(|finding| finding.hazard == "double-writer").unwrap().clone();
    for k in 1..6u64 {
        let mut other = writer.clone();
        other.vdi = Some(format!("disk-{k}"));
        other.since = crate::base::time::Time(other.since.0 + k * 1_000_000);
        other.damage.as_mut().unwrap().at = crate::base::time::Time(1_090_000_000 + k);
        report.hazards.push(other);
    }
    let section = |report: &Report| {
        let text = plain(report.clone());
        text[text.find("\nHAZARDS").unwrap()..text.find("\nEXPECTATIONS").unwrap()].to_string()
    };
    let text = section(&report);
    assert_eq!(text.matches("CORRUPTION double-writer").count(), 1, "{text}");
    has(&text, &["5 more of this cause:", "disk-1", "disk-5"]);
    report.hazards.last_mut().unwrap().because[0].line = Some(99);
    assert_eq!(section(&report).matches("CORRUPTION double-writer").count(), 2);
    let quiet = render(&[report], Style { colour: false, detail: Detail::Quiet });
    assert_eq!(quiet.matches("CORRUPTION double-writer").count(), 2, "folded as in the report: {quiet}");
    has(&quiet, &["(and 4 more)"]);
}

/// Of what a command prints six lines are shown; `-v` shows all.
#[test]
fn long_output_is_counted() {
    let mut report = forgotten();
    report.steps[2].output = (1..=48).map(|k| format!("line-{k}\n")).collect();
    let text = plain(report.clone());
    has(&text, &["| line-6\n", "| … 42 more (-v)\n"]);
    assert!(!text.contains("line-7"));
    has(&render(&[report.clone()], Style { colour: false, detail: Detail::Every }), &["| line-48\n"]);
    report.steps[2].output = (1..=7).map(|k| format!("line-{k}\n")).collect();
    has(&plain(report), &["| line-7\n"]);
}

/// With two masters there are two databases, and both are shown.
#[test]
fn two_masters_are_two_tables() {
    let mut report = forgotten();
    let mut other = report.end_state.clone();
    other.ruler = "gamma".into();
    report.other_masters = vec![other];
    has(&plain(report), &["IN THE DATABASE OF alpha", "BY THE OTHER MASTER", "IN THE DATABASE OF gamma"]);
}

#[test]
fn every_line_fits_80_columns() {
    let mut wide = forgotten();
    wide.scenario = "s".repeat(150);
    wide.title = "A title that goes on and on ".repeat(9);
    wide.story[2].actor = "a-host-with-quite-a-long-name-indeed".into();
    wide.steps[2].output = "x ".repeat(200) + &"y".repeat(300);
    wide.steps[1].text = "z".repeat(200);
    wide.end_state.hosts.get_mut("beta").unwrap().running = (0..60).map(|k| format!("erp{k:03}")).collect();
    wide.expectations[1].got = "w".repeat(200);
    for reports in [vec![wide], vec![case("isolated", "hasty", false), case(&"long".repeat(20), &"name".repeat(20), true)]] {
        for detail in [Detail::Quiet, Detail::Story, Detail::Every] {
            let text = render(&reports, Style { colour: false, detail });
            for line in text.lines() {
                assert!(width(line) <= COLUMNS, "{} columns: {line}", width(line));
            }
        }
    }
}

#[test]
fn what_does_not_fit_is_wrapped_and_never_cut() {
    let mut report = forgotten();
    let output = format!("{} {}", "word".repeat(40), "another word ".repeat(30));
    report.steps[2].output = output.clone();
    report.hazards[0].advice = "power off beta and see that it is off, ".repeat(12);
    let text = plain(report.clone()).replace("| ", "");
    assert!(squeezed(&text).contains(&squeezed(&output)));
    assert!(squeezed(&text).contains(&squeezed(&report.hazards[0].advice)));
}

#[test]
fn instants_can_be_pasted_into_at() {
    let text = plain(forgotten());
    let marks = ["= is so", "~ believed", "$ typed", "> ended", "x FAULT", "! DANGER", "! CORRUPTION"];
    let story = text.split_once("left out").unwrap().0.split_once("STORY").unwrap().1.split_once("\n\n").unwrap().1;
    let rows: Vec<&str> = story.lines().filter(|line| marks.iter().any(|mark| line.contains(mark))).collect();
    assert_eq!(rows.len(), 10, "{story}");
    let column = rows[0].find("x FAULT").unwrap();
    for row in rows {
        let instant = row.split_whitespace().next().unwrap();
        assert!(crate::base::time::Span::parse(instant).is_ok(), "{instant} in {row}");
        assert!(marks.iter().any(|mark| row[column..].starts_with(mark)), "aligned: {row}");
    }
    has(&text, &["16m2s345ms678us"]);
}

#[test]
fn so_and_believed_are_told_apart_without_colour() {
    let text = plain(forgotten());
    let of = |part: &str| text.lines().find(|line| line.contains(part)).unwrap().to_string();
    assert!(of("management links").contains("= is so"));
    assert!(of("holds beta for dead").contains("~ believed"));
    assert!(of("isolate: beta").contains("x FAULT"));
    assert!(of("double-writer: beta").contains("! CORRUPTION"));
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn colours_change_nothing_but_colours() {
    let coloured = render(&[forgotten()], Style { colour: true, detail: Detail::Story });
    assert!(coloured.contains('\u{1b}'));
    let mut bare = String::new();
    let mut escape = false;
    for c in coloured.chars() {
        match (escape, c) {
            (false, '\u{1b}') => escape = true,
            (true, 'm') => escape = false,
            (true, _) => {}
            (false, c) => bare.push(c),
        }
    }
    // Blanks at the end of a coloured cell may differ.
    let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(trimmed(&bare), trimmed(&plain(forgotten())));
}

#[test]
fn commands_stand_as_typed_as_run_and_with_their_output() {
    let text = plain(forgotten());
    has(&text, &["$ /opt/xensource/sm/resetvdis.py $beta $nfs1", "unlock: ok"]);
    assert!(!text.contains("as /opt/xensource/sm/resetvdis.py"), "with -v alone");
    let all = render(&[forgotten()], Style { colour: false, detail: Detail::Every });
    has(&all, &["as /opt/xensource/sm/resetvdis.py"]);
    assert!(squeezed(&all).contains(&squeezed(forgotten().steps[1].ran.as_deref().unwrap())));
    has(&text, &["| Error code: SR_BACKEND_FAILURE_46", "error SR_BACKEND_FAILURE_46", "(line 24, unlock)"]);
    // A line that needed no names put in is not said twice.
    assert_eq!(text.matches("xe vm-start vm=db on=gamma").count(), 1, "{text}");
}

#[test]
fn every_finding_is_told_with_cause_and_advice() {
    let text = plain(forgotten());
    let section = &text[text.find("HAZARDS").unwrap()..text.find("EXPECTATIONS").unwrap()];
    assert!(section.find("double-writer").unwrap() < section.find("presumed-dead-alive").unwrap(), "the gravest comes first");
    has(section, &["1 corruption, 1 danger", "isolate: beta (line 20)", "~ alpha holds beta for dead", "before line 24"]);
    has(section, &["at 18m2s beta wrote over what gamma had written", "still so at the end"]);
}

#[test]
fn a_burst_is_folded_and_nothing_of_it_is_lost() {
    let text = plain(burst(16));
    assert!(squeezed(&text).contains("16alike,thefirst:alpha:holdsxs01fordead(-vshowsthem)"), "{text}");
    has(&text, &["18 hosts are as the database has them (-v shows them)"]);
    let section = &text[text.find("\nHAZARDS").unwrap()..text.find("\nEXPECTATIONS").unwrap()];
    for k in 1..=16 {
        has(section, &[&format!("xs{k:02}")]);
    }
    let all = render(&[burst(16)], Style { colour: false, detail: Detail::Every });
    for k in 1..=16 {
        has(&all, &[&format!("holds xs{k:02} for dead")]);
    }
    assert!(!plain(burst(3)).contains("alike, the first"), "three are told one by one");
}

#[test]
fn what_goes_on_for_ever_is_told_once() {
    let mut report = forgotten();
    let mut write = report.story[10].clone();
    (write.matters, write.event, write.what) = (true, "disk-written", "writes to db-root".into());
    for k in 0..200u64 {
        write.at = crate::base::time::Time(1_100_000_000 + k * 5_000_000);
        write.actor = if k % 2 == 0 { "beta".into() } else { "gamma".into() };
        report.story.push(write.clone());
    }
    let text = plain(report);
    assert_eq!(text.matches("writes to db-root").count(), 2, "once for each writer");
    assert!(squeezed(&text).contains("and99moretimesuntil34m55s"), "the last of 200 is at 1100 s + 199 * 5 s: {text}");
}

#[test]
fn a_command_that_went_well_shows_what_it_printed() {
    let mut report = forgotten();
    report.steps[1].output = "all is released\n".into();
    // The trace holds the end of a step that went well for no news.
    report.story[6].matters = false;
    has(&plain(report), &["| all is released", "unlock: ok"]);
}

#[test]
fn failed_expectations_are_told_and_passed_ones_counted() {
    let text = plain(forgotten());
    has(&text, &["1 of 2 FAILED, 1 passed", "db runs on gamma alone at the end", "beta, gamma", "line 36"]);
    assert!(!text.contains("hazard double-writer on db-root"));
    has(&render(&[forgotten()], Style { colour: false, detail: Detail::Every }), &["hazard double-writer on db-root"]);
    // Also those of a case that is not the one told.
    let mut mild = case("dead", "hasty", true);
    mild.expectations[1].passed = false;
    has(&render(&[case("isolated", "hasty", false), mild], PLAIN), &["2 of 4 FAILED", "world dead, recovery hasty"]);
}

#[test]
fn the_table_sets_truth_beside_belief_and_marks_differences() {
    let text = plain(forgotten());
    let table = &text[text.find("AT THE END").unwrap()..];
    has(table, &["IN TRUTH", "IN THE DATABASE OF alpha", "DAMAGED", "runs 2 TIMES: beta, gamma"]);
    let row = |name: &str| table.lines().find(|line| line.trim_start().starts_with(name)).unwrap();
    // beta runs and is held for dead; gamma runs and is held for alive.
    assert!(row("beta").contains("!=") && !row("gamma").contains("!="), "{table}");
    assert!(row("db ").contains("!=") && row("db-root").contains("!="));
    assert_eq!(row("beta").find("dead"), row("gamma").find("alive"), "the columns are aligned");
}

#[test]
fn the_last_line_says_all_and_how_to_replay() {
    let mut report = forgotten();
    report.replay = "poolsim run f.yaml".into();
    report.scenario = "f".into();
    (report.verdict, report.counts) = (Verdict::AsExpected, BTreeMap::from([(Severity::Corruption, 1)]));
    let text = plain(report);
    assert_eq!(text.lines().last(), Some("f: as expected, worst CORRUPTION (1 corruption). Replay: poolsim run f.yaml"));
    has(&plain(forgotten()), &["\nReplay: poolsim run forget-isolated-host.yaml --seed 1\n"]);
}

#[test]
fn the_matrix_shows_each_case_once_and_marks_the_one_told() {
    let cases =
        [case("dead", "careful", true), case("dead", "hasty", true), case("isolated", "careful", true), case("isolated", "hasty", false)];
    let text = render(&cases, PLAIN);
    let matrix = &text[text.find("CASES").unwrap()..text.find("STORY").unwrap()];
    has(matrix, &["careful", "hasty", "dead", "isolated", "> CORRUPTION, goal reached"]);
    assert_eq!(matrix.matches("safe, goal reached").count(), 3);
    has(&text, &["STORY  world isolated, recovery hasty", "4 cases run, NOT AS EXPECTED (1 of 4)"]);
}

#[test]
fn many_recoveries_are_set_in_blocks() {
    let cases: Vec<Report> = (0..9).map(|k| case("dead", &format!("plan-{k}"), k != 7)).collect();
    let text = render(&cases, PLAIN);
    for k in 0..9 {
        has(&text, &[&format!("plan-{k}")]);
    }
    assert_eq!(text.matches("safe, goal reached").count(), 8);
}

#[test]
fn the_worst_case_is_the_gravest_then_the_fullest_then_the_first() {
    let quiet = || case("a", "b", true);
    let bad = || case("a", "b", false);
    let mut worse = bad();
    worse.counts.insert(Severity::Corruption, 2);
    let mut outage = quiet();
    (outage.worst, outage.counts) = (Some(Severity::Outage), BTreeMap::from([(Severity::Outage, 9)]));
    assert_eq!(worst_case(&[quiet(), outage, bad(), worse, bad()]), Some(3));
    assert_eq!(worst_case(&[quiet(), bad(), bad()]), Some(1));
    assert_eq!(worst_case(&[quiet(), quiet()]), Some(0));
    assert_eq!(worst_case(&[]), None);
}

#[test]
fn quiet_is_the_verdict_and_the_hazards() {
    let text = render(&[forgotten()], Style { colour: false, detail: Detail::Quiet });
    has(&text, &["NOT AS EXPECTED", "CORRUPTION double-writer, since 18m", "DANGER presumed-dead-alive"]);
    assert!(!text.contains("STORY") && !text.contains("IN TRUTH"));
}

/// Ten thousand cases are counted where few words are wanted: the whole fits on a screen, and names the first of each kind.
#[test]
fn quiet_is_short_however_many_cases_there_are() {
    let one = |n: usize| case(&format!("w{}", n / 100), &format!("r{}", n % 100), n != 777 && n != 4321);
    let reports: Vec<Report> = (0..10_000).map(one).collect();
    let text = render(&reports, Style { colour: false, detail: Detail::Quiet });
    assert!(text.lines().count() < 30, "{}", text.lines().count());
    has(&text, &["10000 cases", "      2  CORRUPTION", "world w7, recovery r77", "   9998  none: world w0, recovery r0"]);
}

#[test]
fn steps_without_a_turn_and_a_run_cut_short_are_told() {
    has(&plain(forgotten()), &["1 step never had a turn", "not-begun, xe vm-list"]);
    let mut report = forgotten();
    report.cut_short = Some(Bound::Events);
    has(&plain(report.clone()), &["ended by --max-events", "cut short by --max-events"]);
    report.cut_short = Some(Bound::Work);
    has(&plain(report), &["ended by --max-work", "cut short by --max-work"]);
}

#[test]
fn a_hostile_title_cannot_paint_the_terminal() {
    let mut report = forgotten();
    report.title = "\u{1b}[2J\u{1b}[1;1Hall is well".into();
    report.steps[2].output = "\u{1b}]0;x\u{7}".into();
    (report.story[1].what, report.hazards[0].sentence) = ("\u{1b}[8m".into(), "\u{9b}31m".into());
    let text = plain(report);
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
}
