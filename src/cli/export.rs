//! `poolsim export`: a scenario's pool as the XML that `xe pool-dump-database` writes.

use super::args::{Common, Export, Format};
use super::exit::Status;
use super::out::Out;
use super::shared::only;
use super::{load, targets};
use crate::engine;
use crate::run::Session;
use crate::scenario::model::Case;

/// Writes it.
pub fn export(out: Out, common: &Common, args: &Export) -> Status {
    match exported(out, common, args) {
        Ok(status) | Err(status) => status,
    }
}

fn exported(out: Out, common: &Common, args: &Export) -> Result<Status, Status> {
    // It has but one form: whoever says nothing gets it, too.
    only(out, common, "export", &[Format::Xml, Format::Text])?;
    let release = load::release(out, common)?;
    let file = load::load(out, &args.file, &args.set, release)?;
    let outputs = args.output.iter().map(|path| ((), path.clone())).collect();
    let output = targets::begin(out, outputs, std::slice::from_ref(&args.file))?.pop();
    let case = file.scenario.cases().first().copied().unwrap_or_default();
    let scenario = file.scenario.of(case);
    let options = engine::Options {
        seed: common.seed.unwrap_or(scenario.seed),
        max_events: common.max_events,
        max_work: common.max_work,
        silent: true,
        ..engine::Options::default()
    };
    let mut session = Session::new(scenario, Case { variant: None, ..case }, options, &[]);
    if let Some(at) = args.at
        && !session.until(at)
    {
        let what = format!("the run of {} ends before {at}", file.name);
        return Err(out.refuse("usage", &what, &["take an earlier instant, or say `until` in the file".into()], Status::Wrong));
    }
    let world = &session.engine.world;
    let text = crate::dump::write::xml(scenario, world, world.ruler());
    match output {
        Some(output) => Ok(output.put(out, &text)),
        None => Ok(out.result(&text)),
    }
}
