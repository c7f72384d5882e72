//! `xe vm-snapshot`: takes a snapshot of each disk of a VM, one after the other, on the master of its SR, and makes a record of them
//! (xapi_vm_snapshot.ml, xapi_vm_clone.ml; LVHDSR.py, FileSR.py: `snapshot`; blktap2.py, `tap_pause`).

use super::args::Args;
use super::batch::{Batch, Deed, Outcome};
use super::objects::{Class, Object};
use super::reach::Refusal;
use super::sr_scan::on_sr_master;
use super::stages::{Stage, Staged};
use super::vm_place::idle;
use super::{CommandDoc, Seat};
use crate::base::ids::{HostId, MachineId, VdiId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::ApiError;
use crate::world::inventory::Mode;
use crate::world::truth::Io;

/// `xe vm-snapshot`.
pub type VmSnapshot = Batch<Snapshot>;

/// How far the present disk has come.
#[derive(Clone, Debug, Default)]
enum Phase {
    /// Nothing has been done to it.
    #[default]
    Ahead,
    /// It is marked as paused, and this host was found not to answer; the refusal shows when that is given up.
    Failing(Refusal),
    /// It is marked as paused, and whoever holds a key of it stands still.
    Paused,
    /// The base and its two leaves lie there, and nobody has opened them yet.
    Written(VdiId),
}

/// A snapshot under way.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    disks: Vec<(VdiId, Mode)>,
    /// The snapshots that are made.
    made: Vec<(VdiId, Mode)>,
    phase: Phase,
    /// The SR's master that is at work on the present disk.
    at: Option<MachineId>,
    staged: Staged,
}

const PAUSED: &str = "paused";
const WRITTEN: &str = "written";

/// How many links a chain may have (vhdutil.py, MAX_CHAIN_SIZE).
const CHAIN_MOST: usize = 30;
/// From one line to the next.
const HALF: Span = Span::millis(500);

/// What the storage manager says where a snapshot fails (XE_SR_ERRORCODES.xml, 82).
fn failed(opterr: impl std::fmt::Display) -> Refusal {
    ApiError::new("SR_BACKEND_FAILURE_82").text("").text(format!("Failed to snapshot VDI [opterr={opterr}]")).text("").into()
}

/// Those whom the keys in a database have as users of a disk, the newest first: their machines.
///
/// # Errors
/// The first that can't be told to stand still, and how long it took to find out.
fn holders(world: &World, by: MachineId, vdi: VdiId) -> Result<Vec<MachineId>, Span> {
    let keys: Vec<HostId> = world.db(by).vdi(vdi).map_or(Vec::new(), |record| record.locks.iter().rev().map(|(host, _)| *host).collect());
    let mut machines = Vec::new();
    for host in keys {
        // A key of a host that the database does not know names nobody who could be called.
        if world.db(by).host(host).is_none() {
            return Err(Span::ZERO);
        }
        machines.push(world.forwards_to(by, host).map_err(|(_, after)| after)?);
    }
    Ok(machines)
}

impl Deed for Snapshot {
    const DOC: CommandDoc = CommandDoc {
        name: "vm-snapshot",
        synopsis: "xe vm-snapshot vm=VM new-name-label=NAME [new-name-description=TEXT] | FIELD=VALUE… new-name-label=NAME",
        doc: "Takes a snapshot of a VM, running or not, and prints its UUID: each disk that the database has for the VM becomes a base that nobody writes to, with the disk and its snapshot as two leaves on it. Checks: one VM alone is selected; nobody works on it (OTHER_OPERATION_IN_PROGRESS), and it is no domain 0 (OPERATION_NOT_ALLOWED). Then disk after disk, on the master of its SR: that has it plugged (SR_HAS_NO_PBDS) and carries it out (HOST_OFFLINE, CANNOT_CONTACT_HOST); the disk is marked `paused`, and each host that holds a lock of it in the database is told to stand still: one that does not answer, or is not known, ends it (SR_BACKEND_FAILURE_82, failed to pause VDI), so a lock that a dead host left forbids snapshots; a chain of 30 links takes no more (SR_BACKEND_FAILURE_109). Afterwards the same hosts open the new leaf. **Whoever has the disk open without a lock in this database is told nothing**, and goes on writing into the base. Two disks are not taken at one instant. A snapshot's disks are `db-root@1` and on; it has no VBDs here.",
        example: "xe vm-snapshot vm=db new-name-label=before-the-upgrade",
        stages: &[
            Stage {
                name: PAUSED,
                doc: "The disk is marked as paused, and whoever has a lock of it stands still; nothing has been changed on the SR (blktap2.py, tap_pause).",
            },
            Stage {
                name: WRITTEN,
                doc: "Base and leaves lie on the SR, on LVM with a journal beside them; nobody has opened them, and the disk is still paused (LVHDSR.py, _snapshot).",
            },
        ],
        ..CommandDoc::ALWAYS
    };
    const CLASS: Class = Class::Vm;
    const OWN: &'static [&'static str] = &["new-name-label", "new-name-description"];
    const REQUIRED: &'static [&'static str] = &["new-name-label"];
    const CLAIMS: bool = true;
    const SINGLE: bool = true;

    fn check(&mut self, _args: &Args, world: &World, seat: Seat, target: Object) -> Result<Span, Refusal> {
        let by = seat.executor;
        let Object::Vm(vm) = target else {
            return Err(ApiError::new("OPERATION_NOT_ALLOWED").text("This operation is not allowed on dom0").into());
        };
        idle(world, by, vm)?;
        self.disks = world.known_disks_of(by, vm).into_iter().filter(|(vdi, _)| world.db(by).vdi(*vdi).is_some()).collect();
        Ok(world.settings.command)
    }

    fn commit(&mut self, args: &Args, world: &mut World, fx: &mut Effects, seat: Seat, target: Object) -> Outcome {
        let by = seat.executor;
        let Object::Vm(vm) = target else { return Outcome::Done };
        while let Some((vdi, mode)) = self.disks.get(self.made.len()).copied() {
            let machine = match on_sr_master(world, by, world.names.vdis[vdi.at()].sr) {
                Ok(machine) => machine,
                Err(refusal) => return self.fails(world, fx, by, false, refusal),
            };
            match self.go_on(world, fx, (by, machine), vdi, mode) {
                None => {}
                Some(Outcome::Failed(refusal)) => return self.fails(world, fx, by, true, refusal),
                Some(other) => return other,
            }
        }
        let (label, description) = (args.required("new-name-label"), args.get("new-name-description").unwrap_or_default());
        let Some(snapshot) = world.record_snapshot(fx, by, vm, (label, description), std::mem::take(&mut self.made)) else {
            return Outcome::Failed(ApiError::new("INTERNAL_ERROR").text("too many snapshots").into());
        };
        let uuid = world.names.snapshots[snapshot.at()].uuid.clone();
        Outcome::Says(if args.minimal { uuid } else { format!("{uuid}\n") })
    }

    fn stage(&self) -> Option<&'static str> {
        self.staged.now()
    }

    fn orphaned(&mut self, world: &mut World, fx: &mut Effects, _seat: Seat, _target: Object) {
        // The storage manager's calls to xapi fail: the mark and what lies on the SR stay as they are.
        if let (Some((vdi, _)), Some(machine)) = (self.disks.get(self.made.len()), self.at.take()) {
            world.cut_short_work_on(fx, machine, *vdi);
        }
    }
}

impl Snapshot {
    /// The present disk, up to where time passes; `None` once it is done.
    fn go_on(
        &mut self,
        world: &mut World,
        fx: &mut Effects,
        (by, machine): (MachineId, MachineId),
        vdi: VdiId,
        mode: Mode,
    ) -> Option<Outcome> {
        let sr = world.names.vdis[vdi.at()].sr;
        let uuid = world.names.vdis[vdi.at()].uuid.clone();
        match std::mem::take(&mut self.phase) {
            Phase::Failing(refusal) => return Some(Outcome::Failed(refusal)),
            Phase::Written(snapshot) => {
                self.at = None;
                world.end_work(machine, vdi);
                world.record_disk_snapshot(fx, by, vdi, snapshot);
                world.clear_paused(fx, by, vdi);
                self.made.push((snapshot, mode));
                return None;
            }
            Phase::Paused => match world.path_fault(machine, sr) {
                Some(Io::Hang) => {
                    self.phase = Phase::Paused;
                    return Some(Outcome::Hangs);
                }
                Some(Io::Error) => return Some(Outcome::Failed(failed("Input/output error"))),
                None => {
                    let fresh = holders(world, by, vdi).unwrap_or_default();
                    let Some(snapshot) = world.snapshot_disk(fx, machine, vdi, &fresh) else {
                        return Some(Outcome::Failed(failed("too many disks")));
                    };
                    self.phase = Phase::Written(snapshot);
                    self.staged.comes_to(WRITTEN, fx);
                }
            },
            Phase::Ahead => {
                match world.path_fault(machine, sr) {
                    Some(Io::Hang) => return Some(Outcome::Hangs),
                    Some(Io::Error) => return Some(Outcome::Failed(failed("Input/output error"))),
                    None => {}
                }
                // The collector has the SR's lock while it changes the disk's chain.
                if world.at_work(machine, vdi) {
                    return Some(Outcome::Again(Span::secs(1)));
                }
                if world.db(by).vdi(vdi).is_none_or(|record| record.paused) {
                    let details = format!("['MAP_DUPLICATE_KEY', 'VDI', 'sm_config', 'OpaqueRef:{uuid}', 'paused']");
                    return Some(Outcome::Failed(failed(details)));
                }
                self.at = Some(machine);
                world.set_paused(fx, by, vdi);
                world.begin_work(fx, machine, vdi);
                if let Err(after) = holders(world, by, vdi) {
                    self.phase = Phase::Failing(failed(format_args!("failed to pause VDI {uuid}")));
                    return Some(Outcome::Again(after));
                }
                if world.hw.depth(vdi) >= CHAIN_MOST {
                    let error = ApiError::new("SR_BACKEND_FAILURE_109").text("").text("The snapshot chain is too long").text("");
                    return Some(Outcome::Failed(error.into()));
                }
                self.phase = Phase::Paused;
                self.staged.comes_to(PAUSED, fx);
            }
        }
        Some(Outcome::Again(HALF))
    }

    /// A disk can't be taken: it goes on as it was, where its SR's master still `answers` and can see to that, and what was made of the
    /// others is destroyed (xapi_vm_clone.ml).
    fn fails(&mut self, world: &mut World, fx: &mut Effects, by: MachineId, answers: bool, why: Refusal) -> Outcome {
        if let (Some((vdi, _)), Some(machine)) = (self.disks.get(self.made.len()).copied(), self.at.take()) {
            if answers {
                world.end_work(machine, vdi);
                world.clear_paused(fx, by, vdi);
            } else {
                world.cut_short_work_on(fx, machine, vdi);
            }
        }
        for (vdi, _) in std::mem::take(&mut self.made) {
            if let Ok(machine) = on_sr_master(world, by, world.names.vdis[vdi.at()].sr) {
                world.destroy_disk(fx, by, machine, vdi);
            }
        }
        Outcome::Failed(why)
    }
}
