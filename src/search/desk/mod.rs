//! The trainee's desk: a recovery that comes about line by line. What was typed so far is a scenario of one world whose
//! recovery those lines are, each at its instant; the pool as it stands is a run of that scenario up to now. So whatever is
//! typed goes through the reader of files, a session that is saved is the very text that was played, and to take a line back
//! is to leave it out.
//!
//! Whoever plays is shown what the lines printed and what the database says that a console reaches: nothing here tells what
//! is so but [`Desk::session`] and [`Desk::scenario`], for when it is revealed.

mod seen;

pub use seen::Seen;

use crate::base::time::{Span, Time};
use crate::engine::Options;
use crate::run::Session;
use crate::scenario::diagnostic::{Diagnostic, Gravity};
use crate::scenario::model::{Case, Scenario, Sequence};
use crate::scenario::write::quoted;
use crate::scenario::{self, write};
use crate::world::event::Status;

/// A line takes whoever types it so long: the next begins no sooner after the one before has ended.
pub const TYPING: Span = Span::secs(1);
/// `wait until` and `step` wait so long at the most.
pub const PATIENCE: Span = Span::mins(60);
/// A session has at most so many lines.
pub const LINES_MOST: usize = 2_000;

/// What a line asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Deed {
    /// A command at the console.
    Run(String),
    /// Something that is done by hand: its name, and the host.
    Act(String, String),
    /// Nothing but that time has gone by until then.
    Waited,
}

/// A line that was typed.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Entry {
    at: Time,
    host: String,
    deed: Deed,
    /// What is typed into the command.
    stdin: Option<String>,
    /// The tool refuses it, and so would the reader of files, did the line not say that an error is expected.
    wrong: bool,
}

/// How a line came out.
#[derive(Clone, PartialEq, Debug)]
pub struct Came {
    /// What the console showed.
    pub output: String,
    /// How it ended; [`Status::NotBegun`] where the story was over before.
    pub status: Status,
    /// The code of the API's error.
    pub code: Option<String>,
    /// What is wrong with a line that was refused as it stands, as the reader of files would say it.
    pub wrong: Option<Diagnostic>,
}

/// Why a line was not typed at all.
#[derive(Clone, PartialEq, Debug)]
pub enum Refused {
    /// It can't be read: every mistake of it.
    Unread(Vec<Diagnostic>),
    /// It would begin after the end of the story.
    Over,
    /// The session is too long.
    TooLong,
}

/// The desk.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The scenario without a recovery, as text.
    base: String,
    file: String,
    options: Options,
    entries: Vec<Entry>,
    now: Time,
    host: String,
    /// Who is typed at where nobody says.
    master: String,
    until: Option<Time>,
    /// What is gone back to: how many lines there were, when it was, and at whose console.
    before: Vec<(usize, Time, String)>,
    /// What was typed after an instant that was gone back to.
    dropped: Vec<Vec<Entry>>,
}

impl Desk {
    /// The desk of a scenario at its beginning, in one of its worlds. Recoveries and expectations of the file are left aside.
    ///
    /// # Errors
    /// What is wrong where the story can't do without a recovery of its own.
    pub fn new(scenario: &Scenario, case: Case, options: Options) -> Result<Desk, Vec<Diagnostic>> {
        let mut base = scenario.of(case).clone();
        base.worlds = case.world.map(|at| base.worlds[at].clone()).into_iter().collect();
        (base.recoveries, base.variants, base.set) = Default::default();
        (base.seeds, base.skip, base.expect) = Default::default();
        base.seed = options.seed;
        let master = base.pool.names.machine(base.pool.master).to_owned();
        let desk = Desk {
            file: format!("{}.yaml", base.name),
            base: write::yaml(&base),
            options,
            entries: Vec::new(),
            now: Time::ZERO,
            host: master.clone(),
            master,
            until: base.until,
            before: Vec::new(),
            dropped: Vec::new(),
        };
        desk.load(&[])?;
        Ok(desk)
    }

    /// The instant before which everything has happened.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The host at whose console it is typed.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The host at whose console it began: the master of the start.
    pub fn first_console(&self) -> &str {
        &self.master
    }

    /// The seed of all draws.
    pub fn seed(&self) -> u64 {
        self.options.seed
    }

    /// Goes over to another console. Whether there is such a host is for the caller to know.
    pub fn go_to(&mut self, host: &str) {
        self.remember();
        host.clone_into(&mut self.host);
    }

    /// Types a line, or does something by hand, and stands where it has ended.
    ///
    /// # Errors
    /// Why it was not typed; then nothing has changed.
    pub fn take(&mut self, deed: Deed, stdin: Option<String>) -> Result<Came, Refused> {
        if self.entries.len() >= LINES_MOST {
            return Err(Refused::TooLong);
        }
        if self.until.is_some_and(|until| self.now > until) {
            return Err(Refused::Over);
        }
        let mut entry = Entry { at: self.now, host: self.host.clone(), deed, stdin, wrong: false };
        let (scenario, wrong) = match self.load(std::slice::from_ref(&entry)) {
            Ok(scenario) => (scenario, None),
            // The tools have their own words for most of what is wrong, and those are what is met with in life.
            Err(told) => {
                // The lines before were read: what is wrong is wrong with this one, and stands last.
                let told: Vec<Diagnostic> = told.into_iter().filter(|told| told.gravity == Gravity::Error).collect();
                entry.wrong = true;
                let Ok(scenario) = self.load(std::slice::from_ref(&entry)) else { return Err(Refused::Unread(told)) };
                (scenario, told.into_iter().next_back())
            }
        };
        let mut session = self.run(&scenario);
        let step = *session.engine.program().order(Sequence::Recovery).last().expect("the line is a step of the recovery");
        let record = loop {
            let record = &session.engine.records[usize::from(step.0)];
            if record.ended.is_some() || session.step().is_none() {
                break session.engine.records[usize::from(step.0)].clone();
            }
        };
        let Some(ended) = record.ended else { return Err(Refused::Over) };
        self.remember();
        self.entries.push(entry);
        self.now = whole_millis(ended) + TYPING;
        Ok(Came { output: record.output, status: record.status, code: record.code, wrong })
    }

    /// Lets time go by up to an instant that is not before now. Whether the story lasts so long; else it stands at its end.
    pub fn wait(&mut self, until: Time) -> bool {
        self.remember();
        let there = self.until.is_none_or(|end| until <= end);
        self.now = self.now.max(if there { until } else { self.until.unwrap_or(until) });
        there
    }

    /// Lets time go by until something is believed, as `wait-for:` of a step writes it. Whether it came to that within an hour.
    ///
    /// # Errors
    /// What is wrong with the condition.
    pub fn wait_for(&mut self, condition: &str) -> Result<bool, Vec<Diagnostic>> {
        let text = format!(
            "{}    - {{host: {}, wait-for: {condition}, within: {PATIENCE}, note: \"waited\"}}\n",
            self.text(&[self.mark()]),
            quoted(&self.host)
        );
        let scenario =
            load(&self.file, &text).map_err(|told| told.into_iter().filter(|told| told.gravity == Gravity::Error).collect::<Vec<_>>())?;
        let mut session = Session::unjudged(crate::engine::Engine::new(&scenario, scenario.cases()[0], self.options.clone()));
        let step = *session.engine.program().order(Sequence::Recovery).last().expect("the wait is a step of the recovery");
        while session.engine.records[usize::from(step.0)].ended.is_none() && session.step().is_some() {}
        let record = &session.engine.records[usize::from(step.0)];
        let came = record.status == Status::Ok;
        // What came about at an instant is seen after it.
        let at = record.ended.map_or(self.now + PATIENCE, |at| if at > self.now { whole_millis(at) + TYPING } else { self.now });
        self.wait(at);
        Ok(came)
    }

    /// Lets time go by until the database that is reached from here says something else. Whether it came to that within an hour.
    pub fn step(&mut self) -> bool {
        let Ok(scenario) = self.load(&[Entry { at: self.bounded(self.now + PATIENCE), ..self.mark() }]) else { return false };
        let mut session = self.run(&scenario);
        let before = Seen::of(&session.engine.world, &self.host);
        let end = self.bounded(self.now + PATIENCE);
        while session.engine.next_at().is_some_and(|next| next < end) {
            let Some(at) = session.step() else { break };
            if !session.told().is_empty() && Seen::of(&session.engine.world, &self.host) != before {
                self.wait(whole_millis(at) + TYPING);
                return true;
            }
        }
        self.wait(end);
        false
    }

    /// Goes back by a line, a wait or a change of consoles. Whether there was one.
    pub fn undo(&mut self) -> bool {
        let Some((lines, now, host)) = self.before.pop() else { return false };
        if lines > self.entries.len()
            && let Some(lost) = self.dropped.pop()
        {
            self.entries.extend(lost);
        }
        self.entries.truncate(lines);
        (self.now, self.host) = (now, host);
        true
    }

    /// Goes back to an instant: how many lines were typed after it, and are taken back.
    pub fn back_to(&mut self, at: Time) -> usize {
        self.remember();
        let kept = self.entries.partition_point(|entry| entry.at < at);
        let lost = self.entries.split_off(kept);
        let count = lost.len();
        if count > 0 {
            self.dropped.push(lost);
        }
        self.now = at;
        count
    }

    /// What is seen from here: the database that the console reaches.
    pub fn seen(&self) -> Seen {
        Seen::of(&self.session().engine.world, &self.host)
    }

    /// The run up to now. It knows what is so.
    pub fn session(&self) -> Session {
        let scenario = self.scenario();
        self.run(&scenario)
    }

    /// What was played, as a scenario. It knows the world.
    pub fn scenario(&self) -> Scenario {
        self.load(&[self.mark()]).expect("what was typed has been read before")
    }

    /// What was played as text, which loads to [`Desk::scenario`].
    pub fn saved(&self) -> String {
        self.text(&[self.mark()])
    }

    fn remember(&mut self) {
        self.before.push((self.entries.len(), self.now, self.host.clone()));
    }

    /// The last line of what was played: it lasted until now.
    fn mark(&self) -> Entry {
        Entry { at: self.bounded(self.now), host: self.host.clone(), deed: Deed::Waited, stdin: None, wrong: false }
    }

    /// An instant, or the end of the story if that comes before.
    fn bounded(&self, at: Time) -> Time {
        self.until.map_or(at, |until| at.min(until))
    }

    /// A run of a scenario of this desk up to now: nothing of this instant has happened.
    fn run(&self, scenario: &Scenario) -> Session {
        let mut session = Session::new(scenario, scenario.cases()[0], self.options.clone(), &[]);
        session.before(self.now);
        session
    }

    fn load(&self, further: &[Entry]) -> Result<Scenario, Vec<Diagnostic>> {
        load(&self.file, &self.text(further))
    }

    fn text(&self, further: &[Entry]) -> String {
        let mut text = self.base.clone();
        for (at, entry) in self.entries.iter().chain(further).enumerate() {
            if at == 0 {
                text.push_str(&format!("recovery:\n  at: {}\n  steps:\n", entry.at));
            }
            text.push_str(&self.line(entry));
        }
        text
    }

    /// A line as a step of a file.
    fn line(&self, entry: &Entry) -> String {
        let mut keys = vec![format!("at: {}", entry.at)];
        if entry.host != self.master && matches!(entry.deed, Deed::Run(_)) {
            keys.push(format!("host: {}", quoted(&entry.host)));
        }
        keys.push(match &entry.deed {
            Deed::Run(line) => format!("run: {}", quoted(line)),
            Deed::Act(act, host) => format!("act: {{{act}: {}}}", quoted(host)),
            Deed::Waited => "note: \"so far it was played\"".to_owned(),
        });
        if let Some(stdin) = &entry.stdin {
            keys.push(format!("stdin: {}", quoted(stdin)));
        }
        if entry.wrong {
            keys.push("expect: error".to_owned());
        }
        format!("    - {{{}}}\n", keys.join(", "))
    }
}

fn load(file: &str, text: &str) -> Result<Scenario, Vec<Diagnostic>> {
    scenario::load(file, text).map(|loaded| loaded.scenario)
}

/// The first whole millisecond that is not before an instant: instants that were played are to be read.
fn whole_millis(at: Time) -> Time {
    Time(at.0.div_ceil(1_000) * 1_000)
}
