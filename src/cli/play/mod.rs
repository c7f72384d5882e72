//! `poolsim play`: the trainee's console. Reads a line at a time from a terminal or a pipe, and shows what is said to it; what a
//! line means, and what is said, is [`play`](crate::play)'s.

mod drill;
mod input;
mod learned;

use super::args::{Common, Format, Play, PlayFrom, Run};
use super::cases::narrowed;
use super::exit::Status;
use super::load::{self, File};
use super::out::Out;
use super::reports::of_formats;
use super::shared::{only, style};
use super::targets::{self, Target};
use super::{bug, files, interrupt, pictures};
use crate::base::draw::Stream;
use crate::base::inert::clean_line;
use crate::base::time::Time;
use crate::engine;
use crate::play::{self, Ends, Mistakes, Next, Player, Seat};
use crate::scenario::model::{Case, Scenario};
use crate::search::desk;
use input::{Input, Read};
use std::io::IsTerminal as _;
use std::path::PathBuf;

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
    let targets = targets::begin(out, reports, std::slice::from_ref(path))?;
    seated(out, common, Own { at: Some(at), targets, ..Own::default() }, file, case, options)
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
    let targets = targets::begin(out, reports, std::slice::from_ref(path))?;
    seated(out, common, Own { open: args.open, progress: args.progress, at: None, targets }, file, case, options)
}

/// Sits down at the desk of a case, at its beginning or at an instant, and plays.
fn seated(out: Out, common: &Common, own: Own, file: File, case: Case, options: engine::Options) -> Result<Status, Status> {
    let terminal = std::io::stdin().is_terminal();
    bug::recipe(&format!("play of scenario {} (sha256 {}), seed {}", file.scenario.name, file.scenario.sha256, options.seed));
    let words = play::completions(&play::names(&file.scenario));
    let input = Input::new(terminal, words, Mistakes::new(file.scenario.of(case)), out.colour);
    let seat = Seat {
        file: file.name.clone(),
        scenario: file.scenario,
        case,
        options,
        open: own.open,
        asks: input.is_terminal(),
        style: style(common, out.colour),
    };
    let player = match own.at {
        Some(at) => Player::at(seat, at),
        None => Player::new(seat),
    };
    let player = player.map_err(|wrong| {
        load::tell(out, &wrong);
        let help = ["its timeline waits for a step of its own recovery: those that are played are the player's".to_string()];
        out.refuse("usage", &format!("{} can't be played", clean_line(&file.name)), &help, Status::Wrong)
    })?;
    Ok(session(out, input, player, own))
}

/// What is asked of a session beside the scenario.
#[derive(Default)]
struct Own {
    open: bool,
    progress: bool,
    at: Option<Time>,
    /// What is written at the end.
    targets: Vec<Target<Format>>,
}

/// Lines are read and what is said is shown, to the end.
fn session(out: Out, mut input: Input, mut player: Player, own: Own) -> Status {
    interrupt::listen_within();
    player.stopped_by(interrupt::wanted);
    let mut next = Next::Line;
    loop {
        let _ = out.piece(player.said().as_bytes());
        next = match next {
            Next::Line => match input.read(out, &player.prompt()) {
                Read::Line(line) => interrupt::stoppable(|| player.typed(&line)),
                Read::Nothing => Next::Line,
                Read::End => Next::Ends(player.left()),
                Read::Failed(error) => {
                    return out.refuse("unreadable", &format!("standard input cannot be read: {error}"), &[], Status::Unreadable);
                }
            },
            Next::Answer => match input.read(out, "") {
                Read::Line(answer) => player.answered(Some(&answer)),
                Read::Nothing | Read::End | Read::Failed(_) => player.answered(None),
            },
            Next::Save { name, text, tells_world } => {
                save(out, &name, &text, tells_world);
                Next::Line
            }
            Next::Ends(ends) => {
                let status = if ends.well { Status::Fine } else { Status::Unexpected };
                let status = written(out, &player, &ends, own.targets).and(status);
                return match ends.learnt.filter(|_| own.progress) {
                    Some(learnt) => status.and(learned::note(out, &learnt.drill, &learnt.world, learnt.points)),
                    None => status,
                };
            }
        };
    }
}

/// The session as a page, where one is wanted and may be told.
fn written(out: Out, player: &Player, ends: &Ends, targets: Vec<Target<Format>>) -> Status {
    let (Some(told), false) = (&ends.told, targets.is_empty()) else { return Status::Fine };
    let page = pictures::fitting(&|events| player.page(told, events));
    targets.into_iter().fold(Status::Fine, |status, target| status.and(target.put(out, &page)))
}

fn save(out: Out, name: &str, text: &str, tells_world: bool) {
    let path = PathBuf::from(name);
    if out.new_file(&path, text) == Status::Fine {
        let gives = if tells_world { "; it gives the world away" } else { "" };
        let words = format!("written: poolsim run {}{gives}", super::cases::quoted(&files::shown(&path)));
        let _ = out.piece(play::remark(&words, out.colour).as_bytes());
    }
}

/// A seed that nobody knows beforehand.
#[allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "who plays without a seed wants another world each time")]
fn fresh() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| u64::from(since.subsec_micros()) ^ (since.as_secs() % 1_000_000))
}

/// The case that is played: of several worlds one that the seed draws.
fn case(out: Out, args: &Play, file: &File, seed: u64) -> Result<Case, Status> {
    let drawn = play::drawn(&file.scenario, seed);
    match &args.world {
        Some(name) => {
            let world = narrowed(out, std::slice::from_ref(name), &[], file)?.first().and_then(|case| case.world);
            Ok(Case { world, ..drawn })
        }
        None => Ok(drawn),
    }
}
