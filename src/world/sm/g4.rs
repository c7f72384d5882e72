//! Generation G4: the storage manager of 8.x and of XCP-ng 8.3 (docs/model/locks.md §11). A disk is marked `activating` while it
//! is opened, and `relinking` while its chain is changed; marks that nobody takes away again stay for ever.

use super::later::{Check, Later, Unknown, nothing_of};

/// The generation.
pub const G4: Later = Later {
    name: "g4",
    doc: "G4, of 8.x and XCP-ng 8.3, asks as G3 does and marks a disk while it is opened: a mark that is left behind keeps everybody out.",
    check: Check::AsksHolders { dies_of_unknown: false },
    unknown: Unknown::Goes,
    marks: true,
    undo_unpauses: true,
    nothing: nothing_of,
    python: "in <module>",
    refused: "ConnectionRefusedError: [Errno 111] Connection refused",
};
