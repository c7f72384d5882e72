//! Where the steps of a partial order stand in a picture: in layers from left to right, each step in the first layer behind all
//! that must come before it. An arrow that passes a layer has a place of its own there, so that it runs through no step.

use super::OrdersReport;
use crate::search::orders::Kind;

/// What stands in a layer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Item {
    /// A step, by its place.
    Step(usize),
    /// An arrow on its way, by its place among the arrows.
    Arrow(usize),
}

/// A partial order, laid out.
#[derive(Clone, Debug)]
pub struct Layers {
    /// From left to right, each from top to bottom.
    pub layers: Vec<Vec<Item>>,
    /// From which step to which.
    pub arrows: Vec<(usize, usize)>,
}

impl Layers {
    /// The rules of a report, laid out. Rules that say what is needed are no arrows.
    pub fn new(report: &OrdersReport) -> Layers {
        let arrows: Vec<(usize, usize)> = (report.rules.iter())
            .filter_map(|rule| match rule.kind {
                Kind::Before { step, than } => Some((usize::from(step), usize::from(than))),
                Kind::Needed { .. } => None,
            })
            .collect();
        let mut layer = vec![0; report.steps.len()];
        // As many rounds as there are steps: a longer chain there can't be.
        for _ in 0..report.steps.len() {
            for (from, to) in &arrows {
                layer[*to] = layer[*to].max(layer[*from] + 1);
            }
        }
        let count = layer.iter().max().map_or(0, |last| last + 1);
        let mut layers: Vec<Vec<Item>> = vec![Vec::new(); count];
        for (step, layer) in layer.iter().enumerate() {
            layers[*layer].push(Item::Step(step));
        }
        for (at, (from, to)) in arrows.iter().enumerate() {
            layers[layer[*from] + 1..layer[*to]].iter_mut().for_each(|layer| layer.push(Item::Arrow(at)));
        }
        let mut laid = Layers { layers, arrows };
        laid.untangle();
        laid
    }

    /// Puts each item of a layer at the mean height of what leads to it: fewer arrows cross.
    fn untangle(&mut self) {
        for at in 1..self.layers.len() {
            let height = |item: &Item| {
                let from: Vec<usize> = match item {
                    Item::Step(step) => {
                        let last = |(arrow, (from, to)): (usize, &(usize, usize))| (to == step).then(|| self.before(at, arrow, *from));
                        self.arrows.iter().enumerate().filter_map(last).flatten().collect()
                    }
                    Item::Arrow(arrow) => self.before(at, *arrow, self.arrows[*arrow].0).into_iter().collect(),
                };
                // In thousandths, so that no float decides.
                if from.is_empty() { 0 } else { from.iter().sum::<usize>() * 1000 / from.len() }
            };
            let mut keyed: Vec<(usize, Item)> = self.layers[at].iter().map(|item| (height(item), *item)).collect();
            keyed.sort_by_key(|(height, _)| *height);
            self.layers[at] = keyed.into_iter().map(|(_, item)| item).collect();
        }
    }

    /// The height at which an arrow from a step comes to a layer: of the arrow in the layer before, or of the step itself.
    fn before(&self, layer: usize, arrow: usize, from: usize) -> Option<usize> {
        self.layers[layer - 1].iter().position(|item| *item == Item::Arrow(arrow) || *item == Item::Step(from))
    }
}
