//! What came of a run, as plain data, and one file a format. Renderers lay it out and compute nothing. Knows no file, no
//! terminal and no clock.

pub mod again;
mod because;
pub mod build;
pub mod coverage;
pub mod debrief;
pub mod diff;
pub mod explore;
pub mod json;
pub mod md;
pub mod mermaid;
pub mod ndjson;
pub mod orders;
pub mod page;
pub mod perfetto;
pub mod plan;
#[cfg(feature = "runbooks")]
pub mod rehearse;
pub mod risk;
pub mod suite;
pub mod sweep;
pub mod tell;
pub mod text;
mod thin;

#[cfg(test)]
pub(crate) mod samples;

use crate::base::inert::clean_line;
use crate::base::time::{Span, Time};
pub use crate::engine::Bound;
use crate::hazard::Severity;
pub use crate::judge::{Expectation, Verdict, Warning};
use crate::scenario::model::{Case, Scenario};
use crate::scenario::words;
use crate::search::foresight;
use crate::search::no_return::NoReturn;
use crate::search::over_time::{self, OverTime};
use crate::search::study::{self, Options};
use crate::world::event::Status;
pub use build::build;
use std::collections::BTreeMap;

/// Runs a case, looks for the causes of what was found if that is asked for, and reports it.
pub fn of(scenario: &Scenario, case: Case, options: &Options) -> Report {
    build(&study::study(scenario, case, options))
}

/// Looks for the points of no return of a case, for the report of it; `line`: for the risk over time of its gravest finding, too.
pub fn seek_no_return(report: &mut Report, scenario: &Scenario, case: Case, options: &Options, line: bool) {
    let (points, line) = foresight::of_case(scenario, case, options, line);
    let names = &scenario.of(case).pool.names;
    if let Some((finding, line)) = line
        && let Some(finding) = report.hazards.get_mut(finding)
    {
        finding.risk = Some(RiskReport::of(scenario.of(case), &line));
    }
    for (finding, point) in report.hazards.iter_mut().zip(points) {
        finding.no_return = match point {
            NoReturn::NotSought => None,
            NoReturn::Until(at, steps) => {
                Some(NoReturnReport::Until(at, steps.iter().map(|step| words::text(&step.deed, names)).collect()))
            }
            NoReturn::Never => Some(NoReturnReport::Never),
            NoReturn::Bound => Some(NoReturnReport::Bound),
        };
    }
}

/// The same without a story and without causes: what a judgement needs, for many cases in little time.
pub fn brief(scenario: &Scenario, case: Case, options: &Options) -> Report {
    build(&study::brief(scenario, case, options))
}

/// One case, run and judged. Names are strings here; times are virtual.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "docs/report.md says what each is")]
pub struct Report {
    pub scenario: String,
    pub title: String,
    pub tags: Vec<String>,
    pub sha256: String,
    pub release: &'static str,
    pub seed: u64,
    /// What was set beside the file, by its `matrix` or from outside: keys with their values.
    pub set: Vec<(String, String)>,
    pub world: Option<String>,
    pub recovery: Option<String>,
    pub end: Time,
    /// The bound at which the run ended, before its time.
    pub cut_short: Option<Bound>,
    pub events: u64,
    pub digest: String,
    /// The command that runs this case again.
    pub replay: String,
    pub verdict: Verdict,
    /// Whether the case has an `expect`; where it has none, the worst finding decides.
    pub judged: bool,
    /// The worst finding; `None` where nothing was found.
    pub worst: Option<Severity>,
    /// When the recovery began, if it did.
    pub recovery_began: Option<Time>,
    /// Whether no finding of danger or corruption began after the recovery began; `None` without a recovery that began.
    pub recovery_safe: Option<bool>,
    /// What was missed of the goal: its states, or where the file names none the VMs that ran at the start and do not run at
    /// the end, on one host each.
    pub missed: Vec<String>,
    /// Whether the file names the goal.
    pub own_goal: bool,
    pub counts: BTreeMap<Severity, u64>,
    /// In the order of `since`.
    pub hazards: Vec<Finding>,
    /// What the gravest finding began with, and what to do about it; `None` where nothing weighs more than a notice.
    pub first_wrong: Option<Wrong>,
    /// Set where not every finding's cause was looked for: the bound of 20 findings or 200 runs a case was met.
    pub because_cut_short: bool,
    pub warnings: Vec<Warning>,
    /// In the order of their beginning, then those that never began.
    pub steps: Vec<StepReport>,
    pub expectations: Vec<Expectation>,
    pub downtime: BTreeMap<String, Span>,
    /// What happened, for the story: every event, in order.
    pub story: Vec<StoryLine>,
    pub end_state: EndState,
    /// The same by the databases of the other masters, where there are several.
    pub other_masters: Vec<EndState>,
    /// The pool at the instants asked for with `--at`.
    pub instants: Vec<(Time, EndState)>,
}

/// A finding of a hazard.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct Finding {
    pub hazard: &'static str,
    pub severity: Severity,
    pub since: Time,
    pub until: Option<Time>,
    pub vdi: Option<String>,
    pub vm: Option<String>,
    pub sr: Option<String>,
    pub hosts: Vec<String>,
    /// The host whose belief or deed it is.
    pub by: Option<String>,
    pub damage: Option<DamageReport>,
    pub because: Vec<Because>,
    /// The steps of which any one would have done, with those of `because`.
    pub alternatives: Vec<Because>,
    pub advice: String,
    /// Up to when it could have been kept away; `None` where that was not sought.
    pub no_return: Option<NoReturnReport>,
    /// In how many worlds and seeds it comes, instant by instant; `None` where that was not sought, or would have been too much work.
    pub risk: Option<RiskReport>,
    /// The finding as one sentence.
    pub sentence: String,
}

/// The point of no return.
#[derive(Clone, PartialEq, Debug)]
pub enum NoReturnReport {
    /// The last instant at which these steps still kept it away; no steps: doing nothing more did.
    Until(Time, Vec<String>),
    /// Nothing that was tried keeps it away, at any instant.
    Never,
    /// A bound was met before it was found.
    Bound,
}

impl NoReturnReport {
    /// In words, to follow "too late": up to when this hazard was kept off, and by what.
    pub fn words(&self, hazard: &str) -> String {
        match self {
            NoReturnReport::Until(at, steps) => {
                let way = match steps.as_slice() {
                    [] => "doing nothing more".to_owned(),
                    steps => steps.iter().map(|step| format!("`{}`", clean_line(step))).collect::<Vec<_>>().join(", then "),
                };
                format!("after {at}: until then {way} kept off {hazard}")
            }
            NoReturnReport::Never => format!("from the beginning: nothing that was tried keeps off {hazard}"),
            NoReturnReport::Bound => format!("not known: up to when {hazard} could be kept off would have taken too many tries"),
        }
    }
}

/// The risk over time.
#[derive(Clone, PartialEq, Debug)]
pub struct RiskReport {
    /// The worlds; none where the scenario has none.
    pub worlds: Vec<String>,
    /// The first and the last seed.
    pub seeds: (u64, u64),
    /// How many runs each figure is of: each world with each seed.
    pub runs: usize,
    /// Whether every way was tried at every instant.
    pub whole: bool,
    /// In the order of time.
    pub line: Vec<RiskAt>,
}

/// The risk at an instant.
#[derive(Clone, PartialEq, Debug)]
pub struct RiskAt {
    /// When.
    pub at: Time,
    /// In so many runs harm comes if nobody does anything more.
    pub nothing: usize,
    /// In so many if these steps are done at once.
    pub best: usize,
    /// The steps that leave the fewest; none: nothing more.
    pub steps: Vec<String>,
    /// Whether every way was tried that might leave fewer.
    pub whole: bool,
}

impl RiskReport {
    fn of(scenario: &Scenario, line: &OverTime) -> RiskReport {
        let names = &scenario.pool.names;
        let at = |instant: &over_time::Instant| RiskAt {
            at: instant.at,
            nothing: instant.nothing,
            best: instant.best,
            steps: instant.way.iter().map(|step| words::text(&step.deed, names)).collect(),
            whole: instant.whole,
        };
        RiskReport {
            worlds: line.worlds.iter().flatten().map(|world| scenario.worlds[*world].name.clone()).collect(),
            seeds: line.seeds,
            runs: line.runs(),
            whole: line.whole(),
            line: line.line.iter().map(at).collect(),
        }
    }
}

impl RiskAt {
    /// In words.
    pub fn words(&self, runs: usize) -> String {
        let RiskAt { at, nothing, best, .. } = self;
        let more = if self.whole { "" } else { ", of the ways that were tried" };
        let rest = match self.steps.as_slice() {
            [] if *nothing == 0 => String::new(),
            [] => format!(", and nothing that is done leaves fewer{more}"),
            steps => {
                let way: Vec<String> = steps.iter().map(|step| format!("`{}`", clean_line(step))).collect();
                format!(", in {best} with {}{more}", way.join(", then "))
            }
        };
        format!("at {at}: harm comes in {nothing} of {runs} runs if nobody does anything more{rest}")
    }
}

impl Report {
    /// The gravest finding for which the point of no return was sought, with that point.
    pub fn no_return(&self) -> Option<(&Finding, &NoReturnReport)> {
        let sought = self.hazards.iter().filter_map(|finding| Some((finding, finding.no_return.as_ref()?)));
        sought.min_by_key(|(finding, _)| (std::cmp::Reverse(finding.severity), finding.since))
    }
}

/// The first damaging write.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct DamageReport {
    pub at: Time,
    pub by: String,
    pub over: String,
}

/// A part of a finding's cause: a step (with its line), or a belief that changed.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct Because {
    pub at: Time,
    pub line: Option<u32>,
    pub event: &'static str,
    pub what: String,
}

/// What a finding began with.
#[derive(Clone, PartialEq, Debug)]
pub struct Wrong {
    /// When.
    pub at: Time,
    /// The line of the step that it was.
    pub line: Option<u32>,
    /// In words, on one line: as it was typed, or what broke.
    pub what: String,
    /// Whether somebody did it, and it put data in danger; else something broke.
    pub deed: bool,
    /// What to do about it.
    pub mend: String,
}

/// A step as it went.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct StepReport {
    pub id: Option<String>,
    /// `fault`, `run`, `act` or `note`.
    pub kind: &'static str,
    /// `timeline`, `world` or `recovery`.
    pub from: String,
    pub at: Option<Time>,
    pub end: Option<Time>,
    /// The console's host, for `run`.
    pub host: Option<String>,
    pub line: u32,
    /// As typed, or as the scenario has it (`crash: beta`).
    pub text: String,
    /// With the names put in; `None` but for `run`.
    pub ran: Option<String>,
    /// What it did, by the names that `explain` knows: its fault or act, or the commands that were run. What was skipped did nothing.
    pub did: Vec<&'static str>,
    pub status: Status,
    pub code: Option<String>,
    pub exit: Option<i32>,
    pub output: String,
}

/// What an event is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Realm {
    /// A step begins, ends or is refused.
    Step,
    /// What is so changed.
    Truth,
    /// What is believed changed.
    Belief,
    /// A hazard begins or ends.
    Hazard,
}

/// One line of the story.
#[derive(Clone, PartialEq, Debug)]
pub struct StoryLine {
    /// When.
    pub at: Time,
    /// Of what half of the world it is.
    pub realm: Realm,
    /// The host that acts or believes, or what it happens to.
    pub actor: String,
    /// What happened, in words.
    pub what: String,
    /// Whether it belongs into the story (else only `-v` shows it).
    pub matters: bool,
    /// The event's kind in kebab-case.
    pub event: &'static str,
    /// The event's parts by name, for machines.
    pub parts: Vec<(&'static str, serde_json::Value)>,
    /// What caused it: the line of a step, where one did.
    pub cause_line: Option<u32>,
    /// What caused it, where no step did: the kind of what was due (`liveness-check`).
    pub cause_due: Option<&'static str>,
    /// The place of a step in [`Report::steps`], for lines that begin or end one.
    pub step: Option<usize>,
    /// The place of a finding in [`Report::hazards`], for lines where one begins or ends.
    pub finding: Option<usize>,
}

/// The pool at an instant: what is so, and what the ruling database has. `None` is "it has no such object".
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct EndState {
    /// The host whose database rules.
    pub ruler: String,
    pub masters: Vec<String>,
    pub default_sr: Option<String>,
    pub hosts: BTreeMap<String, HostState>,
    pub vms: BTreeMap<String, VmState>,
    pub vdis: BTreeMap<String, VdiState>,
    /// Names in the file's order, for tables.
    pub host_order: Vec<String>,
    /// VMs in the file's order.
    pub vm_order: Vec<String>,
    /// VDIs in the file's order.
    pub vdi_order: Vec<String>,
}

/// A host at an instant.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct HostState {
    pub powered: bool,
    pub hung: bool,
    pub isolated: bool,
    pub xapi_runs: bool,
    pub role: &'static str,
    pub fenced: bool,
    pub running: Vec<String>,
    pub known: bool,
    pub live: Option<bool>,
    pub enabled: Option<bool>,
}

/// A VM at an instant.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct VmState {
    pub running_on: Vec<String>,
    pub power_state: Option<&'static str>,
    pub resident_on: Option<String>,
}

/// A VDI at an instant.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct VdiState {
    pub open_on: Vec<(String, &'static str)>,
    pub damaged: bool,
    /// `None` where the database has no such VDI. A host that it no longer knows stands under its name.
    pub locks: Option<Vec<(String, &'static str)>>,
    pub paused: Option<bool>,
    pub activating: Option<bool>,
    pub relinking: Option<bool>,
}
