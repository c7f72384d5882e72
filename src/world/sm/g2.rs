//! Generation G2: the storage manager of 6.2's hotfixes and of 6.5 (docs/model/locks.md §11). Whoever opens a disk asks the
//! holders of its keys first.

use super::later::{Check, Later, Unknown, nothing_of};

/// The generation. Its check dies of a host that is unknown: the script that it calls has not imported what it needs by
/// then. Typed by hand the same script says what is the matter.
pub const G2: Later = Later {
    name: "g2",
    doc: "G2, of 6.2's hotfixes and of 6.5, asks the holder of a lock whether it has the disk open, and removes the lock if not.",
    check: Check::AsksHolders { dies_of_unknown: true },
    unknown: Unknown::Stays,
    marks: false,
    undo_unpauses: false,
    nothing: nothing_of,
    python: "in ?",
    refused: "socket.error: (111, 'Connection refused')",
};
