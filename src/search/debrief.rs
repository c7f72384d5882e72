//! What came of a drill: the goal, how long VMs were down beside the best there was, which of the steps did harm, which would
//! have done in a world that still fitted what had been seen, and which were for nothing. All of it is tried: the story is run
//! again up to a step, with it and without.

use super::desk::{self, Desk};
use super::each;
use super::hint::bounds;
use super::plan::{self, Answer};
use crate::base::time::{Span, Time};
use crate::engine;
use crate::fault::Act;
use crate::hazard::watch::Found;
use crate::hazard::{HazardId, Place, Severity};
use crate::judge::{self, Missed};
use crate::run::{self, Run};
use crate::scenario::drill::{first, is_look};
use crate::scenario::model::{Begin, Case, Deed, Recovery, Scenario, Score, Sequence, Step, When};

/// At most so many lines of a session are tried by leaving them out.
pub const TRIED_MOST: usize = 60;

/// A debriefing.
#[derive(Clone, Debug)]
pub struct Debriefing {
    /// What was missed of the goal, and what is so instead; empty where it was reached.
    pub missed: Vec<String>,
    /// Whether data was damaged: something of corruption was found.
    pub damaged: bool,
    /// How long each VM was down that was, and the best there was, where a safe way is known.
    pub downtime: Vec<(String, Span, Option<Span>)>,
    /// What would not have come about if nothing had been done, of danger and corruption.
    pub harm: Vec<Harm>,
    /// What was typed and did harm, might have, or was for nothing; in the order of typing.
    pub steps: Vec<Judged>,
    /// How many lines were not tried, since there are too many.
    pub untried: usize,
    /// A safe way, from when the recovery should begin, or why none is known.
    pub way: Answer,
    /// The scenario that it is for.
    pub stage: Scenario,
    /// The sum.
    pub sum: Vec<Line>,
}

/// Harm that somebody did.
#[derive(Clone, PartialEq, Debug)]
pub struct Harm {
    /// What.
    pub hazard: HazardId,
    /// As a sentence.
    pub sentence: String,
    /// Since when.
    pub since: Time,
}

/// A line of the session that is worth a word.
#[derive(Clone, PartialEq, Debug)]
pub struct Judged {
    /// When it was typed.
    pub at: Time,
    /// As it was typed.
    pub text: String,
    /// What is to be said of it.
    pub kind: Said,
}

/// What is to be said of a line.
#[derive(Clone, PartialEq, Debug)]
pub enum Said {
    /// It did harm: without it this would not have begun.
    Did(Vec<Harm>),
    /// It did none here, but would have in this world, which still fitted all that had been seen.
    Might(String, Harm),
    /// Without it all would have come out as well, in every world that fitted.
    Nothing,
}

/// A line of the sum: what it is for, how often, and how many points each time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// The key of `score`.
    pub part: &'static str,
    /// How often.
    pub times: u64,
    /// Points for each: those of `goal` are given, all others taken away.
    pub points: u64,
}

impl Debriefing {
    /// Points: what the goal brings less what is taken away, and never below 0.
    pub fn points(&self) -> u64 {
        let of =
            |given: bool| self.sum.iter().filter(|line| (line.part == "goal") == given).map(|line| line.times * line.points).sum::<u64>();
        of(true).saturating_sub(of(false))
    }

    /// Whether it was done: the goal reached, and no data damaged.
    pub fn done(&self) -> bool {
        self.missed.is_empty() && !self.damaged
    }
}

/// Debriefs a session: `desk` as it stands at its end, `case` what was played of the scenario, and how many hints were asked for.
pub fn debrief(desk: &Desk, scenario: &Scenario, case: Case, hints: u64, stopped: &(dyn Fn() -> bool + Sync)) -> Debriefing {
    let steps = desk.played();
    let fits = desk.fits(scenario, case);
    let mut trial = Trial { stage: desk::task(scenario, case), steps: &steps, options: desk::options(desk) };
    trial.stage.seed = desk.seed();
    let begin = steps.first().map_or(Begin::AfterTimeline, |step| match step.when {
        When::At(at) => Begin::At(at),
        _ => Begin::AfterTimeline,
    });
    let host = trial.stage.pool.master;
    let recovery = Recovery { name: None, line: 0, begin, says_begin: true, pace: Span::ZERO, host, steps: Vec::new(), expect: None };
    trial.stage.recoveries = vec![recovery];
    let own = Case { world: case.world, recovery: Some(0), variant: None };
    let whole = trial.run(own, steps.len(), None);
    trial.stage.until = trial.stage.until.or(Some(whole.end));
    let idle = trial.run(own, 0, None);
    let harm: Vec<Harm> = grave(&whole).filter(|found| !has(&idle, found)).map(|found| told(&whole, found)).collect();

    let tried: Vec<usize> = (0..steps.len()).take(TRIED_MOST).collect();
    let worlds = trial.stage.worlds.len().max(1);
    let wholes: Vec<Run> = each::map(worlds, |world| trial.run(trial.of(world), steps.len(), None));
    // The runs up to each step, by world: what is new in one is that step's doing.
    let ways: Vec<Vec<Vec<(HazardId, Place)>>> = each::map(worlds, |world| {
        let keep = |run: Run| grave(&run).map(|found| (found.hazard, found.place)).collect::<Vec<_>>();
        (0..=tried.len()).map(|upto| keep(trial.run(trial.of(world), upto, None))).collect()
    });
    let began = |at: usize, world: usize| -> Vec<&Found> {
        let is_new = |found: &&Found| {
            let key = (found.hazard, found.place);
            ways[world][at + 1].contains(&key) && !ways[world][at].contains(&key)
        };
        grave(&wholes[world]).filter(is_new).collect()
    };
    let played = case.world.unwrap_or(0);
    let mut judged = Vec::new();
    let said: Vec<Option<Said>> = each::map(tried.len(), |at| {
        let own: Vec<Harm> = began(at, played).into_iter().map(|found| told(&wholes[played], found)).collect();
        if !own.is_empty() {
            return Some(Said::Did(own));
        }
        let fit: &[usize] = fits.before.get(at).map_or(&[], Vec::as_slice);
        for world in fit.iter().copied().filter(|world| *world != played) {
            if let Some(found) = began(at, world).first() {
                return Some(Said::Might(trial.stage.worlds[world].name.clone(), told(&wholes[world], found)));
            }
        }
        let all: Vec<usize> = if fit.is_empty() { vec![played] } else { fit.to_vec() };
        let for_nothing = changes(&wholes[played], at) && !looks(&steps[at]);
        (for_nothing && all.iter().all(|world| trial.as_well(*world, at, &wholes[*world]))).then_some(Said::Nothing)
    });
    for (at, kind) in tried.iter().zip(said) {
        if let Some(kind) = kind {
            judged.push(Judged { at: began_at(&whole, *at), text: text(&trial, *at), kind });
        }
    }

    let way = best(desk, scenario, case, stopped);
    let best = way.plan.as_ref().map(|plan| plan.worlds[played].downtime.clone());
    let names = &whole.engine.world.names;
    let downtime = names.vm_ids().filter_map(|vm| {
        let of = |all: &std::collections::BTreeMap<_, Span>| all.get(&vm).copied().unwrap_or(Span::ZERO);
        let (own, best) = (of(&whole.downtime), best.as_ref().map(of));
        (own > Span::ZERO || best.is_some_and(|best| best > Span::ZERO)).then(|| (names.vm(vm).to_owned(), own, best))
    });
    let missed: Vec<String> = judge::goal(&trial.stage, own, &whole.engine.world).iter().map(|missed| in_words(missed, &whole)).collect();
    let mut debriefing = Debriefing {
        missed,
        damaged: whole.found.iter().any(|found| found.hazard.doc().severity == Severity::Corruption),
        downtime: downtime.collect(),
        harm,
        steps: judged,
        untried: steps.len() - tried.len(),
        way,
        stage: trial.stage.clone(),
        sum: Vec::new(),
    };
    debriefing.sum = sum(&debriefing, &scenario.of(case).drill.as_ref().map(|drill| drill.score).unwrap_or_default(), hints);
    debriefing
}

/// What each part of the score comes to.
fn sum(debriefing: &Debriefing, score: &Score, hints: u64) -> Vec<Line> {
    let harm = |severity: Severity| debriefing.harm.iter().filter(|harm| harm.hazard.doc().severity == severity).count() as u64;
    let said = |is: fn(&Said) -> bool| debriefing.steps.iter().filter(|step| is(&step.kind)).count() as u64;
    let late = debriefing.downtime.iter().filter_map(|(_, own, best)| best.map(|best| Span(own.0.saturating_sub(best.0))));
    let minutes = late.fold(0, |sum, span| sum + span.0) / Span::mins(1).0;
    let times = [
        u64::from(debriefing.missed.is_empty()),
        harm(Severity::Corruption),
        harm(Severity::Danger),
        said(|said| matches!(said, Said::Might(..))),
        minutes,
        said(|said| matches!(said, Said::Nothing)),
        hints,
    ];
    score.parts().into_iter().zip(times).map(|((part, points), times)| Line { part, times, points }).collect()
}

/// The safe way from when the file's recovery begins, over all of its worlds: nobody knew more then.
fn best(desk: &Desk, scenario: &Scenario, case: Case, stopped: &(dyn Fn() -> bool + Sync)) -> Answer {
    let mut stage = desk::task(scenario, case);
    stage.recoveries = scenario.of(case).recoveries.first().cloned().into_iter().collect();
    plan::plan(&stage, &bounds(desk, scenario, case), stopped)
}

/// A session, to be run again in part.
struct Trial<'s> {
    stage: Scenario,
    steps: &'s [Step],
    options: engine::Options,
}

impl Trial<'_> {
    fn of(&self, world: usize) -> Case {
        Case { world: (!self.stage.worlds.is_empty()).then_some(world), recovery: Some(0), variant: None }
    }

    /// A run with the first of the steps, perhaps without one of them, whose time goes by all the same.
    fn run(&self, case: Case, upto: usize, without: Option<usize>) -> Run {
        let mut steps = self.steps[..upto].to_vec();
        if let Some(step) = without.and_then(|at| steps.get_mut(at)) {
            (step.deed, step.expect) = (Deed::Note(String::new()), None);
        }
        let mut stage = self.stage.clone();
        stage.recoveries[0].steps = steps;
        run::run(&stage, case, self.options.clone(), &[])
    }

    /// Whether all comes out as well in a world without a step: nothing graver than a notice that is not there with it, or does
    /// not last to the end with it, no more of the goal missed, nothing down for longer.
    fn as_well(&self, world: usize, at: usize, whole: &Run) -> bool {
        let case = self.of(world);
        let without = self.run(case, self.steps.len(), Some(at));
        let missed = |run: &Run| judge::goal(&self.stage, case, &run.engine.world);
        let before = missed(whole);
        let weighs = |found: &&Found| found.hazard.doc().severity > Severity::Notice;
        let lasts = |run: &Run, found: &Found| {
            run.found.iter().any(|other| (other.hazard, other.place) == (found.hazard, found.place) && other.until.is_none())
        };
        without.found.iter().filter(weighs).all(|found| has(whole, found) && (found.until.is_some() || lasts(whole, found)))
            && missed(&without).iter().all(|missed| before.contains(missed))
            && without.downtime.iter().all(|(vm, span)| *span <= whole.downtime.get(vm).copied().unwrap_or(Span::ZERO))
    }
}

/// The findings of danger and corruption.
fn grave(run: &Run) -> impl Iterator<Item = &Found> {
    run.found.iter().filter(|found| found.hazard.doc().severity >= Severity::Danger)
}

/// Whether a run has a finding of the same hazard at the same place.
fn has(run: &Run, found: &Found) -> bool {
    run.found.iter().any(|other| (other.hazard, other.place) == (found.hazard, found.place))
}

fn told(run: &Run, found: &Found) -> Harm {
    Harm { hazard: found.hazard, sentence: found.sentence(&run.engine.world), since: found.since }
}

/// Whether a step of the session changed anything.
fn changes(run: &Run, at: usize) -> bool {
    let order = run.program.order(Sequence::Recovery);
    order.get(at).is_some_and(|step| run.engine.records[usize::from(step.0)].told)
}

fn began_at(run: &Run, at: usize) -> Time {
    let order = run.program.order(Sequence::Recovery);
    order.get(at).and_then(|step| run.engine.records[usize::from(step.0)].began).unwrap_or(Time::ZERO)
}

/// Whether a step only looks.
fn looks(step: &Step) -> bool {
    match &step.deed {
        Deed::Act(act) => matches!(act, Act::CheckOff(_)),
        Deed::Run(script) => {
            let word = script.text.trim().trim_start_matches("xe ").trim_start();
            is_look(first(word))
        }
        Deed::Note(_) | Deed::Fault { .. } => true,
    }
}

/// What was missed, and what is so instead.
fn in_words(missed: &Missed, run: &Run) -> String {
    match missed {
        Missed::Vm(_) => plan::missed_words(missed, run),
        Missed::State { what, got, .. } => format!("{what} (it is {got})"),
    }
}

/// A step as it was typed.
fn text(trial: &Trial<'_>, at: usize) -> String {
    match &trial.steps[at].deed {
        Deed::Run(script) => script.text.clone(),
        deed => crate::scenario::words::text(deed, &trial.stage.pool.names).replacen(": ", " ", 1),
    }
}
