//! The player's side of the desk ([`search::desk`](crate::search::desk)): a line that was typed comes in, what is said to it
//! comes out. Knows no terminal and no file: who calls it reads lines, shows what is said, and writes what is to be saved. What
//! is said is what an operator would see, until the truth is asked for or the session ends.

mod drill;
mod line;
mod mistakes;
mod telling;
mod words;

pub use line::ACTS;
pub use mistakes::Mistakes;
pub use words::{Names, completions, names, remark};

use crate::base::draw::Stream;
use crate::base::inert::{clean, clean_line};
use crate::base::time::{Span, Time};
use crate::catalog;
use crate::engine;
use crate::report::text::Style;
use crate::report::text::layout::count;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::model::{Case, Scenario};
use crate::search::desk::{Came, Deed, Desk, Refused, Seen};
use crate::world::event;
use line::Line;

/// The case that is played: of several worlds one that the seed draws, the recovery left to whoever plays.
pub fn drawn(scenario: &Scenario, seed: u64) -> Case {
    let cases = scenario.cases();
    let worlds = scenario.worlds.len() as u64;
    let world = (worlds > 0).then(|| Stream::new(seed, "play", "world").below(0, worlds) as usize);
    Case { world, recovery: None, variant: cases.first().and_then(|case| case.variant) }
}

/// After how long it is asked whether a command that does not answer is waited for; the last is when a step of a file gives up.
const HANGS: [Span; 4] = [Span::secs(10), Span::secs(30), Span::secs(60), Span::secs(120)];

/// What is played, and how it is shown.
#[derive(Clone, Debug)]
pub struct Seat {
    /// The scenario's file, as what is saved names it.
    pub file: String,
    /// It.
    pub scenario: Scenario,
    /// Which of its worlds; its recovery is whoever plays.
    pub case: Case,
    /// Seed and bounds.
    pub options: engine::Options,
    /// Whether hazards are told as they arise.
    pub open: bool,
    /// Whether whoever plays is asked how long a command that hangs is waited for.
    pub asks: bool,
    /// How reports are laid out.
    pub style: Style,
}

/// What is to be done next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// The next line is read: [`Player::typed`].
    Line,
    /// An answer is read, without a prompt: [`Player::answered`].
    Answer,
    /// The session is to be written, and a line is read then.
    Save {
        /// The file's name, as it was typed.
        name: String,
        /// What belongs into it.
        text: String,
        /// Whether it tells which world was played.
        tells_world: bool,
    },
    /// Nothing is read any more.
    Ends(Ends),
}

/// How a session ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ends {
    /// Whether all is well: of a drill, that it was done.
    pub well: bool,
    /// The drill, where it was done without help.
    pub learnt: Option<Learnt>,
    /// The debriefing without colours, empty where it is no drill; `None` where nobody is told what was so, since a drill was left.
    pub told: Option<String>,
}

/// A drill that was done without help.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Learnt {
    /// The scenario's name.
    pub drill: String,
    /// The world; empty where there is but one.
    pub world: String,
    /// The points.
    pub points: u64,
}

/// What was refused last.
#[derive(Debug)]
enum Last {
    Code(String),
    Wrong(Vec<Diagnostic>),
    Hung,
}

/// What an answer is awaited for.
#[derive(Debug)]
enum Awaited {
    /// The console asks; this is what it did while nobody answered.
    Question(Typed, Came),
    /// A command hangs, and was given up after a while of [`HANGS`].
    Hang(Typed, usize, Came),
}

/// A line that is under way.
#[derive(Clone, Debug)]
struct Typed {
    deed: Deed,
    stdin: Option<String>,
    /// Whether the console asked something, and that was shown.
    asked: bool,
    /// When it was typed.
    at: Time,
}

/// Whoever plays, at the desk of a case.
#[derive(Debug)]
pub struct Player {
    file: String,
    scenario: Scenario,
    case: Case,
    options: engine::Options,
    open: bool,
    asks: bool,
    style: Style,
    desk: Desk,
    /// What was seen when it was last looked.
    seen: Seen,
    names: words::Names,
    last: Option<Last>,
    awaited: Option<Awaited>,
    /// The drill, where it is one.
    task: Option<drill::Task>,
    hint: drill::Hints,
    /// Asked again and again in a long search: whether whoever plays wants no more of it.
    stopped: fn() -> bool,
    /// What was said, and not yet shown.
    said: String,
}

impl Player {
    /// At the desk of a case, at its beginning. The briefing is said.
    ///
    /// # Errors
    /// What is wrong where the story can't do without a recovery of its own.
    pub fn new(seat: Seat) -> Result<Player, Vec<Diagnostic>> {
        let mut player = Player::silent(seat)?;
        player.hello();
        Ok(player)
    }

    /// The same at an instant: what was done by then is done.
    ///
    /// # Errors
    /// What is wrong where the story can't do without a recovery of its own.
    pub fn at(seat: Seat, at: Time) -> Result<Player, Vec<Diagnostic>> {
        let mut player = Player::silent(seat)?;
        player.desk.wait(at);
        player.seen = player.desk.seen();
        player.hello();
        Ok(player)
    }

    fn silent(seat: Seat) -> Result<Player, Vec<Diagnostic>> {
        let Seat { file, scenario, case, options, open, asks, style } = seat;
        let desk = Desk::new(&scenario, case, options.clone())?;
        Ok(Player {
            seen: desk.seen(),
            names: words::names(&scenario),
            task: scenario.of(case).drill.clone().map(drill::Task::new),
            hint: drill::Hints::default(),
            file,
            scenario,
            case,
            options,
            open,
            asks,
            style,
            desk,
            last: None,
            awaited: None,
            stopped: || false,
            said: String::new(),
        })
    }

    /// A search for a hint or for a safe way ends as soon as this says so, and says how far it came.
    pub fn stopped_by(&mut self, stopped: fn() -> bool) {
        self.stopped = stopped;
    }

    /// What a terminal shows before a line; nothing where an answer is awaited.
    pub fn prompt(&self) -> String {
        match self.awaited {
            None => format!("[{} {}] # ", self.desk.now(), clean_line(self.desk.host())),
            Some(_) => String::new(),
        }
    }

    /// What was said since this was last asked. It holds nothing that acts on a terminal but colours, where the style has them.
    pub fn said(&mut self) -> String {
        std::mem::take(&mut self.said)
    }

    /// A line was typed.
    pub fn typed(&mut self, line: &str) -> Next {
        let next = match line::parse(line) {
            Ok(None) => Next::Line,
            Ok(Some(line)) => self.one(line),
            Err(wrong) => {
                self.remark(&wrong);
                return Next::Line;
            }
        };
        self.in_time(next)
    }

    /// An answer was typed, or none will be: nobody types any more, or what hangs is given up.
    pub fn answered(&mut self, answer: Option<&str>) -> Next {
        let next = match (self.awaited.take(), answer) {
            (None, _) => Next::Line,
            (Some(Awaited::Question(typed, _)), Some(answer)) => {
                self.desk.undo();
                let typed = Typed { stdin: Some(format!("{answer}\n")), ..typed };
                let came = self.desk.take(typed.deed.clone(), typed.stdin.clone());
                self.settle(typed, came)
            }
            (Some(Awaited::Question(typed, first)), None) => self.settle(typed, Ok(first)),
            (Some(Awaited::Hang(typed, at, _)), Some(_)) => self.hangs(typed, at + 1),
            (Some(Awaited::Hang(typed, _, came)), None) => self.done(&typed, Ok(came)),
        };
        self.in_time(next)
    }

    /// A drill ends when its time is up.
    fn in_time(&mut self, next: Next) -> Next {
        if next == Next::Line && self.task.is_some() && self.desk.is_over() {
            self.remark("the time is up");
            return Next::Ends(self.finish());
        }
        next
    }

    /// The briefing.
    fn hello(&mut self) {
        let scenario = &self.scenario;
        let mut text = String::new();
        if !scenario.title.is_empty() {
            text.push_str(&format!("{}\n", clean_line(&scenario.title)));
        }
        if scenario.worlds.len() > 1 {
            text.push_str(&format!("What is so is one of {}; which, is not told.\n", count(scenario.worlds.len(), "world")));
        }
        if let Some(task) = &self.task {
            text.push_str(&task.briefing(&drill::goal(&self.desk, &self.scenario, self.case)));
        }
        text.push_str("`help` says what can be typed, `wait 5m` lets time go by, `status` shows what the pool believes.\n");
        self.say(&text);
    }

    /// One line.
    fn one(&mut self, line: Line) -> Next {
        if !matches!(line, Line::Hint | Line::Status | Line::Why | Line::Help) {
            self.hint.forget();
        }
        if let Some(forbidden) = self.task.as_ref().and_then(|task| task.forbids(&line)) {
            self.remark(&forbidden);
            return Next::Line;
        }
        match line {
            Line::Run(line) => return self.take(Deed::Run(line)),
            Line::Act(act, host) if self.known_host(&host) => return self.take(Deed::Act(act, host)),
            Line::Ssh(host) if self.known_host(&host) => {
                self.desk.go_to(&host);
                self.look();
            }
            Line::Act(..) | Line::Ssh(_) => {}
            Line::Exit => {
                let master = self.desk.first_console().to_owned();
                self.desk.go_to(&master);
                self.look();
            }
            Line::Wait(span) => {
                if !self.desk.wait(self.desk.now() + span) && self.task.is_none() {
                    self.remark("the story ends here: `finish` tells how it came out");
                }
                self.look();
            }
            Line::WaitUntil(condition) => match self.desk.wait_for(&condition) {
                Ok(came) => {
                    if !came {
                        self.remark("it did not come to that within an hour");
                    }
                    self.look();
                }
                Err(wrong) => self.wrong(wrong),
            },
            Line::Step => {
                if !self.desk.step() {
                    self.remark("nothing that is seen from here changed within an hour");
                }
                self.look();
            }
            Line::Goto(at) => self.go_to(at),
            Line::Hint => self.hint(),
            Line::Undo => {
                let lines = self.desk.count();
                if self.desk.undo() {
                    self.taken_back(lines.saturating_sub(self.desk.count()));
                    self.last = None;
                    self.seen = self.desk.seen();
                } else {
                    self.remark("there is nothing to take back");
                }
            }
            Line::Status => {
                let text = words::status(&self.desk.seen(), self.desk.host(), self.style.colour);
                self.say(&text);
            }
            Line::Why => self.why(),
            Line::Reveal => self.reveal(),
            Line::Save(name) => return self.save(name),
            Line::Help => self.say(words::HELP),
            Line::Finish => return Next::Ends(self.finish()),
            Line::Quit => return Next::Ends(self.left()),
        }
        Next::Line
    }

    fn known_host(&mut self, host: &str) -> bool {
        let known = self.names.hosts.iter().any(|name| name == host);
        if !known {
            let near = catalog::nearest_of(host, self.names.hosts.iter().map(String::as_str));
            let help = near.first().map(|name| format!(": did you mean {name}?")).unwrap_or_default();
            self.remark(&format!("there is no host {}{help}", clean_line(host)));
        }
        known
    }

    fn take(&mut self, deed: Deed) -> Next {
        let mut typed = Typed { deed, stdin: None, asked: false, at: self.desk.now() };
        let came = self.desk.take(typed.deed.clone(), None);
        if let Ok(first) = &came
            && let Some(asked) = words::question(&first.output)
        {
            // The question stands, and the answer is a line of its own; where none comes, standard input was closed.
            let asked = clean(asked);
            self.say(&asked);
            typed.asked = true;
            self.awaited = Some(Awaited::Question(typed, first.clone()));
            return Next::Answer;
        }
        self.settle(typed, came)
    }

    /// A command came back, or hangs: then whoever types may wait on.
    fn settle(&mut self, typed: Typed, came: Result<Came, Refused>) -> Next {
        if self.asks && came.as_ref().is_ok_and(|came| came.status == event::Status::Hung) {
            return self.hangs(typed, 0);
        }
        self.done(&typed, came)
    }

    /// A command that does not answer: as in life it is for whoever typed it to wait or to interrupt it.
    fn hangs(&mut self, typed: Typed, at: usize) -> Next {
        self.desk.undo();
        let came = self.desk.take_within(typed.deed.clone(), typed.stdin.clone(), Some(HANGS[at]));
        match came {
            Ok(came) if came.status == event::Status::Hung && at + 1 < HANGS.len() => {
                self.remark(&format!("no answer for {}: Enter waits on, Ctrl-C gives it up", HANGS[at]));
                self.awaited = Some(Awaited::Hang(typed, at, came));
                Next::Answer
            }
            came => self.done(&typed, came),
        }
    }

    /// A line has ended.
    fn done(&mut self, typed: &Typed, came: Result<Came, Refused>) -> Next {
        match came {
            Ok(mut came) => {
                if typed.asked {
                    came.output = words::after_question(&came.output).to_owned();
                }
                if let (Deed::Act(act, host), event::Status::Ok) = (&typed.deed, came.status) {
                    self.say(&words::done(act, host));
                }
                self.came(typed.at, came);
            }
            Err(Refused::Unread(wrong)) => self.wrong(wrong),
            Err(Refused::Over) => self.remark("the story ends before that: `finish` tells how it came out"),
            Err(Refused::TooLong) => self.remark("a session holds no more lines: `save FILE`, or `undo`"),
        }
        Next::Line
    }

    fn came(&mut self, before: Time, came: Came) {
        let Came { output, status, code, wrong } = came;
        let mut text = clean(&output);
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        self.say(&text);
        if status == event::Status::Hung {
            self.remark(&format!("^C  (given up after {})", (self.desk.now()).since(before)));
        }
        self.last = match (status, code, wrong) {
            (event::Status::Hung, ..) => Some(Last::Hung),
            (_, Some(code), _) => Some(Last::Code(code)),
            (_, None, Some(wrong)) => Some(Last::Wrong(vec![wrong])),
            (_, None, None) => None,
        };
        self.look();
        if self.open {
            self.arisen(before);
        }
    }

    /// What is believed otherwise than when it was last looked, in a line.
    fn look(&mut self) {
        let seen = self.desk.seen();
        let changes = self.seen.changes(&seen);
        if !changes.is_empty() {
            self.remark(&format!("~ {}", clean_line(&changes)));
        }
        self.seen = seen;
    }

    fn go_to(&mut self, at: Time) {
        if at >= self.desk.now() {
            if !self.desk.wait(at) && self.task.is_none() {
                self.remark("the story ends here: `finish` tells how it came out");
            }
            self.look();
            return;
        }
        let lost = self.desk.back_to(at);
        self.taken_back(lost);
        self.last = None;
        self.seen = self.desk.seen();
        if lost > 0 {
            self.remark(&format!(
                "{} of what was typed after that {} taken back (`undo` brings it again)",
                count(lost, "line"),
                if lost == 1 { "is" } else { "are" }
            ));
        }
    }

    fn say(&mut self, text: &str) {
        self.said.push_str(text);
    }

    /// Words of the desk's own, apart from what the console shows.
    fn remark(&mut self, text: &str) {
        let text = words::remark(text, self.style.colour);
        self.say(&text);
    }
}
