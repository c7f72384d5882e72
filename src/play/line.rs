//! What a typed line means: a command at the console, something done by hand, time, or a word of the desk's own.

use crate::base::time::{Span, Time};
use crate::scenario::write::quoted;

/// A line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Line {
    /// Typed at the console as it stands.
    Run(String),
    /// Done by hand: what, and to which host.
    Act(String, String),
    /// To another console.
    Ssh(String),
    /// Back to the console of the beginning.
    Exit,
    /// Time goes by.
    Wait(Span),
    /// Until something is believed: a condition as scenarios write it.
    WaitUntil(String),
    /// Until something that is seen from here changes.
    Step,
    /// To an instant, back or ahead.
    Goto(Time),
    /// Takes the last line back.
    Undo,
    /// What is believed.
    Status,
    /// What is to be done next.
    Hint,
    /// What was refused, and why.
    Why,
    /// What is so.
    Reveal,
    /// Writes the session: the name of the file.
    Save(String),
    /// To the end of the story, and what came of it.
    Finish,
    /// What can be typed.
    Help,
    /// Ends it.
    Quit,
}

/// What is done by hand, and to one host.
pub const ACTS: [&str; 4] = ["power-off", "power-on", "check-off", "reinstall"];

/// Reads a line; `None` where it says nothing.
///
/// # Errors
/// What is wrong with a line of the desk's own, and how it is written.
pub fn parse(text: &str) -> Result<Option<Line>, String> {
    let text = text.trim();
    let words: Vec<&str> = text.split_whitespace().collect();
    let Some((first, rest)) = words.split_first() else { return Ok(None) };
    if first.starts_with('#') {
        return Ok(None);
    }
    let alone = |line: Line| if rest.is_empty() { Ok(Some(line)) } else { Err(format!("`{first}` stands alone")) };
    let one = |what: &str| match rest {
        [one] => Ok((*one).to_owned()),
        _ => Err(format!("`{first}` wants {what}")),
    };
    match *first {
        act if ACTS.contains(&act) => one("the name of a host").map(|host| Some(Line::Act(act.to_owned(), host))),
        "ssh" => one("the name of a host").map(|host| Some(Line::Ssh(host.rsplit('@').next().unwrap_or_default().to_owned()))),
        "exit" | "logout" => alone(Line::Exit),
        "wait" => wait(rest).map(Some),
        "step" => alone(Line::Step),
        "goto" => one("an instant, such as `goto 12m`")
            .and_then(|at| Span::parse(&at).map_err(|why| format!("{why}: `goto 12m`")))
            .map(|at| Some(Line::Goto(Time::ZERO + at))),
        "undo" => alone(Line::Undo),
        "status" => alone(Line::Status),
        "hint" => alone(Line::Hint),
        "why" => alone(Line::Why),
        "reveal" => alone(Line::Reveal),
        "finish" => alone(Line::Finish),
        "help" | "?" => alone(Line::Help),
        "quit" => alone(Line::Quit),
        "save" => match text["save".len()..].trim() {
            "" => Err("`save` wants the name of a file".into()),
            path => Ok(Some(Line::Save(path.into()))),
        },
        _ => Ok(Some(Line::Run(text.to_owned()))),
    }
}

const WAIT: &str =
    "`wait 5m`, `wait until host beta dead` (or `alive`), `wait until vm db running` (or `halted`), `wait until xe answers` (or `hangs`)";

fn wait(rest: &[&str]) -> Result<Line, String> {
    match rest {
        [span] => Span::parse(span).map(Line::Wait).map_err(|why| format!("{why}: {WAIT}")),
        ["until", "host", host, held @ ("dead" | "alive")] => {
            Ok(Line::WaitUntil(format!("{{host: {}, live: {}}}", quoted(host), *held == "alive")))
        }
        ["until", "vm", vm, state @ ("running" | "halted" | "paused" | "suspended")] => {
            Ok(Line::WaitUntil(format!("{{vm: {}, power-state: {state}}}", quoted(vm))))
        }
        ["until", "xe", answers @ ("answers" | "hangs")] => Ok(Line::WaitUntil(format!("{{xe: {answers}}}"))),
        _ => Err(format!("it is written {WAIT}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart() {
        let read = |text: &str| parse(text).unwrap();
        assert_eq!(read("  xe host-list  params=all "), Some(Line::Run("xe host-list  params=all".into())));
        assert_eq!(read("power-off beta"), Some(Line::Act("power-off".into(), "beta".into())));
        assert_eq!(read("ssh root@beta"), Some(Line::Ssh("beta".into())));
        assert_eq!(read("wait 1m30s"), Some(Line::Wait(Span::secs(90))));
        assert_eq!(read("wait until host beta dead"), Some(Line::WaitUntil("{host: \"beta\", live: false}".into())));
        assert_eq!(read("wait until vm \"x running"), Some(Line::WaitUntil("{vm: \"\\\"x\", power-state: running}".into())));
        assert_eq!(read("wait until xe answers"), Some(Line::WaitUntil("{xe: answers}".into())));
        assert_eq!(read("hint"), Some(Line::Hint));
        assert_eq!(read("goto 12m"), Some(Line::Goto(Time::ZERO + Span::mins(12))));
        assert_eq!(read("save my file.yaml"), Some(Line::Save("my file.yaml".into())));
        assert_eq!((read(""), read("# a remark")), (None, None));
        for wrong in [
            "wait",
            "wait 5",
            "wait until",
            "wait until host beta gone",
            "wait until xe",
            "wait until xe runs",
            "hint 2",
            "goto",
            "goto noon",
            "power-off",
            "ssh a b",
            "undo 3",
            "save",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
