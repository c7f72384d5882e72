//! What lies on SRs changes: snapshots, garbage, merges, work that is cut short. How an entry is read stands in `table.rs`.

macro_rules! chains {
    ($($before:tt)*) => { gather! { $($before)*
        DiskSnapshotted { machine: MachineId, vdi: VdiId, snapshot: VdiId } => {
            number: 140, name: "disk-snapshotted", half: Truth, of: Machine(*machine), changes: DISKS, about: Nothing, matters: true,
            what: ("makes a base of {vdi}, and {vdi} and {snapshot} as leaves on it"),
            parts: { "vdi": vdi, "snapshot": snapshot },
        }
        DiskHidden { machine: MachineId, vdi: VdiId } => {
            number: 141, name: "disk-hidden", half: Truth, of: Machine(*machine), changes: NOTHING, about: Nothing, matters: true,
            what: ("marks {vdi} as garbage"),
            parts: { "vdi": vdi },
        }
        DiskRemoved { machine: MachineId, vdi: VdiId } => {
            number: 142, name: "disk-removed", half: Truth, of: Machine(*machine), changes: DISKS, about: Nothing, matters: true,
            what: ("removes {vdi} from its SR"),
            parts: { "vdi": vdi },
        }
        MergeBegan { machine: MachineId, vdi: VdiId } => {
            number: 143, name: "merge-began", half: Truth, of: Machine(*machine), changes: NOTHING, about: Nothing, matters: true,
            what: ("begins to merge a link of the chain of {vdi} into its parent"),
            parts: { "vdi": vdi },
        }
        DiskMerged { machine: MachineId, vdi: VdiId } => {
            number: 144, name: "disk-merged", half: Truth, of: Machine(*machine), changes: DISKS, about: Nothing, matters: true,
            what: ("has taken a link out of the chain of {vdi}"),
            parts: { "vdi": vdi },
        }
        ChainCut { machine: MachineId, vdi: VdiId } => {
            number: 145, name: "chain-cut", half: Truth, of: Machine(*machine), changes: DISKS, about: Nothing, matters: true,
            what: ("removes what was a link of the chain of {vdi}, and is open"),
            parts: { "vdi": vdi },
        }
        CollectorStopped { machine: MachineId, sr: SrId, why: &'static str } => {
            number: 146, name: "collector-stopped", half: Truth, of: Machine(*machine), changes: NOTHING, about: Nothing, matters: true,
            what: ("its collector on {sr} gives up: {why}"),
            parts: { "sr": sr, "why": why },
        }
        KeptByCollector { machine: MachineId, vdi: VdiId } => {
            number: 147, name: "kept-by-collector", half: Truth, of: Machine(*machine), changes: NOTHING, about: Nothing, matters: true,
            what: ("its collector leaves {vdi} as it is: a host has it open"),
            parts: { "vdi": vdi },
        }
        WorkCutShort { machine: MachineId, vdi: VdiId } => {
            number: 148, name: "work-cut-short", half: Truth, of: Machine(*machine), changes: LOCKS, about: Nothing, matters: true,
            what: ("was at work on the chain of {vdi}, and has not ended it"),
            parts: { "vdi": vdi },
        }
        JournalPlayed { machine: MachineId, vdi: VdiId } => {
            number: 149, name: "journal-played", half: Truth, of: Machine(*machine), changes: NOTHING, about: Nothing, matters: true,
            what: ("finds on the SR what was begun on {vdi} and not ended, and sets it right"),
            parts: { "vdi": vdi },
        }
        VolumesRaced { machine: MachineId, sr: SrId, other: MachineId } => {
            number: 150, name: "volumes-raced", half: Truth, of: Machine(*machine), changes: DISKS, about: Nothing, matters: true,
            what: ("changes the volumes of {sr} while {other} is at work on them"),
            parts: { "sr": sr, "other": other },
        }
    } };
}
