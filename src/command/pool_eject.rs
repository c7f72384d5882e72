//! `xe pool-eject`: a member leaves its pool and begins anew as a pool of its own (xapi_pool.ml, eject; cli_operations.ml).

use super::args::Args;
use super::objects::{Class, Object};
use super::reach::{Refusal, ask_first, gate, home, uuid_invalid};
use super::stages::{Stage, Staged};
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Seat, Target, pbd, print};
use crate::base::ids::{HostId, MachineId, SrId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::{Due, Effects};
use crate::world::errors::{ApiError, Param};
use crate::world::guards::Guard;
use crate::world::memory::{Incoming, PoolConf};
use std::sync::Arc;

/// `xe pool-eject`.
#[derive(Clone, Debug)]
pub struct PoolEject {
    args: Args,
    /// What was printed before the question was answered.
    asked: String,
    /// How far it has come.
    staged: Staged,
    /// The pool has forgotten this host, which has not left yet.
    forgotten: Option<(HostId, MachineId)>,
}

const FORGOTTEN: &str = "forgotten";

impl Command for PoolEject {
    const DOC: CommandDoc = CommandDoc {
        name: "pool-eject",
        synopsis: "xe pool-eject host-uuid=HOST-UUID [--force]",
        doc: "Sends a member out of the pool in order: the way for a host that lives, as `host-forget` is for one that is off for good. Checks, in order: the UUID (UUID_INVALID); the question `Type 'yes' to continue` behind a list of the disks that will be destroyed, which `--force` skips, and nothing else; the host carries it out itself (HOST_OFFLINE, CANNOT_CONTACT_HOST); HA_IS_ENABLED; the master can't be ejected (INTERNAL_ERROR); no VM runs there by the database (OPERATION_NOT_ALLOWED). Then its PBDs are unplugged one after the other; the first that can't be ends it, and those before stay unplugged. The pool forgets the host and every SR that it alone had, with the records of the disks there and of their VBDs; VMs of such disks keep their records, and start without them: a second disk is missing then, and who has lost his only one finds nothing to boot from. After the setting `role-change` the host reboots, its local storage is reinitialised, and it is up as a pool of one host with the UUID that it had; nothing brings the disks back. It may be joined to a pool again.",
        example: "xe pool-eject host-uuid=$beta --force",
        stages: &[Stage {
            name: FORGOTTEN,
            doc: "The pool has no record of the host any more, and the host still has its role and its database (xapi_pool.ml, eject: between the record's end and `set_role`).",
        }],
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar { asks: true, ..Grammar::keys(&["host-uuid"], &["force"]) };
    fn new(args: Args) -> Self {
        PoolEject { args, asked: String::new(), staged: Staged::default(), forgotten: None }
    }
}

/// The SRs that no other host has a PBD for, in the file's order.
fn only_its(world: &World, by: MachineId, host: HostId) -> Vec<SrId> {
    let pbds = &world.db(by).pbds;
    let its = pbds.keys().filter(|(of, _)| *of == host).map(|(_, sr)| *sr);
    its.filter(|sr| pbds.keys().all(|(of, other)| of == &host || other != sr)).collect()
}

/// What is printed before the question: the warnings, and the disks that will be destroyed.
fn warnings(world: &World, by: MachineId, host: HostId) -> String {
    let mut text = String::from(
        "WARNING: Ejecting a host from the pool will reinitialise that host's local SRs.\nWARNING: Any data contained with the local SRs will be lost.\n",
    );
    let its = only_its(world, by, host);
    let vdis = its.iter().flat_map(|sr| world.vdis_on(*sr)).filter(|vdi| world.db(by).vdi(*vdi).is_some());
    let lost: String = vdis.map(|vdi| format!("VDI: {} ({})\n", world.names.vdis[vdi.at()].uuid, world.names.vdi(vdi))).collect();
    if !lost.is_empty() {
        text.push_str("The following VDI objects will be destroyed:\n");
        text.push_str(&lost);
    }
    text
}

impl PoolEject {
    fn host(&self, world: &World, seat: Seat) -> Result<HostId, Refusal> {
        let uuid = self.args.required("host-uuid");
        match Class::Host.by_uuid(world, seat.executor, uuid) {
            Some(Object::Host(host)) => Ok(host),
            _ => Err(uuid_invalid("host", uuid)),
        }
    }

    /// The checks of the API, after the question: the machine of the host.
    fn checks(&self, world: &World, seat: Seat, host: HostId) -> Result<MachineId, Refusal> {
        let by = seat.executor;
        let machine = gate(world, by, host)?;
        if world.guarded(Guard::EjectHa) && world.ha_on(by) {
            return Err(ApiError::new("HA_IS_ENABLED").into());
        }
        if world.stacks[machine.at()].role == PoolConf::Master {
            return Err(ApiError::new("INTERNAL_ERROR").text("Xapi_pool.Cannot_eject_master").into());
        }
        // A record that says where a VM is says that it runs: halted ones are nowhere.
        if world.guarded(Guard::EjectIdle) && world.db(by).residents(host).next().is_some() {
            return Err(ApiError::new("OPERATION_NOT_ALLOWED").text("VM resident on host").into());
        }
        Ok(machine)
    }

    fn refused(&self, world: &World, seat: Seat, mut refusal: Refusal) -> Output {
        refusal.before = self.asked.clone();
        refusal.output(world, seat.executor)
    }
}

impl Operation for PoolEject {
    fn target(&self, world: &World) -> Target {
        world.names.machine_by_uuid(self.args.required("host-uuid")).into()
    }

    fn check(&mut self, world: &World, seat: Seat) -> Check {
        let found = self.host(world, seat);
        let (host, asked) = match ask_first(&self.args, world, seat.executor, found, |host| warnings(world, seat.executor, host)) {
            Ok(asked) => asked,
            Err(output) => return Check::Refuse { output, after: Span::ZERO },
        };
        self.asked = asked;
        match self.checks(world, seat, host) {
            Ok(_) => Check::Go(world.settings.command),
            Err(refusal) => Check::Refuse { after: refusal.after, output: self.refused(world, seat, refusal) },
        }
    }

    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        if self.forgotten.is_some() {
            return self.ends(world, fx, seat);
        }
        let found = self.host(world, seat).and_then(|host| self.checks(world, seat, host).map(|machine| (host, machine)));
        let (host, machine) = match found {
            Ok(found) => found,
            Err(refusal) => return Progress::Ended(self.refused(world, seat, refusal)),
        };
        let Some(home) = home(world, machine) else { return Progress::Hangs };
        let its = only_its(world, home, host);
        let plugged: Vec<SrId> =
            world.db(home).pbds.iter().filter(|((of, _), plugged)| *of == host && **plugged).map(|((_, sr), _)| *sr).collect();
        for sr in plugged {
            if let Err(refusal) = pbd::may_detach(world, home, host, sr, machine) {
                return Progress::Ended(self.refused(world, seat, refusal));
            }
            world.set_pbd(fx, home, host, sr, false);
        }
        for sr in its {
            world.forget_sr(fx, home, sr);
        }
        world.eject_host(fx, home, host);
        self.forgotten = Some((host, machine));
        if self.staged.comes_to(FORGOTTEN, fx) {
            return Progress::Again(Span::ZERO);
        }
        self.ends(world, fx, seat)
    }

    fn stage(&self) -> Option<&'static str> {
        self.staged.now()
    }

    /// The master is gone: the host, whose work it is, needs it no more.
    fn orphaned(&mut self, world: &mut World, fx: &mut Effects, _seat: Seat) {
        self.leaves(world, fx);
    }
}

impl PoolEject {
    /// The host's own part, for which it needs the master no more; whether it could do it.
    fn leaves(&mut self, world: &mut World, fx: &mut Effects) -> bool {
        let Some((host, machine)) = self.forgotten.take() else { return false };
        let there = world.dom0_answers(machine) && world.xapi_runs(machine) && world.host_on(machine) == host;
        if there {
            leave(world, fx, machine);
        }
        there
    }

    /// The host leaves, and says so if it can be heard.
    fn ends(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let Some((host, machine)) = self.forgotten else { return Progress::Ended(Output::default()) };
        let heard = world.linked(seat.executor, machine);
        if !self.leaves(world, fx) || !heard {
            let lost = ApiError::new("CANNOT_CONTACT_HOST").with(Param::Host(host));
            return Progress::Ended(self.refused(world, seat, lost.into()));
        }
        let delay = print::delay(world, world.settings.role_change);
        let text = format!("{}Specified host will attempt to restart as a master of a new pool in {delay} seconds...\n", self.asked);
        Progress::Ended(Output { text, exit: 0, error: None })
    }
}

/// The host's own part: its role, its database and what it kept of HA are gone from its disk, and it reboots when the fuse
/// has burnt (xapi_fuse.ml, light_fuse_and_reboot_after_eject).
///
/// It keeps its UUID. That stands in the machine's inventory, which neither `eject` nor the reset script behind it touches;
/// only an installer writes a new one. Its record is a new one all the same, so that locks of the old one are a stranger's.
fn leave(world: &mut World, fx: &mut Effects, machine: MachineId) {
    let uuid = world.names.hosts[world.host_on(machine).at()].uuid.clone();
    let db = Arc::new(world.pool_of_one(machine, Some(uuid)));
    world.write_conf(fx, machine, PoolConf::Master);
    let stack = &mut world.stacks[machine.at()];
    stack.incoming = Some((Incoming::Nothing, db));
    stack.taking_over = None;
    stack.ha = Default::default();
    let boot = world.hw.machine(machine).boot;
    fx.due(world.settings.role_change, Due::GoDownForReboot { machine, boot });
}
