//! The command words that `xe` of XenServer 6.0 knows, built here or not: who types one of these has not mistyped it. Those of
//! later releases stand in `known`.

/// The words of 6.0's own table, hidden ones too (cli_frontend.ml, cmdtable_data), in the order of the alphabet.
#[rustfmt::skip]
pub(super) const OWN: &[&str] = &[
    "appliance-assert-can-be-recovered", "appliance-create", "appliance-destroy", "appliance-recover", "appliance-shutdown",
    "appliance-start", "audit-log-get", "bond-create", "bond-destroy", "bond-set-mode", "cd-list", "console", "diagnostic-compact",
    "diagnostic-db-log", "diagnostic-db-stats", "diagnostic-gc-stats", "diagnostic-license-status", "diagnostic-timing-stats",
    "diagnostic-vdi-status", "diagnostic-vm-status", "drtask-create", "drtask-destroy", "event-wait", "host-all-editions",
    "host-apply-edition", "host-backup", "host-bugreport-upload", "host-call-plugin", "host-compute-free-memory",
    "host-compute-memory-overhead", "host-cpu-info", "host-crashdump-destroy", "host-crashdump-upload", "host-data-source-forget",
    "host-data-source-list", "host-data-source-query", "host-data-source-record", "host-disable", "host-disable-external-auth",
    "host-disable-local-storage-caching", "host-dmesg", "host-emergency-ha-disable", "host-emergency-management-reconfigure",
    "host-enable", "host-enable-external-auth", "host-enable-local-storage-caching", "host-evacuate", "host-forget",
    "host-get-cpu-features", "host-get-server-certificate", "host-get-sm-diagnostics", "host-get-system-status",
    "host-get-system-status-capabilities", "host-get-thread-diagnostics", "host-get-uncooperative-vms",
    "host-get-vms-which-prevent-evacuation", "host-ha-xapi-healthcheck", "host-is-in-emergency-mode", "host-license-add",
    "host-license-view", "host-logs-download", "host-management-disable", "host-management-reconfigure", "host-notify",
    "host-power-on", "host-reboot", "host-refresh-pack-info", "host-reset-cpu-features", "host-restore",
    "host-retrieve-wlb-evacuate-recommendations", "host-send-debug-keys", "host-set-cpu-features", "host-set-hostname-live",
    "host-set-power-on-mode", "host-shutdown", "host-shutdown-agent", "host-signal-networking-change", "host-sm-dp-destroy",
    "host-sync-data", "host-syslog-reconfigure", "log-get", "log-get-keys", "log-reopen", "log-set-output", "message-create",
    "message-destroy", "network-attach", "network-create", "network-destroy", "patch-apply", "patch-clean", "patch-destroy",
    "patch-pool-apply", "patch-precheck", "patch-upload", "pbd-create", "pbd-destroy", "pbd-plug", "pbd-unplug", "pif-db-forget",
    "pif-forget", "pif-introduce", "pif-plug", "pif-reconfigure-ip", "pif-scan", "pif-unplug", "pool-certificate-install",
    "pool-certificate-list", "pool-certificate-sync", "pool-certificate-uninstall", "pool-crl-install", "pool-crl-list",
    "pool-crl-uninstall", "pool-deconfigure-wlb", "pool-designate-new-master", "pool-disable-binary-storage",
    "pool-disable-external-auth", "pool-disable-local-storage-caching", "pool-disable-redo-log", "pool-dump-database", "pool-eject",
    "pool-emergency-reset-master", "pool-emergency-transition-to-master", "pool-enable-binary-storage", "pool-enable-external-auth",
    "pool-enable-local-storage-caching", "pool-enable-redo-log", "pool-ha-compute-hypothetical-max-host-failures-to-tolerate",
    "pool-ha-compute-max-host-failures-to-tolerate", "pool-ha-compute-vm-failover-plan", "pool-ha-disable", "pool-ha-enable",
    "pool-ha-prevent-restarts-for", "pool-initialize-wlb", "pool-join", "pool-recover-slaves", "pool-restore-database",
    "pool-retrieve-wlb-configuration", "pool-retrieve-wlb-diagnostics", "pool-retrieve-wlb-recommendations",
    "pool-retrieve-wlb-report", "pool-send-test-post", "pool-send-wlb-configuration", "pool-set-vswitch-controller",
    "pool-sync-database", "pool-vlan-create", "regenerate-built-in-templates", "secret-create", "secret-destroy",
    "session-subject-identifier-list", "session-subject-identifier-logout", "session-subject-identifier-logout-all",
    "snapshot-clone", "snapshot-copy", "snapshot-destroy", "snapshot-disk-list", "snapshot-export-to-template",
    "snapshot-reset-powerstate", "snapshot-revert", "snapshot-uninstall", "sr-create", "sr-destroy",
    "sr-disable-database-replication", "sr-enable-database-replication", "sr-forget", "sr-introduce", "sr-probe", "sr-scan",
    "sr-update", "subject-add", "subject-remove", "subject-role-add", "subject-role-remove", "task-cancel", "template-export",
    "template-uninstall", "tunnel-create", "tunnel-destroy", "update-upload", "user-password-change", "vbd-create", "vbd-destroy",
    "vbd-eject", "vbd-insert", "vbd-pause", "vbd-plug", "vbd-unpause", "vbd-unplug", "vdi-clone", "vdi-copy", "vdi-create",
    "vdi-destroy", "vdi-forget", "vdi-generate-config", "vdi-import", "vdi-introduce", "vdi-resize", "vdi-snapshot", "vdi-unlock",
    "vdi-update", "vgpu-create", "vgpu-destroy", "vif-create", "vif-destroy", "vif-plug", "vif-unplug", "vlan-create",
    "vlan-destroy", "vm-assert-can-be-recovered", "vm-cd-add", "vm-cd-eject", "vm-cd-insert", "vm-cd-list", "vm-cd-remove",
    "vm-checkpoint", "vm-clone", "vm-compute-maximum-memory", "vm-compute-memory-overhead", "vm-copy", "vm-copy-bios-strings",
    "vm-crashdump-list", "vm-create", "vm-data-source-forget", "vm-data-source-list", "vm-data-source-query",
    "vm-data-source-record", "vm-destroy", "vm-disk-add", "vm-disk-list", "vm-disk-remove", "vm-export", "vm-import", "vm-install",
    "vm-is-bios-customized", "vm-memory-balloon", "vm-memory-dynamic-range-set", "vm-memory-limits-set",
    "vm-memory-shadow-multiplier-set", "vm-memory-static-range-set", "vm-memory-target-set", "vm-memory-target-wait", "vm-migrate",
    "vm-pause", "vm-reboot", "vm-recover", "vm-reset-powerstate", "vm-resume", "vm-retrieve-wlb-recommendations", "vm-shutdown",
    "vm-snapshot", "vm-snapshot-with-quiesce", "vm-start", "vm-suspend", "vm-uninstall", "vm-unpause", "vm-vcpu-hotplug",
    "vm-vif-list", "vmpp-create", "vmpp-destroy",
];

/// The words that 6.0 makes for each class of records (cli_operations.ml, gen_cmds; records.ml says what can be set, added to and
/// cleared): -list, -param-list, -param-get, and as it may be -param-set, -param-add, -param-remove, -param-clear.
#[rustfmt::skip]
pub(super) const MADE: &[&str] = &[
    "appliance-list", "appliance-param-clear", "appliance-param-get", "appliance-param-list", "appliance-param-set", "bond-list",
    "bond-param-get", "bond-param-list", "console-list", "console-param-add", "console-param-clear", "console-param-get",
    "console-param-list", "console-param-remove", "console-param-set", "drtask-list", "drtask-param-get", "drtask-param-list",
    "gpu-group-list", "gpu-group-param-add", "gpu-group-param-clear", "gpu-group-param-get", "gpu-group-param-list",
    "gpu-group-param-remove", "gpu-group-param-set", "host-cpu-list", "host-cpu-param-get", "host-cpu-param-list",
    "host-crashdump-list", "host-crashdump-param-get", "host-crashdump-param-list", "host-list", "host-param-add",
    "host-param-clear", "host-param-get", "host-param-list", "host-param-remove", "host-param-set", "message-list",
    "message-param-get", "message-param-list", "network-list", "network-param-add", "network-param-clear", "network-param-get",
    "network-param-list", "network-param-remove", "network-param-set", "patch-list", "patch-param-clear", "patch-param-get",
    "patch-param-list", "pbd-list", "pbd-param-add", "pbd-param-clear", "pbd-param-get", "pbd-param-list", "pbd-param-remove",
    "pbd-param-set", "pgpu-list", "pgpu-param-add", "pgpu-param-clear", "pgpu-param-get", "pgpu-param-list", "pgpu-param-remove",
    "pgpu-param-set", "pif-list", "pif-param-add", "pif-param-clear", "pif-param-get", "pif-param-list", "pif-param-remove",
    "pif-param-set", "pool-list", "pool-param-add", "pool-param-clear", "pool-param-get", "pool-param-list", "pool-param-remove",
    "pool-param-set", "role-list", "role-param-get", "role-param-list", "secret-list", "secret-param-clear", "secret-param-get",
    "secret-param-list", "secret-param-set", "sm-list", "sm-param-get", "sm-param-list", "snapshot-list", "snapshot-param-add",
    "snapshot-param-clear", "snapshot-param-get", "snapshot-param-list", "snapshot-param-remove", "snapshot-param-set", "sr-list",
    "sr-param-add", "sr-param-clear", "sr-param-get", "sr-param-list", "sr-param-remove", "sr-param-set", "subject-list",
    "subject-param-clear", "subject-param-get", "subject-param-list", "task-list", "task-param-get", "task-param-list",
    "template-list", "template-param-add", "template-param-clear", "template-param-get", "template-param-list",
    "template-param-remove", "template-param-set", "tunnel-list", "tunnel-param-add", "tunnel-param-clear", "tunnel-param-get",
    "tunnel-param-list", "tunnel-param-remove", "tunnel-param-set", "vbd-list", "vbd-param-add", "vbd-param-clear", "vbd-param-get",
    "vbd-param-list", "vbd-param-remove", "vbd-param-set", "vdi-list", "vdi-param-add", "vdi-param-clear", "vdi-param-get",
    "vdi-param-list", "vdi-param-remove", "vdi-param-set", "vgpu-list", "vgpu-param-add", "vgpu-param-clear", "vgpu-param-get",
    "vgpu-param-list", "vgpu-param-remove", "vgpu-param-set", "vif-list", "vif-param-add", "vif-param-clear", "vif-param-get",
    "vif-param-list", "vif-param-remove", "vif-param-set", "vlan-list", "vlan-param-get", "vlan-param-list", "vm-list",
    "vm-param-add", "vm-param-clear", "vm-param-get", "vm-param-list", "vm-param-remove", "vm-param-set", "vmpp-list",
    "vmpp-param-add", "vmpp-param-clear", "vmpp-param-get", "vmpp-param-list", "vmpp-param-remove", "vmpp-param-set",
];

/// Whether `xe` of 6.0 knows a word.
pub(super) fn known_in_6(word: &str) -> bool {
    OWN.binary_search(&word).is_ok() || MADE.binary_search(&word).is_ok()
}
