//! Every error that the pool can answer with is documented.

use poolsim::world::errors::ERRORS;
use std::fs;
use std::path::Path;

/// The codes that the sources make: `ApiError::new("CODE")` and the storage drivers' `driver("CODE", …)`.
fn codes(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            codes(&entry, found);
            continue;
        }
        let text = fs::read_to_string(&entry).expect("a source file");
        for call in ["ApiError::new(", "driver("] {
            for part in text.split(call).skip(1) {
                let code = part.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
                if let Some(code) = code.filter(|code| code.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')) {
                    found.push(code.to_string());
                }
            }
        }
    }
}

#[test]
fn every_error_is_documented() {
    let mut found = Vec::new();
    codes(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 30, "the sources were not found");
    for code in found {
        assert!(ERRORS.iter().any(|doc| doc.code == code), "{code} has no entry in ERRORS");
    }
}
