//! What a pool database says, but for HA: hosts, VMs, locks, PBDs, and whose database it is. How an entry is read stands in
//! `table.rs`.

macro_rules! records {
    ($($before:tt)*) => { gather! { $($before)*
        HostMarkedDead { by: MachineId, host: HostId } => {
            number: 36, name: "host-marked-dead", half: Belief, of: Machine(*by), changes: HOSTS, about: Host(*host), matters: true,
            what: ("holds {host} for dead"),
            parts: { "host": host },
        }
        HostMarkedAlive { by: MachineId, host: HostId } => {
            number: 37, name: "host-marked-alive", half: Belief, of: Machine(*by), changes: HOSTS, about: Host(*host), matters: true,
            what: ("holds {host} for alive"),
            parts: { "host": host },
        }
        // Enabled or not: that bears on no finding. Hazards look again, since a member that its restarted master lets in
        // again is enabled again.
        HostEnabled { by: MachineId, host: HostId } => {
            number: 38, name: "host-enabled", half: Belief, of: Machine(*by), changes: HOSTS, about: Nothing, matters: false,
            what: ("has {host} as enabled"),
            parts: { "host": host },
        }
        HostDisabled { by: MachineId, host: HostId } => {
            number: 39, name: "host-disabled", half: Belief, of: Machine(*by), changes: HOSTS, about: Nothing, matters: false,
            what: ("has {host} as disabled"),
            parts: { "host": host },
        }
        HostForgotten { by: MachineId, host: HostId } => {
            number: 40, name: "host-forgotten", half: Belief, of: Machine(*by), changes: HOSTS, about: Host(*host), matters: true,
            what: ("has forgotten {host}"),
            parts: { "host": host },
        }
        HostEjected { by: MachineId, host: HostId } => {
            number: 85, name: "host-ejected", half: Belief, of: Machine(*by), changes: HOSTS, about: Host(*host), matters: true,
            what: ("has ejected {host}"),
            parts: { "host": host },
        }
        HostJoined { by: MachineId, host: HostId } => {
            number: 41, name: "host-joined", half: Belief, of: Machine(*by), changes: HOSTS, about: Host(*host), matters: true,
            what: ("has {host} as a new member"),
            parts: { "host": host },
        }
        MasterRecorded { by: MachineId, host: HostId } => {
            number: 42, name: "master-recorded", half: Belief, of: Machine(*by), changes: ALL, about: Master(*by, *host), matters: true,
            what: ("has {host} as the pool's master"),
            parts: { "host": host },
        }

        VmRecorded { by: MachineId, vm: VmId, power_state: PowerState, resident_on: Option<HostId> } => {
            number: 43, name: "vm-recorded", half: Belief, of: Machine(*by), changes: RECORDS, about: Vm(*vm), matters: true,
            what: {
                match (*power_state, *resident_on) {
                    (PowerState::Running, Some(_)) => format!("has {vm} as running on {resident_on}"),
                    (PowerState::Running, None) => format!("has {vm} as running nowhere"),
                    (PowerState::Paused, Some(_)) => format!("has {vm} as paused on {resident_on}"),
                    (PowerState::Paused, None) => format!("has {vm} as paused nowhere"),
                    (PowerState::Halted | PowerState::Suspended, _) => format!("has {vm} as {power_state}"),
                }
            },
            parts: { "vm": vm, "power-state": power_state, "resident-on": resident_on },
        }
        VbdsRecorded { by: MachineId, vm: VmId, attached: bool } => {
            number: 44, name: "vbds-recorded", half: Belief, of: Machine(*by), changes: NOTHING, about: Nothing, matters: false,
            what: ("has the disks of {vm} as {}", if *attached { "attached" } else { "detached" }),
            parts: { "vm": vm, "attached": attached },
        }
        LockSet { by: MachineId, vdi: VdiId, host: HostId, mode: Mode } => {
            number: 45, name: "lock-set", half: Belief, of: Machine(*by), changes: LOCKS, about: Vdi(*vdi), matters: true,
            what: ("has a lock of {host} on {vdi} ({})", mode.upper()),
            parts: { "vdi": vdi, "host": host, "mode": mode },
        }
        LockRemoved { by: MachineId, vdi: VdiId, host: HostId } => {
            number: 46, name: "lock-removed", half: Belief, of: Machine(*by), changes: LOCKS, about: Vdi(*vdi), matters: true,
            what: ("has no lock of {host} on {vdi} any more"),
            parts: { "vdi": vdi, "host": host },
        }
        PausedCleared { by: MachineId, vdi: VdiId } => {
            number: 47, name: "paused-cleared", half: Belief, of: Machine(*by), changes: LOCKS, about: Vdi(*vdi), matters: true,
            what: ("has {vdi} as no longer paused"),
            parts: { "vdi": vdi },
        }
        PausedSet { by: MachineId, vdi: VdiId } => {
            number: 135, name: "paused-set", half: Belief, of: Machine(*by), changes: LOCKS, about: Vdi(*vdi), matters: true,
            what: ("has {vdi} as paused"),
            parts: { "vdi": vdi },
        }
        RelinkingSet { by: MachineId, vdi: VdiId } => {
            number: 136, name: "relinking-set", half: Belief, of: Machine(*by), changes: NOTHING, about: Vdi(*vdi), matters: true,
            what: ("has {vdi} as relinking"),
            parts: { "vdi": vdi },
        }
        DiskSnapshotRecorded { by: MachineId, vdi: VdiId, of: VdiId } => {
            number: 137, name: "disk-snapshot-recorded", half: Belief, of: Machine(*by), changes: LOCKS, about: Vdi(*vdi), matters: false,
            what: ("has {vdi} as a snapshot of {of}"),
            parts: { "vdi": vdi, "of": of },
        }
        SnapshotRecorded { by: MachineId, vm: VmId, label: String } => {
            number: 138, name: "snapshot-recorded", half: Belief, of: Machine(*by), changes: NOTHING, about: Nothing, matters: true,
            what: ("has a snapshot of {vm}, {label}"),
            parts: { "vm": vm, "label": label },
        }
        SnapshotDestroyed { by: MachineId, vm: VmId, label: String } => {
            number: 139, name: "snapshot-destroyed", half: Belief, of: Machine(*by), changes: NOTHING, about: Nothing, matters: true,
            what: ("has the snapshot {label} of {vm} no more"),
            parts: { "vm": vm, "label": label },
        }
        ActivatingSet { by: MachineId, vdi: VdiId } => {
            number: 132, name: "activating-set", half: Belief, of: Machine(*by), changes: NOTHING, about: Vdi(*vdi), matters: true,
            what: ("has {vdi} as being opened"),
            parts: { "vdi": vdi },
        }
        ActivatingCleared { by: MachineId, vdi: VdiId } => {
            number: 133, name: "activating-cleared", half: Belief, of: Machine(*by), changes: NOTHING, about: Vdi(*vdi), matters: true,
            what: ("has {vdi} as no longer being opened"),
            parts: { "vdi": vdi },
        }
        RelinkingCleared { by: MachineId, vdi: VdiId } => {
            number: 131, name: "relinking-cleared", half: Belief, of: Machine(*by), changes: NOTHING, about: Vdi(*vdi), matters: true,
            what: ("has {vdi} as no longer relinking"),
            parts: { "vdi": vdi },
        }
        ActivatingLeft { by: MachineId, vdi: VdiId } => {
            number: 120, name: "activating-left", half: Belief, of: Machine(*by), changes: NOTHING, about: Vdi(*vdi), matters: true,
            what: ("has {vdi} as being opened, by nobody"),
            parts: { "vdi": vdi },
        }

        PbdRecorded { by: MachineId, host: HostId, sr: SrId, plugged: bool } => {
            number: 48, name: "pbd-recorded", half: Belief, of: Machine(*by), changes: STORAGE, about: Pbd(*host, *sr), matters: false,
            what: ("has {sr} as {} on {host}", if *plugged { "plugged" } else { "unplugged" }),
            parts: { "host": host, "sr": sr, "plugged": plugged },
        }
        PbdGone { by: MachineId, host: HostId, sr: SrId } => {
            number: 49, name: "pbd-gone", half: Belief, of: Machine(*by), changes: STORAGE, about: Pbd(*host, *sr), matters: false,
            what: ("has no PBD of {sr} on {host} any more"),
            parts: { "host": host, "sr": sr },
        }
        SrForgotten { by: MachineId, sr: SrId } => {
            number: 86, name: "sr-forgotten", half: Belief, of: Machine(*by), changes: STORAGE | LOCKS, about: Sr(*sr), matters: true,
            what: ("has forgotten {sr} and every disk on it"),
            parts: { "sr": sr },
        }
        SrIntroduced { by: MachineId, sr: SrId } => {
            number: 121, name: "sr-introduced", half: Belief, of: Machine(*by), changes: STORAGE, about: Sr(*sr), matters: true,
            what: ("has {sr} as an SR of the pool"),
            parts: { "sr": sr },
        }
        VdiForgotten { by: MachineId, vdi: VdiId } => {
            number: 122, name: "vdi-forgotten", half: Belief, of: Machine(*by), changes: LOCKS, about: Vdi(*vdi), matters: true,
            what: ("has forgotten the disk {vdi}, its locks and its VBDs"),
            parts: { "vdi": vdi },
        }
        VdiIntroduced { by: MachineId, vdi: VdiId } => {
            number: 123, name: "vdi-introduced", half: Belief, of: Machine(*by), changes: LOCKS, about: Vdi(*vdi), matters: true,
            what: ("has {vdi} as a disk that it did not know, without a lock"),
            parts: { "vdi": vdi },
        }
        VbdCreated { by: MachineId, vm: VmId, vdi: VdiId, mode: Mode } => {
            number: 124, name: "vbd-created", half: Belief, of: Machine(*by), changes: NOTHING, about: Nothing, matters: true,
            what: ("has {vdi} as a disk of {vm} ({})", mode.upper()),
            parts: { "vm": vm, "vdi": vdi, "mode": mode },
        }
        VbdDestroyed { by: MachineId, vm: VmId, vdi: VdiId } => {
            number: 125, name: "vbd-destroyed", half: Belief, of: Machine(*by), changes: NOTHING, about: Nothing, matters: true,
            what: ("has {vdi} as a disk of {vm} no more"),
            parts: { "vm": vm, "vdi": vdi },
        }
        VbdRecorded { by: MachineId, vm: VmId, vdi: VdiId, attached: bool } => {
            number: 126, name: "vbd-recorded", half: Belief, of: Machine(*by), changes: NOTHING, about: Nothing, matters: false,
            what: ("has {vdi} as {} {vm}", if *attached { "attached to" } else { "detached from" }),
            parts: { "vm": vm, "vdi": vdi, "attached": attached },
        }
        VmDestroyed { by: MachineId, vm: VmId } => {
            number: 134, name: "vm-destroyed", half: Belief, of: Machine(*by), changes: RECORDS | GUESTS, about: Vm(*vm), matters: true,
            what: ("has destroyed the record of {vm}, with its VBDs"),
            parts: { "vm": vm },
        }
        DefaultSrSet { by: MachineId, sr: Option<SrId> } => {
            number: 50, name: "default-sr-set", half: Belief, of: Machine(*by), changes: STORAGE, about: DefaultSr, matters: true,
            what: { if sr.is_some() { format!("has {sr} as the default SR") } else { "has nothing as the default SR".to_owned() } },
            parts: { "sr": sr },
        }
        NeedlessMasterWord { by: MachineId, sr: SrId, host: HostId } => {
            number: 54, name: "needless-master-word", half: Belief, of: Machine(*by), changes: NOTHING, about: Nothing, matters: false,
            what: ("`master` is said of {host}, which did not rule {sr} when it stopped"),
            parts: { "sr": sr, "host": host },
        }

        CopyTaken { machine: MachineId, from: MachineId } => {
            number: 51, name: "copy-taken", half: Belief, of: Machine(*machine), changes: ALL, about: Database(*machine), matters: false,
            what: ("has a fresh copy of the database of {from}"),
            parts: { "from": from },
        }
        DumpWritten { by: MachineId, file: String } => {
            number: 52, name: "dump-written", half: Belief, of: Machine(*by), changes: NOTHING, about: Nothing, matters: false,
            what: ("its database is dumped to {file}"),
            parts: { "file": file },
        }
        DumpRestored { machine: MachineId, file: String } => {
            number: 53, name: "dump-restored", half: Belief, of: Machine(*machine), changes: ALL, about: Database(*machine), matters: true,
            what: ("has the database of the dump {file}, and itself as its only host"),
            parts: { "file": file },
        }
    } };
}
