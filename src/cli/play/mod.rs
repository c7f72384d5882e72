//! `poolsim play`: the trainee's console. Reads a line at a time from a terminal or a pipe, and shows what an operator
//! would see.

mod drill;
mod ending;
mod input;
mod learned;
mod line;
mod mistakes;
mod words;

use super::args::{Common, Format, Play, PlayFrom, Run};
use super::cases::narrowed;
use super::exit::Status;
use super::load::{self, File};
use super::out::Out;
use super::reports::of_formats;
use super::shared::{only, style};
use super::targets::{self, Target};
use super::{bug, files};
use crate::base::draw::Stream;
use crate::base::inert::{clean, clean_line};
use crate::base::time::{Span, Time};
use crate::catalog;
use crate::engine;
use crate::hazard::Severity;
use crate::report::text::layout::{COLUMNS, count, wrap};
use crate::report::{self, Report};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::model::{Case, Scenario};
use crate::search::desk::{self, Came, Deed, Desk, Refused, Seen};
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

/// `run --play-from`: the desk is opened at an instant of a run.
pub fn from(out: Out, common: &Common, args: &Run, when: PlayFrom) -> Status {
    match opened(out, common, args, when) {
        Ok(status) | Err(status) => status,
    }
}

fn opened(out: Out, common: &Common, args: &Run, when: PlayFrom) -> Result<Status, Status> {
    let reports = fits_play(out, common, "run --play-from")?;
    let [path] = &args.files[..] else {
        return Err(out.refuse("usage", "`run --play-from` plays one file", &["name one".to_owned()], Status::Wrong));
    };
    if path.as_os_str() == "-" {
        return Err(out.refuse("usage", FROM_INPUT, &[NAME_A_FILE.to_owned()], Status::Wrong));
    }
    let release = load::release(out, common)?;
    let file = load::load(out, path, &args.only.set, release)?;
    let terminal = std::io::stdin().is_terminal();
    let seed = common.seed.unwrap_or(file.scenario.seed);
    let cases = narrowed(out, &args.only.worlds, &args.only.recoveries, &file)?;
    let recovery = cases.first().and_then(|case| case.recovery);
    if cases.iter().any(|case| case.recovery != recovery) {
        let help = ["say which: `--recovery NAME`".to_owned()];
        return Err(out.refuse("usage", &format!("{} has several recoveries", clean_line(&file.name)), &help, Status::Wrong));
    }
    // Of several worlds one is drawn, as `play` does.
    let drawn = Stream::new(seed, "play", "world").below(0, cases.len() as u64) as usize;
    let case = cases[drawn];
    let options = engine::Options { seed, max_events: common.max_events, max_work: common.max_work, ..engine::Options::default() };
    let Some((scenario, at)) = taken_over(&file.scenario, case, &options, when) else {
        let help = ["`--play-from 15m` opens the desk at an instant".to_owned()];
        return Err(out.refuse("usage", &format!("no hazard is met in {}", clean_line(&file.name)), &help, Status::Wrong));
    };
    if scenario.until.is_some_and(|until| at > until) {
        let what = format!("--play-from {at} lies after the end of {}", clean_line(&file.name));
        return Err(out.refuse("usage", &what, &[], Status::Wrong));
    }
    let file = File { scenario, ..file };
    let case = Case { recovery: None, ..case };
    let mut player = seated(out, common, (false, false), file, case, (terminal, options))?;
    player.targets = targets::begin(out, reports, std::slice::from_ref(path))?;
    player.desk.wait(at);
    player.seen = player.desk.seen();
    Ok(player.play())
}

/// The scenario with what the recovery has done by then, and when that is; `None` where no hazard is met.
fn taken_over(scenario: &Scenario, case: Case, options: &engine::Options, when: PlayFrom) -> Option<(Scenario, Time)> {
    let at = match when {
        PlayFrom::At(at) => at,
        PlayFrom::Hazard => desk::first_hazard(scenario, case, options)?,
    };
    Some((desk::taken_over(scenario, case, options, at), at))
}

const FROM_INPUT: &str = "`play` can't read its scenario from standard input";
const NAME_A_FILE: &str = "name a file: standard input is where lines are typed";

/// The reports that are wanted of a session.
fn fits_play(out: Out, common: &Common, what: &str) -> Result<Vec<(Format, PathBuf)>, Status> {
    only(out, common, what, &[Format::Text])?;
    of_formats(out, common, what, &[Format::Html])
}

fn played(out: Out, common: &Common, args: &Play) -> Result<Status, Status> {
    let reports = fits_play(out, common, "play")?;
    let Some(path) = &args.file else { return drill::list(out, args.progress) };
    if path.as_os_str() == "-" {
        return Err(out.refuse("usage", FROM_INPUT, &[NAME_A_FILE.to_owned()], Status::Wrong));
    }
    let release = load::release(out, common)?;
    let file = drill::file(out, path, &args.set, release)?;
    let terminal = std::io::stdin().is_terminal();
    let seed = common.seed.unwrap_or_else(|| if terminal { fresh() } else { file.scenario.seed });
    let case = case(out, args, &file, seed)?;
    let options = engine::Options { seed, max_events: common.max_events, max_work: common.max_work, ..engine::Options::default() };
    let mut player = seated(out, common, (args.open, args.progress), file, case, (terminal, options))?;
    player.targets = targets::begin(out, reports, std::slice::from_ref(path))?;
    Ok(player.play())
}

/// The player at the desk of a case, at its beginning.
fn seated<'a>(
    out: Out,
    common: &'a Common,
    (open, progress): (bool, bool),
    file: File,
    case: Case,
    (terminal, options): (bool, engine::Options),
) -> Result<Player<'a>, Status> {
    let seed = options.seed;
    bug::recipe(&format!("play of scenario {} (sha256 {}), seed {seed}", file.scenario.name, file.scenario.sha256));
    let desk = Desk::new(&file.scenario, case, options).map_err(|wrong| {
        load::tell(out, &wrong);
        let help = ["its timeline waits for a step of its own recovery: those that are played are the player's".to_string()];
        out.refuse("usage", &format!("{} can't be played", clean_line(&file.name)), &help, Status::Wrong)
    })?;
    let names = words::names(&file.scenario);
    let mistakes = mistakes::Mistakes::new(file.scenario.of(case));
    let input = Input::new(terminal, words::completions(&names), mistakes, out.colour);
    let seen = desk.seen();
    let task = file.scenario.of(case).drill.clone().map(|drill| drill::Task::new(drill, progress));
    Ok(Player {
        out,
        common,
        open,
        file,
        case,
        desk,
        seen,
        names,
        input,
        last: None,
        task,
        hint: drill::Hints::default(),
        targets: Vec::new(),
    })
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

/// After how long it is asked whether a command that does not answer is waited for; the last is when a step of a file gives up.
const HANGS: [Span; 4] = [Span::secs(10), Span::secs(30), Span::secs(60), Span::secs(120)];

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
    /// The drill, where it is one.
    task: Option<drill::Task>,
    hint: drill::Hints,
    /// What is written at the end.
    targets: Vec<Target<Format>>,
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
                Read::End => return self.left(),
                Read::Failed(error) => {
                    return self.out.refuse("unreadable", &format!("standard input cannot be read: {error}"), &[], Status::Unreadable);
                }
            };
            match line::parse(&typed) {
                Ok(None) => {}
                Ok(Some(line)) => match self.one(line) {
                    Next::Goes if self.task.is_some() && self.desk.is_over() => {
                        self.dim("the time is up");
                        return self.finish();
                    }
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
        if let Some(task) = &self.task {
            text.push_str(&task.briefing(&drill::goal(&self.desk, &self.file.scenario, self.case)));
        }
        text + "`help` says what can be typed, `wait 5m` lets time go by, `status` shows what the pool believes.\n"
    }

    /// One line.
    fn one(&mut self, line: Line) -> Next {
        if !matches!(line, Line::Hint | Line::Status | Line::Why | Line::Help) {
            self.hint.forget();
        }
        if let Some(forbidden) = self.task.as_ref().and_then(|task| task.forbids(&line)) {
            self.dim(&forbidden);
            return Next::Goes;
        }
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
                if !self.desk.wait(self.desk.now() + span) && self.task.is_none() {
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
            Line::Hint => self.hint(),
            Line::Undo => {
                let lines = self.desk.count();
                if self.desk.undo() {
                    self.taken_back(lines.saturating_sub(self.desk.count()));
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
            Line::Quit => return Next::Ends(self.left()),
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
        if self.input.is_terminal() && came.as_ref().is_ok_and(|came| came.status == event::Status::Hung) {
            came = self.hangs(&done);
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

    /// A command that does not answer: as in life it is for whoever typed it to wait or to interrupt it.
    fn hangs(&mut self, deed: &Deed) -> Result<Came, Refused> {
        let mut came = Err(Refused::Over);
        for after in HANGS {
            self.desk.undo();
            came = self.desk.take_within(deed.clone(), None, Some(after));
            if !came.as_ref().is_ok_and(|came| came.status == event::Status::Hung) || after == HANGS[HANGS.len() - 1] {
                break;
            }
            self.dim(&format!("no answer for {after}: Enter waits on, Ctrl-C gives it up"));
            if !matches!(self.input.read(self.out, ""), Read::Line(_)) {
                break;
            }
        }
        came
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
            if !self.desk.wait(at) && self.task.is_none() {
                self.dim("the story ends here: `finish` tells how it came out");
            }
            self.look();
            return;
        }
        let lost = self.desk.back_to(at);
        self.taken_back(lost);
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
        if let Some(task) = &mut self.task
            && !std::mem::replace(&mut task.revealed, true)
        {
            self.dim("the drill is given up: what is so is told, and no points are counted");
        }
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
        let text: String = wrap(text, COLUMNS - 2).iter().map(|line| format!("{dim}  {line}{off}\n")).collect();
        self.say(&text);
    }
}

fn severity(severity: Severity) -> String {
    severity.name().to_uppercase()
}
