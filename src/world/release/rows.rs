//! The releases that are built, a row each: all that there is to say of one.

use super::differences::{Ha, HaBeat, Hosts, Locks, Vms, Words};
use super::{Answers, Row, Version};
use crate::world::settings::Settings;

/// The manual of XenServer 6.
pub const MANUAL_6: Row = Row {
    name: "manual-6",
    doc: "The XenServer 6 administrator's manual taken at its word; where it is silent, the code of XenServer 6.0 speaks.",
    code: Version(6, 0),
    settings: Settings::OF_6,
    answers: Answers {
        hosts: Hosts {
            forget_halts_vms: true,
            forget_self_is_live: false,
            fresh_master_doubts_members: true,
            shutdown_command_marks_dead: true,
        },
        locks: Locks { forget_clears_locks: false, resetvdis_knows_forgotten_hosts: true, resetvdis_needs_master_word: true },
        vms: Vms { resync_steals_record: true },
        ha: Ha { ha_beat: HaBeat::TenthOfTimeout, plans_by_counting_places: false },
        words: Words { delay_in_whole_seconds: true },
    },
};
