//! Lines with what they print and how they end, as the tool's own code has it for XenServer 6.1 and 6.2: two hosts, xs1 the master and
//! xs2; web1 runs on xs2, db1 is halted; typed on xs1 unless another is named (docs/model/commands.md §2 to §8).

use super::stage::{End, Room};
use crate::base::ids::{MachineId, VmId};
use crate::base::time::Span;
use crate::command::{Output, shell, typed};
use crate::world::belief::PowerState;
use crate::world::build::Pool;
use crate::world::effects::Effects;
use crate::world::errors::{ApiError, Param};
use crate::world::inventory::SrType;
use crate::world::release::Release;
use crate::world::settings::Settings;
use std::sync::Arc;

const XS1: MachineId = MachineId(0);
const XS2: MachineId = MachineId(1);
const WEB1: VmId = VmId(0);
const DB1: VmId = VmId(1);

const HINT: &str = "For usage run: 'xe help'\n";
const QUESTION: &str = "WARNING: A host should only be forgotten if it is physically unrecoverable;\nWARNING: if possible, Hosts should be 'ejected' from the Pool instead.\nWARNING: Once a host has been forgotten it will have to be re-installed.\nWARNING: This operation is irreversible.\nType 'yes' to continue\n";
const IS_LIVE: &str = "This operation cannot be completed as the host is still live.\n";

fn room(release: &str) -> Room {
    let mut pool = Pool::empty("pool1");
    for name in ["xs1", "xs2"] {
        pool.add_host(name);
    }
    pool.add_sr("nfs1", SrType::Nfs, None);
    for (vm, name) in [(WEB1, "web1"), (DB1, "db1")] {
        pool.add_vm(name, None);
        pool.add_disk(vm, "root", crate::base::ids::SrId(0));
    }
    pool.run(WEB1, XS2);
    let release = Release::named(release).unwrap();
    Room { world: pool.world(Arc::new(Settings::of(release)), release, 1), fx: Effects::default() }
}

/// The UUIDs of xs1, xs2, web1 and db1.
fn uuids(room: &Room) -> [String; 4] {
    let names = &room.world.names;
    [&names.hosts[0].uuid, &names.hosts[1].uuid, &names.vms[0].uuid, &names.vms[1].uuid].map(String::clone)
}

/// A line on a machine, in a pool that nothing has happened to yet: what the console shows, and the status.
fn typed_on(release: &str, machine: MachineId, line: &str) -> (String, i32) {
    match room(release).types(machine, line) {
        End::Output(Output { text, exit, .. }, _) => (text, exit),
        end => panic!("{line}: {end:?}"),
    }
}

fn shows(line: &str, text: &str, exit: i32) {
    assert_eq!(typed_on("xenserver-6.2", XS1, line), (text.to_string(), exit), "{line}");
}

/// 1 to 4, 32, 33: what is no command line, and what is not all of one.
#[test]
fn words_that_are_no_command() {
    let usage = typed_on("xenserver-6.2", XS1, "xe");
    assert!(usage.0.starts_with("Usage: xe <cmd> [-s server]") && usage.1 == 0, "{usage:?}");
    shows("xe host-lst", &format!("Unknown command: host-lst\n{HINT}"), 1);
    shows("xe host-forget", &format!("Required parameter not found: uuid\n{HINT}"), 1);
    shows("xe uuid=$xs2 host-forget", &format!("Syntax error: command name is missing\n{HINT}"), 1);
    shows("xe vm-list -force", &format!("Syntax error: Unknown switch: -force\n{HINT}"), 1);
    shows("xe vm-shutdown uuid=$web1 --force=true", "Error: Unknown field 'force=true'\n", 1);
}

/// 5 to 9: lists.
#[test]
fn what_lists_show() {
    let [_, _, web1, _] = uuids(&room("xenserver-6.2"));
    shows("xe vm-list params=power-state name-label=web1", "power-state ( RO)    : running\n\n\n", 0);
    shows("xe vm-list name-label=web1 --minimal", &format!("{web1}\n"), 0);
    shows("xe vm-list name-label=zzz --minimal", "\n", 0);
    shows("xe vm-list name-label=zzz bogus=1", "", 0);
    shows("xe vm-list bogus=1", "Error: Unknown field 'bogus'\n", 1);
}

/// 10 to 16: starts and resets.
#[test]
fn starts_and_resets() {
    let [_, xs2, web1, _] = uuids(&room("xenserver-6.2"));
    let state = format!(
        "You attempted an operation on a VM that was not in an appropriate power state at the time; for example, you attempted to start a VM that was already running.  The parameters returned are the VM's handle, and the expected and actual VM state at the time of the call.\nvm: {web1} (web1)\nexpected: halted\nactual: running\n"
    );
    shows("xe vm-start uuid=$web1", &state, 1);
    shows("xe vm-start uuid=0", "Error: No matching VMs found\n", 1);
    shows("xe vm-start", "Error: Multiple matches VMs found. --multiple required to complete the operation\n", 1);
    let mut room = room("xenserver-6.2");
    let output = match room.types(XS1, "xe vm-start --multiple") {
        End::Output(output, _) => output,
        end => panic!("{end:?}"),
    };
    assert_eq!((output.text, output.exit), (format!("operation failed on {web1}: {state}"), 1));
    assert_eq!(room.world.db(XS1).vm(DB1).unwrap().power_state, PowerState::Running, "the other is started");
    let force = "Error: This operation is extremely dangerous and may cause data loss. This operation must be forced (use --force).\n";
    shows("xe vm-reset-powerstate uuid=$web1", force, 1);
    let alive = format!("{IS_LIVE}host: {xs2} (xs2)\n");
    shows("xe vm-reset-powerstate uuid=$web1 --force", &alive, 1);
    shows("xe vm-reset-powerstate uuid=$web1 force=false", &alive, 1);
}

/// 17 to 21: the question, and who is not there to be forgotten.
#[test]
fn forgets_and_declarations() {
    let [_, xs2, ..] = uuids(&room("xenserver-6.2"));
    for command in ["host-forget", "host-declare-dead"] {
        shows(&format!("echo no | xe {command} uuid=$xs2"), &format!("{QUESTION}Aborted (you typed: 'no')\n"), 0);
        shows(&format!("xe {command} uuid=$xs2"), &format!("{QUESTION}Lost connection to the server.\n"), 1);
        shows(&format!("echo YES | xe {command} uuid=$xs2"), &format!("{QUESTION}{IS_LIVE}host: {xs2} (xs2)\n"), 1);
        shows(&format!("xe {command} uuid=0"), "The uuid you supplied was invalid.\ntype: host\nuuid: 0\n", 1);
    }
    let unknown = format!("Unknown command: host-declare-dead\n{HINT}");
    assert_eq!(typed_on("xenserver-6.0", XS1, "xe host-declare-dead uuid=$xs2"), (unknown, 1));
}

/// 22 to 24, 34, 35: commands about hosts and the pool.
#[test]
fn hosts_and_the_pool() {
    shows("xe host-disable", "Error: Multiple matching hosts found. --multiple required to complete the operation\n", 1);
    shows(
        "xe host-evacuate --multiple",
        "Error: Multiple matching hosts found. Operation can only be performed on one host at a time\n",
        1,
    );
    let disabled = "This operation cannot be performed because the host is not disabled. Please disable the host and then try again.\n";
    shows("xe host-reboot host=xs2", disabled, 1);
    shows("xe pool-ha-disable", "The operation could not be performed because HA is not enabled on the Pool\n", 1);
    shows("xe pool-eject host-uuid=$xs2 --force", "You attempted an operation that was not allowed.\nreason: VM resident on host\n", 1);
}

/// 25 to 28: on xs2.
#[test]
fn on_a_member() {
    let on = |line| typed_on("xenserver-6.2", XS2, line);
    assert_eq!(on("xe host-is-in-emergency-mode"), ("false\n".into(), 0));
    let promoted = "Host agent will restart and transition to master in 10.000 seconds...\n";
    assert_eq!(on("xe pool-emergency-transition-to-master uuid=$xs1"), (promoted.into(), 0));
    let whole = typed_on("xenserver-6.0", XS2, "xe pool-emergency-transition-to-master uuid=$xs1");
    assert_eq!(whole, (promoted.replace("10.000", "10"), 0));

    let mut room = room("xenserver-6.2");
    let [_, xs2, ..] = uuids(&room);
    let unknown = ApiError::new("HOST_UNKNOWN_TO_MASTER").with(Param::HostUuid(room.world.host_on(XS2)));
    room.emergency(XS2, unknown);
    let End::Output(output, _) = room.types(XS2, "xe host-list") else { panic!("it answers") };
    let text = "The master says the host is not known to it. Perhaps the Host was deleted from the master's database? Perhaps the slave is pointing to the wrong master?";
    assert_eq!((output.text, output.exit), (format!("{text}\nhost: {xs2}\n"), 1));

    let ip = "10.0.0.1";
    let slave = "You cannot make regular API calls directly on a slave. Please pass API calls via the master host.";
    shows("xe -s xs2 -u root -pw x vm-list", &format!("{slave}\nMaster IP address: {ip}\n"), 1);
}

/// 29: a snapshot's UUID.
#[test]
fn a_snapshot() {
    let mut room = room("xenserver-6.2");
    let End::Output(output, _) = room.types(XS1, "xe vm-snapshot uuid=$web1 new-name-label=s2") else { panic!("it ends") };
    assert_eq!((output.text, output.exit), (format!("{}\n", room.world.names.snapshots[0].uuid), 0));
    let several = "Error: Multiple matches VMs found. Operation can only be performed on one VM at a time\n";
    shows("xe vm-snapshot --multiple new-name-label=s2", several, 1);
    shows("xe vm-snapshot uuid=$web1", &format!("Required parameter not found: new-name-label\n{HINT}"), 1);
}

/// 30 and 31: one field.
#[test]
fn one_field() {
    shows("xe vm-param-get uuid=$db1 param-name=resident-on", "<not in database>\n", 0);
    shows("xe vm-param-get uuid=$db1 param-name=resident_on", "Error code: Missing parameter\nError parameters: resident_on\n", 1);
}

/// 36 and 37: nobody to talk to.
#[test]
fn nobody_answers() {
    let mut room = room("xenserver-6.2");
    room.stop_xapi(XS1);
    let End::Output(output, _) = room.types(XS1, "xe host-list") else { panic!("it answers") };
    assert_eq!((output.text.as_str(), output.exit), ("Error: Connection refused (calling connect )\n", 1));
    // xs1 is off, and the xapi of xs2 was not restarted: no output at all, not even of a wrong word's better.
    room.crash(XS1);
    assert_eq!(room.types(XS2, "xe host-list"), End::Waits);
    let script = shell::parse("xe host-lst").unwrap();
    let (_, line) = typed(&script.lines[0], &room.world, None);
    assert!(line.is_ok());
    let End::Output(output, took) = room.types(XS2, "xe host-lst") else { panic!("words are read by the contacted host") };
    assert_eq!((output.exit, took), (1, Span::ZERO));
}
