//! Reads the facts of an expected state: what is expected of hosts, VMs, disks and the pool.

use super::index::{Index, Kind};
use super::model::Fact;
use super::pool::{POWER_STATES, ROLES};
use super::read::{Fields, Reader};
use crate::base::ids::{SrId, VmId};

const HOST_FACTS: [&str; 7] = ["powered", "live", "enabled", "known", "role", "running", "fenced"];
const VM_FACTS: [&str; 3] = ["power-state", "resident-on", "running-on"];
const VDI_FACTS: [&str; 6] = ["locks", "open-on", "damaged", "paused", "activating", "relinking"];

/// The facts of a state, in the order host, VM, VDI, pool.
pub fn read_facts(reader: &mut Reader<'_>, index: &Index, fields: &Fields<'_>) -> Vec<Fact> {
    complete(reader, fields);
    let mut facts = of_hosts(reader, index, fields);
    facts.extend(of_vms(reader, index, fields));
    facts.extend(of_vdis(reader, index, fields));
    facts.extend(fields.get("masters").map(|node| Fact::Masters(index.hosts(reader, node))));
    facts.extend(fields.get("default-sr").and_then(|node| {
        if node.is_null() {
            return Some(Fact::DefaultSr(None));
        }
        index.one(reader, Kind::Sr, node).map(|sr| Fact::DefaultSr(Some(SrId(sr))))
    }));
    facts
}

/// Tells of facts without a subject, of subjects without a fact, and of a state that says nothing.
fn complete(reader: &mut Reader<'_>, fields: &Fields<'_>) {
    let subjects: [(&str, &[&str]); 3] = [("host", &HOST_FACTS), ("vm", &VM_FACTS), ("vdi", &VDI_FACTS)];
    for (subject, keys) in subjects {
        let asked = fields.among(keys);
        match (fields.get(subject), asked.first()) {
            (None, Some(key)) => {
                let message = format!("`{}` says nothing of which {subject}", key.text);
                reader.error(key.place, "misplaced-key", message, format!("add `{subject}: NAME`"));
            }
            (Some(_), None) => {
                let message = format!("nothing is expected of this {subject}");
                reader.error(fields.key_place(subject), "missing-key", message, format!("add one of {}", keys.join(", ")));
            }
            _ => {}
        }
    }
    let all = ["host", "vm", "vdi", "masters", "default-sr"];
    let strays: Vec<&str> = HOST_FACTS.into_iter().chain(VM_FACTS).chain(VDI_FACTS).collect();
    if fields.among(&all).is_empty() && fields.among(&strays).is_empty() && reader.fresh(fields.place(), "missing-key") {
        let help = "say `host:`, `vm:`, `vdi:`, `masters:` or `default-sr:`";
        reader.error(fields.place(), "missing-key", "this item says nothing about the pool", help);
    }
}

fn of_hosts(reader: &mut Reader<'_>, index: &Index, fields: &Fields<'_>) -> Vec<Fact> {
    let mut facts = Vec::new();
    let Some(hosts) = fields.get("host").and_then(|node| index.some_hosts(reader, node)) else { return facts };
    let running: Option<Vec<VmId>> = fields.get("running").map(|node| index.many(reader, Kind::Vm, node).into_iter().map(VmId).collect());
    let mut truth = |key: &str| fields.get(key).and_then(|node| reader.boolean(node));
    let (powered, live, enabled) = (truth("powered"), truth("live"), truth("enabled"));
    let (known, fenced) = (truth("known"), truth("fenced"));
    let role = fields.get("role").and_then(|node| reader.choice(node, "a role", &ROLES));
    if !reader.spend(fields.place(), hosts.len() * (1 + running.as_ref().map_or(0, Vec::len))) {
        return facts;
    }
    for host in hosts {
        facts.extend(powered.map(|value| Fact::Powered(host, value)));
        facts.extend(live.map(|value| Fact::Live(host, value)));
        facts.extend(enabled.map(|value| Fact::Enabled(host, value)));
        facts.extend(known.map(|value| Fact::Known(host, value)));
        facts.extend(role.map(|value| Fact::Role(host, value)));
        facts.extend(running.clone().map(|value| Fact::Running(host, value)));
        facts.extend(fenced.map(|value| Fact::Fenced(host, value)));
    }
    facts
}

fn of_vms(reader: &mut Reader<'_>, index: &Index, fields: &Fields<'_>) -> Vec<Fact> {
    let mut facts = Vec::new();
    let Some(vms) = fields.get("vm").and_then(|node| index.some_vms(reader, node)) else { return facts };
    let state = fields.get("power-state").and_then(|node| reader.choice(node, "a power state", &POWER_STATES));
    let resident = fields.get("resident-on").and_then(|node| if node.is_null() { Some(None) } else { index.host(reader, node).map(Some) });
    let running = fields.get("running-on").map(|node| index.hosts(reader, node));
    if !reader.spend(fields.place(), vms.len() * (1 + running.as_ref().map_or(0, Vec::len))) {
        return facts;
    }
    for vm in vms {
        facts.extend(state.map(|value| Fact::PowerState(vm, value)));
        facts.extend(resident.map(|value| Fact::ResidentOn(vm, value)));
        facts.extend(running.clone().map(|value| Fact::RunningOn(vm, value)));
    }
    facts
}

fn of_vdis(reader: &mut Reader<'_>, index: &Index, fields: &Fields<'_>) -> Vec<Fact> {
    let mut facts = Vec::new();
    let Some(vdis) = fields.get("vdi").and_then(|node| index.some_vdis(reader, node)) else { return facts };
    let locks = fields.get("locks").map(|node| index.hosts(reader, node));
    let open = fields.get("open-on").map(|node| index.hosts(reader, node));
    let mut truth = |key: &str| fields.get(key).and_then(|node| reader.boolean(node));
    let (damaged, paused) = (truth("damaged"), truth("paused"));
    let (activating, relinking) = (truth("activating"), truth("relinking"));
    let each = locks.as_ref().map_or(0, Vec::len) + open.as_ref().map_or(0, Vec::len);
    if !reader.spend(fields.place(), vdis.len() * (1 + each)) {
        return facts;
    }
    for vdi in vdis {
        facts.extend(locks.clone().map(|value| Fact::Locks(vdi, value)));
        facts.extend(open.clone().map(|value| Fact::OpenOn(vdi, value)));
        facts.extend(damaged.map(|value| Fact::Damaged(vdi, value)));
        facts.extend(paused.map(|value| Fact::Paused(vdi, value)));
        facts.extend(activating.map(|value| Fact::Activating(vdi, value)));
        facts.extend(relinking.map(|value| Fact::Relinking(vdi, value)));
    }
    facts
}
