//! The desk: one session at a time, which lasts until another begins.

use crate::ask::{Asked, wrong};
use crate::runs;
use poolsim::base::inert::clean_line;
use poolsim::play::{self, Mistakes, Next, Player, Seat};
use poolsim::report::text::Style;
use serde_json::{Value, json};
use std::cell::RefCell;

/// A session, and what is known of a line before it is typed.
struct Session {
    player: Player,
    mistakes: Mistakes,
    words: Vec<String>,
}

thread_local! {
    static SESSION: RefCell<Option<Session>> = const { RefCell::new(None) };
}

/// Begins a session.
pub fn play(asked: &Asked) -> Result<Value, Value> {
    let scenario = asked.load()?.scenario;
    let options = runs::of_session(asked, &scenario);
    let mut case = play::drawn(&scenario, options.seed);
    if !asked.text("world").is_empty() {
        match scenario.worlds.iter().position(|world| world.name == asked.text("world")) {
            Some(at) => case.world = Some(at),
            None => return Err(wrong("the scenario has no world of that name")),
        }
    }
    let mistakes = Mistakes::new(scenario.of(case));
    let words = play::completions(&play::names(&scenario));
    let seat = Seat {
        file: clean_line(asked.file()),
        scenario,
        case,
        options,
        open: asked.is("open"),
        asks: asked.is("asks"),
        style: Style { colour: asked.is("colour"), ..Style::default() },
    };
    let player = Player::new(seat).map_err(|told| {
        let what = told.first().map(|told| told.message.clone()).unwrap_or_default();
        wrong(&format!("it can't be played, since its timeline waits for a step of its own recovery: {}", clean_line(&what)))
    })?;
    let mut session = Session { player, mistakes, words };
    let said = told(&mut session.player, Next::Line);
    SESSION.set(Some(session));
    Ok(said)
}

/// A line is typed.
pub fn typed(asked: &Asked) -> Result<Value, Value> {
    with(|session| {
        let next = session.player.typed(asked.text("line"));
        told(&mut session.player, next)
    })
}

/// An answer is typed, or none: with `none` what hangs is given up.
pub fn answered(asked: &Asked) -> Result<Value, Value> {
    with(|session| {
        let answer = Some(asked.text("line")).filter(|_| !asked.is("none"));
        let next = session.player.answered(answer);
        told(&mut session.player, next)
    })
}

/// What is wrong with a line that is not yet typed, and the words that its last one may become.
pub fn look(asked: &Asked) -> Result<Value, Value> {
    with(|session| {
        let line = asked.text("line");
        let units = |byte: usize| line[..byte].encode_utf16().count();
        let wrong: Vec<[usize; 2]> = session.mistakes.of(line).into_iter().map(|of| [units(of.start), units(of.end)]).collect();
        let begun = line.rfind([' ', '=', '$', '{', ',']).map_or(0, |blank| blank + 1);
        let word = &line[begun..];
        let known = session.words.iter().filter(|known| known.starts_with(word) && (!word.is_empty() || begun > 0));
        json!({ "wrong": wrong, "from": units(begun), "words": known.collect::<Vec<_>>() })
    })
}

fn with(work: impl FnOnce(&mut Session) -> Value) -> Result<Value, Value> {
    SESSION.with_borrow_mut(|session| session.as_mut().map(work).ok_or_else(|| wrong("nobody sits at the desk")))
}

fn told(player: &mut Player, next: Next) -> Value {
    let (what, more) = match next {
        Next::Line => ("line", Value::Null),
        Next::Answer => ("answer", Value::Null),
        Next::Save { name, text, tells_world } => ("save", json!({ "name": name, "text": text, "tellsWorld": tells_world })),
        Next::Ends(ends) => ("ends", json!({ "well": ends.well, "helped": ends.learnt.is_none() })),
    };
    json!({ "said": player.said(), "prompt": player.prompt(), "next": what, "more": more })
}
