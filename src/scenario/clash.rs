//! States of a `goal` that can't all be reached, since each leaves no room for the other. Says only what is sure without a run.

use super::model::{Fact, StateExpect};
use super::read::{Fields, Reader};
use std::collections::BTreeSet;

/// Looks at an item of `goal` beside those before it: of two that contradict each other no run reaches both.
pub fn goal(reader: &mut Reader<'_>, fields: &Fields<'_>, before: &[StateExpect], item: &StateExpect) {
    let together = |a: &Option<String>, b: &Option<String>| a.is_none() || b.is_none() || a == b;
    let in_one_case =
        |other: &&StateExpect| together(&other.scope.world, &item.scope.world) && together(&other.scope.recovery, &item.scope.recovery);
    let clash =
        before.iter().filter(in_one_case).find(|other| other.facts.iter().any(|a| item.facts.iter().any(|b| apart(other, item, a, b))));
    let itself = || item.facts.iter().any(|a| item.facts.iter().any(|b| apart(item, item, a, b)));
    let with = match clash {
        Some(other) => format!("it contradicts the state in line {}", other.line),
        None if itself() => "its own facts contradict each other".to_string(),
        None => return,
    };
    let help = "take one of the two out, or say in which `world:` each is meant";
    reader.warning(fields.place(), "cannot-hold", format!("this goal can't be reached: {with}"), help);
}

/// Whether two facts of two items, or of one, can't hold at the same time.
fn apart(one: &StateExpect, other: &StateExpect, a: &Fact, b: &Fact) -> bool {
    // Two copies of the database may well differ; what is so is one.
    let same_view = one.seen_by == other.seen_by || !believed(a);
    (same_view && denies(a, b)) || rules_out(a, b) || rules_out(b, a)
}

/// Whether a fact is read from a database; else it is so, whoever knows.
fn believed(fact: &Fact) -> bool {
    use Fact::{Activating, DefaultSr, Enabled, Known, Live, Locks, Paused, PowerState, Relinking, ResidentOn};
    let of_hosts_and_vms = matches!(fact, Live(..) | Enabled(..) | Known(..) | PowerState(..) | ResidentOn(..) | DefaultSr(_));
    of_hosts_and_vms || matches!(fact, Locks(..) | Paused(..) | Activating(..) | Relinking(..))
}

fn other_set<T: Ord>(a: &[T], b: &[T]) -> bool {
    a.iter().collect::<BTreeSet<&T>>() != b.iter().collect::<BTreeSet<&T>>()
}

/// Whether both ask the same of the same thing and want another answer.
fn denies(one: &Fact, other: &Fact) -> bool {
    match (one, other) {
        (Fact::Powered(a, x), Fact::Powered(b, y))
        | (Fact::Live(a, x), Fact::Live(b, y))
        | (Fact::Enabled(a, x), Fact::Enabled(b, y))
        | (Fact::Known(a, x), Fact::Known(b, y))
        | (Fact::Fenced(a, x), Fact::Fenced(b, y)) => a == b && x != y,
        (Fact::Role(a, x), Fact::Role(b, y)) => a == b && x != y,
        (Fact::Running(a, x), Fact::Running(b, y)) => a == b && other_set(x, y),
        (Fact::PowerState(a, x), Fact::PowerState(b, y)) => a == b && x != y,
        (Fact::ResidentOn(a, x), Fact::ResidentOn(b, y)) => a == b && x != y,
        (Fact::RunningOn(a, x), Fact::RunningOn(b, y)) => a == b && other_set(x, y),
        (Fact::Locks(a, x), Fact::Locks(b, y)) | (Fact::OpenOn(a, x), Fact::OpenOn(b, y)) => a == b && other_set(x, y),
        (Fact::Damaged(a, x), Fact::Damaged(b, y))
        | (Fact::Paused(a, x), Fact::Paused(b, y))
        | (Fact::Activating(a, x), Fact::Activating(b, y))
        | (Fact::Relinking(a, x), Fact::Relinking(b, y)) => a == b && x != y,
        (Fact::Masters(x), Fact::Masters(y)) => other_set(x, y),
        (Fact::DefaultSr(x), Fact::DefaultSr(y)) => x != y,
        _ => false,
    }
}

/// Whether something that is so leaves no room for something else that is so: nothing runs on a machine without power, and
/// what runs on a machine runs there whichever of the two is asked.
fn rules_out(one: &Fact, other: &Fact) -> bool {
    match (one, other) {
        (Fact::Powered(host, false), Fact::Running(at, vms)) => host == at && !vms.is_empty(),
        (Fact::Powered(host, false), Fact::RunningOn(_, hosts)) => hosts.contains(host),
        (Fact::Running(host, vms), Fact::RunningOn(vm, hosts)) => vms.contains(vm) != hosts.contains(host),
        _ => false,
    }
}
