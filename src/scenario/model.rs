//! A valid scenario: names are resolved, units read, nothing is left to refuse. Plain data.

use crate::base::ids::{MachineId, SrId, VbdId, VdiId, VmId};
use crate::base::time::{Span, Time};
use crate::command::shell::Script;
use crate::fault::{Act, Fault};
use crate::hazard::{HazardId, Severity};
use crate::world::belief::PowerState;
use crate::world::event::Status;
use crate::world::release::Release;
use crate::world::settings::Settings;
use crate::world::truth::Io;
use std::collections::BTreeMap;
use std::sync::Arc;

pub use crate::world::build::{HaStart, HostStart, Pool, Role, VdiStart, VmStart};

/// A whole scenario file. Places are lines, counted from 1.
#[derive(Clone, PartialEq, Debug)]
pub struct Scenario {
    /// Its name: the file's stem unless the file says another.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// The story.
    pub about: String,
    /// Where it comes from.
    pub source: String,
    /// Rules that it shows kept and broken, such as `M5`.
    pub shows_kept: Vec<String>,
    /// Rules that it shows broken.
    pub shows_broken: Vec<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The release of XenServer.
    pub release: Release,
    /// The seed that the file names; the command line may give another.
    pub seed: u64,
    /// The seeds, first and last, over which `in:` of hazards is judged; there wherever an item says `in:`.
    pub seeds: Option<(u64, u64)>,
    /// Why `poolsim test` leaves it out, if it does.
    pub skip: Option<String>,
    /// When the run ends; absent: 30 minutes after the last step ended.
    pub until: Option<Time>,
    /// Durations and switches, with what was set beside the file.
    pub settings: Arc<Settings>,
    /// What was set beside the file, by `matrix` or from outside: key (`release` or a setting) and value, as written.
    pub set: Vec<(String, String)>,
    /// The scenario as `matrix` varies it, each in full and without variants of its own; empty where the file has no
    /// `matrix`. Worlds and recoveries are the same in all.
    pub variants: Vec<Arc<Scenario>>,
    /// SHA-256 of the file's bytes, hexadecimal.
    pub sha256: String,
    /// The start.
    pub pool: Pool,
    /// What breaks at random: a step for each host or SR, and it strikes again and again.
    pub chaos: Vec<Step>,
    /// What happens.
    pub timeline: Vec<Step>,
    /// What may be so; empty where the file has no `worlds`.
    pub worlds: Vec<NamedSteps>,
    /// Other people who type at the same time.
    pub operators: Vec<NamedSteps>,
    /// What the operator does; a file's single `recovery` is one without a name.
    pub recoveries: Vec<Recovery>,
    /// What a recovery is for: states that hold when the run is over. `None` where the file names none.
    pub goal: Option<Vec<StateExpect>>,
    /// What makes it a task for whoever plays it.
    pub drill: Option<Drill>,
    /// What must come of it.
    pub expect: Option<Expect>,
}

/// One of the sequences that run side by side.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sequence {
    /// What happens to the pool in every case.
    Timeline,
    /// What happens in one of the worlds.
    World,
    /// What the operator does.
    Recovery,
    /// What somebody else types at the same time, by his place in the file.
    Operator(u8),
}

impl Sequence {
    /// As reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Sequence::Timeline => "timeline",
            Sequence::World => "world",
            Sequence::Recovery => "recovery",
            Sequence::Operator(_) => "operator",
        }
    }

    /// Its place among those that run side by side: at one instant they act in this order.
    pub fn lane(self) -> usize {
        match self {
            Sequence::Timeline => 0,
            Sequence::World => 1,
            Sequence::Recovery => 2,
            Sequence::Operator(at) => 3 + usize::from(at),
        }
    }
}

/// A step of any sequence.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// Its id, unique within each case that has it.
    pub id: Option<String>,
    /// The line of its first key.
    pub line: u32,
    /// What its draws are keyed by: the id, else what it is (`timeline: crash: beta`), with a number where several are alike.
    pub key: String,
    /// When it begins.
    pub when: When,
    /// `if:`; false: the step is skipped.
    pub guard: Option<Condition>,
    /// What it does.
    pub deed: Deed,
    /// Whose console, for commands and conditions; always said.
    pub host: MachineId,
    /// Standard input of commands; `None` is closed.
    pub stdin: Option<String>,
    /// When a command that hangs is given up.
    pub timeout: Span,
    /// What the console printed is kept under this name, for later steps.
    pub capture: Option<String>,
    /// `expect:` or `must:`.
    pub expect: Option<StepExpect>,
}

/// When a command that hangs is given up, where a step says nothing else.
pub const TIMEOUT: Span = Span::mins(2);

impl Step {
    /// A step that no file has: nothing but when, what and at whose console is said of it.
    pub fn made(key: impl Into<String>, when: When, deed: Deed, host: MachineId) -> Step {
        Step {
            id: None,
            line: 0,
            key: key.into(),
            when,
            guard: None,
            deed,
            host,
            stdin: None,
            timeout: TIMEOUT,
            capture: None,
            expect: None,
        }
    }

    /// The same under an id, by which its draws are keyed, too.
    pub fn named(id: impl Into<String>, when: When, deed: Deed, host: MachineId) -> Step {
        let id = id.into();
        Step { id: Some(id.clone()), ..Step::made(id, when, deed, host) }
    }
}

/// A drawn span: both ends included, equal where it is no range.
pub type SpanRange = (Span, Span);

/// When a step begins; always also after the one before it has ended.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum When {
    /// At once; in a recovery after `pace`.
    Next,
    At(SpanRange),
    /// After the step before, or the start of the sequence.
    AfterPrevious(SpanRange),
    /// After the end of a step by its id, wherever it stands.
    AfterStep {
        id: String,
        plus: SpanRange,
    },
    WaitFor {
        condition: Condition,
        within: Span,
    },
}

/// What `xe` would show; all parts must hold.
#[derive(Clone, PartialEq, Debug)]
pub struct Condition {
    /// Its line.
    pub line: u32,
    /// Its parts.
    pub parts: Vec<ConditionPart>,
}

impl Condition {
    /// How many things it is about.
    pub fn size(&self) -> u64 {
        let of = |part: &ConditionPart| match part {
            ConditionPart::Live(hosts, _) | ConditionPart::Enabled(hosts, _) | ConditionPart::Known(hosts, _) => hosts.len(),
            ConditionPart::PowerState(vms, _) | ConditionPart::ResidentOn(vms, _) => vms.len(),
            ConditionPart::XeAnswers(_) | ConditionPart::StepStatus(..) | ConditionPart::StepCode(..) | ConditionPart::StepPrints(..) => 1,
        };
        self.parts.iter().map(of).sum::<usize>() as u64
    }
}

/// One part of a condition.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the table of keys says what each means, in the words that users see")]
pub enum ConditionPart {
    Live(Vec<MachineId>, bool),
    Enabled(Vec<MachineId>, bool),
    Known(Vec<MachineId>, bool),
    PowerState(Vec<VmId>, PowerState),
    /// `None`: resident nowhere.
    ResidentOn(Vec<VmId>, Option<MachineId>),
    /// `{xe: answers}` is true, `{xe: hangs}` false.
    XeAnswers(bool),
    StepStatus(String, Status),
    StepCode(String, String),
    /// A text, and whether it is a part of what the console showed.
    StepPrints(String, String, bool),
}

/// What a step does.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum Deed {
    /// `mean`: it strikes at random, for as long as the run lasts, with this mean between one time and the next.
    Fault {
        fault: Fault,
        lasts: Option<SpanRange>,
        every: Option<SpanRange>,
        times: u32,
        mean: Option<Span>,
    },
    Run(Script),
    Act(Act),
    Note(String),
}

/// What a step must come to.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct StepExpect {
    /// The line of `expect:` or `must:`.
    pub line: u32,
    /// `must:`: a failure ends its sequence.
    pub must: bool,
    /// How it ends.
    pub status: Option<Status>,
    /// The API's error code.
    pub code: Option<String>,
    /// A part of the output.
    pub prints: Option<String>,
    /// The exit status.
    pub exit: Option<i32>,
}

/// How a step came out, as expectations judge it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct Outcome<'a> {
    pub status: Status,
    pub code: Option<&'a str>,
    pub exit: Option<i32>,
    pub output: &'a str,
    /// What was expected to be printed was, where the output is cut.
    pub printed: bool,
}

impl StepExpect {
    /// Whether an outcome is what was expected: all that is said must hold.
    pub fn met_by(&self, outcome: &Outcome<'_>) -> bool {
        self.status.is_none_or(|status| status == outcome.status)
            && self.code.as_deref().is_none_or(|code| outcome.code == Some(code))
            && self.exit.is_none_or(|exit| outcome.exit == Some(exit))
            && self.prints.as_deref().is_none_or(|prints| outcome.printed || outcome.output.contains(prints))
    }
}

/// A sequence with a name: one of the worlds that the operator can't tell apart, or somebody else who types.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct NamedSteps {
    pub name: String,
    pub line: u32,
    pub steps: Vec<Step>,
}

/// When a recovery begins.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum Begin {
    /// When the timeline's last step has ended.
    AfterTimeline,
    At(SpanRange),
    WaitFor {
        condition: Condition,
        within: Span,
    },
}

/// What the operator does.
#[derive(Clone, PartialEq, Debug)]
pub struct Recovery {
    /// Its name among `recoveries`; `None` for the single `recovery`.
    pub name: Option<String>,
    /// Its line.
    pub line: u32,
    /// When it begins.
    pub begin: Begin,
    /// Whether the file says so itself; else it follows from the first step (docs/scenarios.md).
    pub says_begin: bool,
    /// Waited before a step that says no time, but the first.
    pub pace: Span,
    /// Whose console it is typed on.
    pub host: MachineId,
    /// What the operator does, in order.
    pub steps: Vec<Step>,
    /// Judges this recovery alone.
    pub expect: Option<Expect>,
}

/// The worst that may be: nothing, or a severity.
pub type Worst = Option<Severity>;

/// Expectations of a file or of a recovery.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Expect {
    /// The line of `expect:`.
    pub line: u32,
    /// `worst:` with its line, for all worlds.
    pub worst: Option<(u32, Worst)>,
    /// `worst:` by world.
    pub worst_by_world: BTreeMap<String, (u32, Worst)>,
    /// `left:` with its line.
    pub left: Option<(u32, Worst)>,
    /// Each of these occurs.
    pub hazards: Vec<HazardExpect>,
    /// None of these occurs.
    pub never: Vec<(u32, HazardId)>,
    /// How long a VM may be down at most, all in all, with the line.
    pub downtime: Vec<(u32, VmId, Span)>,
    /// How many events there may be at most, with the line.
    pub events_at_most: Option<(u32, u64)>,
    /// Steps by their ids, with the line: each must have changed something where the case has it.
    pub effects: Vec<(u32, String)>,
    /// States that must hold.
    pub states: Vec<StateExpect>,
}

/// What makes a scenario a task for whoever plays it.
#[derive(Clone, PartialEq, Debug)]
pub struct Drill {
    /// The line of `drill:`.
    pub line: u32,
    /// What the player is told first.
    pub briefing: String,
    /// How hard it is, from 1 to 3, if the file says.
    pub grade: Option<u64>,
    /// What is to be reached, where it is not the file's own goal.
    pub goal: Option<Vec<StateExpect>>,
    /// How long the player has, on the virtual clock.
    pub within: Option<Span>,
    /// What may be typed and done, by the names of commands and acts; `None`: everything.
    pub allow: Option<Vec<String>>,
    /// What counts how much.
    pub score: Score,
}

/// How a drill is counted, in points: what reaching the goal brings, and what each fault takes away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Score {
    /// The goal, reached.
    pub goal: u64,
    /// Each finding of corruption.
    pub corruption: u64,
    /// Each finding of danger.
    pub danger: u64,
    /// Each step that was a gamble: dangerous in a world that still fitted what had been seen.
    pub gamble: u64,
    /// Each whole minute that VMs were down for longer than they need have been.
    pub downtime: u64,
    /// Each step that nothing came of.
    pub needless: u64,
    /// Each hint.
    pub hint: u64,
}

impl Default for Score {
    fn default() -> Score {
        Score { goal: 100, corruption: 100, danger: 25, gamble: 20, downtime: 1, needless: 2, hint: 3 }
    }
}

impl Score {
    /// What counts, by the name of its key.
    pub fn parts(&self) -> [(&'static str, u64); 7] {
        let Score { goal, corruption, danger, gamble, downtime, needless, hint } = *self;
        [
            ("goal", goal),
            ("corruption", corruption),
            ("danger", danger),
            ("gamble", gamble),
            ("downtime", downtime),
            ("needless", needless),
            ("hint", hint),
        ]
    }
}

/// Which cases an item applies to.
#[derive(Clone, PartialEq, Debug, Default)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct Scope {
    pub world: Option<String>,
    pub recovery: Option<String>,
}

/// A hazard that must occur; parts that are left out match anything.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct HazardExpect {
    pub line: u32,
    pub scope: Scope,
    pub hazard: HazardId,
    pub vdi: Option<VdiId>,
    pub vm: Option<VmId>,
    pub sr: Option<SrId>,
    /// Exactly these hosts.
    pub hosts: Option<Vec<MachineId>>,
    /// Among the hosts.
    pub host: Option<MachineId>,
    /// The machine whose belief or deed it is.
    pub by: Option<MachineId>,
    /// The instants, both included, between which it must begin.
    pub begins: Option<(Time, Time)>,
    /// The share of the scenario's seeds, in millionths, both included, in which it must occur. Such an item is judged over
    /// the seeds and not on a run of its own.
    pub share: Option<(u32, u32)>,
}

/// When a state must hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum StateWhen {
    At(Time),
    End,
    By(Time),
    /// At every instant from the first to the second, both included.
    During(Time, Time),
}

/// A state that must hold.
#[derive(Clone, PartialEq, Debug)]
pub struct StateExpect {
    /// Its line.
    pub line: u32,
    /// Which cases it applies to.
    pub scope: Scope,
    /// When it must hold.
    pub when: StateWhen,
    /// Whose copy of the database is read; absent: the ruling one.
    pub seen_by: Option<MachineId>,
    /// All must hold.
    pub facts: Vec<Fact>,
}

/// A fact about the world: what is so, or what is believed.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "the table of keys says what each means, in the words that users see")]
pub enum Fact {
    Powered(MachineId, bool),
    Live(MachineId, bool),
    Enabled(MachineId, bool),
    Known(MachineId, bool),
    Role(MachineId, Role),
    /// The VMs with a domain on a host, as a set.
    Running(MachineId, Vec<VmId>),
    Fenced(MachineId, bool),
    PowerState(VmId, PowerState),
    ResidentOn(VmId, Option<MachineId>),
    RunningOn(VmId, Vec<MachineId>),
    /// The hosts with a lock, as a set.
    Locks(VdiId, Vec<MachineId>),
    /// The machines that have it open, as a set.
    OpenOn(VdiId, Vec<MachineId>),
    Damaged(VdiId, bool),
    Paused(VdiId, bool),
    /// The running machines that hold themselves for master of the main pool, as a set.
    Masters(Vec<MachineId>),
    DefaultSr(Option<SrId>),
}

/// One world with one recovery: what a run runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Case {
    /// A place in `worlds`.
    pub world: Option<usize>,
    /// A place in `recoveries`.
    pub recovery: Option<usize>,
    /// A place in `variants`.
    pub variant: Option<usize>,
}

impl Scenario {
    /// Every case, recoveries within worlds within variants, in the file's order.
    pub fn cases(&self) -> Vec<Case> {
        let places = |n: usize| if n == 0 { vec![None] } else { (0..n).map(Some).collect() };
        let mut cases = Vec::new();
        for variant in places(self.variants.len()) {
            for world in places(self.worlds.len()) {
                cases.extend(places(self.recoveries.len()).into_iter().map(|recovery| Case { world, recovery, variant }));
            }
        }
        cases
    }

    /// How many cases there are.
    pub fn case_count(&self) -> u64 {
        [self.variants.len(), self.worlds.len(), self.recoveries.len()].iter().map(|n| (*n).max(1) as u64).product()
    }

    /// The scenario that a case runs: itself, or a variant.
    pub fn of(&self, case: Case) -> &Scenario {
        case.variant.and_then(|at| self.variants.get(at)).map_or(self, Arc::as_ref)
    }

    /// What the matrix sets in a case, as one text: `host-dead-after=60s, command=2s`. Empty without a matrix.
    pub fn variant_name(&self, case: Case) -> String {
        set_text(&self.of(case).set)
    }

    /// The world's name in a case.
    pub fn world_name(&self, case: Case) -> Option<&str> {
        case.world.map(|at| self.worlds[at].name.as_str())
    }
    /// The recovery's name in a case.
    pub fn recovery_name(&self, case: Case) -> Option<&str> {
        case.recovery.and_then(|at| self.recoveries[at].name.as_deref())
    }

    /// The steps of a case with their sequences: timeline, world, recovery. What breaks at random stands at the front of the
    /// timeline, and takes none of its time. A place here is a
    /// [`StepIx`](crate::world::event::StepIx).
    pub fn steps(&self, case: Case) -> impl Iterator<Item = (Sequence, &Step)> {
        let world = case.world.map_or(&[][..], |at| &self.worlds[at].steps);
        let recovery = case.recovery.map_or(&[][..], |at| &self.recoveries[at].steps);
        let timeline = self.chaos.iter().chain(&self.timeline).map(|step| (Sequence::Timeline, step));
        let world = world.iter().map(|step| (Sequence::World, step));
        let recovery = recovery.iter().map(|step| (Sequence::Recovery, step));
        let operators = self.operators.iter().enumerate();
        let typed = operators.flat_map(|(at, part)| part.steps.iter().map(move |step| (Sequence::Operator(at as u8), step)));
        timeline.chain(world).chain(recovery).chain(typed)
    }

    /// The VBDs of a VM.
    pub fn vbds(&self, vm: VmId) -> &[VbdId] {
        &self.pool.names.vms[vm.at()].vbds
    }
}

/// What is set beside a file, as one text.
pub fn set_text(set: &[(String, String)]) -> String {
    set.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(", ")
}

/// How lost storage answers, as scenarios write it.
pub const IO_NAMES: [(&str, Io); 2] = [("error", Io::Error), ("hang", Io::Hang)];
