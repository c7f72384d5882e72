//! `poolsim import`: a pool's database as a scenario.

use super::args::{Common, Format, Import};
use super::exit::Status;
use super::out::Out;
use super::shared::only;
use super::{files, load, targets};

/// Imports.
pub fn import(out: Out, common: &Common, args: &Import) -> Status {
    match imported(out, common, args) {
        Ok(status) | Err(status) => status,
    }
}

fn imported(out: Out, common: &Common, args: &Import) -> Result<Status, Status> {
    only(out, common, "import", &[Format::Text])?;
    let bytes = files::read_dump(out, &args.dump)?;
    let text = crate::dump::import(&files::shown(&args.dump), &bytes, args.anonymous).map_err(|wrong| {
        load::tell(out, &wrong);
        Status::Wrong
    })?;
    let outputs = args.output.iter().map(|path| ((), path.clone())).collect();
    match targets::begin(out, outputs, std::slice::from_ref(&args.dump))?.pop() {
        Some(output) => Ok(output.put(out, &text)),
        None => Ok(out.result(&text)),
    }
}
