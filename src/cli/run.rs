//! `poolsim run`: every case of every file, told in the form that was asked for.

use super::args::{Common, FailOn, Format, Run};
use super::cases::{narrowed, replay};
use super::exit::Status;
use super::load::{self, File};
use super::out::Out;
use super::progress::Progress;
use super::reports::{Extra, of_run};
use super::shared::{only, style, with_jobs};
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
    if let Err(status) = only(out, common, "run", &[Format::Text, Format::Json, Format::Ndjson]) {
        return status;
    }
    let (release, extras) = match (load::release(out, common), of_run(out, common)) {
        (Ok(release), Ok(extras)) => (release, extras),
        (Err(status), _) | (_, Err(status)) => return status,
    };
    let mut status = Status::Fine;
    let mut all: Vec<Vec<Report>> = Vec::new();
    interrupt::end_at_once(out);
    for (at, path) in args.files.iter().enumerate() {
        interrupt::done(format!("{at} of {} had been run; no report was written", count(args.files.len(), "file")));
        // A bug that one file meets does not keep the others from running.
        let done = bug::guard(out, || file(out, common, args, (release, &extras), path));
        match done {
            Ok((reports, came_out)) => {
                status = status.and(came_out);
                if common.format == Format::Text {
                    let gap = if all.is_empty() { String::new() } else { format!("\n{}\n\n", "=".repeat(report::text::layout::COLUMNS)) };
                    status = status.and(out.result(&(gap + &report::text::render(&reports, style(common, out.colour)))));
                }
                all.push(reports);
            }
            Err(came_out) => status = status.and(came_out),
        }
    }
    let flat = || all.iter().flatten().cloned().collect::<Vec<Report>>();
    match common.format {
        Format::Text => {}
        Format::Json => status = status.and(out.result(&report::json::render(&flat()))),
        // Was printed while it ran.
        Format::Ndjson => {}
        Format::Sarif | Format::Github | Format::Md | Format::Dot | Format::Svg => {}
    }
    for extra in extras {
        let text = match extra.kind {
            Format::Json => report::json::render(&flat()),
            Format::Ndjson => report::ndjson::render(&flat(), args.files.len() > 1),
            Format::Text | Format::Sarif | Format::Github | Format::Md | Format::Dot | Format::Svg => {
                let plain = style(common, false);
                all.iter().map(|reports| report::text::render(reports, plain)).collect::<Vec<_>>().join("\n")
            }
        };
        status = status.and(out.file(&extra.path, &text));
    }
    status
}

/// One file: loaded, narrowed, run, judged.
fn file(
    out: Out,
    common: &Common,
    args: &Run,
    (release, extras): (Option<Release>, &[Extra]),
    path: &std::path::Path,
) -> Result<(Vec<Report>, Status), Status> {
    let file = load::load(out, path, &args.set, release)?;
    let cases = narrowed(out, &args.worlds, &args.recoveries, &file)?;
    for at in &args.at {
        if file.scenario.until.is_some_and(|until| *at > until) {
            let what = format!("--at {at} lies after the end of {} at {}", file.name, file.scenario.until.unwrap_or_default());
            return Err(out.refuse("usage", &what, &[], Status::Wrong));
        }
    }
    let options = Options {
        seed: common.seed,
        max_events: common.max_events,
        at: args.at.clone(),
        because: common.format != Format::Ndjson || !extras.is_empty(),
    };
    bug::recipe(&format!(
        "scenario {} (sha256 {}), seed {}, release {}",
        file.scenario.name,
        file.scenario.sha256,
        common.seed.unwrap_or(file.scenario.seed),
        file.scenario.release.name()
    ));
    let progress = Progress::begin(format!("running {}", clean_line(&file.name)));
    let run_all = || -> Vec<Report> { cases.par_iter().map(|case| one(&file, *case, &options, common)).collect() };
    let mut status = Status::Fine;
    let reports: Vec<Report> = if common.format == Format::Ndjson {
        let mut stream = Stream { out, status, gone: false, kept: !extras.is_empty() };
        let reports = cases.iter().map_while(|case| stream.case(&file, *case, &options, args.files.len() > 1)).collect();
        status = stream.status;
        reports
    } else {
        with_jobs(common, run_all)
    };
    drop(progress);
    for report in reports.iter().filter(|report| report.cut_short) {
        out.say(&format!(
            "warning: {} was ended at {} after {} events (--max-events)\n",
            clean_line(&report.scenario),
            report.end,
            common.max_events
        ));
    }
    let status = reports.iter().fold(status, |status, report| status.and(judge(report, args.fail_on)));
    Ok((reports, status))
}

/// Prints the trace while it comes about, so that it takes no room and whoever reads it need not wait for the end.
struct Stream {
    out: Out,
    status: Status,
    /// Nobody reads it any more, or it cannot be written: what is left is not run.
    gone: bool,
    /// Whether other reports want the trace too.
    kept: bool,
}

impl Stream {
    /// Runs a case; `None` where nobody reads the trace any more.
    fn case(&mut self, file: &File, which: Case, options: &Options, several: bool) -> Option<Report> {
        let scenario = &file.scenario;
        let scope = report::ndjson::Scope {
            scenario: several.then_some(scenario.name.as_str()),
            world: scenario.world_name(which),
            recovery: scenario.recovery_name(which),
            set: &scenario.of(which).set,
        };
        let mut seen = 0;
        let mut text = String::new();
        let mut study = study::begin(scenario, which, options, false);
        while study.session.step().is_some() {
            let engine = &mut study.session.engine;
            let teller = Teller { names: &engine.world.names, steps: &engine.program().steps };
            text += &report::ndjson::lines(engine.trace.entries.from(seen), teller, scope);
            if self.kept {
                seen = engine.trace.entries.len();
            } else {
                engine.trace.entries.clear();
            }
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
        match self.out.piece(std::mem::take(text).as_bytes()) {
            Ok(true) => return ControlFlow::Continue(()),
            Ok(false) => {}
            Err(status) => self.status = self.status.and(status),
        }
        self.gone = true;
        ControlFlow::Break(())
    }
}

/// So much of a trace is printed at once.
const CHUNK: usize = 1 << 13;

/// Runs one case, looks for the causes of what was found, and reports.
fn one(file: &File, which: Case, options: &Options, common: &Common) -> Report {
    let mut report = report::of(&file.scenario, which, options);
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
