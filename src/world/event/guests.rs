//! Guests and disks: which domains run where, who has a disk open, and what is written to it. How an entry is read stands in
//! `table.rs`.

macro_rules! guests {
    ($($before:tt)*) => { gather! { $($before)*
        DomainStarted { vm: VmId, machine: MachineId } => {
            number: 27, name: "domain-started", half: Truth, of: Machine(*machine), changes: GUESTS | DISKS, about: Nothing, matters: true,
            what: ("{vm} runs here"),
            parts: { "vm": vm },
        }
        DomainEnded { vm: VmId, machine: MachineId, ending: Ending } => {
            number: 28, name: "domain-ended", half: Truth, of: Machine(*machine), changes: GUESTS | DISKS, about: Nothing, matters: true,
            what: {
                let how = match *ending {
                    Ending::Power => "dies with its machine",
                    Ending::Shutdown => "is shut down",
                    Ending::RunsElsewhere => "is destroyed by xapi: the database has it on another host",
                    Ending::Destroyed => "is destroyed by xapi: the database has no such VM",
                    Ending::Crashed => "crashes",
                    Ending::ShutItselfDown => "is shut down from inside",
                    Ending::RebootedItself => "is rebooted from inside",
                    Ending::MigrationFailed => "is destroyed: it was suspended to move, and can't",
                    Ending::Suspended => "is suspended: its memory is on a disk",
                    Ending::SuspendFailed => "is destroyed: it stood still to be suspended, and its image is not whole",
                    Ending::ResumeFailed => "is destroyed: it can't go on from its image, and stays suspended",
                };
                format!("{vm} {how}")
            },
            parts: { "vm": vm },
        }
        GuestHung { vm: VmId, machine: MachineId } => {
            number: 93, name: "guest-hung", half: Truth, of: Machine(*machine), changes: GUESTS | DISKS, about: Nothing, matters: true,
            what: ("{vm} stands still: it answers nothing and writes nothing"),
            parts: { "vm": vm },
        }
        GuestBack { vm: VmId, machine: MachineId } => {
            number: 94, name: "guest-back", half: Truth, of: Machine(*machine), changes: GUESTS | DISKS, about: Nothing, matters: true,
            what: ("{vm} goes on"),
            parts: { "vm": vm },
        }
        DomainPaused { vm: VmId, machine: MachineId } => {
            number: 155, name: "domain-paused", half: Truth, of: Machine(*machine), changes: GUESTS | DISKS, about: Nothing, matters: true,
            what: ("{vm} is paused: its domain is there, and does not run"),
            parts: { "vm": vm },
        }
        DomainUnpaused { vm: VmId, machine: MachineId } => {
            number: 156, name: "domain-unpaused", half: Truth, of: Machine(*machine), changes: GUESTS | DISKS, about: Nothing, matters: true,
            what: ("{vm} goes on where it was paused"),
            parts: { "vm": vm },
        }
        ImageWritten { vm: VmId, machine: MachineId, sr: SrId } => {
            number: 157, name: "image-written", half: Truth, of: Machine(*machine), changes: NOTHING, about: Nothing, matters: true,
            what: ("has written the memory of {vm} to {sr}"),
            parts: { "vm": vm, "sr": sr },
        }
        ImageDestroyed { vm: VmId, machine: MachineId, sr: SrId } => {
            number: 158, name: "image-destroyed", half: Truth, of: Machine(*machine), changes: NOTHING, about: Nothing, matters: true,
            what: ("has destroyed the memory image of {vm} on {sr}"),
            parts: { "vm": vm, "sr": sr },
        }
        ImageOutdated { vm: VmId, vdi: VdiId, machine: MachineId } => {
            number: 159, name: "image-outdated", half: Truth, of: Machine(*machine), changes: DISKS, about: Vdi(*vdi), matters: true,
            what: ("{vm} goes on with a memory that is older than what lies on {vdi}: that was written since it was suspended"),
            parts: { "vm": vm, "vdi": vdi },
        }
        AutostartBegan { vm: VmId, machine: MachineId, host: HostId } => {
            number: 95, name: "autostart-began", half: Truth, of: Machine(*machine), changes: NOTHING, about: Nothing, matters: true,
            what: ("has booted, and is about to start {vm} on {host}: it is marked for that"),
            parts: { "vm": vm, "on": host },
        }
        AutostartFailed { vm: VmId, machine: MachineId, code: &'static str } => {
            number: 96, name: "autostart-failed", half: Truth, of: Machine(*machine), changes: NOTHING, about: Nothing, matters: true,
            what: ("has booted, and can't start {vm}, which is marked for that: {code}"),
            parts: { "vm": vm, "code": code },
        }
        DomainMoved { vm: VmId, from: MachineId, to: MachineId } => {
            number: 29, name: "domain-moved", half: Truth, of: Machine(*to), changes: GUESTS | DISKS, about: Nothing, matters: true,
            what: ("{vm} has moved here from {from}"),
            parts: { "vm": vm, "from": from },
        }

        DiskOpened { vdi: VdiId, machine: MachineId, mode: Mode } => {
            number: 30, name: "disk-opened", half: Truth, of: Machine(*machine), changes: DISKS, about: Nothing, matters: false,
            what: ("opens {vdi} ({})", mode.upper()),
            parts: { "vdi": vdi, "mode": mode },
        }
        DiskClosed { vdi: VdiId, machine: MachineId } => {
            number: 31, name: "disk-closed", half: Truth, of: Machine(*machine), changes: DISKS, about: Nothing, matters: false,
            what: ("closes {vdi}"),
            parts: { "vdi": vdi },
        }
        DiskWritten { vdi: VdiId, machine: MachineId } => {
            number: 32, name: "disk-written", half: Truth, of: Machine(*machine), changes: DISKS, about: Nothing, matters: true,
            what: ("writes to {vdi}, which another host has open too"),
            parts: { "vdi": vdi },
        }
        WriteHeld { vdi: VdiId, machine: MachineId } => {
            number: 33, name: "write-held", half: Truth, of: Machine(*machine), changes: NOTHING, about: Nothing, matters: true,
            what: ("has to hold back a write to {vdi}: the path is lost"),
            parts: { "vdi": vdi },
        }
        HeldWritesLost { vdi: VdiId, machine: MachineId } => {
            number: 91, name: "held-writes-lost", half: Truth, of: Machine(*machine), changes: NOTHING, about: Nothing, matters: true,
            what: ("loses for ever what it held back for {vdi}"),
            parts: { "vdi": vdi },
        }
        GuestGaveUp { vm: VmId, vdi: VdiId, machine: MachineId } => {
            number: 92, name: "guest-gave-up", half: Truth, of: Machine(*machine), changes: DISKS, about: Nothing, matters: true,
            what: ("{vm} gives {vdi} up, and has it read-only until it is started anew"),
            parts: { "vm": vm, "vdi": vdi },
        }
        WroteLate { vdi: VdiId, machine: MachineId, over: Option<MachineId> } => {
            number: 34, name: "wrote-late", half: Truth, of: Machine(*machine), changes: DISKS, about: Nothing, matters: true,
            what: {
                match *over {
                    Some(_) => format!("writes late to {vdi} what it held back; {over} has opened it for writing since"),
                    None => format!("writes to {vdi} what it held back; nobody else has opened it since"),
                }
            },
            parts: { "vdi": vdi, "over": over },
        }
        DiskDamaged { vdi: VdiId, by: MachineId, over: MachineId } => {
            number: 35, name: "disk-damaged", half: Truth, of: Machine(*by), changes: NOTHING, about: Nothing, matters: true,
            what: ("DAMAGES {vdi}: writes over what {over} wrote and it never saw"),
            parts: { "vdi": vdi, "over": over },
        }
        DiskWiped { vdi: VdiId, machine: MachineId } => {
            number: 90, name: "disk-wiped", half: Truth, of: Machine(*machine), changes: DISKS | PATHS, about: Nothing, matters: true,
            what: ("loses {vdi} for good: its own storage is made anew"),
            parts: { "vdi": vdi },
        }
    } };
}
