//! Texts with lines that are no page of a browser's and no Markdown: mails, sessions, what wikis and documents keep as text. Blocks of
//! code have their own marks in each of them.

use super::prompt::prompt;
use super::prose::{Page, begins_with_a_program};
use super::session::{block, session};
use super::{Found, Row};
use std::cell::Cell;

/// A block has at most so many lines.
const LINES_MOST: usize = 1000;
/// As many lines are looked at for the ends of blocks, all in all.
const LOOKED_MOST: usize = 200_000;

/// The commands of such a text.
pub(super) fn found(rows: &[Row], page: &Page) -> Found {
    // A script that nobody named so.
    if rows.iter().any(|(_, line)| begins_with_a_program(line.trim()) || page.by_variable(line))
        && rows.iter().all(|(_, line)| of_a_shell(line, page))
    {
        return block(rows.to_vec(), page);
    }
    let mut found = Found::default();
    let (mut at, mut from) = (0, 0);
    let looked = Cell::new(0);
    while at < rows.len() {
        let Some((begin, end, behind)) = block_at(rows, at, page, &looked) else {
            at += 1;
            continue;
        };
        found.add(session(&rows[from..at], page));
        found.add(block(rows[begin..end].to_vec(), page));
        (at, from) = (behind, behind);
    }
    found.add(session(&rows[from..], page));
    found
}

/// Whether a line is one of a script's, and none of a text's.
fn of_a_shell(line: &str, page: &Page) -> bool {
    let line = line.trim();
    let first = line.split([' ', ';']).next().unwrap_or_default();
    let words = [
        "then", "else", "elif", "fi", "do", "done", "esac", "{", "}", ";;", "case", "function", "return", "exit", "local", "export", "set",
        "trap", "read", "echo", "printf", "for", "while", "until", "if", "[", "[[", "shift", "break", "continue", "true", ":",
    ];
    let assigns = line.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !name.starts_with(|c: char| c.is_ascii_digit())
    });
    let branch = line.ends_with(')') && !line.contains(' ') || line.split_once(") ").is_some_and(|(pattern, _)| !pattern.contains(' '));
    let function = line.contains("() {") || line.ends_with("()");
    line.is_empty()
        || line.starts_with('#') && prompt(line).is_none_or(|prompt| prompt.bare)
        || begins_with_a_program(line)
        || page.by_variable(line)
        || words.contains(&first) && !line.ends_with('.')
        || assigns && !line.ends_with('.')
        || branch
        || function
        || line.starts_with("--")
}

/// A block that begins in a line: its lines, and where the text goes on.
fn block_at(rows: &[Row], at: usize, page: &Page, looked: &Cell<usize>) -> Option<(usize, usize, usize)> {
    let line = rows[at].1.trim();
    let lower = line.to_lowercase();
    let last = rows.len().min(at + LINES_MOST);
    let until = |ends: &dyn Fn(&str) -> bool| {
        (at + 1..last).take_while(|_| looked.replace(looked.get() + 1) < LOOKED_MOST).find(|at| ends(rows[*at].1.trim()))
    };
    let closed = |end: usize| (at + 1, end, end + 1);
    // Jira and Confluence {code:bash}, a forum's [code], Trac's {{{.
    for (open, close) in [("{code", "{code}"), ("{noformat", "{noformat}"), ("[code", "[/code]"), ("{{{", "}}}")] {
        let alone = line.len() == open.len()
            || lower.strip_prefix(open).is_some_and(|rest| rest.ends_with(['}', ']']) && !rest[..rest.len() - 1].contains(['}', ']']));
        if lower.starts_with(open) && alone {
            return until(&|line: &str| line.to_lowercase() == close).map(closed);
        }
    }
    if lower.starts_with("#+begin_src") || lower.starts_with("#+begin_example") {
        return until(&|line: &str| line.to_lowercase().starts_with("#+end_")).map(closed);
    }
    // AsciiDoc: a line of signs, and the same again.
    if line.len() >= 4 && (line.bytes().all(|b| b == b'-') || line.bytes().all(|b| b == b'.')) {
        let end = until(&|other: &str| other == line)?;
        let said = at > 0 && rows[at - 1].1.trim().starts_with('[');
        let inside = &rows[at + 1..end];
        let code =
            inside.iter().all(|(_, line)| of_a_shell(line, page)) && inside.iter().any(|(_, line)| begins_with_a_program(line.trim()));
        return (said || code).then(|| closed(end));
    }
    // reStructuredText: what is indented below.
    if lower.starts_with(".. code-block::") || lower.starts_with(".. code::") || lower.starts_with(".. sourcecode::") {
        let margin = |line: &str| line.len() - line.trim_start().len();
        let own = margin(&rows[at].1);
        let end = (at + 1..last).find(|at| !rows[*at].1.trim().is_empty() && margin(&rows[*at].1) <= own).unwrap_or(last);
        return Some((at + 1, end, end));
    }
    None
}
