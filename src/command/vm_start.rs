//! `xe vm-start`: the checks of the database, then the storage manager on the chosen host, disk by disk (xapi_vm.ml;
//! docs/model/guests-and-disks.md §1).

use super::args::Args;
use super::batch::{Batch, Deed, Outcome};
use super::objects::{Class, Object};
use super::reach::{Refusal, gate, home};
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
}

/// What xapi looks at in its database.
fn records(args: &Args, world: &World, seat: Seat, target: Object) -> Result<VmId, Refusal> {
    args.flag("paused").map_err(Refusal::tool)?;
    let (vm, _) = in_state(world, seat.executor, target, PowerState::Halted, "halted")?;
    Ok(vm)
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

impl Deed for Start {
    const DOC: CommandDoc = CommandDoc {
        name: "vm-start",
        synopsis: "xe vm-start vm=VM [on=HOST] | FIELD=VALUE… [--multiple]",
        doc: "Starts a halted VM, on the host of `on=` or on the first that can take it. Checks, in order: the VM is halted in the database (VM_BAD_POWER_STATE) and nobody works on it (OTHER_OPERATION_IN_PROGRESS); no disk of it is attached to another VM while either writes (VDI_IN_USE); the host is live, enabled, has a plugged PBD for every disk and memory enough (HOST_NOT_LIVE, HOST_DISABLED, VM_REQUIRES_SR, HOST_NOT_ENOUGH_FREE_MEMORY; without `on=` NO_HOSTS_AVAILABLE and a table); under HA the failover plan bears it (HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN); it can be reached (HOST_OFFLINE, CANNOT_CONTACT_HOST). Then the storage manager there opens disk after disk: any RW lock in the database refuses it (SR_BACKEND_FAILURE_46, already attached RW). All of these guards look into the database alone: where locks were released and the VM was reset while it still runs elsewhere, it starts a second time. `--force` overrides none of them. A start that fails half-way lets go of what it took.",
        example: "xe vm-start vm=db on=gamma",
        ..CommandDoc::ALWAYS
    };
    const CLASS: Class = Class::Vm;
    const OWN: &'static [&'static str] = &["on", "paused", "progress"];
    const CLAIMS: bool = true;

    fn check(&mut self, args: &Args, world: &World, seat: Seat, target: Object) -> Result<Span, Refusal> {
        let by = seat.executor;
        let on = args.get("on").map(|word| named_host(world, by, word)).transpose()?;
        let vm = records(args, world, seat, target)?;
        idle(world, by, vm)?;
        disks_free(world, by, vm)?;
        let host = match on {
            Some(host) => host,
            None => any_host(world, seat, vm, args.minimal)?,
        };
        let machine = placed(world, seat, vm, host)?;
        // A lock that is there already refuses at once; what is removed on the way to a refusal is a change, and waits for the end.
        if let Some(home) = home(world, machine) {
            for (vdi, mode) in world.known_disks_of(home, vm) {
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
        Ok(world.settings.vm_start)
    }

    fn commit(&mut self, args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, target: Object) -> Outcome {
        let Some(host) = self.host else { return Outcome::Done };
        let machine = world.names.hosts[host.at()].machine;
        let vm = match records(args, world, seat, target).and_then(|vm| placed(world, seat, vm, host).map(|_| vm)) {
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
        match world.take_disks(fx, home, machine, vm, &mut self.taken) {
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
        world.run_domain(fx, home, machine, vm, host);
        Outcome::Done
    }
}

impl Start {
    /// Closes in reverse what was opened, and removes the keys as far as the database is in reach.
    fn let_go(&mut self, world: &mut World, fx: &mut Effects, machine: MachineId, vm: VmId) {
        let home = home(world, machine);
        world.give_disks_back(fx, home, machine, vm, self.taken);
        self.taken = 0;
    }
}
