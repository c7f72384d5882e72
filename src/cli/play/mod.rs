//! `poolsim play`: the trainee's console. Reads a line at a time from a terminal or a pipe, and shows what an operator
//! would see.

mod input;
mod line;
mod words;

use super::args::{Common, Format, Play};
use super::cases::narrowed;
use super::exit::Status;
use super::load::{self, File};
use super::out::Out;
use super::shared::{only, style};
use super::{bug, files};
use crate::base::draw::Stream;
use crate::base::inert::{clean, clean_line};
use crate::base::time::Time;
use crate::catalog;
use crate::engine;
use crate::hazard::Severity;
use crate::report::text::layout::count;
use crate::report::{self, Report};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::model::{Case, Scenario};
use crate::search::desk::{Came, Deed, Desk, Refused, Seen};
use crate::search::study::{self, Options};
use crate::world::event;
use input::{Input, Read};
use line::Line;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

/// Plays a scenario.
pub fn play(out: Out, common: &Common, args: &Play) -> Status {
    match played(out, common, args) {
        Ok(status) | Err(status) => status,
    }
}

fn played(out: Out, common: &Common, args: &Play) -> Result<Status, Status> {
    only(out, common, "play", &[Format::Text])?;
    if !common.reports.is_empty() {
        let help = ["`save FILE` within it writes a scenario, and `poolsim run` of that its reports".to_string()];
        return Err(out.refuse("usage", "`play` writes no report beside it", &help, Status::Wrong));
    }
    if args.file.as_os_str() == "-" {
        let help = ["name a file: standard input is where lines are typed".to_string()];
        return Err(out.refuse("usage", "`play` can't read its scenario from standard input", &help, Status::Wrong));
    }
    let release = load::release(out, common)?;
    let file = load::load(out, &args.file, &args.set, release)?;
    let terminal = std::io::stdin().is_terminal();
    let seed = common.seed.unwrap_or_else(|| if terminal { fresh() } else { file.scenario.seed });
    let case = case(out, args, &file, seed)?;
    bug::recipe(&format!("play of scenario {} (sha256 {}), seed {seed}", file.scenario.name, file.scenario.sha256));
    let options = engine::Options { seed, max_events: common.max_events, max_work: common.max_work, ..engine::Options::default() };
    let desk = Desk::new(&file.scenario, case, options).map_err(|wrong| {
        load::tell(out, &wrong);
        let help = ["its timeline waits for a step of its own recovery: those that are played are the player's".to_string()];
        out.refuse("usage", &format!("{} can't be played", clean_line(&file.name)), &help, Status::Wrong)
    })?;
    let names = words::names(&file.scenario);
    let input = Input::new(terminal, words::completions(&names));
    let seen = desk.seen();
    let mut player = Player { out, common, open: args.open, file, case, desk, seen, names, input, last: None };
    Ok(player.play())
}

/// A seed that nobody knows beforehand.
#[allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "who plays without a seed wants another world each time")]
fn fresh() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| u64::from(since.subsec_micros()) ^ (since.as_secs() % 1_000_000))
}

/// The case that is played: of several worlds one that the seed draws.
fn case(out: Out, args: &Play, file: &File, seed: u64) -> Result<Case, Status> {
    let scenario = &file.scenario;
    let world = match &args.world {
        Some(name) => narrowed(out, std::slice::from_ref(name), &[], file)?.first().and_then(|case| case.world),
        None if scenario.worlds.is_empty() => None,
        None => Some(Stream::new(seed, "play", "world").below(0, scenario.worlds.len() as u64) as usize),
    };
    let variant = scenario.cases().first().and_then(|case| case.variant);
    Ok(Case { world, recovery: None, variant })
}

/// What came of a line, beside what it printed.
enum Next {
    Goes,
    Ends(Status),
}

/// What was refused last.
enum Last {
    Code(String),
    Wrong(Vec<Diagnostic>),
    Hung,
}

struct Player<'a> {
    out: Out,
    common: &'a Common,
    open: bool,
    file: File,
    case: Case,
    desk: Desk,
    /// What was seen when it was last looked.
    seen: Seen,
    names: words::Names,
    input: Input,
    last: Option<Last>,
}

impl Player<'_> {
    fn play(&mut self) -> Status {
        let hello = self.hello();
        self.say(&hello);
        loop {
            let prompt = format!("[{} {}] # ", self.desk.now(), clean_line(self.desk.host()));
            let typed = match self.input.read(self.out, &prompt) {
                Read::Line(line) => line,
                Read::Nothing => continue,
                Read::End => return Status::Fine,
                Read::Failed(error) => {
                    return self.out.refuse("unreadable", &format!("standard input cannot be read: {error}"), &[], Status::Unreadable);
                }
            };
            match line::parse(&typed) {
                Ok(None) => {}
                Ok(Some(line)) => match self.one(line) {
                    Next::Goes => {}
                    Next::Ends(status) => return status,
                },
                Err(wrong) => self.dim(&wrong),
            }
        }
    }

    /// The briefing.
    fn hello(&self) -> String {
        let scenario = &self.file.scenario;
        let mut text = String::new();
        if !scenario.title.is_empty() {
            text.push_str(&format!("{}\n", clean_line(&scenario.title)));
        }
        if scenario.worlds.len() > 1 {
            text.push_str(&format!("What is so is one of {}; which, is not told.\n", count(scenario.worlds.len(), "world")));
        }
        text + "`help` says what can be typed, `wait 5m` lets time go by, `status` shows what the pool believes.\n"
    }

    /// One line.
    fn one(&mut self, line: Line) -> Next {
        match line {
            Line::Run(line) => self.take(Deed::Run(line)),
            Line::Act(act, host) if self.known_host(&host) => self.take(Deed::Act(act, host)),
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
                if !self.desk.wait(self.desk.now() + span) {
                    self.dim("the story ends here: `finish` tells how it came out");
                }
                self.look();
            }
            Line::WaitUntil(condition) => match self.desk.wait_for(&condition) {
                Ok(came) => {
                    if !came {
                        self.dim("it did not come to that within an hour");
                    }
                    self.look();
                }
                Err(wrong) => self.wrong(wrong),
            },
            Line::Step => {
                if !self.desk.step() {
                    self.dim("nothing that is seen from here changed within an hour");
                }
                self.look();
            }
            Line::Goto(at) => self.go_to(at),
            Line::Undo => {
                if self.desk.undo() {
                    self.last = None;
                    self.seen = self.desk.seen();
                } else {
                    self.dim("there is nothing to take back");
                }
            }
            Line::Status => {
                let text = words::status(&self.desk.seen(), self.desk.host(), self.out.colour);
                self.say(&text);
            }
            Line::Why => self.why(),
            Line::Reveal => self.reveal(),
            Line::Save(path) => self.save(&path),
            Line::Help => self.say(words::HELP),
            Line::Finish => return Next::Ends(self.finish()),
            Line::Quit => return Next::Ends(Status::Fine),
        }
        Next::Goes
    }

    fn known_host(&mut self, host: &str) -> bool {
        let known = self.names.hosts.iter().any(|name| name == host);
        if !known {
            let near = catalog::nearest_of(host, self.names.hosts.iter().map(String::as_str));
            let help = near.first().map(|name| format!(": did you mean {name}?")).unwrap_or_default();
            self.dim(&format!("there is no host {}{help}", clean_line(host)));
        }
        known
    }

    fn take(&mut self, deed: Deed) {
        let before = self.desk.now();
        let done = deed.clone();
        let mut came = self.desk.take(deed.clone(), None);
        if let Ok(first) = &came
            && let Some(asked) = words::question(&first.output)
        {
            // The question stands, and the answer is a line of its own; where none comes, standard input was closed.
            let asked = clean(asked);
            self.say(&asked);
            if let Read::Line(answer) = self.input.read(self.out, "") {
                self.desk.undo();
                came = self
                    .desk
                    .take(deed, Some(answer + "\n"))
                    .map(|came| Came { output: words::after_question(&came.output).to_owned(), ..came });
            } else {
                came = Ok(Came { output: words::after_question(&first.output).to_owned(), ..first.clone() });
            }
        }
        match came {
            Ok(came) => {
                if let (Deed::Act(act, host), event::Status::Ok) = (&done, came.status) {
                    self.say(&words::done(act, host));
                }
                self.came(before, came);
            }
            Err(Refused::Unread(wrong)) => self.wrong(wrong),
            Err(Refused::Over) => self.dim("the story ends before that: `finish` tells how it came out"),
            Err(Refused::TooLong) => self.dim("a session holds no more lines: `save FILE`, or `undo`"),
        }
    }

    fn came(&mut self, before: Time, came: Came) {
        let Came { output, status, code, wrong } = came;
        let mut text = clean(&output);
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        self.say(&text);
        if status == event::Status::Hung {
            self.dim(&format!("^C  (given up after {})", (self.desk.now()).since(before)));
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
            self.dim(&format!("~ {}", clean_line(&changes)));
        }
        self.seen = seen;
    }

    fn go_to(&mut self, at: Time) {
        if at >= self.desk.now() {
            if !self.desk.wait(at) {
                self.dim("the story ends here: `finish` tells how it came out");
            }
            self.look();
            return;
        }
        let lost = self.desk.back_to(at);
        self.last = None;
        self.seen = self.desk.seen();
        if lost > 0 {
            self.dim(&format!(
                "{} of what was typed after that {} taken back (`undo` brings it again)",
                count(lost, "line"),
                if lost == 1 { "is" } else { "are" }
            ));
        }
    }

    /// What was refused last, and what would have to be so.
    fn why(&mut self) {
        let text = match &self.last {
            None => "nothing was refused just now".to_owned(),
            Some(Last::Hung) => {
                "nobody answered: xe asks its master, and waits as long as that takes. `poolsim explain hung`, `explain emergency`".into()
            }
            Some(Last::Wrong(wrong)) => words::wrong(wrong),
            Some(Last::Code(code)) => match catalog::find(code).first() {
                Some(entry) => format!("{}: {}", entry.name, entry.text.trim_end()),
                None => format!("{code}: the pool's own word for it; nothing more is known of it here"),
            },
        };
        self.say(&(clean(&text) + "\n"));
    }

    fn wrong(&mut self, wrong: Vec<Diagnostic>) {
        let text = words::wrong(&wrong);
        self.dim(&text);
        self.last = Some(Last::Wrong(wrong));
    }

    /// The run so far, with what is so.
    fn report(&self, whole: bool) -> (Scenario, Report) {
        let scenario = self.desk.scenario();
        let options =
            Options { seed: Some(scenario.seed), max_events: self.common.max_events, max_work: self.common.max_work, ..Options::default() };
        let case = scenario.cases()[0];
        let mut report = if whole {
            report::build(&study::study(&scenario, case, &options))
        } else {
            let mut begun = study::begin(&scenario, case, &options, false);
            begun.session.before(self.desk.now());
            report::build(&begun.cut())
        };
        // The mark of how far it was played is no step of anybody's.
        report.steps.retain(|step| step.at.is_some());
        (scenario, report)
    }

    fn arisen(&mut self, before: Time) {
        let (_, report) = self.report(false);
        let text: String = report
            .hazards
            .iter()
            .filter(|finding| finding.since >= before)
            .map(|finding| {
                format!("! {} {}, {}: {}\n", severity(finding.severity), finding.hazard, finding.since, clean_line(&finding.sentence))
            })
            .collect();
        self.say(&text);
    }

    fn reveal(&mut self) {
        let (scenario, report) = self.report(false);
        let text = report::text::render(&[Report { replay: String::new(), ..report }], style(self.common, self.out.colour));
        self.say(&format!("{}{text}", self.world(&scenario)));
    }

    fn world(&self, scenario: &Scenario) -> String {
        match scenario.worlds.first() {
            Some(world) => format!("The world was {}.\n\n", clean_line(&world.name)),
            None => String::new(),
        }
    }

    /// The story goes on to its end, and everything is told.
    fn finish(&mut self) -> Status {
        let (scenario, report) = self.report(true);
        let report = Report { replay: "`save FILE` in the session, then `poolsim run FILE`".into(), ..report };
        let text = report::text::render(std::slice::from_ref(&report), style(self.common, self.out.colour));
        self.say(&format!("{}{text}", self.world(&scenario)));
        Status::Fine
    }

    fn save(&mut self, path: &Path) {
        let of = match self.file.scenario.world_name(self.case) {
            Some(_) => "# It names the world that was played: do not show it to who is still to play.\n",
            None => "",
        };
        let head = format!("# Played from {}, seed {}.\n{of}", clean_line(&self.file.name), self.desk.seed());
        let path = PathBuf::from(path);
        if self.out.new_file(&path, &(head + &self.desk.saved())) == Status::Fine {
            let gives = if of.is_empty() { "" } else { "; it gives the world away" };
            self.dim(&format!("written: poolsim run {}{gives}", super::cases::quoted(&files::shown(&path))));
        }
    }

    fn say(&self, text: &str) {
        let _ = self.out.piece(text.as_bytes());
    }

    /// Words of the desk's own, apart from what the console shows.
    fn dim(&self, text: &str) {
        let (dim, off) = if self.out.colour { ("\u{1b}[2m", "\u{1b}[0m") } else { ("", "") };
        let text: String = clean(text).lines().map(|line| format!("{dim}  {line}{off}\n")).collect();
        self.say(&text);
    }
}

fn severity(severity: Severity) -> String {
    severity.name().to_uppercase()
}
