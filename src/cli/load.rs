//! From a file to a scenario, with everything that is wrong told to standard error on the way.

use super::args::Common;
use super::exit::Status;
use super::files;
use super::out::Out;
use crate::catalog;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::{self, Asked, Loaded, model::Scenario};
use crate::world::release::Release;
use std::path::Path;

/// A scenario and the name of its file.
pub struct File {
    /// Without its folder.
    pub name: String,
    /// The scenario.
    pub scenario: Scenario,
}

/// Reads and loads one file with what is set instead of what it says, each as `KEY=VALUE`, and with the release asked for.
pub fn load(out: Out, path: &Path, set: &[String], release: Option<Release>) -> Result<File, Status> {
    from_bytes(out, path, &files::read(out, path)?, (set, release), true)
}

/// The same for a file whose bytes have been read: it may be loaded more than once, each time with something else set.
/// `surprises`: whether to tell what will surprise its author.
pub fn from_bytes(
    out: Out,
    path: &Path,
    bytes: &[u8],
    (set, release): (&[String], Option<Release>),
    surprises: bool,
) -> Result<File, Status> {
    let name = files::name(path);
    match scenario::load_with(&files::shown(path), bytes, &mut Asked { include: &mut files::beside(path), set, release }) {
        Ok(Loaded { scenario, warnings }) => {
            if surprises {
                tell(out, &warnings);
            }
            Ok(File { name, scenario })
        }
        Err(wrong) => {
            tell(out, &wrong);
            Err(Status::Wrong)
        }
    }
}

/// Diagnostics to standard error.
pub fn tell(out: Out, diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        out.say(&told(out, diagnostic));
    }
}

/// A diagnostic as standard error shows it.
pub fn told(out: Out, diagnostic: &Diagnostic) -> String {
    diagnostic.render(out.colour_err) + "\n\n"
}

/// The release that the command line asks for.
pub fn release(out: Out, common: &Common) -> Result<Option<Release>, Status> {
    let Some(name) = common.release.as_deref() else { return Ok(None) };
    if let Some(release) = Release::named(name) {
        return Ok(Some(release));
    }
    let known = Release::all().map(Release::name);
    let near = catalog::nearest_of(name, known);
    Err(out.refuse(
        "usage",
        &format!("there is no release `{name}`"),
        &did_you_mean(&near, "`poolsim explain` lists the releases"),
        Status::Wrong,
    ))
}

/// "did you mean", or what to do instead.
pub fn did_you_mean(near: &[String], otherwise: &str) -> Vec<String> {
    if near.is_empty() {
        return vec![otherwise.to_string()];
    }
    let quoted: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    vec![format!("did you mean {}?", quoted.join(" or "))]
}
