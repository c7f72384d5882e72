//! The objects of a pool as `xe` shows them: which there are, and their fields in order (records.ml of 6.0). What
//! stands in the fields is in `values.rs`.

use crate::base::ids::{HostId, MachineId, SnapshotId, SrId, VbdId, VdiId, VmId};
use crate::world::World;
pub use crate::world::belief::notes::Value;

/// A class of objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum Class {
    Host,
    Vm,
    /// Snapshots of VMs: records of the same table as VMs.
    Snapshot,
    Pool,
    Sr,
    Vdi,
    Pbd,
    Vbd,
}

/// An object of some class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum Object {
    Host(HostId),
    Vm(VmId),
    /// Domain 0 of a host, a VM of its own in the database.
    ControlDomain(HostId),
    Snapshot(SnapshotId),
    Pool,
    Sr(SrId),
    Vdi(VdiId),
    Pbd(HostId, SrId),
    Vbd(VbdId),
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
            Class::Snapshot => "snapshot",
            Class::Pool => "pool",
            Class::Sr => "sr",
            Class::Vdi => "vdi",
            Class::Pbd => "pbd",
            Class::Vbd => "vbd",
        }
    }
    /// In words: `an SR`.
    pub fn with_article(self) -> &'static str {
        match self {
            Class::Host => "a host",
            Class::Vm => "a VM",
            Class::Snapshot => "a snapshot",
            Class::Pool => "the pool",
            Class::Sr => "an SR",
            Class::Vdi => "a VDI",
            Class::Pbd => "a PBD",
            Class::Vbd => "a VBD",
        }
    }
    /// As UUID_INVALID writes it.
    pub fn table(self) -> &'static str {
        match self {
            Class::Host => "host",
            Class::Vm | Class::Snapshot => "VM",
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
            Class::Vm | Class::Snapshot => VM,
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
            Class::Snapshot => &["uuid", "name-label", "name-description", "is-snapshot-from-vmpp"],
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
            Class::Snapshot => db.snapshots.iter().copied().map(Object::Snapshot).collect(),
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
                .filter(|vbd| db.vbd(*vbd).is_some() && db.vm(names.vbds[vbd.at()].vm).is_some())
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
    world.db(by).sr(sr).is_some()
}

/// The UUID of a host's domain 0.
pub fn control_domain(host: HostId) -> String {
    format!("{:08x}-d000-4000-8000-{:012x}", usize::from(host.0) + 1, 0x0070_6f6f_6c00_u64)
}

/// The name-label of a host's domain 0.
pub fn control_domain_name(world: &World, host: HostId) -> String {
    format!("Control domain on host: {}", world.names.host(host))
}

/// The memory that a host has left by the records of a database; `None` where it has no limit.
pub fn memory_free(world: &World, by: MachineId, host: HostId) -> Option<u64> {
    world.memory_free(by, host)
}

impl Object {
    /// Its UUID.
    pub fn uuid(self, world: &World, by: MachineId) -> String {
        let names = &world.names;
        match self {
            Object::Host(host) => names.hosts[host.at()].uuid.clone(),
            Object::Vm(vm) => names.vms[vm.at()].uuid.clone(),
            Object::ControlDomain(host) => control_domain(host),
            Object::Snapshot(snapshot) => names.snapshots[snapshot.at()].uuid.clone(),
            Object::Pool => names.pool(world.db(by).pool).to_string(),
            Object::Sr(sr) => names.srs[sr.at()].uuid.clone(),
            Object::Vdi(vdi) => names.vdis[vdi.at()].uuid.clone(),
            Object::Pbd(host, sr) => names.pbd(names.hosts[host.at()].machine, sr).to_string(),
            Object::Vbd(vbd) => names.vbds[vbd.at()].uuid.clone(),
        }
    }
}
