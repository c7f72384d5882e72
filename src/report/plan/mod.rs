//! A plan as plain data, and one file a format.

pub mod html;
pub mod json;
pub mod md;
pub mod text;

use crate::base::time::{Span, Time};
use crate::scenario::model::{ConditionPart, Scenario};
use crate::scenario::words;
use crate::search::plan::{self, Against, Answer, Enough, Kind, Line, Why};
use crate::world::event::Status;
use std::collections::BTreeMap;

/// A plan, or why there is none.
#[derive(Clone, Debug)]
pub struct PlanReport {
    /// The scenario's name.
    pub scenario: String,
    /// The release.
    pub release: &'static str,
    /// The seed of all draws.
    pub seed: u64,
    /// The worlds; one without a name where the file has none.
    pub worlds: Vec<String>,
    /// The plan, where there is one.
    pub plan: Option<Vec<Item>>,
    /// The steps on its longest way; or, where there is none, how deep all was looked at.
    pub depth: usize,
    /// How many further steps were tried.
    pub explored: u64,
    /// Why it ended before its time.
    pub ended: Option<&'static str>,
    /// When the plan begins, the first and the last of all worlds.
    pub begins: Option<(Time, Time)>,
    /// Whose console commands are typed on, where a step does not say.
    pub host: String,
    /// What comes of the plan, by world.
    pub outcomes: Vec<WorldLine>,
    /// What stands against a plan, by world.
    pub against: Vec<AgainstLine>,
    /// What would do but for a danger that passes, and that danger, by world.
    pub despite: Option<(Vec<Item>, Vec<String>)>,
    /// What else there is to say.
    pub notes: Vec<String>,
}

/// A step of a plan.
#[derive(Clone, Debug)]
pub struct Item {
    /// What it is called.
    pub id: String,
    /// Its kind.
    pub kind: Kind,
    /// As it is typed or written.
    pub text: String,
    /// Whose console it is typed on, where it is another than the plan's.
    pub host: Option<String>,
    /// Why it is there.
    pub why: Option<WhyLine>,
    /// What may be seen at it, where that decides what is done next.
    pub ways: Vec<WayLine>,
}

/// One of the things that may be seen.
#[derive(Clone, Debug)]
pub struct WayLine {
    /// What is seen.
    pub sees: String,
    /// As a condition of a scenario.
    pub condition: String,
    /// The worlds in which it is.
    pub worlds: Vec<String>,
    /// What is done then.
    pub then: Vec<Item>,
}

/// Why a step is there.
#[derive(Clone, Debug)]
pub struct WhyLine {
    /// The world that it guards against; empty where the file has none.
    pub world: String,
    /// What begins there without it.
    pub hazard: Option<&'static str>,
    /// The whole as a sentence.
    pub text: String,
}

/// What comes of a plan in a world.
#[derive(Clone, Debug)]
pub struct WorldLine {
    /// The gravest that began after the plan began.
    pub worst: &'static str,
    /// The gravest of the whole run.
    pub worst_of_run: &'static str,
    /// How long VMs are down.
    pub downtime: Vec<(String, Span)>,
}

/// What stands against a plan in a world.
#[derive(Clone, Debug)]
pub struct AgainstLine {
    /// What would do if it were known to be this world.
    pub alone: Option<Vec<Item>>,
    /// The sentences: what comes of that elsewhere, or of nothing here.
    pub what: Vec<String>,
    /// The hazard that is met first.
    pub hazard: Option<&'static str>,
}

/// What a search found, to be told.
pub fn build(scenario: &Scenario, answer: &Answer, options: &plan::Options) -> PlanReport {
    let worlds: Vec<String> = match &scenario.worlds[..] {
        [] => vec![String::new()],
        named => named.iter().map(|world| world.name.clone()).collect(),
    };
    let console = answer.moves.iter().find(|what| what.kind == Kind::Run).map_or(scenario.pool.master, |what| what.step.host);
    let maker = Maker { scenario, worlds: &worlds, console, depth: answer.depth };
    let found = answer.plan.as_ref();
    let severity = |worst: Option<crate::hazard::Severity>| worst.map_or("none", crate::hazard::Severity::name);
    let outcome = |outcome: &plan::Outcome| WorldLine {
        worst: severity(outcome.worst),
        worst_of_run: severity(outcome.worst_of_run),
        downtime: outcome.downtime.iter().map(|(vm, span)| (scenario.pool.names.vm(*vm).to_owned(), *span)).collect(),
    };
    let mut notes = Vec::new();
    if answer.lost {
        notes.push("a plan was found that does not show the same when it is run from the beginning, and is not told".into());
    }
    if !scenario.variants.is_empty() {
        notes.push("the file's `matrix` is left out: the plan is for its own release and settings (`--set`, `--release`)".into());
    }
    if scenario.recoveries.is_empty() && answer.begins.is_some() {
        notes.push("the file has no recovery: the plan begins when all steps of timeline and worlds have ended".into());
    }
    PlanReport {
        scenario: scenario.name.clone(),
        release: scenario.release.name(),
        seed: options.seed.unwrap_or(scenario.seed),
        plan: found.map(|plan| maker.items(&plan.lines, &plan.why)),
        depth: answer.depth,
        explored: answer.explored,
        ended: answer.ended.map(ended),
        begins: answer.begins,
        host: scenario.pool.names.machine(console).to_owned(),
        outcomes: found.map_or_else(Vec::new, |plan| plan.worlds.iter().map(outcome).collect()),
        against: answer.against.iter().map(|against| maker.against(against)).collect(),
        despite: answer.despite.as_ref().map(|despite| {
            let what = despite.what.iter().map(|(world, sentence)| maker.doubt(*world, sentence));
            (maker.items(&despite.lines, &BTreeMap::new()), what.collect())
        }),
        notes,
        worlds,
    }
}

/// Why a search ended before its time.
fn ended(enough: Enough) -> &'static str {
    match enough {
        Enough::Stopped => "it was interrupted",
        Enough::Work => "more would have been more work than --max-work allows",
        Enough::Tries => "more steps would have been tried than --tries allows",
    }
}

struct Maker<'s> {
    scenario: &'s Scenario,
    worlds: &'s [String],
    console: crate::base::ids::MachineId,
    depth: usize,
}

impl Maker<'_> {
    fn items(&self, lines: &[Line], why: &BTreeMap<String, Why>) -> Vec<Item> {
        lines.iter().map(|line| self.item(line, why)).collect()
    }

    fn item(&self, line: &Line, why: &BTreeMap<String, Why>) -> Item {
        let typed = matches!(line.step.deed, crate::scenario::model::Deed::Run(_));
        let way = |way: &plan::Way| WayLine {
            sees: sees(line, way),
            condition: words::condition(&plan::condition(line, way), &self.scenario.pool.names),
            worlds: way.worlds.iter().map(|world| self.worlds[*world].clone()).collect(),
            then: self.items(&way.lines, why),
        };
        Item {
            id: line.id.clone(),
            kind: line.kind,
            text: line.text.clone(),
            host: (typed && line.step.host != self.console).then(|| self.scenario.pool.names.machine(line.step.host).to_owned()),
            why: why.get(&line.id).map(|why| self.why(line, why)),
            ways: line.ways.iter().map(way).collect(),
        }
    }

    fn why(&self, line: &Line, why: &Why) -> WhyLine {
        let world = self.worlds[why.world].clone();
        let here = if world.is_empty() { String::new() } else { format!(" in world {world}") };
        let text = match why.taken_for.and_then(|at| line.ways.get(at)) {
            Some(way) => format!("who does not look and goes on as if it said \"{}\" finds{here}: {}", sees(line, way), why.what),
            None => format!("without it{here}: {}", why.what),
        };
        WhyLine { world, hazard: why.hazard.map(|hazard| hazard.doc().name), text }
    }

    fn doubt(&self, world: usize, sentence: &str) -> String {
        let name = &self.worlds[world];
        let here = if name.is_empty() { String::new() } else { format!("in world {name} ") };
        format!(
            "{here}begins presumed-dead-alive: {sentence}; that is over when the new master has heard the host, and no plan of up to {} does without it",
            steps(self.depth)
        )
    }

    fn against(&self, against: &Against) -> AgainstLine {
        let mut hazard = None;
        let mut what = Vec::new();
        for (world, outcome) in &against.outcomes {
            let name = &self.worlds[*world];
            let here = if name.is_empty() { String::new() } else { format!("in world {name} ") };
            let head = if against.alone.is_some() { "" } else { "if nothing is done, " };
            if let Some((id, sentence)) = &outcome.harm {
                hazard = hazard.or(Some(id.doc().name));
                what.push(format!("{head}{here}begins {}: {sentence}", id.doc().name));
            } else if !outcome.began {
                what.push(format!("{here}the recovery never begins"));
            } else if let Some(missed) = outcome.missed.first() {
                let refused = outcome.refused.first().map_or_else(String::new, |(step, how)| format!("{step} {how}, and "));
                what.push(format!("{head}{here}the goal is missed: {refused}{missed}"));
            }
        }
        if against.alone.is_none() && !against.harms.is_empty() {
            let harms: Vec<String> = against.harms.iter().take(3).map(|(id, times)| format!("{} ({times})", id.doc().name)).collect();
            hazard = hazard.or(against.harms.first().map(|(id, _)| id.doc().name));
            what.push(format!("ways that were given up since a hazard begins on them: {}", harms.join(", ")));
        }
        if against.alone.is_none() {
            what.push(match against.ended.map(ended) {
                Some(why) => format!("all ways of up to {} were tried for it alone; {why}", steps(against.depth)),
                None => format!("none of all ways of up to {} does for it alone", steps(against.depth)),
            });
        }
        AgainstLine { alone: against.alone.as_ref().map(|lines| self.items(lines, &BTreeMap::new())), what, hazard }
    }
}

/// `1 step`, `4 steps`.
fn steps(n: usize) -> String {
    crate::report::text::layout::count(n, "step")
}

/// What is seen, in a few words.
fn sees(line: &Line, way: &plan::Way) -> String {
    let prints = plan::condition(line, way).parts.into_iter().filter_map(|part| match part {
        ConditionPart::StepPrints(_, text, true) => Some(format!("it prints {text}")),
        ConditionPart::StepPrints(_, text, false) => Some(format!("it does not print {text}")),
        _ => None,
    });
    let prints: Vec<String> = prints.collect();
    if !prints.is_empty() {
        return prints.join(", and ");
    }
    let seen = &way.seen;
    let shown = seen.output.trim().lines().last().unwrap_or_default().trim();
    match (seen.status, &seen.code) {
        (Status::Ok, _) => match &line.step.deed {
            crate::scenario::model::Deed::Act(crate::fault::Act::CheckOff(_)) => {
                format!("{} is off", line.text.trim_start_matches("check-off "))
            }
            _ => "it ends well".into(),
        },
        (Status::Hung, _) => "nothing answers until it is given up".into(),
        (_, Some(code)) => code.clone(),
        (_, None) if shown.is_empty() => "it fails".into(),
        (_, None) => shown.to_owned(),
    }
}

impl PlanReport {
    /// The one sentence.
    pub fn sentence(&self) -> String {
        let worlds: Vec<&str> = self.worlds.iter().map(String::as_str).filter(|world| !world.is_empty()).collect();
        let every = match worlds.len() {
            0 => String::new(),
            1 => format!(" in world {}", worlds[0]),
            _ => " in every world".to_owned(),
        };
        match (&self.plan, self.ended) {
            (Some(plan), _) if plan.is_empty() => format!("nothing need be done: the goal is reached{every}, and nothing dangerous begins"),
            (Some(_), _) => format!("{} reach the goal{every}, and nothing dangerous begins", steps(self.depth)).replacen(
                "1 step reach",
                "1 step reaches",
                1,
            ),
            (None, Some(why)) => format!("no plan of up to {} is safe and reaches the goal{every}; {why}", steps(self.depth)),
            (None, None) => format!("no plan of up to {} is safe and reaches the goal{every}", steps(self.depth)),
        }
    }
}
