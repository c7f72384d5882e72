//! What the program writes: results to standard output, all else to standard error; files; colours.

use super::args::{Colour, Common};
use super::exit::Status;
use super::whole::Whole;
use crate::base::inert::{clean, clean_line, inert};
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;

/// The two streams and how they are coloured.
#[derive(Clone, Copy, Debug)]
pub struct Out {
    /// Whether standard output gets colours.
    pub colour: bool,
    /// Whether standard error gets colours.
    pub colour_err: bool,
}

impl Out {
    /// As the options, the terminal and the environment want it.
    pub fn new(common: &Common) -> Out {
        let wanted = |terminal: bool| match common.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => {
                let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
                terminal && set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb")
            }
        };
        Out { colour: wanted(std::io::stdout().is_terminal()), colour_err: wanted(std::io::stderr().is_terminal()) }
    }

    /// Results. A reader that has gone away ends it quietly; any other failure is told.
    pub fn result(self, text: &str) -> Status {
        self.piece(text.as_bytes()).map_or_else(|status| status, |_| Status::Fine)
    }

    /// A piece of a result: whether somebody still reads; any other failure is told.
    pub fn piece(self, bytes: &[u8]) -> Result<bool, Status> {
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
            Err(error) => Err(self.refuse("unreadable", &format!("standard output cannot be written: {error}"), &[], Status::Unreadable)),
        }
    }

    /// A part of the results, where more follow.
    pub fn stream(self, text: &str) -> Stream {
        match self.piece(text.as_bytes()) {
            Ok(true) => Stream::Open,
            Ok(false) => Stream::Gone,
            Err(_) => Stream::Failed,
        }
    }

    /// Words beside the results, none of them a command to CI; where nobody hears them they are lost.
    pub fn say(self, text: &str) {
        let _ = std::io::stderr().lock().write_all(inert(text).as_bytes());
    }

    /// Lines that CI is to obey.
    pub fn order(self, commands: &str) {
        let _ = std::io::stderr().lock().write_all(commands.as_bytes());
    }

    /// A refusal: what is wrong, with its code, and what to do about it.
    pub fn refuse(self, code: &str, what: &str, help: &[String], status: Status) -> Status {
        self.say(&self.refusal(code, what, help));
        status
    }

    /// The text of a refusal.
    pub fn refusal(self, code: &str, what: &str, help: &[String]) -> String {
        let (bold, red, off) = if self.colour_err { ("\u{1b}[1m", "\u{1b}[1;31m", "\u{1b}[0m") } else { ("", "", "") };
        let mut text = format!("{red}error[{code}]{off}{bold}: {}{off}\n", clean_line(what));
        for line in help {
            text.push_str(&format!("  = help: {}\n", clean(line)));
        }
        text
    }

    /// A file cannot be written.
    pub fn unwritable(self, path: &Path, error: &std::io::Error) -> Status {
        self.refuse("unreadable", &format!("{} cannot be written: {error}", path.display()), &[], Status::Unreadable)
    }

    /// Writes a file, over whatever stood there: whole, or not at all.
    pub fn file(self, path: &Path, text: &str) -> Status {
        match Whole::put(path, text) {
            Ok(()) => Status::Fine,
            Err(error) => self.unwritable(path, &error),
        }
    }

    /// Writes a file that must not be there yet.
    pub fn new_file(self, path: &Path, text: &str) -> Status {
        let opened = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
        let written = opened.and_then(|mut file| {
            // Half a file is worse than none.
            file.write_all(text.as_bytes()).inspect_err(|_| drop(std::fs::remove_file(path)))
        });
        match written {
            Ok(()) => Status::Fine,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let help = ["give another name, or remove it first".to_string()];
                self.refuse("unreadable", &format!("{} is there already and is not overwritten", path.display()), &help, Status::Unreadable)
            }
            Err(error) => self.unwritable(path, &error),
        }
    }
}

/// How it stands with standard output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    /// More may be written.
    Open,
    /// Its reader has gone away: nobody wants more.
    Gone,
    /// It cannot be written, and that has been told.
    Failed,
}
