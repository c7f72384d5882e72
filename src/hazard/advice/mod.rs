//! What should have been done about a finding, looked back upon: its words, and what several hazards ask of the run. What one
//! hazard alone advises stands in its own file. Knows no hazard.

mod chains;
mod home;
mod left;
mod resort;
mod users;

pub use left::variable;
pub use users::RESTARTED;

use super::Place;
use super::hindsight::{Command, Hands, Health, Hindsight, Kind};
use super::remedy::{Advice, At, Remedy, Way, Work};
use super::telling;
use super::watch::Found;
use crate::base::ids::{MachineId, VdiId, VmId};
use crate::base::time::Time;
use crate::world::World;
use crate::world::event::{Event, Status, StepIx};
use crate::world::inventory::Inventory;

/// One finding, looked back upon.
pub struct Adviser<'a> {
    /// The run.
    pub past: &'a Hindsight<'a>,
    /// The world at its end.
    pub world: &'a World,
    /// The finding.
    pub found: &'a Found,
    /// The steps of its cause, in order.
    pub causes: &'a [StepIx],
}

impl<'a> Adviser<'a> {
    /// A finding of a run, with the steps of its cause.
    pub fn new(past: &'a Hindsight<'a>, found: &'a Found, causes: &'a [StepIx]) -> Adviser<'a> {
        Adviser { past, world: past.world, found, causes }
    }

    // ---- words

    /// What things are called.
    pub fn names(&self) -> &'a Inventory {
        &self.world.names
    }

    /// A machine's name.
    pub fn machine(&self, machine: MachineId) -> &'a str {
        self.names().machine(machine)
    }

    /// Machines, as a list.
    pub fn list(&self, machines: &[MachineId]) -> String {
        let names: Vec<&str> = machines.iter().map(|m| self.machine(*m)).collect();
        telling::list(&names, "the host")
    }

    /// How a machine was when it was taken for dead.
    pub fn was(&self, machine: MachineId, at: Time) -> String {
        let name = self.machine(machine);
        match self.past.health(machine, at) {
            Health::Off => format!("{name} was off"),
            Health::Hung => format!("{name} hung, but its guests ran on"),
            Health::CutOff => format!("{name} was cut off, not dead"),
            Health::ToolstackStopped => format!("only the toolstack of {name} had stopped"),
            Health::Degraded => format!("{name} was up, and only its heartbeats were lost"),
            Health::Well => format!("{name} was up"),
        }
    }

    /// "power off beta, or see that it is off, before line 24 (…): beta was cut off, not dead".
    pub fn off_before(&self, machines: &[MachineId], command: &Command) -> Advice {
        let at = command.began;
        // Whose locks are in use is not switched off for a release that nobody needs.
        if matches!(command.kind, Kind::Release { .. }) && machines.iter().all(|m| self.past.health(*m, at) == Health::Well) {
            let were = if machines.len() == 1 { "was" } else { "were" };
            let text = format!("leave out {}: {} {were} up, and the locks in use", command.mention(), self.list(machines));
            return Advice::never(text, vec![Remedy::LeaveOut(command.step)]);
        }
        let on: Vec<MachineId> = machines.iter().copied().filter(|m| self.past.health(*m, at) != Health::Off).collect();
        let who = if on.is_empty() { machines } else { on.as_slice() };
        let it_is = if who.len() == 1 { "it is" } else { "they are" };
        let was: Vec<String> = who.iter().map(|m| self.was(*m, at)).collect();
        let mut text = format!("power off {}, or see that {it_is} off, before {}: {}", self.list(who), command.mention(), was.join("; "));
        for machine in who {
            if let Some((_, act)) = self.past.hands(*machine, Hands::PowerOff).find(|(began, _)| *began > at) {
                text.push_str(&format!("; line {} came too late", act.line));
            }
            let looked = self.past.hands(*machine, Hands::CheckOff).find(|(began, act)| *began <= at && act.status == Status::Error);
            if let Some((_, act)) = looked {
                text.push_str(&format!("; line {} saw that it was on, and with `must: ok` would have stopped there", act.line));
            }
        }
        let before = |work: fn(MachineId) -> Work| -> Way {
            who.iter().map(|machine| Remedy::Do(At::Before(command.step), work(*machine))).collect()
        };
        Advice::never(text, before(Work::PowerOff)).or(before(Work::CheckOff))
    }

    /// A look on some machines before a command, which is then left out.
    pub fn look_before(&self, machines: &[MachineId], command: &Command) -> Way {
        let look = |machine: &MachineId| Remedy::Do(At::Before(command.step), Work::Look(*machine, "list_domains".into()));
        machines.iter().map(look).chain([Remedy::LeaveOut(command.step)]).collect()
    }

    /// A look at what runs on every host that answers.
    pub fn look_everywhere(&self, at: At) -> Way {
        let answers = self.world.machines().filter(|machine| self.world.dom0_answers(*machine));
        answers.map(|machine| Remedy::Do(at, Work::Look(machine, "list_domains".into()))).collect()
    }

    /// What brings a machine back after the run.
    pub fn bring_back(&self, machine: MachineId) -> Way {
        let work = match self.past.health(machine, self.world.now) {
            Health::Off => vec![Work::PowerOn(machine)],
            Health::Hung => vec![Work::PowerOff(machine), Work::PowerOn(machine)],
            Health::ToolstackStopped => vec![Work::Type(machine, "service xapi start".into())],
            Health::CutOff | Health::Degraded | Health::Well => vec![Work::MendNetwork(vec![machine])],
        };
        work.into_iter().map(|work| Remedy::Do(At::End, work)).collect()
    }

    /// What mends at some instant between two what the cause broke.
    pub fn undo_within(&self, from: Time, until: Time) -> Way {
        self.broke().map(|step| Remedy::Do(At::Within(from, until), Work::Undo(step))).collect()
    }

    /// The steps of the cause that broke something which can be mended: a command does not, nor does a daemon that dies.
    pub fn broke(&self) -> impl Iterator<Item = StepIx> + '_ {
        self.causes.iter().copied().filter(|step| self.past.step(*step).breaks)
    }

    // ---- what the run did

    /// The commands of the cause, in order.
    pub fn commands(&self) -> impl Iterator<Item = &'a Command> + '_ {
        self.past.commands.iter().filter(|command| self.causes.contains(&command.step))
    }

    /// The first command of the cause that let go of what kept a second user away.
    pub fn culprit(&self) -> Option<&'a Command> {
        self.commands().find(|command| command.kind.lets_go())
    }

    /// The step that caused an event of an instant.
    pub fn author(&self, at: Time, fits: impl Fn(&Event) -> bool) -> Option<StepIx> {
        self.past.at(at).iter().filter(|entry| fits(entry.event)).find_map(|entry| entry.step)
    }

    /// The VMs that a finding is about: itself, or those that have its disk.
    pub fn vms_there(&self) -> impl Iterator<Item = VmId> + '_ {
        let place = self.found.place;
        let has = move |vm: &VmId| place == Place::Vm(*vm) || matches!(place, Place::Vdi(vdi) if self.disks(*vm).contains(&vdi));
        self.names().vm_ids().filter(has)
    }

    /// A VM's disks, as it attaches them.
    pub fn disks(&self, vm: VmId) -> Vec<VdiId> {
        let names = self.names();
        names.vms[vm.at()].vbds.iter().map(|vbd| names.vbds[vbd.at()].vdi).collect()
    }

    /// Whose mastership a promotion on this console took.
    pub fn former_master(&self, console: MachineId) -> Option<MachineId> {
        let over = self.world.stacks[console.at()].promotion.and_then(|promotion| promotion.over);
        over.or(Some(self.world.first_master)).filter(|old| *old != console)
    }

    /// "the book of gamma was of 9m, older than what alpha changed since".
    pub fn age_of_book(&self, transition: &Command) -> String {
        let name = self.machine(transition.console);
        let of = self.past.last_copied(transition.console, transition.began);
        let of = of.map_or_else(|| "of the start".to_owned(), |at| format!("of {at}"));
        format!("the database that {name} was promoted on was {of}, and what was changed since is not in it")
    }

    /// The command that forgot a machine before an instant.
    pub fn forgotten_before(&self, machine: MachineId, until: Time) -> Option<&'a Command> {
        self.past.commands.iter().find(|c| c.began <= until && c.kind == Kind::Forget(Some(machine)) && c.status == Status::Ok)
    }

    /// The promotion or restore that a finding goes back to: one of its cause, else the first before it.
    pub fn promotion(&self) -> Option<&'a Command> {
        let promotes = |c: &Command| matches!(c.kind, Kind::Transition | Kind::Restore);
        let of_cause = self.commands().find(|c| promotes(c));
        of_cause.or_else(|| self.past.commands.iter().find(|c| c.began <= self.found.since && promotes(c)))
    }

    /// A machine that was off when the pool forgot it or gave its mastership to another, and that a step of the cause
    /// gave back as it was.
    pub fn came_back(&self) -> Option<(MachineId, StepIx)> {
        let forsaken = |machine: MachineId, until: Time| {
            let replaced = |c: &&Command| c.kind == Kind::Transition && c.began <= until && self.former_master(c.console) == Some(machine);
            let command = self.forgotten_before(machine, until).or_else(|| self.past.commands.iter().find(replaced))?;
            let mut reinstalled = self.past.hands(machine, Hands::Reinstall);
            let afresh = reinstalled.any(|(began, _)| command.began <= began && began <= until);
            (!afresh && self.past.health(machine, command.began) == Health::Off).then_some(machine)
        };
        let given_back = |step: StepIx| {
            let back = self.world.machines().filter(|m| self.past.brings_back(step, *m));
            back.filter_map(|m| forsaken(m, self.past.began(step))).next().map(|machine| (machine, step))
        };
        self.causes.iter().find_map(|step| given_back(*step))
    }

    /// A fresh installation instead of what gave a machine back as it was.
    pub fn afresh_instead(&self, (machine, step): (MachineId, StepIx)) -> Advice {
        let name = self.machine(machine);
        let text = format!("install {name} afresh (`reinstall: {name}`) instead of {}, then `xe pool-join` there", self.past.mention(step));
        let began = self.past.began(step);
        let join = |master| format!("xe pool-join master-address={} master-username=root master-password=x", self.machine(master));
        let mut way = vec![Remedy::Spare(step, machine), Remedy::Do(At::Within(began, began), Work::Reinstall(machine))];
        let ruler = self.world.ruler();
        if ruler != machine {
            way.push(Remedy::Do(At::End, Work::Type(machine, join(ruler))));
        }
        Advice::never(text, way)
    }

    /// What the cause broke, in words.
    pub fn what_broke(&self) -> String {
        let cause: Vec<String> = self.broke().map(|step| self.past.mention(step)).collect();
        if cause.is_empty() { "HA's own doings".to_owned() } else { cause.join(" and ") }
    }
}
