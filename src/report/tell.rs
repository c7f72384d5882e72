//! Events in words: who, what, and whether it belongs into the story that an operator reads. The words are the manual's
//! and the operator's; what is so and what is believed are told apart by the realm.

use super::Realm;
use super::tell_ha::seconds;
use crate::base::ids::{HostId, MachineId, SrId, VdiId, VmId};
use crate::base::time::Span;
use crate::scenario::model::Step;
use crate::scenario::words::{self, percent};
use crate::world::belief::PowerState;
use crate::world::belief::Protection;
use crate::world::event::{Ending, Event, Status};
use crate::world::inventory::Inventory;
use crate::world::memory::PoolConf;
use crate::world::truth::Io;
use serde_json::{Value, json};

/// An event in words.
pub struct Told {
    #[allow(missing_docs)]
    pub realm: Realm,
    #[allow(missing_docs)]
    pub actor: String,
    #[allow(missing_docs)]
    pub what: String,
    #[allow(missing_docs)]
    pub matters: bool,
    /// The kind in kebab-case.
    pub event: &'static str,
    /// The parts by name.
    pub parts: Vec<(&'static str, Value)>,
}

/// Puts names to events.
#[derive(Clone, Copy)]
pub struct Teller<'a> {
    /// The names at the end of the run.
    pub names: &'a Inventory,
    /// The steps of the case.
    pub steps: &'a [(crate::scenario::model::Sequence, Step)],
}

impl Teller<'_> {
    fn machine(&self, machine: MachineId) -> String {
        self.names.machine(machine).to_owned()
    }
    fn host(&self, host: HostId) -> String {
        self.names.host(host).to_owned()
    }
    fn vm(&self, vm: VmId) -> String {
        self.names.vm(vm).to_owned()
    }
    fn vdi(&self, vdi: VdiId) -> String {
        self.names.vdi(vdi).to_owned()
    }
    fn sr(&self, sr: SrId) -> String {
        self.names.sr(sr).to_owned()
    }

    /// A partition as `alpha | beta, gamma`.
    fn sides(&self, groups: &[u16]) -> String {
        let mut sides: Vec<u16> = groups.to_vec();
        sides.sort_unstable();
        sides.dedup();
        let members = |side: u16| {
            let names: Vec<&str> = groups
                .iter()
                .zip(self.names.machine_ids())
                .filter(|(group, _)| **group == side)
                .map(|(_, m)| self.names.machine(m))
                .collect();
            names.join(", ")
        };
        sides.into_iter().map(members).collect::<Vec<_>>().join(" | ")
    }

    /// A step as the scenario has it, on one line.
    pub fn step_text(&self, at: usize) -> String {
        self.steps.get(at).map_or_else(String::new, |(_, step)| words::text(&step.deed, self.names))
    }

    /// An event in words.
    pub fn tell(&self, event: &Event) -> Told {
        let truth = |machine: &MachineId, event, what: String| Told {
            realm: Realm::Truth,
            actor: self.machine(*machine),
            what,
            matters: true,
            event,
            parts: vec![("host", json!(self.machine(*machine)))],
        };
        let belief = |by: &MachineId, event, what: String| Told {
            realm: Realm::Belief,
            actor: self.machine(*by),
            what,
            matters: true,
            event,
            parts: vec![("by", json!(self.machine(*by)))],
        };
        let quiet = |told: Told| Told { matters: false, ..told };
        let plus = |mut told: Told, parts: &[(&'static str, Value)]| {
            told.parts.extend_from_slice(parts);
            told
        };
        match event {
            Event::StepBegan { step } => {
                let (sequence, actor) = self
                    .steps
                    .get(step.0 as usize)
                    .map_or(("step", String::new()), |(sequence, step)| (sequence.name(), words::actor(step, self.names)));
                let what = self.step_text(step.0 as usize);
                Told {
                    realm: Realm::Step,
                    actor,
                    what,
                    matters: true,
                    event: "step-began",
                    parts: vec![("from", json!(sequence)), ("line", json!(self.line(step.0)))],
                }
            }
            Event::StepEnded { step, status } => Told {
                realm: Realm::Step,
                actor: self.steps.get(step.0 as usize).map_or_else(String::new, |(_, step)| words::actor(step, self.names)),
                what: match status {
                    Status::Ok => "ended well".into(),
                    Status::Error => "failed".into(),
                    Status::Hung => "hangs; given up with Ctrl-C".into(),
                    Status::GivenUp => "waited in vain; the step does nothing".into(),
                    Status::Skipped => "skipped: its `if` does not hold".into(),
                    Status::NotBegun => "never began".into(),
                },
                matters: *status != Status::Ok,
                event: "step-ended",
                parts: vec![("line", json!(self.line(step.0))), ("status", json!(status.name()))],
            },
            Event::Refused { step, error } => Told {
                realm: Realm::Step,
                actor: self.steps.get(step.0 as usize).map_or_else(String::new, |(_, step)| words::actor(step, self.names)),
                what: format!("refused: {}", error.code),
                matters: true,
                event: "refused",
                parts: vec![("line", json!(self.line(step.0))), ("code", json!(error.code))],
            },

            Event::PowerLost { machine } => truth(machine, "power-lost", "has no power; guests and toolstack are gone".into()),
            Event::PoweredOn { machine } => truth(machine, "powered-on", "is switched on and boots".into()),
            Event::Dom0Up { machine } => quiet(truth(machine, "dom0-up", "has booted; domain 0 answers".into())),
            Event::Dom0Hung { machine } => truth(machine, "dom0-hung", "domain 0 hangs; its guests run on".into()),
            Event::Dom0Back { machine } => truth(machine, "dom0-back", "domain 0 answers again".into()),
            Event::Isolated { machine } => truth(machine, "isolated", "is cut off from all others; its storage and guests go on".into()),
            Event::Reconnected { machine } => truth(machine, "reconnected", "is back on the management network".into()),
            Event::Partitioned { groups } => Told {
                realm: Realm::Truth,
                actor: "network".into(),
                what: format!("splits: {}", self.sides(groups)),
                matters: true,
                event: "partitioned",
                parts: vec![("groups", json!(self.sides(groups)))],
            },
            Event::PartitionHealed => Told {
                realm: Realm::Truth,
                actor: "network".into(),
                what: "is whole again".into(),
                matters: true,
                event: "partition-healed",
                parts: vec![],
            },
            Event::Degraded { machine, loss } => plus(
                truth(machine, "network-degraded", format!("has bad links: {}% of its heartbeats get lost", percent(*loss))),
                &[("loss", json!(format!("{}%", percent(*loss))))],
            ),
            Event::DegradedHealed { machine } => truth(machine, "network-restored", "has good links again".into()),
            Event::PathLost { machine, sr, io } => plus(
                truth(machine, "path-lost", format!("loses its path to {}; {}", self.sr(*sr), io_words(*io))),
                &[("sr", json!(self.sr(*sr))), ("io", json!(io_name(*io)))],
            ),
            Event::PathBack { machine, sr } => {
                plus(truth(machine, "path-back", format!("reaches {} again", self.sr(*sr))), &[("sr", json!(self.sr(*sr)))])
            }
            Event::SrLost { sr, io } => Told {
                realm: Realm::Truth,
                actor: self.sr(*sr),
                what: format!("fails for everybody; {}", io_words(*io)),
                matters: true,
                event: "sr-lost",
                parts: vec![("sr", json!(self.sr(*sr))), ("io", json!(io_name(*io)))],
            },
            Event::SrBack { sr } => Told {
                realm: Realm::Truth,
                actor: self.sr(*sr),
                what: "is back".into(),
                matters: true,
                event: "sr-back",
                parts: vec![("sr", json!(self.sr(*sr)))],
            },
            Event::InstallBegan { machine } => truth(machine, "install-began", "is being installed afresh".into()),
            Event::Installed { machine, host, .. } => {
                let uuid = &self.names.hosts[host.at()].uuid;
                plus(
                    truth(machine, "installed", format!("is installed afresh, in no pool; its new UUID is {uuid}")),
                    &[("uuid", json!(uuid))],
                )
            }

            Event::BeganAfresh { machine, .. } => {
                truth(machine, "began-afresh", "begins anew, as a pool of its own; its local storage is reinitialised".into())
            }

            Event::XapiStopped { machine } => truth(machine, "xapi-stopped", "xapi stops; domains run on".into()),
            Event::XapiStarting { machine } => quiet(truth(machine, "xapi-starting", "xapi starts".into())),
            Event::XapiUp { machine, master } => plus(
                truth(machine, "xapi-up", if *master { "xapi is up, as master".into() } else { "xapi is up".into() }),
                &[("master", json!(master))],
            ),
            Event::EmergencyMode { machine, code } => {
                plus(truth(machine, "emergency-mode", format!("is in emergency mode: {code}")), &[("code", json!(code))])
            }
            Event::ConfWritten { machine, conf } => {
                let conf = self.conf(*conf);
                plus(truth(machine, "conf-written", format!("pool.conf now says `{conf}`")), &[("conf", json!(conf))])
            }
            Event::Yielded { machine, to } => plus(
                truth(machine, "yielded", format!("finds that {} is master, and yields to it", self.machine(*to))),
                &[("to", json!(self.machine(*to)))],
            ),
            Event::JoinedMaster { machine, master } => plus(
                truth(machine, "joined-master", format!("xapi is up; its master {} has let it in", self.machine(*master))),
                &[("master", json!(self.machine(*master)))],
            ),

            Event::DomainStarted { vm, machine } => {
                plus(truth(machine, "domain-started", format!("{} runs here", self.vm(*vm))), &[("vm", json!(self.vm(*vm)))])
            }
            Event::DomainEnded { vm, machine, ending } => {
                let how = match ending {
                    Ending::Power => "dies with its machine",
                    Ending::Shutdown => "is shut down",
                    Ending::Destroyed => "is destroyed by xapi: the database has no such VM",
                };
                plus(truth(machine, "domain-ended", format!("{} {how}", self.vm(*vm))), &[("vm", json!(self.vm(*vm)))])
            }
            Event::DomainMoved { vm, from, to } => plus(
                truth(to, "domain-moved", format!("{} has moved here from {}", self.vm(*vm), self.machine(*from))),
                &[("vm", json!(self.vm(*vm))), ("from", json!(self.machine(*from)))],
            ),
            Event::DiskOpened { vdi, machine, mode } => quiet(plus(
                truth(machine, "disk-opened", format!("opens {} ({})", self.vdi(*vdi), mode.upper())),
                &[("vdi", json!(self.vdi(*vdi))), ("mode", json!(mode.name()))],
            )),
            Event::DiskClosed { vdi, machine } => {
                quiet(plus(truth(machine, "disk-closed", format!("closes {}", self.vdi(*vdi))), &[("vdi", json!(self.vdi(*vdi)))]))
            }
            Event::DiskWritten { vdi, machine } => plus(
                truth(machine, "disk-written", format!("writes to {}, which another host has open too", self.vdi(*vdi))),
                &[("vdi", json!(self.vdi(*vdi)))],
            ),
            Event::WriteHeld { vdi, machine } => plus(
                truth(machine, "write-held", format!("has to hold back a write to {}: the path is lost", self.vdi(*vdi))),
                &[("vdi", json!(self.vdi(*vdi)))],
            ),
            Event::WroteLate { vdi, machine, over } => plus(
                truth(
                    machine,
                    "wrote-late",
                    match over {
                        Some(over) => format!(
                            "writes late to {} what it held back; {} has opened it for writing since",
                            self.vdi(*vdi),
                            self.machine(*over)
                        ),
                        None => format!("writes to {} what it held back; nobody else has opened it since", self.vdi(*vdi)),
                    },
                ),
                &[("vdi", json!(self.vdi(*vdi))), ("over", json!(over.map(|over| self.machine(over))))],
            ),
            Event::DiskDamaged { vdi, by, over } => plus(
                truth(
                    by,
                    "disk-damaged",
                    format!("DAMAGES {}: writes over what {} wrote and it never saw", self.vdi(*vdi), self.machine(*over)),
                ),
                &[("vdi", json!(self.vdi(*vdi))), ("over", json!(self.machine(*over)))],
            ),

            Event::HostMarkedDead { by, host } => {
                plus(belief(by, "host-marked-dead", format!("holds {} for dead", self.host(*host))), &[("host", json!(self.host(*host)))])
            }
            Event::HostMarkedAlive { by, host } => {
                plus(belief(by, "host-marked-alive", format!("holds {} for alive", self.host(*host))), &[("host", json!(self.host(*host)))])
            }
            Event::HostEnabled { by, host } => quiet(plus(
                belief(by, "host-enabled", format!("has {} as enabled", self.host(*host))),
                &[("host", json!(self.host(*host)))],
            )),
            Event::HostDisabled { by, host } => quiet(plus(
                belief(by, "host-disabled", format!("has {} as disabled", self.host(*host))),
                &[("host", json!(self.host(*host)))],
            )),
            Event::HostForgotten { by, host } => {
                plus(belief(by, "host-forgotten", format!("has forgotten {}", self.host(*host))), &[("host", json!(self.host(*host)))])
            }
            Event::HostEjected { by, host } => {
                plus(belief(by, "host-ejected", format!("has ejected {}", self.host(*host))), &[("host", json!(self.host(*host)))])
            }
            Event::SrForgotten { by, sr } => plus(
                belief(by, "sr-forgotten", format!("has forgotten {} and every disk on it", self.sr(*sr))),
                &[("sr", json!(self.sr(*sr)))],
            ),
            Event::HostJoined { by, host } => {
                plus(belief(by, "host-joined", format!("has {} as a new member", self.host(*host))), &[("host", json!(self.host(*host)))])
            }
            Event::MasterRecorded { by, host } => plus(
                belief(by, "master-recorded", format!("has {} as the pool's master", self.host(*host))),
                &[("host", json!(self.host(*host)))],
            ),
            Event::VmRecorded { by, vm, power_state, resident_on } => plus(
                belief(
                    by,
                    "vm-recorded",
                    match (power_state, resident_on) {
                        (PowerState::Running, Some(host)) => format!("has {} as running on {}", self.vm(*vm), self.host(*host)),
                        (PowerState::Running, None) => format!("has {} as running nowhere", self.vm(*vm)),
                        (PowerState::Halted, _) => format!("has {} as halted", self.vm(*vm)),
                    },
                ),
                &[
                    ("vm", json!(self.vm(*vm))),
                    ("power-state", json!(power_state.name())),
                    ("resident-on", json!(resident_on.map(|host| self.host(host)))),
                ],
            ),
            Event::VbdsRecorded { by, vm, attached } => quiet(plus(
                belief(
                    by,
                    "vbds-recorded",
                    format!("has the disks of {} as {}", self.vm(*vm), if *attached { "attached" } else { "detached" }),
                ),
                &[("vm", json!(self.vm(*vm))), ("attached", json!(attached))],
            )),
            Event::LockSet { by, vdi, host, mode } => plus(
                belief(by, "lock-set", format!("has a lock of {} on {} ({})", self.host(*host), self.vdi(*vdi), mode.upper())),
                &[("vdi", json!(self.vdi(*vdi))), ("host", json!(self.host(*host))), ("mode", json!(mode.name()))],
            ),
            Event::LockRemoved { by, vdi, host } => plus(
                belief(by, "lock-removed", format!("has no lock of {} on {} any more", self.host(*host), self.vdi(*vdi))),
                &[("vdi", json!(self.vdi(*vdi))), ("host", json!(self.host(*host)))],
            ),
            Event::PausedCleared { by, vdi } => {
                plus(belief(by, "paused-cleared", format!("has {} as no longer paused", self.vdi(*vdi))), &[("vdi", json!(self.vdi(*vdi)))])
            }
            Event::PbdRecorded { by, host, sr, plugged } => quiet(plus(
                belief(
                    by,
                    "pbd-recorded",
                    format!("has {} as {} on {}", self.sr(*sr), if *plugged { "plugged" } else { "unplugged" }, self.host(*host)),
                ),
                &[("host", json!(self.host(*host))), ("sr", json!(self.sr(*sr))), ("plugged", json!(plugged))],
            )),
            Event::PbdGone { by, host, sr } => quiet(plus(
                belief(by, "pbd-gone", format!("has no PBD of {} on {} any more", self.sr(*sr), self.host(*host))),
                &[("host", json!(self.host(*host))), ("sr", json!(self.sr(*sr)))],
            )),
            Event::DefaultSrSet { by, sr } => {
                let sr = sr.map(|sr| self.sr(sr));
                plus(
                    belief(by, "default-sr-set", format!("has {} as the default SR", sr.as_deref().unwrap_or("nothing"))),
                    &[("sr", json!(sr))],
                )
            }
            Event::CopyTaken { machine, from } => quiet(plus(
                belief(machine, "copy-taken", format!("has a fresh copy of the database of {}", self.machine(*from))),
                &[("from", json!(self.machine(*from)))],
            )),
            Event::DumpWritten { by, file } => {
                quiet(plus(belief(by, "dump-written", format!("its database is dumped to {file}")), &[("file", json!(file))]))
            }
            Event::DumpRestored { machine, file } => plus(
                belief(machine, "dump-restored", format!("has the database of the dump {file}, and itself as its only host")),
                &[("file", json!(file))],
            ),
            Event::NeedlessMasterWord { by, sr, host } => quiet(plus(
                belief(
                    by,
                    "needless-master-word",
                    format!("`master` is said of {}, which did not rule {} when it stopped", self.host(*host), self.sr(*sr)),
                ),
                &[("sr", json!(self.sr(*sr))), ("host", json!(self.host(*host)))],
            )),
            Event::OneWay { .. }
            | Event::OneWayHealed { .. }
            | Event::HaDaemonStarted { .. }
            | Event::HaDaemonStopped { .. }
            | Event::HaDaemonCrashed { .. }
            | Event::HaJoined { .. }
            | Event::HaFaultBegan { .. }
            | Event::HaFaultEnded { .. }
            | Event::Fenced { .. }
            | Event::HaShrunk { .. }
            | Event::HaExcluded { .. }
            | Event::HaStatefileBack { .. }
            | Event::HaLossUnseen { .. }
            | Event::HaTakenBack { .. }
            | Event::HaMasterElected { .. }
            | Event::HaFollows { .. }
            | Event::HaMasterReady { .. }
            | Event::HaDisarmed { .. }
            | Event::HaSwitchedOff { .. }
            | Event::HaXapiRestarted { .. }
            | Event::RedoLogRead { .. } => self.tell_ha(event),
            Event::HaSwitchedOn { by, sr } => plus(
                belief(by, "ha-switched-on", format!("has HA on, with the statefile on {}", self.sr(*sr))),
                &[("sr", json!(self.sr(*sr)))],
            ),
            Event::HaDisabled { by } => belief(by, "ha-disabled", "has HA off".to_owned()),
            Event::VmProtected { by, vm } => quiet(plus(
                belief(by, "vm-protected", format!("has {} as one that HA keeps running", self.vm(*vm))),
                &[("vm", json!(self.vm(*vm)))],
            )),
            Event::VmReleased { by, vm } => quiet(plus(
                belief(by, "vm-released", format!("has {} as one that HA lets be", self.vm(*vm))),
                &[("vm", json!(self.vm(*vm)))],
            )),
            Event::ToleranceSet { by, failures, allow_overcommit } => plus(
                belief(
                    by,
                    "tolerance-set",
                    format!(
                        "is to tolerate {}{}",
                        count(*failures, "failure"),
                        if *allow_overcommit { ", and lets operations break the plan" } else { "" }
                    ),
                ),
                &[("failures", json!(failures)), ("allow-overcommit", json!(allow_overcommit))],
            ),
            Event::PlanRecorded { by, exists_for, overcommitted } => plus(
                belief(
                    by,
                    "plan-recorded",
                    format!(
                        "has a failover plan for {}{}",
                        count(*exists_for, "failure"),
                        if *overcommitted { ": the pool is overcommitted" } else { "" }
                    ),
                ),
                &[("plan-exists-for", json!(exists_for)), ("overcommitted", json!(overcommitted))],
            ),
            Event::VmHaSet { by, vm, priority, order, start_delay } => {
                let priority = priority.map_or("", Protection::name);
                let mut what = format!("has {} with ", self.vm(*vm));
                what += &if priority.is_empty() { "no restart priority".to_owned() } else { format!("the restart priority {priority}") };
                if let Some(order) = order {
                    what += &format!(", order {order}");
                }
                if *start_delay > Span::ZERO {
                    what += &format!(", start delay {start_delay}");
                }
                plus(
                    belief(by, "vm-ha-set", what),
                    &[
                        ("vm", json!(self.vm(*vm))),
                        ("priority", json!(priority)),
                        ("order", json!(order)),
                        ("start-delay", json!(start_delay.0 / 1_000_000)),
                    ],
                )
            }
            Event::RestartsHeld { by, span } => plus(
                belief(
                    by,
                    "restarts-held",
                    if *span == Span::ZERO { "restarts VMs again".to_owned() } else { format!("restarts no VM for {span}") },
                ),
                &[("seconds", json!(span.0 / 1_000_000))],
            ),
            Event::VmRestarting { by, vm, host, protection } => quiet(plus(
                belief(by, "vm-restarting", format!("is about to restart {} on {}", self.vm(*vm), self.host(*host))),
                &[
                    ("vm", json!(self.vm(*vm))),
                    ("host", json!(self.host(*host))),
                    ("best-effort", json!(*protection == Protection::BestEffort)),
                ],
            )),
            Event::VmRestarted { by, vm, host, down } => {
                let (name, on) = (self.vm(*vm), self.host(*host));
                let after = down.map_or_else(String::new, |down| format!(" after {}", seconds(down)));
                plus(
                    belief(by, "vm-restarted", format!("HA has restarted {name} on {on}{after}")),
                    &[("vm", json!(name)), ("host", json!(on)), ("down", json!(down.map(|span| span.to_string())))],
                )
            }
            Event::VmRestartFailed { by, vm, code } => plus(
                belief(by, "vm-restart-failed", format!("HA could not restart {}: {code}", self.vm(*vm))),
                &[("vm", json!(self.vm(*vm))), ("code", json!(code))],
            ),
        }
    }

    fn line(&self, step: u16) -> Option<u32> {
        self.steps.get(step as usize).map(|(_, step)| step.line)
    }

    fn conf(&self, conf: PoolConf) -> String {
        match conf {
            PoolConf::Master => "master".into(),
            PoolConf::Slave(master) => format!("slave:{}", self.names.machines[master.at()].address),
            PoolConf::Broken => "broken".into(),
        }
    }
}

/// `1 failure`, `2 failures`.
fn count(n: u32, word: &str) -> String {
    if n == 1 { format!("{n} {word}") } else { format!("{n} {word}s") }
}

fn io_name(io: Io) -> &'static str {
    match io {
        Io::Error => "error",
        Io::Hang => "hang",
    }
}

fn io_words(io: Io) -> &'static str {
    match io {
        Io::Error => "requests fail",
        Io::Hang => "requests hang",
    }
}
