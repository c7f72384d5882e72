//! What all safe orders have in common: which step comes before which, and which can't be left out. Of all that is so a
//! smallest part is kept, from which the rest follows.
//!
//! "a before b" is said of orders that have both steps, and asks nothing of the others.

use super::choice::{Choice, Order};
use super::{Class, Verdict};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// A rule.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// One step comes before another, where both are done.
    Before {
        /// The one.
        step: u8,
        /// The other.
        than: u8,
    },
    /// A step is not left out.
    Needed {
        /// The step.
        step: u8,
    },
}

impl Kind {
    /// Whether an order keeps it.
    pub fn kept_by(self, order: &[u8]) -> bool {
        let at = |step: u8| order.iter().position(|other| *other == step);
        match self {
            Kind::Before { step, than } => at(step).zip(at(than)).is_none_or(|(step, than)| step < than),
            Kind::Needed { step } => at(step).is_some(),
        }
    }
}

impl Kind {
    /// Orders that keep the rule and are else as near as can be to one that breaks it; `steps`: how many there are.
    fn mended(self, order: &Order, steps: usize) -> Vec<Order> {
        let at = |step: u8| order.iter().position(|other| *other == step);
        match self {
            Kind::Before { step, than } => match at(step).zip(at(than)) {
                Some((last, first)) if first < last => {
                    let (mut sooner, mut later, mut swapped) = (order.clone(), order.clone(), order.clone());
                    sooner[first..=last].rotate_right(1);
                    later[first..=last].rotate_left(1);
                    swapped.swap(first, last);
                    vec![sooner, later, swapped]
                }
                _ => Vec::new(),
            },
            Kind::Needed { step } => {
                let put = |at: usize| [&order[..at], &[step], &order[at..]].concat();
                (0..=order.len()).filter(|_| order.len() < steps).map(put).collect()
            }
        }
    }
}

/// A rule that every safe order keeps, and what becomes of an order that does not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rule {
    /// The rule.
    pub kind: Kind,
    /// The shortest order that breaks this rule and no other, by its place. Of several one that is safe once it keeps the rule,
    /// so that what comes of it comes of nothing else; then the gravest, then the first.
    pub counterexample: Option<usize>,
}

/// The rules of all orders.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rules {
    /// None of them follows from the others.
    pub rules: Vec<Rule>,
    /// Whether every order that keeps them all is safe.
    pub separate: bool,
    /// The orders, by their places, that keep them all and are not safe.
    pub exceptions: Vec<usize>,
}

/// The rules that the safe ones of some orders keep. `all`: these are all orders that there are.
pub fn rules(choice: &Choice, judged: &[(Order, Verdict)], subsets: bool, all: bool) -> Rules {
    let safe = |at: &usize| judged[*at].1.class == Class::Safe;
    if !(0..judged.len()).any(|at| safe(&at)) {
        return Rules { exceptions: Vec::new(), ..Rules::default() };
    }
    let mut kinds = common(choice, judged, subsets);
    let mut broken = broken_by(&kinds, judged);
    if all {
        // What the steps' own words leave no order to break is no rule of ours.
        let alone = |at: usize, broken: &[Vec<usize>]| broken.iter().any(|by| by[..] == [at]);
        while let Some(idle) = (0..kinds.len()).rev().find(|at| !alone(*at, &broken)) {
            kinds.remove(idle);
            broken = broken_by(&kinds, judged);
        }
    }
    let safe_ones: BTreeSet<&Order> = (0..judged.len()).filter(safe).map(|at| &judged[at].0).collect();
    let rule = |(at, kind): (usize, &Kind)| {
        let breaking = (0..judged.len()).filter(|order| broken[*order].contains(&at));
        let size = |order: &usize| (broken[*order].len(), judged[*order].0.len());
        let least = breaking.clone().map(|order| size(&order)).min();
        let key = |order: &usize| {
            let (steps, verdict) = &judged[*order];
            let elsewhere = !kind.mended(steps, choice.len()).iter().any(|mended| safe_ones.contains(mended));
            (elsewhere, Reverse(verdict.class), *order)
        };
        Rule { kind: *kind, counterexample: breaking.filter(|order| Some(size(order)) == least).min_by_key(key) }
    };
    let exceptions: Vec<usize> = (0..judged.len()).filter(|at| broken[*at].is_empty() && !safe(at)).collect();
    Rules { rules: kinds.iter().enumerate().map(rule).collect(), separate: exceptions.is_empty(), exceptions }
}

/// Which rules each order breaks.
fn broken_by(kinds: &[Kind], judged: &[(Order, Verdict)]) -> Vec<Vec<usize>> {
    let broken = |order: &Order| (0..kinds.len()).filter(|at| !kinds[*at].kept_by(order)).collect();
    judged.iter().map(|(order, _)| broken(order)).collect()
}

/// What all safe orders keep, without what follows from the rest or from the steps' own words.
fn common(choice: &Choice, judged: &[(Order, Verdict)], subsets: bool) -> Vec<Kind> {
    let steps = choice.len();
    let mut seen = vec![vec![false; steps]; steps];
    let mut needed = vec![true; steps];
    for (order, _) in judged.iter().filter(|(_, verdict)| verdict.class == Class::Safe) {
        for (at, step) in order.iter().enumerate() {
            order[at + 1..].iter().for_each(|than| seen[usize::from(*step)][usize::from(*than)] = true);
        }
        needed.iter_mut().enumerate().for_each(|(step, needed)| *needed &= order.contains(&(step as u8)));
    }
    let said = |step: usize, than: usize| choice.before(than) & 1 << step != 0;
    let before = |step: usize, than: usize| said(step, than) || seen[step][than] && !seen[than][step];
    // A step between two others stands there for sure where it is needed, or where the later one can't do without it.
    let between = |step: usize, than: usize| {
        (0..steps).any(|mid| mid != step && mid != than && before(step, mid) && before(mid, than) && (needed[mid] || said(mid, than)))
    };
    let mut kinds = Vec::new();
    for step in 0..steps {
        let others = (0..steps).filter(|than| *than != step && before(step, *than) && !said(step, *than) && !between(step, *than));
        kinds.extend(others.map(|than| Kind::Before { step: step as u8, than: than as u8 }));
    }
    if subsets {
        let asked_for = |step: usize| (0..steps).any(|by| needed[by] && said(step, by));
        kinds.extend((0..steps).filter(|step| needed[*step] && !asked_for(*step)).map(|step| Kind::Needed { step: step as u8 }));
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::super::list;
    use super::*;
    use proptest::prelude::*;

    /// Four steps, of which `c` may have to come after `a`.
    fn choice(bound: bool) -> Choice {
        let after = if bound { "after: a, " } else { "" };
        let text = format!(
            "pool: {{hosts: [alpha]}}\nrecovery:\n  at: 5m\n  steps: [{{id: a, run: xe vm-list}}, {{id: b, run: xe vm-list}}, {{id: c, {after}run: xe vm-list}}, {{id: d, run: xe vm-list}}]\n"
        );
        Choice::new(&crate::scenario::load("rules.yaml", &text).expect("a scenario").scenario, 0).expect("steps")
    }

    fn judged(choice: &Choice, subsets: bool, safe: impl Fn(usize, &Order) -> bool) -> Vec<(Order, Verdict)> {
        let verdict = |class| Verdict { class, world: 0, hazard: None, cut_short: false };
        let class = |at: usize, order: &Order| if safe(at, order) { Class::Safe } else { [Class::Futile, Class::Dangerous][at % 2] };
        let all = list::all(choice, subsets);
        all.into_iter().enumerate().map(|(at, order)| (order.clone(), verdict(class(at, &order)))).collect()
    }

    /// Every rule of a kind that all safe orders keep, by looking at each pair of steps.
    fn kept_by_all(judged: &[(Order, Verdict)], subsets: bool) -> Vec<Kind> {
        let safe: Vec<&Order> = judged.iter().filter(|(_, verdict)| verdict.class == Class::Safe).map(|(order, _)| order).collect();
        let both = |a: u8, b: u8| safe.iter().any(|order| order.contains(&a) && order.contains(&b));
        let pairs = (0..4).flat_map(|step| (0..4).map(move |than| (step, than))).filter(|(step, than)| step != than && both(*step, *than));
        let pairs = pairs.map(|(step, than)| Kind::Before { step, than });
        let needed = (0..4).filter(|_| subsets).map(|step| Kind::Needed { step });
        pairs.chain(needed).filter(|kind| safe.iter().all(|order| kind.kept_by(order))).collect()
    }

    fn keeping(judged: &[(Order, Verdict)], kinds: &[Kind]) -> Vec<usize> {
        (0..judged.len()).filter(|at| kinds.iter().all(|kind| kind.kept_by(&judged[*at].0))).collect()
    }

    fn holds(choice: &Choice, judged: &[(Order, Verdict)], subsets: bool) {
        let found = rules(choice, judged, subsets, true);
        let kinds: Vec<Kind> = found.rules.iter().map(|rule| rule.kind).collect();
        let safe: Vec<usize> = (0..judged.len()).filter(|at| judged[*at].1.class == Class::Safe).collect();
        if safe.is_empty() {
            assert_eq!(found, Rules::default());
            return;
        }
        // Every safe order keeps them, and they say as much as all that the safe orders keep.
        let kept = keeping(judged, &kinds);
        assert!(safe.iter().all(|at| kept.contains(at)));
        assert_eq!(kept, keeping(judged, &kept_by_all(judged, subsets)), "{kinds:?}");
        // None can be left out.
        for without in 0..kinds.len() {
            let others: Vec<Kind> = kinds.iter().copied().enumerate().filter(|(at, _)| *at != without).map(|(_, kind)| kind).collect();
            assert!(keeping(judged, &others).len() > kept.len(), "{:?} follows from {others:?}", kinds[without]);
        }
        assert_eq!((found.separate, found.exceptions.len()), (kept == safe, kept.len() - safe.len()));
        for rule in &found.rules {
            let example = rule.counterexample.expect("an order that breaks it");
            let broken: Vec<&Kind> = kinds.iter().filter(|kind| !kind.kept_by(&judged[example].0)).collect();
            assert_eq!(broken, [&rule.kind]);
            // No shorter one breaks this rule alone.
            let alone = |at: &usize| kinds.iter().all(|kind| kind.kept_by(&judged[*at].0) != (*kind == rule.kind));
            let shortest = (0..judged.len()).filter(alone).map(|at| judged[at].0.len()).min();
            assert_eq!(Some(judged[example].0.len()), shortest);
        }
    }

    proptest! {
        /// Whatever is safe: a few orders, or many.
        #[test]
        fn rules_are_a_smallest_part_of_what_the_safe_orders_keep(
            picks in proptest::collection::vec(0usize..65, 0..9), bound: bool, subsets: bool,
        ) {
            let choice = choice(bound);
            let count = list::all(&choice, subsets).len();
            holds(&choice, &judged(&choice, subsets, |at, _| picks.iter().any(|pick| pick % count == at)), subsets);
        }

        /// What is safe is a partial order, with steps that are needed: then the rules tell safe from unsafe.
        #[test]
        fn a_partial_order_is_found_again(pairs in proptest::collection::vec((0u8..4, 0u8..4), 0..5), needed in 0u8..16, bound: bool, subsets: bool) {
            let choice = choice(bound);
            // From lower to higher there is no circle.
            let before: Vec<Kind> = pairs.iter().filter(|(a, b)| a < b).map(|(step, than)| Kind::Before { step: *step, than: *than }).collect();
            let needed = (0..4).filter(|step| subsets && needed & 1 << step != 0).map(|step| Kind::Needed { step });
            let wanted: Vec<Kind> = before.into_iter().chain(needed).collect();
            let judged = judged(&choice, subsets, |_, order| wanted.iter().all(|kind| kind.kept_by(order)));
            holds(&choice, &judged, subsets);
            prop_assert!(rules(&choice, &judged, subsets, true).separate, "{wanted:?}");
        }
    }

    /// Orders that have nothing in common have no rule, and then nothing tells them apart.
    #[test]
    fn where_no_rule_holds_the_exceptions_are_shown() {
        let choice = choice(false);
        let judged = judged(&choice, false, |_, order| order[..] == [0, 1, 2, 3] || order[..] == [3, 2, 1, 0]);
        let found = rules(&choice, &judged, false, true);
        assert_eq!((found.rules.len(), found.separate, found.exceptions.len()), (0, false, 22));
    }
}
