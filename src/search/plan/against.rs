//! What stands against a plan, world by world: what would do if it were known to be that world, and what it does in the others;
//! or how far one comes there.

use super::field::{Ahead, Before, Enough, Purse};
use super::lay::{self, Line, with_steps};
use super::moves::Move;
use super::solve::Search;
use super::why::{Outcome, outcomes};
use crate::engine;
use crate::hazard::HazardId;
use crate::scenario::model::{Case, Scenario};
use std::collections::BTreeMap;

/// What stands against a plan in one world.
#[derive(Clone, Debug)]
pub struct Against {
    /// The world, by its place.
    pub world: usize,
    /// What would do if it were known to be this world; `None` where nothing was found.
    pub alone: Option<Vec<Line>>,
    /// All plans of at most so many steps were looked at for this world alone.
    pub depth: usize,
    /// What ended that before its time.
    pub ended: Option<Enough>,
    /// What that does in each world, or where there is none, what comes of doing nothing, in this one.
    pub outcomes: Vec<(usize, Outcome)>,
    /// What would have begun, by hazard, and how many of the tried steps it ruled out.
    pub harms: Vec<(HazardId, u64)>,
}

/// Looks at every world by itself.
pub(super) fn against(
    stage: &Scenario,
    cases: &[Case],
    moves: &[Move],
    (before, aheads): (&[Before], &[Ahead]),
    (most, brute): (usize, bool),
    engine: &engine::Options,
    purse: &mut Purse<'_>,
) -> Vec<Against> {
    let share = (purse.work / cases.len().max(1) as u64, purse.tries / cases.len().max(1) as u64);
    let nothing = outcomes(&with_steps(stage, &[]), engine, purse.harm);
    let mut all = Vec::new();
    for (world, idle) in nothing.into_iter().enumerate() {
        (purse.work, purse.tries) = share;
        let mut told = Against { world, alone: None, depth: 0, ended: None, outcomes: Vec::new(), harms: Vec::new() };
        let own: Vec<Before> = before.iter().filter(|before| before.world == world).cloned().collect();
        let ahead: Vec<Ahead> = aheads.iter().filter(|ahead| ahead.world == world).cloned().collect();
        let mut harms = BTreeMap::new();
        if !own.is_empty() {
            let mut search = Search::new(stage, cases, moves, purse);
            (search.merge, search.prune) = (!brute, !brute);
            for depth in 0..=most {
                match search.best(&own, &ahead, depth) {
                    Ok(None) => told.depth = depth,
                    Ok(Some((cost, tree))) => {
                        told.depth = cost.depth;
                        told.alone = Some(lay::lines(&tree, moves));
                        break;
                    }
                    Err(enough) => {
                        told.ended = Some(enough);
                        break;
                    }
                }
            }
            harms.clone_from(&search.harms);
        }
        told.outcomes = match &told.alone {
            Some(lines) => outcomes(&with_steps(stage, lines), engine, purse.harm).into_iter().enumerate().collect(),
            None => vec![(world, idle)],
        };
        told.harms = harms.into_iter().map(|((_, hazard), times)| (hazard, times)).collect();
        told.harms.sort_by_key(|(hazard, times)| (std::cmp::Reverse(*times), *hazard));
        all.push(told);
    }
    all
}
