//! `xe host-disable` and `xe host-enable`: whether VMs may be placed on a host.

use super::args::Args;
use super::batch::{Batch, Deed, Outcome};
use super::objects::{Class, Object};
use super::reach::{Refusal, gate, home};
use super::{CommandDoc, Seat, params};
use crate::base::ids::{HostId, MachineId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::plan::Change;
use crate::world::effects::Effects;
use crate::world::errors::{ApiError, Param};
use crate::world::guards::Guard;
use crate::world::release::Release;

/// `xe host-disable`.
pub type HostDisable = Batch<Disable>;
/// `xe host-enable`.
pub type HostEnable = Batch<Enable>;

#[derive(Clone, Debug, Default)]
pub struct Disable;
#[derive(Clone, Debug, Default)]
pub struct Enable;

/// The host that is the target; host commands have no others.
pub fn host_of(target: Object) -> Option<HostId> {
    match target {
        Object::Host(host) => Some(host),
        _ => None,
    }
}

/// Sets the switch on the host itself, which writes it into the database of its master.
fn switch(world: &mut World, fx: &mut Effects, seat: Seat, target: Object, enabled: bool) -> Outcome {
    let Some(host) = host_of(target) else { return Outcome::Done };
    let machine = match gate(world, seat.executor, host) {
        Ok(machine) => machine,
        Err(refusal) => return Outcome::Failed(refusal),
    };
    let Some(home) = home(world, machine) else { return Outcome::Hangs };
    world.set_enabled(fx, home, host, enabled);
    let stack = &mut world.stacks[machine.at()];
    stack.user_disabled = !enabled;
    stack.stays_disabled &= !enabled;
    Outcome::Done
}

fn reachable(world: &World, seat: Seat, target: Object) -> Result<Span, Refusal> {
    if let Some(host) = host_of(target) {
        gate(world, seat.executor, host)?;
    }
    Ok(world.settings.command)
}

/// Whether HA's plan can do without the host; asked before the host is.
///
/// # Errors
/// HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN.
pub fn spared(world: &World, seat: Seat, target: Object) -> Result<(), Refusal> {
    let change = Change { disable: host_of(target).into_iter().collect(), ..Change::default() };
    if world.breaks_plan(seat.executor, &change) {
        return Err(ApiError::new("HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN").into());
    }
    Ok(())
}

/// Whether the host may be enabled: not between an ordered shutdown and its next boot, and under HA not without the storage of
/// protected VMs (xapi_host_helpers.ml, assert_safe_to_reenable).
fn may_enable(world: &World, seat: Seat, target: Object) -> Result<Span, Refusal> {
    let span = reachable(world, seat, target)?;
    let Some(host) = host_of(target) else { return Ok(span) };
    if world.machine_of(host).is_some_and(|machine| world.stacks[machine.at()].disabled_until_reboot) {
        return Err(ApiError::new("HOST_DISABLED_UNTIL_REBOOT").with(Param::Host(host)).into());
    }
    if world.guarded(Guard::Plan) && misses_protected_storage(world, seat.executor, host) {
        return Err(ApiError::new("HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN").into());
    }
    Ok(span)
}

/// Whether a PBD of the host is unplugged whose SR has a disk of a protected VM. Nobody asks whether there is a plan now, nor
/// whether the VM would ever go there (xapi_pbd.ml, abort_if_storage_attached_to_protected_vms).
fn misses_protected_storage(world: &World, by: MachineId, host: HostId) -> bool {
    let db = world.db(by);
    if !db.ha.enabled || db.ha.allow_overcommit {
        return false;
    }
    let uses = |vm, sr| world.known_disks_of(by, vm).iter().any(|(vdi, _)| world.names.vdis[vdi.at()].sr == sr);
    let unplugged = db.pbds.iter().filter(|((of, _), plugged)| *of == host && !**plugged).map(|((_, sr), _)| *sr);
    unplugged.into_iter().any(|sr| world.names.vm_ids().any(|vm| db.protects(&world.names, vm) && uses(vm, sr)))
}

impl Deed for Disable {
    const DOC: CommandDoc = CommandDoc {
        name: "host-disable",
        synopsis: "xe host-disable host=HOST [auto-enable=false] | FIELD=VALUE… [--multiple]",
        doc: "Closes a host for new VMs; those that run there run on. Under HA HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN if the plan can't do without it. The host carries it out itself: HOST_OFFLINE if the database holds it for dead, CANNOT_CONTACT_HOST if it does not answer. It lasts until the host's xapi starts again; in XCP-ng 8.3 `auto-enable=false` makes it last until `host-enable`, over restarts and reboots. Without a selector it means every host of the pool.",
        example: "xe host-disable host=beta",
        ..CommandDoc::ALWAYS
    };
    const CLASS: Class = Class::Host;
    const OWN: &'static [&'static str] = &[];

    fn own(release: Release) -> &'static [&'static str] {
        if release.hosts.disable_may_last { &["auto-enable"] } else { Self::OWN }
    }

    fn check(&mut self, args: &Args, world: &World, seat: Seat, target: Object) -> Result<Span, Refusal> {
        args.flag("auto-enable").map_err(Refusal::tool)?;
        spared(world, seat, target)?;
        reachable(world, seat, target)
    }
    fn commit(&mut self, args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, target: Object) -> Outcome {
        if let Err(refusal) = spared(world, seat, target) {
            return Outcome::Failed(refusal);
        }
        let lasts = args.has("auto-enable") && !args.flag("auto-enable").unwrap_or(true);
        let outcome = switch(world, fx, seat, target, false);
        let machine = host_of(target).and_then(|host| world.machine_of(host));
        if let Some(machine) = machine.filter(|_| outcome == Outcome::Done && lasts) {
            world.stacks[machine.at()].stays_disabled = true;
        }
        outcome
    }
}

impl Deed for Enable {
    const DOC: CommandDoc = CommandDoc {
        name: "host-enable",
        synopsis: "xe host-enable host=HOST | FIELD=VALUE… [--multiple]",
        doc: "Opens a host for VMs again. The host carries it out itself: HOST_OFFLINE if the database holds it for dead, CANNOT_CONTACT_HOST if it does not answer, HOST_DISABLED_UNTIL_REBOOT once its shutdown or reboot was ordered, HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN under HA while a PBD of the host is unplugged whose SR has a disk of a protected VM, unless overcommit is allowed.",
        example: "xe host-enable host=beta",
        ..CommandDoc::ALWAYS
    };
    const CLASS: Class = Class::Host;
    const OWN: &'static [&'static str] = &[];

    fn check(&mut self, _args: &Args, world: &World, seat: Seat, target: Object) -> Result<Span, Refusal> {
        may_enable(world, seat, target)
    }
    fn commit(&mut self, _args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, target: Object) -> Outcome {
        if let Err(refusal) = may_enable(world, seat, target) {
            return Outcome::Failed(refusal);
        }
        let outcome = switch(world, fx, seat, target, true);
        if outcome == Outcome::Done {
            // The tool itself takes the mark of maintenance away (cli_operations.ml, host_enable).
            params::drop_key(world, seat.executor, target, "other-config", "MAINTENANCE_MODE");
        }
        outcome
    }
}
