//! A small pool for the stories of hazards, built by hand: hosts, the shared SR nfs1, a local SR of alpha, the VM db running
//! on beta with its disk on nfs1, and the halted VM web without disks. All is as it should be until a story changes it.

use super::sight::Sight;
use super::sites::Sites;
use super::standing::Standing;
use super::watch::{Found, Watch};
use super::{HazardId, Rule, Site};
use crate::base::ids::{HostId, MachineId, SrId, VdiId, VmId};
use crate::base::time::{Span, Time};
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::build;
use crate::world::effects::Effects;
use crate::world::event::Event;
use crate::world::inventory::{Mode, SrType};
use crate::world::memory::{PoolConf, Xapi};
use crate::world::release::Release;
use crate::world::settings::Settings;
use crate::world::truth::Io;
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
    let hazard = HazardId::find(name).unwrap();
    found.iter().filter(|f| f.hazard == hazard).map(|f| (f.since, f.until, f.place, f.hosts.clone())).collect()
}

/// The places where a rule holds now.
pub fn look(world: &World, sites: Sites) -> Vec<Site> {
    let (mut found, standing) = (Vec::new(), Standing::of(world));
    sites.all(&Sight::new(world, &standing), &mut found);
    found
}

/// A world, and what was told since the watch last looked.
pub struct Stage {
    pub world: World,
    fx: Effects,
}

/// Such a pool, before it is made a world.
pub fn draft(hosts: u16) -> build::Pool {
    let mut pool = build::Pool::empty("pool");
    for n in 0..usize::from(hosts) {
        pool.add_host(["alpha", "beta", "gamma"].get(n).map_or(format!("host{n}").as_str(), |name| *name));
    }
    assert_eq!((pool.add_sr("nfs1", SrType::Nfs, None), pool.add_sr("local", SrType::Lvm, Some(ALPHA))), (NFS1, LOCAL));
    assert_eq!((pool.add_vm("db", Some(Span::secs(5))), pool.add_vm("web", Some(Span::secs(5)))), (DB, WEB));
    assert_eq!(pool.add_disk(DB, "root", NFS1), ROOT);
    pool.run(DB, BETA);
    pool
}

/// A healthy pool of alpha, the master, and its members; db writes a second after each 5 s.
pub fn pool(hosts: u16) -> Stage {
    stage_of(draft(hosts))
}

/// The same of a pool that a story has changed.
pub fn stage_of(draft: build::Pool) -> Stage {
    let mut world = draft.world(Arc::new(Settings::default()), Release::default(), 0);
    for vm in &mut Arc::make_mut(&mut world.names).vms {
        vm.phase = Span::secs(1);
    }
    Stage { world, fx: Effects::default() }
}

impl Stage {
    /// The world, and whom to tell of its changes.
    pub fn both(&mut self) -> (&mut World, &mut Effects) {
        (&mut self.world, &mut self.fx)
    }
    /// Where a lasting hazard holds now.
    pub fn holds(&self, name: &str) -> Vec<Site> {
        let Rule::Lasting { sites, .. } = HazardId::find(name).unwrap().doc().rule else { panic!("{name} is a moment") };
        look(&self.world, sites).into_iter().map(|site| Site { since: None, ..site }).collect()
    }
    /// What a hazard that is a moment makes of the events so far.
    pub fn told(&self, name: &str) -> Vec<Site> {
        let Rule::Moment(told) = HazardId::find(name).unwrap().doc().rule else { panic!("{name} lasts") };
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
        self.world.write_now(&mut self.fx, vdi, machine);
    }
    /// A machine loses power.
    pub fn power_off(&mut self, machine: MachineId) {
        self.world.lose_power(&mut self.fx, machine);
    }
    /// A machine loses its path to an SR.
    pub fn lose_path(&mut self, machine: MachineId, sr: SrId, io: Io) {
        self.world.lose_path(&mut self.fx, machine, sr, io);
    }
    /// The path is back.
    pub fn restore_path(&mut self, machine: MachineId, sr: SrId) {
        self.world.restore_path(&mut self.fx, machine, sr);
    }
    /// A machine's management links are cut.
    pub fn isolate(&mut self, machine: MachineId) {
        self.world.hw.isolate(&mut self.fx, machine);
    }
    /// Domain 0 of a machine hangs.
    pub fn hang(&mut self, machine: MachineId) {
        self.world.hw.set_hung(&mut self.fx, machine, true);
    }
    /// A machine that is off, or was just reset, has booted; its toolstack does not start.
    pub fn boot(&mut self, machine: MachineId) {
        self.world.power_on(&mut self.fx, machine);
        let boot = self.world.hw.machine(machine).boot;
        assert!(self.world.hw.finish_boot(&mut self.fx, machine, boot));
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
        let db = self.world.pool_of_one(machine, None);
        self.world.begin_afresh(&mut self.fx, machine, db, |host, pool| Event::Installed { machine, host, pool });
    }
}
