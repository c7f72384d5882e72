//! A run as a film: the events that are shown, and the pool at each instant at which one of them happens, as it stands when all
//! that is due then has been done. What `run --at` prints of an instant is made of the same values.
//!
//! A case is run twice for it: once to know what happens, and once to look at the pool where something is shown.

use super::lanes::{Lane, Lanes};
use crate::base::time::Time;
use crate::report::text::state::{self, Row};
use crate::report::{EndState, StoryLine, build, thin};
use crate::scenario::model::{Case, Scenario};
use crate::search::study::{self, Options};
use crate::world::{MAIN_POOL, World};
use std::collections::BTreeMap;

/// A run for a page.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Film {
    /// The events that are shown, in order.
    pub lines: Vec<StoryLine>,
    /// How many are not.
    pub left_out: usize,
    /// The rows of the table of the pool.
    pub rows: Vec<Name>,
    /// What rows said, each once: frames name them by their place.
    pub values: Vec<Value>,
    /// What stood above the table, each once.
    pub heads: Vec<Head>,
    /// One an instant; the first is at 0 and the last at the end.
    pub frames: Vec<Frame>,
    /// A lane a host.
    pub hosts: Vec<Lane>,
    /// A lane a disk.
    pub disks: Vec<Lane>,
}

/// The name of a row.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Name {
    /// `host`, `VM` or `disk`.
    pub kind: &'static str,
    /// Its name, harmless.
    pub name: String,
}

/// What a row says at an instant.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Value {
    /// What is so.
    pub truth: String,
    /// What the ruling database has.
    pub belief: String,
    /// Whether the two differ.
    pub differs: bool,
    /// Whether data is damaged, or a VM runs twice.
    pub alarm: bool,
    /// The databases of other masters that have something else: whose, what, and whether it differs from what is so.
    pub others: Vec<(String, String, bool)>,
}

/// What stands above the table.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Head {
    /// Whose database rules.
    pub ruler: String,
    /// Who is master, and the default SR.
    pub masters: String,
}

/// The pool at an instant: what changed since the frame before.
#[derive(Clone, PartialEq, Debug)]
pub struct Frame {
    /// When.
    pub at: Time,
    /// The place of its head.
    pub head: usize,
    /// Rows that say something else now, and the places of the values that they have.
    pub changes: Vec<(usize, usize)>,
    /// How many of the lines stand before those of this instant.
    pub first_line: usize,
    /// Whether something happens at it that belongs into the story.
    pub matters: bool,
}

/// Runs a case for a page that shows `lines` events at the most.
pub fn film(scenario: &Scenario, case: Case, options: &Options, lines: usize) -> Film {
    let options = Options { because: false, at: Vec::new(), ..options.clone() };
    let report = build(&study::study(scenario, case, &options));
    let all = report.story.len();
    let (end, story) = (report.end, thin::chosen(report.story, lines));
    let mut maker = Maker::new(story, end);
    maker.film.left_out = all - maker.film.lines.len();
    let mut session = study::begin(scenario, case, &options, true).session;
    loop {
        maker.stands(&session.engine.world, session.engine.next_at());
        if session.step().is_none() {
            break;
        }
    }
    maker.stands(&session.engine.world, None);
    maker.done()
}

/// Makes a film while a run goes by.
struct Maker {
    film: Film,
    /// The instants still to come, the next one last.
    wanted: Vec<Time>,
    rows: BTreeMap<Name, usize>,
    values: BTreeMap<Value, usize>,
    heads: BTreeMap<Head, usize>,
    /// The value that each row has.
    now: Vec<Option<usize>>,
    lanes: Lanes,
}

impl Maker {
    fn new(lines: Vec<StoryLine>, end: Time) -> Maker {
        let mut wanted: Vec<Time> = lines.iter().map(|line| line.at).chain([Time::ZERO, end]).collect();
        wanted.sort_unstable_by(|a, b| b.cmp(a));
        wanted.dedup();
        let film = Film { lines, ..Film::default() };
        let (rows, values, heads) = Default::default();
        Maker { film, wanted, rows, values, heads, now: Vec::new(), lanes: Lanes::default() }
    }

    /// The world stands as it is until just before `next`, or for good.
    fn stands(&mut self, world: &World, next: Option<Time>) {
        while let Some(at) = self.wanted.last().copied().filter(|at| next.is_none_or(|next| *at < next)) {
            self.wanted.pop();
            self.look(&World { now: at, ..world.clone() });
        }
    }

    fn look(&mut self, world: &World) {
        let ruler = world.ruler();
        let state = build::state(world, ruler);
        let others: Vec<EndState> =
            world.masters(MAIN_POOL).filter(|machine| *machine != ruler).map(|machine| build::state(world, machine)).collect();
        let head = Head { ruler: crate::base::inert::clean_line(&state.ruler), masters: state::masters(&state) };
        let next = self.heads.len();
        let head = *self.heads.entry(head).or_insert(next);
        let beside: Vec<(String, _)> =
            others.iter().map(|other| (crate::base::inert::clean_line(&other.ruler), state::rows(other))).collect();
        let frame = self.film.frames.len();
        let mut changes = Vec::new();
        for (kind, (kind_name, rows)) in state::rows(&state).into_iter().enumerate() {
            for (at, row) in rows.into_iter().enumerate() {
                let others = beside.iter().filter_map(|(whose, rows)| {
                    let other = rows[kind].1.get(at).filter(|other| other.belief != row.belief)?;
                    Some((whose.clone(), other.belief.clone(), other.differs))
                });
                let others = others.collect();
                let Row { name, truth, belief, differs, alarm } = row;
                let value = Value { truth, belief, differs, alarm, others };
                self.row(&mut changes, Name { kind: kind_name, name }, value);
            }
        }
        self.lanes.look(frame, &state);
        let lines = &self.film.lines;
        let first_line = lines.partition_point(|line| line.at < world.now);
        let here = lines[first_line..].iter().take_while(|line| line.at == world.now);
        let matters = here.into_iter().any(|line| line.matters);
        self.film.frames.push(Frame { at: world.now, head, changes, first_line, matters });
    }

    fn row(&mut self, changes: &mut Vec<(usize, usize)>, name: Name, value: Value) {
        let next = self.rows.len();
        let row = *self.rows.entry(name).or_insert(next);
        if row == self.now.len() {
            self.now.push(None);
        }
        let next = self.values.len();
        let value = *self.values.entry(value).or_insert(next);
        if self.now[row].replace(value) != Some(value) {
            changes.push((row, value));
        }
    }

    fn done(self) -> Film {
        let Maker { mut film, rows, values, heads, lanes, .. } = self;
        film.rows = in_place(rows);
        film.values = in_place(values);
        film.heads = in_place(heads);
        (film.hosts, film.disks) = lanes.done();
        film
    }
}

/// What was numbered as it came, in that order.
fn in_place<T>(numbered: BTreeMap<T, usize>) -> Vec<T> {
    let mut all: Vec<(T, usize)> = numbered.into_iter().collect();
    all.sort_by_key(|(_, at)| *at);
    all.into_iter().map(|(what, _)| what).collect()
}
