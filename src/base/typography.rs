//! What text processors and web pages make of plain signs: typographic dashes and quotes, blanks that are none. Tools take
//! them for letters. Knows no file and no command.

/// A sign that stands for a plain one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum Odd {
    Dash,
    Quote,
    Blank,
    Return,
}

impl Odd {
    /// What a character is, if it is odd.
    pub fn of(c: char) -> Option<Odd> {
        match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => Some(Odd::Dash),
            '\u{2018}'..='\u{201f}' => Some(Odd::Quote),
            '\u{a0}' | '\u{2000}'..='\u{200b}' | '\u{202f}' | '\u{205f}' | '\u{2060}' | '\u{3000}' | '\u{feff}' => Some(Odd::Blank),
            '\r' => Some(Odd::Return),
            _ => None,
        }
    }

    /// The first odd character of a text, and what it is.
    pub fn first(text: &str) -> Option<(usize, Odd)> {
        text.char_indices().find_map(|(at, c)| Some((at, Odd::of(c)?)))
    }

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Odd::Dash => "a typographic dash",
            Odd::Quote => "a typographic quote",
            Odd::Blank => "a no-break or invisible blank",
            Odd::Return => "a carriage return",
        }
    }
}

/// A text with plain signs only. A long dash at the beginning of a word is the two that were typed, and so are several of which one is
/// not plain: no tool has a switch with three.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let dash = |c: char| c == '-' || Odd::of(c) == Some(Odd::Dash);
        if dash(c) && (plain.is_empty() || plain.ends_with(' ')) {
            let (mut many, mut odd) = (1, c != '-');
            while let Some(next) = chars.next_if(|c| dash(*c)) {
                many += 1;
                odd |= next != '-';
            }
            let typed = match (many, odd) {
                (1, _) if matches!(c, '\u{2013}' | '\u{2014}' | '\u{2015}') => 2,
                (2.., true) => 2,
                _ => many,
            };
            plain.extend(std::iter::repeat_n('-', typed));
            continue;
        }
        match c {
            '\u{2018}'..='\u{201b}' => plain.push('\''),
            '\u{200b}' | '\u{2060}' | '\u{feff}' | '\r' => {}
            c => plain.push(match Odd::of(c) {
                Some(Odd::Dash) => '-',
                Some(Odd::Quote) => '"',
                Some(Odd::Blank) => ' ',
                _ => c,
            }),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_comes_back() {
        for (odd, typed) in [
            ("\u{2014}force", "--force"),
            ("\u{2013}-force", "--force"),
            ("\u{2013}\u{2013}force", "--force"),
            ("\u{2011}\u{2011}minimal", "--minimal"),
            ("\u{2010}u", "-u"),
            ("---", "---"),
            ("uuid= \u{2014}force", "uuid= --force"),
            ("host\u{2010}forget", "host-forget"),
            ("vm=\u{201c}db\u{201d}", "vm=\"db\""),
            ("it\u{2019}s", "it's"),
            ("a\u{a0}b\u{feff}\r", "a b"),
            ("größer", "größer"),
        ] {
            assert_eq!(plain(odd), typed);
        }
        assert_eq!(Odd::first("ab\u{a0}"), Some((2, Odd::Blank)));
        assert_eq!(Odd::first("größer - \"x\""), None);
    }
}
