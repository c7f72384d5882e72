//! The commands of a page: what is preformatted, and lines of its text that are commands.

use super::prompt::prompt;
use super::prose::{Page, alone_or_meant, begins_with_a_program, bid, forbidden};
use super::session::{block, session};
use super::{Found, Row};

/// Elements that what is typed stands in, on web pages and in a wiki's own text.
pub(super) const BLOCKS: [&str; 9] = ["pre", "code", "tt", "kbd", "samp", "syntaxhighlight", "source", "nowiki", "ac:plain-text-body"];
/// Those that keep lines as they are.
const KEPT: [&str; 4] = ["pre", "syntaxhighlight", "source", "ac:plain-text-body"];
/// Elements within what is preformatted; any other is a placeholder that nobody wrote as an entity.
const KNOWN: &[&str] = &[
    "pre",
    "code",
    "tt",
    "kbd",
    "samp",
    "nowiki",
    "source",
    "syntaxhighlight",
    "br",
    "b",
    "i",
    "em",
    "strong",
    "span",
    "p",
    "div",
    "li",
    "ul",
    "ol",
    "td",
    "tr",
    "th",
    "table",
    "tbody",
    "a",
    "font",
    "u",
    "small",
    "mark",
    "var",
    "wbr",
    "img",
    "button",
    "s",
    "del",
    "ins",
    "sub",
    "sup",
    "input",
    "label",
];
/// An element's mark has at most so many bytes.
const TAG_LONGEST: usize = 4000;
/// Elements that end a line of text.
const ENDS: &[&str] =
    &["br", "/div", "/p", "/li", "/tr", "/td", "/th", "/h1", "/h2", "/h3", "/h4", "/dt", "/dd", "/pre", "/ul", "/ol", "/blockquote", "hr"];

/// Whether an element is begun anywhere.
pub(super) fn opens(lower: &str, tag: &str) -> bool {
    lower.match_indices(tag).any(|(at, _)| lower[..at].ends_with('<') && lower[at + tag.len()..].starts_with(['>', ' ', '\n', '\t']))
}

/// A page under way.
struct Reading {
    /// The element that is open, and its lines.
    open: Option<(String, Vec<Row>)>,
    /// The lines of all else.
    text: Vec<Row>,
    line: u32,
}

impl Reading {
    /// Text, its entities read or not.
    fn take(&mut self, text: &str, read: fn(&str) -> String) {
        for (at, part) in text.split('\n').enumerate() {
            if at > 0 {
                self.line += 1;
                self.ends();
            }
            let rows = self.open.as_mut().map_or(&mut self.text, |(_, rows)| rows);
            if let Some((_, last)) = rows.last_mut() {
                last.push_str(&read(part));
            }
        }
    }

    /// A further line, with the number of where the reader is.
    fn ends(&mut self) {
        let line = self.line;
        let rows = self.open.as_mut().map_or(&mut self.text, |(_, rows)| rows);
        rows.push((line, String::new()));
    }
}

/// The commands of a page, or of a part of one that begins behind so many lines.
pub(super) fn found(text: &str, behind: u32) -> Found {
    let page = Page::of(text);
    let mut found = Found::default();
    let mut reading = Reading { open: None, text: vec![(behind + 1, String::new())], line: behind + 1 };
    let mut rest = text;
    let mut endless: Vec<&str> = Vec::new();
    while !rest.is_empty() {
        let Some(at) = rest.find('<') else {
            reading.take(rest, entities);
            break;
        };
        reading.take(&rest[..at], entities);
        rest = &rest[at..];
        if let Some(raw) = rest.strip_prefix("<![CDATA[") {
            let end = raw.find("]]>").unwrap_or(raw.len());
            reading.take(&raw[..end], str::to_owned);
            rest = raw.get(end + 3..).unwrap_or_default();
            continue;
        }
        // What is not shown is not typed.
        let hidden = [("<!--", "-->"), ("<script", "</script"), ("<style", "</style")]
            .iter()
            .find(|(open, _)| starts_with(rest, open))
            .and_then(|(_, close)| {
                // Where there is no end behind one, there is none behind the next.
                let end = if endless.contains(close) { None } else { find(rest, close) };
                if end.is_none() {
                    endless.push(close);
                }
                let end = end? + close.len();
                Some(end + if rest[..end].ends_with("-->") { 0 } else { rest[end..].find('>')? + 1 })
            });
        if let Some(end) = hidden {
            reading.line += rest[..end].matches('\n').count() as u32;
            rest = &rest[end..];
            continue;
        }
        let Some(end) = rest.bytes().take(TAG_LONGEST).position(|b| b == b'>').map(|end| end + 1) else {
            reading.take("<", str::to_owned);
            rest = &rest[1..];
            continue;
        };
        let tag = rest[1..end].trim_end_matches('>').trim().trim_end_matches('/').to_lowercase();
        let name = tag.split_whitespace().next().unwrap_or_default().to_owned();
        let closes = name.strip_prefix('/').is_some_and(|name| reading.open.as_ref().is_some_and(|(open, _)| open == name));
        if closes {
            let (open, rows) = reading.open.take().unwrap_or_default();
            let after = rest[end..].split(['<', '\n']).next().unwrap_or_default();
            close(&open, rows, (&mut reading, after), &page, &mut found);
        } else if BLOCKS.contains(&name.as_str()) && reading.open.is_none() && !tag.ends_with(&format!("{name}/")) {
            reading.open = Some((name.clone(), vec![(reading.line, String::new())]));
        } else if !is_element(&name, reading.open.is_some()) {
            // A placeholder that nobody wrote as an entity.
            reading.take(&rest[..end], entities);
            rest = &rest[end..];
            continue;
        }
        if ENDS.contains(&name.as_str()) {
            reading.ends();
        }
        reading.line += rest[..end].matches('\n').count() as u32;
        rest = &rest[end..];
    }
    found.add(session(&reading.text, &page));
    found.sorted()
}

fn is_element(name: &str, within: bool) -> bool {
    let bare = name.trim_start_matches('/');
    if within {
        return KNOWN.contains(&bare);
    }
    let first = bare.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '!' || c == '?');
    first && !bare.contains('_') && (!bare.contains('-') || bare.contains(':'))
}

fn starts_with(text: &str, lead: &str) -> bool {
    text.get(..lead.len()).is_some_and(|head| head.eq_ignore_ascii_case(lead))
}

/// Where a text of plain signs stands in another, whatever its case.
fn find(text: &str, what: &str) -> Option<usize> {
    text.as_bytes().windows(what.len()).position(|window| window.eq_ignore_ascii_case(what.as_bytes()))
}

/// What stood in an element that has ended.
fn close(open: &str, rows: Vec<Row>, (reading, after): (&mut Reading, &str), page: &Page, found: &mut Found) {
    let rows: Vec<Row> = rows.into_iter().filter(|(_, line)| !line.trim().is_empty()).collect();
    if KEPT.contains(&open) || rows.len() > 1 && rows.iter().any(|(_, line)| begins_with_a_program(line.trim()) || prompt(line).is_some()) {
        found.add(block(rows, page));
        return;
    }
    let [(number, line)] = &rows[..] else { return };
    let code = line.trim();
    let before = reading.text.last().map_or("", |(_, line)| line.as_str());
    let typed = prompt(code).is_some()
        || page.sets(code)
        || alone_or_meant(code) && (code.contains(['=']) || code.contains(" --") || bid(before, after))
        || begins_with_a_program(code) && bid(before, after);
    if typed && !forbidden(before) {
        found.add(block(vec![(*number, line.clone())], page));
    } else if alone_or_meant(code) {
        let name: Vec<&str> = code.split_whitespace().take(2).collect();
        let what = format!("`{}` is taken for a word of the sentence, and is not typed", name.join(" "));
        found.remarks.push((*number, what, "put it on a line of its own if it is to be typed".into()));
    } else if let Some((_, last)) = reading.text.last_mut() {
        // A word of the sentence.
        last.push_str(line);
    }
}

/// Entities as the characters that they stand for.
fn entities(text: &str) -> String {
    const NAMED: &[(&str, char)] = &[
        ("lt", '<'),
        ("gt", '>'),
        ("amp", '&'),
        ("quot", '"'),
        ("apos", '\''),
        ("nbsp", '\u{a0}'),
        ("ensp", '\u{2002}'),
        ("emsp", '\u{2003}'),
        ("thinsp", '\u{2009}'),
        ("shy", '\u{ad}'),
        ("hyphen", '\u{2010}'),
        ("dash", '\u{2010}'),
        ("minus", '\u{2212}'),
        ("ndash", '\u{2013}'),
        ("mdash", '\u{2014}'),
        ("lsquo", '\u{2018}'),
        ("rsquo", '\u{2019}'),
        ("ldquo", '\u{201c}'),
        ("rdquo", '\u{201d}'),
        ("bdquo", '\u{201e}'),
        ("laquo", '\u{ab}'),
        ("raquo", '\u{bb}'),
        ("rarr", '\u{2192}'),
        ("bull", '\u{2022}'),
    ];
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let found = rest.bytes().take(11).position(|b| b == b';').and_then(|end| {
            let name = &rest[1..end];
            let named = NAMED.iter().find(|(known, _)| *known == name).map(|(_, c)| *c);
            let c = named.or_else(|| {
                let number = name.strip_prefix('#')?;
                let number = match number.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16).ok(),
                    None => number.parse().ok(),
                };
                number.and_then(char::from_u32)
            });
            c.map(|c| (c, end + 1))
        });
        let (c, used) = found.unwrap_or(('&', 1));
        out.push(c);
        rest = &rest[used..];
    }
    out + rest
}
