//! What is written beside standard output: each target looked at before anything runs, so that no report takes the place
//! of a scenario, of what one includes, or of another report.

use super::exit::Status;
use super::out::Out;
use super::whole::Whole;
use super::{bug, files, plain};
use crate::base::inert::clean_line;
use crate::scenario::{self, Asked};
use std::path::{Path, PathBuf};

/// A report that has been begun.
pub struct Target<K> {
    /// What is to be written.
    pub kind: K,
    /// Where, as it was typed.
    pub path: PathBuf,
    /// The file under way.
    pub whole: Whole,
}

/// Begins all reports of a command that reads `inputs`; nothing is written where one of them cannot be.
pub fn begin<K>(out: Out, wanted: Vec<(K, PathBuf)>, inputs: &[PathBuf]) -> Result<Vec<Target<K>>, Status> {
    let mut known: Vec<Id> = Vec::new();
    // Only what is there already can be read.
    let read = if wanted.iter().any(|(_, path)| path.is_file()) { sources(inputs) } else { Vec::new() };
    for (_, path) in &wanted {
        let Some(id) = Id::of(path).filter(|_| !plain::is_open(path)) else { continue };
        let what = |why: &str| format!("{} {why}", clean_line(&path.display().to_string()));
        let help = ["give it a name of its own".to_string()];
        if let Some((source, _)) = read.iter().find(|(_, of)| *of == id) {
            let source = clean_line(&source.display().to_string());
            return Err(out.refuse("usage", &what(&format!("would be written over {source}, which is read")), &help, Status::Wrong));
        }
        if known.contains(&id) {
            return Err(out.refuse("usage", &what("is asked for twice: one would take the place of the other"), &help, Status::Wrong));
        }
        known.push(id);
    }
    let one = |(kind, path): (K, PathBuf)| match Whole::begin(&path) {
        Ok(whole) => Ok(Target { kind, path, whole }),
        Err(error) => Err(out.unwritable(&path, &error)),
    };
    wanted.into_iter().map(one).collect()
}

/// Whether a file that is about to be written is one of those that are read.
pub fn is_read(path: &Path, inputs: &[PathBuf]) -> bool {
    Id::of(path).is_some_and(|id| inputs.iter().any(|input| Id::of(input).as_ref() == Some(&id)))
}

impl<K> Target<K> {
    /// The whole report: it takes its name.
    pub fn put(mut self, out: Out, text: &str) -> Status {
        match self.whole.write(text).and_then(|()| self.whole.finish()) {
            Ok(()) => Status::Fine,
            Err(error) => out.unwritable(&self.path, &error),
        }
    }
}

/// The files that are read: those that were named, and what they include.
fn sources(inputs: &[PathBuf]) -> Vec<(PathBuf, Id)> {
    let mut paths = Vec::new();
    for input in inputs {
        paths.push(input.clone());
        // Standard input can be read but once.
        if input.as_os_str() == "-" || plain::is_open(input) {
            continue;
        }
        let Ok(bytes) = files::read_or(input) else { continue };
        if !bytes.windows(8).any(|word| word == b"includes") {
            continue;
        }
        let folder = input.parent().map(Path::to_path_buf).unwrap_or_default();
        let mut read = files::beside(input);
        let mut include = |inner: &str| {
            paths.push(inner.split('/').fold(folder.clone(), |path, part| path.join(part)));
            read(inner)
        };
        // What is wrong with the file is told by whoever loads it next.
        let asked = &mut Asked { include: &mut include, set: &[], release: None };
        let _ = bug::caught(|| scenario::load_with(&files::shown(input), &bytes, asked).is_ok());
    }
    paths.into_iter().filter_map(|path| Id::of(&path).map(|id| (path, id))).collect()
}

/// What a file is, by whatever name it is called: two names of one file have one.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Id {
    /// Device and number, which names of one file share.
    #[cfg(unix)]
    There(u64, u64),
    /// Its path without links, where the system has no numbers, or there is no file yet.
    Path(PathBuf),
}

impl Id {
    fn of(path: &Path) -> Option<Id> {
        #[cfg(unix)]
        if let Ok(there) = std::fs::metadata(path) {
            use std::os::unix::fs::MetadataExt as _;
            return Some(Id::There(there.dev(), there.ino()));
        }
        if let Ok(path) = path.canonicalize() {
            return Some(Id::Path(path));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(Id::Path(folder.canonicalize().ok()?.join(path.file_name()?)))
    }
}
