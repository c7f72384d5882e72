//! `poolsim import`: a pool's database, or what `xe` lists of it, as a scenario.

use super::args::{Common, Format, Import};
use super::exit::Status;
use super::out::Out;
use super::shared::only;
use super::{files, load, targets};
use crate::base::inert::clean_line;
use crate::report::text::layout::{Page, Tint, count};
use crate::{dump, scenario};
use std::path::{Path, PathBuf};

/// Imports.
pub fn import(out: Out, common: &Common, args: &Import) -> Status {
    match imported(out, common, args) {
        Ok(status) | Err(status) => status,
    }
}

fn imported(out: Out, common: &Common, args: &Import) -> Result<Status, Status> {
    only(out, common, "import", &[Format::Text])?;
    let read: Vec<PathBuf> = args.dump.iter().chain(&args.xe).cloned().collect();
    let mut files = Vec::new();
    for path in &read {
        files.push((files::shown(path), files::read_dump(out, path)?));
    }
    let text = match (&args.dump, &files[..]) {
        (Some(_), [(file, bytes)]) => dump::import(file, bytes, args.anonymous),
        _ => dump::import_printed(&files, args.anonymous),
    };
    let text = text.map_err(|wrong| {
        load::tell(out, &wrong);
        Status::Wrong
    })?;
    if let Some(other) = &args.check {
        return check(out, common, &text, other);
    }
    let outputs = args.output.iter().map(|path| ((), path.clone())).collect();
    match targets::begin(out, outputs, &read)?.pop() {
        Some(output) => Ok(output.put(out, &text)),
        None => Ok(out.result(&text)),
    }
}

/// `--check`: how the pool that was read differs from that of a file.
fn check(out: Out, common: &Common, text: &str, other: &Path) -> Result<Status, Status> {
    let release = load::release(out, common)?;
    let file = load::load(out, other, &[], release)?;
    let read = scenario::load("imported.yaml", text).map_err(|wrong| {
        load::tell(out, &wrong);
        Status::Bug
    })?;
    let drift = dump::drift::drift(&read.scenario.pool, &file.scenario.pool);
    let mut page = Page::new(out.colour);
    let name = clean_line(&file.name);
    if drift.is_empty() {
        page.hanging("", 0, Tint::Green, &format!("the pool is as {name} has it"));
        return Ok(out.result(&page.into_text()));
    }
    let all = drift.built.len() + drift.stands.len();
    page.hanging("", 0, Tint::Bold, &format!("the pool differs from {name} in {}", count(all, "point")));
    for (title, lines) in [("BUILT OTHERWISE", &drift.built), ("STANDS OTHERWISE", &drift.stands)] {
        if !lines.is_empty() {
            page.gap();
            page.heading(title, "");
        }
        for line in lines {
            page.hanging("  - ", 4, Tint::Plain, line);
        }
    }
    Ok(out.result(&page.into_text()).and(Status::Unexpected))
}
