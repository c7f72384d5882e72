//! The programs of `awk` that pipes of runbooks have: a condition, and a line of what is printed.

use super::regex::Regex;

enum Part {
    Text(String),
    /// A field from 1; 0 is the line.
    Field(usize),
    /// A field from the last on: 0 is the last.
    FromLast(usize),
    /// How many fields there are.
    Many,
    /// The line's number.
    Number,
}

enum Condition {
    Always,
    Regex(bool, Option<Part>, Regex),
    Same(bool, Part, String),
    Number(Part, String, i64),
}

/// What `awk [-F BY] PROGRAM` prints; `None` where it can't be said.
pub fn awk(by: Option<&str>, program: &str, lines: &[&str]) -> Option<Vec<String>> {
    let split = splitter(by)?;
    let program = program.trim().trim_end_matches(';').trim();
    let (condition, block) = match program.split_once('{') {
        Some((condition, rest)) => (condition.trim(), Some(rest.strip_suffix('}')?.trim().trim_end_matches(';').trim())),
        None => (program, None),
    };
    // A brace within quotes or a pattern is beyond this.
    if block.is_some_and(|block| block.contains(['{', '}', ';'])) {
        return None;
    }
    let condition = condition_of(condition)?;
    let printed = match block {
        None => vec![vec![Part::Field(0)]],
        Some(block) => {
            let rest = block.strip_prefix("print").filter(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))?.trim();
            let rest = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(rest);
            if rest.trim().is_empty() { vec![vec![Part::Field(0)]] } else { parts(rest)? }
        }
    };
    let mut out = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let fields = split(line);
        let value = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Field(0) => (*line).to_owned(),
            Part::Field(field) => fields.get(field - 1).cloned().unwrap_or_default(),
            Part::FromLast(behind) => fields.len().checked_sub(1 + behind).map_or_else(|| (*line).to_owned(), |at| fields[at].clone()),
            Part::Many => fields.len().to_string(),
            Part::Number => (at + 1).to_string(),
        };
        let holds = match &condition {
            Condition::Always => true,
            Condition::Regex(holds, part, regex) => regex.matches(&part.as_ref().map_or_else(|| (*line).to_owned(), value)) == *holds,
            Condition::Same(holds, part, text) => (value(part) == *text) == *holds,
            Condition::Number(part, op, number) => {
                let value = value(part).trim().parse::<i64>().ok()?;
                match op.as_str() {
                    "==" => value == *number,
                    "!=" => value != *number,
                    ">" => value > *number,
                    ">=" => value >= *number,
                    "<" => value < *number,
                    _ => value <= *number,
                }
            }
        };
        if holds {
            out.push(printed.iter().map(|parts| parts.iter().map(value).collect::<String>()).collect::<Vec<_>>().join(" "));
        }
    }
    Some(out)
}

/// How a line becomes fields.
#[allow(clippy::type_complexity, reason = "a function of a line")]
fn splitter(by: Option<&str>) -> Option<Box<dyn Fn(&str) -> Vec<String>>> {
    Some(match by {
        None | Some(" ") => Box::new(|line| line.split_whitespace().map(str::to_owned).collect()),
        Some(by) => {
            let by = if by == "\\t" || by == "t" { "\t" } else { by };
            if by.is_empty() {
                return None;
            }
            // One sign is itself; several are a pattern.
            let regex = if by.chars().count() == 1 { Regex::literal(by, false) } else { Regex::read(by, true, false)? };
            Box::new(move |line| {
                let signs: Vec<char> = line.chars().collect();
                let (mut fields, mut from, mut at) = (Vec::new(), 0, 0);
                if signs.is_empty() {
                    return fields;
                }
                while let Some((start, end)) = regex.find(&signs, at, |start, end| end > start) {
                    fields.push(signs[from..start].iter().collect());
                    (from, at) = (end, end);
                }
                fields.push(signs[from..].iter().collect());
                fields
            })
        }
    })
}

fn field(text: &str) -> Option<Part> {
    let text = text.trim();
    if text == "NR" {
        return Some(Part::Number);
    }
    if text == "NF" {
        return Some(Part::Many);
    }
    let name = text.strip_prefix('$')?;
    if name == "NF" {
        return Some(Part::FromLast(0));
    }
    if let Some(behind) = name.strip_prefix("(NF-").and_then(|rest| rest.strip_suffix(')')) {
        return behind.trim().parse().ok().map(Part::FromLast);
    }
    name.parse::<usize>().ok().filter(|field| *field < 1000).map(Part::Field)
}

fn condition_of(text: &str) -> Option<Condition> {
    if text.is_empty() || text == "1" {
        return Some(Condition::Always);
    }
    let (holds, rest) = text.strip_prefix('!').map_or((true, text), |rest| (false, rest.trim()));
    if let Some(pattern) = rest.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
        let pattern = pattern.replace("\\/", "/");
        return (!pattern.is_empty())
            .then(|| Regex::read(&pattern, true, false))
            .flatten()
            .map(|regex| Condition::Regex(holds, None, regex));
    }
    if !holds {
        return None;
    }
    for (sign, holds) in [("!~", false), ("~", true)] {
        if let Some((left, right)) = text.split_once(sign) {
            let pattern = right.trim().strip_prefix('/')?.strip_suffix('/')?;
            return Some(Condition::Regex(holds, Some(field(left)?), Regex::read(&pattern.replace("\\/", "/"), true, false)?));
        }
    }
    for op in ["==", "!=", ">=", "<=", ">", "<"] {
        if let Some((left, right)) = text.split_once(op) {
            let right = right.trim();
            if let Some(text) = right.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
                let same = matches!(op, "==" | "!=") && !text.contains(['\\', '"']);
                return same.then_some(Condition::Same(op == "==", field(left)?, text.to_owned()));
            }
            return Some(Condition::Number(field(left)?, op.to_owned(), right.parse().ok()?));
        }
    }
    matches!(text, "NF").then(|| Condition::Number(Part::Many, ">".into(), 0))
}

/// What stands behind `print`: words parted by commas, each of parts that stand together.
fn parts(text: &str) -> Option<Vec<Vec<Part>>> {
    let mut all = vec![Vec::new()];
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix(',') {
            all.push(Vec::new());
            rest = behind.trim_start();
            continue;
        }
        let part = if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"')?;
            let text = &quoted[..end];
            rest = quoted[end + 1..].trim_start();
            if text.replace("\\n", "").replace("\\t", "").contains('\\') {
                return None;
            }
            Part::Text(text.replace("\\n", "\n").replace("\\t", "\t"))
        } else {
            let end = match rest.strip_prefix("$(") {
                Some(inner) => inner.find(')')? + 3,
                None => rest[1..].find(|c: char| !c.is_ascii_alphanumeric()).map_or(rest.len(), |at| at + 1),
            };
            let part = field(&rest[..end])?;
            rest = rest[end..].trim_start();
            part
        };
        all.last_mut()?.push(part);
    }
    all.iter().all(|parts| !parts.is_empty()).then_some(all)
}
