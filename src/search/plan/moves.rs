//! What an operator may do next: acts, looks, commands and waits, with arguments from the pool, as far as they can bear on the
//! goal or on a hazard (docs/plan.md says by which rules). None of them mends what broke: a plan makes do with what is left.

use crate::base::ids::{MachineId, SrId, VmId};
use crate::base::time::Span;
use crate::command::shell;
use crate::fault::Act;
use crate::scenario::model::{Condition, ConditionPart, Deed, Fact, Scenario, Step, When};
use crate::world::belief::PowerState;
use crate::world::inventory::Inventory;
use crate::world::{MAIN_POOL, World};
use std::collections::BTreeSet;

/// What kind of move it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Hands at a machine.
    Act,
    /// Somebody looks, and nothing is changed.
    Look,
    /// A command.
    Run,
    /// Nothing is done until `xe` shows something.
    Wait,
}

impl Kind {
    /// As reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Act => "act",
            Kind::Look => "look",
            Kind::Run => "run",
            Kind::Wait => "wait",
        }
    }
}

/// A move.
#[derive(Clone, Debug)]
pub struct Move {
    /// Its kind.
    pub kind: Kind,
    /// As it is typed or written: `xe host-forget uuid=$beta --force`, `power-off beta`.
    pub text: String,
    /// Whether hands are needed for it.
    pub hands: bool,
    /// The VM that it starts.
    pub starts: Option<VmId>,
    /// As a step, whose id is what it is called.
    pub step: Step,
}

/// A wait that is longer is none.
const PATIENCE: Span = Span::mins(30);

/// How moves are found.
pub(super) struct Finder<'s> {
    scenario: &'s Scenario,
    /// The worlds as they stand when the plan begins.
    worlds: &'s [&'s World],
    console: MachineId,
    moves: Vec<Move>,
}

/// The moves that are tried, in the order in which ties are broken. `wide`: with no regard to what can bear on the goal.
pub(super) fn moves(scenario: &Scenario, worlds: &[&World], console: MachineId, wide: bool) -> Vec<Move> {
    let mut finder = Finder { scenario, worlds, console, moves: Vec::new() };
    finder.find(wide);
    finder.moves
}

/// Whose databases somebody may be looking at: the one that rules, and where several hold themselves for master, the others'.
fn databases(world: &World) -> impl Iterator<Item = MachineId> {
    let ruler = world.ruler();
    std::iter::once(ruler).chain(world.masters(MAIN_POOL).filter(move |machine| *machine != ruler))
}

/// Whether a machine does not look well to its pool in some world: it is dark or silent, or some master holds it for dead, or it
/// has no master.
fn suspect(worlds: &[&World], machine: MachineId) -> bool {
    worlds.iter().any(|world| {
        let dead = |by| world.db(by).host(world.host_on(machine)).is_none_or(|record| !record.live);
        !world.powered(machine)
            || !world.dom0_answers(machine)
            || databases(world).any(dead)
            || world.reached_master(machine).is_none()
            || !world.xapi_runs(machine)
    })
}

/// The console that commands are typed on: the recovery's, unless it does not answer in some world; then the first that does
/// in all of them.
pub(super) fn console(scenario: &Scenario, worlds: &[&World], own: MachineId) -> MachineId {
    let answers = |machine: &MachineId| !worlds.iter().any(|world| !world.powered(*machine) || !world.dom0_answers(*machine));
    let members = scenario.pool.names.machine_ids().filter(|machine| !scenario.pool.names.machines[machine.at()].spare);
    std::iter::once(own).chain(members).find(answers).unwrap_or(own)
}

impl Finder<'_> {
    fn find(&mut self, wide: bool) {
        let own = self.console;
        let names = &self.scenario.pool.names;
        // Who recovers from a machine that is in no pool is about to bring the pool up there.
        let members: Vec<MachineId> =
            names.machine_ids().filter(|machine| !names.machines[machine.at()].spare || *machine == own).collect();
        let restores = names.machines[own.at()].spare && !self.scenario.pool.dumps.is_empty();
        let goal = Goal::of(self.scenario);
        let worlds = self.worlds;
        let is_bad = |machine: &MachineId| wide || suspect(worlds, *machine) || goal.hosts.contains(machine);
        let bad: Vec<MachineId> = members.iter().copied().filter(is_bad).collect();
        let master = self.scenario.pool.master;
        let headless = wide || worlds.iter().any(|world| world.reached_master(self.console).is_none());
        let vms: Vec<VmId> = names.vm_ids().filter(|vm| wide || self.wants(&goal, &bad, *vm)).collect();

        for host in &bad {
            self.act("check-off", Act::CheckOff(vec![*host]), *host);
        }
        for host in bad.iter().filter(|host| wide || **host != own) {
            for (line, word) in [("list_domains", "domains"), ("tap-ctl list", "disks"), ("xe host-list params=name-label", "asks")] {
                self.line(Kind::Look, &format!("{word}-{}", names.machine(*host)), line, *host, None);
            }
        }
        // Whoever restores sits at a spare machine: to cut its power before it comes up is no way to take that back.
        for host in bad.iter().filter(|host| wide || !restores || **host != own) {
            self.act("power-off", Act::PowerOff(vec![*host]), *host);
        }
        for host in bad.iter().filter(|host| goal.hosts.contains(host)) {
            self.act("power-on", Act::PowerOn(vec![*host]), *host);
        }
        let several = worlds.iter().any(|world| world.masters(MAIN_POOL).count() > 1);
        if several && !headless && !wide {
            // What a second master has told the members can be told them again, and that master too.
            self.line(Kind::Run, &format!("recover-{}", names.machine(own)), "xe pool-recover-slaves", own, None);
        }
        if restores {
            for dump in &self.scenario.pool.dumps {
                let line = format!("xe pool-restore-database file-name={} --force", quoted(dump));
                self.line(Kind::Run, &format!("restore-{dump}"), &line, own, None);
            }
            if !headless {
                self.wait("answers", vec![ConditionPart::XeAnswers(true)]);
            }
        }
        if restores || headless {
            // A toolstack that is about to restart answers until it does, and refuses connections before it is there again.
            self.pause();
        }
        if headless {
            let masters = if wide { members.clone() } else { vec![self.console] };
            for host in masters {
                let name = names.machine(host);
                self.line(Kind::Run, &format!("promote-{name}"), "xe pool-emergency-transition-to-master", host, None);
                self.line(Kind::Run, &format!("recover-{name}"), "xe pool-recover-slaves", host, None);
            }
            self.wait("answers", vec![ConditionPart::XeAnswers(true)]);
        }
        for host in bad.iter().filter(|host| wide || **host != own) {
            let line = format!("xe host-forget uuid={} --force", self.host(*host));
            self.line(Kind::Run, &format!("forget-{}", names.machine(*host)), &line, self.console, None);
        }
        for vm in &vms {
            let line = format!("xe vm-reset-powerstate vm={} --force", quoted(names.vm(*vm)));
            self.line(Kind::Run, &format!("reset-{}", names.vm(*vm)), &line, self.console, None);
        }
        let srs: BTreeSet<SrId> =
            vms.iter().flat_map(|vm| self.scenario.vbds(*vm)).map(|vbd| names.vdis[names.vbds[vbd.at()].vdi.at()].sr).collect();
        for host in &bad {
            for sr in names.sr_ids().filter(|sr| wide || srs.contains(sr)) {
                let line = format!("/opt/xensource/sm/resetvdis.py {} {}", self.host(*host), self.sr(sr));
                let id = format!("release-{}-{}", names.machine(*host), names.sr(sr));
                self.line(Kind::Run, &id, &line, self.console, None);
                // The word is for hosts that were the SR's master, alone.
                if wide || *host == master || names.srs[sr.at()].machine == Some(*host) {
                    self.line(Kind::Run, &format!("{id}-master"), &format!("{line} master"), self.console, None);
                }
            }
        }
        for vm in &vms {
            let wanted: Vec<MachineId> = goal.places.iter().filter(|(of, _)| of == vm).map(|(_, machine)| *machine).collect();
            for host in &members {
                let well = || !suspect(worlds, *host) || *host == self.console;
                if !wide && !(if wanted.is_empty() { well() } else { wanted.contains(host) }) {
                    continue;
                }
                let line = format!("xe vm-start vm={} on={}", quoted(names.vm(*vm)), quoted(names.machine(*host)));
                self.line(Kind::Run, &format!("start-{}-{}", names.vm(*vm), names.machine(*host)), &line, self.console, Some(*vm));
            }
        }
        for vm in names.vm_ids().filter(|vm| goal.halted.contains(vm)) {
            let line = format!("xe vm-shutdown vm={}", quoted(names.vm(vm)));
            self.line(Kind::Run, &format!("shutdown-{}", names.vm(vm)), &line, self.console, None);
        }
        // Whose database is about to be taken for its own boots, and shows itself when it is there again.
        let waited = |host: &MachineId| wide || headless && *host != own || goal.hosts.contains(host) || restores && *host == own;
        for host in members.iter().filter(|host| waited(host)) {
            self.wait(&format!("live-{}", names.machine(*host)), vec![ConditionPart::Live(vec![*host], true)]);
        }
    }

    /// Whether a VM has to do with the goal, and does not run well in some world.
    fn wants(&self, goal: &Goal, bad: &[MachineId], vm: VmId) -> bool {
        let ran = !self.scenario.pool.vms[vm.at()].running_on.is_empty();
        let meant = if self.scenario.goal.is_none() { ran } else { goal.vms.contains(&vm) };
        let badly = self.worlds.iter().any(|world| {
            let on: Vec<MachineId> = world.runs_on(vm).collect();
            let wrong = |by| {
                let record = world.db(by).vm(vm);
                let believed = record.and_then(|record| record.resident_on).map(|host| world.names.hosts[host.at()].machine);
                believed.iter().any(|machine| bad.contains(machine)) || believed != on.first().copied()
            };
            on.len() != 1 || on.iter().any(|machine| bad.contains(machine)) || databases(world).any(wrong)
        });
        meant && badly
    }

    fn act(&mut self, name: &str, act: Act, host: MachineId) {
        let text = format!("{name} {}", self.scenario.pool.names.machine(host));
        let kind = if matches!(act, Act::CheckOff(_)) { Kind::Look } else { Kind::Act };
        let step = self.step(&text, Deed::Act(act), When::Next, self.console);
        self.moves.push(Move { kind, text, hands: true, starts: None, step });
    }

    fn line(&mut self, kind: Kind, id: &str, line: &str, console: MachineId, starts: Option<VmId>) {
        let Ok(script) = shell::parse(line) else { return };
        let step = self.step(id, Deed::Run(script), When::Next, console);
        self.moves.push(Move { kind, text: line.to_owned(), hands: false, starts, step });
    }

    fn wait(&mut self, id: &str, parts: Vec<ConditionPart>) {
        let condition = Condition { line: 0, parts };
        let text = crate::scenario::words::condition(&condition, &self.scenario.pool.names);
        let when = When::WaitFor { condition, within: PATIENCE };
        let words = format!("wait until {text}");
        let step = self.step(&format!("wait-{id}"), Deed::Note(words), when, self.console);
        self.moves.push(Move { kind: Kind::Wait, text, hands: false, starts: None, step });
    }

    /// A minute goes by.
    fn pause(&mut self) {
        const MINUTE: Span = Span::mins(1);
        let step = self.step("wait-a-minute", Deed::Note("wait a minute".into()), When::AfterPrevious((MINUTE, MINUTE)), self.console);
        self.moves.push(Move { kind: Kind::Wait, text: "a minute".into(), hands: false, starts: None, step });
    }

    fn step(&self, id: &str, deed: Deed, when: When, host: MachineId) -> Step {
        Step::named(slug(id), when, deed, host)
    }

    /// A host as it is typed: a variable, where its name is one of its own.
    fn host(&self, host: MachineId) -> String {
        let names = &self.scenario.pool.names;
        let uuid = names.hosts.iter().find(|name| name.machine == host).map_or("", |name| &name.uuid);
        variable(names, names.machine(host), uuid)
    }

    fn sr(&self, sr: SrId) -> String {
        let names = &self.scenario.pool.names;
        variable(names, names.sr(sr), &names.srs[sr.at()].uuid)
    }
}

/// A thing as it is typed: a variable, where its name is one of its own, else its UUID.
pub(in crate::search) fn variable(names: &Inventory, name: &str, uuid: &str) -> String {
    let all = names.machines.iter().map(|it| &it.name).chain(names.srs.iter().map(|it| &it.name));
    let all = all.chain(names.vms.iter().map(|it| &it.name)).chain(names.vdis.iter().map(|it| &it.name));
    let once = all.filter(|other| *other == name).count() == 1 && name != "pool";
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    match () {
        () if once && name.chars().all(plain) => format!("${name}"),
        () if once && name.chars().all(|c| plain(c) || c == '-') => format!("${{{name}}}"),
        () => uuid.to_owned(),
    }
}

/// What a goal is about.
struct Goal {
    hosts: BTreeSet<MachineId>,
    vms: BTreeSet<VmId>,
    halted: BTreeSet<VmId>,
    /// Where a VM is wanted.
    places: Vec<(VmId, MachineId)>,
}

impl Goal {
    fn of(scenario: &Scenario) -> Goal {
        let mut goal = Goal { hosts: BTreeSet::new(), vms: BTreeSet::new(), halted: BTreeSet::new(), places: Vec::new() };
        for fact in scenario.goal.iter().flatten().flat_map(|item| &item.facts) {
            match fact {
                Fact::Powered(host, _) | Fact::Live(host, _) | Fact::Enabled(host, _) | Fact::Known(host, _) | Fact::Role(host, _) => {
                    goal.hosts.insert(*host);
                }
                Fact::Fenced(host, _) => {
                    goal.hosts.insert(*host);
                }
                Fact::Running(host, vms) => {
                    goal.hosts.insert(*host);
                    goal.vms.extend(vms);
                    goal.places.extend(vms.iter().map(|vm| (*vm, *host)));
                }
                Fact::PowerState(vm, PowerState::Halted) => {
                    goal.halted.insert(*vm);
                }
                Fact::PowerState(vm, _) => {
                    goal.vms.insert(*vm);
                }
                Fact::ResidentOn(vm, on) => {
                    goal.vms.insert(*vm);
                    goal.places.extend(on.map(|on| (*vm, on)));
                }
                Fact::RunningOn(vm, on) if on.is_empty() => {
                    goal.halted.insert(*vm);
                }
                Fact::RunningOn(vm, on) => {
                    goal.vms.insert(*vm);
                    goal.places.extend(on.first().map(|on| (*vm, *on)));
                }
                Fact::Locks(vdi, _)
                | Fact::OpenOn(vdi, _)
                | Fact::Damaged(vdi, _)
                | Fact::Paused(vdi, _)
                | Fact::Activating(vdi, _)
                | Fact::Relinking(vdi, _) => {
                    goal.vms.insert(scenario.pool.names.vdis[vdi.at()].vm);
                }
                Fact::Masters(of) => goal.hosts.extend(of),
                Fact::DefaultSr(_) => {}
            }
        }
        goal
    }
}

/// A word as a shell reads it.
pub(in crate::search) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// A text as the id of a step, which has neither dots nor blanks.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars().take(80) {
        match c {
            c if c.is_ascii_alphanumeric() || c == '_' => slug.push(c),
            _ if slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    slug.trim_matches('-').to_owned()
}
