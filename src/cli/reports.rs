//! `--report KIND=FILE` as each command takes it: what is written beside standard output.

use super::args::{Common, Format};
use super::exit::Status;
use super::out::Out;
use std::path::PathBuf;

/// A kind of report of a suite.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    #[allow(missing_docs, reason = "a doc here would be a part of `--help`")]
    Junit,
    #[allow(missing_docs, reason = "a doc here would be a part of `--help`")]
    Tap,
    #[allow(missing_docs, reason = "a doc here would be a part of `--help`")]
    Github,
    #[allow(missing_docs, reason = "a doc here would be a part of `--help`")]
    Json,
    #[allow(missing_docs, reason = "a doc here would be a part of `--help`")]
    Md,
}

/// The kinds as they are typed.
pub const KINDS: [(&str, Kind); 5] =
    [("junit", Kind::Junit), ("tap", Kind::Tap), ("github", Kind::Github), ("json", Kind::Json), ("md", Kind::Md)];

/// The reports of `run`.
pub fn of_run(out: Out, common: &Common) -> Result<Vec<(Format, PathBuf)>, Status> {
    let mut extras = Vec::new();
    for text in &common.reports {
        let Some((kind, path)) = text.split_once('=').filter(|(kind, path)| !kind.is_empty() && !path.is_empty()) else {
            let help = ["write KIND=FILE, such as `--report json=out.json`".to_string()];
            return Err(out.refuse("usage", &format!("`--report {text}` names no kind and file"), &help, Status::Wrong));
        };
        let kind = match kind {
            "text" => Format::Text,
            "json" => Format::Json,
            "ndjson" => Format::Ndjson,
            other if KINDS.iter().any(|(name, _)| *name == other) => {
                let help = [format!("`poolsim test --report {text}` writes it; `run` writes text, json, ndjson")];
                return Err(out.refuse("usage", &format!("`run` has no reports of the kind `{other}`"), &help, Status::Wrong));
            }
            other => {
                let help = ["the kinds that are there: text, json, ndjson".to_string()];
                return Err(out.refuse("not-yet", &format!("reports of the kind `{other}` are not built yet"), &help, Status::Wrong));
            }
        };
        extras.push((kind, path.into()));
    }
    Ok(extras)
}

/// The reports of `test`.
pub fn of_test(out: Out, common: &Common) -> Result<Vec<(Kind, PathBuf)>, Status> {
    let one = |text: &String| {
        let Some((kind, path)) = text.split_once('=').filter(|(kind, path)| !kind.is_empty() && !path.is_empty()) else {
            let help = ["write KIND=FILE, such as `--report junit=out.xml`".to_string()];
            return Err(out.refuse("usage", &format!("`--report {text}` names no kind and file"), &help, Status::Wrong));
        };
        match KINDS.iter().find(|(name, _)| *name == kind) {
            Some((_, kind)) => Ok((*kind, PathBuf::from(path))),
            None => {
                let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
                let help = [format!("the kinds that `test` writes: {}", names.join(", "))];
                Err(out.refuse("usage", &format!("`test` has no reports of the kind `{kind}`"), &help, Status::Wrong))
            }
        }
    };
    common.reports.iter().map(one).collect()
}

/// The reports of `check`.
pub fn of_check(out: Out, common: &Common) -> Result<Vec<(Format, PathBuf)>, Status> {
    const FORMATS: [Format; 5] = [Format::Text, Format::Json, Format::Ndjson, Format::Sarif, Format::Github];
    let one = |text: &String| {
        let parts = text.split_once('=').filter(|(kind, path)| !kind.is_empty() && !path.is_empty());
        let found = parts.and_then(|(kind, path)| Some((*FORMATS.iter().find(|format| format.name() == kind)?, PathBuf::from(path))));
        found.ok_or_else(|| {
            let names: Vec<&str> = FORMATS.iter().map(|format| format.name()).collect();
            let help = [format!("write KIND=FILE; the kinds that `check` writes: {}", names.join(", "))];
            out.refuse("usage", &format!("`check` cannot write `--report {text}`"), &help, Status::Wrong)
        })
    };
    common.reports.iter().map(one).collect()
}
