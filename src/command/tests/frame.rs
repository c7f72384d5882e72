//! Who is talked to, and what everybody answers before a command is looked at (docs/model/commands.md §4).

use super::stage::*;
use crate::base::time::Span;
use crate::command::{Output, Target, shell, typed};
use crate::world::errors::{ApiError, Param};
use crate::world::memory::PoolConf;

fn output(end: End) -> (String, i32) {
    match end {
        End::Output(Output { text, exit, .. }, _) => (text, exit),
        end => panic!("{end:?}"),
    }
}

/// Names are put in by the world as it is now; the rest of the line stays as typed.
#[test]
fn names_are_put_in() {
    let room = Room::new();
    let names = &room.world.names;
    let ran = |line: &str| typed(&shell::parse(line).unwrap().lines[0], &room.world, None).0.text;
    assert_eq!(ran("echo yes |  xe host-forget uuid=$beta # now"), format!("echo yes |  xe host-forget uuid={}", names.hosts[1].uuid));
    assert_eq!(
        ran("xe x a=${beta/nfs1} b=${web/data} c=\"$pool\" d=${db-root} e=$nfs1 'a b'"),
        format!(
            "xe x a={} b={} c={} d={} e={} 'a b'",
            names.pbd(BETA, NFS),
            names.vbds[2].uuid,
            names.pools[0],
            names.vdis[0].uuid,
            names.srs[0].uuid
        )
    );
    assert_eq!(ran("xe x $nothing $db.old"), format!("xe x '' {}.old", names.vms[0].uuid));
}

/// `$beta` is the host installed now, `$beta.old` the one before (docs/scenarios.md, names).
#[test]
fn a_reinstalled_machine_has_a_new_uuid() {
    let mut room = Room::new();
    let before = room.uuid(BETA);
    let line = shell::parse("xe x $beta $beta.old").unwrap();
    assert_eq!(typed(&line.lines[0], &room.world, None).0.text, format!("xe x {before} {before}"));
    room.reinstall(BETA, "new");
    assert_eq!(typed(&line.lines[0], &room.world, None).0.text, format!("xe x new {before}"));
}

/// What is run is kept with its command and whom it was for, resolved when it is typed.
#[test]
fn what_is_run_says_what_it_was_for() {
    let room = Room::new();
    let ran = |line: &str| typed(&shell::parse(line).unwrap().lines[0], &room.world, None).0;
    let locks = |master| Target::Locks { host: Some(BETA), sr: Some(NFS), master };
    for (line, command, target) in [
        ("xe host-forget uuid=$beta --force", "host-forget", Target::Host(BETA)),
        ("xe -s beta vm-start vm=db on=gamma", "vm-start", Target::Vm(DB)),
        ("xe vm-reset-powerstate uuid=$db --force", "vm-reset-powerstate", Target::Vm(DB)),
        ("xe vm-start vm=nobody", "vm-start", Target::None),
        ("xe pbd-plug uuid=${beta/nfs1}", "pbd-plug", Target::Pbd(BETA, NFS)),
        ("/opt/xensource/sm/resetvdis.py $beta $nfs1 master", "resetvdis.py", locks(true)),
        ("/opt/xensource/sm/resetvdis.py $beta $nfs1 --master", "resetvdis.py", locks(false)),
        ("tap-ctl list", "tap-ctl list", Target::None),
    ] {
        let ran = ran(line);
        assert_eq!((ran.command, ran.target), (Some(command), target), "{line}");
    }
    for line in ["xe host-forget", "xe vm-strat vm=db", "xe help-me vm-start", "ls vm-start"] {
        assert_eq!(ran(line).command, None, "{line} runs no command");
    }
}

/// docs/model/commands.md §4: unknown commands and missing keys, the same on a member that hangs or is in emergency mode.
#[test]
fn words_are_judged_by_the_host_that_is_contacted() {
    let mut room = Room::new();
    room.crash(ALPHA);
    room.emergency(GAMMA, ApiError::new("HOST_BROKEN"));
    for machine in [BETA, GAMMA] {
        for (line, says) in [
            ("xe host-lst", "Unknown command: host-lst\nFor usage run: 'xe help'\n"),
            ("xe host-declare-dead uuid=$beta", "Unknown command: host-declare-dead\nFor usage run: 'xe help'\n"),
            ("xe host-forget", "Required parameter not found: uuid\nFor usage run: 'xe help'\n"),
            ("xe pool-join", "Required parameter not found: master-address\nFor usage run: 'xe help'\n"),
            ("xe vm-list -force", "Syntax error: Unknown switch: -force\nFor usage run: 'xe help'\n"),
        ] {
            assert_eq!(output(room.types(machine, line)), (says.to_string(), 1), "{line}");
        }
    }
}

/// A member whose master is gone hangs, and is not in emergency mode (docs/model/members-and-masters.md §7).
#[test]
fn members_forward_or_hang() {
    let mut room = Room::new();
    assert_eq!(output(room.types(BETA, "xe vm-list name-label=db --minimal")).1, 0);
    room.crash(ALPHA);
    assert_eq!(room.types(BETA, "xe host-list"), End::Waits);
    assert_eq!(room.types(BETA, "/opt/xensource/sm/resetvdis.py $alpha $nfs1"), End::Waits);
    assert_eq!(output(room.types(BETA, "xe host-is-in-emergency-mode")), ("false\n".into(), 0));
    room.stop_xapi(BETA);
    assert_eq!(output(room.types(BETA, "xe host-list")), ("Error: Connection refused (calling connect )\n".into(), 1));
    assert_eq!(output(room.types(BETA, "xe host-is-in-emergency-mode")).1, 1);
    assert_eq!(output(room.types(BETA, "cat /etc/xensource/pool.conf")), ("slave:10.0.0.1\n".into(), 0));
}

/// docs/model/commands.md §4: emergency mode answers with the stashed error, but to the commands that stay local.
#[test]
fn emergency_mode_answers_with_its_error() {
    let mut room = Room::new();
    room.emergency(BETA, ApiError::new("HOST_UNKNOWN_TO_MASTER").with(Param::HostUuid(host(BETA))));
    let (text, exit) = output(room.types(BETA, "xe host-list"));
    assert_eq!(exit, 1);
    assert_eq!(
        text,
        format!(
            "The master says the host is not known to it. Perhaps the Host was deleted from the master's database? Perhaps the slave is pointing to the wrong master?\nhost: {}\n",
            room.uuid(BETA)
        )
    );
    assert_eq!(output(room.types(BETA, "xe host-is-in-emergency-mode")), ("true\n".into(), 0));
    assert_eq!(output(room.types(BETA, "xe host-is-in-emergency-mode --minimal")), ("\n".into(), 0));
}

/// docs/model/commands.md §4: what becomes of `-s`.
#[test]
fn another_host_is_asked_by_network() {
    let mut room = Room::new();
    let (text, exit) = output(room.types(ALPHA, "xe -s beta -u root -pw x vm-list"));
    assert!(text.ends_with("Master IP address: 10.0.0.1\n") && exit == 1, "{text}");
    assert_eq!(output(room.types(BETA, "xe -s 10.0.0.1 -u root -pw x vm-list name-label=db --minimal")).1, 0);
    assert_eq!(output(room.types(BETA, "xe server=nowhere vm-list")), ("Host 'nowhere' not found.\n".into(), 1));
    assert_eq!(output(room.types(BETA, "xe -s alpha -u admin -pw x vm-list")).0, "Authentication failed\nFor usage run: 'xe help'\n");
    room.crash(GAMMA);
    match room.types(ALPHA, "xe -s gamma -u root -pw x vm-list") {
        End::Output(output, took) => assert_eq!((output.exit, took), (1, Span::secs(20))),
        end => panic!("{end:?}"),
    }
    room.stop_xapi(BETA);
    assert_eq!(output(room.types(ALPHA, "xe -s beta -u root -pw x vm-list")).0, "Error: Connection refused (calling connect )\n");
}

/// A command that stays local acts on the host that `-s` names.
#[test]
fn a_local_command_acts_where_it_is_sent() {
    let mut room = Room::new();
    room.types(ALPHA, "xe -s beta -u root -pw x pool-emergency-transition-to-master");
    assert_eq!(room.world.stacks[BETA.at()].conf, PoolConf::Master);
    assert_eq!(room.world.stacks[ALPHA.at()].conf, PoolConf::Master);
}

/// While the line to the master is cut the work goes on there, and the console waits for its answer.
#[test]
fn an_answer_waits_for_the_line() {
    let mut room = Room::new();
    let line = shell::parse("xe vm-start vm=web on=alpha").unwrap();
    let mut command = typed(&line.lines[0], &room.world, None).1.unwrap();
    let seat = crate::command::Seat { console: GAMMA, executor: ALPHA };
    assert!(matches!(command.check(&room.world, seat), crate::command::Check::Go(_)));
    room.isolate(GAMMA);
    assert_eq!(command.commit(&mut room.world, &mut room.fx, seat), crate::command::Progress::Hangs);
    assert_eq!(room.runs_on(WEB), [ALPHA]);
    room.world.hw.reconnect(&mut room.fx, GAMMA);
    let told = room.fx.events.len();
    assert_eq!(command.commit(&mut room.world, &mut room.fx, seat), crate::command::Progress::Ended(Output::default()));
    assert_eq!((room.fx.events.len(), room.runs_on(WEB)), (told, vec![ALPHA]));
}

#[test]
fn what_is_no_command_is_not_found() {
    let mut room = Room::new();
    for (line, says, exit) in [
        ("XE host-list", "-bash: XE: command not found\n", 127),
        ("$ xe host-list", "-bash: $: command not found\n", 127),
        ("service iptables stop", "iptables: unrecognized service\n", 1),
        ("cat /etc/passwd", "cat: /etc/passwd: No such file or directory\n", 1),
        ("/opt/x", "-bash: /opt/x: No such file or directory\n", 127),
    ] {
        let end = output(room.types(ALPHA, line));
        assert_eq!(end, (says.to_string(), exit), "{line}");
    }
    assert!(room.alpha("xe host-dmesg host=beta").text.contains("outside the model"));
}

/// docs/model/commands.md §9: the toolstack of one machine.
#[test]
fn the_service_starts_and_stops() {
    let mut room = Room::new();
    let types = |room: &mut Room, line: &str| output(room.types(BETA, line));
    assert_eq!(types(&mut room, "service xapi start"), ("cannot start xapi: already running.\n".into(), 1));
    assert_eq!(types(&mut room, "service xapi status").1, 0);
    assert_eq!(types(&mut room, "service xapi stop").1, 0);
    assert!(!room.world.xapi_runs(BETA) && room.runs_on(DB) == [BETA]);
    assert_eq!(types(&mut room, "/etc/init.d/xapi stop"), ("cannot stop xapi: xapi is not running.\n".into(), 1));
    assert_eq!(types(&mut room, "service xapi status"), ("xapi is stopped\n".into(), 3));
    assert_eq!(types(&mut room, "service xapi start"), ("Starting xapi: OK\n".into(), 0));
    assert_eq!(types(&mut room, "service xapi begin").1, 1);
    let before = room.world.stacks[GAMMA.at()].epoch;
    assert_eq!(output(room.types(GAMMA, "xe-toolstack-restart")), ("done.\n".into(), 0));
    assert!(room.world.stacks[GAMMA.at()].epoch > before);
}
