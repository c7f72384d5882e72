//! Types a runbook's commands in one world: each becomes a step of the scenario's recovery, and what it prints is what a run
//! of that scenario up to its end prints. So nothing here knows a second way to run a command.

use crate::base::time::Span;
use crate::engine::{Engine, Options};
use crate::run::Session;
use crate::scenario::diagnostic::{Diagnostic, Gravity};
use crate::scenario::model::{Case, Deed, Recovery, Scenario, Sequence, Step, When};
use crate::scenario::write::quoted;
use crate::scenario::{self, write};
use crate::world::World;
use crate::world::event::Status;

/// Stands where the steps will, in the text of a scenario.
const HERE: &str = "the steps of the runbook stand here";

/// A step as it was typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Typed {
    /// The runbook's line.
    pub line: u32,
    /// What was typed, or done by hand.
    pub text: String,
    /// Whose console, where it is typed.
    pub host: String,
    /// What comes of it is looked at: its refusal is an answer.
    pub decides: bool,
    /// As a step of a file, without its end of line.
    step: String,
    /// The tool refuses it, and it says so.
    forgiven: bool,
}

/// What is typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// A command at a console.
    Run { host: String, line: String, stdin: Option<String> },
    /// By hand: what, and to which host.
    Act { act: &'static str, host: String },
}

/// How a step came out.
#[derive(Clone, PartialEq, Debug)]
pub struct Came {
    /// What the console showed.
    pub output: String,
    /// How it ended.
    pub status: Status,
    /// The exit status; that of a step that was given up is what a shell gives a command that was interrupted.
    pub exit: i32,
    /// The error's code.
    pub code: Option<String>,
    /// What the reader of files says of it, warnings too.
    pub told: Vec<Diagnostic>,
}

/// Why nothing was typed.
#[derive(Clone, PartialEq, Debug)]
pub enum Untyped {
    /// It can't be read.
    Unread(Vec<Diagnostic>),
    /// The story is over by then, or the recovery never begins.
    Over,
}

/// A recovery under way in one world.
#[derive(Clone, Debug)]
pub struct Typist {
    file: String,
    /// The scenario with one step at the place of all.
    text: String,
    /// That step's line.
    mark: String,
    options: Options,
    /// The console where nobody says.
    master: String,
    pace: Span,
    /// What was slept since the last step.
    slept: Span,
    /// The steps so far.
    pub typed: Vec<Typed>,
}

impl Typist {
    /// A recovery of the scenario in one of its worlds, with the beginning, the pace and the console of its own, and without its
    /// steps.
    ///
    /// # Errors
    /// What is wrong where the story can't do without the steps of a recovery of its own.
    pub fn new(scenario: &Scenario, case: Case, options: Options) -> Result<Typist, Vec<Diagnostic>> {
        let text = text(scenario, case, false, options.seed);
        let own = case.recovery.map(|at| &scenario.recoveries[at]);
        let master = own.map_or(scenario.pool.master, |own| own.host);
        let mark = text.lines().find(|line| line.contains(HERE)).expect("the step that was put in").to_owned();
        let typist = Typist {
            file: format!("{}.yaml", scenario.name),
            text,
            mark,
            options,
            master: scenario.pool.names.machine(master).to_owned(),
            pace: own.map_or(Span::ZERO, |own| own.pace),
            slept: Span::ZERO,
            typed: Vec::new(),
        };
        typist.load(&[])?;
        Ok(typist)
    }

    /// The console where nobody says which.
    pub fn console(&self) -> &str {
        &self.master
    }

    /// Time goes by before the next step.
    pub fn sleep(&mut self, span: Span) {
        self.slept = self.slept + span;
    }

    /// Types, and says how it came out.
    ///
    /// # Errors
    /// Why it was not typed; nothing has changed then.
    pub fn take(&mut self, line: u32, what: &What) -> Result<Came, Untyped> {
        let mut typed = self.step(line, what);
        let (scenario, told) = match self.loaded(&typed) {
            Ok(loaded) => loaded,
            Err(told) => {
                typed.forgiven = true;
                let Ok((scenario, _)) = self.loaded(&typed) else { return Err(Untyped::Unread(told)) };
                (scenario, told)
            }
        };
        let mut session = self.session(&scenario);
        let at = *session.engine.program().order(Sequence::Recovery).last().expect("it is a step of the recovery");
        let record = loop {
            let ended = session.engine.records[usize::from(at.0)].ended.is_some();
            if ended || session.step().is_none() {
                break session.engine.records[usize::from(at.0)].clone();
            }
        };
        if record.ended.is_none() {
            return Err(Untyped::Over);
        }
        self.typed.push(typed);
        self.slept = Span::ZERO;
        let exit = match record.status {
            Status::Hung => 130,
            Status::Ok => record.exit.unwrap_or(0),
            _ => record.exit.unwrap_or(1),
        };
        Ok(Came { output: record.output, status: record.status, exit, code: record.code, told })
    }

    /// What the reader of files says of a command that is not run.
    pub fn check(&self, line: u32, what: &What) -> Vec<Diagnostic> {
        match self.loaded(&self.step(line, what)) {
            Ok((_, told)) | Err(told) => told,
        }
    }

    /// The world as it stands when the last step has ended, or the recovery has begun.
    pub fn world(&self) -> Option<World> {
        let scenario = self.load(&[]).ok()?;
        let mut session = self.session(&scenario);
        let last = session.engine.program().order(Sequence::Recovery).last().copied();
        loop {
            let there = last.is_some_and(|last| session.engine.records[usize::from(last.0)].ended.is_some());
            if there || session.step().is_none() {
                return there.then(|| session.engine.world.clone());
            }
        }
    }

    /// What comes of the last step is looked at.
    pub fn decides(&mut self) {
        if let Some(last) = self.typed.last_mut() {
            last.decides = true;
        }
    }

    /// What was typed, as a scenario of this world.
    pub fn scenario(&self) -> Result<Scenario, Vec<Diagnostic>> {
        self.load(&[])
    }

    /// The place in [`Typist::typed`] of the step that stands in a line of the scenario.
    pub fn at_line(&self, line: u32) -> Option<usize> {
        let first = self.text.lines().position(|line| *line == self.mark)? as u32 + 1;
        let at = line.checked_sub(first)? as usize;
        (at < self.typed.len()).then_some(at)
    }

    fn step(&self, line: u32, what: &What) -> Typed {
        let mut keys = Vec::new();
        if self.slept > Span::ZERO {
            let pace = if self.typed.is_empty() { Span::ZERO } else { self.pace };
            keys.push(format!("after: {}", self.slept + pace));
        }
        let text = match what {
            What::Run { host, line, stdin } => {
                if *host != self.master {
                    keys.push(format!("host: {}", quoted(host)));
                }
                keys.push(format!("run: {}", quoted(line)));
                keys.extend(stdin.as_ref().map(|stdin| format!("stdin: {}", quoted(stdin))));
                line.clone()
            }
            What::Act { act, host } => {
                keys.push(format!("act: {{{act}: {}}}", quoted(host)));
                format!("{act} {host}")
            }
        };
        let host = match what {
            What::Run { host, .. } | What::Act { host, .. } => host.clone(),
        };
        Typed { line, text, host, decides: false, step: keys.join(", "), forgiven: false }
    }

    /// The scenario with a further step, and what is said of that step.
    fn loaded(&self, typed: &Typed) -> Result<(Scenario, Vec<Diagnostic>), Vec<Diagnostic>> {
        let text = self.with(std::slice::from_ref(typed));
        let first = self.text.lines().position(|line| *line == self.mark).unwrap_or(0);
        let own = (first + self.typed.len() + 1) as u32;
        match scenario::load(&self.file, &text) {
            Ok(loaded) => Ok((loaded.scenario, loaded.warnings.into_iter().filter(|told| told.line == own).collect())),
            Err(told) => Err(told.into_iter().filter(|told| told.line == own || told.gravity == Gravity::Error).collect()),
        }
    }

    fn load(&self, further: &[Typed]) -> Result<Scenario, Vec<Diagnostic>> {
        scenario::load(&self.file, &self.with(further)).map(|loaded| loaded.scenario)
    }

    fn session(&self, scenario: &Scenario) -> Session {
        Session::unjudged(Engine::new(scenario, scenario.cases()[0], self.options.clone()))
    }

    fn with(&self, further: &[Typed]) -> String {
        steps_at(&self.text, &self.mark, self.typed.iter().chain(further))
    }

    /// What was typed, as the text of a scenario of this world.
    pub fn text(&self) -> String {
        self.with(&[])
    }

    /// What was typed, as the text of the scenario with all its worlds; `case` is one that it was typed in.
    pub fn saved(&self, scenario: &Scenario, case: Case) -> String {
        let text = text(scenario, case, true, self.options.seed);
        let mark = text.lines().find(|line| line.contains(HERE)).unwrap_or_default().to_owned();
        steps_at(&text, &mark, self.typed.iter())
    }
}

/// A scenario as text, with one step at the place of its recovery's: of one world, or of all.
fn text(scenario: &Scenario, case: Case, all_worlds: bool, seed: u64) -> String {
    let mut base = scenario.of(case).clone();
    let own = case.recovery.and_then(|at| base.recoveries.get(at).cloned());
    if !all_worlds {
        base.worlds = case.world.map(|at| base.worlds[at].clone()).into_iter().collect();
    }
    let master = base.pool.master;
    let mut recovery = own.unwrap_or(Recovery {
        name: None,
        line: 0,
        begin: crate::scenario::model::Begin::AfterTimeline,
        says_begin: false,
        pace: Span::ZERO,
        host: master,
        steps: Vec::new(),
        expect: None,
    });
    (recovery.name, recovery.expect) = (None, None);
    recovery.steps = vec![Step::made("", When::Next, Deed::Note(HERE.into()), recovery.host)];
    base.recoveries = vec![recovery];
    base.variants.clear();
    (base.set, base.seeds, base.skip, base.expect) = Default::default();
    base.seed = seed;
    write::yaml(&base)
}

/// A text with steps at a line's place; with that line where there are none.
fn steps_at<'t>(text: &str, mark: &str, typed: impl Iterator<Item = &'t Typed>) -> String {
    let indent = &mark[..mark.len() - mark.trim_start().len()];
    let mut steps: Vec<String> =
        typed.map(|typed| format!("{indent}- {{{}{}}}", typed.step, if typed.forgiven { ", expect: error" } else { "" })).collect();
    if steps.is_empty() {
        steps.push(mark.to_owned());
    }
    text.replacen(mark, &steps.join("\n"), 1)
}
