//! How orders differ by one thing: whether a step was preceded by another.

use super::choice::Order;
use super::{Answer, Class};

/// What is asked: of the orders that have a step, those in which another came before it, or those in which none did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ask {
    /// The step.
    pub step: u8,
    /// The other.
    pub by: u8,
    /// Whether those are meant in which the other did not come before it: later, or not at all.
    pub not: bool,
}

/// How many orders are of each class of [`Class::ALL`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Asked {
    /// Of those that are as asked.
    pub so: [usize; 4],
    /// Of the others that have the step.
    pub else_: [usize; 4],
    /// How many orders do not have it.
    pub without: usize,
}

/// Counts.
pub fn asked(answer: &Answer, ask: Ask) -> Asked {
    let mut asked = Asked::default();
    for (order, verdict) in &answer.judged {
        match preceded(order, ask) {
            None => asked.without += 1,
            Some(preceded) => {
                let classes = if preceded == ask.not { &mut asked.else_ } else { &mut asked.so };
                classes[Class::ALL.iter().position(|class| *class == verdict.class).unwrap_or(0)] += 1;
            }
        }
    }
    asked
}

/// Whether the other step came before; `None` where the step itself is left out.
fn preceded(order: &Order, ask: Ask) -> Option<bool> {
    let at = |step: u8| order.iter().position(|other| *other == step);
    at(ask.step).map(|place| at(ask.by).is_some_and(|by| by < place))
}
