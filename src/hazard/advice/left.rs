//! What was left behind: how a finding ended, the locks and records that are still there, where a VM could run, who must be
//! master first.

use super::Adviser;
use crate::base::ids::{HostId, MachineId, VdiId, VmId};
use crate::base::time::Time;
use crate::hazard::hindsight::{Command, Hands, Health, Kind};
use crate::hazard::remedy::{Advice, At, Part, Remedy, Way, Work};
use crate::world::event::{Event, Status, StepIx};
use crate::world::memory::PoolConf;

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

    /// Where a command held off HA's restarts, and its VM came back when that was over.
    pub fn held_off(&self, name: &str) -> Option<Advice> {
        let until = self.found.until?;
        let command = self.commands().find(|command| command.kind == Kind::HoldRestarts && command.began < until)?;
        let long = until.since(self.found.since);
        let text = format!("leave out {}, or end it sooner (`seconds=0`): {name} was down for {long}", command.mention());
        Some(Advice::less(text, vec![Remedy::LeaveOut(command.step)]))
    }

    /// The step that brought a VM back, sooner.
    pub fn sooner(&self, step: StepIx, name: &str, until: Time) -> Advice {
        let long = until.since(self.found.since);
        let text = format!("come to {} sooner: {name} was down for {long}", self.past.mention(step));
        Advice::less(text, vec![Remedy::Sooner(step, self.found.since)])
    }

    /// A start of a VM that failed within the finding's time, with one of these codes.
    pub fn failed_start(&self, vms: &[VmId], codes: &[&str]) -> Option<&Command> {
        let until = self.found.until.unwrap_or(Time::NEVER);
        let met = |c: &Command| codes.is_empty() || c.code.as_deref().is_some_and(|code| codes.contains(&code));
        let starts = |c: &&Command| matches!(c.kind, Kind::Start(Some(vm)) if vms.contains(&vm)) && c.status == Status::Error && met(c);
        self.past.commands.iter().filter(|c| self.found.since <= c.began && c.began < until).find(starts)
    }

    /// The console of the master at the end of the run.
    pub fn master_console(&self) -> String {
        let ruler = self.world.ruler();
        if self.world.is_master(ruler) { self.machine(ruler).into() } else { "the master".into() }
    }

    /// Where no master is left at the end, one is needed first.
    pub fn first_a_master(&self) -> Part {
        let ruler = self.world.ruler();
        if self.world.is_master(ruler) {
            let others = self.other_masters();
            if others.is_empty() {
                return Part::default();
            }
            // Whatever is started in a pool with two masters, the other has it as not running, or its host as dead.
            let off = others.iter().map(|master| Remedy::Do(At::End, Work::PowerOff(*master))).collect();
            return Part::new(format!("power off {}, which is a master beside {}; then ", self.list(&others), self.machine(ruler)), off);
        }
        if let Some(wait) = self.waits_for_ha() {
            return Part::new("bring back a liveset (the heartbeat SR, the network, the hosts): HA then elects a master; then ", wait.way);
        }
        if !self.comes_back_as_master() {
            return self.promote(self.next_master()).and("; then ", Part::default());
        }
        let text =
            format!("bring back {}, or make a member the master (`xe pool-emergency-transition-to-master`); then ", self.machine(ruler));
        Part::new(text, self.bring_back(ruler))
    }

    /// Whether no master is left at the end, HA elects none, and who ruled is brought back.
    fn comes_back_as_master(&self) -> bool {
        let ruler = self.world.ruler();
        let well = self.world.xapi_runs(ruler) && self.past.health(ruler, self.world.now) == Health::Well;
        !self.world.is_master(ruler) && self.waits_for_ha().is_none() && self.next_master() == ruler && !well
    }

    /// The machine that boots as the master after the run, if one does.
    fn boots_as_master(&self) -> Option<MachineId> {
        let ruler = self.world.ruler();
        let boots = matches!(self.past.health(ruler, self.world.now), Health::Off | Health::Hung);
        (boots && self.comes_back_as_master()).then_some(ruler)
    }

    /// Who is or becomes the master after the run: who rules, if it is one or can be brought back; else who has the newest copy.
    pub fn next_master(&self) -> MachineId {
        let (ruler, end) = (self.world.ruler(), self.world.now);
        let up = self.past.health(ruler, end) == Health::Well && self.world.xapi_runs(ruler);
        let comes_back = self.world.stacks[ruler.at()].conf == PoolConf::Master;
        if self.world.is_master(ruler) || !up && comes_back { ruler } else { self.successor().unwrap_or(ruler) }
    }

    /// Of the members that are well at the end the one whose copy of the database is the newest.
    pub fn successor(&self) -> Option<MachineId> {
        let (ruler, end) = (self.world.ruler(), self.world.now);
        let well = |m: &MachineId| self.past.health(*m, end) == Health::Well && self.world.xapi_runs(*m);
        let member = |m: &MachineId| self.world.pool_of(*m) == self.world.pool_of(ruler);
        let newest = |m: &MachineId| (self.past.last_copied(*m, end), std::cmp::Reverse(m.0));
        self.world.machines().filter(|m| well(m) && member(m)).max_by_key(newest)
    }

    /// A member becomes the master after the run. Who can't be told of it must be off first: it would go on without.
    pub fn promote(&self, next: MachineId) -> Part {
        let end = self.world.now;
        let lost = |m: &MachineId| *m != next && self.world.powered(*m) && self.past.health(*m, end) != Health::Well;
        let member = |m: &MachineId| self.world.pool_of(*m) == self.world.pool_of(next);
        let lost: Vec<MachineId> = self.world.machines().filter(|m| member(m) && lost(m)).collect();
        let lines = ["xe pool-emergency-transition-to-master", "xe pool-recover-slaves"];
        let off = lost.iter().map(|m| Work::PowerOff(*m));
        let works = off.chain(lines.map(|line| Work::Type(next, line.into())));
        let first = if lost.is_empty() { String::new() } else { format!("power off {}, or see that it is off, ", self.list(&lost)) };
        let then = if lost.is_empty() { "" } else { "then " };
        let text = format!("{first}{then}run `{}` on {} and `{}` there", lines[0], self.machine(next), lines[1]);
        Part::new(text, works.map(|work| Remedy::Do(At::End, work)).collect())
    }

    /// Who holds itself for a master beside the one that rules.
    fn other_masters(&self) -> Vec<MachineId> {
        let ruler = self.world.ruler();
        self.world.masters(self.world.pool_of(ruler)).filter(|master| *master != ruler).collect()
    }

    /// A line on the master's console when the run is over.
    pub fn typed(&self, line: impl Into<String>) -> Remedy {
        Remedy::Do(At::End, Work::Type(self.next_master(), line.into()))
    }

    /// Where HA is armed and no master is left, HA does the rest as soon as it can.
    pub fn waits_for_ha(&self) -> Option<Part> {
        let ruler = self.world.ruler();
        let ha = &self.world.stacks[ruler.at()].ha;
        if self.world.is_master(ruler) || !ha.armed {
            return None;
        }
        let sr = ha.config.as_ref().map(|config| Remedy::Do(At::End, Work::MendSr(config.sr)));
        let network = Remedy::Do(At::End, Work::MendNetwork(Vec::new()));
        // HA does the rest when the hosts have joined again.
        let end = self.world.now;
        let known: Vec<MachineId> = self.world.machines().filter(|m| self.world.db(ruler).host(self.world.host_on(*m)).is_some()).collect();
        let down: Vec<MachineId> =
            known.iter().copied().filter(|m| matches!(self.past.health(*m, end), Health::Off | Health::Hung)).collect();
        let back = down.iter().flat_map(|machine| self.bring_back(*machine)).collect::<Way>();
        let joined = known.iter().map(|machine| Remedy::Do(At::End, Work::Joined(ruler, *machine)));
        let hosts = if down.is_empty() { String::new() } else { format!(", {}", self.list(&down)) };
        Some(Part::new(
            format!(
                "bring back a liveset (the heartbeat SR, the network{hosts}): HA then elects a master, releases what fenced hosts had open and starts what it protects; if that can't be done, see that every host is up and runs no guest, then `xe host-emergency-ha-disable --force` on each"
            ),
            sr.into_iter().chain([network]).chain(back).chain(joined).collect(),
        ))
    }

    /// Whether HA's own doing made an instant what it is: the master gave up a host that was taken out of the liveset.
    pub fn ha_took_over(&self, at: Time) -> bool {
        let buried = |event: &Event| self.past.shrunk_by(at) && matches!(event, Event::HostMarkedDead { .. });
        let restarted = |event: &Event| matches!(event, Event::VmRestarted { .. });
        self.past.at(at).iter().any(|entry| buried(entry.event) || restarted(entry.event))
    }

    /// The word that this storage manager wants for a fallen SR master, behind the others.
    fn master_word(&self) -> String {
        format!(" {}", self.world.settings.storage_manager.master_word())
    }

    /// The line that releases the locks of a machine on the SR of a VDI, as it would have been typed at an instant.
    pub fn release_line(&self, machine: MachineId, vdi: VdiId, until: Time) -> String {
        let names = self.names();
        let sr = names.vdis[vdi.at()].sr;
        if self.uses_others(machine, vdi) && self.world.settings.storage_manager.takes_one_disk() {
            return format!("/opt/xensource/sm/resetvdis.py single {}", variable(names.vdi(vdi), ""));
        }
        let said = |c: &&Command| matches!(c.kind, Kind::Release { host, sr: of, master: true } if host == Some(machine) && of == Some(sr));
        let word = if self.past.commands.iter().any(|c| said(&c) && c.status == Status::Ok) { self.master_word() } else { String::new() };
        // Who was installed afresh meanwhile held them under the name of before.
        let afresh = self.past.hands(machine, Hands::Reinstall).any(|(began, _)| began <= until);
        let old = if afresh { ".old" } else { "" };
        format!("/opt/xensource/sm/resetvdis.py {} {}{word}", variable(names.machine(machine), old), variable(names.sr(sr), ""))
    }

    /// The release of the locks that hold a VDI at the end of the run.
    pub fn release(&self, vdi: VdiId, failed: Option<&Command>) -> Part {
        let db = self.world.db(self.world.ruler());
        let locks = db.vdi(vdi).map_or(&[][..], |record| record.locks.as_slice());
        let stale = |host: &HostId| !self.world.machine_of(*host).is_some_and(|machine| self.world.has_open(machine, vdi));
        let mut hosts: Vec<HostId> = Vec::new();
        for host in locks.iter().map(|(host, _)| *host).filter(stale) {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        let parts = hosts.into_iter().map(|host| self.release_of(vdi, host, failed));
        parts.reduce(|all, part| all.and("; then ", part)).unwrap_or_default()
    }

    /// The release of what one host holds.
    fn release_of(&self, vdi: VdiId, host: HostId, failed: Option<&Command>) -> Part {
        let names = self.names();
        let sr = names.vdis[vdi.at()].sr;
        let machine = names.hosts[host.at()].machine;
        let (name, sr_name) = (names.machine(machine), names.sr(sr));
        // A second master is switched off first, and leaves its SRs without theirs.
        let falls = self.other_masters().contains(&machine);
        let fallen = falls || self.world.fallen_sr_masters.contains(&(sr, host));
        let fell = fallen && self.world.release.locks.resetvdis_needs_master_word;
        let old = if self.world.host_on(machine) == host { "" } else { ".old" };
        let (uuid, sr_uuid) = (variable(name, old), variable(sr_name, ""));
        let word = if fell { self.master_word() } else { String::new() };
        let (mut text, mut way) = (String::new(), Way::new());
        if old.is_empty() && !falls && self.world.powered(machine) {
            // A host that is well is not switched off for a lock that it does not use.
            let (words, work) = match self.past.health(machine, self.world.now) {
                Health::Hung => (format!("power off {name}"), Work::PowerOff(machine)),
                _ => {
                    (format!("see with `tap-ctl list` on {name} that it does not use the disk"), Work::Look(machine, "tap-ctl list".into()))
                }
            };
            text = format!("{words}, then ");
            way.push(Remedy::Do(At::End, work));
        }
        let console = self.master_console();
        let line = match self.release_of_the_unknown(host, vdi) {
            Some(line) => line,
            // Who is up is asked whether it uses the disk.
            None if self.uses_others(machine, vdi) && self.world.settings.storage_manager.takes_one_disk() => {
                format!("/opt/xensource/sm/resetvdis.py single {}", variable(names.vdi(vdi), ""))
            }
            None => format!("/opt/xensource/sm/resetvdis.py {uuid} {sr_uuid}{word}"),
        };
        if self.boots_as_master() == Some(machine) && old.is_empty() {
            // Its start takes away what it left itself, and by then its guests may run again, under locks that a release would take.
            return Part::new(format!("where a member was made the master instead, run `{line}` there"), Way::new());
        }
        text.push_str(&format!("run `{line}` on {console}"));
        way.push(self.typed(line));
        if let Some(start) = failed {
            text.push_str(&format!(", before {}", start.mention()));
        }
        let released =
            |c: &&Command| c.began >= self.found.since && matches!(c.kind, Kind::Release { host: Some(of), .. } if of == machine);
        let tried = self.past.commands.iter().filter(released);
        let said: Vec<String> = tried
            .filter_map(|c| match c.kind {
                Kind::Release { sr: Some(other), .. } if other != sr => Some(format!("{} released {} alone", c.mention(), names.sr(other))),
                Kind::Release { master: false, .. } if fell => {
                    Some(format!("{} lacked the word `{}`", c.mention(), self.world.settings.storage_manager.master_word()))
                }
                _ => None,
            })
            .collect();
        if !said.is_empty() {
            text.push_str(&format!(": {}", said.join("; ")));
        } else if fell {
            text.push_str(&format!(": {name} was the master of {sr_name} when it stopped"));
        }
        Part { text, way }
    }

    /// Whether a machine uses other disks of the SR: a release of all that it holds there would take their locks, too.
    fn uses_others(&self, machine: MachineId, vdi: VdiId) -> bool {
        let (world, names) = (self.world, self.names());
        let beside = |other: &VdiId| *other != vdi && names.vdis[other.at()].sr == names.vdis[vdi.at()].sr;
        names.vdi_ids().filter(beside).any(|other| world.has_open(machine, other))
    }

    /// How a lock is released whose host is in no list: the script does not find such a host, and has to be given the disk, where it
    /// has that form; else the next start of any xapi clears it, where it does (docs/model/locks.md §8, §11).
    fn release_of_the_unknown(&self, host: HostId, vdi: VdiId) -> Option<String> {
        let (world, disk) = (self.world, variable(self.names().vdi(vdi), ""));
        if world.db(world.ruler()).host(host).is_some() || world.release.locks.resetvdis_knows_forgotten_hosts {
            return None;
        }
        if world.settings.storage_manager.takes_one_disk() {
            return Some(format!("/opt/xensource/sm/resetvdis.py single {disk} --force"));
        }
        world.release.locks.start_clears_leaked_locks.then(|| "xe-toolstack-restart".into())
    }

    /// A disk whose record bears a mark that nobody takes away gets a new record (docs/model/locks.md §11, docs/model/storage.md §1):
    /// after a look on every host that is up, since with the record its locks go, too.
    pub fn unmarked(&self, vm: VmId, vdi: VdiId) -> Part {
        let (world, names) = (self.world, self.names());
        let db = world.db(world.ruler());
        if !db.vdi(vdi).is_some_and(|record| record.activating) || world.machines().any(|machine| world.has_open(machine, vdi)) {
            return Part::default();
        }
        let (disk, sr) = (variable(names.vdi(vdi), ""), variable(names.sr(names.vdis[vdi.at()].sr), ""));
        let up = world.machines().filter(|machine| world.powered(*machine) && db.host(world.host_on(*machine)).is_some());
        let mut way: Way = up.map(|machine| Remedy::Do(At::End, Work::Look(machine, "tap-ctl list".into()))).collect();
        let lines = [
            format!("xe vdi-forget uuid={disk}"),
            format!("xe sr-scan uuid={sr}"),
            format!("xe vbd-create vm-uuid={} vdi-uuid={disk} device=autodetect", variable(names.vm(vm), "")),
        ];
        let said: Vec<String> = lines.iter().map(|line| format!("`{line}`")).collect();
        way.extend(lines.into_iter().map(|line| self.typed(line)));
        let text = format!(
            "see with `tap-ctl list` on every host that nobody has {} open, then run {} on {}: its record is marked as being opened, and nothing else takes the mark away",
            names.vdi(vdi),
            said.join(", "),
            self.master_console()
        );
        Part::new(text, way)
    }

    /// The reset of a record that says running where nothing runs, at the end of the run.
    pub fn reset(&self, vm: VmId, failed: Option<&Command>) -> Part {
        let names = self.names();
        let record = self.world.db(self.world.ruler()).vm(vm);
        let host = record.and_then(|record| record.resident_on).map(|host| names.hosts[host.at()].machine);
        let (mut text, mut way) = (String::new(), Way::new());
        let on = |machine: &MachineId| self.world.powered(*machine) && !self.other_masters().contains(machine);
        if let Some(machine) = host.filter(on) {
            let believed_dead =
                record.and_then(|record| record.resident_on).is_some_and(|host| !self.world.db(self.world.ruler()).live(host));
            let name = self.machine(machine);
            // It does not run there, and whoever asks sees so; only a host that is held for alive must be off before the reset passes.
            let (words, work) = match self.past.health(machine, self.world.now) {
                Health::Hung => (format!("power off {name}"), Work::PowerOff(machine)),
                _ if believed_dead => {
                    (format!("see with `list_domains` on {name} that it does not run there"), Work::Look(machine, "list_domains".into()))
                }
                _ => (format!("power off {name}, or let it join the pool again"), Work::PowerOff(machine)),
            };
            text = format!("{words}, then ");
            way.push(Remedy::Do(At::End, work));
        }
        let (name, console) = (names.vm(vm), self.master_console());
        let line = format!("xe vm-reset-powerstate vm={name} --force");
        text.push_str(&format!("run `{line}` on {console}"));
        way.push(self.typed(line));
        if let Some(start) = failed {
            text.push_str(&format!(", before {}", start.mention()));
        }
        let refused = self.past.commands.iter().rev().find(|c| c.kind == Kind::Reset(Some(vm)) && c.status == Status::Error);
        if let Some(refused) = refused {
            let code = refused.code.as_deref().map_or_else(String::new, |code| format!(" with {code}"));
            text.push_str(&format!(": {} was refused{code}", refused.mention()));
        }
        Part { text, way }
    }
}

/// The UUID of what has a name, as it is typed: with braces where the name does not end by itself.
pub fn variable(name: &str, ending: &str) -> String {
    let plain = ending.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { format!("${name}") } else { format!("${{{name}{ending}}}") }
}
