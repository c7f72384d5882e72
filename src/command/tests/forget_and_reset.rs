//! host-forget, vm-reset-powerstate, resetvdis.py: what they ask before they take the master's word.

use super::stage::*;
use crate::base::time::Span;
use crate::world::belief::PowerState;
use crate::world::event::Event;
use crate::world::inventory::Mode;

const COMMAND: Span = Span::secs(1);
const CONNECT: Span = Span::secs(20);
const HALTED: (PowerState, Option<crate::base::ids::HostId>) = (PowerState::Halted, None);

/// docs/model/members-and-masters.md §3: an answer is life; no answer, a refusal and the database's word are death.
#[test]
fn forget_believes_the_database_and_then_the_wires() {
    let mut room = Room::new();
    assert_eq!(room.code("xe host-forget uuid=$beta --force"), ("HOST_IS_LIVE", Span::ZERO));

    for (name, prepare, after) in [
        ("crashed", Room::crash as fn(&mut Room, _), CONNECT),
        ("isolated", Room::isolate, CONNECT),
        ("its xapi stopped", Room::stop_xapi, Span::ZERO),
        ("dead in the database, though it would answer", Room::mark_dead, Span::ZERO),
    ] {
        let mut room = Room::new();
        prepare(&mut room, BETA);
        match room.types(ALPHA, "xe host-forget uuid=$beta --force") {
            End::Output(output, took) => {
                assert_eq!((output.exit, output.text.as_str(), took), (0, "", after + COMMAND), "{name}");
            }
            end => panic!("{name}: {end:?}"),
        }
        assert!(room.db(ALPHA).host(host(BETA)).is_none(), "{name}");
    }
}

/// The manual: VMs that ran there count as halted; the locks stay (docs/model/members-and-masters.md §12).
#[test]
fn forget_halts_the_vms_and_keeps_the_locks() {
    let mut room = Room::new();
    room.crash(BETA);
    room.ok("xe host-forget uuid=$beta --force");
    assert_eq!(room.record(DB), HALTED);
    assert_eq!(room.locks(DB_ROOT), [(host(BETA), Mode::Rw)]);
    assert!(!room.db(ALPHA).pbds.keys().any(|(holder, _)| *holder == host(BETA)));
    assert!(room.told(&Event::HostForgotten { by: ALPHA, host: host(BETA) }));
    // The members' copies are as old as their last turn.
    assert!(room.db(GAMMA).host(host(BETA)).is_some());
}

/// docs/model/commands.md §5: the lookup comes before the question, the checks after it.
#[test]
fn forget_asks_and_takes_only_the_whole_word() {
    let warnings = "WARNING: A host should only be forgotten if it is physically unrecoverable;\nWARNING: if possible, Hosts should be 'ejected' from the Pool instead.\nWARNING: Once a host has been forgotten it will have to be re-installed.\nWARNING: This operation is irreversible.\nType 'yes' to continue\n";
    let mut room = Room::new();
    for (line, after, exit) in [
        ("echo no | xe host-forget uuid=$beta", "Aborted (you typed: 'no')\n".to_string(), 0),
        ("yes | xe host-forget uuid=$beta", "Aborted (you typed: 'y')\n".to_string(), 0),
        ("xe host-forget uuid=$beta", "Lost connection to the server.\n".to_string(), 1),
        ("xe host-forget uuid=$beta --force=true", "Lost connection to the server.\n".to_string(), 1),
        (
            "echo YES | xe host-forget uuid=$beta",
            format!("This operation cannot be completed as the host is still live.\nhost: {} (beta)\n", room.uuid(BETA)),
            1,
        ),
    ] {
        let output = room.alpha(line);
        assert_eq!((output.text, output.exit), (format!("{warnings}{after}"), exit), "{line}");
    }
    let output = room.alpha("xe host-forget uuid=beta");
    assert_eq!((output.text.as_str(), output.exit), ("The uuid you supplied was invalid.\ntype: host\nuuid: beta\n", 1));
    let output = room.alpha("xe host-forget uuid=$beta force");
    assert_eq!(output.text, "Error: Failed to parse parameter 'force': expecting 'true' or 'false'\n");
    room.crash(BETA);
    assert_eq!(room.ok("echo yes | xe host-forget uuid=$beta"), warnings);
}

/// The master answers itself, so the check for oneself shows only where the database has it dead
/// (docs/model/members-and-masters.md §12).
#[test]
fn the_master_does_not_forget_itself() {
    let mut room = Room::new();
    assert_eq!(room.code("xe host-forget uuid=$alpha --force").0, "HOST_IS_LIVE");
    room.mark_dead(ALPHA);
    assert_eq!(room.code("xe host-forget uuid=$alpha --force").0, "HOST_CANNOT_DESTROY_SELF");
}

/// docs/model/guests-and-disks.md §4.
#[test]
fn reset_needs_force_and_a_dead_host() {
    let mut room = Room::new();
    let output = room.alpha("xe vm-reset-powerstate vm=db");
    assert_eq!(
        output.text,
        "Error: This operation is extremely dangerous and may cause data loss. This operation must be forced (use --force).\n"
    );
    for force in ["--force", "force=false", "force"] {
        assert_eq!(room.code(&format!("xe vm-reset-powerstate vm=db {force}")).0, "HOST_IS_LIVE", "{force}");
    }
    assert!(room.alpha("xe vm-reset-powerstate vm=db --force=true").text.contains("must be forced"));
    assert_eq!(
        room.code(&format!("xe vm-reset-powerstate vm={} --force", crate::command::objects::control_domain(host(BETA)))).0,
        "CANNOT_RESET_CONTROL_DOMAIN"
    );

    room.isolate(BETA);
    assert_eq!(room.ok("xe vm-reset-powerstate vm=db --force"), "");
    assert_eq!(room.record(DB), HALTED);
    assert!(!room.db(ALPHA).attached(crate::base::ids::VbdId(0)));
    // Nothing but the record: the domain runs on, and its lock stays.
    assert_eq!((room.runs_on(DB), room.locks(DB_ROOT)), (vec![BETA], vec![(host(BETA), Mode::Rw)]));
}

/// A VM that the master itself runs is looked for on the master (xapi_vm.ml, power_state_reset).
#[test]
fn reset_looks_for_the_domain_on_the_master_itself() {
    let mut room = Room::new();
    room.ok("xe vm-start vm=web on=alpha");
    assert_eq!(room.code("xe vm-reset-powerstate vm=web --force").0, "DOMAIN_EXISTS");
}

/// docs/model/locks.md §5: this host's keys on this SR, and no others; `paused` with the word alone.
#[test]
fn resetvdis_removes_the_hosts_keys_on_the_sr() {
    let mut room = Room::new();
    room.world.set_lock(&mut room.fx, ALPHA, WEB_ROOT, host(GAMMA), Mode::Rw);
    room.world.set_lock(&mut room.fx, ALPHA, WEB_DATA, host(BETA), Mode::Rw);
    room.world.stacks[ALPHA.at()].db = {
        let mut db = (*room.world.stacks[ALPHA.at()].db).clone();
        db.vdis[DB_ROOT.at()].as_mut().unwrap().paused = true;
        db.into()
    };
    assert_eq!(room.ok("/opt/xensource/sm/resetvdis.py $beta $nfs1"), "");
    assert_eq!(room.locks(DB_ROOT), []);
    assert_eq!(room.locks(WEB_ROOT), [(host(GAMMA), Mode::Rw)]);
    assert_eq!(room.locks(WEB_DATA), [(host(BETA), Mode::Rw)]);
    assert!(room.db(ALPHA).vdi(DB_ROOT).unwrap().paused);

    room.ok("/opt/xensource/sm/resetvdis.py $beta $nfs1 --master");
    assert!(room.db(ALPHA).vdi(DB_ROOT).unwrap().paused);
    room.ok("/opt/xensource/sm/resetvdis.py $beta $nfs1 master");
    assert!(!room.db(ALPHA).vdi(DB_ROOT).unwrap().paused);
    // beta never was the SR's master.
    assert!(room.told(&Event::NeedlessMasterWord { by: ALPHA, sr: NFS, host: host(BETA) }));
    // Locks of a host that runs are released all the same (M14).
    assert_eq!(room.runs_on(DB), [BETA]);
}

/// M13, docs/model/locks.md §6: of a former SR master nothing is released without the word.
#[test]
fn a_former_sr_master_needs_the_word() {
    let mut room = Room::new();
    room.world.fallen_sr_masters.insert((NFS, host(BETA)));
    room.ok("/opt/xensource/sm/resetvdis.py $beta $nfs1");
    assert_eq!(room.locks(DB_ROOT), [(host(BETA), Mode::Rw)]);
    room.ok("/opt/xensource/sm/resetvdis.py $beta $nfs1 master");
    assert_eq!(room.locks(DB_ROOT), []);
    assert!(!room.told(&Event::NeedlessMasterWord { by: ALPHA, sr: NFS, host: host(BETA) }));
}

/// The manual's release knows a host that was forgotten; what never was is UUID_INVALID, the SR first (docs/model/locks.md §5).
#[test]
fn resetvdis_knows_forgotten_hosts_and_no_strangers() {
    let mut room = Room::new();
    room.crash(BETA);
    room.ok("xe host-forget uuid=$beta --force");
    room.ok("/opt/xensource/sm/resetvdis.py $beta $nfs1");
    assert_eq!(room.locks(DB_ROOT), []);
    for (line, last) in [
        ("/opt/xensource/sm/resetvdis.py x y", "XenAPI.Failure: ['UUID_INVALID', 'SR', 'y']\n"),
        ("/opt/xensource/sm/resetvdis.py beta $nfs1", "XenAPI.Failure: ['UUID_INVALID', 'host', 'beta']\n"),
    ] {
        let output = room.alpha(line);
        assert!(output.text.ends_with(last) && output.exit == 1, "{}", output.text);
    }
    let output = room.alpha("/opt/xensource/sm/resetvdis.py $beta");
    assert!(output.text.starts_with("Params: <HOST UUID> <SR UUID> [master]\n") && output.exit == 1);
    assert_eq!(room.alpha("resetvdis.py $beta $nfs1").exit, 127);
}

/// What the database says of the host is asked once, when the command begins: a heartbeat that comes before its end comes too
/// late. (The flicker after a master's start: M18, docs/model/members-and-masters.md §5.)
#[test]
fn a_host_that_passed_for_dead_is_not_asked_again() {
    for line in ["xe host-forget uuid=$beta --force", "xe vm-reset-powerstate vm=db --force"] {
        let mut room = Room::new();
        let set_live = |room: &mut Room, live| {
            let (world, fx) = (&mut room.world, &mut room.fx);
            let beta = world.host_on(BETA);
            world.set_live(fx, ALPHA, beta, live);
        };
        set_live(&mut room, false);
        let script = crate::command::shell::parse(line).unwrap();
        let (_, typed) = crate::command::typed(&script.lines[0], &room.world, None);
        let mut typed = typed.unwrap();
        let seat = crate::command::Seat { console: ALPHA, executor: ALPHA };
        assert_eq!(typed.check(&room.world, seat), crate::command::Check::Go(COMMAND));
        set_live(&mut room, true);
        match typed.commit(&mut room.world, &mut room.fx, seat) {
            crate::command::Progress::Ended(output) => assert_eq!(output.exit, 0, "{line}: {}", output.text),
            progress => panic!("{progress:?}"),
        }
    }
}

/// While nobody answers, the connection is still being tried: a host whose network comes back before that is given up lives.
#[test]
fn the_end_looks_again_where_a_connection_was_tried() {
    let mut room = Room::new();
    room.isolate(BETA);
    let script = crate::command::shell::parse("xe host-forget uuid=$beta --force").unwrap();
    let (_, typed) = crate::command::typed(&script.lines[0], &room.world, None);
    let mut typed = typed.unwrap();
    let seat = crate::command::Seat { console: ALPHA, executor: ALPHA };
    assert_eq!(typed.check(&room.world, seat), crate::command::Check::Go(CONNECT + COMMAND));
    room.world.hw.reconnect(&mut room.fx, BETA);
    room.fx.events.clear();
    match typed.commit(&mut room.world, &mut room.fx, seat) {
        crate::command::Progress::Ended(output) => assert_eq!(output.error.unwrap().code, "HOST_IS_LIVE"),
        progress => panic!("{progress:?}"),
    }
    assert!(room.fx.events.is_empty());
}
