//! The shortest safe plan where a host is lost, found once for a master and once for a member in a pool of three hosts with one
//! VM, and laid out for a host with many: what is done to the VM is done to each, what is done to its SR to each of theirs.
//! That it holds there, too, is not taken for granted: whoever lays it out runs it.

use super::{Night, Options, WORLDS};
use crate::base::ids::{MachineId, SrId, VmId};
use crate::base::time::Span;
use crate::command::shell;
use crate::fault::Act;
use crate::hazard::Severity;
use crate::scenario::draft::{HaDraft, HostDraft, PoolDraft, SrDraft, VmDraft};
use crate::scenario::model::{Condition, ConditionPart, Deed, Fact, Scenario, Scope, StateExpect, StateWhen, Step, When};
use crate::search::orders::harm;
use crate::search::plan::{self, Kind, quoted, variable};
use crate::world::inventory::{Inventory, SrType};
use std::collections::BTreeSet;

/// What the small pool calls its things: words that no other text of a plan holds.
const LOST: &str = "hostlost";
const NEXT: &str = "hostnext";
const THIRD: &str = "hostthird";
const VM: &str = "vmone";
const SR: &str = "srone";
/// Plans of the small pool are looked for up to so many steps.
const DEPTH: usize = 7;

/// A line of a plan.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// What kind of step it is.
    pub kind: Kind,
    /// As it is typed or written.
    pub text: String,
    /// Whose console it is typed on.
    pub host: MachineId,
    /// The VM that it starts.
    pub starts: Option<VmId>,
    /// A look, which may find nobody.
    pub(super) may_fail: bool,
    deed: Deed,
    when: When,
}

impl Line {
    /// Hands see to it that a host is off.
    pub(super) fn makes_sure(&self) -> bool {
        matches!(self.deed, Deed::Act(Act::PowerOff(_) | Act::CheckOff(_)))
    }

    /// Hosts are waited for until the pool holds them for alive: after a promotion that takes their restart and a heartbeat.
    pub(super) fn until_they_live(hosts: Vec<MachineId>, console: MachineId) -> Line {
        let text = "until all hosts that are left are live (xe host-list params=name-label,host-metrics-live)".to_string();
        let condition = Condition { line: 0, parts: vec![ConditionPart::Live(hosts, true)] };
        let when = When::WaitFor { condition, within: Span::mins(30) };
        Line { kind: Kind::Wait, host: console, starts: None, may_fail: false, deed: Deed::Note(text.clone()), text, when }
    }

    pub(super) fn step(&self, id: &str) -> Step {
        Step::named(id, self.when.clone(), self.deed.clone(), self.host)
    }
}

/// A line in the small pool's words.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    kind: Kind,
    text: String,
    deed: Deed,
    when: When,
}

impl Shape {
    fn typed(text: &str) -> Option<Shape> {
        let script = shell::parse(text).ok()?;
        Some(Shape { kind: Kind::Run, text: text.to_string(), deed: Deed::Run(script), when: When::Next })
    }

    /// The new master's agent starts anew, and answers nothing meanwhile.
    fn until_it_is_up(night: &Night) -> Shape {
        let settings = &night.stage.settings;
        let span = settings.role_change + settings.xapi_start + Span::secs(30);
        let text = format!("{span}, until the new master's agent is up");
        Shape { kind: Kind::Wait, deed: Deed::Note(text.clone()), text, when: When::AfterPrevious((span, span)) }
    }

    fn promotes(&self) -> bool {
        self.text.contains("pool-emergency-transition-to-master")
    }

    /// The lines that it is for a host with these VMs on these SRs.
    pub(super) fn filled(&self, names: &Inventory, host: MachineId, console: MachineId, vms: &[VmId], srs: &BTreeSet<SrId>) -> Vec<Line> {
        let line = |text: String, deed: Deed, when: When, starts: Option<VmId>| Line {
            kind: self.kind,
            may_fail: self.kind == Kind::Look,
            host: console,
            text,
            starts,
            deed,
            when,
        };
        let typed = |text: String, starts: Option<VmId>| {
            let deed = shell::parse(&text).ok().map(Deed::Run)?;
            Some(line(text, deed, When::Next, starts))
        };
        match &self.deed {
            Deed::Act(act) => {
                let hands = |name: &str, act: Act| vec![line(format!("{name} {}", names.machine(host)), Deed::Act(act), When::Next, None)];
                match act {
                    Act::PowerOff(_) => hands("power-off", Act::PowerOff(vec![host])),
                    Act::PowerOn(_) => hands("power-on", Act::PowerOn(vec![host])),
                    Act::CheckOff(_) => hands("check-off", Act::CheckOff(vec![host])),
                    _ => Vec::new(),
                }
            }
            Deed::Run(_) if self.text.contains(VM) => {
                let starts = |vm: VmId| self.text.contains("vm-start").then_some(vm);
                let one = |vm: &VmId| typed(self.words(names, host, console).replace(VM, &quoted(names.vm(*vm))), starts(*vm));
                vms.iter().filter_map(one).collect()
            }
            Deed::Run(_) if self.text.contains(SR) => {
                let own = |sr: &SrId| variable(names, names.sr(*sr), &names.srs[sr.at()].uuid);
                let one = |sr: &SrId| typed(self.words(names, host, console).replace(&format!("${SR}"), &own(sr)), None);
                srs.iter().filter_map(one).collect()
            }
            Deed::Run(_) => typed(self.words(names, host, console), None).into_iter().collect(),
            deed => vec![line(self.text.clone(), deed.clone(), self.when.clone(), None)],
        }
    }

    /// Its words with the hosts' names in them.
    fn words(&self, names: &Inventory, host: MachineId, console: MachineId) -> String {
        let uuid = |machine: MachineId| names.hosts.iter().find(|name| name.machine == machine).map_or("", |name| &name.uuid);
        let typed = |machine: MachineId| variable(names, names.machine(machine), uuid(machine));
        self.text
            // xe chooses a host that has room.
            .replace(&format!(" on={NEXT}"), "")
            .replace(&format!("${LOST}"), &typed(host))
            .replace(&format!("${NEXT}"), &typed(console))
            .replace(LOST, names.machine(host))
            .replace(NEXT, names.machine(console))
    }

    /// It holds for any pool: it is about nobody but the host that is lost, the console's, the VM and its SR.
    fn is_general(&self) -> bool {
        let waits = match &self.when {
            When::WaitFor { condition, .. } => condition.parts.iter().all(|part| matches!(part, ConditionPart::XeAnswers(_))),
            When::Next => true,
            _ => false,
        };
        waits && !self.text.contains(THIRD) && (!self.text.contains("vm-start") || self.text.contains(&format!(" on={NEXT}")))
    }
}

/// A plan in the small pool's words.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) lines: Vec<Shape>,
    pub(super) shortest: bool,
    pub(super) wrong: Option<WrongShape>,
}

/// What does most harm in the small pool.
#[derive(Clone, Debug)]
pub(super) struct WrongShape {
    pub(super) lines: Vec<Shape>,
    pub(super) what: Words,
    /// In which world, by its place.
    pub(super) world: usize,
}

/// What was done wrong.
#[derive(Clone, Debug)]
pub(super) enum Words {
    /// A line of the plan is left out.
    LeftOut(Box<Shape>),
    /// This is typed instead of the plan.
    Instead(Box<Shape>),
}

impl Words {
    pub(super) fn filled_words(&self, names: &Inventory, host: MachineId, console: MachineId, vms: &[VmId]) -> String {
        let text = |shape: &Shape| {
            let vm = vms.first().map_or(String::new(), |vm| quoted(names.vm(*vm)));
            let words = shape.words(names, host, console).replace(VM, &vm);
            words.replace(&format!(" ${SR}"), " SR")
        };
        match self {
            Words::LeftOut(shape) => format!("`{}` is left out", text(shape)),
            Words::Instead(shape) => format!("`{}` is typed at once", text(shape)),
        }
    }
}

/// The plans for a master and for a member.
pub(super) struct Patterns {
    master: Option<Pattern>,
    member: Option<Pattern>,
}

impl Patterns {
    pub(super) fn found(night: &Night, options: &Options, stopped: &(dyn Fn() -> bool + Sync)) -> Patterns {
        let found = |master: bool| {
            (night.members.len() > 1).then(|| small(night, master)).flatten().map(|pool| pattern(&pool, master, options, stopped))
        };
        let members = night.members.iter().any(|host| *host != night.stage.pool.master);
        Patterns { master: found(true), member: members.then(|| found(false)).flatten() }
    }

    pub(super) fn of(&self, night: &Night, host: MachineId) -> Option<&Pattern> {
        if host == night.stage.pool.master { self.master.as_ref() } else { self.member.as_ref() }
    }
}

/// The small pool: the host that is lost, the one whose console is used, one more where the pool has more; settings, release and HA as
/// in the pool itself.
fn small(night: &Night, master: bool) -> Option<Scenario> {
    let pool = &night.stage.pool;
    let mut hosts = if master { vec![LOST, NEXT] } else { vec![NEXT, LOST] };
    if night.members.len() > 2 {
        hosts.push(THIRD);
    }
    let kind = pool.names.srs.iter().map(|sr| sr.kind).find(|kind| kind.shared()).unwrap_or(SrType::Nfs);
    let ha = pool.ha.as_ref().map(|ha| HaDraft {
        timeout: Some(ha.timeout),
        failures_to_tolerate: ha.failures_to_tolerate.min(1),
        allow_overcommit: ha.allow_overcommit,
        known_faults: ha.known_faults,
        ..HaDraft::default()
    });
    let draft = PoolDraft {
        hosts: hosts.into_iter().map(HostDraft::new).collect(),
        srs: vec![SrDraft { kind: Some(kind), ..SrDraft::new(SR) }],
        vms: vec![VmDraft::running(VM, LOST)],
        ha,
        ..PoolDraft::default()
    };
    let mut small = night.stage.clone();
    small.pool = draft.build(&night.stage.settings).ok()?;
    Some(small)
}

fn id(pool: &Scenario, name: &str) -> MachineId {
    pool.pool.names.machine_ids().find(|machine| pool.pool.names.machine(*machine) == name).unwrap_or(MachineId(0))
}

fn pattern(pool: &Scenario, master: bool, options: &Options, stopped: &(dyn Fn() -> bool + Sync)) -> Pattern {
    let (lost, next) = (id(pool, LOST), id(pool, NEXT));
    let night = Night::of(pool.clone(), options);
    let mut scene = night.scene(&[lost], next, &[]);
    // A search knows no wait of its own length: a line has been typed, and its agent started, in half a minute.
    scene.recoveries[0].pace = Span::secs(30);
    let facts = vec![Fact::RunningOn(VmId(0), vec![next])];
    scene.goal = Some(vec![StateExpect { line: 0, scope: Scope::default(), when: StateWhen::End, seen_by: None, facts }]);
    let asked = plan::Options {
        seed: options.seed,
        max_events: options.max_events,
        max_work: options.max_work,
        depth: DEPTH,
        tries: options.tries,
        recovery: 0,
        without: Vec::new(),
        brute: false,
        wide: false,
        anew: true,
        despite: false,
    };
    let answer = plan::plan(&scene, &asked, stopped);
    let straight = answer.plan.filter(|plan| plan.lines.iter().all(|line| line.ways.is_empty()));
    let shape =
        |line: &plan::Line| Shape { kind: line.kind, text: line.text.clone(), deed: line.step.deed.clone(), when: line.step.when.clone() };
    let found = straight.map(|plan| plan.lines.iter().map(shape).collect::<Vec<_>>()).filter(|lines| lines.iter().all(Shape::is_general));
    let shortest = found.is_some();
    let lines = waiting(&night, found.unwrap_or_else(|| by_the_manual(lost, master)));
    let wrong = worst(&night, lost, next, &lines);
    Pattern { lines, shortest, wrong }
}

/// The same with a wait behind the promotion, and with the members called, which else stay without a master.
fn waiting(night: &Night, lines: Vec<Shape>) -> Vec<Shape> {
    let calls = lines.iter().any(|line| line.text.contains("pool-recover-slaves")) || night.members.len() < 3;
    let mut waiting = Vec::new();
    for line in lines {
        let promotes = line.promotes();
        waiting.push(line);
        if promotes {
            waiting.push(Shape::until_it_is_up(night));
            waiting.extend(Shape::typed("xe pool-recover-slaves").filter(|_| !calls));
        }
    }
    waiting
}

/// The manual's way (member failures, master failures), where a search has found no other.
fn by_the_manual(lost: MachineId, master: bool) -> Vec<Shape> {
    let off = Act::PowerOff(vec![lost]);
    let mut lines = vec![Shape { kind: Kind::Act, text: format!("power-off {LOST}"), deed: Deed::Act(off), when: When::Next }];
    lines.extend(Shape::typed("xe pool-emergency-transition-to-master").filter(|_| master));
    let words = [
        format!("xe host-forget uuid=${LOST} --force"),
        format!("/opt/xensource/sm/resetvdis.py ${LOST} ${SR}{}", if master { " master" } else { "" }),
        format!("xe vm-start vm={VM} on={NEXT}"),
    ];
    lines.extend(words.iter().filter_map(|text| Shape::typed(text)));
    lines
}

/// What does most harm in the small pool: a line of the plan left out, or a shorter way that somebody in haste may take.
fn worst(night: &Night, lost: MachineId, next: MachineId, lines: &[Shape]) -> Option<WrongShape> {
    let mut ways: Vec<(Words, Vec<Shape>)> = Vec::new();
    for at in 0..lines.len() {
        let mut left = lines.to_vec();
        let out = left.remove(at);
        ways.push((Words::LeftOut(Box::new(out)), left));
    }
    let hasty = [
        vec![format!("xe vm-reset-powerstate vm={VM} --force"), format!("xe vm-start vm={VM} on={NEXT}")],
        vec!["xe pool-emergency-transition-to-master".to_string()],
    ];
    for texts in hasty {
        let shapes: Vec<Shape> = texts.iter().filter_map(|text| Shape::typed(text)).collect();
        if let Some(first) = shapes.first().cloned() {
            ways.push((Words::Instead(Box::new(first)), shapes));
        }
    }
    let names = &night.stage.pool.names;
    let srs: BTreeSet<SrId> = names.sr_ids().collect();
    let mut found: Option<(Severity, WrongShape)> = None;
    for (what, lines) in ways {
        let filled: Vec<Line> = lines.iter().flat_map(|line| line.filled(names, lost, next, &[VmId(0)], &srs)).collect();
        let scene = night.scene(&[lost], next, &filled);
        for (world, case) in scene.cases().into_iter().enumerate().take(WORLDS.len()) {
            let run = night.played(&scene, case);
            let Some(harm) = harm(&run.found, run.engine.recovery_began) else { continue };
            let severity = harm.hazard.doc().severity;
            if found.as_ref().is_none_or(|(worst, _)| severity > *worst) {
                found = Some((severity, WrongShape { lines: lines.clone(), what: what.clone(), world }));
            }
        }
    }
    found.map(|(_, wrong)| wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a small pool's words become for a host with several VMs, worked out by hand.
    #[test]
    fn a_line_is_filled_for_each_vm_and_each_sr() {
        let yaml = "pool:\n  hosts: [alpha, beta, gamma]\n  storage: {nfs1: {type: nfs}, nfs-2: {type: nfs}}\n  vms:\n    db: {running-on: beta}\n    \"a b\": {running-on: beta}\n";
        let scenario = crate::scenario::load("x.yaml", yaml).unwrap().scenario;
        let names = &scenario.pool.names;
        let (beta, alpha) = (MachineId(1), MachineId(0));
        let srs: BTreeSet<SrId> = names.sr_ids().collect();
        let texts = |shape: Shape| -> Vec<String> {
            shape.filled(names, beta, alpha, &[VmId(1), VmId(0)], &srs).into_iter().map(|line| line.text).collect()
        };
        for shape in by_the_manual(MachineId(0), true) {
            let wanted: &[&str] = match shape.text.split_whitespace().find(|word| word.contains('-') || word.contains('/')).unwrap() {
                "power-off" => &["power-off beta"],
                "pool-emergency-transition-to-master" => &["xe pool-emergency-transition-to-master"],
                "pool-recover-slaves" => &["xe pool-recover-slaves"],
                "until" => &["until `xe` answers"],
                "host-forget" => &["xe host-forget uuid=$beta --force"],
                "vm-start" => &["xe vm-start vm='a b'", "xe vm-start vm=db"],
                _ => &["/opt/xensource/sm/resetvdis.py $beta $nfs1 master", "/opt/xensource/sm/resetvdis.py $beta ${nfs-2} master"],
            };
            assert_eq!(texts(shape), wanted);
        }
    }
}
