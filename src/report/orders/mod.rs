//! Which orders of a recovery are safe, as plain data; one file a format beside this one.

pub mod dot;
pub mod html;
pub mod json;
pub mod layers;
pub mod lines;
pub mod md;
mod sentence;
pub mod svg;
pub mod text;

use crate::base::time::Time;
use crate::engine;
use crate::judge::Missed;
use crate::report::text::layout::count;
use crate::scenario::model::Scenario;
use crate::scenario::words;
use crate::search::orders::{self, Answer, Ask, Asked, Choice, Class, End, Extent, Hooks, Kind, Options, Told};
use crate::search::study;

/// So many orders that keep every rule and are not safe are told.
const EXCEPTIONS_TOLD: usize = 10;

/// What there is to tell. Steps are named by their places in `steps`.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct OrdersReport {
    pub scenario: String,
    pub release: &'static str,
    pub seed: u64,
    pub recovery: Option<String>,
    pub steps: Vec<StepLine>,
    /// The worlds' names; empty where the file has none.
    pub worlds: Vec<String>,
    /// What is waited between two steps, as scenarios write it.
    pub pace: String,
    /// Whether steps were left out, too.
    pub subsets: bool,
    pub orders: usize,
    pub runs: usize,
    /// Whether every order was run.
    pub exact: bool,
    /// Where not every order was: how many there would be (`None`: more than can be said), and which were run.
    pub of: Option<u64>,
    pub how: Option<String>,
    /// The one sentence.
    pub sentence: String,
    /// How many orders are of each class of [`Class::ALL`].
    pub classes: [usize; 4],
    pub rules: Vec<RuleLine>,
    pub rules_exact: bool,
    /// The first orders that keep all rules and are not safe.
    pub exceptions: Vec<Judged>,
    /// How many of them there are.
    pub exceptions_all: usize,
    pub shortest_safe: Option<Vec<usize>>,
    /// What was asked of the orders, and how many are of each class.
    pub asked: Vec<AskedLine>,
    /// Every order that was run, where they were asked for.
    pub all: Option<Vec<Judged>>,
    /// What comes of the shortest safe order where a host that is away comes back meanwhile; `None` where that was not asked, or
    /// no order is safe.
    pub timing: Option<TimingLine>,
    /// What the reader has to know of how the file was read.
    pub notes: Vec<String>,
}

/// The safe order with hosts that come back.
#[derive(Clone, Debug)]
pub struct TimingLine {
    /// By world, then by host.
    pub returns: Vec<ReturnLine>,
    /// What was not tried, if anything.
    pub notes: Vec<String>,
}

/// A host that comes back while the safe order is typed.
#[derive(Clone, Debug)]
pub struct ReturnLine {
    /// The world; `None` where the file has none.
    pub world: Option<String>,
    /// The host.
    pub host: String,
    /// What comes of it, without a gap, by when it comes back.
    pub stretches: Vec<StretchLine>,
}

/// When a host may come back, both ends included, and what comes of it.
#[derive(Clone, Debug)]
pub struct StretchLine {
    /// The first second.
    pub from: Time,
    /// The last.
    pub until: Time,
    /// The order's class then.
    pub class: Class,
    /// What begins, where anything harmful does.
    pub hazard: Option<&'static str>,
}

/// A question about the orders and its answer.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct AskedLine {
    /// As it was typed: `forget not-preceded-by power-off`.
    pub ask: String,
    pub asked: Asked,
}

/// A step: its name, and what it does on one line.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct StepLine {
    pub name: String,
    pub text: String,
}

/// A rule.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct RuleLine {
    pub kind: Kind,
    pub counterexample: Option<Counterexample>,
}

/// An order that breaks a rule and no other.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// The order.
    pub judged: Judged,
    /// What comes of it, as a sentence.
    pub what: String,
    /// The steps of it that were refused, and how each ended.
    pub refused: Vec<(usize, String)>,
}

/// An order and how it was judged.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The order.
    pub order: Vec<usize>,
    /// Its class.
    pub class: Class,
    /// The first world in which it is of that class; `None` where the file has no worlds, or the order is safe.
    pub world: Option<String>,
    /// What begins there.
    pub hazard: Option<&'static str>,
}

impl OrdersReport {
    /// A rule in words: `off before forget`.
    pub fn rule(&self, kind: Kind) -> String {
        let name = |step: u8| self.steps[usize::from(step)].name.as_str();
        match kind {
            Kind::Before { step, than } => format!("{} before {}", name(step), name(than)),
            Kind::Needed { step } => format!("{} is needed", name(step)),
        }
    }

    /// An order in words: `off, forget, unlock`.
    pub fn order(&self, order: &[usize]) -> String {
        if order.is_empty() {
            return "nothing at all".into();
        }
        order.iter().map(|step| self.steps[*step].name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// A question that can't be understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unasked {
    /// It is not of the form `STEP preceded-by STEP`, with `not-` before the word or without.
    Form,
    /// There is no such step.
    Step(String),
}

/// Reads a question: `forget not-preceded-by power-off`. The steps are those of a choice, by their names.
///
/// # Errors
/// Where it is none, or names a step that is not there.
pub fn ask(scenario: &Scenario, choice: &Choice, text: &str) -> Result<Ask, Unasked> {
    let lines = step_lines(scenario, choice);
    // The longer word first: the shorter one is a part of it.
    let words = [(" not-preceded-by ", true), (" preceded-by ", false)];
    let found = words.into_iter().find_map(|(word, not)| Some((text.split_once(word)?, not)));
    let ((step, by), not) = found.ok_or(Unasked::Form)?;
    let find = |name: &str| {
        let name = name.trim();
        lines.iter().position(|line| line.name == name).map(|at| at as u8).ok_or_else(|| Unasked::Step(name.to_owned()))
    };
    Ok(Ask { step: find(step)?, by: find(by)?, not })
}

/// The names of a choice's steps.
pub fn step_names(scenario: &Scenario, choice: &Choice) -> Vec<String> {
    step_lines(scenario, choice).into_iter().map(|line| line.name).collect()
}

/// The report, and what came of each rule's counterexample in full, by the rule's place. `asks` are questions with their texts.
pub fn build(
    scenario: &Scenario,
    answer: &Answer,
    options: &Options,
    all: bool,
    asks: &[(String, Ask)],
) -> (OrdersReport, Vec<Option<Told>>) {
    let choice = &answer.choice;
    let recovery = &scenario.recoveries[choice.recovery];
    let seed = options.seed.unwrap_or(scenario.seed);
    let steps = step_lines(scenario, choice);
    let judged = |at: usize| {
        let (order, verdict) = &answer.judged[at];
        let world = scenario.world_name(choice.cases[verdict.world]).map(str::to_owned);
        Judged {
            order: order.iter().map(|step| usize::from(*step)).collect(),
            class: verdict.class,
            world: world.filter(|_| verdict.class != Class::Safe),
            hazard: verdict.hazard.map(|hazard| hazard.doc().name),
        }
    };
    let (max_events, max_work) = (options.max_events, study::share_of_work(scenario, options.max_work));
    let engine = engine::Options { seed, max_events, max_work, silent: true, ..engine::Options::default() };
    let told: Vec<Option<Told>> = (answer.rules.rules.iter())
        .map(|rule| {
            let (order, verdict) = &answer.judged[rule.counterexample?];
            Some(orders::told(scenario, choice, order, verdict.world, &engine))
        })
        .collect();
    let rules = answer.rules.rules.iter().zip(&told).map(|(rule, told)| RuleLine {
        kind: rule.kind,
        counterexample: rule.counterexample.zip(told.as_ref()).map(|(at, told)| Counterexample {
            judged: judged(at),
            what: what(scenario, told),
            refused: told.refused.iter().map(|(step, how)| (usize::from(*step), how.clone())).collect(),
        }),
    });
    let (of, how) = extent(&answer.extent, answer, options.subsets);
    let mut report = OrdersReport {
        scenario: scenario.name.clone(),
        release: scenario.release.name(),
        seed,
        recovery: recovery.name.clone(),
        worlds: scenario.worlds.iter().map(|world| world.name.clone()).collect(),
        pace: recovery.pace.to_string(),
        subsets: options.subsets,
        orders: answer.judged.len(),
        runs: answer.judged.len() * choice.cases.len(),
        exact: answer.extent == Extent::All && !answer.judged.iter().any(|(_, verdict)| verdict.cut_short),
        of,
        how,
        sentence: String::new(),
        classes: Class::ALL.map(|class| answer.count(class)),
        rules: rules.collect(),
        rules_exact: answer.rules.separate,
        exceptions: answer.rules.exceptions.iter().take(EXCEPTIONS_TOLD).map(|at| judged(*at)).collect(),
        exceptions_all: answer.rules.exceptions.len(),
        shortest_safe: answer.shortest_safe().map(|order| order.iter().map(|step| usize::from(*step)).collect()),
        asked: asks.iter().map(|(text, ask)| AskedLine { ask: text.clone(), asked: orders::asked(answer, *ask) }).collect(),
        all: all.then(|| (0..answer.judged.len()).map(judged).collect()),
        timing: None,
        notes: notes(scenario, answer, &steps, &engine),
        steps,
    };
    report.sentence = sentence::sentence(scenario, answer, &report, &engine);
    (report, told)
}

/// What comes of the shortest safe order where a host that is away comes back; `None` where no order is safe.
pub fn timing(scenario: &Scenario, answer: &Answer, options: &Options, hooks: &Hooks<'_>) -> Option<TimingLine> {
    let order = answer.shortest_safe()?;
    let seed = options.seed.unwrap_or(scenario.seed);
    let (max_events, max_work) = (options.max_events, study::share_of_work(scenario, options.max_work));
    let engine = engine::Options { seed, max_events, max_work, silent: true, ..engine::Options::default() };
    let found = orders::timing(scenario, &answer.choice, order, &engine, hooks);
    let names = &scenario.pool.names;
    let of = |back: &orders::Return| ReturnLine {
        world: scenario.world_name(answer.choice.cases[back.world]).map(str::to_owned),
        host: names.machine(back.host).to_owned(),
        stretches: (back.stretches.iter())
            .map(|stretch| StretchLine {
                from: stretch.from,
                until: stretch.until,
                class: stretch.came.class,
                hazard: stretch.came.hazard.map(|hazard| hazard.doc().name),
            })
            .collect(),
    };
    let mut notes = Vec::new();
    if let Some(every) = found.returns.iter().map(|back| back.every).max().filter(|every| *every > 1) {
        notes.push(format!("so long an order is tried every {every} s, and to the second where what comes of it changes"));
    }
    if found.untried > 0 {
        notes.push(format!("{} more are away and were not tried", count(found.untried, "host")));
    }
    if found.stopped {
        notes.push("it was stopped before its end".into());
    }
    Some(TimingLine { returns: found.returns.iter().map(of).collect(), notes })
}

/// The steps, each under a name of its own: its id, else what it does.
fn step_lines(scenario: &Scenario, choice: &Choice) -> Vec<StepLine> {
    let steps = &scenario.recoveries[choice.recovery].steps;
    let mut lines: Vec<StepLine> = Vec::new();
    for place in &choice.places {
        let step = &steps[*place];
        let text = words::text(&step.deed, &scenario.pool.names);
        let text = text.lines().map(str::trim).collect::<Vec<_>>().join("; ");
        let name = step.id.clone().unwrap_or_else(|| text.clone());
        let alike = lines.iter().filter(|line| line.name == name || line.name.starts_with(&format!("{name} #"))).count();
        let name = if alike > 0 { format!("{name} #{}", alike + 1) } else { name };
        lines.push(StepLine { name, text });
    }
    lines
}

/// What came of a counterexample: the harm, else what was missed.
fn what(scenario: &Scenario, told: &Told) -> String {
    if let Some((_, sentence)) = &told.harm {
        return sentence.clone();
    }
    let missed = told.missed.iter().map(|missed| match missed {
        Missed::Vm(vm) => {
            let hosts = told.run.engine.world.runs_on(*vm).count();
            let how = if hosts == 0 { "runs nowhere" } else { "runs on several hosts" };
            format!("{} {how} at the end", scenario.pool.names.vm(*vm))
        }
        Missed::State { what, got, .. } => format!("the goal is missed: {what} (it is {got})"),
    });
    missed.collect::<Vec<_>>().join("; ")
}

/// How many orders there would be, and which were run, where that is not all.
fn extent(extent: &Extent, answer: &Answer, subsets: bool) -> (Option<u64>, Option<String>) {
    match extent {
        Extent::All => (None, None),
        Extent::Stopped(of) => (Some(*of as u64), Some(format!("it was stopped when {} of {of} orders had been run", answer.judged.len()))),
        Extent::Bound(of) => {
            (Some(*of as u64), Some(format!("{} of {of} orders were run; more would have been too much work", answer.judged.len())))
        }
        Extent::Sample(sample) => {
            let most = if subsets { orders::STEPS_ALL_SUBSETS } else { orders::STEPS_ALL };
            let mut how = format!(
                "of more than {most} steps not every order is run: the file's own and others drawn from seed {} ({} in all), and {} that \
                 would have refuted a rule",
                sample.seed, sample.drawn, sample.against
            );
            how.push_str(match (sample.ended, sample.settled) {
                (Some(End::Stopped), _) => "; then it was stopped",
                (Some(_), _) => "; more would have been too much work",
                (None, true) => "; each rule held at the safe orders it was tried at",
                (None, false) => "; not every rule was tried at the safe orders",
            });
            (None, Some(how))
        }
    }
}

/// In so many worlds it is looked whether the recovery begins.
const BEGINNINGS_TOLD: usize = 64;

/// The worlds in which the recovery never begins, whatever its steps: what is judged there is what happens without it.
fn not_begun(scenario: &Scenario, answer: &Answer, engine: &engine::Options) -> Option<String> {
    let (order, _) = answer.judged.iter().max_by_key(|(order, _)| order.len())?;
    let cases = answer.choice.cases.iter().enumerate().take(BEGINNINGS_TOLD);
    let never = cases.filter(|(at, _)| orders::told(scenario, &answer.choice, order, *at, engine).run.engine.recovery_began.is_none());
    let never: Vec<&str> = never.map(|(_, case)| scenario.world_name(*case).unwrap_or("the only one")).collect();
    (!never.is_empty()).then(|| format!("the recovery never begins in these worlds, so no order does anything there: {}", never.join(", ")))
}

/// What was not taken as the file says it.
fn notes(scenario: &Scenario, answer: &Answer, steps: &[StepLine], engine: &engine::Options) -> Vec<String> {
    let choice = &answer.choice;
    let own = &scenario.recoveries[choice.recovery];
    let name = |place: &usize| choice.places.iter().position(|known| known == place).map_or("", |at| steps[at].name.as_str());
    let names = |places: &[usize]| places.iter().map(name).collect::<Vec<_>>().join(", ");
    let mut notes = Vec::new();
    if !choice.without_at.is_empty() {
        notes.push(format!("the steps' own `at:` is dropped: {}", names(&choice.without_at)));
    }
    if !choice.without_after.is_empty() {
        notes.push(format!("`after:` a note is dropped, as the note is: {}", names(&choice.without_after)));
    }
    if !own.says_begin {
        notes.push(
            "the recovery does not say when it begins (`at:`, `wait-for:`), so that follows from its first step, in each order anew".into(),
        );
    }
    if !scenario.variants.is_empty() {
        notes.push("the file's `matrix` is left aside: what runs is what the file says without it".into());
    }
    notes.extend(not_begun(scenario, answer, engine));
    let cut = answer.judged.iter().filter(|(_, verdict)| verdict.cut_short).count();
    if cut > 0 {
        notes.push(format!("{cut} of the orders had a run that was ended at its bound (--max-events, --max-work)"));
    }
    notes
}
