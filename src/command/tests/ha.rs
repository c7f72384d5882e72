//! High availability: its own commands, and what the others refuse while it is on (docs/model/ha.md §16 to §20).

use super::stage::{ALPHA, BETA, DB, End, GAMMA, LOCAL, NFS, Room, SAN, SPARE, WEB, WEB_DATA, host};
use crate::base::time::Span;
use crate::command::Output;
use crate::world::belief::{PoolHa, Protection};
use crate::world::truth::Io;
use crate::world::truth::PoolState;
use std::sync::Arc;

/// A room with HA on, db protected, and a plan for one failure.
fn room() -> Room {
    let mut room = Room::new();
    protect(&mut room);
    room.world.ha_at_start(ALPHA, NFS, Span::secs(60));
    for stack in room.world.stacks.iter_mut() {
        let db = Arc::make_mut(&mut stack.db);
        db.ha.failures_to_tolerate = 1;
        db.ha.plan_exists_for = 1;
    }
    room
}

/// db has the priority `restart`, each host room for one VM more than it runs.
fn protect(room: &mut Room) {
    let names = Arc::make_mut(&mut room.world.names);
    names.vms[DB.at()].protection = Some(Protection::Restart);
    for machine in &mut names.machines {
        machine.memory = Some(names.vms[DB.at()].memory);
    }
    for stack in room.world.stacks.iter_mut() {
        Arc::make_mut(&mut stack.db).always_run = vec![true, false, false].into();
    }
}

fn refused(room: &mut Room, machine: crate::base::ids::MachineId, line: &str) -> String {
    match room.types(machine, line) {
        End::Output(Output { error: Some(error), exit: 1, .. }, _) => error.code.to_string(),
        End::Output(Output { text, exit, .. }, _) => format!("{exit}: {text}"),
        end => format!("{end:?}"),
    }
}

/// docs/model/ha.md §19 and §20; what is said of a key that is not there, docs/model/commands.md §4.
#[test]
fn without_ha_there_is_nothing_to_switch_off() {
    let mut room = Room::new();
    for line in ["xe pool-ha-disable", "xe host-emergency-ha-disable --force", "xe pool-ha-prevent-restarts-for seconds=60"] {
        let output = room.alpha(line);
        assert_eq!(output.text, "The operation could not be performed because HA is not enabled on the Pool\n", "{line}");
        assert_eq!(output.exit, 1);
    }
    let output = room.alpha("xe host-emergency-ha-disable");
    assert_eq!((output.exit, output.error), (1, None));
    assert!(output.text.starts_with("Error: This operation is extremely dangerous and may cause data loss."), "{}", output.text);
}

/// M8: the real order of checks is HOST_IS_LIVE before HA_IS_ENABLED.
#[test]
fn with_ha_on_hosts_are_not_forgotten_and_masters_not_changed_by_hand() {
    let mut room = room();
    assert_eq!(refused(&mut room, ALPHA, "xe host-forget uuid=$gamma --force"), "HOST_IS_LIVE");
    room.crash(GAMMA);
    room.mark_dead(GAMMA);
    assert_eq!(refused(&mut room, ALPHA, "xe host-forget uuid=$gamma --force"), "HA_IS_ENABLED");
    assert_eq!(refused(&mut room, BETA, "xe pool-emergency-transition-to-master"), "HA_IS_ENABLED");
    assert_eq!(refused(&mut room, BETA, "xe pool-emergency-reset-master master-address=gamma"), "HA_IS_ENABLED");
    assert_eq!(refused(&mut room, ALPHA, "xe pool-designate-new-master host-uuid=$beta"), "HA_IS_ENABLED");
    assert_eq!(refused(&mut room, ALPHA, "xe pool-ha-enable"), "HA_IS_ENABLED");
    assert_eq!(refused(&mut room, ALPHA, "xe pbd-unplug uuid=${alpha/nfs1}"), "HA_IS_ENABLED");
    let join = "xe pool-join master-address=alpha master-username=root master-password=x";
    assert_eq!(refused(&mut room, SPARE, join), "HA_IS_ENABLED");
    // The emergency commands ask the host's own disk: one that has left HA may go on, whatever the pool has.
    room.world.ha_disarm(BETA, &mut room.fx);
    assert!(refused(&mut room, BETA, "xe pool-emergency-transition-to-master").starts_with("0: "));
}

#[test]
fn what_would_break_the_plan_is_refused_while_there_is_one() {
    let mut room = room();
    // gamma and alpha have room for db each: without one of them the other may not fail any more.
    assert_eq!(refused(&mut room, ALPHA, "xe host-disable host=gamma"), "0: ", "alpha is left");
    assert_eq!(refused(&mut room, ALPHA, "xe host-disable host=alpha"), "HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN");
    // web would take the last room.
    assert_eq!(refused(&mut room, ALPHA, "xe vm-start vm=web on=alpha"), "HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN");
    // There is no plan for two failures; for none there is.
    let set = |room: &mut Room, text: &str| refused(room, ALPHA, &format!("xe pool-param-set uuid=$pool {text}"));
    assert_eq!(set(&mut room, "ha-host-failures-to-tolerate=2"), "HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN");
    assert_eq!(set(&mut room, "ha-host-failures-to-tolerate=-1"), "INVALID_VALUE");
    assert_eq!(set(&mut room, "ha-host-failures-to-tolerate=x"), "INTERNAL_ERROR");
    assert_eq!(set(&mut room, "ha-host-failures-to-tolerate=0"), "0: ");
    assert_eq!(room.db(ALPHA).ha.plan_exists_for, 0);
    assert_eq!(refused(&mut room, ALPHA, "xe vm-start vm=web on=alpha"), "0: ", "nothing is to be tolerated");
    assert_eq!(room.runs_on(WEB), [ALPHA]);
    // No failure is planned for: no number is refused, and the pool says that it can't be kept (xapi_pool.ml,
    // set_ha_host_failures_to_tolerate). Alpha is full, and gamma is closed: db has no place but its own.
    let promised = |room: &Room| {
        let ha = &room.db(ALPHA).ha;
        (ha.failures_to_tolerate, ha.plan_exists_for, ha.overcommitted)
    };
    assert_eq!(set(&mut room, "ha-host-failures-to-tolerate=3"), "0: ");
    assert_eq!(promised(&room), (3, 0, true));
    // With gamma open one may fail, and once that is planned for the same word would break it; a smaller one would not.
    room.ok("xe host-enable host=gamma");
    assert_eq!(set(&mut room, "ha-host-failures-to-tolerate=3"), "0: ");
    assert_eq!(promised(&room), (3, 1, true));
    assert_eq!(set(&mut room, "ha-host-failures-to-tolerate=3"), "HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN");
    assert_eq!(set(&mut room, "ha-host-failures-to-tolerate=1"), "0: ");
    assert_eq!(promised(&room), (1, 1, false));
    assert_eq!(set(&mut room, "ha-host-failures-to-tolerate=0"), "0: ");
    room.ok("xe host-disable host=gamma");
    // Overcommit is allowed: then nothing is refused, and the pool says that it is overcommitted.
    assert_eq!(set(&mut room, "ha-allow-overcommit=true"), "0: ");
    assert_eq!(set(&mut room, "ha-host-failures-to-tolerate=1"), "0: ");
    assert_eq!(promised(&room), (1, 0, true));
    assert_eq!(room.ok("xe pool-param-get uuid=$pool param-name=ha-overcommitted"), "true\n");
}

/// message_forwarding.ml, reserve_memory_for_vm: what a migration frees is left out of account, since the VM may still be on
/// both hosts when one of them fails.
#[test]
fn a_migration_is_planned_as_if_the_vm_stayed_where_it_was_too() {
    let mut room = room();
    room.ok("xe host-disable host=gamma");
    // On alpha it would fill alpha, and its place on beta is not counted as free: nothing would be left for it.
    assert_eq!(refused(&mut room, ALPHA, "xe vm-migrate vm=db host=alpha --live"), "HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN");
    assert_eq!(room.runs_on(DB), [BETA]);
    // With gamma open there is gamma.
    room.ok("xe host-enable host=gamma");
    assert_eq!(refused(&mut room, ALPHA, "xe vm-migrate vm=db host=alpha --live"), "0: ");
    // To where it is already it is no migration.
    room.ok("xe host-disable host=gamma");
    assert_eq!(refused(&mut room, ALPHA, "xe vm-migrate vm=db host=alpha --live"), "0: ");
}

/// xapi_host_helpers.ml, assert_safe_to_reenable: a host without the storage of a protected VM stays closed, plan or no plan.
#[test]
fn a_host_without_the_storage_of_protected_vms_stays_disabled() {
    let mut room = room();
    let enable = "xe host-enable host=gamma";
    room.ok("xe host-disable host=gamma");
    // web has a disk on the SAN, and nobody protects it.
    room.world.set_pbd(&mut room.fx, ALPHA, host(GAMMA), SAN, false);
    room.ok(enable);
    room.ok("xe host-disable host=gamma");
    room.world.set_pbd(&mut room.fx, ALPHA, host(GAMMA), NFS, false);
    assert_eq!(room.code(enable).0, "HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN");
    assert!(!room.db(ALPHA).host(host(GAMMA)).unwrap().enabled);
    // The plan is not asked: where there is none it is refused all the same.
    room.world.set_plan(&mut room.fx, ALPHA, 0, true);
    assert_eq!(room.code(enable).0, "HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN");
    // Another host's PBD is no matter, nor is one of a VM that was shut down and so is not to be brought back.
    room.ok("xe host-enable host=alpha");
    room.world.set_always_run(&mut room.fx, ALPHA, DB, false);
    room.ok(enable);
    // Nor is any where overcommit is allowed, or HA is off.
    let changes: [fn(&mut PoolHa); 2] = [|ha| ha.allow_overcommit = true, |ha| ha.enabled = false];
    for change in changes {
        let mut other = self::room();
        other.world.set_enabled(&mut other.fx, ALPHA, host(GAMMA), false);
        other.world.set_pbd(&mut other.fx, ALPHA, host(GAMMA), NFS, false);
        assert_eq!(other.code(enable).0, "HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN");
        change(&mut other.world.db_mut(ALPHA).ha);
        other.ok(enable);
    }
}

#[test]
fn how_many_hosts_may_fail_is_computed() {
    let mut room = room();
    let max = "xe pool-ha-compute-max-host-failures-to-tolerate";
    let hypothetical = "xe pool-ha-compute-hypothetical-max-host-failures-to-tolerate";
    // db has a place on the last host that is left.
    assert_eq!(room.ok(max), "2\n");
    assert_eq!(room.ok(hypothetical), "3\n", "nothing protected: all");
    assert_eq!(room.ok(&format!("{hypothetical} vm-uuid=$db restart-priority=best-effort")), "3\n");
    // db and web: db runs on beta, web is down and takes one of the two places: after one failure both still run.
    assert_eq!(room.ok(&format!("{hypothetical} vm-uuid=$db restart-priority=restart vm-uuid=$web restart-priority=restart")), "1\n");
    for (keys, says) in [
        ("vm-uuid=$db", "Error: Expected a restart-priority beside vm-uuid\n"),
        ("restart-priority=restart", "Error: Expected a vm-uuid beside restart-priority\n"),
    ] {
        assert_eq!(room.alpha(&format!("{hypothetical} {keys}")).text, says);
    }
    assert_eq!(room.code(&format!("{hypothetical} vm-uuid=$db restart-priority=always")).0, "INVALID_VALUE");
    assert_eq!(room.code(&format!("{hypothetical} vm-uuid=db restart-priority=restart")).0, "UUID_INVALID");
}

#[test]
fn enabling_asks_for_live_hosts_and_a_shared_sr_that_is_plugged_everywhere() {
    let mut room = Room::new();
    assert_eq!(room.code("xe pool-ha-enable heartbeat-sr-uuids=nfs1").0, "UUID_INVALID");
    assert_eq!(room.code("xe pool-ha-enable heartbeat-sr-uuids=").0, "UUID_INVALID");
    assert_eq!(room.code("xe pool-ha-enable heartbeat-sr-uuids=$local-beta").0, "UUID_INVALID", "the name ends at the hyphen");
    assert_eq!(room.code("xe pool-ha-enable heartbeat-sr-uuids=${local-beta}").0, "CANNOT_CREATE_STATE_FILE");
    room.world.set_pbd(&mut room.fx, ALPHA, host(GAMMA), NFS, false);
    assert_eq!(room.code("xe pool-ha-enable heartbeat-sr-uuids=$nfs1").0, "CANNOT_CREATE_STATE_FILE");
    room.mark_dead(GAMMA);
    assert_eq!(room.code("xe pool-ha-enable heartbeat-sr-uuids=$nfs1").0, "HOST_OFFLINE");
}

#[test]
fn a_daemon_that_joins_nothing_undoes_it_all() {
    let mut room = Room::new();
    // No clock runs here: the daemons look for each other in vain.
    let (code, took) = room.code("xe pool-ha-enable heartbeat-sr-uuids=$nfs1");
    assert_eq!(code, "HA_FAILED_TO_FORM_LIVESET");
    assert!(took >= Span::secs(120), "T and a minute: {took}");
    assert!(!room.db(ALPHA).ha.enabled);
    assert!(room.world.stacks.iter().all(|stack| stack.xhad.is_none() && !stack.ha.armed));
}

#[test]
fn disabling_writes_it_into_the_statefile() {
    let mut room = room();
    // The daemons of the others would read it; here no clock runs, so they are stopped by hand.
    for machine in [BETA, GAMMA] {
        room.world.ha_stop_daemon(machine, &mut room.fx);
    }
    room.ok("xe pool-ha-disable");
    assert!(!room.db(ALPHA).ha.enabled);
    assert_eq!(room.world.ha_statefile(ALPHA).map(|file| file.state), Some(PoolState::Invalid));
    assert!(room.world.stacks.iter().all(|stack| !stack.ha.armed));
    assert_eq!(room.code("xe pool-ha-disable").0, "HA_NOT_ENABLED");
}

#[test]
fn without_the_statefile_every_host_is_asked() {
    let mut room = room();
    room.world.lose_sr(&mut room.fx, NFS, Io::Error);
    room.ok("xe pool-ha-disable");
    assert!(!room.db(ALPHA).ha.enabled);
    assert!(room.world.stacks.iter().all(|stack| stack.xhad.is_none() && !stack.ha.armed));
}

#[test]
fn a_host_that_goes_down_in_order_says_so_in_the_statefile() {
    let mut room = room();
    room.ok("xe host-disable host=gamma");
    room.world.lose_path(&mut room.fx, GAMMA, NFS, Io::Error);
    assert_eq!(room.code("xe host-shutdown host=gamma").0, "HA_LOST_STATEFILE");
    room.world.restore_path(&mut room.fx, GAMMA, NFS);
    room.ok("xe host-shutdown host=gamma");
    assert!(room.world.ha_statefile(ALPHA).is_some_and(|file| file.slots[2].excluded));
    assert!(room.world.stacks[GAMMA.at()].xhad.is_none());
    assert!(room.world.stacks[GAMMA.at()].ha.armed, "it boots under HA again");
}

#[test]
fn leaving_ha_in_an_emergency_concerns_one_host() {
    let mut room = room();
    assert!(refused(&mut room, BETA, "xe host-emergency-ha-disable force=true").starts_with("0: "));
    let armed: Vec<bool> = [ALPHA, BETA, GAMMA].iter().map(|machine| room.world.stacks[machine.at()].ha.armed).collect();
    assert_eq!(armed, [true, false, true]);
    assert!(room.world.stacks[BETA.at()].xhad.is_none());
    assert_eq!(room.runs_on(DB), [BETA], "its guests run on");
    assert!(room.db(ALPHA).ha.enabled);
}

/// What is started is meant to run, what is shut down is not: only so long does HA bring it back.
#[test]
fn starts_and_shutdowns_decide_what_ha_keeps_running() {
    let mut room = room();
    room.ok("xe vm-shutdown vm=db");
    assert!(!room.db(ALPHA).always_run[DB.at()]);
    room.ok("xe vm-start vm=db on=beta");
    assert!(room.db(ALPHA).always_run[DB.at()]);
    assert_eq!(room.ok("xe vm-param-get uuid=$db param-name=ha-always-run"), "true\n");
    assert_eq!(room.ok("xe vm-param-get uuid=$db param-name=ha-restart-priority"), "restart\n");
}

/// xapi_vm.ml, set_ha_restart_priority: a running VM is protected, or let go, at once; one that is down when it is started.
#[test]
fn a_priority_is_set_in_the_record() {
    let mut room = room();
    let set = |room: &mut Room, text: &str| refused(room, ALPHA, &format!("xe vm-param-set {text}"));
    let get = |room: &mut Room, field: &str| room.ok(&format!("xe vm-param-get uuid=$db param-name={field}"));
    for (text, priority, runs) in [
        ("ha-restart-priority=", "", false),
        ("ha-restart-priority=restart", "restart", true),
        ("ha-restart-priority=best-effort", "best-effort", false),
        ("ha-always-run=true", "restart", true),
        ("ha-always-run=f", "", false),
    ] {
        assert_eq!(set(&mut room, &format!("uuid=$db {text}")), "0: ", "{text}");
        assert_eq!((get(&mut room, "ha-restart-priority"), room.db(ALPHA).always_run[DB.at()]), (format!("{priority}\n"), runs), "{text}");
        assert_eq!(room.db(ALPHA).protects(&room.world.names, DB), runs, "{text}");
        // Members have it with their next copy.
        assert_eq!(room.db(GAMMA).vm_ha(&room.world.names, DB).priority, Some(Protection::Restart));
    }
    assert_eq!(set(&mut room, "uuid=$web ha-restart-priority=restart"), "0: ");
    assert!(!room.db(ALPHA).always_run[WEB.at()], "it is down, and nobody wants it to run");
    room.ok("xe vm-start vm=web on=alpha");
    assert!(room.db(ALPHA).protects(&room.world.names, WEB));
    // Who is started without protection is not protected by that.
    room.ok("xe vm-shutdown vm=db");
    room.ok("xe vm-start vm=db on=beta");
    assert!(!room.db(ALPHA).always_run[DB.at()]);
    room.world.take_copy(&mut room.fx, GAMMA, ALPHA);
    assert_eq!(room.db(GAMMA).vm_ha(&room.world.names, DB).priority, None);
}

/// A VM is not protected where the plan would be gone (xapi_ha_vm_failover.ml, assert_new_vm_preserves_ha_plan).
#[test]
fn a_priority_that_the_plan_does_not_bear_is_refused() {
    let mut room = room();
    let set = |room: &mut Room, text: &str| refused(room, ALPHA, &format!("xe vm-param-set uuid=$web {text}"));
    // With gamma closed only alpha has a place, and db has it if beta fails.
    room.ok("xe host-disable host=gamma");
    for text in ["ha-restart-priority=restart", "ha-always-run=true"] {
        assert_eq!(set(&mut room, text), "HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN", "{text}");
    }
    assert_eq!(set(&mut room, "ha-restart-priority=best-effort"), "0: ", "that is no promise");
    room.ok("xe host-enable host=gamma");
    // A disk on a local SR ties it to its host, and no failure of that one can be tolerated.
    Arc::make_mut(&mut room.world.names).vdis[WEB_DATA.at()].sr = LOCAL;
    assert_eq!(set(&mut room, "ha-restart-priority=restart"), "HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN");
    room.ok("xe pool-param-set uuid=$pool ha-allow-overcommit=true");
    assert_eq!(set(&mut room, "ha-restart-priority=restart"), "0: ");
    // Without HA nobody asks for a plan.
    let mut room = Room::new();
    assert_eq!(set(&mut room, "ha-restart-priority=restart"), "0: ");
    assert_eq!(room.world.db(ALPHA).vm_ha(&room.world.names, WEB).priority, Some(Protection::Restart));
}

/// docs/model/commands.md §2 and §7: values, read-only fields, and earlier fields that stay.
#[test]
fn fields_of_a_vm_take_only_their_own_values() {
    let mut room = room();
    let get = |room: &mut Room, field: &str| room.ok(&format!("xe vm-param-get uuid=$db param-name={field}"));
    for (text, says) in [
        ("uuid=$db ha-restart-priority=1", "The value given is invalid\nfield: ha_restart_priority\nvalue: 1\n"),
        ("uuid=$db order=-1", "The value given is invalid\nfield: order must be non-negative\nvalue: -1\n"),
        ("uuid=$db start-delay=-5", "The value given is invalid\nfield: start_delay must be non-negative\nvalue: -5\n"),
        ("uuid=$db order=first", "Error: Failed to parse parameter 'order': expecting an integer\n"),
        ("uuid=$db ha-always-run=yes", "Error: Failed to parse parameter 'ha-always-run': expecting 'true' or 'false'\n"),
        ("uuid=$db power-state=halted", "Error: Field 'power-state' is read-only.\n"),
        ("uuid=$db restart-priority=restart", "Error: Unknown field 'restart-priority'\n"),
        ("uuid=db order=1", "The uuid you supplied was invalid.\ntype: VM\nuuid: db\n"),
    ] {
        let output = room.alpha(&format!("xe vm-param-set {text}"));
        assert_eq!((output.text.as_str(), output.exit), (says, 1), "{text}");
    }
    room.ok("xe vm-param-set uuid=$db order=3 start-delay=90");
    assert_eq!((get(&mut room, "order"), get(&mut room, "start-delay")), ("3\n".to_string(), "90\n".to_string()));
    let output = room.alpha("xe vm-param-set uuid=$db order=4 power-state=halted start-delay=10");
    assert_eq!((output.text.as_str(), output.exit), ("Error: Field 'power-state' is read-only.\n", 1));
    assert_eq!((get(&mut room, "order"), get(&mut room, "start-delay")), ("4\n".to_string(), "90\n".to_string()));
    room.ok(&format!("xe vm-param-set uuid=$db start-delay={}", i64::MAX));
    assert_eq!(get(&mut room, "start-delay"), format!("{}\n", 3650 * 86_400));
}

#[test]
fn restarts_are_held_off_and_let_go_on() {
    let mut room = room();
    room.ok("xe pool-ha-prevent-restarts-for seconds=300");
    let until = room.db(ALPHA).ha.restarts_held_until;
    assert_eq!(until, Some(room.world.now + Span::secs(300)));
    room.ok("xe pool-ha-prevent-restarts-for seconds=0");
    assert_eq!(room.db(ALPHA).ha.restarts_held_until, None);
    assert_eq!(room.code("xe pool-ha-prevent-restarts-for seconds=soon").0, "INTERNAL_ERROR");
}
