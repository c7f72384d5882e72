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
    let chunks = match form {
        Form::Script => vec![whole(&plain)],
        Form::Markdown => markdown(&plain),
        Form::Html => html(&plain),
        Form::Lines => session(&plain.lines().enumerate().map(|(at, line)| (at as u32 + 1, unquoted(line).to_owned())).collect::<Vec<_>>()),
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
    if text.starts_with("#!") {
        Form::Script
    } else if head.starts_with("<!doctype html") || head.starts_with("<html") || text.to_lowercase().contains("<pre") {
        Form::Html
    } else if text.lines().any(|line| line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~")) {
        Form::Markdown
    } else {
        Form::Lines
    }
}

/// A text as it stands.
fn whole(text: &str) -> Chunk {
    Chunk { source: text.to_owned(), lines: (1..=text.lines().count() as u32).collect(), host: None, answer: None }
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
    let line = line.trim_start();
    // [root@beta ~]# …
    if let Some(inner) = line.strip_prefix('[')
        && let Some((within, rest)) = inner.split_once(']')
        && let Some((_, at)) = within.split_once('@')
        && !at.is_empty()
    {
        let host = at.split([' ', ':']).next().unwrap_or_default();
        let typed = rest.trim_start().strip_prefix(['#', '$'])?;
        return Some((Some(host.to_owned()), again(typed.trim())));
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
        return Some((Some(host.to_owned()), again(line[at + 1..].trim())));
    }
    // # xe …, $ xe …
    let typed = line.strip_prefix("# ").or_else(|| line.strip_prefix("$ "))?.trim();
    begins_with_a_program(typed).then_some((None, typed))
}

/// What was typed where the prompt was pasted twice.
fn again(typed: &str) -> &str {
    match prompt(typed) {
        Some((_, inner)) => inner,
        None => typed,
    }
}

/// Whether a line says what is done by hand.
fn by_hand(line: &str) -> bool {
    crate::command::script::words::by_hand(line).is_some()
}

/// Whether a line without a prompt reads like a command rather than like a sentence about one.
fn begins_with_a_program(text: &str) -> bool {
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
        "sudo" | "time" => begins_with_a_program(text[text.find(first).unwrap_or(0) + first.len()..].trim_start()),
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
        let found = if prompts { prompt(line) } else { Some((None, line.trim())).filter(|(_, line)| begins_with_a_program(line)) };
        let found = if by_hand(line) { Some((None, line.trim())) } else { found };
        let Some((host, typed)) = found else {
            // An answer, below the question.
            if let Some(last) = chunks.last_mut()
                && ["yes", "YES", "Yes", "y", "no"].contains(&line.trim())
                && last.answer.is_none()
            {
                last.answer = Some(line.trim().to_owned());
            }
            continue;
        };
        if typed.is_empty() {
            continue;
        }
        let mut chunk = Chunk { source: typed.to_owned(), lines: vec![*number], host, answer: None };
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
        chunks.push(chunk);
    }
    chunks
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
    let line_of = |offset: usize| text[..offset].matches('\n').count() as u32 + 1;
    let mut chunks = Vec::new();
    let mut block: Option<(String, Vec<u32>)> = None;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match &kind {
                    CodeBlockKind::Fenced(language) => language.split([' ', ',', '{']).next().unwrap_or_default().to_lowercase(),
                    CodeBlockKind::Indented => String::new(),
                };
                let shell = ["", "sh", "bash", "shell", "console", "shell-session", "text", "plain", "none", "terminal"];
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
                    chunks.push(Chunk { source: code.to_owned(), lines: vec![line_of(range.start)], host: None, answer: None });
                }
            }
            _ => {}
        }
    }
    chunks
}

/// A block of code: a session if it has prompts, else a script.
fn of_block(source: &str, lines: &[u32]) -> Vec<Chunk> {
    let numbered: Vec<(u32, String)> =
        source.lines().zip(lines.iter().copied().chain(std::iter::repeat(0))).map(|(line, number)| (number, line.to_owned())).collect();
    if numbered.iter().any(|(_, line)| prompt(line).is_some()) {
        return session(&numbered);
    }
    vec![Chunk { source: source.to_owned(), lines: numbered.iter().map(|(number, _)| *number).collect(), host: None, answer: None }]
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
        let end = rest.find('>').map_or(rest.len(), |end| end + 1);
        let tag = rest[1..end].trim_end_matches('>').trim().trim_end_matches('/').to_lowercase();
        let name = tag.split_whitespace().next().unwrap_or_default();
        let known = ["pre", "code", "tt", "kbd", "br", "b", "i", "em", "strong", "span", "p", "div", "li", "a", "font", "u"];
        match name {
            "br" => {
                if let Some((_, lines)) = &mut block {
                    lines.push((line, String::new()));
                }
            }
            "pre" | "code" | "tt" | "kbd" if block.is_none() => block = Some((name.to_owned(), vec![(line, String::new())])),
            closing if closing.strip_prefix('/').is_some_and(|name| block.as_ref().is_some_and(|(open, _)| open == name)) => {
                if let Some((open, lines)) = block.take() {
                    let lines: Vec<(u32, String)> = lines.into_iter().filter(|(_, line)| !line.trim().is_empty()).collect();
                    let command =
                        open == "pre" || lines.iter().any(|(_, line)| begins_with_a_program(line.trim()) || prompt(line).is_some());
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

fn take(block: &mut Option<(String, Vec<(u32, String)>)>, text: &str, line: &mut u32) {
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
            last.push_str(&entities(part));
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
        let found = rest.find(';').filter(|end| *end <= 10).and_then(|end| {
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
