//! The `$names` of what is typed: every object of the pool is a variable that holds its UUID.

use super::objects::Class;
use super::shell::{Line, Piece, Word};
use crate::base::ids::{HostId, MachineId, VbdId, VmId};
use crate::world::inventory::Inventory;
use crate::world::{MAIN_POOL, World};

/// What `$name` stands for, as far as names alone tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Named<'a> {
    /// The host installed on a machine now.
    Host(MachineId),
    /// The host that was installed there before.
    OldHost(MachineId),
    /// Something whose UUID never changes.
    Fixed(&'a str),
    /// What a VM has at a device.
    Device(VmId, &'a str),
}

/// Whether this may stand behind a VM's name for what it has there: `${db/1}`, `${db/xvdb}`.
pub fn is_device(name: &str) -> bool {
    let letter = ["xvd", "hd", "sd"].iter().find_map(|bus| name.strip_prefix(bus));
    name.parse::<u8>().is_ok_and(|number| number < 16) || letter.is_some_and(|letter| letter.len() == 1 && ("a"..="p").contains(&letter))
}

/// The UUID of the VBD that was last asked to be at a device of a VM; empty where none was.
fn at_device(names: &Inventory, vm: VmId, device: &str) -> String {
    let ids = (0..names.vbds.len() as u16).map(VbdId).rev();
    let mut found = ids.filter(|vbd| names.vbds[vbd.at()].vm == vm && names.userdevice(*vbd) == device);
    found.next().map(|vbd| names.vbds[vbd.at()].uuid.clone()).unwrap_or_default()
}

/// The object of a name: the pool, a host, an SR, a VM, a VDI, a PBD (`host/sr`), a VBD (`vm/disk`, or `vm/1` by its device).
fn find<'a>(names: &'a Inventory, name: &'a str) -> Option<Named<'a>> {
    if name == "pool" {
        return Some(Named::Fixed(names.pools.get(MAIN_POOL.at()).map_or("", String::as_str)));
    }
    let machine = |name: &str| names.machine_ids().find(|m| names.machine(*m) == name);
    if let Some(machine) = machine(name) {
        return Some(Named::Host(machine));
    }
    if let Some(sr) = names.srs.iter().find(|sr| sr.name == name) {
        return Some(Named::Fixed(&sr.uuid));
    }
    if let Some(vm) = names.vms.iter().find(|vm| vm.name == name) {
        return Some(Named::Fixed(&vm.uuid));
    }
    if let Some(vdi) = names.vdis.iter().find(|vdi| vdi.name == name) {
        return Some(Named::Fixed(&vdi.uuid));
    }
    if let Some(machine) = name.strip_suffix(".old").and_then(machine) {
        return Some(Named::OldHost(machine));
    }
    let (left, right) = name.split_once('/')?;
    if let (Some(machine), Some(sr)) = (machine(left), names.sr_ids().find(|sr| names.sr(*sr) == right))
        && let Some(uuid) = names.pbds.get(&(machine, sr))
    {
        return Some(Named::Fixed(uuid));
    }
    if let Some(vbd) = names.vbds.iter().find(|vbd| vbd.device.is_none() && names.vm(vbd.vm) == left && vbd.disk == right) {
        return Some(Named::Fixed(&vbd.uuid));
    }
    let vm = names.vm_ids().find(|vm| names.vm(*vm) == left)?;
    is_device(right).then_some(Named::Device(vm, right))
}

/// What a variable is the UUID of.
pub fn class(names: &Inventory, variable: &str) -> Option<Class> {
    let machine = |name: &str| names.machines.iter().any(|machine| machine.name == name);
    let is = |name: &str, class: Class| match class {
        Class::Sr => names.srs.iter().any(|sr| sr.name == name),
        Class::Vm => names.vms.iter().any(|vm| vm.name == name),
        _ => names.vdis.iter().any(|vdi| vdi.name == name),
    };
    match variable.split_once('/') {
        _ if variable == "pool" => Some(Class::Pool),
        Some((left, _)) => Some(if machine(left) { Class::Pbd } else { Class::Vbd }),
        None if machine(variable) || variable.strip_suffix(".old").is_some_and(machine) => Some(Class::Host),
        None => [Class::Sr, Class::Vm, Class::Vdi].into_iter().find(|class| is(variable, *class)),
    }
}

/// Whether a variable names an object. `$db.old` of what is no host is `$db` and the text `.old`.
pub fn known(names: &Inventory, variable: &str) -> bool {
    find(names, variable).is_some() || variable.strip_suffix(".old").is_some_and(|base| find(names, base).is_some())
}

/// Every name that a variable may have, for suggestions.
pub fn all(names: &Inventory) -> Vec<String> {
    let mut all = vec!["pool".to_string()];
    all.extend(names.machines.iter().map(|m| m.name.clone()));
    all.extend(names.srs.iter().map(|sr| sr.name.clone()));
    all.extend(names.vms.iter().map(|vm| vm.name.clone()));
    all.extend(names.vdis.iter().map(|vdi| vdi.name.clone()));
    all
}

/// The host that was installed on a machine before the one that is now; the same where it was never reinstalled.
fn former_host(world: &World, machine: MachineId) -> HostId {
    let now = world.host_on(machine);
    let before = |host: &HostId| *host < now && world.names.hosts[host.at()].machine == machine;
    (0..world.names.hosts.len() as u16).map(HostId).rfind(before).unwrap_or(now)
}

/// What a variable holds now; empty where it names nothing, as a shell has it.
pub fn value(world: &World, variable: &str) -> String {
    let uuid = |named| match named {
        Named::Host(machine) => world.names.hosts[world.host_on(machine).at()].uuid.clone(),
        Named::OldHost(machine) => world.names.hosts[former_host(world, machine).at()].uuid.clone(),
        Named::Fixed(uuid) => uuid.to_string(),
        Named::Device(vm, device) => at_device(&world.names, vm, device),
    };
    if let Some(named) = find(&world.names, variable) {
        return uuid(named);
    }
    match variable.strip_suffix(".old") {
        Some(base) => format!("{}.old", find(&world.names, base).map(uuid).unwrap_or_default()),
        None => String::new(),
    }
}

/// A word with the names put in.
fn expand(world: &World, word: &Word) -> String {
    word.0
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Variable(name) => value(world, name),
        })
        .collect()
}

/// The words of a line with the names put in, and the line itself so.
pub fn put_in(line: &Line, world: &World) -> (Vec<String>, String) {
    let words: Vec<String> = line.words.iter().map(|word| expand(world, word)).collect();
    let start = line.places.first().map_or(0, |(from, _)| from.saturating_sub(line.offset));
    let mut text = line.text.get(..start).unwrap_or_default().to_string();
    for (at, word) in words.iter().enumerate() {
        if at > 0 {
            text.push(' ');
        }
        let raw = line.places.get(at).and_then(|(from, to)| line.text.get(from.checked_sub(line.offset)?..to.checked_sub(line.offset)?));
        match raw {
            Some(raw) if line.words[at].plain().is_some() => text.push_str(raw),
            _ => text.push_str(&quoted(word)),
        }
    }
    (words, text)
}

/// A word as it can be typed again.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=.,:/@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_string() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}
