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
    #[allow(missing_docs, reason = "a doc here would be a part of `--help`")]
    Html,
}

/// The kinds as they are typed.
pub const KINDS: [(&str, Kind); 6] =
    [("junit", Kind::Junit), ("tap", Kind::Tap), ("github", Kind::Github), ("json", Kind::Json), ("md", Kind::Md), ("html", Kind::Html)];

/// A kind of report of `run`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "docs/page.md says what each is")]
pub enum RunKind {
    Text,
    Json,
    Ndjson,
    Html,
    Svg,
    Mermaid,
    Perfetto,
    Md,
}

impl RunKind {
    /// The kinds as they are typed.
    pub const ALL: [(&'static str, RunKind); 8] = [
        ("text", RunKind::Text),
        ("json", RunKind::Json),
        ("ndjson", RunKind::Ndjson),
        ("html", RunKind::Html),
        ("svg", RunKind::Svg),
        ("mermaid", RunKind::Mermaid),
        ("perfetto", RunKind::Perfetto),
        ("md", RunKind::Md),
    ];

    /// Whether it shows one file, with the pool at many instants.
    pub fn is_picture(self) -> bool {
        !matches!(self, RunKind::Text | RunKind::Json | RunKind::Ndjson)
    }

    /// Whether it tells the story of the worst case.
    pub fn has_story(self) -> bool {
        matches!(self, RunKind::Text | RunKind::Mermaid | RunKind::Md)
    }
}

/// The reports of `run`. `files` is how many are run.
pub fn of_run(out: Out, common: &Common, files: usize) -> Result<Vec<(RunKind, PathBuf)>, Status> {
    let names = RunKind::ALL.map(|(name, _)| name).join(", ");
    let one = |text: &String| {
        let Some((kind, path)) = text.split_once('=').filter(|(kind, path)| !kind.is_empty() && !path.is_empty()) else {
            let help = ["write KIND=FILE, such as `--report json=out.json`".to_string()];
            return Err(out.refuse("usage", &format!("`--report {text}` names no kind and file"), &help, Status::Wrong));
        };
        let Some((_, of)) = RunKind::ALL.iter().find(|(name, _)| *name == kind) else {
            let help = match KINDS.iter().any(|(name, _)| *name == kind) {
                true => format!("`poolsim test --report {text}` writes it; `run` writes {names}"),
                false => format!("the kinds that `run` writes: {names}"),
            };
            return Err(out.refuse("usage", &format!("`run` has no reports of the kind `{kind}`"), &[help], Status::Wrong));
        };
        if of.is_picture() && files > 1 {
            let help = ["run the files one after the other, each with a report of its own".to_string()];
            return Err(out.refuse("usage", &format!("a report of the kind `{kind}` shows one file, not {files}"), &help, Status::Wrong));
        }
        Ok((*of, PathBuf::from(path)))
    };
    common.reports.iter().map(one).collect()
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

/// The reports of a command that writes to files what it writes to standard output.
pub fn of_formats(out: Out, common: &Common, command: &str, formats: &[Format]) -> Result<Vec<(Format, PathBuf)>, Status> {
    let one = |text: &String| {
        let parts = text.split_once('=').filter(|(kind, path)| !kind.is_empty() && !path.is_empty());
        let found = parts.and_then(|(kind, path)| Some((*formats.iter().find(|format| format.name() == kind)?, PathBuf::from(path))));
        found.ok_or_else(|| {
            let names: Vec<&str> = formats.iter().map(|format| format.name()).collect();
            let help = [format!("write KIND=FILE; the kinds that `{command}` writes: {}", names.join(", "))];
            out.refuse("usage", &format!("`{command}` cannot write `--report {text}`"), &help, Status::Wrong)
        })
    };
    common.reports.iter().map(one).collect()
}
