//! The objects of a pool as `xe` shows them: which there are, their fields in order, and each field's value
//! (records.ml of 6.0). What the simulator does not keep shows the value of a fresh installation.

use crate::base::ids::{HostId, MachineId, SrId, VbdId, VdiId, VmId};
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::belief::Protection;
use crate::world::inventory::{Inventory, Kind, Mode};

/// A class of objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Class {
    Host,
    Vm,
    Pool,
    Sr,
    Vdi,
    Pbd,
    Vbd,
}

/// An object of some class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Object {
    Host(HostId),
    Vm(VmId),
    /// Domain 0 of a host, a VM of its own in the database.
    ControlDomain(HostId),
    Pool,
    Sr(SrId),
    Vdi(VdiId),
    Pbd(HostId, SrId),
    Vbd(VbdId),
}

/// A field's value.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Value {
    One(String),
    Set(Vec<String>),
    Map(Vec<(String, String)>),
}

impl Value {
    /// As lists show it.
    pub fn show(&self) -> String {
        match self {
            Value::One(text) => text.clone(),
            Value::Set(members) => members.join("; "),
            Value::Map(entries) => entries.iter().map(|(key, value)| format!("{key}: {value}")).collect::<Vec<_>>().join("; "),
        }
    }
}

/// A field: its name and its tag (` RO`, `SRW` and so on).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field {
    /// As `xe` writes it.
    pub name: &'static str,
    /// Access and kind, three characters.
    pub tag: &'static str,
    /// Lists show `<expensive field>`.
    pub expensive: bool,
    /// `params=all` leaves it out.
    pub hidden: bool,
    /// Marked as deprecated.
    pub deprecated: bool,
}

impl Field {
    /// The label of a record's line.
    pub fn label(&self) -> String {
        format!("{} ({}){}", self.name, self.tag, if self.deprecated { " [DEPRECATED]" } else { "" })
    }
    /// Whether it is a set.
    pub fn is_set(&self) -> bool {
        self.tag.starts_with('S')
    }
    /// Whether it is a map.
    pub fn is_map(&self) -> bool {
        self.tag.starts_with('M')
    }
    /// Whether param-set may change it.
    pub fn writable(&self) -> bool {
        self.tag.ends_with('W')
    }
}

/// What a reference to nothing shows, and one to something that is gone.
pub const NOWHERE: &str = "<not in database>";

// Marks: w writable, s set, m map, $ expensive, h hidden, d deprecated.
#[rustfmt::skip]
const HOST: &[&str] = &[
    "uuid", "name-label w", "name-description w", "allowed-operations s", "current-operations s", "enabled", "API-version-major",
    "API-version-minor", "API-version-vendor", "API-version-vendor-implementation m", "logging mw", "suspend-image-sr-uuid w",
    "crash-dump-sr-uuid w", "software-version m", "capabilities s", "other-config mw", "cpu_info m", "chipset-info m", "hostname",
    "address", "supported-bootloaders s", "blobs", "memory-overhead", "memory-total", "memory-free", "memory-free-computed $",
    "host-metrics-live", "patches s", "ha-statefiles", "ha-network-peers", "external-auth-type", "external-auth-service-name",
    "external-auth-configuration m", "edition", "license-server m", "power-on-mode", "power-on-config m", "local-cache-sr", "tags sw",
];
#[rustfmt::skip]
const VM: &[&str] = &[
    "uuid", "name-label w", "name-description w", "user-version w", "is-a-template w", "is-a-snapshot", "snapshot-of", "snapshots",
    "snapshot-time", "transportable-snapshot-id h", "snapshot-info", "parent", "children", "is-control-domain", "power-state",
    "memory-actual", "memory-target $", "memory-overhead", "memory-static-max w", "memory-dynamic-max w", "memory-dynamic-min w",
    "memory-static-min w", "suspend-VDI-uuid w", "suspend-SR-uuid w", "VCPUs-params mw", "VCPUs-max w", "VCPUs-at-startup w",
    "actions-after-shutdown w", "actions-after-reboot w", "actions-after-crash w", "console-uuids s", "platform mw",
    "allowed-operations s", "current-operations s", "blocked-operations mw", "allowed-VBD-devices s$", "allowed-VIF-devices s$",
    "possible-hosts $", "HVM-boot-policy w", "HVM-boot-params mw", "HVM-shadow-multiplier w", "PV-kernel w", "PV-ramdisk w", "PV-args w",
    "PV-legacy-args w", "PV-bootloader w", "PV-bootloader-args w", "last-boot-CPU-flags", "last-boot-record $", "resident-on",
    "affinity w", "other-config mw", "dom-id", "recommendations", "xenstore-data mw", "ha-always-run wd", "ha-restart-priority w",
    "blobs", "start-time", "install-time", "VCPUs-number", "VCPUs-utilisation m$", "os-version m", "PV-drivers-version m",
    "PV-drivers-up-to-date", "memory m", "disks m", "networks m", "other m", "live", "guest-metrics-last-updated", "cooperative $d",
    "protection-policy w", "is-snapshot-from-vmpp", "tags sw", "appliance w", "start-delay w", "shutdown-delay w", "order w", "version",
];
#[rustfmt::skip]
const POOL: &[&str] = &[
    "uuid", "name-label w", "name-description w", "master", "default-SR w", "crash-dump-SR w", "suspend-image-SR w",
    "supported-sr-types $", "other-config mw", "ha-enabled", "ha-configuration", "ha-statefiles", "ha-host-failures-to-tolerate w",
    "ha-plan-exists-for", "ha-allow-overcommit w", "ha-overcommitted", "blobs", "wlb-url", "wlb-username", "wlb-enabled w",
    "wlb-verify-cert w", "gui-config mw$", "vswitch-controller h", "restrictions", "tags sw",
];
#[rustfmt::skip]
const SR: &[&str] = &[
    "uuid", "name-label w", "name-description w", "host", "allowed-operations s", "current-operations s", "VDIs s", "PBDs s",
    "virtual-allocation", "physical-utilisation", "physical-size", "type", "content-type", "shared w", "introduced-by", "other-config mw",
    "sm-config m", "blobs", "local-cache-enabled", "tags sw",
];
#[rustfmt::skip]
const VDI: &[&str] = &[
    "uuid", "name-label w", "name-description w", "is-a-snapshot", "snapshot-of", "snapshots", "snapshot-time", "allowed-operations s",
    "current-operations s", "sr-uuid", "sr-name-label", "vbd-uuids s", "crashdump-uuids s", "virtual-size", "physical-utilisation",
    "location", "type", "sharable", "read-only", "storage-lock", "managed", "parent", "missing", "other-config mw", "xenstore-data m",
    "sm-config m", "on-boot w", "allow-caching w", "metadata-latest", "metadata-of-pool", "tags sw",
];
#[rustfmt::skip]
const PBD: &[&str] = &[
    "uuid", "host d", "host-uuid", "sr-uuid", "device-config m", "currently-attached", "other-config mw",
];
#[rustfmt::skip]
const VBD: &[&str] = &[
    "uuid", "vm-uuid", "vm-name-label", "vdi-uuid", "vdi-name-label", "allowed-operations s", "current-operations s", "empty", "device",
    "userdevice w", "bootable w", "mode w", "type w", "unpluggable w", "currently-attached", "attachable $", "storage-lock",
    "status-code", "status-detail", "qos_algorithm_type w", "qos_algorithm_params mw", "qos_supported_algorithms s", "other-config mw",
    "io_read_kbs $", "io_write_kbs $",
];

impl Class {
    /// As commands write it.
    pub fn name(self) -> &'static str {
        match self {
            Class::Host => "host",
            Class::Vm => "vm",
            Class::Pool => "pool",
            Class::Sr => "sr",
            Class::Vdi => "vdi",
            Class::Pbd => "pbd",
            Class::Vbd => "vbd",
        }
    }
    /// As UUID_INVALID writes it.
    pub fn table(self) -> &'static str {
        match self {
            Class::Host => "host",
            Class::Vm => "VM",
            Class::Pool => "pool",
            Class::Sr => "SR",
            Class::Vdi => "VDI",
            Class::Pbd => "PBD",
            Class::Vbd => "VBD",
        }
    }
    /// All fields in the record's order.
    pub fn fields(self) -> impl Iterator<Item = Field> {
        let table = match self {
            Class::Host => HOST,
            Class::Vm => VM,
            Class::Pool => POOL,
            Class::Sr => SR,
            Class::Vdi => VDI,
            Class::Pbd => PBD,
            Class::Vbd => VBD,
        };
        table.iter().map(|entry| {
            let (name, marks) = entry.split_once(' ').unwrap_or((entry, ""));
            let writable = marks.contains('w');
            let tag = match (marks.contains('s'), marks.contains('m')) {
                (true, _) => ["SRO", "SRW"][usize::from(writable)],
                (_, true) => ["MRO", "MRW"][usize::from(writable)],
                _ => [" RO", " RW"][usize::from(writable)],
            };
            Field { name, tag, expensive: marks.contains('$'), hidden: marks.contains('h'), deprecated: marks.contains('d') }
        })
    }
    /// A field by its name.
    pub fn field(self, name: &str) -> Option<Field> {
        self.fields().find(|field| field.name == name)
    }
    /// What a list shows where nothing else is asked for.
    pub fn shown(self) -> &'static [&'static str] {
        match self {
            Class::Host => &["uuid", "name-label", "name-description"],
            Class::Vm => &["uuid", "name-label", "power-state"],
            Class::Pool => &["uuid", "name-label", "name-description", "master", "default-SR"],
            Class::Sr => &["uuid", "name-label", "name-description", "host", "type", "content-type"],
            Class::Vdi => &["uuid", "name-label", "name-description", "sr-uuid", "virtual-size", "sharable", "read-only"],
            Class::Pbd => &["uuid", "host-uuid", "sr-uuid", "device-config", "currently-attached"],
            Class::Vbd => &["uuid", "vm-uuid", "vm-name-label", "vdi-uuid", "empty", "device"],
        }
    }

    /// Every object of the class in the database of a machine, in the file's order.
    pub fn all(self, world: &World, by: MachineId) -> Vec<Object> {
        let db = world.db(by);
        let names = &world.names;
        match self {
            Class::Host => hosts(world, by).into_iter().map(Object::Host).collect(),
            Class::Vm => {
                let vms = names.vm_ids().filter(|vm| db.vm(*vm).is_some()).map(Object::Vm);
                vms.chain(hosts(world, by).into_iter().map(Object::ControlDomain)).collect()
            }
            Class::Pool => vec![Object::Pool],
            Class::Sr => names.sr_ids().filter(|sr| knows_sr(world, by, *sr)).map(Object::Sr).collect(),
            Class::Vdi => names.vdi_ids().filter(|vdi| db.vdi(*vdi).is_some()).map(Object::Vdi).collect(),
            Class::Pbd => {
                let mut pbds: Vec<(HostId, SrId)> = db.pbds.keys().copied().collect();
                pbds.sort_by_key(|(host, sr)| (names.hosts[host.at()].machine, *sr));
                pbds.into_iter().map(|(host, sr)| Object::Pbd(host, sr)).collect()
            }
            Class::Vbd => (0..names.vbds.len() as u16)
                .map(VbdId)
                .filter(|vbd| db.vm(names.vbds[vbd.at()].vm).is_some() && db.vdi(names.vbds[vbd.at()].vdi).is_some())
                .map(Object::Vbd)
                .collect(),
        }
    }

    /// The object of this UUID in the database of a machine.
    pub fn by_uuid(self, world: &World, by: MachineId, uuid: &str) -> Option<Object> {
        self.all(world, by).into_iter().find(|object| object.uuid(world, by) == uuid)
    }
}

/// The hosts that a machine's database has, in the file's order.
pub fn hosts(world: &World, by: MachineId) -> Vec<HostId> {
    let mut hosts: Vec<HostId> = world.db(by).hosts.keys().copied().collect();
    hosts.sort_by_key(|host| (world.names.hosts[host.at()].machine, *host));
    hosts
}

/// Whether a machine's database has an SR.
pub fn knows_sr(world: &World, by: MachineId, sr: SrId) -> bool {
    world.db(by).srs.get(sr.at()).copied().unwrap_or(false)
}

/// The UUID of a host's domain 0.
pub fn control_domain(host: HostId) -> String {
    format!("{:08x}-d000-4000-8000-{:012x}", usize::from(host.0) + 1, 0x0070_6f6f_6c00_u64)
}

/// The memory that a host has left by the records of a database; `None` where it has no limit.
pub fn memory_free(world: &World, by: MachineId, host: HostId) -> Option<u64> {
    world.memory_free(by, host)
}

fn one(text: impl Into<String>) -> Value {
    Value::One(text.into())
}

impl Object {
    /// Its UUID.
    pub fn uuid(self, world: &World, by: MachineId) -> String {
        let names = &world.names;
        match self {
            Object::Host(host) => names.hosts[host.at()].uuid.clone(),
            Object::Vm(vm) => names.vms[vm.at()].uuid.clone(),
            Object::ControlDomain(host) => control_domain(host),
            Object::Pool => names.pool(world.db(by).pool).to_string(),
            Object::Sr(sr) => names.srs[sr.at()].uuid.clone(),
            Object::Vdi(vdi) => names.vdis[vdi.at()].uuid.clone(),
            Object::Pbd(host, sr) => names.pbd(names.hosts[host.at()].machine, sr).to_string(),
            Object::Vbd(vbd) => names.vbds[vbd.at()].uuid.clone(),
        }
    }

    /// A field's value in the database of a machine.
    pub fn value(self, world: &World, by: MachineId, field: Field) -> Value {
        if field.name == "uuid" {
            return one(self.uuid(world, by));
        }
        let known = match self {
            Object::Host(host) => host_value(world, by, host, field.name),
            Object::Vm(vm) => vm_value(world, by, vm, field.name),
            Object::ControlDomain(host) => control_domain_value(world, host, field.name),
            Object::Pool => pool_value(world, by, field.name),
            Object::Sr(sr) => sr_value(world, by, sr, field.name),
            Object::Vdi(vdi) => vdi_value(world, by, vdi, field.name),
            Object::Pbd(host, sr) => pbd_value(world, by, host, sr, field.name),
            Object::Vbd(vbd) => vbd_value(world, by, vbd, field.name),
        };
        known.unwrap_or_else(|| {
            if field.is_map() {
                Value::Map(Vec::new())
            } else if field.is_set() {
                Value::Set(Vec::new())
            } else {
                one(plain_default(field.name))
            }
        })
    }
}

/// What a fresh installation shows in a plain field that the simulator does not keep.
fn plain_default(field: &str) -> &'static str {
    match field {
        "API-version-major" => "1",
        "API-version-minor" => "10",
        "API-version-vendor" => "XenSource",
        "edition" => "free",
        "is-a-template"
        | "is-a-snapshot"
        | "is-control-domain"
        | "ha-enabled"
        | "ha-overcommitted"
        | "wlb-enabled"
        | "wlb-verify-cert"
        | "ha-allow-overcommit"
        | "sharable"
        | "read-only"
        | "storage-lock"
        | "missing"
        | "empty"
        | "allow-caching"
        | "local-cache-enabled"
        | "metadata-latest"
        | "ha-always-run"
        | "is-snapshot-from-vmpp"
        | "attachable" => "false",
        "managed" | "unpluggable" | "bootable" | "PV-drivers-up-to-date" | "live" => "true",
        "snapshot-of"
        | "suspend-VDI-uuid"
        | "suspend-SR-uuid"
        | "affinity"
        | "parent"
        | "protection-policy"
        | "appliance"
        | "introduced-by"
        | "suspend-image-sr-uuid"
        | "crash-dump-sr-uuid"
        | "crash-dump-SR"
        | "suspend-image-SR"
        | "local-cache-sr"
        | "metadata-of-pool" => NOWHERE,
        "user-version" | "VCPUs-max" | "VCPUs-at-startup" | "VCPUs-number" => "1",
        "ha-host-failures-to-tolerate"
        | "ha-plan-exists-for"
        | "start-delay"
        | "shutdown-delay"
        | "order"
        | "version"
        | "memory-overhead"
        | "status-code" => "0",
        "snapshot-time" | "start-time" | "install-time" => "19700101T00:00:00Z",
        "type" => "Disk",
        "content-type" => "user",
        "on-boot" => "persist",
        _ => "",
    }
}

fn host_ref(world: &World, by: MachineId, host: Option<HostId>) -> Value {
    one(host.filter(|host| world.db(by).host(*host).is_some()).map_or(NOWHERE, |host| &world.names.hosts[host.at()].uuid))
}

fn host_value(world: &World, by: MachineId, host: HostId, field: &str) -> Option<Value> {
    let names = &world.names;
    let machine = names.hosts[host.at()].machine;
    let record = world.db(by).host(host)?;
    Some(match field {
        "name-label" | "hostname" => one(names.machine(machine)),
        "name-description" => one("Default install of XenServer"),
        "address" => one(&names.machines[machine.at()].address),
        "enabled" => one(record.enabled.to_string()),
        "host-metrics-live" => one(record.live.to_string()),
        "memory-total" => one(names.machines[machine.at()].memory.unwrap_or(0).to_string()),
        "memory-free" | "memory-free-computed" => one(memory_free(world, by, host).unwrap_or(0).to_string()),
        _ => return None,
    })
}

fn vm_value(world: &World, by: MachineId, vm: VmId, field: &str) -> Option<Value> {
    let name = &world.names.vms[vm.at()];
    let record = world.db(by).vm(vm)?;
    let running = record.power_state == PowerState::Running;
    Some(match field {
        "name-label" => one(&name.name),
        "power-state" => one(record.power_state.name()),
        "resident-on" => host_ref(world, by, record.resident_on),
        "dom-id" => one(if running { "1" } else { "-1" }),
        "memory-static-max" | "memory-static-min" | "memory-dynamic-max" | "memory-dynamic-min" | "memory-target" => {
            one(name.memory.to_string())
        }
        "ha-restart-priority" => one(world.db(by).vm_ha(&world.names, vm).priority.map_or("", Protection::name)),
        "ha-always-run" => one(world.db(by).always_run.get(vm.at()).copied().unwrap_or(false).to_string()),
        "order" => one(world.db(by).vm_ha(&world.names, vm).order.unwrap_or(0).to_string()),
        "start-delay" => one((world.db(by).vm_ha(&world.names, vm).start_delay.0 / 1_000_000).to_string()),
        "memory-actual" => one(if running { name.memory } else { 0 }.to_string()),
        _ => return None,
    })
}

fn control_domain_value(world: &World, host: HostId, field: &str) -> Option<Value> {
    Some(match field {
        "name-label" => one(control_domain_name(world, host)),
        "power-state" => one("running"),
        "is-control-domain" => one("true"),
        "resident-on" => one(&world.names.hosts[host.at()].uuid),
        "dom-id" => one("0"),
        _ => return None,
    })
}

/// The name-label of a host's domain 0.
pub fn control_domain_name(world: &World, host: HostId) -> String {
    format!("Control domain on host: {}", world.names.host(host))
}

fn pool_value(world: &World, by: MachineId, field: &str) -> Option<Value> {
    let db = world.db(by);
    Some(match field {
        "name-label" => one(&world.names.pool_name),
        "master" => host_ref(world, by, Some(db.master)),
        "default-SR" => one(db.default_sr.filter(|sr| knows_sr(world, by, *sr)).map_or(NOWHERE, |sr| &world.names.srs[sr.at()].uuid)),
        "ha-enabled" => one(db.ha.enabled.to_string()),
        "ha-statefiles" => Value::Set(db.ha.statefile.iter().filter(|_| db.ha.enabled).map(|sr| statefile(*sr)).collect()),
        "ha-host-failures-to-tolerate" => one(db.ha.failures_to_tolerate.to_string()),
        "ha-plan-exists-for" => one(db.ha.plan_exists_for.to_string()),
        "ha-allow-overcommit" => one(db.ha.allow_overcommit.to_string()),
        "ha-overcommitted" => one(db.ha.overcommitted.to_string()),
        _ => return None,
    })
}

/// The UUID of the statefile's VDI, which is none of the disks that a scenario has.
fn statefile(sr: SrId) -> String {
    Inventory::uuid(Kind::Vdi, 100_000 + sr.at())
}

fn sr_value(world: &World, by: MachineId, sr: SrId, field: &str) -> Option<Value> {
    let name = &world.names.srs[sr.at()];
    let pbds: Vec<HostId> = hosts(world, by).into_iter().filter(|host| world.db(by).pbds.contains_key(&(*host, sr))).collect();
    Some(match field {
        "name-label" => one(&name.name),
        "type" => one(name.kind.name()),
        "shared" => one(name.kind.shared().to_string()),
        "host" => match pbds.as_slice() {
            [] => one(NOWHERE),
            [host] => one(world.names.host(*host)),
            _ => one("<shared>"),
        },
        "VDIs" => Value::Set(world.vdis_on(sr).into_iter().map(|vdi| world.names.vdis[vdi.at()].uuid.clone()).collect()),
        "PBDs" => Value::Set(pbds.into_iter().map(|host| Object::Pbd(host, sr).uuid(world, by)).collect()),
        "virtual-allocation" | "physical-utilisation" => one((world.vdis_on(sr).len() as u64 * VDI_SIZE).to_string()),
        "physical-size" => one((1u64 << 40).to_string()),
        _ => return None,
    })
}

/// The size that every disk shows: the simulator keeps none.
const VDI_SIZE: u64 = 8 << 30;

fn vdi_value(world: &World, by: MachineId, vdi: VdiId, field: &str) -> Option<Value> {
    let names = &world.names;
    let name = &names.vdis[vdi.at()];
    let record = world.db(by).vdi(vdi)?;
    Some(match field {
        "name-label" => one(&name.name),
        "sr-uuid" => one(&names.srs[name.sr.at()].uuid),
        "sr-name-label" => one(names.sr(name.sr)),
        "location" => one(&name.uuid),
        "type" => one("User"),
        "virtual-size" | "physical-utilisation" => one(VDI_SIZE.to_string()),
        "vbd-uuids" => Value::Set(names.vbds.iter().filter(|vbd| vbd.vdi == vdi).map(|vbd| vbd.uuid.clone()).collect()),
        "sm-config" => {
            // The newest key stands first.
            let mut entries: Vec<(String, String)> = Vec::new();
            if record.paused {
                entries.push(("paused".into(), "true".into()));
            }
            let locks = record.locks.iter().rev();
            entries.extend(locks.map(|(host, mode)| (format!("host_OpaqueRef:{}", names.hosts[host.at()].uuid), mode.upper().into())));
            Value::Map(entries)
        }
        _ => return None,
    })
}

fn pbd_value(world: &World, by: MachineId, host: HostId, sr: SrId, field: &str) -> Option<Value> {
    Some(match field {
        "host" | "host-uuid" => host_ref(world, by, Some(host)),
        "sr-uuid" => one(&world.names.srs[sr.at()].uuid),
        "currently-attached" => one(world.db(by).plugged(host, sr).to_string()),
        _ => return None,
    })
}

fn vbd_value(world: &World, by: MachineId, vbd: VbdId, field: &str) -> Option<Value> {
    let names = &world.names;
    let name = &names.vbds[vbd.at()];
    let position = names.vms[name.vm.at()].vbds.iter().position(|other| *other == vbd).unwrap_or(0);
    Some(match field {
        "vm-uuid" => one(&names.vms[name.vm.at()].uuid),
        "vm-name-label" => one(names.vm(name.vm)),
        "vdi-uuid" => one(&names.vdis[name.vdi.at()].uuid),
        "vdi-name-label" => one(names.vdi(name.vdi)),
        "mode" => one(if name.mode == Mode::Rw { "RW" } else { "RO" }),
        "userdevice" => one(position.to_string()),
        "device" => one(format!("xvd{}", char::from(b'a' + (position % 26) as u8))),
        "currently-attached" => one(world.db(by).attached(vbd).to_string()),
        _ => return None,
    })
}
