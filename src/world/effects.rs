//! What a move makes due and what it tells. Lent by the engine to whoever moves the world, and reused.

use crate::base::ids::{HostId, MachineId, SrId, VdiId, VmId};
use crate::base::time::{Span, Time};
use crate::world::event::Event;

/// What is due at some instant. Small and `Copy`; whoever handles it checks that it still counts (`epoch`, `boot`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the name says what is due")]
pub enum Due {
    /// A member sends its k-th heartbeat of this boot.
    Heartbeat {
        machine: MachineId,
        epoch: u16,
        k: u32,
    },
    /// A heartbeat that will change something reaches the master.
    HeartbeatArrives {
        machine: MachineId,
        epoch: u32,
    },
    /// A master looks whether a host has been silent for too long; re-armed lazily.
    LivenessCheck {
        master: MachineId,
        host: HostId,
        epoch: u16,
    },
    /// A master sends the next copy of the database.
    DatabaseCopy {
        master: MachineId,
        epoch: u32,
    },
    /// xapi has started.
    XapiUp {
        machine: MachineId,
        epoch: u32,
    },
    /// A member in emergency mode tries its master again.
    Hello {
        machine: MachineId,
        epoch: u32,
    },
    /// xapi restarts: the fuse of a role change has burnt, or a broken host tries again.
    XapiRestart {
        machine: MachineId,
        epoch: u32,
    },
    /// xapi ends, as it was told to, and is not started again.
    XapiEnds {
        machine: MachineId,
        epoch: u32,
    },
    /// Domain 0 of a booting machine answers.
    BootDone {
        machine: MachineId,
        boot: u32,
    },
    /// A commanded shutdown or reboot is carried out.
    GoDown {
        machine: MachineId,
        boot: u32,
    },
    GoDownForReboot {
        machine: MachineId,
        boot: u32,
    },
    /// A fresh installation is finished.
    InstallDone {
        machine: MachineId,
        boot: u32,
    },
    /// A guest writes to a VDI that others may have open too.
    Write {
        vdi: VdiId,
        machine: MachineId,
    },
    /// xapi tries again to clear away a domain that ended from inside.
    GuestGone {
        machine: MachineId,
        vm: VmId,
        boot: u32,
        tries: u8,
    },
    /// A machine that has booted goes on with the VMs that are marked for that.
    Autostart {
        machine: MachineId,
        epoch: u32,
    },
    /// A guest has waited for a held-back write for as long as it does.
    GuestGivesUp {
        vdi: VdiId,
        machine: MachineId,
    },
    /// A step of a sequence (0 timeline, 1 world, 2 recovery) begins.
    Step {
        sequence: u8,
    },
    /// A step's `wait-for` has waited long enough.
    GiveUp {
        sequence: u8,
        serial: u32,
    },
    /// The command of a sequence goes on: its time is up, or it tries again.
    Command {
        slot: u8,
        serial: u32,
    },
    /// A command that hangs is given up.
    CtrlC {
        slot: u8,
        serial: u32,
    },
    /// A fault undoes itself, or strikes again.
    FaultEnds {
        step: u16,
        round: u32,
    },
    FaultAgain {
        step: u16,
        round: u32,
    },
    /// A long act of a sequence has ended.
    ActDone {
        sequence: u8,
        serial: u32,
    },
    /// HA: a daemon's heartbeat to all peers.
    HaBeat {
        machine: MachineId,
        run: u32,
    },
    /// HA: a daemon's round on the statefile.
    HaDisk {
        machine: MachineId,
        run: u32,
    },
    /// HA: the threads of a daemon that stood still run again.
    HaResume {
        machine: MachineId,
        run: u32,
    },
    /// HA: a daemon looks who is silent, or goes on with what it is at; re-armed lazily.
    HaTimer {
        machine: MachineId,
        timer: u32,
    },
    /// HA: a thread of a daemon may have stood still for too long.
    HaWatchdog {
        machine: MachineId,
        run: u32,
    },
    /// HA: watchdogs that nobody feeds any more run out.
    HaUnfed {
        machine: MachineId,
        boot: u32,
    },
    /// HA: a daemon looks whether xapi is well.
    HaHealth {
        machine: MachineId,
        run: u32,
    },
    /// HA: an armed host's xapi waits at its start for the daemon to join.
    HaBoot {
        machine: MachineId,
        epoch: u32,
    },
    /// HA: xapi asks the daemon for the liveset.
    HaMonitor {
        machine: MachineId,
        epoch: u32,
    },
    /// An SR's collector of garbage goes on.
    Collect {
        machine: MachineId,
        sr: SrId,
        boot: u32,
    },
    /// A master goes on with the VMs that HA restarts.
    HaRestart {
        machine: MachineId,
        epoch: u32,
    },
}

/// What a move causes.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// Now.
    pub now: Time,
    /// What was told, in order.
    pub events: Vec<Event>,
    /// What was made due, in order.
    pub dues: Vec<(Time, Due)>,
    /// The stages of the command under way at which somebody waits for it: there it stands still for a moment.
    pub stops: Vec<&'static str>,
}

impl Effects {
    /// Tells an event.
    pub fn tell(&mut self, event: Event) {
        self.events.push(event);
    }
    /// Makes something due at an instant; never in the past.
    pub fn due_at(&mut self, at: Time, due: Due) {
        self.dues.push((at.max(self.now), due));
    }
    /// Makes something due after a span.
    pub fn due(&mut self, span: Span, due: Due) {
        self.dues.push((self.now + span, due));
    }
}
