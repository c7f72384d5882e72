//! Fields that are set and shown again (docs/model/commands.md §7; cli_operations.ml, make_param_funs).

use super::stage::{ALPHA, GAMMA, Room};

fn fails(room: &mut Room, line: &str, text: &str) {
    let output = room.alpha(line);
    assert_eq!((output.text.as_str(), output.exit), (text, 1), "{line}");
}

fn shown(room: &mut Room, name: &str) -> String {
    room.ok(&format!("xe host-param-get uuid=$beta param-name={name}"))
}

/// A set: a member comes in once, is there or not there, and all go.
#[test]
fn a_set_is_added_to_and_cleared() {
    let mut room = Room::new();
    let add = "xe host-param-add uuid=$beta param-name=tags";
    fails(&mut room, add, "Error: When adding a key to a set, use the syntax: *-param-add param-name=<name> param-key=<key>\n");
    for key in ["lab", "rack3", "lab"] {
        assert_eq!(room.ok(&format!("{add} param-key={key}")), "");
    }
    assert_eq!(shown(&mut room, "tags"), "lab; rack3\n");
    assert_eq!(room.ok("xe host-list tags:contains=lab params=name-label --minimal"), "beta\n");
    room.ok("xe host-param-remove uuid=$beta param-name=tags param-key=lab");
    fails(&mut room, "xe host-param-remove uuid=$beta param-name=tags param-key=lab", "Error: Key is not in the set\n");
    room.ok("xe host-param-clear uuid=$beta param-name=tags");
    assert_eq!(shown(&mut room, "tags"), "\n");
    // Nobody else's are touched.
    assert_eq!(room.ok("xe host-param-get uuid=$gamma param-name=tags"), "\n");
}

/// A map: param-set writes a key anew, param-add does not.
#[test]
fn a_map_is_written() {
    let mut room = Room::new();
    room.ok("xe host-param-add uuid=$beta param-name=other-config rack=3 room=b");
    assert_eq!(shown(&mut room, "other-config"), "room: b; rack: 3\n");
    let uuid = room.uuid(super::stage::BETA);
    fails(
        &mut room,
        "xe host-param-add uuid=$beta param-name=other-config rack=4",
        &format!(
            "You tried to add a key-value pair to a map, but that key is already there.\ntype: host\nparam_name: other_config\nuuid: {uuid}\nkey: rack\n"
        ),
    );
    room.ok("xe host-param-set uuid=$beta other-config:rack=4 name-description=west");
    assert_eq!(room.ok("xe host-param-get uuid=$beta param-name=other-config param-key=rack"), "4\n");
    assert_eq!(shown(&mut room, "name-description"), "west\n");
    assert_eq!(room.ok("xe host-list other-config:rack=4 params=name-label --minimal"), "beta\n");
    fails(&mut room, "xe host-param-remove uuid=$beta param-name=other-config param-key=x", "Error: Key is not in map\n");
    room.ok("xe host-param-remove uuid=$beta param-name=other-config param-key=rack");
    assert_eq!(shown(&mut room, "other-config"), "room: b\n");
    room.ok("xe host-param-clear uuid=$beta param-name=name-description");
    assert_eq!(shown(&mut room, "name-description"), "\n");
}

#[test]
fn what_is_refused() {
    let mut room = Room::new();
    let missing = "Error code: Missing parameter\nError parameters: bogus\n";
    for (line, text) in [
        ("xe host-param-set uuid=$beta enabled=true", "Error: Field 'enabled' is read-only.\n"),
        ("xe host-param-set uuid=$beta bogus=1", "Error: Unknown field 'bogus'\n"),
        ("xe host-param-set uuid=$beta tags=x", "Error: Cannot param-set on set fields\n"),
        ("xe host-param-set uuid=$beta other-config=x", "Error: Field 'other-config' is a map or set. use the 'name:key=value' syntax.\n"),
        ("xe host-param-set uuid=$beta cpu_info:x=y", "Error: Map field 'cpu_info' is read-only.\n"),
        ("xe host-param-set uuid=x name-description=y", "The uuid you supplied was invalid.\ntype: host\nuuid: x\n"),
        ("xe host-param-add uuid=$beta param-name=bogus param-key=1", missing),
        ("xe host-param-add uuid=$beta param-name=patches param-key=1", "Error: Parameter is read-only\n"),
        ("xe host-param-add uuid=$beta param-name=name-label param-key=1", "Error: Can only add to parameters of type Set or Map\n"),
        ("xe host-param-remove uuid=$beta param-name=cpu_info param-key=1", "Error: Can only remove from parameters of type Set or Map\n"),
        ("xe host-param-remove uuid=$beta param-name=enabled param-key=1", "Error: Can only remove from parameters of type Set or Map\n"),
        ("xe host-param-clear uuid=$beta param-name=enabled", "Error: Can only clear RW parameters\n"),
        ("xe host-param-clear uuid=$beta param-name=bogus", missing),
        ("xe pool-param-add uuid=$beta param-name=tags param-key=1", "The uuid you supplied was invalid.\ntype: pool\nuuid: "),
    ] {
        let output = room.alpha(line);
        assert!(output.text.starts_with(text) && output.exit == 1, "{line}: {}", output.text);
    }
}

/// They lie in the database: a copy has them when it is made, and not before.
#[test]
fn a_copy_has_what_was_set() {
    let mut room = Room::new();
    room.ok("xe pool-param-set uuid=$pool other-config:auto=on name-description=lab");
    room.ok("xe pool-param-add uuid=$pool param-name=tags param-key=x");
    assert_eq!(room.ok("xe pool-param-get uuid=$pool param-name=other-config"), "auto: on\n");
    assert_ne!(room.db(GAMMA).notes, room.db(ALPHA).notes);
    room.ok("xe pool-sync-database");
    assert_eq!(room.db(GAMMA).notes, room.db(ALPHA).notes);
    room.ok("xe pool-param-remove uuid=$pool param-name=tags param-key=x");
    room.ok("xe pool-param-clear uuid=$pool param-name=other-config");
    assert_eq!(room.ok("xe pool-param-get uuid=$pool param-name=tags"), "\n");
}

/// cli_operations.ml, host_enable.
#[test]
fn enabling_a_host_takes_the_mark_of_maintenance_away() {
    let mut room = Room::new();
    room.ok("xe host-disable host=beta");
    room.ok("xe host-param-add uuid=$beta param-name=other-config MAINTENANCE_MODE=true rack=3");
    room.ok("xe host-enable host=beta");
    assert_eq!(shown(&mut room, "other-config"), "rack: 3\n");
}

/// Every class keeps what can be written of its records, and what much hangs on is outside; a lock is no key that anybody removes.
#[test]
fn records_of_storage_and_vms() {
    let mut room = Room::new();
    for (class, uuid) in [("vm", "$db"), ("sr", "$nfs1"), ("vdi", "${db-root}"), ("pbd", "${beta/nfs1}"), ("vbd", "${db/root}")] {
        let get = |room: &mut Room| room.ok(&format!("xe {class}-param-get uuid={uuid} param-name=other-config"));
        room.ok(&format!("xe {class}-param-set uuid={uuid} other-config:rack=3"));
        room.ok(&format!("xe {class}-param-add uuid={uuid} param-name=other-config room=b"));
        assert_eq!(get(&mut room), "room: b; rack: 3\n", "{class}");
        room.ok(&format!("xe {class}-param-remove uuid={uuid} param-name=other-config param-key=rack"));
        assert_eq!(get(&mut room), "room: b\n", "{class}");
        room.ok(&format!("xe {class}-param-clear uuid={uuid} param-name=other-config"));
        assert_eq!(get(&mut room), "\n", "{class}");
    }
    let remove = "xe vdi-param-remove uuid=${db-root} param-name=sm-config param-key=host_x";
    fails(&mut room, remove, "Error: Can only remove from parameters of type Set or Map\n");
    for (line, name) in [
        ("xe vdi-param-set uuid=${db-root} on-boot=reset", "on-boot"),
        ("xe vbd-param-set uuid=${db/root} mode=RO", "mode"),
        ("xe vm-param-set uuid=$db name-label=x", "name-label"),
        ("xe vm-param-set uuid=$db blocked-operations:start=true", "blocked-operations"),
        ("xe vm-param-add uuid=$db param-name=blocked-operations start=true", "blocked-operations"),
    ] {
        fails(&mut room, line, &format!("setting `{name}` is outside the model\n"));
    }
}

/// A disk and an SR can be called otherwise; lists find them so. A record that comes anew has nothing of the old one.
#[test]
fn storage_is_called_otherwise() {
    let mut room = Room::new();
    room.ok("xe sr-param-set uuid=$nfs1 name-label=old");
    room.ok("xe vdi-param-set uuid=${web-root} name-label=other name-description=x");
    assert_eq!(room.ok("xe sr-list params=name-label name-label=old --minimal"), "old\n");
    assert_eq!(room.ok("xe vdi-list params=name-description name-label=other --minimal"), "x\n");
    room.ok("xe vdi-forget uuid=${web-root}");
    room.ok("xe sr-scan uuid=$nfs1");
    assert_eq!(room.ok("xe vdi-param-get uuid=${web-root} param-name=name-description"), "\n");
    assert_eq!(room.ok("xe vdi-param-get uuid=${web-root} param-name=name-label"), "\n", "files have no names");
}
