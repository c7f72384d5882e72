//! `xe vm-destroy`: takes the record of a VM out of the database, with its VBDs; its disks stay (xapi_vm_helpers.ml, destroy).

use super::args::Args;
use super::fields::object;
use super::objects::{Class, Object};
use super::reach::Refusal;
use super::simple::{Act, Simple, Simply};
use super::vm_place::{bad_power_state, idle};
use super::{CommandDoc, Grammar, Seat, Target};
use crate::base::ids::VmId;
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;

/// `xe vm-destroy`.
pub type VmDestroy = Simply<Destroy>;

#[derive(Clone, Debug, Default)]
pub struct Destroy;

/// The states in which a VM may be destroyed (xapi_vm_lifecycle.ml, allowed_power_states).
const STATES: &str = "halted, suspended";

impl Simple for Destroy {
    const DOC: CommandDoc = CommandDoc {
        name: "vm-destroy",
        synopsis: "xe vm-destroy uuid=VM-UUID",
        doc: "Takes the record of a VM out of the database, and with it its VBDs; its disks stay as they are, with their locks. Nobody is asked anything, and only `uuid=` is read. Checks: the UUID (UUID_INVALID); the VM is halted or suspended in the database (VM_BAD_POWER_STATE) and nobody works on it (OTHER_OPERATION_IN_PROGRESS); a domain 0 can't be destroyed (OPERATION_NOT_ALLOWED). The image of a suspended one stays on its SR, and nobody names it any more. **Whether it runs is not looked at**: where its record was reset and it runs on, the database knows nothing of it any more, and the xapi of its host destroys it as it starts again. There is no way back but a dump of the database.",
        example: "xe vm-destroy uuid=$db",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&["uuid"], &[]);
    type Found = VmId;

    fn checks(args: &Args, world: &World, seat: Seat) -> Result<VmId, Refusal> {
        let by = seat.executor;
        let found = object(Class::Vm, args, world, by)?;
        let Object::Vm(vm) = found else {
            return Err(ApiError::new("OPERATION_NOT_ALLOWED").text("This operation is not allowed on dom0").into());
        };
        match world.db(by).vm(vm) {
            Some(record) if matches!(record.power_state, PowerState::Halted | PowerState::Suspended) => {}
            Some(record) => return Err(bad_power_state(world, found, STATES, record.power_state.name())),
            None => return Err(super::reach::uuid_invalid(Class::Vm.table(), args.required("uuid"))),
        }
        idle(world, by, vm)?;
        Ok(vm)
    }
    fn act(&mut self, _args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, vm: VmId) -> Act {
        world.destroy_vm(fx, seat.executor, vm);
        Act::SILENT
    }
    fn target(args: &Args, world: &World) -> Target {
        world.names.vm_by_word(args.required("uuid")).map_or(Target::None, Target::Vm)
    }
}
