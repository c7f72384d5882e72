//! What any of several steps may have brought about: stories, and every set of steps of small random scenarios left out in turn.

mod common;
#[allow(dead_code)]
mod generate;

use generate::Taste;
use poolsim::base::time::Span;
use poolsim::engine::{Engine, Options, Program};
use poolsim::hazard::watch::Found;
use poolsim::hazard::{HazardId, Place};
use poolsim::report::{Finding, Report};
use poolsim::run::{Run, Session};
use poolsim::scenario::model::{Case, Deed, Scenario};
use poolsim::search::because::{Causes, FINDINGS_MAX, causes};
use poolsim::search::each;
use poolsim::world::event::{Status, StepIx};
use std::sync::Arc;

fn report(yaml: &str) -> Report {
    common::run(&common::load("story.yaml", yaml), true).remove(0)
}

fn finding<'a>(report: &'a Report, hazard: &str) -> &'a Finding {
    report.hazards.iter().find(|finding| finding.hazard == hazard).unwrap_or_else(|| panic!("no {hazard}"))
}

/// The lines of the cause, and of its alternatives.
fn lines(finding: &Finding) -> (Vec<u32>, Vec<u32>) {
    let of = |parts: &[poolsim::report::Because]| parts.iter().filter_map(|part| part.line).collect();
    (of(&finding.because), of(&finding.alternatives))
}

const POOL: &str = "pool:\n  hosts: [alpha, beta, gamma]\n  storage: {nfs1: {type: nfs}}\n  vms: {db: }\n";

/// The guest must be there, and one of two faults: without either of them alone the other does it.
#[test]
fn either_of_two_faults_would_have_done() {
    let yaml = format!(
        "{POOL}timeline:
  - {{at: 1m, run: xe vm-start vm=db on=beta}}
  - {{at: 2m, run: xe host-list}}
  - {{at: 5m, fault: {{isolate: beta}}}}
  - {{at: 6m, fault: {{partition: [[beta]]}}}}
"
    );
    let report = report(&yaml);
    assert_eq!(lines(finding(&report, "presumed-dead-alive")), (vec![6], vec![8, 9]), "the list has nothing to do with it");
    let text = poolsim::report::text::render(&[report], poolsim::report::text::Style::default());
    let either: Vec<&str> = text.lines().filter(|line| line.trim_start().starts_with("either")).collect();
    assert!(matches!(either[..], [line] if line.contains("5m  beta is cut off")), "{text}");
}

/// A second crash would have brought the same without the first, which did it.
#[test]
fn what_would_come_again_later_was_still_done_by_one() {
    let yaml = format!(
        "{POOL}timeline:
  - {{at: 1m, run: xe vm-start vm=db on=beta}}
  - {{at: 5m, fault: {{crash: beta}}}}
  - {{at: 6m, fault: {{boot: beta}}}}
  - {{at: 30m, fault: {{crash: beta}}}}
"
    );
    let report = report(&yaml);
    assert_eq!(lines(finding(&report, "ghost-record")), (vec![6], vec![7]));
}

/// What is enough by itself has no alternatives.
#[test]
fn one_fault_that_does_it_has_no_alternatives() {
    let yaml = format!("{}timeline:\n  - {{at: 5m, fault: {{crash: beta}}}}\n", POOL.replace("db: ", "db: {running-on: beta}"));
    assert_eq!(lines(finding(&report(&yaml), "ghost-record")), (vec![6], vec![]));
}

/// A random scenario whose every set of steps can be left out.
struct Small<'a> {
    scenario: &'a Scenario,
    program: Arc<Program>,
    options: &'a Options,
    run: &'a Run,
}

impl Small<'_> {
    fn occurs_without(&self, left_out: impl IntoIterator<Item = StepIx>, (hazard, place): (HazardId, Place)) -> bool {
        let end = self.run.engine.world.now;
        let took = |step: StepIx| {
            let record = &self.run.engine.records[usize::from(step.0)];
            record.began.map_or(Span::ZERO, |began| record.ended.unwrap_or(end).since(began))
        };
        let masked = left_out.into_iter().map(|step| (step, took(step))).collect();
        let options = Options { masked, silent: true, ..self.options.clone() };
        let found = Session::unjudged(Engine::with_program(self.scenario, Arc::clone(&self.program), options)).finish().found;
        found.iter().any(|found| (found.hazard, found.place) == (hazard, place))
    }

    /// Holds the alternatives of a finding against all sets of earlier steps. Whether there are any.
    fn judge(&self, n: usize, at: usize, found: &Found, causes: &Causes, steps: &[StepIx]) -> bool {
        let what = (found.hazard, found.place);
        let began = |step: &StepIx| self.run.engine.records[usize::from(step.0)].began.is_some_and(|began| began <= found.since);
        let (earlier, later): (Vec<StepIx>, Vec<StepIx>) = steps.iter().copied().partition(began);
        let of = |set: usize| earlier.iter().enumerate().filter(move |(place, _)| set >> place & 1 == 1).map(|(_, step)| *step);
        let all: Vec<bool> =
            (0..1usize << earlier.len()).map(|set| self.occurs_without(of(set).chain(later.iter().copied()), what)).collect();
        let place = |step: &StepIx| 1usize << earlier.iter().position(|other| other == step).expect("an earlier step");
        // What is needed: whatever else is done, it is not found without it.
        let alone = earlier.iter().filter(|step| !self.occurs_without([**step], what)).map(place).sum::<usize>();
        let alone_then = earlier.iter().map(place).filter(|step| !all[*step]).sum::<usize>();
        // Where none is, they are taken away from the last on; where nothing is left of them, the later ones bring it about.
        let mut taken: Vec<StepIx> = Vec::new();
        for step in earlier.iter().rev() {
            taken.push(*step);
            if !self.occurs_without(taken.iter().copied(), what) {
                taken.pop();
            }
        }
        let needed = match alone {
            0 if taken.len() == earlier.len() => alone_then,
            alone => alone,
        };
        let others = (all.len() - 1) & !needed;
        let set = causes.alternatives[at].iter().map(place).sum::<usize>();
        let told = format!("scenario {n}, {} {:?}: {:?}", found.hazard.doc().name, found.place, causes.alternatives[at]);
        if others == 0 || all[others] {
            assert_eq!(set, 0, "{told}: what is needed is enough");
            return false;
        }
        assert!(set != 0 && set & needed == 0 && !all[set], "{told}: it is still found without them");
        for step in causes.alternatives[at].iter().map(place) {
            assert!(all[set & !step], "{told}: one of them is not enough with the cause");
        }
        true
    }
}

#[test]
fn alternatives_are_what_all_sets_of_steps_say() {
    let judged = each::map(1_000, |n| {
        // What happens, and nobody who recovers: few steps, and many that do the same.
        let mut scenario = common::load("generated.yaml", &generate::scenario(n as u64, Taste::Wild));
        scenario.recoveries.clear();
        let case = Case::default();
        let options = Options { seed: scenario.seed, ..Options::default() };
        let run = poolsim::run::run(&scenario, case, options.clone(), &[]);
        let did = |at: &usize| {
            let record = &run.engine.records[*at];
            let note = matches!(run.program.steps[*at].1.deed, Deed::Note(_));
            record.began.is_some() && !note && !matches!(record.status, Status::Skipped | Status::GivenUp)
        };
        let steps: Vec<StepIx> = (0..run.engine.records.len()).filter(did).map(|at| StepIx(at as u16)).collect();
        if steps.len() > 7 || run.found.is_empty() || run.found.len() > FINDINGS_MAX {
            return (0, 0);
        }
        let causes = causes(&scenario, &options, &run);
        assert!(!causes.cut_short, "scenario {n}: so few steps need few runs");
        let small = Small { scenario: &scenario, program: Arc::clone(&run.program), options: &options, run: &run };
        let with = run.found.iter().enumerate().filter(|(at, found)| small.judge(n, *at, found, &causes, &steps)).count();
        (run.found.len(), with)
    });
    let (all, with) = judged.iter().fold((0, 0), |(all, with), (more, some)| (all + more, with + some));
    assert!(all > 100 && with > 10, "{with} of {all} findings have alternatives: too few to say anything");
}
