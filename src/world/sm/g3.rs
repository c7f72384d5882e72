//! Generation G3: the storage manager of 7.x (docs/model/locks.md §11). Keys of hosts that the pool does not know are removed
//! wherever they are met.

use super::later::{Check, Later, Unknown, nothing_of};

/// The generation.
pub const G3: Later = Later {
    name: "g3",
    doc: "G3, of 7.x, asks as G2 does, and removes the locks of hosts that the pool does not know.",
    check: Check::AsksHolders { dies_of_unknown: false },
    unknown: Unknown::Goes,
    marks: false,
    undo_unpauses: true,
    nothing: nothing_of,
    python: "in <module>",
    refused: "socket.error: [Errno 111] Connection refused",
};
