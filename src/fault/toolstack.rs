//! xapi stops, and starts. The moves are the world's, since commands make them too.

use super::FaultDoc;

pub const TOOLSTACK_STOP: FaultDoc = FaultDoc {
    name: "toolstack-stop",
    undone_by: "toolstack-start",
    doc: "The toolstack, xapi, stops; domains run on. A connection to it is refused at once, and so the master takes the host for dead as soon as somebody asks, though its guests write on.",
    example: "{toolstack-stop: beta}",
};

pub const TOOLSTACK_START: FaultDoc = FaultDoc {
    name: "toolstack-start",
    undone_by: "",
    doc: "The toolstack, xapi, starts again. It sets the records of the VMs that it finds running, adds their missing locks and removes its own stale ones; it does not plug PBDs again.",
    example: "{toolstack-start: beta}",
};
