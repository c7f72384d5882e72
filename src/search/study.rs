//! A case, studied: run to its end, judged, the causes of what was found looked for, and what should have been done. All
//! that a report tells stands in a [`Study`]; whoever makes a report of it runs nothing.

use super::advice::advice;
use super::because::{Causes, causes};
use super::shares;
use crate::base::time::Time;
use crate::engine;
use crate::hazard::remedy::Advice;
use crate::judge::{self, Expectation, Measured, Verdict, Warning};
use crate::run::{Run, Session};
use crate::scenario::model::{Case, Scenario};

/// What is asked of a run beyond the scenario.
#[derive(Clone, Debug)]
pub struct Options {
    /// Instead of the scenario's seed.
    pub seed: Option<u64>,
    /// The bound of events.
    pub max_events: u64,
    /// How much work all cases of the scenario may be together: each may be an equal share of it.
    pub max_work: u64,
    /// Instants at which the pool is shown.
    pub at: Vec<Time>,
    /// Whether causes and advice are looked for.
    pub because: bool,
    /// Whether what changes nothing is gone through event by event ([`engine::Options::every_heartbeat`]).
    pub every_heartbeat: bool,
}

/// The scenario's own seed and release, all causes, and no instant shown.
impl Default for Options {
    fn default() -> Options {
        let engine::Options { max_events, max_work, .. } = engine::Options::default();
        Options { seed: None, max_events, max_work, at: Vec::new(), because: true, every_heartbeat: false }
    }
}

/// A case and all that there is to know of its run.
#[derive(Clone, Debug)]
pub struct Study<'a> {
    /// The scenario as it was run: the case's variant.
    pub scenario: &'a Scenario,
    /// The case.
    pub case: Case,
    /// The seed of all draws.
    pub seed: u64,
    /// The run.
    pub run: Run,
    /// All that was expected, judged, in the file's order; what is expected of a share of seeds included.
    pub expectations: Vec<Expectation>,
    /// The verdict over them.
    pub verdict: Verdict,
    /// What is odd about the scenario itself, in the file's order.
    pub warnings: Vec<Warning>,
    /// The causes of the findings; none where none were looked for.
    pub causes: Causes,
    /// What should have been done, by the place of the finding; empty where causes were not looked for.
    pub advice: Vec<Advice>,
}

/// A study under way: the scenario is settled, and the run can be stepped by whoever wants to look on.
pub struct Begun<'a> {
    scenario: &'a Scenario,
    case: Case,
    options: engine::Options,
    because: bool,
    /// The run.
    pub session: Session,
}

/// Runs a case to its end and studies it.
pub fn study<'a>(scenario: &'a Scenario, case: Case, options: &Options) -> Study<'a> {
    begin(scenario, case, options, false).finish()
}

/// The same without a story and without causes: what a judgement needs, for many cases in little time.
pub fn brief<'a>(scenario: &'a Scenario, case: Case, options: &Options) -> Study<'a> {
    begin(scenario, case, &Options { because: false, ..options.clone() }, true).finish()
}

/// How much work a case may be, where all cases of its scenario may be so much together.
pub fn share_of_work(scenario: &Scenario, together: u64) -> u64 {
    together / scenario.case_count()
}

/// Begins a study: nothing has happened yet. `silent`: no trace is kept.
pub fn begin<'a>(scenario: &'a Scenario, case: Case, options: &Options, silent: bool) -> Begun<'a> {
    let max_work = share_of_work(scenario, options.max_work);
    let scenario = scenario.of(case);
    let seed = options.seed.unwrap_or(scenario.seed);
    let (max_events, every_heartbeat) = (options.max_events, options.every_heartbeat);
    let engine = engine::Options { seed, max_events, max_work, silent, every_heartbeat, ..engine::Options::default() };
    let session = Session::new(scenario, case, engine.clone(), &options.at);
    Begun { scenario, case, options: engine, because: options.because, session }
}

impl<'a> Begun<'a> {
    /// The run goes to its end, and is studied.
    pub fn finish(mut self) -> Study<'a> {
        while self.session.step().is_some() {}
        self.cut()
    }

    /// The run is studied as far as it has come.
    pub fn cut(self) -> Study<'a> {
        let Begun { scenario, case, options, because, session } = self;
        let run = session.cut();
        let (expectations, verdict) = judged(scenario, case, &options, &run);
        let mut warnings = judge::warnings(scenario, case, &run.engine);
        warnings.sort_by_key(|warning| warning.line);
        let (causes, advice) = if because && !run.found.is_empty() {
            let causes = causes(scenario, &options, &run);
            let advice = advice(scenario, &options, &run, &causes.by_finding);
            (causes, advice)
        } else {
            Default::default()
        };
        Study { case, seed: options.seed, expectations, verdict, warnings, causes, advice, run, scenario }
    }
}

/// A run, judged: all that was expected, in the file's order, and the verdict. `options` are those of the run.
pub fn judged(scenario: &Scenario, case: Case, options: &engine::Options, run: &Run) -> (Vec<Expectation>, Verdict) {
    let measured = Measured { downtime: &run.downtime, events: run.engine.trace.count };
    let mut all = judge::expectations(scenario, case, &run.engine, &run.found, &measured);
    all.extend(run.states.iter().cloned());
    all.extend(shares::judge(scenario, case, options, run));
    all.sort_by_key(|expectation| expectation.line);
    let verdict = judge::verdict(scenario, case, &run.engine, &all);
    (all, verdict)
}
