//! The filters that a pipe of a runbook goes through, as far as what they do is exact: what is left out here is not followed,
//! and said so.

use super::awk::awk;
use super::regex::{self, Regex};
use super::sed::sed;

/// Whether a program is a filter: of what is unknown it makes something unknown.
pub fn known(name: &str) -> bool {
    let all =
        ["cat", "sort", "uniq", "head", "tail", "wc", "tr", "cut", "grep", "egrep", "fgrep", "awk", "sed", "tac", "rev", "column", "paste"];
    all.contains(&name)
}

/// What a filter makes of a text and with which exit status; `None` where it can't be said.
pub fn filter(name: &str, args: &[String], input: &str) -> Option<(String, i32)> {
    let lines: Vec<&str> = input.lines().collect();
    let joined = |lines: Vec<String>| lines.into_iter().map(|line| line + "\n").collect::<String>();
    let fine = |lines: Vec<String>| Some((joined(lines), 0));
    // A pattern is looked for at each place of each line.
    if ["grep", "egrep", "awk", "sed"].contains(&name) && Regex::cost(input) > regex::COST_MOST {
        return None;
    }
    match name {
        "cat" if args.is_empty() => Some((input.to_owned(), 0)),
        "sort" if args.iter().all(|arg| matches!(arg.as_str(), "-u" | "-r" | "-ru" | "-ur")) => {
            let has = |flag: char| args.iter().any(|arg| arg.contains(flag));
            let mut sorted: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            sorted.sort();
            if has('u') {
                sorted.dedup();
            }
            if has('r') {
                sorted.reverse();
            }
            fine(sorted)
        }
        "uniq" if args.is_empty() || args == ["-c"] || args == ["-d"] => {
            let mut runs: Vec<(usize, &str)> = Vec::new();
            for line in &lines {
                match runs.last_mut() {
                    Some((many, last)) if last == line => *many += 1,
                    _ => runs.push((1, line)),
                }
            }
            let flag = args.first().map_or("", String::as_str);
            let kept = runs.into_iter().filter(|(many, _)| flag != "-d" || *many > 1);
            fine(kept.map(|(many, line)| if flag == "-c" { format!("{many:7} {line}") } else { line.to_owned() }).collect())
        }
        "head" | "tail" => {
            let n = match args {
                [] => "10",
                [flag] => flag.strip_prefix("-n").or_else(|| flag.strip_prefix('-'))?,
                [flag, n] if flag == "-n" => n,
                _ => return None,
            };
            let all = lines.len();
            let (from, to) = match (name, n.strip_prefix(['+', '-'])) {
                ("tail", Some(from)) if n.starts_with('+') => (from.parse::<usize>().ok()?.saturating_sub(1).min(all), all),
                ("head", Some(less)) if n.starts_with('-') => (0, all.saturating_sub(less.parse().ok()?)),
                ("head", None) => (0, n.parse::<usize>().ok()?.min(all)),
                ("tail", _) => (all.saturating_sub(n.trim_start_matches('-').parse().ok()?), all),
                _ => return None,
            };
            fine(lines[from..to].iter().map(|line| (*line).to_owned()).collect())
        }
        "wc" if args == ["-c"] => Some((format!("{}\n", input.len()), 0)),
        "wc" if args == ["-l"] => Some((format!("{}\n", lines.len()), 0)),
        "wc" if args == ["-w"] => Some((format!("{}\n", input.split_whitespace().count()), 0)),
        "tac" if args.is_empty() => fine(lines.iter().rev().map(|line| (*line).to_owned()).collect()),
        "rev" if args.is_empty() => fine(lines.iter().map(|line| line.chars().rev().collect()).collect()),
        "paste" => {
            let by = match args {
                [flags] if flags == "-s" => "\t",
                [flags] => flags.strip_prefix("-sd")?,
                [flags, by] if flags == "-sd" => by,
                [flags, by, from] if flags == "-sd" && from == "-" => by,
                [s, flags] if s == "-s" => flags.strip_prefix("-d")?,
                [s, d, by] if s == "-s" && d == "-d" => by,
                _ => return None,
            };
            (by.chars().count() == 1).then(|| fine(vec![lines.join(by)])).flatten()
        }
        "tr" => tr(args, input).map(|text| (text, 0)),
        "cut" => cut(args, &lines).and_then(fine),
        "grep" | "egrep" | "fgrep" => grep(name, args, &lines),
        "awk" => {
            let (by, program) = match args {
                [program] => (None, program),
                [flag, program] if flag.starts_with("-F") && flag.len() > 2 => (Some(flag[2..].to_owned()), program),
                [flag, by, program] if flag == "-F" => (Some(by.clone()), program),
                _ => return None,
            };
            awk(by.as_deref(), program, &lines).and_then(fine)
        }
        "sed" => sed(args, &lines).and_then(fine),
        _ => None,
    }
}

fn cut(args: &[String], lines: &[&str]) -> Option<Vec<String>> {
    let (mut by, mut out_by, mut list, mut signs, mut only) = ("\t".to_owned(), None, None, false, false);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        if let Some(rest) = arg.strip_prefix("--output-delimiter=") {
            out_by = Some(rest.to_owned());
        } else if let Some(rest) = arg.strip_prefix("-d") {
            by = if rest.is_empty() { args.next()?.clone() } else { rest.to_owned() };
        } else if let Some(rest) = arg.strip_prefix("-f").or_else(|| arg.strip_prefix("-c")) {
            signs = arg.starts_with("-c");
            list = Some(if rest.is_empty() { args.next()?.clone() } else { rest.to_owned() });
        } else if arg == "-s" {
            only = true;
        } else {
            return None;
        }
    }
    let number = |text: &str| text.parse::<usize>().ok().filter(|n| *n > 0);
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for range in list?.split(',') {
        ranges.push(match range.split_once('-') {
            None => (number(range)?, number(range)?),
            Some((from, "")) => (number(from)?, usize::MAX),
            Some(("", to)) => (1, number(to)?),
            Some((from, to)) => (number(from)?, number(to)?),
        });
    }
    let taken = |at: usize| ranges.iter().any(|(from, to)| (*from..=*to).contains(&(at + 1)));
    if signs {
        return Some(lines.iter().map(|line| line.chars().enumerate().filter(|(at, _)| taken(*at)).map(|(_, c)| c).collect()).collect());
    }
    if by.chars().count() != 1 {
        return None;
    }
    let put = out_by.as_deref().unwrap_or(&by);
    let of = |line: &&str| match line.contains(by.as_str()) {
        true => {
            Some(line.split(by.as_str()).enumerate().filter(|(at, _)| taken(*at)).map(|(_, field)| field).collect::<Vec<_>>().join(put))
        }
        false => (!only).then(|| (*line).to_owned()),
    };
    Some(lines.iter().filter_map(of).collect())
}

/// The signs of a set of `tr`: ranges and named classes spelled out.
fn signs(text: &str) -> Option<Vec<char>> {
    let text = text.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r").replace("\\\\", "\\");
    let mut out = Vec::new();
    let mut rest: Vec<char> = text.chars().collect();
    while !rest.is_empty() {
        if let Some((name, behind)) = text_of(&rest).strip_prefix("[:").and_then(|inner| inner.split_once(":]")) {
            for (from, to) in regex::named(name)? {
                out.extend(from..=to);
            }
            rest = behind.chars().collect();
            continue;
        }
        match rest[..] {
            ['[', '=' | '.', ..] => return None,
            [from, '-', to, ..] if from <= to => {
                out.extend(from..=to);
                rest.drain(..3);
            }
            [_, '-', _, ..] => return None,
            [one, ..] => {
                out.push(one);
                rest.remove(0);
            }
            [] => {}
        }
    }
    Some(out)
}

fn text_of(signs: &[char]) -> String {
    signs.iter().collect()
}

fn tr(args: &[String], input: &str) -> Option<String> {
    let (mut delete, mut squeeze, mut not, mut sets) = (false, false, false, Vec::new());
    for arg in args {
        match arg.strip_prefix('-').filter(|flags| sets.is_empty() && !flags.is_empty()) {
            Some(flags) => {
                for flag in flags.chars() {
                    match flag {
                        'd' => delete = true,
                        's' => squeeze = true,
                        'c' | 'C' => not = true,
                        _ => return None,
                    }
                }
            }
            None => sets.push(signs(arg)?),
        }
    }
    let from = sets.first()?;
    let within = |c: char| from.contains(&c) != not;
    match (delete, squeeze, &sets[..]) {
        (true, false, [_]) => Some(input.chars().filter(|c| !within(*c)).collect()),
        (false, true, [_]) => Some(squeezed(input.chars(), within)),
        (false, _, [from, to]) if !not => {
            let last = *to.last()?;
            let put = |c: char| from.iter().rposition(|of| *of == c).map_or(c, |at| to.get(at).copied().unwrap_or(last));
            let text = input.chars().map(put);
            Some(if squeeze { squeezed(text, |c| to.contains(&c)) } else { text.collect() })
        }
        (false, _, [_, to]) => {
            let last = *to.last()?;
            let text = input.chars().map(|c| if within(c) { last } else { c });
            Some(if squeeze { squeezed(text, |c| to.contains(&c)) } else { text.collect() })
        }
        _ => None,
    }
}

/// Signs of which several alike in a row are one.
fn squeezed(text: impl Iterator<Item = char>, of: impl Fn(char) -> bool) -> String {
    let mut out = String::new();
    for c in text {
        if !(of(c) && out.ends_with(c)) {
            out.push(c);
        }
    }
    out
}

fn grep(name: &str, args: &[String], lines: &[&str]) -> Option<(String, i32)> {
    let (mut not, mut fold, mut count, mut quiet, mut only, mut word, mut line) = (false, false, false, false, false, false, false);
    let (mut extended, mut fixed, mut numbers) = (name == "egrep", name == "fgrep", false);
    let (mut before, mut after, mut most) = (0usize, 0usize, usize::MAX);
    let mut patterns: Vec<&str> = Vec::new();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let Some(flags) = arg.strip_prefix('-').filter(|flags| !flags.is_empty() && (patterns.is_empty() || flags.starts_with('e'))) else {
            if patterns.is_empty() {
                patterns.push(arg);
                continue;
            }
            return None;
        };
        if let Some(long) = flags.strip_prefix('-') {
            match long {
                "color=never" | "color=auto" | "colour=never" | "line-buffered" => continue,
                _ => return None,
            }
        }
        for (at, flag) in flags.char_indices() {
            match flag {
                'v' => not = true,
                'i' => fold = true,
                'c' => count = true,
                'q' => quiet = true,
                'o' => only = true,
                'w' => word = true,
                'x' => line = true,
                'n' => numbers = true,
                'E' => extended = true,
                'F' => fixed = true,
                'G' | 'h' | 's' => {}
                'e' | 'A' | 'B' | 'C' | 'm' => {
                    let tail = &arg[1 + at + 1..];
                    let value = if tail.is_empty() { rest.next()?.as_str() } else { tail };
                    match flag {
                        'e' => patterns.push(value),
                        'm' => most = value.parse().ok()?,
                        _ => {
                            let many: usize = value.parse().ok()?;
                            before = if flag == 'A' { before } else { many };
                            after = if flag == 'B' { after } else { many };
                        }
                    }
                    break;
                }
                _ => return None,
            }
        }
    }
    if patterns.is_empty() {
        return None;
    }
    let read = |pattern: &&str| if fixed { Some(Regex::literal(pattern, fold)) } else { Regex::read(pattern, extended, fold) };
    let regexes: Vec<Regex> = patterns.iter().map(read).collect::<Option<_>>()?;
    let of_word = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric() || *c == '_');
    let found = |text: &[char], from: usize| {
        let fits = |start: usize, end: usize| {
            let bounded = !of_word(start.checked_sub(1).and_then(|at| text.get(at))) && !of_word(text.get(end));
            (!word || bounded) && (!line || start == 0 && end == text.len())
        };
        regexes.iter().filter_map(|regex| regex.find(text, from, fits)).min_by_key(|(start, end)| (*start, usize::MAX - end))
    };
    let signs: Vec<Vec<char>> = lines.iter().map(|line| line.chars().collect()).collect();
    let hits: Vec<usize> = (0..lines.len()).filter(|at| found(&signs[*at], 0).is_some() != not).take(most).collect();
    let exit = i32::from(hits.is_empty());
    let lead = |at: usize, sign: char| if numbers { format!("{}{sign}", at + 1) } else { String::new() };
    let mut out = String::new();
    if quiet {
    } else if count {
        out = format!("{}\n", hits.len());
    } else if only && !not {
        for at in hits {
            let mut from = 0;
            while let Some((start, end)) = found(&signs[at], from).filter(|(_, end)| *end <= signs[at].len()) {
                if end > start {
                    out.push_str(&format!("{}{}\n", lead(at, ':'), text_of(&signs[at][start..end])));
                }
                from = end.max(start + 1);
                if from > signs[at].len() {
                    break;
                }
            }
        }
    } else if !only {
        let mut shown: Option<usize> = None;
        for (nth, at) in hits.iter().copied().enumerate() {
            let from = at.saturating_sub(before).max(shown.map_or(0, |last| last + 1));
            let next = hits.get(nth + 1).copied().unwrap_or(lines.len());
            let to = (at + after).min(lines.len() - 1).min(next.saturating_sub(1)).max(at);
            if (before > 0 || after > 0) && shown.is_some_and(|last| from > last + 1) {
                out.push_str("--\n");
            }
            for (one, line) in lines.iter().enumerate().take(to + 1).skip(from) {
                out.push_str(&format!("{}{line}\n", lead(one, if one == at { ':' } else { '-' })));
            }
            shown = Some(to);
        }
    }
    Some((out, exit))
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
        assert_eq!(of("grep a.b", "a\n"), told("", 1));
        assert_eq!(of("awk {print_$NF}", "a b\n"), told("b\n", 0));
        assert_eq!(of("awk -F: {print_$2}", "a: b\n"), told(" b\n", 0));
        assert_eq!(of("sed s/,/_/g", "a,b,c\n"), told("a b c\n", 0));
        assert_eq!(of("sed s/a.c/x/", "abc\n"), told("x\n", 0));
        assert_eq!(of("wc -l", "a\nb\n"), told("2\n", 0));
        assert_eq!(of("sort -u", "b\na\nb\n"), told("a\nb\n", 0));
        assert_eq!(of("perl -e1", "a"), None);
        // Each was run in a shell with GNU's tools.
        let pool = "uuid ( RO) : 1\nname-label ( RW): beta\n\nuuid ( RO) : 2\nname-label ( RW): gamma\n";
        assert_eq!(of("grep -B1 beta", pool), told("uuid ( RO) : 1\nname-label ( RW): beta\n", 0));
        assert_eq!(
            of("grep -A1 ^uuid", pool),
            told("uuid ( RO) : 1\nname-label ( RW): beta\n--\nuuid ( RO) : 2\nname-label ( RW): gamma\n", 0)
        );
        assert_eq!(of("grep -c .", pool), told("4\n", 0));
        assert_eq!(of("grep -oE [0-9]+", pool), told("1\n2\n", 0));
        assert_eq!(of("grep -w label", "labels\nname-label x\n"), told("name-label x\n", 0));
        assert_eq!(of("grep -n -m1 uuid", pool), told("1:uuid ( RO) : 1\n", 0));
        assert_eq!(of("grep -e beta -e gamma", "beta\nx\ngamma\n"), told("beta\ngamma\n", 0));
        assert_eq!(of("awk /uuid/{print_$NF}", pool), told("1\n2\n", 0));
        assert_eq!(of("awk -F:_ /uuid/_{print_$2}", pool), told("1\n2\n", 0));
        assert_eq!(of("awk NR==2{print_$1,$(NF-1)}", "a b\nc d e\n"), told("c d\n", 0));
        assert_eq!(of("awk $1==\"c\"{print_$2\"-\"$3}", "a b\nc d e\n"), told("d-e\n", 0));
        assert_eq!(of("awk {print_$1;print_$2}", "a b\n"), None);
        assert_eq!(of("sed s/.*:_//", "uuid ( RO) : 1\n"), told("1\n", 0));
        assert_eq!(of("sed -n /uuid/p", "uuid\nx\n"), told("uuid\n", 0));
        assert_eq!(of("sed 1d", "a\nb\n"), told("b\n", 0));
        assert_eq!(of("sed s/,/\\n/g", "a,b\n"), told("a\nb\n", 0));
        assert_eq!(of("sed s/x*/-/g", "abc\n"), told("-a-b-c-\n", 0));
        assert_eq!(of("sed s/b/[&]/;s/c$//", "abc\n"), told("a[b]\n", 0));
        assert_eq!(of("cut -d: -f2-", "a:b:c\n"), told("b:c\n", 0));
        assert_eq!(of("cut -c1-3", "abcdef\n"), told("abc\n", 0));
        assert_eq!(of("tr -d [:space:]", " a b\n"), told("ab", 0));
        assert_eq!(of("tr -s _", "a   b\n"), told("a b\n", 0));
        assert_eq!(of("tr a-z A-Z", "ab\n"), told("AB\n", 0));
        assert_eq!(of("tail -n +2", "a\nb\nc\n"), told("b\nc\n", 0));
        assert_eq!(of("paste -sd,", "a\nb\n"), told("a,b\n", 0));
        assert_eq!(of("uniq -c", "a\na\nb\n"), told("      2 a\n      1 b\n", 0));
        assert_eq!(of("wc -w", "a b\nc\n"), told("3\n", 0));
    }
}
