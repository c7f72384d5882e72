//! A VM runs where the database does not have it.

use super::advice::RESTARTED;
use super::sight::{Reads, Sight};
use super::{HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::VmId;

pub const DOC: HazardDoc = HazardDoc {
    name: "vm-runs-unseen",
    severity: Severity::Danger,
    holds: "a domain runs, and some running master of its pool has its VM as halted or elsewhere, or has no such VM",
    doc: "A VM runs on a host, and a master has it as halted, or on another host, or has no such VM any more (`vm-destroy`). The database's own guard is gone: `vm-start` is no longer refused for a VM that runs already, and only the lock on its disks, if it still stands, prevents a second copy. It comes of `vm-reset-powerstate` or `host-forget` for a host that was not off, and of promotions and restores on an older database. Find out where the VM runs (`list_domains` on every host) before you start it.",
    example: "{hazard: vm-runs-unseen, vm: db, hosts: [beta]}",
    rule: Rule::Lasting {
        reads: Reads::GUESTS.and(Reads::RECORDS).and(Reads::ROLES),
        sites: Sites::Vms(site),
        grace: None,
        hastened: None,
    },
    sentence: |told| format!("{} runs on {}, and {} does not have it there", told.place, told.hosts, told.by),
    advice: |adviser| adviser.left_ha(RESTARTED).unwrap_or_else(|| adviser.believed_gone()),
};

fn site(sight: &Sight, vm: VmId) -> Option<Site> {
    let world = sight.world;
    let (mut hosts, mut by) = (Vec::new(), None);
    for machine in world.runs_on(vm) {
        let host = world.host_on(machine);
        let misses = |master| {
            let record = world.db(master).vm(vm);
            record.is_none_or(|record| !record.power_state.has_domain() || record.resident_on != Some(host))
        };
        if let Some(master) = sight.masters_over(machine).iter().copied().find(|master| misses(*master)) {
            hosts.push(machine);
            by = by.or(Some(master));
        }
    }
    by.map(|master| Site::new(Place::Vm(vm), hosts).by(master))
}

#[cfg(test)]
mod tests {
    use crate::hazard::stage::*;

    #[test]
    fn recorded_as_halted_or_elsewhere() {
        for elsewhere in [None, Some(GAMMA)] {
            let mut stage = pool(3);
            stage.record(ALPHA, DB, elsewhere);
            assert_eq!(stage.holds("vm-runs-unseen"), [at(Vm(DB), &[BETA]).by(ALPHA)]);
        }
    }

    /// `vm-destroy` takes the record alone: that a second copy can't be started does not make the first one known.
    #[test]
    fn destroyed_in_the_database_while_it_runs() {
        let mut stage = pool(3);
        let (world, fx) = stage.both();
        world.destroy_vm(fx, ALPHA, DB);
        assert_eq!(stage.holds("vm-runs-unseen"), [at(Vm(DB), &[BETA]).by(ALPHA)]);
    }

    #[test]
    fn of_two_copies_the_one_that_is_not_recorded() {
        let mut stage = pool(3);
        stage.start(DB, GAMMA);
        assert_eq!(stage.holds("vm-runs-unseen"), [at(Vm(DB), &[GAMMA]).by(ALPHA)]);
    }

    #[test]
    fn a_second_masters_old_copy_is_enough() {
        let mut stage = pool(3);
        stage.make_master(GAMMA);
        stage.record(GAMMA, DB, None);
        assert_eq!(stage.holds("vm-runs-unseen"), [at(Vm(DB), &[BETA]).by(GAMMA)]);
    }

    #[test]
    fn recorded_where_it_runs_or_by_nobody_who_rules() {
        assert_eq!(pool(3).holds("vm-runs-unseen"), []);
        let mut stage = pool(3);
        stage.record(GAMMA, DB, None);
        assert_eq!(stage.holds("vm-runs-unseen"), [], "a member's copy");
        let mut stage = pool(3);
        stage.found_pool(GAMMA);
        assert_eq!(stage.holds("vm-runs-unseen"), [], "another pool's");
    }
}
