//! The commands of Markdown: its code, what stands in its HTML, and lines that nobody marked as code.

use super::prose::{Page, alone_or_meant, begins_with_a_program, bid, forbidden, held, meant};
use super::session::{block, session};
use super::{Chunk, Found, Row, html, mail};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use std::collections::BTreeSet;

/// Languages that are a shell's, or none.
const SHELLS: &[&str] = &[
    "",
    "sh",
    "bash",
    "zsh",
    "ksh",
    "shell",
    "console",
    "shell-session",
    "shellsession",
    "bash-session",
    "sh-session",
    "text",
    "txt",
    "plain",
    "none",
    "terminal",
    "plaintext",
    "session",
    "log",
    "output",
];
/// Languages in which what stands is typed or run, and not read here.
const OTHERS: &[&str] =
    &["powershell", "ps1", "pwsh", "posh", "python", "py", "python3", "perl", "ruby", "bat", "batch", "cmd", "dos", "fish"];

/// The commands of such a text.
pub(super) fn found(text: &str) -> Found {
    let page = Page::of(text);
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    let line_of = |offset: usize| ends.partition_point(|end| *end < offset) as u32 + 1;
    let mut found = Found::default();
    let mut code: Option<(String, Vec<u32>)> = None;
    let mut markup: Option<(usize, usize)> = None;
    // Lines of which the rest has been read.
    let mut read: BTreeSet<u32> = BTreeSet::new();
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match &kind {
                    CodeBlockKind::Fenced(language) => language.split([' ', ',', '{', ':']).next().unwrap_or_default().to_lowercase(),
                    CodeBlockKind::Indented => String::new(),
                };
                let first = line_of(range.start);
                read.extend(first..=line_of(range.end.saturating_sub(1).max(range.start)));
                code = SHELLS.contains(&language.as_str()).then(|| (String::new(), Vec::new()));
                if OTHERS.contains(&language.as_str()) {
                    let what = format!("a block in {language}, which is not read: what it does is not in the verdict");
                    found.remarks.push((first, what, "say the same with commands of a console".into()));
                }
            }
            Event::Text(part) => {
                if let Some((source, lines)) = &mut code {
                    let first = line_of(range.start);
                    lines.extend((0..part.matches('\n').count() as u32).map(|more| first + more));
                    source.push_str(&part);
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some((source, lines)) = code.take() {
                    let last = lines.last().copied().unwrap_or(1);
                    let rows: Vec<Row> = source
                        .lines()
                        .zip(lines.iter().copied().chain(std::iter::repeat(last)))
                        .map(|(line, number)| (number, line.to_owned()))
                        .collect();
                    found.add(block(rows, &page));
                }
            }
            Event::Code(inner) if code.is_none() => {
                let (inner, line) = (inner.trim(), line_of(range.start));
                read.extend(line..=line_of(range.end.saturating_sub(1)));
                let begins = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
                let ends = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at);
                let before = &text[begins..range.start];
                if !forbidden(before) && (meant(inner) || alone_or_meant(inner) && bid(before, &text[range.end..ends])) {
                    found.chunks.push(Chunk { source: inner.to_owned(), lines: vec![line], ..Chunk::default() });
                } else if alone_or_meant(inner) {
                    let what = format!(
                        "`{}` is taken for a word of the sentence, and is not typed",
                        inner.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
                    );
                    found.remarks.push((line, what, "put it on a line of its own if it is to be typed".into()));
                }
            }
            Event::Start(Tag::HtmlBlock) => markup = Some((range.start, range.end)),
            Event::End(TagEnd::HtmlBlock) => {
                if let Some((start, end)) = markup.take() {
                    let first = line_of(start);
                    read.extend(first..=line_of(end.saturating_sub(1).max(start)));
                    found.add(html::found(&text[start..end], first - 1));
                }
            }
            Event::Start(Tag::Heading { .. }) => {
                read.insert(line_of(range.start));
            }
            _ => {}
        }
    }
    // Lines that nobody marked as code.
    let rest: Vec<Row> = mail::rows(text)
        .into_iter()
        .map(|(number, line)| if read.contains(&number) { (number, String::new()) } else { (number, unescaped(&line)) })
        .collect();
    let none = found.chunks.is_empty();
    let prose: Vec<Row> = rest
        .iter()
        .map(|(number, line)| {
            let typed = held(line);
            let taken = none
                || typed.spoken_of.is_some()
                || typed.typed.iter().any(|code| alone_or_meant(code))
                || super::prompt::prompt(line).is_some()
                || page.sets(line);
            (*number, if taken || !begins_with_a_program(line.trim()) { line.clone() } else { String::new() })
        })
        .collect();
    found.add(session(&prose, &page));
    found.sorted()
}

/// A line without the backslashes that keep signs from being read as marks.
fn unescaped(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\\' && chars.peek().is_some_and(|next| "_*<>|[]`-".contains(*next)) {
            continue;
        }
        out.push(c);
    }
    out
}
