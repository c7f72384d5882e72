//! What comes of a runbook, by its lines: a matrix of worlds, what fails, what does harm and where, what is missing before it.

pub mod json;
pub mod text;

use super::{Report, build as story};
use crate::hazard::Severity;
use crate::scenario::diagnostic::{Diagnostic, Gravity};
use crate::scenario::model::Scenario;
use crate::search::rehearse::fix::{self, Put};
use crate::search::rehearse::{Gone, Item, Kind, Typist, kind_name};
use crate::search::study::{self, Options};
use std::collections::BTreeMap;

/// A remark about a line, with the worlds in which it is so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// The runbook's line.
    pub line: u32,
    /// What it is.
    pub kind: Kind,
    /// What is so.
    pub what: String,
    /// The worlds, in the file's order.
    pub worlds: Vec<String>,
    /// What to write, or to do.
    pub mend: String,
}

/// What comes of a runbook.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rehearsal {
    /// The runbook's file.
    pub runbook: String,
    /// The scenario's.
    pub pool: String,
    /// How many commands were typed, in the world with the most.
    pub commands: usize,
    /// The worst of each world, `None` where nothing is wrong there; worlds without a verdict are not in it.
    pub matrix: Vec<(String, Option<Severity>)>,
    /// All worlds.
    pub worlds: Vec<String>,
    /// By line.
    pub items: Vec<Told>,
    /// What was not followed: line, and what it is.
    pub not_followed: Vec<(u32, String)>,
    /// The remark to begin with.
    pub first: Option<usize>,
    /// Whether a command fails or does harm in any world.
    pub bad: bool,
    /// What was missed of the goal, by world.
    pub missed: Vec<(String, Vec<String>)>,
    /// The runbook with its missing lines, where that was asked for.
    pub fixed: Option<Fixed>,
}

/// A runbook with its missing lines put in, and what comes of it then.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fixed {
    /// All of it.
    pub text: String,
    /// What was put in: its line there, what it is, what for.
    pub put: Vec<Put>,
    /// The worst of each world that has a verdict.
    pub matrix: Vec<(String, Option<Severity>)>,
    /// The worlds in which no finding of danger or corruption begins with it and no command fails.
    pub safe: Vec<String>,
    /// The other worlds.
    pub unsafe_in: Vec<String>,
}

impl Fixed {
    /// What was put in, with the rehearsal of the fixed runbook.
    pub fn of(fixed: &fix::Fixed, then: &Rehearsal) -> Fixed {
        let bad = |world: &String| {
            let harmed = |told: &Told| matches!(told.kind, Kind::Harms | Kind::Fails | Kind::Placeholder) && told.worlds.contains(world);
            then.items.iter().any(harmed) || !then.matrix.iter().any(|(known, _)| known == world)
        };
        let (unsafe_in, safe) = then.worlds.iter().cloned().partition(bad);
        Fixed { text: fixed.text.clone(), put: fixed.put.clone(), matrix: then.matrix.clone(), safe, unsafe_in }
    }
}

/// The remarks as what `check` says of a file, for those who read that.
pub fn diagnostics(rehearsal: &Rehearsal) -> Vec<Diagnostic> {
    let one = |line: u32, kind: Kind, message: String, help: String| Diagnostic {
        code: kind_name(kind),
        gravity: match kind {
            Kind::IgnoredKey | Kind::NotFollowed | Kind::Notice => Gravity::Warning,
            _ => Gravity::Error,
        },
        file: rehearsal.runbook.clone(),
        line: line.max(1),
        column: 1,
        span: 0..0,
        message,
        help,
        mend: None,
        excerpt: String::new(),
        marked: 0..0,
    };
    let all = |told: &Told| told.worlds.len() == rehearsal.worlds.len();
    let items = rehearsal.items.iter().map(|told| {
        let worlds = if all(told) { String::new() } else { format!(" [{}]", told.worlds.join(", ")) };
        one(told.line, told.kind, format!("{}{worlds}", told.what), told.mend.clone())
    });
    let unfollowed = rehearsal.not_followed.iter().map(|(line, what)| {
        let help = "what comes after it was looked at, and not run".to_owned();
        one(*line, Kind::NotFollowed, format!("{what} is not followed"), help)
    });
    let mut all: Vec<Diagnostic> = items.chain(unfollowed).collect();
    all.sort_by_key(|told| told.line);
    all
}

/// What a kind of remark says of a line.
pub fn meaning(kind: &str) -> &'static str {
    match kind {
        "fails" => "The command would be refused, or hang, in the worlds that are named.",
        "harms" => "A hazard of danger or corruption begins with this line, in the worlds that are named.",
        "missing-before" => "Something is to be done, or looked at, before this line.",
        "ignored-key" => "The tool does not read this, and says nothing.",
        "typo" => "A misspelling, a wrong dash, a wrong quote, a wrong case: it does not do what was meant.",
        "placeholder" => "It stands for something that is not said.",
        "not-followed" => "This can't be followed, and what comes after it was looked at and not run.",
        _ => "Something to know about this line.",
    }
}

/// Runs what was typed to the end of each world, and tells it by the runbook's lines.
pub fn build(runbook: &str, pool: &str, scenario: &Scenario, gone: &[Gone], options: &Options) -> Rehearsal {
    let mut told: BTreeMap<(u32, Kind, String), (Vec<String>, String)> = BTreeMap::new();
    let mut rehearsal = Rehearsal {
        runbook: runbook.to_owned(),
        pool: pool.to_owned(),
        commands: gone.iter().map(|gone| gone.typist.typed.len()).max().unwrap_or(0),
        matrix: Vec::new(),
        worlds: Vec::new(),
        items: Vec::new(),
        not_followed: Vec::new(),
        first: None,
        bad: gone.iter().any(|gone| gone.failed),
        missed: Vec::new(),
        fixed: None,
    };
    for gone in gone {
        let world = scenario.world_name(gone.case).unwrap_or("the pool").to_owned();
        rehearsal.worlds.push(world.clone());
        for at in &gone.not_followed {
            if !rehearsal.not_followed.contains(at) {
                rehearsal.not_followed.push(at.clone());
            }
        }
        let mut items = gone.items.clone();
        if !gone.lost
            && let Ok(played) = gone.typist.scenario()
        {
            let case = played.cases()[0];
            let report = story::without_story(&study::study(&played, case, &Options { seed: Some(played.seed), ..options.clone() }));
            items.extend(harms(&report, &gone.typist));
            if !report.missed.is_empty() {
                rehearsal.missed.push((world.clone(), report.missed.clone()));
            }
            rehearsal.matrix.push((world.clone(), report.worst));
        }
        for Item { line, kind, what, mend } in items {
            // Why it is so may differ by world; what to do about it is said once.
            let (worlds, _) = told.entry((line, kind, what)).or_insert_with(|| (Vec::new(), mend));
            if !worlds.contains(&world) {
                worlds.push(world.clone());
            }
        }
    }
    rehearsal.bad |= told.keys().any(|(_, kind, _)| *kind == Kind::Harms);
    rehearsal.items = told.into_iter().map(|((line, kind, what), (worlds, mend))| Told { line, kind, what, worlds, mend }).collect();
    rehearsal.not_followed.sort();
    // The first thing that does harm is to be mended first; where nothing does, the first that is wrong, and of one
    // line what is misspelt before what comes of that.
    let rank = |kind: Kind| match kind {
        Kind::MissingBefore => 0,
        Kind::Harms => 1,
        Kind::Placeholder | Kind::Typo => 2,
        Kind::Fails => 3,
        Kind::IgnoredKey => 4,
        Kind::NotFollowed | Kind::Notice => 5,
    };
    let worst = rehearsal.items.iter().enumerate().filter(|(_, told)| rank(told.kind) < 5);
    rehearsal.first = worst.min_by_key(|(_, told)| (rank(told.kind).min(2), told.line, rank(told.kind))).map(|(at, _)| at);
    rehearsal
}

/// What of a run's findings began after the recovery did, by the runbook's lines.
fn harms(report: &Report, typist: &Typist) -> Vec<Item> {
    let Some(began) = report.recovery_began else { return Vec::new() };
    let mut items = Vec::new();
    for finding in report.hazards.iter().filter(|finding| finding.severity >= Severity::Danger && finding.since > began) {
        let typed = |line: Option<u32>| line.and_then(|line| typist.at_line(line)).map(|at| typist.typed[at].line);
        // The last of its causes that stands in the runbook; else what was typed last before it began.
        let cause = finding.because.iter().rev().find_map(|because| typed(because.line));
        let mut before =
            report.steps.iter().filter(|step| step.at.is_some_and(|at| at <= finding.since)).filter_map(|step| typed(Some(step.line)));
        let Some(line) = cause.or_else(|| before.next_back()) else { continue };
        let mend = by_lines(&finding.advice, typist);
        let what = format!("{}: {}", finding.hazard, finding.sentence);
        items.push(Item { line, kind: Kind::Harms, what, mend: mend.clone() });
        if let Some(at) = before_line(&mend) {
            // Up to the line that is named: what follows is why, and differs by world.
            let end = mend.find("before line ").map_or(mend.len(), |before| before);
            let what = mend[..end].trim().trim_end_matches(',').to_owned();
            items.push(Item { line: at, kind: Kind::MissingBefore, what, mend: String::new() });
        }
    }
    items
}

/// A text that names lines of the scenario, with those of the runbook instead.
fn by_lines(text: &str, typist: &Typist) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("line ") {
        let digits = rest[at + 5..].bytes().take_while(u8::is_ascii_digit).count();
        let end = at + 5 + digits;
        match rest[at + 5..end].parse::<u32>() {
            Ok(number) => match typist.at_line(number) {
                Some(typed) => out.push_str(&format!("{}line {}", &rest[..at], typist.typed[typed].line)),
                // Of what the scenario itself does no line is the runbook's.
                None => out.push_str(&format!("{}what the scenario does", &rest[..at])),
            },
            Err(_) => out.push_str(&rest[..end]),
        }
        rest = &rest[end..];
    }
    (out + rest).replace(" (what the scenario does)", "")
}

/// The line that an advice is to come before.
fn before_line(mend: &str) -> Option<u32> {
    let at = mend.find("before line ")?;
    let digits: String = mend[at + 12..].chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}
