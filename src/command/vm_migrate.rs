//! `xe vm-migrate` within the pool: disks, keys, record and domain change hands at its end, so that no disk ever has two
//! openers.

use super::args::Args;
use super::batch::{Batch, Deed, Outcome};
use super::objects::{Class, Object};
use super::reach::{Refusal, gate, home};
use super::stages::{Stage, Staged};
use super::vm_place::{idle, in_state, named_host};
use super::vm_shutdown::Asked;
use super::{CommandDoc, Seat};
use crate::base::ids::{HostId, MachineId, VdiId, VmId};
use crate::base::time::{Span, Time};
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::belief::plan::Change;
use crate::world::effects::Effects;
use crate::world::errors::{ApiError, Param};
use crate::world::event::Ending;
use crate::world::inventory::Mode;
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
    /// How far it has come.
    staged: Staged,
    /// Which VM it is, and where it runs.
    at_source: Option<(VmId, MachineId)>,
    /// What the source has let go of, and the destination has not taken over.
    handed: Option<Handed>,
}

/// A VM between its source, which has closed its disks, and its destination.
#[derive(Clone, Debug)]
struct Handed {
    vm: VmId,
    from: MachineId,
    to: MachineId,
    host: HostId,
    disks: Vec<(VdiId, Mode)>,
    /// Writes that the guest holds back.
    held: Vec<(VdiId, Time)>,
    /// Keys that stayed behind on the source go when a disk is opened.
    cleared: bool,
    /// It runs on the destination, and its record does not say so yet.
    runs: bool,
}

/// What the source hears of a destination that is gone.
const DIED: &str =
    "Caught exception Xapi_vm_migrate.Remote_failed(\"unmarshalling result code from remote\") at last minute during migration";

/// What is said of a disk that the destination does not reach.
const NOT_THERE: &str = "the disk can't be opened there";

const COPY: &str = "copy";
const SUSPENDED: &str = "suspended";
const SWITCH_OVER_STAGE: &str = "switch-over";
const RECORD: &str = "record";

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

/// The destination attaches the disks before anything is done to the guest (6.0 xapi_vm_migrate.ml, receiver 4a): it looks at them
/// (FileSR.py, LVHDSR.py: `load`), and at what it has open itself (vdi_automaton.ml).
fn attaches(world: &World, from: MachineId, to: MachineId, vm: VmId) -> Result<(), Refusal> {
    let Some(home) = home(world, from).filter(|_| from != to) else { return Ok(()) };
    for (vdi, mode) in world.attached_disks_of(home, vm) {
        if world.path_fault(to, world.names.vdis[vdi.at()].sr) == Some(Io::Error) {
            return Err(ApiError::vdi_unavailable(NOT_THERE).into());
        }
        if world.has_open(to, vdi)
            && let Err(Inactive::Failed(error)) = world.activation_check(Activation::new(home, to, vdi, mode))
        {
            return Err(error.into());
        }
    }
    Ok(())
}

impl Deed for Migrate {
    const DOC: CommandDoc = CommandDoc {
        name: "vm-migrate",
        synopsis: "xe vm-migrate vm=VM host=HOST [--live] | FIELD=VALUE… host=HOST [--multiple]",
        doc: "Moves a running VM to another host. Checks: a destination is named and known; the VM runs in the database (VM_BAD_POWER_STATE) and nobody works on it (OTHER_OPERATION_IN_PROGRESS); the destination can take it (HOST_NOT_LIVE, HOST_DISABLED, VM_REQUIRES_SR, HOST_NOT_ENOUGH_FREE_MEMORY) and under HA the failover plan bears it on both hosts (HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN); the host where it runs carries it out (HOST_OFFLINE, CANNOT_CONTACT_HOST). At the end its disks are closed here and opened there. If either host or the link between them fails before, the VM stays where it was; in the last 100 ms it is suspended, and then it is destroyed and recorded halted. A guest that hangs does not suspend itself, and stays where it is (VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT, after a minute). Over a lost path it hangs while requests hang; where they fail the disks of an LVM SR can't be let go of, so their locks refuse the VM over there, and it is gone too. Where the destination is gone by then the source has it recorded halted (VM_MIGRATE_FAILED); look on the destination with `list_domains` before it is started.",
        example: "xe vm-migrate vm=db host=gamma --live",
        stages: &[
            Stage {
                name: COPY,
                doc: "The destination has made room, and the guest's memory goes over while it runs on (xapi_vm_migrate.ml, synchronisation point 1).",
            },
            Stage {
                name: SUSPENDED,
                doc: "The guest stands still, and all of its memory is over there; its disks are still open here (synchronisation point 2). From now on it can't go back.",
            },
            Stage {
                name: SWITCH_OVER_STAGE,
                doc: "Its disks are closed here and their locks removed, and not yet open there (synchronisation point 3). From now on the source is not needed.",
            },
            Stage {
                name: RECORD,
                doc: "The guest runs there, over its open disks, and the database still has it here (before synchronisation point 4).",
            },
        ],
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

    fn stage(&self) -> Option<&'static str> {
        self.staged.now()
    }

    fn orphaned(&mut self, world: &mut World, fx: &mut Effects, _seat: Seat, _target: Object) {
        self.abandoned(world, fx);
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
        let Way { vm, from, to, .. } = way(world, seat, object, host, true)?;
        attaches(world, from, to, vm)?;
        self.target = Some(host);
        self.at_source = Some((vm, from));
        self.staged.begins(COPY);
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
        if let Some(handed) = self.handed.take() {
            return self.receive(world, fx, seat, handed);
        }
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
            self.staged.comes_to(SUSPENDED, fx);
            return Outcome::Again(SWITCH_OVER.min(world.settings.vm_migrate));
        }
        let Some(home) = home(world, from) else { return Outcome::Hangs };
        match self.storage(world, home, vm, from, to) {
            Outcome::Done => {}
            // What the destination can't open it finds when the source has closed it: there is no way back.
            Outcome::Failed(refusal) => {
                self.lost(world, fx, seat, object);
                return Outcome::Failed(refusal);
            }
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
        let handed = Handed { vm, from, to, host, disks, held, cleared, runs: false };
        if self.staged.comes_to(SWITCH_OVER_STAGE, fx) {
            self.handed = Some(handed);
            return Outcome::Again(Span::ZERO);
        }
        self.receive(world, fx, seat, handed)
    }

    /// The other half, which is the destination's: it opens the disks, lets the guest go on, and records it. It needs its master
    /// and no longer the source; the source waits for its word, and gives the VM up where none can come.
    fn receive(&mut self, world: &mut World, fx: &mut Effects, seat: Seat, mut handed: Handed) -> Outcome {
        let Handed { vm, from, to, host, cleared, .. } = handed;
        // The call is the source's: where that is gone, whoever made it hears nothing of how it ended.
        let source = world.host_on(from);
        let heard = |world: &World| match gate(world, seat.executor, source) {
            Ok(_) => Outcome::Done,
            Err(refusal) => Outcome::Failed(refusal),
        };
        let receives = world.machine_of(host).is_some() && world.dom0_answers(to) && world.xapi_runs(to);
        if !receives || handed.runs && !world.has_domain(to, vm) {
            return self.given_up(world, fx, seat, &handed, None);
        }
        let Some(home) = home(world, to) else {
            if handed.runs {
                // It runs, and its record waits for the master.
                self.handed = Some(handed);
                return Outcome::Hangs;
            }
            return self.given_up(world, fx, seat, &handed, None);
        };
        if !handed.runs {
            let opens = |(vdi, mode): &(VdiId, Mode)| world.activation_check(Activation::new(home, to, *vdi, *mode));
            // What could refuse was looked at a moment ago, but where somebody waited for this moment.
            match handed.disks.iter().map(opens).find_map(Result::err) {
                None => {}
                Some(Inactive::Hangs) => {
                    self.handed = Some(handed);
                    return Outcome::Hangs;
                }
                Some(Inactive::Paused) if self.tries < ACTIVATION_TRIES => {
                    self.tries += 1;
                    self.handed = Some(handed);
                    return Outcome::Again(Span::secs(1));
                }
                Some(Inactive::Paused) => {
                    let uuid = handed.disks.first().map_or("", |(vdi, _)| world.names.vdis[vdi.at()].uuid.as_str());
                    let why = ApiError::vdi_unavailable(format_args!("VDI {uuid} locked"));
                    return self.given_up(world, fx, seat, &handed, Some(why));
                }
                Some(Inactive::Failed(why)) => return self.given_up(world, fx, seat, &handed, Some(why)),
            }
            match world.has_domain(from, vm) {
                true => world.move_domain(fx, vm, from, to),
                // The source died with what was left of it; the image is over here.
                false => world.start_domain(fx, vm, to),
            }
            for (vdi, _) in handed.disks.iter().filter(|(vdi, _)| cleared && !world.has_open(from, *vdi)).copied().collect::<Vec<_>>() {
                world.remove_lock(fx, home, vdi, source);
            }
            for (vdi, mode) in &handed.disks {
                let opened = world.activate(fx, Activation::new(home, to, *vdi, *mode), Some(vm));
                debug_assert!(opened.is_ok(), "{opened:?}");
            }
            handed.runs = true;
            if self.staged.comes_to(RECORD, fx) {
                self.handed = Some(handed);
                return Outcome::Again(Span::ZERO);
            }
        }
        world.set_vm(fx, home, vm, PowerState::Running, Some(host));
        for (vdi, since) in handed.held {
            world.bring_held_write(fx, to, vdi, vm, since);
        }
        heard(world)
    }

    /// The source hears that the destination is gone, or has failed: it has the record halted, and destroys what it still has of
    /// the guest (6.0 xapi_vm_migrate.ml, transmitter: force_state_reset, destroy_domain). What runs over there runs on.
    fn given_up(&self, world: &mut World, fx: &mut Effects, seat: Seat, handed: &Handed, why: Option<ApiError>) -> Outcome {
        let Handed { vm, from, host, .. } = *handed;
        let home = home(world, from).filter(|_| world.dom0_answers(from) && world.xapi_runs(from));
        match home {
            Some(home) => {
                world.end_domain(fx, vm, from, Ending::MigrationFailed);
                world.set_vm(fx, home, vm, PowerState::Halted, None);
            }
            None if world.dom0_answers(from) => world.end_abandoned(fx, from, vm, Ending::MigrationFailed),
            None => {}
        }
        let why = match gate(world, seat.executor, world.host_on(from)) {
            Ok(_) => why
                .unwrap_or_else(|| {
                    ApiError::new("VM_MIGRATE_FAILED")
                        .with(Param::Vm(vm))
                        .with(Param::Host(world.host_on(from)))
                        .with(Param::Host(host))
                        .text(DIED)
                })
                .into(),
            Err(refusal) => refusal,
        };
        Outcome::Failed(why)
    }

    /// The guest was suspended and can't move: its domain is destroyed, and it is recorded halted (6.0 xapi_vm_migrate.ml). That is
    /// the source's to do: where its xapi or its master is gone, it does it when they are back.
    fn lost(&mut self, world: &mut World, fx: &mut Effects, seat: Seat, object: Object) {
        let Object::Vm(vm) = object else { return };
        let Ok((_, Some(resident))) = in_state(world, seat.executor, object, PowerState::Running, "running") else { return };
        let Some(from) = world.machine_of(resident).filter(|machine| world.dom0_answers(*machine)) else { return };
        let Some(home) = home(world, from).filter(|_| world.xapi_runs(from)) else {
            world.end_abandoned(fx, from, vm, Ending::MigrationFailed);
            return;
        };
        for (vdi, _) in world.disks_of(vm).into_iter().rev() {
            world.deactivate(fx, Some(home), from, vdi, Some(vm));
        }
        world.end_domain(fx, vm, from, Ending::MigrationFailed);
        world.set_vm(fx, home, vm, PowerState::Halted, None);
    }

    /// The master is gone with its part of it. Until the guest is suspended nothing has happened to it. Then the source can't close
    /// its disks in order, nor the destination open them, without the master: it is lost. Where it runs over there already, it
    /// runs on, and the record says otherwise.
    pub(super) fn abandoned(&mut self, world: &mut World, fx: &mut Effects) {
        match self.handed.take() {
            Some(handed) if handed.runs => {}
            Some(Handed { vm, from, .. }) => world.end_abandoned(fx, from, vm, Ending::MigrationFailed),
            None if self.suspended => {
                if let Some((vm, from)) = self.at_source {
                    world.end_abandoned(fx, from, vm, Ending::MigrationFailed);
                }
            }
            None => {}
        }
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
                Some(Io::Error) => return Outcome::Failed(ApiError::vdi_unavailable(NOT_THERE).into()),
                None => {}
            }
        }
        Outcome::Done
    }
}
