//! One VM runs twice.

use super::sight::{Reads, Sight};
use super::{HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::VmId;

pub const DOC: HazardDoc = HazardDoc {
    name: "vm-runs-twice",
    severity: Severity::Danger,
    holds: "two domains of one VM run",
    doc: "Two copies of one VM run, each on a host of its own, each with the same addresses and, if it has disks, on the same disks. Clients reach now one, now the other. It comes of a start elsewhere while the old host still ran it: a reset or a forget for a host that was not off. Stop one of the two at its own host, at the host that the database does not name, by switching it off if need be.",
    example: "{hazard: vm-runs-twice, vm: db, hosts: [beta, gamma]}",
    rule: Rule::Lasting { reads: Reads::GUESTS, sites: Sites::Vms(site), grace: None, hastened: None },
    sentence: |told| format!("{} runs twice: on {}", told.place, told.hosts),
    advice: |adviser| adviser.two_users(),
};

fn site(sight: &Sight, vm: VmId) -> Option<Site> {
    let world = sight.world;
    (world.hw.domains_of(vm).len() > 1).then(|| Site::new(Place::Vm(vm), world.runs_on(vm).collect()))
}

#[cfg(test)]
mod tests {
    use crate::hazard::stage::*;

    #[test]
    fn two_domains() {
        let mut stage = pool(3);
        assert_eq!(stage.holds("vm-runs-twice"), []);
        stage.start(DB, ALPHA);
        assert_eq!(stage.holds("vm-runs-twice"), [at(Vm(DB), &[ALPHA, BETA])], "the file's order, not that of the starts");
        stage.power_off(BETA);
        assert_eq!(stage.holds("vm-runs-twice"), []);
    }

    #[test]
    fn what_the_database_says_is_not_asked() {
        let mut stage = pool(3);
        stage.record(ALPHA, DB, Some(GAMMA));
        assert_eq!(stage.holds("vm-runs-twice"), []);
    }
}
