//! The guards of the model: what stands between an operator and the harm, one named switch each. In a run all of them
//! stand; `poolsim test --mutants` takes away one at a time and asks whether a suite of scenarios would notice. Knows
//! nothing of who asks: the place that a guard stands in asks [`World::guarded`].

use crate::world::World;

/// A guard: a check of the pool's that refuses or prevents something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Guard {
    /// The storage manager activates no VDI that another host's lock is on.
    Lock,
    /// The storage manager activates no VDI that is marked paused.
    Paused,
    /// `host-forget` refuses a host that lives.
    ForgetLive,
    /// `host-forget` refuses the master itself.
    ForgetSelf,
    /// `vm-reset-powerstate` refuses where the VM's host lives.
    ResetLive,
    /// `vm-reset-powerstate` refuses where the master itself runs the VM.
    ResetDomain,
    /// A starting master yields to another one that it finds.
    OtherMaster,
    /// `vm-start` wants a VM that is halted in the database.
    Halted,
    /// `vm-start` wants disks that no other VM is attached to, where either writes.
    DiskInUse,
    /// A VM starts only on a host that the database holds for live.
    StartLive,
    /// A VM starts only on a host that is enabled.
    StartEnabled,
    /// A VM starts only on a host with plugged PBDs of its SRs.
    StartPlugged,
    /// A VM starts only on a host with enough memory.
    StartMemory,
    /// `host-shutdown` and `host-reboot` want a host that is disabled.
    DownDisabled,
    /// `pool-join` refuses a host that knows other hosts.
    JoinAlone,
    /// `pool-join` refuses a host that has running VMs.
    JoinIdle,
    /// `pool-join` refuses a host that has shared SRs.
    JoinShared,
    /// `pbd-unplug` refuses while a running VM of the host uses the SR.
    UnplugIdle,
    /// `pool-designate-new-master` wants every host to answer.
    DesignateAll,
    /// `resetvdis.py` releases a fallen SR master's disks only where the word `master` is given.
    MasterWord,
    /// `host-forget` refuses while HA is on.
    ForgetHa,
    /// The emergency commands refuse on a host that is armed for HA.
    PromoteHa,
    /// `pbd-unplug` refuses the SR with HA's statefile.
    UnplugStatefile,
    /// Nothing may break HA's failover plan.
    Plan,
    /// HA resets a host that may not go on.
    Fence,
    /// `pool-eject` refuses while HA is on.
    EjectHa,
    /// `pool-eject` refuses a host that VMs run on.
    EjectIdle,
}

/// What `explain` and `test --mutants` say of a guard.
#[derive(Clone, Copy, Debug)]
pub struct GuardDoc {
    /// The guard.
    pub guard: Guard,
    /// Its name in kebab-case.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub doc: &'static str,
    /// Where the rule comes from.
    pub source: &'static str,
}

const fn doc(guard: Guard, name: &'static str, doc: &'static str, source: &'static str) -> GuardDoc {
    GuardDoc { guard, name, doc, source }
}

/// Every guard, in the order of the enum.
pub const GUARDS: &[GuardDoc] = &[
    doc(
        Guard::Lock,
        "lock",
        "The storage manager activates no VDI that another host's lock is on.",
        "blktap2.py, the activation's check of the tags",
    ),
    doc(
        Guard::Paused,
        "paused",
        "The storage manager activates no VDI that is marked paused.",
        "blktap2.py, the activation's check of `paused`",
    ),
    doc(Guard::ForgetLive, "forget-live", "`host-forget` refuses a host that lives (HOST_IS_LIVE).", "xapi_host.ml destroy"),
    doc(Guard::ForgetSelf, "forget-self", "`host-forget` refuses the master itself (HOST_CANNOT_DESTROY_SELF).", "xapi_host.ml destroy"),
    doc(
        Guard::ResetLive,
        "reset-live",
        "`vm-reset-powerstate` refuses where the VM's host lives (HOST_IS_LIVE).",
        "xapi_vm.ml power_state_reset",
    ),
    doc(
        Guard::ResetDomain,
        "reset-domain",
        "`vm-reset-powerstate` refuses where the master itself runs the VM (DOMAIN_EXISTS).",
        "xapi_vm.ml power_state_reset",
    ),
    doc(Guard::OtherMaster, "other-master", "A starting master yields to another master that it finds.", "xapi.ml check_no_other_masters"),
    doc(Guard::Halted, "halted", "`vm-start` wants a VM that is halted in the database (VM_BAD_POWER_STATE).", "xapi_vm_lifecycle.ml"),
    doc(
        Guard::DiskInUse,
        "disk-in-use",
        "`vm-start` wants disks that no other VM is attached to while either writes (VDI_IN_USE).",
        "xapi_vbd_helpers.ml",
    ),
    doc(
        Guard::StartLive,
        "start-live",
        "A VM starts only on a host that the database holds for live (HOST_NOT_LIVE).",
        "xapi_vm_helpers.ml assert_can_boot_here",
    ),
    doc(
        Guard::StartEnabled,
        "start-enabled",
        "A VM starts only on a host that is enabled (HOST_DISABLED).",
        "xapi_vm_helpers.ml assert_can_boot_here",
    ),
    doc(
        Guard::StartPlugged,
        "start-plugged",
        "A VM starts only on a host with plugged PBDs of its SRs (VM_REQUIRES_SR).",
        "xapi_vm_helpers.ml assert_can_see_SRs",
    ),
    doc(
        Guard::StartMemory,
        "start-memory",
        "A VM starts only on a host with enough memory (HOST_NOT_ENOUGH_FREE_MEMORY).",
        "xapi_vm_helpers.ml assert_enough_memory_available",
    ),
    doc(
        Guard::DownDisabled,
        "down-disabled",
        "`host-shutdown` and `host-reboot` want a host that is disabled (HOST_NOT_DISABLED).",
        "xapi_host.ml shutdown_and_reboot_common",
    ),
    doc(
        Guard::JoinAlone,
        "join-alone",
        "`pool-join` refuses a host that knows other hosts (JOINING_HOST_CANNOT_BE_MASTER_OF_OTHER_HOSTS).",
        "xapi_pool.ml pre_join_checks",
    ),
    doc(
        Guard::JoinIdle,
        "join-idle",
        "`pool-join` refuses a host with running VMs (JOINING_HOST_CANNOT_HAVE_RUNNING_VMS).",
        "xapi_pool.ml pre_join_checks",
    ),
    doc(
        Guard::JoinShared,
        "join-shared",
        "`pool-join` refuses a host with shared SRs (JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS).",
        "xapi_pool.ml pre_join_checks",
    ),
    doc(Guard::UnplugIdle, "unplug-idle", "`pbd-unplug` refuses while a VM of the host uses the SR (VDI_IN_USE).", "xapi_pbd.ml unplug"),
    doc(
        Guard::DesignateAll,
        "designate-all",
        "`pool-designate-new-master` wants every host to answer.",
        "xapi_pool_transition.ml, two-phase commit",
    ),
    doc(
        Guard::MasterWord,
        "master-word",
        "`resetvdis.py` releases a fallen SR master's disks only where the word `master` is given.",
        "manual, member failures",
    ),
    doc(Guard::ForgetHa, "forget-ha", "`host-forget` refuses while HA is on (HA_IS_ENABLED).", "xapi_host.ml destroy"),
    doc(
        Guard::PromoteHa,
        "promote-ha",
        "The emergency commands refuse on a host that is armed for HA (HA_IS_ENABLED).",
        "xapi_pool.ml emergency_transition_to_master",
    ),
    doc(
        Guard::UnplugStatefile,
        "unplug-statefile",
        "`pbd-unplug` refuses the SR with HA's statefile (HA_IS_ENABLED).",
        "xapi_pbd.ml unplug",
    ),
    doc(Guard::Plan, "plan", "Nothing may break HA's failover plan (HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN).", "xapi_ha_vm_failover.ml"),
    doc(Guard::Fence, "fence", "HA resets a host that may not go on.", "xhad, the fault handler and the watchdogs"),
    doc(Guard::EjectHa, "eject-ha", "`pool-eject` refuses while HA is on (HA_IS_ENABLED).", "xapi_pool.ml eject"),
    doc(Guard::EjectIdle, "eject-idle", "`pool-eject` refuses a host that VMs run on (OPERATION_NOT_ALLOWED).", "xapi_pool.ml eject"),
];

impl World {
    /// Whether a guard stands.
    pub fn guarded(&self, guard: Guard) -> bool {
        self.without != Some(guard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_guard_has_its_place_and_a_name_of_its_own() {
        assert!(GUARDS.windows(2).all(|pair| pair[0].guard < pair[1].guard));
        let names: std::collections::BTreeSet<&str> = GUARDS.iter().map(|doc| doc.name).collect();
        assert_eq!(names.len(), GUARDS.len());
    }
}
