//! What whoever plays can know of the world: those worlds in which all that was asked for would have shown what it showed. And the
//! scenario as it stands for him: these worlds, what was typed so far, and a recovery that is still to come.

use super::{Asked, Came, Desk, Refused, Seen};
use crate::base::time::Time;
use crate::engine::Options;
use crate::scenario::model::{Begin, Case, NamedSteps, Recovery, Scenario};

/// Which worlds fit what was seen, by their places.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fits {
    /// Before each line that was typed or done.
    pub before: Vec<Vec<usize>>,
    /// Now.
    pub now: Vec<usize>,
}

/// What was shown.
#[derive(PartialEq, Debug)]
struct Shown {
    now: Time,
    seen: Seen,
    came: Option<Result<Came, Refused>>,
    /// Whether what was waited for came; `None` where it could not be read.
    there: Option<bool>,
}

impl Desk {
    fn ask(&mut self, asked: &Asked) -> Shown {
        let (mut came, mut there) = (None, None);
        match asked {
            Asked::Take(deed, stdin, timeout) => came = Some(self.take_within(deed.clone(), stdin.clone(), *timeout)),
            Asked::Wait(until) => there = Some(self.wait(*until)),
            Asked::WaitFor(condition) => there = self.wait_for(condition).ok(),
            Asked::Step => there = Some(self.step()),
            Asked::GoTo(host) => self.go_to(host),
            Asked::Back(at) => {
                self.back_to(*at);
            }
        }
        Shown { now: self.now, seen: self.seen(), came, there }
    }

    /// The worlds of a scenario that fit what was seen here; `case` is the one that is played. What was taken back again by `undo`
    /// does not count, what `goto` left behind does.
    pub fn fits(&self, scenario: &Scenario, case: Case) -> Fits {
        let Some(world) = case.world else {
            return Fits { before: vec![Vec::new(); self.entries.len()], now: Vec::new() };
        };
        let at = |world: usize| {
            let case = Case { world: Some(world), ..case };
            Desk::new(scenario, case, self.options.clone()).ok().map(|desk| (world, desk))
        };
        let mut desks: Vec<(usize, Desk)> = (0..scenario.of(case).worlds.len()).filter_map(at).collect();
        let fit = |desks: &[(usize, Desk)]| desks.iter().map(|(world, _)| *world).collect::<Vec<usize>>();
        let mut before = Vec::new();
        for asked in &self.asked {
            let lines = desks.iter().find(|(at, _)| *at == world).map_or(0, |(_, desk)| desk.entries.len());
            let fitted = fit(&desks);
            let shown: Vec<Shown> = desks.iter_mut().map(|(_, desk)| desk.ask(asked)).collect();
            let Some(own) = desks.iter().position(|(at, _)| *at == world) else { break };
            let mut alike = shown.iter().map(|other| *other == shown[own]);
            desks.retain(|_| alike.next().unwrap_or(false));
            let typed = desks.iter().find(|(at, _)| *at == world).map_or(0, |(_, desk)| desk.entries.len());
            before.truncate(lines.min(typed));
            if typed > lines {
                before.push(fitted);
            }
        }
        Fits { before, now: fit(&desks) }
    }

    /// The recovery that was played, in any world of a scenario: its steps alone, without the mark of how far it was played.
    pub fn played(&self) -> Vec<crate::scenario::model::Step> {
        let mut steps = self.scenario().recoveries.pop().map(|recovery| recovery.steps).unwrap_or_default();
        steps.pop();
        steps
    }
}

/// A scenario as a task: of a drill its goal and its time count, and of the file's recoveries and expectations nothing.
pub fn task(scenario: &Scenario, case: Case) -> Scenario {
    let mut task = scenario.of(case).clone();
    if let Some(drill) = task.drill.take() {
        task.goal = drill.goal.or(task.goal);
        task.until = task.until.or(drill.within.map(|within| Time::ZERO + within));
    }
    (task.recoveries, task.variants, task.set) = Default::default();
    (task.seeds, task.skip, task.expect) = Default::default();
    task
}

/// The scenario as it stands for whoever plays: of its worlds those that fit, what was typed as the steps of somebody else, and a
/// recovery without a step that begins as the file's own does, or now.
pub fn onward(desk: &Desk, scenario: &Scenario, case: Case, worlds: &[usize], now: bool) -> Scenario {
    let own = scenario.of(case).recoveries.first();
    let mut onward = task(scenario, case);
    onward.seed = desk.options.seed;
    onward.worlds = worlds.iter().map(|world| onward.worlds[*world].clone()).collect();
    let mut name = String::from("player");
    while onward.operators.iter().any(|operator| operator.name == name) {
        name.push('-');
    }
    let steps = desk.played();
    if !steps.is_empty() {
        onward.operators.push(NamedSteps { name, line: 0, steps });
    }
    let host = own.map_or(onward.pool.master, |own| own.host);
    let begin = match own {
        Some(own) if !now => own.begin.clone(),
        _ => {
            let at = desk.now.since(Time::ZERO);
            Begin::At((at, at))
        }
    };
    let pace = super::TYPING;
    onward.recoveries = vec![Recovery { name: None, line: 0, begin, says_begin: true, pace, host, steps: Vec::new(), expect: None }];
    onward
}

/// What a run of a scenario from a desk is bounded by.
pub(in crate::search) fn options(desk: &Desk) -> Options {
    Options { silent: true, ..desk.options.clone() }
}
