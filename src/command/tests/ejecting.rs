//! pool-eject: who is asked, what refuses it, and what is left of the host in the pool and on its machine.

use super::stage::*;
use crate::base::time::Span;
use crate::command::Output;
use crate::world::belief::PowerState;
use crate::world::effects::Due;
use crate::world::event::Event;
use crate::world::inventory::Mode;
use crate::world::memory::PoolConf;
use std::sync::Arc;

const EJECT: &str = "xe pool-eject host-uuid=$beta --force";
/// 6.0 prints whole seconds.
const LEAVES: &str = "Specified host will attempt to restart as a master of a new pool in 10 seconds...\n";

/// A room in which nothing runs on beta, and web has its second disk on beta's local SR.
fn room() -> Room {
    let mut room = Room::new();
    Arc::make_mut(&mut room.world.names).vdis[WEB_DATA.at()].sr = LOCAL;
    room.ok("xe vm-shutdown vm=db");
    room.fx.events.clear();
    room
}

/// docs/model/members-and-masters.md §16: the host is asked itself, and it asks for HA, for its role, for VMs, in this order.
/// `--force` answers the question alone.
#[test]
fn it_is_refused_in_the_order_of_the_code() {
    let mut room = Room::new();
    let output = room.alpha(EJECT);
    assert_eq!((output.text.as_str(), output.exit), ("You attempted an operation that was not allowed.\nreason: VM resident on host\n", 1));
    let output = room.alpha("xe pool-eject host-uuid=$alpha --force");
    assert!(output.text.ends_with("message: Xapi_pool.Cannot_eject_master\n"), "{}", output.text);
    assert_eq!(output.error.unwrap().code, "INTERNAL_ERROR");
    room.world.ha_at_start(ALPHA, NFS, Span::secs(60));
    for name in ["$alpha", "$beta", "$gamma"] {
        assert_eq!(room.code(&format!("xe pool-eject host-uuid={name} --force")).0, "HA_IS_ENABLED", "{name}");
    }
    room.crash(BETA);
    assert_eq!(room.code(EJECT), ("CANNOT_CONTACT_HOST", Span::secs(20)));
    room.mark_dead(BETA);
    assert_eq!(room.code(EJECT), ("HOST_OFFLINE", Span::ZERO));
    assert!(room.db(ALPHA).host(host(BETA)).is_some());
    assert_eq!(room.alpha("xe pool-eject uuid=$beta").text, "Required parameter not found: host-uuid\nFor usage run: 'xe help'\n");
}

/// docs/model/commands.md §5: the lookup comes before the warnings, the list of disks between them and the question, the checks
/// behind it.
#[test]
fn it_asks_and_names_the_disks_that_will_be_destroyed() {
    let warnings = "WARNING: Ejecting a host from the pool will reinitialise that host's local SRs.\nWARNING: Any data contained with the local SRs will be lost.\n";
    let mut room = room();
    let uuid = room.world.names.vdis[WEB_DATA.at()].uuid.clone();
    let list = format!("{warnings}The following VDI objects will be destroyed:\nVDI: {uuid} (web-data)\nType 'yes' to continue\n");
    for (line, after, exit) in [
        ("echo no | xe pool-eject host-uuid=$beta", "Aborted (you typed: 'no')\n", 0),
        ("yes | xe pool-eject host-uuid=$beta", "Aborted (you typed: 'y')\n", 0),
        ("xe pool-eject host-uuid=$beta", "Lost connection to the server.\n", 1),
    ] {
        let output = room.alpha(line);
        assert_eq!((output.text, output.exit), (format!("{list}{after}"), exit), "{line}");
    }
    // gamma has nothing of its own.
    let output = room.alpha("echo no | xe pool-eject host-uuid=$gamma");
    assert_eq!(output.text, format!("{warnings}Type 'yes' to continue\nAborted (you typed: 'no')\n"));
    assert_eq!(room.alpha("xe pool-eject host-uuid=beta").text, "The uuid you supplied was invalid.\ntype: host\nuuid: beta\n");
    assert_eq!(room.ok("echo Yes | xe pool-eject host-uuid=$beta"), format!("{list}{LEAVES}"));
}

/// The pool forgets the host and what it alone had; shared storage, and the VMs of the disks that are gone, it keeps.
#[test]
fn the_pool_forgets_the_host_and_what_it_alone_had() {
    let mut room = room();
    assert_eq!(room.ok(EJECT), LEAVES);
    let db = room.db(ALPHA);
    assert!(db.host(host(BETA)).is_none() && !db.pbds.keys().any(|(holder, _)| *holder == host(BETA)));
    assert_eq!([LOCAL, NFS, SAN].map(|sr| db.sr(sr).is_some()), [false, true, true]);
    assert!(db.vdi(WEB_DATA).is_none() && db.vdi(WEB_ROOT).is_some() && db.vm(WEB).is_some());
    for event in [Event::HostEjected { by: ALPHA, host: host(BETA) }, Event::SrForgotten { by: ALPHA, sr: LOCAL }] {
        assert!(room.told(&event), "{event:?}");
    }
    // Whoever was ejected is not forsaken: it begins anew.
    assert!(room.world.stacks[BETA.at()].forsaken.is_none());
    assert_eq!(room.ok("xe vbd-list vm-uuid=$web params=vdi-name-label --minimal"), "web-root\n");
    assert_eq!(room.record(WEB), (PowerState::Halted, None));
    // It starts, without that disk.
    room.ok("xe vm-start vm=web on=gamma");
    assert_eq!(room.record(WEB), (PowerState::Running, Some(host(GAMMA))));
    assert!(room.world.has_open(GAMMA, WEB_ROOT) && !room.world.has_open(GAMMA, WEB_DATA));
}

/// It reboots when the fuse has burnt, and its next start of xapi finds no database: one host, its old UUID, a record and a
/// pool that nobody knows.
#[test]
fn the_host_begins_anew_as_a_pool_of_its_own() {
    let mut room = room();
    room.ok(EJECT);
    assert!(room.fx.dues.iter().any(|(at, due)| *due == Due::GoDownForReboot { machine: BETA, boot: 0 } && at.0 == 11_000_000));
    assert_eq!(room.world.stacks[BETA.at()].conf, PoolConf::Master);
    assert_eq!((room.world.host_on(BETA), room.world.pool_of(BETA)), (host(BETA), room.world.pool_of(ALPHA)), "not before it restarts");
    room.world.go_down(&mut room.fx, BETA);
    assert!(room.world.power_on(&mut room.fx, BETA));
    let boot = room.world.hw.machine(BETA).boot;
    assert!(room.world.hw.finish_boot(&mut room.fx, BETA, boot));
    assert!(room.world.start_xapi(&mut room.fx, BETA));
    let new = room.world.host_on(BETA);
    let db = room.world.db(BETA);
    assert!(new != host(BETA) && db.hosts.keys().eq([&new]) && db.master == new);
    assert_eq!(room.world.names.hosts[new.at()].uuid, room.uuid(BETA));
    assert!(db.pool != room.world.pool_of(ALPHA) && db.vms.iter().all(Option::is_none) && db.srs.iter().all(Option::is_none));
    assert!(room.told(&Event::BeganAfresh { machine: BETA, host: new, pool: db.pool }));
    assert!(!room.world.reaches(BETA, LOCAL) && room.world.reaches(BETA, NFS), "its local storage is another");
}

/// The first PBD that can't be unplugged ends it; those before stay unplugged, and the host stays (xapi_pool.ml, unplug_pbds).
#[test]
fn a_disk_that_is_open_ends_it_half_way() {
    let mut room = room();
    room.world.open_disk(&mut room.fx, BETA, WEB_DATA, Mode::Ro, None);
    let Output { error, exit, .. } = room.alpha(EJECT);
    assert_eq!((error.map(|error| error.code), exit), (Some("SR_BACKEND_FAILURE"), 1));
    let db = room.db(ALPHA);
    let plugged = |sr| db.plugged(host(BETA), sr);
    assert_eq!([NFS, SAN, LOCAL].map(plugged), [false, false, true]);
    assert!(db.host(host(BETA)).is_some() && db.sr(LOCAL).is_some());
    assert_eq!(room.world.stacks[BETA.at()].conf, PoolConf::Slave(ALPHA));
}

/// Back in a pool it is another record under the UUID that it had: `resetvdis.py` then means that one.
#[test]
fn a_uuid_that_two_records_had_means_the_one_that_is_known() {
    let mut room = room();
    room.world.set_lock(&mut room.fx, ALPHA, WEB_ROOT, host(BETA), Mode::Rw);
    room.ok(EJECT);
    room.world.restart_xapi(&mut room.fx, BETA);
    let new = room.world.host_on(BETA);
    room.world.db_mut(ALPHA).hosts.insert(new, crate::world::belief::HostRecord::new(true, true));
    room.world.set_lock(&mut room.fx, ALPHA, DB_ROOT, new, Mode::Rw);
    room.ok("/opt/xensource/sm/resetvdis.py $beta $nfs1");
    assert_eq!((room.locks(DB_ROOT), room.locks(WEB_ROOT)), (vec![], vec![(host(BETA), Mode::Rw)]));
}
