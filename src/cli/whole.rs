//! Files that are written whole or not at all: into a file beside, which then takes the name.

use super::plain;
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Error, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The files beside that are under way.
static PARTS: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn parts() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    PARTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes all that is half-written: the program is about to end, and nobody will drop it.
pub fn sweep() {
    for part in std::mem::take(&mut *parts()) {
        let _ = std::fs::remove_file(part);
    }
}

/// A file under way. Dropped before it is finished it leaves no trace.
#[derive(Debug)]
pub struct Whole {
    target: PathBuf,
    /// `None` where the target is what the program was given, open, and is written as it comes.
    beside: Option<PathBuf>,
    writer: Option<BufWriter<File>>,
}

impl Whole {
    /// Begins a file. What stood there stays until it is finished.
    pub fn begin(path: &Path) -> Result<Whole, Error> {
        if plain::is_open(path) {
            // Behind what stands there: standard output may be a file that others write to as well.
            let file = OpenOptions::new().append(true).open(path)?;
            return Ok(Whole { target: path.to_path_buf(), beside: None, writer: Some(BufWriter::new(file)) });
        }
        // A link stays a link: what it points to is what is written.
        let target = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        match target.metadata() {
            Ok(there) if there.is_dir() => return Err(Error::new(ErrorKind::IsADirectory, "it is a folder")),
            Ok(there) if !there.is_file() => return Err(Error::new(ErrorKind::InvalidInput, plain::NOT_PLAIN)),
            Err(_) if target.is_symlink() => return Err(Error::new(ErrorKind::NotFound, "it is a link to nothing")),
            _ => {}
        }
        let Some(name) = target.file_name() else {
            return Err(Error::new(ErrorKind::InvalidInput, "it names no file"));
        };
        for attempt in 0..100 {
            let mut hidden = std::ffi::OsString::from(".");
            hidden.push(name);
            hidden.push(format!(".{}-{attempt}.part", std::process::id()));
            let beside = target.with_file_name(hidden);
            match OpenOptions::new().write(true).create_new(true).open(&beside) {
                Ok(file) => {
                    parts().insert(beside.clone());
                    return Ok(Whole { target, beside: Some(beside), writer: Some(BufWriter::new(file)) });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::new(ErrorKind::AlreadyExists, "files that were left half-written stand in the way"))
    }

    /// Writes more of it.
    pub fn write(&mut self, text: &str) -> Result<(), Error> {
        match &mut self.writer {
            Some(writer) => writer.write_all(text.as_bytes()),
            None => Ok(()),
        }
    }

    /// All is written: it takes its name.
    pub fn finish(mut self) -> Result<(), Error> {
        if let Some(writer) = self.writer.take() {
            let file = writer.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            if self.beside.is_some() {
                // Some file systems tell a full disk only now.
                file.sync_all()?;
            }
        }
        if let Some(beside) = &self.beside {
            if let Ok(there) = self.target.metadata() {
                // Whoever could read the old one can read the new one.
                let _ = std::fs::set_permissions(beside, there.permissions());
            }
            std::fs::rename(beside, &self.target)?;
            parts().remove(beside);
            self.beside = None;
        }
        Ok(())
    }

    /// Writes a whole file at once.
    pub fn put(path: &Path, text: &str) -> Result<(), Error> {
        let mut whole = Whole::begin(path)?;
        whole.write(text)?;
        whole.finish()
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            // What is still in the buffer is not wanted any more.
            let _ = writer.into_parts();
        }
        if let Some(beside) = self.beside.take() {
            let _ = std::fs::remove_file(&beside);
            parts().remove(&beside);
        }
    }
}
