//! Generation G1b: the storage manager of 6.1 with hotfix XS61E015 and of 6.2's line (docs/model/locks.md §11). A newer
//! `resetvdis.py` beside the check of G1.

use super::later::{Check, Later, Unknown};

/// The generation.
pub const G1B: Later = Later {
    name: "g1b",
    doc: "G1b, of 6.1 with hotfix XS61E015 and of 6.2, has `resetvdis.py all` and `single` and the word `--master`, and checks as G1.",
    check: Check::AnyRwRefuses,
    unknown: Unknown::Stays,
    marks: false,
    undo_unpauses: false,
    nothing: |_| "VDI is not marked as attached anywhere, nothing to do".into(),
    python: "in ?",
    refused: "socket.error: (111, 'Connection refused')",
};
