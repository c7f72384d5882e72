//! Drills at the console: the list of those that are carried, and a drill by its name.

use super::super::exit::Status;
use super::super::load::{self, File, did_you_mean};
use super::super::out::Out;
use super::super::shipped::{self, Shipped};
use super::learned::Learned;
use crate::base::inert::clean_line;
use crate::catalog;
use crate::report::text::layout::{Page, Tint, pad, width};
use crate::scenario::model::{Drill, Scenario};
use crate::world::release::Release;
use std::path::Path;

/// The folder of the drills that are carried.
const CHAPTER: &str = "drills";

/// The drills that are carried, easy ones first.
fn drills() -> Vec<(&'static Shipped, Scenario, Drill)> {
    let load = |shipped: &'static Shipped| {
        let scenario = crate::scenario::load(shipped.path, shipped.text).ok()?.scenario;
        let drill = scenario.drill.clone()?;
        Some((shipped, scenario, drill))
    };
    let mut all: Vec<_> = shipped::ALL.iter().filter(|shipped| shipped.chapter() == CHAPTER).filter_map(load).collect();
    all.sort_by_key(|(shipped, _, drill)| (drill.grade, shipped.path));
    all
}

/// Lists them; with what was learned, where that is asked for.
pub fn list(out: Out, progress: bool) -> Result<Status, Status> {
    let learned = if progress { Some(Learned::read(out)?) } else { None };
    let all = drills();
    let mut page = Page::new(out.colour);
    let column = all.iter().map(|(shipped, ..)| width(shipped.name())).max().unwrap_or(0) + 4;
    let mut grade = None;
    for (shipped, scenario, drill) in &all {
        if grade != Some(drill.grade) {
            if grade.is_some() {
                page.gap();
            }
            grade = Some(drill.grade);
            page.heading(&format!("Grade {}", drill.grade.unwrap_or(1)), "");
        }
        let lead = format!("  {}", page.tint(Tint::Bold, shipped.name()));
        page.hanging(&pad(&lead, column), column, Tint::Plain, &scenario.title);
        if let Some(learned) = &learned {
            let (tint, text) = learned.words(shipped.name(), scenario);
            page.hanging("", column, tint, &text);
        }
    }
    page.gap();
    page.line("`poolsim play NAME` plays one; `--progress` keeps what was learned.");
    Ok(out.result(&page.into_text()))
}

/// A scenario file, or a drill by its name where there is no such file.
pub fn file(out: Out, path: &Path, set: &[String], release: Option<Release>) -> Result<File, Status> {
    let name = path.to_str().filter(|name| !name.contains(['/', '\\', '.']) && !path.exists());
    let Some(name) = name else { return load::load(out, path, set, release) };
    if let Some(shipped) = shipped::ALL.iter().find(|shipped| shipped.name() == name) {
        return load::from_bytes(out, Path::new(shipped.path), shipped.text.as_bytes(), (set, release), false);
    }
    let near = catalog::nearest_of(name, drills().iter().map(|(shipped, ..)| shipped.name()));
    let help = did_you_mean(&near, "`poolsim play` lists the drills; or name a scenario file");
    Err(out.refuse("usage", &format!("there is no file and no drill `{}`", clean_line(name)), &help, Status::Wrong))
}
