//! A plan as a list of steps with branches, and as the recovery of a scenario: a branch's steps each say `if:`.

use super::moves::{Kind, Move};
use super::seen::{self, Seen};
use super::solve::Tree;
use crate::scenario::model::{Begin, Condition, Scenario, Step};
use std::collections::BTreeMap;

/// A step of a plan.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// What it is called.
    pub id: String,
    /// What kind of step it is.
    pub kind: Kind,
    /// As it is typed or written.
    pub text: String,
    /// Whose console it is typed on.
    pub step: Step,
    /// Where what is seen decides what is done next: each thing that may be seen. What follows the step itself in its list is
    /// done after any of them.
    pub ways: Vec<Way>,
    /// The move, by its place.
    at: usize,
}

/// One of the things that may be seen at a step.
#[derive(Clone, PartialEq, Debug)]
pub struct Way {
    /// What is seen.
    pub seen: Seen,
    /// The worlds in which it is, by their places.
    pub worlds: Vec<usize>,
    /// What is done then.
    pub lines: Vec<Line>,
}

/// A plan as a list, with what ends all branches alike behind them.
pub(super) fn lines(tree: &Tree, moves: &[Move]) -> Vec<Line> {
    let mut lines = listed(tree, moves);
    name(&mut lines, &mut BTreeMap::new());
    lines
}

fn listed(tree: &Tree, moves: &[Move]) -> Vec<Line> {
    let Tree::Then { at, ways } = tree else { return Vec::new() };
    let what = &moves[*at];
    let mut line =
        Line { id: what.step.key.clone(), kind: what.kind, text: what.text.clone(), step: what.step.clone(), ways: Vec::new(), at: *at };
    let mut each: Vec<Way> =
        ways.iter().map(|(seen, worlds, then)| Way { seen: seen.clone(), worlds: worlds.clone(), lines: listed(then, moves) }).collect();
    let mut common = Vec::new();
    while let Some(last) = each.first().and_then(|way| way.lines.last()).cloned()
        && each.iter().all(|way| way.lines.last().is_some_and(|other| alike(other, &last)))
    {
        for way in &mut each {
            way.lines.pop();
        }
        common.insert(0, last);
    }
    if each.iter().any(|way| !way.lines.is_empty()) {
        line.ways = each;
    }
    let mut all = vec![line];
    all.extend(common);
    all
}

/// Whether two steps are the same, with nothing that is seen at them deciding anything.
fn alike(one: &Line, other: &Line) -> bool {
    one.at == other.at && one.ways.is_empty() && other.ways.is_empty()
}

/// Gives every step an id of its own.
fn name(lines: &mut [Line], taken: &mut BTreeMap<String, usize>) {
    for line in lines {
        let times = taken.entry(line.step.key.clone()).or_default();
        *times += 1;
        line.id = if *times == 1 { line.step.key.clone() } else { format!("{}-{times}", line.step.key) };
        for way in &mut line.ways {
            name(&mut way.lines, taken);
        }
    }
}

/// The plan as steps in a row; those of a branch are skipped where another thing was seen.
pub(super) fn steps(lines: &[Line]) -> Vec<Step> {
    let mut all = Vec::new();
    lay(lines, None, &mut all);
    all
}

fn lay(lines: &[Line], guard: Option<&Condition>, all: &mut Vec<Step>) {
    for line in lines {
        all.push(Step { id: Some(line.id.clone()), key: line.id.clone(), guard: guard.cloned(), ..line.step.clone() });
        for way in &line.ways {
            let guard = condition(line, way);
            lay(&way.lines, Some(&guard), all);
        }
    }
}

/// The stage with these steps as its recovery.
pub(super) fn with_steps(stage: &Scenario, lines: &[Line]) -> Scenario {
    let mut with = stage.clone();
    with.recoveries[0].steps = steps(lines);
    // What a file does not say of the beginning follows from the first step, and this one says nothing.
    let own = &mut with.recoveries[0];
    own.says_begin = own.begin != Begin::AfterTimeline;
    with
}

/// What holds where this is seen, and nowhere else.
pub fn condition(line: &Line, way: &Way) -> Condition {
    let others: Vec<&Seen> = line.ways.iter().map(|other| &other.seen).filter(|other| **other != way.seen).collect();
    let parts = seen::parts(&line.id, &way.seen, &others);
    Condition { line: 0, parts }
}

/// A plan without one of its steps, by its id, in each way that whoever leaves it out may go on: where it decided what is done
/// next, once for each thing that might have been seen.
pub(super) fn without(lines: &[Line], id: &str) -> Vec<Vec<Line>> {
    for (at, line) in lines.iter().enumerate() {
        let put = |middle: Vec<Line>| [&lines[..at], &middle, &lines[at + 1..]].concat();
        if line.id == id {
            if line.ways.is_empty() {
                return vec![put(Vec::new())];
            }
            return line.ways.iter().map(|way| put(way.lines.clone())).collect();
        }
        for (place, way) in line.ways.iter().enumerate() {
            let inner = without(&way.lines, id);
            if !inner.is_empty() {
                let changed = |lines: Vec<Line>| {
                    let mut line = line.clone();
                    line.ways[place].lines = lines;
                    put(vec![line])
                };
                return inner.into_iter().map(changed).collect();
            }
        }
    }
    Vec::new()
}

/// Every step, in the order in which they are written.
pub fn all(lines: &[Line]) -> Vec<&Line> {
    lines.iter().flat_map(|line| std::iter::once(line).chain(line.ways.iter().flat_map(|way| all(&way.lines)))).collect()
}
