//! `xe vm-migrate` within the pool: disks, keys, record and domain change hands at its end, so that no disk ever has two
//! openers.

use super::args::Args;
use super::batch::{Batch, Deed, Outcome};
use super::objects::{Class, Object};
use super::reach::{Refusal, gate, home};
use super::vm_place::{idle, in_state, named_host};
use super::vm_shutdown::Asked;
use super::{CommandDoc, Seat};
use crate::base::ids::{HostId, MachineId, VmId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::belief::plan::Change;
use crate::world::effects::Effects;
use crate::world::errors::{ApiError, Param};
use crate::world::event::Ending;
use crate::world::roles::Contact;
use crate::world::sm::{ACTIVATION_TRIES, Activation, Closing, Inactive};
use crate::world::truth::Io;

/// `xe vm-migrate`.
pub type VmMigrate = Batch<Migrate>;

/// A migration under way.
#[derive(Clone, Debug, Default)]
pub struct Migrate {
    target: Option<HostId>,
    tries: u32,
    /// The guest's memory is over there: it is suspended, and moves or is gone.
    suspended: bool,
    /// The guest was asked to suspend itself, and does not answer.
    asked: Asked,
}

/// How long a guest is suspended at the end of a migration, at most.
const SWITCH_OVER: Span = Span::millis(100);

/// A VM on its way from one machine to another.
struct Way {
    vm: VmId,
    from: MachineId,
    to: MachineId,
    host: HostId,
}

/// Everything that has to hold, when it begins and when it ends; the failover plan is asked as it begins alone.
fn way(world: &World, seat: Seat, object: Object, host: HostId, begins: bool) -> Result<Way, Refusal> {
    let by = seat.executor;
    let (vm, resident) = in_state(world, by, object, PowerState::Running, "running")?;
    let Some(resident) = resident else { return Err(ApiError::new("INTERNAL_ERROR").text("the VM is resident on no host").into()) };
    if resident != host {
        world.can_take(by, vm, host)?;
        // What becomes free where it runs now is left out of account: should a host fail while it is under way, it may still
        // be on both (message_forwarding.ml, reserve_memory_for_vm).
        if begins && world.breaks_plan(by, &Change { arriving: vec![(host, vm)], ..Change::default() }) {
            return Err(ApiError::new("HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN").into());
        }
    }
    let from = gate(world, by, resident)?;
    if !world.has_domain(from, vm) {
        return Err(ApiError::new("INTERNAL_ERROR").text("the domain does not exist on its host").into());
    }
    let to = world.names.hosts[host.at()].machine;
    let contact = if world.knows_address(by, host) { world.contact(from, to) } else { Contact::Silent };
    match contact {
        Contact::Answered if world.machine_of(host).is_some() => Ok(Way { vm, from, to, host }),
        contact => {
            let after = if contact == Contact::Silent { world.settings.connect_timeout } else { Span::ZERO };
            Err(Refusal::from(ApiError::new("CANNOT_CONTACT_HOST").with(Param::Host(host))).after(after))
        }
    }
}

impl Deed for Migrate {
    const DOC: CommandDoc = CommandDoc {
        name: "vm-migrate",
        synopsis: "xe vm-migrate vm=VM host=HOST [--live] | FIELD=VALUE… host=HOST [--multiple]",
        doc: "Moves a running VM to another host. Checks: a destination is named and known; the VM runs in the database (VM_BAD_POWER_STATE) and nobody works on it (OTHER_OPERATION_IN_PROGRESS); the destination can take it (HOST_NOT_LIVE, HOST_DISABLED, VM_REQUIRES_SR, HOST_NOT_ENOUGH_FREE_MEMORY) and under HA the failover plan bears it on both hosts (HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN); the host where it runs carries it out (HOST_OFFLINE, CANNOT_CONTACT_HOST). At the end its disks are closed here and opened there. If either host or the link between them fails before, the VM stays where it was; in the last 100 ms it is suspended, and then it is destroyed and recorded halted. A guest that hangs does not suspend itself, and stays where it is (VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT, after a minute). Over a lost path it hangs while requests hang; where they fail the disks of an LVM SR can't be let go of, so their locks refuse the VM over there, and it is gone too.",
        example: "xe vm-migrate vm=db host=gamma --live",
        ..CommandDoc::ALWAYS
    };
    const CLASS: Class = Class::Vm;
    const OWN: &'static [&'static str] = &["host", "host-uuid", "host-name", "live", "encrypt"];
    const GUARDED: bool = false;
    const CLAIMS: bool = true;

    fn check(&mut self, args: &Args, world: &World, seat: Seat, object: Object) -> Result<Span, Refusal> {
        for key in ["live", "encrypt"] {
            args.flag(key).map_err(Refusal::tool)?;
        }
        let word = ["host", "host-uuid", "host-name"].iter().find_map(|key| args.get(key));
        let host = named_host(world, seat.executor, word.ok_or_else(|| Refusal::tool("No destination host specified"))?)?;
        self.begin(world, seat, object, host)
    }

    fn commit(&mut self, _args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, object: Object) -> Outcome {
        self.go_on(world, fx, seat, object)
    }
}

impl Migrate {
    /// The checks of a migration to a host (VM.pool_migrate): how long it takes up to the moment in which the guest is suspended.
    ///
    /// # Errors
    /// Why it is refused.
    pub(super) fn begin(&mut self, world: &World, seat: Seat, object: Object, host: HostId) -> Result<Span, Refusal> {
        if let Object::Vm(vm) = object {
            idle(world, seat.executor, vm)?;
        }
        way(world, seat, object, host, true)?;
        self.target = Some(host);
        // What is left is the moment in which the guest is suspended.
        Ok(Span(world.settings.vm_migrate.0.saturating_sub(SWITCH_OVER.0)))
    }

    /// Whether it has begun.
    pub(super) fn under_way(&self) -> bool {
        self.target.is_some()
    }

    /// Its end, or the next thing that it waits for.
    pub(super) fn go_on(&mut self, world: &mut World, fx: &mut Effects, seat: Seat, object: Object) -> Outcome {
        let Some(host) = self.target else { return Outcome::Done };
        let Way { vm, from, to, host } = match way(world, seat, object, host, false) {
            Ok(way) => way,
            Err(refusal) => {
                if self.suspended {
                    self.lost(world, fx, seat, object);
                }
                return Outcome::Failed(refusal);
            }
        };
        if from == to {
            return Outcome::Done;
        }
        // A guest that hangs does not suspend itself: it is asked for a minute, and stays where it is.
        if !self.suspended && world.guest_hangs(from, vm) {
            return match self.asked.again(Span::ZERO) {
                Some(span) => Outcome::Again(span),
                None => Outcome::Failed(ApiError::new("VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT").into()),
            };
        }
        if !std::mem::replace(&mut self.suspended, true) {
            return Outcome::Again(SWITCH_OVER.min(world.settings.vm_migrate));
        }
        let Some(home) = home(world, from) else { return Outcome::Hangs };
        match self.storage(world, home, vm, from, to) {
            Outcome::Done => {}
            other => return other,
        }
        let disks = world.attached_disks_of(home, vm);
        // Where whoever opens a disk asks the holder first, a key that stays behind goes then: nothing is open there any more.
        let source = world.host_on(from);
        let cleared = world.settings.storage_manager.asks_holders() && world.forwards_to(home, source).is_ok();
        let closing = disks.iter().map(|(vdi, _)| (world.closing(from, *vdi), *vdi)).max();
        match closing {
            Some((Closing::Hangs, _)) => return Outcome::Hangs,
            Some((Closing::LeavesItsKey, vdi)) if !cleared => {
                // Its own key, which could not be removed, refuses it over there.
                self.lost(world, fx, seat, object);
                let uuid = &world.names.vdis[vdi.at()].uuid;
                return Outcome::Failed(ApiError::vdi_unavailable(format_args!("VDI {uuid} already attached RW")).into());
            }
            _ => {}
        }
        let held: Vec<_> = disks.iter().filter_map(|(vdi, _)| Some((*vdi, world.take_held_write(from, *vdi, vm)?))).collect();
        for (vdi, _) in disks.iter().rev() {
            world.deactivate(fx, Some(home), from, *vdi, Some(vm));
        }
        world.move_domain(fx, vm, from, to);
        for (vdi, _) in disks.iter().filter(|(vdi, _)| cleared && !world.has_open(from, *vdi)).copied().collect::<Vec<_>>() {
            world.remove_lock(fx, home, vdi, source);
        }
        for (vdi, mode) in disks {
            // What could refuse was looked at a moment ago.
            let opened = world.activate(fx, Activation::new(home, to, vdi, mode), Some(vm));
            debug_assert!(opened.is_ok(), "{opened:?}");
        }
        world.set_vm(fx, home, vm, PowerState::Running, Some(host));
        for (vdi, since) in held {
            world.bring_held_write(fx, to, vdi, vm, since);
        }
        Outcome::Done
    }

    /// The guest was suspended and can't move: its domain is destroyed, and it is recorded halted (6.0 xapi_vm_migrate.ml).
    fn lost(&mut self, world: &mut World, fx: &mut Effects, seat: Seat, object: Object) {
        let Object::Vm(vm) = object else { return };
        let Ok((_, Some(resident))) = in_state(world, seat.executor, object, PowerState::Running, "running") else { return };
        let Some(from) = world.machine_of(resident).filter(|machine| world.dom0_answers(*machine)) else { return };
        let home = home(world, from);
        for (vdi, _) in world.disks_of(vm).into_iter().rev() {
            world.deactivate(fx, home, from, vdi, Some(vm));
        }
        world.end_domain(fx, vm, from, Ending::MigrationFailed);
        world.set_vm(fx, home.unwrap_or(seat.executor), vm, PowerState::Halted, None);
    }

    /// Whether the disks can be handed over: the destination reaches them, nobody else holds them, none is paused.
    fn storage(&mut self, world: &World, home: MachineId, vm: VmId, from: MachineId, to: MachineId) -> Outcome {
        let source = world.host_on(from);
        for (vdi, mode) in world.attached_disks_of(home, vm) {
            let sr = world.names.vdis[vdi.at()].sr;
            // A disk that something else keeps open on the source keeps its lock there.
            let stays = world.hw.vdi(vdi).openers.iter().any(|o| o.machine == from && o.vm != Some(vm));
            let ask = Activation { leaving: (!stays).then_some(source), ..Activation::new(home, to, vdi, mode) };
            // What is open there already is xapi's own affair, and not the storage manager's.
            if world.has_open(to, vdi)
                && let Err(Inactive::Failed(error)) = world.activation_check(ask)
            {
                return Outcome::Failed(error.into());
            }
            match world.keys_say(ask) {
                Ok(()) | Err(Inactive::Hangs) => {}
                Err(Inactive::Failed(error)) => return Outcome::Failed(error.into()),
                Err(Inactive::Paused) if self.tries < ACTIVATION_TRIES => {
                    self.tries += 1;
                    return Outcome::Again(Span::secs(1));
                }
                Err(Inactive::Paused) => {
                    let uuid = &world.names.vdis[vdi.at()].uuid;
                    return Outcome::Failed(ApiError::vdi_unavailable(format_args!("VDI {uuid} locked")).into());
                }
            }
            match world.path_fault(to, sr) {
                Some(Io::Hang) => return Outcome::Hangs,
                Some(Io::Error) => return Outcome::Failed(ApiError::vdi_unavailable("the disk can't be opened there").into()),
                None => {}
            }
        }
        Outcome::Done
    }
}
