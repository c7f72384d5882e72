//! Files that are written whole or not at all: into a file beside, which then takes the name.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Error, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// A file under way. Dropped before it is finished it leaves no trace.
#[derive(Debug)]
pub struct Whole {
    target: PathBuf,
    /// `None` where the target is no plain file (a pipe, a device) and is written as it comes.
    beside: Option<PathBuf>,
    writer: Option<BufWriter<File>>,
}

impl Whole {
    /// Begins a file. What stood there stays until it is finished.
    pub fn begin(path: &Path) -> Result<Whole, Error> {
        // A link stays a link: what it points to is what is written.
        let target = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        if target.metadata().is_ok_and(|there| !there.is_file() && !there.is_dir()) {
            let file = OpenOptions::new().write(true).open(&target)?;
            return Ok(Whole { target, beside: None, writer: Some(BufWriter::new(file)) });
        }
        if target.is_dir() {
            return Err(Error::new(ErrorKind::IsADirectory, "it is a folder"));
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
                Ok(file) => return Ok(Whole { target, beside: Some(beside), writer: Some(BufWriter::new(file)) }),
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
            let _ = std::fs::remove_file(beside);
        }
    }
}
