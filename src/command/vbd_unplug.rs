//! `xe vbd-unplug`: takes a disk from a VM that runs, if its guest lets go of it (xapi_vbd.ml, unplug; docs/model/storage.md §4).

use super::args::Args;
use super::reach::{Refusal, gate, home};
use super::simple::{Act, Simple, Simply};
use super::vbd_destroy::{meant, vbd};
use super::vbd_plug::resident;
use super::{CommandDoc, Grammar, Seat, Target};
use crate::base::ids::{MachineId, VbdId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;
use crate::world::inventory::Mode;
use crate::world::sm::{ACTIVATION_TRIES, Closing};

/// `xe vbd-unplug`.
pub type VbdUnplug = Simply<Unplug>;

/// An unplug under way.
#[derive(Clone, Debug, Default)]
pub struct Unplug {
    /// How often the disk was found paused.
    tries: u32,
    /// How long the guest has been asked.
    asked: Span,
}

/// How long a guest that says nothing is waited for (xenops watch.ml).
const ANSWER: Span = Span::mins(20);

impl Simple for Unplug {
    const DOC: CommandDoc = CommandDoc {
        name: "vbd-unplug",
        synopsis: "xe vbd-unplug uuid=VBD-UUID [timeout=SECONDS] [--force]",
        doc: "Takes a disk from a VM that runs: it is closed, its lock removed. Checks: the UUID (UUID_INVALID); the VM runs in the database (VM_BAD_POWER_STATE) and has the disk attached (DEVICE_ALREADY_DETACHED); the VM's host carries it out (HOST_OFFLINE, CANNOT_CONTACT_HOST). Then the guest is asked. One that uses the disk refuses (DEVICE_DETACH_REJECTED), which here is every guest that writes and has the disk for writing; with `timeout=` the tool looks every 5 s whether it has let go meanwhile. One that hangs does not answer (DEVICE_DETACH_TIMEOUT, after 20 minutes). `--force` is refused, since no disk supports surprise-remove (OPERATION_NOT_ALLOWED).",
        example: "xe vbd-unplug uuid=${db/1}",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&["uuid"], &["timeout", "force"]);
    type Found = (VbdId, Option<MachineId>);

    fn checks(args: &Args, world: &World, seat: Seat) -> Result<Self::Found, Refusal> {
        let by = seat.executor;
        let vbd = vbd(args, world, by)?;
        if args.get("timeout").is_some_and(|timeout| seconds(timeout).is_none()) {
            return Err(Refusal::tool("Failed to parse parameter 'timeout': expecting a float"));
        }
        let force = args.flag("force").map_err(Refusal::tool)?;
        let host = resident(world, by, vbd, true)?;
        let machine = host.map(|host| gate(world, by, host)).transpose()?;
        if force {
            return Err(ApiError::new("OPERATION_NOT_ALLOWED").text("Disk does not support surprise-remove").into());
        }
        Ok((vbd, machine))
    }

    fn act(&mut self, args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, (vbd, machine): Self::Found) -> Act {
        let (vm, vdi, mode) = (world.names.vbds[vbd.at()].vm, world.names.vbds[vbd.at()].vdi, world.names.vbds[vbd.at()].mode);
        let uuid = world.names.vbds[vbd.at()].uuid.clone();
        let Some(machine) = machine.filter(|machine| world.has_domain(*machine, vm)) else {
            return Act::Failed(ApiError::new("INTERNAL_ERROR").text("the domain does not exist on its host").into());
        };
        let Some(home) = home(world, machine) else { return Act::Hangs };
        let detach = |code| Refusal::from(ApiError::new(code).text("VBD").text(uuid.clone()));
        if world.guest_hangs(machine, vm) {
            if self.asked >= ANSWER {
                return Act::Failed(detach("DEVICE_DETACH_TIMEOUT"));
            }
            self.asked = self.asked + Span::secs(1);
            return Act::Again(Span::secs(1));
        }
        let uses = mode == Mode::Rw && world.write_period(vm).is_some() && !world.hw.has_given_up(machine, vm, vdi);
        if uses {
            let patience = args.get("timeout").and_then(seconds).unwrap_or(Span::ZERO);
            if self.asked < patience {
                self.asked = self.asked + Span::secs(5);
                return Act::Again(Span::secs(5));
            }
            let error = ApiError::new("DEVICE_DETACH_REJECTED").text("VBD").text(uuid);
            return Act::Failed(error.text("Device in use; refusing to close").into());
        }
        if world.db(home).vdi(vdi).is_some_and(|record| record.paused) {
            if self.tries < ACTIVATION_TRIES {
                self.tries += 1;
                return Act::Again(Span::secs(1));
            }
            let uuid = &world.names.vdis[vdi.at()].uuid;
            return Act::Failed(ApiError::vdi_unavailable(format_args!("VDI {uuid} locked")).into());
        }
        if world.closing(machine, vdi) == Closing::Hangs {
            return Act::Hangs;
        }
        world.deactivate(fx, Some(home), machine, vdi, Some(vm));
        world.set_attached(fx, seat.executor, vbd, false);
        Act::SILENT
    }

    fn target(args: &Args, world: &World) -> Target {
        meant(args, world)
    }
}

/// A number of seconds as the tool reads it, to the microsecond; no more than a day, which is longer than anybody waits.
fn seconds(text: &str) -> Option<Span> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) {
        return None;
    }
    let whole = whole.parse::<u64>().unwrap_or(u64::MAX).min(86_400);
    let part = format!("{part:0<6}")[..6].parse::<u64>().unwrap_or(0);
    Some(Span(whole * 1_000_000 + part).min(Span::days(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_read_to_the_microsecond() {
        for (text, micros) in
            [("10", 10_000_000), ("0.5", 500_000), ("1.", 1_000_000), ("2.1234567", 2_123_456), ("99999999999999999999", 86_400_000_000)]
        {
            assert_eq!(seconds(text), Some(Span(micros)), "{text}");
        }
        for wrong in ["", "x", "-1", ".5", "1e3", "1.2.3", "1.é"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
