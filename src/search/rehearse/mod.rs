//! A runbook, tried in every world before it is typed: its commands are found ([`sheet`]), its shell is evaluated as far as
//! that is exact ([`shell`]), and each command becomes a step of the scenario's recovery ([`typist`]). What comes of that run
//! is for reports to tell. Nothing of a runbook is executed.

mod filters;
pub mod sheet;
mod shell;
mod typist;
mod words;

pub use typist::{Typed, Typist};
pub use words::placeholder_name;

use crate::engine;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::model::{Case, Scenario};
use sheet::Sheet;
use shell::Shell;
use std::collections::BTreeMap;

/// What a remark about a line of a runbook is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// The command fails.
    Fails,
    /// It does harm, or begins it.
    Harms,
    /// Something is to be done before it.
    MissingBefore,
    /// The tool does not read this key, and says nothing.
    IgnoredKey,
    /// It is not what was meant.
    Typo,
    /// It stands for something that is not said.
    Placeholder,
    /// It can't be followed.
    NotFollowed,
    /// Something to know.
    Notice,
}

impl Kind {
    /// As reports have it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Fails => "fails",
            Kind::Harms => "harms",
            Kind::MissingBefore => "missing-before",
            Kind::IgnoredKey => "ignored-key",
            Kind::Typo => "typo",
            Kind::Placeholder => "placeholder",
            Kind::NotFollowed => "not-followed",
            Kind::Notice => "notice",
        }
    }
}

/// A remark about a line of a runbook.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Item {
    /// The runbook's line, from 1.
    pub line: u32,
    /// What it is.
    pub kind: Kind,
    /// What is so.
    pub what: String,
    /// What to write, or to do.
    pub mend: String,
}

/// A runbook, gone through in one world.
#[derive(Clone, Debug)]
pub struct Gone {
    /// The world and, where there are several, the recovery whose beginning it took.
    pub case: Case,
    /// What was typed.
    pub typist: Typist,
    /// What was noticed on the way.
    pub items: Vec<Item>,
    /// What was not followed: line, and what it is.
    pub not_followed: Vec<(u32, String)>,
    /// Something that might have changed the pool was not followed: what comes of the runbook here is not known.
    pub lost: bool,
    /// A command failed.
    pub failed: bool,
}

/// Goes through a runbook in each of some cases. `filled` is what placeholders stand for, by [`placeholder_name`].
///
/// # Errors
/// What is wrong where the scenario can't do without the steps of a recovery of its own.
pub fn rehearse(
    scenario: &Scenario,
    cases: &[Case],
    sheet: &Sheet,
    filled: &BTreeMap<String, String>,
    options: &engine::Options,
) -> Result<Vec<Gone>, Vec<Diagnostic>> {
    let mut all = Vec::new();
    for case in cases {
        let typist = Typist::new(scenario, *case, options.clone())?;
        let mut shell = Shell::new(&scenario.pool.names, typist, filled);
        for chunk in &sheet.chunks {
            if !shell.chunk(chunk) {
                break;
            }
        }
        let Shell { typist, mut items, not_followed, lost, failed, .. } = shell;
        if let Some(line) = sheet.carriage {
            items.push(Item {
                line,
                kind: Kind::Typo,
                what: "lines end in CR LF: run as a script, each last word would carry a carriage return".into(),
                mend: "convert it (dos2unix); it is read here as if that were done".into(),
            });
        }
        if sheet.mark {
            items.push(Item {
                line: 1,
                kind: Kind::Typo,
                what: "it begins with a byte-order mark: run as a script, its first command is not found".into(),
                mend: "save it without; it is read here as if that were done".into(),
            });
        }
        all.push(Gone { case: *case, typist, items, not_followed, lost, failed });
    }
    Ok(all)
}
