//! Lines of a session, or of prose: those with a prompt, and those that begin with a command, each with as many lines below as a
//! shell would ask for.

use super::joint::{self, Joint};
use super::prompt::prompt;
use super::prose::{Held, Page, begins_with_a_program, held, unmarked};
use super::unfinished::{Want, unfinished};
use super::{Chunk, Found, Row};

/// As many lines may a loop, a function or a here-document have.
const LINES_MOST: usize = 300;
/// As many bytes of a page are looked at for their ends, all in all.
const LOOKED_MOST: usize = 16 << 20;

/// Whether a line says what is done by hand.
fn by_hand(line: &str) -> bool {
    crate::command::script::words::by_hand(line).is_some()
}

/// Whether a line begins something that ends below, or a command by a variable, or sets one that the page uses.
fn of_a_script(line: &str, page: &Page) -> bool {
    let line = line.trim();
    let function = line.split_once("()").is_some_and(|(name, rest)| {
        !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_- ".contains(&b))
            && (rest.trim().is_empty() || rest.trim().starts_with('{'))
    });
    let begins = [("for ", " in "), ("while ", ""), ("until ", ""), ("if ", ""), ("case ", " in")]
        .iter()
        .any(|(word, within)| line.starts_with(word) && line.contains(within));
    function || page.sets(line) || page.by_variable(line) || begins
}

/// What of a line is typed.
enum Line<'l> {
    Typed(Option<String>, &'l str),
    Held(Held<'l>),
}

/// Lines as they are read.
struct Reading<'r> {
    rows: &'r [Row],
    page: &'r Page,
    /// `#` alone begins a comment here, and is no prompt.
    comments: bool,
    /// `$` alone is the prompt here: whatever stands behind it was typed.
    dollars: bool,
    looked: usize,
    found: Found,
}

/// Reads the lines of a session, or of prose.
pub(super) fn session(rows: &[Row], page: &Page) -> Found {
    let bare = rows.iter().any(|(_, line)| prompt(line).is_some_and(|prompt| prompt.bare));
    let plain = |line: &str| prompt(line).is_none() && (begins_with_a_program(unmarked(line)) || page.sets(line));
    let comments = bare && rows.iter().any(|(_, line)| plain(line));
    let dollars = rows.iter().any(|(_, line)| line.trim_start().starts_with("$ ") && prompt(line).is_some());
    let mut reading = Reading { rows, page, comments, dollars, looked: 0, found: Found::default() };
    let mut at = 0;
    while at < rows.len() {
        at = reading.line(at);
    }
    reading.found
}

impl<'r> Reading<'r> {
    fn what(&self, line: &'r str) -> Line<'r> {
        if by_hand(line) {
            return Line::Typed(None, line.trim());
        }
        if let Some(typed) = line.trim_start().strip_prefix("$ ").filter(|_| self.dollars) {
            return Line::Typed(None, typed.trim());
        }
        match prompt(line) {
            // Whoever leaves goes back to where the next prompt is.
            Some(prompt) if prompt.host.is_some() && matches!(prompt.typed, "exit" | "logout") => Line::Typed(None, ""),
            Some(prompt) if !(prompt.bare && self.comments) => Line::Typed(prompt.host, prompt.typed),
            Some(_) => Line::Held(Held::default()),
            None if of_a_script(line, self.page) => Line::Typed(None, line.trim()),
            None => Line::Held(held(line)),
        }
    }

    /// Reads a line, and what belongs to it; where the next stands.
    fn line(&mut self, at: usize) -> usize {
        let rows = self.rows;
        let (number, line) = &rows[at];
        // A command whose name the margin broke begins with none.
        let below = rows.get(at + 1).map_or("", |(_, below)| below.trim());
        if !begins_with_a_program(unmarked(line))
            && prompt(line).is_none()
            && joint::joined(unmarked(line), below, |name| self.page.uses(name))
                .is_some_and(|(whole, sure)| sure && begins_with_a_program(&whole))
        {
            return self.command(at, None, unmarked(line), true);
        }
        match self.what(line) {
            Line::Typed(_, "") => at + 1,
            Line::Typed(host, typed) => {
                let program = prompt(line).is_some() || begins_with_a_program(typed) || by_hand(line);
                self.command(at, host, typed, program)
            }
            Line::Held(held) => {
                if let [one] = held.typed[..]
                    && line.trim_end().ends_with(one)
                {
                    return self.command(at, None, one, true);
                }
                if held.typed.is_empty() {
                    self.aside(at, &held);
                }
                for typed in held.typed {
                    self.found.chunks.push(Chunk { source: typed.to_owned(), lines: vec![*number], ..Chunk::default() });
                }
                at + 1
            }
        }
    }

    /// A line without a command: an answer, or a remark.
    fn aside(&mut self, at: usize, held: &Held<'_>) {
        let (number, line) = &self.rows[at];
        if prompt(line).is_some_and(|prompt| prompt.bare) {
            let mend = "take the `#` away if it is to be typed".to_owned();
            self.found.remarks.push((*number, "it begins with `#`, which is a comment to a shell: it is not typed".into(), mend));
        } else if let Some(spoken_of) = held.spoken_of {
            let mend = "put it on a line of its own if it is to be typed".to_owned();
            let name: Vec<&str> = spoken_of.split_whitespace().take(2).collect();
            self.found.remarks.push((*number, format!("`{}` is taken for a word of the sentence, and is not typed", name.join(" ")), mend));
        }
        // An answer, below the question.
        let answer = line.trim();
        let asked =
            at > 0 && self.rows[at - 1].1.contains("Type 'yes'") && answer.len() < 12 && !answer.contains(' ') && !answer.is_empty();
        if let Some(last) = self.found.chunks.last_mut()
            && (asked || ["yes", "YES", "Yes", "y", "no"].contains(&answer))
            && last.answer.is_none()
        {
            last.answer = Some(answer.to_owned());
        }
    }

    /// A command, with the lines that belong to it.
    fn command(&mut self, at: usize, host: Option<String>, typed: &str, program: bool) -> usize {
        let rows = self.rows;
        let first = rows[at].0;
        let prompted = prompt(&rows[at].1).is_some();
        let mut chunk = Chunk { source: typed.to_owned(), lines: vec![first], host, ..Chunk::default() };
        let mut next = self.joins(at + 1, &mut chunk, prompted);
        let (one, behind_one) = (chunk.clone(), next);
        while let Some(want) = self.wants(&chunk.source) {
            let Some((number, line)) = rows.get(next).filter(|_| chunk.lines.len() < LINES_MOST) else { break };
            let stops = line.trim().is_empty() && want != Want::Document && want != Want::End
                || prompted && prompt(line).is_some_and(|prompt| !prompt.bare);
            if stops {
                break;
            }
            chunk.source.push('\n');
            let line = if prompted { line.trim_start().strip_prefix("> ").unwrap_or(line) } else { line };
            // The end of a here-document stands at the beginning of its line, wherever the page's margin is.
            chunk.source.push_str(if want == Want::Document { dedented(line, &rows[at].1) } else { line.trim() });
            chunk.lines.push(*number);
            next = self.joins(next + 1, &mut chunk, prompted);
        }
        if self.wants(&chunk.source).is_some_and(|want| want != Want::More) {
            // It never ends: a sentence, or a line that a shell can't read.
            if !program {
                return at + 1;
            }
            (chunk, next) = (one, behind_one);
        }
        let worth = program
            || chunk.source.lines().any(|line| begins_with_a_program(line.trim()) || line.contains("xe "))
            || self.page.sets(&chunk.source)
            || self.page.by_variable(&chunk.source);
        if worth {
            self.found.chunks.push(chunk);
        }
        next
    }

    fn wants(&mut self, source: &str) -> Option<Want> {
        self.looked += source.len();
        unfinished(source).filter(|_| self.looked < LOOKED_MOST)
    }

    /// Joins to the last line of a command the lines below that a margin broke off from it; where the next stands.
    fn joins(&self, next: usize, chunk: &mut Chunk, prompted: bool) -> usize {
        let mut next = next;
        while let Some((number, line)) = self.rows.get(next) {
            let below = line.trim();
            if below.is_empty() || prompt(line).is_some() || begins_with_a_program(below) || prompted && unfinished(&chunk.source).is_some()
            {
                break;
            }
            let begins = chunk.source.rfind('\n').map_or(0, |at| at + 1);
            let Some((whole, sure)) = joint::joined(&chunk.source[begins..], below, |name| self.page.uses(name)) else { break };
            let above = chunk.lines.last().copied().unwrap_or(*number);
            chunk.joints.push(Joint { line: *number, above, whole: whole.trim().to_owned(), joined: sure });
            if !sure {
                break;
            }
            chunk.source.truncate(begins);
            chunk.source.push_str(&whole);
            next += 1;
        }
        next
    }
}

/// A line without as many blanks as another begins with.
fn dedented<'l>(line: &'l str, like: &str) -> &'l str {
    let margin = like.len() - like.trim_start().len();
    let own = line.len() - line.trim_start().len();
    &line[margin.min(own)..]
}

/// A block of code: a session if it has prompts, else the lines of a script.
pub(super) fn block(rows: Vec<Row>, page: &Page) -> Found {
    let prompts: Vec<bool> = rows.iter().filter_map(|(_, line)| prompt(line)).map(|prompt| prompt.bare).collect();
    let plain = rows.iter().any(|(_, line)| prompt(line).is_none() && begins_with_a_program(line.trim()));
    if prompts.contains(&false) || !prompts.is_empty() && !plain {
        return session(&rows, page);
    }
    let mut found = Found::default();
    for (number, _) in rows.iter().filter(|(_, line)| prompt(line).is_some()) {
        let mend = "take the `#` away if it is to be typed".to_owned();
        found.remarks.push((*number, "it begins with `#`, which is a comment to a shell: it is not typed".into(), mend));
    }
    let (rows, joints) = joint::mended(rows, |name| page.uses(name));
    let (lines, texts): (Vec<u32>, Vec<String>) = rows.into_iter().unzip();
    found.chunks.push(Chunk { source: texts.join("\n") + "\n", lines, joints, ..Chunk::default() });
    found
}
