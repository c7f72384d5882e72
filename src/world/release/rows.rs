//! The releases that are built, a row each: all that there is to say of one.

use super::differences::{Ha, HaBeat, Hosts, Locks, MemoryOverhead, Vms, Words};
use super::{Answers, Row, Version};
use crate::base::time::Span;
use crate::world::settings::Settings;
use crate::world::sm::generation::StorageManager;

/// What held in the times of XenServer 6.
pub const SETTINGS_6: Settings = Settings {
    storage_manager: StorageManager::G1,
    heartbeat_interval: Span::secs(30),
    heartbeat_jitter: Span::secs(1),
    liveness_check: Span::secs(30),
    host_dead_after: Span::secs(600),
    database_sync: Span::secs(300),
    network_latency: (Span::millis(1), Span::millis(10)),
    network_loss: 0,
    connect_timeout: Span::secs(20),
    role_change: Span::secs(10),
    xapi_start: Span::secs(15),
    host_boot: Span::mins(3),
    emergency_retry: Span::secs(5),
    emergency_restart: (Span::secs(60), Span::secs(180)),
    command: Span::secs(1),
    vm_start: Span::secs(5),
    vm_shutdown: Span::secs(10),
    vm_migrate: Span::secs(30),
    reinstall: Span::mins(20),
    vm_grace: Span::mins(10),
    master_grace: Span::mins(10),
    memory_overhead: true,
    guest_gives_up_after: None,
};

/// The manual of XenServer 6.
pub const MANUAL_6: Row = Row {
    name: "manual-6",
    doc: "The XenServer 6 administrator's manual taken at its word; where it is silent, the code of XenServer 6.0 speaks.",
    code: Version(6, 0),
    settings: SETTINGS_6,
    answers: Answers {
        hosts: Hosts {
            forget_halts_vms: true,
            forget_self_is_live: false,
            fresh_master_doubts_members: true,
            shutdown_command_marks_dead: true,
        },
        locks: Locks { forget_clears_locks: false, resetvdis_knows_forgotten_hosts: true, resetvdis_needs_master_word: true },
        vms: Vms { resync_steals_record: true, memory_overhead: MemoryOverhead::ShadowPages },
        ha: Ha { ha_beat: HaBeat::TenthOfTimeout, plans_by_counting_places: false },
        words: Words { delay_in_whole_seconds: true },
    },
};
