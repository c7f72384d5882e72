//! A pool that no file describes: said by a program (an import, a playground, a test), by names, and without places.
//!
//! There is one set of rules for what a pool may be, and it is the reader's. So a draft becomes the tree that a file would
//! have become, and is read: what it leaves out is derived as for a file, and what is wrong with it is told with the path of
//! keys where a file would have it.

use super::diagnostic::{Place, Source};
use super::model::{Pool, Role};
use super::plain::{self, Map};
use super::pool;
use super::read::Reader;
use super::start;
use super::tree::{Node, Value};
use crate::base::ids::{MachineId, SrId, VmId};
use crate::base::time::Span;
use crate::world::belief::{PowerState, Protection};
use crate::world::inventory::{Inventory, Kind, Mode, SrType};
use crate::world::memory::xhad::{KnownFault, KnownFaults};
use crate::world::settings::Settings;
use std::fmt;

/// A pool as a program says it. What is `None` is derived as a file's silence is.
///
/// ```
/// use poolsim::scenario::draft::{HostDraft, PoolDraft, SrDraft, VmDraft};
/// use poolsim::world::settings::Settings;
///
/// let mut draft = PoolDraft::default();
/// draft.hosts = vec![HostDraft::new("alpha"), HostDraft::new("beta")];
/// draft.srs = vec![SrDraft::new("nfs1")];
/// draft.vms = vec![VmDraft::running("db", "beta")];
/// let pool = draft.build(&Settings::default())?;
/// assert_eq!(pool.names.vdis[0].name, "db-root");
///
/// draft.vms.push(VmDraft::running("web", "betta"));
/// let wrong = draft.build(&Settings::default()).unwrap_err();
/// assert_eq!((wrong[0].at.as_str(), wrong[0].code), ("vms.web.running-on", "unknown-name"));
/// # Ok::<(), Vec<poolsim::scenario::draft::Mistake>>(())
/// ```
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PoolDraft {
    /// The pool's name-label; `None` is `pool`.
    pub name: Option<String>,
    /// The members.
    pub hosts: Vec<HostDraft>,
    /// Machines that are installed and in no pool. Only their memory, UUID and power can be said.
    pub spare_hosts: Vec<HostDraft>,
    /// The master of the start; `None` is the first host.
    pub master: Option<String>,
    /// Storage repositories.
    pub srs: Vec<SrDraft>,
    /// The default SR; `None` is the first shared one, `Some(None)` is that there is none.
    pub default_sr: Option<Option<String>>,
    /// Virtual machines.
    pub vms: Vec<VmDraft>,
    /// Names of database dumps of the state at 0.
    pub dumps: Vec<String>,
    /// High availability, where it is on.
    pub ha: Option<HaDraft>,
}

/// A host of a draft.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct HostDraft {
    /// Its network name.
    pub name: String,
    /// Its UUID.
    pub uuid: Option<String>,
    /// Its memory in bytes; `None` is no limit.
    pub memory: Option<u64>,
    /// In truth: whether it has power.
    pub powered: Option<bool>,
    /// Believed: whether the pool's database has it.
    pub known: Option<bool>,
    /// Believed: whether the master holds it for alive.
    pub live: Option<bool>,
    /// Believed: whether VMs may be placed there.
    pub enabled: Option<bool>,
    /// What it holds itself for.
    pub role: Option<Role>,
    /// How old its copy of the database is.
    pub copy_age: Option<Span>,
}

/// A storage repository of a draft.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SrDraft {
    /// Its name-label.
    pub name: String,
    /// Its UUID.
    pub uuid: Option<String>,
    /// Its type; `None` is NFS.
    pub kind: Option<SrType>,
    /// The host that a local one is in.
    pub host: Option<String>,
}

/// Where a VM of a draft runs.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum RunningDraft {
    /// Halted, or as the record says.
    #[default]
    Unsaid,
    /// On this host: the record, and the domain if the host has power.
    Host(String),
    /// Domains run on these hosts, whatever the record says.
    Domains(Vec<String>),
}

/// A VM of a draft.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct VmDraft {
    /// Its name-label.
    pub name: String,
    /// Its UUID.
    pub uuid: Option<String>,
    /// Its memory in bytes; `None` is 1 GiB.
    pub memory: Option<u64>,
    /// How often it writes each RW disk; `None` is every 5 s, `Some(None)` never.
    pub writes: Option<Option<Span>>,
    /// How long it may be down; `None` is the setting `vm-grace`.
    pub grace: Option<Span>,
    /// Whether it is started when a host has booted.
    pub autostart: bool,
    /// Where it runs.
    pub running: RunningDraft,
    /// Believed: its power state.
    pub power_state: Option<PowerState>,
    /// Believed: where it is resident.
    pub resident_on: Option<String>,
    /// Its restart priority; `None` is unprotected.
    pub protection: Option<Protection>,
    /// Its place in the order of starts.
    pub order: Option<u32>,
    /// How long the next start waits after this one.
    pub start_delay: Option<Span>,
    /// Its disks; `None` is one, `root`, on the default SR.
    pub disks: Option<Vec<DiskDraft>>,
}

/// A disk of a draft's VM.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DiskDraft {
    /// Its local name.
    pub name: String,
    /// The VDI's UUID.
    pub uuid: Option<String>,
    /// The SR that it lies on; `None` is the default SR.
    pub sr: Option<String>,
    /// How the VM attaches it; `None` is read and write.
    pub mode: Option<Mode>,
    /// A VDI of another VM, such as `db-root`, instead of one of its own. Beside it only the mode is said.
    pub vdi: Option<String>,
    /// Believed: the locks by host, the newest last; `None`: those of the VMs that run.
    pub locks: Option<Vec<(String, Mode)>>,
    /// In truth: who has it open; `None`: the VMs that run.
    pub open_on: Option<Vec<(String, Mode)>>,
    /// Believed: whether it is marked as paused.
    pub paused: bool,
    /// Believed: whether it is marked as being opened.
    pub activating: bool,
    /// Believed: whether its chain is marked as being changed.
    pub relinking: bool,
}

/// High availability of a draft.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct HaDraft {
    /// The SR with the statefile; `None` is the first shared one.
    pub heartbeat_sr: Option<String>,
    /// The base timeout; `None` is 60 s.
    pub timeout: Option<Span>,
    /// How many failures are to be tolerated.
    pub failures_to_tolerate: u32,
    /// Whether operations may break the failover plan.
    pub allow_overcommit: bool,
    /// Which known faults the daemons have.
    pub known_faults: KnownFaults,
}

/// What is wrong with a draft.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    /// The keys that lead to it in a file's `pool`, joined by dots: `vms.db.running-on`.
    pub at: String,
    /// What `poolsim explain` knows it by.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// How to mend it, in the words of a file.
    pub help: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.at, self.message, self.help)
    }
}

impl HostDraft {
    /// A host of which only the name is said.
    pub fn new(name: impl Into<String>) -> HostDraft {
        HostDraft { name: name.into(), ..HostDraft::default() }
    }

    fn details(&self) -> Node {
        let mut map = Map::default();
        map.may("memory", self.memory.map(plain::size));
        map.may("uuid", self.uuid.as_ref().map(plain::text));
        map.may("powered", self.powered.map(plain::truth));
        map.may("known", self.known.map(plain::truth));
        map.may("live", self.live.map(plain::truth));
        map.may("enabled", self.enabled.map(plain::truth));
        map.may("role", self.role.map(|role| plain::text(role.name())));
        map.may("copy-age", self.copy_age.map(plain::span));
        map.or_null()
    }
}

impl SrDraft {
    /// A shared SR on NFS.
    pub fn new(name: impl Into<String>) -> SrDraft {
        SrDraft { name: name.into(), ..SrDraft::default() }
    }

    fn details(&self) -> Node {
        let mut map = Map::default();
        map.may("type", self.kind.map(|kind| plain::text(kind.name())));
        map.may("host", self.host.as_ref().map(plain::text));
        map.may("uuid", self.uuid.as_ref().map(plain::text));
        map.or_null()
    }
}

impl VmDraft {
    /// A halted VM with one disk on the default SR.
    pub fn new(name: impl Into<String>) -> VmDraft {
        VmDraft { name: name.into(), ..VmDraft::default() }
    }
    /// The same, running on a host.
    pub fn running(name: impl Into<String>, host: impl Into<String>) -> VmDraft {
        VmDraft { running: RunningDraft::Host(host.into()), ..VmDraft::new(name) }
    }

    fn details(&self) -> Node {
        let mut map = Map::default();
        map.may("ha", self.protection.map(|protection| plain::text(protection.name())));
        map.may("order", self.order.map(|order| plain::number(order.into())));
        map.may("start-delay", self.start_delay.map(plain::span));
        match &self.running {
            RunningDraft::Unsaid => {}
            RunningDraft::Host(host) => map.say("running-on", plain::text(host)),
            RunningDraft::Domains(hosts) => map.say("running-on", plain::texts(hosts)),
        }
        map.may("power-state", self.power_state.map(|state| plain::text(power_word(state))));
        map.may("resident-on", self.resident_on.as_ref().map(plain::text));
        map.may("memory", self.memory.map(plain::size));
        map.may("writes", self.writes.map(|writes| writes.map_or_else(|| plain::text("never"), plain::span)));
        map.may("grace", self.grace.map(plain::span));
        map.may("autostart", self.autostart.then(|| plain::truth(true)));
        map.may("uuid", self.uuid.as_ref().map(plain::text));
        map.may("disks", self.disks.as_ref().map(|disks| disks_node(disks)));
        map.or_null()
    }
}

fn disks_node(disks: &[DiskDraft]) -> Node {
    if disks.is_empty() {
        return Map::default().node();
    }
    plain::named(disks.iter().map(|disk| (disk.name.clone(), disk.details())).collect())
}

/// A power state as files write it.
pub(super) fn power_word(state: PowerState) -> &'static str {
    pool::POWER_STATES.iter().find(|(_, one)| *one == state).map_or("", |(word, _)| word)
}

impl DiskDraft {
    /// A disk on the default SR.
    pub fn new(name: impl Into<String>) -> DiskDraft {
        DiskDraft { name: name.into(), ..DiskDraft::default() }
    }

    fn details(&self) -> Node {
        let by_host = |said: &Vec<(String, Mode)>| {
            let mut map = Map::default();
            for (host, mode) in said {
                map.say(host, plain::text(mode.name()));
            }
            map.node()
        };
        let mut map = Map::default();
        map.may("vdi", self.vdi.as_ref().map(plain::text));
        map.may("sr", self.sr.as_ref().map(plain::text));
        map.may("mode", self.mode.map(|mode| plain::text(mode.name())));
        map.may("uuid", self.uuid.as_ref().map(plain::text));
        map.may("locks", self.locks.as_ref().map(by_host));
        map.may("open-on", self.open_on.as_ref().map(by_host));
        for (key, marked) in [("paused", self.paused), ("activating", self.activating), ("relinking", self.relinking)] {
            map.may(key, marked.then(|| plain::truth(true)));
        }
        map.or_null()
    }
}

impl HaDraft {
    fn node(&self) -> Node {
        let mut map = Map::default();
        map.may("heartbeat-sr", self.heartbeat_sr.as_ref().map(plain::text));
        map.may("timeout", self.timeout.map(plain::span));
        map.may("failures-to-tolerate", (self.failures_to_tolerate > 0).then(|| plain::number(self.failures_to_tolerate.into())));
        map.may("allow-overcommit", self.allow_overcommit.then(|| plain::truth(true)));
        let faults: Vec<&str> = KnownFault::ALL
            .iter()
            .filter(|(_, fault)| self.known_faults.with(*fault) == self.known_faults)
            .map(|(word, _)| *word)
            .collect();
        map.may("known-faults", (!faults.is_empty()).then(|| plain::one_or_more(faults)));
        map.node()
    }
}

impl PoolDraft {
    /// The pool, with every state that is not said derived.
    ///
    /// # Errors
    /// Everything that is wrong with it, at least one thing.
    pub fn build(&self, settings: &Settings) -> Result<Pool, Vec<Mistake>> {
        let mut node = self.node();
        let mut paths = Vec::new();
        let mut end = 0;
        give_places(&mut node, "", &mut paths, &mut end);
        let text = paths.join("\n");
        let source = Source::new("", &text);
        let mut reader = Reader::new(&source);
        refuse_ranges(&mut reader, &node);
        let read = pool::read(&mut reader, &node, settings);
        let (errors, _) = reader.finish();
        match read {
            Some(read) if errors.is_empty() => Ok(read.pool),
            _ if errors.is_empty() => Err(vec![Mistake {
                at: String::new(),
                code: "wrong-value",
                message: "this is no pool".to_string(),
                help: "name at least one host".to_string(),
            }]),
            _ => Err(errors
                .into_iter()
                .map(|error| Mistake {
                    at: paths.get(error.line as usize - 1).cloned().unwrap_or_default(),
                    code: error.code,
                    message: error.message,
                    help: error.help,
                })
                .collect()),
        }
    }

    /// The draft that says what a pool is, and leaves out what would be derived all the same. `settings` are those that the
    /// pool was read with.
    pub fn of(pool: &Pool, settings: &Settings) -> PoolDraft {
        let names = &pool.names;
        let hosts = |spare: bool| names.machine_ids().filter(move |machine| names.machines[machine.at()].spare == spare);
        let first_shared = names.sr_ids().find(|sr| names.srs[sr.at()].kind.shared());
        let derived = start::opened_and_locked(names, &pool.vms);
        PoolDraft {
            name: Some(names.pool_name.clone()).filter(|name| name != "pool"),
            hosts: hosts(false).map(|machine| host_draft(pool, machine)).collect(),
            spare_hosts: hosts(true).map(|machine| host_draft(pool, machine)).collect(),
            master: Some(pool.master).filter(|master| *master != MachineId(0)).map(|master| names.machine(master).to_string()),
            srs: names.sr_ids().map(|sr| sr_draft(names, sr)).collect(),
            default_sr: Some(pool.default_sr).filter(|sr| *sr != first_shared).map(|sr| sr.map(|sr| names.sr(sr).to_string())),
            vms: names.vm_ids().map(|vm| vm_draft(pool, settings, vm, &derived)).collect(),
            dumps: pool.dumps.clone(),
            ha: pool.ha.as_ref().map(|ha| HaDraft {
                heartbeat_sr: Some(names.sr(ha.heartbeat_sr).to_string()),
                timeout: Some(ha.timeout),
                failures_to_tolerate: ha.failures_to_tolerate,
                allow_overcommit: ha.allow_overcommit,
                known_faults: ha.known_faults,
            }),
        }
    }

    /// The tree that a file would become.
    pub(super) fn node(&self) -> Node {
        let named = |hosts: &[HostDraft]| plain::named(hosts.iter().map(|host| (host.name.clone(), host.details())).collect());
        let mut map = Map::default();
        map.may("name", self.name.as_ref().map(plain::text));
        map.say("hosts", named(&self.hosts));
        map.may("spare-hosts", (!self.spare_hosts.is_empty()).then(|| named(&self.spare_hosts)));
        map.may("master", self.master.as_ref().map(plain::text));
        let srs = || plain::named(self.srs.iter().map(|sr| (sr.name.clone(), sr.details())).collect());
        map.may("storage", (!self.srs.is_empty()).then(srs));
        map.may("default-sr", self.default_sr.as_ref().map(|sr| sr.as_ref().map_or_else(plain::null, plain::text)));
        let vms = || plain::named(self.vms.iter().map(|vm| (vm.name.clone(), vm.details())).collect());
        map.may("vms", (!self.vms.is_empty()).then(vms));
        if !self.dumps.is_empty() {
            let mut dumps = Map::default();
            self.dumps.iter().for_each(|name| dumps.say(name, plain::text("start")));
            map.say("dumps", dumps.node());
        }
        map.may("ha", self.ha.as_ref().map(HaDraft::node));
        map.node()
    }
}

/// The UUID unless it is the one that the n-th of its kind gets anyway.
fn own_uuid(uuid: &str, kind: Kind, n: usize) -> Option<String> {
    (uuid != Inventory::uuid(kind, n)).then(|| uuid.to_string())
}

fn host_draft(pool: &Pool, machine: MachineId) -> HostDraft {
    let (name, start) = (&pool.names.machines[machine.at()], &pool.hosts[machine.at()]);
    let usual = if name.spare || machine == pool.master { Role::Master } else { Role::Member };
    HostDraft {
        name: name.name.clone(),
        uuid: own_uuid(&pool.names.hosts[machine.at()].uuid, Kind::Host, machine.at()),
        memory: name.memory,
        powered: (!start.powered).then_some(false),
        known: (start.known == name.spare).then_some(start.known),
        live: (start.live != (start.known && start.powered)).then_some(start.live),
        enabled: (!start.enabled).then_some(false),
        role: (start.role != usual).then_some(start.role),
        copy_age: (start.copy_age != Span::ZERO).then_some(start.copy_age),
    }
}

fn sr_draft(names: &Inventory, sr: SrId) -> SrDraft {
    let name = &names.srs[sr.at()];
    SrDraft {
        name: name.name.clone(),
        uuid: own_uuid(&name.uuid, Kind::Sr, sr.at()),
        kind: Some(name.kind),
        host: name.machine.map(|machine| names.machine(machine).to_string()),
    }
}

fn vm_draft(pool: &Pool, settings: &Settings, vm: VmId, derived: &[start::Used]) -> VmDraft {
    let names = &pool.names;
    let (name, start) = (&names.vms[vm.at()], &pool.vms[vm.at()]);
    let resident = start.resident_on.map(|host| MachineId(host.0));
    let machine = |machine: MachineId| names.machine(machine).to_string();
    let usual: Vec<MachineId> = resident.into_iter().filter(|machine| pool.hosts[machine.at()].powered).collect();
    let (running, resident_on) = match resident {
        Some(host) if start.running_on == usual => (RunningDraft::Host(machine(host)), None),
        None if start.running_on.is_empty() => (RunningDraft::Unsaid, None),
        _ => (RunningDraft::Domains(start.running_on.iter().map(|one| machine(*one)).collect()), resident.map(machine)),
    };
    VmDraft {
        name: name.name.clone(),
        uuid: own_uuid(&name.uuid, Kind::Vm, vm.at()),
        memory: (name.memory != pool::MEMORY).then_some(name.memory),
        writes: (name.writes != Some(pool::WRITES)).then_some(name.writes),
        grace: (name.grace != settings.vm_grace).then_some(name.grace),
        autostart: name.autostart,
        running,
        power_state: Some(start.power_state).filter(|state| !matches!(state, PowerState::Halted | PowerState::Running)),
        resident_on,
        protection: name.protection,
        order: name.order,
        start_delay: (name.start_delay != Span::ZERO).then_some(name.start_delay),
        disks: disk_drafts(pool, vm, derived),
    }
}

/// `None` for one disk of which nothing need be said.
fn disk_drafts(pool: &Pool, vm: VmId, derived: &[start::Used]) -> Option<Vec<DiskDraft>> {
    let names = &pool.names;
    // As the file has them: a VM's own list puts RW disks first.
    let mut vbds = names.vms[vm.at()].vbds.clone();
    vbds.sort_unstable();
    let disk = |vbd: &crate::base::ids::VbdId| {
        let vbd = &names.vbds[vbd.at()];
        let (name, start) = (&names.vdis[vbd.vdi.at()], &pool.vdis[vbd.vdi.at()]);
        let mode = (vbd.mode != Mode::Rw).then_some(vbd.mode);
        if name.vm != vm {
            return DiskDraft { name: vbd.disk.clone(), mode, vdi: Some(name.name.clone()), ..DiskDraft::default() };
        }
        let used = &derived[vbd.vdi.at()];
        let host = |machine: MachineId, mode: Mode| (names.machine(machine).to_string(), mode);
        DiskDraft {
            name: vbd.disk.clone(),
            uuid: own_uuid(&name.uuid, Kind::Vdi, vbd.vdi.at()),
            sr: (pool.default_sr != Some(name.sr)).then(|| names.sr(name.sr).to_string()),
            mode,
            vdi: None,
            locks: (start.locks != used.locks).then(|| start.locks.iter().map(|(on, mode)| host(MachineId(on.0), *mode)).collect()),
            open_on: (start.open_on != used.open_on).then(|| start.open_on.iter().map(|(on, mode, _)| host(*on, *mode)).collect()),
            paused: start.paused,
            activating: start.activating,
            relinking: start.relinking,
        }
    };
    let disks: Vec<DiskDraft> = vbds.iter().map(disk).collect();
    (disks != [DiskDraft::new("root")]).then_some(disks)
}

/// Gives every value a place of its own in a text that has the path to one a line.
fn give_places(node: &mut Node, path: &str, paths: &mut Vec<String>, end: &mut usize) {
    let mut place_for = |path: &str| {
        let line: String = path.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let place = Place { start: *end, end: *end + line.len() };
        *end = place.end + 1;
        paths.push(line);
        place
    };
    let below = |name: &str| if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
    node.place = place_for(path);
    match &mut node.value {
        Value::Map(entries) => {
            for (key, value) in entries {
                let path = below(&key.text);
                give_places(value, &path, paths, end);
                key.place = value.place;
            }
        }
        Value::List(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                let path = match &item.value {
                    Value::Text(text) => below(text),
                    _ => below(&at.to_string()),
                };
                give_places(item, &path, paths, end);
            }
        }
        _ => {}
    }
}

/// A draft names each thing: `xs01..xs16` is a row of names in a file, and no name here.
fn refuse_ranges(reader: &mut Reader<'_>, pool: &Node) {
    fn walk(reader: &mut Reader<'_>, node: &Node) {
        match &node.value {
            Value::Text(text) => refuse(reader, node.place, text),
            Value::List(items) => items.iter().for_each(|item| walk(reader, item)),
            Value::Map(entries) => {
                for (key, value) in entries {
                    refuse(reader, key.place, &key.text);
                    walk(reader, value);
                }
            }
            _ => {}
        }
    }
    fn refuse(reader: &mut Reader<'_>, place: Place, name: &str) {
        if name.contains("..") {
            reader.error(place, "wrong-name", "the name holds `..`, which stands for a row of names in files", "take another name");
        }
    }
    let Value::Map(entries) = &pool.value else { return };
    for (_, value) in entries.iter().filter(|(key, _)| !["name", "dumps"].contains(&key.text.as_str())) {
        walk(reader, value);
    }
}
