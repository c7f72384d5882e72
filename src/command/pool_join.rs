//! `xe pool-join`: a host that is a pool of its own becomes a member of another (xapi_pool.ml, pre_join_checks).

use super::args::{Args, says};
use super::reach::{Refusal, stashed};
use super::stages::{Stage, Staged};
use super::{Check, Command, CommandDoc, Grammar, Operation, Output, Progress, Seat, print};
use crate::base::ids::{MachineId, SrId, VbdId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::{Database, HostRecord, PowerState, SrRecord};
use crate::world::effects::Effects;
use crate::world::errors::ApiError;
use crate::world::event::Event;
use crate::world::guards::Guard;
use crate::world::memory::{Incoming, PoolConf, Xapi};
use crate::world::roles::Contact;
use std::sync::Arc;

/// `xe pool-join`.
#[derive(Clone, Debug)]
pub struct PoolJoin {
    args: Args,
    /// How far it has come.
    staged: Staged,
    /// It stands in the database of this master, and has this copy of it; it is not a member yet.
    entered: Option<(MachineId, Arc<Database>)>,
}

const RECORDED: &str = "recorded";

impl Command for PoolJoin {
    const DOC: CommandDoc = CommandDoc {
        name: "pool-join",
        synopsis: "xe pool-join master-address=ADDRESS master-username=root master-password=PASSWORD [--force]",
        doc: "Typed on the host that joins. Checks, in order: the master answers (if not, two lines of text and exit 0); it is a master (HOST_IS_SLAVE); HA is off in both pools (HA_IS_ENABLED); it is another host (OPERATION_NOT_ALLOWED); the joiner's own database has no other hosts (JOINING_HOST_CANNOT_BE_MASTER_OF_OTHER_HOSTS), no running VMs (JOINING_HOST_CANNOT_HAVE_RUNNING_VMS) and no shared SRs (JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS). A host that was forgotten fails these until it is installed afresh. Then the joiner stands in the master's database, and its xapi restarts as a member after the setting `role-change`.",
        example: "xe pool-join master-address=alpha master-username=root master-password=secret",
        stages: &[Stage {
            name: RECORDED,
            doc: "The pool's database has the host and what it brings, and the host still is a pool of its own (xapi_pool.ml, join_common: between `update_non_vm_metadata` and `set_role`).",
        }],
        ..CommandDoc::ALWAYS
    };
    const GRAMMAR: Grammar = Grammar::keys(&["master-address", "master-username", "master-password"], &["force"]);
    fn new(args: Args) -> Self {
        PoolJoin { args, staged: Staged::default(), entered: None }
    }
}

/// What a master that can't be called makes the tool say, with status 0.
const NO_ANSWER: &str = "Host cannot contact destination host: connection refused.\nCheck destination host has services running and accessible from this host.\n";

/// Why a host does not join.
enum Hindrance {
    /// The connection fails, after this span; the tool does not call it an error.
    NoAnswer(Span),
    Refused(Refusal),
}

impl From<ApiError> for Hindrance {
    fn from(error: ApiError) -> Hindrance {
        Hindrance::Refused(error.into())
    }
}

impl Hindrance {
    fn output(&self, world: &World, by: MachineId) -> (Output, Span) {
        match self {
            Hindrance::NoAnswer(after) => (says(NO_ANSWER, 0), *after),
            Hindrance::Refused(refusal) => (refusal.output(world, by), refusal.after),
        }
    }
}

impl PoolJoin {
    /// The master, if nothing is against it.
    fn checks(&self, world: &World, joiner: MachineId) -> Result<MachineId, Hindrance> {
        self.args.flag("force").map_err(|words| Hindrance::Refused(Refusal::tool(words)))?;
        let master = match self.args.required("master-address") {
            "127.0.0.1" | "localhost" => joiner,
            address => world.names.machine_by_address(address).ok_or_else(|| {
                // An unknown name is nobody at once; an address that nobody has does not answer.
                let is_address = address.parse::<std::net::Ipv4Addr>().is_ok();
                Hindrance::NoAnswer(if is_address { world.settings.connect_timeout } else { Span::ZERO })
            })?,
        };
        match world.contact(joiner, master) {
            Contact::Silent => return Err(Hindrance::NoAnswer(world.settings.connect_timeout)),
            Contact::Refused => return Err(Hindrance::NoAnswer(Span::ZERO)),
            Contact::Answered => {}
        }
        if self.args.required("master-username") != "root" {
            return Err(ApiError::new("SESSION_AUTHENTICATION_FAILED").text("root").text("Authentication failure").into());
        }
        let theirs = &world.stacks[master.at()];
        if theirs.xapi == Xapi::Emergency {
            return Err(stashed(world, master).into());
        }
        if let PoolConf::Slave(other) = theirs.role {
            return Err(ApiError::new("HOST_IS_SLAVE").text(&world.names.machines[other.at()].address).into());
        }
        if world.stacks[joiner.at()].ha.armed || world.ha_on(joiner) || world.ha_on(master) {
            return Err(ApiError::new("HA_IS_ENABLED").into());
        }
        let own = world.db(joiner);
        if master == joiner {
            let reason = if own.hosts.len() > 1 { "Host is already part of a pool" } else { "Host cannot become slave of itself" };
            return Err(ApiError::new("OPERATION_NOT_ALLOWED").text(reason).into());
        }
        if world.guarded(Guard::JoinAlone) && own.hosts.len() > 1 {
            return Err(ApiError::new("JOINING_HOST_CANNOT_BE_MASTER_OF_OTHER_HOSTS").into());
        }
        if world.guarded(Guard::JoinIdle) && own.vms.iter().flatten().any(|vm| vm.power_state == PowerState::Running) {
            return Err(ApiError::new("JOINING_HOST_CANNOT_HAVE_RUNNING_VMS").into());
        }
        let shared = |sr: SrId| own.shares(sr);
        if world.guarded(Guard::JoinShared) && world.names.sr_ids().any(shared) {
            return Err(ApiError::new("JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS").into());
        }
        Ok(master)
    }
}

impl Operation for PoolJoin {
    fn check(&mut self, world: &World, seat: Seat) -> Check {
        match self.checks(world, seat.executor) {
            Ok(_) => Check::Go(world.settings.command),
            Err(hindrance) => {
                let (output, after) = hindrance.output(world, seat.executor);
                Check::Refuse { output, after }
            }
        }
    }
    fn commit(&mut self, world: &mut World, fx: &mut Effects, seat: Seat) -> Progress {
        let joiner = seat.executor;
        if let Some((master, copy)) = self.entered.take() {
            return self.ends(world, fx, joiner, master, copy);
        }
        let master = match self.checks(world, joiner) {
            Ok(master) => master,
            Err(hindrance) => return Progress::Ended(hindrance.output(world, joiner).0),
        };
        let copy = enter(world, fx, joiner, master);
        if self.staged.comes_to(RECORDED, fx) {
            self.entered = Some((master, copy));
            return Progress::Again(Span::ZERO);
        }
        self.ends(world, fx, joiner, master, copy)
    }
    fn stage(&self) -> Option<&'static str> {
        self.staged.now()
    }
}

impl PoolJoin {
    /// The joiner's own part, for which it needs the master no more.
    fn ends(&self, world: &mut World, fx: &mut Effects, joiner: MachineId, master: MachineId, copy: Arc<Database>) -> Progress {
        let stack = &mut world.stacks[joiner.at()];
        stack.incoming = Some((Incoming::Pool(master), copy));
        // A new member plugs its PBDs at its first start, as after a boot (create_storage.ml).
        stack.booted = true;
        world.reset_master(fx, joiner, master);
        let delay = print::delay(world, world.settings.role_change);
        let text = format!("Host agent will restart and attempt to join pool in {delay} seconds...\n");
        Progress::Ended(Output { text, exit: 0, error: None })
    }
}

/// Puts the joiner and what it has into the master's database: a copy of that database, which the joiner's xapi reads when it
/// starts again.
fn enter(world: &mut World, fx: &mut Effects, joiner: MachineId, master: MachineId) -> Arc<Database> {
    let host = world.host_on(joiner);
    let own = world.stacks[joiner.at()].db.clone();
    // Dead and disabled until its first greeting.
    world.db_mut(master).hosts.insert(host, HostRecord::new(false, false));
    fx.tell(Event::HostJoined { by: master, host });
    let names = world.names.clone();
    let brings = |sr: &SrId| names.srs[sr.at()].machine == Some(joiner) && !world.hw.is_wiped(*sr);
    let local: Vec<SrId> = names.sr_ids().filter(brings).collect();
    for sr in &local {
        if let Some(slot) = world.db_mut(master).srs.get_mut(sr.at()) {
            slot.get_or_insert(SrRecord { shared: false, label: None });
        }
    }
    let shared = names.sr_ids().filter(|sr| world.db(master).shares(*sr)).collect::<Vec<_>>();
    for sr in shared.into_iter().chain(local) {
        world.set_pbd(fx, master, host, sr, false);
    }
    let db = world.db_mut(master);
    for vdi in names.vdi_ids() {
        if let (Some(mine), Some(slot @ None)) = (own.vdi(vdi), db.vdis.get_mut(vdi.at())) {
            *slot = Some(mine.clone());
        }
    }
    for vm in names.vm_ids() {
        if let (Some(mine), Some(slot @ None)) = (own.vm(vm), db.vms.get_mut(vm.at())) {
            *slot = Some(mine.clone());
            db.ha.vms.extend(own.ha.vms.get(&vm).map(|ha| (vm, *ha)));
            fx.tell(Event::VmRecorded { by: master, vm, power_state: mine.power_state, resident_on: mine.resident_on });
        }
    }
    for vbd in (0..names.vbds.len() as u16).map(VbdId) {
        // Records of disks that the pool has already stay as they are.
        if let Some(mine) = own.vbd(vbd)
            && (mine.attached || db.vbd(vbd).is_none())
        {
            db.vbds.put(vbd.at(), Some(mine), &None);
        }
    }
    world.stacks[master.at()].db.clone()
}
