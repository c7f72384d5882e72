//! Where there are too many steps for every order: some of them, drawn from the seed, and then those that would refute a rule.
//! A rule that only a few orders bear out may be chance, so each is tried at the safe orders themselves: with its two steps the
//! other way round, or without its step. One that is safe all the same takes the rule away.

use super::branch::{End, Tree};
use super::choice::{Choice, Order};
use super::rules::{self, Kind};
use super::{Class, Extent, Tried};
use crate::base::draw::Stream;
use std::collections::BTreeSet;

/// So many orders are drawn.
const DRAWN: u64 = 1_000;
/// So many are tried at most, those that would refute a rule included.
pub const TRIED_MOST: usize = 4_000;
/// At so many safe orders each rule is tried.
const AT_SAFE: usize = 12;

/// How a sample was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sample {
    /// The seed of the draws.
    pub seed: u64,
    /// How many different orders were drawn; the file's own is one of them.
    pub drawn: usize,
    /// How many were tried since they would have refuted a rule.
    pub against: usize,
    /// Every rule was tried at safe orders and held.
    pub settled: bool,
    /// Why it ended before its time, if it did.
    pub ended: Option<End>,
}

/// Draws orders and judges them, until no rule that they keep is refuted by those that are next to the safe ones.
pub fn sample(choice: &Choice, subsets: bool, seed: u64, tree: &Tree<'_>) -> (Tried, Extent) {
    let mut sample = Sample { seed, drawn: 0, against: 0, settled: false, ended: None };
    let mut tried = Tried::new();
    let mut next: BTreeSet<Order> = (0..DRAWN).map(|n| drawn(choice, subsets, seed, n)).collect();
    next.insert((0..choice.len() as u8).collect());
    next.retain(|order| choice.allows(order));
    sample.drawn = next.len();
    loop {
        let orders: Vec<Order> = std::mem::take(&mut next).into_iter().collect();
        let (verdicts, end) = tree.judge(&orders);
        tried.extend(orders.into_iter().zip(verdicts).filter_map(|(order, verdict)| Some((order, verdict?))));
        sample.ended = Some(end).filter(|end| *end != End::All);
        if sample.ended.is_some() {
            break;
        }
        next = against(choice, subsets, &tried);
        if next.is_empty() {
            sample.settled = true;
            break;
        }
        while tried.len() + next.len() > TRIED_MOST && next.pop_last().is_some() {}
        if next.is_empty() {
            break;
        }
        sample.against += next.len();
    }
    (tried, Extent::Sample(sample))
}

/// The n-th order drawn: each step is drawn among those that may come next.
fn drawn(choice: &Choice, subsets: bool, seed: u64, n: u64) -> Order {
    let stream = Stream::new(seed, "orders", "drawn").derived(n);
    let (mut order, mut taken, mut k) = (Order::new(), 0, 0);
    let most = if subsets { stream.below(u64::MAX, choice.len() as u64 + 1) as usize } else { choice.len() };
    while order.len() < most {
        let open: Vec<usize> = (0..choice.len()).filter(|step| choice.may_follow(taken, *step)).collect();
        let Some(step) = open.get(stream.below(k, open.len().max(1) as u64) as usize) else { break };
        order.push(*step as u8);
        taken |= 1 << step;
        k += 1;
    }
    order
}

/// Orders that would refute a rule, and have not been tried.
fn against(choice: &Choice, subsets: bool, tried: &Tried) -> BTreeSet<Order> {
    let judged: Vec<_> = tried.iter().map(|(order, verdict)| (order.clone(), *verdict)).collect();
    let safe: Vec<&Order> = judged.iter().filter(|(_, verdict)| verdict.class == Class::Safe).map(|(order, _)| order).collect();
    let rules = rules::rules(choice, &judged, subsets, false);
    let mut found = BTreeSet::new();
    for rule in rules.rules {
        // Some from the beginning and some from the end: neighbours in the list are alike.
        let some = safe.iter().take(AT_SAFE / 2).chain(safe.iter().rev().take(AT_SAFE / 2));
        let broken = some.flat_map(|order| broken(rule.kind, order));
        found.extend(broken.filter(|order| choice.allows(order) && !tried.contains_key(order)));
    }
    found
}

/// A safe order, changed as little as breaks a rule.
fn broken(kind: Kind, order: &Order) -> Vec<Order> {
    let at = |step: u8| order.iter().position(|other| *other == step);
    match kind {
        Kind::Before { step, than } => {
            let Some((first, second)) = at(step).zip(at(than)) else { return Vec::new() };
            let (mut later, mut sooner, mut swapped) = (order.clone(), order.clone(), order.clone());
            later[first..=second].rotate_left(1);
            sooner[first..=second].rotate_right(1);
            swapped.swap(first, second);
            vec![later, sooner, swapped]
        }
        Kind::Needed { step } => vec![order.iter().copied().filter(|other| *other != step).collect()],
    }
}
