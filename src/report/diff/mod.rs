//! Two runs side by side: where they part, what only one of them has, and how the two end. Knows nothing of why they
//! differ.
//!
//! What is compared is events, each with its parts and instant. Behind the first difference an event that both runs have
//! counts as alike even if it comes at another instant; how many do, and by how much at most, is told.

pub mod html;

use super::text::layout::{Page, Tint, pad, pad_left};
use super::{Report, StoryLine};
use crate::base::time::{Span, Time};
use serde_json::{Map, Value, json};
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::BTreeMap;

/// So many events behind the first difference are compared one by one: the effort grows with the square of what differs.
pub const COMPARED: usize = 4_000;

/// How many events that both have are shown before the first difference.
const BEFORE: usize = 3;

/// An event of one of the runs.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// When.
    pub at: Time,
    /// Who.
    pub actor: String,
    /// What, in words.
    pub what: String,
    /// The event's kind.
    pub event: &'static str,
    /// Whether it belongs into the story.
    pub matters: bool,
}

/// Which of the two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The first that was named.
    Left,
    /// The second.
    Right,
}

/// One of the runs, in short.
#[derive(Clone, PartialEq, Debug)]
pub struct Summary {
    /// The recipe: the command that runs it.
    pub replay: String,
    /// The digest over all events.
    pub digest: String,
    /// How many there were.
    pub events: u64,
    /// The verdict's name.
    pub verdict: &'static str,
    /// The worst severity's name, or `none`.
    pub worst: &'static str,
}

/// Where the runs part.
#[derive(Clone, PartialEq, Debug)]
pub struct Parting {
    /// How many events they have in common before.
    pub after: usize,
    /// The last of these.
    pub before: Vec<Line>,
    /// The next event of the left run, if it has one more.
    pub left: Option<Line>,
    /// The next event of the right run.
    pub right: Option<Line>,
}

/// Two runs compared.
#[derive(Clone, PartialEq, Debug)]
pub struct Difference {
    /// The one run.
    pub left: Summary,
    /// The other run.
    pub right: Summary,
    /// `None` where they agree in every event.
    pub parting: Option<Parting>,
    /// The events that only one of them has, in order.
    pub only: Vec<(Side, Line)>,
    /// How many events behind the parting both have, at different instants.
    pub shifted: usize,
    /// By how much at most.
    pub shifted_most: Span,
    /// Whether there was more to compare than is compared.
    pub cut: bool,
    /// Findings that only one of them has, as sentences.
    pub findings: Vec<(Side, String)>,
    /// What is not alike at the end: where (`hosts.beta.known`), left, right; empty where a side has no such thing.
    pub ends: Vec<(String, String, String)>,
}

impl Difference {
    /// Whether the runs agree: in every event, and so in all that came of them.
    pub fn agree(&self) -> bool {
        self.parting.is_none() && self.left.digest == self.right.digest
    }
}

/// Compares two runs.
pub fn compare(left: &Report, right: &Report) -> Difference {
    let (a, b) = (events(left), events(right));
    let Pairing { same, rest, cut } = pairing(&a, &b);
    let parting = (same < a.len() || same < b.len()).then(|| Parting {
        after: same,
        before: a[same.saturating_sub(BEFORE)..same].iter().map(|line| shown(line)).collect(),
        left: a.get(same).map(|line| shown(line)),
        right: b.get(same).map(|line| shown(line)),
    });
    let (mut only, mut shifted, mut shifted_most) = (Vec::new(), 0, Span::ZERO);
    for pair in rest {
        match pair {
            (Some(a), Some(b)) => {
                let by = Span(a.at.0.abs_diff(b.at.0));
                shifted += usize::from(by > Span::ZERO);
                shifted_most = shifted_most.max(by);
            }
            (Some(line), None) => only.push((Side::Left, shown(line))),
            (None, Some(line)) => only.push((Side::Right, shown(line))),
            (None, None) => {}
        }
    }
    let mut ends = Vec::new();
    leaves("", &super::json::case(left)["final"], &super::json::case(right)["final"], &mut ends);
    Difference {
        left: summary(left),
        right: summary(right),
        parting,
        only,
        shifted,
        shifted_most,
        cut,
        findings: findings(left, right),
        ends,
    }
}

/// An event of both runs, or of one of them.
type Pair<'a> = (Option<&'a StoryLine>, Option<&'a StoryLine>);

/// The events of two runs beside each other.
struct Pairing<'a> {
    /// So many are the same from the beginning on.
    same: usize,
    /// Those behind them, in order.
    rest: Vec<Pair<'a>>,
    /// Whether there was more to compare than is compared.
    cut: bool,
}

fn pairing<'a>(a: &[&'a StoryLine], b: &[&'a StoryLine]) -> Pairing<'a> {
    let same = a.iter().zip(b).take_while(|(a, b)| a.at == b.at && key(a) == key(b)).count();
    let (rest_a, rest_b) = (&a[same..], &b[same..]);
    let cut = rest_a.len() > COMPARED || rest_b.len() > COMPARED;
    let (rest_a, rest_b) = (&rest_a[..rest_a.len().min(COMPARED)], &rest_b[..rest_b.len().min(COMPARED)]);
    let mut numbers = BTreeMap::new();
    let mut number = |line: &&StoryLine| {
        let next = numbers.len();
        *numbers.entry(key(line)).or_insert(next)
    };
    let keys_a: Vec<usize> = rest_a.iter().map(&mut number).collect();
    let keys_b: Vec<usize> = rest_b.iter().map(&mut number).collect();
    let mut rest: Vec<Pair<'a>> = Vec::new();
    let left = |rest: &mut Vec<Pair<'a>>, lines: &[&'a StoryLine]| rest.extend(lines.iter().map(|line| (Some(*line), None)));
    let right = |rest: &mut Vec<Pair<'a>>, lines: &[&'a StoryLine]| rest.extend(lines.iter().map(|line| (None, Some(*line))));
    for op in capture_diff_slices(Algorithm::Myers, &keys_a, &keys_b) {
        match op {
            DiffOp::Equal { old_index, new_index, len } => {
                let both = rest_a[old_index..old_index + len].iter().zip(&rest_b[new_index..new_index + len]);
                rest.extend(both.map(|(a, b)| (Some(*a), Some(*b))));
            }
            DiffOp::Delete { old_index, old_len, .. } => left(&mut rest, &rest_a[old_index..old_index + old_len]),
            DiffOp::Insert { new_index, new_len, .. } => right(&mut rest, &rest_b[new_index..new_index + new_len]),
            DiffOp::Replace { old_index, old_len, new_index, new_len } => {
                left(&mut rest, &rest_a[old_index..old_index + old_len]);
                right(&mut rest, &rest_b[new_index..new_index + new_len]);
            }
        }
    }
    Pairing { same, rest, cut }
}

/// Events of two runs in rows.
#[derive(Clone, PartialEq, Debug)]
pub struct Beside {
    /// Rows of what both, or one of them, have.
    pub rows: Vec<(Option<Line>, Option<Line>)>,
    /// How many of the first rows are the same in both: the next one is the first difference.
    pub same: usize,
    /// How many that are the same are left out before the first row.
    pub before: usize,
    /// How many rows are left out behind the last.
    pub behind: usize,
}

/// The events of two runs beside each other: what belongs into the story, and the first difference in any case.
pub fn beside(left: &Report, right: &Report) -> Beside {
    let (a, b) = (events(left), events(right));
    let Pairing { same, rest, .. } = pairing(&a, &b);
    let alike: Vec<&StoryLine> = a[..same].iter().copied().filter(|line| line.matters).collect();
    let before = alike.len().saturating_sub(ROWS_BEFORE);
    let weighs = |(at, pair): &(usize, Pair<'_>)| *at == 0 || pair.0.or(pair.1).is_some_and(|line| line.matters);
    let told: Vec<Pair<'_>> = rest.into_iter().enumerate().filter(weighs).map(|(_, pair)| pair).collect();
    let behind = told.len().saturating_sub(ROWS_BEHIND);
    let both = alike[before..].iter().map(|line| (Some(*line), Some(*line)));
    let rows = both.chain(told.into_iter().take(ROWS_BEHIND)).map(|(a, b)| (a.map(shown), b.map(shown))).collect();
    Beside { rows, same: alike.len() - before, before, behind }
}

/// So many rows before the first difference stand in a page, and so many behind it.
const ROWS_BEFORE: usize = 200;
const ROWS_BEHIND: usize = 1_000;

fn events(report: &Report) -> Vec<&StoryLine> {
    report.story.iter().filter(|line| line.finding.is_none()).collect()
}

/// What makes two events the same. A step is known by its words: its place differs from file to file.
fn key(line: &StoryLine) -> (&'static str, String) {
    if line.event.starts_with("step-") || line.event == "refused" {
        return (line.event, format!("{}: {}", line.actor, line.what));
    }
    (line.event, json!(line.parts.iter().map(|(name, value)| (*name, value)).collect::<BTreeMap<_, _>>()).to_string())
}

fn shown(line: &StoryLine) -> Line {
    Line { at: line.at, actor: line.actor.clone(), what: line.what.clone(), event: line.event, matters: line.matters }
}

fn summary(report: &Report) -> Summary {
    Summary {
        replay: report.replay.clone(),
        digest: report.digest.clone(),
        events: report.events,
        verdict: report.verdict.name(),
        worst: report.worst.map_or("none", |worst| worst.name()),
    }
}

/// Findings count as the same where hazard, place and hosts are: instants differ with the seed.
fn findings(left: &Report, right: &Report) -> Vec<(Side, String)> {
    let key = |f: &super::Finding| (f.hazard, f.vdi.clone(), f.vm.clone(), f.sr.clone(), f.hosts.clone(), f.damage.is_some());
    let of = |report: &Report| report.hazards.iter().map(key).collect::<Vec<_>>();
    let mut list = Vec::new();
    for (side, report, other) in [(Side::Left, left, of(right)), (Side::Right, right, of(left))] {
        for finding in report.hazards.iter().filter(|finding| !other.contains(&key(finding))) {
            list.push((side, format!("{} {}: {}", finding.severity.name(), finding.hazard, finding.sentence)));
        }
    }
    list
}

/// The leaves of two JSON values that are not alike, with their places.
fn leaves(place: &str, left: &Value, right: &Value, list: &mut Vec<(String, String, String)>) {
    let text = |value: &Value| match value {
        Value::Null => String::from("-"),
        Value::String(text) => text.clone(),
        Value::Array(values) if values.is_empty() => "none".into(),
        Value::Array(values) => {
            values.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect::<Vec<_>>().join(", ")
        }
        Value::Object(map) if map.is_empty() => "none".into(),
        Value::Object(map) => map
            .iter()
            .map(|(k, v)| format!("{k}: {}", v.as_str().map_or_else(|| v.to_string(), str::to_owned)))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    };
    // Depth 3 is a fact of an object (`hosts.beta.known`); below it stand whole values (`{"beta": "rw"}`).
    match (left, right) {
        (Value::Object(a), Value::Object(b)) if place.matches('.').count() < 2 => {
            let empty = Map::new();
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let at = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
                let (a, b) = (a.get(key), b.get(key));
                match (a, b) {
                    (Some(a), Some(b)) => leaves(&at, a, b, list),
                    (Some(Value::Object(a)), None) => leaves(&at, &Value::Object(a.clone()), &Value::Object(empty.clone()), list),
                    (None, Some(Value::Object(b))) => leaves(&at, &Value::Object(empty.clone()), &Value::Object(b.clone()), list),
                    (a, b) => list.push((at, a.map_or_else(String::new, text), b.map_or_else(String::new, text))),
                }
            }
        }
        (a, b) if a == b => {}
        (a, b) => list.push((place.to_string(), text(a), text(b))),
    }
}

/// The page for people; `every` shows events too that the story leaves out.
pub fn text(difference: &Difference, colour: bool, every: bool) -> String {
    let mut page = Page::new(colour);
    for (mark, of) in [("<", &difference.left), (">", &difference.right)] {
        page.hanging(&format!("{mark} "), 4, Tint::Bold, &of.replay);
        page.hanging("    ", 4, Tint::Dim, &format!("{}, worst {}, {} events, digest {}", of.verdict, of.worst, of.events, of.digest));
    }
    page.gap();
    let Some(parting) = &difference.parting else {
        if difference.agree() {
            page.line("The two runs agree in every event.");
        } else {
            page.line("The two runs agree in every event that was kept; their digests differ in what came later.");
        }
        return page.into_text();
    };
    page.heading("WHERE THEY PART", &format!("after {} that both have", super::text::layout::count(parting.after, "event")));
    for line in &parting.before {
        event(&mut page, " ", Tint::Dim, line);
    }
    for (mark, tint, line) in [("<", Tint::Red, &parting.left), (">", Tint::Green, &parting.right)] {
        match line {
            Some(line) => event(&mut page, mark, tint, line),
            None => page.line(&format!("{mark} {}", "nothing more happens")),
        }
    }
    page.gap();
    page.heading("WHAT ONLY ONE OF THEM HAS", "");
    let told: Vec<&(Side, Line)> = difference.only.iter().filter(|(_, line)| every || line.matters).collect();
    for (side, line) in &told {
        let (mark, tint) = marked(*side);
        event(&mut page, mark, tint, line);
    }
    let hidden = difference.only.len() - told.len();
    if told.is_empty() {
        page.line("  nothing that matters");
    }
    if hidden > 0 {
        page.line(&format!("  and {} of the kind that only -v shows", super::text::layout::count(hidden, "event")));
    }
    if difference.shifted > 0 {
        let most = difference.shifted_most;
        page.line(&format!("  {} both have, at instants up to {most} apart", super::text::layout::count(difference.shifted, "event")));
    }
    if difference.cut {
        page.line(&format!("  only the first {COMPARED} events behind the parting were compared"));
    }
    page.gap();
    page.heading("FINDINGS", "that only one of them has");
    for (side, sentence) in &difference.findings {
        let (mark, tint) = marked(*side);
        page.hanging(&format!("{mark} "), 4, tint, sentence);
    }
    if difference.findings.is_empty() {
        page.line("  none");
    }
    page.gap();
    page.heading("AT THE END", "");
    for (place, left, right) in &difference.ends {
        page.line(&format!("  {place}"));
        for (mark, tint, value) in [("<", Tint::Red, left), (">", Tint::Green, right)] {
            page.hanging(&format!("    {mark} "), 8, tint, if value.is_empty() { "no such object" } else { value });
        }
    }
    if difference.ends.is_empty() {
        page.line("  hosts, VMs and disks are alike");
    }
    page.into_text()
}

fn marked(side: Side) -> (&'static str, Tint) {
    match side {
        Side::Left => ("<", Tint::Red),
        Side::Right => (">", Tint::Green),
    }
}

fn event(page: &mut Page, mark: &str, tint: Tint, line: &Line) {
    let lead = format!("{mark} {} {} ", pad_left(&line.at.to_string(), 11), pad(&line.actor, 8));
    let indent = super::text::layout::width(&lead);
    page.hanging(&lead, indent, tint, &line.what);
}

/// The same for machines.
pub fn value(difference: &Difference) -> Value {
    let line = |line: &Line| json!({"us": line.at.0, "actor": line.actor, "what": line.what, "event": line.event});
    let side = |side: Side| if side == Side::Left { "left" } else { "right" };
    let short =
        |of: &Summary| json!({"replay": of.replay, "digest": of.digest, "events": of.events, "verdict": of.verdict, "worst": of.worst});
    json!({
        "agree": difference.agree(),
        "left": short(&difference.left),
        "right": short(&difference.right),
        "parting": difference.parting.as_ref().map(|p| json!({
            "after": p.after, "before": p.before.iter().map(line).collect::<Vec<_>>(),
            "left": p.left.as_ref().map(line), "right": p.right.as_ref().map(line),
        })),
        "only": difference.only.iter().map(|(s, l)| json!({"side": side(*s), "event": line(l)})).collect::<Vec<_>>(),
        "shifted": difference.shifted,
        "shifted_most_us": difference.shifted_most.0,
        "cut": difference.cut,
        "findings": difference.findings.iter().map(|(s, what)| json!({"side": side(*s), "what": what})).collect::<Vec<_>>(),
        "ends": difference.ends.iter().map(|(at, l, r)| json!({"at": at, "left": l, "right": r})).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::forgotten;

    #[test]
    fn a_run_agrees_with_itself() {
        let difference = compare(&forgotten(), &forgotten());
        assert!(difference.agree() && difference.only.is_empty() && difference.ends.is_empty() && difference.findings.is_empty());
        assert!(text(&difference, false, false).ends_with("The two runs agree in every event.\n"));
    }

    /// An event that comes later is no event that one lacks; one that is gone is.
    #[test]
    fn a_shift_is_told_from_a_lack() {
        let (left, mut right) = (forgotten(), forgotten());
        let at = right.story.iter().position(|line| line.finding.is_none()).unwrap();
        for line in &mut right.story[at..] {
            line.at = Time(line.at.0 + 5);
        }
        let moved = compare(&left, &right);
        assert_eq!((moved.only.len(), moved.shifted_most, moved.parting.as_ref().unwrap().after), (0, Span(5), 0));
        assert_eq!(moved.shifted, events(&left).len());
        right = forgotten();
        let gone = right.story.remove(at);
        let lacking = compare(&left, &right);
        assert_eq!(lacking.only, [(Side::Left, shown(&gone))]);
        assert_eq!(lacking.shifted, 0);
    }

    #[test]
    fn ends_are_compared_fact_by_fact() {
        let mut list = Vec::new();
        let (a, b) = (
            json!({"masters": ["alpha"], "hosts": {"beta": {"known": true, "live": null}}, "vdis": {"d": {"locks": {"beta": "rw"}}}}),
            json!({"masters": ["alpha"], "hosts": {"beta": {"known": false, "live": null}}, "vdis": {"d": {"locks": {}}}}),
        );
        leaves("", &a, &b, &mut list);
        let of = |place: &str, left: &str, right: &str| (place.to_string(), left.to_string(), right.to_string());
        assert_eq!(list, [of("hosts.beta.known", "true", "false"), of("vdis.d.locks", "beta: rw", "none")]);
    }
}
