//! What stands in each field of each object, as `xe` shows it from the database of a machine (records.ml of 6.0). What the
//! simulator does not keep shows the value of a fresh installation.

use super::objects::{Field, NOWHERE, Object, Value, control_domain_name, hosts, knows_sr, memory_free};
use crate::base::ids::{HostId, MachineId, SnapshotId, SrId, VbdId, VdiId, VmId};
use crate::world::World;
use crate::world::belief::Protection;
use crate::world::inventory::{Inventory, Kind, Mode};

fn one(text: impl Into<String>) -> Value {
    Value::One(text.into())
}

impl Object {
    /// A field's value in the database of a machine.
    pub fn value(self, world: &World, by: MachineId, field: Field) -> Value {
        if field.name == "uuid" {
            return one(self.uuid(world, by));
        }
        let known = match self {
            Object::Host(host) => host_value(world, by, host, field.name),
            Object::Vm(vm) => vm_value(world, by, vm, field.name),
            Object::ControlDomain(host) => control_domain_value(world, host, field.name),
            Object::Snapshot(snapshot) => snapshot_value(world, by, snapshot, field.name),
            Object::Pool => pool_value(world, by, field.name),
            Object::Sr(sr) => sr_value(world, by, sr, field.name),
            Object::Vdi(vdi) => vdi_value(world, by, vdi, field.name),
            Object::Pbd(host, sr) => pbd_value(world, by, host, sr, field.name),
            Object::Vbd(vbd) => vbd_value(world, by, vbd, field.name),
        };
        let said = super::params::noted(self).and_then(|of| world.db(by).notes.get(of, field.name)).cloned();
        said.or(known).unwrap_or_else(|| {
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
        "address" => one(Inventory::address_of(machine, record.renumbered)),
        "enabled" => one(record.enabled.to_string()),
        "host-metrics-live" => one(record.live.to_string()),
        "power-on-mode" => one(record.power_on.name()),
        "memory-total" => one(names.machines[machine.at()].memory.unwrap_or(0).to_string()),
        "memory-free" | "memory-free-computed" => one(memory_free(world, by, host).unwrap_or(0).to_string()),
        _ => return None,
    })
}

fn vm_value(world: &World, by: MachineId, vm: VmId, field: &str) -> Option<Value> {
    let name = &world.names.vms[vm.at()];
    let record = world.db(by).vm(vm)?;
    let running = record.power_state.has_domain();
    Some(match field {
        "name-label" => one(&name.name),
        "suspend-VDI-uuid" => one(record.image.map_or_else(|| NOWHERE.into(), |image| suspend_image(image.number))),
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
        "snapshots" => {
            let its = world.db(by).snapshots.iter().map(|snapshot| &world.names.snapshots[snapshot.at()]).filter(|name| name.of == vm);
            Value::Set(its.map(|name| name.uuid.clone()).collect())
        }
        "memory-actual" => one(if running { name.memory } else { 0 }.to_string()),
        _ => return None,
    })
}

fn snapshot_value(world: &World, by: MachineId, snapshot: SnapshotId, field: &str) -> Option<Value> {
    let name = &world.names.snapshots[snapshot.at()];
    Some(match field {
        "name-label" => one(&name.label),
        "name-description" => one(&name.description),
        "power-state" => one("halted"),
        // A snapshot is a template, too (xapi_vm_clone.ml).
        "is-a-snapshot" | "is-a-template" => one("true"),
        "snapshot-of" => one(world.db(by).vm(name.of).map_or(NOWHERE, |_| &world.names.vms[name.of.at()].uuid)),
        "resident-on" => one(NOWHERE),
        "dom-id" => one("-1"),
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

fn pool_value(world: &World, by: MachineId, field: &str) -> Option<Value> {
    let db = world.db(by);
    Some(match field {
        "name-label" => one(&world.names.pool_name),
        "master" => host_ref(world, by, Some(db.master)),
        "default-SR" => one(db.default_sr.filter(|sr| knows_sr(world, by, *sr)).map_or(NOWHERE, |sr| &world.names.srs[sr.at()].uuid)),
        "suspend-image-SR" => one(db.suspend_image_sr().map_or(NOWHERE, |sr| &world.names.srs[sr.at()].uuid)),
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

/// The UUID of a memory image, which is none of the disks that a scenario has.
fn suspend_image(number: u32) -> String {
    Inventory::uuid(Kind::Vdi, 200_000 + number as usize)
}

fn sr_value(world: &World, by: MachineId, sr: SrId, field: &str) -> Option<Value> {
    let name = &world.names.srs[sr.at()];
    let db = world.db(by);
    let vdis: Vec<VdiId> = world.vdis_on(sr).into_iter().filter(|vdi| db.vdi(*vdi).is_some()).collect();
    let pbds: Vec<HostId> = hosts(world, by).into_iter().filter(|host| world.db(by).pbds.contains_key(&(*host, sr))).collect();
    Some(match field {
        "name-label" => one(db.sr_label(&world.names, sr)),
        "type" => one(name.kind.name()),
        "shared" => one(db.shares(sr).to_string()),
        "host" => match pbds.as_slice() {
            [] => one(NOWHERE),
            [host] => one(world.names.host(*host)),
            _ => one("<shared>"),
        },
        "VDIs" => Value::Set(vdis.into_iter().map(|vdi| world.names.vdis[vdi.at()].uuid.clone()).collect()),
        "PBDs" => Value::Set(pbds.into_iter().map(|host| Object::Pbd(host, sr).uuid(world, by)).collect()),
        "virtual-allocation" | "physical-utilisation" => one((vdis.len() as u64 * VDI_SIZE).to_string()),
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
        "name-label" => one(world.db(by).vdi_label(names, vdi)),
        "sr-uuid" => one(&names.srs[name.sr.at()].uuid),
        "sr-name-label" => one(world.db(by).sr_label(names, name.sr)),
        "location" => one(&name.uuid),
        "type" => one("User"),
        "virtual-size" | "physical-utilisation" => one(VDI_SIZE.to_string()),
        "is-a-snapshot" => one(record.snapshot_of.is_some().to_string()),
        "snapshot-of" => {
            let of = record.snapshot_of.filter(|of| world.db(by).vdi(*of).is_some());
            one(of.map_or(NOWHERE, |of| &names.vdis[of.at()].uuid))
        }
        "snapshots" => {
            let its = names.vdi_ids().filter(|other| world.db(by).vdi(*other).is_some_and(|record| record.snapshot_of == Some(vdi)));
            Value::Set(its.map(|vdi| names.vdis[vdi.at()].uuid.clone()).collect())
        }
        "vbd-uuids" => {
            let ids = (0..names.vbds.len() as u16).map(VbdId);
            let its = ids.filter(|vbd| names.vbds[vbd.at()].vdi == vdi && world.db(by).vbd(*vbd).is_some());
            Value::Set(its.map(|vbd| names.vbds[vbd.at()].uuid.clone()).collect())
        }
        "sm-config" => {
            // The newest key stands first.
            let mut entries: Vec<(String, String)> = Vec::new();
            // A word that Python or the script wrote (blktap2.py, cleanup.py).
            for (mark, key, value) in
                [(record.relinking, "relinking", "True"), (record.activating, "activating", "True"), (record.paused, "paused", "true")]
            {
                if mark {
                    entries.push((key.into(), value.into()));
                }
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
    let userdevice = names.userdevice(vbd);
    let record = world.db(by).vbd(vbd)?;
    Some(match field {
        "vm-uuid" => one(&names.vms[name.vm.at()].uuid),
        "vm-name-label" => one(names.vm(name.vm)),
        "vdi-uuid" => one(&names.vdis[name.vdi.at()].uuid),
        "vdi-name-label" => one(world.db(by).vdi_label(names, name.vdi)),
        "mode" => one(if name.mode == Mode::Rw { "RW" } else { "RO" }),
        // A number becomes a name when it is attached (xapi_vm_helpers.ml; device_number.ml).
        "device" if !record.had_device => one(""),
        "device" => match userdevice.parse::<u8>() {
            Ok(position) => one(format!("xvd{}", char::from(b'a' + position % 26))),
            Err(_) => one(userdevice),
        },
        "userdevice" => one(userdevice),
        "currently-attached" => one(record.attached.to_string()),
        _ => return None,
    })
}
