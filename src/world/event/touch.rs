//! Whom an event is about, so that who looks at the whole world again need only look at these.

use super::{Event, Reads, Status, StepIx};
use crate::base::ids::{HostId, MachineId, PoolId, SrId, VdiId, VmId};
use crate::base::time::Span;
use crate::world::belief::{PowerState, Protection};
use crate::world::errors::ApiError;
use crate::world::inventory::{Inventory, Mode};
use crate::world::memory::PoolConf;
use crate::world::memory::survival::Rule;
use crate::world::memory::xhad::{Exit, FenceCause};
use crate::world::truth::Io;

/// What the events of one instant were about: each list sorted, each once, after [`Touched::tidy`].
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Touched {
    /// Machines, and hosts by the machine that they are or were installed on.
    pub machines: Vec<MachineId>,
    /// VMs.
    pub vms: Vec<VmId>,
    /// VDIs.
    pub vdis: Vec<VdiId>,
    /// Something that is nobody's own changed: whoever asks has to look at all.
    pub everything: bool,
}

impl Touched {
    /// All is to be looked at.
    pub fn all() -> Touched {
        Touched { everything: true, ..Touched::default() }
    }

    /// Sorts, and leaves each once.
    pub fn tidy(&mut self) {
        self.machines.sort_unstable();
        self.machines.dedup();
        self.vms.sort_unstable();
        self.vms.dedup();
        self.vdis.sort_unstable();
        self.vdis.dedup();
    }
}

impl Event {
    /// Adds whom it is about. What changes the network, a whole SR, or the installation of a machine is about everything.
    pub fn touch(&self, names: &Inventory, touched: &mut Touched) {
        touched.everything |= match self {
            Event::SrLost { .. } | Event::SrBack { .. } | Event::SrForgotten { .. } | Event::DumpRestored { .. } => true,
            Event::InstallBegan { .. } | Event::Installed { .. } | Event::BeganAfresh { .. } => true,
            other => other.changes().meets(Reads::LINKS) && other.changes() != Reads::ALL,
        };
        self.subjects(&mut |subject| match subject {
            Subject::Machine(machine) => touched.machines.push(machine),
            Subject::Host(host) => touched.machines.push(names.hosts[host.at()].machine),
            Subject::Vm(vm) => touched.vms.push(vm),
            Subject::Vdi(vdi) => touched.vdis.push(vdi),
        });
    }
}

/// A thing that a field of an event names.
#[derive(Clone, Copy)]
pub(super) enum Subject {
    Machine(MachineId),
    Host(HostId),
    Vm(VmId),
    Vdi(VdiId),
}

/// A field of an event: which things it names.
pub(super) trait Field {
    fn subjects(&self, see: &mut dyn FnMut(Subject));
}

macro_rules! names_one {
    ($($type:ident => $subject:ident),*) => {$(
        impl Field for $type {
            fn subjects(&self, see: &mut dyn FnMut(Subject)) {
                see(Subject::$subject(*self));
            }
        }
    )*};
}
names_one!(MachineId => Machine, HostId => Host, VmId => Vm, VdiId => Vdi);

macro_rules! names_nothing {
    ($($type:ty),* $(,)?) => {$(
        impl Field for $type {
            fn subjects(&self, _see: &mut dyn FnMut(Subject)) {}
        }
    )*};
}
names_nothing!(
    bool,
    u16,
    u32,
    u64,
    String,
    &'static str,
    Span,
    SrId,
    PoolId,
    StepIx,
    Status,
    Mode,
    Io,
    PowerState,
    Protection,
    PoolConf,
    Rule,
    Exit,
    FenceCause,
    ApiError,
    super::Ending,
);

impl<T: Field> Field for Option<T> {
    fn subjects(&self, see: &mut dyn FnMut(Subject)) {
        self.iter().for_each(|field| field.subjects(see));
    }
}

impl<T: Field> Field for Vec<T> {
    fn subjects(&self, see: &mut dyn FnMut(Subject)) {
        self.iter().for_each(|field| field.subjects(see));
    }
}
