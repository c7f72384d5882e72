//! The part of the shell's grammar that a recovery needs: words, quotes, backslash, `#`, blank lines, `echo yes |`, and
//! `$names`. Anything else of a shell is an error that names it.
//!
//! Knows no command but `echo` and `yes`, and no object: whether a name exists is asked later.

/// A piece of a word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// Text as it stands.
    Text(String),
    /// `$name` or `${name}`: the UUID of that object when the line runs.
    Variable(String),
}

/// A word: its pieces run together.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Word(pub Vec<Piece>);

impl Word {
    /// The word where it holds no variable.
    pub fn plain(&self) -> Option<String> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Variable(_) => return None,
            }
        }
        Some(text)
    }

    fn push(&mut self, c: char) {
        match self.0.last_mut() {
            Some(Piece::Text(text)) => text.push(c),
            _ => self.0.push(Piece::Text(c.to_string())),
        }
    }
}

/// One command line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// As typed.
    pub text: String,
    /// Its offset within the script, bytes.
    pub offset: usize,
    /// Its words, at least one.
    pub words: Vec<Word>,
    /// Where each word stands within the script: first byte and the byte after the last.
    pub places: Vec<(usize, usize)>,
    /// What is piped into it (`echo yes |`).
    pub piped: Option<String>,
}

/// The lines of a `run:`; at least one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Script {
    /// As the scenario has it.
    pub text: String,
    /// In order; of a shell's script, its commands as far as they stand there.
    pub lines: Vec<Line>,
    /// It is more than lines one after the other: a shell goes through it.
    pub scripted: bool,
}

impl Script {
    /// Its line, where it is one and no more.
    pub fn single(&self) -> Option<&Line> {
        match &self.lines[..] {
            [line] if !self.scripted => Some(line),
            _ => None,
        }
    }
}

/// What is not part of the grammar, or not finished.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShellError {
    /// Where, in bytes from the script's start.
    pub offset: usize,
    /// What it is.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// Something is opened and never closed, so that all that follows is read as part of it.
    pub unclosed: bool,
}

/// How many lines `yes |` prints: more than any command asks for.
const YES_LINES: usize = 16;

/// Words that a shell keeps for itself, where a command is expected.
const CONTROL_WORDS: &[&str] = &[
    "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "select", "function", "time", "coproc", "{",
    "}", "!", "[[", "]]",
];

/// Reads a script.
///
/// # Errors
/// A [`ShellError`] for the first thing of each line that is not understood, at least one: each names the construct and says
/// what to write instead.
pub fn parse(text: &str) -> Result<Script, Vec<ShellError>> {
    let mut reader = Reader { text, at: 0 };
    let (mut lines, mut errors) = (Vec::new(), Vec::new());
    while reader.peek().is_some() {
        match reader.line() {
            Ok(line) => lines.extend(line),
            Err(error) => {
                errors.push(error);
                reader.at += reader.rest().find('\n').map_or(reader.rest().len(), |end| end + 1);
            }
        }
    }
    if lines.is_empty() && errors.is_empty() {
        let help = "write one command a line, like `xe host-list`; for words to the reader use `note:`";
        errors.push(error(0, "there is no command here", help));
    }
    if errors.is_empty() { Ok(Script { text: text.to_string(), lines, scripted: false }) } else { Err(errors) }
}

fn error(offset: usize, message: impl Into<String>, help: impl Into<String>) -> ShellError {
    ShellError { offset, message: message.into(), help: help.into(), unclosed: false }
}

/// What ended a run of words.
enum End {
    Newline,
    Pipe(usize),
}

type Words = Vec<(Word, (usize, usize))>;

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }
    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// One line, to its newline or the end; `None` if it is blank or a comment.
    fn line(&mut self) -> Result<Option<Line>, ShellError> {
        let start = self.at;
        let (mut words, end) = self.words()?;
        let mut piped = None;
        if let End::Pipe(bar) = end {
            piped = Some(source(&words, bar)?);
            let (after, end) = self.words()?;
            if let End::Pipe(second) = end {
                return Err(error(
                    second,
                    "a second `|`",
                    "only `echo WORDS |` and `yes |` before a command are understood; reports show the whole output",
                ));
            }
            if after.is_empty() {
                return Err(error(bar, "there is no command after `|`", "write the command that reads the answer on the same line"));
            }
            words = after;
        }
        let Some((first, (place, _))) = words.first() else { return Ok(None) };
        let first_text = first.plain().unwrap_or_default();
        let typed = &self.text[*place..];
        if CONTROL_WORDS.contains(&first_text.as_str()) && typed.starts_with(first_text.as_str()) {
            return Err(error(
                *place,
                format!("the shell's control word `{first_text}`"),
                "write the commands out, one a line; steps can wait and decide with `wait-for:` and `if:`",
            ));
        }
        if is_assignment(typed) {
            return Err(error(
                *place,
                "a shell variable is set here",
                "every object of the pool is a variable already: `$beta` is the UUID of the host beta",
            ));
        }
        if piped.is_none() && (first_text == "echo" || first_text == "yes") {
            return Err(error(
                *place,
                format!("`{first_text}` without a command to read what it prints"),
                "write `echo yes | xe …`; for words to the reader use `note:`",
            ));
        }
        let text = self.text[start..self.at].trim_end_matches('\n').to_string();
        let trimmed = text.trim_start_matches([' ', '\t']);
        let offset = start + (text.len() - trimmed.len());
        let (words, places) = words.into_iter().unzip();
        Ok(Some(Line { text: trimmed.trim_end_matches([' ', '\t']).to_string(), offset, words, places, piped }))
    }

    /// Words up to the end of the line or a pipe.
    fn words(&mut self) -> Result<(Words, End), ShellError> {
        let mut words = Words::new();
        loop {
            match self.peek() {
                None => return Ok((words, End::Newline)),
                Some('\n') => {
                    self.next();
                    return Ok((words, End::Newline));
                }
                Some(' ' | '\t') => {
                    self.next();
                }
                Some('\\') if self.rest().starts_with("\\\n") => self.at += 2,
                Some('#') => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.next();
                    }
                }
                Some('|') if !self.rest().starts_with("||") && !self.rest().starts_with("|&") => {
                    self.next();
                    return Ok((words, End::Pipe(self.at - 1)));
                }
                Some(_) => {
                    let start = self.at;
                    let word = self.word()?;
                    words.push((word, (start, self.at)));
                }
            }
        }
    }

    /// One word; there is at least one character of it.
    fn word(&mut self) -> Result<Word, ShellError> {
        let mut word = Word::default();
        let start = self.at;
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\n' => break,
                '|' if self.at > start => break,
                '\\' if self.rest().starts_with("\\\n") => self.at += 2,
                '\\' => {
                    self.next();
                    match self.next() {
                        Some(c) => word.push(c),
                        None => word.push('\\'),
                    }
                }
                '\'' => {
                    let open = self.at;
                    self.next();
                    // An empty quotation is a word all the same.
                    word.0.push(Piece::Text(String::new()));
                    loop {
                        match self.next() {
                            None => return Err(unclosed(open, '\'')),
                            Some('\'') => break,
                            Some(c) => word.push(c),
                        }
                    }
                }
                '"' => self.double_quoted(&mut word)?,
                '$' => self.variable(&mut word, true)?,
                _ => {
                    if let Some(error) = self.foreign(start) {
                        return Err(error);
                    }
                    self.next();
                    word.push(c);
                }
            }
        }
        word.0.retain(|piece| *piece != Piece::Text(String::new()));
        Ok(word)
    }

    fn double_quoted(&mut self, word: &mut Word) -> Result<(), ShellError> {
        let open = self.at;
        self.next();
        loop {
            match self.peek() {
                None => return Err(unclosed(open, '"')),
                Some('"') => {
                    self.next();
                    return Ok(());
                }
                Some('\\') => {
                    self.next();
                    match self.peek() {
                        Some('\n') => {
                            self.next();
                        }
                        Some(c @ ('$' | '`' | '"' | '\\')) => {
                            self.next();
                            word.push(c);
                        }
                        _ => word.push('\\'),
                    }
                }
                Some('$') => self.variable(word, false)?,
                Some('`') => return Err(substitution(self.at)),
                Some(c) => {
                    self.next();
                    word.push(c);
                }
            }
        }
    }

    /// What begins with `$`.
    fn variable(&mut self, word: &mut Word, bare: bool) -> Result<(), ShellError> {
        let dollar = self.at;
        self.next();
        match self.peek() {
            Some('(') => Err(substitution(dollar)),
            Some('{') => {
                let rest = &self.text[self.at + 1..];
                let Some(end) = rest.find(['}', '\n']).filter(|end| rest.as_bytes()[*end] == b'}') else {
                    let open = error(dollar, "`${` without its `}`", "close it: `${db-root}`");
                    return Err(ShellError { unclosed: true, ..open });
                };
                let name = &rest[..end];
                if name.is_empty() || name.contains(['$', '`', '"', '\'', ' ', '\t', ':', '#', '%', '^', ',', '!', '?', '@', '*', '{']) {
                    return Err(error(
                        dollar,
                        format!("`${{{name}}}` is no name of an object"),
                        "within `${…}` stands a name alone: `${db-root}`, a PBD `${beta/nfs1}`, a VBD `${db/root}`",
                    ));
                }
                word.0.push(Piece::Variable(name.to_string()));
                self.at += end + 2;
                Ok(())
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let name_end = |text: &str| text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
                let mut end = name_end(self.rest());
                // `$beta.old`: the UUID that the machine had before its last reinstallation.
                if let Some(after) = self.rest()[end..].strip_prefix(".old")
                    && name_end(after) == 0
                {
                    end += 4;
                }
                word.0.push(Piece::Variable(self.rest()[..end].to_string()));
                self.at += end;
                Ok(())
            }
            Some(c @ ('0'..='9' | '?' | '$' | '#' | '@' | '*' | '!' | '-')) => Err(error(
                dollar,
                format!("the shell's own variable `${c}`"),
                "only the names of the pool's objects are variables; write a name that begins with a digit in braces",
            )),
            Some(c @ ('\'' | '"')) if bare => Err(error(dollar, format!("the quotation `${c}`"), "write plain single or double quotes")),
            _ => {
                word.push('$');
                Ok(())
            }
        }
    }

    /// What a shell would take for something else than text.
    fn foreign(&self, word_start: usize) -> Option<ShellError> {
        let at = self.at;
        let rest = self.rest();
        let (name, help): (&str, &str) = match rest.chars().next()? {
            '&' if rest.starts_with("&&") => {
                ("`&&`", "write the commands on lines of their own: they run in turn and end at the first that fails")
            }
            '&' => ("`&` (a command in the background)", "give it a step of its own; if it belongs to a word, quote the word"),
            ';' => ("`;`", "write the commands on lines of their own: they run in turn and end at the first that fails"),
            '|' => ("`||` or `|&`", "give the second command a step of its own, with `if: {step: …, status: error}`"),
            '<' if rest.starts_with("<<") => ("a here-document `<<`", "say what the command reads with `stdin:`"),
            '<' => {
                ("the redirection `<`", "say what the command reads with `stdin:`; a placeholder like `<uuid>` becomes a name like `$beta`")
            }
            '>' => ("the redirection `>`", "leave it out: reports keep the output"),
            '`' => return Some(substitution(at)),
            '(' | ')' => ("a bracket `(` or `)`", "write the commands out, one a line; quote the word if it is text"),
            '*' | '?' | '[' => ("a pattern of file names (`*`, `?`, `[`)", "quote the word if it is text; `xe` knows no patterns either"),
            '~' if at == word_start => ("`~`", "write the whole path, or quote the word"),
            '{' if at == word_start && rest[1..].starts_with([' ', '\t', '\n']) => return None,
            '{' if brace_expansion(rest) => ("a brace expansion `{…}`", "write the words out"),
            _ => return None,
        };
        Some(error(at, format!("{name} is not understood here"), help))
    }
}

fn unclosed(open: usize, quote: char) -> ShellError {
    error(open, format!("the quote {quote} is not closed"), "close it, or put a backslash before it")
}

fn substitution(at: usize) -> ShellError {
    error(
        at,
        "a command within a command (`$(…)` or backticks)",
        "use the object's name: `$beta` is the UUID that `xe host-list name-label=beta --minimal` would print",
    )
}

/// Whether an unquoted word begins like `{a,b}` or `{1..3}`.
fn brace_expansion(rest: &str) -> bool {
    let end = rest.find([' ', '\t', '\n']).unwrap_or(rest.len());
    rest[..end].find('}').is_some_and(|close| rest[..close].contains(',') || rest[..close].contains(".."))
}

/// Whether a line begins with `NAME=`.
fn is_assignment(typed: &str) -> bool {
    let name = typed.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(typed.len());
    name > 0 && !typed.starts_with(|c: char| c.is_ascii_digit()) && typed[name..].starts_with('=')
}

/// What `echo …` or `yes …` before a pipe prints.
fn source(words: &Words, bar: usize) -> Result<String, ShellError> {
    let mut plain = Vec::new();
    for (word, (place, _)) in words {
        plain.push(word.plain().ok_or_else(|| error(*place, "a variable before `|`", "write the words that are piped as they are"))?);
    }
    match plain.first().map(String::as_str) {
        Some("echo") => {
            let mut rest = &plain[1..];
            let mut newline = "\n";
            while let Some(flag @ ("-n" | "-e" | "-E")) = rest.first().map(String::as_str) {
                if flag == "-n" {
                    newline = "";
                }
                rest = &rest[1..];
            }
            Ok(format!("{}{newline}", rest.join(" ")))
        }
        Some("yes") => {
            let line = if plain.len() > 1 { plain[1..].join(" ") } else { "y".to_string() };
            Ok(format!("{line}\n").repeat(YES_LINES))
        }
        _ => Err(error(
            bar,
            "a pipe `|` from another command",
            "only `echo WORDS |` and `yes |` are understood; reports show the whole output, so leave filters out",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<String> {
        parse(text).unwrap().lines[0].words.iter().map(show).collect()
    }
    fn show(word: &Word) -> String {
        word.0
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Variable(name) => format!("<{name}>"),
            })
            .collect()
    }

    #[test]
    fn words_and_quotes_are_the_shells() {
        assert_eq!(words("xe  vm-start\tvm=db"), ["xe", "vm-start", "vm=db"]);
        assert_eq!(words(r#"xe a="b c"'d "e'\ f"#), ["xe", r#"a=b cd "e f"#]);
        assert_eq!(words(r#"xe "a\"b\x\\" '' """#), ["xe", r#"a"b\x\"#, "", ""]);
        assert_eq!(words("xe a\\\nb c"), ["xe", "ab", "c"]);
        assert_eq!(words("xe vm=#1 # a remark"), ["xe", "vm=#1"]);
        assert_eq!(words("xe 'a\nb'"), ["xe", "a\nb"]);
    }

    #[test]
    fn variables_end_where_a_shells_would() {
        assert_eq!(words("xe $beta-x ${db-root} \"u=$a.b\" '$no' \\$no"), ["xe", "<beta>-x", "<db-root>", "u=<a>.b", "$no", "$no"]);
        assert_eq!(words("xe $beta.old $beta.older ${beta/nfs1}, $"), ["xe", "<beta.old>", "<beta>.older", "<beta/nfs1>,", "$"]);
    }

    #[test]
    fn blank_lines_and_comments_are_no_commands() {
        let script = parse("\n# first\nxe a\n\n   xe b # c\n").unwrap();
        assert_eq!(script.lines.len(), 2);
        assert_eq!((script.lines[1].text.as_str(), script.lines[1].offset), ("xe b # c", 18));
        assert_eq!(script.lines[1].places, [(18, 20), (21, 22)]);
        assert!(parse("# nothing\n\n").is_err());
    }

    #[test]
    fn echo_and_yes_are_piped() {
        assert_eq!(parse("echo yes | xe host-forget").unwrap().lines[0].piped.as_deref(), Some("yes\n"));
        assert_eq!(parse("echo 'a b'  c|xe x").unwrap().lines[0].piped.as_deref(), Some("a b c\n"));
        assert!(parse("yes | xe x").unwrap().lines[0].piped.as_deref().unwrap().starts_with("y\ny\n"));
        assert_eq!(parse("xe x").unwrap().lines[0].piped, None);
    }

    #[test]
    fn anything_else_is_named_with_its_place() {
        for (text, at, names) in [
            ("xe a; xe b", 4, ";"),
            ("xe a && xe b", 5, "&&"),
            ("xe a &", 5, "&"),
            ("xe a || true", 5, "||"),
            ("xe a > f", 5, ">"),
            ("xe a 2>/dev/null", 6, ">"),
            ("xe uuid=<host_uuid>", 8, "<"),
            ("xe a <<EOF", 5, "<<"),
            ("xe uuid=$(xe b)", 8, "$("),
            ("xe uuid=`xe b`", 8, "backticks"),
            ("xe \"`b`\"", 4, "backticks"),
            ("xe vm=*", 6, "pattern"),
            ("xe uuid=[uuid]", 8, "pattern"),
            ("xe a?", 4, "pattern"),
            ("~/bin/xe a", 0, "~"),
            ("xe {a,b}", 3, "brace"),
            ("(xe a)", 0, "bracket"),
            ("xe a | grep b", 5, "pipe"),
            ("echo yes | xe a | cat", 16, "|"),
            ("H=1 xe a", 0, "variable"),
            ("for h in a; do", 10, ";"),
            ("while read h", 0, "while"),
            ("xe $1", 3, "$1"),
            ("xe ${a:-b}", 3, "${a:-b}"),
            ("xe ${a", 3, "}"),
            ("xe 'a", 3, "quote"),
            ("xe \"a", 3, "quote"),
            ("echo hello", 0, "echo"),
            ("echo $a | xe b", 5, "variable"),
        ] {
            let error = parse(text).unwrap_err().remove(0);
            assert_eq!(error.offset, at, "{text}: {error:?}");
            assert!(error.message.contains(names), "{text}: {error:?}");
            assert!(!error.help.is_empty());
        }
    }

    #[test]
    fn dashes_quotes_and_carriage_returns_pass_as_text() {
        assert_eq!(words("xe \u{2013}force name=\u{201c}web 1\u{201d}\r"), ["xe", "\u{2013}force", "name=\u{201c}web", "1\u{201d}\r"]);
    }

    proptest! {
        #[test]
        fn reading_never_panics_and_places_are_true(text in "[ -~\\n\\r\\t\u{2013}\u{e9}$\"'\\\\|#]{0,60}") {
            if let Ok(script) = parse(&text) {
                for line in &script.lines {
                    prop_assert_eq!(line.words.len(), line.places.len());
                    prop_assert!(text[line.offset..].starts_with(&line.text));
                    for (from, to) in &line.places {
                        prop_assert!(from < to && text.get(*from..*to).is_some());
                    }
                }
            }
        }

        #[test]
        fn quoted_text_comes_back_as_it_was(text in "[^']{0,40}") {
            prop_assert_eq!(words(&format!("xe '{text}'"))[1].clone(), text);
        }
    }
}
