//! What may be lost tonight, as plain data, and one file a format.

pub mod html;
pub mod json;
pub mod md;
pub mod text;

use crate::base::ids::{MachineId, VmId};
use crate::base::time::Span;
use crate::hazard::Severity;
use crate::scenario::model::Scenario;
use crate::search::risk::{self, Loss, Nowhere, Options, Risk, Subject};
use crate::world::inventory::Inventory;

/// The report.
#[derive(Clone, Debug)]
pub struct RiskReport {
    /// The scenario's name.
    pub scenario: String,
    /// The release.
    pub release: &'static str,
    /// The seed of all draws.
    pub seed: u64,
    /// How many hosts and VMs there are.
    pub hosts: usize,
    /// VMs of the pool.
    pub vms: usize,
    /// How many pairs of hosts there are; those that were run are among the losses.
    pub pairs: usize,
    /// It was interrupted: not all was run.
    pub stopped: bool,
    /// What comes of each loss.
    pub losses: Vec<LossLine>,
}

/// What is lost.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum What {
    /// A host.
    Host,
    /// An SR.
    Sr,
    /// Two hosts at once.
    Pair,
    /// A link: a host's management, or its path to an SR.
    Link,
}

impl What {
    /// All of them, in the order of reports.
    pub const ALL: [What; 4] = [What::Host, What::Sr, What::Pair, What::Link];

    /// As scripts write it.
    pub fn name(self) -> &'static str {
        match self {
            What::Host => "host",
            What::Sr => "sr",
            What::Pair => "pair",
            What::Link => "link",
        }
    }
    /// Several of them, in words.
    pub fn heading(self) -> &'static str {
        match self {
            What::Host => "a host dies",
            What::Sr => "an SR is out of everybody's reach",
            What::Pair => "two hosts die at once",
            What::Link => "a link is cut",
        }
    }
}

/// What comes of a loss. Names are strings here.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "docs/risk.md says what each is")]
pub struct LossLine {
    pub what: Option<What>,
    /// In words: `beta`, `alpha and beta`, `beta to nfs1`.
    pub label: String,
    pub hosts: Vec<String>,
    pub sr: Option<String>,
    pub already: bool,
    pub down: Vec<String>,
    pub stuck: Vec<String>,
    pub restarted: Vec<RestartLine>,
    pub left: Vec<String>,
    pub nowhere: Vec<NowhereLine>,
    pub fenced: Vec<String>,
    pub locks: Vec<String>,
    pub master: bool,
    pub masters: Vec<String>,
    pub srs: Vec<String>,
    pub begins: Vec<(&'static str, usize)>,
    pub plan: Option<PlanLines>,
    pub against: Option<String>,
    pub wrong: Option<WrongLine>,
    pub cut: bool,
}

/// A VM that the pool starts again.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "docs/risk.md says what each is")]
pub struct RestartLine {
    pub vm: String,
    pub on: String,
    pub after: Span,
}

/// A VM that no host can run.
#[derive(Clone, Debug)]
pub struct NowhereLine {
    /// Its name.
    pub vm: String,
    /// Why, in words.
    pub why: String,
    /// `disk`, `memory`, `no-host` or `other`.
    pub kind: &'static str,
    /// The error code with which it was refused.
    pub code: Option<String>,
}

/// A plan.
#[derive(Clone, Debug)]
pub struct PlanLines {
    /// Each line: its kind, its words, and on whose console where it is typed.
    pub lines: Vec<(&'static str, String, Option<String>)>,
    /// How long they take.
    pub takes: Span,
    /// How long after the loss it begins.
    pub begins: Span,
    /// Whether none is shorter.
    pub shortest: bool,
    /// Hosts that are well and that the new master holds for dead until it has called them.
    pub meanwhile: Vec<String>,
}

/// The wrong step that does most harm.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "docs/risk.md says what each is")]
pub struct WrongLine {
    pub what: String,
    pub world: &'static str,
    pub hazard: &'static str,
    pub severity: Severity,
    pub comes: String,
}

/// What was found, to be told.
pub fn build(scenario: &Scenario, risk: &Risk, options: &Options) -> RiskReport {
    let names = &scenario.pool.names;
    RiskReport {
        scenario: scenario.name.clone(),
        release: scenario.release.name(),
        seed: options.seed.unwrap_or(scenario.seed),
        hosts: names.machines.iter().filter(|machine| !machine.spare).count(),
        vms: names.vms.len(),
        pairs: risk.pairs,
        stopped: risk.stopped,
        losses: risk.losses.iter().map(|loss| line(names, loss)).collect(),
    }
}

fn line(names: &Inventory, loss: &Loss) -> LossLine {
    let host = |machine: &MachineId| names.machine(*machine).to_string();
    let vm = |vm: &VmId| names.vm(*vm).to_string();
    let (what, label, hosts, sr) = match loss.subject {
        Subject::Host(one) => (What::Host, host(&one), vec![one], None),
        Subject::Pair(one, other) => (What::Pair, format!("{} and {}", host(&one), host(&other)), vec![one, other], None),
        Subject::Sr(sr) => (What::Sr, names.sr(sr).to_string(), Vec::new(), Some(sr)),
        Subject::Link(one) => (What::Link, format!("{} to all others", host(&one)), vec![one], None),
        Subject::Path(one, sr) => (What::Link, format!("{} to {}", host(&one), names.sr(sr)), vec![one], Some(sr)),
    };
    LossLine {
        what: Some(what),
        label,
        hosts: hosts.iter().map(host).collect(),
        sr: sr.map(|sr| names.sr(sr).to_string()),
        already: loss.already,
        down: loss.down.iter().map(vm).collect(),
        stuck: loss.stuck.iter().map(vm).collect(),
        restarted: loss.restarted.iter().map(|one| RestartLine { vm: vm(&one.vm), on: host(&one.on), after: one.after }).collect(),
        left: loss.left.iter().map(vm).collect(),
        nowhere: loss.nowhere.iter().map(|(one, why)| nowhere(names, *one, why)).collect(),
        fenced: loss.fenced.iter().map(host).collect(),
        locks: loss.locks.iter().map(|vdi| names.vdis[vdi.at()].name.clone()).collect(),
        master: loss.master,
        masters: loss.masters.iter().map(host).collect(),
        srs: loss.srs.iter().map(|sr| names.sr(*sr).to_string()).collect(),
        begins: loss.begins.iter().map(|(hazard, times)| (hazard.doc().name, *times)).collect(),
        plan: loss.plan.as_ref().map(|plan| plan_lines(names, plan)),
        against: loss.against.clone(),
        wrong: loss.wrong.as_ref().map(|wrong| WrongLine {
            what: wrong.what.clone(),
            world: wrong.world,
            hazard: wrong.hazard.doc().name,
            severity: wrong.hazard.doc().severity,
            comes: wrong.comes.clone(),
        }),
        cut: loss.cut,
    }
}

fn plan_lines(names: &Inventory, plan: &risk::Plan) -> PlanLines {
    let typed = |line: &risk::Line| (line.kind == crate::search::plan::Kind::Run).then(|| names.machine(line.host).to_string());
    PlanLines {
        lines: plan.lines.iter().map(|line| (line.kind.name(), line.text.clone(), typed(line))).collect(),
        takes: plan.takes,
        begins: plan.begins,
        shortest: plan.shortest,
        meanwhile: plan.meanwhile.iter().map(|host| names.machine(*host).to_string()).collect(),
    }
}

/// Who can run nowhere, by why, each reason once: `db, web: a disk of theirs lies on nfs1` reads better than one sentence a VM.
pub(super) fn by_reason(lines: &[NowhereLine], most: usize) -> Vec<String> {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for one in lines {
        match reasons.iter_mut().find(|(why, _)| *why == one.why) {
            Some((_, vms)) => vms.push(one.vm.clone()),
            None => reasons.push((&one.why, vec![one.vm.clone()])),
        }
    }
    let each = |(why, vms): (&str, Vec<String>)| {
        let why = if vms.len() > 1 { why.replacen("a disk of it lies", "a disk of each lies", 1) } else { why.to_owned() };
        format!("{}: {why}", few(&vms, most))
    };
    reasons.into_iter().map(each).collect()
}

fn nowhere(names: &Inventory, vm: VmId, why: &Nowhere) -> NowhereLine {
    let (kind, why, code) = match why {
        Nowhere::Disk(sr) => ("disk", format!("a disk of it lies on {}", names.sr(*sr)), None),
        Nowhere::NoHost => ("no-host", "no host is left".to_string(), None),
        Nowhere::Refused(code) if code.contains("MEMORY") || code == "NO_HOSTS_AVAILABLE" => {
            ("memory", format!("no host that is left has the memory ({code})"), Some(code.clone()))
        }
        Nowhere::Refused(code) => ("other", format!("every start is refused ({code})"), Some(code.clone())),
    };
    NowhereLine { vm: names.vm(vm).to_string(), why, kind, code }
}

impl LossLine {
    /// Whether there is anything to say of it beside its row.
    pub fn speaks(&self) -> bool {
        !self.down.is_empty() || !self.stuck.is_empty() || self.master || !self.fenced.is_empty() || !self.begins.is_empty()
    }

    /// How it came about that HA restarts some and others not, in short: `3 of 5`.
    pub fn plan_word(&self) -> String {
        match (&self.plan, &self.against) {
            (Some(plan), _) => plan.takes.to_string(),
            (None, Some(_)) => "NONE".into(),
            (None, None) => "-".into(),
        }
    }

    /// The hazard of the wrong step, in short.
    pub fn wrong_word(&self) -> &'static str {
        self.wrong.as_ref().map_or("-", |wrong| wrong.hazard)
    }
}

impl RiskReport {
    /// The losses of a kind.
    pub fn of(&self, what: What) -> impl Iterator<Item = &LossLine> {
        self.losses.iter().filter(move |loss| loss.what == Some(what))
    }

    /// The one sentence.
    pub fn sentence(&self) -> String {
        let counts = |what: What, count: &dyn Fn(&LossLine) -> usize| self.of(what).map(count).max().unwrap_or(0);
        let nowhere = counts(What::Host, &|loss| loss.nowhere.len());
        let none = self.of(What::Host).filter(|loss| loss.against.is_some()).count();
        let down = counts(What::Host, &|loss| loss.down.len());
        let pairs = counts(What::Pair, &|loss| loss.nowhere.len());
        if self.stopped && self.of(What::Host).next().is_none() {
            return "it was interrupted before a host was lost: nothing is said of any".into();
        }
        let mut parts = vec![match down {
            _ if self.stopped && down == 0 => "none of the hosts that were run before it was interrupted takes a VM with it".to_string(),
            0 => "no single host takes a VM with it".to_string(),
            _ => format!("a single host takes up to {} with it", vms(down)),
        }];
        parts.push(match nowhere {
            0 => "all can run elsewhere".into(),
            _ => format!("up to {} of them can run nowhere else", nowhere),
        });
        if none > 0 {
            parts.push(format!("for {none} of the hosts no safe plan is known"));
        }
        if pairs > nowhere {
            parts.push(format!("of two hosts at once up to {} can run nowhere else", vms(pairs)));
        }
        parts.join("; ")
    }

    /// What of the pairs was not run, as a sentence.
    pub fn pairs_left(&self) -> Option<String> {
        let run = self.of(What::Pair).count();
        (run < self.pairs && !self.stopped).then(|| {
            format!(
                "{run} of {} pairs of hosts were run: those with the least memory left for what they leave behind (`--pairs N` runs more)",
                self.pairs
            )
        })
    }

    /// What is said of the names in a plan's lines, which no shell knows; nothing where no line has one.
    pub fn names_note(&self) -> Option<&'static str> {
        let mut lines = self.losses.iter().filter_map(|loss| loss.plan.as_ref()).flat_map(|plan| &plan.lines);
        lines.any(|(_, words, _)| words.contains('$')).then_some(
            "In a plan `$NAME` stands for the UUID of the host or SR of that name, which a shell does not know: set it first, as in \
             `NAME=$(xe host-list name-label=NAME --minimal)`, or type the UUID",
        )
    }

    /// The most that any loss of a kind comes to, with its label.
    pub fn most(&self, what: What, metric: Metric) -> (u64, Option<&str>) {
        let of = |loss: &LossLine| match metric {
            Metric::VmNowhere => loss.nowhere.len(),
            Metric::VmDown => loss.down.len() + loss.stuck.len(),
            Metric::VmLeft => loss.left.len(),
            Metric::NoPlan => usize::from(loss.against.is_some()),
            Metric::Fenced => loss.fenced.len(),
        } as u64;
        let mut most: (u64, Option<&str>) = (0, None);
        for loss in self.of(what) {
            if of(loss) > most.0 {
                most = (of(loss), Some(&loss.label));
            }
        }
        most
    }
}

/// What `--fail-on` can ask for, of any loss of a kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Metric {
    /// VMs that can run nowhere.
    VmNowhere,
    /// VMs that go down or can't write.
    VmDown,
    /// VMs that nobody restarts.
    VmLeft,
    /// Whether something is to be done and no safe plan is known.
    NoPlan,
    /// Hosts that HA resets.
    Fenced,
}

impl Metric {
    /// All of them with the words that are typed.
    pub const ALL: [(&'static str, Metric); 5] = [
        ("vm-nowhere", Metric::VmNowhere),
        ("vm-down", Metric::VmDown),
        ("vm-left", Metric::VmLeft),
        ("no-plan", Metric::NoPlan),
        ("fenced", Metric::Fenced),
    ];
}

fn vms(n: usize) -> String {
    crate::report::text::layout::count(n, "VM")
}

/// The lines of a plan as they are told to people: a row of starts as its first, and how many follow.
pub(crate) fn folded(plan: &PlanLines, all: bool) -> Vec<(&'static str, String)> {
    let start = |line: &(&'static str, String, Option<String>)| line.1.starts_with("xe vm-start ");
    let mut told: Vec<(&'static str, String)> = Vec::new();
    let mut at = 0;
    while at < plan.lines.len() {
        let line = &plan.lines[at];
        let row = plan.lines[at..].iter().take_while(|other| start(other)).count();
        told.push((line.0, line.1.clone()));
        if start(line) && row > 3 && !all {
            told.push(("", format!("… and {} more VMs in the same way", row - 1)));
            at += row;
        } else {
            at += 1;
        }
    }
    told
}

/// Names in a row, the first of many.
pub(crate) fn few(names: &[String], most: usize) -> String {
    few_by(names, most, ", ")
}

/// The same with another sign between them.
pub(crate) fn few_by(names: &[String], most: usize, between: &str) -> String {
    match names.len() {
        0 => "none".to_string(),
        n if n <= most => names.join(between),
        n => format!("{}{between}and {} more", names[..most].join(between), n - most),
    }
}
