//! A release that never was: the proof that a row is all that a release takes. Only tests have it; `cli::toy_tests` holds
//! that it reaches everything.

use super::differences::{Hosts, Locks};
use super::rows::{MANUAL_6, SETTINGS_6};
use super::{Answers, Row, Version};
use crate::base::time::Span;
use crate::world::settings::Settings;

/// The manual's release with two other answers, a later code and another setting.
pub const TOY: Row = Row {
    name: "toy-1",
    doc: "A release that never was: its forget refuses while there are VMs, and clears the locks.",
    code: Version(7, 0),
    settings: Settings { host_dead_after: Span::secs(200), ..SETTINGS_6 },
    answers: Answers {
        hosts: Hosts { forget_halts_vms: false, ..MANUAL_6.answers.hosts },
        locks: Locks { forget_clears_locks: true, ..MANUAL_6.answers.locks },
        ..MANUAL_6.answers
    },
};
