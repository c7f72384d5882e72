//! Who is master: promotion, recovery, designation, joining, restoring; and the hosts' own switches.

use super::stage::*;
use crate::base::time::Span;
use crate::world::MAIN_POOL;
use crate::world::belief::PowerState;
use crate::world::effects::Due;
use crate::world::errors::ApiError;
use crate::world::event::Event;
use crate::world::memory::{Incoming, PoolConf};

fn text(end: End) -> String {
    match end {
        End::Output(output, _) if output.exit == 0 => output.text,
        end => panic!("{end:?}"),
    }
}

/// docs/model/members-and-masters.md §8: nothing is checked, nobody is asked, and `uuid=` is ignored; 10 s later xapi restarts.
#[test]
fn a_member_makes_itself_master() {
    let mut room = Room::new();
    let line = "xe pool-emergency-transition-to-master uuid=$alpha";
    assert_eq!(text(room.types(BETA, line)), "Host agent will restart and transition to master in 10 seconds...\n");
    let stack = &room.world.stacks[BETA.at()];
    assert_eq!((stack.conf, stack.role, stack.taking_over), (PoolConf::Master, PoolConf::Slave(ALPHA), Some(Some(ALPHA))));
    assert!(room.fx.dues.iter().any(|(_, due)| *due == Due::XapiRestart { machine: BETA, epoch: 0 }));
    // On a master it only restarts xapi.
    assert_eq!(room.ok(line), "Host agent will restart and transition to master in 10 seconds...\n");
    assert_eq!(room.world.stacks[ALPHA.at()].taking_over, None);
    // It works in emergency mode.
    room.emergency(GAMMA, ApiError::new("HOST_STILL_BOOTING"));
    text(room.types(GAMMA, line));
}

/// docs/model/members-and-masters.md §10.
#[test]
fn a_member_is_pointed_elsewhere() {
    let mut room = Room::new();
    let line = "xe pool-emergency-reset-master master-address=10.0.0.3";
    assert_eq!(text(room.types(BETA, line)), "Host agent will restart and become slave of 10.0.0.3 in 10 seconds...\n");
    assert_eq!(room.world.stacks[BETA.at()].conf, PoolConf::Slave(GAMMA));
    // Where it points already, nothing happens.
    let dues = room.fx.dues.len();
    text(room.types(GAMMA, "xe pool-emergency-reset-master master-address=alpha"));
    assert_eq!(room.fx.dues.len(), dues);
    // Its own address is taken; the start will show HOST_ITS_OWN_SLAVE.
    text(room.types(GAMMA, "xe pool-emergency-reset-master master-address=127.0.0.1"));
    assert_eq!(room.world.stacks[GAMMA.at()].conf, PoolConf::Slave(GAMMA));
    assert_eq!(room.code("xe pool-emergency-reset-master master-address=nowhere").0, "INTERNAL_ERROR");
    let unknown = room.alpha("xe pool-emergency-reset-master master-address=nowhere");
    assert!(unknown.text.contains("Couldn't resolve hostname: nowhere"), "{}", unknown.text);
    // An address that nobody has is written as it stands.
    text(room.types(GAMMA, "xe pool-emergency-reset-master master-address=10.0.0.33"));
    assert_eq!(room.world.stacks[GAMMA.at()].conf, PoolConf::Stray("10.0.0.33".parse().unwrap()));
}

/// docs/model/members-and-masters.md §9: every other host of the database whatever its live flag, one after the other; the old
/// master too.
#[test]
fn recovery_calls_every_host_that_answers() {
    let mut room = Room::new();
    for machine in [BETA, GAMMA] {
        room.world.stacks[machine.at()].role = PoolConf::Slave(SPARE);
        room.world.stacks[machine.at()].conf = PoolConf::Slave(SPARE);
        room.mark_dead(machine);
    }
    room.crash(BETA);
    match room.types(ALPHA, "xe pool-recover-slaves") {
        End::Output(output, took) => {
            assert_eq!((output.text, took), (format!("{}\n", room.uuid(GAMMA)), Span::secs(21)));
        }
        end => panic!("{end:?}"),
    }
    assert_eq!(room.world.stacks[GAMMA.at()].conf, PoolConf::Slave(ALPHA));
    assert_eq!(room.world.stacks[BETA.at()].conf, PoolConf::Slave(SPARE));

    let mut room = Room::new();
    room.world.stacks[BETA.at()].role = PoolConf::Master;
    room.world.stacks[BETA.at()].conf = PoolConf::Master;
    let (alpha, gamma) = (room.uuid(ALPHA), room.uuid(GAMMA));
    assert_eq!(text(room.types(BETA, "xe pool-recover-slaves")), format!("{alpha}\n{gamma}\n"));
    assert_eq!(room.world.stacks[ALPHA.at()].conf, PoolConf::Slave(BETA));
}

/// docs/model/members-and-masters.md §11: all hosts or none.
#[test]
fn mastership_is_handed_over_in_order() {
    let mut room = Room::new();
    assert_eq!(room.code("xe pool-designate-new-master host-uuid=beta").0, "UUID_INVALID");
    assert_eq!(room.ok("xe pool-designate-new-master host-uuid=$alpha"), "");
    assert!(room.fx.dues.is_empty());

    room.mark_dead(GAMMA);
    assert_eq!(room.code("xe pool-designate-new-master host-uuid=$gamma").0, "HOST_OFFLINE");
    assert_eq!(room.code("xe pool-designate-new-master host-uuid=$beta").0, "HOST_OFFLINE");
    room.world.set_live(&mut room.fx, ALPHA, host(GAMMA), true);
    room.isolate(GAMMA);
    assert_eq!(room.code("xe pool-designate-new-master host-uuid=$beta"), ("CANNOT_CONTACT_HOST", Span::secs(20)));
    room.world.hw.reconnect(&mut room.fx, GAMMA);

    room.ok("xe pool-designate-new-master host-uuid=$beta");
    let conf = |room: &Room, machine: crate::base::ids::MachineId| room.world.stacks[machine.at()].conf;
    assert_eq!([ALPHA, BETA, GAMMA].map(|machine| conf(&room, machine)), [PoolConf::Slave(BETA), PoolConf::Master, PoolConf::Slave(BETA)]);
    assert_eq!((room.db(BETA), room.db(GAMMA)), (room.db(ALPHA), room.db(ALPHA)));
    // Until they restart all are promised to beta.
    assert_eq!(room.code("xe pool-designate-new-master host-uuid=$gamma").0, "HA_ABORT_NEW_MASTER");
}

/// docs/model/databases.md §3: copies at once; a host that is dead makes it fail with that host.
#[test]
fn a_synchronisation_copies_to_all() {
    let mut room = Room::new();
    room.ok("xe pool-param-set uuid=$pool default-SR=$san1");
    assert_ne!(room.db(BETA), room.db(ALPHA));
    room.mark_dead(GAMMA);
    let output = room.alpha("xe pool-sync-database");
    assert!(output.text.ends_with(&format!("host: {} (gamma)\n", room.uuid(GAMMA))), "{}", output.text);
    assert_eq!(output.error.unwrap().code, "HOST_OFFLINE");
    assert_eq!(room.db(BETA), room.db(ALPHA));
    assert_ne!(room.db(GAMMA), room.db(ALPHA));
    room.world.set_live(&mut room.fx, ALPHA, host(GAMMA), true);
    assert_eq!(room.ok("xe pool-sync-database"), "");
    assert_eq!(room.db(GAMMA), room.db(ALPHA));
}

/// Another running master keeps its own database, though the old one still holds it for a live member.
#[test]
fn a_synchronisation_does_not_overwrite_another_master() {
    let mut room = Room::new();
    room.world.stacks[GAMMA.at()].role = PoolConf::Master;
    room.world.set_default_sr(&mut room.fx, GAMMA, Some(SAN));
    room.ok("xe pool-sync-database");
    assert_eq!(room.db(GAMMA).default_sr, Some(SAN));
}

const JOIN: &str = "xe pool-join master-address=alpha master-username=root master-password=x";

/// docs/model/members-and-masters.md §14, in the real order.
#[test]
fn joining_is_refused_in_the_real_order() {
    let mut room = Room::new();
    let code = |room: &mut Room, machine, line: &str| match room.types(machine, line) {
        End::Output(output, _) => output.error.map_or("", |error| error.code),
        end => panic!("{end:?}"),
    };
    let no_answer = "Host cannot contact destination host: connection refused.\nCheck destination host has services running and accessible from this host.\n";
    room.isolate(SPARE);
    match room.types(SPARE, JOIN) {
        End::Output(output, took) => assert_eq!((output.text.as_str(), output.exit, took), (no_answer, 0, Span::secs(20))),
        end => panic!("{end:?}"),
    }
    room.world.hw.reconnect(&mut room.fx, SPARE);
    assert_eq!(code(&mut room, SPARE, &JOIN.replace("alpha", "beta")), "HOST_IS_SLAVE");
    assert_eq!(code(&mut room, SPARE, &JOIN.replace("alpha", "delta")), "OPERATION_NOT_ALLOWED");
    assert_eq!(code(&mut room, SPARE, &JOIN.replace("root", "admin")), "SESSION_AUTHENTICATION_FAILED");
    // A member hands it to its master, which is a part of the pool already.
    match room.types(BETA, JOIN) {
        End::Output(output, _) => assert!(output.text.contains("reason: Host is already part of a pool\n")),
        end => panic!("{end:?}"),
    }

    // A host that was forgotten and made itself master, joining the new master: its old database stands in the way.
    room.world.stacks[BETA.at()].role = PoolConf::Master;
    assert_eq!(code(&mut room, BETA, JOIN), "JOINING_HOST_CANNOT_BE_MASTER_OF_OTHER_HOSTS");
    room.world.db_mut(BETA).hosts.retain(|known, _| *known == host(BETA));
    assert_eq!(code(&mut room, BETA, JOIN), "JOINING_HOST_CANNOT_HAVE_RUNNING_VMS");
    room.world.set_vm(&mut room.fx, BETA, DB, PowerState::Halted, None);
    assert_eq!(code(&mut room, BETA, JOIN), "JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS");
}

#[test]
fn a_fresh_host_joins() {
    let mut room = Room::new();
    assert_eq!(text(room.types(SPARE, JOIN)), "Host agent will restart and attempt to join pool in 10 seconds...\n");
    let spare = host(SPARE);
    let record = room.db(ALPHA).host(spare).unwrap().clone();
    assert!(!record.live && !record.enabled);
    assert!(room.told(&Event::HostJoined { by: ALPHA, host: spare }));
    for sr in [NFS, SAN] {
        assert_eq!(room.db(ALPHA).pbds.get(&(spare, sr)), Some(&false));
    }
    // Until its xapi restarts it is what it was; then it reads the copy that was laid ready.
    let stack = &room.world.stacks[SPARE.at()];
    assert_eq!((stack.conf, stack.db.pool == MAIN_POOL), (PoolConf::Slave(ALPHA), false));
    assert!(matches!(&stack.incoming, Some((Incoming::Pool(ALPHA), db)) if db.host(spare).is_some()));
    room.world.restart_xapi(&mut room.fx, SPARE);
    assert!(room.db(SPARE).pool == MAIN_POOL && room.told(&Event::CopyTaken { machine: SPARE, from: ALPHA }));
}

/// docs/model/databases.md §6: only the dump's master stays, as this machine's host; the machine reboots after 30 s.
#[test]
fn a_dump_is_written_and_restored() {
    let mut room = Room::new();
    room.ok("xe pool-dump-database file-name=d");
    assert!(room.told(&Event::DumpWritten { by: ALPHA, file: "d".into() }));
    let output = room.alpha("xe pool-dump-database file-name=d");
    assert_eq!((output.text.as_str(), output.exit), ("Operation failed. Error: Sys_error(\"d: File exists\")\n", 1));

    let restore = |room: &mut Room, line: &str| match room.types(SPARE, line) {
        End::Output(output, _) => (output.text, output.exit),
        end => panic!("{end:?}"),
    };
    assert!(restore(&mut room, "xe pool-restore-database file-name=d").0.ends_with("This operation must be forced (use --force).\n"));
    let missing = restore(&mut room, "xe pool-restore-database file-name=e --force");
    assert_eq!(missing, ("Operation failed. Error: file 'e' does not exist\n".into(), 1));
    let dry = restore(&mut room, "xe pool-restore-database file-name=d dry-run=true");
    assert_eq!(dry, ("Dry-run backup restore successful\n".into(), 0));
    assert!(room.world.stacks[SPARE.at()].incoming.is_none());

    let before = room.db(SPARE).clone();
    let forced = restore(&mut room, "xe pool-restore-database file-name=d --force");
    assert_eq!(forced, ("Host will reboot with restored database in 30 seconds...\n".into(), 0));
    assert!(room.fx.dues.iter().any(|(at, due)| *due == Due::GoDownForReboot { machine: SPARE, boot: 0 } && at.0 == 31_000_000));
    assert_eq!(*room.db(SPARE), before);
    room.world.restart_xapi(&mut room.fx, SPARE);
    let db = room.db(SPARE);
    assert_eq!((db.pool, db.master, db.hosts.keys().copied().collect::<Vec<_>>()), (MAIN_POOL, host(SPARE), vec![host(SPARE)]));
    assert!(db.pbds.keys().all(|(holder, _)| *holder == host(SPARE)) && db.pbds.contains_key(&(host(SPARE), NFS)));
    // db still runs on beta, which this database does not know: the start will halt it.
    assert_eq!(db.vm(DB).unwrap().resident_on, Some(host(BETA)));
    assert!(room.told(&Event::DumpRestored { machine: SPARE, file: "d".into() }));
}

/// docs/model/members-and-masters.md §15.
#[test]
fn hosts_are_disabled_and_shut_down_in_order() {
    let mut room = Room::new();
    assert_eq!(room.code("xe host-shutdown host=beta").0, "HOST_NOT_DISABLED");
    room.ok("xe host-disable host=beta");
    assert!(!room.db(ALPHA).host(host(BETA)).unwrap().enabled && room.world.stacks[BETA.at()].user_disabled);
    room.ok("xe host-enable uuid=$beta");
    assert!(room.db(ALPHA).host(host(BETA)).unwrap().enabled && !room.world.stacks[BETA.at()].user_disabled);
    room.ok("xe host-disable host=beta");
    room.ok("xe host-reboot host=beta");
    // 6.0: the master holds it for dead when the command returns, ten seconds before it goes down.
    assert!(!room.db(ALPHA).live(host(BETA)) && room.world.powered(BETA));
    assert!(room.fx.dues.iter().any(|(_, due)| *due == Due::GoDownForReboot { machine: BETA, boot: 0 }));
    assert_eq!(room.code("xe host-enable host=beta").0, "HOST_OFFLINE");
    assert_eq!(room.code("xe host-shutdown host=beta").0, "HOST_OFFLINE");
}

/// xapi_pbd.ml: the host carries it out; plugging clears its own keys.
#[test]
fn pbds_are_plugged_and_unplugged() {
    let mut room = Room::new();
    assert_eq!(room.code("xe pbd-unplug uuid=${beta/nfs1}").0, "VDI_IN_USE");
    assert_eq!(room.code("xe pbd-unplug uuid=nothing").0, "UUID_INVALID");
    room.ok("xe pbd-unplug uuid=${beta/san1}");
    assert!(!room.db(ALPHA).plugged(host(BETA), SAN));
    room.world.lose_path(&mut room.fx, BETA, SAN, crate::world::truth::Io::Error);
    assert_eq!(room.code("xe pbd-plug uuid=${beta/san1}").0, "SR_BACKEND_FAILURE_47");
    room.world.lose_path(&mut room.fx, BETA, SAN, crate::world::truth::Io::Hang);
    assert_eq!(room.types(ALPHA, "xe pbd-plug uuid=${beta/san1}"), End::Hangs);
    room.world.restore_path(&mut room.fx, BETA, SAN);
    room.world.set_lock(&mut room.fx, ALPHA, WEB_DATA, host(BETA), crate::world::inventory::Mode::Rw);
    room.ok("xe pbd-plug uuid=${beta/san1}");
    assert!(room.db(ALPHA).plugged(host(BETA), SAN) && room.locks(WEB_DATA).is_empty());
    room.isolate(BETA);
    assert_eq!(room.code("xe pbd-unplug uuid=${beta/san1}"), ("CANNOT_CONTACT_HOST", Span::secs(20)));
    room.mark_dead(BETA);
    assert_eq!(room.code("xe pbd-unplug uuid=${beta/san1}").0, "HOST_OFFLINE");
    // The record says nothing runs there, but the disk is open.
    let mut room = Room::new();
    room.world.set_vm(&mut room.fx, ALPHA, DB, PowerState::Halted, None);
    assert_eq!(room.code("xe pbd-unplug uuid=${beta/nfs1}").0, "SR_BACKEND_FAILURE_74");
}

/// A reinstalled machine answers with another pool's secret: it is nobody's member, and no gate opens.
#[test]
fn a_reinstalled_machine_is_no_host_of_the_pool() {
    let mut room = Room::new();
    room.reinstall(GAMMA, "new");
    assert_eq!(text(room.types(ALPHA, "xe pool-recover-slaves")), format!("{}\n", room.uuid(BETA)));
    assert_eq!(room.code("xe host-disable host=gamma"), ("CANNOT_CONTACT_HOST", Span::ZERO));
    room.ok("xe host-forget uuid=$gamma.old --force");
    assert_eq!(room.code("xe host-forget uuid=$gamma --force").0, "UUID_INVALID");
}

/// docs/model/members-and-masters.md §19: who has which address written down, and who reaches whom by it.
#[test]
fn a_host_gets_another_address() {
    let mut room = Room::new();
    let address = |room: &mut Room, host: &str| room.ok(&format!("xe host-param-get uuid=${host} param-name=address"));
    let give = |room: &mut Room, machine| room.world.re_address(&mut room.fx, machine);
    // A member tells its master.
    give(&mut room, GAMMA).unwrap();
    assert_eq!(address(&mut room, "gamma"), "10.1.0.3\n");
    room.ok("xe host-disable host=gamma");
    // One that is cut off can't; back on the network it is called at its old one, and passes for dead.
    room.isolate(BETA);
    give(&mut room, BETA).unwrap();
    room.world.hw.reconnect(&mut room.fx, BETA);
    assert_eq!(address(&mut room, "beta"), "10.0.0.2\n");
    assert_eq!(room.code("xe host-disable host=beta").0, "CANNOT_CONTACT_HOST");
    assert_eq!(room.code("xe vm-migrate vm=db host=alpha --live").0, "CANNOT_CONTACT_HOST");
    room.ok("xe vm-reset-powerstate vm=db --force");
    assert_eq!(room.runs_on(DB), [BETA]);
    assert_eq!(room.world.reached_master(BETA), Some(ALPHA), "from its side nothing is wrong");
    room.world.record_address(ALPHA, host(BETA));
    room.ok("xe host-disable host=beta");
    // The master: its members have the old one in their files, and its name means the new one.
    give(&mut room, ALPHA).unwrap();
    assert_eq!(address(&mut room, "alpha"), "10.1.0.1\n");
    for member in [BETA, GAMMA] {
        assert_eq!(room.types(member, "xe host-list"), End::Waits);
        let End::Output(output, _) = room.types(member, "cat /etc/xensource/pool.conf") else { panic!("it answers") };
        assert_eq!(output.text, "slave:10.0.0.1\n");
    }
    let uuids = room.ok("xe pool-recover-slaves");
    assert_eq!(uuids.lines().collect::<Vec<_>>(), [room.uuid(BETA), room.uuid(GAMMA)]);
    assert_eq!(room.world.stacks[GAMMA.at()].conf, PoolConf::Slave(ALPHA));
    // Twice is another one again; who wrote down in good time what is to come finds it.
    room.types(BETA, "xe pool-emergency-reset-master master-address=10.2.0.1");
    give(&mut room, ALPHA).unwrap();
    assert_eq!(address(&mut room, "alpha"), "10.2.0.1\n");
    assert_eq!(room.world.stacks[BETA.at()].conf, PoolConf::Slave(ALPHA));
}

/// A member that makes itself master calls the others at the addresses of its copy.
#[test]
fn a_promotion_calls_old_addresses() {
    let mut room = Room::new();
    room.world.re_address(&mut room.fx, ALPHA).unwrap();
    let End::Output(output, _) = room.types(GAMMA, "xe pool-emergency-transition-to-master") else { panic!("it is local") };
    assert_eq!(output.exit, 0);
    assert_eq!(room.world.stacks[GAMMA.at()].taking_over, Some(Some(ALPHA)), "whose mastership it takes is known still");
    assert!(!room.world.knows_address(GAMMA, host(ALPHA)) && room.world.knows_address(GAMMA, host(BETA)));
    assert_eq!(room.world.contact_host(GAMMA, host(ALPHA)), crate::world::roles::Contact::Silent);
}

/// What HA's daemons make of it is not simulated, and said so.
#[test]
fn under_ha_addresses_stay() {
    let mut room = Room::new();
    room.world.ha_at_start(ALPHA, NFS, Span::secs(60));
    assert!(room.world.re_address(&mut room.fx, BETA).unwrap_err().contains("switch HA off"));
    assert_eq!(room.world.names.machines[BETA.at()].address, "10.0.0.2");
}
