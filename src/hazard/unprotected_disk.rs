//! A disk is in use, and the lock that would stop a second user is not there.

use super::advice::RESTARTED;
use super::sight::{Reads, Sight};
use super::{HazardDoc, Place, Rule, Severity, Site, Sites};
use crate::base::ids::VdiId;

pub const DOC: HazardDoc = HazardDoc {
    name: "unprotected-disk",
    severity: Severity::Danger,
    holds: "a host has a VDI open, and the database of some running master of the host's pool has that VDI and no lock naming that host",
    doc: "A host has a virtual disk open, and a master's database holds no lock of that host on it. The lock is all that makes a second start fail with `already attached RW`: the next `vm-start` elsewhere goes through and opens the disk a second time. It comes of `resetvdis.py` for a host that still runs, of a promotion or a restore on a database that does not know of the start, or of a plugged PBD. Do not start the VM anywhere; see which host runs it, and restart the toolstack of that host while its master answers, which puts the lock back.",
    example: "{hazard: unprotected-disk, vdi: db-root, host: beta}",
    rule: Rule::Lasting { reads: Reads::DISKS.and(Reads::LOCKS).and(Reads::ROLES), sites: Sites::Vdis(site), grace: None, hastened: None },
    sentence: |told| {
        let has = if told.one { "has" } else { "have" };
        format!("{} {has} {} open, and the database of {} has no lock that says so", told.hosts, told.place, told.by)
    },
    advice: |adviser| adviser.left_ha(RESTARTED).unwrap_or_else(|| adviser.believed_gone()),
};

fn site(sight: &Sight, vdi: VdiId) -> Option<Site> {
    let world = sight.world;
    let (mut hosts, mut by) = (Vec::new(), None);
    for opener in &world.hw.vdi(vdi).openers {
        let host = world.host_on(opener.machine);
        let unlocked = |master| world.db(master).vdi(vdi).is_some_and(|record| record.lock_of(host).is_none());
        if let Some(master) = sight.masters_over(opener.machine).iter().copied().find(|master| unlocked(*master)) {
            hosts.push(opener.machine);
            by = by.or(Some(master));
        }
    }
    by.map(|master| Site::new(Place::Vdi(vdi), hosts).by(master))
}

#[cfg(test)]
mod tests {
    use crate::hazard::stage::*;
    use crate::world::inventory::Mode;

    #[test]
    fn a_released_lock_of_an_open_disk() {
        let mut stage = pool(3);
        stage.unlock(ALPHA, ROOT, BETA);
        assert_eq!(stage.holds("unprotected-disk"), [at(Vdi(ROOT), &[BETA]).by(ALPHA)]);
    }

    #[test]
    fn the_lock_of_another_host_does_not_count() {
        let mut stage = pool(3);
        stage.unlock(ALPHA, ROOT, BETA);
        stage.lock(ALPHA, ROOT, GAMMA);
        assert_eq!(stage.holds("unprotected-disk"), [at(Vdi(ROOT), &[BETA]).by(ALPHA)]);
    }

    #[test]
    fn a_second_master_without_the_lock_is_enough() {
        let mut stage = pool(3);
        stage.make_master(GAMMA);
        stage.unlock(GAMMA, ROOT, BETA);
        assert_eq!(stage.holds("unprotected-disk"), [at(Vdi(ROOT), &[BETA]).by(GAMMA)]);
    }

    #[test]
    fn a_copy_that_rules_nobody_may_say_what_it_likes() {
        let mut stage = pool(3);
        stage.unlock(GAMMA, ROOT, BETA);
        assert_eq!(stage.holds("unprotected-disk"), [], "gamma is a member");
    }

    #[test]
    fn a_master_of_another_pool_or_without_the_disk_is_not_asked() {
        let mut stage = pool(3);
        stage.found_pool(GAMMA);
        assert_eq!(stage.holds("unprotected-disk"), [], "another pool's database says nothing of beta");
        stage.open(GAMMA, ROOT, Mode::Ro);
        assert_eq!(stage.holds("unprotected-disk"), [], "gamma's own database does not have the disk");
    }

    #[test]
    fn a_closed_disk_needs_no_lock() {
        let mut stage = pool(3);
        stage.power_off(BETA);
        stage.unlock(ALPHA, ROOT, BETA);
        assert_eq!(stage.holds("unprotected-disk"), []);
    }
}
