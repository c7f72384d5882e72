//! Where a VM could run when the run is over, and what is missing for that.

use super::Adviser;
use super::left::variable;
use crate::base::ids::{MachineId, SrId, VbdId, VdiId, VmId};
use crate::hazard::hindsight::Health;
use crate::hazard::remedy::{Advice, At, Part, Remedy, Work};

impl Adviser<'_> {
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

    /// A start of a VM on a machine when the run is over.
    pub fn start_on(&self, vm: VmId, machine: MachineId) -> Remedy {
        self.typed(format!("xe vm-start vm={} on={}", self.names().vm(vm), self.machine(machine)))
    }

    /// Another VM that has a disk of this one attached while either writes, by the records, and that disk.
    pub fn disk_in_use(&self, vm: VmId) -> Option<(VmId, VdiId)> {
        let (names, ruler) = (self.names(), self.world.ruler());
        self.world.disks_free(ruler, vm).err()?;
        let attached = |vdi: &VdiId| {
            let others = names.vbds.iter().enumerate().filter(|(_, vbd)| vbd.vdi == *vdi && vbd.vm != vm);
            let mut others = others.filter(|(at, _)| self.world.db(ruler).attached(VbdId(*at as u16))).map(|(_, vbd)| vbd.vm);
            others.next().map(|other| (other, *vdi))
        };
        self.disks(vm).iter().find_map(attached)
    }

    /// The SRs of a VM's disks, each once.
    fn srs(&self, vm: VmId) -> Vec<SrId> {
        let mut srs: Vec<SrId> = self.disks(vm).into_iter().map(|vdi| self.names().vdis[vdi.at()].sr).collect();
        srs.sort_unstable();
        srs.dedup();
        srs
    }

    /// What is missing where no host can take a VM: room, a host, its storage. `then` is what is done when that is there;
    /// `start`: by whoever follows this.
    pub fn no_home(&self, vm: VmId, then: &str, start: bool) -> Advice {
        let names = self.names();
        let name = names.vm(vm);
        if let Some(full) = self.no_room(vm, then) {
            return full;
        }
        let gone = self.disks(vm).into_iter().find(|vdi| self.world.hw.is_wiped(names.vdis[vdi.at()].sr));
        if let Some(vdi) = gone {
            let sr = names.sr(names.vdis[vdi.at()].sr);
            return Advice::by_hand(format!(
                "bring back {} of {name} from a backup: {sr} was made anew, and the disk is gone",
                names.vdi(vdi)
            ));
        }
        let owner = self.srs(vm).into_iter().find_map(|sr| names.srs[sr.at()].machine);
        let Some(home) = self.home_to_be(vm) else {
            return Advice::by_hand(format!("bring back a host that reaches the disks of {name}, and {then}"));
        };
        let all = joined(self.missing(vm, home));
        let text = match owner {
            Some(owner) if !self.world.xapi_runs(owner) => {
                format!("bring back {}, which a disk of {name} lies in, and {then}", self.machine(owner))
            }
            _ if all.text.is_empty() => format!("wait until {} is up, and {then}", self.machine(home)),
            _ => format!("{}, and {then}", all.text),
        };
        let way = all.way.into_iter().chain(start.then(|| self.start_on(vm, home)));
        Advice::less(text, way.collect())
    }

    /// The host that lacks least of what a VM needs, of those that the ruling database knows; with a local disk its owner.
    fn home_to_be(&self, vm: VmId) -> Option<MachineId> {
        let owner = self.srs(vm).into_iter().find_map(|sr| self.names().srs[sr.at()].machine);
        let db = self.world.db(self.world.ruler());
        let known = |m: &MachineId| db.host(self.world.host_on(*m)).is_some();
        let least = |m: &MachineId| (self.missing(vm, *m).len(), self.lost_paths(vm, *m).len());
        owner.or_else(|| self.world.machines().filter(known).min_by_key(least))
    }

    /// The storage that is missing for a VM where no host can take it: to be mended before anything boots, which then plugs it.
    pub fn storage_first(&self, vm: VmId) -> Part {
        if self.home_for(vm).is_some() {
            return Part::default();
        }
        let all = joined(self.home_to_be(vm).map_or_else(Vec::new, |home| self.lost_paths(vm, home)));
        if all.text.is_empty() { all } else { all.and("; then ", Part::default()) }
    }

    fn lost_paths(&self, vm: VmId, machine: MachineId) -> Vec<Part> {
        let lost = self.srs(vm).into_iter().filter(|sr| self.world.path_fault(machine, *sr).is_some());
        let mend = |sr: SrId| {
            let text = format!("bring back the path of {} to {}", self.machine(machine), self.names().sr(sr));
            Part::new(text, vec![Remedy::Do(At::End, Work::MendPath(machine, sr))])
        };
        lost.map(mend).collect()
    }

    /// Where hosts reach the disks and have too little memory: which lacks least.
    fn no_room(&self, vm: VmId, then: &str) -> Option<Advice> {
        let ruler = self.world.ruler();
        let there = self.world.machines().filter(|machine| self.reaches_disks(*machine, vm));
        let why = |machine: &MachineId| self.world.can_take(ruler, vm, self.world.host_on(*machine)).err().map(|error| error.code);
        let full = there.filter(|machine| why(machine) == Some("HOST_NOT_ENOUGH_FREE_MEMORY"));
        let free = |machine: &MachineId| self.world.memory_free(ruler, self.world.host_on(*machine)).unwrap_or(u64::MAX);
        let machine = full.max_by_key(|machine| (free(machine), std::cmp::Reverse(machine.0)))?;
        let mib = |bytes: u64| bytes.div_ceil(1 << 20);
        let takes = self.names().vms[vm.at()].takes();
        let (name, lacks, takes) = (self.names().vm(vm), mib(takes.saturating_sub(free(&machine))), mib(takes));
        let machine = self.machine(machine);
        Some(Advice::by_hand(format!(
            "make room for {name}: it takes {takes} MiB, and {machine}, which lacks least, lacks {lacks} MiB of them; then {then}"
        )))
    }

    /// What a host lacks beside storage to run a VM when the run is over, in the order in which it is mended.
    fn missing(&self, vm: VmId, machine: MachineId) -> Vec<Part> {
        let (world, name) = (self.world, self.machine(machine));
        let db = world.db(world.ruler());
        let record = db.host(world.host_on(machine));
        let mut parts = Vec::new();
        let srs = self.srs(vm);
        let up = world.xapi_runs(machine) && self.past.health(machine, world.now) == Health::Well;
        if !up {
            let text = match self.past.health(machine, world.now) {
                Health::Off => format!("boot {name}"),
                Health::Hung => format!("power {name} off and boot it again"),
                Health::ToolstackStopped => format!("run `service xapi start` on {name}"),
                Health::CutOff | Health::Degraded | Health::Well => format!("mend the network of {name}"),
            };
            parts.push(Part::new(text, self.bring_back(machine)));
        }
        if record.is_none_or(|record| !record.live) {
            let waited = Remedy::Do(At::End, Work::Joined(self.next_master(), machine));
            match parts.last_mut() {
                Some(part) => part.way.push(waited),
                None => parts.push(Part::new(format!("wait until {name} has joined"), vec![waited])),
            }
        }
        // A host that starts plugs its storage and enables itself.
        if matches!(self.past.health(machine, world.now), Health::Off | Health::Hung) {
            return parts;
        }
        let console = self.master_console();
        let mut typed = |line: String| parts.push(Part::new(format!("run `{line}` on {console}"), vec![self.typed(line.clone())]));
        for sr in srs.iter().filter(|sr| !db.plugged(world.host_on(machine), **sr)) {
            typed(format!("xe pbd-plug uuid={}", variable(&format!("{name}/{}", self.names().sr(*sr)), "")));
        }
        if record.is_some_and(|record| !record.enabled) {
            typed(format!("xe host-enable host={name}"));
        }
        parts
    }
}

/// Parts, one after the other.
fn joined(parts: Vec<Part>) -> Part {
    parts.into_iter().reduce(|all, part| all.and(", ", part)).unwrap_or_default()
}
