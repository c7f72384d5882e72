//! `xe vm-start`: the checks of the database, then the storage manager on the chosen host, disk by disk (xapi_vm.ml;
//! docs/model/guests-and-disks.md §1).

use super::args::Args;
use super::batch::{Batch, Deed, Outcome};
use super::objects::{Class, Object};
use super::reach::{Refusal, gate, home};
use super::stages::{Stage, Staged};
use super::vm_place::{any_host, disks_free, idle, in_state, named_host};
use super::{CommandDoc, Seat};
use crate::base::ids::{HostId, MachineId, VmId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::belief::plan::Change;
use crate::world::effects::Effects;
use crate::world::errors::{ApiError, Param};
use crate::world::sm::{ACTIVATION_TRIES, Activation, Inactive};
use crate::world::truth::Io;

/// `xe vm-start`.
pub type VmStart = Batch<Start>;

/// A start under way.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// The host that was chosen.
    host: Option<HostId>,
    /// How many disks are open.
    taken: usize,
    /// How often the next one was found paused, and which that was.
    tries: u32,
    counted: usize,
    /// How far it has come.
    staged: Staged,
    /// The first disk, whose activation has begun.
    half: Option<Activation>,
    /// A resumed guest goes on, and its record does not say so yet.
    runs: bool,
}

/// Whether the VM begins anew or goes on from its image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum How {
    Anew,
    FromImage,
}

impl How {
    fn state(self) -> PowerState {
        match self {
            How::Anew => PowerState::Halted,
            How::FromImage => PowerState::Suspended,
        }
    }
}

pub(super) const PLACED: &str = "placed";
pub(super) const DISKS: &str = "disks";
pub(super) const RECORD: &str = "record";

/// What xapi looks at in its database.
fn records(how: How, args: &Args, world: &World, seat: Seat, target: Object) -> Result<VmId, Refusal> {
    args.flag("paused").map_err(Refusal::tool)?;
    let (vm, _) = in_state(world, seat.executor, target, how.state(), how.state().name())?;
    Ok(vm)
}

/// The image that a VM goes on from, on the machine that reads it (vmops.ml, restore: with_fs_vdi); nothing where it begins anew.
fn image(how: How, world: &World, home: MachineId, machine: MachineId, vm: VmId) -> Result<Option<u32>, Inactive> {
    if how == How::Anew {
        return Ok(None);
    }
    let none = || Inactive::Failed(ApiError::new("HANDLE_INVALID").text("VDI").text("OpaqueRef:NULL"));
    let image = world.db(home).vm(vm).and_then(|record| record.image).ok_or_else(none)?;
    match world.path_fault(machine, image.sr) {
        Some(Io::Hang) => Err(Inactive::Hangs),
        None if world.hw.image(vm, image.number).is_some() => Ok(Some(image.number)),
        fault => {
            let why = if fault.is_some() { "could not be opened" } else { "does not exist" };
            Err(Inactive::Failed(ApiError::vdi_unavailable(format_args!("the suspend image {why}"))))
        }
    }
}

/// The host that is to start the VM, asked whether it can be reached.
fn placed(world: &World, seat: Seat, vm: VmId, host: HostId) -> Result<MachineId, Refusal> {
    disks_free(world, seat.executor, vm)?;
    world.can_take(seat.executor, vm, host)?;
    // 6.1 looks at the memory that the VM takes, not at the VM as one more to protect.
    if world.breaks_plan(seat.executor, &Change { arriving: vec![(host, vm)], ..Change::default() }) {
        return Err(ApiError::new("HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN").into());
    }
    gate(world, seat.executor, host)
}

/// A resumed guest goes on, and its record says so (xapi_vm.ml, resume: atomic_set_resident_on).
fn recorded(world: &mut World, fx: &mut Effects, machine: MachineId, vm: VmId, host: HostId) -> Outcome {
    let Some(home) = home(world, machine) else { return Outcome::Hangs };
    world.set_vm(fx, home, vm, PowerState::Running, Some(host));
    world.set_always_run(fx, home, vm, true);
    Outcome::Done
}

impl Deed for Start {
    const DOC: CommandDoc = CommandDoc {
        name: "vm-start",
        synopsis: "xe vm-start vm=VM [on=HOST] [paused=true] | FIELD=VALUE… [--multiple]",
        doc: "Starts a halted VM, on the host of `on=` or on the first that can take it. Checks, in order: the VM is halted in the database (VM_BAD_POWER_STATE) and nobody works on it (OTHER_OPERATION_IN_PROGRESS); no disk of it is attached to another VM while either writes (VDI_IN_USE); the host is live, enabled, has a plugged PBD for every disk and memory enough (HOST_NOT_LIVE, HOST_DISABLED, VM_REQUIRES_SR, HOST_NOT_ENOUGH_FREE_MEMORY; without `on=` NO_HOSTS_AVAILABLE and a table); under HA the failover plan bears it (HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN); it can be reached (HOST_OFFLINE, CANNOT_CONTACT_HOST). Then the storage manager there opens disk after disk: any RW lock in the database refuses it (SR_BACKEND_FAILURE_46, already attached RW). All of these guards look into the database alone: where locks were released and the VM was reset while it still runs elsewhere, it starts a second time. `--force` overrides none of them. A start that fails half-way lets go of what it took. With `paused=true` the VM is left paused (`vm-unpause`).",
        example: "xe vm-start vm=db on=gamma",
        stages: &[
            Stage { name: PLACED, doc: "The checks have passed and the host is chosen; nothing has been done yet (xapi_vm.ml, start)." },
            Stage {
                name: DISKS,
                doc: "The first disk is being opened on the host: its lock is set, and in g4 the mark `activating`, and it is not open yet (blktap2.py, `_activate_locked`).",
            },
            Stage {
                name: RECORD,
                doc: "All disks are open, and the database still has the VM as halted (xapi_vm.ml, start: between `start_paused` and `atomic_set_resident_on`).",
            },
        ],
        ..CommandDoc::ALWAYS
    };
    const CLASS: Class = Class::Vm;
    const OWN: &'static [&'static str] = &["on", "paused", "progress"];
    const CLAIMS: bool = true;

    fn check(&mut self, args: &Args, world: &World, seat: Seat, target: Object) -> Result<Span, Refusal> {
        self.begin(How::Anew, args, world, seat, target)
    }

    fn commit(&mut self, args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, target: Object) -> Outcome {
        self.go_on(How::Anew, args, world, fx, seat, target)
    }

    fn stage(&self) -> Option<&'static str> {
        self.staged.now()
    }
}

impl Start {
    /// The stage that it is in.
    pub(super) fn reached(&self) -> Option<&'static str> {
        self.staged.now()
    }

    /// The checks: how long it takes then.
    ///
    /// # Errors
    /// Why it is refused.
    pub(super) fn begin(&mut self, how: How, args: &Args, world: &World, seat: Seat, target: Object) -> Result<Span, Refusal> {
        let by = seat.executor;
        let on = args.get("on").map(|word| named_host(world, by, word)).transpose()?;
        let vm = records(how, args, world, seat, target)?;
        idle(world, by, vm)?;
        disks_free(world, by, vm)?;
        let host = match on {
            Some(host) => host,
            None => any_host(world, seat, vm, args.minimal)?,
        };
        let machine = placed(world, seat, vm, host)?;
        // A lock that is there already refuses at once; what is removed on the way to a refusal is a change, and waits for the end.
        if let Some(home) = home(world, machine) {
            if let Err(Inactive::Failed(error)) = image(how, world, home, machine, vm) {
                return Err(error.into());
            }
            let disks = match how {
                How::Anew => world.known_disks_of(home, vm),
                How::FromImage => world.attached_disks_of(home, vm),
            };
            for (vdi, mode) in disks {
                let found = world.activation_finds(Activation::new(home, machine, vdi, mode));
                if let Some((error, after)) = found.clone().refusal() {
                    return Err(Refusal::from(error).after(after));
                }
                if found.then.is_err() {
                    break;
                }
            }
        }
        self.host = Some(host);
        self.staged.begins(PLACED);
        Ok(match how {
            How::Anew => world.settings.vm_start,
            How::FromImage => world.settings.vm_resume,
        })
    }

    /// Its end, or the next thing that it waits for.
    pub(super) fn go_on(&mut self, how: How, args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, target: Object) -> Outcome {
        let Some(host) = self.host else { return Outcome::Done };
        let machine = world.names.hosts[host.at()].machine;
        if self.staged.now() == Some(RECORD)
            && let Err(refusal) = gate(world, seat.executor, host)
        {
            // The domain is made, and whoever made it can't say so: nobody takes it down (xapi_vm.ml, start).
            return Outcome::Failed(refusal);
        }
        if let (Object::Vm(vm), true) = (target, self.runs) {
            return recorded(world, fx, machine, vm, host);
        }
        let vm = match records(how, args, world, seat, target).and_then(|vm| placed(world, seat, vm, host).map(|_| vm)) {
            Ok(vm) => vm,
            Err(refusal) => {
                if let Object::Vm(vm) = target {
                    self.let_go(world, fx, machine, vm);
                }
                return Outcome::Failed(refusal);
            }
        };
        let Some(home) = home(world, machine) else { return Outcome::Hangs };
        if world.domain_exists(machine, vm) {
            return Outcome::Failed(ApiError::new("DOMAIN_EXISTS").with(Param::Vm(vm)).text("1").into());
        }
        let image = match image(how, world, home, machine, vm) {
            Ok(image) => image,
            Err(Inactive::Failed(error)) => {
                self.let_go(world, fx, machine, vm);
                return Outcome::Failed(error.into());
            }
            Err(_) => return Outcome::Hangs,
        };
        if self.taken == 0 && self.half.is_none() && self.staged.now() == Some(PLACED) && self.staged.comes_to(DISKS, fx) {
            self.begin_first(world, fx, home, machine, vm);
            return Outcome::Again(Span::ZERO);
        }
        let first = self.half.map_or(Ok(()), |ask| world.end_activation(fx, ask, Some(vm)).map_err(|why| (why, ask.vdi)));
        if first.is_ok() && self.half.take().is_some() {
            self.taken += 1;
        }
        match first.and_then(|()| world.take_disks(fx, home, machine, vm, &mut self.taken)) {
            Ok(()) => {}
            Err((Inactive::Hangs, _)) => return Outcome::Hangs,
            Err((Inactive::Paused, vdi)) => {
                // A disk that was opened since has begun the count anew.
                if self.counted != self.taken {
                    (self.counted, self.tries) = (self.taken, 0);
                }
                if self.tries < ACTIVATION_TRIES {
                    self.tries += 1;
                    return Outcome::Again(Span::secs(1));
                }
                self.let_go(world, fx, machine, vm);
                return Outcome::Failed(ApiError::vdi_unavailable(format_args!("VDI {} locked", world.names.vdis[vdi.at()].uuid)).into());
            }
            Err((Inactive::Failed(error), _)) => {
                self.let_go(world, fx, machine, vm);
                return Outcome::Failed(error.into());
            }
        }
        if let Some(image) = image {
            world.go_on_from(fx, vm, machine, image);
            world.begin_domain(fx, machine, vm);
            world.destroy_image(fx, vm, machine, image);
            world.set_image(home, vm, None);
            self.runs = true;
        }
        if self.staged.comes_to(RECORD, fx) {
            return Outcome::Again(Span::ZERO);
        }
        if self.runs {
            return recorded(world, fx, machine, vm, host);
        }
        world.run_domain(fx, home, machine, vm, host);
        if args.flag("paused").unwrap_or_default() {
            world.pause_domain(fx, vm, machine, true);
            world.set_vm(fx, home, vm, PowerState::Paused, Some(host));
        }
        Outcome::Done
    }

    /// Closes in reverse what was opened, and removes the keys as far as the database is in reach.
    fn let_go(&mut self, world: &mut World, fx: &mut Effects, machine: MachineId, vm: VmId) {
        let home = home(world, machine);
        // What was only begun goes where the host can still say so to its master; else it stays, with nobody to see to it.
        let half = self.half.take().filter(|_| world.dom0_answers(machine));
        if !world.xapi_runs(machine) {
            // The thread that would close what it opened is gone with its process. The storage manager, which is another, goes on.
            if let Some(ask) = half
                && world.activation_path(ask).is_ok()
            {
                world.open_disk(fx, machine, ask.vdi, ask.mode, Some(vm));
            }
            return;
        }
        if let Some(ask) = half.filter(|ask| home == Some(ask.master)) {
            world.drop_activation(fx, ask);
        }
        world.give_disks_back(fx, home, machine, vm, self.taken);
        self.taken = 0;
    }

    /// Begins with the first disk that the database still knows, if it can be opened.
    fn begin_first(&mut self, world: &mut World, fx: &mut Effects, home: MachineId, machine: MachineId, vm: VmId) {
        let vbds = &world.names.vms[vm.at()].vbds;
        let Some(at) = vbds.iter().position(|vbd| world.is_asked_for(home, vm, *vbd)) else { return };
        let vbd = &world.names.vbds[vbds[at].at()];
        let ask = Activation::new(home, machine, vbd.vdi, vbd.mode);
        if !world.has_open(machine, ask.vdi) && world.begin_activation(fx, ask).is_ok() {
            (self.taken, self.half) = (at, Some(ask));
        }
    }
}
