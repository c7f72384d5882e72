//! The next step of a safe plan from where whoever plays stands: searched over the worlds that still fit what was seen, so it
//! tells nothing that can't be known. Knows no drill by name, and has no words of its own for any.

use super::desk::{self, Desk};
use super::plan::{self, Enough, Kind, Line};
use crate::base::time::Time;
use crate::run::Session;
use crate::scenario::drill::{allowable, is_look};
use crate::scenario::model::{Begin, Case, Condition, ConditionPart, Deed, Scenario, Step, When};
use crate::world::inventory::Inventory;

/// How many steps ahead is looked.
const DEPTH: usize = 8;
/// How many further steps are tried.
const TRIES: u64 = 60_000;

/// What is to be done next.
#[derive(Clone, PartialEq, Debug)]
pub enum Hint {
    /// Nothing: in every world that fits, the goal is reached if things go on as they are.
    Done,
    /// Time is to go by: nothing that calls for a recovery has been seen yet.
    Wait {
        /// What is typed for it.
        line: String,
    },
    /// A step.
    Step(Box<Next>),
    /// No plan was found from here.
    None {
        /// All plans of at most so many steps were looked at.
        depth: usize,
        /// What ended that before its time.
        ended: Option<Enough>,
    },
}

/// The next step.
#[derive(Clone, PartialEq, Debug)]
pub struct Next {
    /// What kind of step it is.
    pub kind: Kind,
    /// The act or command that it is.
    pub word: String,
    /// What it is about: hosts, VMs and SRs by their names.
    pub about: Vec<String>,
    /// What is typed: where it is done on another console, the way there first.
    pub lines: Vec<String>,
    /// What comes of leaving it out, in a world that fits.
    pub why: Option<String>,
    /// How many steps there are still, on the longest way.
    pub left: usize,
}

/// What is to be done next. `stopped` is asked again and again whether to end.
pub fn hint(desk: &Desk, scenario: &Scenario, case: Case, stopped: &(dyn Fn() -> bool + Sync)) -> Hint {
    let worlds = desk.fits(scenario, case).now;
    if let Some(line) = still_waits(desk, scenario, case, &worlds) {
        return Hint::Wait { line };
    }
    let onward = desk::onward(desk, scenario, case, &worlds, true);
    let answer = plan::plan(&onward, &bounds(desk, scenario, case), stopped);
    let names = &onward.pool.names;
    match answer.plan {
        None => Hint::None { depth: answer.depth, ended: answer.ended },
        Some(plan) => match plan.lines.first() {
            None => Hint::Done,
            Some(line) => Hint::Step(Box::new(Next {
                kind: line.kind,
                word: word(line),
                about: about(names, line),
                lines: typed(desk, names, line),
                why: plan.why.get(&line.id).map(|why| why.what.clone()),
                left: plan.cost.depth,
            })),
        },
    }
}

/// What a search for a plan is bounded by, for whoever sits at this desk: a drill's `allow` forbids the rest.
pub fn bounds(desk: &Desk, scenario: &Scenario, case: Case) -> plan::Options {
    let allow = scenario.of(case).drill.as_ref().and_then(|drill| drill.allow.as_ref());
    let forbidden = |word: &&'static str| allow.is_some_and(|allow| !is_look(word) && !allow.iter().any(|allowed| allowed == word));
    let without = allowable().filter(forbidden).map(str::to_owned).collect();
    let own = desk::options(desk);
    plan::Options {
        seed: Some(desk.seed()),
        max_events: own.max_events,
        max_work: own.max_work,
        depth: DEPTH,
        tries: TRIES,
        recovery: 0,
        without,
        brute: false,
        wide: false,
        anew: false,
        despite: false,
    }
}

/// What is to be waited for, where the file's recovery would not have begun yet in any world that fits, and nothing was done yet.
fn still_waits(desk: &Desk, scenario: &Scenario, case: Case, worlds: &[usize]) -> Option<String> {
    let own = scenario.of(case).recoveries.first()?;
    // An instant that has come is one at which it begins.
    let come = |begin: &Begin| matches!(begin, Begin::At((_, last)) if desk.now().since(Time::ZERO) >= *last);
    if own.begin == Begin::AfterTimeline || come(&own.begin) || desk.has_done() {
        return None;
    }
    let onward = desk::onward(desk, scenario, case, worlds, false);
    let began = |case: Case| {
        let mut session = Session::unjudged(crate::engine::Engine::new(&onward, case, desk::options(desk)));
        while session.engine.next_at().is_some_and(|next| next < desk.now()) {
            session.step();
        }
        session.engine.recovery_began.is_some()
    };
    if onward.cases().into_iter().any(began) {
        return None;
    }
    Some(match &own.begin {
        Begin::WaitFor { condition, .. } => waiting(&onward.pool.names, condition),
        Begin::At((_, last)) => format!("goto {last}"),
        Begin::AfterTimeline => "step".to_owned(),
    })
}

/// What is typed to wait for a condition.
fn waiting(names: &Inventory, condition: &Condition) -> String {
    match &condition.parts[..] {
        [ConditionPart::Live(hosts, alive)] if hosts.len() == 1 => {
            format!("wait until host {} {}", names.machine(hosts[0]), if *alive { "alive" } else { "dead" })
        }
        [ConditionPart::PowerState(vms, state)] if vms.len() == 1 => format!("wait until vm {} {}", names.vm(vms[0]), state.name()),
        [ConditionPart::XeAnswers(answers)] => format!("wait until xe {}", if *answers { "answers" } else { "hangs" }),
        _ => "step".to_owned(),
    }
}

/// The lines that do a step from this console.
fn typed(desk: &Desk, names: &Inventory, line: &Line) -> Vec<String> {
    let Step { deed, when, host, .. } = &line.step;
    match (deed, when) {
        (Deed::Note(_), When::WaitFor { condition, .. }) => vec![waiting(names, condition)],
        (Deed::Note(_), When::AfterPrevious((_, most))) => vec![format!("wait {most}")],
        (Deed::Run(_), _) if names.machine(*host) != desk.host() => {
            let host = names.machine(*host);
            let way = if host == desk.first_console() { "exit".to_owned() } else { format!("ssh {host}") };
            vec![way, line.text.clone()]
        }
        _ => vec![line.text.clone()],
    }
}

/// The act or the command that a line is.
fn word(line: &Line) -> String {
    if line.kind == Kind::Wait {
        return "wait".to_owned();
    }
    let text = line.text.strip_prefix("xe ").unwrap_or(&line.text);
    let first = text.split(' ').next().unwrap_or_default();
    first.rsplit('/').next().unwrap_or_default().to_owned()
}

/// The hosts, VMs and SRs that a line names.
fn about(names: &Inventory, line: &Line) -> Vec<String> {
    let all = (names.machine_ids().map(|machine| names.machine(machine)))
        .chain(names.vm_ids().map(|vm| names.vm(vm)))
        .chain(names.sr_ids().map(|sr| names.sr(sr)));
    let mut about: Vec<String> = all.filter(|name| mentions(&line.text, name)).map(str::to_owned).collect();
    let host = names.machine(line.step.host);
    if about.is_empty() && matches!(line.step.deed, Deed::Run(_)) {
        about.push(host.to_owned());
    }
    about
}

/// Whether a text names something as a word of its own.
fn mentions(text: &str, name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !name.is_empty() && !before.is_some_and(part) && !after.is_some_and(part)
    })
}
