//! What a run did, as advice asks for it: which dangerous commands were typed where and when, and how a machine was at an
//! instant. Read from the steps and the trace; knows no hazard.

use crate::base::ids::{MachineId, SrId, VdiId, VmId};
use crate::base::time::Time;
use crate::command::{Ran, Target};
use crate::engine::trace::{Cause, Entry};
use crate::fault::{Act, Fault};
use crate::run::Run;
use crate::scenario::model::{Deed, Scenario};
use crate::world::event::{Event, Status, StepIx};
use crate::world::inventory::Inventory;

/// A command that makes or ends hazards, with what it was typed for where that is a name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Kind {
    Forget(Option<MachineId>),
    Reset(Option<VmId>),
    Release { host: Option<MachineId>, sr: Option<SrId>, master: bool },
    Transition,
    Recover,
    Restore,
    Start(Option<VmId>),
    LeaveHa,
    HoldRestarts,
    Other,
}

impl Kind {
    /// Whether it takes away what keeps a second user from a disk or a VM.
    pub fn lets_go(self) -> bool {
        matches!(self, Kind::Forget(_) | Kind::Reset(_) | Kind::Release { .. } | Kind::Transition | Kind::Restore)
    }
}

/// A command as it was typed.
#[derive(Clone, PartialEq, Debug)]
pub struct Command {
    /// The step.
    pub step: StepIx,
    /// Its line in the file.
    pub line: u32,
    /// As typed.
    pub text: String,
    /// What it is.
    pub kind: Kind,
    /// Whose console.
    pub console: MachineId,
    /// When its step began.
    pub began: Time,
    /// How its step ended.
    pub status: Status,
    /// The error code that its step ended with.
    pub code: Option<String>,
}

impl Command {
    /// `line 24 (…)`.
    pub fn mention(&self) -> String {
        format!("line {} (`{}`)", self.line, self.text)
    }
}

/// How a machine was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Health {
    Off,
    Hung,
    CutOff,
    ToolstackStopped,
    /// Up, but its heartbeats get lost or are late.
    Degraded,
    Well,
}

/// A run, looked back upon.
pub struct History<'a> {
    /// The run.
    pub run: &'a Run,
    /// The commands in the order of their beginning.
    pub commands: Vec<Command>,
    /// How each machine was, from when on.
    health: Vec<Vec<(Time, Health)>>,
    /// Who opened each VDI when, in order.
    opened: Vec<Vec<(Time, MachineId)>>,
    /// Who started each VM when, in order; a migration takes the time of its start along.
    started: Vec<Vec<(Time, MachineId)>>,
    /// When each machine's copy of the database became another.
    copied: Vec<Vec<Time>>,
    /// By machine: when which master came to hold it for dead, and what made it so.
    buried: Vec<Vec<(Time, MachineId, Cause)>>,
}

impl<'a> History<'a> {
    /// Looks back upon a run.
    pub fn new(scenario: &Scenario, run: &'a Run) -> History<'a> {
        let mut tracker = Tracker::new(scenario);
        let pool = &scenario.pool;
        let mut opened: Vec<Vec<_>> = pool.vdis.iter().map(|vdi| vdi.open_on.iter().map(|(m, ..)| (Time::ZERO, *m)).collect()).collect();
        let mut started: Vec<Vec<_>> = pool.vms.iter().map(|vm| vm.running_on.iter().map(|m| (Time::ZERO, *m)).collect()).collect();
        let mut copied = vec![Vec::new(); pool.hosts.len()];
        let mut buried: Vec<Vec<_>> = vec![Vec::new(); pool.hosts.len()];
        let names = &run.engine.world.names;
        for Entry { at, event, cause } in &run.engine.trace.entries {
            tracker.see(*at, event);
            match event {
                Event::DiskOpened { vdi, machine, .. } => opened[vdi.at()].push((*at, *machine)),
                Event::DomainStarted { vm, machine } => started[vm.at()].push((*at, *machine)),
                Event::DomainMoved { vm, from, to } => {
                    let since = last(&started[vm.at()], *from, *at).unwrap_or(*at);
                    started[vm.at()].push((since, *to));
                }
                Event::HostMarkedDead { by, host } => buried[names.hosts[host.at()].machine.at()].push((*at, *by, *cause)),
                Event::CopyTaken { machine, .. } => copied[machine.at()].push(*at),
                _ => {}
            }
        }
        History { run, commands: commands(run), health: tracker.health, opened, started, copied, buried }
    }

    /// The names at the end of the run.
    pub fn names(&self) -> &'a Inventory {
        &self.run.engine.world.names
    }

    /// How a machine was at an instant.
    pub fn health(&self, machine: MachineId, at: Time) -> Health {
        let health = &self.health[machine.at()];
        health[..health.partition_point(|(since, _)| *since <= at)].last().map_or(Health::Well, |(_, health)| *health)
    }

    /// When a machine last opened a VDI, no later than an instant.
    pub fn last_opened(&self, vdi: VdiId, machine: MachineId, until: Time) -> Option<Time> {
        last(&self.opened[vdi.at()], machine, until)
    }

    /// When a machine last started a VM, no later than an instant.
    pub fn last_started(&self, vm: VmId, machine: MachineId, until: Time) -> Option<Time> {
        last(&self.started[vm.at()], machine, until)
    }

    /// When a machine's copy of the database last became another, no later than an instant.
    pub fn last_copied(&self, machine: MachineId, until: Time) -> Option<Time> {
        self.copied[machine.at()].iter().rev().find(|at| **at <= until).copied()
    }

    /// What last made a master hold a machine for dead, no later than an instant.
    pub fn why_buried(&self, machine: MachineId, by: MachineId, until: Time) -> Option<Cause> {
        self.buried[machine.at()].iter().rev().find(|(at, who, _)| *who == by && *at <= until).map(|(.., cause)| *cause)
    }

    /// The events of one instant.
    pub fn at(&self, at: Time) -> impl Iterator<Item = &'a Entry> {
        let entries = &self.run.engine.trace.entries;
        let (from, until) = (entries.before(at), entries.until(at));
        entries.from(from).take(until - from)
    }

    /// What happened up to an instant, it included.
    pub fn until(&self, at: Time) -> impl DoubleEndedIterator<Item = &'a Entry> {
        let entries = &self.run.engine.trace.entries;
        entries.iter().take_while(move |entry| entry.at <= at).collect::<Vec<_>>().into_iter()
    }

    /// The line of a step.
    pub fn line(&self, step: StepIx) -> u32 {
        self.run.program.steps[usize::from(step.0)].1.line
    }

    /// `line 24 (…)` of a step with one command, `line 24` of any other.
    pub fn mention(&self, step: StepIx) -> String {
        let line = self.line(step);
        match &self.run.program.steps[usize::from(step.0)].1.deed {
            Deed::Run(script) if script.lines.len() == 1 => format!("line {line} (`{}`)", script.lines[0].text.trim()),
            _ => format!("line {line}"),
        }
    }

    /// When a step began.
    pub fn began(&self, step: StepIx) -> Time {
        self.run.engine.records[usize::from(step.0)].began.unwrap_or(Time::NEVER)
    }

    /// The first command of some kind that began within two instants.
    pub fn first(&self, from: Time, until: Time, fits: impl Fn(&Command) -> bool) -> Option<&Command> {
        self.commands.iter().find(|command| from <= command.began && command.began <= until && fits(command))
    }

    /// Acts on a machine: step, when it began, how it ended.
    pub fn acts(&self, machine: MachineId, fits: impl Fn(&Act) -> bool) -> Vec<(StepIx, Time, Status)> {
        let steps = self.run.program.steps.iter().zip(&self.run.engine.records).enumerate();
        let of = |act: &Act| match act {
            Act::PowerOff(of) | Act::PowerOn(of) | Act::Reinstall(of) | Act::CheckOff(of) => of.contains(&machine),
        };
        let on_it = steps.filter_map(|(at, ((_, step), record))| match &step.deed {
            Deed::Act(act) if of(act) && fits(act) => Some((StepIx(at as u16), record.began?, record.status)),
            _ => None,
        });
        on_it.collect()
    }

    /// Whether a step gives a machine back to the pool: its power or its links.
    pub fn brings_back(&self, step: StepIx, machine: MachineId) -> bool {
        match &self.run.program.steps[usize::from(step.0)].1.deed {
            Deed::Act(Act::PowerOn(of)) | Deed::Fault { fault: Fault::Boot(of) | Fault::ToolstackStart(of) | Fault::Unhang(of), .. } => {
                of.contains(&machine)
            }
            Deed::Fault { fault: Fault::HealNetwork(of), .. } => of.as_ref().is_none_or(|of| of.contains(&machine)),
            // A crash that ends by itself boots the machine.
            Deed::Fault { fault: Fault::Crash(of), lasts: Some(_), .. } => of.contains(&machine),
            _ => false,
        }
    }
}

/// The last of a machine's instants that is no later than one.
fn last(instants: &[(Time, MachineId)], machine: MachineId, until: Time) -> Option<Time> {
    instants.iter().rev().find(|(at, who)| *who == machine && *at <= until).map(|(at, _)| *at)
}

/// The commands that were run, as they were typed.
fn commands(run: &Run) -> Vec<Command> {
    let mut commands = Vec::new();
    for (at, (_, step)) in run.program.steps.iter().enumerate() {
        let (Deed::Run(script), record) = (&step.deed, &run.engine.records[at]) else { continue };
        let Some(began) = record.began else { continue };
        commands.extend(script.lines.iter().zip(&record.ran).map(|(line, ran)| Command {
            step: StepIx(at as u16),
            line: step.line,
            text: line.text.trim().to_owned(),
            kind: kind(ran),
            console: step.host,
            began,
            status: record.status,
            code: record.code.clone(),
        }));
    }
    commands.sort_by_key(|command| (command.began, run.engine.records[usize::from(command.step.0)].order));
    commands
}

/// What a command is to advice.
fn kind(ran: &Ran) -> Kind {
    let (host, vm) = match ran.target {
        Target::Host(machine) => (Some(machine), None),
        Target::Vm(vm) => (None, Some(vm)),
        _ => (None, None),
    };
    match (ran.command, ran.target) {
        (Some("resetvdis.py"), Target::Locks { host, sr, master }) => Kind::Release { host, sr, master },
        (Some("host-forget"), _) => Kind::Forget(host),
        (Some("vm-reset-powerstate"), _) => Kind::Reset(vm),
        (Some("pool-emergency-transition-to-master"), _) => Kind::Transition,
        (Some("pool-recover-slaves"), _) => Kind::Recover,
        (Some("pool-restore-database"), _) => Kind::Restore,
        (Some("vm-start"), _) => Kind::Start(vm),
        (Some("host-emergency-ha-disable"), _) => Kind::LeaveHa,
        (Some("pool-ha-prevent-restarts-for"), _) => Kind::HoldRestarts,
        _ => Kind::Other,
    }
}

/// Follows how machines are.
struct Tracker {
    on: Vec<bool>,
    hung: Vec<bool>,
    cut: Vec<bool>,
    split: bool,
    stopped: Vec<bool>,
    degraded: Vec<bool>,
    health: Vec<Vec<(Time, Health)>>,
}

impl Tracker {
    fn new(scenario: &Scenario) -> Tracker {
        let hosts = &scenario.pool.hosts;
        let all = |value| vec![value; hosts.len()];
        let on: Vec<bool> = hosts.iter().map(|host| host.powered).collect();
        let health = on.iter().map(|on| vec![(Time::ZERO, if *on { Health::Well } else { Health::Off })]).collect();
        Tracker { on, hung: all(false), cut: all(false), split: false, stopped: all(false), degraded: all(false), health }
    }

    fn see(&mut self, now: Time, event: &Event) {
        let set = |flags: &mut Vec<bool>, machine: &MachineId, value| flags[machine.at()] = value;
        match event {
            Event::PowerLost { machine } => {
                set(&mut self.on, machine, false);
                set(&mut self.hung, machine, false);
                self.note(now, *machine);
            }
            Event::PoweredOn { machine } | Event::Installed { machine, .. } => {
                set(&mut self.on, machine, true);
                set(&mut self.stopped, machine, false);
                self.note(now, *machine);
            }
            Event::Dom0Hung { machine } | Event::Dom0Back { machine } => {
                set(&mut self.hung, machine, matches!(event, Event::Dom0Hung { .. }));
                self.note(now, *machine);
            }
            Event::Isolated { machine } | Event::Reconnected { machine } => {
                set(&mut self.cut, machine, matches!(event, Event::Isolated { .. }));
                self.note(now, *machine);
            }
            Event::XapiStopped { machine } | Event::XapiStarting { machine } => {
                set(&mut self.stopped, machine, matches!(event, Event::XapiStopped { .. }));
                self.note(now, *machine);
            }
            Event::Degraded { machine, .. } | Event::DegradedHealed { machine } => {
                set(&mut self.degraded, machine, matches!(event, Event::Degraded { .. }));
                self.note(now, *machine);
            }
            Event::Partitioned { .. } | Event::PartitionHealed => {
                self.split = matches!(event, Event::Partitioned { .. });
                for at in 0..self.on.len() {
                    self.note(now, MachineId(at as u16));
                }
            }
            _ => {}
        }
    }

    fn note(&mut self, now: Time, machine: MachineId) {
        let at = machine.at();
        let health = match () {
            () if !self.on[at] => Health::Off,
            () if self.hung[at] => Health::Hung,
            () if self.cut[at] || self.split => Health::CutOff,
            () if self.stopped[at] => Health::ToolstackStopped,
            () if self.degraded[at] => Health::Degraded,
            () => Health::Well,
        };
        let known = &mut self.health[at];
        if known.last().is_none_or(|(_, last)| *last != health) {
            known.push((now, health));
        }
    }
}
