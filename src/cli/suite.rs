//! The cases of a suite as `test` runs them: loading a file, running a case of it, the real clock around it.

use super::args::{Common, Seeds, Test};
use super::exit::Status;
use super::out::Out;
use super::picked::{Key, Partition, Rerun};
use super::{bug, cases, files, load};
use crate::hazard::Severity;
use crate::report::suite::golden::{self, Golden};
use crate::report::suite::{Failure, Outcome, Result as Came};
use crate::report::{self, Report, Verdict};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::model::{Case, Scenario};
use crate::scenario::{self, Asked, Loaded};
use crate::search::filter::{Filter, Subject};
use crate::search::study::Options;
use crate::search::suite::Suite;
use crate::world::release::Release;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What a suite is asked to do.
pub struct Plan {
    pub out: Out,
    pub common: Common,
    pub files: Vec<PathBuf>,
    pub filter: Option<Filter>,
    pub release: Option<Release>,
    pub seeds: Option<Seeds>,
    pub twice: bool,
    pub bless: bool,
    /// Whether a warning counts as a failure.
    pub strict: bool,
    pub partition: Option<Partition>,
    pub rerun: Option<Rerun>,
    /// Whether the whole report of each case is wanted, for machines.
    pub reports: bool,
}

/// A file, as far as it could be loaded.
pub enum File {
    /// A scenario and those of its cases that are wanted.
    Good(Box<Good>),
    /// No scenario, or unreadable: what is told of it, and how it counts.
    Wrong(Box<Outcome>, String, Status),
}

/// A scenario that is run.
pub struct Good {
    name: String,
    scenario: Scenario,
    /// The same without the seeds of its shares: with `--seeds` these are judged once, with the first.
    plain: Option<Box<Scenario>>,
    cases: Vec<Case>,
    /// The cases and seeds that are run, where an earlier report says so.
    picked: Option<Vec<(Case, u64)>>,
    /// How often each of them is run.
    each: u64,
    /// Warnings of the loader.
    said: String,
    golden: Option<Result<Golden, String>>,
    /// The headers of all its cases, for a golden file.
    headers: Arc<Vec<String>>,
}

/// What came of a unit.
pub struct Item {
    /// The place of its file.
    pub file: usize,
    pub outcome: Outcome,
    /// Kept only where it is wanted.
    pub report: Option<Box<Report>>,
    pub status: Status,
    /// How long it took on the real clock.
    pub real: Duration,
    /// Words for standard error.
    pub say: String,
    /// A mistake of ours: what was said, and the recipe.
    pub bug: Option<(String, String)>,
    pub blessed: Option<Blessed>,
    /// The case and the seed, where it failed and `--shrink` wants to know.
    pub failed: Option<(Case, u64)>,
}

/// The golden trace of a case, to be written.
pub struct Blessed {
    pub header: String,
    pub events: Vec<String>,
    /// All cases of the file, in order.
    pub headers: Arc<Vec<String>>,
}

/// A file as reports name it: as it was typed, with slashes, without `./` before it.
pub fn shown(path: &Path) -> String {
    let shown = files::shown(path).replace('\\', "/");
    shown.strip_prefix("./").map(str::to_owned).unwrap_or(shown)
}

/// Where the golden trace of a scenario stands.
pub fn golden_path(path: &Path) -> PathBuf {
    path.with_extension("golden")
}

/// What a filter sees of a case.
pub fn subject(path: &Path, scenario: &Scenario, case: Case) -> Subject {
    let mut name = scenario.name.clone();
    for part in [scenario.world_name(case), scenario.recovery_name(case)].into_iter().flatten() {
        name.push(' ');
        name.push_str(part);
    }
    let variant = scenario.variant_name(case);
    if !variant.is_empty() {
        name.push(' ');
        name.push_str(&variant);
    }
    let title = Outcome::skipped(&shown(path), scenario, case, String::new()).title();
    let own = case.recovery.and_then(|at| scenario.recoveries[at].expect.as_ref());
    let expects = scenario.expect.iter().chain(own);
    let hazards =
        expects.flat_map(|expect| expect.hazards.iter().map(|item| item.hazard).chain(expect.never.iter().map(|(_, name)| *name)));
    Subject {
        name,
        title,
        world: scenario.world_name(case).map(str::to_owned),
        recovery: scenario.recovery_name(case).map(str::to_owned),
        path: shown(path),
        tags: scenario.tags.clone(),
        rules: scenario.shows_kept.iter().chain(&scenario.shows_broken).cloned().collect(),
        hazards: hazards.map(|hazard| hazard.doc().name.to_owned()).collect(),
    }
}

/// What tells a case from all others.
fn key(path: &Path, scenario: &Scenario, case: Case) -> Key {
    Key {
        file: shown(path),
        world: scenario.world_name(case).map(str::to_owned),
        recovery: scenario.recovery_name(case).map(str::to_owned),
        set: scenario.of(case).set.iter().cloned().collect(),
    }
}

impl Good {
    /// The scenario and its cases.
    pub fn into_cases(self) -> (Scenario, Vec<Case>) {
        (self.scenario, self.cases)
    }

    /// Its cases as they are listed: names, what a filter sees, the title.
    pub fn listed(&self, path: &Path) -> Vec<(Outcome, Subject, String)> {
        let one = |case: &Case| {
            let reason = self.scenario.skip.clone().unwrap_or_default();
            let outcome = Outcome::skipped(&shown(path), &self.scenario, *case, reason);
            (outcome, subject(path, &self.scenario, *case), self.scenario.title.clone())
        };
        self.cases.iter().map(one).collect()
    }
}

impl Plan {
    /// The cases of a file that the filter takes.
    pub fn cases(&self, path: &Path, scenario: &Scenario) -> Vec<Case> {
        let wanted = |case: &Case| {
            if self.filter.is_none() && self.partition.is_none() && self.rerun.is_none() {
                return true;
            }
            let subject = subject(path, scenario, *case);
            self.filter.as_ref().is_none_or(|filter| filter.takes(&subject))
                && self.partition.is_none_or(|partition| partition.takes(&subject.path, &subject.name))
                && self.rerun.as_ref().is_none_or(|rerun| rerun.seeds(&key(path, scenario, *case)).is_some())
        };
        scenario.cases().into_iter().filter(wanted).collect()
    }

    /// The cases of a file with the seeds that an earlier report has for them.
    fn picked(&self, path: &Path, scenario: &Scenario, cases: &[Case]) -> Option<Vec<(Case, u64)>> {
        let rerun = self.rerun.as_ref()?;
        let mut picked = Vec::new();
        for case in cases {
            match rerun.seeds(&key(path, scenario, *case)).unwrap_or_default() {
                [] => picked.push((*case, scenario.seed)),
                seeds => picked.extend(seeds.iter().map(|seed| (*case, *seed))),
            }
        }
        Some(picked)
    }

    /// Reads and loads a file.
    pub fn open(&self, path: &Path) -> File {
        let shown = shown(path);
        let bytes = match files::read_or(path) {
            Ok(bytes) => bytes,
            Err((what, help)) => {
                let mut outcome = Outcome::wrong(&shown, &[]);
                outcome.failures.push(Failure { line: 1, at: None, expected: "a scenario".into(), got: what.clone(), before: Vec::new() });
                return File::Wrong(Box::new(outcome), self.out.refusal("unreadable", &what, &help), Status::Unreadable);
            }
        };
        let tell = |diagnostics: &[Diagnostic]| diagnostics.iter().map(|d| load::told(self.out, d)).collect::<String>();
        let asked = &mut Asked { include: &mut files::beside(path), set: &[], release: self.release };
        let (scenario, said) = match scenario::load_with(&shown, &bytes, asked) {
            Ok(Loaded { scenario, warnings }) => (scenario, tell(&warnings)),
            Err(wrong) => return File::Wrong(Box::new(Outcome::wrong(&shown, &wrong)), tell(&wrong), Status::Wrong),
        };
        let header = |case: Case| golden::header(&scenario.of(case).set, scenario.world_name(case), scenario.recovery_name(case));
        let cases = self.cases(path, &scenario);
        File::Good(Box::new(Good {
            name: files::name(path),
            picked: self.picked(path, &scenario, &cases),
            cases,
            each: if scenario.skip.is_some() { 1 } else { self.seeds.map_or(1, |seeds| seeds.last - seeds.first + 1) },
            plain: (self.seeds.is_some() && scenario.seeds.is_some()).then(|| Box::new(Scenario { seeds: None, ..scenario.clone() })),
            said,
            golden: self.golden(path),
            headers: Arc::new(if self.bless { scenario.cases().into_iter().map(header).collect() } else { Vec::new() }),
            scenario,
        }))
    }

    /// The golden traces beside a scenario, where there are any and the runs are those that they were written from.
    fn golden(&self, path: &Path) -> Option<Result<Golden, String>> {
        let as_blessed = self.seeds.is_none() && self.common.seed.is_none() && self.release.is_none();
        let beside = golden_path(path);
        if self.bless || !as_blessed || path.as_os_str() == "-" || !beside.exists() {
            return None;
        }
        let read = files::read_or(&beside).map_err(|(what, _)| what);
        let text = read.and_then(|bytes| String::from_utf8(bytes).map_err(|_| "it holds no text".to_owned()));
        Some(text.and_then(|text| Golden::parse(&text)).map_err(|what| format!("{}: {what}", shown(&beside))))
    }

    /// Runs a case with a seed.
    fn one(&self, file: usize, good: &Good, unit: u64) -> Item {
        let at = |unit: u64| usize::try_from(unit).unwrap_or(0);
        let (which, again) = match &good.picked {
            Some(picked) => (picked[at(unit)].0, Some(picked[at(unit)].1)),
            None => (good.cases[at(unit / good.each)], None),
        };
        let path = &self.files[file];
        let shown = shown(path);
        let nth = if again.is_some() { 0 } else { unit % good.each };
        let seed = again.or_else(|| self.seeds.map_or(self.common.seed, |seeds| Some(seeds.first + nth)));
        let scenario = good.plain.as_deref().filter(|_| nth > 0).unwrap_or(&good.scenario);
        let (max_events, max_work) = (self.common.max_events, self.common.max_work);
        let options = Options { seed, max_events, max_work, because: false, ..Options::default() };
        // Only who asks for everything is told what `check` tells.
        let say = if unit == 0 && self.common.verbose { good.said.clone() } else { String::new() };
        let begun = now();
        let ran = bug::caught(|| self.judged(&shown, good, scenario, which, &options));
        let real = begun.elapsed();
        let mut item = match ran {
            Ok((outcome, report, say_more, blessed)) => {
                let status = match (&outcome.result, outcome.verdict) {
                    (_, "not-repeatable") => Status::Bug,
                    (Came::Failed | Came::Wrong, _) => Status::Unexpected,
                    _ => Status::Fine,
                };
                let report = report.filter(|_| self.reports).map(Box::new);
                Item { file, outcome, report, status, real, say: say + &say_more, bug: None, blessed, failed: None }
            }
            Err(said) => {
                let recipe = format!(
                    "{shown} (sha256 {}), case {:?}, seed {}, release {}",
                    good.scenario.sha256,
                    which,
                    seed.unwrap_or(good.scenario.seed),
                    good.scenario.release.name()
                );
                let mut outcome = Outcome::skipped(&shown, &good.scenario, which, String::new());
                (outcome.result, outcome.verdict) = (Came::Failed, "bug");
                let failure =
                    Failure { line: 1, at: None, expected: "no mistake of poolsim".into(), got: said.clone(), before: Vec::new() };
                outcome.failures.push(failure);
                Item { file, outcome, report: None, status: Status::Bug, real, say, bug: Some((said, recipe)), blessed: None, failed: None }
            }
        };
        if item.outcome.result == Came::Failed && item.bug.is_none() {
            item.failed = Some((which, seed.unwrap_or(good.scenario.of(which).seed)));
        }
        if (self.seeds.is_some() || again.is_some_and(|seed| seed != good.scenario.seed)) && item.outcome.verdict != "skipped" {
            item.outcome.seed = seed;
        }
        item
    }

    /// Runs a case as often and as closely as is needed to judge it.
    fn judged(
        &self,
        shown: &str,
        good: &Good,
        scenario: &Scenario,
        which: Case,
        options: &Options,
    ) -> (Outcome, Option<Report>, String, Option<Blessed>) {
        if let Some(reason) = &scenario.skip {
            return (Outcome::skipped(shown, scenario, which, reason.clone()), None, String::new(), None);
        }
        let golden = good.golden.as_ref().filter(|_| options.seed.is_none_or(|seed| seed == scenario.seed));
        let with_story = self.bless || golden.is_some();
        let mut report = if with_story { report::of(scenario, which, options) } else { report::brief(scenario, which, options) };
        let digest = report.digest.clone();
        let fine = match report.verdict {
            Verdict::AsExpected => true,
            Verdict::NoExpectation => report.worst != Some(Severity::Corruption),
            Verdict::NotAsExpected | Verdict::Inconclusive => false,
        };
        if !fine {
            // Once more, with its story, and with the causes of what was found where they are told.
            let because = self.reports || report.verdict == Verdict::NoExpectation;
            report = report::of(scenario, which, &Options { because, ..options.clone() });
        }
        report.replay = cases::replay(&good.name, &report, &self.common);
        let replay = cases::replay(shown, &report, &self.common);
        let mut outcome = Outcome::new(shown, scenario, which, &report, replay);
        let header = golden::header(&scenario.of(which).set, report.world.as_deref(), report.recovery.as_deref());
        match golden {
            Some(Ok(golden)) => golden::judge(&mut outcome, golden.case(&header), &report),
            Some(Err(what)) => {
                let failure = Failure { line: 1, at: None, expected: "a golden trace".into(), got: what.clone(), before: Vec::new() };
                outcome.failures.push(failure);
                if outcome.result == Came::Passed {
                    (outcome.result, outcome.verdict) = (Came::Failed, "golden-differs");
                }
            }
            None => {}
        }
        if self.strict {
            outcome.strictly();
        }
        if self.twice {
            let again = report::brief(scenario, which, options).digest;
            if again != digest {
                let expected = format!("the digest {digest} again: one scenario and seed give one run");
                outcome.failures.push(Failure { line: 1, at: None, expected, got: again, before: Vec::new() });
                (outcome.result, outcome.verdict) = (Came::Failed, "not-repeatable");
            }
        }
        let say = cases::ended_early(&outcome.title(), &report, &self.common);
        let blessed = self.bless.then(|| Blessed { header, events: golden::lines(&report), headers: Arc::clone(&good.headers) });
        (outcome, Some(report), say, blessed)
    }
}

/// The real clock: only how long a case takes is read from it, and only people are told.
#[allow(clippy::disallowed_types)]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

impl Suite for Plan {
    type File = File;
    type Item = Item;

    fn files(&self) -> usize {
        self.files.len()
    }

    fn load(&self, file: usize) -> (File, u64) {
        let path = &self.files[file];
        let loaded = bug::caught(|| self.open(path)).unwrap_or_else(|said| {
            let mut outcome = Outcome::wrong(&shown(path), &[]);
            outcome.failures.push(Failure { line: 1, at: None, expected: "a scenario".into(), got: said.clone(), before: Vec::new() });
            File::Wrong(Box::new(outcome), said, Status::Bug)
        });
        let units = match &loaded {
            File::Good(good) => match &good.picked {
                Some(picked) => picked.len() as u64,
                None => good.cases.len() as u64 * good.each,
            },
            File::Wrong(..) => 1,
        };
        (loaded, units)
    }

    fn run(&self, file: usize, loaded: &File, unit: u64) -> Item {
        match loaded {
            File::Good(good) => self.one(file, good, unit),
            File::Wrong(outcome, said, status) => {
                let bug = (*status == Status::Bug).then(|| (said.clone(), format!("loading {}", outcome.file)));
                let say = if bug.is_some() { String::new() } else { said.clone() };
                let (outcome, status) = (Outcome::clone(outcome), *status);
                Item { file, outcome, report: None, status, real: Duration::ZERO, say, bug, blessed: None, failed: None }
            }
        }
    }
}

/// The plan of `poolsim test`.
pub fn plan(
    out: Out,
    common: &Common,
    args: &Test,
    (files, rerun): (Vec<PathBuf>, Option<Rerun>),
    release: Option<Release>,
    reports: bool,
) -> Plan {
    Plan {
        out,
        common: common.clone(),
        files,
        filter: args.filter.clone(),
        release,
        seeds: args.seeds,
        twice: args.twice,
        bless: args.bless,
        strict: args.strict,
        partition: args.partition,
        rerun,
        reports,
    }
}
