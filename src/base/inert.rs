//! Words from outside (files, names, commands) made harmless: for terminals, which obey control characters, and for the logs of
//! CI, which obey lines that look like commands. What is taken out of effect is written out as an escape, so that it is seen.

/// Whether a character moves the cursor, changes colours, turns the direction of writing or is not seen at all. Line ends
/// and tabs are such characters too.
pub fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            // Soft hyphen, blanks without width, marks of direction, line and paragraph separators, overrides and isolates, tags.
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// `text` safe for a terminal: hidden characters are written out. A line's end stays; a tab becomes blanks.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => cleaned.push('\n'),
            '\t' => cleaned.push_str("    "),
            '\r' => {}
            c if hidden(c) => cleaned.extend(c.escape_unicode()),
            c => cleaned.push(c),
        }
    }
    cleaned
}

/// The same for what must stay on one line, such as a file's name: its line ends are written out too.
pub fn clean_line(text: &str) -> String {
    clean(text).replace('\n', "\\n")
}

/// Lines in which nothing is a command to CI: GitHub obeys a line that begins with `::`, blanks not counted, and `##[` anywhere
/// in a line; Azure and TeamCity `##vso[` and `##teamcity[`. The first sign is written out.
pub fn inert(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains("::") && !text.contains("##") {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        out.push_str(&line[..indent]);
        let mut rest = &line[indent..];
        if let Some(command) = rest.strip_prefix("::") {
            out.push_str("\\u{3a}:");
            rest = command;
        }
        while let Some((at, word)) = marked(rest) {
            out.push_str(&rest[..at]);
            out.push_str("\\u{23}#");
            out.push_str(word);
            rest = &rest[at + 2 + word.len()..];
        }
        out.push_str(rest);
    }
    out.into()
}

/// Where `##`, letters and `[` stand, and the letters.
pub fn marked(text: &str) -> Option<(usize, &str)> {
    text.match_indices('#').find_map(|(at, _)| {
        let word = text[at..].strip_prefix("##")?;
        let end = word.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(word.len());
        word[end..].starts_with('[').then(|| (at, &word[..end]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_the_cursor_or_hides() {
        let cleaned = clean("a\u{1b}[2Jb\u{7}\tc\u{202e}d\r\ne\u{9b}f\u{7f}\u{200b}\u{200e}\u{200f}\u{61c}\u{2028}\u{2029}\u{feff}g");
        assert!(!cleaned.chars().any(|c| hidden(c) && c != '\n'), "{cleaned:?}");
        assert!(cleaned.contains('\n') && cleaned.contains("\\u{1b}[2Jb"));
        assert_eq!(clean_line("a\nb"), "a\\nb");
        // Scripts that join letters, and pictures, need these two.
        assert_eq!(clean("\u{200c}\u{200d}größer 日本"), "\u{200c}\u{200d}größer 日本");
    }

    #[test]
    fn no_line_is_a_command() {
        for (told, inert_line) in [
            ("::error::x\n", "\\u{3a}:error::x\n"),
            ("a\n  ::add-mask::x", "a\n  \\u{3a}:add-mask::x"),
            ("a ##[error]x ##[group]", "a \\u{23}#[error]x \\u{23}#[group]"),
            ("##vso[task.x]", "\\u{23}#vso[task.x]"),
            ("###[x]", "#\\u{23}#[x]"),
            ("a::b ## c [d]", "a::b ## c [d]"),
        ] {
            assert_eq!(inert(told), inert_line);
            assert_eq!(inert(inert_line), inert_line, "once is enough");
        }
    }
}
