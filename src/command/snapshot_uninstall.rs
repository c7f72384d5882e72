//! `xe snapshot-uninstall`: destroys a snapshot of a VM with its disks (cli_operations.ml, snapshot_uninstall).

use super::args::{Args, confirm};
use super::objects::{Class, Object};
use super::reach::{Refusal, uuid_invalid};
use super::simple::Act;
use super::sr_scan::on_sr_master;
use super::vdi_destroy::destroy;
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Seat};
use crate::base::ids::{MachineId, SnapshotId, VdiId};
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::inventory::Mode;

/// `xe snapshot-uninstall`.
#[derive(Clone, Debug)]
pub struct SnapshotUninstall {
    args: Args,
    /// What was printed so far.
    said: String,
}

impl Command for SnapshotUninstall {
    const DOC: CommandDoc = CommandDoc {
        name: "snapshot-uninstall",
        synopsis: "xe snapshot-uninstall uuid=SNAPSHOT-UUID [--force]",
        doc: "Destroys a snapshot, and those of its disks that were taken of disks which the VM writes to, as `vdi-destroy` does. It prints what it is about to destroy, and asks to type yes unless it is forced. Checks: the UUID (UUID_INVALID), then for each disk those of `vdi-destroy`: SR_HAS_NO_PBDS, HOST_OFFLINE, CANNOT_CONTACT_HOST, SR_BACKEND_FAILURE_80. The space comes back once the collector of garbage has merged what is left. In the releases of 6 a VM's own UUID is taken too, and the VM is destroyed: that is outside the model.",
        example: "xe snapshot-uninstall uuid=00000003-0003-4000-8000-00706f6f6c03 --force",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar { asks: true, ..Grammar::keys(&[], &["uuid", "snapshot-uuid", "force"]) };
    fn new(args: Args) -> Self {
        SnapshotUninstall { args, said: String::new() }
    }
}

impl SnapshotUninstall {
    fn snapshot(&self, world: &World, by: MachineId) -> Result<SnapshotId, Refusal> {
        let Some(uuid) = self.args.get("uuid").or_else(|| self.args.get("snapshot-uuid")) else {
            return Err(Refusal::tool("Required parameter not found: snapshot-uuid or uuid."));
        };
        match Class::Snapshot.by_uuid(world, by, uuid) {
            Some(Object::Snapshot(snapshot)) => Ok(snapshot),
            _ if Class::Vm.by_uuid(world, by, uuid).is_some() => {
                Err(Refusal::words("destroying a VM that is no snapshot is outside the model"))
            }
            _ => Err(uuid_invalid(Class::Vm.table(), uuid)),
        }
    }

    /// The disks that go with a snapshot.
    fn disks(world: &World, by: MachineId, snapshot: SnapshotId) -> Vec<VdiId> {
        let all = world.names.snapshots[snapshot.at()].disks.iter();
        all.filter(|(vdi, mode)| *mode == Mode::Rw && world.db(by).vdi(*vdi).is_some()).map(|(vdi, _)| *vdi).collect()
    }

    fn refused(&self, world: &World, by: MachineId, mut refusal: Refusal) -> Output {
        refusal.before = format!("{}{}", self.said, refusal.before);
        refusal.output(world, by)
    }
}

impl Operation for SnapshotUninstall {
    fn check(&mut self, world: &World, seat: Seat) -> Check {
        let by = seat.executor;
        let found = self.snapshot(world, by).and_then(|snapshot| Ok((snapshot, self.args.flag("force").map_err(Refusal::tool)?)));
        let (snapshot, forced) = match found {
            Ok(found) => found,
            Err(refusal) => return Check::Refuse { after: refusal.after, output: refusal.output(world, by) },
        };
        let name = &world.names.snapshots[snapshot.at()];
        let mut items = format!("The following items are about to be destroyed\nVM : {} ({})\n", name.uuid, name.label);
        for vdi in SnapshotUninstall::disks(world, by, snapshot) {
            items.push_str(&format!("VDI: {} ({}) \n", world.names.vdis[vdi.at()].uuid, world.db(by).vdi_label(&world.names, vdi)));
        }
        self.said = if forced {
            items
        } else {
            match confirm(self.args.stdin.as_deref(), &items) {
                Ok(asked) => asked,
                Err(output) => return Check::Refuse { output, after: crate::base::time::Span::ZERO },
            }
        };
        Check::Go(world.settings.command)
    }

    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let by = seat.executor;
        let snapshot = match self.snapshot(world, by) {
            Ok(snapshot) => snapshot,
            Err(refusal) => return Progress::Ended(self.refused(world, by, refusal)),
        };
        for vdi in SnapshotUninstall::disks(world, by, snapshot) {
            let went = match on_sr_master(world, by, world.names.vdis[vdi.at()].sr) {
                Ok(machine) => destroy(world, fx, by, machine, vdi),
                Err(refusal) => Some(Act::Failed(refusal)),
            };
            match went {
                None | Some(Act::Done(_)) => {}
                Some(Act::Failed(refusal)) => return Progress::Ended(self.refused(world, by, refusal)),
                Some(Act::Again(span)) => return Progress::Again(span),
                Some(Act::Hangs) => return Progress::Hangs,
            }
        }
        world.forget_snapshot(fx, by, snapshot);
        Progress::Ended(Output {
            text: format!("{}{}", self.said, super::print::lines(&["All objects destroyed".into()], self.args.minimal)),
            exit: 0,
            error: None,
        })
    }
}
