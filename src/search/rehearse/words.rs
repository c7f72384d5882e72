//! Words of a runbook: placeholders, how a command is written for a scenario, and what is said of one that failed.

use super::Kind;
use super::typist::Came;
use crate::catalog;
use crate::scenario::diagnostic::Diagnostic;
use crate::world::event::Status;
use crate::world::inventory::Inventory;
use std::collections::BTreeMap;

/// The first of the characters that stand where a placeholder did: a shell has no meaning for them.
const FIRST: u32 = 0xE000;
/// As many placeholders are told apart in one text.
const PLACEHOLDERS_MOST: usize = 0x0700;
/// Around a name of the pool, which the scenario puts its UUID in for.
const OPENS: char = '\u{E800}';
const CLOSES: char = '\u{E801}';

/// What a placeholder is called: `<host-uuid>` and `HOST_UUID` are one.
pub fn placeholder_name(name: &str) -> String {
    name.trim_matches(['<', '>', '[', ']', '{', '}', '$', ' ']).to_lowercase().replace([' ', '_'], "-")
}

/// A text with what `--set` gives put in for its `<placeholders>`, and the others masked by a word of the same width, which a
/// shell reads as a word. The placeholders, by their number.
pub fn mask(text: &str, filled: &BTreeMap<String, String>) -> (String, Vec<String>) {
    let (mut out, mut placeholders) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find('>').filter(|end| is_placeholder(&rest[1..*end])).map(|end| end + 1);
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
                out.push('<');
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
        && inner.len() < 80
        && inner.chars().all(|c| c.is_alphanumeric() || " _-.:'/#".contains(c))
}

/// The number of a placeholder that stands in a text.
pub fn masked(text: &str) -> Option<usize> {
    let last = FIRST + PLACEHOLDERS_MOST as u32;
    text.chars().map(u32::from).find(|c| (FIRST..last).contains(c)).map(|c| (c - FIRST) as usize)
}

/// Whether a name is one of the pool's.
pub fn is_of_the_pool(names: &Inventory, name: &str) -> bool {
    name == "pool"
        || names.machine_ids().any(|of| names.machine(of) == name)
        || names.vm_ids().any(|of| names.vm(of) == name)
        || names.sr_ids().any(|of| names.sr(of) == name)
        || names.vdi_ids().any(|of| names.vdi(of) == name)
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

/// What a shell at the other end is given to read.
pub fn remote(words: &[String]) -> String {
    words.join(" ")
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

/// A pattern that means only itself.
pub fn literal(pattern: &str) -> Option<String> {
    let text = pattern.trim_matches(['"', '\'']);
    (!text.contains(['*', '?', '[', '$', '`', '\\', '(', '|'])).then(|| text.to_owned())
}

/// What a mistake in a command's words is, by the reader's own code for it.
pub fn kind(told: &Diagnostic) -> Kind {
    match told.code {
        "ignored-key" | "bare-word" => Kind::IgnoredKey,
        "unknown-command" | "bad-switch" | "typographic" | "force-value" | "value-case" | "unknown-field" | "missing-key"
        | "name-not-uuid" | "no-command" | "shell" | "master-word" => Kind::Typo,
        "not-a-uuid" => Kind::Placeholder,
        "not-yet" => Kind::NotFollowed,
        _ => Kind::Notice,
    }
}

/// What is said of a command that failed, and what to do about it.
pub fn failure(came: &Came) -> (String, String) {
    if came.status == Status::Hung {
        return (
            "nobody answers: the command hangs until it is given up".into(),
            "see to it that a master answers before this line".into(),
        );
    }
    let shown = came.output.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("WARNING")).collect::<Vec<_>>();
    let what = match &came.code {
        Some(code) if code.starts_with("SR_BACKEND_FAILURE") => {
            format!("{code}: {}", shown.iter().find(|line| line.contains("opterr") || line.contains("VDI")).copied().unwrap_or_default())
        }
        Some(code) => format!("{code}: {}", shown.first().copied().unwrap_or_default()),
        None => shown.last().copied().unwrap_or("it fails").to_owned(),
    };
    let mend = came.code.as_ref().and_then(|code| catalog::find(code).first().map(|entry| entry.summary.clone())).unwrap_or_default();
    (what, mend)
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
        assert_eq!((masked(&masked_text), masked("xe")), (Some(0), None));
    }

    #[test]
    fn commands_are_written_as_they_would_be_typed() {
        let words = ["xe", "vm-start", "vm=web 1", &format!("on={}", pool_name("beta")), "", "it's", &format!("{}x", pool_name("db-root"))];
        assert_eq!(command(&words.map(str::to_owned)), "xe vm-start vm='web 1' on=$beta '' 'it'\\''s' ${db-root}x");
    }
}
