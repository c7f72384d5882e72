//! Finding and reading scenario files.

use super::exit::Status;
use super::out::Out;
use super::plain::open;
use std::io::Read;
use std::path::{Path, PathBuf};

/// As much of a file is read: more than any scenario may have, so that the loader refuses what is cut off here.
const READ_MAX: u64 = 32 << 20;
/// As much of a dump is read.
const DUMP_MAX: u64 = 2 << 30;
/// Folders below folders are followed so far.
const DEPTH_MAX: usize = 64;

/// A file's name without its folder, as reports show it; standard input is called `stdin`.
pub fn name(path: &Path) -> String {
    if path.as_os_str() == "-" {
        return "stdin".into();
    }
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// A file as diagnostics name it: as it was typed.
pub fn shown(path: &Path) -> String {
    if path.as_os_str() == "-" { "stdin".into() } else { path.display().to_string() }
}

/// Reads a whole file, or standard input for `-`. What goes wrong is told here.
pub fn read(out: Out, path: &Path) -> Result<Vec<u8>, Status> {
    read_or(path).map_err(|(what, help)| out.refuse("unreadable", &what, &help, Status::Unreadable))
}

/// Reads a whole dump of a database, which may be larger than a scenario. What goes wrong is told here.
pub fn read_dump(out: Out, path: &Path) -> Result<Vec<u8>, Status> {
    let bytes = read_most(path, DUMP_MAX).map_err(|(what, help)| out.refuse("unreadable", &what, &help, Status::Unreadable))?;
    if bytes.len() as u64 >= DUMP_MAX {
        let what = format!("{} is larger than any pool's database: 2 GiB", shown(path));
        return Err(out.refuse("dump-foreign", &what, &[], Status::Wrong));
    }
    Ok(bytes)
}

/// The same; what goes wrong is given back: what, and help.
pub fn read_or(path: &Path) -> Result<Vec<u8>, (String, Vec<String>)> {
    read_most(path, READ_MAX)
}

/// The same, up to so many bytes.
pub fn read_most(path: &Path, most: u64) -> Result<Vec<u8>, (String, Vec<String>)> {
    let shown = if path.as_os_str() == "-" { "standard input".to_string() } else { path.display().to_string() };
    let mut bytes = Vec::new();
    let done = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    if let Err(error) = done {
        let help =
            if path.is_dir() { vec![format!("it is a folder: name the files in it, or try `poolsim check {shown}`")] } else { vec![] };
        return Err((format!("{shown} cannot be read: {error}"), help));
    }
    Ok(bytes)
}

/// Reads what a scenario file includes, by paths relative to its folder; standard input stands in the current one.
pub fn beside(path: &Path) -> impl FnMut(&str) -> Result<Vec<u8>, String> {
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    move |inner: &str| {
        let mut bytes = Vec::new();
        let path = inner.split('/').fold(folder.clone(), |path, part| path.join(part));
        let done = open(&path).and_then(|file| file.take(READ_MAX).read_to_end(&mut bytes));
        done.map(|_| bytes).map_err(|error| error.to_string())
    }
}

/// The scenario files that `paths` name: files as they stand, folders walked for `.yaml` and `.yml` in the order of
/// their names, without the parts that others include. Hidden folders and links to folders are not followed.
pub fn find(out: Out, paths: &[PathBuf]) -> (Vec<PathBuf>, Status) {
    let mut found = Vec::new();
    let mut status = Status::Fine;
    for path in paths {
        if path.as_os_str() != "-" && path.is_dir() {
            status = status.and(walk(out, path, 0, &mut found));
        } else {
            found.push(path.clone());
        }
    }
    (found, status)
}

fn walk(out: Out, folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Status {
    let listed = std::fs::read_dir(folder).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
    let mut entries = match listed {
        Ok(entries) => entries,
        Err(error) => {
            return out.refuse("unreadable", &format!("{} cannot be read: {error}", folder.display()), &[], Status::Unreadable);
        }
    };
    entries.sort_by_key(std::fs::DirEntry::file_name);
    let mut status = Status::Fine;
    for entry in entries {
        let path = entry.path();
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            if !hidden && depth < DEPTH_MAX {
                status = status.and(walk(out, &path, depth + 1, found));
            }
        } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml") && !is_part(&path) {
            found.push(path);
        }
    }
    status
}

/// Whether a file is a part of scenarios, which others include, and no scenario itself.
fn is_part(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem.as_encoded_bytes().ends_with(b".part"))
}
