//! `poolsim sweep --explore`: the faults are the program's choice.

use super::super::args::{Common, Format, Sweep};
use super::super::cases::narrowed;
use super::super::exit::Status;
use super::super::finds::{Finds, Kept};
use super::super::load;
use super::super::out::Out;
use super::super::progress::Bar;
use super::super::shared::{only, style, with_jobs};
use super::super::{bug, interrupt};
use crate::report::explore::{build, json, text};
use crate::search::explore::{BUDGET, Explored, FINDINGS, Finding, Options, explore};
use crate::search::orders::{End, Hooks};
use crate::search::shrink::whole;

/// The most faults at once, where nothing is said.
const FAULTS: u8 = 2;

fn usage<T>(out: Out, what: &str, help: &str) -> Result<T, Status> {
    Err(out.refuse("usage", what, &[help.into()], Status::Wrong))
}

/// Explores every case of the file.
pub fn explored(out: Out, common: &Common, args: &Sweep) -> Result<Status, Status> {
    only(out, common, "sweep --explore", &[Format::Text, Format::Json])?;
    if !common.reports.is_empty() {
        return usage(out, "`sweep --explore` writes no report beside what it prints", "`--format json`, and `> FILE`");
    }
    let Some(path) = &args.file else {
        return usage(out, "which scenario? `poolsim sweep --explore` wants a file", "poolsim sweep --explore FILE");
    };
    let release = load::release(out, common)?;
    let file = load::load(out, path, &args.only.set, release)?;
    let cases = narrowed(out, &args.only.worlds, &args.only.recoveries, &file)?;
    let scenario = &file.scenario;
    let options = Options {
        seed: common.seed,
        max_events: common.max_events,
        max_work: common.max_work,
        faults: usize::from(args.faults.unwrap_or(FAULTS)),
        within: args.within,
        budget: args.budget.unwrap_or(BUDGET),
        findings: args.max.map_or(FINDINGS, usize::from),
    };
    let seed = common.seed.unwrap_or(scenario.seed);
    bug::recipe(&format!(
        "sweep --explore of scenario {} (sha256 {}), seed {seed}, release {}",
        scenario.name,
        scenario.sha256,
        scenario.release.name()
    ));
    let mut finds = args.finds.as_deref().map(|folder| Finds::open(out, folder)).transpose()?;
    interrupt::listen();
    let bar = Bar::runs(options.budget.saturating_mul(cases.len() as u64));
    let hooks = Hooks { done: &|runs| bar.forward(runs), stopped: &interrupt::wanted };
    let mut all: Vec<Explored> = Vec::new();
    for case in &cases {
        let explored = with_jobs(common, || explore(scenario, *case, &options, &hooks));
        let stopped = explored.end == End::Stopped;
        all.push(explored);
        if stopped {
            break;
        }
    }
    bar.end();
    let mut kept: Vec<Vec<Option<String>>> = Vec::new();
    if let Some(finds) = &mut finds {
        for explored in &all {
            let one = |found: &Finding| {
                let small = found.small.as_ref()?;
                let about = format!("What breaks beside {}: {}.", scenario.name, found.target.words());
                let whole = whole(&found.scenario, found.case, (&found.target, found.seed), &about)?;
                let of = |name: Option<&str>| name.map(str::to_owned);
                let (world, recovery) = (of(scenario.world_name(explored.case)), of(scenario.recovery_name(explored.case)));
                let scenario = (scenario.name.clone(), scenario.sha256.clone(), world, recovery);
                Some(finds.keep(&Kept { target: found.target.clone(), scenario, seed: found.seed, whole, small: small.text.clone() }))
            };
            kept.push(explored.findings.iter().map(one).collect());
        }
    }
    let report = build(scenario, &all, &options, &kept);
    let told = if common.format == Format::Json { json::render(&report) } else { text::render(&report, style(common, out.colour)) };
    let mut status = out.result(&told);
    if let Some(finds) = finds {
        status = status.and(finds.end());
    }
    if interrupt::wanted() {
        let tried: u64 = all.iter().map(|explored| explored.tried).sum();
        out.say(&format!("interrupted: {tried} combinations were tried\n"));
        status = status.and(Status::Interrupted);
    }
    Ok(status)
}
