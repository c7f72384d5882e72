//! A run that somebody takes over: what its recovery has done by then is what somebody else has typed, who types no more.

use crate::base::time::Time;
use crate::engine::Options;
use crate::run::{self, Session};
use crate::scenario::model::{Case, NamedSteps, Scenario, Sequence, Step, When};
use crate::world::event::Status;

/// When the first hazard of a case is noticed.
pub fn first_hazard(scenario: &Scenario, case: Case, options: &Options) -> Option<Time> {
    run::run(scenario.of(case), Case { variant: None, ..case }, options.clone(), &[]).found.iter().map(|found| found.noticed).min()
}

/// The scenario without its recoveries, in which what one of them has begun before an instant is done by somebody else, each step
/// when it began. What was skipped is left out. The worlds stay, for whoever draws or knows one.
pub fn taken_over(scenario: &Scenario, case: Case, options: &Options, at: Time) -> Scenario {
    let of = scenario.of(case);
    let mut session = Session::new(of, Case { variant: None, ..case }, options.clone(), &[]);
    while session.engine.next_at().is_some_and(|next| next < at) {
        session.step();
    }
    let program = session.engine.program_shared();
    let begun = program.order(Sequence::Recovery).iter().filter_map(|step| {
        let record = &session.engine.records[usize::from(step.0)];
        let began = record.began.filter(|_| record.status != Status::Skipped)?.since(Time::ZERO);
        let step: &Step = &program.steps[usize::from(step.0)].1;
        Some(Step { when: When::At((began, began)), guard: None, ..step.clone() })
    });
    let steps: Vec<Step> = begun.collect();
    let mut over = of.clone();
    over.recoveries.clear();
    if !steps.is_empty() {
        let mut name = String::from("recovery");
        while over.operators.iter().any(|operator| operator.name == name) {
            name.push('-');
        }
        over.operators.push(NamedSteps { name, line: 0, steps });
    }
    over
}
