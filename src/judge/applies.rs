//! Which expectations judge a case, and which findings an expectation speaks of.

use super::words::same_set;
use crate::base::ids::{SrId, VdiId, VmId};
use crate::hazard::Place;
use crate::hazard::watch::Found;
use crate::scenario::model::{Case, Expect, HazardExpect, Scenario, Scope};
use crate::world::World;

/// The expectations that judge a case: the file's and its recovery's.
pub(super) fn parts(scenario: &Scenario, case: Case) -> impl Iterator<Item = &Expect> {
    let own = case.recovery.and_then(|at| scenario.recoveries[at].expect.as_ref());
    scenario.expect.iter().chain(own)
}

/// Whether a case has an `expect`.
pub fn judges(scenario: &Scenario, case: Case) -> bool {
    parts(scenario, case).next().is_some()
}

pub(super) fn applies(scenario: &Scenario, case: Case, scope: &Scope) -> bool {
    let fits = |wanted: &Option<String>, got: Option<&str>| wanted.as_deref().is_none_or(|wanted| got == Some(wanted));
    fits(&scope.world, scenario.world_name(case)) && fits(&scope.recovery, scenario.recovery_name(case))
}

/// What a finding is about: its place, and what follows from it (a VDI's SR, the VM that it was made for).
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub struct PlaceNames {
    pub vdi: Option<VdiId>,
    pub vm: Option<VmId>,
    pub sr: Option<SrId>,
}

impl PlaceNames {
    /// The places of a finding.
    pub fn new(world: &World, found: &Found) -> PlaceNames {
        match found.place {
            Place::Vdi(vdi) => {
                PlaceNames { vdi: Some(vdi), vm: Some(world.names.vdis[vdi.at()].vm), sr: Some(world.names.vdis[vdi.at()].sr) }
            }
            Place::Vm(vm) => PlaceNames { vdi: None, vm: Some(vm), sr: None },
            Place::Sr(sr) => PlaceNames { vdi: None, vm: None, sr: Some(sr) },
            Place::Host(_) | Place::Pool(_) => PlaceNames { vdi: None, vm: None, sr: None },
        }
    }
}

/// Whether a finding is what an item expects.
pub(super) fn matches(world: &World, item: &HazardExpect, found: &Found) -> bool {
    fn fits<T: PartialEq>(wanted: Option<T>, got: Option<T>) -> bool {
        wanted.is_none() || wanted == got
    }
    let place = PlaceNames::new(world, found);
    fits(item.vdi, place.vdi)
        && fits(item.vm, place.vm)
        && fits(item.sr, place.sr)
        && fits(item.by, found.by)
        && item.begins.is_none_or(|(first, last)| (first..=last).contains(&found.since))
        && item.host.is_none_or(|host| found.hosts.contains(&host))
        && item.hosts.as_ref().is_none_or(|hosts| same_set(hosts, &found.hosts))
}
