//! Reads `pool`: hosts, storage, VMs and disks, with their names and UUIDs, and what is said of their state at the start.
//! What is not said is derived in [`start`](super::start).

use super::diagnostic::Place;
use super::index::{Index, Kind, Named, good_name, named};
use super::keys;
use super::read::{Fields, Reader, shorten};
use super::said::{Draft, HostSaid, Reference, Running, VdiSaid, VmSaid};
use super::start;
use super::tree::{Node, Value};
use crate::base::ids::{MachineId, SrId, VbdId, VdiId, VmId};
use crate::base::time::Span;
use crate::scenario::model::{HostStart, Pool, Role, VdiStart, VmStart};
use crate::world::belief::PowerState;
use crate::world::inventory::{self, Inventory, Mode, SrName, SrType, VbdName, VdiName, VmName};
use crate::world::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};

/// The most machines of a file.
pub const HOSTS_MOST: usize = 10_000;
/// The most SRs of a file.
pub const SRS_MOST: usize = 10_000;
/// The most connections between hosts and SRs.
pub const PBDS_MOST: usize = 400_000;
/// The most VMs, VDIs and VBDs of a file, each.
pub const DISKS_MOST: usize = 60_000;

/// The memory of a VM that says none: 1 GiB.
pub(super) const MEMORY: u64 = 1 << 30;
/// How often a VM writes that says nothing of it.
pub(super) const WRITES: Span = Span::secs(5);

/// How disks are attached.
pub const MODES: [(&str, Mode); 2] = [("rw", Mode::Rw), ("ro", Mode::Ro)];
/// What a host may hold itself for.
pub const ROLES: [(&str, Role); 3] = [("master", Role::Master), ("member", Role::Member), ("emergency", Role::Emergency)];
/// Power states.
pub const POWER_STATES: [(&str, PowerState); 4] = [
    ("running", PowerState::Running),
    ("halted", PowerState::Halted),
    ("paused", PowerState::Paused),
    ("suspended", PowerState::Suspended),
];

/// A pool as the file says it, with the names that the rest of the file uses.
pub struct ReadPool {
    /// The pool; its states are derived.
    pub pool: Pool,
    /// Its names.
    pub index: Index,
}

/// Reads `pool`. `None` where so much is wrong that the rest of the file can't be read against it.
pub fn read(reader: &mut Reader<'_>, node: &Node, settings: &Settings) -> Option<ReadPool> {
    let fields = reader.fields(node, &keys::POOL)?;
    let mut draft = Draft::default();
    draft.names.pool_name = fields.get("name").and_then(|node| reader.text(node, "the pool's name")).unwrap_or("pool").to_string();
    draft.names.pools.push(Inventory::uuid(inventory::Kind::Pool, 0));
    read_hosts(reader, &mut draft, &fields);
    let members = draft.hosts.iter().filter(|host| !host.spare).count();
    if members == 0 {
        if fields.get("hosts").is_none_or(|node| {
            node.is_null()
                || matches!(&node.value, Value::List(items) if items.is_empty())
                || matches!(&node.value, Value::Map(entries) if entries.is_empty())
        }) {
            let place = if fields.get("hosts").is_some() { fields.key_place("hosts") } else { fields.place() };
            reader.error(place, "missing-key", "the pool has no hosts", "name at least one: `hosts: [alpha, beta]`");
        }
        return None;
    }
    let mut master = match fields.some("master") {
        Some(node) => draft.index.host(reader, node).unwrap_or(MachineId(0)),
        None => MachineId(0),
    };
    if draft.hosts[master.at()].spare {
        master = MachineId(0);
        reader.error(fields.key_place("master"), "contradiction", "a spare host is in no pool and so not its master", "name a member");
    }
    read_srs(reader, &mut draft, &fields);
    let shared = draft.names.srs.iter().position(|sr| sr.kind.shared()).map(|at| SrId(at as u16));
    let default_sr = match fields.get("default-sr") {
        None => shared,
        Some(node) if node.is_null() => None,
        Some(node) => draft.index.one(reader, Kind::Sr, node).map(SrId),
    };
    read_vms(reader, &mut draft, &fields, default_sr, settings);
    resolve_references(reader, &mut draft);
    for vm in &mut draft.names.vms {
        let vbds = &draft.names.vbds;
        // vbd_attach_order: RW disks first, else the file's order.
        vm.vbds.sort_by_key(|vbd| (vbds[vbd.at()].mode == Mode::Ro, *vbd));
    }
    connect(reader, &mut draft, &fields);
    check_uuids(reader, &draft);

    let mut dumps = Vec::new();
    if let Some(node) = fields.get("dumps") {
        for (key, value) in reader.entries(node, "a map from the name of each dump to `start`") {
            reader.choice(value, "what a dump shows", &[("start", ())]);
            dumps.push(key.text.clone());
        }
    }
    let ha = super::ha::read(reader, &draft, &fields);
    let (hosts, vms, vdis): (Vec<HostStart>, Vec<VmStart>, Vec<VdiStart>) = start::derive(reader, &draft, master, default_sr);
    let Draft { names, index, .. } = draft;
    Some(ReadPool { pool: Pool { names, master, default_sr, hosts, vms, vdis, dumps, ha }, index })
}

/// The UUID given, or the one of the n-th of its kind.
fn uuid(reader: &mut Reader<'_>, uuids: &mut Vec<(String, Place)>, fields: Option<&Fields<'_>>, kind: inventory::Kind, n: usize) -> String {
    let given = fields.and_then(|fields| fields.get("uuid")).and_then(|node| {
        let text = reader.text(node, "a UUID")?.to_ascii_lowercase();
        let groups: Vec<&str> = text.split('-').collect();
        let good = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
            && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()));
        if !good {
            reader.error(
                node.place,
                "wrong-uuid",
                format!("`{}` is no UUID", shorten(&text)),
                "a UUID has 8-4-4-4-12 hexadecimal digits; without `uuid:` the object gets one of its own",
            );
        }
        good.then_some((text, node.place))
    });
    match given {
        Some((text, place)) => {
            uuids.push((text.clone(), place));
            text
        }
        None => Inventory::uuid(kind, n),
    }
}

fn check_uuids(reader: &mut Reader<'_>, draft: &Draft) {
    if draft.uuids.is_empty() {
        return;
    }
    let names = &draft.names;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let all = names.hosts.iter().map(|x| &x.uuid).chain(names.srs.iter().map(|x| &x.uuid)).chain(names.vms.iter().map(|x| &x.uuid));
    let all = all.chain(names.vdis.iter().map(|x| &x.uuid)).chain(names.vbds.iter().map(|x| &x.uuid));
    for uuid in all.chain(names.pbds.values()).chain(&names.pools) {
        *counts.entry(uuid).or_default() += 1;
    }
    let mut given: BTreeMap<&str, usize> = BTreeMap::new();
    for (uuid, _) in &draft.uuids {
        *given.entry(uuid).or_default() += 1;
    }
    let mut seen = BTreeSet::new();
    for (uuid, place) in &draft.uuids {
        let (all, given) = (counts.get(uuid.as_str()).copied(), given.get(uuid.as_str()).copied());
        if !seen.insert(uuid) || all > given {
            reader.error(
                *place,
                "duplicate-uuid",
                "another object has this UUID already",
                "UUIDs are unique in a file: take another, or leave it out",
            );
        }
    }
}

fn read_hosts(reader: &mut Reader<'_>, draft: &mut Draft, fields: &Fields<'_>) {
    for (key, spare) in [("hosts", false), ("spare-hosts", true)] {
        let Some(node) = fields.get(key) else { continue };
        let most = HOSTS_MOST.saturating_sub(draft.hosts.len());
        for Named { name, place, details, .. } in named(reader, node, "host", most) {
            let at = draft.hosts.len();
            if !draft.index.add(reader, Kind::Host, place, &name, at) {
                continue;
            }
            let table = if spare { &keys::SPARE } else { &keys::HOST };
            let fields = details.and_then(|details| reader.fields(details, table));
            let mut said = HostSaid { place, spare, ..HostSaid::default() };
            let mut memory = None;
            if let Some(fields) = &fields {
                memory = fields.get("memory").and_then(|node| reader.size(node));
                said.powered = fields.get("powered").and_then(|node| reader.boolean(node));
                said.known = fields.get("known").and_then(|node| reader.boolean(node));
                said.live = fields.get("live").and_then(|node| Some((reader.boolean(node)?, fields.key_place("live"))));
                said.enabled = fields.get("enabled").and_then(|node| reader.boolean(node));
                said.role = fields.get("role").and_then(|node| reader.choice(node, "a role", &ROLES));
                said.copy_age = fields.get("copy-age").and_then(|node| reader.span(node));
            }
            let uuid = uuid(reader, &mut draft.uuids, fields.as_ref(), inventory::Kind::Host, at);
            draft.names.add_machine(name, uuid, memory, spare);
            draft.hosts.push(said);
        }
    }
}

fn read_srs(reader: &mut Reader<'_>, draft: &mut Draft, fields: &Fields<'_>) {
    let Some(node) = fields.get("storage") else { return };
    for Named { name, place, details, nth } in named(reader, node, "SR", SRS_MOST) {
        let at = draft.names.srs.len();
        if !draft.index.add(reader, Kind::Sr, place, &name, at) {
            continue;
        }
        let fields = details.and_then(|details| reader.fields(details, &keys::SR));
        let mut kind = SrType::Nfs;
        let mut machine = None;
        if let Some(fields) = &fields {
            let said = fields.get("type").and_then(|node| reader.choice(node, "a type of SR", &SrType::ALL));
            kind = said.unwrap_or(kind);
            machine = fields.get("host").and_then(|node| draft.index.dealt(reader, Kind::Host, node, nth)).map(MachineId);
            match (kind.shared(), fields.get("host").is_some()) {
                (true, true) if said.is_some() || fields.get("type").is_none() => reader.error(
                    fields.key_place("host"),
                    "contradiction",
                    format!("an SR of type {} is shared by all hosts", kind.name()),
                    "take `host:` out, or make it a local one: `type: lvm` or `type: ext`",
                ),
                (false, false) => reader.error(
                    fields.place(),
                    "missing-key",
                    format!("an SR of type {} is in one host, and `host:` does not say which", kind.name()),
                    "add `host: NAME`",
                ),
                _ => {}
            }
            if kind.shared() {
                machine = None;
            }
        }
        let uuid = uuid(reader, &mut draft.uuids, fields.as_ref(), inventory::Kind::Sr, at);
        draft.names.srs.push(SrName { name, uuid, kind, machine, nowhere: false });
    }
}

/// The PBDs: each shared SR with each machine, each local one with its own.
fn connect(reader: &mut Reader<'_>, draft: &mut Draft, fields: &Fields<'_>) {
    let shared = draft.names.srs.iter().filter(|sr| sr.kind.shared()).count();
    let count = shared * draft.names.machines.len() + draft.names.srs.len() - shared;
    if count > PBDS_MOST {
        let message = format!("{shared} shared SRs on {} hosts make {count} connections; at most {PBDS_MOST}", draft.names.machines.len());
        reader.error(fields.key_place("storage"), "too-many", message, "use fewer shared SRs or fewer hosts");
        return;
    }
    draft.names.connect();
}

fn read_vms(reader: &mut Reader<'_>, draft: &mut Draft, fields: &Fields<'_>, default_sr: Option<SrId>, settings: &Settings) {
    let Some(node) = fields.get("vms") else { return };
    for Named { name, place, details, nth } in named(reader, node, "VM", DISKS_MOST) {
        let at = draft.names.vms.len();
        if !draft.index.add(reader, Kind::Vm, place, &name, at) {
            continue;
        }
        let fields = details.and_then(|details| reader.fields(details, &keys::VM));
        let mut said = VmSaid { place, ..VmSaid::default() };
        let uuid = uuid(reader, &mut draft.uuids, fields.as_ref(), inventory::Kind::Vm, at);
        let mut vm = VmName { memory: MEMORY, writes: Some(WRITES), ..VmName::plain(name, uuid, settings.vm_grace) };
        let mut disks = None;
        if let Some(fields) = &fields {
            vm.memory = fields.get("memory").and_then(|node| reader.size(node)).unwrap_or(vm.memory);
            vm.grace = fields.get("grace").and_then(|node| reader.span(node)).unwrap_or(vm.grace);
            vm.autostart = fields.get("autostart").and_then(|node| reader.boolean(node)).unwrap_or(false);
            super::ha::read_vm(reader, fields, &mut vm);
            vm.writes = match fields.get("writes") {
                Some(Node { value: Value::Text(text), .. }) if text == "never" => None,
                Some(node) => reader.interval(node).or(vm.writes),
                None => vm.writes,
            };
            said.running = running_on(reader, draft, fields, nth);
            said.power_state = fields
                .get("power-state")
                .and_then(|node| reader.choice(node, "a power state", &POWER_STATES))
                .map(|state| (state, fields.key_place("power-state")));
            said.resident_on = fields.get("resident-on").and_then(|node| {
                if node.is_null() {
                    return Some((None, fields.key_place("resident-on")));
                }
                let host = draft.index.dealt(reader, Kind::Host, node, nth)?;
                Some((Some(MachineId(host)), node.place))
            });
            disks = fields.some("disks");
        }
        draft.names.vms.push(vm);
        draft.vms.push(said);
        match disks {
            _ if draft.full => {}
            None => read_disk(reader, draft, at, ("root", place), None, (nth, 1), default_sr),
            Some(node) => {
                let first = fields.as_ref().map_or(1, |fields| range_length(reader, fields));
                let mut local = BTreeSet::new();
                for Named { name, place, details, .. } in named(reader, node, "disk", DISKS_MOST) {
                    if !local.insert(name.clone()) {
                        reader.error(
                            place,
                            "duplicate-name",
                            format!("a second disk `{}` of this VM", shorten(&name)),
                            "take another name",
                        );
                        continue;
                    }
                    read_disk(reader, draft, at, (&name, place), details, (nth, first), default_sr);
                }
            }
        }
    }
}

/// How many hosts a VM's own hosts are dealt from.
fn range_length(reader: &mut Reader<'_>, fields: &Fields<'_>) -> usize {
    let node = fields.get("running-on").or_else(|| fields.get("resident-on"));
    match node.map(|node| (node.place, &node.value)) {
        Some((place, Value::Text(text))) => reader.name_range(place, text).map_or(1, |range| range.len()),
        _ => 1,
    }
}

fn running_on(reader: &mut Reader<'_>, draft: &Draft, fields: &Fields<'_>, nth: usize) -> Running {
    match fields.get("running-on") {
        None => Running::Unsaid,
        Some(node) => match &node.value {
            Value::Null => Running::Unsaid,
            Value::List(items) => Running::Domains(
                items
                    .iter()
                    .flat_map(|item| draft.index.many(reader, Kind::Host, item).into_iter().map(|host| (MachineId(host), item.place)))
                    .collect(),
            ),
            _ => match draft.index.dealt(reader, Kind::Host, node, nth) {
                Some(host) => Running::Host(MachineId(host), node.place),
                None => Running::Unsaid,
            },
        },
    }
}

/// A map from hosts to modes.
fn by_host(reader: &mut Reader<'_>, index: &Index, node: &Node) -> Vec<(MachineId, Mode, Place)> {
    let mut found: Vec<(MachineId, Mode, Place)> = Vec::new();
    let mut seen = BTreeSet::new();
    for (key, value) in reader.entries(node, "a map from hosts to `rw` or `ro`, like `{beta: rw}`") {
        let Some(mode) = reader.choice(value, "a mode", &MODES) else { continue };
        for host in index.all(reader, Kind::Host, key.place, &key.text) {
            if seen.insert(host) {
                found.push((MachineId(host), mode, key.place));
            } else {
                reader.error(key.place, "duplicate-name", "this host stands twice here", "name each host once");
            }
        }
    }
    found
}

fn read_disk(
    reader: &mut Reader<'_>,
    draft: &mut Draft,
    vm: usize,
    (disk, place): (&str, Place),
    details: Option<&Node>,
    (nth, first): (usize, usize),
    default_sr: Option<SrId>,
) {
    let vbd = draft.names.vbds.len();
    if draft.full {
        return;
    }
    if vbd >= DISKS_MOST {
        draft.full = true;
        reader.error(place, "too-many", format!("too many disks: at most {DISKS_MOST}"), "use fewer VMs or fewer disks");
        return;
    }
    let fields = details.and_then(|details| reader.fields(details, &keys::DISK));
    let get = |key: &str| fields.as_ref().and_then(|fields| fields.get(key));
    let mode = get("mode").and_then(|node| reader.choice(node, "a mode", &MODES)).unwrap_or(Mode::Rw);
    let vm_id = VmId(vm as u16);
    draft.index.add_vbd(&draft.names.vms[vm].name, disk);
    let vbd_name = |vdi: VdiId| VbdName {
        vm: vm_id,
        vdi,
        disk: disk.to_string(),
        mode,
        uuid: Inventory::uuid(inventory::Kind::Vbd, vbd),
        device: None,
    };
    if let Some(node) = get("vdi") {
        if let Some(fields) = &fields {
            for key in fields.among(&["sr", "uuid", "locks", "open-on", "paused", "activating", "relinking"]) {
                reader.error(
                    key.place,
                    "contradiction",
                    format!("`{}` belongs to the VDI and is said where its own VM declares it", key.text),
                    "with `vdi:` stands only `mode:`",
                );
            }
        }
        if let Some(text) = reader.text(node, "the name of a VDI")
            && let Some(range) = reader.name_range(node.place, text)
        {
            draft.refs.push(Reference { vbd, place: node.place, name: range.dealt(nth) });
            draft.names.vbds.push(vbd_name(VdiId(u16::MAX)));
            draft.names.vms[vm].vbds.push(VbdId(vbd as u16));
        }
        return;
    }
    let sr = match get("sr") {
        Some(node) => {
            let shared = |sr: u16| draft.names.srs[usize::from(sr)].kind.shared();
            match draft.index.dealt_beside(reader, Kind::Sr, node, (nth, first), shared) {
                Some(sr) => SrId(sr),
                None => return,
            }
        }
        None => match default_sr {
            Some(sr) => sr,
            None => {
                reader.error(
                    place,
                    "no-sr",
                    format!("the disk `{}` of `{}` has no SR to be on", shorten(disk), shorten(&draft.names.vms[vm].name)),
                    "add a shared SR (`storage: {nfs1: {type: nfs}}`), say `default-sr:` or the disk's `sr:`, or `disks: {}` for none",
                );
                return;
            }
        },
    };
    let name = format!("{}-{disk}", draft.names.vms[vm].name);
    let at = draft.names.vdis.len();
    if !good_name(reader, place, disk, "disk") || !draft.index.add(reader, Kind::Vdi, place, &name, at) {
        return;
    }
    let mut said = VdiSaid { place: get("sr").map_or(place, |node| node.place), ..VdiSaid::default() };
    said.locks = get("locks").map(|node| by_host(reader, &draft.index, node));
    said.open_on = get("open-on").map(|node| by_host(reader, &draft.index, node));
    let mut marked = |key: &str| get(key).and_then(|node| reader.boolean(node)).unwrap_or(false);
    (said.paused, said.activating, said.relinking) = (marked("paused"), marked("activating"), marked("relinking"));
    let uuid = uuid(reader, &mut draft.uuids, fields.as_ref(), inventory::Kind::Vdi, at);
    draft.names.vdis.push(VdiName { name, uuid, sr, vm: vm_id });
    draft.vdis.push(said);
    draft.names.vbds.push(vbd_name(VdiId(at as u16)));
    draft.names.vms[vm].vbds.push(VbdId(vbd as u16));
}

/// Finds the VDIs that VMs attach beside those of their own. One that is not found leaves its VBD out.
fn resolve_references(reader: &mut Reader<'_>, draft: &mut Draft) {
    let mut lost = BTreeSet::new();
    for Reference { vbd, place, name } in &draft.refs {
        match draft.index.find(reader, Kind::Vdi, *place, name) {
            Some(vdi) => draft.names.vbds[*vbd].vdi = VdiId(vdi),
            None => {
                lost.insert(VbdId(*vbd as u16));
            }
        }
    }
    for vm in &mut draft.names.vms {
        vm.vbds.retain(|vbd| !lost.contains(vbd));
    }
    let mut attached = BTreeSet::new();
    for (vbd, name) in draft.names.vbds.iter().enumerate() {
        let twice = !attached.insert((name.vm, name.vdi)) && !lost.contains(&VbdId(vbd as u16));
        // References stand in the order of their VBDs.
        if twice && let Ok(at) = draft.refs.binary_search_by_key(&vbd, |reference| reference.vbd) {
            reader.error(draft.refs[at].place, "duplicate-name", "this VM attaches that VDI already", "a VM attaches a VDI once");
        }
    }
}
