//! A scenario without the places that it was read from: for asking whether two texts say the same.

use super::model::{Begin, Condition, Expect, Pool, Recovery, Scenario, Step, When};
use std::sync::Arc;

impl Scenario {
    /// Whether two scenarios are the same but for where their texts have things: lines, and the bytes of the file. What they
    /// are called, what happens, what is expected and what is set beside the file are compared.
    pub fn same_as(&self, other: &Scenario) -> bool {
        self.without_places() == other.without_places()
    }

    /// The scenario with every line 0 and without the digest of the file.
    fn without_places(&self) -> Scenario {
        let mut bare = self.clone();
        bare.sha256.clear();
        bare.chaos.iter_mut().chain(&mut bare.timeline).for_each(step);
        for named in bare.worlds.iter_mut().chain(&mut bare.operators) {
            named.line = 0;
            named.steps.iter_mut().for_each(step);
        }
        bare.recoveries.iter_mut().for_each(recovery);
        bare.goal.iter_mut().flatten().for_each(|item| item.line = 0);
        if let Some(drill) = &mut bare.drill {
            drill.line = 0;
            drill.goal.iter_mut().flatten().for_each(|item| item.line = 0);
        }
        bare.expect.iter_mut().for_each(expect);
        for variant in &mut bare.variants {
            *variant = Arc::new(variant.without_places());
        }
        bare
    }

    /// A scenario in which nothing happens: a pool with usual settings, and nothing else.
    pub fn still(name: impl Into<String>, pool: Pool) -> Scenario {
        Scenario {
            name: name.into(),
            title: String::new(),
            about: String::new(),
            source: String::new(),
            shows_kept: Vec::new(),
            shows_broken: Vec::new(),
            tags: Vec::new(),
            release: Default::default(),
            seed: 0,
            seeds: None,
            skip: None,
            until: None,
            settings: Arc::default(),
            set: Vec::new(),
            variants: Vec::new(),
            sha256: String::new(),
            pool,
            chaos: Vec::new(),
            timeline: Vec::new(),
            worlds: Vec::new(),
            recoveries: Vec::new(),
            operators: Vec::new(),
            goal: None,
            drill: None,
            expect: None,
        }
    }
}

fn condition(condition: &mut Condition) {
    condition.line = 0;
}

fn step(step: &mut Step) {
    step.line = 0;
    if let When::WaitFor { condition: waited, .. } = &mut step.when {
        condition(waited);
    }
    step.guard.iter_mut().for_each(condition);
    step.expect.iter_mut().for_each(|expect| expect.line = 0);
}

fn recovery(recovery: &mut Recovery) {
    recovery.line = 0;
    if let Begin::WaitFor { condition: waited, .. } = &mut recovery.begin {
        condition(waited);
    }
    recovery.steps.iter_mut().for_each(step);
    recovery.expect.iter_mut().for_each(expect);
}

fn expect(expect: &mut Expect) {
    expect.line = 0;
    let lines = (expect.worst.iter_mut().map(|(line, _)| line))
        .chain(expect.worst_by_world.values_mut().map(|(line, _)| line))
        .chain(expect.left.iter_mut().map(|(line, _)| line))
        .chain(expect.hazards.iter_mut().map(|item| &mut item.line))
        .chain(expect.never.iter_mut().map(|(line, _)| line))
        .chain(expect.downtime.iter_mut().map(|(line, _, _)| line))
        .chain(expect.events_at_most.iter_mut().map(|(line, _)| line))
        .chain(expect.effects.iter_mut().map(|(line, _)| line))
        .chain(expect.states.iter_mut().map(|item| &mut item.line));
    lines.for_each(|line| *line = 0);
}
