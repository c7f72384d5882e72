//! `xe pbd-plug` and `xe pbd-unplug`: a host's connection to an SR (xapi_pbd.ml; SRCommand.py, sr_attach, sr_detach).

use super::args::Args;
use super::objects::{Class, Object};
use super::reach::{Refusal, gate, home, uuid_invalid};
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Seat, Target};
use crate::base::ids::{HostId, MachineId, SrId, VdiId};
use crate::world::World;
use crate::world::effects::Effects;
use crate::world::errors::{ApiError, Param};
use crate::world::guards::Guard;
use crate::world::inventory::SrType;
use crate::world::truth::Io;

/// `xe pbd-plug`.
#[derive(Clone, Debug)]
pub struct PbdPlug {
    args: Args,
}

/// `xe pbd-unplug`.
#[derive(Clone, Debug)]
pub struct PbdUnplug {
    args: Args,
}

/// The PBD that is meant, and the machine that carries it out.
fn target(args: &Args, world: &World, seat: Seat) -> Result<(HostId, SrId, MachineId), Refusal> {
    let uuid = args.required("uuid");
    let Some(Object::Pbd(host, sr)) = Class::Pbd.by_uuid(world, seat.executor, uuid) else { return Err(uuid_invalid("PBD", uuid)) };
    Ok((host, sr, gate(world, seat.executor, host)?))
}

/// Who is meant, whether or not a database knows it.
pub fn meant(args: &Args, world: &World) -> Target {
    let uuid = args.required("uuid");
    let pbd = world.names.pbds.iter().find(|(_, of)| *of == uuid);
    pbd.map_or(Target::None, |((machine, sr), _)| Target::Pbd(*machine, *sr))
}

fn silence(args: &Args) -> Output {
    Output { text: if args.minimal { "\n".to_string() } else { String::new() }, exit: 0, error: None }
}

fn refuse(world: &World, seat: Seat, refusal: Refusal) -> Check {
    Check::Refuse { output: refusal.output(world, seat.executor), after: refusal.after }
}

/// An error of the storage driver (XE_SR_ERRORCODES.xml).
fn driver(code: &'static str, text: &str) -> Refusal {
    ApiError::new(code).text("").text(text).text("").into()
}

impl Command for PbdPlug {
    const DOC: CommandDoc = CommandDoc {
        name: "pbd-plug",
        synopsis: "xe pbd-plug uuid=PBD-UUID",
        doc: "Connects a host to an SR. Checks: the UUID (UUID_INVALID); the host carries it out (HOST_OFFLINE, CANNOT_CONTACT_HOST); an SR that is not shared is plugged nowhere else (SR_NOT_SHARABLE); the path (SR_BACKEND_FAILURE_73 for NFS, SR_BACKEND_FAILURE_47 else; a path that hangs makes the command hang). It clears the host's own locks on the SR without looking at open disks, and on the SR's master every `paused` mark. The SR's master then scans the SR (`sr-scan`). Other pools that use the same storage are not noticed. Plugging what is plugged does nothing.",
        example: "xe pbd-plug uuid=${beta/nfs1}",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&["uuid"], &[]);
    fn new(args: Args) -> Self {
        PbdPlug { args }
    }
}

impl Operation for PbdPlug {
    fn target(&self, world: &World) -> Target {
        meant(&self.args, world)
    }
    fn check(&mut self, world: &World, seat: Seat) -> Check {
        match target(&self.args, world, seat) {
            Ok(_) => Check::Go(world.settings.command),
            Err(refusal) => refuse(world, seat, refusal),
        }
    }
    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let (host, sr, machine) = match target(&self.args, world, seat) {
            Ok(target) => target,
            Err(refusal) => return Progress::Ended(refusal.output(world, seat.executor)),
        };
        let Some(home) = home(world, machine) else { return Progress::Hangs };
        if world.db(home).plugged(host, sr) {
            return Progress::Ended(silence(&self.args));
        }
        // xapi_pbd.ml, check_sharing_constraint: this database alone is asked.
        let other = world.db(home).pbds.iter().find(|((_, of), plugged)| *of == sr && **plugged).map(|((host, _), _)| *host);
        if let Some(other) = other.filter(|_| !world.db(home).shares(sr)) {
            let refusal = Refusal::from(ApiError::new("SR_NOT_SHARABLE").with(Param::Sr(sr)).with(Param::Host(other)));
            return Progress::Ended(refusal.output(world, seat.executor));
        }
        match world.path_fault(machine, sr) {
            Some(Io::Hang) => return Progress::Hangs,
            Some(Io::Error) => {
                let name = &world.names.srs[sr.at()];
                let refusal = match name.kind {
                    SrType::Nfs => driver("SR_BACKEND_FAILURE_73", "NFS mount error [opterr=mount failed with return code 32]"),
                    _ => driver(
                        "SR_BACKEND_FAILURE_47",
                        &format!("The SR is not available [opterr=no such volume group: VG_XenStorage-{}]", name.uuid),
                    ),
                };
                return Progress::Ended(refusal.output(world, seat.executor));
            }
            None => {}
        }
        world.sr_attach(fx, home, machine, sr);
        world.set_pbd(fx, home, host, sr, true);
        if world.masters_sr(home, machine, sr) {
            world.scan_sr(fx, home, machine, sr);
        }
        Progress::Ended(silence(&self.args))
    }
}

impl Command for PbdUnplug {
    const DOC: CommandDoc = CommandDoc {
        name: "pbd-unplug",
        synopsis: "xe pbd-unplug uuid=PBD-UUID",
        doc: "Disconnects a host from an SR. Checks: the UUID (UUID_INVALID); the host carries it out (HOST_OFFLINE, CANNOT_CONTACT_HOST), so the PBD of a dead host can't be unplugged; HA_IS_ENABLED for the SR with HA's statefile; VDI_IN_USE while the database has a VM on that host with a disk on the SR; the driver's own error where a disk is open in truth.",
        example: "xe pbd-unplug uuid=${beta/nfs1}",
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&["uuid"], &[]);
    fn new(args: Args) -> Self {
        PbdUnplug { args }
    }
}

/// The disks on an SR that the database has attached to VMs on a host (get_active_vdis_by_pbd).
fn active(world: &World, by: MachineId, host: HostId, sr: SrId) -> Option<VdiId> {
    let db = world.db(by);
    let names = &world.names;
    let attached = (0..names.vbds.len() as u16).map(crate::base::ids::VbdId).filter(|vbd| db.attached(*vbd));
    attached
        .map(|vbd| &names.vbds[vbd.at()])
        .find(|vbd| names.vdis[vbd.vdi.at()].sr == sr && db.vm(vbd.vm).is_some_and(|vm| vm.resident_on == Some(host)))
        .map(|vbd| vbd.vdi)
}

fn unplug_checks(args: &Args, world: &World, seat: Seat) -> Result<(HostId, SrId, MachineId), Refusal> {
    let (host, sr, machine) = target(args, world, seat)?;
    let ha = &world.db(seat.executor).ha;
    if world.guarded(Guard::UnplugStatefile) && ha.enabled && ha.statefile == Some(sr) {
        return Err(ApiError::new("HA_IS_ENABLED").into());
    }
    may_detach(world, seat.executor, host, sr, machine)?;
    Ok((host, sr, machine))
}

/// Whether a host can let go of an SR, by the records of a database and by what is open on its machine.
///
/// # Errors
/// VDI_IN_USE; the driver's own error.
pub fn may_detach(world: &World, by: MachineId, host: HostId, sr: SrId, machine: MachineId) -> Result<(), Refusal> {
    if let Some(vdi) = active(world, by, host, sr).filter(|_| world.guarded(Guard::UnplugIdle)) {
        return Err(ApiError::new("VDI_IN_USE").with(Param::Vdi(vdi)).into());
    }
    if world.vdis_on(sr).into_iter().any(|vdi| world.has_open(machine, vdi)) {
        return Err(match world.names.srs[sr.at()].kind {
            SrType::Nfs => driver("SR_BACKEND_FAILURE_74", "NFS unmount error [opterr=umount failed with return code 1]"),
            SrType::Ext => ApiError::new("SR_DEVICE_IN_USE").into(),
            _ => ApiError::new("SR_BACKEND_FAILURE").text("non-zero exit").text("").text("SR detach failed").into(),
        });
    }
    Ok(())
}

impl Operation for PbdUnplug {
    fn target(&self, world: &World) -> Target {
        meant(&self.args, world)
    }
    fn check(&mut self, world: &World, seat: Seat) -> Check {
        match unplug_checks(&self.args, world, seat) {
            Ok(_) => Check::Go(world.settings.command),
            Err(refusal) => refuse(world, seat, refusal),
        }
    }
    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let (host, sr, machine) = match unplug_checks(&self.args, world, seat) {
            Ok(target) => target,
            Err(refusal) => return Progress::Ended(refusal.output(world, seat.executor)),
        };
        let Some(home) = home(world, machine) else { return Progress::Hangs };
        world.set_pbd(fx, home, host, sr, false);
        Progress::Ended(silence(&self.args))
    }
}
