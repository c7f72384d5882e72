//! The filters that a pipe of a runbook goes through, as far as what they do is exact: what is left out here is not followed,
//! and said so.

/// Whether a program is a filter: of what is unknown it makes something unknown.
pub fn known(name: &str) -> bool {
    let all = ["cat", "sort", "uniq", "head", "tail", "wc", "tr", "cut", "grep", "egrep", "fgrep", "awk", "sed", "tac", "rev", "column"];
    all.contains(&name)
}

/// What a filter makes of a text and with which exit status; `None` where it can't be said.
pub fn filter(name: &str, args: &[String], input: &str) -> Option<(String, i32)> {
    let lines: Vec<&str> = input.lines().collect();
    let joined = |lines: Vec<String>| lines.into_iter().map(|line| line + "\n").collect::<String>();
    let fine = |lines: Vec<String>| Some((joined(lines), 0));
    match name {
        "cat" if args.is_empty() => Some((input.to_owned(), 0)),
        "sort" | "uniq" if args.iter().all(|arg| arg == "-u") => {
            let mut sorted: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            if name == "sort" {
                sorted.sort();
            }
            if name == "uniq" || args.iter().any(|arg| arg == "-u") {
                sorted.dedup();
            }
            fine(sorted)
        }
        "head" | "tail" => {
            let n = match args {
                [] => 10,
                [flag] => flag.strip_prefix("-n").or_else(|| flag.strip_prefix('-'))?.parse().ok()?,
                [flag, n] if flag == "-n" => n.parse().ok()?,
                _ => return None,
            };
            let skipped = if name == "head" { 0 } else { lines.len().saturating_sub(n) };
            fine(lines.iter().skip(skipped).take(n).map(|line| (*line).to_owned()).collect())
        }
        "wc" if args == ["-c"] => Some((format!("{}\n", input.len()), 0)),
        "wc" if args == ["-l"] => Some((format!("{}\n", lines.len()), 0)),
        "tr" => tr(args, input).map(|text| (text, 0)),
        "cut" => {
            let (mut by, mut fields) = ("\t".to_owned(), None);
            let mut args = args.iter();
            while let Some(arg) = args.next() {
                if let Some(rest) = arg.strip_prefix("-d") {
                    by = if rest.is_empty() { args.next()?.clone() } else { rest.to_owned() };
                } else if let Some(rest) = arg.strip_prefix("-f") {
                    fields = Some(if rest.is_empty() { args.next()?.parse::<usize>().ok()? } else { rest.parse().ok()? });
                } else {
                    return None;
                }
            }
            let field = fields.filter(|field| *field > 0)?;
            let cut = |line: &&str| match line.contains(by.as_str()) {
                true => line.split(by.as_str()).nth(field - 1).unwrap_or_default().to_owned(),
                false => (*line).to_owned(),
            };
            fine(lines.iter().map(cut).collect())
        }
        "grep" | "egrep" | "fgrep" => grep(args, &lines),
        "awk" => {
            let (by, program) = match args {
                [program] => (None, program),
                [flag, program] if flag.starts_with("-F") && flag.len() > 2 => (Some(flag[2..].to_owned()), program),
                [flag, by, program] if flag == "-F" => (Some(by.clone()), program),
                _ => return None,
            };
            let column = program.trim().strip_prefix("{")?.strip_suffix("}")?.trim().strip_prefix("print")?.trim();
            let column = column.trim_end_matches(';').strip_prefix('$')?;
            let pick = |line: &&str| {
                let words: Vec<&str> = match &by {
                    Some(by) => line.split(by.as_str()).collect(),
                    None => line.split_whitespace().collect(),
                };
                match column {
                    "NF" => words.last().map(|word| (*word).to_owned()),
                    "0" => Some((*line).to_owned()),
                    _ => column.parse::<usize>().ok().map(|at| words.get(at - 1).copied().unwrap_or_default().to_owned()),
                }
            };
            if column != "NF" && column.parse::<usize>().is_err() {
                return None;
            }
            fine(lines.iter().map(|line| pick(line).unwrap_or_default()).collect())
        }
        "sed" => {
            let [script] = args else { return None };
            let rest = script.strip_prefix('s')?;
            let by = rest.chars().next()?;
            let parts: Vec<&str> = rest[by.len_utf8()..].split(by).collect();
            let [from, to, flags] = parts[..] else { return None };
            if from.is_empty() || !literal(from) || to.contains(['\\', '&']) || !matches!(flags, "" | "g") {
                return None;
            }
            let times = if flags == "g" { usize::MAX } else { 1 };
            fine(lines.iter().map(|line| line.replacen(from, to, times)).collect())
        }
        _ => None,
    }
}

/// Whether a pattern means itself.
fn literal(pattern: &str) -> bool {
    !pattern.contains(['.', '*', '[', ']', '^', '$', '\\', '+', '?', '(', ')', '{', '}', '|'])
}

fn tr(args: &[String], input: &str) -> Option<String> {
    let set = |text: &str| -> Option<Vec<char>> {
        let text = text.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r");
        (!text.contains(['\\', '[', '-']) || text.len() == 1).then(|| text.chars().collect())
    };
    match args {
        [flag, from] if flag == "-d" => {
            let from = set(from)?;
            Some(input.chars().filter(|c| !from.contains(c)).collect())
        }
        [from, to] => {
            let (from, to) = (set(from)?, set(to)?);
            let last = *to.last()?;
            Some(input.chars().map(|c| from.iter().position(|of| *of == c).map_or(c, |at| to.get(at).copied().unwrap_or(last))).collect())
        }
        _ => None,
    }
}

fn grep(args: &[String], lines: &[&str]) -> Option<(String, i32)> {
    let (mut not, mut fold, mut count, mut quiet, mut pattern) = (false, false, false, false, None);
    for arg in args {
        match arg.strip_prefix('-') {
            Some(flags) if !flags.is_empty() && pattern.is_none() => {
                for flag in flags.chars() {
                    match flag {
                        'v' => not = true,
                        'i' => fold = true,
                        'c' => count = true,
                        'q' => quiet = true,
                        'F' | 'E' | 'e' => {}
                        _ => return None,
                    }
                }
            }
            _ if pattern.is_none() => pattern = Some(arg.as_str()),
            _ => return None,
        }
    }
    let pattern = pattern?;
    let (begins, pattern) = pattern.strip_prefix('^').map_or((false, pattern), |rest| (true, rest));
    if !literal(pattern) {
        return None;
    }
    let cased = |text: &str| if fold { text.to_lowercase() } else { text.to_owned() };
    let wanted = cased(pattern);
    let found: Vec<String> = lines
        .iter()
        .filter(|line| {
            let line = cased(line);
            (if begins { line.starts_with(&wanted) } else { line.contains(&wanted) }) != not
        })
        .map(|line| (*line).to_owned() + "\n")
        .collect();
    let exit = i32::from(found.is_empty());
    let text = if quiet {
        String::new()
    } else if count {
        format!("{}\n", found.len())
    } else {
        found.concat()
    };
    Some((text, exit))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each as the tool of a shell gives it.
    #[test]
    fn filters_do_what_they_do_in_a_shell() {
        let of = |line: &str, input: &str| {
            let words: Vec<String> = line.split(' ').map(|word| word.replace('_', " ")).collect();
            filter(&words[0], &words[1..], input)
        };
        let told = |text: &str, exit| Some((text.to_owned(), exit));
        assert_eq!(of("head -1", "a\nb\n"), told("a\n", 0));
        assert_eq!(of("tail -n 1", "a\nb\n"), told("b\n", 0));
        assert_eq!(of("cut -d, -f2", "a,b,c\nx\n"), told("b\nx\n", 0));
        assert_eq!(of("tr , \\n", "a,b\n"), told("a\nb\n", 0));
        assert_eq!(of("tr , _", "a,b\n"), told("a b\n", 0));
        assert_eq!(of("tr -d \\r", "a\r\n"), told("a\n", 0));
        assert_eq!(of("grep -v b", "a\nb\n"), told("a\n", 0));
        assert_eq!(of("grep ^uuid", "uuid 1\n uuid 2\n"), told("uuid 1\n", 0));
        assert_eq!(of("grep -q zz", "a\n"), told("", 1));
        assert_eq!(of("grep a.b", "a\n"), None);
        assert_eq!(of("awk {print_$NF}", "a b\n"), told("b\n", 0));
        assert_eq!(of("awk -F: {print_$2}", "a: b\n"), told(" b\n", 0));
        assert_eq!(of("sed s/,/_/g", "a,b,c\n"), told("a b c\n", 0));
        assert_eq!(of("sed s/a.c/x/", "abc\n"), None);
        assert_eq!(of("wc -l", "a\nb\n"), told("2\n", 0));
        assert_eq!(of("sort -u", "b\na\nb\n"), told("a\nb\n", 0));
        assert_eq!(of("perl -e1", "a"), None);
    }
}
