//! Where a hazard holds: asked of each thing of a kind alone, so that only those have to be asked again to which something happened,
//! or of the world as a whole.

use super::sight::Sight;
use super::{Place, Site};
use crate::base::ids::{MachineId, VdiId, VmId};
use crate::world::World;
use crate::world::event::Touched;

/// How a hazard points at the places where it holds now.
///
/// What is asked of one thing may hang on that thing itself, on the standing of the masters and what their databases say of it, on
/// the machines that run it or have it open, and on the paths of those. On nothing else: where anything else changes, nobody asks.
#[derive(Clone, Copy, Debug)]
pub enum Sites {
    /// At a VDI.
    Vdis(fn(&Sight, VdiId) -> Option<Site>),
    /// At a VM.
    Vms(fn(&Sight, VmId) -> Option<Site>),
    /// At a machine.
    Machines(fn(&Sight, MachineId) -> Option<Site>),
    /// At any place, asked of the world as a whole.
    Whole(fn(&Sight, &mut Vec<Site>)),
}

impl Sites {
    /// Adds every place where it holds.
    pub fn all(self, sight: &Sight, out: &mut Vec<Site>) {
        let names = &sight.world.names;
        match self {
            Sites::Vdis(at) => out.extend(names.vdi_ids().filter_map(|vdi| at(sight, vdi))),
            Sites::Vms(at) => out.extend(names.vm_ids().filter_map(|vm| at(sight, vm))),
            Sites::Machines(at) => out.extend(sight.world.machines().filter_map(|machine| at(sight, machine))),
            Sites::Whole(at) => at(sight, out),
        }
    }

    /// Asks of each thing that was touched; `answer` is given its place and what holds there. Not for those asked as a whole.
    pub fn touched(self, sight: &Sight, touched: &Touched, mut answer: impl FnMut(Place, Option<Site>)) {
        match self {
            Sites::Vdis(at) => touched.vdis.iter().for_each(|vdi| answer(Place::Vdi(*vdi), at(sight, *vdi))),
            Sites::Vms(at) => touched.vms.iter().for_each(|vm| answer(Place::Vm(*vm), at(sight, *vm))),
            Sites::Machines(at) => touched.machines.iter().for_each(|machine| answer(Place::Host(*machine), at(sight, *machine))),
            Sites::Whole(_) => {}
        }
    }
}

/// Those that hang on what was touched, beside it: the guests of a machine, and the disks that it has open.
pub fn widen(world: &World, touched: &mut Touched) {
    for machine in &touched.machines {
        touched.vms.extend(world.hw.guests(*machine));
        touched.vdis.extend(world.hw.open_vdis(*machine));
    }
    touched.tidy();
}
