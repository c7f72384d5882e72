//! Whether a shell would ask for a further line: by its quotes, words and here-documents. What a parser says of a text that is
//! cut off says nothing of where it should have gone on.

/// What a text is in want of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Want {
    /// The end of a quotation.
    Quote,
    /// The end of a here-document.
    Document,
    /// `done`, `fi`, `esac`, a bracket.
    End,
    /// What comes behind `|`, `&&` or a backslash.
    More,
}

/// What is still open in a text.
pub(super) fn unfinished(source: &str) -> Option<Want> {
    let mut open: Vec<&str> = Vec::new();
    let mut documents: Vec<(String, bool)> = Vec::new();
    let mut quote = None;
    let mut word = String::new();
    // Whether a command begins with the next word, and whether the present one began so.
    let (mut begins, mut at_start) = (true, true);
    let mut last = ' ';
    let mut chars = source.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if let Some(end) = quote {
            if c == '\\' && end == '"' {
                chars.next();
            } else if c == end {
                quote = None;
            }
            continue;
        }
        let parts = c.is_whitespace() || ";|&()".contains(c);
        if parts && !word.is_empty() {
            keyword(&word, at_start, &mut open);
            begins = ["do", "then", "else", "elif", "if", "while", "until", "{", "!", "time", "sudo"].contains(&word.as_str());
            word.clear();
        }
        match c {
            '\\' => {
                if chars.peek().is_none_or(|(at, _)| source[*at..].trim_end_matches([' ', '\n']).is_empty()) {
                    return Some(Want::More);
                }
                chars.next();
            }
            '\'' | '"' => {
                quote = Some(c);
                word.push('q');
                at_start &= word.len() > 1;
            }
            '#' if word.is_empty() && (last.is_whitespace() || ";(&|".contains(last)) => {
                while chars.peek().is_some_and(|(_, c)| *c != '\n') {
                    chars.next();
                }
            }
            '<' if source[at..].starts_with("<<") && !source[at..].starts_with("<<<") && last != '<' => {
                let rest = source[at + 2..].trim_start_matches(['-', ' ']);
                let name: String = rest.chars().take_while(|c| !c.is_whitespace() && !";|&)<>".contains(*c)).collect();
                let name = name.replace(['"', '\'', '\\'], "");
                if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
                    documents.push((name, source[at + 2..].starts_with('-')));
                }
            }
            '\n' if !documents.is_empty() => {
                let mut rest = at + 1;
                for (name, tabs) in std::mem::take(&mut documents) {
                    let mut found = false;
                    for line in source[rest..].split_inclusive('\n') {
                        rest += line.len();
                        let line = line.trim_end_matches('\n');
                        found = name == if tabs { line.trim_start_matches('\t') } else { line };
                        if found {
                            break;
                        }
                    }
                    if !found {
                        return Some(Want::Document);
                    }
                }
                while chars.peek().is_some_and(|(at, _)| *at < rest) {
                    chars.next();
                }
                begins = true;
            }
            '(' => {
                open.push("(");
                begins = true;
            }
            ')' => {
                if open.last() == Some(&"(") {
                    open.pop();
                }
                begins = true;
            }
            c if parts => begins |= !matches!(c, ' ' | '\t' | '\r'),
            c => {
                if word.is_empty() {
                    at_start = begins;
                }
                word.push(c);
            }
        }
        last = c;
    }
    if !word.is_empty() {
        keyword(&word, at_start, &mut open);
    }
    let end = source.trim_end();
    match () {
        () if quote.is_some() => Some(Want::Quote),
        () if !documents.is_empty() => Some(Want::Document),
        () if !open.is_empty() => Some(Want::End),
        () if end.ends_with('|') || end.ends_with("&&") => Some(Want::More),
        () => None,
    }
}

fn keyword(word: &str, at_start: bool, open: &mut Vec<&str>) {
    let ends = |open: &mut Vec<&str>, of: &str| {
        if open.last() == Some(&of) {
            open.pop();
        }
    };
    match word {
        "for" | "while" | "until" | "select" if at_start => open.push("do"),
        "if" if at_start => open.push("if"),
        "case" if at_start => open.push("case"),
        "{" if at_start || open.is_empty() => open.push("{"),
        "done" if at_start => ends(open, "do"),
        "fi" if at_start => ends(open, "if"),
        "esac" if at_start => ends(open, "case"),
        "}" => ends(open, "{"),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_ask_for() {
        for (source, want) in [
            ("xe vm-list", None),
            ("xe vm-list \\", Some(Want::More)),
            ("xe vm-list |", Some(Want::More)),
            ("xe vm-list &&", Some(Want::More)),
            ("for v in a b; do xe vm-start vm=$v", Some(Want::End)),
            ("for v in a b; do xe vm-start vm=$v; done", None),
            ("if a; then b; elif c; then d; else e; fi", None),
            ("if a; then if b; then c; fi", Some(Want::End)),
            ("f() {\n xe vm-list", Some(Want::End)),
            ("f() {\n xe vm-list\n}", None),
            ("case $x in\n a) xe vm-list;;", Some(Want::End)),
            ("case $x in\n a) xe vm-list;;\nesac", None),
            ("ssh a <<EOF\nxe vm-list 'x\n", Some(Want::Document)),
            ("ssh a <<EOF\nxe vm-list it's\nEOF\n", None),
            ("ssh a <<-'EOF'\n\txe vm-list\n\tEOF", None),
            ("ssh a \"xe vm-list", Some(Want::Quote)),
            ("ssh a \"xe vm-list 'x\"", None),
            ("V=$(xe vm-list", Some(Want::End)),
            ("echo if then do # it's", None),
            ("xe vm-list name-label=do", None),
            ("cat <<< x", None),
        ] {
            assert_eq!(unfinished(source), want, "{source}");
        }
    }
}
