//! `xe sr-scan`: makes the records of an SR's disks those that lie there (xapi_sr.ml, scan; SR.py; docs/model/storage.md §1).

use super::args::Args;
use super::fields::object;
use super::objects::{Class, Object};
use super::reach::{Refusal, gate, home, uuid_invalid};
use super::simple::{Act, Simple, Simply};
use super::{CommandDoc, Grammar, Seat};
use crate::base::ids::{HostId, MachineId, SrId};
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::{ApiError, Param};
use crate::world::truth::Io;

/// `xe sr-scan`.
pub type SrScan = Simply<Scan>;

#[derive(Clone, Debug, Default)]
pub struct Scan;

/// The SR of `uuid=`.
///
/// # Errors
/// UUID_INVALID.
pub fn sr(args: &Args, world: &World, by: MachineId) -> Result<SrId, Refusal> {
    match object(Class::Sr, args, world, by)? {
        Object::Sr(sr) => Ok(sr),
        _ => Err(uuid_invalid(Class::Sr.table(), args.required("uuid"))),
    }
}

/// The host that does what only an SR's master may: of a shared SR the pool's master, of another one that has it plugged
/// (message_forwarding.ml, choose_pbd_for_sr).
///
/// # Errors
/// SR_HAS_NO_PBDS where it is not plugged there.
fn sr_master(world: &World, by: MachineId, sr: SrId) -> Result<HostId, Refusal> {
    let db = world.db(by);
    let mut plugged = db.pbds.iter().filter(|((_, of), plugged)| *of == sr && **plugged).map(|((host, _), _)| *host);
    let host = if db.shares(sr) { plugged.find(|host| *host == db.master) } else { plugged.next() };
    host.ok_or_else(|| ApiError::new("SR_HAS_NO_PBDS").with(Param::Sr(sr)).into())
}

/// The machine of that host, if it carries out what it is asked.
///
/// # Errors
/// SR_HAS_NO_PBDS; HOST_OFFLINE, CANNOT_CONTACT_HOST.
pub fn on_sr_master(world: &World, by: MachineId, sr: SrId) -> Result<MachineId, Refusal> {
    gate(world, by, sr_master(world, by, sr)?)
}

impl Simple for Scan {
    const DOC: CommandDoc = CommandDoc {
        name: "sr-scan",
        synopsis: "xe sr-scan uuid=SR-UUID",
        doc: "Lets the SR's master look at what lies on the SR, and makes the database fit: a disk that has no record gets one, a record without a disk goes. Checks: the UUID (UUID_INVALID); the SR's master has it plugged, which is the pool's master for a shared SR and its own host for a local one (SR_HAS_NO_PBDS); that host carries it out (HOST_OFFLINE, CANNOT_CONTACT_HOST); the path (SR_BACKEND_FAILURE_40 on NFS and ext, SR_BACKEND_FAILURE_47 on LVM; a path that hangs makes the command hang). **A new record has no lock and no VBD, whoever has the disk open**; on NFS and ext it has no name either. Locks and marks of records that stay are not touched, but for those of work on a disk that was begun and not ended: that is set right first. Then the collector of garbage begins. Plugging a PBD on the SR's master does the same.",
        example: "xe sr-scan uuid=$nfs1",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&["uuid"], &[]);
    type Found = (SrId, MachineId);

    fn checks(args: &Args, world: &World, seat: Seat) -> Result<(SrId, MachineId), Refusal> {
        let sr = sr(args, world, seat.executor)?;
        Ok((sr, on_sr_master(world, seat.executor, sr)?))
    }
    fn act(&mut self, _args: &Args, world: &mut World, fx: &mut Effects, _seat: Seat, (sr, machine): (SrId, MachineId)) -> Act {
        let Some(home) = home(world, machine) else { return Act::Hangs };
        match world.path_fault(machine, sr) {
            None => {
                world.scan_sr(fx, home, machine, sr);
                Act::SILENT
            }
            Some(Io::Hang) => Act::Hangs,
            Some(Io::Error) => {
                let name = &world.names.srs[sr.at()];
                let (code, text) = if name.kind.file() {
                    let path = format!("/var/run/sr-mount/{}", name.uuid);
                    (
                        "SR_BACKEND_FAILURE_40",
                        format!("The SR scan failed  [opterr=Command os.lstat({path}) failed (failed): Input/output error]"),
                    )
                } else {
                    ("SR_BACKEND_FAILURE_47", "The SR is not available [opterr=Failed to initialise the LVMCache]".to_string())
                };
                Act::Failed(ApiError::new(code).text("").text(text).text("").into())
            }
        }
    }
}
