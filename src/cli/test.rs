//! `poolsim test`: every case of every scenario below the paths against what it expects, told as it comes and in order.

use super::args::{Common, Format, Test};
use super::exit::Status;
use super::out::{Out, Stream};
use super::picked::Rerun;
use super::progress::Bar;
use super::reports::{self, Kind};
use super::shared::{only, rooted};
use super::suite::{self, Blessed, File, Item, Plan};
use super::targets::{self, Target};
use super::{bug, files, interrupt, load, measure, pictures};
use crate::base::inert::{clean_line, inert};
use crate::base::time::Span;
use crate::report::suite::golden::Golden;
use crate::report::suite::{Outcome, Result as Came, Tally, github, html, json, junit, md, tap, text};
use crate::report::text::layout::{Page, count};
use crate::scenario::model::Case;
use crate::search::suite::{Ended, in_order};
use crate::search::{finds, study};
use serde_json::{Value, json};
use std::io::{IsTerminal, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Tests the paths.
pub fn test(out: Out, common: &Common, args: &Test) -> Status {
    let ready = only(out, common, "test", &[Format::Text, Format::Json])
        .and_then(|()| Ok((load::release(out, common)?, reports::of_test(out, common)?)));
    let (release, wanted) = match ready {
        Ok(ready) => ready,
        Err(status) => return status,
    };
    let rerun = match args.rerun.as_deref().map(|path| rerun(out, path)).transpose() {
        Ok(rerun) => rerun,
        Err(status) => return status,
    };
    let (files, mut status) = match &rerun {
        Some(rerun) if rerun.is_empty() => {
            out.say("nothing had failed: there is nothing to run again\n");
            return Status::Fine;
        }
        Some(rerun) if args.paths.is_empty() => (rerun.files(), Status::Fine),
        _ => find(out, &args.paths),
    };
    if files.is_empty() {
        return status;
    }
    let machine = common.format == Format::Json;
    let reports = machine || wanted.iter().any(|(kind, _)| *kind == Kind::Json);
    let plan = Arc::new(suite::plan(out, common, args, (files, rerun), release, reports));
    if args.list {
        return status.and(list(out, common, &plan));
    }
    if args.coverage || args.mutants {
        interrupt::end_at_once(out);
        let came_out = if args.coverage { measure::coverage(out, common, args, &plan) } else { measure::mutant(out, common, &plan) };
        return status.and(came_out);
    }
    interrupt::listen();
    let taker = targets::begin(out, wanted, &plan.files).and_then(|targets| Taker::begin(out, common, args, &plan, targets));
    let mut taker = match taker {
        Ok(taker) => taker,
        Err(came_out) => return status.and(came_out),
    };
    let jobs = common.jobs.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from);
    let ended = in_order(Arc::clone(&plan), jobs, &mut |item| taker.take(item), &interrupt::wanted);
    status = status.and(taker.finish(ended));
    status
}

/// The scenario files below the paths, each once, in the order of their bytes; a path below which there is none is told.
fn find(out: Out, paths: &[PathBuf]) -> (Vec<PathBuf>, Status) {
    let mut all = Vec::new();
    let mut status = Status::Fine;
    for path in paths {
        let (found, came_out) = files::find(out, std::slice::from_ref(path));
        status = status.and(came_out);
        if found.is_empty() {
            let what = format!("no scenario file stands below {}", path.display());
            let help = ["scenario files end in .yaml or .yml; `*.part.yaml` are parts of others".to_string()];
            status = status.and(out.refuse("nothing-found", &what, &help, Status::NothingFound));
        }
        all.extend(found);
    }
    all.sort_by_key(|path| suite::shown(path).into_bytes());
    all.dedup_by_key(|path| suite::shown(path));
    (all, status)
}

/// The cases that failed in an earlier report.
fn rerun(out: Out, path: &Path) -> Result<Rerun, Status> {
    let bytes = files::read(out, path)?;
    Rerun::parse(&String::from_utf8_lossy(&bytes)).map_err(|what| {
        let help = ["`poolsim test --report json=FILE PATH` writes one".to_string()];
        out.refuse("usage", &format!("{}: {what}", path.display()), &help, Status::Wrong)
    })
}

/// `--list`: what would be run.
fn list(out: Out, common: &Common, plan: &Plan) -> Status {
    let mut status = Status::Fine;
    let (mut lines, mut values) = (String::new(), Vec::new());
    for path in &plan.files {
        let scenario = match bug::guard(out, || Ok(plan.open(path))) {
            Ok(File::Good(good)) => good,
            Ok(File::Wrong(_, said, came_out)) => {
                out.say(&said);
                status = status.and(came_out);
                continue;
            }
            Err(came_out) => {
                status = status.and(came_out);
                continue;
            }
        };
        for (outcome, subject, title) in scenario.listed(path) {
            if common.format == Format::Json {
                values.push(json!({
                    "file": outcome.file,
                    "scenario": outcome.scenario,
                    "title": title,
                    "world": outcome.world,
                    "recovery": outcome.recovery,
                    "tags": subject.tags,
                    "rules": subject.rules,
                    "hazards": subject.hazards,
                }));
            } else {
                lines.push_str(&(inert(&clean_line(&outcome.title())).into_owned() + "\n"));
            }
        }
    }
    if lines.is_empty() && values.is_empty() && status == Status::Fine {
        status = nothing_left(out);
    }
    status.and(out.result(&if common.format == Format::Json { crate::report::json::pretty(&Value::Array(values)) } else { lines }))
}

fn nothing_left(out: Out) -> Status {
    out.refuse(
        "nothing-found",
        "the filter leaves no case",
        &["`poolsim test --list PATH` lists the cases".to_string()],
        Status::NothingFound,
    )
}

/// The seeds of one case, told as one line.
struct Group {
    /// Its first run, or its first that failed.
    told: Outcome,
    real: std::time::Duration,
    runs: u64,
    failed: u64,
}

/// Takes what comes, in order, and tells it.
struct Taker<'a> {
    out: Out,
    common: &'a Common,
    args: &'a Test,
    plan: &'a Plan,
    machine: bool,
    /// Whether the real clock is told.
    clock: bool,
    /// Whether GitHub's annotations and summary come by themselves.
    on_github: bool,
    stream: Stream,
    /// Reports that are written as the cases come.
    running: Vec<Target<Kind>>,
    /// Reports that are written at the end.
    later: Vec<Target<Kind>>,
    /// Outcomes for reports that are written at the end; empty where there are none.
    kept: Vec<Outcome>,
    tally: Tally,
    units: u64,
    status: Status,
    group: Option<Group>,
    /// The golden traces of the file under way: its place, its cases so far, all headers.
    golden: Option<(usize, Golden, Arc<Vec<String>>)>,
    blessed: u64,
    /// The cases that failed, by file, each with its first seed; only where `--shrink` asks for them.
    corrupted: Vec<(usize, Case, u64)>,
    /// The first that failed, by the places of their outcomes and files, each with its seed; only where a page tells them.
    ill: Vec<(usize, usize, Case, u64)>,
    bar: Bar,
}

impl<'a> Taker<'a> {
    fn begin(out: Out, common: &'a Common, args: &'a Test, plan: &'a Plan, targets: Vec<Target<Kind>>) -> Result<Taker<'a>, Status> {
        let (mut running, later): (Vec<_>, Vec<_>) = targets.into_iter().partition(|target| target.kind == Kind::Json);
        for target in &mut running {
            target.whole.write(json::BEGIN).map_err(|error| out.unwritable(&target.path, &error))?;
        }
        let machine = common.format == Format::Json;
        let mut taker = Taker {
            out,
            common,
            args,
            plan,
            machine,
            clock: !machine && (common.verbose || std::io::stdout().is_terminal()),
            on_github: std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true"),
            stream: Stream::Open,
            running,
            later,
            kept: Vec::new(),
            tally: Tally::default(),
            units: 0,
            status: Status::Fine,
            group: None,
            golden: None,
            blessed: 0,
            corrupted: Vec::new(),
            ill: Vec::new(),
            bar: Bar::begin(plan.files.len() as u64),
        };
        if machine {
            taker.write(json::BEGIN);
        }
        Ok(taker)
    }

    /// To standard output, as long as somebody reads it.
    fn write(&mut self, text: &str) {
        if self.stream != Stream::Open || text.is_empty() {
            return;
        }
        self.stream = self.bar.aside(|| self.out.stream(text));
        if self.stream == Stream::Failed {
            self.status = self.status.and(Status::Unreadable);
        }
    }

    fn take(&mut self, item: Item) -> ControlFlow<()> {
        let Item { file, mut outcome, report, status, real, say, bug, blessed, failed: corrupted } = item;
        if let (true, Some((case, seed))) = (self.args.shrink, corrupted)
            && !self.corrupted.iter().any(|(of, other, _)| *of == file && *other == case)
        {
            self.corrupted.push((file, case, seed));
        }
        let page = self.later.iter().any(|target| target.kind == Kind::Html);
        if let (true, Some((case, seed))) = (page && self.ill.len() < html::TOLD, corrupted) {
            self.ill.push((self.kept.len(), file, case, seed));
        }
        if self.args.real_time {
            outcome.real = Some(Span(u64::try_from(real.as_micros()).unwrap_or(u64::MAX)));
        }
        if !say.is_empty() {
            self.bar.aside(|| self.out.say(&say));
        }
        if let Some((said, recipe)) = bug {
            self.bar.aside(|| bug::tell(self.out, &said, &recipe));
        }
        self.status = self.status.and(status);
        self.tally.add(&outcome.result);
        if self.machine || !self.running.is_empty() {
            // A file that is no scenario has no case: what is wrong with it was told.
            if outcome.result != Came::Wrong {
                let value = json::case(&outcome, report.as_deref(), self.units == 0);
                self.units += 1;
                if self.machine {
                    self.write(&value);
                }
                self.write_running(&value);
            }
        }
        if let Some(blessed) = blessed {
            self.bless(file, blessed);
        }
        let failed = matches!(outcome.result, Came::Failed | Came::Wrong);
        if !self.later.is_empty() || self.on_github {
            self.kept.push(outcome.clone());
        }
        if !self.machine {
            self.tell(outcome, real);
        }
        self.bar.at(file as u64 + 1, &self.tally.to_string());
        let deaf = self.stream != Stream::Open && self.running.is_empty() && self.later.is_empty() && !self.args.bless;
        if deaf || failed && self.args.fail_fast { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn write_running(&mut self, text: &str) {
        let (out, mut status) = (self.out, self.status);
        self.running.retain_mut(|report| match report.whole.write(text) {
            Ok(()) => true,
            Err(error) => {
                status = status.and(out.unwritable(&report.path, &error));
                false
            }
        });
        self.status = status;
    }

    /// One line a case: at once, or when the last of its seeds has come.
    fn tell(&mut self, outcome: Outcome, real: std::time::Duration) {
        if self.plan.seeds.is_none() || outcome.result == Came::Wrong {
            self.tell_group();
            return self.tell_line(&outcome, real, "");
        }
        let failed = outcome.result == Came::Failed;
        match &mut self.group {
            Some(group) if group.told.same_case(&outcome) => {
                group.runs += 1;
                group.real += real;
                group.failed += u64::from(failed);
                if failed && group.told.result != Came::Failed {
                    group.told = outcome;
                }
            }
            _ => {
                self.tell_group();
                self.group = Some(Group { told: outcome, real, runs: 1, failed: u64::from(failed) });
            }
        }
    }

    fn tell_group(&mut self) {
        let Some(mut group) = self.group.take() else { return };
        let runs = count(usize::try_from(group.runs).unwrap_or(usize::MAX), "seed");
        let note =
            if group.failed > 0 { format!("  ({} of {runs} failed; this is the first)", group.failed) } else { format!("  ({runs})") };
        if group.failed == 0 {
            group.told.seed = None;
        }
        self.tell_line(&group.told, group.real, &note);
    }

    fn tell_line(&mut self, outcome: &Outcome, real: std::time::Duration, note: &str) {
        let failed = matches!(outcome.result, Came::Failed | Came::Wrong);
        if self.common.quiet && !failed {
            return;
        }
        let mut page = Page::new(self.out.colour);
        let real = self.clock.then(|| format!("{:.3}s", real.as_secs_f64()));
        text::line(&mut page, outcome, real.as_deref(), note);
        text::warnings(&mut page, outcome);
        if failed {
            // What is wrong with a file was told with its place.
            if outcome.result == Came::Failed {
                text::failures(&mut page, outcome);
            }
        }
        self.write(&page.into_text());
    }

    fn bless(&mut self, file: usize, blessed: Blessed) {
        if self.golden.as_ref().is_some_and(|(of, ..)| *of != file) {
            self.write_golden();
        }
        let (_, golden, _) = self.golden.get_or_insert_with(|| {
            // Cases that the filter leaves out keep what they have.
            let there = files::read_or(&suite::golden_path(&self.plan.files[file])).ok();
            let there = there.and_then(|bytes| String::from_utf8(bytes).ok()).and_then(|text| Golden::parse(&text).ok());
            (file, there.unwrap_or_default(), Arc::clone(&blessed.headers))
        });
        golden.set(blessed.header, blessed.events);
    }

    fn write_golden(&mut self) {
        let Some((file, golden, headers)) = self.golden.take() else { return };
        let path = suite::golden_path(&self.plan.files[file]);
        if self.plan.files[file].as_os_str() == "-" {
            return;
        }
        if targets::is_read(&path, &self.plan.files) {
            let what = format!("the golden trace {} is a scenario that is read, by another name", path.display());
            self.status = self.status.and(self.out.refuse("usage", &what, &[], Status::Wrong));
            return;
        }
        let text = golden.render(&headers);
        if std::fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
            return;
        }
        self.status = self.status.and(self.out.file(&path, &text));
        self.blessed += 1;
    }

    fn finish(mut self, ended: Ended) -> Status {
        self.tell_group();
        if self.machine {
            self.write(json::end(self.units == 0));
        }
        if ended == Ended::Stopped {
            self.bar.end();
            self.closing();
            self.out.say(&format!("interrupted: {} so far; no report was written\n", self.tally));
            return Status::Interrupted;
        }
        self.write_golden();
        if ended == Ended::Died {
            self.status = self.status.and(bug::tell(self.out, "the threads that run cases have ended", ""));
        }
        self.bar.end();
        let end = json::end(self.units == 0);
        self.write_running(end);
        for Target { path, whole, .. } in std::mem::take(&mut self.running) {
            self.status = self.status.and(self.finished(&path, whole.finish()));
        }
        for Target { kind, path, mut whole } in std::mem::take(&mut self.later) {
            let text = match kind {
                Kind::Junit => junit::render(&self.kept),
                Kind::Tap => tap::render(&self.kept),
                Kind::Github => github::render(&self.kept, &rooted),
                Kind::Md => md::render(&self.kept),
                Kind::Html => pictures::of_suite(self.plan, self.common, &self.kept, &self.ill),
                Kind::Json => String::new(),
            };
            let done = whole.write(&text).and_then(|()| whole.finish());
            self.status = self.status.and(self.finished(&path, done));
        }
        self.shrink();
        if self.on_github {
            self.github();
        }
        // A share of a small suite may be empty.
        if self.tally == Tally::default() && self.status == Status::Fine && self.plan.partition.is_none() {
            self.status = nothing_left(self.out);
        }
        self.closing();
        self.status
    }

    /// `--shrink`: the smallest scenario of each unexpected corruption, beside the first report.
    fn shrink(&mut self) {
        let Some((_, report)) = self.common.reports.first().and_then(|text| text.split_once('=')) else { return };
        let folder = Path::new(report).parent().map(Path::to_path_buf).unwrap_or_default();
        let corrupted = std::mem::take(&mut self.corrupted);
        for (at, (file, case, seed)) in corrupted.iter().enumerate() {
            if interrupt::wanted() {
                self.out.say(&format!("interrupted: {} not shrunk\n", count(corrupted.len() - at, "case")));
                self.status = self.status.and(Status::Interrupted);
                return;
            }
            let File::Good(good) = self.plan.open(&self.plan.files[*file]) else { continue };
            let (scenario, _) = good.into_cases();
            let Common { max_events, max_work, .. } = *self.common;
            let options = study::Options { seed: Some(*seed), max_events, max_work, because: false, ..study::Options::default() };
            let run = study::brief(&scenario, *case, &options).run;
            for target in finds::unexpected(&scenario, *case, &run) {
                let Some(find) = finds::find(&scenario, *case, (&target, *seed), &interrupt::wanted) else { continue };
                let path = folder.join(format!("{}-{}.yaml", finds::plain(&scenario.name), finds::name(&target, &find.small.text)));
                if targets::is_read(&path, &self.plan.files) {
                    continue;
                }
                self.status = self.status.and(self.out.file(&path, &find.small.text));
                self.out.say(&format!("wrote {}: {}\n", clean_line(&path.display().to_string()), clean_line(&target.words())));
            }
        }
    }

    fn finished(&self, path: &Path, done: std::io::Result<()>) -> Status {
        match done {
            Ok(()) => Status::Fine,
            Err(error) => self.out.unwritable(path, &error),
        }
    }

    fn closing(&mut self) {
        if self.machine {
            return;
        }
        let mut page = Page::new(self.out.colour);
        if self.args.bless {
            page.line(&format!("{} written", count(usize::try_from(self.blessed).unwrap_or(usize::MAX), "golden trace")));
        }
        text::closing(&mut page, &self.tally);
        self.write(&page.into_text());
    }

    /// Annotations and the step summary: GitHub reads the one from the output, the other from a file that it names.
    fn github(&mut self) {
        let annotations: String = self.kept.iter().map(|outcome| github::outcome(outcome, &rooted)).collect();
        if self.machine {
            self.out.order(&annotations);
        } else {
            self.write(&annotations);
        }
        let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(PathBuf::from) else { return };
        let opened = std::fs::OpenOptions::new().append(true).create(true).open(&path);
        let done = opened.and_then(|mut file| file.write_all(md::render(&self.kept).as_bytes()));
        self.status = self.status.and(self.finished(&path, done));
    }
}
