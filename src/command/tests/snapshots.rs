//! Snapshots and disks that are destroyed: what is printed, word for word, and what is left in the database and on the SR.

use super::stage::*;
use crate::base::ids::VdiId;
use crate::base::time::Span;
use crate::command::Output;
use crate::world::event::Event;
use crate::world::inventory::Mode;
use crate::world::truth::Io;

fn uuid(room: &Room, vdi: VdiId) -> String {
    room.world.names.vdis[vdi.at()].uuid.clone()
}

/// Of db, which runs on beta: the UUID is printed, and beta, whose key is there, is told (blktap2.py, tap_pause).
#[test]
fn a_snapshot_is_printed_listed_and_uninstalled() {
    let mut room = Room::new();
    let made = room.ok("xe vm-snapshot vm=db new-name-label=before new-name-description=patch");
    let snapshot = room.world.names.snapshots[0].uuid.clone();
    assert_eq!(made, format!("{snapshot}\n"));
    let disk = VdiId(3);
    assert_eq!((room.world.names.vdi(disk), room.world.hw.depth(DB_ROOT), room.world.hw.depth(disk)), ("db-root@1", 2, 2));
    assert_eq!(room.world.hw.write_into_base(DB_ROOT), [], "beta was told");
    assert!(!room.db(ALPHA).vdi(DB_ROOT).unwrap().paused && !room.world.hw.has_journal(DB_ROOT));
    assert!(room.told(&Event::PausedSet { by: ALPHA, vdi: DB_ROOT }) && room.told(&Event::PausedCleared { by: ALPHA, vdi: DB_ROOT }));
    assert_eq!(
        room.ok("xe snapshot-list"),
        format!(
            "uuid ( RO)                     : {snapshot}\n               name-label ( RW): before\n         name-description ( RW): patch\n    is-snapshot-from-vmpp ( RO): false\n\n\n"
        )
    );
    // A snapshot is left out of the list of VMs, and named by its VM.
    assert!(!room.ok("xe vm-list").contains(&snapshot));
    let db = room.world.names.vms[DB.at()].uuid.clone();
    assert_eq!(room.ok("xe vm-param-get uuid=$db param-name=snapshots"), format!("{snapshot}\n"));
    assert_eq!(room.ok(&format!("xe snapshot-param-get uuid={snapshot} param-name=snapshot-of")), format!("{db}\n"));
    // The disk's snapshot has its name, and no key.
    let of_disk = uuid(&room, disk);
    assert_eq!(room.ok(&format!("xe vdi-param-get uuid={of_disk} param-name=name-label")), "db-root\n");
    assert_eq!(room.ok(&format!("xe vdi-param-get uuid={of_disk} param-name=sm-config")), "\n");
    assert_eq!(room.ok("xe vdi-list is-a-snapshot=true --minimal"), format!("{of_disk}\n"));
    // The list is printed also where it is forced; it ends in a blank (cli_operations.ml).
    assert_eq!(
        room.ok(&format!("xe snapshot-uninstall uuid={snapshot} --force")),
        format!(
            "The following items are about to be destroyed\nVM : {snapshot} (before)\nVDI: {of_disk} (db-root) \nAll objects destroyed\n"
        )
    );
    assert!(room.ok("xe snapshot-list").is_empty() && room.db(ALPHA).vdi(disk).is_none());
    assert!(room.told(&Event::DiskHidden { machine: ALPHA, vdi: disk }), "the collector removes it");
}

/// Standard input is closed: the question is asked, and nothing is done.
#[test]
fn nobody_answers_the_question() {
    let mut room = Room::new();
    room.ok("xe vm-snapshot vm=web new-name-label=x");
    let snapshot = room.world.names.snapshots[0].uuid.clone();
    let Output { text, exit, .. } = room.alpha(&format!("xe snapshot-uninstall snapshot-uuid={snapshot}"));
    assert!(text.starts_with("The following items are about to be destroyed\nVM : "), "{text}");
    assert!(text.ends_with("Type 'yes' to continue\nLost connection to the server.\n") && exit == 1, "{text}");
    assert_eq!(room.db(ALPHA).snapshots.len(), 1);
}

/// blktap2.py, tap_pause: a key of a host that can't be called ends it, and the mark goes again. The call takes as long as a connection does.
#[test]
fn a_key_that_nobody_answers_for() {
    let mut room = Room::new();
    room.crash(BETA);
    let disk = uuid(&room, DB_ROOT);
    let End::Output(output, took) = room.types(ALPHA, "xe vm-snapshot vm=db new-name-label=x") else { panic!("it ends") };
    assert_eq!(
        output.text,
        format!("Error code: SR_BACKEND_FAILURE_82\nError parameters: , Failed to snapshot VDI [opterr=failed to pause VDI {disk}], \n")
    );
    assert_eq!(took, Span::secs(21), "a second, and the connection that nobody answers");
    assert!(!room.db(ALPHA).vdi(DB_ROOT).unwrap().paused && room.world.hw.depth(DB_ROOT) == 1);
    room.mark_dead(BETA);
    let End::Output(_, took) = room.types(ALPHA, "xe vm-snapshot vm=db new-name-label=x") else { panic!("it ends") };
    assert_eq!(took, Span::secs(1), "nobody is called who is held for dead");
}

/// xapi_vm_clone.ml: what was made is destroyed where the next disk can't be taken.
#[test]
fn all_disks_or_none() {
    let mut room = Room::new();
    room.ok("xe pbd-unplug uuid=${alpha/san1}");
    assert_eq!(room.code("xe vm-snapshot vm=web new-name-label=x").0, "SR_HAS_NO_PBDS");
    assert!(room.told(&Event::DiskHidden { machine: ALPHA, vdi: VdiId(3) }));
    assert!(room.db(ALPHA).snapshots.is_empty() && room.db(ALPHA).vdi(VdiId(3)).is_none());
    room.ok("xe pbd-plug uuid=${alpha/san1}");
    room.ok("xe vm-snapshot vm=web new-name-label=x");
    assert_eq!((room.world.hw.depth(WEB_ROOT), room.world.hw.depth(WEB_DATA)), (3, 2), "the base of the first try is still there");
}

/// The database alone is asked, and nobody else (xapi_vdi.ml). Up to g3 the disk is left to the collector; it can't be opened any more.
#[test]
fn a_disk_is_destroyed() {
    let mut room = Room::new();
    let in_use = "This operation cannot be performed because this VDI is in use by some other operation";
    let disk = uuid(&room, DB_ROOT);
    let refused = room.alpha("xe vdi-destroy uuid=${db-root}");
    assert_eq!(refused.text, format!("{in_use}\nvdi: {disk} (db-root)\noperation: <unknown>\n"));
    assert_eq!(room.ok("xe vdi-destroy uuid=${web-root}"), "");
    assert!(room.db(ALPHA).vdi(WEB_ROOT).is_none() && room.told(&Event::DiskHidden { machine: ALPHA, vdi: WEB_ROOT }));
    assert!(!room.world.vdis_on(NFS).contains(&WEB_ROOT));
    room.ok("xe sr-scan uuid=$nfs1");
    assert!(room.db(ALPHA).vdi(WEB_ROOT).is_none(), "a scan does not find it");
    assert_eq!(room.code("xe vdi-destroy uuid=${web-root}").0, "UUID_INVALID");
}

/// A journal on LVM keeps everybody out until the SR's master looks (LVHDSR.py, LVHDVDI.attach); the text is the storage manager's.
#[test]
fn what_was_begun_says_so() {
    let mut room = Room::new();
    room.world.snapshot_disk(&mut room.fx, ALPHA, WEB_DATA, &[]);
    let text = room.alpha("xe vm-start vm=web on=gamma").text;
    let repair = "Interrupted operation detected on this VDI, scan SR first to trigger auto-repair";
    assert!(text.contains(&format!("SR_BACKEND_FAILURE_46\nError parameters: , The VDI is not available [opterr={repair}], ")), "{text}");
    room.ok("xe sr-scan uuid=$san1");
    room.ok("xe vm-start vm=web on=gamma");
    assert_eq!(room.locks(WEB_DATA), [(host(GAMMA), Mode::Rw)]);
}

/// Requests that fail, and requests that hang.
#[test]
fn over_a_path_that_is_lost() {
    let mut room = Room::new();
    room.world.lose_path(&mut room.fx, ALPHA, SAN, Io::Error);
    assert_eq!(room.code("xe vdi-destroy uuid=${web-data}").0, "SR_BACKEND_FAILURE_80");
    assert_eq!(room.code("xe vm-snapshot vm=web new-name-label=x").0, "SR_BACKEND_FAILURE_82");
    room.world.lose_path(&mut room.fx, ALPHA, SAN, Io::Hang);
    assert_eq!(room.types(ALPHA, "xe vdi-destroy uuid=${web-data}"), End::Hangs);
}
