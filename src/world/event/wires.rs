//! What lies between machines: management links, and paths to storage. How an entry is read stands in `table.rs`.

macro_rules! wires {
    ($($before:tt)*) => { gather! { $($before)*
        Isolated { machine: MachineId } => {
            number: 8, name: "isolated", half: Truth, of: Machine(*machine), changes: LINKS, about: Nothing, matters: true,
            what: ("is cut off from all others; its storage and guests go on"),
            parts: {},
        }
        Reconnected { machine: MachineId } => {
            number: 9, name: "reconnected", half: Truth, of: Machine(*machine), changes: LINKS, about: Nothing, matters: true,
            what: ("is back on the management network"),
            parts: {},
        }
        Partitioned { groups: Vec<u16> } => {
            number: 10, name: "partitioned", half: Truth, of: Network, changes: LINKS, about: Nothing, matters: true,
            what: ("splits: {groups}"),
            parts: { "groups": groups },
        }
        PartitionHealed => {
            number: 11, name: "partition-healed", half: Truth, of: Network, changes: LINKS, about: Nothing, matters: true,
            what: ("is whole again"),
            parts: {},
        }
        OneWay { from: MachineId, to: MachineId } => {
            number: 55, name: "one-way", half: Truth, of: Machine(*from), changes: LINKS, about: Nothing, matters: true,
            what: ("its packets to {to} are lost; those of {to} arrive"),
            parts: { "to": to },
        }
        OneWayHealed { from: MachineId, to: MachineId } => {
            number: 56, name: "one-way-healed", half: Truth, of: Machine(*from), changes: LINKS, about: Nothing, matters: true,
            what: ("its packets reach {to} again"),
            parts: { "to": to },
        }
        Degraded { machine: MachineId, loss: u32 } => {
            number: 12, name: "network-degraded", half: Truth, of: Machine(*machine), changes: NOTHING, about: Nothing, matters: true,
            what: ("has bad links: {}% of its heartbeats get lost", percent(*loss)),
            parts: { "loss": format!("{}%", percent(*loss)) },
        }
        DegradedHealed { machine: MachineId } => {
            number: 13, name: "network-restored", half: Truth, of: Machine(*machine), changes: NOTHING, about: Nothing, matters: true,
            what: ("has good links again"),
            parts: {},
        }

        PathLost { machine: MachineId, sr: SrId, io: Io } => {
            number: 14, name: "path-lost", half: Truth, of: Machine(*machine), changes: PATHS, about: Nothing, matters: true,
            what: ("loses its path to {sr}; {}", io_words(*io)),
            parts: { "sr": sr, "io": io },
        }
        PathBack { machine: MachineId, sr: SrId } => {
            number: 15, name: "path-back", half: Truth, of: Machine(*machine), changes: PATHS, about: Nothing, matters: true,
            what: ("reaches {sr} again"),
            parts: { "sr": sr },
        }
        SrLost { sr: SrId, io: Io } => {
            number: 16, name: "sr-lost", half: Truth, of: Sr(*sr), changes: PATHS, about: Nothing, matters: true,
            what: ("fails for everybody; {}", io_words(*io)),
            parts: { "io": io },
        }
        SrBack { sr: SrId } => {
            number: 17, name: "sr-back", half: Truth, of: Sr(*sr), changes: PATHS, about: Nothing, matters: true,
            what: ("is back"),
            parts: {},
        }
    } };
}
