//! Finds the commands in what people keep as a runbook: a shell script, Markdown, a wiki's HTML, a pasted session with
//! prompts and outputs, a mail. Knows no command's meaning: only what looks like one.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// Commands that stand together, in the shell's own words.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Chunk {
    /// The shell's text.
    pub source: String,
    /// The runbook's line of each line of it, from 1.
    pub lines: Vec<u32>,
    /// The host that a prompt names.
    pub host: Option<String>,
    /// What was typed in answer to a question.
    pub answer: Option<String>,
    /// A shell reads it as a script: it ends where the shell can't read on. Else it is typed line by line.
    pub script: bool,
    /// A line below that reads like the rest of the command: its number, and the command in one.
    pub broken: Option<(u32, String)>,
}

/// What a runbook was taken for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// A shell script, from its first line to its last.
    Script,
    /// Markdown: its code.
    Markdown,
    /// HTML: what is preformatted.
    Html,
    /// Prose or a session: lines with prompts, or lines that begin with a command.
    Lines,
}

/// The commands of a runbook.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sheet {
    /// What it was taken for.
    pub form: Form,
    /// In order.
    pub chunks: Vec<Chunk>,
    /// The first line that ends in a carriage return, where it is a script.
    pub carriage: Option<u32>,
    /// It begins with a byte-order mark.
    pub mark: bool,
}

/// Programs that a recovery's lines begin with.
pub const PROGRAMS: [&str; 22] = [
    "xe",
    "XE",
    "Xe",
    "resetvdis.py",
    "list_domains",
    "tap-ctl",
    "xe-toolstack-restart",
    "service",
    "ssh",
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

/// Reads a runbook; `name` is its file's, whose ending may say what it is.
pub fn read(name: &str, text: &str) -> Sheet {
    let mark = text.starts_with('\u{feff}');
    let text = text.trim_start_matches('\u{feff}');
    let form = form(name, text);
    let carriage =
        (form == Form::Script).then(|| text.lines_with_ends().position(|line| line.ends_with("\r\n"))).flatten().map(|at| at as u32 + 1);
    let plain = text.replace("\r\n", "\n");
    let lines = |text: &str| session(&numbered(text));
    let chunks = match form {
        Form::Script => vec![whole(&plain)],
        // A page whose commands nobody marked as such.
        Form::Markdown => Some(markdown(&plain)).filter(|chunks| !chunks.is_empty()).unwrap_or_else(|| lines(&plain)),
        Form::Html => Some(html(&plain)).filter(|chunks| !chunks.is_empty()).unwrap_or_else(|| lines(&without_tags(&plain))),
        Form::Lines => lines(&plain),
    };
    let chunks = chunks.into_iter().filter(|chunk| !chunk.source.trim().is_empty()).collect();
    Sheet { form, chunks, carriage, mark: mark && form == Form::Script }
}

trait Lines {
    fn lines_with_ends(&self) -> impl Iterator<Item = &str>;
}
impl Lines for str {
    fn lines_with_ends(&self) -> impl Iterator<Item = &str> {
        self.split_inclusive('\n')
    }
}

fn form(name: &str, text: &str) -> Form {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).unwrap_or_default();
    let head = text.trim_start().get(..200).unwrap_or(text.trim_start()).to_lowercase();
    match ending.as_str() {
        "sh" | "bash" => return Form::Script,
        "md" | "markdown" => return Form::Markdown,
        "html" | "htm" => return Form::Html,
        _ => {}
    }
    let lower = text.to_lowercase();
    if text.starts_with("#!") {
        Form::Script
    } else if head.starts_with("<!doctype html") || head.starts_with("<html") || BLOCKS.iter().any(|tag| opens(&lower, tag)) {
        Form::Html
    } else if text.lines().any(|line| line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~")) {
        Form::Markdown
    } else {
        Form::Lines
    }
}

/// Elements that what is typed stands in, on web pages and in a wiki's own text.
const BLOCKS: [&str; 9] = ["pre", "code", "tt", "kbd", "samp", "syntaxhighlight", "source", "nowiki", "ac:plain-text-body"];

/// Whether an element is begun anywhere.
fn opens(lower: &str, tag: &str) -> bool {
    lower.match_indices(tag).any(|(at, _)| lower[..at].ends_with('<') && lower[at + tag.len()..].starts_with(['>', ' ', '\n', '\t']))
}

/// A text as it stands.
fn whole(text: &str) -> Chunk {
    Chunk { source: text.to_owned(), lines: (1..=text.lines().count() as u32).collect(), script: true, ..Chunk::default() }
}

/// The lines of a text with their numbers, without what a mail quotes them with.
fn numbered(text: &str) -> Vec<(u32, String)> {
    text.lines().enumerate().map(|(at, line)| (at as u32 + 1, unquoted(line).to_owned())).collect()
}

/// A line of a mail that was answered to.
fn unquoted(line: &str) -> &str {
    let mut line = line;
    while let Some(rest) = line.strip_prefix('>') {
        line = rest.strip_prefix(' ').unwrap_or(rest);
    }
    line
}

// ---- sessions and prose

/// The parts of a line that begins with a prompt: the host, if it names one, and what was typed.
fn prompt(line: &str) -> Option<(Option<String>, &str)> {
    let (mut host, mut typed) = one_prompt(line)?;
    // It may have been pasted twice.
    while let Some((inner, rest)) = one_prompt(typed) {
        (host, typed) = (inner.or(host), rest);
    }
    Some((host, typed))
}

fn one_prompt(line: &str) -> Option<(Option<String>, &str)> {
    let line = line.trim_start();
    // [root@beta ~]# …
    if let Some(inner) = line.strip_prefix('[')
        && let Some((within, rest)) = inner.split_once(']')
        && let Some((_, at)) = within.split_once('@')
        && !at.is_empty()
    {
        let host = at.split([' ', ':']).next().unwrap_or_default();
        let typed = rest.trim_start().strip_prefix(['#', '$'])?;
        return Some((Some(host.to_owned()), typed.trim()));
    }
    // root@beta:~# …
    let word = line.split(' ').next().unwrap_or_default();
    if let Some((user, rest)) = word.split_once('@')
        && !user.is_empty()
        && user.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        && let Some(end) = rest.find(['#', '$'])
        && rest[..end].contains(':')
    {
        let host = rest.split(':').next().unwrap_or_default();
        let at = line.find(['#', '$'])?;
        return Some((Some(host.to_owned()), line[at + 1..].trim()));
    }
    // # xe …, $ xe …
    if let Some(typed) = line.strip_prefix(['#', '$'])
        && let typed = typed.trim()
        && begins_with_a_program(typed)
    {
        return Some((None, typed));
    }
    // beta# …, beta:~ # …
    let at = line.find(['#', '$'])?;
    let (name, typed) = (line[..at].trim_end().trim_end_matches('~').trim_end_matches(':'), line[at + 1..].trim());
    let named = !name.is_empty() && name.len() < 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    (named && begins_with_a_program(typed) && !PROGRAMS.contains(&name)).then(|| (Some(name.to_owned()), typed))
}

/// A line without what leads to its command: the number or the mark of a list, words that end in a colon, marks of code.
fn unlisted(line: &str) -> Option<&str> {
    let line = line.trim();
    if begins_with_a_program(line) {
        return Some(line);
    }
    // 3. xe …, 3) xe …, - xe …, Step 3: xe …
    let marks = ['-', '*', '\u{2022}', '\u{2013}', '\u{b7}', '\u{25cf}'];
    let digits = line.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
    let number = digits.strip_prefix(['.', ')', ':']).filter(|_| line.len() - digits.len() < 4 && line.len() > digits.len());
    let listed = number.or_else(|| line.strip_prefix(marks)).map(str::trim_start);
    if let Some(rest) = listed {
        let rest = rest.trim_matches('`');
        if begins_with_a_program(rest) {
            return Some(rest);
        }
    }
    let meant = |text: &str| begins_with_a_program(text) && (text.contains('=') || text.contains(" --") || text.contains(".py "));
    // Run `xe …`; {{xe …}}
    for (open, close) in [("`", "`"), ("{{", "}}")] {
        if let Some((_, rest)) = line.split_once(open)
            && let Some((code, _)) = rest.split_once(close)
            && meant(code.trim())
        {
            return Some(code.trim());
        }
    }
    // Forget the host: xe …
    let (_, rest) = line.rsplit_once(": ")?;
    meant(rest.trim()).then(|| rest.trim())
}

/// Whether a line says what is done by hand.
fn by_hand(line: &str) -> bool {
    crate::command::script::words::by_hand(line).is_some()
}

/// Whether a line without a prompt reads like a command rather than like a sentence about one.
fn begins_with_a_program(text: &str) -> bool {
    let mut text = text;
    // Who it is run as, or how long it takes, says nothing of what it is.
    while let Some(rest) = text.strip_prefix("sudo ").or_else(|| text.strip_prefix("time ")) {
        text = rest.trim_start();
    }
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default();
    let name = first.rsplit('/').next().unwrap_or_default();
    if !PROGRAMS.contains(&name) || (first != name && !first.starts_with('/')) {
        return false;
    }
    let second = words.next().unwrap_or_default();
    match name {
        "xe" | "XE" | "Xe" => second.contains('-') || second.starts_with('\u{2013}'),
        "list_domains" | "xe-toolstack-restart" => true,
        "resetvdis.py" | "ipmitool" | "tap-ctl" => !second.is_empty(),
        "service" => second == "xapi",
        "sleep" => second.starts_with(|c: char| c.is_ascii_digit()),
        "ping" => second.starts_with('-'),
        "echo" | "yes" => text.contains('|'),
        "ssh" => text.split_whitespace().count() > 2,
        "for" => text.contains(" in ") && (text.ends_with("do") || text.contains(';')),
        "if" | "while" => text.contains(';') || second.starts_with('['),
        "export" => second.contains('='),
        "done" | "fi" => second.is_empty(),
        _ => false,
    }
}

/// Lines of a session, or of prose: those with a prompt; where there are none, those that begin with a command.
fn session(lines: &[(u32, String)]) -> Vec<Chunk> {
    let prompts = lines.iter().any(|(_, line)| prompt(line).is_some());
    let mut chunks: Vec<Chunk> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let (number, line) = &lines[at];
        at += 1;
        let found = if prompts { prompt(line) } else { unlisted(line).map(|line| (None, line)) };
        let found = if by_hand(line) { Some((None, line.trim())) } else { found };
        let Some((host, typed)) = found else {
            // An answer, below the question.
            let answer = line.trim();
            let asked =
                at > 1 && lines[at - 2].1.contains("Type 'yes'") && answer.len() < 12 && !answer.contains(' ') && !answer.is_empty();
            if let Some(last) = chunks.last_mut()
                && (asked || ["yes", "YES", "Yes", "y", "no"].contains(&answer))
                && last.answer.is_none()
            {
                last.answer = Some(answer.to_owned());
            }
            continue;
        };
        if typed.is_empty() {
            continue;
        }
        let mut chunk = Chunk { source: typed.to_owned(), lines: vec![*number], host, ..Chunk::default() };
        while chunk.source.ends_with('\\') && at < lines.len() {
            chunk.source.push('\n');
            chunk.source.push_str(lines[at].1.trim_start().strip_prefix("> ").unwrap_or(&lines[at].1));
            chunk.lines.push(lines[at].0);
            at += 1;
        }
        // A loop over several lines is one command.
        while open(&chunk.source) && at < lines.len() && at - (chunk.lines[0] as usize) < 200 {
            let next = lines[at].1.trim();
            if prompts && prompt(next).is_some() {
                break;
            }
            chunk.source.push('\n');
            chunk.source.push_str(next.strip_prefix("> ").unwrap_or(next));
            chunk.lines.push(lines[at].0);
            at += 1;
        }
        if let Some((below, rest)) = lines.get(at).filter(|_| chunk.lines.len() == 1) {
            chunk.broken = broken(typed, rest.trim()).map(|whole| (*below, whole));
        }
        chunks.push(chunk);
    }
    chunks
}

/// A command and the line below it as one, where that line reads like its rest: a page's margin broke it.
fn broken(command: &str, below: &str) -> Option<String> {
    if !command.starts_with("xe ") && !command.contains("resetvdis") || below.is_empty() || below.len() > 200 {
        return None;
    }
    let first = below.split_whitespace().next().unwrap_or_default();
    let key = first.split_once('=').map(|(key, _)| key).unwrap_or_default();
    let lower = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || "-:".contains(c));
    let rest_of_name = command.ends_with('-') && lower(first.trim_end_matches(|c: char| c.is_ascii_digit()));
    let switch =
        first.len() > 3 && (first.starts_with("--") || first.starts_with('\u{2013}')) && lower(first.trim_start_matches(['-', '\u{2013}']));
    let joint = if rest_of_name || command.ends_with('=') { "" } else { " " };
    (rest_of_name || switch || lower(key) && key.len() > 1 || command.ends_with('=')).then(|| format!("{command}{joint}{below}"))
}

/// Whether a loop or a condition is begun and not ended.
fn open(source: &str) -> bool {
    let words = source.split([' ', '\n', ';', '\t']);
    let (mut begun, mut ended) = (0, 0);
    for word in words {
        match word {
            "do" | "then" => begun += 1,
            "done" | "fi" => ended += 1,
            _ => {}
        }
    }
    begun > ended
}

// ---- Markdown

fn markdown(text: &str) -> Vec<Chunk> {
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    let line_of = |offset: usize| ends.partition_point(|end| *end < offset) as u32 + 1;
    let mut chunks = Vec::new();
    let mut block: Option<(String, Vec<u32>)> = None;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match &kind {
                    CodeBlockKind::Fenced(language) => language.split([' ', ',', '{']).next().unwrap_or_default().to_lowercase(),
                    CodeBlockKind::Indented => String::new(),
                };
                let shell = [
                    "",
                    "sh",
                    "bash",
                    "zsh",
                    "ksh",
                    "shell",
                    "console",
                    "shell-session",
                    "bash-session",
                    "text",
                    "txt",
                    "plain",
                    "none",
                    "terminal",
                    "plaintext",
                ];
                block = shell.contains(&language.as_str()).then(|| (String::new(), Vec::new()));
            }
            Event::Text(part) => {
                if let Some((source, lines)) = &mut block {
                    let first = line_of(range.start);
                    lines.extend((0..part.matches('\n').count() as u32).map(|more| first + more));
                    source.push_str(&part);
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some((source, lines)) = block.take() {
                    chunks.extend(of_block(&source, &lines));
                }
            }
            Event::Code(code) if block.is_none() => {
                let code = code.trim();
                // A command with what it is to do, not one that is spoken of.
                if begins_with_a_program(code) && (code.contains('=') || code.contains(" --") || code.contains(".py ")) {
                    chunks.push(Chunk { source: code.to_owned(), lines: vec![line_of(range.start)], ..Chunk::default() });
                }
            }
            _ => {}
        }
    }
    chunks
}

/// A block of code: a session if it has prompts, else a script.
fn of_block(source: &str, lines: &[u32]) -> Vec<Chunk> {
    let numbered: Vec<(u32, String)> = source
        .lines()
        .zip(lines.iter().copied().chain(std::iter::repeat(lines.last().copied().unwrap_or(1))))
        .map(|(line, number)| (number, line.to_owned()))
        .collect();
    if numbered.iter().any(|(_, line)| prompt(line).is_some()) {
        return session(&numbered);
    }
    vec![Chunk { source: source.to_owned(), lines: numbered.iter().map(|(number, _)| *number).collect(), ..Chunk::default() }]
}

// ---- HTML

/// What stands in `pre`, `code`, `tt` and `kbd`, with entities read and `br` as an end of line.
fn html(text: &str) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut block: Option<(String, Vec<(u32, String)>)> = None;
    let (mut rest, mut line) = (text, 1u32);
    while !rest.is_empty() {
        let Some(at) = rest.find('<') else {
            take(&mut block, rest, &mut line);
            break;
        };
        take(&mut block, &rest[..at], &mut line);
        rest = &rest[at..];
        if let Some(raw) = rest.strip_prefix("<![CDATA[") {
            let end = raw.find("]]>").unwrap_or(raw.len());
            plain(&mut block, &raw[..end], &mut line);
            rest = raw.get(end + 3..).unwrap_or_default();
            continue;
        }
        let Some(end) = rest.find('>').map(|end| end + 1) else {
            take(&mut block, rest, &mut line);
            break;
        };
        let tag = rest[1..end].trim_end_matches('>').trim().trim_end_matches('/').to_lowercase();
        let name = tag.split_whitespace().next().unwrap_or_default();
        let known = [
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
        ];
        match name {
            "br" | "/div" | "/p" | "/li" | "/tr" => {
                if let Some((_, lines)) = &mut block {
                    lines.push((line, String::new()));
                }
            }
            tag if BLOCKS.contains(&tag) && block.is_none() => block = Some((name.to_owned(), vec![(line, String::new())])),
            closing if closing.strip_prefix('/').is_some_and(|name| block.as_ref().is_some_and(|(open, _)| open == name)) => {
                if let Some((open, lines)) = block.take() {
                    let lines: Vec<(u32, String)> = lines.into_iter().filter(|(_, line)| !line.trim().is_empty()).collect();
                    let command = ["pre", "syntaxhighlight", "source", "ac:plain-text-body"].contains(&open.as_str())
                        || lines.iter().any(|(_, line)| begins_with_a_program(line.trim()) || prompt(line).is_some());
                    if command {
                        let (numbers, texts): (Vec<u32>, Vec<String>) = lines.into_iter().unzip();
                        chunks.extend(of_block(&(texts.join("\n") + "\n"), &numbers));
                    }
                }
            }
            // Within what is preformatted, an unknown tag is a placeholder that nobody wrote as an entity.
            _ if block.is_some() && !known.contains(&name.trim_start_matches('/')) => {
                take(&mut block, &rest[..end], &mut line);
                rest = &rest[end..];
                continue;
            }
            _ => {}
        }
        line += rest[..end].matches('\n').count() as u32;
        rest = &rest[end..];
    }
    chunks
}

/// A page as people see it: its lines, without its elements.
fn without_tags(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&entities(&rest[..at]));
        rest = &rest[at..];
        let Some(end) = rest.find('>') else { break };
        // What is no element is a placeholder.
        let name = rest[1..end].trim_start_matches('/');
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == ':' || c == '!';
        if !name.starts_with(is_name) || name.contains('_') || name.contains('-') && !name.contains('=') {
            out.push_str(&rest[..=end]);
        } else {
            out.extend(rest[..=end].chars().filter(|c| *c == '\n'));
        }
        rest = &rest[end + 1..];
    }
    out + &entities(rest)
}

/// Text as it stands, entities and all.
fn plain(block: &mut Option<(String, Vec<(u32, String)>)>, text: &str, line: &mut u32) {
    lines_of(block, text, line, str::to_owned);
}

fn take(block: &mut Option<(String, Vec<(u32, String)>)>, text: &str, line: &mut u32) {
    lines_of(block, text, line, entities);
}

fn lines_of(block: &mut Option<(String, Vec<(u32, String)>)>, text: &str, line: &mut u32, read: fn(&str) -> String) {
    for (at, part) in text.split('\n').enumerate() {
        if at > 0 {
            *line += 1;
            if let Some((_, lines)) = block {
                lines.push((*line, String::new()));
            }
        }
        if let Some((_, lines)) = block
            && let Some((_, last)) = lines.last_mut()
        {
            last.push_str(&read(part));
        }
    }
}

/// Entities as the characters that they stand for.
fn entities(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let found = rest.bytes().take(11).position(|b| b == b';').and_then(|end| {
            let name = &rest[1..end];
            let c = match name {
                "lt" => Some('<'),
                "gt" => Some('>'),
                "amp" => Some('&'),
                "quot" => Some('"'),
                "apos" => Some('\''),
                "nbsp" => Some('\u{a0}'),
                "ndash" => Some('\u{2013}'),
                "mdash" => Some('\u{2014}'),
                "lsquo" => Some('\u{2018}'),
                "rsquo" => Some('\u{2019}'),
                "ldquo" => Some('\u{201c}'),
                "rdquo" => Some('\u{201d}'),
                _ => name.strip_prefix('#').and_then(|number| {
                    let number = match number.strip_prefix(['x', 'X']) {
                        Some(hex) => u32::from_str_radix(hex, 16).ok(),
                        None => number.parse().ok(),
                    };
                    number.and_then(char::from_u32)
                }),
            };
            c.map(|c| (c, end + 1))
        });
        let (c, used) = found.unwrap_or(('&', 1));
        out.push(c);
        rest = &rest[used..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(name: &str, text: &str) -> Vec<(u32, String)> {
        read(name, text).chunks.into_iter().map(|chunk| (chunk.lines[0], chunk.source.trim().to_owned())).collect()
    }

    #[test]
    fn sessions_give_what_was_typed() {
        let text = "Hello,\n\n[root@xs1 ~]# xe host-list\nuuid ( RO)  : abc\n[root@xs2 ~]#xe vm-list\nroot@xs1:~# xe host-forget uuid=1\nWARNING: x\nType 'yes' to continue\nyes\n# xe sr-list\n# a remark\n$ \n";
        let sheet = read("mail.txt", text);
        assert_eq!(sheet.form, Form::Lines);
        let told: Vec<(u32, &str, Option<&str>)> =
            sheet.chunks.iter().map(|chunk| (chunk.lines[0], chunk.source.as_str(), chunk.host.as_deref())).collect();
        assert_eq!(
            told,
            [
                (3, "xe host-list", Some("xs1")),
                (5, "xe vm-list", Some("xs2")),
                (6, "xe host-forget uuid=1", Some("xs1")),
                (10, "xe sr-list", None)
            ]
        );
        assert_eq!(sheet.chunks[2].answer.as_deref(), Some("yes"));
        assert_eq!(commands("x", "[root@a ~]# [root@a ~]# xe vm-list\n"), [(1, "xe vm-list".into())]);
    }

    #[test]
    fn markdown_gives_its_code_with_its_lines() {
        let text = "# Recovery\n\n1. Run `xe host-forget uuid=<uuid> --force`; `xe host-forget` asks.\n2. then\n\n   ```sh\n   xe vm-list\n   sleep 5\n   ```\n\n```yaml\nxe: no\n```\n\n    xe sr-list\n";
        assert_eq!(
            commands("a.markdown", text),
            [(3, "xe host-forget uuid=<uuid> --force".into()), (7, "xe vm-list\nsleep 5".into()), (15, "xe sr-list".into())]
        );
        assert_eq!(read("a.markdown", text).chunks[1].lines, [7, 8]);
    }

    #[test]
    fn html_gives_what_is_preformatted() {
        let text = "<html><body><p>xe is a tool</p>\n<pre>\nxe host-list &amp;&amp; xe vm-list uuid=&lt;uuid&gt;<br/>xe sr-list\n</pre> use <code>xe vm-start vm=a &#8211;force</code> or <code>beta</code>\n<pre>xe x uuid=<host uuid> y</pre></body></html>";
        assert_eq!(
            commands("wiki.html", text),
            [
                (3, "xe host-list && xe vm-list uuid=<uuid>\nxe sr-list".into()),
                (4, "xe vm-start vm=a \u{2013}force".into()),
                (5, "xe x uuid=<host uuid> y".into())
            ]
        );
    }

    #[test]
    fn prose_is_no_command() {
        let text = "Please do this:\n\n  xe vm-list power-state=running\nxe is what it is called; echo.\n> > xe host-list params=all\n  for v in a b; do\n  xe vm-start vm=$v\n  done\nThanks\n";
        assert_eq!(
            commands("mail.eml", text),
            [
                (3, "xe vm-list power-state=running".into()),
                (5, "xe host-list params=all".into()),
                (6, "for v in a b; do\nxe vm-start vm=$v\ndone".into())
            ]
        );
    }
}
