//! `poolsim check`: what is wrong with scenario files, all of it; runs nothing.

use super::args::{Check, Common, Format};
use super::exit::Status;
use super::out::Out;
use super::shared::rooted;
use super::{bug, files, interrupt, load, mend, reports, targets};
use crate::base::inert::{clean_line, inert};
use crate::catalog::{self, Kind};
use crate::report::json::{compact, pretty};
use crate::report::suite::{github, sarif};
use crate::report::text::layout::count;
use crate::scenario::diagnostic::{Diagnostic, Gravity};
use crate::scenario::{self, Asked, Loaded};
use crate::world::release::Release;
use serde_json::{Value, json};
use std::path::Path;

/// The formats that it writes to files.
const FORMATS: [Format; 5] = [Format::Text, Format::Json, Format::Ndjson, Format::Sarif, Format::Github];

/// Checks the paths.
pub fn check(out: Out, common: &Common, args: &Check) -> Status {
    let (release, reports) =
        match load::release(out, common).and_then(|release| Ok((release, reports::of_formats(out, common, "check", &FORMATS)?))) {
            Ok(ready) => ready,
            Err(status) => return status,
        };
    let (paths, mut status) = files::find(out, &args.paths);
    if paths.is_empty() {
        let help = ["scenario files end in .yaml or .yml".to_string()];
        return status.and(out.refuse("nothing-found", "no scenario file stands below what was named", &help, Status::NothingFound));
    }
    let targets = match targets::begin(out, reports, &paths) {
        Ok(targets) => targets,
        Err(came_out) => return status.and(came_out),
    };
    interrupt::end_at_once(out);
    if args.fix || args.diff {
        status = status.and(mend::all(out, common, &paths, args.diff));
    }
    let mut all = Vec::new();
    let (mut wrong, mut lines) = (0, String::new());
    for (at, path) in paths.iter().enumerate() {
        interrupt::done(format!("{at} of {} had been checked; no report was written", count(paths.len(), "file")));
        match bug::guard(out, || one(out, common, release, path)) {
            Ok((errors, diagnostics)) => {
                let warnings = diagnostics.len() - errors;
                let found = match (errors, warnings) {
                    (0, 0) => "fine".to_string(),
                    (0, n) => count(n, "warning"),
                    (n, 0) => count(n, "error"),
                    (n, m) => format!("{}, {}", count(n, "error"), count(m, "warning")),
                };
                if !common.quiet || errors > 0 {
                    lines.push_str(&inert(&format!("{}: {found}\n", clean_line(&files::shown(path)))));
                }
                if errors > 0 {
                    wrong += 1;
                    status = status.and(Status::Wrong);
                }
                all.extend(diagnostics);
            }
            Err(came_out) => {
                wrong += 1;
                status = status.and(came_out);
            }
        }
    }
    if paths.len() > 1 {
        lines.push_str(&format!("{} checked, {wrong} wrong\n", count(paths.len(), "file")));
    }
    status = status.and(out.result(&rendered(common.format, &all, &lines)));
    for target in targets {
        let text: String = match target.kind {
            // In a file the diagnostics stand too, which a terminal gets on standard error.
            Format::Text => inert(&all.iter().map(|d| d.render(false) + "\n\n").collect::<String>()).into_owned() + &lines,
            format => rendered(format, &all, &lines),
        };
        status = status.and(target.put(out, &text));
    }
    status
}

/// The diagnostics in a format; `lines` are those for people.
fn rendered(format: Format, all: &[Diagnostic], lines: &str) -> String {
    match format {
        Format::Text => lines.to_owned(),
        Format::Json => pretty(&Value::Array(all.iter().map(value).collect())),
        Format::Ndjson => all.iter().map(|d| compact(&value(d)) + "\n").collect(),
        Format::Sarif => sarif::render(all, &explained),
        Format::Github => github::diagnostics(all, &rooted),
        // Refused before.
        Format::Md | Format::Dot | Format::Svg | Format::Html | Format::Xml => String::new(),
    }
}

/// What `explain` says of a code.
fn explained(code: &str) -> String {
    let found = catalog::find(code);
    let entry = found.iter().find(|entry| entry.kind == Kind::Diagnostic).or(found.first());
    entry.map_or_else(|| code.to_owned(), |entry| entry.text.trim_end().to_owned())
}

/// The diagnostics of one file, and how many of them are errors.
fn one(out: Out, common: &Common, release: Option<Release>, path: &Path) -> Result<(usize, Vec<Diagnostic>), Status> {
    let bytes = files::read(out, path)?;
    let shown = files::shown(path);
    bug::recipe(&format!("checking {shown}"));
    let asked = &mut Asked { include: &mut files::beside(path), set: &[], release };
    let (errors, diagnostics) = match scenario::load_with(&shown, &bytes, asked) {
        Ok(Loaded { warnings, .. }) => (0, warnings),
        // The loader refuses with at least one error.
        Err(wrong) => (wrong.iter().filter(|d| d.gravity == Gravity::Error).count(), wrong),
    };
    if common.format == Format::Text {
        load::tell(out, &diagnostics);
    }
    Ok((errors, diagnostics))
}

/// A diagnostic for machines.
fn value(diagnostic: &Diagnostic) -> Value {
    json!({
        "code": diagnostic.code,
        "severity": diagnostic.gravity.name(),
        "file": diagnostic.file,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "message": diagnostic.message,
        "help": diagnostic.help,
    })
}
