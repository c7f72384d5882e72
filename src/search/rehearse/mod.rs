//! A runbook, tried in every world before it is typed: its commands are found ([`sheet`]), its shell is evaluated as far as
//! that is exact ([`script`](crate::command::script)), and each command becomes a step of the scenario's recovery ([`typist`]).
//! What comes of that run is for reports to tell. Nothing of a runbook is executed.

pub mod fix;
mod hands;
pub mod sheet;
mod typist;
mod words;

pub use crate::command::script::words::placeholder_name;
pub use crate::command::script::{Item, Kind};
pub use typist::{Typed, Typist};

use crate::base::inert::clean_line;
use crate::command::script::Shell;
use crate::engine;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::model::{Case, Scenario};
use hands::Hands;
use sheet::Sheet;
use std::collections::BTreeMap;

/// As reports have a kind of remark.
pub fn kind_name(kind: Kind) -> &'static str {
    match kind {
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
        let console = typist.console().to_owned();
        let mut shell = Shell::new(&scenario.pool.names, Hands::new(typist), console, filled);
        for chunk in &sheet.chunks {
            if let Some(host) = &chunk.host {
                shell.stand_at(chunk.lines[0], host);
            }
            shell.answers(chunk.answer.clone().map(|answer| answer + "\n"));
            for joint in &chunk.joints {
                let above = joint.above;
                let what = match joint.joined {
                    true => format!("the page's margin broke line {above} here: a shell would take this for a command of its own"),
                    false => format!("it reads like the rest of line {above}, and is a command of its own"),
                };
                let whole = clean_line(&joint.whole);
                let mend = match joint.joined {
                    true => format!("write it in one line, as it is read here: `{whole}`"),
                    false => format!("write it in one line: `{whole}`"),
                };
                shell.item(joint.line, Kind::Typo, what, mend);
            }
            if !shell.chunk(&chunk.source, &chunk.lines, chunk.script) {
                break;
            }
        }
        let Shell { operator: Hands { typist, items: own, failed: own_failed }, mut items, not_followed, lost, failed, .. } = shell;
        items.extend(own);
        let notice =
            |(line, what, mend): &sheet::Remark| Item { line: *line, kind: Kind::Notice, what: clean_line(what), mend: mend.clone() };
        items.extend(sheet.remarks.iter().map(notice));
        let failed = failed || own_failed;
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
