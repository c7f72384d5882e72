//! A pool of three hosts and a spare machine, and a console to type on.

use crate::base::ids::{HostId, MachineId, SrId, VdiId, VmId};
use crate::base::time::{Span, Time};
use crate::command::shell;
use crate::command::{Admission, Check, Output, Progress, Seat, Typed, typed};
use crate::world::World;
use crate::world::belief::{Database, PowerState};
use crate::world::build::Pool;
use crate::world::effects::Effects;
use crate::world::event::Event;
use crate::world::inventory::{Mode, SrType};
use crate::world::memory::Xapi;
use crate::world::release::Release;
use crate::world::settings::Settings;
use std::sync::Arc;

pub const ALPHA: MachineId = MachineId(0);
pub const BETA: MachineId = MachineId(1);
pub const GAMMA: MachineId = MachineId(2);
pub const SPARE: MachineId = MachineId(3);
pub const NFS: SrId = SrId(0);
pub const SAN: SrId = SrId(1);
pub const LOCAL: SrId = SrId(2);
/// Runs on beta: one disk on the NFS.
pub const DB: VmId = VmId(0);
/// Halted: one disk on the NFS, one on the SAN.
pub const WEB: VmId = VmId(1);
/// Halted: attaches the disk of db for reading.
pub const BACKUP: VmId = VmId(2);
pub const DB_ROOT: VdiId = VdiId(0);
pub const WEB_ROOT: VdiId = VdiId(1);
pub const WEB_DATA: VdiId = VdiId(2);

pub fn host(machine: MachineId) -> HostId {
    HostId(machine.0)
}

/// The pool: alpha is master; db runs on beta with its lock; web and backup are halted; delta is a pool of its own.
pub fn world() -> World {
    let mut pool = Pool::empty("pool1");
    for name in ["alpha", "beta", "gamma"] {
        pool.add_host(name);
    }
    pool.add_spare("delta");
    for (name, kind, machine) in [("nfs1", SrType::Nfs, None), ("san1", SrType::LvmoIscsi, None), ("local-beta", SrType::Lvm, Some(BETA))] {
        pool.add_sr(name, kind, machine);
    }
    for name in ["db", "web", "backup"] {
        pool.add_vm(name, None);
    }
    pool.add_disk(DB, "root", NFS);
    pool.add_disk(WEB, "root", NFS);
    pool.add_disk(WEB, "data", SAN);
    pool.attach(BACKUP, DB_ROOT, "look", Mode::Ro);
    pool.run(DB, BETA);
    pool.world(Arc::new(Settings { memory_overhead: false, ..Settings::default() }), Release::default(), 1)
}

/// How a line ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// With this output, after this span.
    Output(Output, Span),
    /// Its master does not answer.
    Waits,
    /// Its storage hangs.
    Hangs,
}

/// A world with a console on each machine.
pub struct Room {
    pub world: World,
    pub fx: Effects,
}

impl Room {
    pub fn new() -> Room {
        Room { world: world(), fx: Effects::default() }
    }

    /// Types a line on a machine and waits for its end. Standard input is closed.
    pub fn types(&mut self, machine: MachineId, line: &str) -> End {
        let script = shell::parse(line).unwrap();
        let (_, typed) = typed(&script.lines[0], &self.world, None);
        match typed {
            Ok(typed) => self.runs(machine, typed),
            Err(output) => End::Output(output, Span::ZERO),
        }
    }

    fn runs(&mut self, machine: MachineId, mut typed: Typed) -> End {
        let seat: Seat = match typed.admit(&self.world, machine) {
            Admission::Go(seat) => seat,
            Admission::Refuse(output) => return End::Output(output, Span::ZERO),
            Admission::Wait => return End::Waits,
        };
        let mut took = Span::ZERO;
        let before = self.world.clone();
        match typed.check(&self.world, seat) {
            Check::Refuse { output, after } => {
                assert!(self.world == before, "a refusal changed something");
                return End::Output(output, after);
            }
            Check::Go(span) => took = took + span,
        }
        typed.begin(&mut self.world, seat);
        loop {
            self.world.now = Time::ZERO + took;
            self.fx.now = self.world.now;
            match typed.commit(&mut self.world, &mut self.fx, seat) {
                Progress::Ended(output) => return End::Output(output, took),
                Progress::Again(span) | Progress::Retries(span) => took = took + span,
                Progress::Hangs | Progress::Waits(_) => return End::Hangs,
            }
        }
    }

    /// Types a line on alpha; its output.
    pub fn alpha(&mut self, line: &str) -> Output {
        match self.types(ALPHA, line) {
            End::Output(output, _) => output,
            end => panic!("{line}: {end:?}"),
        }
    }
    /// Types a line on alpha; it must succeed.
    pub fn ok(&mut self, line: &str) -> String {
        let output = self.alpha(line);
        assert_eq!((output.exit, &output.error), (0, &None), "{line}: {}", output.text);
        output.text
    }
    /// Types a line on alpha; the code of its refusal, and how long it took.
    pub fn code(&mut self, line: &str) -> (&'static str, Span) {
        match self.types(ALPHA, line) {
            End::Output(Output { error: Some(error), exit: 1, .. }, span) => (error.code, span),
            end => panic!("{line}: {end:?}"),
        }
    }

    pub fn db(&self, machine: MachineId) -> &Database {
        self.world.db(machine)
    }
    pub fn told(&self, event: &Event) -> bool {
        self.fx.events.contains(event)
    }
    pub fn crash(&mut self, machine: MachineId) {
        self.world.lose_power(&mut self.fx, machine);
    }
    /// Cuts a machine off from all others.
    pub fn isolate(&mut self, machine: MachineId) {
        self.world.hw.isolate(&mut self.fx, machine);
    }
    /// A machine is installed afresh: another host, in a pool of its own.
    pub fn reinstall(&mut self, machine: MachineId, uuid: &str) {
        let db = self.world.pool_of_one(machine, Some(uuid.into()));
        self.world.begin_afresh(&mut self.fx, machine, db, |host, pool| Event::Installed { machine, host, pool });
    }
    /// The master takes a host for dead.
    pub fn mark_dead(&mut self, machine: MachineId) {
        self.world.set_live(&mut self.fx, ALPHA, host(machine), false);
    }
    pub fn stop_xapi(&mut self, machine: MachineId) {
        self.world.stop_xapi(&mut self.fx, machine);
    }
    /// What its start makes of a stopped toolstack.
    pub fn emergency(&mut self, machine: MachineId, error: crate::world::errors::ApiError) {
        self.world.stacks[machine.at()].xapi = Xapi::Emergency;
        self.world.stacks[machine.at()].stashed = Some(error);
    }
    /// A VM's record in the master's database.
    pub fn record(&self, vm: VmId) -> (PowerState, Option<HostId>) {
        let record = self.db(ALPHA).vm(vm).unwrap();
        (record.power_state, record.resident_on)
    }
    /// A disk's locks in the master's database.
    pub fn locks(&self, vdi: VdiId) -> Vec<(HostId, Mode)> {
        self.db(ALPHA).vdi(vdi).unwrap().locks.clone()
    }
    /// Who has a disk open.
    pub fn open(&self, vdi: VdiId) -> Vec<MachineId> {
        self.world.hw.vdi(vdi).openers.iter().map(|o| o.machine).collect()
    }
    pub fn runs_on(&self, vm: VmId) -> Vec<MachineId> {
        self.world.runs_on(vm).collect()
    }
    pub fn uuid(&self, machine: MachineId) -> String {
        self.world.names.hosts[machine.at()].uuid.clone()
    }
}
