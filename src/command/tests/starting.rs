//! vm-start, vm-shutdown, vm-migrate: the guards of the database, of the storage manager, and no others.

use super::stage::*;
use crate::base::ids::VbdId;
use crate::base::time::Span;
use crate::world::belief::PowerState;
use crate::world::event::Event;
use crate::world::inventory::Mode;
use crate::world::truth::Io;

#[test]
fn a_start_takes_keys_disks_record_and_domain() {
    let mut room = Room::new();
    match room.types(ALPHA, "xe vm-start vm=web on=gamma") {
        End::Output(output, took) => assert_eq!((output.text.as_str(), output.exit, took), ("", 0, Span::secs(5))),
        end => panic!("{end:?}"),
    }
    assert_eq!(room.record(WEB), (PowerState::Running, Some(host(GAMMA))));
    assert_eq!((room.runs_on(WEB), room.open(WEB_ROOT), room.open(WEB_DATA)), (vec![GAMMA], vec![GAMMA], vec![GAMMA]));
    assert_eq!((room.locks(WEB_ROOT), room.locks(WEB_DATA)), (vec![(host(GAMMA), Mode::Rw)], vec![(host(GAMMA), Mode::Rw)]));
    assert!(room.db(ALPHA).attached(VbdId(1)) && room.db(ALPHA).attached(VbdId(2)));
}

/// docs/model/guests-and-disks.md §1: the first check that fails, in this order.
#[test]
fn a_start_is_refused_in_the_real_order() {
    let mut room = Room::new();
    let beta = host(BETA);
    let output = room.alpha("xe vm-start vm=db on=nowhere");
    assert_eq!(output.text, "Error: Host nowhere not found\n");
    let output = room.alpha("xe vm-start uuid=$db");
    let uuid = room.world.names.vms[0].uuid.clone();
    assert!(output.text.ends_with(&format!("at the time of the call.\nvm: {uuid} (db)\nexpected: halted\nactual: running\n")));

    room.world.stacks[ALPHA.at()].busy.insert(WEB);
    assert!(room.types(ALPHA, "xe vm-start vm=web on=beta") == End::Hangs, "whoever comes second waits");
    room.world.stacks[ALPHA.at()].busy.clear();

    // Everything is wrong at once, and is mended from the front.
    room.isolate(BETA);
    room.mark_dead(BETA);
    room.world.set_enabled(&mut room.fx, ALPHA, beta, false);
    room.world.set_pbd(&mut room.fx, ALPHA, beta, SAN, false);
    std::sync::Arc::make_mut(&mut room.world.names).machines[BETA.at()].memory = Some(3 << 29);
    assert_eq!(room.code("xe vm-start vm=web on=beta").0, "HOST_NOT_LIVE");
    room.world.set_live(&mut room.fx, ALPHA, beta, true);
    assert_eq!(room.code("xe vm-start vm=web on=beta").0, "HOST_DISABLED");
    room.world.set_enabled(&mut room.fx, ALPHA, beta, true);
    assert_eq!(room.code("xe vm-start vm=web on=beta").0, "VM_REQUIRES_SR");
    room.world.set_pbd(&mut room.fx, ALPHA, beta, SAN, true);
    // 1.5 GiB, of which db has one.
    let output = room.alpha("xe vm-start vm=web on=beta");
    assert!(output.text.ends_with("needed: 1073741824\navailable: 536870912\n"), "{}", output.text);
    std::sync::Arc::make_mut(&mut room.world.names).machines[BETA.at()].memory = None;
    assert_eq!(room.code("xe vm-start vm=web on=beta"), ("CANNOT_CONTACT_HOST", Span::secs(20)));
    room.world.hw.reconnect(&mut room.fx, BETA);
    room.ok("xe vm-start vm=web on=beta");
}

/// The database's guard: another VM has the disk attached, and one of the two writes
/// (docs/model/guests-and-disks.md §7).
#[test]
fn an_attached_disk_is_in_use() {
    let mut room = Room::new();
    assert_eq!(room.code("xe vm-start vm=backup").0, "VDI_IN_USE");
    room.ok("xe vm-shutdown vm=db");
    room.ok("xe vm-start vm=backup on=gamma");
    assert_eq!(room.locks(DB_ROOT), [(host(GAMMA), Mode::Ro)]);
    assert_eq!(room.code("xe vm-start vm=db on=beta").0, "VDI_IN_USE");
}

/// vdi_automaton.ml, docs/model/locks.md §2: on one host what is open read-only does not become read-write. The database's own
/// guard is gone where the reader's record was reset while it runs on.
#[test]
fn what_is_open_read_only_does_not_become_read_write() {
    let mut room = Room::new();
    room.ok("xe vm-shutdown vm=db");
    room.ok("xe vm-start vm=backup on=gamma");
    room.isolate(GAMMA);
    room.ok("xe vm-reset-powerstate vm=backup --force");
    room.world.hw.reconnect(&mut room.fx, GAMMA);
    let output = room.alpha("xe vm-start vm=db on=gamma");
    assert_eq!(output.error.as_ref().map(|error| error.code), Some("INTERNAL_ERROR"));
    let illegal = "Failure(\"Storage_access failed with Illegal VDI transition: activated RO -> activated RW\")";
    assert!(output.text.contains(illegal), "{}", output.text);
    assert_eq!((room.runs_on(DB), room.open(DB_ROOT)), (vec![], vec![GAMMA]));
    assert_eq!(room.locks(DB_ROOT), [(host(GAMMA), Mode::Ro)]);
    // On another host the storage manager decides, and it looks for RW keys alone; from there it can't be moved here.
    room.ok("xe vm-start vm=db on=alpha");
    assert_eq!(room.code("xe vm-migrate vm=db host=gamma").0, "INTERNAL_ERROR");
    assert_eq!(room.runs_on(DB), [ALPHA]);
    // Another that only reads may have it beside the first, and so may whoever writes, once a writer has it open.
    let free = |machine, mode| room.world.activation_check(crate::world::sm::Activation::new(ALPHA, machine, DB_ROOT, mode));
    assert_eq!((free(GAMMA, Mode::Ro), free(ALPHA, Mode::Rw), free(ALPHA, Mode::Ro)), (Ok(()), Ok(()), Ok(())));
}

/// M11, docs/model/locks.md §2: the lock of the dead host refuses at once, with this text.
#[test]
fn a_lock_refuses_at_once() {
    let mut room = Room::new();
    room.crash(BETA);
    room.ok("xe vm-reset-powerstate vm=db --force");
    let uuid = room.world.names.vdis[0].uuid.clone();
    match room.types(ALPHA, "xe vm-start vm=db on=gamma") {
        End::Output(output, took) => {
            assert_eq!(took, Span::ZERO);
            assert_eq!(
                output.text,
                format!(
                    "Error code: SR_BACKEND_FAILURE_46\nError parameters: , The VDI is not available [opterr=VDI {uuid} already attached RW], \n"
                )
            );
        }
        end => panic!("{end:?}"),
    }
    room.ok("/opt/xensource/sm/resetvdis.py $beta $nfs1");
    room.ok("xe vm-start vm=db on=gamma");
    assert_eq!(room.runs_on(DB), [GAMMA]);
}

/// M5, M10, M14: with a host that only is cut off the same words make a second domain and a second opener.
#[test]
fn nothing_else_stops_a_second_start() {
    let mut room = Room::new();
    room.isolate(BETA);
    room.ok("xe host-forget uuid=$beta --force");
    room.ok("/opt/xensource/sm/resetvdis.py $beta $nfs1");
    room.ok("xe vm-start vm=db on=gamma");
    assert_eq!((room.runs_on(DB), room.open(DB_ROOT)), (vec![BETA, GAMMA], vec![BETA, GAMMA]));
}

/// A start that fails half-way lets go of what it took (M12).
#[test]
fn a_start_that_fails_half_way_lets_go() {
    let mut room = Room::new();
    let script = crate::command::shell::parse("xe vm-start vm=web on=gamma").unwrap();
    let mut typed = crate::command::typed(&script.lines[0], &room.world, None).1.unwrap();
    let seat = crate::command::Seat { console: ALPHA, executor: ALPHA };
    assert_eq!(typed.check(&room.world, seat), crate::command::Check::Go(Span::secs(5)));
    // Between check and end the second disk is taken.
    room.world.set_lock(&mut room.fx, ALPHA, WEB_DATA, host(BETA), Mode::Rw);
    match typed.commit(&mut room.world, &mut room.fx, seat) {
        crate::command::Progress::Ended(output) => assert_eq!(output.error.unwrap().code, "SR_BACKEND_FAILURE_46"),
        progress => panic!("{progress:?}"),
    }
    assert_eq!((room.open(WEB_ROOT), room.locks(WEB_ROOT)), (vec![], vec![]));
    assert_eq!(room.record(WEB), (PowerState::Halted, None));
    assert!(room.told(&Event::DiskOpened { vdi: WEB_ROOT, machine: GAMMA, mode: Mode::Rw }));
}

/// docs/model/locks.md §2: a paused disk is asked for each second, 120 times, and then it is `locked`.
#[test]
fn a_paused_disk_is_waited_for() {
    let mut room = Room::new();
    let mut db = (*room.world.stacks[ALPHA.at()].db).clone();
    db.vdis[WEB_DATA.at()].as_mut().unwrap().paused = true;
    room.world.stacks[ALPHA.at()].db = db.into();
    match room.types(ALPHA, "xe vm-start vm=web on=gamma") {
        End::Output(output, took) => {
            assert_eq!(took, Span::secs(5) + Span::secs(120));
            assert!(output.text.contains("locked]"), "{}", output.text);
        }
        end => panic!("{end:?}"),
    }
    assert_eq!(room.open(WEB_ROOT), []);
}

/// A lost path fails or hangs, as the fault says.
#[test]
fn a_lost_path_fails_or_hangs() {
    let mut room = Room::new();
    room.world.lose_path(&mut room.fx, GAMMA, NFS, Io::Error);
    let output = room.alpha("xe vm-start vm=web on=gamma");
    assert!(output.text.contains("Could not find: /var/run/sr-mount/"), "{}", output.text);
    room.world.lose_path(&mut room.fx, GAMMA, NFS, Io::Hang);
    assert_eq!(room.types(ALPHA, "xe vm-start vm=web on=gamma"), End::Hangs);
    assert_eq!(room.record(WEB), (PowerState::Halted, None));
}

/// Without `on=` the first host in the file's order that can take it; else a table of reasons.
#[test]
fn a_host_is_chosen_or_the_reasons_told() {
    let mut room = Room::new();
    room.world.set_enabled(&mut room.fx, ALPHA, host(ALPHA), false);
    room.ok("xe vm-start vm=web");
    assert_eq!(room.runs_on(WEB), [BETA]);
    room.ok("xe vm-shutdown vm=web --force");
    room.mark_dead(BETA);
    room.world.set_pbd(&mut room.fx, ALPHA, host(GAMMA), SAN, false);
    let sr = room.world.names.srs[SAN.at()].uuid.clone();
    let output = room.alpha("xe vm-start vm=web");
    assert_eq!(
        output.text,
        format!(
            "There are no suitable hosts to start this VM on.\nThe following table provides per-host reasons for why the VM could not be started:\n\nalpha    : Cannot start here [Host disabled (use 'xe host-enable' to re-enable)]\n     beta: Cannot start here [Host down]\n    gamma: Cannot start here [VM requires access to SR: {sr} (san1)]\n\n\nThere were no hosts available to complete the specified operation.\n"
        )
    );
    assert_eq!(output.error.unwrap().code, "NO_HOSTS_AVAILABLE");
}

/// docs/model/guests-and-disks.md §2: a dead host's VM can't be shut down, with force neither.
#[test]
fn a_shutdown_goes_to_the_host_of_the_record() {
    let mut room = Room::new();
    assert_eq!(room.code("xe vm-shutdown vm=web").0, "VM_BAD_POWER_STATE");
    room.mark_dead(BETA);
    assert_eq!(room.code("xe vm-shutdown vm=db --force"), ("HOST_OFFLINE", Span::ZERO));
    room.world.set_live(&mut room.fx, ALPHA, host(BETA), true);
    match room.types(ALPHA, "xe vm-shutdown vm=db") {
        End::Output(output, took) => assert_eq!((output.exit, took), (0, Span::secs(10))),
        end => panic!("{end:?}"),
    }
    assert_eq!((room.record(DB), room.runs_on(DB), room.open(DB_ROOT)), ((PowerState::Halted, None), vec![], vec![]));
    assert_eq!(room.locks(DB_ROOT), []);
}

/// docs/model/commands.md §3: selection, and `--multiple` with failures on the way.
#[test]
fn selectors_select() {
    let mut room = Room::new();
    for (line, says) in [
        ("xe vm-start uuid=0", "Error: No matching VMs found\n"),
        ("xe vm-start vm=d", "Error: No matching VMs found\n"),
        ("xe vm-start", "Error: Multiple matches VMs found. --multiple required to complete the operation\n"),
        ("xe vm-start db", "Error: Unknown field 'db'\n"),
        ("xe vm-shutdown uuid=$db --force=true", "Error: Unknown field 'force=true'\n"),
        ("xe vm-start name-label=nosuch bogus=1", "Error: No matching VMs found\n"),
        ("xe vm-migrate vm=db", "Error: No destination host specified\n"),
        ("xe vm-migrate vm=db host=gamma live", "Error: Failed to parse parameter 'live': expecting 'true' or 'false'\n"),
        ("xe host-disable", "Error: Multiple matching hosts found. --multiple required to complete the operation\n"),
    ] {
        let output = room.alpha(line);
        assert_eq!((output.text.as_str(), output.exit), (says, 1), "{line}");
    }
    match room.types(ALPHA, "xe vm-start --multiple on=gamma") {
        End::Output(output, took) => {
            // db runs, backup wants db's disk; web starts.
            let first = output.text.lines().next().unwrap();
            assert!(
                first.starts_with(&format!("operation failed on {}: This operation cannot be performed", room.world.names.vms[2].uuid))
            );
            assert!(output.text.contains(&format!("operation failed on {}: You attempted", room.world.names.vms[0].uuid)));
            assert_eq!((output.exit, took), (1, Span::secs(5)));
        }
        end => panic!("{end:?}"),
    }
    assert_eq!(room.runs_on(WEB), [GAMMA]);
}

#[test]
fn a_migration_never_has_two_openers() {
    let mut room = Room::new();
    room.ok("xe vm-migrate vm=db host=gamma --live");
    assert_eq!((room.runs_on(DB), room.open(DB_ROOT)), (vec![GAMMA], vec![GAMMA]));
    assert_eq!(room.locks(DB_ROOT), [(host(GAMMA), Mode::Rw)]);
    assert_eq!(room.record(DB), (PowerState::Running, Some(host(GAMMA))));
    let of_disk: Vec<&Event> = room.fx.events.iter().filter(|e| matches!(e, Event::DiskOpened { .. } | Event::DiskClosed { .. })).collect();
    assert_eq!(
        of_disk,
        [&Event::DiskClosed { vdi: DB_ROOT, machine: BETA }, &Event::DiskOpened { vdi: DB_ROOT, machine: GAMMA, mode: Mode::Rw }]
    );
    assert!(room.told(&Event::DomainMoved { vm: DB, from: BETA, to: GAMMA }));
}

/// Source, destination, the link between them, the path: whichever fails, the VM stays where it was.
#[test]
fn a_migration_that_fails_leaves_the_vm() {
    for (name, cut, code) in
        [("source", Room::mark_dead as fn(&mut Room, _), "HOST_OFFLINE"), ("source cut off", Room::isolate, "CANNOT_CONTACT_HOST")]
    {
        let mut room = Room::new();
        cut(&mut room, BETA);
        assert_eq!(room.code("xe vm-migrate vm=db host=gamma").0, code, "{name}");
    }
    let mut room = Room::new();
    room.isolate(GAMMA);
    assert_eq!(room.code("xe vm-migrate vm=db host=gamma").0, "CANNOT_CONTACT_HOST");
    room.mark_dead(GAMMA);
    assert_eq!(room.code("xe vm-migrate vm=db host=gamma").0, "HOST_NOT_LIVE");
    let mut room = Room::new();
    room.world.lose_path(&mut room.fx, GAMMA, NFS, Io::Error);
    assert_eq!(room.code("xe vm-migrate vm=db host=gamma").0, "SR_BACKEND_FAILURE_46");
    assert_eq!((room.runs_on(DB), room.open(DB_ROOT)), (vec![BETA], vec![BETA]));
    assert_eq!(room.code("xe vm-migrate vm=web host=gamma").0, "VM_BAD_POWER_STATE");
}

/// While one command works on a VM another finds it busy; afterwards no longer.
#[test]
fn a_vm_is_busy_while_it_is_worked_on() {
    let mut room = Room::new();
    let seat = crate::command::Seat { console: ALPHA, executor: ALPHA };
    let script = crate::command::shell::parse("xe vm-shutdown vm=db").unwrap();
    let mut typed = crate::command::typed(&script.lines[0], &room.world, None).1.unwrap();
    typed.check(&room.world, seat);
    typed.begin(&mut room.world, seat);
    assert_eq!(room.types(ALPHA, "xe vm-migrate vm=db host=gamma"), End::Hangs);
    assert_eq!(room.types(ALPHA, "xe vm-shutdown vm=db"), End::Hangs);
    // A reset does not look (docs/model/guests-and-disks.md §4).
    assert_eq!(room.code("xe vm-reset-powerstate vm=db --force").0, "HOST_IS_LIVE");
    assert!(matches!(typed.commit(&mut room.world, &mut room.fx, seat), crate::command::Progress::Ended(_)));
    assert!(room.world.stacks[ALPHA.at()].busy.is_empty());
    room.ok("xe vm-start vm=db on=gamma");
    assert!(room.world.stacks[ALPHA.at()].busy.is_empty());
}
