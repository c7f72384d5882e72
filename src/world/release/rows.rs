//! The releases that are built, a row each: all that there is to say of one.

use super::differences::{Evacuation, Failover, Ha, HaBeat, Hosts, Locks, MemoryOverhead, Storage, Vms, Words};
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
    vm_suspend: Span::secs(20),
    vm_resume: Span::secs(20),
    coalesce: Span::mins(1),
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
            stopping_xapi_marks_dead: false,
            promotes_masters: true,
            going_down_refuses_guests: false,
            disable_may_last: false,
        },
        evacuation: Evacuation {
            evacuate_takes_selectors: false,
            evacuate_hides_reasons: false,
            evacuate_names_unprotected: false,
            evacuate_minds_operations: false,
            evacuate_passes_over_stopped: false,
        },
        locks: Locks {
            forget_clears_locks: false,
            resetvdis_knows_forgotten_hosts: true,
            start_clears_leaked_locks: false,
            resetvdis_needs_master_word: true,
        },
        vms: Vms { resync_steals_record: true, autostart_waits_longer: false, memory_overhead: MemoryOverhead::ShadowPages },
        ha: Ha { ha_beat: HaBeat::TenthOfTimeout, plans_by_counting_places: false },
        failover: Failover { emergency_disable_excludes: false, emergency_disable_may_be_soft: false, best_effort_retries: 0 },
        storage: Storage { introduce_asks_for_driver: true, introduce_names_the_uuid: false },
        words: Words { delay_in_whole_seconds: true, remove_names_the_key: false },
    },
};

/// XenServer 6.0: where the manual and the code part ways, the code.
pub const XENSERVER_6_0: Row = Row {
    name: "xenserver-6.0",
    doc: "XenServer 6.0 as its code has it, also where the manual says something else.",
    code: Version(6, 0),
    settings: SETTINGS_6,
    answers: Answers {
        hosts: Hosts { forget_halts_vms: false, going_down_refuses_guests: true, ..MANUAL_6.answers.hosts },
        evacuation: Evacuation { evacuate_hides_reasons: true, ..MANUAL_6.answers.evacuation },
        locks: Locks { resetvdis_knows_forgotten_hosts: false, resetvdis_needs_master_word: false, ..MANUAL_6.answers.locks },
        ..MANUAL_6.answers
    },
};

/// XenServer 6.2, before its hotfixes.
pub const XENSERVER_6_2: Row = Row {
    name: "xenserver-6.2",
    doc: "XenServer 6.2 as its code has it, without the hotfixes that came later.",
    code: Version(6, 2),
    settings: Settings { storage_manager: StorageManager::G1b, ..SETTINGS_6 },
    answers: Answers {
        hosts: Hosts {
            forget_self_is_live: true,
            shutdown_command_marks_dead: false,
            stopping_xapi_marks_dead: true,
            going_down_refuses_guests: false,
            ..XENSERVER_6_0.answers.hosts
        },
        evacuation: Evacuation { evacuate_takes_selectors: true, ..XENSERVER_6_0.answers.evacuation },
        locks: Locks { forget_clears_locks: true, start_clears_leaked_locks: true, ..XENSERVER_6_0.answers.locks },
        storage: Storage { introduce_asks_for_driver: false, introduce_names_the_uuid: false },
        words: Words { delay_in_whole_seconds: false, ..XENSERVER_6_0.answers.words },
        ..XENSERVER_6_0.answers
    },
};

/// XCP-ng 8.3.
pub const XCP_NG_8_3: Row = Row {
    name: "xcp-ng-8.3",
    doc: "XCP-ng 8.3 as its code has it; the texts of errors are those of XenServer 6.",
    code: Version(8, 3),
    settings: Settings { storage_manager: StorageManager::G4, ..SETTINGS_6 },
    answers: Answers {
        hosts: Hosts { fresh_master_doubts_members: false, promotes_masters: false, disable_may_last: true, ..XENSERVER_6_2.answers.hosts },
        evacuation: Evacuation {
            evacuate_hides_reasons: false,
            evacuate_names_unprotected: true,
            evacuate_minds_operations: true,
            evacuate_passes_over_stopped: true,
            ..XENSERVER_6_2.answers.evacuation
        },
        vms: Vms { resync_steals_record: false, autostart_waits_longer: true, memory_overhead: MemoryOverhead::ShadowPagesAndMore },
        ha: Ha { ha_beat: HaBeat::ThreeSeconds, plans_by_counting_places: true },
        failover: Failover { emergency_disable_excludes: true, emergency_disable_may_be_soft: true, best_effort_retries: 2 },
        storage: Storage { introduce_asks_for_driver: false, introduce_names_the_uuid: true },
        words: Words { remove_names_the_key: true, ..XENSERVER_6_2.answers.words },
        ..XENSERVER_6_2.answers
    },
};
