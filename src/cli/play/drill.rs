//! Drills at the desk: the list of those that are carried, the briefing, what is allowed, hints, and the debriefing.

use super::super::exit::Status;
use super::super::load::{self, File, did_you_mean};
use super::super::out::Out;
use super::super::shipped::{self, Shipped};
use super::learned::{self, Learned};
use super::line::Line;
use super::{Player, words};
use crate::base::inert::clean_line;
use crate::catalog;
use crate::command::shell;
use crate::report::debrief::render;
use crate::report::text::layout::{Page, Tint, pad, width};
use crate::scenario::drill::{allowable, first, is_look};
use crate::scenario::model::{Case, Drill, Scenario, StateExpect};
use crate::search::debrief::debrief;
use crate::search::desk::{self, Desk};
use crate::search::hint::{Hint, hint};
use crate::world::release::Release;
use std::path::Path;

/// The folder of the drills that are carried.
const CHAPTER: &str = "drills";

/// The drills that are carried, easy ones first.
fn drills() -> Vec<(&'static Shipped, Scenario, Drill)> {
    let load = |shipped: &'static Shipped| {
        let scenario = crate::scenario::load(shipped.path, shipped.text).ok()?.scenario;
        let drill = scenario.drill.clone()?;
        Some((shipped, scenario, drill))
    };
    let mut all: Vec<_> = shipped::ALL.iter().filter(|shipped| shipped.chapter() == CHAPTER).filter_map(load).collect();
    all.sort_by_key(|(shipped, _, drill)| (drill.grade, shipped.path));
    all
}

/// Lists them; with what was learned, where that is asked for.
pub fn list(out: Out, progress: bool) -> Result<Status, Status> {
    let learned = if progress { Some(Learned::read(out)?) } else { None };
    let all = drills();
    let mut page = Page::new(out.colour);
    let column = all.iter().map(|(shipped, ..)| width(shipped.name())).max().unwrap_or(0) + 4;
    let mut grade = None;
    for (shipped, scenario, drill) in &all {
        if grade != Some(drill.grade) {
            if grade.is_some() {
                page.gap();
            }
            grade = Some(drill.grade);
            page.heading(&format!("Grade {}", drill.grade.unwrap_or(1)), "");
        }
        let lead = format!("  {}", page.tint(Tint::Bold, shipped.name()));
        page.hanging(&pad(&lead, column), column, Tint::Plain, &scenario.title);
        if let Some(learned) = &learned {
            let (tint, text) = learned.words(shipped.name(), scenario);
            page.hanging("", column, tint, &text);
        }
    }
    page.gap();
    page.line("`poolsim play NAME` plays one; `--progress` keeps what was learned.");
    Ok(out.result(&page.into_text()))
}

/// A scenario file, or a drill by its name where there is no such file.
pub fn file(out: Out, path: &Path, set: &[String], release: Option<Release>) -> Result<File, Status> {
    let name = path.to_str().filter(|name| !name.contains(['/', '\\', '.']) && !path.exists());
    let Some(name) = name else { return load::load(out, path, set, release) };
    if let Some(shipped) = shipped::ALL.iter().find(|shipped| shipped.name() == name) {
        return load::from_bytes(out, Path::new(shipped.path), shipped.text.as_bytes(), (set, release), false);
    }
    let near = catalog::nearest_of(name, drills().iter().map(|(shipped, ..)| shipped.name()));
    let help = did_you_mean(&near, "`poolsim play` lists the drills; or name a scenario file");
    Err(out.refuse("usage", &format!("there is no file and no drill `{}`", clean_line(name)), &help, Status::Wrong))
}

/// A drill that is played.
pub struct Task {
    drill: Drill,
    /// Hints that were given, and lines that were taken back.
    helped: u64,
    /// The truth was asked for.
    pub revealed: bool,
    progress: bool,
}

impl Task {
    /// A drill at its beginning.
    pub fn new(drill: Drill, progress: bool) -> Task {
        Task { drill, helped: 0, revealed: false, progress }
    }

    /// What is told first.
    pub fn briefing(&self, goal: &[String]) -> String {
        let mut page = Page::new(false);
        page.gap();
        for paragraph in self.drill.briefing.trim().split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            page.hanging("", 0, Tint::Plain, &clean_line(&paragraph.split_whitespace().collect::<Vec<_>>().join(" ")));
            page.gap();
        }
        for (at, item) in goal.iter().enumerate() {
            page.hanging(if at == 0 { "Goal:" } else { "" }, 10, Tint::Plain, item);
        }
        if let Some(within) = self.drill.within {
            page.hanging("Time:", 10, Tint::Plain, &format!("{within} on the virtual clock"));
        }
        if let Some(allow) = &self.drill.allow {
            page.hanging("Allowed:", 10, Tint::Plain, &format!("{}, and whatever only looks", allow.join(", ")));
        }
        page.gap();
        page.into_text()
    }

    /// Why a line is not allowed, if it is not.
    pub fn forbids(&self, line: &Line) -> Option<String> {
        let allow = self.drill.allow.as_ref()?;
        let words: Vec<String> = match line {
            Line::Act(act, _) => vec![act.clone()],
            Line::Run(text) => commands(text),
            _ => Vec::new(),
        };
        let forbidden = words.iter().find(|word| !is_look(word) && !allow.contains(word))?;
        Some(format!("this drill does not allow {}: it allows {}, and whatever only looks", clean_line(forbidden), allow.join(", ")))
    }
}

/// The commands that a line types, by the words that they are allowed by.
fn commands(text: &str) -> Vec<String> {
    let Ok(script) = shell::parse(text) else { return Vec::new() };
    let of = |line: &shell::Line| {
        let mut words = line.words.iter().filter_map(shell::Word::plain);
        let tool = words.next()?;
        let tool = tool.rsplit('/').next().unwrap_or_default().to_owned();
        let is_known = |word: &str| is_look(word) || allowable().any(|known| known == word);
        if tool == "xe" { words.find(|word| is_known(word)) } else { Some(first(&tool).to_owned()).filter(|word| is_known(word)) }
    };
    script.lines.iter().filter_map(of).collect()
}

/// The goal that is played for, in words. What is meant for one world is told of all of them, without their names: which counts
/// would tell which world it is.
pub fn goal(desk: &Desk, scenario: &Scenario, case: Case) -> Vec<String> {
    let session = desk.session();
    let Some(goal) = desk::task(scenario, case).goal else {
        return vec!["every VM that ran runs again, on exactly one host".to_owned()];
    };
    let words = |item: &StateExpect| clean_line(&crate::judge::wanted(&session.engine.world, item));
    let (all, some): (Vec<&StateExpect>, Vec<&StateExpect>) =
        goal.iter().filter(|item| item.scope.recovery.is_none()).partition(|item| item.scope.world.is_none());
    let mut told: Vec<String> = all.into_iter().map(words).collect();
    if !some.is_empty() {
        let each: Vec<String> = some.into_iter().map(words).collect();
        told.push(format!("by what is so: {}", each.join(", or ")));
    }
    told
}

/// The hint that was given last, to be given again more exactly.
#[derive(Default)]
pub struct Hints(Option<(Hint, usize)>);

impl Hints {
    /// Something was done since.
    pub fn forget(&mut self) {
        self.0 = None;
    }
}

impl Player<'_> {
    /// The next step of a safe way, one more exactly each time.
    pub(super) fn hint(&mut self) {
        let (found, level) = match self.hint.0.take() {
            Some((found, level)) => (found, (level + 1).min(2)),
            None => (hint(&self.desk, &self.file.scenario, self.case, &|| false), 0),
        };
        let counts = matches!(found, Hint::Step(_) | Hint::Wait { .. });
        if let Some(task) = self.task.as_mut().filter(|_| counts) {
            task.helped += 1;
        }
        self.dim(&words::hint(&found, level));
        self.hint.0 = Some((found, level));
    }

    /// Lines were taken back: what they showed is known all the same.
    pub(super) fn taken_back(&mut self, lines: usize) {
        if let Some(task) = &mut self.task {
            task.helped += lines as u64;
        }
    }

    /// A drill that is left is not done.
    pub(super) fn given_up(&self) -> Status {
        self.dim("the drill was left before its end: `finish` would have told how it was done");
        Status::Unexpected
    }

    /// How the drill was done, and the debriefing without colours.
    pub(super) fn debriefed(&self) -> (Status, String) {
        let Some(task) = &self.task else { return (Status::Fine, String::new()) };
        let told = debrief(&self.desk, &self.file.scenario, self.case, task.helped, &|| false);
        self.say(&format!("\n{}", render(&told, task.revealed, self.out.colour)));
        let mut status = if told.done() { Status::Fine } else { Status::Unexpected };
        if task.progress && told.done() && !task.revealed && task.helped == 0 {
            let world = self.file.scenario.world_name(self.case).unwrap_or_default();
            status = status.and(learned::note(self.out, &self.file.scenario.name, world, told.points()));
        }
        (status, render(&told, task.revealed, false))
    }
}
