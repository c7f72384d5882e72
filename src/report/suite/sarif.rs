//! What is wrong with scenario files as SARIF 2.1.0, for code scanning.

use crate::report::json::pretty;
use crate::scenario::diagnostic::{Diagnostic, Gravity};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// All diagnostics of all files. `explain` gives the text of a code.
pub fn render(diagnostics: &[Diagnostic], explain: &dyn Fn(&str) -> String) -> String {
    let codes: BTreeSet<&str> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    let rules: Vec<Value> = codes
        .iter()
        .map(|code| {
            let text = explain(code);
            let first = text.lines().map(str::trim).find(|line| !line.is_empty() && line != code).unwrap_or(code);
            let short = first.split_once(". ").map_or(first, |(sentence, _)| sentence);
            json!({"id": code, "shortDescription": {"text": short}, "fullDescription": {"text": text}, "help": {"text": text}})
        })
        .collect();
    let results: Vec<Value> = diagnostics
        .iter()
        .map(|d| {
            let help = if d.help.is_empty() { String::new() } else { format!(" ({})", d.help) };
            json!({
                "ruleId": d.code,
                "level": if d.gravity == Gravity::Error { "error" } else { "warning" },
                "message": {"text": format!("{}{help}", d.message)},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": uri(&d.file)},
                    "region": {"startLine": d.line.max(1), "startColumn": d.column.max(1), "endColumn": end_column(d)},
                }}],
            })
        })
        .collect();
    pretty(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "poolsim", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            // Columns are counted in characters.
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

/// The column behind what is wrong, on the same line.
fn end_column(diagnostic: &Diagnostic) -> u32 {
    let marked = diagnostic.excerpt.get(diagnostic.marked.clone()).unwrap_or_default();
    diagnostic.column.max(1) + marked.chars().count().max(1) as u32
}

/// A path as a relative reference: what a URI does not hold is written with `%`.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut uri = String::new();
    for byte in path.trim_start_matches("./").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}
