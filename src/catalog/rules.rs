//! The rules of XenServer 6's manual on members and masters that fail, in our own words: what keeps each, what breaks it.

/// A rule.
#[derive(Clone, Copy, Debug)]
pub struct RuleDoc {
    /// `M1` to `M22`.
    pub name: &'static str,
    /// The rule in one sentence.
    pub rule: &'static str,
    /// What keeps it, or what is seen where it holds.
    pub kept: &'static str,
    /// What breaks it and what comes of that; empty where it can't be broken.
    pub broken: &'static str,
    /// Commands, hazards and other rules to read on with.
    pub see: &'static [&'static str],
}

/// Every rule, in order.
pub const RULES: &[RuleDoc] = &[
    RuleDoc {
        name: "M1",
        rule: "Without HA, missing heartbeats are all that tells the master of a member's death.",
        kept: "A member that falls silent is noticed, but not at once, and nobody can see from the silence whether it is dead, cut off or hung.",
        broken: "",
        see: &["M2", "heartbeat-interval", "presumed-dead-alive"],
    },
    RuleDoc {
        name: "M2",
        rule: "After 600 seconds of silence, and not before, the master takes a member for dead.",
        kept: "At 599 s the member still counts as alive. The check runs every 30 s, so the verdict falls between 600 and 630 s after the last heartbeat. Nothing else happens by itself: no VM is halted, no lock is released.",
        broken: "",
        see: &["host-dead-after", "liveness-check", "M4"],
    },
    RuleDoc {
        name: "M3",
        rule: "The first way out: repair the member. Once it is connected again the master holds it for alive.",
        kept: "Crash, boot, and the next heartbeat sets it alive. Its VMs are down and have to be started.",
        broken: "",
        see: &["boot", "vm-down"],
    },
    RuleDoc {
        name: "M4",
        rule: "The second way out: see that the host is off, then `xe host-forget` it; its VMs count as halted and may start elsewhere.",
        kept: "Power off, forget, release the locks with resetvdis.py, start the VMs on another host: in this order.",
        broken: "",
        see: &["host-forget", "resetvdis.py", "M5", "M11"],
    },
    RuleDoc {
        name: "M5",
        rule: "A host has to be really off before it is forgotten.",
        kept: "Somebody goes and looks, or switches it off, before the forget.",
        broken: "Forget a host that is only cut off, hung or without its toolstack: its VMs run on unseen and write. Release their locks and start them elsewhere, and two hosts write to one disk. A host that still answers is refused with HOST_IS_LIVE.",
        see: &["forgotten-host-alive", "double-writer", "HOST_IS_LIVE", "check-off"],
    },
    RuleDoc {
        name: "M6",
        rule: "Forgetting must not break the pool up into pools of one host each that all use the same shared storage.",
        kept: "Forget only what is dead, and leave one pool behind.",
        broken: "Forget several members that live and make each its own master: every one has a database of its own, so no lock of one is seen by another, and each holds itself for master of the shared SR.",
        see: &["two-masters", "two-sr-masters", "reused-without-reinstall"],
    },
    RuleDoc {
        name: "M7",
        rule: "A forgotten host may serve again only after a fresh installation.",
        kept: "Reinstall the machine, then `xe pool-join`: it comes back as a new host with a new UUID.",
        broken: "It returns as it was. Where it reaches the master it is turned away for ever with HOST_UNKNOWN_TO_MASTER. Where it does not, and is made master, there is a second master and a second owner of the SR.",
        see: &["reinstall", "pool-join", "reused-without-reinstall", "M20"],
    },
    RuleDoc {
        name: "M8",
        rule: "With HA on, never forget a host: switch HA off, forget, switch HA on again.",
        kept: "The three steps in this order.",
        broken: "A forget with HA on is refused with HA_IS_ENABLED; a host that still answers is refused with HOST_IS_LIVE before that.",
        see: &["host-forget", "HOST_IS_LIVE"],
    },
    RuleDoc {
        name: "M9",
        rule: "VMs of a dead host may still be registered as running; `xe vm-reset-powerstate` sets them halted.",
        kept: "Reset the VM with --force, release its locks, start it elsewhere.",
        broken: "Start it without the reset, and it is refused with VM_BAD_POWER_STATE: the database says that it runs.",
        see: &["vm-reset-powerstate", "ghost-record", "VM_BAD_POWER_STATE"],
    },
    RuleDoc {
        name: "M10",
        rule: "Used wrongly, `vm-reset-powerstate` destroys data.",
        kept: "Use it only on a VM of which you know that it runs nowhere.",
        broken: "Reset a VM that still runs on a host which the master cannot reach, release its locks and start it again: it runs twice, and both write to its disks.",
        see: &["vm-reset-powerstate", "vm-runs-twice", "vm-runs-unseen", "double-writer", "M14"],
    },
    RuleDoc {
        name: "M11",
        rule: "A disk belongs to one host at a time: before a VM starts elsewhere, the dead host's locks have to be released.",
        kept: "resetvdis.py first, then the start.",
        broken: "Start before the release, and the storage manager refuses: SR_BACKEND_FAILURE_46, `VDI <UUID> already attached RW`. That refusal is the guard at work; do not get round it before the other host is off.",
        see: &["resetvdis.py", "SR_BACKEND_FAILURE_46", "stale-lock"],
    },
    RuleDoc {
        name: "M12",
        rule: "`/opt/xensource/sm/resetvdis.py HOST_UUID SR_UUID [master]` is run on the pool master, once for every SR that holds disks of the VMs concerned.",
        kept: "Two SRs, two calls.",
        broken: "Leave one SR out, and a VM with a disk there does not start; what its start had taken already is let go of again.",
        see: &["resetvdis.py", "M11", "M13"],
    },
    RuleDoc {
        name: "M13",
        rule: "The word `master` belongs to resetvdis.py only if the failed host was the SR's master when it failed: the pool's master for shared SRs, a host itself for its local ones.",
        kept: "The pool's master has crashed, and its locks are released with the word.",
        broken: "Without the word nothing of such a host is released, and nothing says so: it prints nothing and exits 0. Said of any other host the word is needless, and it clears `paused` on every disk of the SR, whoever has it.",
        see: &["resetvdis.py", "needless-master-word", "stale-lock"],
    },
    RuleDoc {
        name: "M14",
        rule: "Be sure that a host is down before you release its locks.",
        kept: "Power off or look, then resetvdis.py.",
        broken: "Nothing asks the host. Release the locks of one that runs, and nothing stops a second start: two hosts write to one disk.",
        see: &["resetvdis.py", "unprotected-disk", "double-writer", "M10"],
    },
    RuleDoc {
        name: "M15",
        rule: "Every member has what it needs to become master.",
        kept: "Each holds a copy of the database, so any of them can be promoted. The copy is as old as its last synchronisation: what changed since is lost.",
        broken: "",
        see: &["pool-emergency-transition-to-master", "pool-sync-database", "stale-database", "database-sync"],
    },
    RuleDoc {
        name: "M16",
        rule: "If the master fails with HA on, another is elected without anybody's help.",
        kept: "The election.",
        broken: "",
        see: &["M17", "M19"],
    },
    RuleDoc {
        name: "M17",
        rule: "If the master fails with HA off, every member waits for it, and the VMs run on.",
        kept: "Nothing is elected, and `xe` hangs on every member until the master is back or another is made.",
        broken: "",
        see: &["no-master", "M18", "M19"],
    },
    RuleDoc {
        name: "M18",
        rule: "When the master comes back it speaks to its members again, and all is as before.",
        kept: "Its own VMs are down. For a moment, up to the next heartbeat, it holds its members for dead: a forget or a reset would then pass unasked.",
        broken: "",
        see: &["presumed-dead-alive", "vm-down"],
    },
    RuleDoc {
        name: "M19",
        rule: "If the master is truly dead: `xe pool-emergency-transition-to-master` on one member, then `xe pool-recover-slaves` there.",
        kept: "The member becomes master with its own copy of the database, and the others are pointed to it.",
        broken: "Promote a member while the old master lives and cannot be reached: two masters, each with a database and locks that the other does not see.",
        see: &["pool-emergency-transition-to-master", "pool-recover-slaves", "two-masters", "stale-database"],
    },
    RuleDoc {
        name: "M20",
        rule: "A repaired old master is installed afresh and joined as a member; it need not become master again.",
        kept: "Reinstall, pool-join.",
        broken: "It returns as it was, and still is master by its own files. Where it reaches the new master it yields; where it does not, there are two.",
        see: &["reinstall", "pool-join", "two-masters", "reused-without-reinstall", "M7"],
    },
    RuleDoc {
        name: "M21",
        rule: "After a promotion, see that the pool's default SR is still a good one.",
        kept: "`xe pool-param-get param-name=default-SR`, and set another where it is not.",
        broken: "The default SR stays a local one of the dead host, which nobody reaches: new disks cannot be made.",
        see: &["bad-default-sr", "pool-param-get", "pool-param-set"],
    },
    RuleDoc {
        name: "M22",
        rule: "If the whole pool is lost: install afresh, `xe pool-restore-database` from a dump on one host, `xe pool-join` the others, and reset VMs that are still marked running.",
        kept: "Everything of the old pool is off before the dump is restored.",
        broken: "Restore it while the old pool still runs: the same VMs and disks are then in two databases that know nothing of each other.",
        see: &["pool-restore-database", "pool-dump-database", "pool-join", "vm-runs-twice", "M9"],
    },
];
