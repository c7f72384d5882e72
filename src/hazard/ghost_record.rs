//! A VM that runs in the database alone.

use super::remedy::{Advice, Aim, At, Remedy, Work};
use super::sight::{Reads, Sight};
use super::{Adviser, HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::VmId;
use crate::world::event::Event;

pub const DOC: HazardDoc = HazardDoc {
    name: "ghost-record",
    severity: Severity::Outage,
    holds: "the ruling database says that a VM runs, and no domain of it exists",
    doc: "The database has a VM as running, and it runs nowhere: its host died. Nothing sets it right by itself: after 600 s the host is marked dead, its VMs stay running, and `vm-start` answers that the VM is not halted. Make sure that the host is off, then `xe vm-reset-powerstate uuid=… --force`, release its locks, and start it elsewhere; or repair the host: at its boot it sets its own records right.",
    example: "{hazard: ghost-record, vm: db}",
    rule: Rule::Lasting {
        reads: Reads::GUESTS.and(Reads::RECORDS).and(Reads::ROLES),
        sites: Sites::Vms(site),
        grace: None,
        hastened: None,
    },
    sentence: |told| match told.found.hosts.is_empty() {
        true => format!("the database has {} as running, and it runs nowhere", told.place),
        false => format!("the database has {} as running on {}, and it runs nowhere", told.place, told.hosts),
    },
    advice,
};

fn site(sight: &Sight, vm: VmId) -> Option<Site> {
    let world = sight.world;
    if !world.hw.domains_of(vm).is_empty() {
        return None;
    }
    let ruler = sight.ruler();
    let record = world.db(ruler).vm(vm).filter(|record| record.power_state.has_domain())?;
    let hosts = record.resident_on.map(|host| world.names.hosts[host.at()].machine).into_iter().collect();
    Some(Site::new(Place::Vm(vm), hosts).by(ruler))
}

fn advice(adviser: &Adviser<'_>) -> Advice {
    let Place::Vm(vm) = adviser.found.place else { return Advice::default() };
    let name = adviser.names().vm(vm);
    let ended = adviser.ended(|event| matches!(event, Event::VmRecorded { vm: of, .. } | Event::DomainStarted { vm: of, .. } if *of == vm));
    let failed = adviser.failed_start(&[vm], &["VM_BAD_POWER_STATE"]);
    if let Some(ended) = ended {
        return match failed {
            Some(start) => {
                let line = format!("xe vm-reset-powerstate vm={name} --force");
                let reset = Remedy::Do(At::Before(start.step), Work::Type(start.console, line));
                Advice::less(format!("reset {name} before {}: {ended}", start.mention()), vec![reset]).aiming(Aim::Passes(start.step))
            }
            None => Advice::nothing(format!("nothing was missed: {ended}")),
        };
    }
    match adviser.waits_for_ha() {
        Some(wait) => Advice::less(wait.text, wait.way),
        None => {
            let both = adviser.first_a_master().and("", adviser.reset(vm, failed));
            Advice::less(both.text, both.way)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::hazard::stage::*;

    #[test]
    fn running_on_a_dead_host() {
        let mut stage = pool(3);
        assert_eq!(stage.holds("ghost-record"), []);
        stage.power_off(BETA);
        assert_eq!(stage.holds("ghost-record"), [at(Vm(DB), &[BETA]).by(ALPHA)]);
        stage.record(ALPHA, DB, None);
        assert_eq!(stage.holds("ghost-record"), []);
    }

    #[test]
    fn running_elsewhere_is_no_ghost() {
        let mut stage = pool(3);
        stage.power_off(BETA);
        stage.start(DB, GAMMA);
        assert_eq!(stage.holds("ghost-record"), [], "a domain of it exists");
    }
}
