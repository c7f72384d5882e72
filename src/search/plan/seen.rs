//! What the operator sees of a step, and which words of a scenario tell one thing that may be seen from the others.

use crate::scenario::model::ConditionPart;
use crate::world::event::Status;

/// What the operator sees of a step: how it ends, and what the console shows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Seen {
    /// How it ended.
    pub status: Status,
    /// The API's error code.
    pub code: Option<String>,
    /// What was shown.
    pub output: String,
    /// Whether that is all of it.
    pub whole: bool,
}

impl Seen {
    /// Whether it ends as another, whatever is shown.
    pub(super) fn ends_as(&self, other: &Seen) -> bool {
        (self.status, &self.code) == (other.status, &other.code)
    }
}

/// A line that tells something from others: whether it must be shown, or must not.
type Mark = (String, bool);

/// Whether what ends as this can be told apart by what is shown: each that differs from all others that do.
pub(super) fn parted(seen: &Seen, all: &[Seen]) -> bool {
    let alike: Vec<&Seen> = all.iter().filter(|other| other.ends_as(seen)).collect();
    alike.iter().all(|one| one.whole && marks(one, &alike).is_some())
}

/// The condition parts that hold of a step, by its id, where this is seen at it, and not where one of the others is.
pub(super) fn parts(id: &str, seen: &Seen, others: &[&Seen]) -> Vec<ConditionPart> {
    let mut parts = vec![ConditionPart::StepStatus(id.to_owned(), seen.status)];
    let same_status = others.iter().any(|other| other.status == seen.status && other.code != seen.code);
    if let Some(code) = seen.code.as_ref().filter(|_| same_status) {
        parts.push(ConditionPart::StepCode(id.to_owned(), code.clone()));
    }
    let alike: Vec<&Seen> = others.iter().copied().filter(|other| other.ends_as(seen)).collect();
    let mut marks = marks(seen, &alike).unwrap_or_default();
    marks.sort_by_key(|(_, shown)| !shown);
    parts.extend(marks.into_iter().map(|(line, shown)| ConditionPart::StepPrints(id.to_owned(), line, shown)));
    parts
}

/// At most one line that only this shows and one that it does not, which together tell it from all that show something else.
fn marks(seen: &Seen, others: &[&Seen]) -> Option<Vec<Mark>> {
    let others: Vec<&str> = others.iter().map(|other| other.output.as_str()).filter(|other| *other != seen.output).collect();
    if others.is_empty() {
        return Some(Vec::new());
    }
    let own: Vec<Option<&str>> = std::iter::once(None).chain(lines(&seen.output).map(Some)).collect();
    let theirs = others.iter().flat_map(|other| lines(other)).filter(|line| !seen.output.contains(line));
    let theirs: Vec<Option<&str>> = std::iter::once(None).chain(theirs.map(Some)).collect();
    let tells = |shows: Option<&str>, lacks: Option<&str>| {
        others.iter().all(|other| shows.is_some_and(|line| !other.contains(line)) || lacks.is_some_and(|line| other.contains(line)))
    };
    let pair = theirs.iter().find_map(|lacks| own.iter().find(|shows| tells(**shows, *lacks)).map(|shows| (*shows, *lacks)))?;
    let mark = |line: Option<&str>, shown: bool| line.map(|line| (line.to_owned(), shown));
    Some(mark(pair.0, true).into_iter().chain(mark(pair.1, false)).collect())
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).take(LINES)
}

/// So many lines of what is shown are compared.
const LINES: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(output: &str) -> Seen {
        Seen { status: Status::Ok, code: None, output: output.into(), whole: true }
    }

    fn told(of: &str, others: &[&str]) -> Option<Vec<Mark>> {
        let others: Vec<Seen> = others.iter().map(|other| seen(other)).collect();
        marks(&seen(of), &others.iter().collect::<Vec<_>>())
    }

    #[test]
    fn a_line_of_its_own_tells_it() {
        assert_eq!(told("a\nb\n", &["a\n"]), Some(vec![("b".into(), true)]));
        assert_eq!(told("a\n", &["a\nb\n"]), Some(vec![("b".into(), false)]));
        assert_eq!(told("a\nb\n", &["a\n", "a\nb\nc\n"]), Some(vec![("b".into(), true), ("c".into(), false)]));
        assert_eq!(told("a\n", &["a\n"]), Some(Vec::new()));
    }

    #[test]
    fn what_two_lines_do_not_tell_is_not_parted() {
        // The first shows what both others show, and lacks one line of each.
        assert_eq!(told("a\n", &["a\nb\n", "a\nc\n"]), None);
        let all = [seen("a\n"), seen("a\nb\n"), seen("a\nc\n")];
        assert!(!parted(&all[1], &all));
        assert!(parted(&all[1], &all[..2]));
        assert!(!parted(&Seen { whole: false, ..seen("x") }, &[Seen { whole: false, ..seen("x") }, seen("y")]));
    }
}
