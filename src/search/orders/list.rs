//! Orders of steps: all that there are.

use super::choice::{Choice, Order};

/// Every order that the steps' own words allow, in lexicographic order; `subsets`: also with every choice of them left out.
pub fn all(choice: &Choice, subsets: bool) -> Vec<Order> {
    let mut all = Vec::new();
    further(choice, subsets, &mut Vec::new(), 0, &mut all);
    all
}

fn further(choice: &Choice, subsets: bool, order: &mut Order, taken: u64, all: &mut Vec<Order>) {
    let whole = order.len() == choice.len();
    if whole || subsets && (!order.is_empty() || choice.may_rest()) {
        all.push(order.clone());
    }
    for step in (0..choice.len()).filter(|step| choice.may_follow(taken, *step)) {
        order.push(step as u8);
        further(choice, subsets, order, taken | 1 << step, all);
        order.pop();
    }
}
