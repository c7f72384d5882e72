//! The story of a case as a sequence diagram for Mermaid, which GitHub and GitLab draw: who typed what where and how it ended,
//! what broke, what each host then held and what was so, and what was in danger. A diagram is small; what it leaves out it says.

use super::text::layout::{count, cut, wrap};
use super::text::{case_name, severity_word};
use super::{NoReturnReport, Realm, Report, StepReport, StoryLine, thin};
use crate::base::inert::clean_line;
use crate::base::time::Time;
use crate::hazard::Severity;
use crate::world::event::Status;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// So many messages and notes: more of them nobody reads, and GitHub draws none of more than 50 000 letters.
pub const MESSAGES: usize = 80;
/// So many hosts, the first that something happens to.
const HOSTS: usize = 12;
/// So many other people who type.
const PEOPLE: usize = 4;
/// So many letters a message.
const LETTERS: usize = 110;
/// So many letters a line of a note.
const LINE: usize = 40;
/// So many letters of a name.
const NAME: usize = 24;

/// The diagram, with the line that names its kind.
pub fn render(report: &Report) -> String {
    let told: Vec<StoryLine> = report.story.iter().filter(|line| is_told(report, line)).cloned().collect();
    let all = told.len();
    let lines = thin::chosen(told, MESSAGES);
    let cast = Cast::new(report, &lines);
    let mut out = String::from("sequenceDiagram\n");
    cast.introduce(&mut out, report);
    let late = report.no_return().and_then(|(finding, point)| match point {
        NoReturnReport::Until(at, _) => {
            let words = point.words(finding.hazard);
            Some((*at, words.split_once(": ").map(|(_, way)| way.to_owned()).unwrap_or(words)))
        }
        NoReturnReport::Never | NoReturnReport::Bound => None,
    });
    let mut late = late.as_ref();
    for line in &lines {
        if let Some((at, words)) = late.filter(|(at, _)| *at < line.at) {
            cast.note_over_all(&mut out, *at, &format!("TOO LATE: {words}"));
            late = None;
        }
        tell(&mut out, &cast, report, line);
    }
    if let Some((at, words)) = late {
        cast.note_over_all(&mut out, *at, &format!("TOO LATE: {words}"));
    }
    let left: Vec<String> = [(all - lines.len(), "event"), (cast.hosts_left, "host"), (cast.people_left, "operator")]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| count(n, what))
        .collect();
    if !left.is_empty() {
        let words = format!("{} left out of this diagram: those that weigh least", left.join(", "));
        let _ = writeln!(out, "  Note over {}: {}", cast.all(), escaped(&words));
    }
    out
}

/// Whether a line is a message or a note: what a command printed is part of the story even where it went well.
fn is_told(report: &Report, line: &StoryLine) -> bool {
    let step = line.step.and_then(|at| report.steps.get(at));
    match line.event {
        // The end of the command says it again.
        "refused" | "hazard-ended" => false,
        "step-ended" => step.is_some_and(|step| step.kind == "run" || step.status != Status::Ok),
        _ => line.matters,
    }
}

/// Who takes part.
struct Cast {
    /// Hosts, in the pool's order.
    hosts: Vec<String>,
    /// So many more have a part in the story.
    hosts_left: usize,
    /// The sequences of steps of those who type, and what they are called.
    people: Vec<String>,
    people_left: usize,
}

impl Cast {
    fn new(report: &Report, lines: &[StoryLine]) -> Cast {
        let (mut seen, mut crowded) = (BTreeSet::new(), BTreeSet::new());
        let mut people: Vec<String> = vec!["recovery".into()];
        for line in lines {
            let finding = line.finding.and_then(|at| report.hazards.get(at));
            let step = line.step.and_then(|at| report.steps.get(at));
            let of_finding = finding.map(|finding| finding.hosts.as_slice()).unwrap_or_default();
            // A host to which nothing happens is not left out: it has no part in the story.
            let names = of_finding.iter().chain(step.and_then(|step| step.host.as_ref())).chain([&line.actor]);
            for name in names.filter(|name| report.end_state.hosts.contains_key(*name)) {
                if seen.len() < HOSTS || seen.contains(name.as_str()) {
                    seen.insert(name.as_str());
                } else {
                    crowded.insert(name.as_str());
                }
            }
            let other = step.map(|step| &step.from).filter(|from| from.starts_with("operators."));
            people.extend(other.filter(|from| !people.contains(from)).cloned());
        }
        let hosts: Vec<String> = report.end_state.host_order.iter().filter(|host| seen.contains(host.as_str())).cloned().collect();
        let people_left = people.len().saturating_sub(1 + PEOPLE);
        people.truncate(1 + PEOPLE);
        Cast { hosts_left: crowded.len(), hosts, people, people_left }
    }

    fn introduce(&self, out: &mut String, report: &Report) {
        for (at, from) in self.people.iter().enumerate() {
            let name = from.strip_prefix("operators.").unwrap_or("operator");
            let _ = writeln!(out, "  actor o{at} as {}", escaped(&cut(&clean_line(name), NAME)));
        }
        for (at, host) in self.hosts.iter().enumerate() {
            let _ = writeln!(out, "  participant h{at} as {}", escaped(&cut(&clean_line(host), NAME)));
        }
        let case = case_name(report);
        let case = if case.is_empty() { String::new() } else { format!(" ({case})") };
        let words = format!("{}{case}, release {}, seed {}", clean_line(&report.title), report.release, report.seed);
        let _ = writeln!(out, "  Note over {}: {}", self.all(), escaped(&cut(&words, 2 * LETTERS)));
    }

    /// All who take part, from the first to the last.
    fn all(&self) -> String {
        match self.hosts.len() {
            0 => "o0".into(),
            n => format!("o0,h{}", n - 1),
        }
    }

    fn host(&self, name: &str) -> Option<String> {
        self.hosts.iter().position(|host| host == name).map(|at| format!("h{at}"))
    }

    /// Whose steps these are: the timeline and a world are nobody's, and stand at the operator's side.
    fn person(&self, from: &str) -> String {
        format!("o{}", self.people.iter().position(|person| person == from).unwrap_or(0))
    }

    /// The hosts among these, from the first to the last.
    fn span(&self, names: &[String]) -> Option<String> {
        let mut at: Vec<usize> = names.iter().filter_map(|name| self.hosts.iter().position(|host| host == name)).collect();
        at.sort_unstable();
        match (at.first(), at.last()) {
            (Some(first), Some(last)) if first != last => Some(format!("h{first},h{last}")),
            (Some(first), _) => Some(format!("h{first}")),
            _ => None,
        }
    }

    fn note_over_all(&self, out: &mut String, at: Time, words: &str) {
        let _ = writeln!(out, "  Note over {}: {}", self.all(), in_lines(&format!("{at} {}", clean_line(words))));
    }
}

fn tell(out: &mut String, cast: &Cast, report: &Report, line: &StoryLine) {
    let words = |words: &str| cut(&clean_line(words), LETTERS);
    match line.realm {
        Realm::Step => {
            if let Some(step) = line.step.and_then(|at| report.steps.get(at)) {
                told_step(out, cast, step, line);
            }
        }
        Realm::Truth | Realm::Belief => {
            let half = if line.realm == Realm::Truth { "is so" } else { "believed" };
            let (over, what) = match cast.host(&line.actor) {
                Some(host) => (host, line.what.clone()),
                None => (cast.all(), format!("{} {}", line.actor, line.what)),
            };
            let _ = writeln!(out, "  Note over {over}: {}", in_lines(&format!("{} {half}: {}", line.at, words(&what))));
        }
        Realm::Hazard => {
            let Some(finding) = line.finding.and_then(|at| report.hazards.get(at)) else { return };
            let over = cast.span(&finding.hosts).unwrap_or_else(|| cast.all());
            let (word, harm) = (severity_word(Some(finding.severity)), finding.severity >= Severity::Danger);
            // What harms stands out.
            if harm {
                let ground = if finding.severity == Severity::Corruption { "rgba(179, 0, 27, 0.3)" } else { "rgba(217, 72, 15, 0.15)" };
                let _ = writeln!(out, "  rect {ground}");
            }
            let text = format!("{} {word} {}: {}", line.at, finding.hazard, words(&line.what));
            let _ = writeln!(out, "  Note over {over}: {}", in_lines(&text));
            if harm {
                let _ = writeln!(out, "  end");
            }
        }
    }
}

fn told_step(out: &mut String, cast: &Cast, step: &StepReport, line: &StoryLine) {
    let text = cut(&clean_line(step.text.trim()), LETTERS);
    let person = cast.person(&step.from);
    // A console that is not drawn still has its line.
    let host = step.host.as_deref().or(Some(&line.actor)).and_then(|host| cast.host(host)).unwrap_or_else(|| person.clone());
    let at = line.at;
    if line.event == "step-ended" {
        let code = step.code.as_deref().map_or_else(String::new, |code| format!(" {}", cut(&clean_line(code), LETTERS)));
        let arrow = if step.status == Status::Ok { "-->>" } else { "--x" };
        let _ = writeln!(out, "  {host}{arrow}{person}: {}", in_lines(&format!("{at} {}{code}", step.status.name())));
        return;
    }
    let (lead, text) = match step.kind {
        "run" => (format!("{person}->>{host}"), format!("{at} {text}")),
        "fault" => (format!("Note over {}", cast.all()), format!("{at} FAULT {text}")),
        "act" => (format!("{person}->>{host}"), format!("{at} by hand {text}")),
        _ => (format!("Note over {person}"), format!("{at} {text}")),
    };
    let _ = writeln!(out, "  {lead}: {}", in_lines(&text));
}

/// A text in lines that are short enough for the box of a note.
fn in_lines(text: &str) -> String {
    wrap(text, LINE).iter().map(|line| escaped(line)).collect::<Vec<_>>().join("<br/>")
}

/// A text as a part of a diagram, which takes signs by their numbers: none of them ends a statement, begins a comment, a directive
/// or a formula, closes a block of Markdown, or is markup.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut last = ' ';
    for c in clean_line(text).chars() {
        match c {
            '"' | '#' | '&' | '<' | '>' | '`' | ';' | '\\' | '%' | '{' | '}' | '@' => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            '$' if last == '$' => out.push_str("#36;"),
            c => out.push(c),
        }
        last = c;
    }
    out
}
