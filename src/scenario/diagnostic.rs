//! What is wrong with a scenario file: place, line, code, how to mend it. Plain data and one way to show it. Knows no
//! file but the name it is given, and no terminal.

use crate::base::inert::{clean, clean_line, hidden};
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::ops::Range;

/// A place in a text, in bytes: first and the one after the last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct Place {
    pub start: usize,
    pub end: usize,
}

impl Place {
    /// Whether it holds nothing.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }
}

/// How much a diagnostic weighs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Gravity {
    /// The file is read, but something will surprise.
    Warning,
    /// The file is wrong.
    Error,
}

impl Gravity {
    /// As reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Gravity::Warning => "warning",
            Gravity::Error => "error",
        }
    }
}

/// The one way to mend a mistake: what stands at a place of the file is replaced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mend {
    /// The place in bytes of the file, a byte-order mark not counted.
    pub span: Range<usize>,
    /// What belongs there.
    pub text: String,
}

/// One thing that is wrong. It carries its line with it, so that nobody needs the text again to show it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// What `poolsim explain` knows it by.
    pub code: &'static str,
    /// Error or warning.
    pub gravity: Gravity,
    /// The file as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The place in bytes of the whole file.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: String,
    /// The mend itself, where there is only one.
    pub mend: Option<Mend>,
    /// The line itself, or the part of it about the place where it is long.
    pub excerpt: String,
    /// The place within the excerpt, in bytes.
    pub marked: Range<usize>,
}

/// How many characters of a line are shown before and after a place.
const SHOWN_BEFORE: usize = 60;
const SHOWN_AFTER: usize = 100;

impl Diagnostic {
    /// The diagnostic as people read it, without a final newline.
    pub fn render(&self, colour: bool) -> String {
        let level = match self.gravity {
            Gravity::Error => Level::ERROR,
            Gravity::Warning => Level::WARNING,
        };
        let path = if self.file.is_empty() { "(no file)".to_string() } else { clean_line(&self.file) };
        // What is not seen is shown as a sign of its own: the marks below the line stay where they belong.
        let seen = |text: &str| text.chars().map(|c| if hidden(c) && c != '\t' { '\u{fffd}' } else { c }).collect::<String>();
        let start = seen(&self.excerpt[..self.marked.start]).len();
        let marked = start..start + seen(&self.excerpt[self.marked.clone()]).len();
        let snippet = Snippet::source(seen(&self.excerpt))
            .line_start(self.line as usize)
            .path(path.as_str())
            .annotation(AnnotationKind::Primary.span(marked));
        let mut group = level.primary_title(clean(&self.message)).id(self.code).element(snippet);
        if !self.help.is_empty() {
            group = group.element(Level::HELP.message(clean(&self.help)));
        }
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let shown = renderer.term_width(200).render(&[group]);
        // The excerpt of a long line does not begin at its first column: the renderer's own count would mislead.
        let head = format!("{path}:{}:", self.line);
        match shown.find(&head) {
            Some(at) => {
                let column = at + head.len();
                let tail = shown[column..].trim_start_matches(|c: char| c.is_ascii_digit());
                format!("{}{}{tail}", &shown[..column], self.column)
            }
            None => shown,
        }
    }
}

/// A text with its lines found once. Files that it includes follow it, each with its places behind those of the one
/// before, so that a place says which file it is in.
pub struct Source<'a> {
    file: &'a str,
    text: &'a str,
    lines: Vec<usize>,
    parts: Vec<Part<'a>>,
}

/// A file that another includes.
struct Part<'a> {
    source: Source<'a>,
    /// Where its places begin.
    base: usize,
    /// The line of the first file that brought it.
    line: u32,
}

impl<'a> Source<'a> {
    /// Takes a text; `file` is what diagnostics name it.
    pub fn new(file: &'a str, text: &'a str) -> Source<'a> {
        // A byte-order mark is no part of the text.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines = std::iter::once(0).chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1)).collect();
        Source { file, text, lines, parts: Vec::new() }
    }
    /// Adds a file that this one includes; its places begin at `base`, which lies behind all others. `line` is that of the
    /// entry in this file which brought it.
    pub fn add(&mut self, file: &'a str, text: &'a str, base: usize, line: u32) {
        self.parts.push(Part { source: Source::new(file, text), base, line });
    }
    /// The included file that a byte is in, with the byte's place in it.
    fn part(&self, at: usize) -> Option<(&Part<'a>, usize)> {
        let part = self.parts.partition_point(|part| part.base <= at).checked_sub(1).map(|found| &self.parts[found])?;
        Some((part, at - part.base))
    }
    /// The text.
    pub fn text(&self) -> &'a str {
        self.text
    }
    /// The file's name.
    pub fn file(&self) -> &'a str {
        self.file
    }
    /// The text at a place.
    pub fn slice(&self, place: Place) -> &'a str {
        match self.part(place.start) {
            Some((part, start)) => part.source.text.get(start..start + (place.end.saturating_sub(place.start))).unwrap_or(""),
            None => self.text.get(place.start..place.end).unwrap_or(""),
        }
    }
    /// A place within the file that it is in.
    pub fn within(&self, place: Place) -> Place {
        let base = self.part(place.start).map_or(0, |(part, _)| part.base);
        Place { start: place.start - base, end: place.end.saturating_sub(base) }
    }
    /// The line of the first file that a byte stands on or, from an included file, was brought by.
    pub fn line_of_file(&self, at: usize) -> u32 {
        self.part(at).map_or_else(|| self.line(at), |(part, _)| part.line)
    }
    /// The line, from 1, that a byte of the first file stands on.
    pub fn line(&self, at: usize) -> u32 {
        self.lines.partition_point(|start| *start <= at) as u32
    }
    /// The first byte of the line that a byte stands on.
    pub fn line_start(&self, at: usize) -> usize {
        self.lines[self.lines.partition_point(|start| *start <= at).saturating_sub(1)]
    }
    /// The text of the line that a byte stands on.
    pub fn line_text(&self, at: usize) -> &'a str {
        let start = self.line_start(at);
        let rest = &self.text[start..];
        let end = match self.lines.get(self.line(at) as usize) {
            Some(next) => next - 1 - start,
            None => rest.len(),
        };
        rest[..end].trim_end_matches('\r')
    }
    /// The place of a line and column, both from 1 and in characters.
    pub fn place_of(&self, line: usize, column: usize) -> Option<Place> {
        let start = *self.lines.get(line.checked_sub(1)?)?;
        let text = self.line_text(start);
        let at = text.char_indices().nth(column.saturating_sub(1)).map_or(text.len(), |(at, _)| at);
        Some(Place { start: start + at, end: start + at })
    }
    /// The same place if there is something to see, else the last character before it that is no blank.
    pub fn nearest(&self, place: Place) -> Place {
        let start = self.floor(place.start.min(self.text.len()));
        let at_end = self.text[start..].trim_start().is_empty();
        if !at_end {
            return Place { start, end: self.floor(place.end.clamp(start, self.text.len())) };
        }
        let end = self.text.trim_end().len();
        let start = self.floor(end.saturating_sub(1));
        Place { start, end }
    }
    fn floor(&self, mut at: usize) -> usize {
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    /// An error at a place.
    pub fn error(&self, place: Place, code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
        self.diagnostic(Gravity::Error, place, code, message.into(), help.into())
    }
    /// A warning at a place.
    pub fn warning(&self, place: Place, code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
        self.diagnostic(Gravity::Warning, place, code, message.into(), help.into())
    }

    fn diagnostic(&self, gravity: Gravity, place: Place, code: &'static str, message: String, help: String) -> Diagnostic {
        debug_assert!(
            super::diagnostics::find(code).is_some() || super::diagnostics::of_commands(code),
            "the code {code} is not in the table"
        );
        if let Some((part, start)) = self.part(place.start) {
            let place = Place { start, end: start + place.end.saturating_sub(place.start) };
            return part.source.diagnostic(gravity, place, code, message, help);
        }
        let start = self.floor(place.start.min(self.text.len()));
        let line = self.line_text(start);
        let in_line = (start - self.line_start(start)).min(line.len());
        // A place of several lines is marked on its first.
        let end = self.floor(place.end.clamp(start, self.text.len()));
        let marked_end = (in_line + (end - start)).min(line.len());
        let from = line[..in_line].char_indices().rev().nth(SHOWN_BEFORE).map_or(0, |(at, _)| at);
        let to = line[in_line..].char_indices().nth(SHOWN_AFTER).map_or(line.len(), |(at, _)| in_line + at);
        let (head, tail) = (if from > 0 { "…" } else { "" }, if to < line.len() { "…" } else { "" });
        let excerpt = format!("{head}{}{tail}", &line[from..to]);
        let mark = head.len() + in_line - from;
        let width = (marked_end.min(to) - in_line).max(line[in_line..].chars().next().map_or(0, char::len_utf8));
        Diagnostic {
            code,
            gravity,
            file: self.file.to_string(),
            line: self.line(start),
            column: line[..in_line].chars().count() as u32 + 1,
            span: start..end,
            message,
            help,
            mend: None,
            marked: mark..mark + width,
            excerpt,
        }
    }
}

/// A text short enough for a message.
pub fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_string(),
    }
    .replace(['\n', '\r', '\t'], " ")
}
