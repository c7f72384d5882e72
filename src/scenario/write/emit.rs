//! A tree as YAML text, laid out as people lay scenarios out: what is short stands on one line. Knows nothing of what the
//! keys mean but which of them begin a part of the file.

use super::super::tree::{Key, Node, Value};
use crate::base::time::Span;
use std::fmt::Write as _;

/// The longest line that lists and maps are put on.
const LINE_MOST: usize = 120;
/// Keys whose value is a part of the file: one entry a line.
const PARTS: [&str; 11] =
    ["pool", "timeline", "worlds", "recovery", "recoveries", "operators", "goal", "drill", "expect", "settings", "matrix"];
/// Keys whose entries have a line each where something is said of one.
const NAMED: [&str; 4] = ["hosts", "spare-hosts", "storage", "vms"];

/// The text of a tree, with a line's end.
pub fn yaml(node: &Node) -> String {
    let mut out = String::new();
    match &node.value {
        Value::Map(entries) if !entries.is_empty() => block_map(&mut out, entries, 0),
        _ => {
            let _ = writeln!(out, "{}", flow(node));
        }
    }
    out
}

/// The entries of a map, a line or more each; the cursor stands at the column `indent` of a line.
fn block_map(out: &mut String, entries: &[(Key, Node)], indent: usize) {
    for (at, (key, node)) in entries.iter().enumerate() {
        if at > 0 {
            pad(out, indent);
        }
        let name = scalar(&key.text, false);
        out.push_str(&name);
        out.push(':');
        value(out, node, indent, indent + name.chars().count() + 1, Some(&key.text));
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

/// What stands behind a key or a dash that stands at `indent`; the cursor is at `column`.
fn value(out: &mut String, node: &Node, indent: usize, column: usize, key: Option<&str>) {
    match &node.value {
        Value::Null if key.is_some() => out.push('\n'),
        Value::Text(text) if literal(text) => {
            out.push_str(if text.ends_with('\n') { " |\n" } else { " |-\n" });
            for line in text.lines() {
                if !line.is_empty() {
                    pad(out, indent + 2);
                    out.push_str(line);
                }
                out.push('\n');
            }
        }
        Value::Map(entries) if !entries.is_empty() && in_block(node, column, key) => {
            out.push('\n');
            pad(out, indent + 2);
            block_map(out, entries, indent + 2);
        }
        Value::List(items) if !items.is_empty() && in_block(node, column, key) => {
            out.push('\n');
            for item in items {
                pad(out, indent + 2);
                out.push('-');
                match &item.value {
                    Value::Map(entries) if !entries.is_empty() && in_block(item, indent + 4, None) => {
                        out.push(' ');
                        block_map(out, entries, indent + 4);
                    }
                    _ => value(out, item, indent + 2, indent + 4, None),
                }
            }
        }
        Value::Text(text) => {
            let _ = writeln!(out, " {}", scalar(text, false));
        }
        _ => {
            let _ = writeln!(out, " {}", flow(node));
        }
    }
}

/// Whether a list or map has more than one line.
fn in_block(node: &Node, column: usize, key: Option<&str>) -> bool {
    let is_map = |node: &Node| matches!(&node.value, Value::Map(entries) if !entries.is_empty());
    let by_itself = match (&node.value, key) {
        (Value::Map(_), Some(key)) if PARTS.contains(&key) => true,
        (Value::Map(entries), Some(key)) if NAMED.contains(&key) => entries.iter().any(|(_, details)| is_map(details)),
        (Value::List(items), _) => items.iter().any(is_map),
        _ => false,
    };
    by_itself || holds_lines(node) || column + 1 + flow(node).chars().count() > LINE_MOST
}

fn holds_lines(node: &Node) -> bool {
    match &node.value {
        Value::Text(text) => literal(text),
        Value::List(items) => items.iter().any(holds_lines),
        Value::Map(entries) => entries.iter().any(|(_, value)| holds_lines(value)),
        _ => false,
    }
}

/// A value on one line.
fn flow(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Number { text, .. } => text.clone(),
        Value::Text(text) => scalar(text, true),
        Value::List(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", scalar(&key.text, true), flow(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Whether a text is written as a block of lines: it has several, and nothing in it that a block would lose.
fn literal(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    body.contains('\n')
        && !body.ends_with('\n')
        && !body.starts_with([' ', '\n'])
        && body.lines().all(|line| line.is_empty() || !line.trim_matches(' ').is_empty())
        && text.chars().all(|c| c == '\n' || printable(c))
}

/// Whether a character stands in YAML as it is, whatever reads it.
fn printable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// A text: bare where nobody can take it for anything else, else quoted.
fn scalar(text: &str, in_flow: bool) -> String {
    if plain(text, in_flow) {
        return text.to_string();
    }
    if text.chars().all(printable) && text.contains(['"', '\\']) && !text.contains('\'') {
        return format!("'{text}'");
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if printable(c) => quoted.push(c),
            c => {
                let _ = write!(quoted, "\\u{:04x}", c as u32);
            }
        }
    }
    quoted.push('"');
    quoted
}

/// Words that YAML, in one version or another, takes for something else than a text.
const RESERVED: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

fn plain(text: &str, in_flow: bool) -> bool {
    let begins = |c: char| c.is_alphabetic() || matches!(c, '_' | '/' | '$');
    let goes_on = |c: char| {
        c.is_alphanumeric() || matches!(c, '_' | '/' | '$' | '-' | '.' | '+' | '=' | '%' | '@' | ' ') || !in_flow && ",;()'!?".contains(c)
    };
    let short = text.len() <= 1000;
    let lower = text.to_lowercase();
    short
        && (text.starts_with(begins) && text.chars().all(goes_on) || unit(text))
        && !text.ends_with(' ')
        && !RESERVED.contains(&lower.as_str())
        && text.parse::<f64>().is_err()
}

/// Whether a text is a duration, a range of them, a size or a share: it begins with a digit and is no number.
fn unit(text: &str) -> bool {
    let one = |text: &str| {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        Span::parse(text).is_ok() && text.bytes().all(|b| b.is_ascii_alphanumeric())
            || digits > 0
                && matches!(
                    text[digits..].trim_start_matches(|c: char| c == '.' || c.is_ascii_digit()),
                    "KiB" | "MiB" | "GiB" | "TiB" | "B" | "%"
                )
    };
    match text.split_once("..") {
        Some((first, last)) => one(first) && one(last),
        None => one(text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::diagnostic::Source;
    use super::super::super::plain::{self, Map};
    use super::super::super::tree;
    use super::*;

    /// The tree without its places, which a text that was read has.
    fn bare(node: &Node) -> Node {
        let value = match &node.value {
            Value::List(items) => return plain::list(items.iter().map(bare)),
            Value::Map(entries) => {
                let mut map = Map::default();
                entries.iter().for_each(|(key, value)| map.say(&key.text, bare(value)));
                return map.node();
            }
            value => value.clone(),
        };
        Node { place: Default::default(), value }
    }

    fn read(text: &str) -> Node {
        bare(&tree::parse(&Source::new("written.yaml", text)).unwrap_or_else(|error| panic!("{}\n{text}", error.render(false))))
    }

    /// Texts that YAML would misread if they stood bare.
    const HARD: [&str; 54] = [
        "",
        " ",
        "a ",
        " a",
        "true",
        "No",
        "on",
        "Y",
        "null",
        "~",
        "NULL",
        "5",
        "0x1f",
        "1e5",
        "1_000",
        "-3",
        "+3",
        ".5",
        "inf",
        ".inf",
        "nan",
        "2001-01-01",
        "12:30",
        "1d2e",
        "a: b",
        "a #b",
        "#a",
        "a:",
        "- a",
        "-",
        "?",
        "? a",
        "[a]",
        "{a}",
        "*a",
        "&a",
        "!a",
        "|",
        ">",
        "%a",
        "@a",
        "`a",
        "\"a\"",
        "'a'",
        "it's",
        "\"it's\"",
        "a\\n",
        "a\nb",
        "\ta",
        "\u{7f}\u{85}\u{2028}\u{feff}",
        "<<",
        "a, b",
        "ä ö",
        "---",
    ];

    #[test]
    fn every_text_is_read_back_wherever_it_stands() {
        for text in HARD {
            let mut inner = Map::default();
            inner.say(text, plain::text(text));
            let mut map = Map::default();
            map.say(text, plain::text(text));
            map.say("list", plain::texts([text, "b"]));
            map.say("flow", inner.node());
            map.say("blocks", plain::list([plain::named(vec![(text.to_string(), plain::text(text))])]));
            let node = map.node();
            let written = yaml(&node);
            assert_eq!(read(&written), node, "{text:?}\n{written}");
        }
    }

    #[test]
    fn blocks_of_lines_are_read_back() {
        for text in
            ["a\nb", "a\nb\n", "a\n\nb\n", "a\n  b\n c", "a\nb\n\n", "\na\nb", " a\nb", "a\n \nb", "a\nb ", "a\n\tb", "a: b\n- c\n# d"]
        {
            let mut map = Map::default();
            map.say("about", plain::text(text));
            map.say(
                "steps",
                plain::list([plain::named(vec![("run".to_string(), plain::text(text)), ("id".to_string(), plain::text("x"))])]),
            );
            let node = map.node();
            let written = yaml(&node);
            assert_eq!(read(&written), node, "{text:?}\n{written}");
        }
    }

    #[test]
    fn what_is_short_stands_on_one_line_and_bare() {
        let step = plain::named(vec![
            ("at".to_string(), plain::text("5m..9m")),
            ("fault".to_string(), { plain::named(vec![("crash".to_string(), plain::text("beta"))]) }),
        ]);
        let mut map = Map::default();
        map.say("title", plain::text("One host, cut off"));
        map.say("timeline", plain::list([step]));
        assert_eq!(yaml(&map.node()), "title: One host, cut off\ntimeline:\n  - {at: 5m..9m, fault: {crash: beta}}\n");
    }
}
