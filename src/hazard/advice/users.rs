//! Two who use one thing, or hold themselves for one: who was there first, who let go of what, and who left HA.

use super::Adviser;
use crate::base::ids::MachineId;
use crate::base::time::Time;
use crate::hazard::Place;
use crate::hazard::hindsight::{Command, Health, Kind};
use crate::hazard::remedy::{Advice, At, Remedy, Work};

/// What a liveset does with the VMs of a host that it takes for fenced.
pub const RESTARTED: &str = "restart its VMs";

impl Adviser<'_> {
    /// The finding's hosts without those that joined it later.
    pub fn hosts_at_first(&self) -> Vec<MachineId> {
        let at_first: Vec<MachineId> =
            self.found.hosts.iter().copied().filter(|m| self.past.came(self.found.place, *m, self.found.since).is_some()).collect();
        if at_first.is_empty() { self.found.hosts.clone() } else { at_first }
    }

    /// Of the finding's hosts those that were there first: all but the one that came last.
    pub fn first_users(&self) -> Vec<MachineId> {
        let times: Vec<_> = self.found.hosts.iter().map(|m| (self.past.came(self.found.place, *m, self.found.since), *m)).collect();
        let last = times.iter().map(|(at, _)| *at).max().flatten();
        let first: Vec<MachineId> = times.iter().filter(|(at, _)| *at != last).map(|(_, m)| *m).collect();
        if first.is_empty() { self.found.hosts.clone() } else { first }
    }

    /// Two hosts use one disk or VM.
    pub fn two_users(&self) -> Advice {
        if let Some(left) = self.left_ha(RESTARTED) {
            return left;
        }
        if let Some(back) = self.came_back() {
            return self.afresh_instead(back);
        }
        let first = self.first_users();
        if let Some(culprit) = self.culprit() {
            return self.let_go(culprit, &first);
        }
        let hosts = self.list(&self.found.hosts);
        match self.commands().last() {
            Some(start) => Advice::never(
                format!("see with `list_domains` on {hosts} where the VM runs before {}", start.mention()),
                self.look_before(&first, start),
            ),
            None => {
                let one = self.found.hosts.last().copied();
                let way = one.map(|one| Remedy::Do(At::Within(Time::ZERO, self.found.since), Work::PowerOff(one)));
                Advice::less(format!("power off one of {hosts} at once: both had it from the start"), way.into_iter().collect())
            }
        }
    }

    /// The culprit let go of what `users` still used.
    pub fn let_go(&self, culprit: &Command, users: &[MachineId]) -> Advice {
        match culprit.kind {
            Kind::Transition => self.promoted_too_early(culprit, users),
            Kind::Restore => {
                let console = culprit.console;
                let on = |m: &MachineId| *m != console && self.past.health(*m, culprit.began) != Health::Off;
                let old_pool: Vec<MachineId> = self.world.machines().filter(|m| on(m)).collect();
                self.off_before(if old_pool.is_empty() { users } else { &old_pool }, culprit)
            }
            _ => self.off_before(users, culprit),
        }
    }

    /// A promotion over a master that lived, or on a book that did not know of `users`.
    pub fn promoted_too_early(&self, transition: &Command, users: &[MachineId]) -> Advice {
        let old = self.former_master(transition.console);
        if let Some(old) = old.filter(|old| self.past.health(*old, transition.began) != Health::Off) {
            return self.off_before(&[old], transition);
        }
        let book = self.age_of_book(transition);
        let who = self.list(users);
        let next = self.past.first(transition.began, Time::NEVER, |c| matches!(c.kind, Kind::Start(_)) && c.step != transition.step);
        match next {
            Some(start) => Advice::no_worse(
                format!("see with `list_domains` on {who} what runs there before {}: {book}", start.mention()),
                self.look_before(users, start),
            ),
            None => {
                let look = |machine: &MachineId| Remedy::Do(At::After(transition.step), Work::Look(*machine, "list_domains".into()));
                let text = format!("see with `list_domains` on {who} what runs there before anything is started: {book}");
                Advice::no_worse(text, users.iter().map(look).collect())
            }
        }
    }

    /// A host or its guests go on, and the pool has them as gone.
    pub fn believed_gone(&self) -> Advice {
        if let Some(back) = self.came_back() {
            return self.afresh_instead(back);
        }
        let hosts = &self.hosts_at_first();
        if let Some(culprit) = self.culprit() {
            if let Kind::Transition = culprit.kind {
                let recovered = self.past.first(culprit.began, self.found.since, |c| c.kind == Kind::Recover);
                if recovered.is_none() && self.former_master(culprit.console).is_none_or(|old| !hosts.contains(&old)) {
                    let (master, who) = (self.machine(culprit.console), self.list(hosts));
                    let book = self.age_of_book(culprit);
                    // Today a host that joins ends its VM where the book has it elsewhere, and takes over what it has nowhere.
                    let mut lines: Vec<String> = Vec::new();
                    if !self.world.release.vms.resync_steals_record {
                        lines.extend(self.vms_there().map(|vm| format!("xe vm-reset-powerstate vm={} --force", self.names().vm(vm))));
                    }
                    let ended = if lines.is_empty() { "" } else { "; who joins ends a VM that the database has elsewhere" };
                    lines.push("xe pool-recover-slaves".into());
                    let said: Vec<String> = lines.iter().map(|line| format!("`{line}`")).collect();
                    let text = format!(
                        "run {} on {master} as soon as it is up as the master after {}, and wait until {who} joined, before anything is started: {book}{ended}",
                        said.join(", then "),
                        culprit.mention()
                    );
                    let after = |work| Remedy::Do(At::After(culprit.step), work);
                    let mut way: Vec<Remedy> = lines.into_iter().map(|line| after(Work::Type(culprit.console, line))).collect();
                    way.extend(hosts.iter().map(|host| after(Work::Joined(culprit.console, *host))));
                    return Advice::less(text, way);
                }
            }
            return self.let_go(culprit, hosts);
        }
        let who = self.list(hosts);
        match self.commands().last() {
            Some(command) => Advice::never(
                format!("see with `list_domains` on {who} what runs there before {}", command.mention()),
                self.look_before(hosts, command),
            ),
            None => {
                let at = self.found.until.map_or(At::End, |until| At::Within(self.found.since, until));
                let off = |host: &MachineId| Remedy::Do(at, Work::PowerOff(*host));
                Advice::less(
                    format!("power off {who}, or see what runs there (`list_domains`), before anything is started elsewhere"),
                    hosts.iter().map(off).collect(),
                )
            }
        }
    }

    /// Hosts that were forgotten while they were up, and made themselves masters: off before the first forget, all of them.
    pub fn intruders_off(&self, one: MachineId, forget: &Command) -> Advice {
        let until = self.found.until.unwrap_or(Time::NEVER);
        let promoted = self.past.commands.iter().filter(|c| c.kind == Kind::Transition && c.began < until).map(|c| c.console);
        let mut all: Vec<MachineId> = promoted.filter(|m| self.forgotten_before(*m, until).is_some()).chain([one]).collect();
        all.sort_unstable();
        all.dedup();
        let first = all.iter().filter_map(|m| self.forgotten_before(*m, until)).min_by_key(|c| c.began);
        self.off_before(&all, first.unwrap_or(forget))
    }

    /// Two hosts hold themselves for the master of one pool or SR.
    pub fn two_masters(&self) -> Advice {
        if let Some(left) = self.left_ha("elect another master") {
            return left;
        }
        if let Some(back) = self.came_back() {
            return self.afresh_instead(back);
        }
        let Some(promotion) = self.promotion() else {
            let hosts = self.list(&self.found.hosts);
            let off = |host: &MachineId| Remedy::Do(At::End, Work::PowerOff(*host));
            let way = self.found.hosts.iter().skip(1).map(off).collect();
            return Advice::less(format!("power off all but one of {hosts}, and install those afresh before they serve again"), way);
        };
        if let Some(forget) = self.forgotten_before(promotion.console, promotion.began) {
            return self.intruders_off(promotion.console, forget);
        }
        let old: Vec<MachineId> = self.found.hosts.iter().copied().filter(|m| *m != promotion.console).collect();
        self.off_before(&old, promotion)
    }

    /// Where a host that left HA by `host-emergency-ha-disable` is all that made two users of one thing: what it should have
    /// done instead. `then` is what the others do, taking it for fenced.
    pub fn left_ha(&self, then: &str) -> Option<Advice> {
        if self.culprit().is_some() {
            return None;
        }
        let who = |machine: &MachineId| self.found.hosts.contains(machine) || self.found.place == Place::Host(*machine);
        let command = self.commands().find(|command| command.kind == Kind::LeaveHa && who(&command.console))?;
        Some(self.stay_in_ha(command, then))
    }

    /// What a host should have done instead of leaving HA alone.
    pub fn stay_in_ha(&self, command: &Command, then: &str) -> Advice {
        let text = format!(
            "leave out {}, or power off {} first: the others take it for fenced and {then}; to leave HA use `xe pool-ha-disable`",
            command.mention(),
            self.machine(command.console)
        );
        Advice::never(text, vec![Remedy::LeaveOut(command.step)])
            .or(vec![Remedy::Do(At::Before(command.step), Work::PowerOff(command.console))])
    }
}
