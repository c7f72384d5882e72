//! Evacuation: what moves where, what stops it, and what is said of it (docs/model/evacuation.md).

use super::stage::{ALPHA, BETA, DB, End, GAMMA, LOCAL, NFS, Room, WEB, WEB_ROOT, host};
use crate::base::ids::{MachineId, VmId};
use crate::base::time::Span;
use crate::command::Output;
use crate::world::belief::{PowerState, Protection};
use crate::world::inventory::Mode;
use crate::world::release::Release;
use std::sync::Arc;

const GIB: u64 = 1 << 30;

/// A room of another release; no VM takes more than its memory in any.
fn room_of(release: &str) -> Room {
    let mut room = Room::new();
    room.world.release = Release::named(release).unwrap();
    room
}

/// So much memory on a machine.
fn memory(room: &mut Room, machine: MachineId, bytes: u64) {
    Arc::make_mut(&mut room.world.names).machines[machine.at()].memory = Some(bytes);
}

/// web runs on beta beside db, each of so many GiB.
fn both_on_beta(room: &mut Room, db: u64, web: u64) {
    let names = Arc::make_mut(&mut room.world.names);
    (names.vms[DB.at()].memory, names.vms[WEB.at()].memory) = (db * GIB, web * GIB);
    room.ok("xe vm-start vm=web on=beta");
}

fn refused(room: &mut Room, line: &str) -> Output {
    let output = room.alpha(line);
    assert_eq!(output.exit, 1, "{line}: {}", output.text);
    output
}

fn code(room: &mut Room, line: &str) -> &'static str {
    refused(room, line).error.map_or("", |error| error.code)
}

/// All move, their disks and locks with them, one after the other; the host stays enabled.
#[test]
fn every_vm_moves_and_the_host_is_not_disabled() {
    let mut room = Room::new();
    both_on_beta(&mut room, 1, 1);
    let End::Output(output, took) = room.types(ALPHA, "xe host-evacuate uuid=$beta") else { panic!("it ended") };
    assert_eq!((output.text.as_str(), output.exit), ("", 0));
    // The command itself, and two migrations of thirty seconds.
    assert_eq!(took, Span::secs(61));
    for vm in [DB, WEB] {
        let (state, at) = room.record(vm);
        assert_eq!(state, PowerState::Running);
        assert_eq!(room.runs_on(vm).iter().map(|machine| Some(host(*machine))).collect::<Vec<_>>(), [at]);
        assert_ne!(at, Some(host(BETA)));
    }
    assert!(room.db(ALPHA).host(host(BETA)).unwrap().enabled);
    let at = room.record(WEB).1.unwrap();
    assert_eq!(room.locks(WEB_ROOT), [(at, Mode::Rw)]);
    // Nothing is left to do, and that is no error.
    assert_eq!(room.ok("xe host-evacuate uuid=$beta"), "");
    assert_eq!(room.ok("xe host-evacuate uuid=$beta --minimal"), "\n");
}

/// The largest goes first, to the host with most room: 3 GiB to gamma's 4, then 1 GiB to alpha's 2, since gamma has 1 left.
#[test]
fn the_largest_goes_where_most_memory_is_free() {
    let mut room = Room::new();
    both_on_beta(&mut room, 1, 3);
    memory(&mut room, ALPHA, 2 * GIB);
    memory(&mut room, GAMMA, 4 * GIB);
    room.ok("xe host-evacuate uuid=$beta");
    assert_eq!((room.runs_on(WEB), room.runs_on(DB)), (vec![GAMMA], vec![ALPHA]));
}

/// Packing is not optimal, and one VM that finds no place stops all: nothing moves.
#[test]
fn one_vm_without_a_place_keeps_all_where_they_are() {
    let mut room = Room::new();
    both_on_beta(&mut room, 1, 3);
    memory(&mut room, ALPHA, 2 * GIB);
    memory(&mut room, GAMMA, 2 * GIB);
    let uuid = room.world.names.vms[WEB.at()].uuid.clone();
    let output = refused(&mut room, "xe host-evacuate uuid=$beta");
    // xe-cli: the VM stands where vm-start has two sizes.
    assert_eq!(
        output.text,
        format!("Not enough host memory is available to perform this operation\nneeded: {uuid} (web)\navailable: <unknown>\n")
    );
    assert_eq!((room.runs_on(DB), room.runs_on(WEB)), (vec![BETA], vec![BETA]));
    assert_eq!(
        room.ok("xe host-get-vms-which-prevent-evacuation uuid=$beta"),
        format!(
            "uuid ( RO)          : {uuid}\n    name-label ( RW): web\n        reason ( RO): HOST_NOT_ENOUGH_FREE_MEMORY,OpaqueRef:{uuid}\n\n\n"
        )
    );
    assert_eq!(room.ok("xe host-get-vms-which-prevent-evacuation uuid=$beta --minimal"), format!("{uuid}\n"));
    assert_eq!(room.ok("xe host-get-vms-which-prevent-evacuation uuid=$alpha"), "");
    assert_eq!(code(&mut room, "xe host-get-vms-which-prevent-evacuation uuid=x"), "UUID_INVALID");
}

#[test]
fn no_host_that_is_enabled_is_no_host() {
    let mut room = Room::new();
    room.ok("xe host-disable host=alpha");
    room.ok("xe host-disable host=gamma");
    let uuid = room.world.names.vms[DB.at()].uuid.clone();
    let output = refused(&mut room, "xe host-evacuate uuid=$beta");
    // The error has no parameter by its table, and is given one.
    assert_eq!(output.text, format!("There were no hosts available to complete the specified operation.\n<extra>: {uuid} (db)\n"));
    // A host without VMs is evacuated all the same.
    assert_eq!(room.ok("xe host-evacuate uuid=$alpha"), "");
}

/// The plan looks at every enabled host, and a host that is dead is enabled still: until it is disabled, which it can't be any more,
/// or forgotten, nobody is evacuated.
#[test]
fn a_dead_host_stops_the_evacuation_of_another() {
    for (release, expected) in
        [("manual-6", "HOST_NOT_LIVE"), ("xenserver-6.0", "HOST_NOT_ENOUGH_FREE_MEMORY"), ("xcp-ng-8.3", "HOST_NOT_LIVE")]
    {
        let mut room = room_of(release);
        room.crash(GAMMA);
        room.mark_dead(GAMMA);
        assert_eq!(code(&mut room, "xe host-evacuate uuid=$beta"), expected, "{release}");
        assert_eq!(code(&mut room, "xe host-disable host=gamma"), "HOST_OFFLINE");
        room.ok("xe host-forget uuid=$gamma --force");
        room.ok("xe host-evacuate uuid=$beta");
        assert_eq!(room.runs_on(DB), [ALPHA]);
    }
}

/// A VM whose disk lies on a local SR: who says why.
#[test]
fn a_local_disk_and_the_reason_that_is_told() {
    for (release, told) in [
        ("manual-6", ["VM_REQUIRES_SR"].as_slice()),
        ("xenserver-6.0", &["VM_REQUIRES_SR", "HOST_NOT_ENOUGH_FREE_MEMORY"]),
        ("xenserver-6.2", &["VM_REQUIRES_SR", "HOST_NOT_ENOUGH_FREE_MEMORY"]),
        ("xcp-ng-8.3", &["VM_REQUIRES_SR"]),
    ] {
        let mut room = room_of(release);
        let names = Arc::make_mut(&mut room.world.names);
        names.vdis[0].sr = LOCAL;
        assert_eq!(code(&mut room, "xe host-evacuate uuid=$beta"), *told.last().unwrap(), "{release}");
        let records = room.ok("xe host-get-vms-which-prevent-evacuation uuid=$beta");
        let reasons: Vec<&str> = records.lines().filter_map(|line| line.split_once("reason ( RO): ")?.1.split(',').next()).collect();
        assert_eq!(reasons, told, "{release}");
    }
}

/// HA on, db protected, web not: web can't move, whatever memory there is.
#[test]
fn under_ha_only_protected_vms_move() {
    for (release, expected) in [
        ("manual-6", "HOST_NOT_ENOUGH_FREE_MEMORY"),
        ("xenserver-6.2", "HOST_NOT_ENOUGH_FREE_MEMORY"),
        ("xcp-ng-8.3", "HOST_EVACUATE_VM_NOT_HA_PROTECTED"),
    ] {
        let mut room = room_of(release);
        both_on_beta(&mut room, 1, 1);
        Arc::make_mut(&mut room.world.names).vms[DB.at()].protection = Some(Protection::Restart);
        room.world.ha_at_start(ALPHA, NFS, Span::secs(60));
        for stack in room.world.stacks.iter_mut() {
            Arc::make_mut(&mut stack.db).always_run = vec![true, false, false].into();
        }
        assert_eq!(code(&mut room, "xe host-evacuate uuid=$beta"), expected, "{release}");
        assert_eq!(room.runs_on(DB), [BETA]);
        room.ok("xe vm-shutdown vm=web");
        room.ok("xe host-evacuate uuid=$beta");
        assert_ne!(room.runs_on(DB), [BETA]);
    }
}

/// The failover plan is asked as for `host-disable`: gamma is full, and db has no place but alpha once beta is closed.
#[test]
fn under_ha_the_plan_has_to_do_without_the_host() {
    let mut room = Room::new();
    Arc::make_mut(&mut room.world.names).vms[DB.at()].protection = Some(Protection::Restart);
    for machine in [ALPHA, BETA] {
        memory(&mut room, machine, GIB);
    }
    memory(&mut room, GAMMA, 0);
    Arc::make_mut(&mut room.world.names).vms[DB.at()].memory = GIB;
    room.world.ha_at_start(ALPHA, NFS, Span::secs(60));
    for stack in room.world.stacks.iter_mut() {
        let db = Arc::make_mut(&mut stack.db);
        db.always_run = vec![true, false, false].into();
        (db.ha.failures_to_tolerate, db.ha.plan_exists_for) = (1, 1);
    }
    assert_eq!(code(&mut room, "xe host-disable host=beta"), "HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN");
    assert_eq!(code(&mut room, "xe host-evacuate uuid=$beta"), "HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN");
}

/// How the host is named (docs/model/evacuation.md §1).
#[test]
fn the_host_is_named_as_the_release_wants_it() {
    let missing = "Required parameter not found: uuid\nFor usage run: 'xe help'\n";
    let tool = "Error: Multiple matching hosts found. Operation can only be performed on one host at a time\n";
    for (release, by_name, none, all, wrong) in [
        ("xenserver-6.0", missing, missing, missing, "The uuid you supplied was invalid.\ntype: host\nuuid: x\n"),
        ("xenserver-6.2", "", tool, tool, "Error: No matching hosts found\n"),
    ] {
        let mut room = room_of(release);
        for (line, text) in [
            ("xe host-evacuate host=gamma", by_name),
            ("xe host-evacuate", none),
            ("xe host-evacuate --multiple", all),
            ("xe host-evacuate uuid=x", wrong),
            ("xe host-evacuate uuid=$gamma", ""),
        ] {
            assert_eq!(room.alpha(line).text, text, "{release}: {line}");
        }
    }
}

/// A VM that another works on: waited for, or, today, a reason of its own. And one that was stopped meanwhile.
#[test]
fn a_vm_that_is_busy_or_stopped() {
    let mut room = room_of("xenserver-6.2");
    room.world.stacks[ALPHA.at()].busy.insert(DB);
    assert_eq!(room.types(ALPHA, "xe host-evacuate uuid=$beta"), End::Hangs, "it waits");
    let mut room = room_of("xcp-ng-8.3");
    room.world.stacks[ALPHA.at()].busy.insert(DB);
    assert_eq!(code(&mut room, "xe host-evacuate uuid=$beta"), "OTHER_OPERATION_IN_PROGRESS");
}

/// A host that the database holds for alive and that does not answer carries out no migration.
#[test]
fn a_host_that_does_not_answer_is_not_evacuated() {
    let mut room = Room::new();
    room.isolate(BETA);
    assert_eq!(code(&mut room, "xe host-evacuate uuid=$beta"), "CANNOT_CONTACT_HOST");
    room.mark_dead(BETA);
    assert_eq!(code(&mut room, "xe host-evacuate uuid=$beta"), "HOST_OFFLINE");
    assert_eq!(room.runs_on(DB), [BETA]);
}

/// xapi_host.ml, assert_bacon_mode: in 6.0 alone.
#[test]
fn going_down_with_guests() {
    for (release, expected) in [("manual-6", None), ("xenserver-6.0", Some("HOST_IN_USE")), ("xenserver-6.2", None)] {
        for command in ["host-shutdown", "host-reboot"] {
            let mut room = room_of(release);
            room.ok("xe host-disable host=beta");
            let output = room.alpha(&format!("xe {command} host=beta"));
            assert_eq!(output.error.as_ref().map(|error| error.code), expected, "{release}: {command}");
            if expected.is_some() {
                let (beta, db) = (room.uuid(BETA), room.world.names.vms[DB.at()].uuid.clone());
                let text =
                    "This operation cannot be completed as the host is in use by (at least) the object of type and ref echoed below.";
                assert_eq!(output.text, format!("{text}\nhost: {beta} (beta)\ntype: vm\nref: {db} (db)\n"));
                room.ok("xe host-evacuate uuid=$beta");
                room.ok(&format!("xe {command} host=beta"));
            }
        }
    }
}

/// xapi_pool.ml, ha_compute_vm_failover_plan: every VM of the hosts that fail, by memory, onto living hosts.
#[test]
fn the_failover_plan_of_hosts_that_are_named() {
    let mut room = Room::new();
    both_on_beta(&mut room, 1, 3);
    memory(&mut room, ALPHA, 2 * GIB);
    memory(&mut room, GAMMA, GIB / 2);
    let uuid = |room: &Room, vm: VmId| room.world.names.vms[vm.at()].uuid.clone();
    let (db, web, alpha) = (uuid(&room, DB), uuid(&room, WEB), room.uuid(ALPHA));
    let row = |name: &str, to: &str| format!("    {name}: {to}\n");
    let head = "VM".to_string() + &" ".repeat(format!("{web} (web)").len() + 4 - 2) + ": Destination Host or Error\n";
    assert_eq!(
        room.ok("xe pool-ha-compute-vm-failover-plan host-uuids=$beta"),
        head.clone()
            + &row(&format!("{web} (web)"), "HOST_NOT_ENOUGH_FREE_MEMORY")
            + &row(&format!(" {db} (db)"), &format!("{alpha} (alpha)"))
            + "\n\n"
    );
    // With alpha gone, too, there is room for neither; web is tied to a local SR now.
    Arc::make_mut(&mut room.world.names).vdis[WEB_ROOT.at()].sr = LOCAL;
    assert_eq!(
        room.ok("xe pool-ha-compute-vm-failover-plan host-uuids=$beta,$alpha"),
        head + &row(&format!(" {db} (db)"), "HOST_NOT_ENOUGH_FREE_MEMORY")
            + &row(&format!("{web} (web)"), "HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED")
            + "\n\n"
    );
    assert_eq!(code(&mut room, "xe pool-ha-compute-vm-failover-plan host-uuids=$beta,"), "UUID_INVALID");
}
