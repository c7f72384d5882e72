//! `xe vm-reset-powerstate`: sets a VM halted in the database, and nowhere else (xapi_vm.ml, power_state_reset).

use super::args::Args;
use super::batch::{Batch, Deed, Outcome};
use super::objects::{Class, Object};
use super::reach::{Refusal, dead_after};
use super::vm_place::control_domain;
use super::{CommandDoc, Seat};
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::effects::Effects;
use crate::world::errors::{ApiError, Param};
use crate::world::guards::Guard;

/// `xe vm-reset-powerstate`.
pub type VmResetPowerstate = Batch<Reset>;

#[derive(Clone, Debug, Default)]
pub struct Reset {
    /// A connection to the VM's host is being tried: if it is answered before that is given up, the host lives.
    connecting: bool,
}

/// The text of every command that must be forced.
const UNFORCED: &str = "This operation is extremely dangerous and may cause data loss. This operation must be forced (use --force).";

/// How long it takes to find out that nothing speaks against it.
fn checks(world: &World, seat: Seat, target: Object) -> Result<Span, Refusal> {
    let by = seat.executor;
    let Object::Vm(vm) = target else {
        return Err(ApiError::new("CANNOT_RESET_CONTROL_DOMAIN").text(control_domain(world, target)).into());
    };
    let Some(record) = world.db(by).vm(vm).filter(|record| record.power_state.has_domain()) else { return Ok(Span::ZERO) };
    match record.resident_on {
        Some(host) if host == world.host_on(by) => {
            if world.guarded(Guard::ResetDomain) && world.domain_exists(by, vm) {
                return Err(ApiError::new("DOMAIN_EXISTS").with(Param::Vm(vm)).text("1").into());
            }
            Ok(Span::ZERO)
        }
        Some(_) if !world.guarded(Guard::ResetLive) => Ok(Span::ZERO),
        Some(host) => dead_after(world, by, host).ok_or_else(|| ApiError::new("HOST_IS_LIVE").with(Param::Host(host)).into()),
        None => Ok(Span::ZERO),
    }
}

impl Deed for Reset {
    const DOC: CommandDoc = CommandDoc {
        name: "vm-reset-powerstate",
        synopsis: "xe vm-reset-powerstate vm=VM --force | FIELD=VALUE… --force [--multiple]",
        doc: "Sets a VM halted in the database: its record, residence and VBDs. Checks, in order: the key `force` is there, with any value; domain 0 is refused (CANNOT_RESET_CONTROL_DOMAIN); for a VM that runs or is paused by the record, the master itself must not run it (DOMAIN_EXISTS), and another host must not be alive (HOST_IS_LIVE): dead in the database is believed, else it is asked, and no answer counts as dead. The VM is not stopped: if it still runs and its locks are released too, a start elsewhere makes two writers. Locks stay; `resetvdis.py` releases them. A suspended VM is reset without any check: what was in its memory is lost to it, and the image stays on its SR, where an older database may still name it.",
        example: "xe vm-reset-powerstate vm=db --force",
        ..CommandDoc::ALWAYS
    };
    const CLASS: Class = Class::Vm;
    const OWN: &'static [&'static str] = &[];

    fn before(args: &Args) -> Result<(), Refusal> {
        if args.has("force") { Ok(()) } else { Err(Refusal::tool(UNFORCED)) }
    }
    fn check(&mut self, _args: &Args, world: &World, seat: Seat, target: Object) -> Result<Span, Refusal> {
        let after = checks(world, seat, target)?;
        self.connecting = after > Span::ZERO;
        Ok(after + world.settings.command)
    }
    fn commit(&mut self, _args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, target: Object) -> Outcome {
        // Whether the VM's host lives was asked when the command began, and is not asked again (xapi_vm.ml).
        if self.connecting
            && let Err(refusal) = checks(world, seat, target)
        {
            return Outcome::Failed(refusal);
        }
        if let Object::Vm(vm) = target {
            world.set_vm(fx, seat.executor, vm, PowerState::Halted, None);
        }
        Outcome::Done
    }
}
