//! Where what is usually advised does not do, or harms: what else may, the nearest first. Whoever has the run tries them.

use super::Adviser;
use crate::base::ids::MachineId;
use crate::base::time::Time;
use crate::hazard::Place;
use crate::hazard::hindsight::{Command, Hands, Health, Kind};
use crate::hazard::remedy::{Advice, Aim, At, Part, Remedy, Way, Work};
use crate::world::event::StepIx;

impl Adviser<'_> {
    /// What may be done instead of what is usual.
    pub fn resorts(&self, usual: &Advice) -> Vec<Advice> {
        let mut all = Vec::new();
        if self.found.until.is_none() && matches!(usual.aim, Aim::Less) {
            all.extend(self.all_back_first(usual));
        }
        all.extend(self.released_on_every_sr(usual));
        all.extend(self.without_a_deed());
        all.extend(self.off_sooner());
        all.extend(self.mended_sooner());
        all
    }

    /// All that is broken is mended before anything else is done: what is usual may lack one of these.
    fn all_back_first(&self, usual: &Advice) -> Vec<Advice> {
        let back = self.all_back();
        if back.text.is_empty() {
            return Vec::new();
        }
        let master = self.next_master();
        let recover = Part::new(
            format!("run `xe pool-recover-slaves` on {}", self.machine(master)),
            vec![Remedy::Do(At::End, Work::Type(master, "xe pool-recover-slaves".into()))],
        );
        let alone = Advice::less(back.text.clone(), back.way.clone());
        let recovered = back.clone().and("; then ", recover);
        let mut all = vec![alone, Advice::less(recovered.text, recovered.way)];
        if let [way] = usual.ways.as_slice() {
            // What is mended by then is not mended again.
            let rest: Way = way.iter().filter(|remedy| !back.way.contains(remedy)).cloned().collect();
            let then = back.and("; then ", Part::new(usual.text.clone(), rest));
            all.push(Advice::less(then.text, then.way));
        }
        all
    }

    /// A start that is refused for one of several disks is refused for the next: the locks of all its SRs are released before it.
    fn released_on_every_sr(&self, usual: &Advice) -> Option<Advice> {
        let (Aim::Passes(step), Place::Vdi(own)) = (usual.aim, self.found.place) else { return None };
        let starts = |command: &&Command| command.step == step && matches!(command.kind, Kind::Start(Some(_)));
        let start = self.past.commands.iter().find(starts)?;
        let names = self.names();
        let mut disks = vec![own];
        for vbd in names.vbds.iter().filter(|vbd| start.kind == Kind::Start(Some(vbd.vm))) {
            if disks.iter().all(|disk| names.vdis[disk.at()].sr != names.vdis[vbd.vdi.at()].sr) {
                disks.push(vbd.vdi);
            }
        }
        if disks.len() < 2 {
            return None;
        }
        disks.sort_by_key(|disk| names.vdis[disk.at()].sr);
        let hosts = &self.found.hosts;
        let lines = disks.iter().flat_map(|disk| hosts.iter().map(move |host| self.release_line(*host, *disk, start.began)));
        let way = lines.map(|line| Remedy::Do(At::Before(step), Work::Type(start.console, line))).collect();
        let srs: Vec<&str> = disks.iter().map(|disk| names.sr(names.vdis[disk.at()].sr)).collect();
        let text = format!("release the locks of {} on {} before {}", self.list(hosts), srs.join(" and "), start.mention());
        Some(Advice::less(text, way).aiming(usual.aim))
    }

    /// What is broken at the end, mended: links, storage, hosts of the pool; and they have joined.
    fn all_back(&self) -> Part {
        let (world, names, end) = (self.world, self.names(), self.world.now);
        let mut parts = Vec::new();
        let links_are_bad = |m: MachineId| matches!(self.past.health(m, end), Health::CutOff | Health::Degraded);
        if !world.network_is_whole() || world.machines().any(links_are_bad) {
            parts.push(Part::new("mend the network", vec![Remedy::Do(At::End, Work::MendNetwork(Vec::new()))]));
        }
        for sr in names.sr_ids() {
            let lost: Vec<MachineId> = world.machines().filter(|machine| world.path_fault(*machine, sr).is_some()).collect();
            let Some(first) = lost.first() else { continue };
            let way = lost.iter().map(|machine| Remedy::Do(At::End, Work::MendPath(*machine, sr))).collect();
            let whose =
                if lost.len() == 1 { format!("the path of {} to {}", self.machine(*first), names.sr(sr)) } else { names.sr(sr).into() };
            parts.push(Part::new(format!("bring back {whose}"), way));
        }
        let known = |m: &MachineId| world.db(world.ruler()).host(world.host_on(*m)).is_some();
        let members: Vec<MachineId> = world.machines().filter(known).collect();
        let down = members.iter().filter(|m| matches!(self.past.health(**m, end), Health::Off | Health::Hung | Health::ToolstackStopped));
        for machine in down {
            let name = self.machine(*machine);
            let text = match self.past.health(*machine, end) {
                Health::Off => format!("boot {name}"),
                Health::Hung => format!("power {name} off and boot it again"),
                _ => format!("run `service xapi start` on {name}"),
            };
            parts.push(Part::new(text, self.bring_back(*machine)));
        }
        let Some(all) = parts.into_iter().reduce(|all, part| all.and(", ", part)) else { return Part::default() };
        let master = self.next_master();
        let joined = members.iter().map(|machine| Remedy::Do(At::End, Work::Joined(master, *machine))).collect();
        all.and(", and wait until all have joined", Part::new("", joined))
    }

    /// What somebody typed or did, left out: each alone, the last first, then all.
    fn without_a_deed(&self) -> Vec<Advice> {
        let deeds: Vec<StepIx> = self.causes.iter().copied().filter(|step| self.is_deed(*step)).collect();
        let mut all: Vec<Advice> = deeds
            .iter()
            .rev()
            .map(|step| Advice::never(format!("leave out {}", self.past.mention(*step)), vec![Remedy::LeaveOut(*step)]))
            .collect();
        if deeds.len() > 1 {
            let mentions: Vec<String> = deeds.iter().map(|step| self.past.mention(*step)).collect();
            let text = format!("leave out {}: what comes of them together is this", mentions.join(" and "));
            all.push(Advice::never(text, deeds.iter().map(|step| Remedy::LeaveOut(*step)).collect()));
        }
        all
    }

    /// Whether somebody should have left a step out: it was typed, or done with hands, and was no look. Nobody is told to leave out
    /// that he switched off a host that was not well: what follows a finding is not followed here, and without that it would do harm.
    fn is_deed(&self, step: StepIx) -> bool {
        let step = self.past.step(step);
        let just_before = Time(step.began.map_or(0, |began| began.0.saturating_sub(1)));
        let by_hand = match &step.hands {
            None | Some((Hands::CheckOff, _)) => false,
            Some((Hands::PowerOff, machines)) => machines.iter().all(|machine| self.past.health(*machine, just_before) == Health::Well),
            Some(_) => true,
        };
        step.typed || by_hand || !step.brings_back.is_empty()
    }

    /// A host that goes on is switched off before the finding begins.
    fn off_sooner(&self) -> Vec<Advice> {
        let from = self.causes.first().map_or(Time::ZERO, |step| self.past.began(*step));
        if self.found.since <= from {
            return Vec::new();
        }
        let on = |m: &MachineId| self.past.health(*m, self.found.since) != Health::Off;
        let mut hosts: Vec<MachineId> = self.found.hosts.iter().copied().chain(self.found.by).filter(on).collect();
        hosts.dedup();
        let off = |machine: MachineId| {
            let way = vec![Remedy::Do(At::Within(from, self.found.since), Work::PowerOff(machine))];
            Advice::never(format!("power off {} before {}", self.machine(machine), self.found.since), way)
        };
        hosts.into_iter().map(off).collect()
    }

    /// What broke, mended sooner: each alone, then all.
    fn mended_sooner(&self) -> Vec<Advice> {
        let until = self.found.until.unwrap_or(self.world.now);
        let broke: Vec<StepIx> = self.broke().filter(|step| self.past.began(*step) < until).collect();
        let mend = |step: StepIx| Remedy::Do(At::Within(self.past.began(step), until), Work::Undo(step));
        let mut all: Vec<Advice> = broke
            .iter()
            .map(|step| Advice::less(format!("mend sooner what {} broke", self.past.mention(*step)), vec![mend(*step)]))
            .collect();
        if broke.len() > 1 {
            all.push(Advice::less(format!("mend sooner what {} broke", self.what_broke()), broke.iter().map(|step| mend(*step)).collect()));
        }
        all
    }
}
