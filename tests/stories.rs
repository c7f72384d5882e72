//! Stories through one door: what is refused, and which step of which line makes which hazard.

mod common;
mod story;

use story::check;

#[test]
fn a_host_that_answers_is_not_forgotten() {
    check(
        "
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}}
  vms: {db: {running-on: beta}}
recovery:
  at: 1m
  steps:
    - run: xe host-forget uuid=$beta --force # refused HOST_IS_LIVE
    - run: xe host-forget uuid=$alpha --force # refused HOST_IS_LIVE
    - run: xe vm-reset-powerstate vm=db --force # refused HOST_IS_LIVE
",
    );
}

/// The master never asks again whom it holds for dead: a host that is well passes as dead.
#[test]
fn a_stopped_toolstack_passes_for_death_and_its_guest_gets_a_twin() {
    check(
        "
until: 20m
pool:
  hosts: [alpha, beta, gamma]
  storage: {nfs1: {type: nfs}}
  vms: {db: {running-on: beta}}
timeline:
  - {at: 1m, fault: {toolstack-stop: beta}} # hazard presumed-dead-alive beta
recovery:
  pace: 10s
  steps:
    - run: xe vm-start vm=db on=gamma # refused VM_BAD_POWER_STATE
    - run: xe vm-reset-powerstate vm=db --force # hazard vm-runs-unseen db
    - run: xe vm-start vm=db on=gamma # refused SR_BACKEND_FAILURE_46
    - run: /opt/xensource/sm/resetvdis.py $beta $nfs1 # hazard unprotected-disk db-root
    - run: xe vm-start vm=db on=gamma # hazard vm-runs-twice db, hazard double-attach db-root, hazard double-writer db-root
",
    );
}

#[test]
fn a_dead_host_by_the_book() {
    check(
        "
pool:
  hosts: [alpha, beta, gamma]
  storage: {nfs1: {type: nfs}}
  vms: {db: {running-on: beta}}
timeline:
  - {at: 1m, fault: {crash: beta}}
recovery:
  pace: 10s
  steps:
    - act: {power-off: beta}
    - run: xe host-forget uuid=$beta --force
    - run: xe vm-start vm=db on=gamma # refused SR_BACKEND_FAILURE_46
    - run: /opt/xensource/sm/resetvdis.py $beta $nfs1
    - run: xe vm-start vm=db on=gamma
    - run: xe host-list name-label=beta --minimal
",
    );
}

#[test]
fn members_hang_without_a_master_and_emergency_mode_comes_with_a_restart() {
    check(
        "
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}}
timeline:
  - {at: 1m, fault: {crash: alpha}}
recovery:
  host: beta
  pace: 10s
  steps:
    - run: xe pool-list # hangs
    - run: xe host-is-in-emergency-mode
    - run: xe-toolstack-restart
    - {after: 1m, run: xe pool-list} # refused INTERNAL_ERROR
    - run: xe host-is-in-emergency-mode
",
    );
}

#[test]
fn a_disabled_host_gets_no_vm_and_only_a_disabled_host_goes_down() {
    check(
        "
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}}
  vms: {db: }
recovery:
  at: 1m
  steps:
    - run: xe host-shutdown host=beta # refused HOST_NOT_DISABLED
    - run: xe host-disable host=beta
    - run: xe vm-start vm=db on=beta # refused HOST_DISABLED
    - run: xe host-shutdown host=beta
    - {after: 1m, run: xe vm-start vm=db on=beta} # refused HOST_NOT_LIVE
    - run: xe host-enable host=beta # refused HOST_OFFLINE
    - run: xe pool-sync-database # refused HOST_OFFLINE
    - run: xe pool-designate-new-master host-uuid=$beta # refused HOST_OFFLINE
",
    );
}

/// docs/model/guests-and-disks.md §1: a VM of 4GiB takes 4131 MiB, unless the file says that it takes no more than its own.
#[test]
fn a_vm_takes_more_than_its_memory() {
    let story = |settings: &str, memory: &str, says: &str| {
        check(&format!(
            "
{settings}pool:
  hosts: {{alpha: {{memory: {memory}}}}}
  storage: {{nfs1: {{type: nfs}}}}
  vms: {{big: {{memory: 4GiB}}}}
recovery:
  at: 1m
  steps:
    - run: xe vm-start vm=big on=alpha{says}
"
        ));
    };
    let refused = " # refused HOST_NOT_ENOUGH_FREE_MEMORY";
    story("", "4GiB", refused);
    story("", "4130MiB", refused);
    story("", "4131MiB", "");
    story("settings: {memory-overhead: release}\n", "4130MiB", refused);
    story("settings: {memory-overhead: none}\n", "4GiB", "");
    story("settings: {memory-overhead: none}\n", "4095MiB", refused);
}

#[test]
fn one_disk_and_two_vms() {
    check(
        "
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}}
  vms:
    db: {running-on: beta}
    backup: {disks: {peek: {vdi: db-root, mode: ro}}}
recovery:
  at: 1m
  steps:
    - run: xe vm-start vm=backup on=alpha # refused VDI_IN_USE
    - run: xe vm-shutdown vm=db
    - run: xe vm-start vm=backup on=alpha
    - run: xe vm-start vm=db on=alpha # refused VDI_IN_USE
",
    );
}

/// Once made anew, local storage has nothing left to lose; and who has none loses none.
#[test]
fn what_lay_on_local_storage_goes_once() {
    check(
        "
pool:
  hosts: [alpha, beta, gamma]
  storage:
    nfs1: {type: nfs}
    local1: {type: lvm, host: beta}
  vms:
    db: {running-on: alpha}
    ledger: {disks: {root: {sr: local1}}}
    mail: {disks: {root: {sr: nfs1}, spool: {sr: local1}}}
recovery:
  at: 1m
  steps:
    - run: xe pool-eject host-uuid=$gamma --force
    - run: echo no | xe pool-eject host-uuid=$beta
    - run: xe pool-eject host-uuid=$beta --force # hazard data-destroyed ledger-root, hazard data-destroyed mail-spool
    - {after: 10m, act: {reinstall: beta}}
",
    );
    check(
        "
pool:
  hosts: [alpha, beta, gamma]
  storage:
    nfs1: {type: nfs}
    local1: {type: lvm, host: beta}
  vms:
    db: {running-on: alpha}
    ledger: {disks: {root: {sr: local1}}}
timeline:
  - {at: 1m, fault: {crash: beta}}
recovery:
  at: 20m
  steps:
    - run: xe host-forget uuid=$beta --force
    - {act: {reinstall: beta}} # hazard data-destroyed ledger-root
    - {act: {reinstall: beta}}
",
    );
}

/// What hangs on a VM keeps it busy; whoever comes second waits for two hours, and is refused then.
#[test]
fn a_vm_that_stays_busy_is_given_up_after_two_hours() {
    check(
        "
until: 5h
pool:
  hosts: [alpha, beta]
  storage: {fc1: {type: lvmohba}}
  vms: {db: {running-on: beta}}
timeline:
  - {at: 5m, fault: {storage-loss: {host: beta, sr: fc1, io: hang}}}
recovery:
  at: 10m
  steps:
    - run: xe vm-shutdown vm=db --force # hangs
operators:
  anna:
    - {at: 11m, timeout: 1h, run: xe vm-shutdown vm=db --force} # hangs
  bob:
    - {at: 11m, timeout: 3h, run: xe vm-shutdown vm=db --force} # refused OTHER_OPERATION_IN_PROGRESS
",
    );
}

/// docs/model/guests-and-disks.md §11: a reboot from inside closes and opens the disks; over another host's key it ends halted.
#[test]
fn a_reboot_from_inside_is_a_start_over_the_same_locks() {
    check(
        "
pool:
  hosts: [alpha, beta, gamma]
  storage: {nfs1: {type: nfs}}
  vms: {db: {running-on: beta, disks: {root: {locks: {gamma: rw, beta: rw}}}}}
timeline:
  - {at: 1m, act: {guest-reboot: db}}
recovery:
  at: 2m
  steps:
    - run: xe vm-shutdown vm=db --force # refused VM_BAD_POWER_STATE
    - run: xe vm-start vm=db on=beta # refused SR_BACKEND_FAILURE_46
    - run: /opt/xensource/sm/resetvdis.py $gamma $nfs1
    - run: xe vm-start vm=db on=beta
",
    );
}

/// The second domain of a VM is nobody's: what is left of it when it dies keeps its disk open, until its host loses power; the
/// first is cleared away like any other. Both starts open the disk beside beta, either would do for the double attachment, and
/// what it hangs on is the release of the lock.
#[test]
fn a_second_domain_that_dies_is_cleared_away_by_nobody() {
    check(
        "
until: 30m
pool:
  hosts: [alpha, beta, gamma]
  storage: {nfs1: {type: nfs}}
  vms: {db: {running-on: beta}}
timeline:
  - {at: 1m, fault: {toolstack-stop: beta}}
recovery:
  pace: 10s
  steps:
    - run: xe vm-reset-powerstate vm=db --force # hazard vm-runs-unseen db
    - run: /opt/xensource/sm/resetvdis.py $beta $nfs1 # hazard unprotected-disk db-root, hazard double-attach db-root, hazard double-writer db-root
    - run: xe vm-start vm=db on=gamma # hazard vm-runs-twice db
    - {after: 1m, fault: {vm-crash: db}}
    - run: xe vm-start vm=db on=gamma
    - act: {power-off: beta}
    - run: xe vm-shutdown vm=db --force
    - run: xe vm-start vm=db on=alpha
",
    );
}

/// docs/model/guests-and-disks.md §11: a guest that waits for its disk, or hangs, does not stop by being told so from inside.
#[test]
fn a_guest_that_waits_or_hangs_does_not_shut_itself_down() {
    check(
        "
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}}
  vms: {db: {running-on: beta}, web: {running-on: beta}}
timeline:
  - {at: 1m, fault: {storage-loss: {host: beta, sr: nfs1}}, for: 1m}
  - {at: 1m30s, act: {guest-shutdown: db}} # fails
  - {at: 3m, fault: {vm-hang: web}}
  - {at: 4m, act: {guest-reboot: web}} # fails
  - {at: 4m, act: {guest-shutdown: db}}
  - {at: 5m, run: xe vm-shutdown vm=db} # refused VM_BAD_POWER_STATE
",
    );
}

/// docs/model/members-and-masters.md §2: while its members count as dead, a master lets pass what is meant for dead hosts. A jump on
/// a member does nothing, nor does one that is too short.
#[test]
fn a_master_whose_clock_jumps_lets_a_reset_pass() {
    check(
        "
until: 20m
pool:
  hosts: [alpha, beta, gamma]
  storage: {nfs1: {type: nfs}}
  vms: {db: {running-on: beta}}
timeline:
  - {at: 4m, fault: {clock-jump: {host: beta, by: 1h}}}
  - {at: 5m, fault: {clock-jump: {host: alpha, by: 9m}}}
  - {at: 8m, fault: {clock-jump: {host: alpha, by: 20m}}} # hazard presumed-dead-alive beta
recovery:
  steps:
    - {at: 6m, run: xe vm-reset-powerstate vm=db --force} # refused HOST_IS_LIVE
    - {wait-for: {host: beta, live: false}, run: xe vm-reset-powerstate vm=db --force} # hazard vm-runs-unseen db
",
    );
}

/// docs/model/evacuation.md: nothing moves unless everything can.
#[test]
fn a_host_is_emptied_or_left_as_it_is() {
    check(
        "
pool:
  hosts: [alpha, beta, gamma]
  storage: {nfs1: {type: nfs}, local-beta: {type: ext, host: beta}}
  vms: {db: {running-on: beta}, tool: {running-on: beta, disks: {root: {sr: local-beta}}}}
recovery:
  at: 1m
  pace: 10s
  steps:
    - run: xe host-evacuate uuid=$beta # refused VM_REQUIRES_SR
    - run: xe vm-shutdown vm=tool
    - run: xe host-disable host=alpha
    - run: xe host-disable host=gamma
    - run: xe host-evacuate uuid=$beta # refused NO_HOSTS_AVAILABLE
    - run: xe host-enable host=gamma
    - run: xe host-evacuate uuid=$beta
    - run: xe host-evacuate uuid=$db # refused UUID_INVALID
    - run: xe host-get-vms-which-prevent-evacuation uuid=$db # refused UUID_INVALID
    - run: xe pool-ha-compute-vm-failover-plan host-uuids=$db # refused UUID_INVALID
",
    );
}

/// Under HA only what it protects moves, and how that is said differs; in 6.0 a host does not go down under its guests.
#[test]
fn what_releases_say_of_an_evacuation_and_of_going_down() {
    for (release, code) in [("xenserver-6.2", "HOST_NOT_ENOUGH_FREE_MEMORY"), ("xcp-ng-8.3", "HOST_EVACUATE_VM_NOT_HA_PROTECTED")] {
        check(&format!(
            "
release: {release}
pool:
  hosts: [alpha, beta, gamma]
  storage: {{nfs1: {{type: nfs}}}}
  ha: {{heartbeat-sr: nfs1}}
  vms: {{db: {{running-on: beta, ha: restart}}, web: {{running-on: beta}}}}
recovery:
  at: 3m
  steps:
    - run: xe host-evacuate host=beta # refused {code}
    - run: xe vm-migrate vm=web host=gamma --live
    - run: xe host-evacuate host=beta
"
        ));
    }
    check(
        "
release: xenserver-6.0
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}}
  vms: {db: {running-on: beta}}
recovery:
  at: 3m
  steps:
    - run: xe host-disable host=beta
    - run: xe host-shutdown host=beta # refused HOST_IN_USE
    - run: xe host-reboot host=beta # refused HOST_IN_USE
    - run: xe host-evacuate uuid=$beta
    - run: xe host-shutdown host=beta
",
    );
}

/// The checks of a power-on from afar, in their order; then it waits until the host lives.
#[test]
fn a_host_is_woken_when_it_is_known_how() {
    check(
        "
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}}
recovery:
  at: 1m
  steps:
    - run: xe host-power-on host=beta # refused HOST_IS_LIVE
    - act: {power-off: beta}
    - run: xe host-power-on host=beta # refused HOST_IS_LIVE
    - {wait-for: {host: beta, live: false}, run: xe host-power-on host=beta} # refused HOST_POWER_ON_MODE_DISABLED
    - run: xe host-set-power-on-mode host=beta power-on-mode=wake-on-lan
    - run: xe host-power-on host=beta
    - run: xe host-disable host=beta
",
    );
}

/// docs/model/members-and-masters.md §19: the master's new address is nobody's to its members.
#[test]
fn a_master_at_another_address_is_gone_for_its_members() {
    check(
        "
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}}
recovery:
  at: 1m
  steps:
    - act: {re-address: alpha}
    - {host: beta, timeout: 20s, run: xe pool-list} # hangs
    - {host: beta, run: xe-toolstack-restart}
    - {host: beta, after: 1m, run: xe pool-list} # refused INTERNAL_ERROR
    - run: xe pool-recover-slaves
    - {host: beta, after: 1m, run: xe pool-list}
",
    );
}
