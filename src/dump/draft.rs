//! From the records of a pool's database to a pool that can be simulated, and what was changed or left out on the way.

use super::records::*;
use crate::base::draw::Stream;
use crate::base::inert::{clean_line, hidden};
use crate::base::time::Span;
use crate::base::typography::plain;
use crate::scenario::draft::{DiskDraft, HaDraft, HostDraft, PoolDraft, RunningDraft, SrDraft, VmDraft};
use crate::world::belief::{PowerState, Protection};
use crate::world::inventory::{Mode, SrType};
use std::collections::{BTreeMap, BTreeSet};

/// A pool to be simulated, and what is to be said beside it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Drafted {
    /// The pool.
    pub draft: PoolDraft,
    /// The hosts that the database does not hold for alive, by their names here.
    pub not_live: Vec<String>,
    /// What is left out, said otherwise or odd, a sentence each.
    pub remarks: Vec<String>,
}

/// How names are given.
struct Names {
    anonymous: bool,
    remarks: Vec<String>,
}

impl Names {
    /// A name for each label, in their order: as it is where a scenario can have it, and no two alike. `first` are the UUIDs,
    /// by which those of one label are told apart whatever their order in the dump.
    fn of(&mut self, kind: &str, all: &[(&str, &str)]) -> Vec<String> {
        let mut order: Vec<(bool, String, &str, usize)> = Vec::new();
        for (at, (label, uuid)) in all.iter().enumerate() {
            let fitted = fitted(kind, label);
            order.push((fitted != *label, fitted, uuid, at));
        }
        order.sort();
        let width = all.len().to_string().len();
        let mut names = vec![String::new(); all.len()];
        let mut taken = BTreeSet::new();
        let mut changed = Vec::new();
        for (n, (_, fitted, _, at)) in order.into_iter().enumerate() {
            let name = if self.anonymous { format!("{kind}-{:0width$}", n + 1) } else { distinct(&mut taken, &fitted) };
            if !self.anonymous && name != all[at].0 {
                changed.push(format!("`{}` is called `{name}` here", clean_line(all[at].0)));
            }
            names[at] = name;
        }
        few(&mut self.remarks, changed, &format!("more {kind} names are changed"));
        names
    }
}

/// As many hosts that no record is of get a name; the locks of more are left out.
const GONE_MOST: usize = 16;
/// As many remarks of one kind are told singly.
const SINGLY_MOST: usize = 20;

fn few(remarks: &mut Vec<String>, mut told: Vec<String>, more: &str) {
    let rest = told.len().saturating_sub(SINGLY_MOST);
    told.truncate(SINGLY_MOST);
    remarks.extend(told);
    if rest > 0 {
        remarks.push(format!("{rest} {more}"));
    }
}

/// The name itself, or the first of it with a number behind that nobody has yet.
fn distinct(taken: &mut BTreeSet<String>, name: &str) -> String {
    let mut one = name.to_string();
    let mut n = 2;
    while !taken.insert(one.clone()) {
        one = format!("{name}-{n}");
        n += 1;
    }
    one
}

/// A label as a scenario can have it: what can be typed at a console.
fn fitted(kind: &str, label: &str) -> String {
    let mut name: String = plain(&clean_line(label))
        .chars()
        .map(|c| if hidden(c) || "/${}\"'`\\".contains(c) || kind == "host" && c.is_whitespace() { '-' } else { c })
        .take(120)
        .collect();
    while name.contains("..") {
        name = name.replace("..", ".");
    }
    let name = name.trim().to_string();
    let name = if kind == "host" && name.ends_with(".old") { name.replace(".old", "-old") } else { name };
    if name.is_empty() { kind.to_string() } else { name }
}

/// The UUIDs that objects get here.
struct Uuids {
    seen: BTreeSet<String>,
    /// How many were damaged, or not the only one.
    strange: usize,
    /// What stands for each, where nobody is to know them.
    replaced: Option<BTreeMap<String, String>>,
}

impl Uuids {
    fn new(records: &Records, anonymous: bool) -> Uuids {
        let kinds: [Vec<&str>; 4] = [
            records.hosts.iter().map(|host| host.uuid.as_str()).collect(),
            records.srs.iter().map(|sr| sr.uuid.as_str()).collect(),
            records.vms.iter().map(|vm| vm.uuid.as_str()).collect(),
            records.vdis.iter().map(|vdi| vdi.uuid.as_str()).collect(),
        ];
        let replaced = anonymous.then(|| kinds.into_iter().flat_map(stand_ins).collect());
        Uuids { seen: BTreeSet::new(), strange: 0, replaced }
    }

    /// The UUID if it is one that nothing else has, or what stands for it.
    fn of(&mut self, uuid: &str) -> Option<String> {
        let uuid = uuid.to_lowercase();
        if !is_uuid(&uuid) || !self.seen.insert(uuid.clone()) {
            self.strange += 1;
            return None;
        }
        match &self.replaced {
            Some(replaced) => replaced.get(&uuid).cloned(),
            None => Some(uuid),
        }
    }
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]) && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A UUID for each of one kind that nobody can tell the true one from. The same UUID gets the same wherever objects of its
/// kind are the same, and their order is kept: HA's ties go to the lowest.
fn stand_ins(uuids: Vec<&str>) -> Vec<(String, String)> {
    let own: BTreeSet<String> = uuids.into_iter().map(str::to_lowercase).filter(|uuid| is_uuid(uuid)).collect();
    let drawn = |uuid: &String| {
        let stream = Stream::new(0, "anonymous", uuid);
        let (a, b) = (stream.at(0), stream.at(1));
        // Of version 4, as those of xapi are.
        let (version, variant) = (0x4000 | (a & 0x0fff), 0x8000 | (b >> 48 & 0x3fff));
        format!("{:08x}-{:04x}-{version:04x}-{variant:04x}-{:012x}", a >> 32, a >> 16 & 0xffff, b & 0xffff_ffff_ffff)
    };
    let others: BTreeSet<String> = own.iter().map(drawn).collect();
    own.into_iter().zip(others).collect()
}

/// The type of SR that behaves as this one, and whether it is this one itself.
fn sr_type(sr: &SrRecord, shared: bool) -> (SrType, bool) {
    let known = SrType::ALL.iter().find(|(name, kind)| *name == sr.kind && kind.shared() == shared);
    let file = !sr.kind.starts_with("lvm") && !["iscsi", "hba", "rawhba", "gfs2"].contains(&sr.kind.as_str());
    match (known, shared, file) {
        (Some((_, kind)), ..) => (*kind, true),
        (None, true, true) => (SrType::Nfs, false),
        (None, true, false) => (SrType::LvmoIscsi, false),
        (None, false, true) => (SrType::Ext, false),
        (None, false, false) => (SrType::Lvm, false),
    }
}

/// Makes the pool. `anonymous`: with other names and UUIDs, hosts in the order of those that they had.
pub fn drafted(records: &Records, anonymous: bool) -> Drafted {
    let mut remarks = records.doubts.clone();
    match anonymous {
        true if !records.named_doubts.is_empty() => {
            remarks.push(format!("{} remarks are left out that would name something", records.named_doubts.len()));
        }
        _ => remarks.extend(records.named_doubts.iter().cloned()),
    }
    let mut drafting = Drafting {
        records,
        names: Names { anonymous, remarks },
        uuids: Uuids::new(records, anonymous),
        draft: PoolDraft::default(),
        not_live: Vec::new(),
        hosts: BTreeMap::new(),
        srs: BTreeMap::new(),
        local: BTreeMap::new(),
        vdis: records.vdis.iter().map(|vdi| (vdi.key.as_str(), vdi)).collect(),
        owned: BTreeMap::new(),
        vdi_names: BTreeSet::new(),
        gone: BTreeMap::new(),
        odd: Vec::new(),
        left: Left::default(),
    };
    let label = clean_line(records.pool.label.trim());
    drafting.draft.name = Some(label).filter(|label| !anonymous && !label.is_empty());
    drafting.all_hosts();
    drafting.all_srs();
    drafting.all_vms();
    drafting.all_gone();
    drafting.ha();
    drafting.count();
    let Drafting { draft, not_live, odd, names, .. } = drafting;
    let mut remarks = names.remarks;
    few(&mut remarks, odd, "more such oddities");
    Drafted { draft, not_live, remarks }
}

/// What of the disks of VMs that are machines is left out or said otherwise, and how often.
#[derive(Default)]
struct Left {
    isos: usize,
    homeless: usize,
    cds: usize,
    empty: usize,
    unreached: usize,
    twice: usize,
    marks: usize,
    unknown_locks: usize,
    strange_locks: usize,
}

/// A pool under way.
struct Drafting<'r> {
    records: &'r Records,
    names: Names,
    uuids: Uuids,
    draft: PoolDraft,
    not_live: Vec<String>,
    /// Names here by key.
    hosts: BTreeMap<&'r str, String>,
    srs: BTreeMap<&'r str, String>,
    /// The keys of local SRs, each with that of its host.
    local: BTreeMap<&'r str, &'r str>,
    vdis: BTreeMap<&'r str, &'r VdiRecord>,
    /// The VDIs that a VM has, by key.
    owned: BTreeMap<&'r str, String>,
    vdi_names: BTreeSet<String>,
    /// Hosts that no record is of and locks are, by key: the name here, and how many locks.
    gone: BTreeMap<&'r str, (String, usize)>,
    odd: Vec<String>,
    left: Left,
}

/// A VM whose disks are under way.
struct Guest<'g> {
    vm: &'g VmRecord,
    name: &'g str,
    resident: Option<&'g str>,
    local_names: BTreeSet<String>,
    attached: BTreeSet<String>,
    disks: Vec<DiskDraft>,
}

impl<'r> Drafting<'r> {
    /// The master first; where names are replaced, their order stands for the UUIDs.
    fn all_hosts(&mut self) {
        let (records, pool) = (self.records, &self.records.pool);
        let mut hosts: Vec<&'r HostRecord> = records.hosts.iter().collect();
        match self.names.anonymous {
            true => hosts.sort_by(|a, b| a.uuid.cmp(&b.uuid)),
            false => {
                hosts.sort_by(|a, b| (a.key != pool.master, &a.label, &a.uuid).cmp(&(b.key != pool.master, &b.label, &b.uuid)));
            }
        }
        let labels: Vec<(&str, &str)> = hosts.iter().map(|host| (host.label.as_str(), host.uuid.as_str())).collect();
        let given = match self.names.anonymous {
            true => (1..=hosts.len()).map(|n| format!("host-{n:0width$}", width = hosts.len().to_string().len())).collect(),
            false => self.names.of("host", &labels),
        };
        self.hosts = hosts.iter().zip(given).map(|(host, name)| (host.key.as_str(), name)).collect();
        self.draft.master = self.hosts.get(pool.master.as_str()).cloned();
        if self.draft.master.is_none() && !pool.unknown() {
            self.names.remarks.push("the pool's master is none of its hosts: the first is taken for it".into());
        }
        let unknown = hosts.iter().filter(|host| host.live.is_none()).count();
        if unknown > 0 {
            let what = "hosts have no metrics: whether they are live is not recorded, and all but the master are taken for not live";
            self.names.remarks.push(format!("{unknown} {what}"));
        }
        for host in hosts {
            let domain0 = records.vms.iter().filter(|vm| vm.kind == VmKind::Control && vm.resident_on == host.key);
            let taken = domain0.map(|vm| vm.memory.unwrap_or(0)).fold(host.overhead, u64::saturating_add);
            // Whoever wrote the database is alive; of another without metrics nobody knows.
            let live = host.live.unwrap_or(host.key == pool.master);
            let name = self.hosts[host.key.as_str()].clone();
            if !live {
                self.not_live.push(name.clone());
            }
            self.draft.hosts.push(HostDraft {
                uuid: self.uuids.of(&host.uuid),
                memory: host.memory.map(|memory| memory.saturating_sub(taken)).filter(|memory| (1..=1 << 60).contains(memory)),
                live: Some(live),
                enabled: Some(host.enabled),
                name,
                ..HostDraft::default()
            });
        }
    }

    /// SRs that hold disks.
    fn all_srs(&mut self) {
        let (records, pool) = (self.records, &self.records.pool);
        let mut homes: BTreeMap<&'r str, BTreeSet<&'r str>> = BTreeMap::new();
        for pbd in records.pbds.iter().filter(|pbd| self.hosts.contains_key(pbd.host.as_str())) {
            homes.entry(&pbd.sr).or_default().insert(&pbd.host);
        }
        let aside = |sr: &&SrRecord| sr.content == "iso" || ["iso", "udev"].contains(&sr.kind.as_str());
        let no_home = |sr: &&SrRecord| !sr.shared && !homes.contains_key(sr.key.as_str());
        self.left.isos = records.srs.iter().filter(aside).count();
        self.left.homeless = records.srs.iter().filter(|sr| !aside(sr) && no_home(sr)).count();
        let mut srs: Vec<&'r SrRecord> = records.srs.iter().filter(|sr| !aside(sr) && !no_home(sr)).collect();
        srs.sort_by_key(|sr| (sr.key != pool.default_sr, !sr.shared, sr.label.clone(), sr.uuid.clone()));
        let labels: Vec<(&str, &str)> = srs.iter().map(|sr| (sr.label.as_str(), sr.uuid.as_str())).collect();
        self.srs = srs.iter().map(|sr| sr.key.as_str()).zip(self.names.of("sr", &labels)).collect();
        for sr in srs {
            let home = homes.get(sr.key.as_str());
            let shared = sr.shared || home.is_some_and(|home| home.len() > 1);
            let (kind, same) = sr_type(sr, shared);
            let name = self.srs[sr.key.as_str()].clone();
            if !same {
                self.names
                    .remarks
                    .push(format!("the SR {name} is of another type, and is said as `{}`, which behaves most like it", kind.name()));
            }
            if shared && home.map_or(0, BTreeSet::len) < records.hosts.len() {
                self.names.remarks.push(format!("not every host has a PBD of the shared SR {name}; here each has one, plugged"));
            }
            let host = home.and_then(|home| home.first()).filter(|_| !shared);
            if let Some(host) = host {
                self.local.insert(&sr.key, host);
            }
            let host = host.map(|host| self.hosts[host].clone());
            self.draft.srs.push(SrDraft { name, uuid: self.uuids.of(&sr.uuid), kind: Some(kind), host });
        }
        self.draft.default_sr = (!pool.unknown()).then(|| self.srs.get(pool.default_sr.as_str()).cloned());
    }

    fn all_vms(&mut self) {
        let records = self.records;
        let mut vms: Vec<&'r VmRecord> = records.vms.iter().filter(|vm| vm.kind == VmKind::Machine).collect();
        vms.sort_by(|a, b| (&a.label, &a.uuid).cmp(&(&b.label, &b.uuid)));
        let labelled: Vec<(&str, &str)> = vms.iter().map(|vm| (vm.label.as_str(), vm.uuid.as_str())).collect();
        let names = self.names.of("vm", &labelled);
        let mut vbds: BTreeMap<&str, Vec<&'r VbdRecord>> = BTreeMap::new();
        records.vbds.iter().for_each(|vbd| vbds.entry(&vbd.vm).or_default().push(vbd));
        // A disk that several have is that of whose name it has, else of who writes to it: the others come to it when it has its
        // name.
        let labels: BTreeMap<&str, &str> = vms.iter().map(|vm| (vm.key.as_str(), vm.label.as_str())).collect();
        let mut owners: BTreeMap<&str, (bool, bool, &str, &str)> = BTreeMap::new();
        for vbd in &records.vbds {
            let Some(label) = labels.get(vbd.vm.as_str()) else { continue };
            let named = self.vdis.get(vbd.vdi.as_str()).is_some_and(|vdi| !label.is_empty() && vdi.label.starts_with(label));
            let claim = (!named, vbd.read_only, *label, vbd.vm.as_str());
            owners.entry(&vbd.vdi).and_modify(|best| *best = claim.min(*best)).or_insert(claim);
        }
        let reads = |vm: &VmRecord| {
            let mut own = vbds.get(vm.key.as_str()).into_iter().flatten();
            own.any(|vbd| owners.get(vbd.vdi.as_str()).is_some_and(|(.., owner)| *owner != vm.key))
        };
        let mut order: Vec<usize> = (0..vms.len()).collect();
        order.sort_by_key(|at| reads(vms[*at]));
        let mut drafts: Vec<(usize, VmDraft)> = Vec::with_capacity(vms.len());
        for at in order {
            let mut own = vbds.remove(vms[at].key.as_str()).unwrap_or_default();
            own.sort_by_key(|vbd| vbd.position);
            drafts.push((at, self.vm(vms[at], names[at].clone(), &own)));
        }
        drafts.sort_by_key(|(at, _)| *at);
        self.draft.vms.extend(drafts.into_iter().map(|(_, draft)| draft));
    }

    fn vm(&mut self, vm: &'r VmRecord, name: String, vbds: &[&'r VbdRecord]) -> VmDraft {
        let here = self.hosts.get(vm.resident_on.as_str()).cloned();
        let up = ["running", "paused"].contains(&vm.power_state.as_str());
        if up && here.is_none() {
            self.odd.push(format!("{name} is recorded as {} on no host that is known: it is halted here", vm.power_state));
        }
        let resident = here.filter(|_| up);
        let paused = vm.power_state == "paused" && resident.is_some();
        let suspended = vm.power_state == "suspended" && self.has_default_sr();
        if suspended {
            self.odd.push(format!("{name} is suspended: its memory is taken to lie on the default SR"));
        } else if vm.power_state == "suspended" {
            self.odd.push(format!("{name} is suspended, and there is no default SR for its memory: it is halted here"));
        }
        if let Some(host) = resident.as_ref().filter(|host| self.not_live.contains(host)) {
            self.odd.push(format!("{name} is recorded as running on {host}, which is not live"));
        }
        let mut guest = Guest {
            vm,
            name: &name,
            resident: resident.as_deref(),
            local_names: BTreeSet::new(),
            attached: BTreeSet::new(),
            disks: Vec::new(),
        };
        for vbd in vbds {
            self.disk(&mut guest, vbd);
        }
        let disks = guest.disks;
        let protection = match vm.ha_restart_priority.as_str() {
            "restart" => Some(Protection::Restart),
            "best-effort" => Some(Protection::BestEffort),
            "0" | "1" | "2" | "3" | "" if vm.ha_always_run => Some(Protection::Restart),
            _ => None,
        };
        VmDraft {
            uuid: self.uuids.of(&vm.uuid),
            memory: vm.memory.filter(|memory| (1..=1 << 60).contains(memory)),
            power_state: paused.then_some(PowerState::Paused).or(suspended.then_some(PowerState::Suspended)),
            autostart: vm.auto_poweron && self.records.pool.auto_poweron,
            running: resident.map_or(RunningDraft::Unsaid, RunningDraft::Host),
            protection,
            order: vm
                .order
                .and_then(|order| u32::try_from(order).ok())
                .filter(|order| protection.is_some() || vm.in_appliance || *order > 0),
            start_delay: Some(Span::secs(vm.start_delay.min(86_400))).filter(|delay| *delay > Span::ZERO),
            disks: (!self.records.disks_unknown || !self.has_home()).then_some(disks),
            name,
            ..VmDraft::default()
        }
    }

    /// Whether the pool has a default SR, for memory images.
    fn has_default_sr(&self) -> bool {
        match &self.draft.default_sr {
            None => self.draft.srs.iter().any(|sr| sr.host.is_none()),
            Some(default) => default.is_some(),
        }
    }

    /// Whether a disk of which nothing is known has an SR to be on, whatever host its VM is on.
    fn has_home(&self) -> bool {
        let shared = |sr: &SrDraft| sr.host.is_none();
        match &self.draft.default_sr {
            None => self.draft.srs.iter().any(shared),
            Some(default) => self.draft.srs.iter().any(|sr| shared(sr) && Some(&sr.name) == default.as_ref()),
        }
    }

    /// A disk of a VM, unless it is one that a simulated VM can't have.
    fn disk(&mut self, guest: &mut Guest<'_>, vbd: &'r VbdRecord) {
        let Some(vdi) = self.vdis.get(vbd.vdi.as_str()).copied() else {
            self.left.empty += 1;
            return;
        };
        if !self.srs.contains_key(vdi.sr.as_str()) {
            *(if vbd.cd { &mut self.left.cds } else { &mut self.left.unreached }) += 1;
            return;
        }
        let home = self.local.get(vdi.sr.as_str()).map(|home| self.hosts[home].clone());
        if home.as_deref().is_some_and(|home| guest.resident.is_some_and(|host| home != host)) {
            self.left.unreached += 1;
            return;
        }
        if !guest.attached.insert(vdi.key.clone()) {
            self.left.twice += 1;
            return;
        }
        let (name, mode) = (guest.name, vbd.read_only.then_some(Mode::Ro));
        let label = vdi.label.strip_prefix(guest.vm.label.as_str()).unwrap_or(&vdi.label).trim_matches([' ', '-', '_']);
        let wanted = if self.names.anonymous { format!("disk-{}", guest.disks.len() + 1) } else { fitted("root", label) };
        let mut disk = distinct(&mut guest.local_names, &wanted);
        if let Some(vdi) = self.owned.get(vdi.key.as_str()) {
            guest.disks.push(DiskDraft { name: disk, mode, vdi: Some(vdi.clone()), ..DiskDraft::default() });
            return;
        }
        while !self.vdi_names.insert(format!("{name}-{disk}")) {
            disk = distinct(&mut guest.local_names, &format!("{wanted}-2"));
        }
        self.owned.insert(&vdi.key, format!("{name}-{disk}"));
        self.left.marks += usize::from(vdi.other_marks);
        let locks = self.locks(vdi);
        if let Some((host, _)) = locks.iter().find(|(host, _)| guest.resident != Some(host)) {
            self.odd.push(format!("{name}-{disk} has a lock of {host}, where its VM is not recorded as running"));
        }
        if let Some(host) = home.filter(|host| self.not_live.contains(host)) {
            self.odd.push(format!("{name} has a disk on a local SR of {host}, which is not live: no other host can start it"));
        }
        guest.disks.push(DiskDraft {
            name: disk,
            uuid: self.uuids.of(&vdi.uuid),
            sr: Some(self.srs[vdi.sr.as_str()].clone()),
            mode,
            locks: (!vdi.marks_unknown).then_some(locks),
            paused: vdi.paused,
            ..DiskDraft::default()
        });
    }

    /// The locks of a VDI, by the names of hosts here.
    fn locks(&mut self, vdi: &'r VdiRecord) -> Vec<(String, Mode)> {
        let mut locks: Vec<(String, Mode)> = Vec::new();
        for (host, mode) in &vdi.locks {
            let mode = match mode.as_str() {
                "RW" => Mode::Rw,
                "RO" => Mode::Ro,
                _ => {
                    self.left.strange_locks += 1;
                    continue;
                }
            };
            match self.hosts.get(host.as_str()).cloned().or_else(|| self.of_nobody(host)) {
                None => self.left.unknown_locks += 1,
                Some(host) if locks.iter().all(|(one, _)| *one != host) => locks.push((host, mode)),
                Some(_) => self.left.strange_locks += 1,
            }
        }
        locks
    }

    /// A host that the database does not know: it was forgotten, or ejected. What `xe` printed names hosts otherwise, and so says
    /// nothing of whether a key is of one.
    fn of_nobody(&mut self, key: &'r str) -> Option<String> {
        if self.records.file.is_none() || !self.gone.contains_key(key) && self.gone.len() >= GONE_MOST {
            return None;
        }
        let mut taken: BTreeSet<String> = self.hosts.values().cloned().chain(self.gone.values().map(|(name, _)| name.clone())).collect();
        let (name, locks) = self.gone.entry(key).or_insert_with(|| (distinct(&mut taken, "gone"), 0));
        *locks += 1;
        Some(name.clone())
    }

    /// Hosts without a record, whose locks hold all the same. Nobody knows of their power: who was given up is taken for off.
    fn all_gone(&mut self) {
        let mut gone: Vec<(String, usize)> = self.gone.values().cloned().collect();
        gone.sort();
        for (name, locks) in gone {
            let many = if locks == 1 { "1 lock is".to_owned() } else { format!("{locks} locks are") };
            self.names.remarks.push(format!(
                "{many} of a host that the database does not know: it is called {name} here, forgotten, and taken for switched off"
            ));
            self.draft.hosts.push(HostDraft { name, powered: Some(false), known: Some(false), ..HostDraft::default() });
        }
    }

    fn ha(&mut self) {
        let pool = &self.records.pool;
        if !pool.ha_enabled {
            return;
        }
        if self.records.hosts.len() > 64 || self.draft.srs.iter().all(|sr| !sr.kind.is_some_and(SrType::shared)) {
            self.odd.push("HA is on, with no shared SR or more than 64 hosts: it is off here".into());
            return;
        }
        let heartbeat = pool.ha_statefiles.iter().find_map(|vdi| self.srs.get(self.vdis.get(vdi.as_str())?.sr.as_str()));
        self.draft.ha = Some(HaDraft {
            heartbeat_sr: heartbeat.filter(|name| self.draft.srs.iter().any(|sr| sr.name == **name && sr.host.is_none())).cloned(),
            timeout: pool.ha_timeout.map(|seconds| Span::secs(seconds.clamp(10, 3600))),
            failures_to_tolerate: pool.ha_failures.min(64) as u32,
            allow_overcommit: pool.ha_allow_overcommit,
            ..HaDraft::default()
        });
    }

    /// What is left out, and how much of it.
    fn count(&mut self) {
        let (records, left, remarks) = (self.records, &self.left, &mut self.names.remarks);
        let mut count = |n: usize, what: &str| {
            if n > 0 {
                remarks.push(format!("{n} {what}"));
            }
        };
        let of = |kind: VmKind| records.vms.iter().filter(|vm| vm.kind == kind).count();
        count(of(VmKind::Control), "control domains are left out: a host has its own");
        count(of(VmKind::DefaultTemplate), "default templates are left out");
        count(of(VmKind::Template), "custom templates are left out");
        count(of(VmKind::Snapshot), "snapshots of VMs are left out");
        count(left.isos, "SRs of ISOs and drives are left out");
        count(left.homeless, "local SRs without a known host are left out");
        let out: Vec<&VdiRecord> = records.vdis.iter().filter(|vdi| !self.owned.contains_key(vdi.key.as_str())).collect();
        let bases = out.iter().filter(|vdi| !vdi.managed).count();
        let snapshots = out.iter().filter(|vdi| vdi.managed && vdi.snapshot).count();
        count(bases, "base copies are left out: the storage manager keeps them for itself");
        count(snapshots, "snapshots of VDIs are left out");
        count(out.len() - bases - snapshots, "other VDIs are left out: ISOs, suspend images, crash dumps, disks of templates or of no VM");
        count(out.iter().map(|vdi| vdi.locks.len()).sum(), "locks on VDIs that are left out are left out with them");
        count(left.cds, "CDs in drives are left out");
        count(left.empty, "empty drives are left out");
        count(left.unreached, "disks are left out that their VM can't reach where it is recorded");
        count(left.twice, "disks are left out that a VM has twice");
        count(left.unknown_locks, "locks of hosts that the database does not know are left out");
        count(left.strange_locks, "locks that say neither RW nor RO once are left out");
        count(left.marks, "disks are marked as activating or relinking, which is not said here");
        count(records.appliances, "appliances are left out; order and delay of their VMs are kept");
        count(self.uuids.strange, "UUIDs are damaged or not the only one, and are replaced");
        count(records.hosts.len(), "addresses of hosts are replaced by the simulator's own; the pool's UUID is its own too");
        if self.names.anonymous {
            remarks.push("names and UUIDs are replaced".into());
        }
        if records.disks_unknown && !self.has_home() {
            self.names.remarks.push("no shared SR is known to be the default one: VMs have no disks here".into());
        }
    }
}
