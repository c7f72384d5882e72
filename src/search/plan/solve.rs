//! The search itself: over what the operator knows, deeper and deeper. A step that shows the same in all worlds that still fit
//! leaves them together; one that shows different things parts them, and the plan goes on in each part by itself.

use super::field::{self, Ahead, Before, Enough, Purse, Refused, Tried};
use super::moves::{Kind, Move};
use super::seen::{self, Seen};
use crate::base::digest::Digest;
use crate::base::ids::VmId;
use crate::base::time::Span;
use crate::judge;
use crate::scenario::model::{Case, Fact, Scenario, Sequence};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is left to do where some worlds still fit what was seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tree {
    /// Nothing.
    End,
    /// A move, and what then: one way for all, or one for each thing that may be seen.
    Then {
        /// The move, by its place.
        at: usize,
        /// What may be seen, in which worlds, and what then.
        ways: Vec<(Seen, Vec<usize>, Arc<Tree>)>,
    },
}

/// What a plan costs; the least is the best. The downtime is that of all VMs in all worlds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Cost {
    /// The steps on the longest way.
    pub depth: usize,
    /// How long VMs are down, all of them and in all worlds together.
    pub downtime: Span,
    /// How many steps need hands.
    pub hands: usize,
    /// The moves by their places.
    pub order: Vec<usize>,
}

/// What was found out of a state.
struct Known {
    /// How deep was looked.
    depth: usize,
    /// The best, if there is any so deep.
    best: Option<(Cost, Arc<Tree>)>,
}

/// A search.
pub(super) struct Search<'s, 'h> {
    pub scenario: &'s Scenario,
    pub cases: &'s [Case],
    pub moves: &'s [Move],
    pub purse: &'s mut Purse<'h>,
    /// Whether states that go on alike are looked at once.
    pub merge: bool,
    /// Whether steps that do nothing are left out, and VMs that must be started are counted.
    pub prune: bool,
    /// For how long the doubt of a new master is let pass, if it is.
    pub doubt: Option<Span>,
    known: BTreeMap<String, Known>,
    /// How many further steps were tried.
    pub explored: u64,
    /// Harm that ruled out a step, by world and hazard: how often.
    pub harms: BTreeMap<(usize, crate::hazard::HazardId), u64>,
}

type Best = Option<(Cost, Arc<Tree>)>;

impl<'s, 'h> Search<'s, 'h> {
    pub fn new(scenario: &'s Scenario, cases: &'s [Case], moves: &'s [Move], purse: &'s mut Purse<'h>) -> Search<'s, 'h> {
        let (known, harms) = (BTreeMap::new(), BTreeMap::new());
        Search { scenario, cases, moves, purse, merge: true, prune: true, doubt: None, known, explored: 0, harms }
    }

    /// The best plan of at most so many steps on any way.
    pub fn best(&mut self, before: &[Before], aheads: &[Ahead], depth: usize) -> Result<Best, Enough> {
        self.solve(before, aheads, None, depth, &mut Vec::new())
    }

    /// What is best to do from here on. `aheads` have run out of steps; `parents` stand before the last of them, `last`.
    fn solve(
        &mut self,
        parents: &[Before],
        aheads: &[Ahead],
        last: Option<usize>,
        depth: usize,
        path: &mut Vec<usize>,
    ) -> Result<Best, Enough> {
        if self.prune && aheads.iter().any(|ahead| self.starts(ahead).len() > depth) {
            return Ok(None);
        }
        let key = self.merge.then(|| key(aheads));
        if let Some(known) = key.as_ref().and_then(|key| self.known.get(key)) {
            match &known.best {
                Some((cost, tree)) if cost.depth <= depth => return Ok(Some((cost.clone(), Arc::clone(tree)))),
                Some(_) => return Ok(None),
                None if known.depth >= depth => return Ok(None),
                None => {}
            }
        }
        let best = match self.rest(aheads)? {
            Some(downtime) => Some((Cost { depth: 0, downtime, hands: 0, order: Vec::new() }, Arc::new(Tree::End))),
            None if depth == 0 => None,
            None => {
                let made;
                let before = match last {
                    None => parents,
                    Some(at) => {
                        let step = field::step(self.moves, &path[..path.len() - 1], at);
                        made = field::further(parents, &step, aheads, self.purse)?;
                        &made
                    }
                };
                self.moves_from(before, aheads, depth, path)?
            }
        };
        if let Some(key) = key {
            self.known.insert(key, Known { depth, best: best.clone() });
        }
        Ok(best)
    }

    /// The best of all moves.
    fn moves_from(&mut self, before: &[Before], aheads: &[Ahead], depth: usize, path: &mut Vec<usize>) -> Result<Best, Enough> {
        // Where a world needs all steps that are left for its starts, nothing else can come.
        let urgent: Vec<Vec<VmId>> =
            aheads.iter().map(|ahead| self.starts(ahead)).filter(|starts| self.prune && starts.len() == depth).collect();
        let mut best: Best = None;
        for at in 0..self.moves.len() {
            let what = &self.moves[at];
            if self.prune && what.kind == Kind::Look && before.len() == 1 {
                continue;
            }
            if urgent.iter().any(|starts| !what.starts.is_some_and(|vm| starts.contains(&vm))) {
                continue;
            }
            let deep = best.as_ref().map_or(depth, |(cost, _)| cost.depth.min(depth));
            if deep == 0 {
                break;
            }
            let step = field::step(self.moves, path, at);
            self.explored += 1;
            let tried = match field::try_step(before, &step, self.doubt, self.purse)? {
                Ok(tried) => tried,
                Err(Refused::Harm(world, found)) => {
                    *self.harms.entry((world, found.hazard)).or_default() += 1;
                    continue;
                }
                Err(Refused::Over) => continue,
            };
            let groups = groups(tried);
            if self.prune && groups.len() == 1 && !groups[0].2 {
                continue;
            }
            path.push(at);
            let combined = self.all_ways(before, groups, at, deep - 1, path);
            path.pop();
            if let Some(found) = combined?
                && best.as_ref().is_none_or(|(cost, _)| found.0 < *cost)
            {
                best = Some(found);
            }
        }
        Ok(best)
    }

    /// A move with the best for each thing that may be seen; `None` where for one of them there is none.
    fn all_ways(&mut self, before: &[Before], groups: Vec<Group>, at: usize, depth: usize, path: &mut Vec<usize>) -> Result<Best, Enough> {
        let mut cost = Cost { depth: 0, downtime: Span::ZERO, hands: usize::from(self.moves[at].hands), order: vec![at] };
        let mut ways = Vec::new();
        for (seen, aheads, _) in groups {
            let Some((of, tree)) = self.solve(before, &aheads, Some(at), depth, path)? else { return Ok(None) };
            cost.depth = cost.depth.max(of.depth);
            cost.downtime = cost.downtime + of.downtime;
            cost.hands += of.hands;
            cost.order.extend(of.order);
            ways.push((seen, aheads.iter().map(|ahead| ahead.world).collect(), tree));
        }
        cost.depth += 1;
        Ok(Some((cost, Arc::new(Tree::Then { at, ways }))))
    }

    /// The downtime if nothing more is done, where that is safe and reaches the goal in all worlds.
    fn rest(&mut self, aheads: &[Ahead]) -> Result<Option<Span>, Enough> {
        if self.prune && aheads.iter().any(|ahead| !self.starts(ahead).is_empty()) {
            return Ok(None);
        }
        let mut all = Span::ZERO;
        for Ahead { world, session, .. } in aheads {
            let before = session.engine.work();
            let run = session.clone().finish();
            self.purse.spend(run.engine.work() - before)?;
            if let Some(found) = field::harm_of(&run.found, &run.engine, self.doubt, self.purse.harm) {
                *self.harms.entry((*world, found.hazard)).or_default() += 1;
                return Ok(None);
            }
            if run.engine.cut_short.is_some() || !judge::goal(self.scenario, self.cases[*world], &run.engine.world).is_empty() {
                return Ok(None);
            }
            all = run.downtime.values().fold(all, |sum, span| sum + *span);
        }
        Ok(Some(all))
    }

    /// The VMs that the goal wants to run, that have no domain, and that nobody will start but a step of the plan: each takes
    /// one. None where something else may start them.
    fn starts(&self, ahead: &Ahead) -> Vec<VmId> {
        let engine = &ahead.session.engine;
        let world = &engine.world;
        let steps = engine.program().steps.iter().zip(&engine.records);
        let others = steps.clone().any(|((sequence, _), record)| *sequence != Sequence::Recovery && record.ended.is_none());
        // A start that was given up may still come to its end.
        let given_up = steps.clone().any(|(_, record)| record.status == crate::world::event::Status::Hung);
        if self.scenario.pool.ha.is_some()
            || !self.scenario.chaos.is_empty()
            || others
            || given_up
            || strikes_again(self.scenario, self.cases[ahead.world])
        {
            return Vec::new();
        }
        let is_down = |vm: &VmId| world.runs_on(*vm).next().is_none() && !world.names.vms[vm.at()].autostart;
        match &self.scenario.goal {
            None => {
                let ran = |vm: &VmId| !self.scenario.pool.vms[vm.at()].running_on.is_empty();
                world.names.vm_ids().filter(|vm| ran(vm) && is_down(vm)).collect()
            }
            Some(goal) => {
                let own = |item: &&crate::scenario::model::StateExpect| item.scope.world.is_none() && item.scope.recovery.is_none();
                let mut vms: Vec<VmId> = Vec::new();
                for fact in goal.iter().filter(own).flat_map(|item| &item.facts) {
                    match fact {
                        Fact::RunningOn(vm, on) if !on.is_empty() && is_down(vm) && !vms.contains(vm) => vms.push(*vm),
                        _ => {}
                    }
                }
                vms
            }
        }
    }
}

/// Whether faults of the scenario come back, or undo themselves, and bring machines up again.
fn strikes_again(scenario: &Scenario, case: Case) -> bool {
    use crate::scenario::model::Deed;
    scenario.steps(case).any(|(_, step)| match &step.deed {
        Deed::Fault { lasts, every, .. } => lasts.is_some() || every.is_some(),
        // A guest that goes down from inside may come up again by itself.
        Deed::Act(act) => matches!(act, crate::fault::Act::GuestReboot(_)),
        Deed::Run(_) => true,
        Deed::Note(_) => false,
    })
}

/// What is seen, the runs in which it is, and whether the step did anything in any.
type Group = (Seen, Vec<Ahead>, bool);

/// Parts runs by what is seen, in the order of their worlds: as far as an `if:` tells it apart.
fn groups(tried: Vec<Tried>) -> Vec<Group> {
    let all: Vec<Seen> = tried.iter().map(|tried| tried.seen.clone()).collect();
    let mut groups: Vec<Group> = Vec::new();
    for Tried { ahead, seen, told } in tried {
        let alike = |other: &Seen| other.ends_as(&seen) && (other.output == seen.output || !seen::parted(&seen, &all));
        match groups.iter_mut().find(|(other, ..)| alike(other)) {
            Some((_, aheads, any)) => {
                aheads.push(ahead);
                *any |= told;
            }
            None => groups.push((seen, vec![ahead], told)),
        }
    }
    groups
}

/// What the rest of some runs hangs on.
fn key(aheads: &[Ahead]) -> String {
    let mut digest = Digest::default();
    for ahead in aheads {
        digest.add(&ahead.world);
        ahead.session.add_standing(&mut digest);
    }
    digest.hex()
}
