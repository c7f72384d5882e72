//! Laying text out in a fixed number of columns: widths, wrapping, padding, colours. Knows no pool and no report.

use crate::base::inert::inert;
use std::fmt::Write as _;

pub use crate::base::inert::{clean, clean_line};

/// The columns that a report keeps to.
pub const COLUMNS: usize = 80;

/// A colour or weight; each only underlines what the words say already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tint {
    /// No colour.
    Plain,
    /// Headings.
    Bold,
    /// What matters less.
    Dim,
    /// Corruption and failures.
    Alarm,
    /// Danger.
    Red,
    /// Outages.
    Yellow,
    /// Beliefs, notices.
    Blue,
    /// What was typed.
    Cyan,
    /// What went well.
    Green,
}

impl Tint {
    fn code(self) -> &'static str {
        match self {
            Tint::Plain => "",
            Tint::Bold => "1",
            Tint::Dim => "2",
            Tint::Alarm => "1;31",
            Tint::Red => "31",
            Tint::Yellow => "33",
            Tint::Blue => "34",
            Tint::Cyan => "36",
            Tint::Green => "32",
        }
    }
}

/// A page that grows line by line.
#[derive(Debug, Default)]
pub struct Page {
    text: String,
    colour: bool,
}

impl Page {
    /// An empty page, with or without ANSI colours.
    pub fn new(colour: bool) -> Page {
        Page { text: String::new(), colour }
    }
    /// What stands on it.
    pub fn into_text(self) -> String {
        self.text
    }
    /// `text` in a colour, if there are colours.
    pub fn tint(&self, tint: Tint, text: &str) -> String {
        if self.colour && tint != Tint::Plain && !text.is_empty() {
            format!("\u{1b}[{}m{text}\u{1b}[0m", tint.code())
        } else {
            text.to_string()
        }
    }
    /// An empty line.
    pub fn gap(&mut self) {
        self.text.push('\n');
    }
    /// One line as it stands, without blanks at its end.
    pub fn line(&mut self, line: &str) {
        self.text.push_str(&inert(line.trim_end()));
        self.text.push('\n');
    }
    /// A heading in capitals, and what follows it on the line; wrapped under itself.
    pub fn heading(&mut self, title: &str, rest: &str) {
        let lead = self.tint(Tint::Bold, title);
        self.hanging(&lead, width(title) + 2, Tint::Plain, rest);
    }
    /// `lead`, already laid out, then `text` wrapped in what is left of the line; further lines begin under the text.
    ///
    /// `indent` is where the text begins; `lead` is padded up to it, colours not counted.
    pub fn hanging(&mut self, lead: &str, indent: usize, tint: Tint, text: &str) {
        let room = COLUMNS.saturating_sub(indent).max(20);
        let mut first = true;
        for piece in wrap(text, room) {
            let mut line = if first { pad(lead, indent) } else { " ".repeat(indent) };
            let _ = write!(line, "{}", self.tint(tint, &piece));
            self.line(&line);
            first = false;
        }
        if first {
            self.line(lead);
        }
    }
}

/// `text` with blanks behind it up to `columns`; escape sequences are not counted.
pub fn pad(text: &str, columns: usize) -> String {
    let mut padded = text.to_string();
    padded.extend(std::iter::repeat_n(' ', columns.saturating_sub(width(text))));
    padded
}

/// `text` with blanks before it up to `columns`.
pub fn pad_left(text: &str, columns: usize) -> String {
    let mut padded = " ".repeat(columns.saturating_sub(width(text)));
    padded.push_str(text);
    padded
}

/// The columns that `text` takes on a terminal; ANSI colours take none.
pub fn width(text: &str) -> usize {
    let mut columns = 0;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            // A colour of ours: up to its final letter.
            for c in chars.by_ref() {
                if c.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            columns += char_width(c);
        }
    }
    columns
}

/// The wide blocks of East Asian scripts and pictures take two columns, marks that combine with a letter none.
fn char_width(c: char) -> usize {
    match u32::from(c) {
        0x0300..=0x036f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe6f | 0xff00..=0xff60 => 2,
        0x1f300..=0x1faff | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// Breaks `text` into lines of at most `room` columns, between words where that is possible, and within a word that is
/// longer than a line. Nothing is left out but the blanks at breaks. Line ends in `text` stay, and so does the blank
/// that a line begins with.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let room = room.max(4);
    let mut lines = Vec::new();
    for source in clean(text).lines() {
        wrap_line(source, room, &mut lines);
    }
    lines
}

fn wrap_line(source: &str, room: usize, lines: &mut Vec<String>) {
    if width(source) <= room {
        lines.push(source.trim_end().to_string());
        return;
    }
    let mut line = String::new();
    let mut used = 0;
    // Words keep the blanks before them, so that columns in a command's output stay where they fit.
    let mut rest = source;
    while !rest.is_empty() {
        let blanks = rest.len() - rest.trim_start_matches(' ').len();
        let end = rest[blanks..].find(' ').map_or(rest.len(), |at| at + blanks);
        let (word, after) = rest.split_at(end);
        rest = after;
        let columns = width(word);
        if used + columns <= room {
            line.push_str(word);
            used += columns;
            continue;
        }
        let bare = word.trim_start_matches(' ');
        if used > 0 && width(bare) <= room {
            lines.push(std::mem::take(&mut line).trim_end().to_string());
            line.push_str(bare);
            used = width(bare);
            continue;
        }
        // A word longer than a line is broken where the line is full.
        for c in word.chars() {
            if used + char_width(c) > room {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += char_width(c);
        }
    }
    if !line.trim().is_empty() {
        lines.push(line.trim_end().to_string());
    }
}

/// Breaks a command so that it can be pasted as it stands: a line that goes on ends in a backslash, and only blanks
/// between words are breaks.
pub fn wrap_command(command: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in clean(command).split(' ').filter(|word| !word.is_empty()) {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if line.is_empty() {
            line.push_str(word);
        } else if width(line) + 1 + width(word) + 2 <= room {
            line.push(' ');
            line.push_str(word);
        } else {
            line.push_str(" \\");
            lines.push(word.to_string());
        }
    }
    lines
}

/// `text` in at most `room` columns: what does not fit is left out at a blank, and `…` says so.
pub fn cut(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_string();
    }
    let (mut kept, mut used, mut blank) = (String::new(), 0, None);
    for c in text.chars() {
        if used + char_width(c) + 2 > room {
            break;
        }
        if c == ' ' {
            blank = Some(kept.len());
        }
        kept.push(c);
        used += char_width(c);
    }
    // A word that fills the line by itself is cut where the line is full.
    kept.truncate(blank.filter(|at| *at * 2 > kept.len()).unwrap_or(kept.len()));
    // Half a bracket, or half a command, says less than none.
    let half = |at: &usize| *at * 2 > kept.len();
    let bracket = kept.rfind('(').filter(|at| !kept[*at..].contains(')')).filter(half);
    let command = kept.rfind('`').filter(|_| kept.matches('`').count() % 2 == 1).filter(half);
    kept.truncate([bracket, command].into_iter().flatten().min().unwrap_or(kept.len()));
    format!("{} …", kept.trim_end_matches([' ', ',', ';', ':']))
}

/// "1 host", "2 hosts": a count with its noun.
pub fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping_loses_nothing_but_blanks_at_breaks() {
        let text = "the master takes the member for dead after 600 s of silence, at its next look, and does no more";
        for room in 4..120 {
            let lines = wrap(text, room);
            assert!(lines.iter().all(|line| width(line) <= room), "{room}: {lines:?}");
            let joined: String = lines.concat().split_whitespace().collect();
            let all: String = text.split_whitespace().collect();
            assert_eq!(joined, all, "{room}");
        }
    }

    #[test]
    fn a_long_word_is_broken_and_kept() {
        let word = "x".repeat(100);
        assert_eq!(wrap(&word, 30).concat(), word);
        assert!(wrap(&format!("a {word} b"), 30).iter().all(|line| width(line) <= 30));
    }

    #[test]
    fn no_line_of_a_page_is_a_command_to_ci() {
        let mut page = Page::new(false);
        page.hanging("", 0, Tint::Plain, &format!("{} ::error::wrapped to a line of its own ##[error]", "x".repeat(78)));
        assert_eq!(page.into_text().lines().nth(1), Some("\\u{3a}:error::wrapped to a line of its own \\u{23}#[error]"));
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("all of it", 9), "all of it");
        assert_eq!(cut("power off beta, and see that it is off", 22), "power off beta, and …");
        assert_eq!(cut("power off beta, and see that it is off", 20), "power off beta …");
        assert_eq!(cut("power off beta now (`xe host-shutdown`, then its button)", 40), "power off beta now …");
        assert_eq!(cut(&"x".repeat(50), 10), format!("{} …", "x".repeat(8)));
        for room in 4..60 {
            assert!(width(&cut("the master takes the member for dead after 600 s of silence 日本日本", room)) <= room);
        }
    }

    #[test]
    fn colours_take_no_columns() {
        let page = Page::new(true);
        assert_eq!(width(&page.tint(Tint::Alarm, "danger")), 6);
        assert_eq!(Page::new(false).tint(Tint::Alarm, "danger"), "danger");
        assert_eq!(width(&pad(&page.tint(Tint::Alarm, "danger"), 10)), 10);
    }

    #[test]
    fn a_wrapped_command_can_be_pasted() {
        let command = "poolsim run a-scenario-with-a-very-long-name.yaml --seed 1 --world isolated --recovery hasty";
        let lines = wrap_command(command, 50);
        assert!(lines.len() > 1 && lines.iter().all(|line| width(line) <= 52), "{lines:?}");
        assert_eq!(lines.join("\n").replace(" \\\n", " "), command);
    }

    #[test]
    fn wide_letters_count_double_and_marks_not_at_all() {
        assert_eq!(width("日本"), 4);
        assert_eq!(width("e\u{301}"), 1);
    }
}
