//! The part of the shell's grammar that a recovery needs: words, quotes, backslash, `#`, blank lines, `echo yes |`, and
//! `$names`. Anything else of a shell is an error that names it.

/// A piece of a word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// Text as it stands.
    Text(String),
    /// `$name` or `${name}`: the UUID of that object when the line runs.
    Variable(String),
}

/// A word: its pieces run together.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Word(pub Vec<Piece>);

/// One command line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// As typed.
    pub text: String,
    /// Its offset within the script, bytes.
    pub offset: usize,
    /// Its words, at least one.
    pub words: Vec<Word>,
    /// What is piped into it (`echo yes |`).
    pub piped: Option<String>,
}

/// The lines of a `run:`; at least one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Script {
    /// As the scenario has it.
    pub text: String,
    /// In order.
    pub lines: Vec<Line>,
}
