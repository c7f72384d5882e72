//! How a pool database codes texts: blanks that XML would lose, and sets and maps as S-expressions. What is coded in any of
//! the formats since XenServer 5.5 is read.

use std::borrow::Cow;

/// A value with its blanks put back (xapi, xml_spaces.ml). Until 2017 only a pair of blanks was coded (`%_`), since then each
/// of them (`%.`); `%t`, `%n`, `%r` and `%%` are of all times. What is none of these stays as it stands.
pub fn blanks(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let put = match rest.as_bytes().get(1) {
            Some(b'.') => " ",
            Some(b'_') => "  ",
            Some(b't') => "\t",
            Some(b'n') => "\n",
            Some(b'r') => "\r",
            Some(b'%') => "%",
            _ => {
                out.push('%');
                rest = &rest[1..];
                continue;
            }
        };
        out.push_str(put);
        rest = &rest[2..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// A part of an S-expression.
#[derive(PartialEq, Debug)]
enum Token {
    Open,
    Close,
    Text(String),
}

/// The parts of an S-expression; `None` where a text does not end, or something else stands between them. A backslash takes
/// the sign behind it as it is: which signs have one differs by release.
fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            '\'' => {
                let mut inside = String::new();
                loop {
                    match signs.next()? {
                        '\'' => break,
                        '\\' => inside.push(signs.next()?),
                        sign => inside.push(sign),
                    }
                }
                tokens.push(Token::Text(inside));
            }
            sign if sign.is_whitespace() => {}
            _ => return None,
        }
    }
    Some(tokens)
}

/// A set, `('a' 'b')`, in the order in which it stands; `None` where it is none. Nothing at all is an empty one.
pub fn set(text: &str) -> Option<Vec<String>> {
    members(text, |first, _| match first {
        Token::Text(text) => Some(text),
        Token::Open | Token::Close => None,
    })
}

/// A map, `(('k' 'v') ('l' 'w'))`, in the order in which it stands; `None` where it is none. Nothing at all is an empty one.
pub fn map(text: &str) -> Option<Vec<(String, String)>> {
    members(text, |first, rest| match (first, rest.next()?, rest.next()?, rest.next()?) {
        (Token::Open, Token::Text(key), Token::Text(value), Token::Close) => Some((key, value)),
        _ => None,
    })
}

/// A map as `xe` shows it, `k: v; l: w`, in the order in which it stands (xapi, records.ml). What is no pair is left out:
/// a value may hold the same signs, and nobody can tell.
pub fn shown_map(text: &str) -> Vec<(String, String)> {
    let pair = |part: &str| {
        let part = part.trim();
        let (key, value) = part.split_once(": ").or_else(|| Some((part.strip_suffix(':')?, "")))?;
        Some((key.trim().to_string(), value.trim().to_string()))
    };
    text.split("; ").filter_map(pair).collect()
}

/// What stands between the outer brackets, each member read from its first token on.
fn members<T>(text: &str, read: impl Fn(Token, &mut std::vec::IntoIter<Token>) -> Option<T>) -> Option<Vec<T>> {
    let mut tokens = tokens(text)?.into_iter();
    match tokens.next() {
        None => return Some(Vec::new()),
        Some(Token::Open) => {}
        Some(_) => return None,
    }
    let mut found = Vec::new();
    loop {
        match tokens.next()? {
            Token::Close => break,
            first => found.push(read(first, &mut tokens)?),
        }
    }
    tokens.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_of_both_eras_come_back() {
        for (coded, plain) in [
            ("a b", "a b"),
            ("a%_b", "a  b"),
            ("a%.b", "a b"),
            ("CPU%_%_%_ E5540%_@ 2", "CPU       E5540  @ 2"),
            ("%t%n%r%%", "\t\n\r%"),
            ("100%%_", "100%_"),
            ("%%.%%", "%.%"),
            ("50% %x %", "50% %x %"),
            ("", ""),
        ] {
            assert_eq!(blanks(coded), plain, "{coded}");
        }
    }

    #[test]
    fn maps_that_xe_shows_are_read() {
        let pair = |key: &str, value: &str| (key.to_string(), value.to_string());
        assert_eq!(shown_map(""), []);
        assert_eq!(shown_map("paused: "), [pair("paused", "")]);
        assert_eq!(shown_map("paused:"), [pair("paused", "")]);
        assert_eq!(
            shown_map("host_OpaqueRef:8f-1: RW; vhd-parent: 3b; empty: ; last: a: b"),
            [pair("host_OpaqueRef:8f-1", "RW"), pair("vhd-parent", "3b"), pair("empty", ""), pair("last", "a: b")]
        );
    }

    #[test]
    fn sets_and_maps_are_read_with_their_backslashes() {
        let texts = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_string()).collect::<Vec<_>>());
        assert_eq!(set("()"), texts(&[]));
        assert_eq!(set(""), texts(&[]));
        assert_eq!(set("('a' 'b')"), texts(&["a", "b"]));
        assert_eq!(set("('OpaqueRef:A' 'OpaqueRef:B')"), texts(&["OpaqueRef:A", "OpaqueRef:B"]));
        // Before March 2025 a double quote has a backslash too, since then it has none.
        assert_eq!(set(r#"('it\'s' '\"x\"' '"x"' 'C:\\d' '(')"#), texts(&["it's", "\"x\"", "\"x\"", "C:\\d", "("]));
        let pair = |key: &str, value: &str| (key.to_string(), value.to_string());
        assert_eq!(map("()"), Some(vec![]));
        assert_eq!(map("(('k' 'v') ('l' ''))"), Some(vec![pair("k", "v"), pair("l", "")]));
        assert_eq!(map(r"((' (' ')\' '))"), Some(vec![pair(" (", ")' ")]));
        for wrong in ["(", ")", "'a'", "('a'", "('a)", "(a)", "('a') 'b'", "('a\\", "(('a'))"] {
            assert_eq!(set(wrong), None, "{wrong}");
        }
        for wrong in ["(('a'))", "(('a' 'b' 'c'))", "('a' 'b')", "((('a' 'b')))", "(('a' 'b')", "(('a' 'b')) x", "{}"] {
            assert_eq!(map(wrong), None, "{wrong}");
        }
    }
}
