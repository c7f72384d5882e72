//! A small pool for the stories of hazards, built by hand: hosts, the shared SR nfs1, a local SR of alpha, the VM db running
//! on beta with its disk on nfs1, and the halted VM web without disks. All is as it should be until a story changes it.

use super::sight::Sight;
use super::watch::{Found, Watch};
use super::{HazardName, Rule, Site};
use crate::base::draw::Stream;
use crate::base::ids::{HostId, MachineId, PoolId, SrId, VbdId, VdiId, VmId};
use crate::base::time::{Span, Time};
use crate::world::belief::{Database, HostRecord, PowerState, VdiRecord, VmRecord};
use crate::world::effects::Effects;
use crate::world::event::Event;
use crate::world::inventory::{HostName, Inventory, MachineName, Mode, SrName, SrType, VbdName, VdiName, VmName};
use crate::world::memory::{PoolConf, Toolstack, Xapi};
use crate::world::settings::Settings;
use crate::world::truth::{Domain, Hardware, Machine, Opener, Power, VdiTruth};
use crate::world::{MAIN_POOL, World};
use std::collections::BTreeMap;
use std::sync::Arc;

pub use super::Place::{self, Host, Pool, Sr, Vdi, Vm};

pub const ALPHA: MachineId = MachineId(0);
pub const BETA: MachineId = MachineId(1);
pub const GAMMA: MachineId = MachineId(2);
pub const NFS1: SrId = SrId(0);
pub const LOCAL: SrId = SrId(1);
pub const DB: VmId = VmId(0);
pub const WEB: VmId = VmId(1);
pub const ROOT: VdiId = VdiId(0);

/// The host that is installed on a machine at the start.
pub fn host(machine: MachineId) -> HostId {
    HostId(machine.0)
}

/// A site to compare with.
pub fn at(place: Place, hosts: &[MachineId]) -> Site {
    Site { place, hosts: hosts.to_vec(), by: None, since: None }
}

/// The findings of one hazard: since, until, place, hosts.
pub fn named(found: &[Found], name: &str) -> Vec<(Time, Option<Time>, Place, Vec<MachineId>)> {
    let hazard = HazardName::find(name).unwrap();
    found.iter().filter(|f| f.hazard == hazard).map(|f| (f.since, f.until, f.place, f.hosts.clone())).collect()
}

/// The places where a rule holds now.
pub fn look(world: &World, sites: fn(&Sight, &mut Vec<Site>)) -> Vec<Site> {
    let mut found = Vec::new();
    sites(&Sight::new(world), &mut found);
    found
}

/// A world, and what was told since the watch last looked.
pub struct Stage {
    pub world: World,
    fx: Effects,
}

/// The names of such a pool.
pub fn names(hosts: u16) -> Inventory {
    let label = |n: u16| ["alpha", "beta", "gamma"].get(usize::from(n)).map_or_else(|| format!("host{n}"), |name| (*name).to_string());
    let machine = |n: u16| MachineName {
        name: label(n),
        address: format!("10.0.0.{}", n + 1),
        memory: None,
        spare: false,
        stream: Stream::new(0, "machine", &label(n)),
    };
    let vm = |name: &str, vbds| VmName {
        name: name.into(),
        uuid: format!("vm-{name}"),
        memory: 1 << 30,
        writes: Some(Span::secs(5)),
        phase: Span::secs(1),
        grace: Span::mins(10),
        protection: None,
        order: None,
        start_delay: Span::ZERO,
        vbds,
    };
    let sr = |name: &str, kind, machine| SrName { name: name.into(), uuid: format!("sr-{name}"), kind, machine };
    Inventory {
        pool_name: "pool".into(),
        pools: vec!["pool-0".into()],
        machines: (0..hosts).map(machine).collect(),
        hosts: (0..hosts).map(|n| HostName { machine: MachineId(n), uuid: format!("host-{n}") }).collect(),
        srs: vec![sr("nfs1", SrType::Nfs, None), sr("local", SrType::Lvm, Some(ALPHA))],
        vms: vec![vm("db", vec![VbdId(0)]), vm("web", vec![])],
        vdis: vec![VdiName { name: "db-root".into(), uuid: "vdi-db-root".into(), sr: NFS1, vm: DB }],
        vbds: vec![VbdName { vm: DB, vdi: ROOT, disk: "root".into(), mode: Mode::Rw, uuid: "vbd-db-root".into() }],
        pbds: BTreeMap::new(),
    }
}

fn database(hosts: u16) -> Database {
    let mut pbds: BTreeMap<_, _> = (0..hosts).map(|n| ((HostId(n), NFS1), true)).collect();
    pbds.insert((host(ALPHA), LOCAL), true);
    let runs = VmRecord { power_state: PowerState::Running, resident_on: Some(host(BETA)) };
    let halted = VmRecord { power_state: PowerState::Halted, resident_on: None };
    Database {
        generation: 0,
        pool: MAIN_POOL,
        master: host(ALPHA),
        default_sr: Some(NFS1),
        hosts: (0..hosts).map(|n| (HostId(n), HostRecord { enabled: true, live: true })).collect(),
        srs: vec![true; 2],
        pbds,
        vms: vec![Some(runs), Some(halted)],
        vdis: vec![Some(VdiRecord { locks: vec![(host(BETA), Mode::Rw)], paused: false })],
        attached: vec![true],
        always_run: Vec::new(),
        ha: Default::default(),
    }
}

/// A healthy pool of alpha, the master, and its members.
pub fn pool(hosts: u16) -> Stage {
    let db = database(hosts);
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
    let machine = |n| Machine { power: Power::On, hung: false, host: HostId(n), boot: 0, installing: false, fenced: false, unfed: None };
    let stack = |n: u16| {
        let stack = Toolstack::fresh(db.clone());
        let slave = PoolConf::Slave(ALPHA);
        if n == 0 { stack } else { Toolstack { conf: slave, role: slave, joined: Some((ALPHA, 0)), ..stack } }
    };
    let world = World {
        now: Time::ZERO,
        settings: Arc::new(Settings::default()),
        release: Default::default(),
        names: Arc::new(names(hosts)),
        hw: Hardware {
            machines: (0..hosts).map(machine).collect(),
            isolated: vec![false; usize::from(hosts)],
            partition: None,
            degraded: BTreeMap::new(),
            lost_paths: BTreeMap::new(),
            lost_srs: BTreeMap::new(),
            domains: vec![vec![Domain { vm: DB, machine: BETA, started: Time::ZERO }], vec![]],
            vdis: vec![VdiTruth { openers: vec![opener], opened_rw: BTreeMap::from([(BETA, Time::ZERO)]), ..VdiTruth::default() }],
            lost_vms: BTreeMap::new(),
            one_way: Default::default(),
            statefiles: Default::default(),
            wiped: Default::default(),
        },
        stacks: (0..hosts).map(stack).collect(),
        dumps: BTreeMap::new(),
        first_master: ALPHA,
        ruled_last: ALPHA,
        fallen_sr_masters: Default::default(),
        xhad_faults: Default::default(),
        without: None,
    };
    Stage { world, fx: Effects::default() }
}

impl Stage {
    /// The world, and whom to tell of its changes.
    pub fn both(&mut self) -> (&mut World, &mut Effects) {
        (&mut self.world, &mut self.fx)
    }
    /// Where a lasting hazard holds now.
    pub fn holds(&self, name: &str) -> Vec<Site> {
        let Rule::Lasting { sites, .. } = HazardName::find(name).unwrap().doc().rule else { panic!("{name} is a moment") };
        look(&self.world, sites).into_iter().map(|site| Site { since: None, ..site }).collect()
    }
    /// What a hazard that is a moment makes of the events so far.
    pub fn told(&self, name: &str) -> Vec<Site> {
        let Rule::Moment(told) = HazardName::find(name).unwrap().doc().rule else { panic!("{name} lasts") };
        self.fx.events.iter().filter_map(|event| told(event, &self.world)).collect()
    }
    /// A watch sees what happened since it last looked.
    pub fn watch(&mut self, watch: &mut Watch) {
        watch.observe(&self.world, &self.fx.events);
        self.fx.events.clear();
    }
    /// Seconds go by.
    pub fn pass(&mut self, seconds: u64) {
        self.world.now += Span::secs(seconds);
        self.fx.now = self.world.now;
    }
    /// Tells an event, for what a story changed by hand.
    pub fn tell(&mut self, event: Event) {
        self.fx.tell(event);
    }
    /// A machine opens a disk, for db if db runs there.
    pub fn open(&mut self, machine: MachineId, vdi: VdiId, mode: Mode) {
        self.world.open_disk(&mut self.fx, machine, vdi, mode, Some(DB));
    }
    /// The guest on a machine writes now, or holds the write back.
    pub fn write(&mut self, machine: MachineId, vdi: VdiId) {
        for opener in &mut self.world.hw.vdis[vdi.at()].openers {
            opener.write_due |= opener.machine == machine && opener.mode == Mode::Rw;
        }
        self.world.write(&mut self.fx, vdi, machine);
    }
    /// A machine loses power.
    pub fn power_off(&mut self, machine: MachineId) {
        self.world.lose_power(&mut self.fx, machine);
    }
    /// A machine's xapi stops.
    pub fn stop_xapi(&mut self, machine: MachineId) {
        self.world.stop_xapi(&mut self.fx, machine);
    }
    /// A database loses a lock.
    pub fn unlock(&mut self, by: MachineId, vdi: VdiId, holder: MachineId) {
        self.world.remove_lock(&mut self.fx, by, vdi, host(holder));
    }
    /// A database gets a lock.
    pub fn lock(&mut self, by: MachineId, vdi: VdiId, holder: MachineId) {
        self.world.set_lock(&mut self.fx, by, vdi, host(holder), Mode::Rw);
    }
    /// A database forgets a host.
    pub fn forget(&mut self, by: MachineId, machine: MachineId) {
        self.world.forget_host(&mut self.fx, by, host(machine));
    }
    /// A database has a VM as running on a machine, or as halted.
    pub fn record(&mut self, by: MachineId, vm: VmId, on: Option<MachineId>) {
        let state = if on.is_some() { PowerState::Running } else { PowerState::Halted };
        self.world.set_vm(&mut self.fx, by, vm, state, on.map(host));
    }
    /// A domain starts, whatever anybody believes.
    pub fn start(&mut self, vm: VmId, machine: MachineId) {
        self.world.start_domain(&mut self.fx, vm, machine);
    }
    /// A database has a PBD as plugged or not.
    pub fn plug(&mut self, by: MachineId, machine: MachineId, sr: SrId, plugged: bool) {
        let host = self.world.host_on(machine);
        self.world.set_pbd(&mut self.fx, by, host, sr, plugged);
    }
    /// A database's default SR.
    pub fn default_sr(&mut self, by: MachineId, sr: Option<SrId>) {
        self.world.set_default_sr(&mut self.fx, by, sr);
    }
    /// A machine runs as master of what its own database says.
    pub fn make_master(&mut self, machine: MachineId) {
        self.set_role(machine, PoolConf::Master);
        self.fx.tell(Event::XapiUp { machine, master: true });
    }
    /// A machine runs as a member that a master has let in.
    pub fn make_member(&mut self, machine: MachineId, master: MachineId) {
        self.set_role(machine, PoolConf::Slave(master));
        self.world.stacks[machine.at()].joined = Some((master, self.world.stacks[master.at()].epoch));
        self.fx.tell(Event::JoinedMaster { machine, master });
    }
    fn set_role(&mut self, machine: MachineId, role: PoolConf) {
        let now = self.world.now;
        let stack = &mut self.world.stacks[machine.at()];
        (stack.conf, stack.role, stack.xapi, stack.up_since, stack.joined) = (role, role, Xapi::Up, now, None);
    }
    /// A machine is installed afresh: another host, in a pool of its own, whose database has nothing but it.
    pub fn found_pool(&mut self, machine: MachineId) {
        let names = Arc::make_mut(&mut self.world.names);
        let (host, pool) = (HostId(names.hosts.len() as u16), PoolId(names.pools.len() as u16));
        names.hosts.push(HostName { machine, uuid: format!("host-{}", host.0) });
        names.pools.push(format!("pool-{}", pool.0));
        let fresh = Database {
            pool,
            master: host,
            default_sr: None,
            hosts: BTreeMap::from([(host, HostRecord { enabled: true, live: true })]),
            srs: vec![false; 2],
            pbds: BTreeMap::new(),
            vms: vec![None; 2],
            vdis: vec![None],
            attached: vec![false],
            always_run: Vec::new(),
            ha: Default::default(),
            generation: 0,
        };
        self.world.stacks[machine.at()] = Toolstack::fresh(fresh);
        self.world.hw.machines[machine.at()].host = host;
        self.fx.tell(Event::Installed { machine, host, pool });
    }
}
