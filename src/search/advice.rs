//! What should have been done: for each finding the step that was missed, with its host, SR and line. It depends on what
//! the run did: which command of the cause let go, how the host was at that time, what was done too late or left out.

use super::because::Link;
use super::history::{Command, Health, History, Kind};
use crate::base::ids::{MachineId, VdiId, VmId};
use crate::base::time::Time;
use crate::fault::Act;
use crate::hazard::Place;
use crate::hazard::watch::Found;
use crate::run::Run;
use crate::scenario::model::Scenario;
use crate::world::World;
use crate::world::event::{Event, Status, StepIx};

#[path = "advice_ha.rs"]
mod ha;
#[path = "advice_left.rs"]
mod left;

/// The advice for each finding of a run, by its place. `causes` are the findings' causes, by place too.
pub fn advice(scenario: &Scenario, run: &Run, causes: &[Vec<Link>]) -> Vec<String> {
    let history = History::new(scenario, run);
    let of = |(at, found)| Adviser::new(&history, found, causes.get(at).map_or(&[][..], Vec::as_slice)).advise();
    run.found.iter().enumerate().map(of).collect()
}

/// One finding, looked back upon.
struct Adviser<'a> {
    history: &'a History<'a>,
    world: &'a World,
    found: &'a Found,
    /// The steps of its cause, in order.
    causes: Vec<StepIx>,
}

impl<'a> Adviser<'a> {
    fn new(history: &'a History<'a>, found: &'a Found, links: &[Link]) -> Adviser<'a> {
        let causes = links.iter().filter_map(|link| match link {
            Link::Step(step) => Some(*step),
            Link::Belief(_) => None,
        });
        Adviser { history, world: &history.run.engine.world, found, causes: causes.collect() }
    }

    fn advise(&self) -> String {
        let name = self.found.hazard.doc().name;
        if let Some(left) = self.left_ha(name) {
            return left;
        }
        match name {
            "double-writer" | "double-attach" | "vm-runs-twice" => self.two_users(),
            "late-write" => self.late_write(),
            "unprotected-disk" | "vm-runs-unseen" | "forgotten-host-alive" => self.believed_gone(),
            "presumed-dead-alive" => self.presumed_dead(),
            "two-masters" | "two-sr-masters" => self.two_masters(),
            "stale-database" => self.stale_database(),
            "reused-without-reinstall" => self.reused(),
            "stale-lock" => self.stale_lock(),
            "ghost-record" => self.ghost_record(),
            "vm-down" => self.vm_down(),
            "no-master" => self.no_master(),
            "bad-default-sr" => self.bad_default_sr(),
            "restart-beside-running" => self.restart_beside_running(),
            "whole-pool-fenced" => self.whole_pool_fenced(),
            "protected-vm-down" => self.protected_vm_down(),
            "ha-silently-off" => self.ha_silently_off(),
            "overcommitted" => self.overcommitted(),
            _ => self.needless_master_word(),
        }
    }

    // ---- words

    fn machine(&self, machine: MachineId) -> &'a str {
        self.history.names().machine(machine)
    }

    fn list(&self, machines: &[MachineId]) -> String {
        let names: Vec<&str> = machines.iter().map(|m| self.machine(*m)).collect();
        match names.as_slice() {
            [] => "the host".into(),
            [one] => (*one).into(),
            [most @ .., last] => format!("{} and {last}", most.join(", ")),
        }
    }

    /// How a machine was when it was taken for dead.
    fn was(&self, machine: MachineId, at: Time) -> String {
        let name = self.machine(machine);
        match self.history.health(machine, at) {
            Health::Off => format!("{name} was off"),
            Health::Hung => format!("{name} hung, but its guests ran on"),
            Health::CutOff => format!("{name} was cut off, not dead"),
            Health::ToolstackStopped => format!("only the toolstack of {name} had stopped"),
            Health::Degraded => format!("{name} was up, and only its heartbeats were lost"),
            Health::Well => format!("{name} was up"),
        }
    }

    /// "power off beta, or see that it is off, before line 24 (…): beta was cut off, not dead".
    fn off_before(&self, machines: &[MachineId], command: &Command) -> String {
        let at = command.began;
        let on: Vec<MachineId> = machines.iter().copied().filter(|m| self.history.health(*m, at) != Health::Off).collect();
        let who = if on.is_empty() { machines } else { on.as_slice() };
        let it_is = if who.len() == 1 { "it is" } else { "they are" };
        let was: Vec<String> = who.iter().map(|m| self.was(*m, at)).collect();
        let mut text = format!("power off {}, or see that {it_is} off, before {}: {}", self.list(who), command.mention(), was.join("; "));
        for machine in who {
            if let Some((step, ..)) =
                self.history.acts(*machine, |act| matches!(act, Act::PowerOff(_))).iter().find(|(_, began, _)| *began > at)
            {
                text.push_str(&format!("; line {} came too late", self.history.line(*step)));
            }
            let looked = self.history.acts(*machine, |act| matches!(act, Act::CheckOff(_)));
            if let Some((step, ..)) = looked.iter().find(|(_, began, status)| *began <= at && *status == Status::Error) {
                text.push_str(&format!(
                    "; line {} saw that it was on, and with `must: ok` would have stopped there",
                    self.history.line(*step)
                ));
            }
        }
        text
    }

    // ---- what the run did

    /// The commands of the cause, in order.
    fn commands(&self) -> impl Iterator<Item = &'a Command> + '_ {
        self.history.commands.iter().filter(|command| self.causes.contains(&command.step))
    }

    /// The first command of the cause that let go of what kept a second user away.
    fn culprit(&self) -> Option<&'a Command> {
        self.commands().find(|command| command.kind.lets_go())
    }

    /// The step that caused an event of an instant.
    fn author(&self, at: Time, fits: impl Fn(&Event) -> bool) -> Option<StepIx> {
        self.history.at(at).filter(|entry| fits(&entry.event)).find_map(|entry| entry.cause.step)
    }

    fn disks(&self, vm: VmId) -> Vec<VdiId> {
        let names = self.history.names();
        names.vms[vm.at()].vbds.iter().map(|vbd| names.vbds[vbd.at()].vdi).collect()
    }

    /// When a machine came to use what the finding is about, no later than an instant.
    fn came(&self, machine: MachineId, until: Time) -> Option<Time> {
        match self.found.place {
            Place::Vdi(vdi) => self.history.last_opened(vdi, machine, until),
            Place::Vm(vm) => self.history.last_started(vm, machine, until),
            _ => Some(Time::ZERO),
        }
    }

    /// The finding's hosts without those that joined it later.
    fn hosts_at_first(&self) -> Vec<MachineId> {
        let at_first: Vec<MachineId> = self.found.hosts.iter().copied().filter(|m| self.came(*m, self.found.since).is_some()).collect();
        if at_first.is_empty() { self.found.hosts.clone() } else { at_first }
    }

    /// Of the finding's hosts those that were there first: all but the one that came last.
    fn first_users(&self) -> Vec<MachineId> {
        let times: Vec<_> = self.found.hosts.iter().map(|m| (self.came(*m, self.found.since), *m)).collect();
        let last = times.iter().map(|(at, _)| *at).max().flatten();
        let first: Vec<MachineId> = times.iter().filter(|(at, _)| *at != last).map(|(_, m)| *m).collect();
        if first.is_empty() { self.found.hosts.clone() } else { first }
    }

    /// A machine that was off when the pool forgot it or gave its mastership to another, and that a step of the cause
    /// gave back as it was.
    fn came_back(&self) -> Option<(MachineId, StepIx)> {
        let forsaken = |machine: MachineId, until: Time| {
            let replaced = |c: &&Command| c.kind == Kind::Transition && c.began <= until && self.former_master(c.console) == Some(machine);
            let command = self.forgotten_before(machine, until).or_else(|| self.history.commands.iter().find(replaced))?;
            let reinstalled = self.history.acts(machine, |act| matches!(act, Act::Reinstall(_)));
            let afresh = reinstalled.iter().any(|(_, began, _)| command.began <= *began && *began <= until);
            (!afresh && self.history.health(machine, command.began) == Health::Off).then_some(machine)
        };
        let given_back = |step: StepIx| {
            let back = self.world.machines().filter(|m| self.history.brings_back(step, *m));
            back.filter_map(|m| forsaken(m, self.history.began(step))).next().map(|machine| (machine, step))
        };
        self.causes.iter().find_map(|step| given_back(*step))
    }

    fn afresh_instead(&self, (machine, step): (MachineId, StepIx)) -> String {
        let name = self.machine(machine);
        format!("install {name} afresh (`reinstall: {name}`) instead of {}, then `xe pool-join` there", self.history.mention(step))
    }

    /// The promotion or restore that a finding goes back to: one of its cause, else the first before it.
    fn promotion(&self) -> Option<&'a Command> {
        let promotes = |c: &Command| matches!(c.kind, Kind::Transition | Kind::Restore);
        let of_cause = self.commands().find(|c| promotes(c));
        of_cause.or_else(|| self.history.commands.iter().find(|c| c.began <= self.found.since && promotes(c)))
    }

    // ---- two users of one thing

    fn two_users(&self) -> String {
        if let Some(back) = self.came_back() {
            return self.afresh_instead(back);
        }
        let first = self.first_users();
        if let Some(culprit) = self.culprit() {
            return self.let_go(culprit, &first);
        }
        let hosts = self.list(&self.found.hosts);
        match self.commands().last() {
            Some(start) => format!("see with `list_domains` on {hosts} where the VM runs before {}", start.mention()),
            None => format!("power off one of {hosts} at once: both had it from the start"),
        }
    }

    /// The culprit let go of what `users` still used.
    fn let_go(&self, culprit: &Command, users: &[MachineId]) -> String {
        match culprit.kind {
            Kind::Transition => self.promoted_too_early(culprit, users),
            Kind::Restore => {
                let console = culprit.console;
                let on = |m: &MachineId| *m != console && self.history.health(*m, culprit.began) != Health::Off;
                let old_pool: Vec<MachineId> = self.world.machines().filter(|m| on(m)).collect();
                self.off_before(if old_pool.is_empty() { users } else { &old_pool }, culprit)
            }
            _ => self.off_before(users, culprit),
        }
    }

    /// A promotion over a master that lived, or on a book that did not know of `users`.
    fn promoted_too_early(&self, transition: &Command, users: &[MachineId]) -> String {
        let old = self.former_master(transition.console);
        if let Some(old) = old.filter(|old| self.history.health(*old, transition.began) != Health::Off) {
            return self.off_before(&[old], transition);
        }
        let book = self.age_of_book(transition);
        let users = self.list(users);
        let next = self.history.first(transition.began, Time::NEVER, |c| matches!(c.kind, Kind::Start(_)) && c.step != transition.step);
        match next {
            Some(start) => format!("see with `list_domains` on {users} what runs there before {}: {book}", start.mention()),
            None => format!("see with `list_domains` on {users} what runs there before anything is started: {book}"),
        }
    }

    /// Whose mastership a promotion on this console took.
    fn former_master(&self, console: MachineId) -> Option<MachineId> {
        let over = self.world.stacks[console.at()].promotion.and_then(|promotion| promotion.over);
        over.or(Some(self.world.first_master)).filter(|old| *old != console)
    }

    /// "the book of gamma was of 9m, older than what alpha changed since".
    fn age_of_book(&self, transition: &Command) -> String {
        let name = self.machine(transition.console);
        let of = self.history.last_copied(transition.console, transition.began);
        let of = of.map_or_else(|| "of the start".to_owned(), |at| format!("of {at}"));
        format!("the database that {name} was promoted on was {of}, and what was changed since is not in it")
    }

    fn late_write(&self) -> String {
        let Some(writer) = self.found.by else { return String::new() };
        let name = self.machine(writer);
        let sr = match self.found.place {
            Place::Vdi(vdi) => self.history.names().sr(self.history.names().vdis[vdi.at()].sr),
            _ => "its SR",
        };
        let lost = format!("{name} had lost {sr}, not its power, and its held-back writes were still to come");
        let first = self.culprit().or_else(|| self.commands().last());
        match first {
            Some(command) => format!("power off {name}, or see that it is off, before {}: {lost}", command.mention()),
            None => format!("power off {name} before another host opens the disk: {lost}"),
        }
    }

    fn believed_gone(&self) -> String {
        if let Some(back) = self.came_back() {
            return self.afresh_instead(back);
        }
        let hosts = &self.hosts_at_first();
        if let Some(culprit) = self.culprit() {
            if let Kind::Transition = culprit.kind {
                let recovered = self.history.first(culprit.began, self.found.since, |c| c.kind == Kind::Recover);
                if recovered.is_none() && self.former_master(culprit.console).is_none_or(|old| !hosts.contains(&old)) {
                    let (master, hosts) = (self.machine(culprit.console), self.list(hosts));
                    let book = self.age_of_book(culprit);
                    return format!(
                        "run `xe pool-recover-slaves` on {master} after {} and wait until {hosts} joined, before anything is started: {book}",
                        culprit.mention()
                    );
                }
            }
            return self.let_go(culprit, hosts);
        }
        let who = self.list(hosts);
        match self.commands().last() {
            Some(command) => format!("see with `list_domains` on {who} what runs there before {}", command.mention()),
            None => format!("power off {who}, or see what runs there (`list_domains`), before anything is started elsewhere"),
        }
    }

    fn presumed_dead(&self) -> String {
        let Place::Host(machine) = self.found.place else { return String::new() };
        if let Some(back) = self.came_back() {
            return self.afresh_instead(back);
        }
        let (name, since) = (self.machine(machine), self.found.since);
        let by = self.found.by.unwrap_or(self.world.first_master);
        let master = self.machine(by);
        let why = self.history.why_buried(machine, by, since);
        let next = self.history.first(since, self.found.until.unwrap_or(Time::NEVER), |c| c.kind.lets_go());
        if let Some(promotion) = self.promotion() {
            if let Some(forget) = self.forgotten_before(by, promotion.began) {
                return self.off_before(&[by], forget);
            }
            let old = self.former_master(promotion.console);
            // Who is replaced while it lives, and who is not told of the new master, each go on without the other.
            if old == Some(by) || promotion.console == by && old == Some(machine) {
                return self.off_before(old.as_slice(), promotion);
            }
            if promotion.console == by && why.is_some_and(|why| why.step == Some(promotion.step)) {
                let until_then = format!("until then {master} holds {name} for dead, which was up");
                let done = self.history.first(promotion.began, Time::NEVER, |c| c.kind == Kind::Recover && c.console == by);
                return match done {
                    Some(recover) => format!(
                        "come to {} right after {}, and forget or reset nothing before: {until_then}",
                        recover.mention(),
                        promotion.mention()
                    ),
                    None => format!(
                        "run `xe pool-recover-slaves` on {master} right after {}, and forget or reset nothing before: {until_then}",
                        promotion.mention()
                    ),
                };
            }
        }
        if why.is_some_and(|why| why.due == "xapi-start") {
            let heard = format!("{master} had just started and had not heard {name} yet, which was up all the time");
            return match next {
                Some(command) => format!("wait for the next heartbeat of {name} before {}: {heard}", command.mention()),
                None => format!("wait for the next heartbeat of {name} before any forget or reset: {heard}"),
            };
        }
        match next {
            Some(command) => self.off_before(&[machine], command),
            None => {
                let mend = match self.history.health(machine, since) {
                    Health::CutOff => format!("mend the network of {name}"),
                    Health::Hung => format!("power {name} off and boot it again"),
                    Health::ToolstackStopped => format!("run `service xapi start` on {name}"),
                    _ if self.history.health(by, since) == Health::CutOff => format!("mend the network of {master}"),
                    _ => format!("look why {master} does not hear {name}"),
                };
                format!("{mend}, or power off {name} before any forget, reset or `resetvdis.py`: {}", self.was(machine, since))
            }
        }
    }

    // ---- masters

    fn two_masters(&self) -> String {
        if let Some(back) = self.came_back() {
            return self.afresh_instead(back);
        }
        let Some(promotion) = self.promotion() else {
            let hosts = self.list(&self.found.hosts);
            return format!("power off all but one of {hosts}, and install those afresh before they serve again");
        };
        if let Some(forget) = self.forgotten_before(promotion.console, promotion.began) {
            return self.off_before(&[promotion.console], forget);
        }
        let old: Vec<MachineId> = self.found.hosts.iter().copied().filter(|m| *m != promotion.console).collect();
        self.off_before(&old, promotion)
    }

    /// The command that forgot a machine before an instant.
    fn forgotten_before(&self, machine: MachineId, until: Time) -> Option<&'a Command> {
        self.history.commands.iter().find(|c| c.began <= until && c.kind == Kind::Forget(Some(machine)) && c.status == Status::Ok)
    }

    fn stale_database(&self) -> String {
        if let Some(back) = self.came_back() {
            return self.afresh_instead(back);
        }
        let Some(transition) = self.commands().find(|c| c.kind == Kind::Transition) else {
            let name = self.found.by.map_or("the new master", |by| self.machine(by));
            return format!("compare `xe vm-list` on {name} with `list_domains` on every host before anything is started");
        };
        if let Some(forget) = self.forgotten_before(transition.console, transition.began) {
            return self.off_before(&[transition.console], forget);
        }
        let own = self.history.last_copied(transition.console, transition.began);
        let newer = |m: &MachineId| {
            *m != transition.console
                && Some(*m) != self.former_master(transition.console)
                && self.history.health(*m, transition.began) == Health::Well
                && self.history.last_copied(*m, transition.began) > own
        };
        if let Some(better) = self.world.machines().find(newer) {
            let (better, console) = (self.machine(better), self.machine(transition.console));
            return format!("promote {better} rather than {console} in {}: its copy of the database was newer", transition.mention());
        }
        // A copy can only be had where both are in touch.
        let well = |m: MachineId| self.history.health(m, transition.began) == Health::Well;
        let old = self.former_master(transition.console).filter(|old| well(*old) && well(transition.console));
        if let Some(old) = old {
            let old = self.machine(old);
            return format!("run `xe pool-sync-database` on {old} before {}: {old} was up", transition.mention());
        }
        let next =
            self.history.first(transition.began, Time::NEVER, |c| matches!(c.kind, Kind::Start(_) | Kind::Reset(_) | Kind::Release { .. }));
        let before = next.map_or_else(|| "anything is started or reset".to_owned(), Command::mention);
        format!("compare `xe vm-list` with `list_domains` on every host before {before}: {}", self.age_of_book(transition))
    }

    fn reused(&self) -> String {
        let Place::Host(machine) = self.found.place else { return String::new() };
        if let Some(back) = self.came_back() {
            return self.afresh_instead(back);
        }
        let name = self.machine(machine);
        if let Some(step) = self.causes.iter().find(|step| self.history.brings_back(**step, machine)) {
            return self.afresh_instead((machine, *step));
        }
        let promotion = self.promotion();
        let intruder = promotion.and_then(|c| self.forgotten_before(c.console, c.began).map(|forget| (c.console, forget)));
        if let Some((console, forget)) = intruder.filter(|(console, _)| *console != machine) {
            return self.off_before(&[console], forget);
        }
        match self.forgotten_before(machine, self.found.since).or(promotion) {
            Some(command) => {
                format!("{}, and install it afresh (`reinstall: {name}`) before it serves again", self.off_before(&[machine], command))
            }
            None => format!("power off {name} and install it afresh (`reinstall: {name}`) before it serves again"),
        }
    }
}
