//! Every refusal of every command has a story: each code that a command's doc names, and each that the pool knows.

mod common;
mod story;

use poolsim::command::COMMANDS;
use poolsim::report::Report;
use poolsim::world::errors::ERRORS;
use poolsim::world::release::DIFFERENCES;
use std::collections::BTreeSet;
use story::check;

/// A UUID of another kind of object is nobody's.
const UUIDS: &str = "
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}}
  vms: {db: }
recovery:
  at: 1m
  steps:
    - run: xe host-get-vms-which-prevent-evacuation uuid=$db # refused UUID_INVALID
    - run: xe host-param-add uuid=$db param-name=tags param-key=rack # refused UUID_INVALID
    - run: xe host-param-clear uuid=$db param-name=tags # refused UUID_INVALID
    - run: xe host-param-get uuid=$db param-name=address # refused UUID_INVALID
    - run: xe host-param-list uuid=$db # refused UUID_INVALID
    - run: xe host-param-remove uuid=$db param-name=tags param-key=rack # refused UUID_INVALID
    - run: xe host-param-set uuid=$db other-config:rack=7 # refused UUID_INVALID
    - run: xe pbd-create host-uuid=$db sr-uuid=$nfs1 # refused UUID_INVALID
    - run: xe pbd-destroy uuid=$db # refused UUID_INVALID
    - run: xe pbd-param-get uuid=$db param-name=host-uuid # refused UUID_INVALID
    - run: xe pbd-plug uuid=$db # refused UUID_INVALID
    - run: xe pbd-unplug uuid=$db # refused UUID_INVALID
    - run: xe pool-designate-new-master host-uuid=$db # refused UUID_INVALID
    - run: xe pool-eject host-uuid=$db --force # refused UUID_INVALID
    - run: xe pool-ha-compute-vm-failover-plan host-uuids=$db # refused UUID_INVALID
    - run: xe pool-ha-enable heartbeat-sr-uuids=$db # refused UUID_INVALID
    - run: xe pool-ha-prevent-restarts-for seconds=60 # refused HA_NOT_ENABLED
    - run: xe pool-param-add uuid=$db param-name=tags param-key=lab # refused UUID_INVALID
    - run: xe pool-param-clear uuid=$db param-name=tags # refused UUID_INVALID
    - run: xe pool-param-get uuid=$db param-name=master # refused UUID_INVALID
    - run: xe pool-param-list uuid=$db # refused UUID_INVALID
    - run: xe pool-param-remove uuid=$db param-name=tags param-key=lab # refused UUID_INVALID
    - run: xe sr-forget uuid=$db # refused UUID_INVALID
    - run: xe sr-param-get uuid=$db param-name=type # refused UUID_INVALID
    - run: xe sr-param-list uuid=$db # refused UUID_INVALID
    - run: xe sr-scan uuid=$db # refused UUID_INVALID
    - run: xe vbd-create vm-uuid=$beta vdi-uuid=${db-root} device=1 # refused UUID_INVALID
    - run: xe vbd-destroy uuid=$db # refused UUID_INVALID
    - run: xe vbd-param-get uuid=$db param-name=device # refused UUID_INVALID
    - run: xe vbd-param-list uuid=$db # refused UUID_INVALID
    - run: xe vbd-plug uuid=$db # refused UUID_INVALID
    - run: xe vbd-unplug uuid=$db # refused UUID_INVALID
    - run: xe vdi-forget uuid=$db # refused UUID_INVALID
    - run: xe vdi-param-list uuid=$db # refused UUID_INVALID
    - run: xe vm-param-get uuid=$beta param-name=power-state # refused UUID_INVALID
    - run: xe vm-param-list uuid=$beta # refused UUID_INVALID
    - run: xe vm-param-set uuid=$beta ha-restart-priority=restart # refused UUID_INVALID
";

/// What has to be carried out by a host that is gone: nobody answers while it counts as alive, and nobody is asked afterwards.
const GONE: &str = "
until: 30m
pool:
  hosts: [alpha, beta, gamma]
  storage: {nfs1: {type: nfs}, local-beta: {type: ext, host: beta}}
  vms:
    db: {running-on: beta}
    web: {}
timeline:
  - {at: 1m, run: xe host-disable host=beta}
  - {at: 1m10s, run: 'xe vbd-create vm-uuid=$db vdi-uuid=${web-root} device=1'}
  - {at: 1m20s, fault: {crash: beta}}
recovery:
  at: 2m
  steps:
    - run: xe host-enable host=beta # refused CANNOT_CONTACT_HOST
    - run: xe host-shutdown host=beta # refused CANNOT_CONTACT_HOST
    - run: xe pbd-plug uuid=${beta/nfs1} # refused CANNOT_CONTACT_HOST
    - run: xe pbd-unplug uuid=${beta/local-beta} # refused CANNOT_CONTACT_HOST
    - run: xe pool-sync-database # refused CANNOT_CONTACT_HOST
    - run: xe sr-scan uuid=${local-beta} # refused CANNOT_CONTACT_HOST
    - run: xe vbd-plug uuid=${db/1} # refused CANNOT_CONTACT_HOST
    - run: xe vbd-unplug uuid=${db/root} # refused CANNOT_CONTACT_HOST
    - {wait-for: {host: beta, live: false}, run: xe host-shutdown host=beta} # refused HOST_OFFLINE
    - run: xe pbd-plug uuid=${beta/nfs1} # refused HOST_OFFLINE
    - run: xe sr-scan uuid=${local-beta} # refused HOST_OFFLINE
    - run: xe vbd-plug uuid=${db/1} # refused HOST_OFFLINE
    - run: xe vbd-unplug uuid=${db/root} # refused HOST_OFFLINE
";

/// A start takes five seconds and looks again at its end; just before, the master's clock jumps, and beta counts as dead until its
/// next beat.
const DEAD_MEANWHILE: &str = "
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}}
  vms: {db: }
timeline:
  - {at: 1m4s950ms, fault: {clock-jump: {host: alpha, by: 20m}}}
recovery:
  at: 1m
  steps:
    - run: xe vm-start vm=db on=beta # refused HOST_NOT_LIVE
";

/// Who comes second waits for two hours.
const BUSY: &str = "
until: 6h
pool:
  hosts: [alpha, beta]
  storage: {fc1: {type: lvmohba}}
  vms: {db: {running-on: beta}, web: }
timeline:
  - {at: 5m, fault: {storage-loss: {host: beta, sr: fc1, io: hang}}}
operators:
  anna:
    - {at: 10m, run: xe vm-shutdown vm=db --force} # hangs
    - {at: 15m, run: xe vm-start vm=web on=beta} # hangs
  bob:
    - {at: 20m, timeout: 3h, run: xe vm-migrate vm=db host=alpha --live} # refused OTHER_OPERATION_IN_PROGRESS
  carl:
    - {at: 20m, timeout: 3h, run: xe vm-shutdown vm=db --force} # refused OTHER_OPERATION_IN_PROGRESS
  dora:
    - {at: 20m, timeout: 3h, run: xe vm-start vm=web on=alpha} # refused OTHER_OPERATION_IN_PROGRESS
";

/// What a destination can have against a VM, and what a VM can have against being moved, stopped or taken apart.
const MOVES: &str = "
settings: {memory-overhead: none}
pool:
  hosts: {alpha: {memory: 4GiB}, beta: {memory: 4GiB}, gamma: {memory: 1GiB}}
  storage: {nfs1: {type: nfs}, local-beta: {type: ext, host: beta}}
  vms:
    db: {running-on: beta, memory: 2GiB}
    tool: {running-on: beta, memory: 1GiB, disks: {root: {sr: local-beta}}}
    web: {}
recovery:
  at: 1m
  steps:
    - run: xe vm-migrate vm=web host=alpha --live # refused VM_BAD_POWER_STATE
    - run: xe vm-shutdown vm=web # refused VM_BAD_POWER_STATE
    - run: xe vbd-unplug uuid=${web/root} # refused VM_BAD_POWER_STATE
    - run: xe vm-migrate vm=db host=gamma --live # refused HOST_NOT_ENOUGH_FREE_MEMORY
    - run: xe vm-migrate vm=tool host=alpha --live # refused VM_REQUIRES_SR
    - run: xe host-disable host=alpha
    - run: xe vm-migrate vm=db host=alpha --live # refused HOST_DISABLED
    - run: xe host-disable host=gamma
    - run: xe host-evacuate uuid=$beta # refused NO_HOSTS_AVAILABLE
";

/// While the first VM moves, the second is shut down: in 6.0 its turn ends the evacuation.
const STOPPED_BEFORE_ITS_TURN: &str = "
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}}
  vms: {db: {running-on: beta}, web: {running-on: beta}}
recovery:
  at: 1m
  steps:
    - run: xe host-evacuate uuid=$beta # refused VM_BAD_POWER_STATE
operators:
  anna:
    - {at: 1m5s, run: xe vm-shutdown vm=web}
";

/// A VM at work stops an evacuation before it begins, since 2016.
const AT_WORK_BEFORE: &str = "
release: xcp-ng-8.3
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}}
  vms: {db: {running-on: beta}}
operators:
  anna:
    - {at: 1m, run: xe vm-migrate vm=db host=alpha --live}
recovery:
  at: 1m10s
  steps:
    - run: xe host-evacuate host=beta # refused OTHER_OPERATION_IN_PROGRESS
    - run: xe sr-introduce uuid=$nfs1 type=nfs name-label=again shared=true # refused SR_UUID_EXISTS
";

/// HA is on, and only what it protects may be moved by an evacuation.
const UNPROTECTED: &str = "
release: xcp-ng-8.3
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}}
  ha: {heartbeat-sr: nfs1}
  vms: {web: {running-on: beta}}
recovery:
  at: 3m
  steps:
    - run: xe host-evacuate host=beta # refused HOST_EVACUATE_VM_NOT_HA_PROTECTED
";

/// The code of 6.0 where it is stricter than the manual.
const STRICT: &str = "
release: xenserver-6.0
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}}
  vms: {db: {running-on: beta}}
recovery:
  at: 1m
  steps:
    - run: xe host-disable host=beta
    - run: xe host-shutdown host=beta # refused HOST_IN_USE
    - run: xe host-reboot host=beta # refused HOST_IN_USE
    - act: {power-off: beta}
    - run: xe host-forget uuid=$beta --force # refused HOST_HAS_RESIDENT_VMS
";

/// What came with 6.2.
const DECLARED: &str = "
release: xenserver-6.2
pool: {hosts: [alpha, beta], vms: {db: {disks: {}}}}
recovery:
  at: 1m
  steps:
    - run: xe host-declare-dead uuid=$db --force # refused UUID_INVALID
";

/// Since then who leaves HA may say that he comes back, and nothing is said to whoever is not in it.
const SOFT: &str = "
release: xcp-ng-8.3
pool: {hosts: [alpha, beta], vms: {db: {disks: {}}}}
recovery:
  at: 1m
  steps:
    - run: xe host-emergency-ha-disable --force # refused HA_NOT_ENABLED
    - run: xe host-emergency-ha-disable --force soft=true
";

/// Three hosts of 4 GiB, one of them to fail. If alpha falls, its 3 GiB fit on beta alone; gamma has 1 GiB left whether `other` stays
/// or goes. And what HA protects may not be tied to one host by a second disk.
const PLAN: &str = "
settings: {memory-overhead: none}
pool:
  hosts: {alpha: {memory: 4GiB}, beta: {memory: 4GiB}, gamma: {memory: 4GiB}}
  storage: {nfs1: {type: nfs}, local-alpha: {type: ext, host: alpha}}
  ha: {heartbeat-sr: nfs1, failures-to-tolerate: 1}
  vms:
    db: {running-on: alpha, memory: 3GiB, ha: restart}
    other: {running-on: gamma, memory: 3GiB}
    spare: {disks: {data: {sr: local-alpha}}}
    asleep: {power-state: suspended, memory: 3GiB}
recovery:
  at: 3m
  steps:
    - run: xe vm-resume vm=asleep on=beta # refused HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN
    - run: xe vm-migrate vm=other host=beta --live # refused HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN
    - run: xe vbd-create vm-uuid=$db vdi-uuid=${spare-data} device=1 # refused HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN
";

/// A machine that is not yet in a pool, and one that should not be.
const JOINS: &str = "
pool:
  hosts: [alpha, beta]
  spare-hosts: [delta]
  storage: {nfs1: {type: nfs}}
  ha: {heartbeat-sr: nfs1}
recovery:
  at: 3m
  host: delta
  steps:
    - run: xe pool-join master-address=beta master-username=root master-password=x # refused HOST_IS_SLAVE
    - run: xe pool-join master-address=alpha master-username=root master-password=x # refused HA_IS_ENABLED
    - {host: alpha, run: xe pool-param-add uuid=$pool param-name=other-config rack=7}
    - {host: alpha, run: xe pool-param-add uuid=$pool param-name=other-config rack=8} # refused MAP_DUPLICATE_KEY
";

/// The path to the heartbeat SR is lost on one host: its PBD is plugged all the same, and its daemon reads nothing.
const NO_STATEFILE: &str = "
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}}
timeline:
  - {at: 1m, fault: {storage-loss: {host: beta, sr: nfs1}}}
recovery:
  at: 2m
  steps:
    - {run: xe pool-ha-enable heartbeat-sr-uuids=$nfs1, timeout: 10m} # refused HA_HOST_CANNOT_ACCESS_STATEFILE
";

/// A scan over a lost path, on a file SR and on an LVM SR.
const SCANS: &str = "
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}, san1: {type: lvmoiscsi}}
timeline:
  - {at: 1m, fault: {storage-loss: {host: alpha, sr: [nfs1, san1]}}}
recovery:
  at: 2m
  steps:
    - run: xe sr-scan uuid=$nfs1 # refused SR_BACKEND_FAILURE_40
    - run: xe sr-scan uuid=$san1 # refused SR_BACKEND_FAILURE_47
";

/// A second disk for a running VM: one that another VM has, one with a lock on it; and a guest that hangs lets go of nothing.
const HOT: &str = "
until: 1h
pool:
  hosts: [alpha, beta, gamma]
  storage: {nfs1: {type: nfs}}
  vms:
    db: {running-on: beta, disks: {root: , extra: }}
    web: {running-on: gamma}
    old: {disks: {root: {locks: {gamma: rw}}}}
timeline:
  - {at: 2m, fault: {vm-hang: db}}
recovery:
  at: 1m
  steps:
    - run: xe vbd-create vm-uuid=$db vdi-uuid=${web-root} device=2
    - run: xe vbd-create vm-uuid=$db vdi-uuid=${old-root} device=3
    - run: xe vbd-plug uuid=${db/2} # refused VDI_IN_USE
    - run: xe vbd-plug uuid=${db/3} # refused SR_BACKEND_FAILURE_46
    - {at: 3m, timeout: 40m, run: 'xe vbd-unplug uuid=${db/extra}'} # refused DEVICE_DETACH_TIMEOUT
";

/// Today's storage manager over the host's own key of a disk that it has not open: a reader beside readers asks nobody, and then
/// finds its key there.
const OWN_KEY: &str = "
release: xcp-ng-8.3
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}}
  vms: {db: {disks: {look: {mode: ro, locks: {beta: ro}}}}}
recovery:
  at: 1m
  steps:
    - run: xe vm-start vm=db on=beta # refused SR_BACKEND_FAILURE_1200
";

/// Gamma was shut down in order, and so forms no liveset while the others are missing.
const ALONE: &str = "
until: 30m
pool:
  hosts: [alpha, beta, gamma]
  storage: {nfs1: {type: nfs}}
  ha: {heartbeat-sr: nfs1}
timeline:
  - {at: 3m, run: xe host-disable host=gamma}
  - {at: 3m10s, run: xe host-shutdown host=gamma}
  - {at: 5m, fault: {crash: [alpha, beta]}}
  - {at: 6m, fault: {boot: gamma}}
recovery:
  at: 13m
  host: gamma
  steps:
    - run: xe host-list # refused HA_HEARTBEAT_DAEMON_STARTUP_FAILED
";

/// While one operator waits for a host to wake up, another forgets it.
const FORGOTTEN_MEANWHILE: &str = "
until: 40m
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}}
timeline:
  - {at: 1m, run: xe host-set-power-on-mode host=beta power-on-mode=wake-on-lan}
  - {at: 2m, act: {power-off: beta}}
recovery:
  wait-for: {host: beta, live: false}
  steps:
    - {run: xe host-power-on host=beta, timeout: 10m} # refused HANDLE_INVALID
operators:
  anna:
    - {wait-for: {host: beta, live: false}, run: xe pool-list}
    - run: xe host-forget uuid=$beta --force
";

/// Fields of what is no VM, SR, VDI, VBD or PBD, and a key that is there already.
const FIELDS: &str = "
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}}
  vms: {db: {running-on: beta}}
recovery:
  at: 1m
  steps:
    - run: xe vm-param-add uuid=$db param-name=other-config rack=7
    - run: xe vm-param-add uuid=$db param-name=other-config rack=8 # refused MAP_DUPLICATE_KEY
    - run: xe vm-param-add uuid=$beta param-name=other-config rack=7 # refused UUID_INVALID
    - run: xe vm-param-clear uuid=$beta param-name=other-config # refused UUID_INVALID
    - run: xe vm-param-remove uuid=$beta param-name=other-config param-key=rack # refused UUID_INVALID
    - run: xe vm-param-set uuid=$beta other-config:rack=7 # refused UUID_INVALID
    - run: xe sr-param-add uuid=$nfs1 param-name=other-config rack=7
    - run: xe sr-param-add uuid=$nfs1 param-name=other-config rack=8 # refused MAP_DUPLICATE_KEY
    - run: xe sr-param-add uuid=$beta param-name=other-config rack=7 # refused UUID_INVALID
    - run: xe sr-param-clear uuid=$beta param-name=other-config # refused UUID_INVALID
    - run: xe sr-param-remove uuid=$beta param-name=other-config param-key=rack # refused UUID_INVALID
    - run: xe sr-param-set uuid=$beta other-config:rack=7 # refused UUID_INVALID
    - run: xe vdi-param-add uuid=${db-root} param-name=other-config rack=7
    - run: xe vdi-param-add uuid=${db-root} param-name=other-config rack=8 # refused MAP_DUPLICATE_KEY
    - run: xe vdi-param-add uuid=$beta param-name=other-config rack=7 # refused UUID_INVALID
    - run: xe vdi-param-clear uuid=$beta param-name=other-config # refused UUID_INVALID
    - run: xe vdi-param-remove uuid=$beta param-name=other-config param-key=rack # refused UUID_INVALID
    - run: xe vdi-param-set uuid=$beta other-config:rack=7 # refused UUID_INVALID
    - run: xe vbd-param-add uuid=${db/root} param-name=other-config rack=7
    - run: xe vbd-param-add uuid=${db/root} param-name=other-config rack=8 # refused MAP_DUPLICATE_KEY
    - run: xe vbd-param-add uuid=$beta param-name=other-config rack=7 # refused UUID_INVALID
    - run: xe vbd-param-clear uuid=$beta param-name=other-config # refused UUID_INVALID
    - run: xe vbd-param-remove uuid=$beta param-name=other-config param-key=rack # refused UUID_INVALID
    - run: xe vbd-param-set uuid=$beta other-config:rack=7 # refused UUID_INVALID
    - run: xe pbd-param-add uuid=${beta/nfs1} param-name=other-config rack=7
    - run: xe pbd-param-add uuid=${beta/nfs1} param-name=other-config rack=8 # refused MAP_DUPLICATE_KEY
    - run: xe pbd-param-add uuid=$beta param-name=other-config rack=7 # refused UUID_INVALID
    - run: xe pbd-param-clear uuid=$beta param-name=other-config # refused UUID_INVALID
    - run: xe pbd-param-remove uuid=$beta param-name=other-config param-key=rack # refused UUID_INVALID
    - run: xe pbd-param-set uuid=$beta other-config:rack=7 # refused UUID_INVALID
";

/// What is destroyed or rebooted by a wrong name, in a wrong state, while somebody works on it, and where nobody answers.
const TAKEN_APART: &str = "
until: 6h
pool:
  hosts: [alpha, beta, gamma]
  storage: {fc1: {type: lvmohba}}
  vms: {db: {running-on: beta}, web: {}, app: {running-on: gamma}, mail: {running-on: alpha}}
timeline:
  - {at: 5m, fault: {storage-loss: {host: beta, sr: fc1, io: hang}}}
  - {at: 6m, fault: {crash: gamma}}
  - {at: 6m, fault: {vm-hang: mail}}
operators:
  anna:
    - {at: 10m, run: xe vm-shutdown vm=db --force} # hangs
    - {at: 15m, run: xe vm-start vm=web on=beta} # hangs
  bob:
    - {at: 20m, timeout: 3h, run: xe vm-reboot vm=db --force} # refused OTHER_OPERATION_IN_PROGRESS
  carl:
    - {at: 20m, timeout: 3h, run: xe vm-destroy uuid=$web} # refused OTHER_OPERATION_IN_PROGRESS
  dora:
    - {at: 20m, timeout: 3h, run: xe vm-snapshot vm=db new-name-label=x} # refused OTHER_OPERATION_IN_PROGRESS
recovery:
  at: 30m
  steps:
    - run: xe vm-destroy uuid=$beta # refused UUID_INVALID
    - run: xe vm-destroy uuid=$(xe vm-list is-control-domain=true resident-on=$alpha --minimal) # refused OPERATION_NOT_ALLOWED
    - run: xe vm-reboot vm=app # refused HOST_OFFLINE
    - run: xe vm-reboot vm=mail # refused VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT
    - run: xe vm-shutdown vm=mail --force
    - run: xe vm-reboot vm=mail # refused VM_BAD_POWER_STATE
";

/// What sleeps or stands still, while others work on it, and where nobody answers. The first steps of the recovery come before
/// anybody is busy; gamma counts as dead some ten minutes after it died.
const ASLEEP: &str = "
until: 6h
pool:
  hosts: [alpha, beta, gamma]
  storage: {fc1: {type: lvmohba}}
  vms:
    db: {running-on: beta}
    app: {running-on: gamma}
    mail: {power-state: paused, resident-on: beta}
    old: {power-state: paused, resident-on: gamma}
    web: {power-state: suspended}
    spare: {power-state: suspended}
timeline:
  - {at: 5m, fault: {storage-loss: {host: beta, sr: fc1, io: hang}}}
  - {at: 6m, fault: {crash: gamma}}
operators:
  anna:
    - {at: 10m, run: xe vm-shutdown vm=db --force} # hangs
  ben:
    - {at: 10m, run: xe vm-shutdown vm=mail --force} # hangs
  cora:
    - {at: 10m, run: xe vm-resume vm=web on=beta} # hangs
  dan:
    - {at: 20m, timeout: 3h, run: xe vm-suspend vm=db} # refused OTHER_OPERATION_IN_PROGRESS
  eve:
    - {at: 20m, timeout: 3h, run: xe vm-pause uuid=$db} # refused OTHER_OPERATION_IN_PROGRESS
  fay:
    - {at: 20m, timeout: 3h, run: xe vm-unpause uuid=$mail} # refused OTHER_OPERATION_IN_PROGRESS
  gus:
    - {at: 20m, timeout: 3h, run: xe vm-resume vm=web on=alpha} # refused OTHER_OPERATION_IN_PROGRESS
recovery:
  at: 7m
  steps:
    - run: xe vm-suspend vm=app # refused CANNOT_CONTACT_HOST
    - run: xe vm-pause uuid=$app # refused CANNOT_CONTACT_HOST
    - run: xe vm-unpause uuid=$old # refused CANNOT_CONTACT_HOST
    - run: xe vm-resume vm=spare on=gamma # refused CANNOT_CONTACT_HOST
    - {wait-for: {host: gamma, live: false}, run: xe vm-suspend vm=app} # refused HOST_OFFLINE
    - run: xe vm-pause uuid=$app # refused HOST_OFFLINE
    - run: xe vm-unpause uuid=$old # refused HOST_OFFLINE
    - run: xe vm-resume vm=spare on=gamma # refused HOST_NOT_LIVE
";

/// What a suspended VM needs of a host, what others need of it, and what can't be done to whoever is in another state. A disk of a
/// suspended VM is nobody's, and so another may be started with it.
const WAKES: &str = "
settings: {memory-overhead: none}
pool:
  hosts: {alpha: {memory: 8GiB}, beta: {memory: 8GiB}, gamma: {memory: 1GiB}}
  storage: {nfs1: {type: nfs}, local-beta: {type: ext, host: beta}}
  vms:
    db: {power-state: suspended, memory: 2GiB}
    tool: {power-state: suspended, disks: {root: {sr: local-beta}}}
    held: {power-state: suspended, disks: {root: {locks: {gamma: rw}}}}
    web: {}
recovery:
  at: 1m
  steps:
    - run: xe vm-resume vm=web # refused VM_BAD_POWER_STATE
    - run: xe vm-suspend vm=web # refused VM_BAD_POWER_STATE
    - run: xe vm-pause uuid=$web # refused VM_BAD_POWER_STATE
    - run: xe vm-unpause uuid=$web # refused VM_BAD_POWER_STATE
    - run: xe vm-resume vm=db on=gamma # refused HOST_NOT_ENOUGH_FREE_MEMORY
    - run: xe vm-resume vm=tool on=alpha # refused VM_REQUIRES_SR
    - run: xe vm-resume vm=held on=alpha # refused SR_BACKEND_FAILURE_46
    - run: xe host-disable host=alpha
    - run: xe vm-resume vm=db on=alpha # refused HOST_DISABLED
    - run: xe host-disable host=beta
    - run: xe vm-resume vm=db # refused NO_HOSTS_AVAILABLE
    - run: xe host-enable host=alpha
    - run: xe host-enable host=beta
    - run: xe vbd-create vm-uuid=$web vdi-uuid=${db-root} device=1
    - run: xe vm-start vm=web on=alpha
    - run: xe vm-resume vm=db on=beta # refused VDI_IN_USE
    - run: xe pbd-unplug uuid=${beta/local-beta}
    - run: xe vm-shutdown vm=tool --force # refused NO_HOSTS_AVAILABLE
";

/// There is nowhere to write the memory to: no SR, one that is not plugged where the VM runs, one out of reach.
const NOWHERE_TO_SLEEP: [&str; 3] = [
    "
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}}
  default-sr:
  vms: {db: {running-on: alpha, disks: {root: {sr: nfs1}}}}
recovery:
  at: 1m
  steps:
    - run: xe vm-suspend vm=db # refused VM_NO_SUSPEND_SR
",
    "
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}, local-beta: {type: ext, host: beta}}
  default-sr: local-beta
  vms: {db: {running-on: alpha, disks: {root: {sr: nfs1}}}}
recovery:
  at: 1m
  steps:
    - run: xe vm-suspend vm=db # refused SR_HAS_NO_PBDS
",
    "
pool:
  hosts: [alpha, beta]
  storage: {nfs1: {type: nfs}}
  vms: {db: {running-on: beta}}
timeline:
  - {at: 30s, fault: {storage-loss: {host: beta, sr: nfs1}}}
recovery:
  at: 1m
  steps:
    - run: xe vm-suspend vm=db # refused SR_BACKEND_FAILURE_78
",
];

/// A guest that hangs does not suspend itself; the path is lost while its memory is written; and a resumption that the host could not
/// record leaves a record without an image.
const NO_WAY_BACK: &str = "
until: 20m
pool:
  hosts: [alpha, beta, gamma]
  storage: {nfs1: {type: nfs}, nfs2: {type: nfs}}
  vms:
    mail: {running-on: alpha}
    db: {running-on: beta, disks: {root: {sr: nfs2}}}
    web: {power-state: suspended}
timeline:
  - {at: 30s, fault: {vm-hang: mail}}
  - {after: still.image, fault: {storage-loss: {host: beta, sr: nfs1}}}
  - {after: up.record, fault: {isolate: gamma}} # hazard vm-runs-unseen web, hazard presumed-dead-alive gamma
recovery:
  at: 1m
  steps:
    - run: xe vm-suspend vm=mail # refused VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT
    - {id: still, run: xe vm-suspend vm=db} # refused VDI_IO_ERROR
    - {id: up, run: xe vm-resume vm=web on=gamma} # refused CANNOT_CONTACT_HOST
    - run: xe vm-resume vm=web on=alpha # refused HANDLE_INVALID
";

/// Snapshots and disks that can't be taken, or destroyed: by a wrong name, too deep, where the SR's master is gone or does not reach it, and
/// where a host that has a lock is dead. The lock of a host that answers and has nothing open is in nobody's way.
const CHAINS: &str = "
until: 40m
pool:
  hosts: [alpha, beta, gamma]
  storage: {nfs1: {type: nfs}, nfs2: {type: nfs}, local-beta: {type: ext, host: beta}}
  vms:
    db: {running-on: alpha}
    web: {disks: {root: {sr: local-beta}}}
    old: {disks: {root: {locks: {gamma: rw}}}}
    far: {disks: {root: {sr: nfs2}}}
    deep: {}
timeline:
  - {at: 6m, fault: {crash: [beta, gamma]}}
  - {at: 9m, fault: {storage-loss: {host: alpha, sr: nfs2}}}
recovery:
  at: 1m
  steps:
    - run: xe snapshot-param-get uuid=$db param-name=name-label # refused UUID_INVALID
    - run: xe snapshot-param-list uuid=$db # refused UUID_INVALID
    - run: xe snapshot-uninstall uuid=$beta --force # refused UUID_INVALID
    - {run: xe snapshot-uninstall --force, expect: error} # fails
    - run: xe vdi-destroy uuid=$db # refused UUID_INVALID
    - run: xe vdi-destroy uuid=${db-root} # refused VDI_IN_USE
    - run: xe vm-snapshot vm=$(xe vm-list is-control-domain=true resident-on=$alpha --minimal) new-name-label=x # refused OPERATION_NOT_ALLOWED
    - {run: xe vm-snapshot vm=db, expect: error} # fails
    - {run: xe vm-snapshot new-name-label=x, expect: error} # fails
    - run: xe vm-snapshot vm=web new-name-label=of-web
    - run: xe vm-snapshot vm=far new-name-label=of-far
    - run: xe vm-snapshot vm=old new-name-label=of-old
    - run: xe pbd-unplug uuid=${alpha/nfs2}
    - run: xe vm-snapshot vm=far new-name-label=x # refused SR_HAS_NO_PBDS
    - run: xe vdi-destroy uuid=${far-root} # refused SR_HAS_NO_PBDS
    - run: xe snapshot-uninstall uuid=$(xe snapshot-list name-label=of-far --minimal) --force # refused SR_HAS_NO_PBDS
    - run: xe pbd-plug uuid=${alpha/nfs2}
    - run: for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do xe vm-snapshot vm=deep new-name-label=$n; done # refused SR_BACKEND_FAILURE_109
    - {at: 7m, run: xe vm-snapshot vm=old new-name-label=x} # refused SR_BACKEND_FAILURE_82
    - run: xe vm-snapshot vm=web new-name-label=x # refused CANNOT_CONTACT_HOST
    - run: xe vdi-destroy uuid=${web-root} # refused CANNOT_CONTACT_HOST
    - run: xe snapshot-uninstall uuid=$(xe snapshot-list name-label=of-web --minimal) --force # refused CANNOT_CONTACT_HOST
    - {at: 10m, run: xe vm-snapshot vm=far new-name-label=x} # refused SR_BACKEND_FAILURE_82
    - run: xe vdi-destroy uuid=${far-root} # refused SR_BACKEND_FAILURE_80
    - run: xe snapshot-uninstall uuid=$(xe snapshot-list name-label=of-far --minimal) --force # refused SR_BACKEND_FAILURE_80
    - {at: 20m, run: xe vm-snapshot vm=web new-name-label=x} # refused HOST_OFFLINE
    - run: xe vdi-destroy uuid=${web-root} # refused HOST_OFFLINE
    - run: xe snapshot-uninstall uuid=$(xe snapshot-list name-label=of-web --minimal) --force # refused HOST_OFFLINE
";

const STORIES: &[&str] = &[
    ASLEEP,
    WAKES,
    NOWHERE_TO_SLEEP[0],
    NOWHERE_TO_SLEEP[1],
    NOWHERE_TO_SLEEP[2],
    NO_WAY_BACK,
    CHAINS,
    UUIDS,
    FIELDS,
    TAKEN_APART,
    GONE,
    DEAD_MEANWHILE,
    BUSY,
    MOVES,
    STOPPED_BEFORE_ITS_TURN,
    AT_WORK_BEFORE,
    UNPROTECTED,
    STRICT,
    DECLARED,
    SOFT,
    PLAN,
    JOINS,
    NO_STATEFILE,
    SCANS,
    HOT,
    OWN_KEY,
    ALONE,
    FORGOTTEN_MEANWHILE,
];

#[test]
fn each_is_refused_as_told() {
    for story in STORIES {
        check(story);
    }
}

/// What a command's doc names and no story can show, with the reason.
const NOT_SHOWN: &[(&str, &[&str], &str)] = &[
    ("vm-start", &["HOST_OFFLINE"], "a host that is held for dead is refused before, as HOST_NOT_LIVE; in life it may die between the two"),
    ("vm-resume", &["HOST_OFFLINE"], "as with `vm-start`"),
    (
        "host-get-vms-which-prevent-evacuation",
        &["HOST_EVACUATE_VM_NOT_HA_PROTECTED", "HOST_NOT_ENOUGH_FREE_MEMORY", "OTHER_OPERATION_IN_PROGRESS"],
        "it prints them, as what `host-evacuate` would answer, and ends well",
    ),
    ("pool-emergency-reset-master", &["HOST_ITS_OWN_SLAVE", "HOST_UNKNOWN_TO_MASTER"], "what the host answers after it, to other commands"),
];

/// Errors that no command of `xe` answers here, with the reason.
const NOT_ANSWERED: &[(&str, &str)] = &[
    ("HOST_BROKEN", "a handover is never cut short between its two halves, and nothing else leaves a host without a role"),
    ("JOINING_HOST_CONNECTION_FAILED", "the tool says it in words of its own, with status 0"),
];

fn add(shown: &mut BTreeSet<(&'static str, String)>, reports: Vec<Report>) {
    for step in reports.into_iter().flat_map(|report| report.steps) {
        // Lines follow each other up to the first that fails.
        if let (Some(command), Some(code)) = (step.did.last(), step.code) {
            shown.insert((*command, code));
        }
    }
}

/// The codes of the pool's errors that a text names.
fn named(text: &str) -> impl Iterator<Item = &'static str> {
    let words: BTreeSet<&str> = text.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')).collect();
    ERRORS.iter().map(|doc| doc.code).filter(move |code| words.contains(code))
}

#[test]
fn every_refusal_of_every_command_has_a_story() {
    let mut shown = BTreeSet::new();
    for path in common::shipped() {
        add(&mut shown, common::run(&common::load_file(&path), false));
    }
    for story in STORIES {
        add(&mut shown, common::run(&common::load("story.yaml", story), false));
    }
    let mut promised = BTreeSet::new();
    for command in COMMANDS {
        let differ = DIFFERENCES.iter().filter(|difference| difference.topics.contains(&command.name)).map(|difference| difference.doc);
        for code in differ.chain([command.doc]).flat_map(named) {
            promised.insert((command.name, code.to_owned()));
        }
    }
    assert!(promised.len() > 140, "only {} refusals are named: are the docs still read?", promised.len());
    let excused = NOT_SHOWN.iter().flat_map(|(command, codes, _)| codes.iter().map(|code| (*command, (*code).to_owned())));
    let excused: BTreeSet<(&str, String)> = excused.collect();
    let never: Vec<_> = promised.difference(&shown).filter(|pair| !excused.contains(pair)).collect();
    assert!(never.is_empty(), "named by a command's doc, and shown by no story: {never:?}");
    let idle: Vec<_> = excused.iter().filter(|pair| shown.contains(pair) || !promised.contains(pair)).collect();
    assert!(idle.is_empty(), "excused for nothing: {idle:?}");

    let codes: BTreeSet<&str> = shown.iter().map(|(_, code)| code.as_str()).collect();
    let excused = |code: &str| NOT_ANSWERED.iter().any(|(other, _)| *other == code);
    for doc in ERRORS {
        assert!(codes.contains(doc.code) != excused(doc.code), "{}: no story is refused with it, or it is excused for nothing", doc.code);
    }
}
