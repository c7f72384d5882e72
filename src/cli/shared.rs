//! What several commands make of the options that all of them take.

use super::args::{Common, Format};
use super::exit::Status;
use super::out::Out;
use crate::report::text::{Detail, Style};
use std::path::Path;

/// Refuses a format that a command does not write.
pub fn only(out: Out, common: &Common, command: &str, formats: &[Format]) -> Result<(), Status> {
    if formats.contains(&common.format) {
        return Ok(());
    }
    let names: Vec<&str> = formats.iter().map(|format| format.name()).collect();
    let what = format!("`{command}` does not write {}", common.format.name());
    Err(out.refuse("usage", &what, &[format!("it writes {}", names.join(", "))], Status::Wrong))
}

/// Runs `work` on as many threads as `-j` says; where none are to be had, one after the other gives the same.
pub fn with_jobs<T: Send>(common: &Common, work: impl FnOnce() -> T + Send) -> T {
    match common.jobs.map(|n| rayon::ThreadPoolBuilder::new().num_threads(usize::from(n)).build()) {
        Some(Ok(pool)) => pool.install(work),
        Some(Err(_)) | None => work(),
    }
}

/// How reports in text are laid out.
pub fn style(common: &Common, colour: bool) -> Style {
    let detail = match (common.quiet, common.verbose) {
        (true, _) => Detail::Quiet,
        (_, true) => Detail::Every,
        _ => Detail::Story,
    };
    Style { colour, detail }
}

/// A file as GitHub's annotations name it: from the root of the workspace, where there is one, whatever folder the program
/// was started in.
pub fn rooted(file: &str) -> String {
    let root = std::env::var_os("GITHUB_WORKSPACE").and_then(|root| Path::new(&root).canonicalize().ok());
    let within = root.and_then(|root| Path::new(file).canonicalize().ok()?.strip_prefix(&root).ok().map(Path::to_path_buf));
    let file = within.map_or_else(|| file.to_owned(), |path| path.display().to_string()).replace('\\', "/");
    file.strip_prefix("./").unwrap_or(&file).to_owned()
}
