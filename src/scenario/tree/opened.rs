//! What opens in YAML text and is not closed, and blanks that are none: looked for once a file can't be parsed, to name the
//! cause and not the line where it shows. Reads only as much of YAML as that needs.

use crate::base::typography::Odd;
use crate::scenario::diagnostic::Place;

/// The first blanks that are none where YAML wants plain ones: in an indent, or behind a dash, colon or comma. Those within
/// texts are letters like others.
pub(super) fn odd_blank(text: &str) -> Option<Place> {
    let mut found = None;
    scan(text, &mut |at, c, fresh| {
        if found.is_none() && fresh && Odd::of(c) == Some(Odd::Blank) && at > 0 {
            found = Some(at);
        }
    });
    let start = found?;
    let len = text[start..].find(|c| Odd::of(c) != Some(Odd::Blank)).unwrap_or(text.len() - start);
    Some(Place { start, end: start + len })
}

/// What opens before a place and is not closed, the innermost: its place and its sign. A quotation counts that runs over lines
/// and ends on the line of the place, for a sign that opens another is then taken for its end.
pub(super) fn unclosed(text: &str, place: usize) -> Option<(usize, char)> {
    let seen = scan(text, &mut |_, _, _| {});
    let line_start = text[..place.min(text.len())].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[line_start..].find('\n').map_or(text.len(), |at| line_start + at);
    let torn = |(open, close): &&(usize, usize)| (line_start..=line_end).contains(close) && text[*open..*close].contains('\n');
    let sign = |at: usize| Some((at, text[at..].chars().next()?));
    if let Some((open, _)) = seen.quotes.iter().find(torn) {
        return sign(*open);
    }
    match seen.quote {
        // Where a bracket holds the quotation, that is where the parser says that it stopped.
        Some(open) if open <= line_end || seen.unclosed.is_empty() => sign(open),
        _ => sign(seen.unclosed.into_iter().rfind(|at| *at < place)?),
    }
}

/// What was seen of a text.
#[derive(Default)]
struct Seen {
    /// Brackets that nothing closes, in their order.
    unclosed: Vec<usize>,
    /// Quotations, from and to.
    quotes: Vec<(usize, usize)>,
    /// A quotation that has no end.
    quote: Option<usize>,
}

/// Goes through a text. `look` sees every character outside of quotations, comments and blocks of text, and whether a value
/// could begin there.
fn scan(text: &str, look: &mut dyn FnMut(usize, char, bool)) -> Seen {
    let mut seen = Seen::default();
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut chars = text.char_indices().peekable();
    let (mut fresh, mut before) = (true, '\n');
    // Lines that are indented deeper belong to a block of text.
    let mut block: Option<usize> = None;
    while let Some((at, c)) = chars.next() {
        if before == '\n'
            && let Some(indent) = block
        {
            let line = text[at..].lines().next().unwrap_or_default();
            if line.trim().is_empty() || line.len() - line.trim_start_matches(' ').len() > indent {
                let end = at + line.len();
                while chars.peek().is_some_and(|(next, _)| *next < end) {
                    chars.next();
                }
                before = if c == '\n' { '\n' } else { ' ' };
                continue;
            }
            block = None;
        }
        look(at, c, fresh);
        let next = chars.peek().map_or('\n', |(_, next)| *next);
        let ends = next.is_whitespace() || !open.is_empty() && ",[]{}".contains(next);
        match c {
            '\n' => fresh = true,
            ' ' | '\t' => {}
            '#' if before.is_whitespace() => while chars.next_if(|(_, next)| *next != '\n').is_some() {},
            '"' | '\'' if fresh => {
                fresh = false;
                match end_of_quotation(text, at, c) {
                    Some(end) => {
                        seen.quotes.push((at, end));
                        while chars.next_if(|(next, _)| *next <= end).is_some() {}
                    }
                    None => {
                        seen.quote = Some(at);
                        break;
                    }
                }
            }
            '{' | '[' if fresh => open.push((at, c)),
            '}' | ']' if !open.is_empty() => {
                let partner = if c == '}' { '{' } else { '[' };
                if open.iter().any(|(_, sign)| *sign == partner) {
                    while let Some((at, sign)) = open.pop()
                        && sign != partner
                    {
                        seen.unclosed.push(at);
                    }
                }
                fresh = false;
            }
            ',' if !open.is_empty() => fresh = true,
            ':' if ends => fresh = true,
            '-' | '?' if fresh && next.is_whitespace() => {}
            '|' | '>' if fresh && open.is_empty() => {
                let line_start = text[..at].rfind('\n').map_or(0, |at| at + 1);
                block = Some(text[line_start..].len() - text[line_start..].trim_start_matches(' ').len());
                fresh = false;
            }
            _ => fresh = false,
        }
        before = c;
    }
    seen.unclosed.extend(open.into_iter().map(|(at, _)| at));
    seen.unclosed.sort_unstable();
    seen
}

/// Where a quotation that opens at a place ends.
fn end_of_quotation(text: &str, open: usize, sign: char) -> Option<usize> {
    let mut rest = text[open + 1..].char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        match c {
            '\\' if sign == '"' => {
                rest.next();
            }
            '\'' if sign == '\'' && rest.next_if(|(_, next)| *next == '\'').is_some() => {}
            c if c == sign => return Some(open + 1 + at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text before what is found.
    fn before(text: &str, place: usize) -> Option<(&str, char)> {
        unclosed(text, place).map(|(at, sign)| (&text[..at], sign))
    }

    #[test]
    fn what_is_not_closed_is_found_where_it_opens() {
        let text = "pool:\n  storage: {nfs1: {type: nfs}\n  vms: {db: }\ntimeline:\n  - {at: 5m, fault: {crash: beta}}\n";
        assert_eq!(before(text, text.find("  vms").unwrap() + 2), Some(("pool:\n  storage: ", '{')));
        assert_eq!(before("pool: {hosts: [a}\n", 16), Some(("pool: {hosts: ", '[')));
        // The quote of the last line is taken for the end of the first.
        let text = "title: \"unclosed\npool:\n  - {at: 6m, note: \"x\"}\n";
        assert_eq!(before(text, text.find("x\"").unwrap()), Some(("title: ", '"')));
        let text = "pool: x\ntimeline:\n  - {at: 5m, note: \"x}\n  - {at: 6m, note: y}\n";
        assert_eq!(before(text, text.find("{at: 5m").unwrap()), Some(("pool: x\ntimeline:\n  - {at: 5m, note: ", '"')));
        assert_eq!(before("title: 'unclosed\npool: it''s\n", 20), Some(("title: ", '\'')));
    }

    #[test]
    fn what_opens_nothing_is_not_found() {
        for text in [
            "pool: {hosts: [a b: c], x: 3}\n",
            "about: |\n  don't {close\n  [ this\n\n  \"neither\npool: {hosts: [a]}\n",
            "a: don't # it's {\nb: x\"y {z\nc: 'it''s'\nd: \"\\\"\"\n",
            "- run: echo yes | xe x \"a\n",
        ] {
            assert_eq!(before(text, text.len()), None, "{text}");
        }
    }

    #[test]
    fn blanks_that_are_none_are_found_where_yaml_wants_blanks() {
        let found = |text: &str| odd_blank(text).map(|place| (place.start, place.end));
        assert_eq!(found("a: b\n\u{a0}\u{a0} c: d\n"), Some((5, 9)));
        assert_eq!(found("a:\u{a0}[x]\n"), Some((2, 4)));
        assert_eq!(found("-\u{a0}x\n"), Some((1, 3)));
        assert_eq!(found("a: x\u{a0}y\nb: '\u{a0}'\n"), None);
        assert_eq!(found("\u{feff}a: |\n  x\n \u{a0}y\n"), None);
    }
}
