//! Which files are read and written at all: plain ones, and what the program was given open.

use std::path::Path;

/// What is said of a pipe or a device where a file is wanted.
pub const NOT_PLAIN: &str = "it is no plain file, but a pipe, a socket or a device";

/// Whether a path names something that the program was given, open: standard output, a pipe that the shell made.
pub fn is_open(path: &Path) -> bool {
    let names = ["/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/null", "/dev/full", "/dev/tty"];
    names.iter().any(|name| path == Path::new(name)) || path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd")
}

/// Opens a file to read. A pipe that has a name would keep its reader waiting for somebody who may never write.
pub fn open(path: &Path) -> std::io::Result<std::fs::File> {
    let there = std::fs::metadata(path)?;
    if !there.is_file() && !there.is_dir() && !is_open(path) {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, NOT_PLAIN));
    }
    std::fs::File::open(path)
}
