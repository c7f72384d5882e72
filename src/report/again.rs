//! The command that runs a case again, as a shell takes it.

use super::Report;

/// `poolsim run` of a case with its world, its recovery, what is set beside the file, and its seed. The file is named as given.
pub fn again(file: &str, report: &Report) -> String {
    let mut words = vec!["poolsim".to_owned(), "run".to_owned(), quoted(file)];
    for (option, value) in [("--world", report.world.as_deref()), ("--recovery", report.recovery.as_deref())] {
        if let Some(value) = value {
            words.extend([option.to_owned(), quoted(value)]);
        }
    }
    for (key, value) in &report.set {
        words.extend(["--set".to_owned(), quoted(&format!("{key}={value}"))]);
    }
    words.extend(["--seed".to_owned(), report.seed.to_string()]);
    words.join(" ")
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-+:@%,=/".contains(c);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        return word.to_string();
    }
    // A name that begins with a dash would be read as an option.
    let word = if word.starts_with('-') { format!("./{word}") } else { word.to_string() };
    format!("'{}'", word.replace('\'', "'\\''"))
}
