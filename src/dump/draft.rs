//! From the records of a pool's database to a pool that can be simulated, and what was changed or left out on the way.

use super::records::*;
use crate::base::inert::{clean_line, hidden};
use crate::base::time::Span;
use crate::base::typography::plain;
use crate::scenario::draft::{DiskDraft, HaDraft, HostDraft, PoolDraft, RunningDraft, SrDraft, VmDraft};
use crate::world::belief::Protection;
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

/// The UUID if it is one that nothing else has.
fn own_uuid(seen: &mut BTreeSet<String>, uuid: &str, anonymous: bool, strange: &mut usize) -> Option<String> {
    if anonymous {
        return None;
    }
    let groups: Vec<&str> = uuid.split('-').collect();
    let good = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()));
    if good && seen.insert(uuid.to_lowercase()) {
        return Some(uuid.to_lowercase());
    }
    *strange += 1;
    None
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

/// Makes the pool. `anonymous`: with other names and without UUIDs, hosts in the order of those that they had.
pub fn drafted(records: &Records, anonymous: bool) -> Drafted {
    let mut names = Names { anonymous, remarks: records.doubts.clone() };
    let mut seen = BTreeSet::new();
    let mut strange = 0;
    let mut draft = PoolDraft::default();
    let pool = &records.pool;
    let label = clean_line(pool.label.trim());
    draft.name = Some(label).filter(|label| !anonymous && !label.is_empty());

    // Hosts: the master first; without UUIDs their order stands for them.
    let mut hosts: Vec<&HostRecord> = records.hosts.iter().collect();
    match anonymous {
        true => hosts.sort_by(|a, b| a.uuid.cmp(&b.uuid)),
        false => hosts.sort_by(|a, b| (a.key != pool.master, &a.label, &a.uuid).cmp(&(b.key != pool.master, &b.label, &b.uuid))),
    }
    let labels: Vec<(&str, &str)> = hosts.iter().map(|host| (host.label.as_str(), host.uuid.as_str())).collect();
    let given = match anonymous {
        true => (1..=hosts.len()).map(|n| format!("host-{n:0width$}", width = hosts.len().to_string().len())).collect(),
        false => names.of("host", &labels),
    };
    let host_names: BTreeMap<&str, String> = hosts.iter().zip(given).map(|(host, name)| (host.key.as_str(), name)).collect();
    draft.master = host_names.get(pool.master.as_str()).cloned();
    if draft.master.is_none() {
        names.remarks.push("the pool's master is none of its hosts: the first is taken for it".into());
    }
    let mut not_live = Vec::new();
    for host in &hosts {
        let domain0 = records.vms.iter().filter(|vm| vm.kind == VmKind::Control && vm.resident_on == host.key);
        let taken = domain0.map(|vm| vm.memory.unwrap_or(0)).fold(host.overhead, u64::saturating_add);
        let live = host.live == Some(true);
        let name = host_names[host.key.as_str()].clone();
        if !live {
            not_live.push(name.clone());
        }
        draft.hosts.push(HostDraft {
            uuid: own_uuid(&mut seen, &host.uuid, anonymous, &mut strange),
            memory: host.memory.map(|memory| memory.saturating_sub(taken)).filter(|memory| (1..=1 << 60).contains(memory)),
            live: Some(live),
            enabled: Some(host.enabled),
            name,
            ..HostDraft::default()
        });
    }

    // SRs that hold disks.
    let mut homes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for pbd in records.pbds.iter().filter(|pbd| host_names.contains_key(pbd.host.as_str())) {
        homes.entry(&pbd.sr).or_default().insert(&pbd.host);
    }
    let aside = |sr: &&SrRecord| sr.content == "iso" || ["iso", "udev"].contains(&sr.kind.as_str());
    let no_home = |sr: &&SrRecord| !sr.shared && !homes.contains_key(sr.key.as_str());
    let iso = records.srs.iter().filter(aside).count();
    let lost = records.srs.iter().filter(|sr| !aside(sr) && no_home(sr)).count();
    let mut srs: Vec<&SrRecord> = records.srs.iter().filter(|sr| !aside(sr) && !no_home(sr)).collect();
    srs.sort_by_key(|sr| (sr.key != pool.default_sr, !sr.shared, sr.label.clone(), sr.uuid.clone()));
    let labels: Vec<(&str, &str)> = srs.iter().map(|sr| (sr.label.as_str(), sr.uuid.as_str())).collect();
    let sr_names: BTreeMap<&str, String> = srs.iter().map(|sr| sr.key.as_str()).zip(names.of("sr", &labels)).collect();
    let mut local: BTreeMap<&str, &str> = BTreeMap::new();
    for sr in &srs {
        let home = homes.get(sr.key.as_str());
        let shared = sr.shared || home.is_some_and(|home| home.len() > 1);
        let (kind, same) = sr_type(sr, shared);
        let name = sr_names[sr.key.as_str()].clone();
        if !same {
            names.remarks.push(format!("the SR {name} is of another type, and is said as `{}`, which behaves most like it", kind.name()));
        }
        if shared && home.map_or(0, BTreeSet::len) < hosts.len() {
            names.remarks.push(format!("not every host has a PBD of the shared SR {name}; here each has one, plugged"));
        }
        let host = home.and_then(|home| home.first()).filter(|_| !shared);
        if let Some(host) = host {
            local.insert(&sr.key, host);
        }
        let host = host.map(|host| host_names[host].clone());
        draft.srs.push(SrDraft { name, uuid: own_uuid(&mut seen, &sr.uuid, anonymous, &mut strange), kind: Some(kind), host });
    }
    draft.default_sr = Some(sr_names.get(pool.default_sr.as_str()).cloned());

    // VMs and their disks.
    let mut vms: Vec<&VmRecord> = records.vms.iter().filter(|vm| vm.kind == VmKind::Machine).collect();
    vms.sort_by(|a, b| (&a.label, &a.uuid).cmp(&(&b.label, &b.uuid)));
    let labels: Vec<(&str, &str)> = vms.iter().map(|vm| (vm.label.as_str(), vm.uuid.as_str())).collect();
    let vm_names = names.of("vm", &labels);
    let vdis: BTreeMap<&str, &VdiRecord> = records.vdis.iter().map(|vdi| (vdi.key.as_str(), vdi)).collect();
    let mut vbds: BTreeMap<&str, Vec<&VbdRecord>> = BTreeMap::new();
    records.vbds.iter().for_each(|vbd| vbds.entry(&vbd.vm).or_default().push(vbd));
    let mut owned: BTreeMap<&str, String> = BTreeMap::new();
    let mut vdi_names = BTreeSet::new();
    let (mut cds, mut empty, mut unreached, mut twice, mut marks) = (0, 0, 0, 0, 0);
    let (mut unknown_locks, mut strange_locks) = (0, 0);
    let mut odd = Vec::new();
    for (vm, name) in vms.iter().zip(vm_names) {
        let here = host_names.get(vm.resident_on.as_str());
        let up = ["running", "paused"].contains(&vm.power_state.as_str());
        let resident = here.filter(|_| up);
        if up && here.is_none() {
            odd.push(format!("{name} is recorded as {} on no host that is known: it is halted here", vm.power_state));
        }
        if vm.power_state == "suspended" {
            odd.push(format!("{name} is suspended: it is halted here"));
        }
        if vm.power_state == "paused" && resident.is_some() {
            odd.push(format!("{name} is paused: it is running here, and writes never"));
        }
        if let Some(host) = resident.filter(|host| not_live.contains(host)) {
            odd.push(format!("{name} is recorded as running on {host}, which is not live"));
        }
        let mut own: Vec<&VbdRecord> = vbds.get(vm.key.as_str()).cloned().unwrap_or_default();
        own.sort_by_key(|vbd| vbd.position);
        let mut disks: Vec<DiskDraft> = Vec::new();
        let mut local_names = BTreeSet::new();
        let mut attached = BTreeSet::new();
        for vbd in own {
            let Some(vdi) = vdis.get(vbd.vdi.as_str()) else {
                empty += 1;
                continue;
            };
            let elsewhere = |home: &&str| resident.is_some_and(|host| host_names[*home] != *host);
            if !sr_names.contains_key(vdi.sr.as_str()) {
                if vbd.cd {
                    cds += 1
                } else {
                    unreached += 1
                }
                continue;
            }
            if local.get(vdi.sr.as_str()).is_some_and(elsewhere) {
                unreached += 1;
                continue;
            }
            if !attached.insert(vdi.key.as_str()) {
                twice += 1;
                continue;
            }
            let mode = vbd.read_only.then_some(Mode::Ro);
            let label = vdi.label.strip_prefix(vm.label.as_str()).unwrap_or(&vdi.label).trim_matches([' ', '-', '_']);
            let wanted = if anonymous { format!("disk-{}", disks.len() + 1) } else { fitted("root", label) };
            let mut disk = distinct(&mut local_names, &wanted);
            if let Some(vdi) = owned.get(vdi.key.as_str()) {
                disks.push(DiskDraft { name: disk, mode, vdi: Some(vdi.clone()), ..DiskDraft::default() });
                continue;
            }
            while !vdi_names.insert(format!("{name}-{disk}")) {
                disk = distinct(&mut local_names, &format!("{wanted}-2"));
            }
            owned.insert(&vdi.key, format!("{name}-{disk}"));
            marks += usize::from(vdi.other_marks);
            let mut locks: Vec<(String, Mode)> = Vec::new();
            for (host, mode) in &vdi.locks {
                let mode = match mode.as_str() {
                    "RW" => Mode::Rw,
                    "RO" => Mode::Ro,
                    _ => {
                        strange_locks += 1;
                        continue;
                    }
                };
                match host_names.get(host.as_str()) {
                    None => unknown_locks += 1,
                    Some(host) if locks.iter().all(|(one, _)| one != host) => locks.push((host.clone(), mode)),
                    Some(_) => strange_locks += 1,
                }
            }
            if let Some((host, _)) = locks.iter().find(|(host, _)| resident != Some(host)) {
                odd.push(format!("{name}-{disk} has a lock of {host}, where its VM is not recorded as running"));
            }
            disks.push(DiskDraft {
                name: disk,
                uuid: own_uuid(&mut seen, &vdi.uuid, anonymous, &mut strange),
                sr: Some(sr_names[vdi.sr.as_str()].clone()),
                mode,
                locks: Some(locks),
                paused: vdi.paused,
                ..DiskDraft::default()
            });
            if let Some(host) = local.get(vdi.sr.as_str()).map(|home| &host_names[*home]).filter(|host| not_live.contains(host)) {
                odd.push(format!("{name} has a disk on a local SR of {host}, which is not live: no other host can start it"));
            }
        }
        let protection = match vm.ha_restart_priority.as_str() {
            "restart" => Some(Protection::Restart),
            "best-effort" => Some(Protection::BestEffort),
            "0" | "1" | "2" | "3" | "" if vm.ha_always_run => Some(Protection::Restart),
            _ => None,
        };
        draft.vms.push(VmDraft {
            name,
            uuid: own_uuid(&mut seen, &vm.uuid, anonymous, &mut strange),
            memory: vm.memory.filter(|memory| (1..=1 << 60).contains(memory)),
            writes: (vm.power_state == "paused" && resident.is_some()).then_some(None),
            autostart: vm.auto_poweron && pool.auto_poweron,
            running: resident.map_or(RunningDraft::Unsaid, |host| RunningDraft::Host(host.clone())),
            protection,
            order: u32::try_from(vm.order).ok().filter(|order| protection.is_some() || vm.in_appliance || *order > 0),
            start_delay: Some(Span::secs(vm.start_delay.min(86_400))).filter(|delay| *delay > Span::ZERO),
            disks: Some(disks),
            ..VmDraft::default()
        });
    }
    if pool.ha_enabled {
        let heartbeat = pool.ha_statefiles.iter().find_map(|vdi| sr_names.get(vdis.get(vdi.as_str())?.sr.as_str()));
        if hosts.len() > 64 || draft.srs.iter().all(|sr| !sr.kind.is_some_and(SrType::shared)) {
            odd.push("HA is on, with no shared SR or more than 64 hosts: it is off here".into());
        } else {
            draft.ha = Some(HaDraft {
                heartbeat_sr: heartbeat.filter(|name| draft.srs.iter().any(|sr| sr.name == **name && sr.host.is_none())).cloned(),
                timeout: pool.ha_timeout.map(|seconds| Span::secs(seconds.clamp(10, 3600))),
                failures_to_tolerate: pool.ha_failures.min(64) as u32,
                allow_overcommit: pool.ha_allow_overcommit,
                ..HaDraft::default()
            });
        }
    }

    let mut remarks = names.remarks;
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
    count(iso, "SRs of ISOs and drives are left out");
    count(lost, "local SRs without a known host are left out");
    let left: Vec<&VdiRecord> = records.vdis.iter().filter(|vdi| !owned.contains_key(vdi.key.as_str())).collect();
    let bases = left.iter().filter(|vdi| !vdi.managed).count();
    let snapshots = left.iter().filter(|vdi| vdi.managed && vdi.snapshot).count();
    count(bases, "base copies are left out: the storage manager keeps them for itself");
    count(snapshots, "snapshots of VDIs are left out");
    count(left.len() - bases - snapshots, "other VDIs are left out: ISOs, suspend images, crash dumps, disks of templates or of no VM");
    count(left.iter().map(|vdi| vdi.locks.len()).sum(), "locks on VDIs that are left out are left out with them");
    count(cds, "CDs in drives are left out");
    count(empty, "empty drives are left out");
    count(unreached, "disks are left out that their VM can't reach where it is recorded");
    count(twice, "disks are left out that a VM has twice");
    count(unknown_locks, "locks of hosts that the database does not know are left out");
    count(strange_locks, "locks that say neither RW nor RO once are left out");
    count(marks, "disks are marked as activating or relinking, which is not said here");
    count(records.appliances, "appliances are left out; order and delay of their VMs are kept");
    count(strange, "UUIDs are damaged or not the only one, and are replaced");
    count(records.hosts.len(), "addresses of hosts are replaced by the simulator's own; the pool's UUID is its own too");
    few(&mut remarks, odd, "more such oddities");
    Drafted { draft, not_live, remarks }
}
