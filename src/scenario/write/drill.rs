//! `drill` as a tree.

use super::super::model::{Drill, Score};
use super::super::plain::{self, Map};
use super::super::tree::Node;
use super::expect;
use crate::world::inventory::Inventory;

/// What makes it a task.
pub fn node(names: &Inventory, drill: &Drill) -> Node {
    let mut map = Map::default();
    map.may("briefing", (!drill.briefing.is_empty()).then(|| plain::text(&drill.briefing)));
    map.may("grade", drill.grade.map(plain::number));
    map.may("goal", drill.goal.as_ref().map(|goal| expect::goal(names, goal)));
    map.may("within", drill.within.map(plain::span));
    map.may("allow", drill.allow.as_ref().map(plain::texts));
    let mut score = Map::default();
    for ((key, points), (_, usual)) in drill.score.parts().into_iter().zip(Score::default().parts()) {
        score.may(key, (points != usual).then(|| plain::number(points)));
    }
    map.may("score", (!score.is_empty()).then(|| score.node()));
    map.node()
}
