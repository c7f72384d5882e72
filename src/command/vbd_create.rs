//! `xe vbd-create`: gives a VM a disk that is there already (xapi_vbd_helpers.ml, create; docs/model/storage.md §4).

use super::args::Args;
use super::objects::{Class, Object};
use super::reach::{Refusal, uuid_invalid};
use super::simple::{Act, Simple, Simply};
use super::{CommandDoc, Grammar, Seat, Target};
use crate::base::ids::{MachineId, VdiId, VmId};
use crate::world::World;
use crate::world::belief::Protection;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;
use crate::world::inventory::Mode;

/// `xe vbd-create`.
pub type VbdCreate = Simply<Create>;

#[derive(Clone, Debug, Default)]
pub struct Create;

/// What is to be made.
pub struct New {
    vm: VmId,
    vdi: VdiId,
    mode: Mode,
    device: String,
}

/// How many disks a VM may have (xapi_vm_helpers.ml, allowed_VBD_devices_HVM_PP).
const DEVICES: u8 = 16;

/// A device as the hypervisor numbers it: the bus, and which.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Device {
    Ide(u8),
    Scsi(u8),
    Xen(u8),
}

/// What a name of a device may mean: a number is a disk on the IDE bus, of which there are four, and one of Xen's own
/// (xapi_vm_helpers.ml, possible_VBD_devices_of_string; device_number.ml).
fn meanings(device: &str) -> Vec<Device> {
    if let Ok(number) = device.parse::<u8>() {
        let ide = (number < 4).then_some(Device::Ide(number));
        return ide.into_iter().chain([Device::Xen(number)]).collect();
    }
    let letter = |prefix: &str| {
        let rest = device.strip_prefix(prefix)?;
        let (letter, part) = rest.split_at_checked(1)?;
        let number = letter.bytes().next()?.checked_sub(b'a').filter(|number| *number < DEVICES)?;
        (part.is_empty() || part.parse::<u32>().is_ok()).then_some(number)
    };
    let named = [letter("hd").map(Device::Ide), letter("sd").map(Device::Scsi), letter("xvd").map(Device::Xen)];
    named.into_iter().flatten().collect()
}

/// The device that is meant.
///
/// # Errors
/// INVALID_DEVICE, DEVICE_ALREADY_EXISTS.
fn device(world: &World, by: MachineId, vm: VmId, wanted: &str) -> Result<String, Refusal> {
    let names = &world.names;
    let used: Vec<Device> = world.db(by).vbds_of(names, vm).flat_map(|vbd| meanings(&names.userdevice(vbd))).collect();
    let free = |number: &u8| {
        let own = if *number < 4 { Device::Ide(*number) } else { Device::Xen(*number) };
        !used.contains(&own)
    };
    let device = match wanted {
        "autodetect" => (0..DEVICES).find(free).map(|number| number.to_string()),
        // Any whole number passes the check of its form (xapi_vbd_helpers.ml, valid_device).
        wanted => (!meanings(wanted).is_empty() || wanted.parse::<i32>().is_ok()).then(|| wanted.to_string()),
    };
    let device = device.ok_or_else(|| Refusal::from(ApiError::new("INVALID_DEVICE").text(wanted)))?;
    if meanings(&device).iter().any(|meaning| used.contains(meaning)) {
        return Err(ApiError::new("DEVICE_ALREADY_EXISTS").text(device).into());
    }
    Ok(device)
}

/// Whether a disk ties a protected VM to some hosts: its SR is not shared, or not plugged everywhere (xapi_vbd_helpers.ml,
/// assert_doesnt_make_vm_non_agile).
fn ties(world: &World, by: MachineId, vm: VmId, vdi: VdiId) -> bool {
    let db = world.db(by);
    let sr = world.names.vdis[vdi.at()].sr;
    let everywhere = || db.hosts.iter().all(|(host, record)| !record.enabled || db.plugged(*host, sr));
    let protected = db.vm_ha(&world.names, vm).priority == Some(Protection::Restart) && db.always_run.get(vm.at()) == Some(&true);
    db.ha.enabled && !db.ha.allow_overcommit && protected && !(db.shares(sr) && everywhere())
}

impl Simple for Create {
    const DOC: CommandDoc = CommandDoc {
        name: "vbd-create",
        synopsis: "xe vbd-create vm-uuid=VM-UUID vdi-uuid=VDI-UUID device=DEVICE|autodetect [mode=RW|RO]",
        doc: "Gives a VM a disk that is there already, and prints the UUID of the VBD. Checks: the VM's UUID, then the disk's (UUID_INVALID); mode and type; the device's name (INVALID_DEVICE) and that it is free (DEVICE_ALREADY_EXISTS); under HA, that the disk of a protected VM lies on a shared SR that every enabled host has plugged (HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN). Nobody asks whether the disk is used elsewhere: the start asks that. A VM that is halted has the disk from its next start on, one that runs after `xe vbd-plug`. `${db/1}` is then the VBD at device 1 of db. Drives without a disk are outside the model.",
        example: "xe vbd-create vm-uuid=$db vdi-uuid=${db-root} device=0",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&["vm-uuid", "device"], &["vdi-uuid", "bootable", "type", "mode", "unpluggable"]);
    type Found = New;

    fn checks(args: &Args, world: &World, seat: Seat) -> Result<New, Refusal> {
        let by = seat.executor;
        let uuid = args.required("vm-uuid");
        let vm = match Class::Vm.by_uuid(world, by, uuid) {
            Some(Object::Vm(vm)) => vm,
            Some(_) => return Err(Refusal::words("disks of a domain 0 are outside the model")),
            None => return Err(uuid_invalid("VM", uuid)),
        };
        let vdi = match args.get("vdi-uuid") {
            None => None,
            Some(uuid) => match Class::Vdi.by_uuid(world, by, uuid) {
                Some(Object::Vdi(vdi)) => Some(vdi),
                _ => return Err(uuid_invalid("VDI", uuid)),
            },
        };
        args.flag("bootable").map_err(Refusal::tool)?;
        let mode = match args.get("mode").map(str::to_lowercase).as_deref() {
            None | Some("rw") => Mode::Rw,
            Some("ro") => Mode::Ro,
            Some(other) => return Err(Refusal::tool(format!("Unknown mode: {other} (should be \"ro\" or \"rw\""))),
        };
        let drive = match args.get("type").map(str::to_lowercase).as_deref() {
            None | Some("disk") => false,
            Some("cd") => true,
            Some(other) => return Err(Refusal::tool(format!("Unknown type: {other} (should be \"cd\" or \"disk\""))),
        };
        args.flag("unpluggable").map_err(Refusal::tool)?;
        if drive {
            return Err(Refusal::words("CD drives are outside the model"));
        }
        let Some(vdi) = vdi else { return Err(Refusal::tool("Empty VBDs can only be made for type=CD")) };
        let device = device(world, by, vm, args.required("device"))?;
        if ties(world, by, vm, vdi) {
            return Err(ApiError::new("HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN").into());
        }
        Ok(New { vm, vdi, mode, device })
    }

    fn act(&mut self, _args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, New { vm, vdi, mode, device }: New) -> Act {
        match world.create_vbd(fx, seat.executor, vm, vdi, mode, device) {
            Some(vbd) => Act::Done(vec![world.names.vbds[vbd.at()].uuid.clone()]),
            None => Act::Failed(ApiError::new("INTERNAL_ERROR").text("too many VBDs").into()),
        }
    }

    fn target(args: &Args, world: &World) -> Target {
        world.names.vm_by_word(args.required("vm-uuid")).map_or(Target::None, Target::Vm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// xapi_vm_helpers.ml, possible_VBD_devices_of_string: a number may be either, a name is what it says.
    #[test]
    fn what_a_device_may_mean() {
        assert_eq!(meanings("1"), [Device::Ide(1), Device::Xen(1)]);
        assert_eq!(meanings("7"), [Device::Xen(7)]);
        assert_eq!(
            (meanings("hdb"), meanings("sda"), meanings("xvdp")),
            (vec![Device::Ide(1)], vec![Device::Scsi(0)], vec![Device::Xen(15)])
        );
        assert_eq!(meanings("xvda1"), [Device::Xen(0)]);
        for wrong in ["xvdq", "xvd", "xvdaa", "xvdé", "", "disk", "-1", "xvdB"] {
            assert_eq!(meanings(wrong), [], "{wrong}");
        }
    }
}
