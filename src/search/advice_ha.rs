//! What should have been done about what HA did, or was kept from doing.

use super::Adviser;
use crate::base::ids::MachineId;
use crate::hazard::Place;
use crate::world::event::Event;

impl Adviser<'_> {
    /// What the cause broke, in words.
    fn what_broke(&self) -> String {
        let cause: Vec<String> = self.causes.iter().map(|step| self.history.mention(*step)).collect();
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

    /// A host left HA while the others went on.
    pub(super) fn restart_beside_running(&self) -> String {
        let by_hand = |event: &Event| matches!(event, Event::HaDisarmed { machine } if self.found.hosts.contains(machine));
        let left = self.history.run.engine.trace.entries.iter().filter(|entry| entry.at <= self.found.since && by_hand(&entry.event));
        let step = left.filter_map(|entry| entry.cause.step).next_back();
        let hosts: Vec<MachineId> = self.found.hosts.iter().copied().filter(|m| Some(*m) != self.found.by).take(1).collect();
        let name = self.list(&hosts);
        match step {
            Some(step) => format!(
                "leave out {}, or power off the host that it was typed on first: the others take it for fenced and restart its VMs; to leave HA use `xe pool-ha-disable`",
                self.history.mention(step)
            ),
            None => format!("power off {name} before HA restarts its VMs: it was taken for fenced, and was not"),
        }
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
        if let Some(code) = failed {
            return format!("see to what HA's own start of {name} met, {code}: HA tries again every two minutes");
        }
        if db.ha.restarts_held_until.is_some() {
            return format!("run `xe pool-ha-prevent-restarts-for seconds=0` on {}: restarts are held off", self.master_console());
        }
        match self.found.until {
            Some(until) => {
                format!("mend sooner what {} broke: {name} was down for {}", self.what_broke(), until.since(self.found.since))
            }
            None => format!("bring back a liveset with a master: there was nobody to restart {name}"),
        }
    }

    /// The pool promises more than it can keep.
    pub(super) fn overcommitted(&self) -> String {
        let db = self.world.db(self.world.ruler());
        let down: Vec<MachineId> =
            db.hosts.iter().filter(|(_, record)| !record.live).filter_map(|(host, _)| self.world.machine_of(*host)).collect();
        let console = self.master_console();
        let fewer = format!("`xe pool-param-set uuid=$pool ha-host-failures-to-tolerate={}` on {console}", db.ha.plan_exists_for);
        match (self.found.until, down.is_empty()) {
            (Some(until), _) => format!("nothing was missed: there was a plan again at {until}"),
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

    /// HA went off with nobody asking for it.
    pub(super) fn ha_silently_off(&self) -> String {
        let by = self.found.by.map_or("the master", |by| self.machine(by));
        format!(
            "run `xe pool-ha-enable` on {by} once every host is up: it started without HA, after `host-emergency-ha-disable`, and switched it off for all"
        )
    }
}
