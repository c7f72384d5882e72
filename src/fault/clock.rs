//! A machine's wall clock jumps: what its xapi keeps in wall time goes wrong.

use super::FaultDoc;

pub const CLOCK_JUMP: FaultDoc = FaultDoc {
    name: "clock-jump",
    undone_by: "clock-jump",
    doc: "The wall clock of a machine jumps, `by: 20m` forward or `by: -20m` back (somebody sets it, or NTP steps it). A master keeps in wall time when it last heard each member (db_gc.ml). Forward by `host-dead-after` or more, it holds every member for dead at its next look, which comes at once here, and for alive again when the next heartbeat comes; a forget or a power-state reset passes meanwhile, though the host is well. Back, it finds a dead host later by as much. A hold on HA's restarts (`pool-ha-prevent-restarts-for`) and a host's promise to a new master run out sooner, or later. On a member nothing else hangs on the clock; HA's own daemon is taken to count by another one.",
    example: "{clock-jump: {host: alpha, by: 20m}}",
};
