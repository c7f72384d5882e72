//! `poolsim run`: every case of every file, told in the form that was asked for.

use super::args::{Common, FailOn, Format, Run};
use super::cases::{ended_early, narrowed, replay};
use super::exit::Status;
use super::load::{self, File};
use super::out::Out;
use super::pictures;
use super::progress::Progress;
use super::reports::{RunKind, of_run};
use super::shared::{only, style, with_jobs};
use super::targets::{self, Target};
use super::{bug, interrupt};
use crate::base::inert::clean_line;
use crate::hazard::Severity;
use crate::report::tell::Teller;
use crate::report::text::layout::count;
use crate::report::{self, Report, Verdict};
use crate::scenario::model::Case;
use crate::search::study::{self, Options};
use crate::world::release::Release;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// Runs the files.
pub fn run(out: Out, common: &Common, args: &Run) -> Status {
    if args.files.is_empty() {
        let help = [
            "poolsim new --list             lists the stories that come with the program".to_string(),
            "poolsim new --from NAME FILE   writes one of them to FILE".to_string(),
            "poolsim run FILE               runs it".to_string(),
        ];
        return out.refuse("usage", "which scenario? `poolsim run` wants at least one file", &help, Status::Wrong);
    }
    if let Some(when) = args.play_from {
        return super::play::from(out, common, args, when);
    }
    if let Err(status) = only(out, common, "run", &[Format::Text, Format::Json, Format::Ndjson]) {
        return status;
    }
    let ready = load::release(out, common)
        .and_then(|release| Ok((release, targets::begin(out, of_run(out, common, args.files.len())?, &args.files)?)));
    let (release, mut targets) = match ready {
        Ok(ready) => ready,
        Err(status) => return status,
    };
    let wants = |format: Format, kind: RunKind| common.format == format || targets.iter().any(|t| t.kind == kind);
    let story = common.format == Format::Text || targets.iter().any(|target| target.kind.has_story());
    let json = wants(Format::Json, RunKind::Json);
    let whole = story || json || targets.iter().any(|target| target.kind.is_picture());
    let mut status = Status::Fine;
    interrupt::end_at_once(out);
    // What is printed or written at the end. Of a file that has been told nothing else is kept.
    let (mut told, mut text, mut all) = (0, String::new(), String::from(report::json::BEGIN));
    let mut pictures: Vec<(RunKind, String)> = Vec::new();
    for (at, path) in args.files.iter().enumerate() {
        interrupt::done(format!("{at} of {} had been run; no report was written", count(args.files.len(), "file")));
        // A bug that one file meets does not keep the others from running.
        let done = bug::guard(out, || file(out, common, args, release, (story, whole), &mut targets, path));
        let (Told { reports, pictures: drawn }, came_out) = match done {
            Ok(done) => done,
            Err(came_out) => {
                status = status.and(came_out);
                continue;
            }
        };
        status = status.and(came_out);
        pictures.extend(drawn);
        if common.format == Format::Text {
            let gap = if told == 0 { String::new() } else { format!("\n{}\n\n", "=".repeat(report::text::layout::COLUMNS)) };
            status = status.and(out.result(&(gap + &report::text::render(&reports, style(common, out.colour)))));
        }
        if targets.iter().any(|target| target.kind == RunKind::Text) {
            text.push_str(if told == 0 { "" } else { "\n" });
            text.push_str(&report::text::render(&reports, style(common, false)));
        }
        for report in reports.iter().filter(|_| json) {
            all.push_str(&report::json::item(&report::json::case(report), all.len() == report::json::BEGIN.len()));
        }
        told += 1;
    }
    all.push_str(report::json::end(all.len() == report::json::BEGIN.len()));
    if common.format == Format::Json {
        status = status.and(out.result(&all));
    }
    for target in targets {
        let whole = match target.kind {
            RunKind::Json => all.as_str(),
            RunKind::Text => text.as_str(),
            // Was written while it ran.
            RunKind::Ndjson => "",
            // Of a file that is no scenario there is none, and what stood there stays.
            kind => match pictures.iter().find(|(of, _)| *of == kind) {
                Some((_, text)) => text.as_str(),
                None => continue,
            },
        };
        status = status.and(target.put(out, whole));
    }
    status
}

/// One file: loaded, narrowed, run, judged. `story` is whether the case that is told has its story, `whole` whether more is
/// wanted of the reports than how they came out.
fn file(
    out: Out,
    common: &Common,
    args: &Run,
    release: Option<Release>,
    (story, whole): (bool, bool),
    targets: &mut [Target<RunKind>],
    path: &std::path::Path,
) -> Result<(Told, Status), Status> {
    let file = load::load(out, path, &args.only.set, release)?;
    let cases = narrowed(out, &args.only.worlds, &args.only.recoveries, &file)?;
    for at in &args.at {
        if file.scenario.until.is_some_and(|until| *at > until) {
            let what = format!("--at {at} lies after the end of {} at {}", file.name, file.scenario.until.unwrap_or_default());
            return Err(out.refuse("usage", &what, &[], Status::Wrong));
        }
    }
    let Common { seed, max_events, max_work, .. } = *common;
    let every_heartbeat = args.every_heartbeat;
    let options = Options { seed, max_events, max_work, at: args.at.clone(), because: true, every_heartbeat };
    bug::recipe(&format!(
        "scenario {} (sha256 {}), seed {}, release {}",
        file.scenario.name,
        file.scenario.sha256,
        seed.unwrap_or(file.scenario.seed),
        file.scenario.release.name()
    ));
    let progress = Progress::begin(format!("running {}", clean_line(&file.name)));
    let mut status = Status::Fine;
    let mut reports = Vec::new();
    let on_stdout = common.format == Format::Ndjson;
    if on_stdout || targets.iter().any(|target| target.kind == RunKind::Ndjson) {
        let several = args.files.len() > 1;
        let mut stream = Stream { out, status, on_stdout, gone: false, targets };
        let traced = Options { because: false, ..options.clone() };
        reports.extend(cases.iter().map_while(|case| stream.case(&file, *case, &traced, several)));
        status = stream.status;
    }
    if whole {
        // Of many cases one is told: only it has a story, and is run once more for it.
        let at_once = story && cases.len() == 1;
        let one = |case: &Case| one(&file, *case, &options, common, at_once);
        reports = with_jobs(common, || cases.par_iter().map(one).collect());
        // What is told in full is told with the point of no return.
        if let Some(told) = report::text::worst_case(&reports).filter(|told| reports[*told].worst >= Some(Severity::Danger)) {
            // The risk over time is many runs: where nothing shows it, it is not sought.
            let shows = |kind: RunKind| matches!(kind, RunKind::Json | RunKind::Html | RunKind::Svg);
            let line = common.format == Format::Json || targets.iter().any(|target| shows(target.kind));
            with_jobs(common, || report::seek_no_return(&mut reports[told], &file.scenario, cases[told], &options, line));
        }
        if let Some(told) = report::text::worst_case(&reports).filter(|_| story && !at_once) {
            let once_more = Options { because: false, ..options.clone() };
            reports[told].story = report::of(&file.scenario, cases[told], &once_more).story;
        }
    }
    let wanted: BTreeSet<RunKind> = targets.iter().map(|target| target.kind).filter(|kind| kind.is_picture()).collect();
    let pictures = pictures::pictures(&wanted, common, &options, &file, &cases, &reports);
    drop(progress);
    for report in &reports {
        out.say(&ended_early(&clean_line(&report.scenario), report, common));
    }
    let status = reports.iter().fold(status, |status, report| status.and(judge(report, args.fail_on)));
    Ok((Told { reports, pictures }, status))
}

/// What came of a file.
struct Told {
    reports: Vec<Report>,
    /// The reports that show one file, by kind.
    pictures: Vec<(RunKind, String)>,
}

/// Prints and writes the trace while it comes about, so that it takes no room and whoever reads it need not wait for the end.
struct Stream<'a> {
    out: Out,
    status: Status,
    /// Whether it is printed.
    on_stdout: bool,
    /// Nobody reads it any more, or it cannot be written: what is left is not run.
    gone: bool,
    /// The reports that it is written to are among these.
    targets: &'a mut [Target<RunKind>],
}

impl Stream<'_> {
    /// Runs a case; `None` where nobody reads the trace any more.
    fn case(&mut self, file: &File, which: Case, options: &Options, several: bool) -> Option<Report> {
        let scenario = &file.scenario;
        let scope = report::ndjson::Scope {
            scenario: several.then_some(scenario.name.as_str()),
            world: scenario.world_name(which),
            recovery: scenario.recovery_name(which),
            set: &scenario.of(which).set,
        };
        let mut text = String::new();
        let mut study = study::begin(scenario, which, options, false);
        while study.session.step().is_some() {
            let engine = &mut study.session.engine;
            let teller = Teller { names: &engine.world.names, steps: &engine.program().steps };
            text += &report::ndjson::lines(engine.trace.entries.from(0), teller, scope);
            engine.trace.entries.clear();
            if text.len() >= CHUNK && self.put(&mut text).is_break() {
                break;
            }
        }
        let report = report::build(&study.cut());
        (self.put(&mut text).is_continue() && !self.gone).then_some(report)
    }

    fn put(&mut self, text: &mut String) -> ControlFlow<()> {
        if self.gone {
            return ControlFlow::Break(());
        }
        let text = std::mem::take(text);
        for target in self.targets.iter_mut().filter(|target| target.kind == RunKind::Ndjson) {
            if let Err(error) = target.whole.write(&text) {
                self.status = self.status.and(self.out.unwritable(&target.path, &error));
                self.gone = true;
            }
        }
        if self.on_stdout {
            match self.out.piece(text.as_bytes()) {
                Ok(true) => {}
                Ok(false) => self.gone = true,
                Err(status) => {
                    self.status = self.status.and(status);
                    self.gone = true;
                }
            }
        }
        if self.gone { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// So much of a trace is printed at once.
const CHUNK: usize = 1 << 13;

/// Runs one case, looks for the causes of what was found, and reports.
fn one(file: &File, which: Case, options: &Options, common: &Common, story: bool) -> Report {
    let studied = study::study(&file.scenario, which, options);
    let mut report = if story { report::build(&studied) } else { report::build::without_story(&studied) };
    report.replay = replay(&file.name, &report, common);
    report
}

/// The exit status of a case: what was expected decides, and only where nothing was, the worst finding.
fn judge(report: &Report, fail_on: Option<FailOn>) -> Status {
    let bound = fail_on.map_or(Severity::Corruption, FailOn::severity);
    match report.verdict {
        Verdict::NotAsExpected => Status::Unexpected,
        _ if !report.judged && report.worst.is_some_and(|worst| worst >= bound) => Status::Unexpected,
        Verdict::NoExpectation | Verdict::AsExpected | Verdict::Inconclusive => Status::Fine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::forgotten;

    /// Expectations decide where there are any, severities only where there are none.
    #[test]
    fn expectations_go_before_severities() {
        let mut report = forgotten();
        let mut of = |verdict, worst, fail_on| {
            (report.verdict, report.worst) = (verdict, worst);
            report.judged = verdict != Verdict::NoExpectation;
            judge(&report, fail_on)
        };
        assert_eq!(of(Verdict::AsExpected, Some(Severity::Corruption), Some(FailOn::Notice)), Status::Fine);
        assert_eq!(of(Verdict::NotAsExpected, None, None), Status::Unexpected);
        assert_eq!(of(Verdict::Inconclusive, Some(Severity::Corruption), None), Status::Fine);
        assert_eq!(of(Verdict::NoExpectation, Some(Severity::Corruption), None), Status::Unexpected);
        assert_eq!(of(Verdict::NoExpectation, Some(Severity::Danger), None), Status::Fine);
        assert_eq!(of(Verdict::NoExpectation, Some(Severity::Danger), Some(FailOn::Danger)), Status::Unexpected);
        assert_eq!(of(Verdict::NoExpectation, Some(Severity::Outage), Some(FailOn::Danger)), Status::Fine);
        assert_eq!(of(Verdict::NoExpectation, Some(Severity::Notice), Some(FailOn::Notice)), Status::Unexpected);
        assert_eq!(of(Verdict::NoExpectation, None, Some(FailOn::Notice)), Status::Fine);
    }
}
