//! Records of storage that come and go by hand: what refuses it, what it leaves in the database, and what it leaves alone.

use super::stage::*;
use crate::base::time::Span;
use crate::command::Output;
use crate::world::belief::PowerState;
use crate::world::event::Event;
use crate::world::inventory::Mode;
use crate::world::truth::Io;

fn text(room: &mut Room, line: &str) -> String {
    let Output { text, exit, .. } = room.alpha(line);
    assert_eq!(exit, 1, "{line}: {text}");
    text
}

/// A room in which db's host died and its record was reset: the lock of beta stays.
fn dead_host() -> Room {
    let mut room = Room::new();
    room.crash(BETA);
    room.mark_dead(BETA);
    room.ok("xe vm-reset-powerstate vm=db --force");
    assert_eq!(room.locks(DB_ROOT), [(host(BETA), Mode::Rw)]);
    room.fx.events.clear();
    room
}

/// xapi_vdi.ml, check_operation_error: what is attached is in use, with one parameter; what is not goes with all that hangs on it.
#[test]
fn a_forgotten_disk_loses_its_locks_and_its_vbds() {
    let mut room = Room::new();
    let uuid = room.world.names.vdis[DB_ROOT.at()].uuid.clone();
    let in_use = "This operation cannot be performed because this VDI is in use by some other operation";
    assert_eq!(text(&mut room, "xe vdi-forget uuid=${db-root}"), format!("{in_use}\nvdi: {uuid} (db-root)\noperation: <unknown>\n"));
    assert_eq!(
        text(&mut room, "xe vdi-forget uuid=$db"),
        format!("The uuid you supplied was invalid.\ntype: VDI\nuuid: {}\n", room_vm(&room))
    );
    let mut room = dead_host();
    assert_eq!(room.ok("xe vdi-forget uuid=${db-root}"), "");
    assert!(room.db(ALPHA).vdi(DB_ROOT).is_none() && room.told(&Event::VdiForgotten { by: ALPHA, vdi: DB_ROOT }));
    // Neither the VM that had it nor the one that read it has it any more (db_gc.ml, gc_VBDs).
    assert_eq!(room.ok("xe vbd-list vdi-uuid=${db-root}"), "");
    assert_eq!(room.ok("xe vm-disk-list vm=db"), "");
    assert_eq!(room.code("xe vdi-forget uuid=${db-root}").0, "UUID_INVALID");
    // It starts, and has no disk.
    room.ok("xe vm-start vm=db on=gamma");
    assert!(!room.world.has_open(GAMMA, DB_ROOT));
}

fn room_vm(room: &Room) -> String {
    room.world.names.vms[DB.at()].uuid.clone()
}

/// SR.py, ScanRecord.synchronise: a record for what has none. Files keep no names, volumes do (LVHDSR.py, scan).
#[test]
fn a_scan_brings_a_disk_back_without_its_lock() {
    let mut room = dead_host();
    room.ok("xe vdi-forget uuid=${db-root}");
    room.ok("xe vdi-forget uuid=${web-data}");
    assert_eq!(room.ok("xe sr-scan uuid=$nfs1"), "");
    room.ok("xe sr-scan uuid=$san1");
    assert_eq!((room.locks(DB_ROOT), room.locks(WEB_ROOT)), (vec![], vec![]));
    assert!(room.told(&Event::VdiIntroduced { by: ALPHA, vdi: DB_ROOT }) && !room.told(&Event::VdiIntroduced { by: ALPHA, vdi: WEB_ROOT }));
    assert_eq!(room.ok("xe vdi-param-get uuid=${db-root} param-name=name-label"), "\n");
    assert_eq!(room.ok("xe vdi-param-get uuid=${web-data} param-name=name-label"), "web-data\n");
    assert_eq!(
        room.ok("xe vdi-list params=name-label"),
        [("", " "), ("web-root", " "), ("web-data", " ")].map(|(name, _)| format!("name-label ( RW)    : {name}\n\n\n")).concat()
    );
    // The VBD does not come back with it.
    room.ok("xe vm-start vm=db on=gamma");
    assert!(!room.world.has_open(GAMMA, DB_ROOT));
    room.ok("xe vm-shutdown vm=db");
    assert!(room.ok("xe vbd-create vm-uuid=$db vdi-uuid=${db-root} device=0").starts_with("00000005-0bd0-"));
    room.ok("xe vm-start vm=db on=gamma");
    assert_eq!((room.open(DB_ROOT), room.locks(DB_ROOT)), (vec![GAMMA], vec![(host(GAMMA), Mode::Rw)]));
    // A second scan finds nothing new and lets locks be.
    room.fx.events.clear();
    room.ok("xe sr-scan uuid=$nfs1");
    assert!(room.fx.events.is_empty(), "{:?}", room.fx.events);
    assert_eq!(room.locks(DB_ROOT), [(host(GAMMA), Mode::Rw)]);
}

/// message_forwarding.ml, choose_pbd_for_sr: shared by the pool's master, local by its host; where that is not plugged nobody.
#[test]
fn a_scan_is_the_sr_masters_affair() {
    let mut room = Room::new();
    assert_eq!(room.code("xe sr-scan uuid=$beta").0, "UUID_INVALID");
    room.ok("xe pbd-unplug uuid=${alpha/san1}");
    let uuid = room.world.names.srs[SAN.at()].uuid.clone();
    assert_eq!(text(&mut room, "xe sr-scan uuid=$san1"), format!("The SR has no attached PBDs\nsr: {uuid} (san1)\n"));
    room.ok("xe pbd-plug uuid=${alpha/san1}");
    // Where requests fail no record is touched.
    room.world.lose_path(&mut room.fx, ALPHA, NFS, Io::Error);
    room.world.lose_path(&mut room.fx, ALPHA, SAN, Io::Error);
    assert_eq!(room.code("xe sr-scan uuid=$nfs1").0, "SR_BACKEND_FAILURE_40");
    assert_eq!(room.code("xe sr-scan uuid=$san1").0, "SR_BACKEND_FAILURE_47");
    assert!([DB_ROOT, WEB_ROOT, WEB_DATA].iter().all(|vdi| room.db(ALPHA).vdi(*vdi).is_some()));
    // Beta's local SR is scanned by beta.
    room.ok("xe sr-scan uuid=${local-beta}");
    room.crash(BETA);
    assert_eq!(room.code("xe sr-scan uuid=${local-beta}"), ("CANNOT_CONTACT_HOST", Span::secs(20)));
    room.mark_dead(BETA);
    assert_eq!(room.code("xe sr-scan uuid=${local-beta}").0, "HOST_OFFLINE");
}

/// xapi_sr.ml, forget: plugged anywhere by the record is plugged. What comes back is new: no locks, no VBDs, no default SR.
#[test]
fn an_sr_is_forgotten_and_introduced() {
    let mut room = Room::new();
    room.ok("xe pool-param-set uuid=$pool default-SR=$san1");
    let uuid = room.world.names.srs[SAN.at()].uuid.clone();
    let has = format!("The SR is still connected to a host via a PBD. It cannot be destroyed.\nsr: {uuid} (san1)\n");
    assert_eq!(text(&mut room, "xe sr-forget uuid=$san1"), has);
    for name in ["alpha", "beta"] {
        room.ok(&format!("xe pbd-unplug uuid=${{{name}/san1}}"));
    }
    // A dead host's PBD can't be unplugged, and holds it.
    room.crash(GAMMA);
    room.mark_dead(GAMMA);
    assert_eq!(room.code("xe pbd-unplug uuid=${gamma/san1}").0, "HOST_OFFLINE");
    assert_eq!(text(&mut room, "xe sr-forget uuid=$san1"), has);
    room.ok("xe host-forget uuid=$gamma --force");
    room.ok("xe sr-forget uuid=$san1");
    assert!(room.db(ALPHA).sr(SAN).is_none() && room.db(ALPHA).vdi(WEB_DATA).is_none());
    assert_eq!(room.ok("xe vbd-list vm-uuid=$web params=vdi-name-label --minimal"), "web-root\n");
    assert_eq!(room.code("xe sr-scan uuid=$san1").0, "UUID_INVALID");
    assert_eq!(room.ok("xe sr-introduce uuid=$san1 type=LVMoISCSI name-label=box shared=true"), format!("{uuid}\n"));
    assert_eq!(
        room.ok("xe sr-list uuid=$san1 params=name-label,shared,host"),
        "name-label ( RW)    : box\n          host ( RO): <not in database>\n        shared ( RW): true\n\n\n"
    );
    assert_eq!(room.ok("xe pool-param-get uuid=$pool param-name=default-SR"), "<not in database>\n");
    let pbd = room.ok("xe pbd-create host-uuid=$beta sr-uuid=$san1 device-config:target=10.9.9.9");
    assert!(room.db(ALPHA).vdi(WEB_DATA).is_none());
    // Not the SR's master: nothing is scanned.
    room.ok(&format!("xe pbd-plug uuid={}", pbd.trim_end()));
    assert!(room.db(ALPHA).vdi(WEB_DATA).is_none() && room.db(ALPHA).plugged(host(BETA), SAN));
    room.ok("xe pbd-create host-uuid=$alpha sr-uuid=$san1");
    room.ok("xe pbd-plug uuid=${alpha/san1}");
    assert!(room.db(ALPHA).vdi(WEB_DATA).is_some(), "the SR's master scans what it plugs");
    assert_eq!(room.ok("xe vbd-list vm-uuid=$web params=vdi-name-label --minimal"), "web-root\n");
}

/// xapi_sr.ml, introduce, of July 2011: the driver, then the database's own word on a UUID that is there; any UUID else.
#[test]
fn introducing_is_refused_in_the_real_order() {
    let mut room = Room::new();
    assert_eq!(
        room.alpha("xe sr-introduce type=nfs uuid=$nfs1").text,
        "Required parameter not found: name-label\nFor usage run: 'xe help'\n"
    );
    assert_eq!(
        room.alpha("xe sr-introduce type=nfs uuid=1 name-label=x shared").text,
        "Error: Failed to parse parameter 'shared': expecting 'true' or 'false'\n"
    );
    assert_eq!(
        text(&mut room, "xe sr-introduce type=zfs uuid=$nfs1 name-label=x"),
        "The SR could not be connected because the driver was not recognised.\ndriver: zfs\n"
    );
    let uuid = room.world.names.srs[NFS.at()].uuid.clone();
    let output = text(&mut room, "xe sr-introduce type=nfs uuid=$nfs1 name-label=x");
    assert!(output.ends_with(&format!("message: Db_exn.Uniqueness_constraint_violation(\"SR\", \"uuid\", \"{uuid}\")\n")), "{output}");
    // A slip in the UUID is taken, and shows itself when it is plugged.
    assert_eq!(room.ok("xe sr-introduce type=lvmoiscsi uuid=0000 name-label=slip shared=true"), "0000\n");
    assert_eq!(room.ok("xe sr-list name-label=slip --minimal"), "0000\n");
    let pbd = room.ok("xe pbd-create host-uuid=$alpha sr-uuid=0000");
    let plug = format!("xe pbd-plug uuid={}", pbd.trim_end());
    let output = text(&mut room, &plug);
    assert!(output.contains("no such volume group: VG_XenStorage-0000"), "{output}");
    // The first of that UUID is in the way of a second.
    assert_eq!(room.code("xe sr-introduce type=nfs uuid=0000 name-label=y").0, "INTERNAL_ERROR");
}

/// xapi_pbd.ml: one PBD a host and SR; a plugged one is not destroyed; what is not shared is plugged once.
#[test]
fn pbds_are_made_and_destroyed() {
    let mut room = Room::new();
    let old = room.world.names.pbd(BETA, SAN).to_string();
    let (sr, beta) = (room.world.names.srs[SAN.at()].uuid.clone(), room.uuid(BETA));
    assert_eq!(
        text(&mut room, "xe pbd-create sr-uuid=$san1 host-uuid=$beta"),
        format!("A PBD already exists connecting the SR to the host\nsr: {sr} (san1)\nhost: {beta} (beta)\npbd: {old}\n")
    );
    assert_eq!(text(&mut room, "xe pbd-create host-uuid=x sr-uuid=y"), "The uuid you supplied was invalid.\ntype: host\nuuid: x\n");
    assert_eq!(text(&mut room, "xe pbd-create host-uuid=$beta sr-uuid=y"), "The uuid you supplied was invalid.\ntype: SR\nuuid: y\n");
    assert_eq!(
        text(&mut room, "xe pbd-destroy uuid=${beta/san1}"),
        "You attempted an operation that was not allowed.\nreason: PBD is currently attached\n"
    );
    room.ok("xe pbd-unplug uuid=${beta/san1}");
    // The host is not asked.
    room.crash(BETA);
    room.ok("xe pbd-destroy uuid=${beta/san1}");
    assert!(room.told(&Event::PbdGone { by: ALPHA, host: host(BETA), sr: SAN }));
    let new = room.ok("xe pbd-create host-uuid=$beta sr-uuid=$san1");
    assert!(new.trim_end() != old && room.db(ALPHA).pbds.get(&(host(BETA), SAN)) == Some(&false));
    assert_eq!(room.code(&format!("xe pbd-plug uuid={old}")).0, "UUID_INVALID");
    assert_eq!(room.ok("xe pbd-list host-uuid=$beta sr-uuid=$san1 --minimal"), new);
    // Beta's own SR on gamma: the record can be made, the plug is refused by the record first.
    let mut room = Room::new();
    let pbd = room.ok("xe pbd-create host-uuid=$gamma sr-uuid=${local-beta}");
    assert_eq!(room.code(&format!("xe pbd-plug uuid={}", pbd.trim_end())).0, "SR_NOT_SHARABLE");
    room.ok("xe pbd-unplug uuid=${beta/local-beta}");
    assert_eq!(room.code("xe pbd-plug uuid=${gamma/local-beta}").0, "SR_BACKEND_FAILURE_47");
}

/// xapi_vbd_helpers.ml, create: nobody is asked who uses the disk; the device must be free.
#[test]
fn vbds_are_made_and_destroyed() {
    let mut room = Room::new();
    let line = "xe vbd-create vm-uuid=$web vdi-uuid=${db-root} device=";
    for (rest, answer) in [
        ("0", "A device with the name given already exists on the selected VM\ndevice: 0\n"),
        ("xvdb", "A device with the name given already exists on the selected VM\ndevice: xvdb\n"),
        ("disk", "The device name is invalid\ndevice: disk\n"),
        ("2 mode=rx", "Error: Unknown mode: rx (should be \"ro\" or \"rw\"\n"),
        ("2 type=tape", "Error: Unknown type: tape (should be \"cd\" or \"disk\"\n"),
        ("2 bootable=yes", "Error: Failed to parse parameter 'bootable': expecting 'true' or 'false'\n"),
    ] {
        assert_eq!(text(&mut room, &format!("{line}{rest}")), answer, "{rest}");
    }
    assert_eq!(text(&mut room, "xe vbd-create vm-uuid=$web device=2"), "Error: Empty VBDs can only be made for type=CD\n");
    assert_eq!(room.code("xe vbd-create vm-uuid=$nfs1 vdi-uuid=x device=2").0, "UUID_INVALID");
    // db runs with the disk: a record is made all the same, and the start is refused.
    assert!(room.ok(&format!("{line}autodetect mode=RO")).starts_with("00000005-0bd0-"));
    assert_eq!(room.ok("xe vbd-param-get uuid=${web/2} param-name=userdevice"), "2\n");
    assert_eq!(room.ok("xe vbd-param-get uuid=${web/2} param-name=mode"), "RO\n");
    assert_eq!(room.ok("xe vbd-param-get uuid=${web/2} param-name=device"), "\n", "it was never attached");
    assert_eq!(room.code("xe vm-start vm=web on=gamma").0, "VDI_IN_USE");
    room.ok("xe vbd-destroy uuid=${web/2}");
    assert_eq!(room.code("xe vbd-destroy uuid=${web/2}").0, "UUID_INVALID");
    room.ok("xe vm-start vm=web on=gamma");
    let (vbd, vm) = (room.world.names.vbds[1].uuid.clone(), room.world.names.vms[WEB.at()].uuid.clone());
    assert_eq!(
        text(&mut room, "xe vbd-destroy uuid=${web/root}"),
        format!("You attempted an operation that was not allowed.\nreason: VBD '{vbd}' still attached to '{vm}'\n")
    );
}

/// xapi_vbd_helpers.ml, valid_operations, and xapi_vbd.ml: the record first, then the host, then the storage manager.
#[test]
fn disks_are_plugged_and_unplugged() {
    let mut room = Room::new();
    let web = room.world.names.vms[WEB.at()].uuid.clone();
    let state = |actual: &str| format!("vm: {web} (web)\nexpected: running\nactual: {actual}\n");
    for line in ["xe vbd-plug uuid=${web/data}", "xe vbd-unplug uuid=${web/data}"] {
        assert!(text(&mut room, line).ends_with(&state("halted")), "{line}");
    }
    let root = room.world.names.vbds[0].uuid.clone();
    assert_eq!(text(&mut room, "xe vbd-plug uuid=${db/root}"), format!("The device is already attached to a VM\ndevice: {root}\n"));
    room.ok("xe vbd-create vm-uuid=$db vdi-uuid=${web-root} device=1");
    room.ok("xe vbd-create vm-uuid=$db vdi-uuid=${web-data} device=2");
    let made = room.world.names.vbds[4].uuid.clone();
    assert_eq!(text(&mut room, "xe vbd-unplug uuid=${db/1}"), format!("The device is not currently attached\ndevice: {made}\n"));
    room.ok("xe vbd-plug uuid=${db/1}");
    assert_eq!((room.open(WEB_ROOT), room.locks(WEB_ROOT)), (vec![BETA], vec![(host(BETA), Mode::Rw)]));
    assert_eq!(room.ok("xe vbd-param-get uuid=${db/1} param-name=device"), "xvdb\n");
    // Its own VM is refused the disk by the record, and would be by the lock.
    assert_eq!(room.code("xe vm-start vm=web on=gamma").0, "VDI_IN_USE");
    room.world.set_lock(&mut room.fx, ALPHA, WEB_DATA, host(GAMMA), Mode::Rw);
    assert_eq!(room.code("xe vbd-plug uuid=${db/2}").0, "SR_BACKEND_FAILURE_46");
    assert!(!room.db(ALPHA).attached(crate::base::ids::VbdId(5)) && room.open(WEB_DATA).is_empty());
    // A move takes along what is plugged, and nothing else.
    room.ok("xe vm-migrate vm=db host=gamma --live");
    assert_eq!((room.open(WEB_ROOT), room.open(DB_ROOT), room.open(WEB_DATA)), (vec![GAMMA], vec![GAMMA], vec![]));
    assert_eq!(room.ok("xe vbd-param-get uuid=${db/2} param-name=currently-attached"), "false\n");
    // A guest that writes nothing lets go; nothing can be torn out.
    assert_eq!(
        text(&mut room, "xe vbd-unplug uuid=${db/1} --force"),
        "You attempted an operation that was not allowed.\nreason: Disk does not support surprise-remove\n"
    );
    assert_eq!(
        text(&mut room, "xe vbd-unplug uuid=${db/1} timeout=soon"),
        "Error: Failed to parse parameter 'timeout': expecting a float\n"
    );
    room.ok("xe vbd-unplug uuid=${db/1}");
    assert_eq!((room.open(WEB_ROOT), room.locks(WEB_ROOT)), (vec![], vec![]));
    // One that is shut down has nothing attached any more, and its next start takes all.
    room.ok("xe vm-shutdown vm=db");
    assert_eq!(room.record(DB), (PowerState::Halted, None));
    room.world.remove_lock(&mut room.fx, ALPHA, WEB_DATA, host(GAMMA));
    room.ok("xe vm-start vm=db on=gamma");
    assert_eq!((room.open(WEB_ROOT), room.open(WEB_DATA)), (vec![GAMMA], vec![GAMMA]));
    room.crash(GAMMA);
    room.mark_dead(GAMMA);
    assert_eq!(room.code("xe vbd-unplug uuid=${db/1}").0, "HOST_OFFLINE");
}

/// cli_operations.ml, vm_disk_list_aux: VBD and VDI of each disk in turn; `--minimal` joins them the last first.
#[test]
fn the_disks_of_a_vm_are_listed() {
    let mut room = Room::new();
    let names = room.world.names.clone();
    let uuids = [names.vbds[1].uuid.as_str(), &names.vdis[1].uuid, &names.vbds[2].uuid, &names.vdis[2].uuid];
    let one = |at: usize, disk: &str, sr: &str| {
        format!(
            "Disk {at} VBD:\nuuid ( RO)             : {}\n    vm-name-label ( RO): web\n       userdevice ( RW): {at}\n\n\nDisk {at} VDI:\nuuid ( RO)             : {}\n       name-label ( RW): {disk}\n    sr-name-label ( RO): {sr}\n     virtual-size ( RO): 8589934592\n\n\n",
            uuids[at * 2],
            uuids[at * 2 + 1]
        )
    };
    assert_eq!(room.ok("xe vm-disk-list vm=web"), one(0, "web-root", "nfs1") + &one(1, "web-data", "san1"));
    assert_eq!(room.ok("xe vm-disk-list vm=web --minimal"), format!("{},{},{},{}\n", uuids[3], uuids[2], uuids[1], uuids[0]));
    assert_eq!(
        room.ok("xe vm-disk-list vm=db vbd-params=device vdi-params=read-only"),
        "Disk 0 VBD:\ndevice ( RO)    : xvda\n\n\nDisk 0 VDI:\nread-only ( RO)    : false\n\n\n"
    );
    assert_eq!(room.alpha("xe vm-disk-list").text, "Error: Multiple matches VMs found. --multiple required to complete the operation\n");
    assert_eq!(room.ok("xe vm-disk-list --multiple vbd-params=userdevice vdi-params=uuid").matches("Disk 0 VBD:").count(), 3);
}
