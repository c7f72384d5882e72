//! What the pool answers when it refuses: API error codes with their parameters, and their texts in XenServer 6.

use crate::base::ids::{HostId, PoolId, SrId, VdiId, VmId};

/// A parameter of an API error. References print as `UUID (name)` where the answering database knows them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum Param {
    Host(HostId),
    /// A host's plain UUID, where there is no database to look it up in.
    HostUuid(HostId),
    Vm(VmId),
    Vdi(VdiId),
    Sr(SrId),
    Pool(PoolId),
    Text(String),
}

/// An API error.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ApiError {
    /// The code, for instance `HOST_IS_LIVE`.
    pub code: &'static str,
    /// Its parameters in order.
    pub params: Vec<Param>,
}

impl ApiError {
    /// An error without parameters.
    pub fn new(code: &'static str) -> ApiError {
        ApiError { code, params: Vec::new() }
    }
    /// How many bytes of memory are missing, where that is what was refused.
    pub fn memory_missing(&self) -> Option<u64> {
        let [Param::Text(needed), Param::Text(available)] = &self.params[..] else { return None };
        let missing = needed.parse::<u64>().ok()?.checked_sub(available.parse().ok()?)?;
        (self.code == "HOST_NOT_ENOUGH_FREE_MEMORY").then_some(missing)
    }
    /// The same with one more parameter.
    pub fn with(mut self, param: Param) -> ApiError {
        self.params.push(param);
        self
    }
    /// The same with one more parameter of plain text.
    pub fn text(self, text: impl Into<String>) -> ApiError {
        self.with(Param::Text(text.into()))
    }
    /// What the storage manager answers when a disk can't be activated: SR_BACKEND_FAILURE_46 (docs/model/locks.md §3).
    pub fn vdi_unavailable(opterr: impl std::fmt::Display) -> ApiError {
        ApiError::new("SR_BACKEND_FAILURE_46").text("").text(format!("The VDI is not available [opterr={opterr}]")).text("")
    }
}

/// An error code: what `explain` and the tools say of it.
#[derive(Clone, Copy, Debug)]
pub struct ErrorDoc {
    /// The code.
    pub code: &'static str,
    /// The names of its parameters, as the tools print them.
    pub params: &'static [&'static str],
    /// Its text in 6.0 to 6.2; empty where the tools print the raw code instead.
    pub text: &'static str,
    /// What it means for the operator and what to do about it.
    pub doc: &'static str,
}

/// Every error that the pool can answer with: code, parameters and text as 6.0 prints them (datamodel.ml), and what to do.
pub const ERRORS: &[ErrorDoc] = &[
    ErrorDoc {
        code: "HOST_IS_LIVE",
        params: &["host"],
        text: "This operation cannot be completed as the host is still live.",
        doc: "The pool still holds the host for alive, or it answered when it was asked. Forget and reset are for hosts that are off: shut it down, or see that it is off, and try again.",
    },
    ErrorDoc {
        code: "HOST_HAS_RESIDENT_VMS",
        params: &["host"],
        text: "This host can not be forgotten because there are some user VMs still running",
        doc: "The database has VMs that run on the host. Reset them with `xe vm-reset-powerstate` once it is certain that the host is off.",
    },
    ErrorDoc {
        code: "HOST_CANNOT_DESTROY_SELF",
        params: &["host"],
        text: "The pool master host cannot be removed.",
        doc: "The master cannot forget itself. Make another host master first.",
    },
    ErrorDoc {
        code: "HOST_OFFLINE",
        params: &["host"],
        text: "You attempted an operation which involves a host which could not be contacted.",
        doc: "The command has to be carried out on a host that the database holds for dead, so nobody was asked. Bring the host back, or use the commands for dead hosts once it is certain that it is off.",
    },
    ErrorDoc {
        code: "CANNOT_CONTACT_HOST",
        params: &["host"],
        text: "Cannot forward messages because the host cannot be contacted.  The host may be switched off or there may be network connectivity problems.",
        doc: "The command has to be carried out on a host that the database holds for alive, but nothing answers there: it is off, hung, cut off, or its xapi is stopped.",
    },
    ErrorDoc {
        code: "HA_IS_ENABLED",
        params: &[],
        text: "The operation could not be performed because HA is enabled on the Pool",
        doc: "HA and what was asked do not mix: with HA on, hosts are not forgotten and masters are not changed by hand. `xe pool-ha-disable` first, and `xe pool-ha-enable` afterwards.",
    },
    ErrorDoc {
        code: "HA_NOT_ENABLED",
        params: &[],
        text: "The operation could not be performed because HA is not enabled on the Pool",
        doc: "HA is off, for the pool or, with `host-emergency-ha-disable`, on this host.",
    },
    ErrorDoc {
        code: "HA_LOST_STATEFILE",
        params: &[],
        text: "This host lost access to the HA statefile.",
        doc: "The host can't write into the statefile that it goes down in order, and the others would have to take it for failed. Mend its path to the heartbeat SR first.",
    },
    ErrorDoc {
        code: "HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN",
        params: &[],
        text: "This operation cannot be performed because it would invalidate VM failover planning such that the system would be unable to guarantee to restart protected VMs after a Host failure.",
        doc: "There is a plan for `ha-plan-exists-for` failures now, and there would be none. Ask for fewer failures to tolerate, free memory, protect fewer VMs, or set `ha-allow-overcommit=true`. Where there is no plan anyway nothing is refused. `host-enable` answers it for a host whose PBD to the storage of a protected VM is unplugged, plan or not: plug it first.",
    },
    ErrorDoc {
        code: "HA_FAILED_TO_FORM_LIVESET",
        params: &[],
        text: "HA could not be enabled on the Pool because a liveset could not be formed: check storage and network heartbeat paths.",
        doc: "Not every host's daemon came into the liveset in time. What was begun is undone, and HA is off.",
    },
    ErrorDoc {
        code: "CANNOT_CREATE_STATE_FILE",
        params: &[],
        text: "An HA statefile could not be created, perhaps because no SR with the appropriate capability was found.",
        doc: "The statefile needs a shared SR that is plugged on every host and that the master reaches.",
    },
    ErrorDoc {
        code: "MAP_DUPLICATE_KEY",
        params: &["type", "param_name", "uuid", "key"],
        text: "You tried to add a key-value pair to a map, but that key is already there.",
        doc: "`-param-add` adds keys and replaces none. Write the key anew with `-param-set uuid=… MAP:KEY=VALUE`, or remove it first.",
    },
    ErrorDoc {
        code: "INVALID_VALUE",
        params: &["field", "value"],
        text: "The value given is invalid",
        doc: "The field takes other values than that.",
    },
    ErrorDoc {
        code: "HA_HOST_CANNOT_ACCESS_STATEFILE",
        params: &[],
        text: "The host could not join the liveset because the HA daemon could not access the heartbeat disk.",
        doc: "The host is armed for HA and can't read the heartbeat SR. Its xapi waits for ever, on a master too. Give the path back, or take the host out of HA with `xe host-emergency-ha-disable --force` once it is certain that this harms nobody.",
    },
    ErrorDoc {
        code: "HA_HEARTBEAT_DAEMON_STARTUP_FAILED",
        params: &[],
        text: "The host could not join the liveset because the HA daemon failed to start.",
        doc: "The HA daemon found no liveset to join or to form: the others are missing, don't hear this host, or have moved on to a later enable of HA. It is started again every 10 s.",
    },
    ErrorDoc {
        code: "HA_POOL_IS_ENABLED_BUT_HOST_IS_DISABLED",
        params: &[],
        text: "This host cannot join the pool because the pool has HA enabled but this host has HA disabled.",
        doc: "HA was disabled on this host alone, by `host-emergency-ha-disable`. It stays in emergency mode until HA is disabled and enabled again for the whole pool.",
    },
    ErrorDoc {
        code: "HOST_NOT_LIVE",
        params: &[],
        text: "This operation cannot be completed as the host is not live.",
        doc: "The host that was named to start a VM on is dead in the database. Choose another, or bring it back.",
    },
    ErrorDoc {
        code: "HOST_DISABLED",
        params: &["host"],
        text: "The specified host is disabled.",
        doc: "The host takes no VMs at present. `xe host-enable` opens it again; a host also enables itself when its xapi has started.",
    },
    ErrorDoc {
        code: "HOST_DISABLED_UNTIL_REBOOT",
        params: &["host"],
        text: "The specified host is disabled and cannot be re-enabled until after it has rebooted.",
        doc: "A shutdown or reboot of the host was ordered and is about to be carried out. It enables itself after it has booted.",
    },
    ErrorDoc {
        code: "HOST_POWER_ON_MODE_DISABLED",
        params: &[],
        text: "This operation cannot be completed as the host power on mode is disabled.",
        doc: "Nobody has said how the host can be switched on from afar: `xe host-set-power-on-mode host=… power-on-mode=wake-on-lan`, or go and press the button.",
    },
    ErrorDoc {
        code: "HOST_IN_USE",
        params: &["host", "type", "ref"],
        text: "This operation cannot be completed as the host is in use by (at least) the object of type and ref echoed below.",
        doc: "The database has a VM that runs on the host, and this release lets no host go down under its guests. Move them away (`xe host-evacuate`), or shut them down first.",
    },
    ErrorDoc {
        code: "HOST_EVACUATE_VM_NOT_HA_PROTECTED",
        params: &["vm"],
        text: "The host cannot be evacuated because HA is enabled on the pool and a VM running on it is not HA-protected (its ha_restart_priority is not set to 'restart'). Set the VM's ha_restart_priority to 'restart', shut down or suspend the VM, or disable HA on the pool before evacuating the host.",
        doc: "While HA is on, an evacuation moves only VMs that HA protects. Protect the VM with `xe vm-param-set uuid=… ha-restart-priority=restart`, move it with `xe vm-migrate`, or shut it down.",
    },
    ErrorDoc {
        code: "HOST_NOT_DISABLED",
        params: &[],
        text: "This operation cannot be performed because the host is not disabled. Please disable the host and then try again.",
        doc: "A host is shut down or rebooted only after `xe host-disable`, so that nothing is started on it meanwhile.",
    },
    ErrorDoc {
        code: "HOST_IS_SLAVE",
        params: &["Master IP address"],
        text: "You cannot make regular API calls directly on a slave. Please pass API calls via the master host.",
        doc: "The question was put to a member by network. Ask its master, at the address given.",
    },
    ErrorDoc {
        code: "HOST_STILL_BOOTING",
        params: &[],
        text: "The host toolstack is still initialising. Please wait.",
        doc: "The member has not yet been let in by its master. Wait, or look why the master does not answer.",
    },
    ErrorDoc {
        code: "HOST_UNKNOWN_TO_MASTER",
        params: &["host"],
        text: "The master says the host is not known to it. Perhaps the Host was deleted from the master's database? Perhaps the slave is pointing to the wrong master?",
        doc: "The member points to a master whose database does not have it: it was forgotten, or it points to the wrong pool. A forgotten host needs a fresh installation and `xe pool-join`; a wrong address is mended by `xe pool-emergency-reset-master`.",
    },
    ErrorDoc {
        code: "HOST_ITS_OWN_SLAVE",
        params: &[],
        text: "The host is its own slave. Please use pool-emergency-transition-to-master or pool-emergency-reset-master.",
        doc: "pool.conf of this host names its own address as its master. `xe pool-emergency-reset-master` with the right address mends it.",
    },
    ErrorDoc {
        code: "HOST_BROKEN",
        params: &[],
        text: "This host failed in the middle of an automatic failover operation and needs to retry the failover action",
        doc: "A change of master failed half-way, and the host does not know its role. It tries again every one to three minutes; `xe pool-emergency-reset-master` or `xe pool-emergency-transition-to-master` ends that.",
    },
    ErrorDoc {
        code: "HA_ABORT_NEW_MASTER",
        params: &["reason"],
        text: "This host cannot accept the proposed new master setting at this time.",
        doc: "A host has promised itself to another candidate within the last ten minutes. Wait, or finish the other change of master.",
    },
    ErrorDoc {
        code: "VM_BAD_POWER_STATE",
        params: &["vm", "expected", "actual"],
        text: "You attempted an operation on a VM that was not in an appropriate power state at the time; for example, you attempted to start a VM that was already running.  The parameters returned are the VM's handle, and the expected and actual VM state at the time of the call.",
        doc: "The database has the VM in another state than the command needs. If it says running and the host is dead, `xe vm-reset-powerstate` is the way, once it is certain that the host is off.",
    },
    ErrorDoc {
        code: "VM_NO_SUSPEND_SR",
        params: &["vm"],
        text: "This VM does not have a suspend SR specified.",
        doc: "There is nowhere to write the memory of the VM to: the pool has no SR for suspend images, or its database does not know it. Set the pool's default SR (`xe pool-param-set uuid=… default-SR=…`).",
    },
    ErrorDoc {
        code: "VDI_IO_ERROR",
        params: &[],
        text: "",
        doc: "The memory of a VM that was being suspended could not be written to its image: the host lost its path to that SR. The guest stood still by then, and is lost as after a crash: start it from its disks.",
    },
    ErrorDoc {
        code: "VM_MIGRATE_FAILED",
        params: &["vm", "source", "destination", "msg"],
        text: "An error occurred during the migration process.",
        doc: "The destination was gone at the end of a migration, when the source had let go of the disks. The guest is lost: the record says halted. Look with `list_domains` on the destination before the VM is started: where only its toolstack had stopped, the VM runs there.",
    },
    ErrorDoc {
        code: "VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT",
        params: &[],
        text: "VM didn't acknowledge the need to shutdown.",
        doc: "The guest was asked to shut down, or to suspend itself for a migration, and did not answer for a minute: it hangs. Nothing has changed. `xe vm-shutdown --force` asks nobody; what the guest had not written yet is lost then.",
    },
    ErrorDoc {
        code: "CANNOT_RESET_CONTROL_DOMAIN",
        params: &["vm"],
        text: "The power-state of a control domain cannot be reset.",
        doc: "The UUID is that of a host's domain 0, not of a VM.",
    },
    ErrorDoc {
        code: "DOMAIN_EXISTS",
        params: &["vm", "domid"],
        text: "The operation could not be performed because a domain still exists for the specified VM.",
        doc: "The host still runs a domain of this VM. Shut it down instead of resetting its record.",
    },
    ErrorDoc {
        code: "NO_HOSTS_AVAILABLE",
        params: &[],
        text: "There were no hosts available to complete the specified operation.",
        doc: "No host can start the VM; the table above the error gives each one's reason.",
    },
    ErrorDoc {
        code: "VM_REQUIRES_SR",
        params: &["vm", "sr"],
        text: "You attempted to run a VM on a host which doesn't have access to an SR needed by the VM. The VM has at least one VBD attached to a VDI in the SR.",
        doc: "The host has no plugged PBD of an SR that a disk of the VM lies on. Plug it (`xe pbd-plug`), or choose a host that has it. An SR that prints as a bare `OpaqueRef:` is none of the pool's any more: it went with the host that was ejected, and the disk with it.",
    },
    ErrorDoc {
        code: "HOST_NOT_ENOUGH_FREE_MEMORY",
        params: &["needed", "available"],
        text: "Not enough host memory is available to perform this operation",
        doc: "By the database's records the host has less memory free than the VM needs, in bytes. A VM needs more than its own memory: the setting `memory-overhead`.",
    },
    ErrorDoc {
        code: "OTHER_OPERATION_IN_PROGRESS",
        params: &["class", "object"],
        text: "Another operation involving the object is currently in progress",
        doc: "Another command works on the same VM. Wait until it has ended.",
    },
    ErrorDoc {
        code: "OPERATION_NOT_ALLOWED",
        params: &["reason"],
        text: "You attempted an operation that was not allowed.",
        doc: "The object does not allow this at all; the reason says why.",
    },
    ErrorDoc {
        code: "UUID_INVALID",
        params: &["type", "uuid"],
        text: "The uuid you supplied was invalid.",
        doc: "No object of that type has this UUID. Keys called `uuid` take UUIDs, never names: write `$beta`. An object that was forgotten is not found either.",
    },
    ErrorDoc {
        code: "HANDLE_INVALID",
        params: &["class", "handle"],
        text: "You gave an invalid object reference.  The object may have recently been deleted.  The class parameter gives the type of reference given, and the handle parameter echoes the bad value given.",
        doc: "The object was there when the command began and is not any more: another command forgot it meanwhile.",
    },
    ErrorDoc {
        code: "INTERNAL_ERROR",
        params: &["message"],
        text: "The server failed to handle your request, due to an internal error.  The given message may give details useful for debugging the problem.",
        doc: "Something happened that xapi has no words for, such as a connection that failed; the message says what.",
    },
    ErrorDoc {
        code: "VDI_IN_USE",
        params: &["vdi", "operation"],
        text: "This operation cannot be performed because this VDI is in use by some other operation",
        doc: "The database has the disk attached to another VM, and one of the two writes. Shut that VM down first. This guard asks only the database of the master that answers.",
    },
    ErrorDoc {
        code: "SR_DEVICE_IN_USE",
        params: &[],
        text: "The SR operation cannot be performed because a device underlying the SR is in use by the host.",
        doc: "The SR can't be detached: a disk on it is still open on that host, whatever the database says.",
    },
    ErrorDoc {
        code: "SR_HAS_NO_PBDS",
        params: &["sr"],
        text: "The SR has no attached PBDs",
        doc: "Only the SR's master may do this, and the database has the SR unplugged there: of a shared SR it is the pool's master, of a local one its own host. `xe pbd-plug` there first.",
    },
    ErrorDoc {
        code: "SR_BACKEND_FAILURE_80",
        params: &[],
        text: "",
        doc: "The disk could not be marked as garbage: the SR's master does not reach the SR. Nothing was done.",
    },
    ErrorDoc {
        code: "SR_BACKEND_FAILURE_82",
        params: &[],
        text: "",
        doc: "The storage manager could not take the snapshot. `failed to pause VDI` means that a host which has a lock of the disk could not be told to stand still: it is dead, or nobody knows it. Release its locks once it is certain that it is off. `MAP_DUPLICATE_KEY` with `paused` means that the disk is marked as paused already.",
    },
    ErrorDoc {
        code: "SR_BACKEND_FAILURE_109",
        params: &[],
        text: "",
        doc: "The disk's chain has 30 links and takes no more. Destroy snapshots, and let the collector of garbage merge what is left: `xe sr-scan` starts it. Where it does not get on, a host that has the SR plugged or a lock of the disk does not answer.",
    },
    ErrorDoc {
        code: "SR_HAS_PBD",
        params: &["sr"],
        text: "The SR is still connected to a host via a PBD. It cannot be destroyed.",
        doc: "The database has the SR plugged on some host. `xe pbd-unplug` on each; that of a dead host goes when the host is forgotten, and not before.",
    },
    ErrorDoc {
        code: "SR_NOT_SHARABLE",
        params: &["sr", "host"],
        text: "The PBD could not be plugged because the SR is in use by another host and is not marked as sharable.",
        doc: "The record of the SR says that it is not shared, and another host has it plugged. An SR that was introduced without `shared=true` is not shared, whatever its type.",
    },
    ErrorDoc {
        code: "SR_UNKNOWN_DRIVER",
        params: &["driver"],
        text: "The SR could not be connected because the driver was not recognised.",
        doc: "The host has no storage driver of that name. Types are `nfs`, `lvmoiscsi`, `lvmohba`, `lvm`, `ext` and a few more.",
    },
    ErrorDoc {
        code: "SR_UUID_EXISTS",
        params: &["uuid"],
        text: "An SR with that uuid already exists.",
        doc: "The pool has an SR with this UUID already.",
    },
    ErrorDoc {
        code: "PBD_EXISTS",
        params: &["sr", "host", "pbd"],
        text: "A PBD already exists connecting the SR to the host",
        doc: "The host has a PBD of this SR already. Plug that one, or destroy it first.",
    },
    ErrorDoc {
        code: "DEVICE_ALREADY_ATTACHED",
        params: &["device"],
        text: "The device is already attached to a VM",
        doc: "The database has the VBD attached.",
    },
    ErrorDoc {
        code: "DEVICE_ALREADY_DETACHED",
        params: &["device"],
        text: "The device is not currently attached",
        doc: "The database has the VBD detached.",
    },
    ErrorDoc {
        code: "DEVICE_ALREADY_EXISTS",
        params: &["device"],
        text: "A device with the name given already exists on the selected VM",
        doc: "The VM has a VBD at this device already; `device=autodetect` takes the next that is free.",
    },
    ErrorDoc {
        code: "INVALID_DEVICE",
        params: &["device"],
        text: "The device name is invalid",
        doc: "A device is a number, `xvda` to `xvdp`, `hda` to `hdp`, `sda` to `sdp`, or `autodetect`, for which there must be one free.",
    },
    ErrorDoc {
        code: "DEVICE_DETACH_REJECTED",
        params: &["type", "ref", "msg"],
        text: "The VM rejected the attempt to detach the device.",
        doc: "The guest uses the disk and does not let go of it. Unmount it in the guest first, or shut the VM down.",
    },
    ErrorDoc {
        code: "DEVICE_DETACH_TIMEOUT",
        params: &["type", "ref"],
        text: "A timeout happened while attempting to detach a device from a VM.",
        doc: "The guest was asked to let go of the disk and said nothing for 20 minutes: it hangs.",
    },
    ErrorDoc {
        code: "SR_BACKEND_FAILURE_40",
        params: &[],
        text: "",
        doc: "The SR could not be scanned: the host does not reach it. No record was changed.",
    },
    ErrorDoc {
        code: "JOINING_HOST_CONNECTION_FAILED",
        params: &[],
        text: "There was an error connecting to the host while joining it in the pool.",
        doc: "The master that was to be joined does not answer at the address given.",
    },
    ErrorDoc {
        code: "JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS",
        params: &[],
        text: "The host joining the pool cannot contain any shared storage.",
        doc: "The joining host still has shared SRs in its own database, as a forgotten host does. Install it afresh.",
    },
    ErrorDoc {
        code: "JOINING_HOST_CANNOT_BE_MASTER_OF_OTHER_HOSTS",
        params: &[],
        text: "The host joining the pool cannot already be a master of another pool.",
        doc: "The joining host's own database has other hosts, as a forgotten host's does. Install it afresh.",
    },
    ErrorDoc {
        code: "JOINING_HOST_CANNOT_HAVE_RUNNING_VMS",
        params: &[],
        text: "The host joining the pool cannot have any running VMs.",
        doc: "The joining host's own database has running VMs. Shut them down first.",
    },
    ErrorDoc {
        code: "SR_BACKEND_FAILURE",
        params: &[],
        text: "",
        doc: "The storage driver failed without a code of its own, for instance because an SR could not be detached while a disk on it was open.",
    },
    ErrorDoc {
        code: "SR_BACKEND_FAILURE_1200",
        params: &[],
        text: "",
        doc: "The storage driver met an error that it did not foresee; drivers before 2018 fail without a code instead. From `vm-start` it means that the host's own lock was on the disk already: the start is refused, and the mark `activating` stays behind.",
    },
    ErrorDoc {
        code: "SR_BACKEND_FAILURE_46",
        params: &[],
        text: "",
        doc: "The storage manager could not activate a disk. `already attached RW` means that a lock of some host is still in the database: if that host is certainly off, release its locks with `/opt/xensource/sm/resetvdis.py HOST SR`. `locked` means that the disk is marked paused; `Could not find` means that the host does not reach the SR.",
    },
    ErrorDoc {
        code: "SR_BACKEND_FAILURE_47",
        params: &[],
        text: "",
        doc: "The SR could not be attached: the host does not reach its device. Mend the path and plug the PBD again.",
    },
    ErrorDoc {
        code: "SR_BACKEND_FAILURE_73",
        params: &[],
        text: "",
        doc: "The NFS export could not be mounted: the host does not reach it. Mend the path and plug the PBD again.",
    },
    ErrorDoc {
        code: "SR_BACKEND_FAILURE_74",
        params: &[],
        text: "",
        doc: "The NFS export could not be unmounted: a disk on it is still open on that host.",
    },
    ErrorDoc {
        code: "SR_BACKEND_FAILURE_78",
        params: &[],
        text: "",
        doc: "A virtual disk could not be made: the host does not reach the SR. From `vm-suspend` nothing has happened to the VM; mend the path, or set another default SR.",
    },
    ErrorDoc {
        code: "SESSION_AUTHENTICATION_FAILED",
        params: &[],
        text: "",
        doc: "The user name was wrong. The simulator knows the user root, with any password.",
    },
];
