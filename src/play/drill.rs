//! A drill at the desk: the briefing, what is allowed, hints, and the debriefing.

use super::line::Line;
use super::{Ends, Learnt, Player, words};
use crate::base::inert::clean_line;
use crate::command::shell;
use crate::report::debrief::render;
use crate::report::text::layout::{Page, Tint};
use crate::scenario::drill::{allowable, first, is_look};
use crate::scenario::model::{Case, Drill, Scenario, StateExpect};
use crate::search::debrief::debrief;
use crate::search::desk::{self, Desk};
use crate::search::hint::{Hint, hint};
use crate::search::plan::Enough;

/// A drill that is played.
#[derive(Debug)]
pub struct Task {
    drill: Drill,
    /// Hints that were given, and lines that were taken back.
    helped: u64,
    /// The truth was asked for.
    revealed: bool,
}

impl Task {
    /// A drill at its beginning.
    pub fn new(drill: Drill) -> Task {
        Task { drill, helped: 0, revealed: false }
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
#[derive(Debug, Default)]
pub struct Hints(Option<(Hint, usize)>);

impl Hints {
    /// Something was done since.
    pub fn forget(&mut self) {
        self.0 = None;
    }
}

impl Player {
    /// The next step of a safe way, one more exactly each time.
    pub(super) fn hint(&mut self) {
        let (found, level) = match self.hint.0.take() {
            Some((found, level)) => (found, (level + 1).min(2)),
            None => (hint(&self.desk, &self.scenario, self.case, &self.stopped), 0),
        };
        let counts = matches!(found, Hint::Step(_) | Hint::Wait { .. });
        if let Some(task) = self.task.as_mut().filter(|_| counts) {
            task.helped += 1;
        }
        self.remark(&words::hint(&found, level));
        // What was interrupted is looked for anew.
        let whole = !matches!(found, Hint::None { ended: Some(Enough::Stopped), .. });
        self.hint.0 = Some((found, level)).filter(|_| whole);
    }

    /// Lines were taken back: what they showed is known all the same.
    pub(super) fn taken_back(&mut self, lines: usize) {
        if let Some(task) = &mut self.task {
            task.helped += lines as u64;
        }
    }

    /// The truth is asked for: a drill is then given up.
    pub(super) fn given_up(&mut self) {
        if let Some(task) = &mut self.task
            && !std::mem::replace(&mut task.revealed, true)
        {
            self.remark("the drill is given up: what is so is told, and no points are counted");
        }
    }

    /// Nobody types any more. A drill that is left is not done.
    pub fn left(&mut self) -> Ends {
        if self.task.is_some() {
            self.remark("the drill was left before its end: `finish` would have told how it was done");
        }
        Ends { well: self.task.is_none(), learnt: None, told: self.task.is_none().then(String::new) }
    }

    /// How the drill was done.
    pub(super) fn debriefed(&mut self) -> Ends {
        let Some(task) = &self.task else { return Ends { well: true, learnt: None, told: Some(String::new()) } };
        let told = debrief(&self.desk, &self.scenario, self.case, task.helped, &self.stopped);
        let by_oneself = told.done() && !task.revealed && task.helped == 0;
        let plain = render(&told, task.revealed, false);
        let text = render(&told, task.revealed, self.style.colour);
        self.say(&format!("\n{text}"));
        let learnt = by_oneself.then(|| Learnt {
            drill: self.scenario.name.clone(),
            world: self.scenario.world_name(self.case).unwrap_or_default().to_owned(),
            points: told.points(),
        });
        Ends { well: told.done(), learnt, told: Some(plain) }
    }
}
