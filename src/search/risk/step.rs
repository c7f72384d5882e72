//! Steps that no file has: what happens tonight, and what is then done.

use crate::base::ids::MachineId;
use crate::base::time::Span;
use crate::scenario::model::{Deed, Step, When};

pub(super) fn step(id: &str, deed: Deed, when: When, host: MachineId) -> Step {
    let id = id.to_string();
    Step {
        key: id.clone(),
        id: Some(id),
        line: 0,
        when,
        guard: None,
        deed,
        host,
        stdin: None,
        timeout: Span::mins(2),
        expect: None,
        capture: None,
    }
}
