//! Where lines come from: a terminal, with editing, history and completion, or a pipe, whose lines are shown as if they had
//! been typed.

use super::super::out::Out;
use crate::play::Mistakes;
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Context, Editor, Helper};
use std::borrow::Cow;
use std::io::BufRead as _;

/// No line is longer, in bytes.
const BYTES_MOST: u64 = 1 << 16;

/// What was read.
pub enum Read {
    /// A line.
    Line(String),
    /// Ctrl-C on an empty line, or a line that is too long: nothing is typed.
    Nothing,
    /// Nobody types any more.
    End,
    /// It cannot be read.
    Failed(String),
}

/// Where lines come from.
pub enum Input {
    /// A terminal.
    Terminal(Box<Editor<Words, DefaultHistory>>),
    /// Something else.
    Pipe,
}

impl Input {
    /// The terminal if it is one and can be edited on, else what is piped in.
    pub fn new(terminal: bool, words: Vec<String>, mistakes: Mistakes, colour: bool) -> Input {
        if terminal && let Ok(mut editor) = Editor::with_config(Config::builder().completion_type(CompletionType::List).build()) {
            editor.set_helper(Some(Words { known: words, mistakes, colour }));
            return Input::Terminal(Box::new(editor));
        }
        Input::Pipe
    }

    /// Whether somebody sits at a terminal.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Input::Terminal(_))
    }

    /// The next line.
    pub fn read(&mut self, out: Out, prompt: &str) -> Read {
        match self {
            Input::Terminal(editor) => match editor.readline(prompt) {
                Ok(line) => {
                    let _ = editor.add_history_entry(&line);
                    Read::Line(line)
                }
                Err(ReadlineError::Interrupted) => Read::Nothing,
                Err(ReadlineError::Eof) => Read::End,
                Err(error) => Read::Failed(error.to_string()),
            },
            Input::Pipe => piped(out, prompt),
        }
    }
}

fn piped(out: Out, prompt: &str) -> Read {
    use std::io::Read as _;
    let mut stdin = std::io::stdin().lock();
    let mut bytes = Vec::new();
    match (&mut stdin).take(BYTES_MOST).read_until(b'\n', &mut bytes) {
        Ok(0) => return Read::End,
        Ok(_) => {}
        Err(error) => return Read::Failed(error.to_string()),
    }
    if bytes.len() as u64 == BYTES_MOST && !bytes.ends_with(b"\n") {
        // The rest of it is no line of its own.
        while let Ok(left) = stdin.fill_buf() {
            let (used, ended) = match left.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at + 1, true),
                None => (left.len(), left.is_empty()),
            };
            stdin.consume(used);
            if ended {
                break;
            }
        }
        out.say("a line of more than 65536 bytes was left out\n");
        return Read::Nothing;
    }
    let line = String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']).to_owned();
    let _ = out.piece(format!("{prompt}{}\n", crate::base::inert::clean_line(&line)).as_bytes());
    Read::Line(line)
}

/// What a terminal completes, and what it shows as a mistake.
pub struct Words {
    known: Vec<String>,
    mistakes: Mistakes,
    colour: bool,
}

impl Completer for Words {
    type Candidate = Pair;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let begun = line[..at].rfind([' ', '=', '$', '{', ',']).map_or(0, |blank| blank + 1);
        let word = &line[begun..at];
        let found = self.known.iter().filter(|known| known.starts_with(word) && (!word.is_empty() || begun > 0));
        Ok((begun, found.map(|known| Pair { display: known.clone(), replacement: known.clone() }).collect()))
    }
}

impl Hinter for Words {
    type Hint = String;
}
impl Highlighter for Words {
    /// What is a mistake is red and underlined, before anybody has pressed Enter.
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        let wrong = if self.colour { self.mistakes.of(line) } else { Vec::new() };
        if wrong.is_empty() {
            return Cow::Borrowed(line);
        }
        let (mut shown, mut at) = (String::new(), 0);
        for part in wrong {
            shown.push_str(&line[at..part.start]);
            shown.push_str("\u{1b}[4;31m");
            shown.push_str(&line[part.clone()]);
            shown.push_str("\u{1b}[0m");
            at = part.end;
        }
        shown.push_str(&line[at..]);
        Cow::Owned(shown)
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        self.colour
    }
}
impl Validator for Words {}
impl Helper for Words {}
