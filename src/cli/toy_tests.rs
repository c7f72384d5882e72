//! A release is a row: one that only tests have (`world::release`, its file `toy.rs`) reaches runs, `matrix`, command line,
//! coverage, schema and `explain` without another word about it anywhere.

use super::args::{Cli, Common};
use super::load;
use super::out::Out;
use crate::catalog;
use crate::report::coverage::{Coverage, KINDS};
use crate::report::{self, Report};
use crate::scenario::model::Scenario;
use crate::scenario::{Asked, Loaded, load_with};
use crate::search::study::Options;
use crate::world::release::Release;
use clap::{CommandFactory, Parser};

/// Beta dies, is forgotten twice with a reset of its VM between, and nobody releases its locks.
const STORY: &str = "\
pool:
  hosts: [alpha, beta, gamma]
  storage: {nfs1: {type: nfs}}
  vms: {db: {running-on: beta}}
timeline:
  - {at: 1m, fault: {crash: beta}}
  - {at: 20m, run: xe host-forget uuid=$beta --force}
  - {after: 1m, run: xe vm-reset-powerstate vm=db --force}
  - {after: 1m, run: xe host-forget uuid=$beta --force}
  - {after: 1m, run: xe vm-start vm=db on=gamma}
";

/// The manual: the forget halts the VM and leaves its lock, so there is nobody to forget again, and the start is refused.
const OF_MANUAL: [Option<&str>; 4] = [None, None, Some("UUID_INVALID"), Some("SR_BACKEND_FAILURE_46")];
/// The toy: the forget refuses while the VM is on record there, and later clears the lock, so that the start passes.
const OF_TOY: [Option<&str>; 4] = [Some("HOST_HAS_RESIDENT_VMS"), None, None, None];

fn toy() -> Release {
    Release::named("toy-1").expect("the row")
}

fn loaded(text: &str, release: Option<Release>) -> Result<Scenario, Vec<(&'static str, String)>> {
    let mut include = |_: &str| Err("nothing is included here".to_owned());
    let asked = &mut Asked { include: &mut include, set: &[], release };
    let told = |wrong: Vec<crate::scenario::diagnostic::Diagnostic>| wrong.into_iter().map(|d| (d.code, d.help)).collect();
    load_with("story.yaml", text.as_bytes(), asked).map(|Loaded { scenario, .. }| scenario).map_err(told)
}

fn reports(text: &str, release: Option<Release>) -> Vec<Report> {
    let scenario = loaded(text, release).expect("a good file");
    let options = Options { seed: None, max_events: 1_000_000, because: false, ..Default::default() };
    scenario.cases().into_iter().map(|which| report::of(&scenario, which, &options)).collect()
}

/// The refusals of the four commands.
fn codes(report: &Report) -> Vec<Option<&str>> {
    report.steps.iter().filter(|step| step.kind == "run").map(|step| step.code.as_deref()).collect()
}

#[test]
fn its_answers_reach_a_run() {
    let manual = &reports(STORY, None)[0];
    assert_eq!((manual.release, codes(manual)), (Release::default().name(), OF_MANUAL.to_vec()));
    for toyed in [&reports(&format!("{STORY}release: toy-1\n"), None)[0], &reports(STORY, Some(toy()))[0]] {
        assert_eq!((toyed.release, codes(toyed), &toyed.set), ("toy-1", OF_TOY.to_vec(), &Vec::new()));
    }
}

/// 200 s of silence instead of 600 s, unless the file says otherwise.
#[test]
fn its_settings_hold_where_a_scenario_sets_nothing() {
    let dead_after = |text: &str| loaded(text, None).expect("a good file").settings.host_dead_after.to_string();
    assert_eq!(dead_after(STORY), "10m");
    assert_eq!(dead_after(&format!("{STORY}release: toy-1\n")), "3m20s");
    assert_eq!(dead_after(&format!("{STORY}release: toy-1\nsettings: {{command: 2s}}\n")), "3m20s");
    assert_eq!(dead_after(&format!("{STORY}release: toy-1\nsettings: {{host-dead-after: 60s}}\n")), "1m");
}

#[test]
fn it_stands_in_a_matrix_beside_others() {
    let text = format!("{STORY}matrix: {{release: [toy-1, {}]}}\n", Release::default().name());
    let both = reports(&text, None);
    assert_eq!(both.iter().map(codes).collect::<Vec<_>>(), [OF_TOY, OF_MANUAL]);
    assert_eq!(both[0].set, [("release".to_owned(), "toy-1".to_owned())]);
    // The command line's release leaves its own alone.
    let one = reports(&text, Some(toy()));
    assert_eq!(one.iter().map(codes).collect::<Vec<_>>(), [OF_TOY]);
}

#[test]
fn the_command_line_and_shells_know_it() {
    let common = |words: &[&str]| -> Common { Cli::try_parse_from(words).expect("good words").common };
    let toyed = common(&["poolsim", "check", "a.yaml", "--release", "toy-1"]);
    assert_eq!(load::release(Out::new(&toyed), &toyed).ok(), Some(Some(toy())));
    assert!(Release::all().any(|release| release == toy()), "`--release-matrix` goes through all");
    let mut script = Vec::new();
    clap_complete::generate(clap_complete::Shell::Bash, &mut Cli::command(), "poolsim", &mut script);
    assert!(String::from_utf8(script).expect("text").contains("toy-1"));
}

#[test]
fn coverage_counts_it() {
    let kind = KINDS.iter().position(|kind| *kind == "release").expect("the kind");
    let mut coverage = Coverage::new();
    for (release, shown) in [(None, [1, 0]), (Some(toy()), [1, 1])] {
        coverage.add(&reports(STORY, release)[0], &[], &[]);
        assert_eq!([Release::default().name(), "toy-1"].map(|name| coverage.kinds[kind][name]), shown);
    }
}

#[test]
fn explain_and_the_schema_tell_it() {
    let text = |topic: &str| catalog::find(topic).into_iter().map(|entry| entry.text).collect::<String>();
    let manual = Release::default().name();
    assert!(text("toy-1").contains("forget-halts-vms: no") && text("toy-1").contains("Code: 7.0"));
    assert!(text(manual).contains("forget-halts-vms: yes") && text(manual).contains("The default."));
    let others = Release::all().map(Release::name).filter(|name| ![manual, "toy-1"].contains(name)).collect::<Vec<_>>().join(", ");
    for topic in ["forget-halts-vms", "host-forget", "releases"] {
        assert!(text(topic).contains(&format!("yes in {manual}; no in {others}, toy-1")), "{topic}");
    }
    assert!(text("delay-in-whole-seconds").contains(&format!("yes in {manual}, xenserver-6.0, toy-1; no in")));
    assert!(text("host-dead-after").contains("Default: 600s; in toy-1: 3m20s"));
    let schema = crate::scenario::schema::schema();
    assert_eq!(schema["properties"]["release"]["enum"], serde_json::json!(Release::all().map(Release::name).collect::<Vec<_>>()));
}

/// `host-declare-dead` came with 6.2 (xapi_host.ml, declare_dead): the manual's release has no such command, and the toy's code is 7.0.
#[test]
fn a_release_has_the_commands_of_its_code() {
    let text = format!("{STORY}  - {{after: 1m, run: xe host-declare-dead uuid=$gamma}}\n");
    let wrong = |release| loaded(&text, release).expect_err("no such command is built").remove(0);
    let (code, help) = wrong(None);
    assert!(code == "unknown-command" && help.starts_with("it came with 6.2"), "{help}");
    // beta crashed: declared dead, its VM is recorded halted and its lock is gone, so that the start passes; beta stays on record.
    let story = "pool:\n  hosts: [alpha, beta, gamma]\n  storage: {nfs1: {type: nfs}}\n  vms: {db: {running-on: beta}}\ntimeline:\n  - {at: 1m, fault: {crash: beta}}\n  - {at: 20m, run: xe host-declare-dead uuid=$beta --force}\n  - {after: 1m, run: xe vm-start vm=db on=gamma}\n  - {after: 1m, run: \"xe host-list hostname=beta params=enabled --minimal\"}\n";
    let shown = &reports(story, Some(toy()))[0];
    assert_eq!(codes(shown), [None, None, None]);
    assert_eq!(shown.steps.last().expect("a step").output, "false\n");
    // A step that expects an error shows what the tool says.
    let shown = &reports(&text.replace("=$gamma}", "=$gamma, expect: error}"), None)[0];
    let last = shown.steps.last().expect("a step");
    assert_eq!((last.output.lines().next(), last.exit), (Some("Unknown command: host-declare-dead"), Some(1)));
}
