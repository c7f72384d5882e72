//! `poolsim rehearse`: a runbook, tried in every world before it is typed.

use super::args::{Common, Format, Rehearse};
use super::cases::narrowed;
use super::exit::Status;
use super::out::Out;
use super::shared::{only, rooted, style};
use super::{bug, files, load, targets};
use crate::base::inert::clean_line;
use crate::engine;
use crate::report::rehearse::{self as report};
use crate::report::suite::{github, sarif};
use crate::search::rehearse::{fix, placeholder_name, rehearse as search, sheet};
use crate::search::study::Options;
use std::collections::BTreeMap;

/// What is written beside standard output.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    Scenario,
    Runbook,
}

/// A runbook has at most so many bytes.
const BYTES_MOST: usize = 1 << 20;

/// Rehearses.
pub fn rehearse(out: Out, common: &Common, args: &Rehearse) -> Status {
    match rehearsed(out, common, args) {
        Ok(status) | Err(status) => status,
    }
}

fn rehearsed(out: Out, common: &Common, args: &Rehearse) -> Result<Status, Status> {
    only(out, common, "rehearse", &[Format::Text, Format::Json, Format::Sarif, Format::Github])?;
    let wrong = |what: &str, help: &str| out.refuse("usage", what, &[help.to_string()], Status::Wrong);
    if !common.reports.is_empty() {
        return Err(wrong("`rehearse` writes no report beside it", "`--format json` says what standard output gets"));
    }
    let release = load::release(out, common)?;
    let mut filled = BTreeMap::new();
    for set in &args.set {
        let Some((name, value)) = set.split_once('=') else {
            return Err(wrong(&format!("--set {} says no value", clean_line(set)), "`--set NAME=VALUE` fills in the placeholder <NAME>"));
        };
        filled.insert(placeholder_name(name), value.to_owned());
    }
    let file = load::load(out, &args.pool, &[], release)?;
    let bytes = files::read(out, &args.runbook)?;
    let name = files::shown(&args.runbook);
    if bytes.len() > BYTES_MOST {
        return Err(wrong(
            &format!("{} has more than {BYTES_MOST} bytes", clean_line(&name)),
            "a runbook is what people type: take the part that is meant",
        ));
    }
    let (text, saved) = sheet::text(&bytes).map_err(|(what, help)| wrong(&format!("{} is {what}", clean_line(&name)), help))?;
    let mut sheet = sheet::read(&name, &text);
    sheet.remarks.extend(saved.map(|what| (1, what.to_owned(), "save it as UTF-8".to_owned())));
    if sheet.chunks.is_empty() {
        let help = "commands stand in a shell script, in code blocks, behind prompts, or at the beginning of lines";
        return Err(wrong(&format!("there is no command in {}", clean_line(&name)), help));
    }
    let mut cases = narrowed(out, &args.worlds, args.recovery.as_slice(), &file)?;
    // Each world once: the beginning is that of the first recovery, or of the one that was named.
    let mut seen = Vec::new();
    cases.retain(|case| {
        let new = !seen.contains(&case.world);
        seen.push(case.world);
        new
    });
    let to_file = args.fix.as_ref().filter(|path| path.as_os_str() != "-");
    let outputs = args.save.iter().map(|path| (Written::Scenario, path.clone()));
    let outputs = outputs.chain(to_file.map(|path| (Written::Runbook, path.clone()))).collect();
    let targets = targets::begin(out, outputs, &[args.pool.clone(), args.runbook.clone()])?;
    let scenario = &file.scenario;
    let seed = common.seed.unwrap_or(scenario.seed);
    bug::recipe(&format!("rehearsal of {} on scenario {} (sha256 {}), seed {seed}", clean_line(&name), scenario.name, scenario.sha256));
    let options = engine::Options { seed, max_events: common.max_events, max_work: common.max_work, ..engine::Options::default() };
    let unwell = |told: Vec<_>| {
        load::tell(out, &told);
        wrong(
            &format!("{} can't do without the steps of its own recovery", clean_line(&file.name)),
            "let its timeline wait for no step of it",
        )
    };
    let gone = search(scenario, &cases, &sheet, &filled, &options).map_err(unwell)?;
    let fixed = match &args.fix {
        Some(_) => Some(fix::fix(scenario, &cases, (&name, &text), &filled, &options).map_err(unwell)?),
        None => None,
    };
    let options = Options { seed: Some(seed), max_events: common.max_events, max_work: common.max_work, ..Options::default() };
    let mut rehearsal = report::build(&name, &file.name, scenario, &gone, &options);
    let mut bad = rehearsal.bad;
    if let Some(fixed) = &fixed {
        let then = report::build(&name, &file.name, scenario, &fixed.gone, &options);
        // The status is that of what one goes on with.
        bad = then.bad;
        rehearsal.fixed = Some(report::Fixed::of(fixed, &then));
    }
    let style = style(common, out.colour);
    let text = match common.format {
        Format::Json => report::json::render(&rehearsal),
        Format::Sarif => sarif::render(&report::diagnostics(&rehearsal), &|kind| report::meaning(kind).to_owned()),
        Format::Github => github::diagnostics(&report::diagnostics(&rehearsal), &rooted),
        _ => match &rehearsal.fixed {
            // The runbook itself goes to standard output, what is said of it beside that.
            Some(fixed) if to_file.is_none() => {
                out.say(&report::text::fixed(&rehearsal, fixed, style));
                fixed.text.clone()
            }
            _ => report::text::render(&rehearsal, style),
        },
    };
    let mut status = out.result(&text);
    for target in targets {
        if target.kind == Written::Runbook {
            status = status.and(target.put(out, rehearsal.fixed.as_ref().map_or("", |fixed| &fixed.text)));
            continue;
        }
        let same = gone.windows(2).all(|two| two[0].typist.typed == two[1].typist.typed);
        if !same || gone.iter().any(|gone| gone.lost) {
            let help = "what it types differs by world, or was not followed: `--world NAME` chooses one";
            return Err(wrong("the runbook is not one recovery for all worlds, and was not saved", help));
        }
        if let Some(first) = gone.first() {
            let text = if args.worlds.is_empty() { first.typist.saved(scenario, first.case) } else { first.typist.text() };
            status = status.and(target.put(out, &format!("# From the runbook {}.\n{text}", clean_line(&name))));
        }
    }
    Ok(if bad { status.and(Status::Unexpected) } else { status })
}
