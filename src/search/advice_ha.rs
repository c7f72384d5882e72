//! What should have been done about what HA did, or was kept from doing.

use super::super::history::{Command, Health, Kind};
use super::Adviser;
use crate::base::ids::{MachineId, VmId};
use crate::base::time::Time;
use crate::hazard::Place;
use crate::world::belief::plan::Planner;
use crate::world::event::{Event, StepIx};

impl Adviser<'_> {
    /// What the cause broke, in words.
    fn what_broke(&self) -> String {
        // A command breaks nothing that could be mended.
        let typed = |step: &StepIx| self.history.commands.iter().any(|command| command.step == *step);
        let cause: Vec<String> = self.causes.iter().filter(|step| !typed(step)).map(|step| self.history.mention(*step)).collect();
        if cause.is_empty() { "HA's own doings".to_owned() } else { cause.join(" and ") }
    }

    /// Everybody fenced: what kept them from proving that they may live.
    pub(super) fn whole_pool_fenced(&self) -> String {
        let undo = self.what_broke();
        match self.found.until {
            Some(_) => format!("mend sooner what {undo} broke; before work on the heartbeat SR or the network run `xe pool-ha-disable`"),
            None => format!(
                "mend what {undo} broke; if that can't be done, see that every host is up and runs no guest, then `xe host-emergency-ha-disable --force` on each"
            ),
        }
    }

    /// Where a host that left HA by `host-emergency-ha-disable` is all that made two users of one thing: what it should have
    /// done instead.
    pub(super) fn left_ha(&self, hazard: &str) -> Option<String> {
        let of_two_users = [
            "double-writer",
            "double-attach",
            "vm-runs-twice",
            "unprotected-disk",
            "vm-runs-unseen",
            "presumed-dead-alive",
            "two-masters",
            "two-sr-masters",
        ];
        if !of_two_users.contains(&hazard) || self.culprit().is_some() {
            return None;
        }
        let who = |machine: &MachineId| self.found.hosts.contains(machine) || self.found.place == Place::Host(*machine);
        let command = self.commands().find(|command| command.kind == Kind::LeaveHa && who(&command.console))?;
        let then = if hazard.contains("masters") { "elect another master" } else { "restart its VMs" };
        Some(self.stay_in_ha(command, then))
    }

    fn stay_in_ha(&self, command: &Command, then: &str) -> String {
        format!(
            "leave out {}, or power off {} first: the others take it for fenced and {then}; to leave HA use `xe pool-ha-disable`",
            command.mention(),
            self.machine(command.console)
        )
    }

    /// A host left HA while the others went on.
    pub(super) fn restart_beside_running(&self) -> String {
        let left = |command: &&Command| {
            command.kind == Kind::LeaveHa && command.began <= self.found.since && self.found.hosts.contains(&command.console)
        };
        if let Some(command) = self.history.commands.iter().rev().find(left) {
            return self.stay_in_ha(command, "restart its VMs");
        }
        let hosts: Vec<MachineId> = self.found.hosts.iter().copied().filter(|m| Some(*m) != self.found.by).take(1).collect();
        format!("power off {} before HA restarts its VMs: it was taken for fenced, and was not", self.list(&hosts))
    }

    /// Whether HA's own doing made an instant what it is: the master gave up a host that was taken out of the liveset.
    pub(super) fn ha_took_over(&self, at: Time) -> bool {
        let shrunk = self.history.until(at).any(|entry| matches!(entry.event, Event::HaShrunk { .. }));
        let buried = |event: &Event| shrunk && matches!(event, Event::HostMarkedDead { .. });
        let restarted = |event: &Event| matches!(event, Event::VmRestarted { .. });
        self.history.at(at).any(|entry| buried(&entry.event) || restarted(&entry.event))
    }

    /// HA did not bring a protected VM back in time.
    pub(super) fn protected_vm_down(&self) -> String {
        let Place::Vm(vm) = self.found.place else { return String::new() };
        let name = self.history.names().vm(vm);
        let failed = self.history.run.engine.trace.entries.iter().rev().find_map(|entry| match &entry.event {
            Event::VmRestartFailed { vm: of, code, .. } if *of == vm && entry.at >= self.found.since => Some(*code),
            _ => None,
        });
        let db = self.world.db(self.world.ruler());
        let held = |command: &&Command| command.kind == Kind::HoldRestarts && self.found.until.is_none_or(|until| command.began < until);
        if let (Some(until), Some(command)) = (self.found.until, self.commands().find(held)) {
            let long = until.since(self.found.since);
            return format!("leave out {}, or end it sooner (`seconds=0`): {name} was down for {long}", command.mention());
        }
        if let Some(code) = failed {
            let why = format!("HA's own start of {name} met {code}");
            return match code {
                _ if self.found.until.is_some() => format!("see sooner to what kept {name} down: {why}"),
                "NO_HOSTS_AVAILABLE" => format!("{}: {why}", self.no_home(vm, "HA starts it within two minutes")),
                _ => format!("see to what {why}: HA tries again every two minutes"),
            };
        }
        if db.ha.restarts_held_until.is_some_and(|until| until > self.world.now) {
            return format!("run `xe pool-ha-prevent-restarts-for seconds=0` on {}: restarts are held off", self.master_console());
        }
        match self.found.until {
            Some(until) => {
                format!("mend sooner what {} broke: {name} was down for {}", self.what_broke(), until.since(self.found.since))
            }
            None => match self.waits_for_ha() {
                Some(wait) => wait.into(),
                None => format!("bring back a liveset with a master: there was nobody to restart {name}"),
            },
        }
    }

    /// The pool promises more than it can keep.
    pub(super) fn overcommitted(&self) -> String {
        let db = self.world.db(self.world.ruler());
        // Who was lost only later is not what was missing.
        let was_up = |machine: &MachineId| self.history.health(*machine, self.found.since) != Health::Off;
        let dead = db.hosts.iter().filter(|(_, record)| !record.live).filter_map(|(host, _)| self.world.machine_of(*host));
        let down: Vec<MachineId> = dead.filter(|machine| !was_up(machine)).collect();
        let tied: Vec<&str> = self.tied().map(|vm| self.history.names().vm(vm)).take(3).collect();
        let console = self.master_console();
        let fewer = format!("`xe pool-param-set uuid=$pool ha-host-failures-to-tolerate={}` on {console}", db.ha.plan_exists_for);
        match (self.found.until, down.is_empty()) {
            (Some(until), _) => format!("nothing was missed: there was a plan again at {until}"),
            (None, _) if !tied.is_empty() => format!(
                "put the disks of {} on a shared SR that all hosts have plugged, or protect it no more: tied to one host, it has no failover",
                tied.join(", ")
            ),
            (None, false) => format!("bring back {}, or ask for less: {fewer}", self.list(&down)),
            (None, true) if db.ha.plan_exists_for < db.ha.failures_to_tolerate => {
                format!("add memory or hosts, protect fewer VMs, or ask for less: {fewer}")
            }
            (None, true) => {
                "put the disks of every protected VM on a shared SR that all hosts have plugged, or make room for those that are down"
                    .into()
            }
        }
    }

    /// The protected VMs that can run on one host alone.
    fn tied(&self) -> impl Iterator<Item = VmId> {
        let db = self.world.db(self.world.ruler());
        let live = db.live_set();
        let names = self.history.names();
        let planner = Planner::new(db, names, &live, self.world.release);
        planner.protected().into_iter().filter(|vm| !planner.agile(*vm)).collect::<Vec<_>>().into_iter()
    }

    /// HA went off with nobody asking for it.
    pub(super) fn ha_silently_off(&self) -> String {
        let by = self.found.by.map_or("the master", |by| self.machine(by));
        format!(
            "run `xe pool-ha-enable` on {by} once every host is up: it started without HA, after `host-emergency-ha-disable`, and switched it off for all"
        )
    }
}
