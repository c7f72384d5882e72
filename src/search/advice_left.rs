//! What should have been done about what was left behind: locks, records, VMs that are down, hosts without a master.

use super::super::history::{Command, Health, Kind};
use super::Adviser;
use crate::base::ids::{HostId, MachineId, SrId, VdiId, VmId};
use crate::base::time::Time;
use crate::hazard::Place;
use crate::world::belief::PowerState;
use crate::world::event::{Event, Status, StepIx};

impl Adviser<'_> {
    /// The command that ended a finding, or what else did.
    fn ended(&self, fits: impl Fn(&Event) -> bool) -> Option<String> {
        let until = self.found.until?;
        // Where no such event ended it, another database rules since: whoever brought that about.
        let author = self.author(until, fits).or_else(|| self.author(until, |_| true));
        // What a command set going long before (HA, say) is not what ended it.
        let long_before =
            |step: &StepIx| self.history.commands.iter().any(|c| c.step == *step) && self.history.began(*step) < self.found.since;
        // Nor is what brought the finding about: that a host which it reset has booted is no deed of anybody.
        let author = author.filter(|step| !long_before(step) && !self.causes.contains(step));
        Some(match author {
            _ if self.ha_took_over(until) => format!("HA ended it at {until}"),
            Some(step) => format!("{} ended it at {until}", self.history.mention(step)),
            None => format!("it ended by itself at {until}"),
        })
    }

    /// A start of a VM that failed within the finding's time.
    fn failed_start(&self, vms: &[VmId]) -> Option<&Command> {
        let until = self.found.until.unwrap_or(Time::NEVER);
        let starts = |c: &&Command| matches!(c.kind, Kind::Start(Some(vm)) if vms.contains(&vm)) && c.status == Status::Error;
        self.history.commands.iter().filter(|c| self.found.since <= c.began && c.began < until).find(starts)
    }

    /// The console of the master at the end of the run.
    pub(super) fn master_console(&self) -> String {
        let ruler = self.world.ruler();
        if self.world.is_master(ruler) { self.machine(ruler).into() } else { "the master".into() }
    }

    /// Where no master is left at the end, one is needed first.
    fn first_a_master(&self) -> String {
        let ruler = self.world.ruler();
        if self.world.is_master(ruler) {
            return String::new();
        }
        format!("bring back {}, or make a member the master (`xe pool-emergency-transition-to-master`); then ", self.machine(ruler))
    }

    /// Where HA is armed and no master is left, HA does the rest as soon as it can.
    pub(super) fn waits_for_ha(&self) -> Option<&'static str> {
        let ruler = self.world.ruler();
        let waits = !self.world.is_master(ruler) && self.world.stacks[ruler.at()].ha.armed;
        waits.then_some(
            "bring back a liveset (the heartbeat SR, the network): HA then elects a master, releases what fenced hosts had open and starts what it protects; if that can't be done, see that every host is up and runs no guest, then `xe host-emergency-ha-disable --force` on each",
        )
    }

    pub(super) fn stale_lock(&self) -> String {
        let Place::Vdi(vdi) = self.found.place else { return String::new() };
        let names = self.history.names();
        let users: Vec<VmId> = names.vbds.iter().filter(|vbd| vbd.vdi == vdi).map(|vbd| vbd.vm).collect();
        let failed = self.failed_start(&users);
        let ended = self.ended(|event| matches!(event, Event::LockRemoved { vdi: of, .. } if *of == vdi));
        if let Some(ended) = ended {
            return match failed {
                Some(start) => format!("release the locks of {} before {}: {ended}", self.list(&self.found.hosts), start.mention()),
                None => format!("nothing was missed: {ended}; until then the disk could be opened by nobody else"),
            };
        }
        match self.waits_for_ha() {
            Some(wait) => wait.into(),
            None => format!("{}{}", self.first_a_master(), self.release(vdi, failed)),
        }
    }

    /// The release of the locks that hold a VDI at the end of the run.
    fn release(&self, vdi: VdiId, failed: Option<&Command>) -> String {
        let names = self.history.names();
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
        let tried = self.history.commands.iter().filter(released);
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

    pub(super) fn ghost_record(&self) -> String {
        let Place::Vm(vm) = self.found.place else { return String::new() };
        let name = self.history.names().vm(vm);
        let ended =
            self.ended(|event| matches!(event, Event::VmRecorded { vm: of, .. } | Event::DomainStarted { vm: of, .. } if *of == vm));
        let failed = self.failed_start(&[vm]);
        if let Some(ended) = ended {
            return match failed {
                Some(start) => format!("reset {name} before {}: {ended}", start.mention()),
                None => format!("nothing was missed: {ended}"),
            };
        }
        match self.waits_for_ha() {
            Some(wait) => wait.into(),
            None => format!("{}{}", self.first_a_master(), self.reset(vm, failed)),
        }
    }

    /// The reset of a record that says running where nothing runs, at the end of the run.
    fn reset(&self, vm: VmId, failed: Option<&Command>) -> String {
        let names = self.history.names();
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
        let refused = self.history.commands.iter().rev().find(|c| c.kind == Kind::Reset(Some(vm)) && c.status == Status::Error);
        if let Some(refused) = refused {
            let code = refused.code.as_deref().map_or_else(String::new, |code| format!(" with {code}"));
            text.push_str(&format!(": {} was refused{code}", refused.mention()));
        }
        text
    }

    pub(super) fn vm_down(&self) -> String {
        let Place::Vm(vm) = self.found.place else { return String::new() };
        let names = self.history.names();
        let (name, grace) = (names.vm(vm), names.vms[vm.at()].grace);
        if let Some(until) = self.found.until {
            let started = self.author(until, |event| matches!(event, Event::DomainStarted { vm: of, .. } if *of == vm));
            let Some(step) = started else { return format!("start {name} sooner: it was down for {}", until.since(self.found.since)) };
            let mention = self.history.mention(step);
            let failed = self.failed_start(&[vm]).map_or_else(String::new, |start| format!("; {} failed", start.mention()));
            return format!(
                "come to {mention} sooner: {name} was down for {}, its grace is {grace}{failed}",
                until.since(self.found.since)
            );
        }
        if let Some(wait) = self.waits_for_ha() {
            return match names.vms[vm.at()].protection {
                Some(_) => wait.into(),
                None => format!("{wait}; then `xe vm-start vm={name}`: HA does not protect it"),
            };
        }
        let mut missing = Vec::new();
        let ruler = self.world.ruler();
        if self.world.db(ruler).vm(vm).is_some_and(|record| record.power_state == PowerState::Running) {
            missing.push(self.reset(vm, None));
        }
        let mut released: Vec<SrId> = Vec::new();
        for vdi in self.disks(vm) {
            let sr = names.vdis[vdi.at()].sr;
            let release = self.release(vdi, None);
            if !release.is_empty() && !released.contains(&sr) {
                released.push(sr);
                missing.push(release);
            }
        }
        let start = match self.home_for(vm) {
            Some(machine) => format!("`xe vm-start vm={name} on={}` on {}", self.machine(machine), self.master_console()),
            None => self.no_home(vm, "start it there"),
        };
        missing.push(start);
        format!("{}{}", self.first_a_master(), missing.join("; then "))
    }

    /// A running host that reaches all disks of a VM and that the ruling database would let it start on.
    fn home_for(&self, vm: VmId) -> Option<MachineId> {
        let takes =
            |m: &MachineId| self.reaches_disks(*m, vm) && self.world.can_take(self.world.ruler(), vm, self.world.host_on(*m)).is_ok();
        self.world.machines().find(takes)
    }

    /// Whether a host runs, is held for alive, and reaches all disks of a VM.
    fn reaches_disks(&self, machine: MachineId, vm: VmId) -> bool {
        self.world.xapi_runs(machine)
            && self.world.db(self.world.ruler()).live(self.world.host_on(machine))
            && self.disks(vm).iter().all(|vdi| self.world.reaches_vdi(machine, *vdi))
    }

    /// What is missing where no host can take a VM: a host with its disk, or room.
    pub(super) fn no_home(&self, vm: VmId, then: &str) -> String {
        let names = self.history.names();
        let name = names.vm(vm);
        let there: Vec<MachineId> = self.world.machines().filter(|machine| self.reaches_disks(*machine, vm)).collect();
        let why =
            |machine: &MachineId| self.world.can_take(self.world.ruler(), vm, self.world.host_on(*machine)).err().map(|error| error.code);
        if there.iter().any(|machine| why(machine) == Some("HOST_NOT_ENOUGH_FREE_MEMORY")) {
            return format!("make room for {name}: no host that could take it has the memory; then {then}");
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

    pub(super) fn no_master(&self) -> String {
        let Place::Host(machine) = self.found.place else { return String::new() };
        let name = self.machine(machine);
        if let Some(until) = self.found.until {
            let before = self.history.at(until).find_map(|entry| entry.cause.step);
            return match before {
                Some(step) => format!(
                    "come to {} sooner: {name} was without a master for {}",
                    self.history.mention(step),
                    until.since(self.found.since)
                ),
                None => format!("bring the master back sooner: {name} was without one for {}", until.since(self.found.since)),
            };
        }
        if let Some(master) = self.world.masters(self.world.pool_of(machine)).next() {
            let (linked, master) = (self.world.linked(master, machine), self.machine(master));
            let ha = &self.world.stacks[machine.at()].ha;
            // Armed it needs the statefile too.
            let sr = ha.config.as_ref().filter(|_| ha.armed).map(|config| config.sr).filter(|sr| !self.world.reaches(machine, *sr));
            let and_path = sr.map_or_else(String::new, |sr| format!(", and the path of {name} to {}", self.history.names().sr(sr)));
            if !linked {
                return format!(
                    "mend the network between {master} and {name}{and_path}: {master} is the master, and {name} does not reach it"
                );
            }
            if let Some(sr) = sr {
                let sr = self.history.names().sr(sr);
                return format!("mend the path of {name} to {sr}: without the statefile it comes into no liveset");
            }
            let promotion = self.history.commands.iter().rev().find(|c| matches!(c.kind, Kind::Transition | Kind::Restore));
            let after = promotion.map_or_else(String::new, |c| format!(" after {}", c.mention()));
            return format!("run `xe pool-recover-slaves` on {master}{after}: {name} still waits for another master");
        }
        if self.world.stacks[machine.at()].ha.armed {
            return format!("mend the network and the heartbeat SR for {name}: it finds its master in a liveset, and is in none");
        }
        let old = match self.world.stacks[machine.at()].conf {
            crate::world::memory::PoolConf::Slave(master) => master,
            _ => self.world.first_master,
        };
        let end = self.world.now;
        let mend = match self.history.health(old, end) {
            Health::Off => format!("boot {}", self.machine(old)),
            Health::Hung => format!("power {} off and boot it again", self.machine(old)),
            Health::CutOff => format!("mend the network of {}", self.machine(old)),
            _ => format!("run `service xapi start` on {}", self.machine(old)),
        };
        let old = self.machine(old);
        format!(
            "{mend}; if it can't be repaired, see that {old} is off, then `xe pool-emergency-transition-to-master` on {name} and `xe pool-recover-slaves` there"
        )
    }

    pub(super) fn bad_default_sr(&self) -> String {
        let Place::Sr(sr) = self.found.place else { return String::new() };
        if let Some(ended) = self.ended(|event| matches!(event, Event::DefaultSrSet { .. })) {
            return format!("nothing is left to do: {ended}");
        }
        let names = self.history.names();
        let db = self.world.db(self.world.ruler());
        let reached = |other: &SrId| {
            *other != sr
                && names.srs[other.at()].kind.shared()
                && db
                    .hosts
                    .keys()
                    .filter_map(|host| self.world.machine_of(*host))
                    .any(|m| self.world.dom0_answers(m) && self.world.reaches(m, *other))
        };
        let promotion = self.history.commands.iter().rev().find(|c| matches!(c.kind, Kind::Transition | Kind::Restore));
        let after = promotion.map_or_else(String::new, |c| format!(", after {}", c.mention()));
        let (console, name) = (self.master_console(), names.sr(sr));
        if !db.hosts.keys().filter_map(|host| self.world.machine_of(*host)).any(|machine| self.world.dom0_answers(machine)) {
            return format!("start a host of the pool: none was up, and so none reached {name}");
        }
        match names.sr_ids().find(reached) {
            Some(other) => {
                let other = if plain_name(names.sr(other)) { format!("${}", names.sr(other)) } else { format!("${{{}}}", names.sr(other)) };
                format!("run `xe pool-param-set uuid=$pool default-SR={other}` on {console}{after}: no running host reaches {name}")
            }
            None if names.srs[sr.at()].kind.shared() => format!("bring back {name}: no running host reaches it, nor any other shared SR"),
            None => format!("bring back {name}, or the host that it is in: no running host reaches it, nor any other shared SR"),
        }
    }

    pub(super) fn needless_master_word(&self) -> String {
        let Place::Sr(sr) = self.found.place else { return String::new() };
        let names = self.history.names();
        let hosts = self.list(&self.found.hosts);
        let step = self.author(self.found.since, |event| matches!(event, Event::NeedlessMasterWord { sr: of, .. } if *of == sr));
        let place = step.map_or_else(|| "`resetvdis.py`".to_owned(), |step| self.history.mention(step));
        let whose = match names.srs[sr.at()].machine {
            Some(owner) => format!("{} is in {}", names.sr(sr), self.machine(owner)),
            None => format!("{hosts} did not rule {} when it stopped", names.sr(sr)),
        };
        format!("leave out the word `master` in {place}: {whose}")
    }
}

/// Whether a name ends by itself behind a `$`.
fn plain_name(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
