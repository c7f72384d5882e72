//! The membership daemon of HA dies. The move is the world's, beside the others that it makes of the daemon.

use super::FaultDoc;

pub const XHAD_CRASH: FaultDoc = FaultDoc {
    name: "xhad-crash",
    undone_by: "",
    doc: "The membership daemon of HA, xhad, aborts, and nobody feeds its watchdogs any more: it could not disarm them, and nothing can without it, neither `pool-ha-disable` nor `host-emergency-ha-disable`. The hypervisor resets the machine when the shorter one runs out, with T = 60 s a minute after the last heartbeat. Until then xapi and the guests go on, while the other hosts hear nothing and treat it as any death. Only a starting xapi starts xhad again, and that feeds no old watchdog. A daemon that aborts before `pool-ha-enable` is done makes that fail with INTERNAL_ERROR (`Unrecognised MTC exit code: 134`); the machine is reset all the same. No effect where no daemon runs, or where domain 0 hangs.",
    example: "{xhad-crash: beta}",
};
