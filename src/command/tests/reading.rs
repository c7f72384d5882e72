//! What the lists and `param-get` show (docs/model/commands.md §8, §9), and what a machine shows of itself.

use super::stage::*;
use crate::world::inventory::Mode;

#[test]
fn lists_show_records_in_their_layout() {
    let mut room = Room::new();
    let db = room.world.names.vms[0].uuid.clone();
    let (beta, nfs) = (room.uuid(BETA), room.world.names.srs[0].uuid.clone());
    assert_eq!(room.ok("xe vm-list params=power-state name-label=db"), "power-state ( RO)    : running\n\n\n");
    assert_eq!(
        room.ok("xe vm-list uuid=$db"),
        format!("uuid ( RO)           : {db}\n     name-label ( RW): db\n    power-state ( RO): running\n\n\n")
    );
    assert_eq!(room.ok("xe vm-list name-label=db --minimal"), format!("{db}\n"));
    assert_eq!(room.ok("xe vm-list params=name-label,uuid name-label=db --minimal"), format!("{db}\n"));
    assert_eq!(room.ok("xe vm-list name-label=zzz --minimal"), "\n");
    assert_eq!(room.ok("xe vm-list name-label=zzz bogus=1"), "");
    assert_eq!(room.ok("xe vm-list resident-on=beta"), "");
    assert_eq!(room.ok("xe vm-list resident-on=$beta is-control-domain=false --minimal"), format!("{db}\n"));
    assert_eq!(
        room.ok("xe pool-list"),
        format!(
            "uuid ( RO)                : {}\n          name-label ( RW): pool1\n    name-description ( RW): \n              master ( RO): {}\n          default-SR ( RW): {nfs}\n\n\n",
            room.world.names.pools[0],
            room.uuid(ALPHA)
        )
    );
    assert_eq!(
        room.ok("xe host-list name-label=beta params=name-label,enabled,host-metrics-live"),
        "name-label ( RW)           : beta\n              enabled ( RO): true\n    host-metrics-live ( RO): true\n\n\n"
    );
    let pbd = room.world.names.pbd(BETA, NFS).to_string();
    assert_eq!(room.ok("xe pbd-list host-uuid=$beta sr-uuid=$nfs1 params=uuid,host-uuid,currently-attached --minimal"), format!("{pbd}\n"));
    assert_eq!(room.ok("xe sr-list params=host name-label=local-beta"), "host ( RO)    : beta\n\n\n");
    assert_eq!(room.ok("xe sr-list params=host name-label=nfs1"), "host ( RO)    : <shared>\n\n\n");
    assert_eq!(room.ok("xe vbd-list vm-uuid=$db params=vdi-uuid --minimal"), format!("{}\n", room.world.names.vdis[0].uuid));
    assert_eq!(room.ok(&format!("xe vdi-list sm-config:host_OpaqueRef:{beta}=RW params=name-label --minimal")), "db-root\n");
    assert_eq!(room.ok("xe vm-list params=uuid name-label=a --all --minimal").matches(',').count(), 5);
}

#[test]
fn lists_name_what_is_no_field() {
    let mut room = Room::new();
    for (line, says) in [
        ("xe vm-list bogus=1", "Error: Unknown field 'bogus'\n"),
        ("xe vm-list vm=db", "Error: Unknown field 'vm'\n"),
        ("xe vm-list name-label:x=1", "Error: Field 'name-label' is not a set or map\n"),
        ("xe vm-list tags:has=1", "Error: Invalid syntax for set filtering (should be set-param:contains=key)\n"),
        ("xe vm-param-get uuid=$web param-name=resident_on", "Error code: Missing parameter\nError parameters: resident_on\n"),
        ("xe vdi-param-get uuid=${db-root} param-name=sm-config param-key=x", "Error: Key x not found in map\n"),
        ("xe pool-param-set uuid=$pool default-sr=$nfs1", "Error: Unknown field 'default-sr'\n"),
        ("xe pool-param-set uuid=$pool master=$beta", "Error: Field 'master' is read-only.\n"),
    ] {
        let output = room.alpha(line);
        assert_eq!((output.text.as_str(), output.exit), (says, 1), "{line}");
    }
    assert_eq!(room.code("xe pool-param-set uuid=$beta default-SR=$nfs1").0, "UUID_INVALID");
    assert_eq!(room.code("xe pool-param-set uuid=$pool default-SR=nfs1").0, "UUID_INVALID");
    assert_eq!(room.code("xe vm-param-list uuid=db").0, "UUID_INVALID");
}

#[test]
fn fields_are_got_and_the_default_sr_is_set() {
    let mut room = Room::new();
    assert_eq!(room.ok("xe vm-param-get uuid=$web param-name=resident-on"), "<not in database>\n");
    assert_eq!(room.ok("xe vm-param-get uuid=$db param-name=resident-on"), format!("{}\n", room.uuid(BETA)));
    assert_eq!(room.ok("xe host-param-get uuid=$beta param-name=host-metrics-live"), "true\n");
    room.ok("xe pool-param-set uuid=$pool default-SR=$san1");
    assert_eq!(room.db(ALPHA).default_sr, Some(SAN));
    // Earlier ones stay when a later one fails.
    assert_eq!(room.code("xe pool-param-set uuid=$pool default-SR= default-SR=x").0, "UUID_INVALID");
    assert_eq!(room.db(ALPHA).default_sr, None);
    assert_eq!(room.ok("xe pool-param-get uuid=$pool param-name=default-SR"), "<not in database>\n");
    let all = room.ok("xe vm-param-list uuid=$db");
    assert!(all.starts_with("uuid ( RO)") && all.contains("power-state ( RO): running\n"));
}

/// The newest key stands first, and a host that is gone under its reference.
#[test]
fn locks_are_shown_newest_first() {
    let mut room = Room::new();
    room.world.set_lock(&mut room.fx, ALPHA, DB_ROOT, host(GAMMA), Mode::Ro);
    assert_eq!(
        room.ok("xe vdi-param-get uuid=${db-root} param-name=sm-config"),
        format!("host_OpaqueRef:{}: RO; host_OpaqueRef:{}: RW\n", room.uuid(GAMMA), room.uuid(BETA))
    );
}

/// A member's own tools look at the machine, not at the database.
#[test]
fn a_machine_shows_what_is_so() {
    let mut room = Room::new();
    room.isolate(BETA);
    room.ok("xe vm-reset-powerstate vm=db --force");
    let uuid = room.world.names.vms[0].uuid.clone();
    let types = |room: &mut Room, machine, line: &str| match room.types(machine, line) {
        End::Output(output, _) => output.text,
        end => panic!("{end:?}"),
    };
    let text = types(&mut room, BETA, "list_domains");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with("id |") && lines[2] == format!(" 1 | {uuid} |    B H"), "{text}");
    assert_eq!(types(&mut room, GAMMA, "list_domains").lines().count(), 2);
    let path = format!("/var/run/sr-mount/{}/{}.vhd", room.world.names.srs[0].uuid, room.world.names.vdis[0].uuid);
    assert_eq!(types(&mut room, BETA, "tap-ctl list"), format!("pid=4000 minor=0 state=0 args=vhd:{path}\n"));
    assert_eq!(types(&mut room, GAMMA, "tap-ctl list"), "");
    assert_eq!(types(&mut room, ALPHA, "cat /etc/xensource/pool.conf"), "master\n");
}

#[test]
fn help_knows_the_commands() {
    let mut room = Room::new();
    assert!(room.ok("xe help").contains("host-forget"));
    assert!(room.ok("xe help host-forget").contains("reqd params"));
    assert_eq!(room.ok("xe help nosuch"), "Unknown command 'nosuch'\n");
}
