//! What happens inside guests: they crash, stand still, or are shut down and rebooted by whoever is logged in there. Their hosts
//! go on.

use super::FaultDoc;
use super::each::each;
use crate::base::ids::VmId;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::event::Ending;

pub const VM_CRASH: FaultDoc = FaultDoc {
    name: "vm-crash",
    undone_by: "",
    doc: "The guest crashes: its domain is gone, wherever it runs, and its host goes on. xapi of that host hears of it, closes the disks, removes the locks and records the VM as halted (events.ml; `actions-after-crash` is taken as `destroy`); where xapi is stopped, or does not reach its master, record and locks stay as they were until it is back. HA starts a protected VM again; else `xe vm-start` does.",
    example: "{vm-crash: db}",
};

pub const VM_HANG: FaultDoc = FaultDoc {
    name: "vm-hang",
    undone_by: "vm-unhang",
    doc: "The guest stands still: it writes nothing and answers nothing, and its domain is there. The pool sees a VM that runs, and HA does nothing about it. A clean `xe vm-shutdown` and a migration ask it for a minute and fail (VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT); `xe vm-shutdown --force` and a start help.",
    example: "{vm-hang: db}",
};

pub const VM_UNHANG: FaultDoc = FaultDoc {
    name: "vm-unhang",
    undone_by: "",
    doc: "The guest goes on where it stood, and writes what it would have written.",
    example: "{vm-unhang: db}",
};

pub const GUEST_SHUTDOWN: FaultDoc = FaultDoc {
    name: "guest-shutdown",
    undone_by: "",
    doc: "Somebody shuts the guest down from inside. xapi hears of it and clears the domain away, as with the fault `vm-crash`; but the VM counts as shut down and not as lost. To HA that is no difference: a protected VM that stops from inside is started again at the next pass, since only `xe vm-shutdown` says that it is to be down. Fails if the guest hangs, or waits for a disk that its host does not reach.",
    example: "{guest-shutdown: db}",
};

pub const GUEST_REBOOT: FaultDoc = FaultDoc {
    name: "guest-reboot",
    undone_by: "",
    doc: "Somebody reboots the guest from inside. xapi hears of it, clears the domain away and starts a new one in its place, on the same host; if that is refused (a lock of another host, a path that is lost) the VM is halted. Where xapi is stopped, or does not reach its master, the VM is down until it is back: the reboot waits for it. Fails if the guest hangs, or waits for a disk that its host does not reach.",
    example: "{guest-reboot: db}",
};

/// Guests are shut down or rebooted from inside. Whether any of them ran.
///
/// # Errors
/// Why one of them can't: nothing has happened then.
pub fn stop(world: &mut World, fx: &mut Effects, vms: &[VmId], ending: Ending) -> Result<bool, String> {
    for vm in vms {
        let name = world.names.vm(*vm);
        for machine in world.runs_on(*vm) {
            if world.guest_hangs(machine, *vm) || world.domain_paused(machine, *vm) {
                return Err(format!("{name} hangs\n"));
            }
            let waits = |vdi| world.has_open(machine, vdi) && !world.reaches_vdi(machine, vdi) && !world.hw.has_given_up(machine, *vm, vdi);
            if let Some((vdi, _)) = world.disks_of(*vm).into_iter().find(|(vdi, _)| waits(*vdi)) {
                return Err(format!("{name} waits for its disk {}\n", world.names.vdi(vdi)));
            }
        }
    }
    Ok(each(vms, |vm| world.end_from_inside(fx, vm, ending)))
}
