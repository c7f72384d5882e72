//! Hosts switched on from afar, and xapi told to end (xapi_host.ml, power_on and shutdown_agent).

use super::stage::{ALPHA, BETA, DB, End, GAMMA, Room, host};
use crate::base::time::Span;
use crate::command::Output;
use crate::world::effects::Due;

fn code(room: &mut Room, line: &str) -> &'static str {
    let output = room.alpha(line);
    assert_eq!(output.exit, 1, "{line}: {}", output.text);
    output.error.map_or("", |error| error.code)
}

const NOT_POWERED: &str = "The server failed to handle your request, due to an internal error.  The given message may give details useful for debugging the problem.\nmessage: Failure(\"The host failed to power on.\")\n";

/// The checks in their order, and then a packet every five seconds. Nothing boots in this room, so nobody is heard, and after 60 looks
/// that is the answer; the machine was woken by the first.
#[test]
fn a_host_is_woken() {
    let mut room = Room::new();
    assert_eq!(code(&mut room, "xe host-power-on host=beta"), "HOST_IS_LIVE");
    room.crash(BETA);
    assert_eq!(code(&mut room, "xe host-power-on host=beta"), "HOST_IS_LIVE", "the database holds it for alive");
    room.mark_dead(BETA);
    assert_eq!(code(&mut room, "xe host-power-on host=beta"), "HOST_POWER_ON_MODE_DISABLED");
    room.ok("xe host-set-power-on-mode host=beta power-on-mode=wake-on-lan");
    assert_eq!(room.ok("xe host-param-get uuid=$beta param-name=power-on-mode"), "wake-on-lan\n");
    let End::Output(output, took) = room.types(ALPHA, "xe host-power-on host=beta") else { panic!("it ends") };
    assert_eq!((output.text.as_str(), output.exit), (NOT_POWERED, 1));
    assert_eq!(took, Span::secs(301));
    assert!(room.world.powered(BETA));
    assert_eq!(room.fx.dues.iter().filter(|(_, due)| matches!(due, Due::BootDone { machine: BETA, .. })).count(), 1);
}

/// A packet needs the network; a controller has a wire of its own.
#[test]
fn what_the_network_does_not_carry_wakes_nobody() {
    for (mode, wakes, span) in [("wake-on-lan", false, 301), ("iLO", true, 601), ("IPMI power-on-config:power_on_ip=10.1.1.1", true, 601)] {
        let mut room = Room::new();
        room.crash(BETA);
        room.isolate(BETA);
        room.mark_dead(BETA);
        room.ok(&format!("xe host-set-power-on-mode host=beta power-on-mode={mode}"));
        let End::Output(_, took) = room.types(ALPHA, "xe host-power-on host=beta") else { panic!("it ends") };
        assert_eq!((room.world.powered(BETA), took), (wakes, Span::secs(span)), "{mode}");
    }
}

#[test]
fn a_mode_is_said_and_taken_back() {
    let mut room = Room::new();
    let hint = "For usage run: 'xe help'\n";
    assert_eq!(room.alpha("xe host-set-power-on-mode host=beta").text, format!("Required parameter not found: power-on-mode\n{hint}"));
    room.ok("xe host-set-power-on-mode power-on-mode=DRAC --multiple");
    assert_eq!(room.ok("xe host-param-get uuid=$gamma param-name=power-on-mode"), "DRAC\n");
    room.ok("xe host-set-power-on-mode host=gamma power-on-mode=");
    assert_eq!(room.ok("xe host-param-get uuid=$gamma param-name=power-on-mode"), "\n");
    room.ok("xe host-set-power-on-mode host=gamma power-on-mode=my-script");
    room.crash(GAMMA);
    room.mark_dead(GAMMA);
    assert!(room.alpha("xe host-power-on host=gamma").text.contains("outside the model"));
}

/// It is local, and asks nobody; what follows is due a second later. The domains run on.
#[test]
fn the_agent_is_told_to_end() {
    let mut room = Room::new();
    room.crash(ALPHA);
    let End::Output(Output { text, exit, .. }, _) = room.types(BETA, "xe host-shutdown-agent") else { panic!("it is local") };
    assert_eq!((text.as_str(), exit), ("", 0));
    let ends = |due: &Due| matches!(due, Due::XapiEnds { machine: BETA, .. });
    assert_eq!(room.fx.dues.iter().filter(|(_, due)| ends(due)).count(), 1);
    assert!(room.world.xapi_runs(BETA) && room.runs_on(DB) == [BETA]);
    assert!(room.db(BETA).host(host(BETA)).unwrap().live);
}
