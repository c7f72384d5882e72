//! The scripts of `sed` that pipes of runbooks have: replacements, lines that are taken or left out.

use super::regex::Regex;

enum Where {
    Everywhere,
    Number(usize),
    Last,
    Match(Regex),
}

enum Deed {
    /// Pattern, what is put in, everywhere in the line, prints it.
    Replace(Regex, Vec<Option<String>>, bool, bool),
    Delete,
    Print,
    Quit,
}

/// What `sed` makes of lines; `None` where it can't be said.
pub fn sed(args: &[String], lines: &[&str]) -> Option<Vec<String>> {
    let (mut quiet, mut extended, mut scripts) = (false, false, Vec::new());
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-n" => quiet = true,
            "-E" | "-r" => extended = true,
            "-ne" | "-en" => {
                quiet = true;
                scripts.push(args.next()?.as_str());
            }
            "-e" => scripts.push(args.next()?.as_str()),
            flag if flag.starts_with('-') => return None,
            script if scripts.is_empty() => scripts.push(script),
            _ => return None,
        }
    }
    let mut deeds = Vec::new();
    for script in scripts {
        let mut rest = script.trim();
        while !rest.is_empty() {
            let (deed, behind) = deed(rest, extended)?;
            deeds.push(deed);
            rest = behind.trim_start_matches([';', ' ', '\n']);
        }
    }
    let mut out = Vec::new();
    'lines: for (at, line) in lines.iter().enumerate() {
        let mut line = (*line).to_owned();
        for (place, deed) in &deeds {
            let here = match place {
                Where::Everywhere => true,
                Where::Number(number) => at + 1 == *number,
                Where::Last => at + 1 == lines.len(),
                Where::Match(regex) => regex.matches(&line),
            };
            match deed {
                _ if !here => {}
                Deed::Delete => continue 'lines,
                Deed::Print => out.push(line.clone()),
                Deed::Quit => {
                    if !quiet {
                        out.push(line);
                    }
                    return Some(out);
                }
                Deed::Replace(regex, put, all, prints) => {
                    let (new, changed) = replaced(regex, put, *all, &line);
                    line = new;
                    if changed && *prints {
                        out.push(line.clone());
                    }
                }
            }
        }
        if !quiet {
            out.push(line);
        }
    }
    Some(out.iter().flat_map(|line| line.split('\n')).map(str::to_owned).collect())
}

fn replaced(regex: &Regex, put: &[Option<String>], all: bool, line: &str) -> (String, bool) {
    let signs: Vec<char> = line.chars().collect();
    let (mut out, mut at, mut changed) = (String::new(), 0, false);
    while let Some((start, end)) = regex.find(&signs, at, |_, _| true) {
        out.extend(&signs[at..start]);
        let whole: String = signs[start..end].iter().collect();
        put.iter().for_each(|part| out.push_str(part.as_deref().unwrap_or(&whole)));
        changed = true;
        at = end;
        if end == start {
            out.extend(signs.get(at));
            at += 1;
        }
        if !all || at > signs.len() {
            break;
        }
    }
    out.extend(signs.get(at..).unwrap_or_default());
    (out, changed)
}

/// The first command of a script, and what stands behind it.
fn deed(script: &str, extended: bool) -> Option<((Where, Deed), &str)> {
    let digits = script.trim_start_matches(|c: char| c.is_ascii_digit());
    let (place, rest) = if digits.len() < script.len() {
        (Where::Number(script[..script.len() - digits.len()].parse().ok()?), digits)
    } else if let Some(rest) = script.strip_prefix('$') {
        (Where::Last, rest)
    } else if let Some(rest) = script.strip_prefix('/') {
        let (pattern, rest) = until(rest, '/')?;
        (Where::Match(Regex::read(&pattern, extended, false).filter(|_| !pattern.is_empty())?), rest)
    } else {
        (Where::Everywhere, script)
    };
    let rest = rest.trim_start();
    for (word, deed) in [("d", Deed::Delete), ("p", Deed::Print), ("q", Deed::Quit)] {
        if let Some(behind) = rest.strip_prefix(word)
            && (behind.is_empty() || behind.starts_with([';', ' ', '\n']))
        {
            return Some(((place, deed), behind));
        }
    }
    let rest = rest.strip_prefix('s')?;
    let by = rest.chars().next().filter(|by| by.is_ascii_punctuation() && *by != '\\')?;
    let (pattern, rest) = until(&rest[1..], by)?;
    let (put, rest) = until(rest, by)?;
    let end = rest.find([';', ' ', '\n']).unwrap_or(rest.len());
    let (flags, behind) = rest.split_at(end);
    if pattern.is_empty() || !flags.chars().all(|flag| "gpiI".contains(flag)) {
        return None;
    }
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut signs = put.chars();
    while let Some(c) = signs.next() {
        match c {
            '&' => {
                parts.push(Some(std::mem::take(&mut text)));
                parts.push(None);
            }
            '\\' => match signs.next()? {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                c if c.is_alphanumeric() => return None,
                c => text.push(c),
            },
            c => text.push(c),
        }
    }
    parts.push(Some(text));
    let regex = Regex::read(&pattern, extended, flags.contains(['i', 'I']))?;
    Some(((place, Deed::Replace(regex, parts, flags.contains('g'), flags.contains('p'))), behind))
}

/// What stands before the next of a sign, which stands for itself behind a backslash; and what is behind.
fn until(text: &str, by: char) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut signs = text.char_indices();
    // In a class it is a sign like any other.
    let mut class: Option<usize> = None;
    while let Some((at, c)) = signs.next() {
        match c {
            '\\' if class.is_none() => {
                let (_, next) = signs.next()?;
                if next != by {
                    out.push('\\');
                }
                out.push(next);
            }
            c if c == by && class.is_none() => return Some((out, &text[at + c.len_utf8()..])),
            c => {
                class = match (class, c) {
                    (None, '[') => Some(out.len() + 1),
                    (Some(begins), ']') if out.len() > begins && !out[begins..].ends_with('^') => None,
                    (class, _) => class,
                };
                out.push(c);
            }
        }
    }
    None
}
