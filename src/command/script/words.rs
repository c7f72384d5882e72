//! Words of a script: placeholders, names of the pool, and how a command is written down.

use std::collections::BTreeMap;

/// The first of the characters that stand where a placeholder did: a shell has no meaning for them.
const FIRST: u32 = 0xE000;
/// As many placeholders are told apart in one text.
const PLACEHOLDERS_MOST: usize = 0x0700;
/// A placeholder has at most so many bytes.
const PLACEHOLDER_LONGEST: usize = 90;
/// Around a name of the pool, which the scenario puts its UUID in for.
const OPENS: char = '\u{E800}';
const CLOSES: char = '\u{E801}';
/// Around what stands for something that a look would show.
const UNSEEN: char = '\u{E802}';
const UNSEEN_ENDS: char = '\u{E803}';

/// What a placeholder is called: `<host-uuid>` and `HOST_UUID` are one.
pub fn placeholder_name(name: &str) -> String {
    name.trim_matches(['<', '>', '[', ']', '{', '}', '$', ' ']).to_lowercase().replace([' ', '_'], "-")
}

/// A text with what `--set` gives put in for its `<placeholders>`, and the others masked by a word of the same width, which a
/// shell reads as a word. The placeholders, by their number.
pub fn mask(text: &str, filled: &BTreeMap<String, String>) -> (String, Vec<String>) {
    let (mut out, mut placeholders) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '[']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        // `vm=[vm name]`: in brackets only behind a key, and of several words, since `[a-z]` is a pattern.
        let bracket = rest.starts_with('[');
        let close = if bracket { b']' } else { b'>' };
        let end = rest.bytes().take(PLACEHOLDER_LONGEST).position(|b| b == close || b == b'\n');
        let end = end.filter(|end| rest.as_bytes()[*end] == close && is_placeholder(&rest[1..*end]));
        let end = end.filter(|end| !bracket || out.ends_with('=') && rest[1..*end].trim().contains(' ')).map(|end| end + 1);
        match end {
            Some(end) if placeholders.len() < PLACEHOLDERS_MOST => {
                let name = &rest[..end];
                if let Some(value) = filled.get(&placeholder_name(name)) {
                    out.push_str(value);
                } else {
                    out.extend(char::from_u32(FIRST + placeholders.len() as u32));
                    out.extend(std::iter::repeat_n('_', end - 3));
                    placeholders.push(name.to_owned());
                }
                rest = &rest[end..];
            }
            _ => {
                out.push_str(&rest[..1]);
                rest = &rest[1..];
            }
        }
    }
    (out + rest, placeholders)
}

/// Whether what stands between `<` and `>` is a name for something, and not a file that is read from.
fn is_placeholder(inner: &str) -> bool {
    let inner = inner.trim();
    inner.starts_with(|c: char| c.is_alphabetic())
        && inner.chars().all(|c| c.is_alphanumeric() || " _-.:'/#(),|?!=\u{a0}\u{2019}\u{2026}".contains(c))
}

/// The number of a placeholder that stands in a text.
pub fn masked(text: &str) -> Option<usize> {
    text.chars().find_map(number)
}

/// The number of the placeholder that a character stands for.
fn number(c: char) -> Option<usize> {
    let last = FIRST + PLACEHOLDERS_MOST as u32;
    (FIRST..last).contains(&u32::from(c)).then(|| (u32::from(c) - FIRST) as usize)
}

/// A name of the pool as a variable's value: the scenario puts its UUID in when the command runs.
pub fn pool_name(name: &str) -> String {
    format!("{OPENS}{name}{CLOSES}")
}

/// A command as a scenario's `run:` has it.
pub fn command(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let mut out = String::new();
    let mut rest = word;
    while let Some(at) = rest.find(OPENS) {
        out.push_str(&plain(&rest[..at]));
        let end = rest.find(CLOSES).unwrap_or(rest.len());
        let name = &rest[at + OPENS.len_utf8()..end];
        let simple =
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let after = rest.get(end + CLOSES.len_utf8()..).unwrap_or_default();
        if simple && !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '/') {
            out.push_str(&format!("${name}"));
        } else {
            out.push_str(&format!("${{{name}}}"));
        }
        rest = after;
    }
    out.push_str(&plain(rest));
    if out.is_empty() { "''".into() } else { out }
}

/// A word without what marks it as a name of the pool.
pub fn bare_name(word: &str) -> String {
    word.replace([OPENS, CLOSES], "")
}

/// Text in single quotes where a shell would take it for more than it is.
fn plain(text: &str) -> String {
    let safe = |c: char| c.is_alphanumeric() || "_@%+=:,./-\u{2013}\u{2014}".contains(c);
    if text.chars().all(safe) {
        return text.to_owned();
    }
    // A key stays outside of the quotes, as it would be typed.
    match text.split_once('=') {
        Some((key, value)) if key.chars().all(safe) => format!("{key}='{}'", value.replace('\'', "'\\''")),
        _ => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// The word of a command that is a comment on the page: nobody types it.
pub const HAND: &str = ":by-hand";

/// A text with commands in the place of the comments that say what is done by hand (`# by hand: power off beta`); `None` where
/// there are none.
pub fn by_hand(text: &str) -> Option<String> {
    let said = |line: &str| {
        line.trim_start().trim_start_matches('#').trim_start().get(..8).is_some_and(|lead| lead.eq_ignore_ascii_case("by hand:"))
    };
    let is = |line: &str| line.trim_start().starts_with('#') && said(line);
    if !text.lines().any(is) {
        return None;
    }
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        match line.find(':').filter(|_| is(line)) {
            Some(at) => {
                let end = if line.ends_with('\n') { "\n" } else { "" };
                let words = line[at + 1..].split_whitespace().map(|word| format!("'{}'", word.replace('\'', "")));
                out.push_str(&format!("{HAND} {}{end}", words.collect::<Vec<_>>().join(" ")));
            }
            None => out.push_str(line),
        }
    }
    Some(out)
}

/// What stands for what a look at something that is not simulated shows: nobody knows it, and all that is made of it is as unknown.
/// It tells the program and the page's line, and has no blank, so that it stays one word.
pub fn unseen(program: &str, line: u32) -> String {
    let program: String = program.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
    format!("{UNSEEN}{line}:{program}{UNSEEN_ENDS}")
}

/// The first of what is unknown in a text, whole.
pub fn unseen_in(text: &str) -> Option<&str> {
    let from = &text[text.find(UNSEEN)?..];
    Some(from.find(UNSEEN_ENDS).map_or(from, |end| &from[..end + UNSEEN_ENDS.len_utf8()]))
}

/// What is said of something that hangs on it.
pub fn hangs_on(unseen: &str) -> String {
    let inner = unseen.trim_matches([UNSEEN, UNSEEN_ENDS]);
    let (line, program) = inner.split_once(':').unwrap_or(("?", inner));
    format!("what hangs on what `{program}` shows (line {line})")
}

/// A text for a terminal: a sign in the place of what is unknown.
pub fn shown(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(UNSEEN) {
        let whole = unseen_in(&rest[at..]).map_or(UNSEEN.len_utf8(), str::len);
        out.push_str(&rest[..at]);
        out.push('…');
        rest = &rest[at + whole..];
    }
    out + rest
}

/// What stands for a value that is not known, where it is only looked at: a UUID that nothing has.
pub fn unknown() -> String {
    "00000000-0000-0000-0000-000000000000".to_owned()
}

/// A text with what is not known in the place of its placeholders.
pub fn unmasked(text: &str, placeholders: &[String]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((at, number)) = rest.char_indices().find_map(|(at, c)| Some((at, number(c)?))) {
        out.push_str(&rest[..at]);
        out.push_str(&unknown());
        let wide = placeholders.get(number).map_or(3, String::len);
        rest = rest.get(at + wide..).unwrap_or_default();
    }
    out + rest
}

/// A text with the UUIDs put in for the names of the pool that are marked in it.
pub fn resolved(text: &str, mut uuid: impl FnMut(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(OPENS) {
        out.push_str(&rest[..at]);
        let end = rest.find(CLOSES).unwrap_or(rest.len());
        out.push_str(&uuid(&rest[at + OPENS.len_utf8()..end]));
        rest = rest.get(end + CLOSES.len_utf8()..).unwrap_or_default();
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_masked_at_equal_width() {
        let filled = BTreeMap::from([("host-uuid".to_owned(), "77".to_owned())]);
        let text = "xe a uuid=<vm uuid> on=<HOST_UUID> < /dev/null 2>&1 <<EOF";
        let (masked_text, names) = mask(text, &filled);
        assert_eq!(names, ["<vm uuid>"]);
        assert_eq!(masked_text.replace("77", "<HOST_UUID>").len(), text.len());
        assert!(masked_text.ends_with("on=77 < /dev/null 2>&1 <<EOF"), "{masked_text}");
        let (in_brackets, names) = mask("xe vm-start vm=[vm name] on=[host]; [ -n x ] && ls a=[a-z] b=[x", &filled);
        assert_eq!(names, ["[vm name]"]);
        assert!(in_brackets.ends_with(" on=[host]; [ -n x ] && ls a=[a-z] b=[x"), "{in_brackets}");
        assert_eq!((masked(&masked_text), masked("xe")), (Some(0), None));
    }

    #[test]
    fn commands_are_written_as_they_would_be_typed() {
        let words = ["xe", "vm-start", "vm=web 1", &format!("on={}", pool_name("beta")), "", "it's", &format!("{}x", pool_name("db-root"))];
        assert_eq!(command(&words.map(str::to_owned)), "xe vm-start vm='web 1' on=$beta '' 'it'\\''s' ${db-root}x");
    }
}
