//! Commands among words: at the beginning of a line, behind the number of a list or a colon, in the signs that mark code. What
//! is only spoken of is told from what is to be typed, and said where that can't be sure.

use crate::command;
use std::collections::BTreeSet;

/// Programs that a recovery's lines begin with.
pub const PROGRAMS: &[&str] = &[
    "xe",
    "XE",
    "Xe",
    "xe.exe",
    "resetvdis.py",
    "list_domains",
    "tap-ctl",
    "xe-toolstack-restart",
    "service",
    "systemctl",
    "ssh",
    "plink",
    "sshpass",
    "ping",
    "ipmitool",
    "sleep",
    "echo",
    "for",
    "if",
    "while",
    "done",
    "fi",
    "yes",
    "sudo",
    "export",
    "time",
];

/// What a whole page says of its words.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Page {
    /// The variables that are used anywhere: `$NAME`, `${NAME}`.
    used: BTreeSet<String>,
}

impl Page {
    pub(super) fn of(text: &str) -> Page {
        let mut used = BTreeSet::new();
        for (at, _) in text.match_indices('$') {
            let rest = text[at + 1..].trim_start_matches('{');
            let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect();
            if !name.is_empty() {
                used.insert(name);
            }
        }
        Page { used }
    }

    /// Whether a variable of this name is used.
    pub(super) fn uses(&self, name: &str) -> bool {
        self.used.contains(name)
    }

    /// Whether a line sets a variable that is used: `HOST=$(xe …)`.
    pub(super) fn sets(&self, line: &str) -> bool {
        let line = line.trim_start();
        let line = ["export ", "local ", "readonly "].iter().find_map(|word| line.strip_prefix(word)).unwrap_or(line);
        line.split_once('=').is_some_and(|(name, value)| !value.starts_with([' ', '=']) && self.uses(name))
    }

    /// Whether a line's command is a variable: `$XE vm-list`.
    pub(super) fn by_variable(&self, line: &str) -> bool {
        let word = line.split_whitespace().next().unwrap_or_default().trim_matches('"');
        let name = word.strip_prefix('$').map(|name| name.trim_matches(['{', '}']));
        name.is_some_and(|name| name.len() > 1 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && self.uses(name))
            && line.split_whitespace().nth(1).is_some_and(|second| second.contains(['-', '=', '$']))
    }
}

/// Whether a line without a prompt reads like a command rather than like a sentence about one.
pub(super) fn begins_with_a_program(text: &str) -> bool {
    let mut text = text;
    // Who it is run as, or how long it takes, says nothing of what it is.
    while let Some(rest) = text.strip_prefix("sudo ").or_else(|| text.strip_prefix("time ")) {
        text = rest.trim_start();
    }
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default();
    let name = first.rsplit('/').next().unwrap_or_default();
    if !PROGRAMS.contains(&name) || (first != name && !first.starts_with(['/', '.'])) {
        return false;
    }
    let second = words.next().unwrap_or_default();
    match name {
        "xe" | "XE" | "Xe" | "xe.exe" => {
            (second.contains('-')
                || second.starts_with(['\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{2014}'])
                || second.contains('\u{2011}'))
                && !sentence(text)
        }
        "list_domains" | "xe-toolstack-restart" => !sentence(text),
        "resetvdis.py" | "ipmitool" | "tap-ctl" | "plink" | "sshpass" => !second.is_empty() && !sentence(text),
        "service" => second == "xapi",
        "systemctl" => text.contains("xapi") && text.split_whitespace().count() == 3,
        "sleep" => second.starts_with(|c: char| c.is_ascii_digit()),
        "ping" => second.starts_with('-'),
        "echo" | "yes" => text.contains('|'),
        "ssh" => text.split_whitespace().count() > 2 && !sentence(text),
        "for" => text.contains(" in ") && (text.ends_with("do") || text.contains(';') || text.contains("$(")),
        "if" | "while" => text.contains(';') || second.starts_with('['),
        "export" => second.contains('='),
        "done" | "fi" => second.is_empty(),
        _ => false,
    }
}

/// Whether what begins like a command goes on like a sentence about it: several plain words, and nothing that a tool reads.
fn sentence(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let plain = |word: &&str| word.chars().all(|c| c.is_alphabetic() || ",.'’".contains(c)) && !word.is_empty();
    !text.contains(['=', '|', ';', '&', '$', '"', '<', '#'])
        && !text.contains(" -")
        && words.iter().skip(2).filter(|word| plain(word)).count() > 3
}

/// What a line holds of commands.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Held<'l> {
    /// Those that are to be typed, in order.
    pub typed: Vec<&'l str>,
    /// One that stands among words, and of which nobody can tell where it ends or whether it is meant.
    pub spoken_of: Option<&'l str>,
}

/// A command with what it is to do, not one that is spoken of.
pub(super) fn meant(code: &str) -> bool {
    begins_with_a_program(code) && (code.contains('=') || code.contains(" --") || code.contains(".py ") || code.contains(" \u{2013}"))
}

/// A command that does all that it does without a key.
fn alone(code: &str) -> bool {
    let words: Vec<&str> = code.split_whitespace().collect();
    match words[..] {
        ["xe", name] | ["sudo", "xe", name] => command::stands_alone(name),
        [name] => matches!(name, "xe-toolstack-restart" | "list_domains"),
        ["service" | "systemctl", _, _] => begins_with_a_program(code),
        _ => false,
    }
}

/// A command with what it is to do, or one that needs nothing.
pub(super) fn alone_or_meant(code: &str) -> bool {
    meant(code) || alone(code)
}

/// Words that say that what stands behind them is to be typed.
const BIDS: &[&str] = &[
    "run",
    "type",
    "enter",
    "execute",
    "issue",
    "start",
    "use",
    "do",
    "then",
    "with",
    "now",
    "by",
    "via",
    "and",
    "first",
    "finally",
    "next",
    "also",
    "ausführen",
    "eingeben",
    "dann",
    "mit",
    "anschließend",
    "exécuter",
    "lancer",
    "taper",
    "puis",
    "lancez",
    "exécutez",
    "ejecutar",
    "step",
];

/// Words that go on behind something to be typed: what is told of something, goes on with a verb.
const GOES_ON: &[&str] = &[
    "on", "and", "then", "again", "to", "in", "at", "from", "for", "until", "or", "if", "as", "auf", "und", "dann", "bis", "sur", "et",
    "puis", "jusqu", "en", "y", "by",
];

/// Whether code of a line is to be typed, where it could as well be only spoken of: by what stands before it in the line, and behind.
pub(super) fn bid(before: &str, after: &str) -> bool {
    let before = before.trim().trim_end_matches(['`', '{', '"', '“', '*', '_']).trim_end();
    let before = unmarked(before);
    let letters = |word: &str| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let last = before.rsplit([' ', '\u{3000}']).next().unwrap_or_default();
    let after = after.trim_start_matches(['`', '}', '"', '”', '*', '_']).trim();
    let next = letters(after.split([' ', '\'']).next().unwrap_or_default());
    let goes_on = !after.starts_with(char::is_alphanumeric) || GOES_ON.contains(&next.as_str());
    let begins = before.is_empty() || before.ends_with([':', '\u{ff1a}', '\u{2192}', '\u{3001}', '|', ';']);
    begins && goes_on || BIDS.contains(&letters(last).as_str())
}

/// The commands of a line.
pub(super) fn held(line: &str) -> Held<'_> {
    let line = line.trim();
    let mut held = Held::default();
    let rest = unmarked(line);
    if begins_with_a_program(rest.trim_matches('`')) && !rest.trim_start_matches('`').contains('`') {
        held.typed.push(rest.trim_matches('`').trim());
        return held;
    }
    // A row of a table.
    if let Some(cells) = line.strip_prefix('|') {
        let cells: Vec<Held<'_>> = cells.split('|').map(|cell| self::held(cell.trim())).collect();
        for cell in cells {
            held.typed.extend(cell.typed);
            held.spoken_of = held.spoken_of.or(cell.spoken_of);
        }
        return held;
    }
    // Run `xe …`, then `xe …`; {{xe …}}; “xe …”
    const MARKS: &[(&str, &str)] = &[
        ("``", "``"),
        ("`", "`"),
        ("{{", "}}"),
        ("\u{201c}", "\u{201d}"),
        ("\u{201e}", "\u{201c}"),
        ("\u{ab}", "\u{bb}"),
        ("\u{300c}", "\u{300d}"),
        ("\"", "\""),
        ("'", "'"),
    ];
    let mut spans: Vec<(usize, usize, &str)> = Vec::new();
    for (open, close) in MARKS {
        let mut at = 0;
        while let Some(from) = line[at..].find(open).map(|begins| at + begins + open.len()) {
            let behind = &line[from..];
            // A quotation within a command is a part of it.
            let ends = match *open {
                "\"" | "'" => behind
                    .match_indices(close)
                    .map(|(end, _)| end)
                    .find(|end| !behind[end + 1..].starts_with(|c: char| c.is_alphanumeric()) && !behind[..*end].ends_with('=')),
                _ => behind.find(close),
            };
            let Some(ends) = ends else { break };
            let code = behind[..ends].trim();
            if meant(code) || alone(code) {
                spans.push((from - open.len(), from + ends + close.len(), code));
                at = from + ends + close.len();
            } else if open == close && open.len() > 1 || !behind[..ends].contains("xe") {
                at = from + ends + close.len();
            } else {
                at = from;
            }
        }
    }
    spans.sort_unstable();
    let mut done = 0;
    for (begins, end, code) in spans {
        if begins < done {
            continue;
        }
        done = end;
        if !forbidden(&line[..begins]) && (meant(code) || bid(&line[..begins], &line[end..])) {
            held.typed.push(code);
        } else {
            held.spoken_of = Some(code);
        }
    }
    if !held.typed.is_empty() {
        return held;
    }
    // Forget the host: xe …
    for mark in [": ", "\u{ff1a}", " \u{2192} ", " -> ", " \u{2013} ", " \u{2014} ", " - "] {
        if let Some((_, rest)) = line.rsplit_once(mark)
            && (meant(rest.trim()) || alone(rest.trim()))
        {
            held.typed.push(rest.trim());
            return held;
        }
    }
    let within = line.match_indices("xe ").find(|(at, _)| {
        let behind = &line[*at..];
        let name = behind.split_whitespace().nth(1).unwrap_or_default();
        (*at == 0 || line[..*at].ends_with([' ', '(', '"', '`', '\u{3000}']))
            && command::is_command(name)
            && (behind.contains('=') || behind.contains(" --"))
    });
    if let Some((at, _)) = within {
        let words = line[at..].split_whitespace().skip(2);
        // What goes on to the end of the line as a tool reads it ends there.
        let whole =
            words.clone().count() > 0 && words.clone().all(|word| word.contains('=') && !word.ends_with('.') || word.starts_with("--"));
        match whole && !forbidden(&line[..at]) && held.spoken_of.is_none() {
            true => held.typed.push(&line[at..]),
            false => held.spoken_of = held.spoken_of.or(Some(&line[at..])),
        }
    }
    held
}

/// Whether what stands before a command says that it is not to be typed: `never run`, `instead of`; in the same clause.
pub(super) fn forbidden(before: &str) -> bool {
    const NOT: &[&str] = &[
        "not",
        "never",
        "don't",
        "don\u{2019}t",
        "dont",
        "without",
        "instead",
        "nicht",
        "nie",
        "niemals",
        "kein",
        "pas",
        "jamais",
        "nunca",
    ];
    let words = before.rsplit(' ').map(|word| word.trim_matches(['`', '"', '*', '_', '\u{201c}'])).filter(|word| !word.is_empty());
    words.take(2).take_while(|word| !word.ends_with([',', ';', ':', '.', ')'])).any(|word| {
        let word = word.to_lowercase();
        NOT.contains(&word.trim_matches(|c: char| !c.is_alphanumeric() && c != '\'' && c != '\u{2019}'))
    })
}

/// A line without the number or the mark of a list, a box to tick, the number of a shell's history.
pub(super) fn unmarked(line: &str) -> &str {
    const MARKS: &[char] = &[
        '-', '*', '+', '\u{2022}', '\u{2013}', '\u{2014}', '\u{b7}', '\u{25cf}', '\u{25cb}', '\u{25aa}', '\u{25b6}', '\u{25ba}',
        '\u{2192}', '\u{21d2}', '\u{bb}', '\u{203a}', '\u{2610}', '\u{2611}', '\u{25a1}', '\u{3000}',
    ];
    let mut rest = line.trim();
    for _ in 0..6 {
        let before = rest;
        if let Some(behind) = rest.strip_prefix(MARKS) {
            // `--force` is no mark.
            if !(rest.starts_with('-') && behind.starts_with('-')) {
                rest = behind.trim_start();
            }
        }
        for mark in ["[ ]", "[x]", "[X]", "bc. ", "bc.. "] {
            rest = rest.strip_prefix(mark).map_or(rest, str::trim_start);
        }
        // 3. xe …, 3) xe …, (3) xe …, 2.1 xe …, a) xe …, ３．xe …
        let inner = rest.strip_prefix(['(', '[']).unwrap_or(rest);
        let behind = inner.trim_start_matches(|c: char| c.is_numeric());
        let behind =
            if behind.len() == inner.len() && inner.chars().next().is_some_and(|c| c.is_ascii_alphabetic()) { &inner[1..] } else { behind };
        if inner.len() > behind.len() && inner.len() - behind.len() <= 9 {
            let number = behind.strip_prefix(['.', ')', ':', ']', '\u{ff0e}', '\u{ff09}', '\u{3001}']);
            // As `history` and `cat -n` number lines.
            let spaced = behind.strip_prefix("  ").or_else(|| behind.strip_prefix(' ')).or_else(|| behind.strip_prefix('\t'));
            let spaced = spaced.filter(|behind| inner.starts_with(|c: char| c.is_numeric()) && begins_with_a_program(behind.trim_start()));
            if let Some(behind) = number.or(spaced) {
                rest = behind.trim_start();
            }
        }
        // Step 3: xe …
        for word in ["Step ", "STEP ", "step ", "Schritt ", "Étape ", "Etape ", "Paso ", "Passo ", "手順", "ステップ", "步骤", "Punkt "]
        {
            if let Some(behind) = rest.strip_prefix(word) {
                let number = behind.trim_start().trim_start_matches(|c: char| c.is_ascii_alphanumeric());
                rest = number.strip_prefix([':', '.', ')', '\u{ff1a}', '-', '\u{2013}']).map_or(rest, str::trim_start);
            }
        }
        if rest.len() == before.len() {
            break;
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_typed_is_told_from_what_is_spoken_of() {
        for (line, typed) in [
            ("xe vm-list", &["xe vm-list"][..]),
            ("1. xe vm-list", &["xe vm-list"]),
            ("(2) xe vm-list", &["xe vm-list"]),
            ("2.1. xe vm-list", &["xe vm-list"]),
            ("  501  xe vm-list", &["xe vm-list"]),
            ("- [ ] xe vm-list", &["xe vm-list"]),
            ("b) sudo xe vm-list", &["sudo xe vm-list"]),
            ("Step 3: xe vm-list", &["xe vm-list"]),
            ("手順１：xe vm-list", &["xe vm-list"]),
            ("\u{ff13}\u{ff0e}xe vm-list", &["xe vm-list"]),
            ("| 3 | xe host-forget uuid=$b --force | the lock |", &["xe host-forget uuid=$b --force"]),
            ("Run `xe pool-recover-slaves` on gamma", &["xe pool-recover-slaves"]),
            ("`xe host-forget` asks.", &[]),
            ("`xe vm-list` shows it", &[]),
            ("1. `xe pool-ha-disable`", &["xe pool-ha-disable"]),
            ("First `xe vm-start vm=a`, then `xe vm-start vm=b`.", &["xe vm-start vm=a", "xe vm-start vm=b"]),
            ("Enter “xe vm-start vm=a –force” twice", &["xe vm-start vm=a –force"]),
            ("Type \"xe vm-start vm=a\" there", &["xe vm-start vm=a"]),
            ("Forget it: xe host-forget uuid=$b", &["xe host-forget uuid=$b"]),
            ("Dann {{xe vm-start vm=a}}.", &["xe vm-start vm=a"]),
            ("xe host-forget asks whether you mean it.", &[]),
            ("xe is what it is called; echo.", &[]),
            ("--force", &[]),
        ] {
            assert_eq!(held(line).typed, typed, "{line}");
        }
        assert_eq!(held("On the master, xe host-forget uuid=$b --force").typed, ["xe host-forget uuid=$b --force"]);
        // What is warned of is no step.
        assert_eq!(held("If it does not answer, run `xe host-forget uuid=$b --force`").typed, ["xe host-forget uuid=$b --force"]);
        for line in ["Never run `xe host-forget uuid=$b --force` here", "Do not xe host-forget uuid=$b --force"] {
            assert_eq!((held(line).typed, held(line).spoken_of.is_some()), (vec![], true), "{line}");
        }
        // Where it ends is not sure.
        let said = held("then run xe host-forget uuid=$b --force on the master.");
        assert_eq!(said.spoken_of, Some("xe host-forget uuid=$b --force on the master."));
        assert_eq!(held("The `xe pool-recover-slaves` of the manual is another.").spoken_of, Some("xe pool-recover-slaves"));
    }

    #[test]
    fn a_page_s_variables_are_known() {
        let page = Page::of("HOST=$(xe host-list --minimal)\nuuid=5\nxe host-forget uuid=${HOST}\n$XE vm-list");
        assert!(page.sets("HOST=$(xe host-list --minimal)") && !page.sets("uuid=5") && !page.sets("HOST = x"));
        assert!(page.by_variable("$XE vm-list") && !page.by_variable("$5 a month"));
    }
}
