//! `xe vm-resume`: a suspended VM goes on from its image, on whichever host (6.0 xapi_vm.ml, resume; vmops.ml, restore).

use super::args::Args;
use super::batch::{Batch, Deed, Outcome};
use super::objects::{Class, Object};
use super::reach::Refusal;
use super::stages::Stage;
use super::vm_start::{DISKS, How, PLACED, RECORD, Start};
use super::{CommandDoc, Seat};
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;

/// `xe vm-resume`.
pub type VmResume = Batch<Resume>;

/// A VM on its way back from its image: a start, but for what it begins with.
#[derive(Clone, Debug, Default)]
pub struct Resume(Start);

impl Deed for Resume {
    const DOC: CommandDoc = CommandDoc {
        name: "vm-resume",
        synopsis: "xe vm-resume vm=VM [on=HOST] | FIELD=VALUE… [--multiple]",
        doc: "Lets a suspended VM go on from its image, on the host of `on=` or on the first that can take it. Checks, in order: the VM is suspended in the database (VM_BAD_POWER_STATE) and nobody works on it (OTHER_OPERATION_IN_PROGRESS); no disk of it is attached to another VM while either writes (VDI_IN_USE); the host is live, enabled, has a plugged PBD for every disk and for the image, and memory enough (HOST_NOT_LIVE, HOST_DISABLED, VM_REQUIRES_SR, HOST_NOT_ENOUGH_FREE_MEMORY; without `on=` NO_HOSTS_AVAILABLE and a table); under HA the failover plan bears it (HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN); it can be reached (HOST_OFFLINE, CANNOT_CONTACT_HOST). Then the image has to be there (SR_BACKEND_FAILURE_46; HANDLE_INVALID where the record names none, as after a resumption that its host could not record), and the storage manager opens those disks that the guest had: any RW lock refuses it, as in `vm-start`. If any of that fails the VM stays suspended, and its image stays. When the guest goes on, the image is destroyed. `--force` skips only a check of the processor. **Nobody compares the image with the disks**: if the VM was started from its disks since (after `vm-reset-powerstate`, or by an older or another database), its memory is older than what lies there, and it writes it over that (hazard `outdated-memory`).",
        example: "xe vm-resume vm=db on=gamma",
        stages: &[
            Stage { name: PLACED, doc: "The checks have passed and the host is chosen; nothing has been done yet (xapi_vm.ml, resume)." },
            Stage {
                name: DISKS,
                doc: "The first disk is being opened on the host: its lock is set, and in g4 the mark `activating`, and it is not open yet (blktap2.py, `_activate_locked`).",
            },
            Stage {
                name: RECORD,
                doc: "The guest goes on over its open disks, its image is destroyed, and the database still has the VM as suspended (xapi_vm.ml, resume: between `restore` and `atomic_set_resident_on`).",
            },
        ],
        ..CommandDoc::ALWAYS
    };
    const CLASS: Class = Class::Vm;
    const OWN: &'static [&'static str] = &["on", "progress"];
    const CLAIMS: bool = true;

    fn check(&mut self, args: &Args, world: &World, seat: Seat, target: Object) -> Result<Span, Refusal> {
        args.flag("force").map_err(Refusal::tool)?;
        self.0.begin(How::FromImage, args, world, seat, target)
    }

    fn commit(&mut self, args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, target: Object) -> Outcome {
        self.0.go_on(How::FromImage, args, world, fx, seat, target)
    }

    fn stage(&self) -> Option<&'static str> {
        self.0.reached()
    }
}
