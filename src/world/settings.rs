//! Durations and switches that a scenario may set. The table below is the only place that names them.

use crate::base::time::Span;
use crate::world::sm::generation::StorageManager;

/// How a setting is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SettingKind {
    /// One duration.
    Span,
    /// One duration, or `never`.
    SpanOrNever,
    /// A duration or a range of them.
    Range,
    /// A chance in percent.
    Chance,
    /// One of the storage manager's generations.
    StorageManager,
    /// `release` or `none`.
    MemoryOverhead,
}

/// One setting: how a scenario writes it, its default in the default release, and what it means.
#[derive(Clone, Copy, Debug)]
pub struct SettingDoc {
    /// The key in `settings:`.
    pub key: &'static str,
    /// What its value looks like.
    pub kind: SettingKind,
    /// The default of the default release, as a scenario would write it; [`Settings::of`] has that of each.
    pub default: &'static str,
    /// What it is, with its source.
    pub doc: &'static str,
}

/// Every setting there is.
pub const SETTINGS: &[SettingDoc] = &[
    SettingDoc {
        key: "storage-manager",
        kind: SettingKind::StorageManager,
        default: "g1",
        doc: "The generation of the storage manager: it alone decides the activation check and every form and text of `resetvdis.py`.",
    },
    SettingDoc {
        key: "heartbeat-interval",
        kind: SettingKind::Span,
        default: "30s",
        doc: "How often a member sends its heartbeat to the master (xapi_globs.ml, 6.0).",
    },
    SettingDoc {
        key: "heartbeat-jitter",
        kind: SettingKind::Span,
        default: "1s",
        doc: "How far behind its place on the fixed grid a heartbeat may be sent: each is late by a span from zero to this. Shorter than the interval.",
    },
    SettingDoc {
        key: "liveness-check",
        kind: SettingKind::Span,
        default: "30s",
        doc: "How often the master looks for hosts that have been silent too long (db_gc.ml).",
    },
    SettingDoc {
        key: "host-dead-after",
        kind: SettingKind::Span,
        default: "600s",
        doc: "The silence after which the master takes a host for dead, at its next liveness check (manual, member failures; host_assumed_dead_interval).",
    },
    SettingDoc {
        key: "database-sync",
        kind: SettingKind::Span,
        default: "300s",
        doc: "The master's pause between two database copies; each goes to one member in turn, so a given member is refreshed every 300 s times the number of members (pool_db_backup.ml).",
    },
    SettingDoc {
        key: "network-latency",
        kind: SettingKind::Range,
        default: "1ms..10ms",
        doc: "How long a packet of the management network takes.",
    },
    SettingDoc {
        key: "network-loss",
        kind: SettingKind::Chance,
        default: "0%",
        doc: "The chance that a heartbeat is lost; calls are repeated by TCP and so never are.",
    },
    SettingDoc {
        key: "connect-timeout",
        kind: SettingKind::Span,
        default: "20s",
        doc: "How long a connection to a machine that is off, cut off or hung is tried. A refused connection fails at once. No source gives this figure.",
    },
    SettingDoc {
        key: "role-change",
        kind: SettingKind::Span,
        default: "10s",
        doc: "The pause before xapi restarts in a new role (xapi_fuse.ml, fuse_time).",
    },
    SettingDoc {
        key: "xapi-start",
        kind: SettingKind::Span,
        default: "15s",
        doc: "How long xapi takes to start. No source gives this figure.",
    },
    SettingDoc {
        key: "host-boot",
        kind: SettingKind::Span,
        default: "3m",
        doc: "How long a machine takes from power-on until its toolstack starts. No source gives this figure.",
    },
    SettingDoc {
        key: "emergency-retry",
        kind: SettingKind::Span,
        default: "5s",
        doc: "How often a member that can't reach its master at its start tries again (xapi.ml, Pool.hello).",
    },
    SettingDoc {
        key: "emergency-restart",
        kind: SettingKind::Range,
        default: "60s..180s",
        doc: "How long a broken host waits before xapi restarts itself (xapi.ml, emergency_reboot_delay).",
    },
    SettingDoc { key: "command", kind: SettingKind::Span, default: "1s", doc: "How long a command takes that has no setting of its own." },
    SettingDoc {
        key: "vm-start",
        kind: SettingKind::Span,
        default: "5s",
        doc: "How long `xe vm-start` takes; the disks are opened and the domain starts at its end.",
    },
    SettingDoc { key: "vm-shutdown", kind: SettingKind::Span, default: "10s", doc: "How long a clean shutdown of a guest takes." },
    SettingDoc {
        key: "vm-migrate",
        kind: SettingKind::Span,
        default: "30s",
        doc: "How long a live migration takes; disks and domain change hands at its end.",
    },
    SettingDoc {
        key: "vm-suspend",
        kind: SettingKind::Span,
        default: "20s",
        doc: "How long the memory of a VM takes to be written to its image; the guest stands still meanwhile. No source gives this figure.",
    },
    SettingDoc {
        key: "vm-resume",
        kind: SettingKind::Span,
        default: "20s",
        doc: "How long `xe vm-resume` takes to read the memory back; the guest goes on at its end. No source gives this figure.",
    },
    SettingDoc {
        key: "coalesce",
        kind: SettingKind::Span,
        default: "1m",
        doc: "How long the SR's master takes to merge a disk that nobody needs any more into its parent. No source gives this figure: it hangs on how much was written. A leaf that is in use is paused for it, and that lasts 10 s at most (cleanup.py, LIVE_LEAF_COALESCE_TIMEOUT).",
    },
    SettingDoc { key: "reinstall", kind: SettingKind::Span, default: "20m", doc: "How long a fresh installation takes." },
    SettingDoc {
        key: "vm-grace",
        kind: SettingKind::Span,
        default: "10m",
        doc: "How long a VM may be down before `vm-down` is found; a VM's own `grace` goes before it.",
    },
    SettingDoc {
        key: "master-grace",
        kind: SettingKind::Span,
        default: "10m",
        doc: "How long a host may be without a master before `no-master` is found.",
    },
    SettingDoc {
        key: "memory-overhead",
        kind: SettingKind::MemoryOverhead,
        default: "release",
        doc: "What a VM takes of a host's memory beside its own: as in the release, or `none`. In 6.0 and 6.1 that is 2 MiB and 1 MiB for each 128 MiB of the VM and one more for its processor (xenops, memory.ml): 4131 MiB for a VM of 4GiB, so that it does not start on a host with 4GiB free.",
    },
    SettingDoc {
        key: "guest-gives-up-after",
        kind: SettingKind::SpanOrNever,
        default: "never",
        doc: "How long a guest waits for a write that its lost path holds back. Then the write fails, what was held back is lost for ever, and the guest has that disk read-only until it is started anew: it writes nothing more there, also when the path is back. In 6 storage is tried without end (nfs.py mounts without a limit), and so a guest waits for ever.",
    },
];

/// The settings of a run. Fields are the keys of [`SETTINGS`]; ranges include both ends.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the table SETTINGS says what each is, in the words that users see")]
pub struct Settings {
    pub storage_manager: StorageManager,
    pub heartbeat_interval: Span,
    pub heartbeat_jitter: Span,
    pub liveness_check: Span,
    pub host_dead_after: Span,
    pub database_sync: Span,
    pub network_latency: (Span, Span),
    /// In millionths.
    pub network_loss: u32,
    pub connect_timeout: Span,
    pub role_change: Span,
    pub xapi_start: Span,
    pub host_boot: Span,
    pub emergency_retry: Span,
    pub emergency_restart: (Span, Span),
    pub command: Span,
    pub vm_start: Span,
    pub vm_shutdown: Span,
    pub vm_migrate: Span,
    pub vm_suspend: Span,
    pub vm_resume: Span,
    pub coalesce: Span,
    pub reinstall: Span,
    pub vm_grace: Span,
    pub master_grace: Span,
    /// VMs take what the release reckons beside their memory.
    pub memory_overhead: bool,
    /// `None`: never.
    pub guest_gives_up_after: Option<Span>,
}

impl Settings {
    /// The field of a setting that is one duration; `None` for other kinds and unknown keys.
    pub fn span_mut(&mut self, key: &str) -> Option<&mut Span> {
        Some(match key {
            "heartbeat-interval" => &mut self.heartbeat_interval,
            "heartbeat-jitter" => &mut self.heartbeat_jitter,
            "liveness-check" => &mut self.liveness_check,
            "host-dead-after" => &mut self.host_dead_after,
            "database-sync" => &mut self.database_sync,
            "connect-timeout" => &mut self.connect_timeout,
            "role-change" => &mut self.role_change,
            "xapi-start" => &mut self.xapi_start,
            "host-boot" => &mut self.host_boot,
            "emergency-retry" => &mut self.emergency_retry,
            "command" => &mut self.command,
            "vm-start" => &mut self.vm_start,
            "vm-shutdown" => &mut self.vm_shutdown,
            "vm-migrate" => &mut self.vm_migrate,
            "vm-suspend" => &mut self.vm_suspend,
            "vm-resume" => &mut self.vm_resume,
            "coalesce" => &mut self.coalesce,
            "reinstall" => &mut self.reinstall,
            "vm-grace" => &mut self.vm_grace,
            "master-grace" => &mut self.master_grace,
            _ => return None,
        })
    }

    /// What a setting is, as a scenario would write it; `None` for unknown keys.
    pub fn shown(&self, key: &str) -> Option<String> {
        let mut own = self.clone();
        if let Some(span) = own.span_mut(key) {
            return Some(span.to_string());
        }
        if let Some((least, most)) = own.range_mut(key) {
            return Some(format!("{least}..{most}"));
        }
        match key {
            "network-loss" => Some(format!("{}.{:04}%", self.network_loss / 10_000, self.network_loss % 10_000)),
            "storage-manager" => Some(self.storage_manager.name().to_string()),
            "guest-gives-up-after" => Some(self.guest_gives_up_after.map_or_else(|| "never".into(), |span| span.to_string())),
            "memory-overhead" => Some(if self.memory_overhead { "release" } else { "none" }.to_string()),
            _ => None,
        }
    }

    /// The field of a setting that is a range; `None` for other kinds and unknown keys.
    pub fn range_mut(&mut self, key: &str) -> Option<&mut (Span, Span)> {
        Some(match key {
            "network-latency" => &mut self.network_latency,
            "emergency-restart" => &mut self.emergency_restart,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_and_the_defaults_agree() {
        let mut settings = Settings::default();
        for doc in SETTINGS {
            match doc.kind {
                SettingKind::Span => assert_eq!(*settings.span_mut(doc.key).unwrap(), Span::parse(doc.default).unwrap(), "{}", doc.key),
                SettingKind::Range => {
                    let (least, most) = doc.default.split_once("..").unwrap();
                    assert_eq!(
                        *settings.range_mut(doc.key).unwrap(),
                        (Span::parse(least).unwrap(), Span::parse(most).unwrap()),
                        "{}",
                        doc.key
                    );
                }
                SettingKind::SpanOrNever => assert_eq!((doc.default, settings.guest_gives_up_after), ("never", None)),
                SettingKind::Chance => assert_eq!(doc.default, "0%"),
                SettingKind::StorageManager => assert_eq!(doc.default, settings.storage_manager.name()),
                SettingKind::MemoryOverhead => assert_eq!((doc.default, settings.memory_overhead), ("release", true)),
            }
        }
    }
}
