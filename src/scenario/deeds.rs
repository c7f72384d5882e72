//! Reads faults and acts.

use super::index::{Index, Kind};
use super::keys;
use super::model::IO_NAMES;
use super::read::{Fields, Reader};
use super::tree::{Node, Value};
use crate::base::ids::{MachineId, SrId};
use crate::base::time::Span;
use crate::fault::{Act, Fault};
use crate::world::truth::Io;

/// Reads a fault.
pub fn read_fault(reader: &mut Reader<'_>, index: &Index, node: &Node) -> Option<Fault> {
    if let Value::Text(text) = &node.value {
        if text == "heal-network" {
            return Some(Fault::HealNetwork(None));
        }
        reader.wrong_type(node, "a map with one fault", "say what breaks and which host: `fault: {crash: beta}`");
        return None;
    }
    let fields = reader.fields(node, &keys::FAULT)?;
    let kinds: Vec<&str> = keys::FAULT.keys.iter().map(|key| key.name).filter(|name| *name != "io").collect();
    let found = fields.among(&kinds);
    let Some(first) = found.first() else {
        if fields.count() == fields.among(&["io"]).len() {
            reader.error(fields.place(), "missing-key", "no fault is named here", "say what breaks and which host: `{crash: beta}`");
        }
        return None;
    };
    if let Some(second) = found.get(1) {
        let message = format!("`{}` and `{}` in one step", first.text, second.text);
        reader.error(second.place, "contradiction", message, "a step does one thing: make two steps of it");
    }
    let beside = fields.get("io").and_then(|node| reader.choice(node, "how storage fails", &IO_NAMES));
    if fields.get("io").is_some() && !matches!(first.text.as_str(), "sr-outage" | "storage-loss") {
        reader.error(fields.key_place("io"), "misplaced-key", "`io` belongs to `storage-loss` or `sr-outage`", "take it out");
    }
    fault_of(reader, index, &first.text, fields.get(&first.text)?, beside)
}

/// The fault of a kind, from the value of its key; `beside` is the `io` that stands beside that.
fn fault_of(reader: &mut Reader<'_>, index: &Index, kind: &str, value: &Node, beside: Option<Io>) -> Option<Fault> {
    let hosts = |reader: &mut Reader<'_>| index.some_hosts(reader, value);
    let vms = |reader: &mut Reader<'_>| index.some_vms(reader, value);
    match kind {
        "crash" => hosts(reader).map(Fault::Crash),
        "boot" => hosts(reader).map(Fault::Boot),
        "hang" => hosts(reader).map(Fault::Hang),
        "unhang" => hosts(reader).map(Fault::Unhang),
        "isolate" => hosts(reader).map(Fault::Isolate),
        "toolstack-stop" => hosts(reader).map(Fault::ToolstackStop),
        "toolstack-start" => hosts(reader).map(Fault::ToolstackStart),
        "vm-crash" => vms(reader).map(Fault::VmCrash),
        "vm-hang" => vms(reader).map(Fault::VmHang),
        "vm-unhang" => vms(reader).map(Fault::VmUnhang),
        "xhad-crash" => hosts(reader).map(Fault::XhadCrash),
        "heal-network" => {
            let no_host = || !index.of(Kind::Host).contains_key("all");
            let all = value.is_null() || matches!(&value.value, Value::Text(text) if text == "all" && no_host());
            Some(Fault::HealNetwork(if all { None } else { Some(hosts(reader)?) }))
        }
        "partition" => partition(reader, index, value),
        "one-way" => one_way(reader, index, value),
        "clock-jump" => {
            let fields = reader.fields(value, &keys::CLOCK_JUMP)?;
            let hosts = required(reader, &fields, "host").and_then(|node| index.some_hosts(reader, node));
            let jump = required(reader, &fields, "by").and_then(|node| reader.jump(node));
            let (hosts, (by, back)) = (hosts?, jump?);
            Some(Fault::ClockJump { hosts, by, back })
        }
        "storage-loss" => {
            let fields = reader.fields(value, &keys::PATH_LOSS)?;
            let (hosts, srs) = path(reader, index, &fields)?;
            Some(Fault::StorageLoss { hosts, srs, io: io(reader, &fields, beside) })
        }
        "storage-return" => {
            let fields = reader.fields(value, &keys::PATH)?;
            let (hosts, srs) = path(reader, index, &fields)?;
            Some(Fault::StorageReturn { hosts, srs })
        }
        "sr-outage" => sr_outage(reader, index, value, beside),
        "sr-return" => index.some_srs(reader, value).map(|srs| Fault::SrReturn { srs }),
        "degrade-network" => degrade_network(reader, index, value),
        _ => None,
    }
}

fn one_way(reader: &mut Reader<'_>, index: &Index, value: &Node) -> Option<Fault> {
    let fields = reader.fields(value, &keys::ONE_WAY)?;
    let from = required(reader, &fields, "from").and_then(|node| index.some_hosts(reader, node));
    let to = required(reader, &fields, "to").and_then(|node| index.some_hosts(reader, node));
    let (from, to) = (from?, to?);
    if from.iter().any(|host| to.contains(host)) {
        let message = "a host stands both in `from` and in `to`";
        reader.error(fields.place(), "contradiction", message, "name the two ends of a link");
        return None;
    }
    Some(Fault::OneWay { from, to })
}

/// An SR's name alone, or a map with `sr` and `io`.
fn sr_outage(reader: &mut Reader<'_>, index: &Index, value: &Node, beside: Option<Io>) -> Option<Fault> {
    if let Value::Map(_) = value.value {
        let fields = reader.fields(value, &keys::OUTAGE)?;
        let srs = required(reader, &fields, "sr").and_then(|node| index.some_srs(reader, node))?;
        return Some(Fault::SrOutage { srs, io: io(reader, &fields, beside) });
    }
    Some(Fault::SrOutage { srs: index.some_srs(reader, value)?, io: beside.unwrap_or(Io::Error) })
}

fn degrade_network(reader: &mut Reader<'_>, index: &Index, value: &Node) -> Option<Fault> {
    let fields = reader.fields(value, &keys::DEGRADE)?;
    let (latency, loss) = worse(reader, &fields);
    let hosts = required(reader, &fields, "hosts").and_then(|node| index.some_hosts(reader, node))?;
    Some(Fault::DegradeNetwork { hosts, latency, loss })
}

/// What gets worse with a poor network: how long packets take, and the chance that a heartbeat is lost.
pub fn worse(reader: &mut Reader<'_>, fields: &Fields<'_>) -> (Option<(Span, Span)>, u32) {
    let latency = fields.get("latency").and_then(|node| reader.span_range(node));
    let loss = fields.get("loss").and_then(|node| reader.chance(node));
    if fields.get("latency").is_none() && fields.get("loss").is_none() {
        reader.error(fields.place(), "missing-key", "nothing gets worse here", "add `latency: 100ms..2s` or `loss: 20%`");
    }
    (latency, loss.unwrap_or(0))
}

/// The value of a key that must stand.
pub fn required<'n>(reader: &mut Reader<'_>, fields: &Fields<'n>, key: &str) -> Option<&'n Node> {
    let found = fields.get(key);
    if found.is_none() {
        reader.error(fields.place(), "missing-key", format!("`{key}:` is missing here"), format!("add `{key}: …`"));
    }
    found
}

fn io(reader: &mut Reader<'_>, fields: &Fields<'_>, beside: Option<Io>) -> Io {
    let within = fields.get("io").and_then(|node| reader.choice(node, "how storage fails", &IO_NAMES));
    if within.is_some() && beside.is_some() {
        reader.error(fields.key_place("io"), "contradiction", "`io` stands twice in one fault", "keep one of them");
    }
    within.or(beside).unwrap_or(Io::Error)
}

fn path(reader: &mut Reader<'_>, index: &Index, fields: &Fields<'_>) -> Option<(Vec<MachineId>, Vec<SrId>)> {
    let hosts = required(reader, fields, "host").and_then(|node| index.some_hosts(reader, node));
    let srs = required(reader, fields, "sr").and_then(|node| index.some_srs(reader, node));
    Some((hosts?, srs?))
}

/// The groups of a partition.
pub fn partition(reader: &mut Reader<'_>, index: &Index, node: &Node) -> Option<Fault> {
    let items = reader.items(node, "a list of groups, like `[[alpha], [beta, gamma]]`");
    if items.is_empty() {
        if reader.fresh(node.mark(), "wrong-type") {
            reader.error(
                node.mark(),
                "wrong-value",
                "no group is named here",
                "name one at least: `[[alpha]]` parts alpha from all others",
            );
        }
        return None;
    }
    let machines = index.of(Kind::Host).len();
    let mut groups: Vec<Option<u16>> = vec![None; machines];
    for (group, item) in items.iter().enumerate() {
        for machine in index.some_hosts(reader, item).unwrap_or_default() {
            if groups[machine.at()].is_some_and(|other| usize::from(other) != group) {
                reader.error(
                    item.mark(),
                    "contradiction",
                    "a host of this group stands in an earlier group too",
                    "each host is in one group",
                );
            }
            groups[machine.at()] = Some(group.min(usize::from(u16::MAX) - 1) as u16);
        }
    }
    let rest = items.len().min(usize::from(u16::MAX)) as u16;
    Some(Fault::Partition(groups.into_iter().map(|group| group.unwrap_or(rest)).collect()))
}

/// Reads what hands do.
pub fn read_act(reader: &mut Reader<'_>, index: &Index, node: &Node) -> Option<Act> {
    if let Value::Text(_) = node.value {
        reader.wrong_type(node, "a map with one act", "say what is done and to which host: `act: {power-off: beta}`");
        return None;
    }
    let fields = reader.fields(node, &keys::ACT)?;
    let kinds: Vec<&str> = keys::ACT.keys.iter().map(|key| key.name).collect();
    let found = fields.among(&kinds);
    let Some(first) = found.first() else {
        if fields.count() == 0 {
            reader.error(fields.place(), "missing-key", "no act is named here", format!("say one of {}", kinds.join(", ")));
        }
        return None;
    };
    if let Some(second) = found.get(1) {
        let message = format!("`{}` and `{}` in one step", first.text, second.text);
        reader.error(second.place, "contradiction", message, "a step does one thing: make two steps of it");
    }
    let value = fields.get(&first.text)?;
    match first.text.as_str() {
        "guest-shutdown" => return index.some_vms(reader, value).map(Act::GuestShutdown),
        "guest-reboot" => return index.some_vms(reader, value).map(Act::GuestReboot),
        _ => {}
    }
    let hosts = index.some_hosts(reader, value)?;
    match first.text.as_str() {
        "power-off" => Some(Act::PowerOff(hosts)),
        "power-on" => Some(Act::PowerOn(hosts)),
        "re-address" => Some(Act::ReAddress(hosts)),
        "reinstall" => Some(Act::Reinstall(hosts)),
        _ => Some(Act::CheckOff(hosts)),
    }
}
