//! A folder of a test's own, removed at its end.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

/// The folder.
pub struct Folder(pub PathBuf);

impl Folder {
    /// A new one; `name` is its own among those of the test program.
    pub fn new(name: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", env!("CARGO_CRATE_NAME")));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
    /// Writes a file, with the folders on the way to it: its path.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
    /// It with a file.
    pub fn with(self, name: &str, text: &str) -> Folder {
        self.file(name, text);
        self
    }
    /// The path of a file, there or not.
    pub fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
    /// What stands in a file.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }
    /// The names in it, sorted, hidden ones too.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
