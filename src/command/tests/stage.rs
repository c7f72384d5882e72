//! A pool of three hosts and a spare machine, and a console to type on.

use crate::base::draw::Stream;
use crate::base::ids::{HostId, MachineId, PoolId, SrId, VbdId, VdiId, VmId};
use crate::base::time::{Span, Time};
use crate::command::shell;
use crate::command::{Admission, Check, Output, Progress, Seat, Typed, typed};
use crate::world::World;
use crate::world::belief::{Database, HostRecord, PowerState, VdiRecord, VmRecord};
use crate::world::effects::Effects;
use crate::world::event::Event;
use crate::world::inventory::{Inventory, Kind, MachineName, Mode, SrName, SrType, VbdName, VdiName, VmName};
use crate::world::memory::{PoolConf, Toolstack, Xapi};
use crate::world::release::Release;
use crate::world::settings::Settings;
use crate::world::truth::{Domain, Hardware, Machine, Opener, Power, VdiTruth};
use std::collections::BTreeMap;
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

fn names() -> Inventory {
    let mut names = Inventory {
        pool_name: "pool1".into(),
        pools: vec![Inventory::uuid(Kind::Pool, 0), Inventory::uuid(Kind::Pool, 1)],
        ..Inventory::default()
    };
    for (at, name) in ["alpha", "beta", "gamma", "delta"].into_iter().enumerate() {
        names.machines.push(MachineName {
            name: name.into(),
            address: format!("10.0.0.{}", at + 1),
            memory: None,
            spare: name == "delta",
            stream: Stream::new(1, "machine", name),
        });
        names.hosts.push(crate::world::inventory::HostName { machine: MachineId(at as u16), uuid: Inventory::uuid(Kind::Host, at) });
    }
    let srs = [("nfs1", SrType::Nfs, None), ("san1", SrType::LvmoIscsi, None), ("local-beta", SrType::Lvm, Some(BETA))];
    for (at, (name, kind, machine)) in srs.into_iter().enumerate() {
        names.srs.push(SrName { name: name.into(), uuid: Inventory::uuid(Kind::Sr, at), kind, machine });
    }
    for machine in [ALPHA, BETA, GAMMA, SPARE] {
        for (at, sr) in [NFS, SAN, LOCAL].into_iter().enumerate() {
            names.pbds.insert((machine, sr), Inventory::uuid(Kind::Pbd, machine.at() * 3 + at));
        }
    }
    for (at, name) in ["db", "web", "backup"].into_iter().enumerate() {
        names.vms.push(VmName {
            name: name.into(),
            uuid: Inventory::uuid(Kind::Vm, at),
            memory: 1 << 30,
            writes: None,
            phase: Span::ZERO,
            grace: Span::mins(10),
            protection: None,
            order: None,
            start_delay: Span::ZERO,
            vbds: Vec::new(),
        });
    }
    for (at, (name, sr, vm)) in [("db-root", NFS, DB), ("web-root", NFS, WEB), ("web-data", SAN, WEB)].into_iter().enumerate() {
        names.vdis.push(VdiName { name: name.into(), uuid: Inventory::uuid(Kind::Vdi, at), sr, vm });
    }
    let vbds = [
        (DB, DB_ROOT, "root", Mode::Rw),
        (WEB, WEB_ROOT, "root", Mode::Rw),
        (WEB, WEB_DATA, "data", Mode::Rw),
        (BACKUP, DB_ROOT, "look", Mode::Ro),
    ];
    for (at, (vm, vdi, disk, mode)) in vbds.into_iter().enumerate() {
        names.vbds.push(VbdName { vm, vdi, disk: disk.into(), mode, uuid: Inventory::uuid(Kind::Vbd, at) });
        names.vms[vm.at()].vbds.push(VbdId(at as u16));
    }
    names
}

fn database(pool: PoolId, hosts: &[MachineId]) -> Database {
    let main = pool == PoolId(0);
    let mut pbds = BTreeMap::new();
    for machine in hosts {
        for sr in [NFS, SAN, LOCAL] {
            if main && (sr != LOCAL || *machine == BETA) {
                pbds.insert((host(*machine), sr), true);
            }
        }
    }
    let halted = VmRecord { power_state: PowerState::Halted, resident_on: None };
    let running = VmRecord { power_state: PowerState::Running, resident_on: Some(host(BETA)) };
    let locked = VdiRecord { locks: vec![(host(BETA), Mode::Rw)], paused: false };
    Database {
        generation: 1,
        pool,
        master: host(hosts[0]),
        default_sr: main.then_some(NFS),
        hosts: hosts.iter().map(|machine| (host(*machine), HostRecord { enabled: true, live: true })).collect(),
        srs: vec![main; 3],
        pbds,
        vms: if main { vec![Some(running), Some(halted.clone()), Some(halted)] } else { vec![None; 3] },
        vdis: if main { vec![Some(locked), Some(VdiRecord::default()), Some(VdiRecord::default())] } else { vec![None; 3] },
        attached: vec![main, false, false, false],
        always_run: Vec::new(),
        ha: Default::default(),
    }
}

/// The pool: alpha is master; db runs on beta with its lock; web and backup are halted; delta is a pool of its own.
pub fn world() -> World {
    let member = |db: &Database| Toolstack {
        conf: PoolConf::Slave(ALPHA),
        role: PoolConf::Slave(ALPHA),
        joined: Some((ALPHA, 0)),
        ..Toolstack::fresh(db.clone())
    };
    let db = database(PoolId(0), &[ALPHA, BETA, GAMMA]);
    let stacks = vec![Toolstack::fresh(db.clone()), member(&db), member(&db), Toolstack::fresh(database(PoolId(1), &[SPARE]))];
    let on = |at: u16| Machine { power: Power::On, hung: false, host: HostId(at), boot: 0, installing: false, fenced: false, unfed: None };
    let opener = Opener {
        machine: BETA,
        vm: Some(DB),
        mode: Mode::Rw,
        opened: Time::ZERO,
        seen: 0,
        wrote: None,
        held_since: None,
        write_due: false,
    };
    World {
        now: Time::ZERO,
        settings: Arc::new(Settings::default()),
        release: Release::default(),
        names: Arc::new(names()),
        hw: Hardware {
            machines: (0..4).map(on).collect(),
            isolated: vec![false; 4],
            partition: None,
            degraded: BTreeMap::new(),
            lost_paths: BTreeMap::new(),
            lost_srs: BTreeMap::new(),
            domains: vec![vec![Domain { vm: DB, machine: BETA, started: Time::ZERO }], Vec::new(), Vec::new()],
            vdis: vec![VdiTruth { openers: vec![opener], ..VdiTruth::default() }, VdiTruth::default(), VdiTruth::default()],
            lost_vms: BTreeMap::new(),
            one_way: Default::default(),
            statefiles: Default::default(),
            wiped: Default::default(),
        },
        stacks,
        dumps: BTreeMap::new(),
        first_master: ALPHA,
        ruled_last: ALPHA,
        fallen_sr_masters: Default::default(),
        xhad_faults: Default::default(),
        without: None,
    }
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
                Progress::Hangs => return End::Hangs,
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
        self.world.hw.isolated[machine.at()] = true;
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
        self.world.hw.vdis[vdi.at()].openers.iter().map(|o| o.machine).collect()
    }
    pub fn runs_on(&self, vm: VmId) -> Vec<MachineId> {
        self.world.runs_on(vm).collect()
    }
    pub fn uuid(&self, machine: MachineId) -> String {
        self.world.names.hosts[machine.at()].uuid.clone()
    }
}
