//! What hands do at a machine: they press its power button, install it afresh, or look whether it is off.

use super::FaultDoc;
use super::each::each;
use super::guest;
use crate::base::ids::{MachineId, VmId};
use crate::world::World;
use crate::world::effects::{Due, Effects};
use crate::world::event::Ending;

/// An act. Lists hold at least one machine or VM, each once.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "ACTS says what each does, in the words that users see")]
pub enum Act {
    PowerOff(Vec<MachineId>),
    PowerOn(Vec<MachineId>),
    Reinstall(Vec<MachineId>),
    CheckOff(Vec<MachineId>),
    ReAddress(Vec<MachineId>),
    GuestShutdown(Vec<VmId>),
    GuestReboot(Vec<VmId>),
}

pub const POWER_OFF: FaultDoc = FaultDoc {
    name: "power-off",
    undone_by: "power-on",
    doc: "Somebody switches the machine off: the only way to be sure that nothing on it writes any more. Do it before `host-forget`, `vm-reset-powerstate` and `resetvdis.py` (manual, member failures).",
    example: "{power-off: beta}",
};

pub const POWER_ON: FaultDoc = FaultDoc {
    name: "power-on",
    undone_by: "power-off",
    doc: "Somebody switches the machine on; it boots as with the fault `boot`.",
    example: "{power-on: beta}",
};

pub const REINSTALL: FaultDoc = FaultDoc {
    name: "reinstall",
    undone_by: "",
    doc: "A fresh installation: whatever ran on the machine ends, and after the setting `reinstall` it is up as a pool of its own, with its old name and a new UUID. The one safe way back for a forgotten host and for a master that was replaced (manual, M7, M20).",
    example: "{reinstall: beta}",
};

pub const CHECK_OFF: FaultDoc = FaultDoc {
    name: "check-off",
    undone_by: "",
    doc: "Somebody goes and looks: fails if the machine is on. With `must: ok` it ends the recovery before the dangerous step.",
    example: "{check-off: beta}",
};

pub const RE_ADDRESS: FaultDoc = FaultDoc {
    name: "re-address",
    undone_by: "",
    doc: "The machine's management address changes: `10.0.0.3` becomes `10.1.0.3`, the next time `10.2.0.3`; its name means the new one from then on. A member that changes its address writes the new one into the database of its master, at its next greeting where it does not reach it. A **master** that does is lost to its members, which have the old one in their pool.conf: they hang, and after a restart of their xapi they are in emergency mode, until `pool-recover-slaves` is typed on the master or `pool-emergency-reset-master` on each of them. It fails while HA is on.",
    example: "{re-address: beta}",
};

/// How an act went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Done {
    /// At once; whether it changed anything.
    Now(bool),
    /// It goes on until each of these machines has told `Installed`.
    Installing(Vec<MachineId>),
    /// It failed, with these words.
    Failed(String),
}

impl Act {
    /// As scenarios write it.
    pub fn name(&self) -> &'static str {
        match self {
            Act::PowerOff(_) => POWER_OFF.name,
            Act::PowerOn(_) => POWER_ON.name,
            Act::Reinstall(_) => REINSTALL.name,
            Act::CheckOff(_) => CHECK_OFF.name,
            Act::ReAddress(_) => RE_ADDRESS.name,
            Act::GuestShutdown(_) => guest::GUEST_SHUTDOWN.name,
            Act::GuestReboot(_) => guest::GUEST_REBOOT.name,
        }
    }

    /// Does it.
    pub fn perform(&self, world: &mut World, fx: &mut Effects) -> Done {
        match self {
            Act::PowerOff(hosts) => Done::Now(each(hosts, |m| {
                let was_on = world.powered(m);
                world.lose_power(fx, m);
                was_on
            })),
            Act::PowerOn(hosts) => Done::Now(each(hosts, |m| world.power_on(fx, m))),
            Act::Reinstall(hosts) => {
                for machine in hosts {
                    begin_install(world, fx, *machine);
                }
                Done::Installing(hosts.clone())
            }
            Act::ReAddress(hosts) => inside(hosts.iter().try_for_each(|machine| world.re_address(fx, *machine)).map(|()| true)),
            Act::GuestShutdown(vms) => inside(guest::stop(world, fx, vms, Ending::ShutItselfDown)),
            Act::GuestReboot(vms) => inside(guest::stop(world, fx, vms, Ending::RebootedItself)),
            Act::CheckOff(hosts) => {
                let on: Vec<&str> = hosts.iter().filter(|m| world.powered(**m)).map(|m| world.names.machine(*m)).collect();
                if on.is_empty() { Done::Now(true) } else { Done::Failed(format!("{} is on\n", on.join(", "))) }
            }
        }
    }
}

/// How an act inside guests went.
fn inside(stopped: Result<bool, String>) -> Done {
    stopped.map_or_else(Done::Failed, Done::Now)
}

/// The installer boots: whatever ran on the machine ends.
fn begin_install(world: &mut World, fx: &mut Effects, machine: MachineId) {
    world.lose_power(fx, machine);
    let boot = world.hw.begin_install(fx, machine);
    fx.due(world.settings.reinstall, Due::InstallDone { machine, boot });
}
