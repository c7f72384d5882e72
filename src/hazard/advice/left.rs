//! What was left behind: how a finding ended, the locks and records that are still there, where a VM could run, who must be
//! master first.

use super::Adviser;
use crate::base::ids::{HostId, MachineId, VdiId, VmId};
use crate::base::time::Time;
use crate::hazard::hindsight::{Command, Kind};
use crate::world::event::{Event, Status, StepIx};

impl Adviser<'_> {
    /// The command that ended a finding, or what else did.
    pub fn ended(&self, fits: impl Fn(&Event) -> bool) -> Option<String> {
        let until = self.found.until?;
        // Where no such event ended it, another database rules since: whoever brought that about.
        let author = self.author(until, fits).or_else(|| self.author(until, |_| true));
        // What a command set going long before (HA, say) is not what ended it.
        let long_before = |step: &StepIx| self.past.step(*step).typed && self.past.began(*step) < self.found.since;
        // Nor is what brought the finding about: that a host which it reset has booted is no deed of anybody.
        let author = author.filter(|step| !long_before(step) && !self.causes.contains(step));
        Some(match author {
            _ if self.ha_took_over(until) => format!("HA ended it at {until}"),
            Some(step) => format!("{} ended it at {until}", self.past.mention(step)),
            None => format!("it ended by itself at {until}"),
        })
    }

    /// A start of a VM that failed within the finding's time.
    pub fn failed_start(&self, vms: &[VmId]) -> Option<&Command> {
        let until = self.found.until.unwrap_or(Time::NEVER);
        let starts = |c: &&Command| matches!(c.kind, Kind::Start(Some(vm)) if vms.contains(&vm)) && c.status == Status::Error;
        self.past.commands.iter().filter(|c| self.found.since <= c.began && c.began < until).find(starts)
    }

    /// The console of the master at the end of the run.
    pub fn master_console(&self) -> String {
        let ruler = self.world.ruler();
        if self.world.is_master(ruler) { self.machine(ruler).into() } else { "the master".into() }
    }

    /// Where no master is left at the end, one is needed first.
    pub fn first_a_master(&self) -> String {
        let ruler = self.world.ruler();
        if self.world.is_master(ruler) {
            return String::new();
        }
        format!("bring back {}, or make a member the master (`xe pool-emergency-transition-to-master`); then ", self.machine(ruler))
    }

    /// Where HA is armed and no master is left, HA does the rest as soon as it can.
    pub fn waits_for_ha(&self) -> Option<&'static str> {
        let ruler = self.world.ruler();
        let waits = !self.world.is_master(ruler) && self.world.stacks[ruler.at()].ha.armed;
        waits.then_some(
            "bring back a liveset (the heartbeat SR, the network): HA then elects a master, releases what fenced hosts had open and starts what it protects; if that can't be done, see that every host is up and runs no guest, then `xe host-emergency-ha-disable --force` on each",
        )
    }

    /// Whether HA's own doing made an instant what it is: the master gave up a host that was taken out of the liveset.
    pub fn ha_took_over(&self, at: Time) -> bool {
        let buried = |event: &Event| self.past.shrunk_by(at) && matches!(event, Event::HostMarkedDead { .. });
        let restarted = |event: &Event| matches!(event, Event::VmRestarted { .. });
        self.past.at(at).iter().any(|entry| buried(entry.event) || restarted(entry.event))
    }

    /// The release of the locks that hold a VDI at the end of the run.
    pub fn release(&self, vdi: VdiId, failed: Option<&Command>) -> String {
        let names = self.names();
        let sr = names.vdis[vdi.at()].sr;
        let db = self.world.db(self.world.ruler());
        let locks = db.vdi(vdi).map_or(&[][..], |record| record.locks.as_slice());
        let stale = |host: &HostId| !self.world.machine_of(*host).is_some_and(|machine| self.world.has_open(machine, vdi));
        let Some(host) = locks.iter().map(|(host, _)| *host).find(stale) else { return String::new() };
        let machine = names.hosts[host.at()].machine;
        let (name, sr_name) = (names.machine(machine), names.sr(sr));
        let fell = self.world.fallen_sr_masters.contains(&(sr, host)) && self.world.release.locks.resetvdis_needs_master_word;
        let old = if self.world.host_on(machine) == host { "" } else { ".old" };
        let uuid = if old.is_empty() && plain_name(name) { format!("${name}") } else { format!("${{{name}{old}}}") };
        let sr_uuid = if plain_name(sr_name) { format!("${sr_name}") } else { format!("${{{sr_name}}}") };
        let word = if fell { " master" } else { "" };
        let mut text = if old.is_empty() && self.world.powered(machine) {
            format!("power off {name}, or see that it does not use the disk, then ")
        } else {
            String::new()
        };
        let console = self.master_console();
        text.push_str(&format!("run `/opt/xensource/sm/resetvdis.py {uuid} {sr_uuid}{word}` on {console}"));
        if let Some(start) = failed {
            text.push_str(&format!(", before {}", start.mention()));
        }
        let released =
            |c: &&Command| c.began >= self.found.since && matches!(c.kind, Kind::Release { host: Some(of), .. } if of == machine);
        let tried = self.past.commands.iter().filter(released);
        let said: Vec<String> = tried
            .filter_map(|c| match c.kind {
                Kind::Release { sr: Some(other), .. } if other != sr => Some(format!("{} released {} alone", c.mention(), names.sr(other))),
                Kind::Release { master: false, .. } if fell => Some(format!("{} lacked the word `master`", c.mention())),
                _ => None,
            })
            .collect();
        if !said.is_empty() {
            text.push_str(&format!(": {}", said.join("; ")));
        } else if fell {
            text.push_str(&format!(": {name} was the master of {sr_name} when it stopped"));
        }
        text
    }

    /// The reset of a record that says running where nothing runs, at the end of the run.
    pub fn reset(&self, vm: VmId, failed: Option<&Command>) -> String {
        let names = self.names();
        let record = self.world.db(self.world.ruler()).vm(vm);
        let host = record.and_then(|record| record.resident_on).map(|host| names.hosts[host.at()].machine);
        let mut text = match host {
            Some(machine) if self.world.powered(machine) => {
                format!("power off {}, or let it join the pool again; else ", self.machine(machine))
            }
            _ => String::new(),
        };
        let (name, console) = (names.vm(vm), self.master_console());
        text.push_str(&format!("run `xe vm-reset-powerstate vm={name} --force` on {console}"));
        if let Some(start) = failed {
            text.push_str(&format!(", before {}", start.mention()));
        }
        let refused = self.past.commands.iter().rev().find(|c| c.kind == Kind::Reset(Some(vm)) && c.status == Status::Error);
        if let Some(refused) = refused {
            let code = refused.code.as_deref().map_or_else(String::new, |code| format!(" with {code}"));
            text.push_str(&format!(": {} was refused{code}", refused.mention()));
        }
        text
    }

    /// A running host that reaches all disks of a VM and that the ruling database would let it start on.
    pub fn home_for(&self, vm: VmId) -> Option<MachineId> {
        let takes =
            |m: &MachineId| self.reaches_disks(*m, vm) && self.world.can_take(self.world.ruler(), vm, self.world.host_on(*m)).is_ok();
        self.world.machines().find(takes)
    }

    /// Whether a host runs, is held for alive, and reaches all disks of a VM.
    fn reaches_disks(&self, machine: MachineId, vm: VmId) -> bool {
        self.world.xapi_runs(machine)
            && self.world.db(self.world.ruler()).live(self.world.host_on(machine))
            && self.world.known_disks_of(self.world.ruler(), vm).iter().all(|(vdi, _)| self.world.reaches_vdi(machine, *vdi))
    }

    /// What is missing where no host can take a VM: a host with its disk, or room.
    pub fn no_home(&self, vm: VmId, then: &str) -> String {
        let names = self.names();
        let name = names.vm(vm);
        let there: Vec<MachineId> = self.world.machines().filter(|machine| self.reaches_disks(*machine, vm)).collect();
        let why =
            |machine: &MachineId| self.world.can_take(self.world.ruler(), vm, self.world.host_on(*machine)).err().map(|error| error.code);
        let full = there.iter().filter(|machine| why(machine) == Some("HOST_NOT_ENOUGH_FREE_MEMORY"));
        let takes = names.vms[vm.at()].takes();
        let free = |machine: &MachineId| self.world.memory_free(self.world.ruler(), self.world.host_on(*machine)).unwrap_or(u64::MAX);
        if let Some(machine) = full.max_by_key(|machine| (free(machine), std::cmp::Reverse(machine.0))) {
            let mib = |bytes: u64| bytes.div_ceil(1 << 20);
            let (machine, lacks) = (self.machine(*machine), mib(takes.saturating_sub(free(machine))));
            let takes = mib(takes);
            return format!(
                "make room for {name}: it takes {takes} MiB, and {machine}, which lacks least, lacks {lacks} MiB of them; then {then}"
            );
        }
        if let Some(machine) = there.iter().find(|machine| why(machine) == Some("HOST_DISABLED")) {
            let machine = self.machine(*machine);
            return format!("run `xe host-enable host={machine}` on {}, and {then}", self.master_console());
        }
        let owner = self.disks(vm).into_iter().find_map(|vdi| names.srs[names.vdis[vdi.at()].sr.at()].machine);
        match owner {
            Some(owner) => format!("bring back {}, which a disk of {name} lies in, and {then}", self.machine(owner)),
            None => format!("bring back a host that reaches the disks of {name}, and {then}"),
        }
    }
}

/// Whether a name ends by itself behind a `$`.
pub fn plain_name(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
