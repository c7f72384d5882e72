//! What must never be: one file a hazard, with all that is said of it. Hazards see `&World` and point at places; [`watch`]
//! counts how long. Knows no engine, no scenario, no command.
//!
//! A hazard says where it holds now ([`Rule::Lasting`]), or that it just happened ([`Rule::Moment`]). It also says which
//! halves of the world it reads, so that it is asked again only when one of them changed ([`sight`]). It tells a finding in
//! a sentence ([`telling`]), and what should have been done, looking back upon the run ([`hindsight`], [`advice`]), in words and
//! as deeds that can be tried ([`remedy`]).

mod advice;
mod bad_default_sr;
mod data_destroyed;
mod double_attach;
mod double_writer;
mod forgotten_host_alive;
mod ghost_record;
mod guest_without_disk;
mod ha_silently_off;
pub mod hindsight;
mod late_write;
mod leaf_not_refreshed;
mod left_paused;
mod metadata_race;
mod needless_master_word;
mod no_master;
mod outdated_memory;
mod overcommitted;
mod presumed_dead_alive;
mod protected_vm_down;
pub mod remedy;
mod removed_while_open;
mod restart_beside_running;
mod reused_without_reinstall;
mod sight;
mod sites;
mod stale_database;
mod stale_lock;
mod standing;
mod telling;
mod two_masters;
mod two_sr_masters;
mod unprotected_disk;
mod vm_down;
mod vm_runs_twice;
mod vm_runs_unseen;
pub mod watch;
mod whole_pool_fenced;

#[cfg(test)]
mod onward_tests;
#[cfg(test)]
pub(crate) mod stage;

use crate::base::ids::{MachineId, PoolId, SrId, VdiId, VmId};
use crate::base::time::{Span, Time};
use crate::world::World;
use crate::world::event::{Event, StepIx};
use crate::world::inventory::Inventory;
use advice::Adviser;
use hindsight::Hindsight;
use remedy::Advice;
use sight::{Reads, Sight};
use sites::Sites;
use telling::Telling;
use watch::Found;

/// How bad a hazard is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// Against the rules, no harm so far.
    Notice,
    /// Data is whole, but a VM or the pool is not available.
    Outage,
    /// One more ordinary step damages data.
    Danger,
    /// Data is damaged, or the very next write of the other damages it.
    Corruption,
}

impl Severity {
    /// From mild to grave.
    pub const ALL: [Severity; 4] = [Severity::Notice, Severity::Outage, Severity::Danger, Severity::Corruption];
    /// As scenarios and reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Notice => "notice",
            Severity::Outage => "outage",
            Severity::Danger => "danger",
            Severity::Corruption => "corruption",
        }
    }
}

/// A hazard, by its place in [`ALL`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HazardId(u8);

/// A hazard's header.
#[derive(Clone, Copy, Debug)]
pub struct HazardDoc {
    /// As scenarios and reports write it.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The sentence: holds when …
    pub holds: &'static str,
    /// What it means, why it is bad, what to do.
    pub doc: &'static str,
    /// As it stands under `expect: hazards:` in a pool of alpha, beta, gamma with the SR nfs1 and the VM db.
    pub example: &'static str,
    /// How it is judged.
    rule: Rule,
    /// A finding in one sentence.
    sentence: fn(&Telling<'_>) -> String,
    /// What should have been done about a finding.
    advice: fn(&Adviser<'_>) -> Advice,
}

/// What somebody did that hangs on a hazard: the place, and the machine whose deed it is.
type Deed = (Place, MachineId);

/// How a hazard is judged.
#[derive(Clone, Copy, Debug)]
enum Rule {
    /// It holds at places for as long as something is so.
    Lasting {
        /// What it reads of the world.
        reads: Reads,
        /// Points at the places where it holds now.
        sites: Sites,
        /// How long it must have held to be a finding: longer than this. Absent: at once.
        grace: Option<fn(&Sight, Place) -> Span>,
        /// Where it is a finding at once, whatever its grace, since this event hangs on it: the places, and whose deed it is.
        hastened: Option<fn(&Event, &World) -> Vec<Deed>>,
    },
    /// It is a moment: this event, if it is one.
    Moment(fn(&Event, &World) -> Option<Site>),
}

/// What a hazard is about: there is one finding a place. Places of a kind sort as the file lists them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum Place {
    Vdi(VdiId),
    Vm(VmId),
    Sr(SrId),
    Host(MachineId),
    Pool(PoolId),
}

impl Place {
    /// What it is called.
    pub fn name(self, names: &Inventory) -> &str {
        match self {
            Place::Vdi(vdi) => names.vdi(vdi),
            Place::Vm(vm) => names.vm(vm),
            Place::Sr(sr) => names.sr(sr),
            Place::Host(machine) => names.machine(machine),
            Place::Pool(_) => "the pool",
        }
    }
}

/// A place where a hazard holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// The place.
    pub place: Place,
    /// The machines that it is about, in the file's order, each once.
    pub hosts: Vec<MachineId>,
    /// The machine whose belief or deed it is, if it is one's.
    pub by: Option<MachineId>,
    /// Since when, where the world remembers an instant before this one.
    pub since: Option<Time>,
}

impl Site {
    fn new(place: Place, mut hosts: Vec<MachineId>) -> Site {
        hosts.sort_unstable();
        hosts.dedup();
        Site { place, hosts, by: None, since: None }
    }
    fn by(self, by: MachineId) -> Site {
        Site { by: Some(by), ..self }
    }
}

/// Every hazard, in the order in which lists and reports have them.
pub const ALL: &[HazardDoc] = &[
    double_writer::DOC,
    late_write::DOC,
    leaf_not_refreshed::DOC,
    removed_while_open::DOC,
    metadata_race::DOC,
    double_attach::DOC,
    unprotected_disk::DOC,
    forgotten_host_alive::DOC,
    presumed_dead_alive::DOC,
    vm_runs_twice::DOC,
    vm_runs_unseen::DOC,
    two_masters::DOC,
    two_sr_masters::DOC,
    stale_database::DOC,
    reused_without_reinstall::DOC,
    restart_beside_running::DOC,
    stale_lock::DOC,
    left_paused::DOC,
    ghost_record::DOC,
    vm_down::DOC,
    no_master::DOC,
    whole_pool_fenced::DOC,
    protected_vm_down::DOC,
    guest_without_disk::DOC,
    bad_default_sr::DOC,
    data_destroyed::DOC,
    needless_master_word::DOC,
    ha_silently_off::DOC,
    overcommitted::DOC,
    outdated_memory::DOC,
];

impl HazardId {
    /// Two hosts write to one disk.
    pub const DOUBLE_WRITER: HazardId = HazardId::of(&double_writer::DOC);
    /// Held-back writes landed over another's.
    pub const LATE_WRITE: HazardId = HazardId::of(&late_write::DOC);

    /// The place of a header in [`ALL`]: that it stands there is seen when this is built.
    const fn of(doc: &HazardDoc) -> HazardId {
        let mut at = 0;
        while !same(ALL[at].name.as_bytes(), doc.name.as_bytes()) {
            at += 1;
        }
        HazardId(at as u8)
    }

    /// The hazard of this name.
    pub fn find(name: &str) -> Option<HazardId> {
        ALL.iter().position(|doc| doc.name == name).map(|at| HazardId(at as u8))
    }
    /// Its place in the list.
    pub fn at(self) -> usize {
        self.0.into()
    }
    /// Its header.
    pub fn doc(self) -> &'static HazardDoc {
        &ALL[self.0 as usize]
    }
    /// How bad it is.
    pub fn severity(self) -> Severity {
        self.doc().severity
    }
    /// All of them, in the order of the list.
    pub fn all() -> impl Iterator<Item = HazardId> {
        (0..ALL.len() as u8).map(HazardId)
    }
}

/// Whether two names are one.
const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

impl Found {
    /// It in one sentence, about the gap between what is so and what is believed; `world` knows the names.
    pub fn sentence(&self, world: &World) -> String {
        (self.hazard.doc().sentence)(&Telling::new(world, self))
    }

    /// What should have been done: the step that was missed, with its host, SR and line. It depends on what the run did: which
    /// command of the cause let go, how the host was at that time, what was done too late or left out. `causes` are the steps
    /// of its cause, in order.
    pub fn advice(&self, past: &Hindsight<'_>, causes: &[StepIx]) -> Advice {
        (self.hazard.doc().advice)(&Adviser::new(past, self, causes))
    }

    /// What may be done instead where that does not do, or harms: the nearest first.
    pub fn resorts(&self, past: &Hindsight<'_>, causes: &[StepIx], usual: &Advice) -> Vec<Advice> {
        Adviser::new(past, self, causes).resorts(usual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What scenarios and reports call them, and how bad each is.
    const TABLE: [(&str, Severity); 30] = [
        ("double-writer", Severity::Corruption),
        ("late-write", Severity::Corruption),
        ("leaf-not-refreshed", Severity::Corruption),
        ("removed-while-open", Severity::Corruption),
        ("metadata-race", Severity::Corruption),
        ("double-attach", Severity::Danger),
        ("unprotected-disk", Severity::Danger),
        ("forgotten-host-alive", Severity::Danger),
        ("presumed-dead-alive", Severity::Danger),
        ("vm-runs-twice", Severity::Danger),
        ("vm-runs-unseen", Severity::Danger),
        ("two-masters", Severity::Danger),
        ("two-sr-masters", Severity::Danger),
        ("stale-database", Severity::Danger),
        ("reused-without-reinstall", Severity::Danger),
        ("restart-beside-running", Severity::Danger),
        ("stale-lock", Severity::Outage),
        ("left-paused", Severity::Outage),
        ("ghost-record", Severity::Outage),
        ("vm-down", Severity::Outage),
        ("no-master", Severity::Outage),
        ("whole-pool-fenced", Severity::Outage),
        ("protected-vm-down", Severity::Outage),
        ("guest-without-disk", Severity::Outage),
        ("bad-default-sr", Severity::Notice),
        ("data-destroyed", Severity::Corruption),
        ("needless-master-word", Severity::Notice),
        ("ha-silently-off", Severity::Notice),
        ("overcommitted", Severity::Notice),
        ("outdated-memory", Severity::Corruption),
    ];

    #[test]
    fn names_and_severities_are_these() {
        assert_eq!(ALL.iter().map(|doc| (doc.name, doc.severity)).collect::<Vec<_>>(), TABLE);
        assert_eq!(HazardId::find("double-writer"), Some(HazardId::DOUBLE_WRITER));
        assert_eq!(HazardId::find("late-write"), Some(HazardId::LATE_WRITE));
        assert_eq!(HazardId::find("left-handed"), None);
    }

    #[test]
    fn every_hazard_says_what_it_is_and_what_to_do() {
        for doc in ALL {
            assert!(doc.holds.len() > 20 && !doc.holds.ends_with('.'), "{}", doc.name);
            let sentences = doc.doc.matches(". ").count() + usize::from(doc.doc.ends_with('.'));
            assert!(sentences >= 3, "{}: what it means, why it is bad, what to do", doc.name);
            assert!(doc.doc.starts_with(char::is_uppercase) && doc.doc.ends_with('.'), "{}", doc.name);
            assert!(doc.example.starts_with(&format!("{{hazard: {}", doc.name)), "{}", doc.name);
        }
    }
}
