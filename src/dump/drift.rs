//! How two pools differ: a database's from that of a file, which was true once. Things are the same where they have one name, else
//! where they have one UUID.

use crate::base::ids::{MachineId, SrId, VmId};
use crate::base::inert::clean_line;
use crate::scenario::model::Pool;
use crate::world::belief::Protection;
use crate::world::inventory::Mode;
use std::collections::BTreeMap;

/// Differences, a sentence each.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Drift {
    /// How the pool is built: what there is, how large, of which kind, what HA is told.
    pub built: Vec<String>,
    /// How it stands: what runs where, what is live, which locks there are.
    pub stands: Vec<String>,
}

impl Drift {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.built.is_empty() && self.stands.is_empty()
    }
}

/// How the pool of a database (`now`) differs from the one of a file (`then`).
pub fn drift(now: &Pool, then: &Pool) -> Drift {
    let mut drift = Drift::default();
    let (new, old) = (&now.names, &then.names);
    let hosts = pairs(
        &new.machine_ids()
            .filter(|machine| !new.machines[machine.at()].spare)
            .map(|machine| (uuid(now, machine), new.machine(machine), machine))
            .collect::<Vec<_>>(),
        &old.machine_ids()
            .filter(|machine| !old.machines[machine.at()].spare)
            .map(|machine| (uuid(then, machine), old.machine(machine), machine))
            .collect::<Vec<_>>(),
    );
    let srs = pairs(
        &new.sr_ids().map(|sr| (new.srs[sr.at()].uuid.as_str(), new.sr(sr), sr)).collect::<Vec<_>>(),
        &old.sr_ids().map(|sr| (old.srs[sr.at()].uuid.as_str(), old.sr(sr), sr)).collect::<Vec<_>>(),
    );
    let vms = pairs(
        &new.vm_ids().map(|vm| (new.vms[vm.at()].uuid.as_str(), new.vm(vm), vm)).collect::<Vec<_>>(),
        &old.vm_ids().map(|vm| (old.vms[vm.at()].uuid.as_str(), old.vm(vm), vm)).collect::<Vec<_>>(),
    );
    let (hosts, host_of) = told(&mut drift, "host", hosts);
    let (srs, sr_of) = told(&mut drift, "SR", srs);
    let (vms, _) = told(&mut drift, "VM", vms);
    // What the names of the file are called now.
    let host = |machine: Option<MachineId>| {
        machine.map(|machine| host_of.get(old.machine(machine)).map_or_else(|| old.machine(machine).to_string(), Clone::clone))
    };
    let sr = |sr: Option<SrId>| sr.map(|sr| sr_of.get(old.sr(sr)).map_or_else(|| old.sr(sr).to_string(), Clone::clone));
    let here = |machine: Option<MachineId>| machine.map(|machine| new.machine(machine).to_string());
    let mut built = Differences { told: &mut drift.built };
    built.tell("the pool", "its master", here(Some(now.master)), host(Some(then.master)));
    built.tell("the pool", "its default SR", now.default_sr.map(|sr| new.sr(sr).to_string()), sr(then.default_sr));
    let ha =
        |pool: &Pool, name: Option<String>| pool.ha.as_ref().map(|ha| (name, ha.timeout, ha.failures_to_tolerate, ha.allow_overcommit));
    let now_ha = ha(now, now.ha.as_ref().map(|ha| new.sr(ha.heartbeat_sr).to_string()));
    let then_ha = ha(then, sr(then.ha.as_ref().map(|ha| ha.heartbeat_sr)));
    let words = |ha: Option<(Option<String>, crate::base::time::Span, u32, bool)>| {
        ha.map_or_else(
            || "off".to_string(),
            |(sr, timeout, failures, over)| {
                let over = if over { ", overcommit allowed" } else { "" };
                format!("on (statefile on {}, timeout {timeout}, {failures} failures to tolerate{over})", sr.unwrap_or_default())
            },
        )
    };
    built.tell("the pool", "HA", Some(words(now_ha)), Some(words(then_ha)));
    for (one, other) in &hosts {
        let (a, b) = (&new.machines[one.at()], &old.machines[other.at()]);
        built.tell(&format!("host {}", a.name), "its memory", Some(size(a.memory)), Some(size(b.memory)));
    }
    for (one, other) in &srs {
        let (a, b) = (&new.srs[one.at()], &old.srs[other.at()]);
        let what = format!("SR {}", a.name);
        built.tell(&what, "its type", Some(a.kind.name().to_string()), Some(b.kind.name().to_string()));
        built.tell(&what, "its host", here(a.machine), host(b.machine));
    }
    for (one, other) in &vms {
        let (a, b) = (&new.vms[one.at()], &old.vms[other.at()]);
        let what = format!("VM {}", a.name);
        built.tell(&what, "its memory", Some(size(Some(a.memory))), Some(size(Some(b.memory))));
        let ha = |protection: Option<Protection>| Some(protection.map_or("unprotected", Protection::name).to_string());
        built.tell(&what, "its protection", ha(a.protection), ha(b.protection));
        // Without an order and with order 0 a VM is in the same place only where HA does not start it.
        let order = |order: Option<u32>, protection: Option<Protection>| {
            Some(order.filter(|n| *n > 0 || protection.is_some()).map_or("none".to_string(), |n| n.to_string()))
        };
        built.tell(&what, "its order", order(a.order, a.protection), order(b.order, b.protection));
        built.tell(&what, "its start delay", Some(a.start_delay.to_string()), Some(b.start_delay.to_string()));
        let now_disks = disks(now, *one, &|sr| new.sr(sr).to_string());
        let then_disks = disks(then, *other, &|id| sr(Some(id)).unwrap_or_default());
        built.tell(&what, "its disks", Some(now_disks), Some(then_disks));
    }
    let mut stands = Differences { told: &mut drift.stands };
    for (one, other) in &hosts {
        let (a, b) = (&now.hosts[one.at()], &then.hosts[other.at()]);
        let what = format!("host {}", new.machine(*one));
        let state = |live: bool, enabled: bool| {
            let live = if live { "live" } else { "not live" };
            Some(format!("{live}, {}", if enabled { "enabled" } else { "disabled" }))
        };
        stands.tell(&what, "it", state(a.live, a.enabled), state(b.live, b.enabled));
    }
    for (one, other) in &vms {
        let (a, b) = (&now.vms[one.at()], &then.vms[other.at()]);
        let what = format!("VM {}", new.vm(*one));
        let on = |name: Option<String>| Some(name.map_or_else(|| "halted".to_string(), |name| format!("on {name}")));
        stands.tell(&what, "it", on(here(a.resident_on.map(|id| MachineId(id.0)))), on(host(b.resident_on.map(|id| MachineId(id.0)))));
        let locks = |pool: &Pool, vm: VmId, name: &dyn Fn(MachineId) -> Option<String>| {
            let mut all = Vec::new();
            for vbd in own(pool, vm) {
                let start = &pool.vdis[pool.names.vbds[vbd].vdi.at()];
                for (holder, mode) in &start.locks {
                    all.push(format!("{} of {}", mode.name(), name(MachineId(holder.0)).unwrap_or_default()));
                }
                if start.paused {
                    all.push("paused".to_string());
                }
            }
            Some(if all.is_empty() { "none".to_string() } else { all.join(", ") })
        };
        stands.tell(
            &what,
            "its locks",
            locks(now, *one, &|machine| here(Some(machine))),
            locks(then, *other, &|machine| host(Some(machine))),
        );
    }
    drift
}

fn uuid(pool: &Pool, machine: MachineId) -> &str {
    pool.names.hosts.iter().find(|host| host.machine == machine).map_or("", |host| &host.uuid)
}

/// The VBDs of a VM, in the file's order.
fn own(pool: &Pool, vm: VmId) -> Vec<usize> {
    let mut own: Vec<usize> = pool.names.vms[vm.at()].vbds.iter().map(|vbd| vbd.at()).collect();
    own.sort_unstable();
    own
}

/// What a VM's disks are: how many on which SR, attached how.
fn disks(pool: &Pool, vm: VmId, sr: &dyn Fn(SrId) -> String) -> String {
    let mut all: Vec<String> = own(pool, vm)
        .into_iter()
        .map(|vbd| {
            let vbd = &pool.names.vbds[vbd];
            let vdi = &pool.names.vdis[vbd.vdi.at()];
            let of = if vdi.vm == vm { String::new() } else { format!(" of {}", pool.names.vm(vdi.vm)) };
            let mode = if vbd.mode == Mode::Ro { ", read only" } else { "" };
            format!("one{of} on {}{mode}", sr(vdi.sr))
        })
        .collect();
    all.sort();
    if all.is_empty() { "none".to_string() } else { all.join("; ") }
}

fn size(bytes: Option<u64>) -> String {
    const UNITS: [(u64, &str); 4] = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match bytes {
        None => "not said".to_string(),
        Some(bytes) => UNITS
            .iter()
            .find(|(unit, _)| bytes > 0 && bytes % unit == 0)
            .map_or_else(|| format!("{bytes} bytes"), |(unit, word)| format!("{}{word}", bytes / unit)),
    }
}

/// What has a name, with where it stands.
type Named<'p, I> = (&'p str, I);

/// Those that are in both, and those that are in one alone.
struct Pairs<'p, I> {
    both: Vec<(Named<'p, I>, Named<'p, I>)>,
    new: Vec<&'p str>,
    gone: Vec<&'p str>,
}

/// Pairs by name, then what is left by UUID: a file that says no UUIDs has them by the places of things.
fn pairs<'p, I: Copy>(now: &[(&'p str, &'p str, I)], then: &[(&'p str, &'p str, I)]) -> Pairs<'p, I> {
    let mut partner: Vec<Option<usize>> = vec![None; now.len()];
    let mut taken = vec![false; then.len()];
    for by_name in [true, false] {
        let key = |one: &(&'p str, &'p str, I)| if by_name { one.1 } else { one.0 };
        let mut free: BTreeMap<&str, usize> = BTreeMap::new();
        then.iter().enumerate().filter(|(at, _)| !taken[*at]).for_each(|(at, one)| {
            free.entry(key(one)).or_insert(at);
        });
        for (at, one) in now.iter().enumerate() {
            if partner[at].is_none()
                && let Some(other) = free.remove(key(one))
            {
                partner[at] = Some(other);
                taken[other] = true;
            }
        }
    }
    let both = partner.iter().enumerate().filter_map(|(at, other)| {
        let (one, other) = (&now[at], &then[(*other)?]);
        Some(((one.1, one.2), (other.1, other.2)))
    });
    Pairs {
        both: both.collect(),
        new: partner.iter().zip(now).filter(|(other, _)| other.is_none()).map(|(_, one)| one.1).collect(),
        gone: taken.iter().zip(then).filter(|(taken, _)| !**taken).map(|(_, one)| one.1).collect(),
    }
}

/// Tells what is in one alone or has another name; the pairs, and what each name of the file is called now.
#[allow(clippy::type_complexity, reason = "pairs, and a dictionary")]
fn told<I: Copy>(drift: &mut Drift, kind: &str, pairs: Pairs<'_, I>) -> (Vec<(I, I)>, BTreeMap<String, String>) {
    for name in &pairs.new {
        drift.built.push(format!("{kind} {} is new: the file does not have it", clean_line(name)));
    }
    for name in &pairs.gone {
        drift.built.push(format!("{kind} {} is gone: only the file has it", clean_line(name)));
    }
    let mut called = BTreeMap::new();
    for ((now, _), (then, _)) in &pairs.both {
        if now != then {
            drift.built.push(format!("{kind} {} is called {} in the file", clean_line(now), clean_line(then)));
        }
        called.insert((*then).to_string(), (*now).to_string());
    }
    (pairs.both.into_iter().map(|((_, one), (_, other))| (one, other)).collect(), called)
}

struct Differences<'d> {
    told: &'d mut Vec<String>,
}

impl Differences<'_> {
    fn tell(&mut self, what: &str, part: &str, now: Option<String>, then: Option<String>) {
        if now != then {
            let shown = |value: Option<String>| clean_line(&value.unwrap_or_else(|| "none".to_string()));
            let part = if part == "it" { String::new() } else { format!(", {part}") };
            self.told.push(format!("{}{part}: {}; in the file {}", clean_line(what), shown(now), shown(then)));
        }
    }
}
