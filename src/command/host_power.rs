//! `xe host-shutdown` and `xe host-reboot`: an orderly end of a host (xapi_host.ml, shutdown_and_reboot_common).

use super::args::Args;
use super::batch::{Batch, Deed, Outcome};
use super::host_switch::host_of;
use super::objects::{Class, Object};
use super::reach::{Refusal, gate};
use super::{CommandDoc, Seat};
use crate::base::ids::HostId;
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::{Due, Effects};
use crate::world::errors::{ApiError, Param};
use crate::world::guards::Guard;

/// `xe host-shutdown`.
pub type HostShutdown = Batch<Shutdown>;
/// `xe host-reboot`.
pub type HostReboot = Batch<Reboot>;

#[derive(Clone, Debug, Default)]
pub struct Shutdown;
#[derive(Clone, Debug, Default)]
pub struct Reboot;

/// How long after the command the host goes down (xapi_host.ml).
const DELAY: Span = Span::secs(10);

fn checks(world: &World, seat: Seat, host: HostId) -> Result<Span, Refusal> {
    if world.guarded(Guard::DownDisabled) && world.db(seat.executor).host(host).is_some_and(|record| record.enabled) {
        return Err(ApiError::new("HOST_NOT_DISABLED").into());
    }
    let machine = gate(world, seat.executor, host)?;
    if world.release.hosts.going_down_refuses_guests
        && let Some(vm) = world.db(seat.executor).residents(host).next()
    {
        return Err(ApiError::new("HOST_IN_USE").with(Param::Host(host)).text("vm").with(Param::Vm(vm)).into());
    }
    // It has to write into the statefile that it goes down in order (xapi_ha.ml, before_clean_shutdown_or_reboot).
    if world.stacks[machine.at()].ha.armed && world.ha_lost_statefile(machine) {
        return Err(ApiError::new("HA_LOST_STATEFILE").into());
    }
    Ok(world.settings.command)
}

fn check(world: &World, seat: Seat, target: Object) -> Result<Span, Refusal> {
    host_of(target).map_or(Ok(world.settings.command), |host| checks(world, seat, host))
}

fn go_down(world: &mut World, fx: &mut Effects, seat: Seat, target: Object, reboot: bool) -> Outcome {
    let Some(host) = host_of(target) else { return Outcome::Done };
    let by = seat.executor;
    let machine = match checks(world, seat, host).and_then(|_| gate(world, by, host)) {
        Ok(machine) => machine,
        Err(refusal) => return Outcome::Failed(refusal),
    };
    if world.stacks[machine.at()].ha.armed {
        world.ha_exclude(machine);
        world.ha_stop_daemon(machine, fx);
    }
    world.stacks[machine.at()].disabled_until_reboot = true;
    let boot = world.hw.machine(machine).boot;
    fx.due(DELAY, if reboot { Due::GoDownForReboot { machine, boot } } else { Due::GoDown { machine, boot } });
    if world.release.hosts.shutdown_command_marks_dead && machine != by {
        world.set_live(fx, by, host, false);
        world.stacks[by.at()].shutting_down.insert(host);
    }
    Outcome::Done
}

impl Deed for Shutdown {
    const DOC: CommandDoc = CommandDoc {
        name: "host-shutdown",
        synopsis: "xe host-shutdown host=HOST | FIELD=VALUE… [--multiple]",
        doc: "Shuts a host down in order, ten seconds after the command; guests that still run there are shut down with it. Checks: HOST_NOT_DISABLED until `xe host-disable` was given; HOST_OFFLINE or CANNOT_CONTACT_HOST if it can't be reached; under HA HA_LOST_STATEFILE, since it writes there that it goes down in order, and nobody then takes it for failed. Whether it is refused while the database has VMs that run there, with HOST_IN_USE, releases differ. In 6.0 the master holds the host for dead as soon as the command returns, while its guests still run. Shut down like this, the master leaves the pool without one.",
        example: "xe host-shutdown host=beta",
        ..CommandDoc::ALWAYS
    };
    const CLASS: Class = Class::Host;
    const OWN: &'static [&'static str] = &[];

    fn check(&mut self, _args: &Args, world: &World, seat: Seat, target: Object) -> Result<Span, Refusal> {
        check(world, seat, target)
    }
    fn commit(&mut self, _args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, target: Object) -> Outcome {
        go_down(world, fx, seat, target, false)
    }
}

impl Deed for Reboot {
    const DOC: CommandDoc = CommandDoc {
        name: "host-reboot",
        synopsis: "xe host-reboot host=HOST | FIELD=VALUE… [--multiple]",
        doc: "Reboots a host in order, ten seconds after the command, as `host-shutdown` would shut it down, with the same checks.",
        example: "xe host-reboot host=beta",
        ..CommandDoc::ALWAYS
    };
    const CLASS: Class = Class::Host;
    const OWN: &'static [&'static str] = &[];

    fn check(&mut self, _args: &Args, world: &World, seat: Seat, target: Object) -> Result<Span, Refusal> {
        check(world, seat, target)
    }
    fn commit(&mut self, _args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, target: Object) -> Outcome {
        go_down(world, fx, seat, target, true)
    }
}
