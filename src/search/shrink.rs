//! The smallest scenario that still shows a hazard at its place: parts of it are left out, and said in a rounder way, as long as the
//! hazard is still found. What comes of it is minimal in that no single part can be left out; not that there is no smaller one.
//!
//! It begins with what takes away most (runs of steps, whole objects with all that is said of them), since most of a file has
//! nothing to do with a hazard; then each part alone, until none can go any more.

use super::study::{self, Options};
use crate::base::digest::Digest;
use crate::base::time::{Span, Time};
use crate::hazard::watch::Found;
use crate::hazard::{HazardId, Place, Severity};
use crate::run::Run;
use crate::scenario::load;
use crate::scenario::model::{Case, Scenario};
use crate::scenario::outline::{Outline, Path, rounder};
use crate::world::inventory::Inventory;
use std::collections::BTreeSet;
use std::hash::Hasher;
use std::ops::ControlFlow;

/// What is looked for: a hazard at a place, by names, since ids are others in a smaller scenario.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// The hazard.
    pub hazard: HazardId,
    /// The kind of its place as scenarios write it (`vdi`, `vm`, `sr`, `host`), and its name; `None` for a pool.
    pub place: Option<(&'static str, String)>,
}

impl Target {
    /// That of a finding.
    pub fn of(found: &Found, names: &Inventory) -> Target {
        Target { hazard: found.hazard, place: place(found.place, names) }
    }

    /// The first finding of a run that is it.
    pub fn found_in<'a>(&self, run: &'a Run) -> Option<&'a Found> {
        run.found.iter().find(|found| Target::of(found, &run.engine.world.names) == *self)
    }

    /// In words: `double-writer on db-root`.
    pub fn words(&self) -> String {
        let name = self.hazard.doc().name;
        self.place.as_ref().map_or_else(|| name.to_owned(), |(_, place)| format!("{name} on {place}"))
    }
}

fn place(place: Place, names: &Inventory) -> Option<(&'static str, String)> {
    match place {
        Place::Vdi(vdi) => Some(("vdi", names.vdi(vdi).to_owned())),
        Place::Vm(vm) => Some(("vm", names.vm(vm).to_owned())),
        Place::Sr(sr) => Some(("sr", names.sr(sr).to_owned())),
        Place::Host(machine) => Some(("host", names.machine(machine).to_owned())),
        Place::Pool(_) => None,
    }
}

/// The gravest finding of a run, the first of them; of one hazard alone, if it is named.
pub fn gravest(run: &Run, hazard: Option<HazardId>) -> Option<&Found> {
    let wanted = run.found.iter().filter(|found| hazard.is_none_or(|hazard| found.hazard == hazard));
    wanted.min_by_key(|found| std::cmp::Reverse(found.hazard.severity()))
}

/// What came of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Shrunk {
    /// The scenario as YAML, with an `about` and the hazard expected.
    pub text: String,
    /// The seed that it needs; 0 where that shows it, too.
    pub seed: u64,
    /// How many scenarios were tried.
    pub tried: u64,
    /// How many parts could not be left out so far and were not tried again with what is left now; 0 if it is minimal.
    pub untried: usize,
    /// Parts before and after: values, names, lists, as the file says them.
    pub parts: (usize, usize),
    /// Steps before and after.
    pub steps: (usize, usize),
}

/// Looks for the smallest scenario of a case that shows a target. `seed` is that of the run that showed it; `go_on` is asked before
/// each try and given how many were made; once it breaks, what was found so far is the answer. `None` if it does not show it.
///
/// `about` is what the scenario will say it is about.
pub fn shrink(
    scenario: &Scenario,
    case: Case,
    (target, seed): (&Target, u64),
    about: &str,
    go_on: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Option<Shrunk> {
    shrink_kept(scenario, case, (target, seed), about, &|_, _, _| true, go_on)
}

/// The same where more is asked of a smaller scenario than that it shows the target: `keep` is asked of each that does.
pub fn shrink_kept(
    scenario: &Scenario,
    case: Case,
    (target, seed): (&Target, u64),
    about: &str,
    keep: &dyn Fn(&Scenario, Case, &Run) -> bool,
    go_on: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Option<Shrunk> {
    let mut seeded = scenario.of(case).clone();
    seeded.seed = seed;
    seeded.variants.clear();
    let whole = Outline::of(&seeded, Case { variant: None, ..case });
    let before = (whole.len(), whole.steps().iter().map(Vec::len).sum());
    let mut search = Search {
        target,
        keep,
        best: whole.clone(),
        events_most: u64::MAX,
        failed: BTreeSet::new(),
        tried: 0,
        untried: 0,
        go_on,
        over: false,
    };
    let since = search.first_shown(&whole)?;
    search.simplify_way(since);
    while search.round() && !search.over {}
    let best = search.best.clone();
    let (tried, untried) = (search.tried, search.untried);
    let (text, seed) = told(&best, target, about)?;
    let after = (best.len(), best.steps().iter().map(Vec::len).sum());
    Some(Shrunk { text, seed, tried, untried, parts: (before.0, after.0), steps: (before.1, after.1) })
}

/// A case as a scenario of its own with its seed, as it is, with what it is about and what it is expected to show. `None` if it does not
/// show the target.
pub fn whole(scenario: &Scenario, case: Case, (target, seed): (&Target, u64), about: &str) -> Option<String> {
    let mut seeded = scenario.of(case).clone();
    seeded.seed = seed;
    seeded.variants.clear();
    let outline = Outline::of(&seeded, Case { variant: None, ..case });
    let (_, run) = run_of(&outline.text(), None)?;
    target.found_in(&run)?;
    Some(told(&outline, target, about)?.0)
}

/// The scenario with what it is about and what it is expected to show.
fn told(best: &Outline, target: &Target, about: &str) -> Option<(String, u64)> {
    let run = run_of(&best.text(), None)?;
    let graver = run.1.found.iter().map(|found| found.hazard.severity()).max().filter(|worst| *worst > target.hazard.severity());
    let place = target.place.as_ref().map(|(kind, name)| (*kind, name.as_str()));
    Some((best.told(about, target.hazard.doc().name, place, graver.map(Severity::name)).text(), run.0.seed))
}

/// The one case of a text, run; `None` if it is no scenario.
fn run_of(text: &str, events_most: Option<u64>) -> Option<(Scenario, Run)> {
    let scenario = load("shrunk.yaml", text).ok()?.scenario;
    let case = *scenario.cases().first()?;
    let max_events = events_most.unwrap_or(Options::default().max_events);
    let options = Options { max_events, because: false, ..Options::default() };
    let run = study::brief(&scenario, case, &options).run;
    Some((scenario, run))
}

struct Search<'a> {
    target: &'a Target,
    /// What else is asked of it.
    keep: &'a dyn Fn(&Scenario, Case, &Run) -> bool,
    /// The smallest that shows it so far.
    best: Outline,
    /// More events than this are a scenario that has become another.
    events_most: u64,
    /// Fingerprints of those that were tried in vain.
    failed: BTreeSet<u64>,
    tried: u64,
    untried: usize,
    go_on: &'a mut dyn FnMut(u64) -> ControlFlow<()>,
    over: bool,
}

impl Search<'_> {
    /// When the whole shows it first.
    fn first_shown(&mut self, whole: &Outline) -> Option<Time> {
        let (_, run) = run_of(&whole.text(), None)?;
        self.events_most = run.engine.trace.count.saturating_mul(4).saturating_add(10_000);
        self.target.found_in(&run).map(|found| found.noticed)
    }

    /// Whether a scenario shows it: then it is the best. Tried once each.
    fn take(&mut self, smaller: Outline) -> bool {
        let text = smaller.text();
        let mut digest = Digest::default();
        digest.write(text.as_bytes());
        let print = digest.finish();
        if smaller == self.best || self.failed.contains(&print) {
            return false;
        }
        if self.over || (self.go_on)(self.tried).is_break() {
            self.over = true;
            self.untried += 1;
            return false;
        }
        self.tried += 1;
        let shows = run_of(&text, Some(self.events_most)).is_some_and(|(scenario, run)| {
            let case = *scenario.cases().first().expect("it was run");
            self.target.found_in(&run).is_some() && (self.keep)(&scenario, case, &run)
        });
        if shows {
            self.best = smaller;
        } else {
            self.failed.insert(print);
        }
        shows
    }

    /// What makes every later try shorter: seed 0, an early end.
    fn simplify_way(&mut self, since: Time) {
        self.seed_0();
        let end = since + Span::secs(1);
        self.take(self.best.set("until", &end.since(Time::ZERO).to_string()));
        self.runs_of_steps();
    }

    fn seed_0(&mut self) {
        let seed = self.best.key("seed");
        self.take_without(seed);
    }

    /// One way through everything that could go. Whether anything did.
    fn round(&mut self) -> bool {
        self.untried = 0;
        let before = self.best.clone();
        self.runs_of_steps();
        self.objects();
        self.each_part();
        self.words();
        if let Some(merged) = self.best.world_in_timeline() {
            self.take(merged);
        }
        self.seed_0();
        self.best != before
    }

    fn take_without(&mut self, paths: Vec<Path>) -> bool {
        !paths.is_empty() && self.take(self.best.without(&paths))
    }

    /// Runs of steps, the longest first.
    fn runs_of_steps(&mut self) {
        let mut long = self.best.steps().iter().map(Vec::len).max().unwrap_or(0);
        while long > 0 {
            for sequence in 0..self.best.steps().len() {
                let mut from = 0;
                while let Some(steps) = self.best.steps().get(sequence).filter(|steps| from < steps.len()).cloned() {
                    let run = &steps[from..steps.len().min(from + long)];
                    if !self.take_without(run.to_vec()) {
                        from += long;
                    }
                }
            }
            long /= 2;
        }
    }

    /// Objects with all that is said of them; where that is not enough, with the steps that mention them.
    fn objects(&mut self) {
        for name in self.best.objects() {
            let _ = self.take(self.best.without_object(&name)) || self.take(self.best.without_mention(&name));
        }
    }

    /// Each part alone, the whole of something before its parts, the last first.
    fn each_part(&mut self) {
        let mut at = 0;
        while let Some(path) = self.best.parts().get(at).cloned() {
            if !self.take_without(vec![path]) {
                at += 1;
            }
        }
    }

    /// Texts: durations rounder, and of several typed lines fewer.
    fn words(&mut self) {
        let mut at = 0;
        while let Some((path, text)) = self.best.texts().get(at).cloned() {
            at += 1;
            for rounder in rounder(&text) {
                if self.take(self.best.with(&path, &rounder)) {
                    break;
                }
            }
            self.lines(&path);
        }
    }

    fn lines(&mut self, path: &Path) {
        let text = |best: &Outline| best.texts().into_iter().find(|(at, _)| at == path).map(|(_, text)| text).unwrap_or_default();
        let mut line = 0;
        while line < text(&self.best).lines().count() && text(&self.best).lines().count() > 1 {
            let fewer: Vec<String> =
                text(&self.best).lines().enumerate().filter(|(at, _)| *at != line).map(|(_, line)| line.to_owned()).collect();
            if !self.take(self.best.with(path, &fewer.join("\n"))) {
                line += 1;
            }
        }
    }
}
